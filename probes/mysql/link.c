#include "probes/mysql/link.h"

#include <errmsg.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mysql_address.h"
#include "agent/base/text.h"
#include "probes/mysql/client.h"

#define STAGE "mysql"
#define CONNECT_SECONDS 1
/* Beyond the server's own limit of a statement: one that does not answer at all. */
#define SILENCE_SECONDS 12
#define CELLS_FIRST 64

struct wpb_mysql_link {
    MYSQL mysql;
    char where[320];
    uint32_t timeout_ms; /* what the session's limit stands at; 0: never set */
    enum wpb_mysql_dialect dialect;
    bool is_lost;
};

static void say_where(const struct wpb_mysql_address *address, char *where, size_t size)
{
    struct wpb_buf scope;

    wpb_buf_init(&scope, size - 1);
    wpb_mysql_address_scope(address, true, &scope);
    snprintf(where, size, "%.*s", (int)scope.len, scope.data ? scope.data : "");
    wpb_buf_fini(&scope);
}

static enum wpb_err_code code_of(unsigned error)
{
    switch (error) {
    case 1045: /* ER_ACCESS_DENIED_ERROR */
    case 1698: /* ER_ACCESS_DENIED_NO_PASSWORD_ERROR */
    case 1044: /* ER_DBACCESS_DENIED_ERROR */
        return WPB_E_AUTH;
    case 1142: /* ER_TABLEACCESS_DENIED_ERROR */
    case 1143: /* ER_COLUMNACCESS_DENIED_ERROR */
    case 1227: /* ER_SPECIFIC_ACCESS_DENIED_ERROR */
        return WPB_E_DENIED;
    case 1049: /* ER_BAD_DB_ERROR */
    case WPB_MYSQL_NO_SUCH_TABLE:
        return WPB_E_NOT_FOUND;
    case 1969: /* MariaDB's ER_STATEMENT_TIMEOUT */
    case 3024: /* MySQL's ER_QUERY_TIMEOUT */
    case 1205: /* ER_LOCK_WAIT_TIMEOUT */
        return WPB_E_TIMEOUT;
    case 1317: /* ER_QUERY_INTERRUPTED */
        return WPB_E_CANCELLED;
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
        return WPB_E_CLOSED;
    case CR_OUT_OF_MEMORY:
        return WPB_E_MEMORY;
    }
    return error >= CR_MIN_ERROR ? WPB_E_CONNECT : WPB_E_PROTOCOL;
}

static const char *advice(unsigned error)
{
    switch (code_of(error)) {
    case WPB_E_AUTH:
        return "; check DB_USER and DB_PASSWORD, or give --mysql and "
               "--mysql-password-file (packaging/grants.sql makes a user)";
    case WPB_E_DENIED:
        return "; grant SELECT on it (packaging/grants.sql)";
    case WPB_E_CONNECT:
        return "; is the server running, and is DB_HOST right?";
    default:
        return "";
    }
}

/* The server's words may hold names from outside: one plain line of them. */
static int fail(struct wpb_mysql_link *link, const char *doing, struct wpb_err *err)
{
    unsigned error = mysql_errno(&link->mysql);
    struct wpb_buf words;

    wpb_buf_init(&words, 160);
    wpb_text_terminal(&words, wpb_slice_cstr(mysql_error(&link->mysql)));
    wpb_err_set(err, code_of(error), STAGE, "%s %s: %.*s (error %u)%s", doing,
                link->where, (int)words.len, words.data ? words.data : "", error,
                advice(error));
    wpb_buf_fini(&words);
    link->is_lost |= error >= CR_MIN_ERROR;
    return -1;
}

static int open_link(struct wpb_mysql_link *link, const struct wpb_mysql_address *address,
                     struct wpb_err *err)
{
    unsigned seconds = CONNECT_SECONDS, silence = SILENCE_SECONDS;
    const char *host = *address->host ? address->host : NULL;
    const char *path = *address->path ? address->path : NULL;

    say_where(address, link->where, sizeof(link->where));
    if (!mysql_init(&link->mysql))
        return wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for a connection");
    mysql_options(&link->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_options(&link->mysql, MYSQL_OPT_READ_TIMEOUT, &silence);
    mysql_options(&link->mysql, MYSQL_OPT_WRITE_TIMEOUT, &silence);
    mysql_options(&link->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    wpb_mysql_client_options(&link->mysql, address->is_encrypted);
    if (!mysql_real_connect(&link->mysql, host, address->user, address->password,
                            address->schema, address->port, path, 0)) {
        fail(link, "cannot connect to", err);
        mysql_close(&link->mysql);
        return -1;
    }
    link->dialect = wpb_mysql_client_is_mariadb(mysql_get_server_info(&link->mysql))
                        ? WPB_MARIADB
                        : WPB_MYSQL;
    return 0;
}

static int set(struct wpb_mysql_link *link, const char *sql, struct wpb_err *err)
{
    if (mysql_real_query(&link->mysql, sql, strlen(sql)))
        return fail(link, "cannot make the session read-only at", err);
    return 0;
}

struct wpb_mysql_link *wpb_mysql_link_open(const struct wpb_mysql_address *address,
                                           struct wpb_err *err)
{
    static const char *const harmless[] = {
        "SET SESSION TRANSACTION READ ONLY",
        "SET SESSION lock_wait_timeout = 2, sql_mode = ''",
    };
    struct wpb_mysql_link *link = calloc(1, sizeof(*link));

    if (!link) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for a connection");
        return NULL;
    }
    if (open_link(link, address, err)) {
        free(link);
        return NULL;
    }
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        if (set(link, harmless[i], err)) {
            wpb_mysql_link_close(link);
            return NULL;
        }
    }
    return link;
}

