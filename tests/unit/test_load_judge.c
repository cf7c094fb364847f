/* When a step is stopped, how it is judged, and where the knee is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/load/judge.h"
#include "agent/load/limits.h"
#include "near.h"

static const struct wpb_load_stop_limits limits = {.slow_us = 5000000, .queue = 64};

/* A step of RATE for ten seconds, of which every answer took SECONDS. */
static struct wpb_load_step step_of(double rate, double seconds)
{
    struct wpb_load_step step = {.rate = rate, .planned_s = 10, .lasted_s = 10};
    uint64_t count = (uint64_t)(rate * 10);

    step.offered = step.in_time = count;
    step.outcomes[WPB_LOAD_ANSWERED] = count;
    for (uint64_t i = 0; i < count; i++) {
        wpb_latency_add(&step.response, (uint64_t)(seconds * 1e6));
        wpb_latency_add(&step.service, (uint64_t)(seconds * 1e6));
        wpb_latency_add(&step.lag, 100);
    }
    return step;
}

/* ---- stop.h */

static enum wpb_load_stop stop_of(struct wpb_load_pulse pulse)
{
    return wpb_load_stop_of(&pulse, &limits);
}

static void a_rule_needs_three_witnesses_and_more_than_its_share(void **state)
{
    (void)state;
    assert_int_equal(stop_of((struct wpb_load_pulse){.ended = 2, .server_errors = 2}),
                     WPB_LOAD_NOT_STOPPED);
    assert_int_equal(
        stop_of((struct wpb_load_pulse){.ended = 3, .server_errors = 3, .failures = 3}),
        WPB_LOAD_STOP_SERVER_ERRORS);
    assert_int_equal(stop_of((struct wpb_load_pulse){.ended = 60, .failures = 3}),
                     WPB_LOAD_NOT_STOPPED);
    assert_int_equal(stop_of((struct wpb_load_pulse){.ended = 59, .failures = 3}),
                     WPB_LOAD_STOP_FAILURES);
    assert_int_equal(
        stop_of((struct wpb_load_pulse){.ended = 10, .timeouts = 3, .failures = 3}),
        WPB_LOAD_STOP_TIMEOUTS);
}

static void requests_that_are_still_in_flight_can_stop_a_step(void **state)
{
    (void)state;
    assert_int_equal(stop_of((struct wpb_load_pulse){.sent = 300, .slow = 3}),
                     WPB_LOAD_NOT_STOPPED);
    assert_int_equal(stop_of((struct wpb_load_pulse){.sent = 299, .slow = 3}),
                     WPB_LOAD_STOP_SLOW);
}

static void a_full_generator_and_a_long_queue_stop_a_step(void **state)
{
    (void)state;
    assert_int_equal(stop_of((struct wpb_load_pulse){.sent = 9, .dropped = 3}),
                     WPB_LOAD_STOP_FULL);
    assert_int_equal(stop_of((struct wpb_load_pulse){.sent = 9, .queue = 64}),
                     WPB_LOAD_NOT_STOPPED);
    assert_int_equal(stop_of((struct wpb_load_pulse){.sent = 9, .queue = 65}),
                     WPB_LOAD_STOP_QUEUE);
}

/* ---- a step */

static void a_step_within_the_slo_is_held_and_one_beyond_it_is_slow(void **state)
{
    struct wpb_load_step step = step_of(10, 0.9);

    (void)state;
    assert_int_equal(wpb_load_verdict_of(&step, 1), WPB_LOAD_HELD);
    assert_int_equal(wpb_load_verdict_of(&step, 0.8), WPB_LOAD_SLOW);
}

static void a_late_generator_makes_a_step_invalid_however_it_went(void **state)
{
    struct wpb_load_step step = step_of(10, 3);

    (void)state;
    for (int i = 0; i < 2; i++)
        wpb_latency_add(&step.lag, WPB_LOAD_LAG_US_MAX * 2);
    assert_int_equal(wpb_load_verdict_of(&step, 1), WPB_LOAD_INVALID);
    assert_false(wpb_load_verdict_is_broken(WPB_LOAD_INVALID));
    /* Times are then the generator's, errors are the server's all the same. */
    step.stop = WPB_LOAD_STOP_SLOW;
    assert_int_equal(wpb_load_verdict_of(&step, 1), WPB_LOAD_INVALID);
    step.stop = WPB_LOAD_STOP_SERVER_ERRORS;
    assert_int_equal(wpb_load_verdict_of(&step, 1), WPB_LOAD_STOPPED);
}

