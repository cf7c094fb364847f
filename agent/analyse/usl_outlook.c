#include "agent/analyse/usl_outlook.h"

#include <math.h>
#include <string.h>

#include "agent/analyse/least_squares.h"
#include "agent/analyse/student.h"

#define OCCUPIED_WINDOWS 3
/* R falls with N: so sure, and by so much over what was seen. */
#define SUPERLINEAR_P_MAX 0.01
#define SUPERLINEAR_SHARE 0.1

/* Up to this N there is the share P of the weight of POINTS. */
static double quantile_of(const struct wpb_usl_point *points, size_t count, double p)
{
    double all = 0, so_far = 0, n = NAN;

    for (size_t i = 0; i < count; i++)
        all += wpb_usl_usable(&points[i]) ? points[i].weight : 0;
    for (size_t i = 0; i < count; i++) {
        if (!wpb_usl_usable(&points[i]))
            continue;
        if (so_far > 0 && so_far >= p * all)
            break;
        so_far += points[i].weight;
        n = points[i].n;
    }
    return n;
}

static void note_range(const struct wpb_usl_point *points, size_t count,
                       struct wpb_usl_outlook *outlook)
{
    outlook->seen_low = quantile_of(points, count, 0.05);
    outlook->seen_high = quantile_of(points, count, 0.95);
    outlook->seen_most = quantile_of(points, count, 0.99);
}

/* Does the time of a request fall the more run at once? */
static bool is_superlinear(const struct wpb_usl_point *points, size_t count)
{
    struct wpb_least_squares problem;
    double line[2], inverse[WPB_LEAST_SQUARES_MAX][WPB_LEAST_SQUARES_MAX], error, freedom;
    double first = quantile_of(points, count, 0), last = quantile_of(points, count, 1);

    wpb_least_squares_begin(&problem, 2);
    for (size_t i = 0; i < count; i++) {
        double row[2] = {1, points[i].n}, latency_s = points[i].n / points[i].rate;
        if (!wpb_usl_usable(&points[i]))
            continue;
        wpb_least_squares_add(&problem, row, latency_s,
                              points[i].weight / (latency_s * latency_s));
    }
    if (problem.rows < 3 || !wpb_least_squares_solve(&problem, line) ||
        !wpb_least_squares_inverse(&problem, inverse))
        return false;
    freedom = (double)problem.rows - 2;
    error = sqrt(problem.rest / freedom * inverse[1][1]);
    if (line[0] + line[1] * last > (1 - SUPERLINEAR_SHARE) * (line[0] + line[1] * first))
        return false;
    return wpb_student_tail(-line[1] / error, freedom) < SUPERLINEAR_P_MAX;
}

/* F = (squares without - squares with) / (squares with / freedom), as t^2. */
static double beta_p_of(const struct wpb_usl *usl, const struct wpb_usl *amdahl)
{
    double freedom = (double)usl->points - 3;
    double gain = amdahl->squares - usl->squares;

    if (!(usl->beta > 0) || !(freedom > 0) || !(gain > 0))
        return 1;
    return 2 * wpb_student_tail(sqrt(gain / (usl->squares / freedom)), freedom);
}

static bool is_steady(const struct wpb_usl_point *points, size_t count, double peak_n)
{
    struct wpb_usl fewer;

    if (!wpb_usl_fit(points, count - count / 3, false, &fewer))
        return false;
    return fabs(fewer.peak_n / peak_n - 1) <= WPB_USL_PEAK_MOVE_MAX;
}

static void look_for_peak(const struct wpb_usl_point *points, size_t count,
                          struct wpb_usl_outlook *outlook)
{
    const struct wpb_usl *usl = &outlook->usl;

    outlook->beta_p = beta_p_of(usl, &outlook->amdahl);
    outlook->peak_n = usl->peak_n;
    outlook->peak_rate = usl->peak_rate;
    if (!(outlook->beta_p <= WPB_USL_BETA_P_MAX) ||
        !is_steady(points, count, usl->peak_n))
        outlook->peak_refusal = WPB_WORK_BETA_UNKNOWN;
    else if (usl->peak_n > outlook->seen_most)
        outlook->peak_refusal = WPB_WORK_EXTRAPOLATES;
}

