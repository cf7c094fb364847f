/* From points to an outlook, and what of it is to be stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "agent/analyse/outlook.h"
#include "tests/unit/series.h"

#define HOUR WPB_MS_PER_HOUR
#define DAY WPB_MS_PER_DAY
#define TARGET 4.0
#define PER_DAY 0.39

static struct series series;
static struct wpb_trend_work work;
static struct wpb_outlook_past past;
static struct wpb_outlook_result result;

static int begin(void **state)
{
    (void)state;
    series_begin(&series, 7);
    past = (struct wpb_outlook_past){.points = series.points};
    return 0;
}

static void grow(size_t hours, double from)
{
    for (size_t i = 0; i < hours; i++)
        series_add(&series,
                   from + PER_DAY / 24 * (double)i + 0.01 * series_normal(&series));
}

/* Noise of that many hours around LEVEL, which says nothing. */
static void waver(size_t hours, double level)
{
    for (size_t i = 0; i < hours; i++)
        series_add(&series, level + 0.3 * series_normal(&series));
}

static int64_t newest_ms(void)
{
    return series.points[series.count - 1].time_ms;
}

static const struct wpb_outlook *make_at(double target, int64_t now_ms)
{
    struct wpb_outlook_ask ask = {.metric = WPB_M_VALUE_BYTES, .target = target};

    past.count = series.count;
    wpb_outlook_make(&ask, &past, now_ms, &work, &result);
    return &result.outlook;
}

static const struct wpb_outlook *make(void)
{
    return make_at(TARGET, newest_ms());
}

static void growth_is_told_with_level_slope_and_time(void **state)
{
    const struct wpb_outlook *outlook;
    int64_t truth_ms;

    (void)state;
    grow(5 * 24, 0.1);
    outlook = make();
    truth_ms = SERIES_START_MS + (int64_t)((TARGET - 0.1) / PER_DAY * (double)DAY);
    assert_int_equal(outlook->answer, WPB_OUTLOOK_ETA);
    assert_int_equal(outlook->metric, WPB_M_VALUE_BYTES);
    assert_true(outlook->target == TARGET);
    assert_true(outlook->level == series.points[series.count - 1].value);
    assert_int_equal(outlook->newest_ms, newest_ms());
    assert_int_equal(outlook->made_ms, newest_ms());
    assert_int_equal(outlook->told_ms, newest_ms());
    assert_true(outlook->has_slope);
    assert_true(fabs(outlook->per_day - PER_DAY) < 0.01);
    assert_true(outlook->per_day_low < PER_DAY && outlook->per_day_high > PER_DAY);
    assert_true(outlook->earliest_ms <= truth_ms && outlook->latest_ms >= truth_ms);
    assert_string_equal(outlook->epoch_reason, "first");
    assert_string_equal(outlook->refusal, "");
    assert_string_equal(outlook->flush_text, "");
}

static void a_refusal_has_a_code_and_a_sentence(void **state)
{
    const struct wpb_outlook *outlook;

    (void)state;
    grow(30, 0.1);
    outlook = make();
    assert_int_equal(outlook->answer, WPB_OUTLOOK_REFUSED);
    assert_string_equal(outlook->refusal, "too_short_history");
    assert_true(strlen(outlook->text) > 10);
    assert_false(outlook->has_slope);
    assert_false(result.has_claim);
}

static void no_points_are_no_outlook(void **state)
{
    const struct wpb_outlook *outlook;

    (void)state;
    outlook = make_at(TARGET, SERIES_START_MS);
    assert_int_equal(outlook->answer, WPB_OUTLOOK_REFUSED);
    assert_string_equal(outlook->refusal, "too_few_samples");
    assert_string_equal(outlook->epoch_reason, "");
    assert_int_equal(result.epoch_count, 0);
}

/* --- flushes --- */

static void a_flush_is_reported_once(void **state)
{
    int64_t known_ms;

    (void)state;
    grow(72, 2);
    grow(5, 0.1);
    make();
    assert_int_equal(result.flush_count, 1);
    assert_int_equal(result.flushes_ms[0], SERIES_START_MS + 72 * HOUR);
    assert_int_equal(result.outlook.flushes, 1);
    assert_int_equal(result.outlook.last_flush_ms, result.flushes_ms[0]);
    assert_string_equal(result.outlook.flush_text, "");

    /* Stored an hour off, as a raw value has told it. */
    known_ms = result.flushes_ms[0] + HOUR;
    past.flushes_ms = &known_ms;
    past.flush_count = 1;
    make();
    assert_int_equal(result.flush_count, 0);
    assert_int_equal(result.outlook.flushes, 1);
}

