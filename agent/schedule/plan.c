#include "agent/schedule/plan.h"

#include <stdlib.h>

#include "agent/schedule/plan_entry.h"

/* After a start, cheap items run within so long: somebody watches. */
#define QUICK_MS 5000u
/* Dear ones spread over at least so long, or so much of their cadence. */
#define SPREAD_MS 300000u
#define SPREAD_SHARE 24u

/* What is charged to a server for a run, in its commands: a result of a thousand rows, or
 * a hundred pages from the disk, is work like a command of its own. */
#define ROWS_A_COMMAND 1000.0
#define PAGES_A_COMMAND 100.0

/* ---- hashes and ticks ---- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
    /* FNV-1a, the NUL included, so that "ab","c" is not "a","bc" */
    do {
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    } while (*text++);
    return hash;
}

/* Each bit of the result depends on each of HASH (the finaliser of MurmurHash3): a
 * remainder of FNV's own low bits would leave neighbours together. */
static uint64_t mixed(uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdu;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53u;
    return hash ^ (hash >> 33);
}

/* The same for all cheap items of a target: they share its wake-ups. */
static uint64_t seed_of(const struct wpb_plan *plan, const struct wpb_plan_entry *entry)
{
    uint64_t hash = hash_text(14695981039346656037u, plan->host);

    hash = hash_text(hash, entry->item.target);
    if (wpb_plan_is_dear(entry))
        hash = hash_text(hash, entry->item.probe);
    return mixed(hash);
}

/* Ticks lie on the wall clock of the moment they are chosen, so that a restart does not
 * move them; from then on they follow the clock that never steps. */
static void choose_ticks(struct wpb_plan_entry *entry, uint64_t seed,
                         struct wpb_moment now)
{
    uint64_t cadence_ms = entry->item.cadence_ms;
    uint64_t phase_ms = seed % cadence_ms;
    uint64_t wall_ms = now.unix_ms > 0 ? (uint64_t)now.unix_ms : 0;
    uint64_t into_ms = (wall_ms % cadence_ms + cadence_ms - phase_ms) % cadence_ms;

    entry->life.anchor_ms = now.monotonic_ms + (cadence_ms - into_ms);
    entry->life.cadence_ms = cadence_ms;
}

uint64_t wpb_plan_tick(const struct wpb_plan_entry *entry, uint64_t from_ms)
{
    uint64_t anchor_ms = entry->life.anchor_ms, cadence_ms = entry->life.cadence_ms;

    if (from_ms <= anchor_ms)
        return anchor_ms - (anchor_ms - from_ms) / cadence_ms * cadence_ms;
    return anchor_ms + (from_ms - anchor_ms + cadence_ms - 1) / cadence_ms * cadence_ms;
}

/* The tick after a run that started at STARTED_MS: not closer than half a cadence, for
 * runs do not always start on a tick. */
static uint64_t tick_after(const struct wpb_plan_entry *entry, uint64_t started_ms)
{
    return wpb_plan_tick(entry, started_ms + entry->life.cadence_ms / 2 + 1);
}

/* When a former life of the agent ran it less than a cadence ago, the first run is at
 * the tick that life would have taken; 0 when it did not. */
static uint64_t continued_tick(const struct wpb_plan_entry *entry, struct wpb_moment now)
{
    int64_t ago_ms = now.unix_ms - entry->item.last_ran_ms;
    uint64_t half_ms = entry->life.cadence_ms / 2;

    if (entry->item.last_ran_ms <= 0 || ago_ms < 0 ||
        (uint64_t)ago_ms >= entry->life.cadence_ms)
        return 0;
    return wpb_plan_tick(
        entry,
        now.monotonic_ms + ((uint64_t)ago_ms < half_ms ? half_ms - (uint64_t)ago_ms : 0));
}

static void begin_life(struct wpb_plan_entry *entry, uint64_t seed, struct wpb_moment now)
{
    uint64_t cadence_ms = entry->item.cadence_ms, spread_ms = QUICK_MS;

    choose_ticks(entry, seed, now);
    if (wpb_plan_is_dear(entry)) {
        entry->life.due_ms = continued_tick(entry, now);
        if (entry->life.due_ms)
            return;
        spread_ms = cadence_ms / SPREAD_SHARE;
        if (spread_ms < SPREAD_MS)
            spread_ms = SPREAD_MS;
    }
    if (spread_ms > cadence_ms)
        spread_ms = cadence_ms;
    /* other bits than the phase's, or small phases would start early, too */
    entry->life.due_ms = now.monotonic_ms + (seed >> 20) % spread_ms;
}

