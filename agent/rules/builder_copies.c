/* What grows beside the pages: revisions that copy the builder's meta, and options that
 * take an entry for each page. */
#include "agent/rules/builder.h"
#include "agent/rules/database.h"
#include "agent/rules/prospect.h"

#define COPIES "builder.revision_copies"
#define GROWING "builder.option_grows_per_page"
#define POSTS_REPORTED 5
#define NOT_LIMITED "WP_POST_REVISIONS is not limited, or was not when these were saved."
#define KEEP_FEW "In wp-config.php, from then on WordPress keeps so many of each post:"

/* --- builder.revision_copies --- */

/* The layouts of all pages, by a sample of them. */
static bool judge_all_copies(const struct wpb_rule_context *context,
                             const struct wpb_subject *key)
{
    return !key->parent && wpb_database_reaches(context, key, WPB_M_REVISION_BYTES,
                                                COPIES, "warning_all_bytes");
}

static bool judge_copies(const struct wpb_rule_context *context,
                         const struct wpb_subject *post)
{
    return wpb_database_reaches(context, post, WPB_M_REVISION_BYTES, COPIES,
                                "warning_bytes") ||
           wpb_database_reaches(context, post, WPB_M_REVISIONS, COPIES,
                                "warning_revisions");
}

static void draft_copies_remedy(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_subject *post = draft->finding.subject;
    struct wpb_slice none = wpb_slice_of("", 0);
    const char *of_post = wpb_arena_printf(context->arena, "--post_parent=%.*s",
                                           (int)post->name.len, post->name.data);

    draft->finding.remedy.summary =
        "Keep the last few revisions and delete the older ones through WordPress, which "
        "removes their metadata with them. Keep a backup: a revision cannot be brought "
        "back.";
    wpb_draft_line(&draft->now,
                   wpb_say_wp_command(context,
                                      "post list --post_type=revision "
                                      "--post_status=inherit --fields=ID,post_date",
                                      wpb_slice_cstr(of_post)));
    wpb_draft_line(&draft->for_good, KEEP_FEW);
    wpb_draft_line(&draft->for_good, "define( 'WP_POST_REVISIONS', 5 );");
    wpb_draft_line(&draft->for_good, "To delete old ones, by the IDs of the list above:");
    wpb_draft_line(&draft->for_good,
                   wpb_say_wp_command(context, "post delete ID ID ID --force", none));
    wpb_draft_line(
        &draft->verify,
        wpb_say_mysql_command(
            context,
            wpb_arena_printf(context->arena,
                             "SELECT COUNT(*) FROM %s WHERE post_type = 'revision' AND "
                             "post_parent = %s",
                             wpb_say_sql_table(context, "posts"),
                             wpb_say_sql_id(context->arena, post->name))));
}

static void report_copies(struct wpb_rule_context *context,
                          const struct wpb_subject *post, uint64_t further)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_slice slug = wpb_builder_slug(context, post);
    const char *builder = wpb_builder_say_name(context, slug);
    const char *bytes = wpb_say_known_bytes(context, post, WPB_M_REVISION_BYTES);
    const char *count = wpb_say_known_count(context, post, WPB_M_REVISIONS);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, WPB_WARNING, post);
    draft.finding.title =
        wpb_arena_printf(arena, "%s: %s revisions carry copies of its layout%s%s%s",
                         wpb_builder_say_post(context, post), count[0] ? count : "its",
                         bytes[0] ? " (" : "", bytes, bytes[0] ? ")" : "");
    draft.finding.summary = wpb_arena_printf(
        arena,
        "WordPress keeps a revision with every save, and %s copies the whole layout into "
        "it. Visitors never load them, but the table of metadata, its backups and every "
        "search through it grow with each save.%s",
        builder,
        further ? wpb_arena_printf(arena,
                                   " Of the pages that were looked at, %s more have as "
                                   "many.",
                                   wpb_say_count(arena, further))
                : "");
    wpb_builder_draft_post(&draft, post);
    if (slug.len)
        wpb_draft_fact(&draft, "builder", wpb_value_text(slug), WPB_EXACT);
    wpb_draft_sample(&draft, "revisions", WPB_M_REVISIONS);
    wpb_draft_known(&draft, "revision_bytes", WPB_M_REVISION_BYTES);
    wpb_draft_known(&draft, "row_bytes", WPB_M_ROW_BYTES);
    draft.finding.cause.kind = "revisions";
    draft.finding.cause.confidence = "likely";
    draft.finding.cause.note = NOT_LIMITED;
    draft_copies_remedy(&draft);
    wpb_draft_emit(&draft);
}

