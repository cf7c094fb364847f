#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/redis/info.h"

static void parse(const char *text, struct wpb_info *info)
{
    wpb_info_parse(wpb_slice_cstr(text), info);
}

static void info_of_a_plain_server_is_read(void **state)
{
    struct wpb_info info;
    (void)state;
    parse("# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:abc\r\n"
          "uptime_in_seconds:99\r\n\r\n# Memory\r\nused_memory:1048576\r\n"
          "used_memory_human:1.00M\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n"
          "# Persistence\r\nloading:0\r\nrdb_bgsave_in_progress:1\r\n"
          "aof_rewrite_in_progress:0\r\n# Stats\r\nkeyspace_hits:18446744073709551615\r\n"
          "keyspace_misses:3\r\nevicted_keys:4\r\n# Replication\r\nrole:master\r\n"
          "# Cluster\r\ncluster_enabled:0\r\n# Keyspace\r\n"
          "db0:keys=10,expires=2,avg_ttl=0\r\ndb11:keys=77726,expires=0,avg_ttl=0\r\n",
          &info);
    assert_true(wpb_slice_is(info.version, "7.0.15"));
    assert_true(wpb_slice_is(info.run_id, "abc"));
    assert_true(wpb_slice_is(info.policy, "allkeys-lru"));
    assert_true(wpb_slice_is(info.role, "master"));
    assert_int_equal(info.used_memory.value, 1048576);
    assert_true(info.maxmemory.is_known);
    assert_int_equal(info.maxmemory.value, 0);
    assert_true(info.hits.value == UINT64_MAX);
    assert_false(info.is_loading);
    assert_int_equal(info.saves.value, 1);
    assert_true(info.rewrites.is_known);
    assert_int_equal(info.rewrites.value, 0);
    assert_int_equal(info.database_count, 2);
    assert_int_equal(info.databases[1].number, 11);
    assert_int_equal(info.databases[1].keys, 77726);
    assert_int_equal(info.databases[0].expires, 2);
}

static void info_without_a_line_leaves_it_unknown(void **state)
{
    struct wpb_info info;
    (void)state;
    parse("", &info);
    assert_false(info.maxmemory.is_known);
    assert_int_equal(info.version.len, 0);
    assert_false(info.has_keyspace);
}

static void what_the_nodes_of_a_cluster_say_is_added_up(void **state)
{
    struct wpb_info total, node;
    (void)state;

    parse(
        "uptime_in_seconds:90\r\nused_memory:100\r\nmaxmemory:500\r\nkeyspace_hits:7\r\n"
        "keyspace_misses:1\r\nevicted_keys:2\r\n# Keyspace\r\n"
        "db0:keys=10,expires=2\r\n",
        &total);
    parse("uptime_in_seconds:30\r\nused_memory:50\r\nmaxmemory:600\r\nkeyspace_hits:3\r\n"
          "evicted_keys:1\r\n# Keyspace\r\ndb0:keys=5,expires=5\r\n",
          &node);
    wpb_info_add(&total, &node);
    assert_int_equal(total.uptime_seconds.value, 30);
    assert_int_equal(total.used_memory.value, 150);
    assert_int_equal(total.maxmemory.value, 1100);
    assert_int_equal(total.hits.value, 10);
    assert_false(total.misses.is_known); /* one of them did not say */
    assert_int_equal(total.evicted_keys.value, 3);
    assert_int_equal(total.database_count, 1);
    assert_int_equal(total.databases[0].keys, 15);
    assert_int_equal(total.databases[0].expires, 7);
    /* A node without a limit takes what there is. */
    parse("maxmemory:0\r\n# Keyspace\r\ndb1:keys=1,expires=0\r\n", &node);
    wpb_info_add(&total, &node);
    assert_int_equal(total.maxmemory.value, 0);
    assert_false(total.used_memory.is_known);
    assert_int_equal(total.database_count, 2);
}

static void info_tells_loading_with_its_eta(void **state)
{
    struct wpb_info info;
    (void)state;
    parse("loading:1\r\nloading_eta_seconds:42\r\n", &info);
    assert_true(info.is_loading);
    assert_int_equal(info.loading_eta_seconds.value, 42);
}

static void info_with_numbers_that_are_none_keeps_them_unknown(void **state)
{
    struct wpb_info info;
    (void)state;
    parse(
        "used_memory:-5\r\nmaxmemory:18446744073709551616\r\nevicted_keys:\r\n"
        "keyspace_hits:1e9\r\ndb99999999999:keys=1,expires=1\r\ndb1:keys=x,expires=1\r\n"
        "db2:expires=1\r\ndbx:keys=1,expires=1\r\n",
        &info);
    assert_false(info.used_memory.is_known);
    assert_false(info.maxmemory.is_known);
    assert_false(info.evicted_keys.is_known);
    assert_false(info.hits.is_known);
    assert_int_equal(info.database_count, 0);
}

static void info_with_more_databases_than_kept_stays_in_bounds(void **state)
{
    struct wpb_info info;
    char text[8192] = "";
    (void)state;
    for (int i = 0; i < 2 * WPB_INFO_DATABASES_MAX; i++) {
        char line[64];
        snprintf(line, sizeof line, "db%d:keys=1,expires=1\r\n", i);
        strcat(text, line);
    }
    parse(text, &info);
    assert_int_equal(info.database_count, WPB_INFO_DATABASES_MAX);
}

static void info_cut_at_any_byte_is_read_without_fault(void **state)
{
    static const char text[] = "# Server\r\nredis_version:7\r\n# Keyspace\r\n"
                               "db1:keys=10,expires=2,avg_ttl=0\r\nrole:slave\r\n";
    struct wpb_info info;
    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        char *copy = strndup(text, len); /* exact bounds for the sanitizer */
        wpb_info_parse(wpb_slice_of(copy, len), &info);
        assert_true(info.database_count <= 1);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(info_of_a_plain_server_is_read),
        cmocka_unit_test(info_without_a_line_leaves_it_unknown),
        cmocka_unit_test(what_the_nodes_of_a_cluster_say_is_added_up),
        cmocka_unit_test(info_tells_loading_with_its_eta),
        cmocka_unit_test(info_with_numbers_that_are_none_keeps_them_unknown),
        cmocka_unit_test(info_with_more_databases_than_kept_stays_in_bounds),
        cmocka_unit_test(info_cut_at_any_byte_is_read_without_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
