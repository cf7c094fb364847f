#include "probes/wordpress/layout.h"

#include <stdio.h>
#include <stdlib.h>

#include "probes/php/zend.h"
#include "probes/wordpress/peel.h"

/* Elementor writes each element of a page with its kind, and JSON in strings has its
 * quotes escaped: these bytes are a key and nothing else. */
static const char element_key[] = "\"elType\":";
#define ELEMENT_KEY_LEN (sizeof(element_key) - 1)

/* What a character of up to four bytes may be short of a column's limit. */
#define CHARACTER_MAX 3

struct wpb_layout {
    const struct wpb_builder_name *name;
    uint32_t version;
    uint64_t value_bytes, fed;
    struct wpb_examiner *outer;
    bool is_enough; /* the rest of the value would add nothing to it */
    bool has_peel;
    struct wpb_peel peel;
    struct wpb_examiner *inner;
    bool counts_elements;
    size_t matched; /* bytes of element_key */
    uint64_t elements;
    char last; /* byte of the value */
};

bool wpb_layout_is_text(const struct wpb_builder_name *name)
{
    return name && (name->encoding == WPB_BUILDER_TEXT ||
                    name->encoding == WPB_BUILDER_CSS_TEXT ||
                    name->encoding == WPB_BUILDER_HTML ||
                    name->encoding == WPB_BUILDER_SHORTCODES);
}

static bool peel_of(const struct wpb_builder_name *name, enum wpb_peel_kind *kind)
{
    if (!name)
        return false;
    switch (name->encoding) {
    case WPB_BUILDER_JSON_IN_JSON:
        *kind = WPB_PEEL_JSON_STRING;
        return true;
    case WPB_BUILDER_JSON_IN_URL:
        *kind = WPB_PEEL_PERCENT;
        return true;
    case WPB_BUILDER_BASE64:
        *kind = WPB_PEEL_BASE64;
        return true;
    default:
        return false;
    }
}

static void pass(void *cookie, struct wpb_slice bytes)
{
    struct wpb_layout *layout = cookie;

    if (!layout->inner)
        layout->inner = wpb_examiner_new(layout->value_bytes, layout->version, NULL);
    if (layout->inner)
        wpb_examiner_feed(layout->inner, bytes);
}

struct wpb_layout *wpb_layout_new(const struct wpb_builder_name *name,
                                  uint64_t value_bytes, uint32_t version)
{
    struct wpb_layout *layout = calloc(1, sizeof(*layout));
    enum wpb_peel_kind kind;

    if (!layout)
        return NULL;
    layout->name = name;
    layout->version = version;
    layout->value_bytes = value_bytes;
    layout->outer = wpb_examiner_new(value_bytes, version, NULL);
    if (!layout->outer) {
        free(layout);
        return NULL;
    }
    layout->has_peel = peel_of(name, &kind);
    if (layout->has_peel)
        wpb_peel_init(&layout->peel, kind, pass, layout);
    layout->counts_elements = name && name->builder == WPB_BUILDER_ELEMENTOR &&
                              name->role == WPB_BUILDER_LAYOUT;
    return layout;
}

void wpb_layout_free(struct wpb_layout *layout)
{
    if (!layout)
        return;
    wpb_examiner_free(layout->outer);
    wpb_examiner_free(layout->inner);
    free(layout);
}

void wpb_layout_set_length(struct wpb_layout *layout, uint64_t value_bytes)
{
    layout->value_bytes = value_bytes;
    wpb_examiner_set_length(layout->outer, value_bytes);
}

static void count_elements(struct wpb_layout *layout, struct wpb_slice chunk)
{
    for (size_t i = 0; i < chunk.len; i++) {
        char byte = chunk.data[i];
        if (byte == element_key[layout->matched])
            layout->matched++;
        else
            layout->matched = byte == '"'                                             ? 1
                              : byte == 'e' && layout->matched + 1 == ELEMENT_KEY_LEN ? 2
                                                                                      : 0;
        if (layout->matched == ELEMENT_KEY_LEN) {
            layout->elements++;
            layout->matched = 0;
        }
    }
}

void wpb_layout_feed(struct wpb_layout *layout, struct wpb_slice chunk)
{
    layout->fed += chunk.len;
    if (chunk.len)
        layout->last = chunk.data[chunk.len - 1];
    if (!layout->is_enough)
        layout->is_enough = wpb_examiner_feed(layout->outer, chunk) != 0;
    if (layout->has_peel)
        wpb_peel_feed(&layout->peel, chunk);
    if (layout->counts_elements)
        count_elements(layout, chunk);
}

/* ---- what is wrong with it ---- */

static const char *column_limit(uint64_t row_bytes)
{
    static const struct {
        uint64_t bytes;
        const char *words;
    } limits[] = {
        {255, "255 bytes, the limit of a TINYTEXT column"},
        {65535, "65,535 bytes, the limit of a TEXT column"},
        {16777215, "16,777,215 bytes, the limit of a MEDIUMTEXT column"},
    };

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (row_bytes <= limits[i].bytes && row_bytes + CHARACTER_MAX >= limits[i].bytes)
            return limits[i].words;
    return NULL;
}

static void describe_flaw(const struct wpb_layout *layout,
                          const struct wpb_examination *examination, uint64_t row_bytes,
                          char *out, size_t room)
{
    bool ends_early = strstr(examination->flaw, WPB_WALK_ENDS) != NULL;
    bool is_string = strstr(examination->flaw, WPB_WALK_STRING_END) != NULL;
    bool is_closed = layout->last == '}' || layout->last == ';';
    const char *limit = column_limit(row_bytes);

    if (ends_early && limit)
        snprintf(out, room, "cut at %s; %s", limit, examination->flaw);
    else if (examination->encoding == WPB_PHP_SERIALIZE &&
             (is_string || (ends_early && is_closed)))
        snprintf(out, room,
                 "the length before a string is wrong, as after a search-and-replace in "
                 "the database; %s",
                 examination->flaw);
    else if (ends_early)
        snprintf(out, room, "its end is missing; %s", examination->flaw);
    else
        snprintf(out, room, "%s", examination->flaw);
}

