/*
 * outlook.h - from the points of a series to what it says of its future.
 *
 * Joins the forecast (forecast.h), the flushes that are known (sawtooth.h) and the scores
 * of earlier forecasts into one wpb_outlook (wpbloat/outlook.h), and says what of it is
 * to be stored: flushes that were not known yet, and from time to time a claim to score.
 * A forecast flickers: a noisier hour refuses what the hour before has told. So a time
 * that was told holds for WPB_OUTLOOK_HOLD_MS when what is refused is only a matter of
 * noise or of a step, and nothing was flushed.
 *
 * Pure; the time is an argument; all memory is the caller's. About three fits (trend.h).
 */
#ifndef WPB_ANALYSE_OUTLOOK_H
#define WPB_ANALYSE_OUTLOOK_H

#include "agent/analyse/forecast.h"
#include "agent/analyse/sawtooth.h"
#include "wpbloat/outlook.h"

/* By then all that a new fit needs has been measured since. */
#define WPB_OUTLOOK_HOLD_MS WPB_FORECAST_HISTORY_MIN_MS
/* An outlook that was made longer ago says nothing of now. */
#define WPB_OUTLOOK_VALID_MS (6 * WPB_MS_PER_HOUR)
/* Claims that follow each other closely are right or wrong together. */
#define WPB_OUTLOOK_CLAIM_MS (6 * WPB_MS_PER_HOUR)
#define WPB_OUTLOOK_EPOCHS_MAX 8
/* The same flush, seen in a raw value and later in the median of its hour. */
#define WPB_OUTLOOK_FLUSH_APART_MS (2 * WPB_MS_PER_HOUR)

/* What is known of a series. Borrowed for the call. */
struct wpb_outlook_past {
    /* Oldest first: medians of hours (of days, further back), and the newest value. */
    const struct wpb_point *points;
    size_t count;
    const int64_t *flushes_ms;                /* that were stored, ascending; */
    size_t flush_count;                       /* they may be older than the points */
    const struct wpb_forecast_scores *scores; /* of values a day ahead; NULL: none */
    const struct wpb_outlook *previous; /* what was made last of this series; or NULL */
    int64_t claimed_ms;                 /* when the last claim was stored; 0: never */
};

struct wpb_outlook_result {
    struct wpb_outlook outlook;
    bool is_held;                                    /* it is the previous one */
    struct wpb_epoch epochs[WPB_OUTLOOK_EPOCHS_MAX]; /* of the points, oldest first */
    size_t epoch_count;
    /* To be stored: */
    size_t
        confirmed_count; /* the first of them: a last one of one point may be a glitch */
    int64_t flushes_ms[WPB_SAWTOOTH_FLUSHES_MAX]; /* that were not known, ascending */
    size_t flush_count;
    bool has_claim;
    struct wpb_forecast_claim claim;
};

/* What PAST says at NOW_MS of ASK, whose subject is not looked at. */
void wpb_outlook_make(const struct wpb_outlook_ask *ask,
                      const struct wpb_outlook_past *past, int64_t now_ms,
                      struct wpb_trend_work *work, struct wpb_outlook_result *result);

/* What happened since CLAIM was made, for wpb_forecast_score_value() and _eta(). Borrows
 * PAST's points. */
struct wpb_forecast_facts wpb_outlook_facts(const struct wpb_forecast_claim *claim,
                                            const struct wpb_outlook_past *past,
                                            const struct wpb_outlook_result *result,
                                            int64_t now_ms);

#endif
