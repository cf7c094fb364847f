/* Forecasts that were made, until it is known whether they were right. */
#include <assert.h>

#include "agent/history/inside.h"

/* Stored as numbers. */
_Static_assert(WPB_OUTCOME_PENDING == 0 && WPB_OUTCOME_COVERED == 1 &&
                   WPB_OUTCOME_MISSED == 2 && WPB_OUTCOME_VOID == 3,
               "outcomes keep their numbers");

static const char FIND_SERIES[] = "SELECT count(*) FROM series WHERE id = ?1";
static const char NEWEST[] =
    "SELECT made_ms FROM claim WHERE series = ?1 ORDER BY made_ms DESC LIMIT 1";
static const char ADD[] =
    "INSERT OR REPLACE INTO claim(series, made_ms, check_ms, check_low, check_value,"
    " check_high, earliest_ms, median_ms, latest_ms, target, widen, value_outcome,"
    " eta_outcome) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12)";
static const char CUT[] =
    "DELETE FROM claim WHERE series = ?1 AND made_ms <="
    " (SELECT made_ms FROM claim WHERE series = ?1 ORDER BY made_ms DESC"
    "  LIMIT 1 OFFSET ?2)";
static const char PENDING[] =
    "SELECT series, made_ms, check_ms, check_low, check_value, check_high, earliest_ms,"
    " median_ms, latest_ms, target, widen, value_outcome, eta_outcome FROM claim"
    " WHERE (?1 = 0 OR series = ?1)"
    " AND (value_outcome = 0 AND check_ms <= ?2 OR eta_outcome = 0)"
    " ORDER BY series, made_ms";
static const char PENDING_OF[] =
    "SELECT series, made_ms, check_ms, check_low, check_value, check_high, earliest_ms,"
    " median_ms, latest_ms, target, widen, value_outcome, eta_outcome FROM claim"
    " WHERE series = ?1"
    " AND (value_outcome = 0 AND check_ms <= ?2 OR eta_outcome = 0)"
    " ORDER BY made_ms";
static const char *const score[WPB_CLAIM_KINDS] = {
    [WPB_CLAIM_VALUE] = "UPDATE claim SET value_outcome = ?3, value_error = ?4"
                        " WHERE series = ?1 AND made_ms = ?2",
    [WPB_CLAIM_ETA] = "UPDATE claim SET eta_outcome = ?3, eta_error = ?4"
                      " WHERE series = ?1 AND made_ms = ?2",
};
/* Once all is known, only what became of it counts. */
static const char SHRINK[] =
    "UPDATE claim SET check_ms = NULL, check_low = NULL, check_value = NULL,"
    " check_high = NULL, earliest_ms = NULL, median_ms = NULL, latest_ms = NULL,"
    " target = NULL, widen = NULL"
    " WHERE series = ?1 AND made_ms = ?2 AND value_outcome <> 0 AND eta_outcome <> 0";
static const char *const scores[WPB_CLAIM_KINDS] = {
    [WPB_CLAIM_VALUE] = "SELECT value_outcome, value_error FROM claim WHERE series = ?1"
                        " AND value_outcome IN (1, 2) ORDER BY made_ms DESC LIMIT ?2",
    [WPB_CLAIM_ETA] = "SELECT eta_outcome, eta_error FROM claim WHERE series = ?1"
                      " AND eta_outcome IN (1, 2) ORDER BY made_ms DESC LIMIT ?2",
};

struct claimed {
    int64_t id;
    const struct wpb_forecast_claim *claim;
    int64_t apart_ms;
    bool is_kept;
};

static int insert(struct wpb_store *store, const struct claimed *claimed)
{
    const struct wpb_forecast_claim *claim = claimed->claim;
    bool has_eta = claim->has_eta;

    return wpb_database_run(
        store->db, ADD,
        WPB_BOUND(wpb_int(claimed->id), wpb_int(claim->made_ms), wpb_int(claim->check_ms),
                  wpb_real(claim->check_low), wpb_real(claim->check_value),
                  wpb_real(claim->check_high),
                  has_eta ? wpb_int(claim->earliest_ms) : wpb_null(),
                  has_eta ? wpb_int(claim->median_ms) : wpb_null(),
                  has_eta ? wpb_int(claim->latest_ms) : wpb_null(),
                  wpb_real(claim->target), wpb_real(claim->widen),
                  wpb_int(has_eta ? WPB_OUTCOME_PENDING : WPB_OUTCOME_VOID)));
}

static int add_claim(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    struct claimed *claimed = cookie;
    int64_t is_known = 0, newest = 0;
    int rc = wpb_database_integer(store->db, FIND_SERIES, WPB_BOUND(wpb_int(claimed->id)),
                                  0, &is_known);

    if (rc == SQLITE_OK && !is_known)
        return wpb_err_set(err, WPB_E_NOT_FOUND, WPB_STORE_STAGE,
                           "there is no series %lld", (long long)claimed->id);
    if (rc == SQLITE_OK)
        rc = wpb_database_integer(store->db, NEWEST, WPB_BOUND(wpb_int(claimed->id)),
                                  INT64_MIN / 2, &newest);
    /* One from the future (the clock was set back) is in nobody's way. */
    claimed->is_kept =
        rc == SQLITE_OK && (newest > claimed->claim->made_ms ||
                            claimed->claim->made_ms - newest >= claimed->apart_ms);
    if (claimed->is_kept)
        rc = insert(store, claimed);
    if (rc == SQLITE_OK && claimed->is_kept)
        rc = wpb_database_run(
            store->db, CUT,
            WPB_BOUND(wpb_int(claimed->id), wpb_int(WPB_STORE_CLAIMS_MAX)));
    return wpb_store_result(store, rc, "a forecast", err);
}

