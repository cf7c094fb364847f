/* What is asked of the future of a site, which facts are kept as series, and what the
 * rules about growth say of the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "agent/analyse/series.h"
#include "agent/rules/outlook_asks.h"
#include "rule_look.h"

#define NOTOPTIONS "q7:prod_kx:options:notoptions"
#define DATABASE "mysql://db.test/shop"
#define ENTRY "cache.entry_growth"
#define GROUP "cache.group_growth"
#define MEMORY "cache.memory_forecast"
#define TABLES "database.growth"
#define OPTION "builder.option_growth"
#define DAY INT64_C(86400000)
#define MIB ((int64_t)1024 * 1024)
#define NOW_MS 1000 /* of the window */

static struct wpb_outlook_ask asks[WPB_OUTLOOK_ASKS_MAX];
static size_t asked;

static void ask(struct look *look)
{
    asked = wpb_outlook_asks(look->window, look->values, asks, WPB_OUTLOOK_ASKS_MAX);
}

static const struct wpb_outlook_ask *find_ask(enum wpb_subject_kind kind,
                                              enum wpb_metric metric)
{
    for (size_t i = 0; i < asked; i++) {
        if (asks[i].subject->kind == kind && asks[i].metric == metric)
            return &asks[i];
    }
    return NULL;
}

static void assert_target(enum wpb_subject_kind kind, enum wpb_metric metric,
                          double target)
{
    const struct wpb_outlook_ask *found = find_ask(kind, metric);

    assert_non_null(found);
    if (fabs(found->target - target) > target * 1e-6)
        fail_msg("%.0f is not %.0f", found->target, target);
}

static void set_option(struct look *look, const char *name, const char *text)
{
    assert_int_equal(wpb_rule_values_set(look->values, wpb_slice_cstr(name),
                                         wpb_slice_cstr(text), NULL),
                     0);
}

/* --- subjects --- */

static void post_notoptions(struct look *look, int64_t bytes, int64_t fails_at)
{
    struct wpb_subject key = look_key(NOTOPTIONS);

    look_post(look, key, WPB_M_PRESENT, 1);
    look_post_text(look, key, WPB_M_KEY_ROLE, "notoptions");
    look_post(look, key, WPB_M_VALUE_BYTES, bytes);
    look_post(look, key, WPB_M_ENTRIES, bytes / 50);
    look_post(look, key, WPB_M_TTL_SECONDS, -1);
    if (fails_at)
        look_post(look, key, WPB_M_FAILS_AT_BYTES, fails_at);
}

static struct wpb_subject server_named(const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_SERVER,
                                .scope = wpb_slice_cstr(LOOK_SERVER),
                                .name = wpb_slice_cstr(name)};
}

static void post_server(struct look *look, int64_t used, int64_t limit,
                        const char *policy)
{
    struct wpb_subject server = server_named("");

    look_post(look, server, WPB_M_USED_MEMORY_BYTES, used);
    look_post(look, server, WPB_M_MAXMEMORY_BYTES, limit);
    look_post_text(look, server, WPB_M_MAXMEMORY_POLICY, policy);
}

static void post_database(struct look *look, int64_t bytes, int64_t ttlless)
{
    struct wpb_subject database = server_named("db1");

    look_post(look, database, WPB_M_MEMORY_BYTES, bytes);
    look_post(look, database, WPB_M_TTLLESS_BYTES, ttlless);
    look_post(look, database, WPB_M_KEYS, 1000);
}

static struct wpb_subject group_named(const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_GROUP,
                                .scope = wpb_slice_cstr(LOOK_SCOPE),
                                .name = wpb_slice_cstr(name)};
}

static void post_group(struct look *look, const char *name, int64_t ttlless,
                       enum wpb_provenance of_keys)
{
    look_post_as(look, group_named(name), WPB_M_KEYS, wpb_value_integer(100), of_keys);
    look_post(look, group_named(name), WPB_M_TTLLESS_BYTES, ttlless);
}

static void post_ram(struct look *look, int64_t bytes)
{
    look_post(look, (struct wpb_subject){.kind = WPB_SUBJECT_HOST}, WPB_M_RAM_BYTES,
              bytes);
}

static struct wpb_subject table_named(const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_TABLE,
                                .scope = wpb_slice_cstr(DATABASE),
                                .name = wpb_slice_cstr(name)};
}

static struct wpb_subject option_named(const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_OPTION,
                                .scope = wpb_slice_cstr(DATABASE),
                                .name = wpb_slice_cstr(name)};
}

