/*
 * sha256.h - SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104), fed in pieces.
 *
 * Alerts are identified by a hash, and webhooks signed by a keyed one. Plain memory:
 * nothing to free but what a caller wants forgotten. Pure, any thread.
 */
#ifndef WPB_BASE_SHA256_H
#define WPB_BASE_SHA256_H

#include <stdint.h>

#include "wpbloat/slice.h"

#define WPB_SHA256_BYTES 32
#define WPB_SHA256_BLOCK 64

struct wpb_sha256 {
    uint32_t state[8];
    uint64_t total;                  /* bytes fed */
    uint8_t block[WPB_SHA256_BLOCK]; /* the last, incomplete one */
};

void wpb_sha256_init(struct wpb_sha256 *hash);
void wpb_sha256_add(struct wpb_sha256 *hash, struct wpb_slice bytes);
/* The digest of all that was fed. HASH is of no use afterwards. */
void wpb_sha256_end(struct wpb_sha256 *hash, uint8_t digest[WPB_SHA256_BYTES]);

struct wpb_hmac_sha256 {
    struct wpb_sha256 inner, outer;
};

/* KEY may have any length; it is not kept, but what is derived from it is until the end.
 */
void wpb_hmac_sha256_init(struct wpb_hmac_sha256 *hmac, struct wpb_slice key);
void wpb_hmac_sha256_add(struct wpb_hmac_sha256 *hmac, struct wpb_slice bytes);
/* The code of all that was fed; what was derived from the key is wiped. */
void wpb_hmac_sha256_end(struct wpb_hmac_sha256 *hmac, uint8_t code[WPB_SHA256_BYTES]);

/* The first DIGITS hexadecimal digits (lower case) of a digest, with a NUL. DIGITS is at
 * most 2 * WPB_SHA256_BYTES. */
void wpb_sha256_hex(const uint8_t digest[WPB_SHA256_BYTES], char *text, size_t digits);

#endif
