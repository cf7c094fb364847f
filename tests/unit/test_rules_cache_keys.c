/* Rules about groups, families of names, servers and encodings; those about single
 * entries are in test_rules_cache.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rule_look.h"

#define KIB 1024
#define MIB (1024 * 1024)
#define METRICS "wp:redis-cache:metrics"
/* Bytes that a terminal, a shell, PHP and a format string would each act on. */
#define HOSTILE "$(id)';\n\x1b[31m%s%n<?php \xff|`x`"

static struct wpb_subject group_in(const char *scope, const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_GROUP,
                                .scope = wpb_slice_cstr(scope),
                                .name = wpb_slice_cstr(name)};
}

static struct wpb_subject group(const char *name)
{
    return group_in(LOOK_SCOPE, name);
}

static struct wpb_subject family(const char *name)
{
    struct wpb_subject subject = group(name);

    subject.kind = WPB_SUBJECT_KEY_FAMILY;
    return subject;
}

static struct wpb_subject server(void)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_SERVER,
                                .scope = wpb_slice_cstr(LOOK_SERVER),
                                .name = wpb_slice_cstr("")};
}

static const struct wpb_subject the_server = {.kind = WPB_SUBJECT_REDIS_SERVER,
                                              .scope = WPB_SLICE(LOOK_SERVER),
                                              .name = WPB_SLICE("")};

static struct wpb_subject database(const char *name)
{
    struct wpb_subject subject = server();

    subject.name = wpb_slice_cstr(name);
    subject.parent = &the_server;
    return subject;
}

static void post_memory(struct look *look, const char *policy, int64_t used,
                        int64_t limit)
{
    look_post_text(look, server(), WPB_M_MAXMEMORY_POLICY, policy);
    look_post(look, server(), WPB_M_USED_MEMORY_BYTES, used);
    look_post(look, server(), WPB_M_MAXMEMORY_BYTES, limit);
}

static void post_double(struct look *look, struct wpb_subject subject,
                        enum wpb_metric metric, double value)
{
    look_post_as(look, subject, metric, wpb_value_double(value), WPB_ESTIMATED);
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" says \"%s\"", text, part);
}

/* cache.orphans */

static void post_orphans(struct look *look, const char *name, int64_t keys, int64_t bytes)
{
    look_post(look, group(name), WPB_M_STAMPED_KEYS, keys < INT64_MAX ? keys + 10 : keys);
    look_post(look, group(name), WPB_M_ORPHAN_KEYS, keys);
    if (bytes >= 0)
        look_post(look, group(name), WPB_M_ORPHAN_BYTES, bytes);
}

static void orphans_warn_at_16_mib(void **state)
{
    struct look *look = *state;

    post_orphans(look, "posts", 10, 8 * MIB);
    post_orphans(look, "terms", 10, 8 * MIB - 1);
    assert_int_equal(look_severity(look, "cache.orphans"), -1);
    post_orphans(look, "terms", 10, 8 * MIB);
    assert_int_equal(look_severity(look, "cache.orphans"), WPB_WARNING);
}

static void orphans_warn_at_a_fifth_of_the_keys_of_their_database(void **state)
{
    struct look *look = *state;

    look_post(look, database("db0"), WPB_M_KEYS, 1000000);
    look_post(look, database("db1"), WPB_M_KEYS, 10000);
    post_orphans(look, "posts", 1999, KIB);
    assert_int_equal(look_severity(look, "cache.orphans"), -1);
    post_orphans(look, "posts", 2000, KIB);
    assert_int_equal(look_severity(look, "cache.orphans"), WPB_WARNING);
}

static void a_share_of_few_orphans_is_not_judged(void **state)
{
    struct look *look = *state;

    look_post(look, database("db1"), WPB_M_KEYS, 1000);
    post_orphans(look, "posts", 999, KIB);
    assert_int_equal(look_severity(look, "cache.orphans"), -1);
    post_orphans(look, "posts", 1000, KIB);
    assert_int_equal(look_severity(look, "cache.orphans"), WPB_WARNING);
}

static void orphans_of_unknown_size_are_judged_by_their_number(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_orphans(look, "posts", 5000, -1);
    assert_int_equal(look_severity(look, "cache.orphans"), -1);
    look_post(look, database("db1"), WPB_M_KEYS, 10000);
    assert_int_equal(look_severity(look, "cache.orphans"), WPB_WARNING);
    finding = look_found(look, "cache.orphans");
    assert_null(look_fact(finding, "orphan_bytes"));
    look_assert_says(finding->cause.note, "By group: posts (5,000).");
}

static void stamped_keys_without_orphans_are_no_finding(void **state)
{
    struct look *look = *state;

    look_post(look, database("db1"), WPB_M_KEYS, 5000);
    look_post(look, group("posts"), WPB_M_STAMPED_KEYS, 5000);
    assert_int_equal(look_severity(look, "cache.orphans"), -1);
    post_orphans(look, "posts", 0, 0);
    assert_int_equal(look_severity(look, "cache.orphans"), -1);
}

static void orphans_are_critical_where_redis_is_nearly_full_and_cannot_evict(void **state)
{
    struct look *look = *state;

    post_orphans(look, "posts", 5000, 20 * MIB);
    post_memory(look, "noeviction", 899, 1000);
    assert_int_equal(look_severity(look, "cache.orphans"), WPB_WARNING);
    post_memory(look, "noeviction", 900, 1000);
    assert_int_equal(look_severity(look, "cache.orphans"), WPB_CRITICAL);
    look_assert_says(look_found(look, "cache.orphans")->summary, "every write fails");
    assert_true(look_has_line(
        look_found(look, "cache.orphans")->remedy.now,
        "redis-cli -s /run/redis.sock CONFIG SET maxmemory-policy allkeys-lru"));
    post_memory(look, "allkeys-lru", 1000, 1000);
    assert_int_equal(look_severity(look, "cache.orphans"), WPB_WARNING);
    look_assert_says(look_found(look, "cache.orphans")->summary, "nothing fails");
    assert_null(look_found(look, "cache.orphans")->remedy.now[0]);
}

