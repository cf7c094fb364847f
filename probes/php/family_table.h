/*
 * family_table.h - the counted families, shared by family.c and family_merge.c.
 *
 * Entries lie side by side, found through a table of indexes by the hash of
 * their text. Entry 0 is "<other>" and in no table. A view stands for one entry
 * while families are brought together, or for several as "prefix<*>".
 */
#ifndef WPB_PHP_FAMILY_TABLE_H
#define WPB_PHP_FAMILY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/php/fold.h"

#define WPB_FAMILY_CUTS_MAX 8

struct wpb_family_entry {
    uint64_t hash, names, name_bytes;
    uint32_t len;
    char text[WPB_FOLD_ROOM]; /* zeros behind the text, as wpb_fold_name() leaves them */
};

struct wpb_family_view {
    uint64_t names, name_bytes; /* names is 0 once it is part of another view */
    uint32_t entry;
    uint8_t len;    /* bytes of the entry's text it begins with */
    bool is_merged; /* "<*>" follows */
    uint8_t cut_count;
    uint8_t cuts[WPB_FAMILY_CUTS_MAX];
};

struct wpb_families {
    size_t limit, count; /* count includes entry 0 */
    struct wpb_family_entry *entries;
    struct wpb_family_view *views;
    uint32_t *slots; /* index of an entry, 0: free */
    size_t slot_mask;
    uint32_t last; /* entry of the name before, 0: none */
    bool is_crowded;
    uint64_t names;
    char *merged_texts; /* of the last top() */
};

/* The entry whose text is TEXT (followed by eight zero bytes), or 0. */
uint32_t wpb_family_find(const struct wpb_families *families, const char *text,
                         size_t len);
/* Enter all entries into the table again. */
void wpb_family_index(struct wpb_families *families);

/* Write the text VIEW stands for to TEXT (eight zero bytes follow it) and return
 * its length. */
size_t wpb_family_view_text(const struct wpb_families *families,
                            const struct wpb_family_view *view,
                            char text[static WPB_FOLD_ROOM]);
/* Fill families->views from the entries, beginning with FIRST, that have names;
 * returns how many. */
size_t wpb_family_views(struct wpb_families *families, size_t first);
/* Count strays of COUNT views, which are in the order of their entries, with the
 * wider family they belong to; returns how many are left. */
size_t wpb_family_pour_strays(struct wpb_families *families, size_t count);
/* Bring COUNT views together where many light ones share a prefix; returns how
 * many are left. */
size_t wpb_family_merge(struct wpb_families *families, size_t count);
/* Sort views: most names first, text order among equals. */
void wpb_family_rank(struct wpb_families *families, size_t count);
/* Make room: at most half of the limit stays. */
void wpb_family_compact(struct wpb_families *families);

#endif
