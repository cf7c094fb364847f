#include "probes/php/frames_run.h"
#include "probes/php/igbinary_element.h"
#include "probes/php/igbinary_walker.h"

/* The elements of real arrays are short and whole, so this path reads them without the
 * bookkeeping of the grammar. Whatever it does not know, or what the chunk cuts, is
 * left to igbinary.c, which alone decides what is invalid. */

/* The key of EVENT, for what follows it. Its text stays in the chunk or the strings. */
static const char *hand_over(struct wpb_php_igbinary *walker, const char *p)
{
    const struct wpb_php_event *event = &walker->frames.event;
    struct wpb_frames_key *key = &walker->frames.key;
    key->is_present = true;
    key->is_int = event->key_is_int;
    key->is_shared = event->key_is_shared;
    key->number = event->key_int;
    key->len = event->key_len;
    key->kept = (uint32_t)event->key.len;
    key->text = event->key.data;
    walker->state = WPB_IGBINARY_VALUE;
    return p;
}

/* The array of which *FROM holds the head and the event the key; then its first element.
 * Its frame, NULL after a failure. */
static inline struct wpb_frame *enter(struct wpb_php_igbinary *walker,
                                      struct wpb_frame *parent, const char **from)
{
    struct wpb_frames *frames = &walker->frames;
    const char *p = *from;
    uint64_t count = wpb_igbinary_load8(p + 1);
    *from = p + 2;
    if (*p == WPB_IGBINARY_ARRAY_16) {
        count = wpb_igbinary_load16(p + 1);
        *from = p + 3;
    }
    walker->references++;
    return wpb_frames_run_enter(frames, parent, count, count > 0,
                                wpb_frames_position(frames, p),
                                wpb_frames_position(frames, *from));
}

/* Report the leaf of the event, which stands between P and END. */
static inline int leaf(struct wpb_frames *frames, struct wpb_frame *parent, const char *p,
                       const char *end)
{
    struct wpb_php_event *event = &frames->event;
    wpb_frames_run_put(parent, event);
    event->offset = wpb_frames_position(frames, p);
    event->bytes = (uint64_t)(end - p);
    frames->elements++;
    parent->left--;
    parent->taken++;
    return wpb_frames_run_report(frames, event->offset + event->bytes);
}

/* The number of an earlier array at P, as igbinary writes all empty ones but the first.
 * Where it ends, P when it is none, NULL after a failure. */
static inline const char *array_again(struct wpb_php_igbinary *walker,
                                      struct wpb_frame *parent, const char *p)
{
    struct wpb_frames *frames = &walker->frames;
    struct wpb_php_event *event = &frames->event;
    uint64_t number = *p == WPB_IGBINARY_AGAIN_8 ? wpb_igbinary_load8(p + 1)
                                                 : wpb_igbinary_load16(p + 1);
    if (number >= walker->references)
        return p;
    const char *end = wpb_igbinary_plain_value(p + (*p == WPB_IGBINARY_AGAIN_8 ? 2 : 3),
                                               WPB_PHP_REFERENCE, event);
    event->target = number + 1;
    if (leaf(frames, parent, p, end))
        return NULL;
    event->target = 0;
    return end;
}

/* How many elements of FRAME may come whose keys follow each other, or are names in a
 * hash, before more changes than their number. */
static inline uint64_t alike(const struct wpb_frames *frames,
                             const struct wpb_frame *frame)
{
    uint64_t budget = frames->limits.max_elements - frames->elements;
    uint64_t slots = frame->table.now.slots - frame->table.used;
    uint64_t may = frame->left < budget ? frame->left : budget;
    return may < slots ? may : slots;
}

/* COUNT of them were reported; the last ended before P, and the visitor said RESULT. P,
 * or NULL when it wants no more. */
