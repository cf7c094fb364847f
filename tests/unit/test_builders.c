/* The table of page builders, its look-ups, and what a setting's raw value says. */
#include "probes/wordpress/builder_setting.h"
#include "probes/wordpress/builders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(literal) wpb_slice_of((literal), sizeof(literal) - 1)

static const struct wpb_builder *by_slug(const char *slug)
{
    const struct wpb_builder *builder = wpb_builder_by_slug(wpb_slice_cstr(slug));
    if (!builder)
        fail_msg("no builder %s", slug);
    return builder;
}

static struct wpb_builder_choice choose(const char *slug, struct wpb_slice value)
{
    return wpb_builder_choose(by_slug(slug), WPB_OPTION_WHOLE, value);
}

static enum wpb_css_place place(const char *slug, struct wpb_slice value)
{
    return choose(slug, value).place;
}

/* What the binary search needs. */
static void assert_searchable(const struct wpb_builder_name *rows, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (wpb_slice_compare(rows[i - 1].name, rows[i].name) >= 0)
            fail_msg("%s is out of order", rows[i].name.data);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (i != j && rows[i].is_prefix &&
                wpb_slice_starts(rows[j].name, rows[i].name))
                fail_msg("%s begins with the prefix %s", rows[j].name.data,
                         rows[i].name.data);
}

static void names_are_in_order_and_no_prefix_hides_one(void **state)
{
    size_t count = 0;
    (void)state;

    const struct wpb_builder_name *rows = wpb_builder_metas(&count);
    assert_searchable(rows, count);
    rows = wpb_builder_options(&count);
    assert_searchable(rows, count);
}

static void every_name_is_found_and_is_its_own_row(void **state)
{
    size_t count = 0;
    (void)state;

    const struct wpb_builder_name *rows = wpb_builder_metas(&count);
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(wpb_builder_of_meta(rows[i].name), &rows[i]);
    rows = wpb_builder_options(&count);
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(wpb_builder_of_option(rows[i].name), &rows[i]);
}

static void a_known_key_says_its_builder_role_and_encoding(void **state)
{
    static const struct {
        const char *key, *slug;
        enum wpb_builder_role role;
        enum wpb_builder_encoding encoding;
    } known[] = {
        {"_elementor_data", "elementor", WPB_BUILDER_LAYOUT, WPB_BUILDER_JSON},
        {"_elementor_css", "elementor", WPB_BUILDER_CSS, WPB_BUILDER_SERIALIZE},
        {"_elementor_element_cache", "elementor", WPB_BUILDER_CACHE, WPB_BUILDER_JSON},
        {"_fl_builder_data", "beaver-builder", WPB_BUILDER_LAYOUT, WPB_BUILDER_SERIALIZE},
        {"_bricks_page_content_2", "bricks", WPB_BUILDER_LAYOUT, WPB_BUILDER_SERIALIZE},
        {"_breakdance_data", "breakdance", WPB_BUILDER_LAYOUT, WPB_BUILDER_JSON_IN_JSON},
        {"ct_builder_shortcodes", "oxygen", WPB_BUILDER_LAYOUT, WPB_BUILDER_SHORTCODES},
        {"panels_data", "siteorigin", WPB_BUILDER_LAYOUT, WPB_BUILDER_SERIALIZE},
        {"brizy", "brizy", WPB_BUILDER_LAYOUT, WPB_BUILDER_BASE64},
        {"_wpb_shortcodes_custom_css", "wpbakery", WPB_BUILDER_CSS, WPB_BUILDER_CSS_TEXT},
        {"_uag_page_assets", "spectra", WPB_BUILDER_CSS, WPB_BUILDER_SERIALIZE},
        {"tve_updated_post", "thrive", WPB_BUILDER_LAYOUT, WPB_BUILDER_HTML},
        {"vcv-pageContent", "visual-composer", WPB_BUILDER_LAYOUT,
         WPB_BUILDER_JSON_IN_URL},
    };
    (void)state;

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct wpb_builder_name *row =
            wpb_builder_of_meta(wpb_slice_cstr(known[i].key));
        if (!row)
            fail_msg("%s is not known", known[i].key);
        assert_string_equal(wpb_builder(row->builder)->slug, known[i].slug);
        assert_int_equal(row->role, known[i].role);
        assert_int_equal(row->encoding, known[i].encoding);
    }
}

