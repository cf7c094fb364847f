#include "wpbloat/finding.h"

#include <string.h>

#include "wpbloat/alert.h"
#include "wpbloat/site.h"

const char *wpb_severity_name(enum wpb_severity severity)
{
    static const char *const names[] = {
        [WPB_INFO] = "info",
        [WPB_WARNING] = "warning",
        [WPB_CRITICAL] = "critical",
    };
    return names[severity];
}

const char *wpb_alert_status_name(enum wpb_alert_status status)
{
    return status == WPB_ALERT_FIRING ? "firing" : "resolved";
}

static int compare_sites(const struct wpb_site *a, const struct wpb_site *b)
{
    int order = strcmp(a->name, b->name);

    if (order || !a->path || !b->path)
        return order;
    return strcmp(a->path, b->path);
}

int wpb_finding_compare(const struct wpb_finding *a, const struct wpb_finding *b)
{
    int order;

    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if ((order = strcmp(a->code, b->code)) != 0)
        return order;
    if ((order = compare_sites(a->site, b->site)) != 0)
        return order;
    return wpb_subject_compare(a->subject, b->subject);
}
