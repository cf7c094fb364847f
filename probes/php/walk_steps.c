#include "probes/php/walker.h"

#include <string.h>

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_class_byte(char byte)
{
    unsigned char c = (unsigned char)byte;
    return is_digit(byte) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '_' || c == '\\' || c >= 0x7f;
}

static const char *unexpected(struct wpb_php_walker *walker, const char *p)
{
    return wpb_walk_invalid(walker, wpb_walk_position(walker, p),
                            wpb_walk_rows[walker->state].expected);
}

static const char *step_value(struct wpb_php_walker *walker, const char *p,
                              const char *end)
{
    (void)end;
    if (*p == '\0' || !strchr("NbidsSaOCErR", *p))
        return unexpected(walker, p);
    uint64_t offset = wpb_walk_position(walker, p);
    if (walker->elements >= walker->limits.max_elements)
        return wpb_walk_stop(walker, WPB_E_BUDGET, offset,
                             "more elements than the limit of",
                             walker->limits.max_elements);
    walker->elements++;
    walker->tag = *p;
    walker->in_key = false;
    walker->value_offset = offset;
    walker->state = *p == 'N' ? WPB_WALK_SEMICOLON : WPB_WALK_COLON;
    return p + 1;
}

static const char *step_key(struct wpb_php_walker *walker, const char *p, const char *end)
{
    (void)end;
    if (*p != 'i' && *p != 's' && *p != 'S')
        return unexpected(walker, p);
    walker->tag = *p;
    walker->in_key = true;
    walker->key = (struct wpb_walk_key){.is_present = true, .is_int = *p == 'i'};
    walker->state = WPB_WALK_COLON;
    return p + 1;
}

static const char *step_close(struct wpb_php_walker *walker, const char *p,
                              const char *end)
{
    (void)end;
    if (*p != '}')
        return unexpected(walker, p);
    return wpb_walk_leave(walker, wpb_walk_position(walker, p) + 1) ? NULL : p + 1;
}

static const char *step_colon(struct wpb_php_walker *walker, const char *p,
                              const char *end)
{
    (void)end;
    if (*p != ':')
        return unexpected(walker, p);
    walker->number = 0;
    walker->is_negative = false;
    walker->part = WPB_WALK_FLOAT_START;
    switch (walker->tag) {
    case 'b':
        walker->state = WPB_WALK_BOOL;
        break;
    case 'i':
        walker->state = WPB_WALK_INT_SIGN;
        break;
    case 'd':
        walker->state = WPB_WALK_FLOAT;
        break;
    default:
        walker->state = WPB_WALK_LENGTH_FIRST;
        walker->number_offset = wpb_walk_position(walker, p) + 1;
    }
    return p + 1;
}

static const char *step_bool(struct wpb_php_walker *walker, const char *p,
                             const char *end)
{
    (void)end;
    if (*p != '0' && *p != '1')
        return unexpected(walker, p);
    walker->state = WPB_WALK_SEMICOLON;
    return p + 1;
}

/* PHP warns and takes the nearest integer when a number is out of range. */
static int64_t saturated(const struct wpb_php_walker *walker)
{
    uint64_t magnitude = walker->number;
    if (!walker->is_negative)
        return magnitude > INT64_MAX ? INT64_MAX : (int64_t)magnitude;
    return magnitude > INT64_MAX ? INT64_MIN : -(int64_t)magnitude;
}

static const char *scalar_ended(struct wpb_php_walker *walker, const char *p)
{
    uint64_t offset = wpb_walk_position(walker, p) + 1;
    if (walker->in_key) {
        if (walker->tag == 'i')
            walker->key.number = saturated(walker);
        walker->state = WPB_WALK_VALUE;
        return p + 1;
    }
    enum wpb_php_type type = WPB_PHP_NULL;
    uint64_t length = 0;
    switch (walker->tag) {
    case 'b':
        type = WPB_PHP_BOOL;
        break;
    case 'i':
        type = WPB_PHP_INT;
        break;
    case 'd':
        type = WPB_PHP_FLOAT;
        break;
    case 's':
    case 'S':
        type = WPB_PHP_STRING;
        length = walker->number;
        break;
    case 'E':
        type = WPB_PHP_ENUM;
        length = walker->number;
        break;
    case 'r':
    case 'R':
        type = WPB_PHP_REFERENCE;
        break;
    }
    return wpb_walk_leaf(walker, type, length, offset) ? NULL : p + 1;
}

