#include "agent/analyse/outlook.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Mann-Kendall's, as for a forecast. */
#define P_MAX 0.01
/* Another median of the hour, or of the day, in which an epoch begins. */
#define SAME_EPOCH_MS WPB_MS_PER_DAY

static const enum wpb_outlook_answer answers[] = {
    [WPB_FORECAST_ETA] = WPB_OUTLOOK_ETA,
    [WPB_FORECAST_REACHED] = WPB_OUTLOOK_REACHED,
    [WPB_FORECAST_NONE] = WPB_OUTLOOK_NONE,
    [WPB_FORECAST_REFUSED] = WPB_OUTLOOK_REFUSED,
};

/* --- flushes --- */

/* Known and new ones, ascending. */
struct flushes {
    int64_t times_ms[2 * WPB_SAWTOOTH_FLUSHES_MAX];
    size_t count;
};

static bool has_near(const struct flushes *flushes, int64_t time_ms)
{
    for (size_t i = 0; i < flushes->count; i++) {
        if (time_ms - flushes->times_ms[i] < WPB_OUTLOOK_FLUSH_APART_MS &&
            flushes->times_ms[i] - time_ms < WPB_OUTLOOK_FLUSH_APART_MS)
            return true;
    }
    return false;
}

static void insert(struct flushes *flushes, int64_t time_ms)
{
    size_t at = flushes->count;

    if (at == sizeof(flushes->times_ms) / sizeof(flushes->times_ms[0]))
        return;
    for (; at > 0 && flushes->times_ms[at - 1] > time_ms; at--)
        flushes->times_ms[at] = flushes->times_ms[at - 1];
    flushes->times_ms[at] = time_ms;
    flushes->count++;
}

static bool is_time(int64_t time_ms)
{
    struct wpb_point point = {.time_ms = time_ms};

    return wpb_stats_usable(&point);
}

/* A collapse in the very last point may be a glitch, which the next one shows. */
static size_t count_confirmed(const struct wpb_outlook_result *result)
{
    size_t count = result->epoch_count;

    if (count && result->epochs[count - 1].start_ms == result->epochs[count - 1].end_ms)
        count--;
    return count;
}

static void join_flushes(const struct wpb_outlook_past *past,
                         struct wpb_outlook_result *result, struct flushes *all)
{
    int64_t seen_ms[WPB_SAWTOOTH_FLUSHES_MAX];
    size_t seen = wpb_sawtooth_flushes(result->epochs, result->confirmed_count, seen_ms);
    size_t first = past->flush_count > WPB_SAWTOOTH_FLUSHES_MAX
                       ? past->flush_count - WPB_SAWTOOTH_FLUSHES_MAX
                       : 0;

    all->count = 0;
    for (size_t i = first; i < past->flush_count; i++) {
        if (is_time(past->flushes_ms[i]) && !has_near(all, past->flushes_ms[i]))
            insert(all, past->flushes_ms[i]);
    }
    for (size_t i = 0; i < seen; i++) {
        if (has_near(all, seen_ms[i]))
            continue;
        insert(all, seen_ms[i]);
        result->flushes_ms[result->flush_count++] = seen_ms[i];
    }
}

/* How long after a flush the target is reached at the pace of the newest tooth; -1 when
 * nothing says so. */
static int64_t reach_of(const struct wpb_outlook_ask *ask,
                        const struct wpb_forecast *forecast)
{
    if (!forecast->has_trend || !forecast->has_epoch ||
        forecast->epoch.reason != WPB_EPOCH_COLLAPSE)
        return -1;
    return wpb_sawtooth_reach_ms(forecast->epoch.after, forecast->trend.per_day,
                                 ask->target);
}

static void tell_flushes(const struct wpb_outlook_ask *ask, const struct flushes *all,
                         const struct wpb_forecast *forecast, struct wpb_outlook *outlook)
{
    struct wpb_sawtooth sawtooth;
    char text[WPB_SAWTOOTH_TEXT_MAX];

    outlook->flushes = (uint32_t)all->count;
    if (all->count)
        outlook->last_flush_ms = all->times_ms[all->count - 1];
    if (!wpb_sawtooth_of(all->times_ms, all->count, &sawtooth))
        return;
    outlook->period_ms = sawtooth.period_ms;
    outlook->shortest_ms = sawtooth.shortest_ms;
    outlook->longest_ms = sawtooth.longest_ms;
    wpb_sawtooth_text(&sawtooth, reach_of(ask, forecast), text);
    snprintf(outlook->flush_text, sizeof(outlook->flush_text), "%s", text);
}

/* --- level and trend --- */

static void tell_level(const struct wpb_outlook_past *past, struct wpb_outlook *outlook)
{
    for (size_t i = past->count; i-- > 0;) {
        if (!wpb_stats_usable(&past->points[i]))
            continue;
        outlook->level = past->points[i].value;
        outlook->newest_ms = past->points[i].time_ms;
        return;
    }
}

/* What has arrived is not forecast, but how it got there is to be told. */
static void fit_reached(const struct wpb_outlook_past *past, struct wpb_trend_work *work,
                        struct wpb_forecast *forecast)
{
    const struct wpb_epoch *epoch = &forecast->epoch;
    struct wpb_trend *trend = &forecast->trend;

    if (forecast->answer != WPB_FORECAST_REACHED)
        return;
    forecast->has_trend =
        epoch->end_ms - epoch->start_ms >= WPB_FORECAST_HISTORY_MIN_MS &&
        wpb_trend_fit(past->points + epoch->first, epoch->count, WPB_FORECAST_CONFIDENCE,
                      work, trend) &&
        (trend->p <= P_MAX || trend->is_monotone);
}

