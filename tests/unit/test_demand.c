/* What a request takes of each resource, and which ends first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/analyse/demand.h"
#include "tests/unit/near.h"
#include "tests/unit/series.h"
#include "tests/unit/simulated_pool.h"

#define WINDOWS 120

static struct wpb_demand_window empty_window(double seconds, double requests)
{
    struct wpb_demand_window window = {.seconds = seconds, .requests = requests};

    for (size_t i = 0; i < WPB_RESOURCES; i++)
        window.busy_s[i] = NAN;
    return window;
}

/* Minutes of 0.5 to 4 requests a second, each of which takes MySQL for 60 ms (+-50 %);
 * other work keeps 0.3 of it busy; processors 100 ms and nothing else. */
static void make_windows(struct series *random, struct wpb_demand_window *windows)
{
    for (size_t i = 0; i < WINDOWS; i++) {
        double requests = floor(60 * (0.5 + 3.5 * series_uniform(random)));
        double noise = 0.03 * sqrt(requests);
        windows[i] = empty_window(60, requests);
        windows[i].busy_s[WPB_RESOURCE_MYSQL] =
            0.3 * 60 + 0.06 * requests + noise * series_normal(random);
        windows[i].busy_s[WPB_RESOURCE_CPU] =
            0.1 * requests + noise * series_normal(random);
    }
}

static void cost_background_and_capacity_are_found_within_their_intervals(void **state)
{
    static struct wpb_demand_window windows[WINDOWS];
    size_t cost_covered = 0, capacity_covered = 0;
    struct series random;

    (void)state;
    series_begin(&random, 50);
    for (int seed = 0; seed < 200; seed++) {
        struct wpb_demand demand;
        make_windows(&random, windows);
        assert_true(wpb_demand_measure(windows, WINDOWS, WPB_RESOURCE_MYSQL, 4, &demand));
        assert_false(demand.is_ratio);
        assert_near(demand.background, 0.3, 0.05);
        assert_within(demand.capacity, 3.7 / 0.06, 0.1);
        cost_covered +=
            demand.per_request_low_s <= 0.06 && 0.06 <= demand.per_request_high_s;
        capacity_covered +=
            demand.capacity_low <= 3.7 / 0.06 && 3.7 / 0.06 <= demand.capacity_high;
    }
    /* 180, give or take three standard deviations. */
    assert_in_range(cost_covered, 167, 193);
    assert_in_range(capacity_covered, 167, 193);
}

/* The rate never changes: what is background cannot be told, and is taken for requests.
 */
static void a_constant_rate_gives_the_ratio_and_too_small_a_capacity(void **state)
{
    struct wpb_demand_window windows[WINDOWS];
    struct wpb_demand demand;
    struct series random;

    (void)state;
    series_begin(&random, 51);
    for (size_t i = 0; i < WINDOWS; i++) {
        windows[i] = empty_window(60, 120);
        windows[i].busy_s[WPB_RESOURCE_MYSQL] =
            0.3 * 60 + 0.06 * 120 + 0.3 * series_normal(&random);
    }
    assert_true(wpb_demand_measure(windows, WINDOWS, WPB_RESOURCE_MYSQL, 4, &demand));
    assert_true(demand.is_ratio);
    assert_near(demand.background, 0, 0);
    assert_within(demand.per_request_s, 0.06 + 0.3 / 2, 0.02);
    assert_true(demand.capacity < 3.7 / 0.06);
    assert_within(demand.utilization, (0.3 + 0.06 * 2) / 4, 0.02);
}

/* Less than nothing in the background is nothing. */
static void background_is_not_negative(void **state)
{
    struct wpb_demand_window windows[WINDOWS];
    struct wpb_demand demand;
    struct series random;

    (void)state;
    series_begin(&random, 52);
    for (size_t i = 0; i < WINDOWS; i++) {
        double requests = floor(30 + 200 * series_uniform(&random));
        windows[i] = empty_window(60, requests);
        windows[i].busy_s[WPB_RESOURCE_REDIS] = 1e-5 * requests * requests;
    }
    assert_true(wpb_demand_measure(windows, WINDOWS, WPB_RESOURCE_REDIS, 1, &demand));
    assert_near(demand.background, 0, 0);
    assert_true(demand.is_ratio);
}

