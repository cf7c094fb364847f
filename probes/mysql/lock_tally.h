/*
 * lock_tally.h - what looks at who waits for whom have seen in the last day, by table.
 *
 * Looks are few and waits are short: one that met nobody says little, a day of them says
 * how large a part of the time somebody waits. Counts are kept by the hour; what the
 * waiting statement was, and the one that held the lock, is kept of the look that met the
 * most waiters. Bounded memory. Pure; time is an argument.
 */
#ifndef WPB_MYSQL_LOCK_TALLY_H
#define WPB_MYSQL_LOCK_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/mysql/shape.h"
#include "wpbloat/subject.h"

#define WPB_LOCK_HOURS 24
#define WPB_LOCK_TABLES_MAX 32
#define WPB_LOCK_INDEX_MAX 256
#define WPB_LOCK_HOLDER_MAX 240

/* How a look is made. */
enum wpb_lock_source {
    WPB_LOCK_BY_ROWS,   /* who waits for which row, as InnoDB tells */
    WPB_LOCK_BY_STATES, /* what statements say they wait for: a table, a lock by name */
    WPB_LOCK_SOURCES
};

/* What one look saw of one table. */
struct wpb_lock_wait {
    enum wpb_lock_source source;
    double looks; /* 1; what is known of a time stands for as many as would have met it */
    bool is_estimated; /* the table was concluded, not told */
    unsigned waiters;  /* 0: not known */
    double held_s;     /* 0: not known */
    char table[WPB_SHAPE_TABLE_MAX + 1];
    char index[WPB_LOCK_INDEX_MAX + 1]; /* "" when not known; and so are these: */
    char statement[WPB_SHAPE_MAX + 1];
    char holder[WPB_LOCK_HOLDER_MAX + 1];
};

struct wpb_lock_entry {
    uint32_t wait_looks[WPB_LOCK_HOURS];
    double part;      /* of a look, not counted yet */
    unsigned sources; /* bits: those of the looks that met it */
    int64_t worst_hour;
    struct wpb_lock_wait worst;
};

struct wpb_lock_tally {
    int64_t hour; /* of the newest bucket; they lie at hour modulo WPB_LOCK_HOURS */
    uint32_t looks[WPB_LOCK_SOURCES][WPB_LOCK_HOURS];
    size_t count;
    struct wpb_lock_entry entries[WPB_LOCK_TABLES_MAX];
};

/* A look was made. */
void wpb_lock_tally_look(struct wpb_lock_tally *tally, int64_t now_ms,
                         enum wpb_lock_source source);
/* It met WAIT: once a table and look. Of too many tables the one met least goes. */
void wpb_lock_tally_wait(struct wpb_lock_tally *tally, int64_t now_ms,
                         const struct wpb_lock_wait *wait);

/* Forget what is older than a day, entries with it. */
void wpb_lock_tally_age(struct wpb_lock_tally *tally, int64_t now_ms);
/* Of an entry: the looks that could have met it, and those that did. */
uint64_t wpb_lock_tally_looks(const struct wpb_lock_tally *tally,
                              const struct wpb_lock_entry *entry);
uint64_t wpb_lock_tally_wait_looks(const struct wpb_lock_entry *entry);

#endif
