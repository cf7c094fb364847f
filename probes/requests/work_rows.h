/*
 * work_rows.h - windows of requests as rows of work (wpbloat/work.h), and, where two logs
 * tell of the same requests, how long they waited for a worker.
 *
 * The web server's time with PHP holds the wait in the accept queue, PHP-FPM's does not:
 * the difference of their means, over the same window, is the mean wait. Only where both
 * have counted nearly the same requests: the web server may serve other pools as well.
 *
 * Rows collect here until they are posted. Bounded by what a look can read: windows of a
 * day. Not shared; one thread at a time.
 */
#ifndef WPB_REQUESTS_WORK_ROWS_H
#define WPB_REQUESTS_WORK_ROWS_H

#include "probes/requests/request_tally.h"
#include "wpbloat/work.h"

/* A day of windows of ten seconds. */
#define WPB_WORK_ROWS_MAX 8640

/* What the web server tells of a window. */
struct wpb_work_web {
    int64_t start_us;
    uint64_t timed;
    double busy_s;
};

struct wpb_work_rows {
    struct wpb_work_row *rows;
    size_t count, capacity;
    struct wpb_work_web *web; /* in order of time */
    size_t web_count, web_capacity;
    uint64_t dropped; /* for want of memory or room */
};

void wpb_work_rows_init(struct wpb_work_rows *rows);
void wpb_work_rows_fini(struct wpb_work_rows *rows);

/* Note what the web server tells of WINDOW, for the row of the same time that comes
 * later. */
void wpb_work_rows_note_web(struct wpb_work_rows *rows,
                            const struct wpb_request_window *window);
/* Add the row of WINDOW. */
void wpb_work_rows_add(struct wpb_work_rows *rows,
                       const struct wpb_request_window *window);
/* They have been posted. */
void wpb_work_rows_clear(struct wpb_work_rows *rows);

#endif
