/* The literal part of a name, found in PHP code: how much of it, where, what for. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "probes/wordpress/source_match.h"

#define MATCHES_MAX 16

struct matches {
    struct wpb_source_match items[MATCHES_MAX];
    size_t count;
};

static void collect(void *cookie, const struct wpb_source_match *match)
{
    struct matches *matches = cookie;
    if (matches->count < MATCHES_MAX)
        matches->items[matches->count] = *match;
    matches->count++;
}

static struct matches scan(const char *code, const char *text)
{
    struct matches matches = {.count = 0};
    struct wpb_source_literal literal;
    assert_true(wpb_source_literal_init(&literal, wpb_slice_cstr(text)));
    wpb_source_scan(wpb_slice_cstr(code), &literal, collect, &matches);
    return matches;
}

static void assert_use(const char *code, enum wpb_source_use use)
{
    struct matches matches = scan(code, "kestrel_tariff_v2_");
    assert_int_equal(matches.count, 1);
    assert_int_equal(matches.items[0].use, use);
}

static void assert_part(const char *code, const char *text, size_t len)
{
    struct matches matches = scan(code, text);
    assert_int_equal(matches.count, len > 0);
    if (len > 0)
        assert_int_equal(matches.items[0].len, len);
}

static void assert_slice(struct wpb_slice slice, const char *expected)
{
    assert_int_equal(slice.len, strlen(expected));
    assert_memory_equal(slice.data, expected, slice.len);
}

static void transient_prefixes_are_not_searched_for(void **state)
{
    (void)state;
    static const char *const names[] = {
        "_transient_kestrel_rate_",
        "_transient_timeout_kestrel_rate_",
        "_site_transient_kestrel_rate_",
        "_site_transient_timeout_kestrel_rate_",
        "kestrel_rate_",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct wpb_source_literal literal;
        assert_true(wpb_source_literal_init(&literal, wpb_slice_cstr(names[i])));
        assert_slice(literal.text, "kestrel_rate_");
    }
}

static void a_bare_transient_prefix_is_no_literal(void **state)
{
    (void)state;
    struct wpb_source_literal literal;
    assert_false(wpb_source_literal_init(&literal, wpb_slice_cstr("_transient_")));
    assert_false(wpb_source_literal_init(&literal, wpb_slice_cstr("_transient_ab")));
    assert_false(wpb_source_literal_init(&literal, wpb_slice_cstr("")));
}

static void code_is_told_by_what_it_does_with_the_name(void **state)
{
    (void)state;
    assert_use("<?php get_option( 'kestrel_tariff_v2_' . $id );", WPB_SOURCE_READ);
    assert_use("<?php \\get_transient('kestrel_tariff_v2_'.$id);", WPB_SOURCE_READ);
    assert_use("<?php wp_cache_get ( \"kestrel_tariff_v2_$id\", 'options' );",
               WPB_SOURCE_READ);
    assert_use("<?php update_option( 'kestrel_tariff_v2_' . $id, 1 );", WPB_SOURCE_WRITE);
    assert_use("<?php $this->get_option( 'kestrel_tariff_v2_' . $id );",
               WPB_SOURCE_METHOD);
    assert_use("<?php Opt::get_option( 'kestrel_tariff_v2_' . $id );", WPB_SOURCE_METHOD);
    assert_use("<?php my_get_option( 'kestrel_tariff_v2_' . $id );", WPB_SOURCE_STRING);
    assert_use("<?php $k = 'kestrel_tariff_v2_' . $id;", WPB_SOURCE_STRING);
    assert_use("<?php function kestrel_tariff_v2_() {}", WPB_SOURCE_MENTION);
    assert_use("<p>kestrel_tariff_v2_</p>", WPB_SOURCE_MENTION);
}

static void a_call_is_found_around_other_calls_and_line_breaks(void **state)
{
    (void)state;
    assert_use("<?php get_option( sprintf( 'kestrel_tariff_v2_%s', $x ) );",
               WPB_SOURCE_READ);
    assert_use("<?php get_option(\n\t'kestrel_tariff_v2_' . $x\n);", WPB_SOURCE_READ);
    assert_use("<?php get_option( md5( $x ) . 'kestrel_tariff_v2_' );", WPB_SOURCE_READ);
    assert_use("<?php $a = get_option( 'a' );\n$b = 'kestrel_tariff_v2_';",
               WPB_SOURCE_STRING);
    assert_use("<?php $n = 'kestrel_tariff_v2_' . $x; $v = get_option( $n );",
               WPB_SOURCE_METHOD);
}

static void comments_are_told_from_code(void **state)
{
    (void)state;
    assert_use("<?php // get_option( 'kestrel_tariff_v2_' )\n", WPB_SOURCE_COMMENT);
    assert_use("<?php # get_option( 'kestrel_tariff_v2_' )\n", WPB_SOURCE_COMMENT);
    assert_use("<?php /* x\n * get_option( 'kestrel_tariff_v2_' )\n */",
               WPB_SOURCE_COMMENT);
    assert_use("<?php $u = 'http://x'; get_option( 'kestrel_tariff_v2_' );",
               WPB_SOURCE_READ);
    assert_use("<?php $u = '/*'; get_option( 'kestrel_tariff_v2_' );", WPB_SOURCE_READ);
    assert_use("<?php #[Attr]\nget_option( 'kestrel_tariff_v2_' );", WPB_SOURCE_READ);
    assert_use("<?php /* ' */ get_option( 'kestrel_tariff_v2_' );", WPB_SOURCE_READ);
    assert_use("<?php $x = 'it\\'s'; get_option( 'kestrel_tariff_v2_' );",
               WPB_SOURCE_READ);
    assert_use("<?php // it's ?> <b>it's</b> <?php get_option( 'kestrel_tariff_v2_' );",
               WPB_SOURCE_READ);
}

