#include "agent/alert/webhook_signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/sha256.h"

#define STAGE "webhook"

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_base64(const uint8_t *bytes, size_t len, char *text)
{
    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (i + 1 < len)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < len)
            group |= bytes[i + 2];
        *text++ = letters[group >> 18];
        *text++ = letters[group >> 12 & 63];
        *text++ = i + 1 < len ? letters[group >> 6 & 63] : '=';
        *text++ = i + 2 < len ? letters[group & 63] : '=';
    }
    *text = '\0';
}

/* The bytes of TEXT, padded or not, at BYTES, which has room for them; -1 when it is not
 * base64. */
static int decode_base64(const char *text, uint8_t *bytes, size_t *len)
{
    size_t letters_len = strspn(text, letters);
    uint32_t group = 0;

    *len = 0;
    if (letters_len % 4 == 1 || strlen(text + letters_len) > 2 ||
        strspn(text + letters_len, "=") != strlen(text + letters_len))
        return -1;
    for (size_t i = 0; i < letters_len; i++) {
        group = group << 6 | (uint32_t)(strchr(letters, text[i]) - letters);
        if (i % 4 == 1)
            bytes[(*len)++] = (uint8_t)(group >> 4);
        else if (i % 4 == 2)
            bytes[(*len)++] = (uint8_t)(group >> 2);
        else if (i % 4 == 3)
            bytes[(*len)++] = (uint8_t)group;
    }
    return 0;
}

int wpb_webhook_key_of(struct wpb_webhook_key *key, const char *secret,
                       struct wpb_err *err)
{
    static const char prefix[] = "whsec_";
    size_t len = strlen(secret);

    key->len = 0;
    if (len > WPB_WEBHOOK_KEY_MAX)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "the secret is too long");
    if (strncmp(secret, prefix, sizeof(prefix) - 1) != 0) {
        memcpy(key->bytes, secret, len);
        key->len = len;
    } else if (decode_base64(secret + sizeof(prefix) - 1, key->bytes, &key->len)) {
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "what follows whsec_ in the secret is not base64");
    }
    if (key->len == 0)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "the secret is empty");
    return 0;
}

void wpb_webhook_sign(const struct wpb_webhook_key *key, const char *id,
                      int64_t timestamp_s, struct wpb_slice body,
                      char signature[WPB_WEBHOOK_SIGNATURE_SIZE])
{
    struct wpb_hmac_sha256 hmac;
    uint8_t code[WPB_SHA256_BYTES];
    char time[24];

    snprintf(time, sizeof(time), ".%" PRId64 ".", timestamp_s);
    wpb_hmac_sha256_init(&hmac, wpb_slice_of(key->bytes, key->len));
    wpb_hmac_sha256_add(&hmac, wpb_slice_cstr(id));
    wpb_hmac_sha256_add(&hmac, wpb_slice_cstr(time));
    wpb_hmac_sha256_add(&hmac, body);
    wpb_hmac_sha256_end(&hmac, code);
    memcpy(signature, "v1,", 3);
    encode_base64(code, sizeof(code), signature + 3);
}
