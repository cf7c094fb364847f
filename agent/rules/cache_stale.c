/* Names that the cache calls absent and the database has. */
#include "agent/rules/cache.h"

struct stale {
    uint64_t checked, found;
    const struct wpb_subject *example; /* the lowest of those found */
};

static struct stale read_names(const struct wpb_rule_context *context,
                               const struct wpb_subject *key)
{
    const struct wpb_subject *option;
    struct stale stale = {0};
    size_t cursor = 0;

    while (
        (option = wpb_window_next(context->window, WPB_SUBJECT_OPTION, key, &cursor))) {
        int64_t is_there =
            wpb_window_integer(context->window, option, WPB_M_IN_DATABASE, -1);
        if (is_there < 0)
            continue;
        stale.checked++;
        if (is_there == 0)
            continue;
        stale.found++;
        if (!stale.example || wpb_subject_compare(option, stale.example) < 0)
            stale.example = option;
    }
    return stale;
}

static void draft_remedy(struct wpb_draft *draft, const struct stale *stale)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_subject *key = draft->finding.subject;
    struct wpb_slice example = stale->example->name;

    draft->finding.remedy.summary =
        wpb_arena_printf(context->arena,
                         "Delete the list: that is safe, WordPress begins a new one with "
                         "the next request, "
                         "and the options are there again.%s",
                         wpb_say_password_note(context));
    wpb_draft_line(&draft->now, wpb_say_redis_key_command(context, key, "UNLINK"));
    wpb_draft_line(&draft->for_good,
                   "Have options written through WordPress only (update_option(), "
                   "wp option update), which keeps the list up to date; after writing to "
                   "the table by SQL, an import or a restored backup, flush the cache:");
    wpb_draft_line(&draft->for_good,
                   wpb_say_wp_command(context, "cache flush", wpb_slice_of("", 0)));
    wpb_draft_line(
        &draft->for_good,
        "If it comes back: two requests that write the list at the same time "
        "lose one of the changes. The shorter the list and the fewer new names "
        "are asked for, the rarer that is.");
    if (!memchr(example.data ? example.data : "", '\0', example.len))
        wpb_draft_line(&draft->verify,
                       wpb_say_wp_command(context, "option get", example));
}

static void report(struct wpb_rule_context *context, const struct wpb_subject *key,
                   const struct stale *stale)
{
    struct wpb_arena *arena = context->arena;
    bool is_one = stale->found == 1;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, WPB_WARNING, key);
    draft.finding.title = wpb_arena_printf(
        arena, "The cache says of %s option%s that %s not exist, and the database has %s",
        wpb_say_count(arena, stale->found), is_one ? "" : "s",
        is_one ? "it does" : "they do", is_one ? "it" : "them");
    draft.finding.summary = wpb_arena_printf(
        arena,
        "WordPress keeps a list of names that were asked for and not found, and believes "
        "it. Code that asks for one of these options gets its default instead of what is "
        "stored: settings seem lost, features are off. %s names of the list were looked "
        "up in the database, %s of them exist, for example %s.",
        wpb_say_count(arena, stale->checked), wpb_say_count(arena, stale->found),
        wpb_say_name(arena, stale->example->name));
    wpb_draft_fact(&draft, "names_checked", wpb_value_count(stale->checked), WPB_EXACT);
    wpb_draft_fact(&draft, "names_found", wpb_value_count(stale->found), WPB_EXACT);
    wpb_draft_fact(&draft, "example_name", wpb_value_text(stale->example->name),
                   WPB_EXACT);
    wpb_draft_known(&draft, "entries", WPB_M_ENTRIES);
    draft.finding.cause.kind = "stale_names";
    draft.finding.cause.confidence = "possible";
    draft.finding.cause.note =
        "Common causes: a program wrote the options table past WordPress (SQL, an "
        "import, "
        "a restored backup, another server with a cache of its own), or two requests "
        "changed the list at the same moment and one change was lost.";
    draft_remedy(&draft, stale);
    wpb_draft_emit(&draft);
}

void wpb_cache_stale_notoptions(struct wpb_rule_context *context)
{
    struct wpb_cache_entry entry;
    struct stale stale;
    size_t cursor = 0;

    while (wpb_cache_entry_next(context, &cursor, &entry)) {
        stale = read_names(context, entry.key);
        if (stale.found)
            report(context, entry.key, &stale);
    }
}
