#include "agent/analyse/usl_bins.h"

#include <math.h>
#include <string.h>

#define NUMBER_MAX 1e12
#define SECONDS_MIN 1e-3

void wpb_usl_bins_begin(struct wpb_usl_bins *bins, unsigned workers)
{
    memset(bins, 0, sizeof(*bins));
    bins->workers = workers;
}

void wpb_usl_bins_cut(struct wpb_usl_bins *bins, unsigned workers)
{
    bool has_any = bins->has_cut;

    for (size_t i = 0; i < WPB_USL_BINS; i++)
        has_any = has_any || bins->bins[i].windows > 0;
    wpb_usl_bins_begin(bins, workers);
    bins->has_cut = has_any;
}

static bool is_number(double value)
{
    return value >= 0 && value <= NUMBER_MAX;
}

static bool is_usable(const struct wpb_usl_window *window)
{
    bool is_fine = window->seconds >= SECONDS_MIN && is_number(window->seconds) &&
                   is_number(window->requests) && is_number(window->busy_s) &&
                   is_number(window->seen) && is_number(window->errors) &&
                   is_number(window->cache_hits) && is_number(window->cache_lookups);

    for (size_t i = 0; i < WPB_USL_CLASSES; i++)
        is_fine = is_fine && is_number(window->class_requests[i]);
    return is_fine && window->requests >= WPB_USL_WINDOW_REQUESTS_MIN &&
           window->busy_s > 0;
}

static struct wpb_usl_bin *bin_of(struct wpb_usl_bins *bins, double seen)
{
    double part = bins->workers > 1 ? log(seen) / log(bins->workers) : 0;
    size_t index = (size_t)(part * WPB_USL_BINS);

    return &bins->bins[index < WPB_USL_BINS ? index : WPB_USL_BINS - 1];
}

static void halve(struct wpb_usl_bin *bin)
{
    bin->windows /= 2;
    bin->requests /= 2;
    bin->busy_s /= 2;
    bin->errors /= 2;
    bin->cache_hits /= 2;
    bin->cache_lookups /= 2;
    bin->seen /= 2;
    bin->busy /= 2;
    bin->busy_squared /= 2;
    bin->busy_by_chance /= 2;
    bin->throttled /= 2;
    for (size_t i = 0; i < WPB_USL_CLASSES; i++)
        bin->class_requests[i] /= 2;
}

bool wpb_usl_bins_add(struct wpb_usl_bins *bins, const struct wpb_usl_window *window)
{
    double workers = bins->workers, busy, seen;
    struct wpb_usl_bin *bin;

    if (bins->workers == 0 || !is_usable(window))
        return false;
    busy = fmin(window->busy_s / window->seconds, workers);
    seen = window->seen > 0 ? window->seen : 1 + busy * (workers - 1) / workers;
    seen = fmin(fmax(seen, 1), workers);
    bin = bin_of(bins, seen);
    if (bin->windows >= WPB_USL_BIN_WINDOWS_MAX)
        halve(bin);
    bin->windows += 1;
    bin->requests += window->requests;
    bin->busy_s += window->busy_s;
    bin->errors += window->errors;
    bin->cache_hits += window->cache_hits;
    bin->cache_lookups += window->cache_lookups;
    bin->seen += seen;
    bin->busy += busy;
    bin->busy_squared += busy * busy;
    bin->busy_by_chance += busy * busy / window->requests;
    bin->throttled += window->is_throttled;
    for (size_t i = 0; i < WPB_USL_CLASSES; i++)
        bin->class_requests[i] += window->class_requests[i];
    return true;
}

double wpb_usl_mix_distance(const struct wpb_usl_bin *quiet,
                            const struct wpb_usl_bin *busy)
{
    double quiet_sum = 0, busy_sum = 0, distance = 0;

    for (size_t i = 0; i < WPB_USL_CLASSES; i++) {
        quiet_sum += quiet->class_requests[i];
        busy_sum += busy->class_requests[i];
    }
    if (!(quiet_sum > 0 && busy_sum > 0))
        return 0;
    for (size_t i = 0; i < WPB_USL_CLASSES; i++)
        distance += fabs(quiet->class_requests[i] / quiet_sum -
                         busy->class_requests[i] / busy_sum);
    return distance / 2;
}
