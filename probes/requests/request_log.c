/* requests.log: what the requests of a pool did, minute by minute, from the logs that
 * PHP-FPM and the web server write about them. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "probes/requests/access_format.h"
#include "probes/requests/log_advice.h"
#include "probes/requests/pool_probe.h"
#include "probes/requests/probes.h"
#include "probes/requests/request_source.h"
#include "probes/requests/route_counts.h"
#include "probes/requests/web_log.h"
#include "probes/requests/work_rows.h"

#define DEADLINE_MS 60000
/* Above this share of lines that do not fit, the format is not that of the log. */
#define UNREAD_RATIO 0.1
#define UNREAD_MIN 20
#define FADE 0.9

/* A log, and what it is read by. */
struct feed {
    struct wpb_request_source *source; /* NULL: not read */
    char *path, *format;               /* it was made for, as configured */
    struct wpb_err err;                /* why it is not read, or was not this time */
    enum wpb_follow_status status;
    uint64_t lines_before, bytes_before, unread_before; /* at the last look */
    double lines, unread; /* lately: they fade from look to look */
};

struct request_log {
    char *web_path, *web_format; /* as the site says; "" */
    struct wpb_arena *arena;     /* of the names */
    struct wpb_route_names names;
    uint32_t length_s;
    struct feed fpm, web;
    const struct feed *main; /* whose windows become rows; NULL: none */
    struct wpb_work_rows rows;
    struct wpb_route_counts counts;
    bool is_route_known[WPB_ROUTES]; /* has been told of */
};

/* ---- from run to run ---- */

static void close_feed(struct feed *feed)
{
    wpb_request_source_free(feed->source);
    free(feed->path);
    free(feed->format);
    *feed = (struct feed){.source = NULL};
}

static void end(void *kept)
{
    struct request_log *log = kept;

    close_feed(&log->fpm);
    close_feed(&log->web);
    wpb_work_rows_fini(&log->rows);
    wpb_arena_free(log->arena);
    free(log->web_path);
    free(log->web_format);
    free(log);
}

static void *begin(const struct wpb_site *site)
{
    struct request_log *log = calloc(1, sizeof *log);

    if (!log)
        return NULL;
    wpb_work_rows_init(&log->rows);
    log->length_s =
        site->request_window_s ? site->request_window_s : WPB_WORK_LENGTH_DEFAULT_S;
    log->web_path = strdup(site->web_log ? site->web_log : "");
    log->web_format = strdup(site->web_log_format ? site->web_log_format : "");
    log->arena = wpb_arena_new();
    if (!log->web_path || !log->web_format || !log->arena) {
        end(log);
        return NULL;
    }
    log->names = wpb_route_names_of(site, log->arena);
    return log;
}

/* ---- the feeds ---- */

static void on_fpm_closed(void *cookie, const struct wpb_request_window *window)
{
    struct request_log *log = cookie;

    if (log->main != &log->fpm)
        return;
    wpb_work_rows_add(&log->rows, window);
    wpb_route_counts_add(&log->counts, window);
}

static void on_web_closed(void *cookie, const struct wpb_request_window *window)
{
    struct request_log *log = cookie;

    if (log->main == &log->fpm) {
        wpb_work_rows_note_web(&log->rows, window);
        return;
    }
    wpb_work_rows_add(&log->rows, window);
    wpb_route_counts_add(&log->counts, window);
}

/* FEED is of PATH and FORMAT already. */
static bool is_for(const struct feed *feed, const char *path, const char *format)
{
    return feed->path && feed->format && strcmp(feed->path, path) == 0 &&
           strcmp(feed->format, format) == 0;
}

static void open_feed(struct feed *feed, const char *path, const char *format)
{
    close_feed(feed);
    feed->path = strdup(path);
    feed->format = strdup(format);
}

static void open_fpm(struct request_log *log, const struct wpb_fpm_pool *pool)
{
    struct wpb_line_format format;

    if (is_for(&log->fpm, pool->access_log, pool->access_format))
        return;
    open_feed(&log->fpm, pool->access_log, pool->access_format);
    if (!*pool->access_log ||
        wpb_access_format(&format, wpb_slice_cstr(pool->access_format), &log->fpm.err))
        return;
    log->fpm.source =
        wpb_request_source_new(pool->access_log, pool->owner, &format, &log->names,
                               log->length_s, on_fpm_closed, log);
    if (!log->fpm.source)
        wpb_err_set(&log->fpm.err, WPB_E_MEMORY, "requests", "out of memory");
}

