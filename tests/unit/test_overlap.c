/* How many requests were at work at once, against counting moment by moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "probes/requests/overlap.h"

#define SECOND INT64_C(1000000)
#define NOW (INT64_C(1795981440) * SECOND)
#define EXPECT_NEAR(value, expected, within)                                             \
    assert_true((value) - (expected) <= (within) && (expected) - (value) <= (within))

static void add(struct wpb_overlap *overlap, double begin_s, double end_s,
                uint32_t unit_us)
{
    int64_t end_us = NOW + (int64_t)(end_s * 1e6);

    wpb_overlap_add(overlap, end_us, (uint64_t)((end_s - begin_s) * 1e6 + 0.5), unit_us);
}

static struct wpb_overlap_found sweep(const struct wpb_overlap *overlap, double from_s,
                                      double until_s)
{
    struct wpb_overlap_found found;

    assert_true(wpb_overlap_sweep(overlap, NOW + (int64_t)(from_s * 1e6),
                                  NOW + (int64_t)(until_s * 1e6), &found));
    return found;
}

static void nothing_is_at_work_when_nothing_was_added(void **state)
{
    struct wpb_overlap *overlap = wpb_overlap_new();
    struct wpb_overlap_found found = sweep(overlap, 0, 60);

    (void)state;
    assert_int_equal(found.arrivals, 0);
    assert_int_equal(found.most, 0);
    assert_true(found.busy_s == 0);
    assert_true(found.is_complete);
    assert_false(found.is_resolved);
    wpb_overlap_free(overlap);
}

static void three_requests_meet_as_they_overlap(void **state)
{
    struct wpb_overlap *overlap = wpb_overlap_new();

    (void)state;
    add(overlap, 2, 3, 1);    /* meets one */
    add(overlap, 1, 4, 1);    /* meets none */
    add(overlap, 4, 6, 1);    /* begins when that one ends: meets none */
    add(overlap, -5, 0.5, 1); /* began before */
    struct wpb_overlap_found found = sweep(overlap, 0, 5);
    assert_int_equal(found.arrivals, 3);
    assert_int_equal(found.levels[0], 2);
    assert_int_equal(found.levels[1], 1);
    assert_int_equal(found.met, 1);
    assert_int_equal(found.most, 2);
    EXPECT_NEAR(found.busy_s, 0.5 + 1 + 3 + 1, 1e-4);
    EXPECT_NEAR(found.busy_squared_s, 0.5 + 1 + 4 + 1 + 1, 1e-4);
    assert_true(found.is_complete);
    assert_true(found.is_resolved);
    wpb_overlap_free(overlap);
}

static void requests_that_take_no_time_meet_those_that_do(void **state)
{
    struct wpb_overlap *overlap = wpb_overlap_new();

    (void)state;
    add(overlap, 1, 1, 1);
    add(overlap, 1.5, 1.5, 1);
    add(overlap, 1.25, 2, 1);
    struct wpb_overlap_found found = sweep(overlap, 0, 5);
    assert_int_equal(found.arrivals, 3);
    assert_int_equal(found.levels[0], 2);
    assert_int_equal(found.levels[1], 1);
    EXPECT_NEAR(found.busy_s, 0.75, 1e-4);
    wpb_overlap_free(overlap);
}

static void a_sweep_agrees_with_counting_moment_by_moment(void **state)
{
    enum { COUNT = 400, TICKS = 6000 };
    struct wpb_overlap *overlap = wpb_overlap_new();
    static unsigned at_work[TICKS];
    uint32_t seed = 7;
    double busy = 0, squared = 0;

    (void)state;
    memset(at_work, 0, sizeof at_work);
    for (int i = 0; i < COUNT; i++) {
        seed = seed * 1664525 + 1013904223;
        int end = (int)((seed >> 8) % TICKS), begin = end - (int)(seed >> 24) * 4;
        add(overlap, begin / 100.0, end / 100.0, 1);
        for (int t = begin < 0 ? 0 : begin; t < end; t++)
            at_work[t]++;
    }
    for (int t = 0; t < TICKS; t++) {
        busy += at_work[t] / 100.0;
        squared += at_work[t] * at_work[t] / 100.0;
    }
    struct wpb_overlap_found found = sweep(overlap, 0, 60);
    EXPECT_NEAR(found.busy_s, busy, 1e-2);
    EXPECT_NEAR(found.busy_squared_s, squared, 1);
    wpb_overlap_free(overlap);
}

