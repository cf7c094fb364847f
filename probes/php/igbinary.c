#include "probes/php/igbinary.h"

#include <stdio.h>
#include <stdlib.h>

#include "probes/php/igbinary_walker.h"
#include "probes/php/walker.h"

#define VERSION_BYTES 4

enum kind {
    NONE,
    NOTHING,
    BOOLEAN,
    POSITIVE,
    NEGATIVE,
    DOUBLE,
    EMPTY,
    TEXT,
    ID,
    ARRAY,
    OBJECT,
    OBJECT_ID,
    PAYLOAD,
    AGAIN,
    REFERENCE,
    CASE,
};

/* By type byte: what it begins, and the bytes of the number that follows. */
static const struct {
    uint8_t kind, width;
} types[0x28] = {
    [0x00] = {NOTHING, 0},   [0x01] = {AGAIN, 1},     [0x02] = {AGAIN, 2},
    [0x03] = {AGAIN, 4},     [0x04] = {BOOLEAN, 0},   [0x05] = {BOOLEAN, 0},
    [0x06] = {POSITIVE, 1},  [0x07] = {NEGATIVE, 1},  [0x08] = {POSITIVE, 2},
    [0x09] = {NEGATIVE, 2},  [0x0a] = {POSITIVE, 4},  [0x0b] = {NEGATIVE, 4},
    [0x0c] = {DOUBLE, 8},    [0x0d] = {EMPTY, 0},     [0x0e] = {ID, 1},
    [0x0f] = {ID, 2},        [0x10] = {ID, 4},        [0x11] = {TEXT, 1},
    [0x12] = {TEXT, 2},      [0x13] = {TEXT, 4},      [0x14] = {ARRAY, 1},
    [0x15] = {ARRAY, 2},     [0x16] = {ARRAY, 4},     [0x17] = {OBJECT, 1},
    [0x18] = {OBJECT, 2},    [0x19] = {OBJECT, 4},    [0x1a] = {OBJECT_ID, 1},
    [0x1b] = {OBJECT_ID, 2}, [0x1c] = {OBJECT_ID, 4}, [0x1d] = {PAYLOAD, 1},
    [0x1e] = {PAYLOAD, 2},   [0x1f] = {PAYLOAD, 4},   [0x20] = {POSITIVE, 8},
    [0x21] = {NEGATIVE, 8},  [0x22] = {AGAIN, 1},     [0x23] = {AGAIN, 2},
    [0x24] = {AGAIN, 4},     [0x25] = {REFERENCE, 0}, [0x26] = {TEXT, 8},
    [0x27] = {CASE, 0},
};

#define ONE(kind) (1U << (kind))
/* By state: the kinds that may come. */
static const uint32_t allowed[] = {
    [WPB_IGBINARY_VALUE] = ONE(NOTHING) | ONE(BOOLEAN) | ONE(POSITIVE) | ONE(NEGATIVE) |
                           ONE(DOUBLE) | ONE(EMPTY) | ONE(TEXT) | ONE(ID) | ONE(ARRAY) |
                           ONE(OBJECT) | ONE(OBJECT_ID) | ONE(AGAIN) | ONE(REFERENCE),
    [WPB_IGBINARY_KEY] =
        ONE(NOTHING) | ONE(POSITIVE) | ONE(NEGATIVE) | ONE(EMPTY) | ONE(TEXT) | ONE(ID),
    [WPB_IGBINARY_CONTENT] = ONE(ARRAY) | ONE(PAYLOAD) | ONE(CASE),
    [WPB_IGBINARY_CASE] = ONE(TEXT) | ONE(ID),
    [WPB_IGBINARY_END] = 0,
};

static const char *const expected[] = {
    [WPB_IGBINARY_VERSION] = "the version 00 00 00 01 or 00 00 00 02",
    [WPB_IGBINARY_VALUE] = "a value",
    [WPB_IGBINARY_KEY] = "an integer or string key",
    [WPB_IGBINARY_CONTENT] = "what an object holds",
    [WPB_IGBINARY_CASE] = "the name of an enum's case",
    [WPB_IGBINARY_END] = "the end of the value",
    [WPB_IGBINARY_VALUE_TEXT] = "more bytes of a string",
    [WPB_IGBINARY_KEY_TEXT] = "more bytes of a key",
    [WPB_IGBINARY_CLASS_TEXT] = "more bytes of a class name",
    [WPB_IGBINARY_CASE_TEXT] = "more bytes of an enum's case",
    [WPB_IGBINARY_PAYLOAD] = "more bytes of a custom object",
};

