/*
 * weights.h - rows and bytes by name over a long pass, in bounded memory.
 *
 * Of more names than fit, the lightest half is forgotten whenever the room is full. What
 * came before that is known exactly; a name that came (or came again) later is known at
 * least. One thread.
 */
#ifndef WPB_MYSQL_WEIGHTS_H
#define WPB_MYSQL_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wpbloat/slice.h"

struct wpb_weights;

struct wpb_weight {
    struct wpb_slice name;
    uint64_t rows, bytes, largest;
    uint64_t largest_tag; /* of the largest row, the caller's */
    bool is_exact;
};

/* Room for CAPACITY names, at least 2. NULL when memory is out. */
struct wpb_weights *wpb_weights_new(size_t capacity);
void wpb_weights_free(struct wpb_weights *weights);

/* A row of NAME with BYTES, TAG the caller's. NAME is copied. False when memory is out.
 */
bool wpb_weights_add(struct wpb_weights *weights, struct wpb_slice name, uint64_t bytes,
                     uint64_t tag);

/* Names that were forgotten, those that came again counted again. */
uint64_t wpb_weights_forgotten(const struct wpb_weights *weights);

/* The items, heaviest first, *COUNT of them; valid until the next call. */
const struct wpb_weight *wpb_weights_sorted(struct wpb_weights *weights, size_t *count);

#endif
