#include "probes/mysql/lock_rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "probes/mysql/rung.h"
#include "probes/mysql/shape_token.h"

#define MS_PER_SECOND 1000.0
/* InnoDB keeps when a transaction began in whole seconds: half a second is its mean
 * error. */
#define BEGUN_ERROR_S 0.5

/* Of all three: the table, its index, who waits and by which statement; who is in the
 * way, whether he waits himself, his statement or that he is between two, and since when.
 *
 * Joined with PROCESSLIST, which would say the latter, this statement ends MariaDB
 * 10.11.19 within seconds on a server whose clients come and go (signal 11 in
 * ha_maria::drop_table: a temporary table for PROCESSLIST's texts that was never opened
 * is removed). InnoDB's own tables have none such: tests/bench/mysql_locks.sh asks so
 * half a million times beside waits. PROCESSLIST is asked alone. */
enum { TABLE, INDEX, WAITER, STATEMENT, BLOCKER, IS_RUNNING, HELD_BY, IS_IDLE, AGE_MS };

void wpb_lock_rows_sql(struct wpb_sql *sql, enum wpb_mysql_dialect dialect)
{
    wpb_sql_add(sql, "SELECT ");
    wpb_sql_add(sql, dialect == WPB_MARIADB ? "l.lock_table, l.lock_index"
                                            : "l.OBJECT_NAME, l.INDEX_NAME");
    wpb_sql_add(sql, ", r.trx_mysql_thread_id, LEFT(r.trx_query, ");
    wpb_sql_number(sql, WPB_LOCK_STATEMENT_BYTES);
    wpb_sql_add(sql, "), b.trx_mysql_thread_id, b.trx_state = 'RUNNING', "
                     "LEFT(b.trx_query, ");
    wpb_sql_number(sql, WPB_LOCK_STATEMENT_BYTES);
    wpb_sql_add(sql, "), b.trx_query IS NULL, "
                     "TIMESTAMPDIFF(MICROSECOND, b.trx_started, NOW(6)) DIV 1000 FROM ");
    wpb_sql_add(
        sql, dialect == WPB_MARIADB
                 ? "information_schema.INNODB_LOCK_WAITS w "
                   "JOIN information_schema.INNODB_LOCKS l "
                   "ON l.lock_id = w.requested_lock_id "
                   "JOIN information_schema.INNODB_TRX r "
                   "ON r.trx_id = w.requesting_trx_id "
                   "JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id "
                 : "performance_schema.data_lock_waits w "
                   "JOIN performance_schema.data_locks l ON l.ENGINE = w.ENGINE AND "
                   "l.ENGINE_LOCK_ID = w.REQUESTING_ENGINE_LOCK_ID "
                   "JOIN information_schema.INNODB_TRX r "
                   "ON r.trx_id = w.REQUESTING_ENGINE_TRANSACTION_ID "
                   "JOIN information_schema.INNODB_TRX b "
                   "ON b.trx_id = w.BLOCKING_ENGINE_TRANSACTION_ID ");
    wpb_sql_add(sql, "WHERE ");
    wpb_sql_add(sql, dialect == WPB_MARIADB
                         ? "LEFT(l.lock_table, CHAR_LENGTH(DATABASE()) + 3) = "
                           "CONCAT('`', DATABASE(), '`.')"
                         : "l.OBJECT_SCHEMA = DATABASE()");
    wpb_sql_add(sql, " LIMIT ");
    wpb_sql_number(sql, WPB_LOCK_ROWS_MAX);
}

static void add_processes(struct wpb_sql *sql, const char *columns, const char *which)
{
    wpb_sql_add(sql, "SELECT ");
    wpb_sql_add(sql, columns);
    wpb_sql_add(sql, ", LEFT(INFO, ");
    wpb_sql_number(sql, WPB_LOCK_STATEMENT_BYTES);
    wpb_sql_add(sql, ") FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND "
                     "COMMAND IN ('Query', 'Execute') AND ID <> CONNECTION_ID()");
    wpb_sql_add(sql, which);
    wpb_sql_add(sql, " LIMIT ");
    wpb_sql_number(sql, WPB_LOCK_ROWS_MAX);
}

void wpb_lock_states_sql(struct wpb_sql *sql)
{
    add_processes(sql, "STATE = 'User lock'",
                  " AND (STATE = 'User lock' OR STATE LIKE 'Waiting for table%lock')");
}

