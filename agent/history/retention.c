/*
 * What the history forgets, a block after the other: by rank (so many of the newest
 * blocks that hold something, whatever the clock says), by age, and for want of room.
 */
#include "agent/history/inside.h"

/* Hours of raw values: the one that is open and six before it. */
#define RAW_BLOCKS 7
#define RAW_BLOCKS_MIN 2
/* Or an eighth of the bound, of 26 bytes a value. */
#define RAW_SHARE 8
#define RAW_VALUE_BYTES 26
/* Days of hours: today and three weeks before it. */
#define HOURLY_BLOCKS 22
/* More than that of the file in use, and the oldest goes before its time. */
#define SOFT_PERCENT 85
/* Of one slice. */
#define ROWS_PER_SLICE 4000
/* Further ahead than any sample may be. */
#define AHEAD_MS WPB_MS_PER_HOUR

/* The oldest clean block that is not among the ?2 newest. */
static const char OLDEST_BEYOND[] =
    "SELECT block FROM block WHERE level = ?1 AND NOT is_dirty AND block <="
    " (SELECT block FROM block WHERE level = ?1 ORDER BY block DESC LIMIT 1 OFFSET ?2)"
    " ORDER BY block LIMIT 1";
static const char OLDEST_BEFORE[] =
    "SELECT block FROM block WHERE level = ?1 AND NOT is_dirty AND block < ?2"
    " ORDER BY block LIMIT 1";
static const char NEWEST_AFTER[] =
    "SELECT block FROM block WHERE level = ?1 AND block > ?2"
    " ORDER BY block DESC LIMIT 1";
static const char ROWS[] = "SELECT rows FROM block WHERE level = ?1 ORDER BY block DESC";
static const char COUNT_AFTER[] =
    "SELECT count(*) FROM block WHERE level = ?1 AND block > ?2";
static const char COUNT_UP_TO[] =
    "SELECT count(*) FROM block WHERE level = ?1 AND block <= ?2";
static const char FORGET_BLOCK[] = "DELETE FROM block WHERE level = ?1 AND block = ?2";
static const char *const forget_future[] = {
    "UPDATE latest SET time_ms = NULL, value = NULL WHERE time_ms > ?1",
    "DELETE FROM epoch WHERE start_ms > ?1",
    "DELETE FROM claim WHERE made_ms > ?1",
};

/* Where a slice of a block ends, and its end. */
#define END_OF_SLICE(table)                                                              \
    "SELECT series FROM " table " WHERE block = ?1 LIMIT 1 OFFSET ?2"
#define CUT_SLICE(table) "DELETE FROM " table " WHERE block = ?1 AND series <= ?2"
static const struct {
    const char *end, *cut;
} slices[WPB_LEVELS] = {
    [WPB_LEVEL_RAW] = {END_OF_SLICE("raw"), CUT_SLICE("raw")},
    [WPB_LEVEL_HOURLY] = {END_OF_SLICE("hourly"), CUT_SLICE("hourly")},
    [WPB_LEVEL_DAILY] = {END_OF_SLICE("daily"), CUT_SLICE("daily")},
};

/* In which order blocks go when there is no room: down to so many of a level. What is
 * dirty stays: it is not yet in the level above. */
static const struct {
    enum wpb_level level;
    int64_t keep;
} squeezes[] = {
    {WPB_LEVEL_RAW, 3},    {WPB_LEVEL_HOURLY, 8}, {WPB_LEVEL_DAILY, 3},
    {WPB_LEVEL_HOURLY, 3}, {WPB_LEVEL_RAW, 0},    {WPB_LEVEL_DAILY, 1},
    {WPB_LEVEL_HOURLY, 0},
};

struct victim {
    bool is_found;
    enum wpb_level level;
    int64_t block;
};

/* The block that SQL, with its second value, finds in LEVEL. */
static int find(struct wpb_database *database, const char *sql, enum wpb_level level,
                int64_t second, struct victim *victim)
{
    int64_t block;
    int rc = wpb_database_integer(database, sql,
                                  WPB_BOUND(wpb_int(level), wpb_int(second)), -1, &block);

    if (rc == SQLITE_OK && block >= 0)
        *victim = (struct victim){true, level, block};
    return rc;
}

/* How many hours of raw values there is room for. */
static int raw_blocks(struct wpb_store *store, int64_t *keep)
{
    int64_t most = (int64_t)(store->max_bytes / RAW_SHARE / RAW_VALUE_BYTES), rows = 0;
    struct wpb_cursor blocks =
        wpb_database_rows(store->db, ROWS, WPB_BOUND(wpb_int(WPB_LEVEL_RAW)));

    for (*keep = 0; *keep < RAW_BLOCKS && wpb_cursor_next(&blocks); ++*keep) {
        rows += wpb_cursor_int(&blocks, 0);
        if (rows > most && *keep >= RAW_BLOCKS_MIN)
            break;
    }
    wpb_cursor_end(&blocks);
    return blocks.rc;
}

