/*
 * known_sinks.h - the sinks of an earlier life of the agent, by name.
 *
 * Kept in the history as a fact, so that a sink that is new after a restart is told what
 * fires, and the others are not told again. Loop's thread.
 */
#ifndef WPB_DAEMON_KNOWN_SINKS_H
#define WPB_DAEMON_KNOWN_SINKS_H

#include "agent/alert/pump.h"
#include "agent/daemon/ledger.h"

#define WPB_KNOWN_SINKS_FACT "sinks"

/* Those that PUMP has now are known from now on. */
void wpb_known_sinks_note(struct wpb_ledger *ledger, const struct wpb_pump *pump);
/* Tell what fires to those that are not in KNOWN, the fact as the earlier life left it;
 * empty: there was none. */
void wpb_known_sinks_welcome(struct wpb_slice known, struct wpb_pump *pump);

#endif
