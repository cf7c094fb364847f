/*
 * igbinary_strings.h - the strings an igbinary value has held so far, by number.
 *
 * igbinary writes a string once and its number from then on. Kept are all lengths,
 * and the text of those that may come again as a key: of what was a key the first
 * WPB_PHP_KEY_MAX bytes, of what was a value, all of it when it is no longer than
 * names are. Up to 8 MiB of text and
 * 2^21 strings, whatever the value holds; what is beyond is counted. Blocks grow with
 * real input and never move. One thread.
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
#define WPB_IGBINARY_KEPT_BLOCK 8192U
#define WPB_IGBINARY_KEPT_BLOCKS 256U

struct wpb_igbinary_string {
    uint32_t len; /* UINT32_MAX: that or more */
    uint32_t text_at : 24;
    uint32_t has_text : 1;
    uint32_t is_held : 1;
};

struct wpb_igbinary_strings {
    uint64_t count;      /* met, kept or not */
    uint32_t kept_count; /* the first ones */
    uint32_t text_at;    /* where the next text goes: block and place in it */
    uint32_t missing;    /* bytes of the newest string's text not yet added */
    struct wpb_igbinary_string *kept[WPB_IGBINARY_KEPT_BLOCKS];
    char *text[WPB_IGBINARY_TEXT_BLOCKS];
};

void wpb_igbinary_strings_fini(struct wpb_igbinary_strings *strings);

/* Blocks for one string more, as far as there may be any. -1 when memory is out. */
int wpb_igbinary_strings_grow(struct wpb_igbinary_strings *strings);

static inline int wpb_igbinary_strings_reserve(struct wpb_igbinary_strings *strings)
{
    bool has_room =
        strings->kept_count % WPB_IGBINARY_KEPT_BLOCK != 0 &&
        WPB_IGBINARY_TEXT_BLOCK - strings->text_at % WPB_IGBINARY_TEXT_BLOCK >=
            WPB_PHP_KEY_MAX &&
        strings->text_at % WPB_IGBINARY_TEXT_BLOCK != 0;
    return has_room ? 0 : wpb_igbinary_strings_grow(strings);
}

static inline char *wpb_igbinary_strings_text(const struct wpb_igbinary_strings *strings,
                                              uint32_t at)
{
    return strings->text[at / WPB_IGBINARY_TEXT_BLOCK] + at % WPB_IGBINARY_TEXT_BLOCK;
}

/* Note a string of LEN bytes, in reserved room. True when its text is to be kept. */
static inline bool wpb_igbinary_strings_note(struct wpb_igbinary_strings *strings,
                                             uint64_t len, bool is_wanted, bool is_held)
{
    uint32_t number = strings->kept_count;
    strings->count++;
    strings->missing = 0;
    if (number == WPB_IGBINARY_KEPT_BLOCK * WPB_IGBINARY_KEPT_BLOCKS)
        return false;
    bool has_text = is_wanted &&
                    strings->text_at < WPB_IGBINARY_TEXT_BLOCK * WPB_IGBINARY_TEXT_BLOCKS;
    strings->kept[number / WPB_IGBINARY_KEPT_BLOCK][number % WPB_IGBINARY_KEPT_BLOCK] =
        (struct wpb_igbinary_string){
            .len = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX,
            .text_at = strings->text_at & 0xFFFFFF,
            .has_text = has_text,
            .is_held = is_held,
        };
    strings->kept_count++;
    return has_text;
}

/* A string of LEN bytes follows. IS_KEY: as a key or class name. IS_HELD: decoded
 * values refer to it. -1 when memory is out. */
int wpb_igbinary_strings_open(struct wpb_igbinary_strings *strings, uint64_t len,
                              bool is_key, bool is_held);
/* Bytes of the newest string, in order; those past what is kept are ignored. */
static inline void wpb_igbinary_strings_add(struct wpb_igbinary_strings *strings,
                                            const char *bytes, size_t len)
{
    size_t part = len < strings->missing ? len : strings->missing;
    if (part == 0)
        return;
    memcpy(wpb_igbinary_strings_text(strings, strings->text_at), bytes, part);
    strings->text_at += (uint32_t)part;
    strings->missing -= (uint32_t)part;
}

/* Both at once, of a string that is whole at BYTES, shorter than 256, with
 * WPB_IGBINARY_VALUE_KEPT bytes there whatever LEN is. */
static inline int wpb_igbinary_strings_put(struct wpb_igbinary_strings *strings,
                                           const char *bytes, size_t len, bool is_key,
                                           bool is_held)
{
    bool is_wanted = is_key || len <= WPB_IGBINARY_VALUE_KEPT;
    if (wpb_igbinary_strings_reserve(strings))
        return -1;
    if (!wpb_igbinary_strings_note(strings, len, is_wanted, is_held))
        return 0;
    /* A fixed length costs less than the right one; a block has room for either. */
    char *to = wpb_igbinary_strings_text(strings, strings->text_at);
    memcpy(to, bytes, WPB_IGBINARY_VALUE_KEPT);
    if (len > WPB_IGBINARY_VALUE_KEPT)
        memcpy(to + WPB_IGBINARY_VALUE_KEPT, bytes + WPB_IGBINARY_VALUE_KEPT,
               len - WPB_IGBINARY_VALUE_KEPT);
    strings->text_at += (uint32_t)len;
    return 0;
}

struct wpb_igbinary_found {
    uint64_t len;
    struct wpb_slice text; /* its beginning; valid as long as the strings are */
    bool has_text;
    bool is_held; /* before this call */
};

/* The string of NUMBER, below count. IS_HELD: from now on it is. */
static inline struct wpb_igbinary_found
wpb_igbinary_strings_find(struct wpb_igbinary_strings *strings, uint64_t number,
                          bool is_held)
{
    if (number >= strings->kept_count)
        return (struct wpb_igbinary_found){.text = {"", 0}, .is_held = true};
    struct wpb_igbinary_string *string =
        &strings
             ->kept[number / WPB_IGBINARY_KEPT_BLOCK][number % WPB_IGBINARY_KEPT_BLOCK];
    struct wpb_igbinary_found found = {
        .len = string->len,
        .text = {"", 0},
        .has_text = string->has_text,
        .is_held = string->is_held,
    };
    if (string->has_text)
        found.text =
            wpb_slice_of(wpb_igbinary_strings_text(strings, string->text_at),
                         string->len < WPB_PHP_KEY_MAX ? string->len : WPB_PHP_KEY_MAX);
    string->is_held |= is_held;
    return found;
}

#endif
