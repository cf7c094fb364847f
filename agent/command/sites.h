/*
 * sites.h - which sites a command is about: found on the host, named, or made of
 * a Redis or database address.
 *
 * With --redis or --mysql and no path, discovery is off and one ad-hoc site is made. Main
 * thread; blocking file reads.
 */
#ifndef WPB_COMMAND_SITES_H
#define WPB_COMMAND_SITES_H

#include "probes/wordpress/discover.h"
#include "wpbloat/arena.h"
#include "wpbloat/probe.h"

#define WPB_PATHS_MAX 256

/* A site of those selected, and what its memory_limit is. */
struct wpb_site_limit {
    struct wpb_slice site; /* its name or its folder */
    uint64_t bytes;
};

struct wpb_site_selection {
    const char *paths[WPB_PATHS_MAX + 1]; /* ended by NULL */
    size_t path_count;
    const char *names[WPB_PATHS_MAX + 1]; /* --site */
    size_t name_count;
    const char *redis_uri;           /* NULL: from each site's configuration */
    const char *redis_replica_uri;   /* NULL: from each site's configuration */
    const char *redis_password_file; /* NULL: from each site's configuration */
    const char *mysql_uri;           /* NULL: from each site's configuration */
    const char *mysql_password_file; /* NULL: from each site's configuration */
    const char *mysql_replica_uri;   /* NULL: read the primary */
    const char *table_prefix;        /* NULL: from each site's configuration */
    const char *rdb_file;            /* NULL: ask Redis */
    const char *fpm;                 /* NULL: the pool that was found; else a pool's file
                                        or address */
    const char *key_prefix;          /* NULL: from the configuration or by shape */
    uint64_t memory_limit_bytes;     /* 0: from the site's PHP configuration */
    struct wpb_site_limit memory_limits[WPB_PATHS_MAX]; /* of single sites */
    size_t memory_limit_count;
    const char *memory_limit_source; /* who says so; NULL: the command line */
};

struct wpb_selected_sites {
    struct wpb_site *sites;
    size_t count;
    struct wpb_coverage *coverage; /* what discovery could not read */
    size_t coverage_count;
    const char *looked_in;
};

/* Take the argument of --site: a name, or a folder when it holds a '/'. -1 after
 * saying that there are too many. */
int wpb_select_named(struct wpb_site_selection *selection, const char *site);

/* Take the argument of --memory-limit: a size, or SITE=SIZE. -1 after saying what is
 * wrong with it. */
int wpb_select_memory_limit(struct wpb_site_selection *selection, const char *argument);

/* Find what SELECTION asks for. All results live in ARENA. -1 when an option is
 * wrong (WPB_E_ARGUMENT), a password file cannot be read, or a --site or the site of a
 * --memory-limit is not among the sites found (err lists them). Finding nothing is not an
 * error. */
int wpb_select_sites(const struct wpb_site_selection *selection, struct wpb_arena *arena,
                     struct wpb_selected_sites *selected, struct wpb_err *err);

/* A site that is no folder, but a Redis or a database. */
struct wpb_site wpb_site_ad_hoc(const char *name);
/* Put what SELECTION says of SITE's servers in the place of what its own configuration
 * says; a password that is NULL stays as it is. */
int wpb_site_apply(const struct wpb_site_selection *selection, const char *redis_password,
                   const char *mysql_password, struct wpb_arena *arena,
                   struct wpb_site *site, struct wpb_err *err);

/* Room for coverage must be there: WPB_SITE_COVERAGE_MAX for each site. */
#define WPB_SITE_COVERAGE_MAX 4
void wpb_selected_add_coverage(struct wpb_selected_sites *selected, const char *site,
                               enum wpb_coverage_status status, const char *reason);
/* Say in the coverage which sites have no Redis, database or pool to look at, and why. */
void wpb_selected_say_blind(struct wpb_selected_sites *selected, struct wpb_arena *arena);

#endif
