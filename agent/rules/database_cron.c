/* The option in which WP-Cron keeps its events: too many, too late, too large. */
#include "agent/rules/database.h"

#define CODE "database.cron_bloat"

/* What of the option is beyond its threshold. */
struct bloat {
    bool has_many, has_duplicates, is_late, is_large, is_critical;
};

static struct bloat bloat_of(const struct wpb_rule_context *context,
                             const struct wpb_subject *option)
{
    return (struct bloat){
        .has_many =
            wpb_database_reaches(context, option, WPB_M_EVENTS, CODE, "warning_events"),
        .has_duplicates = wpb_database_reaches(context, option, WPB_M_EVENTS_DUPLICATE,
                                               CODE, "warning_duplicates"),
        .is_late = wpb_database_reaches(context, option, WPB_M_OVERDUE_SECONDS, CODE,
                                        "warning_overdue"),
        .is_large =
            wpb_database_reaches(context, option, WPB_M_ROW_BYTES, CODE, "warning_bytes"),
        .is_critical = wpb_database_reaches(context, option, WPB_M_ROW_BYTES, CODE,
                                            "critical_bytes"),
    };
}

bool wpb_database_judge_cron(const struct wpb_rule_context *context,
                             const struct wpb_subject *option,
                             enum wpb_severity *severity)
{
    struct bloat bloat;

    if (option->parent || !wpb_slice_is(option->name, "cron"))
        return false;
    bloat = bloat_of(context, option);
    *severity = bloat.is_critical ? WPB_CRITICAL : WPB_WARNING;
    return bloat.has_many || bloat.has_duplicates || bloat.is_late || bloat.is_large;
}

static const char *title(const struct wpb_rule_context *context,
                         const struct wpb_subject *option, const struct bloat *bloat)
{
    struct wpb_arena *arena = context->arena;
    const char *events = wpb_say_known_count(context, option, WPB_M_EVENTS);
    const char *late = "";

    if (bloat->is_late)
        late = wpb_arena_printf(
            arena, "%s overdue for up to %s",
            wpb_say_known_count(context, option, WPB_M_EVENTS_OVERDUE),
            wpb_say_duration(arena, wpb_window_integer(context->window, option,
                                                       WPB_M_OVERDUE_SECONDS, 0)));
    if (!events[0])
        return wpb_arena_printf(arena, "The list of WP-Cron's events takes %s",
                                wpb_say_known_bytes(context, option, WPB_M_ROW_BYTES));
    return wpb_arena_printf(
        arena, "WP-Cron has %s scheduled events%s%s%s%s", events, late[0] ? ", " : "",
        late, bloat->is_large ? ", in a list of " : "",
        bloat->is_large ? wpb_say_known_bytes(context, option, WPB_M_ROW_BYTES) : "");
}

static const char *summary(const struct wpb_rule_context *context,
                           const struct bloat *bloat)
{
    return wpb_arena_printf(
        context->arena,
        "WordPress keeps all scheduled events in one option, which every request loads "
        "and decodes, and writes whole each time an event is added or done.%s%s",
        bloat->is_late ? " Events past their time mean that nobody runs them: scheduled "
                         "posts do not appear, mails and orders wait, updates and "
                         "backups do not happen."
                       : "",
        bloat->has_duplicates
            ? " The same event is scheduled again and again: mostly code that does not "
              "look whether it is scheduled already."
            : "");
}

static void draft_cause(struct wpb_draft *draft, const struct bloat *bloat)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_subject *option = draft->finding.subject;
    struct wpb_slice hook =
        wpb_window_text(context->window, option, WPB_M_DUPLICATE_HOOK);
    const char *who = "";

    draft->finding.cause.kind = "wp_cron";
    draft->finding.cause.confidence = "possible";
    if (hook.len && bloat->has_duplicates)
        who = wpb_arena_printf(context->arena,
                               "The hook %s has the most events: its name mostly tells "
                               "the plugin.",
                               wpb_say_name(context->arena, hook));
    draft->finding.cause.note = wpb_arena_printf(
        context->arena, "%s%s%s", who, who[0] && bloat->is_late ? " " : "",
        bloat->is_late
            ? "Common causes of a WP-Cron that stands still: DISABLE_WP_CRON is set and "
              "no system cron calls it; the host cannot reach itself over HTTP; a page "
              "cache answers nearly all requests; one job fails again and again."
            : "");
}

static void draft_remedy(struct wpb_draft *draft, const struct bloat *bloat)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_slice none = wpb_slice_of("", 0);
    struct wpb_slice hook =
        wpb_window_text(context->window, draft->finding.subject, WPB_M_DUPLICATE_HOOK);

    draft->finding.remedy.summary =
        bloat->is_late ? "Make WP-Cron run, best from the system's cron; then look which "
                         "events are there in numbers."
                       : "Look which hooks have many events, and remove those whose "
                         "plugin is gone.";
    wpb_draft_line(&draft->now, wpb_say_wp_command(context, "cron event list", none));
    if (bloat->is_late)
        wpb_draft_line(&draft->now,
                       wpb_say_wp_command(context, "cron event run --due-now", none));
    if (bloat->is_late) {
        wpb_draft_line(&draft->for_good, "Run WP-Cron from the crontab of the user that "
                                         "owns the site, every five minutes:");
        wpb_draft_line(
            &draft->for_good,
            wpb_say_wp_command(context, "cron event run --due-now --quiet", none));
    }
    if (bloat->has_duplicates && hook.len && !memchr(hook.data, '\0', hook.len)) {
        wpb_draft_line(
            &draft->for_good,
            "Remove all events of that hook; an active plugin schedules the one "
            "it needs again:");
        wpb_draft_line(&draft->for_good,
                       wpb_say_wp_command(context, "cron event delete", hook));
    }
    wpb_draft_line(&draft->for_good,
                   "In code: if ( ! wp_next_scheduled( $hook, $args ) ) before "
                   "wp_schedule_event(), and wp_clear_scheduled_hook() when the plugin "
                   "is deactivated.");
    wpb_draft_line(&draft->verify,
                   wpb_say_explain_option(context, draft->finding.subject));
    if (bloat->is_late)
        wpb_draft_line(&draft->verify, wpb_say_wp_command(context, "cron test", none));
}

static void report(struct wpb_rule_context *context, const struct wpb_subject *option,
                   enum wpb_severity severity)
{
    struct bloat bloat = bloat_of(context, option);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, option);
    draft.finding.title = title(context, option, &bloat);
    draft.finding.summary = summary(context, &bloat);
    wpb_draft_known(&draft, "events", WPB_M_EVENTS);
    wpb_draft_known(&draft, "events_overdue", WPB_M_EVENTS_OVERDUE);
    wpb_draft_known(&draft, "overdue_seconds", WPB_M_OVERDUE_SECONDS);
    wpb_draft_known(&draft, "events_duplicate", WPB_M_EVENTS_DUPLICATE);
    wpb_draft_known(&draft, "duplicate_hook", WPB_M_DUPLICATE_HOOK);
    wpb_draft_known(&draft, "row_bytes", WPB_M_ROW_BYTES);
    draft_cause(&draft, &bloat);
    draft_remedy(&draft, &bloat);
    wpb_draft_emit(&draft);
}

void wpb_database_cron_bloat(struct wpb_rule_context *context)
{
    const struct wpb_subject *option;
    enum wpb_severity severity;
    size_t cursor = 0;

    while (
        (option = wpb_window_next(context->window, WPB_SUBJECT_OPTION, NULL, &cursor))) {
        if (wpb_database_judge_cron(context, option, &severity))
            report(context, option, severity);
    }
}
