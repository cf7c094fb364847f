/* Compiled CSS that PHP carries and prints although the builder can write files. */
#include "agent/rules/builder.h"
#include "agent/rules/database.h"

#define CODE "builder.css_inline"

struct css {
    const struct wpb_subject *component;
    struct wpb_slice slug;
    struct wpb_rule_sum all; /* the most that is known of: all keys, or the posts seen */
    uint64_t largest;        /* of one page */
    const struct wpb_subject *page; /* whose that is, or NULL */
};

static bool is_css_of(const struct wpb_rule_context *context, const struct css *css,
                      const struct wpb_subject *subject)
{
    return !subject->parent &&
           wpb_slice_equal(wpb_window_text(context->window, subject, WPB_M_BUILDER),
                           css->slug) &&
           wpb_slice_is(wpb_window_text(context->window, subject, WPB_M_META_ROLE),
                        "css");
}

/* The post of which a survey has seen the largest value, when it is a subject. */
static const struct wpb_subject *page_of(const struct wpb_rule_context *context,
                                         const struct wpb_subject *key)
{
    struct wpb_subject post = {
        .kind = WPB_SUBJECT_POST,
        .scope = key->scope,
        .name = wpb_window_text(context->window, key, WPB_M_LARGEST_NAME)};

    return post.name.len ? wpb_window_find(context->window, &post) : NULL;
}

/* What the keys and options of the builder hold: sampled, or read. */
static void read_names(const struct wpb_rule_context *context, enum wpb_subject_kind kind,
                       struct wpb_rule_sum *sum, struct css *css)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(context->window, kind, NULL, &cursor))) {
        int64_t largest =
            wpb_window_integer(context->window, subject, WPB_M_LARGEST_BYTES, 0);
        if (!is_css_of(context, css, subject))
            continue;
        wpb_rule_sum_add(context, sum, subject, WPB_M_ROW_BYTES);
        if (largest > 0 && (uint64_t)largest > css->largest) {
            css->largest = (uint64_t)largest;
            css->page = page_of(context, subject);
        }
    }
}

/* What the posts that were looked at hold. */
static void read_posts(const struct wpb_rule_context *context, struct css *css)
{
    const struct wpb_subject *post;
    struct wpb_rule_sum seen = {0};
    size_t cursor = 0;

    while ((post = wpb_window_next(context->window, WPB_SUBJECT_POST, NULL, &cursor))) {
        int64_t bytes = wpb_window_integer(context->window, post, WPB_M_CSS_BYTES, 0);
        if (bytes <= 0 ||
            wpb_slice_is(wpb_window_text(context->window, post, WPB_M_POST_TYPE),
                         "revision") ||
            !wpb_slice_equal(wpb_builder_slug(context, post), css->slug))
            continue;
        wpb_rule_sum_add(context, &seen, post, WPB_M_CSS_BYTES);
        if ((uint64_t)bytes > css->largest) {
            css->largest = (uint64_t)bytes;
            css->page = post;
        }
    }
    if (seen.value > css->all.value)
        css->all = seen;
}

static void read_css(const struct wpb_rule_context *context, struct css *css)
{
    struct wpb_rule_sum names = {0};

    wpb_rule_sum_add(context, &css->all, css->component, WPB_M_CSS_BYTES);
    read_names(context, WPB_SUBJECT_META_KEY, &names, css);
    read_names(context, WPB_SUBJECT_OPTION, &names, css);
    if (!css->all.is_known)
        css->all = names;
    read_posts(context, css);
}

static bool judge(const struct wpb_rule_context *context, const struct css *css,
                  enum wpb_severity *severity)
{
    double page = (double)css->largest;

    *severity = page >= wpb_rule_option(context, CODE, "critical_page_bytes")
                    ? WPB_CRITICAL
                    : WPB_WARNING;
    return css->all.is_known &&
           (page >= wpb_rule_option(context, CODE, "warning_page_bytes") ||
            (double)css->all.value >= wpb_rule_option(context, CODE, "warning_bytes"));
}

static const char *summary(const struct wpb_rule_context *context, const struct css *css)
{
    struct wpb_arena *arena = context->arena;
    const char *builder = wpb_builder_say_name(context, css->slug), *page = "";

    if (css->page)
        page = wpb_arena_printf(arena, " The most that was seen is %s, in %s.",
                                wpb_say_bytes(arena, css->largest),
                                wpb_builder_say_post_within(context, css->page));
    return wpb_arena_printf(
        arena,
        "%s compiles its CSS once and keeps it in the metadata of each page, because its "
        "setting says so. Every view then loads it from the cache or the database into "
        "PHP and prints it into the page, and browsers fetch it anew with each page. As "
        "a file the web server hands it out without PHP, and browsers keep it.%s",
        builder, page);
}

