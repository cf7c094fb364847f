/*
 * fleet.h - the sites that are watched, found together, with what is known of each.
 *
 * Finding them reads files, so it is done on libuv's pool; what comes of it is compared
 * with what is watched, and takes its place only when something is different. What was
 * known of a site that is still there stays. The configuration lives as long as a fleet
 * that was found by it. Loop's thread.
 */
#ifndef WPB_DAEMON_FLEET_H
#define WPB_DAEMON_FLEET_H

#include <uv.h>

#include "agent/config/config.h"
#include "agent/daemon/knowledge.h"
#include "agent/schedule/target.h"

/* A configuration that several hold. */
struct wpb_conf_share {
    struct wpb_conf *config;
    unsigned holders;
};
/* Takes CONFIG; NULL when memory is out. The caller is its first holder. */
struct wpb_conf_share *wpb_conf_share_new(struct wpb_conf *config);
struct wpb_conf_share *wpb_conf_share_hold(struct wpb_conf_share *share);
/* The last one to let go frees the configuration. NULL is a no-op. */
void wpb_conf_share_drop(struct wpb_conf_share *share);

/* What was found: all in the arena. */
struct wpb_found_sites {
    struct wpb_site *sites;
    size_t count;
    const struct wpb_coverage *coverage; /* what could not be read */
    size_t coverage_count;
};

/* Finds the sites CONFIG speaks of. Called on a thread of the pool. */
typedef int wpb_find_sites(const struct wpb_conf *config, struct wpb_arena *arena,
                           struct wpb_found_sites *found, struct wpb_err *err);

struct wpb_fleet {
    struct wpb_conf_share *config;
    struct wpb_arena *arena;
    struct wpb_found_sites found;     /* as they were found */
    struct wpb_site *sites;           /* the same, with what was learnt of them since */
    struct wpb_knowledge **knowledge; /* one a site */
    struct wpb_target *targets;
    size_t target_count;
    const struct wpb_probe *const *probes;
};

struct wpb_fleet_search;

/* Look for the sites of CONFIG with FIND; DONE gets the fleet (its own from now on), or
 * NULL and why. Nothing is known of its sites yet. */
int wpb_fleet_search(uv_loop_t *loop, struct wpb_conf_share *config, wpb_find_sites *find,
                     const struct wpb_probe *const *probes,
                     void (*done)(void *cookie, struct wpb_fleet *fleet,
                                  const struct wpb_err *err),
                     void *cookie, struct wpb_err *err);

/* Would the same be looked at, in the same way? */
bool wpb_fleet_equal(const struct wpb_fleet *a, const struct wpb_fleet *b);

/* FLEET takes the place of BEFORE (NULL: it is the first), of which no turn is under way,
 * and what is known of its sites; BEFORE is freed. */
void wpb_fleet_succeed(struct wpb_fleet *fleet, struct wpb_fleet *before, int64_t now_ms);

/* What the samples have taught of site I is applied to it; true when that changes what
 * probes can do. */
bool wpb_fleet_learn(struct wpb_fleet *fleet, size_t i);

/* NULL is a no-op. */
void wpb_fleet_free(struct wpb_fleet *fleet);

#endif
