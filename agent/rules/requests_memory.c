/* What requests take of PHP's memory_limit, and what all workers together take of the
 * machine. */
#include <math.h>

#include "agent/rules/baseline.h"
#include "agent/rules/cache.h"
#include "agent/rules/database.h"
#include "agent/rules/requests.h"
#include "agent/rules/server.h"

#define HEADROOM "requests.memory_headroom"
#define OVERCOMMIT "requests.memory_overcommit"
#define ROUTES_REPORTED 3

static uint64_t bytes_of(const struct wpb_rule_context *context,
                         const struct wpb_subject *subject, enum wpb_metric metric)
{
    double number;

    return wpb_rule_number(context, subject, metric, &number)
               ? (uint64_t)fmin(number, 1e18)
               : 0;
}

/* --- requests.memory_headroom --- */

struct headroom {
    const struct wpb_subject *route;
    uint64_t peak, limit;
    struct wpb_cache_entry entry; /* that takes most besides; key NULL: none */
    uint64_t further; /* what storing or reading that entry adds to the peak */
};

/* What handling ENTRY adds to a request that has not done so. A list that every request
 * reads is in its peak already: storing it again adds the rest. */
static uint64_t added_by(const struct wpb_rule_context *context,
                         const struct wpb_cache_entry *entry)
{
    uint64_t worst = wpb_cache_worst_peak(entry);
    bool is_of_all = wpb_slice_is(entry->role, "notoptions") ||
                     wpb_slice_is(entry->role, "alloptions");
    uint64_t held = is_of_all ? bytes_of(context, entry->key, WPB_M_PHP_VALUE_BYTES) : 0;

    return worst > held ? worst - held : 0;
}

static void find_entry(const struct wpb_rule_context *context, struct headroom *headroom)
{
    struct wpb_cache_entry entry;
    size_t cursor = 0;

    while (wpb_cache_entry_next(context, &cursor, &entry)) {
        uint64_t added = added_by(context, &entry);
        if (added > headroom->further) {
            headroom->further = added;
            headroom->entry = entry;
        }
    }
}

static bool read_headroom(const struct wpb_rule_context *context,
                          const struct wpb_subject *route, struct headroom *headroom)
{
    *headroom = (struct headroom){
        .route = route,
        .peak = bytes_of(context, route, WPB_M_REQUEST_PEAK_BYTES),
        .limit = wpb_cache_memory_limit(context),
    };
    if (!headroom->peak || !headroom->limit ||
        wpb_window_integer(context->window, route, WPB_M_REQUESTS, 0) <
            WPB_BASELINE_REQUESTS_MIN)
        return false;
    find_entry(context, headroom);
    return true;
}

/* By itself; and of the kind with the largest peak together with the entry, which is the
 * same story for all others. */
static bool judge_headroom(const struct wpb_rule_context *context,
                           const struct headroom *headroom, bool is_largest,
                           enum wpb_severity *severity)
{
    double limit = (double)headroom->limit;
    double alone = (double)headroom->peak / limit;
    double both = is_largest ? alone + (double)headroom->further / limit : 0;

    *severity = alone >= wpb_rule_option(context, HEADROOM, "critical_ratio") || both >= 1
                    ? WPB_CRITICAL
                    : WPB_WARNING;
    return *severity == WPB_CRITICAL ||
           alone >= wpb_rule_option(context, HEADROOM, "warning_ratio") ||
           both >= wpb_rule_option(context, HEADROOM, "warning_with_entry_ratio");
}

static const char *say_entry(struct wpb_arena *arena, const struct wpb_cache_entry *entry)
{
    if (wpb_slice_is(entry->role, "notoptions") ||
        wpb_slice_is(entry->role, "alloptions"))
        return wpb_say_name(arena, entry->role);
    return wpb_arena_printf(arena, "the cache entry %s",
                            wpb_say_name(arena, entry->key->name));
}

