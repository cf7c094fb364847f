/*
 * demo_page.h - a page made with Elementor that has grown heavy: the values of its post
 * meta, and the cache entry that carries all of them.
 *
 * The bytes are always the same. One thread.
 */
#ifndef WPB_COMMAND_DEMO_PAGE_H
#define WPB_COMMAND_DEMO_PAGE_H

#include "agent/base/buf.h"

#define WPB_DEMO_PAGE_LAYOUT_BYTES 1800000
#define WPB_DEMO_PAGE_CSS_BYTES 2400000

/* Append the layout, JSON of exactly that many bytes. */
void wpb_demo_page_layout(struct wpb_buf *out);
/* Append the compiled CSS as Elementor keeps it when it prints it into the page: an
 * array in PHP's serialize. */
void wpb_demo_page_css(struct wpb_buf *out);
/* Append the entry: an array of all meta, each value in a list of its own. */
void wpb_demo_page_entry(struct wpb_slice layout, struct wpb_slice css,
                         struct wpb_buf *out);

#endif
