/*
 * memory_histogram.h - peaks of memory, counted so that a low percentile can be told.
 *
 * A worker that once served a huge request may tell that peak for the small ones after
 * it, so of a route's memory neither mean nor maximum says anything, but a low percentile
 * does. Sixteen bins an octave from 256 KiB to 64 GiB: what is told is at most a
 * sixteenth below the truth, and exact for PHP's steps of 2 MiB up to 64 MiB. Plain
 * memory of the caller (1.2 KiB), zeros is empty; pure.
 */
#ifndef WPB_REQUESTS_MEMORY_HISTOGRAM_H
#define WPB_REQUESTS_MEMORY_HISTOGRAM_H

#include <stdint.h>

#define WPB_MEMORY_OCTAVES 18
#define WPB_MEMORY_BINS (WPB_MEMORY_OCTAVES * 16 + 1) /* the first: less than 256 KiB */

struct wpb_memory_histogram {
    uint64_t count;
    uint64_t most_bytes; /* exact */
    uint32_t bins[WPB_MEMORY_BINS];
};

void wpb_memory_histogram_add(struct wpb_memory_histogram *histogram, uint64_t bytes);
/* Add all that OTHER counts. */
void wpb_memory_histogram_merge(struct wpb_memory_histogram *histogram,
                                const struct wpb_memory_histogram *other);
/* Bytes that a share P (0..1) of the values does not exceed, rounded down to a bin; 0
 * when empty. */
uint64_t wpb_memory_histogram_quantile(const struct wpb_memory_histogram *histogram,
                                       double p);

#endif
