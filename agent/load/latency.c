#include "agent/load/latency.h"

#include <stddef.h>

/* The first bins are of one value each, 0 to 63; an octave from 64 on has as many. */
#define FIRST (UINT64_C(1) << WPB_LATENCY_BIN_BITS)

static size_t bin_of(uint64_t us)
{
    unsigned octave;
    size_t bin;

    if (us < FIRST)
        return (size_t)us;
    octave = 63u - (unsigned)__builtin_clzll(us) - WPB_LATENCY_BIN_BITS;
    bin = ((size_t)(octave + 1) << WPB_LATENCY_BIN_BITS) +
          (size_t)((us >> octave) & (FIRST - 1));
    return bin < WPB_LATENCY_BINS ? bin : WPB_LATENCY_BINS - 1;
}

/* The middle of the values of BIN. */
static uint64_t value_of(size_t bin)
{
    size_t octave = bin >> WPB_LATENCY_BIN_BITS;
    uint64_t least, width;

    if (octave == 0)
        return bin;
    width = UINT64_C(1) << (octave - 1);
    least = (FIRST + (bin & (FIRST - 1))) * width;
    return least + (width - 1) / 2;
}

void wpb_latency_add(struct wpb_latency *latency, uint64_t us)
{
    uint32_t *bin = &latency->bins[bin_of(us)];

    latency->count++;
    latency->sum_us += (double)us;
    if (us > latency->most_us)
        latency->most_us = us;
    if (*bin < UINT32_MAX)
        (*bin)++;
}

uint64_t wpb_latency_quantile_us(const struct wpb_latency *latency, double p)
{
    double wanted = p * (double)latency->count;
    uint64_t seen = 0;

    for (size_t i = 0; i < WPB_LATENCY_BINS; i++) {
        seen += latency->bins[i];
        if (latency->bins[i] && (double)seen >= wanted) {
            uint64_t value = value_of(i);
            return value < latency->most_us ? value : latency->most_us;
        }
    }
    return latency->most_us;
}

double wpb_latency_mean_s(const struct wpb_latency *latency)
{
    return latency->count ? latency->sum_us / 1e6 / (double)latency->count : 0;
}
