/* What may be foretold from bins of concurrency, and every reason not to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/analyse/usl_outlook.h"
#include "tests/unit/near.h"
#include "tests/unit/scaling_tables.h"
#include "tests/unit/series.h"

static const struct wpb_usl_ask plain_ask;

/* --- Tables, for which the truth is published. */

/* From 6 to 28 points of Cisco's, at 1.25, 1.5 and 2 times as many as were seen. */
static void published_rates_are_inside_three_of_four_intervals(void **state)
{
    size_t told = 0, covered = 0, near = 0;

    (void)state;
    for (size_t seen = 6; seen <= 28; seen += 2) {
        for (size_t quarters = 5; quarters <= 8; quarters += quarters == 6 ? 2 : 1) {
            double n = floor((double)(seen * quarters) / 4);
            struct wpb_usl_ask ask = {.target_n = n};
            struct wpb_usl_outlook outlook;
            double truth;
            if (n > 32)
                continue;
            truth = cisco[(size_t)n - 1].rate;
            wpb_usl_judge(cisco, seen, INFINITY, &ask, &outlook);
            assert_int_equal(outlook.refusal, WPB_WORK_NOT_REFUSED);
            assert_near(outlook.at_n, n, 0);
            told++;
            covered += outlook.rate_low <= truth && truth <= outlook.rate_high;
            near += fabs(outlook.rate / truth - 1) < 0.11;
        }
    }
    assert_int_equal(told, 25);
    assert_true(covered >= 19);
    assert_true(near >= 23);
}

/* Without widening the first ten points mislead by 10.8 %; widened they do not. */
static void scored_forecasts_widen_the_interval(void **state)
{
    struct wpb_usl_ask ask = {.target_n = 15};
    struct wpb_usl_outlook outlook;
    double half;

    (void)state;
    wpb_usl_judge(cisco, 10, INFINITY, &ask, &outlook);
    assert_true(outlook.rate_low > cisco[14].rate);
    half = outlook.rate - outlook.rate_low;
    ask.widen = 2;
    wpb_usl_judge(cisco, 10, INFINITY, &ask, &outlook);
    assert_within(outlook.rate - outlook.rate_low, 2 * half, 1e-9);
    assert_true(outlook.rate_low <= cisco[14].rate);
}

static void nothing_is_foretold_beyond_twice_of_what_was_seen(void **state)
{
    struct wpb_usl_ask ask = {.target_n = 31};
    struct wpb_usl_outlook outlook;

    (void)state;
    wpb_usl_judge(cisco, 12, INFINITY, &ask, &outlook);
    assert_near(outlook.at_n, 24, 0);
    assert_true(outlook.is_at_least);
    /* Nor beyond the pool, whatever is asked. */
    wpb_usl_judge(cisco, 12, 16, &ask, &outlook);
    assert_near(outlook.at_n, 16, 0);
}

/* Seen on both sides: 96.5 of 216. The ray tracer's 24.5 was not reached with 20. */
static void a_peak_is_told_only_where_it_was_passed(void **state)
{
    struct wpb_usl_outlook outlook;

    (void)state;
    wpb_usl_judge(specsdm91, POINTS_OF(specsdm91), 216, &plain_ask, &outlook);
    assert_int_equal(outlook.peak_refusal, WPB_WORK_NOT_REFUSED);
    assert_within(outlook.peak_n, 96.51956, 1e-4);
    assert_within(outlook.peak_rate, 1884, 1e-3);
    assert_true(outlook.beta_p < 0.05);
    assert_true(outlook.rate_low < 1702.2 && 1702.2 < outlook.rate_high);
    wpb_usl_judge(raytracer, POINTS_OF(raytracer), INFINITY, &plain_ask, &outlook);
    assert_int_equal(outlook.peak_refusal, WPB_WORK_BETA_UNKNOWN);
    /* On the first 20 of Cisco's the formal interval of the peak is 22.8 to 26.2, and all
     * tests of beta are passed; with all 32 points it is 35.6. */
    wpb_usl_judge(cisco, 20, INFINITY, &plain_ask, &outlook);
    assert_true(outlook.beta_p < 1e-6);
    assert_int_equal(outlook.peak_refusal, WPB_WORK_EXTRAPOLATES);
    /* Fewer say nothing of beta at all. */
    wpb_usl_judge(cisco, 10, INFINITY, &plain_ask, &outlook);
    assert_int_equal(outlook.peak_refusal, WPB_WORK_BETA_UNKNOWN);
    assert_true(outlook.beta_p > 0.05);
}