static void orphans_are_one_finding_of_the_database_with_its_groups(void **state)
{
    static const char *const names[] = {"orphan_keys", "orphan_bytes",
                                        "orphan_share_ratio", "stamped_keys",
                                        "largest_group"};
    struct look *look = *state;
    const struct wpb_finding *finding;

    look_post(look, database("db1"), WPB_M_KEYS, 100000);
    post_orphans(look, "posts", 50000, 20 * MIB);
    post_orphans(look, "terms", 14210, 70 * MIB);
    look_evaluate(look);
    assert_int_equal(look->findings.count, 1);
    finding = look_found(look, "cache.orphans");
    assert_true(wpb_slice_is(finding->subject->name, "db1"));
    assert_string_equal(
        finding->title,
        "64,210 cache entries (90.0 MiB), 64 % of the keys, will never be read again");
    assert_int_equal(finding->evidence_count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(finding->evidence[i].name, names[i]);
    look_assert_fact(finding, "orphan_keys", 64210);
    look_assert_fact(finding, "orphan_bytes", 90 * MIB);
    look_assert_fact(finding, "stamped_keys", 64230);
    assert_true(wpb_slice_is(look_fact(finding, "largest_group")->value.text, "terms"));
    look_assert_says(finding->cause.note,
                     "By group: terms (70.0 MiB), posts (20.0 MiB).");
}

static void orphans_of_an_unknown_database_are_told_of_their_largest_group(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_orphans(look, "terms", 10, 20 * MIB);
    post_orphans(look, "posts", 20, MIB);
    look_evaluate(look);
    finding = look_found(look, "cache.orphans");
    assert_true(wpb_slice_is(finding->subject->name, "posts"));
    assert_null(look_fact(finding, "orphan_share_ratio"));
}

static void orphans_find_the_database_of_any_sort_of_address(void **state)
{
    static const char *const scopes[][3] = {
        {"redis://h:6379", "redis://h:6379/2", "db2"},
        {"redis://h:637", "redis://h:637/0", "db0"},
        {"rdb:///d.rdb", "rdb:///d.rdb?db=3", "db3"},
        {"redis://i:6379", "redis://i:6379", "db0"},
    };
    struct look *look = *state;

    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        struct wpb_subject other = database("db9"), ours = database(scopes[i][2]);
        other.scope = ours.scope = wpb_slice_cstr(scopes[i][0]);
        other.parent = ours.parent = NULL;
        look_post(look, other, WPB_M_KEYS, 1000000);
        look_post(look, ours, WPB_M_KEYS, 4000);
        look_post(look, group_in(scopes[i][1], "posts"), WPB_M_ORPHAN_KEYS, 2000);
        look_evaluate(look);
        assert_non_null(look_found(look, "cache.orphans"));
        assert_true(
            wpb_slice_is(look_found(look, "cache.orphans")->subject->name, scopes[i][2]));
        look_post(look, group_in(scopes[i][1], "posts"), WPB_M_ORPHAN_KEYS, 0);
    }
}

static void orphans_counted_in_a_part_of_the_keys_are_at_least_so_many(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_orphans(look, "terms", 10, 20 * MIB);
    look_post_as(look, group("posts"), WPB_M_ORPHAN_KEYS, wpb_value_integer(5),
                 WPB_SAMPLED);
    look_evaluate(look);
    finding = look_found(look, "cache.orphans");
    look_assert_says(finding->title, "At least 15 cache entries");
    assert_int_equal(look_fact(finding, "orphan_keys")->provenance, WPB_SAMPLED);
    assert_int_equal(look_fact(finding, "orphan_bytes")->provenance, WPB_EXACT);
}

static void orphans_are_explained_by_the_version_of_wordpress(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_orphans(look, "post-queries", 5000, 20 * MIB);
    look->site.wp_version = "6.8.3";
    look_evaluate(look);
    finding = look_found(look, "cache.orphans");
    assert_string_equal(finding->cause.confidence, "likely");
    look_assert_says(finding->cause.note, "WordPress 6.8.3 puts the time");
    look_assert_says(finding->remedy.for_good[0], "Update WordPress to 6.9");

    look->site.wp_version = "6.9";
    look_evaluate(look);
    finding = look_found(look, "cache.orphans");
    assert_string_equal(finding->cause.confidence, "possible");
    look_assert_says(finding->cause.note, "WordPress 6.9 uses the same names again");
    assert_lacks(finding->remedy.for_good[0], "Update WordPress");

    look->site.wp_version = "";
    look_evaluate(look);
    finding = look_found(look, "cache.orphans");
    assert_string_equal(finding->cause.confidence, "possible");
    look_assert_says(finding->cause.note, "WordPress up to 6.8 puts the time");
}

static void orphans_of_woocommerce_and_of_other_plugins_are_told_apart(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_orphans(look, "product_<n>", 5000, 20 * MIB);
    look_evaluate(look);
    finding = look_found(look, "cache.orphans");
    assert_string_equal(finding->cause.confidence, "likely");
    look_assert_says(finding->cause.note, "WooCommerce puts a prefix");
    assert_lacks(finding->cause.note, "BerlinDB");
    assert_lacks(finding->cause.note, "WordPress");

    post_orphans(look, "product_cat_relationships", 9000, MIB);
    look_evaluate(look);
    finding = look_found(look, "cache.orphans");
    assert_string_equal(finding->cause.confidence, "possible");
    look_assert_says(finding->cause.note, "BerlinDB");
}

static void the_ceiling_against_orphans_is_that_of_the_drop_in(void **state)
{
    struct look *look = *state;

    post_orphans(look, "posts", 5000, 20 * MIB);
    look_evaluate(look);
    assert_true(look_has_line(look_found(look, "cache.orphans")->remedy.for_good,
                              "define( 'WP_REDIS_MAXTTL', 86400 );"));
    look->site.flavour = WPB_FLAVOUR_WP_REDIS;
    look_evaluate(look);
    assert_true(look_has_line(look_found(look, "cache.orphans")->remedy.for_good,
                              "define( 'WP_REDIS_DEFAULT_EXPIRE_SECONDS', 86400 );"));
    assert_false(look_has_line(look_found(look, "cache.orphans")->remedy.for_good,
                               "define( 'WP_REDIS_MAXTTL', 86400 );"));
}

/* cache.write_churn */

static void post_churn(struct look *look, struct wpb_subject subject, double writes,
                       double bytes)
{
    post_double(look, subject, WPB_M_WRITES_PER_SECOND, writes);
    post_double(look, subject, WPB_M_WRITTEN_BYTES_PER_SECOND, bytes);
}

static void churn_warns_at_1_mib_and_is_critical_at_10_mib_a_second(void **state)
{
    struct look *look = *state;

    post_churn(look, group("transient"), 100, MIB - 1);
    assert_int_equal(look_severity(look, "cache.write_churn"), -1);
    post_churn(look, group("transient"), 100, MIB);
    assert_int_equal(look_severity(look, "cache.write_churn"), WPB_WARNING);
    post_churn(look, group("transient"), 100, 10.0 * MIB - 1);
    assert_int_equal(look_severity(look, "cache.write_churn"), WPB_WARNING);
    post_churn(look, group("transient"), 100, 10.0 * MIB);
    assert_int_equal(look_severity(look, "cache.write_churn"), WPB_CRITICAL);
}

