/* A year of the history, or some days of it: sizes, times and memory. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/history_year.h"

static void print_day(int day, uint64_t size_bytes)
{
    if (day % 30 == 29)
        printf("day %4d: %6.2f MB\n", day + 1, (double)size_bytes / 1e6);
    fflush(stdout);
}

static void print_time(const char *what, struct year_time time)
{
    printf("%s: %.2f ms, of them %.2f ms of the processor\n", what, time.all_ms,
           time.cpu_ms);
}

int main(int argc, char **argv)
{
    struct year_plan plan = {.judge_every = 1, .each_day = print_day};
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
    printf(
        "%d site(s) of %d series, %d of them each %d s, the others each %d s; %d days\n",
        plan.sites, plan.series, plan.fast, plan.step_s, plan.step_s * plan.slow_every,
        plan.days);
    printf("%llu values (%llu refused); size at most %.2f MB, at the end %.2f MB\n",
           (unsigned long long)result.noted, (unsigned long long)result.refused,
           (double)result.most_bytes / 1e6, (double)result.last_bytes / 1e6);
    printf("processor: %.0f s, %.4f %% of one; %.2f us a value with all that follows\n",
           result.cpu_seconds, 100 * result.cpu_seconds / (86400.0 * plan.days),
           1e6 * result.cpu_seconds / (double)result.noted);
    printf("RssAnon %.2f MB, before the store was opened %.2f MB\n",
           (double)result.memory_bytes / 1e6, (double)before / 1e6);
    printf("slowest transaction of values %.1f ms, slice of upkeep %.1f ms\n",
           result.slowest_note_ms, result.slowest_upkeep_ms);
    print_time("a transaction with a value of every series", result.note_all);
    print_time("the ids of all series", result.find_all);
    printf("%llu points of a series; ", (unsigned long long)result.point_count);
    print_time("to read them", result.points);
    return 0;
}
