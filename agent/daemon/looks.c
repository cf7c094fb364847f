#include "agent/daemon/looks.h"

#include <stdlib.h>
#include <string.h>

#include "agent/daemon/kept_coverage.h"
#include "agent/daemon/plan_items.h"
#include "agent/schedule/gate.h"

#define DUE_MAX 64
/* Things looked into at once, on all servers: each takes a megabyte or two, and nobody
 * waits for them. One more than one, so that a server that hangs does not hold up all. */
#define EXAMINERS_AT_ONCE 2
/* A look is stale when two of its times have passed, and what it takes itself. */
#define SLACK_MS INT64_C(600000)
/* A server that is busy is left alone so long, if no look at it tells anything before. */
#define REST_MS 600000u

struct batch {
    struct batch *next;
    struct wpb_looks *looks;
    struct wpb_turn *turn;
    const struct wpb_look_item *items[DUE_MAX];
    size_t item_count;
    size_t *sites; /* of the fleet, by site of the turn */
    size_t site_count;
};

struct wpb_looks {
    struct wpb_looks_options options;
    struct wpb_fleet *fleet;
    struct wpb_plan *plan;
    struct wpb_keepsakes *keepsakes;
    struct wpb_plan_items items;
    uv_timer_t timer; /* closed by wpb_looks_stop() */
    bool is_running;
    bool is_host_busy;
    struct wpb_gate gate;
    struct batch *batches; /* under way */
    struct wpb_kept_coverage kept;
    struct wpb_looks_counts counts;
    void (*stopped)(void *cookie);
    void *stopped_cookie;
};

static void look_for_work(struct wpb_looks *looks);

struct wpb_looks *wpb_looks_new(const struct wpb_looks_options *options)
{
    struct wpb_looks *looks = calloc(1, sizeof(*looks));

    if (!looks)
        return NULL;
    looks->options = *options;
    looks->gate.room = EXAMINERS_AT_ONCE;
    looks->items.last = options->last;
    looks->plan = wpb_plan_new(options->host);
    looks->keepsakes = wpb_keepsakes_new();
    if (!looks->plan || !looks->keepsakes) {
        wpb_looks_free(looks);
        return NULL;
    }
    return looks;
}

void wpb_looks_free(struct wpb_looks *looks)
{
    if (!looks)
        return;
    wpb_kept_coverage_fini(&looks->kept);
    wpb_plan_free(looks->plan);
    wpb_keepsakes_free(looks->keepsakes);
    wpb_plan_items_fini(&looks->items);
    free(looks);
}

static void count_look(struct wpb_looks *looks, const struct wpb_turn_look *look)
{
    const struct wpb_cost *cost = &look->coverage->cost;

    if (strcmp(look->probe->needs, "mysql") == 0)
        looks->counts.statements += cost->commands;
    else
        looks->counts.commands += cost->commands;
    looks->counts.bytes_received += cost->bytes_received;
    looks->counts.failed_looks += look->coverage->status == WPB_COVERAGE_UNAVAILABLE;
}

/* ---- turns */

static bool is_cheap(const struct wpb_probe *probe)
{
    return probe->cost <= WPB_COST_LIGHT;
}

static bool is_of_batch(void *cookie, const struct wpb_target *target,
                        const struct wpb_probe *probe)
{
    const struct batch *batch = cookie;
    char id[WPB_TARGET_ID_MAX];

    wpb_target_id(target, id);
    for (size_t i = 0; i < batch->item_count; i++) {
        if (batch->items[i]->probe == probe &&
            strcmp(batch->items[i]->target_id, id) == 0)
            return true;
    }
    return false;
}

static bool has_site(const struct batch *batch, size_t site)
{
    for (size_t i = 0; i < batch->site_count; i++) {
        if (batch->sites[i] == site)
            return true;
    }
    return false;
}

/* The sites of the batch's targets, in the order of the fleet. */
static int gather_sites(struct batch *batch)
{
    const struct wpb_fleet *fleet = batch->looks->fleet;

    batch->sites = calloc(fleet->found.count + 1, sizeof(*batch->sites));
    if (!batch->sites)
        return -1;
    for (size_t s = 0; s < fleet->found.count; s++) {
        for (size_t i = 0; i < batch->item_count; i++) {
            const struct wpb_target *target = batch->items[i]->target;
            for (size_t m = 0; m < target->count; m++) {
                if (target->members[m] == s && !has_site(batch, s))
                    batch->sites[batch->site_count++] = s;
            }
        }
    }
    return 0;
}

