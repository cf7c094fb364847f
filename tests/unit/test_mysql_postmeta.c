/* mysql.postmeta and mysql.orphans on a real server. */
#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/mysql/probes.h"

static const struct mysql_wordpress site = {.schema = "shop", .prefix = "wp7_"};
static const struct wpb_probe *const probes[] = {
    &wpb_probe_mysql_server, &wpb_probe_mysql_builders, &wpb_probe_mysql_postmeta,
    &wpb_probe_mysql_orphans, NULL};

static int start(void **state)
{
    /* Large enough for the whole budget of a scan. */
    static const char *const args[] = {"--innodb-buffer-pool-size=128M", NULL};
    struct mysql_server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    *state = server;
    mysql_server_start(server, args, false);
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
    mysql_server_do(*state, "TRUNCATE TABLE wp7_postmeta; TRUNCATE TABLE wp7_options; "
                            "TRUNCATE TABLE wp7_posts");
    return 0;
}

/* COUNT rows of KEY for posts from FIRST on, of 1000 + 10 x post bytes each. */
static void metas(void **state, const char *key, int first, int count)
{
    mysql_server_do(*state,
                    "INSERT INTO wp7_postmeta (post_id, meta_key, meta_value) SELECT "
                    "seq, '%s', REPEAT('x', 1000 + 10 * seq) FROM seq_%d_to_%d",
                    key, first, first + count - 1);
}

static void look(void **state, struct mysql_look *seen)
{
    mysql_look(seen, *state, &site, probes, NULL);
}

static const struct wpb_sample *meta_sample(const struct mysql_look *seen,
                                            const char *key, enum wpb_metric metric)
{
    return mysql_look_sample(seen, WPB_SUBJECT_META_KEY, key, metric);
}

static void few_rows_are_all_looked_at_and_exact(void **state)
{
    struct mysql_look seen;

    metas(state, "_elementor_data", 1, 50);
    look(state, &seen);
    const struct wpb_sample *bytes =
        meta_sample(&seen, "_elementor_data", WPB_M_ROW_BYTES);
    assert_non_null(bytes);
    assert_int_equal(bytes->provenance, WPB_EXACT);
    assert_int_equal(bytes->value.integer, 50 * 1000 + 10 * 50 * 51 / 2);
    assert_null(meta_sample(&seen, "_elementor_data", WPB_M_ROW_BYTES_LOW));
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_META_KEY, "_elementor_data",
                                        WPB_M_LARGEST_BYTES),
                     1500);
    mysql_look_text_is(&seen, WPB_SUBJECT_META_KEY, "_elementor_data", WPB_M_LARGEST_NAME,
                       "50");
    assert_int_equal(mysql_look_coverage(&seen, "mysql.postmeta")->status,
                     WPB_COVERAGE_OK);
    mysql_look_free(&seen);
}

static void many_rows_are_sampled_with_an_interval_and_how_many(void **state)
{
    struct mysql_look seen;
    long long truth;

    metas(state, "_elementor_data", 1, 5000);
    truth = mysql_server_integer(*state, "SELECT SUM(LENGTH(meta_value)) FROM "
                                         "wp7_postmeta");
    look(state, &seen);
    const struct wpb_sample *bytes =
        meta_sample(&seen, "_elementor_data", WPB_M_ROW_BYTES);
    assert_non_null(bytes);
    assert_int_equal(bytes->provenance, WPB_SAMPLED);
    assert_in_range(bytes->sampled, 100, 1000);
    /* A hundred of these at least: six standard errors are 35 %. */
    assert_in_range(bytes->value.integer, truth * 65 / 100, truth * 135 / 100);
    assert_in_range(mysql_look_integer(&seen, WPB_SUBJECT_META_KEY, "_elementor_data",
                                       WPB_M_ROW_BYTES_LOW),
                    1, bytes->value.integer);
    assert_true(mysql_look_integer(&seen, WPB_SUBJECT_META_KEY, "_elementor_data",
                                   WPB_M_ROW_BYTES_HIGH) > bytes->value.integer);
    assert_int_equal(
        meta_sample(&seen, "_elementor_data", WPB_M_LARGEST_BYTES)->provenance,
        WPB_SAMPLED);
    mysql_look_free(&seen);
}

