/* Arrivals: set ahead, reproducible, and of the distribution that is promised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/load/schedule.h"
#include "near.h"

#define COUNT 20000

static void constant_arrivals_are_evenly_spaced(void **state)
{
    struct wpb_load_schedule schedule;

    (void)state;
    wpb_load_schedule_begin(&schedule, WPB_LOAD_CONSTANT, 3, 1);
    for (int i = 1; i <= 3000; i++) {
        assert_near((double)wpb_load_schedule_at_us(&schedule), i * 1e6 / 3, 1.5);
        wpb_load_schedule_step(&schedule);
    }
}

static void exponential_arrivals_have_the_rate_and_the_variance_of_poisson(void **state)
{
    struct wpb_load_schedule schedule;
    double sum = 0, squares = 0, last = 0;

    (void)state;
    wpb_load_schedule_begin(&schedule, WPB_LOAD_EXPONENTIAL, 50, 7);
    for (int i = 0; i < COUNT; i++) {
        double at = (double)wpb_load_schedule_at_us(&schedule), gap = at - last;
        assert_true(gap >= 0);
        sum += gap;
        squares += gap * gap;
        last = at;
        wpb_load_schedule_step(&schedule);
    }
    assert_within(sum / COUNT, 20000, 0.03);
    /* The squared coefficient of variation of an exponential is 1. */
    assert_near(squares / COUNT / (sum / COUNT) / (sum / COUNT) - 1, 1, 0.06);
}

static void the_same_seed_gives_the_same_arrivals_and_another_others(void **state)
{
    struct wpb_load_schedule a, b, c;
    int differ = 0;

    (void)state;
    wpb_load_schedule_begin(&a, WPB_LOAD_EXPONENTIAL, 5, 1);
    wpb_load_schedule_begin(&b, WPB_LOAD_EXPONENTIAL, 5, 1);
    wpb_load_schedule_begin(&c, WPB_LOAD_EXPONENTIAL, 5, 2);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(wpb_load_schedule_at_us(&a), wpb_load_schedule_at_us(&b));
        differ += wpb_load_schedule_at_us(&a) != wpb_load_schedule_at_us(&c);
        wpb_load_schedule_step(&a);
        wpb_load_schedule_step(&b);
        wpb_load_schedule_step(&c);
    }
    assert_true(differ > 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_arrivals_are_evenly_spaced),
        cmocka_unit_test(exponential_arrivals_have_the_rate_and_the_variance_of_poisson),
        cmocka_unit_test(the_same_seed_gives_the_same_arrivals_and_another_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
