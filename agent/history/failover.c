/* From the disk to memory when it does not work, and back when it does. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/history/inside.h"
#include "agent/history/schema.h"

static const char BEGIN[] = "BEGIN IMMEDIATE";
static const char COMMIT[] = "COMMIT";
static const char ROLLBACK[] = "ROLLBACK";

/* ---- copying between the two ---- */

/* Ids of the same series here and there, by `from`. */
struct id_map {
    struct id_pair {
        int64_t from, to;
    } * pairs;
    size_t count, capacity;
};

static int add_pair(struct id_map *map, int64_t from, int64_t to)
{
    if (map->count == map->capacity) {
        size_t capacity = map->capacity ? map->capacity * 2 : 256;
        void *grown = realloc(map->pairs, capacity * sizeof(*map->pairs));

        if (!grown)
            return SQLITE_NOMEM;
        map->pairs = grown;
        map->capacity = capacity;
    }
    map->pairs[map->count++] = (struct id_pair){from, to};
    return SQLITE_OK;
}

/* 0 when it is not known. */
static int64_t mapped(const struct id_map *map, int64_t from)
{
    size_t low = 0, high = map->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (map->pairs[middle].from < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < map->count && map->pairs[low].from == from ? map->pairs[low].to : 0;
}

struct copy {
    const char *select, *insert;
    int series_column; /* -1: none */
    bool is_bounded;   /* only while there is room */
};

#define COLUMNS_MAX 16

static struct wpb_bound column_of(const struct wpb_cursor *rows, int column)
{
    switch (sqlite3_column_type(rows->statement, column)) {
    case SQLITE_INTEGER:
        return wpb_int(wpb_cursor_int(rows, column));
    case SQLITE_FLOAT:
        return wpb_real(wpb_cursor_real(rows, column));
    case SQLITE_TEXT:
        return wpb_text(wpb_cursor_bytes(rows, column));
    case SQLITE_BLOB:
        return wpb_blob(wpb_cursor_bytes(rows, column));
    default:
        return wpb_null();
    }
}

/* Copy rows as COPY says; MAP may be NULL: ids stay. Rows of unknown series are left
 * out. */
static int copy_rows(struct wpb_database *from, struct wpb_database *to,
                     const struct copy *copy, const struct id_map *map)
{
    struct wpb_cursor rows = wpb_database_rows(from, copy->select, WPB_UNBOUND);
    int rc = SQLITE_OK;

    while (rc == SQLITE_OK && wpb_cursor_next(&rows)) {
        struct wpb_bound bound[COLUMNS_MAX];
        int columns = sqlite3_column_count(rows.statement);
        bool is_known = true;

        for (int i = 0; i < columns && i < COLUMNS_MAX; i++)
            bound[i] = column_of(&rows, i);
        if (map && copy->series_column >= 0) {
            int64_t *id = &bound[copy->series_column].integer;

            *id = mapped(map, *id);
            is_known = *id != 0;
        }
        if (copy->is_bounded && wpb_database_is_filling(to))
            rc = SQLITE_FULL;
        else if (is_known)
            rc = wpb_database_run(to, copy->insert, bound, (size_t)columns);
    }
    wpb_cursor_end(&rows);
    return rc != SQLITE_OK ? rc : rows.rc;
}

/* ---- to memory ---- */

static const struct copy vital[] = {
    {"SELECT * FROM alert", "INSERT INTO alert VALUES(?1,?2,?3,?4,?5,?6,?7)", -1, false},
    {"SELECT * FROM dropped", "INSERT INTO dropped VALUES(?1,?2)", -1, false},
    {"SELECT * FROM fact", "INSERT INTO fact VALUES(?1,?2)", -1, false},
    {"SELECT * FROM site", "INSERT INTO site VALUES(?1,?2,?3)", -1, false},
    {"SELECT * FROM series", "INSERT INTO series VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
     -1, false},
    {"SELECT * FROM latest", "INSERT INTO latest VALUES(?1,?2,?3)", -1, false},
    /* The one that may be too large: what matters most comes first. Only row numbers are
     * sorted; without a LIMIT SQLite would take the order for unneeded. */
    {"SELECT o.* FROM (SELECT rowid AS row FROM outbox"
     " ORDER BY is_dead, status = 'resolved', updated_ms DESC LIMIT -1)"
     " CROSS JOIN outbox o ON o.rowid = row",
     "INSERT INTO outbox VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)", -1, true},
};
static const struct copy welcome[] = {
    {"SELECT * FROM epoch", "INSERT INTO epoch VALUES(?1,?2,?3,?4,?5)", -1, false},
    {"SELECT * FROM claim",
     "INSERT INTO claim VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)", -1,
     false},
};
#define COPIES(table) (sizeof(table) / sizeof(*(table)))

static const char SEQUENCE[] = "SELECT seq FROM sqlite_sequence WHERE name = 'series'";
static const char FORGET_SEQUENCE[] = "DELETE FROM sqlite_sequence";
static const char SET_SEQUENCE[] = "INSERT INTO sqlite_sequence VALUES('series', ?1)";

/* Each in a transaction of its own: where there is no room for one, the others stay. */
static int carry_one(struct wpb_database *disk, struct wpb_database *memory,
                     const struct copy *copy)
{
    int rc = wpb_database_run(memory, BEGIN, WPB_UNBOUND);

    if (rc == SQLITE_OK)
        rc = copy_rows(disk, memory, copy, NULL);
    if (!sqlite3_get_autocommit(memory->sqlite))
        wpb_database_run(memory, COMMIT, WPB_UNBOUND);
    return rc;
}

/* True when all that is vital came along. */
static bool carry(struct wpb_database *disk, struct wpb_database *memory)
{
    bool is_whole = disk != NULL;
    int64_t sequence = WPB_STORE_MEMORY_IDS;

    for (size_t i = 0; disk && i < COPIES(vital); i++)
        is_whole &= carry_one(disk, memory, &vital[i]) == SQLITE_OK;
    /* Ids are for ever; those that were not seen must not be given to others. */
    if (is_whole)
        is_whole =
            wpb_database_integer(disk, SEQUENCE, WPB_UNBOUND, 0, &sequence) == SQLITE_OK;
    if (!is_whole)
        sequence = WPB_STORE_MEMORY_IDS;
    wpb_database_run(memory, FORGET_SEQUENCE, WPB_UNBOUND);
    wpb_database_run(memory, SET_SEQUENCE, WPB_BOUND(wpb_int(sequence)));
    for (size_t i = 0; is_whole && i < COPIES(welcome); i++)
        if (carry_one(disk, memory, &welcome[i]) != SQLITE_OK)
            break;
    return is_whole;
}

int wpb_store_leave_disk(struct wpb_store *store, const char *reason, struct wpb_err *err)
{
    struct wpb_database *memory = NULL;
    int rc = wpb_database_open(NULL, WPB_DATABASE_WRITE, &memory);

    if (rc == SQLITE_OK)
        rc = wpb_schema_make(memory);
    if (rc == SQLITE_OK)
        rc = wpb_database_limit(memory, wpb_store_memory_pages(store));
    if (rc != SQLITE_OK) {
        wpb_database_close(memory, false);
        return wpb_err_set(err, WPB_E_MEMORY, WPB_STORE_STAGE,
                           "no memory for a history without a disk");
    }
    store->is_carried = carry(store->disk, memory);
    if (store->is_damaged) {
        wpb_database_close(store->disk, false);
        store->disk = NULL;
    }
    store->db = store->memory = memory;
    store->remedied++;
    snprintf(store->degraded, sizeof(store->degraded), "%s", reason);
    if (!store->is_damaged)
        wpb_store_tell(store, "the history is kept in memory only: %s", reason);
    return 0;
}

/* ---- and back ---- */

static const char BORN_SERIES[] =
    "SELECT s.id, s.hash, t.identity, s.kind, s.scope, s.name, s.parent, s.metric, "
    "s.unit,"
    " s.since_ms FROM series s JOIN site t ON t.id = s.site ORDER BY s.id";
static const char ADD_SERIES[] =
    "INSERT OR IGNORE INTO series(id, hash, site, kind, scope, name, parent, metric, "
    "unit,"
    " since_ms) VALUES(?1, ?2, (SELECT id FROM site WHERE identity = ?3), ?4, ?5, ?6, ?7,"
    " ?8, ?9, ?10)";
static const char LAST_ID[] = "SELECT last_insert_rowid()";
static const char KNOWN_ALERTS[] =
    "SELECT (SELECT count(*) FROM alert) + (SELECT count(*) FROM outbox)";
static const char FORGET_ALERTS[] = "DELETE FROM alert";
static const char FORGET_OUTBOX[] = "DELETE FROM outbox";

static const struct copy sites = {
    "SELECT identity, refused FROM site",
    "INSERT INTO site(identity, refused) VALUES(?1, ?2)"
    " ON CONFLICT(identity) DO UPDATE SET refused = max(refused, excluded.refused)",
    -1, false};

/* Values that both have: the median of more values wins. */
#define MERGE_ROLLUP(table)                                                              \
    "INSERT INTO " table " VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO UPDATE SET"       \
    " median = excluded.median, low = excluded.low, high = excluded.high,"               \
    " count = excluded.count WHERE excluded.count >= count"

static const struct copy merged[] = {
    {"SELECT * FROM latest",
     "INSERT INTO latest VALUES(?1,?2,?3) ON CONFLICT DO UPDATE SET"
     " time_ms = excluded.time_ms, value = excluded.value"
     " WHERE excluded.time_ms IS NOT NULL",
     0, false},
    {"SELECT * FROM raw", "INSERT OR REPLACE INTO raw VALUES(?1,?2,?3,?4)", 1, false},
    {"SELECT * FROM hourly", MERGE_ROLLUP("hourly"), 1, false},
    {"SELECT * FROM daily", MERGE_ROLLUP("daily"), 1, false},
    /* All that came is to be taken into the medians above it. */
    {"SELECT level, block, level < 2 FROM block",
     "INSERT INTO block VALUES(?1,?2,?3,0,0) ON CONFLICT DO UPDATE SET"
     " is_dirty = excluded.is_dirty, rolled_to = 0",
     -1, false},
    {"SELECT * FROM epoch", "INSERT OR REPLACE INTO epoch VALUES(?1,?2,?3,?4,?5)", 0,
     false},
    {"SELECT * FROM claim",
     "INSERT OR REPLACE INTO claim"
     " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)",
     0, false},
    {"SELECT * FROM alert",
     "INSERT INTO alert VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO UPDATE SET"
     " site = excluded.site, code = excluded.code, status = excluded.status,"
     " seq = excluded.seq, updated_ms = excluded.updated_ms, state = excluded.state"
     " WHERE excluded.updated_ms >= updated_ms",
     -1, false},
    {"SELECT * FROM outbox",
     "INSERT INTO outbox VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)"
     " ON CONFLICT DO UPDATE SET id = excluded.id, seq = excluded.seq,"
     " status = excluded.status, severity = excluded.severity,"
     " starts_ms = excluded.starts_ms, updated_ms = excluded.updated_ms,"
     " ends_ms = excluded.ends_ms, body = excluded.body, attempts = excluded.attempts,"
     " next_attempt_ms = excluded.next_attempt_ms, is_dead = excluded.is_dead"
     " WHERE excluded.updated_ms >= updated_ms",
     -1, false},
    {"SELECT * FROM dropped",
     "INSERT INTO dropped VALUES(?1,?2) ON CONFLICT DO UPDATE SET"
     " count = max(count, excluded.count)",
     -1, false},
    {"SELECT * FROM audit",
     "INSERT INTO audit VALUES(?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT DO UPDATE SET"
     " runs = runs + excluded.runs, commands = commands + excluded.commands,"
     " bytes = bytes + excluded.bytes, rows = rows + excluded.rows",
     -1, false},
    {"SELECT * FROM fact", "INSERT OR REPLACE INTO fact VALUES(?1,?2)", -1, false},
};

/* The id on DISK of the series in the row, made when it is not there: the same where
 * that is possible. */
static int settle_series(struct wpb_database *disk, const struct wpb_cursor *row,
                         int64_t *id)
{
    struct wpb_bound columns[10];
    int rc;

    for (int i = 0; i < 10; i++)
        columns[i] = column_of(row, i);
    rc = wpb_store_find_series(disk, &columns[1], id);
    if (rc != SQLITE_OK || *id != 0)
        return rc;
    if (columns[0].integer >= WPB_STORE_MEMORY_IDS)
        columns[0] = wpb_null();
    rc = wpb_database_run(disk, ADD_SERIES, columns, 10);
    if (rc == SQLITE_OK && wpb_database_changes(disk) == 0) {
        columns[0] = wpb_null();
        rc = wpb_database_run(disk, ADD_SERIES, columns, 10);
    }
    return rc == SQLITE_OK ? wpb_database_integer(disk, LAST_ID, WPB_UNBOUND, 0, id) : rc;
}

static int settle_all(struct wpb_database *disk, struct wpb_database *memory,
                      struct id_map *map)
{
    struct wpb_cursor rows = wpb_database_rows(memory, BORN_SERIES, WPB_UNBOUND);
    int rc = SQLITE_OK;

    while (rc == SQLITE_OK && wpb_cursor_next(&rows)) {
        int64_t id = 0;

        rc = settle_series(disk, &rows, &id);
        if (rc == SQLITE_OK)
            rc = add_pair(map, wpb_cursor_int(&rows, 0), id);
    }
    wpb_cursor_end(&rows);
    return rc != SQLITE_OK ? rc : rows.rc;
}

/* What memory has, into the disk's file; within a transaction there. Where memory had
 * begun with all that the file has, the alerts in it are the only ones; where it had not,
 * the newer of each counts. */
static int merge(struct wpb_store *store, struct wpb_database *disk, bool *has_found)
{
    struct wpb_database *memory = store->memory;
    struct id_map map = {0};
    int64_t known = 0;
    int rc = wpb_database_integer(disk, KNOWN_ALERTS, WPB_UNBOUND, 0, &known);

    *has_found = !store->is_carried && known > 0;
    if (rc == SQLITE_OK && store->is_carried)
        rc = wpb_database_run(disk, FORGET_ALERTS, WPB_UNBOUND);
    if (rc == SQLITE_OK && store->is_carried)
        rc = wpb_database_run(disk, FORGET_OUTBOX, WPB_UNBOUND);
    if (rc == SQLITE_OK)
        rc = copy_rows(memory, disk, &sites, NULL);
    if (rc == SQLITE_OK)
        rc = settle_all(disk, memory, &map);
    for (size_t i = 0; i < COPIES(merged) && rc == SQLITE_OK; i++)
        rc = copy_rows(memory, disk, &merged[i], &map);
    free(map.pairs);
    return rc;
}

static int merge_all(struct wpb_store *store, bool *has_found, struct wpb_err *err)
{
    struct wpb_database *disk = store->disk;
    int rc = wpb_database_run(disk, BEGIN, WPB_UNBOUND);

    if (rc == SQLITE_OK)
        rc = merge(store, disk, has_found);
    if (rc == SQLITE_OK)
        rc = wpb_database_run(disk, COMMIT, WPB_UNBOUND);
    if (rc == SQLITE_OK)
        return 0;
    wpb_store_cannot_open(store, disk, rc, err);
    if (!sqlite3_get_autocommit(disk->sqlite))
        wpb_database_run(disk, ROLLBACK, WPB_UNBOUND);
    /* The next try sets it aside. */
    store->is_damaged = wpb_store_is_damage(rc);
    return -1;
}

int wpb_store_retry(struct wpb_store *store, int64_t now_ms, bool *has_found,
                    struct wpb_err *err)
{
    struct wpb_err why = {0};
    bool found = false;

    store->now_ms = now_ms;
    if (has_found)
        *has_found = false;
    if (!store->memory)
        return 0;
    wpb_database_close(store->disk, false);
    store->disk = NULL;
    if (wpb_store_open_disk(store, &why) != 0 || merge_all(store, &found, &why) != 0) {
        snprintf(store->degraded, sizeof(store->degraded), "%s", why.message);
        if (err)
            *err = why;
        return -1;
    }
    wpb_database_close(store->memory, false);
    store->memory = NULL;
    store->db = store->disk;
    store->remedied++;
    store->degraded[0] = '\0';
    store->is_carried = false;
    if (has_found)
        *has_found = found;
    wpb_store_tell(store, "the history is on the disk again, in %s", store->folder);
    return 0;
}
