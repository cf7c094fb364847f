/*
 * database.h - one SQLite connection: how it is set up, its statements, its rows.
 *
 * Statements are prepared once, at their first use, and known by the address of their
 * text, which therefore has to be a constant of the caller's file. Functions return
 * SQLite's primary result codes. One thread.
 */
#ifndef WPB_HISTORY_DATABASE_H
#define WPB_HISTORY_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

#define WPB_DATABASE_PAGE_BYTES 4096
#define WPB_DATABASE_STATEMENTS_MAX 96

struct wpb_database {
    sqlite3 *sqlite;
    struct {
        const char *sql;
        sqlite3_stmt *prepared;
    } statements[WPB_DATABASE_STATEMENTS_MAX];
    size_t statement_count;
    int log_frames; /* pages in the write-ahead log after the last commit */
};

enum wpb_database_mode {
    WPB_DATABASE_WRITE, /* and made when it is not there */
    WPB_DATABASE_READ,
    WPB_DATABASE_READ_STILL, /* nobody can write it, and so no lock and no log is needed
                              */
};

/* A connection to the file PATH, or to a database in memory when PATH is NULL. Nothing
 * is read yet, and so a file of arbitrary bytes opens. On failure *DATABASE is there too,
 * for its error text, except when memory is out. Free with wpb_database_close(). */
int wpb_database_open(const char *path, enum wpb_database_mode mode,
                      struct wpb_database **database);
/* DOES_CHECKPOINT: what is in the log is written back, and the log removed. NULL is
 * fine. */
void wpb_database_close(struct wpb_database *database, bool does_checkpoint);

/* Set up the log: its file shrinks to LOG_BYTES when it can. */
int wpb_database_use_log(struct wpb_database *database, uint64_t log_bytes);
/* The file takes no more than PAGES (or what it has, if that is more). */
int wpb_database_limit(struct wpb_database *database, uint64_t pages);
/* Pages that hold something, and pages of the file. */
int wpb_database_pages(struct wpb_database *database, uint64_t *used, uint64_t *all);

/* Is more than three quarters of what wpb_database_limit() allows in use? */
bool wpb_database_is_filling(struct wpb_database *database);

/* A value for a statement's ?1, ?2, ...; texts and blobs are borrowed. */
struct wpb_bound {
    enum {
        WPB_BOUND_NULL,
        WPB_BOUND_INT,
        WPB_BOUND_REAL,
        WPB_BOUND_TEXT,
        WPB_BOUND_BLOB
    } type;
    int64_t integer;
    double real;
    struct wpb_slice bytes;
};

static inline struct wpb_bound wpb_int(int64_t value)
{
    return (struct wpb_bound){.type = WPB_BOUND_INT, .integer = value};
}

static inline struct wpb_bound wpb_real(double value)
{
    return (struct wpb_bound){.type = WPB_BOUND_REAL, .real = value};
}

static inline struct wpb_bound wpb_text(struct wpb_slice value)
{
    return (struct wpb_bound){.type = WPB_BOUND_TEXT, .bytes = value};
}

static inline struct wpb_bound wpb_cstr(const char *value)
{
    return wpb_text(wpb_slice_cstr(value));
}

static inline struct wpb_bound wpb_blob(struct wpb_slice value)
{
    return (struct wpb_bound){.type = WPB_BOUND_BLOB, .bytes = value};
}

static inline struct wpb_bound wpb_null(void)
{
    return (struct wpb_bound){.type = WPB_BOUND_NULL};
}

/* The values as the two arguments that the functions below take. */
#define WPB_BOUND(...)                                                                   \
    (const struct wpb_bound[]){__VA_ARGS__},                                             \
        sizeof((const struct wpb_bound[]){__VA_ARGS__}) / sizeof(struct wpb_bound)
#define WPB_UNBOUND NULL, 0

/* Do SQL, whose rows (if it has any) do not matter: SQLITE_OK, or why not. */
int wpb_database_run(struct wpb_database *database, const char *sql,
                     const struct wpb_bound *bound, size_t count);
/* Rows that the last wpb_database_run() has inserted, changed or deleted. */
int wpb_database_changes(struct wpb_database *database);

/* The rows of SQL: `while (wpb_cursor_next(&rows))`, then `rows.rc` says whether all were
 * seen. Who leaves earlier calls wpb_cursor_end(). Bound values live until then. */
struct wpb_cursor {
    sqlite3_stmt *statement;
    int rc; /* SQLITE_ROW on a row, SQLITE_OK after the last */
};

struct wpb_cursor wpb_database_rows(struct wpb_database *database, const char *sql,
                                    const struct wpb_bound *bound, size_t count);
bool wpb_cursor_next(struct wpb_cursor *rows);
void wpb_cursor_end(struct wpb_cursor *rows);
/* Columns, counted from 0; a text or blob lives until the next row. */
int64_t wpb_cursor_int(const struct wpb_cursor *rows, int column);
double wpb_cursor_real(const struct wpb_cursor *rows, int column);
bool wpb_cursor_is_null(const struct wpb_cursor *rows, int column);
struct wpb_slice wpb_cursor_bytes(const struct wpb_cursor *rows, int column);
/* The same with a NUL after it; "" for NULL. */
const char *wpb_cursor_text(const struct wpb_cursor *rows, int column);

/* The integer in the first column of SQL's only row; FALLBACK when there is none. */
int wpb_database_integer(struct wpb_database *database, const char *sql,
                         const struct wpb_bound *bound, size_t count, int64_t fallback,
                         int64_t *value);

#endif
