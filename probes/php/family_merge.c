#include <stdlib.h>

#include "probes/php/family_table.h"

/* A family of fewer than one name in a hundred is light: it may be merged. */
#define LIGHT_DIVISOR 100
/* Random text falls into a narrower class now and then: one hash of 8 hex
 * digits in 43 is all decimal. Such strays are counted with the wider family
 * when it is this many times larger. */
#define STRAY_FACTOR 8
/* Random words without a digit go to the <id> they hang beside. */
#define WORD_FACTOR 2
/* This many light families with a common prefix are one. */
#define DISTINCT_MIN 8

size_t wpb_family_view_text(const struct wpb_families *families,
                            const struct wpb_family_view *view,
                            char text[static WPB_FOLD_ROOM])
{
    size_t len = view->len;
    memcpy(text, families->entries[view->entry].text, len);
    if (view->is_merged) {
        memcpy(text + len, "<*>", 3);
        len += 3;
    }
    memset(text + len, 0, 8);
    return len;
}

size_t wpb_family_views(struct wpb_families *families, size_t first)
{
    size_t count = 0;
    for (size_t i = first; i < families->count; i++) {
        const struct wpb_family_entry *entry = &families->entries[i];
        struct wpb_family_view *view = &families->views[count];
        if (entry->names == 0)
            continue;
        view->names = entry->names;
        view->name_bytes = entry->name_bytes;
        view->entry = (uint32_t)i;
        view->len = (uint8_t)entry->len;
        view->is_merged = false;
        view->cut_count = (uint8_t)wpb_fold_cuts(wpb_slice_of(entry->text, entry->len),
                                                 view->cuts, WPB_FAMILY_CUTS_MAX);
        count++;
    }
    return count;
}

static int by_text(const void *left, const void *right, void *cookie)
{
    const struct wpb_families *families = cookie;
    const struct wpb_family_view *a = left, *b = right;
    return wpb_slice_compare(wpb_slice_of(families->entries[a->entry].text, a->len),
                             wpb_slice_of(families->entries[b->entry].text, b->len));
}

static int by_names(const void *left, const void *right, void *cookie)
{
    const struct wpb_family_view *a = left, *b = right;
    char a_text[WPB_FOLD_ROOM], b_text[WPB_FOLD_ROOM];
    if (a->names != b->names)
        return a->names > b->names ? -1 : 1;
    if (!a->is_merged && !b->is_merged)
        return by_text(left, right, cookie);
    size_t a_len = wpb_family_view_text(cookie, a, a_text);
    size_t b_len = wpb_family_view_text(cookie, b, b_text);
    return wpb_slice_compare(wpb_slice_of(a_text, a_len), wpb_slice_of(b_text, b_len));
}

static int by_entry(const void *left, const void *right)
{
    const struct wpb_family_view *a = left, *b = right;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

void wpb_family_rank(struct wpb_families *families, size_t count)
{
    qsort_r(families->views, count, sizeof *families->views, by_names, families);
}

static size_t drop_empty(struct wpb_family_view *views, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (views[i].names)
            views[kept++] = views[i];
    return kept;
}

static void pour(struct wpb_family_view *into, struct wpb_family_view *from)
{
    into->names += from->names;
    into->name_bytes += from->name_bytes;
    from->names = from->name_bytes = 0;
}

static struct wpb_family_view *view_of(struct wpb_families *families, size_t count,
                                       uint32_t entry)
{
    struct wpb_family_view wanted = {.entry = entry};
    return bsearch(&wanted, families->views, count, sizeof wanted, by_entry);
}

/* The entry whose text is that of ENTRY with the LEN bytes at AT replaced by
 * PLACEHOLDER, or 0. */
static uint32_t find_replaced(const struct wpb_families *families,
                              const struct wpb_family_entry *entry, size_t at, size_t len,
                              const char *placeholder)
{
    char text[WPB_FOLD_ROOM];
    size_t count = strlen(placeholder), rest = entry->len - at - len;
    if (at + count + rest > WPB_FOLD_MAX)
        return 0;
    memcpy(text, entry->text, at);
    memcpy(text + at, placeholder, count);
    memcpy(text + at + count, entry->text + at + len, rest);
    memset(text + at + count + rest, 0, 8);
    return wpb_family_find(families, text, at + count + rest);
}

/* The much larger entry that differs from ENTRY in one NARROW placeholder, which
 * is WIDE there, or 0. */
static uint32_t find_wider(const struct wpb_families *families,
                           const struct wpb_family_entry *entry, const char *narrow,
                           const char *wide)
{
    const char *end = entry->text + entry->len, *at = entry->text;
    size_t len = strlen(narrow);
    while ((at = memmem(at, (size_t)(end - at), narrow, len))) {
        uint32_t found =
            find_replaced(families, entry, (size_t)(at - entry->text), len, wide);
        if (found && families->entries[found].names / STRAY_FACTOR >= entry->names)
            return found;
        at += len;
    }
    return 0;
}

/* Where the names of entry INDEX belong. Judged by the entries alone, so that
 * the order in which strays are poured does not matter. */
static uint32_t widest(const struct wpb_families *families, uint32_t index)
{
    static const struct {
        const char *narrow, *wide;
    } classes[] = {{"<date>", "<n>"}, {"<date>", "<hex>"}, {"<date>", "<id>"},
                   {"<n>", "<hex>"},  {"<n>", "<id>"},     {"<hex>", "<id>"}};
    for (size_t c = 0; c < sizeof classes / sizeof *classes;) {
        uint32_t wider = find_wider(families, &families->entries[index],
                                    classes[c].narrow, classes[c].wide);
        if (wider) {
            index = wider;
            c = 0;
        } else {
            c++;
        }
    }
    return index;
}

size_t wpb_family_pour_strays(struct wpb_families *families, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct wpb_family_view *view = &families->views[i];
        const struct wpb_family_entry *entry = &families->entries[view->entry];
        if (!memchr(entry->text, '<', entry->len))
            continue;
        struct wpb_family_view *wider =
            view_of(families, count, widest(families, view->entry));
        if (wider && wider != view)
            pour(wider, view);
    }
    return drop_empty(families->views, count);
}

