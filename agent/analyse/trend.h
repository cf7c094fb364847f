/*
 * trend.h - how fast a series grows, how sure that is, and whether it grows at all.
 *
 * Slope: Theil-Sen, the median of the slopes (y_j - y_i)/(t_j - t_i) of all pairs with
 * different times; breaks down only when 29.3 % of the points are wild. Interval: Sen
 * 1968, the slopes of rank (N' -+ z sqrt(Var))/2 and that + 1, where N' is the number of
 * pairs. Gate: Mann-Kendall, S = sum sign(t_j - t_i) sign(y_j - y_i), with
 * Var(S) = n(n-1)(2n+5)/18 less what ties in either take (Kendall 1975). Neighbours are
 * alike, so that n points say less than n: Var is multiplied by n / n_eff,
 * n_eff = n (1 - r1)/(1 + r1), r1 the autocorrelation at lag 1 of what the line leaves
 * (Hamed & Rao 1998 for a process of the first order). Where r1 is beyond chance, (2 + 4
 * r1)/n is added: so much of it goes when a line is taken out (when only a mean is, it is
 * (1 + 3 r1)/n: Marriott & Pope 1954). A daily cycle is first taken out of those
 * residuals where there are five days or more and it explains half of them: a cycle is no
 * drift.
 *
 * A sum of random days wanders: it does not come back to a line, its neighbours are so
 * alike that n_eff is below 6, and the interval by ranks grows without bound. Its growth
 * from day to day is independent, though, so that the interval is then also taken from
 * that: slope -+ t sqrt(1.8) sd / sqrt(k) of the k changes from one day's median to the
 * next (of quarters of the time below four days), where 1.8 = 1.5 (medians of a walk
 * differ less than the walk) times 1.2 (a line through a walk instead of its ends), and
 * no less than if days differed by a quarter of the slope: few days may be alike by
 * chance. The narrower one holds. And such a series goes on from where it is, not from
 * the line.
 *
 * Pure; all memory is the caller's. O(m^2 log m) with m = min(n, WPB_TREND_POINTS_MAX),
 * plus O(n).
 */
#ifndef WPB_ANALYSE_TREND_H
#define WPB_ANALYSE_TREND_H

#include "agent/analyse/stats.h"

/* A week of hours. More points are thinned to medians of so many equal times. */
#define WPB_TREND_POINTS_MAX 168
#define WPB_TREND_PAIRS_MAX (WPB_TREND_POINTS_MAX * (WPB_TREND_POINTS_MAX - 1) / 2)
/* Below it ranks say nothing. */
#define WPB_TREND_POINTS_MIN 4
/* Blocks that must all rise (or fall) for wpb_trend.is_monotone. */
#define WPB_TREND_BLOCKS 8

/* What a fit needs to work in, about 120 KB: one for all series. Needs no beginning;
 * after a fit, points[0..count) hold what was fitted. */
struct wpb_trend_work {
    struct wpb_point points[WPB_TREND_POINTS_MAX];
    double values[WPB_TREND_POINTS_MAX];
    double slopes[WPB_TREND_PAIRS_MAX];
};

/* value(t) = level + per_day * (t - pivot_ms), in days; units of the series a day. */
struct wpb_trend {
    size_t count;              /* points fitted, after thinning */
    int64_t first_ms, last_ms; /* of them */
    double per_day;            /* median of the pairs' slopes */
    double per_day_low;        /* -INFINITY and INFINITY where the ranks do not */
    double per_day_high;       /* reach: too few independent points */
    bool is_wandering;
    int64_t pivot_ms;             /* the middle point's time; the last's of a wanderer */
    double level;                 /* median of value - per_day * (time - pivot), of all */
                                  /* points, or of the last hours of a wanderer */
    double noise_low, noise_high; /* 5 % and 95 % quantile of what the line leaves */
    double s, variance;           /* Mann-Kendall; the variance is deflated already */
    double autocorrelation;       /* r1, 0..1: a negative one counts as none */
    double effective_count;       /* n_eff */
    double p;                     /* two-sided, 0..1, normal with continuity correction */
    /* The medians of WPB_TREND_BLOCKS equal times rise (fall) one by one. Even a walk
     * without drift does so with a probability of only 2^-7 each way, whatever its
     * autocorrelation; ranks alone cannot say so once n_eff is below three. */
    bool is_monotone;
};

/* Copy the usable ones of POINTS to OUT (room for WPB_TREND_POINTS_MAX) and return how
 * many. Times that go back are left out. More than there is room for become medians of
 * equal times; of the points in one such time at most 64, evenly taken, are looked at. */
size_t wpb_trend_thin(const struct wpb_point *points, size_t count,
                      struct wpb_point *out);

/* Fit POINTS, in the order of time, with an interval of CONFIDENCE (0 to 0.999, such
 * as 0.9; anything else counts as 0.999).
 * False, and TREND is not filled, when fewer than WPB_TREND_POINTS_MIN usable points with
 * two different times are there. */
bool wpb_trend_fit(const struct wpb_point *points, size_t count, double confidence,
                   struct wpb_trend_work *work, struct wpb_trend *trend);

/* Mann-Kendall alone, as if neighbours had nothing in common: no more than the p of
 * wpb_trend_fit(), for a twentieth of its work. 1 where that would find nothing to fit.
 */
double wpb_trend_least_p(const struct wpb_point *points, size_t count,
                         struct wpb_trend_work *work);

/* The line at TIME_MS. */
double wpb_trend_at(const struct wpb_trend *trend, int64_t time_ms);

#endif
