#include "agent/analyse/work_verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/analyse/erlang.h"
#include "agent/analyse/stats.h"

/* 99 of 100 windows have a smaller rate. */
#define BUSIEST_QUANTILE 0.99
/* Of the data's bytes, largest over smallest: below it nothing can be said of them, and
 * the time stands for them. */
#define DATA_VARIES 1.05
/* Of the rows, those whose data is known. */
#define DATA_KNOWN 0.9

const char *wpb_quantity_name(enum wpb_quantity quantity)
{
    static const char *const names[WPB_QUANTITIES] = {
        [WPB_QUANTITY_SERVICE_SECONDS] = "service_seconds",
        [WPB_QUANTITY_CPU_SECONDS] = "cpu_seconds",
        [WPB_QUANTITY_QUERIES] = "queries",
        [WPB_QUANTITY_ROWS_EXAMINED] = "rows_examined",
        [WPB_QUANTITY_ROW_LOCK_SECONDS] = "row_lock_seconds",
        [WPB_QUANTITY_CACHE_COMMANDS] = "cache_commands",
        [WPB_QUANTITY_CACHE_BYTES_OUT] = "cache_bytes_out",
        [WPB_QUANTITY_CACHE_BYTES_IN] = "cache_bytes_in",
    };
    return names[quantity];
}

/* What a row has of QUANTITY, over all its requests; NAN: not known. */
static double quantity_of(const struct wpb_book_row *row, enum wpb_quantity quantity)
{
    static const enum wpb_book_column columns[WPB_QUANTITIES] = {
        [WPB_QUANTITY_QUERIES] = WPB_BOOK_QUERIES,
        [WPB_QUANTITY_ROWS_EXAMINED] = WPB_BOOK_ROWS_EXAMINED,
        [WPB_QUANTITY_ROW_LOCK_SECONDS] = WPB_BOOK_LOCK_WAIT_S,
        [WPB_QUANTITY_CACHE_COMMANDS] = WPB_BOOK_CACHE_COMMANDS,
        [WPB_QUANTITY_CACHE_BYTES_OUT] = WPB_BOOK_CACHE_BYTES_OUT,
        [WPB_QUANTITY_CACHE_BYTES_IN] = WPB_BOOK_CACHE_BYTES_IN,
    };

    if (quantity == WPB_QUANTITY_SERVICE_SECONDS)
        return row->timed > 0 ? (double)row->busy_s * row->requests / row->timed : NAN;
    if (quantity == WPB_QUANTITY_CPU_SECONDS)
        return row->cpu_s;
    return row->column[columns[quantity]];
}

static int64_t end_ms(const struct wpb_book_row *row)
{
    return row->start_ms + (int64_t)row->length_s * 1000;
}

/* ---- rates */

/* The mean of NUMERATOR over DENOMINATOR of the rows from FIRST on. */
static double mean_from(const struct wpb_book_row *rows, size_t first, size_t count,
                        double (*numerator)(const struct wpb_book_row *row),
                        double (*denominator)(const struct wpb_book_row *row))
{
    double above = 0, below = 0;

    for (size_t i = first; i < count; i++) {
        double n = numerator(&rows[i]), d = denominator(&rows[i]);
        if (isfinite(n) && isfinite(d)) {
            above += n;
            below += d;
        }
    }
    return below > 0 ? above / below : NAN;
}

static double busy_s(const struct wpb_book_row *row)
{
    return row->busy_s;
}
static double timed(const struct wpb_book_row *row)
{
    return row->timed;
}
static double cpu_s(const struct wpb_book_row *row)
{
    return row->cpu_s;
}
static double requests_with_cpu(const struct wpb_book_row *row)
{
    return isnan(row->cpu_s) ? NAN : (double)row->requests;
}
static double waited_s(const struct wpb_book_row *row)
{
    return row->queue_wait_s;
}
static double queued(const struct wpb_book_row *row)
{
    return row->queued;
}

static size_t first_after(const struct wpb_book_row *rows, size_t count, int64_t time_ms)
{
    size_t first = count;

    while (first > 0 && rows[first - 1].start_ms >= time_ms)
        first--;
    return first;
}

/* Requests of the last quarter of an hour by its length, or by that of the rows where
 * there are fewer. */
static double rate_lately(const struct wpb_book_row *rows, size_t count)
{
    int64_t until = end_ms(&rows[count - 1]);
    size_t first = first_after(rows, count, until - WPB_VERDICT_LATELY_MS);
    int64_t from = first ? until - WPB_VERDICT_LATELY_MS : rows[0].start_ms;
    double requests = 0;

    for (size_t i = first; i < count; i++)
        requests += (double)rows[i].requests;
    return requests * 1000 / (double)(until - from);
}

