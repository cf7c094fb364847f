/*
 * site_of_key.h - which of the sites that share a database a key belongs to.
 *
 * The longest known prefix whose grammar fits wins. Where prefixes are equal (two
 * wp-redis sites of one salt differ by table prefix alone) the site for which the
 * parts make a known group does, then the first. Pure.
 */
#ifndef WPB_WORDPRESS_SITE_OF_KEY_H
#define WPB_WORDPRESS_SITE_OF_KEY_H

#include "probes/wordpress/grammar.h"

/* The index of the site among the COUNT of SITES, all of one database, whose known
 * prefix explains KEY, and the PARTS it has there; COUNT, with PARTS untouched, when
 * none does. */
size_t wpb_site_by_prefix(const struct wpb_site *const *sites, size_t count,
                          struct wpb_slice key, struct wpb_key_parts *parts);

/* The site among the COUNT of SITES, all of one database, that KEY belongs to, and the
 * PARTS it has there. Sites of no known prefix get what no prefix explains, if the
 * shape fits their drop-in and that of none of the others. NULL, with PARTS that are
 * not ours, when it is nobody's or cannot be told. */
const struct wpb_site *wpb_site_of_key(const struct wpb_site *const *sites, size_t count,
                                       struct wpb_slice key, struct wpb_key_parts *parts);

#endif