static void a_prefix_covers_the_names_that_begin_so(void **state)
{
    (void)state;

    const struct wpb_builder_name *row =
        wpb_builder_of_meta(TEXT("_fl_builder_history_position"));
    assert_non_null(row);
    assert_int_equal(row->builder, WPB_BUILDER_BEAVER);
    assert_int_equal(row->role, WPB_BUILDER_COPY);
    row = wpb_builder_of_option(TEXT("_transient_fusion_dynamic_css_4711"));
    assert_non_null(row);
    assert_int_equal(row->builder, WPB_BUILDER_AVADA);
    assert_null(wpb_builder_of_option(TEXT("_transient_fusion_dynamic_cs")));
}

static void a_name_that_only_resembles_is_of_no_builder(void **state)
{
    static const struct wpb_slice names[] = {
        WPB_SLICE(""),
        WPB_SLICE("_elementor_dat"),
        WPB_SLICE("_elementor_data2"),
        WPB_SLICE("_elementor_data\0"),
        WPB_SLICE("_Elementor_data"),
        WPB_SLICE("\0_elementor_data"),
        WPB_SLICE("\xff\xfe"),
        WPB_SLICE("zzzz"),
        WPB_SLICE("!"),
    };
    (void)state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_null(wpb_builder_of_meta(names[i]));
        assert_null(wpb_builder_of_option(names[i]));
    }
    assert_null(wpb_builder_of_meta(wpb_slice_of(NULL, 0)));
}

static void a_name_of_a_megabyte_is_looked_up(void **state)
{
    size_t len = 1 << 20;
    char *name = malloc(len);
    (void)state;

    assert_non_null(name);
    memset(name, '_', len);
    assert_null(wpb_builder_of_meta(wpb_slice_of(name, len)));
    memcpy(name, "tve_custom_css", 14);
    assert_non_null(wpb_builder_of_meta(wpb_slice_of(name, len)));
    free(name);
}

static void options_that_grow_with_each_page_are_marked(void **state)
{
    static const char *const names[] = {
        "fusion_dynamic_css_posts", "fusion_dynamic_css_ids",
        "generateblocks_dynamic_css_posts", "oxygen_vsb_css_files_state"};
    (void)state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct wpb_builder_name *row =
            wpb_builder_of_option(wpb_slice_cstr(names[i]));
        assert_non_null(row);
        assert_int_equal(row->role, WPB_BUILDER_PER_PAGE);
        assert_int_equal(row->encoding, WPB_BUILDER_SERIALIZE);
    }
}

static void every_builder_has_a_slug_of_its_own_and_a_folder(void **state)
{
    (void)state;

    for (size_t i = 0; i < WPB_BUILDERS; i++) {
        const struct wpb_builder *builder = wpb_builder((enum wpb_builder_id)i);
        assert_non_null(builder->name);
        assert_non_null(builder->components[0]);
        assert_ptr_equal(by_slug(builder->slug), builder);
        assert_int_equal(wpb_builder_id(builder), i);
    }
    assert_ptr_equal(wpb_builder_of_component(TEXT("js_composer")), by_slug("wpbakery"));
    assert_null(wpb_builder_of_component(TEXT("akismet")));
}

