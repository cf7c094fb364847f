/*
 * tally_state.h - what a tally holds, shared by tally.c, which counts, and
 * tally_results.c, which tells.
 */
#ifndef WPB_REDIS_TALLY_STATE_H
#define WPB_REDIS_TALLY_STATE_H

#include "probes/redis/idle.h"
#include "probes/redis/key_family.h"
#include "probes/redis/tally.h"

/* Open addressing over the entries; twice as many cells keeps probes short. */
#define WPB_TALLY_CELLS (WPB_TALLY_GROUPS_MAX * 2)
/* The lead of keys that show none, or came beyond the bound. */
#define WPB_TALLY_NO_LEAD WPB_TALLY_LEADS_MAX

struct wpb_tally_entry {
    uint32_t owner;
    unsigned long long hash;
    struct wpb_slice name; /* folded, own copy */
    struct wpb_tally_counts counts;
};

/* The prefix that the votes give a site. */
struct wpb_tally_learnt {
    bool has_prefix;
    struct wpb_slice prefix; /* of the votes */
};

/* Owners are numbered: sites first, then leads, then NO_LEAD. */
struct wpb_tally {
    const struct wpb_site *const *sites;
    size_t site_count;
    size_t *homes;                /* by site: the first one that has the same prefix */
    const struct wpb_site *shape; /* how to read keys of no known prefix; or NULL */
    struct wpb_tally_counts total;
    uint64_t name_bytes;

    struct wpb_tally_entry entries[WPB_TALLY_GROUPS_MAX];
    size_t entry_count;
    uint16_t cells[WPB_TALLY_CELLS]; /* entry + 1 */
    struct wpb_tally_counts *others; /* by owner: beyond the bound */
    struct wpb_tally_counts *owned;  /* by owner: all */
    struct wpb_slice leads[WPB_TALLY_LEADS_MAX];
    size_t lead_count;
    struct wpb_votes *votes;         /* NULL when every site has a prefix */
    struct wpb_tally_learnt *learnt; /* by site */
    bool is_learnt;                  /* no key has voted since */
    struct wpb_topk **tops; /* by site; the last is for keys of no known prefix */
    struct wpb_topk *roles;
    struct wpb_orphans *orphans;
    struct wpb_key_families *families; /* groups are numbered as the entries are */
    bool is_family_sampled;            /* not every id was folded */
    struct wpb_idle idle;              /* likewise */
    struct wpb_buf folded;             /* reused */
};

/* Owners, told apart or not. */
size_t wpb_tally_owner_count(const struct wpb_tally *tally);
/* The number of the site whose known prefix explains KEY, site_count when none does;
 * of sites with the same prefix it is the first. */
size_t wpb_tally_site_of(const struct wpb_tally *tally, struct wpb_slice key,
                         struct wpb_key_parts *parts);
/* The bytes before the group, without a network's blog id. */
struct wpb_slice wpb_tally_lead_of(struct wpb_slice key,
                                   const struct wpb_key_parts *parts);
/* The group of that owner, begun if need be; NULL beyond the bound. */
struct wpb_tally_entry *wpb_tally_entry_of(struct wpb_tally *tally, size_t owner,
                                           struct wpb_slice group);
void wpb_tally_merge(struct wpb_tally_counts *into, const struct wpb_tally_counts *from);

#endif
