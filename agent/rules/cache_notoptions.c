#include "agent/rules/cache.h"

#include <string.h>

#include "agent/rules/baseline.h"
#include "agent/rules/prospect.h"

/* Facts about WordPress's own code (wp-includes/option.php), by version. */
#define NOTOPTIONS_FIRST_UNTIL 603 /* read before anything else up to 6.3 */
#define NOTOPTIONS_FIRST_AGAIN 608 /* and again for options not autoloaded */
#define DELETED_NAMES_ADDED 607    /* delete_option() adds the name: Trac #61484 */

static const char *title(struct wpb_arena *arena, const struct wpb_cache_entry *entry)
{
    const char *ttl = wpb_cache_say_ttl(arena, entry);
    const char *size = entry->has_bytes ? wpb_cache_say_size(arena, entry) : "";
    const char *comma = size[0] && ttl[0] ? ", " : "";

    if (!entry->has_entries)
        return wpb_arena_printf(arena,
                                "notoptions, the list of options that do not exist, has "
                                "grown to %s%s%s%s",
                                size, ttl[0] ? " (" : "", ttl, ttl[0] ? ")" : "");
    return wpb_arena_printf(
        arena, "notoptions holds %s names of options that do not exist%s%s%s%s%s",
        wpb_say_count(arena, entry->entries), size[0] || ttl[0] ? " (" : "", size, comma,
        ttl, size[0] || ttl[0] ? ")" : "");
}

static const char *say_reading(const struct wpb_rule_context *context,
                               const struct wpb_cache_entry *entry)
{
    struct wpb_arena *arena = context->arena;
    unsigned version = wpb_cache_wordpress_version(context->site);
    bool is_every = version >= NOTOPTIONS_FIRST_AGAIN ||
                    (version > 0 && version <= NOTOPTIONS_FIRST_UNTIL);
    const char *cost = "several times its size in memory";

    if (entry->read_peak && entry->rewrite_peak)
        cost = wpb_arena_printf(arena,
                                "%s of memory, and %s whenever one more name is added",
                                wpb_say_bytes(arena, entry->read_peak),
                                wpb_say_bytes(arena, entry->rewrite_peak));
    else if (entry->read_peak)
        cost = wpb_arena_printf(arena, "%s of memory",
                                wpb_say_bytes(arena, entry->read_peak));
    return wpb_arena_printf(arena,
                            "WordPress keeps one list of all option names it was asked "
                            "for and did not find, and %s request reads the whole list "
                            "into PHP: %s.",
                            is_every ? "every" : "nearly every", cost);
}

/* The length at which adding a name needs more memory than a request has, with what it
 * needs besides where that is known; 0: unknown. */
static uint64_t fails_at_of(const struct wpb_rule_context *context,
                            const struct wpb_cache_entry *entry)
{
    int64_t alone =
        wpb_window_integer(context->window, entry->key, WPB_M_FAILS_AT_BYTES, 0);

    return alone > 0 ? wpb_baseline_fails_at(context, entry->key, (uint64_t)alone) : 0;
}

/* "; at a list of at most 26.0 MiB, ..." or, of the largest kind of page, when. */
static const char *say_size(const struct wpb_rule_context *context,
                            const struct wpb_cache_entry *entry)
{
    struct wpb_arena *arena = context->arena;
    uint64_t fails_at = fails_at_of(context, entry), besides;

    if (!fails_at)
        return "";
    if (!wpb_baseline_besides(context, entry->key, &besides))
        return wpb_arena_printf(arena,
                                "; at a list of at most %s, adding a name reaches that "
                                "limit by itself",
                                wpb_say_bytes(arena, fails_at));
    return wpb_arena_printf(
        arena, "; one that needs %s besides does so at a list of about %s",
        wpb_say_bytes(arena, besides), wpb_say_bytes(arena, fails_at));
}

/* What fails first, and at which size. */
static const char *say_failure(const struct wpb_rule_context *context,
                               const struct wpb_cache_entry *entry)
{
    struct wpb_arena *arena = context->arena;
    uint64_t limit = wpb_cache_memory_limit(context);
    const char *limit_text = wpb_say_bytes(arena, limit);

    if (context->site->memory_limit_bytes == UINT64_MAX)
        return "PHP has no memory_limit here, so every busy worker takes that much of "
               "the host's memory until it runs out.";
    if (!limit)
        return "What fails first is a request that already uses much of PHP's "
               "memory_limit when it reads or extends the list: PHP stops it and the "
               "visitor gets an HTTP 500. That limit is not known here, so at which "
               "size cannot be told (give it with --memory-limit).";
    if (entry->read_peak >= limit)
        return wpb_arena_printf(arena,
                                "That is more than PHP's memory_limit of %s: requests "
                                "that read the list end in an HTTP 500 until it is "
                                "deleted.",
                                limit_text);
    if (entry->rewrite_peak >= limit)
        return wpb_arena_printf(arena,
                                "Adding a name takes more than PHP's memory_limit of "
                                "%s: every request that asks for a new name ends in an "
                                "HTTP 500.",
                                limit_text);
    return wpb_arena_printf(arena,
                            "What fails first is a request that already uses much of "
                            "PHP's memory_limit of %s when it reads or extends the "
                            "list: PHP stops it and the visitor gets an HTTP 500%s.",
                            limit_text, say_size(context, entry));
}

