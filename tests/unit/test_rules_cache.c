#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rule_look.h"

#define SCOPE LOOK_SCOPE
#define SERVER LOOK_SERVER
#define NOTOPTIONS "q7:prod_kx:options:notoptions"
#define KIB 1024
#define MIB (1024 * 1024)
#define GIB (1024LL * 1024 * 1024)

static void post_role(struct look *look, const char *key, const char *role)
{
    look_post_text(look, look_key(key), WPB_M_KEY_ROLE, role);
}

static void post_notoptions(struct look *look, int64_t bytes, int64_t entries)
{
    post_role(look, NOTOPTIONS, "notoptions");
    look_post(look, look_key(NOTOPTIONS), WPB_M_VALUE_BYTES, bytes);
    look_post(look, look_key(NOTOPTIONS), WPB_M_ENTRIES, entries);
}

/* What a watchlist and an examination say of the incident's key. */
static void post_incident(struct look *look)
{
    struct wpb_subject key = look_key(NOTOPTIONS);

    post_notoptions(look, 3971911, 65768);
    look_post(look, key, WPB_M_TTL_SECONDS, -1);
    look_post(look, key, WPB_M_PHP_READ_PEAK_BYTES, 16300000);
    look_post(look, key, WPB_M_PHP_REWRITE_PEAK_BYTES, 25000000);
    look_post(look, key, WPB_M_FAILS_AT_BYTES, 26700000);
}

static struct wpb_subject family_of(const struct wpb_subject *key, const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_OPTION_FAMILY,
                                .scope = key->scope,
                                .name = wpb_slice_cstr(name),
                                .parent = key};
}

static void post_family(struct look *look, const char *key_name, const char *name,
                        int64_t names, double share)
{
    struct wpb_subject key = look_key(key_name);

    look_post(look, family_of(&key, name), WPB_M_NAMES, names);
    look_post_as(look, family_of(&key, name), WPB_M_SHARE_RATIO, wpb_value_double(share),
                 WPB_EXACT);
}

static void post_source(struct look *look, const char *name, int64_t matches,
                        enum wpb_provenance provenance)
{
    struct wpb_subject key = look_key(NOTOPTIONS);
    struct wpb_subject family = family_of(&key, name);

    look_post_as(look, family, WPB_M_SOURCE_MATCHES, wpb_value_integer(matches),
                 provenance);
    if (matches == 0)
        return;
    look_post_text(look, family, WPB_M_SOURCE_COMPONENT, "plugin:kestrel-pricing");
    look_post_text(look, family, WPB_M_SOURCE_FILE,
                   "wp-content/plugins/kestrel-pricing/includes/class-tariff.php");
    look_post(look, family, WPB_M_SOURCE_LINE, 5);
    look_post_text(look, family, WPB_M_SOURCE_EXCERPT,
                   "get_option( 'kestrel_tariff_v2_'");
}

/* All rules */

static void an_empty_window_has_no_findings(void **state)
{
    struct look *look = *state;

    look_evaluate(look);
    assert_int_equal(look->findings.count, 0);
}

static void an_absent_key_has_no_finding(void **state)
{
    struct look *look = *state;

    post_incident(look);
    look_post(look, look_key(NOTOPTIONS), WPB_M_PRESENT, 0);
    look_evaluate(look);
    assert_int_equal(look->findings.count, 0);
}

static void a_key_of_known_role_and_unknown_size_has_no_finding(void **state)
{
    struct look *look = *state;

    post_role(look, "a", "notoptions");
    post_role(look, "b", "alloptions");
    look_post(look, look_key("c"), WPB_M_TTL_SECONDS, -1);
    look_evaluate(look);
    assert_int_equal(look->findings.count, 0);
}

static void findings_are_ordered_worst_first_then_by_code_and_subject(void **state)
{
    struct look *look = *state;

    look_post(look, look_key("b"), WPB_M_VALUE_BYTES, 600 * KIB);
    look_post(look, look_key("a"), WPB_M_VALUE_BYTES, 600 * KIB);
    post_incident(look);
    look_evaluate(look);
    assert_int_equal(look->findings.count, 3);
    assert_string_equal(look->findings.items[0].code, "cache.notoptions_bloat");
    assert_true(wpb_slice_is(look->findings.items[1].subject->name, "a"));
    assert_true(wpb_slice_is(look->findings.items[2].subject->name, "b"));
}

static void findings_of_an_earlier_site_stay(void **state)
{
    struct look *look = *state;

    post_incident(look);
    look_evaluate(look);
    wpb_rules_evaluate((const struct wpb_window *const *)&look->window, 1, look->values,
                       &look->findings);
    assert_int_equal(look->findings.count, 2);
}

/* cache.notoptions_bloat */

static void notoptions_warns_at_256_kib(void **state)
{
    struct look *look = *state;

    post_notoptions(look, 256 * KIB - 1, 10);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), -1);
    post_notoptions(look, 256 * KIB, 10);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_WARNING);
}

static void notoptions_is_critical_at_1_mib(void **state)
{
    struct look *look = *state;

    post_notoptions(look, MIB - 1, 10);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_WARNING);
    post_notoptions(look, MIB, 10);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_CRITICAL);
}

static void notoptions_warns_at_5000_names(void **state)
{
    struct look *look = *state;

    post_notoptions(look, KIB, 4999);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), -1);
    post_notoptions(look, KIB, 5000);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_WARNING);
}

static void notoptions_is_critical_at_20000_names(void **state)
{
    struct look *look = *state;

    post_notoptions(look, KIB, 19999);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_WARNING);
    post_notoptions(look, KIB, 20000);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_CRITICAL);
}

