/*
 * probes.h - the probes of this room, for probes/registry.c.
 */
#ifndef WPB_REDIS_PROBES_H
#define WPB_REDIS_PROBES_H

#include "wpbloat/probe.h"

extern const struct wpb_probe wpb_probe_redis_server;    /* INFO */
extern const struct wpb_probe wpb_probe_redis_stats;     /* its counters, by INFO */
extern const struct wpb_probe wpb_probe_redis_watchlist; /* the keys known by name */
extern const struct wpb_probe wpb_probe_redis_keyspace;  /* all keys, by SCAN */
extern const struct wpb_probe wpb_probe_redis_churn;     /* what is rewritten */
extern const struct wpb_probe wpb_probe_redis_value;     /* one value, in chunks */

/* The same from an RDB file. */
extern const struct wpb_probe wpb_probe_redis_rdb;       /* all keys */
extern const struct wpb_probe wpb_probe_redis_rdb_value; /* one value */

/* For `wpbloat check` alone, and in no list: what the server lets us do. The reason of
 * its coverage is a sentence, and after it the lines to run at the server, each after a
 * newline. */
extern const struct wpb_probe wpb_probe_redis_rights;

#endif