static void continue_life(struct wpb_plan_entry *entry, const struct wpb_plan_life *life,
                          uint64_t seed, struct wpb_moment now)
{
    entry->life = *life;
    if (life->cadence_ms == entry->item.cadence_ms)
        return;
    choose_ticks(entry, seed, now);
    if (life->runs == 0 && !life->is_running) {
        /* the first run stays where it is, unless that is more than a cadence away */
        if (life->due_ms > now.monotonic_ms + entry->item.cadence_ms)
            begin_life(entry, seed, now);
    } else if (!life->is_waiting) {
        uint64_t due_ms = tick_after(entry, life->started_ms);
        entry->life.due_ms =
            due_ms > now.monotonic_ms ? due_ms : wpb_plan_tick(entry, now.monotonic_ms);
    }
}

/* ---- the set of items ---- */

static struct wpb_plan_entry *find(const struct wpb_plan *plan, const char *target,
                                   const char *probe)
{
    for (size_t i = 0; i < plan->count + plan->leaving; i++) {
        struct wpb_plan_entry *entry = &plan->entries[i];
        if (strcmp(entry->item.probe, probe) == 0 &&
            strcmp(entry->item.target, target) == 0)
            return entry;
    }
    return NULL;
}

static struct wpb_plan_server *find_server(const struct wpb_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->server_count; i++) {
        if (strcmp(plan->servers[i].name, name) == 0)
            return &plan->servers[i];
    }
    return NULL;
}

static struct wpb_plan_target *find_target(const struct wpb_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->target_count; i++) {
        if (strcmp(plan->targets[i].name, name) == 0)
            return &plan->targets[i];
    }
    return NULL;
}

static const char *copied(struct wpb_plan *plan, const char *text)
{
    return text ? wpb_arena_cstr(plan->arena, wpb_slice_cstr(text)) : NULL;
}

static size_t join_server(struct wpb_plan *plan, const struct wpb_plan *former,
                          const struct wpb_plan_item *item, struct wpb_moment now)
{
    struct wpb_plan_server *server = find_server(plan, item->server);
    const struct wpb_plan_server *known = find_server(former, item->server);

    if (!server) {
        server = &plan->servers[plan->server_count++];
        if (known)
            *server = *known;
        else
            wpb_bucket_init(&server->budget, item->commands_per_s, now.monotonic_ms);
        server->name = item->server;
        server->least_per_s = 0;
        server->dear_running = 0;
    }
    if (item->commands_per_s > 0 &&
        (server->least_per_s <= 0 || item->commands_per_s < server->least_per_s))
        server->least_per_s = item->commands_per_s;
    return (size_t)(server - plan->servers);
}

static size_t join_target(struct wpb_plan *plan, const struct wpb_plan *former,
                          const struct wpb_plan_item *item)
{
    struct wpb_plan_target *target = find_target(plan, item->target);
    const struct wpb_plan_target *known = find_target(former, item->target);

    if (!target) {
        target = &plan->targets[plan->target_count++];
        if (known)
            target->breaker = known->breaker;
        else
            wpb_breaker_init(&target->breaker,
                             mixed(hash_text(hash_text(14695981039346656037u, plan->host),
                                             item->target)));
        target->name = item->target;
        target->trial = WPB_PLAN_NONE;
    }
    return (size_t)(target - plan->targets);
}

static struct wpb_plan_entry *add(struct wpb_plan *plan, const struct wpb_plan *former,
                                  const struct wpb_plan_item *item, struct wpb_moment now)
{
    struct wpb_plan_entry *entry = &plan->entries[plan->count + plan->leaving];

    entry->item = *item;
    entry->item.target = copied(plan, item->target);
    entry->item.probe = copied(plan, item->probe);
    entry->item.server = copied(plan, item->server);
    entry->item.after = copied(plan, item->after);
    entry->server = join_server(plan, former, &entry->item, now);
    entry->target = join_target(plan, former, &entry->item);
    entry->after = WPB_PLAN_NONE;
    return entry;
}

