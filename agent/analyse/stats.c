#include "agent/analyse/stats.h"

#include <math.h>

#define SMALL 16
#define VALUE_MAX 1e200
#define TIME_MAX (INT64_C(1) << 53)
/* 1 / quantile(0.75) of the standard normal distribution. */
#define SPREAD_PER_MAD 1.482602218505602

bool wpb_stats_usable(const struct wpb_point *point)
{
    return isfinite(point->value) && fabs(point->value) <= VALUE_MAX &&
           point->time_ms >= -TIME_MAX && point->time_ms <= TIME_MAX;
}

static void swap(double *a, double *b)
{
    double kept = *a;

    *a = *b;
    *b = kept;
}

static void insertion_sort(double *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        double value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

static void sift_down(double *values, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && values[child + 1] > values[child])
            child++;
        if (values[root] >= values[child])
            return;
        swap(&values[root], &values[child]);
    }
}

static void heap_sort(double *values, size_t count)
{
    for (size_t root = count / 2; root-- > 0;)
        sift_down(values, root, count);
    for (size_t end = count; end-- > 1;) {
        swap(&values[0], &values[end]);
        sift_down(values, 0, end);
    }
}

/* What is left of the place returned is not above what is at it or right of it. */
static size_t partition(double *values, size_t count)
{
    double *first = &values[0], *middle = &values[count / 2], *last = &values[count - 1];
    double pivot;
    size_t i = 0, j = count - 1;

    if (*middle < *first)
        swap(middle, first);
    if (*last < *first)
        swap(last, first);
    if (*last < *middle)
        swap(last, middle);
    pivot = *middle;
    for (;;) {
        while (values[i] < pivot)
            i++;
        while (values[j] > pivot)
            j--;
        if (i >= j)
            return j + 1;
        swap(&values[i++], &values[j--]);
    }
}

/* Quicksort without a call for each comparison: slopes are sorted by the ten thousand.
 * Values that are made to be slow for it are left to the heap. */
static void quick_sort(double *values, size_t count, int depth)
{
    while (count > SMALL) {
        size_t split;
        if (depth-- == 0) {
            heap_sort(values, count);
            return;
        }
        split = partition(values, count);
        quick_sort(values + split, count - split, depth);
        count = split;
    }
    insertion_sort(values, count);
}

void wpb_stats_sort(double *values, size_t count)
{
    int depth = 0;

    for (size_t rest = count; rest > 1; rest /= 2)
        depth += 2;
    quick_sort(values, count, depth);
}

double wpb_stats_quantile(const double *sorted, size_t count, double p)
{
    double rank, part;
    size_t below;

    if (count == 0)
        return NAN;
    rank = p * (double)(count - 1);
    if (!(rank > 0))
        return sorted[0];
    below = (size_t)rank;
    if (below >= count - 1)
        return sorted[count - 1];
    part = rank - (double)below;
    return sorted[below] * (1 - part) + sorted[below + 1] * part;
}

double wpb_stats_median(double *values, size_t count)
{
    wpb_stats_sort(values, count);
    return wpb_stats_quantile(values, count, 0.5);
}

double wpb_stats_spread(double *values, size_t count, double center)
{
    if (count == 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        values[i] = fabs(values[i] - center);
    return SPREAD_PER_MAD * wpb_stats_median(values, count);
}

double wpb_stats_autocorrelation(const double *values, size_t count)
{
    double mean = 0, scale = 0, product = 0, square = 0;

    if (count < 3)
        return 0;
    for (size_t i = 0; i < count; i++)
        mean += values[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        scale = fmax(scale, fabs(values[i] - mean));
    if (!(scale > 0))
        return 0;
    for (size_t i = 0; i < count; i++) {
        double here = (values[i] - mean) / scale;
        square += here * here;
        if (i + 1 < count)
            product += here * ((values[i + 1] - mean) / scale);
    }
    return product / square;
}

double wpb_stats_normal_tail(double z_score)
{
    return 0.5 * erfc(z_score / sqrt(2));
}

double wpb_stats_normal_quantile(double p)
{
    double tail = p < 0.5 ? p : 1 - p, t, z;

    if (!(p > 0))
        return -INFINITY;
    if (p >= 1)
        return INFINITY;
    t = sqrt(-2 * log(tail));
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int step = 0; step < 3; step++) {
        double density = exp(-z * z / 2) / sqrt(2 * acos(-1));
        if (density > 0)
            z += (wpb_stats_normal_tail(z) - tail) / density;
    }
    return p < 0.5 ? -z : z;
}

double wpb_stats_t_quantile(double p, double freedom)
{
    double z = wpb_stats_normal_quantile(p), z2 = z * z;

    return z + z * (z2 + 1) / (4 * freedom) +
           z * ((5 * z2 + 16) * z2 + 3) / (96 * freedom * freedom) +
           z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) /
               (384 * freedom * freedom * freedom);
}
