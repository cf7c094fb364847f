/* The clock that tests replace, and who notices when somebody sets the real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/clock.h"

#define START_MS 1795464061000

static void sleep_ms(long ms)
{
    struct timespec pause = {.tv_nsec = ms * 1000000};

    nanosleep(&pause, NULL);
}

static void set_fake(const char *start, const char *rate, const char *origin)
{
    const char *const names[] = {"WPB_FAKE_TIME_MS", "WPB_FAKE_TIME_RATE",
                                 "WPB_FAKE_TIME_ORIGIN_MS"};
    const char *const values[] = {start, rate, origin};

    for (int i = 0; i < 3; i++) {
        if (values[i])
            setenv(names[i], values[i], 1);
        else
            unsetenv(names[i]);
    }
}

/* Is LOOK true in a process of its own? A running clock starts once in a process. */
static bool holds_in_child(bool (*look)(void))
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(look() ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void unix_time_stands_still_where_it_is_told_to(void **state)
{
    (void)state;
    set_fake("1795464061000", NULL, NULL);
    uint64_t before_ms = wpb_clock_moment().monotonic_ms;
    assert_int_equal(wpb_clock_now_ms(), START_MS);
    sleep_ms(3);
    assert_int_equal(wpb_clock_now_ms(), START_MS);
    assert_true(wpb_clock_moment().monotonic_ms >= before_ms + 2);
    assert_int_equal(wpb_clock_real_ms(60000), 60000);
    assert_int_equal(wpb_clock_real_ms(0), 0);
}

static void without_it_the_clock_is_the_machine_s(void **state)
{
    (void)state;
    set_fake(NULL, "3600", NULL); /* a rate alone means nothing */
    int64_t before_s = time(NULL);
    struct wpb_moment now = wpb_clock_moment();
    assert_true(now.unix_ms / 1000 >= before_s - 1 &&
                now.unix_ms / 1000 <= time(NULL) + 1);
    assert_true(now.monotonic_ms <= wpb_clock_monotonic_ms());
    assert_true(now.boot_ms >= now.monotonic_ms);
    assert_int_equal(wpb_clock_real_ms(60000), 60000);

    set_fake("soon", NULL, NULL); /* nor does what is no number */
    assert_true(wpb_clock_now_ms() / 1000 >= before_s - 1);
}

static bool clock_runs_fast(void)
{
    uint64_t true_ms = wpb_clock_monotonic_ms();
    struct wpb_moment before = wpb_clock_moment(), after;

    sleep_ms(5);
    after = wpb_clock_moment();
    true_ms = wpb_clock_monotonic_ms() - true_ms;
    int64_t passed = after.unix_ms - before.unix_ms;
    int64_t steady = (int64_t)(after.monotonic_ms - before.monotonic_ms);
    return before.unix_ms >= START_MS && passed >= 4 * 3600 &&
           passed <= (int64_t)(true_ms + 1) * 3600 && steady - passed <= 1 &&
           passed - steady <= 1 && after.boot_ms == after.monotonic_ms &&
           before.monotonic_ms > 0;
}

static void with_a_rate_it_runs_from_there_so_many_times_as_fast(void **state)
{
    (void)state;
    set_fake("1795464061000", "3600", NULL);
    assert_true(holds_in_child(clock_runs_fast));
    assert_int_equal(wpb_clock_real_ms(3600000), 1000);
    assert_int_equal(wpb_clock_real_ms(60000), 16);
    assert_int_equal(wpb_clock_real_ms(1), 1); /* never none: a timer of 0 would spin */
    assert_int_equal(wpb_clock_real_ms(0), 1);
    set_fake("1795464061000", "0.5", NULL); /* slower, too */
    assert_int_equal(wpb_clock_real_ms(1000), 2000);
    set_fake("1795464061000", "1e-9", NULL);
    assert_true(wpb_clock_real_ms(UINT64_MAX) <= UINT64_MAX / 2);
    set_fake("1795464061000", "-3", NULL);
    assert_int_equal(wpb_clock_now_ms(), START_MS);
}

static bool an_hour_has_passed(void)
{
    struct wpb_moment now = wpb_clock_moment();

    return now.unix_ms >= START_MS + 10 * 360000 && now.monotonic_ms >= 10 * 360000;
}

static void a_restarted_process_goes_on_where_the_other_was(void **state)
{
    char origin[32];

    (void)state;
    set_fake(NULL, NULL, NULL);
    snprintf(origin, sizeof(origin), "%lld", (long long)wpb_clock_now_ms() - 10000);
    set_fake("1795464061000", "360", origin);
    assert_true(holds_in_child(an_hour_has_passed));
    assert_true(holds_in_child(an_hour_has_passed));
}

/* ---- steps and suspends ---- */

static struct wpb_moment moment(int64_t monotonic_s, int64_t unix_s, int64_t boot_s)
{
    return (struct wpb_moment){.monotonic_ms = (uint64_t)monotonic_s * 1000,
                               .unix_ms = unix_s * 1000,
                               .boot_ms = (uint64_t)boot_s * 1000};
}

static struct wpb_clock_change between(struct wpb_moment a, struct wpb_moment b)
{
    struct wpb_clock_watch watch = {0};
    struct wpb_clock_change first = wpb_clock_watch_note(&watch, a);

    assert_int_equal(first.stepped_by_ms, 0);
    assert_int_equal(first.suspended_ms, 0);
    return wpb_clock_watch_note(&watch, b);
}

static void time_that_passes_is_no_step(void **state)
{
    struct wpb_clock_watch watch = {0};

    (void)state;
    for (int64_t i = 0; i < 100; i++) { /* slewed by a millisecond a second */
        struct wpb_moment now = moment(i, 1000 + i, i + 50);
        now.unix_ms += i;
        struct wpb_clock_change change = wpb_clock_watch_note(&watch, now);
        assert_int_equal(change.stepped_by_ms, 0);
        assert_int_equal(change.suspended_ms, 0);
    }
}

static void a_clock_that_is_set_is_a_step_either_way(void **state)
{
    (void)state;
    assert_int_equal(between(moment(5, 1000, 5), moment(65, 4660, 65)).stepped_by_ms,
                     3600000);
    assert_int_equal(between(moment(5, 5000, 5), moment(65, 1460, 65)).stepped_by_ms,
                     -3600000);
    assert_int_equal(between(moment(5, 1000, 5), moment(65, 1062, 65)).stepped_by_ms, 0);
    assert_int_equal(between(moment(5, 1000, 5), moment(65, 1063, 65)).stepped_by_ms,
                     3000);
    assert_int_equal(between(moment(5, 1000, 5), moment(65, 4660, 65)).suspended_ms, 0);
}

static void a_suspend_is_no_step(void **state)
{
    struct wpb_clock_change change;

    (void)state;
    change = between(moment(5, 1000, 5), moment(15, 1000 + 28810, 5 + 28810));
    assert_int_equal(change.suspended_ms, 28800000);
    assert_int_equal(change.stepped_by_ms, 0);
    /* and both at once are told apart */
    change = between(moment(5, 1000, 5), moment(15, 1000 + 28810 - 60, 5 + 28810));
    assert_int_equal(change.suspended_ms, 28800000);
    assert_int_equal(change.stepped_by_ms, -60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unix_time_stands_still_where_it_is_told_to),
        cmocka_unit_test(without_it_the_clock_is_the_machine_s),
        cmocka_unit_test(with_a_rate_it_runs_from_there_so_many_times_as_fast),
        cmocka_unit_test(a_restarted_process_goes_on_where_the_other_was),
        cmocka_unit_test(time_that_passes_is_no_step),
        cmocka_unit_test(a_clock_that_is_set_is_a_step_either_way),
        cmocka_unit_test(a_suspend_is_no_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
