/* mysql.server and mysql.autoload on a real MariaDB. */
#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/mysql/probes.h"

static const struct mysql_wordpress site = {.schema = "shop", .prefix = "wp7_"};
static const struct wpb_probe *const probes[] = {&wpb_probe_mysql_server,
                                                 &wpb_probe_mysql_autoload, NULL};

static int start(void **state)
{
    struct mysql_server *server = calloc(1, sizeof *server);

    assert_non_null(server);
    *state = server;
    mysql_server_start(server, NULL, false);
    mysql_wordpress_create(server, &site);
    mysql_wordpress_grant(server, &site);
    return 0;
}

static int end(void **state)
{
    mysql_server_stop(*state);
    free(*state);
    return 0;
}

static int clear(void **state)
{
    mysql_server_do(*state, "USE shop; TRUNCATE TABLE wp7_options");
    return 0;
}

static void option(void **state, const char *name, size_t bytes, const char *autoload)
{
    char *value = malloc(bytes + 1);

    memset(value, 'v', bytes);
    mysql_wordpress_option(*state, "wp7_", wpb_slice_cstr(name),
                           wpb_slice_of(value, bytes), autoload);
    free(value);
}

static void look(void **state, struct mysql_look *seen)
{
    mysql_look(seen, *state, &site, probes, NULL);
}

static void expect_autoload(const struct mysql_look *seen, long long options,
                            long long bytes)
{
    assert_int_equal(
        mysql_look_integer(seen, WPB_SUBJECT_TABLE, "wp7_options", WPB_M_OPTIONS),
        options);
    assert_int_equal(
        mysql_look_integer(seen, WPB_SUBJECT_TABLE, "wp7_options", WPB_M_AUTOLOAD_BYTES),
        bytes);
}

static void expect_ok(const struct mysql_look *seen, const char *probe)
{
    const struct wpb_coverage *row = mysql_look_coverage(seen, probe);

    if (row->status != WPB_COVERAGE_OK)
        fail_msg("%s: %s: %s", probe, wpb_coverage_status_name(row->status), row->reason);
}

static void expect_reason(const struct mysql_look *seen, const char *probe,
                          enum wpb_coverage_status status, const char *words)
{
    const struct wpb_coverage *row = mysql_look_coverage(seen, probe);

    if (row->status != status || !strstr(row->reason, words))
        fail_msg("%s: %s: %s", probe, wpb_coverage_status_name(row->status), row->reason);
}

static void each_of_the_four_values_is_autoloaded(void **state)
{
    struct mysql_look seen;

    option(state, "a", 1, "yes");
    option(state, "b", 10, "on");
    option(state, "c", 100, "auto");
    option(state, "d", 1000, "auto-on");
    option(state, "e", 10000, "no");
    option(state, "f", 10000, "off");
    option(state, "g", 10000, "auto-off");
    look(state, &seen);
    expect_autoload(&seen, 4, 1111);
    expect_ok(&seen, "mysql.server");
    expect_ok(&seen, "mysql.autoload");
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_OPTION, "d", WPB_M_AUTOLOADED),
                     1);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_OPTION, "g", WPB_M_AUTOLOADED),
                     0);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_OPTION, "g", WPB_M_ROW_BYTES),
                     10000);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_TABLE, "wp7_options",
                                        WPB_M_AUTOLOAD_INDEXED),
                     1);
    mysql_look_free(&seen);
}

static void without_a_marked_option_wordpress_loads_them_all(void **state)
{
    struct mysql_look seen;

    option(state, "kestrel_a", 70, "no");
    option(state, "kestrel_b", 7, "off");
    look(state, &seen);
    expect_autoload(&seen, 2, 77);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_OPTION, "kestrel_b", WPB_M_AUTOLOADED), 1);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_COMPONENT, "kestrel*",
                                        WPB_M_AUTOLOAD_BYTES),
                     77);
    mysql_look_free(&seen);
}

static void components_are_named_by_what_is_installed(void **state)
{
    char folder[] = "/tmp/wpbloat-plugins-XXXXXX", path[64];
    struct mysql_look seen;
    const struct wpb_subject *component;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/woocommerce", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    option(state, "woocommerce_currency", 3, "yes");
    option(state, "wc_gateway", 4, "on");
    option(state, "wpseo", 5, "yes");
    option(state, "siteurl", 6, "yes");
    option(state, "woocommerce_off", 1000, "off");
    mysql_look_prepare(&seen, *state, &site);
    seen.site.plugin_dir = folder;
    mysql_look_turn(&seen, probes, NULL);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_COMPONENT,
                                        "plugin:woocommerce", WPB_M_AUTOLOAD_BYTES),
                     7);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_COMPONENT,
                                        "plugin:woocommerce", WPB_M_OPTIONS),
                     2);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_COMPONENT, "wpseo*", WPB_M_AUTOLOAD_BYTES),
        5);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_COMPONENT, "core", WPB_M_AUTOLOAD_BYTES),
        6);
    component = mysql_look_find(&seen, WPB_SUBJECT_COMPONENT, "core");
    assert_non_null(component->parent);
    assert_int_equal(component->parent->kind, WPB_SUBJECT_TABLE);
    assert_true(wpb_slice_is(component->parent->name, "wp7_options"));
    mysql_look_free(&seen);
    rmdir(path);
    rmdir(folder);
}

