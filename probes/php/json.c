#include "probes/php/json.h"

#include <stdio.h>
#include <stdlib.h>

#include "probes/php/frames.h"
#include "probes/php/json_walker.h"
#include "probes/php/zend.h"

static const char *const expected[] = {
    [WPB_JSON_VALUE] = "a value",
    [WPB_JSON_FIRST_VALUE] = "a value or ']'",
    [WPB_JSON_FIRST_KEY] = "a key or '}'",
    [WPB_JSON_KEY] = "a key",
    [WPB_JSON_COLON] = "':'",
    [WPB_JSON_AFTER] = "',' or the end of the array or object",
    [WPB_JSON_END] = "the end of the value",
    [WPB_JSON_STRING] = "more of a string, without control bytes",
    [WPB_JSON_UTF8] = "UTF-8",
    [WPB_JSON_ESCAPE] = "one of \"\\/bfnrtu",
    [WPB_JSON_HEX] = "a hexadecimal digit",
    [WPB_JSON_LOW_SLASH] = "the second half of a surrogate pair",
    [WPB_JSON_LOW_U] = "the second half of a surrogate pair",
    [WPB_JSON_WORD] = "null, true or false",
    [WPB_JSON_MINUS] = "a digit",
    [WPB_JSON_ZERO] = "a '.', an exponent or the end of the number",
    [WPB_JSON_DIGITS] = "a digit, a '.', an exponent or the end of the number",
    [WPB_JSON_POINT] = "a digit",
    [WPB_JSON_FRACTION] = "a digit, an exponent or the end of the number",
    [WPB_JSON_EXPONENT] = "a digit or a sign",
    [WPB_JSON_EXPONENT_SIGN] = "a digit",
    [WPB_JSON_EXPONENT_DIGITS] = "a digit or the end of the number",
};

struct wpb_php_json *wpb_php_json_new(const struct wpb_php_limits *limits,
                                      wpb_php_visit *visit, void *cookie)
{
    struct wpb_php_json *walker = calloc(1, sizeof(*walker));
    if (!walker)
        return NULL;
    wpb_frames_init(&walker->frames, limits, WPB_PHP_JSON_MAX_DEPTH, visit, cookie);
    walker->frames.puts_last = true;
    return walker;
}

void wpb_php_json_free(struct wpb_php_json *walker)
{
    if (!walker)
        return;
    wpb_frames_fini(&walker->frames);
    free(walker);
}

uint64_t wpb_php_json_elements(const struct wpb_php_json *walker)
{
    return walker->frames.elements;
}

uint64_t wpb_php_json_bytes(const struct wpb_php_json *walker)
{
    return walker->frames.base;
}

const char *wpb_json_walker_unexpected(struct wpb_php_json *walker, const char *p)
{
    wpb_frames_invalid(&walker->frames, wpb_frames_position(&walker->frames, p),
                       expected[walker->state]);
    return NULL;
}

static void value_ended(struct wpb_php_json *walker)
{
    walker->state = walker->frames.depth > 0 ? WPB_JSON_AFTER : WPB_JSON_END;
}

int wpb_json_walker_leaf(struct wpb_php_json *walker, enum wpb_php_type type,
                         uint64_t length, uint64_t end)
{
    if (wpb_frames_leaf(&walker->frames, type, length, end))
        return -1;
    value_ended(walker);
    return 0;
}

static const char *enter(struct wpb_php_json *walker, const char *p)
{
    struct wpb_frames *frames = &walker->frames;
    bool is_list = *p == '[';
    if (wpb_frames_enter(frames, WPB_PHP_ARRAY, 0, true,
                         wpb_frames_position(frames, p) + 1))
        return NULL;
    wpb_frames_top(frames)->is_list = is_list;
    walker->state = is_list ? WPB_JSON_FIRST_VALUE : WPB_JSON_FIRST_KEY;
    return p + 1;
}

static const char *leave(struct wpb_php_json *walker, const char *p)
{
    struct wpb_frames *frames = &walker->frames;
    if (wpb_frames_leave(frames, wpb_frames_position(frames, p) + 1))
        return NULL;
    value_ended(walker);
    return p + 1;
}

static const char *begin_word(struct wpb_php_json *walker, const char *p)
{
    walker->word = *p == 'n' ? "null" : *p == 't' ? "true" : "false";
    walker->word_type = *p == 'n' ? WPB_PHP_NULL : WPB_PHP_BOOL;
    walker->word_at = 1;
    walker->state = WPB_JSON_WORD;
    return p + 1;
}

static const char *step_value(struct wpb_php_json *walker, const char *p, const char *end)
{
    struct wpb_frames *frames = &walker->frames;
    struct wpb_frame *parent = wpb_frames_top(frames);
    if (*p == ']' && walker->state == WPB_JSON_FIRST_VALUE)
        return leave(walker, p);
    if (*p == '\0' || !strchr("\"[{ntf-0123456789", *p))
        return wpb_json_walker_unexpected(walker, p);
    if (parent && parent->is_list)
        frames->key = (struct wpb_frames_key){
            .is_present = true,
            .is_int = true,
            .number = (int64_t)parent->taken,
            .text = frames->key_text,
        };
    if (wpb_frames_begin(frames, wpb_frames_position(frames, p)))
        return NULL;
    switch (*p) {
    case '"':
        return wpb_json_walker_begin_string(walker, p + 1, end, false);
    case '[':
    case '{':
        return enter(walker, p);
    case 'n':
    case 't':
    case 'f':
        return begin_word(walker, p);
    default:
        return wpb_json_walker_begin_number(walker, p);
    }
}

