/*
 * prometheus_pools.h - the pool of PHP-FPM that is nearest to breaking: its rate, and the
 * rate at which it breaks.
 *
 * One pool, since series of a host are few and their number may not grow with what it
 * holds; all pools are in the report. Pure, one thread. Inside agent/output.
 */
#ifndef WPB_OUTPUT_PROMETHEUS_POOLS_H
#define WPB_OUTPUT_PROMETHEUS_POOLS_H

#include "agent/output/prometheus_write.h"
#include "wpbloat/report_requests.h"

/* Nothing where no pool's rate is known. */
void wpb_exposition_pools(struct wpb_exposition *exposition,
                          const struct wpb_requests_report *requests);

#endif
