/*
 * link.h - one connection to MySQL or MariaDB, on the thread for calls that block.
 *
 * The only place that knows the client library (MariaDB Connector/C or libmysqlclient).
 * Statements are text, bounded in rows, bytes and time; the session is read-only, waits
 * at most two seconds for a lock, and keeps no transaction open. One thread, save
 * wpb_mysql_kill() and wpb_mysql_break().
 */
#ifndef WPB_MYSQL_LINK_H
#define WPB_MYSQL_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/mysql/failure.h"
#include "wpbloat/arena.h"
#include "wpbloat/err.h"
#include "wpbloat/site.h"

struct wpb_mysql_link;

enum wpb_mysql_dialect { WPB_MARIADB, WPB_MYSQL };

/* What one statement may return and take. */
struct wpb_mysql_bounds {
    uint32_t rows_max;   /* what comes after them is not fetched; never 0 */
    uint64_t bytes_max;  /* of all values kept */
    uint32_t timeout_ms; /* the server ends the statement after so long */
};

struct wpb_mysql_rows {
    size_t rows, columns;
    const struct wpb_slice *names; /* of the columns */
    const struct wpb_slice *cells; /* row by row; data NULL for NULL */
    bool is_cut;                   /* there was more than the bounds allowed */
    uint64_t bytes;                /* received, roughly: the values' lengths */
};

/* Connect to ADDRESS within a second and make the session harmless. NULL with ERR, whose
 * message says where, what came back and what to do. */
struct wpb_mysql_link *wpb_mysql_link_open(const struct wpb_mysql_address *address,
                                           struct wpb_err *err);
void wpb_mysql_link_close(struct wpb_mysql_link *link);

/* Run SQL and keep its rows in ARENA. -1 with ERR; ERROR is then the server's error
 * number or the library's (2000 to 2999), else 0. After a lost connection the link can
 * only be closed. */
int wpb_mysql_link_run(struct wpb_mysql_link *link, const char *sql, size_t len,
                       const struct wpb_mysql_bounds *bounds, struct wpb_arena *arena,
                       struct wpb_mysql_rows *rows, unsigned *error, struct wpb_err *err);

/* Did the last statement cost the connection? */
bool wpb_mysql_link_is_lost(const struct wpb_mysql_link *link);
/* The server's number of this connection, for wpb_mysql_kill(). */
uint64_t wpb_mysql_link_id(const struct wpb_mysql_link *link);
/* Statements sent so far, those that make the session harmless and those that set a time
 * limit among them. */
uint64_t wpb_mysql_link_statements(const struct wpb_mysql_link *link);
/* A descriptor for wpb_mysql_break(); valid until the link is closed. */
int wpb_mysql_link_socket(const struct wpb_mysql_link *link);
enum wpb_mysql_dialect wpb_mysql_link_dialect(const struct wpb_mysql_link *link);
/* "10.11.19-MariaDB-0+deb12u1"; lives as long as the link. */
const char *wpb_mysql_link_version(const struct wpb_mysql_link *link);

/* Stop the statement that connection ID to ADDRESS is running, by a connection of its
 * own. Any thread; blocks for at most two seconds. */
int wpb_mysql_kill(const struct wpb_mysql_address *address, uint64_t id,
                   struct wpb_err *err);

/* End the connection of SOCKET: the call that waits on it returns, and the link is lost.
 * For a server that does not answer at all. Any thread. */
void wpb_mysql_break(int socket);

#endif
