#include "probes/redis/key_family.h"

#include <stdlib.h>

#include "probes/php/fold.h"

#define CELLS (WPB_KEY_FAMILIES_MAX * 2)

static const struct wpb_slice other_name = WPB_SLICE("<other>");

struct entry {
    unsigned long long hash;
    uint32_t group;
    uint32_t len;
    uint64_t keys, bytes, ttlless_keys;
    char text[WPB_FOLD_ROOM];
};

struct other {
    uint64_t keys, bytes, ttlless_keys;
};

struct wpb_key_families {
    struct entry entries[WPB_KEY_FAMILIES_MAX];
    size_t count;
    uint16_t cells[CELLS]; /* entry + 1 */
    uint32_t groups;
    struct other *others; /* by group */
    bool has_lost;
    struct wpb_key_family *sorted;
};

struct wpb_key_families *wpb_key_families_new(uint32_t groups)
{
    struct wpb_key_families *families = calloc(1, sizeof *families);
    if (!families)
        return NULL;
    families->groups = groups;
    families->others = calloc(groups ? groups : 1, sizeof *families->others);
    if (families->others)
        return families;
    free(families);
    return NULL;
}

void wpb_key_families_free(struct wpb_key_families *families)
{
    if (!families)
        return;
    free(families->others);
    free(families->sorted);
    free(families);
}

/* Where the entry of that text is, or would be entered. */
static uint16_t *find_cell(struct wpb_key_families *families, unsigned long long hash,
                           uint32_t group, struct wpb_slice text)
{
    size_t cell = (size_t)(hash ^ (hash >> 32)) % CELLS;

    for (; families->cells[cell]; cell = (cell + 1) % CELLS) {
        const struct entry *entry = &families->entries[families->cells[cell] - 1];
        if (entry->hash == hash && entry->group == group &&
            wpb_slice_equal(wpb_slice_of(entry->text, entry->len), text))
            break;
    }
    return &families->cells[cell];
}

static int heavier_first(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    if (x->keys != y->keys)
        return x->keys < y->keys ? 1 : -1;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return wpb_slice_compare(wpb_slice_of(x->text, x->len),
                             wpb_slice_of(y->text, y->len));
}

/* Give up the lighter half. */
static void make_room(struct wpb_key_families *families)
{
    size_t kept = families->count / 2;

    qsort(families->entries, families->count, sizeof families->entries[0], heavier_first);
    for (size_t i = kept; i < families->count; i++) {
        const struct entry *entry = &families->entries[i];
        struct other *other = &families->others[entry->group];
        other->keys += entry->keys;
        other->bytes += entry->bytes;
        other->ttlless_keys += entry->ttlless_keys;
    }
    families->count = kept;
    families->has_lost = true;
    memset(families->cells, 0, sizeof families->cells);
    for (size_t i = 0; i < kept; i++) {
        const struct entry *entry = &families->entries[i];
        *find_cell(families, entry->hash, entry->group,
                   wpb_slice_of(entry->text, entry->len)) = (uint16_t)(i + 1);
    }
}

static struct entry *entry_of(struct wpb_key_families *families, uint32_t group,
                              struct wpb_slice id)
{
    struct entry *entry;
    char text[WPB_FOLD_ROOM];
    struct wpb_slice name = wpb_slice_of(text, wpb_fold_name(id, text));
    unsigned long long hash = wpb_slice_hash(name) ^ (group * 0x9e3779b97f4a7c15ULL);
    uint16_t *cell = find_cell(families, hash, group, name);

    if (*cell)
        return &families->entries[*cell - 1];
    if (families->count == WPB_KEY_FAMILIES_MAX) {
        make_room(families);
        cell = find_cell(families, hash, group, name);
    }
    entry = &families->entries[families->count];
    *entry = (struct entry){.hash = hash, .group = group, .len = (uint32_t)name.len};
    memcpy(entry->text, text, name.len);
    *cell = (uint16_t)++families->count;
    return entry;
}

void wpb_key_families_add(struct wpb_key_families *families, uint32_t group,
                          struct wpb_slice id, uint64_t bytes, bool is_ttlless,
                          uint64_t weight)
{
    struct entry *entry = entry_of(families, group, id);

    entry->keys += weight;
    entry->bytes += bytes * weight;
    entry->ttlless_keys += is_ttlless ? weight : 0;
}

void wpb_key_families_ttlless(struct wpb_key_families *families, uint32_t group,
                              struct wpb_slice id)
{
    entry_of(families, group, id)->ttlless_keys++;
}

bool wpb_key_families_are_whole(const struct wpb_key_families *families)
{
    return !families->has_lost;
}

static int by_bytes(const void *a, const void *b)
{
    const struct wpb_key_family *x = a, *y = b;

    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    if (x->keys != y->keys)
        return x->keys < y->keys ? 1 : -1;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return wpb_slice_compare(x->template_name, y->template_name);
}

const struct wpb_key_family *wpb_key_families_sorted(struct wpb_key_families *families,
                                                     size_t *count)
{
    size_t n = 0;

    *count = 0;
    free(families->sorted);
    families->sorted =
        calloc(families->count + families->groups + 1, sizeof *families->sorted);
    if (!families->sorted)
        return NULL;
    for (size_t i = 0; i < families->count; i++) {
        const struct entry *entry = &families->entries[i];
        families->sorted[n++] =
            (struct wpb_key_family){entry->group, wpb_slice_of(entry->text, entry->len),
                                    entry->keys, entry->bytes, entry->ttlless_keys};
    }
    for (uint32_t group = 0; group < families->groups; group++) {
        const struct other *other = &families->others[group];
        if (other->keys)
            families->sorted[n++] = (struct wpb_key_family){
                group, other_name, other->keys, other->bytes, other->ttlless_keys};
    }
    qsort(families->sorted, n, sizeof families->sorted[0], by_bytes);
    *count = n;
    return families->sorted;
}
