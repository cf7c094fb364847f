/* SHA-256 and HMAC: the vectors of NIST and of RFC 4231, whole and in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "agent/base/sha256.h"

#define DIGITS ((size_t)2 * WPB_SHA256_BYTES)

/* Feeds BYTES in pieces of STEP. */
static void expect_sha256(struct wpb_slice bytes, size_t step, const char *expected)
{
    struct wpb_sha256 hash;
    uint8_t digest[WPB_SHA256_BYTES];
    char text[DIGITS + 1];

    wpb_sha256_init(&hash);
    for (; bytes.len; bytes = wpb_slice_skip(bytes, step))
        wpb_sha256_add(&hash, wpb_slice_head(bytes, step));
    wpb_sha256_end(&hash, digest);
    wpb_sha256_hex(digest, text, DIGITS);
    assert_string_equal(text, expected);
}

/* The examples of FIPS 180-4 that NIST publishes. */
static void digests_are_those_of_nist(void **state)
{
    static const struct {
        const char *text, *digest;
    } vectors[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnop"
         "q"
         "klmnopqrlmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        for (size_t step = 1; step <= 130; step++)
            expect_sha256(wpb_slice_cstr(vectors[i].text), step, vectors[i].digest);
    }
}

static void a_million_bytes_in_any_pieces(void **state)
{
    static const char expected[] =
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    static const size_t steps[] = {1, 63, 64, 65, 4096, 1000000};
    char *bytes = malloc(1000000);
    (void)state;

    assert_non_null(bytes);
    memset(bytes, 'a', 1000000);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        expect_sha256(wpb_slice_of(bytes, 1000000), steps[i], expected);
    free(bytes);
}

/* Every place where a message can end within a block: the digest of all digests, which
 * Python's hashlib says too. */
static void every_length_up_to_three_blocks(void **state)
{
    char bytes[200], text[DIGITS + 1];
    uint8_t digest[WPB_SHA256_BYTES];
    struct wpb_sha256 all, one;
    (void)state;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)i;
    wpb_sha256_init(&all);
    for (size_t len = 0; len < sizeof(bytes); len++) {
        wpb_sha256_init(&one);
        wpb_sha256_add(&one, wpb_slice_of(bytes, len));
        wpb_sha256_end(&one, digest);
        wpb_sha256_add(&all, wpb_slice_of(digest, sizeof(digest)));
    }
    wpb_sha256_end(&all, digest);
    wpb_sha256_hex(digest, text, DIGITS);
    assert_string_equal(
        text, "ba7b0fcea7d10c06b855b43d2b4dce1e3e842fff6be0acefb0faf4f2dd05bb47");
}

static struct wpb_slice filled(char *room, char byte, size_t len)
{
    memset(room, byte, len);
    return wpb_slice_of(room, len);
}

static void expect_hmac(struct wpb_slice key, struct wpb_slice bytes,
                        const char *expected)
{
    for (size_t step = 1; step <= 160; step += 53) {
        struct wpb_hmac_sha256 hmac;
        uint8_t code[WPB_SHA256_BYTES];
        char text[DIGITS + 1];

        wpb_hmac_sha256_init(&hmac, key);
        for (struct wpb_slice rest = bytes; rest.len; rest = wpb_slice_skip(rest, step))
            wpb_hmac_sha256_add(&hmac, wpb_slice_head(rest, step));
        wpb_hmac_sha256_end(&hmac, code);
        wpb_sha256_hex(code, text, strlen(expected));
        assert_string_equal(text, expected);
    }
}

static void codes_are_those_of_rfc_4231(void **state)
{
    char key[131], bytes[50];
    (void)state;

    expect_hmac(filled(key, 0x0b, 20), wpb_slice_cstr("Hi There"),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    expect_hmac(wpb_slice_cstr("Jefe"), wpb_slice_cstr("what do ya want for nothing?"),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    expect_hmac(filled(key, (char)0xaa, 20), filled(bytes, (char)0xdd, 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    for (size_t i = 0; i < 25; i++)
        key[i] = (char)(i + 1);
    expect_hmac(wpb_slice_of(key, 25), filled(bytes, (char)0xcd, 50),
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    expect_hmac(filled(key, 0x0c, 20), wpb_slice_cstr("Test With Truncation"),
                "a3b6167473100ee06e0c796c2955552b");
    expect_hmac(filled(key, (char)0xaa, 131),
                wpb_slice_cstr("Test Using Larger Than Block-Size Key - Hash Key First"),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    expect_hmac(filled(key, (char)0xaa, 131),
                wpb_slice_cstr(
                    "This is a test using a larger than block-size key and a larger than "
                    "block-size data. The key needs to be hashed before being used by "
                    "the HMAC algorithm."),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void an_empty_key_and_an_empty_text_are_allowed(void **state)
{
    (void)state;
    struct wpb_hmac_sha256 hmac;
    uint8_t code[WPB_SHA256_BYTES];
    char text[DIGITS + 1];

    wpb_hmac_sha256_init(&hmac, wpb_slice_of(NULL, 0));
    wpb_hmac_sha256_add(&hmac, wpb_slice_of(NULL, 0));
    wpb_hmac_sha256_end(&hmac, code);
    wpb_sha256_hex(code, text, DIGITS);
    assert_string_equal(
        text, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_nist),
        cmocka_unit_test(a_million_bytes_in_any_pieces),
        cmocka_unit_test(every_length_up_to_three_blocks),
        cmocka_unit_test(codes_are_those_of_rfc_4231),
        cmocka_unit_test(an_empty_key_and_an_empty_text_are_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
