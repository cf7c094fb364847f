#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "php_events.h"

/* What is accepted and refused was tried with json_decode() of PHP 8.2. */

#define JSON WPB_PHP_JSON_DECODE

static void expect_type(const char *text, const char *type)
{
    char line[128];
    snprintf(line, sizeof(line),
             "0 leaf %s len=0 n=0 @0+%zu\n1 elements, %zu bytes: ok\n", type,
             strlen(text), strlen(text));
    php_events_expect(JSON, wpb_slice_cstr(text), line);
}

static void words_and_numbers_have_the_types_php_gives_them(void **state)
{
    (void)state;
    expect_type("null", "null");
    expect_type("true", "bool");
    expect_type("false", "bool");
    expect_type("0", "int");
    expect_type("-0", "int");
    expect_type("1234567890", "int");
    expect_type("9223372036854775807", "int");
    expect_type("-9223372036854775808", "int");
    expect_type("9223372036854775808", "float");
    expect_type("-9223372036854775809", "float");
    expect_type("99999999999999999999", "float");
    expect_type("0.5", "float");
    expect_type("-12.50e-3", "float");
    expect_type("1E+9", "float");
    expect_type("2e0", "float");
}

static void objects_and_lists_are_arrays_with_real_counts(void **state)
{
    (void)state;
    php_events_expect(JSON, BYTES("{\"a\":[10,\"xy\"],\"b\":{}}"),
                      "0 enter array len=0 n=0 @0+0\n"
                      "1 enter array [a]/1 len=0 n=0 @5+0\n"
                      "2 leaf int [0] packed8 len=0 n=0 @6+2\n"
                      "2 leaf string [1] len=2 n=0 @9+4\n"
                      "1 leave array [a]/1 hash8 len=0 n=2 @5+9\n"
                      "1 enter array [b]/1 len=0 n=0 @19+0\n"
                      "1 leave array [b]/1 len=0 n=0 @19+2\n"
                      "0 leave array len=0 n=2 @0+22\n"
                      "5 elements, 22 bytes: ok\n");
}

static void white_space_is_allowed_where_php_allows_it(void **state)
{
    (void)state;
    php_events_expect(JSON, BYTES(" \t\r\n[ 1 , true ]\n"),
                      "0 enter array len=0 n=0 @4+0\n"
                      "1 leaf int [0] packed8 len=0 n=0 @6+1\n"
                      "1 leaf bool [1] len=0 n=0 @10+4\n"
                      "0 leave array len=0 n=2 @4+12\n"
                      "3 elements, 17 bytes: ok\n");
    php_events_expect_end(JSON, BYTES("\f1"), "invalid at byte 0: expected a value");
    php_events_expect_end(JSON, BYTES("[1]\0"),
                          "invalid at byte 3: expected the end of the value");
}

static void escapes_in_keys_are_decoded_and_counted_in_strings(void **state)
{
    (void)state;
    php_events_expect(
        JSON,
        BYTES("{\"\\\"\\\\\\/caf\\u00e9 \\ud83d\\uDE00\":\"\\u0000\\b\\f"
              "\\n\\r\\t\\u20ac\"}"),
        "0 enter array len=0 n=0 @0+0\n"
        "1 leaf string [\"\\/caf\xc3\xa9 \xf0\x9f\x98\x80]/13 hash8 len=9 n=0 "
        "@32+24\n"
        "0 leave array len=0 n=1 @0+57\n"
        "2 elements, 57 bytes: ok\n");
}

static void utf8_is_taken_as_it_is(void **state)
{
    (void)state;
    php_events_expect(JSON,
                      BYTES("[\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"
                            "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\x7f\"]"),
                      "0 enter array len=0 n=0 @0+0\n"
                      "1 leaf string [0] packed8 len=22 n=0 @1+24\n"
                      "0 leave array len=0 n=1 @0+26\n"
                      "2 elements, 26 bytes: ok\n");
}

static void text_that_is_not_utf8_is_refused_at_its_byte(void **state)
{
    (void)state;
    static const struct wpb_slice bad[] = {
        WPB_SLICE("\x80"),
        WPB_SLICE("\xc1\xbf"),
        WPB_SLICE("\xf5\x80\x80\x80"),
        WPB_SLICE("\xff"),
        WPB_SLICE("\xc2"),
        WPB_SLICE("\xe0\x9f\xbf"),
        WPB_SLICE("\xed\xa0\x80"),
        WPB_SLICE("\xf0\x8f\x80"),
        WPB_SLICE("\xf4\x90\x80"),
        WPB_SLICE("\xe1\x80y"),
    };
    static const unsigned at[] = {0, 0, 0, 0, 1, 1, 1, 1, 1, 2};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct wpb_buf value;
        char message[80];
        wpb_buf_init(&value, 0);
        wpb_buf_text(&value, "\"ok ");
        wpb_buf_slice(&value, bad[i]);
        wpb_buf_text(&value, "\"");
        snprintf(message, sizeof(message), "invalid at byte %u: expected UTF-8",
                 4 + at[i]);
        php_events_expect_end(JSON, wpb_buf_view(&value), message);
        wpb_buf_fini(&value);
    }
}

