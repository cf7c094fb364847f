#include "agent/analyse/trend.h"

#include <math.h>

#define BUCKET_MAX 64
#define NOISE_LOW 0.05
#define NOISE_HIGH 0.95
/* Of a daily cycle: slots of two hours, in no less than so many days. */
#define CYCLE_SLOTS 12
#define CYCLE_DAYS_MIN 5
#define CYCLE_SHARE_MIN 0.5
/* 1 - r1 is not measured more finely than this. */
#define AUTOCORRELATION_MAX 0.999
#define CONFIDENCE_MAX 0.999
#define WANDERING_COUNT 6
#define WANDERING_AUTOCORRELATION 0.5
#define WANDERING_FACTOR 1.8
#define DAY_DIFFERENCE_MIN 0.25
#define DAYS_MIN 4
#define DAYS_MAX 30
#define RECENT 5

static double days(int64_t span_ms)
{
    return (double)span_ms / (double)WPB_MS_PER_DAY;
}

double wpb_trend_at(const struct wpb_trend *trend, int64_t time_ms)
{
    return trend->level + trend->per_day * days(time_ms - trend->pivot_ms);
}

/* The usable point at or after *AT whose time is not before LAST_MS; moves *AT past it.
 */
static const struct wpb_point *next_usable(const struct wpb_point *points, size_t count,
                                           size_t *at, int64_t last_ms)
{
    while (*at < count) {
        const struct wpb_point *point = &points[(*at)++];
        if (wpb_stats_usable(point) && point->time_ms >= last_ms)
            return point;
    }
    return NULL;
}

/* How many are usable, and when the first and the last of them are. */
static size_t measure(const struct wpb_point *points, size_t count, int64_t *first_ms,
                      int64_t *last_ms)
{
    const struct wpb_point *point;
    size_t usable = 0, at = 0;

    *last_ms = INT64_MIN;
    while ((point = next_usable(points, count, &at, *last_ms))) {
        if (usable++ == 0)
            *first_ms = point->time_ms;
        *last_ms = point->time_ms;
    }
    return usable;
}

static struct wpb_point median_point(const struct wpb_point *const *members, size_t count)
{
    double values[BUCKET_MAX];
    size_t taken = count < BUCKET_MAX ? count : BUCKET_MAX;

    for (size_t i = 0; i < taken; i++)
        values[i] = members[i]->value;
    return (struct wpb_point){.time_ms = members[taken / 2]->time_ms,
                              .value = wpb_stats_median(values, taken)};
}

/* Members of a bucket, evenly taken: when there is no more room every other one goes and
 * the stride doubles. */
struct bucket {
    const struct wpb_point *members[BUCKET_MAX];
    size_t count, stride, seen;
    uint64_t number;
};

static void bucket_add(struct bucket *bucket, const struct wpb_point *point)
{
    if (bucket->seen++ % bucket->stride)
        return;
    if (bucket->count == BUCKET_MAX) {
        for (size_t i = 0; i < BUCKET_MAX / 2; i++)
            bucket->members[i] = bucket->members[2 * i];
        bucket->count = BUCKET_MAX / 2;
        bucket->stride *= 2;
    }
    bucket->members[bucket->count++] = point;
}

size_t wpb_trend_thin(const struct wpb_point *points, size_t count, struct wpb_point *out)
{
    int64_t first_ms = 0, last_ms;
    size_t usable = measure(points, count, &first_ms, &last_ms), made = 0, at = 0;
    int64_t previous_ms = INT64_MIN;
    struct bucket bucket = {.stride = 1};
    const struct wpb_point *point;
    uint64_t width;

    if (usable == 0)
        return 0;
    width = (uint64_t)(last_ms - first_ms) / WPB_TREND_POINTS_MAX + 1;
    while ((point = next_usable(points, count, &at, previous_ms))) {
        uint64_t number = (uint64_t)(point->time_ms - first_ms) / width;
        previous_ms = point->time_ms;
        if (usable <= WPB_TREND_POINTS_MAX) {
            out[made++] = *point;
            continue;
        }
        if (bucket.count && number != bucket.number) {
            out[made++] = median_point(bucket.members, bucket.count);
            bucket = (struct bucket){.stride = 1};
        }
        bucket.number = number;
        bucket_add(&bucket, point);
    }
    if (bucket.count)
        out[made++] = median_point(bucket.members, bucket.count);
    return made;
}

