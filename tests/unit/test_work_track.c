#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/analyse/work_track.h"
#include "tests/unit/near.h"

#define GAP 1000

static struct wpb_track track_of(size_t count, const double *values)
{
    struct wpb_track track = {0};

    for (size_t i = 0; i < count; i++)
        wpb_track_note(&track, (int64_t)i * 100, values[i]);
    return track;
}

static void what_lies_between_readings_is_spread_evenly(void **state)
{
    const double values[] = {10, 20, 20, 50};
    struct wpb_track track = track_of(4, values);
    double gain;

    (void)state;
    assert_true(wpb_track_gain(&track, 0, 300, GAP, &gain));
    assert_near(gain, 40, 1e-9);
    assert_true(wpb_track_gain(&track, 50, 250, GAP, &gain));
    assert_near(gain, 5 + 0 + 15, 1e-9);
    assert_true(wpb_track_gain(&track, 220, 230, GAP, &gain));
    assert_near(gain, 3, 1e-9);
    assert_true(wpb_track_gain(&track, 100, 200, GAP, &gain));
    assert_near(gain, 0, 1e-9);
}

static void outside_of_the_readings_nothing_is_known(void **state)
{
    const double values[] = {10, 20, 30};
    struct wpb_track track = track_of(3, values), none = {0};
    double gain = 7;

    (void)state;
    assert_false(wpb_track_gain(&track, -1, 100, GAP, &gain));
    assert_false(wpb_track_gain(&track, 100, 201, GAP, &gain));
    assert_false(wpb_track_gain(&track, 100, 100, GAP, &gain));
    assert_false(wpb_track_gain(&none, 0, 1, GAP, &gain));
    assert_near(gain, 7, 0);
}

static void a_gap_and_a_restart_are_not_bridged(void **state)
{
    const double values[] = {10, 20, 5, 15};
    struct wpb_track track = track_of(4, values);
    double gain;

    (void)state;
    assert_false(wpb_track_gain(&track, 50, 150, GAP, &gain));
    assert_false(wpb_track_gain(&track, 0, 300, GAP, &gain));
    assert_true(wpb_track_gain(&track, 0, 100, GAP, &gain));
    assert_true(wpb_track_gain(&track, 200, 300, GAP, &gain));
    assert_near(gain, 10, 1e-9);
    assert_false(wpb_track_gain(&track, 200, 300, 99, &gain));
}

static void the_newest_readings_are_kept(void **state)
{
    struct wpb_track track = {0};
    double gain;

    (void)state;
    for (int i = 0; i < 3 * WPB_TRACK_MAX; i++)
        wpb_track_note(&track, i, i);
    wpb_track_note(&track, 3 * WPB_TRACK_MAX - 1, 1e9); /* not later: no reading */
    assert_int_equal(track.count, WPB_TRACK_MAX);
    assert_true(
        wpb_track_gain(&track, 2 * WPB_TRACK_MAX, 3 * WPB_TRACK_MAX - 1, GAP, &gain));
    assert_near(gain, WPB_TRACK_MAX - 1, 1e-9);
    assert_false(
        wpb_track_gain(&track, 2 * WPB_TRACK_MAX - 1, 3 * WPB_TRACK_MAX - 1, GAP, &gain));
    wpb_track_clear(&track);
    assert_int_equal(track.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_between_readings_is_spread_evenly),
        cmocka_unit_test(outside_of_the_readings_nothing_is_known),
        cmocka_unit_test(a_gap_and_a_restart_are_not_bridged),
        cmocka_unit_test(the_newest_readings_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
