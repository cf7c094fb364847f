/*
 * redis_settings.h - where a site's object cache is, and how its keys begin, from
 * what wp-config.php came to.
 *
 * redis-cache: WP_REDIS_SCHEME, HOST, PORT, PATH, DATABASE, PASSWORD, USERNAME,
 * PREFIX or WP_CACHE_KEY_SALT. wp-redis: $redis_server, else CACHE_HOST and its like
 * in the environment. Object Cache Pro: the array WP_REDIS_CONFIG. LiteSpeed and W3
 * Total Cache: files of their own. Defaults are those of the plugins' own sources.
 */
#ifndef WPB_WORDPRESS_REDIS_SETTINGS_H
#define WPB_WORDPRESS_REDIS_SETTINGS_H

#include "probes/wordpress/environment.h"
#include "probes/wordpress/settings.h"

/* What a site's settings are read from. */
struct wpb_settings_source {
    const struct wpb_config *config;
    const struct wpb_environment *environment;
    const char *root; /* of the host the site is on; "" for this one */
    struct wpb_unresolved_list *list;
};

/* Fill has_redis, redis, has_key_prefix, key_prefix and flavour_note of SITE, whose
 * flavour, folders, table_prefix and is_multisite are filled. Texts live in the arena
 * of the list. */
void wpb_redis_settings(const struct wpb_settings_source *source, struct wpb_site *site);

#endif