static void a_large_entry_written_once_a_second_is_churn(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key("wp:options:alloptions");

    look_post_text(look, key, WPB_M_KEY_ROLE, "alloptions");
    look_post_text(look, key, WPB_M_GROUP, "options");
    look_post(look, key, WPB_M_VALUE_BYTES, 64 * KIB);
    post_churn(look, key, 0.99, 64 * KIB);
    assert_int_equal(look_severity(look, "cache.write_churn"), -1);
    post_churn(look, key, 1, 64 * KIB);
    assert_int_equal(look_severity(look, "cache.write_churn"), WPB_WARNING);
    look_assert_says(look_found(look, "cache.write_churn")->cause.note,
                     "all autoloaded options");
    look_post(look, key, WPB_M_VALUE_BYTES, 64 * KIB - 1);
    assert_int_equal(look_severity(look, "cache.write_churn"), -1);
}

static void a_large_entry_of_unknown_length_is_judged_by_the_least_it_can_be(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key("a");

    post_churn(look, key, 5, 1000);
    assert_int_equal(look_severity(look, "cache.write_churn"), -1);
    look_post(look, key, WPB_M_MEMORY_BYTES, 79 * KIB);
    assert_int_equal(look_severity(look, "cache.write_churn"), -1);
    look_post(look, key, WPB_M_MEMORY_BYTES, 80 * KIB);
    assert_int_equal(look_severity(look, "cache.write_churn"), WPB_WARNING);
}

static void rates_may_be_whole_numbers(void **state)
{
    struct look *look = *state;

    look_post(look, group("transient"), WPB_M_WRITTEN_BYTES_PER_SECOND, 3 * MIB);
    assert_int_equal(look_severity(look, "cache.write_churn"), WPB_WARNING);
    assert_string_equal(
        look_found(look, "cache.write_churn")->title,
        "Group transient is written again and again, at least 3.0 MiB a second");
    /* A lower bound is never exact. */
    assert_int_equal(
        look_fact(look_found(look, "cache.write_churn"), "written_bytes_per_second")
            ->provenance,
        WPB_ESTIMATED);
}

static void rates_that_are_no_numbers_are_unknown(void **state)
{
    struct look *look = *state;

    post_churn(look, group("a"), 0.0 / 0.0, 0.0 / 0.0);
    post_churn(look, group("b"), 1.0 / 0.0, 1.0 / 0.0);
    post_churn(look, group("c"), -1, -1e9);
    look_post_text(look, group("d"), WPB_M_WRITTEN_BYTES_PER_SECOND, "9999999999");
    assert_int_equal(look_severity(look, "cache.write_churn"), -1);
}

static void a_group_is_left_to_the_key_that_explains_it(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key("wp:options:alloptions");

    look_post_text(look, key, WPB_M_GROUP, "options");
    post_churn(look, key, 10, 2.0 * MIB);
    post_churn(look, group("options"), 20, 4.0 * MIB);
    look_evaluate(look);
    assert_int_equal(look_count(look, "cache.write_churn"), 1);
    assert_int_equal(look_found(look, "cache.write_churn")->subject->kind,
                     WPB_SUBJECT_REDIS_KEY);
    post_churn(look, group("options"), 20, 4.0 * MIB + 1);
    look_evaluate(look);
    assert_int_equal(look_count(look, "cache.write_churn"), 2);
}

static void the_metrics_of_the_drop_in_are_no_churn(void **state)
{
    struct look *look = *state;

    look_post_text(look, look_key(METRICS), WPB_M_KEY_ROLE, "metrics");
    look_post(look, look_key(METRICS), WPB_M_MEMORY_BYTES, 100 * KIB);
    post_churn(look, look_key(METRICS), 500, 50.0 * MIB);
    post_churn(look, group("redis-cache"), 500, 50.0 * MIB);
    assert_int_equal(look_severity(look, "cache.write_churn"), -1);
}

static void a_key_that_is_gone_is_no_churn(void **state)
{
    struct look *look = *state;

    post_churn(look, look_key("a"), 500, 50.0 * MIB);
    look_post(look, look_key("a"), WPB_M_PRESENT, 0);
    assert_int_equal(look_severity(look, "cache.write_churn"), -1);
}

static void the_five_worst_churns_are_reported_and_the_rest_counted(void **state)
{
    struct look *look = *state;
    char name[16];

    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "g%d", i);
        post_churn(look, group(name), 10, (2.0 + i) * MIB);
    }
    look_evaluate(look);
    assert_int_equal(look_count(look, "cache.write_churn"), 5);
    for (size_t i = 0; i < look->findings.count; i++) {
        const struct wpb_finding *finding = &look->findings.items[i];
        bool is_worst = wpb_slice_is(finding->subject->name, "g7");
        assert_false(wpb_slice_is(finding->subject->name, "g2"));
        assert_int_equal(strstr(finding->summary, "At least 3 more") != NULL, is_worst);
        look_assert_says(finding->cause.note, "--watch or the agent");
    }
}

/* cache.shared_prefix */

static void two_sites_on_one_prefix_are_critical(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look_post(look, database("db1"), WPB_M_PREFIX_SITES, 1);
    look_post_text(look, database("db1"), WPB_M_PREFIX_SITE_NAMES, "shop");
    assert_int_equal(look_severity(look, "cache.shared_prefix"), -1);
    look_post(look, database("db1"), WPB_M_PREFIX_SITES, 2);
    look_post_text(look, database("db1"), WPB_M_PREFIX_SITE_NAMES, "blog, shop");
    assert_int_equal(look_severity(look, "cache.shared_prefix"), WPB_CRITICAL);
    finding = look_found(look, "cache.shared_prefix");
    assert_string_equal(finding->title,
                        "2 sites keep their cache under the same names: blog, shop");
    look_assert_fact(finding, "prefix_sites", 2);
    assert_true(
        look_has_line(finding->remedy.for_good, "define( 'WP_REDIS_PREFIX', 'shop:' );"));
    assert_true(
        look_has_line(finding->remedy.for_good, "wp --path=/var/www/shop cache flush"));
}

static void each_drop_in_is_told_its_own_way_to_part(void **state)
{
    static const struct {
        enum wpb_flavour flavour;
        const char *line;
    } ways[] = {
        {WPB_FLAVOUR_WP_REDIS, "define( 'WP_CACHE_KEY_SALT', 'shop:' );"},
        {WPB_FLAVOUR_UNKNOWN, "define( 'WP_CACHE_KEY_SALT', 'shop:' );"},
        {WPB_FLAVOUR_LITESPEED, "define( 'LSOC_PREFIX', 'shop' );"},
        {WPB_FLAVOUR_OBJECT_CACHE_PRO,
         "In WP_REDIS_CONFIG of wp-config.php: 'prefix' => 'shop'."},
        {WPB_FLAVOUR_W3TC,
         "Give each site a database of its own: W3 Total Cache, Object Cache, Redis "
         "Database ID, another number for each site."},
    };
    struct look *look = *state;

    look_post(look, database("db1"), WPB_M_PREFIX_SITES, 2);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        look->site.flavour = ways[i].flavour;
        look_evaluate(look);
        assert_true(look_has_line(
            look_found(look, "cache.shared_prefix")->remedy.for_good, ways[i].line));
    }
}

