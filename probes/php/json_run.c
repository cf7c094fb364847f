#include "probes/php/frames_run.h"
#include "probes/php/json_walker.h"

/* The elements of real arrays are short and whole, so this path reads them without the
 * states of the grammar. Whatever it does not know, or what the chunk cuts, is left to
 * json.c, which alone decides what is invalid. */

/* Bytes that must be there to look at a key's end, a word or a number and the byte
 * behind it. */
#define ROOM 32
#define DIGITS_MAX 18 /* of an integer that fits whatever they are */

static inline bool is_space(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static inline bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool may_be_integer(char first)
{
    return first == '-' || is_digit(first);
}

static inline const char *skip_spaces(const char *p, const char *end)
{
    while (p < end && is_space(*p))
        p++;
    return p;
}

/* P is behind a quote: the quote that ends the string, or NULL when it is not plain or
 * not whole. */
static inline const char *plain_string(const char *p, const char *end)
{
    const char *plain = wpb_json_walker_plain_end(p, end);
    return plain < end && *plain == '"' ? plain : NULL;
}

static inline bool is_escape(char byte)
{
    switch (byte) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return true;
    default:
        return false;
    }
}

/* P is behind a quote: the quote that ends the string and its decoded *LENGTH, where only
 * escapes of one byte stand in it; else NULL. */
static inline const char *escaped_string(const char *p, const char *end, uint64_t *length)
{
    const char *plain = wpb_json_walker_plain_end(p, end);
    uint64_t escapes = 0;
    while (end - plain >= 2 && *plain == '\\' && is_escape(plain[1])) {
        escapes++;
        plain = wpb_json_walker_plain_end(plain + 2, end);
    }
    if (plain >= end || *plain != '"')
        return NULL;
    *length = (uint64_t)(plain - p) - escapes;
    return plain;
}

/* A key and its colon from P on, into EVENT. Where its value begins, or NULL. */
static inline const char *whole_key(const char *p, const char *end,
                                    struct wpb_php_event *event)
{
    if (p == end || *p != '"')
        return NULL;
    const char *quote = plain_string(p + 1, end);
    if (!quote)
        return NULL;
    size_t len = (size_t)(quote - (p + 1));
    const char *next = skip_spaces(quote + 1, end);
    if (next == end || *next != ':')
        return NULL;
    event->key_is_int = false;
    event->key_int = 0;
    event->key_len = len;
    event->key.data = p + 1;
    event->key.len = len < WPB_PHP_KEY_MAX ? len : WPB_PHP_KEY_MAX;
    if (may_be_integer(p[1]) &&
        wpb_zend_integer_key(wpb_slice_of(p + 1, len), &event->key_int)) {
        event->key_is_int = true;
        event->key_len = 0;
        event->key.len = 0;
    }
    return skip_spaces(next + 1, end);
}

/* P is at a digit or '-', with ROOM bytes there. The byte behind an integer of few
 * digits, or NULL. */
static inline const char *whole_int(const char *p)
{
    const char *first = p + (*p == '-');
    const char *q = first;
    while (is_digit(*q))
        if (++q - first > DIGITS_MAX)
            return NULL;
    if (q == first || (*first == '0' && q - first > 1) || *q == '.' || (*q | 0x20) == 'e')
        return NULL;
    return q;
}

/* A scalar at P, into EVENT. The byte behind it, or NULL. */
static inline const char *whole_scalar(const char *p, const char *end,
                                       struct wpb_php_event *event)
{
    event->length = 0;
    if (end - p < ROOM)
        return NULL;
    switch (*p) {
    case '"': {
        const char *quote = escaped_string(p + 1, end, &event->length);
        event->type = WPB_PHP_STRING;
        return quote ? quote + 1 : NULL;
    }
    case 't':
        event->type = WPB_PHP_BOOL;
        return memcmp(p, "true", 4) == 0 ? p + 4 : NULL;
    case 'f':
        event->type = WPB_PHP_BOOL;
        return memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
    case 'n':
        event->type = WPB_PHP_NULL;
        return memcmp(p, "null", 4) == 0 ? p + 4 : NULL;
    default:
        if (*p != '-' && !is_digit(*p))
            return NULL;
        event->type = WPB_PHP_INT;
        return whole_int(p);
    }
}

