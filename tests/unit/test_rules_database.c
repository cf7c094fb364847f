/* Rules about options, transients, WP-Cron and the tables of WooCommerce. */
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
#define GIB ((int64_t)1024 * MIB)
#define SCHEMA "mysql+unix:///run/mysqld/mysqld.sock?db=shop"
#define NOTOPTIONS "wp:options:notoptions"
/* Bytes that a terminal, a shell, SQL, PHP and a format string would each act on. */
#define HOSTILE "$(id)';\n\x1b[31m%s%n<?php \xff|`x`"

#define AUTOLOAD_LARGE "database.autoload_large"
#define OPTION_LARGE "database.autoload_option_large"
#define INDEX_MISSING "database.autoload_index_missing"
#define EXPIRED "database.transients_expired"
#define EXPLODING "database.transients_exploding"
#define CRON "database.cron_bloat"
#define SESSIONS "woocommerce.sessions"
#define ACTIONS "woocommerce.action_scheduler"
#define STALE "cache.stale_notoptions"

static const struct wpb_subject options_table = {.kind = WPB_SUBJECT_TABLE,
                                                 .scope = WPB_SLICE(SCHEMA),
                                                 .name = WPB_SLICE("wp_options")};

static struct wpb_subject in_schema(enum wpb_subject_kind kind, const char *name)
{
    return (struct wpb_subject){
        .kind = kind, .scope = wpb_slice_cstr(SCHEMA), .name = wpb_slice_cstr(name)};
}

static struct wpb_subject table(const char *name)
{
    return in_schema(WPB_SUBJECT_TABLE, name);
}

static struct wpb_subject option(const char *name)
{
    return in_schema(WPB_SUBJECT_OPTION, name);
}

static struct wpb_subject of_options(enum wpb_subject_kind kind, const char *name)
{
    struct wpb_subject subject = in_schema(kind, name);

    subject.parent = &options_table;
    return subject;
}

static struct wpb_subject host(void)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_HOST,
                                .scope = wpb_slice_cstr(""),
                                .name = wpb_slice_cstr("")};
}

static int begin(void **state)
{
    struct look *look;

    look_begin(state);
    look = *state;
    look->site.table_prefix = "wp_";
    look->site.has_mysql = true;
    look->site.mysql = (struct wpb_mysql_address){.host = "",
                                                  .path = "/run/mysqld/mysqld.sock",
                                                  .schema = "shop",
                                                  .user = "shop",
                                                  .password = "never shown"};
    return 0;
}

static void assert_has_line(const char *const *lines, const char *line)
{
    if (!look_has_line(lines, line))
        fail_msg("no line \"%s\"; the first is \"%s\"", line, lines[0] ? lines[0] : "");
}

static void nothing_posted_is_no_finding(void **state)
{
    struct look *look = *state;

    look_evaluate(look);
    assert_int_equal(look->findings.count, 0);
}

/* database.autoload_large */

static void post_autoload(struct look *look, int64_t options, int64_t bytes)
{
    look_post(look, options_table, WPB_M_OPTIONS, options);
    look_post(look, options_table, WPB_M_AUTOLOAD_BYTES, bytes);
}

static void post_component(struct look *look, const char *name, int64_t options,
                           int64_t bytes)
{
    look_post(look, of_options(WPB_SUBJECT_COMPONENT, name), WPB_M_OPTIONS, options);
    look_post(look, of_options(WPB_SUBJECT_COMPONENT, name), WPB_M_AUTOLOAD_BYTES, bytes);
}

static void autoload_warns_where_site_health_does(void **state)
{
    struct look *look = *state;

    post_autoload(look, 400, 799999);
    assert_int_equal(look_severity(look, AUTOLOAD_LARGE), -1);
    post_autoload(look, 400, 800000);
    assert_int_equal(look_severity(look, AUTOLOAD_LARGE), WPB_WARNING);
    post_autoload(look, 400, 3 * MIB);
    assert_int_equal(look_severity(look, AUTOLOAD_LARGE), WPB_CRITICAL);
}