static void notoptions_is_judged_by_its_share_of_memory_limit(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key(NOTOPTIONS);

    look->site.memory_limit_bytes = 1000000;
    post_notoptions(look, KIB, 10);
    look_post(look, key, WPB_M_PHP_REWRITE_PEAK_BYTES, 199999);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), -1);
    look_post(look, key, WPB_M_PHP_REWRITE_PEAK_BYTES, 200000);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_WARNING);
    look_post(look, key, WPB_M_PHP_REWRITE_PEAK_BYTES, 499999);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_WARNING);
    look_post(look, key, WPB_M_PHP_REWRITE_PEAK_BYTES, 500000);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_CRITICAL);
}

static void a_share_of_an_unknown_or_unlimited_memory_limit_is_not_judged(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key(NOTOPTIONS);

    post_notoptions(look, KIB, 10);
    look_post(look, key, WPB_M_PHP_REWRITE_PEAK_BYTES, 512 * MIB);
    look->site.memory_limit_bytes = 0;
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), -1);
    look->site.memory_limit_bytes = UINT64_MAX;
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), -1);
}

static void notoptions_carries_the_evidence_of_the_schema(void **state)
{
    static const char *const names[] = {
        "value_bytes",
        "entries",
        "ttl_seconds",
        "php_read_peak_bytes",
        "php_rewrite_peak_bytes",
        "memory_limit_bytes",
        "baseline_peak_bytes",
        "fails_at_bytes",
    };
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_incident(look);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_non_null(finding);
    assert_int_equal(finding->evidence_count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(finding->evidence[i].name, names[i]);
    look_assert_fact(finding, "value_bytes", 3971911);
    look_assert_fact(finding, "entries", 65768);
    look_assert_null_fact(finding, "ttl_seconds");
    look_assert_fact(finding, "php_read_peak_bytes", 16300000);
    look_assert_fact(finding, "php_rewrite_peak_bytes", 25000000);
    look_assert_fact(finding, "memory_limit_bytes", 128 * MIB);
    look_assert_null_fact(finding, "baseline_peak_bytes");
    look_assert_fact(finding, "fails_at_bytes", 26700000);
    assert_int_equal(look_fact(finding, "fails_at_bytes")->provenance, WPB_ESTIMATED);
    assert_int_equal(look_fact(finding, "php_read_peak_bytes")->provenance, WPB_EXACT);
    assert_ptr_equal(finding->subject, wpb_window_find(look->window, finding->subject));
    assert_ptr_equal(finding->site, &look->site);
}

static void notoptions_says_what_is_wrong_in_plain_words(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_incident(look);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_string_equal(
        finding->title,
        "notoptions holds 65,768 names of options that do not exist (3.8 MiB, no TTL)");
    look_assert_says(finding->summary, "every request reads the whole list");
    look_assert_says(finding->summary, "15.5 MiB of memory, and 23.8 MiB whenever");
    look_assert_says(finding->summary, "HTTP 500");
    look_assert_says(finding->summary, "at a list of at most 25.5 MiB");
    look_assert_says(finding->summary, "flushing the cache only restarts the growth");
}

static void notoptions_of_wordpress_6_5_is_read_by_nearly_every_request(void **state)
{
    struct look *look = *state;

    post_incident(look);
    look->site.wp_version = "6.5.2";
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.notoptions_bloat")->summary,
                     "and nearly every request reads");
    look->site.wp_version = "6.8";
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.notoptions_bloat")->summary,
                     "and every request reads");
    look->site.wp_version = "10.0-beta";
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.notoptions_bloat")->summary,
                     "and every request reads");
}

static void notoptions_of_wordpress_6_7_also_gains_deleted_names(void **state)
{
    struct look *look = *state;

    post_incident(look);
    look->site.wp_version = "6.6.9";
    look_evaluate(look);
    assert_null(
        strstr(look_found(look, "cache.notoptions_bloat")->cause.note, "deleted"));
    look->site.wp_version = "6.7";
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.notoptions_bloat")->cause.note,
                     "WordPress 6.7 also adds the name of every option that is deleted");
}

static void notoptions_is_judged_by_redis_memory_when_only_that_is_known(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key(NOTOPTIONS);
    const struct wpb_finding *finding;

    post_role(look, NOTOPTIONS, "notoptions");
    /* A length of 256 KiB may take up to 320 KiB. */
    look_post(look, key, WPB_M_MEMORY_BYTES, 320 * KIB - 1);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_WARNING);
    look_post(look, key, WPB_M_MEMORY_BYTES, 319 * KIB);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), -1);
    look_post(look, key, WPB_M_MEMORY_BYTES, 2 * MIB);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_CRITICAL);
    finding = look_found(look, "cache.notoptions_bloat");
    look_assert_null_fact(finding, "value_bytes");
    look_assert_fact(finding, "memory_bytes", 2 * MIB);
    look_assert_null_fact(finding, "php_rewrite_peak_bytes");
    look_assert_null_fact(finding, "fails_at_bytes");
    assert_null(look_fact(finding, "ttl_seconds")); /* unknown, not "never" */
    look_assert_says(finding->title, "has grown to 2.0 MiB of Redis memory");
    assert_string_equal(finding->cause.confidence, "unknown");
    look_assert_says(finding->cause.note, "were not read");
}

