/* Entries that carry the time or the prefix they were made for, which is no longer the
 * current one. */
#include "agent/rules/cache.h"
#include "agent/rules/ranking.h"
#include "agent/rules/server.h"

#define CODE "cache.orphans"
#define GROUPS_SHOWN 5
/* WordPress's query caches have constant names from here on: Trac #59592. */
#define CONSTANT_NAMES 609
/* A maker of this part of the orphans is the likely cause. */
#define LIKELY_SHARE 0.5

enum maker { MADE_BY_CORE, MADE_BY_WOOCOMMERCE, MADE_BY_OTHERS, MAKERS };

struct orphans {
    struct wpb_rule_sum keys, bytes, stamped;
    uint64_t by_maker[MAKERS]; /* keys */
    struct wpb_ranking by_bytes, by_keys;
    const struct wpb_subject *subject; /* the database, or the largest group */
    bool has_share;
    double share; /* of the database's keys */
    bool has_server;
    struct wpb_server server;
};

static bool is_one_of(struct wpb_slice group, const char *const *names)
{
    for (; *names; names++) {
        if (wpb_slice_is(group, *names))
            return true;
    }
    return false;
}

/* "product_<n>" and "product_123", but not "product_cat_relationships". */
static bool is_object_group(struct wpb_slice group, const char *stem)
{
    struct wpb_slice id = wpb_slice_skip(group, strlen(stem));

    return wpb_slice_starts(group, wpb_slice_cstr(stem)) && id.len > 0 &&
           (id.data[0] == '<' || (id.data[0] >= '0' && id.data[0] <= '9'));
}

static enum maker maker_of(struct wpb_slice group)
{
    static const char *const core[] = {"posts",           "post-queries",
                                       "terms",           "term-queries",
                                       "comment",         "comments",
                                       "comment-queries", "users",
                                       "user-queries",    "sites",
                                       "site-queries",    "network-queries",
                                       "networks",        NULL};
    static const char *const woocommerce[] = {"products",
                                              "orders",
                                              "coupons",
                                              "taxes",
                                              "shipping_zones",
                                              "webhooks",
                                              "filter_clauses",
                                              "wc_session_id",
                                              "woocommerce",
                                              "woocommerce-attributes",
                                              NULL};

    if (is_one_of(group, core))
        return MADE_BY_CORE;
    if (is_one_of(group, woocommerce) || is_object_group(group, "product_") ||
        is_object_group(group, "object_") ||
        wpb_slice_starts(group, wpb_slice_cstr("store_api_rate_limit")))
        return MADE_BY_WOOCOMMERCE;
    return MADE_BY_OTHERS;
}

static void add_group(const struct wpb_rule_context *context,
                      const struct wpb_subject *group, struct orphans *orphans)
{
    struct wpb_rule_sum keys = {0}, bytes = {0};

    wpb_rule_sum_add(context, &keys, group, WPB_M_ORPHAN_KEYS);
    wpb_rule_sum_add(context, &bytes, group, WPB_M_ORPHAN_BYTES);
    wpb_rule_sum_add(context, &orphans->keys, group, WPB_M_ORPHAN_KEYS);
    wpb_rule_sum_add(context, &orphans->bytes, group, WPB_M_ORPHAN_BYTES);
    wpb_rule_sum_add(context, &orphans->stamped, group, WPB_M_STAMPED_KEYS);
    wpb_ranking_add(&orphans->by_keys, group, keys.value);
    wpb_ranking_add(&orphans->by_bytes, group, bytes.value);
    orphans->by_maker[maker_of(group->name)] += keys.value;
}

static void read_place(const struct wpb_rule_context *context, struct orphans *orphans)
{
    const struct wpb_subject *group = orphans->by_keys.items[0].subject;
    const struct wpb_subject *database = wpb_server_database(context, group->scope);
    double keys;

    orphans->subject = database ? database : group;
    orphans->has_server = wpb_server_of(context, group->scope, &orphans->server);
    if (!database || !wpb_rule_number(context, database, WPB_M_KEYS, &keys) || keys <= 0)
        return;
    orphans->has_share = true;
    orphans->share = (double)orphans->keys.value / keys;
    /* Counted at different moments. */
    if (orphans->share > 1)
        orphans->share = 1;
}

