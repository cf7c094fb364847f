/* requests.slow: which plugin or theme was at work when requests took too long, from
 * PHP-FPM's slow log. */
#include <stdlib.h>
#include <sys/stat.h>

#include "probes/requests/log_advice.h"
#include "probes/requests/log_reader.h"
#include "probes/requests/pool_probe.h"
#include "probes/requests/probes.h"
#include "probes/requests/slow_tally.h"

#define DEADLINE_MS 30000
/* An entry has some 1.5 KiB: of a day, those of ten thousand slow requests. */
#define BACK_BYTES (UINT64_C(16) << 20)
#define QUIET_S 2

struct slow_traces {
    struct wpb_log_reader *reader; /* of the pool's slow log; NULL: none is read */
    enum wpb_follow_status status;
    struct wpb_err err;
    struct wpb_slow_log log;
    struct wpb_slow_tally *tally; /* NULL before the first trace */
    uint64_t lines_before, bytes_before;

    /* During a look. */
    const char *pool;
    int64_t now_s;
    bool is_out_of_memory;
};

static void *begin(const struct wpb_site *site)
{
    struct slow_traces *traces = calloc(1, sizeof *traces);

    (void)site;
    if (traces)
        wpb_slow_log_init(&traces->log, 0);
    return traces;
}

static void end(void *kept)
{
    struct slow_traces *traces = kept;

    wpb_log_reader_free(traces->reader);
    free(traces->tally);
    free(traces);
}

/* ---- reading ---- */

static void count(struct slow_traces *traces, const struct wpb_slow_entry *entry)
{
    /* Pools may share a slow log. */
    if (strncmp(entry->pool, traces->pool, sizeof entry->pool - 1) != 0 ||
        entry->unix_s < traces->now_s - WPB_LOG_BACK_S)
        return;
    if (!traces->tally)
        traces->tally = calloc(1, sizeof *traces->tally);
    if (!traces->tally) {
        traces->is_out_of_memory = true;
        return;
    }
    /* A clock ahead of ours, or a zone that is not ours. */
    wpb_slow_tally_add(traces->tally, entry,
                       entry->unix_s < traces->now_s ? entry->unix_s : traces->now_s);
}

static void on_line(void *cookie, struct wpb_slice line)
{
    struct slow_traces *traces = cookie;
    struct wpb_slow_entry done;

    if (wpb_slow_log_line(&traces->log, line, &done))
        count(traces, &done);
}

/* The reader of the log that POOL has now. */
static void open_log(struct slow_traces *traces, const struct wpb_fpm_pool *pool)
{
    if (traces->reader &&
        strcmp(wpb_log_reader_path(traces->reader), pool->slow_log) == 0)
        return;
    wpb_log_reader_free(traces->reader);
    traces->reader = NULL;
    traces->lines_before = traces->bytes_before = 0;
    wpb_slow_log_init(&traces->log, 0);
    if (!*pool->slow_log)
        return;
    traces->reader = wpb_log_reader_new(pool->slow_log, pool->owner, BACK_BYTES);
    traces->is_out_of_memory |= traces->reader == NULL;
}

/* FPM writes an entry line by line: is the last one whole? */
static bool is_quiet(const struct slow_traces *traces, const struct wpb_pool_look *look)
{
    struct stat status;

    return stat(wpb_log_reader_path(traces->reader), &status) == 0 &&
           look->now.unix_ms / 1000 - status.st_mtim.tv_sec >= QUIET_S;
}

static void read_log(struct slow_traces *traces, struct wpb_pool_look *look)
{
    struct wpb_slow_entry done;
    struct wpb_log_seen seen;

    traces->pool = look->pool->name;
    traces->now_s = look->now.unix_ms / 1000;
    traces->log.local_offset_s = wpb_log_local_offset(look->now.unix_ms);
    traces->status =
        wpb_log_reader_look(traces->reader, look->now, on_line, traces, &traces->err);
    if (traces->status == WPB_FOLLOW_CAUGHT_UP && is_quiet(traces, look) &&
        wpb_slow_log_pause(&traces->log, &done))
        count(traces, &done);
    seen = wpb_log_reader_seen(traces->reader);
    look->lines = seen.lines - traces->lines_before;
    look->bytes = seen.bytes - traces->bytes_before;
    traces->lines_before = seen.lines;
    traces->bytes_before = seen.bytes;
    look->has_more = traces->status == WPB_FOLLOW_MORE;
}

