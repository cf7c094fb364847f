/*
 * votes_shape.h - what one key, and the head of its value, says about who wrote it.
 * Internal to votes.c. Pure.
 */
#ifndef WPB_WORDPRESS_VOTES_SHAPE_H
#define WPB_WORDPRESS_VOTES_SHAPE_H

#include "wpbloat/site.h"
#include "wpbloat/slice.h"

struct wpb_votes_shape {
    struct wpb_slice lead;    /* what stands before the group, in the key */
    enum wpb_flavour flavour; /* W3TC, LITESPEED; UNKNOWN for those with ':' */
    enum wpb_flavour only;    /* REDIS_CACHE or WP_REDIS when no other writes that */
    bool is_global;           /* of a group that a network shares */
    bool is_proof;            /* one of the keys that every site has */
    bool has_blogs;           /* W3TC, LITESPEED: of a blog that is not the main one */
};

/* False when KEY has the shape of no drop-in, or of a group that is not known. */
bool wpb_votes_shape_of(struct wpb_slice key, struct wpb_slice head,
                        struct wpb_votes_shape *shape);

#endif
