/* When something fails, or why nobody can say: on made-up incidents, each of 200 seeds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "agent/analyse/forecast.h"
#include "agent/analyse/sawtooth.h"
#include "tests/unit/series.h"

#define SEEDS 200
#define HOUR WPB_MS_PER_HOUR
#define DAY WPB_MS_PER_DAY
/* Megabytes, and a day's worth of new names. */
#define TARGET 4.0
#define PER_DAY 0.39
#define LEVEL_OF_FLUSH 0.1

static struct series series;
static struct wpb_trend_work work;

static int begin(void **state)
{
    (void)state;
    series_begin(&series, 21);
    return 0;
}

/* What the first COUNT points say, asked when the last of them was taken. */
static struct wpb_forecast ask_at(size_t count, double target)
{
    struct wpb_forecast_ask ask = {.points = series.points,
                                   .count = count,
                                   .target = target,
                                   .now_ms = count ? series.points[count - 1].time_ms
                                                   : SERIES_START_MS};
    struct wpb_forecast forecast;

    wpb_forecast_make(&ask, &work, &forecast);
    return forecast;
}

static void assert_refused(const struct wpb_forecast *forecast,
                           enum wpb_forecast_refusal refusal)
{
    if (forecast->answer != WPB_FORECAST_REFUSED || forecast->refusal != refusal)
        fail_msg("answer %d, refused %s: %s", (int)forecast->answer,
                 wpb_forecast_refusal_name(forecast->refusal), forecast->text);
    assert_true(strlen(forecast->text) > 10);
}

/* How the days of an incident differ. */
enum noise {
    HOURLY,     /* each reading is off by 0.1 */
    DAILY,      /* each day grows as it likes, 30 % more or less */
    BY_TRAFFIC, /* that, nearly all by day, and in bursts */
    NOISES
};

/* Two days before the flush, then days of growth until the target is passed. Returns the
 * index of the first point at or above it. */
static size_t make_incident(uint64_t seed, enum noise noise)
{
    double level = 2, day = 1;

    series_begin(&series, seed * NOISES + (uint64_t)noise);
    for (int i = 0; i < 48 + 24 * 30; i++) {
        double growth = PER_DAY / 24, off = 0;
        if (i == 48)
            level = LEVEL_OF_FLUSH;
        if (i % 24 == 0)
            day = fmax(0, 1 + 0.3 * series_normal(&series));
        if (noise == HOURLY)
            off = 0.1 * series_normal(&series);
        else
            growth *= day;
        if (noise == BY_TRAFFIC)
            growth *= (1 + 0.8 * sin(i * acos(-1) / 12)) *
                      exp(0.5 * series_normal(&series) - 0.125);
        level += growth;
        series_add(&series, fmax(0.001, level + off));
        if (i > 48 && series.points[i].value >= TARGET)
            return (size_t)i;
    }
    return series.count;
}

/* Asked every six hours: seeds of which it was known three days ahead, and of which the
 * interval told at the last such asking covers the truth. */
struct tally {
    int known, covered;
};

static struct tally forecast_incidents(enum noise noise)
{
    struct tally tally = {0};

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t failure = make_incident(1000 + seed, noise);
        int64_t truth_ms = SERIES_START_MS + (int64_t)failure * HOUR;
        bool is_known = false, is_covered = false;
        for (size_t now = failure - 72 - 24; now <= failure - 72; now += 6) {
            struct wpb_forecast forecast = ask_at(now + 1, TARGET);
            if (forecast.answer != WPB_FORECAST_ETA)
                continue;
            assert_true(forecast.earliest_ms <= forecast.median_ms);
            assert_true(forecast.median_ms <= forecast.latest_ms);
            assert_true(forecast.earliest_ms >= series.points[now].time_ms);
            is_known = true;
            is_covered =
                forecast.earliest_ms <= truth_ms && forecast.latest_ms >= truth_ms;
        }
        tally.known += is_known;
        tally.covered += is_covered;
    }
    print_message("    known %d, covered %d of %d\n", tally.known, tally.covered, SEEDS);
    return tally;
}

static void hourly_noise_is_forecast_three_days_ahead(void **state)
{
    struct tally tally = forecast_incidents(HOURLY);

    (void)state;
    assert_true(tally.known == SEEDS);
    assert_true(tally.covered >= SEEDS * 85 / 100);
}

