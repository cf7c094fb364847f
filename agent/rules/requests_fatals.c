/* Requests that ended early: for want of memory, and what fills it; and for other
 * reasons. */
#include <math.h>

#include "agent/rules/cache.h"
#include "agent/rules/requests.h"
#include "agent/rules/server.h"

#define CODE "requests.fatals"
#define PLACES_NAMED 4
/* Of an entry that nobody has taken apart: requests failed when a list of names took a
 * fifth of memory_limit (measured: 4.8 to 6.5). */
#define LENGTHS_OF_MEMORY 5

struct fatals {
    double memory_hour, memory_day;
    double other_hour, other_day;
    double limit, tried; /* as PHP named them; 0: unknown */
    struct wpb_ranking memory_places, other_places;
};

static double number_or_0(const struct wpb_rule_context *context,
                          const struct wpb_subject *subject, enum wpb_metric metric)
{
    double number;

    return wpb_rule_number(context, subject, metric, &number) ? number : 0;
}

static void add_place(const struct wpb_rule_context *context,
                      const struct wpb_subject *place, struct fatals *fatals)
{
    struct wpb_slice kind = wpb_window_text(context->window, place, WPB_M_ERROR_KIND);
    double hour = number_or_0(context, place, WPB_M_ERRORS_HOUR);
    double day = fmax(hour, number_or_0(context, place, WPB_M_ERRORS_DAY));
    uint64_t weight = (uint64_t)fmin(day, 1e15);

    if (!wpb_slice_is(kind, "memory_exhausted")) {
        fatals->other_hour += hour;
        fatals->other_day += day;
        wpb_ranking_add(&fatals->other_places, place, weight);
        return;
    }
    fatals->memory_hour += hour;
    fatals->memory_day += day;
    fatals->limit = fmax(fatals->limit, number_or_0(context, place, WPB_M_LIMIT_BYTES));
    fatals->tried = fmax(fatals->tried, number_or_0(context, place, WPB_M_TRIED_BYTES));
    wpb_ranking_add(&fatals->memory_places, place, weight);
}

static void read_fatals(const struct wpb_rule_context *context,
                        const struct wpb_subject *pool, struct fatals *fatals)
{
    const struct wpb_subject *place;
    size_t cursor = 0;

    *fatals = (struct fatals){0};
    wpb_ranking_init(&fatals->memory_places, PLACES_NAMED);
    wpb_ranking_init(&fatals->other_places, PLACES_NAMED);
    while ((place = wpb_window_next(context->window, WPB_SUBJECT_PLACE, pool, &cursor)))
        add_place(context, place, fatals);
}

static bool judge(const struct wpb_rule_context *context, const struct fatals *fatals,
                  enum wpb_severity *severity)
{
    bool is_critical =
        fatals->memory_hour >= wpb_rule_option(context, CODE, "critical_memory_hour") ||
        fatals->other_hour >= wpb_rule_option(context, CODE, "critical_other_hour");

    *severity = is_critical ? WPB_CRITICAL : WPB_WARNING;
    return is_critical ||
           fatals->memory_day >= wpb_rule_option(context, CODE, "warning_memory_day") ||
           fatals->other_hour >= wpb_rule_option(context, CODE, "warning_other_hour");
}

/* --- what fills the memory --- */

/* PHP memory of ENTRY, at its worst; of one that was not taken apart a rule of thumb. */
static double memory_of(const struct wpb_cache_entry *entry)
{
    if (wpb_cache_worst_peak(entry))
        return (double)wpb_cache_worst_peak(entry);
    return (double)entry->bytes * LENGTHS_OF_MEMORY;
}

/* The entry that takes most of it; NULL when there is none worth a word. */
static const struct wpb_subject *heaviest(const struct wpb_rule_context *context,
                                          double limit, struct wpb_cache_entry *heaviest)
{
    struct wpb_cache_entry entry;
    size_t cursor = 0;
    double most = 0;

    *heaviest = (struct wpb_cache_entry){.key = NULL};
    while (wpb_cache_entry_next(context, &cursor, &entry)) {
        if (memory_of(&entry) > most) {
            most = memory_of(&entry);
            *heaviest = entry;
        }
    }
    if (!(limit > 0) || most < limit * wpb_rule_option(context, CODE, "entry_ratio"))
        heaviest->key = NULL;
    return heaviest->key;
}

