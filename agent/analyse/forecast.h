/*
 * forecast.h - when a series reaches its failure size, or why nobody can say.
 *
 * The newest epoch is fitted (trend.h). It is a trend only when Mann-Kendall's p is at
 * most 0.01, or all eighths of the epoch rise one by one, and when either half of it
 * grows by a third to three times the whole's slope: a single step, or a curve that
 * flattens, does not. Then, with L the target and v the level at the pivot time t0,
 *     median   = t0 + (L - v) / slope
 *     earliest = t0 + (L - v - noise_high) / slope_high
 *     latest   = t0 + (L - v - noise_low) / slope_low
 * where the slopes are those of trend.h's interval, and the noise is the 5 % and 95 %
 * quantile of what the points leave the line by, or of what they leave it by within half
 * a day and from one day to the next, the latter times sqrt(1 + r1 (days to go - 1)): a
 * sum of random days strays, the further it goes. What was forecast is scored (the value
 * a day ahead, and the time), and where the scores say that the intervals were too
 * narrow, they are widened.
 *
 * Pure; the time is an argument; all memory is the caller's. O(n + m^2 log m) with
 * m <= WPB_TREND_POINTS_MAX, about three fits.
 */
#ifndef WPB_ANALYSE_FORECAST_H
#define WPB_ANALYSE_FORECAST_H

#include "agent/analyse/epoch.h"

/* Less says nothing: points, and time of an epoch (two of each hour of the day; of what
 * wanders four days, from which it is seen how days differ). */
#define WPB_FORECAST_POINTS_MIN 8
#define WPB_FORECAST_HISTORY_MIN_MS (2 * WPB_MS_PER_DAY)
/* Nobody looks further ahead than so many times the history. */
#define WPB_FORECAST_REACH 3
#define WPB_FORECAST_HORIZON_MS (30 * WPB_MS_PER_DAY)
#define WPB_FORECAST_CONFIDENCE 0.9
#define WPB_FORECAST_CHECK_MS WPB_MS_PER_DAY
#define WPB_FORECAST_TEXT_MAX 200

enum wpb_forecast_answer {
    WPB_FORECAST_ETA,     /* earliest, median and latest are there */
    WPB_FORECAST_REACHED, /* the level is at the target already */
    WPB_FORECAST_NONE,    /* it falls, or it does not get there inside the horizon */
    WPB_FORECAST_REFUSED  /* see refusal */
};

enum wpb_forecast_refusal {
    WPB_REFUSAL_NOT_REFUSED,
    WPB_REFUSAL_TARGET_UNKNOWN,
    WPB_REFUSAL_TOO_FEW_SAMPLES,
    WPB_REFUSAL_TOO_SHORT_HISTORY,
    WPB_REFUSAL_STALE,             /* the newest sample is too old to speak of now */
    WPB_REFUSAL_CLOCK_STEP,        /* samples from the future */
    WPB_REFUSAL_EPOCH_CHANGE,      /* the level stepped: what was before does not count */
    WPB_REFUSAL_UNSTABLE_EPOCH,    /* its halves do not grow alike */
    WPB_REFUSAL_NO_TREND,          /* Mann-Kendall */
    WPB_REFUSAL_INTERVAL_TOO_WIDE, /* wider than the epoch until it fails is long */
    WPB_REFUSAL_BEYOND_HORIZON,    /* further than WPB_FORECAST_REACH histories */
    WPB_REFUSALS
};

/* "too_few_samples", ...; "" of WPB_REFUSAL_NOT_REFUSED. Stored, alerted and shown: they
 * do not change. */
const char *wpb_forecast_refusal_name(enum wpb_forecast_refusal refusal);

struct wpb_forecast_ask {
    const struct wpb_point *points; /* the whole series, in the order it was taken */
    size_t count;
    double target;      /* failure size, in the unit of the series; above 0 */
    int64_t now_ms;     /* on the clock of the points */
    int64_t horizon_ms; /* 0: WPB_FORECAST_HORIZON_MS */
    double confidence;  /* of the interval; 0: WPB_FORECAST_CONFIDENCE */
    double widen;       /* factor on its half-widths, from the scores; below 1: 1 */
};