static const char *step_int(struct wpb_php_walker *walker, const char *p, const char *end)
{
    (void)end;
    if (walker->state == WPB_WALK_INT_SIGN && (*p == '-' || *p == '+')) {
        walker->is_negative = *p == '-';
        walker->state = WPB_WALK_INT_FIRST;
        return p + 1;
    }
    if (walker->state == WPB_WALK_INT && *p == ';')
        return scalar_ended(walker, p);
    if (!is_digit(*p))
        return unexpected(walker, p);
    unsigned digit = (unsigned)(*p - '0');
    walker->number =
        walker->number > (UINT64_MAX - 9) / 10 ? UINT64_MAX : walker->number * 10 + digit;
    walker->state = WPB_WALK_INT;
    return p + 1;
}

static const char *step_float(struct wpb_php_walker *walker, const char *p,
                              const char *end)
{
    (void)end;
    if (wpb_walk_float_is_complete(walker->part) && *p == ';')
        return scalar_ended(walker, p);
    uint8_t part = wpb_walk_float(walker->part, *p);
    if (part == WPB_WALK_FLOAT_WRONG)
        return unexpected(walker, p);
    walker->part = part;
    return p + 1;
}

/* A length is followed by as many bytes, which must fit into the byte budget. */
static bool length_fits(struct wpb_php_walker *walker, const char *p)
{
    uint64_t offset = wpb_walk_position(walker, p);
    uint64_t room = walker->limits.max_bytes - offset;
    if (walker->number <= room)
        return true;
    wpb_walk_stop(walker, WPB_E_BUDGET, offset, "declares more bytes than the limit of",
                  walker->limits.max_bytes);
    return false;
}

static bool count_fits(struct wpb_php_walker *walker)
{
    if (walker->number < WPB_PHP_COUNT_END)
        return true;
    wpb_walk_invalid(walker, walker->number_offset, "a count below 1073741824");
    return false;
}

static const char *reference_ended(struct wpb_php_walker *walker, const char *p)
{
    /* The value itself has been counted; r: cannot mean itself, and R: takes no
     * number. Custom payloads may hold values of their own. */
    uint64_t known = walker->elements - 1 - walker->hard_references;
    if (walker->number == 0 || (walker->number > known && !walker->has_custom))
        return wpb_walk_invalid(walker, walker->number_offset,
                                "the number of an earlier value");
    if (walker->tag == 'R')
        walker->hard_references++;
    return scalar_ended(walker, p);
}

static const char *length_ended(struct wpb_php_walker *walker, const char *p)
{
    switch (walker->tag) {
    case 'r':
    case 'R':
        return reference_ended(walker, p);
    case 'a':
        if (!count_fits(walker))
            return NULL;
        walker->state = WPB_WALK_OPEN;
        return p + 1;
    case 'O':
    case 'C':
    case 'E':
        if (walker->number == 0)
            return wpb_walk_invalid(walker, walker->number_offset,
                                    "a class name of at least 1 byte");
        break;
    }
    if (!length_fits(walker, p))
        return NULL;
    walker->state = WPB_WALK_QUOTE;
    return p + 1;
}

static bool add_digit(struct wpb_php_walker *walker, const char *p)
{
    unsigned digit = (unsigned)(*p - '0');
    if (walker->number > ((uint64_t)INT64_MAX - 9) / 10) {
        wpb_walk_invalid(walker, walker->number_offset, "a number below 2^63");
        return false;
    }
    walker->number = walker->number * 10 + digit;
    return true;
}

static const char *step_length(struct wpb_php_walker *walker, const char *p,
                               const char *end)
{
    (void)end;
    char terminator = walker->tag == 'r' || walker->tag == 'R' ? ';' : ':';
    if (walker->state == WPB_WALK_LENGTH && *p == terminator)
        return length_ended(walker, p);
    if (!is_digit(*p))
        return unexpected(walker, p);
    walker->state = WPB_WALK_LENGTH;
    return add_digit(walker, p) ? p + 1 : NULL;
}

static const char *step_quote(struct wpb_php_walker *walker, const char *p,
                              const char *end)
{
    (void)end;
    if (*p != '"')
        return unexpected(walker, p);
    walker->left = walker->number;
    if (walker->in_key) {
        walker->key.len = walker->number;
    } else {
        walker->text_len = walker->number;
        walker->text_kept = 0;
        walker->has_colon = false;
    }
    walker->state = walker->left == 0    ? WPB_WALK_BODY_END
                    : walker->tag == 'S' ? WPB_WALK_ESCAPED
                                         : WPB_WALK_BODY;
    return p + 1;
}

