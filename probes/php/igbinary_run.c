#include "probes/php/igbinary_walker.h"

#include <endian.h>

/* The elements of real arrays are short and whole, so this path reads them without the
 * bookkeeping of the grammar. Whatever it does not know, or what the chunk cuts, is
 * left to igbinary.c, which alone decides what is invalid. */

/* Bytes that must be there to look at a key and the head of its value, and to copy a
 * text in one length. */
#define ROOM 80

enum {
    NOTHING = 0x00,
    NO = 0x04,
    YES = 0x05,
    INT_8 = 0x06,
    INT_8_NEGATIVE = 0x07,
    INT_16 = 0x08,
    INT_16_NEGATIVE = 0x09,
    INT_32 = 0x0a,
    INT_32_NEGATIVE = 0x0b,
    DOUBLE = 0x0c,
    EMPTY = 0x0d,
    ID_8 = 0x0e,
    ID_16 = 0x0f,
    TEXT_8 = 0x11,
    TEXT_16 = 0x12,
    ARRAY_8 = 0x14,
    ARRAY_16 = 0x15,
};

static inline uint32_t load16(const char *p)
{
    return (uint32_t)(uint8_t)p[0] << 8 | (uint8_t)p[1];
}

static inline uint32_t load32(const char *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return be32toh(value);
}

/* The number of an earlier string at P, of one byte or two. */
static inline bool found_at(struct wpb_php_igbinary *walker, const char *p, bool is_held,
                            struct wpb_igbinary_found *found)
{
    uint64_t number = *p == ID_8 ? (uint8_t)p[1] : load16(p + 1);
    if (number >= walker->strings.count)
        return false;
    *found = wpb_igbinary_strings_find(&walker->strings, number, is_held);
    return true;
}

static inline void int_key(struct wpb_php_event *event, int64_t number)
{
    event->key_is_int = true;
    event->key_int = number;
    event->key.data = "";
    event->key.len = 0;
    event->key_len = 0;
    event->key_is_shared = false;
}

static inline void text_key(struct wpb_php_event *event, struct wpb_slice text,
                            uint64_t len, bool is_shared)
{
    event->key_is_int = false;
    event->key_int = 0;
    event->key = text;
    event->key_len = len;
    event->key_is_shared = is_shared;
}

/* The key at P, with ROOM there, into EVENT. Where its value begins; P when it is none
 * that this path knows, NULL when memory is out. */
static inline const char *whole_key(struct wpb_php_igbinary *walker, const char *p,
                                    const char *end, bool is_held,
                                    struct wpb_php_event *event)
{
    struct wpb_igbinary_found found;
    switch ((uint8_t)*p) {
    case INT_8:
        int_key(event, (uint8_t)p[1]);
        return p + 2;
    case INT_16:
        int_key(event, load16(p + 1));
        return p + 3;
    case INT_32:
        int_key(event, load32(p + 1));
        return p + 5;
    case ID_8:
    case ID_16:
        if (!found_at(walker, p, is_held, &found))
            return p;
        walker->unknown += !found.has_text;
        text_key(event, found.text, found.len, found.is_held);
        return p + (*p == ID_8 ? 2 : 3);
    case TEXT_8: {
        size_t len = (uint8_t)p[1];
        if ((size_t)(end - p) < len + ROOM)
            return p;
        if (wpb_igbinary_strings_put(&walker->strings, p + 2, len, true, is_held))
            return NULL;
        text_key(event, wpb_slice_of(p + 2, len), len, false);
        return p + 2 + len;
    }
    default:
        return p;
    }
}

/* The value at P, a scalar, into EVENT. Where it ends; P when it is none that this path
 * knows or not whole, NULL when memory is out. */
static inline const char *whole_scalar(struct wpb_php_igbinary *walker, const char *p,
                                       const char *end, struct wpb_php_event *event)
{
    struct wpb_igbinary_found found;
    event->length = 0;
    event->is_shared = false;
    switch ((uint8_t)*p) {
    case NOTHING:
        event->type = WPB_PHP_NULL;
        return p + 1;
    case NO:
    case YES:
        event->type = WPB_PHP_BOOL;
        return p + 1;
    case INT_8:
    case INT_8_NEGATIVE:
        event->type = WPB_PHP_INT;
        return p + 2;
    case INT_16:
    case INT_16_NEGATIVE:
        event->type = WPB_PHP_INT;
        return p + 3;
    case INT_32:
    case INT_32_NEGATIVE:
        event->type = WPB_PHP_INT;
        return p + 5;
    case DOUBLE:
        event->type = WPB_PHP_FLOAT;
        return p + 9;
    case EMPTY:
        event->type = WPB_PHP_STRING;
        return p + 1;
    case ID_8:
    case ID_16:
        event->type = WPB_PHP_STRING;
        if (!found_at(walker, p, true, &found))
            return p;
        event->length = found.len;
        event->is_shared = found.is_held;
        return p + (*p == ID_8 ? 2 : 3);
    case TEXT_8: {
        size_t len = (uint8_t)p[1];
        event->type = WPB_PHP_STRING;
        event->length = len;
        if ((size_t)(end - p) < len + ROOM)
            return p;
        if (wpb_igbinary_strings_put(&walker->strings, p + 2, len, false, true))
            return NULL;
        return p + 2 + len;
    }
    case TEXT_16: {
        size_t len = load16(p + 1);
        event->type = WPB_PHP_STRING;
        event->length = len;
        if ((size_t)(end - p) < len + ROOM || len <= WPB_IGBINARY_VALUE_KEPT)
            return p;
        if (wpb_igbinary_strings_open(&walker->strings, len, false, true))
            return NULL;
        return p + 3 + len;
    }
    default:
        return p;
    }
}

