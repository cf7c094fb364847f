/* Pools and routes, from a window to the text and the JSON of a report. */
#include "golden.h"

#include "agent/analyse/tables.h"
#include "agent/output/json.h"
#include "agent/output/prometheus.h"
#include "agent/output/requests_text.h"
#include "agent/output/text.h"
#include "wpbloat/arena.h"

#define NOW_MS 1795464000000

static const struct wpb_site shop = {.name = "shop",
                                     .owner = "",
                                     .path = "/var/www/shop",
                                     .config_file = "",
                                     .wp_version = "6.1.9",
                                     .flavour_version = "",
                                     .flavour_note = "",
                                     .memory_limit_source = ""};

static struct wpb_subject pool_named(const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_POOL,
                                .scope = WPB_SLICE("/etc/php/8.2/fpm/php-fpm.conf"),
                                .name = wpb_slice_cstr(name)};
}

static struct wpb_subject child_of(const struct wpb_subject *parent,
                                   enum wpb_subject_kind kind, const char *name)
{
    return (struct wpb_subject){.kind = kind,
                                .scope = parent->scope,
                                .name = wpb_slice_cstr(name),
                                .parent = parent};
}

static void post(struct wpb_window *window, const struct wpb_subject *subject,
                 enum wpb_metric metric, struct wpb_value value)
{
    struct wpb_sample sample = {
        .subject = subject, .metric = metric, .value = value, .time_ms = NOW_MS};

    wpb_window_post(window, &sample);
}

static void number(struct wpb_window *window, const struct wpb_subject *subject,
                   enum wpb_metric metric, double value)
{
    post(window, subject, metric, wpb_value_double(value));
}

static void text(struct wpb_window *window, const struct wpb_subject *subject,
                 enum wpb_metric metric, const char *value)
{
    post(window, subject, metric, wpb_value_text(wpb_slice_cstr(value)));
}

static void post_route(struct wpb_window *window, const struct wpb_subject *pool,
                       const char *name, double share, double service_s, double queries)
{
    struct wpb_subject route = child_of(pool, WPB_SUBJECT_ROUTE, name);
    struct wpb_subject of_queries = child_of(pool, WPB_SUBJECT_QUANTITY, "queries");
    struct wpb_subject cost = child_of(&of_queries, WPB_SUBJECT_ROUTE, name);

    number(window, &route, WPB_M_SHARE_RATIO, share);
    number(window, &route, WPB_M_SERVICE_SECONDS, service_s);
    post(window, &route, WPB_M_REQUEST_PEAK_BYTES,
         wpb_value_count((uint64_t)(share * 100e6)));
    if (queries > 0)
        number(window, &cost, WPB_M_PER_REQUEST, queries);
}

/* A pool whose lock ends it, and one of which hardly anything is known. */
static struct wpb_window *make_window(void)
{
    struct wpb_window *window = wpb_window_new(&shop, NOW_MS);
    struct wpb_subject www = pool_named("www");
    struct wpb_subject hostile = pool_named("\x1b[31m</script>\n\xff");
    struct wpb_subject lock = child_of(&www, WPB_SUBJECT_RESOURCE, "lock");
    struct wpb_subject redis = child_of(&www, WPB_SUBJECT_RESOURCE, "redis");

    text(window, &www, WPB_M_REQUEST_SOURCE, "/var/log/php-fpm.access.log");
    post(window, &www, WPB_M_MAX_CHILDREN, wpb_value_count(8));
    post(window, &www, WPB_M_WORKERS_BUSY, wpb_value_count(2));
    post(window, &www, WPB_M_ACCEPT_QUEUE, wpb_value_count(0));
    post(window, &www, WPB_M_WORK_WINDOWS, wpb_value_count(1440));
    number(window, &www, WPB_M_REQUESTS_PER_SECOND, 3.26);
    number(window, &www, WPB_M_BUSIEST_PER_SECOND, 5.9);
    number(window, &www, WPB_M_SERVICE_SECONDS, 0.214);
    number(window, &www, WPB_M_CAPACITY_PER_SECOND, 6.5);
    number(window, &www, WPB_M_CAPACITY_LOW_PER_SECOND, 6.1);
    number(window, &www, WPB_M_CAPACITY_HIGH_PER_SECOND, 7);
    number(window, &www, WPB_M_KNEE_PER_SECOND, 5.2);
    text(window, &www, WPB_M_BOTTLENECK, "lock");
    text(window, &www, WPB_M_WORK_REFUSAL, "");
    number(window, &lock, WPB_M_DEMAND_SECONDS, 0.153);
    number(window, &lock, WPB_M_CAPACITY_PER_SECOND, 6.5);
    number(window, &lock, WPB_M_UTILIZATION_RATIO, 0.5);
    text(window, &redis, WPB_M_WORK_REFUSAL, "not_measured");
    post_route(window, &www, "cart", 0.2, 0.3, 0);
    post_route(window, &www, "product", 0.795, 0.19, 312);
    post_route(window, &www, "login", 0.005, 1.25, 0);
    post(window, &hostile, WPB_M_MAX_CHILDREN, wpb_value_count(40));
    text(window, &hostile, WPB_M_WORK_REFUSAL, "too_few_windows");
    return window;
}

