#include "agent/analyse/least_squares.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Of the square of a column, what the columns before it do not explain. */
#define DEPENDENT_RATIO 1e-20

void wpb_least_squares_begin(struct wpb_least_squares *problem, size_t columns)
{
    assert(columns >= 1 && columns <= WPB_LEAST_SQUARES_MAX);
    memset(problem, 0, sizeof(*problem));
    problem->columns = columns;
}

static bool is_bearable(double value)
{
    return fabs(value) <= WPB_LEAST_SQUARES_VALUE_MAX;
}

/* Rotate ROW (overwritten) with TARGET into the triangle. */
static void rotate_in(struct wpb_least_squares *problem, double *row, double target,
                      double weight)
{
    size_t columns = problem->columns;

    for (size_t i = 0; i < columns; i++) {
        double *pivot = problem->u[i], x = row[i], d, cosine, sine, kept;
        d = problem->d[i] + weight * x * x;
        /* Nothing, or too small to have a square. */
        if (!(fabs(x) > 0) || !(d > 0))
            continue;
        cosine = problem->d[i] / d;
        sine = weight * x / d;
        problem->d[i] = d;
        weight *= cosine;
        for (size_t j = i + 1; j < columns; j++) {
            kept = row[j];
            row[j] = kept - x * pivot[j];
            pivot[j] = cosine * pivot[j] + sine * kept;
        }
        kept = target;
        target = kept - x * problem->t[i];
        problem->t[i] = cosine * problem->t[i] + sine * kept;
        if (!(weight > 0))
            return;
    }
    problem->rest += weight * target * target;
}

bool wpb_least_squares_add(struct wpb_least_squares *problem, const double *row,
                           double target, double weight)
{
    double kept[WPB_LEAST_SQUARES_MAX];

    if (!(weight > 0 && is_bearable(weight) && is_bearable(target)))
        return false;
    for (size_t i = 0; i < problem->columns; i++) {
        if (!is_bearable(row[i]))
            return false;
        kept[i] = row[i];
    }
    rotate_in(problem, kept, target, weight);
    problem->rows++;
    return true;
}

/* Of the square row [I][J] of D^1/2 U. */
static double square(const struct wpb_least_squares *problem, size_t i, size_t j)
{
    double u = i == j ? 1 : problem->u[i][j];

    return problem->d[i] * u * u;
}

void wpb_least_squares_select(const struct wpb_least_squares *problem,
                              const size_t *order, size_t count,
                              struct wpb_least_squares *selected)
{
    wpb_least_squares_begin(selected, count);
    for (size_t i = 0; i < problem->columns; i++) {
        double row[WPB_LEAST_SQUARES_MAX];
        for (size_t j = 0; j < count; j++) {
            assert(order[j] < problem->columns);
            row[j] = order[j] == i ? 1 : problem->u[i][order[j]];
        }
        rotate_in(selected, row, problem->t[i], problem->d[i]);
    }
    selected->rest += problem->rest;
    selected->rows = problem->rows;
}

/* The square of column J from row FIRST on. */
static double square_from(const struct wpb_least_squares *problem, size_t first, size_t j)
{
    double sum = 0;

    for (size_t i = first; i <= j; i++)
        sum += square(problem, i, j);
    return sum;
}

static bool is_dependent(const struct wpb_least_squares *problem, size_t j)
{
    return !(problem->d[j] > DEPENDENT_RATIO * square_from(problem, 0, j));
}

bool wpb_least_squares_solve(const struct wpb_least_squares *problem,
                             double *coefficients)
{
    for (size_t j = 0; j < problem->columns; j++) {
        if (is_dependent(problem, j))
            return false;
    }
    for (size_t i = problem->columns; i-- > 0;) {
        double value = problem->t[i];
        for (size_t j = i + 1; j < problem->columns; j++)
            value -= problem->u[i][j] * coefficients[j];
        coefficients[i] = value;
        if (!isfinite(coefficients[i]))
            return false;
    }
    return true;
}

/* Column J of U^-1 to COLUMN: zero below J. */
static void inverse_column(const struct wpb_least_squares *problem, size_t j,
                           double *column)
{
    for (size_t i = problem->columns; i-- > 0;) {
        double value = i == j ? 1 : 0;
        for (size_t k = i + 1; k <= j; k++)
            value -= problem->u[i][k] * column[k];
        column[i] = i <= j ? value : 0;
    }
}

bool wpb_least_squares_inverse(
    const struct wpb_least_squares *problem,
    double inverse[WPB_LEAST_SQUARES_MAX][WPB_LEAST_SQUARES_MAX])
{
    double column[WPB_LEAST_SQUARES_MAX];

    memset(inverse, 0, sizeof(double[WPB_LEAST_SQUARES_MAX][WPB_LEAST_SQUARES_MAX]));
    for (size_t j = 0; j < problem->columns; j++) {
        if (is_dependent(problem, j))
            return false;
    }
    /* U^-1 D^-1 U^-T, one column of U^-1 at a time. */
    for (size_t k = 0; k < problem->columns; k++) {
        inverse_column(problem, k, column);
        for (size_t i = 0; i <= k; i++) {
            for (size_t j = 0; j <= k; j++)
                inverse[i][j] += column[i] * column[j] / problem->d[k];
        }
    }
    return true;
}

double wpb_least_squares_centered(const struct wpb_least_squares *problem, size_t j)
{
    assert(j < problem->columns);
    return j == 0 ? 0 : square_from(problem, 1, j);
}

double wpb_least_squares_centered_target(const struct wpb_least_squares *problem)
{
    double sum = problem->rest;

    for (size_t i = 1; i < problem->columns; i++)
        sum += problem->d[i] * problem->t[i] * problem->t[i];
    return sum;
}
