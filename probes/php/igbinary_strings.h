/*
 * igbinary_strings.h - the strings an igbinary value has held so far, by number.
 *
 * igbinary writes a string once and its number from then on. Kept are lengths and
 * the first WPB_PHP_KEY_MAX bytes, since any string may come again as a key: up to
 * 8 MiB of text and 2^21 strings, whatever the value holds. What is beyond is
 * counted, and its text unknown. One thread.
 */
#ifndef WPB_PHP_IGBINARY_STRINGS_H
#define WPB_PHP_IGBINARY_STRINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

struct wpb_igbinary_string;

struct wpb_igbinary_strings {
    struct wpb_igbinary_string *kept;
    uint32_t kept_count, capacity;
    uint64_t count; /* met, kept or not */
    char *text;
    uint32_t text_len, text_capacity;
    uint32_t missing; /* bytes of the newest string's text not yet added */
};

void wpb_igbinary_strings_fini(struct wpb_igbinary_strings *strings);

/* A string of LEN bytes follows. IS_HELD: decoded values refer to it. -1 when
 * memory is out. */
int wpb_igbinary_strings_open(struct wpb_igbinary_strings *strings, uint64_t len,
                              bool is_held);
/* Bytes of the newest string, in order; those past what is kept are ignored. */
static inline void wpb_igbinary_strings_add(struct wpb_igbinary_strings *strings,
                                            const char *bytes, size_t len)
{
    size_t part = len < strings->missing ? len : strings->missing;
    if (part == 0)
        return;
    memcpy(strings->text + strings->text_len, bytes, part);
    strings->text_len += (uint32_t)part;
    strings->missing -= (uint32_t)part;
}

struct wpb_igbinary_found {
    uint64_t len;
    struct wpb_slice text; /* its beginning; valid until the next open */
    bool has_text;
    bool is_held; /* before this call */
};

/* The string of NUMBER, below count. IS_HELD: from now on it is. */
struct wpb_igbinary_found wpb_igbinary_strings_find(struct wpb_igbinary_strings *strings,
                                                    uint64_t number, bool is_held);

#endif