static const char *say_total(const struct wpb_rule_context *context)
{
    return wpb_say_mysql_command(
        context,
        wpb_arena_printf(context->arena,
                         "SELECT post_parent, COUNT(*) AS revisions FROM %s WHERE "
                         "post_type = 'revision' GROUP BY post_parent ORDER BY "
                         "revisions DESC LIMIT 20",
                         wpb_say_sql_table(context, "posts")));
}

static void report_all_copies(struct wpb_rule_context *context,
                              const struct wpb_subject *key)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_slice slug = wpb_builder_slug(context, key);
    const char *count = wpb_say_known_count(context, key, WPB_M_REVISIONS);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, WPB_WARNING, key);
    draft.finding.title =
        wpb_arena_printf(arena, "Revisions carry %s of copies of %s%s%s%s",
                         wpb_say_known_bytes(context, key, WPB_M_REVISION_BYTES),
                         wpb_say_name(arena, key->name), count[0] ? " (" : "", count,
                         count[0] ? " revisions)" : "");
    draft.finding.summary = wpb_arena_printf(
        arena,
        "WordPress keeps a revision with every save, and %s copies the whole layout into "
        "it. Visitors never load them, but the table of metadata, its backups and every "
        "search through it carry them. The figure is for all pages, by a sample.",
        wpb_builder_say_name(context, slug));
    if (slug.len)
        wpb_draft_fact(&draft, "builder", wpb_value_text(slug), WPB_EXACT);
    wpb_draft_known(&draft, "revisions", WPB_M_REVISIONS);
    wpb_draft_sample(&draft, "revision_bytes", WPB_M_REVISION_BYTES);
    wpb_draft_known(&draft, "rows", WPB_M_ROWS);
    wpb_draft_known(&draft, "row_bytes", WPB_M_ROW_BYTES);
    draft.finding.cause.kind = "revisions";
    draft.finding.cause.confidence = "likely";
    draft.finding.cause.note = NOT_LIMITED;
    draft.finding.remedy.summary =
        "Limit the revisions, then delete the older ones of the pages that have most, "
        "through WordPress, which removes their metadata with them. Keep a backup.";
    wpb_draft_line(&draft.now, say_total(context));
    wpb_draft_line(&draft.for_good, KEEP_FEW);
    wpb_draft_line(&draft.for_good, "define( 'WP_POST_REVISIONS', 5 );");
    wpb_draft_line(&draft.for_good, "To delete old ones, by their IDs:");
    wpb_draft_line(
        &draft.for_good,
        wpb_say_wp_command(context, "post delete ID ID ID --force", wpb_slice_of("", 0)));
    wpb_draft_line(&draft.verify, say_total(context));
    wpb_draft_emit(&draft);
}

void wpb_builder_revision_copies(struct wpb_rule_context *context)
{
    const struct wpb_subject *post, *key;
    struct wpb_ranking most;
    size_t cursor = 0;

    while (
        (key = wpb_window_next(context->window, WPB_SUBJECT_META_KEY, NULL, &cursor))) {
        if (judge_all_copies(context, key))
            report_all_copies(context, key);
    }
    cursor = 0;

    wpb_ranking_init(&most, POSTS_REPORTED);
    while ((post = wpb_window_next(context->window, WPB_SUBJECT_POST, NULL, &cursor))) {
        int64_t bytes =
            wpb_window_integer(context->window, post, WPB_M_REVISION_BYTES, 0);
        if (judge_copies(context, post))
            wpb_ranking_add(&most, post, bytes > 0 ? (uint64_t)bytes : 1);
    }
    for (size_t i = 0; i < most.count; i++)
        report_copies(context, most.items[i].subject,
                      i == 0 ? most.added - most.count : 0);
}

/* --- builder.option_grows_per_page --- */

bool wpb_builder_judge_growing_option(const struct wpb_rule_context *context,
                                      const struct wpb_subject *option,
                                      enum wpb_severity *severity)
{
    bool is_loaded =
        wpb_window_integer(context->window, option, WPB_M_AUTOLOADED, 0) == 1;

