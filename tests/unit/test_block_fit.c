/* Lines through windows whose neighbours are alike, and other windows that could have
 * been. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/analyse/block_fit.h"
#include "agent/analyse/bootstrap.h"
#include "tests/unit/near.h"
#include "tests/unit/series.h"

#define ROWS 320
#define SEEDS 400

static double second(const void *cookie, const double *coefficients)
{
    (void)cookie;
    return coefficients[1];
}

/* y = 1 + 2 x, exactly. */
static void an_exact_line_has_no_error(void **state)
{
    struct wpb_block_estimate estimate;
    struct wpb_block_fit fit;
    double line[2];

    (void)state;
    wpb_block_fit_begin(&fit, 2);
    for (size_t i = 0; i < ROWS; i++) {
        double x[2] = {1, (double)(i % 7)};
        wpb_block_fit_add(&fit, wpb_block_fit_block(i, ROWS), x, x, 1 + 2 * x[1], 1);
    }
    assert_true(wpb_block_fit_solve(&fit, WPB_BLOCK_FIT_BLOCKS, line));
    assert_near(line[0], 1, 1e-9);
    assert_near(line[1], 2, 1e-9);
    assert_true(wpb_block_fit_estimate(&fit, second, NULL, &estimate));
    assert_near(estimate.error, 0, 1e-9);
    assert_near(estimate.freedom, 14, 0);
}

/* A slope of 0 over time in noise of which neighbours have PHI in common: how often a 95
 * % interval leaves it out. */
static size_t misses(double phi)
{
    struct series random;
    size_t missed = 0;

    series_begin(&random, 40);
    for (int seed = 0; seed < SEEDS; seed++) {
        struct wpb_block_estimate estimate;
        struct wpb_block_fit fit;
        double noise = 0;
        wpb_block_fit_begin(&fit, 2);
        for (size_t i = 0; i < ROWS; i++) {
            double x[2] = {1, (double)i / ROWS - 0.5};
            noise = phi * noise + series_normal(&random);
            wpb_block_fit_add(&fit, wpb_block_fit_block(i, ROWS), x, x, noise, 1);
        }
        assert_true(wpb_block_fit_estimate(&fit, second, NULL, &estimate));
        missed += fabs(estimate.value) > wpb_block_fit_reach(&estimate, 0.95);
    }
    return missed;
}

static void intervals_hold_whatever_neighbours_have_in_common(void **state)
{
    (void)state;
    assert_in_range(misses(0), 4, 33);
    assert_in_range(misses(0.7), 4, 36);
}

/* y = 3 x + u, and x is itself moved by u: plainly fitted the slope is 3.5. */
static void an_instrument_takes_out_what_moves_both(void **state)
{
    struct wpb_block_fit plain, instrumented;
    struct series random;
    double line[2];

    (void)state;
    series_begin(&random, 41);
    wpb_block_fit_begin(&plain, 2);
    wpb_block_fit_begin(&instrumented, 2);
    for (size_t i = 0; i < 20000; i++) {
        double cause = series_normal(&random), u = series_normal(&random);
        double x[2] = {1, cause + u}, z[2] = {1, cause}, y = 3 * x[1] + u;
        size_t block = wpb_block_fit_block(i, 20000);
        wpb_block_fit_add(&plain, block, x, x, y, 1);
        wpb_block_fit_add(&instrumented, block, x, z, y, 1);
    }
    assert_true(wpb_block_fit_solve(&plain, WPB_BLOCK_FIT_BLOCKS, line));
    assert_near(line[1], 3.5, 0.05);
    assert_true(wpb_block_fit_solve(&instrumented, WPB_BLOCK_FIT_BLOCKS, line));
    assert_near(line[1], 3, 0.05);
}

