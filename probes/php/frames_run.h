/*
 * frames_run.h - elements that a chunk holds whole, reported with little bookkeeping.
 *
 * What the fast paths of the igbinary and JSON walkers share. They fill frames->event
 * themselves and use it from one element to the next, so that only what differs is
 * written: wpb_frames_run_begin() once, wpb_frames_run_leaves() when another frame is
 * the innermost, then of each leaf its key, type, length, offset and bytes.
 */
#ifndef WPB_PHP_FRAMES_RUN_H
#define WPB_PHP_FRAMES_RUN_H

#include "probes/php/frames.h"

/* What is so of all elements that are read this way, whatever holds them. */
static inline void wpb_frames_run_begin(struct wpb_frames *frames)
{
    struct wpb_php_event *event = &frames->event;
    event->has_key = true;
    event->class_name = wpb_slice_of("", 0);
    event->target = 0;
    event->is_hard = false;
    event->is_shared = false;
}

/* Leaves of PARENT, the innermost frame, come next. */
static inline void wpb_frames_run_leaves(struct wpb_frames *frames,
                                         const struct wpb_frame *parent)
{
    struct wpb_php_event *event = &frames->event;
    event->phase = WPB_PHP_LEAF;
    event->depth = frames->depth;
    event->is_property = parent->has_properties;
    event->count = 0;
}

/* The table's first element is that of EVENT. */
static inline void wpb_frames_run_put_first(struct wpb_zend_table *table,
                                            struct wpb_php_event *event)
{
    wpb_zend_table_make(table, event->key_is_int, event->key_int);
    wpb_zend_table_put(table, event->key_is_int, event->key_int);
    event->table_from.slots = 0;
    event->table_from.is_packed = false;
    event->table_to.slots = table->now.slots;
    event->table_to.is_packed = table->now.is_packed;
}

/* PARENT takes the element of EVENT. */
static inline void wpb_frames_run_put(struct wpb_frame *parent,
                                      struct wpb_php_event *event)
{
    struct wpb_zend_table *table = &parent->table;
    event->table_to.slots = 0;
    if (wpb_zend_table_has_slot(table, event->key_is_int, event->key_int))
        table->used++;
    else if (parent->has_table && table->now.slots == 0)
        wpb_frames_run_put_first(table, event);
    else if (parent->has_table)
        wpb_frames_put(parent, event);
}

/* Call the visitor; what it is told of ends before END. */
static inline int wpb_frames_run_report(struct wpb_frames *frames, uint64_t end)
{
    if (frames->visit(frames->cookie, &frames->event) == 0)
        return 0;
    return wpb_frames_cancel(frames, end);
}

/* The frame of the array of EVENT. */
static inline void wpb_frames_run_open(struct wpb_frame *frame,
                                       const struct wpb_php_event *event)
{
    frame->key.is_present = true;
    frame->key.is_int = event->key_is_int;
    frame->key.is_shared = event->key_is_shared;
    frame->key.number = event->key_int;
    frame->key.len = event->key_len;
    frame->key.kept = (uint32_t)event->key.len;
    frame->key.text = event->key.data;
    frame->offset = event->offset;
    frame->left = event->count;
    frame->taken = 0;
    frame->class_len = 0;
    frame->class_kept = 0;
    frame->type = WPB_PHP_ARRAY;
    frame->has_properties = false;
    frame->has_table = true;
    frame->is_hard = false;
    wpb_zend_table_init(&frame->table, event->count);
}

/* As wpb_frames_enter(), of an array at OFFSET that is an element of PARENT, whose key
 * the event has. Its frame, NULL after a failure. */
static inline struct wpb_frame *wpb_frames_run_enter(struct wpb_frames *frames,
                                                     struct wpb_frame *parent,
                                                     uint64_t count, bool is_level,
                                                     uint64_t offset, uint64_t end)
{
    struct wpb_php_event *event = &frames->event;
    frames->elements++;
    if (is_level && frames->depth >= frames->limits.max_depth) {
        wpb_frames_stop(frames, WPB_E_BUDGET, end, "nested deeper than the limit of",
                        frames->limits.max_depth);
        return NULL;
    }
    if (frames->depth == frames->capacity) {
        if (wpb_frames_grow(frames)) {
            wpb_frames_stop(frames, WPB_E_MEMORY, end, "out of memory", 0);
            return NULL;
        }
        parent = wpb_frames_top(frames);
    }
    event->phase = WPB_PHP_ENTER;
    event->type = WPB_PHP_ARRAY;
    event->length = 0;
    event->count = count;
    event->is_shared = false;
    event->offset = offset;
    event->bytes = 0;
    event->table_to.slots = 0;
    if (!frames->puts_last)
        wpb_frames_run_put(parent, event);
    wpb_frames_run_open(parent + 1, event);
    if (wpb_frames_run_report(frames, end))
        return NULL;
    frames->depth++;
    return parent + 1;
}

/* As wpb_frames_leave(), of FRAME, the innermost. */
static inline int wpb_frames_run_leave(struct wpb_frames *frames, struct wpb_frame *frame,
                                       uint64_t end)
{
    struct wpb_php_event *event = &frames->event;
    if (frame->type != WPB_PHP_ARRAY || frame->is_hard || frames->depth == 1) {
        int result = wpb_frames_leave(frames, end);
        wpb_frames_run_begin(frames);
        return result;
    }
    struct wpb_frame *parent = frame - 1;
    frames->depth--;
    event->phase = WPB_PHP_LEAVE;
    event->type = WPB_PHP_ARRAY;
    event->depth = frames->depth;
    event->key_is_int = frame->key.is_int;
    event->key_int = frame->key.number;
    event->key.data =
        frames->held <= frames->depth ? frame->key.text : wpb_frames_release(frames);
    event->key.len = frame->key.kept;
    event->key_len = frame->key.len;
    event->key_is_shared = frame->key.is_shared;
    event->is_property = parent->has_properties;
    event->length = 0;
    event->count = frame->taken;
    event->is_shared = false;
    event->offset = frame->offset;
    event->bytes = end - frame->offset;
    event->table_to.slots = 0;
    if (frames->puts_last)
        wpb_frames_run_put(parent, event);
    parent->left--;
    parent->taken++;
    return wpb_frames_run_report(frames, end);
}

#endif
