#include "agent/base/sha256.h"

#include <assert.h>

/* FIPS 180-4, 4.2.2: fractional parts of the cube roots of the first 64 primes. */
/* clang-format off */
static const uint32_t cube_roots[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2};
/* clang-format on */

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void schedule(uint32_t w[64], const uint8_t block[WPB_SHA256_BLOCK])
{
    for (size_t i = 0; i < 16; i++)
        w[i] = word(block + 4 * i);
    for (size_t i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

static void add_block(uint32_t state[8], const uint8_t block[WPB_SHA256_BLOCK])
{
    uint32_t w[64], v[8]; /* v: a to h of the standard */

    schedule(w, block);
    memcpy(v, state, sizeof(v));
    for (size_t i = 0; i < 64; i++) {
        uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t t1 = v[7] + s1 + choice + cube_roots[i] + w[i];
        uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += t1;
        v[0] = t1 + s0 + majority;
    }
    for (size_t i = 0; i < 8; i++)
        state[i] += v[i];
}

void wpb_sha256_init(struct wpb_sha256 *hash)
{
    /* FIPS 180-4, 5.3.3: the same of the square roots of the first 8. */
    *hash =
        (struct wpb_sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void wpb_sha256_add(struct wpb_sha256 *hash, struct wpb_slice bytes)
{
    size_t held = hash->total % WPB_SHA256_BLOCK;

    hash->total += bytes.len;
    if (held && held + bytes.len >= WPB_SHA256_BLOCK) {
        memcpy(hash->block + held, bytes.data, WPB_SHA256_BLOCK - held);
        add_block(hash->state, hash->block);
        bytes = wpb_slice_skip(bytes, WPB_SHA256_BLOCK - held);
        held = 0;
    }
    for (; bytes.len >= WPB_SHA256_BLOCK; bytes = wpb_slice_skip(bytes, WPB_SHA256_BLOCK))
        add_block(hash->state, (const uint8_t *)bytes.data);
    if (bytes.len)
        memcpy(hash->block + held, bytes.data, bytes.len);
}

void wpb_sha256_end(struct wpb_sha256 *hash, uint8_t digest[WPB_SHA256_BYTES])
{
    /* 0x80, zeros up to 8 bytes before the end of a block, and the length in bits. */
    static const char padding[WPB_SHA256_BLOCK] = {(char)0x80};
    size_t held = hash->total % WPB_SHA256_BLOCK;
    size_t fill = held < 56 ? 56 - held : 120 - held;
    uint64_t bits = hash->total * 8;
    char length[8];

    for (size_t i = 0; i < 8; i++)
        length[i] = (char)(bits >> (56 - 8 * i));
    wpb_sha256_add(hash, wpb_slice_of(padding, fill));
    wpb_sha256_add(hash, wpb_slice_of(length, sizeof(length)));
    for (size_t i = 0; i < WPB_SHA256_BYTES; i++)
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void wpb_hmac_sha256_init(struct wpb_hmac_sha256 *hmac, struct wpb_slice key)
{
    uint8_t inner[WPB_SHA256_BLOCK] = {0}, outer[WPB_SHA256_BLOCK];

    if (key.len > WPB_SHA256_BLOCK) {
        wpb_sha256_init(&hmac->inner);
        wpb_sha256_add(&hmac->inner, key);
        wpb_sha256_end(&hmac->inner, inner);
    } else if (key.len) {
        memcpy(inner, key.data, key.len);
    }
    for (size_t i = 0; i < WPB_SHA256_BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    wpb_sha256_init(&hmac->inner);
    wpb_sha256_add(&hmac->inner, wpb_slice_of(inner, sizeof(inner)));
    wpb_sha256_init(&hmac->outer);
    wpb_sha256_add(&hmac->outer, wpb_slice_of(outer, sizeof(outer)));
    explicit_bzero(inner, sizeof(inner));
    explicit_bzero(outer, sizeof(outer));
}

void wpb_hmac_sha256_add(struct wpb_hmac_sha256 *hmac, struct wpb_slice bytes)
{
    wpb_sha256_add(&hmac->inner, bytes);
}

void wpb_hmac_sha256_end(struct wpb_hmac_sha256 *hmac, uint8_t code[WPB_SHA256_BYTES])
{
    uint8_t digest[WPB_SHA256_BYTES];

    wpb_sha256_end(&hmac->inner, digest);
    wpb_sha256_add(&hmac->outer, wpb_slice_of(digest, sizeof(digest)));
    wpb_sha256_end(&hmac->outer, code);
    explicit_bzero(hmac, sizeof(*hmac));
    explicit_bzero(digest, sizeof(digest));
}

void wpb_sha256_hex(const uint8_t digest[WPB_SHA256_BYTES], char *text, size_t digits)
{
    static const char hex[] = "0123456789abcdef";

    assert(digits <= 2 * WPB_SHA256_BYTES);
    for (size_t i = 0; i < digits; i++)
        text[i] = hex[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
    text[digits] = '\0';
}
