/* What has to be done as time goes by, a slice at a time. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/history/inside.h"

/* A clock that goes on like that between two looks has not been set. */
#define BACK_MS INT64_C(60000)
#define FORTH_MS (2 * WPB_MS_PER_HOUR)
#define STEADY_MS WPB_MS_PER_DAY
/* What is known of the clock is written so often. */
#define CLOCK_EVERY_MS INT64_C(900000)

/* So much of the file unused, and at least that many pages, and it is given back. */
#define UNUSED_SHARE 4
#define UNUSED_PAGES_MIN 256

/* When it was seen last, and since when it is steady. */
static const char READ_CLOCK[] = "SELECT value FROM fact WHERE name = 'history.clock'";
static const char WRITE_CLOCK[] =
    "INSERT OR REPLACE INTO fact VALUES('history.clock', ?1)";
static const char CUT_AUDIT[] =
    "DELETE FROM audit WHERE hour < (SELECT hour FROM audit ORDER BY hour DESC"
    " LIMIT 1 OFFSET ?1)";
static const char VACUUM[] = "PRAGMA incremental_vacuum(64)";

struct upkeep {
    int64_t now_ms;
    bool has_done;
};

/* ---- the clock ---- */

static int read_clock(struct wpb_store *store)
{
    struct wpb_cursor rows = wpb_database_rows(store->db, READ_CLOCK, WPB_UNBOUND);
    char *end = NULL;

    store->clock_seen_ms = store->clock_written_ms = store->steady_since_ms = 0;
    if (wpb_cursor_next(&rows)) {
        store->clock_seen_ms = strtoll(wpb_cursor_text(&rows, 0), &end, 10);
        store->clock_written_ms = store->clock_seen_ms;
        store->steady_since_ms = strtoll(end, NULL, 10);
    }
    wpb_cursor_end(&rows);
    store->is_clock_known = rows.rc == SQLITE_OK;
    return rows.rc;
}

static int write_clock(struct wpb_store *store)
{
    char text[64];

    snprintf(text, sizeof(text), "%lld %lld", (long long)store->clock_seen_ms,
             (long long)store->steady_since_ms);
    store->clock_written_ms = store->clock_seen_ms;
    return wpb_database_run(store->db, WRITE_CLOCK, WPB_BOUND(wpb_cstr(text)));
}

/* Has the clock run for a day without being set, or without a pause? */
static int look_at_clock(struct wpb_store *store, int64_t now_ms, bool *is_steady)
{
    int rc = store->is_clock_known ? SQLITE_OK : read_clock(store);
    bool was_set = store->steady_since_ms == 0 ||
                   now_ms < store->clock_seen_ms - BACK_MS ||
                   now_ms > store->clock_seen_ms + FORTH_MS;

    if (was_set)
        store->steady_since_ms = now_ms;
    store->clock_seen_ms = now_ms;
    *is_steady = now_ms - store->steady_since_ms >= STEADY_MS;
    if (rc == SQLITE_OK &&
        (was_set || now_ms >= store->clock_written_ms + CLOCK_EVERY_MS))
        rc = write_clock(store);
    return rc;
}

/* ---- slices ---- */

/* What need not be looked for more often than every hour. */
static int sweep(struct wpb_store *store, int64_t now_ms, bool is_steady, bool *has_done)
{
    int64_t hour = wpb_level_block(WPB_LEVEL_RAW, now_ms);
    int rc = SQLITE_OK;

    *has_done = false;
    if (store->swept_hour == hour)
        return SQLITE_OK;
    if (is_steady && now_ms > store->retention_ms)
        rc =
            wpb_store_forget_silent(store->db, 0, now_ms - store->retention_ms, has_done);
    if (rc != SQLITE_OK || *has_done)
        return rc;
    rc = wpb_store_forget_sites(store->db);
    if (rc == SQLITE_OK)
        rc = wpb_database_run(store->db, CUT_AUDIT,
                              WPB_BOUND(wpb_int(WPB_STORE_AUDIT_ROWS_MAX)));
    store->swept_hour = hour;
    return rc;
}

static int give_back(struct wpb_store *store, bool *has_done)
{
    uint64_t used = 0, all = 0;
    int rc = wpb_store_measure(store, &used, &all);
    bool is_beyond = all > wpb_store_page_limit(store);

    *has_done =
        rc == SQLITE_OK && all > used &&
        (is_beyond || (all - used > UNUSED_PAGES_MIN && all - used > all / UNUSED_SHARE));
    if (*has_done)
        rc = wpb_database_run(store->db, VACUUM, WPB_UNBOUND);
    return rc;
}

static int slice(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    struct upkeep *upkeep = cookie;
    bool is_steady = false;
    int rc;

    upkeep->has_done = false;
    rc = look_at_clock(store, upkeep->now_ms, &is_steady);
    if (rc == SQLITE_OK)
        rc = wpb_store_roll(store, upkeep->now_ms, &upkeep->has_done);
    if (rc == SQLITE_OK && !upkeep->has_done)
        rc = wpb_store_retain(store, upkeep->now_ms, is_steady, &upkeep->has_done);
    if (rc == SQLITE_OK && !upkeep->has_done)
        rc = sweep(store, upkeep->now_ms, is_steady, &upkeep->has_done);
    if (rc == SQLITE_OK && !upkeep->has_done)
        rc = give_back(store, &upkeep->has_done);
    return wpb_store_result(store, rc, "upkeep", err);
}

int wpb_store_upkeep(struct wpb_store *store, int64_t now_ms, bool *has_more,
                     struct wpb_err *err)
{
    struct upkeep upkeep = {.now_ms = now_ms};
    uint64_t pages;
    int result;

    assert(!store->in_transaction);
    store->now_ms = now_ms;
    result = wpb_store_transact(store, slice, &upkeep, err);
    *has_more = result == 0 && upkeep.has_done;
    /* A file that was larger when it was opened may have come below its bound. */
    pages = wpb_store_page_limit(store);
    if (result == 0 && !*has_more)
        wpb_database_limit(store->db, pages);
    return result;
}
