/* Transients: those that never expire, and the news feeds among them. */
#include "agent/rules/cache.h"
#include "agent/rules/ranking.h"

#define FAMILIES_SHOWN 5

/* The template in "GROUP:TEMPLATE"; empty when NAME is of another group. */
static struct wpb_slice template_in(struct wpb_slice name, struct wpb_slice group)
{
    if (!wpb_slice_starts(name, group) || name.len <= group.len ||
        name.data[group.len] != ':')
        return wpb_slice_of("", 0);
    return wpb_slice_skip(name, group.len + 1);
}

/* cache.transient_without_ttl */

struct lasting {
    const struct wpb_subject *group;
    struct wpb_rule_sum keys, ttlless, bytes;
};

static bool judge_lasting(const struct wpb_rule_context *context,
                          const struct lasting *lasting)
{
    static const char code[] = "cache.transient_without_ttl";

    return (lasting->ttlless.is_known &&
            (double)lasting->ttlless.value >=
                wpb_rule_option(context, code, "warning_keys")) ||
           (lasting->bytes.is_known &&
            (double)lasting->bytes.value >=
                wpb_rule_option(context, code, "warning_bytes"));
}

/* The families of names that take most memory; those of transients with an expiry
 * cannot be told apart where that was not counted. */
static const char *say_families(const struct wpb_rule_context *context,
                                const struct wpb_subject *group)
{
    const struct wpb_subject *family;
    struct wpb_ranking lasting, all;
    size_t cursor = 0;

    wpb_ranking_init(&lasting, FAMILIES_SHOWN);
    wpb_ranking_init(&all, FAMILIES_SHOWN);
    while ((family = wpb_window_next(context->window, WPB_SUBJECT_KEY_FAMILY, NULL,
                                     &cursor))) {
        int64_t ttlless =
            wpb_window_integer(context->window, family, WPB_M_TTLLESS_KEYS, 0);
        int64_t keys = wpb_window_integer(context->window, family, WPB_M_KEYS, 0);

        if (!wpb_slice_equal(family->scope, group->scope) ||
            template_in(family->name, group->name).len == 0)
            continue;
        wpb_ranking_add(&lasting, family, ttlless > 0 ? (uint64_t)ttlless : 0);
        wpb_ranking_add(&all, family, keys > 0 ? (uint64_t)keys : 0);
    }
    if (lasting.count)
        return wpb_arena_printf(context->arena, "Most of them are: %s.",
                                wpb_ranking_say_counts(&lasting, context->arena));
    if (all.count)
        return wpb_arena_printf(context->arena,
                                "Most transients, with or without an expiry, are: %s.",
                                wpb_ranking_say_counts(&all, context->arena));
    return "";
}

static void draft_lasting_remedy(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_slice scope = draft->finding.subject->scope;

    draft->finding.remedy.summary = wpb_arena_printf(
        context->arena,
        "Have the code that stores them say for how long. What is there already stays "
        "until it is deleted or removed for want of memory.%s",
        wpb_say_password_note(context));
    wpb_draft_line(&draft->for_good,
                   "In code, always with the third argument: set_transient( $name, "
                   "$value, DAY_IN_SECONDS );");
    wpb_cache_draft_ceiling(draft);
    wpb_draft_line(&draft->for_good,
                   "In redis.conf, when it holds nothing but caches: maxmemory-policy "
                   "allkeys-lru, so that those nobody reads can be removed.");
    wpb_draft_line(&draft->verify,
                   wpb_say_redis_command(context, scope, "INFO keyspace"));
}