static const char *headroom_summary(const struct wpb_rule_context *context,
                                    const struct headroom *headroom)
{
    struct wpb_arena *arena = context->arena;
    const char *with = "", *ends = "";

    if (headroom->entry.key)
        with = wpb_arena_printf(
            arena, " One that %s %s as well takes another %s: %s of %s.",
            headroom->entry.rewrite_peak > headroom->entry.read_peak ? "stores" : "reads",
            say_entry(arena, &headroom->entry), wpb_say_bytes(arena, headroom->further),
            wpb_say_bytes(arena, headroom->peak + headroom->further),
            wpb_say_bytes(arena, headroom->limit));
    ends = headroom->peak + headroom->further >= headroom->limit
               ? " That is more than there is: such a request ends in an HTTP 500."
               : " What is left is what a longer cart, a larger list or one more plugin "
                 "may take before requests end in an HTTP 500.";
    return wpb_arena_printf(
        arena,
        "Of these requests nine in ten reach %s of PHP memory; the figure is the low end "
        "of what was told, since a worker keeps the memory of an earlier request.%s%s",
        wpb_say_bytes(arena, headroom->peak), with, ends);
}

static void draft_headroom(struct wpb_draft *draft, const struct headroom *headroom)
{
    wpb_draft_known(draft, "request_peak_bytes", WPB_M_REQUEST_PEAK_BYTES);
    wpb_draft_known(draft, "request_peak_most_bytes", WPB_M_REQUEST_PEAK_MOST_BYTES);
    wpb_cache_draft_limit(draft);
    wpb_draft_fact(draft, "limit_share_ratio",
                   wpb_value_double((double)headroom->peak / (double)headroom->limit),
                   WPB_ESTIMATED);
    wpb_draft_known(draft, "requests", WPB_M_REQUESTS);
    if (!headroom->entry.key)
        return;
    wpb_draft_fact(draft, "largest_entry", wpb_value_text(headroom->entry.key->name),
                   WPB_EXACT);
    wpb_draft_fact(draft, "largest_entry_adds_bytes", wpb_value_count(headroom->further),
                   WPB_ESTIMATED);
}

static void report_headroom(struct wpb_rule_context *context,
                            const struct headroom *headroom, enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, headroom->route);
    draft.finding.title = wpb_arena_printf(
        arena, "Requests of kind %s need %s of %s PHP memory",
        wpb_say_name(arena, headroom->route->name), wpb_say_bytes(arena, headroom->peak),
        wpb_say_bytes(arena, headroom->limit));
    draft.finding.summary = headroom_summary(context, headroom);
    draft_headroom(&draft, headroom);
    draft.finding.cause.kind = "memory";
    if (headroom->entry.key)
        draft.finding.cause.note = wpb_arena_printf(
            arena, "The largest single part that was looked at: %s (%s).",
            say_entry(arena, &headroom->entry),
            wpb_cache_say_size(arena, &headroom->entry));
    draft.finding.remedy.summary =
        "Make what these requests load smaller before you raise the limit: each worker "
        "may then take as much.";
    wpb_draft_line(&draft.for_good,
                   "What every request loads comes first: alloptions, notoptions and "
                   "the metadata of the posts on the page.");
    wpb_draft_line(&draft.for_good,
                   "Lists without an end (all orders, all products, all users): a page "
                   "of them, or a few fields instead of whole objects.");
    if (headroom->entry.key)
        wpb_draft_line(&draft.verify,
                       wpb_say_explain_command(context, headroom->entry.key));
    wpb_server_draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_requests_memory_headroom(struct wpb_rule_context *context)
{
    const struct wpb_subject *pool, *route;
    enum wpb_severity severity;
    struct headroom headroom;
    size_t pools = 0;

    while ((pool = wpb_requests_pool_next(context, &pools))) {
        struct wpb_ranking largest;
        size_t cursor = 0;

        wpb_ranking_init(&largest, ROUTES_REPORTED);
        while ((route =
                    wpb_window_next(context->window, WPB_SUBJECT_ROUTE, pool, &cursor))) {
            if (read_headroom(context, route, &headroom))
                wpb_ranking_add(&largest, route, headroom.peak);
        }
        for (size_t i = 0; i < largest.count; i++) {
            read_headroom(context, largest.items[i].subject, &headroom);
            if (judge_headroom(context, &headroom, i == 0, &severity))
                report_headroom(context, &headroom, severity);
        }
    }
}

/* --- requests.memory_overcommit --- */

