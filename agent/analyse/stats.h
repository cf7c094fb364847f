/*
 * stats.h - robust statistics of a few hundred numbers, and the normal distribution.
 *
 * Pure. What must be sorted is sorted in the caller's array; nothing is allocated here.
 * Values have to be finite unless a function says otherwise.
 */
#ifndef WPB_ANALYSE_STATS_H
#define WPB_ANALYSE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WPB_MS_PER_HOUR INT64_C(3600000)
#define WPB_MS_PER_DAY INT64_C(86400000)

/* One value of a series, in the unit of its metric. */
struct wpb_point {
    int64_t time_ms;
    double value;
};

/* Is POINT one that arithmetic can bear: a finite value of at most 1e200 either way and a
 * time that a double holds exactly (2^53 ms)? What is not is left out everywhere. */
bool wpb_stats_usable(const struct wpb_point *point);

/* Ascending. O(n log n). */
void wpb_stats_sort(double *values, size_t count);

/* The quantile P (0..1) of SORTED by linear interpolation between order statistics
 * (Hyndman & Fan 1996, type 7; the default of R); NAN of none. */
double wpb_stats_quantile(const double *sorted, size_t count, double p);

/* The median; sorts VALUES. NAN of none. */
double wpb_stats_median(double *values, size_t count);

/* 1.4826 times the median distance from CENTER: the standard deviation where the values
 * are normal, and untouched by nearly half of them being wild. Overwrites VALUES. 0 of
 * none. */
double wpb_stats_spread(double *values, size_t count, double center);

/* Autocorrelation at lag 1: sum (v_i - m)(v_i+1 - m) / sum (v_i - m)^2, -1..1; 0 of less
 * than three values and where all are alike. */
double wpb_stats_autocorrelation(const double *values, size_t count);

/* P(Z > Z_SCORE) of the standard normal distribution. */
double wpb_stats_normal_tail(double z_score);

/* The z with P(Z <= z) = P, 0 < P < 1, to 1e-14: Abramowitz & Stegun 26.2.23 and then
 * Newton's steps on erfc. Infinite outside. */
double wpb_stats_normal_quantile(double p);

/* The same of Student's t with FREEDOM degrees, by Abramowitz & Stegun 26.7.5: to 3 % for
 * 2 degrees and 1 % for more, 0.05 <= P <= 0.95. */
double wpb_stats_t_quantile(double p, double freedom);

#endif
