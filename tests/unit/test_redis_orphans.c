/* Orphans, counted on a real server whose truth is seeded here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/redis/probes.h"
#include "redis_run.h"
#include "redis_server.h"

#define SALT "q7:prod_kx:"
#define OLD "0.10000000 1795464000"
#define NOW "0.20000000 1795464061"
#define LATER "0.30000000 1795464099"

static struct wpb_site site_of(const struct redis_server *server)
{
    struct wpb_site site = redis_server_site(server, 0);
    site.flavour = WPB_FLAVOUR_REDIS_CACHE;
    site.flavour_version = "2.6.3";
    site.wp_version = "6.8.2";
    site.has_key_prefix = true;
    site.key_prefix = SALT;
    site.key_prefix_len = strlen(SALT);
    return site;
}

static void scan(struct test_run *run, const struct wpb_site *site,
                 enum wpb_budget budget)
{
    struct test_plan plan = {.probe = &wpb_probe_redis_keyspace,
                             .sites = &site,
                             .site_count = 1,
                             .budget = budget};
    test_run_go(run, &plan);
}

static int64_t group(const struct test_run *run, const char *name, enum wpb_metric metric)
{
    return test_run_integer(run, WPB_SUBJECT_REDIS_GROUP, name, metric);
}

/* COUNT keys {group}:{head}{i}-{stamp}{tail}. Returns what they take. */
static int64_t put(struct redis_server *server, size_t count, const char *head,
                   const char *tail)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        char key[200];
        snprintf(key, sizeof key, SALT "%s%032zx%s", head, i, tail);
        redis_server_do(server, "SET %s %s", key, "a:0:{}");
        bytes += redis_server_integer(server, "MEMORY USAGE %s", key);
    }
    return bytes;
}

static void set(struct redis_server *server, const char *key, const char *value)
{
    redis_server_do(server, "SET %s%s %s", SALT, key, value);
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

static void orphans_of_a_complete_pass_are_exact(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    set(server, "posts:last_changed", NOW);
    set(server, "terms:last_changed", NOW);
    int64_t bytes = put(server, 300, "post-queries:wp_query-", "-" OLD);
    bytes += put(server, 40, "post-queries:get_pages-", "-" NOW OLD);
    put(server, 50, "post-queries:wp_query-", "-" NOW);
    put(server, 7, "post-queries:adjacent_post-", "-" NOW NOW);
    put(server, 3, "post-queries:wp_query-", "-" LATER);
    put(server, 20, "posts:", "");
    for (enum wpb_budget b = WPB_BUDGET_NORMAL; b <= WPB_BUDGET_FULL; b++) {
        scan(&run, &site, b);
        assert_string_equal(run.reason, "");
        assert_int_equal(group(&run, "post-queries", WPB_M_KEYS), 400);
        assert_int_equal(group(&run, "post-queries", WPB_M_STAMPED_KEYS), 400);
        assert_int_equal(group(&run, "post-queries", WPB_M_ORPHAN_KEYS), 340);
        assert_int_equal(group(&run, "post-queries", WPB_M_ORPHAN_BYTES), bytes);
        assert_int_equal(test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "post-queries",
                                       WPB_M_ORPHAN_KEYS)
                             ->provenance,
                         WPB_EXACT);
        assert_null(
            test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_STAMPED_KEYS));
        test_run_free(&run);
    }
}

