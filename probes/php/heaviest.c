#include "probes/php/heaviest.h"

#include <stdio.h>
#include <stdlib.h>

#define FRAMES_MAX 64
#define CANDIDATES_MAX 128
#define PATH_MAX_BYTES 255
#define LISTED_SHARE 100 /* of the whole, one part in this many */
#define LIST_SHARE 10    /* of a list, for one of its elements */

struct candidate {
    uint64_t bytes, count;
    uint64_t parent; /* serial of the frame it hangs in */
    enum wpb_php_type type;
    bool is_of_list;
    uint8_t len;
    char path[PATH_MAX_BYTES];
};

struct frame {
    uint64_t serial, offset, count;
    uint64_t heaviest_child; /* of those that are listed or stand for others */
    enum wpb_php_type type;
    bool is_of_list, has_list_children;
    uint8_t len; /* of its path */
};

struct wpb_heaviest {
    uint64_t serials;
    uint32_t depth; /* open frames, of which FRAMES_MAX are kept */
    size_t count;
    char path[PATH_MAX_BYTES]; /* of the innermost frame or leaf */
    struct frame frames[FRAMES_MAX];
    struct candidate candidates[CANDIDATES_MAX];
};

struct wpb_heaviest *wpb_heaviest_new(void)
{
    return calloc(1, sizeof(struct wpb_heaviest));
}

void wpb_heaviest_free(struct wpb_heaviest *heaviest)
{
    free(heaviest);
}

/* Append to the path of LEN bytes; "..." says that there was no room. */
static uint8_t append(struct wpb_heaviest *heaviest, uint8_t len, struct wpb_slice text)
{
    size_t room = PATH_MAX_BYTES - len;
    if (text.len <= room) {
        memcpy(heaviest->path + len, text.data, text.len);
        return (uint8_t)(len + text.len);
    }
    if (room < 3)
        return len; /* what stands there is the parent's */
    memcpy(heaviest->path + len, text.data, room);
    memcpy(heaviest->path + PATH_MAX_BYTES - 3, "...", 3);
    return PATH_MAX_BYTES;
}

/* A private or protected property is "\0Class\0name" or "\0*\0name". */
static struct wpb_slice bare_key(struct wpb_slice key)
{
    const char *end = NULL;
    if (key.len > 1 && key.data[0] == '\0')
        end = memchr(key.data + 1, '\0', key.len - 1);
    return end ? wpb_slice_skip(key, (size_t)(end + 1 - key.data)) : key;
}

/* Write the path of the child EVENT names under a parent's path of LEN bytes. */
static uint8_t child_path(struct wpb_heaviest *heaviest, uint8_t len,
                          const struct wpb_php_event *event)
{
    char number[32];
    if (!event->has_key)
        return len;
    if (event->key_is_int) {
        int digits =
            snprintf(number, sizeof(number), "[%lld]", (long long)event->key_int);
        return append(heaviest, len, wpb_slice_of(number, (size_t)digits));
    }
    if (len > 0)
        len = append(heaviest, len, wpb_slice_of(".", 1));
    return append(heaviest, len, bare_key(event->key));
}

static size_t lightest(const struct wpb_heaviest *heaviest)
{
    size_t found = 0;
    for (size_t i = 1; i < heaviest->count; i++)
        if (heaviest->candidates[i].bytes < heaviest->candidates[found].bytes)
            found = i;
    return found;
}

/* List a part; its path is in heaviest->path already. */
static void list(struct wpb_heaviest *heaviest, const struct candidate *part)
{
    size_t slot = heaviest->count;
    if (slot == CANDIDATES_MAX) {
        slot = lightest(heaviest);
        if (heaviest->candidates[slot].bytes >= part->bytes)
            return;
    } else {
        heaviest->count++;
    }
    heaviest->candidates[slot] = *part;
    memcpy(heaviest->candidates[slot].path, heaviest->path, part->len);
}

static bool is_heavy(uint64_t bytes, uint64_t walked)
{
    return bytes >= walked / LISTED_SHARE;
}

static void note_child(struct frame *parent, uint64_t bytes, bool is_of_list)
{
    if (bytes > parent->heaviest_child)
        parent->heaviest_child = bytes;
    parent->has_list_children |= is_of_list;
}

