#include "agent/output/screen.h"

#include "agent/base/text.h"

#define HOME "\x1b[H"
#define WIPE_LINE "\x1b[K"
#define WIPE_BELOW "\x1b[J"
#define PLAIN "\x1b[0m"
/* For the ^C that the terminal shows; a full last row would scroll. */
#define ECHO_COLUMNS 3

/* Bytes of the colour that TEXT begins with; 0 when it does not. */
static size_t colour_at(struct wpb_slice text)
{
    size_t len = 2;

    if (text.len < 3 || text.data[0] != '\x1b' || text.data[1] != '[')
        return 0;
    while (len < text.len && text.data[len] != 'm')
        len++;
    return len < text.len ? len + 1 : 0;
}

static size_t character_at(struct wpb_slice text)
{
    size_t len = 1;

    while (len < text.len && ((unsigned char)text.data[len] & 0xc0) == 0x80)
        len++;
    return len;
}

/* LINE in at most COLUMNS; colours pass, so that one that was begun also ends. */
static void add_line(struct wpb_buf *out, struct wpb_slice line, size_t columns)
{
    size_t used = 0;
    bool is_full = false, is_coloured = false;

    while (line.len) {
        size_t colour = colour_at(line);
        size_t len = colour ? colour : character_at(line);
        struct wpb_slice piece = wpb_slice_head(line, len);

        if (!colour) {
            size_t width = wpb_text_columns(piece);
            is_full |= used + width > columns;
            used += is_full ? 0 : width;
        }
        if (colour || !is_full)
            wpb_buf_slice(out, piece);
        if (colour)
            is_coloured = !wpb_slice_is(piece, PLAIN);
        line = wpb_slice_skip(line, len);
    }
    if (is_coloured)
        wpb_buf_text(out, PLAIN);
}

static struct wpb_slice take_line(struct wpb_slice *rest)
{
    const char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->data) : rest->len;
    struct wpb_slice line = wpb_slice_head(*rest, len);

    *rest = wpb_slice_skip(*rest, end ? len + 1 : len);
    return line;
}

void wpb_screen_draw(struct wpb_slice text, struct wpb_slice status, size_t columns,
                     size_t rows, struct wpb_buf *out)
{
    struct wpb_buf last;
    size_t hidden = 0;

    wpb_buf_text(out, HOME);
    for (size_t row = 1; row < rows && text.len; row++) {
        add_line(out, take_line(&text), columns);
        wpb_buf_text(out, WIPE_LINE "\n");
    }
    for (; text.len; hidden++)
        take_line(&text);
    wpb_buf_text(out, WIPE_BELOW);
    wpb_buf_init(&last, 0);
    if (hidden)
        wpb_buf_printf(&last, "%zu more lines. ", hidden);
    wpb_buf_slice(&last, status);
    add_line(out, wpb_buf_view(&last),
             columns > ECHO_COLUMNS ? columns - ECHO_COLUMNS : 0);
    wpb_buf_fini(&last);
}

void wpb_screen_wipe(struct wpb_buf *out)
{
    wpb_buf_text(out, HOME WIPE_BELOW);
}