static inline const char *alike_end(struct wpb_frames *frames, struct wpb_frame *frame,
                                    uint64_t count, int result, const char *p)
{
    frame->table.used += count;
    frame->left -= count;
    frame->taken += count;
    frames->elements += count;
    if (result == 0)
        return p;
    wpb_frames_cancel(frames, wpb_frames_position(frames, p));
    return NULL;
}

/* Where the integer at P ends, of a type that lists have; P when it is none. */
static inline const char *int_end(const char *p)
{
    switch ((uint8_t)*p) {
    case WPB_IGBINARY_INT_8:
        return p + 2;
    case WPB_IGBINARY_INT_16:
        return p + 3;
    case WPB_IGBINARY_INT_32:
        return p + 5;
    default:
        return p;
    }
}

/* Where the integer KEY at P ends, P when something else stands there. */
static inline const char *key_end(const char *p, uint64_t key)
{
    if (*p == WPB_IGBINARY_INT_16 && wpb_igbinary_load16(p + 1) == key)
        return p + 3;
    if (*p == WPB_IGBINARY_INT_8 && wpb_igbinary_load8(p + 1) == key)
        return p + 2;
    if (*p == WPB_IGBINARY_INT_32 && wpb_igbinary_load32(p + 1) == key)
        return p + 5;
    return p;
}

/* Behind an integer in a list: further ones, whose events differ in key and place alone.
 * Where the last one ends, NULL after a failure. */
static const char *run_of_ints(struct wpb_frames *frames, struct wpb_frame *frame,
                               const char *p, const char *end)
{
    struct wpb_php_event *event = &frames->event;
    uint64_t may = alike(frames, frame), left = may;
    uint64_t key = frame->table.used;
    int result = 0;
    event->table_to.slots = 0;
    while (left > 0 && end - p >= WPB_IGBINARY_ROOM && result == 0) {
        const char *value = key_end(p, key);
        const char *next = int_end(value);
        if (value == p || next == value)
            break;
        event->key_int = (int64_t)key++;
        event->offset = wpb_frames_position(frames, value);
        event->bytes = (uint64_t)(next - value);
        left--;
        p = next;
        result = frames->visit(frames->cookie, event);
    }
    return alike_end(frames, frame, may - left, result, p);
}

/* The head of a text or flag at P into EVENT: its bytes, 0 when it is neither. */
static inline size_t option_head(const char *p, struct wpb_php_event *event)
{
    switch ((uint8_t)*p) {
    case WPB_IGBINARY_TEXT_8:
        event->type = WPB_PHP_STRING;
        event->length = wpb_igbinary_load8(p + 1);
        return 2;
    case WPB_IGBINARY_TEXT_16:
        event->type = WPB_PHP_STRING;
        event->length = wpb_igbinary_load16(p + 1);
        return 3;
    case WPB_IGBINARY_NO:
    case WPB_IGBINARY_YES:
        event->type = WPB_PHP_BOOL;
        event->length = 0;
        return 1;
    default:
        return 0;
    }
}

/* Behind an element of a hash with a name: further ones whose names are new, with texts
 * and flags, as options are. Where the last one ends, NULL after a failure. */
static const char *run_of_options(struct wpb_php_igbinary *walker,
                                  struct wpb_frame *frame, const char *p, const char *end)
{
    struct wpb_frames *frames = &walker->frames;
    struct wpb_php_event *event = &frames->event;
    struct wpb_igbinary_strings *strings = &walker->strings;
    uint64_t may = alike(frames, frame), left = may;
    int result = 0;
    event->table_to.slots = 0;
    event->key_is_shared = false;
    event->is_shared = false;
    while (left > 0 && end - p >= WPB_IGBINARY_ROOM && *p == WPB_IGBINARY_TEXT_8 &&
           result == 0) {
        size_t len = wpb_igbinary_load8(p + 1);
        const char *name = p + 2, *value = name + len;
        if ((size_t)(end - name) < len + WPB_IGBINARY_ROOM)
            break;
        size_t head = option_head(value, event);
        const char *text = value + head;
        if (head == 0 || (size_t)(end - text) < event->length + WPB_IGBINARY_ROOM ||
            !wpb_igbinary_strings_have_room(strings, 2))
            break;
        const char *next = text + event->length;
        wpb_igbinary_strings_take(strings, name, len, true, true);
        if (head > 1)
            wpb_igbinary_strings_take(strings, text, event->length, false, true);
        event->key = wpb_slice_of(name, len);
        event->key_len = len;
        event->offset = wpb_frames_position(frames, value);
        event->bytes = (uint64_t)(next - value);
        left--;
        p = next;
        result = frames->visit(frames->cookie, event);
    }
    return alike_end(frames, frame, may - left, result, p);
}

