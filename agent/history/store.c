#include "agent/history/store.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/history/folder.h"
#include "agent/history/inside.h"
#include "agent/history/schema.h"

/* A series of a minute's values takes, with three weeks of hours and ninety days, 20 to
 * 25 KiB. */
#define BYTES_PER_SERIES (28 * 1024)
/* Of the bound, the log beside the file. */
#define LOG_SHARE 16
#define LOG_BYTES_MIN (UINT64_C(256) << 10)
#define LOG_BYTES_MAX (UINT64_C(4) << 20)
/* So much of it is written back at once. */
#define CHECKPOINT_SHARE 8
/* The database in memory has no less than that, however small the bound. */
#define MEMORY_BYTES_MIN (UINT64_C(1) << 20)
/* SQLite's index of the log. */
#define INDEX_BYTES (UINT64_C(32) << 10)
/* So near to the bound it is the bound. */
#define OWN_BOUND_PAGES 64
/* At most so many slices are thrown away at once to make room for an alert. */
#define ROOM_SLICES 64
/* From here on the rest of the file is for alerts. */
#define CROWDED_PERCENT 95

static const char BEGIN[] = "BEGIN IMMEDIATE";
static const char COMMIT[] = "COMMIT";
static const char ROLLBACK[] = "ROLLBACK";

uint64_t wpb_store_log_bytes(const struct wpb_store *store)
{
    uint64_t bytes = store->max_bytes / LOG_SHARE;

    return bytes < LOG_BYTES_MIN   ? LOG_BYTES_MIN
           : bytes > LOG_BYTES_MAX ? LOG_BYTES_MAX
                                   : bytes;
}

uint64_t wpb_store_file_pages(const struct wpb_store *store)
{
    return (store->max_bytes - wpb_store_log_bytes(store) - INDEX_BYTES) /
           WPB_DATABASE_PAGE_BYTES;
}

uint64_t wpb_store_memory_pages(const struct wpb_store *store)
{
    uint64_t bytes = wpb_store_log_bytes(store);

    /* When it is written back, that is one transaction: the log has to bear it. */
    return (bytes < MEMORY_BYTES_MIN ? MEMORY_BYTES_MIN : bytes) /
           WPB_DATABASE_PAGE_BYTES;
}

uint64_t wpb_store_page_limit(const struct wpb_store *store)
{
    return store->memory ? wpb_store_memory_pages(store) : wpb_store_file_pages(store);
}

int64_t wpb_store_series_limit(const struct wpb_store *store)
{
    return (int64_t)(store->max_bytes / BYTES_PER_SERIES);
}

int wpb_store_measure(struct wpb_store *store, uint64_t *used, uint64_t *all)
{
    uint64_t log_pages = wpb_store_log_bytes(store) / WPB_DATABASE_PAGE_BYTES;
    int rc = wpb_database_pages(store->db, used, all);

    /* The log grows beyond its share only while a reader holds it. */
    if (rc == SQLITE_OK)
        store->is_crowded = *used > wpb_store_page_limit(store) * CROWDED_PERCENT / 100 ||
                            (uint64_t)store->db->log_frames > log_pages;
    return rc;
}

/* ---- notices ---- */

void wpb_store_tell(struct wpb_store *store, const char *format, ...)
{
    va_list args;

    if (store->notice_count == WPB_STORE_NOTICES_MAX)
        return;
    va_start(args, format);
    vsnprintf(store->notices[store->notice_count++], WPB_STORE_NOTICE_MAX, format, args);
    va_end(args);
}

bool wpb_store_notice(struct wpb_store *store, char notice[WPB_STORE_NOTICE_MAX])
{
    if (store->notice_count == 0)
        return false;
    memcpy(notice, store->notices[0], WPB_STORE_NOTICE_MAX);
    store->notice_count--;
    memmove(store->notices[0], store->notices[1],
            store->notice_count * sizeof(store->notices[0]));
    return true;
}

const char *wpb_store_degraded(const struct wpb_store *store)
{
    return store->degraded[0] ? store->degraded : NULL;
}

uint64_t wpb_store_size_bytes(const struct wpb_store *store)
{
    uint64_t used, all;

    if (!store->memory)
        return wpb_folder_bytes(store->folder);
    if (wpb_database_pages(store->memory, &used, &all) != SQLITE_OK)
        return 0;
    return all * WPB_DATABASE_PAGE_BYTES;
}

/* ---- what SQLite refuses ---- */

/* Does the database itself say that it is full, and not the disk? SQLite has one code
 * for both, and may have rolled back already, so that a transaction's worth of pages is
 * missing. Values stop long before. */
static bool is_own_bound(struct wpb_store *store)
{
    uint64_t used, all;

    return store->memory || (wpb_database_pages(store->db, &used, &all) == SQLITE_OK &&
                             used + OWN_BOUND_PAGES >= wpb_store_page_limit(store));
}

/* "No such table" is a plain error: has somebody changed the tables while we ran? */
static bool is_changed(struct wpb_store *store, int rc)
{
    enum wpb_schema_state state = WPB_SCHEMA_OURS;

    return rc == SQLITE_ERROR &&
           (wpb_schema_look(store->db, &state) != SQLITE_OK || state != WPB_SCHEMA_OURS);
}

