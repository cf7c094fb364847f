#include "probes/php/family.h"

#include <stdlib.h>

#include "probes/php/family_table.h"

/* A probe longer than this is either bad luck or somebody's intent; such names
 * are counted in "<other>". */
#define PROBE_MAX 64
#define LITERAL_MIN 4

static uint64_t hash_text(const char *text, size_t len)
{
    uint64_t hash = len * UINT64_C(0x9E3779B97F4A7C15), word;
    for (size_t i = 0; i < len; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(0xD6E8FEB86659FD93);
        hash ^= hash >> 32;
    }
    return hash * UINT64_C(0xD6E8FEB86659FD93);
}

/* Both have zeros behind them, up to a whole word at least. */
static inline bool is_same_text(const struct wpb_family_entry *entry, const char *text,
                                size_t len)
{
    uint64_t a, b, difference = entry->len ^ len;
    for (size_t i = 0; i < len && !difference; i += sizeof a) {
        memcpy(&a, entry->text + i, sizeof a);
        memcpy(&b, text + i, sizeof b);
        difference = a ^ b;
    }
    return !difference;
}

static size_t first_slot(const struct wpb_families *families, uint64_t hash)
{
    return (size_t)(hash >> 40) & families->slot_mask;
}

static uint32_t find_hashed(const struct wpb_families *families, const char *text,
                            size_t len, uint64_t hash)
{
    size_t slot = first_slot(families, hash);
    for (size_t probe = 0; probe < PROBE_MAX; probe++) {
        uint32_t index = families->slots[slot];
        const struct wpb_family_entry *entry = &families->entries[index];
        if (!index)
            return 0;
        if (entry->hash == hash && is_same_text(entry, text, len))
            return index;
        slot = (slot + 1) & families->slot_mask;
    }
    return 0;
}

uint32_t wpb_family_find(const struct wpb_families *families, const char *text,
                         size_t len)
{
    return find_hashed(families, text, len, hash_text(text, len));
}

/* False when there is no free slot near. */
static bool enter(struct wpb_families *families, uint32_t index)
{
    size_t slot = first_slot(families, families->entries[index].hash);
    for (size_t probe = 0; probe < PROBE_MAX; probe++) {
        if (!families->slots[slot]) {
            families->slots[slot] = index;
            return true;
        }
        slot = (slot + 1) & families->slot_mask;
    }
    return false;
}

void wpb_family_index(struct wpb_families *families)
{
    struct wpb_family_entry *entries = families->entries;
    memset(families->slots, 0, (families->slot_mask + 1) * sizeof *families->slots);
    families->last = 0;
    for (size_t i = 1; i < families->count;) {
        entries[i].hash = hash_text(entries[i].text, entries[i].len);
        if (enter(families, (uint32_t)i)) {
            i++;
            continue;
        }
        entries[0].names += entries[i].names;
        entries[0].name_bytes += entries[i].name_bytes;
        entries[i] = entries[--families->count];
    }
}

struct wpb_families *wpb_families_new(size_t limit)
{
    struct wpb_families *families = calloc(1, sizeof *families);
    size_t slots = 64;
    if (!families)
        return NULL;
    limit = limit < 16 ? 16 : limit > 65536 ? 65536 : limit;
    while (slots < limit * 2)
        slots *= 2;
    families->limit = limit;
    families->slot_mask = slots - 1;
    /* malloc() of pages that are not touched costs no memory: entries are large
     * and few values need many. */
    families->entries = malloc((limit + 1) * sizeof *families->entries);
    families->views = malloc((limit + 1) * sizeof *families->views);
    families->slots = calloc(slots, sizeof *families->slots);
    if (!families->entries || !families->views || !families->slots) {
        wpb_families_free(families);
        return NULL;
    }
    families->entries[0] = (struct wpb_family_entry){.len = 7, .text = "<other>"};
    families->count = 1;
    return families;
}

void wpb_families_free(struct wpb_families *families)
{
    if (!families)
        return;
    free(families->entries);
    free(families->views);
    free(families->slots);
    free(families->merged_texts);
    free(families);
}

/* Where a name goes whose template is TEXT and new, when families have been
 * merged before: a template without placeholder stands for one name, which is
 * not worth another merge when its prefix has a family already. */
