/*
 * run.h - load a site step by step, and look at what that does.
 *
 * Rates rise until the plan is over, a step breaks (judge.h), or somebody interrupts: a
 * site is not hit harder than the step that broke it. Before the first step nothing is
 * sent for a moment, to see what goes on without us; a warm-up at the first rate is
 * thrown away. After each step all that is in flight ends before the next one begins.
 *
 * On a loop of its own: it returns when all is over. SIGINT and SIGTERM end the step at
 * once and keep what was seen. One thread; the process must ignore SIGPIPE.
 */
#ifndef WPB_LOAD_RUN_H
#define WPB_LOAD_RUN_H

#include "agent/analyse/demand.h"
#include "agent/load/plan.h"
#include "agent/load/sensors.h"
#include "agent/load/step.h"

/* Windows of a second; those of all steps. */
#define WPB_LOAD_WINDOWS_MAX (WPB_LOAD_SECONDS_MAX + WPB_LOAD_STEPS_MAX)

struct wpb_load_result {
    struct wpb_load_step steps[WPB_LOAD_STEPS_MAX + 1];
    size_t step_count;
    struct wpb_demand_window windows[WPB_LOAD_WINDOWS_MAX]; /* while requests arrived */
    size_t window_count;
    bool is_interrupted;
    bool is_stopped_warming; /* the only step is the warm-up, which was stopped */
};

/* Called before each step; STEP 0 is the warm-up. */
typedef void wpb_load_begins(void *cookie, size_t step, double rate);

/* Do what PLAN says. RESULT is the caller's, and large. -1 with err when it could not
 * even begin. */
int wpb_load_run(const struct wpb_load_plan *plan, struct wpb_load_sensors *sensors,
                 wpb_load_begins *begins, void *cookie, struct wpb_load_result *result,
                 struct wpb_err *err);

#endif
