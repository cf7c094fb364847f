#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/wordpress/config_lex.h"
#include "probes/wordpress/config_literal.h"

/* The tokens of SOURCE as "type:text " each, without the final END. */
static const char *tokens_of(struct wpb_slice source, bool is_php)
{
    static const char letters[] = {
        [WPB_TOKEN_END] = '.',        [WPB_TOKEN_ERROR] = '!',
        [WPB_TOKEN_TEXT] = 'T',       [WPB_TOKEN_ECHO] = 'E',
        [WPB_TOKEN_CLOSE] = 'C',      [WPB_TOKEN_VARIABLE] = 'v',
        [WPB_TOKEN_NAME] = 'n',       [WPB_TOKEN_INTEGER] = 'i',
        [WPB_TOKEN_FLOAT] = 'f',      [WPB_TOKEN_STRING] = 's',
        [WPB_TOKEN_TEMPLATE] = 't',   [WPB_TOKEN_SHELL] = '`',
        [WPB_TOKEN_PUNCTUATION] = 'p'};
    static char result[4096];
    struct wpb_config_lex lex;
    struct wpb_config_token token;
    size_t len = 0;

    wpb_config_lex_init(&lex, source, is_php);
    for (;;) {
        wpb_config_lex_next(&lex, &token);
        if (token.type == WPB_TOKEN_END)
            break;
        len += (size_t)snprintf(result + len, sizeof result - len, "%s%c:%.*s",
                                len ? " " : "", letters[token.type], (int)token.text.len,
                                token.text.data);
    }
    result[len] = '\0';
    return result;
}

static void assert_tokens(const char *source, const char *expected)
{
    assert_string_equal(tokens_of(wpb_slice_cstr(source), true), expected);
}

/* The first token behind "<?php ". */
static struct wpb_config_token first(const char *source)
{
    struct wpb_config_lex lex;
    struct wpb_config_token token;
    wpb_config_lex_init(&lex, wpb_slice_cstr(source), true);
    wpb_config_lex_next(&lex, &token);
    return token;
}

static void assert_text(const char *source, const char *expected, size_t len)
{
    struct wpb_config_token token = first(source);
    struct wpb_config_part part;
    struct wpb_buf out;
    size_t at = 0;

    wpb_buf_init(&out, 0);
    if (token.type == WPB_TOKEN_STRING) {
        wpb_config_literal_string(&token, &out);
    } else {
        assert_int_equal(token.type, WPB_TOKEN_TEMPLATE);
        do {
            wpb_config_literal_part(&token, &at, &out, &part);
            assert_true(part.type == WPB_PART_END || part.type == WPB_PART_LITERAL);
        } while (part.type != WPB_PART_END);
    }
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, expected, len);
    wpb_buf_fini(&out);
}

static void text_outside_php_is_one_token(void **state)
{
    (void)state;
    assert_string_equal(tokens_of(wpb_slice_cstr("a <? b <?php echo 1; ?>\nz"), false),
                        "T:a <? b  T: n:echo i:1 p:; C: T:z");
}

static void an_opening_tag_wants_a_blank(void **state)
{
    (void)state;
    assert_string_equal(tokens_of(wpb_slice_cstr("<?phpx"), false), "T:<?phpx");
    assert_string_equal(tokens_of(wpb_slice_cstr("<?PHP\nx"), false), "T: n:x");
    assert_string_equal(tokens_of(wpb_slice_cstr("<?=1"), false), "E: i:1");
}

static void comments_of_all_kinds_are_skipped(void **state)
{
    (void)state;
    assert_tokens("a // b 'c\n d # \"e\nf /* g ' */ h", "n:a n:d n:f n:h");
}

static void a_line_comment_ends_at_the_closing_tag(void **state)
{
    (void)state;
    assert_string_equal(tokens_of(wpb_slice_cstr("<?php a // b ?>c"), false),
                        "T: n:a C: T:c");
}

static void an_attribute_is_no_comment(void **state)
{
    (void)state;
    assert_tokens("#[A] #b", "p:#[ n:A p:]");
}

static void a_comment_that_is_not_closed_is_an_error(void **state)
{
    (void)state;
    assert_tokens("a /* b", "n:a !:a comment is not closed");
}

static void quotes_inside_comments_open_nothing(void **state)
{
    (void)state;
    assert_tokens("/* don't */ a; // don't\nb", "n:a p:; n:b");
}

static void a_string_that_is_not_closed_is_an_error_at_its_first_line(void **state)
{
    struct wpb_config_lex lex;
    struct wpb_config_token token;
    (void)state;
    wpb_config_lex_init(&lex, wpb_slice_cstr("a;\n\n'b\nc\n"), true);
    do
        wpb_config_lex_next(&lex, &token);
    while (token.type != WPB_TOKEN_ERROR && token.type != WPB_TOKEN_END);
    assert_int_equal(token.type, WPB_TOKEN_ERROR);
    assert_int_equal(token.line, 3);
}

