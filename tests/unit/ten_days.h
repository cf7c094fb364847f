/*
 * ten_days.h - an agent in a box for the tests of growth: looks at a notoptions every
 * hour for days, keeps what a history would, makes outlooks, runs the rules, and alerts
 * with hysteresis. No clock, no server, no database.
 *
 * The site has a memory_limit of 128 MiB, and a failure size of TEN_DAYS_TARGET bytes, as
 * the watchlist would tell it. Deterministic by the seed of its series.
 */
#ifndef WPB_TESTS_TEN_DAYS_H
#define WPB_TESTS_TEN_DAYS_H

#include "agent/analyse/outlook.h"
#include "agent/rules/outlook_asks.h"
#include "tests/unit/rule_look.h"
#include "tests/unit/series.h"

#define TEN_DAYS_TARGET 4000000.0
#define TEN_DAYS_CODE "cache.entry_growth"
#define TEN_DAYS_ALERTS_MAX 16
#define TEN_DAYS_TEXT_MAX 400

/* One life of the alert, and what was said when it fired and when it was last seen. */
struct ten_days_alert {
    int64_t fired_ms, resolved_ms; /* resolved: 0 while it fires */
    enum wpb_severity severity, worst;
    int64_t earliest_ms, median_ms, latest_ms; /* as said when it fired */
    double level;
    char title[TEN_DAYS_TEXT_MAX];        /* when it fired */
    char flush_period[TEN_DAYS_TEXT_MAX]; /* the last that was told; "" */
};

struct ten_days {
    struct series series; /* one point an hour, as the history keeps them */
    int outlook_hours;    /* an outlook every so many hours */
    int64_t flushes_ms[WPB_SAWTOOTH_FLUSHES_MAX];
    size_t flush_count;
    struct wpb_outlook outlook; /* the newest */
    bool has_outlook;
    int64_t claimed_ms;
    struct wpb_forecast_claim claims[SERIES_MAX];
    size_t claim_count;
    struct wpb_forecast_scores scores;
    unsigned recent; /* the last evaluations, a bit each, newest lowest */
    size_t evaluations;
    struct ten_days_alert alerts[TEN_DAYS_ALERTS_MAX];
    size_t alert_count;
    bool is_firing;
    size_t outlooks; /* made */
    size_t refusals[WPB_REFUSALS];
};

/* Begin anew, with a series of SEED. */
void ten_days_begin(struct ten_days *days, uint64_t seed, int outlook_hours);

/* Let an hour pass at whose end the list is LEVEL bytes long. */
void ten_days_hour(struct ten_days *days, double level);

/* The time of the last point. */
int64_t ten_days_now_ms(const struct ten_days *days);

#endif