static void post_option(struct look *look, const char *name, int64_t bytes,
                        int autoloaded)
{
    look_post(look, option_named(name), WPB_M_ROW_BYTES, bytes);
    look_post(look, option_named(name), WPB_M_AUTOLOADED, autoloaded);
    look_post_text(look, option_named(name), WPB_M_META_ROLE, "per page");
    look_post_text(look, option_named(name), WPB_M_BUILDER, "avada");
}

static void post_family(struct look *look, const char *name, int64_t names)
{
    struct wpb_subject key = look_key(NOTOPTIONS);
    struct wpb_subject family = {.kind = WPB_SUBJECT_OPTION_FAMILY,
                                 .scope = key.scope,
                                 .name = wpb_slice_cstr(name),
                                 .parent = &key};

    look_post(look, family, WPB_M_NAMES, names);
}

/* --- outlooks --- */

/* At half of 4 MB, 300 KB a day, there in 6.7 days. */
static struct wpb_outlook outlook_of(enum wpb_metric metric)
{
    return (struct wpb_outlook){.metric = metric,
                                .made_ms = NOW_MS,
                                .told_ms = NOW_MS,
                                .target = 4000000,
                                .level = 2000000,
                                .answer = WPB_OUTLOOK_ETA,
                                .refusal = "",
                                .earliest_ms = NOW_MS + 5 * DAY,
                                .median_ms = NOW_MS + 6 * DAY,
                                .latest_ms = NOW_MS + 8 * DAY,
                                .confidence = 0.9,
                                .has_slope = true,
                                .per_day = 300000,
                                .per_day_low = 250000,
                                .per_day_high = 350000,
                                .epoch_reason = "collapse"};
}

static void foresee(struct look *look, struct wpb_subject subject,
                    const struct wpb_outlook *outlook)
{
    wpb_window_post_outlook(look->window, &subject, outlook);
}

/* The incident's list with OUTLOOK: what the rule says. */
static int severity_of(struct look *look, const struct wpb_outlook *outlook)
{
    post_notoptions(look, 2000000, 4000000);
    foresee(look, look_key(NOTOPTIONS), outlook);
    return look_severity(look, ENTRY);
}

static int severity_with(struct look *look, int64_t earliest_days, int64_t median_days)
{
    struct wpb_outlook outlook = outlook_of(WPB_M_VALUE_BYTES);

    outlook.earliest_ms = NOW_MS + earliest_days * DAY;
    outlook.median_ms = NOW_MS + median_days * DAY;
    outlook.latest_ms = outlook.median_ms + 4 * DAY;
    return severity_of(look, &outlook);
}

/* --- series --- */

static bool is_stored(const struct look *look, enum wpb_subject_kind kind,
                      enum wpb_metric metric)
{
    struct wpb_series series[WPB_SERIES_MAX];
    size_t count = wpb_series_stored(look->window, series, WPB_SERIES_MAX);

    for (size_t i = 0; i < count; i++) {
        if (series[i].subject->kind == kind && series[i].metric == metric)
            return true;
    }
    return false;
}

static void an_absent_watched_key_is_a_point_of_nothing(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key(NOTOPTIONS);
    struct wpb_series series = {.subject = &key, .metric = WPB_M_VALUE_BYTES};
    struct wpb_point point;

    post_notoptions(look, 2000000, 0);
    assert_true(wpb_series_point(look->window, &series, &point));
    assert_true(point.value == 2000000);
    look->time_ms += 60000;
    look_post(look, key, WPB_M_PRESENT, 0);
    assert_true(wpb_series_point(look->window, &series, &point));
    assert_true(point.value == 0);
    assert_int_equal(point.time_ms, look->time_ms);
    assert_true(is_stored(look, WPB_SUBJECT_REDIS_KEY, WPB_M_VALUE_BYTES));
}

static void a_pass_that_was_not_completed_gives_no_point_of_a_group(void **state)
{
    struct look *look = *state;

    post_group(look, "posts", 5 * MIB, WPB_ESTIMATED);
    assert_false(is_stored(look, WPB_SUBJECT_REDIS_GROUP, WPB_M_TTLLESS_BYTES));
    post_group(look, "posts", 5 * MIB, WPB_EXACT);
    assert_true(is_stored(look, WPB_SUBJECT_REDIS_GROUP, WPB_M_TTLLESS_BYTES));
}

