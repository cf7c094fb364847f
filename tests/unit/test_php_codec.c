#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "probes/php/codec.h"

/* What phpredis 5.3.7 stored for one array, by compression. */
static const char zstd_hex[] =
    "28b52ffd20e1ad0200d403613a323a7b733a353a22616c706861223b733a3132303a22776f7264707265"
    "7373203a226e223b613a383a7b693a303b693a31323334353637383b7d7d0900200bc807320359403e90"
    "d93d81605aabd5b43c01";
static const char lz4_hex[] =
    "2de1000000ff13613a323a7b733a353a22616c706861223b733a3132303a22776f72647072657373200a"
    "005b018100f3023a226e223b613a383a7b693a303b693a31040013320400133304001334040013350400"
    "13360400c0373b693a373b693a383b7d7d";
static const char lzf_hex[] =
    "1f613a323a7b733a353a22616c706861223b733a3132303a22776f726470726573017320e06509608010"
    "3a226e223b613a383a7b693a303b693a31a0030032200740030033200740030034200740030035200740"
    "0300362007400300372007400303383b7d7d";
#define W "wordpress "
static const char plain[] = "a:2:{s:5:\"alpha\";s:120:\"" W W W W W W W W W W W W
                            "\";s:1:\"n\";a:8:{i:0;i:1;i:1;i:2;i:2;i:3;i:3;i:4;i:4;i:5;i:"
                            "5;i:6;i:6;i:7;i:7;i:8;}}";

static struct wpb_buf unhex(const char *hex)
{
    struct wpb_buf bytes;
    unsigned byte;
    wpb_buf_init(&bytes, 0);
    for (; *hex && sscanf(hex, "%2x", &byte) == 1; hex += 2)
        wpb_buf_char(&bytes, (char)byte);
    return bytes;
}

static int collect(void *cookie, struct wpb_slice chunk)
{
    wpb_buf_slice(cookie, chunk);
    return 0;
}

static int count(void *cookie, struct wpb_slice chunk)
{
    *(uint64_t *)cookie += chunk.len;
    return 0;
}

/* Expand STORED into OUT in chunks of STEP bytes. */
static int expand(enum wpb_codec_kind kind, struct wpb_slice stored, size_t step,
                  uint64_t max, struct wpb_buf *out, struct wpb_err *err)
{
    struct wpb_codec *codec = wpb_codec_new(kind, max, collect, out, err);
    int result = 0;
    assert_non_null(codec);
    for (size_t at = 0; at < stored.len && result == 0; at += step)
        result =
            wpb_codec_feed(codec, wpb_slice_head(wpb_slice_skip(stored, at), step), err);
    if (result == 0)
        result = wpb_codec_finish(codec, err);
    wpb_codec_free(codec);
    return result;
}

static void assert_expands(enum wpb_codec_kind kind, const char *hex)
{
    struct wpb_buf stored = unhex(hex), out;
    struct wpb_err err = {0};
    wpb_buf_init(&out, 0);
    for (size_t step = 1; step <= stored.len; step++) {
        wpb_buf_clear(&out);
        assert_int_equal(expand(kind, wpb_buf_view(&stored), step, 1000, &out, &err), 0);
        assert_int_equal(out.len, sizeof plain - 1);
        assert_memory_equal(out.data, plain, out.len);
    }
    wpb_buf_fini(&out);
    wpb_buf_fini(&stored);
}

static void assert_flaw(enum wpb_codec_kind kind, struct wpb_slice stored, uint64_t max,
                        enum wpb_err_code code, const char *message)
{
    struct wpb_buf out;
    struct wpb_err err = {0};
    wpb_buf_init(&out, 0);
    assert_int_equal(expand(kind, stored, 7, max, &out, &err), -1);
    assert_string_equal(err.message, message);
    assert_int_equal(err.code, code);
    assert_true(out.len <= max);
    wpb_buf_fini(&out);
}

static void every_compression_of_phpredis_is_expanded(void **state)
{
    (void)state;
    assert_expands(WPB_CODEC_LZ4, lz4_hex);
    assert_expands(WPB_CODEC_LZF, lzf_hex);
    if (wpb_codec_is_built(WPB_CODEC_ZSTD))
        assert_expands(WPB_CODEC_ZSTD, zstd_hex);
}