static void notoptions_that_expires_says_when(void **state)
{
    struct look *look = *state;

    post_incident(look);
    look_post(look, look_key(NOTOPTIONS), WPB_M_TTL_SECONDS, 59);
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.notoptions_bloat")->title,
                     "(3.8 MiB, expires in 59 s)");
    look_assert_fact(look_found(look, "cache.notoptions_bloat"), "ttl_seconds", 59);
}

static void estimates_of_the_watchlist_stay_estimates(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_notoptions(look, 3971911, 65768);
    look_post_as(look, look_key(NOTOPTIONS), WPB_M_PHP_READ_PEAK_BYTES,
                 wpb_value_integer(16300000), WPB_ESTIMATED);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_int_equal(look_fact(finding, "php_read_peak_bytes")->provenance,
                     WPB_ESTIMATED);
}

static void notoptions_past_the_limit_says_that_it_fails_already(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key(NOTOPTIONS);

    post_incident(look);
    look->site.memory_limit_bytes = 25000000;
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.notoptions_bloat")->summary,
                     "every request that asks for a new name ends in an HTTP 500");
    look_post(look, key, WPB_M_PHP_READ_PEAK_BYTES, 25000000);
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.notoptions_bloat")->summary,
                     "HTTP 500 until it is deleted");
}

static void notoptions_without_a_limit_names_the_hosts_memory(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_incident(look);
    look->site.memory_limit_bytes = UINT64_MAX;
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    look_assert_says(finding->summary, "no memory_limit");
    look_assert_null_fact(finding, "memory_limit_bytes");
    look->site.memory_limit_bytes = 0;
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    look_assert_says(finding->summary, "limit is not known here");
    look_assert_null_fact(finding, "memory_limit_bytes");
}

static void the_largest_family_with_one_exact_source_is_the_likely_cause(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_incident(look);
    post_family(look, NOTOPTIONS, "lumen_<n>", 728, 0.01);
    post_family(look, NOTOPTIONS, "kestrel_tariff_v2_<hex>", 61164, 0.93);
    post_source(look, "kestrel_tariff_v2_<hex>", 1, WPB_EXACT);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_string_equal(finding->cause.kind, "option_families");
    assert_string_equal(finding->cause.confidence, "likely");
    assert_int_equal(finding->cause.family_count, 2);
    const struct wpb_family_cause *top = &finding->cause.families[0];
    assert_true(wpb_slice_is(top->template_name, "kestrel_tariff_v2_<hex>"));
    assert_int_equal(top->names, 61164);
    assert_true(top->has_source && top->was_searched);
    assert_true(wpb_slice_is(top->component, "plugin:kestrel-pricing"));
    assert_int_equal(top->line, 5);
    assert_int_equal(top->matches, 1);
    assert_false(finding->cause.families[1].was_searched);
    look_assert_says(
        finding->remedy.for_good[0],
        "Mend wp-content/plugins/kestrel-pricing/includes/class-tariff.php:5");
    assert_true(
        look_has_line(finding->remedy.for_good,
                      "wp --path=/var/www/shop plugin deactivate kestrel-pricing"));
}

static void several_matches_are_only_a_possible_cause(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_incident(look);
    post_family(look, NOTOPTIONS, "kestrel_tariff_v2_<hex>", 61164, 0.93);
    post_source(look, "kestrel_tariff_v2_<hex>", 3, WPB_EXACT);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_string_equal(finding->cause.confidence, "possible");
    look_assert_says(finding->remedy.for_good[0], "Look first at");
    assert_false(
        look_has_line(finding->remedy.for_good,
                      "wp --path=/var/www/shop plugin deactivate kestrel-pricing"));
}

static void a_shortened_literal_is_only_a_possible_cause(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_incident(look);
    post_family(look, NOTOPTIONS, "kestrel_tariff_v2_<hex>", 61164, 0.93);
    post_source(look, "kestrel_tariff_v2_<hex>", 1, WPB_ESTIMATED);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_string_equal(finding->cause.confidence, "possible");
    look_assert_says(finding->cause.note, "only the beginning of a name");
}

static void an_exact_source_of_few_names_is_only_a_possible_cause(void **state)
{
    struct look *look = *state;

    post_incident(look);
    post_family(look, NOTOPTIONS, "kestrel_tariff_v2_<hex>", 30000, 0.49);
    post_source(look, "kestrel_tariff_v2_<hex>", 1, WPB_EXACT);
    look_evaluate(look);
    assert_string_equal(look_found(look, "cache.notoptions_bloat")->cause.confidence,
                        "possible");
}

static void families_without_a_source_have_an_unknown_cause(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_incident(look);
    post_family(look, NOTOPTIONS, "kestrel_tariff_v2_<hex>", 61164, 0.93);
    post_source(look, "kestrel_tariff_v2_<hex>", 0, WPB_EXACT);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_string_equal(finding->cause.confidence, "unknown");
    assert_true(finding->cause.families[0].was_searched);
    assert_false(finding->cause.families[0].has_source);
}

static void families_of_a_site_without_files_say_that_nobody_could_look(void **state)
{
    struct look *look = *state;

    look->site.path = "";
    post_incident(look);
    post_family(look, NOTOPTIONS, "kestrel_tariff_v2_<hex>", 61164, 0.93);
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.notoptions_bloat")->cause.note,
                     "scan the site's folder");
}

static void no_more_than_ten_families_are_told_largest_first(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;
    char name[32];

    post_incident(look);
    for (int i = 0; i < 15; i++) {
        snprintf(name, sizeof(name), "family%02d_<n>", i);
        post_family(look, NOTOPTIONS, name, 100 + i, 0.05);
    }
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_int_equal(finding->cause.family_count, 10);
    assert_int_equal(finding->cause.families[0].names, 114);
    assert_int_equal(finding->cause.families[9].names, 105);
}