static bool read_orphans(const struct wpb_rule_context *context, struct orphans *orphans)
{
    const struct wpb_subject *group;
    size_t cursor = 0;

    *orphans = (struct orphans){0};
    wpb_ranking_init(&orphans->by_bytes, GROUPS_SHOWN);
    wpb_ranking_init(&orphans->by_keys, GROUPS_SHOWN);
    while ((group =
                wpb_window_next(context->window, WPB_SUBJECT_REDIS_GROUP, NULL, &cursor)))
        add_group(context, group, orphans);
    if (orphans->by_keys.count == 0)
        return false;
    read_place(context, orphans);
    return true;
}

/* Close to a limit that ends all writes, since nothing may be removed. */
static bool is_cornered(const struct wpb_rule_context *context,
                        const struct orphans *orphans)
{
    const struct wpb_server *server = &orphans->server;

    return orphans->has_server && server->limit > 0 && server->policy.len > 0 &&
           !wpb_server_evicts_any(server) &&
           server->filled >= wpb_rule_option(context, CODE, "critical_used_ratio");
}

static bool judge(const struct wpb_rule_context *context, const struct orphans *orphans,
                  enum wpb_severity *severity)
{
    bool is_heavy =
        orphans->bytes.is_known &&
        (double)orphans->bytes.value >= wpb_rule_option(context, CODE, "warning_bytes");
    bool is_much =
        orphans->has_share &&
        orphans->share >= wpb_rule_option(context, CODE, "warning_ratio") &&
        (double)orphans->keys.value >= wpb_rule_option(context, CODE, "ratio_min_keys");

    *severity = is_cornered(context, orphans) ? WPB_CRITICAL : WPB_WARNING;
    return is_heavy || is_much;
}

static const char *title(struct wpb_arena *arena, const struct orphans *orphans)
{
    const char *size = "", *share = "";

    if (orphans->bytes.is_known)
        size =
            wpb_arena_printf(arena, " (%s)", wpb_say_bytes(arena, orphans->bytes.value));
    if (orphans->has_share)
        share = wpb_arena_printf(arena, ", %s of the keys,",
                                 wpb_say_share(arena, orphans->share));
    return wpb_arena_printf(arena, "%s%s cache entries%s%s will never be read again",
                            orphans->keys.provenance == WPB_EXACT ? "" : "At least ",
                            wpb_say_count(arena, orphans->keys.value), size, share);
}

/* What becomes of them here. */
static const char *say_end(struct wpb_arena *arena, const struct orphans *orphans)
{
    const struct wpb_server *server = &orphans->server;

    if (!orphans->has_server || !server->has_limit || !server->policy.len)
        return "Until Redis or somebody removes them they take the memory that useful "
               "entries need.";
    if (server->limit == 0)
        return "Redis has no memory limit here: they pile up until the memory of the "
               "host ends.";
    if (wpb_server_evicts_any(server))
        return wpb_arena_printf(arena,
                                "The policy %s removes what is used least when the "
                                "memory is full, so nothing fails; until then they take "
                                "the room of useful entries.",
                                wpb_say_name(arena, server->policy));
    return wpb_arena_printf(
        arena,
        "The policy %s never removes an entry without an expiry: when the memory is full "
        "(now %s of %s) every write fails, and pages become slow or fail.",
        wpb_say_name(arena, server->policy), wpb_say_bytes(arena, server->used),
        wpb_say_bytes(arena, server->limit));
}

static const char *say_core(const struct wpb_rule_context *context)
{
    unsigned version = wpb_cache_wordpress_version(context->site);
    const char *name =
        wpb_say_name(context->arena, wpb_slice_cstr(context->site->wp_version));

    if (version >= CONSTANT_NAMES)
        return wpb_arena_printf(
            context->arena,
            " WordPress %s uses the same names again, so those of its "
            "query caches are left from an older version, or a "
            "plugin makes such names itself.",
            name);
    return wpb_arena_printf(
        context->arena,
        " WordPress %s puts the time of the last change into the names of its query "
        "caches: whenever a post, a term or a comment changes, the entries made before "
        "are left behind. From 6.9 on it uses the same names again.",
        version ? name : "up to 6.8");
}

