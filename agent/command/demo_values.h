/*
 * demo_values.h - cache values of an invented shop, as PHP's serialize() writes
 * them.
 *
 * What WordPress would have put behind the demo's keys. The bytes depend on the
 * seed and the number alone, so that two demos are alike. One thread.
 */
#ifndef WPB_COMMAND_DEMO_VALUES_H
#define WPB_COMMAND_DEMO_VALUES_H

#include <stdint.h>

#include "agent/base/buf.h"

/* A sequence of pseudo-random numbers (splitmix64); any start is a good one. */
struct wpb_demo_random {
    uint64_t state;
};

uint64_t wpb_demo_random(struct wpb_demo_random *random);
/* Below LIMIT, which is not 0. */
uint32_t wpb_demo_random_below(struct wpb_demo_random *random, uint32_t limit);
/* Append COUNT lower-case hex digits. */
void wpb_demo_random_hex(struct wpb_demo_random *random, size_t count,
                         struct wpb_buf *out);

/* Each appends one value to OUT. ID is the object's number. */
typedef void wpb_demo_value(struct wpb_demo_random *random, uint32_t id,
                            struct wpb_buf *out);

wpb_demo_value wpb_demo_value_number;       /* a bare number */
wpb_demo_value wpb_demo_value_post;         /* a WP_Post row */
wpb_demo_value wpb_demo_value_post_meta;    /* every meta row of a post */
wpb_demo_value wpb_demo_value_builder_meta; /* as above with a page builder's blob */
wpb_demo_value wpb_demo_value_term;         /* a term row */
wpb_demo_value wpb_demo_value_user;         /* a user row */
wpb_demo_value wpb_demo_value_list;         /* a few object numbers */
wpb_demo_value wpb_demo_value_query;        /* the result of a WP_Query */
wpb_demo_value wpb_demo_value_facets;       /* counts of a faceted search */
wpb_demo_value wpb_demo_value_feed;         /* a parsed news feed, half a megabyte */
wpb_demo_value wpb_demo_value_alloptions;   /* the autoloaded options, 180 KB */

/* What the incident's notoptions holds: this many names, in this many bytes. */
#define WPB_DEMO_NOTOPTIONS_NAMES 65768
#define WPB_DEMO_NOTOPTIONS_BYTES 3971911
/* The names one plugin asks for: kestrel_tariff_v2_ and 32 hex digits. */
#define WPB_DEMO_NOTOPTIONS_TARIFFS 61164

/* The incident's notoptions: exactly the figures above. */
wpb_demo_value wpb_demo_value_notoptions;

#endif
