/*
 * requests.h - the rules about what requests cost, where a PHP-FPM pool breaks, and who
 * does it.
 *
 * They read what the work book, the logs and the counters have posted of a pool
 * (WPB_REQUEST_METRICS) and of its parts: routes, resources, quantities, components,
 * places. A pool that several sites share is told of once, for the first of them. What
 * was not measured, or refused (WORK_REFUSAL), is silent. Pure.
 */
#ifndef WPB_RULES_REQUESTS_H
#define WPB_RULES_REQUESTS_H

#include "agent/rules/context.h"
#include "agent/rules/ranking.h"

/* The rules, in order of code. */
void wpb_requests_cache_egress(struct wpb_rule_context *context);
void wpb_requests_culprit(struct wpb_rule_context *context);
void wpb_requests_fatals(struct wpb_rule_context *context);
void wpb_requests_knee(struct wpb_rule_context *context);
void wpb_requests_lock_contention(struct wpb_rule_context *context);
void wpb_requests_memory_headroom(struct wpb_rule_context *context);
void wpb_requests_memory_overcommit(struct wpb_rule_context *context);
void wpb_requests_n_plus_one(struct wpb_rule_context *context);
void wpb_requests_pool_saturated(struct wpb_rule_context *context);
void wpb_requests_queue(struct wpb_rule_context *context);
void wpb_requests_ttfb_regression(struct wpb_rule_context *context);
void wpb_requests_work_grows_with_concurrency(struct wpb_rule_context *context);
void wpb_requests_work_grows_with_data(struct wpb_rule_context *context);

/* --- pools (requests.c) --- */

/* The next pool from *CURSOR = 0 that was not met in an earlier window; NULL at the end.
 */
const struct wpb_subject *wpb_requests_pool_next(const struct wpb_rule_context *context,
                                                 size_t *cursor);
/* The part of POOL that is called NAME; NULL when nothing was posted about it. */
const struct wpb_subject *wpb_requests_part(const struct wpb_rule_context *context,
                                            const struct wpb_subject *pool,
                                            enum wpb_subject_kind kind, const char *name);
/* METRIC of that part; false when it is unknown. */
bool wpb_requests_number(const struct wpb_rule_context *context,
                         const struct wpb_subject *pool, enum wpb_subject_kind kind,
                         const char *name, enum wpb_metric metric, double *number);
/* The rate of POOL's requests lately; false when it is unknown or none came. */
bool wpb_requests_rate(const struct wpb_rule_context *context,
                       const struct wpb_subject *pool, double *per_second);

/* --- pieces of sentences (requests.c), in the arena --- */

/* "6.5", "15": a number of requests a second, or of anything that need not be whole. */
const char *wpb_requests_say_rate(struct wpb_arena *arena, double number);
/* "4.3 ms", "0.15 s", "12 s". */
const char *wpb_requests_say_seconds(struct wpb_arena *arena, double seconds);
/* A statement's shape, cut between two words to about WIDTH bytes. */
const char *wpb_requests_say_statement(struct wpb_arena *arena,
                                       struct wpb_slice statement, size_t width);
/* "the plugin kestrel-pricing". */
const char *wpb_requests_say_component(struct wpb_arena *arena, struct wpb_slice name);
/* "PHP pool www". */
const char *wpb_requests_say_pool(struct wpb_arena *arena,
                                  const struct wpb_subject *pool);

/* --- locks (requests_locks.c) --- */

struct wpb_requests_lock {
    const struct wpb_subject *table;
    double looks, wait_looks; /* in the last day; above 0 */
    double share;             /* of the looks that met somebody who waits */
    double waiters;           /* the most at once; 0: unknown */
    double held_s;            /* age of the oldest transaction that held it; 0: unknown */
    struct wpb_slice index, statement, holder; /* "" when unknown */
};

/* What is known of locks on TABLE; false when nobody was seen to wait. */
bool wpb_requests_lock_of(const struct wpb_rule_context *context,
                          const struct wpb_subject *table,
                          struct wpb_requests_lock *lock);
/* The table whose lock is waited for most often; false when there is none. */
bool wpb_requests_lock_worst(const struct wpb_rule_context *context,
                             struct wpb_requests_lock *lock);

/* --- statements (requests_statements.c) --- */

struct wpb_requests_repeat {
    const struct wpb_subject *statement;
    struct wpb_slice table; /* "" when unknown */
    double per_request;
    double seconds, rows; /* of one execution; below 0: unknown */
};

/* Does requests.n_plus_one fire for STATEMENT? */
bool wpb_requests_repeat_of(const struct wpb_rule_context *context,
                            const struct wpb_subject *statement,
                            struct wpb_requests_repeat *repeat);
/* The statement for which it does that runs most often; false when there is none. */
bool wpb_requests_repeat_worst(const struct wpb_rule_context *context,
                               struct wpb_requests_repeat *repeat);

/* The statement of which most rows are read a second, whether it repeats or not; NULL
 * when none is known. */
const struct wpb_subject *wpb_requests_reads_most(const struct wpb_rule_context *context);

/* --- whose a table is (requests_owner.c) --- */

enum wpb_requests_how {
    WPB_OWNER_SEARCHED,      /* the site's sources name the table */
    WPB_OWNER_NAMED,         /* the table is called after it */
    WPB_OWNER_NAMED_IN_PART, /* after its first word */
    WPB_OWNER_SEEN,          /* slow requests were asking the database in it */
};

struct wpb_requests_owner {
    struct wpb_slice component; /* "plugin:kestrel-currency" */
    struct wpb_slice file;      /* "" when unknown */
    uint64_t line;
    enum wpb_requests_how how;
};

/* Whose SUBJECT, a table or a statement about TABLE, is; false when nobody can say. */
bool wpb_requests_owner_of(const struct wpb_rule_context *context,
                           const struct wpb_subject *subject, struct wpb_slice table,
                           struct wpb_requests_owner *owner);
/* "The table is called after the plugin kestrel-currency." */
const char *wpb_requests_say_owner(struct wpb_arena *arena,
                                   const struct wpb_requests_owner *owner);
/* The same as facts: culprit_component and, where it is known, culprit_file and _line. */
void wpb_requests_draft_owner(struct wpb_draft *draft,
                              const struct wpb_requests_owner *owner);

/* --- components (requests_culprit.c) --- */

/* The components of POOL by their traces in the slow log. */
void wpb_requests_rank_culprits(const struct wpb_rule_context *context,
                                const struct wpb_subject *pool,
                                struct wpb_ranking *ranking);
/* As the draft's cause: the components on which POOL's slow requests were at work, with
 * file and line. Leaves a note that is there. False when none is known. */
bool wpb_requests_draft_culprits(struct wpb_draft *draft, const struct wpb_subject *pool);
/* For good: where to look first, when a component is known. */
void wpb_requests_draft_mending(struct wpb_draft *draft);

#endif