static void keys_are_followed_by_their_length_where_it_is_watched(void **state)
{
    struct look *look = *state;
    struct wpb_subject watched = look_key(NOTOPTIONS), other = look_key("q7:menu");

    post_notoptions(look, 2000000, 0);
    look_post(look, watched, WPB_M_MEMORY_BYTES, 2400000);
    look_post(look, other, WPB_M_MEMORY_BYTES, 700000);
    look_post(look, other, WPB_M_VALUE_BYTES, 600000);
    assert_int_equal(wpb_series_key_metric(look->window, &watched), WPB_M_VALUE_BYTES);
    assert_int_equal(wpb_series_key_metric(look->window, &other), WPB_M_MEMORY_BYTES);
}

static void a_huge_site_keeps_no_more_than_there_is_room_for(void **state)
{
    struct look *look = *state;
    struct wpb_series series[WPB_SERIES_MAX + 1];
    char name[32];
    size_t count;

    post_notoptions(look, 2000000, 4000000);
    post_server(look, 100 * MIB, 400 * MIB, "noeviction");
    post_database(look, 90 * MIB, 80 * MIB);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "q7:key-%d", i);
        look_post(look, look_key(name), WPB_M_MEMORY_BYTES, 1000 + i);
        look_post(look, look_key(name), WPB_M_PHP_READ_PEAK_BYTES, 9000);
        post_group(look, name, 5000 + i, WPB_EXACT);
        look_post(look, table_named(name), WPB_M_DATA_BYTES, 5000 + i);
        post_option(look, name, 5000 + i, 1);
        post_family(look, name, 10 + i);
    }
    count = wpb_series_stored(look->window, series, WPB_SERIES_MAX + 1);
    assert_in_range(count, 40, WPB_SERIES_MAX);
    assert_true(wpb_slice_is(series[0].subject->name, NOTOPTIONS));
    ask(look);
    assert_in_range(asked, 15, WPB_OUTLOOK_ASKS_MAX);
    assert_int_equal(wpb_outlook_asks(look->window, look->values, asks, 3), 3);
}

/* --- asks --- */

static void nothing_known_is_nothing_asked(void **state)
{
    ask(*state);
    assert_int_equal(asked, 0);
}

static void a_list_is_asked_against_its_failure_size(void **state)
{
    struct look *look = *state;

    post_notoptions(look, 2000000, 26700000);
    ask(look);
    assert_int_equal(asked, 1);
    assert_target(WPB_SUBJECT_REDIS_KEY, WPB_M_VALUE_BYTES, 26700000);
    set_option(look, "cache.entry_growth.baseline_bytes", "96M");
    ask(look);
    assert_target(WPB_SUBJECT_REDIS_KEY, WPB_M_VALUE_BYTES, 26700000.0 / 4);
}

static void without_a_memory_limit_no_entry_is_asked_for(void **state)
{
    struct look *look = *state;

    post_notoptions(look, 2000000, 26700000);
    look->site.memory_limit_bytes = 0;
    ask(look);
    assert_int_equal(asked, 0);
    look->site.memory_limit_bytes = UINT64_MAX;
    ask(look);
    assert_int_equal(asked, 0);
    look->site.memory_limit_bytes = 64 * 1024 * 1024;
    set_option(look, "cache.entry_growth.baseline_bytes", "64M");
    ask(look);
    assert_int_equal(asked, 0);
}

static void an_examined_entry_is_asked_by_what_it_takes_in_php(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key("q7:menu");

    look_post(look, key, WPB_M_MEMORY_BYTES, 4 * MIB);
    ask(look);
    assert_int_equal(asked, 0);
    look_post(look, key, WPB_M_PHP_READ_PEAK_BYTES, 16 * MIB);
    look_post(look, key, WPB_M_PHP_REWRITE_PEAK_BYTES, 32 * MIB);
    ask(look);
    assert_target(WPB_SUBJECT_REDIS_KEY, WPB_M_MEMORY_BYTES, 16.0 * MIB);
}

static void under_noeviction_all_memory_is_asked_for(void **state)
{
    struct look *look = *state;

    post_server(look, 100 * MIB, 400 * MIB, "noeviction");
    post_database(look, 90 * MIB, 80 * MIB);
    post_group(look, "posts", 60 * MIB, WPB_EXACT);
    ask(look);
    assert_int_equal(asked, 2);
    assert_target(WPB_SUBJECT_REDIS_SERVER, WPB_M_USED_MEMORY_BYTES, 400.0 * MIB);
    assert_target(WPB_SUBJECT_REDIS_GROUP, WPB_M_TTLLESS_BYTES, 360.0 * MIB);
}

