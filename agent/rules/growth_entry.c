/* A cache entry that grows until requests no longer fit into PHP's memory: the list of
 * options that do not exist, and whatever else does the same. */
#include "agent/analyse/series.h"
#include "agent/rules/baseline.h"
#include "agent/rules/cache.h"
#include "agent/rules/prospect.h"

static bool is_names(const struct wpb_cache_entry *entry)
{
    return wpb_slice_is(entry->role, "notoptions");
}

static const char *say_entry(struct wpb_arena *arena, const struct wpb_cache_entry *entry)
{
    if (is_names(entry) || wpb_slice_is(entry->role, "alloptions"))
        return wpb_say_name(arena, entry->role);
    return wpb_arena_printf(arena, "The cache entry %s",
                            wpb_say_name(arena, entry->key->name));
}

static const char *title(const struct wpb_rule_context *context,
                         const struct wpb_cache_entry *entry,
                         const struct wpb_prospect *prospect)
{
    struct wpb_arena *arena = context->arena;
    const char *name = say_entry(arena, entry);
    const char *pace = wpb_prospect_say_pace(context, prospect->outlook);

    if (prospect->outlook->answer == WPB_OUTLOOK_REACHED)
        return wpb_arena_printf(
            arena, "%s has grown by %s to the size at which PHP's memory ends", name,
            pace);
    return wpb_arena_printf(arena,
                            "%s grows by %s and reaches the size at which PHP's memory "
                            "ends %s",
                            name, pace, wpb_prospect_say_when(context, prospect));
}

/* What was counted for the rest of a request. */
static const char *say_baseline(const struct wpb_rule_context *context,
                                const struct wpb_subject *key)
{
    uint64_t baseline;

    if (wpb_baseline_besides(context, key, &baseline))
        return wpb_arena_printf(context->arena,
                                ", counting %s for the rest of the request",
                                wpb_say_bytes(context->arena, baseline));
    return " at the latest, since what the request needs besides is not known: those "
           "that need much end earlier";
}

static const char *summary(const struct wpb_rule_context *context,
                           const struct wpb_cache_entry *entry,
                           const struct wpb_prospect *prospect)
{
    struct wpb_arena *arena = context->arena;
    const struct wpb_outlook *outlook = prospect->outlook;

    return wpb_arena_printf(
        arena,
        "It holds %s now. At about %s, requests that %s it no longer fit into PHP's "
        "memory_limit of %s and end in an HTTP 500%s. %s",
        wpb_prospect_say_value(context, outlook->metric, prospect->stake.level),
        wpb_prospect_say_value(context, outlook->metric, outlook->target),
        is_names(entry) ? "add a name to" : "read or store",
        wpb_say_bytes(arena, wpb_cache_memory_limit(context)),
        say_baseline(context, entry->key),
        outlook->flushes
            ? "It was emptied before and has grown anew each time: a flush only restarts "
              "the growth."
            : "Deleting the key or flushing the cache only restarts the growth.");
}

static void draft_facts(struct wpb_draft *draft, const struct wpb_cache_entry *entry,
                        const struct wpb_prospect *prospect)
{
    uint64_t baseline;
    bool has_baseline = wpb_baseline_besides(draft->context, entry->key, &baseline);

    wpb_draft_known(draft, "value_bytes", WPB_M_VALUE_BYTES);
    if (prospect->outlook->metric == WPB_M_MEMORY_BYTES)
        wpb_draft_known(draft, "memory_bytes", WPB_M_MEMORY_BYTES);
    wpb_draft_known(draft, "entries", WPB_M_ENTRIES);
    wpb_cache_draft_ttl(draft, entry);
    wpb_draft_known(draft, "php_read_peak_bytes", WPB_M_PHP_READ_PEAK_BYTES);
    wpb_draft_known(draft, "php_rewrite_peak_bytes", WPB_M_PHP_REWRITE_PEAK_BYTES);
    wpb_cache_draft_limit(draft);
    wpb_draft_fact(draft, "baseline_peak_bytes",
                   has_baseline ? wpb_value_count(baseline) : wpb_value_none(),
                   WPB_ESTIMATED);
    wpb_prospect_draft(draft, prospect, "growth_bytes_per_day", "fails_at_bytes");
}

static void draft_names_remedy(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;

    draft->finding.remedy.summary = wpb_arena_printf(
        context->arena,
        "Stop the code that asks for ever new names before the time is up. If it comes "
        "first, delete the key: that is safe, WordPress builds the list again on demand, "
        "but it only buys as long again.%s",
        wpb_say_password_note(context));
    wpb_draft_line(&draft->now,
                   wpb_say_redis_key_command(context, draft->finding.subject, "UNLINK"));
    wpb_cause_draft_mending(draft);
    wpb_draft_line(&draft->for_good,
                   "Names made from an id, a hash or a date: keep the data in a "
                   "transient with an expiry, or in a table of the plugin's own.");
}

static void draft_entry_remedy(struct wpb_draft *draft,
                               const struct wpb_cache_entry *entry)
{
    struct wpb_rule_context *context = draft->context;

    draft->finding.remedy.summary = wpb_arena_printf(
        context->arena,
        "Look what in it grows and which plugin adds to it; that code must bound what it "
        "keeps. Deleting the entry only buys as long again.%s",
        wpb_say_password_note(context));
    wpb_draft_line(&draft->now,
                   wpb_say_redis_key_command(context, draft->finding.subject, "UNLINK"));
    if (wpb_slice_is(entry->role, "alloptions"))
        wpb_draft_line(&draft->for_good,
                       "It is what the options table has autoloaded: stop autoloading "
                       "the option that grows, since a deleted entry comes straight back "
                       "from the database.");
    else
        wpb_draft_line(&draft->for_good,
                       "An entry for each thing, with an expiry, instead of one for all "
                       "of them; or a list with a greatest length.");
    wpb_cache_draft_ceiling(draft);
}

static void report(struct wpb_rule_context *context, const struct wpb_cache_entry *entry,
                   const struct wpb_prospect *prospect)
{
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, prospect->severity, entry->key);
    draft.finding.title = title(context, entry, prospect);
    draft.finding.summary = summary(context, entry, prospect);
    draft_facts(&draft, entry, prospect);
    if (is_names(entry)) {
        wpb_cause_families(&draft);
        wpb_cause_order_by_growth(&draft);
        draft_names_remedy(&draft);
    } else {
        draft.finding.cause.kind = "cache_entry";
        draft.finding.cause.note = wpb_cache_say_paths(context, entry->key);
        draft_entry_remedy(&draft, entry);
    }
    wpb_draft_line(&draft.verify, wpb_say_explain_command(context, entry->key));
    wpb_draft_line(&draft.verify,
                   wpb_say_redis_key_command(context, entry->key, "MEMORY USAGE"));
    wpb_draft_emit(&draft);
}

void wpb_cache_entry_growth(struct wpb_rule_context *context)
{
    struct wpb_cache_entry entry;
    struct wpb_prospect prospect;
    size_t cursor = 0;

    while (wpb_cache_entry_next(context, &cursor, &entry)) {
        enum wpb_metric metric = wpb_series_key_metric(context->window, entry.key);

        if (wpb_prospect_judge(context, entry.key, metric, &prospect))
            report(context, &entry, &prospect);
    }
}
