#include "probes/requests/memory_histogram.h"

#include <stddef.h>

#define LEAST_BITS 18 /* 256 KiB */
#define BIN_BITS 4

static size_t bin_of(uint64_t bytes)
{
    if (bytes < UINT64_C(1) << LEAST_BITS)
        return 0;
    unsigned octave = 63u - (unsigned)__builtin_clzll(bytes);
    if (octave >= LEAST_BITS + WPB_MEMORY_OCTAVES)
        return WPB_MEMORY_BINS - 1;
    size_t within = (bytes >> (octave - BIN_BITS)) & ((1u << BIN_BITS) - 1);
    return 1 + ((size_t)(octave - LEAST_BITS) << BIN_BITS) + within;
}

static uint64_t least_of(size_t bin)
{
    if (bin == 0)
        return 0;
    unsigned octave = LEAST_BITS + (unsigned)((bin - 1) >> BIN_BITS);
    uint64_t within = (bin - 1) & ((1u << BIN_BITS) - 1);
    return (UINT64_C(1) << octave) + (within << (octave - BIN_BITS));
}

static void count(uint32_t *bin, uint32_t more)
{
    *bin = *bin > UINT32_MAX - more ? UINT32_MAX : *bin + more;
}

void wpb_memory_histogram_add(struct wpb_memory_histogram *histogram, uint64_t bytes)
{
    histogram->count++;
    if (bytes > histogram->most_bytes)
        histogram->most_bytes = bytes;
    count(&histogram->bins[bin_of(bytes)], 1);
}

void wpb_memory_histogram_merge(struct wpb_memory_histogram *histogram,
                                const struct wpb_memory_histogram *other)
{
    histogram->count += other->count;
    if (other->most_bytes > histogram->most_bytes)
        histogram->most_bytes = other->most_bytes;
    for (size_t i = 0; i < WPB_MEMORY_BINS; i++)
        count(&histogram->bins[i], other->bins[i]);
}

uint64_t wpb_memory_histogram_quantile(const struct wpb_memory_histogram *histogram,
                                       double p)
{
    double wanted = p * (double)histogram->count;
    uint64_t seen = 0;

    for (size_t i = 0; i < WPB_MEMORY_BINS; i++) {
        seen += histogram->bins[i];
        if (histogram->bins[i] && (double)seen >= wanted)
            return least_of(i);
    }
    return histogram->most_bytes;
}
