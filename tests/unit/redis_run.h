/*
 * redis_run.h - one probe run on a real loop, without the scheduler: keeps what
 * the probe posts so that a test can look it up.
 */
#ifndef TESTS_REDIS_RUN_H
#define TESTS_REDIS_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/probe.h"

struct test_sample {
    const struct wpb_site *site;
    enum wpb_subject_kind kind;
    char *scope, *name, *parent; /* NUL-terminated copies */
    size_t name_len;
    enum wpb_metric metric;
    struct wpb_value value; /* text copied */
    enum wpb_provenance provenance;
};

struct test_run {
    enum wpb_coverage_status status;
    char reason[1024];
    char lines[1024]; /* to run or to add */
    uint64_t done, total;
    struct wpb_cost cost;
    struct test_sample *samples;
    size_t count, capacity;
};

struct test_plan {
    const struct wpb_probe *probe;
    const struct wpb_site *const *sites;
    size_t site_count;
    enum wpb_budget budget;
    size_t top; /* 0: 10 */
    const struct wpb_request *requests;
    size_t request_count;
    uint32_t cancel_after_ms; /* 0: never */
    /* Called once when DONE first reaches this many; 0: never. */
    uint64_t when_done;
    void (*then)(void *cookie);
    void *cookie;
};

/* Run PLAN to its end. Free with test_run_free(). */
void test_run_go(struct test_run *run, const struct test_plan *plan);
void test_run_free(struct test_run *run);

/* The last sample of that subject and metric, or NULL. SITE NULL: any. */
const struct test_sample *test_run_find(const struct test_run *run,
                                        enum wpb_subject_kind kind, const char *name,
                                        enum wpb_metric metric);
const struct test_sample *test_run_find_site(const struct test_run *run,
                                             const struct wpb_site *site,
                                             enum wpb_subject_kind kind, const char *name,
                                             enum wpb_metric metric);
/* Its integer; fails the test when there is none. */
int64_t test_run_integer(const struct test_run *run, enum wpb_subject_kind kind,
                         const char *name, enum wpb_metric metric);
/* Its text; fails the test when there is none. */
const char *test_run_text(const struct test_run *run, enum wpb_subject_kind kind,
                          const char *name, enum wpb_metric metric);

#endif
