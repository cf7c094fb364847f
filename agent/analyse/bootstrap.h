/*
 * bootstrap.h - what else could have been measured: draws of windows, block by block.
 *
 * The moving-block bootstrap (Kuensch 1989; Liu & Singh 1992): a sample of as many
 * windows as there were, made of blocks of neighbours that begin anywhere, so that what
 * neighbours have in common is kept within a block. Of many such samples the quantiles of
 * a statistic are its interval (percentile method, Efron 1981). The draws come from
 * splitmix64 and are the same for the same seed on every machine.
 *
 * Pure; all memory is the caller's. For what is asked each hour of many routes, the
 * jackknife of block_fit.h is a hundred times cheaper.
 */
#ifndef WPB_ANALYSE_BOOTSTRAP_H
#define WPB_ANALYSE_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wpb_bootstrap {
    uint64_t state;
    size_t count, block;
};

/* 2 n^(1/3), 1 to COUNT: the best length grows so (Hall, Horowitz & Jing 1995), with a
 * factor for neighbours that have half of their deviation in common. */
size_t wpb_bootstrap_block(size_t count);

/* Samples of COUNT windows (above 0) in blocks of BLOCK (0: wpb_bootstrap_block()). */
void wpb_bootstrap_begin(struct wpb_bootstrap *bootstrap, size_t count, size_t block,
                         uint64_t seed);

/* The next sample: `count` INDICES below `count`. */
void wpb_bootstrap_draw(struct wpb_bootstrap *bootstrap, size_t *indices);

/* What is computed of a sample; NAN where it cannot be, and then it does not count. */
typedef double wpb_bootstrap_statistic(const void *cookie, const size_t *indices,
                                       size_t count);

/* The interval of CONFIDENCE (0..1) of STATISTIC from VALUES_COUNT samples; INDICES (room
 * for `count`) and VALUES (for VALUES_COUNT) are overwritten. False when less than half
 * of the samples gave a value. */
bool wpb_bootstrap_interval(struct wpb_bootstrap *bootstrap,
                            wpb_bootstrap_statistic *statistic, const void *cookie,
                            double confidence, size_t *indices, double *values,
                            size_t values_count, double *low, double *high);

#endif
