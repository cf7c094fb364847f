#include "probes/wordpress/config_eval.h"

#include "probes/wordpress/config_run.h"

struct wpb_config *wpb_config_new(const struct wpb_config_reader *reader)
{
    struct wpb_arena *arena = wpb_arena_new();
    if (!arena)
        return NULL;
    struct wpb_config *config = wpb_arena_alloc(arena, sizeof(*config));
    config->arena = arena;
    config->reader = *reader;
    config->state = wpb_config_state_new(arena);
    return config;
}

void wpb_config_free(struct wpb_config *config)
{
    if (config)
        wpb_arena_free(config->arena);
}

static void preset(struct wpb_config *config, enum wpb_config_kind kind, const char *name,
                   const char *value)
{
    int slot = wpb_config_state_slot(config->state, kind, wpb_slice_cstr(name));
    struct wpb_slice text = wpb_arena_copy(config->arena, wpb_slice_cstr(value));
    if (slot >= 0)
        wpb_config_state_set(
            config->state, slot,
            (struct wpb_config_binding){.presence = WPB_CONFIG_PRESENT,
                                        .value = wpb_config_value_string(text),
                                        .file = ""});
}

void wpb_config_define(struct wpb_config *config, const char *name, const char *value)
{
    preset(config, WPB_CONFIG_CONSTANT, name, value);
}

void wpb_config_pin(struct wpb_config *config, const char *name, const char *value)
{
    preset(config, WPB_CONFIG_VARIABLE, name, value);
}

void wpb_config_eval(struct wpb_config *config, const char *path, struct wpb_slice bytes)
{
    struct wpb_config_source source = {
        .path = wpb_arena_cstr(config->arena, wpb_slice_cstr(path))};
    struct wpb_config_catcher catcher;

    config->source = &source;
    config->flow = WPB_FLOW_NEXT;
    if (wpb_config_run_tokens(config, wpb_arena_copy(config->arena, bytes), false, 1,
                              &source)) {
        wpb_config_run_problem(config, WPB_CONFIG_OVERBUDGET, 0,
                               "it has too many tokens; it was not read");
        goto out_source;
    }
    wpb_config_paths_catch(config, &catcher, WPB_CATCH_ROOT);
    wpb_config_statements(config);
    wpb_config_paths_caught(config, &catcher);
out_source:
    config->source = NULL;
}

static enum wpb_config_presence_of look_up(const struct wpb_config *config,
                                           enum wpb_config_kind kind, const char *name,
                                           struct wpb_config_value *value)
{
    int slot = wpb_config_state_find(config->state, kind, wpb_slice_cstr(name));
    const struct wpb_config_binding *now;

    *value = wpb_config_value_null();
    if (slot < 0)
        return WPB_CONFIG_IS_ABSENT;
    now = &wpb_config_state_at(config->state, slot)->now;
    if (now->presence == WPB_CONFIG_ABSENT ||
        (now->presence == WPB_CONFIG_PRESENT && now->value.is_unset))
        return WPB_CONFIG_IS_ABSENT;
    *value = now->value;
    if (value->type == WPB_CONFIG_UNRESOLVED)
        return WPB_CONFIG_IS_UNRESOLVED;
    if (now->presence == WPB_CONFIG_PRESENT)
        return WPB_CONFIG_IS_KNOWN;
    /* Set on some paths only. */
    *value = (struct wpb_config_value){.type = WPB_CONFIG_UNRESOLVED, .why = now->why};
    return WPB_CONFIG_IS_UNRESOLVED;
}

enum wpb_config_presence_of wpb_config_constant(const struct wpb_config *config,
                                                const char *name,
                                                struct wpb_config_value *value)
{
    return look_up(config, WPB_CONFIG_CONSTANT, name, value);
}

enum wpb_config_presence_of wpb_config_variable(const struct wpb_config *config,
                                                const char *name,
                                                struct wpb_config_value *value)
{
    return look_up(config, WPB_CONFIG_VARIABLE, name, value);
}

enum wpb_config_presence_of wpb_config_ini(const struct wpb_config *config,
                                           const char *name,
                                           struct wpb_config_value *value)
{
    return look_up(config, WPB_CONFIG_INI, name, value);
}

void wpb_config_where(const struct wpb_config *config, const char *name,
                      const char **file, uint32_t *line)
{
    int slot =
        wpb_config_state_find(config->state, WPB_CONFIG_CONSTANT, wpb_slice_cstr(name));
    *file = NULL;
    *line = 0;
    if (slot < 0)
        return;
    const struct wpb_config_slot *found = wpb_config_state_at(config->state, slot);
    if (found->now.presence != WPB_CONFIG_ABSENT) {
        *file = found->now.file;
        *line = found->now.line;
    }
}

const struct wpb_config_problem *wpb_config_problems(const struct wpb_config *config,
                                                     size_t *count)
{
    *count = config->problem_count;
    return config->problems;
}
