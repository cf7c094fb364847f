/*
 * calm.h - whether a server can bear a heavy statement just now.
 *
 * A budget of page reads for each connection, refilled by the hour, and a look at two
 * counters of the server before each heavy statement. Blocking; on the thread of the
 * link.
 */
#ifndef WPB_MYSQL_CALM_H
#define WPB_MYSQL_CALM_H

#include "probes/mysql/link.h"
#include "wpbloat/probe.h"

struct wpb_mysql_calm {
    bool is_local; /* the server has this machine's processors */
    bool has_looked;
    uint64_t looked_ms;  /* monotonic */
    uint64_t reads;      /* Innodb_buffer_pool_reads then */
    uint64_t own_reads;  /* of them, those during our heavy statements since */
    double calm_rate;    /* others' reads a second, when first seen; below 0: not yet */
    uint64_t pages_left; /* of the budget */
    uint64_t filled_ms;
};

/* LIMITS of facts: facts/mysql.md's plan of probes; 2,500 pages a scan is 3 % of what
 * one GROUP BY over 1 GB of postmeta reads. */
#define WPB_MYSQL_PAGES_LOW 1000
#define WPB_MYSQL_PAGES_NORMAL 2500
/* A server that runs more statements at once than twice its processors has a queue. */
#define WPB_MYSQL_BUSY_FACTOR 2
#define WPB_MYSQL_REMOTE_CORES 8 /* of a server whose processors cannot be seen */

void wpb_mysql_calm_init(struct wpb_mysql_calm *calm, bool is_local);

/* Before a heavy statement: 0, or -1 with WPB_E_BUDGET and the reason. */
int wpb_mysql_calm_before(struct wpb_mysql_calm *calm, struct wpb_mysql_link *link,
                          enum wpb_budget budget, struct wpb_err *err);
/* After it: the pages read from disk meanwhile by all, of which at most PAGES_MAX are
 * charged to the budget. */
uint64_t wpb_mysql_calm_after(struct wpb_mysql_calm *calm, struct wpb_mysql_link *link,
                              uint32_t pages_max);

#endif
