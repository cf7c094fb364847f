#include "agent/load/schedule.h"

#include <math.h>

#define SECOND_US 1e6

/* SplitMix64 (Steele, Lea & Flood 2014): 64 bits of state, equidistributed. */
static uint64_t random_bits(uint64_t *state)
{
    uint64_t bits = *state += UINT64_C(0x9e3779b97f4a7c15);

    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

/* Above 0, at most 1: its logarithm is finite. */
static double random_share(uint64_t *state)
{
    return ((double)(random_bits(state) >> 11) + 1) / 9007199254740992.0;
}

static double interval_us(struct wpb_load_schedule *schedule)
{
    double mean = SECOND_US / schedule->rate;

    return schedule->arrivals == WPB_LOAD_CONSTANT
               ? mean
               : -mean * log(random_share(&schedule->random));
}

void wpb_load_schedule_begin(struct wpb_load_schedule *schedule,
                             enum wpb_load_arrivals arrivals, double rate, uint64_t seed)
{
    *schedule =
        (struct wpb_load_schedule){.arrivals = arrivals, .rate = rate, .random = seed};
    schedule->next_us = interval_us(schedule);
}

uint64_t wpb_load_schedule_at_us(const struct wpb_load_schedule *schedule)
{
    return (uint64_t)schedule->next_us;
}

void wpb_load_schedule_step(struct wpb_load_schedule *schedule)
{
    schedule->next_us += interval_us(schedule);
}