static void daily_noise_is_forecast_three_days_ahead(void **state)
{
    struct tally tally = forecast_incidents(DAILY);

    (void)state;
    assert_true(tally.known >= SEEDS * 95 / 100);
    assert_true(tally.covered * 100 >= tally.known * 85);
}

static void growth_by_traffic_is_forecast_three_days_ahead(void **state)
{
    struct tally tally = forecast_incidents(BY_TRAFFIC);

    (void)state;
    assert_true(tally.known >= SEEDS * 95 / 100);
    assert_true(tally.covered * 100 >= tally.known * 85);
}

/* The forecast that is told first makes the alert. */
static void the_first_forecast_covers_the_truth_too(void **state)
{
    int known = 0, covered = 0;

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t failure = make_incident(5000 + seed, DAILY);
        int64_t truth_ms = SERIES_START_MS + (int64_t)failure * HOUR;
        for (size_t now = 48 + 48; now < failure; now += 6) {
            struct wpb_forecast forecast = ask_at(now + 1, TARGET);
            if (forecast.answer != WPB_FORECAST_ETA)
                continue;
            known++;
            covered += forecast.earliest_ms <= truth_ms && forecast.latest_ms >= truth_ms;
            break;
        }
    }
    print_message("    known %d, covered %d of %d\n", known, covered, SEEDS);
    assert_true(known >= SEEDS * 95 / 100);
    assert_true(covered * 100 >= known * 85);
}

/* Ten days of LEVEL 2 with noise of AUTOCORRELATION and a daily cycle; a step where
 * STEP_AT is not 0. How many of the seeds were ever given a time, asked every 12 hours.
 */
static int seeds_with_a_time(double autocorrelation, double cycle, bool has_step)
{
    int given = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        bool is_given = false;
        double off;
        int step_at;
        series_begin(&series, 9000 + seed);
        off = 0.1 * series_normal(&series);
        step_at = 24 + (int)(series_uniform(&series) * 150);
        for (int i = 0; i < 240; i++) {
            off = autocorrelation * off + sqrt(1 - autocorrelation * autocorrelation) *
                                              0.1 * series_normal(&series);
            series_add(&series, 2 + off + cycle * sin((double)seed + i * acos(-1) / 12) +
                                    (has_step && i >= step_at ? 1 : 0));
        }
        for (size_t now = 12; now < series.count; now += 12)
            is_given |= ask_at(now + 1, has_step ? 3.8 : 3).answer == WPB_FORECAST_ETA;
        given += is_given;
    }
    print_message("    %d of %d\n", given, SEEDS);
    return given;
}

static void white_noise_is_not_given_a_time(void **state)
{
    (void)state;
    assert_true(seeds_with_a_time(0, 0, false) <= SEEDS / 100);
}

static void noise_that_lasts_is_not_given_a_time(void **state)
{
    (void)state;
    assert_true(seeds_with_a_time(0.6, 0, false) <= SEEDS / 100);
    assert_true(seeds_with_a_time(0.9, 0, false) <= SEEDS / 100);
}

static void a_daily_cycle_is_not_given_a_time(void **state)
{
    (void)state;
    assert_true(seeds_with_a_time(0, 0.2, false) <= SEEDS / 100);
    assert_true(seeds_with_a_time(0.8, 0.2, false) <= SEEDS / 100);
}

static void a_step_after_a_deploy_is_not_given_a_time(void **state)
{
    (void)state;
    assert_true(seeds_with_a_time(0, 0, true) <= SEEDS / 100);
    assert_true(seeds_with_a_time(0.8, 0, true) <= SEEDS / 100);
}

static void a_line(size_t count, double level, double per_day)
{
    for (size_t i = 0; i < count; i++)
        series_add(&series,
                   level + per_day / 24 * (double)i + 0.01 * series_normal(&series));
}

static void a_clean_line_is_given_its_time(void **state)
{
    struct wpb_forecast forecast;

    (void)state;
    a_line(97, 1, 0.5);
    forecast = ask_at(97, 6);
    assert_int_equal(forecast.answer, WPB_FORECAST_ETA);
    assert_int_equal(forecast.refusal, WPB_REFUSAL_NOT_REFUSED);
    /* Day 10 of the line, six days on. */
    assert_true(llabs(forecast.median_ms - SERIES_START_MS - 10 * DAY) < 4 * HOUR);
    assert_true(forecast.earliest_ms > SERIES_START_MS + 9 * DAY);
    assert_true(forecast.latest_ms < SERIES_START_MS + 11 * DAY);
    assert_true(fabs(forecast.check_value - 3.5) < 0.05);
    assert_true(forecast.check_low < forecast.check_value);
    assert_true(forecast.check_high > forecast.check_value);
}

