#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "probes/php/walk.h"

/* A slice of a literal that may hold NULs. */
#define BYTES(literal) wpb_slice_of(literal, sizeof(literal) - 1)

static const char *const phase_names[] = {"leaf", "enter", "leave"};
static const char *const type_names[] = {"null",  "bool",   "int",    "float", "string",
                                         "array", "object", "custom", "enum",  "ref"};

/* Writes an event as one line: every field, so that nothing can differ unseen. */
static int print_event(void *cookie, const struct wpb_php_event *event)
{
    struct wpb_buf *out = cookie;
    wpb_buf_printf(out, "%u %s %s", event->depth, phase_names[event->phase],
                   type_names[event->type]);
    if (event->has_key && event->key_is_int)
        wpb_buf_printf(out, " [%lld]", (long long)event->key_int);
    else if (event->has_key) {
        wpb_buf_text(out, " [");
        wpb_buf_slice(out, event->key);
        wpb_buf_printf(out, "]/%llu", (unsigned long long)event->key_len);
    }
    if (event->class_name.len) {
        wpb_buf_text(out, " ");
        wpb_buf_slice(out, event->class_name);
    }
    if (event->is_property)
        wpb_buf_text(out, " property");
    if (event->type == WPB_PHP_REFERENCE)
        wpb_buf_printf(out, " %c%llu", event->is_hard ? 'R' : 'r',
                       (unsigned long long)event->target);
    wpb_buf_printf(out, " len=%llu n=%llu @%llu+%llu\n",
                   (unsigned long long)event->length, (unsigned long long)event->count,
                   (unsigned long long)event->offset, (unsigned long long)event->bytes);
    return 0;
}

/* Events, then "ok" or the error, of VALUE fed in chunks of at most CHUNK. Each
 * chunk is a block of its own, so that a sanitizer sees a look past it. */
static void walk(struct wpb_slice value, size_t chunk,
                 const struct wpb_php_limits *limits, struct wpb_buf *out)
{
    struct wpb_err err = {0};
    int result = 0;
    wpb_buf_init(out, 0);
    struct wpb_php_walker *walker = wpb_php_walker_new(limits, print_event, out);
    assert_non_null(walker);
    while (value.len > 0 && result == 0) {
        struct wpb_slice part = wpb_slice_head(value, chunk);
        char *copy = malloc(part.len);
        assert_non_null(copy);
        memcpy(copy, part.data, part.len);
        result = wpb_php_walker_feed(walker, wpb_slice_of(copy, part.len), &err);
        free(copy);
        value = wpb_slice_skip(value, part.len);
    }
    if (result == 0)
        result = wpb_php_walker_finish(walker, &err);
    wpb_buf_printf(out, "%llu elements, %llu bytes: %s\n",
                   (unsigned long long)wpb_php_walker_elements(walker),
                   (unsigned long long)wpb_php_walker_bytes(walker),
                   result ? err.message : "ok");
    wpb_php_walker_free(walker);
}

static void expect(struct wpb_slice value, const char *expected)
{
    struct wpb_buf out;
    walk(value, SIZE_MAX, NULL, &out);
    assert_string_equal(out.data, expected);
    wpb_buf_fini(&out);
}

/* The error of VALUE, which must be the same in one chunk and byte by byte. */
static void expect_error(struct wpb_slice value, const char *message)
{
    size_t chunks[] = {SIZE_MAX, 1};
    for (size_t i = 0; i < 2; i++) {
        struct wpb_buf out;
        walk(value, chunks[i], NULL, &out);
        const char *found = strstr(out.data, ": ");
        while (found && strchr(found, '\n') && strchr(found, '\n')[1])
            found = strstr(strchr(found, '\n'), ": ");
        assert_non_null(found);
        char line[300];
        snprintf(line, sizeof(line), ": %s\n", message);
        assert_string_equal(found, line);
        wpb_buf_fini(&out);
    }
}

static bool accepts(const char *value)
{
    struct wpb_buf out;
    walk(wpb_slice_cstr(value), SIZE_MAX, NULL, &out);
    bool is_ok = strstr(out.data, ": ok\n") != NULL;
    wpb_buf_fini(&out);
    return is_ok;
}

/* One value with every type, mangled property names, bytes that look like the
 * grammar inside strings, and an escaped string. */
