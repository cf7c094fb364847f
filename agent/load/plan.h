/*
 * plan.h - what a run of `wpbloat load` is to do, within the bounds of limits.h.
 *
 * Plain memory; texts and targets are the caller's. Pure.
 */
#ifndef WPB_LOAD_PLAN_H
#define WPB_LOAD_PLAN_H

#include "agent/load/limits.h"
#include "agent/load/schedule.h"
#include "agent/load/stop.h"
#include "agent/load/target.h"
#include "wpbloat/err.h"

struct wpb_load_plan {
    struct wpb_load_target targets[WPB_LOAD_URLS_MAX];
    size_t target_count;
    double rates[WPB_LOAD_STEPS_MAX]; /* ascending */
    size_t step_count;
    double quiet_s;          /* nothing is sent, to see what goes on without us */
    double step_s, warmup_s; /* the warm-up is at the first rate, and is not counted */
    enum wpb_load_arrivals arrivals;
    uint64_t seed;
    double slo_s; /* of the 95th percentile */
    uint64_t timeout_ms;
    struct wpb_load_stop_limits stop;
    char user_agent[320];
};

/* "1,2,5.5": rates, ascending. WPB_E_ARGUMENT says what is wrong. */
int wpb_load_plan_rates(struct wpb_load_plan *plan, const char *text,
                        struct wpb_err *err);
/* The User-Agent by which HOST's logs know us: "wpbloat-load/VERSION (+HOST)". */
void wpb_load_plan_name(struct wpb_load_plan *plan, const char *host);
/* Does all of it keep within limits.h? WPB_E_BUDGET says what does not, and the bound. */
int wpb_load_plan_check(const struct wpb_load_plan *plan, struct wpb_err *err);

#endif
