/* The options that every request loads: how heavy together, how heavy one, and whether
 * the database finds them by an index. */
#include <math.h>

#include "agent/rules/builder.h"
#include "agent/rules/database.h"
#include "agent/rules/prospect.h"
#include "agent/rules/ranking.h"

#define COMPONENTS_MAX 10
#define OPTIONS_NAMED 3
#define OPTIONS_REPORTED 5
/* Components must be named for this part of the bytes before they are called likely. */
#define LIKELY_SHARE 0.5
#define AUTOLOAD_IS "autoload IN ('yes', 'on', 'auto', 'auto-on')"

static uint64_t held_by_requests(uint64_t bytes)
{
    return bytes > UINT64_MAX / WPB_DATABASE_REQUESTS ? UINT64_MAX
                                                      : bytes * WPB_DATABASE_REQUESTS;
}

static void draft_held(struct wpb_draft *draft, uint64_t bytes)
{
    wpb_draft_fact(draft, "held_by_40_requests_bytes",
                   wpb_value_count(held_by_requests(bytes)), WPB_ESTIMATED);
}

/* --- database.autoload_large --- */

#define LARGE "database.autoload_large"

struct autoload {
    const struct wpb_subject *table;
    uint64_t bytes;
    uint64_t ram; /* 0: unknown, or not the memory of the machine that runs PHP */
};

static bool judge_large(const struct wpb_rule_context *context,
                        const struct autoload *autoload, enum wpb_severity *severity)
{
    double bytes = (double)autoload->bytes;
    double held = (double)held_by_requests(autoload->bytes);

    if (bytes < wpb_rule_option(context, LARGE, "warning_bytes"))
        return false;
    *severity = bytes >= wpb_rule_option(context, LARGE, "critical_bytes") ||
                        (autoload->ram &&
                         held / (double)autoload->ram >=
                             wpb_rule_option(context, LARGE, "critical_ram_ratio"))
                    ? WPB_CRITICAL
                    : WPB_WARNING;
    return true;
}

static bool is_named(struct wpb_slice component)
{
    return wpb_slice_starts(component, wpb_slice_cstr("plugin:")) ||
           wpb_slice_starts(component, wpb_slice_cstr("theme:")) ||
           wpb_slice_starts(component, wpb_slice_cstr("builder:"));
}

static struct wpb_component_cause component_of(const struct wpb_rule_context *context,
                                               const struct wpb_ranked *ranked,
                                               uint64_t whole)
{
    int64_t options =
        wpb_window_integer(context->window, ranked->subject, WPB_M_OPTIONS, 0);

    return (struct wpb_component_cause){
        .name = ranked->subject->name,
        .bytes = ranked->weight,
        .options = options > 0 ? (uint64_t)options : 0,
        .share_ratio = whole ? (double)ranked->weight / (double)whole : 0,
    };
}

/* "Largest options: a (22.0 MiB), b (1.0 MiB)." or "". */
static const char *say_largest(const struct wpb_rule_context *context,
                               struct wpb_slice scope)
{
    const struct wpb_subject *option;
    struct wpb_ranking largest;
    size_t cursor = 0;

    wpb_ranking_init(&largest, OPTIONS_NAMED);
    while (
        (option = wpb_window_next(context->window, WPB_SUBJECT_OPTION, NULL, &cursor))) {
        int64_t bytes = wpb_window_integer(context->window, option, WPB_M_ROW_BYTES, 0);
        if (bytes > 0 && !option->parent && wpb_slice_equal(option->scope, scope) &&
            wpb_window_integer(context->window, option, WPB_M_AUTOLOADED, 0) == 1)
            wpb_ranking_add(&largest, option, (uint64_t)bytes);
    }
    if (largest.count == 0)
        return "";
    return wpb_arena_printf(context->arena, "Largest options: %s.",
                            wpb_ranking_say_bytes(&largest, context->arena));
}

static bool is_exact_share(const struct wpb_rule_context *context,
                           const struct wpb_subject *component)
{
    const struct wpb_sample *bytes =
        wpb_window_get(context->window, component, WPB_M_AUTOLOAD_BYTES);

    return bytes && bytes->provenance == WPB_EXACT;
}