/* Some drop-ins let everything expire. */
static const char *say_growth(const struct wpb_cache_entry *entry)
{
    if (entry->has_ttl && entry->ttl_seconds >= 0)
        return "WordPress never clears this list. It expires when no name was added for "
               "a while, but each name that is added writes it anew; deleting the key or "
               "flushing the cache only restarts the growth.";
    return "WordPress never clears this list and gives it no expiry; deleting the key or "
           "flushing the cache only restarts the growth.";
}

static const char *summary(const struct wpb_rule_context *context,
                           const struct wpb_cache_entry *entry)
{
    return wpb_arena_printf(context->arena, "%s %s %s", say_reading(context, entry),
                            say_failure(context, entry), say_growth(entry));
}

static void draft_cause(struct wpb_draft *draft)
{
    struct wpb_cause *cause = &draft->finding.cause;

    wpb_cause_families(draft);
    if (wpb_cache_wordpress_version(draft->context->site) >= DELETED_NAMES_ADDED)
        cause->note = wpb_arena_printf(
            draft->context->arena,
            "%s%sWordPress %s also adds the name of every option that is deleted.",
            cause->note, cause->note[0] ? " " : "",
            wpb_say_name(draft->context->arena,
                         wpb_slice_cstr(draft->context->site->wp_version)));
}

static void draft_remedy(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_subject *key = draft->finding.subject;

    draft->finding.remedy.summary = wpb_arena_printf(
        context->arena,
        "Stop the code that asks for ever new names. Until then delete the key before "
        "it grows too large: that is safe, WordPress builds the list again on demand, "
        "but it only buys time. A request that was running may write the old list back, "
        "so look at its length afterwards.%s",
        wpb_say_password_note(context));
    wpb_draft_line(&draft->now, wpb_say_redis_key_command(context, key, "UNLINK"));

    wpb_cause_draft_mending(draft);
    wpb_draft_line(&draft->for_good,
                   "Few, fixed names: store a default once, so that the name exists: "
                   "add_option( $name, $default, '', false );");
    wpb_draft_line(&draft->for_good,
                   "Names made from an id, a hash or a date: keep the data in a "
                   "transient with an expiry (get_transient() never enters this list "
                   "when an object cache is on) or in a table of the plugin's own.");
    if (context->site->flavour == WPB_FLAVOUR_REDIS_CACHE) {
        wpb_draft_line(&draft->for_good,
                       "A ceiling, not a cure: this in wp-config.php lets every entry "
                       "expire a day after it was last written. A list that still gains "
                       "names is written anew each time and does not expire.");
        wpb_draft_line(&draft->for_good, "define( 'WP_REDIS_MAXTTL', 86400 );");
    }
    wpb_draft_line(&draft->verify, wpb_say_explain_command(context, key));
    wpb_draft_line(&draft->verify, wpb_say_redis_key_command(context, key, "STRLEN"));
}

static void report(struct wpb_rule_context *context, const struct wpb_cache_entry *entry,
                   enum wpb_severity severity)
{
    uint64_t fails_at = fails_at_of(context, entry), besides;
    bool has_besides = wpb_baseline_besides(context, entry->key, &besides);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, entry->key);
    draft.finding.title = title(context->arena, entry);
    draft.finding.summary = summary(context, entry);
    wpb_draft_sample(&draft, "value_bytes", WPB_M_VALUE_BYTES);
    if (!entry->is_exact)
        wpb_draft_known(&draft, "memory_bytes", WPB_M_MEMORY_BYTES);
    wpb_draft_sample(&draft, "entries", WPB_M_ENTRIES);
    wpb_cache_draft_ttl(&draft, entry);
    wpb_draft_sample(&draft, "php_read_peak_bytes", WPB_M_PHP_READ_PEAK_BYTES);
    wpb_draft_sample(&draft, "php_rewrite_peak_bytes", WPB_M_PHP_REWRITE_PEAK_BYTES);
    wpb_cache_draft_limit(&draft);
    /* While nobody has measured what a request needs besides, the size at which it fails
     * is an upper bound. */
    wpb_draft_fact(&draft, "baseline_peak_bytes",
                   has_besides ? wpb_value_count(besides) : wpb_value_none(),
                   WPB_ESTIMATED);
    wpb_draft_fact(&draft, "fails_at_bytes",
                   fails_at ? wpb_value_count(fails_at) : wpb_value_none(),
                   WPB_ESTIMATED);
    wpb_prospect_attach(&draft, WPB_M_VALUE_BYTES);
    draft_cause(&draft);
    draft_remedy(&draft);
    wpb_draft_emit(&draft);
}

void wpb_cache_notoptions_bloat(struct wpb_rule_context *context)
{
    struct wpb_cache_entry entry;
    enum wpb_severity severity;
    size_t cursor = 0;

    while (wpb_cache_entry_next(context, &cursor, &entry)) {
        if (wpb_cache_judge_notoptions(context, &entry, &severity))
            report(context, &entry, severity);
    }
}
