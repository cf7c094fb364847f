#include <stdlib.h>

#include "agent/schedule/plan.h"
#include "agent/schedule/plan_entry.h"

/* What load or an empty budget may postpone a run; then it runs, at the lowest budget. */
#define POSTPONED_MAX_MS (6u * 3600u * 1000u)
/* How soon to look again whether the host still is busy. */
#define LOOK_AGAIN_MS 10000u

/* Is ENTRY the one that tries whether its target answers? */
static bool is_trial(const struct wpb_plan *plan, const struct wpb_plan_entry *entry)
{
    const struct wpb_plan_target *target = &plan->targets[entry->target];

    return target->breaker.state != WPB_BREAKER_CLOSED &&
           target->trial == (size_t)(entry - plan->entries);
}

/* ENTRY would run but for load or budget, and has been in that state for too long. */
static bool is_forced(const struct wpb_plan_entry *entry, struct wpb_moment now)
{
    return entry->life.postponed_ms > 0 &&
           now.monotonic_ms - entry->life.postponed_ms >= POSTPONED_MAX_MS;
}

static bool waits_for_first(const struct wpb_plan *plan,
                            const struct wpb_plan_entry *entry)
{
    const struct wpb_plan_life *first;

    if (entry->after == WPB_PLAN_NONE)
        return false;
    first = &plan->entries[entry->after].life;
    return first->is_running || first->is_waiting || !first->has_looked ||
           first->could_not_look;
}

/* What keeps an item from running that is due. */
static enum wpb_plan_wait gate(const struct wpb_plan *plan,
                               const struct wpb_plan_entry *entry, struct wpb_moment now,
                               const struct wpb_plan_conditions *conditions)
{
    const struct wpb_plan_server *server = &plan->servers[entry->server];
    const struct wpb_breaker *breaker = &plan->targets[entry->target].breaker;

    if (breaker->state != WPB_BREAKER_CLOSED)
        return is_trial(plan, entry) && wpb_breaker_allows(breaker, now.monotonic_ms)
                   ? WPB_PLAN_READY
                   : WPB_PLAN_DOWN;
    if (waits_for_first(plan, entry))
        return WPB_PLAN_AFTER;
    if (!wpb_plan_is_dear(entry))
        return WPB_PLAN_READY;
    if (!is_forced(entry, now)) {
        if (conditions->is_host_busy)
            return WPB_PLAN_HOST_BUSY;
        if (now.monotonic_ms < server->rests_until_ms)
            return WPB_PLAN_SERVER_BUSY;
        if (wpb_bucket_ready_ms(&server->budget, now.monotonic_ms) > now.monotonic_ms)
            return WPB_PLAN_BUDGET;
    }
    return server->dear_running > 0 ? WPB_PLAN_TURN : WPB_PLAN_READY;
}

/* The tick of ENTRY has come (or a trial is due). One that is noticed half a cadence late
 * is skipped: nobody was there. */
static bool tick_came(const struct wpb_plan *plan, const struct wpb_plan_entry *entry,
                      struct wpb_moment now)
{
    if (entry->life.is_running)
        return false;
    if (entry->life.is_waiting || entry->life.due_ms <= now.monotonic_ms)
        return true;
    return is_trial(plan, entry) &&
           wpb_breaker_allows(&plan->targets[entry->target].breaker, now.monotonic_ms);
}

static bool is_missed(const struct wpb_plan_entry *entry, struct wpb_moment now)
{
    return !entry->life.is_waiting && entry->life.runs > 0 &&
           entry->life.due_ms + entry->life.cadence_ms / 2 < now.monotonic_ms;
}

static void skip_missed(struct wpb_plan_entry *entry, struct wpb_moment now)
{
    uint64_t next_ms = wpb_plan_tick(entry, now.monotonic_ms + 1);

    entry->life.skipped_ticks += (next_ms - entry->life.due_ms) / entry->life.cadence_ms;
    entry->life.due_ms = next_ms;
}

