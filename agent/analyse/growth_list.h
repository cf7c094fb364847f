/*
 * growth_list.h - a bounded list of subjects with the first, the previous and the newest
 * of their figures.
 *
 * When it is full, what has not been seen for longest makes room, then what is lightest.
 * Pure, one thread.
 */
#ifndef WPB_ANALYSE_GROWTH_LIST_H
#define WPB_ANALYSE_GROWTH_LIST_H

#include <stdbool.h>

#include "wpbloat/sample.h"

/* Passes count from 1; 0 is never. Times are those of a clock that never steps. */
struct wpb_growth_series {
    enum wpb_metric metric;
    bool has_base;
    uint64_t base, previous, now;
    uint64_t base_at_ms, now_at_ms;
    uint64_t seen_pass, previous_pass; /* to which `now` and `previous` belong */
    enum wpb_provenance provenance;
};

struct wpb_growth_entry {
    unsigned long long hash; /* of the subject, its scope and parents included */
    struct wpb_subject subject;
    char *text; /* the bytes of its name, then those of the parent's name */
    struct wpb_slice parent;
    bool is_pinned;  /* of interest even when it does not change; never left out */
    bool was_absent; /* known not to be there when the watch began */
    bool is_absent;  /* known not to be there now */
    uint64_t seen_pass;
    uint64_t weight; /* newest bytes, or count */
    struct wpb_growth_series bytes, count;
};

struct wpb_growth_list {
    struct wpb_growth_entry *entries;
    size_t count, capacity;
    bool has_left_out; /* not all that was seen is here */
};

/* An empty list that has no room. */
void wpb_growth_list_init(struct wpb_growth_list *list, size_t capacity);
/* Forget the entries; keep the room. */
void wpb_growth_list_clear(struct wpb_growth_list *list);
void wpb_growth_list_fini(struct wpb_growth_list *list);

/* The entry of SUBJECT, made when there is none and it is worth the place of another.
 * NULL when it is not, its name is too long, or memory is out. It counts as seen in PASS.
 * Valid until the next call. */
struct wpb_growth_entry *wpb_growth_list_take(struct wpb_growth_list *list,
                                              const struct wpb_subject *subject,
                                              uint64_t weight, bool is_pinned,
                                              uint64_t pass);

/* Take SAMPLE (NULL: unknown, no change) as what SERIES of ENTRY is in PASS. When it is
 * of another metric than before, the series begins anew. */
void wpb_growth_series_note(struct wpb_growth_series *series,
                            const struct wpb_growth_entry *entry,
                            const struct wpb_sample *sample, uint64_t pass,
                            uint64_t at_ms);
/* ENTRY is known not to be there in PASS. */
void wpb_growth_entry_gone(struct wpb_growth_entry *entry, uint64_t pass, uint64_t at_ms);

#endif
