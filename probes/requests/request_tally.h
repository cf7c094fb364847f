/*
 * request_tally.h - requests counted minute by minute, by kind of page.
 *
 * Each line of a log goes into the window in which its request ended. A window is handed
 * to its owner when nothing can come for it any more: lines of GRACE seconds after its
 * end have been seen, or the log has been read up to such a time. Windows in which
 * nothing ended are not handed out.
 *
 * What analysis takes from a window: n = requests, B = busy_s, N = B/length (Little),
 * X = n/length, the mean and, from busy_squared_s2, the variation of service times, the
 * requests of each route class, and `seen`, the concurrency that a request met, counted
 * from begin and end of each.
 *
 * Of lines that tell it only requests that went to PHP are counted, by their upstream
 * time (which holds the wait in the accept queue); of PHP-FPM's by the time in a worker.
 *
 * Bounded: two windows (30 KiB) and overlap.h, whatever comes. Times are Unix
 * microseconds and arguments. A clock that is set back closes what lies ahead. One
 * thread: whichever feeds it.
 */
#ifndef WPB_REQUESTS_REQUEST_TALLY_H
#define WPB_REQUESTS_REQUEST_TALLY_H

#include "probes/requests/memory_histogram.h"
#include "probes/requests/overlap.h"
#include "probes/requests/request_line.h"
#include "probes/requests/route.h"

#define WPB_TALLY_WINDOW_S 60
#define WPB_TALLY_GRACE_S 10
/* Of memory: what is told of a route. */
#define WPB_TALLY_MEMORY_LOW 0.1

struct wpb_request_class {
    uint64_t requests;
    uint64_t failed; /* status 500 and above */
    uint64_t timed;  /* that told their duration, of which: */
    double busy_s, busy_squared_s2;
    uint64_t with_cpu;        /* ... and so on */
    double cpu_s, cpu_busy_s; /* cpu_busy_s: durations of those that told their CPU */
    uint64_t with_queries, queries;
    struct wpb_memory_histogram memory;
};

struct wpb_request_window {
    int64_t start_us;
    uint32_t length_s;
    uint32_t end_unit_us; /* what the log's clock resolves */
    uint64_t requests, timed;
    double busy_s;
    double seen;          /* E[n^2]/E[n] over time; 0: the log cannot tell */
    uint64_t statuses[6]; /* by the first digit; [0]: not known */
    struct wpb_overlap_found overlap;
    struct wpb_request_class classes[WPB_ROUTES];
};

/* Lines that are in no window, since the tally began. */
struct wpb_request_tally_left {
    uint64_t not_php;  /* the web server answered them itself */
    uint64_t late;     /* their window was closed already */
    uint64_t misdated; /* they ended in the future */
};

struct wpb_request_tally;

/* CLOSED is called with each window that is done, which is valid during the call only.
 * LENGTH_S divides a day; 0 is WPB_TALLY_WINDOW_S. NULL when memory is out. */
struct wpb_request_tally *
wpb_request_tally_new(uint32_t length_s,
                      void (*closed)(void *cookie, const struct wpb_request_window *),
                      void *cookie);
void wpb_request_tally_free(struct wpb_request_tally *tally);

/* Count REQUEST, read at NOW_US; one that does not tell when it ended counts as if now.
 * May close windows. */
void wpb_request_tally_add(struct wpb_request_tally *tally,
                           const struct wpb_request_line *request, enum wpb_route route,
                           int64_t now_us);
/* The log has been read up to NOW_US. May close windows. */
void wpb_request_tally_advance(struct wpb_request_tally *tally, int64_t now_us);
/* Close what is open: the log ends here. */
void wpb_request_tally_finish(struct wpb_request_tally *tally);

struct wpb_request_tally_left
wpb_request_tally_left(const struct wpb_request_tally *tally);

#endif
