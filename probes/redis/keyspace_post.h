/*
 * keyspace_post.h - what a pass has added up, as samples.
 */
#ifndef WPB_REDIS_KEYSPACE_POST_H
#define WPB_REDIS_KEYSPACE_POST_H

#include "probes/redis/scope.h"
#include "probes/redis/tally.h"
#include "wpbloat/probe.h"

struct wpb_keyspace_facts {
    bool is_complete; /* the whole database was seen */
    bool has_bytes;   /* MEMORY could be asked */
    bool has_ttl;     /* PTTL could be asked */
    bool is_sampled;  /* ... of some keys only */
    bool is_modelled; /* bytes come from a model, not from MEMORY */
    uint64_t own_hits;
};

/* Post totals, groups, largest keys and a learnt prefix to the sites of RUN. What a
 * pass that is not complete has counted is marked as estimated. */
void wpb_keyspace_post(struct wpb_run *run, const struct wpb_redis_scope *scope,
                       struct wpb_tally *tally, const struct wpb_keyspace_facts *facts);
/* Append what the reader should know about prefixes: which were found by shape, or
 * that no key carries a site's prefix. Nothing when all is as expected. */
void wpb_keyspace_notes(struct wpb_run *run, struct wpb_tally *tally,
                        struct wpb_buf *out);

#endif
