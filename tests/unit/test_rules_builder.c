/* Rules about page builders: posts, their meta, revisions, and options. */
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
#define SCHEMA "mysql+unix:///run/mysqld/mysqld.sock?db=shop"
#define ENTRY_KEY "wp:post_meta:4711"
/* Bytes that a terminal, a shell, SQL, PHP and a format string would each act on. */
#define HOSTILE "$(id)';\n\x1b[31m%s%n<?php \xff|`x`"
#define CHANGE                                                                           \
    "Elementor > Settings > Performance > CSS Print Method: External File; or: wp "      \
    "option update elementor_css_print_method external"

#define ENTRY "builder.post_meta_entry"
#define CSS "builder.css_inline"
#define HEAVY "builder.layout_heavy"
#define INVALID "builder.invalid_serialized"
#define COPIES "builder.revision_copies"
#define GROWS "builder.option_grows_per_page"

static const struct wpb_subject landing = {
    .kind = WPB_SUBJECT_POST, .scope = WPB_SLICE(SCHEMA), .name = WPB_SLICE("4711")};

static struct wpb_subject in_schema(enum wpb_subject_kind kind, const char *name)
{
    return (struct wpb_subject){
        .kind = kind, .scope = wpb_slice_cstr(SCHEMA), .name = wpb_slice_cstr(name)};
}

static struct wpb_subject meta(const char *key)
{
    struct wpb_subject subject = in_schema(WPB_SUBJECT_META_KEY, key);

    subject.parent = &landing;
    return subject;
}

static struct wpb_subject key_in_general(const char *key)
{
    return in_schema(WPB_SUBJECT_META_KEY, key);
}

static struct wpb_subject option(const char *name)
{
    return in_schema(WPB_SUBJECT_OPTION, name);
}