static void
autoload_is_critical_where_40_requests_fill_a_quarter_of_the_memory(void **state)
{
    struct look *look = *state;

    post_autoload(look, 400, MIB);
    look_post(look, host(), WPB_M_RAM_BYTES, 161 * MIB);
    assert_int_equal(look_severity(look, AUTOLOAD_LARGE), WPB_WARNING);
    look_post(look, host(), WPB_M_RAM_BYTES, 160 * MIB);
    assert_int_equal(look_severity(look, AUTOLOAD_LARGE), WPB_CRITICAL);
    look_assert_fact(look_found(look, AUTOLOAD_LARGE), "ram_bytes", 160 * MIB);
}

static void a_site_without_a_folder_may_run_on_another_machine(void **state)
{
    struct look *look = *state;

    look->site.path = "";
    post_autoload(look, 400, MIB);
    look_post(look, host(), WPB_M_RAM_BYTES, 64 * MIB);
    assert_int_equal(look_severity(look, AUTOLOAD_LARGE), WPB_WARNING);
    assert_null(look_fact(look_found(look, AUTOLOAD_LARGE), "ram_bytes"));
}

static void autoload_says_what_40_requests_hold_and_who_owns_it(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;
    const struct wpb_cause *cause;

    post_autoload(look, 312, 38 * MIB);
    look_post(look, host(), WPB_M_RAM_BYTES, 4 * GIB);
    post_component(look, "harbour_*", 40, 6 * MIB);
    post_component(look, "plugin:kestrel-pricing", 12, 22 * MIB);
    post_component(look, "theme:lumen", 0, 10 * MIB);
    look_post(look, option("kestrel_index"), WPB_M_ROW_BYTES, 20 * MIB);
    look_post(look, option("kestrel_index"), WPB_M_AUTOLOADED, 1);
    look_post(look, option("not_loaded"), WPB_M_ROW_BYTES, 30 * MIB);
    look_post(look, option("not_loaded"), WPB_M_AUTOLOADED, 0);
    look_evaluate(look);
    finding = look_found(look, AUTOLOAD_LARGE);
    assert_non_null(finding);
    look_assert_fact(finding, "autoload_bytes", 38 * MIB);
    look_assert_fact(finding, "options", 312);
    look_assert_fact(finding, "held_by_40_requests_bytes", (int64_t)40 * 38 * MIB);
    look_assert_says(finding->summary,
                     "40 requests at the same moment hold at least 1.5 GiB for it, "
                     "37 % of this machine's memory");
    cause = &finding->cause;
    assert_string_equal(cause->kind, "components");
    assert_string_equal(cause->confidence, "likely");
    assert_string_equal(cause->note, "Largest options: kestrel_index (20.0 MiB).");
    assert_int_equal(cause->component_count, 3);
    assert_true(wpb_slice_is(cause->components[0].name, "plugin:kestrel-pricing"));
    assert_int_equal(cause->components[0].bytes, 22 * MIB);
    assert_int_equal(cause->components[0].options, 12);
    assert_true(cause->components[0].share_ratio > 0.578 &&
                cause->components[0].share_ratio < 0.580);
    assert_true(wpb_slice_is(cause->components[2].name, "harbour_*"));
}

static void an_estimate_of_what_is_autoloaded_is_said_to_be_one(void **state)
{
    struct look *look = *state;
    struct wpb_subject component = of_options(WPB_SUBJECT_COMPONENT, "plugin:kestrel");
    const struct wpb_finding *finding;

    look_post_as(look, options_table, WPB_M_AUTOLOAD_BYTES, wpb_value_integer(40 * MIB),
                 WPB_ESTIMATED);
    look_post_as(look, component, WPB_M_AUTOLOAD_BYTES, wpb_value_integer(30 * MIB),
                 WPB_SAMPLED);
    look_evaluate(look);
    finding = look_found(look, AUTOLOAD_LARGE);
    look_assert_says(finding->title, "loads about 40.0 MiB of options");
    look_assert_says(finding->summary, "about 40.0 MiB each time");
    assert_int_equal(look_fact(finding, "autoload_bytes")->provenance, WPB_ESTIMATED);
    look_assert_says(finding->cause.note, "The parts are told by a sample.");
}

