#include "agent/output/finding_text.h"

#include "agent/base/text.h"
#include "agent/output/cause_text.h"
#include "agent/output/evidence.h"
#include "agent/output/forecast_text.h"
#include "agent/output/prose.h"

#define INDENT 2
#define SITES_NAMED 5

const char *wpb_finding_text_severity(enum wpb_severity severity)
{
    static const char *const words[] = {
        [WPB_INFO] = "NOTE",
        [WPB_WARNING] = "WARNING",
        [WPB_CRITICAL] = "CRITICAL",
    };
    return words[severity];
}

enum wpb_ink wpb_finding_text_ink(enum wpb_severity severity)
{
    static const enum wpb_ink inks[] = {
        [WPB_INFO] = WPB_INK_CYAN,
        [WPB_WARNING] = WPB_INK_YELLOW,
        [WPB_CRITICAL] = WPB_INK_RED,
    };
    return inks[severity];
}

void wpb_finding_text_sites(const struct wpb_finding *finding, struct wpb_buf *out)
{
    size_t others = finding->other_site_count;
    size_t named = others + 1 > SITES_NAMED ? SITES_NAMED : others + 1;
    wpb_text_terminal(out, wpb_slice_cstr(finding->site->name));
    for (size_t i = 1; i < named; i++) {
        bool is_last = i == others;
        wpb_buf_text(out, is_last ? " and " : ", ");
        wpb_text_terminal(out, wpb_slice_cstr(finding->other_sites[i - 1]->name));
    }
    if (others + 1 > named)
        wpb_buf_printf(out, " and %zu more", others + 1 - named);
}

static void print_prose(struct wpb_page *page, size_t indent, const char *text)
{
    struct wpb_buf safe;
    wpb_buf_init(&safe, 0);
    wpb_prose_terminal(&safe, wpb_slice_cstr(text));
    wpb_page_paragraph(page, indent, wpb_buf_view(&safe));
    wpb_buf_fini(&safe);
}

static void print_head(struct wpb_page *page, const struct wpb_finding *finding)
{
    const char *severity = wpb_finding_text_severity(finding->severity);
    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    wpb_finding_text_sites(finding, &line);
    wpb_buf_text(&line, ", ");
    wpb_text_terminal(&line, wpb_slice_cstr(finding->code));
    if (finding->site->owner[0]) {
        wpb_buf_text(&line, ", owner ");
        wpb_text_terminal(&line, wpb_slice_cstr(finding->site->owner));
    }
    wpb_page_entry(page, 0, wpb_finding_text_ink(finding->severity), severity,
                   strlen(severity) + 2, wpb_buf_view(&line));
    wpb_buf_fini(&line);
    print_prose(page, INDENT, finding->title);
    wpb_page_blank(page);
    print_prose(page, INDENT, finding->summary);
}

static void print_subject(struct wpb_page *page, const struct wpb_subject *subject)
{
    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    if (subject->name.len) {
        wpb_text_terminal_name(&line, subject->name);
        wpb_page_verbatim(page, INDENT, wpb_buf_view(&line));
    }
    if (subject->scope.len) {
        wpb_buf_clear(&line);
        wpb_buf_text(&line, "in ");
        wpb_text_terminal(&line, subject->scope);
        wpb_page_verbatim(page, INDENT, wpb_buf_view(&line));
    }
    wpb_buf_fini(&line);
}

static void print_evidence(struct wpb_page *page, const struct wpb_finding *finding)
{
    struct wpb_buf label, value;
    size_t widest = 0;
    wpb_buf_init(&label, 0);
    wpb_buf_init(&value, 0);
    for (size_t i = 0; i < finding->evidence_count; i++) {
        wpb_buf_clear(&label);
        wpb_evidence_label(&finding->evidence[i], &label);
        size_t columns = wpb_text_columns(wpb_buf_view(&label));
        if (columns > widest)
            widest = columns;
    }
    for (size_t i = 0; i < finding->evidence_count; i++) {
        wpb_buf_clear(&label);
        wpb_buf_clear(&value);
        wpb_evidence_label(&finding->evidence[i], &label);
        wpb_evidence_value(finding, &finding->evidence[i], &value);
        wpb_page_entry(page, INDENT + 2, WPB_INK_PLAIN, label.data, widest + 2,
                       wpb_buf_view(&value));
    }
    wpb_buf_fini(&value);
    wpb_buf_fini(&label);
}

