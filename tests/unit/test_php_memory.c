#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "probes/php/decoder.h"

#define BYTES(literal) wpb_slice_of(literal, sizeof(literal) - 1)

/* Expected figures in this file are memory_get_usage() of PHP 8.2; that PHP agrees
 * with the model is what scenario.php_memory measures. */

static int add(void *cookie, const struct wpb_php_event *event)
{
    wpb_php_memory_add(cookie, event);
    return 0;
}

static struct wpb_php_cost cost_decoded(enum wpb_php_decoder kind, struct wpb_slice value,
                                        uint32_t version)
{
    struct wpb_php_memory memory;
    struct wpb_php_cost cost;
    struct wpb_err err = {0};
    wpb_php_memory_init(&memory, kind, version);
    struct wpb_decoder *decoder = wpb_decoder_new(kind, NULL, add, &memory);
    assert_non_null(decoder);
    assert_int_equal(wpb_decoder_feed(decoder, value, &err), 0);
    assert_int_equal(wpb_decoder_finish(decoder, &err), 0);
    wpb_decoder_free(decoder);
    wpb_php_memory_cost(&memory, value.len, &cost);
    return cost;
}

static struct wpb_php_cost cost_of_version(struct wpb_slice value, uint32_t version)
{
    return cost_decoded(WPB_PHP_UNSERIALIZE, value, version);
}

static uint64_t held(const char *value)
{
    return cost_of_version(wpb_slice_cstr(value), 0).value_bytes;
}

static struct wpb_php_cost cost_of(struct wpb_slice value)
{
    return cost_of_version(value, 0);
}

/* name => true, COUNT names of LENGTH bytes. */
static void notoptions(struct wpb_buf *out, unsigned count, unsigned length)
{
    wpb_buf_init(out, 0);
    wpb_buf_printf(out, "a:%u:{", count);
    for (unsigned i = 0; i < count; i++)
        wpb_buf_printf(out, "s:%u:\"n%0*u\";b:1;", length, (int)length - 1, i);
    wpb_buf_text(out, "}");
}

static void sizes_are_those_of_zends_bins_pages_and_huge_blocks(void **state)
{
    (void)state;
    static const uint64_t bins[] = {
        8,   16,  24,  32,  40,  48,  56,  64,  80,   96,   112,  128,  160,  192,  224,
        256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072};
    size_t bin = 0;
    for (uint64_t size = 1; size <= 3072; size++) {
        while (bins[bin] < size)
            bin++;
        assert_int_equal(wpb_php_alloc_bytes(size), bins[bin]);
    }
    assert_int_equal(wpb_php_alloc_bytes(3073), 4096);
    assert_int_equal(wpb_php_alloc_bytes(4097), 8192);
    assert_int_equal(wpb_php_alloc_bytes(2093056), 2093056);
    assert_int_equal(wpb_php_alloc_bytes(2093057), 2097152 + 24);
    assert_int_equal(wpb_php_alloc_bytes(5000032), 5001216 + 24);
}

static void scalars_and_empty_arrays_take_nothing(void **state)
{
    (void)state;
    assert_int_equal(held("N;"), 0);
    assert_int_equal(held("d:0.5;"), 0);
    assert_int_equal(held("s:0:\"\";"), 0);
    assert_int_equal(held("s:1:\"x\";"), 0);
    assert_int_equal(held("a:0:{}"), 0);
    assert_int_equal(held("s:2:\"xy\";"), 40);
}

static void arrays_are_hashes_of_at_least_eight_slots(void **state)
{
    (void)state;
    assert_int_equal(held("a:1:{i:0;N;}"), 56 + 320);
    assert_int_equal(held("a:1:{i:0;a:1:{i:0;N;}}"), 2 * (56 + 320));
    assert_int_equal(held("a:9:{i:0;N;i:1;N;i:2;N;i:3;N;i:4;N;i:5;N;i:6;N;i:7;N;i:8;N;}"),
                     56 + 640);
}

static void keys_that_php_makes_integers_take_no_string(void **state)
{
    (void)state;
    /* Measured as 136 bytes of keys: "07", "-0", the one out of range. */
    assert_int_equal(
        held("a:8:{s:1:\"5\";i:1;s:2:\"10\";i:1;s:2:\"-3\";i:1;s:2:\"07\";i:1;"
             "s:19:\"9223372036854775807\";i:1;s:19:\"9223372036854775808\";i:1;"
             "s:2:\"-0\";i:1;s:1:\"x\";i:1;}"),
        56 + 320 + 136);
}