static const char all_types[] =
    "a:17:{i:0;N;i:1;b:1;i:-2;b:0;s:3:\"int\";i:-5;i:+4;i:+7;s:1:\"d\";d:1.5E+25;"
    "s:4:\"a\"b;\";s:9:\"x\";i:1;}{\";s:0:\"\";s:0:\"\";S:3:\"\\61b\\63\";S:2:"
    "\"\\00\\fF\";"
    "s:5:\"empty\";a:0:{}s:4:\"list\";a:2:{i:0;i:10;i:1;a:1:{i:0;s:1:\"v\";}}"
    "s:3:\"obj\";O:7:\"WP_Post\":3:{s:2:\"ID\";i:7;s:10:\"\0WP_Post\0x\";N;"
    "s:4:\"\0*\0p\";d:-INF;}s:4:\"enum\";E:11:\"Suit:Hearts\";"
    "s:6:\"custom\";C:11:\"ArrayObject\":21:{x:i:0;a:0:{};m:a:0:{}}"
    "s:3:\"ref\";R:2;s:3:\"Ref\";r:13;s:4:\"last\";O:8:\"stdClass\":0:{}}";

static void every_type_is_reported_with_its_key_and_place(void **state)
{
    (void)state;
    expect(BYTES("b:1;"), "0 leaf bool len=0 n=0 @0+4\n1 elements, 4 bytes: ok\n");
    expect(BYTES("a:3:{s:1:\"k\";s:2:\"vv\";i:-3;d:0.5;i:9;R:2;}"),
           "0 enter array len=0 n=3 @0+0\n"
           "1 leaf string [k]/1 len=2 n=0 @13+9\n"
           "1 leaf float [-3] len=0 n=0 @27+6\n"
           "1 leaf ref [9] R2 len=0 n=0 @37+4\n"
           "0 leave array len=0 n=3 @0+42\n"
           "4 elements, 42 bytes: ok\n");
    expect(BYTES("a:1:{s:3:\"sub\";O:8:\"stdClass\":1:{i:0;E:11:\"Suit:Hearts\";}}"),
           "0 enter array len=0 n=1 @0+0\n"
           "1 enter object [sub]/3 stdClass len=8 n=1 @15+0\n"
           "2 leaf enum [0] Suit:Hearts len=11 n=0 @37+19\n"
           "1 leave object [sub]/3 stdClass len=8 n=1 @15+42\n"
           "0 leave array len=0 n=1 @0+58\n"
           "3 elements, 58 bytes: ok\n");
    expect(
        BYTES("O:1:\"P\":2:{s:1:\"a\";O:8:\"stdclass\":1:{s:1:\"b\";r:1;}s:1:\"c\";N;}"),
        "0 enter object P len=1 n=2 @0+0\n"
        "1 enter object [a]/1 stdclass property len=8 n=1 @19+0\n"
        "2 leaf ref [b]/1 r1 len=0 n=0 @45+4\n"
        "1 leave object [a]/1 stdclass property len=8 n=1 @19+31\n"
        "1 leaf null [c]/1 property len=0 n=0 @58+2\n"
        "0 leave object P len=1 n=2 @0+61\n"
        "4 elements, 61 bytes: ok\n");
    expect(BYTES("C:11:\"ArrayObject\":3:{abc}"),
           "0 leaf custom ArrayObject len=3 n=0 @0+26\n1 elements, 26 bytes: ok\n");
}

static void escaped_strings_count_decoded_bytes(void **state)
{
    (void)state;
    expect(BYTES("a:1:{S:3:\"\\61b\\63\";S:2:\"\\5c-\";}"),
           "0 enter array len=0 n=1 @0+0\n"
           "1 leaf string [abc]/3 len=2 n=0 @19+11\n"
           "0 leave array len=0 n=1 @0+31\n"
           "2 elements, 31 bytes: ok\n");
}

static void mangled_property_names_keep_their_nul_bytes(void **state)
{
    (void)state;
    struct wpb_buf out;
    walk(BYTES("O:1:\"A\":1:{s:4:\"\0A\0p\";N;}"), SIZE_MAX, NULL, &out);
    assert_non_null(memmem(out.data, out.len, "[\0A\0p]/4", 8));
    wpb_buf_fini(&out);
}

static void feeding_in_any_chunks_equals_feeding_the_whole(void **state)
{
    (void)state;
    struct wpb_slice value = BYTES(all_types);
    struct wpb_buf whole;
    walk(value, SIZE_MAX, NULL, &whole);
    assert_non_null(memmem(whole.data, whole.len, ": ok\n", 5));
    for (size_t chunk = 1; chunk <= value.len; chunk++) {
        struct wpb_buf parts;
        walk(value, chunk, NULL, &parts);
        assert_true(wpb_slice_equal(wpb_buf_view(&whole), wpb_buf_view(&parts)));
        wpb_buf_fini(&parts);
    }
    wpb_buf_fini(&whole);
}