static void tell_forecast(const struct wpb_outlook_ask *ask,
                          const struct wpb_forecast *forecast,
                          struct wpb_outlook *outlook)
{
    outlook->metric = ask->metric;
    outlook->target = ask->target;
    outlook->answer = answers[forecast->answer];
    outlook->refusal = wpb_forecast_refusal_name(forecast->refusal);
    snprintf(outlook->text, sizeof(outlook->text), "%s", forecast->text);
    outlook->earliest_ms = forecast->earliest_ms;
    outlook->median_ms = forecast->median_ms;
    outlook->latest_ms = forecast->latest_ms;
    outlook->confidence = WPB_FORECAST_CONFIDENCE;
    outlook->epoch_reason = "";
    if (forecast->has_epoch) {
        outlook->epoch_start_ms = forecast->epoch.start_ms;
        outlook->epoch_reason = wpb_epoch_reason_name(forecast->epoch.reason);
    }
    outlook->has_slope = forecast->has_trend && isfinite(forecast->trend.per_day_low) &&
                         isfinite(forecast->trend.per_day_high);
    if (!outlook->has_slope)
        return;
    outlook->per_day = forecast->trend.per_day;
    outlook->per_day_low = forecast->trend.per_day_low;
    outlook->per_day_high = forecast->trend.per_day_high;
}

/* --- holding --- */

static bool is_noise(enum wpb_forecast_refusal refusal)
{
    return refusal == WPB_REFUSAL_NO_TREND || refusal == WPB_REFUSAL_UNSTABLE_EPOCH ||
           refusal == WPB_REFUSAL_INTERVAL_TOO_WIDE ||
           refusal == WPB_REFUSAL_BEYOND_HORIZON ||
           refusal == WPB_REFUSAL_TOO_SHORT_HISTORY ||
           refusal == WPB_REFUSAL_EPOCH_CHANGE;
}

/* The epoch of PREVIOUS goes on: its first point may have become a median, or gone. A
 * step is no all-clear, as a flush is: what has grown will go on from there. */
static bool goes_on(const struct wpb_outlook *previous, const struct wpb_epoch *epoch)
{
    return epoch->reason == WPB_EPOCH_FIRST || epoch->reason == WPB_EPOCH_STEP_UP ||
           epoch->reason == WPB_EPOCH_STEP_DOWN ||
           epoch->start_ms <= previous->epoch_start_ms + SAME_EPOCH_MS;
}

static bool is_held(const struct wpb_outlook_ask *ask,
                    const struct wpb_outlook_past *past,
                    const struct wpb_forecast *forecast, int64_t now_ms)
{
    const struct wpb_outlook *previous = past->previous;

    return previous && previous->answer == WPB_OUTLOOK_ETA &&
           previous->metric == ask->metric && !(previous->target < ask->target) &&
           !(previous->target > ask->target) && previous->told_ms <= now_ms &&
           now_ms - previous->told_ms <= WPB_OUTLOOK_HOLD_MS &&
           forecast->answer == WPB_FORECAST_REFUSED && is_noise(forecast->refusal) &&
           forecast->has_epoch && goes_on(previous, &forecast->epoch);
}

void wpb_outlook_make(const struct wpb_outlook_ask *ask,
                      const struct wpb_outlook_past *past, int64_t now_ms,
                      struct wpb_trend_work *work, struct wpb_outlook_result *result)
{
    struct wpb_forecast_ask asked = {
        .points = past->points,
        .count = past->count,
        .target = ask->target,
        .now_ms = now_ms,
        .horizon_ms = ask->horizon_ms,
        .widen = past->scores ? wpb_forecast_scores_widen(past->scores) : 1};
    struct wpb_outlook *outlook = &result->outlook;
    struct wpb_forecast forecast;
    struct flushes all;

    *result = (struct wpb_outlook_result){.outlook = {.told_ms = now_ms}};
    result->epoch_count =
        wpb_epoch_cut(past->points, past->count, result->epochs, WPB_OUTLOOK_EPOCHS_MAX);
    result->confirmed_count = count_confirmed(result);
    wpb_forecast_make(&asked, work, &forecast);
    fit_reached(past, work, &forecast);
    result->is_held = is_held(ask, past, &forecast, now_ms);
    if (result->is_held)
        *outlook = *past->previous;
    else
        tell_forecast(ask, &forecast, outlook);
    outlook->made_ms = now_ms;
    tell_level(past, outlook);
    join_flushes(past, result, &all);
    if (!result->is_held)
        tell_flushes(ask, &all, &forecast, outlook);
    if (past->scores) {
        outlook->scored = (uint32_t)past->scores->count;
        outlook->covered = (uint32_t)wpb_forecast_scores_covered(past->scores);
    }
    result->has_claim = now_ms - past->claimed_ms >= WPB_OUTLOOK_CLAIM_MS &&
                        wpb_forecast_claim_of(&forecast, &asked, &result->claim);
}

struct wpb_forecast_facts wpb_outlook_facts(const struct wpb_forecast_claim *claim,
                                            const struct wpb_outlook_past *past,
                                            const struct wpb_outlook_result *result,
                                            int64_t now_ms)
{
    struct wpb_forecast_facts facts = {
        .points = past->points, .count = past->count, .now_ms = now_ms};

    for (size_t i = 0; i < result->epoch_count && !facts.has_epoch_ended; i++) {
        facts.has_epoch_ended = result->epochs[i].reason != WPB_EPOCH_FIRST &&
                                result->epochs[i].start_ms > claim->made_ms;
        facts.epoch_end_ms = result->epochs[i].start_ms;
    }
    return facts;
}
