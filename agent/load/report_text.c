#include <math.h>
#include <stdarg.h>

#include "agent/base/text.h"
#include "agent/load/report.h"
#include "agent/output/page.h"
#include "agent/output/table.h"

#define LABEL_COLUMNS 9

/* ---- numbers; a dash is what is not known */

static void put_number(struct wpb_buf *out, double value)
{
    if (isnan(value))
        wpb_buf_char(out, '-');
    else if (value >= 100)
        wpb_text_count(out, (uint64_t)llround(value));
    else if (value >= 10)
        wpb_buf_printf(out, "%.1f", value);
    else
        wpb_buf_printf(out, "%.2f", value);
}

static void put_rate(struct wpb_buf *out, double rate)
{
    wpb_buf_printf(out, rate >= 100 ? "%.0f" : "%.1f", rate);
}

static void put_seconds(struct wpb_buf *out, double seconds)
{
    if (isnan(seconds))
        wpb_buf_char(out, '-');
    else if (seconds < 0.0005)
        wpb_buf_printf(out, "%.0f us", seconds * 1e6);
    else if (seconds < 0.01)
        wpb_buf_printf(out, "%.1f ms", seconds * 1e3);
    else if (seconds < 1)
        wpb_buf_printf(out, "%.0f ms", seconds * 1e3);
    else
        wpb_buf_printf(out, "%.2f s", seconds);
}

static void put_bytes(struct wpb_buf *out, double bytes)
{
    if (isnan(bytes))
        wpb_buf_char(out, '-');
    else
        wpb_text_bytes(out, (uint64_t)llround(bytes));
}

static double quantile_s(const struct wpb_latency *latency, double p)
{
    return latency->count ? (double)wpb_latency_quantile_us(latency, p) / 1e6 : NAN;
}

/* ---- tables */

/* VALUE as PUT writes it is the next cell. */
static void cell(struct wpb_table *table, void (*put)(struct wpb_buf *, double),
                 double value)
{
    put(wpb_table_cell(table), value);
    wpb_table_next(table);
}

static void count_cell(struct wpb_table *table, uint64_t count)
{
    wpb_text_count(wpb_table_cell(table), count);
    wpb_table_next(table);
}

static const char *verdict_word(enum wpb_load_verdict verdict)
{
    return verdict == WPB_LOAD_TOO_FEW ? "too few" : wpb_load_verdict_name(verdict);
}

static void show_visitors(const struct wpb_load_report *report, struct wpb_page *page)
{
    static const struct wpb_table_column columns[] = {
        {"Rate", true, false},    {"Offered", true, false}, {"Achieved", true, false},
        {"Dropped", true, false}, {"Failed", true, false},  {"p50", true, false},
        {"p95", true, false},     {"p99", true, false},     {"Verdict", false, false}};
    struct wpb_table table;

    wpb_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < report->result->step_count; i++) {
        const struct wpb_load_step *step = &report->result->steps[i];
        cell(&table, put_rate, step->rate);
        cell(&table, put_rate, wpb_load_step_offered(step));
        cell(&table, put_rate, wpb_load_step_achieved(step));
        count_cell(&table, step->dropped);
        count_cell(&table, wpb_load_step_failed(step));
        cell(&table, put_seconds, quantile_s(&step->response, 0.5));
        cell(&table, put_seconds, quantile_s(&step->response, 0.95));
        cell(&table, put_seconds, quantile_s(&step->response, 0.99));
        wpb_buf_text(wpb_table_cell(&table),
                     verdict_word(wpb_load_verdict_of(step, report->plan->slo_s)));
        wpb_table_next(&table);
    }
    wpb_page_heading(page, "What visitors got (requests a second; times since arrival)");
    wpb_table_print(&table, page, 2);
    wpb_table_fini(&table);
}

