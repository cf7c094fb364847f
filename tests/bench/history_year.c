/* A year of the history, or some days of it: sizes, times and memory. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/history_year.h"

static void print_day(int day, uint64_t size_bytes)
{
    if (day % 30 == 29)
        printf("day %4d: %6.1f MB\n", day + 1, (double)size_bytes / 1e6);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct year_plan plan = {.each_day = print_day};
    struct year_result result;
    uint64_t before;

    if (argc != 8) {
        fprintf(stderr, "usage: %s FOLDER SITES SERIES FAST STEP_S SLOW_EVERY DAYS\n",
                argv[0]);
        return 64;
    }
    plan.folder = argv[1];
    plan.sites = atoi(argv[2]);
    plan.series = atoi(argv[3]);
    plan.fast = atoi(argv[4]);
    plan.step_s = atoi(argv[5]);
    plan.slow_every = atoi(argv[6]);
    plan.days = atoi(argv[7]);
    before = year_memory_bytes();
    if (year_run(&plan, &result) != 0)
        return 1;
    printf("%d sites of %d series, %d of them each %d s, the others each %d s, %d days\n",
           plan.sites, plan.series, plan.fast, plan.step_s, plan.step_s * plan.slow_every,
           plan.days);
    printf("noted %llu values (%llu refused) in %.0f s, %.2f us each\n",
           (unsigned long long)result.noted, (unsigned long long)result.refused,
           result.seconds, 1e6 * result.seconds / (double)result.noted);
    printf("largest size %.2f MB, at the end %.2f MB; points %llu, hours %llu\n",
           (double)result.most_bytes / 1e6, (double)result.last_bytes / 1e6,
           (unsigned long long)result.points, (unsigned long long)result.hours);
    printf("slowest transaction of values %.1f ms, slice of upkeep %.1f ms\n",
           result.slowest_note_ms, result.slowest_upkeep_ms);
    printf("private memory %.2f MB, before %.2f MB\n", (double)year_memory_bytes() / 1e6,
           (double)before / 1e6);
    return 0;
}
