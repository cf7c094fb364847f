#include "probes/wordpress/config_literal.h"

#include <stdlib.h>
#include <string.h>

/* A float literal longer than this is cut; a double has 17 digits. */
#define NUMBER_MAX 64

static bool is_label_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool is_label(char c)
{
    return is_label_start(c) || (c >= '0' && c <= '9');
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

bool wpb_config_literal_number(const struct wpb_config_token *token, int64_t *integer,
                               double *number)
{
    char digits[NUMBER_MAX];
    size_t len = 0;

    for (size_t i = 0; i < token->text.len && len < NUMBER_MAX - 1; i++) {
        if (token->text.data[i] != '_')
            digits[len++] = token->text.data[i];
    }
    digits[len] = '\0';
    if (token->type == WPB_TOKEN_FLOAT) {
        *number = strtod(digits, NULL);
        return false;
    }

    int base = 10;
    size_t at = 0;
    char mark = len > 1 && digits[0] == '0' ? (char)(digits[1] | 0x20) : '\0';
    if (mark == 'x' || mark == 'b' || mark == 'o') {
        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        at = 2;
    } else if (len > 1 && digits[0] == '0') {
        base = 8;
    }
    *integer = 0;
    *number = 0;
    bool fits = true;
    for (; at < len; at++) {
        int digit = digit_value(digits[at]);
        if (digit >= base)
            break;
        fits = fits && !__builtin_mul_overflow(*integer, base, integer) &&
               !__builtin_add_overflow(*integer, digit, integer);
        *number = *number * base + digit;
    }
    return fits;
}

/* Take up to INDENT blanks off BODY at *AT, the start of a line. */
static void skip_indent(struct wpb_slice body, size_t *at, size_t indent)
{
    while (indent > 0 && *at < body.len &&
           (body.data[*at] == ' ' || body.data[*at] == '\t')) {
        (*at)++;
        indent--;
    }
}

void wpb_config_literal_string(const struct wpb_config_token *token, struct wpb_buf *out)
{
    struct wpb_slice body = token->text;
    size_t at = 0;

    if (token->is_heredoc)
        skip_indent(body, &at, token->indent);
    while (at < body.len) {
        char c = body.data[at++];
        if (token->is_heredoc && c == '\n') {
            wpb_buf_char(out, c);
            skip_indent(body, &at, token->indent);
            continue;
        }
        if (!token->is_heredoc && c == '\\' && at < body.len &&
            (body.data[at] == '\\' || body.data[at] == '\''))
            c = body.data[at++];
        wpb_buf_char(out, c);
    }
}

static void add_utf8(struct wpb_buf *out, uint32_t point)
{
    if (point < 0x80) {
        wpb_buf_char(out, (char)point);
    } else if (point < 0x800) {
        wpb_buf_char(out, (char)(0xc0 | point >> 6));
        wpb_buf_char(out, (char)(0x80 | (point & 0x3f)));
    } else if (point < 0x10000) {
        wpb_buf_char(out, (char)(0xe0 | point >> 12));
        wpb_buf_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
        wpb_buf_char(out, (char)(0x80 | (point & 0x3f)));
    } else {
        wpb_buf_char(out, (char)(0xf0 | point >> 18));
        wpb_buf_char(out, (char)(0x80 | (point >> 12 & 0x3f)));
        wpb_buf_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
        wpb_buf_char(out, (char)(0x80 | (point & 0x3f)));
    }
}

/* Up to COUNT digits of BASE at *AT as a number; returns how many there were. */
static size_t read_digits(struct wpb_slice body, size_t *at, int base, size_t count,
                          uint32_t *value)
{
    size_t digits = 0;
    *value = 0;
    while (digits < count && *at < body.len && digit_value(body.data[*at]) < base) {
        *value = *value * (uint32_t)base + (uint32_t)digit_value(body.data[*at]);
        (*at)++;
        digits++;
    }
    return digits;
}

/* "\u{1F600}": *AT stands on the "u". False when it is no such escape. */
static bool decode_unicode(struct wpb_slice body, size_t *at, struct wpb_buf *out)
{
    size_t from = *at + 2;
    uint32_t point;
    if (*at + 1 >= body.len || body.data[*at + 1] != '{')
        return false;
    if (!read_digits(body, &from, 16, 6, &point) || from >= body.len ||
        body.data[from] != '}' || point > 0x10ffff)
        return false;
    add_utf8(out, point);
    *at = from + 1;
    return true;
}

/* *AT stands behind a backslash. What is no escape keeps its backslash. */
static void decode_escape(const struct wpb_config_token *token, size_t *at,
                          struct wpb_buf *out)
{
    static const char names[] = "nrtvef\\$", values[] = "\n\r\t\v\x1b\f\\$";
    struct wpb_slice body = token->text;
    uint32_t value;

    if (*at >= body.len) {
        wpb_buf_char(out, '\\');
        return;
    }
    char c = body.data[*at];
    const char *named = c ? strchr(names, c) : NULL;
    size_t after = *at + 1;
    if (named) {
        wpb_buf_char(out, values[named - names]);
        *at = after;
    } else if ((c == '"' && !token->is_heredoc && token->type == WPB_TOKEN_TEMPLATE) ||
               (c == '`' && token->type == WPB_TOKEN_SHELL)) {
        wpb_buf_char(out, c);
        *at = after;
    } else if (digit_value(c) < 8) {
        read_digits(body, at, 8, 3, &value);
        wpb_buf_char(out, (char)value);
    } else if ((c == 'x' || c == 'X') && read_digits(body, &after, 16, 2, &value)) {
        wpb_buf_char(out, (char)value);
        *at = after;
    } else if (c != 'u' || !decode_unicode(body, at, out)) {
        wpb_buf_char(out, '\\');
    }
}

/* The end of the "{...}" whose brace stands at FROM: the lexer has seen that it is
 * balanced, quoted texts included. */
static size_t closing_brace(struct wpb_slice body, size_t from)
{
    size_t depth = 0;
    char quote = '\0';

    for (size_t at = from; at < body.len; at++) {
        char c = body.data[at];
        if (quote && c == '\\') {
            at++;
        } else if (quote) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '{') {
            depth++;
        } else if (c == '}' && --depth == 0) {
            return at;
        }
    }
    return body.len;
}

