/*
 * screen.h - a page of text put over the one before it, in a window of given size.
 *
 * From the home position, line by line, each cut at the right edge and its rest wiped, so
 * that nothing flickers and nothing scrolls. The text is printable UTF-8 with colours
 * (ESC [ ... m) and newlines. Pure, one thread.
 */
#ifndef WPB_OUTPUT_SCREEN_H
#define WPB_OUTPUT_SCREEN_H

#include "agent/base/buf.h"

/* Append what draws TEXT in ROWS lines of COLUMNS. The last row holds STATUS, which says
 * before it how many lines of the text did not fit; the cursor stays behind it. */
void wpb_screen_draw(struct wpb_slice text, struct wpb_slice status, size_t columns,
                     size_t rows, struct wpb_buf *out);
/* Append what wipes the window and leaves the cursor at its top. */
void wpb_screen_wipe(struct wpb_buf *out);

#endif
