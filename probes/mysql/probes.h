/*
 * probes.h - the probes of this room, for probes/registry.c.
 */
#ifndef WPB_MYSQL_PROBES_H
#define WPB_MYSQL_PROBES_H

#include "wpbloat/probe.h"

extern const struct wpb_probe wpb_probe_mysql_server;
extern const struct wpb_probe wpb_probe_mysql_status;
extern const struct wpb_probe wpb_probe_mysql_locks;
extern const struct wpb_probe wpb_probe_mysql_statements;
extern const struct wpb_probe wpb_probe_mysql_autoload;
extern const struct wpb_probe wpb_probe_mysql_builders;
extern const struct wpb_probe wpb_probe_mysql_transients;
extern const struct wpb_probe wpb_probe_mysql_cron;
extern const struct wpb_probe wpb_probe_mysql_woocommerce;
extern const struct wpb_probe wpb_probe_mysql_postmeta;
extern const struct wpb_probe wpb_probe_mysql_orphans;
extern const struct wpb_probe wpb_probe_mysql_post;
extern const struct wpb_probe wpb_probe_mysql_option;
extern const struct wpb_probe wpb_probe_mysql_meta;
extern const struct wpb_probe wpb_probe_mysql_meta_keys;
extern const struct wpb_probe wpb_probe_mysql_deep;
extern const struct wpb_probe wpb_probe_mysql_stale_notoptions;

/* For `wpbloat check` alone, and in no list: what the server lets us do. The reason of
 * its coverage is a sentence, and after it the lines to run at the server, each after a
 * newline. */
extern const struct wpb_probe wpb_probe_mysql_rights;

#endif
