/* From rows and counters to what is said of a pool: simulated pools of which the truth is
 * known, told as the probes tell them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/analyse/work_books.h"
#include "agent/analyse/work_verdict.h"
#include "probes/requests/route.h"
#include "tests/unit/near.h"
#include "tests/unit/series.h"
#include "tests/unit/simulated_pool.h"

#define T0 INT64_C(1795464000000)
#define WINDOW_S 10
#define WINDOWS 300
#define WORKERS 8

static const struct wpb_site site = {.name = "shop"};
static const struct wpb_subject pool = {.kind = WPB_SUBJECT_POOL,
                                        .scope = WPB_SLICE("/etc/php-fpm.conf"),
                                        .name = WPB_SLICE("www")};
static const struct wpb_subject host = {.kind = WPB_SUBJECT_HOST};
static const struct wpb_subject mysql = {.kind = WPB_SUBJECT_MYSQL_SERVER,
                                         .scope = WPB_SLICE("mysql://db:3306")};

/* What the probes have told so far. */
struct told {
    struct wpb_window *known;
    struct wpb_work_books *books;
    int64_t now_ms;
    double waits, wait_s, cpu_s, rows, queries; /* counters */
};

static void post(struct wpb_window *window, const struct wpb_subject *subject,
                 enum wpb_metric metric, double value, int64_t time_ms)
{
    struct wpb_sample sample = {.subject = subject,
                                .metric = metric,
                                .value = wpb_value_double(value),
                                .time_ms = time_ms};

    if (value == floor(value))
        sample.value = wpb_value_integer((int64_t)value);
    wpb_window_post(window, &sample);
}

static void post_counters(struct told *told)
{
    post(told->known, &mysql, WPB_M_ROW_LOCK_WAITS, told->waits, told->now_ms);
    post(told->known, &mysql, WPB_M_ROW_LOCK_SECONDS, told->wait_s, told->now_ms);
    post(told->known, &mysql, WPB_M_ROWS_EXAMINED, told->rows, told->now_ms);
    post(told->known, &mysql, WPB_M_QUESTIONS, told->queries, told->now_ms);
    post(told->known, &host, WPB_M_CPU_BUSY_SECONDS, told->cpu_s, told->now_ms);
}

static void begin(struct told *told)
{
    *told = (struct told){.known = wpb_window_new(&site, T0),
                          .books = wpb_work_books_new(),
                          .now_ms = T0,
                          .wait_s = 0.001, /* no whole number: as a server tells it */
                          .cpu_s = 0.01};
    assert_non_null(told->known);
    assert_non_null(told->books);
    post(told->known, &pool, WPB_M_MAX_CHILDREN, WORKERS, T0);
    post(told->known, &host, WPB_M_CORES, 2, T0);
    post_counters(told);
}

static void end(struct told *told)
{
    wpb_window_free(told->known);
    wpb_work_books_free(told->books);
}

/* One window of the pool has passed. The log's row comes with the look that follows. */
static void tell_row(struct told *told, struct wpb_work_row row)
{
    struct wpb_window *read = wpb_window_new(&site, told->now_ms);

    row.start_ms = told->now_ms;
    row.length_s = WINDOW_S;
    row.timed = row.requests;
    if (row.requests)
        row.busy_squared_s2 = 1.2 * row.busy_s * row.busy_s / row.requests;
    row.cpu_s = row.queue_wait_s = row.queries = NAN;
    told->now_ms += WINDOW_S * 1000;
    post_counters(told);
    wpb_window_post_work(read, &pool, &row);
    wpb_work_books_note(told->books, read, told->known, told->now_ms);
    wpb_window_free(read);
}

static double number_of(const struct told *told, const struct wpb_subject *subject,
                        enum wpb_metric metric)
{
    const struct wpb_sample *sample = wpb_window_get(told->known, subject, metric);

    assert_non_null(sample);
    if (sample->value.type == WPB_VALUE_NONE)
        return NAN;
    return sample->value.type == WPB_VALUE_DOUBLE ? sample->value.number
                                                  : (double)sample->value.integer;
}