static enum wpb_store_remedy remedy_of(struct wpb_store *store, int rc)
{
    if (store->memory || store->is_read_only)
        return WPB_REMEDY_NONE;
    if (wpb_store_is_damage(rc) || is_changed(store, rc))
        return WPB_REMEDY_ANEW;
    switch (rc) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return WPB_REMEDY_MEMORY;
    default:
        return WPB_REMEDY_NONE;
    }
}

static enum wpb_err_code code_of(int rc)
{
    switch (rc) {
    case SQLITE_NOMEM:
        return WPB_E_MEMORY;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return WPB_E_DENIED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return WPB_E_TIMEOUT;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return WPB_E_SYNTAX;
    default:
        return WPB_E_IO;
    }
}

/* The sentence for the reader, without what was being done. */
static void say_why(struct wpb_store *store, int rc, char reason[WPB_STORE_REASON_MAX])
{
    int errnum = sqlite3_system_errno(store->db->sqlite);

    if (rc == SQLITE_FULL)
        snprintf(reason, WPB_STORE_REASON_MAX,
                 "there is no space left where %s is: make room there", store->folder);
    else if (rc == SQLITE_READONLY || rc == SQLITE_PERM)
        snprintf(reason, WPB_STORE_REASON_MAX, "%s cannot be written: it is read-only",
                 store->folder);
    else if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
        snprintf(reason, WPB_STORE_REASON_MAX,
                 "another program keeps %s/history.db locked", store->folder);
    else
        snprintf(reason, WPB_STORE_REASON_MAX, "%s/history.db: %s%s%s", store->folder,
                 sqlite3_errmsg(store->db->sqlite), errnum ? ", " : "",
                 errnum ? strerror(errnum) : "");
}

/* Alerts come before values: throw away the oldest of those until there is room. */
static void make_room(struct wpb_store *store)
{
    bool has_done = true;

    for (int i = 0; i < ROOM_SLICES && has_done; i++) {
        int rc = wpb_database_run(store->db, BEGIN, WPB_UNBOUND);

        has_done = false;
        if (rc == SQLITE_OK)
            rc = wpb_store_retain(store, store->now_ms, false, &has_done);
        if (rc == SQLITE_OK)
            rc = wpb_database_run(store->db, COMMIT, WPB_UNBOUND);
        if (rc != SQLITE_OK && !sqlite3_get_autocommit(store->db->sqlite))
            wpb_database_run(store->db, ROLLBACK, WPB_UNBOUND);
        has_done = has_done && rc == SQLITE_OK;
        /* Worth another try. */
        if (has_done && i == 0)
            store->remedied++;
    }
}

static void apply_remedy(struct wpb_store *store)
{
    enum wpb_store_remedy remedy = store->remedy;

    store->remedy = WPB_REMEDY_NONE;
    switch (remedy) {
    case WPB_REMEDY_NONE:
        return;
    case WPB_REMEDY_ROOM:
        make_room(store);
        return;
    case WPB_REMEDY_MEMORY:
    case WPB_REMEDY_ANEW:
        break;
    }
    store->is_damaged = remedy == WPB_REMEDY_ANEW;
    if (wpb_store_leave_disk(store, store->loss.message, NULL) == 0 &&
        remedy == WPB_REMEDY_ANEW)
        wpb_store_retry(store, store->now_ms, NULL, NULL);
}

int wpb_store_failed(struct wpb_store *store, int rc, const char *what,
                     struct wpb_err *err)
{
    char reason[WPB_STORE_REASON_MAX];

    if (rc == SQLITE_FULL && is_own_bound(store)) {
        store->is_crowded = true;
        store->remedy = WPB_REMEDY_ROOM;
        wpb_err_set(&store->loss, WPB_E_IO, WPB_STORE_STAGE,
                    "the history has no room left");
    } else {
        say_why(store, rc, reason);
        store->remedy = remedy_of(store, rc);
        wpb_err_set(&store->loss, code_of(rc), WPB_STORE_STAGE, "%s", reason);
    }
    wpb_err_set(err, store->loss.code, WPB_STORE_STAGE, "%s: %s", what,
                store->loss.message);
    if (store->in_transaction)
        store->is_lost = true;
    else
        apply_remedy(store);
    return -1;
}

int wpb_store_result(struct wpb_store *store, int rc, const char *what,
                     struct wpb_err *err)
{
    return rc == SQLITE_OK ? 0 : wpb_store_failed(store, rc, what, err);
}

/* ---- transactions ---- */

int wpb_store_begin(struct wpb_store *store, struct wpb_err *err)
{
    uint64_t used, all;
    unsigned remedied;
    int rc;

    assert(!store->in_transaction);
    if (store->is_read_only)
        return wpb_err_set(err, WPB_E_DENIED, WPB_STORE_STAGE,
                           "the history is only open for reading");
    store->marked_hour = -1;
    do {
        remedied = store->remedied;
        rc = wpb_database_run(store->db, BEGIN, WPB_UNBOUND);
        if (rc == SQLITE_OK)
            rc = wpb_store_measure(store, &used, &all);
        store->in_transaction = !sqlite3_get_autocommit(store->db->sqlite);
        if (rc != SQLITE_OK)
            wpb_store_failed(store, rc, "cannot begin to write", err);
        if (rc != SQLITE_OK && store->in_transaction)
            wpb_store_rollback(store);
    } while (rc != SQLITE_OK && store->remedied != remedied);
    return rc == SQLITE_OK ? 0 : -1;
}