/* "combined", "nginx-recommended", or the format itself: nginx's has "$name"s. */
static int compile_web(const char *text, struct wpb_line_format *format,
                       struct wpb_err *err)
{
    if (!*text || strcmp(text, "nginx-recommended") == 0)
        text = WPB_NGINX_FORMAT;
    else if (strcmp(text, "combined") == 0)
        text = WPB_NGINX_COMBINED;
    if (strchr(text, '$'))
        return wpb_web_log_nginx(format, wpb_slice_cstr(text),
                                 *text == '{' ? WPB_NGINX_JSON : WPB_NGINX_DEFAULT, err);
    return wpb_web_log_apache(format, wpb_slice_cstr(text), err);
}

static void open_web(struct request_log *log)
{
    struct wpb_line_format format;

    if (!*log->web_path || is_for(&log->web, log->web_path, log->web_format))
        return;
    open_feed(&log->web, log->web_path, log->web_format);
    if (compile_web(log->web_format, &format, &log->web.err))
        return;
    if (!wpb_line_format_tells(&format, WPB_LINE_TO_UPSTREAM)) {
        wpb_err_set(&log->web.err, WPB_E_UNSUPPORTED, "requests",
                    "its format does not tell which requests went to PHP and for how "
                    "long ($upstream_response_time)");
        return;
    }
    log->web.source =
        wpb_request_source_new(log->web_path, (uid_t)-1, &format, &log->names,
                               log->length_s, on_web_closed, log);
    if (!log->web.source)
        wpb_err_set(&log->web.err, WPB_E_MEMORY, "requests", "out of memory");
}

static bool has_duration(const struct feed *feed)
{
    return feed->source && wpb_request_source_tells(feed->source, WPB_LINE_TO_DURATION);
}

static bool may_read(const struct feed *feed)
{
    return feed->source && access(feed->path, R_OK) == 0;
}

/* PHP-FPM's log when it tells durations, else the web server's; one that only counts is
 * better than none. */
static const struct feed *main_of(struct request_log *log)
{
    bool is_fpm_there = may_read(&log->fpm), is_web_there = may_read(&log->web);

    if (is_fpm_there && (has_duration(&log->fpm) || !is_web_there))
        return &log->fpm;
    return is_web_there ? &log->web : NULL;
}

/* ---- a look ---- */

static void read_feed(struct feed *feed, struct wpb_pool_look *look)
{
    if (!feed->source)
        return;
    feed->status = wpb_request_source_look(feed->source, look->now, &feed->err);
    struct wpb_request_source_seen seen = wpb_request_source_seen(feed->source);
    look->lines += seen.lines - feed->lines_before;
    look->bytes += seen.bytes - feed->bytes_before;
    feed->lines = feed->lines * FADE + (double)(seen.lines - feed->lines_before);
    feed->unread = feed->unread * FADE + (double)(seen.unread - feed->unread_before);
    feed->unread_before = seen.unread;
    feed->lines_before = seen.lines;
    feed->bytes_before = seen.bytes;
    look->has_more |= feed->status == WPB_FOLLOW_MORE;
}

static bool is_read(const struct feed *feed)
{
    return feed->source &&
           (feed->status == WPB_FOLLOW_CAUGHT_UP || feed->status == WPB_FOLLOW_MORE);
}

static bool is_misread(const struct feed *feed)
{
    return feed->unread >= UNREAD_MIN && feed->unread > UNREAD_RATIO * feed->lines;
}

/* Why PHP-FPM's log is not read, and what to do. */
static void explain_fpm(const struct request_log *log, const struct wpb_fpm_pool *pool,
                        struct wpb_buf *out, struct wpb_buf *lines)
{
    const struct wpb_err *err = &log->fpm.err;