/* Who comes after whom; and of each target the cheapest of those that come after nobody,
 * who is sent to see whether it answers again. */
static void connect_entries(struct wpb_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct wpb_plan_entry *entry = &plan->entries[i];
        size_t *trial = &plan->targets[entry->target].trial;
        const struct wpb_plan_entry *first =
            entry->item.after ? find(plan, entry->item.target, entry->item.after) : NULL;

        if (first && first < plan->entries + plan->count && first != entry)
            entry->after = (size_t)(first - plan->entries);
        else if (*trial == WPB_PLAN_NONE ||
                 entry->item.cost < plan->entries[*trial].item.cost)
            *trial = i;
    }
}

/* Count what runs on each server, and give it the least budget of its items. */
static void settle_servers(struct wpb_plan *plan, struct wpb_moment now)
{
    for (size_t i = 0; i < plan->count + plan->leaving; i++) {
        const struct wpb_plan_entry *entry = &plan->entries[i];
        if (entry->life.is_running && wpb_plan_is_dear(entry))
            plan->servers[entry->server].dear_running++;
    }
    for (size_t i = 0; i < plan->server_count; i++)
        wpb_bucket_rate(&plan->servers[i].budget, plan->servers[i].least_per_s,
                        now.monotonic_ms);
}

int wpb_plan_set(struct wpb_plan *plan, const struct wpb_plan_item *items, size_t count,
                 struct wpb_moment now)
{
    struct wpb_plan former = *plan;
    size_t room = count + former.count + former.leaving;

    plan->arena = wpb_arena_new();
    if (!plan->arena) {
        *plan = former;
        return -1;
    }
    plan->count = plan->leaving = plan->server_count = plan->target_count = 0;
    plan->entries = wpb_arena_alloc(plan->arena, (room + 1) * sizeof(*plan->entries));
    plan->servers = wpb_arena_alloc(plan->arena, (room + 1) * sizeof(*plan->servers));
    plan->targets = wpb_arena_alloc(plan->arena, (room + 1) * sizeof(*plan->targets));
    plan->order =
        wpb_arena_alloc(plan->arena, (room + 1) * sizeof(struct wpb_plan_entry *));
    for (size_t i = 0; i < count; i++) {
        const struct wpb_plan_entry *known =
            find(&former, items[i].target, items[i].probe);
        struct wpb_plan_entry *entry;

        if (find(plan, items[i].target, items[i].probe))
            continue;
        entry = add(plan, &former, &items[i], now);
        if (known)
            continue_life(entry, &known->life, seed_of(plan, entry), now);
        else
            begin_life(entry, seed_of(plan, entry), now);
        plan->count++;
    }
    for (size_t i = 0; i < former.count + former.leaving; i++) {
        const struct wpb_plan_entry *known = &former.entries[i];
        if (!known->life.is_running || find(plan, known->item.target, known->item.probe))
            continue;
        add(plan, &former, &known->item, now)->life = known->life;
        plan->leaving++;
    }
    connect_entries(plan);
    settle_servers(plan, now);
    wpb_arena_free(former.arena);
    return 0;
}

struct wpb_plan *wpb_plan_new(const char *host)
{
    struct wpb_plan *plan = calloc(1, sizeof(*plan));

    if (!plan)
        return NULL;
    plan->host = strdup(host);
    if (!plan->host || wpb_plan_set(plan, NULL, 0, (struct wpb_moment){0})) {
        wpb_plan_free(plan);
        return NULL;
    }
    return plan;
}

void wpb_plan_free(struct wpb_plan *plan)
{
    if (!plan)
        return;
    wpb_arena_free(plan->arena);
    free(plan->host);
    free(plan);
}

/* ---- what happens to items ---- */

void wpb_plan_started(struct wpb_plan *plan, const char *target, const char *probe,
                      struct wpb_moment now)
{
    struct wpb_plan_entry *entry = find(plan, target, probe);

    if (!entry || entry->life.is_running)
        return;
    entry->life.is_running = true;
    entry->life.is_waiting = false;
    entry->life.postponed_ms = 0;
    entry->life.started_ms = now.monotonic_ms;
    entry->life.due_ms = tick_after(entry, now.monotonic_ms);
    if (wpb_plan_is_dear(entry))
        plan->servers[entry->server].dear_running++;
    wpb_breaker_trial(&plan->targets[entry->target].breaker);
}

