#include "agent/daemon/plan_items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/schedule/cadence.h"

void wpb_target_id(const struct wpb_target *target, char id[WPB_TARGET_ID_MAX])
{
    snprintf(id, WPB_TARGET_ID_MAX, "%s %016llx", target->needs,
             wpb_slice_hash(wpb_slice_cstr(target->address)));
}

static uint64_t interval_ms(const struct wpb_fleet *fleet,
                            const struct wpb_target *target)
{
    const struct wpb_conf *config = fleet->config->config;
    uint64_t common = wpb_conf_seconds(wpb_conf_agent(config), "interval");
    uint64_t shortest = UINT64_MAX;

    for (size_t m = 0; m < target->count; m++) {
        const struct wpb_conf_section *section =
            wpb_conf_find(config, WPB_SECTION_SITE, target->sites[m]->name);
        uint64_t own = section ? wpb_conf_seconds(section, "interval") : 0;
        if ((own ? own : common) < shortest)
            shortest = own ? own : common;
    }
    return shortest * 1000;
}

/* The keys of the target's database, as the last look at its server has told. */
static uint64_t keys_of(const struct wpb_fleet *fleet, const struct wpb_target *target)
{
    struct wpb_knowledge *knowledge = fleet->knowledge[target->members[0]];
    const struct wpb_subject *subject;
    int64_t most = 0;
    size_t cursor = 0;

    if (!knowledge || strcmp(target->needs, "redis") != 0)
        return 0;
    while ((subject = wpb_window_next(wpb_knowledge_window(knowledge),
                                      WPB_SUBJECT_REDIS_SERVER, NULL, &cursor))) {
        int64_t keys =
            wpb_window_integer(wpb_knowledge_window(knowledge), subject, WPB_M_KEYS, 0);
        if (keys > most)
            most = keys;
    }
    return (uint64_t)most;
}

static size_t count_probes(const struct wpb_fleet *fleet)
{
    size_t count = 0;

    while (fleet->probes[count])
        count++;
    return count;
}

static size_t databases_of(const struct wpb_fleet *fleet, const struct wpb_target *target)
{
    size_t count = 0;

    for (size_t t = 0; t < fleet->target_count; t++)
        count += strcmp(fleet->targets[t].server, target->server) == 0;
    return count;
}

/* How often ITEM looks; 0: never by plan. */
static uint64_t cadence_of(const struct wpb_fleet *fleet,
                           const struct wpb_look_item *item)
{
    uint64_t alone_ms = wpb_cadence_ms(item->probe, interval_ms(fleet, item->target),
                                       keys_of(fleet, item->target));

    return wpb_cadence_shared_ms(item->probe, alone_ms, item->databases);
}

static void add_items(struct wpb_plan_items *items, const struct wpb_fleet *fleet,
                      const struct wpb_target *target)
{
    size_t databases = databases_of(fleet, target);

    for (size_t p = 0; fleet->probes[p]; p++) {
        struct wpb_look_item *item = &items->items[items->count];
        if (strcmp(fleet->probes[p]->needs, target->needs) != 0)
            continue;
        *item = (struct wpb_look_item){
            .probe = fleet->probes[p], .target = target, .databases = databases};
        item->cadence_ms = cadence_of(fleet, item);
        wpb_target_id(target, item->target_id);
        items->count += item->cadence_ms != 0;
    }
}

static int tell(const struct wpb_plan_items *items, struct wpb_plan *plan)
{
    struct wpb_plan_item *planned = calloc(items->count + 1, sizeof(*planned));
    int result;

    if (!planned)
        return -1;
    for (size_t i = 0; i < items->count; i++) {
        const struct wpb_look_item *item = &items->items[i];
        planned[i] = (struct wpb_plan_item){
            .target = item->target_id,
            .probe = item->probe->name,
            .server = item->target->server,
            .after = item->probe->after,
            .cadence_ms = item->cadence_ms,
            .cost = item->probe->cost,
            .commands_per_s = wpb_cadence_commands_per_s(item->probe->needs),
            .is_self_paced = wpb_cadence_is_self_paced(item->probe),
            .last_ran_ms = wpb_last_looks_of(&items->last, item->target, item->probe),
            .cookie = item,
        };
    }
    result = wpb_plan_set(plan, planned, items->count, wpb_clock_moment());
    free(planned);
    return result;
}

int wpb_plan_items_make(struct wpb_plan_items *items, struct wpb_plan *plan,
                        const struct wpb_fleet *fleet)
{
    free(items->items);
    items->items =
        calloc(fleet->target_count * count_probes(fleet) + 1, sizeof(*items->items));
    items->count = 0;
    for (size_t t = 0; items->items && t < fleet->target_count; t++)
        add_items(items, fleet, &fleet->targets[t]);
    return items->items ? tell(items, plan) : -1;
}

void wpb_plan_items_adapt(struct wpb_plan_items *items, struct wpb_plan *plan,
                          const struct wpb_fleet *fleet)
{
    bool has_changed = false;

    for (size_t i = 0; i < items->count; i++) {
        struct wpb_look_item *item = &items->items[i];
        uint64_t cadence = cadence_of(fleet, item);
        has_changed |= cadence != item->cadence_ms;
        item->cadence_ms = cadence;
    }
    if (has_changed)
        tell(items, plan);
}

void wpb_plan_items_fini(struct wpb_plan_items *items)
{
    wpb_last_looks_fini(&items->last);
    free(items->items);
}