static void on_ended(struct wpb_turn *turn, void *cookie);

/* What cheap looks look into, at once and on a busy host too, since it is then that
 * somebody wants to know: the keys that every request reads, and who asks for the names
 * in them. The rest is for the turns of dear probes. */
static const struct wpb_choice_limits light_limits = {.values = 2,
                                                      .value_bytes = 16 << 20,
                                                      .total_bytes = 24 << 20,
                                                      .worthwhile_bytes = 64 << 10,
                                                      .families = 3,
                                                      .tables = 4};

/* Is there something for a cheap turn over the batch's sites to look into? */
static bool has_to_examine(const struct batch *batch)
{
    for (size_t i = 0; i < batch->site_count; i++) {
        struct wpb_knowledge *knowledge = batch->looks->fleet->knowledge[batch->sites[i]];
        struct wpb_choice choice;
        if (knowledge &&
            wpb_choose(wpb_knowledge_window(knowledge), &light_limits, &choice, 1))
            return true;
    }
    return false;
}

static struct wpb_turn *make_turn(struct batch *batch, bool is_light, bool is_forced)
{
    struct wpb_looks *looks = batch->looks;
    struct wpb_fleet *fleet = looks->fleet;
    int64_t now_ms = wpb_clock_now_ms();
    bool is_examining = !is_light || has_to_examine(batch);
    int budget = wpb_conf_choice(wpb_conf_agent(fleet->config->config), "budget");
    struct wpb_window **known = calloc(batch->site_count + 1, sizeof(*known));
    struct wpb_site *sites = calloc(batch->site_count + 1, sizeof(*sites));
    struct wpb_turn_options options = {
        .probes = looks->options.probes,
        .budget = is_forced ? WPB_BUDGET_LOW : (enum wpb_budget)budget,
        .top = 15,
        .survey = true,
        .examine = is_examining,
        .now_ms = now_ms,
        .limits = is_light ? light_limits : wpb_choice_defaults,
        .is_due = is_of_batch,
        .cookie = batch,
        .gate = &looks->gate,
        .known = is_examining ? (const struct wpb_window *const *)known : NULL,
        .keepsakes = looks->keepsakes,
    };
    struct wpb_turn *turn = NULL;

    for (size_t i = 0; known && sites && i < batch->site_count; i++) {
        const struct wpb_knowledge *knowledge = fleet->knowledge[batch->sites[i]];
        sites[i] = fleet->sites[batch->sites[i]];
        if (is_examining && knowledge)
            known[i] = wpb_knowledge_for_turn(knowledge, now_ms);
    }
    if (known && sites)
        turn = wpb_turn_new(sites, batch->site_count, &options);
    for (size_t i = 0; known && i < batch->site_count; i++)
        wpb_window_free(known[i]);
    free(known);
    free(sites);
    return turn;
}

static void end_item(struct batch *batch, const struct wpb_look_item *item)
{
    static const struct wpb_coverage none = {.status = WPB_COVERAGE_SKIPPED,
                                             .reason = "it did not come to a look"};
    const struct wpb_coverage *coverage = &none;
    size_t count = 0;
    const struct wpb_turn_look *looks =
        batch->turn ? wpb_turn_looks(batch->turn, &count) : NULL;

    for (size_t l = 0; l < count; l++) {
        char id[WPB_TARGET_ID_MAX];
        wpb_target_id(looks[l].target, id);
        if (looks[l].probe == item->probe && strcmp(id, item->target_id) == 0)
            coverage = looks[l].coverage;
    }
    wpb_plan_ended(batch->looks->plan, item->target_id, item->probe->name, coverage,
                   wpb_clock_moment());
}

/* Examinations spend the budget of their server too. */
static void charge(struct wpb_looks *looks, const struct wpb_turn_look *look)
{
    if (look->probe->look == WPB_LOOK_EXAMINE)
        wpb_plan_charge(looks->plan, look->target->server, &look->coverage->cost,
                        wpb_clock_moment());
}

