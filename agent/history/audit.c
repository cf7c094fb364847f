/* What was read, where, how much: sums of an hour. */
#include "agent/history/inside.h"

static const char ADD[] =
    "INSERT INTO audit VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET"
    " runs = runs + excluded.runs, commands = commands + excluded.commands,"
    " bytes = bytes + excluded.bytes, rows = rows + excluded.rows";
static const char LIST[] =
    "SELECT hour, site, probe, status, runs, commands, bytes, rows FROM audit"
    " WHERE hour BETWEEN ?1 AND ?2 ORDER BY hour, site, probe, status";
static const char NEWEST[] =
    "SELECT max(hour), site, probe FROM audit"
    " WHERE hour >= ?1 AND status IN ('ok', 'partial') GROUP BY site, probe";

struct audited {
    int64_t hour;
    const struct wpb_store_audit *audit;
};

static int add(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const struct audited *audited = cookie;
    const struct wpb_store_audit *audit = audited->audit;
    int rc;

    if (store->is_crowded)
        return wpb_err_set(err, WPB_E_BUDGET, WPB_STORE_STAGE,
                           "the history has no room for an audit");
    rc = wpb_database_run(
        store->db, ADD,
        WPB_BOUND(wpb_int(audited->hour), wpb_text(audit->site), wpb_cstr(audit->probe),
                  wpb_cstr(audit->status), wpb_int((int64_t)audit->runs),
                  wpb_int((int64_t)audit->commands), wpb_int((int64_t)audit->bytes),
                  wpb_int((int64_t)audit->rows)));
    return wpb_store_result(store, rc, "the audit", err);
}

int wpb_store_audit_note(struct wpb_store *store, int64_t time_ms,
                         const struct wpb_store_audit *audit, struct wpb_err *err)
{
    struct audited audited = {wpb_level_block(WPB_LEVEL_RAW, time_ms), audit};

    return wpb_store_write(store, add, &audited, err);
}

int wpb_store_audits(struct wpb_store *store, int64_t from_ms, int64_t to_ms,
                     wpb_store_audit_seen *seen, void *cookie, struct wpb_err *err)
{
    struct wpb_cursor rows =
        wpb_database_rows(store->db, LIST,
                          WPB_BOUND(wpb_int(wpb_level_block(WPB_LEVEL_RAW, from_ms)),
                                    wpb_int(wpb_level_block(WPB_LEVEL_RAW, to_ms))));

    while (wpb_cursor_next(&rows)) {
        struct wpb_store_audit audit = {
            .hour_ms = wpb_level_start_ms(WPB_LEVEL_RAW, wpb_cursor_int(&rows, 0), 0),
            .site = wpb_cursor_bytes(&rows, 1),
            .probe = wpb_cursor_text(&rows, 2),
            .status = wpb_cursor_text(&rows, 3),
            .runs = (uint64_t)wpb_cursor_int(&rows, 4),
            .commands = (uint64_t)wpb_cursor_int(&rows, 5),
            .bytes = (uint64_t)wpb_cursor_int(&rows, 6),
            .rows = (uint64_t)wpb_cursor_int(&rows, 7),
        };

        seen(cookie, &audit);
    }
    return wpb_store_result(store, rows.rc, "the audit", err);
}

int wpb_store_audit_newest(struct wpb_store *store, int64_t from_ms,
                           wpb_store_audit_seen *seen, void *cookie, struct wpb_err *err)
{
    struct wpb_cursor rows = wpb_database_rows(
        store->db, NEWEST, WPB_BOUND(wpb_int(wpb_level_block(WPB_LEVEL_RAW, from_ms))));

    while (wpb_cursor_next(&rows)) {
        struct wpb_store_audit audit = {
            .hour_ms = wpb_level_start_ms(WPB_LEVEL_RAW, wpb_cursor_int(&rows, 0), 0),
            .site = wpb_cursor_bytes(&rows, 1),
            .probe = wpb_cursor_text(&rows, 2),
            .status = "",
        };

        seen(cookie, &audit);
    }
    return wpb_store_result(store, rows.rc, "the audit", err);
}
