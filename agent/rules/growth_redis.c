/* Redis fills: what never expires in one group, or all of it. */
#include "agent/rules/cache.h"
#include "agent/rules/prospect.h"
#include "agent/rules/server.h"

/* What happens at the target. */
static const char *say_failure(enum wpb_stake_kind kind)
{
    if (kind == WPB_STAKE_MACHINE)
        return "Redis has no memory limit here: it then has the part of the machine's "
               "memory that it is granted, and soon after the kernel kills Redis, the "
               "database or PHP.";
    return "Redis may not evict what never expires, so it then answers every write with "
           "an error: new entries are not cached, old ones go stale, and pages become "
           "slow or fail.";
}

static const char *say_policy(const struct wpb_rule_context *context,
                              const struct wpb_server *server)
{
    struct wpb_arena *arena = context->arena;

    if (!server->limit)
        return wpb_arena_printf(arena, "Redis uses %s and has no maxmemory.",
                                wpb_say_bytes(arena, server->used));
    return wpb_arena_printf(
        arena, "Redis uses %s of %s (%s); its policy is %s.",
        wpb_say_bytes(arena, server->used), wpb_say_bytes(arena, server->limit),
        wpb_say_share(arena, server->filled), wpb_say_name(arena, server->policy));
}

static void draft_server_facts(struct wpb_draft *draft, const struct wpb_server *server)
{
    wpb_draft_fact(draft, "used_memory_bytes", wpb_value_count(server->used), WPB_EXACT);
    wpb_draft_fact(draft, "maxmemory_bytes",
                   server->limit ? wpb_value_count(server->limit) : wpb_value_none(),
                   WPB_EXACT);
    wpb_draft_fact(draft, "maxmemory_policy", wpb_value_text(server->policy), WPB_EXACT);
}

static void draft_policy_remedy(struct wpb_draft *draft, const struct wpb_server *server)
{
    struct wpb_rule_context *context = draft->context;

    if (server->limit)
        wpb_draft_line(&draft->now,
                       wpb_say_redis_command(context, server->subject->scope,
                                             "CONFIG SET maxmemory-policy allkeys-lru"));
    else
        wpb_draft_line(&draft->for_good,
                       "In redis.conf: maxmemory SIZE (what the host can spare beside "
                       "the database and PHP) and maxmemory-policy allkeys-lru.");
    if (server->limit)
        wpb_draft_line(&draft->for_good,
                       "Write maxmemory-policy allkeys-lru into redis.conf: CONFIG SET "
                       "is forgotten at the next restart.");
    wpb_cache_draft_ceiling(draft);
    wpb_draft_line(&draft->verify,
                   wpb_say_redis_command(context, server->subject->scope, "INFO memory"));
}

/* --- cache.group_growth --- */

static void report_group(struct wpb_rule_context *context,
                         const struct wpb_subject *group, const struct wpb_server *server,
                         const struct wpb_prospect *prospect)
{
    struct wpb_arena *arena = context->arena;
    const struct wpb_outlook *outlook = prospect->outlook;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, prospect->severity, group);
    draft.finding.title = wpb_arena_printf(
        arena, "Group %s grows by %s that never expire, and Redis is full %s",
        wpb_say_name(arena, group->name), wpb_prospect_say_pace(context, outlook),
        wpb_prospect_say_when(context, prospect));
    draft.finding.summary = wpb_arena_printf(
        arena,
        "Entries of this group without an expiry take %s now, and nothing removes them. "
        "%s At %s of this group alone the memory is full. %s",
        wpb_prospect_say_value(context, outlook->metric, prospect->stake.level),
        say_policy(context, server),
        wpb_prospect_say_value(context, outlook->metric, outlook->target),
        say_failure(prospect->stake.kind));
    wpb_draft_known(&draft, "ttlless_bytes", WPB_M_TTLLESS_BYTES);
    wpb_draft_known(&draft, "ttlless_keys", WPB_M_TTLLESS_KEYS);
    wpb_draft_known(&draft, "keys", WPB_M_KEYS);
    wpb_draft_known(&draft, "orphan_bytes", WPB_M_ORPHAN_BYTES);
    draft_server_facts(&draft, server);
    wpb_prospect_draft(&draft, prospect, "growth_bytes_per_day", "full_at_bytes");
    draft.finding.cause.kind = "redis_groups";
    draft.finding.cause.note =
        "A group grows without end when the names of its keys hold a time, a hash or an "
        "id: each change or visitor leaves an entry behind that is never read again.";
    draft.finding.remedy.summary = wpb_arena_printf(
        arena,
        "Let Redis remove what is used least (the policy allkeys-lru, when this Redis "
        "holds nothing but caches), and have the plugin that writes the group give its "
        "entries an expiry.%s",
        wpb_say_password_note(context));
    draft_policy_remedy(&draft, server);
    wpb_draft_line(&draft.for_good,
                   "Find the plugin by the name of the group: wp_cache_set() with one "
                   "name for each thing and an expiry as its last argument.");
    wpb_draft_emit(&draft);
}

