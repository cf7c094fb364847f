/*
 * store.h - what the agent remembers: series, forecasts, alert state, outbox, audit.
 *
 * One SQLite file, FOLDER/history.db, with a write-ahead log beside it; both together
 * stay below a bound, and the oldest history goes first. Every call may block for the
 * time of an fsync, so that a thread of its own makes them all: one store, one thread.
 *
 * What cannot be written to the disk (full, read-only, broken) is kept in a small
 * database in memory until wpb_store_retry() finds the disk well again; alert state, the
 * outbox and the catalogue of series move along both ways. A file that is damaged, of a
 * newer version or not ours is renamed, never deleted, and a new one begun.
 *
 * Time enters only as an argument: Unix time in milliseconds. Clocks may jump; nothing is
 * deleted for its age until the clock has run steadily for a day (what is too much goes
 * by its rank, whatever its time).
 *
 * Functions return 0 or -1 and fill ERR, which may be NULL. WPB_E_BUDGET is "there is no
 * room for more of it", WPB_E_NOT_FOUND an unknown id; after either the transaction goes
 * on. After anything else it is lost: wpb_store_transact() does it again in memory, when
 * that is the remedy. What a callback is shown lives until it returns; it must not call
 * the store.
 */
#ifndef WPB_HISTORY_STORE_H
#define WPB_HISTORY_STORE_H

#include "agent/analyse/forecast.h"
#include "wpbloat/alert.h"
#include "wpbloat/err.h"
#include "wpbloat/subject.h"

struct wpb_store;

/* ---- open, close, how it is ---- */

#define WPB_STORE_BYTES_DEFAULT (UINT64_C(64) << 20)
#define WPB_STORE_BYTES_MIN (UINT64_C(1) << 20)
#define WPB_STORE_RETENTION_DEFAULT_MS (90 * WPB_MS_PER_DAY)

struct wpb_store_options {
    const char *folder;   /* made, for us alone, when it is not there */
    uint64_t max_bytes;   /* of the file and its log; 0: the default */
    int64_t retention_ms; /* of daily medians; 0: the default */
    int64_t now_ms;
    bool is_read_only; /* beside a running agent: no lock, nothing is made or set aside,
                          and every call that writes fails */
};

/* Open or make the history. Fails only when another agent has the folder (WPB_E_DENIED;
 * the message says which), when memory is out, or, read-only, when there is nothing to
 * read; any other trouble ends in memory, see wpb_store_degraded(). OPTIONS is copied. */
int wpb_store_open(const struct wpb_store_options *options, struct wpb_store **store,
                   struct wpb_err *err);
/* What was not committed is lost. NULL is fine. */
void wpb_store_close(struct wpb_store *store);

/* Why the history is in memory, a sentence that stays valid until the next call that
 * writes; NULL while it is on the disk. */
const char *wpb_store_degraded(const struct wpb_store *store);

/* Try the disk again: 0 when the history is there (again). *HAS_FOUND, when not NULL, is
 * set when alert state or an outbox was found there that was not known in memory: load
 * both again. Cheap enough for every minute; not inside a transaction. */
int wpb_store_retry(struct wpb_store *store, int64_t now_ms, bool *has_found,
                    struct wpb_err *err);

/* Something to log once: a file that was set aside, a move to memory or back. Takes the
 * oldest such sentence; false when there is none. */
#define WPB_STORE_NOTICE_MAX 512
bool wpb_store_notice(struct wpb_store *store, char notice[WPB_STORE_NOTICE_MAX]);

/* ---- transactions ---- */

/* Calls that write, outside of a transaction, are one each. Not nested. */
int wpb_store_begin(struct wpb_store *store, struct wpb_err *err);
/* Durable when it returns 0. -1: nothing of it is stored, and the store is usable. */
int wpb_store_commit(struct wpb_store *store, struct wpb_err *err);
void wpb_store_rollback(struct wpb_store *store);

/* Begin, WORK, commit; or rollback when WORK returns -1. When the disk failed the store
 * has moved to memory and WORK is called a second time, so that it must be able to do the
 * same again. */
