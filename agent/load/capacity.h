/*
 * capacity.h - what the steps of a run say about the site: which resource gave out
 * first, and what the models of agent/analyse foretell of it, or why they do not.
 *
 * Pure; memory of the caller.
 */
#ifndef WPB_LOAD_CAPACITY_H
#define WPB_LOAD_CAPACITY_H

#include "agent/analyse/demand.h"
#include "agent/analyse/erlang.h"
#include "agent/analyse/usl_outlook.h"
#include "agent/load/judge.h"

/* What was at its end in the step that broke, as it was seen there. */
enum wpb_load_first {
    WPB_LOAD_FIRST_UNKNOWN, /* nothing that is watched was */
    WPB_LOAD_FIRST_LOCK,    /* requests waited for rows that others had locked */
    WPB_LOAD_FIRST_REDIS,   /* its one thread */
    WPB_LOAD_FIRST_CPU,
    WPB_LOAD_FIRST_WORKERS,
    WPB_LOAD_FIRSTS
};

/* "unknown", "lock", "redis", "cpu", "php_workers"; they do not change. */
const char *wpb_load_first_name(enum wpb_load_first first);

/* Which of them STEP shows, in a pool of WORKERS (0: not known). Workers that are all
 * busy since they wait for a lock or a processor are not the cause. */
enum wpb_load_first wpb_load_first_of(const struct wpb_load_step *step, uint32_t workers);

struct wpb_load_system {
    uint32_t workers;  /* of the pool; 0: not known */
    double processors; /* of the host */
    double slo_s;
};

struct wpb_load_capacity {
    struct wpb_load_knee knee;
    /* The pool that is watched was busy for so little of the time that requests took,
     * that it is another one, or a cache answers: nothing is said of its workers. */
    bool is_pool_idle;
    enum wpb_load_first first; /* of knee.broken */
    /* Demands of workers and processors, measured over windows of a second. */
    struct wpb_demand demands[2];
    struct wpb_demand_bound bound;
    /* By Erlang: with the time that a request of the steps held needs a worker. */
    enum wpb_work_refusal erlang_refusal;
    double service_s;
    struct wpb_erlang_knee erlang;
    struct wpb_usl_outlook usl;
};

/* Of COUNT STEPS, and the WINDOWS while requests arrived. Borrows from the steps. */
void wpb_load_capacity_of(const struct wpb_load_step *steps, size_t count,
                          const struct wpb_demand_window *windows, size_t window_count,
                          const struct wpb_load_system *system,
                          struct wpb_load_capacity *capacity);

#endif