static void an_error_never_shows_the_input(void **state)
{
    struct wpb_config_token token = first("'s3cret");
    (void)state;
    assert_int_equal(token.type, WPB_TOKEN_ERROR);
    assert_null(memmem(token.text.data, token.text.len, "s3cret", 6));
}

static void single_quotes_know_two_escapes(void **state)
{
    (void)state;
    assert_text("'it\\'s \\\\ \\n $x'", "it's \\ \\n $x", 12);
}

static void double_quotes_know_all_escapes(void **state)
{
    static const char expected[] =
        "\n\t\r\v\x1b\f\\$\" A\101\0 \\q \xc3\xa9\xf0\x9f\x98\x80";
    (void)state;
    assert_text("\"\\n\\t\\r\\v\\e\\f\\\\\\$\\\" \\x41\\101\\0 \\q \\u{e9}\\u{1F600}\"",
                expected, sizeof expected - 1);
}

static void a_dollar_before_no_name_is_a_dollar(void **state)
{
    (void)state;
    assert_text("\"pa$$ 5$ {x} $1\"", "pa$$ 5$ {x} $1", 14);
}

static void variables_in_a_template_are_parts(void **state)
{
    static const enum wpb_config_part_type expected[] = {
        WPB_PART_LITERAL, WPB_PART_VARIABLE, WPB_PART_LITERAL,
        WPB_PART_ELEMENT, WPB_PART_LITERAL,  WPB_PART_EXPRESSION,
        WPB_PART_LITERAL, WPB_PART_OTHER,    WPB_PART_END};
    struct wpb_config_token token = first("\"a $b c $d[e] f {$g[\"h}\"]} i ${j}\"");
    struct wpb_config_part part;
    struct wpb_buf out;
    size_t at = 0;
    (void)state;
    assert_int_equal(token.type, WPB_TOKEN_TEMPLATE);
    wpb_buf_init(&out, 0);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        wpb_config_literal_part(&token, &at, &out, &part);
        assert_int_equal(part.type, expected[i]);
        if (part.type == WPB_PART_EXPRESSION)
            assert_true(wpb_slice_is(part.name, "$g[\"h}\"]"));
        if (part.type == WPB_PART_ELEMENT)
            assert_true(wpb_slice_is(part.key, "e"));
    }
    assert_string_equal(out.data, "a  c  f  i ");
    wpb_buf_fini(&out);
}

static void a_template_ends_behind_the_strings_inside_its_expressions(void **state)
{
    (void)state;
    assert_tokens("\"a {$b[\"c {$d['}']}\"]} e\";", "t:a {$b[\"c {$d['}']}\"]} e p:;");
}

static void templates_nested_without_end_are_an_error(void **state)
{
    char source[4096];
    size_t len = 0;
    (void)state;
    while (len + 4 < sizeof source) {
        memcpy(source + len, "\"{$", 3);
        len += 3;
    }
    struct wpb_config_lex lex;
    struct wpb_config_token token;
    wpb_config_lex_init(&lex, wpb_slice_of(source, len), true);
    wpb_config_lex_next(&lex, &token);
    assert_int_equal(token.type, WPB_TOKEN_ERROR);
}

static void a_heredoc_takes_the_indent_of_its_label_off(void **state)
{
    (void)state;
    assert_text("<<<EOT\n    a\n      b\\tc\n    EOT;", "a\n  b\tc", 7);
    assert_text("<<<\"E\"\nEx\nE;", "Ex", 2);
    assert_text("<<<E\nE;", "", 0);
}

static void a_nowdoc_decodes_nothing(void **state)
{
    (void)state;
    assert_text("<<<'EOT'\n  a $b \\n\n  EOT;", "a $b \\n", 7);
}

static void a_heredoc_without_its_label_is_an_error(void **state)
{
    (void)state;
    assert_tokens("<<<A\nb\nAA\n", "!:a heredoc has no closing label");
}

static void a_shift_is_no_heredoc(void **state)
{
    (void)state;
    assert_tokens("1 << 2; $a <<= 3", "i:1 p:<< i:2 p:; v:a p:<<= i:3");
}

static void assert_integer(const char *source, int64_t expected)
{
    struct wpb_config_token token = first(source);
    int64_t integer;
    double number;
    assert_int_equal(token.type, WPB_TOKEN_INTEGER);
    assert_true(wpb_config_literal_number(&token, &integer, &number));
    assert_int_equal(integer, expected);
    assert_int_equal(token.text.len, strlen(source));
}

