/* A pool with no worker left, and the line of connections before it. */
#include <math.h>

#include "agent/rules/requests.h"
#include "agent/rules/server.h"

#define SATURATED "requests.pool_saturated"
#define QUEUE "requests.queue"

struct pool {
    const struct wpb_subject *subject;
    double workers, busy; /* below 0: unknown, as what follows */
    double looks, full;
    double waiting, backlog;
    double service_s, wait_s;
};

static double of(const struct wpb_rule_context *context,
                 const struct wpb_subject *subject, enum wpb_metric metric)
{
    double number;

    return wpb_rule_number(context, subject, metric, &number) ? number : -1;
}

static struct pool read_pool(const struct wpb_rule_context *context,
                             const struct wpb_subject *subject)
{
    return (struct pool){
        .subject = subject,
        .workers = of(context, subject, WPB_M_MAX_CHILDREN),
        .busy = of(context, subject, WPB_M_WORKERS_BUSY),
        .looks = of(context, subject, WPB_M_POOL_LOOKS),
        .full = of(context, subject, WPB_M_FULL_LOOKS),
        .waiting = of(context, subject, WPB_M_ACCEPT_QUEUE),
        .backlog = of(context, subject, WPB_M_ACCEPT_BACKLOG),
        .service_s = of(context, subject, WPB_M_SERVICE_SECONDS),
        .wait_s = of(context, subject, WPB_M_QUEUE_WAIT_SECONDS),
    };
}

/* "all 8 workers", "all workers". */
static const char *say_workers(struct wpb_arena *arena, const struct pool *pool)
{
    if (pool->workers < 1)
        return "all workers";
    return wpb_arena_printf(arena, pool->workers < 2 ? "its %s worker" : "all %s workers",
                            wpb_say_count(arena, (uint64_t)pool->workers));
}

/* What a full pool is a sign of depends on what ends first. */
static void draft_cause(struct wpb_draft *draft, const struct pool *pool)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_slice bottleneck =
        wpb_window_text(context->window, pool->subject, WPB_M_BOTTLENECK);
    struct wpb_cause *cause = &draft->finding.cause;

    cause->kind = "pool";
    cause->note =
        wpb_slice_is(bottleneck, "php_workers")
            ? "Workers are what ends first here, so more of them would help, as long as "
              "processors and memory last."
        : bottleneck.len
            ? wpb_arena_printf(context->arena,
                               "What ends first is not the workers but this: %s. They "
                               "are busy waiting for it, and more of them would only "
                               "wait, too.",
                               wpb_say_name(context->arena, bottleneck))
            : "Either more requests come than can be done, or each takes too long: they "
              "wait for the database, for a lock, for another host or for a processor.";
    wpb_requests_draft_culprits(draft, pool->subject);
}

static void draft_pool_facts(struct wpb_draft *draft)
{
    wpb_draft_known(draft, "max_children", WPB_M_MAX_CHILDREN);
    wpb_draft_known(draft, "workers_busy", WPB_M_WORKERS_BUSY);
    wpb_draft_known(draft, "workers_idle", WPB_M_WORKERS_IDLE);
    wpb_draft_known(draft, "queued", WPB_M_ACCEPT_QUEUE);
    wpb_draft_known(draft, "accept_backlog", WPB_M_ACCEPT_BACKLOG);
    wpb_draft_known(draft, "pool_looks", WPB_M_POOL_LOOKS);
    wpb_draft_known(draft, "full_looks", WPB_M_FULL_LOOKS);
    wpb_draft_known(draft, "children_reached", WPB_M_CHILDREN_REACHED);
    wpb_draft_known(draft, "requests_per_second", WPB_M_REQUESTS_PER_SECOND);
    wpb_draft_known(draft, "service_seconds", WPB_M_SERVICE_SECONDS);
    wpb_draft_known(draft, "queue_wait_seconds", WPB_M_QUEUE_WAIT_SECONDS);
}

static void draft_remedy(struct wpb_draft *draft)
{
    wpb_requests_draft_mending(draft);
    wpb_draft_line(&draft->for_good,
                   "Pages that are the same for all visitors: a page cache in front of "
                   "PHP answers them without a worker.");
    wpb_draft_line(&draft->for_good,
                   "Keep admin-ajax.php, the REST API and bots from taking all workers: "
                   "a rate limit in the web server, or a pool of their own.");
    wpb_draft_line(&draft->for_good,
                   "pm.max_children: more only while workers, and not a lock, the "
                   "processors or MySQL, end first, and while that many times the "
                   "memory of a request fits into the machine.");
}

/* --- requests.pool_saturated --- */

static bool judge_saturated(const struct wpb_rule_context *context,
                            const struct pool *pool, enum wpb_severity *severity)
{
    double share = pool->looks > 0 && pool->full >= 0 ? pool->full / pool->looks : -1;
    bool is_critical = share >= wpb_rule_option(context, SATURATED, "critical_ratio") &&
                       pool->looks >= wpb_rule_option(context, SATURATED, "least_looks");

    *severity = is_critical ? WPB_CRITICAL : WPB_WARNING;
    return share >= wpb_rule_option(context, SATURATED, "warning_ratio");
}

