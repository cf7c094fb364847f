#include "agent/analyse/demand.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "agent/analyse/block_fit.h"
#include "agent/analyse/student.h"

#define NUMBER_MAX 1e12
#define SECONDS_MIN 1e-3
#define QUIET_SHARE (1.0 / 3)
#define BISECTIONS 40
/* e^3: the interval of the capacity says nothing any more. */
#define LOG_REACH_MAX 1.5

static const char *const resource_names[WPB_RESOURCES] = {"php_workers", "cpu", "mysql",
                                                          "redis", "lock"};

const char *wpb_resource_name(enum wpb_resource resource)
{
    assert(resource < WPB_RESOURCES);
    return resource_names[resource];
}

/* The windows that are looked at: with requests up to a rate. */
struct look {
    const struct wpb_demand_window *windows;
    size_t count;
    enum wpb_resource resource;
    double rate_max;
};

static bool is_number(double value)
{
    return value >= 0 && value <= NUMBER_MAX;
}

static bool is_in(const struct look *look, const struct wpb_demand_window *window)
{
    return window->seconds >= SECONDS_MIN && is_number(window->seconds) &&
           window->requests >= 1 && is_number(window->requests) &&
           is_number(window->busy_s[look->resource]) &&
           window->requests / window->seconds <= look->rate_max;
}

struct sums {
    double windows, seconds, requests, busy_s;
    double rate, rate_squared; /* of the windows */
};

static struct sums sums_of(const struct look *look)
{
    struct sums sums = {0};

    for (size_t i = 0; i < look->count; i++) {
        const struct wpb_demand_window *window = &look->windows[i];
        double rate = window->requests / window->seconds;
        if (!is_in(look, window))
            continue;
        sums.windows += 1;
        sums.seconds += window->seconds;
        sums.requests += window->requests;
        sums.busy_s += window->busy_s[look->resource];
        sums.rate += rate;
        sums.rate_squared += rate * rate;
    }
    return sums;
}

static double variation_of(const struct sums *sums)
{
    double mean = sums->rate / sums->windows;

    return sqrt(fmax(0, sums->rate_squared / sums->windows - mean * mean)) / mean;
}

/* The rate that QUIET_SHARE of the windows do not exceed. */
static double quiet_rate(const struct look *look, const struct sums *all)
{
    struct look quiet = *look;
    double low = 0, high = 0;

    for (size_t i = 0; i < look->count; i++) {
        if (is_in(look, &look->windows[i]))
            high = fmax(high, look->windows[i].requests / look->windows[i].seconds);
    }
    for (int step = 0; step < BISECTIONS; step++) {
        quiet.rate_max = (low + high) / 2;
        if (sums_of(&quiet).windows < QUIET_SHARE * all->windows)
            low = quiet.rate_max;
        else
            high = quiet.rate_max;
    }
    return high;
}

/* Busy seconds against requests (and seconds, unless it is a ratio), in means of all. */
static void fill(const struct look *look, const struct sums *sums, bool is_ratio,
                 struct wpb_block_fit *fit)
{
    double per_window = sums->requests / sums->windows;
    double seconds = sums->seconds / sums->windows;
    size_t used = 0;

    wpb_block_fit_begin(fit, is_ratio ? 1 : 2);
    for (size_t i = 0; i < look->count; i++) {
        const struct wpb_demand_window *window = &look->windows[i];
        double row[2];
        if (!is_in(look, window))
            continue;
        row[0] = window->requests / per_window;
        row[1] = window->seconds / seconds;
        wpb_block_fit_add(fit, wpb_block_fit_block(used++, (size_t)sums->windows), row,
                          row, window->busy_s[look->resource], 1 / row[0]);
    }
}

/* What coefficients mean: seconds a request, and servers in the background. */
struct scale {
    double per_window, seconds, servers;
    bool is_ratio;
};

static double per_request_of(const void *cookie, const double *coefficients)
{
    const struct scale *scale = cookie;

    return coefficients[0] / scale->per_window;
}

static double background_of(const struct scale *scale, const double *coefficients)
{
    return scale->is_ratio ? 0 : coefficients[1] / scale->seconds;
}

