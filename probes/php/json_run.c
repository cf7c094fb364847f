#include "probes/php/json_walker.h"

#include "probes/php/zend.h"

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
    if (wpb_zend_integer_key(wpb_slice_of(p + 1, len), &event->key_int)) {
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
        const char *quote = plain_string(p + 1, end);
        if (!quote)
            return NULL;
        event->type = WPB_PHP_STRING;
        event->length = (uint64_t)(quote - (p + 1));
        return quote + 1;
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

/* The key of EVENT, for what follows it. Its text stays in the chunk. */
static void set_key(struct wpb_frames *frames, const struct wpb_php_event *event)
{
    frames->key.is_present = true;
    frames->key.is_int = event->key_is_int;
    frames->key.is_shared = false;
    frames->key.number = event->key_int;
    frames->key.len = event->key_len;
    frames->key.kept = (uint32_t)event->key.len;
    frames->key.text = event->key.data;
}

static void prepare(struct wpb_frames *frames)
{
    struct wpb_php_event *event = &frames->event;
    event->phase = WPB_PHP_LEAF;
    event->depth = frames->depth;
    event->has_key = true;
    event->is_property = false;
    event->count = 0;
    event->class_name = wpb_slice_of("", 0);
    event->target = 0;
    event->is_hard = false;
    event->is_shared = false;
    event->key_is_shared = false;
    event->table_to.slots = 0;
}

/* Put and report the scalar of EVENT, from P to END. */
static inline int report(struct wpb_frames *frames, struct wpb_frame *parent,
                         const char *p, const char *end)
{
    struct wpb_php_event *event = &frames->event;
    wpb_frames_put(parent, event);
    event->offset = wpb_frames_position(frames, p);
    event->bytes = (uint64_t)(end - p);
    frames->elements++;
    parent->taken++;
    if (frames->visit(frames->cookie, event) == 0)
        return 0;
    return wpb_frames_stop(frames, WPB_E_CANCELLED, wpb_frames_position(frames, end),
                           "cancelled", 0);
}

/* Why a run of scalars ended. */
enum stop {
    AT_CLOSE,     /* behind an element that no comma follows */
    AT_CONTAINER, /* the value is a bracket; its key is that of the event */
    AT_OTHER,     /* the grammar must look */
    FAILED,
};

/* Elements of the innermost array, as long as they are scalars with a comma behind. */
static enum stop run_of_scalars(struct wpb_php_json *walker, const char **from,
                                const char *end)
{
    struct wpb_frames *frames = &walker->frames;
    struct wpb_frame *parent = &frames->open[frames->depth - 1];
    struct wpb_php_event *event = &frames->event;
    const bool is_list = parent->is_list;
    const char *p = *from;
    prepare(frames);
    while (end - p >= ROOM && frames->elements < frames->limits.max_elements) {
        const char *value = p;
        *from = p;
        if (is_list) {
            event->key_is_int = true;
            event->key_int = (int64_t)parent->taken;
            event->key = wpb_slice_of("", 0);
            event->key_len = 0;
        } else {
            value = whole_key(p, end, event);
            if (!value)
                return AT_OTHER;
        }
        const char *next = whole_scalar(value, end, event);
        if (!next) {
            *from = value;
            if (value < end && (*value == '[' || *value == '{'))
                return AT_CONTAINER;
            if (!is_list) {
                set_key(frames, event);
                walker->state = WPB_JSON_VALUE;
            }
            return AT_OTHER;
        }
        if (report(frames, parent, value, next))
            return FAILED;
        *from = p = skip_spaces(next, end);
        if (p == end || *p != ',') {
            walker->state = WPB_JSON_AFTER;
            return AT_CLOSE;
        }
        *from = p = skip_spaces(p + 1, end);
        walker->state = is_list ? WPB_JSON_VALUE : WPB_JSON_KEY;
    }
    return AT_OTHER;
}

/* Close what the element that ended before *P completes, up to a comma and past it.
 * AT_OTHER when something else comes, and at the end of all. */
static enum stop close_all(struct wpb_php_json *walker, const char **p, const char *end)
{
    struct wpb_frames *frames = &walker->frames;
    for (;;) {
        bool is_list = frames->open[frames->depth - 1].is_list;
        *p = skip_spaces(*p, end);
        if (*p < end && **p == ',') {
            *p = skip_spaces(*p + 1, end);
            walker->state = is_list ? WPB_JSON_VALUE : WPB_JSON_KEY;
            return AT_CLOSE;
        }
        if (*p == end || **p != (is_list ? ']' : '}'))
            return AT_OTHER;
        ++*p;
        if (wpb_frames_leave(frames, wpb_frames_position(frames, *p)))
            return FAILED;
        walker->state = frames->depth ? WPB_JSON_AFTER : WPB_JSON_END;
        if (frames->depth == 0)
            return AT_OTHER;
    }
}

/* P is at the bracket of a value. NULL after a failure. */
static const char *enter(struct wpb_php_json *walker, const char *p, const char *end)
{
    struct wpb_frames *frames = &walker->frames;
    bool is_list = *p == '[';
    set_key(frames, &frames->event);
    if (wpb_frames_begin(frames, wpb_frames_position(frames, p)) ||
        wpb_frames_enter(frames, WPB_PHP_ARRAY, 0, true,
                         wpb_frames_position(frames, p) + 1))
        return NULL;
    frames->open[frames->depth - 1].is_list = is_list;
    walker->state = is_list ? WPB_JSON_FIRST_VALUE : WPB_JSON_FIRST_KEY;
    return skip_spaces(p + 1, end);
}

const char *wpb_json_run(struct wpb_php_json *walker, const char *p, const char *end)
{
    for (;;) {
        enum stop stop = run_of_scalars(walker, &p, end);
        if (stop == AT_CLOSE)
            stop = close_all(walker, &p, end);
        else if (stop == AT_CONTAINER && !(p = enter(walker, p, end)))
            return NULL;
        if (stop == FAILED)
            return NULL;
        if (stop == AT_OTHER)
            return p;
    }
}
