/*
 * layout.h - the value of a meta or an option taken apart as its bytes arrive, with what
 * is known of the builder that wrote it.
 *
 * What examine.h finds in the value, and beyond it: a layout that lies inside a string
 * of the value (JSON in JSON, base64 in serialize, percent-encoded JSON) is taken apart
 * too, and Elementor's elements are counted. Text that only looks like JSON is text.
 * Names, types and sizes leave, never values. Pure; bounded memory; one thread.
 */
#ifndef WPB_WORDPRESS_LAYOUT_H
#define WPB_WORDPRESS_LAYOUT_H

#include "probes/php/examine.h"
#include "probes/wordpress/builders.h"

#define WPB_LAYOUT_ENCODING_MAX 48
#define WPB_LAYOUT_FLAW_MAX 400

struct wpb_layout_result {
    struct wpb_examination outer; /* of the value itself */
    bool has_inner;
    struct wpb_examination inner;           /* of the layout in one of its strings */
    char encoding[WPB_LAYOUT_ENCODING_MAX]; /* "json", "json+json",
                                               "serialize+base64+json", "url+json" */
    bool has_widgets;
    uint64_t widgets; /* elements of the layout; of what was read */
    bool has_cost;
    struct wpb_php_cost cost; /* of both, when both are decoded */
    /* "" or why it is not what PHP can read: which length is wrong, where it was cut. */
    char flaw[WPB_LAYOUT_FLAW_MAX];
};

struct wpb_layout;

/* NAME: the builder's row for the key or option, or NULL. VALUE_BYTES: whole length, or
 * a guess; VERSION of PHP as in memory.h. NULL when memory is out. */
struct wpb_layout *wpb_layout_new(const struct wpb_builder_name *name,
                                  uint64_t value_bytes, uint32_t version);
void wpb_layout_free(struct wpb_layout *layout);
void wpb_layout_set_length(struct wpb_layout *layout, uint64_t value_bytes);
void wpb_layout_feed(struct wpb_layout *layout, struct wpb_slice chunk);
/* No more bytes. ROW_BYTES: LENGTH() of the column, which tells a value that was cut at
 * a column's limit. Texts are copied into ARENA. */
void wpb_layout_finish(struct wpb_layout *layout, uint64_t row_bytes,
                       struct wpb_arena *arena, struct wpb_layout_result *result);

/* Whether bytes of NAME's value are plain text, which has no inside to look at. */
bool wpb_layout_is_text(const struct wpb_builder_name *name);

#endif
