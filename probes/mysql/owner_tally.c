#include "probes/mysql/owner_tally.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 200
#define SLOTS 4096 /* a power of two, twice what goes in */

struct wpb_owner_tally {
    struct wpb_arena *arena;
    struct wpb_slice prefix;
    const struct wpb_owner_folders *folders;
    struct wpb_owner_row rows[WPB_OWNERS_MAX + 1];
    size_t count;
    uint16_t slots[SLOTS]; /* of rows, plus one; 0 is free */
};

struct wpb_owner_tally *wpb_owner_tally_new(struct wpb_arena *arena,
                                            struct wpb_slice prefix,
                                            const struct wpb_owner_folders *folders)
{
    struct wpb_owner_tally *tally = wpb_arena_alloc(arena, sizeof(*tally));

    tally->arena = arena;
    tally->prefix = prefix;
    tally->folders = folders;
    return tally;
}

static size_t join(char *name, const char *lead, struct wpb_slice text, const char *end)
{
    size_t len = strlen(lead);

    memcpy(name, lead, len);
    text = wpb_slice_head(text, NAME_MAX_BYTES);
    memcpy(name + len, text.data, text.len);
    len += text.len;
    memcpy(name + len, end, strlen(end));
    return len + strlen(end);
}

static struct wpb_slice say(const struct wpb_owner *owner, char *name)
{
    switch (owner->kind) {
    case WPB_OWNER_CORE:
        break;
    case WPB_OWNER_PLUGIN:
        return wpb_slice_of(name, join(name, "plugin:", owner->name, ""));
    case WPB_OWNER_THEME:
        return wpb_slice_of(name, join(name, "theme:", owner->name, ""));
    case WPB_OWNER_PREFIX:
        return wpb_slice_of(name, join(name, "", owner->name, "*"));
    }
    return owner->name;
}

static struct wpb_owner_row *row_of(struct wpb_owner_tally *tally, struct wpb_slice name)
{
    size_t slot = (size_t)wpb_slice_hash(name) & (SLOTS - 1);
    struct wpb_owner_row *row;

    for (; tally->slots[slot]; slot = (slot + 1) & (SLOTS - 1)) {
        row = &tally->rows[tally->slots[slot] - 1];
        if (wpb_slice_equal(row->name, name))
            return row;
    }
    if (tally->count >= WPB_OWNERS_MAX && !wpb_slice_is(name, "*"))
        return row_of(tally, wpb_slice_cstr("*"));
    row = &tally->rows[tally->count++];
    row->name = wpb_arena_copy(tally->arena, name);
    tally->slots[slot] = (uint16_t)tally->count;
    return row;
}

void wpb_owner_tally_add(struct wpb_owner_tally *tally, struct wpb_slice option,
                         uint64_t bytes)
{
    char name[NAME_MAX_BYTES + 16];
    struct wpb_owner owner = wpb_owner_of(option, tally->prefix, tally->folders);
    struct wpb_owner_row *row = row_of(tally, say(&owner, name));

    row->options++;
    row->bytes += bytes;
}

static int by_weight(const void *a, const void *b)
{
    const struct wpb_owner_row *left = a, *right = b;

    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return wpb_slice_compare(left->name, right->name);
}

const struct wpb_owner_row *wpb_owner_tally_sorted(struct wpb_owner_tally *tally,
                                                   size_t *count)
{
    qsort(tally->rows, tally->count, sizeof(tally->rows[0]), by_weight);
    memset(tally->slots, 0, sizeof(tally->slots));
    for (size_t i = 0; i < tally->count; i++) {
        size_t slot = (size_t)wpb_slice_hash(tally->rows[i].name) & (SLOTS - 1);
        while (tally->slots[slot])
            slot = (slot + 1) & (SLOTS - 1);
        tally->slots[slot] = (uint16_t)(i + 1);
    }
    *count = tally->count;
    return tally->rows;
}