static void a_hostile_site_name_never_becomes_php(void **state)
{
    struct look *look = *state;

    look->site.name = "sh'); system($_GET[0]); //%s";
    look_post(look, database("db1"), WPB_M_PREFIX_SITES, 2);
    look_evaluate(look);
    assert_true(look_has_line(look_found(look, "cache.shared_prefix")->remedy.for_good,
                              "define( 'WP_REDIS_PREFIX', 'shsystem_GET0s:' );"));
    look->site.name = "'%n";
    look_evaluate(look);
    assert_true(look_has_line(look_found(look, "cache.shared_prefix")->remedy.for_good,
                              "define( 'WP_REDIS_PREFIX', 'n:' );"));
    look->site.name = "\xc3\xa9'";
    look_evaluate(look);
    assert_true(look_has_line(look_found(look, "cache.shared_prefix")->remedy.for_good,
                              "define( 'WP_REDIS_PREFIX', 'a-name-of-its-own:' );"));
}

static void the_configuration_to_look_at_is_one_word_of_the_shell(void **state)
{
    struct look *look = *state;

    look->site.config_file = "/var/www/a b'; id #/wp-config.php";
    look_post(look, database("db1"), WPB_M_PREFIX_SITES, 2);
    look_evaluate(look);
    assert_string_equal(
        look_found(look, "cache.shared_prefix")->remedy.now[0],
        "grep -nE 'WP_REDIS_(PREFIX|DATABASE)|WP_CACHE_KEY_SALT|table_prefix' "
        "'/var/www/a b'\\''; id #/wp-config.php'");
}

/* cache.dead_cron */

static void metrics_two_hours_old_mean_that_cron_stands_still(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look_post_text(look, look_key(METRICS), WPB_M_KEY_ROLE, "metrics");
    look_post(look, look_key(METRICS), WPB_M_ENTRIES, 2471);
    look_post(look, look_key(METRICS), WPB_M_MEMORY_BYTES, 300 * KIB);
    assert_int_equal(look_severity(look, "cache.dead_cron"), -1);
    look_post(look, look_key(METRICS), WPB_M_OLDEST_SECONDS, 10799);
    assert_int_equal(look_severity(look, "cache.dead_cron"), -1);
    look_post(look, look_key(METRICS), WPB_M_OLDEST_SECONDS, 10800);
    assert_int_equal(look_severity(look, "cache.dead_cron"), WPB_WARNING);
    finding = look_found(look, "cache.dead_cron");
    assert_int_equal(finding->evidence_count, 3);
    look_assert_fact(finding, "oldest_seconds", 10800);
    look_assert_fact(finding, "entries", 2471);
    look_assert_fact(finding, "memory_bytes", 300 * KIB);
    look_assert_says(finding->title, "for 3 h");
    look_post(look, look_key(METRICS), WPB_M_PRESENT, 0);
    assert_int_equal(look_severity(look, "cache.dead_cron"), -1);
}

static void an_old_member_of_another_key_says_nothing_of_cron(void **state)
{
    struct look *look = *state;

    look_post(look, look_key("queue"), WPB_M_OLDEST_SECONDS, 99999);
    assert_int_equal(look_severity(look, "cache.dead_cron"), -1);
}

static void a_site_that_nobody_visits_has_no_dead_cron(void **state)
{
    struct look *look = *state;

    look_post_text(look, look_key(METRICS), WPB_M_KEY_ROLE, "metrics");
    look_post(look, look_key(METRICS), WPB_M_OLDEST_SECONDS, 40000);
    look_post(look, look_key(METRICS), WPB_M_NEWEST_SECONDS, 40000 - 10799);
    assert_int_equal(look_severity(look, "cache.dead_cron"), -1);
    look_post(look, look_key(METRICS), WPB_M_NEWEST_SECONDS, 40000 - 10800);
    assert_int_equal(look_severity(look, "cache.dead_cron"), WPB_WARNING);
    look_assert_fact(look_found(look, "cache.dead_cron"), "newest_seconds", 29200);
}

static void old_metrics_are_not_also_a_large_entry(void **state)
{
    struct look *look = *state;

    look_post_text(look, look_key(METRICS), WPB_M_KEY_ROLE, "metrics");
    look_post(look, look_key(METRICS), WPB_M_MEMORY_BYTES, 10 * MIB);
    look_post(look, look_key(METRICS), WPB_M_OLDEST_SECONDS, 86400);
    look_evaluate(look);
    assert_int_equal(look->findings.count, 1);
    assert_string_equal(look->findings.items[0].code, "cache.dead_cron");
}

/* cache.misencoded */

static void post_encoding(struct look *look, const char *name, const char *role,
                          const char *encoding)
{
    if (role)
        look_post_text(look, look_key(name), WPB_M_KEY_ROLE, role);
    look_post_text(look, look_key(name), WPB_M_ENCODING, encoding);
    look_post(look, look_key(name), WPB_M_VALUE_BYTES, 5);
}

static void
the_word_array_is_critical_in_the_options_and_a_warning_elsewhere(void **state)
{
    struct look *look = *state;

    post_encoding(look, "b", NULL, "array-literal");
    assert_int_equal(look_severity(look, "cache.misencoded"), WPB_WARNING);
    look_assert_says(look_found(look, "cache.misencoded")->title,
                     "1 cache entry holds the word \"Array\"");
    post_encoding(look, "wp:options:notoptions", "notoptions", "array-literal");
    post_encoding(look, "wp:options:alloptions", "alloptions", "array-literal");
    assert_int_equal(look_severity(look, "cache.misencoded"), WPB_CRITICAL);
    assert_int_equal(look_count(look, "cache.misencoded"), 1);
    const struct wpb_finding *finding = look_found(look, "cache.misencoded");
    assert_true(wpb_slice_is(finding->subject->name, "wp:options:alloptions"));
    look_assert_fact(finding, "misencoded_keys", 3);
    look_assert_says(finding->cause.note,
                     "wp:options:alloptions, wp:options:notoptions, b.");
}

static void usual_encodings_are_no_finding(void **state)
{
    static const char *const encodings[] = {"raw",  "serialize", "json",  "empty",
                                            "zstd", "lz4",       "string"};
    struct look *look = *state;

    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
        post_encoding(look, encodings[i], NULL, encodings[i]);
    assert_int_equal(look_severity(look, "cache.misencoded"), -1);
}

