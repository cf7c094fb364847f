/* mysql.deep on a real server, and the weights it keeps. */
#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/mysql/probes.h"
#include "probes/mysql/weights.h"

static const struct mysql_wordpress site = {.schema = "shop", .prefix = "wp7_"};
static const struct wpb_probe *const probes[] = {
    &wpb_probe_mysql_server, &wpb_probe_mysql_builders, &wpb_probe_mysql_postmeta,
    &wpb_probe_mysql_deep, NULL};

static int start(void **state)
{
    struct mysql_server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    *state = server;
    mysql_server_start(server, NULL, false);
    mysql_wordpress_create(server, &site);
    mysql_wordpress_grant(server, &site);
    /* 12,000 rows are three pages; post 7 has the heaviest meta. */
    mysql_server_do(server, "INSERT INTO wp7_postmeta (meta_id, post_id, meta_key, "
                            "meta_value) SELECT seq, seq DIV 10, "
                            "IF(seq %% 10 = 0, '_elementor_data', '_price'), "
                            "IF(seq = 75, REPEAT('x', 50000), REPEAT('x', 20)) "
                            "FROM seq_1_to_12000");
    return 0;
}

static int end(void **state)
{
    mysql_server_stop(*state);
    free(*state);
    return 0;
}

static void look(void **state, struct mysql_look *seen, bool deep, uint64_t from)
{
    struct wpb_turn_options options = {.budget = WPB_BUDGET_NORMAL,
                                       .top = 3,
                                       .survey = true,
                                       .now_ms = 1790000000000,
                                       .limits = wpb_choice_defaults,
                                       .deep = deep,
                                       .deep_from = from};

    mysql_look(seen, *state, &site, probes, &options);
}

static void it_is_not_done_unless_asked(void **state)
{
    struct mysql_look seen;
    size_t count;

    look(state, &seen, false, 0);
    const struct wpb_coverage *rows = wpb_turn_coverage(seen.turn, &count);
    for (size_t i = 0; i < count; i++)
        assert_string_not_equal(rows[i].probe, "mysql.deep");
    assert_null(mysql_look_find(&seen, WPB_SUBJECT_META_KEY, "_price"));
    mysql_look_free(&seen);
}

static void every_row_is_counted_exactly(void **state)
{
    struct mysql_look seen;

    look(state, &seen, true, 0);
    const struct wpb_coverage *row = mysql_look_coverage(&seen, "mysql.deep");
    assert_int_equal(row->status, WPB_COVERAGE_OK);
    assert_int_equal(row->done, 12000);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_META_KEY, "_price", WPB_M_ROWS), 10800);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_META_KEY, "_price", WPB_M_ROW_BYTES),
        10799 * 20 + 50000);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_META_KEY, "_price", WPB_M_LARGEST_BYTES),
        50000);
    mysql_look_text_is(&seen, WPB_SUBJECT_META_KEY, "_price", WPB_M_LARGEST_NAME, "7");
    const struct wpb_sample *sample = mysql_look_sample(
        &seen, WPB_SUBJECT_META_KEY, "_elementor_data", WPB_M_ROW_BYTES);
    assert_int_equal(sample->value.integer, 1200 * 20);
    assert_int_equal(sample->provenance, WPB_EXACT);
    mysql_look_free(&seen);
}

static void the_heaviest_posts_are_told_exactly(void **state)
{
    struct mysql_look seen;

    look(state, &seen, true, 0);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_POST, "7", WPB_M_ROW_BYTES),
                     50000 + 9 * 20);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_POST, "7", WPB_M_ROWS), 10);
    mysql_look_free(&seen);
}

static void from_an_id_on_keys_have_no_totals_and_posts_do(void **state)
{
    struct mysql_look seen;

    look(state, &seen, true, 73);
    const struct wpb_coverage *row = mysql_look_coverage(&seen, "mysql.deep");
    assert_int_equal(row->done, 12000 - 72);
    assert_non_null(strstr(row->reason, "from meta_id 73"));
    assert_null(mysql_look_find(&seen, WPB_SUBJECT_META_KEY, "_price"));
    /* With its rows before 73. */
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_POST, "7", WPB_M_ROW_BYTES),
                     50000 + 9 * 20);
    mysql_look_free(&seen);
}