/* A list of many alike speaks for itself. */
static void drop_list_children(struct wpb_heaviest *heaviest, const struct frame *frame,
                               uint64_t bytes)
{
    size_t kept = 0;
    for (size_t i = 0; i < heaviest->count; i++) {
        const struct candidate *part = &heaviest->candidates[i];
        if (part->parent == frame->serial && part->is_of_list &&
            part->bytes < bytes / LIST_SHARE)
            continue;
        if (kept != i)
            heaviest->candidates[kept] = *part;
        kept++;
    }
    heaviest->count = kept;
}

static void enter(struct wpb_heaviest *heaviest, const struct wpb_php_event *event)
{
    if (heaviest->depth < FRAMES_MAX) {
        const struct frame *parent =
            heaviest->depth ? &heaviest->frames[heaviest->depth - 1] : NULL;
        heaviest->frames[heaviest->depth] = (struct frame){
            .serial = ++heaviest->serials,
            .offset = event->offset,
            .count = event->count,
            .type = event->type,
            .is_of_list = event->has_key && event->key_is_int,
            .len = child_path(heaviest, parent ? parent->len : 0, event),
        };
    }
    heaviest->depth++;
}

/* The innermost frame ends with BYTES, at byte WALKED. */
static void leave(struct wpb_heaviest *heaviest, uint64_t bytes, uint64_t walked)
{
    if (--heaviest->depth >= FRAMES_MAX)
        return;
    const struct frame *frame = &heaviest->frames[heaviest->depth];
    if (frame->has_list_children)
        drop_list_children(heaviest, frame, bytes);
    if (heaviest->depth == 0 || !is_heavy(bytes, walked))
        return;
    struct frame *parent = &heaviest->frames[heaviest->depth - 1];
    note_child(parent, bytes, frame->is_of_list);
    if (frame->heaviest_child >= bytes - bytes / 5)
        return; /* which stands for this one */
    const struct candidate part = {
        .bytes = bytes,
        .count = frame->count,
        .parent = parent->serial,
        .type = frame->type,
        .is_of_list = frame->is_of_list,
        .len = frame->len,
    };
    list(heaviest, &part);
}

static void leaf(struct wpb_heaviest *heaviest, const struct wpb_php_event *event)
{
    if (heaviest->depth == 0 || heaviest->depth > FRAMES_MAX ||
        !is_heavy(event->bytes, event->offset + event->bytes))
        return;
    struct frame *parent = &heaviest->frames[heaviest->depth - 1];
    const struct candidate part = {
        .bytes = event->bytes,
        .parent = parent->serial,
        .type = event->type,
        .is_of_list = event->key_is_int,
        .len = child_path(heaviest, parent->len, event),
    };
    note_child(parent, event->bytes, event->key_is_int);
    list(heaviest, &part);
}

void wpb_heaviest_add(struct wpb_heaviest *heaviest, const struct wpb_php_event *event)
{
    switch (event->phase) {
    case WPB_PHP_LEAF:
        leaf(heaviest, event);
        break;
    case WPB_PHP_ENTER:
        enter(heaviest, event);
        break;
    case WPB_PHP_LEAVE:
        /* JSON does not say before how many will come. */
        if (heaviest->depth <= FRAMES_MAX)
            heaviest->frames[heaviest->depth - 1].count = event->count;
        leave(heaviest, event->bytes, event->offset + event->bytes);
        break;
    }
}

static int by_bytes(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return wpb_slice_compare(wpb_slice_of(a->path, a->len),
                             wpb_slice_of(b->path, b->len));
}

size_t wpb_heaviest_finish(struct wpb_heaviest *heaviest, uint64_t walked,
                           struct wpb_arena *arena, struct wpb_examination_path *paths,
                           size_t max)
{
    size_t count = 0;
    while (heaviest->depth > FRAMES_MAX)
        heaviest->depth--;
    while (heaviest->depth > 0)
        leave(heaviest, walked - heaviest->frames[heaviest->depth - 1].offset, walked);
    qsort(heaviest->candidates, heaviest->count, sizeof(*heaviest->candidates), by_bytes);
    for (size_t i = 0; i < heaviest->count && count < max; i++) {
        const struct candidate *part = &heaviest->candidates[i];
        if (!is_heavy(part->bytes, walked))
            break;
        paths[count++] = (struct wpb_examination_path){
            .path = wpb_arena_copy(arena, wpb_slice_of(part->path, part->len)),
            .type = part->type,
            .bytes = part->bytes,
            .count = part->count,
        };
    }
    return count;
}
