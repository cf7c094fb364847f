/*
 * prose.h - sentences that hold strangers' names, made safe and masked.
 *
 * Titles and summaries quote keys and options, which can identify people and can
 * be long; a sentence as a whole must not be cut as a name is. So each word of
 * it is masked and cut by itself. Pure, any thread.
 */
#ifndef WPB_OUTPUT_PROSE_H
#define WPB_OUTPUT_PROSE_H

#include "agent/base/buf.h"
#include "wpbloat/slice.h"

/* For a terminal: one line, printable. */
void wpb_prose_terminal(struct wpb_buf *out, struct wpb_slice text);
/* A JSON string with its quotes. */
void wpb_prose_json(struct wpb_buf *out, struct wpb_slice text);

#endif