static void under_volatile_policies_what_expires_gives_way(void **state)
{
    struct look *look = *state;

    post_server(look, 100 * MIB, 400 * MIB, "volatile-lru");
    post_database(look, 90 * MIB, 80 * MIB);
    post_group(look, "posts", 60 * MIB, WPB_EXACT);
    ask(look);
    assert_int_equal(asked, 2);
    assert_target(WPB_SUBJECT_REDIS_SERVER, WPB_M_TTLLESS_BYTES, 390.0 * MIB);
    assert_target(WPB_SUBJECT_REDIS_GROUP, WPB_M_TTLLESS_BYTES, 370.0 * MIB);
}

static void where_any_key_is_evicted_nothing_fails(void **state)
{
    struct look *look = *state;

    post_server(look, 100 * MIB, 400 * MIB, "allkeys-lru");
    post_database(look, 90 * MIB, 80 * MIB);
    post_group(look, "posts", 60 * MIB, WPB_EXACT);
    ask(look);
    assert_int_equal(asked, 0);
}

static void without_maxmemory_the_machine_is_the_limit(void **state)
{
    struct look *look = *state;

    post_server(look, 100 * MIB, 0, "noeviction");
    ask(look);
    assert_int_equal(asked, 0);
    post_ram(look, 4096 * MIB);
    ask(look);
    assert_target(WPB_SUBJECT_REDIS_SERVER, WPB_M_USED_MEMORY_BYTES, 2048.0 * MIB);
}

static void the_database_is_asked_against_the_thresholds_of_its_rules(void **state)
{
    struct look *look = *state;
    struct wpb_subject server = {.kind = WPB_SUBJECT_MYSQL_SERVER,
                                 .scope = wpb_slice_cstr("mysql://db.test")};

    look_post(look, server, WPB_M_POOL_BYTES, 512 * MIB);
    look_post(look, table_named("kx_options"), WPB_M_AUTOLOAD_BYTES, 700000);
    look_post(look, table_named("kx_postmeta"), WPB_M_DATA_BYTES, 300 * MIB);
    look_post(look, table_named("kx_kestrel_log"), WPB_M_DATA_BYTES, 400 * MIB);
    look_post(look, table_named("kx_woocommerce_sessions"), WPB_M_ROWS, 200000);
    look_post(look, table_named("kx_actionscheduler_actions"), WPB_M_LOG_ROWS, 3000000);
    post_option(look, "fusion_dynamic_css_posts", 300000, 1);
    ask(look);
    assert_int_equal(asked, 5);
    assert_target(WPB_SUBJECT_TABLE, WPB_M_AUTOLOAD_BYTES, 3.0 * MIB);
    assert_target(WPB_SUBJECT_TABLE, WPB_M_DATA_BYTES, 512.0 * MIB);
    assert_target(WPB_SUBJECT_TABLE, WPB_M_ROWS, 1e6);
    assert_target(WPB_SUBJECT_TABLE, WPB_M_LOG_ROWS, 1e7);
    assert_target(WPB_SUBJECT_OPTION, WPB_M_ROW_BYTES, 1.0 * MIB);
    /* The nearest to its target is first. */
    assert_int_equal(asks[0].metric, WPB_M_DATA_BYTES);

    post_ram(look, 160 * MIB);
    post_option(look, "fusion_dynamic_css_posts", 300000, 0);
    ask(look);
    assert_target(WPB_SUBJECT_TABLE, WPB_M_AUTOLOAD_BYTES, 1.0 * MIB);
    assert_target(WPB_SUBJECT_OPTION, WPB_M_ROW_BYTES, 4.0 * MIB);
}

static void parts_are_asked_behind_the_wholes(void **state)
{
    struct look *look = *state;

    post_notoptions(look, 2000000, 4000000);
    post_family(look, "kestrel_<hex>", 39000);
    ask(look);
    assert_int_equal(asked, 2);
    assert_int_equal(asks[0].subject->kind, WPB_SUBJECT_REDIS_KEY);
    /* 40,000 names take 2 MB: another 40,000 fit. */
    assert_target(WPB_SUBJECT_OPTION_FAMILY, WPB_M_NAMES, 79000);
}

/* --- the gate --- */

static void without_an_outlook_nothing_is_said(void **state)
{
    struct look *look = *state;

    post_notoptions(look, 2000000, 4000000);
    assert_int_equal(look_severity(look, ENTRY), -1);
}