static void show_work(const struct wpb_load_report *report, struct wpb_page *page)
{
    static const struct wpb_table_column columns[] = {
        {"Rate", true, false},     {"Workers", true, false}, {"Queue", true, false},
        {"Queries", true, false},  {"Rows", true, false},    {"Locks", true, false},
        {"Cache in", true, false}, {"out", true, false},     {"CPU", true, false},
        {"Host", true, false}};
    struct wpb_table table;

    wpb_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < report->result->step_count; i++) {
        const struct wpb_load_step *step = &report->result->steps[i];
        cell(&table, put_rate, step->rate);
        cell(&table, put_number, step->use.workers_busy);
        cell(&table, put_number, step->use.queue);
        cell(&table, put_number, step->work.queries);
        cell(&table, put_number, step->work.rows);
        cell(&table, put_seconds, step->work.lock_wait_s);
        cell(&table, put_bytes, step->work.cache_in_bytes);
        cell(&table, put_bytes, step->work.cache_out_bytes);
        cell(&table, put_seconds, step->work.cpu_s);
        if (isnan(step->use.cpu_ratio))
            wpb_buf_char(wpb_table_cell(&table), '-');
        else
            wpb_buf_printf(wpb_table_cell(&table), "%.0f %%", step->use.cpu_ratio * 100);
        wpb_table_next(&table);
    }
    wpb_page_heading(page,
                     "What it took (per request; workers, queue and host on average)");
    wpb_table_print(&table, page, 2);
    wpb_table_fini(&table);
}

/* ---- sentences */

static void paragraph(struct wpb_page *page, struct wpb_buf *text)
{
    wpb_page_paragraph(page, 2, wpb_buf_view(text));
    wpb_buf_clear(text);
}

static const char *stop_text(enum wpb_load_stop stop)
{
    static const char *const texts[WPB_LOAD_STOPS] = {
        [WPB_LOAD_NOT_STOPPED] = "",
        [WPB_LOAD_STOP_SERVER_ERRORS] = "the server answered 5xx",
        [WPB_LOAD_STOP_TIMEOUTS] = "requests timed out",
        [WPB_LOAD_STOP_FAILURES] = "requests failed",
        [WPB_LOAD_STOP_SLOW] = "the 99th percentile was above --stop-p99",
        [WPB_LOAD_STOP_QUEUE] = "more connections than --stop-queue waited for a worker",
        [WPB_LOAD_STOP_FULL] = "as many requests were in flight as are allowed",
        [WPB_LOAD_STOP_INTERRUPTED] = "it was interrupted"};

    return texts[stop];
}

/* Why the step that broke did. */
static void say_why(const struct wpb_load_report *report, struct wpb_buf *text)
{
    const struct wpb_load_knee *knee = &report->capacity->knee;
    const struct wpb_load_step *step = knee->broken;

    wpb_buf_text(text, "at ");
    put_rate(text, knee->high);
    switch (knee->why) {
    case WPB_LOAD_BEHIND:
        wpb_buf_text(text, " only ");
        put_rate(text, wpb_load_step_achieved(step));
        wpb_buf_text(text, " were done and the rest piled up.");
        break;
    case WPB_LOAD_SLOW:
        wpb_buf_text(text, " one request in twenty took longer than ");
        put_seconds(text, quantile_s(&step->response, 0.95));
        wpb_buf_text(text, ", and --slo is ");
        put_seconds(text, report->plan->slo_s);
        wpb_buf_char(text, '.');
        break;
    case WPB_LOAD_STOPPED:
        wpb_buf_printf(text, " the step was stopped after %.1f s: %s.", step->lasted_s,
                       stop_text(step->stop));
        break;
    default:
        wpb_buf_text(text, " ");
        wpb_text_count(text, wpb_load_step_failed(step));
        wpb_buf_text(text, " of ");
        wpb_text_count(text, wpb_load_step_ended(step));
        wpb_buf_text(text, " requests failed.");
        break;
    }
}

static void say_knee(const struct wpb_load_report *report, struct wpb_buf *text)
{
    const struct wpb_load_knee *knee = &report->capacity->knee;

    if (!knee->broken && !knee->held) {
        wpb_buf_text(text, "No step could be judged.");
        return;
    }
    if (!knee->broken) {
        wpb_buf_text(text, "It holds ");
        put_rate(text, knee->low);
        wpb_buf_text(text, " requests a second, the most that was tried: the knee is "
                           "above it.");
        return;
    }
    wpb_buf_text(text, "It breaks ");
    if (!isnan(knee->rate)) {
        wpb_buf_text(text, "near ");
        put_rate(text, knee->rate);
    } else if (knee->held) {
        wpb_buf_text(text, "between ");
        put_rate(text, knee->low);
        wpb_buf_text(text, " and ");
        put_rate(text, knee->high);
    } else {
        wpb_buf_text(text, "at or below ");
        put_rate(text, knee->high);
    }
    wpb_buf_text(text, " requests a second: ");
    if (knee->held) {
        put_rate(text, knee->low);
        wpb_buf_text(text, " were held, ");
    }
    say_why(report, text);
}

