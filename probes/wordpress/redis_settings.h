/*
 * redis_settings.h - where a site's object cache is, and how its keys begin, from
 * what wp-config.php came to.
 *
 * redis-cache: WP_REDIS_SCHEME, HOST, PORT, PATH, DATABASE, PASSWORD, USERNAME,
 * PREFIX or WP_CACHE_KEY_SALT. wp-redis: $redis_server, else CACHE_HOST and its like
 * in the environment. Object Cache Pro: the array WP_REDIS_CONFIG. Defaults are those
 * of the plugins' own sources.
 */
#ifndef WPB_WORDPRESS_REDIS_SETTINGS_H
#define WPB_WORDPRESS_REDIS_SETTINGS_H

#include "probes/wordpress/config_eval.h"
#include "probes/wordpress/environment.h"
#include "wpbloat/site.h"

/* The unresolved names of one site while it is read. */
struct wpb_unresolved_list {
    struct wpb_arena *arena;
    struct wpb_unresolved *items;
    size_t count, capacity;
};

/* Append a row, unless NAME is there already; texts are copied. */
void wpb_unresolved_add(struct wpb_unresolved_list *list, const char *name,
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

/* Fill has_redis, redis, has_key_prefix, key_prefix and flavour_note of SITE, whose
 * flavour, table_prefix and is_multisite are filled. Texts live in the arena of LIST. */
void wpb_redis_settings(const struct wpb_config *config,
                        const struct wpb_environment *environment,
                        struct wpb_unresolved_list *list, struct wpb_site *site);

#endif
