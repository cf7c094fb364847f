/*
 * igbinary_element.h - a key and a scalar of igbinary that a chunk holds whole.
 *
 * What igbinary_run.c reads an array's elements with: no state between two bytes, no
 * budgets, no errors. What is not whole, not known or not remembered is left where it
 * stands, for the grammar in igbinary.c.
 */
#ifndef WPB_PHP_IGBINARY_ELEMENT_H
#define WPB_PHP_IGBINARY_ELEMENT_H

#include <endian.h>

#include "probes/php/igbinary_strings.h"

/* Bytes that must be there to look at a key and the head of its value, and to copy a
 * text in one length. */
#define WPB_IGBINARY_ROOM 80

/* Types that are read this way. */
enum wpb_igbinary_type {
    WPB_IGBINARY_NOTHING = 0x00,
    WPB_IGBINARY_AGAIN_8 = 0x01,
    WPB_IGBINARY_AGAIN_16 = 0x02,
    WPB_IGBINARY_NO = 0x04,
    WPB_IGBINARY_YES = 0x05,
    WPB_IGBINARY_INT_8 = 0x06,
    WPB_IGBINARY_INT_8_NEGATIVE = 0x07,
    WPB_IGBINARY_INT_16 = 0x08,
    WPB_IGBINARY_INT_16_NEGATIVE = 0x09,
    WPB_IGBINARY_INT_32 = 0x0a,
    WPB_IGBINARY_INT_32_NEGATIVE = 0x0b,
    WPB_IGBINARY_DOUBLE = 0x0c,
    WPB_IGBINARY_EMPTY = 0x0d,
    WPB_IGBINARY_ID_8 = 0x0e,
    WPB_IGBINARY_ID_16 = 0x0f,
    WPB_IGBINARY_TEXT_8 = 0x11,
    WPB_IGBINARY_TEXT_16 = 0x12,
    WPB_IGBINARY_ARRAY_8 = 0x14,
    WPB_IGBINARY_ARRAY_16 = 0x15,
};

static inline uint32_t wpb_igbinary_load8(const char *p)
{
    return (uint8_t)*p;
}

static inline uint32_t wpb_igbinary_load16(const char *p)
{
    uint16_t value;
    memcpy(&value, p, sizeof(value));
    return be16toh(value);
}

static inline uint32_t wpb_igbinary_load32(const char *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return be32toh(value);
}

static inline void wpb_igbinary_int_key(struct wpb_php_event *event, int64_t number)
{
    event->key_int = number;
    if (event->key_is_int)
        return;
    event->key_is_int = true;
    event->key = wpb_slice_of("", 0);
    event->key_len = 0;
    event->key_is_shared = false;
}

/* A key that is the string of NUMBER. False when it is not remembered. */
static inline bool wpb_igbinary_key_again(struct wpb_igbinary_strings *strings,
                                          uint64_t number, bool is_held,
                                          struct wpb_php_event *event)
{
    if (number >= strings->count)
        return false;
    struct wpb_igbinary_string *string = wpb_igbinary_strings_at(strings, number);
    if (!string->text)
        return false;
    event->key_is_int = false;
    event->key_int = 0;
    event->key.data = string->text;
    event->key.len = string->kept;
    event->key_len = string->len;
    event->key_is_shared = string->is_held;
    if (is_held && !string->is_held)
        string->is_held = true;
    return true;
}

/* The key of LEN bytes at P, of which it is not sure that they are there. */
static inline bool wpb_igbinary_key_text(struct wpb_igbinary_strings *strings,
                                         const char *p, const char *end, size_t len,
                                         bool is_held, struct wpb_php_event *event)
{
    if ((size_t)(end - p) < len + WPB_IGBINARY_ROOM ||
        wpb_igbinary_strings_put(strings, p, len, true, is_held))
        return false;
    event->key_is_int = false;
    event->key_int = 0;
    event->key.data = p;
    event->key.len = len;
    event->key_len = len;
    event->key_is_shared = false;
    return true;
}

/* The key at P, with WPB_IGBINARY_ROOM there, into EVENT. Where its value begins; P when
 * it is none that this path knows, not whole, or not remembered. */
