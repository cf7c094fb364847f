/* Layouts that are too large to decode in every request, and those that cannot be
 * decoded at all. */
#include "agent/rules/builder.h"
#include "agent/rules/cache.h"
#include "agent/rules/database.h"

#define HEAVY "builder.layout_heavy"
#define INVALID "builder.invalid_serialized"
#define REPORTED 5

/* A meta of one post. */
static bool is_of_post(const struct wpb_subject *meta)
{
    return meta->parent && meta->parent->kind == WPB_SUBJECT_POST;
}

/* --- builder.layout_heavy --- */

static bool is_of_revision(const struct wpb_rule_context *context,
                           const struct wpb_subject *meta)
{
    return wpb_slice_is(wpb_window_text(context->window, meta->parent, WPB_M_POST_TYPE),
                        "revision");
}

static bool judge_heavy(const struct wpb_rule_context *context,
                        const struct wpb_subject *meta, enum wpb_severity *severity)
{
    uint64_t limit = wpb_cache_memory_limit(context);
    int64_t peak =
        wpb_window_integer(context->window, meta, WPB_M_PHP_READ_PEAK_BYTES, 0);
    double share = limit && peak > 0 ? (double)peak / (double)limit : 0;
    bool is_critical =
        wpb_database_reaches(context, meta, WPB_M_ROW_BYTES, HEAVY, "critical_bytes") ||
        share >= wpb_rule_option(context, HEAVY, "critical_peak_ratio");

    *severity = is_critical ? WPB_CRITICAL : WPB_WARNING;
    return is_of_post(meta) && !is_of_revision(context, meta) &&
           wpb_slice_is(wpb_builder_role(context, meta), "layout") &&
           (is_critical ||
            wpb_database_reaches(context, meta, WPB_M_ROW_BYTES, HEAVY,
                                 "warning_bytes") ||
            share >= wpb_rule_option(context, HEAVY, "warning_peak_ratio"));
}

static const char *heavy_summary(const struct wpb_rule_context *context,
                                 const struct wpb_subject *meta, const char *builder)
{
    struct wpb_arena *arena = context->arena;
    const char *peak = wpb_say_known_bytes(context, meta, WPB_M_PHP_READ_PEAK_BYTES);
    const char *widgets = wpb_say_known_count(context, meta, WPB_M_WIDGETS);

    return wpb_arena_printf(
        arena,
        "%s reads the whole layout and builds it in memory to show the page%s%s%s, and "
        "again to edit it%s%s%s. Each save writes it anew and keeps the old one as a "
        "revision.",
        builder, peak[0] ? ": " : "", peak, peak[0] ? " of PHP memory" : "",
        widgets[0] ? ". It has " : "", widgets, widgets[0] ? " elements" : "");
}

static void draft_heavy_remedy(struct wpb_draft *draft, const struct wpb_subject *meta)
{
    struct wpb_rule_context *context = draft->context;

    draft->finding.remedy.summary =
        "Look what is heavy in it; mostly it is a few widgets that hold text, tables or "
        "images in their own settings.";
    wpb_draft_line(&draft->now,
                   wpb_say_explain_meta(context, meta->parent->name, meta->name));
    wpb_draft_line(
        &draft->for_good,
        "Put images, SVG and fonts that lie in the layout as text (data:) into "
        "the media library.");
    wpb_draft_line(&draft->for_good,
                   "Turn what repeats into a template or a global widget, and split a "
                   "very long page into several.");
    wpb_draft_line(&draft->for_good,
                   "Let lists that change (products, posts, prices) come from a query "
                   "instead of being typed into the layout.");
    wpb_draft_line(&draft->verify, wpb_builder_say_meta_sql(context, meta->parent));
}

static const char *say_inside(const struct wpb_rule_context *context,
                              const struct wpb_subject *meta)
{
    if (wpb_window_get(context->window, meta, WPB_M_EXAMINED_BYTES))
        return "No single part of it stands out: it is the number of elements.";
    return "What is inside was not read; wpbloat explain reads it.";
}

