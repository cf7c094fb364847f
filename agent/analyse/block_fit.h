/*
 * block_fit.h - a line through windows of which neighbours are alike, and its error.
 *
 * Least squares with instruments: the b that solves sum w z (y - x'b) = 0 for each
 * instrument. Where z is x that is ordinary least squares; where a column of x is itself
 * moved by what y is (the concurrency, which long requests raise), its instrument is
 * something that is not (the rate at which they arrive), and b is still right (two-stage
 * least squares, exactly identified: Wald 1940).
 *
 * Errors of windows that follow each other are not independent. So rows go into
 * WPB_BLOCK_FIT_BLOCKS blocks of neighbours, of which only sums are kept, and the error
 * of whatever is computed from b is that of the delete-a-block jackknife: it is computed
 * again without each block (Quenouille 1949; Kuensch 1989 for dependent data),
 *     variance = (G - 1)/G sum (value_g - mean)^2
 * which holds for any likeness within a block, and errs to the wide side.
 *
 * Pure; all memory is the caller's; a row costs O(k^2). Scale columns to about one: sums
 * of products are kept.
 */
#ifndef WPB_ANALYSE_BLOCK_FIT_H
#define WPB_ANALYSE_BLOCK_FIT_H

#include <stdbool.h>
#include <stddef.h>

#define WPB_BLOCK_FIT_BLOCKS 16
#define WPB_BLOCK_FIT_TERMS_MAX 3

struct wpb_block_fit {
    size_t terms;
    /* Sums of w z x', with w z y as the last column. */
    double sums[WPB_BLOCK_FIT_BLOCKS][WPB_BLOCK_FIT_TERMS_MAX]
               [WPB_BLOCK_FIT_TERMS_MAX + 1];
    size_t rows[WPB_BLOCK_FIT_BLOCKS];
};

/* TERMS is 1 to WPB_BLOCK_FIT_TERMS_MAX. */
void wpb_block_fit_begin(struct wpb_block_fit *fit, size_t terms);

/* The block of row INDEX (0 on) of COUNT. */
size_t wpb_block_fit_block(size_t index, size_t count);

/* All finite, WEIGHT above 0. */
void wpb_block_fit_add(struct wpb_block_fit *fit, size_t block, const double *x,
                       const double *z, double y, double weight);

/* COEFFICIENTS without block WITHOUT (WPB_BLOCK_FIT_BLOCKS: of all). False when they are
 * not determined. */
bool wpb_block_fit_solve(const struct wpb_block_fit *fit, size_t without,
                         double *coefficients);

/* A value, and its standard error, of what VALUE computes of coefficients; freedom is the
 * number of blocks less the terms. False when it is not determined in all and without
 * each block, or not finite, or no block is to spare. */
struct wpb_block_estimate {
    double value, error, freedom;
};
bool wpb_block_fit_estimate(const struct wpb_block_fit *fit,
                            double (*value)(const void *cookie,
                                            const double *coefficients),
                            const void *cookie, struct wpb_block_estimate *estimate);

/* How far a two-sided interval of CONFIDENCE (0..1) reaches around the value. */
double wpb_block_fit_reach(const struct wpb_block_estimate *estimate, double confidence);

#endif