static void a_codec_that_was_not_built_says_so(void **state)
{
    struct wpb_err err = {0};
    (void)state;
    if (wpb_codec_is_built(WPB_CODEC_ZSTD))
        return;
    assert_null(wpb_codec_new(WPB_CODEC_ZSTD, 1, count, NULL, &err));
    assert_int_equal(err.code, WPB_E_UNSUPPORTED);
    assert_string_equal(err.message, "encoded with zstd, this build cannot read it");
}

static void every_truncation_is_told(void **state)
{
    static const struct {
        enum wpb_codec_kind kind;
        const char *hex;
    } values[] = {
        {WPB_CODEC_LZ4, lz4_hex}, {WPB_CODEC_LZF, lzf_hex}, {WPB_CODEC_ZSTD, zstd_hex}};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct wpb_buf stored = unhex(values[i].hex), out;
        struct wpb_err err;
        wpb_buf_init(&out, 0);
        for (size_t len = 0; len < stored.len && wpb_codec_is_built(values[i].kind);
             len++) {
            /* An lzf stream has no length: cut between two steps it is a shorter one. */
            wpb_buf_clear(&out);
            memset(&err, 0, sizeof err);
            int result = expand(values[i].kind, wpb_slice_of(stored.data, len), 16, 1000,
                                &out, &err);
            if (values[i].kind == WPB_CODEC_LZF && result == 0)
                assert_true(out.len < sizeof plain - 1);
            else
                assert_int_equal(result, -1);
            assert_int_equal(err.message[0] != 0, result != 0);
            assert_memory_equal(out.data, plain, out.len);
        }
        wpb_buf_fini(&out);
        wpb_buf_fini(&stored);
    }
}

static void the_output_stops_at_the_cap_exactly(void **state)
{
    struct wpb_buf lz4 = unhex(lz4_hex), lzf = unhex(lzf_hex), out;
    struct wpb_err err = {0};
    (void)state;
    wpb_buf_init(&out, 0);
    assert_int_equal(
        expand(WPB_CODEC_LZF, wpb_buf_view(&lzf), 9, sizeof plain - 1, &out, &err), 0);
    wpb_buf_clear(&out);
    assert_int_equal(expand(WPB_CODEC_LZF, wpb_buf_view(&lzf), 9, 100, &out, &err), -1);
    assert_int_equal(err.code, WPB_E_BUDGET);
    assert_int_equal(out.len, 100);
    assert_memory_equal(out.data, plain, 100);
    assert_flaw(WPB_CODEC_LZ4, wpb_buf_view(&lz4), 224, WPB_E_BUDGET,
                "lz4: expands to more than 224 bytes, the rest is refused");
    wpb_buf_fini(&out);
    wpb_buf_fini(&lz4);
    wpb_buf_fini(&lzf);
}

static void wrong_lengths_of_lz4_are_told(void **state)
{
    struct wpb_buf stored = unhex(lz4_hex);
    unsigned char *head = (unsigned char *)stored.data;
    (void)state;
    head[1] = 0xe2;
    assert_flaw(WPB_CODEC_LZ4, wpb_buf_view(&stored), 1000, WPB_E_SYNTAX,
                "lz4: invalid at byte 0: the check byte is not that of the length");
    head[0] = (unsigned char)wpb_codec_lz4_check(head + 1);
    assert_flaw(WPB_CODEC_LZ4, wpb_buf_view(&stored), 1000, WPB_E_SYNTAX,
                "lz4: expands to 225 of the 226 bytes it declares");
    head[1] = 0xe0;
    head[0] = (unsigned char)wpb_codec_lz4_check(head + 1);
    assert_flaw(WPB_CODEC_LZ4, wpb_buf_view(&stored), 1000, WPB_E_SYNTAX,
                "lz4: invalid at byte 88: expands to more than the 224 bytes it "
                "declares");
    wpb_buf_fini(&stored);
}

