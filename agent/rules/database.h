/*
 * database.h - the rules about what lies in a site's database outside post meta: options,
 * transients, WP-Cron's events, the tables of WooCommerce.
 *
 * Pure. What no probe has posted is unknown, and silent.
 */
#ifndef WPB_RULES_DATABASE_H
#define WPB_RULES_DATABASE_H

#include "agent/rules/context.h"

/* The rules, in order of code. */
void wpb_database_autoload_index_missing(struct wpb_rule_context *context);
void wpb_database_autoload_large(struct wpb_rule_context *context);
void wpb_database_autoload_option_large(struct wpb_rule_context *context);
void wpb_database_cron_bloat(struct wpb_rule_context *context);
void wpb_database_growth(struct wpb_rule_context *context);
void wpb_database_transients_expired(struct wpb_rule_context *context);
void wpb_database_transients_exploding(struct wpb_rule_context *context);
void wpb_woocommerce_action_scheduler(struct wpb_rule_context *context);
void wpb_woocommerce_sessions(struct wpb_rule_context *context);

/* The next table from *CURSOR = 0 of which METRIC is known; NULL at the end. */
const struct wpb_subject *wpb_database_table_with(const struct wpb_rule_context *context,
                                                  enum wpb_metric metric, size_t *cursor);
/* NAME is, by its end, the table that WordPress calls so: "wp_2_options" for "options".
 */
bool wpb_database_is_table(const struct wpb_subject *table, const char *name);
/* Is METRIC of SUBJECT known and at least what OPTION of rule CODE says? */
bool wpb_database_reaches(const struct wpb_rule_context *context,
                          const struct wpb_subject *subject, enum wpb_metric metric,
                          const char *code, const char *option);
/* Does the rule about WP-Cron's option fire? */
bool wpb_database_judge_cron(const struct wpb_rule_context *context,
                             const struct wpb_subject *option,
                             enum wpb_severity *severity);
/* True when the site's drop-in keeps the cache between requests. */
bool wpb_database_has_cache(const struct wpb_site *site);

/* Memory of the machine that runs PHP; 0 when it is unknown: a site known by its database
 * alone may run anywhere. */
uint64_t wpb_database_ram_of_php(const struct wpb_rule_context *context);

/* What ROWS bytes of the options hold in memory while that many requests run. */
#define WPB_DATABASE_REQUESTS 40

#endif
