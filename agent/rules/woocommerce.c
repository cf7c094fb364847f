/* The tables of WooCommerce that grow when nobody clears them: sessions and the actions
 * of Action Scheduler. */
#include "agent/rules/database.h"

#define SESSIONS "woocommerce.sessions"
#define ACTIONS "woocommerce.action_scheduler"

/* Pieces of a title: "a, b, c". */
static const char *join(struct wpb_arena *arena, const char *before, const char *piece)
{
    return wpb_arena_printf(arena, "%s%s%s", before, before[0] ? ", " : "", piece);
}

/* --- woocommerce.sessions --- */

struct sessions {
    const struct wpb_subject *table;
    bool is_uncleared, is_large, is_slow, has_legacy;
};

/* WooCommerce clears twice a day sessions that last two days: of those there, about a
 * fifth may be past their time. */
static bool is_uncleared(const struct wpb_rule_context *context,
                         const struct wpb_subject *table)
{
    double expired, rows;

    if (!wpb_database_reaches(context, table, WPB_M_EXPIRED, SESSIONS,
                              "warning_expired") ||
        !wpb_rule_number(context, table, WPB_M_EXPIRED, &expired))
        return false;
    return !wpb_rule_number(context, table, WPB_M_ROWS, &rows) ||
           expired >= rows * wpb_rule_option(context, SESSIONS, "warning_expired_ratio");
}

static bool judge_sessions(const struct wpb_rule_context *context,
                           struct sessions *sessions)
{
    const struct wpb_subject *table = sessions->table;

    sessions->has_legacy = wpb_database_reaches(context, table, WPB_M_LEGACY_SESSIONS,
                                                SESSIONS, "warning_legacy");
    if (!wpb_database_is_table(table, "woocommerce_sessions"))
        return sessions->has_legacy;
    sessions->is_uncleared = is_uncleared(context, table);
    sessions->is_large = wpb_database_reaches(context, table, WPB_M_LARGEST_BYTES,
                                              SESSIONS, "warning_largest_bytes");
    sessions->is_slow =
        wpb_window_integer(context->window, table, WPB_M_EXPIRY_INDEXED, 1) == 0 &&
        wpb_database_reaches(context, table, WPB_M_ROWS, SESSIONS,
                             "warning_rows_unindexed");
    return sessions->is_uncleared || sessions->is_large || sessions->is_slow ||
           sessions->has_legacy;
}

static const char *sessions_title(const struct wpb_rule_context *context,
                                  const struct sessions *sessions)
{
    struct wpb_arena *arena = context->arena;
    const struct wpb_subject *table = sessions->table;
    const char *what = "";

    if (sessions->is_uncleared)
        what = wpb_arena_printf(arena, "%s sessions are past their time",
                                wpb_say_known_count(context, table, WPB_M_EXPIRED));
    if (sessions->is_large)
        what = join(
            arena, what,
            wpb_arena_printf(arena, "one takes %s",
                             wpb_say_known_bytes(context, table, WPB_M_LARGEST_BYTES)));
    if (sessions->is_slow)
        what = join(arena, what, "no index finds those that expire");
    if (sessions->has_legacy)
        what = join(
            arena, what,
            wpb_arena_printf(arena, "%s old ones lie in the options table",
                             wpb_say_known_count(context, table, WPB_M_LEGACY_SESSIONS)));
    return wpb_arena_printf(arena, "WooCommerce's sessions: %s", what);
}

static const char *sessions_summary(struct wpb_arena *arena,
                                    const struct sessions *sessions)
{
    return wpb_arena_printf(
        arena,
        "WooCommerce keeps a row for each visitor with a cart, for two days.%s%s%s%s",
        sessions->is_uncleared ? " Twice a day it deletes those that have expired; here "
                                 "it does not, so the table grows with every visitor."
                               : "",
        sessions->is_large ? " A session is read and decoded in every request of its "
                             "visitor: a large one makes all of them slow."
                           : "",
        sessions->is_slow ? " Without an index on session_expiry each clearing reads the "
                            "whole table and holds it meanwhile: checkouts wait."
                          : "",
        sessions->has_legacy ? " Sessions in the options table are from a version before "
                               "2.5 or from another plugin; nothing removes them."
                             : "");
}