static void components_known_by_prefix_alone_are_only_possible(void **state)
{
    struct look *look = *state;

    post_autoload(look, 312, MIB);
    post_component(look, "harbour_*", 40, MIB);
    look_evaluate(look);
    assert_string_equal(look_found(look, AUTOLOAD_LARGE)->cause.confidence, "possible");
}

static void autoload_tells_how_to_look_and_keeps_the_password_to_itself(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_autoload(look, 312, MIB);
    look_evaluate(look);
    finding = look_found(look, AUTOLOAD_LARGE);
    look_assert_says(finding->remedy.now[0],
                     "mysql -S /run/mysqld/mysqld.sock -u shop -p shop -e ");
    look_assert_says(finding->remedy.now[0], "FROM wp_options");
    assert_has_line(finding->remedy.for_good,
                    "wp --path=/var/www/shop option set-autoload NAME off");
    assert_has_line(finding->remedy.for_good,
                    "wp --path=/var/www/shop cache delete alloptions options");
    assert_has_line(finding->remedy.for_good,
                    "mysqldump --single-transaction -S /run/mysqld/mysqld.sock -u shop "
                    "-p shop wp_options > before.sql");
}

/* database.autoload_option_large */

static void post_option(struct look *look, const char *name, int64_t bytes,
                        int64_t autoloaded)
{
    look_post(look, option(name), WPB_M_ROW_BYTES, bytes);
    look_post(look, option(name), WPB_M_AUTOLOADED, autoloaded);
}

static void an_autoloaded_option_warns_at_150000_bytes(void **state)
{
    struct look *look = *state;

    post_option(look, "kestrel_log", 149999, 1);
    assert_int_equal(look_severity(look, OPTION_LARGE), -1);
    post_option(look, "kestrel_log", 150000, 1);
    assert_int_equal(look_severity(look, OPTION_LARGE), WPB_WARNING);
    post_option(look, "kestrel_log", MIB, 1);
    assert_int_equal(look_severity(look, OPTION_LARGE), WPB_CRITICAL);
}

static void an_option_that_is_not_autoloaded_is_left_alone(void **state)
{
    struct look *look = *state;

    post_option(look, "kestrel_log", 20 * MIB, 0);
    look_post(look, option("unknown"), WPB_M_ROW_BYTES, 20 * MIB);
    assert_int_equal(look_severity(look, OPTION_LARGE), -1);
}

static void a_large_option_names_its_owner_and_the_commands(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_option(look, "kestrel_log", 2 * MIB, 1);
    post_component(look, "kestrel_*", 3, 2 * MIB);
    look_evaluate(look);
    finding = look_found(look, OPTION_LARGE);
    look_assert_fact(finding, "row_bytes", 2 * MIB);
    look_assert_fact(finding, "held_by_40_requests_bytes", 80 * MIB);
    look_assert_says(finding->cause.note, "Its name points to kestrel_*.");
    assert_string_equal(finding->cause.confidence, "possible");
    assert_has_line(finding->remedy.now,
                    "wpbloat explain option kestrel_log --site /var/www/shop");
    assert_has_line(finding->remedy.for_good,
                    "wp --path=/var/www/shop option set-autoload kestrel_log off");
}

static void an_option_that_every_request_needs_stays_autoloaded(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_option(look, "rewrite_rules", MIB, 1);
    look_evaluate(look);
    finding = look_found(look, OPTION_LARGE);
    look_assert_says(finding->remedy.summary, "Leave it autoloaded");
    assert_false(
        look_has_line(finding->remedy.for_good,
                      "wp --path=/var/www/shop option set-autoload rewrite_rules off"));
}

