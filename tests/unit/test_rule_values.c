#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/rules/context.h"

static int begin(void **state)
{
    *state = wpb_rule_values_new();
    return *state ? 0 : -1;
}

static int end(void **state)
{
    wpb_rule_values_free(*state);
    return 0;
}

static int set(struct wpb_rule_values *values, const char *name, const char *text,
               struct wpb_err *err)
{
    return wpb_rule_values_set(values, wpb_slice_cstr(name), wpb_slice_cstr(text), err);
}

static void assert_says(const struct wpb_err *err, const char *part)
{
    if (!strstr(err->message, part))
        fail_msg("\"%s\" does not say \"%s\"", err->message, part);
}

static void values_start_at_their_defaults(void **state)
{
    assert_true(wpb_rule_values_get(*state, "cache.notoptions_bloat", "warning_bytes") ==
                262144);
    assert_true(wpb_rule_values_get(*state, "cache.notoptions_bloat",
                                    "critical_peak_ratio") == 0.5);
    assert_true(wpb_rule_values_get(*state, "cache.alloptions_large", "warning_bytes") ==
                800000);
}

static void a_value_is_replaced_by_its_full_name(void **state)
{
    struct wpb_err err;

    assert_int_equal(set(*state, "cache.notoptions_bloat.warning_bytes", "2M", &err), 0);
    assert_true(wpb_rule_values_get(*state, "cache.notoptions_bloat", "warning_bytes") ==
                2097152);
    assert_true(wpb_rule_values_get(*state, "cache.entry_large", "warning_bytes") ==
                524288);
}

static void an_unknown_name_is_refused_with_the_nearest(void **state)
{
    struct wpb_err err;

    assert_int_equal(set(*state, "cache.notoption_bloat.warn_bytes", "2M", &err), -1);
    assert_int_equal(err.code, WPB_E_ARGUMENT);
    assert_says(&err, "'cache.notoption_bloat.warn_bytes'");
    assert_says(&err, "nearest is cache.notoptions_bloat.warning_bytes");
    assert_int_equal(set(*state, "cache.ttlless_share.tless_ratio", "0.5", &err), -1);
    assert_says(&err, "nearest is cache.ttlless_share.ttlless_ratio");
}

static void a_code_alone_or_nothing_is_refused(void **state)
{
    struct wpb_err err;

    assert_int_equal(set(*state, "cache.entry_large", "1M", &err), -1);
    assert_int_equal(err.code, WPB_E_ARGUMENT);
    assert_says(&err, "cache.entry_large.");
    assert_int_equal(set(*state, "", "1M", &err), -1);
    assert_int_equal(err.code, WPB_E_ARGUMENT);
    assert_says(&err, "CODE.OPTION");
}

static void a_name_of_any_length_is_refused(void **state)
{
    char *name = malloc(100000);
    struct wpb_err err;

    memset(name, 'n', 100000);
    assert_int_equal(wpb_rule_values_set(*state, wpb_slice_of(name, 100000),
                                         wpb_slice_cstr("1M"), &err),
                     -1);
    assert_int_equal(err.code, WPB_E_ARGUMENT);
    free(name);
}

static void a_value_outside_its_range_is_refused_and_changes_nothing(void **state)
{
    struct wpb_err err;

    assert_int_equal(set(*state, "cache.notoptions_bloat.warning_bytes", "0", &err), -1);
    assert_int_equal(err.code, WPB_E_ARGUMENT);
    assert_says(&err, "outside");
    assert_int_equal(set(*state, "cache.notoptions_bloat.warning_bytes", "many", &err),
                     -1);
    assert_true(wpb_rule_values_get(*state, "cache.notoptions_bloat", "warning_bytes") ==
                262144);
}

static void every_default_lies_within_its_range_and_has_help_and_source(void **state)
{
    (void)state;
    for (const struct wpb_rule *rule = wpb_rules; rule->code; rule++) {
        assert_non_null(rule->title);
        assert_non_null(rule->help);
        assert_non_null(rule->evaluate);
        assert_non_null(rule->probes);
        for (size_t o = 0; o < WPB_RULE_OPTIONS_MAX && rule->options[o].name; o++) {
            const struct wpb_option *option = &rule->options[o];
            assert_true(option->fallback >= option->min);
            assert_true(option->fallback <= option->max);
            assert_true(option->help[0]);
            assert_true(option->source[0]);
        }
    }
}

