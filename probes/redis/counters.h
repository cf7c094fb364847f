/*
 * counters.h - what a Redis server has done since it started, from INFO.
 *
 * Of four sections, in any order and in one reply or several: server, stats, cpu,
 * commandstats. A line of the last is "cmdstat_get:calls=12,usec=30,...", from Redis 7
 * on with subcommands by themselves: "cmdstat_client|setname:calls=...". Other lines are
 * as in info.h. CONFIG RESETSTAT sets all but the processor time back to 0 while the
 * server goes on. Pure.
 */
#ifndef WPB_REDIS_COUNTERS_H
#define WPB_REDIS_COUNTERS_H

#include "probes/redis/info.h"

struct wpb_redis_counters {
    struct wpb_info_number uptime_seconds, sent_bytes, received_bytes;
    /* Commands of a kind that sites send: not those that open or manage connections
     * (AUTH, SELECT, CLIENT, PING, INFO, which object caches send once a request), nor
     * those of replicas, sentinels and administrators, nor those by which this program
     * looks (SCAN, MEMORY, PTTL, STRLEN, GETRANGE, OBJECT, TYPE and the counts of
     * elements). What a site sends of these is missing, GET and its like are what counts.
     * ZRANGE, of which the watchlist sends one a look, is counted. */
    struct wpb_info_number commands;
    bool has_cpu, is_main_thread; /* of the thread that runs commands; else of all */
    double cpu_s;
};

/* Add what REPLY says to COUNTERS, which begin as zeros. */
void wpb_redis_counters_parse(struct wpb_slice reply,
                              struct wpb_redis_counters *counters);
/* Add another node of the same cluster to TOTAL: sums, and the shortest uptime. What one
 * of them does not tell is not known. */
void wpb_redis_counters_add(struct wpb_redis_counters *total,
                            const struct wpb_redis_counters *node);

#endif
