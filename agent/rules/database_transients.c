/* Transients in the options table: past their time, and ever more of them. */
#include "agent/rules/cache.h"
#include "agent/rules/database.h"

#define EXPIRED "database.transients_expired"
#define EXPLODING "database.transients_exploding"

static int64_t count_of(const struct wpb_rule_context *context,
                        const struct wpb_subject *subject, enum wpb_metric metric)
{
    return wpb_window_integer(context->window, subject, metric, 0);
}

/* --- database.transients_expired --- */

static bool judge_expired(const struct wpb_rule_context *context,
                          const struct wpb_subject *table, enum wpb_severity *severity)
{
    *severity = WPB_WARNING;
    if (wpb_database_reaches(context, table, WPB_M_EXPIRED, EXPIRED,
                             "warning_transients") ||
        wpb_database_reaches(context, table, WPB_M_EXPIRED_BYTES, EXPIRED,
                             "warning_bytes"))
        return true;
    /* With a persistent cache none of them is ever removed: what is left is left over. */
    *severity = WPB_INFO;
    return wpb_database_has_cache(context->site) &&
           wpb_database_reaches(context, table, WPB_M_EXPIRED, EXPIRED,
                                "info_transients_with_cache");
}

static void draft_expired_cause(struct wpb_draft *draft)
{
    struct wpb_cause *cause = &draft->finding.cause;

    cause->kind = "transients";
    if (wpb_database_has_cache(draft->context->site)) {
        cause->confidence = "likely";
        cause->note = "This site has a persistent object cache: transients live there, "
                      "and WordPress no longer removes those in the database. These are "
                      "left from before, or from hours without the cache.";
        return;
    }
    cause->confidence = "possible";
    cause->note =
        "WordPress removes them once a day by WP-Cron (delete_expired_transients). "
        "Either WP-Cron does not run, or more expire within a day than is usual.";
}

static void report_expired(struct wpb_rule_context *context,
                           const struct wpb_subject *table, enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    const char *bytes = wpb_say_known_bytes(context, table, WPB_M_EXPIRED_BYTES);
    const char *count = wpb_say_known_count(context, table, WPB_M_EXPIRED);
    struct wpb_slice none = wpb_slice_of("", 0);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, table);
    draft.finding.title =
        wpb_arena_printf(arena, "%s expired transients lie in %s%s%s%s",
                         count[0] ? count : "Many", wpb_say_name(arena, table->name),
                         bytes[0] ? " (" : "", bytes, bytes[0] ? ")" : "");
    draft.finding.summary =
        "A transient is a result kept for a while. Past its time it is of no use to "
        "anybody, but it stays as two rows of the options table until somebody removes "
        "it, and the table, its backups and its reads grow with it.";
    wpb_draft_sample(&draft, "expired", WPB_M_EXPIRED);
    wpb_draft_known(&draft, "expired_bytes", WPB_M_EXPIRED_BYTES);
    wpb_draft_known(&draft, "transients", WPB_M_TRANSIENTS);
    wpb_draft_known(&draft, "transient_bytes", WPB_M_TRANSIENT_BYTES);
    draft_expired_cause(&draft);
    draft.finding.remedy.summary =
        "Delete them: expired transients are computed again when they are needed.";
    wpb_draft_line(&draft.now,
                   wpb_say_wp_command(context, "transient delete --expired", none));
    wpb_draft_line(&draft.for_good,
                   "Make sure that WP-Cron runs, best from the system's cron:");
    wpb_draft_line(&draft.for_good, wpb_say_wp_command(context, "cron event list", none));
    if (wpb_database_has_cache(context->site))
        wpb_draft_line(&draft.for_good,
                       "With a persistent object cache once is enough: nothing new is "
                       "stored in the database while the cache works.");
    wpb_draft_line(
        &draft.verify,
        wpb_say_mysql_command(
            context, wpb_arena_printf(arena,
                                      "SELECT COUNT(*) FROM %s WHERE option_name LIKE "
                                      "'\\_transient\\_timeout\\_%%' AND option_value < "
                                      "UNIX_TIMESTAMP()",
                                      wpb_say_sql_name(arena, table->name))));
    wpb_draft_emit(&draft);
}

void wpb_database_transients_expired(struct wpb_rule_context *context)
{
    const struct wpb_subject *table;
    enum wpb_severity severity;
    size_t cursor = 0;

    while ((table = wpb_database_table_with(context, WPB_M_EXPIRED, &cursor))) {
        if (wpb_database_is_table(table, "options") &&
            judge_expired(context, table, &severity))
            report_expired(context, table, severity);
    }
}

/* --- database.transients_exploding --- */

/* The family with the most names in TABLE; NULL when none is known. */
static const struct wpb_subject *largest_family(const struct wpb_rule_context *context,
                                                const struct wpb_subject *table)
{
    const struct wpb_subject *family, *largest = NULL;
    int64_t most = 0;
    size_t cursor = 0;

    while ((family = wpb_window_next(context->window, WPB_SUBJECT_OPTION_FAMILY, table,
                                     &cursor))) {
        int64_t names = count_of(context, family, WPB_M_NAMES);
        if (names > most ||
            (names == most && largest && wpb_subject_compare(family, largest) < 0)) {
            most = names;
            largest = family;
        }
    }
    return largest;
}

