/* Least squares row by row: certified values, and what is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/analyse/least_squares.h"
#include "tests/unit/near.h"
#include "tests/unit/series.h"

#define LONGLEY_ROWS 16

/* Longley 1967, as NIST's Statistical Reference Datasets certify it: y, then x1 to x6. */
static const double longley[LONGLEY_ROWS][7] = {
    {60323, 83.0, 234289, 2356, 1590, 107608, 1947},
    {61122, 88.5, 259426, 2325, 1456, 108632, 1948},
    {60171, 88.2, 258054, 3682, 1616, 109773, 1949},
    {61187, 89.5, 284599, 3351, 1650, 110929, 1950},
    {63221, 96.2, 328975, 2099, 3099, 112075, 1951},
    {63639, 98.1, 346999, 1932, 3594, 113270, 1952},
    {64989, 99.0, 365385, 1870, 3547, 115094, 1953},
    {63761, 100.0, 363112, 3578, 3350, 116219, 1954},
    {66019, 101.2, 397469, 2904, 3048, 117388, 1955},
    {67857, 104.6, 419180, 2822, 2857, 118734, 1956},
    {68169, 108.4, 442769, 2936, 2798, 120445, 1957},
    {66513, 110.8, 444546, 4681, 2637, 121950, 1958},
    {68655, 112.6, 482704, 3813, 2552, 123366, 1959},
    {69564, 114.2, 502601, 3931, 2514, 125368, 1960},
    {69331, 115.7, 518173, 4806, 2572, 127852, 1961},
    {70551, 116.9, 554894, 4007, 2827, 130081, 1962},
};

static void longley_begin(struct wpb_least_squares *problem)
{
    wpb_least_squares_begin(problem, 7);
    for (size_t i = 0; i < LONGLEY_ROWS; i++) {
        double row[7] = {1};
        for (size_t j = 1; j < 7; j++)
            row[j] = longley[i][j];
        assert_true(wpb_least_squares_add(problem, row, longley[i][0], 1));
    }
}

static void longleys_data_give_the_certified_coefficients_and_errors(void **state)
{
    const double certified[7][2] = {{-3482258.63459582, 890420.383607373},
                                    {15.0618722713733, 84.9149257747669},
                                    {-0.358191792925910e-1, 0.334910077722432e-1},
                                    {-2.02022980381683, 0.488399681651699},
                                    {-1.03322686717359, 0.214274163161675},
                                    {-0.511041056535807e-1, 0.226073200069370},
                                    {1829.15146461355, 455.478499142212}};
    double coefficients[7], inverse[WPB_LEAST_SQUARES_MAX][WPB_LEAST_SQUARES_MAX];
    struct wpb_least_squares problem;

    (void)state;
    longley_begin(&problem);
    assert_true(wpb_least_squares_solve(&problem, coefficients));
    assert_true(wpb_least_squares_inverse(&problem, inverse));
    assert_within(sqrt(problem.rest / 9), 304.854073561965, 1e-8);
    for (size_t j = 0; j < 7; j++) {
        assert_within(coefficients[j], certified[j][0], 1e-7);
        assert_within(sqrt(problem.rest / 9 * inverse[j][j]), certified[j][1], 1e-7);
    }
}

static void a_selection_is_the_problem_of_these_columns_alone(void **state)
{
    const size_t order[3] = {6, 0, 2};
    struct wpb_least_squares all, selected, direct;
    double ours[3], theirs[3];

    (void)state;
    longley_begin(&all);
    wpb_least_squares_select(&all, order, 3, &selected);
    wpb_least_squares_begin(&direct, 3);
    for (size_t i = 0; i < LONGLEY_ROWS; i++) {
        double row[3] = {longley[i][6], 1, longley[i][2]};
        assert_true(wpb_least_squares_add(&direct, row, longley[i][0], 1));
    }
    assert_true(wpb_least_squares_solve(&selected, ours));
    assert_true(wpb_least_squares_solve(&direct, theirs));
    assert_within(selected.rest, direct.rest, 1e-8);
    for (size_t j = 0; j < 3; j++)
        assert_within(ours[j], theirs[j], 1e-8);
}

static void a_weight_of_three_is_the_row_three_times(void **state)
{
    struct wpb_least_squares weighted, repeated;
    struct series random;
    double ours[2], theirs[2];

    (void)state;
    series_begin(&random, 3);
    wpb_least_squares_begin(&weighted, 2);
    wpb_least_squares_begin(&repeated, 2);
    for (int i = 0; i < 30; i++) {
        double row[2] = {1, series_normal(&random)}, target = series_normal(&random);
        int times = 1 + i % 3;
        assert_true(wpb_least_squares_add(&weighted, row, target, times));
        for (int j = 0; j < times; j++)
            assert_true(wpb_least_squares_add(&repeated, row, target, 1));
    }
    assert_true(wpb_least_squares_solve(&weighted, ours));
    assert_true(wpb_least_squares_solve(&repeated, theirs));
    assert_within(ours[0], theirs[0], 1e-12);
    assert_within(ours[1], theirs[1], 1e-12);
    assert_within(weighted.rest, repeated.rest, 1e-12);
}

static void dependent_columns_are_not_solved(void **state)
{
    struct wpb_least_squares problem;
    double coefficients[3], inverse[WPB_LEAST_SQUARES_MAX][WPB_LEAST_SQUARES_MAX];

    (void)state;
    wpb_least_squares_begin(&problem, 3);
    for (int i = 0; i < 20; i++) {
        double row[3] = {1, i, 3.7 * i - 2};
        assert_true(wpb_least_squares_add(&problem, row, i, 1));
    }
    assert_false(wpb_least_squares_solve(&problem, coefficients));
    assert_false(wpb_least_squares_inverse(&problem, inverse));
}

static void rows_that_arithmetic_cannot_bear_are_refused(void **state)
{
    const double bad[] = {NAN, INFINITY, -INFINITY, 1e61};
    struct wpb_least_squares problem;
    double row[2] = {1, 2};

    (void)state;
    wpb_least_squares_begin(&problem, 2);
    for (size_t i = 0; i < 4; i++) {
        double bad_row[2] = {1, bad[i]};
        assert_false(wpb_least_squares_add(&problem, bad_row, 1, 1));
        assert_false(wpb_least_squares_add(&problem, row, bad[i], 1));
        assert_false(wpb_least_squares_add(&problem, row, 1, bad[i]));
    }
    assert_false(wpb_least_squares_add(&problem, row, 1, 0));
    assert_false(wpb_least_squares_add(&problem, row, 1, -1));
    assert_int_equal(problem.rows, 0);
    assert_near(problem.rest, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longleys_data_give_the_certified_coefficients_and_errors),
        cmocka_unit_test(a_selection_is_the_problem_of_these_columns_alone),
        cmocka_unit_test(a_weight_of_three_is_the_row_three_times),
        cmocka_unit_test(dependent_columns_are_not_solved),
        cmocka_unit_test(rows_that_arithmetic_cannot_bear_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