static void a_value_that_is_invalid_may_be_deleted(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_encoding(look, "a", NULL, "serialize");
    look_post_text(look, look_key("a"), WPB_M_FLAW, "invalid at byte 7: expected ';'");
    post_encoding(look, "b", NULL, "zstd");
    look_post_text(look, look_key("b"), WPB_M_FLAW, "zstd: invalid at byte 9: corrupt");
    assert_int_equal(look_severity(look, "cache.misencoded"), WPB_WARNING);
    assert_int_equal(look_count(look, "cache.misencoded"), 1);
    finding = look_found(look, "cache.misencoded");
    assert_string_equal(finding->title, "2 cache entries cannot be decoded");
    assert_true(
        look_has_line(finding->remedy.now, "redis-cli -s /run/redis.sock -n 1 UNLINK a"));
    assert_true(
        look_has_line(finding->remedy.now, "redis-cli -s /run/redis.sock -n 1 UNLINK b"));
    assert_non_null(look_fact(finding, "flaw"));
}

static void what_was_cut_short_or_cannot_be_read_here_is_not_invalid(void **state)
{
    static const char *const flaws[] = {
        "only the first 1048576 of 4194304 bytes were read",
        "stopped at byte 100: more than 64 levels",
        "encoded with msgpack, which this build cannot read",
        "the key is no string, as a cached value is",
    };
    struct look *look = *state;

    for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
        post_encoding(look, flaws[i], NULL, "serialize");
        look_post_text(look, look_key(flaws[i]), WPB_M_FLAW, flaws[i]);
    }
    assert_int_equal(look_severity(look, "cache.misencoded"), -1);
}

static void a_value_that_changed_while_it_was_read_is_not_invalid(void **state)
{
    struct look *look = *state;

    post_encoding(look, "a", NULL, "serialize");
    look_post_text(look, look_key("a"), WPB_M_FLAW, "invalid at byte 7: expected ';'");
    look_post_as(look, look_key("a"), WPB_M_VALUE_BYTES, wpb_value_integer(9),
                 WPB_ESTIMATED);
    assert_int_equal(look_severity(look, "cache.misencoded"), -1);
}

static void the_fewer_of_two_serializers_are_the_odd_ones(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_encoding(look, "wp:options:alloptions", "alloptions", "igbinary");
    post_encoding(look, "wp:post_meta:1", NULL, "igbinary");
    assert_int_equal(look_severity(look, "cache.misencoded"), -1);
    post_encoding(look, "wp:options:notoptions", "notoptions", "serialize");
    assert_int_equal(look_severity(look, "cache.misencoded"), WPB_WARNING);
    finding = look_found(look, "cache.misencoded");
    assert_string_equal(finding->title,
                        "notoptions is written with another serializer than the rest");
    look_assert_says(finding->summary, "are written with igbinary");
    post_encoding(look, "x", NULL, "serialize");
    post_encoding(look, "y", NULL, "serialize");
    look_evaluate(look);
    finding = look_found(look, "cache.misencoded");
    look_assert_fact(finding, "misencoded_keys", 2);
    look_assert_says(finding->summary, "PHP's own serializer");
}

/* cache.eviction_pressure */

static void post_evictions(struct look *look, int64_t evicted, int64_t uptime)
{
    look_post(look, server(), WPB_M_EVICTED_KEYS, evicted);
    look_post(look, server(), WPB_M_UPTIME_SECONDS, uptime);
}

static void evictions_warn_at_3600_an_hour_in_a_full_redis(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_memory(look, "allkeys-lru", 900, 1000);
    post_evictions(look, 35999, 36000);
    assert_int_equal(look_severity(look, "cache.eviction_pressure"), -1);
    post_evictions(look, 36000, 36000);
    assert_int_equal(look_severity(look, "cache.eviction_pressure"), WPB_WARNING);
    finding = look_found(look, "cache.eviction_pressure");
    assert_string_equal(
        finding->title,
        "Redis removes entries for want of memory, 3,600 an hour on average");
    look_assert_fact(finding, "evicted_keys", 36000);
    assert_true(look_fact(finding, "evictions_per_second")->value.number == 1.0);
    look_assert_says(finding->cause.note, "needs --watch or the agent");
}

static void evictions_with_room_left_are_past(void **state)
{
    struct look *look = *state;

    post_evictions(look, 360000, 36000);
    post_memory(look, "allkeys-lru", 899, 1000);
    assert_int_equal(look_severity(look, "cache.eviction_pressure"), WPB_INFO);
    look_assert_says(look_found(look, "cache.eviction_pressure")->summary,
                     "this is past");
    post_memory(look, "allkeys-lru", 899, 0);
    assert_int_equal(look_severity(look, "cache.eviction_pressure"), -1);
}

static void
evictions_of_a_server_just_started_or_of_unknown_age_are_not_judged(void **state)
{
    struct look *look = *state;

    post_memory(look, "allkeys-lru", 1000, 1000);
    look_post(look, server(), WPB_M_EVICTED_KEYS, 1000000);
    assert_int_equal(look_severity(look, "cache.eviction_pressure"), -1);
    post_evictions(look, 1000000, 0);
    assert_int_equal(look_severity(look, "cache.eviction_pressure"), -1);
    post_evictions(look, 1000000, 599);
    assert_int_equal(look_severity(look, "cache.eviction_pressure"), -1);
    post_evictions(look, 1000000, 600);
    assert_int_equal(look_severity(look, "cache.eviction_pressure"), WPB_WARNING);
}

static void evictions_say_how_fast_the_cache_turns_over(void **state)
{
    struct look *look = *state;

    post_memory(look, "volatile-lru", 1000, 1000);
    post_evictions(look, 36000, 36000);
    look_post(look, database("db1"), WPB_M_KEYS, 9000);
    look_post(look, database("db1"), WPB_M_TTLLESS_KEYS, 10);
    look_post(look, group("posts"), WPB_M_MEMORY_BYTES, MIB);
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.eviction_pressure")->summary,
                     "as many entries as it holds are removed every 2 h");
    look_assert_says(look_found(look, "cache.eviction_pressure")->summary,
                     "removes only entries with an expiry");
    look_assert_says(look_found(look, "cache.eviction_pressure")->cause.note,
                     "posts (1.0 MiB)");
}

static void a_server_that_evicts_too_much_is_not_also_told_that_all_is_well(void **state)
{
    struct look *look = *state;

    post_memory(look, "allkeys-lru", 1000, 1000);
    look_post(look, database("db1"), WPB_M_KEYS, 9000);
    look_post(look, database("db1"), WPB_M_TTLLESS_KEYS, 9000);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_INFO);
    post_evictions(look, 36000, 36000);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), -1);
    assert_int_equal(look_severity(look, "cache.eviction_pressure"), WPB_WARNING);
}

/* cache.low_hit_ratio */

static void post_lookups(struct look *look, int64_t hits, int64_t misses)
{
    look_post(look, server(), WPB_M_KEYSPACE_HITS, hits);
    look_post(look, server(), WPB_M_KEYSPACE_MISSES, misses);
}

/* What tells an alert that a problem has not cleared yet. */
static void relaxed_values_find_what_is_near_a_threshold(void **state)
{
    struct look *look = *state;

    post_lookups(look, 88000, 12000);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), -1);
    wpb_rule_values_relax(look->values, 0.9);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), WPB_WARNING);
    post_lookups(look, 89000, 11000);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), -1);
}

