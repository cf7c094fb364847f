/*
 * sink_alertmanager.h - alerts for every peer of an Alertmanager cluster.
 *
 * Peers share silences and what was notified, but not alerts: each is told each alert,
 * never through a load balancer. It counts as delivered when every peer that could be
 * reached took it, and at least one could; the others hear of it when what fires is told
 * again. Each telling holds for four times as long as `resend`, at least five minutes:
 * the alerts of an agent that is dead end by themselves. An alert whose severity changes
 * is another one there: the former is resolved in the same POST. Rules of sinks:
 * include/wpbloat/sink.h.
 */
#ifndef WPB_ALERT_SINK_ALERTMANAGER_H
#define WPB_ALERT_SINK_ALERTMANAGER_H

#include "wpbloat/sink.h"

extern const struct wpb_sink_type wpb_sink_alertmanager;

#endif