static void a_value_that_could_not_be_taken_apart_says_why(void **state)
{
    struct look *look = *state;

    post_incident(look);
    look_post_text(look, look_key(NOTOPTIONS), WPB_M_FLAW,
                   "invalid at byte 7: expected ';'");
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.notoptions_bloat")->cause.note,
                     "invalid at byte 7: expected ';'");
}

static void the_remedy_names_the_server_the_database_and_the_key(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_incident(look);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_true(look_has_line(finding->remedy.now,
                              "redis-cli -s /run/redis.sock -n 1 UNLINK " NOTOPTIONS));
    assert_true(look_has_line(finding->remedy.verify, "wpbloat explain redis " NOTOPTIONS
                                                      " --site /var/www/shop"));
    assert_true(look_has_line(finding->remedy.verify,
                              "redis-cli -s /run/redis.sock -n 1 STRLEN " NOTOPTIONS));
    assert_true(
        look_has_line(finding->remedy.for_good, "define( 'WP_REDIS_MAXTTL', 86400 );"));
    assert_string_equal(finding->remedy.doc, "docs/remedies/cache.notoptions_bloat.md");
    assert_null(strstr(finding->remedy.summary, "REDISCLI_AUTH"));
}

static void a_drop_in_without_a_ceiling_is_not_told_of_one(void **state)
{
    struct look *look = *state;

    look->site.flavour = WPB_FLAVOUR_WP_REDIS;
    post_incident(look);
    look_evaluate(look);
    assert_false(
        look_has_line(look_found(look, "cache.notoptions_bloat")->remedy.for_good,
                      "define( 'WP_REDIS_MAXTTL', 86400 );"));
}

static void a_password_is_asked_for_and_never_shown(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look->site.redis.password = "hunter2";
    look->site.redis.user = "cache reader";
    post_incident(look);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    look_assert_says(finding->remedy.summary, "REDISCLI_AUTH");
    assert_null(strstr(finding->remedy.summary, "hunter2"));
    assert_true(look_has_line(
        finding->remedy.now,
        "redis-cli -s /run/redis.sock --user 'cache reader' -n 1 UNLINK " NOTOPTIONS));
}

static void a_key_of_a_file_is_deleted_in_the_database_it_is_from(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key(NOTOPTIONS);
    const struct wpb_finding *finding;

    key.scope = wpb_slice_cstr("rdb:///var/lib/redis/dump.rdb?db=3");
    look_post_text(look, key, WPB_M_KEY_ROLE, "notoptions");
    look_post(look, key, WPB_M_VALUE_BYTES, 3971911);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_true(look_has_line(finding->remedy.now,
                              "redis-cli -s /run/redis.sock -n 3 UNLINK " NOTOPTIONS));
    assert_true(look_has_line(
        finding->remedy.verify,
        "wpbloat explain redis " NOTOPTIONS
        " --site /var/www/shop --redis 'rdb:///var/lib/redis/dump.rdb?db=3'"));

    look->site.has_redis = false; /* a file alone */
    look->site.path = "";
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_true(look_has_line(finding->remedy.now, "redis-cli -n 3 UNLINK " NOTOPTIONS));
    assert_true(look_has_line(finding->remedy.verify,
                              "wpbloat explain redis " NOTOPTIONS
                              " --redis 'rdb:///var/lib/redis/dump.rdb?db=3'"));
}

static void an_ad_hoc_site_is_explained_by_its_uri(void **state)
{
    struct look *look = *state;

    look->site.path = "";
    post_incident(look);
    look_evaluate(look);
    assert_true(look_has_line(look_found(look, "cache.notoptions_bloat")->remedy.verify,
                              "wpbloat explain redis " NOTOPTIONS " --redis '" SCOPE
                              "'"));
}

/* Run COMMAND with a redis-cli that prints its arguments in brackets. */
static void run(const char *command, char *output, size_t size)
{
    char line[4096];
    FILE *pipe;
    size_t len;

    assert_int_equal(strncmp(command, "redis-cli ", 10), 0);
    snprintf(line, sizeof(line), "printf '[%%s]' %s", command + 10);
    pipe = popen(line, "r");
    assert_non_null(pipe);
    len = fread(output, 1, size - 1, pipe);
    output[len] = '\0';
    assert_int_equal(pclose(pipe), 0);
}

static void a_hostile_key_name_never_becomes_shell_syntax(void **state)
{
    static const char *const names[] = {
        "a'; echo pwned; '", "$(echo pwned)",      "`echo pwned`", "a b", "-n 5",
        "a\"b\\c",           "a|b&c;d>e<f*g?h[i]", "~root",        "!!",  "#c",
    };
    struct look *look = *state;
    char output[4096], expected[4096];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        post_role(look, names[i], "notoptions");
        look_post(look, look_key(names[i]), WPB_M_VALUE_BYTES, MIB);
    }
    look_evaluate(look);
    assert_int_equal(look->findings.count, sizeof(names) / sizeof(names[0]));
    for (size_t i = 0; i < look->findings.count; i++) {
        const struct wpb_finding *finding = &look->findings.items[i];
        run(finding->remedy.now[0], output, sizeof(output));
        snprintf(expected, sizeof(expected), "[-s][/run/redis.sock][-n][1][UNLINK][%.*s]",
                 (int)finding->subject->name.len, finding->subject->name.data);
        assert_string_equal(output, expected);
    }
}

