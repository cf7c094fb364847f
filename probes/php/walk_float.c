#include "probes/php/walker.h"

/* How far the grammar of a float has come. */
enum float_part {
    FLOAT_START = WPB_WALK_FLOAT_START,
    FLOAT_PLUS,
    FLOAT_MINUS,
    FLOAT_DIGITS,   /* complete */
    FLOAT_BARE_DOT, /* ".", no digit yet */
    FLOAT_FRACTION, /* complete */
    FLOAT_E,
    FLOAT_E_SIGN,
    FLOAT_E_DIGITS, /* complete */
    FLOAT_N,
    FLOAT_NA,
    FLOAT_I,
    FLOAT_IN,
    FLOAT_WORD, /* complete: NAN, INF */
    FLOAT_WRONG = WPB_WALK_FLOAT_WRONG,
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static enum float_part float_word(enum float_part part, char byte)
{
    switch (part) {
    case FLOAT_START:
        return byte == 'N' ? FLOAT_N : byte == 'I' ? FLOAT_I : FLOAT_WRONG;
    case FLOAT_MINUS:
        return byte == 'I' ? FLOAT_I : FLOAT_WRONG;
    case FLOAT_N:
        return byte == 'A' ? FLOAT_NA : FLOAT_WRONG;
    case FLOAT_I:
        return byte == 'N' ? FLOAT_IN : FLOAT_WRONG;
    case FLOAT_NA:
        return byte == 'N' ? FLOAT_WORD : FLOAT_WRONG;
    case FLOAT_IN:
        return byte == 'F' ? FLOAT_WORD : FLOAT_WRONG;
    default:
        return FLOAT_WRONG;
    }
}

uint8_t wpb_walk_float(uint8_t so_far, char byte)
{
    enum float_part part = (enum float_part)so_far;
    if (is_digit(byte)) {
        if (part <= FLOAT_DIGITS)
            return FLOAT_DIGITS;
        if (part <= FLOAT_FRACTION)
            return FLOAT_FRACTION;
        return part <= FLOAT_E_DIGITS ? FLOAT_E_DIGITS : FLOAT_WRONG;
    }
    switch (byte) {
    case '+':
    case '-':
        if (part == FLOAT_START)
            return byte == '-' ? FLOAT_MINUS : FLOAT_PLUS;
        return part == FLOAT_E ? FLOAT_E_SIGN : FLOAT_WRONG;
    case '.':
        if (part == FLOAT_DIGITS)
            return FLOAT_FRACTION;
        return part < FLOAT_DIGITS ? FLOAT_BARE_DOT : FLOAT_WRONG;
    case 'e':
    case 'E':
        return part == FLOAT_DIGITS || part == FLOAT_FRACTION ? FLOAT_E : FLOAT_WRONG;
    default:
        return (uint8_t)float_word(part, byte);
    }
}

bool wpb_walk_float_is_complete(uint8_t so_far)
{
    enum float_part part = (enum float_part)so_far;
    return part == FLOAT_DIGITS || part == FLOAT_FRACTION || part == FLOAT_E_DIGITS ||
           part == FLOAT_WORD;
}