static struct wpb_slice text_of(const struct told *told,
                                const struct wpb_subject *subject, enum wpb_metric metric)
{
    return wpb_window_text(told->known, subject, metric);
}

static struct wpb_subject child_of(const struct wpb_subject *parent,
                                   enum wpb_subject_kind kind, const char *name)
{
    return (struct wpb_subject){.kind = kind,
                                .scope = parent->scope,
                                .name = wpb_slice_cstr(name),
                                .parent = parent};
}

static void assert_text(const struct told *told, const struct wpb_subject *subject,
                        enum wpb_metric metric, const char *text)
{
    assert_true(wpb_slice_equal(text_of(told, subject, metric), wpb_slice_cstr(text)));
}

/* Requests that take a row lock for 0.15 s, seen at 1 to 5 a second, when the pool looks
 * idle: eight workers of 0.05 to 0.3 s would do 30. */
static void a_lock_is_told_as_what_breaks_first(void **state)
{
    struct pool_plan plan = {.workers = WORKERS,
                             .work_s = 0.05,
                             .hold_s = 0.15,
                             .rate_low = 1,
                             .rate_high = 5,
                             .windows = WINDOWS,
                             .window_s = WINDOW_S,
                             .seed = 7};
    struct wpb_subject lock = child_of(&pool, WPB_SUBJECT_RESOURCE, "lock");
    struct wpb_subject workers = child_of(&pool, WPB_SUBJECT_RESOURCE, "php_workers");
    struct pool_window windows[WINDOWS];
    struct told told;

    (void)state;
    pool_simulate(&plan, windows);
    begin(&told);
    for (size_t i = 0; i < WINDOWS; i++) {
        told.waits += windows[i].waits;
        told.wait_s += windows[i].wait_s;
        told.cpu_s += 0.03 * windows[i].requests;
        tell_row(&told, (struct wpb_work_row){.requests = windows[i].requests,
                                              .busy_s = windows[i].busy_s});
    }
    assert_text(&told, &pool, WPB_M_WORK_REFUSAL, "");
    assert_text(&told, &pool, WPB_M_BOTTLENECK, "lock");
    assert_within(number_of(&told, &pool, WPB_M_CAPACITY_PER_SECOND), 1 / 0.15, 0.25);
    assert_true(number_of(&told, &pool, WPB_M_CAPACITY_LOW_PER_SECOND) <= 1 / 0.15);
    assert_true(number_of(&told, &pool, WPB_M_CAPACITY_HIGH_PER_SECOND) >= 1 / 0.15);
    assert_true(number_of(&told, &pool, WPB_M_KNEE_PER_SECOND) <
                number_of(&told, &pool, WPB_M_CAPACITY_PER_SECOND));
    assert_within(number_of(&told, &lock, WPB_M_DEMAND_SECONDS), 0.15, 0.25);
    assert_true(number_of(&told, &workers, WPB_M_CAPACITY_PER_SECOND) > 20);
    assert_near(number_of(&told, &pool, WPB_M_WORK_WINDOWS), WINDOWS, 0);
    assert_true(number_of(&told, &pool, WPB_M_BUSIEST_PER_SECOND) > 4);
    end(&told);
}

