/*
 * doubles.h - for fuzz targets of mathematics: numbers out of bytes, and what must hold.
 *
 * Two bytes make a number: every ninth is one that arithmetic dislikes (not a number,
 * infinite, negative, huge, tiny, 0), the others are of all sizes from 2^-32 to 2^31, so
 * that a fuzzer finds its way through the gates and not only to the first of them.
 */
#ifndef WPB_TESTS_FUZZ_DOUBLES_H
#define WPB_TESTS_FUZZ_DOUBLES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct doubles {
    const uint8_t *data;
    size_t size, at;
};

static inline void check(bool holds)
{
    if (!holds)
        abort();
}

static inline bool doubles_left(const struct doubles *doubles, size_t count)
{
    return (doubles->size - doubles->at) / 2 >= count;
}

static inline double doubles_next(struct doubles *doubles)
{
    static const double odd[] = {NAN,    INFINITY, -INFINITY, -1,     1e300,
                                 -1e300, 1e-320,   0,         1e60,   1e-60,
                                 1e12,   1e13,     -1e-9,     0.9999, 1.0001};
    unsigned high, low;

    if (!doubles_left(doubles, 1))
        return 0;
    high = doubles->data[doubles->at];
    low = doubles->data[doubles->at + 1];
    doubles->at += 2;
    if (high % 9 == 8)
        return odd[low % (sizeof(odd) / sizeof(*odd))];
    return ldexp(1 + low / 256.0, (int)(high % 64) - 32);
}

/* COUNT of them; 0 behind the end. */
static inline void doubles_take(struct doubles *doubles, double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = doubles_next(doubles);
}

#endif
