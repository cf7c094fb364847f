/* Slopes, their intervals and whether there is a trend: published values, brute force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "agent/analyse/trend.h"
#include "tests/unit/series.h"

static struct wpb_trend_work work;

static void assert_near(double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance))
        fail_msg("%.12g is not %.12g", actual, expected);
}

static size_t points_of(struct wpb_point *points, const double *days,
                        const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        points[i].time_ms = (int64_t)(days[i] * (double)WPB_MS_PER_DAY);
        points[i].value = values[i];
    }
    return count;
}

/* Acklam's and every table's values. */
static void normal_quantiles_are_those_of_the_tables(void **state)
{
    (void)state;
    assert_near(wpb_stats_normal_quantile(0.5), 0, 1e-14);
    assert_near(wpb_stats_normal_quantile(0.95), 1.6448536269514722, 1e-12);
    assert_near(wpb_stats_normal_quantile(0.975), 1.959963984540054, 1e-12);
    assert_near(wpb_stats_normal_quantile(0.005), -2.5758293035489004, 1e-12);
    assert_near(wpb_stats_normal_quantile(1e-9), -5.9978070150076869, 1e-9);
    assert_true(isinf(wpb_stats_normal_quantile(0)));
    assert_true(isinf(wpb_stats_normal_quantile(1)));
}

static void t_quantiles_are_those_of_the_tables(void **state)
{
    (void)state;
    assert_near(wpb_stats_t_quantile(0.95, 2), 2.920, 0.09);
    assert_near(wpb_stats_t_quantile(0.95, 3), 2.353, 0.02);
    assert_near(wpb_stats_t_quantile(0.95, 6), 1.943, 0.003);
    assert_near(wpb_stats_t_quantile(0.95, 29), 1.699, 0.001);
}

/* R: quantile(c(1, 2, 4, 8), c(0.25, 0.5, 0.9)) */
static void quantiles_interpolate_as_in_r(void **state)
{
    const double sorted[] = {1, 2, 4, 8};

    (void)state;
    assert_near(wpb_stats_quantile(sorted, 4, 0.25), 1.75, 1e-12);
    assert_near(wpb_stats_quantile(sorted, 4, 0.5), 3, 1e-12);
    assert_near(wpb_stats_quantile(sorted, 4, 0.9), 6.8, 1e-12);
    assert_near(wpb_stats_quantile(sorted, 4, 1), 8, 1e-12);
    assert_true(isnan(wpb_stats_quantile(sorted, 0, 0.5)));
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* Random, with ties, sorted, reversed, organ pipes: what quicksorts are bad at. */
static void sorting_agrees_with_the_library(void **state)
{
    static double ours[5000], theirs[5000];
    static struct series random;

    (void)state;
    series_begin(&random, 1);
    for (int kind = 0; kind < 6; kind++) {
        for (size_t count = 0; count < 5000; count = count * 3 / 2 + 1) {
            for (size_t i = 0; i < count; i++) {
                double uniform = series_uniform(&random);
                double values[] = {uniform,   floor(uniform * 4),
                                   (double)i, (double)(count - i),
                                   7,         (double)(i < count / 2 ? i : count - i)};
                ours[i] = theirs[i] = values[kind];
            }
            wpb_stats_sort(ours, count);
            qsort(theirs, count, sizeof(*theirs), ascending);
            if (count)
                assert_memory_equal(ours, theirs, count * sizeof(*ours));
        }
    }
}

/* Sen 1968, section 6: slope 4, 93 % interval 3.71 to 4.38. */
static void sens_example_gives_his_slope_and_interval(void **state)
{
    const double days[] = {1, 2, 3, 4, 10, 12, 18};
    const double values[] = {9, 15, 19, 20, 45, 55, 78};
    struct wpb_point points[7];
    struct wpb_trend trend;

    (void)state;
    points_of(points, days, values, 7);
    assert_true(wpb_trend_fit(points, 7, 0.93, &work, &trend));
    assert_near(trend.per_day, 4, 1e-9);
    assert_near(trend.per_day_low, 26.0 / 7, 1e-9);
    assert_near(trend.per_day_high, 35.0 / 8, 1e-9);
    assert_near(trend.s, 21, 0);
    assert_near(trend.variance, 7 * 6 * 19 / 18.0, 1e-9);
    /* Of 5, 7, 7, 4, 5, 7, 6. */
    assert_near(wpb_trend_at(&trend, 0), 6, 1e-9);
}

/* Kendall 1975: the variance of S, by all orders of the values against the times. */
static double variance_by_all_orders(const double *days, double *values, size_t count)
{
    size_t turns[8] = {0}, orders = 0, i = 0;
    double squares = 0;

    for (;;) {
        double s = 0;
        for (size_t b = 1; b < count; b++) {
            for (size_t a = 0; a < b; a++) {
                double x = days[b] - days[a], y = values[b] - values[a];
                s += (double)((x > 0) - (x < 0)) * (double)((y > 0) - (y < 0));
            }
        }
        squares += s * s;
        orders++;
        /* Heap's algorithm. */
        while (i < count && turns[i] >= i)
            turns[i++] = 0;
        if (i >= count)
            return squares / (double)orders;
        size_t other = i % 2 ? turns[i] : 0;
        double kept = values[other];
        values[other] = values[i];
        values[i] = kept;
        turns[i]++;
        i = 0;
    }
}

static void variance_with_ties_is_that_of_all_orders(void **state)
{
    static const double days[][6] = {
        {1, 2, 3, 4, 5, 6}, {1, 2, 2, 4, 5, 6}, {1, 1, 1, 2, 2, 3}};
    static const double values[][6] = {
        {3, 1, 4, 9, 5, 2}, {3, 1, 3, 9, 3, 1}, {2, 2, 7, 7, 7, 1}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            double order[6];
            struct wpb_point points[6];
            struct wpb_trend trend;
            points_of(points, days[i], values[k], 6);
            for (size_t j = 0; j < 6; j++)
                order[j] = values[k][j];
            assert_true(wpb_trend_fit(points, 6, 0.9, &work, &trend));
            assert_near(trend.variance * trend.effective_count / 6,
                        variance_by_all_orders(days[i], order, 6), 1e-9);
        }
    }
}