static void prefixes_of_woocommerce_are_compared_group_by_group(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    site.wp_version = "7.1";
    set(server, "products:wc_products_cache_prefix", NOW);
    put(server, 11, "products:wc_cache_" OLD "_", "");
    put(server, 5, "products:wc_cache_" NOW "_", "");
    set(server, "product_12:wc_product_12_cache_prefix",
        "0.20000000_1795464061_0123456789abcdef");
    put(server, 2, "product_12:wc_cache_0.10000000_1795464000_00ff00ff00ff00ff_", "");
    set(server, "product_13:wc_product_13_cache_prefix", NOW);
    put(server, 4, "product_13:wc_cache_" NOW "_", "");
    /* An older core's leftovers: 6.9 and later are not judged. */
    set(server, "posts:last_changed", NOW);
    put(server, 9, "post-queries:wp_query-", "-" OLD);
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_string_equal(run.reason, "");
    assert_int_equal(group(&run, "products", WPB_M_STAMPED_KEYS), 16);
    assert_int_equal(group(&run, "products", WPB_M_ORPHAN_KEYS), 11);
    assert_int_equal(group(&run, "product_<n>", WPB_M_STAMPED_KEYS), 6);
    assert_int_equal(group(&run, "product_<n>", WPB_M_ORPHAN_KEYS), 2);
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "post-queries", WPB_M_STAMPED_KEYS));
    test_run_free(&run);
}

static void each_blog_of_a_network_has_its_own_current_time(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    site.is_multisite = true;
    set(server, "1:posts:last_changed", NOW);
    set(server, "2:posts:last_changed", OLD);
    set(server, ":users:last_changed", NOW);
    put(server, 4, "1:post-queries:wp_query-", "-" OLD);
    put(server, 6, "2:post-queries:wp_query-", "-" OLD);
    put(server, 2, ":user-queries:get_users-", "-" OLD);
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_int_equal(group(&run, "post-queries", WPB_M_STAMPED_KEYS), 10);
    assert_int_equal(group(&run, "post-queries", WPB_M_ORPHAN_KEYS), 4);
    assert_int_equal(group(&run, "user-queries", WPB_M_ORPHAN_KEYS), 2);
    test_run_free(&run);
}

static void wp_redis_writes_times_without_a_space(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    site.flavour = WPB_FLAVOUR_WP_REDIS;
    site.table_prefix = "wp_";
    set(server, "posts:last_changed", "s:21:\"" NOW "\";");
    set(server, "wp_users:last_changed", "s:21:\"" NOW "\";");
    put(server, 8, "post-queries:wp_query:", ":0.100000001795464000");
    put(server, 3, "post-queries:wp_query:", ":0.200000001795464061");
    put(server, 5, "wp_user-queries:get_users:", ":0.100000001795464000");
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_int_equal(group(&run, "post-queries", WPB_M_ORPHAN_KEYS), 8);
    assert_int_equal(group(&run, "user-queries", WPB_M_ORPHAN_KEYS), 5);
    test_run_free(&run);
}

static void without_the_current_time_stamps_are_counted_but_no_orphans(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    put(server, 8, "term-queries:get_terms-", "-" OLD);
    redis_server_do(server, "RPUSH %s x", SALT "comment:last_changed");
    put(server, 2, "comment-queries:get_comments-", "-" OLD);
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(group(&run, "term-queries", WPB_M_STAMPED_KEYS), 8);
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "term-queries", WPB_M_ORPHAN_KEYS));
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "comment-queries",
                              WPB_M_ORPHAN_KEYS));
    test_run_free(&run);
}

static void where_getrange_is_denied_the_pass_says_so_and_goes_on(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    redis_server_do(server, "ACL SETUSER part on >pw ~* +select +info +dbsize +scan "
                            "+memory|usage +pttl");
    site.redis.user = "part";
    site.redis.password = "pw";
    set(server, "posts:last_changed", NOW);
    put(server, 30, "post-queries:wp_query-", "-" OLD);
    scan(&run, &site, WPB_BUDGET_NORMAL);
    assert_int_equal(run.status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(run.reason, "+getrange"));
    assert_int_equal(group(&run, "post-queries", WPB_M_STAMPED_KEYS), 30);
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "post-queries", WPB_M_ORPHAN_KEYS));
    test_run_free(&run);
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        REAL(orphans_of_a_complete_pass_are_exact),
        REAL(prefixes_of_woocommerce_are_compared_group_by_group),
        REAL(each_blog_of_a_network_has_its_own_current_time),
        REAL(wp_redis_writes_times_without_a_space),
        REAL(without_the_current_time_stamps_are_counted_but_no_orphans),
        REAL(where_getrange_is_denied_the_pass_says_so_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