static void draft_cause(struct wpb_draft *draft, const struct orphans *orphans)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_arena *arena = context->arena;
    const uint64_t *by = orphans->by_maker;
    double half = (double)orphans->keys.value * LIKELY_SHARE;
    unsigned version = wpb_cache_wordpress_version(context->site);
    bool is_core =
        version > 0 && version < CONSTANT_NAMES && (double)by[MADE_BY_CORE] >= half;
    bool has_bytes = orphans->by_bytes.count > 0;

    draft->finding.cause.kind = "orphaned_keys";
    draft->finding.cause.confidence =
        is_core || (double)by[MADE_BY_WOOCOMMERCE] >= half ? "likely" : "possible";
    draft->finding.cause.note = wpb_arena_printf(
        arena, "By group: %s.%s%s%s",
        has_bytes ? wpb_ranking_say_bytes(&orphans->by_bytes, arena)
                  : wpb_ranking_say_counts(&orphans->by_keys, arena),
        by[MADE_BY_CORE] ? say_core(context) : "",
        by[MADE_BY_WOOCOMMERCE]
            ? " WooCommerce puts a prefix into the names of its entries and takes a new "
              "one when they are outdated; the old entries stay."
            : "",
        by[MADE_BY_OTHERS] ? " Groups that are neither WordPress's nor WooCommerce's "
                             "belong to plugins that do the same, such as those built on "
                             "BerlinDB."
                           : "");
}

static void draft_remedy(struct wpb_draft *draft, const struct orphans *orphans)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_slice scope = draft->finding.subject->scope;
    const struct wpb_server *server = &orphans->server;
    unsigned version = wpb_cache_wordpress_version(context->site);
    bool is_stuck = orphans->has_server && server->limit > 0 && server->policy.len > 0 &&
                    !wpb_server_evicts_any(server);

    draft->finding.remedy.summary = wpb_arena_printf(
        context->arena,
        "Let Redis forget what nobody reads, and see that fewer such entries are made.%s "
        "Flushing the cache removes them together with all that is useful, and the "
        "growth begins anew.%s",
        is_stuck ? " Change the policy only when this Redis holds nothing but caches."
                 : "",
        wpb_say_password_note(context));
    if (is_stuck)
        wpb_draft_line(&draft->now,
                       wpb_say_redis_command(context, server->subject->scope,
                                             "CONFIG SET maxmemory-policy allkeys-lru"));
    if (orphans->by_maker[MADE_BY_CORE] && version < CONSTANT_NAMES)
        wpb_draft_line(&draft->for_good,
                       "Update WordPress to 6.9 or later, which makes no such entries. "
                       "Those that are there stay until Redis removes them.");
    wpb_cache_draft_ceiling(draft);
    wpb_draft_line(&draft->for_good,
                   "In redis.conf: maxmemory SIZE and maxmemory-policy allkeys-lru; what "
                   "nobody reads is then removed first.");
    if (orphans->by_maker[MADE_BY_OTHERS])
        wpb_draft_line(&draft->for_good,
                       "Tell the authors of the plugins named by their groups: an entry "
                       "whose name holds a time needs an expiry.");
    wpb_draft_line(&draft->verify,
                   wpb_say_redis_command(context, scope, "INFO keyspace"));
    wpb_draft_line(&draft->verify, wpb_say_redis_command(context, scope, "INFO memory"));
}

void wpb_cache_orphans(struct wpb_rule_context *context)
{
    struct orphans orphans;
    enum wpb_severity severity;
    struct wpb_draft draft;

    if (!read_orphans(context, &orphans) || !judge(context, &orphans, &severity))
        return;
    wpb_draft_init(&draft, context, severity, orphans.subject);
    draft.finding.title = title(context->arena, &orphans);
    draft.finding.summary = wpb_arena_printf(
        context->arena,
        "The name of such an entry holds the time, or the prefix, for which it was made. "
        "That is no longer the current one, so requests ask for another name and nobody "
        "finds this entry again. %s",
        say_end(context->arena, &orphans));
    wpb_draft_sum(&draft, "orphan_keys", &orphans.keys);
    wpb_draft_sum(&draft, "orphan_bytes", &orphans.bytes);
    if (orphans.has_share)
        wpb_draft_fact(&draft, "orphan_share_ratio", wpb_value_double(orphans.share),
                       orphans.keys.provenance);
    wpb_draft_sum(&draft, "stamped_keys", &orphans.stamped);
    wpb_draft_fact(
        &draft, "largest_group",
        wpb_value_text((orphans.by_bytes.count ? &orphans.by_bytes : &orphans.by_keys)
                           ->items[0]
                           .subject->name),
        WPB_EXACT);
    draft_cause(&draft, &orphans);
    draft_remedy(&draft, &orphans);
    wpb_draft_emit(&draft);
}
