#include "agent/command/demo_values.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define FEED_BYTES 520000
#define ALLOPTIONS_COUNT 640

uint64_t wpb_demo_random(struct wpb_demo_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

uint32_t wpb_demo_random_below(struct wpb_demo_random *random, uint32_t limit)
{
    assert(limit != 0);
    return (uint32_t)(wpb_demo_random(random) % limit);
}

void wpb_demo_random_hex(struct wpb_demo_random *random, size_t count,
                         struct wpb_buf *out)
{
    char digits[16];
    while (count > 0) {
        uint64_t bits = wpb_demo_random(random);
        for (size_t i = 0; i < sizeof digits; i++, bits >>= 4)
            digits[i] = "0123456789abcdef"[bits & 15];
        size_t n = count < sizeof digits ? count : sizeof digits;
        wpb_buf_add(out, digits, n);
        count -= n;
    }
}

/* PHP's serialize(), the part that is needed. */

static void open_array(struct wpb_buf *out, uint32_t count)
{
    wpb_buf_printf(out, "a:%" PRIu32 ":{", count);
}

static void close_array(struct wpb_buf *out)
{
    wpb_buf_char(out, '}');
}

static void integer(struct wpb_buf *out, uint32_t value)
{
    wpb_buf_printf(out, "i:%" PRIu32 ";", value);
}

static void bytes(struct wpb_buf *out, struct wpb_slice text)
{
    wpb_buf_printf(out, "s:%zu:\"", text.len);
    wpb_buf_slice(out, text);
    wpb_buf_text(out, "\";");
}

static void string(struct wpb_buf *out, const char *text)
{
    bytes(out, wpb_slice_cstr(text));
}

static void pair(struct wpb_buf *out, const char *key, const char *value)
{
    string(out, key);
    string(out, value);
}

static void pair_integer(struct wpb_buf *out, const char *key, uint32_t value)
{
    string(out, key);
    integer(out, value);
}

/* Post meta: every key holds a list of values. */
static void pair_listed(struct wpb_buf *out, const char *key, struct wpb_slice value)
{
    string(out, key);
    open_array(out, 1);
    integer(out, 0);
    bytes(out, value);
    close_array(out);
}

static const char *const words[] = {
    "linen",  "oak",    "harbour", "slate", "north", "wool",  "amber", "ridge",
    "copper", "meadow", "lantern", "salt",  "birch", "cedar", "tide",  "quill",
};

static void prose(struct wpb_demo_random *random, size_t length, struct wpb_buf *out)
{
    size_t end = out->len + length;
    while (out->len < end && !wpb_buf_failed(out)) {
        wpb_buf_text(out, words[wpb_demo_random_below(random, 16)]);
        wpb_buf_char(out, ' ');
    }
}

/* A string of about LENGTH bytes of prose under KEY. */
static void pair_prose(struct wpb_demo_random *random, const char *key, size_t length,
                       struct wpb_buf *out)
{
    struct wpb_buf text;
    wpb_buf_init(&text, 0);
    prose(random, length, &text);
    string(out, key);
    bytes(out, wpb_buf_view(&text));
    wpb_buf_fini(&text);
}

void wpb_demo_value_number(struct wpb_demo_random *random, uint32_t id,
                           struct wpb_buf *out)
{
    (void)random;
    wpb_buf_printf(out, "%" PRIu32, id);
}

void wpb_demo_value_post(struct wpb_demo_random *random, uint32_t id, struct wpb_buf *out)
{
    wpb_buf_text(out, "O:8:\"stdClass\":9:{");
    pair_integer(out, "ID", id);
    pair(out, "post_author", "3");
    pair(out, "post_date", "2026-10-04 08:12:55");
    pair_prose(random, "post_content", 200 + wpb_demo_random_below(random, 900), out);
    pair_prose(random, "post_title", 24, out);
    pair(out, "post_status", "publish");
    pair(out, "post_type", "product");
    pair_integer(out, "post_parent", 0);
    pair(out, "filter", "raw");
    close_array(out);
}

void wpb_demo_value_post_meta(struct wpb_demo_random *random, uint32_t id,
                              struct wpb_buf *out)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%" PRIu32, id);
    open_array(out, 6);
    pair_listed(out, "_edit_lock", wpb_slice_cstr("1795461112:3"));
    pair_listed(out, "_sku", wpb_slice_cstr(number));
    pair_listed(out, "_price", wpb_slice_cstr("39.00"));
    pair_listed(out, "_stock_status", wpb_slice_cstr("instock"));
    pair_listed(out, "_thumbnail_id", wpb_slice_cstr(number));
    pair_prose(random, "_note", 250 + wpb_demo_random_below(random, 500), out);
    close_array(out);
}