int wpb_store_claim(struct wpb_store *store, int64_t id,
                    const struct wpb_forecast_claim *claim, int64_t apart_ms,
                    bool *is_kept, struct wpb_err *err)
{
    struct claimed claimed = {.id = id, .claim = claim, .apart_ms = apart_ms};
    int result = wpb_store_write(store, add_claim, &claimed, err);

    if (is_kept)
        *is_kept = result == 0 && claimed.is_kept;
    return result;
}

int wpb_store_claimed(struct wpb_store *store, int64_t id, int64_t *made_ms,
                      struct wpb_err *err)
{
    int rc = wpb_database_integer(store->db, NEWEST, WPB_BOUND(wpb_int(id)), 0, made_ms);

    return wpb_store_result(store, rc, "forecasts", err);
}

static struct wpb_store_pending pending_of(const struct wpb_cursor *row)
{
    return (struct wpb_store_pending){
        .id = wpb_cursor_int(row, 0),
        .claim = {.made_ms = wpb_cursor_int(row, 1),
                  .check_ms = wpb_cursor_int(row, 2),
                  .check_low = wpb_cursor_real(row, 3),
                  .check_value = wpb_cursor_real(row, 4),
                  .check_high = wpb_cursor_real(row, 5),
                  .has_eta = !wpb_cursor_is_null(row, 6),
                  .earliest_ms = wpb_cursor_int(row, 6),
                  .median_ms = wpb_cursor_int(row, 7),
                  .latest_ms = wpb_cursor_int(row, 8),
                  .target = wpb_cursor_real(row, 9),
                  .widen = wpb_cursor_real(row, 10)},
        .is_pending = {wpb_cursor_int(row, 11) == WPB_OUTCOME_PENDING,
                       wpb_cursor_int(row, 12) == WPB_OUTCOME_PENDING},
    };
}

int wpb_store_pending(struct wpb_store *store, int64_t id, int64_t now_ms,
                      struct wpb_store_pending *pending, size_t capacity, size_t *count,
                      struct wpb_err *err)
{
    struct wpb_cursor rows = wpb_database_rows(store->db, id == 0 ? PENDING : PENDING_OF,
                                               WPB_BOUND(wpb_int(id), wpb_int(now_ms)));

    *count = 0;
    while (*count < capacity && wpb_cursor_next(&rows))
        pending[(*count)++] = pending_of(&rows);
    wpb_cursor_end(&rows);
    return wpb_store_result(store, rows.rc, "forecasts", err);
}

struct scored {
    int64_t id, made_ms;
    enum wpb_store_claim_kind kind;
    struct wpb_forecast_score score;
};

static int set_score(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const struct scored *scored = cookie;
    int rc = wpb_database_run(store->db, score[scored->kind],
                              WPB_BOUND(wpb_int(scored->id), wpb_int(scored->made_ms),
                                        wpb_int(scored->score.outcome),
                                        scored->score.outcome == WPB_OUTCOME_VOID
                                            ? wpb_null()
                                            : wpb_real(scored->score.error_ratio)));

    if (rc == SQLITE_OK)
        rc = wpb_database_run(store->db, SHRINK,
                              WPB_BOUND(wpb_int(scored->id), wpb_int(scored->made_ms)));
    return wpb_store_result(store, rc, "a forecast's score", err);
}

int wpb_store_score(struct wpb_store *store, int64_t id, int64_t made_ms,
                    enum wpb_store_claim_kind kind, struct wpb_forecast_score outcome,
                    struct wpb_err *err)
{
    struct scored scored = {id, made_ms, kind, outcome};

    if (outcome.outcome == WPB_OUTCOME_PENDING)
        return 0;
    return wpb_store_write(store, set_score, &scored, err);
}

int wpb_store_scores(struct wpb_store *store, int64_t id, enum wpb_store_claim_kind kind,
                     struct wpb_forecast_scores *filled, struct wpb_err *err)
{
    struct wpb_forecast_score newest_first[WPB_FORECAST_SCORES_MAX];
    struct wpb_cursor rows =
        wpb_database_rows(store->db, scores[kind],
                          WPB_BOUND(wpb_int(id), wpb_int(WPB_FORECAST_SCORES_MAX)));
    size_t count = 0;

    *filled = (struct wpb_forecast_scores){0};
    while (count < WPB_FORECAST_SCORES_MAX && wpb_cursor_next(&rows))
        newest_first[count++] = (struct wpb_forecast_score){
            wpb_cursor_int(&rows, 0) == WPB_OUTCOME_COVERED ? WPB_OUTCOME_COVERED
                                                            : WPB_OUTCOME_MISSED,
            wpb_cursor_real(&rows, 1)};
    wpb_cursor_end(&rows);
    while (count > 0)
        wpb_forecast_scores_note(filled, newest_first[--count]);
    return wpb_store_result(store, rows.rc, "scores of forecasts", err);
}
