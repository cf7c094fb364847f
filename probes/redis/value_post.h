/*
 * value_post.h - what was learnt about one value, as samples.
 */
#ifndef WPB_REDIS_VALUE_POST_H
#define WPB_REDIS_VALUE_POST_H

#include "probes/php/examine.h"
#include "probes/redis/scope.h"
#include "wpbloat/probe.h"

/* What Redis said about a key; zero to begin. */
struct wpb_value_facts {
    bool is_absent;
    bool has_ttl, has_memory, has_length, has_count;
    int64_t ttl_ms;
    uint64_t memory_bytes;
    bool is_modelled; /* ... comes from a model, not from MEMORY */
    uint64_t length;
    bool is_no_string;
    char type[32];  /* of a key that is no string */
    uint64_t count; /* its elements */
    uint64_t read_bytes;
    bool is_cut_short; /* a chunk came back shorter than asked for */
    bool has_changed;  /* its length was another one at the end */
    uint64_t length_after;
};

/* The site of RUN whose prefix KEY carries; when none does, the only one, or NULL. */
const struct wpb_site *wpb_value_site(struct wpb_run *run, struct wpb_slice key);

/* An examiner of the value of KEY, of LENGTH bytes; of a notoptions of SITE, when that
 * has a database to look into, it draws names too. NULL when memory is out. */
struct wpb_examiner *wpb_value_examiner(const struct wpb_site *site, struct wpb_slice key,
                                        uint64_t length);

/* Post the facts about KEY and, unless NULL, its EXAMINATION, to SITE or, when that
 * is NULL, to all sites of RUN. Figures of a value that changed while it was read, or
 * was not read to its end, are marked as estimated. */
void wpb_value_post(struct wpb_run *run, const struct wpb_redis_scope *scope,
                    const struct wpb_site *site, const struct wpb_subject *key,
                    const struct wpb_value_facts *facts,
                    const struct wpb_examination *examination);

#endif