static void the_bottleneck_is_the_smallest_capacity(void **state)
{
    static struct wpb_demand_window windows[WINDOWS];
    struct wpb_demand demands[3];
    struct wpb_demand_bound bound;
    struct series random;

    (void)state;
    series_begin(&random, 53);
    make_windows(&random, windows);
    assert_true(wpb_demand_measure(windows, WINDOWS, WPB_RESOURCE_MYSQL, 4, &demands[0]));
    assert_true(wpb_demand_measure(windows, WINDOWS, WPB_RESOURCE_CPU, 2, &demands[1]));
    assert_false(
        wpb_demand_measure(windows, WINDOWS, WPB_RESOURCE_REDIS, 1, &demands[2]));
    assert_int_equal(demands[2].refusal, WPB_WORK_NOT_MEASURED);
    wpb_demand_bound_of(demands, 3, &bound);
    assert_int_equal(bound.refusal, WPB_WORK_NOT_REFUSED);
    assert_ptr_equal(bound.first, &demands[1]);
    assert_ptr_equal(bound.second, &demands[0]);
    assert_string_equal(wpb_resource_name(bound.first->resource), "cpu");
    assert_within(bound.rate, 20, 0.05);
    assert_true(bound.is_clear);
    assert_true(bound.rate_low <= bound.rate && bound.rate <= bound.rate_high);
    /* With 6.2 processors the two are about equal, and nobody can tell which. */
    assert_true(wpb_demand_measure(windows, WINDOWS, WPB_RESOURCE_CPU, 6.2, &demands[1]));
    wpb_demand_bound_of(demands, 3, &bound);
    assert_false(bound.is_clear);
    wpb_demand_bound_of(&demands[2], 1, &bound);
    assert_int_equal(bound.refusal, WPB_WORK_NOT_MEASURED);
    assert_null(bound.first);
}

/* Eight workers of 0.21 s do 38 a second, were it not for a row that each holds for 0.153
 * s. Seen is only 1 to 5 a second, of which the pool is busy a fifth on average. */
static void a_row_lock_is_found_while_the_pool_looks_idle(void **state)
{
    const struct pool_plan plan = {.workers = 8,
                                   .work_s = 0.057,
                                   .hold_s = 0.153,
                                   .rate_low = 1,
                                   .rate_high = 5,
                                   .windows = 180,
                                   .window_s = 10,
                                   .seed = 54};
    static struct pool_window seen[180];
    static struct wpb_demand_window windows[180];
    static struct wpb_lock_window lock_windows[180];
    struct wpb_lock_station station;
    struct wpb_demand demands[2];
    struct wpb_demand_bound bound;

    (void)state;
    pool_simulate(&plan, seen);
    for (size_t i = 0; i < 180; i++) {
        windows[i] = empty_window(10, seen[i].requests);
        windows[i].busy_s[WPB_RESOURCE_WORKERS] = seen[i].busy_s;
        lock_windows[i] =
            (struct wpb_lock_window){10, seen[i].requests, seen[i].waits, seen[i].wait_s};
    }
    assert_true(wpb_demand_measure(windows, 180, WPB_RESOURCE_WORKERS, 8, &demands[0]));
    assert_true(demands[0].capacity > 30);
    assert_true(demands[0].utilization < 0.25);
    assert_true(wpb_lock_station_of(lock_windows, 180, 8, &station));
    assert_true(wpb_demand_of_lock(&station, &demands[1]));
    wpb_demand_bound_of(demands, 2, &bound);
    assert_int_equal(bound.first->resource, WPB_RESOURCE_LOCK);
    assert_true(bound.is_clear);
    assert_within(bound.rate, 1 / 0.153, 0.15);
    assert_true(bound.rate_low <= 1 / 0.153 && 1 / 0.153 <= bound.rate_high);
}