typedef int wpb_store_work(struct wpb_store *store, void *cookie, struct wpb_err *err);
int wpb_store_transact(struct wpb_store *store, wpb_store_work *work, void *cookie,
                       struct wpb_err *err);

/* ---- series: the catalogue ---- */

/* Of a site, and of all: one for each 28 KiB of the file's bound (2,340 by default). */
#define WPB_STORE_SERIES_PER_SITE 200
/* All parts of a key together. */
#define WPB_STORE_KEY_BYTES_MAX 2048

struct wpb_store_key {
    struct wpb_slice site; /* its identity, which naming it later does not change */
    enum wpb_subject_kind kind;
    struct wpb_slice scope, name;
    struct wpb_slice parent; /* name of the subject's parent; empty: none */
    struct wpb_slice metric; /* wpb_metric name */
    struct wpb_slice unit;   /* of the metric; not part of what makes a series */
};

/* The id of the series of KEY, made when there is none: stable, never used for another
 * one, and to be kept by the caller. Where a site (or the store) has its number of
 * series, the one of the site that has been silent longest gives way, if for two days at
 * least; else WPB_E_BUDGET, counted in wpb_store_refused(). */
int wpb_store_series(struct wpb_store *store, const struct wpb_store_key *key,
                     int64_t now_ms, int64_t *id, struct wpb_err *err);

struct wpb_store_listed {
    int64_t id;
    struct wpb_store_key key;
    int64_t since_ms; /* when it was first asked for */
    bool has_last;
    struct wpb_point last; /* as it came last */
};

/* All series of SITE, or of every site when SITE is empty, by site and id. */
typedef void wpb_store_series_seen(void *cookie, const struct wpb_store_listed *listed);
int wpb_store_list(struct wpb_store *store, struct wpb_slice site,
                   wpb_store_series_seen *seen, void *cookie, struct wpb_err *err);

/* How often a series of SITE was refused for want of room. */
int wpb_store_refused(struct wpb_store *store, struct wpb_slice site, uint64_t *refused,
                      struct wpb_err *err);

/* ---- series: values ---- */

/* Store one value; another one of the same millisecond is replaced. WPB_E_NOT_FOUND when
 * the series is no more (it gave way, or the store began anew): ask for its id again.
 * WPB_E_BUDGET when the file is full of what must not go. Values that are not
 * wpb_stats_usable() are refused: WPB_E_ARGUMENT. */
int wpb_store_note(struct wpb_store *store, int64_t id, int64_t time_ms, double value,
                   struct wpb_err *err);

/* Room for what wpb_store_points() has by default: 90 days, 21 days of hours, a value. */
#define WPB_STORE_POINTS_MAX 640

/* What a forecast wants of [FROM_MS, TO_MS], in the order of time: medians of days, then
 * of the 21 newest days' hours (each in the middle of its time), and the newest value.
 * When there are more than CAPACITY, the newest. Some 0.2 ms. */
int wpb_store_points(struct wpb_store *store, int64_t id, int64_t from_ms, int64_t to_ms,
                     struct wpb_point *points, size_t capacity, size_t *count,
                     struct wpb_err *err);

/* The values as they came, of the newest hours (six, or less where they are many). */
int wpb_store_recent(struct wpb_store *store, int64_t id, int64_t from_ms, int64_t to_ms,
                     struct wpb_point *points, size_t capacity, size_t *count,
                     struct wpb_err *err);

/* A median with what it is of. */
struct wpb_store_rollup {
    int64_t start_ms, length_ms; /* an hour, or a day of UTC */
    double median, low, high;
    uint32_t count; /* of values */
};
enum wpb_store_level { WPB_STORE_HOURS, WPB_STORE_DAYS };
int wpb_store_rollups(struct wpb_store *store, int64_t id, enum wpb_store_level level,
                      int64_t from_ms, int64_t to_ms, struct wpb_store_rollup *rollups,
                      size_t capacity, size_t *count, struct wpb_err *err);

/* ---- series: epochs, kept longer than the values around them ---- */

#define WPB_STORE_EPOCHS_MAX 64 /* of a series; the newest */

struct wpb_store_epoch {
    int64_t start_ms;
    enum wpb_epoch_reason reason;
    double before, after;
};