static void bytes_after_the_value_are_told(void **state)
{
    struct wpb_buf lz4 = unhex(lz4_hex), zstd = unhex(zstd_hex);
    (void)state;
    wpb_buf_char(&lz4, 0);
    assert_flaw(WPB_CODEC_LZ4, wpb_buf_view(&lz4), 1000, WPB_E_SYNTAX,
                "lz4: ends at byte 102 in the middle of a sequence");
    wpb_buf_text(&lz4, "\1\1");
    assert_flaw(WPB_CODEC_LZ4, wpb_buf_view(&lz4), 1000, WPB_E_SYNTAX,
                "lz4: invalid at byte 102: expands to more than the 225 bytes it "
                "declares");
    wpb_buf_char(&zstd, 0);
    if (wpb_codec_is_built(WPB_CODEC_ZSTD))
        assert_flaw(WPB_CODEC_ZSTD, wpb_buf_view(&zstd), 1000, WPB_E_SYNTAX,
                    "zstd: invalid at byte 94: bytes follow the frame");
    wpb_buf_fini(&lz4);
    wpb_buf_fini(&zstd);
}

static void a_copy_from_before_the_beginning_is_told(void **state)
{
    unsigned char lz4[] = {0, 0x10, 0, 0, 0, 0x10, 'a', 2, 0};
    (void)state;
    assert_flaw(WPB_CODEC_LZF, wpb_slice_of("\0a\x20\x05", 4), 100, WPB_E_SYNTAX,
                "lzf: invalid at byte 3: refers 6 bytes back after 1");
    lz4[0] = (unsigned char)wpb_codec_lz4_check(lz4 + 1);
    assert_flaw(WPB_CODEC_LZ4, wpb_slice_of(lz4, sizeof lz4), 100, WPB_E_SYNTAX,
                "lz4: invalid at byte 8: refers 2 bytes back after 1");
}

/* zstd's frame of blocks that each say "131,072 times this byte". */
static void a_zstd_bomb_is_refused_at_the_cap(void **state)
{
    static const char head[] = {0x28, (char)0xb5, 0x2f, (char)0xfd, 0x00, 0x38};
    static const char block[] = {0x02, 0x00, 0x10, 'x'};
    struct wpb_err err = {0};
    struct wpb_codec *codec;
    uint64_t got = 0;
    int result = 0;
    (void)state;
    if (!wpb_codec_is_built(WPB_CODEC_ZSTD))
        return;
    codec = wpb_codec_new(WPB_CODEC_ZSTD, 10000000, count, &got, &err);
    assert_non_null(codec);
    assert_int_equal(wpb_codec_feed(codec, wpb_slice_of(head, sizeof head), &err), 0);
    for (int i = 0; i < 262144 && result == 0; i++)
        result = wpb_codec_feed(codec, wpb_slice_of(block, sizeof block), &err);
    assert_int_equal(result, -1);
    assert_int_equal(err.code, WPB_E_BUDGET);
    assert_string_equal(err.message,
                        "zstd: expands to more than 10000000 bytes, the rest is refused");
    assert_int_equal(got, 10000000);
    assert_int_equal(wpb_codec_produced(codec), 10000000);
    assert_int_equal(wpb_codec_feed(codec, wpb_slice_of(block, sizeof block), &err), -1);
    assert_int_equal(got, 10000000);
    wpb_codec_free(codec);
}

static void a_zstd_window_above_the_limit_is_refused(void **state)
{
    /* A window of 2^31 bytes. */
    static const char head[] = {0x28,       (char)0xb5, 0x2f, (char)0xfd, 0x00,
                                (char)0xa8, 0x02,       0x00, 0x10,       'x'};
    (void)state;
    if (wpb_codec_is_built(WPB_CODEC_ZSTD))
        assert_flaw(WPB_CODEC_ZSTD, wpb_slice_of(head, sizeof head), 1000, WPB_E_BUDGET,
                    "zstd: the frame wants a window of more than 8 MiB, refused");
}

static void the_declared_length_is_known_from_the_head(void **state)
{
    struct wpb_buf lz4 = unhex(lz4_hex), zstd = unhex(zstd_hex), lzf = unhex(lzf_hex);
    const struct {
        enum wpb_codec_kind kind;
        struct wpb_buf *stored;
        bool is_declared;
    } rows[] = {{WPB_CODEC_LZ4, &lz4, true},
                {WPB_CODEC_ZSTD, &zstd, true},
                {WPB_CODEC_LZF, &lzf, false}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        uint64_t got = 0, declared = 0;
        struct wpb_err err = {0};
        if (!wpb_codec_is_built(rows[i].kind))
            continue;
        struct wpb_codec *codec =
            wpb_codec_new(rows[i].kind, UINT64_MAX, count, &got, &err);
        assert_non_null(codec);
        for (size_t at = 0; at < 18; at++)
            assert_int_equal(
                wpb_codec_feed(codec, wpb_slice_of(rows[i].stored->data + at, 1), &err),
                0);
        assert_int_equal(wpb_codec_declared(codec, &declared), rows[i].is_declared);
        assert_int_equal(declared, rows[i].is_declared ? sizeof plain - 1 : 0);
        wpb_codec_free(codec);
    }
    wpb_buf_fini(&lz4);
    wpb_buf_fini(&zstd);
    wpb_buf_fini(&lzf);
}

