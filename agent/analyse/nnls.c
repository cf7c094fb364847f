#include "agent/analyse/nnls.h"

#include <math.h>
#include <string.h>

/* The columns of MASK, ascending, to ORDER. */
static size_t columns_of(unsigned mask, size_t *order)
{
    size_t count = 0;

    for (size_t j = 0; j < WPB_LEAST_SQUARES_MAX; j++) {
        if (mask >> j & 1)
            order[count++] = j;
    }
    return count;
}

/* Least squares on the columns of MASK: is there a solution without negative ones? */
static bool solves(const struct wpb_least_squares *problem, unsigned mask,
                   double *coefficients, double *rest)
{
    struct wpb_least_squares selected;
    size_t order[WPB_LEAST_SQUARES_MAX], count = columns_of(mask, order);
    double values[WPB_LEAST_SQUARES_MAX];

    wpb_least_squares_select(problem, order, count, &selected);
    if (!wpb_least_squares_solve(&selected, values))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (values[i] < 0)
            return false;
    }
    memset(coefficients, 0, problem->columns * sizeof(*coefficients));
    for (size_t i = 0; i < count; i++)
        coefficients[order[i]] = values[i];
    *rest = selected.rest;
    return true;
}

double wpb_nnls_minimize(const struct wpb_least_squares *problem, double *coefficients,
                         unsigned *kept)
{
    unsigned all = (1U << problem->columns) - 1;
    double least, values[WPB_LEAST_SQUARES_MAX], rest;

    least = wpb_least_squares_centered_target(problem) +
            problem->d[0] * problem->t[0] * problem->t[0];
    memset(coefficients, 0, problem->columns * sizeof(*coefficients));
    *kept = 0;
    if (solves(problem, all, coefficients, &rest)) {
        *kept = all;
        return rest;
    }
    for (unsigned mask = all - 1; mask > 0; mask--) {
        if (!solves(problem, mask, values, &rest) || !(rest < least))
            continue;
        least = rest;
        *kept = mask;
        memcpy(coefficients, values, problem->columns * sizeof(*coefficients));
    }
    return least;
}

/* Column J last: what is left of it then is what the others do not explain. */
static double inflation_of(const struct wpb_least_squares *problem, size_t j)
{
    struct wpb_least_squares selected;
    size_t order[WPB_LEAST_SQUARES_MAX], count = 0, last;
    double own, all;

    for (size_t i = 0; i < problem->columns; i++) {
        if (i != j)
            order[count++] = i;
    }
    last = count;
    order[count++] = j;
    wpb_least_squares_select(problem, order, count, &selected);
    own = selected.d[last];
    all = wpb_least_squares_centered(&selected, last);
    return own > 0 ? fmax(all / own, 1) : INFINITY;
}

/* Where column 0 is constant, u_0j is the mean of column j, and d_0 the weight of all. */
static double variation_of(const struct wpb_least_squares *problem, size_t j)
{
    double mean = fabs(problem->u[0][j]);
    double spread = sqrt(wpb_least_squares_centered(problem, j) / problem->d[0]);

    if (!(spread > 0))
        return 0;
    return mean > 0 ? spread / mean : INFINITY;
}

static void judge_columns(const struct wpb_least_squares *problem, struct wpb_nnls *nnls)
{
    nnls->inflation[0] = 1;
    for (size_t j = 1; j < problem->columns; j++) {
        nnls->variation[j] = variation_of(problem, j);
        nnls->inflation[j] = inflation_of(problem, j);
        if (!(nnls->variation[j] >= WPB_NNLS_VARIATION_MIN))
            nnls->column_refusal[j] = WPB_WORK_CONSTANT;
        else if (!(nnls->inflation[j] <= WPB_NNLS_INFLATION_MAX))
            nnls->column_refusal[j] = WPB_WORK_COLLINEAR;
    }
}

/* The covariance of the columns in KEPT, and the errors. */
static void measure_errors(const struct wpb_least_squares *problem, unsigned kept,
                           double rest, struct wpb_nnls *nnls)
{
    struct wpb_least_squares selected;
    double inverse[WPB_LEAST_SQUARES_MAX][WPB_LEAST_SQUARES_MAX], variance;
    size_t order[WPB_LEAST_SQUARES_MAX], count = columns_of(kept, order);

    for (size_t j = 0; j < problem->columns; j++) {
        nnls->is_at_bound[j] = !(kept >> j & 1);
        nnls->error[j] = NAN;
    }
    nnls->residual_error = NAN;
    if (problem->rows <= count || count == 0)
        return;
    variance = rest / (double)(problem->rows - count);
    nnls->residual_error = sqrt(variance);
    wpb_least_squares_select(problem, order, count, &selected);
    if (!wpb_least_squares_inverse(&selected, inverse))
        return;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++)
            nnls->covariance[order[i]][order[j]] = variance * inverse[i][j];
        nnls->error[order[i]] = sqrt(nnls->covariance[order[i]][order[i]]);
    }
}

static void refuse_whole(struct wpb_nnls *nnls, enum wpb_work_refusal refusal)
{
    nnls->refusal = refusal;
    for (size_t j = 0; j < nnls->columns; j++) {
        if (nnls->column_refusal[j] == WPB_WORK_NOT_REFUSED)
            nnls->column_refusal[j] = refusal;
    }
}

void wpb_nnls_solve(const struct wpb_least_squares *problem, struct wpb_nnls *nnls)
{
    double spread = wpb_least_squares_centered_target(problem), rest;
    unsigned kept;

    memset(nnls, 0, sizeof(*nnls));
    nnls->columns = problem->columns;
    nnls->rows = problem->rows;
    rest = wpb_nnls_minimize(problem, nnls->coefficient, &kept);
    measure_errors(problem, kept, rest, nnls);
    nnls->r2 = spread > 0 ? fmax(0, 1 - rest / spread) : 0;
    judge_columns(problem, nnls);
    if (problem->rows < WPB_NNLS_ROWS_MIN)
        refuse_whole(nnls, WPB_WORK_TOO_FEW_WINDOWS);
    else if (!(nnls->r2 >= WPB_NNLS_R2_MIN))
        refuse_whole(nnls, WPB_WORK_POOR_FIT);
}

double wpb_nnls_mix(const struct wpb_nnls *nnls, const double *shares, double *error)
{
    double cost = 0, variance = 0;

    for (size_t i = 1; i < nnls->columns; i++) {
        cost += shares[i] * nnls->coefficient[i];
        for (size_t j = 1; j < nnls->columns; j++)
            variance += shares[i] * shares[j] * nnls->covariance[i][j];
    }
    *error = sqrt(fmax(variance, 0));
    return cost;
}
