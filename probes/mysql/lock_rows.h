/*
 * lock_rows.h - the statements that ask who waits for whom, and what their rows say: one
 * wait a table. Pure.
 */
#ifndef WPB_MYSQL_LOCK_ROWS_H
#define WPB_MYSQL_LOCK_ROWS_H

#include "probes/mysql/link.h"
#include "probes/mysql/lock_tally.h"
#include "probes/mysql/sql.h"

/* Pairs of one who waits and one who is in the way; of more the rest is not seen. */
#define WPB_LOCK_ROWS_MAX 300
/* Bytes of a statement, of which a shape is made. */
#define WPB_LOCK_STATEMENT_BYTES 2000
/* More tables in one look are not told. */
#define WPB_LOCK_WAITS_MAX 16
/* MySQL's longest name of a lock; MariaDB's longer ones are not looked up. */
#define WPB_LOCK_NAME_MAX 64

/* Append the statement for rows of the connection's schema. InnoDB's own tables in
 * MariaDB, performance_schema in MySQL 8; both need PROCESS. */
void wpb_lock_rows_sql(struct wpb_sql *sql, enum wpb_mysql_dialect dialect);
/* For waits that a statement tells as its state: a table's definition or the whole of
 * it, a lock by name. Without PROCESS only one's own statements are seen. */
void wpb_lock_states_sql(struct wpb_sql *sql);
/* For all statements that run, one of which may wait for a row. */
void wpb_lock_running_sql(struct wpb_sql *sql);

/* Take what ROWS, of one of these, say into WAITS, and return how many there are.
 * HAS_SHAPES: of statements their shapes may be made (shape.h). */
size_t wpb_lock_rows_read(const struct wpb_mysql_rows *rows, bool has_shapes,
                          struct wpb_lock_wait waits[WPB_LOCK_WAITS_MAX]);
size_t wpb_lock_states_read(const struct wpb_mysql_rows *rows, bool has_shapes,
                            struct wpb_lock_wait waits[WPB_LOCK_WAITS_MAX]);
/* The name that the first statement of ROWS, of wpb_lock_states_sql(), waits for, when it
 * stands there as a plain text. Points into ROWS; empty when there is none. */
struct wpb_slice wpb_lock_states_name(const struct wpb_mysql_rows *rows);
/* For what the one who holds the lock NAME does; shown to accounts with PROCESS. */
void wpb_lock_owner_sql(struct wpb_sql *sql, struct wpb_slice name);
/* Take it into WAIT as its holder; left as it is when nobody holds the lock any more. */
void wpb_lock_owner_read(const struct wpb_mysql_rows *rows, bool has_shapes,
                         struct wpb_lock_wait *wait);
/* WAITING statements wait for rows, says the server: conclude which of those that run,
 * when there are so many about one table. */
size_t wpb_lock_running_read(const struct wpb_mysql_rows *rows, uint64_t waiting,
                             struct wpb_lock_wait waits[WPB_LOCK_WAITS_MAX]);

#endif