static bool is_persisting(const struct wpb_window *window, int64_t since_ms)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(window, WPB_SUBJECT_REDIS_SERVER, NULL, &cursor))) {
        const struct wpb_sample *sample =
            wpb_window_get(window, subject, WPB_M_PERSISTING);
        if (sample && sample->time_ms >= since_ms && sample->value.integer)
            return true;
    }
    return false;
}

/* A server that has forked pays for each page that it touches: what is dear waits until a
 * look says that this is over. (One that loads does not answer; its breaker is open.) */
static void let_rest(struct batch *batch, const struct wpb_turn_look *look)
{
    uint64_t now_ms = wpb_clock_moment().monotonic_ms;
    const struct wpb_window *window;
    bool is_busy;

    if (strcmp(look->probe->name, "redis.server") != 0 || look->target->count == 0)
        return;
    window = wpb_turn_window(batch->turn, look->target->members[0]);
    is_busy = is_persisting(window, look->started_ms);
    wpb_plan_rest(batch->looks->plan, look->target->server,
                  is_busy ? now_ms + REST_MS : now_ms);
}

static void take_turn(struct batch *batch)
{
    struct wpb_looks *looks = batch->looks;
    size_t count;
    const struct wpb_turn_look *seen = wpb_turn_looks(batch->turn, &count);
    int64_t now_ms = wpb_clock_now_ms();

    for (size_t i = 0; i < batch->site_count; i++) {
        struct wpb_knowledge *knowledge = looks->fleet->knowledge[batch->sites[i]];
        if (!knowledge)
            continue;
        wpb_knowledge_take(knowledge, batch->turn, i, now_ms);
        wpb_fleet_learn(looks->fleet, batch->sites[i]);
    }
    for (size_t l = 0; l < count; l++) {
        wpb_kept_coverage_note(&looks->kept, &seen[l]);
        count_look(looks, &seen[l]);
        charge(looks, &seen[l]);
        let_rest(batch, &seen[l]);
    }
}

static void free_batch(struct batch *batch)
{
    struct batch **link = &batch->looks->batches;

    while (*link && *link != batch)
        link = &(*link)->next;
    if (*link)
        *link = batch->next;
    wpb_turn_free(batch->turn);
    free(batch->sites);
    free(batch);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct wpb_looks *looks = handle->data;

    looks->stopped(looks->stopped_cookie);
}

static void stop_if_idle(struct wpb_looks *looks)
{
    if (!looks->is_running && !looks->batches && looks->stopped)
        uv_close((uv_handle_t *)&looks->timer, on_timer_closed);
}

static void on_ended(struct wpb_turn *turn, void *cookie)
{
    struct batch *batch = cookie;
    struct wpb_looks *looks = batch->looks;

    looks->counts.turns++;
    take_turn(batch);
    for (size_t i = 0; i < batch->item_count; i++)
        end_item(batch, batch->items[i]);
    looks->options.looked(looks->options.cookie, turn, batch->sites);
    free_batch(batch);
    if (looks->is_running) {
        /* A pass over a database that has grown takes longer, and comes less often. */
        wpb_plan_items_adapt(&looks->items, looks->plan, looks->fleet);
        look_for_work(looks);
        return;
    }
    stop_if_idle(looks);
}

/* Start the items of BATCH; it is freed when that cannot be. */
static void start_batch(struct batch *batch, bool is_light, bool is_forced)
{
    struct wpb_looks *looks = batch->looks;

    for (size_t i = 0; i < batch->item_count; i++)
        wpb_plan_started(looks->plan, batch->items[i]->target_id,
                         batch->items[i]->probe->name, wpb_clock_moment());
    if (gather_sites(batch) == 0)
        batch->turn = make_turn(batch, is_light, is_forced);
    if (!batch->turn) {
        for (size_t i = 0; i < batch->item_count; i++)
            end_item(batch, batch->items[i]);
        free_batch(batch);
        return;
    }
    batch->next = looks->batches;
    looks->batches = batch;
    wpb_turn_start(batch->turn, looks->options.loop, looks->options.worker, on_ended,
                   batch);
}

static struct batch *new_batch(struct wpb_looks *looks)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    if (batch)
        batch->looks = looks;
    return batch;
}

static void start_light(struct wpb_looks *looks, const struct wpb_plan_due *due,
                        size_t count)
{
    struct batch *batch = new_batch(looks);

    for (size_t i = 0; batch && i < count; i++) {
        const struct wpb_look_item *item = due[i].item->cookie;
        if (is_cheap(item->probe))
            batch->items[batch->item_count++] = item;
    }
    if (batch && batch->item_count)
        start_batch(batch, true, false);
    else
        free(batch);
}