static void a_key_with_control_bytes_is_given_to_redis_cli_as_input(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key_of(wpb_slice_of("a\0'\n\x1b[1m%s\"\xff", 12));
    const struct wpb_finding *finding;

    look_post_text(look, key, WPB_M_KEY_ROLE, "notoptions");
    look_post(look, key, WPB_M_VALUE_BYTES, MIB);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_string_equal(
        finding->remedy.now[0],
        "printf '%s\\n' 'UNLINK \"a\\x00\\x27\\x0a\\x1b\\x5b1m\\x25s\\x22\\xff\"' | "
        "redis-cli -s /run/redis.sock -n 1");
    /* No command line can carry NUL. */
    assert_string_equal(finding->remedy.verify[0],
                        "printf '%s\\n' 'STRLEN "
                        "\"a\\x00\\x27\\x0a\\x1b\\x5b1m\\x25s\\x22\\xff\"' | "
                        "redis-cli -s /run/redis.sock -n 1");
    assert_null(finding->remedy.verify[1]);
}

static void thresholds_are_options(void **state)
{
    struct look *look = *state;
    struct wpb_err err;

    post_notoptions(look, 300 * KIB, 10);
    assert_int_equal(
        wpb_rule_values_set(look->values,
                            wpb_slice_cstr("cache.notoptions_bloat.warning_bytes"),
                            wpb_slice_cstr("301K"), &err),
        0);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), -1);
    assert_int_equal(
        wpb_rule_values_set(look->values,
                            wpb_slice_cstr("cache.notoptions_bloat.critical_bytes"),
                            wpb_slice_cstr("300K"), &err),
        0);
    assert_int_equal(look_severity(look, "cache.notoptions_bloat"), WPB_CRITICAL);
}

/* cache.alloptions_large */

static void alloptions_warns_at_800000_bytes_and_is_critical_at_1000000(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key("all");

    post_role(look, "all", "alloptions");
    look_post(look, key, WPB_M_VALUE_BYTES, 799999);
    assert_int_equal(look_severity(look, "cache.alloptions_large"), -1);
    look_post(look, key, WPB_M_VALUE_BYTES, 800000);
    assert_int_equal(look_severity(look, "cache.alloptions_large"), WPB_WARNING);
    look_post(look, key, WPB_M_VALUE_BYTES, 999999);
    assert_int_equal(look_severity(look, "cache.alloptions_large"), WPB_WARNING);
    look_post(look, key, WPB_M_VALUE_BYTES, 1000000);
    assert_int_equal(look_severity(look, "cache.alloptions_large"), WPB_CRITICAL);
    look_assert_fact(look_found(look, "cache.alloptions_large"), "value_bytes", 1000000);
}

static void alloptions_names_its_heaviest_options(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key("all");
    struct wpb_subject path = {
        .kind = WPB_SUBJECT_PATH, .scope = key.scope, .parent = &key};
    char name[32];

    post_role(look, "all", "alloptions");
    look_post(look, key, WPB_M_VALUE_BYTES, 2000000);
    for (int i = 0; i < 7; i++) {
        snprintf(name, sizeof(name), "option%d", i);
        path.name = wpb_slice_cstr(name);
        look_post(look, path, WPB_M_VALUE_BYTES, 100 * KIB + i * KIB);
    }
    path.name = wpb_slice_cstr("user_jane.doe@example.test");
    look_post(look, path, WPB_M_VALUE_BYTES, 200 * KIB);
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.alloptions_large")->cause.note,
                     "Heaviest inside: u***@*** (200 KiB), option6 (106 KiB), option5 "
                     "(105 KiB), option4 (104 KiB), option3 (103 KiB).");
    assert_null(
        strstr(look_found(look, "cache.alloptions_large")->cause.note, "example.test"));
}

static void a_large_alloptions_is_not_also_a_large_entry(void **state)
{
    struct look *look = *state;

    post_role(look, "all", "alloptions");
    look_post(look, look_key("all"), WPB_M_VALUE_BYTES, 5 * MIB);
    look_evaluate(look);
    assert_int_equal(look->findings.count, 1);
    assert_string_equal(look->findings.items[0].code, "cache.alloptions_large");
}

/* cache.entry_decode_peak */

static void post_examined(struct look *look, const char *name, int64_t read,
                          int64_t rewrite)
{
    struct wpb_subject key = look_key(name);

    look_post(look, key, WPB_M_VALUE_BYTES, 100 * KIB);
    look_post(look, key, WPB_M_EXAMINED_BYTES, 100 * KIB);
    look_post(look, key, WPB_M_PHP_READ_PEAK_BYTES, read);
    if (rewrite)
        look_post(look, key, WPB_M_PHP_REWRITE_PEAK_BYTES, rewrite);
}

static void decode_peak_warns_at_a_quarter_and_is_critical_at_60_percent(void **state)
{
    struct look *look = *state;

    look->site.memory_limit_bytes = 1000000;
    post_examined(look, "a", 249999, 0);
    assert_int_equal(look_severity(look, "cache.entry_decode_peak"), -1);
    post_examined(look, "a", 250000, 0);
    assert_int_equal(look_severity(look, "cache.entry_decode_peak"), WPB_WARNING);
    post_examined(look, "a", 250000, 599999);
    assert_int_equal(look_severity(look, "cache.entry_decode_peak"), WPB_WARNING);
    post_examined(look, "a", 250000, 600000);
    assert_int_equal(look_severity(look, "cache.entry_decode_peak"), WPB_CRITICAL);
    look_assert_says(look_found(look, "cache.entry_decode_peak")->title,
                     "60 % of memory_limit");
}

