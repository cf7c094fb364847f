/*
 * settings.h - single settings out of an evaluated wp-config.php, and the list of
 * those that could not be resolved.
 */
#ifndef WPB_WORDPRESS_SETTINGS_H
#define WPB_WORDPRESS_SETTINGS_H

#include "probes/wordpress/config_eval.h"
#include "wpbloat/site.h"

/* The unresolved names of one site while it is read. */
struct wpb_unresolved_list {
    struct wpb_arena *arena;
    struct wpb_unresolved *items;
    size_t count, capacity;
};

/* Append a row, unless NAME is there already; texts are copied. */
void wpb_settings_unresolved(struct wpb_unresolved_list *list, const char *name,
                             const char *file, uint32_t line, const char *reason);

/* What CONFIG says about the constant or variable NAME: its value, or false. When it
 * is unresolved that is added to LIST. */
bool wpb_settings_constant(const struct wpb_config *config, const char *name,
                           struct wpb_unresolved_list *list,
                           struct wpb_config_value *value);
bool wpb_settings_variable(const struct wpb_config *config, const char *name,
                           struct wpb_unresolved_list *list,
                           struct wpb_config_value *value);
/* The same as text in the arena of LIST; "" when unknown. */
const char *wpb_settings_text(const struct wpb_config *config, const char *name,
                              struct wpb_unresolved_list *list);

#endif
