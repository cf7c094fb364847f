/*
 * prometheus_table.h - the one list of what is exported, in the order of the output.
 *
 * X(identifier, name, type, series, label, help). `series` is the most that a host, or a
 * site, can have of it; their sums are kept within the bounds of prometheus.h when this
 * is compiled. `label` tells the series of one metric apart ("" for none); a site's have
 * the label `site` besides. docs/metrics.md is generated from these rows. Const data.
 */
#ifndef WPB_OUTPUT_PROMETHEUS_TABLE_H
#define WPB_OUTPUT_PROMETHEUS_TABLE_H

#include <stddef.h>

#include "agent/output/agent_numbers.h"
#include "agent/output/prometheus.h"

#define WPB_EXPORTED_OF_HOST(X)                                                          \
    X(BUILD_INFO, "wpbloat_build_info", GAUGE, 1, "version", "Always 1.")                \
    X(UP, "wpbloat_up", GAUGE, 1, "",                                                    \
      "1 when the last look measured something, 0 when it could measure nothing.")       \
    X(LAST_SUCCESS, "wpbloat_last_success_timestamp_seconds", GAUGE, 1, "",              \
      "When a look last measured something.")                                            \
    X(SITES, "wpbloat_sites", GAUGE, 1, "", "WordPress sites that are looked at.")       \
    X(PROBES, "wpbloat_probes", GAUGE, 4, "status",                                      \
      "Probes of the last look, by how they ended.")                                     \
    X(FINDINGS, "wpbloat_findings", GAUGE, 3, "severity",                                \
      "Problems found on this host; what several sites share counts once.")              \
    X(REDIS_USED, "wpbloat_redis_used_memory_bytes", GAUGE, WPB_PROMETHEUS_SERVERS_MAX,  \
      "server", "Memory that the sites' Redis has allocated.")                           \
    X(REDIS_MAX, "wpbloat_redis_maxmemory_bytes", GAUGE, WPB_PROMETHEUS_SERVERS_MAX,     \
      "server", "Its limit, 0 when there is none.")                                      \
    X(REDIS_KEYS, "wpbloat_redis_keys", GAUGE, WPB_PROMETHEUS_SERVERS_MAX, "server",     \
      "Keys in the databases that the sites use.")                                       \
    X(REDIS_TTLLESS, "wpbloat_redis_ttlless_keys", GAUGE, WPB_PROMETHEUS_SERVERS_MAX,    \
      "server", "Of those, keys that never expire.")                                     \
    X(POOL_RATE, "wpbloat_pool_requests_per_second", GAUGE, 1, "pool",                   \
      "Requests of the last quarter of an hour to the pool nearest to breaking.")        \
    X(POOL_CAPACITY, "wpbloat_pool_capacity_per_second", GAUGE, 1, "pool",               \
      "Requests at which that pool breaks.")

/* Of the agent itself; a scan has none of them. */
#define WPB_EXPORTED_OF_AGENT(X)                                                         \
    X(START_TIME, "wpbloat_start_time_seconds", GAUGE, 1, "", "When the agent started.") \
    X(LOOKS, "wpbloat_looks_total", COUNTER, 1, "", "Looks at the sites.")               \
    X(LOOKS_SKIPPED, "wpbloat_looks_skipped_total", COUNTER, 1, "",                      \
      "Looks left out because their time had passed before they could begin.")           \
    X(ALERTS, "wpbloat_alerts", GAUGE, 3, "state",                                       \
      "Alerts that are pending, firing, or suppressed by one they follow from.")         \
    X(SINK_DELIVERED, "wpbloat_sink_delivered_total", COUNTER, WPB_AGENT_SINKS_MAX,      \
      "sink", "States of alerts that arrived, by type of sink.")                         \
    X(SINK_FAILED, "wpbloat_sink_failed_total", COUNTER, WPB_AGENT_SINKS_MAX, "sink",    \
      "Attempts to deliver that failed and are made again.")                             \
    X(SINK_DEAD, "wpbloat_sink_dead_letters_total", COUNTER, WPB_AGENT_SINKS_MAX,        \
      "sink", "States of alerts that the receiver refused for good.")                    \
    X(SINK_QUEUED, "wpbloat_sink_queued", GAUGE, WPB_AGENT_SINKS_MAX, "sink",            \
      "States of alerts that wait for their delivery.")                                  \
    X(HISTORY_BYTES, "wpbloat_history_bytes", GAUGE, 1, "",                              \
      "What the history takes on disk.")                                                 \
    X(HISTORY_DEGRADED, "wpbloat_history_degraded", GAUGE, 1, "",                        \
      "1 when the history is kept in memory only, since it cannot be written.")          \
    X(REDIS_COMMANDS, "wpbloat_redis_commands_total", COUNTER, 1, "",                    \
      "Commands that the agent has sent to Redis.")                                      \
    X(MYSQL_STATEMENTS, "wpbloat_mysql_statements_total", COUNTER, 1, "",                \
      "Statements that the agent has sent to MySQL.")                                    \
    X(TARGETS_PAUSED, "wpbloat_targets_paused", GAUGE, 1, "",                            \
      "Servers that are left alone for a while, since they failed.")                     \
    X(CONFIG_CURRENT, "wpbloat_config_last_reload_successful", GAUGE, 1, "",             \
      "0 when the configuration was bad when it was last read: the one before holds.")   \
    X(RESIDENT_BYTES, "wpbloat_resident_memory_bytes", GAUGE, 1, "",                     \
      "Memory of the agent's process.")                                                  \
    X(CPU_SECONDS, "wpbloat_cpu_seconds_total", COUNTER, 1, "",                          \
      "Processor time of the agent's process.")

