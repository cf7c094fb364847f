/*
 * prometheus_pools.h - the figures of PHP-FPM's pools, in Prometheus' text format.
 *
 * Pure, one thread. Inside agent/output.
 */
#ifndef WPB_OUTPUT_PROMETHEUS_POOLS_H
#define WPB_OUTPUT_PROMETHEUS_POOLS_H

#include "agent/output/prometheus_write.h"
#include "wpbloat/report_requests.h"

/* Of the first WPB_PROMETHEUS_POOLS_MAX pools, in the order of their sites. */
void wpb_exposition_pools(struct wpb_exposition *exposition,
                          const struct wpb_requests_report *requests);

#endif