static bool judge_exploding(const struct wpb_rule_context *context,
                            const struct wpb_subject *table, enum wpb_severity *severity)
{
    const struct wpb_subject *family = largest_family(context, table);

    *severity = wpb_database_reaches(context, table, WPB_M_TRANSIENTS, EXPLODING,
                                     "critical_transients")
                    ? WPB_CRITICAL
                    : WPB_WARNING;
    return wpb_database_reaches(context, table, WPB_M_TRANSIENTS, EXPLODING,
                                "warning_transients") ||
           (family && wpb_database_reaches(context, family, WPB_M_NAMES, EXPLODING,
                                           "warning_family_names"));
}

static void draft_exploding_remedy(struct wpb_draft *draft,
                                   const struct wpb_subject *family)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_slice none = wpb_slice_of("", 0);
    const struct wpb_subject *table = draft->finding.subject;

    draft->finding.remedy.summary =
        "Find the code that makes a new name each time (an id, a hash, an address in the "
        "name) and have it keep fewer, with an expiry. Deleting transients is safe, they "
        "are computed again; they come back until the code is mended.";
    wpb_draft_line(&draft->now,
                   wpb_say_wp_command(context, "transient delete --expired", none));
    if (family)
        wpb_draft_line(&draft->for_good,
                       wpb_arena_printf(context->arena,
                                        "Look first for who stores names like %s.",
                                        wpb_say_name(context->arena, family->name)));
    wpb_draft_line(&draft->for_good,
                   "In code, always with the third argument: set_transient( $name, "
                   "$value, DAY_IN_SECONDS );");
    wpb_draft_line(&draft->for_good,
                   "Results per visitor, per search or per address belong into a cache "
                   "that removes the oldest by itself, not into the database.");
    if (!wpb_database_has_cache(context->site))
        wpb_draft_line(&draft->for_good,
                       "With a persistent object cache transients do not enter the "
                       "database at all; give that cache a memory limit and a policy "
                       "that removes the least used.");
    wpb_draft_line(
        &draft->verify,
        wpb_say_mysql_command(
            context, wpb_arena_printf(context->arena,
                                      "SELECT COUNT(*) FROM %s WHERE option_name LIKE "
                                      "'\\_transient\\_%%'",
                                      wpb_say_sql_name(context->arena, table->name))));
}

static const char *exploding_summary(const struct wpb_rule_context *context,
                                     const struct wpb_subject *table)
{
    const char *lasting = "";

    if (count_of(context, table, WPB_M_WITHOUT_TIMEOUT) > 0)
        lasting = wpb_arena_printf(
            context->arena,
            " %s of them have no expiry: WordPress never removes those, and loads them "
            "with every request.",
            wpb_say_known_count(context, table, WPB_M_WITHOUT_TIMEOUT));
    return wpb_arena_printf(
        context->arena,
        "Each transient is one or two rows of the options table, which every request "
        "reads from. Code that puts an id, a hash or an address into the name stores a "
        "new one with every visitor or every search, faster than WordPress removes "
        "them.%s",
        lasting);
}

static void report_exploding(struct wpb_rule_context *context,
                             const struct wpb_subject *table, enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    const struct wpb_subject *family = largest_family(context, table);
    const char *bytes = wpb_say_known_bytes(context, table, WPB_M_TRANSIENT_BYTES);
    const char *count = wpb_say_known_count(context, table, WPB_M_TRANSIENTS);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, table);
    draft.finding.title = wpb_arena_printf(
        arena, "%s transients in %s%s%s%s", count[0] ? count : "Very many",
        wpb_say_name(arena, table->name), bytes[0] ? " take " : "", bytes,
        bytes[0] ? "" : ", and more come");
    draft.finding.summary = exploding_summary(context, table);
    wpb_draft_sample(&draft, "transients", WPB_M_TRANSIENTS);
    wpb_draft_known(&draft, "transient_bytes", WPB_M_TRANSIENT_BYTES);
    wpb_draft_known(&draft, "without_timeout", WPB_M_WITHOUT_TIMEOUT);
    wpb_draft_known(&draft, "expired", WPB_M_EXPIRED);
    if (family) {
        wpb_cause_families(&draft);
    } else {
        draft.finding.cause.kind = "option_families";
        draft.finding.cause.note = "No pattern was found in their names.";
    }
    draft_exploding_remedy(&draft, family);
    wpb_draft_emit(&draft);
}

void wpb_database_transients_exploding(struct wpb_rule_context *context)
{
    const struct wpb_subject *table;
    enum wpb_severity severity;
    size_t cursor = 0;

    while ((table = wpb_database_table_with(context, WPB_M_TRANSIENTS, &cursor))) {
        if (judge_exploding(context, table, &severity))
            report_exploding(context, table, severity);
    }
}
