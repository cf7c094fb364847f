/* What the server can still evict when its memory ends. */
#include "agent/rules/cache.h"
#include "agent/rules/prospect.h"
#include "agent/rules/server.h"

#define CODE "cache.ttlless_share"

/* What is wrong with the server, if anything. */
enum trouble {
    NO_TROUBLE,
    CANNOT_EVICT,   /* volatile-*, and hardly anything is volatile */
    REFUSES_WRITES, /* noeviction, close to the limit */
    EVICTS,         /* allkeys-*, at the limit: as it should be */
    HAS_NO_LIMIT,
};

static enum trouble judge_limited(const struct wpb_rule_context *context,
                                  const struct wpb_server *server, bool is_mostly_ttlless,
                                  enum wpb_severity *severity)
{
    bool is_near =
        server->filled >= wpb_rule_option(context, CODE, "memory_critical_ratio");
    bool is_filling =
        server->filled >= wpb_rule_option(context, CODE, "memory_warning_ratio");
    enum wpb_severity other;

    if (wpb_slice_starts(server->policy, wpb_slice_cstr("volatile-"))) {
        *severity = is_near ? WPB_CRITICAL : WPB_WARNING;
        return is_mostly_ttlless ? CANNOT_EVICT : NO_TROUBLE;
    }
    if (wpb_slice_is(server->policy, "noeviction")) {
        *severity = is_near ? WPB_CRITICAL : WPB_WARNING;
        return is_filling || is_near ? REFUSES_WRITES : NO_TROUBLE;
    }
    if (wpb_server_evicts_any(server)) {
        *severity = WPB_INFO;
        return is_near && is_mostly_ttlless &&
                       !wpb_cache_judge_eviction(context, server, &other)
                   ? EVICTS
                   : NO_TROUBLE;
    }
    return NO_TROUBLE;
}

static enum trouble judge(const struct wpb_rule_context *context,
                          const struct wpb_server *server, enum wpb_severity *severity)
{
    bool is_mostly_ttlless =
        server->keys > 0 &&
        server->share >= wpb_rule_option(context, CODE, "ttlless_ratio");

    if (!server->has_limit || !server->has_used)
        return NO_TROUBLE;
    if (server->limit)
        return judge_limited(context, server, is_mostly_ttlless, severity);
    if (!is_mostly_ttlless ||
        (double)server->used < wpb_rule_option(context, CODE, "unlimited_info_bytes"))
        return NO_TROUBLE;
    *severity =
        (double)server->used >= wpb_rule_option(context, CODE, "unlimited_warning_bytes")
            ? WPB_WARNING
            : WPB_INFO;
    return HAS_NO_LIMIT;
}

static const char *title(struct wpb_arena *arena, const struct wpb_server *server,
                         enum trouble trouble)
{
    const char *share = wpb_say_share(arena, server->share);
    const char *used = wpb_say_bytes(arena, server->used);

    switch (trouble) {
    case CANNOT_EVICT:
        return wpb_arena_printf(
            arena, "Redis may evict only keys with a TTL, and %s of its keys have none",
            share);
    case REFUSES_WRITES:
        return wpb_arena_printf(
            arena,
            "Redis has used %s of its memory and will refuse writes when it is full",
            wpb_say_share(arena, server->filled));
    case EVICTS:
        return wpb_arena_printf(arena,
                                "Redis is at its memory limit and evicts; %s of its keys "
                                "have no TTL",
                                share);
    case HAS_NO_LIMIT:
    case NO_TROUBLE:
        break;
    }
    return wpb_arena_printf(
        arena, "Redis has no memory limit, uses %s, and %s of its keys have no TTL", used,
        share);
}

static const char *summary(struct wpb_arena *arena, const struct wpb_server *server,
                           enum trouble trouble)
{
    const char *used = wpb_say_bytes(arena, server->used);
    const char *limit = wpb_say_bytes(arena, server->limit);
    const char *filled = wpb_say_share(arena, server->filled);
    const char *policy = wpb_say_name(arena, server->policy);

    switch (trouble) {
    case CANNOT_EVICT:
        return wpb_arena_printf(
            arena,
            "WordPress writes most cache entries without an expiry, and the policy %s "
            "never removes those. When the memory is full (now %s of %s, %s) Redis "
            "answers every write with an error: new entries are not cached, old ones go "
            "stale, and pages become slow or fail. A flush only restarts the growth.",
            policy, used, limit, filled);
    case REFUSES_WRITES:
        return wpb_arena_printf(
            arena,
            "The policy noeviction removes nothing. When the memory is full (now %s of "
            "%s, %s) Redis answers every write with an error: new entries are not "
            "cached, "
            "old ones go stale, and pages become slow or fail. A flush only restarts the "
            "growth.",
            used, limit, filled);
    case EVICTS:
        return wpb_arena_printf(
            arena,
            "The policy %s removes entries that are used least, with or without a TTL, "
            "so "
            "nothing fails. Entries that nobody will read again still take room until "
            "they are removed: a falling hit ratio would mean that the limit of %s is "
            "too "
            "small.",
            policy, limit);
    case HAS_NO_LIMIT:
    case NO_TROUBLE:
        break;
    }
    return "Entries without an expiry stay until somebody deletes them, and nothing "
           "stops "
           "Redis from growing: what fails first is the host, when its memory ends and "
           "the kernel kills Redis, the database or PHP. A flush only restarts the "
           "growth.";
}

