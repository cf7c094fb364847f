/* What the rules about requests say, as a person and a program read it: from samples to
 * golden files. */
#include "golden.h"

#include "agent/output/ndjson.h"
#include "agent/output/text.h"
#include "request_facts.h"
#include "wpbloat/report.h"

#define MIB ((int64_t)1024 * 1024)
#define GIB (1024 * MIB)
/* 2026-11-23T20:00:00Z */
#define NOW_MS 1795464000000
/* Bytes that a terminal, a shell, SQL, PHP and a format string would each act on. */
#define HOSTILE "$(id)';\n\x1b[31m%s%n<?php \xff|`x` jane@example.test"

#define HARRIER "plugin:harrier-search"
#define HARRIER_FILE "wp-content/plugins/harrier-search/includes/class-harrier-index.php"
#define UPDATE                                                                           \
    "UPDATE `wp_harrier_index` SET `generation` = `generation` + ? WHERE `name` = ?"
#define PRICES "SELECT `amount` * `rate` FROM `wp_kestrel_prices` WHERE `product_id` = ?"

static int begin(void **state)
{
    struct look *look;

    pool_begin(state);
    look = *state;
    look->site.owner = "team-checkout";
    look->site.config_file = "/var/www/shop/wp-config.php";
    look->site.flavour_version = "2.6.3";
    look->site.flavour_note = "";
    look->site.content_dir = look->site.plugin_dir = look->site.mu_plugin_dir =
        look->site.theme_dir = look->site.db_name = look->site.db_host = "";
    return 0;
}

static void post_quantity(struct look *look, const char *name, const char *verdict,
                          double low, double high)
{
    struct wpb_subject quantity = pool_part(WPB_SUBJECT_QUANTITY, name);
    bool is_data = strcmp(verdict, "grows_with_data") == 0;

    look_post_text(look, quantity, WPB_M_WORK_VERDICT, verdict);
    pool_post(look, quantity, WPB_M_PER_REQUEST, (low + high) / 2);
    pool_post(look, quantity, WPB_M_PER_REQUEST_LOW, low);
    pool_post(look, quantity, WPB_M_PER_REQUEST_HIGH, high);
    pool_post(look, quantity, WPB_M_CAUSE_LOW, is_data ? 4000 : 0.8);
    pool_post(look, quantity, WPB_M_CAUSE_HIGH, is_data ? 41000 : 4.2);
    pool_post(look, quantity,
              is_data ? WPB_M_DATA_EFFECT_RATIO : WPB_M_CONCURRENCY_EFFECT_RATIO,
              (high - low) / ((high + low) / 2));
}

/* Harmless at five: a price list that is asked for row by row, and an index that each
 * request rebuilds under a row lock. */
static void post_harmless(struct look *look)
{
    struct wpb_subject table = pool_in_schema(WPB_SUBJECT_TABLE, "wp_harrier_index");
    struct wpb_subject lock = pool_part(WPB_SUBJECT_RESOURCE, "lock");
    struct wpb_subject harrier = pool_part(WPB_SUBJECT_COMPONENT, HARRIER);
    struct wpb_subject kestrel =
        pool_part(WPB_SUBJECT_COMPONENT, "plugin:kestrel-currency");

    pool_post_rates(look, 4.9, 5.8, 6.5, "lock");
    pool_post(look, pool_www, WPB_M_KNEE_PER_SECOND, 5.1);
    pool_post(look, pool_www, WPB_M_CAPACITY_WAIT_SECONDS, 0.47);
    pool_post(look, pool_www, WPB_M_SERVICE_SECONDS, 0.41);
    look_post(look, pool_www, WPB_M_WORK_WINDOWS, 240);
    pool_post(look, lock, WPB_M_DEMAND_SECONDS, 0.153);
    pool_post(look, lock, WPB_M_SERVERS, 1);
    pool_post(look, lock, WPB_M_CAPACITY_PER_SECOND, 6.5);
    pool_post_lock(look, "wp_harrier_index", 720, 205, 3);
    look_post_text(look, table, WPB_M_LOCK_INDEX, "PRIMARY");
    look_post_text(look, table, WPB_M_LOCK_STATEMENT, UPDATE);
    pool_post_statement(look, PRICES, "wp_kestrel_prices", 4.9 * 300, 1);
    pool_post_traces(look, HARRIER, 18, 0.857, HARRIER_FILE);
    look_post_text(look, harrier, WPB_M_CODE_FUNCTION, "Harrier_Index::push");
    look_post_text(look, harrier, WPB_M_CODE_DOING, "usleep");
    pool_post_traces(look, "theme:plain", 2, 0.095, NULL);
    pool_post_traces(look, "plugin:kestrel-currency", 1, 0.048,
                     "wp-content/plugins/kestrel-currency/includes/prices.php");
    look_post_text(look, kestrel, WPB_M_CODE_DOING, "mysqli_query");
    post_quantity(look, "row_lock_seconds", "grows_with_concurrency", 0.004, 0.31);
    post_quantity(look, "service_seconds", "grows_with_concurrency", 0.24, 0.58);
}

