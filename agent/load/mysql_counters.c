#include "agent/load/mysql_counters.h"

#include <stdlib.h>
#include <string.h>

#include "probes/mysql/client.h"
#include "probes/mysql/link.h"

#define STAGE "mysql"

/* No right is needed for it. */
static const char status_sql[] =
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Innodb_row_lock_time') "
    "OR Variable_name LIKE 'Handler\\_read\\_%'";
static const struct wpb_mysql_bounds status_bounds = {
    .rows_max = 64, .bytes_max = 64u << 10, .timeout_ms = 2000};

struct wpb_load_mysql {
    struct wpb_mysql_link *link;
    bool is_lost;
};

struct wpb_load_mysql *wpb_load_mysql_open(const struct wpb_mysql_address *address,
                                           struct wpb_err *err)
{
    struct wpb_load_mysql *mysql = calloc(1, sizeof(*mysql));

    if (!mysql) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
        return NULL;
    }
    wpb_mysql_client_begin();
    mysql->link = wpb_mysql_link_open(address, err);
    if (mysql->link)
        return mysql;
    free(mysql);
    return NULL;
}

void wpb_load_mysql_close(struct wpb_load_mysql *mysql)
{
    if (!mysql)
        return;
    wpb_mysql_link_close(mysql->link);
    free(mysql);
}

int wpb_load_mysql_read(struct wpb_load_mysql *mysql, struct wpb_load_counters *counters,
                        struct wpb_err *err)
{
    struct wpb_arena *arena;
    struct wpb_mysql_rows rows;
    unsigned error;
    int result;

    if (mysql->is_lost)
        return wpb_err_set(err, WPB_E_CONNECT, STAGE, "the connection is lost");
    arena = wpb_arena_new();
    if (!arena)
        return wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
    result = wpb_mysql_link_run(mysql->link, status_sql, strlen(status_sql),
                                &status_bounds, arena, &rows, &error, err);
    mysql->is_lost = wpb_mysql_link_is_lost(mysql->link);
    for (size_t i = 0; result == 0 && rows.columns == 2 && i < rows.rows; i++)
        wpb_load_counters_of_status(counters, rows.cells[2 * i], rows.cells[2 * i + 1]);
    wpb_arena_free(arena);
    return result;
}