static bool belongs_to_merged(const struct wpb_families *families, const char *text,
                              size_t len, uint32_t *index)
{
    unsigned char cuts[WPB_FAMILY_CUTS_MAX];
    char merged[WPB_FOLD_ROOM];
    if (!families->is_crowded || memchr(text, '<', len))
        return false;
    size_t count = wpb_fold_cuts(wpb_slice_of(text, len), cuts, WPB_FAMILY_CUTS_MAX);
    *index = 0;
    if (count == 0)
        return true;
    while (count-- > 0) {
        memcpy(merged, text, cuts[count]);
        memcpy(merged + cuts[count], "<*>\0\0\0\0\0\0\0", 11);
        *index = wpb_family_find(families, merged, cuts[count] + 3U);
        if (*index)
            return true;
    }
    return false;
}

static uint32_t insert(struct wpb_families *families, const char *text, size_t len,
                       uint64_t hash)
{
    uint32_t index = 0;
    if (belongs_to_merged(families, text, len, &index))
        return index;
    if (families->count > families->limit) {
        wpb_family_compact(families);
        return insert(families, text, len, hash);
    }
    index = (uint32_t)families->count;
    struct wpb_family_entry *entry = &families->entries[index];
    entry->hash = hash;
    entry->names = entry->name_bytes = 0;
    entry->len = (uint32_t)len;
    memcpy(entry->text, text, len);
    memset(entry->text + len, 0, 8);
    if (!enter(families, index))
        return 0;
    families->count++;
    return index;
}

void wpb_families_add(struct wpb_families *families, struct wpb_slice name)
{
    char text[WPB_FOLD_ROOM];
    size_t len = wpb_fold_name(name, text);
    uint32_t index = families->last;
    if (!is_same_text(&families->entries[index], text, len)) {
        uint64_t hash = hash_text(text, len);
        index = find_hashed(families, text, len, hash);
        if (!index)
            index = insert(families, text, len, hash);
        families->last = index;
    }
    families->names++;
    families->entries[index].names++;
    families->entries[index].name_bytes += name.len;
}

uint64_t wpb_families_names(const struct wpb_families *families)
{
    return families->names;
}

/* Merged families have a text of their own, which lives until the next call. */
static bool keep_merged_texts(struct wpb_families *families, size_t count)
{
    size_t merged = 0;
    for (size_t i = 0; i < count; i++)
        merged += families->views[i].is_merged;
    free(families->merged_texts);
    families->merged_texts = malloc((merged + 1) * WPB_FOLD_ROOM);
    return families->merged_texts != NULL;
}

size_t wpb_families_top(struct wpb_families *families, struct wpb_family *top, size_t k)
{
    size_t count = wpb_family_pour_strays(families, wpb_family_views(families, 0));
    if (count > k)
        count = wpb_family_merge(families, count);
    wpb_family_rank(families, count);
    if (count > k)
        count = k;
    if (!keep_merged_texts(families, count))
        return 0;
    char *text = families->merged_texts;
    for (size_t i = 0; i < count; i++) {
        const struct wpb_family_view *view = &families->views[i];
        const char *data = families->entries[view->entry].text;
        size_t len = view->len;
        if (view->is_merged) {
            len = wpb_family_view_text(families, view, text);
            data = text;
            text += WPB_FOLD_ROOM;
        }
        top[i] =
            (struct wpb_family){wpb_slice_of(data, len), view->names, view->name_bytes};
    }
    return count;
}

void wpb_family_fold(struct wpb_slice name, struct wpb_buf *out)
{
    char text[WPB_FOLD_ROOM];
    size_t len = wpb_fold_name(name, text);
    wpb_buf_add(out, text, len);
}

static bool has_letter(struct wpb_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] >= 0x80 ||
            ((unsigned)(text.data[i] | 0x20) - 'a') < 26)
            return true;
    return false;
}

/* The prefixes WordPress itself puts before the name a plugin asks for: the
 * plugin's source does not hold them. */
static size_t core_prefix(struct wpb_slice text)
{
    static const struct wpb_slice prefixes[] = {
        WPB_SLICE("_site_transient_timeout_"), WPB_SLICE("_site_transient_"),
        WPB_SLICE("_transient_timeout_"), WPB_SLICE("_transient_")};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (wpb_slice_starts(text, prefixes[i]))
            return prefixes[i].len;
    return 0;
}

struct wpb_slice wpb_family_literal(struct wpb_slice template_name)
{
    struct wpb_slice best = wpb_slice_of(template_name.data, 0);
    size_t pos = core_prefix(template_name);
    while (pos < template_name.len) {
        size_t end = pos;
        while (end < template_name.len && template_name.data[end] != '<')
            end++;
        struct wpb_slice run = wpb_slice_of(template_name.data + pos, end - pos);
        if (run.len >= LITERAL_MIN && run.len > best.len && has_letter(run))
            best = run;
        while (end < template_name.len && template_name.data[end] != '>')
            end++;
        pos = end + 1;
    }
    return best;
}