static void report_saturated(struct wpb_rule_context *context, const struct pool *pool,
                             enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    const char *queue =
        pool->waiting >= 1
            ? wpb_arena_printf(arena, " Just now %s connections wait.",
                               wpb_say_count(arena, (uint64_t)pool->waiting))
            : "";
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, pool->subject);
    draft.finding.title = wpb_arena_printf(arena, "%s: %s were busy in %s of %s looks",
                                           wpb_requests_say_pool(arena, pool->subject),
                                           say_workers(arena, pool),
                                           wpb_say_count(arena, (uint64_t)pool->full),
                                           wpb_say_count(arena, (uint64_t)pool->looks));
    draft.finding.summary = wpb_arena_printf(
        arena,
        "While no worker is free, every further request waits in the accept queue, also "
        "one that would take a millisecond, and no slow log or PHP error tells of that "
        "wait.%s",
        queue);
    draft_pool_facts(&draft);
    draft_cause(&draft, pool);
    draft.finding.remedy.summary =
        "Find out what the workers wait for before you add any: requests.knee and the "
        "slow log tell.";
    draft_remedy(&draft);
    wpb_server_draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_requests_pool_saturated(struct wpb_rule_context *context)
{
    const struct wpb_subject *subject;
    enum wpb_severity severity;
    size_t cursor = 0;

    while ((subject = wpb_requests_pool_next(context, &cursor))) {
        struct pool pool = read_pool(context, subject);
        if (judge_saturated(context, &pool, &severity))
            report_saturated(context, &pool, severity);
    }
}

/* --- requests.queue --- */

/* How long the last in the line will wait: as long as the workers need for those before
 * it. What was measured counts where it is more. 0: unknown. */
static double wait_of(const struct pool *pool)
{
    double ahead = 0;

    if (pool->waiting > 0 && pool->workers >= 1 && pool->service_s > 0)
        ahead = pool->waiting * pool->service_s / pool->workers;
    return fmax(ahead, fmax(pool->wait_s, 0));
}

static bool judge_queue(const struct wpb_rule_context *context, const struct pool *pool,
                        enum wpb_severity *severity)
{
    double wait = wait_of(pool);
    double filled =
        pool->waiting > 0 && pool->backlog > 0 ? pool->waiting / pool->backlog : 0;
    bool is_critical =
        wait >= wpb_rule_option(context, QUEUE, "critical_wait_seconds") ||
        filled >= wpb_rule_option(context, QUEUE, "critical_backlog_ratio");

    *severity = is_critical ? WPB_CRITICAL : WPB_WARNING;
    return is_critical ||
           wait >= wpb_rule_option(context, QUEUE, "warning_wait_seconds") ||
           pool->waiting >= wpb_rule_option(context, QUEUE, "warning_waiting");
}

static const char *queue_title(struct wpb_arena *arena, const struct pool *pool)
{
    const char *name = wpb_requests_say_pool(arena, pool->subject);
    double wait = wait_of(pool);
    uint64_t waiting = pool->waiting >= 1 ? (uint64_t)pool->waiting : 0;

    if (waiting && wait > 0)
        return wpb_arena_printf(arena, "%s %s for a worker of %s, about %s each",
                                wpb_say_count(arena, waiting),
                                waiting == 1 ? "connection waits" : "connections wait",
                                name, wpb_requests_say_seconds(arena, wait));
    if (waiting)
        return wpb_arena_printf(
            arena, "%s %s for a worker of %s", wpb_say_count(arena, waiting),
            waiting == 1 ? "connection waits" : "connections wait", name);
    return wpb_arena_printf(arena, "Requests to %s waited %s for a worker, on average",
                            name, wpb_requests_say_seconds(arena, wait));
}

static const char *queue_summary(struct wpb_arena *arena, const struct pool *pool)
{
    const char *room = "";

    if (pool->waiting >= 0 && pool->backlog > 0)
        room = wpb_arena_printf(
            arena,
            " The queue has room for %s; when it is full, further connections are "
            "refused, and visitors get a 502 or 504.",
            wpb_say_count(arena, (uint64_t)pool->backlog));
    return wpb_arena_printf(
        arena,
        "Visitors wait before PHP even begins, and what PHP-FPM itself writes about a "
        "request does not count that time. The queue was read from the kernel, which "
        "answers also while no worker does.%s",
        room);
}

static void report_queue(struct wpb_rule_context *context, const struct pool *pool,
                         enum wpb_severity severity)
{
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, pool->subject);
    draft.finding.title = queue_title(context->arena, pool);
    draft.finding.summary = queue_summary(context->arena, pool);
    draft_pool_facts(&draft);
    if (wait_of(pool) > 0)
        wpb_draft_fact(&draft, "wait_ahead_seconds", wpb_value_double(wait_of(pool)),
                       WPB_ESTIMATED);
    draft_cause(&draft, pool);
    draft.finding.remedy.summary =
        "Let requests take less time, or fewer of them come: a longer queue "
        "(listen.backlog) only lets visitors wait longer for the same error.";
    draft_remedy(&draft);
    wpb_server_draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_requests_queue(struct wpb_rule_context *context)
{
    const struct wpb_subject *subject;
    enum wpb_severity severity;
    size_t cursor = 0;

    while ((subject = wpb_requests_pool_next(context, &cursor))) {
        struct pool pool = read_pool(context, subject);
        if (judge_queue(context, &pool, &severity))
            report_queue(context, &pool, severity);
    }
}
