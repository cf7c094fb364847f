/*
 * pool_watch.h - how many looks at a pool met no free worker in the last quarter of an
 * hour. Plain memory; pure, time is an argument.
 */
#ifndef WPB_REQUESTS_POOL_WATCH_H
#define WPB_REQUESTS_POOL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/requests/accept_queue.h"

#define WPB_POOL_WATCH_MINUTES 15

/* Begins as zeros. */
struct wpb_pool_watch {
    uint64_t minute; /* the newest; it lies at minute modulo WPB_POOL_WATCH_MINUTES */
    uint32_t looks[WPB_POOL_WATCH_MINUTES], full[WPB_POOL_WATCH_MINUTES];
};

/* A look at NOW_MS, of a clock that never steps. */
void wpb_pool_watch_add(struct wpb_pool_watch *watch, uint64_t now_ms, bool is_full);
/* Of the minutes up to NOW_MS. */
void wpb_pool_watch_read(struct wpb_pool_watch *watch, uint64_t now_ms, uint64_t *looks,
                         uint64_t *full);

/* Is no worker free? All that the pool may have hold a connection; where those cannot be
 * counted, or how many it may have is not known (0), somebody waits. */
bool wpb_pool_watch_is_full(const struct wpb_accept_queue *queue, uint32_t max_children);

#endif