/* Saturated, by a rate that is simply too large. */
static void post_saturated(struct look *look)
{
    struct wpb_subject workers = pool_part(WPB_SUBJECT_RESOURCE, "php_workers");

    pool_post_rates(look, 14.2, 15.1, 15, "php_workers");
    pool_post(look, pool_www, WPB_M_KNEE_PER_SECOND, 12.8);
    pool_post(look, pool_www, WPB_M_CAPACITY_WAIT_SECONDS, 0.5);
    pool_post(look, workers, WPB_M_DEMAND_SECONDS, 0.47);
    pool_post(look, workers, WPB_M_SERVERS, 8);
    look_post(look, pool_www, WPB_M_WORKERS_BUSY, 8);
    look_post(look, pool_www, WPB_M_WORKERS_IDLE, 0);
    look_post(look, pool_www, WPB_M_ACCEPT_QUEUE, 16);
    look_post(look, pool_www, WPB_M_ACCEPT_BACKLOG, 511);
    look_post(look, pool_www, WPB_M_POOL_LOOKS, 15);
    look_post(look, pool_www, WPB_M_FULL_LOOKS, 11);
    look_post(look, pool_www, WPB_M_CHILDREN_REACHED, 4);
    pool_post(look, pool_www, WPB_M_SERVICE_SECONDS, 1.1);
    pool_post(look, pool_www, WPB_M_SERVICE_EARLIER_SECONDS, 0.47);
    look_post(look, pool_www, WPB_M_WORK_WINDOWS, 240);
}

/* A list of names that fills the memory of requests. */
static void post_memory(struct look *look)
{
    struct wpb_subject key = look_key("wp:options:notoptions");
    struct wpb_subject host = {.kind = WPB_SUBJECT_HOST,
                               .scope = wpb_slice_cstr(""),
                               .name = wpb_slice_cstr("")};
    struct wpb_subject place;

    look_post_text(look, key, WPB_M_KEY_ROLE, "notoptions");
    look_post(look, key, WPB_M_VALUE_BYTES, 12 * MIB);
    look_post(look, key, WPB_M_EXAMINED_BYTES, 12 * MIB);
    look_post(look, key, WPB_M_PHP_VALUE_BYTES, 27 * MIB);
    look_post(look, key, WPB_M_PHP_READ_PEAK_BYTES, 48 * MIB);
    look_post(look, key, WPB_M_PHP_REWRITE_PEAK_BYTES, 73 * MIB);
    look_post(look, key, WPB_M_FAILS_AT_BYTES, 21 * MIB);
    pool_post_errors(look, "memory_exhausted", "wp-content/object-cache.php", 14, 61);
    place =
        pool_part(WPB_SUBJECT_PLACE, "memory_exhausted wp-content/object-cache.php:2846");
    look_post(look, place, WPB_M_LIMIT_BYTES, 128 * MIB);
    look_post(look, place, WPB_M_TRIED_BYTES, 20 * MIB);
    pool_post_errors(look, "uncaught", "wp-content/plugins/petrel-loyalty/petrel.php", 1,
                     3);
    pool_post_route(look, "checkout", 900, 92 * MIB);
    pool_post_route(look, "front_page", 21000, 64 * MIB);
    look_post(look, pool_www, WPB_M_MAX_CHILDREN, 40);
    look_post(look, host, WPB_M_RAM_BYTES, 4 * GIB);
}

/* More data at the same traffic, and a cache that is far away. */
static void post_data(struct look *look)
{
    look->site.redis.scheme = WPB_REDIS_TCP;
    look->site.redis.host = "10.0.0.7";
    look->site.redis.port = 6379;
    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, 20);
    pool_post(look, pool_www, WPB_M_BUSIEST_PER_SECOND, 32);
    look_post_text(look, look_key("wp:options:alloptions"), WPB_M_KEY_ROLE, "alloptions");
    look_post(look, look_key("wp:options:alloptions"), WPB_M_VALUE_BYTES, 400000);
    post_quantity(look, "cache_bytes_out", "constant", 3e6, 3e6);
    post_quantity(look, "rows_examined", "grows_with_data", 4100, 41000);
    post_quantity(look, "service_seconds", "grows_with_data", 0.2, 0.31);
    pool_post_statement(look,
                        "SELECT COUNT ( * ) FROM `wp_osprey_events` WHERE `seen` = ?",
                        "wp_osprey_events", 20, 41000);
}

