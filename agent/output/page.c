#include "agent/output/page.h"

#include "agent/base/text.h"

#define COLUMNS_DEFAULT 80
#define COLUMNS_MIN 40
/* Longer lines of prose lose the eye; tables and commands may use them. */
#define PROSE_COLUMNS_MAX 110

static const char *const ink_codes[] = {
    [WPB_INK_PLAIN] = "",          [WPB_INK_BOLD] = "\x1b[1m",
    [WPB_INK_RED] = "\x1b[1;31m",  [WPB_INK_YELLOW] = "\x1b[1;33m",
    [WPB_INK_CYAN] = "\x1b[1;36m",
};

struct wpb_page wpb_page_of(const struct wpb_text_style *style, struct wpb_buf *out)
{
    size_t columns = style->columns ? style->columns : COLUMNS_DEFAULT;
    return (struct wpb_page){
        .out = out,
        .columns = columns < COLUMNS_MIN ? COLUMNS_MIN : columns,
        .color = style->color,
    };
}

void wpb_page_ink(struct wpb_page *page, enum wpb_ink ink, struct wpb_slice text)
{
    bool colored = page->color && ink != WPB_INK_PLAIN;
    if (colored)
        wpb_buf_text(page->out, ink_codes[ink]);
    wpb_buf_slice(page->out, text);
    if (colored)
        wpb_buf_text(page->out, "\x1b[0m");
}

void wpb_page_end_line(struct wpb_page *page)
{
    struct wpb_buf *out = page->out;
    while (!wpb_buf_failed(out) && out->len > 0 && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
    wpb_buf_char(out, '\n');
}

void wpb_page_blank(struct wpb_page *page)
{
    const struct wpb_buf *out = page->out;
    if (out->len == 0)
        return;
    if (out->len >= 2 && out->data[out->len - 1] == '\n' &&
        out->data[out->len - 2] == '\n')
        return;
    wpb_buf_char(page->out, '\n');
}

void wpb_page_heading(struct wpb_page *page, const char *title)
{
    wpb_page_blank(page);
    wpb_page_ink(page, WPB_INK_BOLD, wpb_slice_cstr(title));
    wpb_page_end_line(page);
}

/* The next word of *REST, without the spaces around it; empty at the end. */
static struct wpb_slice next_word(struct wpb_slice *rest)
{
    while (rest->len > 0 && rest->data[0] == ' ')
        *rest = wpb_slice_skip(*rest, 1);
    size_t len = 0;
    while (len < rest->len && rest->data[len] != ' ')
        len++;
    struct wpb_slice word = wpb_slice_head(*rest, len);
    *rest = wpb_slice_skip(*rest, len);
    return word;
}

/* Wrap TEXT on a line whose first COLUMN columns are there already; the next lines
 * begin at INDENT. */
static void wrap(struct wpb_page *page, size_t column, size_t indent,
                 struct wpb_slice text)
{
    size_t edge = page->columns < PROSE_COLUMNS_MAX ? page->columns : PROSE_COLUMNS_MAX;
    bool at_start = true;
    for (;;) {
        struct wpb_slice word = next_word(&text);
        if (word.len == 0)
            break;
        size_t width = wpb_text_columns(word);
        if (!at_start && column + 1 + width > edge) {
            wpb_page_end_line(page);
            wpb_buf_repeat(page->out, ' ', indent);
            column = indent;
            at_start = true;
        }
        if (!at_start) {
            wpb_buf_char(page->out, ' ');
            column++;
        }
        wpb_buf_slice(page->out, word);
        column += width;
        at_start = false;
    }
    wpb_page_end_line(page);
}

void wpb_page_paragraph(struct wpb_page *page, size_t indent, struct wpb_slice text)
{
    if (text.len == 0)
        return;
    wpb_buf_repeat(page->out, ' ', indent);
    wrap(page, indent, indent, text);
}

void wpb_page_entry(struct wpb_page *page, size_t indent, enum wpb_ink ink,
                    const char *label, size_t label_columns, struct wpb_slice text)
{
    struct wpb_slice shown = wpb_slice_cstr(label);
    size_t width = wpb_text_columns(shown);
    size_t padding = width < label_columns ? label_columns - width : 2;
    wpb_buf_repeat(page->out, ' ', indent);
    wpb_page_ink(page, ink, shown);
    wpb_buf_repeat(page->out, ' ', padding);
    wrap(page, indent + width + padding, indent + label_columns, text);
}

void wpb_page_verbatim(struct wpb_page *page, size_t indent, struct wpb_slice text)
{
    wpb_buf_repeat(page->out, ' ', indent);
    wpb_buf_slice(page->out, text);
    wpb_page_end_line(page);
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* Bytes of the longest head of TEXT that fits COLUMNS. */
static size_t head_bytes(struct wpb_slice text, size_t columns)
{
    size_t used = 0, at = 0;
    while (at < text.len) {
        size_t end = at + 1;
        while (end < text.len && is_continuation(text.data[end]))
            end++;
        used += wpb_text_columns(wpb_slice_of(text.data + at, end - at));
        if (used > columns)
            break;
        at = end;
    }
    return at;
}

/* Where the longest tail of TEXT that fits COLUMNS begins. */
static size_t tail_start(struct wpb_slice text, size_t columns)
{
    size_t used = 0, at = text.len;
    while (at > 0) {
        size_t begin = at - 1;
        while (begin > 0 && is_continuation(text.data[begin]))
            begin--;
        used += wpb_text_columns(wpb_slice_of(text.data + begin, at - begin));
        if (used > columns)
            break;
        at = begin;
    }
    return at;
}

void wpb_page_elide(struct wpb_buf *out, struct wpb_slice text, size_t columns)
{
    if (wpb_text_columns(text) <= columns) {
        wpb_buf_slice(out, text);
        return;
    }
    size_t room = columns < 8 ? 5 : columns - 3;
    size_t head = room * 2 / 5;
    wpb_buf_slice(out, wpb_slice_head(text, head_bytes(text, head)));
    wpb_buf_text(out, "...");
    wpb_buf_slice(out, wpb_slice_skip(text, tail_start(text, room - head)));
}
