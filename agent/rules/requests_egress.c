/* Bytes that requests fetch from the cache, against the way they take. */
#include <math.h>

#include "agent/rules/cache.h"
#include "agent/rules/requests.h"
#include "agent/rules/server.h"

#define CODE "requests.cache_egress"
#define ENTRIES_NAMED 3

struct egress {
    double per_request, rate, busiest, capacity; /* capacity 0: unknown */
    bool is_local;
    double limit; /* bytes a second */
};

static bool is_local(const struct wpb_rule_context *context)
{
    const struct wpb_site *site = context->site;

    return !site->has_redis || site->redis.scheme == WPB_REDIS_UNIX ||
           strcmp(site->redis.host, "localhost") == 0 ||
           strncmp(site->redis.host, "127.", 4) == 0 ||
           strcmp(site->redis.host, "::1") == 0;
}

static bool read_egress(const struct wpb_rule_context *context,
                        const struct wpb_subject *pool, struct egress *egress)
{
    double busiest, capacity;

    *egress = (struct egress){.is_local = is_local(context)};
    if (!wpb_requests_rate(context, pool, &egress->rate) ||
        !wpb_requests_number(context, pool, WPB_SUBJECT_QUANTITY, "cache_bytes_out",
                             WPB_M_PER_REQUEST, &egress->per_request))
        return false;
    egress->busiest = egress->rate;
    if (wpb_rule_number(context, pool, WPB_M_BUSIEST_PER_SECOND, &busiest))
        egress->busiest = fmax(egress->rate, busiest);
    if (wpb_rule_number(context, pool, WPB_M_CAPACITY_PER_SECOND, &capacity))
        egress->capacity = capacity;
    egress->limit = wpb_rule_option(context, CODE,
                                    egress->is_local ? "local_bytes_per_second"
                                                     : "link_bytes_per_second");
    return true;
}

/* The entries that every request reads, by what they weigh. */
static const char *say_entries(const struct wpb_rule_context *context)
{
    struct wpb_cache_entry entry;
    struct wpb_ranking ranking;
    size_t cursor = 0;

    wpb_ranking_init(&ranking, ENTRIES_NAMED);
    while (wpb_cache_entry_next(context, &cursor, &entry)) {
        if (wpb_slice_is(entry.role, "alloptions") ||
            wpb_slice_is(entry.role, "notoptions"))
            wpb_ranking_add(&ranking, entry.key, entry.shown);
    }
    if (!ranking.count)
        return "";
    return wpb_arena_printf(context->arena, "Every request reads, whole: %s.",
                            wpb_ranking_say_bytes(&ranking, context->arena));
}

static const char *summary(const struct wpb_rule_context *context,
                           const struct egress *egress)
{
    struct wpb_arena *arena = context->arena;
    uint64_t at_busiest = (uint64_t)fmin(egress->per_request * egress->busiest, 1e18);
    const char *later = "";
    double full = egress->per_request > 0 ? egress->limit / egress->per_request : 0;

    if (egress->capacity > egress->busiest)
        later = wpb_arena_printf(
            arena, " At %s requests a second, which the pool could do, it would be %s.",
            wpb_requests_say_rate(arena, egress->capacity),
            wpb_say_bytes(arena,
                          (uint64_t)fmin(egress->per_request * egress->capacity, 1e18)));
    return wpb_arena_printf(
        arena,
        "At %s requests a second, the most so far, that is %s a second; %s is used up at "
        "%s requests a second (%s).%s Then every look-up waits behind the bytes of the "
        "others, although neither PHP nor Redis seems busy.",
        wpb_requests_say_rate(arena, egress->busiest), wpb_say_bytes(arena, at_busiest),
        egress->is_local ? "what one Redis hands out on the same machine"
                         : "the link to Redis",
        wpb_requests_say_rate(arena, full), wpb_say_bytes(arena, (uint64_t)egress->limit),
        later);
}

static void report(struct wpb_rule_context *context, const struct wpb_subject *pool,
                   const struct egress *egress, enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, pool);
    draft.finding.title =
        wpb_arena_printf(arena, "Each request fetches %s from Redis",
                         wpb_say_bytes(arena, (uint64_t)fmin(egress->per_request, 1e18)));
    draft.finding.summary = summary(context, egress);
    wpb_draft_fact(&draft, "cache_per_request_bytes",
                   wpb_value_double(egress->per_request), WPB_ESTIMATED);
    wpb_draft_known(&draft, "requests_per_second", WPB_M_REQUESTS_PER_SECOND);
    wpb_draft_known(&draft, "busiest_per_second", WPB_M_BUSIEST_PER_SECOND);
    wpb_draft_fact(&draft, "cache_bytes_per_second",
                   wpb_value_double(egress->per_request * egress->busiest),
                   WPB_ESTIMATED);
    wpb_draft_fact(&draft, "link_bytes_per_second", wpb_value_double(egress->limit),
                   WPB_EXACT);
    wpb_draft_fact(
        &draft, "link_share_ratio",
        wpb_value_double(egress->per_request * egress->busiest / egress->limit),
        WPB_ESTIMATED);
    draft.finding.cause.kind = "cache_bytes";
    draft.finding.cause.note = say_entries(context);
    draft.finding.remedy.summary =
        "Let a request fetch less: the entries that every request reads come first, "
        "since each byte of them is multiplied by all requests.";
    wpb_draft_line(&draft.for_good,
                   "alloptions: stop autoloading large options. notoptions: stop the "
                   "code that asks for ever new names. post_meta: make the metadata of "
                   "the posts on the page smaller.");
    wpb_draft_line(&draft.for_good,
                   "A drop-in that compresses large values (igbinary, zstd), or Redis on "
                   "the machine of PHP by a unix socket.");
    wpb_server_draft_sites(&draft);
    wpb_draft_emit(&draft);
}

void wpb_requests_cache_egress(struct wpb_rule_context *context)
{
    const struct wpb_subject *pool;
    struct egress egress;
    size_t cursor = 0;

    while ((pool = wpb_requests_pool_next(context, &cursor))) {
        double share;

        if (!read_egress(context, pool, &egress))
            continue;
        share = egress.per_request * egress.busiest / egress.limit;
        if (share >= wpb_rule_option(context, CODE, "warning_ratio"))
            report(context, pool, &egress,
                   share >= wpb_rule_option(context, CODE, "critical_ratio")
                       ? WPB_CRITICAL
                       : WPB_WARNING);
    }
}
