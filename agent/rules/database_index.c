/* Whether the database finds the autoloaded options by an index. */
#include "agent/rules/database.h"

#define CODE "database.autoload_index_missing"

static const char *summary(const struct wpb_rule_context *context)
{
    const char *when = "";

    if (wpb_database_has_cache(context->site))
        when = " With a persistent object cache this happens when the cached list is "
               "gone: after each flush and each restart of the cache, by all requests at "
               "once.";
    else if (context->site->flavour == WPB_FLAVOUR_NONE)
        when = " This site has no persistent object cache, so each request asks.";
    return wpb_arena_printf(
        context->arena,
        "WordPress asks the database for all options that are to be autoloaded. Its own "
        "tables have an index on that column; this one has none, so the database reads "
        "the whole options table, large values that nobody asked for included.%s",
        when);
}

static void report(struct wpb_rule_context *context, const struct wpb_subject *table,
                   enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    const char *name = wpb_say_sql_name(arena, table->name);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, table);
    draft.finding.title =
        wpb_arena_printf(arena, "%s has no index on the column autoload",
                         wpb_say_name(arena, table->name));
    draft.finding.summary = summary(context);
    wpb_draft_known(&draft, "rows", WPB_M_ROWS);
    wpb_draft_known(&draft, "data_bytes", WPB_M_DATA_BYTES);
    wpb_draft_known(&draft, "autoload_bytes", WPB_M_AUTOLOAD_BYTES);
    draft.finding.cause.kind = "schema";
    draft.finding.cause.confidence = "likely";
    draft.finding.cause.note =
        "WordPress has created the table with this index since 5.3. Tables of older "
        "sites "
        "get it with the update of the database that follows an update of WordPress; a "
        "copy made without its indexes, or a plugin that \"optimizes\", can lose it.";
    draft.finding.remedy.summary = "Add the index, at a quiet hour. InnoDB does it while "
                                   "the site runs; the table is "
                                   "small compared with posts and their metadata.";
    wpb_draft_line(
        &draft.now,
        wpb_say_mysql_command(
            context, wpb_arena_printf(
                         arena, "ALTER TABLE %s ADD INDEX autoload (autoload)", name)));
    wpb_draft_line(&draft.for_good,
                   "Keep the options table small: an index helps only as long as few "
                   "of its rows are autoloaded.");
    wpb_draft_line(&draft.verify,
                   wpb_say_mysql_command(
                       context, wpb_arena_printf(arena, "SHOW INDEX FROM %s", name)));
    wpb_draft_emit(&draft);
}

void wpb_database_autoload_index_missing(struct wpb_rule_context *context)
{
    const struct wpb_subject *table;
    size_t cursor = 0;

    while ((table = wpb_database_table_with(context, WPB_M_AUTOLOAD_INDEXED, &cursor))) {
        if (wpb_window_integer(context->window, table, WPB_M_AUTOLOAD_INDEXED, 1) != 0)
            continue;
        bool is_large =
            wpb_database_reaches(context, table, WPB_M_ROWS, CODE, "warning_rows") ||
            wpb_database_reaches(context, table, WPB_M_DATA_BYTES, CODE, "warning_bytes");
        report(context, table, is_large ? WPB_WARNING : WPB_INFO);
    }
}