static int find_by_rank(struct wpb_store *store, struct victim *victim)
{
    int64_t keep[WPB_LEVELS] = {
        [WPB_LEVEL_HOURLY] = HOURLY_BLOCKS,
        [WPB_LEVEL_DAILY] = store->retention_ms / wpb_level_block_ms(WPB_LEVEL_DAILY) + 2,
    };
    int rc = raw_blocks(store, &keep[WPB_LEVEL_RAW]);

    for (int level = 0; level < WPB_LEVELS && rc == SQLITE_OK && !victim->is_found;
         level++)
        rc = find(store->db, OLDEST_BEYOND, (enum wpb_level)level, keep[level], victim);
    return rc;
}

static int find_by_age(struct wpb_store *store, int64_t now_ms, struct victim *victim)
{
    int rc = SQLITE_OK;

    if (now_ms <= store->retention_ms)
        return SQLITE_OK;
    for (int level = WPB_LEVEL_HOURLY;
         level < WPB_LEVELS && rc == SQLITE_OK && !victim->is_found; level++)
        rc = find(store->db, OLDEST_BEFORE, (enum wpb_level)level,
                  wpb_level_block((enum wpb_level)level, now_ms - store->retention_ms),
                  victim);
    return rc;
}

static int find_for_room(struct wpb_store *store, struct victim *victim)
{
    uint64_t used, all;
    int rc = wpb_store_measure(store, &used, &all);

    if (rc != SQLITE_OK || used <= wpb_store_page_limit(store) * SOFT_PERCENT / 100)
        return rc;
    for (size_t i = 0;
         i < sizeof(squeezes) / sizeof(*squeezes) && rc == SQLITE_OK && !victim->is_found;
         i++)
        rc = find(store->db, OLDEST_BEYOND, squeezes[i].level, squeezes[i].keep, victim);
    return rc;
}

/* A clock that ran ahead leaves values in the future. It was the future that was false
 * when there is less of it than of the past: else it is the present that is. */
static int is_future_false(struct wpb_store *store, int64_t ahead_ms, bool *is_false)
{
    int64_t ahead = 0, behind = 0;
    int rc = SQLITE_OK;

    for (int i = 0; i < WPB_LEVELS && rc == SQLITE_OK; i++) {
        enum wpb_level level = (enum wpb_level)i;
        int64_t hours = wpb_level_block_ms(level) / WPB_MS_PER_HOUR, count = 0;
        struct wpb_bound bound[] = {wpb_int(level),
                                    wpb_int(wpb_level_block(level, ahead_ms))};

        rc = wpb_database_integer(store->db, COUNT_AFTER, bound, 2, 0, &count);
        ahead += hours * count;
        if (rc == SQLITE_OK)
            rc = wpb_database_integer(store->db, COUNT_UP_TO, bound, 2, 0, &count);
        behind += hours * count;
    }
    *is_false = ahead > 0 && ahead < behind;
    return rc;
}

static int find_in_future(struct wpb_store *store, int64_t ahead_ms,
                          struct victim *victim)
{
    bool is_false = false;
    int rc = is_future_false(store, ahead_ms, &is_false);

    for (int i = 0; is_false && i < WPB_LEVELS && rc == SQLITE_OK && !victim->is_found;
         i++)
        rc = find(store->db, NEWEST_AFTER, (enum wpb_level)i,
                  wpb_level_block((enum wpb_level)i, ahead_ms), victim);
    for (size_t i = 0; victim->is_found && rc == SQLITE_OK &&
                       i < sizeof(forget_future) / sizeof(*forget_future);
         i++)
        rc = wpb_database_run(store->db, forget_future[i], WPB_BOUND(wpb_int(ahead_ms)));
    return rc;
}

/* One slice of the victim; with the last one the block itself. */
static int cut(struct wpb_database *database, const struct victim *victim)
{
    int64_t series;
    int rc = wpb_database_integer(
        database, slices[victim->level].end,
        WPB_BOUND(wpb_int(victim->block), wpb_int(ROWS_PER_SLICE)), INT64_MAX, &series);

    if (rc == SQLITE_OK)
        rc = wpb_database_run(database, slices[victim->level].cut,
                              WPB_BOUND(wpb_int(victim->block), wpb_int(series)));
    if (rc == SQLITE_OK && series == INT64_MAX)
        rc = wpb_database_run(database, FORGET_BLOCK,
                              WPB_BOUND(wpb_int(victim->level), wpb_int(victim->block)));
    return rc;
}

int wpb_store_retain(struct wpb_store *store, int64_t now_ms, bool is_steady,
                     bool *has_done)
{
    struct victim victim = {0};
    int rc = find_by_rank(store, &victim);

    if (rc == SQLITE_OK && !victim.is_found && is_steady)
        rc = find_by_age(store, now_ms, &victim);
    if (rc == SQLITE_OK && !victim.is_found && is_steady)
        rc = find_in_future(store, now_ms + AHEAD_MS, &victim);
    if (rc == SQLITE_OK && !victim.is_found)
        rc = find_for_room(store, &victim);
    *has_done = rc == SQLITE_OK && victim.is_found;
    return *has_done ? cut(store->db, &victim) : rc;
}
