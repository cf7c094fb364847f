/*
 * plan_entry.h - what the plan knows of an item, a server and a target. Inside
 * plan.c (which changes it) and plan_due.c (which decides by it) only.
 */
#ifndef WPB_SCHEDULE_PLAN_ENTRY_H
#define WPB_SCHEDULE_PLAN_ENTRY_H

#include "agent/schedule/bucket.h"
#include "agent/schedule/plan.h"
#include "wpbloat/arena.h"

struct wpb_plan_server {
    const char *name;
    struct wpb_bucket budget;
    double least_per_s; /* of its items' budgets; 0: none has one */
    size_t dear_running;
    uint64_t rests_until_ms;
    bool is_picked; /* in this wpb_plan_due(), by a dear item */
};

struct wpb_plan_target {
    const char *name;
    struct wpb_breaker breaker;
    size_t trial; /* index of the entry that tries whether it answers */
};

#define WPB_PLAN_NONE SIZE_MAX

/* What of an entry stays when the items are replaced. */
struct wpb_plan_life {
    uint64_t anchor_ms;    /* one of its ticks; the others are cadences away */
    uint64_t cadence_ms;   /* that the anchor was chosen for */
    uint64_t due_ms;       /* the next tick, or the one that it waits since */
    bool is_waiting;       /* that tick has been seen in time */
    uint64_t postponed_ms; /* since when it would run but for load or budget; 0: not */
    bool is_running;
    uint64_t started_ms;
    bool has_looked;     /* OK or PARTIAL, once */
    bool could_not_look; /* its newest run */
    enum wpb_coverage_status status;
    double expected_cost; /* tokens of a run */
    uint64_t runs, skipped_ticks;
};

struct wpb_plan_entry {
    struct wpb_plan_item item;
    size_t server, target;
    size_t after;    /* index of that entry; WPB_PLAN_NONE */
    bool is_overdue; /* in this wpb_plan_due(): its tick is long past */
    struct wpb_plan_life life;
};

struct wpb_plan {
    char *host;
    struct wpb_arena *arena; /* of all that follows; another with each wpb_plan_set() */
    struct wpb_plan_entry *entries; /* `count` in the caller's order, then those that went
                                       away while they ran */
    size_t count, leaving;
    struct wpb_plan_server *servers;
    size_t server_count;
    struct wpb_plan_target *targets;
    size_t target_count;
    struct wpb_plan_entry **order; /* room for wpb_plan_due() to sort */
};

static inline bool wpb_plan_is_dear(const struct wpb_plan_entry *entry)
{
    return entry->item.cost >= WPB_COST_MEDIUM;
}

/* The first tick of ENTRY that is not before FROM_MS. */
uint64_t wpb_plan_tick(const struct wpb_plan_entry *entry, uint64_t from_ms);

#endif
