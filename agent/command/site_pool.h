/*
 * site_pool.h - the PHP-FPM pool that an operator names for a site.
 *
 * By its name, by the file that has its section, or by an address it listens on. Reads
 * FPM's files and /proc. Blocking.
 */
#ifndef WPB_COMMAND_SITE_POOL_H
#define WPB_COMMAND_SITE_POOL_H

#include "wpbloat/arena.h"
#include "wpbloat/err.h"
#include "wpbloat/site.h"

/* Pool NAME of SITE, in FILE; either may be NULL. What cannot be so is said in the site's
 * pool_reason: it is no reason not to look at the rest. */
void wpb_site_pool_named(struct wpb_site *site, const char *name, const char *file,
                         struct wpb_arena *arena);

/* Where a pool is, as --fpm takes it: a pool's file or the address of a pool or of its
 * status page. -1 when it is neither. */
int wpb_site_pool_at(struct wpb_site *site, const char *where, struct wpb_arena *arena,
                     struct wpb_err *err);

#endif
