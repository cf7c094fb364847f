/*
 * replica.h - how far a replica is behind, as it says itself. Pure.
 */
#ifndef WPB_MYSQL_REPLICA_H
#define WPB_MYSQL_REPLICA_H

#include "probes/mysql/link.h"

/* Farther behind than this it is left alone: what it reads is work it does not do. */
#define WPB_MYSQL_LAG_MAX_SECONDS 10

enum wpb_mysql_lag {
    WPB_MYSQL_LAG_NONE,    /* it replicates from nobody */
    WPB_MYSQL_LAG_STOPPED, /* a thread of replication does not run */
    WPB_MYSQL_LAG_KNOWN,
};

/* The statement whose rows tell; static. */
const char *wpb_mysql_lag_sql(enum wpb_mysql_dialect dialect, const char *version);
/* Of the source it is farthest behind; SECONDS is 0 when that is not known. */
enum wpb_mysql_lag wpb_mysql_lag_read(const struct wpb_mysql_rows *rows,
                                      uint64_t *seconds);

#endif
