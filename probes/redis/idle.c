#include "probes/redis/idle.h"

#include <stdlib.h>

void wpb_idle_add(struct wpb_idle *idle, uint32_t group, uint64_t seconds)
{
    if (idle->count < WPB_IDLE_SAMPLES_MAX)
        idle->samples[idle->count++] = (struct wpb_idle_sample){
            group, seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds};
}

static int by_seconds(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

bool wpb_idle_median(const struct wpb_idle *idle,
                     bool (*belongs)(const void *cookie, uint32_t group),
                     const void *cookie, uint64_t *seconds)
{
    uint32_t found[WPB_IDLE_SAMPLES_MAX];
    size_t n = 0;

    for (size_t i = 0; i < idle->count; i++)
        if (belongs(cookie, idle->samples[i].group))
            found[n++] = idle->samples[i].seconds;
    if (n < WPB_IDLE_SAMPLES_MIN)
        return false;
    qsort(found, n, sizeof found[0], by_seconds);
    *seconds = found[(n - 1) / 2];
    return true;
}
