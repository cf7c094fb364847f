/*
 * sink_file.h - alerts as lines of JSON, in a file or on standard output.
 *
 * Delivered means on the disk; on standard output, taken by whoever reads it. The writing
 * is done on libuv's pool. Rules of sinks: include/wpbloat/sink.h.
 */
#ifndef WPB_ALERT_SINK_FILE_H
#define WPB_ALERT_SINK_FILE_H

#include "wpbloat/sink.h"

extern const struct wpb_sink_type wpb_sink_file, wpb_sink_stdout;

#endif
