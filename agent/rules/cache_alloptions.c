#include "agent/rules/cache.h"
#include "agent/rules/prospect.h"

static const char *summary(const struct wpb_rule_context *context,
                           const struct wpb_cache_entry *entry)
{
    struct wpb_arena *arena = context->arena;
    const char *cost = "";

    if (entry->read_peak)
        cost = wpb_arena_printf(arena, ", which takes %s of PHP memory",
                                wpb_say_bytes(arena, entry->read_peak));
    return wpb_arena_printf(
        arena,
        "WordPress loads all autoloaded options in one piece at the start of every "
        "request%s, and writes the whole piece again each time one of them changes. "
        "Its own Site Health calls 800,000 bytes too much, and one large host answers "
        "requests with an error above 1,000,000. Flushing the cache changes nothing: "
        "the options are in the database and come straight back.",
        cost);
}

static void draft_cause(struct wpb_draft *draft)
{
    struct wpb_arena *arena = draft->context->arena;
    const char *paths = wpb_cache_say_paths(draft->context, draft->finding.subject);
    struct wpb_cause *cause = &draft->finding.cause;

    wpb_cause_families(draft);
    if (paths[0])
        cause->note =
            wpb_arena_printf(arena, "%s%s%s", paths, cause->family_count ? " " : "",
                             cause->family_count ? cause->note : "");
}

static void draft_remedy(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_subject *key = draft->finding.subject;

    draft->finding.remedy.summary = wpb_arena_printf(
        context->arena,
        "Find the largest autoloaded options, then delete those of plugins that are "
        "gone and stop autoloading those that few requests need.%s",
        wpb_say_password_note(context));
    wpb_draft_line(&draft->now, wpb_say_wp_command(context,
                                                   "option list --autoload=on "
                                                   "--fields=option_name,size_bytes "
                                                   "| sort -n -k 2 | tail -n 20",
                                                   wpb_slice_of("", 0)));
    wpb_draft_line(&draft->for_good,
                   "Decide for each of the largest options: delete it when its plugin is "
                   "gone, stop autoloading it when few requests need it, and tell its "
                   "author when it is a log, a cache or an index.");
    wpb_draft_line(
        &draft->for_good,
        "To stop autoloading one: wp option set-autoload NAME off, then delete "
        "the cached piece, which that command leaves as it was:");
    wpb_draft_line(&draft->for_good, wpb_say_redis_key_command(context, key, "UNLINK"));
    wpb_draft_line(&draft->for_good,
                   "To delete one, with a backup at hand: wp option delete NAME.");
    wpb_draft_line(&draft->for_good,
                   "In code: add_option( $name, $value, '', false ) for what is large or "
                   "rarely read.");
    wpb_draft_line(&draft->verify, wpb_say_explain_command(context, key));
    wpb_draft_line(&draft->verify, wpb_say_redis_key_command(context, key, "STRLEN"));
}

static void report(struct wpb_rule_context *context, const struct wpb_cache_entry *entry,
                   enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, entry->key);
    draft.finding.title =
        entry->has_entries
            ? wpb_arena_printf(
                  arena, "alloptions loads %s option%s (%s) on every request",
                  wpb_say_count(arena, entry->entries), entry->entries == 1 ? "" : "s",
                  wpb_cache_say_size(arena, entry))
            : wpb_arena_printf(arena,
                               "alloptions, loaded whole on every request, takes %s",
                               wpb_cache_say_size(arena, entry));
    draft.finding.summary = summary(context, entry);
    wpb_cache_draft_entry(&draft, entry);
    draft_cause(&draft);
    draft_remedy(&draft);
    wpb_prospect_attach(&draft, WPB_M_VALUE_BYTES);
    wpb_draft_emit(&draft);
}

void wpb_cache_alloptions_large(struct wpb_rule_context *context)
{
    struct wpb_cache_entry entry;
    enum wpb_severity severity;
    size_t cursor = 0;

    while (wpb_cache_entry_next(context, &cursor, &entry)) {
        if (wpb_cache_judge_alloptions(context, &entry, &severity))
            report(context, &entry, severity);
    }
}
