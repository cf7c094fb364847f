/*
 * run.h - one run of one probe, as the scheduler sees it. Inside agent/schedule
 * only: probes know struct wpb_run by the functions of wpbloat/probe.h.
 */
#ifndef WPB_SCHEDULE_RUN_H
#define WPB_SCHEDULE_RUN_H

#include <uv.h>

#include "agent/schedule/keepsakes.h"
#include "agent/schedule/target.h"
#include "agent/schedule/worker.h"
#include "wpbloat/arena.h"
#include "wpbloat/probe.h"
#include "wpbloat/window.h"

struct wpb_run {
    const struct wpb_probe *probe;
    const struct wpb_target *target;
    void *state; /* the probe's */

    uv_loop_t *loop;
    enum wpb_budget budget;
    size_t top;
    uint64_t deep_from;
    const struct wpb_request *requests;
    size_t request_count;
    struct wpb_window **windows; /* of all sites; target->members indexes it */
    struct wpb_arena *arena;
    struct wpb_worker *worker; /* of all runs */
    struct wpb_keepsakes *keepsakes;

    uv_timer_t step_timer, deadline_timer; /* closed before the run is freed */
    int open_timers;
    bool is_over, is_cancelled;
    uint64_t started_ms; /* monotonic */
    const char *pace;
    struct wpb_coverage coverage;

    void (*ended)(struct wpb_run *run); /* last word: may free the run */
    void *owner;                        /* of `ended`: the turn */
};

/* Start RUN, whose fields from `probe` to `keepsakes`, `ended` and `owner` are set and
 * the rest zero. When the probe cannot start, the run ends as unavailable; in
 * every case `ended` is called from a later turn of the loop. */
void wpb_run_start(struct wpb_run *run);
/* Ask the probe to end early; once. */
void wpb_run_cancel(struct wpb_run *run);

#endif
