/* What the report lists of the sites' databases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/analyse/database_tables.h"

#define NOW 1795464000000
#define MAX 3

static const struct wpb_site shop = {.name = "shop", .table_prefix = "wp_"};
static const struct wpb_slice scope = {"mysql://db/shop", 15};
static const struct wpb_slice server_scope = {"mysql://db", 10};

struct look {
    struct wpb_arena *arena;
    struct wpb_window *window;
    struct wpb_database_report report;
};

static int set_up(void **state)
{
    struct look *look = calloc(1, sizeof(*look));

    assert_non_null(look);
    look->arena = wpb_arena_new();
    look->window = wpb_window_new(&shop, NOW);
    *state = look;
    return 0;
}

static int tear_down(void **state)
{
    struct look *look = *state;

    wpb_window_free(look->window);
    wpb_arena_free(look->arena);
    free(look);
    return 0;
}

static struct wpb_subject subject(enum wpb_subject_kind kind, const char *name)
{
    return (struct wpb_subject){
        .kind = kind, .scope = scope, .name = wpb_slice_cstr(name)};
}

static void post_value(struct look *look, const struct wpb_subject *of,
                       enum wpb_metric metric, struct wpb_value value,
                       enum wpb_provenance provenance)
{
    struct wpb_sample sample = {.subject = of,
                                .metric = metric,
                                .value = value,
                                .time_ms = NOW,
                                .provenance = provenance};
    wpb_window_post(look->window, &sample);
}

static void post(struct look *look, const struct wpb_subject *of, enum wpb_metric metric,
                 int64_t value)
{
    post_value(look, of, metric, wpb_value_integer(value), WPB_EXACT);
}

static const struct wpb_database_report *fill(struct look *look)
{
    const struct wpb_window *windows[] = {look->window};

    wpb_database_tables_fill(windows, 1, MAX, look->arena, &look->report);
    return &look->report;
}

static void nothing_measured_lists_nothing(void **state)
{
    const struct wpb_database_report *report = fill(*state);

    assert_int_equal(report->database_count, 0);
    assert_int_equal(report->table_count, 0);
    assert_int_equal(report->option_count, 0);
    assert_int_equal(report->meta_key_count, 0);
    assert_int_equal(report->post_count, 0);
}

static void the_database_sums_its_tables_and_has_the_sites_own_autoload(void **state)
{
    struct look *look = *state;
    struct wpb_subject server = {.kind = WPB_SUBJECT_MYSQL_SERVER, .scope = server_scope};
    struct wpb_subject other = subject(WPB_SUBJECT_TABLE, "wp_2_options");
    struct wpb_subject options = subject(WPB_SUBJECT_TABLE, "wp_options");

    post_value(look, &server, WPB_M_VERSION, wpb_value_text(wpb_slice_cstr("8.0.36")),
               WPB_EXACT);
    post(look, &other, WPB_M_DATA_BYTES, 100);
    post(look, &other, WPB_M_AUTOLOAD_BYTES, 7);
    post(look, &options, WPB_M_DATA_BYTES, 1000);
    post(look, &options, WPB_M_INDEX_BYTES, 50);
    post(look, &options, WPB_M_AUTOLOAD_BYTES, 700);
    post(look, &options, WPB_M_OPTIONS, 12);
    const struct wpb_database_report *report = fill(look);
    assert_int_equal(report->database_count, 1);
    const struct wpb_database_row *row = &report->databases[0];
    assert_true(wpb_slice_equal(row->scope, scope));
    assert_true(wpb_slice_is(row->version, "8.0.36"));
    assert_true(row->has_tables);
    assert_int_equal(row->tables, 2);
    assert_int_equal(row->data_bytes, 1100);
    assert_int_equal(row->index_bytes, 50);
    assert_true(row->has_autoload);
    assert_int_equal(row->autoload_bytes, 700);
    assert_int_equal(row->autoload_options, 12);
}

static void a_server_alone_has_unknown_tables(void **state)
{
    struct look *look = *state;
    struct wpb_subject server = {.kind = WPB_SUBJECT_MYSQL_SERVER, .scope = server_scope};

    post(look, &server, WPB_M_POOL_BYTES, 1);
    assert_int_equal(fill(look)->database_count, 1);
    assert_false(look->report.databases[0].has_tables);
    assert_false(look->report.databases[0].has_autoload);
}

static void largest_come_first_and_no_more_than_asked_for(void **state)
{
    struct look *look = *state;
    static const char *const names[] = {"a", "b", "c", "d"};
    static const int64_t sizes[] = {10, 40, 40, 30};

    for (size_t i = 0; i < 4; i++) {
        struct wpb_subject option = subject(WPB_SUBJECT_OPTION, names[i]);
        post(look, &option, WPB_M_ROW_BYTES, sizes[i]);
        post(look, &option, WPB_M_AUTOLOADED, i == 1);
    }
    assert_int_equal(fill(look)->option_count, MAX);
    assert_true(wpb_slice_is(look->report.options[0].option, "b"));
    assert_true(look->report.options[0].is_autoloaded);
    assert_true(wpb_slice_is(look->report.options[1].option, "c"));
    assert_false(look->report.options[1].is_autoloaded);
    assert_true(wpb_slice_is(look->report.options[2].option, "d"));
}

static void names_inside_notoptions_are_no_options(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = {.kind = WPB_SUBJECT_REDIS_KEY,
                              .scope = scope,
                              .name = wpb_slice_cstr("wp:options:notoptions")};
    struct wpb_subject name = subject(WPB_SUBJECT_OPTION, "there_after_all");

    name.parent = &key;
    post(look, &name, WPB_M_IN_DATABASE, 1);
    post(look, &name, WPB_M_ROW_BYTES, 12);
    assert_int_equal(fill(look)->option_count, 0);
}

static void sampled_meta_keys_carry_their_interval(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = subject(WPB_SUBJECT_META_KEY, "_elementor_data");
    struct wpb_subject counted = subject(WPB_SUBJECT_META_KEY, "_elementor_css");
    struct wpb_subject absent = subject(WPB_SUBJECT_META_KEY, "_et_pb_old_content");

    post(look, &absent, WPB_M_ROWS, 0);
    post(look, &counted, WPB_M_ROWS, 900000);
    post(look, &key, WPB_M_ROWS, 100);
    post_value(look, &key, WPB_M_ROW_BYTES, wpb_value_count(5000), WPB_SAMPLED);
    post_value(look, &key, WPB_M_ROW_BYTES_LOW, wpb_value_count(4000), WPB_SAMPLED);
    post_value(look, &key, WPB_M_ROW_BYTES_HIGH, wpb_value_count(6500), WPB_SAMPLED);
    const struct wpb_database_report *report = fill(look);
    assert_int_equal(report->meta_key_count, 2);
    const struct wpb_meta_key_row *row = &report->meta_keys[0];
    assert_true(wpb_slice_is(row->meta_key, "_elementor_data"));
    assert_int_equal(row->provenance, WPB_SAMPLED);
    assert_true(row->has_interval);
    assert_int_equal(row->row_bytes_low, 4000);
    assert_int_equal(row->row_bytes_high, 6500);
    assert_false(report->meta_keys[1].has_bytes);
    assert_int_equal(report->meta_keys[1].rows, 900000);
}

static void a_post_has_the_length_of_the_entry_that_carries_it(void **state)
{
    struct look *look = *state;
    struct wpb_subject page = subject(WPB_SUBJECT_POST, "184");
    struct wpb_subject other = subject(WPB_SUBJECT_POST, "18");
    struct wpb_subject value = subject(WPB_SUBJECT_META_KEY, "_elementor_data");
    struct wpb_subject key = {.kind = WPB_SUBJECT_REDIS_KEY,
                              .scope = wpb_slice_cstr("redis://h:6379/1"),
                              .name = wpb_slice_cstr("wp:post_meta:184")};

    value.parent = &page;
    post(look, &page, WPB_M_ROW_BYTES, 4000);
    post(look, &other, WPB_M_ROW_BYTES, 300);
    post(look, &value, WPB_M_ROW_BYTES, 3900);
    post(look, &key, WPB_M_POST_ID, 184);
    post(look, &key, WPB_M_VALUE_BYTES, 4100);
    const struct wpb_database_report *report = fill(look);
    assert_int_equal(report->post_count, 2);
    assert_true(wpb_slice_is(report->posts[0].post_id, "184"));
    assert_true(report->posts[0].has_entry_bytes);
    assert_int_equal(report->posts[0].entry_bytes, 4100);
    assert_false(report->posts[1].has_entry_bytes);
    assert_int_equal(report->meta_key_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_measured_lists_nothing),
        TEST(the_database_sums_its_tables_and_has_the_sites_own_autoload),
        TEST(a_server_alone_has_unknown_tables),
        TEST(largest_come_first_and_no_more_than_asked_for),
        TEST(names_inside_notoptions_are_no_options),
        TEST(sampled_meta_keys_carry_their_interval),
        TEST(a_post_has_the_length_of_the_entry_that_carries_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
