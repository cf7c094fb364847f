/* requests.errors: where in PHP's code requests ended early, and how often, from PHP's
 * error log. */
#include <stdio.h>
#include <stdlib.h>

#include "probes/requests/log_advice.h"
#include "probes/requests/log_reader.h"
#include "probes/requests/php_error_tally.h"
#include "probes/requests/pool_probe.h"
#include "probes/requests/probes.h"
#include "probes/requests/time_format.h"

#define DEADLINE_MS 30000
/* Notices of plugins stand in it too, a hundred bytes each. */
#define BACK_BYTES (UINT64_C(16) << 20)
#define LOG_TIME "%d-%b-%Y %H:%M:%S"

struct error_places {
    struct wpb_log_reader *reader; /* NULL: none is read */
    bool is_shared; /* it is FPM's own: only lines that name the pool are its */
    enum wpb_follow_status status;
    struct wpb_err err;
    struct wpb_php_error_tally *tally; /* NULL before the first error */
    uint64_t lines_before, bytes_before;

    /* During a look. */
    struct wpb_slice pool; /* as FPM's log names it */
    struct wpb_time_format time;
    int32_t local_offset_s;
    int64_t now_s;
    bool is_out_of_memory;
};

static void *begin(const struct wpb_site *site)
{
    struct error_places *places = calloc(1, sizeof *places);

    (void)site;
    if (places)
        wpb_time_format(&places->time, wpb_slice_cstr(LOG_TIME), NULL);
    return places;
}

static void end(void *kept)
{
    struct error_places *places = kept;

    wpb_log_reader_free(places->reader);
    free(places->tally);
    free(places);
}

/* ---- reading ---- */

/* FPM's own log has local times, which do not say so. */
static void date(const struct error_places *places, struct wpb_slice line,
                 struct wpb_php_error *error)
{
    if (error->has_time || line.len == 0 || line.data[0] != '[')
        return;
    error->has_time = wpb_time_format_take(&places->time, wpb_slice_skip(line, 1),
                                           places->local_offset_s, &error->unix_s) > 0;
}

/* Does LINE of FPM's log come from a worker of the pool? */
static bool is_of_pool(const struct error_places *places, struct wpb_slice line)
{
    return memmem(line.data, line.len, places->pool.data, places->pool.len) != NULL;
}

static void on_line(void *cookie, struct wpb_slice line)
{
    struct error_places *places = cookie;
    struct wpb_php_error error;

    if (!wpb_php_errors_read(line, &error) ||
        (places->is_shared && !is_of_pool(places, line)))
        return;
    date(places, line, &error);
    if (error.has_time ? error.unix_s <= places->now_s - WPB_LOG_BACK_S
                       : wpb_log_reader_is_back(places->reader))
        return; /* long ago, or nobody knows when */
    if (!places->tally) {
        places->tally = malloc(sizeof *places->tally);
        if (places->tally)
            wpb_php_error_tally_init(places->tally);
    }
    if (places->tally)
        wpb_php_error_tally_add(places->tally, &error, places->now_s);
    else
        places->is_out_of_memory = true;
}

/* Where PHP's errors of POOL go, as far as a file says; "" when none does. */
static const char *log_of(const struct wpb_fpm_pool *pool, bool *is_shared)
{
    *is_shared = false;
    if (*pool->error_log)
        return pool->error_log;
    if (*pool->ini_error_log)
        return pool->ini_error_log;
    *is_shared = true;
    return pool->catches_output ? pool->fpm_log : "";
}

static bool is_path(const char *log)
{
    return *log == '/';
}

static void open_log(struct error_places *places, const struct wpb_fpm_pool *pool)
{
    const char *log = log_of(pool, &places->is_shared);

    if (places->reader && strcmp(wpb_log_reader_path(places->reader), log) == 0)
        return;
    wpb_log_reader_free(places->reader);
    places->reader = NULL;
    places->lines_before = places->bytes_before = 0;
    if (!is_path(log))
        return;
    places->reader = wpb_log_reader_new(log, pool->owner, BACK_BYTES);
    places->is_out_of_memory |= places->reader == NULL;
}

static void read_log(struct error_places *places, struct wpb_pool_look *look)
{
    char pool[128];
    struct wpb_log_seen seen;

    snprintf(pool, sizeof pool, "WARNING: [pool %s] child ", look->pool->name);
    places->pool = wpb_slice_cstr(pool);
    places->now_s = look->now.unix_ms / 1000;
    places->local_offset_s = wpb_log_local_offset(look->now.unix_ms);
    places->status =
        wpb_log_reader_look(places->reader, look->now, on_line, places, &places->err);
    seen = wpb_log_reader_seen(places->reader);
    look->lines = seen.lines - places->lines_before;
    look->bytes = seen.bytes - places->bytes_before;
    places->lines_before = seen.lines;
    places->bytes_before = seen.bytes;
    look->has_more = places->status == WPB_FOLLOW_MORE;
}

