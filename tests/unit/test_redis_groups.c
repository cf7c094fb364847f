/* What a pass over a real server tells of its groups, families and sites. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "probes/redis/probes.h"
#include "redis_run.h"
#include "redis_server.h"

static struct wpb_site site_of(const struct redis_server *server, const char *name,
                               const char *prefix)
{
    struct wpb_site site = redis_server_site(server, 0);
    site.name = name;
    site.flavour = WPB_FLAVOUR_REDIS_CACHE;
    site.flavour_version = "2.6.3";
    site.has_key_prefix = true;
    site.key_prefix = prefix;
    site.key_prefix_len = strlen(prefix);
    return site;
}

static void scan(struct test_run *run, const struct wpb_site *const *sites, size_t count)
{
    struct test_plan plan = {.probe = &wpb_probe_redis_keyspace,
                             .sites = sites,
                             .site_count = count,
                             .budget = WPB_BUDGET_FULL};
    test_run_go(run, &plan);
}

static void set(struct redis_server *server, const char *key, size_t len)
{
    char *value = malloc(len + 1);
    memset(value, 'v', len);
    redis_server_do(server, "SET %b %b", key, strlen(key), value, len);
    free(value);
}

/* COUNT keys {head}{i}. */
static void fill(struct redis_server *server, const char *head, size_t count, size_t len)
{
    char key[200];
    for (size_t i = 0; i < count; i++) {
        snprintf(key, sizeof key, "%s%zu", head, i);
        set(server, key, len);
    }
}

static int64_t group(const struct test_run *run, const char *name, enum wpb_metric metric)
{
    return test_run_integer(run, WPB_SUBJECT_REDIS_GROUP, name, metric);
}

static int64_t family(const struct test_run *run, const char *name,
                      enum wpb_metric metric)
{
    return test_run_integer(run, WPB_SUBJECT_KEY_FAMILY, name, metric);
}

static int64_t of_site(const struct test_run *run, const struct wpb_site *site,
                       const char *name, enum wpb_metric metric)
{
    const struct test_sample *sample =
        test_run_find_site(run, site, WPB_SUBJECT_REDIS_GROUP, name, metric);
    return sample ? sample->value.integer : -1;
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

static void keys_are_counted_by_size(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, "shop", "wp:");
    const struct wpb_site *sites[] = {&site};
    struct test_run run;

    fill(server, "wp:post_meta:a", 7, 20);
    fill(server, "wp:post_meta:b", 5, 5000);
    fill(server, "wp:post_meta:c", 3, 50000);
    fill(server, "wp:post_meta:d", 2, 500000);
    scan(&run, sites, 1);
    assert_string_equal(run.reason, "");
    assert_int_equal(group(&run, "post_meta", WPB_M_KEYS_TO_1K), 7);
    assert_int_equal(group(&run, "post_meta", WPB_M_KEYS_TO_16K), 5);
    assert_int_equal(group(&run, "post_meta", WPB_M_KEYS_TO_256K), 3);
    assert_int_equal(group(&run, "post_meta", WPB_M_KEYS_ABOVE_256K), 2);
    test_run_free(&run);
}

static void an_entry_of_post_meta_names_its_post_in_the_database_too(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, "shop", "wp:");
    const struct wpb_site *sites[] = {&site};
    struct test_run run;

    set(server, "wp:post_meta:318", 100000);
    set(server, "wp:posts:319", 100000);
    scan(&run, sites, 1);
    assert_int_equal(
        test_run_integer(&run, WPB_SUBJECT_REDIS_KEY, "wp:post_meta:318", WPB_M_POST_ID),
        318);
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_KEY, "wp:posts:319", WPB_M_POST_ID));
    assert_null(test_run_find(&run, WPB_SUBJECT_POST, "318", WPB_M_POST_ID));
    test_run_free(&run);

    site.has_mysql = true;
    site.mysql = (struct wpb_mysql_address){
        .host = "", .path = "/run/m.sock", .schema = "s", .user = "u", .password = ""};
    scan(&run, sites, 1);
    assert_int_equal(test_run_integer(&run, WPB_SUBJECT_POST, "318", WPB_M_POST_ID), 318);
    test_run_free(&run);
}

static void ids_are_folded_into_families_of_their_group(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, "shop", "wp:");
    const struct wpb_site *sites[] = {&site};
    struct test_run run;

    fill(server, "wp:site-transient:feed_0123456789abcdef0123456789abcd0", 6, 30000);
    redis_server_do(server, "EXPIRE wp:site-transient:feed_"
                            "0123456789abcdef0123456789abcd03 900");
    fill(server, "wp:posts:", 40, 50);
    set(server, "wp:site-transient:update_core", 100);
    set(server, "elsewhere:options:x", 100);
    scan(&run, sites, 1);
    assert_int_equal(family(&run, "site-transient:feed_<hex>", WPB_M_KEYS), 6);
    assert_int_equal(family(&run, "site-transient:feed_<hex>", WPB_M_TTLLESS_KEYS), 5);
    assert_true(family(&run, "site-transient:feed_<hex>", WPB_M_MEMORY_BYTES) > 180000);
    assert_int_equal(family(&run, "posts:<n>", WPB_M_KEYS), 40);
    assert_int_equal(family(&run, "site-transient:update_core", WPB_M_KEYS), 1);
    assert_int_equal(
        test_run_find(&run, WPB_SUBJECT_KEY_FAMILY, "posts:<n>", WPB_M_KEYS)->provenance,
        WPB_EXACT);
    assert_null(test_run_find(&run, WPB_SUBJECT_KEY_FAMILY, "options:x", WPB_M_KEYS));
    test_run_free(&run);
}

