/*
 * pool_probe.h - the frame of a probe that reads files of a PHP-FPM pool.
 *
 * Such a probe keeps its place in logs from run to run, reads on libuv's pool in portions
 * that end soon, and posts on the loop after each. What differs is in four functions; who
 * implements them keeps no handle and starts no thread. A site that names other logs than
 * in the run before begins anew.
 *
 * Life: begin() once for a pool and site; then in each run look() and post(), again and
 * again while look() says that there is more; end() when the pool goes.
 */
#ifndef WPB_REQUESTS_POOL_PROBE_H
#define WPB_REQUESTS_POOL_PROBE_H

#include "agent/base/clock.h"
#include "probes/requests/pool_of.h"
#include "wpbloat/probe.h"

#define WPB_POOL_REASON_MAX 1000

/* One portion, on its way between the threads. */
struct wpb_pool_look {
    const struct wpb_fpm_pool *pool; /* valid during look() and post() */
    struct wpb_subject subject;      /* of it */
    struct wpb_moment now;
    /* What look() says of it. */
    bool has_more; /* the portion is full: look again soon */
    enum wpb_coverage_status status;
    char reason[WPB_POOL_REASON_MAX]; /* "" or a sentence */
    char advice[WPB_POOL_REASON_MAX]; /* "" or lines, as wpb_run_advise() has them */
    uint64_t lines, bytes;            /* that were read */
};

struct wpb_pool_probe {
    /* What is kept from run to run; NULL when memory is out. */
    void *(*begin)(const struct wpb_site *site);
    void (*end)(void *kept);
    /* On a thread of libuv's pool. */
    void (*look)(void *kept, struct wpb_pool_look *look);
    /* On the loop's, right after it: tell what has been seen. */
    void (*post)(void *kept, struct wpb_run *run, const struct wpb_pool_look *look);
};

/* Write REASON and ADVICE of LOOK, and its status. Of a reason that is too long the end
 * is left out, of such an advice all. */
void wpb_pool_look_say(struct wpb_pool_look *look, enum wpb_coverage_status status,
                       const char *reason, const char *advice);

/* For start, step, cancel and free of the probe's descriptor. FRAME is static. */
void *wpb_pool_probe_start(struct wpb_run *run, const struct wpb_pool_probe *frame,
                           struct wpb_err *err);
void wpb_pool_probe_step(void *state);
void wpb_pool_probe_cancel(void *state);
void wpb_pool_probe_free(void *state);

#endif