static void objects_depend_on_whether_their_properties_are_declared(void **state)
{
    (void)state;
    assert_int_equal(held("O:8:\"stdClass\":0:{}"), 96);
    assert_int_equal(held("O:8:\"stdClass\":1:{s:7:\"pr00000\";i:1;}"), 456);
    assert_int_equal(held("O:3:\"Foo\":0:{}"), 96);
    assert_int_equal(held("O:3:\"Foo\":1:{s:7:\"pr00000\";i:1;}"), 432);
    assert_int_equal(
        held("O:3:\"Foo\":7:{s:2:\"p0\";N;s:2:\"p1\";N;s:2:\"p2\";N;s:2:\"p3\";N;"
             "s:2:\"p4\";N;s:2:\"p5\";N;s:2:\"p6\";N;}"),
        856);
    assert_int_equal(held("C:3:\"Foo\":10:{xxxxxxxxxx}"), 96);
    assert_int_equal(held("E:11:\"Suit:Hearts\";"), 0);
}

static void references_cost_once_for_each_value_they_mean(void **state)
{
    (void)state;
    assert_int_equal(held("a:3:{i:0;s:3:\"abc\";i:1;R:2;i:2;R:2;}"), 56 + 320 + 40 + 32);
    assert_int_equal(held("a:4:{i:0;N;i:1;N;i:2;R:2;i:3;R:3;}"), 56 + 320 + 64);
    assert_int_equal(held("a:2:{i:0;O:8:\"stdClass\":0:{}i:1;r:2;}"), 56 + 320 + 96);
}

static uint64_t objects_beyond_array(unsigned count)
{
    struct wpb_buf value;
    uint64_t slots = 8;
    wpb_buf_init(&value, 0);
    wpb_buf_printf(&value, "a:%u:{", count);
    for (unsigned i = 0; i < count; i++)
        wpb_buf_printf(&value, "i:%u;O:8:\"stdClass\":0:{}", i);
    wpb_buf_text(&value, "}");
    uint64_t bytes = cost_of(wpb_buf_view(&value)).value_bytes;
    wpb_buf_fini(&value);
    while (slots < count)
        slots *= 2;
    return bytes - 56 - wpb_php_alloc_bytes(40 * slots) - UINT64_C(96) * count;
}

static void the_object_store_doubles_from_1024_handles(void **state)
{
    (void)state;
    assert_int_equal(objects_beyond_array(1023), 0);
    assert_int_equal(objects_beyond_array(1024), 8192);
    assert_int_equal(objects_beyond_array(2047), 8192);
    assert_int_equal(objects_beyond_array(2048), 24576);
    assert_int_equal(objects_beyond_array(5000), 57344);
}

static void a_notoptions_of_79000_names_costs_what_php_measures(void **state)
{
    (void)state;
    struct wpb_buf value;
    notoptions(&value, 79000, 40);
    assert_int_equal(value.len, 4108010);
    struct wpb_php_cost cost = cost_of(wpb_buf_view(&value));
    assert_int_equal(cost.entries, 79000);
    assert_int_equal(cost.value_bytes, 11562960);
    assert_int_equal(cost.provenance, WPB_EXACT);
    /* Measured: 16.3 MB and 25.03 MB. */
    assert_in_range(cost.read_peak_bytes, 16250000, 16350000);
    assert_in_range(cost.rewrite_peak_bytes, 25020000, 25060000);
    struct wpb_php_cost shortcut;
    assert_int_equal(wpb_php_notoptions_cost(wpb_slice_head(wpb_buf_view(&value), 16),
                                             value.len, 0, &shortcut, NULL),
                     0);
    assert_int_equal(shortcut.entries, 79000);
    assert_int_equal(shortcut.value_bytes, cost.value_bytes);
    assert_int_equal(shortcut.read_peak_bytes, cost.read_peak_bytes);
    assert_int_equal(shortcut.rewrite_peak_bytes, cost.rewrite_peak_bytes);
    assert_int_equal(shortcut.provenance, WPB_ESTIMATED);
    wpb_buf_fini(&value);
}

