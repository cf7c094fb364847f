/* What grows in the database until it is too much: the autoloaded options, tables that
 * requests read, WooCommerce's sessions and the log of Action Scheduler; and the option
 * of a page builder that takes an entry for each page. */
#include "agent/rules/builder.h"
#include "agent/rules/database.h"
#include "agent/rules/prospect.h"
#include "agent/rules/ranking.h"

#define COMPONENTS_MAX 10

/* --- database.growth --- */

/* What there is to say of each metric that may grow. */
static const struct kind_of_growth {
    enum wpb_metric metric;
    const char
        *what; /* of a title: "The autoloaded options grow by ..."; NULL: the table */
    const char *ends; /* "... and are at their critical size in ..." */
    const char *why;
    const char *pace_name, *limit_name; /* of facts */
    const char *remedy;
} kinds[] = {
    {WPB_M_AUTOLOAD_BYTES, "The autoloaded options grow", "are at their critical size",
     "Every request loads all of them before it does anything else, whether the page "
     "needs them or not.",
     "growth_bytes_per_day", "limit_bytes",
     "Find the option that grows: a log, a cache or an index does not belong among the "
     "autoloaded ones. Flushing a cache changes nothing."},
    {WPB_M_DATA_BYTES, NULL, "no longer fits into InnoDB's buffer pool",
     "As long as the buffer pool holds the rows that requests read, they cost no disk; "
     "behind that point each further megabyte makes pages slower, all of them.",
     "growth_bytes_per_day", "pool_bytes",
     "Find what adds the rows (metadata of page builders, revisions, orphaned rows), "
     "remove what nobody reads, and give the buffer pool more memory if the host has "
     "it."},
    {WPB_M_ROWS, "The sessions of WooCommerce grow", "are too many to clear in time",
     "They should be cleared twice a day; a clearing of a million rows holds the table "
     "for seconds, and checkouts wait.",
     "growth_rows_per_day", "limit_rows",
     "Have the clearing run again: WP-Cron stands still, or the clearing runs into a "
     "time "
     "limit. Deleting expired sessions is safe."},
    {WPB_M_LOG_ROWS, "The log of Action Scheduler grows", "is at its critical size",
     "What is done is removed after 31 days, only 20 actions at a time: where more is "
     "scheduled than that, its tables grow without end.",
     "growth_rows_per_day", "limit_rows",
     "Look which hook schedules so much, and have the clearing keep up: in batches, from "
     "the system's cron."},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct growing_table {
    const struct wpb_subject *table;
    const struct kind_of_growth *kind;
    struct wpb_prospect prospect;
};

static const char *table_title(const struct wpb_rule_context *context,
                               const struct growing_table *growing)
{
    struct wpb_arena *arena = context->arena;
    const struct kind_of_growth *kind = growing->kind;
    const char *what = kind->what;

    if (kind->metric == WPB_M_DATA_BYTES)
        what = wpb_arena_printf(arena, "The table %s grows",
                                wpb_say_name(arena, growing->table->name));
    return wpb_arena_printf(arena, "%s by %s and %s %s", what,
                            wpb_prospect_say_pace(context, growing->prospect.outlook),
                            kind->ends,
                            wpb_prospect_say_when(context, &growing->prospect));
}

static bool is_row_count(enum wpb_metric metric)
{
    return metric == WPB_M_ROWS || metric == WPB_M_LOG_ROWS;
}

static const char *table_summary(const struct wpb_rule_context *context,
                                 const struct growing_table *growing)
{
    const struct wpb_outlook *outlook = growing->prospect.outlook;
    const char *rows = is_row_count(outlook->metric) ? " rows" : "";

    return wpb_arena_printf(
        context->arena, "Now %s%s; too much is %s%s. %s",
        wpb_prospect_say_value(context, outlook->metric, growing->prospect.stake.level),
        rows, wpb_prospect_say_value(context, outlook->metric, outlook->target), rows,
        growing->kind->why);
}

/* The plugins and themes whose options make all of them grow, fastest first; where no
 * history knows, the heaviest. */
static void draft_components(struct wpb_draft *draft, const struct wpb_subject *table,
                             double whole)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_cause *cause = &draft->finding.cause;
    const struct wpb_subject *subject;
    struct wpb_ranking growing, heavy;
    const struct wpb_ranking *ranking;
    struct wpb_component_cause *components;
    size_t cursor = 0;

    wpb_ranking_init(&growing, COMPONENTS_MAX);
    wpb_ranking_init(&heavy, COMPONENTS_MAX);
    while ((subject = wpb_window_next(context->window, WPB_SUBJECT_COMPONENT, table,
                                      &cursor))) {
        const struct wpb_outlook *outlook =
            wpb_prospect_growth(context, subject, WPB_M_AUTOLOAD_BYTES);
        int64_t bytes =
            wpb_window_integer(context->window, subject, WPB_M_AUTOLOAD_BYTES, 0);
        if (outlook)
            wpb_ranking_add(&growing, subject, (uint64_t)outlook->per_day);
        wpb_ranking_add(&heavy, subject, bytes > 0 ? (uint64_t)bytes : 0);
    }
    ranking = growing.count ? &growing : &heavy;
    cause->kind = "components";
    cause->confidence = growing.count ? "likely" : "possible";
    if (ranking->count == 0)
        return;
    if (growing.count)
        cause->note = wpb_arena_printf(context->arena, "Grown a day: %s.",
                                       wpb_ranking_say_bytes(&growing, context->arena));
    components = wpb_arena_alloc(context->arena, ranking->count * sizeof(*components));
    for (size_t i = 0; i < ranking->count; i++) {
        const struct wpb_subject *component = ranking->items[i].subject;
        int64_t bytes =
            wpb_window_integer(context->window, component, WPB_M_AUTOLOAD_BYTES, 0);
        int64_t options =
            wpb_window_integer(context->window, component, WPB_M_OPTIONS, 0);
        components[i] = (struct wpb_component_cause){
            .name = component->name,
            .bytes = bytes > 0 ? (uint64_t)bytes : 0,
            .options = options > 0 ? (uint64_t)options : 0,
            .share_ratio = whole > 0 ? (double)bytes / whole : 0};
    }
    cause->components = components;
    cause->component_count = ranking->count;
}