static void report_heavy(struct wpb_rule_context *context, const struct wpb_subject *meta,
                         enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_slice slug = wpb_builder_slug(context, meta);
    const char *builder = wpb_builder_say_name(context, slug);
    const char *paths = wpb_cache_say_paths(context, meta);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, meta);
    draft.finding.title = wpb_arena_printf(
        arena, "%s: its layout is %s", wpb_builder_say_post(context, meta->parent),
        wpb_say_known_bytes(context, meta, WPB_M_ROW_BYTES));
    draft.finding.summary = heavy_summary(context, meta, builder);
    wpb_builder_draft_post(&draft, meta->parent);
    if (slug.len)
        wpb_draft_fact(&draft, "builder", wpb_value_text(slug), WPB_EXACT);
    wpb_draft_sample(&draft, "row_bytes", WPB_M_ROW_BYTES);
    wpb_draft_known(&draft, "encoding", WPB_M_ENCODING);
    wpb_draft_known(&draft, "widgets", WPB_M_WIDGETS);
    wpb_draft_known(&draft, "php_value_bytes", WPB_M_PHP_VALUE_BYTES);
    wpb_draft_known(&draft, "php_read_peak_bytes", WPB_M_PHP_READ_PEAK_BYTES);
    wpb_cache_draft_limit(&draft);
    draft.finding.cause.kind = "layout";
    draft.finding.cause.confidence = paths[0] ? "likely" : "unknown";
    draft.finding.cause.note = paths[0] ? paths : say_inside(context, meta);
    draft_heavy_remedy(&draft, meta);
    wpb_draft_emit(&draft);
}

void wpb_builder_layout_heavy(struct wpb_rule_context *context)
{
    const struct wpb_subject *meta;
    enum wpb_severity severity;
    struct wpb_ranking heaviest;
    size_t cursor = 0;

    wpb_ranking_init(&heaviest, REPORTED);
    while (
        (meta = wpb_window_next(context->window, WPB_SUBJECT_META_KEY, NULL, &cursor))) {
        if (judge_heavy(context, meta, &severity))
            wpb_ranking_add(
                &heaviest, meta,
                (uint64_t)wpb_window_integer(context->window, meta, WPB_M_ROW_BYTES, 1));
    }
    for (size_t i = 0; i < heaviest.count; i++) {
        judge_heavy(context, heaviest.items[i].subject, &severity);
        report_heavy(context, heaviest.items[i].subject, severity);
    }
}

/* --- builder.invalid_serialized --- */

static bool says(struct wpb_slice text, const char *part)
{
    return text.len > 0 && memmem(text.data, text.len, part, strlen(part));
}

/* A reading that ended early for want of budget proves nothing. */
static bool is_damaged(struct wpb_slice flaw)
{
    return says(flaw, "invalid at byte") || says(flaw, "cut at") ||
           says(flaw, "its end is missing") || says(flaw, "is wrong");
}

static void rank_damaged(const struct wpb_rule_context *context,
                         enum wpb_subject_kind kind, struct wpb_ranking *ranking)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(context->window, kind, NULL, &cursor))) {
        bool is_layout = wpb_slice_is(wpb_builder_role(context, subject), "layout");

        if (is_damaged(wpb_window_text(context->window, subject, WPB_M_FLAW)) &&
            wpb_builder_slug(context, subject).len)
            wpb_ranking_add(ranking, subject, is_layout ? 2 : 1);
    }
}

static const char *invalid_summary(const struct wpb_rule_context *context,
                                   const struct wpb_subject *subject, const char *builder)
{
    struct wpb_slice flaw = wpb_window_text(context->window, subject, WPB_M_FLAW);
    const char *how = "";

    if (says(flaw, "cut at"))
        how = " It ends exactly where a column of a smaller type would cut it: the rest "
              "is gone.";
    else if (says(flaw, "is wrong"))
        how = " A length in it does not fit what follows: that is what replacing an "
              "address in the database by plain SQL leaves behind.";
    return wpb_arena_printf(
        context->arena,
        "PHP gets false instead of the value, and %s goes on as if nothing were stored: "
        "the page is empty or without its styles, and saving it in the editor then "
        "writes "
        "the emptiness over what could still be repaired.%s",
        builder, how);
}