static void explain(const struct error_places *places, struct wpb_pool_look *look)
{
    const struct wpb_fpm_pool *pool = look->pool;
    enum wpb_coverage_status status = WPB_COVERAGE_UNAVAILABLE;
    bool is_shared;
    const char *log = log_of(pool, &is_shared);
    struct wpb_buf reason, lines;

    wpb_buf_init(&reason, WPB_POOL_REASON_MAX - 1);
    wpb_buf_init(&lines, 0);
    if (places->is_out_of_memory) {
        wpb_buf_text(&reason, "out of memory");
    } else if (!*pool->file) {
        wpb_buf_printf(&reason, "where PHP's errors of pool %s go is not known: %s",
                       pool->name, pool->problem);
    } else if (!is_path(log)) {
        status = WPB_COVERAGE_SKIPPED;
        wpb_buf_printf(&reason,
                       "PHP's errors of pool %s go to %s, where they are not read; add "
                       "to its section in %s, and reload PHP-FPM",
                       pool->name, *log ? log : "the web server", pool->file);
        wpb_log_advice_errors(pool, &lines);
    } else if (places->status == WPB_FOLLOW_ABSENT) {
        /* PHP makes it with the first error. */
        status = WPB_COVERAGE_OK;
    } else if (places->status == WPB_FOLLOW_REFUSED) {
        wpb_log_advice_refused(&places->err, log, &reason, &lines);
    } else {
        status = WPB_COVERAGE_OK;
    }
    wpb_pool_look_say(look, status, reason.data, lines.data);
    wpb_buf_fini(&lines);
    wpb_buf_fini(&reason);
}

static void look(void *kept, struct wpb_pool_look *look)
{
    struct error_places *places = kept;

    places->is_out_of_memory = false;
    open_log(places, look->pool);
    if (places->reader)
        read_log(places, look);
    if (!look->has_more)
        explain(places, look);
}

/* ---- what is told ---- */

/* PATH from WordPress' own folders on; all of it when it leads to none. */
static const char *shortened(const char *path)
{
    static const char *const folders[] = {"/wp-content/", "/wp-includes/", "/wp-admin/"};

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const char *at = strstr(path, folders[i]);
        if (at)
            return at + 1;
    }
    return path;
}

static void post_place(struct wpb_run *run, const struct wpb_pool_look *look,
                       const struct wpb_php_error_place *place)
{
    int64_t now_s = look->now.unix_ms / 1000;
    const char *kind = wpb_php_errors_name(place->kind), *file = shortened(place->file);
    char name[WPB_PHP_ERROR_FILE_MAX + 64];
    struct wpb_subject subject = {.kind = WPB_SUBJECT_PLACE,
                                  .scope = look->subject.scope,
                                  .name = {name, 0},
                                  .parent = &look->subject};

    snprintf(name, sizeof name, "%s %s:%u", kind, file, place->line);
    subject.name = wpb_slice_cstr(name);
    const struct {
        enum wpb_metric metric;
        uint64_t value;
        bool is_known;
    } numbers[] = {
        {WPB_M_ERRORS_HOUR, wpb_php_error_tally_count(place, now_s, 1), true},
        {WPB_M_ERRORS_DAY, wpb_php_error_tally_count(place, now_s, WPB_PHP_ERROR_HOURS),
         true},
        {WPB_M_LIMIT_BYTES, place->limit_bytes, place->limit_bytes > 0},
        {WPB_M_TRIED_BYTES, place->tried_most_bytes, place->tried_most_bytes > 0},
        {WPB_M_SOURCE_LINE, place->line, place->file[0] != '\0'},
        {WPB_M_LAST_SECONDS,
         now_s > place->last_s ? (uint64_t)(now_s - place->last_s) : 0, true},
    };
    const struct {
        enum wpb_metric metric;
        const char *text;
    } texts[] = {{WPB_M_ERROR_KIND, kind},
                 {WPB_M_SOURCE_FILE, file},
                 {WPB_M_SOURCE_COMPONENT, place->component}};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i].is_known)
            wpb_run_post(run, NULL, &subject, numbers[i].metric,
                         wpb_value_count(numbers[i].value), WPB_EXACT);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].text[0])
            wpb_run_post(run, NULL, &subject, texts[i].metric,
                         wpb_value_text(wpb_slice_cstr(texts[i].text)), WPB_EXACT);
    }
}

static void post(void *kept, struct wpb_run *run, const struct wpb_pool_look *look)
{
    const struct error_places *places = kept;

    if (look->has_more || look->status != WPB_COVERAGE_OK || !places->tally)
        return;
    /* Also those that were quiet for a day: that they are is a fact. */
    for (size_t i = 0; i < places->tally->count; i++)
        post_place(run, look, &places->tally->places[i]);
}

static const struct wpb_pool_probe frame = {begin, end, look, post};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_pool_probe_start(run, &frame, err);
}

const struct wpb_probe wpb_probe_requests_errors = {
    .name = "requests.errors",
    .help = "where in PHP's code requests ended early, and how often: memory exhausted, "
            "time over, uncaught errors, deadlocks; from PHP's error log",
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
