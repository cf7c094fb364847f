/* Which plugin or theme slow requests were in, as PHP-FPM's slow log has them. */
#include <math.h>

#include "agent/rules/requests.h"

#define CODE "requests.culprit"
/* Named as a cause beside others; below it a component stands there by chance: whoever
 * waits for a lock or the processor is in the slow log, too. */
#define CAUSE_SHARE 0.1
#define LIKELY_SHARE 0.5
#define LIKELY_TRACES 5
#define CAUSES_NAMED 4
#define COMPONENTS_REPORTED 3

void wpb_requests_rank_culprits(const struct wpb_rule_context *context,
                                const struct wpb_subject *pool,
                                struct wpb_ranking *ranking)
{
    const struct wpb_subject *component;
    size_t cursor = 0;

    wpb_ranking_init(ranking, WPB_RANKING_MAX);
    while ((component =
                wpb_window_next(context->window, WPB_SUBJECT_COMPONENT, pool, &cursor))) {
        int64_t traces =
            wpb_window_integer(context->window, component, WPB_M_SLOW_TRACES, 0);
        if (traces > 0)
            wpb_ranking_add(ranking, component, (uint64_t)traces);
    }
}

/* Its part of POOL's slow requests. */
static double share_of(const struct wpb_rule_context *context,
                       const struct wpb_subject *pool,
                       const struct wpb_subject *component)
{
    double share, traces, all;

    if (wpb_rule_number(context, component, WPB_M_SHARE_RATIO, &share))
        return fmin(share, 1);
    if (!wpb_rule_number(context, component, WPB_M_SLOW_TRACES, &traces) ||
        !wpb_rule_number(context, pool, WPB_M_SLOW_TRACES, &all) || !(all > 0))
        return 0;
    return fmin(traces / all, 1);
}

static struct wpb_component_cause cause_of(const struct wpb_rule_context *context,
                                           const struct wpb_subject *pool,
                                           const struct wpb_subject *component)
{
    const struct wpb_window *window = context->window;
    int64_t line = wpb_window_integer(window, component, WPB_M_SOURCE_LINE, 0);

    return (struct wpb_component_cause){
        .name = component->name,
        .share_ratio = share_of(context, pool, component),
        .share_of = "the slow requests",
        .file = wpb_window_text(window, component, WPB_M_SOURCE_FILE),
        .line = line > 0 ? (uint64_t)line : 0,
    };
}

static const char *confidence_of(double share, uint64_t traces)
{
    return share >= LIKELY_SHARE && traces >= LIKELY_TRACES ? "likely" : "possible";
}

bool wpb_requests_draft_culprits(struct wpb_draft *draft, const struct wpb_subject *pool)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_cause *cause = &draft->finding.cause;
    struct wpb_component_cause *components;
    struct wpb_ranking ranking;
    size_t count = 0;

    wpb_requests_rank_culprits(context, pool, &ranking);
    components = wpb_arena_alloc(context->arena, CAUSES_NAMED * sizeof(*components));
    for (size_t i = 0; i < ranking.count && count < CAUSES_NAMED; i++) {
        struct wpb_component_cause component =
            cause_of(context, pool, ranking.items[i].subject);
        if (component.share_ratio >= CAUSE_SHARE)
            components[count++] = component;
    }
    if (!count)
        return false;
    cause->components = components;
    cause->component_count = count;
    cause->confidence = confidence_of(components[0].share_ratio, ranking.items[0].weight);
    return true;
}

void wpb_requests_draft_mending(struct wpb_draft *draft)
{
    struct wpb_arena *arena = draft->context->arena;
    const struct wpb_component_cause *first = draft->finding.cause.components;

    if (!draft->finding.cause.component_count)
        return;
    wpb_draft_line(
        &draft->for_good,
        wpb_arena_printf(
            arena,
            "Look first at %s%s%s. If the code is not yours, send its author this "
            "finding.",
            first->file.len
                ? wpb_arena_printf(arena, "%s:%llu (", wpb_say_name(arena, first->file),
                                   (unsigned long long)first->line)
                : "",
            wpb_requests_say_component(arena, first->name), first->file.len ? ")" : ""));
}

/* --- requests.culprit --- */

static bool judge(const struct wpb_rule_context *context, double share, uint64_t traces,
                  enum wpb_severity *severity)
{
    *severity = (double)traces >= wpb_rule_option(context, CODE, "warning_traces")
                    ? WPB_WARNING
                    : WPB_INFO;
    return share >= wpb_rule_option(context, CODE, "share_ratio") &&
           (double)traces >= wpb_rule_option(context, CODE, "info_traces");
}

static const char *say_doing(const struct wpb_rule_context *context,
                             const struct wpb_subject *component)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_slice function =
        wpb_window_text(context->window, component, WPB_M_CODE_FUNCTION);
    struct wpb_slice doing =
        wpb_window_text(context->window, component, WPB_M_CODE_DOING);
    const char *in = function.len ? wpb_arena_printf(arena, " in its function %s",
                                                     wpb_say_name(arena, function))
                                  : "";

    if (doing.len)
        in = wpb_arena_printf(arena, "%s, mostly at %s", in, wpb_say_name(arena, doing));
    return in;
}

