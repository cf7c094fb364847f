/*
 * key_group.h - the cache groups that are known by name: those of WordPress core, of
 * WooCommerce and of plugins on many sites, and of the drop-ins themselves.
 *
 * A drop-in that writes no separator (W3 Total Cache) leaves nothing else to tell
 * where the group ends. Pure, const tables.
 */
#ifndef WPB_WORDPRESS_KEY_GROUP_H
#define WPB_WORDPRESS_KEY_GROUP_H

#include <stdbool.h>

#include "wpbloat/slice.h"

bool wpb_key_group_is_known(struct wpb_slice name);

/* Shared by the blogs of a network. */
bool wpb_key_group_is_global(struct wpb_slice name);

/* The longest group that REST, "{group}{id}", can begin with: a known one, one of a
 * taxonomy ("genre_relationships45") or of one object ("product_123wc_cache_...");
 * empty when there is none. */
struct wpb_slice wpb_key_group_leading(struct wpb_slice rest);

/* The longest known group that PART, "{anything}{group}", ends with; empty when there
 * is none. */
struct wpb_slice wpb_key_group_trailing(struct wpb_slice part);

#endif
