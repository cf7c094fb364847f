/* The rate at which a pool breaks, what breaks first, and who is behind it: the one
 * finding that answers "why does it fall apart at twenty?". */
#include <math.h>

#include "agent/rules/requests.h"
#include "agent/rules/server.h"

#define CODE "requests.knee"
#define STATEMENT_SHOWN 100

struct knee {
    const struct wpb_subject *pool;
    double capacity, low, high; /* requests a second */
    double rate, busiest;       /* lately; in the busiest window */
    double knee, wait_s;        /* from which waiting is felt, and p95 then; 0: unknown */
    double workers;             /* 0: unknown */
    double demand_s;            /* of the bottleneck, a request; 0: unknown */
    struct wpb_slice bottleneck;
    bool has_lock, has_repeat;
    struct wpb_requests_lock lock; /* the worst of the site */
    struct wpb_requests_repeat repeat;
};

static bool is_lock(const struct knee *knee)
{
    return wpb_slice_is(knee->bottleneck, "lock");
}

static double of_pool(const struct wpb_rule_context *context, const struct knee *knee,
                      enum wpb_metric metric, double fallback)
{
    double number;

    return wpb_rule_number(context, knee->pool, metric, &number) ? number : fallback;
}

static double of_bottleneck(const struct wpb_rule_context *context,
                            const struct knee *knee, enum wpb_metric metric)
{
    const char *name = wpb_arena_cstr(context->arena, knee->bottleneck);
    double number;

    return wpb_requests_number(context, knee->pool, WPB_SUBJECT_RESOURCE, name, metric,
                               &number)
               ? number
               : 0;
}

/* False when there is no capacity: none was told, or it was refused. */
static bool read_knee(const struct wpb_rule_context *context,
                      const struct wpb_subject *pool, struct knee *knee)
{
    *knee = (struct knee){.pool = pool};
    if (wpb_window_text(context->window, pool, WPB_M_WORK_REFUSAL).len ||
        !wpb_rule_number(context, pool, WPB_M_CAPACITY_PER_SECOND, &knee->capacity) ||
        !(knee->capacity > 0))
        return false;
    knee->low = of_pool(context, knee, WPB_M_CAPACITY_LOW_PER_SECOND, knee->capacity);
    knee->high = of_pool(context, knee, WPB_M_CAPACITY_HIGH_PER_SECOND, knee->capacity);
    knee->rate = of_pool(context, knee, WPB_M_REQUESTS_PER_SECOND, 0);
    knee->busiest = fmax(knee->rate, of_pool(context, knee, WPB_M_BUSIEST_PER_SECOND, 0));
    knee->knee = of_pool(context, knee, WPB_M_KNEE_PER_SECOND, 0);
    knee->wait_s = of_pool(context, knee, WPB_M_CAPACITY_WAIT_SECONDS, 0);
    knee->workers = of_pool(context, knee, WPB_M_MAX_CHILDREN, 0);
    knee->bottleneck = wpb_window_text(context->window, pool, WPB_M_BOTTLENECK);
    knee->demand_s = of_bottleneck(context, knee, WPB_M_DEMAND_SECONDS);
    knee->has_lock = wpb_requests_lock_worst(context, &knee->lock);
    knee->has_repeat = wpb_requests_repeat_worst(context, &knee->repeat);
    return knee->busiest > 0;
}

/* What one request at a time may have breaks without a warning sign, and no machine is
 * large enough for it: it is told from further away. */
static bool judge(const struct wpb_rule_context *context, const struct knee *knee,
                  enum wpb_severity *severity)
{
    *severity =
        knee->rate >= knee->capacity * wpb_rule_option(context, CODE, "critical_ratio")
            ? WPB_CRITICAL
            : WPB_WARNING;
    return *severity == WPB_CRITICAL ||
           knee->busiest >=
               knee->capacity * wpb_rule_option(context, CODE, "warning_ratio") ||
           (knee->knee > 0 && knee->busiest >= knee->knee) ||
           (is_lock(knee) &&
            knee->capacity <
                knee->busiest * wpb_rule_option(context, CODE, "lock_factor"));
}

/* --- words --- */

/* "6.5 requests a second (6.0 to 7.5)". */
static const char *say_capacity(struct wpb_arena *arena, const struct knee *knee)
{
    const char *low = wpb_requests_say_rate(arena, knee->low);
    const char *high = wpb_requests_say_rate(arena, knee->high);
    const char *middle = wpb_requests_say_rate(arena, knee->capacity);

    if (strcmp(low, high) == 0)
        return wpb_arena_printf(arena, "%s requests a second", middle);
    return wpb_arena_printf(arena, "%s requests a second (%s to %s)", middle, low, high);
}

