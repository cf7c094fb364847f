/* mysql.cron: the option in which WP-Cron keeps its events, taken apart. */
#include <inttypes.h>
#include <stdio.h>

#include "probes/mysql/hook_count.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"
#include "probes/php/walk.h"

/* The server reads the whole value for each chunk of it, so not more than eight. */
#define CHUNK_BYTES (512 * 1024u)
#define CHUNKS_MAX 8
#define READ_MAX (CHUNKS_MAX * (uint64_t)CHUNK_BYTES)
/* WP-Cron runs with the visits: an event is overdue ten minutes after its time, as
 * WordPress's own Site Health has it. */
#define OVERDUE_S 600

/* a:N:{i:TIME;a:M:{s:HOOK;a:K:{s:MD5;a:3:{schedule, args, interval}}}s:7:"version";i:2;}
 */
enum depth { DEPTH_ROOT, DEPTH_TIME, DEPTH_HOOK, DEPTH_EVENT };

struct cron {
    uint64_t length, read;
    bool is_asked; /* its length is known */
    bool is_at_end;
    struct wpb_php_walker *walker;
    struct wpb_err flaw;

    int64_t now_s;
    bool is_array, is_time; /* the root; the element of it at hand */
    int64_t time_s;
    char hook[WPB_PHP_KEY_MAX];
    size_t hook_len;
    uint64_t events, overdue;
    int64_t oldest_s; /* of the overdue */
    struct wpb_hook_count hooks;
};

/* --- the walk --- */

static void take_event(struct cron *cron)
{
    cron->events++;
    wpb_hook_count_add(&cron->hooks, wpb_slice_of(cron->hook, cron->hook_len));
    if (cron->time_s >= cron->now_s - OVERDUE_S)
        return;
    if (cron->overdue++ == 0 || cron->time_s < cron->oldest_s)
        cron->oldest_s = cron->time_s;
}

/* A key that is all digits is an integer in PHP, a hook's name too. */
static void take_hook(struct cron *cron, const struct wpb_php_event *event)
{
    int len;

    if (event->key_is_int) {
        len = snprintf(cron->hook, sizeof(cron->hook), "%" PRId64, event->key_int);
        cron->hook_len = (size_t)len;
        return;
    }
    cron->hook_len = event->key.len;
    if (event->key.len)
        memcpy(cron->hook, event->key.data, event->key.len);
}

static int visit(void *cookie, const struct wpb_php_event *event)
{
    struct cron *cron = cookie;

    if (event->phase == WPB_PHP_LEAVE)
        return 0;
    switch (event->depth) {
    case DEPTH_ROOT:
        cron->is_array = event->type == WPB_PHP_ARRAY;
        break;
    case DEPTH_TIME:
        cron->is_time = event->key_is_int && event->type == WPB_PHP_ARRAY;
        cron->time_s = event->key_int > 0 ? event->key_int : 0;
        break;
    case DEPTH_HOOK:
        take_hook(cron, event);
        break;
    case DEPTH_EVENT:
        if (cron->is_time && cron->is_array)
            take_event(cron);
        break;
    default:
        break;
    }
    return 0;
}

/* --- the statements --- */

static struct wpb_subject option_of(const struct wpb_rung *rung)
{
    return wpb_mysql_scope_subject(wpb_rung_scope(rung), WPB_SUBJECT_OPTION,
                                   wpb_slice_cstr("cron"));
}

static bool ask_length(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SELECT LENGTH(option_value) FROM {options} "
                     "WHERE option_name = 'cron' LIMIT 1");
    return true;
}

static enum wpb_rung_next take_length(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct cron *cron = wpb_rung_state(rung);
    struct wpb_subject option = option_of(rung);

    wpb_rung_post_count(rung, &option, WPB_M_PRESENT, rows->rows > 0);
    if (rows->rows == 0)
        return WPB_RUNG_SITE_DONE;
    cron->is_asked = true;
    cron->length = wpb_rows_count(rows, 0, 0);
    cron->now_s = wpb_run_now_ms(wpb_rung_run(rung)) / 1000;
    wpb_rung_post_count(rung, &option, WPB_M_ROW_BYTES, cron->length);
    return WPB_RUNG_NEXT;
}

