#include "agent/load/judge.h"

#include <math.h>

#include "agent/load/limits.h"

/* In each half of a step that falls behind, so much of what arrives is left over. */
#define LEFT_OVER_SHARE 0.03
#define LEFT_OVER_MIN 3

const char *wpb_load_verdict_name(enum wpb_load_verdict verdict)
{
    static const char *const names[WPB_LOAD_VERDICTS] = {
        [WPB_LOAD_HELD] = "held",       [WPB_LOAD_SLOW] = "slow",
        [WPB_LOAD_BEHIND] = "behind",   [WPB_LOAD_FAILING] = "failing",
        [WPB_LOAD_STOPPED] = "stopped", [WPB_LOAD_INVALID] = "invalid",
        [WPB_LOAD_TOO_FEW] = "too_few"};

    return names[verdict];
}

/* Requests pile up in both halves of the step: one stall at its end is not that. */
static bool falls_behind(const struct wpb_load_step *step)
{
    double least = LEFT_OVER_SHARE * (double)step->offered;
    double first = (double)step->in_flight_half;
    double second = (double)step->in_flight_end - first;

    if (least < LEFT_OVER_MIN)
        least = LEFT_OVER_MIN;
    return step->dropped || (first >= least && second >= least);
}

static double p95_s(const struct wpb_load_step *step)
{
    return (double)wpb_latency_quantile_us(&step->response, 0.95) / 1e6;
}

enum wpb_load_verdict wpb_load_verdict_of(const struct wpb_load_step *step, double slo_s)
{
    uint64_t ended = wpb_load_step_ended(step);

    if (step->stop == WPB_LOAD_STOP_SERVER_ERRORS || step->stop == WPB_LOAD_STOP_FAILURES)
        return WPB_LOAD_STOPPED;
    /* Whatever else ended it goes by times, which are our own then. */
    if (wpb_latency_quantile_us(&step->lag, 0.99) > WPB_LOAD_LAG_US_MAX)
        return WPB_LOAD_INVALID;
    if (step->stop != WPB_LOAD_NOT_STOPPED && step->stop != WPB_LOAD_STOP_INTERRUPTED)
        return WPB_LOAD_STOPPED;
    if (ended < WPB_LOAD_ANSWERS_MIN)
        return WPB_LOAD_TOO_FEW;
    if ((double)wpb_load_step_failed(step) > WPB_LOAD_FAILING_SHARE * (double)ended)
        return WPB_LOAD_FAILING;
    if (falls_behind(step))
        return WPB_LOAD_BEHIND;
    return p95_s(step) > slo_s ? WPB_LOAD_SLOW : WPB_LOAD_HELD;
}

bool wpb_load_verdict_is_broken(enum wpb_load_verdict verdict)
{
    return verdict != WPB_LOAD_HELD && verdict != WPB_LOAD_INVALID &&
           verdict != WPB_LOAD_TOO_FEW;
}

/* Response times grow by the same factor with each request a second more, between two
 * steps that are not far apart. */
static double meets_slo(const struct wpb_load_step *held,
                        const struct wpb_load_step *broken, double slo_s)
{
    double below = log(p95_s(held)), above = log(p95_s(broken));

    if (!(p95_s(held) > 0) || !(above > below))
        return NAN;
    return held->rate +
           (broken->rate - held->rate) * (log(slo_s) - below) / (above - below);
}

static double best_guess(const struct wpb_load_knee *knee, double slo_s)
{
    double achieved = wpb_load_step_achieved(knee->broken);

    if (knee->why == WPB_LOAD_BEHIND && achieved > 0)
        return fmin(fmax(achieved, knee->low), knee->high);
    if (knee->why == WPB_LOAD_SLOW && knee->held)
        return meets_slo(knee->held, knee->broken, slo_s);
    return NAN;
}

struct wpb_load_knee wpb_load_knee_of(const struct wpb_load_step *steps, size_t count,
                                      double slo_s)
{
    struct wpb_load_knee knee = {.high = NAN, .rate = NAN};

    for (size_t i = 0; i < count && !knee.broken; i++) {
        enum wpb_load_verdict verdict = wpb_load_verdict_of(&steps[i], slo_s);
        if (verdict == WPB_LOAD_HELD && (!knee.held || steps[i].rate > knee.low)) {
            knee.held = &steps[i];
            knee.low = steps[i].rate;
        } else if (wpb_load_verdict_is_broken(verdict)) {
            knee.broken = &steps[i];
            knee.why = verdict;
            knee.high = steps[i].rate;
        }
    }
    if (knee.broken)
        knee.rate = best_guess(&knee, slo_s);
    return knee;
}
