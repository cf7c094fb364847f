#include "probes/wordpress/settings.h"

#define UNRESOLVED_MAX 64

void wpb_settings_unresolved(struct wpb_unresolved_list *list, const char *name,
                             const char *file, uint32_t line, const char *reason)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0 && list->items[i].line == line)
            return;
    }
    if (list->count == UNRESOLVED_MAX)
        return;
    if (!list->items)
        list->items = wpb_arena_alloc(list->arena, UNRESOLVED_MAX * sizeof(*list->items));
    list->items[list->count++] =
        (struct wpb_unresolved){.name = wpb_arena_printf(list->arena, "%s", name),
                                .file = wpb_arena_printf(list->arena, "%s", file),
                                .line = line,
                                .reason = wpb_arena_printf(list->arena, "%s", reason)};
}

static bool known(enum wpb_config_presence_of presence, const char *name,
                  struct wpb_unresolved_list *list, const struct wpb_config_value *value)
{
    if (presence == WPB_CONFIG_IS_UNRESOLVED)
        wpb_settings_unresolved(list, name, value->why->file, value->why->line,
                                value->why->reason);
    return presence == WPB_CONFIG_IS_KNOWN;
}

bool wpb_settings_constant(const struct wpb_config *config, const char *name,
                           struct wpb_unresolved_list *list,
                           struct wpb_config_value *value)
{
    return known(wpb_config_constant(config, name, value), name, list, value);
}

bool wpb_settings_variable(const struct wpb_config *config, const char *name,
                           struct wpb_unresolved_list *list,
                           struct wpb_config_value *value)
{
    return known(wpb_config_variable(config, name, value), name, list, value);
}

const char *wpb_settings_text(const struct wpb_config *config, const char *name,
                              struct wpb_unresolved_list *list)
{
    struct wpb_config_value value;
    struct wpb_slice text;
    if (!wpb_settings_constant(config, name, list, &value) ||
        !wpb_config_value_text(value, list->arena, &text))
        return "";
    return wpb_arena_cstr(list->arena, text);
}
