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
    int judge_every;         /* alerts, letters and audits each so many steps */
    int days;
    void (*each_day)(int day, uint64_t size_bytes); /* NULL, or called after each day */
};

/* At the end some transactions, with a value of every series each, are timed. */
#define YEAR_TURNS 41

/* Of one call, or one transaction: the processor's time and, the other being the
 * machine's as well, the whole time; medians. */
struct year_time {
    double cpu_ms, all_ms;
};

struct year_result {
    uint64_t most_bytes; /* of the file, its log and its index, after any commit */
    uint64_t last_bytes;
    uint64_t noted, refused;
    double seconds, cpu_seconds;
    double slowest_note_ms, slowest_upkeep_ms; /* of one transaction */
    struct year_time note_all;        /* a transaction with a value of every series */
    struct year_time find_all;        /* the ids of all series */
    struct year_time points;          /* of one series */
    uint64_t memory_bytes;            /* with the store open, after all that */
    uint64_t point_count, hour_count; /* of the first series, at the end */
};

/* 0, or -1 with a message on stderr. */
int year_run(const struct year_plan *plan, struct year_result *result);

/* Bytes of private memory of this process (RssAnon). */
uint64_t year_memory_bytes(void);

#endif