static void at_most_five_options_are_reported_and_the_rest_counted(void **state)
{
    struct look *look = *state;

    for (int i = 0; i < 7; i++) {
        char name[16];
        snprintf(name, sizeof(name), "log_%d", i);
        post_option(look, name, 200000 + i, 1);
    }
    look_evaluate(look);
    assert_int_equal(look_count(look, OPTION_LARGE), 5);
    for (size_t i = 0; i < look->findings.count; i++) {
        const struct wpb_finding *finding = &look->findings.items[i];
        if (wpb_slice_is(finding->subject->name, "log_6"))
            look_assert_says(finding->summary, "2 more options are above");
    }
}

static void the_option_of_wp_cron_is_left_to_its_own_rule(void **state)
{
    struct look *look = *state;

    post_option(look, "cron", MIB, 1);
    assert_int_equal(look_severity(look, OPTION_LARGE), -1);
    assert_int_equal(look_severity(look, CRON), WPB_CRITICAL);
}

static void hostile_option_names_stay_words_of_a_command(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;
    const char *const *line;

    post_option(look, HOSTILE, 2 * MIB, 1);
    look_evaluate(look);
    finding = look_found(look, OPTION_LARGE);
    assert_non_null(finding);
    assert_string_equal(
        finding->remedy.now[0],
        "wpbloat explain option $'$(id)\\047;\\012\\033[31m%s%n<?php \\377|`x`' --site "
        "/var/www/shop");
    for (line = finding->remedy.verify; *line; line++)
        assert_null(strstr(*line, "$(id)"));
    assert_null(strchr(finding->title, '\x1b'));
    assert_null(strchr(finding->title, '\n'));
}

static void a_name_that_no_command_can_carry_gives_no_command(void **state)
{
    struct look *look = *state;
    struct wpb_subject subject = option("x");

    subject.name = wpb_slice_of("a\0b", 3);
    look_post(look, subject, WPB_M_ROW_BYTES, 2 * MIB);
    look_post(look, subject, WPB_M_AUTOLOADED, 1);
    look_evaluate(look);
    assert_null(look_found(look, OPTION_LARGE)->remedy.now[0]);
}

/* database.autoload_index_missing */

static void a_missing_index_is_a_note_on_a_small_table(void **state)
{
    struct look *look = *state;

    look_post(look, options_table, WPB_M_AUTOLOAD_INDEXED, 0);
    assert_int_equal(look_severity(look, INDEX_MISSING), WPB_INFO);
    look_post_as(look, options_table, WPB_M_ROWS, wpb_value_integer(5000), WPB_ESTIMATED);
    assert_int_equal(look_severity(look, INDEX_MISSING), WPB_WARNING);
    assert_has_line(look_found(look, INDEX_MISSING)->remedy.now,
                    "mysql -S /run/mysqld/mysqld.sock -u shop -p shop -e 'ALTER TABLE "
                    "wp_options ADD INDEX autoload (autoload)'");
}

static void an_index_that_is_there_is_no_finding(void **state)
{
    struct look *look = *state;

    look_post(look, options_table, WPB_M_AUTOLOAD_INDEXED, 1);
    look_post(look, options_table, WPB_M_ROWS, 100000);
    assert_int_equal(look_severity(look, INDEX_MISSING), -1);
}

static void hostile_table_names_stay_identifiers(void **state)
{
    struct look *look = *state;
    struct wpb_subject hostile = table("wp`; DROP TABLE x; -- options");

    look_post(look, hostile, WPB_M_AUTOLOAD_INDEXED, 0);
    look_evaluate(look);
    look_assert_says(look_found(look, INDEX_MISSING)->remedy.now[0],
                     "ALTER TABLE `wp``; DROP TABLE x; -- options` ADD");
}

/* database.transients_expired */