static void a_fall_of_the_last_point_is_not_yet_a_flush(void **state)
{
    (void)state;
    grow(72, 2);
    grow(1, 0.1);
    make();
    assert_int_equal(result.epoch_count, 2);
    assert_int_equal(result.confirmed_count, 1);
    assert_int_equal(result.flush_count, 0);
    assert_int_equal(result.outlook.flushes, 0);
    series_add(&series, 0.1);
    make();
    assert_int_equal(result.confirmed_count, 2);
    assert_int_equal(result.flush_count, 1);
}

static void flushes_before_the_points_count_for_the_period(void **state)
{
    int64_t known_ms[2] = {SERIES_START_MS - 17 * DAY, SERIES_START_MS - 7 * DAY};

    (void)state;
    past.flushes_ms = known_ms;
    past.flush_count = 2;
    grow(72, 3);
    grow(96, 0.1);
    make_at(4.6, newest_ms());
    assert_int_equal(result.outlook.flushes, 3);
    assert_int_equal(result.flush_count, 1);
    assert_int_equal(result.outlook.period_ms, 10 * DAY);
    assert_string_equal(result.outlook.flush_text,
                        "flushed every ~10 days, would reach the limit on day 12");
}

static void stored_times_that_are_none_are_left_out(void **state)
{
    int64_t known_ms[3] = {INT64_MIN, SERIES_START_MS - DAY, INT64_MAX};

    (void)state;
    past.flushes_ms = known_ms;
    past.flush_count = 3;
    grow(96, 0.1);
    assert_int_equal(make()->flushes, 1);
}

/* --- holding --- */

static struct wpb_outlook told;

/* Six days of growth that were told of, and then days that say nothing. */
static void tell_and_waver(size_t hours)
{
    grow(6 * 24, 0.1);
    told = *make();
    assert_int_equal(told.answer, WPB_OUTLOOK_ETA);
    past.previous = &told;
    waver(hours, 2.4);
}

static void what_was_told_holds_through_noise(void **state)
{
    const struct wpb_outlook *outlook;

    (void)state;
    tell_and_waver(30);
    past.previous = NULL;
    assert_int_equal(make()->answer, WPB_OUTLOOK_REFUSED);
    past.previous = &told;
    outlook = make();
    assert_true(result.is_held);
    assert_int_equal(outlook->answer, WPB_OUTLOOK_ETA);
    assert_int_equal(outlook->median_ms, told.median_ms);
    assert_int_equal(outlook->told_ms, told.told_ms);
    assert_int_equal(outlook->made_ms, newest_ms());
    assert_true(outlook->level == series.points[series.count - 1].value);
    assert_false(result.has_claim);
}

static void what_was_told_is_given_up_after_two_days(void **state)
{
    (void)state;
    tell_and_waver(60);
    assert_int_equal(make()->answer, WPB_OUTLOOK_REFUSED);
    assert_false(result.is_held);
}

static void a_flush_ends_what_was_told(void **state)
{
    (void)state;
    tell_and_waver(0);
    grow(20, 0.1);
    assert_int_equal(make()->answer, WPB_OUTLOOK_REFUSED);
    assert_false(result.is_held);
}

static void another_target_ends_what_was_told(void **state)
{
    (void)state;
    tell_and_waver(30);
    assert_int_equal(make_at(TARGET + 1, newest_ms())->answer, WPB_OUTLOOK_REFUSED);
    assert_false(result.is_held);
}

static void a_better_forecast_takes_the_place_of_what_was_told(void **state)
{
    (void)state;
    tell_and_waver(0);
    for (int i = 0; i < 24; i++)
        series_add(&series, 0.1 + PER_DAY / 24 * (6 * 24 + i));
    assert_int_equal(make()->answer, WPB_OUTLOOK_ETA);
    assert_false(result.is_held);
    assert_int_equal(result.outlook.told_ms, newest_ms());
}

/* --- what has arrived --- */