static void the_earliest_time_decides_about_a_warning(void **state)
{
    assert_int_equal(severity_with(*state, 14, 20), WPB_WARNING);
    assert_int_equal(severity_with(*state, 15, 20), -1);
}

static void the_median_time_decides_what_is_critical(void **state)
{
    assert_int_equal(severity_with(*state, 2, 4), WPB_CRITICAL);
    assert_int_equal(severity_with(*state, 2, 5), WPB_WARNING);
}

static void a_small_level_is_not_alerted_however_fast_it_grows(void **state)
{
    struct look *look = *state;
    struct wpb_outlook outlook = outlook_of(WPB_M_VALUE_BYTES);

    outlook.level = 390000;
    post_notoptions(look, 390000, 4000000);
    foresee(look, look_key(NOTOPTIONS), &outlook);
    assert_int_equal(look_severity(look, ENTRY), -1);
    post_notoptions(look, 400000, 4000000);
    assert_int_equal(look_severity(look, ENTRY), WPB_WARNING);
}

/* A window keeps the newest outlook, so they come in the order in which they were made.
 */
static void a_refusal_or_an_old_outlook_says_nothing(void **state)
{
    struct wpb_outlook outlook = outlook_of(WPB_M_VALUE_BYTES);

    outlook.made_ms = NOW_MS - 6 * 3600000 - 1;
    assert_int_equal(severity_of(*state, &outlook), -1);
    outlook.made_ms++;
    assert_int_equal(severity_of(*state, &outlook), WPB_WARNING);
    outlook.made_ms = NOW_MS;
    outlook.answer = WPB_OUTLOOK_REFUSED;
    outlook.refusal = "no_trend";
    assert_int_equal(severity_of(*state, &outlook), -1);
    outlook = outlook_of(WPB_M_VALUE_BYTES);
    outlook.made_ms = NOW_MS + DAY;
    assert_int_equal(severity_of(*state, &outlook), -1);
}

static void what_was_emptied_since_is_over(void **state)
{
    struct look *look = *state;
    struct wpb_outlook outlook = outlook_of(WPB_M_VALUE_BYTES);

    assert_int_equal(severity_of(look, &outlook), WPB_WARNING);
    look->time_ms += 60000;
    post_notoptions(look, 999999, 4000000);
    assert_int_equal(look_severity(look, ENTRY), -1);
    look_post(look, look_key(NOTOPTIONS), WPB_M_PRESENT, 0);
    assert_int_equal(look_severity(look, ENTRY), -1);
}

static void what_has_grown_into_its_target_is_critical(void **state)
{
    struct wpb_outlook outlook = outlook_of(WPB_M_VALUE_BYTES);

    outlook.answer = WPB_OUTLOOK_REACHED;
    assert_int_equal(severity_of(*state, &outlook), WPB_CRITICAL);
    look_assert_says(look_found(*state, ENTRY)->title, "has grown by 293 KiB a day");
    outlook.has_slope = false;
    assert_int_equal(severity_of(*state, &outlook), -1);
}

/* --- what is said --- */

static void the_incident_is_told_with_its_slope_its_time_and_its_period(void **state)
{
    struct look *look = *state;
    struct wpb_outlook outlook = outlook_of(WPB_M_VALUE_BYTES);
    const struct wpb_finding *finding;

    outlook.flushes = 3;
    outlook.scored = 64;
    outlook.covered = 58;
    snprintf(outlook.flush_text, sizeof(outlook.flush_text),
             "flushed every ~10 days, would reach the limit on day 12");
    assert_int_equal(severity_of(look, &outlook), WPB_WARNING);
    finding = look_found(look, ENTRY);
    look_assert_says(finding->title, "notoptions grows by 293 KiB a day");
    look_assert_says(finding->title, "in about 6 days (5 to 8)");
    look_assert_says(finding->summary, "1.9 MiB now");
    look_assert_says(finding->summary, "3.8 MiB");
    look_assert_says(finding->summary, "memory_limit of 128 MiB");
    look_assert_says(finding->summary, "a flush only restarts the growth");
    look_assert_fact(finding, "value_bytes", 2000000);
    look_assert_fact(finding, "growth_bytes_per_day", 300000);
    look_assert_fact(finding, "fails_at_bytes", 4000000);
    assert_int_equal(look_fact(finding, "fails_at_bytes")->provenance, WPB_ESTIMATED);
    assert_int_equal(look_fact(finding, "growth_bytes_per_day")->provenance,
                     WPB_ESTIMATED);
    look_assert_null_fact(finding, "ttl_seconds");
    look_assert_null_fact(finding, "baseline_peak_bytes");
    assert_non_null(finding->forecast);
    assert_int_equal(finding->forecast->answer, WPB_OUTLOOK_ETA);
    assert_int_equal(finding->forecast->median_ms, NOW_MS + 6 * DAY);
    assert_true(finding->forecast->level == 2000000);
    assert_int_equal(finding->forecast->covered, 58);
    assert_string_equal(finding->forecast->flush_period,
                        "Flushed every ~10 days, would reach the limit on day 12.");
}