static void of_a_small_pool_little_is_read(void **state)
{
    static const char *const args[] = {"--innodb-buffer-pool-size=8M", NULL};
    struct mysql_server *server = *state;
    const char *const *large = server->args;
    struct mysql_look seen;

    metas(state, "_elementor_data", 1, 5000);
    server->args = args;
    mysql_server_restart(server);
    mysql_server_do(server, "USE shop");
    look(state, &seen);
    /* 300 pages, of which the choice of rows takes some; a value of these takes three. */
    const struct wpb_sample *bytes =
        meta_sample(&seen, "_elementor_data", WPB_M_ROW_BYTES);
    assert_non_null(bytes);
    assert_true(bytes->sampled >= 30 && bytes->sampled <= 150);
    mysql_look_free(&seen);
    server->args = large;
    mysql_server_restart(server);
    mysql_server_do(server, "USE shop");
}

/* As MySQL has it, and MariaDB where it is switched off. */
static void look_without_counting(void **state, struct mysql_look *seen)
{
    bool is_mariadb = !mysql_server_is_mysql();

    if (is_mariadb)
        mysql_server_do(*state,
                        "SET GLOBAL innodb_prefix_index_cluster_optimization = OFF");
    look(state, seen);
    if (is_mariadb)
        mysql_server_do(*state,
                        "SET GLOBAL innodb_prefix_index_cluster_optimization = ON");
}

/* The later rows are longer, and more are found than are kept. */
static void without_a_covering_index_the_last_rows_count_as_the_first(void **state)
{
    struct mysql_look seen;
    long long truth;

    metas(state, "_elementor_data", 1, 5000);
    truth = mysql_server_integer(*state, "SELECT SUM(LENGTH(meta_value)) FROM "
                                         "wp7_postmeta");
    look_without_counting(state, &seen);
    const struct wpb_sample *bytes =
        meta_sample(&seen, "_elementor_data", WPB_M_ROW_BYTES);
    assert_non_null(bytes);
    assert_in_range(bytes->value.integer, truth * 65 / 100, truth * 135 / 100);
    mysql_look_free(&seen);
}

static void without_a_covering_index_rows_are_found_by_ranges(void **state)
{
    struct mysql_look seen;
    long long truth;

    /* 60,000 ids: the ranges cover a fifth. */
    mysql_server_do(*state, "INSERT INTO wp7_postmeta (post_id, meta_key, meta_value) "
                            "SELECT seq, IF(seq %% 10 = 0, '_elementor_data', '_sku'), "
                            "REPEAT('x', 1000 + seq %% 700) FROM seq_1_to_60000; "
                            "ANALYZE TABLE wp7_postmeta");
    truth = mysql_server_integer(*state, "SELECT SUM(LENGTH(meta_value)) FROM "
                                         "wp7_postmeta WHERE meta_key = "
                                         "'_elementor_data'");
    look_without_counting(state, &seen);
    const struct wpb_sample *bytes =
        meta_sample(&seen, "_elementor_data", WPB_M_ROW_BYTES);
    assert_non_null(bytes);
    assert_int_equal(bytes->provenance, WPB_SAMPLED);
    /* Some 1,200 rows are found: six standard errors of that are 17 %. */
    assert_in_range(bytes->value.integer, truth * 80 / 100, truth * 120 / 100);
    assert_true(mysql_look_integer(&seen, WPB_SUBJECT_META_KEY, "_elementor_data",
                                   WPB_M_ROW_BYTES_LOW) < bytes->value.integer);
    assert_int_equal(
        mysql_look_sample(&seen, WPB_SUBJECT_META_KEY, "_elementor_data", WPB_M_ROWS)
            ->provenance,
        WPB_ESTIMATED);
    mysql_look_free(&seen);
}

