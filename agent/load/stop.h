/*
 * stop.h - when a step is ended at once, since going on would hurt.
 *
 * Asked several times a second while requests arrive. A rule needs a few witnesses: one
 * lost request is no outage. Pure.
 */
#ifndef WPB_LOAD_STOP_H
#define WPB_LOAD_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* So often it is asked. */
#define WPB_LOAD_PULSE_MS 100
#define WPB_LOAD_WITNESSES 3
#define WPB_LOAD_FAILURE_SHARE_MAX 0.05

enum wpb_load_stop {
    WPB_LOAD_NOT_STOPPED,
    WPB_LOAD_STOP_SERVER_ERRORS, /* of what ended, more than the share were 5xx */
    WPB_LOAD_STOP_TIMEOUTS,
    WPB_LOAD_STOP_FAILURES, /* failed one way or the other */
    WPB_LOAD_STOP_SLOW,     /* the 99th percentile is above the limit */
    WPB_LOAD_STOP_QUEUE,    /* too many wait for a worker */
    WPB_LOAD_STOP_FULL,     /* too many are in flight */
    WPB_LOAD_STOP_INTERRUPTED,
    WPB_LOAD_STOPS
};

/* "server_errors", ...; "" of none; they do not change. */
const char *wpb_load_stop_name(enum wpb_load_stop stop);

struct wpb_load_stop_limits {
    uint64_t slow_us;
    uint32_t queue;
};

/* A step until now. */
struct wpb_load_pulse {
    uint64_t sent, ended;
    uint64_t server_errors, timeouts, failures; /* of those that ended */
    uint64_t slow;    /* longer than slow_us since scheduled, in flight or answered */
    uint64_t dropped; /* never sent, since too many were in flight */
    uint32_t queue;   /* 0 where it is not known */
};

enum wpb_load_stop wpb_load_stop_of(const struct wpb_load_pulse *pulse,
                                    const struct wpb_load_stop_limits *limits);

#endif