/* "[key]" behind a variable's name: literal when it is a bare word or a number. */
static bool read_key(struct wpb_slice body, size_t *at, struct wpb_config_part *part)
{
    size_t from = *at + 1, to = from;
    const char *close = memchr(body.data + *at, ']', body.len - *at);
    if (!close)
        return false;
    *at = (size_t)(close - body.data) + 1;
    while (to < body.len && (is_label(body.data[to]) || body.data[to] == '-'))
        to++;
    part->key = wpb_slice_of(body.data + from, to - from);
    return part->key.len > 0 && body.data + to == close;
}

static void read_variable(struct wpb_slice body, size_t *at, struct wpb_config_part *part)
{
    size_t from = *at + 1, to = from;
    while (to < body.len && is_label(body.data[to]))
        to++;
    part->type = WPB_PART_VARIABLE;
    part->name = wpb_slice_of(body.data + from, to - from);
    *at = to;
    if (to < body.len && body.data[to] == '[')
        part->type = read_key(body, at, part) ? WPB_PART_ELEMENT : WPB_PART_OTHER;
    else if (to + 2 < body.len && body.data[to] == '-' && body.data[to + 1] == '>' &&
             is_label_start(body.data[to + 2]))
        part->type = WPB_PART_OTHER;
}

/* True, with PART filled and *AT behind it, when something else than literal bytes
 * begins at *AT. */
static bool read_special(struct wpb_slice body, size_t *at, struct wpb_config_part *part)
{
    char c = body.data[*at];
    char next = *at + 1 < body.len ? body.data[*at + 1] : '\0';

    if (c == '$' && is_label_start(next)) {
        read_variable(body, at, part);
    } else if (c == '$' && next == '{') {
        part->type = WPB_PART_OTHER;
        *at = closing_brace(body, *at + 1) + 1;
    } else if (c == '{' && next == '$') {
        size_t end = closing_brace(body, *at);
        part->type = WPB_PART_EXPRESSION;
        part->name = wpb_slice_of(body.data + *at + 1, end - *at - 1);
        *at = end + 1;
    } else {
        return false;
    }
    return true;
}

void wpb_config_literal_part(const struct wpb_config_token *token, size_t *at,
                             struct wpb_buf *out, struct wpb_config_part *part)
{
    struct wpb_slice body = token->text;

    *part = (struct wpb_config_part){.type = WPB_PART_END};
    if (*at >= body.len)
        return;
    if (*at == 0 && token->is_heredoc)
        skip_indent(body, at, token->indent);
    if (*at < body.len && read_special(body, at, part))
        return;
    part->type = WPB_PART_LITERAL;
    while (*at < body.len) {
        size_t before = *at;
        struct wpb_config_part next;
        if (read_special(body, at, &next)) {
            *at = before;
            return;
        }
        char c = body.data[(*at)++];
        if (c == '\\') {
            decode_escape(token, at, out);
        } else {
            wpb_buf_char(out, c);
            if (c == '\n' && token->is_heredoc)
                skip_indent(body, at, token->indent);
        }
    }
}
