/* Requests that take longer than they did. */
#include "agent/rules/requests.h"
#include "agent/rules/server.h"

#define CODE "requests.ttfb_regression"
#define ROUTES_NAMED 3
#define WEIGHT_SCALE 1000.0

static bool judge(const struct wpb_rule_context *context, double now, double earlier,
                  enum wpb_severity *severity)
{
    *severity = now >= earlier * wpb_rule_option(context, CODE, "critical_ratio")
                    ? WPB_CRITICAL
                    : WPB_WARNING;
    return now >= earlier * wpb_rule_option(context, CODE, "warning_ratio") &&
           now - earlier >= wpb_rule_option(context, CODE, "least_seconds");
}

/* The kinds of pages that take longest in all: "checkout (1.2 s), product (0.40 s)". */
static const char *say_routes(const struct wpb_rule_context *context,
                              const struct wpb_subject *pool)
{
    struct wpb_arena *arena = context->arena;
    const struct wpb_subject *route;
    struct wpb_ranking ranking;
    const char *text = "";
    size_t cursor = 0;

    wpb_ranking_init(&ranking, ROUTES_NAMED);
    while ((route = wpb_window_next(context->window, WPB_SUBJECT_ROUTE, pool, &cursor))) {
        double seconds, requests;
        if (wpb_rule_number(context, route, WPB_M_SERVICE_SECONDS, &seconds) &&
            wpb_rule_number(context, route, WPB_M_REQUESTS, &requests) &&
            seconds * requests < 1e15)
            wpb_ranking_add(&ranking, route,
                            (uint64_t)(seconds * requests * WEIGHT_SCALE));
    }
    for (size_t i = 0; i < ranking.count; i++) {
        double seconds = 0;
        route = ranking.items[i].subject;
        wpb_rule_number(context, route, WPB_M_SERVICE_SECONDS, &seconds);
        text = wpb_arena_printf(arena, "%s%s%s (%s)", text, i ? ", " : "",
                                wpb_say_name(arena, route->name),
                                wpb_requests_say_seconds(arena, seconds));
    }
    return ranking.count ? wpb_arena_printf(arena, "Most time goes to: %s each.", text)
                         : "";
}

static void report(struct wpb_rule_context *context, const struct wpb_subject *pool,
                   double now, double earlier, enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, pool);
    draft.finding.title = wpb_arena_printf(
        arena, "Requests to %s take %s, %.1f times as long as before (%s)",
        wpb_requests_say_pool(arena, pool), wpb_requests_say_seconds(arena, now),
        now / earlier, wpb_requests_say_seconds(arena, earlier));
    draft.finding.summary =
        "It is the time in a PHP worker, without what was waited for one: the code, the "
        "database, the cache or another host has become slower, or the same page does "
        "more. The first byte comes as much later, and the pool holds as many fewer "
        "visitors.";
    wpb_draft_known(&draft, "service_seconds", WPB_M_SERVICE_SECONDS);
    wpb_draft_known(&draft, "service_earlier_seconds", WPB_M_SERVICE_EARLIER_SECONDS);
    wpb_draft_fact(&draft, "slower_ratio", wpb_value_double(now / earlier),
                   WPB_ESTIMATED);
    wpb_draft_known(&draft, "request_cpu_seconds", WPB_M_REQUEST_CPU_SECONDS);
    wpb_draft_known(&draft, "requests_per_second", WPB_M_REQUESTS_PER_SECOND);
    wpb_draft_known(&draft, "work_windows", WPB_M_WORK_WINDOWS);
    draft.finding.cause.kind = "requests";
    draft.finding.cause.note = say_routes(context, pool);
    wpb_requests_draft_culprits(&draft, pool);
    draft.finding.remedy.summary =
        "Look at what changed when it began: an update, a setting, a campaign, more "
        "data. Then at what slow requests were doing.";
    wpb_requests_draft_mending(&draft);
    wpb_draft_line(&draft.for_good,
                   "If it began with an update, compare with the version before on a "
                   "copy of the site.");
    wpb_draft_line(&draft.for_good,
                   "If another host answers slowly (payment, rates, licences): a timeout "
                   "of a second or two, and the last good answer kept.");
    wpb_server_draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_requests_ttfb_regression(struct wpb_rule_context *context)
{
    const struct wpb_subject *pool;
    enum wpb_severity severity;
    double now, earlier;
    size_t cursor = 0;

    while ((pool = wpb_requests_pool_next(context, &cursor))) {
        if (wpb_rule_number(context, pool, WPB_M_SERVICE_SECONDS, &now) &&
            wpb_rule_number(context, pool, WPB_M_SERVICE_EARLIER_SECONDS, &earlier) &&
            earlier > 0 && judge(context, now, earlier, &severity))
            report(context, pool, now, earlier, severity);
    }
}