/* A token: its first byte, the number behind it, and where both stand. */
struct token {
    uint8_t type;
    uint8_t kind;
    uint64_t number;
    uint64_t start, end;
};

struct wpb_php_igbinary *wpb_php_igbinary_new(const struct wpb_php_limits *limits,
                                              wpb_php_visit *visit, void *cookie)
{
    struct wpb_php_igbinary *walker = calloc(1, sizeof(*walker));
    if (walker)
        wpb_frames_init(&walker->frames, limits, WPB_PHP_DEFAULT_MAX_DEPTH, visit,
                        cookie);
    return walker;
}

void wpb_php_igbinary_free(struct wpb_php_igbinary *walker)
{
    if (!walker)
        return;
    wpb_frames_fini(&walker->frames);
    wpb_igbinary_strings_fini(&walker->strings);
    free(walker);
}

uint64_t wpb_php_igbinary_elements(const struct wpb_php_igbinary *walker)
{
    return walker->frames.elements;
}

uint64_t wpb_php_igbinary_bytes(const struct wpb_php_igbinary *walker)
{
    return walker->frames.base;
}

uint64_t wpb_php_igbinary_unknown(const struct wpb_php_igbinary *walker)
{
    return walker->unknown;
}

/* An element was read to before byte END: close what it completes. */
static int value_ended(struct wpb_php_igbinary *walker, uint64_t end)
{
    struct wpb_frames *frames = &walker->frames;
    while (frames->depth > 0 && wpb_frames_top(frames)->left == 0)
        if (wpb_frames_leave(frames, end))
            return -1;
    walker->state = frames->depth > 0 ? WPB_IGBINARY_KEY : WPB_IGBINARY_END;
    return 0;
}

static int leaf(struct wpb_php_igbinary *walker, enum wpb_php_type type, uint64_t length,
                uint64_t end)
{
    struct wpb_frames *frames = &walker->frames;
    if (frames->is_hard && type <= WPB_PHP_STRING)
        walker->references++; /* others were counted as they began */
    if (wpb_frames_leaf(frames, type, length, end))
        return -1;
    return value_ended(walker, end);
}

static int out_of_memory(struct wpb_php_igbinary *walker, uint64_t offset)
{
    return wpb_frames_stop(&walker->frames, WPB_E_MEMORY, offset, "out of memory", 0);
}

/* LENGTH bytes follow, which STATE takes. */
static int bytes_follow(struct wpb_php_igbinary *walker, enum wpb_igbinary_state state,
                        const struct token *token)
{
    struct wpb_frames *frames = &walker->frames;
    if (token->number > frames->limits.max_bytes - token->end)
        return wpb_frames_stop(frames, WPB_E_BUDGET, token->start,
                               "declares more bytes than the limit of",
                               frames->limits.max_bytes);
    walker->length = walker->left = token->number;
    walker->state = state;
    return 0;
}

/* As bytes_follow(), of a text that gets a number. */
static int text_follows(struct wpb_php_igbinary *walker, enum wpb_igbinary_state state,
                        const struct token *token, bool is_key, bool is_held)
{
    if (bytes_follow(walker, state, token))
        return -1;
    if (wpb_igbinary_strings_open(&walker->strings, token->number, is_key, is_held))
        return out_of_memory(walker, token->start);
    return 0;
}

static int find(struct wpb_php_igbinary *walker, const struct token *token, bool is_held,
                struct wpb_igbinary_found *found)
{
    *found = (struct wpb_igbinary_found){.text = {"", 0}};
    if (token->number >= walker->strings.count)
        return wpb_frames_invalid(&walker->frames, token->start,
                                  "the number of an earlier string");
    *found = wpb_igbinary_strings_find(&walker->strings, token->number, is_held);
    return 0;
}

