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

#include "probes/wordpress/environment.h"
#include "probes/wordpress/settings.h"

/* Fill has_redis, redis, has_key_prefix, key_prefix and flavour_note of SITE, whose
 * flavour, table_prefix and is_multisite are filled. Texts live in the arena of LIST. */
void wpb_redis_settings(const struct wpb_config *config,
                        const struct wpb_environment *environment,
                        struct wpb_unresolved_list *list, struct wpb_site *site);

#endif
