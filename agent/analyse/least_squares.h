/*
 * least_squares.h - a weighted least-squares problem of few unknowns, row by row.
 *
 * Each row (x_1 ... x_k; y) with its weight is rotated into D^1/2 U, where U is an upper
 * triangle with ones on its diagonal, by Givens rotations without square roots (Gentleman
 * 1974, Algorithm AS 75): then min |X b - y| = min |D^1/2 (U b - t)|, and the square of
 * what no b explains is in `rest`. So any number of windows takes the memory of one small
 * matrix, and the condition of X is not squared as it is by normal equations. Since the
 * rows of U with the weights D are an equal problem, leaving columns out is adding those
 * rows, without them, to a new one.
 *
 * Pure; all memory is the caller's; a row costs O(k^2). Rows that arithmetic cannot bear
 * are refused, so that what is solved is finite.
 */
#ifndef WPB_ANALYSE_LEAST_SQUARES_H
#define WPB_ANALYSE_LEAST_SQUARES_H

#include <stdbool.h>
#include <stddef.h>

#define WPB_LEAST_SQUARES_MAX 8
/* Values and weights beyond it, either way, are refused. */
#define WPB_LEAST_SQUARES_VALUE_MAX 1e60

struct wpb_least_squares {
    size_t columns; /* 1 to WPB_LEAST_SQUARES_MAX */
    size_t rows;    /* that were added */
    double u[WPB_LEAST_SQUARES_MAX][WPB_LEAST_SQUARES_MAX]; /* above its diagonal */
    double d[WPB_LEAST_SQUARES_MAX];                        /* 0 or more */
    double t[WPB_LEAST_SQUARES_MAX];
    double rest; /* sum of squares */
};

/* COLUMNS is 1 to WPB_LEAST_SQUARES_MAX. */
void wpb_least_squares_begin(struct wpb_least_squares *problem, size_t columns);

/* Add `columns` values of ROW with TARGET. False, and nothing is added, when a value or
 * WEIGHT is not finite or too large, or WEIGHT is not above 0. */
bool wpb_least_squares_add(struct wpb_least_squares *problem, const double *row,
                           double target, double weight);

/* To SELECTED the same problem with only the COUNT columns of ORDER, in that order. */
void wpb_least_squares_select(const struct wpb_least_squares *problem,
                              const size_t *order, size_t count,
                              struct wpb_least_squares *selected);

/* COEFFICIENTS (`columns`) that minimize the squares. False when a column depends on
 * those before it (its part that they do not explain is below 1e-10 of it). */
bool wpb_least_squares_solve(const struct wpb_least_squares *problem,
                             double *coefficients);

/* (X'WX)^-1, symmetric; times the residual variance it is the covariance of the
 * coefficients. False as above. */
bool wpb_least_squares_inverse(
    const struct wpb_least_squares *problem,
    double inverse[WPB_LEAST_SQUARES_MAX][WPB_LEAST_SQUARES_MAX]);

/* Where column 0 is constant: the weighted sum of squares of column J around its mean,
 * and of the target. */
double wpb_least_squares_centered(const struct wpb_least_squares *problem, size_t j);
double wpb_least_squares_centered_target(const struct wpb_least_squares *problem);

#endif