/* 0.1 s of processor a request on two processors: 20 a second, where workers allow 80. */
static void processors_are_told_as_what_breaks_first(void **state)
{
    struct wpb_subject service = child_of(&pool, WPB_SUBJECT_QUANTITY, "service_seconds");
    struct series random;
    struct told told;

    (void)state;
    series_begin(&random, 11);
    begin(&told);
    for (size_t i = 0; i < WINDOWS; i++) {
        double requests = floor(20 + 60 * series_uniform(&random));
        told.cpu_s += 0.1 * requests * (0.95 + 0.1 * series_uniform(&random));
        tell_row(&told,
                 (struct wpb_work_row){.requests = requests,
                                       .busy_s = 0.1 * requests *
                                                 (0.95 + 0.1 * series_uniform(&random))});
    }
    assert_text(&told, &pool, WPB_M_BOTTLENECK, "cpu");
    assert_within(number_of(&told, &pool, WPB_M_CAPACITY_PER_SECOND), 20, 0.05);
    /* A container that gets one and a half of them. */
    post(told.known, &host, WPB_M_CORES, 1.5, told.now_ms);
    tell_row(&told, (struct wpb_work_row){.requests = 50, .busy_s = 5});
    assert_within(number_of(&told, &pool, WPB_M_CAPACITY_PER_SECOND), 15, 0.05);
    assert_text(&told, &service, WPB_M_WORK_VERDICT, "constant");
    assert_text(&told, &service, WPB_M_WORK_REFUSAL, "");
    end(&told);
}

/* The same rate, and with each window so many rows and seconds more for a request. */
static void tell_growing(struct told *told, double rows, double busy_s)
{
    struct series random;

    series_begin(&random, 13);
    for (size_t i = 0; i < WINDOWS; i++) {
        double requests = floor(20 + 60 * series_uniform(&random));
        told->rows += floor(requests * (1000 + rows * (double)i));
        told->queries += 9 * requests;
        tell_row(told,
                 (struct wpb_work_row){.requests = requests,
                                       .busy_s = requests * (0.1 + busy_s * (double)i)});
    }
}

/* The same rate, and each day more rows for the same request. */
static void growing_data_are_told(void **state)
{
    struct wpb_subject rows = child_of(&pool, WPB_SUBJECT_QUANTITY, "rows_examined");
    struct wpb_subject queries = child_of(&pool, WPB_SUBJECT_QUANTITY, "queries");
    struct told told;

    (void)state;
    begin(&told);
    tell_growing(&told, 30, 0);
    assert_text(&told, &rows, WPB_M_WORK_VERDICT, "grows_with_data");
    assert_within(number_of(&told, &rows, WPB_M_PER_REQUEST), 1000 + 15 * WINDOWS, 0.1);
    assert_true(number_of(&told, &rows, WPB_M_PER_REQUEST_HIGH) >
                2 * number_of(&told, &rows, WPB_M_PER_REQUEST_LOW));
    assert_text(&told, &queries, WPB_M_WORK_VERDICT, "constant");
    assert_within(number_of(&told, &queries, WPB_M_PER_REQUEST), 9, 0.01);
    end(&told);
}

/* Each window's requests take longer than those before, and nothing else of them grows:
 * that may be the hour. */
static void against_the_mere_time_waits_are_not_judged(void **state)
{
    struct wpb_subject service = child_of(&pool, WPB_SUBJECT_QUANTITY, "service_seconds");
    struct wpb_subject queries = child_of(&pool, WPB_SUBJECT_QUANTITY, "queries");
    struct told told;

    (void)state;
    begin(&told);
    tell_growing(&told, 0, 0.001);
    assert_text(&told, &service, WPB_M_WORK_VERDICT, "refused");
    assert_text(&told, &service, WPB_M_WORK_REFUSAL, "collinear");
    assert_text(&told, &queries, WPB_M_WORK_VERDICT, "constant");
    end(&told);
}

/* Where the size of the tables is known, that and not the time is what rows grow with:
 * here they shrink again, and the work with them. */
