/*
 * stamp.h - the moment that a cache entry was made for, read from its id.
 *
 *   {anything}{":" or "-"}{time}[{time}]   queries of WordPress up to 6.8, and of plugins
 *                                          built on BerlinDB: the group's last_changed,
 *                                          then that of "terms" where posts are joined
 *                                          with terms
 *   {maker}_cache_{time}_{anything}        WooCommerce (maker "wc") and those that took
 *                                          over its code; from WooCommerce 10.9 on 16
 *                                          hex digits follow the time
 *   time: 0.dddddddd dddddddddd            PHP's microtime(); wp-redis takes the space
 *                                          out, WooCommerce 10.9 writes "_" for it
 *
 * When what the site holds as current is newer, nobody asks for the entry again. From
 * WordPress 6.9 on, core keeps the moment in the value. Pure; any thread.
 */
#ifndef WPB_REDIS_STAMP_H
#define WPB_REDIS_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/slice.h"

#define WPB_STAMP_TIMES_MAX 2
/* Bytes of a value that wpb_stamp_current() needs to see. */
#define WPB_STAMP_VALUE_BYTES 64

enum wpb_stamp_kind { WPB_STAMP_NONE, WPB_STAMP_LAST_CHANGED, WPB_STAMP_PREFIX };

struct wpb_stamp {
    enum wpb_stamp_kind kind;
    size_t count;                        /* of times */
    uint64_t times[WPB_STAMP_TIMES_MAX]; /* 10 ns since 1970, never 0 */
    struct wpb_slice maker;              /* of a prefix: "wc"; points into the id */
};

/* Read the stamp of ID; false, with kind NONE, when it carries none. */
bool wpb_stamp_parse(struct wpb_slice id, struct wpb_stamp *stamp);

/* Append the id under which the current value of time INDEX is kept, and set *GROUP to
 * the group it is kept in, for a stamp found in FROM. False when that is not known. */
bool wpb_stamp_holder(const struct wpb_stamp *stamp, size_t index, struct wpb_slice from,
                      struct wpb_slice *group, struct wpb_buf *id);

/* The time in the first bytes of the stored VALUE, raw or in any serializer's frame; 0
 * when there is none. */
uint64_t wpb_stamp_current(struct wpb_slice value);

/* GROUP is one of those whose keys have carried a stamp of core's up to 6.8. */
bool wpb_stamp_is_core_group(struct wpb_slice group);

/* WP_VERSION ("6.8.3"; "" when unknown) writes such stamps, as far as is known. */
bool wpb_stamp_is_written_by(const char *wp_version);

#endif
