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

/* A list of entries that are all alike: nodes of a cluster, or sentinels. What an entry
 * leaves out is as REST says, but for the login: that is the entry's own or none. At most
 * WPB_REDIS_SEEDS_MAX of them into REST. False when there is none, or one is not known.
 */
bool wpb_redis_seeds(struct wpb_config_value value, struct wpb_arena *arena,
                     struct wpb_redis_address *rest);

/* Read a list of such entries into SITE, whose `redis` holds what they leave out. False
 * when there is none, or one is not known. */
bool wpb_redis_replication(struct wpb_config_value value, struct wpb_arena *arena,
                           struct wpb_site *site);

/* Read the servers of CONFIG into SITE, whose `redis` holds what entries leave out. When
 * the constant counts but cannot be resolved, the site has no Redis that is known. */
void wpb_redis_servers(const struct wpb_config *config, struct wpb_unresolved_list *list,
                       struct wpb_site *site);

#endif
