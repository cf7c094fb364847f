#include "agent/output/nagios.h"

#include <inttypes.h>

#include "agent/base/text.h"
#include "agent/output/evidence.h"
#include "agent/output/finding_text.h"
#include "agent/output/prose.h"
#include "agent/output/verdict.h"

/* Receivers cut at 1,024 bytes (old NRPE); the data after the bar is about 200. */
#define TEXT_MAX 700

enum state { STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN };

static size_t count_severity(const struct wpb_report *report, enum wpb_severity severity)
{
    size_t count = 0;
    for (size_t i = 0; i < report->finding_count; i++)
        count += report->findings[i].severity == severity;
    return count;
}

static const struct wpb_coverage *first_unavailable(const struct wpb_report *report)
{
    for (size_t i = 0; i < report->coverage_count; i++) {
        if (report->coverage[i].status == WPB_COVERAGE_UNAVAILABLE)
            return &report->coverage[i];
    }
    return NULL;
}

static enum state judge(const struct wpb_report *report)
{
    if (count_severity(report, WPB_CRITICAL))
        return STATE_CRITICAL;
    if (count_severity(report, WPB_WARNING))
        return STATE_WARNING;
    if (first_unavailable(report) || wpb_verdict_measured(report) == 0)
        return STATE_UNKNOWN;
    return STATE_OK;
}

/* Append TEXT, escaped already, without a bar and cut between characters. */
static void add_safe(struct wpb_buf *out, struct wpb_slice text)
{
    size_t len = text.len;
    if (len > TEXT_MAX) {
        len = TEXT_MAX;
        while (len > 0 && ((unsigned char)text.data[len] & 0xC0) == 0x80)
            len--;
    }
    for (size_t i = 0; i < len; i++) {
        if (text.data[i] == '|')
            wpb_buf_text(out, "\\x7c");
        else
            wpb_buf_char(out, text.data[i]);
    }
    if (len < text.len)
        wpb_buf_text(out, "...");
}

static void add_message(const struct wpb_report *report, enum state state,
                        struct wpb_buf *out)
{
    struct wpb_buf text;
    wpb_buf_init(&text, 0);
    const struct wpb_coverage *unavailable = first_unavailable(report);
    if (state == STATE_WARNING || state == STATE_CRITICAL) {
        const struct wpb_finding *worst = &report->findings[0];
        wpb_finding_text_sites(worst, &text);
        wpb_buf_text(&text, ": ");
        wpb_prose_terminal(&text, wpb_slice_cstr(worst->title));
    } else if (unavailable) {
        wpb_text_terminal(&text, wpb_slice_cstr(unavailable->probe));
        wpb_buf_text(&text, " of ");
        wpb_text_terminal(&text, wpb_slice_cstr(unavailable->site));
        wpb_buf_text(&text, " could not look: ");
        wpb_text_terminal(&text, wpb_slice_cstr(unavailable->reason));
    } else if (state == STATE_UNKNOWN) {
        wpb_buf_text(&text, report->site_count ? "nothing could be measured"
                                               : "no WordPress site found");
    } else {
        wpb_buf_text(&text, "nothing found that is about to break a site");
    }
    add_safe(out, wpb_buf_view(&text));
    wpb_buf_fini(&text);
}

static void add_performance(const struct wpb_report *report, struct wpb_buf *out)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < report->key_count; i++) {
        if (report->keys[i].memory_bytes > largest)
            largest = report->keys[i].memory_bytes;
    }
    wpb_buf_printf(out, " | 'critical'=%zu;;0;0 'warning'=%zu;0;;0 'info'=%zu;;;0",
                   count_severity(report, WPB_CRITICAL),
                   count_severity(report, WPB_WARNING), count_severity(report, WPB_INFO));
    wpb_buf_printf(out, " 'sites'=%zu;;;0 'blind'=%zu;;;0;%zu", report->site_count,
                   wpb_verdict_blind(report), report->coverage_count);
    if (report->key_count)
        wpb_buf_printf(out, " 'largest_key'=%" PRIu64 "B;;;0", largest);

    uint64_t value, fails_at;
    if (report->finding_count &&
        wpb_evidence_count(&report->findings[0], "value_bytes", &value) &&
        wpb_evidence_count(&report->findings[0], "fails_at_bytes", &fails_at))
        wpb_buf_printf(out, " 'worst_entry'=%" PRIu64 "B;;%" PRIu64 ";0", value,
                       fails_at);
}

int wpb_output_nagios(const struct wpb_report *report, struct wpb_buf *out)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    enum state state = judge(report);
    wpb_buf_printf(out, "WPBLOAT %s - ", words[state]);
    add_message(report, state, out);
    wpb_buf_printf(out, " (%zu finding%s)", report->finding_count,
                   report->finding_count == 1 ? "" : "s");
    add_performance(report, out);
    wpb_buf_char(out, '\n');
    return (int)state;
}
