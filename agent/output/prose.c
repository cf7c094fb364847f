#include "agent/output/prose.h"

#include "agent/base/text.h"

static void mask_words(struct wpb_buf *out, struct wpb_slice text)
{
    while (text.len > 0) {
        const char *space = memchr(text.data, ' ', text.len);
        size_t len = space ? (size_t)(space - text.data) : text.len;
        wpb_text_mask(out, wpb_slice_head(text, len));
        if (space)
            wpb_buf_char(out, ' ');
        text = wpb_slice_skip(text, space ? len + 1 : len);
    }
}

void wpb_prose_terminal(struct wpb_buf *out, struct wpb_slice text)
{
    struct wpb_buf masked;
    wpb_buf_init(&masked, 0);
    mask_words(&masked, text);
    wpb_text_terminal(out, wpb_buf_view(&masked));
    wpb_buf_fini(&masked);
}

void wpb_prose_json(struct wpb_buf *out, struct wpb_slice text)
{
    struct wpb_buf masked;
    wpb_buf_init(&masked, 0);
    mask_words(&masked, text);
    wpb_text_json(out, wpb_buf_view(&masked));
    wpb_buf_fini(&masked);
}
