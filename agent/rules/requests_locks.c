/* Rows that only one request at a time may have: who waits, for what, behind whom. */
#include <math.h>

#include "agent/rules/requests.h"

#define CODE "requests.lock_contention"
#define STATEMENT_SHOWN 120
#define TABLES_REPORTED 3
/* One transaction a row, both servers: who holds, who waits, since when. */
#define WHO_WAITS                                                                        \
    "SELECT trx_mysql_thread_id, trx_state, TIMESTAMPDIFF(SECOND, trx_started, NOW()) "  \
    "AS age, trx_query FROM information_schema.innodb_trx ORDER BY trx_started"
/* Who waits for a lock by name; the name stands in the statement, and IS_USED_LOCK() says
 * whose it is. */
#define WHO_WAITS_BY_NAME                                                                \
    "SELECT id, time, info FROM information_schema.processlist WHERE state = 'User "     \
    "lock'"

static double number_or(const struct wpb_rule_context *context,
                        const struct wpb_subject *subject, enum wpb_metric metric,
                        double fallback)
{
    double number;

    return wpb_rule_number(context, subject, metric, &number) ? number : fallback;
}

bool wpb_requests_lock_of(const struct wpb_rule_context *context,
                          const struct wpb_subject *table, struct wpb_requests_lock *lock)
{
    const struct wpb_window *window = context->window;

    *lock = (struct wpb_requests_lock){.table = table};
    if (!wpb_rule_number(context, table, WPB_M_LOCK_LOOKS, &lock->looks) ||
        !wpb_rule_number(context, table, WPB_M_LOCK_WAIT_LOOKS, &lock->wait_looks) ||
        !(lock->wait_looks > 0) || !(lock->looks > 0))
        return false;
    lock->share = fmin(1, lock->wait_looks / lock->looks);
    lock->waiters = number_or(context, table, WPB_M_LOCK_WAITERS, 0);
    lock->held_s = number_or(context, table, WPB_M_LOCK_HELD_SECONDS, 0);
    lock->index = wpb_window_text(window, table, WPB_M_LOCK_INDEX);
    lock->statement = wpb_window_text(window, table, WPB_M_LOCK_STATEMENT);
    lock->holder = wpb_window_text(window, table, WPB_M_LOCK_HOLDER);
    return true;
}

/* Not a row of a table. */
static bool is_by_name(const struct wpb_requests_lock *lock)
{
    return wpb_slice_is(lock->table->name, WPB_LOCK_BY_NAME);
}

static uint64_t weight_of(const struct wpb_requests_lock *lock)
{
    /* By looks; of equals the one with the longer line. */
    return (uint64_t)(lock->share * 1e6) * 1000 + (uint64_t)fmin(lock->waiters, 999) + 1;
}

static void rank(const struct wpb_rule_context *context, struct wpb_ranking *ranking,
                 bool (*is_wanted)(const struct wpb_rule_context *,
                                   const struct wpb_requests_lock *))
{
    const struct wpb_subject *table;
    struct wpb_requests_lock lock;
    size_t cursor = 0;

    while ((table = wpb_window_next(context->window, WPB_SUBJECT_TABLE, NULL, &cursor))) {
        if (wpb_requests_lock_of(context, table, &lock) &&
            (!is_wanted || is_wanted(context, &lock)))
            wpb_ranking_add(ranking, table, weight_of(&lock));
    }
}

bool wpb_requests_lock_worst(const struct wpb_rule_context *context,
                             struct wpb_requests_lock *lock)
{
    struct wpb_ranking worst;

    wpb_ranking_init(&worst, 1);
    rank(context, &worst, NULL);
    return worst.count && wpb_requests_lock_of(context, worst.items[0].subject, lock);
}

/* --- requests.lock_contention --- */

/* The pool with the most workers: they are who waits. */
static const struct wpb_subject *largest_pool(const struct wpb_rule_context *context,
                                              double *workers)
{
    const struct wpb_subject *pool, *largest = NULL;
    size_t cursor = 0;
    double number;

    *workers = 0;
    while ((pool = wpb_window_next(context->window, WPB_SUBJECT_POOL, NULL, &cursor))) {
        number = number_or(context, pool, WPB_M_MAX_CHILDREN, 0);
        if (!largest || number > *workers) {
            largest = pool;
            *workers = number;
        }
    }
    return largest;
}

