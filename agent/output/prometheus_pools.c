#include "agent/output/prometheus_pools.h"

#include <math.h>

#define RATE_MAX 1e9

static bool is_rate(double rate)
{
    return rate >= 0 && rate < RATE_MAX;
}

/* How much of it is used; below 0 where its capacity is not known. */
static double used_of(const struct wpb_pool_row *pool)
{
    return is_rate(pool->capacity_per_second) && pool->capacity_per_second > 0
               ? pool->requests_per_second / pool->capacity_per_second
               : -1;
}

static bool is_nearer(const struct wpb_pool_row *pool, const struct wpb_pool_row *other)
{
    double used = used_of(pool), others = used_of(other);

    if (used != others)
        return used > others;
    return pool->requests_per_second > other->requests_per_second;
}

static void write_rate(struct wpb_exposition *exposition, enum wpb_exported which,
                       const char *label, double rate)
{
    if (is_rate(rate))
        wpb_exposition_milli(exposition, which, label, (uint64_t)llround(rate * 1000));
}

void wpb_exposition_pools(struct wpb_exposition *exposition,
                          const struct wpb_requests_report *requests)
{
    const struct wpb_pool_row *nearest = NULL;
    const char *label;

    for (size_t i = 0; i < requests->pool_count; i++) {
        const struct wpb_pool_row *pool = &requests->pools[i];
        if (is_rate(pool->requests_per_second) && (!nearest || is_nearer(pool, nearest)))
            nearest = pool;
    }
    if (!nearest)
        return;
    label = wpb_exposition_label(exposition, "pool", nearest->pool);
    write_rate(exposition, WPB_X_POOL_RATE, label, nearest->requests_per_second);
    write_rate(exposition, WPB_X_POOL_CAPACITY, label, nearest->capacity_per_second);
}