static void explain(const struct slow_traces *traces, struct wpb_pool_look *look)
{
    const struct wpb_fpm_pool *pool = look->pool;
    enum wpb_coverage_status status = WPB_COVERAGE_UNAVAILABLE;
    struct wpb_buf reason, lines;

    wpb_buf_init(&reason, WPB_POOL_REASON_MAX - 1);
    wpb_buf_init(&lines, 0);
    if (traces->is_out_of_memory) {
        wpb_buf_text(&reason, "out of memory");
    } else if (!*pool->file) {
        wpb_buf_printf(&reason, "where pool %s logs slow requests is not known: %s",
                       pool->name, pool->problem);
    } else if (!*pool->slow_log || !pool->slow_timeout_s) {
        status = WPB_COVERAGE_SKIPPED;
        wpb_buf_printf(&reason,
                       "pool %s does not say who is at work when a request is slow; add "
                       "to its section in %s, and reload PHP-FPM",
                       pool->name, pool->file);
        wpb_log_advice_slow(pool, &lines);
    } else if (traces->status == WPB_FOLLOW_ABSENT) {
        wpb_buf_printf(&reason,
                       "%s is not there: PHP-FPM writes it once it is reloaded, if its "
                       "folder is",
                       pool->slow_log);
    } else if (traces->status == WPB_FOLLOW_REFUSED) {
        wpb_log_advice_refused(&traces->err, pool->slow_log, &reason, &lines);
    } else {
        status = WPB_COVERAGE_OK;
    }
    wpb_pool_look_say(look, status, reason.data, lines.data);
    wpb_buf_fini(&lines);
    wpb_buf_fini(&reason);
}

static void look(void *kept, struct wpb_pool_look *look)
{
    struct slow_traces *traces = kept;

    traces->is_out_of_memory = false;
    open_log(traces, look->pool);
    if (traces->reader)
        read_log(traces, look);
    if (!look->has_more)
        explain(traces, look);
}

/* ---- what is told ---- */

static void post_component(struct wpb_run *run, const struct wpb_pool_look *look,
                           const struct wpb_slow_component *component, uint64_t all)
{
    const struct wpb_slow_place *place = wpb_slow_component_place(component);
    uint64_t traces = wpb_slow_day_count(&component->day, look->now.unix_ms / 1000);
    struct wpb_subject subject = {.kind = WPB_SUBJECT_COMPONENT,
                                  .scope = look->subject.scope,
                                  .name = wpb_slice_cstr(component->name),
                                  .parent = &look->subject};

    wpb_run_post(run, NULL, &subject, WPB_M_SLOW_TRACES, wpb_value_count(traces),
                 WPB_EXACT);
    wpb_run_post_sampled(run, NULL, &subject, WPB_M_SHARE_RATIO,
                         wpb_value_double(all ? (double)traces / (double)all : 0), all);
    wpb_run_post(run, NULL, &subject, WPB_M_SOURCE_FILE,
                 wpb_value_text(wpb_slice_cstr(place->file)), WPB_EXACT);
    wpb_run_post(run, NULL, &subject, WPB_M_SOURCE_LINE, wpb_value_count(place->line),
                 WPB_EXACT);
    wpb_run_post(run, NULL, &subject, WPB_M_CODE_FUNCTION,
                 wpb_value_text(wpb_slice_cstr(place->function)), WPB_EXACT);
    wpb_run_post(
        run, NULL, &subject, WPB_M_CODE_DOING,
        wpb_value_text(wpb_slice_cstr(wpb_slow_component_doing(component)->function)),
        WPB_EXACT);
}

static void post(void *kept, struct wpb_run *run, const struct wpb_pool_look *look)
{
    const struct slow_traces *traces = kept;
    const struct wpb_slow_tally *tally = traces->tally;
    uint64_t all;

    if (look->has_more || look->status != WPB_COVERAGE_OK)
        return;
    all = tally ? wpb_slow_day_count(&tally->all, look->now.unix_ms / 1000) : 0;
    wpb_run_post(run, NULL, &look->subject, WPB_M_SLOW_TRACES, wpb_value_count(all),
                 WPB_EXACT);
    for (size_t i = 0; tally && i < tally->count; i++)
        post_component(run, look, &tally->components[i], all);
}

static const struct wpb_pool_probe frame = {begin, end, look, post};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_pool_probe_start(run, &frame, err);
}

const struct wpb_probe wpb_probe_requests_slow = {
    .name = "requests.slow",
    .help = "which plugin or theme was at work when requests took too long, and what "
            "PHP was doing then; from PHP-FPM's slow log",
    .unit = "lines",
    .needs = "pool",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = DEADLINE_MS,
    .max_bytes = BACK_BYTES,
    .grants = "read access to the log",
    .start = start,
    .step = wpb_pool_probe_step,
    .cancel = wpb_pool_probe_cancel,
    .free = wpb_pool_probe_free,
};
