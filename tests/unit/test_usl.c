/* The Universal Scalability Law: published fits, and data that no law fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/analyse/usl.h"
#include "tests/unit/near.h"
#include "tests/unit/scaling_tables.h"
#include "tests/unit/series.h"

/* The summary that R's package usl prints of it. */
static void specsdm91_gives_the_published_coefficients_and_errors(void **state)
{
    const double fitted[] = {90, 1078, 1541, 1850, 1879, 1822, 1646};
    struct wpb_usl usl;

    (void)state;
    assert_true(wpb_usl_fit(specsdm91, POINTS_OF(specsdm91), false, &usl));
    assert_within(usl.alpha, 0.0277285, 1e-4);
    assert_within(usl.beta, 0.000104365, 1e-4);
    assert_within(usl.gamma, 89.995233, 1e-4);
    assert_within(usl.alpha_error, 0.0091217, 1e-3);
    assert_near(usl.beta_error, 0.0000199, 1e-7);
    assert_within(usl.gamma_error, 14.2134894, 1e-3);
    assert_within(usl.residual_error, 82.846, 1e-3);
    assert_within(usl.peak_n, 96.51956, 1e-4);
    assert_within(usl.peak_rate, 1884, 1e-3);
    assert_within(usl.gamma / usl.alpha, 3245.589, 1e-4);
    assert_int_equal(usl.free, 3);
    for (size_t i = 0; i < 7; i++)
        assert_near(wpb_usl_rate(&usl, specsdm91[i].n), fitted[i], 0.5);
}

/* What-if of the same vignette: alpha .001 and beta 1e-5 peak at 316.0696. */
static void the_peak_is_where_the_vignette_puts_it(void **state)
{
    struct wpb_usl_point points[40];
    struct wpb_usl usl;

    (void)state;
    for (size_t i = 0; i < 40; i++) {
        double n = 1 + 10 * (double)i;
        points[i] = (struct wpb_usl_point){
            n, 89.995233 * n / (1 + 0.001 * (n - 1) + 1e-5 * n * (n - 1)), 1};
    }
    assert_true(wpb_usl_fit(points, 40, false, &usl));
    assert_within(usl.peak_n, 316.0696, 1e-6);
    assert_within(usl.gamma / usl.alpha, 89995.23, 1e-5);
}

static void the_ray_tracer_gives_the_published_coefficients(void **state)
{
    struct wpb_usl usl;

    (void)state;
    assert_true(wpb_usl_fit(raytracer, POINTS_OF(raytracer), false, &usl));
    assert_within(usl.alpha, 0.02444, 1e-3);
    assert_near(usl.beta, 0.00163, 5e-6);
    assert_within(usl.gamma, 20.85605, 1e-4);
    assert_within(usl.peak_n, 24.49, 1e-3);
}

static void cisco_gives_the_published_coefficients(void **state)
{
    struct wpb_usl usl;

    (void)state;
    assert_true(wpb_usl_fit(cisco, POINTS_OF(cisco), false, &usl));
    assert_within(usl.alpha, 0.02671591, 2e-4);
    assert_within(usl.beta, 7.690945e-4, 2e-4);
    assert_within(usl.gamma, 995.6486, 2e-4);
    assert_int_equal((int)usl.peak_n, 35);
    assert_within(usl.peak_rate, 12341, 2e-4);
}

/* tests/coef.R of the same package. */
static void exact_data_give_back_what_made_them(void **state)
{
    const struct wpb_usl_point points[] = {{1, 1, 1},      {2, 1.8868, 1},
                                           {4, 3.0769, 1}, {6, 3.5294, 1},
                                           {8, 3.5398, 1}, {10, 3.3557, 1}};
    struct wpb_usl usl;

    (void)state;
    assert_true(wpb_usl_fit(points, 6, false, &usl));
    assert_within(usl.alpha, 0.02, 1e-3);
    assert_within(usl.beta, 0.02, 1e-3);
    assert_within(usl.gamma, 1, 1e-3);
    assert_within(usl.peak_n, 7, 1e-3);
}

/* The known errors, in percent, of fits to the first points of Cisco's table at 1.25, 1.5
 * and 2 times as many. */
static void foretelling_is_as_wrong_as_it_is_known_to_be(void **state)
{
    const size_t fitted[] = {8, 10, 16, 20};
    const double usl_off[][3] = {
        {0.3, 5.1, 12.8}, {4.5, 9.6, 16.4}, {-3.5, -13.4, -18.4}, {-10.4, -12.4, -13.3}};
    const double amdahl_off[][3] = {
        {0.7, 6.2, 15.7}, {5.4, 11.9, 22.7}, {6.7, 4.4, 18.7}, {0.8, 7.9, 10.8}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct wpb_usl usl, amdahl;
        assert_true(wpb_usl_fit(cisco, fitted[i], false, &usl));
        assert_true(wpb_usl_fit(cisco, fitted[i], true, &amdahl));
        assert_near(amdahl.beta, 0, 0);
        for (size_t j = 0; j < 3; j++) {
            size_t n = fitted[i] * (j == 0 ? 5 : j == 1 ? 6 : 8) / 4;
            double at = n > 32 ? 32 : (double)n, truth = cisco[(size_t)at - 1].rate;
            assert_near(100 * (wpb_usl_rate(&usl, at) / truth - 1), usl_off[i][j], 0.06);
            assert_near(100 * (wpb_usl_rate(&amdahl, at) / truth - 1), amdahl_off[i][j],
                        0.06);
        }
    }
}

