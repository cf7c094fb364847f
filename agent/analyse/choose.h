/*
 * choose.h - which few subjects deserve a deep look.
 *
 * A pure function of the window: ranks across probes what the survey found and
 * what earlier examinations found, worst first, and asks the owning examiner.
 * What was examined already is not chosen again: a key with EXAMINED_BYTES or
 * PRESENT = 0 from its examiner, a family with SOURCE_MATCHES, a post with ROW_BYTES,
 * a name of a notoptions with IN_DATABASE, a table or a statement with SOURCE_MATCHES.
 *
 * A post is ranked by the Redis entry that holds its meta (POST_ID of a key) and by
 * the largest value seen of a meta key (LARGEST_NAME), or in a revision of it
 * (LARGEST_BYTES of the post itself; revisions do not count), and only when it is a
 * subject of the window: whoever posts either posts POST_ID about the post too. Options
 * are those that take an entry for each page (META_ROLE "per page", from 64 KiB) and
 * those of 1 MB and more that every request loads.
 */
#ifndef WPB_ANALYSE_CHOOSE_H
#define WPB_ANALYSE_CHOOSE_H

#include "wpbloat/probe.h"
#include "wpbloat/window.h"

struct wpb_choice_limits {
    size_t values;             /* Redis values to read; default 6 */
    uint64_t value_bytes;      /* read no more of each; default 16 MiB */
    uint64_t total_bytes;      /* over all values; default 48 MiB */
    uint64_t worthwhile_bytes; /* smaller entries are not read; default 64 KiB */
    size_t families;           /* name families to search sources for; default 8 */
    size_t tables;             /* tables to search sources for; default 4 */
    size_t posts;              /* posts whose meta to take apart; default 4 */
    size_t options;            /* options to take apart; default 4 */
    uint64_t row_bytes;        /* of a meta or option read no more; default 8 MiB */
    size_t names;              /* of notoptions to look up in the database; default 60 */
};
extern const struct wpb_choice_limits wpb_choice_defaults;

struct wpb_choice {
    enum wpb_subject_kind examines; /* which examiner: WPB_SUBJECT_REDIS_KEY, ... */
    struct wpb_request request;
};

/* Fill CHOICES (room for CAPACITY) with what to examine next in WINDOW and
 * return how many; 0 when nothing more is worth a look. The limits are for the
 * window's life: what was examined already counts. Keys come first, largest
 * first, where a notoptions or alloptions counts four times its size; families
 * of the notoptions that were examined follow, then those of alloptions, largest
 * share first, only those with a share of at least 0.2 % and a literal to search
 * for. Families of an options table's transients, of 500 names or more, take at most
 * three of the places and wait for a notoptions or alloptions that is chosen, so that
 * sources are searched once. Tables with LOCK_WAIT_LOOKS and the statements that run and
 * read most follow, when the table is some plugin's own (agent/base/table_name.h); their
 * choice is the source search's. Last come the names drawn from notoptions, when the site
 * has a database. */
size_t wpb_choose(const struct wpb_window *window, const struct wpb_choice_limits *limits,
                  struct wpb_choice *choices, size_t capacity);

#endif
