#include "probes/mysql/link.h"

#include <ctype.h>
#include <errmsg.h>
#include <fcntl.h>
#include <mysql.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/mysql_address.h"
#include "agent/base/text.h"
#include "probes/mysql/client.h"

#define STAGE "mysql"
#define CONNECT_SECONDS 1
/* Beyond the server's own limit of a statement: one that does not answer at all. */
#define SILENCE_SECONDS 12
#define KILL_SECONDS 1
#define CELLS_FIRST 64
/* SHOW REPLICA STATUS has some sixty; a server that says more is none. */
#define COLUMNS_MAX 256
#define WORDS_MIN 60
#define REST_MS 500

struct wpb_mysql_link {
    MYSQL mysql;
    char where[112];
    int socket;          /* a duplicate of the connection's: nobody else closes it */
    uint32_t timeout_ms; /* what the session's limit stands at; 0: never set */
    uint64_t statements; /* sent */
    enum wpb_mysql_dialect dialect;
    bool lacks_limit; /* too old to have one */
    bool is_lost;
};

static void say_where(const struct wpb_mysql_address *address, char *where, size_t size)
{
    struct wpb_buf scope;

    wpb_buf_init(&scope, size - 1);
    wpb_mysql_address_scope(address, true, &scope);
    snprintf(where, size, "%s", scope.data);
    wpb_buf_fini(&scope);
}

/* The server's words may hold names from outside: one plain line of them, with room for
 * what to do about it. */
static int fail(struct wpb_mysql_link *link, const char *doing, struct wpb_err *err)
{
    unsigned error = mysql_errno(&link->mysql);
    const char *advice = wpb_mysql_failure_advice(error);
    size_t taken = strlen(doing) + strlen(link->where) + strlen(advice) + 24;
    struct wpb_buf words;

    wpb_buf_init(&words, taken + WORDS_MIN < sizeof(err->message)
                             ? sizeof(err->message) - taken
                             : WORDS_MIN);
    wpb_text_terminal(&words, wpb_slice_cstr(mysql_error(&link->mysql)));
    wpb_err_set(err, wpb_mysql_failure_code(error), STAGE, "%s %s: %s (error %u)%s",
                doing, link->where, words.data, error, advice);
    wpb_buf_fini(&words);
    link->is_lost |= wpb_mysql_failure_is_loss(error);
    return -1;
}

/* The library takes a host with a ';' for a list of its own options, among them the
 * folder it loads code from; the name comes from a configuration file. */
static bool is_host(const char *host)
{
    for (; *host; host++) {
        if (!isalnum((unsigned char)*host) && !strchr(".-_:%", *host))
            return false;
    }
    return true;
}

static int open_link(struct wpb_mysql_link *link, const struct wpb_mysql_address *address,
                     unsigned silence, struct wpb_err *err)
{
    unsigned seconds = CONNECT_SECONDS;
    const char *host = *address->host ? address->host : NULL;
    const char *path = *address->path ? address->path : NULL;

    say_where(address, link->where, sizeof(link->where));
    if (!is_host(address->host))
        return wpb_err_set(
            err, WPB_E_ARGUMENT, STAGE,
            "cannot connect to %s: that is no host name; is DB_HOST right?", link->where);
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
        if (err->code == WPB_E_CLOSED)
            err->code = WPB_E_CONNECT;
        mysql_close(&link->mysql);
        return -1;
    }
    link->dialect = wpb_mysql_client_is_mariadb(mysql_get_server_info(&link->mysql))
                        ? WPB_MARIADB
                        : WPB_MYSQL;
    return 0;
}

static int send_statement(struct wpb_mysql_link *link, const char *sql, size_t len)
{
    link->statements++;
    return mysql_real_query(&link->mysql, sql, len);
}

static int set(struct wpb_mysql_link *link, const char *sql, struct wpb_err *err)
{
    if (send_statement(link, sql, strlen(sql)))
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
    if (open_link(link, address, SILENCE_SECONDS, err)) {
        free(link);
        return NULL;
    }
    link->socket = fcntl(wpb_mysql_client_socket(&link->mysql), F_DUPFD_CLOEXEC, 0);
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
    if (link->socket >= 0)
        close(link->socket);
    free(link);
}

/* The two servers name their limit differently, and count it differently. */
static int try_timeout(struct wpb_mysql_link *link, enum wpb_mysql_dialect dialect,
                       uint32_t timeout_ms)
{
    char sql[80];

    if (dialect == WPB_MARIADB)
        snprintf(sql, sizeof(sql), "SET SESSION max_statement_time = %u.%03u",
                 timeout_ms / 1000, timeout_ms % 1000);
    else
        snprintf(sql, sizeof(sql), "SET SESSION max_execution_time = %u", timeout_ms);
    return send_statement(link, sql, strlen(sql));
}

/* A version is what the operator or a proxy made of it: what the server takes counts.
 * Those before MariaDB 10.1 and MySQL 5.7 take neither; the client's patience is then
 * the limit. */
static int set_timeout(struct wpb_mysql_link *link, uint32_t timeout_ms,
                       struct wpb_err *err)
{
    enum wpb_mysql_dialect other = link->dialect == WPB_MARIADB ? WPB_MYSQL : WPB_MARIADB;