static double tokens(const struct wpb_cost *cost)
{
    return (double)cost->commands + (double)cost->rows / ROWS_A_COMMAND +
           (double)cost->pages / PAGES_A_COMMAND;
}

static void charge(struct wpb_plan *plan, struct wpb_plan_entry *entry,
                   const struct wpb_cost *cost, struct wpb_moment now)
{
    double spent = tokens(cost);

    entry->life.expected_cost =
        entry->life.runs ? (entry->life.expected_cost + spent) / 2 : spent;
    if (!entry->item.is_self_paced)
        wpb_bucket_spend(&plan->servers[entry->server].budget, spent, now.monotonic_ms);
}

/* Whether a target answers is told by those that look first: what comes after them may
 * fail for want of a right, too. */
static void note_answer(struct wpb_plan *plan, const struct wpb_plan_entry *entry,
                        const struct wpb_coverage *coverage, struct wpb_moment now)
{
    struct wpb_breaker *breaker = &plan->targets[entry->target].breaker;

    switch (coverage->status) {
    case WPB_COVERAGE_OK:
    case WPB_COVERAGE_PARTIAL:
        wpb_breaker_succeeded(breaker);
        break;
    case WPB_COVERAGE_UNAVAILABLE:
        if (entry->after == WPB_PLAN_NONE || breaker->state == WPB_BREAKER_HALF_OPEN)
            wpb_breaker_failed(breaker, now, coverage->reason ? coverage->reason : "");
        break;
    case WPB_COVERAGE_SKIPPED:
        wpb_breaker_abandoned(breaker, now);
        break;
    }
}

/* It went out of the plan and is over: nothing is left of it but its cost. */
static void forget(struct wpb_plan *plan, struct wpb_plan_entry *entry)
{
    *entry = plan->entries[plan->count + --plan->leaving];
}

void wpb_plan_ended(struct wpb_plan *plan, const char *target, const char *probe,
                    const struct wpb_coverage *coverage, struct wpb_moment now)
{
    struct wpb_plan_entry *entry = find(plan, target, probe);

    if (!entry || !entry->life.is_running)
        return;
    if (wpb_plan_is_dear(entry))
        plan->servers[entry->server].dear_running--;
    charge(plan, entry, &coverage->cost, now);
    if (entry >= plan->entries + plan->count) {
        wpb_breaker_abandoned(&plan->targets[entry->target].breaker, now);
        forget(plan, entry);
        return;
    }
    entry->life.is_running = false;
    entry->life.runs++;
    entry->life.status = coverage->status;
    if (coverage->status != WPB_COVERAGE_SKIPPED) {
        entry->life.could_not_look = coverage->status == WPB_COVERAGE_UNAVAILABLE;
        entry->life.has_looked |= !entry->life.could_not_look;
    }
    note_answer(plan, entry, coverage, now);
    if (entry->life.due_ms <= now.monotonic_ms) {
        uint64_t next_ms = wpb_plan_tick(entry, now.monotonic_ms + 1);
        entry->life.skipped_ticks +=
            (next_ms - entry->life.due_ms) / entry->life.cadence_ms;
        entry->life.due_ms = next_ms;
    }
}

void wpb_plan_charge(struct wpb_plan *plan, const char *server,
                     const struct wpb_cost *cost, struct wpb_moment now)
{
    struct wpb_plan_server *known = find_server(plan, server);

    if (known)
        wpb_bucket_spend(&known->budget, tokens(cost), now.monotonic_ms);
}

void wpb_plan_rest(struct wpb_plan *plan, const char *server, uint64_t until_ms)
{
    struct wpb_plan_server *known = find_server(plan, server);

    if (known)
        known->rests_until_ms = until_ms;
}

const struct wpb_breaker *wpb_plan_breaker(const struct wpb_plan *plan,
                                           const char *target)
{
    const struct wpb_plan_target *known = find_target(plan, target);

    return known ? &known->breaker : NULL;
}

size_t wpb_plan_count(const struct wpb_plan *plan)
{
    return plan->count;
}
