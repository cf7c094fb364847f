/*
 * work_book.h - a day of windows of one PHP-FPM pool: what its requests did, and what
 * MySQL, Redis and the host did meanwhile.
 *
 * Rows come from a log (wpbloat/work.h); counters come from other probes and are read at
 * other moments (work_track.h). The book puts both together: a row's columns are filled
 * when readings cover it, and stay unknown (NAN) when they never do. What follows from
 * the rows says work_verdict.h.
 *
 * Counters are the servers' own and hold what others do there too. Bounded: WPB_BOOK_ROWS
 * rows (300 KiB) and WPB_BOOK_COLUMNS tracks (20 KiB). The window is only read. Pure; one
 * thread.
 */
#ifndef WPB_ANALYSE_WORK_BOOK_H
#define WPB_ANALYSE_WORK_BOOK_H

#include "wpbloat/window.h"

#define WPB_BOOK_ROWS 1440
/* A row that is older than so many others gets no columns any more. */
#define WPB_BOOK_PENDING 64
/* Readings that are more lengths of a window apart tell nothing of the windows between
 * them: taken as evenly spread, what belongs to a busy window would be its neighbours'.
 * A look that was missed is bridged. */
#define WPB_BOOK_GAP_WINDOWS 2.2

enum wpb_book_column {
    WPB_BOOK_QUERIES,
    WPB_BOOK_ROWS_EXAMINED,
    WPB_BOOK_LOCK_WAITS,
    WPB_BOOK_LOCK_WAIT_S,
    WPB_BOOK_CACHE_COMMANDS,
    WPB_BOOK_CACHE_BYTES_OUT,
    WPB_BOOK_CACHE_BYTES_IN,
    WPB_BOOK_CACHE_CPU_S,
    WPB_BOOK_CPU_BUSY_S,
    WPB_BOOK_CPU_STOLEN_S,
    WPB_BOOK_COUNTERS, /* those above gain; this is a level: */
    WPB_BOOK_DATA_BYTES = WPB_BOOK_COUNTERS,
    WPB_BOOK_COLUMNS
};

struct wpb_book_row {
    int64_t start_ms;
    uint32_t length_s;
    float requests, failed, timed, busy_s, busy_squared_s2;
    float seen;                 /* 0: not known */
    float cpu_s;                /* NAN: not known, as below */
    float queue_wait_s, queued; /* NAN and 0 */
    float class_requests[WPB_WORK_CLASSES], class_busy_s[WPB_WORK_CLASSES];
    float column[WPB_BOOK_COLUMNS]; /* over the row's time; NAN: not known */
};

struct wpb_work_book;

/* Of POOL, which is copied. NULL when memory is out. */
struct wpb_work_book *wpb_work_book_new(const struct wpb_subject *pool);
void wpb_work_book_free(struct wpb_work_book *book);

/* The pool it is about; lives as long as the book. */
const struct wpb_subject *wpb_work_book_pool(const struct wpb_work_book *book);

/* Take rows that are newer than the newest one here from READ, the window of a turn, and
 * counters from KNOWN, which may be the same: both of a site that the pool serves.
 * Returns how many rows are new. */
size_t wpb_work_book_take(struct wpb_work_book *book, const struct wpb_window *read,
                          const struct wpb_window *known);

/* The clock was set back: rows that lie ahead of NOW_MS go, and all readings. */
void wpb_work_book_set_back(struct wpb_work_book *book, int64_t now_ms);

/* Ascending; valid until the next call that changes the book. */
const struct wpb_book_row *wpb_work_book_rows(const struct wpb_work_book *book,
                                              size_t *count);

#endif
