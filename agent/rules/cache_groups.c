/* Groups that WordPress asks never to be stored. */
#include "agent/base/text.h"
#include "agent/rules/cache.h"
#include "agent/rules/ranking.h"

/* wp-includes/load.php names theme_json from here on. */
#define THEME_JSON_SINCE 603

static bool is_nonpersistent(const struct wpb_rule_context *context,
                             struct wpb_slice group)
{
    return wpb_slice_is(group, "counts") || wpb_slice_is(group, "plugins") ||
           (wpb_slice_is(group, "theme_json") &&
            wpb_cache_wordpress_version(context->site) >= THEME_JSON_SINCE);
}

/* Without a prefix, any program's keys may look like a group. */
static bool is_prefix_known(const struct wpb_rule_context *context)
{
    const struct wpb_subject *database;
    size_t cursor = 0;

    if (context->site->has_key_prefix)
        return true;
    while ((database = wpb_window_next(context->window, WPB_SUBJECT_REDIS_SERVER, NULL,
                                       &cursor))) {
        if (wpb_window_get(context->window, database, WPB_M_KEY_PREFIX))
            return true;
    }
    return false;
}

static void draft_remedy(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_site *site = context->site;
    struct wpb_buf buf;

    draft->finding.remedy.summary =
        "Replace the drop-in by that of a maintained plugin, or update it, and empty the "
        "cache once so that the stored entries go.";
    if (site->content_dir && site->content_dir[0]) {
        wpb_buf_init(&buf, 0);
        wpb_text_shell(
            &buf, wpb_slice_cstr(wpb_arena_printf(context->arena, "%s/object-cache.php",
                                                  site->content_dir)));
        wpb_draft_line(&draft->now,
                       wpb_arena_printf(context->arena,
                                        "grep -n add_non_persistent_groups %s",
                                        buf.data));
        wpb_buf_fini(&buf);
    }
    if (site->flavour == WPB_FLAVOUR_REDIS_CACHE)
        wpb_draft_line(
            &draft->for_good,
            wpb_say_wp_command(context, "redis update-dropin", wpb_slice_of("", 0)));
    else
        wpb_draft_line(&draft->for_good,
                       "Update the plugin that brought the drop-in, and let it write "
                       "wp-content/object-cache.php anew.");
    wpb_draft_line(&draft->for_good,
                   "A drop-in of your own: wp_cache_add_non_persistent_groups() must "
                   "keep the names, and set, get and delete of these groups must stay in "
                   "the request.");
    wpb_draft_line(&draft->for_good, "Then empty the cache once:");
    wpb_draft_line(&draft->for_good,
                   wpb_say_wp_command(context, "cache flush", wpb_slice_of("", 0)));
}

static void report(struct wpb_rule_context *context, const struct wpb_ranking *groups)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_rule_sum keys = {0}, bytes = {0};
    struct wpb_draft draft;

    for (size_t i = 0; i < groups->count; i++) {
        wpb_rule_sum_add(context, &keys, groups->items[i].subject, WPB_M_KEYS);
        wpb_rule_sum_add(context, &bytes, groups->items[i].subject, WPB_M_MEMORY_BYTES);
    }
    wpb_draft_init(&draft, context, WPB_WARNING, groups->items[0].subject);
    draft.finding.title =
        wpb_arena_printf(arena, "Redis keeps what must not outlive a request: %s",
                         wpb_ranking_say_names(groups, arena));
    draft.finding.summary =
        "WordPress tells the object cache never to store these groups, because nothing "
        "ever deletes their entries. Stored, they are out of date for ever: counts of "
        "posts and comments stay wrong, a plugin copied in place does not appear in the "
        "list or shows its old version, changed styles of a theme have no effect.";
    wpb_draft_sum(&draft, "keys", &keys);
    wpb_draft_sum(&draft, "memory_bytes", &bytes);
    draft.finding.cause.kind = "drop_in";
    draft.finding.cause.confidence = "likely";
    draft.finding.cause.note = wpb_arena_printf(
        arena,
        "By group: %s. The object-cache drop-in ignores "
        "wp_cache_add_non_persistent_groups(), or something writes to Redis past "
        "it.",
        wpb_ranking_say_counts(groups, arena));
    draft_remedy(&draft);
    wpb_draft_emit(&draft);
}

void wpb_cache_nonpersistent_group(struct wpb_rule_context *context)
{
    const struct wpb_subject *group;
    struct wpb_ranking groups;
    size_t cursor = 0;

    if (!is_prefix_known(context))
        return;
    wpb_ranking_init(&groups, WPB_RANKING_MAX);
    while ((group = wpb_window_next(context->window, WPB_SUBJECT_REDIS_GROUP, NULL,
                                    &cursor))) {
        int64_t keys = wpb_window_integer(context->window, group, WPB_M_KEYS, 0);
        if (keys > 0 && is_nonpersistent(context, group->name))
            wpb_ranking_add(&groups, group, (uint64_t)keys);
    }
    if (groups.count)
        report(context, &groups);
}
