#include "probes/php/igbinary_strings.h"

#include <stdlib.h>

#define TEXT_END (WPB_IGBINARY_TEXT_BLOCK * WPB_IGBINARY_TEXT_BLOCKS)
#define KEPT_END (WPB_IGBINARY_KEPT_BLOCK * WPB_IGBINARY_KEPT_BLOCKS)

void wpb_igbinary_strings_fini(struct wpb_igbinary_strings *strings)
{
    for (size_t i = 0; i < WPB_IGBINARY_KEPT_BLOCKS && strings->kept[i]; i++)
        free(strings->kept[i]);
    for (size_t i = 0; i < WPB_IGBINARY_TEXT_BLOCKS && strings->text[i]; i++)
        free(strings->text[i]);
}

static int grow_text(struct wpb_igbinary_strings *strings)
{
    uint32_t place = strings->text_at % WPB_IGBINARY_TEXT_BLOCK;
    if (WPB_IGBINARY_TEXT_BLOCK - place < WPB_PHP_KEY_MAX)
        strings->text_at += WPB_IGBINARY_TEXT_BLOCK - place;
    if (strings->text_at >= TEXT_END)
        return 0;
    char **block = &strings->text[strings->text_at / WPB_IGBINARY_TEXT_BLOCK];
    if (!*block)
        *block = malloc(WPB_IGBINARY_TEXT_BLOCK);
    return *block ? 0 : -1;
}

int wpb_igbinary_strings_grow(struct wpb_igbinary_strings *strings)
{
    if (grow_text(strings))
        return -1;
    if (strings->kept_count >= KEPT_END)
        return 0;
    struct wpb_igbinary_string **block =
        &strings->kept[strings->kept_count / WPB_IGBINARY_KEPT_BLOCK];
    if (!*block)
        *block = malloc(WPB_IGBINARY_KEPT_BLOCK * sizeof(**block));
    return *block ? 0 : -1;
}

int wpb_igbinary_strings_open(struct wpb_igbinary_strings *strings, uint64_t len,
                              bool is_key, bool is_held)
{
    bool is_wanted = is_key || len <= WPB_IGBINARY_VALUE_KEPT;
    if (wpb_igbinary_strings_reserve(strings))
        return -1;
    if (wpb_igbinary_strings_note(strings, len, is_wanted, is_held))
        strings->missing = len < WPB_PHP_KEY_MAX ? (uint32_t)len : WPB_PHP_KEY_MAX;
    return 0;
}