static void too_few_points_or_too_narrow_a_range_are_refused(void **state)
{
    struct wpb_usl_outlook outlook;

    (void)state;
    wpb_usl_judge(cisco, 5, INFINITY, &plain_ask, &outlook);
    assert_int_equal(outlook.refusal, WPB_WORK_NARROW_RANGE);
    wpb_usl_judge(cisco + 11, 20, INFINITY, &plain_ask, &outlook);
    assert_int_equal(outlook.refusal, WPB_WORK_NARROW_RANGE);
    wpb_usl_judge(NULL, 0, INFINITY, &plain_ask, &outlook);
    assert_int_equal(outlook.refusal, WPB_WORK_NARROW_RANGE);
}

static void requests_that_get_faster_the_more_there_are_are_refused(void **state)
{
    struct wpb_usl_point points[10];
    struct wpb_usl_outlook outlook;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        double n = (double)i + 1;
        points[i] = (struct wpb_usl_point){n, 10 * n * (1 + 0.1 * n), 1};
    }
    wpb_usl_judge(points, 10, INFINITY, &plain_ask, &outlook);
    assert_int_equal(outlook.refusal, WPB_WORK_SUPERLINEAR);
}

/* --- Bins. */

/* A minute in which BUSY of eight workers are busy: requests of 0.2 s that others make
 * longer, so that X(8) = 1/0.2 8/(1 + 0.1 7) = 23.5. */
static struct wpb_usl_window minute_of(double busy, struct series *random)
{
    double seen = 1 + busy * 7 / 8;
    double latency_s = 0.2 * (1 + 0.1 * (seen - 1)) * (1 + 0.02 * series_normal(random));
    struct wpb_usl_window window = {
        .seconds = 60, .requests = floor(60 * busy / latency_s), .seen = seen};

    window.busy_s = window.requests * latency_s;
    window.class_requests[0] = 0.7 * window.requests;
    window.class_requests[1] = 0.3 * window.requests;
    window.cache_lookups = 20 * window.requests;
    window.cache_hits = 0.95 * window.cache_lookups;
    return window;
}

/* Of quiet and busy times, after CHANGE has had its way with each window. */
static void fill_bins(struct wpb_usl_bins *bins, size_t windows,
                      void (*change)(struct wpb_usl_window *window, double busy))
{
    struct series random;

    series_begin(&random, 60);
    wpb_usl_bins_begin(bins, 8);
    for (size_t i = 0; i < windows; i++) {
        double busy = 0.3 + 4.7 * series_uniform(&random);
        struct wpb_usl_window window = minute_of(busy, &random);
        if (change)
            change(&window, busy);
        assert_true(wpb_usl_bins_add(bins, &window));
    }
}

static enum wpb_work_refusal refusal_of(size_t windows,
                                        void (*change)(struct wpb_usl_window *, double))
{
    struct wpb_usl_outlook outlook;
    struct wpb_usl_bins bins;

    fill_bins(&bins, windows, change);
    wpb_usl_look(&bins, &plain_ask, &outlook);
    return outlook.refusal;
}

/* With at most 5 of 8 busy. */
static void a_full_pool_is_foretold_from_a_busy_one(void **state)
{
    struct wpb_usl_outlook outlook;
    struct wpb_usl_bins bins;
    double truth = 8 / (0.2 * (1 + 0.1 * 7));

    (void)state;
    fill_bins(&bins, 300, NULL);
    wpb_usl_look(&bins, &plain_ask, &outlook);
    assert_int_equal(outlook.refusal, WPB_WORK_NOT_REFUSED);
    assert_near(outlook.windows, 300, 0);
    assert_near(outlook.at_n, 8, 0);
    assert_false(outlook.is_at_least);
    assert_within(outlook.rate, truth, 0.03);
    assert_true(outlook.rate_low <= truth && truth <= outlook.rate_high);
    assert_within(outlook.amdahl.gamma, 5, 0.02);
    assert_near(outlook.amdahl.alpha, 0.1, 0.01);
    assert_int_equal(outlook.peak_refusal, WPB_WORK_BETA_UNKNOWN);
}

static void throttle_some(struct wpb_usl_window *window, double busy)
{
    window->is_throttled = busy > 4.5;
}

static void fail_some(struct wpb_usl_window *window, double busy)
{
    window->errors = busy > 4 ? 0.08 * window->requests : 0;
}

static void shift_mix(struct wpb_usl_window *window, double busy)
{
    if (busy > 2.5) {
        window->class_requests[0] = 0.4 * window->requests;
        window->class_requests[1] = 0.6 * window->requests;
    }
}

static void miss_more(struct wpb_usl_window *window, double busy)
{
    window->cache_hits = (busy > 2.5 ? 0.85 : 0.95) * window->cache_lookups;
}

/* A dozen requests of minutes each. */
static void lengthen(struct wpb_usl_window *window, double busy)
{
    window->requests = 10 + busy;
}

static void stay_quiet(struct wpb_usl_window *window, double busy)
{
    window->seen = 1 + busy / 10;
}

