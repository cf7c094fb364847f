#include "probes/php/examine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "probes/php/compressed.h"
#include "probes/php/decoder.h"
#include "probes/php/heaviest.h"
#include "probes/php/name_sample.h"
#include "probes/php/zend.h"

#define MAGIC 0x57504558U
#define SNIFF_BYTES 16
#define FAMILIES_HELD 4096
/* An element takes six bytes or more, i:0;N; and in igbinary a byte each for key and
 * value. */
#define ELEMENT_MIN 6
#define IGBINARY_ELEMENT_MIN 2

struct wpb_examiner {
    uint32_t magic;
    uint32_t version;
    uint64_t value_bytes, fed;
    struct wpb_php_limits limits;
    char head[SNIFF_BYTES];
    size_t head_len;
    bool is_sniffed;
    enum wpb_php_encoding encoding;
    struct wpb_compressed *compressed; /* examines what it expands; or NULL */
    bool is_walked;
    struct wpb_decoder *decoder;
    int walk_result;
    struct wpb_err walk_err;
    struct wpb_families *families;
    size_t sample_size; /* 0: none is drawn */
    struct wpb_topk *sample;
    struct wpb_heaviest *heaviest;
    struct wpb_php_memory memory;
    struct wpb_wrapper_watch wrapper;
    bool is_implausible; /* a count that cannot be in the bytes that are left */
    bool is_out_of_memory;
    uint64_t entries; /* of the outermost array */
    uint64_t seen;    /* ... met so far */
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
    uint64_t least =
        examiner->encoding == WPB_PHP_IGBINARY ? IGBINARY_ELEMENT_MIN : ELEMENT_MIN;
    if (event->count > left / least)
        examiner->is_implausible = true;
}

static void add_name(struct wpb_examiner *examiner, struct wpb_slice name)
{
    wpb_families_add(examiner->families, name);
    if (examiner->sample)
        wpb_name_sample_offer(examiner->sample, name);
}

/* Begin with no names; when memory is out those there were stay. */
static bool forget_names(struct wpb_examiner *examiner)
{
    struct wpb_families *families = wpb_families_new(FAMILIES_HELD);
    struct wpb_topk *sample =
        examiner->sample_size ? wpb_topk_new(examiner->sample_size) : NULL;
    if (!families || (examiner->sample_size && !sample)) {
        wpb_families_free(families);
        wpb_topk_free(sample);
        return false;
    }
    wpb_families_free(examiner->families);
    wpb_topk_free(examiner->sample);
    examiner->families = families;
    examiner->sample = sample;
    return true;
}

/* There was no wrapper: the names are those of the outermost array, of which COUNT
 * came so far. */