/* "4.9 now", "4.9 now and 6.1 at the busiest". */
static const char *say_rates(struct wpb_arena *arena, const struct knee *knee)
{
    const char *now = wpb_requests_say_rate(arena, knee->rate);
    const char *busiest = wpb_requests_say_rate(arena, knee->busiest);

    if (!(knee->rate > 0))
        return wpb_arena_printf(arena, "%s at the busiest", busiest);
    if (strcmp(now, busiest) == 0)
        return wpb_arena_printf(arena, "%s now", now);
    return wpb_arena_printf(arena, "%s now, %s at the busiest", now, busiest);
}

/* The bottleneck as what breaks first. */
static const char *say_first(struct wpb_arena *arena, const struct knee *knee)
{
    if (is_lock(knee) && knee->has_lock)
        return wpb_arena_printf(arena, "a row lock on %s",
                                wpb_say_name(arena, knee->lock.table->name));
    if (is_lock(knee))
        return "a lock in MySQL";
    if (wpb_slice_is(knee->bottleneck, "php_workers") && knee->workers >= 1)
        return wpb_arena_printf(arena, "its %s PHP workers",
                                wpb_say_count(arena, (uint64_t)knee->workers));
    if (wpb_slice_is(knee->bottleneck, "php_workers"))
        return "its PHP workers";
    if (wpb_slice_is(knee->bottleneck, "cpu"))
        return "the processors";
    if (wpb_slice_is(knee->bottleneck, "mysql"))
        return "MySQL";
    if (wpb_slice_is(knee->bottleneck, "redis"))
        return "Redis";
    return knee->bottleneck.len ? wpb_say_name(arena, knee->bottleneck)
                                : "what, is not known";
}

static const char *say_lock(const struct wpb_rule_context *context,
                            const struct knee *knee)
{
    struct wpb_arena *arena = context->arena;
    const char *held =
        knee->demand_s > 0
            ? wpb_arena_printf(arena, " for %s",
                               wpb_requests_say_seconds(arena, knee->demand_s))
            : "";
    const char *statement =
        knee->has_lock && knee->lock.statement.len
            ? wpb_arena_printf(arena, " (%s)",
                               wpb_requests_say_statement(arena, knee->lock.statement,
                                                          STATEMENT_SHOWN))
            : "";

    return wpb_arena_printf(arena,
                            "Each request takes the lock%s%s, and only one at a time can "
                            "have it: more PHP workers or a larger machine change "
                            "nothing.",
                            held, statement);
}

static const char *say_resource(const struct wpb_rule_context *context,
                                const struct knee *knee)
{
    struct wpb_arena *arena = context->arena;
    double servers = of_bottleneck(context, knee, WPB_M_SERVERS);
    const char *demand = wpb_requests_say_seconds(arena, knee->demand_s);
    const char *of =
        servers >= 1.5
            ? wpb_arena_printf(arena, "one of %s", wpb_requests_say_rate(arena, servers))
            : "a";

    if (!(knee->demand_s > 0))
        return wpb_arena_printf(arena, "What is used up first: %s.",
                                say_first(arena, knee));
    if (wpb_slice_is(knee->bottleneck, "php_workers"))
        return wpb_arena_printf(
            arena, "A request keeps %s %s for %s, and that is what is used up first.", of,
            servers >= 1.5 ? "workers" : "worker", demand);
    if (wpb_slice_is(knee->bottleneck, "cpu"))
        return wpb_arena_printf(
            arena,
            "A request computes for %s on %s %s, and that is what is used up first.",
            demand, of, servers >= 1.5 ? "processors" : "processor");
    return wpb_arena_printf(
        arena, "A request takes %s of %s, and that is what is used up first.", demand,
        say_first(arena, knee));
}

/* From where waiting is felt, and beyond the capacity. */
static const char *say_beyond(struct wpb_arena *arena, const struct knee *knee)
{
    const char *felt = "";

    if (knee->knee > 0 && knee->knee < knee->capacity && knee->wait_s > 0)
        felt = wpb_arena_printf(arena,
                                "From about %s a second on waiting is felt: one request "
                                "in twenty then waits %s. ",
                                wpb_requests_say_rate(arena, knee->knee),
                                wpb_requests_say_seconds(arena, knee->wait_s));
    return wpb_arena_printf(arena,
                            "%sBeyond %s more come than are done: the line grows as long "
                            "as that lasts, and visitors wait seconds, then get errors.",
                            felt, wpb_requests_say_rate(arena, knee->capacity));
}

