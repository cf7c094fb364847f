/* The state of alerts, one row a fingerprint. */
#include "agent/history/inside.h"

/* Of the bound, for all states together: half of what there is in memory. */
#define STATE_SHARE 32
#define STATE_BYTES_MIN (UINT64_C(256) << 10)

/* Counted only when it is more than before. */
static const char BYTES_OF_OTHERS[] =
    "SELECT CASE WHEN EXISTS"
    " (SELECT 1 FROM alert WHERE fingerprint = ?1 AND length(state) >= ?2) THEN 0"
    " ELSE (SELECT coalesce(sum(length(state) + length(site) + 128), 0) FROM alert"
    " WHERE fingerprint <> ?1) END";
static const char PUT[] =
    "INSERT OR REPLACE INTO alert VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char DELETE[] = "DELETE FROM alert WHERE fingerprint = ?1";
static const char LIST[] =
    "SELECT fingerprint, site, code, status, seq, updated_ms, state"
    " FROM alert ORDER BY fingerprint";

static int put(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const struct wpb_store_alert *alert = cookie;
    uint64_t most = store->max_bytes / STATE_SHARE;
    int64_t bytes;
    int rc = wpb_database_integer(
        store->db, BYTES_OF_OTHERS,
        WPB_BOUND(wpb_cstr(alert->fingerprint), wpb_int((int64_t)alert->state.len)), 0,
        &bytes);

    if (most < STATE_BYTES_MIN)
        most = STATE_BYTES_MIN;
    if (rc == SQLITE_OK && (uint64_t)bytes + alert->state.len > most)
        return wpb_err_set(err, WPB_E_BUDGET, WPB_STORE_STAGE,
                           "the state of alerts is larger than it may be");
    if (rc == SQLITE_OK)
        rc = wpb_database_run(
            store->db, PUT,
            WPB_BOUND(wpb_cstr(alert->fingerprint), wpb_text(alert->site),
                      wpb_cstr(alert->code), wpb_cstr(alert->status),
                      wpb_int((int64_t)alert->seq), wpb_int(alert->updated_ms),
                      wpb_blob(alert->state)));
    return wpb_store_result(store, rc, "the state of an alert", err);
}

int wpb_store_alert_put(struct wpb_store *store, const struct wpb_store_alert *alert,
                        struct wpb_err *err)
{
    struct wpb_store_alert copy = *alert;

    if (alert->state.len > WPB_STORE_STATE_BYTES_MAX)
        return wpb_err_set(err, WPB_E_BUDGET, WPB_STORE_STAGE,
                           "the state of an alert is longer than %d bytes",
                           WPB_STORE_STATE_BYTES_MAX);
    return wpb_store_write(store, put, &copy, err);
}

static int delete (struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const char *fingerprint = cookie;
    int rc = wpb_database_run(store->db, DELETE, WPB_BOUND(wpb_cstr(fingerprint)));

    return wpb_store_result(store, rc, "the state of an alert", err);
}

int wpb_store_alert_delete(struct wpb_store *store, const char *fingerprint,
                           struct wpb_err *err)
{
    return wpb_store_write(store, delete, (void *)fingerprint, err);
}

int wpb_store_alerts(struct wpb_store *store, wpb_store_alert_seen *seen, void *cookie,
                     struct wpb_err *err)
{
    struct wpb_cursor rows = wpb_database_rows(store->db, LIST, WPB_UNBOUND);

    while (wpb_cursor_next(&rows)) {
        struct wpb_store_alert alert = {
            .fingerprint = wpb_cursor_text(&rows, 0),
            .site = wpb_cursor_bytes(&rows, 1),
            .code = wpb_cursor_text(&rows, 2),
            .status = wpb_cursor_text(&rows, 3),
            .seq = (uint64_t)wpb_cursor_int(&rows, 4),
            .updated_ms = wpb_cursor_int(&rows, 5),
            .state = wpb_cursor_bytes(&rows, 6),
        };

        seen(cookie, &alert);
    }
    return wpb_store_result(store, rows.rc, "the state of alerts", err);
}
