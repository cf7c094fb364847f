/* Where a series is cut, and the period of what is flushed again and again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "agent/analyse/sawtooth.h"
#include "tests/unit/series.h"

static struct series series;

static int begin(void **state)
{
    (void)state;
    series_begin(&series, 11);
    return 0;
}

/* HOURS of growth from LEVEL; where it ends. */
static double grow(int hours, double level, double per_day)
{
    for (int i = 0; i < hours; i++) {
        level += per_day / 24;
        series_add(&series, level + 0.02 * series_normal(&series));
    }
    return level;
}

static size_t cut(struct wpb_epoch *epochs)
{
    return wpb_epoch_cut(series.points, series.count, epochs, 8);
}

static void growth_alone_is_one_epoch(void **state)
{
    struct wpb_epoch epochs[8];

    (void)state;
    grow(240, 1, 0.39);
    assert_int_equal(cut(epochs), 1);
    assert_int_equal(epochs[0].reason, WPB_EPOCH_FIRST);
    assert_int_equal(epochs[0].count, 240);
    assert_int_equal(epochs[0].start_ms, SERIES_START_MS);
    assert_int_equal(epochs[0].end_ms, SERIES_START_MS + 239 * WPB_MS_PER_HOUR);
}

static void a_flush_begins_an_epoch_at_its_point(void **state)
{
    struct wpb_epoch epochs[8];

    (void)state;
    grow(100, 2, 0.39);
    grow(100, 0.1, 0.39);
    assert_int_equal(cut(epochs), 2);
    assert_int_equal(epochs[0].count, 100);
    assert_int_equal(epochs[1].first, 100);
    assert_int_equal(epochs[1].count, 100);
    assert_int_equal(epochs[1].reason, WPB_EPOCH_COLLAPSE);
    assert_true(fabs(epochs[1].before - 3.6) < 0.2);
    assert_true(epochs[1].after < 0.2);
}

static void a_flush_in_the_last_point_counts_at_once(void **state)
{
    struct wpb_epoch epochs[8];

    (void)state;
    grow(100, 2, 0.39);
    series_add(&series, 0.01);
    assert_int_equal(cut(epochs), 2);
    assert_int_equal(epochs[1].count, 1);
}

static void a_single_low_value_is_a_glitch(void **state)
{
    struct wpb_epoch epochs[8];

    (void)state;
    grow(50, 2, 0.39);
    series_add(&series, 0);
    grow(50, 3, 0.39);
    assert_int_equal(cut(epochs), 1);
}

static void wide_noise_is_not_a_flush(void **state)
{
    struct wpb_epoch epochs[8];

    (void)state;
    for (int i = 0; i < 500; i++)
        series_add(&series, fabs(10 + 5 * series_normal(&series)));
    assert_int_equal(cut(epochs), 1);
}

static void a_deploy_that_raises_the_level_begins_an_epoch(void **state)
{
    struct wpb_epoch epochs[8];

    (void)state;
    grow(100, 2, 0);
    grow(60, 3, 0);
    assert_int_equal(cut(epochs), 2);
    assert_int_equal(epochs[1].reason, WPB_EPOCH_STEP_UP);
    assert_int_equal(epochs[1].first, 100);
    assert_true(fabs(epochs[1].before - 2) < 0.1 && fabs(epochs[1].after - 3) < 0.1);
}

static void a_step_is_found_within_hours_and_in_growth(void **state)
{
    struct wpb_epoch epochs[8];

    (void)state;
    grow(100, 2, 0.39);
    grow(4, 4.7, 0.39);
    assert_int_equal(cut(epochs), 2);
    assert_int_equal(epochs[1].first, 100);
}

static void a_step_down_that_is_no_flush_is_named_so(void **state)
{
    struct wpb_epoch epochs[8];

    (void)state;
    grow(100, 3, 0);
    grow(60, 2, 0);
    assert_int_equal(cut(epochs), 2);
    assert_int_equal(epochs[1].reason, WPB_EPOCH_STEP_DOWN);
    assert_int_equal(epochs[1].first, 100);
}

static void a_daily_cycle_is_one_epoch(void **state)
{
    struct wpb_epoch epochs[8];

    (void)state;
    for (int i = 0; i < 300; i++)
        series_add(&series, 3 + sin(i * acos(-1) / 12) + 0.05 * series_normal(&series));
    assert_int_equal(cut(epochs), 1);
}

