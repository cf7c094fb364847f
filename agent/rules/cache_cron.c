/* The list of measurements that only WP-Cron trims: a canary for WP-Cron itself. */
#include "agent/rules/cache.h"

#define CODE "cache.dead_cron"

bool wpb_cache_judge_dead_cron(const struct wpb_rule_context *context,
                               const struct wpb_cache_entry *entry,
                               enum wpb_severity *severity)
{
    double oldest, newest = 0;

    *severity = WPB_WARNING;
    if (!wpb_slice_is(entry->role, "metrics") ||
        !wpb_rule_number(context, entry->key, WPB_M_OLDEST_SECONDS, &oldest))
        return false;
    /* Visitors start WP-Cron. While nobody comes nothing is trimmed, and nothing waits:
     * only the time in which somebody came counts. */
    wpb_rule_number(context, entry->key, WPB_M_NEWEST_SECONDS, &newest);
    return oldest - newest >= wpb_rule_option(context, CODE, "warning_age");
}

static void draft_remedy(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;

    draft->finding.remedy.summary = wpb_arena_printf(
        context->arena,
        "Make WP-Cron run: best from the system's cron, every minute or five, whether "
        "there are visitors or not. The list is trimmed by the next run.%s",
        wpb_say_password_note(context));
    wpb_draft_line(&draft->now,
                   wpb_say_wp_command(context, "cron event list", wpb_slice_of("", 0)));
    wpb_draft_line(&draft->now, wpb_say_wp_command(context, "cron event run --due-now",
                                                   wpb_slice_of("", 0)));
    wpb_draft_line(&draft->for_good,
                   "In the crontab of the user that owns the site, every five minutes:");
    wpb_draft_line(&draft->for_good,
                   wpb_say_wp_command(context, "cron event run --due-now --quiet",
                                      wpb_slice_of("", 0)));
    wpb_draft_line(&draft->for_good,
                   "Only together with that, in wp-config.php, so that visitors need not "
                   "wait for it:");
    wpb_draft_line(&draft->for_good, "define( 'DISABLE_WP_CRON', true );");
    wpb_draft_line(&draft->verify, wpb_say_redis_key_command(
                                       context, draft->finding.subject, "MEMORY USAGE"));
    wpb_draft_line(&draft->verify,
                   wpb_say_wp_command(context, "cron test", wpb_slice_of("", 0)));
}

static void report(struct wpb_rule_context *context, const struct wpb_cache_entry *entry,
                   enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    int64_t oldest =
        wpb_window_integer(context->window, entry->key, WPB_M_OLDEST_SECONDS, 0);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, entry->key);
    draft.finding.title = wpb_arena_printf(
        arena, "WP-Cron seems not to have run for %s: what it trims is that old",
        wpb_say_duration(arena, oldest));
    draft.finding.summary = wpb_arena_printf(
        arena,
        "Redis Object Cache notes a measurement with every request, and WP-Cron removes "
        "those older than an hour. The oldest is %s old. When WP-Cron stands still, "
        "scheduled posts do not appear, orders and mails wait, updates and backups do "
        "not happen, and this list grows with every request%s.",
        wpb_say_duration(arena, oldest),
        entry->has_bytes
            ? wpb_arena_printf(arena, " (now %s)", wpb_cache_say_size(arena, entry))
            : "");
    wpb_draft_sample(&draft, "oldest_seconds", WPB_M_OLDEST_SECONDS);
    wpb_draft_known(&draft, "newest_seconds", WPB_M_NEWEST_SECONDS);
    wpb_draft_known(&draft, "entries", WPB_M_ENTRIES);
    wpb_draft_known(&draft, "memory_bytes", WPB_M_MEMORY_BYTES);
    draft.finding.cause.kind = "wp_cron";
    draft.finding.cause.confidence = "possible";
    draft.finding.cause.note =
        "Common causes: DISABLE_WP_CRON is set and no system cron calls it; the host "
        "cannot reach itself over HTTP; a job that never ends holds the lock; a page "
        "cache answers so many requests that PHP is rarely asked. If "
        "WP_REDIS_METRICS_MAX_TIME was raised, raise warning_age of this rule, too.";
    draft_remedy(&draft);
    wpb_draft_emit(&draft);
}

void wpb_cache_dead_cron(struct wpb_rule_context *context)
{
    struct wpb_cache_entry entry;
    enum wpb_severity severity;
    size_t cursor = 0;

    while (wpb_cache_entry_next(context, &cursor, &entry)) {
        if (wpb_cache_judge_dead_cron(context, &entry, &severity))
            report(context, &entry, severity);
    }
}