static void more_names_than_a_page_are_all_counted(void **state)
{
    struct mysql_look seen;

    mysql_server_do(*state,
                    "INSERT INTO wp7_options (option_name, option_value, autoload) "
                    "SELECT CONCAT('kestrel_', seq), 'vvvv', ELT(1 + seq %% 2, 'yes', "
                    "'auto') FROM seq_1_to_6001");
    look(state, &seen);
    expect_autoload(&seen, 6001, 24004);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_COMPONENT, "kestrel*", WPB_M_OPTIONS),
        6001);
    assert_int_equal(
        mysql_look_sample(&seen, WPB_SUBJECT_COMPONENT, "kestrel*", WPB_M_OPTIONS)
            ->provenance,
        WPB_EXACT);
    expect_ok(&seen, "mysql.autoload");
    mysql_look_free(&seen);
}

static void above_fifty_thousand_names_the_rest_is_not_told_apart(void **state)
{
    struct mysql_look seen;

    mysql_server_do(*state,
                    "INSERT INTO wp7_options (option_name, option_value, autoload) "
                    "SELECT CONCAT('kestrel_', seq), 'v', 'yes' FROM seq_1_to_51000");
    look(state, &seen);
    expect_autoload(&seen, 51000, 51000);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_COMPONENT, "kestrel*", WPB_M_OPTIONS),
        50000);
    assert_int_equal(
        mysql_look_sample(&seen, WPB_SUBJECT_COMPONENT, "kestrel*", WPB_M_OPTIONS)
            ->provenance,
        WPB_ESTIMATED);
    expect_reason(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "first 50000");
    mysql_look_free(&seen);
}

static void a_large_table_is_not_read_whole(void **state)
{
    struct mysql_look seen;

    option(state, "kestrel_large", 200000, "yes");
    mysql_server_do(*state,
                    "INSERT INTO wp7_options (option_name, option_value, autoload) "
                    "SELECT CONCAT('osprey_', seq), REPEAT('v', 900000), 'no' FROM "
                    "seq_1_to_48; ANALYZE TABLE wp7_options");
    look(state, &seen);
    expect_autoload(&seen, 1, 200000);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_OPTION, "kestrel_large", WPB_M_ROW_BYTES),
        200000);
    assert_null(mysql_look_find(&seen, WPB_SUBJECT_OPTION, "osprey_1"));
    expect_reason(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "not autoloaded");
    mysql_look_free(&seen);
    mysql_server_do(*state, "TRUNCATE TABLE wp7_options; ANALYZE TABLE wp7_options");
}

static void old_tables_with_an_enum_and_no_index_are_read(void **state)
{
    static const struct mysql_wordpress old = {.schema = "old",
                                               .charset = "latin1",
                                               .has_old_autoload = true,
                                               .lacks_autoload_index = true};
    struct mysql_look seen;

    mysql_wordpress_create(*state, &old);
    mysql_wordpress_grant(*state, &old);
    mysql_server_do(*state,
                    "INSERT INTO wp_options (option_name, option_value, autoload) "
                    "VALUES ('caf\xe9_x', 'abc', 'yes'), ('b', 'defg', 'no')");
    mysql_look(&seen, *state, &old, probes, NULL);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_TABLE, "wp_options", WPB_M_AUTOLOAD_BYTES),
        3);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_TABLE, "wp_options",
                                        WPB_M_AUTOLOAD_INDEXED),
                     0);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_COMPONENT, "caf\xc3\xa9*",
                                        WPB_M_AUTOLOAD_BYTES),
                     3);
    expect_ok(&seen, "mysql.autoload");
    mysql_look_free(&seen);
}

static void hostile_names_are_names(void **state)
{
    static const char name[] = "x'; DROP TABLE wp7_options; --\x1b[31m\0y";
    struct mysql_look seen;
    const struct wpb_subject *subject;
    size_t cursor = 0, found = 0;

    mysql_wordpress_option(*state, "wp7_", wpb_slice_of(name, sizeof name - 1),
                           wpb_slice_cstr("v"), "yes");
    look(state, &seen);
    while ((subject = wpb_window_next(wpb_turn_window(seen.turn, 0), WPB_SUBJECT_OPTION,
                                      NULL, &cursor)))
        found += wpb_slice_equal(subject->name, wpb_slice_of(name, sizeof name - 1));
    assert_int_equal(found, 1);
    expect_autoload(&seen, 1, 1);
    mysql_look_free(&seen);
}

/* --- mysql.server --- */