/* What stands beside it in the slow log: others that wait for the same. */
static const char *say_others(const struct wpb_rule_context *context,
                              const struct wpb_subject *pool,
                              const struct wpb_subject *component,
                              const struct wpb_ranking *ranking)
{
    struct wpb_arena *arena = context->arena;
    const char *text = "";
    size_t named = 0;

    for (size_t i = 0; i < ranking->count && named < CAUSES_NAMED; i++) {
        const struct wpb_subject *other = ranking->items[i].subject;
        if (other == component)
            continue;
        text = wpb_arena_printf(arena, "%s%s%s (%s)", text, named ? ", " : "",
                                wpb_requests_say_component(arena, other->name),
                                wpb_say_share(arena, share_of(context, pool, other)));
        named++;
    }
    if (!named)
        return "";
    return wpb_arena_printf(arena,
                            "Beside it: %s. Who waits for a lock or a processor that "
                            "another holds is in the slow log, too: the largest share "
                            "is where to begin.",
                            text);
}

static void draft_remedy(struct wpb_draft *draft, const struct wpb_subject *component)
{
    static const struct wpb_slice plugin = WPB_SLICE("plugin:");
    struct wpb_rule_context *context = draft->context;

    draft->finding.remedy.summary =
        "Read the code at that line: what it does there in each request is either done "
        "once and kept, or done when no visitor waits.";
    wpb_requests_draft_mending(draft);
    if (wpb_slice_starts(component->name, plugin)) {
        wpb_draft_line(&draft->for_good,
                       "To be sure, switch the plugin off on a copy of the site, or in a "
                       "quiet hour, and compare:");
        wpb_draft_line(&draft->for_good,
                       wpb_say_wp_command(context, "plugin deactivate",
                                          wpb_slice_skip(component->name, plugin.len)));
    }
    wpb_draft_line(&draft->for_good,
                   "What is slow because it asks another host: a timeout of a second or "
                   "two, and the last good answer in a transient.");
}

static void report(struct wpb_rule_context *context, const struct wpb_subject *pool,
                   const struct wpb_ranked *item, const struct wpb_ranking *ranking,
                   enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_component_cause *cause =
        wpb_arena_alloc(arena, sizeof(struct wpb_component_cause));
    struct wpb_draft draft;

    *cause = cause_of(context, pool, item->subject);
    wpb_draft_init(&draft, context, severity, item->subject);
    draft.finding.title =
        wpb_arena_printf(arena, "%s of the slow requests were in %s",
                         wpb_say_share(arena, cause->share_ratio),
                         wpb_requests_say_component(arena, item->subject->name));
    draft.finding.summary = wpb_arena_printf(
        arena,
        "PHP-FPM writes down where a request is when it takes longer than "
        "request_slowlog_timeout. In the last day %s such requests of %s were in code "
        "of %s%s.",
        wpb_say_count(arena, item->weight), wpb_requests_say_pool(arena, pool),
        wpb_requests_say_component(arena, item->subject->name),
        say_doing(context, item->subject));
    wpb_draft_known(&draft, "slow_traces", WPB_M_SLOW_TRACES);
    wpb_draft_fact(&draft, "slow_share_ratio", wpb_value_double(cause->share_ratio),
                   WPB_SAMPLED);
    wpb_draft_known(&draft, "source_file", WPB_M_SOURCE_FILE);
    wpb_draft_known(&draft, "source_line", WPB_M_SOURCE_LINE);
    wpb_draft_known(&draft, "code_function", WPB_M_CODE_FUNCTION);
    wpb_draft_known(&draft, "code_doing", WPB_M_CODE_DOING);
    draft.finding.cause.kind = "slow_requests";
    draft.finding.cause.confidence = confidence_of(cause->share_ratio, item->weight);
    draft.finding.cause.components = cause;
    draft.finding.cause.component_count = 1;
    draft.finding.cause.note = say_others(context, pool, item->subject, ranking);
    draft_remedy(&draft, item->subject);
    wpb_draft_emit(&draft);
}

void wpb_requests_culprit(struct wpb_rule_context *context)
{
    const struct wpb_subject *pool;
    enum wpb_severity severity;
    size_t cursor = 0;

    while ((pool = wpb_requests_pool_next(context, &cursor))) {
        struct wpb_ranking ranking;
        size_t told = 0;

        wpb_requests_rank_culprits(context, pool, &ranking);
        for (size_t i = 0; i < ranking.count && told < COMPONENTS_REPORTED; i++) {
            const struct wpb_ranked *item = &ranking.items[i];
            if (judge(context, share_of(context, pool, item->subject), item->weight,
                      &severity)) {
                report(context, pool, item, &ranking, severity);
                told++;
            }
        }
    }
}
