/* How often a look-up finds what it asks for. */
#include "agent/rules/cache.h"
#include "agent/rules/server.h"

#define CODE "cache.low_hit_ratio"

struct lookups {
    double hits, misses; /* without our own */
    double all, ratio;
    struct wpb_rule_sum own;
};

/* A pass over one of its databases, before the server was asked: those look-ups are in
 * its count. Those made after that are not. */
static bool is_counted(const struct wpb_window *window, const struct wpb_server *server,
                       const struct wpb_subject *database)
{
    const struct wpb_sample *own = wpb_window_get(window, database, WPB_M_OWN_HITS);
    const struct wpb_sample *hits =
        wpb_window_get(window, server->subject, WPB_M_KEYSPACE_HITS);

    return own && hits && own->time_ms < hits->time_ms;
}

/* Our own look-ups are counted by database, those of the server for all. */
static void read_own(const struct wpb_rule_context *context,
                     const struct wpb_server *server, struct wpb_rule_sum *own)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(context->window, WPB_SUBJECT_REDIS_SERVER, NULL,
                                      &cursor))) {
        if (wpb_slice_equal(subject->scope, server->subject->scope) &&
            is_counted(context->window, server, subject))
            wpb_rule_sum_add(context, own, subject, WPB_M_OWN_HITS);
    }
}

static bool read_lookups(const struct wpb_rule_context *context,
                         const struct wpb_server *server, struct lookups *lookups)
{
    const struct wpb_subject *subject = server->subject;

    *lookups = (struct lookups){0};
    if (!wpb_rule_number(context, subject, WPB_M_KEYSPACE_HITS, &lookups->hits) ||
        !wpb_rule_number(context, subject, WPB_M_KEYSPACE_MISSES, &lookups->misses))
        return false;
    read_own(context, server, &lookups->own);
    lookups->hits -= (double)lookups->own.value;
    if (lookups->hits < 0)
        lookups->hits = 0;
    lookups->all = lookups->hits + lookups->misses;
    if (lookups->all < 1)
        return false;
    lookups->ratio = lookups->hits / lookups->all;
    return true;
}

static bool judge(const struct wpb_rule_context *context, const struct lookups *lookups,
                  enum wpb_severity *severity)
{
    *severity = lookups->all >= wpb_rule_option(context, CODE, "warning_lookups")
                    ? WPB_WARNING
                    : WPB_INFO;
    return lookups->ratio < wpb_rule_option(context, CODE, "warning_ratio") &&
           lookups->all >= wpb_rule_option(context, CODE, "info_lookups");
}

static bool has_orphans(const struct wpb_rule_context *context,
                        const struct wpb_server *server)
{
    const struct wpb_subject *group;
    size_t cursor = 0;

    while ((group = wpb_window_next(context->window, WPB_SUBJECT_REDIS_GROUP, NULL,
                                    &cursor))) {
        if (wpb_server_has(server, group->scope) &&
            wpb_window_integer(context->window, group, WPB_M_ORPHAN_KEYS, 0) > 0)
            return true;
    }
    return false;
}

static const char *note(const struct wpb_rule_context *context,
                        const struct wpb_server *server)
{
    enum wpb_severity ignored;
    int64_t uptime =
        wpb_window_integer(context->window, server->subject, WPB_M_UPTIME_SECONDS, -1);
    const char *since = uptime < 0
                            ? ""
                            : wpb_arena_printf(context->arena, ", %s ago",
                                               wpb_say_duration(context->arena, uptime));
    const char *why =
        wpb_cache_judge_eviction(context, server, &ignored)
            ? "Redis removes entries for want of memory, which is a likely reason: see "
              "cache.eviction_pressure."
        : has_orphans(context, server)
            ? "There are entries whose names hold a time that has passed: each change "
              "makes all queries miss once."
            : "Common reasons: the cache is flushed often (by a plugin with each saved "
              "post, or by a nightly job), code asks for ever new names, entries expire "
              "too soon, or another program of this server asks for what is not there.";

    return wpb_arena_printf(context->arena,
                            "%s The figure counts all databases since the server "
                            "started%s; that of the last minutes needs --watch or the "
                            "agent.",
                            why, since);
}

static void draft_remedy(struct wpb_draft *draft, const struct wpb_server *server)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_slice scope = server->subject->scope;

    draft->finding.remedy.summary = wpb_arena_printf(
        context->arena,
        "Find out why entries are not there when they are asked for: flushed, expired, "
        "removed for want of memory, or never stored.%s",
        wpb_say_password_note(context));
    wpb_draft_line(&draft->now, wpb_say_redis_command(context, scope,
                                                      "INFO commandstats "
                                                      "| grep -iE 'flush|del|unlink'"));
    wpb_draft_line(&draft->for_good,
                   "Many flushes: find the plugin or the cron job that empties the whole "
                   "cache, and have it delete single entries or groups.");
    wpb_draft_line(&draft->for_good,
                   "Evictions: mend what fills the memory, then give Redis more.");
    wpb_draft_line(&draft->for_good,
                   "Names with a time, a hash or a visitor's id in them: what is asked "
                   "for once only is better not cached.");
    wpb_draft_line(&draft->verify, wpb_say_redis_command(context, scope, "INFO stats"));
}

static void report(struct wpb_rule_context *context, const struct wpb_server *server,
                   const struct lookups *lookups, enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, server->subject);
    draft.finding.title =
        wpb_arena_printf(arena, "Only %s of the look-ups in Redis find something",
                         wpb_say_share(arena, lookups->ratio));
    draft.finding.summary = wpb_arena_printf(
        arena,
        "A WordPress site that has been running for a while finds most of what it asks "
        "for. Each miss costs the way to Redis, the database query it should have saved, "
        "and "
        "the way to Redis again.%s",
        severity == WPB_INFO
            ? " There were few look-ups so far: a cache that was just started or flushed "
              "looks the same."
            : "");
    wpb_draft_fact(&draft, "hit_ratio", wpb_value_double(lookups->ratio), WPB_EXACT);
    wpb_draft_known(&draft, "keyspace_hits", WPB_M_KEYSPACE_HITS);
    wpb_draft_sum(&draft, "own_hits", &lookups->own);
    wpb_draft_known(&draft, "keyspace_misses", WPB_M_KEYSPACE_MISSES);
    wpb_draft_known(&draft, "evicted_keys", WPB_M_EVICTED_KEYS);
    wpb_draft_known(&draft, "uptime_seconds", WPB_M_UPTIME_SECONDS);
    draft.finding.cause.kind = "lookups";
    draft.finding.cause.note = note(context, server);
    draft_remedy(&draft, server);
    wpb_server_draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_cache_low_hit_ratio(struct wpb_rule_context *context)
{
    struct wpb_server server;
    struct lookups lookups;
    enum wpb_severity severity;
    size_t cursor = 0;

    while (wpb_server_next(context, &cursor, &server)) {
        if (!wpb_server_is_told(context, server.subject) &&
            read_lookups(context, &server, &lookups) &&
            judge(context, &lookups, &severity))
            report(context, &server, &lookups, severity);
    }
}