void wpb_lock_running_sql(struct wpb_sql *sql)
{
    add_processes(sql, "0", " AND INFO IS NOT NULL");
}

static void copy(char *to, size_t size, struct wpb_slice text)
{
    text = wpb_slice_head(text, size - 1);
    if (text.len)
        memcpy(to, text.data, text.len);
    to[text.len] = '\0';
}

/* MariaDB says "`shop`.`wp_options`", and behind it which partition; MySQL the name. */
static struct wpb_slice table_of(struct wpb_slice text)
{
    struct wpb_sql_token token = {.kind = WPB_SQL_END};
    struct wpb_slice name = text, rest = text;

    if (text.len == 0 || text.data[0] != '`')
        return text;
    for (int i = 0; i < 3; i++) { /* schema, ".", table */
        if (!wpb_sql_next_token(&rest, &token))
            return text;
        name = token.text;
    }
    return name;
}

static struct wpb_lock_wait *wait_of(struct wpb_lock_wait *waits, size_t *count,
                                     struct wpb_slice table)
{
    size_t i = 0;

    while (i < *count && !wpb_slice_is(table, waits[i].table))
        i++;
    if (i < *count)
        return &waits[i];
    if (*count == WPB_LOCK_WAITS_MAX || table.len == 0)
        return NULL;
    waits[i] = (struct wpb_lock_wait){.looks = 1};
    copy(waits[i].table, sizeof(waits[i].table), table);
    ++*count;
    return &waits[i];
}

static void copy_shape(char *to, size_t size, struct wpb_slice sql, bool has_shapes)
{
    struct wpb_sql_shape shape;

    if (!has_shapes || sql.len == 0)
        return;
    wpb_sql_shape(sql, &shape);
    copy(to, size, wpb_slice_of(shape.text, shape.len));
}

/* What the one in the way is doing: he may be between two statements. */
static void take_holder(struct wpb_lock_wait *wait, const struct wpb_mysql_rows *rows,
                        size_t row, bool has_shapes)
{
    double age_s = (double)wpb_rows_count(rows, row, AGE_MS) / MS_PER_SECOND;
    struct wpb_slice statement = wpb_rows_text(rows, row, HELD_BY);

    age_s = age_s > BEGUN_ERROR_S ? age_s - BEGUN_ERROR_S : 0;
    if (wait->holder[0] && age_s <= wait->held_s)
        return;
    wait->held_s = age_s;
    if (wpb_rows_count(rows, row, IS_IDLE))
        snprintf(wait->holder, sizeof(wait->holder),
                 "Sleep inside a transaction of %.1f s", age_s);
    else if (statement.len && has_shapes)
        copy_shape(wait->holder, sizeof(wait->holder), statement, has_shapes);
    else
        snprintf(wait->holder, sizeof(wait->holder), "a transaction of %.1f s", age_s);
}

static bool is_first_of_waiter(const struct wpb_mysql_rows *rows, size_t row)
{
    uint64_t waiter = wpb_rows_count(rows, row, WAITER);

    for (size_t i = 0; i < row; i++) {
        if (wpb_rows_count(rows, i, WAITER) == waiter)
            return false;
    }
    return true;
}

size_t wpb_lock_rows_read(const struct wpb_mysql_rows *rows, bool has_shapes,
                          struct wpb_lock_wait waits[WPB_LOCK_WAITS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_lock_wait *wait =
            wait_of(waits, &count, table_of(wpb_rows_text(rows, i, TABLE)));
        if (!wait)
            continue;
        wait->source = WPB_LOCK_BY_ROWS;
        wait->waiters += is_first_of_waiter(rows, i);
        if (!wait->index[0])
            copy(wait->index, sizeof(wait->index), wpb_rows_text(rows, i, INDEX));
        if (!wait->statement[0])
            copy_shape(wait->statement, sizeof(wait->statement),
                       wpb_rows_text(rows, i, STATEMENT), has_shapes);
        if (wpb_rows_count(rows, i, IS_RUNNING))
            take_holder(wait, rows, i, has_shapes);
    }
    return count;
}

size_t wpb_lock_states_read(const struct wpb_mysql_rows *rows, bool has_shapes,
                            struct wpb_lock_wait waits[WPB_LOCK_WAITS_MAX])
{
    static const struct wpb_slice by_name = WPB_SLICE(WPB_LOCK_BY_NAME);
    struct wpb_sql_shape shape;
    size_t count = 0;

