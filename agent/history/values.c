/* Values in, and out again in the resolution that was asked for. */
#include "agent/history/inside.h"

static const char SET_LATEST[] = "UPDATE latest SET time_ms = ?2, value = ?3"
                                 " WHERE series = ?1";
static const char ADD_RAW[] = "INSERT OR REPLACE INTO raw VALUES(?1, ?2, ?3, ?4)";
/* The values of a series, newest first: the block, the slot, and what a rollup has. The
 * CROSS JOIN keeps the blocks outside: one seek each, and no sorting. */
#define SERIES_OF(table, columns)                                                        \
    "SELECT v.block, v.slot, " columns " FROM block b CROSS JOIN " table " v"            \
    " ON v.block = b.block AND v.series = ?1"                                            \
    " WHERE b.level = ?2 AND b.block BETWEEN ?3 AND ?4"                                  \
    " ORDER BY b.block DESC, v.slot DESC"
#define ROLLUP "v.median, coalesce(v.low, v.median), coalesce(v.high, v.median), v.count"
static const char *const series_of[WPB_LEVELS] = {
    [WPB_LEVEL_RAW] = SERIES_OF("raw", "v.value"),
    [WPB_LEVEL_HOURLY] = SERIES_OF("hourly", ROLLUP),
    [WPB_LEVEL_DAILY] = SERIES_OF("daily", ROLLUP),
};

/* How many values are between two looks at how full the file is. */
#define MEASURE_EVERY 512

/* ---- in ---- */

struct noted {
    int64_t id, time_ms;
    double value;
};

static int unknown_series(int64_t id, struct wpb_err *err)
{
    return wpb_err_set(err, WPB_E_NOT_FOUND, WPB_STORE_STAGE, "there is no series %lld",
                       (long long)id);
}

static int mark_hour(struct wpb_store *store, int64_t hour)
{
    int rc;

    if (store->marked_hour == hour)
        return SQLITE_OK;
    rc = wpb_level_mark(store->db, WPB_LEVEL_RAW, hour);
    if (rc == SQLITE_OK)
        store->marked_hour = hour;
    return rc;
}

static int note(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const struct noted *noted = cookie;
    int64_t hour = wpb_level_block(WPB_LEVEL_RAW, noted->time_ms);
    uint64_t used, all;
    int rc = SQLITE_OK;

    if (++store->noted % MEASURE_EVERY == 0)
        rc = wpb_store_measure(store, &used, &all);
    if (rc == SQLITE_OK && store->is_crowded)
        return wpb_err_set(err, WPB_E_BUDGET, WPB_STORE_STAGE,
                           "the history has no room for more values");
    if (rc == SQLITE_OK)
        rc = wpb_database_run(store->db, SET_LATEST,
                              WPB_BOUND(wpb_int(noted->id), wpb_int(noted->time_ms),
                                        wpb_real(noted->value)));
    if (rc == SQLITE_OK && wpb_database_changes(store->db) == 0)
        return unknown_series(noted->id, err);
    if (rc == SQLITE_OK)
        rc = wpb_database_run(
            store->db, ADD_RAW,
            WPB_BOUND(wpb_int(hour), wpb_int(noted->id),
                      wpb_int(wpb_level_slot(WPB_LEVEL_RAW, noted->time_ms)),
                      wpb_real(noted->value)));
    if (rc == SQLITE_OK)
        rc = mark_hour(store, hour);
    return wpb_store_result(store, rc, "a value", err);
}

int wpb_store_note(struct wpb_store *store, int64_t id, int64_t time_ms, double value,
                   struct wpb_err *err)
{
    struct noted noted = {id, time_ms, value};
    struct wpb_point point = {time_ms, value};

    if (time_ms < 0 || !wpb_stats_usable(&point))
        return wpb_err_set(err, WPB_E_ARGUMENT, WPB_STORE_STAGE,
                           "neither its time nor its value can be kept");
    return wpb_store_write(store, note, &noted, err);
}

/* ---- out ---- */

/* Points gathered from the newest to the oldest. */
struct gathering {
    int64_t id, from_ms, to_ms;
    int64_t before_ms; /* only what is older */
    struct wpb_point *points;
    size_t count, capacity;
};

static void gather(struct gathering *gathering, int64_t time_ms, double value)
{
    if (time_ms < gathering->from_ms || time_ms > gathering->to_ms ||
        time_ms >= gathering->before_ms || gathering->count == gathering->capacity)
        return;
    gathering->points[gathering->count++] = (struct wpb_point){time_ms, value};
    gathering->before_ms = time_ms;
}

static void turn_around(struct wpb_point *points, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct wpb_point point = points[i];

        points[i] = points[count - 1 - i];
        points[count - 1 - i] = point;
    }
}

static struct wpb_cursor rows_of(struct wpb_database *database, enum wpb_level level,
                                 int64_t id, int64_t from_ms, int64_t to_ms)
{
    return wpb_database_rows(database, series_of[level],
                             WPB_BOUND(wpb_int(id), wpb_int(level),
                                       wpb_int(wpb_level_block(level, from_ms)),
                                       wpb_int(wpb_level_block(level, to_ms))));
}

/* Values of LEVEL that are older than what was gathered, each in the middle of its slot;
 * at most MOST. */