static bool is_light(const struct wpb_families *families,
                     const struct wpb_family_view *view)
{
    return view->names <= 1 || view->names < families->names / LIGHT_DIVISOR;
}

/* Is VIEW "prefix" + TAIL, where prefix is its first LEN bytes? */
static bool ends_in(const struct wpb_families *families,
                    const struct wpb_family_view *view, size_t len, const char *tail)
{
    size_t count = strlen(tail);
    return !view->is_merged && view->len == len + count &&
           memcmp(families->entries[view->entry].text + len, tail, count) == 0;
}

static bool is_rest(const struct wpb_families *families,
                    const struct wpb_family_view *view, size_t len)
{
    return (view->is_merged && view->len == len) || ends_in(families, view, len, "<*>");
}

/* GROUP holds all views with one prefix of LEN bytes. */
static void merge_group(struct wpb_families *families, struct wpb_family_view *group,
                        size_t count, size_t len, size_t distinct)
{
    struct wpb_family_view *merged = NULL, *random = NULL;
    size_t light = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_rest(families, &group[i], len))
            merged = &group[i];
        else if (ends_in(families, &group[i], len, "<id>"))
            random = &group[i];
        else
            light += is_light(families, &group[i]);
    }
    if (light == 0 || (!merged && light < distinct))
        return;
    for (size_t i = 0; i < count; i++) {
        bool is_apart = &group[i] == merged || &group[i] == random;
        if (is_apart || !is_light(families, &group[i]))
            continue;
        if (merged) {
            pour(merged, &group[i]);
        } else {
            merged = &group[i];
            merged->len = (uint8_t)len;
            merged->is_merged = true;
        }
    }
    if (random && random->names / WORD_FACTOR >= merged->names)
        pour(random, merged);
}

static bool has_prefix(const struct wpb_families *families,
                       const struct wpb_family_view *view, size_t level, size_t len,
                       const char *prefix)
{
    return view->cut_count > level && view->cuts[level] == len &&
           memcmp(families->entries[view->entry].text, prefix, len) == 0;
}

/* Merge sorted views that share a prefix with at least DISTINCT light ones. */
static size_t merge_prefixes(struct wpb_families *families, size_t count, size_t distinct)
{
    struct wpb_family_view *views = families->views;
    /* The longest prefixes first, so that what comes together is as specific as
     * it can be; what is still light then goes into the next shorter one. */
    for (size_t level = WPB_FAMILY_CUTS_MAX; level-- > 0;) {
        for (size_t i = 0, end; i < count; i = end) {
            end = i + 1;
            if (views[i].cut_count <= level)
                continue;
            size_t len = views[i].cuts[level];
            const char *prefix = families->entries[views[i].entry].text;
            while (end < count && has_prefix(families, &views[end], level, len, prefix))
                end++;
            merge_group(families, views + i, end - i, len, distinct);
        }
        count = drop_empty(views, count);
    }
    return count;
}

size_t wpb_family_merge(struct wpb_families *families, size_t count)
{
    qsort_r(families->views, count, sizeof *families->views, by_text, families);
    return merge_prefixes(families, count, DISTINCT_MIN);
}

/* Count what stands for a single name as "<other>". */
static size_t pour_single(struct wpb_families *families, size_t count)
{
    struct wpb_family_entry *other = &families->entries[0];
    struct wpb_family_view *views = families->views;
    for (size_t i = 0; i < count; i++) {
        if (views[i].names > 1)
            continue;
        other->names += views[i].names;
        other->name_bytes += views[i].name_bytes;
        views[i].names = 0;
    }
    return drop_empty(views, count);
}

/* Write the first COUNT views back as the entries; the others are "<other>". */
static void keep_views(struct wpb_families *families, size_t count, size_t all)
{
    struct wpb_family_entry *entries = families->entries;
    struct wpb_family_view *views = families->views;
    for (size_t i = count; i < all; i++) {
        entries[0].names += views[i].names;
        entries[0].name_bytes += views[i].name_bytes;
    }
    qsort(views, count, sizeof *views, by_entry);
    families->count = 1;
    for (size_t i = 0; i < count; i++) {
        struct wpb_family_entry *entry = &entries[families->count++];
        char text[WPB_FOLD_ROOM];
        size_t len = wpb_family_view_text(families, &views[i], text);
        memcpy(entry->text, text, len + 8);
        entry->len = (uint32_t)len;
        entry->names = views[i].names;
        entry->name_bytes = views[i].name_bytes;
    }
    wpb_family_index(families);
}

void wpb_family_compact(struct wpb_families *families)
{
    size_t wanted = families->limit / 2;
    size_t count = wpb_family_pour_strays(families, wpb_family_views(families, 1));
    count = wpb_family_merge(families, count);
    if (count > wanted)
        count = merge_prefixes(families, count, 2);
    if (count > wanted)
        count = pour_single(families, count);
    size_t all = count;
    if (count > wanted) {
        wpb_family_rank(families, count);
        count = wanted;
    }
    keep_views(families, count, all);
    families->is_crowded = true;
}