static double log_capacity_of(const void *cookie, const double *coefficients)
{
    const struct scale *scale = cookie;
    double spare = scale->servers - fmax(0, background_of(scale, coefficients));

    return log(spare / per_request_of(cookie, coefficients));
}

static bool refuse(struct wpb_demand *demand, enum wpb_work_refusal refusal)
{
    demand->refusal = refusal;
    return false;
}

static bool tell(const struct wpb_block_fit *fit, const struct scale *scale,
                 struct wpb_demand *demand)
{
    struct wpb_block_estimate cost, capacity;
    double coefficients[WPB_BLOCK_FIT_TERMS_MAX], reach;

    if (!wpb_block_fit_solve(fit, WPB_BLOCK_FIT_BLOCKS, coefficients) ||
        !wpb_block_fit_estimate(fit, per_request_of, scale, &cost) ||
        !wpb_block_fit_estimate(fit, log_capacity_of, scale, &capacity))
        return refuse(demand, WPB_WORK_INTERVAL_TOO_WIDE);
    reach = wpb_block_fit_reach(&cost, WPB_DEMAND_CONFIDENCE);
    demand->per_request_s = cost.value;
    demand->per_request_low_s = fmax(0, cost.value - reach);
    demand->per_request_high_s = cost.value + reach;
    demand->background = fmax(0, background_of(scale, coefficients));
    reach = wpb_block_fit_reach(&capacity, WPB_DEMAND_CONFIDENCE);
    demand->capacity = exp(capacity.value);
    demand->capacity_low = exp(capacity.value - reach);
    demand->capacity_high = exp(capacity.value + reach);
    if (!(reach <= LOG_REACH_MAX) || !(cost.value > 0))
        return refuse(demand, WPB_WORK_INTERVAL_TOO_WIDE);
    return true;
}

static enum wpb_work_refusal refusal_of(const struct sums *sums, double servers)
{
    if (!(servers > 0 && servers <= NUMBER_MAX))
        return WPB_WORK_CAPACITY_UNKNOWN;
    if (!(sums->busy_s > 0))
        return WPB_WORK_NOT_MEASURED;
    if (sums->windows < WPB_DEMAND_WINDOWS_MIN)
        return WPB_WORK_TOO_FEW_WINDOWS;
    if (sums->requests < WPB_DEMAND_REQUESTS_MIN)
        return WPB_WORK_TOO_FEW_REQUESTS;
    return WPB_WORK_NOT_REFUSED;
}

/* Less than no background work: there is none, and it is a ratio. */
static bool has_background(const struct wpb_block_fit *fit)
{
    double coefficients[WPB_BLOCK_FIT_TERMS_MAX];

    return wpb_block_fit_solve(fit, WPB_BLOCK_FIT_BLOCKS, coefficients) &&
           coefficients[1] > 0;
}

bool wpb_demand_measure(const struct wpb_demand_window *windows, size_t count,
                        enum wpb_resource resource, double servers,
                        struct wpb_demand *demand)
{
    struct look look = {
        .windows = windows, .count = count, .resource = resource, .rate_max = INFINITY};
    struct sums sums = sums_of(&look);
    struct wpb_block_fit fit;
    struct scale scale = {.servers = servers};

    assert(resource < WPB_RESOURCE_LOCK);
    *demand = (struct wpb_demand){.resource = resource, .servers = servers};
    if (refusal_of(&sums, servers) != WPB_WORK_NOT_REFUSED)
        return refuse(demand, refusal_of(&sums, servers));
    demand->utilization = sums.busy_s / sums.seconds / servers;
    if (resource == WPB_RESOURCE_WORKERS) {
        look.rate_max = quiet_rate(&look, &sums);
        sums = sums_of(&look);
        scale.is_ratio = true;
    } else {
        scale.is_ratio = variation_of(&sums) < WPB_DEMAND_VARIATION_MIN;
    }
    fill(&look, &sums, scale.is_ratio, &fit);
    if (!scale.is_ratio && !has_background(&fit)) {
        scale.is_ratio = true;
        fill(&look, &sums, true, &fit);
    }
    demand->is_ratio = scale.is_ratio;
    scale.per_window = sums.requests / sums.windows;
    scale.seconds = sums.seconds / sums.windows;
    return tell(&fit, &scale, demand);
}

