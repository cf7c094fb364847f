#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/php/walk.h"
#include "tests/fuzz/fuzz.h"

/* The input is a value; its own bytes say how it is cut into chunks. Whole, cut
 * and byte by byte must report the same events and end alike. */

struct outcome {
    uint64_t events;
    uint64_t digest;
    uint64_t elements, bytes;
    int result;
    struct wpb_err err;
};

static void mix(struct outcome *outcome, uint64_t value)
{
    outcome->digest = (outcome->digest ^ value) * UINT64_C(1099511628211);
}

static int visit(void *cookie, const struct wpb_php_event *event)
{
    struct outcome *outcome = cookie;
    outcome->events++;
    mix(outcome, event->phase);
    mix(outcome, event->type);
    mix(outcome, event->depth);
    mix(outcome, event->has_key);
    mix(outcome, event->has_key && event->key_is_int);
    mix(outcome, event->key_is_int ? (uint64_t)event->key_int : 0);
    mix(outcome, wpb_slice_hash(event->key));
    mix(outcome, event->key_len);
    mix(outcome, event->length);
    mix(outcome, event->count);
    mix(outcome, wpb_slice_hash(event->class_name));
    mix(outcome, event->is_property);
    mix(outcome, event->target);
    mix(outcome, event->is_hard);
    mix(outcome, event->offset);
    mix(outcome, event->bytes);
    return 0;
}

/* FIXED: bytes of each chunk, 0 to take sizes from the input. */
static void walk(const uint8_t *data, size_t size, size_t fixed, struct outcome *outcome)
{
    const struct wpb_php_limits limits = {
        .max_bytes = 1 << 20, .max_elements = 5000, .max_depth = 64};
    *outcome = (struct outcome){0};
    struct wpb_php_walker *walker = wpb_php_walker_new(&limits, visit, outcome);
    if (!walker)
        abort();
    size_t at = 0;
    while (at < size && outcome->result == 0) {
        size_t len = fixed ? fixed : (size_t)(data[(at * 7 + size) % size] % 61) + 1;
        if (len > size - at)
            len = size - at;
        /* A block of its own, so that a look past the chunk is seen. */
        char *chunk = malloc(len);
        if (!chunk)
            abort();
        memcpy(chunk, data + at, len);
        outcome->result =
            wpb_php_walker_feed(walker, wpb_slice_of(chunk, len), &outcome->err);
        free(chunk);
        at += len;
    }
    if (outcome->result == 0)
        outcome->result = wpb_php_walker_finish(walker, &outcome->err);
    outcome->elements = wpb_php_walker_elements(walker);
    outcome->bytes = wpb_php_walker_bytes(walker);
    wpb_php_walker_free(walker);
}

static void must_be_equal(const struct outcome *a, const struct outcome *b)
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole, cut, single;
    walk(data, size, SIZE_MAX, &whole);
    walk(data, size, 0, &cut);
    walk(data, size, 1, &single);
    must_be_equal(&whole, &cut);
    must_be_equal(&whole, &single);
    if (whole.result == 0 && (whole.elements == 0 || whole.bytes != size))
        abort();
    return 0;
}
