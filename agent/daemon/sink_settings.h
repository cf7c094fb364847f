/*
 * sink_settings.h - what the configuration says of the receivers of alerts, as sinks want
 * it, with their secrets read.
 */
#ifndef WPB_DAEMON_SINK_SETTINGS_H
#define WPB_DAEMON_SINK_SETTINGS_H

#include "agent/alert/pump.h"
#include "agent/config/config.h"

/* The sinks of CONFIG, in ARENA. One whose secret cannot be read is left out, and said in
 * the log: the others must not suffer. *COUNT is how many there are, *FAILED how many
 * were left out. */
const struct wpb_pump_sink *wpb_sinks_of(const struct wpb_conf *config,
                                         struct wpb_arena *arena, size_t *count,
                                         size_t *failed);

#endif