static void data_is_the_tables_size_where_that_is_known(void **state)
{
    static const struct wpb_subject table = {.kind = WPB_SUBJECT_TABLE,
                                             .scope = WPB_SLICE("mysql://db:3306/shop"),
                                             .name = WPB_SLICE("wp_events")};
    struct wpb_subject rows = child_of(&pool, WPB_SUBJECT_QUANTITY, "rows_examined");
    struct series random;
    struct told told;

    (void)state;
    series_begin(&random, 19);
    begin(&told);
    for (size_t i = 0; i < WINDOWS; i++) {
        double requests = floor(20 + 60 * series_uniform(&random));
        double size = 1000 + 500 * sin((double)i / 15);
        post(told.known, &table, WPB_M_DATA_BYTES, floor(size * 1e4), told.now_ms);
        told.rows += floor(requests * size);
        tell_row(&told,
                 (struct wpb_work_row){.requests = requests, .busy_s = 0.1 * requests});
    }
    assert_text(&told, &rows, WPB_M_WORK_VERDICT, "grows_with_data");
    assert_within(number_of(&told, &rows, WPB_M_CAUSE_HIGH) -
                      number_of(&told, &rows, WPB_M_CAUSE_LOW),
                  2 * 1.645 * 500e4 / sqrt(2), 0.1);
    end(&told);
}

/* Four windows pass between two readings: what each of them took is not known. */
static void readings_too_far_apart_fill_no_window(void **state)
{
    struct wpb_work_book *book = wpb_work_book_new(&pool);
    struct wpb_window *known = wpb_window_new(&site, T0);
    const struct wpb_book_row *rows;
    size_t count;

    (void)state;
    for (int64_t i = 0; i <= 8; i++) {
        struct wpb_window *read = wpb_window_new(&site, T0);
        struct wpb_work_row row = {.start_ms = T0 + (i - 1) * WINDOW_S * 1000,
                                   .length_s = WINDOW_S,
                                   .requests = 10,
                                   .queries = NAN};
        if (i <= 2 || i == 6 || i == 8)
            post(known, &mysql, WPB_M_QUESTIONS, (double)(100 * i),
                 T0 + i * WINDOW_S * 1000);
        if (i > 0)
            wpb_window_post_work(read, &pool, &row);
        wpb_work_book_take(book, read, known);
        wpb_window_free(read);
    }
    rows = wpb_work_book_rows(book, &count);
    assert_int_equal(count, 8);
    for (size_t i = 0; i < count; i++) {
        bool is_far = i >= 2 && i < 6;
        assert_int_equal(isnan(rows[i].column[WPB_BOOK_QUERIES]), is_far);
        if (!is_far)
            assert_near((double)rows[i].column[WPB_BOOK_QUERIES], 100, 1e-3);
    }
    wpb_window_free(known);
    wpb_work_book_free(book);
}

/* The host's processors say nothing here; PHP's own log does. */
static void phps_own_processor_time_stands_in(void **state)
{
    struct wpb_work_book *book = wpb_work_book_new(&pool);
    struct wpb_window *read = wpb_window_new(&site, T0);
    struct wpb_verdict_pool facts = {.workers = 40, .cores = 2};
    struct wpb_verdict verdict;

    (void)state;
    for (int64_t i = 0; i < 60; i++) {
        double requests = 40 + (double)(i * 7 % 20);
        struct wpb_work_row row = {.start_ms = T0 + i * WINDOW_S * 1000,
                                   .length_s = WINDOW_S,
                                   .requests = requests,
                                   .timed = requests,
                                   .busy_s = 0.2 * requests,
                                   .busy_squared_s2 = 0.05 * requests,
                                   .cpu_s = 0.1 * requests,
                                   .queue_wait_s = 0.03 * requests,
                                   .queued = requests,
                                   .queries = NAN};
        wpb_window_post_work(read, &pool, &row);
    }
    wpb_work_book_take(book, read, read);
    assert_true(wpb_verdict_of(book, &facts, T0 + 600000, &verdict));
    assert_int_equal(verdict.refusal, WPB_WORK_NOT_REFUSED);
    assert_int_equal(verdict.first, WPB_RESOURCE_CPU);
    assert_within(verdict.capacity, 20, 0.02);
    assert_near(verdict.rates.queue_wait_s, 0.03, 1e-6);
    assert_near(verdict.rates.cpu_s, 0.1, 1e-6);
    wpb_window_free(read);
    wpb_work_book_free(book);
}

