#include "agent/analyse/epoch.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define COLLAPSE_RATIO 0.5
/* A fall is one only beyond what neighbours usually differ by. */
#define COLLAPSE_CHANGES 4
#define RECENT 3
/* A step against the usual change over one lag, and against the level. */
#define STEP_SPREADS 5
#define STEP_SHARE 0.05
/* So much of it comes from one point to the next but one: what takes days is growth. */
#define STEP_JUMP_RATIO 0.5
/* Points on either side of a step, and in a stretch worth looking at. */
#define SIDE_MIN 3
#define STRETCH_MIN 12
/* What counts as constant still has a spread of this share of its level. */
#define SPREAD_SHARE_MIN 0.005

static const char *const reason_names[WPB_EPOCH_REASONS] = {
    "first", "collapse", "step_up", "step_down", "gap", "clock"};

const char *wpb_epoch_reason_name(enum wpb_epoch_reason reason)
{
    assert(reason < WPB_EPOCH_REASONS);
    return reason_names[reason];
}

int wpb_cusum_note(struct wpb_cusum *cusum, double z_score)
{
    cusum->high = fmax(0, cusum->high + z_score - WPB_CUSUM_K);
    cusum->low = fmax(0, cusum->low - z_score - WPB_CUSUM_K);
    cusum->high_since = cusum->high > 0 ? cusum->high_since + 1 : 0;
    cusum->low_since = cusum->low > 0 ? cusum->low_since + 1 : 0;
    if (cusum->high > WPB_CUSUM_H)
        return 1;
    return cusum->low > WPB_CUSUM_H ? -1 : 0;
}

/* The epochs made so far; the newest stay when there is no room. */
struct cuts {
    struct wpb_epoch *epochs;
    size_t count, capacity;
};

static void add(struct cuts *cuts, struct wpb_epoch epoch)
{
    if (cuts->count == cuts->capacity) {
        memmove(cuts->epochs, cuts->epochs + 1,
                (cuts->capacity - 1) * sizeof(*cuts->epochs));
        cuts->count--;
    }
    cuts->epochs[cuts->count++] = epoch;
}

/* What a day (or a quarter of a shorter stretch) usually brings: drift and spread. */
struct drift {
    size_t lag; /* in points */
    double per_ms, spread;
};

static double rest(const struct wpb_point *points, const struct drift *drift, size_t i)
{
    return points[i].value -
           drift->per_ms * (double)(points[i].time_ms - points[0].time_ms);
}

static double spread_over(const struct wpb_point *points, size_t count, size_t lag,
                          const struct drift *drift)
{
    double values[WPB_TREND_POINTS_MAX];

    for (size_t i = lag; i < count; i++)
        values[i - lag] = rest(points, drift, i) - rest(points, drift, i - lag);
    return wpb_stats_spread(values, count - lag, 0);
}

static void measure_drift(const struct wpb_point *points, size_t count,
                          struct drift *drift)
{
    double values[WPB_TREND_POINTS_MAX];
    int64_t span_ms = points[count - 1].time_ms - points[0].time_ms;
    int64_t lag_ms = span_ms / 4 < WPB_MS_PER_DAY ? span_ms / 4 : WPB_MS_PER_DAY;
    size_t whole = (size_t)((double)count * (double)lag_ms / (double)span_ms);
    size_t made = 0;
    double level;

    drift->lag = whole < SIDE_MIN ? SIDE_MIN : whole;
    drift->spread = 0;
    for (size_t i = drift->lag; i < count; i++) {
        int64_t step_ms = points[i].time_ms - points[i - drift->lag].time_ms;
        if (step_ms > 0)
            values[made++] =
                (points[i].value - points[i - drift->lag].value) / (double)step_ms;
    }
    drift->per_ms = made ? wpb_stats_median(values, made) : 0;
    /* Within a day too: a cycle that a whole day hides is no step in the evening. */
    for (size_t lag = drift->lag; lag > 0; lag /= 2)
        drift->spread = fmax(drift->spread, spread_over(points, count, lag, drift));
    for (size_t i = 0; i < count; i++)
        values[i] = fabs(points[i].value);
    level = wpb_stats_median(values, count);
    drift->spread = fmax(drift->spread, SPREAD_SHARE_MIN * level);
}

static double median_rest(const struct wpb_point *points, const struct drift *drift,
                          size_t begin, size_t end)
{
    double values[WPB_TREND_POINTS_MAX];

    for (size_t i = begin; i < end; i++)
        values[i - begin] = rest(points, drift, i);
    return wpb_stats_median(values, end - begin);
}