static void heredocs_do_not_upset_the_quotes(void **state)
{
    (void)state;
    assert_use("<?php $h = <<<EOT\nit's \"kestrel\nEOT;\nget_option( "
               "'kestrel_tariff_v2_' );",
               WPB_SOURCE_READ);
    assert_use("<?php $h = <<<'SQL'\n  don't\n  SQL;\n// kestrel_tariff_v2_\n",
               WPB_SOURCE_COMMENT);
    assert_use("<?php $n = <<<X\nkestrel_tariff_v2_{$id}\nX;", WPB_SOURCE_STRING);
}

static void a_longer_name_is_only_a_mention(void **state)
{
    (void)state;
    assert_use("<?php get_option( 'kestrel_tariff_v2_settings' );", WPB_SOURCE_MENTION);
    assert_use("<?php get_option( 'old_kestrel_tariff_v2_' . $x );", WPB_SOURCE_MENTION);
    assert_use("<?php get_option( '_transient_kestrel_tariff_v2_' . $x );",
               WPB_SOURCE_READ);
}

static void leading_parts_are_found_where_names_are_assembled(void **state)
{
    (void)state;
    const char *text = "kestrel_tariff_v2_";
    assert_part("<?php f( 'kestrel_' . $kind . '_v2_' );", text, 8);
    assert_part("<?php f( sprintf( 'kestrel_tariff_%s', $x ) );", text, 15);
    assert_part("<?php f( \"kestrel_tariff_{$x}\" );", text, 15);
    assert_part("<?php f( \"kestrel_tariff_$x\" );", text, 15);
    assert_part("<?php f( \"kestrel_tariff_v%d_%s\" );", text, 16);
    assert_part("<?php f( 'kestrel_tariff' . '_' . $x );", text, 14);
    assert_part("<?php f( 'kestrel_tariff_v2_' );", text, 18);
}

static void leading_parts_need_the_end_of_a_piece(void **state)
{
    (void)state;
    const char *text = "kestrel_tariff_v2_";
    assert_part("<?php function kestrel_init() {}", text, 0);
    assert_part("<?php f( 'kestrel_settings' );", text, 0);
    assert_part("<?php __( 'Tariff', 'kestrel' );", text, 0);
    assert_part("<?php f( 'my_kestrel_' . $x );", text, 0);
    assert_part("<?php f( 'kestre' . $x );", text, 0);
    assert_part("<?php f( 'kestrel_", text, 0);
}

static void leading_parts_are_neither_short_nor_common(void **state)
{
    (void)state;
    assert_part("<?php f( 'wpx_' . $x );", "wpx_tariff_", 0);
    assert_part("<?php f( 'widget_' . $x );", "widget_kestrel_", 0);
    assert_part("<?php f( 'options_' . $x );", "options_kestrel_", 0);
    assert_part("<?php f( 'theme_mods_' . $x );", "theme_mods_kestrel_", 0);
    assert_part("<?php f( 'theme_mods_kestrel_' . $x );", "theme_mods_kestrel_a_", 19);
    assert_part("<?php f( 'woocommerce_' . $x );", "woocommerce_kestrel_", 0);
}