static void keep_class(struct wpb_frames *frames, const char *text, size_t len)
{
    size_t room = WPB_PHP_KEY_MAX - frames->class_kept;
    if (len > room)
        len = room;
    memcpy(frames->class_text + frames->class_kept, text, len);
    frames->class_kept += (uint32_t)len;
}

static void name_class(struct wpb_frames *frames, uint64_t len)
{
    frames->class_len = len;
    frames->class_kept = 0;
}

static int class_again(struct wpb_php_igbinary *walker, const struct token *token)
{
    struct wpb_igbinary_found found;
    if (find(walker, token, false, &found))
        return -1;
    walker->unknown += !found.has_text;
    name_class(&walker->frames, found.len);
    keep_class(&walker->frames, found.text.data, found.text.len);
    walker->state = WPB_IGBINARY_CONTENT;
    return 0;
}

static int string_again(struct wpb_php_igbinary *walker, const struct token *token)
{
    struct wpb_igbinary_found found;
    if (find(walker, token, true, &found))
        return -1;
    walker->frames.is_shared = found.is_held;
    return leaf(walker, WPB_PHP_STRING, found.len, token->end);
}

static int again(struct wpb_php_igbinary *walker, const struct token *token)
{
    if (token->number >= walker->references)
        return wpb_frames_invalid(&walker->frames, token->start,
                                  "the number of an earlier array or object");
    walker->frames.event.target = token->number + 1;
    return leaf(walker, WPB_PHP_REFERENCE, 0, token->end);
}

static int enter(struct wpb_php_igbinary *walker, enum wpb_php_type type,
                 const struct token *token)
{
    if (token->number >= WPB_PHP_COUNT_END)
        return wpb_frames_invalid(&walker->frames, token->start,
                                  "a count below 1073741824");
    walker->references++;
    if (wpb_frames_enter(&walker->frames, type, token->number,
                         type == WPB_PHP_OBJECT || token->number > 0, token->end))
        return -1;
    return value_ended(walker, token->end);
}

static int value(struct wpb_php_igbinary *walker, const struct token *token)
{
    struct wpb_frames *frames = &walker->frames;
    if (!frames->is_hard && wpb_frames_begin(frames, token->start))
        return -1;
    switch (token->kind) {
    case NOTHING:
        return leaf(walker, WPB_PHP_NULL, 0, token->end);
    case BOOLEAN:
        return leaf(walker, WPB_PHP_BOOL, 0, token->end);
    case POSITIVE:
    case NEGATIVE:
        return leaf(walker, WPB_PHP_INT, 0, token->end);
    case DOUBLE:
        return leaf(walker, WPB_PHP_FLOAT, 0, token->end);
    case EMPTY:
        return leaf(walker, WPB_PHP_STRING, 0, token->end);
    case TEXT:
        return text_follows(walker, WPB_IGBINARY_VALUE_TEXT, token, false, true);
    case ID:
        return string_again(walker, token);
    case ARRAY:
        return enter(walker, WPB_PHP_ARRAY, token);
    case OBJECT:
        name_class(frames, token->number);
        return text_follows(walker, WPB_IGBINARY_CLASS_TEXT, token, true, false);
    case OBJECT_ID:
        return class_again(walker, token);
    case AGAIN:
        return again(walker, token);
    default: /* REFERENCE: its value comes next */
        frames->is_hard = true;
        return 0;
    }
}

/* What PHP makes of an integer that does not fit is 0. */
static int64_t integer(const struct token *token)
{
    uint64_t number = token->number;
    if (token->kind == POSITIVE)
        return number > INT64_MAX ? 0 : (int64_t)number;
    if (number <= INT64_MAX)
        return -(int64_t)number;
    return number == (uint64_t)INT64_MAX + 1 ? INT64_MIN : 0;
}

