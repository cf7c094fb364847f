/* What a request of each class costs, where classes share a window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/analyse/nnls.h"
#include "tests/unit/near.h"
#include "tests/unit/series.h"

/* Karush, Kuhn and Tucker: nothing is gained by moving any coefficient. */
static void assert_is_minimum(const double rows[][8], const double *targets, size_t count,
                              size_t columns, const double *coefficients)
{
    for (size_t j = 0; j < columns; j++) {
        double gradient = 0, scale = 1e-300;
        for (size_t i = 0; i < count; i++) {
            double off = targets[i];
            for (size_t k = 0; k < columns; k++)
                off -= rows[i][k] * coefficients[k];
            gradient += rows[i][j] * off;
            scale += fabs(rows[i][j]) * (fabs(targets[i]) + fabs(off));
        }
        assert_true(coefficients[j] >= 0);
        if (coefficients[j] > 0)
            assert_near(gradient / scale, 0, 1e-9);
        else
            assert_true(gradient <= 1e-9 * scale);
    }
}

static void random_problems_of_every_size_end_at_their_minimum(void **state)
{
    static double rows[40][8], targets[40];
    struct series random;
    size_t at_bound = 0;

    (void)state;
    series_begin(&random, 7);
    for (size_t round = 0; round < 400; round++) {
        size_t columns = 1 + round % 8;
        struct wpb_least_squares problem;
        double coefficients[WPB_LEAST_SQUARES_MAX];
        unsigned kept;
        wpb_least_squares_begin(&problem, columns);
        for (size_t i = 0; i < 40; i++) {
            targets[i] = series_normal(&random);
            for (size_t j = 0; j < columns; j++)
                rows[i][j] = series_normal(&random) + (round % 3 == 0);
            assert_true(wpb_least_squares_add(&problem, rows[i], targets[i], 1));
        }
        wpb_nnls_minimize(&problem, coefficients, &kept);
        assert_is_minimum(rows, targets, 40, columns, coefficients);
        for (size_t j = 0; j < columns; j++)
            at_bound += !(kept >> j & 1);
    }
    assert_true(at_bound > 400);
}

/* As many columns that say the same as there can be: any minimum is one. */
static void dependent_columns_still_have_a_minimum(void **state)
{
    static double rows[30][8], targets[30];
    struct wpb_least_squares problem;
    double coefficients[WPB_LEAST_SQUARES_MAX];
    struct series random;
    unsigned kept;

    (void)state;
    series_begin(&random, 8);
    wpb_least_squares_begin(&problem, 8);
    for (size_t i = 0; i < 30; i++) {
        targets[i] = 3 * (double)i + series_normal(&random);
        for (size_t j = 0; j < 8; j++)
            rows[i][j] = (double)(i * (j + 1));
        assert_true(wpb_least_squares_add(&problem, rows[i], targets[i], 1));
    }
    wpb_nnls_minimize(&problem, coefficients, &kept);
    assert_is_minimum(rows, targets, 30, 8, coefficients);
}

/* Windows of a minute: front page 20 ms, product 80 ms, checkout 300 ms of MySQL, and
 * cron keeps it busy for 2 s of each. */
static void three_classes_windows(struct wpb_least_squares *problem,
                                  struct series *random, size_t windows)
{
    wpb_least_squares_begin(problem, 4);
    for (size_t i = 0; i < windows; i++) {
        double front = 60 + 120 * series_uniform(random);
        double product = 20 + 60 * series_uniform(random);
        double checkout = 12 * series_uniform(random);
        double row[4] = {60, front, product, checkout};
        double busy = 2 + 0.02 * front + 0.08 * product + 0.3 * checkout;
        double noise = 0.03 * sqrt(front + product + checkout);
        assert_true(wpb_least_squares_add(problem, row,
                                          busy + noise * series_normal(random),
                                          1 / (front + product + checkout)));
    }
}

static void the_cost_of_each_route_is_found_within_its_error(void **state)
{
    const double costs[4] = {2.0 / 60, 0.02, 0.08, 0.3};
    struct wpb_least_squares problem;
    struct series random;
    size_t within = 0;

    (void)state;
    series_begin(&random, 9);
    for (int seed = 0; seed < 100; seed++) {
        struct wpb_nnls nnls;
        three_classes_windows(&problem, &random, 120);
        wpb_nnls_solve(&problem, &nnls);
        assert_int_equal(nnls.refusal, WPB_WORK_NOT_REFUSED);
        assert_true(nnls.r2 > 0.9);
        for (size_t j = 0; j < 4; j++) {
            assert_int_equal(nnls.column_refusal[j], WPB_WORK_NOT_REFUSED);
            within += fabs(nnls.coefficient[j] - costs[j]) <= 2 * nnls.error[j];
        }
    }
    /* 95.4 % of 400, give or take three standard deviations. */
    assert_in_range(within, 369, 394);
}