/* Remember since when load or budget postpone it: other reasons to wait begin anew. */
static void note_wait(struct wpb_plan_entry *entry, enum wpb_plan_wait wait,
                      struct wpb_moment now)
{
    bool is_postponed = wait == WPB_PLAN_HOST_BUSY || wait == WPB_PLAN_SERVER_BUSY ||
                        wait == WPB_PLAN_BUDGET;

    if (wait == WPB_PLAN_AFTER || wait == WPB_PLAN_DOWN)
        entry->life.postponed_ms = 0;
    else if (is_postponed && entry->life.postponed_ms == 0)
        entry->life.postponed_ms = now.monotonic_ms;
}

/* Who waits for longest of all that is allowed; then the cheaper one; then who waits
 * longer. */
static int by_urgency(const void *a, const void *b)
{
    const struct wpb_plan_entry *x = *(struct wpb_plan_entry *const *)a;
    const struct wpb_plan_entry *y = *(struct wpb_plan_entry *const *)b;

    if (x->is_overdue != y->is_overdue)
        return x->is_overdue ? -1 : 1;
    if (x->item.cost != y->item.cost)
        return x->item.cost < y->item.cost ? -1 : 1;
    if (x->life.expected_cost != y->life.expected_cost)
        return x->life.expected_cost < y->life.expected_cost ? -1 : 1;
    if (x->life.due_ms != y->life.due_ms)
        return x->life.due_ms < y->life.due_ms ? -1 : 1;
    return x < y ? -1 : x > y;
}

static uint64_t waited_ms(const struct wpb_plan_entry *entry, struct wpb_moment now)
{
    return entry->life.due_ms < now.monotonic_ms ? now.monotonic_ms - entry->life.due_ms
                                                 : 0;
}

/* Those whose tick has come, into plan->order. */
static size_t collect(struct wpb_plan *plan, struct wpb_moment now)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++) {
        struct wpb_plan_entry *entry = &plan->entries[i];
        if (!entry->life.is_running && is_missed(entry, now))
            skip_missed(entry, now);
        if (!tick_came(plan, entry, now))
            continue;
        if (entry->life.due_ms <= now.monotonic_ms)
            entry->life.is_waiting = true;
        entry->is_overdue = waited_ms(entry, now) >= POSTPONED_MAX_MS;
        plan->order[count++] = entry;
    }
    return count;
}

size_t wpb_plan_due(struct wpb_plan *plan, struct wpb_moment now,
                    const struct wpb_plan_conditions *conditions,
                    struct wpb_plan_due *out, size_t capacity)
{
    size_t waiting = collect(plan, now), count = 0;

    qsort(plan->order, waiting, sizeof(struct wpb_plan_entry *), by_urgency);
    for (size_t i = 0; i < plan->server_count; i++)
        plan->servers[i].is_picked = false;
    for (size_t i = 0; i < waiting; i++) {
        struct wpb_plan_entry *entry = plan->order[i];
        struct wpb_plan_server *server = &plan->servers[entry->server];
        enum wpb_plan_wait wait = gate(plan, entry, now, conditions);

        note_wait(entry, wait, now);
        if (wait != WPB_PLAN_READY || count == capacity)
            continue;
        if (wpb_plan_is_dear(entry)) {
            if (server->is_picked)
                continue;
            server->is_picked = true;
        }
        out[count++] = (struct wpb_plan_due){.item = &entry->item,
                                             .is_trial = is_trial(plan, entry),
                                             .is_forced = is_forced(entry, now),
                                             .waited_ms = waited_ms(entry, now)};
    }
    return count;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When load or budget may let ENTRY run, whose wait is WAIT. */
static uint64_t postponed_until(const struct wpb_plan *plan,
                                const struct wpb_plan_entry *entry,
                                enum wpb_plan_wait wait, struct wpb_moment now)
{
    const struct wpb_plan_server *server = &plan->servers[entry->server];
    uint64_t forced_ms = entry->life.postponed_ms
                             ? entry->life.postponed_ms + POSTPONED_MAX_MS
                             : UINT64_MAX;

