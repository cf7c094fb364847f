/*
 * plan_items.h - what the plan is told of a fleet: each probe of each of its targets, how
 * often it looks, and whom that costs.
 *
 * An item stays where it is from wpb_plan_items_make() to the next: turns that are under
 * way point to theirs. Loop's thread.
 */
#ifndef WPB_DAEMON_PLAN_ITEMS_H
#define WPB_DAEMON_PLAN_ITEMS_H

#include "agent/daemon/fleet.h"
#include "agent/daemon/last_looks.h"
#include "agent/schedule/plan.h"

/* "redis 0123456789abcdef": an address may hold a password, and what is planned is told
 * in reports. */
#define WPB_TARGET_ID_MAX 48
void wpb_target_id(const struct wpb_target *target, char id[WPB_TARGET_ID_MAX]);

/* One probe of one target. */
struct wpb_look_item {
    const struct wpb_probe *probe;
    const struct wpb_target *target; /* of the fleet */
    char target_id[WPB_TARGET_ID_MAX];
    size_t databases; /* that are looked at on the target's server */
    uint64_t cadence_ms;
};

struct wpb_plan_items {
    struct wpb_look_item *items;
    size_t count;
    struct wpb_last_looks last; /* of an earlier life, for items that are new */
};

/* The items of FLEET, told to PLAN. -1 when memory is out. Zero ITEMS to begin, and end
 * with wpb_plan_items_fini(). */
int wpb_plan_items_make(struct wpb_plan_items *items, struct wpb_plan *plan,
                        const struct wpb_fleet *fleet);
/* Look less often at what has grown; PLAN is told when anything changes. */
void wpb_plan_items_adapt(struct wpb_plan_items *items, struct wpb_plan *plan,
                          const struct wpb_fleet *fleet);
void wpb_plan_items_fini(struct wpb_plan_items *items);

#endif
