/*
 * pool_choice.h - which of the pools that may serve a site is the one.
 *
 * wpb_pools_match() knows pools by their folders and users, which often leaves several:
 * a host with PHP 8.1 and 8.3 has two named "www". What proves one, in this order: the
 * socket that it listens on is there and those of the others are not; it alone runs as
 * the owner of the files; it alone logs into the site's folder or the one above. And
 * nobody is served by one whose socket is not there. Asks for sockets with stat(2); any
 * thread.
 */
#ifndef WPB_WORDPRESS_POOL_CHOICE_H
#define WPB_WORDPRESS_POOL_CHOICE_H

#include "probes/wordpress/pool.h"

/* The one of COUNT MATCHES that serves the site in PATH of the user OWNER ("" when
 * unknown), whose sockets are below ROOT; NULL with *REASON, in ARENA, when none or
 * several may. */
const struct wpb_pool *wpb_pool_choice(const char *root,
                                       const struct wpb_pool *const *matches,
                                       size_t count, const char *path, const char *owner,
                                       struct wpb_arena *arena, const char **reason);

#endif
