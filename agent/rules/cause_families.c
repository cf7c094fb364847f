/* Who asks for the names inside a list of options: the families of names, each
 * with the source that the search found, and how sure that is. */
#include "agent/rules/cache.h"

#define FAMILIES_MAX 10
/* Families with one exact source must hold this part of the names before the
 * whole is called likely: the rest may have another author. */
#define LIKELY_SHARE 0.5

struct trace {
    struct wpb_family_cause family;
    const struct wpb_subject *subject;
    bool is_exact; /* the whole literal was searched, not a shortened one */
};

static struct trace read_family(const struct wpb_window *window,
                                const struct wpb_subject *subject)
{
    const struct wpb_sample *share = wpb_window_get(window, subject, WPB_M_SHARE_RATIO);
    const struct wpb_sample *matches =
        wpb_window_get(window, subject, WPB_M_SOURCE_MATCHES);
    const struct wpb_sample *file = wpb_window_get(window, subject, WPB_M_SOURCE_FILE);
    int64_t names = wpb_window_integer(window, subject, WPB_M_NAMES, 0);
    int64_t line = wpb_window_integer(window, subject, WPB_M_SOURCE_LINE, 0);
    int64_t places = wpb_window_integer(window, subject, WPB_M_SOURCE_MATCHES, 0);
    struct trace trace = {.subject = subject};
    struct wpb_family_cause *family = &trace.family;

    family->template_name = subject->name;
    family->names = names > 0 ? (uint64_t)names : 0;
    if (share && share->value.type == WPB_VALUE_DOUBLE)
        family->share_ratio = share->value.number;
    family->was_searched = matches != NULL;
    family->matches = places > 0 ? (uint64_t)places : 0;
    family->component = wpb_window_text(window, subject, WPB_M_SOURCE_COMPONENT);
    family->file = wpb_window_text(window, subject, WPB_M_SOURCE_FILE);
    family->excerpt = wpb_window_text(window, subject, WPB_M_SOURCE_EXCERPT);
    family->line = line > 0 ? (uint64_t)line : 0;
    family->has_source = family->matches > 0 && family->file.len > 0;
    trace.is_exact = matches && matches->provenance == WPB_EXACT &&
                     (!file || file->provenance == WPB_EXACT);
    return trace;
}

static bool is_before(const struct trace *a, const struct trace *b)
{
    if (a->family.names != b->family.names)
        return a->family.names > b->family.names;
    return wpb_subject_compare(a->subject, b->subject) < 0;
}

/* The largest families inside KEY, most names first. */
static size_t largest(const struct wpb_window *window, const struct wpb_subject *key,
                      struct trace traces[FAMILIES_MAX])
{
    const struct wpb_subject *subject;
    size_t cursor = 0, count = 0;

    while ((subject = wpb_window_next(window, WPB_SUBJECT_OPTION_FAMILY, key, &cursor))) {
        struct trace trace = read_family(window, subject);
        size_t at = count;

        while (at > 0 && is_before(&trace, &traces[at - 1]))
            at--;
        if (at == FAMILIES_MAX)
            continue;
        if (count < FAMILIES_MAX)
            count++;
        for (size_t i = count - 1; i > at; i--)
            traces[i] = traces[i - 1];
        traces[at] = trace;
    }
    return count;
}

static const char *confidence_of(const struct trace *traces, size_t count)
{
    double share = 0;
    bool has_any = false;

    for (size_t i = 0; i < count; i++) {
        has_any |= traces[i].family.has_source;
        if (traces[i].family.has_source && traces[i].family.matches == 1 &&
            traces[i].is_exact)
            share += traces[i].family.share_ratio;
    }
    if (share >= LIKELY_SHARE)
        return "likely";
    return has_any ? "possible" : "unknown";
}

/* What the families and their sources do not say by themselves. */
static const char *say_search(const struct wpb_rule_context *context,
                              const struct trace *traces, size_t count)
{
    const char *path = context->site->path;
    bool was_searched = false, is_guess = false;

    for (size_t i = 0; i < count; i++) {
        was_searched |= traces[i].family.was_searched;
        is_guess |= traces[i].family.has_source && !traces[i].is_exact;
    }
    if (!was_searched && (!path || !path[0]))
        return "The site's files are not known here, so nobody could look which plugin "
               "asks for these names: scan the site's folder to find out.";
    if (is_guess)
        return "Where only the beginning of a name stands in the code, the source is a "
               "possible one, not a proven one.";
    return "";
}

static const char *say_unread(struct wpb_draft *draft)
{
    struct wpb_arena *arena = draft->context->arena;
    const struct wpb_window *window = draft->context->window;
    const struct wpb_subject *key = draft->finding.subject;
    struct wpb_slice flaw = wpb_window_text(window, key, WPB_M_FLAW);

    if (flaw.len)
        return wpb_arena_printf(arena, "The names inside could not be read: %s.",
                                wpb_say_name(arena, flaw));
    if (wpb_window_get(window, key, WPB_M_EXAMINED_BYTES))
        return "The names inside were read, and no pattern was found in them.";
    return "The names inside were not read, so who asks for them is not known; wpbloat "
           "explain reads them.";
}

void wpb_cause_families(struct wpb_draft *draft)
{
    struct wpb_arena *arena = draft->context->arena;
    struct wpb_cause *cause = &draft->finding.cause;
    struct trace traces[FAMILIES_MAX];
    size_t count = largest(draft->context->window, draft->finding.subject, traces);
    struct wpb_family_cause *families;

    cause->kind = "option_families";
    cause->confidence = confidence_of(traces, count);
    if (count == 0) {
        cause->note = say_unread(draft);
        return;
    }
    families = wpb_arena_alloc(arena, count * sizeof(*families));
    for (size_t i = 0; i < count; i++)
        families[i] = traces[i].family;
    cause->families = families;
    cause->family_count = count;
    cause->note = say_search(draft->context, traces, count);
}

/* The first family whose source is known, or NULL. */
static const struct wpb_family_cause *culprit(const struct wpb_cause *cause)
{
    for (size_t i = 0; i < cause->family_count; i++) {
        if (cause->families[i].has_source)
            return &cause->families[i];
    }
    return NULL;
}

void wpb_cause_draft_mending(struct wpb_draft *draft)
{
    static const struct wpb_slice plugin = WPB_SLICE("plugin:");
    const struct wpb_cause *cause = &draft->finding.cause;
    const struct wpb_family_cause *family = culprit(cause);
    struct wpb_arena *arena = draft->context->arena;
    bool is_likely = strcmp(cause->confidence, "likely") == 0;

    if (!family) {
        wpb_draft_line(&draft->for_good,
                       "In the code that asks for these names, do not call get_option() "
                       "with names made up at run time.");
        return;
    }
    wpb_draft_line(
        &draft->for_good,
        wpb_arena_printf(
            arena,
            "%s %s:%llu (%s), which should not call get_option() with names "
            "made up at run time. If the code is not yours, send its author "
            "this finding.",
            is_likely ? "Mend" : "Look first at", wpb_say_name(arena, family->file),
            (unsigned long long)family->line, wpb_say_name(arena, family->component)));
    if (!is_likely || !wpb_slice_starts(family->component, plugin))
        return;
    wpb_draft_line(&draft->for_good,
                   "If the site can do without the plugin until it is mended, switch it "
                   "off:");
    wpb_draft_line(&draft->for_good,
                   wpb_say_wp_command(draft->context, "plugin deactivate",
                                      wpb_slice_skip(family->component, plugin.len)));
}
