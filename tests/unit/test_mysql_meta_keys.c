/* mysql.meta_keys on a real server: the walk through the index, and what is done where
 * the index does not suffice. */
#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/mysql/probes.h"

static const struct mysql_wordpress site = {.schema = "shop", .prefix = "wp7_"};
static const struct wpb_probe *const probes[] = {
    &wpb_probe_mysql_server, &wpb_probe_mysql_builders, &wpb_probe_mysql_meta_keys, NULL};

static int start(void **state)
{
    struct mysql_server *server = calloc(1, sizeof *server);

    assert_non_null(server);
    *state = server;
    mysql_server_start(server, NULL, false);
    mysql_wordpress_create(server, &site);
    mysql_wordpress_grant(server, &site);
    if (!mysql_server_is_mysql()) /* 11.8 has it off */
        mysql_server_do(server,
                        "SET GLOBAL innodb_prefix_index_cluster_optimization = ON");
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
    mysql_server_do(*state, "TRUNCATE TABLE wp7_postmeta");
    return 0;
}

static void look(void **state, struct mysql_look *seen)
{
    struct wpb_turn_options options = {.budget = WPB_BUDGET_NORMAL,
                                       .top = 5,
                                       .survey = true,
                                       .now_ms = 1790000000000,
                                       .limits = wpb_choice_defaults,
                                       .deep = true};

    mysql_look(seen, *state, &site, probes, &options);
}

static long long rows_of(const struct mysql_look *seen, const char *key)
{
    return mysql_look_integer(seen, WPB_SUBJECT_META_KEY, key, WPB_M_ROWS);
}

/* MySQL's index does not hold whole keys; MariaDB's does where it is switched on, which
 * 11.8 no longer does by itself. */
static bool lacks_index(void)
{
    return mysql_server_is_mysql();
}

static void switch_index(void **state, bool is_on)
{
    if (!lacks_index())
        mysql_server_do(*state,
                        "SET GLOBAL innodb_prefix_index_cluster_optimization = %s",
                        is_on ? "ON" : "OFF");
}

static void every_key_is_counted_across_statements(void **state)
{
    struct mysql_look seen;

    if (lacks_index())
        skip();
    /* Of 5,000 entries a statement: keys that end in one, and keys that span several. */
    mysql_server_do(*state,
                    "INSERT INTO wp7_postmeta (post_id, meta_key, meta_value) SELECT "
                    "seq, CASE WHEN seq %% 100 = 0 THEN '_elementor_edit_mode' "
                    "WHEN seq %% 4 = 0 THEN '_sku' ELSE '_price' END, REPEAT('x', 20) "
                    "FROM seq_1_to_20000; INSERT INTO wp7_postmeta (post_id, meta_key) "
                    "VALUES (1, NULL), (1, ''), (2, 'z')");
    look(state, &seen);
    mysql_look_was_whole(&seen, "mysql.meta_keys");
    assert_int_equal(rows_of(&seen, "_price"), 15000);
    assert_int_equal(rows_of(&seen, "_sku"), 4800);
    assert_int_equal(rows_of(&seen, "_elementor_edit_mode"), 200);
    assert_int_equal(rows_of(&seen, "z"), 1);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta", WPB_M_META_KEYS), 5);
    assert_int_equal(mysql_look_coverage(&seen, "mysql.meta_keys")->done, 20002);
    mysql_look_free(&seen);
}

static void names_without_end_are_all_counted_and_few_are_told(void **state)
{
    const struct wpb_subject *subject;
    struct mysql_look seen;
    size_t cursor = 0, told = 0;

    if (lacks_index())
        skip();
    mysql_server_do(*state,
                    "INSERT INTO wp7_postmeta (post_id, meta_key, meta_value) SELECT "
                    "seq, CONCAT('_oembed_', seq), 'x' FROM seq_1_to_12000; "
                    "INSERT INTO wp7_postmeta (post_id, meta_key, meta_value) SELECT "
                    "seq, '_zone', 'x' FROM seq_1_to_7");
    look(state, &seen);
    mysql_look_was_whole(&seen, "mysql.meta_keys");
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta", WPB_M_META_KEYS),
        12001);
    assert_int_equal(rows_of(&seen, "_zone"), 7);
    while ((subject = wpb_window_next(wpb_turn_window(seen.turn, 0), WPB_SUBJECT_META_KEY,
                                      NULL, &cursor)))
        told++;
    assert_int_equal(told, 5);
    mysql_look_free(&seen);
}

static void hostile_keys_are_keys(void **state)
{
    static const char *const keys[] = {"it's \"quoted\" \\ `so`", "100%_\n",
                                       "\xf0\x9f\x90\x9e", "a\x01"};
    struct mysql_look seen;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        mysql_wordpress_meta(*state, "wp7_", i + 1, wpb_slice_cstr(keys[i]),
                             wpb_slice_cstr("v"));
    mysql_server_do(*state, "INSERT INTO wp7_postmeta (post_id, meta_key) VALUES "
                            "(9, REPEAT('k', 255))");
    look(state, &seen);
    mysql_look_was_whole(&seen, "mysql.meta_keys");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(rows_of(&seen, keys[i]), 1);
    mysql_look_free(&seen);
}

static void look_without_index(void **state, struct mysql_look *seen)
{
    switch_index(state, false);
    look(state, seen);
    switch_index(state, true);
}

static void without_a_covering_index_frequent_keys_are_told_from_a_sample(void **state)
{
    struct mysql_look seen;
    const struct wpb_sample *rows;

    mysql_server_do(*state,
                    "INSERT INTO wp7_postmeta (post_id, meta_key, meta_value) SELECT "
                    "seq, IF(seq %% 10 = 0, '_sku', '_price'), 'x' FROM "
                    "seq_1_to_60000; ANALYZE TABLE wp7_postmeta");
    look_without_index(state, &seen);
    mysql_look_was_whole(&seen, "mysql.meta_keys");
    rows = mysql_look_sample(&seen, WPB_SUBJECT_META_KEY, "_sku", WPB_M_ROWS);
    assert_non_null(rows);
    assert_int_equal(rows->provenance, WPB_SAMPLED);
    /* 12,800 rows are looked at: six standard errors are 16 %. */
    assert_true(rows->value.integer > 5000 && rows->value.integer < 7000);
    assert_null(
        mysql_look_sample(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta", WPB_M_META_KEYS));
    mysql_look_free(&seen);
}

static void a_table_without_that_index_is_said_to_be_one(void **state)
{
    struct mysql_look seen;

    if (lacks_index())
        skip();
    mysql_server_do(*state, "ALTER TABLE wp7_postmeta DROP KEY meta_key");
    look(state, &seen);
    const struct wpb_coverage *row = mysql_look_coverage(&seen, "mysql.meta_keys");
    assert_int_equal(row->status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(row->reason, "meta_key"));
    mysql_look_free(&seen);
    mysql_server_do(*state, "ALTER TABLE wp7_postmeta ADD KEY meta_key (meta_key(191))");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_key_is_counted_across_statements, clear),
        cmocka_unit_test_setup(names_without_end_are_all_counted_and_few_are_told, clear),
        cmocka_unit_test_setup(hostile_keys_are_keys, clear),
        cmocka_unit_test_setup(
            without_a_covering_index_frequent_keys_are_told_from_a_sample, clear),
        cmocka_unit_test_setup(a_table_without_that_index_is_said_to_be_one, clear),
    };
    return cmocka_run_group_tests(tests, start, end);
}
