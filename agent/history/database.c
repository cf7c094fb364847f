#include "agent/history/database.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"

/* 384 KiB: an hour of 160 series that are noted every minute, and the pages above it. */
#define CACHE "PRAGMA cache_size = -384"
/* Another program may look at the file, and so hold it for a moment. */
#define BUSY_MS 250

static const char PAGE_COUNT[] = "PRAGMA page_count";
static const char FREE_COUNT[] = "PRAGMA freelist_count";
static const char MOST_PAGES[] = "PRAGMA max_page_count";

static int note_log(void *cookie, sqlite3 *sqlite, const char *schema, int frames)
{
    struct wpb_database *database = cookie;

    (void)sqlite;
    (void)schema;
    database->log_frames = frames;
    return SQLITE_OK;
}

/* A file from elsewhere may bring triggers, views and functions of its own: none runs. */
static int harden(sqlite3 *sqlite)
{
    int rc = sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(sqlite, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(sqlite, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(sqlite,
                          "PRAGMA cell_size_check = 1;"
                          "PRAGMA mmap_size = 0;"
                          "PRAGMA temp_store = MEMORY;" CACHE,
                          NULL, NULL, NULL);
    return rc & 0xff;
}

/* PATH as SQLite reads addresses, where ?, # and % mean something. */
static char *still_address(const char *path)
{
    struct wpb_buf address;

    wpb_buf_init(&address, 0);
    wpb_buf_text(&address, "file:");
    for (const char *c = path; *c; c++)
        if (strchr("?#%", *c))
            wpb_buf_printf(&address, "%%%02x", (unsigned)*c);
        else
            wpb_buf_char(&address, *c);
    wpb_buf_text(&address, "?immutable=1");
    if (wpb_buf_failed(&address)) {
        wpb_buf_fini(&address);
        return NULL;
    }
    return address.data;
}

static int connect_to(const char *path, enum wpb_database_mode mode, sqlite3 **sqlite)
{
    static const int flags[] = {
        [WPB_DATABASE_WRITE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
        [WPB_DATABASE_READ] = SQLITE_OPEN_READONLY,
        [WPB_DATABASE_READ_STILL] = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
    };
    char *address = NULL;
    int rc;

    if (path && mode == WPB_DATABASE_READ_STILL && !(address = still_address(path)))
        return SQLITE_NOMEM;
    rc = sqlite3_open_v2(address ? address
                         : path  ? path
                                 : ":memory:",
                         sqlite, flags[mode] | SQLITE_OPEN_NOMUTEX, NULL);
    free(address);
    return rc & 0xff;
}

int wpb_database_open(const char *path, enum wpb_database_mode mode,
                      struct wpb_database **database)
{
    int rc;

    *database = calloc(1, sizeof(**database));
    if (!*database)
        return SQLITE_NOMEM;
    rc = connect_to(path, mode, &(*database)->sqlite);
    if (!(*database)->sqlite) {
        free(*database);
        *database = NULL;
        return SQLITE_NOMEM;
    }
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_busy_timeout((*database)->sqlite, BUSY_MS);
    return harden((*database)->sqlite);
}

void wpb_database_close(struct wpb_database *database, bool does_checkpoint)
{
    if (!database)
        return;
    for (size_t i = 0; i < database->statement_count; i++)
        sqlite3_finalize(database->statements[i].prepared);
    sqlite3_db_config(database->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                      !does_checkpoint, NULL);
    sqlite3_close(database->sqlite);
    free(database);
}

int wpb_database_use_log(struct wpb_database *database, uint64_t log_bytes)
{
    char sql[160];
    int rc;

    /* What is committed is on the disk: an alert that was acknowledged must not come
     * again because the power went. */
    sqlite3_snprintf(sizeof(sql), sql,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "PRAGMA secure_delete = OFF; PRAGMA journal_size_limit = %lld",
                     (long long)log_bytes);
    rc = sqlite3_exec(database->sqlite, sql, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        sqlite3_wal_hook(database->sqlite, note_log, database);
    return rc & 0xff;
}

int wpb_database_limit(struct wpb_database *database, uint64_t pages)
{
    char sql[64];

    sqlite3_snprintf(sizeof(sql), sql, "PRAGMA max_page_count = %lld", (long long)pages);
    return sqlite3_exec(database->sqlite, sql, NULL, NULL, NULL) & 0xff;
}

int wpb_database_pages(struct wpb_database *database, uint64_t *used, uint64_t *all)
{
    int64_t pages, unused;
    int rc = wpb_database_integer(database, PAGE_COUNT, WPB_UNBOUND, 0, &pages);

    if (rc == SQLITE_OK)
        rc = wpb_database_integer(database, FREE_COUNT, WPB_UNBOUND, 0, &unused);
    if (rc != SQLITE_OK)
        return rc;
    *used = (uint64_t)(unused < pages ? pages - unused : 0);
    *all = (uint64_t)pages;
    return SQLITE_OK;
}

bool wpb_database_is_filling(struct wpb_database *database)
{
    uint64_t used = 0, all = 0;
    int64_t most = 0;

    return wpb_database_pages(database, &used, &all) != SQLITE_OK ||
           wpb_database_integer(database, MOST_PAGES, WPB_UNBOUND, 0, &most) !=
               SQLITE_OK ||
           used > (uint64_t)most / 4 * 3;
}

/* The statement of SQL, ready to be bound, or NULL. */
static sqlite3_stmt *statement_of(struct wpb_database *database, const char *sql, int *rc)
{
    size_t i = 0;
    sqlite3_stmt *prepared = NULL;

    while (i < database->statement_count && database->statements[i].sql != sql)
        i++;
    if (i < database->statement_count) {
        sqlite3_reset(database->statements[i].prepared);
        *rc = SQLITE_OK;
        return database->statements[i].prepared;
    }
    if (i == WPB_DATABASE_STATEMENTS_MAX) {
        *rc = SQLITE_MISUSE;
        return NULL;
    }
    *rc = sqlite3_prepare_v3(database->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT,
                             &prepared, NULL) &
          0xff;
    if (*rc != SQLITE_OK)
        return NULL;
    database->statements[i].sql = sql;
    database->statements[i].prepared = prepared;
    database->statement_count++;
    return prepared;
}

static int bind(sqlite3_stmt *statement, int index, const struct wpb_bound *bound)
{
    /* A NULL pointer would bind NULL, and so an empty text needs one of its own. */
    const char *bytes = bound->bytes.len ? bound->bytes.data : "";
    sqlite3_uint64 len = bound->bytes.len;

    switch (bound->type) {
    case WPB_BOUND_INT:
        return sqlite3_bind_int64(statement, index, bound->integer);
    case WPB_BOUND_REAL:
        return sqlite3_bind_double(statement, index, bound->real);
    case WPB_BOUND_TEXT:
        return sqlite3_bind_text64(statement, index, bytes, len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case WPB_BOUND_BLOB:
        return sqlite3_bind_blob64(statement, index, bytes, len, SQLITE_STATIC);
    case WPB_BOUND_NULL:
        break;
    }
    return sqlite3_bind_null(statement, index);
}

struct wpb_cursor wpb_database_rows(struct wpb_database *database, const char *sql,
                                    const struct wpb_bound *bound, size_t count)
{
    struct wpb_cursor rows = {0};

    rows.statement = statement_of(database, sql, &rows.rc);
    for (size_t i = 0; i < count && rows.rc == SQLITE_OK; i++)
        rows.rc = bind(rows.statement, (int)i + 1, &bound[i]) & 0xff;
    if (rows.rc == SQLITE_OK)
        rows.rc = SQLITE_ROW;
    return rows;
}

bool wpb_cursor_next(struct wpb_cursor *rows)
{
    if (rows->rc != SQLITE_ROW)
        return false;
    rows->rc = sqlite3_step(rows->statement) & 0xff;
    if (rows->rc == SQLITE_ROW)
        return true;
    if (rows->rc == SQLITE_DONE)
        rows->rc = SQLITE_OK;
    /* A statement that is not reset holds the log where it is. */
    sqlite3_reset(rows->statement);
    return false;
}

void wpb_cursor_end(struct wpb_cursor *rows)
{
    if (rows->statement)
        sqlite3_reset(rows->statement);
    if (rows->rc == SQLITE_ROW)
        rows->rc = SQLITE_OK;
}

int64_t wpb_cursor_int(const struct wpb_cursor *rows, int column)
{
    return sqlite3_column_int64(rows->statement, column);
}

double wpb_cursor_real(const struct wpb_cursor *rows, int column)
{
    return sqlite3_column_double(rows->statement, column);
}

bool wpb_cursor_is_null(const struct wpb_cursor *rows, int column)
{
    return sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
}

struct wpb_slice wpb_cursor_bytes(const struct wpb_cursor *rows, int column)
{
    const void *bytes = sqlite3_column_blob(rows->statement, column);
    int len = sqlite3_column_bytes(rows->statement, column);

    return bytes && len > 0 ? wpb_slice_of(bytes, (size_t)len) : wpb_slice_of("", 0);
}

const char *wpb_cursor_text(const struct wpb_cursor *rows, int column)
{
    const unsigned char *text = sqlite3_column_text(rows->statement, column);

    return text ? (const char *)text : "";
}

int wpb_database_run(struct wpb_database *database, const char *sql,
                     const struct wpb_bound *bound, size_t count)
{
    struct wpb_cursor rows = wpb_database_rows(database, sql, bound, count);

    while (wpb_cursor_next(&rows))
        ;
    return rows.rc;
}

int wpb_database_changes(struct wpb_database *database)
{
    return sqlite3_changes(database->sqlite);
}

int wpb_database_integer(struct wpb_database *database, const char *sql,
                         const struct wpb_bound *bound, size_t count, int64_t fallback,
                         int64_t *value)
{
    struct wpb_cursor rows = wpb_database_rows(database, sql, bound, count);

    *value = fallback;
    if (wpb_cursor_next(&rows))
        *value = wpb_cursor_int(&rows, 0);
    wpb_cursor_end(&rows);
    return rows.rc;
}
