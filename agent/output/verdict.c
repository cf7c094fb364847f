#include "agent/output/verdict.h"

#include "agent/base/text.h"
#include "agent/output/cause_text.h"
#include "agent/output/evidence.h"
#include "agent/output/finding_text.h"
#include "agent/output/prose.h"

#define INDENT 2
#define LABEL_COLUMNS 15
#define SEVERITY_COLUMNS 10
#define SITES_NAMED 3

size_t wpb_verdict_measured(const struct wpb_report *report)
{
    size_t measured = 0;
    for (size_t i = 0; i < report->coverage_count; i++) {
        enum wpb_coverage_status status = report->coverage[i].status;
        measured += !wpb_coverage_is_of_host(&report->coverage[i]) &&
                    (status == WPB_COVERAGE_OK || status == WPB_COVERAGE_PARTIAL);
    }
    return measured;
}

size_t wpb_verdict_blind(const struct wpb_report *report)
{
    size_t blind = 0;
    for (size_t i = 0; i < report->coverage_count; i++) {
        enum wpb_coverage_status status = report->coverage[i].status;
        blind += status == WPB_COVERAGE_UNAVAILABLE || status == WPB_COVERAGE_PARTIAL;
    }
    return blind;
}

static void add_plural(struct wpb_buf *out, size_t count, const char *one,
                       const char *many)
{
    wpb_text_count(out, count);
    wpb_buf_printf(out, " %s", count == 1 ? one : many);
}

static void print_counts(struct wpb_page *page, const struct wpb_report *report)
{
    size_t counts[3] = {0, 0, 0};
    for (size_t i = 0; i < report->finding_count; i++)
        counts[report->findings[i].severity]++;

    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    if (counts[WPB_CRITICAL])
        wpb_buf_printf(&line, "%zu critical, ", counts[WPB_CRITICAL]);
    if (counts[WPB_WARNING]) {
        add_plural(&line, counts[WPB_WARNING], "warning", "warnings");
        wpb_buf_text(&line, ", ");
    }
    if (counts[WPB_INFO]) {
        add_plural(&line, counts[WPB_INFO], "note", "notes");
        wpb_buf_text(&line, ", ");
    }
    add_plural(&line, report->site_count, "site", "sites");
    wpb_buf_text(&line, " looked at");
    enum wpb_severity worst = report->findings[0].severity;
    const char *word = wpb_finding_text_severity(worst);
    wpb_page_entry(page, 0, wpb_finding_text_ink(worst), word, strlen(word) + 2,
                   wpb_buf_view(&line));
    wpb_buf_fini(&line);
}

static void print_wrong(struct wpb_page *page, const struct wpb_finding *finding)
{
    struct wpb_buf text;
    wpb_buf_init(&text, 0);
    wpb_finding_text_sites(finding, &text);
    wpb_buf_text(&text, ": ");
    wpb_prose_terminal(&text, wpb_slice_cstr(finding->title));
    wpb_page_entry(page, INDENT, WPB_INK_BOLD, "What is wrong", LABEL_COLUMNS,
                   wpb_buf_view(&text));
    wpb_buf_fini(&text);
}

static void say_failure(const struct wpb_finding *finding,
                        const struct wpb_evidence *fails_at, struct wpb_buf *out)
{
    uint64_t size = (uint64_t)fails_at->value.integer, now = 0, limit;
    bool is_bound = fails_at->provenance != WPB_EXACT;
    bool knows_now = wpb_evidence_count(finding, "value_bytes", &now);
    if (knows_now && now >= size)
        wpb_buf_text(out, "PHP memory, and it does so already: this entry has passed ");
    else if (is_bound)
        wpb_buf_text(out, "PHP memory, at the latest when this entry reaches ");
    else
        wpb_buf_text(out, "PHP memory, when this entry reaches ");
    wpb_text_bytes(out, size);
    if (knows_now) {
        wpb_buf_text(out, " (now ");
        wpb_text_bytes(out, now);
        wpb_buf_char(out, ')');
    }
    wpb_buf_text(out, ". Then a request that handles it needs all of PHP's memory_limit");
    if (wpb_evidence_count(finding, "memory_limit_bytes", &limit)) {
        wpb_buf_text(out, " (");
        wpb_text_bytes(out, limit);
        wpb_buf_char(out, ')');
    }
    wpb_buf_text(out, ", and the visitor gets an HTTP 500.");
}