    if (timeout_ms == link->timeout_ms || link->lacks_limit)
        return 0;
    if (try_timeout(link, link->dialect, timeout_ms)) {
        if (mysql_errno(&link->mysql) != WPB_MYSQL_UNKNOWN_VARIABLE)
            return fail(link, "cannot limit a statement's time at", err);
        if (try_timeout(link, other, timeout_ms) == 0)
            link->dialect = other;
        else if (mysql_errno(&link->mysql) == WPB_MYSQL_UNKNOWN_VARIABLE)
            link->lacks_limit = true;
        else
            return fail(link, "cannot limit a statement's time at", err);
    }
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

static void keep_names(MYSQL_RES *result, struct wpb_arena *arena,
                       struct wpb_mysql_rows *rows)
{
    struct wpb_slice *names =
        wpb_arena_alloc(arena, (rows->columns + 1) * sizeof(*names));
    const MYSQL_FIELD *fields = mysql_fetch_fields(result);

    for (size_t i = 0; i < rows->columns; i++)
        names[i] =
            wpb_arena_copy(arena, wpb_slice_of(fields[i].name, fields[i].name_length));
    rows->names = names;
}

/* Take what the bounds allow; the rest is read and dropped, since the protocol wants it
 * read: every statement has a LIMIT near its bound. */
static void fetch(MYSQL_RES *result, const struct wpb_mysql_bounds *bounds,
                  struct wpb_arena *arena, struct wpb_mysql_rows *rows)
{
    struct table table = {.arena = arena, .rows = rows};
    MYSQL_ROW row;

    keep_names(result, arena, rows);
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

/* Connector/C gives up a row above its limit as a lost connection; then the rest of the
 * row is still to come. */
static bool is_too_large(const struct wpb_mysql_link *link, unsigned error)
{
    struct pollfd rest = {.fd = link->socket, .events = POLLIN};
    char byte;

    return error == CR_SERVER_LOST && poll(&rest, 1, REST_MS) > 0 &&
           recv(link->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static int take_result(struct wpb_mysql_link *link, const struct wpb_mysql_bounds *bounds,
                       struct wpb_arena *arena, struct wpb_mysql_rows *rows,
                       unsigned *error, struct wpb_err *err)
{
    MYSQL_RES *result = mysql_use_result(&link->mysql);
    int status = 0;

    if (result) {
        rows->columns = mysql_num_fields(result);
        if (rows->columns > COLUMNS_MAX) {
            link->is_lost = true; /* what it still sends is not read */
            wpb_mysql_break(link->socket);
            status = wpb_err_set(err, WPB_E_PROTOCOL, STAGE, "%s answers %zu columns",
                                 link->where, rows->columns);
        } else {
            fetch(result, bounds, arena, rows);
        }
    }
    if (status == 0 && (*error = mysql_errno(&link->mysql)) != 0) {
        status = fail(link, "a statement failed at", err);
        if (result && is_too_large(link, *error))
            wpb_err_set(err, wpb_mysql_failure_code(CR_NET_PACKET_TOO_LARGE), STAGE,
                        "a row at %s is larger than 2 MB and is not read", link->where);
    }
    if (result)
        mysql_free_result(result);
    return status;
}

int wpb_mysql_link_run(struct wpb_mysql_link *link, const char *sql, size_t len,
                       const struct wpb_mysql_bounds *bounds, struct wpb_arena *arena,
                       struct wpb_mysql_rows *rows, unsigned *error, struct wpb_err *err)
{
    *rows = (struct wpb_mysql_rows){0};
    *error = 0;
    if (set_timeout(link, bounds->timeout_ms, err)) {
        *error = mysql_errno(&link->mysql);
        return -1;
    }
    if (send_statement(link, sql, len)) {
        *error = mysql_errno(&link->mysql);
        return fail(link, "a statement failed at", err);
    }
    return take_result(link, bounds, arena, rows, error, err);
}

bool wpb_mysql_link_is_lost(const struct wpb_mysql_link *link)
{
    return link->is_lost;
}

uint64_t wpb_mysql_link_id(const struct wpb_mysql_link *link)
{
    return mysql_thread_id((MYSQL *)(uintptr_t)&link->mysql);
}

uint64_t wpb_mysql_link_statements(const struct wpb_mysql_link *link)
{
    return link->statements;
}

int wpb_mysql_link_socket(const struct wpb_mysql_link *link)
{
    return link->socket;
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
    struct wpb_mysql_link link = {.socket = -1};
    char sql[48];
    int status = 0;

    if (open_link(&link, address, KILL_SECONDS, err))
        return -1;
    snprintf(sql, sizeof(sql), "KILL QUERY %llu", (unsigned long long)id);
    if (mysql_real_query(&link.mysql, sql, strlen(sql)))
        status = fail(&link, "cannot stop a statement at", err);
    mysql_close(&link.mysql);
    return status;
}

void wpb_mysql_break(int socket)
{
    if (socket >= 0)
        shutdown(socket, SHUT_RDWR);
}