static void what_is_not_determined_is_not_solved(void **state)
{
    struct wpb_block_estimate estimate;
    struct wpb_block_fit fit;
    double line[3];

    (void)state;
    wpb_block_fit_begin(&fit, 3);
    assert_false(wpb_block_fit_solve(&fit, WPB_BLOCK_FIT_BLOCKS, line));
    for (size_t i = 0; i < ROWS; i++) {
        double x[3] = {1, (double)i, 2.0 * (double)i + 1};
        wpb_block_fit_add(&fit, wpb_block_fit_block(i, ROWS), x, x, 1, 1);
    }
    assert_false(wpb_block_fit_solve(&fit, WPB_BLOCK_FIT_BLOCKS, line));
    assert_false(wpb_block_fit_estimate(&fit, second, NULL, &estimate));
    /* Two blocks are not more than two terms. */
    wpb_block_fit_begin(&fit, 2);
    for (size_t i = 0; i < 10; i++) {
        double x[2] = {1, (double)i};
        wpb_block_fit_add(&fit, i % 2, x, x, (double)i, 1);
    }
    assert_false(wpb_block_fit_estimate(&fit, second, NULL, &estimate));
}

static void draws_are_blocks_of_neighbours_and_repeat_with_their_seed(void **state)
{
    struct wpb_bootstrap first, again;
    size_t indices[100], same[100], breaks = 0;

    (void)state;
    wpb_bootstrap_begin(&first, 100, 10, 7);
    wpb_bootstrap_begin(&again, 100, 10, 7);
    for (int round = 0; round < 50; round++) {
        wpb_bootstrap_draw(&first, indices);
        wpb_bootstrap_draw(&again, same);
        assert_memory_equal(indices, same, sizeof(indices));
        for (size_t i = 0; i < 100; i++) {
            assert_true(indices[i] < 100);
            if (i % 10)
                assert_int_equal(indices[i], indices[i - 1] + 1);
            else if (i > 0)
                breaks += indices[i] != indices[i - 1] + 1;
        }
    }
    assert_true(breaks > 400);
    assert_int_equal(wpb_bootstrap_block(1), 1);
    assert_int_equal(wpb_bootstrap_block(1000), 20);
}

static double mean_of(const void *cookie, const size_t *indices, size_t count)
{
    const double *values = cookie;
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += values[indices[i]];
    return sum / (double)count;
}

/* The 90 % interval of a mean of 300, neighbours half alike. Percentiles are a little
 * narrow of so few blocks. */
static void bootstrapped_intervals_hold_the_mean(void **state)
{
    static double values[300], work[200];
    static size_t indices[300];
    struct series random;
    size_t covered = 0;

    (void)state;
    series_begin(&random, 42);
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct wpb_bootstrap bootstrap;
        double noise = 0, low, high;
        for (size_t i = 0; i < 300; i++)
            values[i] = noise = 0.5 * noise + series_normal(&random);
        wpb_bootstrap_begin(&bootstrap, 300, 0, seed);
        assert_true(wpb_bootstrap_interval(&bootstrap, mean_of, values, 0.9, indices,
                                           work, 200, &low, &high));
        covered += low <= 0 && 0 <= high;
    }
    assert_in_range(covered, 245, 285);
}

static double never(const void *cookie, const size_t *indices, size_t count)
{
    (void)cookie;
    (void)indices;
    (void)count;
    return NAN;
}

static void a_statistic_that_fails_has_no_interval(void **state)
{
    struct wpb_bootstrap bootstrap;
    double work[20], low, high;
    size_t indices[10];

    (void)state;
    wpb_bootstrap_begin(&bootstrap, 10, 50, 1);
    assert_int_equal(bootstrap.block, 10);
    assert_false(wpb_bootstrap_interval(&bootstrap, never, NULL, 0.9, indices, work, 20,
                                        &low, &high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exact_line_has_no_error),
        cmocka_unit_test(intervals_hold_whatever_neighbours_have_in_common),
        cmocka_unit_test(an_instrument_takes_out_what_moves_both),
        cmocka_unit_test(what_is_not_determined_is_not_solved),
        cmocka_unit_test(draws_are_blocks_of_neighbours_and_repeat_with_their_seed),
        cmocka_unit_test(bootstrapped_intervals_hold_the_mean),
        cmocka_unit_test(a_statistic_that_fails_has_no_interval),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