static void draft_sessions_remedy(struct wpb_draft *draft,
                                  const struct sessions *sessions)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_arena *arena = context->arena;
    struct wpb_slice none = wpb_slice_of("", 0);
    const char *table = wpb_say_sql_name(arena, sessions->table->name);

    draft->finding.remedy.summary =
        "Have the clearing run again. Deleting expired sessions is safe; deleting all "
        "empties the carts of those who are shopping now.";
    if (sessions->is_uncleared || sessions->is_slow)
        wpb_draft_line(&draft->now,
                       wpb_say_wp_command(
                           context, "cron event run woocommerce_cleanup_sessions", none));
    if (sessions->is_uncleared)
        wpb_draft_line(&draft->for_good,
                       "Make WP-Cron run from the system's cron: it clears them.");
    if (sessions->is_slow) {
        wpb_draft_line(&draft->for_good,
                       "Update WooCommerce (newer versions create the index), or add it "
                       "at a quiet hour:");
        wpb_draft_line(
            &draft->for_good,
            wpb_say_mysql_command(
                context, wpb_arena_printf(arena,
                                          "ALTER TABLE %s ADD INDEX session_expiry "
                                          "(session_expiry)",
                                          table)));
    }
    if (sessions->is_large)
        wpb_draft_line(&draft->for_good,
                       "Look which plugin puts more than the cart into the session: "
                       "WC()->session->set() with lists of products, prices or rates.");
    if (sessions->has_legacy) {
        wpb_draft_line(&draft->for_good,
                       "Delete the old ones once, after a copy of the table:");
        wpb_draft_line(&draft->for_good,
                       wpb_say_mysql_backup(context, sessions->table->name));
    }
    wpb_draft_line(
        &draft->verify,
        wpb_say_mysql_command(
            context,
            wpb_arena_printf(arena,
                             sessions->has_legacy
                                 ? "SELECT COUNT(*) FROM %s WHERE option_name LIKE "
                                   "'\\_wc\\_session\\_%%' OR option_name LIKE "
                                   "'\\_wp\\_session\\_%%'"
                                 : "SELECT COUNT(*), SUM(session_expiry < "
                                   "UNIX_TIMESTAMP()) FROM %s",
                             table)));
}

static void report_sessions(struct wpb_rule_context *context,
                            const struct sessions *sessions)
{
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, WPB_WARNING, sessions->table);
    draft.finding.title = sessions_title(context, sessions);
    draft.finding.summary = sessions_summary(context->arena, sessions);
    wpb_draft_known(&draft, "rows", WPB_M_ROWS);
    wpb_draft_known(&draft, "expired", WPB_M_EXPIRED);
    wpb_draft_known(&draft, "expired_bytes", WPB_M_EXPIRED_BYTES);
    wpb_draft_known(&draft, "largest_bytes", WPB_M_LARGEST_BYTES);
    wpb_draft_known(&draft, "expiry_indexed", WPB_M_EXPIRY_INDEXED);
    wpb_draft_known(&draft, "legacy_sessions", WPB_M_LEGACY_SESSIONS);
    draft.finding.cause.kind = "sessions";
    draft.finding.cause.confidence = "possible";
    draft.finding.cause.note =
        "Common causes: WP-Cron stands still; the clearing runs into a time limit "
        "because "
        "the table is too large already; robots that fill carts; a plugin that keeps its "
        "own data in the session.";
    draft_sessions_remedy(&draft, sessions);
    wpb_draft_emit(&draft);
}

void wpb_woocommerce_sessions(struct wpb_rule_context *context)
{
    struct sessions sessions;
    size_t cursor = 0;

    while ((sessions.table =
                wpb_window_next(context->window, WPB_SUBJECT_TABLE, NULL, &cursor))) {
        sessions = (struct sessions){.table = sessions.table};
        if (judge_sessions(context, &sessions))
            report_sessions(context, &sessions);
    }
}

/* --- woocommerce.action_scheduler --- */

struct actions {
    const struct wpb_subject *table;
    bool is_late, has_failed, is_uncleared, is_critical;
};

static bool judge_actions(const struct wpb_rule_context *context, struct actions *actions)
{
    const struct wpb_subject *table = actions->table;
    bool has_complete =
        wpb_database_reaches(context, table, WPB_M_COMPLETE, ACTIONS, "warning_complete");
    bool is_old = wpb_database_reaches(context, table, WPB_M_OLDEST_ROW_SECONDS, ACTIONS,
                                       "warning_oldest");

    actions->is_late =
        wpb_database_reaches(context, table, WPB_M_PAST_DUE, ACTIONS, "warning_past_due");
    actions->has_failed =
        wpb_database_reaches(context, table, WPB_M_FAILED, ACTIONS, "warning_failed");
    actions->is_uncleared =
        (has_complete && is_old) ||
        wpb_database_reaches(context, table, WPB_M_LOG_ROWS, ACTIONS, "warning_log_rows");
    actions->is_critical = wpb_database_reaches(context, table, WPB_M_LOG_ROWS, ACTIONS,
                                                "critical_log_rows");
    return actions->is_late || actions->has_failed || actions->is_uncleared;
}