/* Growth by day, none by night, and each day as it likes. */
static void uneven_growth_is_one_epoch_on_nearly_all_seeds(void **state)
{
    struct wpb_epoch epochs[8];
    int cut_ones = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        double level = 0.5, day = 1;
        series_begin(&series, 300 + seed);
        for (int i = 0; i < 240; i++) {
            if (i % 24 == 0)
                day = fmax(0, 1 + 0.3 * series_normal(&series));
            level += day * 0.39 / 24 * (1 + 0.8 * sin(i * acos(-1) / 12)) *
                     exp(0.5 * series_normal(&series));
            series_add(&series, level);
        }
        cut_ones += cut(epochs) > 1;
    }
    assert_true(cut_ones <= 4);
}

static void only_a_gap_of_days_begins_an_epoch(void **state)
{
    struct wpb_epoch epochs[8];

    (void)state;
    grow(60, 2, 0);
    for (size_t i = 30; i < 60; i++)
        series.points[i].time_ms += 2 * WPB_MS_PER_DAY;
    assert_int_equal(cut(epochs), 1);
    for (size_t i = 30; i < 60; i++)
        series.points[i].time_ms += WPB_MS_PER_DAY;
    assert_int_equal(cut(epochs), 2);
    assert_int_equal(epochs[1].reason, WPB_EPOCH_GAP);
    assert_int_equal(epochs[1].first, 30);
}

static void a_clock_set_back_begins_an_epoch(void **state)
{
    struct wpb_epoch epochs[8];

    (void)state;
    grow(60, 2, 0);
    for (size_t i = 40; i < 60; i++)
        series.points[i].time_ms -= 2 * WPB_MS_PER_HOUR;
    assert_int_equal(cut(epochs), 2);
    assert_int_equal(epochs[1].reason, WPB_EPOCH_CLOCK);
    assert_int_equal(epochs[1].first, 40);
}

static void the_newest_epochs_stay_when_there_is_no_room(void **state)
{
    struct wpb_epoch epochs[3];

    (void)state;
    for (int flush = 0; flush < 6; flush++)
        grow(50, 0.1, 1);
    assert_int_equal(wpb_epoch_cut(series.points, series.count, epochs, 3), 3);
    assert_int_equal(epochs[0].first, 150);
    assert_int_equal(epochs[2].first, 250);
}

static void of_nothing_usable_there_is_no_epoch(void **state)
{
    const struct wpb_point points[] = {{0, NAN}, {1, INFINITY}, {INT64_MIN, 1}};
    struct wpb_epoch epochs[2];

    (void)state;
    assert_int_equal(wpb_epoch_cut(points, 3, epochs, 2), 0);
    assert_int_equal(wpb_epoch_cut(NULL, 0, epochs, 2), 0);
}

/* Hawkins & Olwell 1998, table 3.1 and Montgomery: k = 0.5, h = 5, two-sided: 465. */
static void cusum_rings_every_465_values_in_control(void **state)
{
    struct wpb_cusum cusum = {0};
    int alarms = 0;

    (void)state;
    for (int i = 0; i < 400000; i++) {
        if (wpb_cusum_note(&cusum, series_normal(&series))) {
            alarms++;
            cusum = (struct wpb_cusum){0};
        }
    }
    /* 860 expected; four standard deviations of 29. */
    assert_in_range(alarms, 744, 977);
}

/* The same tables: 10.4 values after a shift of one standard deviation. */
static void cusum_sees_a_shift_of_one_after_ten_values(void **state)
{
    double values = 0;

    (void)state;
    for (int round = 0; round < 4000; round++) {
        struct wpb_cusum cusum = {0};
        int alarm;
        do {
            alarm = wpb_cusum_note(&cusum, 1 + series_normal(&series));
            values++;
        } while (!alarm);
    }
    assert_true(fabs(values / 4000 - 10.4) < 0.4);
}

static void reasons_have_names_of_their_own(void **state)
{
    (void)state;
    assert_string_equal(wpb_epoch_reason_name(WPB_EPOCH_COLLAPSE), "collapse");
    assert_string_equal(wpb_epoch_reason_name(WPB_EPOCH_CLOCK), "clock");
}