/* The SQL that shows what the table is made of. */
static const char *say_inside(const struct wpb_rule_context *context,
                              const struct growing_table *growing)
{
    const char *table = wpb_say_sql_name(context->arena, growing->table->name);
    const char *sql = "SHOW TABLE STATUS";

    if (growing->kind->metric == WPB_M_AUTOLOAD_BYTES)
        sql = wpb_arena_printf(
            context->arena,
            "SELECT option_name, LENGTH(option_value) AS bytes FROM %s WHERE autoload IN "
            "('yes', 'on', 'auto', 'auto-on') ORDER BY bytes DESC LIMIT 20",
            table);
    else if (growing->kind->metric == WPB_M_ROWS)
        sql = wpb_arena_printf(context->arena,
                               "SELECT COUNT(*), SUM(session_expiry < UNIX_TIMESTAMP()) "
                               "AS expired FROM %s",
                               table);
    else if (growing->kind->metric == WPB_M_LOG_ROWS)
        sql = wpb_arena_printf(context->arena,
                               "SELECT status, COUNT(*) FROM %s GROUP BY status", table);
    else if (wpb_database_is_table(growing->table, "meta"))
        sql = wpb_arena_printf(context->arena,
                               "SELECT meta_key, COUNT(*) AS metas FROM %s GROUP BY "
                               "meta_key ORDER BY metas DESC LIMIT 20",
                               table);
    return wpb_say_mysql_command(context, sql);
}

static void draft_table_remedy(struct wpb_draft *draft,
                               const struct growing_table *growing)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_slice none = wpb_slice_of("", 0);

    draft->finding.remedy.summary = growing->kind->remedy;
    wpb_draft_line(&draft->now, say_inside(context, growing));
    if (growing->kind->metric == WPB_M_ROWS)
        wpb_draft_line(&draft->now,
                       wpb_say_wp_command(
                           context, "cron event run woocommerce_cleanup_sessions", none));
    if (growing->kind->metric == WPB_M_LOG_ROWS)
        wpb_draft_line(&draft->for_good,
                       wpb_say_wp_command(context,
                                          "action-scheduler clean --status=complete,"
                                          "failed,canceled --before='31 days ago' "
                                          "--batch-size=500 --pause=1",
                                          none));
    wpb_draft_line(&draft->for_good, "Before you delete rows, keep a copy of the table:");
    wpb_draft_line(&draft->for_good, wpb_say_mysql_backup(context, growing->table->name));
    wpb_draft_line(&draft->verify, say_inside(context, growing));
}