static void report_lasting(struct wpb_rule_context *context,
                           const struct lasting *lasting)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, WPB_WARNING, lasting->group);
    draft.finding.title = wpb_arena_printf(
        arena, "%s%stransients of group %s never expire%s%s%s",
        lasting->ttlless.is_known ? wpb_say_count(arena, lasting->ttlless.value) : "",
        lasting->ttlless.is_known ? " " : "Many ",
        wpb_say_name(arena, lasting->group->name), lasting->bytes.is_known ? " (" : "",
        lasting->bytes.is_known ? wpb_say_bytes(arena, lasting->bytes.value) : "",
        lasting->bytes.is_known ? ")" : "");
    draft.finding.summary =
        "A transient is meant to be temporary, but one that is stored without saying for "
        "how long stays. With an object cache it is nowhere but in Redis, and nothing in "
        "WordPress clears it: when its name holds an id, a hash or a date, they pile up "
        "until Redis' memory ends.";
    wpb_draft_sum(&draft, "keys", &lasting->keys);
    wpb_draft_sum(&draft, "ttlless_keys", &lasting->ttlless);
    wpb_draft_sum(&draft, "ttlless_bytes", &lasting->bytes);
    if (lasting->keys.value && lasting->ttlless.is_known)
        wpb_draft_fact(&draft, "ttlless_share_ratio",
                       wpb_value_double((double)lasting->ttlless.value /
                                        (double)lasting->keys.value),
                       lasting->ttlless.provenance);
    draft.finding.cause.kind = "key_families";
    draft.finding.cause.note = say_families(context, lasting->group);
    draft_lasting_remedy(&draft);
    wpb_draft_emit(&draft);
}

void wpb_cache_transient_without_ttl(struct wpb_rule_context *context)
{
    const struct wpb_subject *group;
    size_t cursor = 0;

    while ((group = wpb_window_next(context->window, WPB_SUBJECT_REDIS_GROUP, NULL,
                                    &cursor))) {
        struct lasting lasting = {.group = group};

        if (!wpb_slice_is(group->name, "transient") &&
            !wpb_slice_is(group->name, "site-transient"))
            continue;
        wpb_rule_sum_add(context, &lasting.keys, group, WPB_M_KEYS);
        wpb_rule_sum_add(context, &lasting.ttlless, group, WPB_M_TTLLESS_KEYS);
        wpb_rule_sum_add(context, &lasting.bytes, group, WPB_M_TTLLESS_BYTES);
        if (judge_lasting(context, &lasting))
            report_lasting(context, &lasting);
    }
}

/* cache.feed_transients */

/* WordPress names them feed_ and feed_mod_ with the hash of the address. A plugin's own
 * feed_12 is none. */
static bool is_feed(struct wpb_slice name)
{
    static const struct wpb_slice groups[] = {WPB_SLICE("site-transient"),
                                              WPB_SLICE("transient")};

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        struct wpb_slice template_name = template_in(name, groups[i]);
        if (wpb_slice_is(template_name, "feed_<hex>") ||
            wpb_slice_is(template_name, "feed_mod_<hex>"))
            return true;
    }
    return false;
}

struct feeds {
    struct wpb_ranking families;
    struct wpb_rule_sum keys, bytes;
};

static bool judge_feeds(const struct wpb_rule_context *context, struct feeds *feeds,
                        enum wpb_severity *severity)
{
    static const char code[] = "cache.feed_transients";
    const struct wpb_subject *family;
    size_t cursor = 0;

    *feeds = (struct feeds){.keys = {.is_known = false}};
    wpb_ranking_init(&feeds->families, FAMILIES_SHOWN);
    while ((family = wpb_window_next(context->window, WPB_SUBJECT_KEY_FAMILY, NULL,
                                     &cursor))) {
        int64_t size = wpb_window_integer(context->window, family, WPB_M_MEMORY_BYTES, 0);
        if (size <= 0 || !is_feed(family->name))
            continue;
        wpb_rule_sum_add(context, &feeds->keys, family, WPB_M_KEYS);
        wpb_rule_sum_add(context, &feeds->bytes, family, WPB_M_MEMORY_BYTES);
        wpb_ranking_add(&feeds->families, family, (uint64_t)size);
    }
    *severity =
        (double)feeds->bytes.value >= wpb_rule_option(context, code, "warning_bytes")
            ? WPB_WARNING
            : WPB_INFO;
    return feeds->families.count > 0 &&
           (double)feeds->bytes.value >= wpb_rule_option(context, code, "info_bytes");
}

