/* When the epochs of a series began. */
#include <stdlib.h>

#include "agent/history/inside.h"

/* The same cut is seen at the value that fell, and later at the median of its hour, and
 * later of its day. */
#define SAME_MS (2 * WPB_MS_PER_HOUR)
#define SAME_DAY_MS (36 * WPB_MS_PER_HOUR)

static const char FIND_SERIES[] = "SELECT count(*) FROM series WHERE id = ?1";
static const char NEWEST[] =
    "SELECT start_ms FROM epoch WHERE series = ?1 ORDER BY start_ms DESC LIMIT 1";
static const char OLDEST_DAY_OF_HOURS[] =
    "SELECT block FROM block WHERE level = ?1 ORDER BY block LIMIT 1";
static const char ADD[] = "INSERT INTO epoch VALUES(?1, ?2, ?3, ?4, ?5)";
static const char CUT[] =
    "DELETE FROM epoch WHERE series = ?1 AND start_ms <="
    " (SELECT start_ms FROM epoch WHERE series = ?1 ORDER BY start_ms DESC"
    "  LIMIT 1 OFFSET ?2)";
static const char LIST[] = "SELECT start_ms, reason, before, after FROM epoch"
                           " WHERE series = ?1 ORDER BY start_ms DESC";
static const char FLUSHES[] = "SELECT start_ms FROM epoch WHERE series = ?1"
                              " AND reason = ?2 ORDER BY start_ms DESC";

struct begun {
    int64_t id;
    const struct wpb_store_epoch *epoch;
    bool is_new;
};

/* How far apart two sightings of the same cut at START_MS may be. */
static int tolerance(struct wpb_store *store, int64_t start_ms, int64_t *apart_ms)
{
    int64_t day;
    int rc = wpb_database_integer(store->db, OLDEST_DAY_OF_HOURS,
                                  WPB_BOUND(wpb_int(WPB_LEVEL_HOURLY)), 0, &day);

    *apart_ms =
        start_ms < wpb_level_start_ms(WPB_LEVEL_HOURLY, day, 0) + SAME_DAY_MS && day != 0
            ? SAME_DAY_MS
            : SAME_MS;
    return rc;
}

static int add_epoch(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    struct begun *begun = cookie;
    const struct wpb_store_epoch *epoch = begun->epoch;
    int64_t is_known = 0, newest = 0, apart_ms = 0;
    int rc = wpb_database_integer(store->db, FIND_SERIES, WPB_BOUND(wpb_int(begun->id)),
                                  0, &is_known);

    if (rc == SQLITE_OK && !is_known)
        return wpb_err_set(err, WPB_E_NOT_FOUND, WPB_STORE_STAGE,
                           "there is no series %lld", (long long)begun->id);
    if (rc == SQLITE_OK)
        rc = wpb_database_integer(store->db, NEWEST, WPB_BOUND(wpb_int(begun->id)),
                                  INT64_MIN / 2, &newest);
    if (rc == SQLITE_OK)
        rc = tolerance(store, epoch->start_ms, &apart_ms);
    begun->is_new = rc == SQLITE_OK && epoch->start_ms > newest + apart_ms;
    if (begun->is_new)
        rc = wpb_database_run(store->db, ADD,
                              WPB_BOUND(wpb_int(begun->id), wpb_int(epoch->start_ms),
                                        wpb_cstr(wpb_epoch_reason_name(epoch->reason)),
                                        wpb_real(epoch->before), wpb_real(epoch->after)));
    if (rc == SQLITE_OK && begun->is_new)
        rc = wpb_database_run(
            store->db, CUT, WPB_BOUND(wpb_int(begun->id), wpb_int(WPB_STORE_EPOCHS_MAX)));
    return wpb_store_result(store, rc, "an epoch", err);
}

int wpb_store_epoch(struct wpb_store *store, int64_t id,
                    const struct wpb_store_epoch *epoch, bool *is_new,
                    struct wpb_err *err)
{
    struct begun begun = {.id = id, .epoch = epoch};
    int result = wpb_store_write(store, add_epoch, &begun, err);

    if (is_new)
        *is_new = result == 0 && begun.is_new;
    return result;
}

static enum wpb_epoch_reason reason_named(const char *name)
{
    int reason = 0;

    while (reason < WPB_EPOCH_REASONS - 1 &&
           strcmp(wpb_epoch_reason_name((enum wpb_epoch_reason)reason), name) != 0)
        reason++;
    return (enum wpb_epoch_reason)reason;
}

int wpb_store_epochs(struct wpb_store *store, int64_t id, struct wpb_store_epoch *epochs,
                     size_t capacity, size_t *count, struct wpb_err *err)
{
    struct wpb_cursor rows = wpb_database_rows(store->db, LIST, WPB_BOUND(wpb_int(id)));

    *count = 0;
    while (*count < capacity && wpb_cursor_next(&rows))
        epochs[(*count)++] =
            (struct wpb_store_epoch){.start_ms = wpb_cursor_int(&rows, 0),
                                     .reason = reason_named(wpb_cursor_text(&rows, 1)),
                                     .before = wpb_cursor_real(&rows, 2),
                                     .after = wpb_cursor_real(&rows, 3)};
    wpb_cursor_end(&rows);
    for (size_t i = 0; i < *count / 2; i++) {
        struct wpb_store_epoch epoch = epochs[i];

        epochs[i] = epochs[*count - 1 - i];
        epochs[*count - 1 - i] = epoch;
    }
    return wpb_store_result(store, rows.rc, "epochs", err);
}

int wpb_store_flushes(struct wpb_store *store, int64_t id, int64_t *flushes_ms,
                      size_t capacity, size_t *count, struct wpb_err *err)
{
    struct wpb_cursor rows = wpb_database_rows(
        store->db, FLUSHES,
        WPB_BOUND(wpb_int(id), wpb_cstr(wpb_epoch_reason_name(WPB_EPOCH_COLLAPSE))));

    *count = 0;
    while (*count < capacity && wpb_cursor_next(&rows))
        flushes_ms[(*count)++] = wpb_cursor_int(&rows, 0);
    wpb_cursor_end(&rows);
    for (size_t i = 0; i < *count / 2; i++) {
        int64_t flush_ms = flushes_ms[i];

        flushes_ms[i] = flushes_ms[*count - 1 - i];
        flushes_ms[*count - 1 - i] = flush_ms;
    }
    return wpb_store_result(store, rows.rc, "flushes", err);
}