static void a_line_counts_once_and_as_its_best(void **state)
{
    (void)state;
    struct matches matches = scan("<?php\n// kestrel_rate_\n\n"
                                  "$x = 'kestrel_rate_'; get_option( 'kestrel_rate_' );\n"
                                  "f( 'kestrel_rate_' );",
                                  "kestrel_rate_");
    assert_int_equal(matches.count, 3);
    assert_int_equal(matches.items[0].line, 2);
    assert_int_equal(matches.items[0].use, WPB_SOURCE_COMMENT);
    assert_int_equal(matches.items[1].line, 4);
    assert_int_equal(matches.items[1].use, WPB_SOURCE_READ);
    assert_int_equal(matches.items[2].line, 5);
}

static void the_excerpt_is_the_line_without_its_indentation(void **state)
{
    (void)state;
    struct matches matches = scan(
        "<?php\r\n\t\treturn get_option( 'kestrel_rate_' . $x ); \r\n", "kestrel_rate_");
    assert_slice(matches.items[0].excerpt, "return get_option( 'kestrel_rate_' . $x );");
    assert_int_equal(matches.items[0].line, 2);
}

static void the_excerpt_of_a_long_line_holds_the_match(void **state)
{
    (void)state;
    char code[1024];
    snprintf(code, sizeof code, "<?php %0300d get_option( 'kestrel_rate_' . $x ); %0300d",
             0, 0);
    struct matches matches = scan(code, "kestrel_rate_");
    struct wpb_slice excerpt = matches.items[0].excerpt;
    assert_int_equal(excerpt.len, WPB_SOURCE_EXCERPT_MAX);
    assert_non_null(memmem(excerpt.data, excerpt.len, "kestrel_rate_", 13));
}

static void the_excerpt_does_not_cut_a_character(void **state)
{
    (void)state;
    char code[512] = "<?php get_option( 'kestrel_rate_' );";
    for (int i = 0; i < 40; i++)
        strcat(code, "\xE2\x82\xAC");
    struct wpb_slice excerpt = scan(code, "kestrel_rate_").items[0].excerpt;
    assert_true(excerpt.len <= WPB_SOURCE_EXCERPT_MAX);
    assert_memory_equal(excerpt.data + excerpt.len - 3, "\xE2\x82\xAC", 3);
}

static void a_hostile_line_costs_linear_work(void **state)
{
    (void)state;
    /* 2 MiB of blanks, then 130,000 matches on the same line: quadratic work here
     * would run into the test's time limit by hours. */
    size_t blanks = 2u << 20, count = 130000;
    char *code = malloc(blanks + count * 16);
    memset(code, ' ', blanks);
    for (size_t i = 0; i < count; i++)
        memcpy(code + blanks + i * 16, "( 'kestrel_rate_", 16);
    struct wpb_source_literal literal;
    struct matches matches = {.count = 0};
    assert_true(wpb_source_literal_init(&literal, wpb_slice_cstr("kestrel_rate_")));
    wpb_source_scan(wpb_slice_of(code, blanks + count * 16), &literal, collect, &matches);
    assert_int_equal(matches.count, 1);
    free(code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transient_prefixes_are_not_searched_for),
        cmocka_unit_test(a_bare_transient_prefix_is_no_literal),
        cmocka_unit_test(code_is_told_by_what_it_does_with_the_name),
        cmocka_unit_test(a_call_is_found_around_other_calls_and_line_breaks),
        cmocka_unit_test(comments_are_told_from_code),
        cmocka_unit_test(heredocs_do_not_upset_the_quotes),
        cmocka_unit_test(a_longer_name_is_only_a_mention),
        cmocka_unit_test(leading_parts_are_found_where_names_are_assembled),
        cmocka_unit_test(leading_parts_need_the_end_of_a_piece),
        cmocka_unit_test(leading_parts_are_neither_short_nor_common),
        cmocka_unit_test(a_line_counts_once_and_as_its_best),
        cmocka_unit_test(the_excerpt_is_the_line_without_its_indentation),
        cmocka_unit_test(the_excerpt_of_a_long_line_holds_the_match),
        cmocka_unit_test(the_excerpt_does_not_cut_a_character),
        cmocka_unit_test(a_hostile_line_costs_linear_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