/* Keys and class names are kept, cut; what strings hold is never kept. */
static void keep(struct wpb_php_walker *walker, const char *bytes, size_t len)
{
    char *text = walker->in_key ? walker->key_text : walker->text;
    uint32_t *kept = walker->in_key ? &walker->key.kept : &walker->text_kept;
    if (!walker->in_key && (walker->tag == 's' || walker->tag == 'S'))
        return;
    size_t room = WPB_PHP_KEY_MAX - *kept;
    if (len > room)
        len = room;
    memcpy(text + *kept, bytes, len);
    *kept += (uint32_t)len;
}

static const char *check_class(struct wpb_php_walker *walker, const char *p, size_t len)
{
    if (walker->tag == 'E') {
        if (memchr(p, ':', len))
            walker->has_colon = true;
        return p;
    }
    bool is_first = walker->left == walker->number;
    for (size_t i = 0; i < len; i++) {
        if (!is_class_byte(p[i]) || (p[i] == '\\' && is_first && i == 0))
            return wpb_walk_invalid(walker, wpb_walk_position(walker, p + i),
                                    "a byte of a class name");
    }
    return p;
}

static const char *step_body(struct wpb_php_walker *walker, const char *p,
                             const char *end)
{
    size_t len = (size_t)(end - p);
    if (len > walker->left)
        len = (size_t)walker->left;
    if (walker->tag != 's' && !check_class(walker, p, len))
        return NULL;
    keep(walker, p, len);
    walker->left -= len;
    if (walker->left == 0)
        walker->state = WPB_WALK_BODY_END;
    return p + len;
}

static void escaped_byte(struct wpb_php_walker *walker, char byte)
{
    keep(walker, &byte, 1);
    walker->left--;
    walker->state = walker->left ? WPB_WALK_ESCAPED : WPB_WALK_BODY_END;
}

static const char *step_escaped(struct wpb_php_walker *walker, const char *p,
                                const char *end)
{
    (void)end;
    if (*p == '\\')
        walker->state = WPB_WALK_HEX_FIRST;
    else
        escaped_byte(walker, *p);
    return p + 1;
}

static const char *step_hex(struct wpb_php_walker *walker, const char *p, const char *end)
{
    (void)end;
    unsigned value;
    if (is_digit(*p))
        value = (unsigned)(*p - '0');
    else if (*p >= 'a' && *p <= 'f')
        value = (unsigned)(*p - 'a') + 10;
    else if (*p >= 'A' && *p <= 'F')
        value = (unsigned)(*p - 'A') + 10;
    else
        return unexpected(walker, p);
    if (walker->state == WPB_WALK_HEX_FIRST) {
        walker->hex = (uint8_t)value;
        walker->state = WPB_WALK_HEX_SECOND;
    } else {
        escaped_byte(walker, (char)((unsigned)walker->hex << 4 | value));
    }
    return p + 1;
}

static const char *step_body_end(struct wpb_php_walker *walker, const char *p,
                                 const char *end)
{
    (void)end;
    if (*p != '"')
        return unexpected(walker, p);
    if (walker->tag == 'E' && !walker->has_colon)
        return wpb_walk_invalid(walker, wpb_walk_position(walker, p),
                                "a ':' between enum and case");
    walker->state = walker->tag == 'O' || walker->tag == 'C' ? WPB_WALK_CLASS_COLON
                                                             : WPB_WALK_SEMICOLON;
    return p + 1;
}

static const char *step_semicolon(struct wpb_php_walker *walker, const char *p,
                                  const char *end)
{
    (void)end;
    return *p == ';' ? scalar_ended(walker, p) : unexpected(walker, p);
}

static const char *step_class_colon(struct wpb_php_walker *walker, const char *p,
                                    const char *end)
{
    (void)end;
    if (*p != ':')
        return unexpected(walker, p);
    walker->number = 0;
    walker->number_offset = wpb_walk_position(walker, p) + 1;
    walker->state = WPB_WALK_COUNT_SIGN;
    return p + 1;
}