/* Remember that an epoch began. What is known already (nearer than two hours to one that
 * is, or a day and a half where only days are left of the time) or is older than the
 * newest known is ignored: *IS_NEW, which may be NULL, tells. Note only what more than
 * one value confirms. */
int wpb_store_epoch(struct wpb_store *store, int64_t id,
                    const struct wpb_store_epoch *epoch, bool *is_new,
                    struct wpb_err *err);

/* Oldest first; when there are more than CAPACITY, the newest. */
int wpb_store_epochs(struct wpb_store *store, int64_t id, struct wpb_store_epoch *epochs,
                     size_t capacity, size_t *count, struct wpb_err *err);
/* The times of the collapses alone, as wpb_sawtooth_of() takes them. */
int wpb_store_flushes(struct wpb_store *store, int64_t id, int64_t *flushes_ms,
                      size_t capacity, size_t *count, struct wpb_err *err);

/* ---- forecasts and what became of them ---- */

#define WPB_STORE_CLAIMS_MAX 192 /* of a series; the newest */

enum wpb_store_claim_kind { WPB_CLAIM_VALUE, WPB_CLAIM_ETA, WPB_CLAIM_KINDS };

/* Keep CLAIM of series ID, unless one was made less than APART_MS before it: *IS_KEPT,
 * which may be NULL. It is known by `made_ms`. */
int wpb_store_claim(struct wpb_store *store, int64_t id,
                    const struct wpb_forecast_claim *claim, int64_t apart_ms,
                    bool *is_kept, struct wpb_err *err);
/* When the newest was made; 0: never. */
int wpb_store_claimed(struct wpb_store *store, int64_t id, int64_t *made_ms,
                      struct wpb_err *err);

struct wpb_store_pending {
    int64_t id;
    struct wpb_forecast_claim claim;
    bool is_pending[WPB_CLAIM_KINDS];
};
/* Claims of series ID (0: of every series) of which something can be scored at NOW_MS:
 * the value, when its time has come; the time, always. By id, and the oldest first. */
int wpb_store_pending(struct wpb_store *store, int64_t id, int64_t now_ms,
                      struct wpb_store_pending *pending, size_t capacity, size_t *count,
                      struct wpb_err *err);
/* What became of the claim MADE_MS of series ID. PENDING changes nothing. */
int wpb_store_score(struct wpb_store *store, int64_t id, int64_t made_ms,
                    enum wpb_store_claim_kind kind, struct wpb_forecast_score score,
                    struct wpb_err *err);
/* The last WPB_FORECAST_SCORES_MAX outcomes of a kind, by when they were claimed. */
int wpb_store_scores(struct wpb_store *store, int64_t id, enum wpb_store_claim_kind kind,
                     struct wpb_forecast_scores *scores, struct wpb_err *err);

/* ---- alert state ---- */

#define WPB_STORE_STATE_BYTES_MAX (16 * 1024)

struct wpb_store_alert {
    const char *fingerprint;
    struct wpb_slice site; /* its identity */
    const char *code, *status;
    uint64_t seq;
    int64_t updated_ms;
    struct wpb_slice state; /* the caller's own; at most WPB_STORE_STATE_BYTES_MAX */
};

/* Store, replacing what is known of the fingerprint. Values make room for it; it is
 * WPB_E_BUDGET only when all states together are more than a thirty-second of the bound
 * (2 MB by default). */
int wpb_store_alert_put(struct wpb_store *store, const struct wpb_store_alert *alert,
                        struct wpb_err *err);
int wpb_store_alert_delete(struct wpb_store *store, const char *fingerprint,
                           struct wpb_err *err);
typedef void wpb_store_alert_seen(void *cookie, const struct wpb_store_alert *alert);
int wpb_store_alerts(struct wpb_store *store, wpb_store_alert_seen *seen, void *cookie,
                     struct wpb_err *err);

/* ---- the outbox: of each sink and fingerprint the newest state ---- */

/* Of a sink; bytes also at most a sixteenth of the file's bound. */
#define WPB_STORE_OUTBOX_ROWS_MAX 1000
#define WPB_STORE_OUTBOX_BYTES_MAX (UINT64_C(4) << 20)