void wpb_mysql_link_close(struct wpb_mysql_link *link)
{
    if (!link)
        return;
    mysql_close(&link->mysql);
    free(link);
}

/* The two servers name their limit differently, and count it differently. */
static int set_timeout(struct wpb_mysql_link *link, uint32_t timeout_ms,
                       struct wpb_err *err)
{
    char sql[80];

    if (timeout_ms == link->timeout_ms)
        return 0;
    if (link->dialect == WPB_MARIADB)
        snprintf(sql, sizeof(sql), "SET SESSION max_statement_time = %u.%03u",
                 timeout_ms / 1000, timeout_ms % 1000);
    else
        snprintf(sql, sizeof(sql), "SET SESSION max_execution_time = %u", timeout_ms);
    if (set(link, sql, err))
        return -1;
    link->timeout_ms = timeout_ms;
    return 0;
}

struct table {
    struct wpb_arena *arena;
    struct wpb_slice *cells;
    size_t capacity;
    struct wpb_mysql_rows *rows;
};

static void keep_row(struct table *table, MYSQL_ROW row, const unsigned long *lengths)
{
    struct wpb_mysql_rows *rows = table->rows;
    size_t used = rows->rows * rows->columns;

    if (used + rows->columns > table->capacity) {
        size_t capacity = 2 * table->capacity + rows->columns + CELLS_FIRST;
        struct wpb_slice *grown =
            wpb_arena_alloc(table->arena, capacity * sizeof(*grown));
        if (used)
            memcpy(grown, table->cells, used * sizeof(*grown));
        table->cells = grown;
        table->capacity = capacity;
        rows->cells = grown;
    }
    for (size_t i = 0; i < rows->columns; i++) {
        struct wpb_slice *cell = &table->cells[used + i];
        *cell = wpb_slice_of(NULL, 0);
        if (row[i])
            *cell = wpb_arena_copy(table->arena, wpb_slice_of(row[i], lengths[i]));
    }
    rows->rows++;
}

/* Take what the bounds allow; the rest is read and dropped, since the protocol wants it
 * read: every statement has a LIMIT near its bound. */
static void fetch(MYSQL_RES *result, const struct wpb_mysql_bounds *bounds,
                  struct wpb_arena *arena, struct wpb_mysql_rows *rows)
{
    struct table table = {.arena = arena, .rows = rows};
    MYSQL_ROW row;

    rows->columns = mysql_num_fields(result);
    while ((row = mysql_fetch_row(result))) {
        const unsigned long *lengths = mysql_fetch_lengths(result);
        uint64_t bytes = 0;
        for (size_t i = 0; i < rows->columns; i++)
            bytes += lengths[i];
        rows->bytes += bytes;
        if (rows->is_cut || rows->rows == bounds->rows_max ||
            rows->bytes > bounds->bytes_max)
            rows->is_cut = true;
        else
            keep_row(&table, row, lengths);
    }
}

int wpb_mysql_link_run(struct wpb_mysql_link *link, const char *sql, size_t len,
                       const struct wpb_mysql_bounds *bounds, struct wpb_arena *arena,
                       struct wpb_mysql_rows *rows, unsigned *error, struct wpb_err *err)
{
    MYSQL_RES *result;

    *rows = (struct wpb_mysql_rows){0};
    if (set_timeout(link, bounds->timeout_ms, err))
        goto failed;
    if (mysql_real_query(&link->mysql, sql, len)) {
        fail(link, "a statement failed at", err);
        goto failed;
    }
    result = mysql_use_result(&link->mysql);
    if (result) {
        fetch(result, bounds, arena, rows);
        mysql_free_result(result);
    }
    if (mysql_errno(&link->mysql)) {
        fail(link, "a statement failed at", err);
        goto failed;
    }
    *error = 0;
    return 0;

failed:
    *error = mysql_errno(&link->mysql);
    return -1;
}

bool wpb_mysql_link_is_lost(const struct wpb_mysql_link *link)
{
    return link->is_lost;
}

uint64_t wpb_mysql_link_id(const struct wpb_mysql_link *link)
{
    return mysql_thread_id((MYSQL *)(uintptr_t)&link->mysql);
}

enum wpb_mysql_dialect wpb_mysql_link_dialect(const struct wpb_mysql_link *link)
{
    return link->dialect;
}

const char *wpb_mysql_link_version(const struct wpb_mysql_link *link)
{
    return mysql_get_server_info((MYSQL *)(uintptr_t)&link->mysql);
}

int wpb_mysql_kill(const struct wpb_mysql_address *address, uint64_t id,
                   struct wpb_err *err)
{
    struct wpb_mysql_link link = {.timeout_ms = 0};
    char sql[48];
    int status = 0;

    if (open_link(&link, address, err))
        return -1;
    snprintf(sql, sizeof(sql), "KILL QUERY %llu", (unsigned long long)id);
    if (mysql_real_query(&link.mysql, sql, strlen(sql)))
        status = fail(&link, "cannot stop a statement at", err);
    mysql_close(&link.mysql);
    return status;
}
