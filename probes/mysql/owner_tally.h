/*
 * owner_tally.h - options and their bytes by owner, in bounded memory.
 */
#ifndef WPB_MYSQL_OWNER_TALLY_H
#define WPB_MYSQL_OWNER_TALLY_H

#include <stdint.h>

#include "probes/mysql/owner.h"
#include "wpbloat/arena.h"

/* Further owners are counted together, under "*". */
#define WPB_OWNERS_MAX 2000

struct wpb_owner_row {
    struct wpb_slice name; /* "core", "plugin:slug", "theme:slug" or "word*" */
    uint64_t options, bytes;
};

struct wpb_owner_tally;

/* Of a site with FOLDERS, which must outlive it, in ARENA. */
struct wpb_owner_tally *wpb_owner_tally_new(struct wpb_arena *arena,
                                            struct wpb_slice prefix,
                                            const struct wpb_owner_folders *folders);
void wpb_owner_tally_add(struct wpb_owner_tally *tally, struct wpb_slice option,
                         uint64_t bytes);
/* All rows, heaviest first, then by name; valid until the next is added. */
const struct wpb_owner_row *wpb_owner_tally_sorted(struct wpb_owner_tally *tally,
                                                   size_t *count);

#endif