static void without_a_covering_index_a_small_table_is_exact_too(void **state)
{
    struct mysql_look seen;

    metas(state, "_elementor_data", 1, 50);
    metas(state, "_price", 1, 50);
    look_without_counting(state, &seen);
    const struct wpb_sample *bytes =
        meta_sample(&seen, "_elementor_data", WPB_M_ROW_BYTES);
    assert_non_null(bytes);
    assert_int_equal(bytes->provenance, WPB_EXACT);
    assert_int_equal(bytes->value.integer, 50 * 1000 + 10 * 50 * 51 / 2);
    mysql_look_free(&seen);
}

static void settings_of_builders_are_not_sampled(void **state)
{
    struct mysql_look seen;

    metas(state, "_elementor_edit_mode", 1, 50);
    look(state, &seen);
    long long rows = mysql_look_integer(&seen, WPB_SUBJECT_META_KEY,
                                        "_elementor_edit_mode", WPB_M_ROWS);
    if (mysql_server_is_mysql()) /* a guess */
        assert_true(rows > 25 && rows < 100);
    else
        assert_int_equal(rows, 50);
    assert_null(meta_sample(&seen, "_elementor_edit_mode", WPB_M_ROW_BYTES));
    mysql_look_free(&seen);
}

static void layouts_in_revisions_are_told(void **state)
{
    struct mysql_look seen;

    metas(state, "_elementor_data", 1, 20);
    for (uint64_t id = 1; id <= 20; id++)
        mysql_wordpress_post(*state, "wp7_", id, id <= 5 ? "revision" : "page",
                             id <= 5 ? "inherit" : "publish", id <= 5 ? 20 : 0);
    look(state, &seen);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_META_KEY, "_elementor_data",
                                        WPB_M_REVISIONS),
                     5);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_META_KEY, "_elementor_data",
                                        WPB_M_REVISION_BYTES),
                     5 * 1000 + 10 * 15);
    mysql_look_free(&seen);
}

static void without_the_right_to_read_posts_the_rest_stands(void **state)
{
    struct mysql_look seen;

    metas(state, "_elementor_data", 1, 20);
    mysql_server_do(*state, "REVOKE SELECT ON shop.wp7_posts FROM wpbloat@localhost");
    look(state, &seen);
    mysql_server_do(*state, "GRANT SELECT ON shop.wp7_posts TO wpbloat@localhost");
    assert_non_null(meta_sample(&seen, "_elementor_data", WPB_M_ROW_BYTES));
    assert_null(meta_sample(&seen, "_elementor_data", WPB_M_REVISIONS));
    const struct wpb_coverage *row = mysql_look_coverage(&seen, "mysql.postmeta");
    assert_int_equal(row->status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(row->reason, "revisions"));
    mysql_look_free(&seen);
}

static void compiled_css_of_meta_and_options_is_added_up(void **state)
{
    struct mysql_look seen;

    metas(state, "_elementor_css", 1, 10);
    mysql_wordpress_option(*state, "wp7_", wpb_slice_cstr("_elementor_global_css"),
                           wpb_slice_cstr("a:0:{}"), "yes");
    look(state, &seen);
    const struct wpb_sample *css = mysql_look_sample(
        &seen, WPB_SUBJECT_COMPONENT, "builder:elementor", WPB_M_CSS_BYTES);
    assert_non_null(css);
    assert_int_equal(css->value.integer, 10 * 1000 + 10 * 55 + 6);
    assert_int_equal(css->provenance, WPB_EXACT);
    mysql_look_free(&seen);
}