/* No step around the end is downhill: with both terms, and with one at its bound. */
static void the_end_is_a_minimum(void **state)
{
    struct wpb_usl_point points[30];
    struct series random;

    (void)state;
    series_begin(&random, 30);
    for (int round = 0; round < 200; round++) {
        struct wpb_usl usl;
        for (size_t i = 0; i < 30; i++) {
            double n = exp(4 * series_uniform(&random));
            double truth = 50 * n /
                           (1 + (round % 2 ? 0.1 : 0) * (n - 1) +
                            (round % 3 ? 0.001 : 0) * n * (n - 1));
            points[i] =
                (struct wpb_usl_point){n, truth * exp(0.1 * series_normal(&random)),
                                       1 + 9 * series_uniform(&random)};
        }
        assert_true(wpb_usl_fit(points, 30, false, &usl));
        for (int move = 0; move < 6; move++) {
            struct wpb_usl moved = usl;
            double squares = 0;
            double *k = &moved.k[move / 2];
            *k += (move % 2 ? 1 : -1) * (move < 2 ? 1e-4 * usl.k[0] : 1e-5 * usl.k[0]);
            if (*k < 0)
                continue;
            for (size_t i = 0; i < 30; i++)
                squares += points[i].weight *
                           pow(points[i].rate - wpb_usl_rate(&moved, points[i].n), 2);
            assert_true(squares >= usl.squares * (1 - 1e-9));
        }
    }
}

/* 95 % of the intervals at N = 40, t(0.975, 17) = 2.110. */
static void the_error_of_a_rate_covers_the_truth_as_often_as_it_says(void **state)
{
    struct wpb_usl_point points[20];
    struct series random;
    size_t covered = 0;
    double truth = 50 * 40 / (1 + 0.02 * 39 + 0.0005 * 40 * 39);

    (void)state;
    series_begin(&random, 31);
    for (int seed = 0; seed < 400; seed++) {
        struct wpb_usl usl;
        for (size_t i = 0; i < 20; i++) {
            double n = 1 + 2 * (double)i;
            double rate = 50 * n / (1 + 0.02 * (n - 1) + 0.0005 * n * (n - 1));
            points[i] = (struct wpb_usl_point){n, rate + 10 * series_normal(&random), 1};
        }
        assert_true(wpb_usl_fit(points, 20, false, &usl));
        covered +=
            fabs(wpb_usl_rate(&usl, 40) - truth) <= 2.110 * wpb_usl_rate_error(&usl, 40);
    }
    /* 380, give or take three standard deviations. */
    assert_in_range(covered, 367, 393);
}

static void a_weight_of_three_is_the_point_three_times(void **state)
{
    struct wpb_usl_point repeated[21], weighted[7];
    struct wpb_usl ours, theirs;
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        weighted[i] = specsdm91[i];
        weighted[i].weight = (double)(1 + i % 3);
        for (size_t j = 0; j <= i % 3; j++)
            repeated[count++] = specsdm91[i];
    }
    assert_true(wpb_usl_fit(weighted, 7, false, &ours));
    assert_true(wpb_usl_fit(repeated, count, false, &theirs));
    assert_within(ours.alpha, theirs.alpha, 1e-6);
    assert_within(ours.beta, theirs.beta, 1e-6);
    assert_within(ours.gamma, theirs.gamma, 1e-6);
}

static void nothing_to_fit_is_not_fitted(void **state)
{
    const struct wpb_usl_point same[] = {{4, 9, 1}, {4, 10, 1}, {4, 11, 1}, {4, 12, 1}};
    const struct wpb_usl_point bad[] = {{NAN, 9, 1},  {4, INFINITY, 1},  {4, 11, 0},
                                        {0.5, 12, 1}, {5, -1, 1},        {6, 1, NAN},
                                        {7, 1, -3},   {INFINITY, 12, 1}, {1, 5, 1}};
    struct wpb_usl usl;

    (void)state;
    assert_false(wpb_usl_fit(NULL, 0, false, &usl));
    assert_false(wpb_usl_fit(same, 4, false, &usl));
    assert_false(wpb_usl_fit(bad, 9, false, &usl));
    assert_false(wpb_usl_fit(cisco, 2, false, &usl));
    assert_true(wpb_usl_fit(cisco, 2, true, &usl));
    assert_true(isnan(usl.residual_error));
    assert_true(isnan(wpb_usl_rate_error(&usl, 3)));
}

/* Twice as fast with twice as many: no term at all, and no peak. */
static void perfect_scaling_has_no_peak(void **state)
{
    const struct wpb_usl_point points[] = {
        {1, 10, 1}, {2, 20, 1}, {4, 40, 1}, {8, 80, 1}};
    struct wpb_usl usl;

    (void)state;
    assert_true(wpb_usl_fit(points, 4, false, &usl));
    assert_near(usl.alpha, 0, 1e-12);
    assert_near(usl.beta, 0, 1e-12);
    assert_within(usl.gamma, 10, 1e-9);
    assert_true(isinf(usl.peak_n) || usl.peak_n > 1e5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specsdm91_gives_the_published_coefficients_and_errors),
        cmocka_unit_test(the_peak_is_where_the_vignette_puts_it),
        cmocka_unit_test(the_ray_tracer_gives_the_published_coefficients),
        cmocka_unit_test(cisco_gives_the_published_coefficients),
        cmocka_unit_test(exact_data_give_back_what_made_them),
        cmocka_unit_test(foretelling_is_as_wrong_as_it_is_known_to_be),
        cmocka_unit_test(the_end_is_a_minimum),
        cmocka_unit_test(the_error_of_a_rate_covers_the_truth_as_often_as_it_says),
        cmocka_unit_test(a_weight_of_three_is_the_point_three_times),
        cmocka_unit_test(nothing_to_fit_is_not_fitted),
        cmocka_unit_test(perfect_scaling_has_no_peak),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