/* Workers are counted in the quietest third: waiting for each other is no demand. */
static void a_worker_is_needed_for_as_long_as_in_quiet_times(void **state)
{
    struct wpb_demand_window windows[WINDOWS];
    struct wpb_demand demand;

    (void)state;
    for (size_t i = 0; i < WINDOWS; i++) {
        double requests = 60 * (1 + (double)(i % 12) / 2);
        windows[i] = empty_window(60, requests);
        windows[i].busy_s[WPB_RESOURCE_WORKERS] =
            0.2 * requests * (requests <= 180 ? 1 : requests / 180);
    }
    assert_true(wpb_demand_measure(windows, WINDOWS, WPB_RESOURCE_WORKERS, 10, &demand));
    assert_within(demand.per_request_s, 0.2, 1e-6);
    assert_within(demand.capacity, 50, 1e-6);
    assert_true(demand.utilization > 0.07);
}

/* Of three route classes by NNLS: six of ten front, four checkout. */
static void a_mix_of_routes_has_a_capacity(void **state)
{
    const double shares[3] = {0, 0.6, 0.4};
    size_t covered = 0;
    struct series random;

    (void)state;
    series_begin(&random, 55);
    for (int seed = 0; seed < 200; seed++) {
        struct wpb_least_squares problem;
        struct wpb_nnls nnls;
        struct wpb_demand demand;
        double truth = (2 - 0.1) / (0.6 * 0.02 + 0.4 * 0.15);
        wpb_least_squares_begin(&problem, 3);
        for (int i = 0; i < 100; i++) {
            double row[3] = {60, floor(200 * series_uniform(&random)),
                             floor(50 * series_uniform(&random))};
            double busy = 0.1 * 60 + 0.02 * row[1] + 0.15 * row[2];
            assert_true(wpb_least_squares_add(&problem, row,
                                              busy + 0.8 * series_normal(&random), 1));
        }
        wpb_nnls_solve(&problem, &nnls);
        assert_true(wpb_demand_of_mix(&nnls, shares, WPB_RESOURCE_CPU, 2, &demand));
        assert_within(demand.capacity, truth, 0.15);
        covered += demand.capacity_low <= truth && truth <= demand.capacity_high;
    }
    assert_in_range(covered, 167, 193);
}

static void too_little_is_refused_with_its_reason(void **state)
{
    struct wpb_demand_window windows[30];
    struct wpb_demand demand;

    (void)state;
    for (size_t i = 0; i < 30; i++) {
        windows[i] = empty_window(60, 20);
        windows[i].busy_s[WPB_RESOURCE_CPU] = 1 + 0.01 * (double)i;
    }
    assert_true(wpb_demand_measure(windows, 30, WPB_RESOURCE_CPU, 2, &demand));
    assert_false(wpb_demand_measure(windows, 19, WPB_RESOURCE_CPU, 2, &demand));
    assert_int_equal(demand.refusal, WPB_WORK_TOO_FEW_WINDOWS);
    assert_false(wpb_demand_measure(windows, 24, WPB_RESOURCE_CPU, 2, &demand));
    assert_int_equal(demand.refusal, WPB_WORK_TOO_FEW_REQUESTS);
    assert_false(wpb_demand_measure(windows, 30, WPB_RESOURCE_CPU, 0, &demand));
    assert_int_equal(demand.refusal, WPB_WORK_CAPACITY_UNKNOWN);
    assert_false(wpb_demand_measure(windows, 30, WPB_RESOURCE_CPU, NAN, &demand));
    assert_int_equal(demand.refusal, WPB_WORK_CAPACITY_UNKNOWN);
    assert_false(wpb_demand_measure(windows, 30, WPB_RESOURCE_MYSQL, 2, &demand));
    assert_int_equal(demand.refusal, WPB_WORK_NOT_MEASURED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cost_background_and_capacity_are_found_within_their_intervals),
        cmocka_unit_test(a_constant_rate_gives_the_ratio_and_too_small_a_capacity),
        cmocka_unit_test(background_is_not_negative),
        cmocka_unit_test(the_bottleneck_is_the_smallest_capacity),
        cmocka_unit_test(a_row_lock_is_found_while_the_pool_looks_idle),
        cmocka_unit_test(a_worker_is_needed_for_as_long_as_in_quiet_times),
        cmocka_unit_test(a_mix_of_routes_has_a_capacity),
        cmocka_unit_test(too_little_is_refused_with_its_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