static void expired_transients_warn_by_number_or_size(void **state)
{
    struct look *look = *state;

    look->site.flavour = WPB_FLAVOUR_NONE;
    look_post(look, options_table, WPB_M_EXPIRED, 4999);
    assert_int_equal(look_severity(look, EXPIRED), -1);
    look_post(look, options_table, WPB_M_EXPIRED, 5000);
    assert_int_equal(look_severity(look, EXPIRED), WPB_WARNING);
    look_post(look, options_table, WPB_M_EXPIRED, 100);
    look_post(look, options_table, WPB_M_EXPIRED_BYTES, 8 * MIB);
    assert_int_equal(look_severity(look, EXPIRED), WPB_WARNING);
}

static void with_a_cache_fewer_expired_ones_are_worth_a_note(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look_post(look, options_table, WPB_M_EXPIRED, 499);
    assert_int_equal(look_severity(look, EXPIRED), -1);
    look_post(look, options_table, WPB_M_EXPIRED, 500);
    assert_int_equal(look_severity(look, EXPIRED), WPB_INFO);
    finding = look_found(look, EXPIRED);
    look_assert_says(finding->cause.note, "no longer removes those in the database");
    assert_has_line(finding->remedy.now,
                    "wp --path=/var/www/shop transient delete --expired");
}

static void expired_sessions_of_another_table_are_no_transients(void **state)
{
    struct look *look = *state;

    look_post(look, table("wp_woocommerce_sessions"), WPB_M_EXPIRED, 100000);
    assert_int_equal(look_severity(look, EXPIRED), -1);
}

static void an_estimate_of_expired_ones_is_said_to_be_one(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look_post_as(look, options_table, WPB_M_EXPIRED, wpb_value_integer(7000),
                 WPB_ESTIMATED);
    look_evaluate(look);
    finding = look_found(look, EXPIRED);
    look_assert_says(finding->title, "about 7,000 expired transients");
    assert_int_equal(look_fact(finding, "expired")->provenance, WPB_ESTIMATED);
}

/* database.transients_exploding */

static void transients_explode_at_ten_thousand(void **state)
{
    struct look *look = *state;

    look_post(look, options_table, WPB_M_TRANSIENTS, 9999);
    assert_int_equal(look_severity(look, EXPLODING), -1);
    look_post(look, options_table, WPB_M_TRANSIENTS, 10000);
    assert_int_equal(look_severity(look, EXPLODING), WPB_WARNING);
    look_post(look, options_table, WPB_M_TRANSIENTS, 100000);
    assert_int_equal(look_severity(look, EXPLODING), WPB_CRITICAL);
}

static void a_family_of_transients_explodes_by_itself(void **state)
{
    struct look *look = *state;
    struct wpb_subject family =
        of_options(WPB_SUBJECT_OPTION_FAMILY, "_transient_kestrel_rate_<hex>");
    const struct wpb_finding *finding;

    look_post(look, options_table, WPB_M_TRANSIENTS, 6000);
    look_post(look, options_table, WPB_M_WITHOUT_TIMEOUT, 12);
    look_post(look, family, WPB_M_NAMES, 4999);
    assert_int_equal(look_severity(look, EXPLODING), -1);
    look_post(look, family, WPB_M_NAMES, 5000);
    look_post_as(look, family, WPB_M_SHARE_RATIO, wpb_value_double(0.83), WPB_EXACT);
    look_post(look, family, WPB_M_SOURCE_MATCHES, 1);
    look_post_text(look, family, WPB_M_SOURCE_COMPONENT, "plugin:kestrel");
    look_post_text(look, family, WPB_M_SOURCE_FILE, "wp-content/plugins/kestrel/a.php");
    look_post(look, family, WPB_M_SOURCE_LINE, 5);
    assert_int_equal(look_severity(look, EXPLODING), WPB_WARNING);
    finding = look_found(look, EXPLODING);
    assert_int_equal(finding->cause.family_count, 1);
    assert_true(wpb_slice_is(finding->cause.families[0].component, "plugin:kestrel"));
    assert_string_equal(finding->cause.confidence, "likely");
    look_assert_says(finding->summary, "12 of them have no expiry");
}

/* database.cron_bloat */