static void what_was_stopped_says_where_to_go_on(void **state)
{
    struct mysql_look seen;
    struct mysql_server *server = *state;

    /* The second page cannot be read: no page size goes around a column's own right. */
    mysql_server_do(server, "REVOKE SELECT ON shop.wp7_postmeta FROM wpbloat@localhost; "
                            "GRANT SELECT (meta_id, post_id, meta_key) ON "
                            "shop.wp7_postmeta TO wpbloat@localhost");
    look(state, &seen, true, 5001);
    mysql_server_do(server, "GRANT SELECT ON shop.wp7_postmeta TO wpbloat@localhost");
    const struct wpb_coverage *row = mysql_look_coverage(&seen, "mysql.deep");
    assert_int_equal(row->status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(row->reason, "--deep-from 5001"));
    mysql_look_free(&seen);
}

static void add(struct wpb_weights *weights, const char *name, uint64_t bytes)
{
    assert_true(wpb_weights_add(weights, wpb_slice_cstr(name), bytes, bytes));
}

static void weights_are_summed_by_name_heaviest_first(void **state)
{
    struct wpb_weights *weights = wpb_weights_new(8);
    size_t count;

    (void)state;
    add(weights, "light", 5);
    add(weights, "heavy", 10);
    add(weights, "light", 1);
    add(weights, "heavy", 20);
    const struct wpb_weight *items = wpb_weights_sorted(weights, &count);
    assert_int_equal(count, 2);
    assert_true(wpb_slice_is(items[0].name, "heavy"));
    assert_int_equal(items[0].bytes, 30);
    assert_int_equal(items[0].rows, 2);
    assert_int_equal(items[0].largest, 20);
    assert_int_equal(items[0].largest_tag, 20);
    assert_int_equal(items[1].bytes, 6);
    assert_true(items[1].is_exact);
    wpb_weights_free(weights);
}

static void full_weights_forget_the_light_and_say_what_is_uncertain(void **state)
{
    struct wpb_weights *weights = wpb_weights_new(8);
    char name[16];
    size_t count;

    (void)state;
    add(weights, "heavy", 1000000);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        add(weights, name, 1);
        add(weights, "heavy", 1);
    }
    const struct wpb_weight *items = wpb_weights_sorted(weights, &count);
    assert_true(count <= 8);
    assert_true(wpb_slice_is(items[0].name, "heavy"));
    assert_int_equal(items[0].bytes, 1001000);
    assert_true(items[0].is_exact);
    for (size_t i = 1; i < count; i++) {
        if (wpb_slice_is(items[i].name, "n999"))
            assert_false(items[i].is_exact);
    }
    assert_true(wpb_weights_forgotten(weights) >= 992);
    wpb_weights_free(weights);
}

static void names_of_any_bytes_are_told_apart(void **state)
{
    struct wpb_weights *weights = wpb_weights_new(8);
    size_t count;

    (void)state;
    assert_true(wpb_weights_add(weights, wpb_slice_of("a\0b", 3), 1, 0));
    assert_true(wpb_weights_add(weights, wpb_slice_of("a\0c", 3), 2, 0));
    assert_true(wpb_weights_add(weights, wpb_slice_of("", 0), 3, 0));
    wpb_weights_sorted(weights, &count);
    assert_int_equal(count, 3);
    wpb_weights_free(weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_not_done_unless_asked),
        cmocka_unit_test(every_row_is_counted_exactly),
        cmocka_unit_test(the_heaviest_posts_are_told_exactly),
        cmocka_unit_test(from_an_id_on_keys_have_no_totals_and_posts_do),
        cmocka_unit_test(what_was_stopped_says_where_to_go_on),
        cmocka_unit_test(weights_are_summed_by_name_heaviest_first),
        cmocka_unit_test(full_weights_forget_the_light_and_say_what_is_uncertain),
        cmocka_unit_test(names_of_any_bytes_are_told_apart),
    };
    return cmocka_run_group_tests(tests, start, end);
}