static int key(struct wpb_php_igbinary *walker, const struct token *token)
{
    struct wpb_frames *frames = &walker->frames;
    struct wpb_frame *parent = wpb_frames_top(frames);
    struct wpb_igbinary_found found;
    bool is_held = !parent->has_properties;
    frames->key = (struct wpb_frames_key){.is_present = true, .text = frames->key_text};
    walker->state = WPB_IGBINARY_VALUE;
    switch (token->kind) {
    case NOTHING:
        parent->left--;
        return value_ended(walker, token->end);
    case EMPTY:
        return 0;
    case TEXT:
        frames->key.len = token->number;
        return text_follows(walker, WPB_IGBINARY_KEY_TEXT, token, true, is_held);
    case ID:
        if (find(walker, token, is_held, &found))
            return -1;
        walker->unknown += !found.has_text;
        frames->key.len = found.len;
        frames->key.kept = (uint32_t)found.text.len;
        frames->key.is_shared = found.is_held;
        frames->key.text = found.text.data;
        return 0;
    default:
        frames->key.is_int = true;
        frames->key.number = integer(token);
        return 0;
    }
}

static int content(struct wpb_php_igbinary *walker, const struct token *token)
{
    switch (token->kind) {
    case ARRAY:
        return enter(walker, WPB_PHP_OBJECT, token);
    case PAYLOAD:
        walker->references++;
        return bytes_follow(walker, WPB_IGBINARY_PAYLOAD, token);
    default:
        walker->references++;
        walker->state = WPB_IGBINARY_CASE;
        return 0;
    }
}

static int enum_ended(struct wpb_php_igbinary *walker, uint64_t case_len, uint64_t end)
{
    walker->frames.class_len += 1 + case_len;
    return leaf(walker, WPB_PHP_ENUM, walker->frames.class_len, end);
}

static int enum_case(struct wpb_php_igbinary *walker, const struct token *token)
{
    struct wpb_igbinary_found found;
    keep_class(&walker->frames, ":", 1);
    if (token->kind == TEXT)
        return text_follows(walker, WPB_IGBINARY_CASE_TEXT, token, true, false);
    if (find(walker, token, false, &found))
        return -1;
    walker->unknown += !found.has_text;
    keep_class(&walker->frames, found.text.data, found.text.len);
    return enum_ended(walker, found.len, token->end);
}

static int version(struct wpb_php_igbinary *walker, const char *head)
{
    if (memcmp(head, "\0\0\0\1", 4) != 0 && memcmp(head, "\0\0\0\2", 4) != 0)
        return wpb_frames_invalid(&walker->frames, 0, expected[WPB_IGBINARY_VERSION]);
    walker->state = WPB_IGBINARY_VALUE;
    return 0;
}

/* The token of NEED bytes at HEAD is whole and ends before byte END. */
static int act(struct wpb_php_igbinary *walker, const char *head, size_t need,
               uint64_t end)
{
    if (walker->state == WPB_IGBINARY_VERSION)
        return version(walker, head);
    struct token token = {
        .type = (uint8_t)head[0],
        .kind = types[(uint8_t)head[0]].kind,
        .start = end - need,
        .end = end,
    };
    for (size_t i = 1; i < need; i++)
        token.number = token.number << 8 | (uint8_t)head[i];
    switch (walker->state) {
    case WPB_IGBINARY_VALUE:
        return value(walker, &token);
    case WPB_IGBINARY_KEY:
        return key(walker, &token);
    case WPB_IGBINARY_CONTENT:
        return content(walker, &token);
    default:
        return enum_case(walker, &token);
    }
}

/* Bytes of the token that begins with FIRST; 0 when it must not come here. */
static inline size_t token_bytes(enum wpb_igbinary_state state, uint8_t first)
{
    if (state == WPB_IGBINARY_VERSION)
        return VERSION_BYTES;
    if (first >= sizeof(types) / sizeof(*types) ||
        !(allowed[state] & ONE(types[first].kind)))
        return 0;
    return 1U + types[first].width;
}

static const char *step_token(struct wpb_php_igbinary *walker, const char *p,
                              const char *end)
{
    struct wpb_frames *frames = &walker->frames;
    size_t have = walker->head_len;
    size_t need = token_bytes(walker->state, (uint8_t)(have ? walker->head[0] : *p));
    if (need == 0) {
        wpb_frames_invalid(frames, wpb_frames_position(frames, p),
                           expected[walker->state]);
        return NULL;
    }
    if (have == 0 && (size_t)(end - p) >= need) {
        const char *next = p + need;
        return act(walker, p, need, wpb_frames_position(frames, next)) ? NULL : next;
    }
    while (have < need && p < end)
        walker->head[have++] = *p++;
    walker->head_len = (uint8_t)have;
    if (have < need)
        return p;
    walker->head_len = 0;
    return act(walker, walker->head, need, wpb_frames_position(frames, p)) ? NULL : p;
}