static void cron_warns_at_wp_doctors_counts(void **state)
{
    struct look *look = *state;

    look_post(look, option("cron"), WPB_M_EVENTS, 49);
    look_post(look, option("cron"), WPB_M_EVENTS_DUPLICATE, 9);
    look_post(look, option("cron"), WPB_M_OVERDUE_SECONDS, 3599);
    look_post(look, option("cron"), WPB_M_ROW_BYTES, 64 * KIB - 1);
    assert_int_equal(look_severity(look, CRON), -1);
    look_post(look, option("cron"), WPB_M_EVENTS, 50);
    assert_int_equal(look_severity(look, CRON), WPB_WARNING);
    look_post(look, option("cron"), WPB_M_EVENTS, 49);
    look_post(look, option("cron"), WPB_M_EVENTS_DUPLICATE, 10);
    assert_int_equal(look_severity(look, CRON), WPB_WARNING);
    look_post(look, option("cron"), WPB_M_EVENTS_DUPLICATE, 9);
    look_post(look, option("cron"), WPB_M_ROW_BYTES, 64 * KIB);
    assert_int_equal(look_severity(look, CRON), WPB_WARNING);
}

static void overdue_events_say_that_nobody_runs_them(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look_post(look, option("cron"), WPB_M_EVENTS, 20);
    look_post(look, option("cron"), WPB_M_EVENTS_OVERDUE, 7);
    look_post(look, option("cron"), WPB_M_OVERDUE_SECONDS, 3 * 86400);
    look_evaluate(look);
    finding = look_found(look, CRON);
    look_assert_says(finding->title, "20 scheduled events, 7 overdue for up to 3 days");
    look_assert_says(finding->summary, "nobody runs them");
    assert_has_line(finding->remedy.now,
                    "wp --path=/var/www/shop cron event run --due-now");
}

static void the_hook_with_most_events_is_named(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look_post(look, option("cron"), WPB_M_EVENTS, 4000);
    look_post(look, option("cron"), WPB_M_EVENTS_DUPLICATE, 3900);
    look_post_text(look, option("cron"), WPB_M_DUPLICATE_HOOK, "kestrel_sync");
    look_evaluate(look);
    finding = look_found(look, CRON);
    look_assert_says(finding->cause.note, "The hook kestrel_sync has the most events");
    look_assert_fact(finding, "events_duplicate", 3900);
    assert_has_line(finding->remedy.for_good,
                    "wp --path=/var/www/shop cron event delete kestrel_sync");
}

static void another_option_is_not_wp_cron(void **state)
{
    struct look *look = *state;

    look_post(look, option("cronometer"), WPB_M_EVENTS, 4000);
    assert_int_equal(look_severity(look, CRON), -1);
}

/* woocommerce.sessions */

static struct wpb_subject sessions(void)
{
    return table("wp_woocommerce_sessions");
}

static void sessions_are_uncleared_when_most_have_expired(void **state)
{
    struct look *look = *state;

    look_post(look, sessions(), WPB_M_ROWS, 100000);
    look_post(look, sessions(), WPB_M_EXPIRED, 20000);
    assert_int_equal(look_severity(look, SESSIONS), -1);
    look_post(look, sessions(), WPB_M_EXPIRED, 50000);
    assert_int_equal(look_severity(look, SESSIONS), WPB_WARNING);
    look_assert_fact(look_found(look, SESSIONS), "expired", 50000);
}

static void few_expired_sessions_are_no_finding(void **state)
{
    struct look *look = *state;

    look_post(look, sessions(), WPB_M_ROWS, 999);
    look_post(look, sessions(), WPB_M_EXPIRED, 999);
    assert_int_equal(look_severity(look, SESSIONS), -1);
}

static void a_large_session_is_a_finding(void **state)
{
    struct look *look = *state;

    look_post(look, sessions(), WPB_M_LARGEST_BYTES, 256 * KIB - 1);
    assert_int_equal(look_severity(look, SESSIONS), -1);
    look_post(look, sessions(), WPB_M_LARGEST_BYTES, 2 * MIB);
    assert_int_equal(look_severity(look, SESSIONS), WPB_WARNING);
    look_assert_says(look_found(look, SESSIONS)->title, "one takes 2.0 MiB");
}

