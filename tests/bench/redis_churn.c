/*
 * redis_churn.c - one look at write churn after the other, for so many seconds.
 *   redis_churn SOCKET PREFIX SECONDS    prints looks and names told
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "probes/redis/probes.h"
#include "redis_run.h"

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: redis_churn SOCKET PREFIX SECONDS\n");
        return 64;
    }
    struct wpb_site site = {.name = "bench",
                            .flavour = WPB_FLAVOUR_REDIS_CACHE,
                            .has_redis = true,
                            .redis = {.scheme = WPB_REDIS_UNIX,
                                      .host = "",
                                      .path = argv[1],
                                      .user = "",
                                      .password = ""},
                            .has_key_prefix = true,
                            .key_prefix = argv[2],
                            .key_prefix_len = strlen(argv[2])};
    const struct wpb_site *sites = &site;
    struct test_plan plan = {
        .probe = &wpb_probe_redis_churn, .sites = &sites, .site_count = 1};
    time_t end = time(NULL) + atoi(argv[3]);
    unsigned long looks = 0, names = 0;

    while (time(NULL) < end) {
        struct test_run run;
        test_run_go(&run, &plan);
        if (run.status != WPB_COVERAGE_OK) {
            fprintf(stderr, "%s\n", run.reason);
            return 1;
        }
        looks++;
        names += run.done;
        test_run_free(&run);
    }
    printf("%lu %lu\n", looks, names);
    return 0;
}
