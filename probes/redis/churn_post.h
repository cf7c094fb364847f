/*
 * churn_post.h - the rewritten keys of one window: counted, then told as rates.
 *
 * A rate is a lower bound: Redis tells a name once for all the writes that happen
 * within one turn of its loop, and of what it told, no more is taken for writes than
 * INFO leaves (see churn_info.h). The bytes of a key are what is left of MEMORY USAGE
 * when all overhead that may be in it is taken off. One thread.
 */
#ifndef WPB_REDIS_CHURN_POST_H
#define WPB_REDIS_CHURN_POST_H

#include "probes/redis/churn_info.h"
#include "probes/redis/scope.h"
#include "probes/wordpress/grammar.h"
#include "wpbloat/probe.h"

/* Keys whose size is asked after the window. */
#define WPB_CHURN_WORST_MAX 20
/* Fewer writes in a window make no rate; with three, their mean is above 0.8 (95 %). */
#define WPB_CHURN_WRITES_MIN 3

struct wpb_churn_key {
    struct wpb_slice name; /* of the counts */
    struct wpb_key_parts parts;
    size_t site;
    uint64_t changes;
    bool is_here;      /* in this database, and a string */
    bool is_elsewhere; /* a key of that name is in another database, too */
    bool has_bytes;    /* MEMORY USAGE answered */
    uint64_t bytes;
};

struct wpb_churn_facts {
    struct wpb_churn_changes before, after; /* the window */
    bool has_other_databases; /* only keys that are in no other can be told */
    double seconds;           /* how long the window was, at most */
};

struct wpb_churn_counts;

/* SITES share the database and must outlive the counts. NULL when memory is out. */
struct wpb_churn_counts *wpb_churn_counts_new(const struct wpb_site *const *sites,
                                              size_t count);
void wpb_churn_counts_free(struct wpb_churn_counts *counts);
/* The server told that KEY was changed. */
void wpb_churn_count(struct wpb_churn_counts *counts, struct wpb_slice key);

/* The sites' keys that were changed most often, WPB_CHURN_WRITES_MIN times at least: the
 * caller fills in what the server says about them. Nothing may be counted any more. */
size_t wpb_churn_worst(struct wpb_churn_counts *counts,
                       struct wpb_churn_key worst[WPB_CHURN_WORST_MAX]);

/* Post the rates of the COUNT of WORST and of the groups. Returns how many keys were
 * changed too seldom for a rate. */
uint64_t wpb_churn_post(struct wpb_run *run, const struct wpb_redis_scope *scope,
                        struct wpb_churn_counts *counts,
                        const struct wpb_churn_key *worst, size_t count,
                        const struct wpb_churn_facts *facts);

#endif