static bool is_contended(const struct wpb_rule_context *context,
                         const struct wpb_requests_lock *lock)
{
    return lock->wait_looks >= wpb_rule_option(context, CODE, "least_looks") &&
           lock->share >= wpb_rule_option(context, CODE, "warning_looks_ratio");
}

static enum wpb_severity severity_of(const struct wpb_rule_context *context,
                                     const struct wpb_requests_lock *lock, double workers)
{
    bool is_often = lock->share >= wpb_rule_option(context, CODE, "critical_looks_ratio");
    bool is_long = workers > 0 &&
                   lock->waiters >=
                       workers * wpb_rule_option(context, CODE, "critical_workers_ratio");

    return is_often && is_long ? WPB_CRITICAL : WPB_WARNING;
}

static const char *say_capacity(const struct wpb_rule_context *context,
                                const struct wpb_subject *pool)
{
    struct wpb_arena *arena = context->arena;
    double capacity, demand;

    if (!pool || !wpb_requests_number(context, pool, WPB_SUBJECT_RESOURCE, "lock",
                                      WPB_M_CAPACITY_PER_SECOND, &capacity))
        return "";
    if (!wpb_requests_number(context, pool, WPB_SUBJECT_RESOURCE, "lock",
                             WPB_M_DEMAND_SECONDS, &demand))
        return wpb_arena_printf(arena,
                                " No more than about %s requests a second get "
                                "through it.",
                                wpb_requests_say_rate(arena, capacity));
    return wpb_arena_printf(arena,
                            " From how long the others wait, a request holds it for "
                            "about %s: no more than about %s requests a second get "
                            "through, however many PHP workers there are.",
                            wpb_requests_say_seconds(arena, demand),
                            wpb_requests_say_rate(arena, capacity));
}

static const char *summary(const struct wpb_rule_context *context,
                           const struct wpb_requests_lock *lock,
                           const struct wpb_subject *pool)
{
    struct wpb_arena *arena = context->arena;
    const char *crowd =
        lock->waiters >= 1
            ? wpb_arena_printf(arena, ", %s at once at most",
                               wpb_say_count(arena, (uint64_t)lock->waiters))
            : "";
    const char *statement =
        lock->statement.len
            ? wpb_arena_printf(
                  arena, " What waits: %s.",
                  wpb_requests_say_statement(arena, lock->statement, STATEMENT_SHOWN))
            : "";

    return wpb_arena_printf(
        arena,
        "%s waits, each in a PHP worker of its own. In %s looks of %s somebody "
        "waited%s.%s%s",
        is_by_name(lock)
            ? "A lock that GET_LOCK() has given belongs to its connection until that "
              "releases it or ends, and every other request that asks for it"
            : "A row that a transaction has changed belongs to it until it ends, and "
              "every other request that wants to change the row",
        wpb_say_count(arena, (uint64_t)lock->wait_looks),
        wpb_say_count(arena, (uint64_t)lock->looks), crowd, statement,
        say_capacity(context, pool));
}

static const char *say_holder(const struct wpb_rule_context *context,
                              const struct wpb_requests_lock *lock)
{
    struct wpb_arena *arena = context->arena;

    if (!lock->holder.len && is_by_name(lock))
        return "What the holder was doing was not seen.";
    if (!lock->holder.len)
        return "What the holder was doing was not seen: between its statements a "
               "transaction runs none.";
    return wpb_arena_printf(
        arena, "Who held the lock was at: %s%s.",
        wpb_requests_say_statement(arena, lock->holder, STATEMENT_SHOWN),
        lock->held_s >= 1
            ? wpb_arena_printf(arena, " (for %s at most)",
                               wpb_requests_say_seconds(arena, lock->held_s))
            : "");
}

static const char *note(const struct wpb_rule_context *context,
                        const struct wpb_requests_lock *lock)
{
    struct wpb_requests_owner owner;

    if (!wpb_requests_owner_of(context, lock->table, lock->table->name, &owner))
        return say_holder(context, lock);
    return wpb_arena_printf(context->arena, "%s %s",
                            wpb_requests_say_owner(context->arena, &owner),
                            say_holder(context, lock));
}

