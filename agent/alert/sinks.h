/*
 * sinks.h - the kinds of sinks by their name.
 */
#ifndef WPB_ALERT_SINKS_H
#define WPB_ALERT_SINKS_H

#include "wpbloat/sink.h"

/* The type NAME, as in the configuration; NULL when there is none. Const, any thread. */
const struct wpb_sink_type *wpb_sink_type_find(const char *name);

#endif