static int refuse(void *cookie, struct wpb_slice chunk)
{
    (void)cookie;
    (void)chunk;
    return 1;
}

static void a_sink_that_has_enough_stops_the_codec(void **state)
{
    struct wpb_buf lzf = unhex(lzf_hex);
    struct wpb_err err = {0};
    struct wpb_codec *codec = wpb_codec_new(WPB_CODEC_LZF, 1000, refuse, NULL, &err);
    (void)state;
    assert_non_null(codec);
    assert_int_equal(wpb_codec_feed(codec, wpb_buf_view(&lzf), &err), -1);
    assert_int_equal(err.code, WPB_E_CANCELLED);
    wpb_codec_free(codec);
    wpb_buf_fini(&lzf);
}

/* Runs and copies across the window's edge, against the same built by hand. */
static void copies_reach_across_the_window(void **state)
{
    struct wpb_buf stored, expected, out;
    struct wpb_err err = {0};
    (void)state;
    wpb_buf_init(&stored, 0);
    wpb_buf_init(&expected, 0);
    wpb_buf_init(&out, 0);
    for (unsigned i = 0; i < 30000; i++) {
        char run[] = {3, (char)i, (char)(i >> 3), (char)(i >> 7), (char)(i * 31)};
        wpb_buf_add(&stored, run, sizeof run);
        wpb_buf_add(&expected, run + 1, sizeof run - 1);
        if (expected.len < 8192)
            continue;
        /* 100 bytes from 8,192 back, the farthest there is. */
        static const char far[] = {(char)(7 << 5 | 31), 100 - 9, (char)0xff};
        wpb_buf_add(&stored, far, sizeof far);
        for (int j = 0; j < 100; j++)
            wpb_buf_char(&expected, expected.data[expected.len - 8192]);
    }
    assert_int_equal(
        expand(WPB_CODEC_LZF, wpb_buf_view(&stored), 4093, UINT64_MAX, &out, &err), 0);
    assert_int_equal(out.len, expected.len);
    assert_memory_equal(out.data, expected.data, out.len);
    wpb_buf_fini(&stored);
    wpb_buf_fini(&expected);
    wpb_buf_fini(&out);
}

static void the_head_of_an_lzf_stream_is_read_alone(void **state)
{
    struct wpb_buf lzf = unhex(lzf_hex);
    unsigned char head[300];
    (void)state;
    for (size_t capacity = 0; capacity < sizeof head; capacity++) {
        size_t n = wpb_codec_lzf_head(wpb_buf_view(&lzf), head, capacity);
        assert_int_equal(n, capacity < sizeof plain - 1 ? capacity : sizeof plain - 1);
        assert_memory_equal(head, plain, n);
    }
    for (size_t len = 0; len < lzf.len; len++)
        assert_memory_equal(
            head, plain,
            wpb_codec_lzf_head(wpb_slice_of(lzf.data, len), head, sizeof head));
    wpb_buf_fini(&lzf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_compression_of_phpredis_is_expanded),
        cmocka_unit_test(a_codec_that_was_not_built_says_so),
        cmocka_unit_test(every_truncation_is_told),
        cmocka_unit_test(the_output_stops_at_the_cap_exactly),
        cmocka_unit_test(wrong_lengths_of_lz4_are_told),
        cmocka_unit_test(bytes_after_the_value_are_told),
        cmocka_unit_test(a_copy_from_before_the_beginning_is_told),
        cmocka_unit_test(a_zstd_bomb_is_refused_at_the_cap),
        cmocka_unit_test(a_zstd_window_above_the_limit_is_refused),
        cmocka_unit_test(the_declared_length_is_known_from_the_head),
        cmocka_unit_test(a_sink_that_has_enough_stops_the_codec),
        cmocka_unit_test(copies_reach_across_the_window),
        cmocka_unit_test(the_head_of_an_lzf_stream_is_read_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
