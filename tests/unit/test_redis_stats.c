/* What a Redis server has done since it started: INFO's lines, and a real server's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/redis/counters.h"
#include "probes/redis/probes.h"
#include "redis_run.h"
#include "redis_server.h"

static struct wpb_redis_counters parsed(const char *text)
{
    struct wpb_redis_counters counters = {0};

    wpb_redis_counters_parse(wpb_slice_cstr(text), &counters);
    return counters;
}

static void commands_of_sites_are_told_from_ours(void **state)
{
    struct wpb_redis_counters counters =
        parsed("# Commandstats\r\n"
               "cmdstat_get:calls=100,usec=30,usec_per_call=0.30\r\n"
               "cmdstat_SETEX:calls=20,usec=1\r\n"
               "cmdstat_scan:calls=5000,usec=9\r\n"
               "cmdstat_memory|usage:calls=50000,usec=9\r\n"
               "cmdstat_memory:calls=1,usec=9\r\n"
               "cmdstat_MEMORYLESS:calls=3,usec=9\r\n"
               "cmdstat_client|setname:calls=7,usec=9\r\n"
               "cmdstat_info:calls=7,usec=9\r\n"
               "cmdstat_:calls=9,usec=9\r\n"
               "cmdstat_del:calls=x,usec=9\r\n"
               "cmdstat_incr:usec=9,calls=4\r\n");

    (void)state;
    assert_true(counters.commands.is_known);
    assert_int_equal(counters.commands.value, 127);
    assert_false(parsed("# Commandstats\r\n").commands.is_known);
    assert_true(parsed("cmdstat_scan:calls=5\r\n").commands.is_known);
}

static void times_are_of_the_main_thread_where_that_is_told(void **state)
{
    struct wpb_redis_counters counters =
        parsed("used_cpu_sys:1.250000\r\nused_cpu_user:2.500000\r\n"
               "used_cpu_sys_children:9.000000\r\n"
               "used_cpu_sys_main_thread:0.500000\r\nused_cpu_user_main_thread:0.25\r\n");

    (void)state;
    assert_true(counters.has_cpu && counters.is_main_thread && counters.cpu_s == 0.75);
    counters = parsed("used_cpu_sys:1.25\r\nused_cpu_user:2.50\r\n");
    assert_true(counters.has_cpu && !counters.is_main_thread && counters.cpu_s == 3.75);
    assert_false(parsed("used_cpu_sys:1.25\r\nused_cpu_user:2,50\r\n").has_cpu);
    assert_false(parsed("used_cpu_sys:1.25\r\nused_cpu_user:nan\r\n").has_cpu);
    assert_false(parsed("used_cpu_user:1\r\n").has_cpu);
}

static void nodes_of_a_cluster_are_summed(void **state)
{
    struct wpb_redis_counters total =
        parsed("uptime_in_seconds:500\r\ntotal_net_output_bytes:10\r\n"
               "total_net_input_bytes:1\r\ncmdstat_get:calls=1\r\n");
    struct wpb_redis_counters node =
        parsed("uptime_in_seconds:400\r\ntotal_net_output_bytes:20\r\n"
               "cmdstat_get:calls=2\r\n");

    (void)state;
    wpb_redis_counters_add(&total, &node);
    assert_int_equal(total.uptime_seconds.value, 400);
    assert_int_equal(total.sent_bytes.value, 30);
    assert_int_equal(total.commands.value, 3);
    assert_false(total.received_bytes.is_known);
    assert_false(total.has_cpu);
}

static int setup(void **state)
{
    struct redis_server *server = malloc(sizeof *server);

    redis_server_start(server, NULL, 0);
    *state = server;
    return 0;
}

static int teardown(void **state)
{
    redis_server_stop(*state);
    free(*state);
    return 0;
}

static void look(struct test_run *run, const struct wpb_site *site)
{
    struct test_plan plan = {
        .probe = &wpb_probe_redis_stats, .sites = &site, .site_count = 1};

    test_run_go(run, &plan);
}

static int64_t integer(const struct test_run *run, enum wpb_metric metric)
{
    return test_run_integer(run, WPB_SUBJECT_REDIS_SERVER, "", metric);
}

static void a_sites_commands_are_the_difference_of_two_looks(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = redis_server_site(server, 3);
    struct test_run before, after;
    const struct test_sample *cpu;

    look(&before, &site);
    assert_int_equal(before.status, WPB_COVERAGE_OK);
    redis_server_do(server, "SET key %s", "0123456789012345678901234567890123456789");
    for (int i = 0; i < 24; i++)
        redis_server_do(server, "GET key");
    for (int i = 0; i < 50; i++)
        redis_server_do(server, "MEMORY USAGE key");
    look(&after, &site);
    assert_int_equal(integer(&after, WPB_M_CACHE_COMMANDS) -
                         integer(&before, WPB_M_CACHE_COMMANDS),
                     25);
    assert_true(integer(&after, WPB_M_NET_OUTPUT_BYTES) -
                    integer(&before, WPB_M_NET_OUTPUT_BYTES) >
                24 * 40);
    assert_true(integer(&after, WPB_M_NET_INPUT_BYTES) -
                    integer(&before, WPB_M_NET_INPUT_BYTES) >
                40);
    cpu = test_run_find(&after, WPB_SUBJECT_REDIS_SERVER, "", WPB_M_SERVER_CPU_SECONDS);
    assert_non_null(cpu);
    assert_true(cpu->value.number > 0 && cpu->provenance == WPB_EXACT);
    assert_true(integer(&after, WPB_M_UPTIME_SECONDS) >= 0);
    assert_int_equal(after.cost.keyspace_hits, 0);
    test_run_free(&before);
    test_run_free(&after);
}

static void a_restart_is_seen_by_numbers_that_fall(void **state)
{
    struct redis_server again;
    struct wpb_site site = redis_server_site(*state, 0);
    struct test_run before, after;

    for (int i = 0; i < 100; i++)
        redis_server_do(*state, "SET a b");
    look(&before, &site);
    redis_server_start(&again, NULL, 0);
    site = redis_server_site(&again, 0);
    look(&after, &site);
    assert_true(integer(&after, WPB_M_CACHE_COMMANDS) <
                integer(&before, WPB_M_CACHE_COMMANDS));
    redis_server_stop(&again);
    test_run_free(&before);
    test_run_free(&after);
}

static void without_info_it_says_so(void **state)
{
    struct wpb_site site = redis_server_site(*state, 0);
    struct test_run run;

    redis_server_do(*state, "ACL SETUSER blind on >secret ~* +select");
    site.redis.user = "blind";
    site.redis.password = "secret";
    look(&run, &site);
    assert_int_equal(run.status, WPB_COVERAGE_UNAVAILABLE);
    assert_non_null(strstr(run.reason, "INFO"));
    assert_int_equal(run.count, 0);
    test_run_free(&run);
}

static void a_silent_server_is_given_up(void **state)
{
    struct wpb_site site = redis_server_site(*state, 0);
    const struct wpb_site *sites = &site;
    struct test_plan plan = {.probe = &wpb_probe_redis_stats,
                             .sites = &sites,
                             .site_count = 1,
                             .cancel_after_ms = 1};
    struct test_run run;

    redis_server_do(*state, "CLIENT PAUSE 500");
    test_run_go(&run, &plan);
    assert_int_equal(run.status, WPB_COVERAGE_UNAVAILABLE);
    test_run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_of_sites_are_told_from_ours),
        cmocka_unit_test(times_are_of_the_main_thread_where_that_is_told),
        cmocka_unit_test(nodes_of_a_cluster_are_summed),
        cmocka_unit_test(a_sites_commands_are_the_difference_of_two_looks),
        cmocka_unit_test(a_restart_is_seen_by_numbers_that_fall),
        cmocka_unit_test(without_info_it_says_so),
        cmocka_unit_test(a_silent_server_is_given_up),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
