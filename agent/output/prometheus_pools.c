#include "agent/output/prometheus_pools.h"

#include <math.h>

struct row {
    const char *label;
    const struct wpb_pool_row *pool;
};

static void write_rate(struct wpb_exposition *exposition, enum wpb_exported which,
                       const char *label, double rate)
{
    if (rate >= 0 && rate < 1e9)
        wpb_exposition_milli(exposition, which, label, (uint64_t)llround(rate * 1000));
}

/* One after the other, since a metric's series stand together. */
static void write_figures(struct wpb_exposition *exposition, const struct row *rows,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].pool->has_workers)
            wpb_exposition_count(exposition, WPB_X_POOL_WORKERS, rows[i].label,
                                 rows[i].pool->workers);
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].pool->has_queue)
            wpb_exposition_count(exposition, WPB_X_POOL_QUEUE, rows[i].label,
                                 rows[i].pool->accept_queue);
    }
    for (size_t i = 0; i < count; i++)
        write_rate(exposition, WPB_X_POOL_RATE, rows[i].label,
                   rows[i].pool->requests_per_second);
    for (size_t i = 0; i < count; i++)
        write_rate(exposition, WPB_X_POOL_CAPACITY, rows[i].label,
                   rows[i].pool->capacity_per_second);
}

/* Pools of two masters may share their name, which is a label: the first is told. */
static bool has_label(const struct row *rows, size_t count, const char *label)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].label, label) == 0)
            return true;
    }
    return false;
}

void wpb_exposition_pools(struct wpb_exposition *exposition,
                          const struct wpb_requests_report *requests)
{
    struct row rows[WPB_PROMETHEUS_POOLS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < requests->pool_count && count < WPB_PROMETHEUS_POOLS_MAX;
         i++) {
        const char *label =
            wpb_exposition_label(exposition, "pool", requests->pools[i].pool);
        if (!has_label(rows, count, label))
            rows[count++] = (struct row){label, &requests->pools[i]};
    }
    write_figures(exposition, rows, count);
}