/* The key of EVENT, for what follows it. Its text stays in the chunk or the strings. */
static void set_key(struct wpb_frames *frames, const struct wpb_php_event *event)
{
    frames->key.is_present = true;
    frames->key.is_int = event->key_is_int;
    frames->key.is_shared = event->key_is_shared;
    frames->key.number = event->key_int;
    frames->key.len = event->key_len;
    frames->key.kept = (uint32_t)event->key.len;
    frames->key.text = event->key.data;
}

/* An array of which P holds the head. Where its first element begins, NULL after a
 * failure. */
static const char *enter(struct wpb_php_igbinary *walker, const char *p)
{
    struct wpb_frames *frames = &walker->frames;
    uint64_t count = *p == ARRAY_8 ? (uint8_t)p[1] : load16(p + 1);
    const char *next = p + (*p == ARRAY_8 ? 2 : 3);
    if (wpb_frames_begin(frames, wpb_frames_position(frames, p)))
        return NULL;
    walker->references++;
    set_key(frames, &frames->event);
    if (wpb_frames_enter(frames, WPB_PHP_ARRAY, count, count > 0,
                         wpb_frames_position(frames, next)))
        return NULL;
    return next;
}

/* Close what the element that ends before P completes. -1 after a failure, 1 when the
 * outermost array is closed. */
static int close_all(struct wpb_php_igbinary *walker, const char *p)
{
    struct wpb_frames *frames = &walker->frames;
    while (frames->open[frames->depth - 1].left == 0) {
        if (wpb_frames_leave(frames, wpb_frames_position(frames, p)))
            return -1;
        if (frames->depth == 0) {
            walker->state = WPB_IGBINARY_END;
            return 1;
        }
    }
    return 0;
}

static void prepare(struct wpb_frames *frames, const struct wpb_frame *parent)
{
    struct wpb_php_event *event = &frames->event;
    event->phase = WPB_PHP_LEAF;
    event->depth = frames->depth;
    event->has_key = true;
    event->is_property = parent->has_properties;
    event->count = 0;
    event->class_name = wpb_slice_of("", 0);
    event->target = 0;
    event->is_hard = false;
    event->table_to.slots = 0;
}

/* Why a run of scalars ended. */
enum stop {
    AT_END, /* of the array */
    AT_ARRAY,
    AT_VALUE, /* which the grammar must read; its key was read */
    AT_KEY,   /* the same of a key */
    FAILED,
};

/* Elements of the innermost array, as long as they are scalars. */
static enum stop run_of_scalars(struct wpb_php_igbinary *walker, const char **from,
                                const char *end)
{
    struct wpb_frames *frames = &walker->frames;
    struct wpb_frame *parent = &frames->open[frames->depth - 1];
    struct wpb_php_event *event = &frames->event;
    bool is_held = !parent->has_properties, has_table = parent->has_table;
    uint64_t budget = frames->limits.max_elements - frames->elements;
    uint64_t may = parent->left < budget ? parent->left : budget;
    uint64_t left = may;
    const char *p = *from;
    enum stop stop = AT_KEY;
    prepare(frames, parent);
    while (left > 0 && end - p >= ROOM) {
        const char *value = whole_key(walker, p, end, is_held, event);
        if (value == p)
            break;
        const char *next = value ? whole_scalar(walker, value, end, event) : NULL;
        if (!next) {
            wpb_frames_stop(frames, WPB_E_MEMORY, wpb_frames_position(frames, p),
                            "out of memory", 0);
            stop = FAILED;
            break;
        }
        if (next == value) {
            stop = *value == ARRAY_8 || *value == ARRAY_16 ? AT_ARRAY : AT_VALUE;
            p = value;
            break;
        }
        if (has_table)
            wpb_frames_put(parent, event);
        event->offset = wpb_frames_position(frames, value);
        event->bytes = (uint64_t)(next - value);
        left--;
        p = next;
        if (frames->visit(frames->cookie, event) != 0) {
            wpb_frames_stop(frames, WPB_E_CANCELLED, wpb_frames_position(frames, p),
                            "cancelled", 0);
            stop = FAILED;
            break;
        }
    }
    frames->elements += may - left;
    parent->left -= may - left;
    parent->taken += may - left;
    *from = p;
    return stop == AT_KEY && parent->left == 0 ? AT_END : stop;
}

const char *wpb_igbinary_run(struct wpb_php_igbinary *walker, const char *p,
                             const char *end)
{
    for (;;) {
        switch (run_of_scalars(walker, &p, end)) {
        case AT_END: {
            int result = close_all(walker, p);
            if (result)
                return result < 0 ? NULL : p;
            break;
        }
        case AT_ARRAY:
            p = enter(walker, p);
            if (!p)
                return NULL;
            break;
        case AT_VALUE:
            set_key(&walker->frames, &walker->frames.event);
            walker->state = WPB_IGBINARY_VALUE;
            return p;
        case AT_KEY:
            return p;
        case FAILED:
            return NULL;
        }
    }
}