static double sign(double value)
{
    return (double)((value > 0) - (value < 0));
}

/* The slopes of all pairs, sorted, and S. */
static size_t take_pairs(struct wpb_trend_work *work, size_t count, double *s)
{
    size_t pairs = 0;

    *s = 0;
    for (size_t j = 1; j < count; j++) {
        const struct wpb_point *later = &work->points[j];
        for (size_t i = 0; i < j; i++) {
            double rise = later->value - work->points[i].value;
            int64_t span_ms = later->time_ms - work->points[i].time_ms;
            if (span_ms <= 0)
                continue;
            work->slopes[pairs++] = rise / days(span_ms);
            *s += sign(rise);
        }
    }
    wpb_stats_sort(work->slopes, pairs);
    return pairs;
}

/* Sums over the ties of t(t-1)(2t+5), t(t-1) and t(t-1)(t-2). */
struct ties {
    double fives, twos, threes;
};

static struct ties ties_of(const double *sorted, size_t count)
{
    struct ties ties = {0};

    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && !(sorted[end] > sorted[i]))
            end++;
        double t = (double)(end - i);
        ties.fives += t * (t - 1) * (2 * t + 5);
        ties.twos += t * (t - 1);
        ties.threes += t * (t - 1) * (t - 2);
        i = end;
    }
    return ties;
}

/* Of S where nothing depends on anything, with ties in times and in values. */
static double variance_of_s(struct wpb_trend_work *work, size_t count)
{
    double n = (double)count, variance;
    struct ties times, values;

    for (size_t i = 0; i < count; i++)
        work->values[i] = (double)work->points[i].time_ms;
    times = ties_of(work->values, count);
    for (size_t i = 0; i < count; i++)
        work->values[i] = work->points[i].value;
    wpb_stats_sort(work->values, count);
    values = ties_of(work->values, count);
    variance = (n * (n - 1) * (2 * n + 5) - times.fives - values.fives) / 18;
    variance += times.twos * values.twos / (2 * n * (n - 1));
    variance += times.threes * values.threes / (9 * n * (n - 1) * (n - 2));
    return variance;
}

static double residual(const struct wpb_trend *trend, const struct wpb_point *point)
{
    return point->value - wpb_trend_at(trend, point->time_ms);
}

/* value = median of what remains without the slope; then how far the points stray. */
static void fit_level(struct wpb_trend_work *work, struct wpb_trend *trend)
{
    trend->pivot_ms = work->points[trend->count / 2].time_ms;
    trend->level = 0;
    for (size_t i = 0; i < trend->count; i++)
        work->values[i] = residual(trend, &work->points[i]);
    trend->level = wpb_stats_median(work->values, trend->count);
    trend->noise_low =
        wpb_stats_quantile(work->values, trend->count, NOISE_LOW) - trend->level;
    trend->noise_high =
        wpb_stats_quantile(work->values, trend->count, NOISE_HIGH) - trend->level;
}

static size_t slot_of(int64_t time_ms)
{
    int64_t in_day = time_ms % WPB_MS_PER_DAY;

    if (in_day < 0)
        in_day += WPB_MS_PER_DAY;
    return (size_t)(in_day * CYCLE_SLOTS / WPB_MS_PER_DAY);
}

