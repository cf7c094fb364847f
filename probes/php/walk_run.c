#include "probes/php/walker.h"

/* The pairs of real arrays are short and whole, so this path reads them without
 * the bookkeeping of the steps: a notoptions of 79,000 names is 79,000 turns of
 * one loop. Whatever it does not know, or what the chunk cuts, is left to the
 * steps, which alone decide what is invalid. */

/* Bytes that must be there to look at a head: type, ':', 8 digits, ':', '"'. */
#define HEAD_MAX 12
#define DIGITS_MAX 8

static inline uint16_t load16(const char *p)
{
    uint16_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static inline uint32_t load32(const char *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static inline bool is2(const char *p, const char *two)
{
    return load16(p) == load16(two);
}

static inline bool is4(const char *p, const char *four)
{
    return load32(p) == load32(four);
}

/* P is at `s:`, with HEAD_MAX bytes there. The byte after the string, or NULL
 * when it is not whole or not plain. */
static inline const char *whole_string(const char *p, const char *end,
                                       struct wpb_slice *text)
{
    const char *q = p + 2;
    size_t len = 0;
    unsigned digit;
    while ((digit = (unsigned char)*q - (unsigned)'0') <= 9) {
        len = len * 10 + digit;
        if (++q - p > 2 + DIGITS_MAX - 1)
            return NULL;
    }
    if (q == p + 2 || !is2(q, ":\""))
        return NULL;
    q += 2;
    if ((size_t)(end - q) < len + 2 || !is2(q + len, "\";"))
        return NULL;
    *text = wpb_slice_of(q, len);
    return q + len + 2;
}

/* P is at `i:`, with HEAD_MAX bytes there. */
static inline const char *whole_int(const char *p, int64_t *number)
{
    const char *q = p + 2;
    bool is_negative = *q == '-';
    q += is_negative;
    const char *first = q;
    int64_t value = 0;
    unsigned digit;
    while ((digit = (unsigned char)*q - (unsigned)'0') <= 9) {
        value = value * 10 + (int64_t)digit;
        if (++q - first > DIGITS_MAX - 1)
            return NULL;
    }
    if (q == first || *q != ';')
        return NULL;
    *number = is_negative ? -value : value;
    return q + 1;
}

static inline const char *whole_key(const char *p, const char *end,
                                    struct wpb_php_event *event)
{
    if (end - p < HEAD_MAX)
        return NULL;
    if (is2(p, "s:")) {
        struct wpb_slice text = {NULL, 0};
        const char *q = whole_string(p, end, &text);
        event->key_is_int = false;
        event->key_int = 0;
        event->key_len = text.len;
        event->key.data = text.data;
        event->key.len = text.len < WPB_PHP_KEY_MAX ? text.len : WPB_PHP_KEY_MAX;
        return q;
    }
    if (is2(p, "i:")) {
        event->key_is_int = true;
        event->key = wpb_slice_of("", 0);
        event->key_len = 0;
        return whole_int(p, &event->key_int);
    }
    return NULL;
}

static inline const char *whole_scalar(const char *p, const char *end,
                                       struct wpb_php_event *event)
{
    event->length = 0;
    if (end - p < 4)
        return NULL;
    if (is4(p, "b:1;") || is4(p, "b:0;")) {
        event->type = WPB_PHP_BOOL;
        return p + 4;
    }
    if (is2(p, "N;")) {
        event->type = WPB_PHP_NULL;
        return p + 2;
    }
    if (end - p < HEAD_MAX)
        return NULL;
    if (is2(p, "s:")) {
        struct wpb_slice text = {NULL, 0};
        const char *q = whole_string(p, end, &text);
        event->type = WPB_PHP_STRING;
        event->length = text.len;
        return q;
    }
    if (is2(p, "i:")) {
        int64_t ignored;
        event->type = WPB_PHP_INT;
        return whole_int(p, &ignored);
    }
    return NULL;
}

/* The key was whole, its value is not a scalar or not whole: the steps read the
 * value, and the chunk may be gone by then. */
static void hand_over(struct wpb_php_walker *walker)
{
    const struct wpb_php_event *event = &walker->event;
    walker->key = (struct wpb_walk_key){
        .is_present = true,
        .is_int = event->key_is_int,
        .number = event->key_is_int ? event->key_int : 0,
        .len = event->key_len,
        .kept = (uint32_t)event->key.len,
    };
    memcpy(walker->key_text, event->key.data, event->key.len);
    walker->in_key = false;
    walker->state = WPB_WALK_VALUE;
}

/* What a notoptions consists of: pairs `s:LEN:"...";b:0;` or `b:1;`, with a length
 * of two digits, of which *LEFT may be read. The events differ in key and place
 * alone, so that the rest of them is written once. */
static const char *run_of_flags(struct wpb_php_walker *walker, const char *p,
                                const char *end, uint64_t *left)
{
    struct wpb_php_event *event = &walker->event;
    wpb_php_visit *visit = walker->visit;
    void *cookie = walker->cookie;
    const char *chunk = walker->chunk;
    uint64_t base = walker->base;
    uint64_t n = *left;
    event->type = WPB_PHP_BOOL;
    event->key_is_int = false;
    event->length = 0;
    event->bytes = 4;
    while (n > 0 && end - p >= HEAD_MAX) {
        unsigned tens = (unsigned char)p[2] - (unsigned)'0';
        unsigned ones = (unsigned char)p[3] - (unsigned)'0';
        size_t len = tens * 10 + ones;
        const char *key = p + 6;
        if (!is2(p, "s:") || !is2(p + 4, ":\"") || tens > 9 || ones > 9 ||
            (size_t)(end - key) < len + 6)
            break;
        const char *value = key + len + 2;
        if (!is2(key + len, "\";") || (!is4(value, "b:1;") && !is4(value, "b:0;")))
            break;
        event->key.data = key;
        event->key.len = len;
        event->key_len = len;
        event->offset = base + (uint64_t)(value - chunk);
        n--;
        p = value + 4;
        if (visit(cookie, event) != 0) {
            p = wpb_walk_stop(walker, WPB_E_CANCELLED, wpb_walk_position(walker, p),
                              "cancelled", 0);
            break;
        }
    }
    *left = n;
    return p;
}

const char *wpb_walk_run(struct wpb_php_walker *walker, const char *p, const char *end)
{
    struct wpb_walk_frame *parent = &walker->frames[walker->depth - 1];
    struct wpb_php_event *event = &walker->event;
    wpb_php_visit *visit = walker->visit;
    void *cookie = walker->cookie;
    event->phase = WPB_PHP_LEAF;
    event->depth = walker->depth;
    event->has_key = true;
    event->is_property = parent->has_properties;
    event->target = 0;
    event->is_hard = false;
    event->count = 0;
    event->class_name = wpb_slice_of("", 0);
    uint64_t budget = walker->limits.max_elements - walker->elements;
    uint64_t may = parent->left < budget ? parent->left : budget;
    uint64_t left = may;
    while (left > 0 && p) {
        const char *value = whole_key(p, end, event);
        if (!value)
            break;
        const char *next = whole_scalar(value, end, event);
        if (!next) {
            hand_over(walker);
            p = value;
            break;
        }
        event->offset = wpb_walk_position(walker, value);
        event->bytes = (uint64_t)(next - value);
        left--;
        p = next;
        if (visit(cookie, event) != 0)
            p = wpb_walk_stop(walker, WPB_E_CANCELLED, wpb_walk_position(walker, p),
                              "cancelled", 0);
        else if (event->type == WPB_PHP_BOOL && !event->key_is_int)
            p = run_of_flags(walker, p, end, &left);
    }
    walker->elements += may - left;
    parent->left -= may - left;
    if (parent->left == 0)
        walker->state = WPB_WALK_CLOSE;
    return p;
}