static void less_than_eight_samples_are_too_few(void **state)
{
    struct wpb_forecast forecast;

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        series_add(&series, 1 + (double)i);
        series.points[i].time_ms = SERIES_START_MS + (int64_t)i * DAY / 2;
    }
    forecast = ask_at(7, 60);
    assert_refused(&forecast, WPB_REFUSAL_TOO_FEW_SAMPLES);
    forecast = ask_at(0, 60);
    assert_refused(&forecast, WPB_REFUSAL_TOO_FEW_SAMPLES);
}

static void less_than_two_days_are_too_short(void **state)
{
    struct wpb_forecast forecast;

    (void)state;
    a_line(49, 1, 0.5);
    forecast = ask_at(48, 4);
    assert_refused(&forecast, WPB_REFUSAL_TOO_SHORT_HISTORY);
    assert_non_null(strstr(forecast.text, "since it was first seen"));
    forecast = ask_at(49, 4);
    assert_int_equal(forecast.answer, WPB_FORECAST_ETA);
}

static void after_a_flush_the_history_begins_anew(void **state)
{
    struct wpb_forecast forecast;

    (void)state;
    a_line(200, 1, 0.5);
    assert_int_equal(ask_at(200, 6).answer, WPB_FORECAST_ETA);
    a_line(20, 0.1, 0.5);
    forecast = ask_at(201, 6);
    assert_refused(&forecast, WPB_REFUSAL_TOO_FEW_SAMPLES);
    forecast = ask_at(220, 6);
    assert_refused(&forecast, WPB_REFUSAL_TOO_SHORT_HISTORY);
    assert_non_null(strstr(forecast.text, "since it was flushed"));
    assert_int_equal(forecast.epoch.reason, WPB_EPOCH_COLLAPSE);
}

static void soon_after_a_step_the_epoch_has_changed(void **state)
{
    struct wpb_forecast forecast;

    (void)state;
    a_line(100, 2, 0);
    a_line(20, 3, 0);
    forecast = ask_at(120, 6);
    assert_refused(&forecast, WPB_REFUSAL_EPOCH_CHANGE);
}

static void a_constant_has_no_trend(void **state)
{
    struct wpb_forecast forecast;

    (void)state;
    for (int i = 0; i < 100; i++)
        series_add(&series, 7);
    forecast = ask_at(100, 8);
    assert_refused(&forecast, WPB_REFUSAL_NO_TREND);
}

static void a_target_that_is_no_size_is_unknown(void **state)
{
    const double targets[] = {0, -1, NAN, INFINITY, 1e300};

    (void)state;
    a_line(100, 1, 0.5);
    for (size_t i = 0; i < 5; i++) {
        struct wpb_forecast forecast = ask_at(100, targets[i]);
        assert_refused(&forecast, WPB_REFUSAL_TARGET_UNKNOWN);
    }
}

/* What fills up once and then stays. */
static void growth_that_ends_is_unstable(void **state)
{
    struct wpb_forecast forecast;

    (void)state;
    for (int i = 0; i < 240; i++)
        series_add(&series, 3 * (1 - exp(-i / 40.0)) + 0.02 * series_normal(&series));
    forecast = ask_at(240, 4);
    assert_refused(&forecast, WPB_REFUSAL_UNSTABLE_EPOCH);
}

static void nobody_looks_further_than_three_histories(void **state)
{
    struct wpb_forecast forecast;

    (void)state;
    a_line(73, 1, 0.5);
    assert_int_equal(ask_at(73, 6).answer, WPB_FORECAST_ETA);
    forecast = ask_at(73, 10);
    assert_refused(&forecast, WPB_REFUSAL_BEYOND_HORIZON);
}

static void beyond_the_horizon_that_was_asked_there_is_none(void **state)
{
    struct wpb_forecast_ask ask = {.points = series.points, .target = 8};
    struct wpb_forecast forecast;

    (void)state;
    a_line(97, 1, 0.5);
    ask.count = series.count;
    ask.now_ms = series.points[96].time_ms;
    ask.horizon_ms = 5 * DAY;
    wpb_forecast_make(&ask, &work, &forecast);
    assert_int_equal(forecast.answer, WPB_FORECAST_NONE);
    ask.horizon_ms = 12 * DAY;
    wpb_forecast_make(&ask, &work, &forecast);
    assert_int_equal(forecast.answer, WPB_FORECAST_ETA);
}

