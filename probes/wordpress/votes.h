/*
 * votes.h - which drop-in wrote the keys of a database, and how they begin, judged by
 * their shapes: for sites whose object-cache.php is none that is known here, and for
 * those given by address alone.
 *
 *   ...:{group}:{id}                      redis-cache, or wp-redis with a salt that
 *                                         ends in ':'
 *   {salt}{blog}:{group}:{id}             a network of either
 *   {group}:{id}, {salt}{group}:{id}      wp-redis, which alone writes no ':' before
 *   w3tc_{instance}_..._object_...        W3 Total Cache
 *   {5 hex digits}[{blog}:]{group}.{id}   LiteSpeed
 *
 * What redis-cache and wp-redis write differently decides between them: global groups
 * ("wp:users:1" beside "wp:posts:1"; "shop:wp_users:1"; "net::users:1"), ids that hold
 * ':' or blanks, "site-options:1-notoptions" and "...:1:notoptions", hash groups,
 * redis-cache's own group, scalar strings as they are or serialized. Every site has
 * notoptions or alloptions, so only with one of these keys is a prefix proven.
 *
 * At most WPB_VOTES_LEADS_MAX beginnings are told apart. Pure but for memory; one
 * thread.
 */
#ifndef WPB_WORDPRESS_VOTES_H
#define WPB_WORDPRESS_VOTES_H

#include "agent/base/buf.h"
#include "wpbloat/site.h"
#include "wpbloat/slice.h"

#define WPB_VOTES_LEADS_MAX 64
/* Longer keys are no WordPress names, and longer beginnings no salts. */
#define WPB_VOTES_KEY_LEN_MAX 1024
#define WPB_VOTES_LEAD_LEN_MAX 256
/* Keys that are looked at whatever they are; later ones only if they prove a prefix. */
#define WPB_VOTES_KEYS_MAX 4096
#define WPB_VOTES_CANDIDATES_MAX 8

struct wpb_votes;

/* NULL when memory is out. */
struct wpb_votes *wpb_votes_new(void);
void wpb_votes_free(struct wpb_votes *votes);

/* Let KEY vote. HEAD: the leading bytes of its value, empty when not known. */
void wpb_votes_add(struct wpb_votes *votes, struct wpb_slice key, struct wpb_slice head);

/* A site that the keys show. */
struct wpb_votes_candidate {
    struct wpb_slice prefix; /* as key_prefix in site.h; lives as long as the votes */
    enum wpb_flavour flavour;
    bool is_multisite;
    uint64_t keys; /* that voted for it */
};

/* Fill FOUND, most votes first, and return how many. KNOWN: the flavour that the
 * drop-in's own head says, which outranks shapes; WPB_FLAVOUR_UNKNOWN when it says
 * none. *IS_ALL is false when there were more than could be told apart. */
size_t wpb_votes_candidates(struct wpb_votes *votes, enum wpb_flavour known,
                            struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX],
                            bool *is_all);

/* Append "212 keys vote redis-cache, 3 wp-redis"; nothing when none voted. */
void wpb_votes_text(struct wpb_votes *votes, struct wpb_buf *out);

#endif