/* Every rule that knows the size at which a request dies puts it in its evidence;
 * without it the summary has to do. */
static void print_failure(struct wpb_page *page, const struct wpb_finding *finding)
{
    const struct wpb_evidence *fact = wpb_evidence_find(finding, "fails_at_bytes");
    bool knows_size =
        fact && fact->value.type == WPB_VALUE_INTEGER && fact->value.integer > 0;
    struct wpb_buf text;
    wpb_buf_init(&text, 0);
    if (knows_size)
        say_failure(finding, fact, &text);
    else
        wpb_prose_terminal(&text, wpb_slice_cstr(finding->summary));
    wpb_page_entry(page, INDENT, WPB_INK_BOLD,
                   knows_size ? "Fails first" : "What it does", LABEL_COLUMNS,
                   wpb_buf_view(&text));
    wpb_buf_fini(&text);
}

static void add_place(const struct wpb_family_cause *family, struct wpb_buf *text)
{
    wpb_cause_text_component(family->component, text);
    wpb_buf_text(text, ", for ");
    wpb_cause_text_share(family->share_ratio, text);
    wpb_buf_text(text, " of the names, in ");
    wpb_text_terminal(text, family->file);
    wpb_buf_printf(text, ":%llu", (unsigned long long)family->line);
}

static void add_owner(const struct wpb_component_cause *component, struct wpb_buf *text)
{
    wpb_cause_text_component(component->name, text);
    wpb_buf_text(text, ", for ");
    wpb_cause_text_share(component->share_ratio, text);
    wpb_buf_printf(text, " of %s",
                   component->share_of ? component->share_of : "the bytes");
    if (component->file.len) {
        wpb_buf_text(text, ", in ");
        wpb_text_terminal_name(text, component->file);
        wpb_buf_printf(text, ":%llu", (unsigned long long)component->line);
    }
}

static void print_culprit(struct wpb_page *page, const struct wpb_cause *cause)
{
    const struct wpb_family_cause *culprit = NULL;
    for (size_t i = 0; i < cause->family_count && !culprit; i++) {
        if (cause->families[i].has_source)
            culprit = &cause->families[i];
    }
    if (!culprit && cause->component_count == 0)
        return;
    struct wpb_buf text;
    wpb_buf_init(&text, 0);
    bool is_likely = cause->confidence && strcmp(cause->confidence, "likely") == 0;
    wpb_buf_text(&text, is_likely ? "most likely " : "possibly ");
    if (culprit)
        add_place(culprit, &text);
    else
        add_owner(&cause->components[0], &text);
    wpb_page_entry(page, INDENT, WPB_INK_BOLD, "Who causes it", LABEL_COLUMNS,
                   wpb_buf_view(&text));
    wpb_buf_fini(&text);
}

/* What a program has put into a key it will put there again. */
static bool deletes_key(const struct wpb_remedy *remedy)
{
    for (const char *const *line = remedy->now; *line; line++) {
        if (strstr(*line, " UNLINK ") || strstr(*line, "UNLINK \""))
            return true;
    }
    return false;
}

/* The first of the list, with the command that it speaks of. */
static void print_cure(struct wpb_page *page, const char *const *for_good)
{
    struct wpb_buf text;
    if (!for_good || !for_good[0])
        return;
    wpb_buf_init(&text, 0);
    wpb_text_terminal(&text, wpb_slice_cstr(for_good[0]));
    bool has_command = wpb_slice_ends(wpb_buf_view(&text), wpb_slice_cstr(":"));
    wpb_page_entry(page, INDENT, WPB_INK_BOLD, "To end it", LABEL_COLUMNS,
                   wpb_buf_view(&text));
    if (has_command && for_good[1]) {
        wpb_buf_clear(&text);
        wpb_text_terminal(&text, wpb_slice_cstr(for_good[1]));
        wpb_page_verbatim(page, INDENT + 2, wpb_buf_view(&text));
    }
    wpb_buf_fini(&text);
}

