/* What requests cost: work that grows, memory, errors, bytes from the cache, time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "request_facts.h"

#define MIB ((int64_t)1024 * 1024)
#define GIB (1024 * MIB)
#define CONCURRENCY "requests.work_grows_with_concurrency"
#define DATA "requests.work_grows_with_data"
#define HEADROOM "requests.memory_headroom"
#define OVERCOMMIT "requests.memory_overcommit"
#define FATALS "requests.fatals"
#define EGRESS "requests.cache_egress"
#define SLOWER "requests.ttfb_regression"
#define BLOAT "cache.notoptions_bloat"
#define OBJECT_CACHE "wp-content/object-cache.php"

static struct wpb_subject quantity(const char *name)
{
    return pool_part(WPB_SUBJECT_QUANTITY, name);
}

static struct wpb_subject host(void)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_HOST,
                                .scope = wpb_slice_cstr(""),
                                .name = wpb_slice_cstr("")};
}

static struct wpb_subject notoptions(void)
{
    return look_key("wp:options:notoptions");
}

static void nothing_posted_is_no_finding(void **state)
{
    struct look *look = *state;

    look_evaluate(look);
    assert_int_equal(look->findings.count, 0);
}

/* --- work that grows --- */

static void post_growth(struct look *look, const char *name, const char *verdict,
                        enum wpb_metric effect, double ratio)
{
    look_post(look, pool_www, WPB_M_MAX_CHILDREN, 8);
    look_post_text(look, quantity(name), WPB_M_WORK_VERDICT, verdict);
    pool_post(look, quantity(name), effect, ratio);
}

static void growth_with_concurrency_is_a_note_and_from_a_half_a_warning(void **state)
{
    struct look *look = *state;
    enum wpb_metric effect = WPB_M_CONCURRENCY_EFFECT_RATIO;

    post_growth(look, "queries", "grows_with_concurrency", effect, 0.09);
    assert_int_equal(look_severity(look, CONCURRENCY), -1);
    post_growth(look, "queries", "grows_with_concurrency", effect, 0.1);
    assert_int_equal(look_severity(look, CONCURRENCY), WPB_INFO);
    post_growth(look, "queries", "grows_with_concurrency", effect, 0.5);
    assert_int_equal(look_severity(look, CONCURRENCY), WPB_WARNING);
    assert_int_equal(look_severity(look, DATA), -1);
}

static void growth_with_data_is_a_warning_from_a_quarter(void **state)
{
    struct look *look = *state;
    enum wpb_metric effect = WPB_M_DATA_EFFECT_RATIO;

    post_growth(look, "rows_examined", "grows_with_data", effect, 0.24);
    assert_int_equal(look_severity(look, DATA), WPB_INFO);
    post_growth(look, "rows_examined", "grows_with_data", effect, 0.25);
    assert_int_equal(look_severity(look, DATA), WPB_WARNING);
    assert_int_equal(look_severity(look, CONCURRENCY), -1);
}

static void constant_or_refused_work_is_silent(void **state)
{
    struct look *look = *state;

    post_growth(look, "queries", "constant", WPB_M_CONCURRENCY_EFFECT_RATIO, 0.9);
    post_growth(look, "cpu_seconds", "refused", WPB_M_DATA_EFFECT_RATIO, 0.9);
    assert_int_equal(look_severity(look, CONCURRENCY), -1);
    assert_int_equal(look_severity(look, DATA), -1);
}

static void longer_beside_each_other_and_no_more_work_is_waiting(void **state)
{
    struct look *look = *state;

    post_growth(look, "service_seconds", "grows_with_concurrency",
                WPB_M_CONCURRENCY_EFFECT_RATIO, 0.9);
    assert_int_equal(look_severity(look, CONCURRENCY), -1);
    post_growth(look, "queries", "grows_with_concurrency", WPB_M_CONCURRENCY_EFFECT_RATIO,
                0.6);
    assert_int_equal(look_severity(look, CONCURRENCY), WPB_WARNING);
    look_assert_says(look_found(look, CONCURRENCY)->summary,
                     "With it grow: service_seconds by 90 %.");
}

static void growth_with_both_is_told_by_both_rules(void **state)
{
    struct look *look = *state;

    post_growth(look, "queries", "grows_with_both", WPB_M_DATA_EFFECT_RATIO, 0.6);
    pool_post(look, quantity("queries"), WPB_M_CONCURRENCY_EFFECT_RATIO, 0.7);
    assert_int_equal(look_severity(look, CONCURRENCY), WPB_WARNING);
    assert_int_equal(look_severity(look, DATA), WPB_WARNING);
    look_assert_says(look_found(look, DATA)->title,
                     "A request asks the database the more, the more data there is: by "
                     "60 % of its mean");
}