static void the_family_that_grows_is_named_first(void **state)
{
    struct look *look = *state;
    struct wpb_outlook outlook = outlook_of(WPB_M_VALUE_BYTES);
    struct wpb_subject key = look_key(NOTOPTIONS);
    struct wpb_subject family = {.kind = WPB_SUBJECT_OPTION_FAMILY,
                                 .scope = key.scope,
                                 .name = wpb_slice_cstr("kestrel_<hex>"),
                                 .parent = &key};
    const struct wpb_finding *finding;

    post_family(look, "old_<int>", 30000);
    post_family(look, "kestrel_<hex>", 9000);
    assert_int_equal(severity_of(look, &outlook), WPB_WARNING);
    finding = look_found(look, ENTRY);
    assert_true(wpb_slice_is(finding->cause.families[0].template_name, "old_<int>"));

    outlook = outlook_of(WPB_M_NAMES);
    outlook.level = 9000;
    outlook.per_day = 6100;
    foresee(look, family, &outlook);
    look_evaluate(look);
    finding = look_found(look, ENTRY);
    assert_int_equal(finding->cause.family_count, 2);
    assert_true(wpb_slice_is(finding->cause.families[0].template_name, "kestrel_<hex>"));
    look_assert_says(finding->cause.note,
                     "New names come from: kestrel_<hex> (6,100 a day).");
}

static void relaxed_thresholds_keep_what_they_have_found(void **state)
{
    struct look *look = *state;

    assert_int_equal(severity_with(look, 15, 20), -1);
    wpb_rule_values_relax(look->values, 0.9);
    assert_int_equal(look_severity(look, ENTRY), WPB_WARNING);
}

/* Rules about sizes tell it too, also when nobody can say. */
static void a_finding_about_a_size_carries_the_forecast(void **state)
{
    struct look *look = *state;
    struct wpb_outlook outlook = outlook_of(WPB_M_VALUE_BYTES);
    const struct wpb_finding *finding;

    post_notoptions(look, 2000000, 4000000);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_non_null(finding);
    assert_null(finding->forecast);
    outlook.answer = WPB_OUTLOOK_REFUSED;
    outlook.refusal = "too_short_history";
    snprintf(outlook.text, sizeof(outlook.text), "It was watched for only an hour.");
    foresee(look, look_key(NOTOPTIONS), &outlook);
    look_evaluate(look);
    finding = look_found(look, "cache.notoptions_bloat");
    assert_non_null(finding->forecast);
    assert_string_equal(finding->forecast->refused, "too_short_history");
    assert_string_equal(finding->forecast->reason, "It was watched for only an hour.");
    assert_null(look_found(look, ENTRY));
}

static void times_below_two_days_are_told_in_hours(void **state)
{
    struct wpb_outlook outlook = outlook_of(WPB_M_VALUE_BYTES);

    outlook.earliest_ms = NOW_MS + 20 * 3600000;
    outlook.median_ms = NOW_MS + 30 * 3600000;
    outlook.latest_ms = NOW_MS + 50 * 3600000;
    assert_int_equal(severity_of(*state, &outlook), WPB_CRITICAL);
    look_assert_says(look_found(*state, ENTRY)->title, "in about 30 hours (20 to 50)");
}

static void an_entry_with_a_hostile_name_is_told_safely(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key("q7:\x1b[31m:a@example.test");
    struct wpb_outlook outlook = outlook_of(WPB_M_MEMORY_BYTES);
    const struct wpb_finding *finding;

    look_post(look, key, WPB_M_MEMORY_BYTES, 2000000);
    look_post(look, key, WPB_M_PHP_READ_PEAK_BYTES, 64 * MIB);
    foresee(look, key, &outlook);
    assert_int_equal(look_severity(look, ENTRY), WPB_WARNING);
    finding = look_found(look, ENTRY);
    assert_null(strchr(finding->title, '\x1b'));
    assert_null(strstr(finding->title, "a@example.test"));
    look_assert_fact(finding, "memory_bytes", 2000000);
}