    *severity = is_loaded && wpb_database_reaches(context, option, WPB_M_ROW_BYTES,
                                                  GROWING, "critical_bytes")
                    ? WPB_CRITICAL
                    : WPB_WARNING;
    return !option->parent &&
           wpb_slice_is(wpb_window_text(context->window, option, WPB_M_META_ROLE),
                        "per page") &&
           (wpb_database_reaches(context, option, WPB_M_ROW_BYTES, GROWING,
                                 "warning_bytes") ||
            wpb_database_reaches(context, option, WPB_M_ENTRIES, GROWING,
                                 "warning_entries"));
}

static void draft_growing_remedy(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_subject *option = draft->finding.subject;

    draft->finding.remedy.summary =
        "Clear the builder's CSS cache in its settings: it begins the list anew with the "
        "pages that are really visited. What made it long is mostly addresses that are "
        "no "
        "pages: searches, filters, pages of lists.";
    wpb_draft_line(&draft->now, wpb_say_explain_option(context, option));
    wpb_draft_line(&draft->for_good,
                   "Have CSS written to files, and a page cache in front of addresses "
                   "that robots make up.");
    wpb_draft_line(
        &draft->for_good,
        "Tell the maker of the builder: what belongs to one page belongs into the "
        "metadata of that page.");
    wpb_draft_line(&draft->verify,
                   wpb_say_mysql_command(
                       context, wpb_arena_printf(
                                    context->arena,
                                    "SELECT autoload, LENGTH(option_value) FROM %s WHERE "
                                    "option_name = %s",
                                    wpb_say_sql_table(context, "options"),
                                    wpb_say_sql_text(context->arena, option->name))));
}

static void report_growing(struct wpb_rule_context *context,
                           const struct wpb_subject *option, enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_slice slug = wpb_builder_slug(context, option);
    const char *builder = wpb_builder_say_name(context, slug);
    const char *entries = wpb_say_known_count(context, option, WPB_M_ENTRIES);
    bool is_loaded =
        wpb_window_integer(context->window, option, WPB_M_AUTOLOADED, 0) == 1;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, option);
    draft.finding.title = wpb_arena_printf(
        arena, "%s keeps an entry for each page in %s: %s%s%s", builder,
        wpb_say_name(arena, option->name),
        wpb_say_known_bytes(context, option, WPB_M_ROW_BYTES), entries[0] ? ", " : "",
        entries[0] ? wpb_arena_printf(arena, "%s entries", entries) : "");
    draft.finding.summary = wpb_arena_printf(
        arena,
        "The option takes an entry for every page that was ever shown, and nothing "
        "removes them. %s",
        is_loaded ? "It is autoloaded: every request loads and carries the whole list, "
                    "and each new page has all autoloaded options stored again."
                  : "Each page that needs it reads the whole list, and each new page has "
                    "it written again.");
    if (slug.len)
        wpb_draft_fact(&draft, "builder", wpb_value_text(slug), WPB_EXACT);
    wpb_draft_sample(&draft, "row_bytes", WPB_M_ROW_BYTES);
    wpb_draft_known(&draft, "entries", WPB_M_ENTRIES);
    wpb_draft_known(&draft, "autoloaded", WPB_M_AUTOLOADED);
    wpb_draft_known(&draft, "php_value_bytes", WPB_M_PHP_VALUE_BYTES);
    draft.finding.cause.kind = "builder";
    draft.finding.cause.confidence = "likely";
    draft.finding.cause.note =
        wpb_arena_printf(arena, "%s writes it, by the name of the option.", builder);
    draft_growing_remedy(&draft);
    wpb_prospect_attach(&draft, WPB_M_ROW_BYTES);
    wpb_draft_emit(&draft);
}

void wpb_builder_option_grows_per_page(struct wpb_rule_context *context)
{
    const struct wpb_subject *option;
    enum wpb_severity severity;
    size_t cursor = 0;

    while (
        (option = wpb_window_next(context->window, WPB_SUBJECT_OPTION, NULL, &cursor))) {
        if (wpb_builder_judge_growing_option(context, option, &severity))
            report_growing(context, option, severity);
    }
}