static void rows_that_grow_explain_the_time_and_name_the_statement(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_growth(look, "service_seconds", "grows_with_data", WPB_M_DATA_EFFECT_RATIO, 0.4);
    post_growth(look, "rows_examined", "grows_with_data", WPB_M_DATA_EFFECT_RATIO, 1.6);
    pool_post(look, quantity("rows_examined"), WPB_M_PER_REQUEST_LOW, 4100);
    pool_post(look, quantity("rows_examined"), WPB_M_PER_REQUEST_HIGH, 41000);
    pool_post_statement(look, "SELECT ? FROM `wp_small`", "wp_small", 100, 1);
    pool_post_statement(look, "SELECT ? FROM `wp_osprey_events`", "wp_osprey_events", 5,
                        41000);
    look_evaluate(look);
    assert_int_equal(look_count(look, DATA), 1);
    finding = look_found(look, DATA);
    assert_string_equal(finding->title, "A request lets MySQL read 41,000 rows now, "
                                        "4,100 rows when there was less data");
    look_assert_says(finding->summary, "With it grow: service_seconds by 40 %.");
    look_assert_says(finding->cause.note, "41,000 each time, of table wp_osprey_events");
    assert_true(
        wpb_slice_is(look_fact(finding, "quantity")->value.text, "rows_examined"));
}

/* --- memory --- */

static void a_request_near_its_limit_is_a_warning(void **state)
{
    struct look *look = *state;

    look->site.memory_limit_bytes = (uint64_t)(100 * MIB);
    pool_post_route(look, "checkout", 50, 69 * MIB);
    assert_int_equal(look_severity(look, HEADROOM), -1);
    pool_post_route(look, "checkout", 50, 70 * MIB);
    assert_int_equal(look_severity(look, HEADROOM), WPB_WARNING);
    pool_post_route(look, "checkout", 50, 90 * MIB);
    assert_int_equal(look_severity(look, HEADROOM), WPB_CRITICAL);
}

static void a_kind_of_page_with_few_requests_is_not_judged(void **state)
{
    struct look *look = *state;

    pool_post_route(look, "checkout", 49, 127 * MIB);
    assert_int_equal(look_severity(look, HEADROOM), -1);
}

static void without_a_limit_there_is_no_headroom(void **state)
{
    struct look *look = *state;

    look->site.memory_limit_bytes = UINT64_MAX;
    pool_post_route(look, "checkout", 500, 900 * MIB);
    assert_int_equal(look_severity(look, HEADROOM), -1);
}

static void post_list(struct look *look, int64_t held, int64_t rewrite)
{
    look_post_text(look, notoptions(), WPB_M_KEY_ROLE, "notoptions");
    look_post(look, notoptions(), WPB_M_VALUE_BYTES, held / 2);
    look_post(look, notoptions(), WPB_M_PHP_VALUE_BYTES, held);
    look_post(look, notoptions(), WPB_M_PHP_READ_PEAK_BYTES, held + MIB);
    look_post(look, notoptions(), WPB_M_PHP_REWRITE_PEAK_BYTES, rewrite);
}

static void a_list_that_does_not_fit_on_top_is_critical(void **state)
{
    struct look *look = *state;

    look->site.memory_limit_bytes = (uint64_t)(100 * MIB);
    pool_post_route(look, "checkout", 500, 60 * MIB);
    pool_post_route(look, "cart", 500, 59 * MIB);
    post_list(look, 10 * MIB, 34 * MIB);
    assert_int_equal(look_severity(look, HEADROOM), -1);
    post_list(look, 10 * MIB, 35 * MIB);
    assert_int_equal(look_severity(look, HEADROOM), WPB_WARNING);
    post_list(look, 10 * MIB, 50 * MIB);
    assert_int_equal(look_severity(look, HEADROOM), WPB_CRITICAL);
    assert_int_equal(look_count(look, HEADROOM), 1);
    look_assert_fact(look_found(look, HEADROOM), "largest_entry_adds_bytes", 40 * MIB);
    look_assert_says(look_found(look, HEADROOM)->summary,
                     "stores notoptions as well takes another 40.0 MiB: 100 MiB");
}

static void all_workers_against_the_memory_of_the_machine(void **state)
{
    struct look *look = *state;

    look_post(look, host(), WPB_M_RAM_BYTES, 1000 * MIB);
    look_post(look, pool_www, WPB_M_MAX_CHILDREN, 10);
    pool_post_route(look, "checkout", 50, 79 * MIB);
    assert_int_equal(look_severity(look, OVERCOMMIT), -1);
    pool_post_route(look, "checkout", 50, 80 * MIB);
    assert_int_equal(look_severity(look, OVERCOMMIT), WPB_WARNING);
    pool_post_route(look, "checkout", 50, 100 * MIB);
    assert_int_equal(look_severity(look, OVERCOMMIT), WPB_CRITICAL);
    look_assert_fact(look_found(look, OVERCOMMIT), "all_workers_bytes", 1000 * MIB);
    look->site.path = "";
    assert_int_equal(look_severity(look, OVERCOMMIT), -1);
}

