#include "agent/alert/alertmanager_json.h"

#include <ctype.h>

#include "agent/alert/alert_fields.h"
#include "agent/base/clock.h"
#include "agent/base/text.h"

#define STAGE "alertmanager"

/* First bytes of texts: of a label, of a line, of a paragraph. */
enum { LABEL_BYTES = 200, LINE_BYTES = 512, PARAGRAPH_BYTES = 1024 };

static const char *const our_labels[] = {"alertname", "severity", "site",
                                         "host",      "owner",    "fingerprint"};

static int check_label(const char *label, struct wpb_err *err)
{
    size_t len = 0;

    while (isalnum((unsigned char)label[len]) || label[len] == '_')
        len++;
    if (len == 0 || label[len] != '=' || isdigit((unsigned char)label[0]))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "labels: %.60s is not NAME=VALUE with a name of letters, "
                           "digits and _",
                           label);
    for (size_t i = 0; i < sizeof(our_labels) / sizeof(*our_labels); i++) {
        if (wpb_slice_equal(wpb_slice_of(label, len), wpb_slice_cstr(our_labels[i])))
            return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                               "labels: %s is what wpbloat says itself", our_labels[i]);
    }
    return 0;
}

int wpb_alertmanager_labels_check(const struct wpb_alertmanager_labels *labels,
                                  struct wpb_err *err)
{
    for (size_t i = 0; i < labels->count; i++) {
        if (check_label(labels->added[i], err))
            return -1;
    }
    return 0;
}

/* At most MAX bytes of TEXT, and no part of a character. */
static struct wpb_slice first_bytes(const char *text, size_t max)
{
    struct wpb_slice cut = wpb_slice_cstr(text);

    if (cut.len <= max)
        return cut;
    cut.len = max;
    while (cut.len && ((unsigned char)text[cut.len] & 0xc0) == 0x80)
        cut.len--;
    return cut;
}

/* A member that is not the first of its object when HAS_MEMBER; nothing when VALUE is
 * empty, which is as good as missing there. */
static void add_member(struct wpb_buf *out, bool *has_member, struct wpb_slice name,
                       const char *value, size_t max)
{
    if (!*value)
        return;
    if (*has_member)
        wpb_buf_char(out, ',');
    *has_member = true;
    wpb_text_json(out, name);
    wpb_buf_char(out, ':');
    wpb_text_json(out, first_bytes(value, max));
}

static void add_text(struct wpb_buf *out, bool *has_member, const char *name,
                     const char *value, size_t max)
{
    add_member(out, has_member, wpb_slice_cstr(name), value, max);
}

static void add_labels(struct wpb_buf *out, const struct wpb_alert *alert,
                       const struct wpb_alert_fields *fields,
                       const struct wpb_alertmanager_labels *labels,
                       enum wpb_severity severity)
{
    bool has_member = false;

    wpb_buf_text(out, "\"labels\":{");
    add_text(out, &has_member, "alertname", fields->code[0] ? fields->code : "unknown",
             LABEL_BYTES);
    add_text(out, &has_member, "severity", wpb_severity_name(severity), LABEL_BYTES);
    add_text(out, &has_member, "site", fields->site, LABEL_BYTES);
    add_text(out, &has_member, "host", fields->host, LABEL_BYTES);
    add_text(out, &has_member, "owner", fields->owner, LABEL_BYTES);
    add_text(out, &has_member, "fingerprint", alert->fingerprint, LABEL_BYTES);
    for (size_t i = 0; i < labels->count; i++) {
        const char *label = labels->added[i];
        size_t len = strcspn(label, "=");
        add_member(out, &has_member, wpb_slice_of(label, len), label + len + 1,
                   LABEL_BYTES);
    }
    wpb_buf_char(out, '}');
}

static void add_annotations(struct wpb_buf *out, const struct wpb_alert_fields *fields)
{
    bool has_member = false;

    wpb_buf_text(out, ",\"annotations\":{");
    add_text(out, &has_member, "title", fields->title, LINE_BYTES);
    add_text(out, &has_member, "summary", fields->summary, PARAGRAPH_BYTES);
    add_text(out, &has_member, "remedy", fields->remedy, PARAGRAPH_BYTES);
    add_text(out, &has_member, "doc", fields->doc, LINE_BYTES);
    wpb_buf_char(out, '}');
}

void wpb_alertmanager_json(struct wpb_buf *out, const struct wpb_alert *alert,
                           const struct wpb_alertmanager_labels *labels,
                           enum wpb_severity severity, bool is_resolved, int64_t now_ms,
                           int64_t expires_ms)
{
    int64_t ends_ms = expires_ms, starts_ms = alert->starts_at_ms;
    struct wpb_alert_fields fields;

    if (is_resolved) {
        ends_ms = alert->ends_at_ms > 0 ? alert->ends_at_ms : alert->updated_at_ms;
        if (ends_ms > now_ms)
            ends_ms = now_ms;
    }
    /* An end before the start would be refused. */
    if (starts_ms > ends_ms)
        starts_ms = ends_ms;
    wpb_alert_fields_init(&fields, alert->body);
    wpb_buf_char(out, '{');
    add_labels(out, alert, &fields, labels, severity);
    add_annotations(out, &fields);
    wpb_buf_text(out, ",\"startsAt\":\"");
    wpb_clock_rfc3339(out, starts_ms);
    wpb_buf_text(out, "\",\"endsAt\":\"");
    wpb_clock_rfc3339(out, ends_ms);
    wpb_buf_text(out, "\"}");
    wpb_alert_fields_fini(&fields);
}