static void say_first(const struct wpb_load_report *report, struct wpb_buf *text)
{
    const struct wpb_load_step *step = report->capacity->knee.broken;

    switch (report->capacity->first) {
    case WPB_LOAD_FIRST_WORKERS:
        wpb_buf_printf(text, "First to give out: PHP workers. Of %u, ",
                       report->system->workers);
        put_number(text, step->use.workers_busy);
        wpb_buf_text(text, " were busy on average, and ");
        put_number(text, step->use.queue);
        wpb_buf_printf(text, " connections waited (%.0f at most).", step->use.queue_most);
        break;
    case WPB_LOAD_FIRST_CPU:
        wpb_buf_printf(text,
                       "First to give out: processors, %.0f %% busy. More PHP workers "
                       "would make it worse.",
                       step->use.cpu_ratio * 100);
        break;
    case WPB_LOAD_FIRST_REDIS:
        wpb_buf_printf(text,
                       "First to give out: Redis, whose one thread was %.0f %% busy.",
                       step->use.redis_ratio * 100);
        break;
    case WPB_LOAD_FIRST_LOCK:
        wpb_buf_text(text, "First to give out: a row lock of the database. A request "
                           "waited ");
        put_seconds(text, step->work.lock_wait_s);
        wpb_buf_text(text, " for rows that others had locked.");
        break;
    default:
        wpb_buf_text(text, "What gave out first is not seen: neither PHP workers, "
                           "processors, Redis nor row locks were at their end, as far as "
                           "they were watched.");
        break;
    }
}

static void say_bound(const struct wpb_load_capacity *capacity, struct wpb_buf *text)
{
    const struct wpb_demand_bound *bound = &capacity->bound;

    wpb_buf_text(text, "By what a request takes of each resource: ");
    if (bound->refusal == WPB_WORK_NOT_REFUSED) {
        wpb_buf_printf(text, "%s end first, at ",
                       bound->first->resource == WPB_RESOURCE_CPU ? "processors"
                                                                  : "PHP workers");
        put_rate(text, bound->rate);
        wpb_buf_text(text, " requests a second (");
        put_rate(text, bound->rate_low);
        wpb_buf_text(text, " to ");
        put_rate(text, bound->rate_high);
        wpb_buf_text(text, ").");
    } else {
        enum wpb_work_refusal refusal = capacity->demands[0].refusal;
        wpb_buf_printf(text, "no answer. %s", wpb_work_refusal_text(refusal));
    }
}

static void say_erlang(const struct wpb_load_capacity *capacity, struct wpb_buf *text)
{
    wpb_buf_text(text, "By Erlang's formula: ");
    if (capacity->erlang_refusal != WPB_WORK_NOT_REFUSED) {
        wpb_buf_printf(text, "no answer. %s",
                       wpb_work_refusal_text(capacity->erlang_refusal));
        return;
    }
    wpb_buf_text(text, "with ");
    put_seconds(text, capacity->service_s);
    wpb_buf_text(text, " in a worker, waiting becomes noticeable at ");
    put_rate(text, capacity->erlang.rate);
    wpb_buf_text(text, " requests a second.");
}

static void say_usl(const struct wpb_load_capacity *capacity, struct wpb_buf *text)
{
    wpb_buf_text(text, "By the Universal Scalability Law: ");
    if (capacity->usl.refusal != WPB_WORK_NOT_REFUSED) {
        wpb_buf_printf(text, "no answer. %s",
                       wpb_work_refusal_text(capacity->usl.refusal));
        return;
    }
    wpb_buf_printf(text, "with %.0f workers busy %s", capacity->usl.at_n,
                   capacity->usl.is_at_least ? "at least " : "");
    put_rate(text, capacity->usl.rate);
    wpb_buf_text(text, " requests a second (");
    put_rate(text, capacity->usl.rate_low);
    wpb_buf_text(text, " to ");
    put_rate(text, capacity->usl.rate_high);
    wpb_buf_text(text, ").");
}

/* Requests failed: that says nothing of how much the site can do. */
static bool is_by_errors(const struct wpb_load_knee *knee)
{
    enum wpb_load_stop stop = knee->broken->stop;

    return knee->why == WPB_LOAD_FAILING || stop == WPB_LOAD_STOP_SERVER_ERRORS ||
           stop == WPB_LOAD_STOP_FAILURES;
}

static bool is_useless(const struct wpb_load_report *report,
                       enum wpb_load_verdict verdict)
{
    for (size_t i = 0; i < report->result->step_count; i++) {
        if (wpb_load_verdict_of(&report->result->steps[i], report->plan->slo_s) ==
            verdict)
            return true;
    }
    return false;
}

