/*
 * litespeed_settings.h - where LiteSpeed Cache's object cache is: wp-content/
 * .litespeed_conf.dat, a JSON object that its drop-in reads before WordPress is there.
 *
 * Its keys begin with LSOC_PREFIX, else with the last five hexadecimal digits of the
 * MD5 of the path of the plugin's own file that says so; that file is looked into, and
 * when it does not say so the keys are read by shape.
 */
#ifndef WPB_WORDPRESS_LITESPEED_SETTINGS_H
#define WPB_WORDPRESS_LITESPEED_SETTINGS_H

#include "probes/wordpress/redis_settings.h"

/* Fill SITE as wpb_redis_settings() does. */
void wpb_litespeed_settings(const struct wpb_settings_source *source,
                            struct wpb_site *site);

#endif
