#include "agent/load/capacity.h"

#include <math.h>

#include "agent/load/limits.h"

/* Of a resource that is all taken, so much is seen taken on average. */
#define ALL_TAKEN 0.9
/* Of a request's time in a worker, so much waiting for a lock is what makes it long. */
#define LOCK_SHARE 0.3
/* A step says what a request needs when so many were answered. */
#define ANSWERED_MIN 20
/* Of the time that answers take, the least that passes at the pool that gives them. */
#define POOL_SHARE_MIN 0.2

const char *wpb_load_first_name(enum wpb_load_first first)
{
    static const char *const names[WPB_LOAD_FIRSTS] = {
        [WPB_LOAD_FIRST_UNKNOWN] = "unknown",
        [WPB_LOAD_FIRST_LOCK] = "lock",
        [WPB_LOAD_FIRST_REDIS] = "redis",
        [WPB_LOAD_FIRST_CPU] = "cpu",
        [WPB_LOAD_FIRST_WORKERS] = "php_workers"};

    return names[first];
}

/* Seconds that a request is in a worker, by Little's law; without a pool that can be
 * seen, seconds until it is answered. */
static double time_in_worker(const struct wpb_load_step *step)
{
    double achieved = wpb_load_step_achieved(step);

    return step->use.workers_busy >= 0 && achieved > 0
               ? step->use.workers_busy / achieved
               : wpb_latency_mean_s(&step->service);
}

enum wpb_load_first wpb_load_first_of(const struct wpb_load_step *step, uint32_t workers)
{
    if (step->work.lock_wait_s > 0 &&
        step->work.lock_wait_s >= LOCK_SHARE * time_in_worker(step))
        return WPB_LOAD_FIRST_LOCK;
    if (step->use.redis_ratio >= ALL_TAKEN)
        return WPB_LOAD_FIRST_REDIS;
    if (step->use.cpu_ratio >= ALL_TAKEN)
        return WPB_LOAD_FIRST_CPU;
    if (workers && step->use.workers_busy >= ALL_TAKEN * workers)
        return WPB_LOAD_FIRST_WORKERS;
    return WPB_LOAD_FIRST_UNKNOWN;
}

/* Do PHP workers, and the queue before them, have no part in the time that answers took?
 */
static bool is_pool_idle(const struct wpb_load_step *steps, size_t count)
{
    double at_pool_s = 0, service_s = 0;

    for (size_t i = 0; i < count; i++) {
        if (!(steps[i].use.workers_busy >= 0))
            continue;
        at_pool_s +=
            (steps[i].use.workers_busy + fmax(steps[i].use.queue, 0)) * steps[i].lasted_s;
        service_s +=
            wpb_latency_mean_s(&steps[i].service) * (double)steps[i].service.count;
    }
    return at_pool_s < POOL_SHARE_MIN * service_s;
}

/* By the steps that were held: waiting for others makes a request longer. */
static void ask_erlang(const struct wpb_load_step *steps, size_t count,
                       const struct wpb_load_system *system,
                       struct wpb_load_capacity *capacity)
{
    double busy_s = 0, answered = 0, wait_max_s = WPB_ERLANG_WAIT_MAX_S;
    struct wpb_erlang_pool pool = {
        .workers = system->workers, .arrival_cv2 = 1, .service_cv2 = 1};

    for (size_t i = 0; i < count; i++) {
        const struct wpb_load_step *step = &steps[i];
        if (wpb_load_verdict_of(step, system->slo_s) != WPB_LOAD_HELD ||
            !(step->use.workers_busy >= 0))
            continue;
        busy_s += step->use.workers_busy * step->lasted_s;
        answered += (double)step->in_time;
    }
    capacity->service_s = answered > 0 ? busy_s / answered : NAN;
    capacity->erlang_refusal = !system->workers          ? WPB_WORK_CAPACITY_UNKNOWN
                               : answered < ANSWERED_MIN ? WPB_WORK_TOO_FEW_REQUESTS
                               : !(busy_s > 0)           ? WPB_WORK_NOT_MEASURED
                                                         : WPB_WORK_NOT_REFUSED;
    if (capacity->erlang_refusal != WPB_WORK_NOT_REFUSED)
        return;
    pool.service_s = capacity->service_s;
    /* What the SLO leaves for waiting. */
    if (system->slo_s - pool.service_s > 0)
        wait_max_s = system->slo_s - pool.service_s;
    if (!wpb_erlang_knee_of(&pool, wait_max_s, WPB_ERLANG_WAIT_QUANTILE,
                            WPB_ERLANG_UTILIZATION_MAX, &capacity->erlang))
        capacity->erlang_refusal = WPB_WORK_NOT_MEASURED;
}

/* A step is one point: the workers busy in it, and what they achieved. */
static void ask_usl(const struct wpb_load_step *steps, size_t count,
                    const struct wpb_load_system *system,
                    struct wpb_load_capacity *capacity)
{
    struct wpb_usl_point points[WPB_LOAD_STEPS_MAX + 1];
    struct wpb_usl_ask ask = {0};
    size_t used = 0;

    for (size_t i = 0; i < count && used < WPB_LOAD_STEPS_MAX + 1; i++) {
        struct wpb_usl_point point = {.n = fmax(steps[i].use.workers_busy, 1),
                                      .rate = wpb_load_step_achieved(&steps[i]),
                                      .weight = steps[i].lasted_s};
        enum wpb_load_verdict verdict = wpb_load_verdict_of(&steps[i], system->slo_s);
        if (steps[i].use.workers_busy >= 0 && verdict != WPB_LOAD_INVALID &&
            verdict != WPB_LOAD_TOO_FEW && wpb_usl_usable(&point) &&
            (!used || point.n > points[used - 1].n))
            points[used++] = point;
    }
    wpb_usl_judge(points, used,
                  system->workers ? (double)system->workers : (double)INFINITY, &ask,
                  &capacity->usl);
}

void wpb_load_capacity_of(const struct wpb_load_step *steps, size_t count,
                          const struct wpb_demand_window *windows, size_t window_count,
                          const struct wpb_load_system *system,
                          struct wpb_load_capacity *capacity)
{
    struct wpb_load_system seen = *system;

    *capacity =
        (struct wpb_load_capacity){.knee = wpb_load_knee_of(steps, count, system->slo_s)};
    capacity->is_pool_idle = is_pool_idle(steps, count);
    if (capacity->is_pool_idle)
        seen.workers = 0;
    if (capacity->knee.broken)
        capacity->first = wpb_load_first_of(capacity->knee.broken, seen.workers);
    wpb_demand_measure(windows, window_count, WPB_RESOURCE_WORKERS, seen.workers,
                       &capacity->demands[0]);
    wpb_demand_measure(windows, window_count, WPB_RESOURCE_CPU, system->processors,
                       &capacity->demands[1]);
    wpb_demand_bound_of(capacity->demands, 2, &capacity->bound);
    ask_erlang(steps, count, &seen, capacity);
    ask_usl(steps, capacity->is_pool_idle ? 0 : count, &seen, capacity);
}