static int gather_level(struct wpb_database *database, enum wpb_level level, size_t most,
                        struct gathering *gathering)
{
    int64_t to_ms =
        gathering->before_ms < gathering->to_ms ? gathering->before_ms : gathering->to_ms;
    size_t full = gathering->capacity - gathering->count < most ? gathering->capacity
                                                                : gathering->count + most;
    struct wpb_cursor rows;

    if (gathering->from_ms > to_ms)
        return SQLITE_OK;
    rows = rows_of(database, level, gathering->id, gathering->from_ms, to_ms);
    while (gathering->count < full && wpb_cursor_next(&rows))
        gather(gathering,
               wpb_level_start_ms(level, wpb_cursor_int(&rows, 0),
                                  wpb_cursor_int(&rows, 1)) +
                   wpb_level_slot_ms(level) / 2,
               wpb_cursor_real(&rows, 2));
    wpb_cursor_end(&rows);
    return rows.rc;
}

/* The same, and in memory also of what the disk has from before, if it can be read. */
static int gather_both(struct wpb_store *store, enum wpb_level level, size_t most,
                       struct gathering *gathering)
{
    size_t before = gathering->count;
    int rc = gather_level(store->db, level, most, gathering);

    if (rc == SQLITE_OK && store->memory && store->disk)
        gather_level(store->disk, level, most - (gathering->count - before), gathering);
    return rc;
}

static int gather_points(struct wpb_store *store, struct gathering *gathering)
{
    size_t all = gathering->capacity;
    int rc = gather_both(store, WPB_LEVEL_RAW, 1, gathering);

    if (rc == SQLITE_OK)
        rc = gather_both(store, WPB_LEVEL_HOURLY, all, gathering);
    /* Days where no hours are left of them. */
    if (gathering->count > 0)
        gathering->before_ms -= gathering->before_ms % WPB_MS_PER_DAY;
    return rc == SQLITE_OK ? gather_both(store, WPB_LEVEL_DAILY, all, gathering) : rc;
}

static int gather_recent(struct wpb_store *store, struct gathering *gathering)
{
    return gather_both(store, WPB_LEVEL_RAW, gathering->capacity, gathering);
}

static int collect(struct wpb_store *store, struct gathering *gathering,
                   int (*gather_all)(struct wpb_store *, struct gathering *),
                   size_t *count, struct wpb_err *err)
{
    int rc;

    *count = 0;
    gathering->before_ms = INT64_MAX;
    if (gathering->from_ms < 0)
        gathering->from_ms = 0;
    if (gathering->to_ms < gathering->from_ms)
        return 0;
    rc = gather_all(store, gathering);
    if (rc != SQLITE_OK)
        return wpb_store_failed(store, rc, "values", err);
    turn_around(gathering->points, gathering->count);
    *count = gathering->count;
    return 0;
}

int wpb_store_points(struct wpb_store *store, int64_t id, int64_t from_ms, int64_t to_ms,
                     struct wpb_point *points, size_t capacity, size_t *count,
                     struct wpb_err *err)
{
    struct gathering gathering = {.id = id,
                                  .from_ms = from_ms,
                                  .to_ms = to_ms,
                                  .points = points,
                                  .capacity = capacity};

    return collect(store, &gathering, gather_points, count, err);
}

int wpb_store_recent(struct wpb_store *store, int64_t id, int64_t from_ms, int64_t to_ms,
                     struct wpb_point *points, size_t capacity, size_t *count,
                     struct wpb_err *err)
{
    struct gathering gathering = {.id = id,
                                  .from_ms = from_ms,
                                  .to_ms = to_ms,
                                  .points = points,
                                  .capacity = capacity};

    return collect(store, &gathering, gather_recent, count, err);
}

int wpb_store_rollups(struct wpb_store *store, int64_t id, enum wpb_store_level level,
                      int64_t from_ms, int64_t to_ms, struct wpb_store_rollup *rollups,
                      size_t capacity, size_t *count, struct wpb_err *err)
{
    enum wpb_level from = level == WPB_STORE_DAYS ? WPB_LEVEL_DAILY : WPB_LEVEL_HOURLY;
    struct wpb_cursor rows;
    size_t found = 0;

    *count = 0;
    if (from_ms < 0)
        from_ms = 0;
    if (to_ms < from_ms)
        return 0;
    rows = rows_of(store->db, from, id, from_ms, to_ms);
    while (found < capacity && wpb_cursor_next(&rows)) {
        struct wpb_store_rollup rollup = {
            .start_ms = wpb_level_start_ms(from, wpb_cursor_int(&rows, 0),
                                           wpb_cursor_int(&rows, 1)),
            .length_ms = wpb_level_slot_ms(from),
            .median = wpb_cursor_real(&rows, 2),
            .low = wpb_cursor_real(&rows, 3),
            .high = wpb_cursor_real(&rows, 4),
            .count = (uint32_t)wpb_cursor_int(&rows, 5)};

        if (rollup.start_ms >= from_ms && rollup.start_ms <= to_ms)
            rollups[found++] = rollup;
    }
    wpb_cursor_end(&rows);
    if (rows.rc != SQLITE_OK)
        return wpb_store_failed(store, rows.rc, "medians", err);
    for (size_t i = 0; i < found / 2; i++) {
        struct wpb_store_rollup rollup = rollups[i];

        rollups[i] = rollups[found - 1 - i];
        rollups[found - 1 - i] = rollup;
    }
    *count = found;
    return 0;
}