static void a_missing_index_matters_with_many_sessions(void **state)
{
    struct look *look = *state;

    look_post(look, sessions(), WPB_M_EXPIRY_INDEXED, 0);
    assert_int_equal(look_severity(look, SESSIONS), -1);
    look_post(look, sessions(), WPB_M_ROWS, 100000);
    assert_int_equal(look_severity(look, SESSIONS), WPB_WARNING);
    look_post(look, sessions(), WPB_M_EXPIRY_INDEXED, 1);
    assert_int_equal(look_severity(look, SESSIONS), -1);
}

static void sessions_in_the_options_table_are_legacy(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look_post(look, options_table, WPB_M_LEGACY_SESSIONS, 99);
    assert_int_equal(look_severity(look, SESSIONS), -1);
    look_post(look, options_table, WPB_M_LEGACY_SESSIONS, 1200);
    assert_int_equal(look_severity(look, SESSIONS), WPB_WARNING);
    finding = look_found(look, SESSIONS);
    look_assert_says(finding->title, "1,200 old ones lie in the options table");
    look_assert_says(finding->remedy.verify[0], "_wc\\_session");
}

/* woocommerce.action_scheduler */

static struct wpb_subject actions(void)
{
    return table("wp_actionscheduler_actions");
}

static void one_action_past_due_for_a_day_is_a_finding(void **state)
{
    struct look *look = *state;

    look_post(look, actions(), WPB_M_PAST_DUE, 0);
    look_post(look, actions(), WPB_M_PENDING, 100000);
    assert_int_equal(look_severity(look, ACTIONS), -1);
    look_post(look, actions(), WPB_M_PAST_DUE, 1);
    assert_int_equal(look_severity(look, ACTIONS), WPB_WARNING);
    assert_has_line(look_found(look, ACTIONS)->remedy.now,
                    "wp --path=/var/www/shop action-scheduler run");
}

static void failed_actions_pile_up(void **state)
{
    struct look *look = *state;

    look_post(look, actions(), WPB_M_FAILED, 999);
    assert_int_equal(look_severity(look, ACTIONS), -1);
    look_post(look, actions(), WPB_M_FAILED, 1000);
    assert_int_equal(look_severity(look, ACTIONS), WPB_WARNING);
}

static void many_done_actions_are_uncleared_only_when_old(void **state)
{
    struct look *look = *state;

    look_post(look, actions(), WPB_M_COMPLETE, 500000);
    look_post(look, actions(), WPB_M_OLDEST_ROW_SECONDS, 31 * 86400);
    assert_int_equal(look_severity(look, ACTIONS), -1);
    look_post(look, actions(), WPB_M_OLDEST_ROW_SECONDS, 62 * 86400);
    assert_int_equal(look_severity(look, ACTIONS), WPB_WARNING);
}

static void a_log_of_ten_million_rows_is_critical(void **state)
{
    struct look *look = *state;

    look_post_as(look, actions(), WPB_M_LOG_ROWS, wpb_value_integer(1000000),
                 WPB_ESTIMATED);
    assert_int_equal(look_severity(look, ACTIONS), WPB_WARNING);
    look_post_as(look, actions(), WPB_M_LOG_ROWS, wpb_value_integer(38000000),
                 WPB_ESTIMATED);
    assert_int_equal(look_severity(look, ACTIONS), WPB_CRITICAL);
    look_assert_says(look_found(look, ACTIONS)->title,
                     "the log has about 38,000,000 rows");
}

/* cache.stale_notoptions */

static struct wpb_subject hidden(const struct wpb_subject *key, const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_OPTION,
                                .scope = key->scope,
                                .name = wpb_slice_cstr(name),
                                .parent = key};
}

