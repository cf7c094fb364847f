/* Entries that Redis removes for want of memory. */
#include "agent/rules/cache.h"
#include "agent/rules/server.h"

#define CODE "cache.eviction_pressure"

struct pressure {
    double evicted, uptime, per_second;
};

static bool read_pressure(const struct wpb_rule_context *context,
                          const struct wpb_server *server, struct pressure *pressure)
{
    const struct wpb_subject *subject = server->subject;

    if (!wpb_rule_number(context, subject, WPB_M_EVICTED_KEYS, &pressure->evicted) ||
        !wpb_rule_number(context, subject, WPB_M_UPTIME_SECONDS, &pressure->uptime) ||
        pressure->uptime < 1)
        return false;
    pressure->per_second = pressure->evicted / pressure->uptime;
    return true;
}

bool wpb_cache_judge_eviction(const struct wpb_rule_context *context,
                              const struct wpb_server *server,
                              enum wpb_severity *severity)
{
    struct pressure pressure;

    if (!server->has_used || !server->limit ||
        !read_pressure(context, server, &pressure) ||
        pressure.uptime < wpb_rule_option(context, CODE, "least_uptime") ||
        pressure.per_second * 3600 < wpb_rule_option(context, CODE, "warning_per_hour"))
        return false;
    /* With room left it has been so, but is over. */
    *severity = server->filled >= wpb_rule_option(context, CODE, "warning_used_ratio")
                    ? WPB_WARNING
                    : WPB_INFO;
    return true;
}

static const char *say_groups(const struct wpb_rule_context *context,
                              const struct wpb_server *server)
{
    const char *groups = wpb_server_say_groups(context, server, WPB_M_MEMORY_BYTES);

    return groups[0] ? wpb_arena_printf(context->arena,
                                        "Most memory is in the groups: %s. ", groups)
                     : "";
}

static const char *summary(struct wpb_arena *arena, const struct wpb_server *server,
                           const struct pressure *pressure, enum wpb_severity severity)
{
    const char *pace = "", *whom = "";

    if (server->has_keys && server->keys > 0 && pressure->per_second > 0) {
        double seconds = (double)server->keys / pressure->per_second;
        pace = wpb_arena_printf(
            arena,
            " At this pace, as many entries as it holds are removed "
            "every %s.",
            wpb_say_duration(arena, seconds < 1e15 ? (int64_t)seconds : 0));
    }
    if (wpb_slice_starts(server->policy, wpb_slice_cstr("volatile-")))
        whom = wpb_arena_printf(arena,
                                " The policy %s removes only entries with an expiry, "
                                "transients and sessions before all, and leaves what "
                                "nobody reads.",
                                wpb_say_name(arena, server->policy));
    if (severity == WPB_INFO)
        return wpb_arena_printf(arena,
                                "There is room now (%s of %s used), so this is past, "
                                "until the memory fills again.%s",
                                wpb_say_bytes(arena, server->used),
                                wpb_say_bytes(arena, server->limit), whom);
    return wpb_arena_printf(
        arena,
        "The memory is full (%s of %s), and each new entry drives out another. What is "
        "removed before it is read again is computed again, at the cost of the database "
        "and of the visitor who waits.%s%s",
        wpb_say_bytes(arena, server->used), wpb_say_bytes(arena, server->limit), pace,
        whom);
}

static void draft_remedy(struct wpb_draft *draft, const struct wpb_server *server)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_slice scope = server->subject->scope;

    draft->finding.remedy.summary = wpb_arena_printf(
        context->arena,
        "First remove what need not be there: orphaned entries, oversized ones, feeds. "
        "If what is left is useful and the host has memory to spare, raise maxmemory.%s",
        wpb_say_password_note(context));
    wpb_draft_line(&draft->now, wpb_say_redis_command(context, scope, "INFO stats"));
    wpb_draft_line(&draft->now, wpb_say_redis_command(context, scope, "INFO memory"));
    wpb_draft_line(&draft->for_good,
                   "Look at the largest groups and entries of this report, and mend what "
                   "other findings name.");
    if (!wpb_server_evicts_any(server))
        wpb_draft_line(&draft->for_good,
                       "When this Redis holds nothing but caches, in redis.conf: "
                       "maxmemory-policy allkeys-lru, so that what is read least goes "
                       "first.");
    wpb_draft_line(&draft->for_good,
                   "In redis.conf, when memory can be spared: a larger maxmemory. The "
                   "database and PHP need theirs.");
    wpb_draft_line(&draft->for_good,
                   "Give queues, sessions and other sites a Redis of their own: all "
                   "databases of a server share its memory.");
    wpb_draft_line(&draft->verify, wpb_say_redis_command(context, scope, "INFO stats"));
}

static void report(struct wpb_rule_context *context, const struct wpb_server *server,
                   enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    struct pressure pressure = {0};
    double per_hour;
    struct wpb_draft draft;

    read_pressure(context, server, &pressure);
    per_hour = pressure.per_second * 3600;
    wpb_draft_init(&draft, context, severity, server->subject);
    draft.finding.title = wpb_arena_printf(
        arena, "Redis %s entries for want of memory, %s an hour on average",
        severity == WPB_INFO ? "has removed" : "removes",
        wpb_say_count(arena, per_hour < 1e15 ? (uint64_t)per_hour : (uint64_t)1e15));
    draft.finding.summary = summary(arena, server, &pressure, severity);
    wpb_draft_known(&draft, "evicted_keys", WPB_M_EVICTED_KEYS);
    wpb_draft_known(&draft, "uptime_seconds", WPB_M_UPTIME_SECONDS);
    wpb_draft_fact(&draft, "evictions_per_second", wpb_value_double(pressure.per_second),
                   WPB_EXACT);
    if (server->has_keys)
        wpb_draft_fact(&draft, "keys", wpb_value_count(server->keys), server->provenance);
    wpb_draft_known(&draft, "used_memory_bytes", WPB_M_USED_MEMORY_BYTES);
    wpb_draft_known(&draft, "maxmemory_bytes", WPB_M_MAXMEMORY_BYTES);
    wpb_draft_fact(&draft, "used_ratio", wpb_value_double(server->filled), WPB_EXACT);
    wpb_draft_known(&draft, "maxmemory_policy", WPB_M_MAXMEMORY_POLICY);
    draft.finding.cause.kind = "redis_groups";
    draft.finding.cause.note = wpb_arena_printf(
        arena,
        "%sThe rate is the average since the server started, %s ago; that of the last "
        "minutes needs --watch or the agent.",
        say_groups(context, server),
        wpb_say_duration(arena, pressure.uptime < 1e15 ? (int64_t)pressure.uptime : 0));
    draft_remedy(&draft, server);
    wpb_server_draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_cache_eviction_pressure(struct wpb_rule_context *context)
{
    struct wpb_server server;
    enum wpb_severity severity;
    size_t cursor = 0;

    while (wpb_server_next(context, &cursor, &server)) {
        if (!wpb_server_is_told(context, server.subject) &&
            wpb_cache_judge_eviction(context, &server, &severity))
            report(context, &server, severity);
    }
}