/* The quantile P of VALUE over COUNT rows; NAN of none. */
static double quantile_of(const struct wpb_book_row *rows, size_t count, double p,
                          double (*value)(const struct wpb_book_row *row))
{
    double *values = malloc((count + 1) * sizeof(*values)), found;
    size_t kept = 0;

    for (size_t i = 0; values && i < count; i++) {
        double v = value(&rows[i]);
        if (isfinite(v))
            values[kept++] = v;
    }
    if (values)
        wpb_stats_sort(values, kept);
    found = values ? wpb_stats_quantile(values, kept, p) : NAN;
    free(values);
    return found;
}

static double rate_of(const struct wpb_book_row *row)
{
    return (double)row->requests / row->length_s;
}

static double service_of(const struct wpb_book_row *row)
{
    return row->timed > 0 ? (double)row->busy_s / (double)row->timed : NAN;
}

void wpb_verdict_rates_of(const struct wpb_work_book *book, int64_t now_ms,
                          struct wpb_verdict_rates *rates)
{
    size_t count, now;
    const struct wpb_book_row *rows = wpb_work_book_rows(book, &count);

    *rates = (struct wpb_verdict_rates){.windows = count,
                                        .lately = NAN,
                                        .busiest = NAN,
                                        .service_s = NAN,
                                        .service_earlier_s = NAN,
                                        .queue_wait_s = NAN,
                                        .cpu_s = NAN};
    if (!count || now_ms - end_ms(&rows[count - 1]) > WPB_VERDICT_STALE_MS)
        return;
    now = first_after(rows, count, end_ms(&rows[count - 1]) - WPB_VERDICT_NOW_MS);
    rates->lately = rate_lately(rows, count);
    rates->busiest = quantile_of(rows, count, BUSIEST_QUANTILE, rate_of);
    rates->service_s = mean_from(rows, now, count, busy_s, timed);
    rates->service_earlier_s = quantile_of(rows, now, 0.5, service_of);
    rates->queue_wait_s = mean_from(rows, now, count, waited_s, queued);
    rates->cpu_s = mean_from(rows, now, count, cpu_s, requests_with_cpu);
}

/* ---- resources */

static void fill_demand_window(struct wpb_demand_window *window,
                               const struct wpb_book_row *row)
{
    *window = (struct wpb_demand_window){.seconds = row->length_s,
                                         .requests = (double)row->requests};
    for (size_t r = 0; r < WPB_RESOURCES; r++)
        window->busy_s[r] = NAN;
    window->busy_s[WPB_RESOURCE_WORKERS] = quantity_of(row, WPB_QUANTITY_SERVICE_SECONDS);
    window->busy_s[WPB_RESOURCE_CPU] = (double)row->column[WPB_BOOK_CPU_BUSY_S];
    window->busy_s[WPB_RESOURCE_REDIS] = row->column[WPB_BOOK_CACHE_CPU_S];
}

/* What PHP's own log says of processors is a part of what requests take of them, without
 * MySQL's and the others', but it is theirs for certain: where neighbours make the whole
 * host's figure useless, or larger than that part allows, it stands in. */
static void take_php_cpu(const struct wpb_demand_window *windows, size_t count,
                         double cores, struct wpb_demand *cpu)
{
    struct wpb_demand of_php;

    if (wpb_demand_measure(windows, count, WPB_RESOURCE_CPU, cores, &of_php) &&
        (cpu->refusal || of_php.capacity < cpu->capacity))
        *cpu = of_php;
}

static bool measure_resources(const struct wpb_book_row *rows, size_t count,
                              const struct wpb_verdict_pool *pool,
                              struct wpb_verdict *verdict)
{
    struct wpb_demand_window *windows = calloc(count + 1, sizeof(*windows));
    const double servers[WPB_RESOURCES] = {[WPB_RESOURCE_WORKERS] = pool->workers,
                                           [WPB_RESOURCE_CPU] = pool->cores,
                                           [WPB_RESOURCE_REDIS] = 1};

    if (!windows)
        return false;
    for (size_t i = 0; i < count; i++)
        fill_demand_window(&windows[i], &rows[i]);
    for (int r = 0; r < WPB_RESOURCES; r++) {
        if (r != WPB_RESOURCE_LOCK)
            wpb_demand_measure(windows, count, (enum wpb_resource)r, servers[r],
                               &verdict->demands[r]);
    }
    for (size_t i = 0; i < count; i++)
        windows[i].busy_s[WPB_RESOURCE_CPU] = (double)rows[i].cpu_s;
    take_php_cpu(windows, count, pool->cores, &verdict->demands[WPB_RESOURCE_CPU]);
    free(windows);
    return true;
}

static bool measure_lock(const struct wpb_book_row *rows, size_t count, unsigned workers,
                         struct wpb_verdict *verdict)
{
    struct wpb_lock_window *windows = calloc(count + 1, sizeof(*windows));
    size_t known = 0;