struct wpb_forecast {
    enum wpb_forecast_answer answer;
    enum wpb_forecast_refusal refusal;
    char text[WPB_FORECAST_TEXT_MAX]; /* of everything but an ETA: why, a sentence */
    /* Of an ETA. earliest <= median <= latest, none before now. */
    int64_t earliest_ms, median_ms, latest_ms;
    /* Of an ETA and a NONE: the value WPB_FORECAST_CHECK_MS ahead. */
    int64_t check_ms;
    double check_low, check_value, check_high;
    double widen; /* that was applied */
    /* As far as the answer came: */
    bool has_epoch, has_trend;
    struct wpb_epoch epoch;
    struct wpb_trend trend;
};

void wpb_forecast_make(const struct wpb_forecast_ask *ask, struct wpb_trend_work *work,
                       struct wpb_forecast *forecast);

/* What is kept of a forecast until it can be scored. */
struct wpb_forecast_claim {
    int64_t made_ms, check_ms;
    double check_low, check_value, check_high;
    bool has_eta;
    int64_t earliest_ms, median_ms, latest_ms;
    double target, widen;
};

/* False of an answer that claims nothing. */
bool wpb_forecast_claim_of(const struct wpb_forecast *forecast,
                           const struct wpb_forecast_ask *ask,
                           struct wpb_forecast_claim *claim);

enum wpb_forecast_outcome {
    WPB_OUTCOME_PENDING, /* its time has not come */
    WPB_OUTCOME_COVERED,
    WPB_OUTCOME_MISSED,
    WPB_OUTCOME_VOID /* nobody can tell any more: not counted */
};

/* Where the interval was a miss, how far: |error| / half-width, the half-width on the
 * side of the error and before it was widened; also of what was covered. */
struct wpb_forecast_score {
    enum wpb_forecast_outcome outcome;
    double error_ratio; /* of COVERED and MISSED; at most 1e6 */
};

/* What happened since a claim was made. */
struct wpb_forecast_facts {
    const struct wpb_point *points;
    size_t count;
    int64_t now_ms;
    bool has_epoch_ended; /* a cut after the claim was made, */
    int64_t epoch_end_ms; /* and the start of the epoch that came of it */
};

/* The value a day ahead: scored with the usable point nearest to the check time, at most
 * three hours off; void when the epoch ended before it or there is no such point. */
struct wpb_forecast_score
wpb_forecast_score_value(const struct wpb_forecast_claim *claim,
                         const struct wpb_forecast_facts *facts);

/* The time: scored with the first usable point at or above the target; missed when the
 * latest time has passed without one. Where the epoch ended before both (a flush, a
 * deploy) it is void: neither right nor wrong. */
struct wpb_forecast_score wpb_forecast_score_eta(const struct wpb_forecast_claim *claim,
                                                 const struct wpb_forecast_facts *facts);

#define WPB_FORECAST_SCORES_MAX 64
/* No widening from fewer, and never by more. */
#define WPB_FORECAST_SCORES_MIN 10
#define WPB_FORECAST_WIDEN_MAX 10

/* The last scores of a kind. Zero to begin. */
struct wpb_forecast_scores {
    double error_ratios[WPB_FORECAST_SCORES_MAX];
    bool is_covered[WPB_FORECAST_SCORES_MAX];
    size_t count, next;
};

/* PENDING and VOID change nothing. */
void wpb_forecast_scores_note(struct wpb_forecast_scores *scores,
                              struct wpb_forecast_score score);

/* "coverage 58/64": covered of scored. */
size_t wpb_forecast_scores_covered(const struct wpb_forecast_scores *scores);

/* The factor for wpb_forecast_ask.widen: the 90 % quantile of the error ratios, between 1
 * and WPB_FORECAST_WIDEN_MAX; 1 below WPB_FORECAST_SCORES_MIN scores. */
double wpb_forecast_scores_widen(const struct wpb_forecast_scores *scores);

#endif
