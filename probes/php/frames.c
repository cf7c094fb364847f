#include "probes/php/frames.h"

#include <stdlib.h>
#include <strings.h>

#include "probes/php/walker.h"

#define STAGE "php"

void wpb_frames_init(struct wpb_frames *frames, const struct wpb_php_limits *limits,
                     uint32_t depth, wpb_php_visit *visit, void *cookie)
{
    *frames = (struct wpb_frames){.visit = visit, .cookie = cookie};
    frames->key.text = frames->key_text;
    if (limits)
        frames->limits = *limits;
    if (frames->limits.max_bytes == 0)
        frames->limits.max_bytes = WPB_PHP_DEFAULT_MAX_BYTES;
    if (frames->limits.max_elements == 0)
        frames->limits.max_elements = WPB_PHP_DEFAULT_MAX_ELEMENTS;
    if (frames->limits.max_depth == 0)
        frames->limits.max_depth = depth;
}

void wpb_frames_fini(struct wpb_frames *frames)
{
    free(frames->open);
    free(frames->names);
}

int wpb_frames_invalid(struct wpb_frames *frames, uint64_t offset, const char *expected)
{
    frames->has_failed = true;
    frames->failed_at = offset;
    return wpb_err_set(&frames->err, WPB_E_SYNTAX, STAGE,
                       "invalid at byte %llu: expected %s", (unsigned long long)offset,
                       expected);
}

int wpb_frames_stop(struct wpb_frames *frames, enum wpb_err_code code, uint64_t offset,
                    const char *why, uint64_t limit)
{
    frames->has_failed = true;
    frames->failed_at = offset;
    if (code == WPB_E_BUDGET)
        return wpb_err_set(&frames->err, code, STAGE, "stopped at byte %llu: %s %llu",
                           (unsigned long long)offset, why, (unsigned long long)limit);
    return wpb_err_set(&frames->err, code, STAGE, "stopped at byte %llu: %s",
                       (unsigned long long)offset, why);
}

int wpb_frames_cancel(struct wpb_frames *frames, uint64_t offset)
{
    return wpb_frames_stop(frames, WPB_E_CANCELLED, offset, "cancelled", 0);
}

int wpb_frames_grow(struct wpb_frames *frames)
{
    uint32_t capacity = frames->depth ? frames->depth * 2 : WPB_PHP_FRAMES_FIRST;
    struct wpb_frame *open = capacity > frames->depth
                                 ? reallocarray(frames->open, capacity, sizeof(*open))
                                 : NULL;
    if (!open)
        return -1;
    frames->open = open;
    frames->capacity = capacity;
    return 0;
}

static int reserve_names(struct wpb_frames *frames, size_t len)
{
    if (len <= frames->names_capacity - frames->names_len)
        return 0;
    size_t capacity = frames->names_capacity * 2 + len;
    char *text = realloc(frames->names, capacity);
    if (!text)
        return -1;
    frames->names = text;
    frames->names_capacity = capacity;
    return 0;
}

static void hold_name(struct wpb_frames *frames, const char *text, size_t len)
{
    if (len)
        memcpy(frames->names + frames->names_len, text, len);
    frames->names_len += len;
}

/* The names of the frames up to the innermost. Only that one can have a class name that
 * is not held yet. */
static int hold_names(struct wpb_frames *frames)
{
    for (; frames->held < frames->depth; frames->held++) {
        struct wpb_frame *frame = &frames->open[frames->held];
        if (reserve_names(frames, frame->key.kept + frame->class_kept))
            return -1;
        frame->names_at = frames->names_len;
        hold_name(frames, frame->key.text, frame->key.kept);
        hold_name(frames, frames->class_text, frame->class_kept);
    }
    return 0;
}

int wpb_frames_hold(struct wpb_frames *frames)
{
    struct wpb_frames_key *key = &frames->key;
    if (hold_names(frames))
        return wpb_frames_stop(frames, WPB_E_MEMORY, frames->base, "out of memory", 0);
    if (!key->is_present || key->is_int || key->text == frames->key_text)
        return 0;
    if (key->kept)
        memcpy(frames->key_text, key->text, key->kept);
    key->text = frames->key_text;
    return 0;
}

static int report(struct wpb_frames *frames, const struct wpb_frames_key *key,
                  const char *text, uint64_t end)
{
    struct wpb_php_event *event = &frames->event;
    struct wpb_frame *parent = wpb_frames_top(frames);
    event->depth = frames->depth;
    event->is_property = parent && parent->has_properties;
    event->has_key = key->is_present;
    event->key_is_int = key->is_int;
    event->key_int = key->number;
    event->key = wpb_slice_of(text, key->kept);
    event->key_len = key->len;
    event->key_is_shared = key->is_shared;
    event->table_to.slots = 0;
    if (parent && parent->has_table &&
        event->phase != (frames->puts_last ? WPB_PHP_ENTER : WPB_PHP_LEAVE))
        wpb_frames_put(parent, event);
    if (frames->visit(frames->cookie, event) == 0)
        return 0;
    return wpb_frames_cancel(frames, end);
}

