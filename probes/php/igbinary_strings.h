/*
 * igbinary_strings.h - the strings an igbinary value has held so far, by number.
 *
 * igbinary writes a string once and its number from then on. Kept are all lengths,
 * and the text of those that may come again as a key: of what was a key the first
 * WPB_PHP_KEY_MAX bytes, of what was a value, all of it when it is no longer than
 * names are. Up to 8 MiB of text and 2^20 strings, whatever the value holds; what is
 * beyond is counted. Blocks grow with real input and never move. One thread.
 */
#ifndef WPB_PHP_IGBINARY_STRINGS_H
#define WPB_PHP_IGBINARY_STRINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/php/walk.h"
#include "wpbloat/slice.h"

/* A value longer than this is not kept for the case that it becomes a key. */
#define WPB_IGBINARY_VALUE_KEPT 64

#define WPB_IGBINARY_TEXT_BLOCK 65536U
#define WPB_IGBINARY_TEXT_BLOCKS 128U
#define WPB_IGBINARY_KEPT_BLOCK 4096U
#define WPB_IGBINARY_KEPT_BLOCKS 256U

struct wpb_igbinary_string {
    const char *text; /* its beginning; NULL when it is not kept */
    uint32_t len;     /* UINT32_MAX: that or more */
    uint16_t kept;    /* bytes at text */
    bool is_held;     /* a decoded value refers to it */
};

struct wpb_igbinary_strings {
    uint64_t count;                   /* met, kept or not */
    struct wpb_igbinary_string *next; /* where the next string goes */
    uint32_t string_room;             /* ... and further ones behind it */
    char *text_next;                  /* where the next text goes */
    uint32_t text_room;               /* ... and what may follow it in its block */
    uint32_t text_blocks;             /* up to that one */
    uint32_t missing; /* bytes of the newest string's text not yet added */
    struct wpb_igbinary_string *kept[WPB_IGBINARY_KEPT_BLOCKS];
    char *text[WPB_IGBINARY_TEXT_BLOCKS];
};

void wpb_igbinary_strings_fini(struct wpb_igbinary_strings *strings);

/* A string of LEN bytes follows. IS_KEY: as a key or class name. IS_HELD: decoded
 * values refer to it. -1 when memory is out; then nothing was changed. */
int wpb_igbinary_strings_open(struct wpb_igbinary_strings *strings, uint64_t len,
                              bool is_key, bool is_held);
/* Bytes of the newest string, in order; those past what is kept are ignored. */
void wpb_igbinary_strings_add(struct wpb_igbinary_strings *strings, const char *bytes,
                              size_t len);

/* Blocks have room for COUNT strings more. */
static inline bool
wpb_igbinary_strings_have_room(const struct wpb_igbinary_strings *strings, uint32_t count)
{
    return strings->string_room >= count && strings->text_room >= count * WPB_PHP_KEY_MAX;
}

/* A string that is whole at BYTES, shorter than WPB_PHP_KEY_MAX if it IS_KEY, with
 * WPB_IGBINARY_VALUE_KEPT bytes there whatever LEN is, for which blocks have room. */
static inline void wpb_igbinary_strings_take(struct wpb_igbinary_strings *strings,
                                             const char *bytes, size_t len, bool is_key,
                                             bool is_held)
{
    bool is_wanted = is_key || len <= WPB_IGBINARY_VALUE_KEPT;
    struct wpb_igbinary_string *string = strings->next++;
    strings->count++;
    strings->string_room--;
    string->text = is_wanted ? strings->text_next : NULL;
    string->len = (uint32_t)len;
    string->kept = is_wanted ? (uint16_t)len : 0;
    string->is_held = is_held;
    /* A fixed length costs less than the right one; a block has room for either. */
    memcpy(strings->text_next, bytes, WPB_IGBINARY_VALUE_KEPT);
    if (is_key && len > WPB_IGBINARY_VALUE_KEPT)
        memcpy(strings->text_next + WPB_IGBINARY_VALUE_KEPT,
               bytes + WPB_IGBINARY_VALUE_KEPT, len - WPB_IGBINARY_VALUE_KEPT);
    uint32_t taken = is_wanted ? (uint32_t)len : 0;
    strings->text_next += taken;
    strings->text_room -= taken;
}

/* The same where blocks may have none. */
static inline int wpb_igbinary_strings_put(struct wpb_igbinary_strings *strings,
                                           const char *bytes, size_t len, bool is_key,
                                           bool is_held)
{
    if (wpb_igbinary_strings_have_room(strings, 1)) {
        wpb_igbinary_strings_take(strings, bytes, len, is_key, is_held);
        return 0;
    }
    if (wpb_igbinary_strings_open(strings, len, is_key, is_held))
        return -1;
    wpb_igbinary_strings_add(strings, bytes, len);
    return 0;
}

struct wpb_igbinary_found {
    uint64_t len;
    struct wpb_slice text; /* its beginning; valid as long as the strings are */
    bool has_text;
    bool is_held; /* before this call */
};

/* The string of NUMBER, one that is kept. */
static inline struct wpb_igbinary_string *
wpb_igbinary_strings_at(const struct wpb_igbinary_strings *strings, uint64_t number)
{
    return &strings->kept[number / WPB_IGBINARY_KEPT_BLOCK]
                         [number % WPB_IGBINARY_KEPT_BLOCK];
}

/* The string of NUMBER, below count. IS_HELD: from now on it is. */
struct wpb_igbinary_found wpb_igbinary_strings_find(struct wpb_igbinary_strings *strings,
                                                    uint64_t number, bool is_held);

#endif
