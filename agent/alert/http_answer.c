#include "agent/alert/http_answer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/text.h"

/* Shorter pieces of a URL are no secrets, and stand in any sentence. */
#define PIECE_MIN 4

enum wpb_delivery_status wpb_http_answer_means(const struct wpb_http_answer *answer)
{
    long status = answer->status;

    if (status >= 200 && status < 300)
        return WPB_DELIVERED;
    if (status >= 400 && status < 500 && status != 408 && status != 425 && status != 429)
        return WPB_DELIVERY_REJECTED;
    return WPB_DELIVERY_FAILED;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decoded, in place; the length that is left. */
static size_t decode_percent(char *text, size_t len)
{
    size_t end = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%' && i + 2 < len && hex_digit(text[i + 1]) >= 0 &&
            hex_digit(text[i + 2]) >= 0) {
            text[end++] = (char)(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
            i += 2;
        } else {
            text[end++] = text[i];
        }
    }
    return end;
}

static bool contains(struct wpb_slice text, struct wpb_slice piece)
{
    for (size_t i = 0; i + piece.len <= text.len; i++) {
        if (strncasecmp(text.data + i, piece.data, piece.len) == 0)
            return true;
    }
    return false;
}

/* Does BODY hold one of the pieces of PART, which stand between SEPARATORS? */
static bool repeats_a_piece(struct wpb_slice body, struct wpb_slice part,
                            const char *separators)
{
    char piece[256];

    while (part.len) {
        size_t len = 0, copied;
        while (len < part.len && !strchr(separators, part.data[len]))
            len++;
        copied = len < sizeof(piece) ? len : sizeof(piece);
        memcpy(piece, part.data, copied);
        if (copied >= PIECE_MIN && contains(body, wpb_slice_of(piece, copied)))
            return true;
        copied = decode_percent(piece, copied);
        if (copied >= PIECE_MIN && contains(body, wpb_slice_of(piece, copied)))
            return true;
        part = wpb_slice_skip(part, len + 1);
    }
    return false;
}

/* Only the host of a URL may be shown: not the user and password before it, nor the path
 * and query behind it. */
static bool repeats_url(struct wpb_slice body, const char *url)
{
    const char *host = strstr(url, "://"), *path, *at;

    host = host ? host + 3 : url;
    path = host + strcspn(host, "/?#");
    at = memchr(host, '@', (size_t)(path - host));
    return (at && repeats_a_piece(body, wpb_slice_of(host, (size_t)(at - host)), ":")) ||
           repeats_a_piece(body, wpb_slice_cstr(path), "/?&=#;:");
}

/* The answer's text as one line: runs of white space are one space. */
static void add_excerpt(struct wpb_buf *out, struct wpb_slice body)
{
    bool is_space = true;

    for (size_t i = 0; i < body.len; i++) {
        unsigned char byte = (unsigned char)body.data[i];
        bool was_space = is_space;
        is_space = isspace(byte) != 0;
        if (!is_space)
            wpb_buf_char(out, (char)byte);
        else if (!was_space)
            wpb_buf_char(out, ' ');
    }
}

static void set_detail(struct wpb_http_answer *answer, struct wpb_slice raw)
{
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    wpb_text_terminal(&text, raw);
    snprintf(answer->detail, sizeof(answer->detail), "%s", text.data);
    wpb_buf_fini(&text);
}

void wpb_http_answer_describe(struct wpb_http_answer *answer, const char *receiver,
                              const char *url, struct wpb_slice body)
{
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    wpb_buf_printf(&text, "%s answered %ld", receiver, answer->status);
    if (answer->retry_after_ms >= 0)
        wpb_buf_printf(&text, ", to be tried again in %lld s",
                       (long long)answer->retry_after_ms / 1000);
    if (answer->status >= 300 && answer->status < 400)
        wpb_buf_text(&text,
                     ": redirects are not followed, the URL must be the final one");
    else if (wpb_http_answer_means(answer) != WPB_DELIVERED && body.len &&
             !repeats_url(body, url)) {
        wpb_buf_text(&text, ": ");
        add_excerpt(&text, body);
    }
    set_detail(answer, wpb_buf_view(&text));
    wpb_buf_fini(&text);
}

void wpb_http_answer_fail(struct wpb_http_answer *answer, const char *receiver,
                          const char *why)
{
    struct wpb_buf text;

    answer->status = 0;
    answer->retry_after_ms = -1;
    wpb_buf_init(&text, 0);
    wpb_buf_printf(&text, "%s: %s", receiver, why);
    set_detail(answer, wpb_buf_view(&text));
    wpb_buf_fini(&text);
}
