#include "agent/load/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAGE "load"
#define RATE_MIN 0.1

int wpb_load_plan_rates(struct wpb_load_plan *plan, const char *text, struct wpb_err *err)
{
    plan->step_count = 0;
    for (const char *at = text;; at++) {
        char *end;
        double rate = strtod(at, &end);
        if (end == at || !strchr("0123456789", *at) || (*end && *end != ','))
            return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                               "--rate takes requests a second such as 1,2,5,10, not "
                               "'%.60s'",
                               text);
        if (!(rate >= RATE_MIN && rate <= WPB_LOAD_RATE_MAX))
            return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                               "--rate: %g requests a second is not within %g and %g",
                               rate, RATE_MIN, WPB_LOAD_RATE_MAX);
        if (plan->step_count == WPB_LOAD_STEPS_MAX)
            return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                               "--rate takes at most %d steps", WPB_LOAD_STEPS_MAX);
        if (plan->step_count && rate <= plan->rates[plan->step_count - 1])
            return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                               "--rate: %g comes after %g; rates must rise, so that the "
                               "site is never hit harder than it was seen to hold",
                               rate, plan->rates[plan->step_count - 1]);
        plan->rates[plan->step_count++] = rate;
        at = end;
        if (!*end)
            return 0;
    }
}

void wpb_load_plan_name(struct wpb_load_plan *plan, const char *host)
{
    snprintf(plan->user_agent, sizeof(plan->user_agent),
             "wpbloat-load/" WPB_VERSION " (+%s)", host);
}

int wpb_load_plan_check(const struct wpb_load_plan *plan, struct wpb_err *err)
{
    double seconds = plan->warmup_s + plan->step_s * (double)plan->step_count;
    double requests = plan->step_count ? plan->warmup_s * plan->rates[0] : 0;

    for (size_t i = 0; i < plan->step_count; i++)
        requests += plan->step_s * plan->rates[i];
    if (plan->step_s > WPB_LOAD_STEP_SECONDS_MAX)
        return wpb_err_set(err, WPB_E_BUDGET, STAGE, "a step lasts at most %d s",
                           WPB_LOAD_STEP_SECONDS_MAX);
    if (plan->timeout_ms > WPB_LOAD_TIMEOUT_MS_MAX)
        return wpb_err_set(err, WPB_E_BUDGET, STAGE, "a request waits at most %d s",
                           WPB_LOAD_TIMEOUT_MS_MAX / 1000);
    if (seconds > WPB_LOAD_SECONDS_MAX)
        return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                           "that is %.0f s of load, and %d s is the most; take fewer or "
                           "shorter steps",
                           seconds, WPB_LOAD_SECONDS_MAX);
    if (requests > WPB_LOAD_REQUESTS_MAX)
        return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                           "that is about %.0f requests, and %d is the most; take fewer "
                           "or shorter steps",
                           requests, WPB_LOAD_REQUESTS_MAX);
    return 0;
}