static void integers_of_all_bases(void **state)
{
    (void)state;
    assert_integer("0", 0);
    assert_integer("1_000_000", 1000000);
    assert_integer("0x1F", 31);
    assert_integer("0b101", 5);
    assert_integer("0755", 493);
    assert_integer("0o17", 15);
    assert_integer("9223372036854775807", INT64_MAX);
}

static void an_integer_that_does_not_fit_is_a_float(void **state)
{
    struct wpb_config_token token = first("9223372036854775808");
    int64_t integer;
    double number;
    (void)state;
    assert_false(wpb_config_literal_number(&token, &integer, &number));
    assert_true(number > 9.2e18 && number < 9.3e18);
}

static void floats(void **state)
{
    struct wpb_config_token token = first("1_0.5e-3");
    int64_t integer;
    double number;
    (void)state;
    assert_int_equal(token.type, WPB_TOKEN_FLOAT);
    assert_false(wpb_config_literal_number(&token, &integer, &number));
    assert_true(number > 0.0104 && number < 0.0106);
    assert_tokens(".5 1.", "f:.5 f:1.");
}

static void names_keep_their_namespace(void **state)
{
    (void)state;
    assert_tokens("\\define(A\\B::C)", "n:\\define p:( n:A\\B p::: n:C p:)");
}

static void punctuation_is_taken_as_long_as_it_goes(void **state)
{
    (void)state;
    assert_tokens("a?->b ?? c ?: d ... e === f",
                  "n:a p:?-> n:b p:?? n:c p:? p:: n:d p:... "
                  "n:e p:=== n:f");
}

static void a_byte_that_is_no_php_is_an_error(void **state)
{
    (void)state;
    assert_tokens("a \x01 b", "n:a !:a byte that is no PHP");
}

static void a_nul_byte_does_not_end_the_input(void **state)
{
    static const char source[] = "'a\0b' c";
    struct wpb_config_lex lex;
    struct wpb_config_token token;
    (void)state;
    wpb_config_lex_init(&lex, wpb_slice_of(source, sizeof source - 1), true);
    wpb_config_lex_next(&lex, &token);
    assert_int_equal(token.type, WPB_TOKEN_STRING);
    assert_int_equal(token.text.len, 3);
    wpb_config_lex_next(&lex, &token);
    assert_int_equal(token.type, WPB_TOKEN_NAME);
}

static void every_truncation_ends(void **state)
{
    static const char source[] =
        "a <?php define('A', \"b{$c['d']}\" . <<<E\n x\n E . 0x1f); "
        "/* c */ $d[`e`] = 1.5e3; ?> f";
    (void)state;
    for (size_t len = 0; len < sizeof source; len++) {
        char *copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memcpy(copy, source, len);
        tokens_of(wpb_slice_of(copy, len), false);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_outside_php_is_one_token),
        cmocka_unit_test(an_opening_tag_wants_a_blank),
        cmocka_unit_test(comments_of_all_kinds_are_skipped),
        cmocka_unit_test(a_line_comment_ends_at_the_closing_tag),
        cmocka_unit_test(an_attribute_is_no_comment),
        cmocka_unit_test(a_comment_that_is_not_closed_is_an_error),
        cmocka_unit_test(quotes_inside_comments_open_nothing),
        cmocka_unit_test(a_string_that_is_not_closed_is_an_error_at_its_first_line),
        cmocka_unit_test(an_error_never_shows_the_input),
        cmocka_unit_test(single_quotes_know_two_escapes),
        cmocka_unit_test(double_quotes_know_all_escapes),
        cmocka_unit_test(a_dollar_before_no_name_is_a_dollar),
        cmocka_unit_test(variables_in_a_template_are_parts),
        cmocka_unit_test(a_template_ends_behind_the_strings_inside_its_expressions),
        cmocka_unit_test(templates_nested_without_end_are_an_error),
        cmocka_unit_test(a_heredoc_takes_the_indent_of_its_label_off),
        cmocka_unit_test(a_nowdoc_decodes_nothing),
        cmocka_unit_test(a_heredoc_without_its_label_is_an_error),
        cmocka_unit_test(a_shift_is_no_heredoc),
        cmocka_unit_test(integers_of_all_bases),
        cmocka_unit_test(an_integer_that_does_not_fit_is_a_float),
        cmocka_unit_test(floats),
        cmocka_unit_test(names_keep_their_namespace),
        cmocka_unit_test(punctuation_is_taken_as_long_as_it_goes),
        cmocka_unit_test(a_byte_that_is_no_php_is_an_error),
        cmocka_unit_test(a_nul_byte_does_not_end_the_input),
        cmocka_unit_test(every_truncation_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
