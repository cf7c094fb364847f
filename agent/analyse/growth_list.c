#include "agent/analyse/growth_list.h"

#include <stdlib.h>

#include "agent/analyse/growth.h"

void wpb_growth_list_init(struct wpb_growth_list *list, size_t capacity)
{
    *list = (struct wpb_growth_list){.capacity = capacity};
}

void wpb_growth_list_clear(struct wpb_growth_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->entries[i].text);
    list->count = 0;
    list->has_left_out = false;
}

void wpb_growth_list_fini(struct wpb_growth_list *list)
{
    wpb_growth_list_clear(list);
    free(list->entries);
    list->entries = NULL;
}

static struct wpb_growth_entry *find(struct wpb_growth_list *list,
                                     const struct wpb_subject *subject,
                                     unsigned long long hash)
{
    for (size_t i = 0; i < list->count; i++) {
        struct wpb_growth_entry *entry = &list->entries[i];
        if (entry->hash == hash && wpb_slice_equal(entry->subject.name, subject->name))
            return entry;
    }
    return NULL;
}

/* Does A give way before B? What the walk of this pass has not come to yet was seen in
 * the last one. */
static bool gives_way(const struct wpb_growth_entry *a, const struct wpb_growth_entry *b,
                      uint64_t pass)
{
    bool is_a_stale = a->seen_pass + 1 < pass, is_b_stale = b->seen_pass + 1 < pass;

    if (is_a_stale != is_b_stale)
        return is_a_stale;
    if (a->is_pinned != b->is_pinned)
        return b->is_pinned;
    return a->weight < b->weight;
}

/* A place for NEWCOMER; NULL when every entry is worth more. */
static struct wpb_growth_entry *place_for(struct wpb_growth_list *list,
                                          const struct wpb_growth_entry *newcomer,
                                          uint64_t pass)
{
    struct wpb_growth_entry *least;

    if (!list->entries)
        list->entries = calloc(list->capacity, sizeof(*list->entries));
    if (!list->entries)
        return NULL;
    if (list->count < list->capacity)
        return &list->entries[list->count++];
    least = &list->entries[0];
    for (size_t i = 1; i < list->count; i++) {
        if (gives_way(&list->entries[i], least, pass))
            least = &list->entries[i];
    }
    list->has_left_out = true;
    if (!gives_way(least, newcomer, pass))
        return NULL;
    free(least->text);
    return least;
}

static struct wpb_growth_entry *
add(struct wpb_growth_list *list, const struct wpb_growth_entry *newcomer, uint64_t pass)
{
    struct wpb_slice name = newcomer->subject.name, parent = newcomer->parent;
    char *text = malloc(name.len + parent.len + 1);
    struct wpb_growth_entry *entry = text ? place_for(list, newcomer, pass) : NULL;

    if (!entry) {
        list->has_left_out = true;
        free(text);
        return NULL;
    }
    *entry = *newcomer;
    if (name.len)
        memcpy(text, name.data, name.len);
    if (parent.len)
        memcpy(text + name.len, parent.data, parent.len);
    entry->text = text;
    entry->subject.name = wpb_slice_of(text, name.len);
    entry->parent = wpb_slice_of(text + name.len, parent.len);
    return entry;
}

struct wpb_growth_entry *wpb_growth_list_take(struct wpb_growth_list *list,
                                              const struct wpb_subject *subject,
                                              uint64_t weight, bool is_pinned,
                                              uint64_t pass)
{
    unsigned long long hash = wpb_subject_hash(subject);
    struct wpb_growth_entry *entry = find(list, subject, hash);

    if (!entry) {
        struct wpb_growth_entry newcomer = {
            .hash = hash,
            .subject = {.kind = subject->kind, .name = subject->name},
            .parent = subject->parent ? subject->parent->name : wpb_slice_of(NULL, 0),
            .is_pinned = is_pinned,
            .seen_pass = pass,
            .weight = weight};
        if (newcomer.subject.name.len > WPB_GROWTH_NAME_MAX ||
            newcomer.parent.len > WPB_GROWTH_NAME_MAX) {
            list->has_left_out = true;
            return NULL;
        }
        entry = add(list, &newcomer, pass);
    }
    if (entry) {
        entry->seen_pass = pass;
        entry->weight = weight;
        entry->is_pinned |= is_pinned;
    }
    return entry;
}

void wpb_growth_series_note(struct wpb_growth_series *series,
                            const struct wpb_growth_entry *entry,
                            const struct wpb_sample *sample, uint64_t pass,
                            uint64_t at_ms)
{
    if (!sample || sample->value.type != WPB_VALUE_INTEGER || sample->value.integer < 0)
        return;
    if (series->has_base && series->metric != sample->metric)
        *series = (struct wpb_growth_series){0};
    if (series->has_base) {
        series->previous = series->now;
        series->previous_pass = series->seen_pass;
    } else {
        series->metric = sample->metric;
        series->base = (uint64_t)sample->value.integer;
        series->base_at_ms = at_ms;
        series->has_base = true;
        /* What was not there had nothing in it. */
        series->previous_pass = entry->was_absent ? pass - 1 : 0;
    }
    series->now = (uint64_t)sample->value.integer;
    series->now_at_ms = at_ms;
    series->seen_pass = pass;
    series->provenance = sample->provenance;
}

static void series_gone(struct wpb_growth_series *series, uint64_t pass, uint64_t at_ms)
{
    if (!series->has_base)
        return;
    series->previous = series->now;
    series->previous_pass = series->seen_pass;
    series->now = 0;
    series->now_at_ms = at_ms;
    series->seen_pass = pass;
}

void wpb_growth_entry_gone(struct wpb_growth_entry *entry, uint64_t pass, uint64_t at_ms)
{
    entry->is_absent = true;
    entry->was_absent |= !entry->bytes.has_base && !entry->count.has_base;
    entry->seen_pass = pass;
    entry->weight = 0;
    series_gone(&entry->bytes, pass, at_ms);
    series_gone(&entry->count, pass, at_ms);
}