static void other_versions_and_unknown_classes_are_estimates(void **state)
{
    (void)state;
    assert_int_equal(cost_of_version(BYTES("a:1:{i:0;N;}"), 80200).provenance, WPB_EXACT);
    assert_int_equal(cost_of_version(BYTES("a:1:{i:0;N;}"), 80400).provenance,
                     WPB_ESTIMATED);
    assert_int_equal(cost_of(BYTES("O:3:\"Foo\":0:{}")).provenance, WPB_ESTIMATED);
    assert_int_equal(cost_of(BYTES("C:3:\"Foo\":0:{}")).provenance, WPB_ESTIMATED);
    assert_int_equal(cost_of(BYTES("O:8:\"stdClass\":0:{}")).provenance, WPB_EXACT);
}

static void rewriting_a_full_table_copies_it_into_one_twice_as_large(void **state)
{
    (void)state;
    struct wpb_buf full, roomy;
    notoptions(&full, 1024, 10);
    notoptions(&roomy, 1023, 10);
    struct wpb_php_cost a = cost_of(wpb_buf_view(&full));
    struct wpb_php_cost b = cost_of(wpb_buf_view(&roomy));
    assert_int_equal(a.rewrite_peak_bytes - a.value_bytes - 2 * full.len, 40 * 2048);
    assert_int_equal(b.rewrite_peak_bytes - b.value_bytes - 2 * roomy.len, 40 * 1024);
    wpb_buf_fini(&full);
    wpb_buf_fini(&roomy);
}

static enum wpb_err_code shortcut_error(struct wpb_slice head, uint64_t value_bytes)
{
    struct wpb_php_cost cost;
    struct wpb_err err = {0};
    int result = wpb_php_notoptions_cost(head, value_bytes, 0, &cost, &err);
    assert_int_equal(result, err.code == WPB_OK ? 0 : -1);
    return err.code;
}

static void notoptions_cost_refuses_what_is_no_array(void **state)
{
    (void)state;
    assert_int_equal(shortcut_error(BYTES("s:5:\"hello\";"), 12), WPB_E_UNSUPPORTED);
    assert_int_equal(shortcut_error(BYTES("O:8:\"stdClass\":0"), 19), WPB_E_UNSUPPORTED);
    assert_int_equal(shortcut_error(BYTES("\0\0\0\2\x11\x05hello"), 11),
                     WPB_E_UNSUPPORTED);
    assert_int_equal(shortcut_error(BYTES("{\"a\":true}"), 10), WPB_E_UNSUPPORTED);
    assert_int_equal(shortcut_error(BYTES(""), 0), WPB_E_UNSUPPORTED);
}

static void notoptions_cost_refuses_counts_that_cannot_fit(void **state)
{
    (void)state;
    assert_int_equal(shortcut_error(BYTES("a:2147483648:{s:"), 4000000), WPB_E_SYNTAX);
    assert_int_equal(shortcut_error(BYTES("a:99999999999999"), 4000000), WPB_E_SYNTAX);
    assert_int_equal(
        shortcut_error(BYTES("\0\0\0\2\x16\xff\xff\xff\xff\x11\x20kestr"), 4000000),
        WPB_E_SYNTAX);
    assert_int_equal(shortcut_error(BYTES("a:0:{}"), 6), WPB_OK);
}

static void notoptions_cost_reads_igbinary_heads(void **state)
{
    (void)state;
    /* 300 names of 40 bytes: 12,907 bytes as igbinary writes them. */
    struct wpb_php_cost cost;
    struct wpb_slice head = BYTES("\0\0\0\2\x15\x01\x2c\x11\x28kestrel");
    assert_int_equal(wpb_php_notoptions_cost(head, 12907, 0, &cost, NULL), 0);
    assert_int_equal(cost.entries, 300);
    assert_int_equal(cost.value_bytes, 56 + 20480 + 300 * 80);
}