static void report_table(struct wpb_rule_context *context,
                         const struct growing_table *growing)
{
    const struct kind_of_growth *kind = growing->kind;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, growing->prospect.severity, growing->table);
    draft.finding.title = table_title(context, growing);
    draft.finding.summary = table_summary(context, growing);
    wpb_draft_known(&draft, wpb_metric_row(kind->metric)->name, kind->metric);
    wpb_prospect_draft(&draft, &growing->prospect, kind->pace_name, kind->limit_name);
    if (kind->metric == WPB_M_AUTOLOAD_BYTES)
        draft_components(&draft, growing->table, growing->prospect.stake.level);
    else
        draft.finding.cause.kind = "table";
    draft_table_remedy(&draft, growing);
    wpb_draft_emit(&draft);
}

/* One finding a table: of several metrics the one that is most urgent. */
static bool find_growth(const struct wpb_rule_context *context,
                        struct growing_table *growing)
{
    bool is_found = false;

    for (size_t k = 0; k < KINDS; k++) {
        struct wpb_prospect prospect;

        if (!wpb_prospect_judge(context, growing->table, kinds[k].metric, &prospect) ||
            (is_found && prospect.severity <= growing->prospect.severity))
            continue;
        growing->kind = &kinds[k];
        growing->prospect = prospect;
        is_found = true;
    }
    return is_found;
}

void wpb_database_growth(struct wpb_rule_context *context)
{
    size_t cursor = 0;
    const struct wpb_subject *table;

    while ((table = wpb_window_next(context->window, WPB_SUBJECT_TABLE, NULL, &cursor))) {
        struct growing_table growing = {.table = table};

        if (find_growth(context, &growing))
            report_table(context, &growing);
    }
}

/* --- builder.option_growth --- */

static void report_option(struct wpb_rule_context *context,
                          const struct wpb_subject *option,
                          const struct wpb_prospect *prospect)
{
    struct wpb_arena *arena = context->arena;
    const char *builder =
        wpb_builder_say_name(context, wpb_builder_slug(context, option));
    bool is_loaded =
        wpb_window_integer(context->window, option, WPB_M_AUTOLOADED, 0) == 1;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, prospect->severity, option);
    draft.finding.title =
        wpb_arena_printf(arena, "The option %s of %s grows by %s and is too large %s",
                         wpb_say_name(arena, option->name), builder,
                         wpb_prospect_say_pace(context, prospect->outlook),
                         wpb_prospect_say_when(context, prospect));
    draft.finding.summary = wpb_arena_printf(
        arena,
        "It takes an entry for every address that was ever shown, and nothing removes "
        "them: %s now, too much is %s. %s",
        wpb_prospect_say_value(context, WPB_M_ROW_BYTES, prospect->stake.level),
        wpb_prospect_say_value(context, WPB_M_ROW_BYTES, prospect->outlook->target),
        is_loaded ? "It is autoloaded: every request loads and carries the whole list."
                  : "Each page that needs it reads the whole list, and each new page has "
                    "it written again.");
    wpb_draft_known(&draft, "row_bytes", WPB_M_ROW_BYTES);
    wpb_draft_known(&draft, "entries", WPB_M_ENTRIES);
    wpb_draft_known(&draft, "autoloaded", WPB_M_AUTOLOADED);
    wpb_prospect_draft(&draft, prospect, "growth_bytes_per_day", "limit_bytes");
    draft.finding.cause.kind = "builder";
    draft.finding.cause.confidence = "likely";
    draft.finding.cause.note =
        wpb_arena_printf(arena, "%s writes it, by the name of the option.", builder);
    draft.finding.remedy.summary =
        "Clear the builder's CSS cache in its settings: it begins the list anew. That it "
        "grows steadily says that addresses are made up all the time: searches, filters, "
        "robots.";
    wpb_draft_line(&draft.now, wpb_say_explain_option(context, option));
    wpb_draft_line(&draft.for_good,
                   "Have CSS written to files, and a page cache in front of addresses "
                   "that robots make up.");
    wpb_draft_line(
        &draft.verify,
        wpb_say_mysql_command(
            context, wpb_arena_printf(arena,
                                      "SELECT autoload, LENGTH(option_value) FROM %s "
                                      "WHERE option_name = %s",
                                      wpb_say_sql_table(context, "options"),
                                      wpb_say_sql_text(arena, option->name))));
    wpb_draft_emit(&draft);
}

void wpb_builder_option_growth(struct wpb_rule_context *context)
{
    const struct wpb_subject *option;
    struct wpb_prospect prospect;
    size_t cursor = 0;

    while (
        (option = wpb_window_next(context->window, WPB_SUBJECT_OPTION, NULL, &cursor))) {
        if (wpb_prospect_judge(context, option, WPB_M_ROW_BYTES, &prospect))
            report_option(context, option, &prospect);
    }
}