static void what_shrinks_does_not_fail(void **state)
{
    (void)state;
    a_line(100, 4, -0.3);
    assert_int_equal(ask_at(100, 6).answer, WPB_FORECAST_NONE);
}

static void what_is_there_already_is_reached(void **state)
{
    (void)state;
    a_line(10, 7, 0.3);
    assert_int_equal(ask_at(10, 6).answer, WPB_FORECAST_REACHED);
}

static void old_samples_do_not_speak_of_now(void **state)
{
    struct wpb_forecast_ask ask = {.points = series.points, .target = 6};
    struct wpb_forecast forecast;

    (void)state;
    a_line(97, 1, 0.5);
    ask.count = series.count;
    ask.now_ms = series.points[96].time_ms + 25 * HOUR;
    wpb_forecast_make(&ask, &work, &forecast);
    assert_refused(&forecast, WPB_REFUSAL_STALE);
    ask.now_ms = series.points[96].time_ms - HOUR;
    wpb_forecast_make(&ask, &work, &forecast);
    assert_refused(&forecast, WPB_REFUSAL_CLOCK_STEP);
}

static void widening_widens(void **state)
{
    struct wpb_forecast_ask ask = {.points = series.points, .target = 6};
    struct wpb_forecast once, twice;

    (void)state;
    a_line(97, 1, 0.5);
    ask.count = series.count;
    ask.now_ms = series.points[96].time_ms;
    wpb_forecast_make(&ask, &work, &once);
    ask.widen = 2;
    wpb_forecast_make(&ask, &work, &twice);
    assert_int_equal(twice.median_ms, once.median_ms);
    assert_true(llabs(2 * (once.latest_ms - once.median_ms) -
                      (twice.latest_ms - twice.median_ms)) < 1000);
    assert_true(llabs(2 * (once.median_ms - once.earliest_ms) -
                      (twice.median_ms - twice.earliest_ms)) < 1000);
}

static void codes_are_those_that_are_documented(void **state)
{
    static const char *const names[WPB_REFUSALS] = {
        "",         "target_unknown",    "too_few_samples", "too_short_history",
        "stale",    "clock_step",        "epoch_change",    "unstable_epoch",
        "no_trend", "interval_too_wide", "beyond_horizon"};

    (void)state;
    for (int i = 0; i < WPB_REFUSALS; i++)
        assert_string_equal(wpb_forecast_refusal_name((enum wpb_forecast_refusal)i),
                            names[i]);
}

static const struct wpb_forecast_claim claim = {.made_ms = 0,
                                                .check_ms = DAY,
                                                .check_low = 9,
                                                .check_value = 10,
                                                .check_high = 12,
                                                .has_eta = true,
                                                .earliest_ms = 3 * DAY,
                                                .median_ms = 5 * DAY,
                                                .latest_ms = 9 * DAY,
                                                .target = 20,
                                                .widen = 1};

static void a_claim_is_pending_until_its_time(void **state)
{
    const struct wpb_point point = {DAY - HOUR, 10};
    struct wpb_forecast_facts facts = {&point, 1, DAY - HOUR, false, 0};

    (void)state;
    assert_int_equal(wpb_forecast_score_value(&claim, &facts).outcome,
                     WPB_OUTCOME_PENDING);
    assert_int_equal(wpb_forecast_score_eta(&claim, &facts).outcome, WPB_OUTCOME_PENDING);
}

static void the_value_a_day_ahead_is_scored_by_the_nearest_point(void **state)
{
    struct wpb_point points[] = {{DAY - 2 * HOUR, 99}, {DAY + HOUR, 11}, {DAY, NAN}};
    struct wpb_forecast_facts facts = {points, 3, DAY + 2 * HOUR, false, 0};
    struct wpb_forecast_score score = wpb_forecast_score_value(&claim, &facts);

    (void)state;
    assert_int_equal(score.outcome, WPB_OUTCOME_COVERED);
    assert_true(fabs(score.error_ratio - 0.5) < 1e-12);
    points[1].value = 7;
    score = wpb_forecast_score_value(&claim, &facts);
    assert_int_equal(score.outcome, WPB_OUTCOME_MISSED);
    assert_true(fabs(score.error_ratio - 3) < 1e-12);
}

