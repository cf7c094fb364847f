/* The file of the history: found, looked at, set aside, made anew. */
#include <string.h>
#include <unistd.h>

#include "agent/history/folder.h"
#include "agent/history/inside.h"
#include "agent/history/schema.h"

static const char TEST_WRITE[] =
    "INSERT OR REPLACE INTO fact VALUES('history.opened_ms', ?1)";

int wpb_store_cannot_open(const struct wpb_store *store, struct wpb_database *database,
                          int rc, struct wpb_err *err)
{
    int errnum = database ? sqlite3_system_errno(database->sqlite) : 0;
    const char *text = database ? sqlite3_errmsg(database->sqlite) : sqlite3_errstr(rc);

    if (rc == SQLITE_FULL)
        text = "no space left on the device";
    else if (rc == SQLITE_READONLY)
        text = "read-only";
    return wpb_err_set(err, rc == SQLITE_NOMEM ? WPB_E_MEMORY : WPB_E_IO, WPB_STORE_STAGE,
                       "%s/history.db cannot be used: %s%s%s", store->folder, text,
                       errnum ? ", " : "", errnum ? strerror(errnum) : "");
}

bool wpb_store_is_damage(int rc)
{
    return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_FORMAT;
}

/* Open PATH and look whose it is. Where nothing can be written SQLite has no place for
 * its log's index; when there is no log either, it can be read nevertheless. */
static int open_file(const struct wpb_store *store, const char *path,
                     struct wpb_database **database, enum wpb_schema_state *state)
{
    enum wpb_database_mode mode =
        store->is_read_only ? WPB_DATABASE_READ : WPB_DATABASE_WRITE;
    char log[WPB_FOLDER_PATH_MAX];
    int rc = wpb_database_open(path, mode, database);

    if (rc == SQLITE_OK)
        rc = wpb_schema_look(*database, state);
    /* SQLITE_ERROR: "unsupported file format". */
    if (wpb_store_is_damage(rc) || rc == SQLITE_ERROR) {
        *state = WPB_SCHEMA_DAMAGED;
        return SQLITE_OK;
    }
    if (rc != SQLITE_CANTOPEN && rc != SQLITE_READONLY)
        return rc;
    if (wpb_folder_path(store->folder, "-wal", log, NULL) != 0 || access(log, F_OK) == 0)
        return rc;
    wpb_database_close(*database, false);
    rc = wpb_database_open(path, WPB_DATABASE_READ_STILL, database);
    return rc == SQLITE_OK ? wpb_schema_look(*database, state) : rc;
}

static int set_aside(struct wpb_store *store, const char *why, struct wpb_err *err)
{
    char name[WPB_FOLDER_ASIDE_MAX];
    unsigned count = 0;

    if (wpb_folder_set_aside(store->folder, store->now_ms, name, &count, err) != 0)
        return -1;
    store->is_damaged = false;
    if (count == 1)
        wpb_store_tell(store,
                       "%s/history.db %s: it is now called %s, and a new history begins",
                       store->folder, why, name);
    else
        wpb_store_tell(store,
                       "%s/history.db %s: it is now called %s, and a new history begins; "
                       "%u such files lie there: remove those that nobody needs",
                       store->folder, why, name, count);
    return 0;
}

static const char *why_not(enum wpb_schema_state state)
{
    switch (state) {
    case WPB_SCHEMA_NEWER:
        return "was written by a newer wpbloat";
    case WPB_SCHEMA_FOREIGN:
        return "belongs to another program";
    case WPB_SCHEMA_DAMAGED:
        return "is damaged";
    case WPB_SCHEMA_OURS:
    case WPB_SCHEMA_EMPTY:
        break;
    }
    return NULL;
}

/* Make ready what open_file() has found. */
static int take_file(struct wpb_store *store, struct wpb_database *database,
                     enum wpb_schema_state state)
{
    int rc = SQLITE_OK;

