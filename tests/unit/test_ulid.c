/* ULIDs: the time they carry, their order, and that no two are alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/base/ulid.h"

/* The 80 bits of a source that was drawn from already, so that they are what is said. */
static struct wpb_ulid_source at(uint64_t ms, uint8_t byte)
{
    struct wpb_ulid_source source = {.drawn = 1, .last_ms = ms};

    memset(source.random, byte, sizeof(source.random));
    return source;
}

static void time_and_bits_are_written_as_the_specification_says(void **state)
{
    struct wpb_ulid_source source = at(1469918176385, 0);
    char text[WPB_ULID_TEXT];
    (void)state;

    /* The time of the specification's own example. */
    wpb_ulid_next(&source, 1469918176385, text);
    assert_string_equal(text, "01ARYZ6S410000000000000001");
    source = at(((uint64_t)1 << 48) - 1, 0xff);
    source.random[9] = 0xfe;
    wpb_ulid_next(&source, INT64_MAX, text);
    assert_string_equal(text, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    source = at(0, 0);
    wpb_ulid_next(&source, -5, text);
    assert_string_equal(text, "00000000000000000000000001");
}

static void within_a_millisecond_each_follows_the_one_before(void **state)
{
    struct wpb_ulid_source source = at(1469918176385, 0);
    char before[WPB_ULID_TEXT], text[WPB_ULID_TEXT];
    (void)state;

    memset(source.random + 1, 0xff, sizeof(source.random) - 1);
    source.random[9] = 0xfd;
    wpb_ulid_next(&source, 1469918176385, before);
    for (int i = 0; i < 5; i++) {
        wpb_ulid_next(&source, 1469918176385, text);
        assert_true(strcmp(before, text) < 0);
        strcpy(before, text);
    }
}

static void a_new_millisecond_draws_anew(void **state)
{
    struct wpb_ulid_source source = {{1, 2, 3}, 0, 0, {0}},
                           other = {{1, 2, 4}, 0, 0, {0}};
    char first[WPB_ULID_TEXT], second[WPB_ULID_TEXT], third[WPB_ULID_TEXT];
    (void)state;

    wpb_ulid_next(&source, 1000, first);
    wpb_ulid_next(&source, 1001, second);
    assert_true(strcmp(first, second) < 0);
    assert_string_not_equal(first + 10, second + 10);
    wpb_ulid_next(&other, 1000, third);
    assert_string_not_equal(first, third);
    /* A clock that is set back gives other bits, too. */
    wpb_ulid_next(&source, 1000, third);
    assert_string_not_equal(first, third);
}

static void the_kernel_seeds_two_sources_differently(void **state)
{
    struct wpb_ulid_source a, b;
    struct wpb_err err;
    (void)state;

    assert_int_equal(wpb_ulid_seed(&a, &err), 0);
    assert_int_equal(wpb_ulid_seed(&b, &err), 0);
    assert_memory_not_equal(a.seed, b.seed, sizeof(a.seed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_and_bits_are_written_as_the_specification_says),
        cmocka_unit_test(within_a_millisecond_each_follows_the_one_before),
        cmocka_unit_test(a_new_millisecond_draws_anew),
        cmocka_unit_test(the_kernel_seeds_two_sources_differently),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