/* --- what a request needs besides an entry --- */

static void the_rest_of_a_request_makes_a_list_fail_earlier(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_list(look, 10 * MIB, 16 * MIB);
    look_post(look, notoptions(), WPB_M_FAILS_AT_BYTES, 64 * MIB);
    look_evaluate(look);
    finding = look_found(look, BLOAT);
    look_assert_null_fact(finding, "baseline_peak_bytes");
    look_assert_fact(finding, "fails_at_bytes", 64 * MIB);
    pool_post_route(look, "cart", 500, 20 * MIB);
    pool_post_route(look, "checkout", 500, 42 * MIB);
    pool_post_route(look, "rare", 49, 100 * MIB);
    look_evaluate(look);
    finding = look_found(look, BLOAT);
    /* 42 MiB hold the list, decoded; 32 of 128 MiB are needed besides. */
    look_assert_fact(finding, "baseline_peak_bytes", 32 * MIB);
    look_assert_fact(finding, "fails_at_bytes", 48 * MIB);
    assert_int_equal(look_fact(finding, "baseline_peak_bytes")->provenance,
                     WPB_ESTIMATED);
    look_assert_says(finding->summary,
                     "one that needs 32.0 MiB besides does so at a list of about 48.0 "
                     "MiB");
}

static void what_the_operator_says_of_the_rest_comes_first(void **state)
{
    struct look *look = *state;
    struct wpb_err err;

    post_list(look, 10 * MIB, 16 * MIB);
    look_post(look, notoptions(), WPB_M_FAILS_AT_BYTES, 64 * MIB);
    pool_post_route(look, "checkout", 500, 42 * MIB);
    assert_int_equal(
        wpb_rule_values_set(look->values,
                            wpb_slice_cstr("cache.entry_growth.baseline_bytes"),
                            wpb_slice_cstr("64M"), &err),
        0);
    look_evaluate(look);
    look_assert_fact(look_found(look, BLOAT), "baseline_peak_bytes", 64 * MIB);
    look_assert_fact(look_found(look, BLOAT), "fails_at_bytes", 32 * MIB);
}

/* --- requests.fatals --- */

static void one_request_without_memory_in_a_day_is_a_warning(void **state)
{
    struct look *look = *state;

    pool_post_errors(look, "memory_exhausted", OBJECT_CACHE, 0, 0);
    assert_int_equal(look_severity(look, FATALS), -1);
    pool_post_errors(look, "memory_exhausted", OBJECT_CACHE, 0, 1);
    assert_int_equal(look_severity(look, FATALS), WPB_WARNING);
    look_assert_says(look_found(look, FATALS)->title, "1 request of PHP pool www died");
    pool_post_errors(look, "memory_exhausted", OBJECT_CACHE, 9, 9);
    assert_int_equal(look_severity(look, FATALS), WPB_WARNING);
    pool_post_errors(look, "memory_exhausted", OBJECT_CACHE, 10, 10);
    assert_int_equal(look_severity(look, FATALS), WPB_CRITICAL);
}

static void five_other_errors_in_an_hour_are_a_warning(void **state)
{
    struct look *look = *state;

    pool_post_errors(look, "uncaught", "wp-content/plugins/p/p.php", 2, 90);
    pool_post_errors(look, "timeout", "wp-content/plugins/q/q.php", 2, 90);
    assert_int_equal(look_severity(look, FATALS), -1);
    pool_post_errors(look, "timeout", "wp-content/plugins/q/q.php", 3, 90);
    assert_int_equal(look_severity(look, FATALS), WPB_WARNING);
    pool_post_errors(look, "timeout", "wp-content/plugins/q/q.php", 98, 100);
    assert_int_equal(look_severity(look, FATALS), WPB_CRITICAL);
    assert_int_equal(look_count(look, FATALS), 1);
    look_assert_says(look_found(look, FATALS)->cause.note,
                     "timeout in wp-content/plugins/q/q.php:2846 (100)");
}

static void the_list_that_fills_the_memory_is_named_and_not_the_last_straw(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    pool_post_errors(look, "memory_exhausted", OBJECT_CACHE, 14, 61);
    post_list(look, 10 * MIB, 31 * MIB);
    look_evaluate(look);
    assert_null(look_fact(look_found(look, FATALS), "largest_entry"));
    post_list(look, 10 * MIB, 32 * MIB);
    look_evaluate(look);
    finding = look_found(look, FATALS);
    assert_true(wpb_slice_is(look_fact(finding, "largest_entry")->value.text,
                             "wp:options:notoptions"));
    look_assert_says(finding->cause.note, "cache.notoptions_bloat tells who fills it");
    look_assert_says(finding->cause.note, OBJECT_CACHE ":2846 (61)");
    assert_string_equal(finding->cause.confidence, "likely");
}