/* Last of all, since it counts the others. */
#define WPB_EXPORTED_LAST(X)                                                             \
    X(SERIES_EMITTED, "wpbloat_series_emitted", GAUGE, 1, "",                            \
      "Series in this answer, this one included.")

/* Figures of a site: one series each. COMBINE says what site="other" shows. */
#define WPB_EXPORTED_FIGURES(X)                                                          \
    X(NOTOPTIONS_BYTES, "wpbloat_notoptions_bytes", LARGEST,                             \
      "Length of the list of options that do not exist, 0 when it is not in the cache.") \
    X(NOTOPTIONS_NAMES, "wpbloat_notoptions_names", LARGEST, "Names in that list.")      \
    X(NOTOPTIONS_FAILS_AT, "wpbloat_notoptions_fails_at_bytes", NOTHING,                 \
      "Length at which adding a name reaches PHP's memory_limit by itself.")             \
    X(ALLOPTIONS_BYTES, "wpbloat_alloptions_bytes", LARGEST,                             \
      "Length of the cached options that every request loads.")                          \
    X(AUTOLOAD_BYTES, "wpbloat_autoload_bytes", LARGEST,                                 \
      "Values of all autoloaded options in the database.")                               \
    X(LARGEST_KEY, "wpbloat_redis_largest_key_bytes", LARGEST,                           \
      "Memory that Redis spends on the site's largest key.")                             \
    X(PHP_PEAK, "wpbloat_php_peak_bytes", LARGEST,                                       \
      "PHP memory at the worst moment of reading or rewriting one cache entry.")         \
    X(PHP_LIMIT, "wpbloat_php_memory_limit_bytes", NOTHING,                              \
      "PHP's memory_limit of the site.")

#define WPB_EXPORTED_FIGURE_ROW(id, name, combine, help)                                 \
    WPB_EXPORTED_ROW(id, name, GAUGE, 1, "", help)

#define WPB_EXPORTED_OF_SITE(X)                                                          \
    X(SITE_INFO, "wpbloat_site_info", GAUGE, 1, "owner, object_cache",                   \
      "Always 1: who owns the site, and which drop-in fills its cache.")                 \
    X(SITE_FINDINGS, "wpbloat_site_findings", GAUGE, 3, "severity",                      \
      "Problems found that concern the site.")

enum wpb_exported {
#define WPB_EXPORTED_ROW(id, name, type, series, label, help) WPB_X_##id,
    WPB_EXPORTED_OF_HOST(WPB_EXPORTED_ROW) WPB_EXPORTED_OF_AGENT(WPB_EXPORTED_ROW)
        WPB_EXPORTED_OF_SITE(WPB_EXPORTED_ROW)
            WPB_EXPORTED_FIGURES(WPB_EXPORTED_FIGURE_ROW)
                WPB_EXPORTED_LAST(WPB_EXPORTED_ROW)
#undef WPB_EXPORTED_ROW
                    WPB_EXPORTED_COUNT
};

enum wpb_exported_type { WPB_EXPORTED_GAUGE, WPB_EXPORTED_COUNTER };

struct wpb_exported_row {
    const char *name;
    enum wpb_exported_type type;
    size_t series; /* at most: of the host, or of each site */
    const char *label;
    const char *help;
};

/* Static. WHICH must be in range. */
const struct wpb_exported_row *wpb_exported_row(enum wpb_exported which);
/* Has it a series for each site? Else it is the host's. */
bool wpb_exported_is_of_site(enum wpb_exported which);

#endif