/* Requests that slow each other down: 0.1 s alone, and 15 % more for each beside it, so
 * that eight at once do 39 a second. Seen with one to five at once, of which the quiet
 * ones alone would promise 69. With STOLEN of each second taken by the hypervisor. */
static struct wpb_verdict verdict_of_crowd(double stolen)
{
    struct wpb_work_book *book = wpb_work_book_new(&pool);
    struct wpb_window *known = wpb_window_new(&site, T0);
    struct wpb_verdict_pool facts = {.workers = WORKERS, .cores = 2};
    struct wpb_verdict verdict;

    for (int64_t i = 0; i <= WINDOWS; i++) {
        struct wpb_window *read = wpb_window_new(&site, T0);
        double n = 3 + 2 * sin((double)i / 9);
        double service_s = 0.1 * (1 + 0.15 * (n - 1));
        double requests = n / service_s * WINDOW_S;
        struct wpb_work_row row = {.start_ms = T0 + (i - 1) * WINDOW_S * 1000,
                                   .length_s = WINDOW_S,
                                   .requests = requests,
                                   .timed = requests,
                                   .busy_s = n * WINDOW_S,
                                   .busy_squared_s2 = service_s * n * WINDOW_S,
                                   .seen = n,
                                   .cpu_s = NAN,
                                   .queue_wait_s = NAN,
                                   .queries = NAN};
        post(known, &host, WPB_M_CPU_STOLEN_SECONDS, 0.5 + stolen * (double)i * WINDOW_S,
             T0 + i * WINDOW_S * 1000);
        if (i > 0)
            wpb_window_post_work(read, &pool, &row);
        wpb_work_book_take(book, read, known);
        wpb_window_free(read);
    }
    assert_true(wpb_verdict_of(book, &facts, T0 + WINDOWS * WINDOW_S * 1000, &verdict));
    wpb_window_free(known);
    wpb_work_book_free(book);
    return verdict;
}

static void a_crowd_that_slows_itself_down_is_foretold(void **state)
{
    struct wpb_verdict verdict = verdict_of_crowd(0);

    (void)state;
    assert_int_equal(verdict.usl.refusal, WPB_WORK_NOT_REFUSED);
    assert_true(verdict.demands[WPB_RESOURCE_WORKERS].capacity > 60);
    assert_true(verdict.is_by_usl);
    assert_within(verdict.capacity, 8 / 0.205, 0.05);
    assert_true(verdict.capacity_high <= verdict.demands[WPB_RESOURCE_WORKERS].capacity);
}

static void of_a_host_that_is_held_back_nothing_is_foretold(void **state)
{
    struct wpb_verdict verdict = verdict_of_crowd(0.2);

    (void)state;
    assert_int_equal(verdict.usl.refusal, WPB_WORK_THROTTLED);
    assert_false(verdict.is_by_usl);
}

/* Yesterday a request took 0.1 s, for the last half hour 0.3 s. */
static void what_a_request_took_before_is_told_apart(void **state)
{
    struct told told;

    (void)state;
    begin(&told);
    for (size_t i = 0; i < 720; i++)
        tell_row(&told, (struct wpb_work_row){.requests = 20, .busy_s = i < 540 ? 2 : 6});
    assert_within(number_of(&told, &pool, WPB_M_SERVICE_EARLIER_SECONDS), 0.1, 0.001);
    assert_within(number_of(&told, &pool, WPB_M_SERVICE_SECONDS), 0.2, 0.001);
    assert_within(number_of(&told, &pool, WPB_M_REQUESTS_PER_SECOND), 2, 0.001);
    end(&told);
}