static void the_time_since_the_last_access_is_sampled(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, "shop", "wp:");
    const struct wpb_site *sites[] = {&site};
    struct timespec pause = {2, 200000000};
    struct test_run run;

    fill(server, "wp:posts:", 400, 50);
    nanosleep(&pause, NULL);
    fill(server, "wp:terms:", 400, 50);
    scan(&run, sites, 1);
    assert_string_equal(run.reason, "");
    assert_true(group(&run, "posts", WPB_M_IDLE_SECONDS) >= 2);
    assert_true(group(&run, "terms", WPB_M_IDLE_SECONDS) <
                group(&run, "posts", WPB_M_IDLE_SECONDS));
    assert_int_equal(
        test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_IDLE_SECONDS)
            ->provenance,
        WPB_SAMPLED);
    test_run_free(&run);
}

static void where_accesses_are_counted_no_idle_time_is_told(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, "shop", "wp:");
    const struct wpb_site *sites[] = {&site};
    struct test_run run;

    redis_server_do(server, "CONFIG SET maxmemory-policy allkeys-lfu");
    fill(server, "wp:posts:", 400, 50);
    scan(&run, sites, 1);
    assert_string_equal(run.reason, "");
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 400);
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_IDLE_SECONDS));
    test_run_free(&run);
}

static void each_site_sees_its_own_groups_and_families_only(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site shop = site_of(server, "shop", "shop:");
    struct wpb_site blog = site_of(server, "blog", "shop:blog:");
    struct wpb_site other = site_of(server, "other", "o_");
    const struct wpb_site *sites[] = {&shop, &blog, &other};
    struct test_run run;

    other.flavour = WPB_FLAVOUR_WP_REDIS;
    other.table_prefix = "wp_";
    fill(server, "shop:posts:", 30, 50);
    fill(server, "shop:blog:posts:", 20, 50);
    fill(server, "shop:blog:terms:t", 5, 50);
    fill(server, "o_posts:", 7, 50);
    fill(server, "nobody:posts:", 3, 50);
    scan(&run, sites, 3);
    assert_int_equal(of_site(&run, &shop, "posts", WPB_M_KEYS), 30);
    assert_int_equal(of_site(&run, &blog, "posts", WPB_M_KEYS), 20);
    assert_int_equal(of_site(&run, &other, "posts", WPB_M_KEYS), 7);
    assert_int_equal(of_site(&run, &shop, "terms", WPB_M_KEYS), -1);
    assert_int_equal(of_site(&run, &blog, "terms", WPB_M_KEYS), 5);
    assert_int_equal(of_site(&run, &shop, "<not this site>", WPB_M_KEYS), 35);
    assert_int_equal(
        test_run_find_site(&run, &shop, WPB_SUBJECT_KEY_FAMILY, "posts:<n>", WPB_M_KEYS)
            ->value.integer,
        30);
    assert_null(test_run_find_site(&run, &shop, WPB_SUBJECT_KEY_FAMILY, "terms:t<n>",
                                   WPB_M_KEYS));
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_PREFIX_SITES));
    test_run_free(&run);
}

static void sites_that_share_a_prefix_are_named_to_each_of_them(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site shop = site_of(server, "shop", "wp:");
    struct wpb_site alone = site_of(server, "alone", "alone:");
    struct wpb_site staging = site_of(server, "staging", "wp:");
    const struct wpb_site *sites[] = {&shop, &alone, &staging};
    struct test_run run;

    fill(server, "wp:posts:", 30, 50);
    set(server, "wp:options:alloptions", 70000);
    fill(server, "alone:posts:", 4, 50);
    scan(&run, sites, 3);
    assert_string_equal(run.reason, "");
    for (size_t i = 0; i < 3; i += 2) {
        assert_int_equal(test_run_find_site(&run, sites[i], WPB_SUBJECT_REDIS_SERVER,
                                            "db0", WPB_M_PREFIX_SITES)
                             ->value.integer,
                         2);
        assert_string_equal(test_run_find_site(&run, sites[i], WPB_SUBJECT_REDIS_SERVER,
                                               "db0", WPB_M_PREFIX_SITE_NAMES)
                                ->value.text.data,
                            "shop, staging");
        assert_int_equal(of_site(&run, sites[i], "posts", WPB_M_KEYS), 30);
        assert_non_null(test_run_find_site(&run, sites[i], WPB_SUBJECT_REDIS_KEY,
                                           "wp:options:alloptions", WPB_M_MEMORY_BYTES));
    }
    assert_null(test_run_find_site(&run, &alone, WPB_SUBJECT_REDIS_SERVER, "db0",
                                   WPB_M_PREFIX_SITES));
    assert_int_equal(of_site(&run, &alone, "posts", WPB_M_KEYS), 4);
    test_run_free(&run);
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        REAL(keys_are_counted_by_size),
        REAL(an_entry_of_post_meta_names_its_post_in_the_database_too),
        REAL(ids_are_folded_into_families_of_their_group),
        REAL(the_time_since_the_last_access_is_sampled),
        REAL(where_accesses_are_counted_no_idle_time_is_told),
        REAL(each_site_sees_its_own_groups_and_families_only),
        REAL(sites_that_share_a_prefix_are_named_to_each_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