    if (!windows)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (isnan(rows[i].column[WPB_BOOK_LOCK_WAITS]) ||
            isnan(rows[i].column[WPB_BOOK_LOCK_WAIT_S]))
            continue;
        windows[known++] = (struct wpb_lock_window){
            .seconds = rows[i].length_s,
            .requests = (double)rows[i].requests,
            .waits = (double)rows[i].column[WPB_BOOK_LOCK_WAITS],
            .wait_s = (double)rows[i].column[WPB_BOOK_LOCK_WAIT_S]};
    }
    wpb_lock_station_of(windows, known, workers, &verdict->lock);
    wpb_demand_of_lock(&verdict->lock, &verdict->demands[WPB_RESOURCE_LOCK]);
    free(windows);
    return true;
}

/* ---- the scalability law */

static void foretell(const struct wpb_book_row *rows, size_t count,
                     const struct wpb_verdict_pool *pool, struct wpb_verdict *verdict)
{
    struct wpb_usl_ask ask = {.target_n = 0, .widen = 1};
    struct wpb_usl_bins bins;

    wpb_usl_bins_begin(&bins, pool->workers);
    for (size_t i = 0; i < count; i++) {
        const struct wpb_book_row *row = &rows[i];
        double stolen = (double)row->column[WPB_BOOK_CPU_STOLEN_S];
        struct wpb_usl_window window = {
            .seconds = row->length_s,
            .requests = (double)row->timed,
            .busy_s = (double)row->busy_s,
            .seen = (double)row->seen,
            .errors = (double)row->failed,
            .is_throttled = pool->cores > 0 && isfinite(stolen) &&
                            stolen > WPB_USL_THROTTLED_MAX * pool->cores * row->length_s,
        };
        for (size_t c = 0; c < WPB_USL_CLASSES && c < WPB_WORK_CLASSES; c++)
            window.class_requests[c] = (double)row->class_requests[c];
        wpb_usl_bins_add(&bins, &window);
    }
    wpb_usl_look(&bins, &ask, &verdict->usl);
}

/* ---- the capacity */

static void conclude(struct wpb_verdict *verdict)
{
    const struct wpb_usl_outlook *usl = &verdict->usl;
    struct wpb_demand_bound bound;

    wpb_demand_bound_of(verdict->demands, WPB_RESOURCES, &bound);
    verdict->refusal = bound.refusal;
    if (bound.refusal) {
        /* What stands in the way of the first of them: how PHP's workers are used. */
        if (verdict->demands[WPB_RESOURCE_WORKERS].refusal)
            verdict->refusal = verdict->demands[WPB_RESOURCE_WORKERS].refusal;
        return;
    }
    verdict->capacity = bound.rate;
    verdict->capacity_low = bound.rate_low;
    verdict->capacity_high = bound.rate_high;
    verdict->first = bound.first->resource;
    if (usl->refusal || usl->is_at_least || usl->rate >= bound.rate_low)
        return;
    verdict->capacity = usl->rate;
    verdict->capacity_low = usl->rate_low;
    verdict->capacity_high = usl->rate_high < bound.rate ? usl->rate_high : bound.rate;
    verdict->is_by_usl = true;
}

/* The squared coefficient of variation of all service times; 1 where it is not known. */
static double service_cv2(const struct wpb_book_row *rows, size_t count)
{
    double n = 0, sum = 0, squares = 0, mean;

    for (size_t i = 0; i < count; i++) {
        n += (double)rows[i].timed;
        sum += (double)rows[i].busy_s;
        squares += (double)rows[i].busy_squared_s2;
    }
    if (n < 2 || sum <= 0)
        return 1;
    mean = sum / n;
    return fmax(squares / n - mean * mean, 0) / (mean * mean);
}

/* The rate at which waiting for the servers of DEMAND becomes felt. */
static bool knee_of(const struct wpb_demand *demand, double cv2,
                    struct wpb_erlang_knee *knee)
{
    double servers = floor(demand->servers - demand->background);
    struct wpb_erlang_pool pool = {.workers = servers < 1 ? 1 : (unsigned)servers,
                                   .arrival_cv2 = 1,
                                   .service_cv2 = cv2};

    pool.service_s = pool.workers / demand->capacity;
    return wpb_erlang_knee_of(&pool, WPB_ERLANG_WAIT_MAX_S, WPB_ERLANG_WAIT_QUANTILE,
                              WPB_ERLANG_UTILIZATION_MAX, knee);
}

static void find_knee(const struct wpb_book_row *rows, size_t count,
                      struct wpb_verdict *verdict)
{
    double cv2 = service_cv2(rows, count);

