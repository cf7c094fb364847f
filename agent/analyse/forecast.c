#include "agent/analyse/forecast.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define EPOCHS_MAX 4
#define P_MAX 0.01
/* Of either half's slope against the whole's. */
#define HALF_RATIO_MIN (1.0 / 3)
#define HALF_RATIO_MAX 3.0
#define WANDERER_HISTORY_MIN_MS (4 * WPB_MS_PER_DAY)
#define NOISE_LOW 0.05
#define NOISE_HIGH 0.95
#define FUTURE_MS (5 * INT64_C(60000))
#define RECENT 3
#define VALUE_MAX 1e200
#define TIME_MAX (INT64_C(1) << 53)

static const char *const refusal_names[WPB_REFUSALS] = {
    "",         "target_unknown",    "too_few_samples", "too_short_history",
    "stale",    "clock_step",        "epoch_change",    "unstable_epoch",
    "no_trend", "interval_too_wide", "beyond_horizon"};

const char *wpb_forecast_refusal_name(enum wpb_forecast_refusal refusal)
{
    assert(refusal < WPB_REFUSALS);
    return refusal_names[refusal];
}

static double days(double span_ms)
{
    return span_ms / (double)WPB_MS_PER_DAY;
}

/* True, so that a gate can end with it. */
__attribute__((format(printf, 3, 4))) static bool
refuse(struct wpb_forecast *forecast, enum wpb_forecast_refusal refusal,
       const char *format, ...)
{
    va_list args;

    forecast->answer = WPB_FORECAST_REFUSED;
    forecast->refusal = refusal;
    va_start(args, format);
    vsnprintf(forecast->text, sizeof(forecast->text), format, args);
    va_end(args);
    return true;
}

static bool refuses_ask(const struct wpb_forecast_ask *ask, struct wpb_forecast *forecast)
{
    if (!(ask->target > 0 && ask->target <= VALUE_MAX))
        return refuse(forecast, WPB_REFUSAL_TARGET_UNKNOWN,
                      "The size at which it fails is not known.");
    if (ask->now_ms < -TIME_MAX || ask->now_ms > TIME_MAX)
        return refuse(forecast, WPB_REFUSAL_CLOCK_STEP, "The clock is out of range.");
    return false;
}

/* The newest epoch, and whether its newest point speaks of now. */
static bool refuses_epoch(const struct wpb_forecast_ask *ask,
                          struct wpb_forecast *forecast)
{
    struct wpb_epoch epochs[EPOCHS_MAX];
    size_t count = wpb_epoch_cut(ask->points, ask->count, epochs, EPOCHS_MAX);
    struct wpb_epoch *epoch = &forecast->epoch;
    int64_t age_ms, span_ms;

    if (count == 0)
        return refuse(forecast, WPB_REFUSAL_TOO_FEW_SAMPLES,
                      "Nothing was measured so far; %d samples are needed.",
                      WPB_FORECAST_POINTS_MIN);
    *epoch = epochs[count - 1];
    forecast->has_epoch = true;
    age_ms = ask->now_ms - epoch->end_ms;
    span_ms = epoch->end_ms - epoch->start_ms;
    if (age_ms < -FUTURE_MS)
        return refuse(forecast, WPB_REFUSAL_CLOCK_STEP,
                      "The newest sample is %.1f days ahead of the clock.",
                      days((double)-age_ms));
    if (age_ms > WPB_MS_PER_DAY && age_ms > span_ms / 4)
        return refuse(forecast, WPB_REFUSAL_STALE, "The newest sample is %.1f days old.",
                      days((double)age_ms));
    return false;
}

/* The median of the last few values of the epoch. */
static double current_level(const struct wpb_forecast_ask *ask,
                            const struct wpb_epoch *epoch)
{
    double values[RECENT];
    size_t made = 0;

    for (size_t i = epoch->first + epoch->count; i-- > epoch->first && made < RECENT;) {
        if (wpb_stats_usable(&ask->points[i]))
            values[made++] = ask->points[i].value;
    }
    return wpb_stats_median(values, made);
}