static void a_mix_costs_its_shares(void **state)
{
    const double shares[4] = {0, 0.6, 0.35, 0.05};
    struct wpb_least_squares problem;
    struct wpb_nnls nnls;
    struct series random;
    double cost, error;

    (void)state;
    series_begin(&random, 10);
    three_classes_windows(&problem, &random, 500);
    wpb_nnls_solve(&problem, &nnls);
    cost = wpb_nnls_mix(&nnls, shares, &error);
    assert_near(cost, 0.6 * 0.02 + 0.35 * 0.08 + 0.05 * 0.3, 3 * error);
    assert_true(error > 0 && error < 0.1 * cost);
}

/* One class at the bound: its cost is nothing, and it has no error. */
static void a_cost_that_would_be_negative_is_nothing(void **state)
{
    struct wpb_least_squares problem;
    struct wpb_nnls nnls;
    struct series random;

    (void)state;
    series_begin(&random, 11);
    wpb_least_squares_begin(&problem, 3);
    for (int i = 0; i < 50; i++) {
        double row[3] = {60, 100 * series_uniform(&random),
                         100 * series_uniform(&random)};
        assert_true(wpb_least_squares_add(&problem, row, row[1] - 0.2 * row[2] + 40, 1));
    }
    wpb_nnls_solve(&problem, &nnls);
    assert_true(nnls.is_at_bound[2]);
    assert_near(nnls.coefficient[2], 0, 0);
    assert_true(isnan(nnls.error[2]));
    assert_true(nnls.coefficient[1] > 0.8 && nnls.error[1] > 0);
}

/* Cart and checkout always come together; login comes once a minute, always. */
static void what_cannot_be_told_apart_is_refused_and_the_rest_stands(void **state)
{
    struct wpb_least_squares problem;
    struct wpb_nnls nnls;
    struct series random;

    (void)state;
    series_begin(&random, 12);
    wpb_least_squares_begin(&problem, 5);
    for (int i = 0; i < 100; i++) {
        double front = 100 * series_uniform(&random), cart = 30 * series_uniform(&random);
        double row[5] = {60, front, cart, cart + 0.5 * series_normal(&random),
                         50 + series_normal(&random)};
        double busy = 1 + 0.02 * front + 0.1 * cart;
        assert_true(
            wpb_least_squares_add(&problem, row, busy + 0.1 * series_normal(&random), 1));
    }
    wpb_nnls_solve(&problem, &nnls);
    assert_int_equal(nnls.refusal, WPB_WORK_NOT_REFUSED);
    assert_int_equal(nnls.column_refusal[1], WPB_WORK_NOT_REFUSED);
    assert_int_equal(nnls.column_refusal[2], WPB_WORK_COLLINEAR);
    assert_int_equal(nnls.column_refusal[3], WPB_WORK_COLLINEAR);
    assert_int_equal(nnls.column_refusal[4], WPB_WORK_CONSTANT);
    assert_near(nnls.coefficient[1], 0.02, 4 * nnls.error[1]);
}

/* A class that was never asked for, and one that is another, exactly. */
static void absent_and_doubled_classes_are_refused(void **state)
{
    struct wpb_least_squares problem;
    struct wpb_nnls nnls;
    struct series random;

    (void)state;
    series_begin(&random, 13);
    wpb_least_squares_begin(&problem, 5);
    for (int i = 0; i < 60; i++) {
        double front = 100 * series_uniform(&random), twin = 9 * series_uniform(&random);
        double row[5] = {60, front, 0, twin, twin};
        assert_true(wpb_least_squares_add(&problem, row, 3 + front + twin, 1));
    }
    wpb_nnls_solve(&problem, &nnls);
    assert_int_equal(nnls.column_refusal[1], WPB_WORK_NOT_REFUSED);
    assert_int_equal(nnls.column_refusal[2], WPB_WORK_CONSTANT);
    assert_int_equal(nnls.column_refusal[3], WPB_WORK_COLLINEAR);
    assert_int_equal(nnls.column_refusal[4], WPB_WORK_COLLINEAR);
    assert_within(nnls.coefficient[1], 1, 1e-9);
}

