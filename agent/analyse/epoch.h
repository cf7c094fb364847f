/*
 * epoch.h - cuts a series where what was before says nothing about what comes.
 *
 * Collapse: the level falls below half of what it was and stays there (a flush).
 * Step: a CUSUM (Page 1954; two-sided, k = 0.5, h = 5, in control about 465 normal values
 * between false alarms) over what a drift common to the whole stretch leaves finds the
 * moment; since hours of one day are alike, so that it would ring daily, the step counts
 * only when the medians before and after differ by five times what a day usually changes
 * and by 5 % of the level (a deploy). Gap: nothing for three days, so that anything may
 * have happened; what is merely unknown for less does not end an epoch. Clock: the times
 * go back.
 *
 * Pure; all memory is the caller's. O(n) and, for the steps of a stretch, O(m log m) with
 * m = min(n, WPB_TREND_POINTS_MAX).
 */
#ifndef WPB_ANALYSE_EPOCH_H
#define WPB_ANALYSE_EPOCH_H

#include "agent/analyse/trend.h"

/* Why an epoch begins. */
enum wpb_epoch_reason {
    WPB_EPOCH_FIRST,    /* the series begins */
    WPB_EPOCH_COLLAPSE, /* flushed */
    WPB_EPOCH_STEP_UP,
    WPB_EPOCH_STEP_DOWN,
    WPB_EPOCH_GAP,
    WPB_EPOCH_CLOCK, /* the clock was set back */
    WPB_EPOCH_REASONS
};

/* "first", "collapse", "step_up", ...; stored and shown, so they do not change. */
const char *wpb_epoch_reason_name(enum wpb_epoch_reason reason);

#define WPB_EPOCH_GAP_MS (3 * WPB_MS_PER_DAY)

/* points[first .. first + count) of the series it was cut from; unusable points within
 * are still to be left out. */
struct wpb_epoch {
    size_t first, count;
    int64_t start_ms, end_ms; /* of its first and last usable point */
    enum wpb_epoch_reason reason;
    double before, after; /* the level around the cut; 0 of the first, a gap, a clock */
};

/* Cut POINTS, in the order in which they were taken, into EPOCHS (room for CAPACITY, at
 * least 1) and return how many there are, oldest first; where there is no room the oldest
 * are dropped. 0 when no point is usable. A collapse in the very last point counts: the
 * next cut takes it back if the level returns at once, which is a glitch. */
size_t wpb_epoch_cut(const struct wpb_point *points, size_t count,
                     struct wpb_epoch *epochs, size_t capacity);

/* Page's cumulative sums: high = max(0, high + z - k), low = max(0, low - z - k). */
struct wpb_cusum {
    double high, low;
    size_t high_since, low_since; /* values since each was 0 */
};

#define WPB_CUSUM_K 0.5
#define WPB_CUSUM_H 5.0

/* Take one standardized value; 1 when HIGH passes h, -1 when LOW does, else 0. Zero the
 * struct to begin, and again after an alarm. */
int wpb_cusum_note(struct wpb_cusum *cusum, double z_score);

#endif