static void a_hit_ratio_below_80_percent_of_100000_look_ups_is_a_warning(void **state)
{
    struct look *look = *state;

    post_lookups(look, 80000, 20000);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), -1);
    post_lookups(look, 79999, 20001);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), WPB_WARNING);
    post_lookups(look, 79998, 20001);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), WPB_INFO);
    post_lookups(look, 0, 10000);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), WPB_INFO);
    post_lookups(look, 0, 9999);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), -1);
}

static void our_own_look_ups_are_no_hits_of_the_site(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_lookups(look, 170000, 30000);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), -1);
    look->time_ms = 999; /* before the server was asked */
    look_post(look, database("db0"), WPB_M_OWN_HITS, 50000);
    look_post(look, database("db1"), WPB_M_OWN_HITS, 50000);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), WPB_WARNING);
    finding = look_found(look, "cache.low_hit_ratio");
    look_assert_says(finding->title, "Only 70 % of the look-ups");
    look_assert_fact(finding, "own_hits", 100000);
    assert_true(look_fact(finding, "hit_ratio")->value.number == 0.7);
}

static void look_ups_of_a_pass_that_came_after_the_count_are_not_in_it(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_lookups(look, 70000, 30000);
    look_post(look, database("db1"), WPB_M_OWN_HITS, 60000);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), WPB_WARNING);
    finding = look_found(look, "cache.low_hit_ratio");
    look_assert_says(finding->title, "Only 70 % of the look-ups");
    assert_null(look_fact(finding, "own_hits"));
}

static void more_own_hits_than_hits_are_not_less_than_none(void **state)
{
    struct look *look = *state;

    post_lookups(look, 10, 20000);
    look->time_ms = 999;
    look_post(look, database("db1"), WPB_M_OWN_HITS, 5000000);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), WPB_INFO);
    assert_true(
        look_fact(look_found(look, "cache.low_hit_ratio"), "hit_ratio")->value.number ==
        0);
}

static void a_low_hit_ratio_of_a_full_redis_points_at_the_evictions(void **state)
{
    struct look *look = *state;

    post_lookups(look, 100, 200000);
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.low_hit_ratio")->cause.note,
                     "flushed often");
    post_orphans(look, "posts", 5, KIB);
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.low_hit_ratio")->cause.note,
                     "hold a time that has passed");
    post_memory(look, "allkeys-lru", 1000, 1000);
    post_evictions(look, 36000, 36000);
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.low_hit_ratio")->cause.note,
                     "see cache.eviction_pressure");
}

static void look_ups_of_unknown_number_are_not_judged(void **state)
{
    struct look *look = *state;

    look_post(look, server(), WPB_M_KEYSPACE_MISSES, 1000000);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), -1);
    post_lookups(look, 0, 0);
    assert_int_equal(look_severity(look, "cache.low_hit_ratio"), -1);
}

/* cache.nonpersistent_group */

static void know_prefix(struct look *look)
{
    look->site.has_key_prefix = true;
    look->site.key_prefix = "wp:";
    look->site.key_prefix_len = 3;
}

static void stored_groups_that_must_not_be_are_one_warning(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    know_prefix(look);
    look_post(look, group("counts"), WPB_M_KEYS, 0);
    assert_int_equal(look_severity(look, "cache.nonpersistent_group"), -1);
    look_post(look, group("counts"), WPB_M_KEYS, 1);
    look_post(look, group("plugins"), WPB_M_KEYS, 2);
    look_post(look, group("plugins"), WPB_M_MEMORY_BYTES, 4096);
    assert_int_equal(look_severity(look, "cache.nonpersistent_group"), WPB_WARNING);
    assert_int_equal(look_count(look, "cache.nonpersistent_group"), 1);
    finding = look_found(look, "cache.nonpersistent_group");
    look_assert_says(finding->title, "plugins, counts");
    look_assert_fact(finding, "keys", 3);
    look_assert_fact(finding, "memory_bytes", 4096);
    assert_true(look_has_line(finding->remedy.for_good,
                              "wp --path=/var/www/shop redis update-dropin"));
}

static void theme_json_must_not_be_stored_since_6_3(void **state)
{
    struct look *look = *state;

    know_prefix(look);
    look_post(look, group("theme_json"), WPB_M_KEYS, 5);
    look->site.wp_version = "6.2.9";
    assert_int_equal(look_severity(look, "cache.nonpersistent_group"), -1);
    look->site.wp_version = "";
    assert_int_equal(look_severity(look, "cache.nonpersistent_group"), -1);
    look->site.wp_version = "6.3";
    assert_int_equal(look_severity(look, "cache.nonpersistent_group"), WPB_WARNING);
}

static void a_group_read_by_shape_alone_may_be_of_another_program(void **state)
{
    struct look *look = *state;

    look_post(look, group("counts"), WPB_M_KEYS, 5);
    assert_int_equal(look_severity(look, "cache.nonpersistent_group"), -1);
    look_post_text(look, database("db1"), WPB_M_KEY_PREFIX, "wp:");
    assert_int_equal(look_severity(look, "cache.nonpersistent_group"), WPB_WARNING);
}

/* cache.transient_without_ttl */

static void post_lasting(struct look *look, const char *name, int64_t keys, int64_t bytes)
{
    look_post(look, group(name), WPB_M_KEYS, keys * 2);
    look_post(look, group(name), WPB_M_TTLLESS_KEYS, keys);
    look_post(look, group(name), WPB_M_TTLLESS_BYTES, bytes);
}

static void transients_without_ttl_warn_at_1000_keys_or_16_mib(void **state)
{
    struct look *look = *state;

    post_lasting(look, "transient", 999, 16 * MIB - 1);
    assert_int_equal(look_severity(look, "cache.transient_without_ttl"), -1);
    post_lasting(look, "transient", 1000, 16 * MIB - 1);
    assert_int_equal(look_severity(look, "cache.transient_without_ttl"), WPB_WARNING);
    post_lasting(look, "transient", 999, 16 * MIB);
    assert_int_equal(look_severity(look, "cache.transient_without_ttl"), WPB_WARNING);
    look_assert_fact(look_found(look, "cache.transient_without_ttl"), "ttlless_keys",
                     999);
    assert_string_equal(look_found(look, "cache.transient_without_ttl")->title,
                        "999 transients of group transient never expire (16.0 MiB)");
}

static void other_groups_without_ttl_are_as_wordpress_wants_them(void **state)
{
    struct look *look = *state;

    post_lasting(look, "posts", 100000, 100 * MIB);
    assert_int_equal(look_severity(look, "cache.transient_without_ttl"), -1);
    post_lasting(look, "site-transient", 100000, 100 * MIB);
    assert_int_equal(look_severity(look, "cache.transient_without_ttl"), WPB_WARNING);
}

