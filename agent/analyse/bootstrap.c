#include "agent/analyse/bootstrap.h"

#include <assert.h>
#include <math.h>

#include "agent/analyse/stats.h"

size_t wpb_bootstrap_block(size_t count)
{
    size_t block = (size_t)ceil(2 * cbrt((double)count));

    return block < count ? block : count;
}

void wpb_bootstrap_begin(struct wpb_bootstrap *bootstrap, size_t count, size_t block,
                         uint64_t seed)
{
    assert(count > 0);
    bootstrap->state = seed;
    bootstrap->count = count;
    bootstrap->block = block ? block : wpb_bootstrap_block(count);
    if (bootstrap->block > count)
        bootstrap->block = count;
}

static uint64_t next_random(struct wpb_bootstrap *bootstrap)
{
    uint64_t z = bootstrap->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Of so few places what is left of 2^64 does not matter. */
static size_t draw_below(struct wpb_bootstrap *bootstrap, size_t bound)
{
    return (size_t)(next_random(bootstrap) % bound);
}

void wpb_bootstrap_draw(struct wpb_bootstrap *bootstrap, size_t *indices)
{
    size_t places = bootstrap->count - bootstrap->block + 1;

    for (size_t made = 0; made < bootstrap->count;) {
        size_t begin = draw_below(bootstrap, places);
        for (size_t i = 0; i < bootstrap->block && made < bootstrap->count; i++)
            indices[made++] = begin + i;
    }
}

bool wpb_bootstrap_interval(struct wpb_bootstrap *bootstrap,
                            wpb_bootstrap_statistic *statistic, const void *cookie,
                            double confidence, size_t *indices, double *values,
                            size_t values_count, double *low, double *high)
{
    size_t made = 0;

    for (size_t i = 0; i < values_count; i++) {
        double value;
        wpb_bootstrap_draw(bootstrap, indices);
        value = statistic(cookie, indices, bootstrap->count);
        if (isfinite(value))
            values[made++] = value;
    }
    if (made == 0 || made < values_count / 2)
        return false;
    wpb_stats_sort(values, made);
    *low = wpb_stats_quantile(values, made, 0.5 - confidence / 2);
    *high = wpb_stats_quantile(values, made, 0.5 + confidence / 2);
    return true;
}
