/*
 * demo_incident.h - the incident: a shop whose notoptions grew to 3.8 MiB.
 *
 * 77,726 keys of 104 bytes on average in database 1, nearly none with a time to
 * live, as the redis-cache drop-in names them. Blocking. Writes, so only ever to
 * a server this program started.
 */
#ifndef WPB_COMMAND_DEMO_INCIDENT_H
#define WPB_COMMAND_DEMO_INCIDENT_H

#include "wpbloat/err.h"

#define WPB_DEMO_DATABASE 1
#define WPB_DEMO_KEYS 77726
#define WPB_DEMO_KEY_BYTES 8083517
#define WPB_DEMO_METRICS 2471
/* The site's WP_REDIS_PREFIX and table prefix, and what redis-cache makes of them. */
#define WPB_DEMO_SALT "q7:prod_"
#define WPB_DEMO_TABLE_PREFIX "kx_"
#define WPB_DEMO_KEY_PREFIX "q7:prod_kx:"

/* The posts whose entries carry a page builder's blob. */
#define WPB_DEMO_BUILDER_POST_FIRST 162
#define WPB_DEMO_BUILDER_POSTS 38

/* Seed the empty server at the unix socket PATH. */
int wpb_demo_incident_seed(const char *socket_path, struct wpb_err *err);

#endif