/* Take the mean of each time of day out of the residuals, if that is most of them. */
static void take_cycle_out(const struct wpb_trend_work *work, size_t count,
                           double *residuals)
{
    double sums[CYCLE_SLOTS] = {0}, all = 0, explained = 0;
    size_t counts[CYCLE_SLOTS] = {0};

    for (size_t i = 0; i < count; i++) {
        size_t slot = slot_of(work->points[i].time_ms);
        sums[slot] += residuals[i];
        counts[slot]++;
        all += residuals[i] * residuals[i];
    }
    for (size_t slot = 0; slot < CYCLE_SLOTS; slot++) {
        if (counts[slot])
            explained += sums[slot] * sums[slot] / (double)counts[slot];
    }
    if (!(explained >= CYCLE_SHARE_MIN * all))
        return;
    for (size_t i = 0; i < count; i++) {
        size_t slot = slot_of(work->points[i].time_ms);
        residuals[i] -= sums[slot] / (double)counts[slot];
    }
}

/* Scaled to one, so that squares of the largest values stay finite. */
static double autocorrelation_of(struct wpb_trend_work *work,
                                 const struct wpb_trend *trend)
{
    double scale = 0, n = (double)trend->count, r1;

    for (size_t i = 0; i < trend->count; i++)
        scale = fmax(scale, fabs(residual(trend, &work->points[i])));
    if (!(scale > 0))
        return 0;
    for (size_t i = 0; i < trend->count; i++)
        work->values[i] = residual(trend, &work->points[i]) / scale;
    if (trend->last_ms - trend->first_ms >= CYCLE_DAYS_MIN * WPB_MS_PER_DAY)
        take_cycle_out(work, trend->count, work->values);
    r1 = wpb_stats_autocorrelation(work->values, trend->count);
    /* A line was taken out, and with it some of what neighbours have in common. */
    if (r1 > 2 / sqrt(n))
        r1 += (2 + 4 * r1) / n;
    return fmin(fmax(r1, 0), AUTOCORRELATION_MAX);
}

static double share_of(double confidence)
{
    return confidence > 0 && confidence < CONFIDENCE_MAX ? confidence : CONFIDENCE_MAX;
}

static void fit_interval(const struct wpb_trend_work *work, size_t pairs,
                         double confidence, struct wpb_trend *trend)
{
    double z = wpb_stats_normal_quantile(0.5 + share_of(confidence) / 2);
    double reach = z * sqrt(trend->variance);
    double low = floor(((double)pairs - reach) / 2);
    double high = ceil(((double)pairs + reach) / 2 + 1);

    trend->per_day_low = low >= 1 ? work->slopes[(size_t)low - 1] : -INFINITY;
    trend->per_day_high =
        high <= (double)pairs ? work->slopes[(size_t)high - 1] : INFINITY;
}

/* The medians of COUNT equal times of the points; false when one has none. */
static bool take_blocks(struct wpb_trend_work *work, const struct wpb_trend *trend,
                        int64_t count, double *medians)
{
    int64_t span_ms = trend->last_ms - trend->first_ms;
    size_t at = 0;

    for (int64_t block = 0; block < count; block++) {
        int64_t end_ms = trend->first_ms + span_ms / count * (block + 1);
        size_t members = 0;
        while (at < trend->count &&
               (work->points[at].time_ms <= end_ms || block + 1 == count))
            work->values[members++] = work->points[at++].value;
        if (members == 0)
            return false;
        medians[block] = wpb_stats_median(work->values, members);
    }
    return true;
}

static bool rises_block_by_block(struct wpb_trend_work *work,
                                 const struct wpb_trend *trend)
{
    double medians[WPB_TREND_BLOCKS];

    if (!take_blocks(work, trend, WPB_TREND_BLOCKS, medians))
        return false;
    for (size_t i = 1; i < WPB_TREND_BLOCKS; i++) {
        if (!((medians[i] - medians[i - 1]) * sign(trend->per_day) > 0))
            return false;
    }
    return true;
}

/* Half the interval of the slope, from how much the changes between blocks differ;
 * infinite when there are too few. */