static void keys_that_are_integers_become_integers(void **state)
{
    (void)state;
    php_events_expect(JSON,
                      BYTES("{\"0\":1,\"-3\":1,\"007\":1,\"-0\":1,\"\\u0031\":1,"
                            "\"9223372036854775808\":1}"),
                      "0 enter array len=0 n=0 @0+0\n"
                      "1 leaf int [0] packed8 len=0 n=0 @5+1\n"
                      "1 leaf int [-3] hash8 len=0 n=0 @12+1\n"
                      "1 leaf int [007]/3 len=0 n=0 @20+1\n"
                      "1 leaf int [-0]/2 len=0 n=0 @27+1\n"
                      "1 leaf int [1] len=0 n=0 @38+1\n"
                      "1 leaf int [9223372036854775808]/19 len=0 n=0 @62+1\n"
                      "0 leave array len=0 n=6 @0+64\n"
                      "7 elements, 64 bytes: ok\n");
}

static void a_key_that_comes_twice_is_passed_twice(void **state)
{
    (void)state;
    php_events_expect(JSON, BYTES("{\"a\":1,\"a\":2}"),
                      "0 enter array len=0 n=0 @0+0\n"
                      "1 leaf int [a]/1 hash8 len=0 n=0 @5+1\n"
                      "1 leaf int [a]/1 len=0 n=0 @11+1\n"
                      "0 leave array len=0 n=2 @0+13\n"
                      "3 elements, 13 bytes: ok\n");
}

static void arrays_double_as_they_fill(void **state)
{
    (void)state;
    struct wpb_buf out;
    php_events(JSON, BYTES("[0,1,2,3,4,5,6,7,8,9]"), SIZE_MAX, NULL, &out);
    assert_non_null(strstr(out.data, "1 leaf int [0] packed8 "));
    assert_non_null(strstr(out.data, "1 leaf int [7] len"));
    assert_non_null(strstr(out.data, "1 leaf int [8] packed16 "));
    wpb_buf_fini(&out);
}

static void what_php_refuses_is_refused_at_its_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"TRUE", "invalid at byte 0: expected a value"},
        {"nul1", "invalid at byte 3: expected null, true or false"},
        {"01", "invalid at byte 1: expected the end of the value"},
        {"1.", "invalid at byte 2: expected a digit, and the value ends"},
        {"[1.]", "invalid at byte 3: expected a digit"},
        {"[1e]", "invalid at byte 3: expected a digit or a sign"},
        {"[-]", "invalid at byte 2: expected a digit"},
        {"[+1]", "invalid at byte 1: expected a value or ']'"},
        {"[1,]", "invalid at byte 3: expected a value"},
        {"{\"a\":1,}", "invalid at byte 7: expected a key"},
        {"{a:1}", "invalid at byte 1: expected a key or '}'"},
        {"{\"a\" 1}", "invalid at byte 5: expected ':'"},
        {"[1}", "invalid at byte 2: expected ',' or the end of the array or object"},
        {"{\"a\":1]",
         "invalid at byte 6: expected ',' or the end of the array or object"},
        {"[1] 2", "invalid at byte 4: expected the end of the value"},
        {"\"a\nb\"",
         "invalid at byte 2: expected more of a string, without control bytes"},
        {"\"\\x\"", "invalid at byte 2: expected one of \"\\/bfnrtu"},
        {"\"\\u12g4\"", "invalid at byte 5: expected a hexadecimal digit"},
        {"\"\\udc00\"",
         "invalid at byte 6: expected the second half of a surrogate pair"},
        {"\"\\ud83dx\"",
         "invalid at byte 7: expected the second half of a surrogate pair"},
        {"\"\\ud83d\\n\"",
         "invalid at byte 8: expected the second half of a surrogate pair"},
        {"\"\\ud83d\\u0041\"",
         "invalid at byte 12: expected the second half of a surrogate pair"},
        {"\xef\xbb\xbf[1]", "invalid at byte 0: expected a value"},
        {" ", "invalid at byte 1: expected a value, and the value ends"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        php_events_expect_end(JSON, wpb_slice_cstr(cases[i].text), cases[i].message);
}

static void chunks_of_any_size_give_the_same_and_truncation_is_seen(void **state)
{
    (void)state;
    php_events_expect_fed(
        JSON, BYTES("{\"caf\xc3\xa9\\u0041\":[true,false,null,-12.5e+3,\"\\ud83d\\ude00"
                    "\xf0\x9f\x98\x80 x\"],\"12\":{\"\":[[],{}]} , \"z\" : 1 }"));
}