static double limit_of(const struct wpb_rule_context *context,
                       const struct fatals *fatals)
{
    return fatals->limit > 0 ? fatals->limit : (double)wpb_cache_memory_limit(context);
}

static const char *say_entry(const struct wpb_rule_context *context,
                             const struct wpb_cache_entry *entry, double limit)
{
    struct wpb_arena *arena = context->arena;
    bool is_names = wpb_slice_is(entry->role, "notoptions");
    const char *name = is_names ? "notoptions, the list of options that do not exist"
                                : wpb_arena_printf(arena, "the cache entry %s",
                                                   wpb_say_name(arena, entry->key->name));
    const char *see = is_names ? " (cache.notoptions_bloat tells who fills it)" : "";
    const char *about = wpb_cache_worst_peak(entry) ? "" : "about ";

    return wpb_arena_printf(
        arena,
        "What fills it: %s%s, is %s long, and handling it takes %s%s of the %s that a "
        "request may use. ",
        name, see, wpb_cache_say_size(arena, entry), about,
        wpb_say_bytes(arena, (uint64_t)fmin(memory_of(entry), 1e18)),
        wpb_say_bytes(arena, (uint64_t)limit));
}

/* "object-cache.php:2846 (60), ..." */
static const char *say_places(const struct wpb_rule_context *context,
                              const struct wpb_ranking *places, bool has_kind)
{
    struct wpb_arena *arena = context->arena;
    const char *text = "";

    for (size_t i = 0; i < places->count; i++) {
        const struct wpb_subject *place = places->items[i].subject;
        struct wpb_slice file =
            wpb_window_text(context->window, place, WPB_M_SOURCE_FILE);
        struct wpb_slice kind = wpb_window_text(context->window, place, WPB_M_ERROR_KIND);
        struct wpb_slice component =
            wpb_window_text(context->window, place, WPB_M_SOURCE_COMPONENT);
        int64_t line = wpb_window_integer(context->window, place, WPB_M_SOURCE_LINE, 0);
        bool shows_kind = has_kind && kind.len && file.len;

        text = wpb_arena_printf(
            arena, "%s%s%s%s%s%s%s (%s)", text, i ? ", " : "",
            shows_kind ? wpb_say_name(arena, kind) : "", shows_kind ? " in " : "",
            file.len ? wpb_arena_printf(arena, "%s:%lld", wpb_say_name(arena, file),
                                        (long long)line)
                     : wpb_say_name(arena, kind.len ? kind : place->name),
            component.len ? " of " : "",
            component.len ? wpb_requests_say_component(arena, component) : "",
            wpb_say_count(arena, places->items[i].weight));
    }
    return text;
}

static void draft_cause(struct wpb_draft *draft, const struct fatals *fatals)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_arena *arena = context->arena;
    struct wpb_cause *cause = &draft->finding.cause;
    double limit = limit_of(context, fatals);
    const char *memory = "", *last = "", *other = "";
    struct wpb_cache_entry entry;

    cause->kind = "php_errors";
    if (fatals->memory_day > 0 && heaviest(context, limit, &entry)) {
        memory = say_entry(context, &entry, limit);
        cause->confidence = "likely";
        wpb_draft_fact(draft, "largest_entry", wpb_value_text(entry.key->name),
                       WPB_EXACT);
        wpb_draft_fact(draft, "largest_entry_bytes", wpb_value_count(entry.shown),
                       WPB_EXACT);
        wpb_draft_fact(draft, "largest_entry_peak_bytes",
                       wpb_value_count((uint64_t)fmin(memory_of(&entry), 1e18)),
                       WPB_ESTIMATED);
    }
    if (fatals->memory_places.count)
        last = wpb_arena_printf(
            arena,
            "PHP names the place where the last straw was asked for, which is seldom "
            "who filled the memory: %s. ",
            say_places(context, &fatals->memory_places, false));
    if (fatals->other_places.count)
        other = wpb_arena_printf(arena, "Other errors: %s.",
                                 say_places(context, &fatals->other_places, true));
    cause->note = wpb_arena_printf(arena, "%s%s%s", memory, last, other);
}

/* --- the finding --- */