static void a_value_cut_at_any_byte_is_refused_there(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof(all_types) - 1; len++) {
        struct wpb_slice value = wpb_slice_head(BYTES(all_types), len);
        struct wpb_buf whole, parts;
        char prefix[64];
        walk(value, SIZE_MAX, NULL, &whole);
        walk(value, 1, NULL, &parts);
        assert_true(wpb_slice_equal(wpb_buf_view(&whole), wpb_buf_view(&parts)));
        snprintf(prefix, sizeof(prefix), ": invalid at byte %zu: expected ", len);
        assert_non_null(memmem(whole.data, whole.len, prefix, strlen(prefix)));
        wpb_buf_fini(&whole);
        wpb_buf_fini(&parts);
    }
}

static void errors_name_the_byte_and_what_belongs_there(void **state)
{
    (void)state;
    expect_error(BYTES(""), "invalid at byte 0: expected a value, and the value ends");
    expect_error(BYTES("x"), "invalid at byte 0: expected a value");
    expect_error(BYTES("b:2;"), "invalid at byte 2: expected 0 or 1");
    expect_error(BYTES("i:;"), "invalid at byte 2: expected an integer");
    expect_error(BYTES("i:-;"), "invalid at byte 3: expected a digit");
    expect_error(BYTES("i:1,"), "invalid at byte 3: expected a digit or ';'");
    expect_error(BYTES("s:2:\"abc\";"),
                 "invalid at byte 7: expected '\"' after the declared length");
    expect_error(BYTES("s:-1:\"\";"),
                 "invalid at byte 2: expected a number without sign");
    expect_error(BYTES("a:1:{d:1;N;}"),
                 "invalid at byte 5: expected an integer or string key");
    expect_error(BYTES("a:1:{i:0;N;i:1;N;}"),
                 "invalid at byte 11: expected '}' after the declared elements");
    expect_error(BYTES("a:2:{i:0;N;}"),
                 "invalid at byte 11: expected an integer or string key");
    expect_error(BYTES("N;N;"), "invalid at byte 2: expected the end of the value");
    expect_error(BYTES("O:3:\"a-b\":0:{}"),
                 "invalid at byte 6: expected a byte of a class name");
    expect_error(BYTES("O:2:\"\\a\":0:{}"),
                 "invalid at byte 5: expected a byte of a class name");
    expect_error(BYTES("O:0:\"\":0:{}"),
                 "invalid at byte 2: expected a class name of at least 1 byte");
    expect_error(BYTES("E:3:\"abc\";"),
                 "invalid at byte 8: expected a ':' between enum and case");
    expect_error(BYTES("C:1:\"A\":2:{abc}"),
                 "invalid at byte 13: expected '}' after the declared length");
    expect_error(BYTES("S:1:\"\\6g\";"),
                 "invalid at byte 7: expected a second hexadecimal digit");
}

static void references_must_mean_an_earlier_value(void **state)
{
    (void)state;
    expect_error(BYTES("a:1:{i:0;R:0;}"),
                 "invalid at byte 11: expected the number of an earlier value");
    expect_error(BYTES("a:1:{i:0;r:2;}"),
                 "invalid at byte 11: expected the number of an earlier value");
    /* R: takes no number of its own, r: does. */
    assert_true(accepts("a:3:{i:0;N;i:1;r:1;i:2;R:3;}"));
    assert_false(accepts("a:3:{i:0;N;i:1;R:1;i:2;R:3;}"));
}

