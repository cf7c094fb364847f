/*
 * page.h - lines on a terminal: wrapped, indented, coloured, without loose ends.
 *
 * Every text given to a page is already escaped for a terminal (agent/base/text.h,
 * agent/output/prose.h): valid UTF-8, no control bytes. The page knows nothing of
 * reports. One thread; borrows the buffer it writes to.
 */
#ifndef WPB_OUTPUT_PAGE_H
#define WPB_OUTPUT_PAGE_H

#include "agent/output/text.h"

enum wpb_ink { WPB_INK_PLAIN, WPB_INK_BOLD, WPB_INK_RED, WPB_INK_YELLOW, WPB_INK_CYAN };

struct wpb_page {
    struct wpb_buf *out;
    size_t columns;
    bool color;
};

struct wpb_page wpb_page_of(const struct wpb_text_style *style, struct wpb_buf *out);

/* TEXT in INK, when the page has colour. */
void wpb_page_ink(struct wpb_page *page, enum wpb_ink ink, struct wpb_slice text);
/* End the line, without the spaces it may end in. */
void wpb_page_end_line(struct wpb_page *page);
/* One empty line; nothing at the top of the page or after another empty line. */
void wpb_page_blank(struct wpb_page *page);
/* An empty line, then TITLE on a line of its own. */
void wpb_page_heading(struct wpb_page *page, const char *title);

/* TEXT wrapped between INDENT and the right edge, or column 110. Words wider stay
 * whole. Empty text prints nothing. */
void wpb_page_paragraph(struct wpb_page *page, size_t indent, struct wpb_slice text);
/* LABEL in INK at INDENT, then TEXT wrapped from column INDENT + LABEL_COLUMNS on. A
 * label that does not fit keeps two spaces before the text. */
void wpb_page_entry(struct wpb_page *page, size_t indent, enum wpb_ink ink,
                    const char *label, size_t label_columns, struct wpb_slice text);
/* TEXT on one line, never wrapped: commands, paths, code. */
void wpb_page_verbatim(struct wpb_page *page, size_t indent, struct wpb_slice text);

/* Append TEXT in at most COLUMNS (at least 8), "..." in place of its middle. The
 * end gets more room than the beginning: keys of a site begin alike. */
void wpb_page_elide(struct wpb_buf *out, struct wpb_slice text, size_t columns);

#endif