/* Heads as phpredis 5.3 writes them. */
static void sniff_tells_every_encoding(void **state)
{
    (void)state;
    static const struct {
        struct wpb_slice head;
        uint64_t value_bytes;
        enum wpb_php_encoding encoding;
        uint64_t entries;
    } rows[] = {
        {WPB_SLICE("a:300:{s:5:\"name"), 5298, WPB_PHP_SERIALIZE, 300},
        {WPB_SLICE("a:65768:{s:36:\"k"), 3971911, WPB_PHP_SERIALIZE, 65768},
        {WPB_SLICE("a:65768:{s:36:\"k"), 100, WPB_PHP_SERIALIZE, 0},
        {WPB_SLICE("s:5:\"hello\";"), 12, WPB_PHP_SERIALIZE, 0},
        {WPB_SLICE("i:5;"), 4, WPB_PHP_SERIALIZE, 0},
        {WPB_SLICE("d:1.5E+25;"), 10, WPB_PHP_SERIALIZE, 0},
        {WPB_SLICE("b:1;"), 4, WPB_PHP_SERIALIZE, 0},
        {WPB_SLICE("N;"), 2, WPB_PHP_SERIALIZE, 0},
        {WPB_SLICE("O:8:\"stdClass\":3"), 90, WPB_PHP_SERIALIZE, 0},
        {WPB_SLICE("C:11:\"ArrayObjec"), 90, WPB_PHP_SERIALIZE, 0},
        {WPB_SLICE("E:11:\"Suit:Heart"), 19, WPB_PHP_SERIALIZE, 0},
        {WPB_SLICE("\0\0\0\2\x14\x01\x11\x01\x61\x06\x01"), 11, WPB_PHP_IGBINARY, 1},
        {WPB_SLICE("\0\0\0\2\x15\x01\x2c\x11\x05name0\x05\x11"), 2897, WPB_PHP_IGBINARY,
         300},
        {WPB_SLICE("\0\0\0\2\x16\x00\x01\x11\x70\x11\x28kestr"), 3010009,
         WPB_PHP_IGBINARY, 70000},
        {WPB_SLICE("\0\0\0\2\x16\x7f\xff\xff\xff\x11\x28kestr"), 3010009,
         WPB_PHP_IGBINARY, 0},
        {WPB_SLICE("\0\0\0\2\x00"), 5, WPB_PHP_IGBINARY, 0},
        {WPB_SLICE("{\"name0\":true,\"n"), 4391, WPB_PHP_JSON, 0},
        {WPB_SLICE("[1,2,3]"), 7, WPB_PHP_JSON, 0},
        {WPB_SLICE("\"hello\""), 7, WPB_PHP_JSON, 0},
        {WPB_SLICE("null"), 4, WPB_PHP_JSON, 0},
        {WPB_SLICE("\x82\xa1\x61\x01\xa1\x62\x02"), 7, WPB_PHP_MSGPACK, 2},
        {WPB_SLICE("\xde\x01\x2c\xa5name0\xc3\xa5name1"), 2800, WPB_PHP_MSGPACK, 300},
        {WPB_SLICE("\x28\xb5\x2f\xfd\x60\xb2\x13\xdd\x0a\x00\x26\x96\x2f\x15\xb0\x27"),
         357, WPB_PHP_ZSTD, 0},
        {WPB_SLICE("\xe4\xb2\x14\x00\x00\xf5\x08"
                   "a:300:{s:"),
         1382, WPB_PHP_LZ4, 0},
        {WPB_SLICE("\x42\x05\x00\x00\x00\x50hello"), 11, WPB_PHP_LZ4, 0},
        {WPB_SLICE("\x0c\x51\x0b\x00\x00\xf2\x00\x00\x00\x02\x15\x01\x2c\x11\x05\x6e"),
         1338, WPB_PHP_LZ4, 0},
        {WPB_SLICE("\x16"
                   "a:300:{s:5:\"nam"),
         1500, WPB_PHP_LZF, 0},
        {WPB_SLICE("\x0e\x00\x00\x00\x02\x15\x01\x2c\x11\x05name0\x05"), 1278,
         WPB_PHP_LZF, 0},
        {WPB_SLICE("\x0d{\"name0\":true,`"), 1502, WPB_PHP_LZF, 0},
        {WPB_SLICE("Array"), 5, WPB_PHP_ARRAY_LITERAL, 0},
        {WPB_SLICE(""), 0, WPB_PHP_EMPTY, 0},
        {WPB_SLICE("0.26300 17638372"), 21, WPB_PHP_RAW, 0},
        {WPB_SLICE("Arrays of things"), 40, WPB_PHP_RAW, 0},
        {WPB_SLICE("a: list"), 7, WPB_PHP_RAW, 0},
        {WPB_SLICE("b:yes"), 5, WPB_PHP_RAW, 0},
        {WPB_SLICE("[gallery ids=\"1\""), 30, WPB_PHP_RAW, 0},
        {WPB_SLICE("\xdf\xbf text in UTF-8"), 16, WPB_PHP_RAW, 0},
        {WPB_SLICE("\x04hello"), 6, WPB_PHP_RAW, 0},
        {WPB_SLICE("\x43\x05\x00\x00\x00\x50hello"), 11, WPB_PHP_RAW, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint64_t entries = 99;
        enum wpb_php_encoding encoding =
            wpb_php_sniff(rows[i].head, rows[i].value_bytes, &entries);
        if (encoding != rows[i].encoding || entries != rows[i].entries)
            fail_msg("row %zu: %s, %llu entries", i, wpb_php_encoding_name(encoding),
                     (unsigned long long)entries);
    }
}

/* Each head is a block of its own, so that a sanitizer sees a look past it. */
static void sniff_stays_within_heads_cut_anywhere(void **state)
{
    (void)state;
    static const struct wpb_slice heads[] = {
        WPB_SLICE("a:65768:{s:36:\"k"),
        WPB_SLICE("\0\0\0\2\x16\x00\x01\x11\x70\x11\x28kestr"),
        WPB_SLICE("\xe4\xb2\x14\x00\x00\xf5\x08"
                  "a:300:{s:"),
        WPB_SLICE("\x16"
                  "a:300:{s:5:\"nam"),
        WPB_SLICE("\xdf\x00\x00\x00\x02\xa1\x61\x01\xa1\x62\x02"),
        WPB_SLICE("d:1.5E+25;"),
        WPB_SLICE("[true,false]"),
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        for (size_t len = 1; len <= heads[i].len; len++) {
            uint64_t entries;
            char *copy = malloc(len);
            assert_non_null(copy);
            memcpy(copy, heads[i].data, len);
            wpb_php_sniff(wpb_slice_of(copy, len), len, &entries);
            assert_true(entries <= len);
            wpb_php_sniff(wpb_slice_of(copy, len), UINT64_MAX, &entries);
            free(copy);
        }
    }
}

static uint64_t rewrite_peak(unsigned count, unsigned length)
{
    struct wpb_buf value;
    notoptions(&value, count, length);
    uint64_t peak = cost_of(wpb_buf_view(&value)).rewrite_peak_bytes;
    wpb_buf_fini(&value);
    return peak;
}

static void fails_at_is_the_smallest_length_that_reaches_the_limit(void **state)
{
    (void)state;
    const uint64_t limit = 8 << 20, baseline = 1 << 20;
    struct wpb_buf now;
    notoptions(&now, 1000, 40);
    uint64_t bytes =
        wpb_php_notoptions_fails_at(now.len, 1000, WPB_PHP_SERIALIZE, 0, limit, baseline);
    wpb_buf_fini(&now);
    unsigned count = (unsigned)(bytes / 52);
    assert_true(baseline + rewrite_peak(count + 5, 40) >= limit);
    assert_true(baseline + rewrite_peak(count - 5, 40) < limit);
}

static void fails_at_stops_where_the_table_doubles(void **state)
{
    (void)state;
    /* 65,536 names of 40 bytes stay below, the one that doubles the table does not. */
    uint64_t below = rewrite_peak(65535, 40), above = rewrite_peak(65536, 40);
    assert_true(above - below > 2000000);
    uint64_t bytes = wpb_php_notoptions_fails_at(52009, 1000, WPB_PHP_SERIALIZE, 0,
                                                 below + 1000000, 0);
    assert_in_range(bytes, 65530 * UINT64_C(52), 65550 * UINT64_C(52));
}

static void fails_at_knows_when_there_is_no_answer(void **state)
{
    (void)state;
    const uint64_t limit = 128 << 20;
    assert_int_equal(wpb_php_notoptions_fails_at(0, 0, WPB_PHP_SERIALIZE, 0, limit, 0),
                     0);
    assert_int_equal(wpb_php_notoptions_fails_at(52009, 1000, WPB_PHP_SERIALIZE, 0, 0, 0),
                     0);
    assert_int_equal(
        wpb_php_notoptions_fails_at(52009, 1000, WPB_PHP_SERIALIZE, 0, UINT64_MAX, 0), 0);
    assert_int_equal(wpb_php_notoptions_fails_at(52009, 1000, WPB_PHP_JSON, 0, limit, 0),
                     0);
    /* Nothing fits any more. */
    assert_int_equal(
        wpb_php_notoptions_fails_at(52009, 1000, WPB_PHP_SERIALIZE, 0, limit, limit), 1);
    /* Extremes do not overflow. */
    assert_true(wpb_php_notoptions_fails_at(UINT64_C(1) << 49, 1, WPB_PHP_SERIALIZE, 0,
                                            UINT64_C(1) << 49, 0) > 0);
    assert_true(
        wpb_php_notoptions_fails_at(1, 1, WPB_PHP_IGBINARY, 0, UINT64_C(1) << 49, 0) > 0);
}

static void a_list_is_a_hash_for_unserialize_alone(void **state)
{
    (void)state;
    assert_int_equal(held("a:3:{i:0;i:1;i:1;i:2;i:2;i:3;}"), 56 + 320);
    struct wpb_slice json = BYTES("[1,2,3]");
    struct wpb_slice igbinary = BYTES("\0\0\0\2\x14\3\6\0\6\1\6\1\6\2\6\2\6\3");
    assert_int_equal(cost_decoded(WPB_PHP_JSON_DECODE, json, 0).value_bytes, 56 + 160);
    assert_int_equal(cost_decoded(WPB_PHP_IGBINARY_UNSERIALIZE, igbinary, 0).value_bytes,
                     56 + 160);
    /* Packed arrays held buckets before 8.2. */
    struct wpb_php_cost old = cost_decoded(WPB_PHP_JSON_DECODE, json, 80100);
    assert_int_equal(old.value_bytes, 56 + 320);
    assert_int_equal(old.provenance, WPB_ESTIMATED);
}

static void igbinary_holds_equal_strings_once(void **state)
{
    (void)state;
    struct wpb_slice value = BYTES("\0\0\0\2\x14\3\6\0\x11\x0a"
                                   "0123456789\6\1\x0e\0\6\2\x0e\0");
    assert_int_equal(cost_decoded(WPB_PHP_IGBINARY_UNSERIALIZE, value, 0).value_bytes,
                     56 + 160 + 40);
    assert_int_equal(
        cost_decoded(WPB_PHP_JSON_DECODE, BYTES("[\"0123456789\",\"0123456789\"]"), 0)
            .value_bytes,
        56 + 160 + 2 * 40);
}

/* At its last doubling a JSON object holds the old table beside the new one. */
static void json_decode_peaks_where_a_table_doubles(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_char(&value, '{');
    for (unsigned i = 0; i <= 1024; i++)
        wpb_buf_printf(&value, "%s\"k%05u\":1", i ? "," : "", i);
    wpb_buf_char(&value, '}');
    struct wpb_php_cost cost = cost_decoded(WPB_PHP_JSON_DECODE, wpb_buf_view(&value), 0);
    assert_int_equal(cost.value_bytes, 56 + 40 * 2048 + 1025 * 32);
    assert_int_equal(cost.read_peak_bytes, value.len + cost.value_bytes + 40 * 1024);
    wpb_buf_fini(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_those_of_zends_bins_pages_and_huge_blocks),
        cmocka_unit_test(scalars_and_empty_arrays_take_nothing),
        cmocka_unit_test(arrays_are_hashes_of_at_least_eight_slots),
        cmocka_unit_test(keys_that_php_makes_integers_take_no_string),
        cmocka_unit_test(objects_depend_on_whether_their_properties_are_declared),
        cmocka_unit_test(references_cost_once_for_each_value_they_mean),
        cmocka_unit_test(the_object_store_doubles_from_1024_handles),
        cmocka_unit_test(a_notoptions_of_79000_names_costs_what_php_measures),
        cmocka_unit_test(other_versions_and_unknown_classes_are_estimates),
        cmocka_unit_test(rewriting_a_full_table_copies_it_into_one_twice_as_large),
        cmocka_unit_test(notoptions_cost_refuses_what_is_no_array),
        cmocka_unit_test(notoptions_cost_refuses_counts_that_cannot_fit),
        cmocka_unit_test(notoptions_cost_reads_igbinary_heads),
        cmocka_unit_test(sniff_tells_every_encoding),
        cmocka_unit_test(sniff_stays_within_heads_cut_anywhere),
        cmocka_unit_test(fails_at_is_the_smallest_length_that_reaches_the_limit),
        cmocka_unit_test(fails_at_stops_where_the_table_doubles),
        cmocka_unit_test(fails_at_knows_when_there_is_no_answer),
        cmocka_unit_test(a_list_is_a_hash_for_unserialize_alone),
        cmocka_unit_test(igbinary_holds_equal_strings_once),
        cmocka_unit_test(json_decode_peaks_where_a_table_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
