/*
 * series_key.h - by which key the history knows a metric of a subject.
 *
 * A site is its fingerprint, which naming it changes not; what is of a server or of this
 * machine is kept once, whoever of its sites was looked at. Pure.
 */
#ifndef WPB_DAEMON_SERIES_KEY_H
#define WPB_DAEMON_SERIES_KEY_H

#include "agent/history/store.h"
#include "wpbloat/arena.h"
#include "wpbloat/metric.h"
#include "wpbloat/site.h"

/* The key of METRIC of SUBJECT, which belongs to SITE or, with IS_SHARED, to several.
 * Copied into ARENA, so that another thread may read it. */
struct wpb_store_key wpb_series_key(const struct wpb_site *site,
                                    const struct wpb_subject *subject,
                                    enum wpb_metric metric, bool is_shared,
                                    struct wpb_arena *arena);

#endif
