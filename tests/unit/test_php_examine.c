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
#include "probes/php/examine.h"

#define BYTES(literal) wpb_slice_of(literal, sizeof(literal) - 1)

/* The examination of VALUE, of which FED bytes arrive in chunks of CHUNK. */
struct examined {
    struct wpb_arena *arena;
    struct wpb_examination *result;
};

static struct examined examine(struct wpb_slice value, size_t fed, size_t chunk,
                               const struct wpb_php_limits *limits)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_examiner *examiner = wpb_examiner_new(value.len, 80200, limits);
    assert_true(arena && examiner);
    struct wpb_slice rest = wpb_slice_head(value, fed);
    int is_done = 0;
    while (rest.len > 0 && !is_done) {
        struct wpb_slice part = wpb_slice_head(rest, chunk);
        char *copy = malloc(part.len);
        assert_non_null(copy);
        memcpy(copy, part.data, part.len);
        is_done = wpb_examiner_feed(examiner, wpb_slice_of(copy, part.len));
        free(copy);
        rest = wpb_slice_skip(rest, part.len);
    }
    struct wpb_examination *result = wpb_arena_alloc(arena, sizeof(*result));
    wpb_examiner_finish(examiner, arena, result);
    wpb_examiner_free(examiner);
    return (struct examined){arena, result};
}

static struct examined examine_whole(struct wpb_slice value)
{
    return examine(value, SIZE_MAX, SIZE_MAX, NULL);
}

static void add_string(struct wpb_buf *out, const char *text)
{
    wpb_buf_printf(out, "s:%zu:\"%s\";", strlen(text), text);
}

/* A serialized string of LEN bytes. */
static void add_filler(struct wpb_buf *out, size_t len)
{
    wpb_buf_printf(out, "s:%zu:\"", len);
    wpb_buf_repeat(out, 'x', len);
    wpb_buf_text(out, "\";");
}

static void add_filled(struct wpb_buf *out, const char *key, size_t len)
{
    add_string(out, key);
    add_filler(out, len);
}

#define INCIDENT_NAMES 65768
#define INCIDENT_TARIFFS 61164

static void add_incident(struct wpb_buf *out)
{
    char name[64];
    wpb_buf_printf(out, "a:%u:{", INCIDENT_NAMES);
    for (unsigned i = 0; i < INCIDENT_NAMES; i++) {
        unsigned j = (unsigned)((uint64_t)i * 40487 % INCIDENT_NAMES); /* mixed */
        if (j < INCIDENT_TARIFFS)
            snprintf(name, sizeof(name), "kestrel_tariff_v2_%08x%08x%08x",
                     j * 2654435761U, j * 40503U, j);
        else
            snprintf(name, sizeof(name), "%s_%u",
                     (const char *[]){"shipping_zone", "tax_rate", "page_meta",
                                      "menu_cache", "stock_hint"}[j % 5],
                     j);
        add_string(out, name);
        wpb_buf_text(out, "b:1;");
    }
    wpb_buf_char(out, '}');
}

static uint64_t names_of(const struct wpb_examination *result, const char *name)
{
    for (size_t i = 0; i < result->family_count; i++)
        if (wpb_slice_is(result->families[i].template_name, name))
            return result->families[i].names;
    return 0;
}

