/*
 * pool_watch.h - the PHP-FPM pool that serves the site: its size, who waits for it now,
 * and how many of its workers are busy.
 *
 * Asks the kernel (accept_queue.h), never the pool: it works while the pool is saturated.
 * Synchronous, 0.1 ms a look; one thread.
 */
#ifndef WPB_LOAD_POOL_WATCH_H
#define WPB_LOAD_POOL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/arena.h"
#include "wpbloat/err.h"
#include "wpbloat/site.h"

struct wpb_load_pool; /* lives in the arena it was found in */

struct wpb_load_pool_look {
    uint32_t queue;
    uint32_t busy;
    bool has_busy;
};

/* The pool that SITE names (pool_name, or pool_status for its address); where it names
 * none, or is NULL, the only one of this host. NULL with err that says what to do. */
struct wpb_load_pool *wpb_load_pool_find(const struct wpb_site *site,
                                         struct wpb_arena *arena, struct wpb_err *err);
/* pm.max_children; 0: not known. */
uint32_t wpb_load_pool_workers(const struct wpb_load_pool *pool);
/* How it is called, for readers: "www (/run/php/www.sock)". */
const char *wpb_load_pool_label(const struct wpb_load_pool *pool);

/* -1 with err when it cannot be seen. */
int wpb_load_pool_read(struct wpb_load_pool *pool, struct wpb_load_pool_look *look,
                       struct wpb_err *err);

#endif
