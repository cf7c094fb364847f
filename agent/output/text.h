/*
 * text.h - the report as a person reads it in a terminal.
 *
 * Verdict first: what is wrong, what fails first and at which size, who causes
 * it, what to type. Then the findings, tables, what could not be seen, and what
 * the look itself cost. In a watch, what has grown stands before it all. Pure: no clock,
 * no environment, no terminal is asked.
 */
#ifndef WPB_OUTPUT_TEXT_H
#define WPB_OUTPUT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/buf.h"
#include "wpbloat/report.h"

struct wpb_text_style {
    bool color;     /* the caller has looked at the terminal and at NO_COLOR */
    size_t columns; /* 0: 80; less than 40 counts as 40 */
};

/* Append REPORT to OUT. Commands of remedies stay on one line each, however
 * long; no line ends in a space. Failure of memory is OUT's sticky error. */
void wpb_output_text(const struct wpb_report *report, const struct wpb_text_style *style,
                     struct wpb_buf *out);

#endif
