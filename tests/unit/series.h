/*
 * series.h - made-up series of hours, for the tests of what grows.
 *
 * Deterministic: equal seeds, equal series, on every machine up to rounding.
 */
#ifndef WPB_TESTS_SERIES_H
#define WPB_TESTS_SERIES_H

#include "agent/analyse/stats.h"

#define SERIES_MAX 1200
#define SERIES_START_MS INT64_C(1795464000000)

struct series {
    uint64_t state;
    struct wpb_point points[SERIES_MAX];
    size_t count;
};

/* An empty one. */
void series_begin(struct series *series, uint64_t seed);

/* 0 < x < 1 (splitmix64), and the standard normal distribution (Box-Muller). */
double series_uniform(struct series *series);
double series_normal(struct series *series);

/* One more point, an hour after the last. */
void series_add(struct series *series, double value);

#endif
