/*
 * calm.h - whether a server can bear a heavy statement just now.
 *
 * A budget of page reads for each database, refilled by the hour, and a look at a few
 * counters of the server before each heavy statement. What is known of a server is
 * shared by all connections to it: what one of them reads is not taken for others' load.
 * Blocking; on the thread of the link.
 */
#ifndef WPB_MYSQL_CALM_H
#define WPB_MYSQL_CALM_H

#include "probes/mysql/link.h"
#include "wpbloat/probe.h"

/* Of one server. */
struct wpb_mysql_calm {
    bool is_local;   /* it has this machine's processors */
    bool is_replica; /* it is left alone while it lags */
    bool hides_lag;  /* it does not say whether it does: mysql.server tells */
    bool has_looked;
    uint64_t looked_ms; /* monotonic */
    uint64_t reads;     /* Innodb_buffer_pool_reads then */
    uint64_t own_reads; /* of them, those during our heavy statements since */
    double calm_rate;   /* others' reads a second, when first seen; below 0: not yet */
};

/* Page reads one database may still cost by surveys, or by examinations; zeroed at
 * first. */
struct wpb_mysql_pages {
    enum wpb_look purpose;
    uint64_t left, filled_ms;
    bool is_filled;
};

/* 2,500 pages are 3 % of what one GROUP BY over 1 GB of post meta reads. */
#define WPB_MYSQL_PAGES_LOW 1000
#define WPB_MYSQL_PAGES_NORMAL 2500
/* For the few values that are taken apart, whatever the surveys have left: they are what
 * visitors' requests read too. 64 MB: four posts of two 8 MB values. */
#define WPB_MYSQL_PAGES_EXAMINE_LOW 1000
#define WPB_MYSQL_PAGES_EXAMINE 4000
/* A server that runs more statements at once than twice its processors has a queue. */
#define WPB_MYSQL_BUSY_FACTOR 2
#define WPB_MYSQL_REMOTE_CORES 8 /* of a server whose processors cannot be seen */

void wpb_mysql_calm_init(struct wpb_mysql_calm *calm, bool is_local, bool is_replica);

/* Before a heavy statement: 0, or -1 with WPB_E_BUDGET and the reason. PAGES: NULL for
 * one that no budget bounds. */
int wpb_mysql_calm_before(struct wpb_mysql_calm *calm, struct wpb_mysql_pages *pages,
                          struct wpb_mysql_link *link, enum wpb_budget budget,
                          struct wpb_err *err);
/* After it: the pages read from disk meanwhile by all, of which at most PAGES_MAX are
 * charged to the budget. */
uint64_t wpb_mysql_calm_after(struct wpb_mysql_calm *calm, struct wpb_mysql_pages *pages,
                              struct wpb_mysql_link *link, uint32_t pages_max);

#endif