static void transients_with_an_unknown_ttl_are_not_judged(void **state)
{
    struct look *look = *state;

    look_post(look, group("transient"), WPB_M_KEYS, 100000);
    look_post(look, group("transient"), WPB_M_MEMORY_BYTES, 100 * MIB);
    assert_int_equal(look_severity(look, "cache.transient_without_ttl"), -1);
}

static void the_names_of_lasting_transients_are_told(void **state)
{
    struct look *look = *state;

    post_lasting(look, "transient", 5000, MIB);
    look_post(look, family("transient:wc_var_prices_<n>"), WPB_M_KEYS, 3000);
    look_post(look, family("site-transient:feed_<hex>"), WPB_M_KEYS, 9000);
    look_evaluate(look);
    assert_string_equal(look_found(look, "cache.transient_without_ttl")->cause.note,
                        "Most transients, with or without an expiry, are: "
                        "transient:wc_var_prices_<n> (3,000).");
    look_post(look, family("transient:kestrel_<hex>"), WPB_M_TTLLESS_KEYS, 2500);
    look_evaluate(look);
    assert_string_equal(look_found(look, "cache.transient_without_ttl")->cause.note,
                        "Most of them are: transient:kestrel_<hex> (2,500).");
}

/* cache.feed_transients */

static void post_family(struct look *look, const char *name, int64_t keys, int64_t bytes)
{
    look_post(look, family(name), WPB_M_KEYS, keys);
    look_post(look, family(name), WPB_M_MEMORY_BYTES, bytes);
}

static void feeds_are_a_note_at_512_kib_and_a_warning_at_8_mib(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_family(look, "site-transient:feed_<hex>", 2, 512 * KIB - 101);
    post_family(look, "site-transient:feed_mod_<hex>", 2, 100);
    assert_int_equal(look_severity(look, "cache.feed_transients"), -1);
    post_family(look, "site-transient:feed_<hex>", 2, 512 * KIB - 100);
    assert_int_equal(look_severity(look, "cache.feed_transients"), WPB_INFO);
    finding = look_found(look, "cache.feed_transients");
    look_assert_fact(finding, "keys", 4);
    look_assert_fact(finding, "memory_bytes", 512 * KIB);
    look_assert_fact(finding, "mean_entry_bytes", 128 * KIB);
    post_family(look, "transient:feed_<hex>", 8, 8 * MIB - 512 * KIB - 1);
    assert_int_equal(look_severity(look, "cache.feed_transients"), WPB_INFO);
    post_family(look, "transient:feed_<hex>", 8, 8 * MIB - 512 * KIB);
    assert_int_equal(look_severity(look, "cache.feed_transients"), WPB_WARNING);
}

static void a_large_feed_is_left_to_the_rule_about_feeds(void **state)
{
    static const char *const names[] = {
        "wp:site-transient:feed_d41d8cd98f00b204e9800998ecf8427e",
        "wp:site-transient:feed_of_ours",
        "wp:site-transient:feed_D41D8CD98F00B204E9800998ECF8427E"};
    struct look *look = *state;

    post_family(look, "site-transient:feed_<hex>", 2, 2 * MIB);
    for (size_t i = 0; i < 3; i++) {
        look_post_text(look, look_key(names[i]), WPB_M_GROUP, "site-transient");
        look_post(look, look_key(names[i]), WPB_M_VALUE_BYTES, MIB);
    }
    look_evaluate(look);
    assert_int_equal(look_count(look, "cache.feed_transients"), 1);
    assert_int_equal(look_count(look, "cache.entry_large"), 2);
    /* So large that a single one is worth a word. */
    look_post(look, look_key(names[0]), WPB_M_VALUE_BYTES, 4 * MIB);
    look_evaluate(look);
    assert_int_equal(look_count(look, "cache.entry_large"), 3);
}

static void names_that_only_resemble_feeds_are_none(void **state)
{
    static const char *const names[] = {
        "site-transient:feedback_<hex>",
        "site-transient:feed_settings",
        "site-transient:feed_<n>",
        "transient:feed_<hex>_page",
        "feed_<hex>",
        "options:feed_<hex>",
        "site-transients:feed_<hex>",
        "site-transient:",
        "site-transient",
        "",
    };
    struct look *look = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        post_family(look, names[i], 100, 100 * MIB);
    assert_int_equal(look_severity(look, "cache.feed_transients"), -1);
}

/* All of them */

static void post_everything(struct look *look, const char *name)
{
    struct wpb_subject key = look_key(name);
    char family_name[128];

    know_prefix(look);
    look->site.key_prefix = name;
    look->site.key_prefix_len = strlen(name);
    post_orphans(look, name, INT64_MAX, INT64_MAX);
    post_orphans(look, "posts", INT64_MAX, INT64_MAX);
    post_churn(look, key, 1e300, 1e300);
    post_churn(look, group(name), 1e300, 1e300);
    look_post_text(look, key, WPB_M_KEY_ROLE, name);
    look_post_text(look, key, WPB_M_GROUP, name);
    look_post_text(look, key, WPB_M_ENCODING, "array-literal");
    look_post(look, database("db1"), WPB_M_PREFIX_SITES, INT64_MAX);
    look_post_text(look, database("db1"), WPB_M_PREFIX_SITE_NAMES, name);
    look_post_text(look, look_key("m"), WPB_M_KEY_ROLE, "metrics");
    look_post(look, look_key("m"), WPB_M_OLDEST_SECONDS, INT64_MAX);
    post_encoding(look, "i", NULL, "serialize");
    look_post_text(look, look_key("i"), WPB_M_FLAW, "invalid at byte 1" HOSTILE);
    post_memory(look, name, INT64_MAX, 1);
    post_evictions(look, INT64_MAX, INT64_MAX);
    look_post(look, server(), WPB_M_UPTIME_SECONDS, 600);
    post_lookups(look, 1, INT64_MAX);
    look_post(look, group("counts"), WPB_M_KEYS, INT64_MAX);
    post_lasting(look, "transient", INT64_MAX / 2, INT64_MAX);
    snprintf(family_name, sizeof(family_name), "transient:%s", name);
    post_family(look, family_name, INT64_MAX, INT64_MAX);
    post_family(look, "transient:feed_<hex>", INT64_MAX, INT64_MAX);
}

static void assert_printable(const char *text)
{
    for (; text && *text; text++) {
        if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
            fail_msg("byte 0x%02x in a text", (unsigned)(unsigned char)*text);
    }
}