struct wpb_store_letter {
    const char *sink;       /* its name in the configuration */
    struct wpb_alert alert; /* body at most WPB_ALERT_BYTES_MAX */
    uint32_t attempts;
    int64_t next_attempt_ms;
    bool is_dead; /* its receiver will never take it */
};

/* Queue LETTER; an older state of the same sink and fingerprint is replaced, a newer or
 * equal one stays. Over the bounds of a sink the dead go first, then the resolved, then
 * what fires, the oldest of each: counted in wpb_store_outbox_dropped(). */
int wpb_store_outbox_put(struct wpb_store *store, const struct wpb_store_letter *letter,
                         struct wpb_err *err);
/* Another attempt has failed. Nothing when SEQ is no longer what waits there. */
int wpb_store_outbox_attempt(struct wpb_store *store, const char *sink,
                             const char *fingerprint, uint64_t seq, uint32_t attempts,
                             int64_t next_attempt_ms, bool is_dead, struct wpb_err *err);
/* Delivered, and so is whatever is older: SEQ itself may not have been stored, on a disk
 * that was full. A newer one stays. */
int wpb_store_outbox_remove(struct wpb_store *store, const char *sink,
                            const char *fingerprint, uint64_t seq, struct wpb_err *err);
/* By sink, and in the order they were updated in. */
typedef void wpb_store_letter_seen(void *cookie, const struct wpb_store_letter *letter);
int wpb_store_outbox(struct wpb_store *store, wpb_store_letter_seen *seen, void *cookie,
                     struct wpb_err *err);
/* What SINK (NULL: all sinks) has lost to its bounds, ever. */
int wpb_store_outbox_dropped(struct wpb_store *store, const char *sink, uint64_t *dropped,
                             struct wpb_err *err);

/* ---- audit: what was read where, in sums of an hour ---- */

#define WPB_STORE_AUDIT_ROWS_MAX 20000

struct wpb_store_audit {
    int64_t hour_ms; /* of a row that is read: when its hour began */
    struct wpb_slice site;
    const char *probe, *status; /* "redis.keyspace", "ok" */
    uint64_t runs;              /* when noted: of this one, 1 */
    uint64_t commands, bytes, rows;
};

/* Add to the sums of TIME_MS's hour, site, probe and status. */
int wpb_store_audit_note(struct wpb_store *store, int64_t time_ms,
                         const struct wpb_store_audit *audit, struct wpb_err *err);
typedef void wpb_store_audit_seen(void *cookie, const struct wpb_store_audit *audit);
/* Rows of hours in [FROM_MS, TO_MS], oldest first. */
int wpb_store_audits(struct wpb_store *store, int64_t from_ms, int64_t to_ms,
                     wpb_store_audit_seen *seen, void *cookie, struct wpb_err *err);

/* Of each site and probe the newest hour since FROM_MS in which a look saw something
 * ("ok", "partial"); the rest of the rows is empty. */
int wpb_store_audit_newest(struct wpb_store *store, int64_t from_ms,
                           wpb_store_audit_seen *seen, void *cookie, struct wpb_err *err);

/* ---- small facts of the agent itself ---- */

#define WPB_STORE_FACTS_MAX 2000
#define WPB_STORE_FACT_BYTES_MAX 4096

int wpb_store_fact_put(struct wpb_store *store, const char *name, struct wpb_slice value,
                       struct wpb_err *err);
/* Copy the value of NAME to VALUE (room for CAPACITY); its length to *LEN, 0 when there
 * is no such fact. WPB_E_BUDGET when it is longer. */
int wpb_store_fact(struct wpb_store *store, const char *name, char *value,
                   size_t capacity, size_t *len, struct wpb_err *err);

/* ---- upkeep ---- */

/* One slice of what has to be done as time goes by, some 10 ms: medians of hours and days
 * that are over, retention, bounds, and the log written back. Call it every minute, and
 * at once again while *HAS_MORE. Not inside a transaction. */
int wpb_store_upkeep(struct wpb_store *store, int64_t now_ms, bool *has_more,
                     struct wpb_err *err);

/* Of the file and its log on the disk, or of the database in memory. */
uint64_t wpb_store_size_bytes(const struct wpb_store *store);

#endif
