/*
 * json_walker.h - inside of the JSON walker: its state between two bytes.
 *
 * Shared by json.c (the grammar) and json_token.c (strings and numbers).
 */
#ifndef WPB_PHP_JSON_WALKER_H
#define WPB_PHP_JSON_WALKER_H

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