/* Bytes of the key: as they stand in the chunk when it holds them all. */
static void keep_key(struct wpb_php_igbinary *walker, const char *p, size_t len)
{
    struct wpb_frames_key *name = &walker->frames.key;
    size_t room = WPB_PHP_KEY_MAX - name->kept;
    size_t part = len < room ? len : room;
    if (len == walker->length)
        name->text = p;
    else
        memcpy(walker->frames.key_text + name->kept, p, part);
    name->kept += (uint32_t)part;
}

static int bytes_ended(struct wpb_php_igbinary *walker, uint64_t end)
{
    switch (walker->state) {
    case WPB_IGBINARY_KEY_TEXT:
        walker->state = WPB_IGBINARY_VALUE;
        return 0;
    case WPB_IGBINARY_CLASS_TEXT:
        walker->state = WPB_IGBINARY_CONTENT;
        return 0;
    case WPB_IGBINARY_CASE_TEXT:
        return enum_ended(walker, walker->length, end);
    case WPB_IGBINARY_PAYLOAD:
        return leaf(walker, WPB_PHP_CUSTOM, walker->length, end);
    default:
        return leaf(walker, WPB_PHP_STRING, walker->length, end);
    }
}

/* LEN bytes, at most as many as are left; none for an empty string. */
static const char *step_bytes(struct wpb_php_igbinary *walker, const char *p,
                              const char *end)
{
    size_t len = (size_t)(end - p);
    if (len > walker->left)
        len = (size_t)walker->left;
    if (walker->state != WPB_IGBINARY_PAYLOAD)
        wpb_igbinary_strings_add(&walker->strings, p, len);
    if (walker->state == WPB_IGBINARY_KEY_TEXT)
        keep_key(walker, p, len);
    else if (walker->state == WPB_IGBINARY_CLASS_TEXT ||
             walker->state == WPB_IGBINARY_CASE_TEXT)
        keep_class(&walker->frames, p, len);
    walker->left -= len;
    p += len;
    if (walker->left == 0 && bytes_ended(walker, wpb_frames_position(&walker->frames, p)))
        return NULL;
    return p;
}

static const char *step(struct wpb_php_igbinary *walker, const char *p, const char *end)
{
    if (walker->state > WPB_IGBINARY_END)
        return step_bytes(walker, p, end);
    if (walker->state == WPB_IGBINARY_KEY && walker->head_len == 0) {
        const char *next = wpb_igbinary_run(walker, p, end);
        if (next != p)
            return next;
    }
    return step_token(walker, p, end);
}

int wpb_php_igbinary_feed(struct wpb_php_igbinary *walker, struct wpb_slice chunk,
                          struct wpb_err *err)
{
    struct wpb_frames *frames = &walker->frames;
    if (frames->has_failed)
        goto out_failed;
    if (chunk.len == 0)
        return 0;
    uint64_t allowed_bytes = frames->limits.max_bytes - frames->base;
    size_t len = chunk.len < allowed_bytes ? chunk.len : (size_t)allowed_bytes;
    const char *p = chunk.data;
    const char *end = p + len;
    frames->chunk = p;
    while (p && (p < end || (walker->state > WPB_IGBINARY_END && walker->left == 0)))
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

int wpb_php_igbinary_finish(struct wpb_php_igbinary *walker, struct wpb_err *err)
{
    struct wpb_frames *frames = &walker->frames;
    if (!frames->has_failed && (walker->state != WPB_IGBINARY_END || walker->head_len)) {
        char text[128];
        snprintf(text, sizeof(text), "%s" WPB_WALK_ENDS, expected[walker->state]);
        wpb_frames_invalid(frames, frames->base, text);
    }
    if (!frames->has_failed)
        return 0;
    if (err)
        *err = frames->err;
    return -1;
}
