/*
 * webhook_signature.h - the signature of Standard Webhooks, symmetric (v1).
 *
 *   signature = "v1," base64(HMAC-SHA256(key, id "." timestamp "." body))
 *   secret    = "whsec_" base64(key)  |  key, as it stands
 *
 * Pure, any thread.
 */
#ifndef WPB_ALERT_WEBHOOK_SIGNATURE_H
#define WPB_ALERT_WEBHOOK_SIGNATURE_H

#include <stdint.h>

#include "wpbloat/err.h"
#include "wpbloat/slice.h"

#define WPB_WEBHOOK_KEY_MAX 4096
/* "v1,", 44 characters of base64 and a NUL. */
#define WPB_WEBHOOK_SIGNATURE_SIZE 48

struct wpb_webhook_key {
    uint8_t bytes[WPB_WEBHOOK_KEY_MAX];
    size_t len;
};

/* The key that SECRET stands for. -1 with ERR when it is not base64 behind "whsec_", or
 * empty, or too long; never with a part of it in the message. */
int wpb_webhook_key_of(struct wpb_webhook_key *key, const char *secret,
                       struct wpb_err *err);

/* The signature of BODY, sent as ID at TIMESTAMP_S. */
void wpb_webhook_sign(const struct wpb_webhook_key *key, const char *id,
                      int64_t timestamp_s, struct wpb_slice body,
                      char signature[WPB_WEBHOOK_SIGNATURE_SIZE]);

#endif
