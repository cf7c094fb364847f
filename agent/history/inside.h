/*
 * inside.h - the store as its own files see it.
 *
 * A call that writes is a struct of its arguments and a wpb_store_work: wpb_store_write()
 * does it within the caller's transaction, or in one of its own. Whatever SQLite refuses
 * goes through wpb_store_failed(), which says what is to be done about it; that is done
 * as soon as no transaction is open.
 */
#ifndef WPB_HISTORY_INSIDE_H
#define WPB_HISTORY_INSIDE_H

#include "agent/history/database.h"
#include "agent/history/store.h"

#define WPB_STORE_STAGE "history"
#define WPB_STORE_REASON_MAX 256
#define WPB_STORE_NOTICES_MAX 4
/* Values of one series in one hour of which the median is taken: one each second, and
 * some. */
#define WPB_STORE_HOUR_VALUES_MAX 4096
/* Ids of series that are born while the disk's are not known. */
#define WPB_STORE_MEMORY_IDS (INT64_C(1) << 31)

/* Where values lie, by resolution. */
enum wpb_level { WPB_LEVEL_RAW, WPB_LEVEL_HOURLY, WPB_LEVEL_DAILY, WPB_LEVELS };

/* What helps against what SQLite has refused. */
enum wpb_store_remedy {
    WPB_REMEDY_NONE,
    WPB_REMEDY_ROOM,   /* our own bound is reached: throw old values away */
    WPB_REMEDY_MEMORY, /* the disk does not work: go on in memory */
    WPB_REMEDY_ANEW,   /* the file is damaged: set it aside, begin a new one */
};

struct wpb_store {
    char *folder;
    uint64_t max_bytes;
    int64_t retention_ms;
    bool is_read_only;
    int64_t now_ms; /* as the last call told */

    int lock_fd;             /* -1: not ours */
    struct wpb_database *db; /* what is written: `memory` when that is there, or `disk` */
    struct wpb_database *disk; /* beside `memory`: older values are read there; or NULL */
    struct wpb_database *memory;         /* NULL while the disk works */
    unsigned remedied;                   /* times, so far: another try may help */
    char degraded[WPB_STORE_REASON_MAX]; /* "" on the disk */
    bool is_carried;                     /* `memory` has all the disk's file had of what
                                            must not be lost */
    bool is_damaged;                     /* the disk's file is to be set aside */

    bool in_transaction;
    bool is_lost; /* nothing of the transaction can be kept, for `loss` */
    struct wpb_err loss;
    enum wpb_store_remedy remedy;

    uint64_t noted;      /* values, so far */
    bool is_clock_known; /* the next three are read */
    int64_t clock_seen_ms, clock_written_ms, steady_since_ms;
    int64_t swept_hour;  /* when what is rarely looked for was looked for */
    bool is_crowded;     /* no room for more values: alerts keep theirs */
    int64_t marked_hour; /* known to be dirty in this transaction; -1: none */
    char notices[WPB_STORE_NOTICES_MAX][WPB_STORE_NOTICE_MAX];
    size_t notice_count;
    double values[WPB_STORE_HOUR_VALUES_MAX];
};

/* Do WORK in the caller's transaction or, as wpb_store_transact(), in its own. */
int wpb_store_write(struct wpb_store *store, wpb_store_work *work, void *cookie,
                    struct wpb_err *err);
/* SQLite refused RC while doing WHAT ("a value", "the alert state"): fill ERR, return -1.
 * The transaction, if there is one, is lost. */
int wpb_store_failed(struct wpb_store *store, int rc, const char *what,
                     struct wpb_err *err);
/* wpb_store_failed() unless RC is SQLITE_OK: then 0. */
int wpb_store_result(struct wpb_store *store, int rc, const char *what,
                     struct wpb_err *err);
void wpb_store_tell(struct wpb_store *store, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- between files; these return SQLite's results unless they take an ERR ---- */

/* Bytes and pages that follow from the bound. */
uint64_t wpb_store_log_bytes(const struct wpb_store *store); /* of the log at most */
uint64_t wpb_store_file_pages(const struct wpb_store *store);
uint64_t wpb_store_memory_pages(const struct wpb_store *store);
uint64_t wpb_store_page_limit(const struct wpb_store *store); /* of `db` */
int64_t wpb_store_series_limit(const struct wpb_store *store);
/* Set `is_crowded` by how full the database is. */
int wpb_store_measure(struct wpb_store *store, uint64_t *used, uint64_t *all);

/* Open the disk's file as store->disk, setting aside what cannot be used. -1 when that is
 * impossible (what can be read, though, is store->disk then); ERR is WPB_E_DENIED only
 * when another agent has the folder. */
int wpb_store_open_disk(struct wpb_store *store, struct wpb_err *err);
/* Fill ERR with why DATABASE (or NULL) cannot be used: SQLite's RC. Returns -1. */
int wpb_store_cannot_open(const struct wpb_store *store, struct wpb_database *database,
                          int rc, struct wpb_err *err);
/* Does RC mean that the file's content is at fault, and not the disk? */
bool wpb_store_is_damage(int rc);
/* Go on in memory, for REASON. -1 when not even that is possible: nothing changes. */
int wpb_store_leave_disk(struct wpb_store *store, const char *reason,
                         struct wpb_err *err);

/* What makes a series the same: hash, site, kind, scope, name, parent, metric. */
#define WPB_STORE_SERIES_PARTS 7
/* The series of PARTS; *ID 0 when there is none. */
int wpb_store_find_series(struct wpb_database *database,
                          const struct wpb_bound parts[WPB_STORE_SERIES_PARTS],
                          int64_t *id);
/* Forget the series of SITE (0: of any) that is silent longest, if it was silent since
 * BEFORE_MS. Its values go with the blocks they are in. */
int wpb_store_forget_silent(struct wpb_database *database, int64_t site,
                            int64_t before_ms, bool *has_forgotten);
/* Forget the sites that have no series, unless some were refused. */
int wpb_store_forget_sites(struct wpb_database *database);

/* Which block TIME_MS lies in, and the slot in it. */
int64_t wpb_level_block(enum wpb_level level, int64_t time_ms);
int64_t wpb_level_slot(enum wpb_level level, int64_t time_ms);
/* When a block, and a slot, begins. */
int64_t wpb_level_start_ms(enum wpb_level level, int64_t block, int64_t slot);
int64_t wpb_level_slot_ms(enum wpb_level level);
int64_t wpb_level_block_ms(enum wpb_level level);
/* Say that BLOCK has something that the next level does not know. */
int wpb_level_mark(struct wpb_database *database, enum wpb_level level, int64_t block);

/* Slices of upkeep, each within a transaction of the caller's. SQLite's results;
 * *HAS_DONE tells whether there was anything to do. */
/* rollup.c: medians of an hour, or a day, that is over. */
int wpb_store_roll(struct wpb_store *store, int64_t now_ms, bool *has_done);
/* retention.c: what is too old (only when the clock IS_STEADY), from a future that was
 * none, or too much. */
int wpb_store_retain(struct wpb_store *store, int64_t now_ms, bool is_steady,
                     bool *has_done);

#endif
