#include "probes/php/igbinary_head.h"

#include <stdint.h>

enum {
    ITEM_NULL = 0x00,
    ITEM_FALSE = 0x04,
    ITEM_TRUE = 0x05,
    STRING_8 = 0x11,
    STRING_32 = 0x13,
    ARRAY_8 = 0x14,
};
#define VERSION_BYTES 4

static uint8_t byte_at(struct wpb_slice bytes, size_t at)
{
    return (uint8_t)bytes.data[at];
}

/* The big-endian number behind the type byte FIRST, which is of the 8-bit kind
 * or one of the two that follow it. Moves HEAD behind it; false when it is not
 * whole or another type. */
static bool take_count(struct wpb_slice *head, uint8_t first, uint64_t *count)
{
    if (head->len < 1 || byte_at(*head, 0) < first || byte_at(*head, 0) > first + 2)
        return false;
    size_t width = (size_t)1 << (byte_at(*head, 0) - first);
    if (head->len < 1 + width)
        return false;
    *count = 0;
    for (size_t i = 1; i <= width; i++)
        *count = *count << 8 | byte_at(*head, i);
    *head = wpb_slice_skip(*head, 1 + width);
    return true;
}

bool wpb_igbinary_head_is_flags(struct wpb_slice head)
{
    uint64_t entries, len;
    bool has_pair = false;
    head = wpb_slice_skip(head, VERSION_BYTES);
    if (!take_count(&head, ARRAY_8, &entries))
        return false;
    for (uint64_t i = 0; i < entries && head.len > 0; i++) {
        uint8_t type = byte_at(head, 0);
        if (type < STRING_8 || type > STRING_32)
            return false;
        if (!take_count(&head, STRING_8, &len) || len >= head.len)
            break;
        uint8_t item = byte_at(head, (size_t)len);
        if (item != ITEM_NULL && item != ITEM_FALSE && item != ITEM_TRUE)
            return false;
        head = wpb_slice_skip(head, (size_t)len + 1);
        has_pair = true;
    }
    return has_pair;
}