static bool is_reached(const struct wpb_forecast_ask *ask, struct wpb_forecast *forecast)
{
    if (!(current_level(ask, &forecast->epoch) >= ask->target))
        return false;
    forecast->answer = WPB_FORECAST_REACHED;
    snprintf(forecast->text, sizeof(forecast->text), "The failure size is reached.");
    return true;
}

static size_t count_usable(const struct wpb_forecast_ask *ask,
                           const struct wpb_epoch *epoch)
{
    size_t usable = 0;

    for (size_t i = 0; i < epoch->count; i++)
        usable += wpb_stats_usable(&ask->points[epoch->first + i]);
    return usable;
}

static bool refuses_history(const struct wpb_forecast_ask *ask,
                            struct wpb_forecast *forecast)
{
    static const char *const since[WPB_EPOCH_REASONS] = {
        "it was first seen",      "it was flushed", "its level rose at once",
        "its level fell at once", "a gap of days",  "the clock was set back"};
    const struct wpb_epoch *epoch = &forecast->epoch;
    double span = days((double)(epoch->end_ms - epoch->start_ms));
    size_t samples = count_usable(ask, epoch);
    bool is_few = samples < WPB_FORECAST_POINTS_MIN;
    bool is_short = epoch->end_ms - epoch->start_ms < WPB_FORECAST_HISTORY_MIN_MS;

    if (!is_few && !is_short)
        return false;
    if (epoch->reason == WPB_EPOCH_STEP_UP || epoch->reason == WPB_EPOCH_STEP_DOWN)
        return refuse(forecast, WPB_REFUSAL_EPOCH_CHANGE,
                      "It was watched for only %.1f days since %s.", span,
                      since[epoch->reason]);
    if (is_few)
        return refuse(forecast, WPB_REFUSAL_TOO_FEW_SAMPLES,
                      "There are %zu samples since %s; %d are needed.", samples,
                      since[epoch->reason], WPB_FORECAST_POINTS_MIN);
    return refuse(forecast, WPB_REFUSAL_TOO_SHORT_HISTORY,
                  "It was watched for only %.1f days since %s; %.0f are needed.", span,
                  since[epoch->reason], days((double)WPB_FORECAST_HISTORY_MIN_MS));
}

static bool refuse_noise(struct wpb_forecast *forecast, double p)
{
    const struct wpb_epoch *epoch = &forecast->epoch;

    return refuse(forecast, WPB_REFUSAL_NO_TREND,
                  "It has moved within its noise for %.1f days (p = %.2g).",
                  days((double)(epoch->end_ms - epoch->start_ms)), p);
}

static bool refuses_trend(const struct wpb_forecast_ask *ask, struct wpb_trend_work *work,
                          struct wpb_forecast *forecast)
{
    struct wpb_trend *trend = &forecast->trend;
    double confidence = ask->confidence > 0 ? ask->confidence : WPB_FORECAST_CONFIDENCE;
    const struct wpb_point *points = ask->points + forecast->epoch.first;
    double p = wpb_trend_least_p(points, forecast->epoch.count, work);

    if (p > P_MAX)
        return refuse_noise(forecast, p);
    forecast->has_trend =
        wpb_trend_fit(points, forecast->epoch.count, confidence, work, trend);
    if (!forecast->has_trend)
        return refuse(forecast, WPB_REFUSAL_TOO_FEW_SAMPLES,
                      "The samples are of too few different times.");
    if (trend->is_wandering && trend->last_ms - trend->first_ms < WANDERER_HISTORY_MIN_MS)
        return refuse(forecast, WPB_REFUSAL_TOO_SHORT_HISTORY,
                      "Its days differ; %.1f of them are not enough to tell by how much.",
                      days((double)(trend->last_ms - trend->first_ms)));
    if (trend->p > P_MAX && !trend->is_monotone)
        return refuse_noise(forecast, trend->p);
    return false;
}

/* Quantiles of what the points leave the line by while LAG_MS pass; of the points of the
 * fit. */
