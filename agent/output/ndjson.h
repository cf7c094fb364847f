/*
 * ndjson.h - findings for log shippers: one finding a line, each by itself.
 *
 * Schema wpbloat.finding/1 (docs/report.schema.json, "finding_line"): the members
 * of a finding in a report, with schema, generated_at and host before them. No
 * finding, no line. Pure, one thread.
 */
#ifndef WPB_OUTPUT_NDJSON_H
#define WPB_OUTPUT_NDJSON_H

#include "agent/base/buf.h"
#include "wpbloat/err.h"
#include "wpbloat/report.h"

/* Append the findings of REPORT. -1 with WPB_E_MEMORY when OUT could not grow. */
int wpb_output_ndjson(const struct wpb_report *report, struct wpb_buf *out,
                      struct wpb_err *err);

#endif