static void numbers_are_accepted_as_php_writes_and_reads_them(void **state)
{
    (void)state;
    static const char *const good[] = {
        "i:+5;",      "i:-0;",     "i:99999999999999999999999;",
        "d:INF;",     "d:-INF;",   "d:NAN;",
        "d:1.5E+25;", "d:.5;",     "d:5.;",
        "d:-1e-7;",   "d:+3;",     "s:0000000000003:\"abc\";",
        "d:.5E3;",    "a:0000:{}", "O:8:\"stdClass\"::{}",
    };
    static const char *const bad[] = {
        "d:+INF;",
        "d:-NAN;",
        "d:.;",
        "d:1e;",
        "d:1e+;",
        "d:INFI;",
        "d:;",
        "d:1.2.3;",
        "i:1.0;",
        "i:0x1;",
        "b:01;",
        "d:NA;",
        "O:8:\"stdClass\":-1:{}",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        assert_true(accepts(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(accepts(bad[i]));
}

static void integers_out_of_range_are_saturated(void **state)
{
    (void)state;
    expect(BYTES("a:1:{i:-99999999999999999999;N;}"),
           "0 enter array len=0 n=1 @0+0\n"
           "1 leaf null [-9223372036854775808] len=0 n=0 @29+2\n"
           "0 leave array len=0 n=1 @0+32\n"
           "2 elements, 32 bytes: ok\n");
}

static void counts_and_lengths_that_cannot_be_are_refused(void **state)
{
    (void)state;
    expect_error(BYTES("a:2147483648:{i:0;N;}"),
                 "invalid at byte 2: expected a count below 1073741824");
    expect_error(BYTES("a:18446744073709551616:{}"),
                 "invalid at byte 2: expected a number below 2^63");
    expect_error(BYTES("s:18446744073709551617:\"a\";"),
                 "invalid at byte 2: expected a number below 2^63");
    expect_error(BYTES("s:9223372036854775000:\"a\";"),
                 "stopped at byte 21: declares more bytes than the limit of 1073741824");
    expect_error(BYTES("O:1:\"A\":99999999999:{}"),
                 "invalid at byte 8: expected a count below 1073741824");
    /* Possible, though absent: found when the bytes are. */
    expect_error(BYTES("a:1073741823:{i:0;N;}"),
                 "invalid at byte 20: expected an integer or string key");
}

static void long_keys_are_cut_and_their_length_is_whole(void **state)
{
    (void)state;
    size_t chunks[] = {SIZE_MAX, 100, 1};
    for (size_t i = 0; i < 3; i++) {
        struct wpb_buf value, out;
        wpb_buf_init(&value, 0);
        wpb_buf_text(&value, "a:2:{s:1000:\"");
        wpb_buf_repeat(&value, 'k', 1000);
        wpb_buf_text(&value, "\";b:1;s:300:\"");
        wpb_buf_repeat(&value, 'm', 300);
        wpb_buf_text(&value, "\";a:0:{}}");
        walk(wpb_buf_view(&value), chunks[i], NULL, &out);
        assert_non_null(strstr(out.data, "k]/1000 "));
        assert_non_null(strstr(out.data, "leave array [mmm"));
        assert_non_null(strstr(out.data, "m]/300 "));
        const char *first = strchr(out.data, 'k');
        assert_int_equal(strspn(first, "k"), WPB_PHP_KEY_MAX);
        assert_non_null(strstr(out.data, ": ok\n"));
        wpb_buf_fini(&value);
        wpb_buf_fini(&out);
    }
}

static int count_event(void *cookie, const struct wpb_php_event *event)
{
    (void)event;
    (*(uint64_t *)cookie)++;
    return 0;
}

static void walk_nested(const char *level, size_t levels, uint32_t max_depth,
                        struct wpb_err *err, uint64_t *bytes)
{
    struct wpb_php_limits limits = {.max_depth = max_depth};
    uint64_t events = 0;
    struct wpb_php_walker *walker = wpb_php_walker_new(&limits, count_event, &events);
    assert_non_null(walker);
    int result = 0;
    for (size_t i = 0; i < levels && result == 0; i++)
        result = wpb_php_walker_feed(walker, wpb_slice_cstr(level), err);
    if (result == 0)
        wpb_php_walker_finish(walker, err);
    *bytes = wpb_php_walker_bytes(walker);
    wpb_php_walker_free(walker);
}

static void a_million_levels_meet_the_depth_budget(void **state)
{
    (void)state;
    struct wpb_err err = {0};
    uint64_t bytes = 0;
    walk_nested("a:1:{i:0;", 1000000, 0, &err, &bytes);
    assert_int_equal(err.code, WPB_E_BUDGET);
    assert_string_equal(err.message,
                        "stopped at byte 36868: nested deeper than the limit of 4096");
    assert_int_equal(bytes, 36868);
    /* A caller may allow them: the walk ends where the bytes end. */
    walk_nested("O:1:\"A\":1:{i:0;", 1000000, 2000000, &err, &bytes);
    assert_int_equal(err.code, WPB_E_SYNTAX);
    assert_int_equal(bytes, 15000000);
}

static void bytes_and_elements_meet_their_budgets(void **state)
{
    (void)state;
    size_t chunks[] = {SIZE_MAX, 7, 1};
    struct wpb_slice value = BYTES("a:3:{s:6:\"option\";b:1;s:7:\"another\";b:1;i:2;N;}");
    for (size_t i = 0; i < 3; i++) {
        struct wpb_buf out;
        struct wpb_php_limits elements = {.max_elements = 3};
        walk(value, chunks[i], &elements, &out);
        assert_non_null(strstr(
            out.data, "3 elements, 44 bytes: stopped at byte 44: more elements than "
                      "the limit of 3\n"));
        wpb_buf_fini(&out);
        struct wpb_php_limits bytes = {.max_bytes = 40};
        walk(value, chunks[i], &bytes, &out);
        assert_non_null(strstr(out.data, "40 bytes: stopped at byte 40: longer than the "
                                         "limit of 40\n"));
        wpb_buf_fini(&out);
        struct wpb_php_limits exact = {.max_bytes = value.len, .max_elements = 4};
        walk(value, chunks[i], &exact, &out);
        assert_non_null(strstr(out.data, ": ok\n"));
        wpb_buf_fini(&out);
    }
}

/* Long runs of equal-looking pairs take a path of their own. */
static void a_notoptions_cut_into_any_chunks_reports_every_name(void **state)
{
    (void)state;
    struct wpb_buf value, whole;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:40:{");
    for (unsigned i = 0; i < 40; i++)
        wpb_buf_printf(&value, "s:%u:\"%0*u\";%s", i % 3 ? 10 + i : 1 + i % 9,
                       i % 3 ? (int)(10 + i) : (int)(1 + i % 9), i % 3 ? i : i % 10,
                       i % 7   ? "b:1;"
                       : i % 2 ? "b:0;"
                               : "s:1:\"x\";");
    wpb_buf_text(&value, "}");
    walk(wpb_buf_view(&value), SIZE_MAX, NULL, &whole);
    assert_non_null(strstr(whole.data, "41 elements, "));
    assert_non_null(strstr(whole.data, ": ok\n"));
    for (size_t chunk = 1; chunk < value.len; chunk++) {
        struct wpb_buf parts;
        walk(wpb_buf_view(&value), chunk, NULL, &parts);
        assert_true(wpb_slice_equal(wpb_buf_view(&whole), wpb_buf_view(&parts)));
        wpb_buf_fini(&parts);
    }
    for (size_t len = 0; len < value.len; len++) {
        struct wpb_buf cut;
        char prefix[64];
        walk(wpb_slice_head(wpb_buf_view(&value), len), SIZE_MAX, NULL, &cut);
        snprintf(prefix, sizeof(prefix), ": invalid at byte %zu: expected ", len);
        assert_non_null(strstr(cut.data, prefix));
        wpb_buf_fini(&cut);
    }
    wpb_buf_fini(&value);
    wpb_buf_fini(&whole);
}

static int refuse_third(void *cookie, const struct wpb_php_event *event)
{
    (void)event;
    return ++*(int *)cookie == 3 ? -1 : 0;
}

static void a_visitor_ends_the_walk_for_good(void **state)
{
    (void)state;
    int calls = 0;
    struct wpb_err err = {0};
    struct wpb_php_walker *walker = wpb_php_walker_new(NULL, refuse_third, &calls);
    assert_non_null(walker);
    struct wpb_slice value = BYTES("a:3:{s:1:\"a\";b:1;s:1:\"b\";b:1;s:1:\"c\";b:1;}");
    assert_int_equal(wpb_php_walker_feed(walker, value, &err), -1);
    assert_int_equal(err.code, WPB_E_CANCELLED);
    err = (struct wpb_err){0};
    assert_int_equal(wpb_php_walker_feed(walker, BYTES("N;"), &err), -1);
    assert_int_equal(err.code, WPB_E_CANCELLED);
    assert_int_equal(wpb_php_walker_finish(walker, &err), -1);
    assert_int_equal(calls, 3);
    wpb_php_walker_free(walker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_reported_with_its_key_and_place),
        cmocka_unit_test(escaped_strings_count_decoded_bytes),
        cmocka_unit_test(mangled_property_names_keep_their_nul_bytes),
        cmocka_unit_test(feeding_in_any_chunks_equals_feeding_the_whole),
        cmocka_unit_test(a_value_cut_at_any_byte_is_refused_there),
        cmocka_unit_test(a_notoptions_cut_into_any_chunks_reports_every_name),
        cmocka_unit_test(errors_name_the_byte_and_what_belongs_there),
        cmocka_unit_test(references_must_mean_an_earlier_value),
        cmocka_unit_test(numbers_are_accepted_as_php_writes_and_reads_them),
        cmocka_unit_test(integers_out_of_range_are_saturated),
        cmocka_unit_test(counts_and_lengths_that_cannot_be_are_refused),
        cmocka_unit_test(long_keys_are_cut_and_their_length_is_whole),
        cmocka_unit_test(a_million_levels_meet_the_depth_budget),
        cmocka_unit_test(bytes_and_elements_meet_their_budgets),
        cmocka_unit_test(a_visitor_ends_the_walk_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