static void deviate(struct wpb_trend_work *work, const struct wpb_trend *trend,
                    int64_t lag_ms, double *low, double *high)
{
    size_t made = 0, j = 0;

    for (size_t i = 0; i < trend->count; i++) {
        const struct wpb_point *here = &work->points[i];
        while (j < trend->count && work->points[j].time_ms < here->time_ms + lag_ms)
            j++;
        if (j == trend->count)
            break;
        work->values[made++] =
            work->points[j].value - here->value -
            trend->per_day * days((double)(work->points[j].time_ms - here->time_ms));
    }
    wpb_stats_sort(work->values, made);
    *low = wpb_stats_quantile(work->values, made, NOISE_LOW);
    *high = wpb_stats_quantile(work->values, made, NOISE_HIGH);
}

/* What the points stray by: within a day; from day to day (or third to third of a shorter
 * history), summed over SPAN_MS as far as days are alike; and of what does not wander,
 * from the line. */
static void find_noise(struct wpb_trend_work *work, const struct wpb_trend *trend,
                       double span_ms, double *low, double *high)
{
    int64_t third_ms = (trend->last_ms - trend->first_ms) / 3;
    int64_t lag_ms = third_ms < WPB_MS_PER_DAY ? third_ms : WPB_MS_PER_DAY;
    double lags = fmax(1, span_ms / (double)lag_ms);
    double factor = sqrt(1 + trend->autocorrelation * (lags - 1));
    double short_low, short_high;

    deviate(work, trend, lag_ms, low, high);
    deviate(work, trend, lag_ms / 2, &short_low, &short_high);
    *low = fmin(*low * factor, short_low);
    *high = fmax(*high * factor, short_high);
    if (!trend->is_wandering) {
        *low = fmin(*low, trend->noise_low);
        *high = fmax(*high, trend->noise_high);
    }
}

/* Where VALUE - LEVEL is made up for at PER_DAY, in ms from the pivot. */
static double way_ms(double rise, double per_day)
{
    return rise / per_day * (double)WPB_MS_PER_DAY;
}

/* The three times of reaching the target, in ms after the pivot. */
struct arrival {
    double earliest, median, latest;
};

static struct arrival arrive(const struct wpb_forecast_ask *ask,
                             struct wpb_trend_work *work,
                             const struct wpb_forecast *forecast)
{
    const struct wpb_trend *trend = &forecast->trend;
    double rise = ask->target - trend->level, low, high;
    double now = (double)(ask->now_ms - trend->pivot_ms);
    struct arrival arrival = {.median = way_ms(rise, trend->per_day)};

    find_noise(work, trend, fmax(0, arrival.median - now), &low, &high);
    arrival.earliest = way_ms(fmax(0, rise - high), trend->per_day_high);
    arrival.latest =
        trend->per_day_low > 0 ? way_ms(rise - low, trend->per_day_low) : INFINITY;
    arrival.earliest = fmin(arrival.earliest, arrival.median);
    arrival.latest = fmax(arrival.latest, arrival.median);
    arrival.earliest =
        arrival.median - forecast->widen * (arrival.median - arrival.earliest);
    arrival.latest = arrival.median + forecast->widen * (arrival.latest - arrival.median);
    arrival.earliest = fmax(arrival.earliest, now);
    arrival.median = fmax(arrival.median, now);
    arrival.latest = fmax(arrival.latest, now);
    return arrival;
}

/* The band a day ahead. */
static void look_ahead(const struct wpb_forecast_ask *ask, struct wpb_trend_work *work,
                       struct wpb_forecast *forecast)
{
    const struct wpb_trend *trend = &forecast->trend;
    double ahead, low, high;

    forecast->check_ms = ask->now_ms + WPB_FORECAST_CHECK_MS;
    ahead = days((double)(forecast->check_ms - trend->pivot_ms));
    find_noise(work, trend, (double)WPB_FORECAST_CHECK_MS, &low, &high);
    low += fmin(0, (trend->per_day_low - trend->per_day) * ahead);
    high += fmax(0, (trend->per_day_high - trend->per_day) * ahead);
    forecast->check_value = wpb_trend_at(trend, forecast->check_ms);
    forecast->check_low = forecast->check_value + forecast->widen * low;
    forecast->check_high = forecast->check_value + forecast->widen * high;
}

