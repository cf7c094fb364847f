/*
 * topk.h - the K heaviest named things of a long stream, in bounded memory.
 *
 * A min-heap of K entries with their names copied, and a small index by name:
 * offering a name again replaces its weight, so a stream with repeats (SCAN)
 * yields each name once. O(1) for the common case of a light newcomer. Names
 * above WPB_TOPK_NAME_MAX bytes are kept whole up to that many bytes and not at
 * all above (offer returns false). One thread.
 */
#ifndef WPB_BASE_TOPK_H
#define WPB_BASE_TOPK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wpbloat/slice.h"

#define WPB_TOPK_NAME_MAX 65536

struct wpb_topk;

struct wpb_topk_item {
    struct wpb_slice name;
    uint64_t weight;
    int64_t tag; /* the caller's: a TTL, an index */
};

/* K between 1 and 10,000. NULL when memory is out. */
struct wpb_topk *wpb_topk_new(size_t k);
void wpb_topk_free(struct wpb_topk *top);

/* True when a thing of WEIGHT would enter now: lets a caller skip the name. */
bool wpb_topk_wants(const struct wpb_topk *top, uint64_t weight);
/* Offer a thing; the name is copied. Equal weights: the name lower in byte order
 * wins, so results do not depend on the order of arrival. True when kept. */
bool wpb_topk_offer(struct wpb_topk *top, struct wpb_slice name, uint64_t weight,
                    int64_t tag);
/* The entry of NAME, to update its tag; NULL when it is not kept. Valid until
 * the next offer. */
struct wpb_topk_item *wpb_topk_find(struct wpb_topk *top, struct wpb_slice name);

/* Sort heaviest first (name order among equals) and return the array of *COUNT
 * entries, valid until the next offer or free. */
const struct wpb_topk_item *wpb_topk_sorted(struct wpb_topk *top, size_t *count);

#endif
