/*
 * prometheus_sites.h - the series of each site.
 *
 * The first WPB_PROMETHEUS_SITES_MAX sites by name have their own; the others, and two
 * whose labels are the same, are combined. Pure, one thread.
 */
#ifndef WPB_OUTPUT_PROMETHEUS_SITES_H
#define WPB_OUTPUT_PROMETHEUS_SITES_H

#include "agent/output/prometheus_write.h"

void wpb_exposition_sites(struct wpb_exposition *exposition,
                          const struct wpb_report *report,
                          const struct wpb_window *const *windows, size_t window_count);

#endif
