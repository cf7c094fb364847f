#include "probes/php/examine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "probes/php/heaviest.h"
#include "probes/php/igbinary_head.h"
#include "probes/php/zend.h"

#define MAGIC 0x57504558U
#define HEAD_MAX 512
#define SNIFF_BYTES 16
#define FAMILIES_HELD 4096
/* An element takes six bytes or more: i:0;N; */
#define ELEMENT_MIN 6

struct wpb_examiner {
    uint32_t magic;
    uint32_t version;
    uint64_t value_bytes, fed;
    char head[HEAD_MAX];
    size_t head_len;
    bool is_sniffed;
    enum wpb_php_encoding encoding;
    uint64_t head_entries;
    struct wpb_php_walker *walker;
    int walk_result;
    struct wpb_err walk_err;
    struct wpb_families *families;
    struct wpb_heaviest *heaviest;
    struct wpb_php_memory memory;
    bool is_array;       /* the outermost value */
    bool is_implausible; /* a count that cannot be in the bytes that are left */
    uint64_t entries;    /* of the outermost array */
    uint32_t max_depth;
    uint64_t accounted; /* bytes up to the last event */
};

/* A key that was cut may end inside a character. */
static struct wpb_slice whole_characters(const struct wpb_php_event *event)
{
    struct wpb_slice key = event->key;
    if (event->key_len == key.len)
        return key;
    for (size_t i = 0; i < 3 && key.len > 0; i++) {
        unsigned char last = (unsigned char)key.data[key.len - 1];
        if (last < 0x80)
            break;
        key.len--;
        if (last >= 0xC0)
            break;
    }
    return key;
}

static void enter(struct wpb_examiner *examiner, const struct wpb_php_event *event)
{
    uint64_t left =
        examiner->value_bytes > event->offset ? examiner->value_bytes - event->offset : 0;
    if (event->count > left / ELEMENT_MIN)
        examiner->is_implausible = true;
    if (event->depth == 0) {
        examiner->is_array = event->type == WPB_PHP_ARRAY;
        examiner->entries = examiner->is_array ? event->count : 0;
    }
}

static int visit(void *cookie, const struct wpb_php_event *event)
{
    struct wpb_examiner *examiner = cookie;
    assert(examiner->magic == MAGIC);
    wpb_php_memory_add(&examiner->memory, event);
    if (event->depth > examiner->max_depth)
        examiner->max_depth = event->depth;
    if (event->phase == WPB_PHP_ENTER)
        enter(examiner, event);
    if (event->depth == 1 && event->phase != WPB_PHP_LEAVE && !event->key_is_int &&
        examiner->is_array)
        wpb_families_add(examiner->families, whole_characters(event));
    if (wpb_heaviest_wants(event))
        wpb_heaviest_add(examiner->heaviest, event);
    examiner->accounted = event->offset + event->bytes;
    return 0;
}

struct wpb_examiner *wpb_examiner_new(uint64_t value_bytes, uint32_t version,
                                      const struct wpb_php_limits *limits)
{
    struct wpb_examiner *examiner = calloc(1, sizeof(*examiner));
    if (!examiner)
        return NULL;
    examiner->magic = MAGIC;
    examiner->value_bytes = value_bytes;
    examiner->version = version;
    wpb_php_memory_init(&examiner->memory, WPB_PHP_UNSERIALIZE, version);
    examiner->walker = wpb_php_walker_new(limits, visit, examiner);
    examiner->families = wpb_families_new(FAMILIES_HELD);
    examiner->heaviest = wpb_heaviest_new();
    if (!examiner->walker || !examiner->families || !examiner->heaviest) {
        wpb_examiner_free(examiner);
        return NULL;
    }
    return examiner;
}

void wpb_examiner_free(struct wpb_examiner *examiner)
{
    if (!examiner)
        return;
    wpb_php_walker_free(examiner->walker);
    wpb_families_free(examiner->families);
    wpb_heaviest_free(examiner->heaviest);
    examiner->magic = 0;
    free(examiner);
}