static void show_verdict(const struct wpb_load_report *report, struct wpb_page *page)
{
    const struct wpb_load_capacity *capacity = report->capacity;
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    wpb_page_blank(page);
    say_knee(report, &text);
    paragraph(page, &text);
    if (capacity->knee.broken && !is_by_errors(&capacity->knee)) {
        say_first(report, &text);
        paragraph(page, &text);
    }
    if (is_useless(report, WPB_LOAD_INVALID)) {
        wpb_buf_printf(&text,
                       "Invalid: one request in a hundred or more was sent over %d ms "
                       "late by this machine itself, so the step says nothing of the "
                       "site.",
                       WPB_LOAD_LAG_US_MAX / 1000);
        paragraph(page, &text);
    }
    if (is_useless(report, WPB_LOAD_TOO_FEW)) {
        wpb_buf_text(&text, "Too few: fewer than five requests ended; give "
                            "--step-seconds more.");
        paragraph(page, &text);
    }
    if (report->result->is_interrupted) {
        wpb_buf_text(&text, "Interrupted: the last step is what was seen until then.");
        paragraph(page, &text);
    }
    wpb_page_heading(page, "What models make of it");
    say_bound(capacity, &text);
    paragraph(page, &text);
    say_erlang(capacity, &text);
    paragraph(page, &text);
    say_usl(capacity, &text);
    paragraph(page, &text);
    wpb_buf_fini(&text);
}

/* Why SENSOR told nothing, or nothing of use; "" when it did. */
static const char *missing(const struct wpb_load_report *report, size_t sensor)
{
    if (!report->missing[sensor][0] && sensor == WPB_LOAD_SENSOR_POOL &&
        report->capacity->is_pool_idle)
        return "the pool that is watched hardly worked: another one or a page cache "
               "answers; name the one that serves the site with --fpm";
    return report->missing[sensor];
}

static void show_missing(const struct wpb_load_report *report, struct wpb_page *page)
{
    static const char *const labels[WPB_LOAD_SENSORS] = {"PHP-FPM", "MySQL", "Redis",
                                                         "Host"};
    bool has_heading = false;

    for (size_t i = 0; i < WPB_LOAD_SENSORS; i++) {
        struct wpb_buf safe;
        if (!missing(report, i)[0])
            continue;
        if (!has_heading)
            wpb_page_heading(page, "Not measured");
        has_heading = true;
        wpb_buf_init(&safe, 0);
        wpb_text_terminal(&safe, wpb_slice_cstr(missing(report, i)));
        wpb_page_entry(page, 2, WPB_INK_YELLOW, labels[i], LABEL_COLUMNS,
                       wpb_buf_view(&safe));
        wpb_buf_fini(&safe);
    }
}

static void show_head(const struct wpb_load_report *report, struct wpb_page *page)
{
    const struct wpb_load_plan *plan = report->plan;
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    wpb_text_terminal(&text, wpb_slice_cstr(report->host));
    wpb_page_ink(page, WPB_INK_BOLD, wpb_buf_view(&text));
    wpb_buf_clear(&text);
    wpb_buf_printf(&text, ": steps of %.0f s, %s arrivals", plan->step_s,
                   plan->arrivals == WPB_LOAD_CONSTANT ? "evenly spaced" : "random");
    wpb_page_ink(page, WPB_INK_PLAIN, wpb_buf_view(&text));
    wpb_page_end_line(page);
    if (report->pool[0]) {
        wpb_buf_clear(&text);
        wpb_buf_text(&text, "pool ");
        wpb_text_terminal(&text, wpb_slice_cstr(report->pool));
        if (report->system->workers)
            wpb_buf_printf(&text, " of %u workers", report->system->workers);
        wpb_page_verbatim(page, 2, wpb_buf_view(&text));
    }
    for (size_t i = 0; i < plan->target_count; i++) {
        wpb_buf_clear(&text);
        wpb_text_terminal(&text, wpb_slice_cstr(plan->targets[i].url));
        wpb_page_verbatim(page, 2, wpb_buf_view(&text));
    }
    wpb_buf_fini(&text);
}

void wpb_load_report_text(const struct wpb_load_report *report,
                          const struct wpb_text_style *style, struct wpb_buf *out)
{
    struct wpb_page page = wpb_page_of(style, out);

    show_head(report, &page);
    if (report->result->step_count) {
        show_visitors(report, &page);
        show_work(report, &page);
    }
    show_verdict(report, &page);
    show_missing(report, &page);
}
