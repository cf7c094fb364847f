#include "agent/analyse/forecast.h"

#include <math.h>
#include <string.h>

#define NEAR_MS (3 * WPB_MS_PER_HOUR)
#define RATIO_MAX 1e6
#define WIDEN_QUANTILE 0.9

bool wpb_forecast_claim_of(const struct wpb_forecast *forecast,
                           const struct wpb_forecast_ask *ask,
                           struct wpb_forecast_claim *claim)
{
    if (forecast->answer != WPB_FORECAST_ETA && forecast->answer != WPB_FORECAST_NONE)
        return false;
    *claim = (struct wpb_forecast_claim){.made_ms = ask->now_ms,
                                         .check_ms = forecast->check_ms,
                                         .check_low = forecast->check_low,
                                         .check_value = forecast->check_value,
                                         .check_high = forecast->check_high,
                                         .has_eta = forecast->answer == WPB_FORECAST_ETA,
                                         .earliest_ms = forecast->earliest_ms,
                                         .median_ms = forecast->median_ms,
                                         .latest_ms = forecast->latest_ms,
                                         .target = ask->target,
                                         .widen = forecast->widen};
    return true;
}

/* ACTUAL against LOW..MIDDLE..HIGH. */
static struct wpb_forecast_score score(double low, double middle, double high,
                                       double widen, double actual)
{
    bool is_covered = actual >= low && actual <= high;
    double half = actual < middle ? middle - low : high - middle;
    double error = fabs(actual - middle), ratio = RATIO_MAX;

    if (!(error > 0))
        ratio = 0;
    else if (half > 0)
        ratio = fmin(error / half * widen, RATIO_MAX);
    return (struct wpb_forecast_score){.outcome = is_covered ? WPB_OUTCOME_COVERED
                                                             : WPB_OUTCOME_MISSED,
                                       .error_ratio = ratio};
}

static struct wpb_forecast_score without_score(enum wpb_forecast_outcome outcome)
{
    return (struct wpb_forecast_score){.outcome = outcome};
}

static bool has_ended_by(const struct wpb_forecast_facts *facts, int64_t time_ms)
{
    return facts->has_epoch_ended && facts->epoch_end_ms <= time_ms;
}

struct wpb_forecast_score wpb_forecast_score_value(const struct wpb_forecast_claim *claim,
                                                   const struct wpb_forecast_facts *facts)
{
    const struct wpb_point *nearest = NULL;
    int64_t least_ms = NEAR_MS;

    if (has_ended_by(facts, claim->check_ms))
        return without_score(WPB_OUTCOME_VOID);
    if (facts->now_ms < claim->check_ms)
        return without_score(WPB_OUTCOME_PENDING);
    for (size_t i = 0; i < facts->count; i++) {
        const struct wpb_point *point = &facts->points[i];
        int64_t off_ms;
        if (!wpb_stats_usable(point) || has_ended_by(facts, point->time_ms))
            continue;
        off_ms = point->time_ms < claim->check_ms ? claim->check_ms - point->time_ms
                                                  : point->time_ms - claim->check_ms;
        if (off_ms < least_ms || (!nearest && off_ms == least_ms)) {
            nearest = point;
            least_ms = off_ms;
        }
    }
    if (nearest)
        return score(claim->check_low, claim->check_value, claim->check_high,
                     claim->widen, nearest->value);
    return without_score(facts->now_ms > claim->check_ms + NEAR_MS ? WPB_OUTCOME_VOID
                                                                   : WPB_OUTCOME_PENDING);
}

/* The first time at which the target was reached in the epoch of the claim. */
static bool when_reached(const struct wpb_forecast_claim *claim,
                         const struct wpb_forecast_facts *facts, int64_t *reached_ms)
{
    bool is_found = false;

    for (size_t i = 0; i < facts->count; i++) {
        const struct wpb_point *point = &facts->points[i];
        if (!wpb_stats_usable(point) || point->value < claim->target ||
            point->time_ms <= claim->made_ms || has_ended_by(facts, point->time_ms))
            continue;
        if (!is_found || point->time_ms < *reached_ms)
            *reached_ms = point->time_ms;
        is_found = true;
    }
    return is_found;
}

struct wpb_forecast_score wpb_forecast_score_eta(const struct wpb_forecast_claim *claim,
                                                 const struct wpb_forecast_facts *facts)
{
    int64_t reached_ms = 0;
    struct wpb_forecast_score late;

    if (!claim->has_eta)
        return without_score(WPB_OUTCOME_VOID);
    if (when_reached(claim, facts, &reached_ms))
        return score((double)claim->earliest_ms, (double)claim->median_ms,
                     (double)claim->latest_ms, claim->widen, (double)reached_ms);
    if (has_ended_by(facts, claim->latest_ms))
        return without_score(WPB_OUTCOME_VOID);
    if (facts->now_ms <= claim->latest_ms)
        return without_score(WPB_OUTCOME_PENDING);
    late = score((double)claim->earliest_ms, (double)claim->median_ms,
                 (double)claim->latest_ms, claim->widen, (double)facts->now_ms);
    return late;
}

void wpb_forecast_scores_note(struct wpb_forecast_scores *scores,
                              struct wpb_forecast_score noted)
{
    if (noted.outcome != WPB_OUTCOME_COVERED && noted.outcome != WPB_OUTCOME_MISSED)
        return;
    scores->error_ratios[scores->next] = noted.error_ratio;
    scores->is_covered[scores->next] = noted.outcome == WPB_OUTCOME_COVERED;
    scores->next = (scores->next + 1) % WPB_FORECAST_SCORES_MAX;
    if (scores->count < WPB_FORECAST_SCORES_MAX)
        scores->count++;
}

size_t wpb_forecast_scores_covered(const struct wpb_forecast_scores *scores)
{
    size_t covered = 0;

    for (size_t i = 0; i < scores->count; i++)
        covered += scores->is_covered[i];
    return covered;
}

double wpb_forecast_scores_widen(const struct wpb_forecast_scores *scores)
{
    double ratios[WPB_FORECAST_SCORES_MAX];

    if (scores->count < WPB_FORECAST_SCORES_MIN)
        return 1;
    memcpy(ratios, scores->error_ratios, scores->count * sizeof(*ratios));
    wpb_stats_sort(ratios, scores->count);
    return fmin(fmax(wpb_stats_quantile(ratios, scores->count, WIDEN_QUANTILE), 1),
                WPB_FORECAST_WIDEN_MAX);
}
