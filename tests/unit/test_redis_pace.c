#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "probes/redis/pace.h"

/* A server that takes US_PER_KEY and a pass of KEYS over it, in simulated time. */
struct simulated {
    uint64_t now_us, commands, batches;
    uint32_t count_max;
};

static void pass(struct wpb_pace *pace, struct simulated *s, uint64_t keys,
                 uint64_t round_trip_us)
{
    for (uint64_t done = 0; done < keys;) {
        uint32_t count = wpb_pace_count(pace), wait;
        while ((wait = wpb_pace_wait_ms(pace, s->now_us, 2 * count + 1)) > 0)
            s->now_us += wait * 1000u;
        s->now_us += round_trip_us;
        s->commands += 2 * count + 1;
        s->batches++;
        if (count > s->count_max)
            s->count_max = count;
        wpb_pace_names(pace, count, count * 50u);
        wpb_pace_note(pace, s->now_us, count, round_trip_us);
        done += count;
    }
}

static void low_stays_below_two_thousand_commands_a_second(void **state)
{
    struct wpb_pace pace;
    struct simulated s = {0};
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_LOW, 0);
    pass(&pace, &s, 10000, 100);
    assert_int_equal(s.count_max, 20);
    /* One batch may go out at once. */
    assert_true((double)(s.commands - 41) / ((double)s.now_us / 1e6) <= 2000.0);
    assert_true(s.now_us > 10 * 1000000u);
}

static void normal_reads_a_common_keyspace_at_once(void **state)
{
    struct wpb_pace pace;
    struct simulated s = {0};
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_NORMAL, 0);
    pass(&pace, &s, 77726, 400);
    assert_true(s.now_us < 700000); /* no rest: 1,555 round trips */
    assert_int_equal(s.count_max, 50);
}

static void normal_does_not_rush_into_a_large_keyspace(void **state)
{
    struct wpb_pace pace;
    struct simulated s = {0};
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_NORMAL, 0);
    wpb_pace_total(&pace, 77726);
    assert_string_equal(wpb_pace_text(&pace), "normal: first burst");
    wpb_pace_total(&pace, 1000000);
    pass(&pace, &s, 20000, 200);
    assert_true((double)s.commands / ((double)s.now_us / 1e6) < 53000.0);
}

static void normal_settles_at_fifty_commands_a_millisecond(void **state)
{
    struct wpb_pace pace;
    struct simulated s = {0}, after;
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_NORMAL, 0);
    pass(&pace, &s, 200000, 200);
    after = s;
    pass(&pace, &after, 100000, 200);
    double rate =
        (double)(after.commands - s.commands) / ((double)(after.now_us - s.now_us) / 1e6);
    assert_true(rate <= 53000.0);
    assert_true(rate > 25000.0);
    assert_int_equal(wpb_pace_count(&pace), 50);
}

static void a_server_that_turns_late_halves_the_rate_and_recovers(void **state)
{
    struct wpb_pace pace;
    struct simulated s = {0};
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_NORMAL, 0);
    pass(&pace, &s, 200000, 200);
    double before = pace.rate;
    pass(&pace, &s, 3000, 8000);
    assert_true(pace.rate <= before / 2);
    assert_string_equal(wpb_pace_text(&pace), "slowed down: Redis answers late");
    pass(&pace, &s, 100000, 200);
    assert_true(pace.rate > before * 0.9);
}

static void a_rate_never_falls_below_its_floor(void **state)
{
    struct wpb_pace pace;
    struct simulated s = {0};
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_LOW, 0);
    pass(&pace, &s, 2000, 100000);
    assert_true(pace.rate >= pace.rate_min);
}

static void noise_below_a_millisecond_changes_nothing(void **state)
{
    struct wpb_pace pace;
    struct simulated s = {0};
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_NORMAL, 0);
    pass(&pace, &s, 1000, 50);
    pass(&pace, &s, 5000, 800);
    assert_true(pace.rate >= pace.rate_max);
}

static void a_busy_host_that_delays_every_third_batch_changes_nothing(void **state)
{
    struct wpb_pace pace;
    struct simulated s = {0};
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_NORMAL, 0);
    for (int i = 0; i < 500; i++)
        pass(&pace, &s, 50, i % 3 == 0 ? 12000 : 300);
    assert_true(pace.rate >= pace.rate_max);
}

static void full_never_rests(void **state)
{
    struct wpb_pace pace;
    struct simulated s = {0};
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_FULL, 0);
    pass(&pace, &s, 100000, 20000);
    assert_int_equal(s.now_us, s.batches * 20000);
    assert_int_equal(s.count_max, 500);
}

static void the_first_scan_is_careful(void **state)
{
    struct wpb_pace pace;
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_FULL, 0);
    assert_int_equal(wpb_pace_count(&pace), 50);
}

static void long_names_make_small_batches(void **state)
{
    struct wpb_pace pace;
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_FULL, 0);
    wpb_pace_names(&pace, 50, 50 * 65536);
    assert_true(wpb_pace_count(&pace) <= 16);
    wpb_pace_names(&pace, 1, 512u << 20);
    assert_int_equal(wpb_pace_count(&pace), 1);
}

static void a_batch_larger_than_the_bucket_goes_into_debt(void **state)
{
    struct wpb_pace pace;
    uint32_t wait;
    (void)state;
    wpb_pace_init(&pace, WPB_BUDGET_LOW, 0);
    assert_int_equal(wpb_pace_wait_ms(&pace, 0, 241), 0);
    wait = wpb_pace_wait_ms(&pace, 0, 41);
    assert_true(wait >= 100); /* 200 commands too many at 2,000 a second */
    assert_int_equal(wpb_pace_wait_ms(&pace, wait * 1000u, 41), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(low_stays_below_two_thousand_commands_a_second),
        cmocka_unit_test(normal_reads_a_common_keyspace_at_once),
        cmocka_unit_test(normal_does_not_rush_into_a_large_keyspace),
        cmocka_unit_test(normal_settles_at_fifty_commands_a_millisecond),
        cmocka_unit_test(a_server_that_turns_late_halves_the_rate_and_recovers),
        cmocka_unit_test(a_rate_never_falls_below_its_floor),
        cmocka_unit_test(noise_below_a_millisecond_changes_nothing),
        cmocka_unit_test(a_busy_host_that_delays_every_third_batch_changes_nothing),
        cmocka_unit_test(full_never_rests),
        cmocka_unit_test(the_first_scan_is_careful),
        cmocka_unit_test(long_names_make_small_batches),
        cmocka_unit_test(a_batch_larger_than_the_bucket_goes_into_debt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
