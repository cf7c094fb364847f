#include "agent/analyse/erlang.h"

#include <math.h>

#define BISECTIONS 60

double wpb_erlang_b(unsigned servers, double offered)
{
    double blocked = 1;

    if (servers == 0 || !(offered >= 0) || isinf(offered))
        return NAN;
    if (servers > WPB_ERLANG_WORKERS_MAX)
        servers = WPB_ERLANG_WORKERS_MAX;
    for (unsigned j = 1; j <= servers; j++)
        blocked = offered * blocked / (j + offered * blocked);
    return blocked;
}

double wpb_erlang_c(unsigned servers, double offered)
{
    double blocked = wpb_erlang_b(servers, offered), utilization;

    if (isnan(blocked))
        return NAN;
    utilization = offered / servers;
    if (utilization >= 1)
        return 1;
    return blocked / (1 - utilization * (1 - blocked));
}

static bool can_be(const struct wpb_erlang_pool *pool, double rate)
{
    return pool->workers > 0 && pool->service_s > 0 && isfinite(pool->service_s) &&
           rate >= 0 && isfinite(rate * pool->service_s) && pool->arrival_cv2 >= 0 &&
           pool->service_cv2 >= 0 && isfinite(pool->arrival_cv2 + pool->service_cv2);
}

static double utilization_of(const struct wpb_erlang_pool *pool, double rate)
{
    return rate * pool->service_s / pool->workers;
}

/* The mean wait of those who wait; below saturation. */
static double delay_of(const struct wpb_erlang_pool *pool, double rate)
{
    double variability = (pool->arrival_cv2 + pool->service_cv2) / 2;

    return variability * pool->service_s /
           (pool->workers * (1 - utilization_of(pool, rate)));
}

double wpb_erlang_wait_mean(const struct wpb_erlang_pool *pool, double rate)
{
    if (!can_be(pool, rate))
        return NAN;
    if (utilization_of(pool, rate) >= 1)
        return INFINITY;
    return wpb_erlang_c(pool->workers, rate * pool->service_s) * delay_of(pool, rate);
}

double wpb_erlang_wait_tail(const struct wpb_erlang_pool *pool, double rate,
                            double over_s)
{
    double delay, waits;

    if (!can_be(pool, rate) || isnan(over_s))
        return NAN;
    if (over_s < 0 || utilization_of(pool, rate) >= 1)
        return 1;
    waits = wpb_erlang_c(pool->workers, rate * pool->service_s);
    delay = delay_of(pool, rate);
    if (!(delay > 0))
        return 0;
    return waits * exp(-over_s / delay);
}

double wpb_erlang_wait_quantile(const struct wpb_erlang_pool *pool, double rate, double p)
{
    double waits;

    if (!can_be(pool, rate) || !(p >= 0 && p <= 1))
        return NAN;
    if (utilization_of(pool, rate) >= 1)
        return INFINITY;
    waits = wpb_erlang_c(pool->workers, rate * pool->service_s);
    if (waits <= 1 - p)
        return 0;
    return p < 1 ? delay_of(pool, rate) * log(waits / (1 - p)) : INFINITY;
}

bool wpb_erlang_knee_of(const struct wpb_erlang_pool *pool, double wait_max_s, double p,
                        double utilization_max, struct wpb_erlang_knee *knee)
{
    double low = 0, high;

    if (!can_be(pool, 0) || !(wait_max_s >= 0) || !(p >= 0 && p < 1) ||
        !(utilization_max > 0 && utilization_max <= 1))
        return false;
    high = utilization_max * pool->workers / pool->service_s;
    if (!isfinite(high))
        return false;
    knee->is_wait_reached = !(wpb_erlang_wait_quantile(pool, high, p) <= wait_max_s);
    /* Waits grow with the rate, so that there is one place where they pass. */
    for (int step = 0; knee->is_wait_reached && step < BISECTIONS; step++) {
        double middle = low + (high - low) / 2;
        if (wpb_erlang_wait_quantile(pool, middle, p) <= wait_max_s)
            low = middle;
        else
            high = middle;
    }
    knee->rate = knee->is_wait_reached ? low : high;
    knee->wait_s = wpb_erlang_wait_quantile(pool, knee->rate, p);
    knee->utilization = utilization_of(pool, knee->rate);
    return true;
}

double wpb_erlang_full_s(const struct wpb_erlang_pool *pool, double rate, double queued,
                         double backlog)
{
    double excess;

    if (!can_be(pool, rate) || isnan(queued) || isnan(backlog))
        return NAN;
    if (queued >= backlog)
        return 0;
    excess = rate - pool->workers / pool->service_s;
    return excess > 0 ? (backlog - queued) / excess : INFINITY;
}