/* A product page takes 300 queries, a cart 20: only MySQL's sum is known. */
static void routes_are_told_apart(void **state)
{
    struct wpb_subject queries = child_of(&pool, WPB_SUBJECT_QUANTITY, "queries");
    struct wpb_subject product = child_of(&queries, WPB_SUBJECT_ROUTE, "product");
    struct wpb_subject cart = child_of(&queries, WPB_SUBJECT_ROUTE, "cart");
    struct wpb_subject of_pool = child_of(&pool, WPB_SUBJECT_ROUTE, "product");
    struct series random;
    struct told told;

    (void)state;
    series_begin(&random, 17);
    begin(&told);
    for (size_t i = 0; i < 60; i++) {
        double products = floor(30 * series_uniform(&random)) + 1;
        double carts = floor(30 * series_uniform(&random)) + 1;
        struct wpb_work_row row = {.requests = products + carts,
                                   .busy_s = 0.2 * products + 0.1 * carts};
        row.class_requests[WPB_ROUTE_PRODUCT] = (float)products;
        row.class_requests[WPB_ROUTE_CART] = (float)carts;
        row.class_busy_s[WPB_ROUTE_PRODUCT] = (float)(0.2 * products);
        told.queries += 300 * products + 20 * carts + 5; /* of cron */
        tell_row(&told, row);
    }
    assert_within(number_of(&told, &product, WPB_M_PER_REQUEST), 300, 0.02);
    assert_within(number_of(&told, &cart, WPB_M_PER_REQUEST), 20, 0.2);
    assert_within(number_of(&told, &of_pool, WPB_M_SERVICE_SECONDS), 0.2, 0.001);
    end(&told);
}

/* Nothing is said of what is not known, and why: at first, without MySQL, and when the
 * log has ended. */
static void what_is_not_known_is_refused(void **state)
{
    struct wpb_subject lock = child_of(&pool, WPB_SUBJECT_RESOURCE, "lock");
    struct wpb_window *nothing = wpb_window_new(&site, T0);
    struct told told;

    (void)state;
    begin(&told);
    wpb_work_books_note(told.books, nothing, told.known, told.now_ms);
    assert_text(&told, &pool, WPB_M_WORK_REFUSAL, "not_measured");
    assert_true(isnan(number_of(&told, &pool, WPB_M_CAPACITY_PER_SECOND)));
    for (size_t i = 0; i < 5; i++)
        tell_row(&told, (struct wpb_work_row){.requests = 100, .busy_s = 10});
    assert_text(&told, &pool, WPB_M_WORK_REFUSAL, "too_few_windows");
    for (size_t i = 0; i < 30; i++)
        tell_row(&told, (struct wpb_work_row){.requests = 100 + (double)(i % 7),
                                              .busy_s = 10 + (double)(i % 7) / 10});
    assert_text(&told, &pool, WPB_M_WORK_REFUSAL, "");
    assert_text(&told, &pool, WPB_M_BOTTLENECK, "php_workers");
    assert_within(number_of(&told, &pool, WPB_M_CAPACITY_PER_SECOND), 80, 0.05);
    assert_text(&told, &lock, WPB_M_WORK_REFUSAL, "no_waiting");
    /* A larger pool, from one look to the next. */
    post(told.known, &pool, WPB_M_MAX_CHILDREN, 2 * WORKERS, told.now_ms);
    wpb_work_books_note(told.books, nothing, told.known, told.now_ms);
    assert_within(number_of(&told, &pool, WPB_M_CAPACITY_PER_SECOND), 160, 0.05);
    told.now_ms += WPB_VERDICT_STALE_MS + 1;
    wpb_work_books_note(told.books, nothing, told.known, told.now_ms);
    assert_true(isnan(number_of(&told, &pool, WPB_M_REQUESTS_PER_SECOND)));
    assert_text(&told, &pool, WPB_M_WORK_REFUSAL, "not_measured");
    assert_true(isnan(number_of(&told, &pool, WPB_M_CAPACITY_PER_SECOND)));
    wpb_window_free(nothing);
    end(&told);
}