static void rules_stand_in_order_of_code(void **state)
{
    (void)state;
    for (const struct wpb_rule *rule = wpb_rules; rule->code && rule[1].code; rule++)
        assert_true(strcmp(rule->code, rule[1].code) < 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* What relaxing does to each option: thresholds come down to 0.9 of themselves but for
 * these. An option that is in neither list and is no threshold fails the test: think
 * which it is. */
static const char *const floors[] = {
    "builder.option_growth.critical_within", "builder.option_growth.warning_within",
    "cache.entry_growth.critical_within",    "cache.entry_growth.warning_within",
    "cache.group_growth.critical_within",    "cache.group_growth.warning_within",
    "cache.low_hit_ratio.warning_ratio",     "cache.memory_forecast.critical_within",
    "cache.memory_forecast.warning_within",  "database.growth.critical_within",
    "database.growth.warning_within",        "requests.knee.lock_factor",
    "requests.n_plus_one.rows_each",         NULL};
/* What is judged at all, or what a forecast is asked about. */
static const char *const untouched[] = {"builder.option_growth.unloaded_bytes",
                                        "cache.entry_growth.baseline_bytes",
                                        "cache.eviction_pressure.least_uptime",
                                        "cache.memory_forecast.machine_ratio",
                                        "database.growth.session_rows",
                                        "requests.cache_egress.link_bytes_per_second",
                                        "requests.cache_egress.local_bytes_per_second",
                                        "requests.fatals.entry_ratio",
                                        "requests.lock_contention.least_looks",
                                        "requests.n_plus_one.least_requests_per_second",
                                        "requests.pool_saturated.least_looks",
                                        NULL};

static bool is_listed(const char *const *list, const char *code, const char *option)
{
    size_t len = strlen(code);

    for (; *list; list++) {
        if (strncmp(*list, code, len) == 0 && (*list)[len] == '.' &&
            strcmp(*list + len + 1, option) == 0)
            return true;
    }
    return false;
}

static double relaxed_value(const struct wpb_rule *rule, const struct wpb_option *option)
{
    double value = option->fallback * 0.9;

    if (is_listed(untouched, rule->code, option->name))
        return option->fallback;
    if (is_listed(floors, rule->code, option->name))
        value = option->fallback / 0.9;
    if (value < option->min)
        return option->min;
    return value > option->max ? option->max : value;
}

static void every_threshold_is_relaxed_towards_no_problem(void **state)
{
    wpb_rule_values_relax(*state, 0.9);
    for (const struct wpb_rule *rule = wpb_rules; rule->code; rule++) {
        for (size_t o = 0; o < WPB_RULE_OPTIONS_MAX && rule->options[o].name; o++) {
            const struct wpb_option *option = &rule->options[o];
            double value = wpb_rule_values_get(*state, rule->code, option->name);
            if (value < relaxed_value(rule, option) ||
                value > relaxed_value(rule, option))
                fail_msg("%s.%s became %g", rule->code, option->name, value);
        }
    }
}

static void relaxed_values_stay_within_their_bounds(void **state)
{
    struct wpb_err err;

    assert_int_equal(set(*state, "cache.low_hit_ratio.warning_ratio", "1", &err), 0);
    assert_int_equal(set(*state, "cache.shared_prefix.critical_sites", "2", &err), 0);
    assert_int_equal(set(*state, "cache.entry_large.warning_bytes", "1000", &err), 0);
    wpb_rule_values_relax(*state, 0.9);
    assert_true(wpb_rule_values_get(*state, "cache.low_hit_ratio", "warning_ratio") == 1);
    assert_true(wpb_rule_values_get(*state, "cache.shared_prefix", "critical_sites") ==
                2);
    assert_true(wpb_rule_values_get(*state, "cache.entry_large", "warning_bytes") == 900);
}

static void a_copy_is_relaxed_alone(void **state)
{
    struct wpb_rule_values *copy;
    struct wpb_err err;

    assert_int_equal(set(*state, "cache.entry_large.warning_bytes", "1000", &err), 0);
    copy = wpb_rule_values_copy(*state);
    assert_non_null(copy);
    wpb_rule_values_relax(copy, 0.5);
    assert_true(wpb_rule_values_get(*state, "cache.entry_large", "warning_bytes") ==
                1000);
    assert_true(wpb_rule_values_get(copy, "cache.entry_large", "warning_bytes") == 500);
    wpb_rule_values_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_start_at_their_defaults),
        TEST(a_value_is_replaced_by_its_full_name),
        TEST(an_unknown_name_is_refused_with_the_nearest),
        TEST(a_code_alone_or_nothing_is_refused),
        TEST(a_name_of_any_length_is_refused),
        TEST(a_value_outside_its_range_is_refused_and_changes_nothing),
        TEST(every_default_lies_within_its_range_and_has_help_and_source),
        TEST(rules_stand_in_order_of_code),
        TEST(every_threshold_is_relaxed_towards_no_problem),
        TEST(relaxed_values_stay_within_their_bounds),
        TEST(a_copy_is_relaxed_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