static void start_dear(struct wpb_looks *looks, const struct wpb_plan_due *due)
{
    struct batch *batch = new_batch(looks);

    if (!batch)
        return;
    batch->items[batch->item_count++] = due->item->cookie;
    start_batch(batch, false, due->is_forced);
}

static void on_time(uv_timer_t *timer)
{
    look_for_work(timer->data);
}

static void look_for_work(struct wpb_looks *looks)
{
    struct wpb_plan_conditions conditions = {.is_host_busy = looks->is_host_busy};
    struct wpb_moment now = wpb_clock_moment();
    struct wpb_plan_due due[DUE_MAX];
    size_t count = wpb_plan_due(looks->plan, now, &conditions, due, DUE_MAX);
    uint64_t next;

    start_light(looks, due, count);
    for (size_t i = 0; i < count; i++) {
        if (!is_cheap(((const struct wpb_look_item *)due[i].item->cookie)->probe))
            start_dear(looks, &due[i]);
    }
    next = wpb_plan_next_ms(looks->plan, now, &conditions);
    if (next == UINT64_MAX) {
        uv_timer_stop(&looks->timer);
        return;
    }
    next = next > now.monotonic_ms ? next - now.monotonic_ms : 1;
    uv_timer_start(&looks->timer, on_time, wpb_clock_real_ms(next), 0);
}

int wpb_looks_start(struct wpb_looks *looks, struct wpb_fleet *fleet)
{
    looks->fleet = fleet;
    wpb_kept_coverage_forget(&looks->kept, fleet->targets, fleet->target_count);
    wpb_keepsakes_prune(looks->keepsakes, fleet->targets, fleet->target_count);
    if (wpb_plan_items_make(&looks->items, looks->plan, fleet))
        return -1;
    uv_timer_init(looks->options.loop, &looks->timer);
    looks->timer.data = looks;
    looks->is_running = true;
    look_for_work(looks);
    return 0;
}

void wpb_looks_stop(struct wpb_looks *looks, void (*done)(void *cookie), void *cookie)
{
    struct batch *batch, *next;

    if (!looks->is_running) {
        done(cookie);
        return;
    }
    looks->is_running = false;
    looks->stopped = done;
    looks->stopped_cookie = cookie;
    uv_timer_stop(&looks->timer);
    for (batch = looks->batches; batch; batch = next) {
        next = batch->next;
        wpb_turn_cancel(batch->turn);
    }
    stop_if_idle(looks);
}

void wpb_looks_host_is_busy(struct wpb_looks *looks, bool is_busy)
{
    if (looks->is_host_busy == is_busy)
        return;
    looks->is_host_busy = is_busy;
    if (looks->is_running)
        look_for_work(looks);
}

int64_t wpb_looks_max_age_ms(const struct wpb_looks *looks, size_t site,
                             const char *probe)
{
    for (size_t i = 0; i < looks->items.count; i++) {
        const struct wpb_look_item *item = &looks->items.items[i];
        if (strcmp(item->probe->name, probe) != 0)
            continue;
        for (size_t m = 0; m < item->target->count; m++) {
            if (item->target->members[m] == site)
                return (int64_t)item->cadence_ms * 2 + SLACK_MS;
        }
    }
    return 0;
}

const struct wpb_coverage *wpb_looks_coverage(const struct wpb_looks *looks,
                                              struct wpb_arena *arena, size_t *count)
{
    return wpb_kept_coverage_list(&looks->kept, looks->options.probes, arena, count);
}

struct wpb_looks_counts wpb_looks_counts(const struct wpb_looks *looks)
{
    struct wpb_looks_counts counts = looks->counts;

    for (size_t i = 0; i < looks->items.count; i++) {
        const struct wpb_breaker *breaker =
            wpb_plan_breaker(looks->plan, looks->items.items[i].target_id);
        bool is_first = i == 0 || strcmp(looks->items.items[i].target_id,
                                         looks->items.items[i - 1].target_id) != 0;
        counts.open_breakers +=
            is_first && breaker && breaker->state != WPB_BREAKER_CLOSED;
    }
    return counts;
}
