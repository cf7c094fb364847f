/*
 * schedule.h - when requests arrive: set ahead, whatever becomes of those before.
 *
 * An open model: visitors do not wait for each other. Times between arrivals are
 * exponential (a Poisson process, which the formulas of erlang.h assume) or all alike.
 * The same seed gives the same times on every machine. Pure; memory of the caller; times
 * in microseconds since the beginning of the step.
 */
#ifndef WPB_LOAD_SCHEDULE_H
#define WPB_LOAD_SCHEDULE_H

#include <stdint.h>

enum wpb_load_arrivals { WPB_LOAD_EXPONENTIAL, WPB_LOAD_CONSTANT };

struct wpb_load_schedule {
    enum wpb_load_arrivals arrivals;
    double rate;     /* a second */
    double next_us;  /* of the next arrival, exactly */
    uint64_t random; /* state */
};

/* Begin a step of RATE (above 0) a second; the first arrival is one interval after it. */
void wpb_load_schedule_begin(struct wpb_load_schedule *schedule,
                             enum wpb_load_arrivals arrivals, double rate, uint64_t seed);
/* When the next request arrives. */
uint64_t wpb_load_schedule_at_us(const struct wpb_load_schedule *schedule);
/* It has arrived: on to the one after it. */
void wpb_load_schedule_step(struct wpb_load_schedule *schedule);

#endif