static void each_reason_to_refuse_is_found(void **state)
{
    struct wpb_usl_bins unknown;
    struct wpb_usl_outlook outlook;

    (void)state;
    assert_int_equal(refusal_of(300, NULL), WPB_WORK_NOT_REFUSED);
    assert_int_equal(refusal_of(199, NULL), WPB_WORK_TOO_FEW_WINDOWS);
    assert_int_equal(refusal_of(300, throttle_some), WPB_WORK_THROTTLED);
    assert_int_equal(refusal_of(300, fail_some), WPB_WORK_ERROR_RATIO);
    assert_int_equal(refusal_of(300, shift_mix), WPB_WORK_MIX_SHIFT);
    assert_int_equal(refusal_of(300, miss_more), WPB_WORK_CACHE_REGIME);
    assert_int_equal(refusal_of(300, lengthen), WPB_WORK_NOISY_WINDOWS);
    assert_int_equal(refusal_of(300, stay_quiet), WPB_WORK_NARROW_RANGE);
    wpb_usl_bins_begin(&unknown, 0);
    wpb_usl_look(&unknown, &plain_ask, &outlook);
    assert_int_equal(outlook.refusal, WPB_WORK_CAPACITY_UNKNOWN);
}

static void a_deploy_forgets_what_was_and_says_so(void **state)
{
    struct wpb_usl_outlook outlook;
    struct wpb_usl_bins bins;
    struct series random;

    (void)state;
    fill_bins(&bins, 300, NULL);
    wpb_usl_bins_cut(&bins, 8);
    wpb_usl_look(&bins, &plain_ask, &outlook);
    assert_int_equal(outlook.refusal, WPB_WORK_EPOCH_CHANGE);
    series_begin(&random, 61);
    for (size_t i = 0; i < 250; i++) {
        struct wpb_usl_window window =
            minute_of(0.3 + 4.7 * series_uniform(&random), &random);
        assert_true(wpb_usl_bins_add(&bins, &window));
    }
    wpb_usl_look(&bins, &plain_ask, &outlook);
    assert_int_equal(outlook.refusal, WPB_WORK_NOT_REFUSED);
    /* Nothing was there to forget: it is only too early. */
    wpb_usl_bins_begin(&bins, 8);
    wpb_usl_bins_cut(&bins, 8);
    wpb_usl_look(&bins, &plain_ask, &outlook);
    assert_int_equal(outlook.refusal, WPB_WORK_TOO_FEW_WINDOWS);
}

/* Twice the day's minutes of one kind, then those of another: the newer ones count. */
static void a_full_bin_forgets_its_older_half(void **state)
{
    struct wpb_usl_window window = {.seconds = 60, .requests = 300, .busy_s = 60};
    struct wpb_usl_bins bins;

    (void)state;
    wpb_usl_bins_begin(&bins, 8);
    for (size_t i = 0; i < 2 * WPB_USL_BIN_WINDOWS_MAX; i++)
        assert_true(wpb_usl_bins_add(&bins, &window));
    window.requests = 600;
    for (size_t i = 0; i < 3 * WPB_USL_BIN_WINDOWS_MAX; i++)
        assert_true(wpb_usl_bins_add(&bins, &window));
    for (size_t i = 0; i < WPB_USL_BINS; i++) {
        const struct wpb_usl_bin *bin = &bins.bins[i];
        assert_true(bin->windows <= WPB_USL_BIN_WINDOWS_MAX);
        if (bin->windows > 0)
            assert_near(bin->requests / bin->windows, 600, 10);
    }
}

static void more_than_the_pool_is_the_pool_and_what_cannot_be_is_left_out(void **state)
{
    const double bad[] = {NAN, INFINITY, -1};
    struct wpb_usl_window window = {.seconds = 60, .requests = 300, .busy_s = 6000};
    struct wpb_usl_bins bins;

    (void)state;
    wpb_usl_bins_begin(&bins, 8);
    assert_true(wpb_usl_bins_add(&bins, &window));
    assert_near(bins.bins[WPB_USL_BINS - 1].seen, 8, 1e-12);
    assert_near(bins.bins[WPB_USL_BINS - 1].busy, 8, 1e-12);
    window.requests = 9;
    assert_false(wpb_usl_bins_add(&bins, &window));
    for (size_t i = 0; i < 3; i++) {
        window =
            (struct wpb_usl_window){.seconds = bad[i], .requests = 300, .busy_s = 60};
        assert_false(wpb_usl_bins_add(&bins, &window));
        window = (struct wpb_usl_window){.seconds = 60, .requests = bad[i], .busy_s = 60};
        assert_false(wpb_usl_bins_add(&bins, &window));
        window =
            (struct wpb_usl_window){.seconds = 60, .requests = 300, .busy_s = bad[i]};
        assert_false(wpb_usl_bins_add(&bins, &window));
        window.busy_s = 60;
        window.seen = bad[i];
        assert_false(wpb_usl_bins_add(&bins, &window));
        window.seen = 0;
        window.class_requests[3] = bad[i];
        assert_false(wpb_usl_bins_add(&bins, &window));
    }
    assert_near(bins.bins[WPB_USL_BINS - 1].windows, 1, 0);
}

