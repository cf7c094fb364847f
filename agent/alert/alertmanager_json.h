/*
 * alertmanager_json.h - alerts in the words of Alertmanager's API v2.
 *
 * An alert is there what its labels are: alertname (our code), severity, site, host,
 * owner, fingerprint, and those that the configuration adds. Nothing else that varies may
 * be one. What firing alerts are said to end at is the time by which they count as
 * resolved when nobody tells them again. Pure, any thread.
 */
#ifndef WPB_ALERT_ALERTMANAGER_JSON_H
#define WPB_ALERT_ALERTMANAGER_JSON_H

#include "agent/base/buf.h"
#include "wpbloat/alert.h"
#include "wpbloat/err.h"

struct wpb_alertmanager_labels {
    const char *const *added; /* "name=value" */
    size_t count;
};

/* -1 with ERR: one of them is no label, or one of ours. */
int wpb_alertmanager_labels_check(const struct wpb_alertmanager_labels *labels,
                                  struct wpb_err *err);

/* One object of the array: ALERT with its labels as of SEVERITY. With IS_RESOLVED it has
 * ended, at the latest at NOW_MS; else it ends at EXPIRES_MS if nobody tells it again. */
void wpb_alertmanager_json(struct wpb_buf *out, const struct wpb_alert *alert,
                           const struct wpb_alertmanager_labels *labels,
                           enum wpb_severity severity, bool is_resolved, int64_t now_ms,
                           int64_t expires_ms);

#endif
