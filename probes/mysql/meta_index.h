/*
 * meta_index.h - what can be learnt of known names from an index alone, server by
 * server.
 *
 * The index of wp_postmeta on meta_key holds 191 characters of it. MariaDB answers from
 * it where the key is shorter; MySQL, and MariaDB where that was switched off, look up
 * each row, which for the rows of a page builder is a page each. There the optimizer's
 * guess must do.
 */
#ifndef WPB_MYSQL_META_INDEX_H
#define WPB_MYSQL_META_INDEX_H

#include "probes/mysql/rung.h"
#include "probes/wordpress/builders.h"

struct wpb_meta_index {
    bool is_covering;    /* keys are counted without their rows */
    uint64_t pool_pages; /* of InnoDB's buffer pool; 0: not known */
};

/* Learn it: at most three rows. */
void wpb_meta_index_ask(struct wpb_sql *sql);
void wpb_meta_index_take(struct wpb_meta_index *index, const struct wpb_rung *rung,
                         const struct wpb_mysql_rows *rows);

/* Append a condition that COLUMN is one of the rows of NAMES (wpb_builder_metas or
 * wpb_builder_options) that IS_WANTED, at least one and no prefix alone, or of all when
 * that is NULL. */
void wpb_meta_names(struct wpb_sql *sql, const char *column,
                    const struct wpb_builder_name *(*names)(size_t *count),
                    bool (*is_wanted)(const struct wpb_builder_name *name));

/* How many names one statement guesses, or counts. */
#define WPB_META_GUESSES 30

struct wpb_meta_guess {
    const struct wpb_builder_name *name;
    uint64_t rows;
};

/* Ask how many rows the builders' meta keys from FIRST on have, by the optimizer's
 * guess; prefixes are left out. False when no name is left. */
bool wpb_meta_guess_ask(struct wpb_sql *sql, size_t first);
/* Take the answer: how many GUESSES it holds; *FIRST is then where the next ones are. */
size_t wpb_meta_guess_take(const struct wpb_mysql_rows *rows, size_t *first,
                           struct wpb_meta_guess guesses[WPB_META_GUESSES]);

/* A guess of 1 may be none, and one of a few is worth counting: rows up to this many of
 * a key are looked up one by one. */
#define WPB_META_RARE 20

#endif
