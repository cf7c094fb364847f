#include "probes/php/igbinary_strings.h"

#include <stdlib.h>

#include "probes/php/walk.h"

#define TEXT_MAX (UINT32_C(8) << 20)
#define STRINGS_MAX (UINT32_C(1) << 21)
#define STRINGS_FIRST 64
#define TEXT_FIRST 4096

struct wpb_igbinary_string {
    uint32_t len; /* UINT32_MAX: that or more */
    uint32_t text_at : 24;
    uint32_t has_text : 1;
    uint32_t is_held : 1;
};

void wpb_igbinary_strings_fini(struct wpb_igbinary_strings *strings)
{
    free(strings->kept);
    free(strings->text);
}

static int reserve(struct wpb_igbinary_strings *strings, uint32_t text)
{
    if (strings->kept_count == strings->capacity) {
        uint32_t capacity = strings->capacity ? strings->capacity * 2 : STRINGS_FIRST;
        struct wpb_igbinary_string *kept =
            reallocarray(strings->kept, capacity, sizeof(*kept));
        if (!kept)
            return -1;
        strings->kept = kept;
        strings->capacity = capacity;
    }
    if (text > strings->text_capacity - strings->text_len) {
        uint32_t capacity =
            strings->text_capacity ? strings->text_capacity * 2 : (uint32_t)TEXT_FIRST;
        char *grown = realloc(strings->text, capacity);
        if (!grown)
            return -1;
        strings->text = grown;
        strings->text_capacity = capacity;
    }
    return 0;
}

int wpb_igbinary_strings_open(struct wpb_igbinary_strings *strings, uint64_t len,
                              bool is_held)
{
    uint32_t kept = len < WPB_PHP_KEY_MAX ? (uint32_t)len : WPB_PHP_KEY_MAX;
    strings->count++;
    strings->missing = 0;
    if (strings->kept_count == STRINGS_MAX)
        return 0;
    bool has_text = kept <= TEXT_MAX - strings->text_len;
    if (reserve(strings, has_text ? kept : 0))
        return -1;
    strings->kept[strings->kept_count++] = (struct wpb_igbinary_string){
        .len = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX,
        .text_at = strings->text_len & 0xFFFFFF,
        .has_text = has_text,
        .is_held = is_held,
    };
    strings->missing = has_text ? kept : 0;
    return 0;
}

struct wpb_igbinary_found wpb_igbinary_strings_find(struct wpb_igbinary_strings *strings,
                                                    uint64_t number, bool is_held)
{
    if (number >= strings->kept_count)
        return (struct wpb_igbinary_found){.text = {"", 0}, .is_held = true};
    struct wpb_igbinary_string *string = &strings->kept[number];
    struct wpb_igbinary_found found = {
        .len = string->len,
        .text = {"", 0},
        .has_text = string->has_text,
        .is_held = string->is_held,
    };
    if (string->has_text && string->len > 0)
        found.text =
            wpb_slice_of(strings->text + string->text_at,
                         string->len < WPB_PHP_KEY_MAX ? string->len : WPB_PHP_KEY_MAX);
    string->is_held |= is_held;
    return found;
}