    for (size_t i = 0; i < rows->rows; i++) {
        wpb_sql_shape(wpb_rows_text(rows, i, 1), &shape);
        struct wpb_lock_wait *wait =
            wait_of(waits, &count,
                    wpb_rows_count(rows, i, 0)
                        ? by_name
                        : wpb_slice_of(shape.table, has_shapes ? shape.table_len : 0));
        if (!wait)
            continue;
        wait->source = WPB_LOCK_BY_STATES;
        wait->waiters++;
        if (has_shapes && !wait->statement[0])
            copy(wait->statement, sizeof(wait->statement),
                 wpb_slice_of(shape.text, shape.len));
    }
    return count;
}

/* What stands between the quotes of VALUE; empty when that is not what it means. */
static struct wpb_slice plain_text(struct wpb_slice value)
{
    static const struct wpb_slice none = WPB_SLICE("");

    if (value.len < 3 || value.len > WPB_LOCK_NAME_MAX + 2 ||
        (value.data[0] != '\'' && value.data[0] != '"') ||
        value.data[value.len - 1] != value.data[0])
        return none;
    value = wpb_slice_of(value.data + 1, value.len - 2);
    for (size_t i = 0; i < value.len; i++) {
        if (strchr("'\"\\", value.data[i])) /* and a zero byte */
            return none;
    }
    return value;
}

/* The argument of GET_LOCK() in SQL. */
static struct wpb_slice locked_name(struct wpb_slice sql)
{
    struct wpb_sql_token token;

    while (wpb_sql_next_token(&sql, &token)) {
        if (!wpb_sql_token_is(&token, "GET_LOCK"))
            continue;
        if (wpb_sql_next_token(&sql, &token) && wpb_slice_is(token.text, "(") &&
            wpb_sql_next_token(&sql, &token) && token.kind == WPB_SQL_VALUE)
            return plain_text(token.text);
    }
    return wpb_slice_of("", 0);
}

struct wpb_slice wpb_lock_states_name(const struct wpb_mysql_rows *rows)
{
    for (size_t i = 0; i < rows->rows; i++) {
        if (wpb_rows_count(rows, i, 0))
            return locked_name(wpb_rows_text(rows, i, 1));
    }
    return wpb_slice_of("", 0);
}

void wpb_lock_owner_sql(struct wpb_sql *sql, struct wpb_slice name)
{
    wpb_sql_add(sql, "SELECT COMMAND = 'Sleep', TIME, LEFT(INFO, ");
    wpb_sql_number(sql, WPB_LOCK_STATEMENT_BYTES);
    wpb_sql_add(sql,
                ") FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID = "
                "IS_USED_LOCK(");
    wpb_sql_string(sql, name);
    wpb_sql_add(sql, ") LIMIT 1");
}

void wpb_lock_owner_read(const struct wpb_mysql_rows *rows, bool has_shapes,
                         struct wpb_lock_wait *wait)
{
    if (rows->rows == 0)
        return;
    if (wpb_rows_count(rows, 0, 0))
        snprintf(wait->holder, sizeof(wait->holder),
                 "Sleep between two statements for %llu s",
                 (unsigned long long)wpb_rows_count(rows, 0, 1));
    else
        copy_shape(wait->holder, sizeof(wait->holder), wpb_rows_text(rows, 0, 2),
                   has_shapes);
}

size_t wpb_lock_running_read(const struct wpb_mysql_rows *rows, uint64_t waiting,
                             struct wpb_lock_wait waits[WPB_LOCK_WAITS_MAX])
{
    struct wpb_sql_shape shape;
    size_t count = 0, most = 0;

    for (size_t i = 0; i < rows->rows; i++) {
        wpb_sql_shape(wpb_rows_text(rows, i, 1), &shape);
        struct wpb_lock_wait *wait =
            shape.takes_locks
                ? wait_of(waits, &count, wpb_slice_of(shape.table, shape.table_len))
                : NULL;
        if (!wait)
            continue;
        wait->source = WPB_LOCK_BY_ROWS;
        wait->is_estimated = true;
        if (++wait->waiters == 1)
            copy(wait->statement, sizeof(wait->statement),
                 wpb_slice_of(shape.text, shape.len));
    }
    for (size_t i = 1; i < count; i++)
        most = waits[i].waiters > waits[most].waiters ? i : most;
    if (count == 0 || waits[most].waiters < waiting)
        return 0;
    waits[0] = waits[most];
    waits[0].waiters = (unsigned)waiting;
    return 1;
}