/* Does the part of the epoch up to (or from) the middle of its time grow like all? */
static bool grows_alike(const struct wpb_forecast_ask *ask, struct wpb_trend_work *work,
                        const struct wpb_forecast *forecast, bool is_second)
{
    const struct wpb_epoch *epoch = &forecast->epoch;
    const struct wpb_point *points = ask->points + epoch->first;
    int64_t middle_ms = epoch->start_ms + (epoch->end_ms - epoch->start_ms) / 2;
    struct wpb_trend half;
    size_t split = 0;
    double ratio;

    for (size_t i = 0; i < epoch->count; i++) {
        if (wpb_stats_usable(&points[i]) && points[i].time_ms <= middle_ms)
            split = i + 1;
    }
    if (!wpb_trend_fit(is_second ? points + split : points,
                       is_second ? epoch->count - split : split, WPB_FORECAST_CONFIDENCE,
                       work, &half))
        return false;
    ratio = half.per_day / forecast->trend.per_day;
    return ratio >= HALF_RATIO_MIN && ratio <= HALF_RATIO_MAX;
}

static bool refuses_shape(const struct wpb_forecast_ask *ask, struct wpb_trend_work *work,
                          struct wpb_forecast *forecast)
{
    if (grows_alike(ask, work, forecast, false) && grows_alike(ask, work, forecast, true))
        return false;
    return refuse(forecast, WPB_REFUSAL_UNSTABLE_EPOCH,
                  "The halves of the last %.1f days do not grow alike.",
                  days((double)(forecast->trend.last_ms - forecast->trend.first_ms)));
}

static void answer_none(struct wpb_forecast *forecast, const char *text)
{
    forecast->answer = WPB_FORECAST_NONE;
    snprintf(forecast->text, sizeof(forecast->text), "%s", text);
}

static void answer(const struct wpb_forecast_ask *ask, const struct arrival *arrival,
                   struct wpb_forecast *forecast)
{
    const struct wpb_trend *trend = &forecast->trend;
    double now = (double)(ask->now_ms - trend->pivot_ms);
    double history = (double)(trend->last_ms - trend->first_ms);
    double to_go = arrival->median - now;
    double horizon =
        (double)(ask->horizon_ms > 0 ? ask->horizon_ms : WPB_FORECAST_HORIZON_MS);

    if (arrival->earliest - now > horizon && horizon <= WPB_FORECAST_REACH * history) {
        answer_none(forecast, "It grows too slowly to fail inside the horizon.");
    } else if (to_go > WPB_FORECAST_REACH * history) {
        refuse(forecast, WPB_REFUSAL_BEYOND_HORIZON,
               "It would fail in more than %d times the %.1f days it was watched.",
               WPB_FORECAST_REACH, days(history));
    } else if (!(arrival->latest - arrival->earliest <= history + to_go)) {
        refuse(forecast, WPB_REFUSAL_INTERVAL_TOO_WIDE,
               "It grows, but its noise leaves the time open (%.1f to %.1f days).",
               days(arrival->earliest - now), days(arrival->latest - now));
    } else {
        forecast->answer = WPB_FORECAST_ETA;
        forecast->earliest_ms = trend->pivot_ms + (int64_t)arrival->earliest;
        forecast->median_ms = trend->pivot_ms + (int64_t)arrival->median;
        forecast->latest_ms = trend->pivot_ms + (int64_t)arrival->latest;
    }
}

void wpb_forecast_make(const struct wpb_forecast_ask *ask, struct wpb_trend_work *work,
                       struct wpb_forecast *forecast)
{
    struct arrival arrival;

    *forecast = (struct wpb_forecast){.widen = ask->widen > 1 ? ask->widen : 1};
    if (refuses_ask(ask, forecast) || refuses_epoch(ask, forecast) ||
        is_reached(ask, forecast) || refuses_history(ask, forecast) ||
        refuses_trend(ask, work, forecast))
        return;
    look_ahead(ask, work, forecast);
    if (!(forecast->trend.per_day > 0)) {
        answer_none(forecast, "It shrinks.");
        return;
    }
    arrival = arrive(ask, work, forecast);
    if (refuses_shape(ask, work, forecast))
        return;
    answer(ask, &arrival, forecast);
}