static void slope_is_the_median_of_all_pairs_on_random_series(void **state)
{
    static struct series random;
    double slopes[190];

    (void)state;
    series_begin(&random, 2);
    for (int round = 0; round < 200; round++) {
        struct wpb_point points[20];
        struct wpb_trend trend;
        size_t count = 4 + (size_t)(series_uniform(&random) * 16), pairs = 0;
        int64_t time_ms = 0;
        for (size_t i = 0; i < count; i++) {
            time_ms += (int64_t)(series_uniform(&random) * 3) * WPB_MS_PER_DAY;
            points[i] = (struct wpb_point){time_ms, floor(series_uniform(&random) * 9)};
        }
        for (size_t a = 0; a < count; a++) {
            for (size_t b = a + 1; b < count; b++) {
                double span = (double)(points[b].time_ms - points[a].time_ms);
                if (span > 0)
                    slopes[pairs++] = (points[b].value - points[a].value) /
                                      (span / (double)WPB_MS_PER_DAY);
            }
        }
        qsort(slopes, pairs, sizeof(*slopes), ascending);
        if (pairs == 0) {
            assert_false(wpb_trend_fit(points, count, 0.9, &work, &trend));
            continue;
        }
        assert_true(wpb_trend_fit(points, count, 0.9, &work, &trend));
        assert_near(trend.per_day, (slopes[(pairs - 1) / 2] + slopes[pairs / 2]) / 2,
                    1e-12);
        assert_true(trend.per_day_low <= trend.per_day);
        assert_true(trend.per_day_high >= trend.per_day);
        assert_true(trend.p >= 0 && trend.p <= 1);
    }
}

/* The breakdown point is 29.3 %. */
static void a_quarter_of_wild_points_does_not_move_the_slope(void **state)
{
    static struct series series;
    struct wpb_trend trend;

    (void)state;
    series_begin(&series, 3);
    for (int hour = 0; hour < 100; hour++)
        series_add(&series, series_uniform(&series) < 0.25
                                ? 1e6 * series_uniform(&series)
                                : 10 + hour / 24.0 + 0.01 * series_normal(&series));
    assert_true(wpb_trend_fit(series.points, series.count, 0.9, &work, &trend));
    assert_near(trend.per_day, 1, 0.1);
}

static void the_interval_covers_the_slope_as_often_as_it_says(void **state)
{
    static struct series series;
    int covered = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct wpb_trend trend;
        series_begin(&series, 100 + seed);
        for (int i = 0; i < 40; i++)
            series_add(&series, i / 24.0 + series_normal(&series));
        assert_true(wpb_trend_fit(series.points, series.count, 0.9, &work, &trend));
        covered += trend.per_day_low <= 1 && trend.per_day_high >= 1;
    }
    /* 360 of 400, six standard deviations of 6. */
    assert_in_range(covered, 336, 396);
}

/* An autoregression of 0.8 has 72 / 9 = 8 independent values of 72. */
static void autocorrelation_deflates_the_gate(void **state)
{
    static struct series series;
    int found = 0, found_undeflated = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct wpb_trend trend;
        double value = 0;
        series_begin(&series, 1000 + seed);
        for (int i = 0; i < 72; i++) {
            value = 0.8 * value + series_normal(&series);
            series_add(&series, value);
        }
        assert_true(wpb_trend_fit(series.points, series.count, 0.9, &work, &trend));
        assert_near(trend.effective_count,
                    72 * (1 - trend.autocorrelation) / (1 + trend.autocorrelation), 1e-9);
        found += trend.p <= 0.01;
        found_undeflated +=
            fabs(trend.s) > 2.5758 * sqrt(trend.variance * trend.effective_count / 72);
    }
    assert_true(found_undeflated > 90);
    assert_true(found <= 15);
}