static void walk(struct wpb_examiner *examiner, struct wpb_slice chunk)
{
    if (examiner->walk_result == 0)
        examiner->walk_result =
            wpb_php_walker_feed(examiner->walker, chunk, &examiner->walk_err);
}

static void sniff(struct wpb_examiner *examiner)
{
    struct wpb_slice head = wpb_slice_of(examiner->head, examiner->head_len);
    examiner->is_sniffed = true;
    examiner->encoding = wpb_php_sniff(wpb_slice_head(head, SNIFF_BYTES),
                                       examiner->value_bytes, &examiner->head_entries);
    if (examiner->encoding == WPB_PHP_SERIALIZE)
        walk(examiner, head);
}

/* Take what the head still lacks from CHUNK. */
static void fill_head(struct wpb_examiner *examiner, struct wpb_slice *chunk)
{
    struct wpb_slice part = wpb_slice_head(*chunk, HEAD_MAX - examiner->head_len);
    memcpy(examiner->head + examiner->head_len, part.data, part.len);
    examiner->head_len += part.len;
    *chunk = wpb_slice_skip(*chunk, part.len);
}

int wpb_examiner_feed(struct wpb_examiner *examiner, struct wpb_slice chunk)
{
    examiner->fed += chunk.len;
    bool is_whole = examiner->fed >= examiner->value_bytes;
    if (!examiner->is_sniffed) {
        if (chunk.len)
            fill_head(examiner, &chunk);
        if (examiner->head_len < SNIFF_BYTES && !is_whole)
            return 0;
        sniff(examiner);
    }
    switch (examiner->encoding) {
    case WPB_PHP_SERIALIZE:
        if (chunk.len)
            walk(examiner, chunk);
        return examiner->walk_result || is_whole;
    case WPB_PHP_IGBINARY:
        if (chunk.len)
            fill_head(examiner, &chunk);
        return examiner->head_len == HEAD_MAX || is_whole;
    default:
        return 1;
    }
}

/* What the walk of a part says about the whole. */
static void estimate_cost(const struct wpb_examiner *examiner, uint64_t walked,
                          struct wpb_examination *result)
{
    struct wpb_php_memory scaled = examiner->memory;
    uint64_t known = examiner->accounted < walked ? examiner->accounted : walked;
    if (examiner->is_implausible || known == 0 || known < walked / 2)
        return;
    uint64_t root =
        scaled.has_array_root && scaled.root_data ? WPB_ZEND_ARRAY + scaled.root_data : 0;
    double factor = (double)examiner->value_bytes / (double)known;
    scaled.held = root + (uint64_t)((double)(scaled.held - root) * factor);
    scaled.values = (uint64_t)((double)scaled.values * factor);
    scaled.objects = (uint64_t)((double)scaled.objects * factor);
    wpb_php_memory_cost(&scaled, examiner->value_bytes, &result->cost);
    result->cost.provenance = WPB_ESTIMATED;
    result->has_cost = true;
}

static void finish_walk(struct wpb_examiner *examiner, struct wpb_examination *result)
{
    bool is_cut = examiner->walk_result == 0 && examiner->fed < examiner->value_bytes;
    if (examiner->walk_result == 0 && !is_cut)
        examiner->walk_result =
            wpb_php_walker_finish(examiner->walker, &examiner->walk_err);
    uint64_t walked = wpb_php_walker_bytes(examiner->walker);
    result->entries = examiner->entries;
    result->elements = wpb_php_walker_elements(examiner->walker);
    result->max_depth = examiner->max_depth;
    if (is_cut)
        snprintf(result->flaw, sizeof(result->flaw),
                 "only the first %llu of %llu bytes were read",
                 (unsigned long long)examiner->fed,
                 (unsigned long long)examiner->value_bytes);
    else if (examiner->walk_result)
        snprintf(result->flaw, sizeof(result->flaw), "%s", examiner->walk_err.message);

    result->is_complete = !is_cut && examiner->walk_result == 0;
    if (result->is_complete) {
        wpb_php_memory_cost(&examiner->memory, examiner->value_bytes, &result->cost);
        result->has_cost = true;
    } else if (is_cut || examiner->walk_err.code != WPB_E_SYNTAX) {
        estimate_cost(examiner, walked, result);
    }
}

