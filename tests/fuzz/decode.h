/*
 * decode.h - one value through a decoder, for the fuzz targets of igbinary and JSON.
 *
 * Whole, cut by its own bytes, and byte by byte, the walk must report the same events
 * and end alike; the memory model must take whatever is reported.
 */
#ifndef WPB_TESTS_FUZZ_DECODE_H
#define WPB_TESTS_FUZZ_DECODE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/php/decoder.h"

struct decoded {
    struct wpb_php_memory memory;
    uint64_t events, digest;
    uint64_t elements, bytes;
    uint32_t depth; /* of open arrays and objects */
    int result;
    struct wpb_err err;
};

static inline void decode_mix(struct decoded *decoded, uint64_t value)
{
    decoded->digest = (decoded->digest ^ value) * UINT64_C(1099511628211);
}

static inline void decode_must(bool is_true, const char *what)
{
    if (is_true)
        return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

static inline int decode_visit(void *cookie, const struct wpb_php_event *event)
{
    struct decoded *decoded = cookie;
    wpb_php_memory_add(&decoded->memory, event);
    decoded->events++;
    decoded->depth -= event->phase == WPB_PHP_LEAVE;
    decode_must(event->depth == decoded->depth, "the depth is that of what is open");
    decoded->depth += event->phase == WPB_PHP_ENTER;
    decode_must(event->has_key == (event->depth > 0), "elements have a key");
    decode_must(event->key.len <= WPB_PHP_KEY_MAX && event->key.len <= event->key_len,
                "a key is not longer than it says");
    const uint64_t parts[] = {event->phase,
                              event->type,
                              event->depth,
                              event->key_is_int,
                              (uint64_t)event->key_int,
                              wpb_slice_hash(event->key),
                              event->key_len,
                              event->length,
                              event->count,
                              wpb_slice_hash(event->class_name),
                              event->is_property,
                              event->target,
                              event->is_hard,
                              event->is_shared,
                              event->key_is_shared,
                              event->table_to.slots,
                              event->table_to.is_packed,
                              event->offset,
                              event->bytes};
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        decode_mix(decoded, parts[i]);
    return 0;
}

/* FIXED: bytes of each chunk, 0 to take sizes from the input. */
static inline void decode(enum wpb_php_decoder kind, const uint8_t *data, size_t size,
                          size_t fixed, struct decoded *decoded)
{
    const struct wpb_php_limits limits = {
        .max_bytes = 1 << 20, .max_elements = 5000, .max_depth = 64};
    *decoded = (struct decoded){0};
    wpb_php_memory_init(&decoded->memory, kind, 0);
    struct wpb_decoder *decoder = wpb_decoder_new(kind, &limits, decode_visit, decoded);
    decode_must(decoder != NULL, "there is memory");
    size_t at = 0;
    while (at < size && decoded->result == 0) {
        size_t len = fixed ? fixed : (size_t)(data[(at * 7 + size) % size] % 61) + 1;
        if (len > size - at)
            len = size - at;
        /* A block of its own, so that a look past the chunk is seen. */
        char *chunk = malloc(len);
        decode_must(chunk != NULL, "there is memory");
        memcpy(chunk, data + at, len);
        decoded->result =
            wpb_decoder_feed(decoder, wpb_slice_of(chunk, len), &decoded->err);
        free(chunk);
        at += len;
    }
    if (decoded->result == 0)
        decoded->result = wpb_decoder_finish(decoder, &decoded->err);
    decoded->elements = wpb_decoder_elements(decoder);
    decoded->bytes = wpb_decoder_bytes(decoder);
    wpb_decoder_free(decoder);
}

static inline void decode_alike(const struct decoded *a, const struct decoded *b)
{
    if (a->events == b->events && a->digest == b->digest && a->elements == b->elements &&
        a->bytes == b->bytes && a->result == b->result && a->err.code == b->err.code &&
        strcmp(a->err.message, b->err.message) == 0)
        return;
    fprintf(stderr, "whole: %llu events, \"%s\"; in chunks: %llu events, \"%s\"\n",
            (unsigned long long)a->events, a->err.message, (unsigned long long)b->events,
            b->err.message);
    abort();
}

static inline int decode_three_ways(enum wpb_php_decoder kind, const uint8_t *data,
                                    size_t size)
{
    struct decoded whole, cut, single;
    struct wpb_php_cost cost;
    decode(kind, data, size, SIZE_MAX, &whole);
    decode(kind, data, size, 0, &cut);
    decode(kind, data, size, 1, &single);
    decode_alike(&whole, &cut);
    decode_alike(&whole, &single);
    wpb_php_memory_cost(&whole.memory, size, &cost);
    if (whole.result == 0) {
        decode_must(whole.elements > 0 && whole.bytes == size, "all of it was read");
        decode_must(whole.depth == 0, "what was opened is closed");
        decode_must(cost.read_peak_bytes >= cost.value_bytes, "the peak holds the value");
    } else {
        decode_must(whole.bytes <= size, "a flaw is within the value");
    }
    return 0;
}

#endif