/* Numbers that no log tells must not end anything. */
static void rows_that_cannot_be_are_left_out(void **state)
{
    struct wpb_work_book *book = wpb_work_book_new(&pool);
    struct wpb_window *read = wpb_window_new(&site, T0);
    const struct wpb_work_row rows[] = {
        {.start_ms = T0, .length_s = 0, .requests = 1},
        {.start_ms = T0, .length_s = 10, .requests = NAN},
        {.start_ms = T0, .length_s = 10, .requests = -1},
        {.start_ms = T0, .length_s = 10, .requests = 1, .busy_s = INFINITY},
        {.start_ms = T0, .length_s = 10, .requests = 1, .timed = 2},
        {.start_ms = T0, .length_s = 10, .requests = 1, .timed = 1, .busy_s = 1},
        {.start_ms = T0, .length_s = 10, .requests = 2, .timed = 1}, /* told twice */
        {.start_ms = T0 - 1, .length_s = 10, .requests = 2, .timed = 1},
    };
    struct wpb_verdict verdict;
    struct wpb_verdict_pool facts = {.workers = 8, .cores = 2};
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        wpb_window_post_work(read, &pool, &rows[i]);
    assert_int_equal(wpb_work_book_take(book, read, read), 1);
    wpb_work_book_rows(book, &count);
    assert_int_equal(count, 1);
    assert_true(wpb_verdict_of(book, &facts, T0, &verdict));
    assert_int_equal(verdict.refusal, WPB_WORK_TOO_FEW_WINDOWS);
    wpb_work_book_set_back(book, T0 - 1);
    wpb_work_book_rows(book, &count);
    assert_int_equal(count, 0);
    wpb_window_free(read);
    wpb_work_book_free(book);
}

static void a_book_keeps_its_newest_rows(void **state)
{
    struct wpb_work_book *book = wpb_work_book_new(&pool);
    const struct wpb_book_row *rows;
    size_t count;

    (void)state;
    for (int64_t i = 0; i < 2 * WPB_BOOK_ROWS; i++) {
        struct wpb_window *read = wpb_window_new(&site, T0);
        struct wpb_work_row row = {
            .start_ms = T0 + i * 1000, .length_s = 1, .requests = 1};
        wpb_window_post_work(read, &pool, &row);
        wpb_work_book_take(book, read, read);
        wpb_window_free(read);
    }
    rows = wpb_work_book_rows(book, &count);
    assert_in_range(count, WPB_BOOK_ROWS * 3 / 4, WPB_BOOK_ROWS);
    assert_int_equal(rows[count - 1].start_ms,
                     T0 + (2 * WPB_BOOK_ROWS - 1) * INT64_C(1000));
    for (size_t i = 1; i < count; i++)
        assert_int_equal(rows[i].start_ms, rows[i - 1].start_ms + 1000);
    wpb_work_book_free(book);
}

static void classes_are_named_as_routes(void **state)
{
    (void)state;
    assert_true(WPB_ROUTES <= WPB_WORK_CLASSES);
    for (unsigned r = 0; r < WPB_ROUTES; r++)
        assert_string_equal(wpb_work_class_name(r), wpb_route_name((enum wpb_route)r));
    assert_string_equal(wpb_work_class_name(WPB_ROUTES), "");
    assert_string_equal(wpb_work_class_name(1000), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_is_told_as_what_breaks_first),
        cmocka_unit_test(processors_are_told_as_what_breaks_first),
        cmocka_unit_test(growing_data_are_told),
        cmocka_unit_test(against_the_mere_time_waits_are_not_judged),
        cmocka_unit_test(data_is_the_tables_size_where_that_is_known),
        cmocka_unit_test(readings_too_far_apart_fill_no_window),
        cmocka_unit_test(phps_own_processor_time_stands_in),
        cmocka_unit_test(a_crowd_that_slows_itself_down_is_foretold),
        cmocka_unit_test(of_a_host_that_is_held_back_nothing_is_foretold),
        cmocka_unit_test(what_a_request_took_before_is_told_apart),
        cmocka_unit_test(routes_are_told_apart),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(rows_that_cannot_be_are_left_out),
        cmocka_unit_test(a_book_keeps_its_newest_rows),
        cmocka_unit_test(classes_are_named_as_routes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
