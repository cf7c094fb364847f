/*
 * json_walker.h - inside of the JSON walker: its state between two bytes.
 *
 * Shared by json.c (the grammar), json_token.c (strings and numbers) and json_run.c
 * (the elements of an array that a chunk holds whole, read at once).
 */
#ifndef WPB_PHP_JSON_WALKER_H
#define WPB_PHP_JSON_WALKER_H

#include <endian.h>

#include "probes/php/frames.h"

/* What the next byte must be. White space may come before the first seven. */
enum wpb_json_state {
    WPB_JSON_VALUE,
    WPB_JSON_FIRST_VALUE,
    WPB_JSON_FIRST_KEY,
    WPB_JSON_KEY,
    WPB_JSON_COLON,
    WPB_JSON_AFTER,
    WPB_JSON_END,
    WPB_JSON_STRING,
    WPB_JSON_UTF8,
    WPB_JSON_ESCAPE,
    WPB_JSON_HEX,
    WPB_JSON_LOW_SLASH,
    WPB_JSON_LOW_U,
    WPB_JSON_WORD,
    WPB_JSON_MINUS,
    WPB_JSON_ZERO,
    WPB_JSON_DIGITS,
    WPB_JSON_POINT,
    WPB_JSON_FRACTION,
    WPB_JSON_EXPONENT,
    WPB_JSON_EXPONENT_SIGN,
    WPB_JSON_EXPONENT_DIGITS,
};

struct wpb_php_json {
    struct wpb_frames frames;
    enum wpb_json_state state;

    bool in_key;
    uint64_t length; /* bytes of the string so far, decoded */
    /* of a character that more bytes belong to: how many, and from where to where
     * the next of them may lie */
    uint8_t utf8_left, utf8_low, utf8_high;
    uint8_t hex_left;
    uint32_t code, high; /* \u: so far, and the first half of a pair or 0 */

    const char *word; /* of null, true or false */
    uint8_t word_at;
    enum wpb_php_type word_type;

    bool is_negative, is_float;
    uint32_t digits; /* of an integer, at most 20 */
    uint64_t magnitude;
};

#define WPB_JSON_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The first byte from P on that is not plain: a quote, a backslash, a control or not
 * ASCII. */
static inline const char *wpb_json_walker_plain_end(const char *p, const char *end)
{
    while (end - p >= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        word = le64toh(word);
        uint64_t quote = word ^ WPB_JSON_EACH('"'), slash = word ^ WPB_JSON_EACH('\\');
        uint64_t found = ((word - WPB_JSON_EACH(0x20)) | (quote - WPB_JSON_EACH(1)) |
                          (slash - WPB_JSON_EACH(1)) | word) &
                         WPB_JSON_EACH(0x80);
        /* A borrow reaches only bytes behind the first that is found. */
        if (found)
            return p + __builtin_ctzll(found) / 8;
        p += 8;
    }
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 &&
           *p != '"' && *p != '\\')
        p++;
    return p;
}

/* In an array, where a value (of a list) or a key must come: read as many elements as
 * the chunk holds whole. Returns P itself when there is none; the grammar goes on from
 * there. NULL after a failure. */
const char *wpb_json_run(struct wpb_php_json *walker, const char *p, const char *end);

/* A step reads one byte or more from P (P < END) and returns where the next one
 * begins, or NULL after a failure. */
const char *wpb_json_walker_unexpected(struct wpb_php_json *walker, const char *p);
int wpb_json_walker_leaf(struct wpb_php_json *walker, enum wpb_php_type type,
                         uint64_t length, uint64_t end);

/* P is behind the first quote and may be END. */
const char *wpb_json_walker_begin_string(struct wpb_php_json *walker, const char *p,
                                         const char *end, bool in_key);
const char *wpb_json_walker_string(struct wpb_php_json *walker, const char *p,
                                   const char *end);
/* P is at the first byte. */
const char *wpb_json_walker_begin_number(struct wpb_php_json *walker, const char *p);
const char *wpb_json_walker_number(struct wpb_php_json *walker, const char *p,
                                   const char *end);
/* The text ends at OFFSET: report the number that it ends, if it is one. */
void wpb_json_walker_end_number(struct wpb_php_json *walker, uint64_t offset);

#endif
