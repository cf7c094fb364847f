#include "probes/php/json_walker.h"

#include "probes/php/zend.h"

#define INT_DIGITS 19 /* as many as 2^63 has */

/* Decoded bytes of the string: keys are kept, cut; what strings hold is not. */
static void add(struct wpb_php_json *walker, const char *bytes, size_t len)
{
    struct wpb_frames_key *key = &walker->frames.key;
    walker->length += len;
    if (!walker->in_key)
        return;
    size_t room = WPB_PHP_KEY_MAX - key->kept;
    if (len > room)
        len = room;
    memcpy(walker->frames.key_text + key->kept, bytes, len);
    key->kept += (uint32_t)len;
}

/* The quote at P ends the string. */
static const char *end_string(struct wpb_php_json *walker, const char *p)
{
    struct wpb_frames *frames = &walker->frames;
    struct wpb_frames_key *key = &frames->key;
    if (!walker->in_key) {
        uint64_t at = wpb_frames_position(frames, p) + 1;
        return wpb_json_walker_leaf(walker, WPB_PHP_STRING, walker->length, at) ? NULL
                                                                                : p + 1;
    }
    walker->state = WPB_JSON_COLON;
    key->len = walker->length;
    if (key->len == key->kept &&
        wpb_zend_integer_key(wpb_slice_of(key->text, key->kept), &key->number)) {
        key->is_int = true;
        key->len = 0;
        key->kept = 0;
    }
    return p + 1;
}

const char *wpb_json_walker_begin_string(struct wpb_php_json *walker, const char *p,
                                         const char *end, bool in_key)
{
    const char *plain = wpb_json_walker_plain_end(p, end);
    size_t len = (size_t)(plain - p);
    walker->in_key = in_key;
    walker->length = 0;
    walker->state = WPB_JSON_STRING;
    if (plain < end && *plain == '"') {
        walker->length = len;
        if (in_key) {
            walker->frames.key.text = p;
            walker->frames.key.kept =
                len < WPB_PHP_KEY_MAX ? (uint32_t)len : WPB_PHP_KEY_MAX;
        }
        return end_string(walker, plain);
    }
    add(walker, p, len);
    return plain;
}

/* The first byte of a character that is not ASCII. */
static const char *begin_utf8(struct wpb_php_json *walker, const char *p)
{
    unsigned char byte = (unsigned char)*p;
    walker->utf8_low = 0x80;
    walker->utf8_high = 0xBF;
    if (byte >= 0xC2 && byte <= 0xDF)
        walker->utf8_left = 1;
    else if (byte >= 0xE0 && byte <= 0xEF)
        walker->utf8_left = 2;
    else if (byte >= 0xF0 && byte <= 0xF4)
        walker->utf8_left = 3;
    else
        walker->utf8_left = 0;
    if (byte == 0xE0)
        walker->utf8_low = 0xA0;
    else if (byte == 0xED)
        walker->utf8_high = 0x9F; /* no surrogates */
    else if (byte == 0xF0)
        walker->utf8_low = 0x90;
    else if (byte == 0xF4)
        walker->utf8_high = 0x8F;
    walker->state = WPB_JSON_UTF8;
    if (walker->utf8_left == 0)
        return wpb_json_walker_unexpected(walker, p);
    add(walker, p, 1);
    return p + 1;
}

static const char *step_utf8(struct wpb_php_json *walker, const char *p)
{
    unsigned char byte = (unsigned char)*p;
    if (byte < walker->utf8_low || byte > walker->utf8_high)
        return wpb_json_walker_unexpected(walker, p);
    walker->utf8_low = 0x80;
    walker->utf8_high = 0xBF;
    if (--walker->utf8_left == 0)
        walker->state = WPB_JSON_STRING;
    add(walker, p, 1);
    return p + 1;
}

static const char *step_string(struct wpb_php_json *walker, const char *p,
                               const char *end)
{
    const char *plain = wpb_json_walker_plain_end(p, end);
    if (plain > p) {
        add(walker, p, (size_t)(plain - p));
        return plain;
    }
    if (*p == '"')
        return end_string(walker, p);
    if (*p == '\\') {
        walker->state = WPB_JSON_ESCAPE;
        return p + 1;
    }
    return (unsigned char)*p < 0x20 ? wpb_json_walker_unexpected(walker, p)
                                    : begin_utf8(walker, p);
}

static const char *step_escape(struct wpb_php_json *walker, const char *p)
{
    static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    if (*p == 'u') {
        walker->code = 0;
        walker->high = 0;
        walker->hex_left = 4;
        walker->state = WPB_JSON_HEX;
        return p + 1;
    }
    const char *found = *p ? strchr(names, *p) : NULL;
    if (!found)
        return wpb_json_walker_unexpected(walker, p);
    add(walker, &bytes[found - names], 1);
    walker->state = WPB_JSON_STRING;
    return p + 1;
}

static void add_character(struct wpb_php_json *walker, uint32_t code)
{
    char bytes[4];
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    bytes[0] = (char)(first[len] | code);
    add(walker, bytes, len);
}

/* Four digits of \u are read; P is at the last. */
static const char *hex_ended(struct wpb_php_json *walker, const char *p)
{
    uint32_t code = walker->code;
    bool is_low = code >= 0xDC00 && code <= 0xDFFF;
    if (is_low != (walker->high != 0)) {
        walker->state = WPB_JSON_LOW_SLASH;
        return wpb_json_walker_unexpected(walker, p);
    }
    if (code >= 0xD800 && code <= 0xDBFF) {
        walker->high = code;
        walker->state = WPB_JSON_LOW_SLASH;
        return p + 1;
    }
    if (is_low)
        code = 0x10000 + ((walker->high & 0x3FF) << 10) + (code & 0x3FF);
    add_character(walker, code);
    walker->state = WPB_JSON_STRING;
    return p + 1;
}