/* The groups whose keys without TTL take most memory. */
static const char *say_groups(const struct wpb_rule_context *context,
                              const struct wpb_server *server)
{
    const char *groups = wpb_server_say_groups(context, server, WPB_M_TTLLESS_BYTES);

    return groups[0] ? wpb_arena_printf(context->arena,
                                        "Most memory without a TTL is in the groups: %s.",
                                        groups)
                     : "";
}

static void draft_remedy(struct wpb_draft *draft, enum trouble trouble)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_slice scope = draft->finding.subject->scope;
    const char *note = wpb_say_password_note(context);
    const char *text =
        "Let Redis remove what is used least, whatever its expiry: the "
        "policy allkeys-lru. Only do so when this Redis holds nothing but "
        "caches: queues or sessions of other programs could be removed too.";

    if (trouble == EVICTS)
        text = "Nothing to mend now. Watch the hit ratio, and look which groups take the "
               "memory.";
    else if (trouble == HAS_NO_LIMIT)
        text = "Decide how much of the host's memory the cache may take, and set that as "
               "maxmemory together with the policy allkeys-lru. Only do so when this "
               "Redis holds nothing but caches.";
    draft->finding.remedy.summary = wpb_arena_printf(context->arena, "%s%s", text, note);

    if (trouble == CANNOT_EVICT || trouble == REFUSES_WRITES) {
        wpb_draft_line(&draft->now,
                       wpb_say_redis_command(context, scope,
                                             "CONFIG SET maxmemory-policy allkeys-lru"));
        wpb_draft_line(&draft->for_good,
                       "Write maxmemory-policy allkeys-lru into redis.conf, or choose it "
                       "in the panel of a managed Redis: CONFIG SET is forgotten at the "
                       "next restart.");
    } else {
        wpb_draft_line(&draft->now, wpb_say_redis_command(context, scope, "INFO memory"));
    }
    if (trouble == HAS_NO_LIMIT)
        wpb_draft_line(
            &draft->for_good,
            "In redis.conf: maxmemory SIZE (what the host can spare beside the "
            "database and PHP) and maxmemory-policy allkeys-lru.");
    wpb_cache_draft_ceiling(draft);
    wpb_draft_line(&draft->for_good,
                   "Look at the largest groups: a plugin that puts times or hashes into "
                   "its keys leaves the old entries behind for ever.");
    wpb_draft_line(&draft->verify, wpb_say_redis_command(context, scope, "INFO memory"));
    wpb_draft_line(&draft->verify,
                   wpb_say_redis_command(context, scope, "INFO keyspace"));
}

static void report(struct wpb_rule_context *context, const struct wpb_server *server,
                   enum trouble trouble, enum wpb_severity severity)
{
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, server->subject);
    draft.finding.title = title(context->arena, server, trouble);
    draft.finding.summary = summary(context->arena, server, trouble);
    wpb_draft_fact(&draft, "ttlless_share_ratio",
                   server->keys ? wpb_value_double(server->share) : wpb_value_none(),
                   server->provenance);
    wpb_draft_fact(&draft, "keys",
                   server->has_keys ? wpb_value_count(server->keys) : wpb_value_none(),
                   server->provenance);
    wpb_draft_fact(&draft, "ttlless_keys",
                   server->has_keys ? wpb_value_count(server->ttlless) : wpb_value_none(),
                   server->provenance);
    wpb_draft_sample(&draft, "used_memory_bytes", WPB_M_USED_MEMORY_BYTES);
    wpb_draft_sample(&draft, "maxmemory_bytes", WPB_M_MAXMEMORY_BYTES);
    wpb_draft_sample(&draft, "maxmemory_policy", WPB_M_MAXMEMORY_POLICY);
    wpb_draft_fact(&draft, "used_ratio",
                   server->limit ? wpb_value_double(server->filled) : wpb_value_none(),
                   WPB_EXACT);
    wpb_draft_known(&draft, "evicted_keys", WPB_M_EVICTED_KEYS);
    draft.finding.cause.kind = "redis_groups";
    draft.finding.cause.note = say_groups(context, server);
    draft_remedy(&draft, trouble);
    wpb_server_draft_sites(&draft);
    wpb_prospect_attach(&draft, WPB_M_USED_MEMORY_BYTES);
    wpb_draft_emit(&draft);
}

void wpb_cache_ttlless_share(struct wpb_rule_context *context)
{
    struct wpb_server server;
    size_t cursor = 0;

    while (wpb_server_next(context, &cursor, &server)) {
        enum wpb_severity severity = WPB_INFO;
        enum trouble trouble = judge(context, &server, &severity);

        if (trouble != NO_TROUBLE && !wpb_server_is_told(context, server.subject))
            report(context, &server, trouble, severity);
    }
}
