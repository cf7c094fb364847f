#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/schedule/keepsakes.h"

static const struct wpb_probe log_probe = {.name = "requests.log"};
static const struct wpb_probe slow_probe = {.name = "requests.slow"};
static const struct wpb_target www = {.needs = "pool", .address = "www /etc/a"};
static const struct wpb_target shop = {.needs = "pool", .address = "shop /etc/a"};

static void count(void *state)
{
    ++*(int *)state;
}

static void what_is_kept_is_found_by_probe_and_target(void **state)
{
    struct wpb_keepsakes *keepsakes = wpb_keepsakes_new();
    char address[] = "www /etc/a"; /* the next fleet's targets have texts of their own */
    struct wpb_target again = {.needs = "pool", .address = address};
    int destroyed[3] = {0};

    (void)state;
    assert_null(wpb_keepsakes_find(keepsakes, &log_probe, &www));
    assert_true(wpb_keepsakes_put(keepsakes, &log_probe, &www, &destroyed[0], count));
    assert_true(wpb_keepsakes_put(keepsakes, &slow_probe, &www, &destroyed[1], count));
    assert_true(wpb_keepsakes_put(keepsakes, &log_probe, &shop, &destroyed[2], count));
    assert_ptr_equal(wpb_keepsakes_find(keepsakes, &log_probe, &again), &destroyed[0]);
    assert_ptr_equal(wpb_keepsakes_find(keepsakes, &slow_probe, &again), &destroyed[1]);
    assert_ptr_equal(wpb_keepsakes_find(keepsakes, &log_probe, &shop), &destroyed[2]);
    assert_null(wpb_keepsakes_find(keepsakes, &slow_probe, &shop));
    wpb_keepsakes_free(keepsakes);
    for (int i = 0; i < 3; i++)
        assert_int_equal(destroyed[i], 1);
}

static void another_takes_the_place_of_what_was_kept(void **state)
{
    struct wpb_keepsakes *keepsakes = wpb_keepsakes_new();
    int first = 0, second = 0;

    (void)state;
    assert_true(wpb_keepsakes_put(keepsakes, &log_probe, &www, &first, count));
    assert_true(wpb_keepsakes_put(keepsakes, &log_probe, &www, &first, count));
    assert_int_equal(first, 0);
    assert_true(wpb_keepsakes_put(keepsakes, &log_probe, &www, &second, count));
    assert_int_equal(first, 1);
    wpb_keepsakes_free(keepsakes);
    assert_int_equal(first, 1);
    assert_int_equal(second, 1);
}

static void of_targets_that_are_gone_nothing_is_kept(void **state)
{
    struct wpb_keepsakes *keepsakes = wpb_keepsakes_new();
    int of_www = 0, of_shop = 0;

    (void)state;
    wpb_keepsakes_put(keepsakes, &log_probe, &www, &of_www, count);
    wpb_keepsakes_put(keepsakes, &log_probe, &shop, &of_shop, count);
    wpb_keepsakes_prune(keepsakes, &shop, 1);
    assert_int_equal(of_www, 1);
    assert_int_equal(of_shop, 0);
    assert_null(wpb_keepsakes_find(keepsakes, &log_probe, &www));
    assert_ptr_equal(wpb_keepsakes_find(keepsakes, &log_probe, &shop), &of_shop);
    wpb_keepsakes_free(keepsakes);
    assert_int_equal(of_shop, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_found_by_probe_and_target),
        cmocka_unit_test(another_takes_the_place_of_what_was_kept),
        cmocka_unit_test(of_targets_that_are_gone_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