static void decode_peak_needs_an_examination_and_a_limit(void **state)
{
    struct look *look = *state;

    look_post(look, look_key("a"), WPB_M_PHP_READ_PEAK_BYTES, 127 * MIB);
    assert_int_equal(look_severity(look, "cache.entry_decode_peak"), -1);
    post_examined(look, "a", 127 * MIB, 0);
    assert_int_equal(look_severity(look, "cache.entry_decode_peak"), WPB_CRITICAL);
    look->site.memory_limit_bytes = 0;
    assert_int_equal(look_severity(look, "cache.entry_decode_peak"), -1);
    look->site.memory_limit_bytes = UINT64_MAX;
    assert_int_equal(look_severity(look, "cache.entry_decode_peak"), -1);
}

static void decode_peak_is_not_repeated_for_a_bloated_notoptions(void **state)
{
    struct look *look = *state;

    post_incident(look);
    look_post(look, look_key(NOTOPTIONS), WPB_M_EXAMINED_BYTES, 3971911);
    look->site.memory_limit_bytes = 40 * MIB;
    look_evaluate(look);
    assert_int_equal(look->findings.count, 1);
    assert_string_equal(look->findings.items[0].code, "cache.notoptions_bloat");
}

/* cache.entry_large */

static void an_entry_is_large_at_512_kib_and_critical_at_4_mib(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key("a");

    look_post(look, key, WPB_M_VALUE_BYTES, 512 * KIB - 1);
    assert_int_equal(look_severity(look, "cache.entry_large"), -1);
    look_post(look, key, WPB_M_VALUE_BYTES, 512 * KIB);
    assert_int_equal(look_severity(look, "cache.entry_large"), WPB_WARNING);
    look_post(look, key, WPB_M_VALUE_BYTES, 4 * MIB - 1);
    assert_int_equal(look_severity(look, "cache.entry_large"), WPB_WARNING);
    look_post(look, key, WPB_M_VALUE_BYTES, 4 * MIB);
    assert_int_equal(look_severity(look, "cache.entry_large"), WPB_CRITICAL);
}

static void a_post_meta_entry_is_large_at_256_kib(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key("wp:post_meta:5");

    look_post_text(look, key, WPB_M_GROUP, "post_meta");
    look_post(look, key, WPB_M_VALUE_BYTES, 256 * KIB - 1);
    assert_int_equal(look_severity(look, "cache.entry_large"), -1);
    look_post(look, key, WPB_M_VALUE_BYTES, 256 * KIB);
    assert_int_equal(look_severity(look, "cache.entry_large"), WPB_WARNING);
    assert_string_equal(look_found(look, "cache.entry_large")->title,
                        "An entry of group post_meta takes 256 KiB");
}

static void the_ten_largest_entries_are_reported_and_the_rest_counted(void **state)
{
    struct look *look = *state;
    char name[32];

    for (int i = 0; i < 13; i++) {
        snprintf(name, sizeof(name), "k%02d", i);
        look_post(look, look_key(name), WPB_M_VALUE_BYTES, MIB + i);
    }
    look_evaluate(look);
    assert_int_equal(look_count(look, "cache.entry_large"), 10);
    for (size_t i = 0; i < look->findings.count; i++) {
        const struct wpb_finding *finding = &look->findings.items[i];
        bool is_largest = wpb_slice_is(finding->subject->name, "k12");
        assert_false(wpb_slice_is(finding->subject->name, "k02"));
        assert_int_equal(strstr(finding->summary, "At least 3 more") != NULL, is_largest);
    }
}

static void a_large_entry_with_a_better_explanation_is_left_to_it(void **state)
{
    struct look *look = *state;

    post_examined(look, "a", 100 * MIB, 0);
    look_post(look, look_key("a"), WPB_M_VALUE_BYTES, 8 * MIB);
    post_incident(look);
    look_evaluate(look);
    assert_int_equal(look_count(look, "cache.entry_large"), 0);
    assert_int_equal(look_count(look, "cache.entry_decode_peak"), 1);
    assert_int_equal(look_count(look, "cache.notoptions_bloat"), 1);
}

static void
a_large_transient_may_be_deleted_and_a_post_meta_entry_comes_back(void **state)
{
    struct look *look = *state;
    struct wpb_subject transient = look_key("wp:transient:feed");
    struct wpb_subject meta = look_key("wp:post_meta:5");

    look_post_text(look, transient, WPB_M_GROUP, "transient");
    look_post(look, transient, WPB_M_VALUE_BYTES, MIB);
    look_post_text(look, meta, WPB_M_GROUP, "post_meta");
    look_post(look, meta, WPB_M_VALUE_BYTES, MIB);
    look_evaluate(look);
    assert_int_equal(look->findings.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct wpb_finding *finding = &look->findings.items[i];
        bool is_transient = wpb_slice_is(finding->subject->name, "wp:transient:feed");
        assert_int_equal(
            look_has_line(finding->remedy.now,
                          "redis-cli -s /run/redis.sock -n 1 UNLINK wp:transient:feed"),
            is_transient);
        look_assert_says(finding->remedy.summary,
                         is_transient ? "Deleting the entry is safe" : "does not help");
    }
}

static void a_large_metrics_zset_points_at_wp_cron(void **state)
{
    struct look *look = *state;

    post_role(look, "wp:redis-cache:metrics", "metrics");
    look_post(look, look_key("wp:redis-cache:metrics"), WPB_M_MEMORY_BYTES, 10 * MIB);
    look_evaluate(look);
    look_assert_says(look_found(look, "cache.entry_large")->cause.note, "WP-Cron");
}

