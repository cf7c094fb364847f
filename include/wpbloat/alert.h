/*
 * alert.h - a finding with a life: one state of it, as it is delivered.
 *
 * Alerts are state, not log lines: of a fingerprint only the newest state matters, and
 * `seq` says which that is. The body is the whole alert as one line of JSON
 * (docs/alert.schema.json), masked and escaped already; the other members are what those
 * who store and deliver it need without reading it. Plain values; who made an alert owns
 * its texts.
 */
#ifndef WPBLOAT_ALERT_H
#define WPBLOAT_ALERT_H

#include <stdint.h>

#include "wpbloat/finding.h"

/* Hexadecimal digits: the first half of a SHA-256's first 16 bytes. */
#define WPB_FINGERPRINT_LEN 16
#define WPB_ULID_LEN 26
/* Largest body. */
#define WPB_ALERT_BYTES_MAX 8192

enum wpb_alert_status { WPB_ALERT_FIRING, WPB_ALERT_RESOLVED };

struct wpb_alert {
    char fingerprint[WPB_FINGERPRINT_LEN + 1]; /* the same for the whole life, and after a
                                                  restart: never of values or time */
    char id[WPB_ULID_LEN + 1]; /* of this state: what receivers dedup by */
    uint64_t seq;              /* grows by each state of the fingerprint */
    enum wpb_alert_status status;
    enum wpb_severity severity;
    int64_t starts_at_ms, updated_at_ms; /* Unix time */
    int64_t ends_at_ms;                  /* 0 while it fires */
    struct wpb_slice body;               /* JSON without a newline */
};

/* "firing", "resolved"; static. */
const char *wpb_alert_status_name(enum wpb_alert_status status);

#endif