static bool ask_chunk(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct cron *cron = wpb_rung_state(rung);

    if (!cron->is_asked)
        return false;
    if (!cron->walker)
        cron->walker = wpb_php_walker_new(NULL, visit, cron);
    if (!cron->walker) {
        wpb_rung_note(rung, "the events of cron: out of memory");
        return false;
    }
    wpb_sql_add(sql, "SELECT ");
    wpb_sql_bytes_of(sql, "option_value", cron->read + 1, CHUNK_BYTES);
    wpb_sql_add(sql, " FROM {options} WHERE option_name = 'cron' LIMIT 1");
    return true;
}

static enum wpb_rung_next take_chunk(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct cron *cron = wpb_rung_state(rung);
    struct wpb_slice chunk = wpb_rows_text(rows, 0, 0);

    if (rows->rows == 0 || !rows->cells[0].data) {
        wpb_err_set(&cron->flaw, WPB_E_PROTOCOL, "mysql",
                    rows->rows ? "the server gave no bytes of it (max_allowed_packet?)"
                               : "removed while it was read");
        return WPB_RUNG_NEXT;
    }
    cron->read += chunk.len;
    if (wpb_php_walker_feed(cron->walker, chunk, &cron->flaw))
        return WPB_RUNG_NEXT;
    if (chunk.len < CHUNK_BYTES) {
        cron->is_at_end = true;
        wpb_php_walker_finish(cron->walker, &cron->flaw);
        return WPB_RUNG_NEXT;
    }
    return cron->read < READ_MAX ? WPB_RUNG_AGAIN : WPB_RUNG_NEXT;
}

/* --- the result --- */

static void find_flaw(struct cron *cron)
{
    if (cron->flaw.code)
        return;
    if (!cron->is_at_end)
        wpb_err_set(&cron->flaw, WPB_E_BUDGET, "mysql",
                    "only the first %" PRIu64 " of %" PRIu64 " bytes were read",
                    cron->read, cron->length);
    else if (!cron->is_array)
        wpb_err_set(&cron->flaw, WPB_E_SYNTAX, "mysql",
                    "no array: WordPress takes it for empty, and no event ever runs");
}

static void post_events(struct wpb_rung *rung, const struct wpb_subject *option)
{
    const struct cron *cron = wpb_rung_state(rung);
    enum wpb_provenance whole = cron->flaw.code ? WPB_ESTIMATED : WPB_EXACT;
    int64_t late = cron->overdue ? cron->now_s - cron->oldest_s : 0;
    uint64_t most;
    struct wpb_slice hook = wpb_hook_count_most(&cron->hooks, &most);

    wpb_rung_post(rung, option, WPB_M_EVENTS, wpb_value_count(cron->events), whole);
    wpb_rung_post(rung, option, WPB_M_EVENTS_OVERDUE, wpb_value_count(cron->overdue),
                  whole);
    wpb_rung_post(rung, option, WPB_M_OVERDUE_SECONDS, wpb_value_integer(late), whole);
    if (most == 0)
        return;
    if (cron->hooks.is_low)
        whole = WPB_ESTIMATED;
    wpb_rung_post(rung, option, WPB_M_EVENTS_DUPLICATE, wpb_value_count(most - 1), whole);
    wpb_rung_post(rung, option, WPB_M_DUPLICATE_HOOK, wpb_value_text(hook), whole);
}

static void fini(struct wpb_rung *rung)
{
    struct cron *cron = wpb_rung_state(rung);
    struct wpb_subject option = option_of(rung);

    if (cron->read > 0 || cron->is_at_end || cron->flaw.code) {
        find_flaw(cron);
        if (cron->flaw.code)
            wpb_rung_post(rung, &option, WPB_M_FLAW,
                          wpb_value_text(wpb_slice_cstr(cron->flaw.message)), WPB_EXACT);
        if (cron->events > 0 || !cron->flaw.code)
            post_events(rung, &option);
        wpb_rung_count(rung, cron->events);
    }
    wpb_php_walker_free(cron->walker);
}

static const struct wpb_rung_step steps[] = {
    {.what = "the length of cron",
     .bounds = {1, 1024, 5000},
     .pages_max = 600,
     .ask = ask_length,
     .answer = take_length},
    {.what = "the events of cron",
     .bounds = {1, CHUNK_BYTES, 5000},
     .pages_max = 300,
     .ask = ask_chunk,
     .answer = take_chunk},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct cron),
                                          .fini = fini};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_cron = {
    .name = "mysql.cron",
    .help = "the option cron: its length, the events in it, those overdue, the hook with "
            "the most",
    .unit = "events",
    .needs = "mysql",
    .after = "mysql.server",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = 20000,
    .max_items = 1 + CHUNKS_MAX,
    .max_bytes = READ_MAX,
    .grants = "SELECT on the options table",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
