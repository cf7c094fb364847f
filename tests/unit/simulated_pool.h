/*
 * simulated_pool.h - a made-up pool of PHP workers whose requests take one lock, window
 * by window: what the estimators are told, of a truth that is known.
 *
 * Requests arrive by Poisson (in batches, if wanted) at a rate that goes up and down
 * three times, wait for a worker, work for a fixed time, then may need the lock, which
 * is given in their order. All is counted in the window in which it ends. Deterministic
 * for a seed.
 */
#ifndef WPB_TESTS_SIMULATED_POOL_H
#define WPB_TESTS_SIMULATED_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_WORKERS_MAX 64

struct pool_plan {
    unsigned workers;
    double work_s; /* of each request, outside of the lock */
    double hold_s; /* of the lock, on average */
    bool is_hold_exponential;
    double locking_share; /* of requests that take it; 0: all */
    unsigned batch;       /* requests that arrive at once; 0: 1 */
    bool is_paced;        /* arrivals at equal distances */
    double rate_low, rate_high;
    size_t windows;
    double window_s;
    uint64_t seed;
};

struct pool_window {
    double requests, busy_s; /* that ended in it, in a worker */
    double waits, wait_s;    /* for the lock */
};

/* Fill WINDOWS (`windows` of PLAN). */
void pool_simulate(const struct pool_plan *plan, struct pool_window *windows);

#endif