static void print_action(struct wpb_page *page, const struct wpb_finding *finding)
{
    const struct wpb_remedy *remedy = &finding->remedy;
    struct wpb_buf text;
    wpb_buf_init(&text, 0);
    if (remedy->now && remedy->now[0]) {
        wpb_page_entry(page, INDENT, WPB_INK_BOLD, "Type now", LABEL_COLUMNS,
                       wpb_slice_cstr(deletes_key(remedy)
                                          ? "to win time, since it grows again:"
                                          : ""));
        for (const char *const *line = remedy->now; *line; line++) {
            wpb_buf_clear(&text);
            wpb_text_terminal(&text, wpb_slice_cstr(*line));
            wpb_page_verbatim(page, INDENT + 2, wpb_buf_view(&text));
        }
    }
    print_cure(page, remedy->for_good);
    wpb_buf_fini(&text);
}

static void print_blindness(struct wpb_page *page, const struct wpb_report *report)
{
    size_t blind = wpb_verdict_blind(report);
    if (!blind)
        return;
    struct wpb_buf text;
    wpb_buf_init(&text, 0);
    wpb_buf_printf(&text,
                   "%zu of %zu looks failed or saw only a part: the end of this report "
                   "says which, and how to open them.",
                   blind, report->coverage_count);
    wpb_page_entry(page, INDENT, WPB_INK_BOLD, "Not seen", LABEL_COLUMNS,
                   wpb_buf_view(&text));
    wpb_buf_fini(&text);
}

/* Of the worst findings the first that has the fact NAME; NULL when none has. */
static const struct wpb_finding *worst_with(const struct wpb_report *report,
                                            const char *name)
{
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct wpb_finding *finding = &report->findings[i];
        if (finding->severity == report->findings[0].severity &&
            wpb_evidence_find(finding, name))
            return finding;
    }
    return NULL;
}

/* The one that knows at which rate all visitors wait, else the one that knows at which
 * size requests die: the others cost, those kill. */
static const struct wpb_finding *most_urgent(const struct wpb_report *report)
{
    const struct wpb_finding *finding = worst_with(report, "capacity_low_per_second");

    if (!finding)
        finding = worst_with(report, "fails_at_bytes");
    return finding ? finding : &report->findings[0];
}

/* A line for each, so that a reader sees how much is to come. */
static void print_list(struct wpb_page *page, const struct wpb_report *report)
{
    if (report->finding_count < 2)
        return;
    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    wpb_page_heading(page, "All that was found");
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct wpb_finding *finding = &report->findings[i];
        wpb_buf_clear(&line);
        if (report->site_count > 1) {
            wpb_finding_text_sites(finding, &line);
            wpb_buf_text(&line, ": ");
        }
        wpb_prose_terminal(&line, wpb_slice_cstr(finding->title));
        wpb_page_entry(page, INDENT, wpb_finding_text_ink(finding->severity),
                       wpb_finding_text_severity(finding->severity), SEVERITY_COLUMNS,
                       wpb_buf_view(&line));
    }
    wpb_buf_fini(&line);
}

static void print_worst(struct wpb_page *page, const struct wpb_report *report)
{
    const struct wpb_finding *worst = most_urgent(report);
    print_counts(page, report);
    wpb_page_blank(page);
    print_wrong(page, worst);
    print_failure(page, worst);
    print_culprit(page, &worst->cause);
    print_action(page, worst);
    print_blindness(page, report);
    print_list(page, report);
}

static void print_state(struct wpb_page *page, enum wpb_ink ink, const char *state,
                        const char *text)
{
    wpb_page_ink(page, ink, wpb_slice_cstr(state));
    wpb_page_end_line(page);
    wpb_page_paragraph(page, INDENT, wpb_slice_cstr(text));
}

