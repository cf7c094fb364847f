#include "probes/mysql/sampling.h"

#include <math.h>

/* InnoDB's page, less its frame; a value beside its row fills pages of its own. */
#define PAGE_BYTES 16338
/* A row of up to half a page keeps its value in it. */
#define IN_ROW_BYTES 8000
/* 95 % of a normal law lie within so many deviations. */
#define DEVIATIONS 1.96
#define RULE_OF_THREE 3.0

void wpb_sampling_add(struct wpb_sampling *sampling, uint64_t bytes)
{
    double from_mean = (double)bytes - sampling->mean;

    sampling->count++;
    sampling->sum += bytes;
    if (bytes > sampling->largest)
        sampling->largest = bytes;
    sampling->mean += from_mean / (double)sampling->count;
    sampling->squares += from_mean * ((double)bytes - sampling->mean);
    sampling->pages += wpb_sampling_pages_of(bytes);
}

uint64_t wpb_sampling_pages_of(uint64_t bytes)
{
    return bytes <= IN_ROW_BYTES ? 1 : 1 + (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
}

static double variance(const struct wpb_sampling *sampling)
{
    return sampling->count < 2 ? 0 : sampling->squares / (double)(sampling->count - 1);
}

static uint64_t to_bytes(double bytes)
{
    if (!(bytes > 0))
        return 0;
    return bytes >= 9.2e18 ? (uint64_t)INT64_MAX : (uint64_t)bytes;
}

struct wpb_sampling_total wpb_sampling_total(const struct wpb_sampling *sampling,
                                             uint64_t tail)
{
    double rows = (double)sampling->rows, count = (double)sampling->count;
    double mean = sampling->mean, top = (double)tail, unseen, spread, high, missed;
    struct wpb_sampling_total total = {sampling->sum, sampling->sum, sampling->sum, true};

    if (sampling->count >= sampling->rows && sampling->found == 0)
        return total;
    total.is_exact = false;
    if (sampling->count == 0) {
        total.high = to_bytes(rows * top);
        return total;
    }
    unseen = count < rows ? 1 - count / rows : 0;
    spread = mean > 0 ? variance(sampling) * unseen / count / (mean * mean) : 0;
    /* How many are found in a part varies as counts do. */
    if (sampling->found)
        spread += 1 / (double)sampling->found;
    spread = exp(DEVIATIONS * sqrt(spread));
    high = rows * mean * spread;
    missed = RULE_OF_THREE / count < 1 ? RULE_OF_THREE / count : 1;
    if (top < (double)sampling->largest)
        top = (double)sampling->largest;
    missed = rows * mean + rows * unseen * missed * (top - mean);
    total.bytes = to_bytes(rows * mean);
    total.low = to_bytes(rows * mean / spread);
    if (total.low < sampling->sum)
        total.low = sampling->sum;
    total.high = to_bytes(high > missed ? high : missed);
    return total;
}

/* How much less the square of the interval's width, a page: what was not seen yet counts
 * as if one more value, of the tail's length, had been. */
static double gain(const struct wpb_sampling *key, uint64_t batch, uint64_t tail)
{
    double count = (double)key->count, rows = (double)key->rows, top = (double)tail;
    double spread = variance(key) + top * top / count;
    double pages = (double)key->pages / count;

    return rows * rows * spread * (1 / count - 1 / (count + (double)batch)) / pages;
}

size_t wpb_sampling_next(const struct wpb_sampling *keys, size_t count, uint64_t batch,
                         uint64_t count_max, uint64_t pages, uint64_t tail)
{
    size_t best = count;
    double best_gain = 0;

    for (size_t i = 0; i < count; i++) {
        const struct wpb_sampling *key = &keys[i];
        double this_gain;
        if (key->count == 0 || key->count >= key->rows || key->count >= count_max ||
            (double)key->pages / (double)key->count * (double)batch > (double)pages)
            continue;
        this_gain = gain(key, batch, tail);
        if (this_gain > best_gain) {
            best_gain = this_gain;
            best = i;
        }
    }
    return best;
}

uint64_t wpb_sampling_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ULL;
}

void wpb_sampling_shuffle(uint64_t *ids, size_t count, uint64_t *state)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)(wpb_sampling_random(state) % i);
        uint64_t id = ids[i - 1];
        ids[i - 1] = ids[j];
        ids[j] = id;
    }
}
