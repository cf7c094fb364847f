#include "agent/base/text.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

/* The code point at BYTES and its length, or length 0 when the bytes are not
 * well-formed UTF-8 (RFC 3629). */
static size_t decode(struct wpb_slice bytes, uint32_t *code)
{
    const unsigned char *b = (const unsigned char *)bytes.data;
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len;

    if (bytes.len == 0)
        return 0;
    if (b[0] < 0x80) {
        *code = b[0];
        return 1;
    }
    if (b[0] >= 0xc2 && b[0] <= 0xdf)
        len = 2;
    else if ((b[0] & 0xf0) == 0xe0)
        len = 3;
    else if (b[0] >= 0xf0 && b[0] <= 0xf4)
        len = 4;
    else
        return 0;
    if (bytes.len < len)
        return 0;
    *code = b[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (b[i] & 0x3fu);
    }
    if (*code < lowest[len] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return len;
}

bool wpb_text_is_utf8(struct wpb_slice bytes)
{
    uint32_t code;

    while (bytes.len) {
        size_t len = decode(bytes, &code);
        if (!len)
            return false;
        bytes = wpb_slice_skip(bytes, len);
    }
    return true;
}

/* Code points that print nothing, change direction or could pass for another:
 * C0, C1, soft hyphen, zero-width, bidirectional and tag controls, line and
 * paragraph separators, byte order mark, interlinear annotations. */
static bool is_unprintable(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0xad ||
           code == 0x61c || code == 0x180e || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
           code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
           (code >= 0xe0000 && code <= 0xe007f);
}

static void add_hex(struct wpb_buf *out, const char *before, const char *bytes,
                    size_t len)
{
    for (size_t i = 0; i < len; i++)
        wpb_buf_printf(out, "%sx%02x", before, (unsigned char)bytes[i]);
}

void wpb_text_terminal(struct wpb_buf *out, struct wpb_slice bytes)
{
    while (bytes.len) {
        uint32_t code;
        size_t len = decode(bytes, &code);

        if (len && !is_unprintable(code))
            wpb_buf_add(out, bytes.data, len);
        else
            add_hex(out, "\\", bytes.data, len ? len : 1);
        bytes = wpb_slice_skip(bytes, len ? len : 1);
    }
}

void wpb_text_log(struct wpb_buf *out, struct wpb_slice bytes)
{
    wpb_text_terminal(out, bytes);
}

static void json_body(struct wpb_buf *out, struct wpb_slice bytes)
{
    while (bytes.len) {
        uint32_t code;
        size_t len = decode(bytes, &code);

        if (!len)
            add_hex(out, "\\\\", bytes.data, 1);
        else if (code == '"' || code == '\\')
            wpb_buf_printf(out, "\\%c", (char)code);
        else if (code == '\n')
            wpb_buf_text(out, "\\n");
        else if (code == '<' || code == '>' || code == '&' || is_unprintable(code)) {
            /* Also safe inside a <script> or an HTML comment. */
            if (code > 0xffff)
                wpb_buf_printf(out, "\\u%04x\\u%04x",
                               (unsigned)(0xd800 + ((code - 0x10000) >> 10)),
                               (unsigned)(0xdc00 + ((code - 0x10000) & 0x3ff)));
            else
                wpb_buf_printf(out, "\\u%04x", (unsigned)code);
        } else
            wpb_buf_add(out, bytes.data, len);
        bytes = wpb_slice_skip(bytes, len ? len : 1);
    }
}

void wpb_text_json(struct wpb_buf *out, struct wpb_slice bytes)
{
    wpb_buf_char(out, '"');
    json_body(out, bytes);
    wpb_buf_char(out, '"');
}

static bool is_email_byte(char byte, bool in_host)
{
    unsigned char b = (unsigned char)byte;

    if ((b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') ||
        b >= 0x80)
        return true;
    return b == '.' || b == '-' || (!in_host && (b == '_' || b == '+' || b == '%'));
}

/* Where the email address around the '@' at AT begins and ends; false when there
 * is no local part or no host. */
static bool email_around(struct wpb_slice name, size_t at, size_t *begin, size_t *end)
{
    *begin = at;
    while (*begin > 0 && is_email_byte(name.data[*begin - 1], false))
        --*begin;
    *end = at + 1;
    while (*end < name.len && is_email_byte(name.data[*end], true))
        ++*end;
    return *begin<at && * end> at + 1;
}

/* The first character of BYTES whole, so that a mask never splits UTF-8. */
static void add_first(struct wpb_buf *out, struct wpb_slice bytes)
{
    uint32_t code;
    size_t len = decode(bytes, &code);

    wpb_buf_add(out, bytes.data, len ? len : 1);
}

static void mask_emails(struct wpb_buf *out, struct wpb_slice name)
{
    size_t from = 0, begin, end;

    for (size_t at = 0; at < name.len; at++) {
        if (name.data[at] != '@' || !email_around(name, at, &begin, &end))
            continue;
        if (begin < from)
            begin = from;
        wpb_buf_add(out, name.data + from, begin - from);
        if (begin < at)
            add_first(out, wpb_slice_of(name.data + begin, at - begin));
        wpb_buf_text(out, "***@***");
        from = end;
        at = end - 1;
    }
    wpb_buf_add(out, name.data + from, name.len - from);
}

void wpb_text_mask(struct wpb_buf *out, struct wpb_slice name)
{
    struct wpb_buf masked;
    struct wpb_slice view;

    wpb_buf_init(&masked, 0);
    mask_emails(&masked, name);
    view = wpb_buf_view(&masked);
    if (view.len <= WPB_TEXT_NAME_MAX) {
        wpb_buf_slice(out, view);
    } else {
        size_t keep = WPB_TEXT_NAME_MAX - 12;
        /* Not in the middle of a UTF-8 sequence. */
        for (size_t back = 0; back < 4 && keep > 0; back++) {
            if (((unsigned char)view.data[keep] & 0xc0) != 0x80)
                break;
            keep--;
        }
        wpb_buf_add(out, view.data, keep);
        wpb_buf_printf(out, "...#%08x", (unsigned)(wpb_slice_hash(name) & 0xffffffffu));
    }
    wpb_buf_fini(&masked);
}

void wpb_text_terminal_name(struct wpb_buf *out, struct wpb_slice name)
{
    struct wpb_buf masked;

    wpb_buf_init(&masked, 0);
    wpb_text_mask(&masked, name);
    wpb_text_terminal(out, wpb_buf_view(&masked));
    wpb_buf_fini(&masked);
}

void wpb_text_json_name(struct wpb_buf *out, struct wpb_slice name)
{
    struct wpb_buf masked;

    wpb_buf_init(&masked, 0);
    wpb_text_mask(&masked, name);
    wpb_text_json(out, wpb_buf_view(&masked));
    wpb_buf_fini(&masked);
}

void wpb_text_label(struct wpb_buf *out, struct wpb_slice name)
{
    struct wpb_buf masked;
    struct wpb_slice bytes;

    wpb_buf_init(&masked, 0);
    wpb_text_mask(&masked, name);
    bytes = wpb_buf_view(&masked);
    while (bytes.len) {
        uint32_t code;
        size_t len = decode(bytes, &code);

        if (len && (code == '"' || code == '\\'))
            wpb_buf_printf(out, "\\%c", (char)code);
        else if (len && code == '\n')
            wpb_buf_text(out, "\\n");
        else if (len && !is_unprintable(code))
            wpb_buf_add(out, bytes.data, len);
        else
            add_hex(out, "\\\\", bytes.data, len ? len : 1);
        bytes = wpb_slice_skip(bytes, len ? len : 1);
    }
    wpb_buf_fini(&masked);
}

static bool is_plain_shell(struct wpb_slice word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789_-./:=,+@%";

    if (word.len == 0 || word.data[0] == '-' || word.data[0] == '=')
        return false;
    for (size_t i = 0; i < word.len; i++) {
        if (!word.data[i] || !strchr(plain, word.data[i]))
            return false;
    }
    return true;
}

static bool is_printable(struct wpb_slice bytes)
{
    while (bytes.len) {
        uint32_t code;
        size_t len = decode(bytes, &code);
        if (!len || is_unprintable(code))
            return false;
        bytes = wpb_slice_skip(bytes, len);
    }
    return true;
}

void wpb_text_shell(struct wpb_buf *out, struct wpb_slice word)
{
    if (is_plain_shell(word)) {
        wpb_buf_slice(out, word);
        return;
    }
    if (is_printable(word)) {
        wpb_buf_char(out, '\'');
        for (size_t i = 0; i < word.len; i++) {
            if (word.data[i] == '\'')
                wpb_buf_text(out, "'\\''");
            else
                wpb_buf_char(out, word.data[i]);
        }
        wpb_buf_char(out, '\'');
        return;
    }
    /* Octal, always three digits: \xNN would swallow a hex digit that follows. */
    wpb_buf_text(out, "$'");
    for (size_t i = 0; i < word.len; i++) {
        unsigned char byte = (unsigned char)word.data[i];
        if (byte < 0x20 || byte >= 0x7f || byte == '\'' || byte == '\\')
            wpb_buf_printf(out, "\\%03o", byte);
        else
            wpb_buf_char(out, (char)byte);
    }
    wpb_buf_char(out, '\'');
}

void wpb_text_bytes(struct wpb_buf *out, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    size_t unit = 0;

    /* 1023.5 would print as 1024. */
    while (value >= (unit ? 999.5 : 1000) && unit < 6) {
        value /= 1024;
        unit++;
    }
    if (unit == 0)
        wpb_buf_printf(out, "%" PRIu64 " B", bytes);
    else
        wpb_buf_printf(out, "%.*f %s", value < 99.95 ? 1 : 0, value, units[unit]);
}

void wpb_text_count(struct wpb_buf *out, uint64_t count)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, count);

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            wpb_buf_char(out, ',');
        wpb_buf_char(out, digits[i]);
    }
}