static void what_is_unknown_of_a_large_entry_is_left_out(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look->site.memory_limit_bytes = 0;
    look_post(look, look_key("a"), WPB_M_MEMORY_BYTES, 700 * KIB);
    look_evaluate(look);
    finding = look_found(look, "cache.entry_large");
    assert_int_equal(finding->evidence_count, 1);
    look_assert_fact(finding, "memory_bytes", 700 * KIB);
}

/* cache.ttlless_share */

static struct wpb_subject server(void)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_SERVER,
                                .scope = wpb_slice_cstr(SERVER),
                                .name = wpb_slice_cstr("")};
}

static void post_database(struct look *look, const char *name, int64_t keys,
                          int64_t ttlless)
{
    struct wpb_subject parent = server(), database = server();

    database.name = wpb_slice_cstr(name);
    database.parent = &parent;
    look_post(look, database, WPB_M_KEYS, keys);
    look_post(look, database, WPB_M_TTLLESS_KEYS, ttlless);
}

static void post_server(struct look *look, const char *policy, int64_t used,
                        int64_t limit)
{
    look_post_text(look, server(), WPB_M_MAXMEMORY_POLICY, policy);
    look_post(look, server(), WPB_M_USED_MEMORY_BYTES, used);
    look_post(look, server(), WPB_M_MAXMEMORY_BYTES, limit);
}

static void volatile_policy_with_mostly_ttlless_keys_is_a_warning(void **state)
{
    struct look *look = *state;

    post_server(look, "volatile-lru", 100 * MIB, 256 * MIB);
    post_database(look, "db1", 1000, 499);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), -1);
    post_database(look, "db1", 1000, 500);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_WARNING);
    look_assert_says(look_found(look, "cache.ttlless_share")->title,
                     "50 % of its keys have none");
}

static void volatile_policy_is_critical_at_90_percent_of_maxmemory(void **state)
{
    struct look *look = *state;

    post_database(look, "db1", 77726, 76480);
    post_server(look, "volatile-ttl", 899, 1000);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_WARNING);
    post_server(look, "volatile-ttl", 900, 1000);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_CRITICAL);
    assert_true(look_has_line(
        look_found(look, "cache.ttlless_share")->remedy.now,
        "redis-cli -s /run/redis.sock CONFIG SET maxmemory-policy allkeys-lru"));
}

static void noeviction_warns_at_75_and_is_critical_at_90_percent(void **state)
{
    struct look *look = *state;

    post_server(look, "noeviction", 749, 1000);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), -1);
    post_server(look, "noeviction", 750, 1000);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_WARNING);
    post_server(look, "noeviction", 899, 1000);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_WARNING);
    post_server(look, "noeviction", 900, 1000);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_CRITICAL);
    look_assert_null_fact(look_found(look, "cache.ttlless_share"), "ttlless_share_ratio");
}

static void allkeys_policy_is_never_more_than_a_note(void **state)
{
    struct look *look = *state;

    post_database(look, "db1", 1000, 1000);
    post_server(look, "allkeys-lfu", 899, 1000);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), -1);
    post_server(look, "allkeys-lfu", 1000, 1000);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_INFO);
}

static void a_server_without_maxmemory_is_judged_by_what_it_uses(void **state)
{
    struct look *look = *state;

    post_database(look, "db1", 1000, 900);
    post_server(look, "noeviction", 256 * MIB - 1, 0);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), -1);
    post_server(look, "noeviction", 256 * MIB, 0);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_INFO);
    post_server(look, "noeviction", GIB - 1, 0);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_INFO);
    post_server(look, "noeviction", GIB, 0);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_WARNING);
    post_database(look, "db1", 1000, 100);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), -1);
}

static void keys_of_all_databases_share_the_memory(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_server(look, "volatile-lru", 1, 1000);
    post_database(look, "db0", 1000, 0);
    post_database(look, "db1", 500, 500);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), -1);
    post_database(look, "db2", 500, 500);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), WPB_WARNING);
    finding = look_found(look, "cache.ttlless_share");
    look_assert_fact(finding, "keys", 2000);
    look_assert_fact(finding, "ttlless_keys", 1000);
    assert_int_equal(look->findings.count, 1);
}

static void counts_from_a_part_of_the_keys_stay_estimates(void **state)
{
    struct look *look = *state;
    struct wpb_subject database = server();
    const struct wpb_finding *finding;

    database.name = wpb_slice_cstr("db1");
    post_server(look, "volatile-lru", 1, 1000);
    look_post_as(look, database, WPB_M_KEYS, wpb_value_integer(10), WPB_ESTIMATED);
    look_post_as(look, database, WPB_M_TTLLESS_KEYS, wpb_value_integer(9), WPB_ESTIMATED);
    look_evaluate(look);
    finding = look_found(look, "cache.ttlless_share");
    assert_int_equal(look_fact(finding, "ttlless_share_ratio")->provenance,
                     WPB_ESTIMATED);
    assert_int_equal(look_fact(finding, "used_memory_bytes")->provenance, WPB_EXACT);
}

static void an_unknown_policy_or_memory_is_not_judged(void **state)
{
    struct look *look = *state;

    post_database(look, "db1", 1000, 1000);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), -1);
    look_post(look, server(), WPB_M_USED_MEMORY_BYTES, GIB);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), -1);
    look_post(look, server(), WPB_M_MAXMEMORY_BYTES, GIB);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), -1);
}