static void a_group_that_fills_redis_is_told(void **state)
{
    struct look *look = *state;
    struct wpb_outlook outlook = outlook_of(WPB_M_TTLLESS_BYTES);
    const struct wpb_finding *finding;

    post_server(look, 100 * MIB, 400 * MIB, "volatile-lru");
    post_database(look, 90 * MIB, 80 * MIB);
    post_group(look, "wpr_lazy", 2000000, WPB_EXACT);
    foresee(look, group_named("wpr_lazy"), &outlook);
    assert_int_equal(look_severity(look, GROUP), WPB_WARNING);
    finding = look_found(look, GROUP);
    look_assert_says(finding->title, "Group wpr_lazy grows by 293 KiB a day");
    look_assert_says(finding->summary, "volatile-lru");
    look_assert_says(finding->summary, "answers every write with an error");
    look_assert_fact(finding, "growth_bytes_per_day", 300000);
    look_assert_fact(finding, "full_at_bytes", 4000000);
    assert_non_null(finding->forecast);
}

static void memory_that_fills_is_told_once_for_all_sites_of_a_server(void **state)
{
    struct look *look = *state;
    struct wpb_outlook outlook = outlook_of(WPB_M_USED_MEMORY_BYTES);
    const struct wpb_finding *finding;

    post_server(look, 2000000, 4000000, "noeviction");
    foresee(look, server_named(""), &outlook);
    assert_int_equal(look_severity(look, MEMORY), WPB_WARNING);
    assert_int_equal(look_count(look, MEMORY), 1);
    finding = look_found(look, MEMORY);
    look_assert_says(finding->title, "The memory of Redis grows by 293 KiB a day");
    look_assert_says(finding->summary, "its policy is noeviction");
    look_assert_fact(finding, "maxmemory_bytes", 4000000);
    assert_true(look_has_line(finding->remedy.now,
                              "redis-cli -s /run/redis.sock CONFIG SET "
                              "maxmemory-policy allkeys-lru"));
}

static void under_volatile_policies_what_never_expires_is_told(void **state)
{
    struct look *look = *state;
    struct wpb_outlook outlook = outlook_of(WPB_M_TTLLESS_BYTES);

    post_server(look, 3000000, 4000000, "volatile-ttl");
    post_database(look, 3000000, 2000000);
    foresee(look, server_named("db1"), &outlook);
    assert_int_equal(look_severity(look, MEMORY), WPB_WARNING);
    look_assert_says(look_found(look, MEMORY)->title,
                     "Redis fills with entries that never expire, by 293 KiB a day");
}

static void autoloaded_options_that_grow_are_told_with_their_owner(void **state)
{
    struct look *look = *state;
    struct wpb_subject table = table_named("kx_options");
    struct wpb_subject component = {.kind = WPB_SUBJECT_COMPONENT,
                                    .scope = table.scope,
                                    .name = wpb_slice_cstr("plugin:kestrel"),
                                    .parent = &table};
    struct wpb_outlook outlook = outlook_of(WPB_M_AUTOLOAD_BYTES);
    const struct wpb_finding *finding;

    look_post(look, table, WPB_M_AUTOLOAD_BYTES, 2000000);
    look_post(look, component, WPB_M_AUTOLOAD_BYTES, 500000);
    look_post(look, component, WPB_M_OPTIONS, 12);
    foresee(look, table, &outlook);
    outlook.level = 500000;
    outlook.per_day = 290000;
    foresee(look, component, &outlook);
    assert_int_equal(look_severity(look, TABLES), WPB_WARNING);
    finding = look_found(look, TABLES);
    look_assert_says(finding->title, "The autoloaded options grow by 293 KiB a day");
    look_assert_fact(finding, "autoload_bytes", 2000000);
    look_assert_fact(finding, "limit_bytes", 4000000);
    assert_int_equal(look_fact(finding, "limit_bytes")->provenance, WPB_EXACT);
    assert_string_equal(finding->cause.confidence, "likely");
    assert_int_equal(finding->cause.component_count, 1);
    assert_int_equal(finding->cause.components[0].bytes, 500000);
    look_assert_says(finding->cause.note, "plugin:kestrel (283 KiB)");
}

