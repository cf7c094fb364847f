/*
 * frames.h - the open arrays and objects of a value that is walked.
 *
 * What the igbinary and JSON walkers share: the path to where the walk stands, the
 * tables that PHP would fill, the budgets, the one sticky error, and the calls of
 * the visitor. Grows with real input only. The walkers say what they read; nothing
 * here looks at bytes. One thread.
 */
#ifndef WPB_PHP_FRAMES_H
#define WPB_PHP_FRAMES_H

#include "probes/php/zend_table.h"

/* How the element that is being read is called by its parent. */
struct wpb_frames_key {
    const char *text; /* in the chunk, the string table or key_text */
    uint64_t len;     /* of a string key, whole */
    int64_t number;
    uint32_t kept; /* of it, at text */
    bool is_present;
    bool is_int;
    bool is_shared;
};

struct wpb_frame {
    struct wpb_frames_key key; /* its text, once held, stands in names, at names_at */
    uint64_t offset;           /* where its value begins */
    uint64_t left;             /* declared and not yet read */
    uint64_t taken;            /* read */
    uint64_t class_len;
    size_t names_at;
    uint32_t class_kept;
    enum wpb_php_type type;
    bool has_properties; /* of a class other than stdClass */
    bool has_table;      /* an array, whose table is followed */
    bool is_hard;
    bool is_list; /* JSON: opened by '[' */
    struct wpb_zend_table table;
};

struct wpb_frames {
    struct wpb_php_limits limits;
    wpb_php_visit *visit;
    void *cookie;
    bool puts_last; /* an element enters its array when it is whole, not before */

    struct wpb_frame *open;
    uint32_t depth, capacity;
    uint32_t held; /* of the open frames, the outer ones whose names are held */
    char *names;   /* their keys and class names */
    size_t names_len, names_capacity;

    struct wpb_frames_key key;        /* of the element being read */
    char key_text[WPB_PHP_KEY_MAX];   /* room for its text */
    char class_text[WPB_PHP_KEY_MAX]; /* of the object or enum being read */
    uint64_t class_len;               /* whole */
    uint32_t class_kept;
    uint64_t value_offset;   /* of the element being read */
    bool is_hard, is_shared; /* as in its event */

    struct wpb_php_event event;
    uint64_t elements;
    uint64_t base; /* stream offset of the chunk's first byte */
    const char *chunk;
    bool has_failed;
    uint64_t failed_at;
    struct wpb_err err;
};

/* DEPTH: nesting when LIMITS (may be NULL) say 0. */
void wpb_frames_init(struct wpb_frames *frames, const struct wpb_php_limits *limits,
                     uint32_t depth, wpb_php_visit *visit, void *cookie);
void wpb_frames_fini(struct wpb_frames *frames);

static inline uint64_t wpb_frames_position(const struct wpb_frames *frames, const char *p)
{
    return frames->base + (uint64_t)(p - frames->chunk);
}

static inline struct wpb_frame *wpb_frames_top(struct wpb_frames *frames)
{
    return frames->depth ? &frames->open[frames->depth - 1] : NULL;
}

/* All return -1 and end the walk, with an error saying "invalid at byte OFFSET:
 * expected EXPECTED" or "stopped at byte OFFSET: WHY LIMIT". */
int wpb_frames_invalid(struct wpb_frames *frames, uint64_t offset, const char *expected);
int wpb_frames_stop(struct wpb_frames *frames, enum wpb_err_code code, uint64_t offset,
                    const char *why, uint64_t limit);
/* The visitor wants no more. */
int wpb_frames_cancel(struct wpb_frames *frames, uint64_t offset);

/* A value begins at OFFSET: count it against the budget. */
static inline int wpb_frames_begin(struct wpb_frames *frames, uint64_t offset)
{
    if (frames->elements >= frames->limits.max_elements)
        return wpb_frames_stop(frames, WPB_E_BUDGET, offset,
                               "more elements than the limit of",
                               frames->limits.max_elements);
    frames->elements++;
    frames->value_offset = offset;
    return 0;
}

/* PARENT takes the element whose key EVENT has. Field by field: what was stored so a
 * moment ago is slow to load at once. */
static inline void wpb_frames_put(struct wpb_frame *parent, struct wpb_php_event *event)
{
    struct wpb_zend_table *table = &parent->table;
    uint32_t slots = table->now.slots;
    bool is_packed = table->now.is_packed;
    wpb_zend_table_put(table, event->key_is_int, event->key_int);
    event->table_to.slots = 0;
    if (slots == table->now.slots && is_packed == table->now.is_packed)
        return;
    event->table_from.slots = slots;
    event->table_from.is_packed = is_packed;
    event->table_to.slots = table->now.slots;
    event->table_to.is_packed = table->now.is_packed;
}

/* Room for one frame more. Grows with real input only: a frame stands for a byte that
 * was read, at least. -1 when memory is out. */
int wpb_frames_grow(struct wpb_frames *frames);

/* The frame at the end of the open ones is closed: where its names stand, key and class
 * name, if they are held, until another frame's are. */
const char *wpb_frames_release(struct wpb_frames *frames);

/* The chunk goes away: keep the texts of keys that stand in it. */
int wpb_frames_hold(struct wpb_frames *frames);

/* Report a value without children, which ends before END. */
int wpb_frames_leaf(struct wpb_frames *frames, enum wpb_php_type type, uint64_t length,
                    uint64_t end);
/* Open the array or object of COUNT elements (0 when not declared) whose head ends
 * before END; report it. IS_LEVEL: it counts for the depth limit. */
int wpb_frames_enter(struct wpb_frames *frames, enum wpb_php_type type, uint64_t count,
                     bool is_level, uint64_t end);
/* Close the innermost frame, which ends before END; report it. */
int wpb_frames_leave(struct wpb_frames *frames, uint64_t end);

#endif
