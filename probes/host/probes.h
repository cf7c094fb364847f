/*
 * probes.h - the probes of this room, for probes/registry.c.
 */
#ifndef WPB_HOST_PROBES_H
#define WPB_HOST_PROBES_H

#include "wpbloat/probe.h"

extern const struct wpb_probe wpb_probe_host_memory;
extern const struct wpb_probe wpb_probe_host_cpu;

#endif
