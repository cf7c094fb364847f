/*
 * tally.h - what a pass over a database adds up to, in bounded memory.
 *
 * Every key goes to an owner (the site whose prefix it carries, or the leading
 * bytes that its shape shows) and there to a group, folded. At most
 * WPB_TALLY_GROUPS_MAX groups are told apart, further ones go to "<other>" of
 * their owner. The largest keys and those with a role of their own are kept by
 * name. Keys that belong to no site of known prefix vote for the prefix of those that
 * have none. Stamped keys are judged once what is current was read (see orphans.h). No
 * allocation per key once the groups are known. Pure; one thread.
 */
#ifndef WPB_REDIS_TALLY_H
#define WPB_REDIS_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/topk.h"
#include "probes/redis/orphans.h"
#include "probes/wordpress/grammar.h"
#include "probes/wordpress/votes.h"
#include "wpbloat/site.h"

#define WPB_TALLY_GROUPS_MAX 1024
/* Leading bytes told apart among keys that no known prefix explains. */
#define WPB_TALLY_LEADS_MAX 64
/* Keys with a role, the largest ones. */
#define WPB_TALLY_ROLES_MAX 64
/* Longer groups and prefixes are no WordPress names. */
#define WPB_TALLY_NAME_MAX 256

/* Up to 1 KiB, 16 KiB, 256 KiB, and above. */
#define WPB_TALLY_SIZES 4

struct wpb_tally_counts {
    uint64_t keys, bytes, ttlless_keys, ttlless_bytes;
    uint64_t sizes[WPB_TALLY_SIZES]; /* keys whose bytes are known */
    struct wpb_orphan_counts orphans;
};

struct wpb_tally_key {
    struct wpb_slice name;
    bool has_bytes; /* false: MEMORY is not to be had */
    uint64_t bytes;
    bool has_ttl;
    int64_t ttl_ms;  /* -1: never expires */
    uint32_t weight; /* keys this TTL stands for, where only some are asked */
};

/* Keys of this size are counted one by one, never by a sample's weight. */
#define WPB_TALLY_CERTAIN_BYTES 16384

struct wpb_tally_group {
    struct wpb_slice name;
    struct wpb_tally_counts counts;
};

struct wpb_tally_family {
    struct wpb_slice group, template_name;
    uint64_t keys, bytes, ttlless_keys;
};

struct wpb_tally;

/* SITES share the database and must outlive the tally. TOP: how many of the
 * largest keys to keep for each. NULL when memory is out. */
struct wpb_tally *wpb_tally_new(const struct wpb_site *const *sites, size_t count,
                                size_t top);
void wpb_tally_free(struct wpb_tally *tally);

/* Count KEY. True when it came without its TTL and should not: it is heavy, has a
 * role, or is among the largest. Ask for it and tell by wpb_tally_ttl(). */
bool wpb_tally_add(struct wpb_tally *tally, const struct wpb_tally_key *key);
/* The TTL of a key that was counted without it. */
void wpb_tally_ttl(struct wpb_tally *tally, const struct wpb_tally_key *key);

/* The key NAME was last read so long ago. */
void wpb_tally_idle(struct wpb_tally *tally, struct wpb_slice name, uint64_t seconds);

/* What the stamped keys are compared with: ask for what is wanted, tell what came. */
struct wpb_orphans *wpb_tally_orphans(struct wpb_tally *tally);

struct wpb_tally_counts wpb_tally_total(const struct wpb_tally *tally);
uint64_t wpb_tally_name_bytes(const struct wpb_tally *tally);

/* How many sites have the known prefix of site INDEX, itself among them: their keys are
 * all told as each one's. *NEXT becomes the first of them from *NEXT on, SIZE_MAX when
 * none is left. */
size_t wpb_tally_sharers(const struct wpb_tally *tally, size_t index, size_t *next);
/* Keys that carry the known prefix of site INDEX. */
uint64_t wpb_tally_owned(const struct wpb_tally *tally, size_t index);

/* What the keys that belong to no site of known prefix say about who wrote them; NULL
 * when every site has one. */
struct wpb_votes *wpb_tally_votes(struct wpb_tally *tally);

/* Take KEY apart for site INDEX as the tally saw it: by its known prefix, or by
 * shape and, when just one candidate was found, with that prefix. False when the
 * key is not the site's. */
bool wpb_tally_parse(struct wpb_tally *tally, size_t index, struct wpb_slice key,
                     struct wpb_key_parts *parts);

/* The groups of site INDEX, largest first, with WPB_GROUP_FOREIGN for the keys that
 * are not its own and "<other>" beyond the bound. At most CAPACITY, which
 * WPB_TALLY_GROUPS_MAX + 3 always satisfies; names live as long as the tally. */
size_t wpb_tally_groups(struct wpb_tally *tally, size_t index,
                        struct wpb_tally_group *groups, size_t capacity);

/* The median time since the keys of GROUP of site INDEX were last read; false when too
 * few were asked. */
bool wpb_tally_idle_median(struct wpb_tally *tally, size_t index, struct wpb_slice group,
                           uint64_t *seconds);

/* The families of ids of site INDEX with most bytes, at most CAPACITY; returns how many.
 * Names live until the next call. */
size_t wpb_tally_families(struct wpb_tally *tally, size_t index,
                          struct wpb_tally_family *families, size_t capacity);
/* False when some ids stand for others, or families were given up for want of room. */
bool wpb_tally_families_are_exact(const struct wpb_tally *tally);

/* The largest keys among which those of site INDEX are; filter them with
 * wpb_tally_parse(). Weight: bytes; tag: TTL in ms, -1 never, INT64_MIN unknown. */
struct wpb_topk *wpb_tally_top(struct wpb_tally *tally, size_t index);
/* Keys with a role, of all sites; the same weights and tags. */
struct wpb_topk *wpb_tally_roles(struct wpb_tally *tally);

#endif
