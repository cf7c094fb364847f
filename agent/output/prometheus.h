/*
 * prometheus.h - the report's numbers in Prometheus' text format, for /metrics and for
 * node_exporter's textfile collector.
 *
 * What is exported is one table (agent/output/prometheus_table.h). Names of keys,
 * options, plugins and pages never become labels, and the number of series has a bound
 * whatever the host holds: detail is in the report and in alerts. A number that is not
 * known has no series. Pure, one thread.
 */
#ifndef WPB_OUTPUT_PROMETHEUS_H
#define WPB_OUTPUT_PROMETHEUS_H

#include "agent/base/buf.h"
#include "agent/output/agent_numbers.h"
#include "wpbloat/report.h"
#include "wpbloat/window.h"

/* Series of a host, and of each site. */
#define WPB_PROMETHEUS_HOST_SERIES_MAX 60
#define WPB_PROMETHEUS_SITE_SERIES_MAX 12
/* Sites with series of their own, the first by name; what others add up to, or the
 * largest of them, is told as site="other". */
#define WPB_PROMETHEUS_SITES_MAX 20
/* Redis servers, likewise: the third is "other" when there are more. */
#define WPB_PROMETHEUS_SERVERS_MAX 3

/* Append REPORT, with the WINDOW_COUNT windows of its sites, and AGENT's own numbers
 * (NULL in a scan) to OUT. */
void wpb_output_prometheus(const struct wpb_report *report,
                           const struct wpb_window *const *windows, size_t window_count,
                           const struct wpb_agent_numbers *agent, struct wpb_buf *out);

#endif