static void print_title(struct wpb_page *page, const char *title)
{
    wpb_page_blank(page);
    wpb_buf_repeat(page->out, ' ', INDENT);
    wpb_page_ink(page, WPB_INK_BOLD, wpb_slice_cstr(title));
    wpb_page_end_line(page);
}

static void print_cause(struct wpb_page *page, const struct wpb_cause *cause)
{
    bool has_note = cause->note && cause->note[0];
    if (!has_note && cause->family_count == 0 && cause->component_count == 0)
        return;
    bool is_unsure = !cause->confidence || strcmp(cause->confidence, "unknown") == 0;
    bool is_likely = cause->confidence && strcmp(cause->confidence, "likely") == 0;
    print_title(page, !cause->kind || is_unsure ? "Who causes it"
                      : is_likely               ? "Who causes it, most likely"
                                                : "Who may cause it");
    if (has_note)
        print_prose(page, INDENT + 2, cause->note);
    wpb_cause_text_components(page, INDENT + 2, cause->components,
                              cause->component_count);
    wpb_cause_text_families(page, INDENT + 2, cause->families, cause->family_count);
}

/* Lists of remedies mix sentences, which wrap, with commands, which must be whole
 * to be copied: a line that starts with one of these words is a command. */
static bool is_command(struct wpb_slice line)
{
    if (wpb_slice_starts(line, wpb_slice_cstr(" "))) /* more of the code before it */
        return true;
    static const char *const starts[] = {
        "redis-cli ", "wp ",         "wpbloat ",
        "sudo ",      "systemctl ",  "service ",
        "grep ",      "mysql ",      "mariadb ",
        "php ",       "sed ",        "cp ",
        "mv ",        "journalctl ", "tail ",
        "define(",    "maxmemory",   "REDISCLI_AUTH=",
        "mysqldump ", "printf ",     "# ",
        "$ ",         "add_action(",
    };
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (wpb_slice_starts(line, wpb_slice_cstr(starts[i])))
            return true;
    }
    return false;
}

static void print_steps(struct wpb_page *page, const char *title,
                        const char *const *lines, bool are_commands)
{
    if (!lines || !lines[0])
        return;
    print_title(page, title);
    struct wpb_buf safe;
    wpb_buf_init(&safe, 0);
    for (; *lines; lines++) {
        struct wpb_slice line = wpb_slice_cstr(*lines);
        wpb_buf_clear(&safe);
        wpb_text_terminal(&safe, line);
        if (are_commands || is_command(line))
            wpb_page_verbatim(page, INDENT + 4, wpb_buf_view(&safe));
        else
            wpb_page_entry(page, INDENT + 2, WPB_INK_PLAIN, "-", 2, wpb_buf_view(&safe));
    }
    wpb_buf_fini(&safe);
}

static void print_remedy(struct wpb_page *page, const struct wpb_remedy *remedy)
{
    if (remedy->summary && remedy->summary[0]) {
        print_title(page, "What to do");
        print_prose(page, INDENT + 2, remedy->summary);
    }
    print_steps(page, "Now", remedy->now, true);
    print_steps(page, "For good", remedy->for_good, false);
    print_steps(page, "Check", remedy->verify, false);
    if (remedy->doc && remedy->doc[0]) {
        wpb_page_blank(page);
        wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "More:", 6,
                       wpb_slice_cstr(remedy->doc));
    }
}

void wpb_finding_text(struct wpb_page *page, const struct wpb_finding *finding)
{
    wpb_page_blank(page);
    print_head(page, finding);
    wpb_page_blank(page);
    print_subject(page, finding->subject);
    print_evidence(page, finding);
    if (finding->forecast) {
        print_title(page, "When it fails");
        wpb_forecast_text(page, INDENT + 2, finding->forecast);
    }
    print_cause(page, &finding->cause);
    print_remedy(page, &finding->remedy);
}