static void css_in_a_transient_a_page_is_estimated_from_some(void **state)
{
    struct mysql_look seen;

    mysql_server_do(*state,
                    "INSERT INTO wp7_options (option_name, option_value, autoload) "
                    "SELECT CONCAT('_transient_et_builder_css_', seq), REPEAT('x', 100), "
                    "'no' FROM seq_1_to_90");
    look(state, &seen);
    const struct wpb_sample *css =
        mysql_look_sample(&seen, WPB_SUBJECT_COMPONENT, "builder:divi", WPB_M_CSS_BYTES);
    assert_non_null(css);
    assert_int_equal(css->value.integer, 9000);
    assert_int_equal(css->provenance, WPB_SAMPLED);
    assert_int_equal(css->sampled, 40);
    mysql_look_free(&seen);
}

static void orphans_of_few_ids_are_exact(void **state)
{
    struct mysql_look seen;

    metas(state, "_price", 1, 60);
    mysql_server_do(*state, "INSERT INTO wp7_posts (ID, post_content, post_title, "
                            "post_excerpt, to_ping, pinged, post_content_filtered) "
                            "SELECT seq, '', '', '', '', '', '' FROM seq_1_to_50");
    look(state, &seen);
    const struct wpb_sample *orphans =
        mysql_look_sample(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta", WPB_M_ORPHAN_ROWS);
    assert_non_null(orphans);
    assert_int_equal(orphans->value.integer, 10);
    assert_int_equal(orphans->provenance, WPB_EXACT);
    mysql_look_free(&seen);
}

static void orphans_of_many_ids_are_sampled_by_ranges(void **state)
{
    struct mysql_look seen;

    metas(state, "_price", 1, 5000);
    metas(state, "_sku", 1, 5000);
    mysql_server_do(*state, "INSERT INTO wp7_posts (ID, post_content, post_title, "
                            "post_excerpt, to_ping, pinged, post_content_filtered) "
                            "SELECT seq, '', '', '', '', '', '' FROM seq_1_to_4500; "
                            "ANALYZE TABLE wp7_postmeta");
    look(state, &seen);
    const struct wpb_sample *orphans =
        mysql_look_sample(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta", WPB_M_ORPHAN_ROWS);
    assert_non_null(orphans);
    assert_in_range(orphans->value.integer, 850, 1150);
    mysql_look_free(&seen);
}

static void an_empty_table_has_no_orphans(void **state)
{
    struct mysql_look seen;

    look(state, &seen);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta", WPB_M_ORPHAN_ROWS),
        0);
    assert_int_equal(mysql_look_coverage(&seen, "mysql.orphans")->status,
                     WPB_COVERAGE_OK);
    mysql_look_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(few_rows_are_all_looked_at_and_exact, clear),
        cmocka_unit_test_setup(many_rows_are_sampled_with_an_interval_and_how_many,
                               clear),
        cmocka_unit_test_setup(of_a_small_pool_little_is_read, clear),
        cmocka_unit_test_setup(without_a_covering_index_rows_are_found_by_ranges, clear),
        cmocka_unit_test_setup(without_a_covering_index_the_last_rows_count_as_the_first,
                               clear),
        cmocka_unit_test_setup(without_a_covering_index_a_small_table_is_exact_too,
                               clear),
        cmocka_unit_test_setup(settings_of_builders_are_not_sampled, clear),
        cmocka_unit_test_setup(layouts_in_revisions_are_told, clear),
        cmocka_unit_test_setup(without_the_right_to_read_posts_the_rest_stands, clear),
        cmocka_unit_test_setup(compiled_css_of_meta_and_options_is_added_up, clear),
        cmocka_unit_test_setup(css_in_a_transient_a_page_is_estimated_from_some, clear),
        cmocka_unit_test_setup(orphans_of_few_ids_are_exact, clear),
        cmocka_unit_test_setup(orphans_of_many_ids_are_sampled_by_ranges, clear),
        cmocka_unit_test_setup(an_empty_table_has_no_orphans, clear),
    };
    return cmocka_run_group_tests(tests, start, end);
}