/* PHP is lenient here: a sign is allowed, and no digits mean 0. */
static const char *step_count(struct wpb_php_walker *walker, const char *p,
                              const char *end)
{
    (void)end;
    if (walker->state == WPB_WALK_COUNT_SIGN) {
        walker->state = WPB_WALK_COUNT;
        walker->is_negative = *p == '-';
        if (*p == '-' || *p == '+')
            return p + 1;
    }
    if (is_digit(*p))
        return add_digit(walker, p) ? p + 1 : NULL;
    if (*p != ':')
        return unexpected(walker, p);
    if (walker->is_negative && walker->number > 0)
        return wpb_walk_invalid(walker, walker->number_offset, "a count of at least 0");
    if (walker->tag == 'O' ? !count_fits(walker) : !length_fits(walker, p))
        return NULL;
    walker->state = WPB_WALK_OPEN;
    return p + 1;
}

static const char *step_open(struct wpb_php_walker *walker, const char *p,
                             const char *end)
{
    (void)end;
    if (*p != '{')
        return unexpected(walker, p);
    if (walker->tag == 'C') {
        walker->left = walker->number;
        walker->has_custom = true;
        walker->state = walker->left ? WPB_WALK_PAYLOAD : WPB_WALK_PAYLOAD_END;
        return p + 1;
    }
    enum wpb_php_type type = walker->tag == 'a' ? WPB_PHP_ARRAY : WPB_PHP_OBJECT;
    return wpb_walk_enter(walker, type, wpb_walk_position(walker, p)) ? NULL : p + 1;
}

static const char *step_payload(struct wpb_php_walker *walker, const char *p,
                                const char *end)
{
    size_t len = (size_t)(end - p);
    if (len > walker->left)
        len = (size_t)walker->left;
    walker->left -= len;
    if (walker->left == 0)
        walker->state = WPB_WALK_PAYLOAD_END;
    return p + len;
}

static const char *step_payload_end(struct wpb_php_walker *walker, const char *p,
                                    const char *end)
{
    (void)end;
    if (*p != '}')
        return unexpected(walker, p);
    uint64_t offset = wpb_walk_position(walker, p) + 1;
    return wpb_walk_leaf(walker, WPB_PHP_CUSTOM, walker->number, offset) ? NULL : p + 1;
}

static const char *step_done(struct wpb_php_walker *walker, const char *p,
                             const char *end)
{
    (void)end;
    return unexpected(walker, p);
}

const struct wpb_walk_row wpb_walk_rows[WPB_WALK_STATES] = {
    [WPB_WALK_VALUE] = {step_value, "a value"},
    [WPB_WALK_KEY] = {step_key, "an integer or string key"},
    [WPB_WALK_CLOSE] = {step_close, "'}' after the declared elements"},
    [WPB_WALK_COLON] = {step_colon, "':'"},
    [WPB_WALK_BOOL] = {step_bool, "0 or 1"},
    [WPB_WALK_INT_SIGN] = {step_int, "an integer"},
    [WPB_WALK_INT_FIRST] = {step_int, "a digit"},
    [WPB_WALK_INT] = {step_int, "a digit or ';'"},
    [WPB_WALK_FLOAT] = {step_float, "a floating point number"},
    [WPB_WALK_LENGTH_FIRST] = {step_length, "a number without sign"},
    [WPB_WALK_LENGTH] = {step_length, "a digit or the end of the number"},
    [WPB_WALK_QUOTE] = {step_quote, "'\"'"},
    [WPB_WALK_BODY] = {step_body, "more bytes of a string"},
    [WPB_WALK_ESCAPED] = {step_escaped, "more bytes of a string"},
    [WPB_WALK_HEX_FIRST] = {step_hex, "two hexadecimal digits"},
    [WPB_WALK_HEX_SECOND] = {step_hex, "a second hexadecimal digit"},
    [WPB_WALK_BODY_END] = {step_body_end, WPB_WALK_STRING_END},
    [WPB_WALK_SEMICOLON] = {step_semicolon, "';'"},
    [WPB_WALK_CLASS_COLON] = {step_class_colon, "':' after the class name"},
    [WPB_WALK_COUNT_SIGN] = {step_count, "a number"},
    [WPB_WALK_COUNT] = {step_count, "a digit or ':'"},
    [WPB_WALK_OPEN] = {step_open, "'{'"},
    [WPB_WALK_PAYLOAD] = {step_payload, "more bytes of a custom object"},
    [WPB_WALK_PAYLOAD_END] = {step_payload_end, "'}' after the declared length"},
    [WPB_WALK_DONE] = {step_done, "the end of the value"},
};
