/* What is to be delivered: of each sink and fingerprint the newest state. */
#include <stdio.h>

#include "agent/history/inside.h"

#define BYTES_SHARE 16
/* Of a row, beside its body. */
#define ROW_BYTES 200

static const char PUT[] =
    "INSERT INTO outbox VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
    " ON CONFLICT DO UPDATE SET id = excluded.id, seq = excluded.seq,"
    " status = excluded.status, severity = excluded.severity,"
    " starts_ms = excluded.starts_ms, updated_ms = excluded.updated_ms,"
    " ends_ms = excluded.ends_ms, body = excluded.body, attempts = excluded.attempts,"
    " next_attempt_ms = excluded.next_attempt_ms, is_dead = excluded.is_dead"
    " WHERE excluded.seq > seq";
/* The length of a blob is known without reading it. */
static const char SIZE_OF_SINK[] =
    "SELECT count(*), coalesce(sum(length(body)), 0) FROM outbox WHERE sink = ?1";
/* Is one of at least so many bytes being replaced? Then the sink takes no more than it
 * did. */
static const char REPLACES[] = "SELECT count(*) FROM outbox WHERE sink = ?1"
                               " AND fingerprint = ?2 AND length(body) >= ?3";
static const char DROP_ONE[] =
    "DELETE FROM outbox WHERE rowid = (SELECT rowid FROM outbox WHERE sink = ?1"
    " ORDER BY is_dead DESC, status = 'resolved' DESC, updated_ms LIMIT 1)";
static const char COUNT_DROPPED[] = "INSERT INTO dropped VALUES(?1, 1)"
                                    " ON CONFLICT DO UPDATE SET count = count + 1";
static const char DROPPED[] = "SELECT coalesce(sum(count), 0) FROM dropped"
                              " WHERE ?1 IS NULL OR sink = ?1";
static const char ATTEMPT[] =
    "UPDATE outbox SET attempts = ?4, next_attempt_ms = ?5, is_dead = ?6"
    " WHERE sink = ?1 AND fingerprint = ?2 AND seq = ?3";
static const char REMOVE[] =
    "DELETE FROM outbox WHERE sink = ?1 AND fingerprint = ?2 AND seq <= ?3";
/* In two steps, so that bodies are not sorted: those are megabytes. */
static const char ORDER[] = "SELECT rowid FROM outbox ORDER BY sink, updated_ms, rowid";
static const char GET[] =
    "SELECT sink, fingerprint, id, seq, status, severity, starts_ms, updated_ms, ends_ms,"
    " body, attempts, next_attempt_ms, is_dead FROM outbox WHERE rowid = ?1";

static int insert(struct wpb_store *store, const struct wpb_store_letter *letter)
{
    const struct wpb_alert *alert = &letter->alert;

    return wpb_database_run(
        store->db, PUT,
        WPB_BOUND(
            wpb_cstr(letter->sink), wpb_cstr(alert->fingerprint), wpb_cstr(alert->id),
            wpb_int((int64_t)alert->seq), wpb_cstr(wpb_alert_status_name(alert->status)),
            wpb_cstr(wpb_severity_name(alert->severity)), wpb_int(alert->starts_at_ms),
            wpb_int(alert->updated_at_ms), wpb_int(alert->ends_at_ms),
            wpb_blob(alert->body), wpb_int(letter->attempts),
            wpb_int(letter->next_attempt_ms), wpb_int(letter->is_dead)));
}

static int is_over(struct wpb_store *store, const char *sink, bool *over)
{
    uint64_t most = store->max_bytes / BYTES_SHARE;
    struct wpb_cursor rows =
        wpb_database_rows(store->db, SIZE_OF_SINK, WPB_BOUND(wpb_cstr(sink)));

    if (most > WPB_STORE_OUTBOX_BYTES_MAX)
        most = WPB_STORE_OUTBOX_BYTES_MAX;
    if (store->memory &&
        most > wpb_store_memory_pages(store) * WPB_DATABASE_PAGE_BYTES / 2)
        most = wpb_store_memory_pages(store) * WPB_DATABASE_PAGE_BYTES / 2;
    *over = false;
    if (wpb_cursor_next(&rows)) {
        uint64_t count = (uint64_t)wpb_cursor_int(&rows, 0);

        *over = count > WPB_STORE_OUTBOX_ROWS_MAX ||
                (uint64_t)wpb_cursor_int(&rows, 1) + count * ROW_BYTES > most;
    }
    wpb_cursor_end(&rows);
    return rows.rc;
}

static int put(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const struct wpb_store_letter *letter = cookie;
    bool over = false;
    int64_t replaces;
    int rc = wpb_database_integer(store->db, REPLACES,
                                  WPB_BOUND(wpb_cstr(letter->sink),
                                            wpb_cstr(letter->alert.fingerprint),
                                            wpb_int((int64_t)letter->alert.body.len)),
                                  0, &replaces);

    if (rc == SQLITE_OK)
        rc = insert(store, letter);
    if (rc == SQLITE_OK && !replaces)
        rc = is_over(store, letter->sink, &over);
    while (rc == SQLITE_OK && over) {
        rc = wpb_database_run(store->db, DROP_ONE, WPB_BOUND(wpb_cstr(letter->sink)));
        if (rc == SQLITE_OK)
            rc = wpb_database_run(store->db, COUNT_DROPPED,
                                  WPB_BOUND(wpb_cstr(letter->sink)));
        if (rc == SQLITE_OK)
            rc = is_over(store, letter->sink, &over);
    }
    return wpb_store_result(store, rc, "the outbox", err);
}

