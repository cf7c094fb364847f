#include "probes/wordpress/peel.h"

/* State 0 is outside of a string in both grammars, or before a percent sign. */
enum json_state { OUTSIDE, IN_STRING, ESCAPE, HEX_1, HEX_2, HEX_3, HEX_4 };
enum serialize_state { BETWEEN, TYPE, LENGTH, QUOTE, BODY };
enum percent_state { PLAIN, FIRST_DIGIT, SECOND_DIGIT };

void wpb_peel_init(struct wpb_peel *peel, enum wpb_peel_kind kind,
                   void (*pass)(void *cookie, struct wpb_slice bytes), void *cookie)
{
    *peel = (struct wpb_peel){.kind = kind, .pass = pass, .cookie = cookie};
}

static void flush(struct wpb_peel *peel)
{
    if (peel->len)
        peel->pass(peel->cookie, wpb_slice_of(peel->out, peel->len));
    peel->passed += peel->len;
    peel->len = 0;
}

/* One byte of what a string holds; the first decides whether it is the layout. */
static void emit(struct wpb_peel *peel, unsigned char byte)
{
    if (peel->is_quiet || peel->is_over)
        return;
    if (!peel->has_begun) {
        if (byte != '{' && byte != '[') {
            peel->is_quiet = true;
            return;
        }
        peel->has_begun = true;
    }
    peel->out[peel->len++] = (char)byte;
    if (peel->len == sizeof(peel->out))
        flush(peel);
}

static void string_begins(struct wpb_peel *peel)
{
    peel->is_quiet = peel->is_over;
    peel->code = peel->high = 0;
}

static void string_ends(struct wpb_peel *peel)
{
    if (peel->has_begun && !peel->is_quiet)
        peel->is_over = true;
}

static int hex_digit(unsigned char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* ---- JSON in JSON ---- */

static void emit_character(struct wpb_peel *peel, uint32_t code)
{
    if (code < 0x80) {
        emit(peel, (unsigned char)code);
        return;
    }
    if (code < 0x800) {
        emit(peel, (unsigned char)(0xC0 | code >> 6));
    } else if (code < 0x10000) {
        emit(peel, (unsigned char)(0xE0 | code >> 12));
        emit(peel, (unsigned char)(0x80 | (code >> 6 & 63)));
    } else {
        emit(peel, (unsigned char)(0xF0 | code >> 18));
        emit(peel, (unsigned char)(0x80 | (code >> 12 & 63)));
        emit(peel, (unsigned char)(0x80 | (code >> 6 & 63)));
    }
    emit(peel, (unsigned char)(0x80 | (code & 63)));
}

static void emit_unit(struct wpb_peel *peel)
{
    uint32_t code = peel->code;

    if (code >= 0xD800 && code < 0xDC00) {
        peel->high = code;
        return;
    }
    if (code >= 0xDC00 && code < 0xE000)
        code = 0x10000 + ((peel->high & 0x3FF) << 10) + (code & 0x3FF);
    peel->high = 0;
    emit_character(peel, code);
}

static int after_escape(struct wpb_peel *peel, unsigned char byte)
{
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    const char *at = byte ? strchr(letters, byte) : NULL;

    if (byte == 'u') {
        peel->code = 0;
        return HEX_1;
    }
    emit(peel, at ? (unsigned char)meant[at - letters] : byte);
    return IN_STRING;
}

static void take_json(struct wpb_peel *peel, unsigned char byte)
{
    switch (peel->state) {
    case OUTSIDE:
        if (byte == '"') {
            peel->state = IN_STRING;
            string_begins(peel);
        }
        break;
    case IN_STRING:
        if (byte == '\\') {
            peel->state = ESCAPE;
        } else if (byte == '"') {
            peel->state = OUTSIDE;
            string_ends(peel);
        } else {
            emit(peel, byte);
        }
        break;
    case ESCAPE:
        peel->state = after_escape(peel, byte);
        break;
    default:
        peel->code = peel->code << 4 | (uint32_t)(hex_digit(byte) & 15);
        if (peel->state++ == HEX_4) {
            peel->state = IN_STRING;
            emit_unit(peel);
        }
    }
}

/* ---- base64 in serialize ---- */

static int sextet(unsigned char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    if (byte == '+' || byte == '-')
        return 62;
    return byte == '/' || byte == '_' ? 63 : -1;
}

/* `code` holds the bits that make no byte yet, `high` how many they are. */
static void take_base64(struct wpb_peel *peel, unsigned char byte)
{
    int bits = sextet(byte);

    if (bits < 0) { /* '=' at its end, line ends; all else is not base64 */
        peel->is_quiet |= !peel->has_begun;
        return;
    }
    peel->code = (peel->code << 6 | (uint32_t)bits) & 0xFFFF;
    peel->high += 6;
    if (peel->high >= 8) {
        peel->high -= 8;
        emit(peel, (unsigned char)(peel->code >> peel->high));
    }
}

/* Outside of strings nothing but "s:" is followed by a length and a quote and bytes of
 * any kind; class names hold no ':'. */
static void take_serialize(struct wpb_peel *peel, unsigned char byte)
{
    switch (peel->state) {
    case BETWEEN:
        if (byte == 's')
            peel->state = TYPE;
        break;
    case TYPE:
        peel->state = byte == ':' ? LENGTH : BETWEEN;
        peel->left = 0;
        break;
    case LENGTH:
        if (byte >= '0' && byte <= '9' && peel->left < UINT64_MAX / 16)
            peel->left = peel->left * 10 + (uint64_t)(byte - '0');
        else
            peel->state = byte == ':' ? QUOTE : BETWEEN;
        break;
    case QUOTE:
        peel->state = byte == '"' && peel->left ? BODY : BETWEEN;
        string_begins(peel);
        break;
    default:
        take_base64(peel, byte);
        if (--peel->left == 0) {
            peel->state = BETWEEN;
            string_ends(peel);
        }
    }
}

/* ---- percent-encoded ---- */

static void take_percent(struct wpb_peel *peel, unsigned char byte)
{
    switch (peel->state) {
    case PLAIN:
        if (byte == '%')
            peel->state = FIRST_DIGIT;
        else
            emit(peel, byte == '+' ? ' ' : byte);
        break;
    case FIRST_DIGIT:
        peel->code = (uint32_t)(hex_digit(byte) & 15);
        peel->state = SECOND_DIGIT;
        break;
    default:
        peel->state = PLAIN;
        emit(peel, (unsigned char)(peel->code << 4 | (uint32_t)(hex_digit(byte) & 15)));
    }
}

void wpb_peel_feed(struct wpb_peel *peel, struct wpb_slice chunk)
{
    for (size_t i = 0; i < chunk.len && !peel->is_over; i++) {
        unsigned char byte = (unsigned char)chunk.data[i];
        switch (peel->kind) {
        case WPB_PEEL_JSON_STRING:
            take_json(peel, byte);
            break;
        case WPB_PEEL_BASE64:
            take_serialize(peel, byte);
            break;
        case WPB_PEEL_PERCENT:
            take_percent(peel, byte);
            break;
        }
    }
}

void wpb_peel_finish(struct wpb_peel *peel)
{
    flush(peel);
}