static inline const char *wpb_igbinary_whole_key(struct wpb_igbinary_strings *strings,
                                                 const char *p, const char *end,
                                                 bool is_held,
                                                 struct wpb_php_event *event)
{
    uint8_t type = (uint8_t)*p;
    if (type == WPB_IGBINARY_ID_8)
        return wpb_igbinary_key_again(strings, wpb_igbinary_load8(p + 1), is_held, event)
                   ? p + 2
                   : p;
    if (type == WPB_IGBINARY_TEXT_8) {
        size_t len = wpb_igbinary_load8(p + 1);
        return wpb_igbinary_key_text(strings, p + 2, end, len, is_held, event)
                   ? p + 2 + len
                   : p;
    }
    if (type == WPB_IGBINARY_ID_16)
        return wpb_igbinary_key_again(strings, wpb_igbinary_load16(p + 1), is_held, event)
                   ? p + 3
                   : p;
    if (type == WPB_IGBINARY_INT_8) {
        wpb_igbinary_int_key(event, wpb_igbinary_load8(p + 1));
        return p + 2;
    }
    if (type == WPB_IGBINARY_INT_16) {
        wpb_igbinary_int_key(event, wpb_igbinary_load16(p + 1));
        return p + 3;
    }
    if (type == WPB_IGBINARY_INT_32) {
        wpb_igbinary_int_key(event, wpb_igbinary_load32(p + 1));
        return p + 5;
    }
    return p;
}

/* A value that is the string of NUMBER. */
static inline bool wpb_igbinary_value_again(struct wpb_igbinary_strings *strings,
                                            uint64_t number, struct wpb_php_event *event)
{
    event->type = WPB_PHP_STRING;
    if (number >= strings->count)
        return false;
    struct wpb_igbinary_string *string = wpb_igbinary_strings_at(strings, number);
    event->length = string->len;
    event->is_shared = string->is_held;
    if (!string->is_held)
        string->is_held = true;
    return true;
}

static inline bool wpb_igbinary_value_text(struct wpb_igbinary_strings *strings,
                                           const char *p, const char *end, size_t len,
                                           struct wpb_php_event *event)
{
    event->type = WPB_PHP_STRING;
    event->length = len;
    event->is_shared = false;
    return (size_t)(end - p) >= len + WPB_IGBINARY_ROOM &&
           wpb_igbinary_strings_put(strings, p, len, false, true) == 0;
}

static inline const char *wpb_igbinary_plain_value(const char *end,
                                                   enum wpb_php_type type,
                                                   struct wpb_php_event *event)
{
    event->type = type;
    event->length = 0;
    event->is_shared = false;
    return end;
}

/* The value at P, a scalar, into EVENT. Where it ends; P as of a key. */
static inline const char *wpb_igbinary_whole_scalar(struct wpb_igbinary_strings *strings,
                                                    const char *p, const char *end,
                                                    struct wpb_php_event *event)
{
    uint8_t type = (uint8_t)*p;
    if (type == WPB_IGBINARY_TEXT_8) {
        size_t len = wpb_igbinary_load8(p + 1);
        return wpb_igbinary_value_text(strings, p + 2, end, len, event) ? p + 2 + len : p;
    }
    if (type == WPB_IGBINARY_ID_8)
        return wpb_igbinary_value_again(strings, wpb_igbinary_load8(p + 1), event) ? p + 2
                                                                                   : p;
    if (type == WPB_IGBINARY_ID_16)
        return wpb_igbinary_value_again(strings, wpb_igbinary_load16(p + 1), event)
                   ? p + 3
                   : p;
    if (type == WPB_IGBINARY_INT_16)
        return wpb_igbinary_plain_value(p + 3, WPB_PHP_INT, event);
    if (type == WPB_IGBINARY_INT_32)
        return wpb_igbinary_plain_value(p + 5, WPB_PHP_INT, event);
    if (type == WPB_IGBINARY_INT_8)
        return wpb_igbinary_plain_value(p + 2, WPB_PHP_INT, event);
    if (type == WPB_IGBINARY_YES || type == WPB_IGBINARY_NO)
        return wpb_igbinary_plain_value(p + 1, WPB_PHP_BOOL, event);
    switch (type) {
    case WPB_IGBINARY_TEXT_16: {
        size_t len = wpb_igbinary_load16(p + 1);
        return wpb_igbinary_value_text(strings, p + 3, end, len, event) ? p + 3 + len : p;
    }
    case WPB_IGBINARY_NOTHING:
        return wpb_igbinary_plain_value(p + 1, WPB_PHP_NULL, event);
    case WPB_IGBINARY_EMPTY:
        return wpb_igbinary_plain_value(p + 1, WPB_PHP_STRING, event);
    case WPB_IGBINARY_DOUBLE:
        return wpb_igbinary_plain_value(p + 9, WPB_PHP_FLOAT, event);
    case WPB_IGBINARY_INT_8_NEGATIVE:
        return wpb_igbinary_plain_value(p + 2, WPB_PHP_INT, event);
    case WPB_IGBINARY_INT_16_NEGATIVE:
        return wpb_igbinary_plain_value(p + 3, WPB_PHP_INT, event);
    case WPB_IGBINARY_INT_32_NEGATIVE:
        return wpb_igbinary_plain_value(p + 5, WPB_PHP_INT, event);
    default:
        return p;
    }
}

#endif