/* Where within [BEGIN, END) the largest move in DIRECTION from one point to the next
 * arrives. */
static size_t sharpest(const struct wpb_point *points, size_t begin, size_t end,
                       int direction)
{
    double most = -INFINITY;
    size_t found = begin;

    for (size_t i = begin > 0 ? begin : 1; i < end; i++) {
        double move = (points[i].value - points[i - 1].value) * direction;
        if (move > most) {
            most = move;
            found = i;
        }
    }
    return found;
}

/* Does the level differ before and after AT by more than days usually do? */
static bool is_step(const struct wpb_point *points, size_t begin, size_t at, size_t count,
                    const struct drift *drift, struct wpb_epoch *epoch)
{
    size_t from = at - begin > drift->lag ? at - drift->lag : begin;
    size_t to = count - at > drift->lag ? at + drift->lag : count;
    double before, after, change, jump;

    if (at - from < SIDE_MIN || to - at < SIDE_MIN)
        return false;
    before = median_rest(points, drift, from, at);
    after = median_rest(points, drift, at, to);
    change = fabs(after - before);
    if (change < STEP_SPREADS * drift->spread ||
        change < STEP_SHARE * fmax(fabs(before), fabs(after)))
        return false;
    jump = rest(points, drift, at + 1) - rest(points, drift, at - 1);
    if (!(jump / (after - before) >= STEP_JUMP_RATIO))
        return false;
    before += points[at].value - rest(points, drift, at);
    after += points[at].value - rest(points, drift, at);
    epoch->reason = after > before ? WPB_EPOCH_STEP_UP : WPB_EPOCH_STEP_DOWN;
    epoch->before = before;
    epoch->after = after;
    return true;
}

/* The first step of thinned POINTS at or behind BEGIN: its place, or COUNT. */
static size_t find_step(const struct wpb_point *points, size_t begin, size_t count,
                        const struct drift *drift, struct wpb_epoch *epoch)
{
    double scale = drift->spread / sqrt(2);
    struct wpb_cusum cusum = {0};
    size_t base_end = begin + drift->lag < count ? begin + drift->lag : count;
    double base = median_rest(points, drift, begin, base_end);

    if (!(scale > 0))
        return count;
    for (size_t i = begin; i < count; i++) {
        int alarm = wpb_cusum_note(&cusum, (rest(points, drift, i) - base) / scale);
        size_t since = alarm > 0 ? cusum.high_since : cusum.low_since;
        size_t onset, at, from;
        if (!alarm)
            continue;
        onset = i + 1 > begin + since ? i + 1 - since : begin;
        at = sharpest(points, onset > begin ? onset : begin + 1, i + 1, alarm);
        if (is_step(points, begin, at, count, drift, epoch))
            return at;
        /* What was no step is what the level is now. */
        from = i + 1 > begin + drift->lag ? i + 1 - drift->lag : begin;
        base = median_rest(points, drift, from, i + 1);
        cusum = (struct wpb_cusum){0};
    }
    return count;
}

/* The index in the series of the point with which a step between two thinned points
 * begins. */
static size_t locate(const struct wpb_point *points, const struct wpb_epoch *stretch,
                     int64_t after_ms, int64_t until_ms, int direction)
{
    double most = -INFINITY, previous = NAN;
    size_t found = stretch->first + stretch->count, last = found;

    for (size_t i = stretch->first; i < last; i++) {
        if (!wpb_stats_usable(&points[i]))
            continue;
        if (points[i].time_ms > until_ms)
            break;
        if (points[i].time_ms > after_ms &&
            !((points[i].value - previous) * direction <= most)) {
            most = isnan(previous) ? most : (points[i].value - previous) * direction;
            found = i;
        }
        previous = points[i].value;
    }
    return found;
}

/* Give EPOCH the points [first, end) of the series. */
static struct wpb_epoch bounded(const struct wpb_point *points, struct wpb_epoch epoch,
                                size_t first, size_t end)
{
    bool has_start = false;

    epoch.first = first;
    epoch.count = end - first;
    for (size_t i = first; i < end; i++) {
        if (!wpb_stats_usable(&points[i]))
            continue;
        if (!has_start)
            epoch.start_ms = points[i].time_ms;
        has_start = true;
        epoch.end_ms = points[i].time_ms;
    }
    return epoch;
}

