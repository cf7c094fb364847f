/*
 * sink_syslog.h - alerts as entries of the host's log.
 *
 * Where journald runs, by its native protocol: the sentence, and fields to search by
 * (WPBLOAT_CODE, WPBLOAT_SITE, ..., WPBLOAT_ALERT with the whole line of JSON). Elsewhere
 * one datagram to /dev/log with the sentence, in the form that the C library writes
 * (daemons take RFC 5424 from the network, and misread it here). Delivered means that the
 * daemon has been handed it. Rules of sinks: include/wpbloat/sink.h.
 */
#ifndef WPB_ALERT_SINK_SYSLOG_H
#define WPB_ALERT_SINK_SYSLOG_H

#include "wpbloat/sink.h"

/* A `path` in its settings is where both sockets are looked for, in the place of the root
 * folder. */
extern const struct wpb_sink_type wpb_sink_syslog;

#endif