/* Both models with their intervals, then the middle and what is around it. */
static void foretell(double widen, struct wpb_usl_outlook *outlook)
{
    const struct wpb_usl *models[2] = {&outlook->usl, &outlook->amdahl};
    double low = INFINITY, high = 0, sum = 0;

    for (size_t i = 0; i < 2; i++) {
        double rate = wpb_usl_rate(models[i], outlook->at_n);
        double error = wpb_usl_rate_error(models[i], outlook->at_n);
        double freedom = (double)(models[i]->points - models[i]->free);
        double reach =
            error * wpb_student_quantile(0.5 + WPB_USL_CONFIDENCE / 2, freedom);
        sum += rate;
        low = fmin(low, rate - reach);
        high = fmax(high, rate + reach);
    }
    outlook->rate = sum / 2;
    widen = widen > 1 ? widen : 1;
    outlook->rate_low = fmax(0, outlook->rate - widen * (outlook->rate - low));
    outlook->rate_high = outlook->rate + widen * (high - outlook->rate);
}

static bool rises_at(const struct wpb_usl_outlook *outlook)
{
    return outlook->peak_refusal != WPB_WORK_NOT_REFUSED ||
           outlook->at_n < outlook->peak_n;
}

static void judge(const struct wpb_usl_point *points, size_t count, double limit_n,
                  const struct wpb_usl_ask *ask, struct wpb_usl_outlook *outlook)
{
    double reach_n = fmin(limit_n, WPB_USL_REACH * outlook->seen_most);
    double target_n = ask->target_n > 0 ? ask->target_n : limit_n;

    if (is_superlinear(points, count)) {
        outlook->refusal = WPB_WORK_SUPERLINEAR;
        return;
    }
    if (!wpb_usl_fit(points, count, false, &outlook->usl) ||
        !wpb_usl_fit(points, count, true, &outlook->amdahl) ||
        isnan(outlook->usl.residual_error)) {
        outlook->refusal = WPB_WORK_POOR_FIT;
        return;
    }
    look_for_peak(points, count, outlook);
    outlook->at_n = fmax(1, fmin(target_n, reach_n));
    foretell(ask->widen, outlook);
    outlook->is_at_least = outlook->at_n < target_n && rises_at(outlook);
}

void wpb_usl_judge(const struct wpb_usl_point *points, size_t count, double limit_n,
                   const struct wpb_usl_ask *ask, struct wpb_usl_outlook *outlook)
{
    memset(outlook, 0, sizeof(*outlook));
    outlook->peak_refusal = WPB_WORK_NOT_MEASURED;
    for (size_t i = 0; i < count; i++) {
        if (!wpb_usl_usable(&points[i]))
            continue;
        outlook->occupied++;
        outlook->windows += points[i].weight;
    }
    note_range(points, count, outlook);
    if (outlook->occupied < WPB_USL_POINTS_MIN ||
        !(outlook->seen_high >= WPB_USL_RANGE_MIN * outlook->seen_low)) {
        outlook->refusal = WPB_WORK_NARROW_RANGE;
        return;
    }
    outlook->peak_refusal = WPB_WORK_NOT_REFUSED;
    judge(points, count, limit_n, ask, outlook);
}

static void add_up(struct wpb_usl_bin *sum, const struct wpb_usl_bin *bin)
{
    sum->windows += bin->windows;
    sum->requests += bin->requests;
    sum->errors += bin->errors;
    sum->cache_hits += bin->cache_hits;
    sum->cache_lookups += bin->cache_lookups;
    sum->busy += bin->busy;
    sum->busy_squared += bin->busy_squared;
    sum->busy_by_chance += bin->busy_by_chance;
    sum->throttled += bin->throttled;
    for (size_t i = 0; i < WPB_USL_CLASSES; i++)
        sum->class_requests[i] += bin->class_requests[i];
}

/* All windows, and the half of them with smaller N and that with larger N. */
struct sums {
    struct wpb_usl_bin all, quiet, busy;
    size_t occupied;
};

static struct sums sums_of(const struct wpb_usl_bins *bins)
{
    struct sums sums = {0};
    double so_far = 0;