static void fill(struct wpb_window *const *windows, size_t count, struct wpb_arena *arena,
                 struct wpb_report *report)
{
    static const struct wpb_site *const sites[] = {&shop};

    *report = (struct wpb_report){.generated_at_ms = NOW_MS,
                                  .host = "web1",
                                  .version = "0.1.0",
                                  .sites = sites,
                                  .site_count = 1};
    wpb_tables_fill((const struct wpb_window *const *)windows, count, 15, 15, arena,
                    report);
}

static void tables_read_well_at_80_columns(void **state)
{
    struct wpb_text_style style = {.columns = 80};
    struct wpb_window *window = make_window();
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_report report;
    struct wpb_page page;
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    page = wpb_page_of(&style, &out);
    fill(&window, 1, arena, &report);
    wpb_requests_text(&page, &report);
    golden_expect_clean(wpb_buf_view(&out));
    golden_expect("requests.txt", wpb_buf_view(&out));
    wpb_buf_fini(&out);
    wpb_arena_free(arena);
    wpb_window_free(window);
}

static void tables_are_in_the_json_report(void **state)
{
    struct wpb_window *window = make_window();
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_report report;
    struct wpb_err err;
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    fill(&window, 1, arena, &report);
    assert_int_equal(wpb_output_json(&report, &out, &err), 0);
    golden_expect_clean(wpb_buf_view(&out));
    golden_expect("report_requests.json", wpb_buf_view(&out));
    wpb_buf_fini(&out);
    wpb_arena_free(arena);
    wpb_window_free(window);
}

/* Two sites on one pool: the pool and its routes are told once. */
static void a_pool_of_several_sites_is_told_once(void **state)
{
    struct wpb_window *windows[] = {make_window(), make_window()};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_report report;

    (void)state;
    fill(windows, 2, arena, &report);
    assert_int_equal(report.requests.pool_count, 2);
    assert_int_equal(report.requests.route_count, 3);
    assert_int_equal(report.requests.resource_count, 2);
    wpb_arena_free(arena);
    wpb_window_free(windows[0]);
    wpb_window_free(windows[1]);
}

static void rates_and_capacities_are_exported(void **state)
{
    struct wpb_window *window = make_window();
    struct wpb_arena *arena = wpb_arena_new();
    const struct wpb_window *windows[] = {window};
    struct wpb_report report;
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    fill(&window, 1, arena, &report);
    wpb_output_prometheus(&report, windows, 1, NULL, &out);
    assert_int_equal(
        golden_count(wpb_buf_view(&out),
                     "\nwpbloat_pool_requests_per_second{pool=\"www\"} 3.260\n"),
        1);
    assert_int_equal(
        golden_count(wpb_buf_view(&out),
                     "\nwpbloat_pool_capacity_per_second{pool=\"www\"} 6.500\n"),
        1);
    assert_int_equal(golden_count(wpb_buf_view(&out), "\nwpbloat_pool_"), 2);
    assert_int_equal(golden_count(wpb_buf_view(&out), "</script>\n"), 0);
    wpb_buf_fini(&out);
    wpb_arena_free(arena);
    wpb_window_free(window);
}

static void without_pools_nothing_is_said(void **state)
{
    struct wpb_text_style style = {.columns = 80};
    struct wpb_window *window = wpb_window_new(&shop, NOW_MS);
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_report report;
    struct wpb_page page;
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    page = wpb_page_of(&style, &out);
    fill(&window, 1, arena, &report);
    wpb_requests_text(&page, &report);
    assert_int_equal(out.len, 0);
    wpb_buf_fini(&out);
    wpb_arena_free(arena);
    wpb_window_free(window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_read_well_at_80_columns),
        cmocka_unit_test(tables_are_in_the_json_report),
        cmocka_unit_test(a_pool_of_several_sites_is_told_once),
        cmocka_unit_test(rates_and_capacities_are_exported),
        cmocka_unit_test(without_pools_nothing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