static void
a_setting_that_can_be_changed_is_an_option_we_know_and_says_where(void **state)
{
    (void)state;

    for (size_t i = 0; i < WPB_BUILDERS; i++) {
        const struct wpb_builder *builder = wpb_builder((enum wpb_builder_id)i);
        const struct wpb_builder_setting *setting = &builder->setting;
        bool has_option =
            setting->kind == WPB_SETTING_OPTION || setting->kind == WPB_SETTING_KEY;

        assert_int_equal(has_option, setting->option != NULL);
        assert_int_equal(setting->kind == WPB_SETTING_KEY, setting->key != NULL);
        if (!has_option)
            continue;
        const struct wpb_builder_name *row =
            wpb_builder_of_option(wpb_slice_cstr(setting->option));
        if (!row || row->role != WPB_BUILDER_SETTINGS)
            fail_msg("%s: %s is not a known setting", builder->slug, setting->option);
        assert_non_null(setting->change);
        assert_true(builder->can_write_files);
        assert_non_null(setting->file_values[0]);
    }
}

static void elementor_is_inline_only_when_internal(void **state)
{
    (void)state;

    assert_int_equal(place("elementor", TEXT("internal")), WPB_CSS_INLINE);
    assert_int_equal(place("elementor", TEXT("external")), WPB_CSS_FILE);
    assert_int_equal(place("elementor", TEXT("")), WPB_CSS_FILE);
    assert_int_equal(place("elementor", TEXT("Internal")), WPB_CSS_FILE);
    assert_int_equal(place("essential-addons", TEXT("internal")), WPB_CSS_INLINE);
}

static void an_absent_option_is_the_builders_default_and_says_so(void **state)
{
    static const struct {
        const char *slug;
        enum wpb_css_place place;
    } defaults[] = {
        {"elementor", WPB_CSS_FILE},         {"divi", WPB_CSS_FILE},
        {"bricks", WPB_CSS_INLINE},          {"avada", WPB_CSS_FILE},
        {"spectra", WPB_CSS_INLINE},         {"generateblocks", WPB_CSS_FILE},
        {"oxygen", WPB_CSS_INLINE},          {"wpbakery", WPB_CSS_INLINE},
        {"breakdance", WPB_CSS_FILE},        {"brizy", WPB_CSS_UNKNOWN},
        {"beaver-builder", WPB_CSS_UNKNOWN},
    };
    (void)state;

    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        struct wpb_builder_choice choice = wpb_builder_choose(
            by_slug(defaults[i].slug), WPB_OPTION_ABSENT, TEXT("internal"));
        if (choice.place != defaults[i].place)
            fail_msg("%s: %d", defaults[i].slug, (int)choice.place);
        assert_int_equal(choice.is_default, choice.place != WPB_CSS_UNKNOWN);
        assert_int_equal(choice.value_len, 0);
    }
}

static void the_value_that_decided_is_kept_for_the_report(void **state)
{
    (void)state;

    struct wpb_builder_choice choice = choose("elementor", TEXT("internal"));
    assert_string_equal(choice.value, "internal");
    assert_int_equal(choice.value_len, 8);
    assert_false(choice.is_default);
    assert_true(choice.is_readable);
}

static void a_value_of_a_kilobyte_is_kept_cut(void **state)
{
    char value[1024];
    (void)state;

    memset(value, 'x', sizeof value);
    struct wpb_builder_choice choice =
        choose("elementor", wpb_slice_of(value, sizeof value));
    assert_int_equal(choice.value_len, sizeof choice.value - 1);
    assert_int_equal(strlen(choice.value), sizeof choice.value - 1);
}

static void a_member_of_a_serialized_array_decides(void **state)
{
    (void)state;

    struct wpb_builder_choice choice =
        choose("divi", TEXT("a:2:{s:9:\"divi_logo\";s:0:\"\";"
                            "s:21:\"et_pb_static_css_file\";s:3:\"off\";}"));
    assert_int_equal(choice.place, WPB_CSS_INLINE);
    assert_string_equal(choice.value, "off");
    assert_int_equal(
        place("divi", TEXT("a:1:{s:21:\"et_pb_static_css_file\";s:2:\"on\";}")),
        WPB_CSS_FILE);
    assert_int_equal(place("avada", TEXT("a:1:{s:16:\"css_cache_method\";s:2:\"db\";}")),
                     WPB_CSS_INLINE);
    assert_int_equal(
        place("generateblocks", TEXT("a:1:{s:16:\"css_print_method\";s:6:\"inline\";}")),
        WPB_CSS_INLINE);
}