static void draft_invalid_remedy(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_subject *subject = draft->finding.subject;
    struct wpb_slice role = wpb_builder_role(context, subject);
    bool is_option = subject->kind == WPB_SUBJECT_OPTION;
    bool can_be_rebuilt = wpb_slice_is(role, "css") || wpb_slice_is(role, "cache") ||
                          wpb_slice_is(role, "per page");

    draft->finding.remedy.summary =
        can_be_rebuilt
            ? "The builder can make it again: clear its cache or regenerate its CSS in "
              "its settings."
            : "Do not save the page in the editor. Keep a copy of the table first, then "
              "take the value from a revision or a backup.";
    wpb_draft_line(&draft->now, is_option ? wpb_say_explain_option(context, subject)
                                : is_of_post(subject)
                                    ? wpb_say_explain_meta(context, subject->parent->name,
                                                           subject->name)
                                    : NULL);
    if (!can_be_rebuilt) {
        const char *prefix = context->site->table_prefix;
        const char *table =
            wpb_arena_printf(context->arena, "%s%s", prefix && prefix[0] ? prefix : "wp_",
                             is_option ? "options" : "postmeta");
        wpb_draft_line(&draft->now, wpb_say_mysql_backup(context, wpb_slice_cstr(table)));
    }
    wpb_draft_line(&draft->for_good,
                   "Change addresses with a tool that knows PHP's serialize, never with "
                   "UPDATE ... REPLACE():");
    wpb_draft_line(&draft->for_good,
                   wpb_say_wp_command(context,
                                      "search-replace OLD NEW --dry-run --precise",
                                      wpb_slice_of("", 0)));
    wpb_draft_line(&draft->for_good,
                   "A value cut at 65,535 bytes: the column is TEXT instead of LONGTEXT, "
                   "or the value passed through one.");
    if (is_of_post(subject))
        wpb_draft_line(&draft->verify,
                       wpb_builder_say_meta_sql(context, subject->parent));
}

static void report_invalid(struct wpb_rule_context *context,
                           const struct wpb_ranked *ranked, uint64_t further)
{
    struct wpb_arena *arena = context->arena;
    const struct wpb_subject *subject = ranked->subject;
    struct wpb_slice slug = wpb_builder_slug(context, subject);
    const char *builder = wpb_builder_say_name(context, slug);
    bool is_layout = ranked->weight > 1;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, is_layout ? WPB_CRITICAL : WPB_WARNING, subject);
    draft.finding.title = wpb_arena_printf(
        arena, "%s cannot be decoded%s%s", wpb_say_name(arena, subject->name),
        is_of_post(subject) ? " in post " : "",
        is_of_post(subject) ? wpb_say_name(arena, subject->parent->name) : "");
    draft.finding.summary = invalid_summary(context, subject, builder);
    if (further)
        draft.finding.summary =
            wpb_arena_printf(arena, "%s %s more values that were read are damaged, too.",
                             draft.finding.summary, wpb_say_count(arena, further));
    if (is_of_post(subject))
        wpb_builder_draft_post(&draft, subject->parent);
    wpb_draft_fact(&draft, "builder", wpb_value_text(slug), WPB_EXACT);
    wpb_draft_known(&draft, "flaw", WPB_M_FLAW);
    wpb_draft_known(&draft, "row_bytes", WPB_M_ROW_BYTES);
    wpb_draft_known(&draft, "encoding", WPB_M_ENCODING);
    draft.finding.cause.kind = "damaged_value";
    draft.finding.cause.confidence = "possible";
    draft.finding.cause.note =
        "Common causes: a search-and-replace in SQL when the site moved; a column that "
        "is "
        "too short for the value; a copy through another character set.";
    draft_invalid_remedy(&draft);
    wpb_draft_emit(&draft);
}

void wpb_builder_invalid_serialized(struct wpb_rule_context *context)
{
    struct wpb_ranking damaged;

    wpb_ranking_init(&damaged, REPORTED);
    rank_damaged(context, WPB_SUBJECT_META_KEY, &damaged);
    rank_damaged(context, WPB_SUBJECT_OPTION, &damaged);
    for (size_t i = 0; i < damaged.count; i++)
        report_invalid(context, &damaged.items[i],
                       i == 0 ? damaged.added - damaged.count : 0);
}