void wpb_demo_value_builder_meta(struct wpb_demo_random *random, uint32_t id,
                                 struct wpb_buf *out)
{
    struct wpb_buf blob;
    wpb_buf_init(&blob, 0);
    size_t target = 100000 + wpb_demo_random_below(random, 115000);
    wpb_buf_char(&blob, '[');
    while (blob.len < target && !wpb_buf_failed(&blob)) {
        wpb_buf_text(&blob, blob.len > 1 ? ",{\"id\":\"" : "{\"id\":\"");
        wpb_demo_random_hex(random, 7, &blob);
        wpb_buf_text(&blob, "\",\"elType\":\"widget\",\"settings\":{\"title\":\"");
        prose(random, 60, &blob);
        wpb_buf_text(&blob, "\",\"custom_css\":\"");
        prose(random, 180, &blob);
        wpb_buf_text(&blob, "\"},\"elements\":[],\"widgetType\":\"heading\"}");
    }
    wpb_buf_char(&blob, ']');
    open_array(out, 3);
    pair_listed(out, "_elementor_data", wpb_buf_view(&blob));
    pair_listed(out, "_elementor_edit_mode", wpb_slice_cstr("builder"));
    pair_listed(out, "_edit_lock", wpb_slice_cstr("1795461112:3"));
    close_array(out);
    (void)id;
    wpb_buf_fini(&blob);
}

void wpb_demo_value_term(struct wpb_demo_random *random, uint32_t id, struct wpb_buf *out)
{
    wpb_buf_text(out, "O:8:\"stdClass\":5:{");
    pair_integer(out, "term_id", id);
    pair_prose(random, "name", 12, out);
    pair_prose(random, "slug", 12, out);
    pair(out, "taxonomy", "product_cat");
    pair_integer(out, "count", wpb_demo_random_below(random, 400));
    close_array(out);
}

void wpb_demo_value_user(struct wpb_demo_random *random, uint32_t id, struct wpb_buf *out)
{
    wpb_buf_text(out, "O:8:\"stdClass\":4:{");
    pair_integer(out, "ID", id);
    pair(out, "user_status", "0");
    pair(out, "user_registered", "2026-02-11 19:40:02");
    pair_prose(random, "display_name", 14, out);
    close_array(out);
}

void wpb_demo_value_list(struct wpb_demo_random *random, uint32_t id, struct wpb_buf *out)
{
    uint32_t count = 1 + id % 3;
    open_array(out, count);
    for (uint32_t i = 0; i < count; i++) {
        integer(out, i);
        integer(out, 1 + wpb_demo_random_below(random, 900));
    }
    close_array(out);
}

void wpb_demo_value_query(struct wpb_demo_random *random, uint32_t id,
                          struct wpb_buf *out)
{
    open_array(out, 3);
    string(out, "posts");
    wpb_demo_value_list(random, id, out);
    pair_integer(out, "found_posts", wpb_demo_random_below(random, 2400));
    pair_integer(out, "max_num_pages", 1 + wpb_demo_random_below(random, 99));
    close_array(out);
}

void wpb_demo_value_facets(struct wpb_demo_random *random, uint32_t id,
                           struct wpb_buf *out)
{
    open_array(out, 3);
    pair_integer(out, "total", wpb_demo_random_below(random, 2400));
    pair_integer(out, "shown", 24);
    string(out, "terms");
    wpb_demo_value_list(random, id, out);
    close_array(out);
}

void wpb_demo_value_feed(struct wpb_demo_random *random, uint32_t id, struct wpb_buf *out)
{
    static const uint32_t items = 60;
    (void)id;
    open_array(out, 2);
    pair_prose(random, "title", 30, out);
    string(out, "items");
    open_array(out, items);
    for (uint32_t i = 0; i < items; i++) {
        integer(out, i);
        open_array(out, 2);
        pair_prose(random, "title", 60, out);
        pair_prose(random, "description", FEED_BYTES / items - 150, out);
        close_array(out);
    }
    close_array(out);
    close_array(out);
}

void wpb_demo_value_alloptions(struct wpb_demo_random *random, uint32_t id,
                               struct wpb_buf *out)
{
    char name[64];
    (void)id;
    open_array(out, ALLOPTIONS_COUNT + 3);
    pair(out, "siteurl", "https://shop.example.test");
    pair_prose(random, "rewrite_rules", 42000, out);
    pair_prose(random, "cron", 9000, out);
    for (uint32_t i = 0; i < ALLOPTIONS_COUNT; i++) {
        (void)snprintf(name, sizeof name, "%s_%s_%" PRIu32, words[i % 16],
                       words[(i / 16 + 5) % 16], i);
        pair_prose(random, name, 20 + wpb_demo_random_below(random, 300), out);
    }
    close_array(out);
}

