/* mysql.builders: what page builders keep, and where their CSS goes, on a real server. */
#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/mysql/meta_index.h"
#include "probes/mysql/probes.h"

static const struct mysql_wordpress site = {.schema = "shop", .prefix = "wp7_"};
static const struct wpb_probe *const probes[] = {&wpb_probe_mysql_server,
                                                 &wpb_probe_mysql_builders, NULL};

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
    mysql_server_do(*state, "TRUNCATE TABLE wp7_postmeta; TRUNCATE TABLE wp7_options");
    return 0;
}

static void meta(void **state, uint64_t post_id, const char *key, const char *value)
{
    mysql_wordpress_meta(*state, "wp7_", post_id, wpb_slice_cstr(key),
                         wpb_slice_cstr(value));
}

static void option(void **state, const char *name, const char *value)
{
    mysql_wordpress_option(*state, "wp7_", wpb_slice_cstr(name), wpb_slice_cstr(value),
                           "no");
}

static void look(void **state, struct mysql_look *seen)
{
    mysql_look(seen, *state, &site, probes, NULL);
}

static void keys_are_counted_with_their_builder_and_role(void **state)
{
    struct mysql_look seen;

    for (uint64_t post_id = 1; post_id <= 3; post_id++)
        meta(state, post_id, "_elementor_data", "[]");
    meta(state, 1, "_elementor_css", "a:0:{}");
    meta(state, 1, "tve_custom_css_landing", "p{}");
    meta(state, 1, "_price", "9");
    look(state, &seen);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_META_KEY, "_elementor_data", WPB_M_ROWS),
        3);
    assert_int_equal(
        mysql_look_sample(&seen, WPB_SUBJECT_META_KEY, "_elementor_data", WPB_M_ROWS)
            ->provenance,
        WPB_EXACT);
    mysql_look_text_is(&seen, WPB_SUBJECT_META_KEY, "_elementor_data", WPB_M_BUILDER,
                       "elementor");
    mysql_look_text_is(&seen, WPB_SUBJECT_META_KEY, "_elementor_data", WPB_M_META_ROLE,
                       "layout");
    mysql_look_text_is(&seen, WPB_SUBJECT_META_KEY, "_elementor_css", WPB_M_META_ROLE,
                       "css");
    mysql_look_text_is(&seen, WPB_SUBJECT_META_KEY, "tve_custom_css_landing",
                       WPB_M_BUILDER, "thrive");
    assert_null(mysql_look_find(&seen, WPB_SUBJECT_META_KEY, "_price"));
    assert_int_equal(mysql_look_coverage(&seen, "mysql.builders")->status,
                     WPB_COVERAGE_OK);
    mysql_look_free(&seen);
}

static void a_key_that_only_the_collation_takes_for_a_builders_is_none(void **state)
{
    struct mysql_look seen;

    meta(state, 1, "_ELEMENTOR_DATA", "[]");
    look(state, &seen);
    assert_null(mysql_look_find(&seen, WPB_SUBJECT_META_KEY, "_ELEMENTOR_DATA"));
    assert_null(mysql_look_find(&seen, WPB_SUBJECT_COMPONENT, "builder:elementor"));
    mysql_look_free(&seen);
}

static void options_are_measured_and_not_posted_by_value(void **state)
{
    struct mysql_look seen;

    option(state, "fusion_dynamic_css_ids", "a:1:{i:7;b:1;}");
    look(state, &seen);
    assert_int_equal(mysql_look_integer(&seen, WPB_SUBJECT_OPTION,
                                        "fusion_dynamic_css_ids", WPB_M_ROW_BYTES),
                     14);
    mysql_look_text_is(&seen, WPB_SUBJECT_OPTION, "fusion_dynamic_css_ids", WPB_M_BUILDER,
                       "avada");
    mysql_look_text_is(&seen, WPB_SUBJECT_OPTION, "fusion_dynamic_css_ids",
                       WPB_M_META_ROLE, "per page");
    mysql_look_free(&seen);
}