static void the_period_is_named_after_the_second_flush(void **state)
{
    struct wpb_epoch epochs[8];
    int64_t flushes_ms[WPB_SAWTOOTH_FLUSHES_MAX];
    struct wpb_sawtooth sawtooth;
    char text[WPB_SAWTOOTH_TEXT_MAX];
    size_t count;

    (void)state;
    grow(100, 0.1, 0.39);
    grow(240, 0.1, 0.39);
    count = wpb_sawtooth_flushes(epochs, cut(epochs), flushes_ms);
    assert_int_equal(count, 1);
    assert_false(wpb_sawtooth_of(flushes_ms, count, &sawtooth));
    grow(24, 0.1, 0.39);
    count = wpb_sawtooth_flushes(epochs, cut(epochs), flushes_ms);
    assert_true(wpb_sawtooth_of(flushes_ms, count, &sawtooth));
    assert_int_equal(sawtooth.flushes, 2);
    assert_int_equal(sawtooth.period_ms, 10 * WPB_MS_PER_DAY);
    wpb_sawtooth_text(&sawtooth, wpb_sawtooth_reach_ms(0.1, 0.39, 4.5), text);
    assert_string_equal(text, "flushed every ~10 days, would reach the limit on day 12");
}

static void the_spread_of_periods_is_told_where_they_differ(void **state)
{
    const int64_t flushes_ms[] = {0, 10 * WPB_MS_PER_DAY, 10 * WPB_MS_PER_DAY,
                                  19 * WPB_MS_PER_DAY, 32 * WPB_MS_PER_DAY};
    struct wpb_sawtooth sawtooth;
    char text[WPB_SAWTOOTH_TEXT_MAX];

    (void)state;
    assert_true(wpb_sawtooth_of(flushes_ms, 5, &sawtooth));
    assert_int_equal(sawtooth.flushes, 4);
    wpb_sawtooth_text(&sawtooth, -1, text);
    assert_string_equal(text, "flushed every ~10 days (9 to 13)");
}

static void short_periods_are_told_in_hours(void **state)
{
    const int64_t flushes_ms[] = {0, 6 * WPB_MS_PER_HOUR, 12 * WPB_MS_PER_HOUR};
    struct wpb_sawtooth sawtooth;
    char text[WPB_SAWTOOTH_TEXT_MAX];

    (void)state;
    assert_true(wpb_sawtooth_of(flushes_ms, 3, &sawtooth));
    wpb_sawtooth_text(&sawtooth, 8 * WPB_MS_PER_HOUR, text);
    assert_string_equal(text, "flushed every ~6 hours, would reach the limit in hour 9");
}

static void what_does_not_grow_never_reaches(void **state)
{
    (void)state;
    assert_int_equal(wpb_sawtooth_reach_ms(1, 0, 2), -1);
    assert_int_equal(wpb_sawtooth_reach_ms(1, -1, 2), -1);
    assert_int_equal(wpb_sawtooth_reach_ms(1, 1e-9, 2), -1);
    assert_int_equal(wpb_sawtooth_reach_ms(NAN, 1, 2), -1);
    assert_int_equal(wpb_sawtooth_reach_ms(3, 1, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(growth_alone_is_one_epoch, begin),
        cmocka_unit_test_setup(a_flush_begins_an_epoch_at_its_point, begin),
        cmocka_unit_test_setup(a_flush_in_the_last_point_counts_at_once, begin),
        cmocka_unit_test_setup(a_single_low_value_is_a_glitch, begin),
        cmocka_unit_test_setup(wide_noise_is_not_a_flush, begin),
        cmocka_unit_test_setup(a_deploy_that_raises_the_level_begins_an_epoch, begin),
        cmocka_unit_test_setup(a_step_is_found_within_hours_and_in_growth, begin),
        cmocka_unit_test_setup(a_step_down_that_is_no_flush_is_named_so, begin),
        cmocka_unit_test_setup(a_daily_cycle_is_one_epoch, begin),
        cmocka_unit_test_setup(uneven_growth_is_one_epoch_on_nearly_all_seeds, begin),
        cmocka_unit_test_setup(only_a_gap_of_days_begins_an_epoch, begin),
        cmocka_unit_test_setup(a_clock_set_back_begins_an_epoch, begin),
        cmocka_unit_test_setup(the_newest_epochs_stay_when_there_is_no_room, begin),
        cmocka_unit_test_setup(of_nothing_usable_there_is_no_epoch, begin),
        cmocka_unit_test_setup(cusum_rings_every_465_values_in_control, begin),
        cmocka_unit_test_setup(cusum_sees_a_shift_of_one_after_ten_values, begin),
        cmocka_unit_test_setup(reasons_have_names_of_their_own, begin),
        cmocka_unit_test_setup(the_period_is_named_after_the_second_flush, begin),
        cmocka_unit_test_setup(the_spread_of_periods_is_told_where_they_differ, begin),
        cmocka_unit_test_setup(short_periods_are_told_in_hours, begin),
        cmocka_unit_test_setup(what_does_not_grow_never_reaches, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
