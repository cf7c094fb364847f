/*
 * probes.h - the probes of this room, for probes/registry.c.
 */
#ifndef WPB_REQUESTS_PROBES_H
#define WPB_REQUESTS_PROBES_H

#include "wpbloat/probe.h"

extern const struct wpb_probe wpb_probe_requests_log;
extern const struct wpb_probe wpb_probe_requests_slow;
extern const struct wpb_probe wpb_probe_requests_errors;
extern const struct wpb_probe wpb_probe_requests_pool; /* its workers and its queue */

#endif
