/*
 * agent_alerts.h - does the agent of this host say that something is wrong already?
 *
 * Asks its /healthz. Blocking, two seconds at most; any thread.
 */
#ifndef WPB_LOAD_AGENT_ALERTS_H
#define WPB_LOAD_AGENT_ALERTS_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

/* Where it listens. */
struct wpb_load_agent {
    const char *host; /* without brackets; "" with a path */
    uint16_t port;
    const char *path; /* of a unix socket; "" */
};

/* How many alerts fire. False when no agent answers there. */
bool wpb_load_agent_alerts(const struct wpb_load_agent *agent, uint64_t *firing);

/* The same of what /healthz answered. Pure. */
bool wpb_load_agent_alerts_of(struct wpb_slice answer, uint64_t *firing);

#endif