/* The outermost counts and their parts, which only a walk gives. */
static void finish_structure(struct wpb_examiner *examiner, struct wpb_arena *arena,
                             struct wpb_examination *result)
{
    result->path_count =
        wpb_heaviest_finish(examiner->heaviest, wpb_php_walker_bytes(examiner->walker),
                            arena, result->paths, WPB_EXAMINE_PATHS_MAX);
    result->family_count =
        wpb_families_top(examiner->families, result->families, WPB_EXAMINE_FAMILIES_MAX);
    result->family_names = wpb_families_names(examiner->families);
    for (size_t i = 0; i < result->family_count; i++)
        result->families[i].template_name =
            wpb_arena_copy(arena, result->families[i].template_name);
}

static void finish_igbinary(const struct wpb_examiner *examiner,
                            struct wpb_examination *result)
{
    struct wpb_slice head = wpb_slice_of(examiner->head, examiner->head_len);
    struct wpb_err err;
    result->entries = examiner->head_entries;
    if (wpb_igbinary_head_is_flags(head) &&
        wpb_php_notoptions_cost(head, examiner->value_bytes, examiner->version,
                                &result->cost, &err) == 0) {
        result->cost.provenance = WPB_ESTIMATED;
        result->has_cost = true;
    }
    snprintf(result->flaw, sizeof(result->flaw), "%s",
             result->has_cost ? "igbinary: sizes estimated from the first bytes; names "
                                "need a later version"
                              : "igbinary: only the number of entries is read; the rest "
                                "needs a later version");
}

/* Bytes that are not encoded reach PHP as one string. */
static void finish_raw(const struct wpb_examiner *examiner,
                       struct wpb_examination *result)
{
    uint64_t bytes = wpb_zend_string_bytes(examiner->value_bytes);
    result->is_complete = true;
    result->has_cost = true;
    result->cost = (struct wpb_php_cost){
        .value_bytes = bytes,
        .read_peak_bytes = bytes,
        .rewrite_peak_bytes = bytes,
        .provenance = WPB_ESTIMATED,
    };
}

void wpb_examiner_finish(struct wpb_examiner *examiner, struct wpb_arena *arena,
                         struct wpb_examination *result)
{
    memset(result, 0, sizeof(*result));
    if (!examiner->is_sniffed)
        sniff(examiner);
    result->encoding = examiner->encoding;
    result->value_bytes = examiner->value_bytes;
    result->examined_bytes = examiner->fed;
    switch (examiner->encoding) {
    case WPB_PHP_SERIALIZE:
        finish_walk(examiner, result);
        finish_structure(examiner, arena, result);
        break;
    case WPB_PHP_IGBINARY:
        finish_igbinary(examiner, result);
        break;
    case WPB_PHP_RAW:
        finish_raw(examiner, result);
        break;
    case WPB_PHP_EMPTY:
        result->is_complete = true;
        break;
    case WPB_PHP_ARRAY_LITERAL:
        snprintf(result->flaw, sizeof(result->flaw),
                 "the text \"Array\": an array was stored without a serializer and is "
                 "lost");
        break;
    default:
        snprintf(result->flaw, sizeof(result->flaw),
                 "%s: recognised by its first bytes, not taken apart by this version",
                 wpb_php_encoding_name(examiner->encoding));
        break;
    }
    result->provenance = result->is_complete ? WPB_EXACT : WPB_ESTIMATED;
}