static void an_option_of_its_own_decides_where_css_goes(void **state)
{
    struct mysql_look seen;

    meta(state, 1, "_elementor_data", "[]");
    option(state, "elementor_css_print_method", "internal");
    look(state, &seen);
    mysql_look_text_is(&seen, WPB_SUBJECT_COMPONENT, "builder:elementor", WPB_M_SETTING,
                       "elementor_css_print_method");
    mysql_look_text_is(&seen, WPB_SUBJECT_COMPONENT, "builder:elementor",
                       WPB_M_SETTING_VALUE, "internal");
    mysql_look_text_is(&seen, WPB_SUBJECT_COMPONENT, "builder:elementor",
                       WPB_M_SETTING_CHANGE,
                       wpb_builder(WPB_BUILDER_ELEMENTOR)->setting.change);
    mysql_look_text_is(&seen, WPB_SUBJECT_COMPONENT, "builder:elementor", WPB_M_CSS_PLACE,
                       "inline");
    mysql_look_text_is(&seen, WPB_SUBJECT_COMPONENT, "builder:elementor", WPB_M_BUILDER,
                       "Elementor");
    mysql_look_free(&seen);
}

static void an_absent_option_is_the_builders_default(void **state)
{
    struct mysql_look seen;

    meta(state, 1, "_elementor_data", "[]");
    look(state, &seen);
    mysql_look_text_is(&seen, WPB_SUBJECT_COMPONENT, "builder:elementor",
                       WPB_M_SETTING_VALUE, "");
    mysql_look_text_is(&seen, WPB_SUBJECT_COMPONENT, "builder:elementor", WPB_M_CSS_PLACE,
                       "file");
    mysql_look_free(&seen);
}

static void of_an_array_only_the_deciding_word_is_posted(void **state)
{
    struct mysql_look seen;

    option(state, "fusion_options",
           "a:2:{s:7:\"api_key\";s:6:\"SECRET\";s:16:\"css_cache_method\";s:2:\"db\";}");
    look(state, &seen);
    mysql_look_text_is(&seen, WPB_SUBJECT_COMPONENT, "builder:avada", WPB_M_SETTING,
                       "fusion_options[css_cache_method]");
    mysql_look_text_is(&seen, WPB_SUBJECT_COMPONENT, "builder:avada", WPB_M_SETTING_VALUE,
                       "db");
    mysql_look_text_is(&seen, WPB_SUBJECT_COMPONENT, "builder:avada", WPB_M_CSS_PLACE,
                       "inline");
    mysql_look_free(&seen);
}

static void a_setting_behind_64_kib_is_unknown_and_said_so(void **state)
{
    struct mysql_look seen;
    size_t len = 70000;
    char *value = malloc(len + 128);

    assert_non_null(value);
    int head = sprintf(value, "a:2:{s:4:\"junk\";s:%zu:\"", len);
    memset(value + head, 'x', len);
    strcpy(value + head + len, "\";s:16:\"css_cache_method\";s:2:\"db\";}");
    option(state, "fusion_options", value);
    free(value);
    look(state, &seen);
    mysql_look_text_is(&seen, WPB_SUBJECT_COMPONENT, "builder:avada", WPB_M_CSS_PLACE,
                       "unknown");
    assert_null(mysql_look_sample(&seen, WPB_SUBJECT_COMPONENT, "builder:avada",
                                  WPB_M_SETTING_VALUE));
    const struct wpb_coverage *row = mysql_look_coverage(&seen, "mysql.builders");
    assert_int_equal(row->status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(row->reason, "fusion_options"));
    mysql_look_free(&seen);
}

static void a_site_without_builders_has_none(void **state)
{
    struct mysql_look seen;

    meta(state, 1, "_price", "9");
    option(state, "blogname", "A shop");
    look(state, &seen);
    assert_null(mysql_look_find(&seen, WPB_SUBJECT_META_KEY, "_price"));
    for (size_t i = 0; i < WPB_BUILDERS; i++) {
        char name[64];
        snprintf(name, sizeof name, "builder:%s",
                 wpb_builder((enum wpb_builder_id)i)->slug);
        assert_null(mysql_look_find(&seen, WPB_SUBJECT_COMPONENT, name));
    }
    assert_int_equal(mysql_look_coverage(&seen, "mysql.builders")->status,
                     WPB_COVERAGE_OK);
    mysql_look_free(&seen);
}

