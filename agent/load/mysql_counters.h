/*
 * mysql_counters.h - SHOW GLOBAL STATUS, asked between steps and waited for.
 *
 * Blocking, bounded by the deadlines of link.h; the thread that opened it.
 */
#ifndef WPB_LOAD_MYSQL_COUNTERS_H
#define WPB_LOAD_MYSQL_COUNTERS_H

#include "agent/load/counters.h"
#include "wpbloat/err.h"
#include "wpbloat/site.h"

struct wpb_load_mysql;

/* Connect to ADDRESS. NULL with err. */
struct wpb_load_mysql *wpb_load_mysql_open(const struct wpb_mysql_address *address,
                                           struct wpb_err *err);
/* NULL is fine. */
void wpb_load_mysql_close(struct wpb_load_mysql *mysql);

/* Take what it counts now. -1 with err; after a lost connection it can only be closed. */
int wpb_load_mysql_read(struct wpb_load_mysql *mysql, struct wpb_load_counters *counters,
                        struct wpb_err *err);

#endif