    verdict->knee = verdict->knee_wait_s = NAN;
    for (size_t r = 0; r < WPB_RESOURCES && !verdict->refusal; r++) {
        const struct wpb_demand *demand = &verdict->demands[r];
        struct wpb_erlang_knee knee;
        /* How holds of a lock vary is in its model (1/2 where all are alike). */
        double own =
            r == WPB_RESOURCE_LOCK ? 2 * verdict->lock.model.variability - 1 : cv2;
        if (demand->refusal || !knee_of(demand, fmax(own, 0), &knee))
            continue;
        if (isnan(verdict->knee) || knee.rate < verdict->knee) {
            verdict->knee = knee.rate;
            verdict->knee_wait_s = knee.wait_s;
        }
    }
    if (verdict->is_by_usl && verdict->capacity < verdict->knee)
        verdict->knee = verdict->capacity;
}

/* ---- growth */

/* Bytes of the tables where they are known and have moved; else the time. */
static bool data_is_known(const struct wpb_book_row *rows, size_t count)
{
    float least = INFINITY, most = 0;
    size_t known = 0;

    for (size_t i = 0; i < count; i++) {
        float bytes = rows[i].column[WPB_BOOK_DATA_BYTES];
        if (isnan(bytes))
            continue;
        known++;
        least = bytes < least ? bytes : least;
        most = bytes > most ? bytes : most;
    }
    return (double)known >= DATA_KNOWN * (double)count && least > 0 &&
           (double)most / (double)least >= DATA_VARIES;
}

/* What a request waits follows how many there are at once, and that drifts with the hour:
 * against the mere time it is said to grow in one of a hundred draws of a record in which
 * nothing does (tests/scenario/requests/records), ten times as often as work is. */
static bool is_wait(enum wpb_quantity quantity)
{
    return quantity == WPB_QUANTITY_ROW_LOCK_SECONDS ||
           quantity == WPB_QUANTITY_SERVICE_SECONDS;
}

static bool measure_growth(const struct wpb_book_row *rows, size_t count,
                           unsigned workers, struct wpb_verdict *verdict)
{
    struct wpb_work_window *windows = calloc(count + 1, sizeof(*windows));
    bool by_bytes = data_is_known(rows, count);

    if (!windows)
        return false;
    for (int q = 0; q < WPB_QUANTITIES; q++) {
        size_t known = 0;
        for (size_t i = 0; i < count; i++) {
            const struct wpb_book_row *row = &rows[i];
            double quantity = quantity_of(row, (enum wpb_quantity)q);
            double bytes = (double)row->column[WPB_BOOK_DATA_BYTES];
            if (isnan(quantity) || (by_bytes && isnan(bytes)))
                continue;
            windows[known++] = (struct wpb_work_window){
                .seconds = row->length_s,
                .requests = (double)row->requests,
                .busy_s = (double)row->busy_s,
                .quantity = quantity,
                .data =
                    by_bytes ? bytes : (double)(row->start_ms - rows[0].start_ms) / 1000};
        }
        if (known)
            wpb_workgrowth_of(windows, known, workers, &verdict->growth[q]);
        else
            verdict->growth[q] =
                (struct wpb_workgrowth){.refusal = WPB_WORK_NOT_MEASURED};
        if (!by_bytes && is_wait((enum wpb_quantity)q))
            wpb_workgrowth_doubt_data(&verdict->growth[q], WPB_WORK_COLLINEAR);
    }
    free(windows);
    return true;
}

bool wpb_verdict_of(const struct wpb_work_book *book, const struct wpb_verdict_pool *pool,
                    int64_t now_ms, struct wpb_verdict *verdict)
{
    size_t count;
    const struct wpb_book_row *rows = wpb_work_book_rows(book, &count);

    *verdict = (struct wpb_verdict){
        .refusal = WPB_WORK_NOT_MEASURED, .knee = NAN, .knee_wait_s = NAN};
    wpb_verdict_rates_of(book, now_ms, &verdict->rates);
    for (int r = 0; r < WPB_RESOURCES; r++)
        verdict->demands[r] = (struct wpb_demand){.resource = (enum wpb_resource)r,
                                                  .refusal = WPB_WORK_NOT_MEASURED};
    for (int q = 0; q < WPB_QUANTITIES; q++)
        verdict->growth[q].refusal = WPB_WORK_NOT_MEASURED;
    verdict->usl.refusal = verdict->lock.refusal = WPB_WORK_NOT_MEASURED;
    if (!count || now_ms - end_ms(&rows[count - 1]) > WPB_VERDICT_STALE_MS)
        return true;
    if (!measure_resources(rows, count, pool, verdict) ||
        !measure_lock(rows, count, pool->workers, verdict) ||
        !measure_growth(rows, count, pool->workers, verdict))
        return false;
    foretell(rows, count, pool, verdict);
    conclude(verdict);
    find_knee(rows, count, verdict);
    return true;
}