static void print(struct look *look, struct wpb_buf *text, struct wpb_buf *lines)
{
    static const struct wpb_text_style style = {.columns = 80};
    const struct wpb_site *sites[] = {&look->site};
    struct wpb_report report = {.generated_at_ms = NOW_MS,
                                .elapsed_ms = 1200,
                                .host = "web-17",
                                .version = "0.1.0",
                                .sites = sites,
                                .site_count = 1};

    struct wpb_err err = {0};

    look_evaluate(look);
    report.findings = look->findings.items;
    report.finding_count = look->findings.count;
    wpb_output_text(&report, &style, text);
    assert_int_equal(wpb_output_ndjson(&report, lines, &err), 0);
    golden_expect_clean(wpb_buf_view(text));
    golden_expect_clean(wpb_buf_view(lines));
}

static void expect(struct look *look, const char *name)
{
    struct wpb_buf text, lines, file;

    wpb_buf_init(&text, 0);
    wpb_buf_init(&lines, 0);
    wpb_buf_init(&file, 0);
    print(look, &text, &lines);
    wpb_buf_printf(&file, "%s.txt", name);
    golden_expect(file.data, wpb_buf_view(&text));
    wpb_buf_clear(&file);
    wpb_buf_printf(&file, "%s.ndjson", name);
    golden_expect(file.data, wpb_buf_view(&lines));
    wpb_buf_fini(&text);
    wpb_buf_fini(&lines);
    wpb_buf_fini(&file);
}

static void harmless_at_five_reads_as_the_answer(void **state)
{
    post_harmless(*state);
    expect(*state, "requests_harmless");
}

static void a_saturated_pool_reads_well(void **state)
{
    post_saturated(*state);
    expect(*state, "requests_saturated");
}

static void memory_of_requests_reads_well(void **state)
{
    post_memory(*state);
    expect(*state, "requests_memory");
}

static void growth_with_data_reads_well(void **state)
{
    post_data(*state);
    expect(*state, "requests_data");
}

static void hostile_names_stay_harmless(void **state)
{
    struct look *look = *state;
    struct wpb_buf text, lines;

    pool_post_rates(look, 4.9, 5.8, 6.5, "lock");
    pool_post_lock(look, HOSTILE, 100, 50, 8);
    look_post_text(look, pool_in_schema(WPB_SUBJECT_TABLE, HOSTILE), WPB_M_LOCK_STATEMENT,
                   HOSTILE);
    look_post_text(look, pool_in_schema(WPB_SUBJECT_TABLE, HOSTILE), WPB_M_LOCK_HOLDER,
                   HOSTILE);
    look_post_text(look, pool_in_schema(WPB_SUBJECT_TABLE, HOSTILE), WPB_M_LOCK_INDEX,
                   HOSTILE);
    pool_post_statement(look, HOSTILE, HOSTILE, 490, 1);
    pool_post_traces(look, HOSTILE, 50, 0.9, HOSTILE);
    pool_post_traces(look, "plugin:" HOSTILE, 40, 0.4, HOSTILE);
    look_post_text(look, pool_part(WPB_SUBJECT_COMPONENT, HOSTILE), WPB_M_CODE_FUNCTION,
                   HOSTILE);
    look_post_text(look, pool_part(WPB_SUBJECT_COMPONENT, HOSTILE), WPB_M_CODE_DOING,
                   HOSTILE);
    pool_post_errors(look, "memory_exhausted", HOSTILE, 20, 20);
    pool_post_errors(look, HOSTILE, HOSTILE, 20, 20);
    pool_post_route(look, HOSTILE, 1000, 120 * MIB);
    wpb_buf_init(&text, 0);
    wpb_buf_init(&lines, 0);
    print(look, &text, &lines);
    assert_true(golden_count(wpb_buf_view(&lines), "\n") >= 6);
    assert_true(golden_count(wpb_buf_view(&text), "j***@***") > 0);
    /* A command that masked its argument would not work. */
    assert_int_equal(golden_count(wpb_buf_view(&text), "jane@"),
                     golden_count(wpb_buf_view(&text), "plugin deactivate"));
    assert_int_equal(golden_count(wpb_buf_view(&lines), "never shown"), 0);
    wpb_buf_fini(&text);
    wpb_buf_fini(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(harmless_at_five_reads_as_the_answer, begin,
                                        look_end),
        cmocka_unit_test_setup_teardown(a_saturated_pool_reads_well, begin, look_end),
        cmocka_unit_test_setup_teardown(memory_of_requests_reads_well, begin, look_end),
        cmocka_unit_test_setup_teardown(growth_with_data_reads_well, begin, look_end),
        cmocka_unit_test_setup_teardown(hostile_names_stay_harmless, begin, look_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
