#include "probes/php/igbinary_strings.h"

#include <stdlib.h>

#define KEPT_END (WPB_IGBINARY_KEPT_BLOCK * WPB_IGBINARY_KEPT_BLOCKS)

void wpb_igbinary_strings_fini(struct wpb_igbinary_strings *strings)
{
    for (size_t i = 0; i < WPB_IGBINARY_KEPT_BLOCKS && strings->kept[i]; i++)
        free(strings->kept[i]);
    for (size_t i = 0; i < WPB_IGBINARY_TEXT_BLOCKS && strings->text[i]; i++)
        free(strings->text[i]);
}

/* A block with room for the text of one string more, as far as there may be any. */
static int grow_text(struct wpb_igbinary_strings *strings)
{
    if (strings->text_room >= WPB_PHP_KEY_MAX ||
        strings->text_blocks == WPB_IGBINARY_TEXT_BLOCKS)
        return 0;
    char *block = malloc(WPB_IGBINARY_TEXT_BLOCK);
    if (!block)
        return -1;
    strings->text[strings->text_blocks++] = block;
    strings->text_next = block;
    strings->text_room = WPB_IGBINARY_TEXT_BLOCK;
    return 0;
}

/* The same for one string. */
static int grow_kept(struct wpb_igbinary_strings *strings)
{
    if (strings->string_room > 0 || strings->count >= KEPT_END)
        return 0;
    struct wpb_igbinary_string *block = malloc(WPB_IGBINARY_KEPT_BLOCK * sizeof(*block));
    if (!block)
        return -1;
    strings->kept[strings->count / WPB_IGBINARY_KEPT_BLOCK] = block;
    strings->next = block;
    strings->string_room = WPB_IGBINARY_KEPT_BLOCK;
    return 0;
}

int wpb_igbinary_strings_open(struct wpb_igbinary_strings *strings, uint64_t len,
                              bool is_key, bool is_held)
{
    if (grow_text(strings) || grow_kept(strings))
        return -1;
    strings->count++;
    strings->missing = 0;
    if (strings->string_room == 0)
        return 0;
    bool has_text = (is_key || len <= WPB_IGBINARY_VALUE_KEPT) &&
                    strings->text_room >= WPB_PHP_KEY_MAX;
    strings->string_room--;
    if (has_text)
        strings->missing = len < WPB_PHP_KEY_MAX ? (uint32_t)len : WPB_PHP_KEY_MAX;
    *strings->next++ = (struct wpb_igbinary_string){
        .text = has_text ? strings->text_next : NULL,
        .len = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX,
        .kept = (uint16_t)strings->missing,
        .is_held = is_held,
    };
    return 0;
}

void wpb_igbinary_strings_add(struct wpb_igbinary_strings *strings, const char *bytes,
                              size_t len)
{
    uint32_t part = len < strings->missing ? (uint32_t)len : strings->missing;
    if (part == 0)
        return;
    memcpy(strings->text_next, bytes, part);
    strings->text_next += part;
    strings->text_room -= part;
    strings->missing -= part;
}

struct wpb_igbinary_found wpb_igbinary_strings_find(struct wpb_igbinary_strings *strings,
                                                    uint64_t number, bool is_held)
{
    if (number >= KEPT_END)
        return (struct wpb_igbinary_found){.text = {"", 0}, .is_held = true};
    struct wpb_igbinary_string *string = wpb_igbinary_strings_at(strings, number);
    struct wpb_igbinary_found found = {
        .len = string->len,
        .text = wpb_slice_of(string->text ? string->text : "", string->kept),
        .has_text = string->text,
        .is_held = string->is_held,
    };
    string->is_held |= is_held;
    return found;
}
