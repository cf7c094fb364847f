/*
 * outlook.h - what the history of one metric of a subject says of its future.
 *
 * A rule knows what must not be reached (a failure size, a limit); it asks for an outlook
 * with that target. Who keeps the history makes it (agent/analyse/outlook.h) and posts it
 * to the window, and the rule reads it there the next time. A scan without a history has
 * none, so that rules about growth are silent. Plain values; texts are inside.
 */
#ifndef WPBLOAT_OUTLOOK_H
#define WPBLOAT_OUTLOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/sample.h"

#define WPB_OUTLOOK_TEXT_MAX 200

enum wpb_outlook_answer {
    WPB_OUTLOOK_ETA,     /* earliest, median and latest are there */
    WPB_OUTLOOK_REACHED, /* the level is at the target already */
    WPB_OUTLOOK_NONE,    /* it falls, or does not get there inside the horizon */
    WPB_OUTLOOK_REFUSED, /* see refusal */
};

/* What somebody wants to know. */
struct wpb_outlook_ask {
    const struct wpb_subject *subject;
    enum wpb_metric metric;
    double target;      /* in the metric's unit; above 0 */
    int64_t horizon_ms; /* 0: 30 days */
};

struct wpb_outlook {
    enum wpb_metric metric;
    int64_t made_ms; /* Unix time */
    int64_t told_ms; /* the same, or earlier where noise hides now what was told then */
    double target;
    double level; /* newest value of the history, at `newest_ms` */
    int64_t newest_ms;
    enum wpb_outlook_answer answer;
    const char *refusal; /* code, such as "no_trend"; static; "" when it is not */
    char text[WPB_OUTLOOK_TEXT_MAX]; /* why there is no time, a sentence */
    /* Of WPB_OUTLOOK_ETA: earliest <= median <= latest. */
    int64_t earliest_ms, median_ms, latest_ms;
    double confidence; /* of that interval, such as 0.9 */
    bool has_slope;
    double per_day, per_day_low, per_day_high; /* units of the metric a day */
    int64_t epoch_start_ms;                    /* what is fitted begins here */
    const char *epoch_reason; /* "first", "collapse", "step_up", ...; static */
    /* Flushes: the level collapsed. */
    uint32_t flushes;                      /* that the history knows */
    int64_t period_ms;                     /* median between them; 0 before the second */
    int64_t shortest_ms, longest_ms;       /* of those periods */
    int64_t last_flush_ms;                 /* 0: none known */
    char flush_text[WPB_OUTLOOK_TEXT_MAX]; /* "flushed every ~10 days, ..."; "" */
    uint32_t scored, covered;              /* earlier forecasts of this series */
};

#endif
