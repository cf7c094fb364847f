/*
 * ten_days.h - an agent in a box for the tests of growth: looks at a notoptions every
 * hour for days, keeps what a history would, makes outlooks, runs the rules, and alerts
 * with hysteresis. No clock, no server, no database.
 *
 * For statistics of one rule the hysteresis is a plain 3 of 5 and 5 of 5; a box may have
 * the book of alerts besides, with all rules. The site has a memory_limit of 128 MiB, and
 * a failure size of TEN_DAYS_TARGET bytes, as the watchlist would tell it. Deterministic
 * by the seed of its series.
 */
#ifndef WPB_TESTS_TEN_DAYS_H
#define WPB_TESTS_TEN_DAYS_H

#include "agent/alert/lifecycle.h"
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
    int64_t critical_ms;           /* when it became critical; 0: it did not */
    enum wpb_severity severity;
    int64_t earliest_ms, median_ms, latest_ms; /* as said when it fired */
    double level;
    char title[TEN_DAYS_TEXT_MAX];        /* when it fired */
    char flush_period[TEN_DAYS_TEXT_MAX]; /* the last that was told; "" */
};

/* A state that the book of alerts has told. */
struct ten_days_state {
    int64_t time_ms;
    enum wpb_alert_status status;
    enum wpb_severity severity;
    char code[64];
    bool has_eta; /* its forecast tells a time */
};
#define TEN_DAYS_STATES_MAX 64

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
    /* The last evaluations, a bit each, newest lowest: there, and critical. */
    unsigned recent, recent_critical;
    size_t evaluations;
    struct ten_days_alert alerts[TEN_DAYS_ALERTS_MAX];
    size_t alert_count;
    bool is_firing;
    struct wpb_alert_book *book; /* NULL: none */
    struct wpb_ulid_source ids;
    struct ten_days_state states[TEN_DAYS_STATES_MAX];
    size_t state_count;
};

/* Begin anew, with a series of SEED. */
void ten_days_begin(struct ten_days *days, uint64_t seed, int outlook_hours);

/* Give the box a book of alerts, and take it away. */
void ten_days_open_book(struct ten_days *days);
void ten_days_close_book(struct ten_days *days);

/* Let an hour pass at whose end the list is LEVEL bytes long. */
void ten_days_hour(struct ten_days *days, double level);

/* The time of the last point. */
int64_t ten_days_now_ms(const struct ten_days *days);

#endif