static void a_value_nobody_saw_is_void(void **state)
{
    const struct wpb_point point = {DAY - 4 * HOUR, 10};
    struct wpb_forecast_facts facts = {&point, 1, DAY + 2 * HOUR, false, 0};

    (void)state;
    assert_int_equal(wpb_forecast_score_value(&claim, &facts).outcome,
                     WPB_OUTCOME_PENDING);
    facts.now_ms = DAY + 4 * HOUR;
    assert_int_equal(wpb_forecast_score_value(&claim, &facts).outcome, WPB_OUTCOME_VOID);
}

static void the_time_is_scored_when_the_target_is_reached(void **state)
{
    struct wpb_point points[] = {{-DAY, 50}, {4 * DAY, 20}, {2 * DAY, 19}};
    struct wpb_forecast_facts facts = {points, 3, 4 * DAY, false, 0};
    struct wpb_forecast_score score = wpb_forecast_score_eta(&claim, &facts);

    (void)state;
    assert_int_equal(score.outcome, WPB_OUTCOME_COVERED);
    assert_true(fabs(score.error_ratio - 0.5) < 1e-12);
    points[2].value = 20;
    score = wpb_forecast_score_eta(&claim, &facts);
    assert_int_equal(score.outcome, WPB_OUTCOME_MISSED);
    assert_true(fabs(score.error_ratio - 1.5) < 1e-12);
}

static void a_time_that_passes_is_missed(void **state)
{
    struct wpb_forecast_facts facts = {NULL, 0, 9 * DAY, false, 0};

    (void)state;
    assert_int_equal(wpb_forecast_score_eta(&claim, &facts).outcome, WPB_OUTCOME_PENDING);
    facts.now_ms = 9 * DAY + 1;
    assert_int_equal(wpb_forecast_score_eta(&claim, &facts).outcome, WPB_OUTCOME_MISSED);
}

static void a_flush_before_the_time_leaves_it_open(void **state)
{
    const struct wpb_point points[] = {{DAY, 10}, {7 * DAY, 21}};
    struct wpb_forecast_facts facts = {points, 2, 20 * DAY, true, 6 * DAY};

    (void)state;
    assert_int_equal(wpb_forecast_score_eta(&claim, &facts).outcome, WPB_OUTCOME_VOID);
    assert_int_equal(wpb_forecast_score_value(&claim, &facts).outcome,
                     WPB_OUTCOME_COVERED);
    facts.epoch_end_ms = DAY;
    assert_int_equal(wpb_forecast_score_value(&claim, &facts).outcome, WPB_OUTCOME_VOID);
    /* It came too late to save the forecast. */
    facts.epoch_end_ms = 10 * DAY;
    assert_int_equal(wpb_forecast_score_eta(&claim, &facts).outcome, WPB_OUTCOME_COVERED);
    facts.count = 1;
    assert_int_equal(wpb_forecast_score_eta(&claim, &facts).outcome, WPB_OUTCOME_MISSED);
}

static void only_what_was_claimed_is_kept(void **state)
{
    struct wpb_forecast_ask ask = {.target = 6};
    struct wpb_forecast forecast;
    struct wpb_forecast_claim kept;

    (void)state;
    a_line(97, 1, 0.5);
    forecast = ask_at(97, 6);
    ask.now_ms = series.points[96].time_ms;
    assert_true(wpb_forecast_claim_of(&forecast, &ask, &kept));
    assert_true(kept.has_eta && kept.median_ms == forecast.median_ms);
    assert_int_equal(kept.check_ms, ask.now_ms + DAY);
    forecast = ask_at(30, 6);
    assert_false(wpb_forecast_claim_of(&forecast, &ask, &kept));
}

static void scores_keep_the_last_64_and_leave_out_what_is_open(void **state)
{
    struct wpb_forecast_scores scores = {0};

    (void)state;
    wpb_forecast_scores_note(&scores, (struct wpb_forecast_score){WPB_OUTCOME_VOID, 0});
    wpb_forecast_scores_note(&scores,
                             (struct wpb_forecast_score){WPB_OUTCOME_PENDING, 0});
    assert_int_equal(scores.count, 0);
    for (int i = 0; i < 100; i++)
        wpb_forecast_scores_note(
            &scores, (struct wpb_forecast_score){
                         i < 94 ? WPB_OUTCOME_COVERED : WPB_OUTCOME_MISSED, 0.5});
    assert_int_equal(scores.count, 64);
    assert_int_equal(wpb_forecast_scores_covered(&scores), 58);
}