static const char *title(struct wpb_arena *arena, const struct wpb_subject *pool,
                         const struct fatals *fatals)
{
    bool is_memory = fatals->memory_day > 0;
    double hour = is_memory ? fatals->memory_hour : fatals->other_hour;
    double day = is_memory ? fatals->memory_day : fatals->other_day;
    const char *other =
        is_memory && fatals->other_day > 0
            ? wpb_arena_printf(arena, ", %s with other errors",
                               wpb_say_count(arena, (uint64_t)fatals->other_day))
            : "";

    return wpb_arena_printf(
        arena, "%s %s of %s %s in the last day%s%s",
        wpb_say_count(arena, (uint64_t)fmin(day, 1e15)), day < 2 ? "request" : "requests",
        wpb_requests_say_pool(arena, pool),
        is_memory ? "died for want of PHP memory" : "ended in an error of PHP",
        hour >= 1 ? wpb_arena_printf(arena, ", %s of them in the last hour",
                                     wpb_say_count(arena, (uint64_t)fmin(hour, 1e15)))
                  : "",
        other);
}

static const char *summary(const struct wpb_rule_context *context,
                           const struct fatals *fatals)
{
    struct wpb_arena *arena = context->arena;
    double limit = limit_of(context, fatals);
    const char *reached = "";

    if (fatals->memory_day <= 0)
        return "PHP stopped in the middle of these requests: the visitor got an HTTP "
               "500 or half a page, and what the request was to write may be half "
               "written.";
    if (limit > 0)
        reached = wpb_arena_printf(arena, " (%s)", wpb_say_bytes(arena, (uint64_t)limit));
    return wpb_arena_printf(
        arena,
        "They had used all of PHP's memory_limit%s: PHP stops such a request where it "
        "is, and the visitor gets an HTTP 500. A higher limit moves the day on which it "
        "happens, and takes as much more of the machine for each worker.",
        reached);
}

static void draft_remedy(struct wpb_draft *draft, const struct fatals *fatals)
{
    draft->finding.remedy.summary =
        fatals->memory_day > 0
            ? "Make what fills the memory smaller; the line in the error is where it "
              "overflowed."
            : "Read the message in PHP's error log, and update, mend or switch off what "
              "it names.";
    if (fatals->memory_day > 0)
        wpb_draft_line(&draft->for_good,
                       "If it is the object cache that is named, look at the largest "
                       "entries of this report: what is read whole into PHP counts "
                       "several times.");
    if (fatals->other_day > 0)
        wpb_draft_line(&draft->for_good,
                       "Errors that began with an update: go back to the version before, "
                       "and tell the author.");
    wpb_draft_line(&draft->for_good,
                   "Keep log_errors on and display_errors off, so that the next one is "
                   "written down and not shown.");
}

static void report(struct wpb_rule_context *context, const struct wpb_subject *pool,
                   const struct fatals *fatals, enum wpb_severity severity)
{
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, pool);
    draft.finding.title = title(context->arena, pool, fatals);
    draft.finding.summary = summary(context, fatals);
    wpb_draft_fact(&draft, "memory_errors_hour",
                   wpb_value_count((uint64_t)fmin(fatals->memory_hour, 1e15)), WPB_EXACT);
    wpb_draft_fact(&draft, "memory_errors_day",
                   wpb_value_count((uint64_t)fmin(fatals->memory_day, 1e15)), WPB_EXACT);
    wpb_draft_fact(&draft, "other_errors_hour",
                   wpb_value_count((uint64_t)fmin(fatals->other_hour, 1e15)), WPB_EXACT);
    wpb_draft_fact(&draft, "other_errors_day",
                   wpb_value_count((uint64_t)fmin(fatals->other_day, 1e15)), WPB_EXACT);
    if (fatals->limit > 0)
        wpb_draft_fact(&draft, "memory_limit_bytes",
                       wpb_value_count((uint64_t)fmin(fatals->limit, 1e18)), WPB_EXACT);
    else if (fatals->memory_day > 0)
        wpb_cache_draft_limit(&draft);
    if (fatals->tried > 0)
        wpb_draft_fact(&draft, "tried_bytes",
                       wpb_value_count((uint64_t)fmin(fatals->tried, 1e18)), WPB_EXACT);
    draft_cause(&draft, fatals);
    draft_remedy(&draft, fatals);
    wpb_server_draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_requests_fatals(struct wpb_rule_context *context)
{
    const struct wpb_subject *pool;
    enum wpb_severity severity;
    struct fatals fatals;
    size_t cursor = 0;

    while ((pool = wpb_requests_pool_next(context, &cursor))) {
        read_fatals(context, pool, &fatals);
        if (judge(context, &fatals, &severity))
            report(context, pool, &fatals, severity);
    }
}