static void a_member_of_a_json_object_decides(void **state)
{
    (void)state;

    struct wpb_builder_choice choice =
        choose("bricks", TEXT("{\"a\": [1, 2], \"cssLoading\" : \"file\"}"));
    assert_int_equal(choice.place, WPB_CSS_FILE);
    assert_string_equal(choice.value, "file");
    assert_int_equal(place("bricks", TEXT("{\"cssLoading\":\"\"}")), WPB_CSS_INLINE);
}

static void an_absent_member_is_the_builders_default(void **state)
{
    (void)state;

    struct wpb_builder_choice choice = choose("divi", TEXT("a:1:{s:1:\"a\";i:1;}"));
    assert_int_equal(choice.place, WPB_CSS_FILE);
    assert_true(choice.is_default);
    assert_int_equal(place("bricks", TEXT("a:0:{}")), WPB_CSS_INLINE);
}

static void the_same_name_deeper_down_does_not_count(void **state)
{
    (void)state;

    struct wpb_builder_choice choice =
        choose("divi", TEXT("a:1:{s:1:\"a\";a:1:{s:21:\"et_pb_static_css_file\";"
                            "s:3:\"off\";}}"));
    assert_int_equal(choice.place, WPB_CSS_FILE);
    assert_true(choice.is_default);
}

static void the_last_of_equal_members_counts(void **state)
{
    (void)state;

    assert_int_equal(place("bricks", TEXT("{\"cssLoading\":\"file\",\"cssLoading\":"
                                          "\"inline\"}")),
                     WPB_CSS_INLINE);
    assert_int_equal(place("bricks", TEXT("a:2:{s:10:\"cssLoading\";s:0:\"\";"
                                          "s:10:\"cssLoading\";s:4:\"file\";}")),
                     WPB_CSS_FILE);
}

static void a_value_that_is_no_text_is_compared_as_php_prints_it(void **state)
{
    (void)state;

    struct wpb_builder_choice choice =
        choose("bricks", TEXT("a:1:{s:10:\"cssLoading\";b:1;}"));
    assert_string_equal(choice.value, "1");
    choice = choose("bricks", TEXT("a:1:{s:10:\"cssLoading\";i:-12;}"));
    assert_string_equal(choice.value, "-12");
    choice = choose("bricks", TEXT("{\"cssLoading\":false}"));
    assert_string_equal(choice.value, "false");
}

static void a_damaged_array_decides_nothing(void **state)
{
    static const struct wpb_slice values[] = {
        WPB_SLICE(""),
        WPB_SLICE("off"),
        WPB_SLICE("s:3:\"off\";"),
        WPB_SLICE("a:1:{s:21:\"et_pb_static_css_file\";s:3:\"off\";"),
        WPB_SLICE("a:1:{s:21:\"et_pb_static_css_file\";s:9:\"off\";}"),
        WPB_SLICE("a:1:{s:21:\"et_pb_static_css_file\";s:3:\"off\";}}"),
        WPB_SLICE("a:1:{s:21:\"et_pb_static_css_file\";a:0:{}}"),
        WPB_SLICE("a:1:{s:21:\"et_pb_static_css_file\";S:3:\"\\6fff\";}"),
        WPB_SLICE("{\"et_pb_static_css_file\":\"\\u006fff\"}"),
        WPB_SLICE("{\"et_pb_static_css_file\":\"of"),
        WPB_SLICE("\xff\x00\x01\x02"),
    };
    (void)state;

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct wpb_builder_choice choice = choose("divi", values[i]);
        if (choice.place != WPB_CSS_UNKNOWN || choice.is_readable || choice.is_default)
            fail_msg("%zu: %d", i, (int)choice.place);
    }
}

