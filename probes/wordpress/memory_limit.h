/*
 * memory_limit.h - the memory_limit a site's requests run under, and who set it.
 *
 * php_admin_value of the pool is final. Else it is what the request starts with (the
 * pool's php_value, else FPM's php.ini, else ini_set() in wp-config.php) or
 * WP_MEMORY_LIMIT (40M; 64M on a network), whichever is larger: WordPress only
 * raises it. Several pools that may serve the site must agree.
 */
#ifndef WPB_WORDPRESS_MEMORY_LIMIT_H
#define WPB_WORDPRESS_MEMORY_LIMIT_H

#include "probes/wordpress/pool.h"
#include "probes/wordpress/redis_settings.h"

/* Fill memory_limit_bytes, memory_limit_source and php_version of SITE, whose
 * is_multisite is filled. Texts live in the arena of LIST. */
void wpb_memory_limit_read(const struct wpb_config *config,
                           const struct wpb_pool *const *pools, size_t pool_count,
                           struct wpb_unresolved_list *list, struct wpb_site *site);

#endif
