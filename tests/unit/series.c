#include "tests/unit/series.h"

#include <assert.h>
#include <math.h>

void series_begin(struct series *series, uint64_t seed)
{
    series->state = seed;
    series->count = 0;
}

double series_uniform(struct series *series)
{
    uint64_t z = series->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return ((double)(z >> 11) + 0.5) / 9007199254740992.0;
}

double series_normal(struct series *series)
{
    double radius = sqrt(-2 * log(series_uniform(series)));

    return radius * cos(2 * acos(-1) * series_uniform(series));
}

void series_add(struct series *series, double value)
{
    assert(series->count < SERIES_MAX);
    series->points[series->count] = (struct wpb_point){
        .time_ms = SERIES_START_MS + (int64_t)series->count * WPB_MS_PER_HOUR,
        .value = value};
    series->count++;
}
