/*
 * latency.h - how long requests took, counted so that any percentile can be told.
 *
 * 64 bins an octave, from 1 us to 134 s: what is told is the middle of a bin, at most
 * 0.8 % from the truth (and exact below 128 us). Plain memory of the caller (6 KiB),
 * zeros is empty; pure.
 */
#ifndef WPB_LOAD_LATENCY_H
#define WPB_LOAD_LATENCY_H

#include <stdint.h>

#define WPB_LATENCY_BIN_BITS 6
#define WPB_LATENCY_OCTAVES 21
#define WPB_LATENCY_BINS ((WPB_LATENCY_OCTAVES + 1) << WPB_LATENCY_BIN_BITS)

struct wpb_latency {
    uint64_t count;
    double sum_us;
    uint64_t most_us; /* exact */
    uint32_t bins[WPB_LATENCY_BINS];
};

void wpb_latency_add(struct wpb_latency *latency, uint64_t us);
/* Microseconds that a share P (0..1) of them does not exceed; 0 of none. */
uint64_t wpb_latency_quantile_us(const struct wpb_latency *latency, double p);
/* Their mean in seconds; 0 of none. */
double wpb_latency_mean_s(const struct wpb_latency *latency);

#endif