static void draft_facts(struct wpb_draft *draft, const struct wpb_requests_lock *lock,
                        const struct wpb_subject *pool)
{
    double capacity;

    wpb_draft_known(draft, "lock_looks", WPB_M_LOCK_LOOKS);
    wpb_draft_known(draft, "lock_wait_looks", WPB_M_LOCK_WAIT_LOOKS);
    wpb_draft_fact(draft, "lock_wait_looks_ratio", wpb_value_double(lock->share),
                   WPB_SAMPLED);
    wpb_draft_known(draft, "lock_waiters", WPB_M_LOCK_WAITERS);
    wpb_draft_known(draft, "lock_index", WPB_M_LOCK_INDEX);
    wpb_draft_known(draft, "lock_statement", WPB_M_LOCK_STATEMENT);
    wpb_draft_known(draft, "lock_holder", WPB_M_LOCK_HOLDER);
    wpb_draft_known(draft, "lock_held_seconds", WPB_M_LOCK_HELD_SECONDS);
    if (pool && wpb_requests_number(draft->context, pool, WPB_SUBJECT_RESOURCE, "lock",
                                    WPB_M_CAPACITY_PER_SECOND, &capacity))
        wpb_draft_fact(draft, "capacity_per_second", wpb_value_double(capacity),
                       WPB_ESTIMATED);
}

struct remedy {
    const char *summary, *who_waits;
    const char *for_good[4]; /* up to a NULL */
};

static const struct remedy of_row = {
    "Let requests of visitors not change this row, or only in a moment: what is between "
    "the change and the end of the transaction is what all others wait for. More PHP "
    "workers only make the line longer.",
    WHO_WAITS,
    {"Compute first, then write and commit at once; no query, no HTTP request and no "
     "sleep between the UPDATE and the COMMIT.",
     "An index, a price list or a counter that each visit writes anew: rebuild it in "
     "WP-Cron or Action Scheduler, one at a time, when something has changed.",
     "One row that all requests count in: a row for each thing counted, or a counter in "
     "Redis that is written down now and then."}};

static const struct remedy of_name = {
    "Let requests of visitors not wait for this lock: GET_LOCK(name, 0) says at once "
    "that "
    "another has it, and the page goes on without. More PHP workers only make the line "
    "longer.",
    WHO_WAITS_BY_NAME,
    {"What is done under the lock belongs into WP-Cron or Action Scheduler, one at a "
     "time; "
     "visitors get what was computed last.",
     "Release the lock as soon as the shared thing is written: no HTTP request and no "
     "sleep while it is held."}};

static void draft_remedy(struct wpb_draft *draft, const struct remedy *remedy)
{
    const char *who = wpb_say_mysql_command(draft->context, remedy->who_waits);

    draft->finding.remedy.summary = remedy->summary;
    wpb_draft_line(&draft->now, who);
    wpb_requests_draft_mending(draft);
    for (size_t i = 0; remedy->for_good[i]; i++)
        wpb_draft_line(&draft->for_good, remedy->for_good[i]);
    wpb_draft_line(&draft->verify, who);
}

static void report(struct wpb_rule_context *context, const struct wpb_requests_lock *lock)
{
    struct wpb_arena *arena = context->arena;
    const char *index =
        lock->index.len
            ? wpb_arena_printf(arena, ", index %s", wpb_say_name(arena, lock->index))
            : "";
    double workers;
    const struct wpb_subject *pool = largest_pool(context, &workers);
    struct wpb_requests_owner owner;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity_of(context, lock, workers), lock->table);
    draft.finding.title = wpb_arena_printf(
        arena, "Requests wait for each other at a %s %s%s: in %s of the looks",
        is_by_name(lock) ? "lock of" : "row lock on",
        wpb_say_name(arena, lock->table->name), index, wpb_say_share(arena, lock->share));
    draft.finding.summary = summary(context, lock, pool);
    draft_facts(&draft, lock, pool);
    draft.finding.cause.kind = "lock";
    draft.finding.cause.note = note(context, lock);
    if (wpb_requests_owner_of(context, lock->table, lock->table->name, &owner))
        wpb_requests_draft_owner(&draft, &owner);
    if (pool)
        wpb_requests_draft_culprits(&draft, pool);
    draft_remedy(&draft, is_by_name(lock) ? &of_name : &of_row);
    wpb_draft_emit(&draft);
}

void wpb_requests_lock_contention(struct wpb_rule_context *context)
{
    struct wpb_requests_lock lock;
    struct wpb_ranking worst;

    wpb_ranking_init(&worst, TABLES_REPORTED);
    rank(context, &worst, is_contended);
    for (size_t i = 0; i < worst.count; i++) {
        if (wpb_requests_lock_of(context, worst.items[i].subject, &lock))
            report(context, &lock);
    }
}