static void a_notoptions_gives_exact_families_and_cost(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    add_incident(&value);
    struct examined examined = examine(wpb_buf_view(&value), SIZE_MAX, 16384, NULL);
    const struct wpb_examination *result = examined.result;
    assert_int_equal(result->encoding, WPB_PHP_SERIALIZE);
    assert_string_equal(result->flaw, "");
    assert_true(result->is_complete && result->has_cost);
    assert_int_equal(result->provenance, WPB_EXACT);
    assert_int_equal(result->cost.provenance, WPB_EXACT);
    assert_int_equal(result->value_bytes, value.len);
    assert_int_equal(result->examined_bytes, value.len);
    assert_int_equal(result->entries, INCIDENT_NAMES);
    assert_int_equal(result->elements, INCIDENT_NAMES + 1);
    assert_int_equal(result->max_depth, 1);
    assert_int_equal(result->path_count, 0); /* no flag is 1 % of it */
    assert_int_equal(result->family_names, INCIDENT_NAMES);
    assert_int_equal(result->family_count, 6);
    assert_true(
        wpb_slice_is(result->families[0].template_name, "kestrel_tariff_v2_<hex>"));
    assert_int_equal(result->families[0].names, INCIDENT_TARIFFS);
    uint64_t rest = 0;
    for (size_t i = 1; i < 6; i++)
        rest += result->families[i].names;
    assert_int_equal(rest, INCIDENT_NAMES - INCIDENT_TARIFFS);
    assert_int_equal(names_of(result, "tax_rate_<n>"), 921);
    /* 131,072 slots of 40 bytes, 80 bytes a long name and 56 or 64 a short one. */
    assert_in_range(result->cost.value_bytes, 10000000, 11000000);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void expect_same(const struct wpb_examination *a, const struct wpb_examination *b)
{
    assert_int_equal(a->encoding, b->encoding);
    assert_int_equal(a->is_complete, b->is_complete);
    assert_int_equal(a->entries, b->entries);
    assert_int_equal(a->elements, b->elements);
    assert_int_equal(a->cost.value_bytes, b->cost.value_bytes);
    assert_int_equal(a->path_count, b->path_count);
    assert_int_equal(a->family_count, b->family_count);
    assert_string_equal(a->flaw, b->flaw);
    for (size_t i = 0; i < a->path_count; i++) {
        assert_true(wpb_slice_equal(a->paths[i].path, b->paths[i].path));
        assert_int_equal(a->paths[i].bytes, b->paths[i].bytes);
    }
    for (size_t i = 0; i < a->family_count; i++)
        assert_true(
            wpb_slice_equal(a->families[i].template_name, b->families[i].template_name));
}

static void add_widgets(struct wpb_buf *out)
{
    wpb_buf_text(out, "a:3:{");
    add_string(out, "widgets");
    wpb_buf_text(out, "a:2:{i:0;");
    add_filler(out, 100);
    wpb_buf_text(out, "i:3;a:2:{");
    add_string(out, "settings");
    wpb_buf_text(out, "a:2:{");
    add_filled(out, "custom_css", 6000);
    add_filled(out, "title", 20);
    wpb_buf_text(out, "}");
    add_filled(out, "html", 1000);
    wpb_buf_text(out, "}}");
    add_filled(out, "log", 2500);
    add_string(out, "version");
    wpb_buf_text(out, "i:7;}");
}

static void expect_path(const struct wpb_examination *result, size_t i, const char *path,
                        enum wpb_php_type type)
{
    assert_true(i < result->path_count);
    struct wpb_slice found = result->paths[i].path;
    assert_int_equal(found.len, strlen(path));
    assert_memory_equal(found.data, path, found.len);
    assert_int_equal(result->paths[i].type, type);
}

static void a_heavy_child_stands_for_its_parents(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    add_widgets(&value);
    struct examined examined = examine_whole(wpb_buf_view(&value));
    const struct wpb_examination *result = examined.result;
    assert_true(result->is_complete);
    assert_int_equal(result->max_depth, 4);
    /* widgets, widgets[3] and .settings are all nearly nothing but this. */
    assert_int_equal(result->path_count, 3);
    expect_path(result, 0, "widgets[3].settings.custom_css", WPB_PHP_STRING);
    assert_int_equal(result->paths[0].bytes, 6000 + strlen("s:6000:\"\";"));
    expect_path(result, 1, "log", WPB_PHP_STRING);
    expect_path(result, 2, "widgets[3].html", WPB_PHP_STRING);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void a_parent_of_several_heavy_children_is_listed(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:2:{");
    add_string(&value, "cache");
    wpb_buf_text(&value, "a:2:{");
    add_filled(&value, "menu", 3000);
    add_filled(&value, "footer", 2000);
    wpb_buf_text(&value, "}");
    add_filled(&value, "other", 4000);
    wpb_buf_text(&value, "}");
    struct examined examined = examine_whole(wpb_buf_view(&value));
    assert_int_equal(examined.result->path_count, 4);
    expect_path(examined.result, 0, "cache", WPB_PHP_ARRAY);
    assert_int_equal(examined.result->paths[0].count, 2);
    expect_path(examined.result, 1, "other", WPB_PHP_STRING);
    expect_path(examined.result, 2, "cache.menu", WPB_PHP_STRING);
    expect_path(examined.result, 3, "cache.footer", WPB_PHP_STRING);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void a_list_of_many_alike_speaks_for_itself(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:2:{");
    add_string(&value, "even");
    wpb_buf_text(&value, "a:40:{");
    for (int i = 0; i < 40; i++) {
        wpb_buf_printf(&value, "i:%d;", i);
        add_filler(&value, 100);
    }
    wpb_buf_text(&value, "}");
    add_string(&value, "odd");
    wpb_buf_text(&value, "a:40:{");
    for (int i = 0; i < 40; i++) {
        wpb_buf_printf(&value, "i:%d;", i);
        add_filler(&value, i == 17 ? 2000 : 60);
    }
    wpb_buf_text(&value, "}}");
    struct examined examined = examine_whole(wpb_buf_view(&value));
    assert_int_equal(examined.result->path_count, 3);
    expect_path(examined.result, 0, "odd", WPB_PHP_ARRAY);
    expect_path(examined.result, 1, "even", WPB_PHP_ARRAY);
    expect_path(examined.result, 2, "odd[17]", WPB_PHP_STRING);
    assert_int_equal(examined.result->family_count, 2);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void more_heavy_parts_than_fit_leave_the_heaviest(void **state)
{
    (void)state;
    struct wpb_buf value;
    char key[16];
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:300:{");
    for (unsigned i = 0; i < 300; i++) {
        snprintf(key, sizeof(key), "k%03u", i);
        add_filled(&value, key, i >= 280 ? 9000 + i : 10 + i % 7);
    }
    wpb_buf_text(&value, "}");
    struct examined examined = examine_whole(wpb_buf_view(&value));
    assert_int_equal(examined.result->path_count, WPB_EXAMINE_PATHS_MAX);
    expect_path(examined.result, 0, "k299", WPB_PHP_STRING);
    expect_path(examined.result, 19, "k280", WPB_PHP_STRING);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void a_property_is_named_without_its_class(void **state)
{
    (void)state;
    struct examined examined = examine_whole(
        BYTES("O:3:\"Foo\":2:{s:8:\"\0*\0query\";s:40:"
              "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\";s:8:\"\0Foo\0key\";s:30:"
              "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\";}"));
    assert_string_equal(examined.result->flaw, "");
    assert_int_equal(examined.result->path_count, 2);
    expect_path(examined.result, 0, "query", WPB_PHP_STRING);
    expect_path(examined.result, 1, "key", WPB_PHP_STRING);
    assert_int_equal(examined.result->family_names, 0); /* not an array's keys */
    assert_int_equal(examined.result->entries, 0);
    wpb_arena_free(examined.arena);
}

static void a_long_path_is_cut(void **state)
{
    (void)state;
    struct wpb_buf value;
    char key[201];
    memset(key, 'k', 200);
    key[200] = '\0';
    wpb_buf_init(&value, 0);
    for (int i = 0; i < 80; i++) {
        wpb_buf_text(&value, "a:1:{");
        add_string(&value, key);
    }
    add_filler(&value, 100000);
    wpb_buf_repeat(&value, '}', 80);
    struct examined examined = examine_whole(wpb_buf_view(&value));
    assert_true(examined.result->is_complete);
    assert_int_equal(examined.result->max_depth, 80);
    assert_int_equal(examined.result->path_count, 1);
    assert_int_equal(examined.result->paths[0].path.len, 255);
    assert_memory_equal(examined.result->paths[0].path.data + 252, "...", 3);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void chunks_of_any_size_give_the_same(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 3, 15, 16, 17, 511, 512, 513};
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    add_widgets(&value);
    struct examined whole = examine_whole(wpb_buf_view(&value));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct examined cut = examine(wpb_buf_view(&value), SIZE_MAX, sizes[i], NULL);
        expect_same(whole.result, cut.result);
        wpb_arena_free(cut.arena);
    }
    wpb_arena_free(whole.arena);
    wpb_buf_fini(&value);
}

static void a_byte_cap_gives_estimates_of_the_whole(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    add_incident(&value);
    struct examined whole = examine_whole(wpb_buf_view(&value));
    struct examined part = examine(wpb_buf_view(&value), 1000000, 16384, NULL);
    const struct wpb_examination *result = part.result;
    assert_false(result->is_complete);
    assert_int_equal(result->provenance, WPB_ESTIMATED);
    assert_int_equal(result->examined_bytes, 1000000);
    assert_non_null(strstr(result->flaw, "only the first 1000000 of "));
    assert_int_equal(result->entries, INCIDENT_NAMES);
    assert_in_range(result->family_names, 15000, 20000); /* of the part */
    assert_true(result->has_cost);
    assert_int_equal(result->cost.provenance, WPB_ESTIMATED);
    uint64_t exact = whole.result->cost.value_bytes;
    assert_in_range(result->cost.value_bytes, exact - exact / 50, exact + exact / 50);
    exact = whole.result->cost.read_peak_bytes;
    assert_in_range(result->cost.read_peak_bytes, exact - exact / 50, exact + exact / 50);
    wpb_arena_free(part.arena);
    wpb_arena_free(whole.arena);
    wpb_buf_fini(&value);
}

static void a_cap_inside_a_long_string_gives_no_cost(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:2:{");
    add_filled(&value, "small", 100);
    add_filled(&value, "large", 100000);
    wpb_buf_text(&value, "}");
    struct examined examined = examine(wpb_buf_view(&value), 50000, SIZE_MAX, NULL);
    assert_false(examined.result->has_cost);
    assert_int_equal(examined.result->entries, 2);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void an_array_cut_by_the_cap_is_listed_as_far_as_it_was_seen(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:1:{");
    add_string(&value, "jobs");
    wpb_buf_text(&value, "a:2000:{");
    for (int i = 0; i < 2000; i++)
        wpb_buf_printf(&value, "i:%d;i:%d;", i, i);
    wpb_buf_text(&value, "}}");
    struct examined examined = examine(wpb_buf_view(&value), 10000, SIZE_MAX, NULL);
    assert_int_equal(examined.result->path_count, 1);
    expect_path(examined.result, 0, "jobs", WPB_PHP_ARRAY);
    assert_in_range(examined.result->paths[0].bytes, 9900, 10000);
    assert_int_equal(examined.result->paths[0].count, 2000);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void a_malformed_value_keeps_what_was_known_and_has_no_cost(void **state)
{
    (void)state;
    struct examined examined =
        examine_whole(BYTES("a:3:{s:6:\"WPLANG\";b:1;s:3:\"abc\";x:1;}"));
    const struct wpb_examination *result = examined.result;
    assert_false(result->is_complete);
    assert_false(result->has_cost);
    assert_non_null(strstr(result->flaw, "invalid at byte 32: expected "));
    assert_int_equal(result->entries, 3);
    assert_int_equal(result->family_names, 1);
    assert_int_equal(names_of(result, "WPLANG"), 1);
    wpb_arena_free(examined.arena);
}

static void a_value_cut_at_any_byte_says_so(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:2:{");
    add_filled(&value, "one", 30);
    wpb_buf_text(&value, "i:5;O:8:\"stdClass\":1:{s:1:\"p\";a:0:{}}}");
    for (size_t len = 5; len < value.len; len++) {
        /* Whole by its own length, but truncated: it cannot be decoded. */
        struct examined cut = examine_whole(wpb_slice_head(wpb_buf_view(&value), len));
        assert_false(cut.result->is_complete);
        assert_string_not_equal(cut.result->flaw, "");
        assert_false(cut.result->encoding == WPB_PHP_SERIALIZE && cut.result->has_cost);
        wpb_arena_free(cut.arena);
        /* Not read to its end. */
        cut = examine(wpb_buf_view(&value), len, SIZE_MAX, NULL);
        assert_false(cut.result->is_complete);
        assert_int_equal(cut.result->encoding, WPB_PHP_SERIALIZE);
        assert_non_null(strstr(cut.result->flaw, "only the first "));
        wpb_arena_free(cut.arena);
    }
    wpb_buf_fini(&value);
}

static void a_count_that_cannot_be_there_gives_no_cost(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:2:{s:1:\"a\";a:500000000:{");
    for (int i = 0; i < 1000; i++)
        wpb_buf_printf(&value, "i:%d;b:1;", i);
    struct examined examined =
        examine(wpb_buf_view(&value), value.len - 10, SIZE_MAX, NULL);
    assert_false(examined.result->has_cost);
    assert_string_not_equal(examined.result->flaw, "");
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void nesting_beyond_the_limit_is_a_flaw(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    for (int i = 0; i < 100000; i++)
        wpb_buf_text(&value, "a:1:{i:0;");
    struct examined examined = examine_whole(wpb_buf_view(&value));
    assert_false(examined.result->is_complete);
    assert_non_null(strstr(examined.result->flaw, "4096"));
    assert_in_range(examined.result->max_depth, 4090, 4096);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void an_element_limit_stops_the_walk_and_says_so(void **state)
{
    (void)state;
    const struct wpb_php_limits limits = {.max_elements = 1000};
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:5000:{");
    for (int i = 0; i < 5000; i++)
        wpb_buf_printf(&value, "i:%d;b:1;", i);
    wpb_buf_text(&value, "}");
    struct examined examined = examine(wpb_buf_view(&value), SIZE_MAX, SIZE_MAX, &limits);
    assert_false(examined.result->is_complete);
    assert_non_null(strstr(examined.result->flaw, "more elements than the limit"));
    assert_int_equal(examined.result->entries, 5000);
    assert_int_equal(examined.result->provenance, WPB_ESTIMATED);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

/* igbinary_serialize() of COUNT names of 20 bytes, each leading to ITEM. */
static void add_igbinary(struct wpb_buf *out, unsigned count, unsigned char item)
{
    char name[32];
    wpb_buf_add(out, "\0\0\0\2\x15", 5);
    wpb_buf_char(out, (char)(count >> 8));
    wpb_buf_char(out, (char)count);
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "option_number_%06u", i);
        wpb_buf_add(out, "\x11\x14", 2);
        wpb_buf_add(out, name, 20);
        wpb_buf_char(out, (char)item);
    }
}

static void an_igbinary_notoptions_gives_exact_families_and_cost(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    add_igbinary(&value, 5000, 0x05);
    struct examined examined = examine(wpb_buf_view(&value), SIZE_MAX, 100, NULL);
    const struct wpb_examination *result = examined.result;
    assert_int_equal(result->encoding, WPB_PHP_IGBINARY);
    assert_string_equal(result->flaw, "");
    assert_true(result->is_complete && result->has_cost);
    assert_int_equal(result->provenance, WPB_EXACT);
    assert_int_equal(result->cost.provenance, WPB_EXACT);
    assert_int_equal(result->entries, 5000);
    assert_int_equal(result->elements, 5001);
    /* 8,192 slots of 40 bytes in whole pages and their node, and 56 a name. */
    assert_int_equal(result->cost.value_bytes, 56 + 327680 + 5000 * 56);
    assert_int_equal(result->family_count, 1);
    assert_int_equal(names_of(result, "option_number_<n>"), 5000);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void an_igbinary_value_cut_by_the_cap_is_estimated(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    add_igbinary(&value, 5000, 0x05);
    struct examined whole = examine_whole(wpb_buf_view(&value));
    struct examined part = examine(wpb_buf_view(&value), 50000, 4096, NULL);
    const struct wpb_examination *result = part.result;
    assert_false(result->is_complete);
    assert_int_equal(result->entries, 5000);
    assert_true(result->has_cost);
    assert_int_equal(result->cost.provenance, WPB_ESTIMATED);
    uint64_t exact = whole.result->cost.value_bytes;
    assert_in_range(result->cost.value_bytes, exact - exact / 50, exact + exact / 50);
    exact = whole.result->cost.read_peak_bytes;
    assert_in_range(result->cost.read_peak_bytes, exact - exact / 20, exact + exact / 20);
    wpb_arena_free(part.arena);
    wpb_arena_free(whole.arena);
    wpb_buf_fini(&value);
}

static void add_json_names(struct wpb_buf *out, unsigned count)
{
    wpb_buf_char(out, '{');
    for (unsigned i = 0; i < count; i++)
        wpb_buf_printf(out, "%s\"option_number_%06u\":true", i ? "," : "", i);
    wpb_buf_char(out, '}');
}

static void a_json_value_gives_exact_families_and_cost(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    add_json_names(&value, 5000);
    struct examined examined = examine(wpb_buf_view(&value), SIZE_MAX, 100, NULL);
    const struct wpb_examination *result = examined.result;
    assert_int_equal(result->encoding, WPB_PHP_JSON);
    assert_string_equal(result->flaw, "");
    assert_true(result->is_complete && result->has_cost);
    assert_int_equal(result->cost.provenance, WPB_EXACT);
    assert_int_equal(result->entries, 5000);
    assert_int_equal(result->cost.entries, 5000);
    assert_int_equal(result->elements, 5001);
    assert_int_equal(result->cost.value_bytes, 56 + 327680 + 5000 * 48);
    assert_int_equal(names_of(result, "option_number_<n>"), 5000);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

/* The count is not in the head: as many as fit. */
static void a_json_value_cut_by_the_cap_is_estimated(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    add_json_names(&value, 5000);
    struct examined whole = examine_whole(wpb_buf_view(&value));
    struct examined part = examine(wpb_buf_view(&value), 50000, 4096, NULL);
    const struct wpb_examination *result = part.result;
    assert_false(result->is_complete);
    assert_in_range(result->entries, 4950, 5050);
    uint64_t exact = whole.result->cost.value_bytes;
    assert_in_range(result->cost.value_bytes, exact - exact / 50, exact + exact / 50);
    assert_in_range(result->family_names, 1750, 1800); /* of the part */
    wpb_arena_free(part.arena);
    wpb_arena_free(whole.arena);
    wpb_buf_fini(&value);
}

static void json_paths_are_those_of_its_keys(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "{\"widgets\":[1,{\"css\":\"");
    wpb_buf_repeat(&value, 'x', 5000);
    wpb_buf_text(&value, "\"}],\"log\":\"");
    wpb_buf_repeat(&value, 'y', 2000);
    wpb_buf_text(&value, "\"}");
    struct examined examined = examine(wpb_buf_view(&value), SIZE_MAX, 7, NULL);
    assert_true(examined.result->is_complete);
    assert_int_equal(examined.result->path_count, 2);
    expect_path(examined.result, 0, "widgets[1].css", WPB_PHP_STRING);
    assert_int_equal(examined.result->paths[0].bytes, 5002);
    expect_path(examined.result, 1, "log", WPB_PHP_STRING);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

static void other_encodings_are_named_in_the_flaw(void **state)
{
    (void)state;
    struct examined examined = examine_whole(BYTES("\x9c\x01\x02\x03\x04\x05\x06\x07"
                                                   "\x08\x09\x0a\x0b\x0c"));
    assert_int_equal(examined.result->encoding, WPB_PHP_MSGPACK);
    assert_non_null(strstr(examined.result->flaw, "msgpack"));
    wpb_arena_free(examined.arena);

    examined = examine_whole(BYTES("Array"));
    assert_int_equal(examined.result->encoding, WPB_PHP_ARRAY_LITERAL);
    assert_non_null(strstr(examined.result->flaw, "serializer"));
    wpb_arena_free(examined.arena);
}

/* What phpredis 5.3.7 stored for one array with each compression. */
static const char plain_value[] =
    "a:2:{s:5:\"alpha\";s:120:\"wordpress wordpress wordpress wordpress wordpress "
    "wordpress wordpress wordpress wordpress wordpress wordpress wordpress "
    "\";s:1:\"n\";a:8:{i:0;i:1;i:1;i:2;i:2;i:3;i:3;i:4;i:4;i:5;i:5;i:6;i:6;i:7;i:7;i:8;}"
    "}";
static const struct {
    enum wpb_php_encoding compression;
    enum wpb_codec_kind codec;
    const char *encoding, *hex;
} compressed_values[] = {
    {WPB_PHP_ZSTD, WPB_CODEC_ZSTD, "zstd+serialize",
     "28b52ffd20e1ad0200d403613a323a7b733a353a22616c706861223b733a3132303a22776f72647072"
     "657373203a226e223b613a383a7b693a303b693a31323334353637383b7d7d0900200bc80732035940"
     "3e90d93d81605aabd5b43c01"},
    {WPB_PHP_LZ4, WPB_CODEC_LZ4, "lz4+serialize",
     "2de1000000ff13613a323a7b733a353a22616c706861223b733a3132303a22776f7264707265737320"
     "0a005b018100f3023a226e223b613a383a7b693a303b693a3104001332040013330400133404001335"
     "040013360400c0373b693a373b693a383b7d7d"},
    {WPB_PHP_LZF, WPB_CODEC_LZF, "lzf+serialize",
     "1f613a323a7b733a353a22616c706861223b733a3132303a22776f726470726573017320e065096080"
     "103a226e223b613a383a7b693a303b693a31a003003220074003003320074003003420074003003520"
     "07400300362007400300372007400303383b7d7d"},
};

static struct wpb_buf unhex(const char *hex)
{
    struct wpb_buf bytes;
    unsigned byte;
    wpb_buf_init(&bytes, 0);
    for (; *hex && sscanf(hex, "%2x", &byte) == 1; hex += 2)
        wpb_buf_char(&bytes, (char)byte);
    return bytes;
}

static void a_compressed_value_is_examined_as_what_it_expands_to(void **state)
{
    (void)state;
    struct examined plain = examine_whole(BYTES(plain_value));
    for (size_t i = 0; i < sizeof compressed_values / sizeof compressed_values[0]; i++) {
        struct wpb_buf stored = unhex(compressed_values[i].hex);
        if (!wpb_codec_is_built(compressed_values[i].codec))
            continue;
        for (size_t chunk = 1; chunk < 120; chunk += 17) {
            struct examined examined =
                examine(wpb_buf_view(&stored), SIZE_MAX, chunk, NULL);
            const struct wpb_examination *result = examined.result;
            char encoding[WPB_EXAMINE_ENCODING_MAX];
            assert_string_equal(result->flaw, "");
            assert_true(result->is_complete && result->has_cost);
            assert_int_equal(result->compression, compressed_values[i].compression);
            assert_int_equal(result->encoding, WPB_PHP_SERIALIZE);
            wpb_examination_encoding(result, encoding);
            assert_string_equal(encoding, compressed_values[i].encoding);
            assert_int_equal(result->value_bytes, stored.len);
            assert_int_equal(result->examined_bytes, stored.len);
            assert_int_equal(result->decoded_bytes, sizeof plain_value - 1);
            assert_int_equal(result->entries, 2);
            assert_int_equal(result->elements, plain.result->elements);
            assert_int_equal(result->cost.value_bytes, plain.result->cost.value_bytes);
            assert_true(result->cost.read_peak_bytes >
                        plain.result->cost.read_peak_bytes);
            assert_int_equal(result->provenance, WPB_EXACT);
            assert_int_equal(result->cost.provenance, WPB_ESTIMATED);
            assert_int_equal(result->path_count, plain.result->path_count);
            wpb_arena_free(examined.arena);
        }
        wpb_buf_fini(&stored);
    }
    assert_int_equal(plain.result->decoded_bytes, 0);
    wpb_arena_free(plain.arena);
}

/* lzf writes a:60000:{ with a copy in the digits. */
static void names_are_drawn_when_asked_for_from_a_compressed_value_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof compressed_values / sizeof compressed_values[0]; i++) {
        struct wpb_buf stored = unhex(compressed_values[i].hex);
        struct wpb_arena *arena = wpb_arena_new();
        struct wpb_examiner *examiner = wpb_examiner_new(stored.len, 80200, NULL);
        struct wpb_examination result;
        if (!wpb_codec_is_built(compressed_values[i].codec))
            continue;
        assert_true(arena && examiner);
        wpb_examiner_sample_names(examiner, 60);
        wpb_examiner_feed(examiner, wpb_buf_view(&stored));
        wpb_examiner_finish(examiner, arena, &result);
        wpb_examiner_free(examiner);
        assert_int_equal(result.name_count, 2);
        assert_true(wpb_slice_is(result.names[0], "alpha") ||
                    wpb_slice_is(result.names[1], "alpha"));
        wpb_arena_free(arena);
        wpb_buf_fini(&stored);
    }
}

static void no_name_is_drawn_that_was_cut_or_is_a_number(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:3:{i:7;b:1;s:300:\"");
    wpb_buf_repeat(&value, 'x', 300);
    wpb_buf_text(&value, "\";b:1;s:4:\"a\nb?\";b:1;}");
    *strchr(value.data, '?') = '\0';
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_examiner *examiner = wpb_examiner_new(value.len, 80200, NULL);
    struct wpb_examination result;
    assert_true(arena && examiner);
    wpb_examiner_sample_names(examiner, 60);
    wpb_examiner_feed(examiner, wpb_buf_view(&value));
    wpb_examiner_finish(examiner, arena, &result);
    assert_string_equal(result.flaw, "");
    assert_int_equal(result.name_count, 1);
    assert_true(wpb_slice_equal(result.names[0], wpb_slice_of("a\nb\0", 4)));
    wpb_examiner_free(examiner);
    wpb_arena_free(arena);
    wpb_buf_fini(&value);
}

static void an_lzf_value_is_recognised_by_what_its_head_expands_to(void **state)
{
    (void)state;
    struct examined examined = examine_whole(BYTES("\x03"
                                                   "a:60\x20\x00\x0b:{i:0;b:1;}xx"));
    assert_int_equal(examined.result->compression, WPB_PHP_LZF);
    assert_int_equal(examined.result->encoding, WPB_PHP_SERIALIZE);
    wpb_arena_free(examined.arena);
    /* Text that begins with a control character is no lzf. */
    examined = examine_whole(BYTES("\x03"
                                   "about the site, in a tab\x09 or two"));
    assert_int_equal(examined.result->encoding, WPB_PHP_RAW);
    wpb_arena_free(examined.arena);
}

static void a_compressed_value_that_is_cut_or_broken_says_so(void **state)
{
    (void)state;
    struct wpb_buf stored = unhex(compressed_values[1].hex);
    /* A byte cap. */
    struct examined examined = examine(wpb_buf_view(&stored), 60, 16, NULL);
    assert_string_equal(examined.result->flaw,
                        "only the first 60 of 101 bytes were read");
    assert_int_equal(examined.result->compression, WPB_PHP_LZ4);
    assert_int_equal(examined.result->entries, 2);
    assert_int_equal(examined.result->decoded_bytes, sizeof plain_value - 1);
    assert_int_equal(examined.result->provenance, WPB_ESTIMATED);
    wpb_arena_free(examined.arena);
    /* Truncated in Redis. */
    examined = examine_whole(wpb_slice_of(stored.data, stored.len - 30));
    assert_string_equal(examined.result->flaw,
                        "lz4: ends at byte 71 in the middle of a sequence");
    assert_false(examined.result->has_cost);
    wpb_arena_free(examined.arena);
    /* Expands, to what PHP cannot read. */
    stored.data[stored.len - 1] = '!';
    examined = examine_whole(wpb_buf_view(&stored));
    assert_int_equal(strncmp(examined.result->flaw, "expanded: invalid at byte 224", 29),
                     0);
    assert_false(examined.result->has_cost);
    assert_false(examined.result->is_complete);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&stored);
}

/* An lzf stream of 1 MB of one byte after the head of a string. */
static void a_compressed_value_is_not_expanded_beyond_the_limit(void **state)
{
    static const struct wpb_php_limits limits = {.max_bytes = 100000};
    struct wpb_buf stored;
    (void)state;
    wpb_buf_init(&stored, 0);
    wpb_buf_add(&stored, "\x0cs:1048576:\"xx", 14);
    for (int i = 0; i < 4000; i++)
        wpb_buf_add(&stored, "\xe0\xff\x00", 3);
    struct examined examined = examine(wpb_buf_view(&stored), SIZE_MAX, 999, &limits);
    assert_int_equal(examined.result->compression, WPB_PHP_LZF);
    assert_string_equal(examined.result->flaw,
                        "lzf: expands to more than 100000 bytes, the rest is refused");
    assert_false(examined.result->is_complete);
    assert_true(examined.result->decoded_bytes > 100000);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&stored);
}

static void a_raw_value_costs_the_string_it_is(void **state)
{
    (void)state;
    struct examined examined =
        examine_whole(BYTES("Just another WordPress site, fresh from the installer"));
    assert_int_equal(examined.result->encoding, WPB_PHP_RAW);
    assert_true(examined.result->is_complete && examined.result->has_cost);
    assert_string_equal(examined.result->flaw, "");
    assert_in_range(examined.result->cost.value_bytes, 80, 96);
    assert_int_equal(examined.result->cost.provenance, WPB_ESTIMATED);
    wpb_arena_free(examined.arena);
}

static void an_empty_value_is_complete(void **state)
{
    (void)state;
    struct examined examined = examine_whole(BYTES(""));
    assert_int_equal(examined.result->encoding, WPB_PHP_EMPTY);
    assert_true(examined.result->is_complete);
    assert_string_equal(examined.result->flaw, "");
    wpb_arena_free(examined.arena);
    wpb_examiner_free(NULL);
}

static void a_key_cut_inside_a_character_is_still_text(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:1:{s:601:\"a");
    for (int i = 0; i < 200; i++)
        wpb_buf_text(&value, "\xe2\x82\xac");
    wpb_buf_text(&value, "\";b:1;}");
    struct examined examined = examine_whole(wpb_buf_view(&value));
    assert_true(examined.result->is_complete);
    assert_int_equal(examined.result->family_count, 1);
    assert_memory_equal(examined.result->families[0].template_name.data, "a\xe2\x82", 3);
    wpb_arena_free(examined.arena);
    wpb_buf_fini(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_notoptions_gives_exact_families_and_cost),
        cmocka_unit_test(a_heavy_child_stands_for_its_parents),
        cmocka_unit_test(a_parent_of_several_heavy_children_is_listed),
        cmocka_unit_test(a_list_of_many_alike_speaks_for_itself),
        cmocka_unit_test(more_heavy_parts_than_fit_leave_the_heaviest),
        cmocka_unit_test(a_property_is_named_without_its_class),
        cmocka_unit_test(a_long_path_is_cut),
        cmocka_unit_test(chunks_of_any_size_give_the_same),
        cmocka_unit_test(a_byte_cap_gives_estimates_of_the_whole),
        cmocka_unit_test(a_cap_inside_a_long_string_gives_no_cost),
        cmocka_unit_test(an_array_cut_by_the_cap_is_listed_as_far_as_it_was_seen),
        cmocka_unit_test(a_malformed_value_keeps_what_was_known_and_has_no_cost),
        cmocka_unit_test(a_value_cut_at_any_byte_says_so),
        cmocka_unit_test(a_count_that_cannot_be_there_gives_no_cost),
        cmocka_unit_test(nesting_beyond_the_limit_is_a_flaw),
        cmocka_unit_test(an_element_limit_stops_the_walk_and_says_so),
        cmocka_unit_test(an_igbinary_notoptions_gives_exact_families_and_cost),
        cmocka_unit_test(an_igbinary_value_cut_by_the_cap_is_estimated),
        cmocka_unit_test(a_json_value_gives_exact_families_and_cost),
        cmocka_unit_test(a_json_value_cut_by_the_cap_is_estimated),
        cmocka_unit_test(json_paths_are_those_of_its_keys),
        cmocka_unit_test(other_encodings_are_named_in_the_flaw),
        cmocka_unit_test(a_compressed_value_is_examined_as_what_it_expands_to),
        cmocka_unit_test(names_are_drawn_when_asked_for_from_a_compressed_value_too),
        cmocka_unit_test(no_name_is_drawn_that_was_cut_or_is_a_number),
        cmocka_unit_test(an_lzf_value_is_recognised_by_what_its_head_expands_to),
        cmocka_unit_test(a_compressed_value_that_is_cut_or_broken_says_so),
        cmocka_unit_test(a_compressed_value_is_not_expanded_beyond_the_limit),
        cmocka_unit_test(a_raw_value_costs_the_string_it_is),
        cmocka_unit_test(an_empty_value_is_complete),
        cmocka_unit_test(a_key_cut_inside_a_character_is_still_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