static void draft_components(struct wpb_draft *draft, const struct autoload *autoload)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_cause *cause = &draft->finding.cause;
    const struct wpb_subject *subject;
    struct wpb_component_cause *components;
    struct wpb_ranking ranking;
    double named = 0;
    size_t cursor = 0;

    wpb_ranking_init(&ranking, COMPONENTS_MAX);
    while ((subject = wpb_window_next(context->window, WPB_SUBJECT_COMPONENT,
                                      autoload->table, &cursor))) {
        int64_t bytes =
            wpb_window_integer(context->window, subject, WPB_M_AUTOLOAD_BYTES, 0);
        wpb_ranking_add(&ranking, subject, bytes > 0 ? (uint64_t)bytes : 0);
    }
    cause->kind = "components";
    cause->note = say_largest(context, autoload->table->scope);
    if (ranking.count == 0)
        return;
    components = wpb_arena_alloc(context->arena, ranking.count * sizeof(*components));
    if (!is_exact_share(context, ranking.items[0].subject))
        cause->note =
            wpb_arena_printf(context->arena, "%s%sThe parts are told by a sample.",
                             cause->note, cause->note[0] ? " " : "");
    for (size_t i = 0; i < ranking.count; i++) {
        components[i] = component_of(context, &ranking.items[i], autoload->bytes);
        if (is_named(components[i].name))
            named += components[i].share_ratio;
    }
    cause->components = components;
    cause->component_count = ranking.count;
    cause->confidence = named >= LIKELY_SHARE ? "likely" : "possible";
}

static const char *large_summary(const struct wpb_rule_context *context,
                                 const struct autoload *autoload)
{
    struct wpb_arena *arena = context->arena;
    uint64_t held = held_by_requests(autoload->bytes);
    const char *of_ram = "";

    if (autoload->ram)
        of_ram = wpb_arena_printf(
            arena, ", %s of this machine's memory",
            wpb_say_share(arena, fmin((double)held / (double)autoload->ram, 1)));
    return wpb_arena_printf(
        arena,
        "WordPress loads these options before it does anything else, in every request, "
        "whether the page needs them or not: %s each time. %d requests at the same "
        "moment "
        "hold at least %s for it%s. Raising memory_limit lets a single request carry it "
        "and makes the crowd of them heavier. Flushing a cache changes nothing: the "
        "options come straight back from the database. WordPress's own Site Health calls "
        "800,000 bytes too much.",
        wpb_say_known_bytes(context, autoload->table, WPB_M_AUTOLOAD_BYTES),
        WPB_DATABASE_REQUESTS, wpb_say_bytes(arena, held), of_ram);
}

static const char *say_largest_sql(const struct wpb_rule_context *context,
                                   const struct wpb_subject *table)
{
    return wpb_say_mysql_command(
        context,
        wpb_arena_printf(context->arena,
                         "SELECT option_name, LENGTH(option_value) AS bytes FROM %s "
                         "WHERE " AUTOLOAD_IS " ORDER BY bytes DESC LIMIT 20",
                         wpb_say_sql_name(context->arena, table->name)));
}

static void draft_off(struct wpb_draft *draft, struct wpb_slice option)
{
    struct wpb_rule_context *context = draft->context;

    wpb_draft_line(
        &draft->for_good,
        option.len
            ? wpb_arena_printf(context->arena, "%s off",
                               wpb_say_wp_command(context, "option set-autoload", option))
            : wpb_say_wp_command(context, "option set-autoload NAME off", option));
    if (!wpb_database_has_cache(context->site))
        return;
    wpb_draft_line(&draft->for_good,
                   "Then delete the cached piece, which that command leaves as it was:");
    wpb_draft_line(&draft->for_good,
                   wpb_say_wp_command(context, "cache delete alloptions options",
                                      wpb_slice_of("", 0)));
}

static void draft_large_remedy(struct wpb_draft *draft, const struct autoload *autoload)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_arena *arena = context->arena;
    const char *table = wpb_say_sql_name(arena, autoload->table->name);

    draft->finding.remedy.summary =
        "Look at the largest options and decide for each: delete it when its plugin is "
        "gone, stop autoloading it when few requests need it, and tell its author when "
        "it "
        "is a log, a cache or an index.";
    wpb_draft_line(&draft->now, say_largest_sql(context, autoload->table));
    wpb_draft_line(
        &draft->for_good,
        "Delete the options of plugins that are gone, and stop autoloading those "
        "that few requests need:");
    draft_off(draft, wpb_slice_of("", 0));
    wpb_draft_line(&draft->for_good, "Before you delete one, keep a copy of the table:");
    wpb_draft_line(&draft->for_good,
                   wpb_say_mysql_backup(context, autoload->table->name));
    wpb_draft_line(&draft->for_good, wpb_say_wp_command(context, "option delete NAME",
                                                        wpb_slice_of("", 0)));
    wpb_draft_line(&draft->for_good,
                   "In code: add_option( $name, $value, '', false ) for what is large or "
                   "rarely read.");
    wpb_draft_line(&draft->verify,
                   wpb_say_mysql_command(
                       context, wpb_arena_printf(arena,
                                                 "SELECT COUNT(*), "
                                                 "SUM(LENGTH(option_value)) FROM %s "
                                                 "WHERE " AUTOLOAD_IS,
                                                 table)));
}