    if (state == WPB_SCHEMA_EMPTY)
        rc = wpb_schema_make(database);
    if (rc == SQLITE_OK)
        rc = wpb_database_use_log(database, wpb_store_log_bytes(store));
    if (rc == SQLITE_OK)
        rc = wpb_database_limit(database, wpb_store_file_pages(store));
    /* Can it be written? Better to know now. */
    if (rc == SQLITE_OK)
        rc = wpb_database_run(database, TEST_WRITE, WPB_BOUND(wpb_int(store->now_ms)));
    return rc;
}

/* One try: 1 when a file was set aside and another try is due. A file that can only be
 * read becomes store->disk all the same. */
static int try_file(struct wpb_store *store, const char *path, struct wpb_err *err)
{
    enum wpb_schema_state state = WPB_SCHEMA_DAMAGED;
    struct wpb_database *database = NULL;
    int rc;

    if (store->is_damaged || wpb_folder_is_broken(store->folder))
        return set_aside(store, why_not(state), err) == 0 ? 1 : -1;
    rc = open_file(store, path, &database, &state);
    if (rc == SQLITE_OK && !why_not(state)) {
        store->disk = database;
        rc = take_file(store, database, state);
        if (rc == SQLITE_OK)
            return 0;
        wpb_store_cannot_open(store, database, rc, err);
        if (!wpb_store_is_damage(rc))
            return -1;
        store->disk = NULL;
        state = WPB_SCHEMA_DAMAGED;
    } else if (rc != SQLITE_OK) {
        wpb_store_cannot_open(store, database, rc, err);
        wpb_database_close(database, false);
        return -1;
    }
    wpb_database_close(database, false);
    return set_aside(store, why_not(state), err) == 0 ? 1 : -1;
}

static int open_to_read(struct wpb_store *store, const char *path, struct wpb_err *err)
{
    enum wpb_schema_state state = WPB_SCHEMA_EMPTY;
    struct wpb_database *database = NULL;
    int rc;

    if (access(path, F_OK) != 0)
        return wpb_err_set(err, WPB_E_NOT_FOUND, WPB_STORE_STAGE,
                           "there is no history in %s", store->folder);
    rc = open_file(store, path, &database, &state);
    if (rc == SQLITE_OK && state == WPB_SCHEMA_OURS) {
        store->disk = store->db = database;
        return 0;
    }
    if (rc != SQLITE_OK)
        wpb_store_cannot_open(store, database, rc, err);
    else
        wpb_err_set(err, WPB_E_UNSUPPORTED, WPB_STORE_STAGE, "%s/history.db %s",
                    store->folder, why_not(state) ? why_not(state) : "is empty");
    wpb_database_close(database, false);
    return -1;
}

int wpb_store_open_disk(struct wpb_store *store, struct wpb_err *err)
{
    char path[WPB_FOLDER_PATH_MAX];
    int result = 1;

    if (wpb_folder_path(store->folder, "", path, err) != 0)
        return -1;
    if (store->is_read_only)
        return open_to_read(store, path, err);
    if (store->lock_fd < 0) {
        if (wpb_folder_make(store->folder, err) != 0) {
            if (err)
                err->code = WPB_E_IO;
            return -1;
        }
        if (wpb_folder_lock(store->folder, &store->lock_fd, err) != 0)
            return -1;
    }
    for (int turn = 0; turn < 2 && result == 1; turn++) {
        if (wpb_folder_make(store->folder, err) != 0)
            result = -1;
        else
            result = try_file(store, path, err);
    }
    if (result == 1)
        return wpb_err_set(err, WPB_E_IO, WPB_STORE_STAGE,
                           "%s: a new history.db is damaged at once", store->folder);
    if (result != 0) {
        if (err)
            err->code = WPB_E_IO;
        return -1;
    }
    if (!store->db)
        store->db = store->disk;
    return 0;
}
