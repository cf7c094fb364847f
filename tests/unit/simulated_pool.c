#include "tests/unit/simulated_pool.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "tests/unit/series.h"

struct pool {
    const struct pool_plan *plan;
    struct pool_window *windows;
    struct series random;
    double free_at[POOL_WORKERS_MAX], lock_free_at;
};

static double exponential(struct pool *pool, double mean)
{
    return -mean * log(series_uniform(&pool->random));
}

static struct pool_window *window_at(struct pool *pool, double time)
{
    size_t index = (size_t)(time / pool->plan->window_s);

    return index < pool->plan->windows ? &pool->windows[index] : NULL;
}

/* From when it has a worker until it has worked; a lock comes last. */
static double serve(struct pool *pool, double start)
{
    const struct pool_plan *plan = pool->plan;
    double asked = start + plan->work_s, got = fmax(asked, pool->lock_free_at);
    struct pool_window *window;

    if (plan->locking_share > 0 && series_uniform(&pool->random) >= plan->locking_share)
        return asked;
    window = window_at(pool, got);
    if (window && got > asked) {
        window->waits++;
        window->wait_s += got - asked;
    }
    pool->lock_free_at =
        got +
        (plan->is_hold_exponential ? exponential(pool, plan->hold_s) : plan->hold_s);
    return pool->lock_free_at;
}

static void arrive(struct pool *pool, double time)
{
    double *first = &pool->free_at[0], start;
    struct pool_window *window;

    for (unsigned i = 1; i < pool->plan->workers; i++) {
        if (pool->free_at[i] < *first)
            first = &pool->free_at[i];
    }
    start = fmax(time, *first);
    *first = serve(pool, start);
    window = window_at(pool, *first);
    if (window) {
        window->requests++;
        window->busy_s += *first - start;
    }
}

void pool_simulate(const struct pool_plan *plan, struct pool_window *windows)
{
    static struct pool pool;
    double batch = plan->batch ? plan->batch : 1;

    assert(plan->workers > 0 && plan->workers <= POOL_WORKERS_MAX);
    memset(&pool, 0, sizeof(pool));
    memset(windows, 0, plan->windows * sizeof(*windows));
    pool.plan = plan;
    pool.windows = windows;
    series_begin(&pool.random, plan->seed);
    for (size_t i = 0; i < plan->windows; i++) {
        double turn = 6 * acos(-1) * (double)i / (double)plan->windows;
        double rate =
            plan->rate_low + (plan->rate_high - plan->rate_low) * (1 - cos(turn)) / 2;
        double time = (double)i * plan->window_s, end = time + plan->window_s;
        for (;;) {
            time += plan->is_paced ? batch / rate : exponential(&pool, batch / rate);
            if (time >= end)
                break;
            for (double j = 0; j < batch; j++)
                arrive(&pool, time);
        }
    }
}
