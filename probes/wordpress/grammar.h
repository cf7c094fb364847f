/*
 * grammar.h - the name of a cache key, taken apart by its drop-in's grammar.
 *
 *   redis-cache   {salt}{table prefix, trimmed}:{group}:{id}      single site
 *                 {salt}{blog}:{group}:{id}, {salt}:{group}:{id}  network; global
 *                 where ':' inside group and id became '-' (from 2.0 on)
 *   wp-redis      {salt}{group}:{id}, {salt}{table prefix}{group}:{id}   single; global
 *                 {salt}{blog}:{group}:{id}, {salt}{group}:{id}   network; global
 *                 without any whitespace; {...}{group}: is a hash of ids
 *   LiteSpeed     {5 hex digits}{group}.{id}, {5 hex digits}{blog}:{group}.{id}
 *   W3TC          w3tc_{instance}_{host}_{blog}_object_{blog}{group}{id}
 *   Object Cache Pro (not published)  {prefix}:{group}:{id}, {prefix}:{blog}:{group}:{id}
 *
 * Salt and table prefix may hold any byte, separators included, so a key is parsed by
 * an anchored prefix and never split blindly. Sites of no known prefix are read by
 * shape. Pure.
 */
#ifndef WPB_WORDPRESS_GRAMMAR_H
#define WPB_WORDPRESS_GRAMMAR_H

#include <stdbool.h>

#include "agent/base/buf.h"
#include "wpbloat/site.h"
#include "wpbloat/slice.h"

/* Keys of their own kind, wherever they are found. */
enum wpb_key_role {
    WPB_KEY_PLAIN,
    WPB_KEY_NOTOPTIONS, /* of a blog or of a network */
    WPB_KEY_ALLOPTIONS,
    WPB_KEY_METRICS, /* redis-cache's own zset */
    WPB_KEY_LAST_CHANGED,
};

struct wpb_key_parts {
    bool is_ours;           /* carries the site's prefix */
    struct wpb_slice blog;  /* multisite: "2"; else empty */
    struct wpb_slice group; /* "options"; empty when the shape says nothing */
    struct wpb_slice id;    /* "notoptions"; empty for a hash group of wp-redis */
    enum wpb_key_role role;
};

/* Take KEY apart for SITE. With no known prefix (has_key_prefix false) every
 * key is "ours" and group and id come from its shape: the last two parts
 * separated by ':', for any drop-in. Slices point into KEY. */
void wpb_key_parse(const struct wpb_site *site, struct wpb_slice key,
                   struct wpb_key_parts *parts);

/* The drop-in whose shape KEY has, whatever the site: W3TC, or LITESPEED with one of
 * core's groups, and its PARTS. UNKNOWN for every other key. */
enum wpb_flavour wpb_key_shape(struct wpb_slice key, struct wpb_key_parts *parts);

/* Append the full key of GROUP and ID for the main blog of SITE (which must
 * have a key prefix): what the watchlist asks for. False, with nothing appended, when
 * what is known of the site does not give the whole key. */
bool wpb_key_build(const struct wpb_site *site, const char *group, const char *id,
                   struct wpb_buf *out);

/* "notoptions", "alloptions", "metrics", "last_changed", "" for a plain key;
 * static: the value of the key_role metric. */
const char *wpb_key_role_name(enum wpb_key_role role);

/* True when a key of these PARTS holds all meta of one post of the site's own table (of
 * the main blog in a network); then *POST is the post's id. */
bool wpb_key_post(const struct wpb_key_parts *parts, uint64_t *post);

/* GROUP with its variable parts folded, so that per-object groups such as
 * product_123 are one: "product_<n>". Appended to OUT. */
void wpb_group_fold(struct wpb_slice group, struct wpb_buf *out);

#endif
