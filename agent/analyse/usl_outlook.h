/*
 * usl_outlook.h - what a fit of usl.h may be asked, and what it is not believed.
 *
 * A rate at N is foretold as a pair: from the whole law, which turns down too early as
 * often as not, and from Amdahl's (beta = 0), which never does. The answer is the middle
 * of the two; the interval holds both with their 90 % intervals, and is widened by what
 * earlier forecasts were wrong by. Nobody is told of an N beyond the pool (PHP-FPM runs
 * no more than pm.max_children; further clients only queue) or beyond twice the 99th
 * percentile of what was seen: then the answer is of that N, and is "at least" where
 * throughput still rises there.
 *
 * A peak is told only where beta differs from 0 (F test, 5 %), where the fit without the
 * third of the points with the largest N puts it within 30 %, and where that many were
 * seen at once. Formal intervals alone do not suffice: on the first 20 points of a
 * published table (Cisco) they say 22.8 to 26.2 where all 32 say 35.6.
 *
 * Pure; memory of the caller; four fits.
 */
#ifndef WPB_ANALYSE_USL_OUTLOOK_H
#define WPB_ANALYSE_USL_OUTLOOK_H

#include "agent/analyse/usl.h"
#include "agent/analyse/usl_bins.h"
#include "agent/analyse/work_refusal.h"

#define WPB_USL_WINDOWS_MIN 200
#define WPB_USL_POINTS_MIN 6
/* 95th over 5th percentile of N. */
#define WPB_USL_RANGE_MIN 3.0
#define WPB_USL_REACH 2.0
#define WPB_USL_CONFIDENCE 0.9
#define WPB_USL_ERROR_RATIO_MAX 0.01
#define WPB_USL_THROTTLED_MAX 0.05
#define WPB_USL_MIX_DISTANCE_MAX 0.2
#define WPB_USL_HIT_RATIO_CHANGE_MAX 0.05
/* Of the variance of N~, what Poisson's chance alone gives. */
#define WPB_USL_CHANCE_SHARE_MAX 0.1
#define WPB_USL_BETA_P_MAX 0.05
#define WPB_USL_PEAK_MOVE_MAX 0.3

struct wpb_usl_ask {
    double target_n;    /* 0: all workers of the pool */
    double widen;       /* from scored forecasts (forecast.h); below 1: 1 */
    double service_cv2; /* Cs2 of the times of requests; 0: taken as 1 */
};

struct wpb_usl_outlook {
    enum wpb_work_refusal refusal; /* of all of it; then only what was seen is there */
    double windows, seen_low, seen_high, seen_most; /* N: 5, 95 and 99 % */
    size_t occupied;                                /* points, or bins of 3 windows */
    struct wpb_usl usl, amdahl;
    /* Foretold. */
    double at_n, rate, rate_low, rate_high; /* low <= rate <= high */
    bool is_at_least; /* at_n is less than was asked for, and throughput rises there */
    /* Where throughput turns down. */
    enum wpb_work_refusal peak_refusal;
    double peak_n, peak_rate;
    double beta_p; /* of the F test; 1 where beta is 0 */
};

/* What BINS say of ASK. */
void wpb_usl_look(const struct wpb_usl_bins *bins, const struct wpb_usl_ask *ask,
                  struct wpb_usl_outlook *outlook);

/* The same of POINTS, ascending by N, whose windows are fit to be compared; N is not
 * asked beyond LIMIT_N (INFINITY: no pool ends it). */
void wpb_usl_judge(const struct wpb_usl_point *points, size_t count, double limit_n,
                   const struct wpb_usl_ask *ask, struct wpb_usl_outlook *outlook);

#endif