static void draft_remedy(struct wpb_draft *draft, const struct css *css)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_slice none = wpb_slice_of("", 0);
    struct wpb_slice change =
        wpb_window_text(context->window, css->component, WPB_M_SETTING_CHANGE);

    draft->finding.remedy.summary = "Change the setting, then have the builder make its "
                                    "CSS again: until then the old "
                                    "rows stay.";
    if (change.len)
        wpb_draft_line(&draft->for_good,
                       wpb_arena_printf(context->arena, "Change the setting: %.*s",
                                        (int)change.len, change.data));
    if (wpb_slice_is(css->slug, "elementor") ||
        wpb_slice_is(css->slug, "elementor-pro")) {
        wpb_draft_line(
            &draft->now,
            wpb_say_wp_command(
                context, "option update elementor_css_print_method external", none));
        wpb_draft_line(&draft->now,
                       wpb_say_wp_command(context, "elementor flush-css", none));
    }
    wpb_draft_line(
        &draft->for_good,
        "The folder of uploads must be writable for PHP, and a page cache or a "
        "CDN must be cleared once after the change.");
    wpb_draft_line(&draft->for_good,
                   "If it was set to inline because files did not show up: mend their "
                   "permissions or the cache that hid them.");
    if (css->page)
        wpb_draft_line(&draft->verify, wpb_builder_say_meta_sql(context, css->page));
    wpb_draft_line(&draft->verify,
                   css->page ? NULL : "wpbloat scan, and look for the size of its CSS");
}

static void report(struct wpb_rule_context *context, const struct css *css,
                   enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_slice setting =
        wpb_window_text(context->window, css->component, WPB_M_SETTING);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, css->component);
    draft.finding.title = wpb_arena_printf(
        arena, "%s keeps %s%s of compiled CSS in the database and prints it into pages",
        wpb_builder_say_name(context, css->slug),
        css->all.provenance == WPB_EXACT ? "" : "about ",
        wpb_say_bytes(arena, css->all.value));
    draft.finding.summary = summary(context, css);
    wpb_draft_fact(&draft, "builder", wpb_value_text(css->slug), WPB_EXACT);
    wpb_draft_sum(&draft, "css_bytes", &css->all);
    wpb_draft_sample(&draft, "setting", WPB_M_SETTING);
    wpb_draft_sample(&draft, "setting_value", WPB_M_SETTING_VALUE);
    if (css->largest)
        wpb_draft_fact(&draft, "largest_page_css_bytes", wpb_value_count(css->largest),
                       WPB_EXACT);
    if (css->page)
        wpb_builder_draft_post(&draft, css->page);
    draft.finding.cause.kind = "setting";
    draft.finding.cause.confidence = "likely";
    draft.finding.cause.note = wpb_arena_printf(
        arena, "The setting %s is %s: with it the builder prints its CSS inline.",
        wpb_say_name(arena, setting),
        wpb_window_text(context->window, css->component, WPB_M_SETTING_VALUE).len
            ? wpb_say_name(arena, wpb_window_text(context->window, css->component,
                                                  WPB_M_SETTING_VALUE))
            : "not set");
    draft_remedy(&draft, css);
    wpb_draft_emit(&draft);
}

void wpb_builder_css_inline(struct wpb_rule_context *context)
{
    static const struct wpb_slice kind = WPB_SLICE("builder:");
    const struct wpb_subject *component;
    enum wpb_severity severity;
    size_t cursor = 0;

    while ((component =
                wpb_window_next(context->window, WPB_SUBJECT_COMPONENT, NULL, &cursor))) {
        struct css css = {.component = component};

        /* Without a setting the builder offers no choice. */
        if (!wpb_slice_starts(component->name, kind) ||
            !wpb_slice_is(wpb_window_text(context->window, component, WPB_M_CSS_PLACE),
                          "inline") ||
            wpb_window_text(context->window, component, WPB_M_SETTING).len == 0)
            continue;
        css.slug = wpb_slice_skip(component->name, kind.len);
        read_css(context, &css);
        if (judge(context, &css, &severity))
            report(context, &css, severity);
    }
}