    if (!*pool->access_log && !*pool->file) {
        wpb_buf_printf(out, "where pool %s logs its requests is not known: %s",
                       pool->name, pool->problem);
    } else if (!*pool->access_log) {
        wpb_buf_printf(out,
                       "pool %s writes no access log; add to its section in %s, and "
                       "reload PHP-FPM",
                       pool->name, pool->file);
        wpb_log_advice_access(pool, lines);
    } else if (!log->fpm.source) {
        wpb_buf_printf(out, "access.format of pool %s in %s cannot be read back: %s",
                       pool->name, pool->file, err->message);
        wpb_log_advice_access(pool, lines);
    } else if (log->fpm.status == WPB_FOLLOW_ABSENT) {
        wpb_buf_printf(out,
                       "%s is not there: PHP-FPM writes it once it is reloaded, if its "
                       "folder is",
                       pool->access_log);
    } else {
        wpb_log_advice_refused(err, pool->access_log, out, lines);
    }
}

/* PHP-FPM's log is read; does it tell enough? */
static void explain_format(const struct request_log *log, const struct wpb_fpm_pool *pool,
                           struct wpb_buf *out, struct wpb_buf *lines)
{
    const struct wpb_request_source *source = log->fpm.source;
    static const struct {
        enum wpb_line_target target;
        const char *what;
    } rows[] = {{WPB_LINE_TO_DURATION, "how long a request takes"},
                {WPB_LINE_TO_MEMORY, "its memory"},
                {WPB_LINE_TO_URI, "the page that was asked for"}};
    const char *missing = NULL;

    if (is_misread(&log->fpm)) {
        wpb_buf_printf(out,
                       "lines of %s are not in the format of %s: PHP-FPM takes a "
                       "new access.format when it is reloaded",
                       pool->access_log, pool->file);
        return;
    }
    for (size_t i = 0; !missing && i < sizeof rows / sizeof rows[0]; i++) {
        if (!wpb_request_source_tells(source, rows[i].target))
            missing = rows[i].what;
    }
    if (!missing)
        return;
    wpb_buf_printf(out,
                   "access.format of pool %s does not tell %s; set in %s, and reload "
                   "PHP-FPM",
                   pool->name, missing, pool->file);
    wpb_log_advice_access(pool, lines);
}

static void explain_web(const struct request_log *log, struct wpb_buf *out,
                        struct wpb_buf *lines)
{
    const struct wpb_err *err = &log->web.err;

    if (!*log->web_path || is_read(&log->web))
        return;
    wpb_buf_printf(out, "%sweb_log: %s%s%s", out->len ? "; " : "",
                   log->web.source ? "" : log->web_path, log->web.source ? "" : ": ",
                   err->message);
    if (err->code == WPB_E_DENIED)
        wpb_log_advice_permission(log->web_path, lines);
    else if (err->code == WPB_E_UNSUPPORTED && !log->web.source)
        wpb_log_advice_nginx(lines);
}

static void explain(const struct request_log *log, struct wpb_pool_look *look)
{
    bool is_any_read = is_read(&log->fpm) || is_read(&log->web);
    bool is_set = *look->pool->access_log || *log->web_path;
    struct wpb_buf reason, lines;

    wpb_buf_init(&reason, WPB_POOL_REASON_MAX - 1);
    wpb_buf_init(&lines, 0);
    if (is_read(&log->fpm))
        explain_format(log, look->pool, &reason, &lines);
    else
        explain_fpm(log, look->pool, &reason, &lines);
    explain_web(log, &reason, &lines);
    wpb_pool_look_say(look,
                      is_any_read ? reason.len ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_OK
                      : is_set || !*look->pool->file ? WPB_COVERAGE_UNAVAILABLE
                                                     : WPB_COVERAGE_SKIPPED,
                      reason.data, lines.data);
    wpb_buf_fini(&lines);
    wpb_buf_fini(&reason);
}

static void look(void *kept, struct wpb_pool_look *look)
{
    struct request_log *log = kept;

    open_fpm(log, look->pool);
    open_web(log);
    log->main = main_of(log);
    /* The web server's first: its windows are waited for by those of PHP-FPM. */
    read_feed(&log->web, look);
    if (!look->has_more)
        read_feed(&log->fpm, look);
    if (!look->has_more)
        explain(log, look);
}

/* ---- what is told ---- */

static void post_source(const struct request_log *log, struct wpb_run *run,
                        const struct wpb_pool_look *look)
{
    char text[512];

    if (!log->main || !is_read(log->main))
        return;
    snprintf(text, sizeof text, "%s, %s",
             log->main == &log->fpm ? "PHP-FPM" : "web server", log->main->path);
    wpb_run_post(run, NULL, &look->subject, WPB_M_REQUEST_SOURCE,
                 wpb_value_text(wpb_slice_cstr(text)), WPB_EXACT);
}

