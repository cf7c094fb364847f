/*
 * history_year.h - what an agent writes in so many days, with an injected clock.
 */
#ifndef TESTS_UNIT_HISTORY_YEAR_H
#define TESTS_UNIT_HISTORY_YEAR_H

#include <stdint.h>

struct year_plan {
    const char *folder;
    uint64_t max_bytes;
    int sites, series, fast; /* series of a site, and of them those noted each step */
    int step_s, slow_every;  /* the others each so many steps */
    int days;
    void (*each_day)(int day, uint64_t size_bytes); /* NULL, or called after each day */
};

struct year_result {
    uint64_t most_bytes; /* of the file, its log and its index, after any commit */
    uint64_t last_bytes;
    uint64_t noted, refused;
    double seconds, slowest_note_ms, slowest_upkeep_ms; /* of one transaction */
    uint64_t points; /* of the first series, at the end */
    uint64_t hours;
};

/* 0, or -1 with a message on stderr. */
int year_run(const struct year_plan *plan, struct year_result *result);

/* Bytes of private memory of this process (RssAnon). */
uint64_t year_memory_bytes(void);

#endif
