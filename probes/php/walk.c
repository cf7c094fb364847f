#include "probes/php/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "probes/php/walker.h"

#define STAGE "php"

struct wpb_php_walker *wpb_php_walker_new(const struct wpb_php_limits *limits,
                                          wpb_php_visit *visit, void *cookie)
{
    struct wpb_php_walker *walker = calloc(1, sizeof(*walker));
    if (!walker)
        return NULL;
    if (limits)
        walker->limits = *limits;
    if (walker->limits.max_bytes == 0)
        walker->limits.max_bytes = WPB_PHP_DEFAULT_MAX_BYTES;
    if (walker->limits.max_elements == 0)
        walker->limits.max_elements = WPB_PHP_DEFAULT_MAX_ELEMENTS;
    if (walker->limits.max_depth == 0)
        walker->limits.max_depth = WPB_PHP_DEFAULT_MAX_DEPTH;
    walker->visit = visit;
    walker->cookie = cookie;
    return walker;
}

void wpb_php_walker_free(struct wpb_php_walker *walker)
{
    if (!walker)
        return;
    free(walker->frames);
    free(walker->names);
    free(walker);
}

uint64_t wpb_php_walker_elements(const struct wpb_php_walker *walker)
{
    return walker->elements;
}

uint64_t wpb_php_walker_bytes(const struct wpb_php_walker *walker)
{
    return walker->base;
}

const char *wpb_walk_invalid(struct wpb_php_walker *walker, uint64_t offset,
                             const char *expected)
{
    walker->has_failed = true;
    walker->failed_at = offset;
    wpb_err_set(&walker->err, WPB_E_SYNTAX, STAGE, "invalid at byte %llu: expected %s",
                (unsigned long long)offset, expected);
    return NULL;
}

const char *wpb_walk_stop(struct wpb_php_walker *walker, enum wpb_err_code code,
                          uint64_t offset, const char *why, uint64_t limit)
{
    walker->has_failed = true;
    walker->failed_at = offset;
    if (code == WPB_E_BUDGET)
        wpb_err_set(&walker->err, code, STAGE, "stopped at byte %llu: %s %llu",
                    (unsigned long long)offset, why, (unsigned long long)limit);
    else
        wpb_err_set(&walker->err, code, STAGE, "stopped at byte %llu: %s",
                    (unsigned long long)offset, why);
    return NULL;
}

static int report(struct wpb_php_walker *walker, const struct wpb_walk_key *key,
                  const char *key_text, uint64_t offset)
{
    struct wpb_php_event *event = &walker->event;
    event->depth = walker->depth;
    event->is_property =
        walker->depth > 0 && walker->frames[walker->depth - 1].has_properties;
    event->has_key = key->is_present;
    event->key_is_int = key->is_int;
    event->key_int = key->number;
    event->key = wpb_slice_of(key_text, key->kept);
    event->key_len = key->len;
    if (walker->visit(walker->cookie, event) == 0)
        return 0;
    wpb_walk_stop(walker, WPB_E_CANCELLED, offset, "cancelled", 0);
    return -1;
}

static void value_ended(struct wpb_php_walker *walker)
{
    if (walker->depth == 0) {
        walker->state = WPB_WALK_DONE;
        return;
    }
    struct wpb_walk_frame *parent = &walker->frames[walker->depth - 1];
    parent->left--;
    walker->state = parent->left > 0 ? WPB_WALK_KEY : WPB_WALK_CLOSE;
}

int wpb_walk_leaf(struct wpb_php_walker *walker, enum wpb_php_type type, uint64_t length,
                  uint64_t offset)
{
    bool is_named = type == WPB_PHP_ENUM || type == WPB_PHP_CUSTOM;
    bool is_reference = type == WPB_PHP_REFERENCE;
    walker->event.phase = WPB_PHP_LEAF;
    walker->event.type = type;
    walker->event.length = length;
    walker->event.count = 0;
    walker->event.class_name =
        is_named ? wpb_slice_of(walker->text, walker->text_kept) : wpb_slice_of("", 0);
    walker->event.target = is_reference ? walker->number : 0;
    walker->event.is_hard = is_reference && walker->tag == 'R';
    walker->event.offset = walker->value_offset;
    walker->event.bytes = offset - walker->value_offset;
    if (report(walker, &walker->key, walker->key_text, offset))
        return -1;
    value_ended(walker);
    return 0;
}

/* Room for one frame and its names. Grows with real input only: a frame stands
 * for at least five bytes that were read. */
static int reserve(struct wpb_php_walker *walker, size_t names)
{
    if (walker->depth == walker->frame_capacity) {
        uint32_t capacity =
            walker->depth ? walker->depth * 2 : (uint32_t)WPB_PHP_FRAMES_FIRST;
        struct wpb_walk_frame *frames =
            capacity > walker->depth
                ? reallocarray(walker->frames, capacity, sizeof(*frames))
                : NULL;
        if (!frames)
            return -1;
        walker->frames = frames;
        walker->frame_capacity = capacity;
    }
    if (names > walker->names_capacity - walker->names_len) {
        size_t capacity = walker->names_capacity * 2 + names;
        char *text = realloc(walker->names, capacity);
        if (!text)
            return -1;
        walker->names = text;
        walker->names_capacity = capacity;
    }
    return 0;
}