int wpb_frames_leaf(struct wpb_frames *frames, enum wpb_php_type type, uint64_t length,
                    uint64_t end)
{
    struct wpb_php_event *event = &frames->event;
    bool is_named = type == WPB_PHP_ENUM || type == WPB_PHP_CUSTOM;
    event->phase = WPB_PHP_LEAF;
    event->type = type;
    event->length = length;
    event->count = 0;
    event->class_name = is_named ? wpb_slice_of(frames->class_text, frames->class_kept)
                                 : wpb_slice_of("", 0);
    event->is_hard = frames->is_hard;
    event->is_shared = frames->is_shared;
    event->offset = frames->value_offset;
    event->bytes = end - frames->value_offset;
    if (report(frames, &frames->key, frames->key.text, end))
        return -1;
    event->target = 0;
    frames->is_hard = false;
    frames->is_shared = false;
    struct wpb_frame *parent = wpb_frames_top(frames);
    if (parent) {
        parent->left--;
        parent->taken++;
    }
    return 0;
}

static bool is_std_class(const struct wpb_frames *frames)
{
    return frames->class_len == 8 && frames->class_kept == 8 &&
           strncasecmp(frames->class_text, "stdClass", 8) == 0;
}

/* Field by field: what was stored so a moment ago is slow to load at once. */
static void copy_key(struct wpb_frames_key *to, const struct wpb_frames_key *from)
{
    to->is_present = from->is_present;
    to->is_int = from->is_int;
    to->is_shared = from->is_shared;
    to->number = from->number;
    to->len = from->len;
    to->kept = from->kept;
    to->text = from->text;
}

/* The frame of what begins, with its names. */
static int open_frame(struct wpb_frames *frames, enum wpb_php_type type, uint64_t count)
{
    bool is_object = type == WPB_PHP_OBJECT;
    if (frames->depth == frames->capacity && wpb_frames_grow(frames))
        return -1;
    struct wpb_frame *frame = &frames->open[frames->depth];
    copy_key(&frame->key, &frames->key);
    frame->offset = frames->value_offset;
    frame->left = count;
    frame->taken = 0;
    frame->class_len = is_object ? frames->class_len : 0;
    frame->class_kept = is_object ? frames->class_kept : 0;
    frame->type = type;
    frame->has_properties = is_object && !is_std_class(frames);
    frame->has_table = !is_object;
    frame->is_hard = frames->is_hard;
    wpb_zend_table_init(&frame->table, count);
    frames->depth++;
    int result = hold_names(frames);
    frames->depth--;
    return result;
}

int wpb_frames_enter(struct wpb_frames *frames, enum wpb_php_type type, uint64_t count,
                     bool is_level, uint64_t end)
{
    if (is_level && frames->depth >= frames->limits.max_depth)
        return wpb_frames_stop(frames, WPB_E_BUDGET, end,
                               "nested deeper than the limit of",
                               frames->limits.max_depth);
    if (open_frame(frames, type, count))
        return wpb_frames_stop(frames, WPB_E_MEMORY, end, "out of memory", 0);
    const struct wpb_frame *frame = &frames->open[frames->depth];
    struct wpb_php_event *event = &frames->event;
    event->phase = WPB_PHP_ENTER;
    event->type = type;
    event->length = frame->class_len;
    event->count = count;
    event->class_name = wpb_slice_of(frames->class_text, frame->class_kept);
    event->is_hard = frames->is_hard;
    event->is_shared = false;
    event->offset = frame->offset;
    event->bytes = 0;
    if (report(frames, &frames->key, frames->key.text, end))
        return -1;
    frames->is_hard = false;
    frames->depth++;
    return 0;
}

const char *wpb_frames_release(struct wpb_frames *frames)
{
    const struct wpb_frame *frame = &frames->open[frames->depth];
    if (frames->held <= frames->depth)
        return frame->key.text;
    frames->held = frames->depth;
    frames->names_len = frame->names_at;
    return frames->names ? frames->names + frame->names_at : "";
}

int wpb_frames_leave(struct wpb_frames *frames, uint64_t end)
{
    frames->depth--;
    const struct wpb_frame *frame = &frames->open[frames->depth];
    const char *names = wpb_frames_release(frames);
    struct wpb_php_event *event = &frames->event;
    event->phase = WPB_PHP_LEAVE;
    event->type = frame->type;
    event->length = frame->class_len;
    event->count = frame->taken;
    event->class_name = frame->class_kept
                            ? wpb_slice_of(names + frame->key.kept, frame->class_kept)
                            : wpb_slice_of("", 0);
    event->is_hard = frame->is_hard;
    event->is_shared = false;
    event->offset = frame->offset;
    event->bytes = end - frame->offset;
    if (report(frames, &frame->key, names, end))
        return -1;
    struct wpb_frame *parent = wpb_frames_top(frames);
    if (parent) {
        parent->left--;
        parent->taken++;
    }
    return 0;
}
