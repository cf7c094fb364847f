/*
 * explain.h - one value taken apart, for a person and for a program.
 *
 * The JSON's contract is docs/explain.schema.json (wpbloat.explanation/1). Holds
 * names, types and sizes, never values. Pure, one thread.
 */
#ifndef WPB_OUTPUT_EXPLAIN_H
#define WPB_OUTPUT_EXPLAIN_H

#include "agent/base/buf.h"
#include "agent/output/explanation.h"
#include "agent/output/text.h"
#include "wpbloat/err.h"

/* Append EXPLANATION for a terminal; memory is OUT's sticky error. */
void wpb_output_explain_text(const struct wpb_explanation *explanation,
                             const struct wpb_text_style *style, struct wpb_buf *out);
/* Append it as one JSON document ended by a newline. -1 with WPB_E_MEMORY when OUT
 * could not grow. */
int wpb_output_explain_json(const struct wpb_explanation *explanation,
                            struct wpb_buf *out, struct wpb_err *err);

#endif
