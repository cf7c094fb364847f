/* Medians of hours from raw values, and of days from hours. */
#include "agent/history/inside.h"

/* Who looked at 10:59:59 may take some time to say what was seen. */
#define GRACE_MS INT64_C(300000)
/* Of one slice: some milliseconds. */
#define SERIES_PER_SLICE 200
#define ROWS_PER_SLICE 20000

static const char NEXT_DIRTY[] =
    "SELECT block, rolled_to FROM block WHERE level = ?1 AND is_dirty AND block < ?2"
    " ORDER BY block LIMIT 1";
/* Along the primary key. Of raw values: low and high are the value. */
static const char RAW[] = "SELECT series, 0, value, value, value, 1 FROM raw"
                          " WHERE block = ?1 AND series > ?2 ORDER BY series, slot";
static const char HOURS[] =
    "SELECT series, 0, median, coalesce(low, median), coalesce(high, median), count"
    " FROM hourly WHERE block = ?1 AND series > ?2 ORDER BY series, slot";
/* Where some of the values are gone already (the clock was set back, and an hour came
 * again), the median of more of them is the better one. */
#define SET_ROLLUP(table)                                                                \
    "INSERT INTO " table " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET" \
    " median = excluded.median, low = excluded.low, high = excluded.high,"               \
    " count = excluded.count WHERE excluded.count >= count"
static const char SET_HOUR[] = SET_ROLLUP("hourly");
static const char SET_DAY[] = SET_ROLLUP("daily");
static const char ROLLED[] = "UPDATE block SET is_dirty = ?3, rolled_to = ?4,"
                             " rows = CASE WHEN ?6 THEN 0 ELSE rows END + ?5"
                             " WHERE level = ?1 AND block = ?2";

/* What is made of what. */
struct step {
    enum wpb_level from, to;
    const char *select, *insert;
};
static const struct step steps[] = {
    {WPB_LEVEL_RAW, WPB_LEVEL_HOURLY, RAW, SET_HOUR},
    {WPB_LEVEL_HOURLY, WPB_LEVEL_DAILY, HOURS, SET_DAY},
};

/* One slot of one series in the making. */
struct making {
    int64_t series;
    double *values;
    size_t count;
    double low, high;
    int64_t weight; /* of raw values */
};

static void take(struct making *making, const struct wpb_cursor *row)
{
    double low = wpb_cursor_real(row, 3), high = wpb_cursor_real(row, 4);

    if (making->count == 0 || low < making->low)
        making->low = low;
    if (making->count == 0 || high > making->high)
        making->high = high;
    making->weight += wpb_cursor_int(row, 5);
    if (making->count < WPB_STORE_HOUR_VALUES_MAX)
        making->values[making->count++] = wpb_cursor_real(row, 2);
}

static int finish(struct wpb_database *database, const struct step *step, int64_t time_ms,
                  struct making *making)
{
    double median = wpb_stats_median(making->values, making->count);

    return wpb_database_run(
        database, step->insert,
        WPB_BOUND(wpb_int(wpb_level_block(step->to, time_ms)), wpb_int(making->series),
                  wpb_int(wpb_level_slot(step->to, time_ms)), wpb_real(median),
                  making->low < median ? wpb_real(making->low) : wpb_null(),
                  making->high > median ? wpb_real(making->high) : wpb_null(),
                  wpb_int(making->weight)));
}

/* The block's series after ROLLED_TO, at most SERIES_PER_SLICE. */
static int roll_slice(struct wpb_store *store, const struct step *step, int64_t block,
                      int64_t *rolled_to, int64_t *row_count, bool *is_done)
{
    int64_t time_ms = wpb_level_start_ms(step->from, block, 0);
    struct making making = {.values = store->values};
    struct wpb_cursor rows = wpb_database_rows(
        store->db, step->select, WPB_BOUND(wpb_int(block), wpb_int(*rolled_to)));
    int rc = SQLITE_OK, series = 0;
    bool is_full = false;

    while (rc == SQLITE_OK && wpb_cursor_next(&rows)) {
        if (making.count > 0 && wpb_cursor_int(&rows, 0) != making.series) {
            rc = finish(store->db, step, time_ms, &making);
            making.count = 0;
            making.weight = 0;
            is_full = ++series == SERIES_PER_SLICE || *row_count >= ROWS_PER_SLICE;
            if (is_full)
                break;
        }
        making.series = *rolled_to = wpb_cursor_int(&rows, 0);
        take(&making, &rows);
        ++*row_count;
    }
    if (rc == SQLITE_OK && making.count > 0)
        rc = finish(store->db, step, time_ms, &making);
    *is_done = !is_full;
    wpb_cursor_end(&rows);
    return rc != SQLITE_OK ? rc : rows.rc;
}

static int roll_block(struct wpb_store *store, const struct step *step, int64_t block,
                      int64_t rolled_to)
{
    int64_t time_ms = wpb_level_start_ms(step->from, block, 0), rows = 0;
    bool is_first = rolled_to == 0, is_done;
    int rc = roll_slice(store, step, block, &rolled_to, &rows, &is_done);

    if (rc == SQLITE_OK)
        rc = wpb_database_run(store->db, ROLLED,
                              WPB_BOUND(wpb_int(step->from), wpb_int(block),
                                        wpb_int(!is_done),
                                        wpb_int(is_done ? 0 : rolled_to), wpb_int(rows),
                                        wpb_int(is_first)));
    if (rc == SQLITE_OK)
        rc = wpb_level_mark(store->db, step->to, wpb_level_block(step->to, time_ms));
    return rc;
}

int wpb_store_roll(struct wpb_store *store, int64_t now_ms, bool *has_done)
{
    *has_done = false;
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        int64_t open = wpb_level_block(steps[i].from, now_ms - GRACE_MS);
        struct wpb_cursor rows = wpb_database_rows(
            store->db, NEXT_DIRTY, WPB_BOUND(wpb_int(steps[i].from), wpb_int(open)));

        if (wpb_cursor_next(&rows)) {
            int64_t block = wpb_cursor_int(&rows, 0),
                    rolled_to = wpb_cursor_int(&rows, 1);

            wpb_cursor_end(&rows);
            *has_done = true;
            return roll_block(store, &steps[i], block, rolled_to);
        }
        if (rows.rc != SQLITE_OK)
            return rows.rc;
    }
    return SQLITE_OK;
}