static void report_large(struct wpb_rule_context *context,
                         const struct autoload *autoload, enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    const char *options = wpb_say_known_count(context, autoload->table, WPB_M_OPTIONS);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, autoload->table);
    draft.finding.title = wpb_arena_printf(
        arena, "Every request loads %s of options%s%s%s",
        wpb_say_known_bytes(context, autoload->table, WPB_M_AUTOLOAD_BYTES),
        options[0] ? " (" : "", options, options[0] ? " of them)" : "");
    draft.finding.summary = large_summary(context, autoload);
    wpb_draft_sample(&draft, "autoload_bytes", WPB_M_AUTOLOAD_BYTES);
    wpb_draft_sample(&draft, "options", WPB_M_OPTIONS);
    draft_held(&draft, autoload->bytes);
    if (autoload->ram)
        wpb_draft_fact(&draft, "ram_bytes", wpb_value_count(autoload->ram), WPB_EXACT);
    draft_components(&draft, autoload);
    draft_large_remedy(&draft, autoload);
    wpb_prospect_attach(&draft, WPB_M_AUTOLOAD_BYTES);
    wpb_draft_emit(&draft);
}

void wpb_database_autoload_large(struct wpb_rule_context *context)
{
    struct autoload autoload = {.ram = wpb_database_ram_of_php(context)};
    enum wpb_severity severity;
    size_t cursor = 0;

    while ((autoload.table =
                wpb_database_table_with(context, WPB_M_AUTOLOAD_BYTES, &cursor))) {
        int64_t bytes =
            wpb_window_integer(context->window, autoload.table, WPB_M_AUTOLOAD_BYTES, 0);
        autoload.bytes = bytes > 0 ? (uint64_t)bytes : 0;
        if (judge_large(context, &autoload, &severity))
            report_large(context, &autoload, severity);
    }
}

/* --- database.autoload_option_large --- */

#define OPTION_LARGE "database.autoload_option_large"

/* What is known of an option by its name, and what that means for the remedy. */
static const struct kind_of_option {
    const char *prefix;
    const char *what;
    bool stays; /* every request needs it: autoloading is right */
} kinds[] = {
    {"rewrite_rules",
     "It is WordPress's own list of address patterns, which every request needs. It "
     "grows "
     "with each post type and endpoint that plugins add.",
     true},
    {"_transient_",
     "It is a transient that was stored without an expiry: WordPress then loads it with "
     "every request, and never removes it.",
     false},
    {"_site_transient_",
     "It is a transient that was stored without an expiry: WordPress then loads it with "
     "every request, and never removes it.",
     false},
    {"theme_mods_",
     "It holds the settings of a theme; of a theme that is not the active one, nobody "
     "needs it.",
     true},
    {"widget_", "It holds the widgets of one kind, with their content.", true},
};

static const struct kind_of_option *kind_of(struct wpb_slice name)
{
    static const struct kind_of_option other = {"", "", false};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (wpb_slice_starts(name, wpb_slice_cstr(kinds[i].prefix)))
            return &kinds[i];
    }
    return &other;
}

static bool judge_option(const struct wpb_rule_context *context,
                         const struct wpb_subject *option, enum wpb_severity *severity)
{
    enum wpb_severity other;

    if (option->parent ||
        wpb_window_integer(context->window, option, WPB_M_AUTOLOADED, 0) != 1 ||
        wpb_database_judge_cron(context, option, &other) ||
        wpb_builder_judge_growing_option(context, option, &other))
        return false;
    *severity = wpb_database_reaches(context, option, WPB_M_ROW_BYTES, OPTION_LARGE,
                                     "critical_bytes")
                    ? WPB_CRITICAL
                    : WPB_WARNING;
    return wpb_database_reaches(context, option, WPB_M_ROW_BYTES, OPTION_LARGE,
                                "warning_bytes");
}

/* The component, of those with the option's prefix in their name, or the one that a
 * search has found. */
static struct wpb_slice owner_of(const struct wpb_rule_context *context,
                                 const struct wpb_subject *option)
{
    const struct wpb_subject *component;
    size_t cursor = 0;
    struct wpb_slice owner =
        wpb_window_text(context->window, option, WPB_M_SOURCE_COMPONENT);

    while (owner.len == 0 &&
           (component =
                wpb_window_next(context->window, WPB_SUBJECT_COMPONENT, NULL, &cursor))) {
        struct wpb_slice prefix = component->name;
        if (prefix.len < 2 || prefix.data[prefix.len - 1] != '*')
            continue;
        prefix.len--;
        if (wpb_slice_starts(option->name, prefix))
            owner = component->name;
    }
    return owner;
}

