/*
 * kept_settings.h - a copy of what a [sink NAME] says, and whether another says the same.
 *
 * A configuration that is read again dies with its texts; the sinks that it made live on.
 * One thread.
 */
#ifndef WPB_ALERT_KEPT_SETTINGS_H
#define WPB_ALERT_KEPT_SETTINGS_H

#include "wpbloat/sink.h"

/* A copy with all its texts, in one piece of memory; NULL when that is out. */
struct wpb_sink_settings *wpb_kept_settings_new(const struct wpb_sink_settings *settings);
/* Wipes it: there may be a secret in it. NULL is a no-op. */
void wpb_kept_settings_free(struct wpb_sink_settings *settings);

bool wpb_kept_settings_equal(const struct wpb_sink_settings *a,
                             const struct wpb_sink_settings *b);

#endif