    switch (wait) {
    case WPB_PLAN_HOST_BUSY:
        return sooner(now.monotonic_ms + LOOK_AGAIN_MS, forced_ms);
    case WPB_PLAN_SERVER_BUSY:
        return sooner(server->rests_until_ms, forced_ms);
    case WPB_PLAN_BUDGET:
        return sooner(wpb_bucket_ready_ms(&server->budget, now.monotonic_ms), forced_ms);
    default: /* until something else ends */
        return UINT64_MAX;
    }
}

static uint64_t wake_ms(const struct wpb_plan *plan, const struct wpb_plan_entry *entry,
                        struct wpb_moment now,
                        const struct wpb_plan_conditions *conditions)
{
    const struct wpb_breaker *breaker = &plan->targets[entry->target].breaker;
    enum wpb_plan_wait wait;

    if (entry->life.is_running)
        return UINT64_MAX;
    if (breaker->state != WPB_BREAKER_CLOSED) {
        if (breaker->state != WPB_BREAKER_OPEN || !is_trial(plan, entry))
            return UINT64_MAX;
        return breaker->retry_ms > now.monotonic_ms ? breaker->retry_ms
                                                    : now.monotonic_ms;
    }
    if (!tick_came(plan, entry, now))
        return entry->life.due_ms;
    wait = gate(plan, entry, now, conditions);
    return wait == WPB_PLAN_READY ? now.monotonic_ms
                                  : postponed_until(plan, entry, wait, now);
}

uint64_t wpb_plan_next_ms(const struct wpb_plan *plan, struct wpb_moment now,
                          const struct wpb_plan_conditions *conditions)
{
    uint64_t next_ms = UINT64_MAX;

    for (size_t i = 0; i < plan->count; i++)
        next_ms = sooner(next_ms, wake_ms(plan, &plan->entries[i], now, conditions));
    return next_ms;
}

struct wpb_plan_row wpb_plan_row(const struct wpb_plan *plan, size_t i,
                                 struct wpb_moment now,
                                 const struct wpb_plan_conditions *conditions)
{
    const struct wpb_plan_entry *entry = &plan->entries[i];
    enum wpb_plan_wait wait = WPB_PLAN_NOT_DUE;

    if (entry->life.is_running)
        wait = WPB_PLAN_RUNNING;
    else if (plan->targets[entry->target].breaker.state != WPB_BREAKER_CLOSED ||
             tick_came(plan, entry, now))
        wait = gate(plan, entry, now, conditions);
    return (struct wpb_plan_row){.item = &entry->item,
                                 .wait = wait,
                                 .due_ms = entry->life.due_ms,
                                 .started_ms = entry->life.started_ms,
                                 .has_looked = entry->life.has_looked,
                                 .status = entry->life.status,
                                 .runs = entry->life.runs,
                                 .skipped_ticks = entry->life.skipped_ticks};
}

const char *wpb_plan_wait_text(enum wpb_plan_wait wait)
{
    static const char *const texts[] = {
        [WPB_PLAN_READY] = "may run",
        [WPB_PLAN_NOT_DUE] = "is not due",
        [WPB_PLAN_RUNNING] = "runs",
        [WPB_PLAN_AFTER] = "waits for the probe before it",
        [WPB_PLAN_DOWN] = "its server does not answer",
        [WPB_PLAN_TURN] = "waits for another probe of its server",
        [WPB_PLAN_HOST_BUSY] = "postponed: the host is busy",
        [WPB_PLAN_SERVER_BUSY] = "postponed: its server is busy",
        [WPB_PLAN_BUDGET] = "postponed: its server's budget is spent",
    };

    return texts[wait];
}