/* "...feed_" and the 32 digits of an MD5. */
static bool is_feed_key(struct wpb_slice key)
{
    static const struct wpb_slice feed = WPB_SLICE("feed_");
    struct wpb_slice before = wpb_slice_head(key, key.len < 32 ? 0 : key.len - 32);

    for (size_t i = before.len; i < key.len; i++) {
        char c = key.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return wpb_slice_ends(before, feed);
}

bool wpb_cache_judge_feed(const struct wpb_rule_context *context,
                          const struct wpb_cache_entry *entry,
                          enum wpb_severity *severity)
{
    struct feeds feeds;

    return (wpb_slice_is(entry->group, "transient") ||
            wpb_slice_is(entry->group, "site-transient")) &&
           is_feed_key(entry->key->name) && judge_feeds(context, &feeds, severity);
}

static void draft_feed_remedy(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;

    draft->finding.remedy.summary =
        "Remove the widget or the block that shows the feed, or have it keep only what "
        "it shows. Deleting the entries alone brings them back with the next visit to "
        "the page that shows them.";
    wpb_draft_line(&draft->for_good,
                   "WordPress's own dashboard feeds, in a must-use plugin:");
    wpb_draft_line(&draft->for_good, "add_action( 'wp_dashboard_setup', fn() =>");
    wpb_draft_line(&draft->for_good,
                   "    remove_meta_box( 'dashboard_primary', 'dashboard', 'side' ) );");
    wpb_draft_line(&draft->for_good,
                   "Plugins that add news to the dashboard mostly have a setting, or a "
                   "remove_meta_box() of their own.");
    wpb_draft_line(&draft->for_good,
                   "In code: keep the titles and links of a few items in a transient, "
                   "not what fetch_feed() stores.");
    wpb_draft_line(
        &draft->verify,
        wpb_say_redis_command(context, draft->finding.subject->scope, "INFO memory"));
}

static void report_feeds(struct wpb_rule_context *context, const struct feeds *feeds,
                         enum wpb_severity severity)
{
    const struct wpb_rule_sum *keys = &feeds->keys, *bytes = &feeds->bytes;
    const struct wpb_ranking *families = &feeds->families;
    struct wpb_arena *arena = context->arena;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, families->items[0].subject);
    draft.finding.title = wpb_arena_printf(
        arena, "News feeds for the dashboard and for widgets take %s of the cache",
        wpb_say_bytes(arena, bytes->value));
    draft.finding.summary =
        "WordPress keeps each feed that a widget shows as it was downloaded, with every "
        "article in it, though a few headlines are shown. Whoever opens the page that "
        "shows them fetches and decodes all of it, and other entries find less room.";
    wpb_draft_sum(&draft, "keys", keys);
    wpb_draft_sum(&draft, "memory_bytes", bytes);
    if (keys->value)
        wpb_draft_fact(&draft, "mean_entry_bytes",
                       wpb_value_count(bytes->value / keys->value), WPB_ESTIMATED);
    draft.finding.cause.kind = "key_families";
    draft.finding.cause.confidence = "likely";
    draft.finding.cause.note =
        wpb_arena_printf(arena,
                         "By name: %s. They come from fetch_feed(): the news of the "
                         "dashboard, RSS widgets and blocks, and plugins that show the "
                         "news of their makers.",
                         wpb_ranking_say_bytes(families, arena));
    draft_feed_remedy(&draft);
    wpb_draft_emit(&draft);
}

void wpb_cache_feed_transients(struct wpb_rule_context *context)
{
    enum wpb_severity severity;
    struct feeds feeds;

    if (judge_feeds(context, &feeds, &severity))
        report_feeds(context, &feeds, severity);
}
