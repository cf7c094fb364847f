/*
 * sawtooth.h - the period of a series that grows until it is flushed, again and again.
 *
 * The period is the median of the times between flushes, its spread the shortest and the
 * longest of them. Nothing is said before the second flush: the time before the first
 * flush that was seen has no beginning.
 *
 * Pure, O(n log n) with n <= WPB_SAWTOOTH_FLUSHES_MAX.
 */
#ifndef WPB_ANALYSE_SAWTOOTH_H
#define WPB_ANALYSE_SAWTOOTH_H

#include "agent/analyse/epoch.h"

/* More are not looked at: the newest are kept. */
#define WPB_SAWTOOTH_FLUSHES_MAX 32
#define WPB_SAWTOOTH_TEXT_MAX 160

struct wpb_sawtooth {
    size_t flushes;
    int64_t period_ms, shortest_ms, longest_ms;
    int64_t last_flush_ms;
};

/* The flush times (collapses) of EPOCHS, oldest first, to FLUSHES_MS (room for
 * WPB_SAWTOOTH_FLUSHES_MAX); how many. */
size_t wpb_sawtooth_flushes(const struct wpb_epoch *epochs, size_t count,
                            int64_t *flushes_ms);

/* False, and SAWTOOTH is not filled, before the second flush. FLUSHES_MS ascend; what
 * goes back or repeats is left out. */
bool wpb_sawtooth_of(const int64_t *flushes_ms, size_t count,
                     struct wpb_sawtooth *sawtooth);

/* How long after a flush that leaves LEVEL a growth of PER_DAY reaches TARGET, in ms; 0
 * when it is there already, -1 when it never does or not within 100 years. */
int64_t wpb_sawtooth_reach_ms(double level, double per_day, double target);

/* "flushed every ~10 days (9.5 to 11), would reach the limit on day 12"; the second half
 * only where REACH_MS is not negative, the spread only where it rounds to something else
 * than the period. Periods below two days are told in hours, and then the limit too. */
void wpb_sawtooth_text(const struct wpb_sawtooth *sawtooth, int64_t reach_ms,
                       char text[WPB_SAWTOOTH_TEXT_MAX]);

#endif