static void keep_names(struct wpb_php_walker *walker, uint32_t key_kept,
                       uint32_t class_kept)
{
    if (key_kept)
        memcpy(walker->names + walker->names_len, walker->key_text, key_kept);
    walker->names_len += key_kept;
    if (class_kept)
        memcpy(walker->names + walker->names_len, walker->text, class_kept);
    walker->names_len += class_kept;
}

static bool is_std_class(const struct wpb_php_walker *walker)
{
    return walker->text_len == 8 && strncasecmp(walker->text, "stdClass", 8) == 0;
}

int wpb_walk_enter(struct wpb_php_walker *walker, enum wpb_php_type type, uint64_t offset)
{
    uint32_t class_kept = type == WPB_PHP_OBJECT ? walker->text_kept : 0;
    /* As in PHP, an array without elements is not a level. */
    bool is_level = type == WPB_PHP_OBJECT || walker->number > 0;
    if (is_level && walker->depth >= walker->limits.max_depth) {
        wpb_walk_stop(walker, WPB_E_BUDGET, offset, "nested deeper than the limit of",
                      walker->limits.max_depth);
        return -1;
    }
    if (reserve(walker, walker->key.kept + class_kept)) {
        wpb_walk_stop(walker, WPB_E_MEMORY, offset, "out of memory", 0);
        return -1;
    }
    struct wpb_walk_frame *frame = &walker->frames[walker->depth];
    *frame = (struct wpb_walk_frame){
        .offset = walker->value_offset,
        .count = walker->number,
        .left = walker->number,
        .class_len = type == WPB_PHP_OBJECT ? walker->text_len : 0,
        .key = walker->key,
        .class_kept = class_kept,
        .names = walker->names_len,
        .type = type,
        .has_properties = type == WPB_PHP_OBJECT && !is_std_class(walker),
    };
    keep_names(walker, walker->key.kept, class_kept);

    walker->event.phase = WPB_PHP_ENTER;
    walker->event.type = type;
    walker->event.length = frame->class_len;
    walker->event.count = frame->count;
    walker->event.class_name = wpb_slice_of(walker->text, class_kept);
    walker->event.target = 0;
    walker->event.is_hard = false;
    walker->event.offset = frame->offset;
    walker->event.bytes = 0;
    if (report(walker, &walker->key, walker->key_text, offset))
        return -1;
    walker->depth++;
    walker->state = frame->left > 0 ? WPB_WALK_KEY : WPB_WALK_CLOSE;
    return 0;
}

int wpb_walk_leave(struct wpb_php_walker *walker, uint64_t offset)
{
    walker->depth--;
    const struct wpb_walk_frame *frame = &walker->frames[walker->depth];
    const char *names = walker->names ? walker->names + frame->names : "";
    walker->event.phase = WPB_PHP_LEAVE;
    walker->event.type = frame->type;
    walker->event.length = frame->class_len;
    walker->event.count = frame->count;
    walker->event.class_name = wpb_slice_of(names + frame->key.kept, frame->class_kept);
    walker->event.target = 0;
    walker->event.is_hard = false;
    walker->event.offset = frame->offset;
    walker->event.bytes = offset - frame->offset;
    walker->names_len = frame->names;
    if (report(walker, &frame->key, names, offset))
        return -1;
    value_ended(walker);
    return 0;
}

int wpb_php_walker_feed(struct wpb_php_walker *walker, struct wpb_slice chunk,
                        struct wpb_err *err)
{
    if (walker->has_failed)
        goto out_failed;
    if (chunk.len == 0)
        return 0;
    uint64_t allowed = walker->limits.max_bytes - walker->base;
    size_t len = chunk.len < allowed ? chunk.len : (size_t)allowed;
    const char *p = chunk.data;
    const char *end = p + len;
    walker->chunk = p;
    while (p < end) {
        const char *next = p;
        if (walker->state == WPB_WALK_KEY)
            next = wpb_walk_run(walker, p, end);
        if (next == p)
            next = wpb_walk_rows[walker->state].step(walker, p, end);
        if (!next)
            goto out_failed;
        p = next;
    }
    walker->base += len;
    walker->chunk = NULL;
    if (len == chunk.len)
        return 0;
    wpb_walk_stop(walker, WPB_E_BUDGET, walker->base, "longer than the limit of",
                  walker->limits.max_bytes);
out_failed:
    walker->base = walker->failed_at;
    if (err)
        *err = walker->err;
    return -1;
}

int wpb_php_walker_finish(struct wpb_php_walker *walker, struct wpb_err *err)
{
    if (!walker->has_failed && walker->state != WPB_WALK_DONE) {
        char expected[128];
        snprintf(expected, sizeof(expected), "%s" WPB_WALK_ENDS,
                 wpb_walk_rows[walker->state].expected);
        wpb_walk_invalid(walker, walker->base, expected);
    }
    if (!walker->has_failed)
        return 0;
    if (err)
        *err = walker->err;
    return -1;
}