static void an_empty_server_has_no_share(void **state)
{
    struct look *look = *state;

    post_server(look, "volatile-lru", 1, 1000);
    post_database(look, "db1", 0, 0);
    assert_int_equal(look_severity(look, "cache.ttlless_share"), -1);
}

static void the_groups_with_most_ttlless_memory_are_named(void **state)
{
    struct look *look = *state;
    struct wpb_subject group = {.kind = WPB_SUBJECT_REDIS_GROUP,
                                .scope = wpb_slice_cstr(SCOPE)};
    const char *note;

    post_server(look, "volatile-lru", 1, 1000);
    post_database(look, "db1", 1000, 1000);
    group.name = wpb_slice_cstr("posts");
    look_post(look, group, WPB_M_TTLLESS_BYTES, 20 * MIB);
    group.name = wpb_slice_cstr("post_meta");
    look_post(look, group, WPB_M_TTLLESS_BYTES, 58 * MIB);
    group.scope = wpb_slice_cstr("unix:///run/redis.sock2?db=1");
    group.name = wpb_slice_cstr("elsewhere");
    look_post(look, group, WPB_M_TTLLESS_BYTES, 90 * MIB);
    look_evaluate(look);
    note = look_found(look, "cache.ttlless_share")->cause.note;
    look_assert_says(note, "post_meta (58.0 MiB), posts (20.0 MiB).");
    assert_null(strstr(note, "elsewhere"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, look_begin, look_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_window_has_no_findings),
        TEST(an_absent_key_has_no_finding),
        TEST(a_key_of_known_role_and_unknown_size_has_no_finding),
        TEST(findings_are_ordered_worst_first_then_by_code_and_subject),
        TEST(findings_of_an_earlier_site_stay),
        TEST(notoptions_warns_at_256_kib),
        TEST(notoptions_is_critical_at_1_mib),
        TEST(notoptions_warns_at_5000_names),
        TEST(notoptions_is_critical_at_20000_names),
        TEST(notoptions_is_judged_by_its_share_of_memory_limit),
        TEST(a_share_of_an_unknown_or_unlimited_memory_limit_is_not_judged),
        TEST(notoptions_carries_the_evidence_of_the_schema),
        TEST(notoptions_says_what_is_wrong_in_plain_words),
        TEST(notoptions_of_wordpress_6_5_is_read_by_nearly_every_request),
        TEST(notoptions_of_wordpress_6_7_also_gains_deleted_names),
        TEST(notoptions_is_judged_by_redis_memory_when_only_that_is_known),
        TEST(notoptions_that_expires_says_when),
        TEST(estimates_of_the_watchlist_stay_estimates),
        TEST(notoptions_past_the_limit_says_that_it_fails_already),
        TEST(notoptions_without_a_limit_names_the_hosts_memory),
        TEST(the_largest_family_with_one_exact_source_is_the_likely_cause),
        TEST(several_matches_are_only_a_possible_cause),
        TEST(a_shortened_literal_is_only_a_possible_cause),
        TEST(an_exact_source_of_few_names_is_only_a_possible_cause),
        TEST(families_without_a_source_have_an_unknown_cause),
        TEST(families_of_a_site_without_files_say_that_nobody_could_look),
        TEST(no_more_than_ten_families_are_told_largest_first),
        TEST(a_value_that_could_not_be_taken_apart_says_why),
        TEST(the_remedy_names_the_server_the_database_and_the_key),
        TEST(a_drop_in_without_a_ceiling_is_not_told_of_one),
        TEST(a_password_is_asked_for_and_never_shown),
        TEST(a_key_of_a_file_is_deleted_in_the_database_it_is_from),
        TEST(an_ad_hoc_site_is_explained_by_its_uri),
        TEST(a_hostile_key_name_never_becomes_shell_syntax),
        TEST(a_key_with_control_bytes_is_given_to_redis_cli_as_input),
        TEST(thresholds_are_options),
        TEST(alloptions_warns_at_800000_bytes_and_is_critical_at_1000000),
        TEST(alloptions_names_its_heaviest_options),
        TEST(a_large_alloptions_is_not_also_a_large_entry),
        TEST(decode_peak_warns_at_a_quarter_and_is_critical_at_60_percent),
        TEST(decode_peak_needs_an_examination_and_a_limit),
        TEST(decode_peak_is_not_repeated_for_a_bloated_notoptions),
        TEST(an_entry_is_large_at_512_kib_and_critical_at_4_mib),
        TEST(a_post_meta_entry_is_large_at_256_kib),
        TEST(the_ten_largest_entries_are_reported_and_the_rest_counted),
        TEST(a_large_entry_with_a_better_explanation_is_left_to_it),
        TEST(a_large_transient_may_be_deleted_and_a_post_meta_entry_comes_back),
        TEST(a_large_metrics_zset_points_at_wp_cron),
        TEST(what_is_unknown_of_a_large_entry_is_left_out),
        TEST(volatile_policy_with_mostly_ttlless_keys_is_a_warning),
        TEST(volatile_policy_is_critical_at_90_percent_of_maxmemory),
        TEST(noeviction_warns_at_75_and_is_critical_at_90_percent),
        TEST(allkeys_policy_is_never_more_than_a_note),
        TEST(a_server_without_maxmemory_is_judged_by_what_it_uses),
        TEST(keys_of_all_databases_share_the_memory),
        TEST(counts_from_a_part_of_the_keys_stay_estimates),
        TEST(an_unknown_policy_or_memory_is_not_judged),
        TEST(an_empty_server_has_no_share),
        TEST(the_groups_with_most_ttlless_memory_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
