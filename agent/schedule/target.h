/*
 * target.h - what the sites of a turn stand on: server databases, files, folders, the
 * host.
 *
 * Sites that reach the same database with the same credentials are one target, so
 * that a budget is the server's and not the site's. Pure.
 */
#ifndef WPB_SCHEDULE_TARGET_H
#define WPB_SCHEDULE_TARGET_H

#include "wpbloat/arena.h"
#include "wpbloat/site.h"

#define WPB_SITE_TARGETS_MAX 4 /* of one site, beside the host */

/* A server database, a file or a folder, and the sites that live on it. */
struct wpb_target {
    const char *needs;   /* "redis", "rdb", "mysql", "files", "pool" or "host" */
    const char *address; /* of that kind, unique: what makes two sites one target */
    const char
        *server;     /* whom a look at it costs, as a URI without user or password;
                        the same of all targets on one server; "host" of this machine */
    size_t *members; /* indexes of sites */
    const struct wpb_site **sites;
    const char *site_names; /* joined by ", " */
    size_t count;
};

/* The targets of COUNT SITES, in the order of their first site, in ARENA. At most
 * WPB_SITE_TARGETS_MAX a site, and the host. Targets point to SITES. */
size_t wpb_targets_find(const struct wpb_site *sites, size_t count,
                        struct wpb_arena *arena, struct wpb_target **targets);

#endif