static void a_cut_value_decides_when_the_member_is_before_the_cut(void **state)
{
    static const char value[] = "a:2:{s:21:\"et_pb_static_css_file\";s:3:\"off\";"
                                "s:1:\"a\";s:1000:\"xx";
    (void)state;

    struct wpb_builder_choice choice = wpb_builder_choose(
        by_slug("divi"), WPB_OPTION_CUT, wpb_slice_of(value, sizeof value - 1));
    assert_int_equal(choice.place, WPB_CSS_INLINE);
    choice = wpb_builder_choose(by_slug("divi"), WPB_OPTION_CUT, wpb_slice_of(value, 40));
    assert_int_equal(choice.place, WPB_CSS_UNKNOWN);
    assert_false(choice.is_readable);
    choice = wpb_builder_choose(by_slug("elementor"), WPB_OPTION_CUT, TEXT("internal"));
    assert_int_equal(choice.place, WPB_CSS_UNKNOWN);
}

static void every_cut_of_a_setting_is_survived(void **state)
{
    static const char serialized[] =
        "a:3:{i:0;d:1.5;s:21:\"et_pb_static_css_file\";s:3:\"off\";s:1:\"a\";N;}";
    static const char json[] = "{\"0\":1.5,\"et_pb_static_css_file\":\"off\",\"a\":null}";
    (void)state;

    for (size_t i = 0; i < sizeof serialized - 1; i++) {
        /* A heap copy, so that a read past its end is seen. */
        char *copy = malloc(i + 1);
        assert_non_null(copy);
        memcpy(copy, serialized, i);
        wpb_builder_choose(by_slug("divi"), WPB_OPTION_CUT, wpb_slice_of(copy, i));
        assert_int_equal(place("divi", wpb_slice_of(copy, i)), WPB_CSS_UNKNOWN);
        free(copy);
    }
    for (size_t i = 0; i < sizeof json - 1; i++) {
        char *copy = malloc(i + 1);
        assert_non_null(copy);
        memcpy(copy, json, i);
        assert_int_equal(place("divi", wpb_slice_of(copy, i)), WPB_CSS_UNKNOWN);
        free(copy);
    }
}

static void roles_encodings_and_grades_have_words(void **state)
{
    (void)state;

    assert_string_equal(wpb_builder_role_name(WPB_BUILDER_PER_PAGE), "per page");
    assert_string_equal(wpb_builder_encoding_name(WPB_BUILDER_HTML), "html");
    assert_string_equal(wpb_known_name(WPB_KNOWN_ASSUMED), "assumed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_in_order_and_no_prefix_hides_one),
        cmocka_unit_test(every_name_is_found_and_is_its_own_row),
        cmocka_unit_test(a_known_key_says_its_builder_role_and_encoding),
        cmocka_unit_test(a_prefix_covers_the_names_that_begin_so),
        cmocka_unit_test(a_name_that_only_resembles_is_of_no_builder),
        cmocka_unit_test(a_name_of_a_megabyte_is_looked_up),
        cmocka_unit_test(options_that_grow_with_each_page_are_marked),
        cmocka_unit_test(every_builder_has_a_slug_of_its_own_and_a_folder),
        cmocka_unit_test(
            a_setting_that_can_be_changed_is_an_option_we_know_and_says_where),
        cmocka_unit_test(elementor_is_inline_only_when_internal),
        cmocka_unit_test(an_absent_option_is_the_builders_default_and_says_so),
        cmocka_unit_test(the_value_that_decided_is_kept_for_the_report),
        cmocka_unit_test(a_value_of_a_kilobyte_is_kept_cut),
        cmocka_unit_test(a_member_of_a_serialized_array_decides),
        cmocka_unit_test(a_member_of_a_json_object_decides),
        cmocka_unit_test(an_absent_member_is_the_builders_default),
        cmocka_unit_test(the_same_name_deeper_down_does_not_count),
        cmocka_unit_test(the_last_of_equal_members_counts),
        cmocka_unit_test(a_value_that_is_no_text_is_compared_as_php_prints_it),
        cmocka_unit_test(a_damaged_array_decides_nothing),
        cmocka_unit_test(a_cut_value_decides_when_the_member_is_before_the_cut),
        cmocka_unit_test(every_cut_of_a_setting_is_survived),
        cmocka_unit_test(roles_encodings_and_grades_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