static void requests_that_pile_up_all_the_time_are_a_step_that_falls_behind(void **state)
{
    struct wpb_load_step step = step_of(50, 0.5);

    (void)state;
    step.in_flight_half = 50;
    step.in_flight_end = 100;
    assert_int_equal(wpb_load_verdict_of(&step, 1), WPB_LOAD_BEHIND);
    /* A stall at the very end, and a steady number, are not that. */
    step.in_flight_half = 2;
    assert_int_equal(wpb_load_verdict_of(&step, 1), WPB_LOAD_HELD);
    step.in_flight_half = 100;
    assert_int_equal(wpb_load_verdict_of(&step, 1), WPB_LOAD_HELD);
}

static void failures_a_few_answers_and_a_stop_have_verdicts_of_their_own(void **state)
{
    struct wpb_load_step step = step_of(10, 0.1), few = step_of(0.4, 0.1);

    (void)state;
    step.outcomes[WPB_LOAD_SERVER_ERROR] = 1;
    assert_int_equal(wpb_load_verdict_of(&step, 1), WPB_LOAD_HELD);
    step.outcomes[WPB_LOAD_NOT_CONNECTED] = 1;
    assert_int_equal(wpb_load_verdict_of(&step, 1), WPB_LOAD_FAILING);
    step.stop = WPB_LOAD_STOP_QUEUE;
    assert_int_equal(wpb_load_verdict_of(&step, 1), WPB_LOAD_STOPPED);
    assert_int_equal(wpb_load_verdict_of(&few, 1), WPB_LOAD_TOO_FEW);
}

/* ---- the knee */

static void the_knee_of_a_slow_step_is_where_the_percentile_meets_the_slo(void **state)
{
    struct wpb_load_step steps[] = {step_of(10, 0.1), step_of(20, 0.1), step_of(30, 10)};
    struct wpb_load_knee knee = wpb_load_knee_of(steps, 3, 1);

    (void)state;
    assert_ptr_equal(knee.held, &steps[1]);
    assert_ptr_equal(knee.broken, &steps[2]);
    assert_int_equal(knee.why, WPB_LOAD_SLOW);
    assert_near(knee.rate, 25, 0.1); /* from 0.1 s to 10 s, 1 s is half the way */
}

static void the_knee_of_a_step_that_fell_behind_is_what_it_achieved(void **state)
{
    struct wpb_load_step steps[] = {step_of(30, 0.1), step_of(60, 0.1)};
    struct wpb_load_knee knee;

    (void)state;
    steps[1].in_time = 400;
    steps[1].in_flight_half = 100;
    steps[1].in_flight_end = 200;
    knee = wpb_load_knee_of(steps, 2, 1);
    assert_int_equal(knee.why, WPB_LOAD_BEHIND);
    assert_near(knee.rate, 40, 1e-9);
}

static void invalid_steps_are_passed_over(void **state)
{
    struct wpb_load_step steps[] = {step_of(10, 0.1), step_of(20, 5), step_of(30, 0.1)};
    struct wpb_load_knee knee;

    (void)state;
    for (int i = 0; i < 20; i++)
        wpb_latency_add(&steps[1].lag, WPB_LOAD_LAG_US_MAX * 2);
    knee = wpb_load_knee_of(steps, 3, 1);
    assert_null(knee.broken);
    assert_ptr_equal(knee.held, &steps[2]);
    assert_true(isnan(knee.rate));
}

static void the_first_step_may_break_at_once(void **state)
{
    struct wpb_load_step step = step_of(10, 3);
    struct wpb_load_knee knee = wpb_load_knee_of(&step, 1, 1);

    (void)state;
    assert_null(knee.held);
    assert_near(knee.high, 10, 0);
    assert_true(isnan(knee.rate));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_needs_three_witnesses_and_more_than_its_share),
        cmocka_unit_test(requests_that_are_still_in_flight_can_stop_a_step),
        cmocka_unit_test(a_full_generator_and_a_long_queue_stop_a_step),
        cmocka_unit_test(a_step_within_the_slo_is_held_and_one_beyond_it_is_slow),
        cmocka_unit_test(a_late_generator_makes_a_step_invalid_however_it_went),
        cmocka_unit_test(requests_that_pile_up_all_the_time_are_a_step_that_falls_behind),
        cmocka_unit_test(failures_a_few_answers_and_a_stop_have_verdicts_of_their_own),
        cmocka_unit_test(the_knee_of_a_slow_step_is_where_the_percentile_meets_the_slo),
        cmocka_unit_test(the_knee_of_a_step_that_fell_behind_is_what_it_achieved),
        cmocka_unit_test(invalid_steps_are_passed_over),
        cmocka_unit_test(the_first_step_may_break_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