static const char *step_key(struct wpb_php_json *walker, const char *p, const char *end)
{
    if (*p == '}' && walker->state == WPB_JSON_FIRST_KEY)
        return leave(walker, p);
    if (*p != '"')
        return wpb_json_walker_unexpected(walker, p);
    walker->frames.key = (struct wpb_frames_key){
        .is_present = true,
        .text = walker->frames.key_text,
    };
    return wpb_json_walker_begin_string(walker, p + 1, end, true);
}

static const char *step_after(struct wpb_php_json *walker, const char *p)
{
    bool is_list = wpb_frames_top(&walker->frames)->is_list;
    if (*p == ',') {
        walker->state = is_list ? WPB_JSON_VALUE : WPB_JSON_KEY;
        return p + 1;
    }
    if (*p == (is_list ? ']' : '}'))
        return leave(walker, p);
    return wpb_json_walker_unexpected(walker, p);
}

static const char *step_word(struct wpb_php_json *walker, const char *p, const char *end)
{
    while (p < end && walker->word[walker->word_at] != '\0') {
        if (*p != walker->word[walker->word_at])
            return wpb_json_walker_unexpected(walker, p);
        walker->word_at++;
        p++;
    }
    if (walker->word[walker->word_at] != '\0')
        return p;
    uint64_t at = wpb_frames_position(&walker->frames, p);
    return wpb_json_walker_leaf(walker, walker->word_type, 0, at) ? NULL : p;
}

static inline bool is_space(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/* The first byte of an element of an array is next; `,` was there when it had to. */
static inline bool may_run(struct wpb_php_json *walker)
{
    struct wpb_frame *parent = wpb_frames_top(&walker->frames);
    if (!parent)
        return false;
    if (parent->is_list)
        return walker->state == WPB_JSON_VALUE || walker->state == WPB_JSON_FIRST_VALUE;
    return walker->state == WPB_JSON_KEY || walker->state == WPB_JSON_FIRST_KEY;
}

static inline const char *step(struct wpb_php_json *walker, const char *p,
                               const char *end)
{
    if (walker->state <= WPB_JSON_END && is_space(*p))
        return p + 1;
    if (may_run(walker)) {
        const char *next = wpb_json_run(walker, p, end);
        if (next != p)
            return next;
    }
    switch (walker->state) {
    case WPB_JSON_VALUE:
    case WPB_JSON_FIRST_VALUE:
        return step_value(walker, p, end);
    case WPB_JSON_FIRST_KEY:
    case WPB_JSON_KEY:
        return step_key(walker, p, end);
    case WPB_JSON_COLON:
        if (*p != ':')
            return wpb_json_walker_unexpected(walker, p);
        walker->state = WPB_JSON_VALUE;
        return p + 1;
    case WPB_JSON_AFTER:
        return step_after(walker, p);
    case WPB_JSON_END:
        return wpb_json_walker_unexpected(walker, p);
    case WPB_JSON_WORD:
        return step_word(walker, p, end);
    default:
        return walker->state < WPB_JSON_WORD ? wpb_json_walker_string(walker, p, end)
                                             : wpb_json_walker_number(walker, p, end);
    }
}

int wpb_php_json_feed(struct wpb_php_json *walker, struct wpb_slice chunk,
                      struct wpb_err *err)
{
    struct wpb_frames *frames = &walker->frames;
    if (frames->has_failed)
        goto out_failed;
    if (chunk.len == 0)
        return 0;
    uint64_t allowed = frames->limits.max_bytes - frames->base;
    size_t len = chunk.len < allowed ? chunk.len : (size_t)allowed;
    const char *p = chunk.data;
    const char *end = p + len;
    frames->chunk = p;
    while (p && p < end)
        p = step(walker, p, end);
    if (!p)
        goto out_failed;
    frames->base += len;
    if (wpb_frames_hold(frames))
        goto out_failed;
    frames->chunk = NULL;
    if (len == chunk.len)
        return 0;
    wpb_frames_stop(frames, WPB_E_BUDGET, frames->base, "longer than the limit of",
                    frames->limits.max_bytes);
out_failed:
    frames->base = frames->failed_at;
    if (err)
        *err = frames->err;
    return -1;
}

int wpb_php_json_finish(struct wpb_php_json *walker, struct wpb_err *err)
{
    struct wpb_frames *frames = &walker->frames;
    if (!frames->has_failed && frames->depth == 0)
        wpb_json_walker_end_number(walker, frames->base);
    if (!frames->has_failed && walker->state != WPB_JSON_END) {
        char text[128];
        snprintf(text, sizeof(text), "%s" WPB_WALK_ENDS, expected[walker->state]);
        wpb_frames_invalid(frames, frames->base, text);
    }
    if (!frames->has_failed)
        return 0;
    frames->base = frames->failed_at;
    if (err)
        *err = frames->err;
    return -1;
}