static const char *actions_title(const struct wpb_rule_context *context,
                                 const struct actions *actions)
{
    struct wpb_arena *arena = context->arena;
    const struct wpb_subject *table = actions->table;
    const char *rows = wpb_say_known_count(context, table, WPB_M_LOG_ROWS);
    const char *what = "";

    if (actions->is_late)
        what = wpb_arena_printf(arena, "%s actions wait a day or more past their time",
                                wpb_say_known_count(context, table, WPB_M_PAST_DUE));
    if (actions->has_failed)
        what = join(arena, what,
                    wpb_arena_printf(arena, "%s failed and were never removed",
                                     wpb_say_known_count(context, table, WPB_M_FAILED)));
    if (actions->is_uncleared)
        what = join(arena, what,
                    rows[0] ? wpb_arena_printf(arena, "the log has %s rows", rows)
                            : "what is done is not removed");
    return wpb_arena_printf(arena, "Action Scheduler: %s", what);
}

static void draft_actions_remedy(struct wpb_draft *draft, const struct actions *actions)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_arena *arena = context->arena;
    struct wpb_slice none = wpb_slice_of("", 0);
    const char *table = wpb_say_sql_name(arena, actions->table->name);

    draft->finding.remedy.summary =
        "Run what waits, look why actions fail before you delete them, then have the "
        "clearing keep up.";
    wpb_draft_line(
        &draft->now,
        wpb_say_mysql_command(
            context, wpb_arena_printf(arena,
                                      "SELECT hook, status, COUNT(*) AS actions FROM %s "
                                      "GROUP BY hook, status ORDER BY actions DESC "
                                      "LIMIT 20",
                                      table)));
    if (actions->is_late)
        wpb_draft_line(&draft->now,
                       wpb_say_wp_command(context, "action-scheduler run", none));
    if (actions->is_late)
        wpb_draft_line(&draft->for_good,
                       "Run it from the system's cron every minute, so that it depends "
                       "neither on visitors nor on a page cache.");
    if (actions->has_failed || actions->is_uncleared) {
        wpb_draft_line(&draft->for_good,
                       "Keep a copy of the table, then remove what is done or failed and "
                       "older than a month, in batches:");
        wpb_draft_line(&draft->for_good,
                       wpb_say_mysql_backup(context, actions->table->name));
        wpb_draft_line(&draft->for_good,
                       wpb_say_wp_command(context,
                                          "action-scheduler clean "
                                          "--status=complete,failed,canceled "
                                          "--before='31 days ago' --batch-size=500 "
                                          "--pause=1",
                                          none));
    }
    wpb_draft_line(
        &draft->verify,
        wpb_say_mysql_command(
            context,
            wpb_arena_printf(arena,
                             "SELECT status, COUNT(*), MIN(scheduled_date_gmt) FROM %s "
                             "GROUP BY status",
                             table)));
}

static const char *actions_summary(struct wpb_arena *arena, const struct actions *actions)
{
    return wpb_arena_printf(
        arena,
        "WooCommerce and its extensions do their work in the background through Action "
        "Scheduler: mails, payments of subscriptions, stock, webhooks.%s%s%s",
        actions->is_late ? " What waits a day past its time has not happened: the queue "
                           "stands still or cannot keep up."
                         : "",
        actions->has_failed ? " Failed actions are not removed by themselves; they slow "
                              "the search for what is due, and their number says that "
                              "something is broken."
                            : "",
        actions->is_uncleared
            ? " It removes what is done after 31 days, only 20 at a time: where more is "
              "scheduled than that, its tables grow without end."
            : "");
}

static void report_actions(struct wpb_rule_context *context,
                           const struct actions *actions)
{
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, actions->is_critical ? WPB_CRITICAL : WPB_WARNING,
                   actions->table);
    draft.finding.title = actions_title(context, actions);
    draft.finding.summary = actions_summary(context->arena, actions);
    wpb_draft_known(&draft, "pending", WPB_M_PENDING);
    wpb_draft_known(&draft, "past_due", WPB_M_PAST_DUE);
    wpb_draft_known(&draft, "overdue_seconds", WPB_M_OVERDUE_SECONDS);
    wpb_draft_known(&draft, "failed", WPB_M_FAILED);
    wpb_draft_known(&draft, "complete", WPB_M_COMPLETE);
    wpb_draft_known(&draft, "oldest_row_seconds", WPB_M_OLDEST_ROW_SECONDS);
    wpb_draft_known(&draft, "log_rows", WPB_M_LOG_ROWS);
    draft.finding.cause.kind = "action_scheduler";
    draft.finding.cause.confidence = "possible";
    draft.finding.cause.note =
        "Common causes: WP-Cron stands still; a plugin schedules an action for each "
        "order, product or mail; one action fails, is scheduled anew and fails again. "
        "The "
        "first command tells which hooks they are.";
    draft_actions_remedy(&draft, actions);
    wpb_draft_emit(&draft);
}

void wpb_woocommerce_action_scheduler(struct wpb_rule_context *context)
{
    struct actions actions;
    size_t cursor = 0;

    while ((actions.table =
                wpb_window_next(context->window, WPB_SUBJECT_TABLE, NULL, &cursor))) {
        if (wpb_database_is_table(actions.table, "actionscheduler_actions") &&
            judge_actions(context, &actions))
            report_actions(context, &actions);
    }
}
