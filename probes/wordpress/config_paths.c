#include "probes/wordpress/config_run.h"

static void add_delta(struct wpb_config *config, struct wpb_config_delta **deltas,
                      size_t *count, size_t *capacity, struct wpb_config_delta delta)
{
    if (*count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 4;
        struct wpb_config_delta *larger =
            wpb_arena_alloc(config->arena, *capacity * sizeof(*larger));
        if (*count)
            memcpy(larger, *deltas, *count * sizeof(*larger));
        *deltas = larger;
    }
    (*deltas)[(*count)++] = delta;
}

void wpb_config_paths_fork(struct wpb_config *config,
                           struct wpb_config_branches *branches,
                           struct wpb_config_value condition, uint32_t line)
{
    const char *detail =
        condition.type == WPB_CONFIG_UNRESOLVED ? condition.why->reason : "";
    struct wpb_config_why *why = wpb_arena_alloc(config->arena, sizeof(*why));
    why->file = config->source->path;
    why->line = line;
    /* Reasons grow by one condition a level: two levels tell enough. */
    why->reason = wpb_arena_printf(
        config->arena, "the condition in line %u is only known when PHP runs%s%.*s%s",
        line, *detail ? " (" : "", 160, detail, *detail ? ")" : "");
    *branches = (struct wpb_config_branches){.mark = wpb_config_state_mark(config->state),
                                             .why = why};
}

static struct wpb_config_catcher *catcher_of(struct wpb_config *config,
                                             enum wpb_config_flow flow)
{
    struct wpb_config_catcher *catcher = config->catcher;
    bool is_loop = flow == WPB_FLOW_BREAK || flow == WPB_FLOW_CONTINUE;
    while (catcher->outer) {
        if (is_loop && catcher->type == WPB_CATCH_LOOP)
            break;
        if (flow == WPB_FLOW_RETURN && catcher->type == WPB_CATCH_FILE)
            break;
        catcher = catcher->outer;
    }
    return catcher;
}

/* The current path leaves for an outer place: remember it there. */
static void leave_to(struct wpb_config *config, enum wpb_config_flow flow,
                     const struct wpb_config_why *why)
{
    struct wpb_config_catcher *catcher = catcher_of(config, flow);
    add_delta(config, &catcher->paths, &catcher->count, &catcher->capacity,
              wpb_config_state_diff(config->state, catcher->mark));
    catcher->was_broken = catcher->was_broken || flow == WPB_FLOW_BREAK;
    catcher->why = why;
}

void wpb_config_paths_take(struct wpb_config *config,
                           struct wpb_config_branches *branches)
{
    enum wpb_config_flow flow = config->flow;
    bool goes_on = flow == WPB_FLOW_NEXT || flow == WPB_FLOW_ERROR;

    if (!goes_on && flow != WPB_FLOW_EXIT && flow != WPB_FLOW_THROW)
        leave_to(config, flow, branches->why);
    struct wpb_config_delta delta = wpb_config_state_take(config->state, branches->mark);
    if (goes_on)
        add_delta(config, &branches->paths, &branches->count, &branches->capacity, delta);
    if (flow != WPB_FLOW_ERROR)
        config->flow = WPB_FLOW_NEXT;
}

static void join(struct wpb_config *config, const struct wpb_config_delta *paths,
                 size_t count, const struct wpb_config_why *why)
{
    uint64_t changes = 0;
    for (size_t i = 0; i < count; i++)
        changes += paths[i].count;
    /* A join looks every change up in every path. */
    config->steps += changes * changes / 8 + count;
    if (!wpb_config_state_join(config->state, paths, count, why))
        wpb_config_run_fail(config, WPB_CONFIG_OVERBUDGET, 0,
                            "it sets names too many times");
}

void wpb_config_paths_join(struct wpb_config *config,
                           struct wpb_config_branches *branches)
{
    if (branches->count == 0) {
        if (config->flow == WPB_FLOW_NEXT)
            config->flow = WPB_FLOW_EXIT;
        return;
    }
    join(config, branches->paths, branches->count, branches->why);
}

void wpb_config_paths_catch(struct wpb_config *config, struct wpb_config_catcher *catcher,
                            enum wpb_config_catch type)
{
    *catcher = (struct wpb_config_catcher){.outer = config->catcher,
                                           .mark = wpb_config_state_mark(config->state)};
    catcher->type = type;
    config->catcher = catcher;
}

static bool catches(const struct wpb_config_catcher *catcher, enum wpb_config_flow flow)
{
    switch (flow) {
    case WPB_FLOW_BREAK:
    case WPB_FLOW_CONTINUE:
        return catcher->type == WPB_CATCH_LOOP || !catcher->outer;
    case WPB_FLOW_RETURN:
        return catcher->type != WPB_CATCH_LOOP;
    case WPB_FLOW_STOP:
        return !catcher->outer;
    default:
        return false;
    }
}

bool wpb_config_paths_caught(struct wpb_config *config,
                             struct wpb_config_catcher *catcher)
{
    enum wpb_config_flow flow = config->flow;
    bool is_here = flow == WPB_FLOW_NEXT || catches(catcher, flow);

    config->catcher = catcher->outer;
    if (catcher->count == 0) {
        if (is_here)
            config->flow = WPB_FLOW_NEXT;
        return flow == WPB_FLOW_BREAK;
    }
    bool is_over = flow == WPB_FLOW_EXIT || flow == WPB_FLOW_THROW;
    if (!is_here && !is_over && flow != WPB_FLOW_ERROR)
        leave_to(config, flow, catcher->why);
    struct wpb_config_delta current = wpb_config_state_take(config->state, catcher->mark);
    if (is_here || flow == WPB_FLOW_ERROR)
        add_delta(config, &catcher->paths, &catcher->count, &catcher->capacity, current);
    if (flow != WPB_FLOW_ERROR)
        config->flow = WPB_FLOW_NEXT;
    join(config, catcher->paths, catcher->count, catcher->why);
    return flow == WPB_FLOW_BREAK;
}

void wpb_config_paths_taint(struct wpb_config *config, size_t mark, uint32_t line,
                            const char *reason)
{
    struct wpb_config_delta delta = wpb_config_state_take(config->state, mark);
    struct wpb_config_value value =
        wpb_config_value_unresolved(config->arena, config->source->path, line, reason);

    for (size_t i = 0; i < delta.count; i++) {
        struct wpb_config_binding binding = delta.changes[i].binding;
        binding.presence = WPB_CONFIG_PRESENT;
        binding.value = value;
        if (!wpb_config_state_set(config->state, delta.changes[i].slot, binding))
            return;
    }
}