void wpb_cache_group_growth(struct wpb_rule_context *context)
{
    const struct wpb_subject *group;
    struct wpb_prospect prospect;
    struct wpb_server server;
    size_t cursor = 0;

    while ((group = wpb_window_next(context->window, WPB_SUBJECT_REDIS_GROUP, NULL,
                                    &cursor))) {
        if (wpb_prospect_judge(context, group, WPB_M_TTLLESS_BYTES, &prospect) &&
            wpb_server_of(context, group->scope, &server))
            report_group(context, group, &server, &prospect);
    }
}

/* --- cache.memory_forecast --- */

static void report_server(struct wpb_rule_context *context,
                          const struct wpb_server *server,
                          const struct wpb_prospect *prospect)
{
    struct wpb_arena *arena = context->arena;
    const struct wpb_outlook *outlook = prospect->outlook;
    bool is_ttlless = outlook->metric == WPB_M_TTLLESS_BYTES;
    const char *groups = wpb_server_say_groups(context, server, WPB_M_TTLLESS_BYTES);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, prospect->severity, prospect->stake.subject);
    draft.finding.title =
        wpb_arena_printf(arena, "%s by %s and is full %s",
                         is_ttlless ? "Redis fills with entries that never expire,"
                                    : "The memory of Redis grows",
                         wpb_prospect_say_pace(context, outlook),
                         wpb_prospect_say_when(context, prospect));
    draft.finding.summary = wpb_arena_printf(
        arena, "%s The end is at %s%s. %s", say_policy(context, server),
        wpb_prospect_say_value(context, outlook->metric, outlook->target),
        is_ttlless ? " of entries that never expire, when all others have been evicted"
                   : "",
        say_failure(prospect->stake.kind));
    draft_server_facts(&draft, server);
    wpb_draft_known(&draft, "ttlless_bytes", WPB_M_TTLLESS_BYTES);
    wpb_prospect_draft(&draft, prospect, "growth_bytes_per_day", "full_at_bytes");
    draft.finding.cause.kind = "redis_groups";
    draft.finding.cause.note =
        groups[0]
            ? wpb_arena_printf(
                  arena, "Most memory without an expiry is in the groups: %s.", groups)
            : "";
    draft.finding.remedy.summary = wpb_arena_printf(
        arena,
        "Let Redis remove what is used least, whatever its expiry: the policy "
        "allkeys-lru. Only do so when this Redis holds nothing but caches. A larger "
        "maxmemory only moves the day.%s",
        wpb_say_password_note(context));
    draft_policy_remedy(&draft, server);
    wpb_server_draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_cache_memory_forecast(struct wpb_rule_context *context)
{
    static const enum wpb_metric metrics[] = {WPB_M_USED_MEMORY_BYTES,
                                              WPB_M_TTLLESS_BYTES};
    const struct wpb_subject *subject;
    struct wpb_prospect prospect;
    struct wpb_server server;
    size_t cursor = 0;

    while ((subject = wpb_window_next(context->window, WPB_SUBJECT_REDIS_SERVER, NULL,
                                      &cursor))) {
        if (wpb_server_is_told(context, subject) ||
            !wpb_server_of(context, subject->scope, &server))
            continue;
        for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
            if (wpb_prospect_judge(context, subject, metrics[i], &prospect))
                report_server(context, &server, &prospect);
        }
    }
}
