#include "probes/php/compressed.h"

#include <stdio.h>
#include <stdlib.h>

#include "probes/php/zend.h"

/* No three bytes of lzf expand to more. */
#define LZF_MAX 264

struct wpb_compressed {
    enum wpb_codec_kind kind;
    uint64_t stored_bytes, fed;
    uint32_t version;
    size_t sample_size;
    struct wpb_php_limits limits;
    struct wpb_codec *codec;
    struct wpb_examiner *inner; /* from the first expanded byte on */
    bool is_enough;             /* the inner examiner needs no more */
    bool is_out_of_memory;
    int result;
    struct wpb_err err;
};

static const struct {
    enum wpb_php_encoding encoding;
    enum wpb_codec_kind kind;
} kinds[] = {
    {WPB_PHP_ZSTD, WPB_CODEC_ZSTD},
    {WPB_PHP_LZ4, WPB_CODEC_LZ4},
    {WPB_PHP_LZF, WPB_CODEC_LZF},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

bool wpb_compressed_of(enum wpb_php_encoding encoding, enum wpb_codec_kind *kind)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].encoding != encoding)
            continue;
        *kind = kinds[i].kind;
        return true;
    }
    return false;
}

static enum wpb_php_encoding encoding_of(enum wpb_codec_kind kind)
{
    size_t i = 0;
    while (kinds[i].kind != kind)
        i++;
    return kinds[i].encoding;
}

/* Until the end is seen, a length that nothing declares is as large as it can be. */
static uint64_t length_at_first(const struct wpb_compressed *compressed)
{
    uint64_t declared;
    if (wpb_codec_declared(compressed->codec, &declared))
        return declared;
    return compressed->kind == WPB_CODEC_LZF ? compressed->stored_bytes * LZF_MAX
                                             : UINT64_MAX / 2;
}

static void begin_inner(struct wpb_compressed *compressed)
{
    compressed->inner = wpb_examiner_new(length_at_first(compressed), compressed->version,
                                         &compressed->limits);
    if (compressed->inner && compressed->sample_size)
        wpb_examiner_sample_names(compressed->inner, compressed->sample_size);
}

static int take(void *cookie, struct wpb_slice chunk)
{
    struct wpb_compressed *compressed = cookie;
    if (!compressed->inner)
        begin_inner(compressed);
    if (!compressed->inner) {
        compressed->is_out_of_memory = true;
        return 1;
    }
    /* All is expanded, so that what is said of it does not depend on the chunks. */
    if (!compressed->is_enough)
        compressed->is_enough = wpb_examiner_feed(compressed->inner, chunk) != 0;
    return 0;
}

static uint64_t expanded_max(const struct wpb_php_limits *limits)
{
    uint64_t max = limits->max_bytes;
    return max && max < WPB_EXAMINE_EXPANDED_MAX ? max : WPB_EXAMINE_EXPANDED_MAX;
}

struct wpb_compressed *wpb_compressed_new(enum wpb_codec_kind kind, uint64_t stored_bytes,
                                          uint32_t version,
                                          const struct wpb_php_limits *limits,
                                          struct wpb_err *err)
{
    struct wpb_compressed *compressed = calloc(1, sizeof *compressed);

    if (!compressed) {
        wpb_err_set(err, WPB_E_MEMORY, "php", "out of memory");
        return NULL;
    }
    compressed->kind = kind;
    compressed->stored_bytes = stored_bytes;
    compressed->version = version;
    compressed->limits = *limits;
    compressed->codec = wpb_codec_new(kind, expanded_max(limits), take, compressed, err);
    if (compressed->codec)
        return compressed;
    free(compressed);
    return NULL;
}

void wpb_compressed_free(struct wpb_compressed *compressed)
{
    if (!compressed)
        return;
    wpb_codec_free(compressed->codec);
    wpb_examiner_free(compressed->inner);
    free(compressed);
}

void wpb_compressed_sample_names(struct wpb_compressed *compressed, size_t count)
{
    compressed->sample_size = count;
}