void wpb_text_ttl(struct wpb_buf *out, int64_t seconds)
{
    if (seconds < 0)
        wpb_buf_text(out, "never expires");
    else if (seconds < 120)
        wpb_buf_printf(out, "%" PRId64 " s", seconds);
    else if (seconds < 7200)
        wpb_buf_printf(out, "%" PRId64 " min", seconds / 60);
    else if (seconds < 172800)
        wpb_buf_printf(out, "%" PRId64 " h", seconds / 3600);
    else
        wpb_buf_printf(out, "%" PRId64 " days", seconds / 86400);
}

/* East Asian wide and emoji ranges of Unicode 15, coarsely: good enough to keep
 * table columns straight. */
static bool is_wide(uint32_t code)
{
    return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
           (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
           (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
           (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) ||
           (code >= 0x20000 && code <= 0x3fffd);
}

size_t wpb_text_columns(struct wpb_slice bytes)
{
    size_t columns = 0;

    while (bytes.len) {
        uint32_t code = 0;
        size_t len = decode(bytes, &code);
        bool is_combining = code >= 0x300 && code <= 0x36f;
        if (!is_combining)
            columns += len && is_wide(code) ? 2 : 1;
        bytes = wpb_slice_skip(bytes, len ? len : 1);
    }
    return columns;
}