static void unwrap(struct wpb_examiner *examiner, uint32_t count)
{
    if (!forget_names(examiner)) {
        examiner->is_out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        add_name(examiner, wpb_slice_cstr(examiner->wrapper.names[i]));
}

static void take_name(struct wpb_examiner *examiner, const struct wpb_php_event *event)
{
    enum wpb_wrapper_part part = wpb_wrapper_watch(&examiner->wrapper, event);
    if (event->depth == 1 && event->phase != WPB_PHP_LEAVE)
        examiner->seen++;
    if (part == WPB_WRAPPER_OTHER)
        return;
    if (part == WPB_WRAPPER_IS_REFUSED)
        unwrap(examiner, examiner->wrapper.keys - 1);
    bool is_unknown = event->key.len == 0 && event->key_len > 0;
    if (event->key_is_int || is_unknown)
        return;
    if (event->key_len == event->key.len)
        add_name(examiner, event->key);
    else
        wpb_families_add(examiner->families, whole_characters(event));
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
    if (event->depth == 0)
        examiner->entries = event->type == WPB_PHP_ARRAY ? event->count : 0;
    if (event->depth <= 2)
        take_name(examiner, event);
    if (wpb_heaviest_wants(event))
        wpb_heaviest_add(examiner->heaviest, event);
    examiner->accounted = event->offset + event->bytes;
    return examiner->is_out_of_memory ? -1 : 0;
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
    if (limits)
        examiner->limits = *limits;
    examiner->families = wpb_families_new(FAMILIES_HELD);
    examiner->heaviest = wpb_heaviest_new();
    if (!examiner->families || !examiner->heaviest) {
        wpb_examiner_free(examiner);
        return NULL;
    }
    return examiner;
}

void wpb_examiner_free(struct wpb_examiner *examiner)
{
    if (!examiner)
        return;
    wpb_compressed_free(examiner->compressed);
    wpb_decoder_free(examiner->decoder);
    wpb_families_free(examiner->families);
    wpb_topk_free(examiner->sample);
    wpb_heaviest_free(examiner->heaviest);
    examiner->magic = 0;
    free(examiner);
}

static void walk(struct wpb_examiner *examiner, struct wpb_slice chunk)
{
    if (examiner->walk_result == 0)
        examiner->walk_result =
            wpb_decoder_feed(examiner->decoder, chunk, &examiner->walk_err);
}

static void begin_walk(struct wpb_examiner *examiner, enum wpb_php_decoder decoder)
{
    examiner->is_walked = true;
    examiner->wrapper.is_serialize = decoder == WPB_PHP_UNSERIALIZE;
    wpb_php_memory_init(&examiner->memory, decoder, examiner->version);
    examiner->decoder = wpb_decoder_new(decoder, &examiner->limits, visit, examiner);
    if (!examiner->decoder)
        examiner->walk_result =
            wpb_err_set(&examiner->walk_err, WPB_E_MEMORY, "php", "out of memory");
}

void wpb_examiner_sample_names(struct wpb_examiner *examiner, size_t count)
{
    examiner->sample_size = count;
    if (!forget_names(examiner))
        examiner->is_out_of_memory = true;
}

void wpb_examiner_set_length(struct wpb_examiner *examiner, uint64_t value_bytes)
{
    examiner->value_bytes = value_bytes;
}

static void sniff(struct wpb_examiner *examiner)
{
    struct wpb_slice head = wpb_slice_of(examiner->head, examiner->head_len);
    enum wpb_php_decoder decoder;
    enum wpb_codec_kind codec;
    uint64_t ignored;
    examiner->is_sniffed = true;
    examiner->encoding = wpb_php_sniff(head, examiner->value_bytes, &ignored);
    if (wpb_decoder_of(examiner->encoding, &decoder)) {
        begin_walk(examiner, decoder);
        walk(examiner, head);
    } else if (wpb_compressed_of(examiner->encoding, &codec)) {
        examiner->compressed =
            wpb_compressed_new(codec, examiner->value_bytes, examiner->version,
                               &examiner->limits, &examiner->walk_err);
        if (!examiner->compressed)
            return;
        wpb_compressed_sample_names(examiner->compressed, examiner->sample_size);
        wpb_compressed_feed(examiner->compressed, head);
    }
}

/* Take what the head still lacks from CHUNK. */
static void fill_head(struct wpb_examiner *examiner, struct wpb_slice *chunk)
{
    struct wpb_slice part = wpb_slice_head(*chunk, SNIFF_BYTES - examiner->head_len);
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
    if (examiner->compressed)
        return wpb_compressed_feed(examiner->compressed, chunk) || is_whole;
    if (!examiner->is_walked)
        return 1;
    if (chunk.len)
        walk(examiner, chunk);
    return examiner->walk_result || is_whole;
}

static uint64_t scaled_up(uint64_t number, double factor)
{
    return (uint64_t)((double)number * factor);
}

/* JSON does not say how many will come: as many as fit, if they go on so. */
static void estimate_entries(const struct wpb_examiner *examiner, double factor,
                             struct wpb_php_memory *scaled,
                             struct wpb_examination *result)
{
    if (examiner->encoding != WPB_PHP_JSON || !scaled->has_array_root)
        return;
    scaled->entries = scaled_up(examiner->seen, factor);
    result->entries = scaled->entries;
    uint64_t slots = wpb_zend_hash_slots(scaled->entries);
    scaled->root_data = scaled->is_root_packed
                            ? wpb_zend_packed_bytes(slots, scaled->version)
                            : wpb_zend_hash_bytes(slots);
}

/* What the walk of a part says about the whole. */
static void estimate_cost(const struct wpb_examiner *examiner, uint64_t walked,
                          struct wpb_examination *result)
{
    struct wpb_php_memory scaled = examiner->memory;
    uint64_t known = examiner->accounted < walked ? examiner->accounted : walked;
    if (examiner->is_implausible || known == 0 || known < walked / 2)
        return;
    bool has_root = scaled.has_array_root && scaled.root_data;
    double factor = (double)examiner->value_bytes / (double)known;
    scaled.held -= has_root ? WPB_ZEND_ARRAY + scaled.root_data : 0;
    estimate_entries(examiner, factor, &scaled, result);
    scaled.held = scaled_up(scaled.held, factor) +
                  (has_root ? WPB_ZEND_ARRAY + scaled.root_data : 0);
    scaled.values = scaled_up(scaled.values, factor);
    scaled.objects = scaled_up(scaled.objects, factor);
    scaled.strings = scaled_up(scaled.strings, factor);
    scaled.references = scaled_up(scaled.references, factor);
    wpb_php_memory_cost(&scaled, examiner->value_bytes, &result->cost);
    result->cost.provenance = WPB_ESTIMATED;
    result->has_cost = true;
}

/* Who rewrites the value copies the array that was wrapped, not the wrapper. */
static void unwrap_cost(const struct wpb_examiner *examiner,
                        struct wpb_examination *result)
{
    struct wpb_php_cost *cost = &result->cost;
    cost->entries = examiner->wrapper.entries;
    cost->rewrite_peak_bytes += wpb_zend_hash_bytes(examiner->wrapper.entries + 1) -
                                wpb_zend_hash_bytes(examiner->entries + 1);
}

static void finish_wrapper(struct wpb_examiner *examiner, struct wpb_examination *result)
{
    struct wpb_wrapper_watch *watch = &examiner->wrapper;
    result->wrapper = wpb_wrapper_verdict(watch, result->is_complete);
    if (result->wrapper != WPB_WRAPPER_NONE) {
        result->entries = watch->entries;
        if (result->has_cost)
            unwrap_cost(examiner, result);
    } else if (watch->keys > 0 && !watch->is_refused) {
        unwrap(examiner, watch->keys);
    }
}

static void finish_walk(struct wpb_examiner *examiner, struct wpb_examination *result)
{
    bool is_cut = examiner->walk_result == 0 && examiner->fed < examiner->value_bytes;
    if (examiner->walk_result == 0 && !is_cut)
        examiner->walk_result =
            wpb_decoder_finish(examiner->decoder, &examiner->walk_err);
    result->entries = examiner->entries;
    result->max_depth = examiner->max_depth;
    if (examiner->decoder)
        result->elements = wpb_decoder_elements(examiner->decoder);
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
    } else if (examiner->decoder && (is_cut || examiner->walk_err.code != WPB_E_SYNTAX)) {
        estimate_cost(examiner, wpb_decoder_bytes(examiner->decoder), result);
    }
    finish_wrapper(examiner, result);
}

