/*
 * nagios.h - the report as a Nagios or Icinga check: one line and an exit code.
 *
 * "WPBLOAT CRITICAL - title (3 findings) | 'critical'=1;;0;0 ...". Labels of
 * performance data are ours alone, so a strange key name cannot forge one; the
 * text holds no '|' and no newline. Pure, one thread.
 */
#ifndef WPB_OUTPUT_NAGIOS_H
#define WPB_OUTPUT_NAGIOS_H

#include "agent/base/buf.h"
#include "wpbloat/report.h"

/* Append the line, with its newline, and return the exit code: 0 OK, 1 WARNING,
 * 2 CRITICAL, 3 UNKNOWN. UNKNOWN: no warning or worse was found, and a probe was
 * unavailable or nothing was measured at all. */
int wpb_output_nagios(const struct wpb_report *report, struct wpb_buf *out);

#endif
