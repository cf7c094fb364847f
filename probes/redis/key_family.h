/*
 * key_family.h - the ids of a pass folded into families, in bounded memory.
 *
 * A family is a template ("wp_query-<hex>-<n>.<n> <n>") of one group. At most
 * WPB_KEY_FAMILIES_MAX are told apart over all groups; beyond that the lighter half
 * goes to "<other>" of its group, so that the heaviest stay. Pure; one thread.
 */
#ifndef WPB_REDIS_KEY_FAMILY_H
#define WPB_REDIS_KEY_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wpbloat/slice.h"

#define WPB_KEY_FAMILIES_MAX 256

struct wpb_key_families;

struct wpb_key_family {
    uint32_t group; /* the caller's number */
    struct wpb_slice template_name;
    uint64_t keys, bytes, ttlless_keys;
};

/* GROUPS: numbers of groups lie below it. NULL when memory is out. */
struct wpb_key_families *wpb_key_families_new(uint32_t groups);
void wpb_key_families_free(struct wpb_key_families *families);

/* Count WEIGHT keys like the one with ID in GROUP, each of BYTES. */
void wpb_key_families_add(struct wpb_key_families *families, uint32_t group,
                          struct wpb_slice id, uint64_t bytes, bool is_ttlless,
                          uint64_t weight);

/* One key more of that family never expires; it was added before that was known. */
void wpb_key_families_ttlless(struct wpb_key_families *families, uint32_t group,
                              struct wpb_slice id);

/* False once a family was given up for want of room: what is kept is then as much at
 * least. */
bool wpb_key_families_are_whole(const struct wpb_key_families *families);

/* All families, most bytes first, with "<other>" of the groups that lost some. Valid
 * until the next call of any function here; NULL, with *COUNT 0, when memory is out. */
const struct wpb_key_family *wpb_key_families_sorted(struct wpb_key_families *families,
                                                     size_t *count);

#endif
