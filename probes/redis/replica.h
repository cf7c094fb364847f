/*
 * replica.h - a pass over keys is better done where no visitor waits: on a replica, when
 * the sites of a run name one.
 *
 * What is said of keys and what the reader is told to type stays with the server that
 * the site writes to. Loop thread only.
 */
#ifndef WPB_REDIS_REPLICA_H
#define WPB_REDIS_REPLICA_H

#include "probes/redis/conn.h"
#include "wpbloat/site.h"

/* Have CONN, just opened, reach a replica that one of the COUNT sites names. */
void wpb_redis_replica_prefer(struct wpb_conn *conn, const struct wpb_site *const *sites,
                              size_t count);

#endif