/* The scalar of the event, an element of PARENT from P to END. */
static inline int leaf(struct wpb_frames *frames, struct wpb_frame *parent, const char *p,
                       const char *end)
{
    struct wpb_php_event *event = &frames->event;
    wpb_frames_run_put(parent, event);
    event->offset = wpb_frames_position(frames, p);
    event->bytes = (uint64_t)(end - p);
    frames->elements++;
    parent->taken++;
    return wpb_frames_run_report(frames, event->offset + event->bytes);
}

/* The array or object whose bracket is at P, an element of PARENT. Its frame, NULL after
 * a failure. */
static inline struct wpb_frame *enter(struct wpb_php_json *walker,
                                      struct wpb_frame *parent, const char *p)
{
    struct wpb_frames *frames = &walker->frames;
    uint64_t at = wpb_frames_position(frames, p);
    struct wpb_frame *frame = wpb_frames_run_enter(frames, parent, 0, true, at, at + 1);
    if (!frame)
        return NULL;
    frame->is_list = *p == '[';
    walker->state = frame->is_list ? WPB_JSON_FIRST_VALUE : WPB_JSON_FIRST_KEY;
    wpb_frames_run_leaves(frames, frame);
    return frame;
}

/* Behind an element of *FRAME: close what ends at *P, up to a comma and past it. False
 * when something else comes, after a failure and at the end of all. */
static inline bool next_element(struct wpb_php_json *walker, struct wpb_frame **frame,
                                const char **p, const char *end)
{
    struct wpb_frames *frames = &walker->frames;
    bool is_closing = false;
    for (;;) {
        *p = skip_spaces(*p, end);
        walker->state = WPB_JSON_AFTER;
        if (*p == end)
            return false;
        if (**p == ',')
            break;
        if (**p != ((*frame)->is_list ? ']' : '}'))
            return false;
        ++*p;
        is_closing = true;
        if (wpb_frames_run_leave(frames, *frame, wpb_frames_position(frames, *p)))
            return false;
        if (frames->depth == 0) {
            walker->state = WPB_JSON_END;
            return false;
        }
        --*frame;
    }
    *p = skip_spaces(*p + 1, end);
    walker->state = (*frame)->is_list ? WPB_JSON_VALUE : WPB_JSON_KEY;
    if (is_closing)
        wpb_frames_run_leaves(frames, *frame);
    return true;
}

/* The key of an element of FRAME, of which *P is the first byte, into EVENT; then its
 * value. False when this path does not know it. */
static inline bool key_of(const struct wpb_frame *frame, const char **p, const char *end,
                          struct wpb_php_event *event)
{
    if (!frame->is_list) {
        const char *value = whole_key(*p, end, event);
        *p = value ? value : *p;
        return value;
    }
    event->key_int = (int64_t)frame->taken;
    if (!event->key_is_int) {
        event->key_is_int = true;
        event->key = wpb_slice_of("", 0);
        event->key_len = 0;
    }
    return true;
}

/* The grammar reads the value at P, whose key the event has. */
static const char *hand_over(struct wpb_php_json *walker, const struct wpb_frame *frame,
                             const char *p)
{
    const struct wpb_php_event *event = &walker->frames.event;
    struct wpb_frames_key *key = &walker->frames.key;
    if (frame->is_list)
        return p; /* in the state that was set when it began */
    key->is_present = true;
    key->is_int = event->key_is_int;
    key->is_shared = false;
    key->number = event->key_int;
    key->len = event->key_len;
    key->kept = (uint32_t)event->key.len;
    key->text = event->key.data;
    walker->state = WPB_JSON_VALUE;
    return p;
}

const char *wpb_json_run(struct wpb_php_json *walker, const char *p, const char *end)
{
    struct wpb_frames *frames = &walker->frames;
    struct wpb_php_event *event = &frames->event;
    struct wpb_frame *frame = wpb_frames_top(frames);
    wpb_frames_run_begin(frames);
    wpb_frames_run_leaves(frames, frame);
    while (end - p >= ROOM && frames->elements < frames->limits.max_elements &&
           key_of(frame, &p, end, event)) {
        const char *next = whole_scalar(p, end, event);
        if (next) {
            if (leaf(frames, frame, p, next))
                return NULL;
            p = next;
        } else if (p < end && (*p == '[' || *p == '{')) {
            frame = enter(walker, frame, p);
            if (!frame)
                return NULL;
            p = skip_spaces(p + 1, end);
            if (p == end || *p != (frame->is_list ? ']' : '}'))
                continue;
        } else {
            return hand_over(walker, frame, p);
        }
        if (!next_element(walker, &frame, &p, end))
            return frames->has_failed ? NULL : p;
    }
    return p;
}
