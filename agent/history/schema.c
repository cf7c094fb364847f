#include "agent/history/schema.h"

/*
 * Values lie in blocks of time: `raw` in hours, `hourly` in days, `daily` in eight days.
 * Within a block the values of a series lie together. So a block is written to in one
 * place and thrown away as a whole, and a series is read with one seek a block. `slot` is
 * the millisecond of the hour, the hour of the day, the day of the eight. `low` and
 * `high` are NULL where they are the median.
 *
 * `block` has a row for each block that holds something. Dirty: it has values that the
 * next level does not know yet (up to the series `rolled_to` it does).
 */
static const char *const tables[] = {
    "CREATE TABLE site(id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE,"
    " refused INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE series(id INTEGER PRIMARY KEY AUTOINCREMENT, site INTEGER NOT NULL,"
    " kind TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, parent TEXT NOT NULL,"
    " metric TEXT NOT NULL, unit TEXT NOT NULL, hash INTEGER NOT NULL,"
    " since_ms INTEGER NOT NULL)",
    "CREATE INDEX series_hash ON series(hash)",
    "CREATE INDEX series_site ON series(site)",
    "CREATE TABLE latest(series INTEGER PRIMARY KEY, time_ms INTEGER, value REAL)",
    "CREATE TABLE raw(block INTEGER, series INTEGER, slot INTEGER, value REAL,"
    " PRIMARY KEY(block, series, slot)) WITHOUT ROWID",
    "CREATE TABLE hourly(block INTEGER, series INTEGER, slot INTEGER, median REAL,"
    " low REAL, high REAL, count INTEGER, PRIMARY KEY(block, series, slot)) WITHOUT "
    "ROWID",
    "CREATE TABLE daily(block INTEGER, series INTEGER, slot INTEGER, median REAL,"
    " low REAL, high REAL, count INTEGER, PRIMARY KEY(block, series, slot)) WITHOUT "
    "ROWID",
    "CREATE TABLE block(level INTEGER, block INTEGER, is_dirty INTEGER NOT NULL,"
    " rolled_to INTEGER NOT NULL, rows INTEGER NOT NULL,"
    " PRIMARY KEY(level, block)) WITHOUT ROWID",
    "CREATE TABLE epoch(series INTEGER, start_ms INTEGER, reason TEXT NOT NULL,"
    " before REAL, after REAL, PRIMARY KEY(series, start_ms)) WITHOUT ROWID",
    "CREATE TABLE claim(series INTEGER, made_ms INTEGER, check_ms INTEGER,"
    " check_low REAL, check_value REAL, check_high REAL, earliest_ms INTEGER,"
    " median_ms INTEGER, latest_ms INTEGER, target REAL, widen REAL,"
    " value_outcome INTEGER NOT NULL, value_error REAL,"
    " eta_outcome INTEGER NOT NULL, eta_error REAL,"
    " PRIMARY KEY(series, made_ms)) WITHOUT ROWID",
    "CREATE TABLE alert(fingerprint TEXT PRIMARY KEY, site TEXT NOT NULL,"
    " code TEXT NOT NULL, status TEXT NOT NULL, seq INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL, state BLOB NOT NULL)",
    "CREATE TABLE outbox(sink TEXT, fingerprint TEXT, id TEXT NOT NULL,"
    " seq INTEGER NOT NULL, status TEXT NOT NULL, severity TEXT NOT NULL,"
    " starts_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, ends_ms INTEGER NOT NULL,"
    " body BLOB NOT NULL, attempts INTEGER NOT NULL, next_attempt_ms INTEGER NOT NULL,"
    " is_dead INTEGER NOT NULL, PRIMARY KEY(sink, fingerprint))",
    "CREATE TABLE dropped(sink TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE audit(hour INTEGER, site TEXT, probe TEXT, status TEXT,"
    " runs INTEGER NOT NULL, commands INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " rows INTEGER NOT NULL, PRIMARY KEY(hour, site, probe, status)) WITHOUT ROWID",
    "CREATE TABLE fact(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
};

#define TABLES (sizeof(tables) / sizeof(*tables))
#define TEXT_OF(number) TEXT_OF_VALUE(number)
#define TEXT_OF_VALUE(number) #number

static const char APPLICATION[] = "PRAGMA application_id";
static const char VERSION[] = "PRAGMA user_version";
static const char COUNT[] = "SELECT count(*) FROM sqlite_master";
/* What has no text is an index that a PRIMARY KEY or UNIQUE made, or the sequence. */
static const char STATED[] = "SELECT count(*) FROM sqlite_master"
                             " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'";
static const char HAS[] = "SELECT count(*) FROM sqlite_master WHERE sql = ?1";

static int look_at_tables(struct wpb_database *database, enum wpb_schema_state *state)
{
    int64_t stated, has;
    int rc = wpb_database_integer(database, STATED, WPB_UNBOUND, 0, &stated);

    *state = WPB_SCHEMA_OURS;
    if (rc == SQLITE_OK && stated != (int64_t)TABLES)
        *state = WPB_SCHEMA_DAMAGED;
    for (size_t i = 0; i < TABLES && rc == SQLITE_OK; i++) {
        rc = wpb_database_integer(database, HAS, WPB_BOUND(wpb_cstr(tables[i])), 0, &has);
        if (rc == SQLITE_OK && has != 1)
            *state = WPB_SCHEMA_DAMAGED;
    }
    return rc;
}

int wpb_schema_look(struct wpb_database *database, enum wpb_schema_state *state)
{
    int64_t application = 0, version = 0, count = 0;
    int rc = wpb_database_integer(database, APPLICATION, WPB_UNBOUND, 0, &application);

    if (rc == SQLITE_OK)
        rc = wpb_database_integer(database, VERSION, WPB_UNBOUND, 0, &version);
    if (rc == SQLITE_OK)
        rc = wpb_database_integer(database, COUNT, WPB_UNBOUND, 0, &count);
    if (rc != SQLITE_OK)
        return rc;
    if (application == 0 && version == 0 && count == 0)
        *state = WPB_SCHEMA_EMPTY;
    else if (application != WPB_SCHEMA_APPLICATION)
        *state = WPB_SCHEMA_FOREIGN;
    else if (version > WPB_SCHEMA_VERSION)
        *state = WPB_SCHEMA_NEWER;
    else if (version < WPB_SCHEMA_VERSION)
        *state = WPB_SCHEMA_DAMAGED;
    else
        return look_at_tables(database, state);
    return SQLITE_OK;
}

int wpb_schema_make(struct wpb_database *database)
{
    /* Pages that become free are given back only when the file keeps track of them from
     * its beginning. */
    int rc = sqlite3_exec(database->sqlite, "PRAGMA auto_vacuum = INCREMENTAL; BEGIN",
                          NULL, NULL, NULL);

    for (size_t i = 0; i < TABLES && rc == SQLITE_OK; i++)
        rc = sqlite3_exec(database->sqlite, tables[i], NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(database->sqlite,
                          "PRAGMA application_id = " TEXT_OF(
                              WPB_SCHEMA_APPLICATION) ";"
                                                      "PRAGMA user_version = " TEXT_OF(
                                                          WPB_SCHEMA_VERSION) ";"
                                                                              "COMMIT",
                          NULL, NULL, NULL);
    if (rc != SQLITE_OK && !sqlite3_get_autocommit(database->sqlite))
        sqlite3_exec(database->sqlite, "ROLLBACK", NULL, NULL, NULL);
    return rc & 0xff;
}