/* What a server whose index does not suffice is asked instead. */
static void guesses_come_from_the_plan_of_a_union(void **state)
{
    struct wpb_meta_guess guesses[WPB_META_GUESSES];
    struct wpb_slice cells[12 * 2];
    struct wpb_mysql_rows rows = {.rows = 2, .columns = 12, .cells = cells};
    size_t first = 0;

    (void)state;
    for (size_t i = 0; i < 24; i++)
        cells[i] = wpb_slice_cstr("x");
    cells[9] = wpb_slice_cstr("120");
    cells[12 + 9] = wpb_slice_cstr("7");
    size_t count = wpb_meta_guess_take(&rows, &first, guesses);
    assert_int_equal(count, WPB_META_GUESSES);
    assert_int_equal(guesses[0].rows, 120);
    assert_int_equal(guesses[1].rows, 7);
    assert_int_equal(guesses[2].rows, 0);
    assert_true(first >= WPB_META_GUESSES);
}

static void a_guess_is_near_the_truth(void **state)
{
    struct wpb_meta_guess guesses[WPB_META_GUESSES];
    struct wpb_sql sql;
    struct wpb_site of = {.table_prefix = "wp7_"};
    struct mysql_server *server = *state;
    size_t first = 0, next = 0, seen = 0;

    for (uint64_t post_id = 1; post_id <= 40; post_id++)
        meta(state, post_id, "_elementor_data", "[]");
    mysql_server_do(server, "ANALYZE TABLE wp7_postmeta");
    wpb_sql_init(&sql, &of);
    for (;;) {
        struct wpb_slice cells[(WPB_META_GUESSES + 1) * 12];
        struct wpb_mysql_rows rows = {.columns = mysql_server_is_mysql() ? 12 : 10,
                                      .cells = cells};
        wpb_sql_begin(&sql, &of);
        if (!wpb_meta_guess_ask(&sql, first))
            break;
        assert_int_equal(mysql_real_query(server->admin, sql.text.data, sql.text.len), 0);
        MYSQL_RES *result = mysql_store_result(server->admin);
        assert_int_equal(mysql_num_fields(result), rows.columns);
        for (MYSQL_ROW row; (row = mysql_fetch_row(result)); rows.rows++) {
            for (size_t i = 0; i < rows.columns; i++)
                cells[rows.rows * rows.columns + i] =
                    wpb_slice_cstr(row[i] ? row[i] : "");
        }
        next = first;
        size_t count = wpb_meta_guess_take(&rows, &next, guesses);
        assert_true(rows.rows >= count);
        for (size_t i = 0; i < count; i++) {
            if (wpb_slice_is(guesses[i].name->name, "_elementor_data"))
                seen = (size_t)guesses[i].rows;
            else
                assert_true(guesses[i].rows <= 1);
        }
        mysql_free_result(result);
        first = next;
    }
    assert_in_range(seen, 20, 80);
    wpb_sql_fini(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(keys_are_counted_with_their_builder_and_role, clear),
        cmocka_unit_test_setup(a_key_that_only_the_collation_takes_for_a_builders_is_none,
                               clear),
        cmocka_unit_test_setup(options_are_measured_and_not_posted_by_value, clear),
        cmocka_unit_test_setup(an_option_of_its_own_decides_where_css_goes, clear),
        cmocka_unit_test_setup(an_absent_option_is_the_builders_default, clear),
        cmocka_unit_test_setup(of_an_array_only_the_deciding_word_is_posted, clear),
        cmocka_unit_test_setup(a_setting_behind_64_kib_is_unknown_and_said_so, clear),
        cmocka_unit_test_setup(a_site_without_builders_has_none, clear),
        cmocka_unit_test(guesses_come_from_the_plan_of_a_union),
        cmocka_unit_test_setup(a_guess_is_near_the_truth, clear),
    };
    return cmocka_run_group_tests(tests, start, end);
}
