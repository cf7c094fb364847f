/*
 * prometheus_servers.h - the series of the Redis servers that the sites use, each told
 * once however many sites share it. Pure, one thread.
 */
#ifndef WPB_OUTPUT_PROMETHEUS_SERVERS_H
#define WPB_OUTPUT_PROMETHEUS_SERVERS_H

#include "agent/output/prometheus_write.h"

void wpb_exposition_servers(struct wpb_exposition *exposition,
                            const struct wpb_window *const *windows, size_t window_count);

#endif