/* More of the kind of the leaf of the event, which ended before P. */
static inline const char *run_of_alike(struct wpb_php_igbinary *walker,
                                       struct wpb_frame *frame, const char *p,
                                       const char *end)
{
    const struct wpb_php_event *event = &walker->frames.event;
    if (frame->table.now.is_packed)
        return event->type == WPB_PHP_INT ? run_of_ints(&walker->frames, frame, p, end)
                                          : p;
    if (p < end && *p == WPB_IGBINARY_TEXT_8 && !event->key_is_int && frame->has_table)
        return run_of_options(walker, frame, p, end);
    return p;
}

/* Close what the element that ends before P completes. The frame that is innermost then,
 * NULL after a failure and at the end of all. */
static inline struct wpb_frame *close_all(struct wpb_php_igbinary *walker,
                                          struct wpb_frame *frame, const char *p)
{
    struct wpb_frames *frames = &walker->frames;
    uint64_t end = wpb_frames_position(frames, p);
    do {
        if (wpb_frames_run_leave(frames, frame, end))
            return NULL;
        if (frames->depth == 0) {
            walker->state = WPB_IGBINARY_END;
            return NULL;
        }
        frame--;
    } while (frame->left == 0);
    wpb_frames_run_leaves(frames, frame);
    return frame;
}

/* A value that is no scalar, at P. Where it ends or its first element begins, P when
 * the grammar must read it, NULL after a failure. */
static inline const char *other_value(struct wpb_php_igbinary *walker,
                                      struct wpb_frame **frame, const char *p)
{
    switch ((uint8_t)*p) {
    case WPB_IGBINARY_ARRAY_8:
    case WPB_IGBINARY_ARRAY_16:
        *frame = enter(walker, *frame, &p);
        if (!*frame)
            return NULL;
        wpb_frames_run_leaves(&walker->frames, *frame);
        return p;
    case WPB_IGBINARY_AGAIN_8:
    case WPB_IGBINARY_AGAIN_16:
        return array_again(walker, *frame, p);
    default:
        return p;
    }
}

const char *wpb_igbinary_run(struct wpb_php_igbinary *walker, const char *p,
                             const char *end)
{
    struct wpb_frames *frames = &walker->frames;
    struct wpb_php_event *event = &frames->event;
    struct wpb_igbinary_strings *strings = &walker->strings;
    struct wpb_frame *frame = wpb_frames_top(frames);
    wpb_frames_run_begin(frames);
    wpb_frames_run_leaves(frames, frame);
    while (end - p >= WPB_IGBINARY_ROOM &&
           frames->elements < frames->limits.max_elements) {
        const char *value =
            wpb_igbinary_whole_key(strings, p, end, !frame->has_properties, event);
        if (value == p)
            return p;
        p = wpb_igbinary_whole_scalar(strings, value, end, event);
        if (p != value) {
            if (leaf(frames, frame, value, p))
                return NULL;
            p = run_of_alike(walker, frame, p, end);
            if (!p)
                return NULL;
        } else {
            p = other_value(walker, &frame, value);
            if (p == value)
                return hand_over(walker, p);
            if (!p)
                return NULL;
        }
        if (frame->left == 0 && !(frame = close_all(walker, frame, p)))
            return frames->has_failed ? NULL : p;
    }
    return p;
}