static void autocorrelation_is_not_underestimated(void **state)
{
    static struct series series;
    double sum = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct wpb_trend trend;
        double value = 0;
        series_begin(&series, 2000 + seed);
        for (int i = 0; i < 100; i++) {
            value = 0.8 * value + series_normal(&series);
            series_add(&series, value);
        }
        assert_true(wpb_trend_fit(series.points, series.count, 0.9, &work, &trend));
        sum += trend.autocorrelation;
    }
    /* Without the correction it is 0.74. */
    assert_near(sum / 300, 0.8, 0.02);
}

static void more_points_than_there_is_room_become_medians_of_equal_times(void **state)
{
    static struct wpb_point points[3000], thin[WPB_TREND_POINTS_MAX];
    struct wpb_trend trend;
    size_t count;

    (void)state;
    for (int i = 0; i < 3000; i++)
        points[i] = (struct wpb_point){i * INT64_C(60000), i % 10 == 7 ? 1e9 : 5.0 + i};
    count = wpb_trend_thin(points, 3000, thin);
    assert_in_range(count, 160, WPB_TREND_POINTS_MAX);
    for (size_t i = 1; i < count; i++) {
        assert_true(thin[i].time_ms > thin[i - 1].time_ms);
        assert_true(thin[i].value > thin[i - 1].value && thin[i].value < 4000);
    }
    assert_true(wpb_trend_fit(points, 3000, 0.9, &work, &trend));
    assert_near(trend.per_day, 1440, 15);
}

static void what_is_unusable_is_left_out(void **state)
{
    const struct wpb_point points[] = {{0, 1},
                                       {WPB_MS_PER_DAY, 2},
                                       {WPB_MS_PER_DAY, NAN},
                                       {INT64_MAX, 7},
                                       {0, 100},
                                       {2 * WPB_MS_PER_DAY, INFINITY},
                                       {INT64_MIN, -3},
                                       {2 * WPB_MS_PER_DAY, 3},
                                       {3 * WPB_MS_PER_DAY, 4}};
    struct wpb_trend trend;

    (void)state;
    assert_true(wpb_trend_fit(points, 9, 0.9, &work, &trend));
    assert_int_equal(trend.count, 4);
    assert_near(trend.per_day, 1, 1e-12);
}

static void nothing_is_fitted_to_one_time_or_three_points(void **state)
{
    const struct wpb_point points[] = {{5, 1}, {5, 2}, {5, 3}, {5, 4}, {5, 5}};
    const struct wpb_point three[] = {{1, 1}, {2, 2}, {3, 3}};
    struct wpb_trend trend;

    (void)state;
    assert_false(wpb_trend_fit(points, 5, 0.9, &work, &trend));
    assert_false(wpb_trend_fit(three, 3, 0.9, &work, &trend));
    assert_false(wpb_trend_fit(NULL, 0, 0.9, &work, &trend));
}

static void a_constant_has_no_trend(void **state)
{
    static struct series series;
    struct wpb_trend trend;

    (void)state;
    series_begin(&series, 4);
    for (int i = 0; i < 50; i++)
        series_add(&series, 4096);
    assert_true(wpb_trend_fit(series.points, series.count, 0.9, &work, &trend));
    assert_near(trend.per_day, 0, 0);
    assert_near(trend.p, 1, 0);
    assert_false(trend.is_monotone);
}

/* One day that grows by day and rests by night, ten times: no noise that matters. */
static void a_daily_cycle_is_not_taken_for_uncertainty(void **state)
{
    static struct series series;
    struct wpb_trend trend;

    (void)state;
    series_begin(&series, 5);
    for (int i = 0; i < 240; i++)
        series_add(&series, 10 + i / 24.0 + 0.3 * sin(i * acos(-1) / 12) +
                                0.01 * series_normal(&series));
    assert_true(wpb_trend_fit(series.points, series.count, 0.9, &work, &trend));
    assert_true(trend.p < 1e-6);
    assert_near(trend.per_day, 1, 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_quantiles_are_those_of_the_tables),
        cmocka_unit_test(t_quantiles_are_those_of_the_tables),
        cmocka_unit_test(quantiles_interpolate_as_in_r),
        cmocka_unit_test(sorting_agrees_with_the_library),
        cmocka_unit_test(sens_example_gives_his_slope_and_interval),
        cmocka_unit_test(variance_with_ties_is_that_of_all_orders),
        cmocka_unit_test(slope_is_the_median_of_all_pairs_on_random_series),
        cmocka_unit_test(a_quarter_of_wild_points_does_not_move_the_slope),
        cmocka_unit_test(the_interval_covers_the_slope_as_often_as_it_says),
        cmocka_unit_test(autocorrelation_deflates_the_gate),
        cmocka_unit_test(autocorrelation_is_not_underestimated),
        cmocka_unit_test(more_points_than_there_is_room_become_medians_of_equal_times),
        cmocka_unit_test(what_is_unusable_is_left_out),
        cmocka_unit_test(nothing_is_fitted_to_one_time_or_three_points),
        cmocka_unit_test(a_constant_has_no_trend),
        cmocka_unit_test(a_daily_cycle_is_not_taken_for_uncertainty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
