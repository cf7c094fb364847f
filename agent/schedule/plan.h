/*
 * plan.h - when each probe of each target runs next.
 *
 * An item is a probe of a target. Its runs lie on ticks: every `cadence`, from a phase
 * that a hash of host, target and probe chooses, so that hosts and sites spread over the
 * interval and stay where they are after a restart. A target's cheap probes share a tick
 * and so a wake-up of the agent. After a start the cheap ones run within seconds and the
 * dear ones (medium, heavy) spread over a part of their cadence.
 *
 * A run never overlaps another of its item, and of the dear items of one server one runs
 * at a time. A tick that comes while the item runs, or that is noticed half a cadence
 * late, is skipped: the next run is at a later tick. What may not run at its tick waits,
 * one run deep, for the first of these that holds it:
 *
 *   - the probe that it comes `after` runs, has not looked yet or could not look;
 *   - the target does not answer: its breaker is open, and but for one cheap trial when
 *     that is due nothing of it runs;
 *   - another dear item of its server runs;
 *   - the host or the server is busy, or the server's budget is spent: dear items only,
 *     cheapest first when it is over, and at most for six hours, after which the item
 *     `is_forced`: it runs once, at the lowest budget, and its report says so.
 *
 * Pure: moments are arguments, and go forward. Texts are copied. One thread.
 */
#ifndef WPB_SCHEDULE_PLAN_H
#define WPB_SCHEDULE_PLAN_H

#include "agent/base/clock.h"
#include "agent/schedule/breaker.h"
#include "wpbloat/probe.h"

struct wpb_plan;

struct wpb_plan_item {
    const char *target; /* unique together with `probe` */
    const char *probe;
    const char *server;  /* whose budget it spends: all items that name it share that */
    const char *after;   /* probe of the same target that must have looked first, or NULL;
                            without effect when that is not in the plan */
    uint64_t cadence_ms; /* at least 1 */
    enum wpb_cost_class cost;
    double
        commands_per_s;  /* the server's budget; 0: none. Of its items the least counts */
    bool is_self_paced;  /* its commands are none of that */
    int64_t last_ran_ms; /* Unix time of its newest run in an earlier life of the agent;
                            0: not known */
    const void *cookie;  /* the caller's */
};

struct wpb_plan_conditions {
    bool is_host_busy;
};

/* Why an item does not run now. */
enum wpb_plan_wait {
    WPB_PLAN_READY,
    WPB_PLAN_NOT_DUE,
    WPB_PLAN_RUNNING,
    WPB_PLAN_AFTER,
    WPB_PLAN_DOWN,
    WPB_PLAN_TURN, /* another dear one of its server runs */
    WPB_PLAN_HOST_BUSY,
    WPB_PLAN_SERVER_BUSY,
    WPB_PLAN_BUDGET,
};

/* One item that may run now. */
struct wpb_plan_due {
    const struct wpb_plan_item *item; /* the plan's, valid until wpb_plan_set() */
    bool is_trial;                    /* of a target that does not answer */
    bool is_forced;                   /* waited too long: at the lowest budget */
    uint64_t waited_ms;               /* since its tick */
};

/* One item, for a report. */
struct wpb_plan_row {
    const struct wpb_plan_item *item;
    enum wpb_plan_wait wait;
    uint64_t due_ms;                 /* monotonic: its tick, which may be past */
    uint64_t started_ms;             /* of its newest run; 0: it has not run */
    bool has_looked;                 /* since the agent started */
    enum wpb_coverage_status status; /* of its newest run that ended, if runs > 0 */
    uint64_t runs, skipped_ticks;
};

/* An empty plan. HOST: what makes this host another than the others. NULL when memory is
 * out. */
struct wpb_plan *wpb_plan_new(const char *host);
void wpb_plan_free(struct wpb_plan *plan);

/* The items are from now on these COUNT. Those that stay keep their state; the run of one
 * that goes away may still be under way, and its end is told as any. Returns -1 when
 * memory is out and nothing has changed. */
int wpb_plan_set(struct wpb_plan *plan, const struct wpb_plan_item *items, size_t count,
                 struct wpb_moment now);

/* What should run now, at most CAPACITY, most urgent first. Those not started by the
 * caller come again. At most one dear item a server. */
size_t wpb_plan_due(struct wpb_plan *plan, struct wpb_moment now,
                    const struct wpb_plan_conditions *conditions,
                    struct wpb_plan_due *out, size_t capacity);
/* When (monotonic) to call wpb_plan_due() again, unless an item ends before; NOW when
 * there is one for which nobody found room; UINT64_MAX: only after such an end. */
uint64_t wpb_plan_next_ms(const struct wpb_plan *plan, struct wpb_moment now,
                          const struct wpb_plan_conditions *conditions);

/* A run of the item has started; it was due. */
void wpb_plan_started(struct wpb_plan *plan, const char *target, const char *probe,
                      struct wpb_moment now);
/* It has ended, as COVERAGE says: status, reason and cost count. What was started before
 * it went out of the plan counts as cost alone. */
void wpb_plan_ended(struct wpb_plan *plan, const char *target, const char *probe,
                    const struct wpb_coverage *coverage, struct wpb_moment now);

/* Somebody else (an examiner) spent COST on SERVER. */
void wpb_plan_charge(struct wpb_plan *plan, const char *server,
                     const struct wpb_cost *cost, struct wpb_moment now);
/* SERVER is busy (it loads, rewrites, forks): its dear items wait until UNTIL_MS
 * (monotonic). */
void wpb_plan_rest(struct wpb_plan *plan, const char *server, uint64_t until_ms);

/* The breaker of TARGET, NULL when the plan does not know it. Valid until
 * wpb_plan_set(). */
const struct wpb_breaker *wpb_plan_breaker(const struct wpb_plan *plan,
                                           const char *target);
/* The items in the order of wpb_plan_set(): rows 0 to wpb_plan_count() - 1. */
size_t wpb_plan_count(const struct wpb_plan *plan);
struct wpb_plan_row wpb_plan_row(const struct wpb_plan *plan, size_t i,
                                 struct wpb_moment now,
                                 const struct wpb_plan_conditions *conditions);
/* "the host is busy", ...; static. */
const char *wpb_plan_wait_text(enum wpb_plan_wait wait);

#endif