int wpb_compressed_feed(struct wpb_compressed *compressed, struct wpb_slice chunk)
{
    compressed->fed += chunk.len;
    if (compressed->result == 0)
        compressed->result = wpb_codec_feed(compressed->codec, chunk, &compressed->err);
    return compressed->result != 0;
}

/* ---- the result ---- */

/* Was the value expanded to its end? */
static bool is_expanded(struct wpb_compressed *compressed)
{
    if (compressed->result == 0 && compressed->fed >= compressed->stored_bytes)
        compressed->result = wpb_codec_finish(compressed->codec, &compressed->err);
    return compressed->result == 0 && compressed->fed >= compressed->stored_bytes;
}

/* The whole length: declared, or that of the whole, or of what was not refused, or in
 * proportion to the part that was read. */
static uint64_t decoded_length(const struct wpb_compressed *compressed, bool is_whole)
{
    uint64_t produced = wpb_codec_produced(compressed->codec), declared;
    double part = (double)compressed->fed / (double)compressed->stored_bytes;

    if (wpb_codec_declared(compressed->codec, &declared))
        return declared;
    if (is_whole)
        return produced;
    return compressed->result ? produced + 1 : (uint64_t)((double)produced / part) + 1;
}

static void say_flaw(const struct wpb_compressed *compressed,
                     struct wpb_examination *result)
{
    char inner[sizeof result->flaw];

    if (compressed->is_out_of_memory) {
        snprintf(result->flaw, sizeof result->flaw, "out of memory");
    } else if (compressed->err.code && compressed->err.code != WPB_E_CANCELLED) {
        snprintf(result->flaw, sizeof result->flaw, "%s", compressed->err.message);
    } else if (compressed->result == 0 && compressed->fed < compressed->stored_bytes) {
        snprintf(result->flaw, sizeof result->flaw,
                 "only the first %llu of %llu bytes were read",
                 (unsigned long long)compressed->fed,
                 (unsigned long long)compressed->stored_bytes);
    } else if (result->flaw[0]) {
        memcpy(inner, result->flaw, sizeof inner);
        snprintf(result->flaw, sizeof result->flaw, "expanded: %.*s",
                 (int)(sizeof inner - sizeof "expanded: "), inner);
    }
}

/* PHP holds the stored bytes too, while it expands and when it sends. It does not expand
 * what is malformed; and of what was refused, only a declared length tells the cost. */
static void finish_cost(const struct wpb_compressed *compressed,
                        struct wpb_examination *result)
{
    uint64_t stored = wpb_zend_string_bytes(compressed->stored_bytes), declared;
    bool is_length_known = wpb_codec_declared(compressed->codec, &declared);

    if (compressed->err.code == WPB_E_SYNTAX ||
        (compressed->result != 0 && !is_length_known)) {
        result->has_cost = false;
        result->cost = (struct wpb_php_cost){0};
    }
    if (!result->has_cost)
        return;
    result->cost.read_peak_bytes += stored;
    result->cost.rewrite_peak_bytes += stored;
    result->cost.provenance = WPB_ESTIMATED;
}

void wpb_compressed_finish(struct wpb_compressed *compressed, struct wpb_arena *arena,
                           struct wpb_examination *result)
{
    bool is_whole = is_expanded(compressed);
    uint64_t length = decoded_length(compressed, is_whole);

    memset(result, 0, sizeof *result);
    result->encoding = encoding_of(compressed->kind);
    result->compression = WPB_PHP_RAW;
    if (compressed->inner) {
        wpb_examiner_set_length(compressed->inner, length);
        wpb_examiner_finish(compressed->inner, arena, result);
        result->compression = encoding_of(compressed->kind);
        result->decoded_bytes = length;
        finish_cost(compressed, result);
    }
    result->value_bytes = compressed->stored_bytes;
    result->examined_bytes = compressed->fed;
    say_flaw(compressed, result);
    if (result->flaw[0])
        result->is_complete = false;
    if (!result->is_complete)
        result->provenance = WPB_ESTIMATED;
}
