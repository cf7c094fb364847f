#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "php_events.h"

/* Bytes were recorded from igbinary_serialize() 3.2 where they are not hostile. */

#define IGBINARY WPB_PHP_IGBINARY_UNSERIALIZE
#define V2 "\0\0\0\2"

static void scalars_are_reported_with_their_types(void **state)
{
    (void)state;
    static const struct {
        struct wpb_slice value;
        const char *type;
        unsigned bytes;
    } cases[] = {
        {WPB_SLICE(V2 "\x00"), "null", 1},
        {WPB_SLICE(V2 "\x04"), "bool", 1},
        {WPB_SLICE(V2 "\x05"), "bool", 1},
        {WPB_SLICE(V2 "\x06\xff"), "int", 2},
        {WPB_SLICE(V2 "\x07\x05"), "int", 2},
        {WPB_SLICE(V2 "\x08\xff\xff"), "int", 3},
        {WPB_SLICE(V2 "\x09\x01\x00"), "int", 3},
        {WPB_SLICE(V2 "\x0a\xff\xff\xff\xff"), "int", 5},
        {WPB_SLICE(V2 "\x0b\x00\x01\x00\x00"), "int", 5},
        {WPB_SLICE(V2 "\x0c\x3f\xf8\0\0\0\0\0\0"), "float", 9},
        {WPB_SLICE(V2 "\x20\x7f\xff\xff\xff\xff\xff\xff\xff"), "int", 9},
        {WPB_SLICE(V2 "\x21\x80\0\0\0\0\0\0\0"), "int", 9},
        {WPB_SLICE("\0\0\0\1\x05"), "bool", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char line[128];
        snprintf(line, sizeof(line),
                 "0 leaf %s len=0 n=0 @4+%u\n1 elements, %u bytes: ok\n", cases[i].type,
                 cases[i].bytes, 4 + cases[i].bytes);
        php_events_expect(IGBINARY, cases[i].value, line);
    }
}

static void strings_of_every_length_are_reported(void **state)
{
    (void)state;
    php_events_expect(IGBINARY, BYTES(V2 "\x0d"),
                      "0 leaf string len=0 n=0 @4+1\n1 elements, 5 bytes: ok\n");
    php_events_expect(IGBINARY,
                      BYTES(V2 "\x11\x03"
                               "a\0c"),
                      "0 leaf string len=3 n=0 @4+5\n1 elements, 9 bytes: ok\n");
    php_events_expect(IGBINARY,
                      BYTES(V2 "\x12\0\x02"
                               "ab"),
                      "0 leaf string len=2 n=0 @4+5\n1 elements, 9 bytes: ok\n");
    php_events_expect(IGBINARY,
                      BYTES(V2 "\x13\0\0\0\x02"
                               "ab"),
                      "0 leaf string len=2 n=0 @4+7\n1 elements, 11 bytes: ok\n");
    php_events_expect(IGBINARY,
                      BYTES(V2 "\x26\0\0\0\0\0\0\0\x02"
                               "ab"),
                      "0 leaf string len=2 n=0 @4+11\n1 elements, 15 bytes: ok\n");
}

static void a_string_by_number_is_the_same_string(void **state)
{
    (void)state;
    /* ['kind' => 'post', 'post' => 'kind', 5 => 'post'] */
    php_events_expect(IGBINARY,
                      BYTES(V2 "\x14\x03\x11\x04kind\x11\x04post\x0e\x01\x0e\x00"
                               "\x06\x05\x0e\x01"),
                      "0 enter array len=0 n=3 @4+0\n"
                      "1 leaf string [kind]/4 hash8 len=4 n=0 @12+6\n"
                      "1 leaf string [post]/4 shared key-shared len=4 n=0 @20+2\n"
                      "1 leaf string [5] shared len=4 n=0 @24+2\n"
                      "0 leave array len=0 n=3 @4+22\n"
                      "4 elements, 26 bytes: ok\n");
}

static void lists_are_packed_until_a_key_breaks_the_order(void **state)
{
    (void)state;
    php_events_expect(IGBINARY, BYTES(V2 "\x14\x03\x06\0\x05\x06\2\x05\x06\1\x05"),
                      "0 enter array len=0 n=3 @4+0\n"
                      "1 leaf bool [0] packed8 len=0 n=0 @8+1\n"
                      "1 leaf bool [2] len=0 n=0 @11+1\n"
                      "1 leaf bool [1] hash8 len=0 n=0 @14+1\n"
                      "0 leave array len=0 n=3 @4+11\n"
                      "4 elements, 15 bytes: ok\n");
}

static void keys_of_every_width_are_read(void **state)
{
    (void)state;
    php_events_expect(
        IGBINARY,
        BYTES(V2 "\x14\x08\x07\x01\0\x08\x01\0\0\x09\x01\0\0\x0a\0\1\0\0\0"
                 "\x0b\0\1\0\0\0\x20\0\0\0\1\0\0\0\0\0\x21\x80\0\0\0\0\0\0\0\0\x0d\0"),
        "0 enter array len=0 n=8 @4+0\n"
        "1 leaf null [-1] hash8 len=0 n=0 @8+1\n"
        "1 leaf null [256] len=0 n=0 @12+1\n"
        "1 leaf null [-256] len=0 n=0 @16+1\n"
        "1 leaf null [65536] len=0 n=0 @22+1\n"
        "1 leaf null [-65536] len=0 n=0 @28+1\n"
        "1 leaf null [4294967296] len=0 n=0 @38+1\n"
        "1 leaf null [-9223372036854775808] len=0 n=0 @48+1\n"
        "1 leaf null []/0 len=0 n=0 @50+1\n"
        "0 leave array len=0 n=8 @4+47\n"
        "9 elements, 51 bytes: ok\n");
}

static void an_element_left_out_is_not_counted(void **state)
{
    (void)state;
    php_events_expect(IGBINARY, BYTES(V2 "\x14\x03\0\x06\0\x05\0"),
                      "0 enter array len=0 n=3 @4+0\n"
                      "1 leaf bool [0] packed8 len=0 n=0 @9+1\n"
                      "0 leave array len=0 n=1 @4+7\n"
                      "2 elements, 11 bytes: ok\n");
}

static void objects_are_named_by_text_or_number(void **state)
{
    (void)state;
    php_events_expect(IGBINARY,
                      BYTES(V2 "\x14\x03\x06\0\x17\x03"
                               "Foo\x14\x01\x11\x01p\x06\7"
                               "\x06\1\x1a\0\x14\x01\x0e\1\x0e\1"
                               "\x06\2\x17\x08stdClass\x14\0"),
                      "0 enter array len=0 n=3 @4+0\n"
                      "1 enter object [0] Foo packed8 len=3 n=1 @8+0\n"
                      "2 leaf int [p]/1 property len=0 n=0 @18+2\n"
                      "1 leave object [0] Foo len=3 n=1 @8+12\n"
                      "1 enter object [1] Foo len=3 n=1 @22+0\n"
                      "2 leaf string [p]/1 property len=1 n=0 @28+2\n"
                      "1 leave object [1] Foo len=3 n=1 @22+8\n"
                      "1 enter object [2] stdClass len=8 n=0 @32+0\n"
                      "1 leave object [2] stdClass len=8 n=0 @32+12\n"
                      "0 leave array len=0 n=3 @4+40\n"
                      "6 elements, 44 bytes: ok\n");
}

static void objects_that_keep_bytes_and_enums_are_leaves(void **state)
{
    (void)state;
    php_events_expect(IGBINARY,
                      BYTES(V2 "\x17\x05Keeps\x1d\x03"
                               "abc"),
                      "0 leaf custom Keeps len=3 n=0 @4+12\n1 elements, 16 bytes: ok\n");
    php_events_expect(IGBINARY, BYTES(V2 "\x17\x04Suit\x27\x11\x06Hearts"),
                      "0 leaf enum Suit:Hearts len=11 n=0 @4+15\n"
                      "1 elements, 19 bytes: ok\n");
    php_events_expect(IGBINARY,
                      BYTES(V2 "\x14\x02\x06\0\x11\x01H\x06\1\x17\x04Suit\x27\x0e\0"),
                      "0 enter array len=0 n=2 @4+0\n"
                      "1 leaf string [0] packed8 len=1 n=0 @8+3\n"
                      "1 leaf enum [1] Suit:H len=6 n=0 @13+9\n"
                      "0 leave array len=0 n=2 @4+18\n"
                      "3 elements, 22 bytes: ok\n");
}

static void references_name_what_came_before(void **state)
{
    (void)state;
    /* [[1], the same, &'x', the same] */
    php_events_expect(IGBINARY,
                      BYTES(V2 "\x14\x04\x06\0\x14\x01\x06\0\x06\1\x06\1\x01\1"
                               "\x06\2\x25\x11\1x\x06\3\x25\x01\2"),
                      "0 enter array len=0 n=4 @4+0\n"
                      "1 enter array [0] packed8 len=0 n=1 @8+0\n"
                      "2 leaf int [0] packed8 len=0 n=0 @12+2\n"
                      "1 leave array [0] len=0 n=1 @8+6\n"
                      "1 leaf ref [1] to 2 len=0 n=0 @16+2\n"
                      "1 leaf string [2] hard len=1 n=0 @20+4\n"
                      "1 leaf ref [3] to 3 hard len=0 n=0 @26+3\n"
                      "0 leave array len=0 n=4 @4+25\n"
                      "6 elements, 29 bytes: ok\n");
}

static void a_key_longer_than_is_kept_is_cut(void **state)
{
    (void)state;
    struct wpb_buf value, out;
    char expected[400];
    wpb_buf_init(&value, 0);
    wpb_buf_slice(&value, BYTES(V2 "\x14\x02\x12\x01\x2c"));
    wpb_buf_repeat(&value, 'k', 300);
    wpb_buf_slice(&value, BYTES("\x05\x06\0\x0e\0"));
    for (size_t chunk = 1; chunk <= 400; chunk += 133) {
        php_events(IGBINARY, wpb_buf_view(&value), chunk, NULL, &out);
        snprintf(expected, sizeof(expected), "1 leaf bool [%.*s]/300 hash8", 256,
                 value.data + 9);
        assert_non_null(strstr(out.data, expected));
        assert_non_null(strstr(out.data, "1 leaf string [0] shared len=300"));
        wpb_buf_fini(&out);
    }
    wpb_buf_fini(&value);
}

/* ['a' => ['k' => 300, 'v' => &'long string'], 'b' => the same, 'o' => object, ...] */
static const char mixed_bytes[] =
    V2 "\x14\x06\x11\1a\x14\3\x11\1k\x08\x01\x2c\x11\1v\x25\x11\x0blong string"
       "\x12\0\3old\x0c\x3f\xf8\0\0\0\0\0\0"
       "\x11\1b\x01\1\x11\1o\x17\3Foo\x14\2\x0e\2\x00\x06\5\x0d"
       "\x11\1e\x17\4Suit\x27\x11\1H\x11\1c\x17\1K\x1d\4\0\1\2\3"
       "\x11\1r\x22\3";
#define MIXED BYTES(mixed_bytes)

static void chunks_of_any_size_give_the_same_and_truncation_is_seen(void **state)
{
    (void)state;
    php_events_expect_fed(IGBINARY, MIXED);
}

/* The elements below are what a chunk holds many of: they are read another way than byte
 * by byte, and must give the same wherever a chunk ends. */
static void lists_of_integers_give_the_same_in_any_chunks(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_slice(&value, BYTES(V2 "\x14\2\x06\0\x14\x44"));
    for (char i = 0; i < 60; i++) {
        wpb_buf_slice(&value, BYTES("\x06"));
        wpb_buf_char(&value, i);
        wpb_buf_slice(&value, i % 3 == 0   ? BYTES("\x06\7")
                              : i % 3 == 1 ? BYTES("\x08\1\2")
                                           : BYTES("\x0a\1\2\3\4"));
    }
    /* A float, a negative, a key left out, one that comes again, a name. */
    wpb_buf_slice(&value, BYTES("\x06\x3c\x0c\x3f\xf8\0\0\0\0\0\0\x06\x3d\x07\1"
                                "\x06\x3f\x06\1\x06\x40\x06\1\x06\x40\x06\1"
                                "\x11\1n\x06\1\x06\x41\x06\1\x0e\0\x06\1"));
    wpb_buf_slice(&value, BYTES("\x06\1\x0d"));
    php_events_expect_fed(IGBINARY, wpb_buf_view(&value));
    wpb_buf_fini(&value);
}

static void options_give_the_same_in_any_chunks(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_slice(&value, BYTES(V2 "\x14\x22"));
    for (char i = 0; i < 30; i++) {
        wpb_buf_slice(&value, BYTES("\x11\5opt_"));
        wpb_buf_char(&value, (char)('A' + i));
        if (i % 7 == 3) {
            wpb_buf_slice(&value, BYTES("\x12\1\4"));
            wpb_buf_repeat(&value, 'w', 260);
        } else {
            wpb_buf_slice(&value, i % 3 == 0   ? BYTES("\x05")
                                  : i % 3 == 1 ? BYTES("\x11\3yes")
                                               : BYTES("\x11\2no"));
        }
    }
    /* Names and texts by number, an integer key, an empty name. */
    wpb_buf_slice(&value, BYTES("\x0e\2\x0e\0\x11\1z\x0e\1\x06\5\x04\x0d\x04"));
    php_events_expect_fed(IGBINARY, wpb_buf_view(&value));
    wpb_buf_fini(&value);
}

static void small_arrays_give_the_same_in_any_chunks(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_slice(&value, BYTES(V2 "\x14\x28"));
    for (char i = 0; i < 39; i++) {
        wpb_buf_slice(&value, BYTES("\x11\4row"));
        wpb_buf_char(&value, (char)('A' + i));
        wpb_buf_slice(&value, i == 0 ? BYTES("\x14\2\x11\1e\x14\0\x11\1v\x06\1")
                              : i % 2 == 0
                                  ? BYTES("\x14\2\x0e\1\x01\2\x0e\2\x14\1\x06\0\x00")
                                  : BYTES("\x15\0\1\x0e\2\x02\0\2"));
    }
    wpb_buf_slice(&value, BYTES("\x06\0\x17\1C\x14\1\x0e\1\x14\1\x0e\2\x01\2"));
    php_events_expect_fed(IGBINARY, wpb_buf_view(&value));
    wpb_buf_fini(&value);
}

static int stop_at(void *cookie, const struct wpb_php_event *event)
{
    (void)event;
    uint64_t *left = cookie;
    return --*left == 0 ? -1 : 0;
}

/* The walk of VALUE in chunks of CHUNK, ended by the visitor at its event COUNT. */
static void expect_cancelled(struct wpb_slice value, size_t chunk, uint64_t count,
                             struct wpb_err *err)
{
    struct wpb_slice rest = value;
    struct wpb_decoder *decoder = wpb_decoder_new(IGBINARY, NULL, stop_at, &count);
    int result = 0;
    for (; rest.len > 0 && result == 0; rest = wpb_slice_skip(rest, chunk))
        result = wpb_decoder_feed(decoder, wpb_slice_head(rest, chunk), err);
    assert_int_equal(result, -1);
    assert_int_equal(err->code, WPB_E_CANCELLED);
    wpb_decoder_free(decoder);
}

static void a_visitor_stops_the_walk_behind_what_it_saw(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_slice(&value, BYTES(V2 "\x14\2\x06\0\x14\5\x06\0\x06\0\x06\1\x06\0\x06\2"
                                   "\x06\0\x06\3\x06\0\x06\4\x06\0\x06\1\x14\x20"));
    for (char i = 0; i < 32; i++) {
        wpb_buf_slice(&value, BYTES("\x11\3op"));
        wpb_buf_char(&value, (char)('A' + i));
        wpb_buf_slice(&value, BYTES("\x11\3yes"));
    }
    for (uint64_t count = 1; count <= 42; count++) {
        struct wpb_err whole = {0}, bytes = {0};
        expect_cancelled(wpb_buf_view(&value), SIZE_MAX, count, &whole);
        expect_cancelled(wpb_buf_view(&value), 1, count, &bytes);
        assert_string_equal(whole.message, bytes.message);
    }
    wpb_buf_fini(&value);
}

static void what_igbinary_refuses_is_refused_at_its_byte(void **state)
{
    (void)state;
    php_events_expect_end(
        IGBINARY, BYTES("\0\0\0\3\0"),
        "invalid at byte 0: expected the version 00 00 00 01 or 00 00 00 02");
    php_events_expect_end(IGBINARY, BYTES(V2 "\x05\x05"),
                          "invalid at byte 5: expected the end of the value");
    php_events_expect_end(IGBINARY, BYTES(V2 "\x28\x05"),
                          "invalid at byte 4: expected a value");
    php_events_expect_end(IGBINARY, BYTES(V2 "\x1d\x05"),
                          "invalid at byte 4: expected a value");
    php_events_expect_end(IGBINARY, BYTES(V2 "\x14\1\x0c\0\0"),
                          "invalid at byte 6: expected an integer or string key");
    php_events_expect_end(IGBINARY, BYTES(V2 "\x17\1F\x05"),
                          "invalid at byte 7: expected what an object holds");
    php_events_expect_end(IGBINARY, BYTES(V2 "\x17\1F\x27\x0d"),
                          "invalid at byte 8: expected the name of an enum's case");
    php_events_expect_end(IGBINARY, BYTES(V2),
                          "invalid at byte 4: expected a value, and the value ends");
}

static void numbers_of_what_has_not_come_are_refused(void **state)
{
    (void)state;
    php_events_expect_end(IGBINARY, BYTES(V2 "\x0e\0"),
                          "invalid at byte 4: expected the number of an earlier string");
    php_events_expect_end(IGBINARY, BYTES(V2 "\x14\1\x11\1k\x0f\0\1"),
                          "invalid at byte 9: expected the number of an earlier string");
    php_events_expect_end(IGBINARY, BYTES(V2 "\x14\1\x10\xff\xff\xff\xff\0"),
                          "invalid at byte 6: expected the number of an earlier string");
    php_events_expect_end(IGBINARY, BYTES(V2 "\x1c\0\0\0\1\x14\0"),
                          "invalid at byte 4: expected the number of an earlier string");
    php_events_expect_end(
        IGBINARY, BYTES(V2 "\x01\0"),
        "invalid at byte 4: expected the number of an earlier array or object");
    php_events_expect_end(
        IGBINARY, BYTES(V2 "\x14\1\x06\0\x24\0\0\0\1"),
        "invalid at byte 8: expected the number of an earlier array or object");
    /* A reference has its number once its value was read. */
    php_events_expect_end(
        IGBINARY, BYTES(V2 "\x25\x01\0"),
        "invalid at byte 5: expected the number of an earlier array or object");
}

static void hostile_counts_and_lengths_allocate_nothing(void **state)
{
    (void)state;
    php_events_expect_end(IGBINARY, BYTES(V2 "\x16\xff\xff\xff\xff\x06\0"),
                          "invalid at byte 4: expected a count below 1073741824");
    php_events_expect_end(
        IGBINARY, BYTES(V2 "\x16\x3f\xff\xff\xff\x06\0\x05"),
        "invalid at byte 12: expected an integer or string key, and the value ends");
    php_events_expect_end(
        IGBINARY,
        BYTES(V2 "\x26\xff\xff\xff\xff\xff\xff\xff\xff"
                 "ab"),
        "stopped at byte 4: declares more bytes than the limit of 1073741824");
    php_events_expect_end(
        IGBINARY,
        BYTES(V2 "\x13\x10\0\0\0"
                 "ab"),
        "invalid at byte 11: expected more bytes of a string, and the value ends");
}

static void nesting_a_million_deep_stops_at_the_limit(void **state)
{
    (void)state;
    struct wpb_buf value, out;
    wpb_buf_init(&value, 0);
    wpb_buf_slice(&value, BYTES(V2));
    for (int i = 0; i < 1000000; i++)
        wpb_buf_slice(&value, BYTES("\x14\1\x06\0"));
    php_events(IGBINARY, wpb_buf_view(&value), SIZE_MAX, NULL, &out);
    assert_non_null(strstr(out.data, "nested deeper than the limit of 4096"));
    wpb_buf_fini(&out);
    const struct wpb_php_limits limits = {.max_depth = 2000000};
    php_events(IGBINARY, wpb_buf_view(&value), 65536, &limits, &out);
    assert_non_null(strstr(out.data, "expected a value, and the value ends"));
    wpb_buf_fini(&out);
    wpb_buf_fini(&value);
}

static void budgets_stop_the_walk(void **state)
{
    (void)state;
    struct wpb_buf out;
    php_events(IGBINARY, MIXED, 7, &(struct wpb_php_limits){.max_elements = 3}, &out);
    assert_non_null(strstr(out.data, "stopped at byte 20: more elements than the limit "
                                     "of 3"));
    wpb_buf_fini(&out);
    php_events(IGBINARY, MIXED, 7, &(struct wpb_php_limits){.max_bytes = 53}, &out);
    assert_non_null(strstr(out.data, "stopped at byte 53: longer than the limit of 53"));
    wpb_buf_fini(&out);
}

struct counts {
    uint64_t unnamed, named;
};

static int count_names(void *cookie, const struct wpb_php_event *event)
{
    struct counts *counts = cookie;
    if (event->key_is_shared) {
        assert_int_equal(event->key_len, 200);
        counts->unnamed += event->key.len == 0;
        counts->named += event->key.len == 200;
    }
    return 0;
}

/* 60,000 keys of 200 bytes are more than 8 MiB, 128 blocks of 64 KiB, which take texts
 * while 256 bytes are free: their numbers come again as keys. */
static void keys_past_what_is_kept_are_known_by_length(void **state)
{
    (void)state;
    enum { NAMES = 60000, KEPT = 128 * ((65536 - 256) / 200 + 1) };
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_slice(&value, BYTES(V2 "\x14\2\x06\0\x15\xea\x60"));
    for (unsigned i = 0; i < NAMES; i++) {
        wpb_buf_slice(&value, BYTES("\x11\xc8"));
        wpb_buf_repeat(&value, 't', 200);
        wpb_buf_slice(&value, BYTES("\x05"));
    }
    wpb_buf_slice(&value, BYTES("\x06\1\x15\xea\x60"));
    for (unsigned i = 0; i < NAMES; i++) {
        wpb_buf_slice(&value, BYTES("\x0f"));
        wpb_buf_char(&value, (char)(i >> 8));
        wpb_buf_char(&value, (char)i);
        wpb_buf_slice(&value, BYTES("\x05"));
    }
    for (size_t chunk = 1000; chunk <= 100000000; chunk *= 100000) {
        struct counts counts = {0};
        struct wpb_err err;
        struct wpb_slice rest = wpb_buf_view(&value);
        struct wpb_decoder *decoder =
            wpb_decoder_new(IGBINARY, NULL, count_names, &counts);
        for (; rest.len > 0; rest = wpb_slice_skip(rest, chunk))
            assert_int_equal(wpb_decoder_feed(decoder, wpb_slice_head(rest, chunk), &err),
                             0);
        assert_int_equal(wpb_decoder_finish(decoder, &err), 0);
        assert_int_equal(counts.named, KEPT);
        assert_int_equal(counts.unnamed, NAMES - KEPT);
        assert_int_equal(wpb_decoder_unknown(decoder), counts.unnamed);
        wpb_decoder_free(decoder);
    }
    wpb_buf_fini(&value);
}

/* A value of a page's length is not kept; should it come again as a key, only its
 * length is known. */
static void a_long_value_that_becomes_a_key_is_known_by_length(void **state)
{
    (void)state;
    struct wpb_buf value, out;
    wpb_buf_init(&value, 0);
    wpb_buf_slice(&value, BYTES(V2 "\x14\4\x06\0\x11\x40"));
    wpb_buf_repeat(&value, 'k', 64);
    wpb_buf_slice(&value, BYTES("\x06\1\x11\x41"));
    wpb_buf_repeat(&value, 'l', 65);
    wpb_buf_slice(&value, BYTES("\x0e\0\x05\x0e\1\x05"));
    php_events(IGBINARY, wpb_buf_view(&value), SIZE_MAX, NULL, &out);
    assert_non_null(strstr(out.data, "kkk]/64 key-shared"));
    assert_non_null(strstr(out.data, "1 leaf bool []/65 key-shared"));
    wpb_buf_fini(&out);
    wpb_buf_fini(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_are_reported_with_their_types),
        cmocka_unit_test(strings_of_every_length_are_reported),
        cmocka_unit_test(a_string_by_number_is_the_same_string),
        cmocka_unit_test(lists_are_packed_until_a_key_breaks_the_order),
        cmocka_unit_test(keys_of_every_width_are_read),
        cmocka_unit_test(an_element_left_out_is_not_counted),
        cmocka_unit_test(objects_are_named_by_text_or_number),
        cmocka_unit_test(objects_that_keep_bytes_and_enums_are_leaves),
        cmocka_unit_test(references_name_what_came_before),
        cmocka_unit_test(a_key_longer_than_is_kept_is_cut),
        cmocka_unit_test(chunks_of_any_size_give_the_same_and_truncation_is_seen),
        cmocka_unit_test(lists_of_integers_give_the_same_in_any_chunks),
        cmocka_unit_test(options_give_the_same_in_any_chunks),
        cmocka_unit_test(small_arrays_give_the_same_in_any_chunks),
        cmocka_unit_test(a_visitor_stops_the_walk_behind_what_it_saw),
        cmocka_unit_test(what_igbinary_refuses_is_refused_at_its_byte),
        cmocka_unit_test(numbers_of_what_has_not_come_are_refused),
        cmocka_unit_test(hostile_counts_and_lengths_allocate_nothing),
        cmocka_unit_test(nesting_a_million_deep_stops_at_the_limit),
        cmocka_unit_test(budgets_stop_the_walk),
        cmocka_unit_test(keys_past_what_is_kept_are_known_by_length),
        cmocka_unit_test(a_long_value_that_becomes_a_key_is_known_by_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