static void post_pool(struct wpb_run *run, const struct wpb_pool_look *look)
{
    static const char *const managers[] = {[WPB_FPM_STATIC] = "static",
                                           [WPB_FPM_DYNAMIC] = "dynamic",
                                           [WPB_FPM_ONDEMAND] = "ondemand"};
    const struct wpb_fpm_pool *pool = look->pool;

    if (pool->max_children)
        wpb_run_post(run, NULL, &look->subject, WPB_M_MAX_CHILDREN,
                     wpb_value_count(pool->max_children),
                     pool->is_lower_bound ? WPB_ESTIMATED : WPB_EXACT);
    if (pool->manager != WPB_FPM_MANAGER_UNKNOWN)
        wpb_run_post(run, NULL, &look->subject, WPB_M_POOL_MANAGER,
                     wpb_value_text(wpb_slice_cstr(managers[pool->manager])), WPB_EXACT);
}

static void post_route(struct wpb_run *run, const struct wpb_pool_look *look,
                       enum wpb_route route, const struct wpb_route_count *count)
{
    struct wpb_subject subject = {.kind = WPB_SUBJECT_ROUTE,
                                  .scope = look->subject.scope,
                                  .name = wpb_slice_cstr(wpb_route_name(route)),
                                  .parent = &look->subject};

    wpb_run_post(run, NULL, &subject, WPB_M_REQUESTS, wpb_value_count(count->requests),
                 WPB_EXACT);
    wpb_run_post(run, NULL, &subject, WPB_M_FAILED_REQUESTS,
                 wpb_value_count(count->failed), WPB_EXACT);
    if (!count->memory.count)
        return;
    wpb_run_post_sampled(run, NULL, &subject, WPB_M_REQUEST_PEAK_BYTES,
                         wpb_value_count(wpb_memory_histogram_quantile(
                             &count->memory, WPB_TALLY_MEMORY_LOW)),
                         count->memory.count);
    wpb_run_post(run, NULL, &subject, WPB_M_REQUEST_PEAK_MOST_BYTES,
                 wpb_value_count(count->memory.most_bytes), WPB_EXACT);
}

static void post_counts(struct request_log *log, struct wpb_run *run,
                        const struct wpb_pool_look *look)
{
    uint64_t requests = 0, failed = 0;

    for (unsigned i = 0; i < WPB_ROUTES; i++) {
        struct wpb_route_count count;
        wpb_route_counts_of(&log->counts, (enum wpb_route)i, look->now.unix_ms / 1000,
                            &count);
        requests += count.requests;
        failed += count.failed;
        /* A route that went quiet has to say so. */
        log->is_route_known[i] |= count.requests > 0;
        if (log->is_route_known[i])
            post_route(run, look, (enum wpb_route)i, &count);
    }
    wpb_run_post(run, NULL, &look->subject, WPB_M_REQUESTS, wpb_value_count(requests),
                 WPB_EXACT);
    wpb_run_post(run, NULL, &look->subject, WPB_M_FAILED_REQUESTS,
                 wpb_value_count(failed), WPB_EXACT);
}

static void post(void *kept, struct wpb_run *run, const struct wpb_pool_look *look)
{
    struct request_log *log = kept;

    for (size_t i = 0; i < log->rows.count; i++)
        wpb_run_post_work(run, NULL, &look->subject, &log->rows.rows[i]);
    wpb_work_rows_clear(&log->rows);
    if (look->has_more)
        return;
    post_pool(run, look);
    if (!log->main || !is_read(log->main))
        return;
    post_source(log, run, look);
    post_counts(log, run, look);
}

static const struct wpb_pool_probe frame = {begin, end, look, post};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_pool_probe_start(run, &frame, err);
}

const struct wpb_probe wpb_probe_requests_log = {
    .name = "requests.log",
    .help = "what requests did, minute by minute: number, kind of page, time in a "
            "worker, processor time, memory, wait for a worker; from the access log of "
            "PHP-FPM, and that of the web server where a site names it",
    .unit = "lines",
    .needs = "pool",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = DEADLINE_MS,
    .max_bytes = WPB_SOURCE_BACK_BYTES,
    .grants = "read access to the logs",
    .start = start,
    .step = wpb_pool_probe_step,
    .cancel = wpb_pool_probe_cancel,
    .free = wpb_pool_probe_free,
};