/* What else each request does too often: the other half of the answer. */
static const char *say_repeat(struct wpb_arena *arena, const struct knee *knee)
{
    if (!knee->has_repeat)
        return "";
    return wpb_arena_printf(
        arena, " Each request also asks the database the same about %s times%s%s.",
        wpb_say_count(arena, (uint64_t)round(fmin(knee->repeat.per_request, 1e15))),
        knee->repeat.table.len ? ", of " : "",
        knee->repeat.table.len ? wpb_say_name(arena, knee->repeat.table) : "");
}

/* Below the knee of a lock nothing hurts: that is why nobody looks for it. */
static const char *say_hidden(struct wpb_arena *arena, const struct knee *knee)
{
    if (!is_lock(knee) || knee->rate >= (knee->knee > 0 ? knee->knee : knee->low))
        return "";
    return wpb_arena_printf(arena, " At %s a second, as now, little is to be seen of it.",
                            wpb_requests_say_rate(arena, fmax(knee->rate, 0)));
}

/* "The table is called after ... ", or "". */
static const char *say_owner(const struct wpb_rule_context *context,
                             const struct wpb_subject *subject, struct wpb_slice table)
{
    struct wpb_requests_owner owner;

    if (!wpb_requests_owner_of(context, subject, table, &owner))
        return "";
    return wpb_arena_printf(context->arena, "%s ",
                            wpb_requests_say_owner(context->arena, &owner));
}

static const char *note(const struct wpb_rule_context *context, const struct knee *knee)
{
    struct wpb_arena *arena = context->arena;
    const char *lock = "", *repeat = "";

    if (is_lock(knee) && knee->has_lock)
        lock = wpb_arena_printf(
            arena, "Waited for: a row of %s%s%s%s. %s",
            wpb_say_name(arena, knee->lock.table->name),
            knee->lock.index.len ? ", index " : "",
            knee->lock.index.len ? wpb_say_name(arena, knee->lock.index) : "",
            knee->lock.holder.len
                ? wpb_arena_printf(arena, "; who held it was at %s",
                                   wpb_requests_say_statement(arena, knee->lock.holder,
                                                              STATEMENT_SHOWN))
                : "",
            say_owner(context, knee->lock.table, knee->lock.table->name));
    else if (is_lock(knee))
        lock = "Which lock it is was not seen: the database account needs the right "
               "PROCESS for that, and somebody has to wait during a look. ";
    if (knee->has_repeat)
        repeat = wpb_arena_printf(
            arena, "Asked again and again: %s. %s",
            wpb_requests_say_statement(arena, knee->repeat.statement->name,
                                       STATEMENT_SHOWN),
            say_owner(context, knee->repeat.statement, knee->repeat.table));
    return wpb_arena_printf(arena, "%s%s", lock, repeat);
}

/* --- the finding --- */

static void draft_facts(struct wpb_draft *draft, const struct knee *knee)
{
    wpb_draft_known(draft, "capacity_per_second", WPB_M_CAPACITY_PER_SECOND);
    wpb_draft_fact(draft, "capacity_low_per_second", wpb_value_double(knee->low),
                   WPB_ESTIMATED);
    wpb_draft_fact(draft, "capacity_high_per_second", wpb_value_double(knee->high),
                   WPB_ESTIMATED);
    wpb_draft_known(draft, "requests_per_second", WPB_M_REQUESTS_PER_SECOND);
    wpb_draft_known(draft, "busiest_per_second", WPB_M_BUSIEST_PER_SECOND);
    wpb_draft_known(draft, "knee_per_second", WPB_M_KNEE_PER_SECOND);
    wpb_draft_known(draft, "knee_wait_seconds", WPB_M_CAPACITY_WAIT_SECONDS);
    wpb_draft_known(draft, "first_bottleneck", WPB_M_BOTTLENECK);
    if (knee->demand_s > 0)
        wpb_draft_fact(draft, "bottleneck_demand_seconds",
                       wpb_value_double(knee->demand_s), WPB_ESTIMATED);
    wpb_draft_known(draft, "service_seconds", WPB_M_SERVICE_SECONDS);
    wpb_draft_known(draft, "max_children", WPB_M_MAX_CHILDREN);
    if (is_lock(knee) && knee->has_lock) {
        wpb_draft_fact(draft, "lock_table", wpb_value_text(knee->lock.table->name),
                       WPB_EXACT);
        if (knee->lock.statement.len)
            wpb_draft_fact(draft, "lock_statement", wpb_value_text(knee->lock.statement),
                           WPB_EXACT);
    }
    if (knee->has_repeat) {
        wpb_draft_fact(draft, "repeated_statement",
                       wpb_value_text(knee->repeat.statement->name), WPB_EXACT);
        wpb_draft_fact(draft, "repeated_per_request",
                       wpb_value_double(knee->repeat.per_request), WPB_ESTIMATED);
    }
    wpb_draft_known(draft, "work_windows", WPB_M_WORK_WINDOWS);
}