static void hostile_names_and_numbers_stay_data(void **state)
{
    static const char *const codes[] = {
        "cache.dead_cron",       "cache.eviction_pressure",
        "cache.feed_transients", "cache.low_hit_ratio",
        "cache.misencoded",      "cache.nonpersistent_group",
        "cache.orphans",         "cache.shared_prefix",
        "cache.write_churn",     "cache.transient_without_ttl",
    };
    struct look *look = *state;

    post_everything(look, HOSTILE);
    look_evaluate(look);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (!look_found(look, codes[i]))
            fail_msg("%s is silent", codes[i]);
    }
    for (size_t i = 0; i < look->findings.count; i++) {
        const struct wpb_finding *finding = &look->findings.items[i];
        const char *const *const lists[] = {finding->remedy.now, finding->remedy.for_good,
                                            finding->remedy.verify};
        assert_printable(finding->title);
        assert_printable(finding->summary);
        assert_printable(finding->cause.note);
        assert_printable(finding->remedy.summary);
        for (size_t l = 0; l < 3; l++)
            for (const char *const *line = lists[l]; *line; line++)
                assert_printable(*line);
    }
}

static void each_rule_has_its_page_and_a_remedy(void **state)
{
    struct look *look = *state;

    post_everything(look, "kestrel");
    look_evaluate(look);
    for (size_t i = 0; i < look->findings.count; i++) {
        const struct wpb_finding *finding = &look->findings.items[i];
        char doc[128];

        snprintf(doc, sizeof(doc), "docs/remedies/%s.md", finding->code);
        assert_string_equal(finding->remedy.doc, doc);
        assert_true(finding->title[0] && finding->summary[0]);
        assert_true(finding->remedy.summary[0] && finding->remedy.for_good[0]);
        assert_non_null(finding->cause.kind);
    }
}

static void thresholds_of_these_rules_are_options(void **state)
{
    struct look *look = *state;
    struct wpb_err err;

    post_orphans(look, "posts", 10, 16 * MIB);
    assert_int_equal(look_severity(look, "cache.orphans"), WPB_WARNING);
    assert_int_equal(wpb_rule_values_set(look->values,
                                         wpb_slice_cstr("cache.orphans.warning_bytes"),
                                         wpb_slice_cstr("17M"), &err),
                     0);
    assert_int_equal(look_severity(look, "cache.orphans"), -1);
    assert_int_equal(wpb_rule_values_set(look->values,
                                         wpb_slice_cstr("cache.dead_cron.warning_age"),
                                         wpb_slice_cstr("90s"), &err),
                     0);
    look_post_text(look, look_key(METRICS), WPB_M_KEY_ROLE, "metrics");
    look_post(look, look_key(METRICS), WPB_M_OLDEST_SECONDS, 90);
    assert_int_equal(look_severity(look, "cache.dead_cron"), WPB_WARNING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, look_begin, look_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(orphans_warn_at_16_mib),
        TEST(orphans_warn_at_a_fifth_of_the_keys_of_their_database),
        TEST(a_share_of_few_orphans_is_not_judged),
        TEST(orphans_of_unknown_size_are_judged_by_their_number),
        TEST(stamped_keys_without_orphans_are_no_finding),
        TEST(orphans_are_critical_where_redis_is_nearly_full_and_cannot_evict),
        TEST(orphans_are_one_finding_of_the_database_with_its_groups),
        TEST(orphans_of_an_unknown_database_are_told_of_their_largest_group),
        TEST(orphans_find_the_database_of_any_sort_of_address),
        TEST(orphans_counted_in_a_part_of_the_keys_are_at_least_so_many),
        TEST(orphans_are_explained_by_the_version_of_wordpress),
        TEST(orphans_of_woocommerce_and_of_other_plugins_are_told_apart),
        TEST(the_ceiling_against_orphans_is_that_of_the_drop_in),
        TEST(churn_warns_at_1_mib_and_is_critical_at_10_mib_a_second),
        TEST(a_large_entry_written_once_a_second_is_churn),
        TEST(a_large_entry_of_unknown_length_is_judged_by_the_least_it_can_be),
        TEST(rates_may_be_whole_numbers),
        TEST(rates_that_are_no_numbers_are_unknown),
        TEST(a_group_is_left_to_the_key_that_explains_it),
        TEST(the_metrics_of_the_drop_in_are_no_churn),
        TEST(a_key_that_is_gone_is_no_churn),
        TEST(the_five_worst_churns_are_reported_and_the_rest_counted),
        TEST(two_sites_on_one_prefix_are_critical),
        TEST(each_drop_in_is_told_its_own_way_to_part),
        TEST(a_hostile_site_name_never_becomes_php),
        TEST(the_configuration_to_look_at_is_one_word_of_the_shell),
        TEST(metrics_two_hours_old_mean_that_cron_stands_still),
        TEST(an_old_member_of_another_key_says_nothing_of_cron),
        TEST(a_site_that_nobody_visits_has_no_dead_cron),
        TEST(old_metrics_are_not_also_a_large_entry),
        TEST(the_word_array_is_critical_in_the_options_and_a_warning_elsewhere),
        TEST(usual_encodings_are_no_finding),
        TEST(a_value_that_is_invalid_may_be_deleted),
        TEST(what_was_cut_short_or_cannot_be_read_here_is_not_invalid),
        TEST(a_value_that_changed_while_it_was_read_is_not_invalid),
        TEST(the_fewer_of_two_serializers_are_the_odd_ones),
        TEST(evictions_warn_at_3600_an_hour_in_a_full_redis),
        TEST(evictions_with_room_left_are_past),
        TEST(evictions_of_a_server_just_started_or_of_unknown_age_are_not_judged),
        TEST(evictions_say_how_fast_the_cache_turns_over),
        TEST(a_server_that_evicts_too_much_is_not_also_told_that_all_is_well),
        TEST(relaxed_values_find_what_is_near_a_threshold),
        TEST(a_hit_ratio_below_80_percent_of_100000_look_ups_is_a_warning),
        TEST(our_own_look_ups_are_no_hits_of_the_site),
        TEST(look_ups_of_a_pass_that_came_after_the_count_are_not_in_it),
        TEST(more_own_hits_than_hits_are_not_less_than_none),
        TEST(a_low_hit_ratio_of_a_full_redis_points_at_the_evictions),
        TEST(look_ups_of_unknown_number_are_not_judged),
        TEST(stored_groups_that_must_not_be_are_one_warning),
        TEST(theme_json_must_not_be_stored_since_6_3),
        TEST(a_group_read_by_shape_alone_may_be_of_another_program),
        TEST(transients_without_ttl_warn_at_1000_keys_or_16_mib),
        TEST(other_groups_without_ttl_are_as_wordpress_wants_them),
        TEST(transients_with_an_unknown_ttl_are_not_judged),
        TEST(the_names_of_lasting_transients_are_told),
        TEST(feeds_are_a_note_at_512_kib_and_a_warning_at_8_mib),
        TEST(a_large_feed_is_left_to_the_rule_about_feeds),
        TEST(names_that_only_resemble_feeds_are_none),
        TEST(hostile_names_and_numbers_stay_data),
        TEST(each_rule_has_its_page_and_a_remedy),
        TEST(thresholds_of_these_rules_are_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