static const char *step_hex(struct wpb_php_json *walker, const char *p)
{
    uint32_t digit;
    if (*p >= '0' && *p <= '9')
        digit = (uint32_t)(*p - '0');
    else if ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f')
        digit = (uint32_t)((*p | 0x20) - 'a') + 10;
    else
        return wpb_json_walker_unexpected(walker, p);
    walker->code = walker->code << 4 | digit;
    return --walker->hex_left ? p + 1 : hex_ended(walker, p);
}

static const char *step_low(struct wpb_php_json *walker, const char *p)
{
    bool is_slash = walker->state == WPB_JSON_LOW_SLASH;
    if (*p != (is_slash ? '\\' : 'u'))
        return wpb_json_walker_unexpected(walker, p);
    walker->code = 0;
    walker->hex_left = 4;
    walker->state = is_slash ? WPB_JSON_LOW_U : WPB_JSON_HEX;
    return p + 1;
}

const char *wpb_json_walker_string(struct wpb_php_json *walker, const char *p,
                                   const char *end)
{
    switch (walker->state) {
    case WPB_JSON_STRING:
        return step_string(walker, p, end);
    case WPB_JSON_UTF8:
        return step_utf8(walker, p);
    case WPB_JSON_ESCAPE:
        return step_escape(walker, p);
    case WPB_JSON_HEX:
        return step_hex(walker, p);
    default:
        return step_low(walker, p);
    }
}

static void add_digit(struct wpb_php_json *walker, char byte)
{
    if (walker->digits > INT_DIGITS)
        return;
    walker->digits++;
    if (walker->digits <= INT_DIGITS)
        walker->magnitude = walker->magnitude * 10 + (uint64_t)(byte - '0');
}

const char *wpb_json_walker_begin_number(struct wpb_php_json *walker, const char *p)
{
    walker->is_negative = *p == '-';
    walker->is_float = false;
    walker->digits = 0;
    walker->magnitude = 0;
    walker->state = *p == '-'   ? WPB_JSON_MINUS
                    : *p == '0' ? WPB_JSON_ZERO
                                : WPB_JSON_DIGITS;
    if (*p != '-')
        add_digit(walker, *p);
    return p + 1;
}

static bool is_integer(const struct wpb_php_json *walker)
{
    uint64_t end = (uint64_t)INT64_MAX + 1 + walker->is_negative;
    return !walker->is_float && walker->digits <= INT_DIGITS && walker->magnitude < end;
}

static int end_number(struct wpb_php_json *walker, uint64_t offset)
{
    return wpb_json_walker_leaf(walker, is_integer(walker) ? WPB_PHP_INT : WPB_PHP_FLOAT,
                                0, offset);
}

void wpb_json_walker_end_number(struct wpb_php_json *walker, uint64_t offset)
{
    if (walker->state == WPB_JSON_ZERO || walker->state == WPB_JSON_DIGITS ||
        walker->state == WPB_JSON_FRACTION || walker->state == WPB_JSON_EXPONENT_DIGITS)
        end_number(walker, offset);
}

/* Where a byte that is no digit leads inside a number; WPB_JSON_END when it is not part
 * of it. */
static enum wpb_json_state number_goes_on(enum wpb_json_state state, char byte)
{
    if (byte == '.' && (state == WPB_JSON_ZERO || state == WPB_JSON_DIGITS))
        return WPB_JSON_POINT;
    if ((byte == 'e' || byte == 'E') &&
        (state == WPB_JSON_ZERO || state == WPB_JSON_DIGITS ||
         state == WPB_JSON_FRACTION))
        return WPB_JSON_EXPONENT;
    if ((byte == '+' || byte == '-') && state == WPB_JSON_EXPONENT)
        return WPB_JSON_EXPONENT_SIGN;
    return WPB_JSON_END;
}

static enum wpb_json_state after_digit(enum wpb_json_state state, char digit)
{
    switch (state) {
    case WPB_JSON_MINUS:
        return digit == '0' ? WPB_JSON_ZERO : WPB_JSON_DIGITS;
    case WPB_JSON_POINT:
        return WPB_JSON_FRACTION;
    case WPB_JSON_EXPONENT:
    case WPB_JSON_EXPONENT_SIGN:
        return WPB_JSON_EXPONENT_DIGITS;
    default:
        return state;
    }
}

const char *wpb_json_walker_number(struct wpb_php_json *walker, const char *p,
                                   const char *end)
{
    for (; p < end; p++) {
        enum wpb_json_state state = walker->state;
        if (*p >= '0' && *p <= '9' && state != WPB_JSON_ZERO) {
            walker->state = after_digit(state, *p);
            add_digit(walker, *p);
            continue;
        }
        enum wpb_json_state next = number_goes_on(state, *p);
        if (next == WPB_JSON_END)
            break;
        walker->is_float = true;
        walker->state = next;
    }
    if (p == end)
        return p;
    switch (walker->state) {
    case WPB_JSON_ZERO:
    case WPB_JSON_DIGITS:
    case WPB_JSON_FRACTION:
    case WPB_JSON_EXPONENT_DIGITS:
        return end_number(walker, wpb_frames_position(&walker->frames, p)) ? NULL : p;
    default:
        return wpb_json_walker_unexpected(walker, p);
    }
}