/* Cut one stretch without collapse, gap or clock where it steps. */
static void cut_steps(const struct wpb_point *points, const struct wpb_epoch *stretch,
                      struct cuts *cuts)
{
    struct wpb_point thin[WPB_TREND_POINTS_MAX];
    size_t count = wpb_trend_thin(points + stretch->first, stretch->count, thin);
    size_t end = stretch->first + stretch->count, first = stretch->first, at = 0;
    struct wpb_epoch epoch = *stretch, next = {0};
    struct drift drift;

    if (count >= STRETCH_MIN && thin[count - 1].time_ms > thin[0].time_ms) {
        measure_drift(thin, count, &drift);
        while ((at = find_step(thin, at, count, &drift, &next)) < count) {
            size_t cut = locate(points, stretch, thin[at - 1].time_ms, thin[at].time_ms,
                                next.reason == WPB_EPOCH_STEP_UP ? 1 : -1);
            if (cut > first && cut < end) {
                add(cuts, bounded(points, epoch, first, cut));
                epoch = next;
                first = cut;
            }
        }
    }
    add(cuts, bounded(points, epoch, first, end));
}

/* A stretch as it grows, point by point. */
struct stretch {
    struct wpb_epoch epoch;
    double recent[RECENT]; /* the last values, a ring */
    size_t seen;           /* usable points */
    double changes;        /* sum of |change| from one to the next */
    double last;
    int64_t last_ms;
};

static void begin_stretch(struct stretch *stretch, size_t first,
                          enum wpb_epoch_reason reason)
{
    *stretch = (struct stretch){.epoch = {.first = first, .reason = reason}};
}

static void take(struct stretch *stretch, const struct wpb_point *point)
{
    if (stretch->seen)
        stretch->changes += fabs(point->value - stretch->last);
    stretch->recent[stretch->seen++ % RECENT] = point->value;
    stretch->last = point->value;
    stretch->last_ms = point->time_ms;
}

static double recent_level(const struct stretch *stretch)
{
    double values[RECENT];
    size_t count = stretch->seen < RECENT ? stretch->seen : RECENT;

    memcpy(values, stretch->recent, sizeof(values));
    return wpb_stats_median(values, count);
}

static bool is_fall(const struct stretch *stretch, double level, double value)
{
    double usual = stretch->seen > 1 ? stretch->changes / (double)(stretch->seen - 1) : 0;

    return level > 0 && value < COLLAPSE_RATIO * level &&
           level - value > COLLAPSE_CHANGES * usual;
}

/* Does POINTS[AT] begin a collapse: fallen, and the next usable point too? */
static bool is_collapse(const struct stretch *stretch, const struct wpb_point *points,
                        size_t at, size_t count)
{
    double level = recent_level(stretch);

    if (!is_fall(stretch, level, points[at].value))
        return false;
    for (size_t i = at + 1; i < count; i++) {
        if (wpb_stats_usable(&points[i]))
            return is_fall(stretch, level, points[i].value);
    }
    return true;
}

static bool ends_stretch(const struct stretch *stretch, const struct wpb_point *points,
                         size_t at, size_t count, enum wpb_epoch_reason *reason)
{
    if (stretch->seen == 0)
        return false;
    if (points[at].time_ms < stretch->last_ms)
        *reason = WPB_EPOCH_CLOCK;
    else if (is_collapse(stretch, points, at, count))
        *reason = WPB_EPOCH_COLLAPSE;
    else if (points[at].time_ms - stretch->last_ms >= WPB_EPOCH_GAP_MS)
        *reason = WPB_EPOCH_GAP;
    else
        return false;
    return true;
}

size_t wpb_epoch_cut(const struct wpb_point *points, size_t count,
                     struct wpb_epoch *epochs, size_t capacity)
{
    struct cuts cuts = {.epochs = epochs, .capacity = capacity};
    enum wpb_epoch_reason reason;
    struct stretch stretch;

    assert(capacity > 0);
    begin_stretch(&stretch, 0, WPB_EPOCH_FIRST);
    for (size_t i = 0; i < count; i++) {
        if (!wpb_stats_usable(&points[i]))
            continue;
        if (ends_stretch(&stretch, points, i, count, &reason)) {
            double level = recent_level(&stretch);
            stretch.epoch.count = i - stretch.epoch.first;
            cut_steps(points, &stretch.epoch, &cuts);
            begin_stretch(&stretch, i, reason);
            if (reason == WPB_EPOCH_COLLAPSE) {
                stretch.epoch.before = level;
                stretch.epoch.after = points[i].value;
            }
        }
        take(&stretch, &points[i]);
    }
    if (stretch.seen) {
        stretch.epoch.count = count - stretch.epoch.first;
        cut_steps(points, &stretch.epoch, &cuts);
    }
    return cuts.count;
}
