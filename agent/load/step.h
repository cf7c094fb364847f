/*
 * step.h - what was seen of one step: requests at one rate for some seconds.
 *
 * Response times count from when a request was scheduled, not from when it could be sent,
 * so that a server that stands still delays all who came meanwhile (no coordinated
 * omission). Plain memory; NAN is what was not measured.
 */
#ifndef WPB_LOAD_STEP_H
#define WPB_LOAD_STEP_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/load/latency.h"
#include "agent/load/stop.h"

/* How a request ended. All but the first are failures. */
enum wpb_load_outcome {
    WPB_LOAD_ANSWERED,     /* 2xx */
    WPB_LOAD_SERVER_ERROR, /* 5xx */
    WPB_LOAD_CLIENT_ERROR, /* 4xx */
    WPB_LOAD_REDIRECTED,   /* 3xx: not followed */
    WPB_LOAD_TIMED_OUT,
    WPB_LOAD_NOT_CONNECTED, /* refused, reset before an answer, TLS */
    WPB_LOAD_BROKEN,        /* no HTTP, or cut in its middle */
    WPB_LOAD_TOO_LARGE,     /* beyond the bounds of limits.h */
    WPB_LOAD_CUT_OFF,       /* by us, at the end of a step that was stopped */
    WPB_LOAD_OUTCOMES
};

/* "answered", "server_error", ...; they do not change. */
const char *wpb_load_outcome_name(enum wpb_load_outcome outcome);

/* Per request of the step, without what the system does when nobody loads it. */
struct wpb_load_work {
    double queries, rows, lock_wait_s;
    double cache_commands, cache_in_bytes, cache_out_bytes; /* to and from Redis */
    double cpu_s;                                           /* of all the host but us */
};

/* Of the whole host or pool, while the step lasted. */
struct wpb_load_use {
    double workers_busy, workers_busy_most;
    double queue, queue_most; /* connections that no worker has accepted yet */
    double cpu_ratio, steal_ratio;
    double redis_ratio; /* of its one thread */
};

struct wpb_load_step {
    double rate;      /* as asked for */
    double planned_s; /* as asked for, */
    double lasted_s;  /* and how long requests arrived in truth */
    uint64_t offered; /* that arrived by the schedule; */
    uint64_t dropped; /* of them never sent: too many were in flight */
    uint64_t in_time; /* answered well before the last one had arrived */
    uint64_t outcomes[WPB_LOAD_OUTCOMES];   /* in the end */
    uint64_t in_flight_half, in_flight_end; /* at half of its time and at its end */
    uint64_t body_bytes;
    struct wpb_latency response; /* since they were scheduled: answers, and for timeouts
                                    and cut off ones what they had waited at least */
    struct wpb_latency service;  /* since they were sent: answers */
    struct wpb_latency lag;      /* how much later than scheduled we sent them */
    enum wpb_load_stop stop;     /* why it ended early */
    struct wpb_load_work work;
    struct wpb_load_use use;
};

/* Requests a second. */
double wpb_load_step_offered(const struct wpb_load_step *step);
double wpb_load_step_achieved(const struct wpb_load_step *step);
/* Requests that have ended one way or the other, cut off ones excepted; and of them those
 * that failed. */
uint64_t wpb_load_step_ended(const struct wpb_load_step *step);
uint64_t wpb_load_step_failed(const struct wpb_load_step *step);

#endif