    for (size_t i = 0; i < WPB_USL_BINS; i++) {
        add_up(&sums.all, &bins->bins[i]);
        sums.occupied += bins->bins[i].windows >= OCCUPIED_WINDOWS;
    }
    for (size_t i = 0; i < WPB_USL_BINS; i++) {
        /* A bin goes where its middle is. */
        double middle = so_far + bins->bins[i].windows / 2;
        add_up(middle <= sums.all.windows / 2 ? &sums.quiet : &sums.busy, &bins->bins[i]);
        so_far += bins->bins[i].windows;
    }
    return sums;
}

static double hit_ratio_change(const struct sums *sums)
{
    if (!(sums->quiet.cache_lookups > 0 && sums->busy.cache_lookups > 0))
        return 0;
    return fabs(sums->quiet.cache_hits / sums->quiet.cache_lookups -
                sums->busy.cache_hits / sums->busy.cache_lookups);
}

static double chance_share(const struct wpb_usl_bin *all, double service_cv2)
{
    double mean = all->busy / all->windows;
    double variance = all->busy_squared / all->windows - mean * mean;

    return (service_cv2 > 0 ? service_cv2 : 1) * all->busy_by_chance / all->windows /
           fmax(variance, 1e-300);
}

static enum wpb_work_refusal refusal_of(const struct wpb_usl_bins *bins,
                                        const struct sums *sums, double service_cv2)
{
    if (bins->workers == 0)
        return WPB_WORK_CAPACITY_UNKNOWN;
    if (sums->all.windows < WPB_USL_WINDOWS_MIN)
        return bins->has_cut ? WPB_WORK_EPOCH_CHANGE : WPB_WORK_TOO_FEW_WINDOWS;
    if (sums->all.throttled > WPB_USL_THROTTLED_MAX * sums->all.windows)
        return WPB_WORK_THROTTLED;
    if (sums->all.errors > WPB_USL_ERROR_RATIO_MAX * sums->all.requests)
        return WPB_WORK_ERROR_RATIO;
    if (sums->occupied < WPB_USL_POINTS_MIN)
        return WPB_WORK_NARROW_RANGE;
    if (chance_share(&sums->all, service_cv2) > WPB_USL_CHANCE_SHARE_MAX)
        return WPB_WORK_NOISY_WINDOWS;
    if (wpb_usl_mix_distance(&sums->quiet, &sums->busy) > WPB_USL_MIX_DISTANCE_MAX)
        return WPB_WORK_MIX_SHIFT;
    if (hit_ratio_change(sums) > WPB_USL_HIT_RATIO_CHANGE_MAX)
        return WPB_WORK_CACHE_REGIME;
    return WPB_WORK_NOT_REFUSED;
}

static size_t points_of(const struct wpb_usl_bins *bins, struct wpb_usl_point *points)
{
    size_t count = 0;

    for (size_t i = 0; i < WPB_USL_BINS; i++) {
        const struct wpb_usl_bin *bin = &bins->bins[i];
        double n;
        if (!(bin->windows > 0))
            continue;
        n = bin->seen / bin->windows;
        points[count++] = (struct wpb_usl_point){
            .n = n, .rate = n * bin->requests / bin->busy_s, .weight = bin->windows};
    }
    return count;
}

void wpb_usl_look(const struct wpb_usl_bins *bins, const struct wpb_usl_ask *ask,
                  struct wpb_usl_outlook *outlook)
{
    struct sums sums = sums_of(bins);
    struct wpb_usl_point points[WPB_USL_BINS];
    size_t count = points_of(bins, points);
    enum wpb_work_refusal refusal = refusal_of(bins, &sums, ask->service_cv2);

    if (refusal == WPB_WORK_NOT_REFUSED) {
        wpb_usl_judge(points, count, bins->workers, ask, outlook);
    } else {
        memset(outlook, 0, sizeof(*outlook));
        outlook->refusal = refusal;
        outlook->peak_refusal = refusal;
        note_range(points, count, outlook);
    }
    outlook->windows = sums.all.windows;
    outlook->occupied = sums.occupied;
}
