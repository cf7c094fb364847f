/*
 * overlap.h - how many requests were at work at once, from when each began and ended.
 *
 * A log tells a request when it is done, so what ran beside what is known once all of
 * them have ended. Intervals are kept until they are no longer needed; a stretch of time
 * is then swept over once: n(t) is the number of intervals that hold t.
 *
 * Where the log's clock resolves less than a request takes (PHP-FPM: a second), ends are
 * spread over the second that they share, in the log's order. That keeps the integral of
 * n exact, and bunches within a second unseen: `is_resolved` tells whether n itself means
 * something.
 *
 * Bounded: WPB_OVERLAP_MAX intervals (256 KiB), memory grows with use and shrinks with
 * forgetting. Times are Unix microseconds, kept in steps of ten. One thread.
 */
#ifndef WPB_REQUESTS_OVERLAP_H
#define WPB_REQUESTS_OVERLAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WPB_OVERLAP_MAX 32768
#define WPB_OVERLAP_LEVELS 64 /* the last: so many or more */
#define WPB_OVERLAP_UNIT_MAX_US 60000000

struct wpb_overlap;

struct wpb_overlap_found {
    uint64_t arrivals;                   /* that began in the stretch */
    uint64_t levels[WPB_OVERLAP_LEVELS]; /* arrivals that met so many at work */
    uint64_t met;                        /* sum of what they met */
    unsigned most;                       /* at work at once */
    double busy_s;                       /* integral of n */
    double busy_squared_s;               /* ... of n squared */
    bool is_complete;                    /* none had to be left out */
    bool is_resolved;
};

/* Empty. NULL when memory is out. */
struct wpb_overlap *wpb_overlap_new(void);
void wpb_overlap_free(struct wpb_overlap *overlap);

/* A request that took DURATION_US and ended at END_US, or up to UNIT_US (at most
 * WPB_OVERLAP_UNIT_MAX_US) later. */
void wpb_overlap_add(struct wpb_overlap *overlap, int64_t end_us, uint64_t duration_us,
                     uint32_t unit_us);

/* Sweep from FROM_US to UNTIL_US. What began before or ended after counts for the part
 * inside. False when memory is out. */
bool wpb_overlap_sweep(const struct wpb_overlap *overlap, int64_t from_us,
                       int64_t until_us, struct wpb_overlap_found *found);

/* Forget what ended before BEFORE_US. */
void wpb_overlap_forget(struct wpb_overlap *overlap, int64_t before_us);

#endif