static double interval_of_changes(struct wpb_trend_work *work,
                                  const struct wpb_trend *trend, double confidence)
{
    int64_t span_ms = trend->last_ms - trend->first_ms;
    int64_t whole_days = span_ms / WPB_MS_PER_DAY;
    int64_t more = whole_days < DAYS_MAX ? whole_days : DAYS_MAX;
    int64_t blocks = more < DAYS_MIN ? DAYS_MIN : more;
    double medians[DAYS_MAX], mean, squares = 0, k = (double)(blocks - 1);
    double t, deviation, least;

    if (!take_blocks(work, trend, blocks, medians))
        return INFINITY;
    mean = (medians[blocks - 1] - medians[0]) / k;
    for (int64_t i = 1; i < blocks; i++) {
        double off = medians[i] - medians[i - 1] - mean;
        squares += off / (k - 1) * off;
    }
    t = wpb_stats_t_quantile(0.5 + share_of(confidence) / 2, k - 1);
    deviation = sqrt(WANDERING_FACTOR / k) * sqrt(squares);
    least = wpb_stats_normal_quantile(0.5 + share_of(confidence) / 2) *
            sqrt(WANDERING_FACTOR / k) * DAY_DIFFERENCE_MIN * fabs(trend->per_day);
    return fmax(least, t * deviation / (days(span_ms) / (double)blocks));
}

/* Go on from where the last points are. */
static void anchor_at_end(struct wpb_trend_work *work, struct wpb_trend *trend)
{
    size_t recent = trend->count < RECENT ? trend->count : RECENT;

    for (size_t i = 0; i < recent; i++)
        work->values[i] = residual(trend, &work->points[trend->count - 1 - i]);
    trend->level =
        wpb_trend_at(trend, trend->last_ms) + wpb_stats_median(work->values, recent);
    trend->pivot_ms = trend->last_ms;
}

static void fit_wanderer(struct wpb_trend_work *work, double confidence,
                         struct wpb_trend *trend)
{
    double half;

    trend->is_wandering = trend->effective_count < WANDERING_COUNT &&
                          trend->autocorrelation > WANDERING_AUTOCORRELATION;
    if (!trend->is_wandering)
        return;
    half = interval_of_changes(work, trend, confidence);
    trend->per_day_low = fmax(trend->per_day_low, trend->per_day - half);
    trend->per_day_high = fmin(trend->per_day_high, trend->per_day + half);
    anchor_at_end(work, trend);
}

static double p_of(double s, double variance)
{
    if (!(variance > 0) || !(fabs(s) > 1))
        return 1;
    return 2 * wpb_stats_normal_tail((fabs(s) - 1) / sqrt(variance));
}

double wpb_trend_least_p(const struct wpb_point *points, size_t count,
                         struct wpb_trend_work *work)
{
    size_t made = wpb_trend_thin(points, count, work->points);
    double s = 0;

    if (made < WPB_TREND_POINTS_MIN)
        return 1;
    for (size_t j = 1; j < made; j++) {
        for (size_t i = 0; i < j; i++) {
            if (work->points[j].time_ms > work->points[i].time_ms)
                s += sign(work->points[j].value - work->points[i].value);
        }
    }
    return p_of(s, variance_of_s(work, made));
}

bool wpb_trend_fit(const struct wpb_point *points, size_t count, double confidence,
                   struct wpb_trend_work *work, struct wpb_trend *trend)
{
    struct wpb_trend made = {.count = wpb_trend_thin(points, count, work->points)};
    size_t pairs;
    double n = (double)made.count;

    if (made.count < WPB_TREND_POINTS_MIN)
        return false;
    made.first_ms = work->points[0].time_ms;
    made.last_ms = work->points[made.count - 1].time_ms;
    pairs = take_pairs(work, made.count, &made.s);
    if (pairs == 0)
        return false;
    made.per_day = wpb_stats_quantile(work->slopes, pairs, 0.5);
    fit_level(work, &made);
    made.autocorrelation = autocorrelation_of(work, &made);
    made.effective_count = n * (1 - made.autocorrelation) / (1 + made.autocorrelation);
    made.variance = variance_of_s(work, made.count) * n / made.effective_count;
    made.p = p_of(made.s, made.variance);
    fit_interval(work, pairs, confidence, &made);
    fit_wanderer(work, confidence, &made);
    made.is_monotone = rises_block_by_block(work, &made);
    *trend = made;
    return true;
}
