/*
 * redis_servers.h - WP_REDIS_SERVERS: a master and its replicas, as Redis Object Cache
 * hands them to Predis.
 *
 *   list:    entry, ...
 *   entry:   scheme://[user:password@]host[:port][/database][?parameter&...], or
 *            unix:/path[?parameter&...], or an array with the keys host, port, ...
 *   parameter: role=master|slave, alias=master, database=N, username=U, password=P
 *
 * The master is the entry that says so, else the first. PhpRedis and Relay do not look
 * at the constant. Pure.
 */
#ifndef WPB_WORDPRESS_REDIS_SERVERS_H
#define WPB_WORDPRESS_REDIS_SERVERS_H

#include "probes/wordpress/settings.h"

/* Read the servers of CONFIG into SITE, whose `redis` holds what entries leave out. When
 * the constant counts but cannot be resolved, the site has no Redis that is known. */
void wpb_redis_servers(const struct wpb_config *config, struct wpb_unresolved_list *list,
                       struct wpb_site *site);

#endif