/* Strings with escapes and small arrays that a chunk holds whole are read another way
 * than byte by byte, and must give the same wherever a chunk ends. */
static void elements_give_the_same_in_any_chunks(void **state)
{
    (void)state;
    php_events_expect_fed(
        JSON,
        BYTES("[\"<p class=\\\"a\\\">a\\/b\\\\c<\\/p>\\n\\t\\r\\b\\f\",\"\\u00e9\\n\","
              "\"a long text, then a character caf\xc3\xa9 and an escape \\/\","
              "{\"k\":\"v\\n\",\"7\":[1,2,[]],\"-8\":{},\"07\":\"\\\\\",\"-\":-0,"
              "\"e\\n\":[[\"\\/\"],[ ],[null , true]]},123456789012345678,"
              "[[[\"deep\",{\"a\":{\"b\":[0]}}]]],\"end of it all, with room\"]"));
}

static void an_escape_that_json_has_not_is_refused_in_a_long_string(void **state)
{
    (void)state;
    php_events_expect_end(JSON,
                          BYTES("[\"<p>a\\/b<\\/p>\\x, and more behind it to read\"]"),
                          "invalid at byte 15: expected one of \"\\/bfnrtu");
}

static void a_key_longer_than_is_kept_is_cut(void **state)
{
    (void)state;
    struct wpb_buf value, out;
    char expected[400];
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "{\"");
    wpb_buf_repeat(&value, 'k', 300);
    wpb_buf_text(&value, "\":1}");
    for (size_t chunk = 1; chunk <= 400; chunk += 133) {
        php_events(JSON, wpb_buf_view(&value), chunk, NULL, &out);
        snprintf(expected, sizeof(expected), "1 leaf int [%.*s]/300 hash8", 256,
                 value.data + 2);
        assert_non_null(strstr(out.data, expected));
        wpb_buf_fini(&out);
    }
    wpb_buf_fini(&value);
}

static void nesting_is_limited_as_in_php(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_repeat(&value, '[', 511);
    wpb_buf_repeat(&value, ']', 511);
    php_events_expect_end(JSON, wpb_buf_view(&value), "ok");
    wpb_buf_fini(&value);
    wpb_buf_init(&value, 0);
    wpb_buf_repeat(&value, '[', 512);
    wpb_buf_repeat(&value, ']', 512);
    php_events_expect_end(JSON, wpb_buf_view(&value),
                          "stopped at byte 512: nested deeper than the limit of 511");
    wpb_buf_fini(&value);
}

static void nesting_a_million_deep_does_no_harm(void **state)
{
    (void)state;
    struct wpb_buf value, out;
    wpb_buf_init(&value, 0);
    wpb_buf_repeat(&value, '[', 1000000);
    const struct wpb_php_limits limits = {.max_depth = 2000000};
    php_events(JSON, wpb_buf_view(&value), 65536, &limits, &out);
    assert_non_null(strstr(out.data, "expected a value or ']', and the value ends"));
    wpb_buf_fini(&out);
    wpb_buf_fini(&value);
}

static void budgets_stop_the_walk(void **state)
{
    (void)state;
    struct wpb_buf out;
    php_events(JSON, BYTES("[1,2,3,4]"), 2, &(struct wpb_php_limits){.max_elements = 3},
               &out);
    assert_non_null(
        strstr(out.data, "stopped at byte 5: more elements than the limit of 3"));
    wpb_buf_fini(&out);
    php_events(JSON, BYTES("[1,2,3,4]"), 2, &(struct wpb_php_limits){.max_bytes = 5},
               &out);
    assert_non_null(strstr(out.data, "stopped at byte 5: longer than the limit of 5"));
    wpb_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_numbers_have_the_types_php_gives_them),
        cmocka_unit_test(objects_and_lists_are_arrays_with_real_counts),
        cmocka_unit_test(white_space_is_allowed_where_php_allows_it),
        cmocka_unit_test(escapes_in_keys_are_decoded_and_counted_in_strings),
        cmocka_unit_test(utf8_is_taken_as_it_is),
        cmocka_unit_test(text_that_is_not_utf8_is_refused_at_its_byte),
        cmocka_unit_test(keys_that_are_integers_become_integers),
        cmocka_unit_test(a_key_that_comes_twice_is_passed_twice),
        cmocka_unit_test(arrays_double_as_they_fill),
        cmocka_unit_test(what_php_refuses_is_refused_at_its_byte),
        cmocka_unit_test(chunks_of_any_size_give_the_same_and_truncation_is_seen),
        cmocka_unit_test(elements_give_the_same_in_any_chunks),
        cmocka_unit_test(an_escape_that_json_has_not_is_refused_in_a_long_string),
        cmocka_unit_test(a_key_longer_than_is_kept_is_cut),
        cmocka_unit_test(nesting_is_limited_as_in_php),
        cmocka_unit_test(nesting_a_million_deep_does_no_harm),
        cmocka_unit_test(budgets_stop_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
