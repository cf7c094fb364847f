/* What gave out first, and what the models are asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/load/capacity.h"
#include "near.h"

#define SERVICE_S 0.1
#define WORKERS 4

/* A step of ten seconds on a pool of WORKERS, each request SERVICE_S in one. */
static struct wpb_load_step step_of(double rate)
{
    const double most = WORKERS / SERVICE_S;
    double achieved = rate < most ? rate : most;
    struct wpb_load_step step = {.rate = rate, .planned_s = 10, .lasted_s = 10};

    step.offered = (uint64_t)(rate * 10);
    step.in_time = step.outcomes[WPB_LOAD_ANSWERED] = (uint64_t)(achieved * 10);
    for (uint64_t i = 0; i < step.in_time; i++) {
        wpb_latency_add(&step.response, (uint64_t)(SERVICE_S * 1e6));
        wpb_latency_add(&step.service, (uint64_t)(SERVICE_S * 1e6));
        wpb_latency_add(&step.lag, 50);
    }
    if (rate > most) {
        step.in_flight_half = (uint64_t)((rate - most) * 5);
        step.in_flight_end = (uint64_t)((rate - most) * 10);
    }
    step.use = (struct wpb_load_use){.workers_busy = achieved * SERVICE_S,
                                     .workers_busy_most = WORKERS,
                                     .queue = (double)step.in_flight_end / 2,
                                     .cpu_ratio = 0.2,
                                     .steal_ratio = 0,
                                     .redis_ratio = NAN};
    step.work = (struct wpb_load_work){NAN, NAN, NAN, NAN, NAN, NAN, 0.001};
    return step;
}

static const struct wpb_load_system system_ = {
    .workers = WORKERS, .processors = 2, .slo_s = 1};

static void a_pool_that_is_full_is_the_first_to_give_out(void **state)
{
    struct wpb_load_step step = step_of(60);

    (void)state;
    assert_int_equal(wpb_load_first_of(&step, WORKERS), WPB_LOAD_FIRST_WORKERS);
    assert_int_equal(wpb_load_first_of(&step, 0), WPB_LOAD_FIRST_UNKNOWN);
    assert_int_equal(wpb_load_first_of(&step, WORKERS * 2), WPB_LOAD_FIRST_UNKNOWN);
}

static void workers_that_wait_for_something_else_are_not_the_cause(void **state)
{
    struct wpb_load_step step = step_of(60);

    (void)state;
    step.use.cpu_ratio = 0.97;
    assert_int_equal(wpb_load_first_of(&step, WORKERS), WPB_LOAD_FIRST_CPU);
    step.use.redis_ratio = 0.95;
    assert_int_equal(wpb_load_first_of(&step, WORKERS), WPB_LOAD_FIRST_REDIS);
    step.work.lock_wait_s = SERVICE_S * 0.8;
    assert_int_equal(wpb_load_first_of(&step, WORKERS), WPB_LOAD_FIRST_LOCK);
    step.work.lock_wait_s = SERVICE_S * 0.1;
    assert_int_equal(wpb_load_first_of(&step, WORKERS), WPB_LOAD_FIRST_REDIS);
}

static void erlang_uses_the_time_in_a_worker_of_the_steps_held(void **state)
{
    struct wpb_load_step steps[] = {step_of(5), step_of(20), step_of(60)};
    struct wpb_load_capacity capacity;

    (void)state;
    wpb_load_capacity_of(steps, 3, NULL, 0, &system_, &capacity);
    assert_int_equal(capacity.erlang_refusal, WPB_WORK_NOT_REFUSED);
    assert_near(capacity.service_s, SERVICE_S, 1e-9);
    assert_within(capacity.erlang.rate, WORKERS / SERVICE_S * WPB_ERLANG_UTILIZATION_MAX,
                  0.01);
    assert_near(capacity.knee.rate, WORKERS / SERVICE_S, 1e-9);
    assert_int_equal(capacity.first, WPB_LOAD_FIRST_WORKERS);
}

static void without_the_pool_s_size_or_enough_windows_models_refuse(void **state)
{
    struct wpb_load_step steps[] = {step_of(5), step_of(20)};
    const struct wpb_load_system unknown = {.processors = 2, .slo_s = 1};
    struct wpb_load_capacity capacity;

    (void)state;
    wpb_load_capacity_of(steps, 2, NULL, 0, &unknown, &capacity);
    assert_int_equal(capacity.erlang_refusal, WPB_WORK_CAPACITY_UNKNOWN);
    assert_int_not_equal(capacity.demands[0].refusal, WPB_WORK_NOT_REFUSED);
    assert_int_not_equal(capacity.demands[1].refusal, WPB_WORK_NOT_REFUSED);
    assert_int_not_equal(capacity.bound.refusal, WPB_WORK_NOT_REFUSED);
    assert_int_not_equal(capacity.usl.refusal, WPB_WORK_NOT_REFUSED);
}

static void enough_windows_tell_the_demand_of_the_pool(void **state)
{
    struct wpb_demand_window windows[40];
    struct wpb_load_step steps[] = {step_of(5), step_of(20)};
    struct wpb_load_capacity capacity;

    (void)state;
    for (size_t i = 0; i < 40; i++) {
        double requests = 10 + (double)(i % 4) * 8;
        windows[i] = (struct wpb_demand_window){.seconds = 1, .requests = requests};
        for (size_t k = 0; k < WPB_RESOURCES; k++)
            windows[i].busy_s[k] = NAN;
        windows[i].busy_s[WPB_RESOURCE_WORKERS] = requests * SERVICE_S;
        windows[i].busy_s[WPB_RESOURCE_CPU] = requests * 0.01;
    }
    wpb_load_capacity_of(steps, 2, windows, 40, &system_, &capacity);
    assert_int_equal(capacity.bound.refusal, WPB_WORK_NOT_REFUSED);
    assert_int_equal(capacity.bound.first->resource, WPB_RESOURCE_WORKERS);
    assert_within(capacity.bound.rate, WORKERS / SERVICE_S, 0.05);
}

static void nothing_is_said_of_a_pool_that_did_not_work(void **state)
{
    struct wpb_load_step steps[] = {step_of(5), step_of(20)};
    struct wpb_load_capacity capacity;

    (void)state;
    steps[0].use.workers_busy = steps[1].use.workers_busy = 0.01;
    wpb_load_capacity_of(steps, 2, NULL, 0, &system_, &capacity);
    assert_true(capacity.is_pool_idle);
    assert_int_equal(capacity.erlang_refusal, WPB_WORK_CAPACITY_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_that_is_full_is_the_first_to_give_out),
        cmocka_unit_test(workers_that_wait_for_something_else_are_not_the_cause),
        cmocka_unit_test(erlang_uses_the_time_in_a_worker_of_the_steps_held),
        cmocka_unit_test(without_the_pool_s_size_or_enough_windows_models_refuse),
        cmocka_unit_test(enough_windows_tell_the_demand_of_the_pool),
        cmocka_unit_test(nothing_is_said_of_a_pool_that_did_not_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