bool wpb_demand_of_lock(const struct wpb_lock_station *station, struct wpb_demand *demand)
{
    *demand = (struct wpb_demand){.resource = WPB_RESOURCE_LOCK, .servers = 1};
    if (station->refusal != WPB_WORK_NOT_REFUSED)
        return refuse(demand, station->refusal);
    demand->per_request_s = station->held_s;
    demand->per_request_low_s = 1 / station->capacity_high;
    demand->per_request_high_s = 1 / station->capacity_low;
    demand->capacity = station->capacity;
    demand->capacity_low = station->capacity_low;
    demand->capacity_high = station->capacity_high;
    demand->utilization = station->utilization;
    return true;
}

/* The variance of ln((m - b)/D) by its slopes. */
static double log_capacity_variance(const struct wpb_nnls *nnls, const double *shares,
                                    double spare, double cost)
{
    double slopes[WPB_LEAST_SQUARES_MAX], variance = 0;

    slopes[0] = -1 / spare;
    for (size_t i = 1; i < nnls->columns; i++)
        slopes[i] = -shares[i] / cost;
    for (size_t i = 0; i < nnls->columns; i++) {
        for (size_t j = 0; j < nnls->columns; j++)
            variance += slopes[i] * slopes[j] * nnls->covariance[i][j];
    }
    return fmax(variance, 0);
}

bool wpb_demand_of_mix(const struct wpb_nnls *nnls, const double *shares,
                       enum wpb_resource resource, double servers,
                       struct wpb_demand *demand)
{
    double error, quantile, spare, reach;

    *demand = (struct wpb_demand){.resource = resource, .servers = servers};
    if (nnls->refusal != WPB_WORK_NOT_REFUSED)
        return refuse(demand, nnls->refusal);
    if (!(servers > 0 && servers <= NUMBER_MAX))
        return refuse(demand, WPB_WORK_CAPACITY_UNKNOWN);
    quantile = wpb_student_quantile(0.5 + WPB_DEMAND_CONFIDENCE / 2,
                                    (double)(nnls->rows - nnls->columns));
    demand->per_request_s = wpb_nnls_mix(nnls, shares, &error);
    demand->per_request_low_s = fmax(0, demand->per_request_s - quantile * error);
    demand->per_request_high_s = demand->per_request_s + quantile * error;
    demand->background = nnls->coefficient[0];
    spare = servers - demand->background;
    if (!(spare > 0) || !(demand->per_request_s > 0))
        return refuse(demand, WPB_WORK_INTERVAL_TOO_WIDE);
    reach = quantile *
            sqrt(log_capacity_variance(nnls, shares, spare, demand->per_request_s));
    demand->capacity = spare / demand->per_request_s;
    demand->capacity_low = demand->capacity * exp(-reach);
    demand->capacity_high = demand->capacity * exp(reach);
    if (!(reach <= LOG_REACH_MAX))
        return refuse(demand, WPB_WORK_INTERVAL_TOO_WIDE);
    return true;
}

void wpb_demand_bound_of(const struct wpb_demand *demands, size_t count,
                         struct wpb_demand_bound *bound)
{
    *bound = (struct wpb_demand_bound){
        .refusal = WPB_WORK_NOT_MEASURED, .rate_low = INFINITY, .rate_high = INFINITY};
    for (size_t i = 0; i < count; i++) {
        const struct wpb_demand *demand = &demands[i];
        if (demand->refusal != WPB_WORK_NOT_REFUSED)
            continue;
        bound->rate_low = fmin(bound->rate_low, demand->capacity_low);
        bound->rate_high = fmin(bound->rate_high, demand->capacity_high);
        if (!bound->first || demand->capacity < bound->first->capacity) {
            bound->second = bound->first;
            bound->first = demand;
        } else if (!bound->second || demand->capacity < bound->second->capacity) {
            bound->second = demand;
        }
    }
    if (!bound->first) {
        bound->rate_low = bound->rate_high = 0;
        return;
    }
    bound->refusal = WPB_WORK_NOT_REFUSED;
    bound->rate = bound->first->capacity;
    bound->is_clear =
        !bound->second || bound->first->capacity_high < bound->second->capacity_low;
}