static void a_list_that_nobody_took_apart_is_named_by_its_length(void **state)
{
    struct look *look = *state;

    pool_post_errors(look, "memory_exhausted", OBJECT_CACHE, 14, 61);
    look_post_text(look, notoptions(), WPB_M_KEY_ROLE, "notoptions");
    look_post(look, notoptions(), WPB_M_VALUE_BYTES, 25 * MIB);
    look_evaluate(look);
    look_assert_says(look_found(look, FATALS)->cause.note, "takes about 125 MiB");
}

/* --- requests.cache_egress --- */

static void post_egress(struct look *look, double per_request, double rate)
{
    look->site.redis.scheme = WPB_REDIS_TCP;
    look->site.redis.host = "10.0.0.7";
    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, 1);
    pool_post(look, pool_www, WPB_M_BUSIEST_PER_SECOND, rate);
    pool_post(look, quantity("cache_bytes_out"), WPB_M_PER_REQUEST, per_request);
}

static void half_of_the_link_to_redis_is_a_warning(void **state)
{
    struct look *look = *state;

    post_egress(look, 1e6, 62);
    assert_int_equal(look_severity(look, EGRESS), -1);
    post_egress(look, 1e6, 62.5);
    assert_int_equal(look_severity(look, EGRESS), WPB_WARNING);
    post_egress(look, 1e6, 100);
    assert_int_equal(look_severity(look, EGRESS), WPB_CRITICAL);
    look_assert_says(look_found(look, EGRESS)->summary,
                     "is used up at 125 requests a second");
}

static void a_redis_on_the_same_machine_has_no_link(void **state)
{
    struct look *look = *state;

    post_egress(look, 1e6, 100);
    look->site.redis.host = "127.0.0.1";
    assert_int_equal(look_severity(look, EGRESS), -1);
    post_egress(look, 6e6, 100);
    look->site.redis.host = "127.0.0.1";
    assert_int_equal(look_severity(look, EGRESS), WPB_WARNING);
}

/* --- requests.ttfb_regression --- */

static void post_times(struct look *look, double earlier, double now)
{
    pool_post(look, pool_www, WPB_M_SERVICE_EARLIER_SECONDS, earlier);
    pool_post(look, pool_www, WPB_M_SERVICE_SECONDS, now);
}

static void half_as_long_again_is_a_warning(void **state)
{
    struct look *look = *state;

    post_times(look, 0.4, 0.59);
    assert_int_equal(look_severity(look, SLOWER), -1);
    post_times(look, 0.4, 0.61);
    assert_int_equal(look_severity(look, SLOWER), WPB_WARNING);
    post_times(look, 0.4, 1.21);
    assert_int_equal(look_severity(look, SLOWER), WPB_CRITICAL);
}

static void what_no_visitor_feels_is_silent(void **state)
{
    struct look *look = *state;

    post_times(look, 0.02, 0.11);
    assert_int_equal(look_severity(look, SLOWER), -1);
    post_times(look, 0.02, 0.13);
    assert_int_equal(look_severity(look, SLOWER), WPB_CRITICAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pool_begin, look_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_posted_is_no_finding),
        TEST(growth_with_concurrency_is_a_note_and_from_a_half_a_warning),
        TEST(growth_with_data_is_a_warning_from_a_quarter),
        TEST(constant_or_refused_work_is_silent),
        TEST(longer_beside_each_other_and_no_more_work_is_waiting),
        TEST(growth_with_both_is_told_by_both_rules),
        TEST(rows_that_grow_explain_the_time_and_name_the_statement),
        TEST(a_request_near_its_limit_is_a_warning),
        TEST(a_kind_of_page_with_few_requests_is_not_judged),
        TEST(without_a_limit_there_is_no_headroom),
        TEST(a_list_that_does_not_fit_on_top_is_critical),
        TEST(all_workers_against_the_memory_of_the_machine),
        TEST(the_rest_of_a_request_makes_a_list_fail_earlier),
        TEST(what_the_operator_says_of_the_rest_comes_first),
        TEST(one_request_without_memory_in_a_day_is_a_warning),
        TEST(five_other_errors_in_an_hour_are_a_warning),
        TEST(the_list_that_fills_the_memory_is_named_and_not_the_last_straw),
        TEST(a_list_that_nobody_took_apart_is_named_by_its_length),
        TEST(half_of_the_link_to_redis_is_a_warning),
        TEST(a_redis_on_the_same_machine_has_no_link),
        TEST(half_as_long_again_is_a_warning),
        TEST(what_no_visitor_feels_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