static void finish_sample(struct wpb_topk *sample, struct wpb_arena *arena,
                          struct wpb_examination *result)
{
    const struct wpb_topk_item *drawn = wpb_topk_sorted(sample, &result->name_count);
    struct wpb_slice *names =
        wpb_arena_alloc(arena, (result->name_count + 1) * sizeof(*names));
    for (size_t i = 0; i < result->name_count; i++)
        names[i] = wpb_arena_copy(arena, drawn[i].name);
    result->names = names;
}

/* The outermost counts and their parts, which only a walk gives. */
static void finish_structure(struct wpb_examiner *examiner, struct wpb_arena *arena,
                             struct wpb_examination *result)
{
    uint64_t walked = examiner->decoder ? wpb_decoder_bytes(examiner->decoder) : 0;
    result->path_count = wpb_heaviest_finish(examiner->heaviest, walked, arena,
                                             result->paths, WPB_EXAMINE_PATHS_MAX);
    result->family_count =
        wpb_families_top(examiner->families, result->families, WPB_EXAMINE_FAMILIES_MAX);
    result->family_names = wpb_families_names(examiner->families);
    for (size_t i = 0; i < result->family_count; i++)
        result->families[i].template_name =
            wpb_arena_copy(arena, result->families[i].template_name);
    if (examiner->sample)
        finish_sample(examiner->sample, arena, result);
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
    if (examiner->compressed) {
        wpb_compressed_finish(examiner->compressed, arena, result);
        return;
    }
    result->encoding = examiner->encoding;
    result->compression = WPB_PHP_RAW;
    result->value_bytes = examiner->value_bytes;
    result->examined_bytes = examiner->fed;
    switch (examiner->encoding) {
    case WPB_PHP_SERIALIZE:
    case WPB_PHP_IGBINARY:
    case WPB_PHP_JSON:
        finish_walk(examiner, result);
        finish_structure(examiner, arena, result);
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
    case WPB_PHP_ZSTD:
    case WPB_PHP_LZ4:
    case WPB_PHP_LZF:
        snprintf(result->flaw, sizeof(result->flaw), "%s", examiner->walk_err.message);
        break;
    default:
        snprintf(result->flaw, sizeof(result->flaw),
                 "%s: recognised by its first bytes, not taken apart by this version",
                 wpb_php_encoding_name(examiner->encoding));
        break;
    }
    bool is_known = !examiner->decoder || wpb_decoder_unknown(examiner->decoder) == 0;
    result->provenance = result->is_complete && is_known ? WPB_EXACT : WPB_ESTIMATED;
}

void wpb_examination_encoding(const struct wpb_examination *examination,
                              char text[WPB_EXAMINE_ENCODING_MAX])
{
    bool is_compressed = examination->compression != WPB_PHP_RAW;
    snprintf(text, WPB_EXAMINE_ENCODING_MAX, "%s%s%s",
             is_compressed ? wpb_php_encoding_name(examination->compression) : "",
             is_compressed ? "+" : "", wpb_php_encoding_name(examination->encoding));
}

const char *wpb_php_type_name(enum wpb_php_type type)
{
    switch (type) {
    case WPB_PHP_NULL:
        return "null";
    case WPB_PHP_BOOL:
        return "bool";
    case WPB_PHP_INT:
        return "int";
    case WPB_PHP_FLOAT:
        return "float";
    case WPB_PHP_STRING:
        return "string";
    case WPB_PHP_ARRAY:
        return "array";
    case WPB_PHP_OBJECT:
    case WPB_PHP_CUSTOM:
        return "object";
    case WPB_PHP_ENUM:
        return "enum";
    case WPB_PHP_REFERENCE:
        return "reference";
    }
    return "unknown";
}