static void draft_first_culprit(struct wpb_draft *draft)
{
    const struct wpb_component_cause *first = draft->finding.cause.components;

    if (!draft->finding.cause.component_count)
        return;
    wpb_draft_fact(draft, "culprit_component", wpb_value_text(first->name), WPB_EXACT);
    if (first->file.len) {
        wpb_draft_fact(draft, "culprit_file", wpb_value_text(first->file), WPB_EXACT);
        wpb_draft_fact(draft, "culprit_line", wpb_value_count(first->line), WPB_EXACT);
    }
}

/* What ends first decides what helps. */
static const struct {
    const char *bottleneck;
    const char *summary, *for_good;
} remedies[] = {
    {"lock",
     "Take the lock out of the requests of visitors. Nothing that can be bought helps: "
     "more workers only let more requests wait.",
     "What each visit writes into one row (an index, a price list, a counter): write it "
     "when something has changed, from WP-Cron or Action Scheduler, and commit at once."},
    {"php_workers",
     "Let a request take less time, first where the slow ones were. More workers help "
     "only while processors, memory and MySQL have room: then raise pm.max_children.",
     "Pages that are the same for all visitors: a page cache in front of PHP answers "
     "them without a worker."},
    {"cpu",
     "Let a request compute less, or give the machine more processors. More PHP workers "
     "make it worse: they share the same ones.",
     "Check that opcache is on and large enough (opcache.memory_consumption, "
     "opcache.max_accelerated_files), and that JIT or a debugger is not in the way."},
    {"mysql",
     "Let a request ask the database less: fewer statements, fewer rows read. More PHP "
     "workers only make it busier.",
     "Statements that read many rows to return few need an index or a table of their "
     "own; meta_value has none."},
    {"redis",
     "Let a request move less through Redis, which serves one command at a time.",
     "Look at the largest entries that every request reads, alloptions and notoptions "
     "first."},
    {"", "Look at what slow requests were doing.",
     "Pages that are the same for all visitors: a page cache in front of PHP answers "
     "them without a worker."},
};

static void draft_remedy(struct wpb_draft *draft, const struct knee *knee)
{
    size_t at = 0;

    while (remedies[at].bottleneck[0] &&
           !wpb_slice_is(knee->bottleneck, remedies[at].bottleneck))
        at++;
    draft->finding.remedy.summary = remedies[at].summary;
    wpb_requests_draft_mending(draft);
    wpb_draft_line(&draft->for_good, remedies[at].for_good);
    if (knee->has_repeat)
        wpb_draft_line(&draft->for_good,
                       "The statement that each request repeats: ask once for all of "
                       "them (see requests.n_plus_one).");
    wpb_draft_line(&draft->for_good,
                   "Before a campaign, keep the rate below the lower end: a waiting "
                   "room, a rate limit for bots, and no cache flush at the same hour.");
}

static void report(struct wpb_rule_context *context, const struct knee *knee,
                   enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, knee->pool);
    draft.finding.title = wpb_arena_printf(
        arena, "%s breaks near %s; %s. First to break: %s",
        wpb_requests_say_pool(arena, knee->pool), say_capacity(arena, knee),
        say_rates(arena, knee), say_first(arena, knee));
    draft.finding.summary = wpb_arena_printf(
        arena, "%s %s%s%s",
        is_lock(knee) ? say_lock(context, knee) : say_resource(context, knee),
        say_beyond(arena, knee), say_hidden(arena, knee), say_repeat(arena, knee));
    draft_facts(&draft, knee);
    draft.finding.cause.kind = "capacity";
    draft.finding.cause.note = note(context, knee);
    wpb_requests_draft_culprits(&draft, knee->pool);
    draft_first_culprit(&draft);
    draft_remedy(&draft, knee);
    wpb_server_draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_requests_knee(struct wpb_rule_context *context)
{
    const struct wpb_subject *pool;
    enum wpb_severity severity;
    struct knee knee;
    size_t cursor = 0;

    while ((pool = wpb_requests_pool_next(context, &cursor))) {
        if (read_knee(context, pool, &knee) && judge(context, &knee, &severity))
            report(context, &knee, severity);
    }
}
