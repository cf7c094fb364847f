/*
 * json.h - the report for programs: schema wpbloat.report/1 as one document.
 *
 * docs/report.schema.json is the contract; members, order and number formats do
 * not change between equal inputs. Pure, one thread.
 */
#ifndef WPB_OUTPUT_JSON_H
#define WPB_OUTPUT_JSON_H

#include "agent/base/buf.h"
#include "wpbloat/err.h"
#include "wpbloat/report.h"

/* Append REPORT, ended by a newline. -1 with WPB_E_MEMORY when OUT could not
 * grow. */
int wpb_output_json(const struct wpb_report *report, struct wpb_buf *out,
                    struct wpb_err *err);
/* The same document on one line. */
int wpb_output_json_line(const struct wpb_report *report, struct wpb_buf *out,
                         struct wpb_err *err);

#endif