static void tables_that_grow_are_told_by_what_is_too_much_of_them(void **state)
{
    static const struct {
        const char *table;
        enum wpb_metric metric;
        const char *title, *pace;
    } cases[] = {
        {"kx_postmeta", WPB_M_DATA_BYTES, "The table kx_postmeta grows by 293 KiB a day",
         "growth_bytes_per_day"},
        {"kx_woocommerce_sessions", WPB_M_ROWS,
         "The sessions of WooCommerce grow by 300,000 a day", "growth_rows_per_day"},
        {"kx_actionscheduler_actions", WPB_M_LOG_ROWS,
         "The log of Action Scheduler grows by 300,000 a day", "growth_rows_per_day"},
    };
    struct wpb_subject server = {.kind = WPB_SUBJECT_MYSQL_SERVER,
                                 .scope = wpb_slice_cstr("mysql://db.test")};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wpb_outlook outlook = outlook_of(cases[i].metric);
        const struct wpb_finding *finding;
        struct look *look;

        look_end(state);
        look_begin(state);
        look = *state;
        look_post(look, server, WPB_M_POOL_BYTES, 4000000);
        look_post(look, table_named(cases[i].table), cases[i].metric, 2000000);
        foresee(look, table_named(cases[i].table), &outlook);
        assert_int_equal(look_severity(look, TABLES), WPB_WARNING);
        finding = look_found(look, TABLES);
        look_assert_says(finding->title, cases[i].title);
        look_assert_fact(finding, cases[i].pace, 300000);
        assert_non_null(finding->forecast);
        assert_non_null(finding->remedy.now[0]);
    }
}

static void a_growing_option_of_a_builder_is_told(void **state)
{
    struct look *look = *state;
    struct wpb_outlook outlook = outlook_of(WPB_M_ROW_BYTES);
    const struct wpb_finding *finding;

    post_option(look, "fusion_dynamic_css_posts", 2000000, 0);
    foresee(look, option_named("fusion_dynamic_css_posts"), &outlook);
    assert_int_equal(look_severity(look, OPTION), WPB_WARNING);
    finding = look_found(look, OPTION);
    look_assert_says(finding->title, "fusion_dynamic_css_posts");
    look_assert_says(finding->title, "grows by 293 KiB a day");
    look_assert_fact(finding, "row_bytes", 2000000);
    look_assert_fact(finding, "limit_bytes", 4000000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, look_begin, look_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_absent_watched_key_is_a_point_of_nothing),
        TEST(a_pass_that_was_not_completed_gives_no_point_of_a_group),
        TEST(keys_are_followed_by_their_length_where_it_is_watched),
        TEST(a_huge_site_keeps_no_more_than_there_is_room_for),
        TEST(nothing_known_is_nothing_asked),
        TEST(a_list_is_asked_against_its_failure_size),
        TEST(without_a_memory_limit_no_entry_is_asked_for),
        TEST(an_examined_entry_is_asked_by_what_it_takes_in_php),
        TEST(under_noeviction_all_memory_is_asked_for),
        TEST(under_volatile_policies_what_expires_gives_way),
        TEST(where_any_key_is_evicted_nothing_fails),
        TEST(without_maxmemory_the_machine_is_the_limit),
        TEST(the_database_is_asked_against_the_thresholds_of_its_rules),
        TEST(parts_are_asked_behind_the_wholes),
        TEST(without_an_outlook_nothing_is_said),
        TEST(the_earliest_time_decides_about_a_warning),
        TEST(the_median_time_decides_what_is_critical),
        TEST(a_small_level_is_not_alerted_however_fast_it_grows),
        TEST(a_refusal_or_an_old_outlook_says_nothing),
        TEST(what_was_emptied_since_is_over),
        TEST(what_has_grown_into_its_target_is_critical),
        TEST(the_incident_is_told_with_its_slope_its_time_and_its_period),
        TEST(the_family_that_grows_is_named_first),
        TEST(relaxed_thresholds_keep_what_they_have_found),
        TEST(a_finding_about_a_size_carries_the_forecast),
        TEST(times_below_two_days_are_told_in_hours),
        TEST(an_entry_with_a_hostile_name_is_told_safely),
        TEST(a_group_that_fills_redis_is_told),
        TEST(memory_that_fills_is_told_once_for_all_sites_of_a_server),
        TEST(under_volatile_policies_what_never_expires_is_told),
        TEST(autoloaded_options_that_grow_are_told_with_their_owner),
        TEST(tables_that_grow_are_told_by_what_is_too_much_of_them),
        TEST(a_growing_option_of_a_builder_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