static void narrow_intervals_are_widened_by_what_they_missed_by(void **state)
{
    struct wpb_forecast_scores scores = {0};

    (void)state;
    for (int i = 1; i <= 9; i++)
        wpb_forecast_scores_note(
            &scores, (struct wpb_forecast_score){WPB_OUTCOME_MISSED, i / 2.0});
    assert_true(wpb_forecast_scores_widen(&scores) == 1);
    for (int i = 10; i <= 11; i++)
        wpb_forecast_scores_note(
            &scores, (struct wpb_forecast_score){WPB_OUTCOME_MISSED, i / 2.0});
    assert_true(fabs(wpb_forecast_scores_widen(&scores) - 5) < 1e-12);
    scores = (struct wpb_forecast_scores){0};
    for (int i = 0; i < 20; i++)
        wpb_forecast_scores_note(&scores,
                                 (struct wpb_forecast_score){WPB_OUTCOME_COVERED, 0.2});
    assert_true(wpb_forecast_scores_widen(&scores) == 1);
}

/* Three times ten days and a flush. */
static void the_incident_is_told_with_its_period(void **state)
{
    struct wpb_epoch epochs[8];
    int64_t flushes_ms[WPB_SAWTOOTH_FLUSHES_MAX];
    struct wpb_sawtooth sawtooth;
    struct wpb_forecast forecast;
    char text[WPB_SAWTOOTH_TEXT_MAX];
    size_t count;

    (void)state;
    for (int flush = 0; flush < 3; flush++)
        a_line(flush < 2 ? 240 : 120, LEVEL_OF_FLUSH, PER_DAY);
    forecast = ask_at(series.count, 4.6);
    assert_int_equal(forecast.answer, WPB_FORECAST_ETA);
    count = wpb_epoch_cut(series.points, series.count, epochs, 8);
    count = wpb_sawtooth_flushes(epochs, count, flushes_ms);
    assert_true(wpb_sawtooth_of(flushes_ms, count, &sawtooth));
    wpb_sawtooth_text(
        &sawtooth,
        wpb_sawtooth_reach_ms(forecast.epoch.after, forecast.trend.per_day, 4.6), text);
    assert_string_equal(text, "flushed every ~10 days, would reach the limit on day 12");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hourly_noise_is_forecast_three_days_ahead),
        TEST(daily_noise_is_forecast_three_days_ahead),
        TEST(growth_by_traffic_is_forecast_three_days_ahead),
        TEST(the_first_forecast_covers_the_truth_too),
        TEST(white_noise_is_not_given_a_time),
        TEST(noise_that_lasts_is_not_given_a_time),
        TEST(a_daily_cycle_is_not_given_a_time),
        TEST(a_step_after_a_deploy_is_not_given_a_time),
        TEST(a_clean_line_is_given_its_time),
        TEST(less_than_eight_samples_are_too_few),
        TEST(less_than_two_days_are_too_short),
        TEST(after_a_flush_the_history_begins_anew),
        TEST(soon_after_a_step_the_epoch_has_changed),
        TEST(a_constant_has_no_trend),
        TEST(a_target_that_is_no_size_is_unknown),
        TEST(growth_that_ends_is_unstable),
        TEST(nobody_looks_further_than_three_histories),
        TEST(beyond_the_horizon_that_was_asked_there_is_none),
        TEST(what_shrinks_does_not_fail),
        TEST(what_is_there_already_is_reached),
        TEST(old_samples_do_not_speak_of_now),
        TEST(widening_widens),
        TEST(codes_are_those_that_are_documented),
        TEST(a_claim_is_pending_until_its_time),
        TEST(the_value_a_day_ahead_is_scored_by_the_nearest_point),
        TEST(a_value_nobody_saw_is_void),
        TEST(the_time_is_scored_when_the_target_is_reached),
        TEST(a_time_that_passes_is_missed),
        TEST(a_flush_before_the_time_leaves_it_open),
        TEST(only_what_was_claimed_is_kept),
        TEST(scores_keep_the_last_64_and_leave_out_what_is_open),
        TEST(narrow_intervals_are_widened_by_what_they_missed_by),
        TEST(the_incident_is_told_with_its_period),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
