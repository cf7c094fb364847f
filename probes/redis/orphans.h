/*
 * orphans.h - keys whose stamp is no longer the current one, proven during a pass.
 *
 * What is current is kept by the site under a key of its own. The first stamped key of
 * a group makes that key wanted: the caller reads it (wpb_orphans_next()) and tells what
 * it found. Keys met until then wait to be judged. A stamp older than the current one
 * makes an orphan; a newer one means that the site has moved on since it was read. What
 * cannot be judged is stamped, but neither judged nor an orphan. Memory is bounded:
 * WPB_ORPHANS_WANTED_MAX values are asked for. Pure; one thread.
 */
#ifndef WPB_REDIS_ORPHANS_H
#define WPB_REDIS_ORPHANS_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/wordpress/grammar.h"

/* WooCommerce has a prefix per product: reading it refreshes that key's LRU clock, so
 * that only so many are. */
#define WPB_ORPHANS_WANTED_MAX 512
/* Keys that wait for a value to come. */
#define WPB_ORPHANS_WAITING_MAX 4096

struct wpb_orphan_counts {
    uint64_t stamped_keys;
    uint64_t judged_keys; /* of the stamped ones */
    uint64_t orphan_keys, orphan_bytes;
};

struct wpb_orphans;

struct wpb_orphans *wpb_orphans_new(void);
void wpb_orphans_free(struct wpb_orphans *orphans);

/* Look at KEY of BYTES, which has PARTS on SITE, and count it in COUNTS, which must
 * outlive the pass. */
void wpb_orphans_add(struct wpb_orphans *orphans, struct wpb_slice key,
                     const struct wpb_key_parts *parts, const struct wpb_site *site,
                     uint64_t bytes, struct wpb_orphan_counts *counts);

/* How many keys' values are wanted now. */
uint32_t wpb_orphans_wanted(const struct wpb_orphans *orphans);
/* The next key whose first WPB_STAMP_VALUE_BYTES are wanted; valid until the next call
 * of any function here. False when there is none. */
bool wpb_orphans_next(struct wpb_orphans *orphans, struct wpb_slice *key, uint32_t *id);
/* That key holds VALUE; empty: it is not there, or cannot be read. */
void wpb_orphans_current(struct wpb_orphans *orphans, uint32_t id,
                         struct wpb_slice value);

#endif
