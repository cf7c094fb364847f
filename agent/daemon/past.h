/*
 * past.h - the history, asked and told from the loop and kept on a thread of its own.
 *
 * Work is handed over as jobs, done in their order, one at a time: an fsync never stalls
 * the loop. The queue is bounded: what is only a sample is dropped when the disk does not
 * keep up, and counted; alert state never is. Loop's thread, but for `work` of a job.
 */
#ifndef WPB_DAEMON_PAST_H
#define WPB_DAEMON_PAST_H

#include <uv.h>

#include "agent/history/store.h"
#include "wpbloat/probe.h"

struct wpb_past;

/* One piece of work; the caller's, and its own to free in `done`. */
struct wpb_past_job {
    struct wpb_job job; /* not the caller's business */
    struct wpb_past *past;
    /* On the history's thread. */
    void (*work)(struct wpb_past_job *job, struct wpb_store *store);
    /* On the loop's thread, in a later turn of it. */
    void (*done)(struct wpb_past_job *job);
    bool was_done;  /* false: the history could not be opened, `work` was not called */
    bool has_found; /* not the caller's business */
};

/* On the history's thread: when the disk has just failed, see whether it was only for a
 * moment, so that little is in memory alone. */
void wpb_past_mend(struct wpb_past *past, struct wpb_store *store);

/* Jobs that wait, beyond which those that may be dropped are. */
#define WPB_PAST_QUEUE_MAX 64

struct wpb_past_events {
    /* It is open, or (-1) cannot be, and only wpb_past_close() may follow. */
    void (*opened)(void *cookie, int result, const struct wpb_err *err);
    /* The disk is well again, and has alert state or letters that memory did not know. */
    void (*found_again)(void *cookie);
    void *cookie;
};

/* Open the history that OPTIONS tell of. EVENTS happen on the loop. NULL when memory is
 * out. */
struct wpb_past *wpb_past_open(uv_loop_t *loop, const struct wpb_store_options *options,
                               const struct wpb_past_events *events);
/* What was submitted is done first, `done` and all; then CLOSED is called. */
void wpb_past_close(struct wpb_past *past, void (*closed)(void *cookie), void *cookie);

void wpb_past_submit(struct wpb_past *past, struct wpb_past_job *job);
/* False when the queue is full: the job is the caller's still. */
bool wpb_past_submit_sample(struct wpb_past *past, struct wpb_past_job *job);

struct wpb_past_numbers {
    uint64_t size_bytes;
    uint64_t dropped;  /* jobs that found no room */
    uint64_t failures; /* of the disk, as far as noticed */
    bool is_degraded;
    char reason[WPB_STORE_NOTICE_MAX]; /* of that */
};
/* As the last upkeep saw it. */
const struct wpb_past_numbers *wpb_past_numbers(const struct wpb_past *past);

/* Have what is due by NOW_MS done: medians, bounds, another try of a disk that failed.
 * One that is not done yet is not queued twice. */
void wpb_past_upkeep(struct wpb_past *past, int64_t now_ms);

#endif
