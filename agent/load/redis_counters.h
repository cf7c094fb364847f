/*
 * redis_counters.h - Redis's INFO, asked between steps and waited for.
 *
 * On a loop of its own, so that a run that stands between two steps may simply wait.
 * Blocking, bounded by the deadlines of conn.h; one thread.
 */
#ifndef WPB_LOAD_REDIS_COUNTERS_H
#define WPB_LOAD_REDIS_COUNTERS_H

#include "agent/load/counters.h"
#include "wpbloat/err.h"
#include "wpbloat/site.h"

struct wpb_load_redis;

/* Connect to ADDRESS, which must outlive it. NULL with err. */
struct wpb_load_redis *wpb_load_redis_open(const struct wpb_redis_address *address,
                                           struct wpb_err *err);
/* NULL is fine. */
void wpb_load_redis_close(struct wpb_load_redis *redis);

/* Take what it counts now. -1 with err; after a lost connection it can only be closed. */
int wpb_load_redis_read(struct wpb_load_redis *redis, struct wpb_load_counters *counters,
                        struct wpb_err *err);

#endif
