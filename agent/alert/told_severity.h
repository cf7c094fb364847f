/*
 * told_severity.h - which severity a receiver knows each alert by.
 *
 * Where the severity is a part of what an alert is, a change of it has to end the former.
 * At most WPB_TOLD_MAX fingerprints; what is not known has not been told. One thread.
 */
#ifndef WPB_ALERT_TOLD_SEVERITY_H
#define WPB_ALERT_TOLD_SEVERITY_H

#include <stdbool.h>
#include <stddef.h>

#include "wpbloat/alert.h"

#define WPB_TOLD_MAX 1000

struct wpb_told_severity {
    struct {
        char fingerprint[WPB_FINGERPRINT_LEN + 1];
        enum wpb_severity severity;
    } * told;
    size_t count, capacity;
};

void wpb_told_severity_fini(struct wpb_told_severity *told);
/* The severity that ALERT is known by; false when it is not. */
bool wpb_told_severity_of(const struct wpb_told_severity *told,
                          const struct wpb_alert *alert, enum wpb_severity *severity);
/* ALERT has been told: once resolved, it need not be known any more. */
void wpb_told_severity_note(struct wpb_told_severity *told,
                            const struct wpb_alert *alert);

#endif