static void ends_in_one_second_are_spread_over_it(void **state)
{
    struct wpb_overlap *overlap = wpb_overlap_new();

    (void)state;
    /* four requests of a quarter of a second, all in the second from 10 to 11 */
    for (int i = 0; i < 4; i++)
        add(overlap, 9.75, 10, 1000000);
    struct wpb_overlap_found found = sweep(overlap, 0, 60);
    assert_int_equal(found.most, 1);
    EXPECT_NEAR(found.busy_s, 1, 1e-3);
    assert_false(found.is_resolved); /* they may as well have run together */
    wpb_overlap_free(overlap);

    overlap = wpb_overlap_new();
    for (int i = 0; i < 4; i++)
        add(overlap, 5, 10, 1000000);
    found = sweep(overlap, 0, 60);
    assert_int_equal(found.most, 4);
    assert_true(found.is_resolved);
    wpb_overlap_free(overlap);
}

static void what_ended_before_is_forgotten(void **state)
{
    struct wpb_overlap *overlap = wpb_overlap_new();

    (void)state;
    for (int i = 0; i < 1000; i++)
        add(overlap, i, i + 0.5, 1);
    add(overlap, 10, 1001, 1);
    wpb_overlap_forget(overlap, NOW + 900 * SECOND);
    struct wpb_overlap_found found = sweep(overlap, 0, 2000);
    assert_int_equal(found.arrivals, 101);
    EXPECT_NEAR(found.busy_s, 100 * 0.5 + 991, 1e-2);
    wpb_overlap_free(overlap);
}

static void days_pass_without_losing_ticks(void **state)
{
    struct wpb_overlap *overlap = wpb_overlap_new();

    (void)state;
    /* one that is always at work beside short ones, minute after minute for five days */
    for (int minute = 0; minute < 5 * 1440; minute++) {
        double from = minute * 60.0;
        add(overlap, from + 10, from + 20, 1);
        add(overlap, from + 15, from + 90, 1);
        if (minute % 60 == 59) {
            struct wpb_overlap_found found = sweep(overlap, from, from + 60);
            EXPECT_NEAR(found.busy_s, 10 + 45 + 30, 1e-2);
            assert_true(found.is_complete);
        }
        wpb_overlap_forget(overlap, NOW + (int64_t)(from * 1e6));
    }
    wpb_overlap_free(overlap);
}

static void a_stretch_with_too_many_requests_is_told(void **state)
{
    struct wpb_overlap *overlap = wpb_overlap_new();

    (void)state;
    for (int i = 0; i <= WPB_OVERLAP_MAX; i++)
        add(overlap, i / 1e3, i / 1e3 + 0.001, 1);
    assert_false(sweep(overlap, 0, 60).is_complete);
    /* and the next one is whole again */
    wpb_overlap_forget(overlap, NOW + 60 * SECOND);
    add(overlap, 61, 62, 1);
    struct wpb_overlap_found found = sweep(overlap, 60, 120);
    assert_true(found.is_complete);
    assert_int_equal(found.arrivals, 1);
    wpb_overlap_free(overlap);
}

static void times_that_cannot_be_are_left_out(void **state)
{
    struct wpb_overlap *overlap = wpb_overlap_new();

    (void)state;
    add(overlap, 1, 2, 1);
    wpb_overlap_add(overlap, NOW + SECOND, UINT64_C(86400) * 1000000, UINT32_MAX);
    wpb_overlap_add(overlap, NOW * 2, 5, 1);
    wpb_overlap_add(overlap, 0, 5, 1);
    struct wpb_overlap_found found = sweep(overlap, 0, 60);
    assert_int_equal(found.arrivals, 1);
    assert_false(found.is_complete);
    wpb_overlap_free(overlap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_at_work_when_nothing_was_added),
        cmocka_unit_test(three_requests_meet_as_they_overlap),
        cmocka_unit_test(requests_that_take_no_time_meet_those_that_do),
        cmocka_unit_test(a_sweep_agrees_with_counting_moment_by_moment),
        cmocka_unit_test(ends_in_one_second_are_spread_over_it),
        cmocka_unit_test(what_ended_before_is_forgotten),
        cmocka_unit_test(days_pass_without_losing_ticks),
        cmocka_unit_test(a_stretch_with_too_many_requests_is_told),
        cmocka_unit_test(times_that_cannot_be_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