static void growth_into_the_target_keeps_its_slope(void **state)
{
    const struct wpb_outlook *outlook;

    (void)state;
    grow(11 * 24, 0.1);
    outlook = make();
    assert_int_equal(outlook->answer, WPB_OUTLOOK_REACHED);
    assert_true(outlook->has_slope);
    assert_true(outlook->per_day > 0.3);
}

static void what_was_always_above_the_target_has_no_slope(void **state)
{
    const struct wpb_outlook *outlook;

    (void)state;
    waver(11 * 24, TARGET + 3);
    outlook = make();
    assert_int_equal(outlook->answer, WPB_OUTLOOK_REACHED);
    assert_false(outlook->has_slope);
}

/* --- claims and scores --- */

static void a_claim_is_stored_every_six_hours(void **state)
{
    (void)state;
    grow(5 * 24, 0.1);
    past.claimed_ms = newest_ms() - 5 * HOUR;
    make();
    assert_false(result.has_claim);
    past.claimed_ms = newest_ms() - 6 * HOUR;
    make();
    assert_true(result.has_claim);
    assert_int_equal(result.claim.made_ms, newest_ms());
    assert_int_equal(result.claim.check_ms, newest_ms() + DAY);
    assert_true(result.claim.has_eta);
}

static void scores_are_told_and_widen(void **state)
{
    struct wpb_forecast_scores scores = {0};
    int64_t narrow_ms;

    (void)state;
    grow(5 * 24, 0.1);
    make();
    narrow_ms = result.outlook.latest_ms - result.outlook.earliest_ms;
    for (int i = 0; i < 12; i++)
        wpb_forecast_scores_note(
            &scores,
            (struct wpb_forecast_score){i < 3 ? WPB_OUTCOME_COVERED : WPB_OUTCOME_MISSED,
                                        i < 3 ? 0.5 : 2});
    past.scores = &scores;
    make();
    assert_int_equal(result.outlook.scored, 12);
    assert_int_equal(result.outlook.covered, 3);
    assert_true(result.outlook.latest_ms - result.outlook.earliest_ms > narrow_ms);
}

static void a_claim_is_scored_by_the_epoch_in_which_it_was_made(void **state)
{
    struct wpb_forecast_claim claim;
    struct wpb_forecast_facts facts;

    (void)state;
    grow(5 * 24, 0.1);
    make();
    claim = result.claim;
    grow(30, 0.1);
    make();
    facts = wpb_outlook_facts(&claim, &past, &result, newest_ms());
    assert_true(facts.has_epoch_ended);
    assert_int_equal(facts.epoch_end_ms, SERIES_START_MS + 5 * DAY);
    assert_int_equal(wpb_forecast_score_value(&claim, &facts).outcome, WPB_OUTCOME_VOID);
}

static void a_claim_of_an_epoch_that_goes_on_is_scored_by_its_value(void **state)
{
    struct wpb_forecast_claim claim;
    struct wpb_forecast_facts facts;

    (void)state;
    grow(5 * 24, 0.1);
    make();
    claim = result.claim;
    grow(30, 0.1 + PER_DAY * 5);
    make();
    facts = wpb_outlook_facts(&claim, &past, &result, newest_ms());
    assert_false(facts.has_epoch_ended);
    assert_int_equal(wpb_forecast_score_value(&claim, &facts).outcome,
                     WPB_OUTCOME_COVERED);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(growth_is_told_with_level_slope_and_time),
        TEST(a_refusal_has_a_code_and_a_sentence),
        TEST(no_points_are_no_outlook),
        TEST(a_flush_is_reported_once),
        TEST(a_fall_of_the_last_point_is_not_yet_a_flush),
        TEST(flushes_before_the_points_count_for_the_period),
        TEST(stored_times_that_are_none_are_left_out),
        TEST(what_was_told_holds_through_noise),
        TEST(what_was_told_is_given_up_after_two_days),
        TEST(a_flush_ends_what_was_told),
        TEST(another_target_ends_what_was_told),
        TEST(a_better_forecast_takes_the_place_of_what_was_told),
        TEST(growth_into_the_target_keeps_its_slope),
        TEST(what_was_always_above_the_target_has_no_slope),
        TEST(a_claim_is_stored_every_six_hours),
        TEST(scores_are_told_and_widen),
        TEST(a_claim_is_scored_by_the_epoch_in_which_it_was_made),
        TEST(a_claim_of_an_epoch_that_goes_on_is_scored_by_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