static void mixes_differ_by_half_the_sum_of_their_shares(void **state)
{
    struct wpb_usl_bin quiet = {.class_requests = {60, 40}};
    struct wpb_usl_bin busy = {.class_requests = {30, 40, 30}};
    struct wpb_usl_bin unknown = {.windows = 3};

    (void)state;
    assert_near(wpb_usl_mix_distance(&quiet, &busy), 0.3, 1e-12);
    assert_near(wpb_usl_mix_distance(&quiet, &quiet), 0, 1e-12);
    assert_near(wpb_usl_mix_distance(&quiet, &unknown), 0, 1e-12);
}

/* --- An open system: requests that come as they like, and make each other slower. */

/* Of n at work MU(n) end a second, a pool of eight; two days of minutes at 5 to SHARE of
 * what it can. */
static void run_open(double alpha, double beta, double share, bool is_measured,
                     uint64_t seed, struct wpb_usl_bins *bins)
{
    double most = 4 * 8 / (1 + alpha * 7 + beta * 56), waiting = 0;
    struct series random;

    series_begin(&random, seed);
    wpb_usl_bins_begin(bins, 8);
    for (int minute = 0; minute < 576; minute++) {
        double day = 0.5 - 0.5 * cos(2 * acos(-1) * minute / 288.0);
        double rate =
            most * (0.05 + (share - 0.05) * day) * exp(0.15 * series_normal(&random));
        double time = 0, area = 0, squares = 0;
        struct wpb_usl_window window = {.seconds = 60};
        while (time < 60) {
            double n = fmin(waiting, 8);
            double ends = 4 * n / (1 + alpha * (n - 1) + beta * n * (n - 1));
            double step = -log(series_uniform(&random)) / (rate + ends);
            step = fmin(step, 60 - time);
            time += step;
            area += n * step;
            squares += n * n * step;
            if (time >= 60)
                break;
            if (series_uniform(&random) * (rate + ends) < rate) {
                waiting++;
            } else {
                waiting--;
                window.requests++;
            }
        }
        window.busy_s = area;
        window.seen = is_measured && area > 0 ? squares / area : 0;
        wpb_usl_bins_add(bins, &window);
    }
}

/* At most 60 % of the capacity was seen; alpha and beta none, some, both. The mean of
 * five histories, with N as requests see it and with N from the mean number of busy
 * workers. */
static void an_open_system_tells_what_it_can(void **state)
{
    const double laws[][2] = {{0, 0}, {0.1, 0}, {0.1, 0.01}};

    (void)state;
    for (size_t law = 0; law < 3; law++) {
        double alpha = laws[law][0], beta = laws[law][1], off[2] = {0};
        double truth = 4 * 8 / (1 + alpha * 7 + beta * 56);
        for (int run = 0; run < 10; run++) {
            struct wpb_usl_outlook outlook;
            struct wpb_usl_bins bins;
            run_open(alpha, beta, 0.6, run % 2, 70 + (uint64_t)run, &bins);
            wpb_usl_look(&bins, &plain_ask, &outlook);
            assert_int_equal(outlook.refusal, WPB_WORK_NOT_REFUSED);
            assert_within(outlook.usl.gamma, 4, 0.06);
            off[run % 2] += (outlook.rate / truth - 1) / 5;
        }
        assert_near(off[0], 0, 0.1);
        assert_near(off[1], 0, 0.1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_rates_are_inside_three_of_four_intervals),
        cmocka_unit_test(scored_forecasts_widen_the_interval),
        cmocka_unit_test(nothing_is_foretold_beyond_twice_of_what_was_seen),
        cmocka_unit_test(a_peak_is_told_only_where_it_was_passed),
        cmocka_unit_test(too_few_points_or_too_narrow_a_range_are_refused),
        cmocka_unit_test(requests_that_get_faster_the_more_there_are_are_refused),
        cmocka_unit_test(a_full_pool_is_foretold_from_a_busy_one),
        cmocka_unit_test(each_reason_to_refuse_is_found),
        cmocka_unit_test(a_deploy_forgets_what_was_and_says_so),
        cmocka_unit_test(a_full_bin_forgets_its_older_half),
        cmocka_unit_test(more_than_the_pool_is_the_pool_and_what_cannot_be_is_left_out),
        cmocka_unit_test(mixes_differ_by_half_the_sum_of_their_shares),
        cmocka_unit_test(an_open_system_tells_what_it_can),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