/* The log back into the file, when there is enough of it. Everything in it is safe, so
 * that nobody hears of it when this fails; but then the disk does not work. */
static void write_back(struct wpb_store *store)
{
    int most =
        (int)(wpb_store_log_bytes(store) / CHECKPOINT_SHARE / WPB_DATABASE_PAGE_BYTES);
    int frames = 0, written = 0, rc;

    if (store->memory || store->db->log_frames < most)
        return;
    rc = sqlite3_wal_checkpoint_v2(store->db->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                   &frames, &written) &
         0xff;
    /* All of it: the log begins anew with the next commit. */
    if (rc == SQLITE_OK && frames == written)
        store->db->log_frames = 0;
    /* Somebody reads: later, then. */
    if (rc != SQLITE_OK && rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
        wpb_store_failed(store, rc, "cannot write the log back", NULL);
}

static void end(struct wpb_store *store)
{
    store->in_transaction = false;
    store->is_lost = false;
    store->marked_hour = -1;
}

void wpb_store_rollback(struct wpb_store *store)
{
    assert(store->in_transaction);
    /* After some failures SQLite has done it already. */
    if (!sqlite3_get_autocommit(store->db->sqlite))
        wpb_database_run(store->db, ROLLBACK, WPB_UNBOUND);
    end(store);
    apply_remedy(store);
}

int wpb_store_commit(struct wpb_store *store, struct wpb_err *err)
{
    int rc;

    assert(store->in_transaction);
    if (store->is_lost) {
        if (err)
            *err = store->loss;
        wpb_store_rollback(store);
        return -1;
    }
    rc = wpb_database_run(store->db, COMMIT, WPB_UNBOUND);
    if (rc != SQLITE_OK) {
        wpb_store_failed(store, rc, "cannot commit", err);
        wpb_store_rollback(store);
        return -1;
    }
    end(store);
    write_back(store);
    return 0;
}

int wpb_store_transact(struct wpb_store *store, wpb_store_work *work, void *cookie,
                       struct wpb_err *err)
{
    unsigned remedied;
    int result;

    do {
        if (wpb_store_begin(store, err) != 0)
            return -1;
        remedied = store->remedied;
        result = work(store, cookie, err);
        if (result == 0)
            result = wpb_store_commit(store, err);
        else
            wpb_store_rollback(store);
    } while (result != 0 && store->remedied != remedied);
    return result;
}

int wpb_store_write(struct wpb_store *store, wpb_store_work *work, void *cookie,
                    struct wpb_err *err)
{
    if (!store->in_transaction)
        return wpb_store_transact(store, work, cookie, err);
    if (store->is_lost) {
        if (err)
            *err = store->loss;
        return -1;
    }
    return work(store, cookie, err);
}

/* ---- open and close ---- */

static struct wpb_store *store_new(const struct wpb_store_options *options)
{
    struct wpb_store *store = calloc(1, sizeof(*store));

    if (!store)
        return NULL;
    store->folder = strdup(options->folder);
    store->max_bytes = options->max_bytes ? options->max_bytes : WPB_STORE_BYTES_DEFAULT;
    if (store->max_bytes < WPB_STORE_BYTES_MIN)
        store->max_bytes = WPB_STORE_BYTES_MIN;
    store->retention_ms = options->retention_ms > 0 ? options->retention_ms
                                                    : WPB_STORE_RETENTION_DEFAULT_MS;
    store->is_read_only = options->is_read_only;
    store->now_ms = options->now_ms;
    store->lock_fd = -1;
    store->marked_hour = -1;
    if (!store->folder) {
        free(store);
        return NULL;
    }
    return store;
}

int wpb_store_open(const struct wpb_store_options *options, struct wpb_store **out,
                   struct wpb_err *err)
{
    struct wpb_store *store = store_new(options);
    struct wpb_err trouble = {0};

    *out = NULL;
    if (!store)
        return wpb_err_set(err, WPB_E_MEMORY, WPB_STORE_STAGE, "memory is out");
    if (wpb_store_open_disk(store, &trouble) != 0 &&
        (trouble.code == WPB_E_DENIED || store->is_read_only ||
         wpb_store_leave_disk(store, trouble.message, &trouble) != 0)) {
        if (err)
            *err = trouble;
        wpb_store_close(store);
        return -1;
    }
    *out = store;
    return 0;
}

void wpb_store_close(struct wpb_store *store)
{
    if (!store)
        return;
    if (store->in_transaction) {
        store->remedy = WPB_REMEDY_NONE;
        wpb_store_rollback(store);
    }
    wpb_database_close(store->disk, !store->memory);
    wpb_database_close(store->memory, false);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    free(store->folder);
    free(store);
}
