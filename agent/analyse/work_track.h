/*
 * work_track.h - a counter as it was read from time to time, and what it gained between
 * any two moments.
 *
 * Counters of MySQL, Redis and the host are read at other moments than those at which a
 * window of requests begins and ends, so what lies between two readings is taken as
 * evenly spread. A counter that falls has begun anew (a restart): nothing is known of the
 * time between these two readings. Bounded: the newest WPB_TRACK_MAX readings. Pure.
 */
#ifndef WPB_ANALYSE_WORK_TRACK_H
#define WPB_ANALYSE_WORK_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WPB_TRACK_MAX 96

struct wpb_track {
    size_t count;
    int64_t time_ms[WPB_TRACK_MAX]; /* ascending */
    double value[WPB_TRACK_MAX];
};

/* Note a reading; one that is not later than the newest changes nothing. */
void wpb_track_note(struct wpb_track *track, int64_t time_ms, double value);

/* Forget all: the clock was set back, or another thing is counted now. */
void wpb_track_clear(struct wpb_track *track);

/* What was gained from FROM_MS to UNTIL_MS. False when a part of that is not known: it
 * lies before the first or after the newest reading, between readings that are more than
 * GAP_MS apart, or the counter began anew. */
bool wpb_track_gain(const struct wpb_track *track, int64_t from_ms, int64_t until_ms,
                    int64_t gap_ms, double *gain);

#endif