static void print_no_site(struct wpb_page *page, const struct wpb_report *report)
{
    if (wpb_verdict_blind(report)) {
        print_state(page, WPB_INK_YELLOW, "NO SITE COULD BE READ",
                    "What looks like a WordPress site could not be read as one; the end "
                    "of this report says why, and what to do about it. Its Redis and "
                    "its database can be looked at alone:");
    } else {
        print_state(page, WPB_INK_YELLOW, "NO SITE FOUND",
                    "No WordPress was found where it usually is, so nothing was looked "
                    "at. Say where it is, or where its Redis or its database is:");
        wpb_page_verbatim(page, INDENT + 2,
                          wpb_slice_cstr("wpbloat scan /path/to/wordpress"));
    }
    wpb_page_verbatim(page, INDENT + 2,
                      wpb_slice_cstr("wpbloat scan --redis redis://127.0.0.1:6379/0"));
    wpb_page_verbatim(page, INDENT + 2,
                      wpb_slice_cstr("wpbloat scan --mysql mysql://USER@127.0.0.1/SCHEMA "
                                     "--mysql-password-file FILE"));
}

/* The most that one look has seen of what is counted in UNIT: of keys, that of the look
 * that passes over all of them, not of the one that asks for a few by name. */
static uint64_t most_seen(const struct wpb_report *report, const char *unit)
{
    uint64_t most = 0;
    for (size_t i = 0; i < report->coverage_count; i++) {
        const struct wpb_coverage *row = &report->coverage[i];
        if (row->status <= WPB_COVERAGE_PARTIAL && row->done > most &&
            strcmp(row->unit, unit) == 0)
            most = row->done;
    }
    return most;
}

static void add_seen(struct wpb_buf *text, const struct wpb_report *report)
{
    uint64_t keys = most_seen(report, "keys"), tables = most_seen(report, "tables");
    if (!keys && !tables)
        return;
    wpb_buf_char(text, ' ');
    if (keys)
        add_plural(text, keys, "key", "keys");
    if (keys && tables)
        wpb_buf_text(text, " and ");
    if (tables)
        add_plural(text, tables, "table", "tables");
    wpb_buf_text(text, keys + tables == 1 ? " was looked at." : " were looked at.");
}

static void print_clear(struct wpb_page *page, const struct wpb_report *report,
                        const char *claim)
{
    struct wpb_buf text;
    wpb_buf_init(&text, 0);
    wpb_buf_text(&text, claim);
    for (size_t i = 0; i < report->site_count && i < SITES_NAMED; i++) {
        wpb_buf_text(&text, i ? ", " : " ");
        wpb_text_terminal(&text, wpb_slice_cstr(report->sites[i]->name));
    }
    if (report->site_count > SITES_NAMED)
        wpb_buf_printf(&text, " and %zu more", report->site_count - SITES_NAMED);
    wpb_buf_char(&text, '.');
    add_seen(&text, report);
    wpb_page_paragraph(page, INDENT, wpb_buf_view(&text));
    wpb_buf_fini(&text);
}

void wpb_verdict_text(struct wpb_page *page, const struct wpb_report *report)
{
    wpb_page_blank(page);
    if (report->finding_count) {
        print_worst(page, report);
    } else if (report->site_count == 0) {
        print_no_site(page, report);
    } else if (wpb_verdict_measured(report) == 0) {
        print_state(
            page, WPB_INK_YELLOW, "NOTHING COULD BE SEEN",
            "This is no all-clear: nothing that was asked for could be looked at. "
            "The reasons, and how to open what is shut, stand below.");
    } else if (wpb_verdict_blind(report)) {
        wpb_page_ink(page, WPB_INK_YELLOW,
                     wpb_slice_cstr("NO FINDING, BUT NOT ALL WAS SEEN"));
        wpb_page_end_line(page);
        print_clear(page, report, "Nothing found in what could be seen of");
        print_blindness(page, report);
    } else {
        wpb_page_ink(page, WPB_INK_BOLD, wpb_slice_cstr("OK"));
        wpb_page_end_line(page);
        print_clear(page, report, "Nothing found that is about to break");
    }
}