static void sizes_engines_and_pages_of_the_sites_tables_are_told(void **state)
{
    struct mysql_look seen;

    mysql_server_do(*state, "CREATE TABLE IF NOT EXISTS wp7_2_options (id int); "
                            "CREATE TABLE IF NOT EXISTS wp7_2fa_log (id int); "
                            "GRANT SELECT ON shop.wp7_2_options TO wpbloat@localhost; "
                            "GRANT SELECT ON shop.wp7_2fa_log TO wpbloat@localhost; "
                            "ANALYZE TABLE wp7_postmeta");
    look(state, &seen);
    mysql_look_text_is(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta", WPB_M_ENGINE, "InnoDB");
    assert_true(mysql_look_integer(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta",
                                   WPB_M_DATA_BYTES) > 0);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta", WPB_M_LEAF_PAGES),
        1);
    assert_int_equal(
        mysql_look_sample(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta", WPB_M_LEAF_PAGES)
            ->provenance,
        WPB_ESTIMATED);
    assert_null(mysql_look_find(&seen, WPB_SUBJECT_TABLE, "wp7_2_options"));
    assert_non_null(mysql_look_find(&seen, WPB_SUBJECT_TABLE, "wp7_2fa_log"));
    assert_true(mysql_look_integer(&seen, WPB_SUBJECT_MYSQL_SERVER, "",
                                   WPB_M_THREADS_RUNNING) >= 1);
    mysql_look_free(&seen);
}

static void without_the_grant_on_statistics_the_pages_are_left_out_silently(void **state)
{
    struct mysql_look seen;

    mysql_server_do(*state, "REVOKE SELECT ON mysql.innodb_index_stats FROM "
                            "wpbloat@localhost");
    look(state, &seen);
    expect_ok(&seen, "mysql.server");
    assert_null(
        mysql_look_sample(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta", WPB_M_LEAF_PAGES));
    mysql_look_free(&seen);
    mysql_server_do(*state, "GRANT SELECT ON mysql.innodb_index_stats TO "
                            "wpbloat@localhost");
}

static void guess_prefix(void **state, struct mysql_look *seen)
{
    mysql_look_prepare(seen, *state, &site);
    seen->site.table_prefix = "wp_";
    seen->site.is_table_prefix_guessed = true;
    mysql_look_turn(seen, probes, NULL);
}

static void a_prefix_that_nobody_gave_is_learnt_from_the_tables(void **state)
{
    struct mysql_look seen;

    option(state, "a", 5, "yes");
    guess_prefix(state, &seen);
    assert_string_equal(wpb_turn_site(seen.turn, 0)->table_prefix, "wp7_");
    expect_autoload(&seen, 1, 5);
    expect_ok(&seen, "mysql.server");
    mysql_look_free(&seen);
}

static void of_several_prefixes_none_is_chosen_and_all_are_said(void **state)
{
    static const struct mysql_wordpress other = {.schema = "shop", .prefix = "blog_"};
    struct mysql_look seen;

    mysql_wordpress_create(*state, &other);
    mysql_wordpress_grant(*state, &other);
    guess_prefix(state, &seen);
    expect_reason(&seen, "mysql.server", WPB_COVERAGE_PARTIAL, "blog_, wp7_");
    assert_string_equal(wpb_turn_site(seen.turn, 0)->table_prefix, "wp_");
    mysql_look_free(&seen);
    mysql_server_do(*state, "DROP TABLE blog_options, blog_postmeta, blog_posts");
}

static void a_network_is_said_to_be_seen_in_part(void **state)
{
    struct mysql_look seen;

    mysql_look_prepare(&seen, *state, &site);
    seen.site.is_multisite = true;
    mysql_look_turn(&seen, probes, NULL);
    expect_reason(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "main site only");
    mysql_look_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_of_the_four_values_is_autoloaded, clear),
        cmocka_unit_test_setup(without_a_marked_option_wordpress_loads_them_all, clear),
        cmocka_unit_test_setup(components_are_named_by_what_is_installed, clear),
        cmocka_unit_test_setup(more_names_than_a_page_are_all_counted, clear),
        cmocka_unit_test_setup(above_fifty_thousand_names_the_rest_is_not_told_apart,
                               clear),
        cmocka_unit_test_setup(a_large_table_is_not_read_whole, clear),
        cmocka_unit_test_setup(old_tables_with_an_enum_and_no_index_are_read, clear),
        cmocka_unit_test_setup(hostile_names_are_names, clear),
        cmocka_unit_test_setup(sizes_engines_and_pages_of_the_sites_tables_are_told,
                               clear),
        cmocka_unit_test_setup(
            without_the_grant_on_statistics_the_pages_are_left_out_silently, clear),
        cmocka_unit_test_setup(a_prefix_that_nobody_gave_is_learnt_from_the_tables,
                               clear),
        cmocka_unit_test_setup(of_several_prefixes_none_is_chosen_and_all_are_said,
                               clear),
        cmocka_unit_test_setup(a_network_is_said_to_be_seen_in_part, clear),
    };
    return cmocka_run_group_tests(tests, start, end);
}
