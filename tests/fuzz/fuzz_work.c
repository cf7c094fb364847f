/*
 * First byte: how many workers. Then windows of numbers (doubles.h), looked at as those
 * of a lock, of resources and of growing work. Nothing traps, and what is not refused is
 * finite and inside its interval.
 */
#include "agent/analyse/demand.h"
#include "agent/analyse/erlang.h"
#include "agent/analyse/lock_station.h"
#include "agent/analyse/workgrowth.h"
#include "tests/fuzz/doubles.h"
#include "tests/fuzz/fuzz.h"

#define WINDOWS_MAX 512

static void check_demand(const struct wpb_demand *demand)
{
    check(isfinite(demand->capacity) && demand->capacity > 0);
    check(demand->capacity_low <= demand->capacity);
    check(demand->capacity <= demand->capacity_high);
    check(demand->per_request_s > 0 && demand->background >= 0);
}

static void try_demand(struct doubles doubles, double workers)
{
    static struct wpb_demand_window windows[WINDOWS_MAX];
    struct wpb_demand demands[WPB_RESOURCE_LOCK];
    struct wpb_demand_bound bound;
    size_t count = 0;

    for (; doubles_left(&doubles, 2 + WPB_RESOURCES) && count < WINDOWS_MAX; count++) {
        doubles_take(&doubles, &windows[count].seconds, 1);
        doubles_take(&doubles, &windows[count].requests, 1);
        doubles_take(&doubles, windows[count].busy_s, WPB_RESOURCES);
    }
    for (int i = 0; i < WPB_RESOURCE_LOCK; i++) {
        if (wpb_demand_measure(windows, count, (enum wpb_resource)i, workers,
                               &demands[i]))
            check_demand(&demands[i]);
    }
    wpb_demand_bound_of(demands, WPB_RESOURCE_LOCK, &bound);
    check((bound.first == NULL) == (bound.refusal != WPB_WORK_NOT_REFUSED));
    check(bound.rate_low <= bound.rate && bound.rate <= bound.rate_high);
}

static void try_lock(struct doubles doubles, unsigned workers)
{
    static struct wpb_lock_window windows[WINDOWS_MAX];
    struct wpb_lock_station station;
    struct wpb_demand demand;
    size_t count = 0;

    for (; doubles_left(&doubles, 4) && count < WINDOWS_MAX; count++) {
        double values[4];
        doubles_take(&doubles, values, 4);
        windows[count] =
            (struct wpb_lock_window){values[0], values[1], values[2], values[3]};
    }
    if (wpb_lock_station_of(windows, count, workers, &station)) {
        check(wpb_demand_of_lock(&station, &demand));
        check_demand(&demand);
        check(station.utilization >= 0 && station.utilization <= 1);
    }
}

static void try_growth(struct doubles doubles, unsigned workers)
{
    static struct wpb_work_window windows[WINDOWS_MAX];
    struct wpb_workgrowth growth;
    size_t count = 0;

    for (; doubles_left(&doubles, 5) && count < WINDOWS_MAX; count++) {
        double values[5];
        doubles_take(&doubles, values, 5);
        windows[count] = (struct wpb_work_window){values[0], values[1], values[2],
                                                  values[3], values[4]};
    }
    wpb_workgrowth_of(windows, count, workers, &growth);
    check((growth.verdict == WPB_WORK_REFUSED) ==
          (growth.refusal != WPB_WORK_NOT_REFUSED));
    if (growth.concurrency.grows || growth.data.grows)
        check(growth.verdict >= WPB_WORK_GROWS_WITH_CONCURRENCY);
    check(isfinite(growth.concurrency.effect) && isfinite(growth.data.effect));
    check(growth.concurrency.effect_low <= growth.concurrency.effect_high);
}

static void try_pool(struct doubles doubles, unsigned workers)
{
    double values[5];
    struct wpb_erlang_pool pool;
    double wait, tail;
    struct wpb_erlang_knee knee;

    doubles_take(&doubles, values, 5);
    pool = (struct wpb_erlang_pool){workers, values[0], values[1], values[2]};
    wait = wpb_erlang_wait_mean(&pool, values[3]);
    tail = wpb_erlang_wait_tail(&pool, values[3], values[4]);
    check(isnan(wait) || wait >= 0);
    check(isnan(tail) || (tail >= 0 && tail <= 1));
    if (wpb_erlang_knee_of(&pool, WPB_ERLANG_WAIT_MAX_S, WPB_ERLANG_WAIT_QUANTILE,
                           WPB_ERLANG_UTILIZATION_MAX, &knee))
        check(knee.rate >= 0 && knee.utilization <= WPB_ERLANG_UTILIZATION_MAX + 1e-9);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct doubles doubles = {data, size, 1};

    if (size < 1)
        return 0;
    try_demand(doubles, data[0]);
    try_lock(doubles, data[0]);
    try_growth(doubles, data[0]);
    try_pool(doubles, data[0]);
    return 0;
}
