/*
 * alert_fields.h - what the body of an alert says, for receivers that want it in parts.
 *
 * A body is our own, but it may come from a damaged disk, and its texts are strangers':
 * what is missing or of another type is "", and who shows a text escapes it. One thread.
 */
#ifndef WPB_ALERT_ALERT_FIELDS_H
#define WPB_ALERT_ALERT_FIELDS_H

#include "wpbloat/alert.h"

struct wpb_alert_fields {
    const char *code, *site, *host, *owner;
    const char *title, *summary;
    const char *remedy, *doc; /* `summary` and `doc` of the remedy */
    const char *instance;     /* of the agent */
    void *document;
};

/* Never fails: of a body that makes no sense, all are "". They live until _fini. */
void wpb_alert_fields_init(struct wpb_alert_fields *fields, struct wpb_slice body);
void wpb_alert_fields_fini(struct wpb_alert_fields *fields);

#endif
