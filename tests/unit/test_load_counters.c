/* Counters of the systems beside PHP, and what a request adds to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/load/agent_alerts.h"
#include "agent/load/counters.h"
#include "near.h"

static void a_line_of_the_processors_is_read(void **state)
{
    const struct wpb_slice stat =
        WPB_SLICE("cpu  100 20 30 400 50 6 7 80 9 1\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
    struct wpb_load_counters counters;

    (void)state;
    wpb_load_counters_begin(&counters, 0);
    wpb_load_counters_of_stat(&counters, stat, 100, 0.5);
    assert_near(counters.values[WPB_LOAD_CPU_BUSY_S], 1.63 - 0.5, 1e-9);
    assert_near(counters.values[WPB_LOAD_CPU_STEAL_S], 0.8, 1e-9);
    assert_near(counters.values[WPB_LOAD_CPU_ALL_S], 6.93, 1e-9);
}

static void what_is_no_such_line_leaves_all_unknown(void **state)
{
    static const char *const wrong[] = {"", "cpu", "cpu  1 2 3\n", "intr 1 2 3 4 5 6 7 8",
                                        "cpux 1 2 3 4 5 6 7 8\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct wpb_load_counters counters;
        wpb_load_counters_begin(&counters, 0);
        wpb_load_counters_of_stat(&counters, wpb_slice_cstr(wrong[i]), 100, 0);
        assert_true(isnan(counters.values[WPB_LOAD_CPU_BUSY_S]));
        assert_true(isnan(counters.values[WPB_LOAD_CPU_ALL_S]));
    }
}

static void redis_and_mysql_say_what_they_count(void **state)
{
    struct wpb_load_counters counters;

    (void)state;
    wpb_load_counters_begin(&counters, 0);
    wpb_load_counters_of_info(&counters, (struct wpb_slice)WPB_SLICE(
                                             "# Stats\r\ntotal_commands_processed:12\r\n"
                                             "total_net_input_bytes:100\r\n"
                                             "total_net_output_bytes:x200\r\n"
                                             "used_cpu_sys:1.5\r\nused_cpu_user:2.25\r\n"
                                             "used_cpu_user_children:9\r\n"));
    assert_near(counters.values[WPB_LOAD_CACHE_COMMANDS], 12, 0);
    assert_near(counters.values[WPB_LOAD_CACHE_IN_BYTES], 100, 0);
    assert_true(isnan(counters.values[WPB_LOAD_CACHE_OUT_BYTES]));
    assert_near(counters.values[WPB_LOAD_REDIS_BUSY_S], 3.75, 1e-9);
    wpb_load_counters_of_status(&counters, (struct wpb_slice)WPB_SLICE("Questions"),
                                (struct wpb_slice)WPB_SLICE("17"));
    wpb_load_counters_of_status(&counters,
                                (struct wpb_slice)WPB_SLICE("Handler_read_key"),
                                (struct wpb_slice)WPB_SLICE("5"));
    wpb_load_counters_of_status(&counters,
                                (struct wpb_slice)WPB_SLICE("Handler_read_rnd"),
                                (struct wpb_slice)WPB_SLICE("6"));
    wpb_load_counters_of_status(&counters,
                                (struct wpb_slice)WPB_SLICE("Innodb_row_lock_time"),
                                (struct wpb_slice)WPB_SLICE("2500"));
    assert_near(counters.values[WPB_LOAD_QUERIES], 17, 0);
    assert_near(counters.values[WPB_LOAD_ROWS], 11, 0);
    assert_near(counters.values[WPB_LOAD_LOCK_WAIT_S], 2.5, 1e-9);
}

/* All counters at AT_S stand at VALUE. */
static struct wpb_load_counters all(double at_s, double value)
{
    struct wpb_load_counters counters;

    wpb_load_counters_begin(&counters, at_s);
    for (size_t i = 0; i < WPB_LOAD_COUNTERS; i++)
        counters.values[i] = value;
    return counters;
}

static void what_others_do_and_what_reading_costs_is_taken_off(void **state)
{
    /* A reading costs 3, and 10 a second go on without us. */
    const struct wpb_load_counters readings[3] = {all(0, 0), all(0, 3), all(2, 26)};
    const struct wpb_load_counters before = all(10, 100), after = all(20, 303);
    struct wpb_load_background background;
    struct wpb_load_work work;
    struct wpb_load_use use;

    (void)state;
    wpb_load_background_of(readings, &background);
    wpb_load_work_of(&before, &after, &background, 20, &work, &use);
    assert_near(work.queries, (203 - 3 - 100) / 20.0, 1e-9);
    assert_near(work.cache_out_bytes, 5, 1e-9);
    assert_near(use.redis_ratio, 20.3, 1e-9);
    assert_near(use.cpu_ratio, 1, 1e-9);
}

static void less_than_the_background_is_nothing_and_no_requests_are_unknown(void **state)
{
    const struct wpb_load_counters readings[3] = {all(0, 0), all(0, 0), all(2, 100)};
    const struct wpb_load_counters before = all(10, 100), after = all(20, 110);
    struct wpb_load_background background;
    struct wpb_load_work work;
    struct wpb_load_use use;

    (void)state;
    wpb_load_background_of(readings, &background);
    wpb_load_work_of(&before, &after, &background, 20, &work, &use);
    assert_near(work.queries, 0, 0);
    wpb_load_work_of(&before, &after, &background, 0, &work, &use);
    assert_true(isnan(work.queries));
}

static void a_server_that_was_started_anew_is_unknown(void **state)
{
    struct wpb_load_background background = {{0}, {0}};
    const struct wpb_load_counters before = all(10, 100), after = all(20, 5);
    struct wpb_load_work work;
    struct wpb_load_use use;

    (void)state;
    wpb_load_work_of(&before, &after, &background, 20, &work, &use);
    assert_true(isnan(work.queries));
    assert_true(isnan(use.cpu_ratio));
    assert_true(isnan(use.redis_ratio));
}

static void the_agent_tells_how_many_alerts_fire(void **state)
{
    uint64_t firing = 99;

    (void)state;
    assert_true(wpb_load_agent_alerts_of(
        wpb_slice_cstr("{\"status\":\"ok\",\"sites\":1,\"alerts_firing\":2}"), &firing));
    assert_int_equal(firing, 2);
    assert_false(wpb_load_agent_alerts_of(wpb_slice_cstr("<html>"), &firing));
    assert_false(wpb_load_agent_alerts_of(wpb_slice_cstr(""), &firing));
    assert_false(
        wpb_load_agent_alerts_of(wpb_slice_cstr("{\"alerts_firing\":\"3\"}"), &firing));
    assert_false(
        wpb_load_agent_alerts_of(wpb_slice_cstr("{\"alerts_firing\":-1}"), &firing));
    assert_int_equal(firing, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_the_processors_is_read),
        cmocka_unit_test(what_is_no_such_line_leaves_all_unknown),
        cmocka_unit_test(redis_and_mysql_say_what_they_count),
        cmocka_unit_test(what_others_do_and_what_reading_costs_is_taken_off),
        cmocka_unit_test(less_than_the_background_is_nothing_and_no_requests_are_unknown),
        cmocka_unit_test(a_server_that_was_started_anew_is_unknown),
        cmocka_unit_test(the_agent_tells_how_many_alerts_fire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