static struct wpb_subject elementor(void)
{
    return in_schema(WPB_SUBJECT_COMPONENT, "builder:elementor");
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

static void assert_text_fact(const struct wpb_finding *finding, const char *name,
                             const char *text)
{
    const struct wpb_evidence *fact = look_fact(finding, name);

    assert_non_null(fact);
    assert_int_equal(fact->value.type, WPB_VALUE_TEXT);
    assert_true(wpb_slice_is(fact->value.text, text));
}

/* A heavy Elementor page: what the survey and the examination of it post. */
static void post_page(struct look *look)
{
    look->site.memory_limit_bytes = (uint64_t)512 * MIB;
    look_post(look, landing, WPB_M_ROW_BYTES, 4300000);
    look_post_text(look, landing, WPB_M_POST_TYPE, "page");
    look_post_text(look, landing, WPB_M_POST_STATUS, "publish");
    look_post_text(look, landing, WPB_M_POST_PATH, "/sale/landing/");
    look_post_text(look, landing, WPB_M_LARGEST_META_KEY, "_elementor_css");
    look_post_text(look, landing, WPB_M_BUILDER, "elementor");
    look_post(look, landing, WPB_M_CSS_BYTES, 2400000);
    look_post(look, meta("_elementor_css"), WPB_M_ROW_BYTES, 2401000);
    look_post_text(look, meta("_elementor_css"), WPB_M_BUILDER, "elementor");
    look_post_text(look, meta("_elementor_css"), WPB_M_META_ROLE, "css");
    look_post(look, meta("_elementor_data"), WPB_M_ROW_BYTES, 1800000);
    look_post_text(look, meta("_elementor_data"), WPB_M_BUILDER, "elementor");
    look_post_text(look, meta("_elementor_data"), WPB_M_META_ROLE, "layout");
}

static void post_setting(struct look *look, const char *place)
{
    look_post_text(look, elementor(), WPB_M_BUILDER, "Elementor");
    look_post_text(look, elementor(), WPB_M_CSS_PLACE, place);
    look_post_text(look, elementor(), WPB_M_SETTING, "elementor_css_print_method");
    look_post_text(look, elementor(), WPB_M_SETTING_VALUE,
                   strcmp(place, "inline") == 0 ? "internal" : "external");
    look_post_text(look, elementor(), WPB_M_SETTING_CHANGE, CHANGE);
}

static void post_entry(struct look *look)
{
    struct wpb_subject key = look_key(ENTRY_KEY);

    look_post(look, key, WPB_M_POST_ID, 4711);
    look_post_text(look, key, WPB_M_GROUP, "post_meta");
    look_post(look, key, WPB_M_VALUE_BYTES, 4310000);
    look_post_as(look, key, WPB_M_PHP_READ_PEAK_BYTES, wpb_value_integer(13000000),
                 WPB_EXACT);
}

/* builder.post_meta_entry */

static void the_chain_is_told_from_row_to_request(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_page(look);
    post_setting(look, "inline");
    post_entry(look);
    assert_int_equal(look_severity(look, ENTRY), WPB_CRITICAL);
    finding = look_found(look, ENTRY);
    look_assert_fact(finding, "post_id", 4711);
    assert_text_fact(finding, "post_path", "/sale/landing/");
    look_assert_fact(finding, "row_bytes", 4300000);
    look_assert_fact(finding, "entry_bytes", 4310000);
    assert_text_fact(finding, "largest_meta_key", "_elementor_css");
    look_assert_fact(finding, "php_read_peak_bytes", 13000000);
    look_assert_fact(finding, "memory_limit_bytes", (int64_t)512 * MIB);
    look_assert_fact(finding, "bytes_per_request", 4310000);
    assert_text_fact(finding, "builder", "elementor");
    look_assert_says(finding->title,
                     "The page /sale/landing/ (post 4711) brings 4.1 MiB");
    look_assert_says(finding->summary,
                     "is one cache entry of 4.1 MiB, and takes 12.4 MiB "
                     "of PHP memory");
    look_assert_says(finding->cause.note,
                     "Elementor builds this page. Heaviest: _elementor_css (2.3 MiB, "
                     "css), _elementor_data (1.7 MiB, layout).");
    assert_string_equal(finding->cause.confidence, "likely");
    look_assert_says(finding->remedy.for_good[0], CHANGE);
    assert_has_line(finding->remedy.now,
                    "wpbloat explain meta 4711 _elementor_css --site /var/www/shop");
    assert_has_line(finding->remedy.verify,
                    "wpbloat explain redis " ENTRY_KEY " --site /var/www/shop");
}

static void a_raised_limit_left_the_cause(void **state)
{
    struct look *look = *state;

    post_page(look);
    post_entry(look);
    look_evaluate(look);
    look_assert_says(look_found(look, ENTRY)->summary,
                     "memory_limit already stands at 512 MiB, above PHP's default of 128 "
                     "MiB: raising the limit made room for the page and left the cause.");
    look->site.memory_limit_bytes = (uint64_t)128 * MIB;
    look_evaluate(look);
    look_assert_says(look_found(look, ENTRY)->summary,
                     "Raising memory_limit would make room for the page and leave the "
                     "cause.");
}

static void a_chain_without_a_cache_entry_is_judged_by_its_rows(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look_post(look, landing, WPB_M_ROW_BYTES, 256 * KIB - 1);
    assert_int_equal(look_severity(look, ENTRY), -1);
    look_post(look, landing, WPB_M_ROW_BYTES, 256 * KIB);
    assert_int_equal(look_severity(look, ENTRY), WPB_WARNING);
    finding = look_found(look, ENTRY);
    look_assert_null_fact(finding, "entry_bytes");
    look_assert_null_fact(finding, "php_read_peak_bytes");
    look_assert_fact(finding, "bytes_per_request", 256 * KIB);
    look_post(look, landing, WPB_M_ROW_BYTES, 2 * MIB);
    assert_int_equal(look_severity(look, ENTRY), WPB_CRITICAL);
}

static void a_chain_is_judged_by_its_part_of_the_limit_too(void **state)
{
    struct look *look = *state;

    look->site.memory_limit_bytes = (uint64_t)100 * MIB;
    look_post(look, landing, WPB_M_ROW_BYTES, 200 * KIB);
    look_post(look, landing, WPB_M_PHP_READ_PEAK_BYTES, 15 * MIB - 1);
    assert_int_equal(look_severity(look, ENTRY), -1);
    look_post(look, landing, WPB_M_PHP_READ_PEAK_BYTES, 15 * MIB);
    assert_int_equal(look_severity(look, ENTRY), WPB_WARNING);
    look_post(look, landing, WPB_M_PHP_READ_PEAK_BYTES, 40 * MIB);
    assert_int_equal(look_severity(look, ENTRY), WPB_CRITICAL);
    look->site.memory_limit_bytes = 0;
    assert_int_equal(look_severity(look, ENTRY), -1);
}

static void the_memory_of_an_entry_stands_for_its_length(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = look_key(ENTRY_KEY);
    const struct wpb_finding *finding;

    look_post(look, landing, WPB_M_ROW_BYTES, MIB);
    look_post(look, key, WPB_M_POST_ID, 4711);
    look_post(look, key, WPB_M_MEMORY_BYTES, 1250000);
    look_evaluate(look);
    finding = look_found(look, ENTRY);
    look_assert_fact(finding, "entry_bytes", 1000000);
    assert_int_equal(look_fact(finding, "entry_bytes")->provenance, WPB_ESTIMATED);
}

static void an_entry_of_another_post_or_one_that_is_gone_is_not_joined(void **state)
{
    struct look *look = *state;
    struct wpb_subject other = look_key("wp:post_meta:471");
    struct wpb_subject gone = look_key(ENTRY_KEY);

    look_post(look, landing, WPB_M_ROW_BYTES, MIB);
    look_post(look, other, WPB_M_POST_ID, 471);
    look_post(look, other, WPB_M_VALUE_BYTES, 5000);
    look_post(look, gone, WPB_M_POST_ID, 4711);
    look_post(look, gone, WPB_M_VALUE_BYTES, 6000);
    look_post(look, gone, WPB_M_PRESENT, 0);
    look_evaluate(look);
    look_assert_null_fact(look_found(look, ENTRY), "entry_bytes");
}

static void a_post_that_was_not_measured_is_unknown(void **state)
{
    struct look *look = *state;

    look_post(look, landing, WPB_M_POST_ID, 4711);
    post_entry(look);
    look_evaluate(look);
    assert_null(look_found(look, ENTRY));
    assert_non_null(look_found(look, "cache.entry_large"));
}

static void revisions_and_posts_that_are_gone_are_not_visited(void **state)
{
    struct look *look = *state;

    look_post(look, landing, WPB_M_ROW_BYTES, 4 * MIB);
    look_post_text(look, landing, WPB_M_POST_TYPE, "revision");
    assert_int_equal(look_severity(look, ENTRY), -1);
    look_post_text(look, landing, WPB_M_POST_TYPE, "page");
    look_post(look, landing, WPB_M_PRESENT, 0);
    assert_int_equal(look_severity(look, ENTRY), -1);
}

static void a_draft_is_never_critical(void **state)
{
    struct look *look = *state;

    look_post(look, landing, WPB_M_ROW_BYTES, 4 * MIB);
    look_post_text(look, landing, WPB_M_POST_STATUS, "draft");
    assert_int_equal(look_severity(look, ENTRY), WPB_WARNING);
}

static void the_entry_of_an_explained_post_is_not_reported_again(void **state)
{
    struct look *look = *state;

    post_entry(look);
    look_post(look, look_key(ENTRY_KEY), WPB_M_EXAMINED_BYTES, 4310000);
    look->site.memory_limit_bytes = (uint64_t)32 * MIB;
    assert_int_equal(look_severity(look, "cache.entry_decode_peak"), WPB_WARNING);
    look->site.memory_limit_bytes = (uint64_t)512 * MIB;
    assert_int_equal(look_severity(look, "cache.entry_large"), WPB_CRITICAL);
    post_page(look);
    look_evaluate(look);
    assert_non_null(look_found(look, ENTRY));
    assert_null(look_found(look, "cache.entry_large"));
    look->site.memory_limit_bytes = (uint64_t)32 * MIB;
    look_evaluate(look);
    assert_null(look_found(look, "cache.entry_decode_peak"));
}

static void at_most_five_posts_are_reported_and_the_rest_counted(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *heaviest = NULL;

    for (int i = 1; i <= 7; i++) {
        char name[8];
        snprintf(name, sizeof(name), "%d", i);
        look_post(look, in_schema(WPB_SUBJECT_POST, name), WPB_M_ROW_BYTES, MIB + i);
    }
    look_evaluate(look);
    assert_int_equal(look_count(look, ENTRY), 5);
    for (size_t i = 0; i < look->findings.count; i++) {
        if (wpb_slice_is(look->findings.items[i].subject->name, "7"))
            heaviest = &look->findings.items[i];
    }
    assert_non_null(heaviest);
    look_assert_says(heaviest->summary, "2 more are above the threshold");
}

static void hostile_meta_keys_stay_words_of_a_command(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look_post(look, landing, WPB_M_ROW_BYTES, 4 * MIB);
    look_post_text(look, landing, WPB_M_POST_PATH, HOSTILE);
    look_post(look, meta(HOSTILE), WPB_M_ROW_BYTES, 4 * MIB);
    look_evaluate(look);
    finding = look_found(look, ENTRY);
    assert_has_line(finding->remedy.now,
                    "wpbloat explain meta 4711 $'$(id)\\047;\\012\\033[31m%s%n<?php "
                    "\\377|`x`' --site /var/www/shop");
    assert_null(strchr(finding->title, '\x1b'));
    assert_null(strchr(finding->cause.note, '\n'));
    assert_text_fact(finding, "largest_meta_key", HOSTILE);
}

static void a_site_known_by_its_database_alone_is_reached_by_it(void **state)
{
    struct look *look = *state;

    look->site.path = "";
    look_post(look, landing, WPB_M_ROW_BYTES, 4 * MIB);
    look_post(look, meta("big"), WPB_M_ROW_BYTES, 4 * MIB);
    look_evaluate(look);
    assert_has_line(look_found(look, ENTRY)->remedy.now,
                    "wpbloat explain meta 4711 big --mysql "
                    "'mysql+unix:///run/mysqld/mysqld.sock?db=shop&user=shop' "
                    "--mysql-password-file FILE");
}

static void the_layout_of_the_chain_is_decoded_once_more(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_page(look);
    post_entry(look);
    look_evaluate(look);
    assert_null(look_fact(look_found(look, ENTRY), "layout_decode_bytes"));
    look_post(look, meta("_elementor_data"), WPB_M_PHP_READ_PEAK_BYTES, 15 * MIB);
    look_post(look, meta("_elementor_css"), WPB_M_PHP_READ_PEAK_BYTES, 20 * MIB);
    look_evaluate(look);
    finding = look_found(look, ENTRY);
    look_assert_fact(finding, "layout_decode_bytes", 15 * MIB);
    look_assert_says(finding->summary, "its layout is decoded once more, which takes "
                                       "another 15.0 MiB");
}

static void light_metas_are_not_named(void **state)
{
    struct look *look = *state;

    post_page(look);
    look_post(look, meta("_edit_lock"), WPB_M_ROW_BYTES, 23);
    look_evaluate(look);
    assert_null(strstr(look_found(look, ENTRY)->cause.note, "_edit_lock"));
}

/* builder.css_inline */

static void inline_css_names_the_setting_and_where_to_change_it(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_page(look);
    post_setting(look, "inline");
    assert_int_equal(look_severity(look, CSS), WPB_CRITICAL);
    finding = look_found(look, CSS);
    assert_text_fact(finding, "builder", "elementor");
    look_assert_fact(finding, "css_bytes", 2400000);
    assert_text_fact(finding, "setting", "elementor_css_print_method");
    assert_text_fact(finding, "setting_value", "internal");
    look_assert_fact(finding, "post_id", 4711);
    look_assert_says(finding->remedy.for_good[0], "Change the setting: " CHANGE);
    assert_has_line(finding->remedy.now, "wp --path=/var/www/shop option update "
                                         "elementor_css_print_method external");
}

static void css_in_files_is_no_finding(void **state)
{
    struct look *look = *state;

    post_page(look);
    post_setting(look, "file");
    assert_int_equal(look_severity(look, CSS), -1);
    post_setting(look, "unknown");
    assert_int_equal(look_severity(look, CSS), -1);
}

static void a_builder_without_a_choice_is_left_alone(void **state)
{
    struct look *look = *state;
    struct wpb_subject bakery = in_schema(WPB_SUBJECT_COMPONENT, "builder:wpbakery");
    struct wpb_subject css = key_in_general("_wpb_shortcodes_custom_css");

    look_post_text(look, bakery, WPB_M_CSS_PLACE, "inline");
    look_post_text(look, css, WPB_M_BUILDER, "wpbakery");
    look_post_text(look, css, WPB_M_META_ROLE, "css");
    look_post(look, css, WPB_M_ROW_BYTES, 100 * MIB);
    assert_int_equal(look_severity(look, CSS), -1);
}

static void inline_css_of_unknown_size_is_not_judged(void **state)
{
    struct look *look = *state;

    post_setting(look, "inline");
    assert_int_equal(look_severity(look, CSS), -1);
}

static void the_css_of_all_pages_counts_and_says_that_it_is_sampled(void **state)
{
    struct look *look = *state;
    struct wpb_subject css = key_in_general("_elementor_css");
    const struct wpb_finding *finding;

    post_setting(look, "inline");
    look_post_text(look, css, WPB_M_BUILDER, "elementor");
    look_post_text(look, css, WPB_M_META_ROLE, "css");
    look_post_as(look, css, WPB_M_ROW_BYTES, wpb_value_integer(16 * MIB - 1),
                 WPB_SAMPLED);
    assert_int_equal(look_severity(look, CSS), -1);
    look_post_as(look, css, WPB_M_ROW_BYTES, wpb_value_integer(16 * MIB), WPB_SAMPLED);
    assert_int_equal(look_severity(look, CSS), WPB_WARNING);
    finding = look_found(look, CSS);
    look_assert_fact(finding, "css_bytes", 16 * MIB);
    assert_int_equal(look_fact(finding, "css_bytes")->provenance, WPB_SAMPLED);
    look_assert_says(finding->title, "keeps about 16.0 MiB of compiled CSS");
}

static void the_largest_css_that_a_sample_has_seen_counts(void **state)
{
    struct look *look = *state;
    struct wpb_subject css = key_in_general("_elementor_css");
    const struct wpb_finding *finding;

    post_setting(look, "inline");
    look_post_text(look, css, WPB_M_BUILDER, "elementor");
    look_post_text(look, css, WPB_M_META_ROLE, "css");
    look_post_text(look, css, WPB_M_LARGEST_NAME, "4711");
    look_post(look, elementor(), WPB_M_CSS_BYTES, 3 * MIB);
    look_post(look, css, WPB_M_LARGEST_BYTES, 128 * KIB - 1);
    assert_int_equal(look_severity(look, CSS), -1);
    look_post(look, css, WPB_M_LARGEST_BYTES, MIB);
    assert_int_equal(look_severity(look, CSS), WPB_CRITICAL);
    assert_null(look_fact(look_found(look, CSS), "post_id"));
    look_post(look, landing, WPB_M_POST_ID, 4711);
    look_evaluate(look);
    finding = look_found(look, CSS);
    look_assert_fact(finding, "post_id", 4711);
    look_assert_fact(finding, "largest_page_css_bytes", MIB);
    look_assert_fact(finding, "css_bytes", 3 * MIB);
}

static void one_page_of_css_warns_at_128_kib(void **state)
{
    struct look *look = *state;

    post_setting(look, "inline");
    look_post_text(look, landing, WPB_M_BUILDER, "elementor");
    look_post(look, landing, WPB_M_CSS_BYTES, 128 * KIB - 1);
    assert_int_equal(look_severity(look, CSS), -1);
    look_post(look, landing, WPB_M_CSS_BYTES, 128 * KIB);
    assert_int_equal(look_severity(look, CSS), WPB_WARNING);
}

static void a_setting_that_is_not_there_is_said_to_be_unset(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_page(look);
    post_setting(look, "inline");
    look_post_text(look, elementor(), WPB_M_SETTING_VALUE, "");
    look_evaluate(look);
    finding = look_found(look, CSS);
    assert_text_fact(finding, "setting_value", "");
    look_assert_says(finding->cause.note, "elementor_css_print_method is not set");
}

/* builder.layout_heavy */

static void a_layout_is_heavy_from_a_mebibyte(void **state)
{
    struct look *look = *state;
    struct wpb_subject layout = meta("_elementor_data");
    const struct wpb_finding *finding;

    look_post_text(look, layout, WPB_M_META_ROLE, "layout");
    look_post(look, layout, WPB_M_ROW_BYTES, MIB - 1);
    assert_int_equal(look_severity(look, HEAVY), -1);
    look_post(look, layout, WPB_M_ROW_BYTES, MIB);
    look_post(look, layout, WPB_M_WIDGETS, 1200);
    assert_int_equal(look_severity(look, HEAVY), WPB_WARNING);
    finding = look_found(look, HEAVY);
    look_assert_fact(finding, "row_bytes", MIB);
    look_assert_fact(finding, "post_id", 4711);
    look_assert_says(finding->summary, "It has 1,200 elements");
    look_post(look, layout, WPB_M_ROW_BYTES, 4 * MIB);
    assert_int_equal(look_severity(look, HEAVY), WPB_CRITICAL);
}

static void a_layout_is_heavy_by_the_memory_it_takes(void **state)
{
    struct look *look = *state;
    struct wpb_subject layout = meta("_elementor_data");

    look->site.memory_limit_bytes = (uint64_t)100 * MIB;
    look_post_text(look, layout, WPB_M_META_ROLE, "layout");
    look_post(look, layout, WPB_M_ROW_BYTES, MIB / 2);
    look_post(look, layout, WPB_M_PHP_READ_PEAK_BYTES, 15 * MIB - 1);
    assert_int_equal(look_severity(look, HEAVY), -1);
    look_post(look, layout, WPB_M_PHP_READ_PEAK_BYTES, 15 * MIB);
    assert_int_equal(look_severity(look, HEAVY), WPB_WARNING);
}

static void the_role_of_a_key_in_general_is_that_of_a_posts_meta(void **state)
{
    struct look *look = *state;

    look_post(look, meta("_elementor_data"), WPB_M_ROW_BYTES, 2 * MIB);
    assert_int_equal(look_severity(look, HEAVY), -1);
    look_post_text(look, key_in_general("_elementor_data"), WPB_M_META_ROLE, "layout");
    assert_int_equal(look_severity(look, HEAVY), WPB_WARNING);
}

static void css_and_sums_over_posts_are_no_layout(void **state)
{
    struct look *look = *state;

    look_post_text(look, meta("_elementor_css"), WPB_M_META_ROLE, "css");
    look_post(look, meta("_elementor_css"), WPB_M_ROW_BYTES, 8 * MIB);
    look_post_text(look, key_in_general("_elementor_data"), WPB_M_META_ROLE, "layout");
    look_post(look, key_in_general("_elementor_data"), WPB_M_ROW_BYTES, 800 * MIB);
    assert_int_equal(look_severity(look, HEAVY), -1);
}

static void a_layout_without_a_heavy_part_has_many_elements(void **state)
{
    struct look *look = *state;
    struct wpb_subject layout = meta("_elementor_data");

    look_post_text(look, layout, WPB_M_META_ROLE, "layout");
    look_post(look, layout, WPB_M_ROW_BYTES, 2 * MIB);
    look_evaluate(look);
    look_assert_says(look_found(look, HEAVY)->cause.note, "was not read");
    look_post(look, layout, WPB_M_EXAMINED_BYTES, 2 * MIB);
    look_evaluate(look);
    look_assert_says(look_found(look, HEAVY)->cause.note, "No single part");
}

static void the_paths_inside_a_layout_are_its_cause(void **state)
{
    struct look *look = *state;
    struct wpb_subject layout = meta("_elementor_data");
    struct wpb_subject path = {.kind = WPB_SUBJECT_PATH,
                               .scope = layout.scope,
                               .name = WPB_SLICE("[3].elements[0].settings"),
                               .parent = &layout};

    look_post_text(look, layout, WPB_M_META_ROLE, "layout");
    look_post(look, layout, WPB_M_ROW_BYTES, 2 * MIB);
    look_post(look, path, WPB_M_VALUE_BYTES, MIB);
    look_evaluate(look);
    assert_string_equal(look_found(look, HEAVY)->cause.note,
                        "Heaviest inside: [3].elements[0].settings (1.0 MiB).");
}

/* builder.revision_copies */

static void copies_warn_by_bytes_or_number(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    look_post(look, landing, WPB_M_REVISIONS, 99);
    look_post(look, landing, WPB_M_REVISION_BYTES, 16 * MIB - 1);
    assert_int_equal(look_severity(look, COPIES), -1);
    look_post(look, landing, WPB_M_REVISIONS, 100);
    assert_int_equal(look_severity(look, COPIES), WPB_WARNING);
    look_post(look, landing, WPB_M_REVISIONS, 60);
    look_post_as(look, landing, WPB_M_REVISION_BYTES, wpb_value_integer(108 * MIB),
                 WPB_ESTIMATED);
    assert_int_equal(look_severity(look, COPIES), WPB_WARNING);
    finding = look_found(look, COPIES);
    look_assert_fact(finding, "revisions", 60);
    look_assert_fact(finding, "revision_bytes", 108 * MIB);
    look_assert_says(finding->title, "60 revisions carry copies of its layout (about "
                                     "108 MiB)");
    look_assert_says(finding->remedy.now[0], "--post_parent=4711");
}

static void copies_of_all_pages_count_by_their_sample(void **state)
{
    struct look *look = *state;
    struct wpb_subject key = key_in_general("_elementor_data");
    const struct wpb_finding *finding;

    look_post_text(look, key, WPB_M_BUILDER, "elementor");
    look_post_as(look, key, WPB_M_REVISION_BYTES, wpb_value_integer(256 * MIB - 1),
                 WPB_SAMPLED);
    assert_int_equal(look_severity(look, COPIES), -1);
    look_post_as(look, key, WPB_M_REVISION_BYTES, wpb_value_integer(256 * MIB),
                 WPB_SAMPLED);
    assert_int_equal(look_severity(look, COPIES), WPB_WARNING);
    finding = look_found(look, COPIES);
    look_assert_says(finding->title, "Revisions carry about 256 MiB of copies");
    assert_int_equal(look_fact(finding, "revision_bytes")->provenance, WPB_SAMPLED);
}

/* builder.option_grows_per_page */

static void post_growing(struct look *look, int64_t bytes, int64_t entries)
{
    struct wpb_subject subject = option("fusion_dynamic_css_posts");

    look_post_text(look, subject, WPB_M_BUILDER, "avada");
    look_post_text(look, subject, WPB_M_META_ROLE, "per page");
    look_post(look, subject, WPB_M_ROW_BYTES, bytes);
    look_post(look, subject, WPB_M_ENTRIES, entries);
}

static void an_option_grows_by_bytes_or_entries(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    post_growing(look, 64 * KIB - 1, 1999);
    assert_int_equal(look_severity(look, GROWS), -1);
    post_growing(look, 64 * KIB - 1, 2000);
    assert_int_equal(look_severity(look, GROWS), WPB_WARNING);
    post_growing(look, 64 * KIB, 100);
    assert_int_equal(look_severity(look, GROWS), WPB_WARNING);
    finding = look_found(look, GROWS);
    assert_text_fact(finding, "builder", "avada");
    look_assert_fact(finding, "row_bytes", 64 * KIB);
    look_assert_fact(finding, "entries", 100);
}

static void a_growing_option_is_critical_only_when_every_request_loads_it(void **state)
{
    struct look *look = *state;

    post_growing(look, 2 * MIB, 90000);
    assert_int_equal(look_severity(look, GROWS), WPB_WARNING);
    look_post(look, option("fusion_dynamic_css_posts"), WPB_M_AUTOLOADED, 1);
    assert_int_equal(look_severity(look, GROWS), WPB_CRITICAL);
    assert_null(look_found(look, "database.autoload_option_large"));
}

static void a_settings_option_of_a_builder_does_not_grow(void **state)
{
    struct look *look = *state;

    post_growing(look, 2 * MIB, 90000);
    look_post_text(look, option("fusion_dynamic_css_posts"), WPB_M_META_ROLE, "settings");
    assert_int_equal(look_severity(look, GROWS), -1);
}

/* builder.invalid_serialized */

static void a_damaged_layout_is_critical_and_not_to_be_saved(void **state)
{
    struct look *look = *state;
    struct wpb_subject layout = meta("_fl_builder_data");
    const struct wpb_finding *finding;

    look_post_text(look, layout, WPB_M_BUILDER, "beaver-builder");
    look_post_text(look, layout, WPB_M_META_ROLE, "layout");
    look_post_text(look, layout, WPB_M_FLAW,
                   "the length before a string is wrong, as after a search-and-replace "
                   "in the database; invalid at byte 120: expected '\"'");
    assert_int_equal(look_severity(look, INVALID), WPB_CRITICAL);
    finding = look_found(look, INVALID);
    look_assert_says(finding->summary, "replacing an address in the database");
    look_assert_says(finding->remedy.summary, "Do not save the page");
    look_assert_fact(finding, "post_id", 4711);
    assert_has_line(finding->remedy.now,
                    "mysqldump --single-transaction -S /run/mysqld/mysqld.sock -u shop "
                    "-p shop wp_postmeta > before.sql");
}

static void a_damaged_cache_can_be_made_again(void **state)
{
    struct look *look = *state;
    struct wpb_subject css = option("_elementor_global_css");
    const struct wpb_finding *finding;

    look_post_text(look, css, WPB_M_BUILDER, "elementor");
    look_post_text(look, css, WPB_M_META_ROLE, "css");
    look_post_text(look, css, WPB_M_FLAW,
                   "cut at 65,535 bytes, the limit of a TEXT column; invalid at byte "
                   "65535: expected more bytes of a string, and the value ends");
    look_post(look, css, WPB_M_ROW_BYTES, 65535);
    assert_int_equal(look_severity(look, INVALID), WPB_WARNING);
    finding = look_found(look, INVALID);
    look_assert_says(finding->summary, "the rest is gone");
    look_assert_says(finding->remedy.summary, "can make it again");
    assert_has_line(finding->remedy.now, "wpbloat explain option _elementor_global_css "
                                         "--site /var/www/shop");
}

static void a_reading_that_ended_early_proves_nothing(void **state)
{
    struct look *look = *state;

    look_post_text(look, meta("_elementor_data"), WPB_M_BUILDER, "elementor");
    look_post_text(look, meta("_elementor_data"), WPB_M_FLAW,
                   "only the first 8388608 of 9000000 bytes were read");
    assert_int_equal(look_severity(look, INVALID), -1);
}

static void a_damaged_value_of_no_builder_is_left_alone(void **state)
{
    struct look *look = *state;

    look_post_text(look, option("kestrel_log"), WPB_M_FLAW, "invalid at byte 3");
    assert_int_equal(look_severity(look, INVALID), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, look_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_chain_is_told_from_row_to_request),
        TEST(a_raised_limit_left_the_cause),
        TEST(a_chain_without_a_cache_entry_is_judged_by_its_rows),
        TEST(a_chain_is_judged_by_its_part_of_the_limit_too),
        TEST(the_memory_of_an_entry_stands_for_its_length),
        TEST(an_entry_of_another_post_or_one_that_is_gone_is_not_joined),
        TEST(a_post_that_was_not_measured_is_unknown),
        TEST(revisions_and_posts_that_are_gone_are_not_visited),
        TEST(a_draft_is_never_critical),
        TEST(the_entry_of_an_explained_post_is_not_reported_again),
        TEST(at_most_five_posts_are_reported_and_the_rest_counted),
        TEST(hostile_meta_keys_stay_words_of_a_command),
        TEST(a_site_known_by_its_database_alone_is_reached_by_it),
        TEST(the_layout_of_the_chain_is_decoded_once_more),
        TEST(light_metas_are_not_named),
        TEST(inline_css_names_the_setting_and_where_to_change_it),
        TEST(css_in_files_is_no_finding),
        TEST(a_builder_without_a_choice_is_left_alone),
        TEST(inline_css_of_unknown_size_is_not_judged),
        TEST(the_css_of_all_pages_counts_and_says_that_it_is_sampled),
        TEST(the_largest_css_that_a_sample_has_seen_counts),
        TEST(one_page_of_css_warns_at_128_kib),
        TEST(a_setting_that_is_not_there_is_said_to_be_unset),
        TEST(a_layout_is_heavy_from_a_mebibyte),
        TEST(a_layout_is_heavy_by_the_memory_it_takes),
        TEST(the_role_of_a_key_in_general_is_that_of_a_posts_meta),
        TEST(css_and_sums_over_posts_are_no_layout),
        TEST(a_layout_without_a_heavy_part_has_many_elements),
        TEST(the_paths_inside_a_layout_are_its_cause),
        TEST(copies_warn_by_bytes_or_number),
        TEST(copies_of_all_pages_count_by_their_sample),
        TEST(an_option_grows_by_bytes_or_entries),
        TEST(a_growing_option_is_critical_only_when_every_request_loads_it),
        TEST(a_settings_option_of_a_builder_does_not_grow),
        TEST(a_damaged_layout_is_critical_and_not_to_be_saved),
        TEST(a_damaged_cache_can_be_made_again),
        TEST(a_reading_that_ended_early_proves_nothing),
        TEST(a_damaged_value_of_no_builder_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