int wpb_store_outbox_put(struct wpb_store *store, const struct wpb_store_letter *letter,
                         struct wpb_err *err)
{
    struct wpb_store_letter copy = *letter;

    if (letter->alert.body.len > WPB_ALERT_BYTES_MAX)
        return wpb_err_set(err, WPB_E_BUDGET, WPB_STORE_STAGE,
                           "an alert is longer than %d bytes", WPB_ALERT_BYTES_MAX);
    return wpb_store_write(store, put, &copy, err);
}

/* One state in the outbox, and what an attempt to deliver it has changed. */
struct attempted {
    const char *sink, *fingerprint;
    uint64_t seq;
    uint32_t attempts;
    int64_t next_attempt_ms;
    bool is_dead;
};

static int set_attempt(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const struct attempted *attempted = cookie;
    int rc = wpb_database_run(
        store->db, ATTEMPT,
        WPB_BOUND(wpb_cstr(attempted->sink), wpb_cstr(attempted->fingerprint),
                  wpb_int((int64_t)attempted->seq), wpb_int(attempted->attempts),
                  wpb_int(attempted->next_attempt_ms), wpb_int(attempted->is_dead)));

    return wpb_store_result(store, rc, "the outbox", err);
}

int wpb_store_outbox_attempt(struct wpb_store *store, const char *sink,
                             const char *fingerprint, uint64_t seq, uint32_t attempts,
                             int64_t next_attempt_ms, bool is_dead, struct wpb_err *err)
{
    struct attempted attempted = {sink,     fingerprint,     seq,
                                  attempts, next_attempt_ms, is_dead};

    return wpb_store_write(store, set_attempt, &attempted, err);
}

static int remove_state(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const struct attempted *delivered = cookie;
    int rc = wpb_database_run(store->db, REMOVE,
                              WPB_BOUND(wpb_cstr(delivered->sink),
                                        wpb_cstr(delivered->fingerprint),
                                        wpb_int((int64_t)delivered->seq)));

    return wpb_store_result(store, rc, "the outbox", err);
}

int wpb_store_outbox_remove(struct wpb_store *store, const char *sink,
                            const char *fingerprint, uint64_t seq, struct wpb_err *err)
{
    struct attempted delivered = {.sink = sink, .fingerprint = fingerprint, .seq = seq};

    return wpb_store_write(store, remove_state, &delivered, err);
}

static enum wpb_severity severity_named(const char *name)
{
    int severity = WPB_CRITICAL;

    while (severity > WPB_INFO &&
           strcmp(wpb_severity_name((enum wpb_severity)severity), name) != 0)
        severity--;
    return (enum wpb_severity)severity;
}

static void read_letter(const struct wpb_cursor *row, struct wpb_store_letter *letter)
{
    struct wpb_alert *alert = &letter->alert;
    const char *firing = wpb_alert_status_name(WPB_ALERT_FIRING);

    letter->sink = wpb_cursor_text(row, 0);
    snprintf(alert->fingerprint, sizeof(alert->fingerprint), "%s",
             wpb_cursor_text(row, 1));
    snprintf(alert->id, sizeof(alert->id), "%s", wpb_cursor_text(row, 2));
    alert->seq = (uint64_t)wpb_cursor_int(row, 3);
    alert->status = strcmp(wpb_cursor_text(row, 4), firing) == 0 ? WPB_ALERT_FIRING
                                                                 : WPB_ALERT_RESOLVED;
    alert->severity = severity_named(wpb_cursor_text(row, 5));
    alert->starts_at_ms = wpb_cursor_int(row, 6);
    alert->updated_at_ms = wpb_cursor_int(row, 7);
    alert->ends_at_ms = wpb_cursor_int(row, 8);
    alert->body = wpb_cursor_bytes(row, 9);
    letter->attempts = (uint32_t)wpb_cursor_int(row, 10);
    letter->next_attempt_ms = wpb_cursor_int(row, 11);
    letter->is_dead = wpb_cursor_int(row, 12) != 0;
}

int wpb_store_outbox(struct wpb_store *store, wpb_store_letter_seen *seen, void *cookie,
                     struct wpb_err *err)
{
    struct wpb_cursor order = wpb_database_rows(store->db, ORDER, WPB_UNBOUND);
    int rc = SQLITE_OK;

    while (rc == SQLITE_OK && wpb_cursor_next(&order)) {
        struct wpb_cursor row = wpb_database_rows(
            store->db, GET, WPB_BOUND(wpb_int(wpb_cursor_int(&order, 0))));
        struct wpb_store_letter letter = {0};

        if (wpb_cursor_next(&row)) {
            read_letter(&row, &letter);
            seen(cookie, &letter);
        }
        wpb_cursor_end(&row);
        rc = row.rc;
    }
    wpb_cursor_end(&order);
    return wpb_store_result(store, rc != SQLITE_OK ? rc : order.rc, "the outbox", err);
}

int wpb_store_outbox_dropped(struct wpb_store *store, const char *sink, uint64_t *dropped,
                             struct wpb_err *err)
{
    int64_t count;
    int rc = wpb_database_integer(
        store->db, DROPPED, WPB_BOUND(sink ? wpb_cstr(sink) : wpb_null()), 0, &count);

    *dropped = (uint64_t)count;
    return wpb_store_result(store, rc, "the outbox", err);
}
