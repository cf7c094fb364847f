/* The histogram against a sorted list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "agent/load/latency.h"
#include "near.h"

#define COUNT 10000

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Values over all magnitudes, from a generator of its own. */
static void fill(uint64_t *values)
{
    uint64_t state = 88172645463325252u;

    for (int i = 0; i < COUNT; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        values[i] = (state & 0xffffff) >> (state >> 60);
    }
}

static void percentiles_are_those_of_the_sorted_values(void **state)
{
    static uint64_t values[COUNT];
    static struct wpb_latency latency;
    const double shares[] = {0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999};

    (void)state;
    fill(values);
    for (int i = 0; i < COUNT; i++)
        wpb_latency_add(&latency, values[i]);
    qsort(values, COUNT, sizeof(values[0]), by_size);
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        double truth = (double)values[(size_t)(shares[i] * COUNT) - 1];
        assert_near((double)wpb_latency_quantile_us(&latency, shares[i]), truth,
                    truth * 0.008);
    }
    assert_int_equal(latency.most_us, values[COUNT - 1]);
    assert_int_equal(latency.count, COUNT);
}

static void small_values_are_exact_and_a_single_one_is_told_as_it_is(void **state)
{
    (void)state;
    for (uint64_t us = 0; us < 128; us++) {
        struct wpb_latency latency = {0};
        wpb_latency_add(&latency, us);
        assert_int_equal(wpb_latency_quantile_us(&latency, 0.5), us);
    }
}

static void what_is_beyond_the_last_bin_stays_the_most(void **state)
{
    struct wpb_latency latency = {0};

    (void)state;
    wpb_latency_add(&latency, UINT64_MAX);
    wpb_latency_add(&latency, 1);
    assert_int_equal(latency.most_us, UINT64_MAX);
    assert_true(wpb_latency_quantile_us(&latency, 1) > 130000000u);
    assert_int_equal(wpb_latency_quantile_us(&latency, 0.5), 1);
}

static void of_nothing_all_is_0(void **state)
{
    struct wpb_latency latency = {0};

    (void)state;
    assert_int_equal(wpb_latency_quantile_us(&latency, 0.99), 0);
    assert_near(wpb_latency_mean_s(&latency), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
        cmocka_unit_test(small_values_are_exact_and_a_single_one_is_told_as_it_is),
        cmocka_unit_test(what_is_beyond_the_last_bin_stays_the_most),
        cmocka_unit_test(of_nothing_all_is_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
