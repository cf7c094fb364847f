/*
 * discover.h - find WordPress sites on this host and read their configuration.
 *
 * Looks where WordPress usually is, or at the paths given; lexes each
 * wp-config.php (never executed) with what it includes, `.env`, and the PHP-FPM
 * pool's environment; recognises the object-cache drop-in. What cannot be
 * resolved is listed in the site, never guessed. Reads files only: bounded in
 * size, count and depth; FIFOs, devices and directories are refused. Blocking;
 * call before the loop runs.
 */
#ifndef WPB_WORDPRESS_DISCOVER_H
#define WPB_WORDPRESS_DISCOVER_H

#include "wpbloat/arena.h"
#include "wpbloat/err.h"
#include "wpbloat/site.h"

/* A path that looked like a site or was asked for, and could not be read. */
struct wpb_discovery_failure {
    const char *path;
    const char *reason; /* what was tried, what came back, what to do */
};

struct wpb_discovery {
    const struct wpb_site *sites;
    size_t site_count;
    const struct wpb_discovery_failure *failures;
    size_t failure_count;
    const char *looked_in; /* "/var/www, /srv/www, ...", for "nothing found" */
};

/* Where to look; all fields optional, for tests and unusual hosts. */
struct wpb_discovery_places {
    const char *root;         /* prepended to every default place; "" or NULL: / */
    const char *const *paths; /* NULL-terminated; NULL: the usual places */
};

/* Find sites and append nothing elsewhere: RESULT and all it points to live in
 * ARENA. -1 only when memory is out or PLACES is nonsense; sites that cannot be
 * read are failures in RESULT. Sites are ordered by path. */
int wpb_discover(const struct wpb_discovery_places *places, struct wpb_arena *arena,
                 struct wpb_discovery *result, struct wpb_err *err);

#endif