/* Text that begins like JSON ("[gallery]") is no damaged JSON, unless its builder
 * writes JSON. */
static bool is_only_like_json(const struct wpb_layout *layout,
                              const struct wpb_examination *examination)
{
    bool should_be = layout->name && (layout->name->encoding == WPB_BUILDER_JSON ||
                                      layout->name->encoding == WPB_BUILDER_JSON_IN_JSON);

    return examination->encoding == WPB_PHP_JSON && !should_be &&
           strncmp(examination->flaw, "invalid", strlen("invalid")) == 0;
}

static void make_text(struct wpb_examination *examination)
{
    uint64_t bytes = wpb_zend_string_bytes(examination->value_bytes);

    examination->encoding = WPB_PHP_RAW;
    examination->flaw[0] = '\0';
    examination->entries = 0;
    examination->path_count = examination->family_count = 0;
    examination->has_cost = true;
    examination->cost = (struct wpb_php_cost){.value_bytes = bytes,
                                              .read_peak_bytes = bytes,
                                              .rewrite_peak_bytes = bytes,
                                              .provenance = WPB_ESTIMATED};
}

/* ---- the end ---- */

static void finish_inner(struct wpb_layout *layout, struct wpb_arena *arena,
                         struct wpb_layout_result *result)
{
    if (!layout->has_peel)
        return;
    wpb_peel_finish(&layout->peel);
    if (!layout->inner)
        return;
    bool is_whole = layout->peel.kind == WPB_PEEL_PERCENT
                        ? layout->fed >= layout->value_bytes
                        : layout->peel.is_over;
    if (is_whole)
        wpb_examiner_set_length(layout->inner, layout->peel.passed);
    wpb_examiner_finish(layout->inner, arena, &result->inner);
    result->has_inner = result->inner.encoding == WPB_PHP_JSON;
}

static void add_costs(struct wpb_layout_result *result)
{
    const struct wpb_php_cost *outer = &result->outer.cost, *inner = &result->inner.cost;

    result->has_cost = result->outer.has_cost;
    result->cost = *outer;
    if (!result->has_cost || !result->has_inner || !result->inner.has_cost)
        return;
    /* The string that holds the layout stays while the layout is made from it. */
    uint64_t both = outer->value_bytes + inner->read_peak_bytes;
    result->cost.value_bytes = outer->value_bytes + inner->value_bytes;
    if (both > result->cost.read_peak_bytes)
        result->cost.read_peak_bytes = both;
    if (both > result->cost.rewrite_peak_bytes)
        result->cost.rewrite_peak_bytes = both;
    if (inner->provenance != WPB_EXACT)
        result->cost.provenance = WPB_ESTIMATED;
}

static void name_encoding(const struct wpb_layout *layout,
                          struct wpb_layout_result *result)
{
    char outer[WPB_EXAMINE_ENCODING_MAX];

    wpb_examination_encoding(&result->outer, outer);
    if (!result->has_inner)
        snprintf(result->encoding, sizeof(result->encoding), "%s", outer);
    else if (layout->peel.kind == WPB_PEEL_PERCENT)
        snprintf(result->encoding, sizeof(result->encoding), "url+json");
    else
        snprintf(result->encoding, sizeof(result->encoding), "%s+%s", outer,
                 layout->peel.kind == WPB_PEEL_BASE64 ? "base64+json" : "json");
}

/* What the outermost list holds is what a page is made of, where the builder keeps its
 * elements in one list. */
static void count_widgets(const struct wpb_layout *layout,
                          struct wpb_layout_result *result)
{
    const struct wpb_builder_name *name = layout->name;

    if (!name || (name->role != WPB_BUILDER_LAYOUT && name->role != WPB_BUILDER_COPY))
        return;
    if (layout->counts_elements) {
        result->has_widgets = result->outer.encoding == WPB_PHP_JSON;
        result->widgets = layout->elements;
    } else if (name->builder == WPB_BUILDER_BEAVER ||
               name->builder == WPB_BUILDER_BRICKS) {
        result->has_widgets = result->outer.entries > 0;
        result->widgets = result->outer.entries;
    }
    for (size_t i = 0; name->builder == WPB_BUILDER_SITEORIGIN &&
                       i < result->outer.path_count && !result->has_widgets;
         i++) {
        const struct wpb_examination_path *path = &result->outer.paths[i];
        result->has_widgets = wpb_slice_is(path->path, "widgets");
        result->widgets = path->count;
    }
}

void wpb_layout_finish(struct wpb_layout *layout, uint64_t row_bytes,
                       struct wpb_arena *arena, struct wpb_layout_result *result)
{
    memset(result, 0, sizeof(*result));
    wpb_examiner_finish(layout->outer, arena, &result->outer);
    finish_inner(layout, arena, result);
    if (is_only_like_json(layout, &result->outer))
        make_text(&result->outer);
    name_encoding(layout, result);
    add_costs(result);
    count_widgets(layout, result);
    if (result->outer.flaw[0])
        describe_flaw(layout, &result->outer, row_bytes, result->flaw,
                      sizeof(result->flaw));
    else if (result->has_inner && result->inner.flaw[0])
        snprintf(result->flaw, sizeof(result->flaw), "the layout inside: %s",
                 result->inner.flaw);
}
