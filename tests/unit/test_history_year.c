/*
 * A year of an agent's writing: the history stays in its bounds at every moment.
 *
 * A quarter of what is promised for twenty sites, within a quarter of the bound, and
 * every value a row of its own; tests/bench/history_year.sh does the whole at the real
 * pace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/failing_disk.h"
#include "tests/unit/history_year.h"

#define MIB (UINT64_C(1) << 20)

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static struct year_result run(struct year_plan *plan)
{
    char folder[] = "/tmp/wpb-history-XXXXXX";
    struct year_result result;

    assert_non_null(mkdtemp(folder));
    plan->folder = folder;
    assert_int_equal(year_run(plan, &result), 0);
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    printf("%d sites of %d series, %d days: %llu values, at most %.2f MB of %.2f, at the "
           "end %.2f; %llu points of a series; %.0f s of processor time\n",
           plan->sites, plan->series, plan->days, (unsigned long long)result.noted,
           (double)result.most_bytes / 1e6, (double)plan->max_bytes / 1e6,
           (double)result.last_bytes / 1e6, (unsigned long long)result.point_count,
           result.cpu_seconds);
    return result;
}

static void a_year_of_three_sites_stays_in_its_bound(void **state)
{
    struct year_plan plan = {.max_bytes = 64 * MIB * 3 / 20,
                             .sites = 3,
                             .series = 60,
                             .fast = 8,
                             .step_s = 900,
                             .slow_every = 4,
                             .judge_every = 4,
                             .days = 365};
    struct year_result result;

    (void)state;
    result = run(&plan);
    assert_true(result.most_bytes <= plan.max_bytes);
    assert_int_equal(result.refused, 0);
    assert_int_equal(result.noted, 365 * 24 * (3 * 60 + 3 * 3 * 8) + YEAR_TURNS * 3 * 60);
    /* Nothing had to go before its time: three weeks of hours, ninety days. */
    assert_in_range(result.hour_count, 21 * 24, 22 * 24);
    assert_in_range(result.point_count, 90 - 22 + 21 * 24, 98 - 21 + 22 * 24 + 1);
}

static void
what_does_not_fit_goes_before_its_time_and_values_are_still_taken(void **state)
{
    struct year_plan plan = {.max_bytes = 2 * MIB,
                             .sites = 1,
                             .series = 72,
                             .fast = 72,
                             .step_s = 600,
                             .slow_every = 1,
                             .judge_every = 1,
                             .days = 30};
    struct year_result result;

    (void)state;
    result = run(&plan);
    assert_true(result.most_bytes <= plan.max_bytes);
    assert_int_equal(result.refused, 0);
    assert_in_range(result.hour_count, 2 * 24, 20 * 24);
    assert_in_range(result.point_count, 40, 21 * 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_year_of_three_sites_stays_in_its_bound),
        cmocka_unit_test(
            what_does_not_fit_goes_before_its_time_and_values_are_still_taken),
    };

    failing_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
