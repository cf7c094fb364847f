/* Who does not answer is left in peace, and asked again ever more seldom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/schedule/breaker.h"

#define START_UNIX_MS 1795464000000

static struct wpb_moment at(uint64_t ms)
{
    return (struct wpb_moment){.monotonic_ms = 5000 + ms,
                               .unix_ms = START_UNIX_MS + (int64_t)ms};
}

/* Open, by failures a second apart; the moment of the last is at(2000). */
static struct wpb_breaker open_breaker(uint64_t seed)
{
    struct wpb_breaker breaker;

    wpb_breaker_init(&breaker, seed);
    for (unsigned i = 0; i < WPB_BREAKER_FAILURES; i++)
        wpb_breaker_failed(&breaker, at(1000 * i), "Connection refused");
    return breaker;
}

static void it_opens_after_three_failures_in_a_row(void **state)
{
    struct wpb_breaker breaker;

    (void)state;
    wpb_breaker_init(&breaker, 7);
    for (int round = 0; round < 5; round++) {
        wpb_breaker_failed(&breaker, at(0), "no");
        wpb_breaker_failed(&breaker, at(1), "no");
        assert_int_equal(breaker.state, WPB_BREAKER_CLOSED);
        assert_true(wpb_breaker_allows(&breaker, at(2).monotonic_ms));
        wpb_breaker_succeeded(&breaker);
        assert_int_equal(breaker.failures, 0);
    }
    breaker = open_breaker(7);
    assert_int_equal(breaker.state, WPB_BREAKER_OPEN);
    assert_false(wpb_breaker_allows(&breaker, at(2000).monotonic_ms));
}

static void the_first_trial_comes_after_thirty_seconds_less_jitter(void **state)
{
    uint64_t least = UINT64_MAX, most = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct wpb_breaker breaker = open_breaker(seed);
        uint64_t wait_ms = breaker.retry_ms - at(2000).monotonic_ms;
        assert_in_range(wait_ms, 24000, WPB_BREAKER_FIRST_MS);
        assert_false(wpb_breaker_allows(&breaker, breaker.retry_ms - 1));
        assert_true(wpb_breaker_allows(&breaker, breaker.retry_ms));
        assert_int_equal(breaker.retry_unix_ms, START_UNIX_MS + 2000 + (int64_t)wait_ms);
        least = wait_ms < least ? wait_ms : least;
        most = wait_ms > most ? wait_ms : most;
    }
    assert_true(least < 25000 && most > 29000); /* a crowd is taken apart */
}

static void failed_trials_double_the_wait_up_to_five_minutes(void **state)
{
    static const uint64_t longest_ms[] = {60000, 120000, 240000, 300000, 300000, 300000};
    struct wpb_breaker breaker = open_breaker(3);

    (void)state;
    for (size_t i = 0; i < sizeof(longest_ms) / sizeof(*longest_ms); i++) {
        uint64_t trial_ms = breaker.retry_ms - at(0).monotonic_ms;
        wpb_breaker_trial(&breaker);
        assert_int_equal(breaker.state, WPB_BREAKER_HALF_OPEN);
        assert_false(wpb_breaker_allows(&breaker, UINT64_MAX)); /* one at a time */
        wpb_breaker_failed(&breaker, at(trial_ms), "Connection refused");
        assert_int_equal(breaker.state, WPB_BREAKER_OPEN);
        assert_in_range(breaker.retry_ms - at(trial_ms).monotonic_ms,
                        longest_ms[i] - longest_ms[i] / 5, longest_ms[i]);
    }
    assert_int_equal(breaker.since_unix_ms, START_UNIX_MS);
}

static void the_first_success_closes_it(void **state)
{
    struct wpb_breaker breaker = open_breaker(3);

    (void)state;
    wpb_breaker_trial(&breaker);
    wpb_breaker_succeeded(&breaker);
    assert_int_equal(breaker.state, WPB_BREAKER_CLOSED);
    assert_true(wpb_breaker_allows(&breaker, 0));
    /* and the next outage begins with the shortest wait again */
    for (int i = 0; i < 3; i++)
        wpb_breaker_failed(&breaker, at(900000), "no");
    assert_in_range(breaker.retry_ms - at(900000).monotonic_ms, 24000, 30000);
}

static void those_that_were_under_way_do_not_put_the_trial_off(void **state)
{
    struct wpb_breaker breaker = open_breaker(3);
    uint64_t retry_ms = breaker.retry_ms;

    (void)state;
    wpb_breaker_failed(&breaker, at(9000), "timed out");
    assert_int_equal(breaker.retry_ms, retry_ms);
    assert_string_equal(breaker.reason, "timed out");
}

static void a_trial_that_was_cancelled_is_done_again(void **state)
{
    struct wpb_breaker breaker = open_breaker(3);

    (void)state;
    wpb_breaker_trial(&breaker);
    wpb_breaker_abandoned(&breaker, at(40000));
    assert_int_equal(breaker.state, WPB_BREAKER_OPEN);
    assert_in_range(breaker.retry_ms - at(40000).monotonic_ms, 24000, 30000);
}

static void it_says_since_when_and_until_when(void **state)
{
    struct wpb_breaker breaker = open_breaker(3);
    struct wpb_buf text, next;

    (void)state;
    wpb_buf_init(&text, 0);
    wpb_buf_init(&next, 0);
    wpb_breaker_say(&breaker, "redis unix:///run/redis.sock", &text);
    wpb_buf_text(&next, "redis unix:///run/redis.sock does not answer since "
                        "2026-11-23T20:00:00Z (Connection refused); next try at ");
    wpb_clock_rfc3339(&next, breaker.retry_unix_ms);
    assert_string_equal(text.data, next.data);
    wpb_breaker_trial(&breaker);
    wpb_buf_clear(&text);
    wpb_breaker_say(&breaker, "it", &text);
    assert_string_equal(text.data, "it does not answer since 2026-11-23T20:00:00Z "
                                   "(Connection refused); being tried now");
    assert_string_equal(wpb_breaker_state_name(breaker.state), "half-open");
    wpb_buf_fini(&text);
    wpb_buf_fini(&next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_after_three_failures_in_a_row),
        cmocka_unit_test(the_first_trial_comes_after_thirty_seconds_less_jitter),
        cmocka_unit_test(failed_trials_double_the_wait_up_to_five_minutes),
        cmocka_unit_test(the_first_success_closes_it),
        cmocka_unit_test(those_that_were_under_way_do_not_put_the_trial_off),
        cmocka_unit_test(a_trial_that_was_cancelled_is_done_again),
        cmocka_unit_test(it_says_since_when_and_until_when),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
