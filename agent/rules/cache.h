/*
 * cache.h - the rules about the object cache, and what they share.
 *
 * A cache entry is judged by its length. Before anybody asked Redis for the
 * exact length only MEMORY USAGE is known, which is up to a quarter above it;
 * then the smallest length it allows is judged, so that a threshold is never
 * said to be passed when it may not be. Pure.
 */
#ifndef WPB_RULES_CACHE_H
#define WPB_RULES_CACHE_H

#include "agent/rules/context.h"

/* The rules, in order of code. */
void wpb_cache_alloptions_large(struct wpb_rule_context *context);
void wpb_cache_dead_cron(struct wpb_rule_context *context);
void wpb_cache_entry_decode_peak(struct wpb_rule_context *context);
void wpb_cache_entry_growth(struct wpb_rule_context *context);
void wpb_cache_entry_large(struct wpb_rule_context *context);
void wpb_cache_eviction_pressure(struct wpb_rule_context *context);
void wpb_cache_feed_transients(struct wpb_rule_context *context);
void wpb_cache_group_growth(struct wpb_rule_context *context);
void wpb_cache_low_hit_ratio(struct wpb_rule_context *context);
void wpb_cache_memory_forecast(struct wpb_rule_context *context);
void wpb_cache_misencoded(struct wpb_rule_context *context);
void wpb_cache_nonpersistent_group(struct wpb_rule_context *context);
void wpb_cache_notoptions_bloat(struct wpb_rule_context *context);
void wpb_cache_orphans(struct wpb_rule_context *context);
void wpb_cache_shared_prefix(struct wpb_rule_context *context);
void wpb_cache_stale_notoptions(struct wpb_rule_context *context);
void wpb_cache_transient_without_ttl(struct wpb_rule_context *context);
void wpb_cache_ttlless_share(struct wpb_rule_context *context);
void wpb_cache_write_churn(struct wpb_rule_context *context);

struct wpb_server; /* agent/rules/server.h */

/* What the window knows of one key. */
struct wpb_cache_entry {
    const struct wpb_subject *key;
    struct wpb_slice role, group;
    bool has_bytes; /* some size is known */
    bool is_exact;  /* the length itself, not MEMORY USAGE */
    uint64_t bytes; /* to judge by */
    uint64_t shown; /* to tell: the length, or what Redis spends */
    bool has_entries;
    uint64_t entries;
    bool has_ttl;
    int64_t ttl_seconds; /* -1: never expires */
    bool is_examined;
    uint64_t read_peak, rewrite_peak; /* in PHP; 0: unknown */
};

/* Walk the keys that are there, in order of posting, from *CURSOR = 0. False at
 * the end. Keys that were looked for and are absent are passed over. */
bool wpb_cache_entry_next(const struct wpb_rule_context *context, size_t *cursor,
                          struct wpb_cache_entry *entry);
/* PHP's memory_limit for the site; 0 when it is unknown or unlimited. */
uint64_t wpb_cache_memory_limit(const struct wpb_rule_context *context);
/* The larger of the two peaks; 0 when neither is known. */
uint64_t wpb_cache_worst_peak(const struct wpb_cache_entry *entry);

/* Does the rule of that name fire for ENTRY, and how severely? */
bool wpb_cache_judge_alloptions(const struct wpb_rule_context *context,
                                const struct wpb_cache_entry *entry,
                                enum wpb_severity *severity);
bool wpb_cache_judge_notoptions(const struct wpb_rule_context *context,
                                const struct wpb_cache_entry *entry,
                                enum wpb_severity *severity);
bool wpb_cache_judge_decode_peak(const struct wpb_rule_context *context,
                                 const struct wpb_cache_entry *entry,
                                 enum wpb_severity *severity);
bool wpb_cache_judge_dead_cron(const struct wpb_rule_context *context,
                               const struct wpb_cache_entry *entry,
                               enum wpb_severity *severity);
/* A news feed, of which the rule about feeds tells. */
bool wpb_cache_judge_feed(const struct wpb_rule_context *context,
                          const struct wpb_cache_entry *entry,
                          enum wpb_severity *severity);
bool wpb_cache_judge_eviction(const struct wpb_rule_context *context,
                              const struct wpb_server *server,
                              enum wpb_severity *severity);

/* What is known of ENTRY as evidence: size, TTL, PHP figures, memory_limit. Facts that
 * are unknown are left out; memory_bytes is there when the length is not. */
void wpb_cache_draft_entry(struct wpb_draft *draft, const struct wpb_cache_entry *entry);
/* ttl_seconds: null when the key never expires, left out when unknown. */
void wpb_cache_draft_ttl(struct wpb_draft *draft, const struct wpb_cache_entry *entry);
/* memory_limit_bytes: null when it is unknown or unlimited. */
void wpb_cache_draft_limit(struct wpb_draft *draft);
/* ENTRY's size in words: "3.8 MiB", "5.0 MiB of Redis memory". */
const char *wpb_cache_say_size(struct wpb_arena *arena,
                               const struct wpb_cache_entry *entry);
/* "no TTL", "expires in 59 s"; "" when unknown. */
const char *wpb_cache_say_ttl(struct wpb_arena *arena,
                              const struct wpb_cache_entry *entry);
/* "Heaviest inside: a (120 KiB), b (80 KiB)." or "" when nothing is known. */
const char *wpb_cache_say_paths(const struct wpb_rule_context *context,
                                const struct wpb_subject *key);
/* For good: how the site's drop-in gives every entry an expiry, if it can. */
void wpb_cache_draft_ceiling(struct wpb_draft *draft);

/* The cause: families of the names inside the draft's subject, with who asks for
 * them, and how sure that is (cause_families.c). */
void wpb_cause_families(struct wpb_draft *draft);
/* For good: the code that asks for the names of the cause's first family with a known
 * source. */
void wpb_cause_draft_mending(struct wpb_draft *draft);
/* Put the families that grow fastest first, and say how fast, where a history knows. */
void wpb_cause_order_by_growth(struct wpb_draft *draft);

/* WordPress's version as 607 for 6.7; 0 when it is unknown. */
unsigned wpb_cache_wordpress_version(const struct wpb_site *site);

#endif
