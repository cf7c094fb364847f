/*
 * near.h - for tests of numbers: assert that one is another, up to a tolerance.
 *
 * Include it behind cmocka.h.
 */
#ifndef WPB_TESTS_NEAR_H
#define WPB_TESTS_NEAR_H

#include <math.h>

/* Absolute, and as a share of what is EXPECTED. NAN is near nothing. */
#define assert_near(actual, expected, tolerance)                                         \
    do {                                                                                 \
        double near_actual = (actual), near_expected = (expected);                       \
        if (!(fabs(near_actual - near_expected) <= (tolerance)))                         \
            fail_msg("%s is %.12g, not %.12g", #actual, near_actual, near_expected);     \
    } while (0)
#define assert_within(actual, expected, share)                                           \
    assert_near(actual, expected, (share)*fabs((double)(expected)))

#endif
