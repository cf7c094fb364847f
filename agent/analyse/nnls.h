/*
 * nnls.h - least squares whose coefficients cannot be negative, and how far to trust
 * them.
 *
 * What a request of each route class costs, where classes share a window:
 *     busy(w) = D_0 s(w) + sum over r of D_r n_r(w)
 * with s the seconds of the window (cron and other background work) and n_r the requests
 * of class r. A cost is not negative. The minimum is found exactly: it is the best of
 * the least-squares solutions on each subset of columns whose coefficients are all
 * positive (Lawson & Hanson 1974, chapter 23: the problem is convex and the minimum is
 * one of these), and of eight columns there are 255, on the triangle of
 * least_squares.h, whatever the number of windows. When all columns together have no
 * negative coefficient, no other subset is looked at.
 *
 * Column 0 has to be the constant (or the seconds); it needs no refusal of its own.
 * Standard errors are those of the columns that are not at the bound, as if the others
 * were known to be 0. Weigh rows by what their noise is: 1/n for sums over n requests.
 *
 * Pure; all memory is the caller's; at most 255 x O(k^3).
 */
#ifndef WPB_ANALYSE_NNLS_H
#define WPB_ANALYSE_NNLS_H

#include "agent/analyse/least_squares.h"
#include "agent/analyse/work_refusal.h"

#define WPB_NNLS_ROWS_MIN 20
/* Of all columns: what they explain of the spread of the target. */
#define WPB_NNLS_R2_MIN 0.5
/* Of one: 1/(1 - R^2) of it on the others. */
#define WPB_NNLS_INFLATION_MAX 10
/* Of one: its standard deviation over its mean. */
#define WPB_NNLS_VARIATION_MIN 0.2

struct wpb_nnls {
    size_t columns, rows;
    double coefficient[WPB_LEAST_SQUARES_MAX]; /* not negative */
    bool is_at_bound[WPB_LEAST_SQUARES_MAX];   /* 0, because it would be negative */
    double error[WPB_LEAST_SQUARES_MAX];       /* standard error; NAN at the bound */
    double covariance[WPB_LEAST_SQUARES_MAX][WPB_LEAST_SQUARES_MAX]; /* 0 at the bound */
    double variation[WPB_LEAST_SQUARES_MAX]; /* of the column; 0 of column 0 */
    double inflation[WPB_LEAST_SQUARES_MAX]; /* 1 or more; INFINITY; 1 of column 0 */
    double r2;                               /* 0..1 */
    double residual_error;                   /* of a row of weight 1 */
    /* Of the whole: TOO_FEW_WINDOWS, POOR_FIT. Of one column: the same, CONSTANT or
     * COLLINEAR. Where the whole is not refused, a column that is not stands. */
    enum wpb_work_refusal refusal;
    enum wpb_work_refusal column_refusal[WPB_LEAST_SQUARES_MAX];
};

/* The minimum alone: COEFFICIENTS (`columns`) and in KEPT which columns are positive (bit
 * j of column j). Returns the sum of squares that it leaves. */
double wpb_nnls_minimize(const struct wpb_least_squares *problem, double *coefficients,
                         unsigned *kept);

/* All of the above. */
void wpb_nnls_solve(const struct wpb_least_squares *problem, struct wpb_nnls *nnls);

/* SHARES (`columns`, of which the first is not used) times the coefficients: what a
 * request of that mix costs, with its standard error to ERROR. */
double wpb_nnls_mix(const struct wpb_nnls *nnls, const double *shares, double *error);

#endif
