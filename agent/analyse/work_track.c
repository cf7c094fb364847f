#include "agent/analyse/work_track.h"

#include <string.h>

void wpb_track_clear(struct wpb_track *track)
{
    track->count = 0;
}

void wpb_track_note(struct wpb_track *track, int64_t time_ms, double value)
{
    if (track->count && time_ms <= track->time_ms[track->count - 1])
        return;
    if (track->count == WPB_TRACK_MAX) {
        track->count--;
        memmove(track->time_ms, track->time_ms + 1,
                track->count * sizeof(track->time_ms[0]));
        memmove(track->value, track->value + 1, track->count * sizeof(track->value[0]));
    }
    track->time_ms[track->count] = time_ms;
    track->value[track->count++] = value;
}

/* The last reading at or before TIME_MS; `count` when there is none. */
static size_t reading_before(const struct wpb_track *track, int64_t time_ms)
{
    size_t i = track->count;

    while (i > 0 && track->time_ms[i - 1] > time_ms)
        i--;
    return i ? i - 1 : track->count;
}

static double between(const struct wpb_track *track, size_t i, int64_t time_ms)
{
    double length = (double)(track->time_ms[i + 1] - track->time_ms[i]);
    double part = (double)(time_ms - track->time_ms[i]) / length;

    return track->value[i] + part * (track->value[i + 1] - track->value[i]);
}

bool wpb_track_gain(const struct wpb_track *track, int64_t from_ms, int64_t until_ms,
                    int64_t gap_ms, double *gain)
{
    size_t first = reading_before(track, from_ms), last;
    double from, until;

    if (first == track->count || until_ms <= from_ms ||
        track->time_ms[track->count - 1] < until_ms)
        return false;
    for (last = first; track->time_ms[last + 1] < until_ms; last++)
        ;
    for (size_t i = first; i <= last; i++) {
        if (track->time_ms[i + 1] - track->time_ms[i] > gap_ms ||
            track->value[i + 1] < track->value[i])
            return false;
    }
    from = between(track, first, from_ms);
    until = between(track, last, until_ms);
    *gain = until > from ? until - from : 0;
    return true;
}