static void an_option_that_exists_proves_the_list_stale(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key(NOTOPTIONS);
    const struct wpb_finding *finding;

    look_post(look, key, WPB_M_VALUE_BYTES, 1000);
    look_post(look, hidden(&key, "absent"), WPB_M_IN_DATABASE, 0);
    look_post(look, hidden(&key, "unknown"), WPB_M_ENTRIES, 1);
    assert_int_equal(look_severity(look, STALE), -1);
    look_post(look, hidden(&key, "kestrel_on"), WPB_M_IN_DATABASE, 1);
    look_post(look, hidden(&key, "harbour_on"), WPB_M_IN_DATABASE, 1);
    assert_int_equal(look_severity(look, STALE), WPB_WARNING);
    finding = look_found(look, STALE);
    look_assert_fact(finding, "names_checked", 3);
    look_assert_fact(finding, "names_found", 2);
    assert_true(
        wpb_slice_is(look_fact(finding, "example_name")->value.text, "harbour_on"));
    assert_has_line(finding->remedy.now,
                    "redis-cli -s /run/redis.sock -n 1 UNLINK " NOTOPTIONS);
    assert_has_line(finding->remedy.verify,
                    "wp --path=/var/www/shop option get harbour_on");
}

static void a_list_that_is_gone_is_not_stale(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key(NOTOPTIONS);

    look_post(look, hidden(&key, "kestrel_on"), WPB_M_IN_DATABASE, 1);
    look_post(look, key, WPB_M_PRESENT, 0);
    assert_int_equal(look_severity(look, STALE), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, look_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_posted_is_no_finding),
        TEST(autoload_warns_where_site_health_does),
        TEST(autoload_is_critical_where_40_requests_fill_a_quarter_of_the_memory),
        TEST(a_site_without_a_folder_may_run_on_another_machine),
        TEST(autoload_says_what_40_requests_hold_and_who_owns_it),
        TEST(an_estimate_of_what_is_autoloaded_is_said_to_be_one),
        TEST(components_known_by_prefix_alone_are_only_possible),
        TEST(autoload_tells_how_to_look_and_keeps_the_password_to_itself),
        TEST(an_autoloaded_option_warns_at_150000_bytes),
        TEST(an_option_that_is_not_autoloaded_is_left_alone),
        TEST(a_large_option_names_its_owner_and_the_commands),
        TEST(an_option_that_every_request_needs_stays_autoloaded),
        TEST(at_most_five_options_are_reported_and_the_rest_counted),
        TEST(the_option_of_wp_cron_is_left_to_its_own_rule),
        TEST(hostile_option_names_stay_words_of_a_command),
        TEST(a_name_that_no_command_can_carry_gives_no_command),
        TEST(a_missing_index_is_a_note_on_a_small_table),
        TEST(an_index_that_is_there_is_no_finding),
        TEST(hostile_table_names_stay_identifiers),
        TEST(expired_transients_warn_by_number_or_size),
        TEST(with_a_cache_fewer_expired_ones_are_worth_a_note),
        TEST(expired_sessions_of_another_table_are_no_transients),
        TEST(an_estimate_of_expired_ones_is_said_to_be_one),
        TEST(transients_explode_at_ten_thousand),
        TEST(a_family_of_transients_explodes_by_itself),
        TEST(cron_warns_at_wp_doctors_counts),
        TEST(overdue_events_say_that_nobody_runs_them),
        TEST(the_hook_with_most_events_is_named),
        TEST(another_option_is_not_wp_cron),
        TEST(sessions_are_uncleared_when_most_have_expired),
        TEST(few_expired_sessions_are_no_finding),
        TEST(a_large_session_is_a_finding),
        TEST(a_missing_index_matters_with_many_sessions),
        TEST(sessions_in_the_options_table_are_legacy),
        TEST(one_action_past_due_for_a_day_is_a_finding),
        TEST(failed_actions_pile_up),
        TEST(many_done_actions_are_uncleared_only_when_old),
        TEST(a_log_of_ten_million_rows_is_critical),
        TEST(an_option_that_exists_proves_the_list_stale),
        TEST(a_list_that_is_gone_is_not_stale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
