/*
 * terminal.h - where a report goes, and what that place can show.
 */
#ifndef WPB_COMMAND_TERMINAL_H
#define WPB_COMMAND_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/output/text.h"
#include "wpbloat/err.h"
#include "wpbloat/slice.h"

/* Colour and width of stdout when TO_STDOUT and it is a terminal (NO_COLOR and
 * TERM=dumb are honoured); plain and 80 columns otherwise. */
struct wpb_text_style wpb_terminal_style(bool to_stdout);

/* Write all of BYTES to the file PATH, or to stdout when it is NULL, and make sure
 * they arrived. -1 names the file and what came back. */
int wpb_terminal_write(const char *path, struct wpb_slice bytes, struct wpb_err *err);

/* The file PATH holds all of BYTES or, when that fails, what it held before: a reader
 * never sees a part. What is no regular file (a pipe, a terminal) is written to. */
int wpb_terminal_replace(const char *path, struct wpb_slice bytes, struct wpb_err *err);

/* Can stdout be drawn over? It is a terminal, and not a dumb one. */
bool wpb_terminal_can_redraw(void);
/* The size of stdout's window; 80 by 24 where it is not known. */
void wpb_terminal_size(size_t *columns, size_t *rows);

#endif