static void draft_option_cause(struct wpb_draft *draft, const struct kind_of_option *kind)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_slice owner = owner_of(context, draft->finding.subject);
    struct wpb_cause *cause = &draft->finding.cause;

    cause->kind = "option";
    cause->note = kind->what;
    if (owner.len == 0)
        return;
    cause->confidence = is_named(owner) ? "likely" : "possible";
    cause->note =
        wpb_arena_printf(context->arena, "%s%sIts name points to %s.", kind->what,
                         kind->what[0] ? " " : "", wpb_say_name(context->arena, owner));
}

static void draft_option_remedy(struct wpb_draft *draft,
                                const struct kind_of_option *kind)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_subject *option = draft->finding.subject;

    draft->finding.remedy.summary =
        kind->stays ? "Leave it autoloaded, since requests need it, and make it smaller: "
                      "look what is in it and which plugin puts it there."
                    : "Look what is in it. When few requests need it, stop autoloading "
                      "it: it then is read only where it is asked for. When its plugin "
                      "is gone, delete it.";
    wpb_draft_line(&draft->now, wpb_say_explain_option(context, option));
    if (!kind->stays) {
        wpb_draft_line(&draft->for_good,
                       "Stop autoloading it, unless most requests need it:");
        draft_off(draft, option->name);
    }
    wpb_draft_line(
        &draft->for_good,
        "A log, a cache or an index does not belong into an autoloaded option: "
        "tell the author of the plugin.");
    wpb_draft_line(
        &draft->verify,
        wpb_say_mysql_command(
            context, wpb_arena_printf(context->arena,
                                      "SELECT autoload, LENGTH(option_value) FROM %s "
                                      "WHERE option_name = %s",
                                      wpb_say_sql_table(context, "options"),
                                      wpb_say_sql_text(context->arena, option->name))));
}

static void report_option(struct wpb_rule_context *context,
                          const struct wpb_ranked *ranked, uint64_t further)
{
    struct wpb_arena *arena = context->arena;
    const struct kind_of_option *kind = kind_of(ranked->subject->name);
    enum wpb_severity severity = WPB_WARNING;
    struct wpb_draft draft;

    judge_option(context, ranked->subject, &severity);
    wpb_draft_init(&draft, context, severity, ranked->subject);
    draft.finding.title = wpb_arena_printf(
        arena, "The option %s adds %s to every request",
        wpb_say_name(arena, ranked->subject->name), wpb_say_bytes(arena, ranked->weight));
    draft.finding.summary = wpb_arena_printf(
        arena,
        "It is loaded with all other autoloaded options, whether the page needs it or "
        "not; %d requests at the same moment hold %s for this one option. Since 6.6 "
        "WordPress itself does not autoload an option above 150,000 bytes unless it is "
        "told to.%s",
        WPB_DATABASE_REQUESTS, wpb_say_bytes(arena, held_by_requests(ranked->weight)),
        further ? wpb_arena_printf(arena,
                                   " %s more options are above the threshold; only the "
                                   "%d largest are reported one by one.",
                                   wpb_say_count(arena, further), OPTIONS_REPORTED)
                : "");
    wpb_draft_sample(&draft, "row_bytes", WPB_M_ROW_BYTES);
    draft_held(&draft, ranked->weight);
    wpb_draft_known(&draft, "encoding", WPB_M_ENCODING);
    wpb_draft_known(&draft, "entries", WPB_M_ENTRIES);
    wpb_draft_known(&draft, "php_value_bytes", WPB_M_PHP_VALUE_BYTES);
    draft_option_cause(&draft, kind);
    draft_option_remedy(&draft, kind);
    wpb_draft_emit(&draft);
}

void wpb_database_autoload_option_large(struct wpb_rule_context *context)
{
    const struct wpb_subject *option;
    enum wpb_severity severity;
    struct wpb_ranking largest;
    size_t cursor = 0;

    wpb_ranking_init(&largest, OPTIONS_REPORTED);
    while (
        (option = wpb_window_next(context->window, WPB_SUBJECT_OPTION, NULL, &cursor))) {
        if (judge_option(context, option, &severity))
            wpb_ranking_add(&largest, option,
                            (uint64_t)wpb_window_integer(context->window, option,
                                                         WPB_M_ROW_BYTES, 0));
    }
    for (size_t i = 0; i < largest.count; i++)
        report_option(context, &largest.items[i],
                      i == 0 ? largest.added - largest.count : 0);
}