/* Two of the columns of Longley 1967. */
static void inflations_of_two_columns_are_their_correlation(void **state)
{
    const double rows[16][3] = {
        {1, 83.0, 1590},  {1, 88.5, 1456},  {1, 88.2, 1616},  {1, 89.5, 1650},
        {1, 96.2, 3099},  {1, 98.1, 3594},  {1, 99.0, 3547},  {1, 100.0, 3350},
        {1, 101.2, 3048}, {1, 104.6, 2857}, {1, 108.4, 2798}, {1, 110.8, 2637},
        {1, 112.6, 2552}, {1, 114.2, 2514}, {1, 115.7, 2572}, {1, 116.9, 2827}};
    double mean[2] = {0, 0}, products = 0, squares[2] = {0, 0}, expected;
    struct wpb_least_squares problem;
    struct wpb_nnls nnls;

    (void)state;
    wpb_least_squares_begin(&problem, 3);
    for (size_t i = 0; i < 16; i++) {
        assert_true(wpb_least_squares_add(&problem, rows[i], (double)i, 1));
        mean[0] += rows[i][1] / 16;
        mean[1] += rows[i][2] / 16;
    }
    for (size_t i = 0; i < 16; i++) {
        products += (rows[i][1] - mean[0]) * (rows[i][2] - mean[1]);
        squares[0] += pow(rows[i][1] - mean[0], 2);
        squares[1] += pow(rows[i][2] - mean[1], 2);
    }
    /* Of two columns: 1/(1 - their squared correlation). */
    expected = 1 / (1 - products * products / (squares[0] * squares[1]));
    wpb_nnls_solve(&problem, &nnls);
    assert_within(nnls.inflation[1], expected, 1e-9);
    assert_within(nnls.inflation[2], expected, 1e-9);
    assert_within(nnls.variation[1], sqrt(squares[0] / 16) / mean[0], 1e-9);
    assert_int_equal(nnls.refusal, WPB_WORK_TOO_FEW_WINDOWS);
    assert_int_equal(nnls.column_refusal[1], WPB_WORK_CONSTANT);
}

static void noise_is_refused_as_a_poor_fit(void **state)
{
    struct wpb_least_squares problem;
    struct wpb_nnls nnls;
    struct series random;

    (void)state;
    series_begin(&random, 14);
    wpb_least_squares_begin(&problem, 2);
    for (int i = 0; i < 200; i++) {
        double row[2] = {60, 100 * series_uniform(&random)};
        assert_true(
            wpb_least_squares_add(&problem, row, 10 * series_uniform(&random), 1));
    }
    wpb_nnls_solve(&problem, &nnls);
    assert_int_equal(nnls.refusal, WPB_WORK_POOR_FIT);
    assert_int_equal(nnls.column_refusal[1], WPB_WORK_POOR_FIT);
}

static void every_refusal_has_a_name_of_its_own_and_a_sentence(void **state)
{
    (void)state;
    assert_string_equal(wpb_work_refusal_name(WPB_WORK_NOT_REFUSED), "");
    for (int i = 1; i < WPB_WORK_REFUSALS; i++) {
        const char *text = wpb_work_refusal_text((enum wpb_work_refusal)i);
        assert_true(strlen(wpb_work_refusal_name((enum wpb_work_refusal)i)) > 3);
        assert_true(text[strlen(text) - 1] == '.');
        for (int j = 0; j < i; j++)
            assert_string_not_equal(wpb_work_refusal_name((enum wpb_work_refusal)i),
                                    wpb_work_refusal_name((enum wpb_work_refusal)j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_problems_of_every_size_end_at_their_minimum),
        cmocka_unit_test(dependent_columns_still_have_a_minimum),
        cmocka_unit_test(the_cost_of_each_route_is_found_within_its_error),
        cmocka_unit_test(a_mix_costs_its_shares),
        cmocka_unit_test(a_cost_that_would_be_negative_is_nothing),
        cmocka_unit_test(what_cannot_be_told_apart_is_refused_and_the_rest_stands),
        cmocka_unit_test(absent_and_doubled_classes_are_refused),
        cmocka_unit_test(inflations_of_two_columns_are_their_correlation),
        cmocka_unit_test(noise_is_refused_as_a_poor_fit),
        cmocka_unit_test(every_refusal_has_a_name_of_its_own_and_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