/* The largest usual peak of POOL's kinds of pages: what each worker comes to. */
static uint64_t usual_peak(const struct wpb_rule_context *context,
                           const struct wpb_subject *pool,
                           const struct wpb_subject **largest)
{
    const struct wpb_subject *route;
    uint64_t most = 0;
    size_t cursor = 0;

    *largest = NULL;
    while ((route = wpb_window_next(context->window, WPB_SUBJECT_ROUTE, pool, &cursor))) {
        uint64_t peak = bytes_of(context, route, WPB_M_REQUEST_PEAK_BYTES);
        if (peak > most && wpb_window_integer(context->window, route, WPB_M_REQUESTS,
                                              0) >= WPB_BASELINE_REQUESTS_MIN) {
            most = peak;
            *largest = route;
        }
    }
    return most;
}

static void report_overcommit(struct wpb_rule_context *context,
                              const struct wpb_subject *pool,
                              const struct wpb_subject *route, uint64_t workers,
                              uint64_t peak, enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    uint64_t ram = wpb_database_ram_of_php(context);
    uint64_t all = workers * peak, limit = wpb_cache_memory_limit(context);
    const char *most = "";
    struct wpb_draft draft;

    if (limit)
        most = wpb_arena_printf(arena, " memory_limit would let them take %s.",
                                wpb_say_bytes(arena, workers * limit));
    wpb_draft_init(&draft, context, severity, pool);
    draft.finding.title = wpb_arena_printf(
        arena, "%s may run %s workers, which need %s of this machine's %s",
        wpb_requests_say_pool(arena, pool), wpb_say_count(arena, workers),
        wpb_say_bytes(arena, all), wpb_say_bytes(arena, ram));
    draft.finding.summary = wpb_arena_printf(
        arena,
        "A worker keeps the memory of its largest request; requests of kind %s usually "
        "reach %s. When all workers have had one, the machine has nothing left for "
        "MySQL, Redis and the page cache: it swaps, or the kernel kills one of them, "
        "mostly the database.%s",
        wpb_say_name(arena, route->name), wpb_say_bytes(arena, peak), most);
    wpb_draft_known(&draft, "max_children", WPB_M_MAX_CHILDREN);
    wpb_draft_fact(&draft, "request_peak_bytes", wpb_value_count(peak), WPB_SAMPLED);
    wpb_draft_fact(&draft, "all_workers_bytes", wpb_value_count(all), WPB_ESTIMATED);
    wpb_draft_fact(&draft, "ram_bytes", wpb_value_count(ram), WPB_EXACT);
    wpb_draft_fact(&draft, "ram_share_ratio", wpb_value_double((double)all / (double)ram),
                   WPB_ESTIMATED);
    wpb_cache_draft_limit(&draft);
    draft.finding.remedy.summary =
        "Lower pm.max_children to what the machine has memory for, or let requests take "
        "less: a visitor who waits is better off than a database that was killed.";
    wpb_draft_line(
        &draft.for_good,
        wpb_arena_printf(arena,
                         "What is left for PHP, divided by %s, is how many workers fit: "
                         "first take off what MySQL (innodb_buffer_pool_size), Redis "
                         "(maxmemory) and the system need.",
                         wpb_say_bytes(arena, peak)));
    wpb_draft_line(&draft.for_good,
                   "pm.max_requests (500, say) lets a worker that has kept too much "
                   "begin anew.");
    wpb_server_draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_requests_memory_overcommit(struct wpb_rule_context *context)
{
    const struct wpb_subject *pool, *route;
    uint64_t ram = wpb_database_ram_of_php(context);
    size_t cursor = 0;

    while (ram && (pool = wpb_requests_pool_next(context, &cursor))) {
        uint64_t peak = usual_peak(context, pool, &route);
        uint64_t workers = bytes_of(context, pool, WPB_M_MAX_CHILDREN);
        double share = (double)workers * (double)peak / (double)ram;

        /* Beyond it somebody lies, and products no longer fit. */
        if (!route || workers > 100000 || peak > (uint64_t)1 << 44)
            continue;
        if (share >= wpb_rule_option(context, OVERCOMMIT, "warning_ratio"))
            report_overcommit(
                context, pool, route, workers, peak,
                share >= wpb_rule_option(context, OVERCOMMIT, "critical_ratio")
                    ? WPB_CRITICAL
                    : WPB_WARNING);
    }
}
