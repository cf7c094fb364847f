/*
 * w3tc_settings.h - where W3 Total Cache's object cache is: W3TC_CONFIG_DIR (else
 * wp-content/w3tc-config)/master.php, a JSON object behind "<?php exit; ?>".
 *
 * Its keys begin with w3tc_{instance}_, a number that stands there too.
 */
#ifndef WPB_WORDPRESS_W3TC_SETTINGS_H
#define WPB_WORDPRESS_W3TC_SETTINGS_H

#include "probes/wordpress/redis_settings.h"

/* Fill SITE as wpb_redis_settings() does. */
void wpb_w3tc_settings(const struct wpb_settings_source *source, struct wpb_site *site);

#endif