/* The families inside notoptions, besides a few single names of WordPress' own.
 * Asked for by: a plugin, a theme, a plugin, nothing that is still installed, a
 * plugin. */
enum name_kind { TARIFF, FACET, BANNER, CRAWL, QUOTE, STAMPS, NAME_KINDS };

static const uint32_t name_counts[NAME_KINDS] = {
    [TARIFF] = WPB_DEMO_NOTOPTIONS_TARIFFS,
    [FACET] = 1790,
    [BANNER] = 1279,
    [CRAWL] = 728,
    [QUOTE] = 480,
    [STAMPS] = 318,
};

static const char *const single_names[] = {
    "WPLANG",         "site_logo", "fresh_site", "can_compress_scripts",
    "theme_switched", "auth_key",  "site_icon",  "ms_files_rewriting",
};

enum { SINGLE_NAMES = sizeof single_names / sizeof *single_names };

static void append_name(struct wpb_demo_random *random, enum name_kind kind, uint32_t n,
                        struct wpb_buf *out)
{
    switch (kind) {
    case TARIFF:
        wpb_buf_text(out, "kestrel_tariff_v2_");
        wpb_demo_random_hex(random, 32, out);
        break;
    case FACET:
        wpb_buf_printf(out, "harbour_facet_terms_%" PRIu32, 10000 + n * 7);
        break;
    case BANNER:
        wpb_buf_printf(out, "category_%" PRIu32 "_banner", 1000 + n);
        break;
    case CRAWL:
        wpb_buf_printf(out, "lumen_seo_crawl_%" PRIu32 "-%02" PRIu32 "-%02" PRIu32,
                       2024 + n / 336, 1 + n / 28 % 12, 1 + n % 28);
        break;
    case QUOTE: {
        static const size_t parts[] = {8, 4, 4, 4, 12};
        wpb_buf_text(out, "pelican_quote");
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            wpb_buf_char(out, i == 0 ? '_' : '-');
            wpb_demo_random_hex(random, parts[i], out);
        }
        break;
    }
    case STAMPS:
        wpb_buf_printf(out, "petrel_stamps_buyer%" PRIu32 "@example.test", 1 + n);
        break;
    case NAME_KINDS:
        assert(false);
    }
}

static void missing_name(struct wpb_buf *out, struct wpb_slice name)
{
    bytes(out, name);
    wpb_buf_text(out, "b:1;");
}

/* Brings the value to its length: one option whose name a plugin derives from a
 * whole URL, as long as it takes. */
static void append_filler(struct wpb_buf *out)
{
    static const char start[] = "rewrite_cache_https://shop.example.test/";
    size_t left = WPB_DEMO_NOTOPTIONS_BYTES - out->len - 1;
    size_t digits = left > 111 ? 3 : 2;
    size_t length = left - strlen("s::\"\";b:1;") - digits;
    struct wpb_buf name;
    wpb_buf_init(&name, 0);
    wpb_buf_text(&name, start);
    for (size_t i = 0; name.len < length; i++)
        wpb_buf_char(&name, "collection/linen-and-oak/"[i % 25]);
    missing_name(out, wpb_slice_head(wpb_buf_view(&name), length));
    wpb_buf_fini(&name);
}

void wpb_demo_value_notoptions(struct wpb_demo_random *random, uint32_t id,
                               struct wpb_buf *out)
{
    uint32_t done[NAME_KINDS] = {0};
    struct wpb_buf name;
    (void)id;
    wpb_buf_init(&name, 0);
    open_array(out, WPB_DEMO_NOTOPTIONS_NAMES);
    for (size_t i = 0; i < SINGLE_NAMES; i++)
        missing_name(out, wpb_slice_cstr(single_names[i]));
    /* Names arrive mixed: each time the kind that is furthest behind its share, so
     * that any part of the value looks like the whole. */
    for (uint32_t i = SINGLE_NAMES + 1; i < WPB_DEMO_NOTOPTIONS_NAMES; i++) {
        enum name_kind next = TARIFF;
        for (enum name_kind kind = TARIFF; kind < NAME_KINDS; kind++) {
            if ((uint64_t)done[kind] * name_counts[next] <
                (uint64_t)done[next] * name_counts[kind])
                next = kind;
        }
        wpb_buf_clear(&name);
        append_name(random, next, done[next]++, &name);
        missing_name(out, wpb_buf_view(&name));
    }
    append_filler(out);
    close_array(out);
    wpb_buf_fini(&name);
    assert(wpb_buf_failed(out) || out->len == WPB_DEMO_NOTOPTIONS_BYTES);
}
