#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "probes/php/examine.h"

#define BYTES(literal) wpb_slice_of(literal, sizeof(literal) - 1)

static struct wpb_arena *arena;

static int new_arena(void **state)
{
    (void)state;
    arena = wpb_arena_new();
    return arena ? 0 : -1;
}

static int free_arena(void **state)
{
    (void)state;
    wpb_arena_free(arena);
    return 0;
}

/* VALUE, of which FED bytes arrive, in chunks of 5. */
static const struct wpb_examination *examine(struct wpb_slice value, size_t fed)
{
    struct wpb_examiner *examiner = wpb_examiner_new(value.len, 80200, NULL);
    struct wpb_examination *result = wpb_arena_alloc(arena, sizeof(*result));
    assert_true(examiner && result);
    wpb_examiner_sample_names(examiner, 10);
    struct wpb_slice rest = wpb_slice_head(value, fed);
    while (rest.len > 0 && wpb_examiner_feed(examiner, wpb_slice_head(rest, 5)) == 0)
        rest = wpb_slice_skip(rest, 5);
    wpb_examiner_finish(examiner, arena, result);
    wpb_examiner_free(examiner);
    return result;
}

static void expect_names(const struct wpb_examination *result, const char *const *names,
                         size_t count)
{
    assert_int_equal(result->family_names, count);
    for (size_t i = 0; i < count; i++) {
        bool is_found = false;
        for (size_t j = 0; j < result->family_count; j++)
            is_found |= wpb_slice_is(result->families[j].template_name, names[i]);
        if (!is_found)
            fail_msg("no family %s", names[i]);
    }
    assert_int_equal(result->name_count, count);
    for (size_t i = 0; i < count; i++) {
        bool is_drawn = false;
        for (size_t j = 0; j < count; j++)
            is_drawn |= wpb_slice_is(result->names[j], names[i]);
        if (!is_drawn)
            fail_msg("%s is not among the names drawn", names[i]);
    }
}

static void litespeed_wraps_in_data(void **state)
{
    (void)state;
    const struct wpb_examination *result = examine(
        BYTES("a:1:{s:4:\"data\";a:2:{s:7:\"siteurl\";s:1:\"x\";s:4:\"home\";i:1;}}"),
        SIZE_MAX);
    assert_true(result->is_complete);
    assert_int_equal(result->wrapper, WPB_WRAPPER_LITESPEED);
    assert_string_equal(wpb_wrapper_name(result->wrapper), "litespeed");
    assert_int_equal(result->entries, 2);
    assert_int_equal(result->cost.entries, 2);
    assert_int_equal(result->elements, 4);
    expect_names(result, (const char *const[]){"siteurl", "home"}, 2);
}

static void w3tc_wraps_in_content_with_its_versions(void **state)
{
    (void)state;
    const struct wpb_examination *result = examine(
        BYTES("a:3:{s:7:\"content\";a:1:{s:6:\"WPLANG\";b:1;}s:11:\"key_version\";i:1;"
              "s:15:\"key_version_all\";i:2;}"),
        SIZE_MAX);
    assert_int_equal(result->wrapper, WPB_WRAPPER_W3TC);
    assert_int_equal(result->entries, 1);
    expect_names(result, (const char *const[]){"WPLANG"}, 1);
}

static void core_wraps_in_data_with_salt_whatever_the_encoding(void **state)
{
    (void)state;
    const struct wpb_slice values[] = {
        BYTES("a:2:{s:4:\"data\";a:1:{s:6:\"WPLANG\";b:1;}s:4:\"salt\";s:3:\"0.1\";}"),
        BYTES("\0\0\0\2\x14\2\x11\4data\x14\1\x11\6WPLANG\x05\x11\4salt\x11\3"
              "0.1"),
        BYTES("{\"data\":{\"WPLANG\":true},\"salt\":\"0.1\"}"),
    };
    for (size_t i = 0; i < 3; i++) {
        const struct wpb_examination *result = examine(values[i], SIZE_MAX);
        assert_true(result->is_complete);
        assert_int_equal(result->wrapper, WPB_WRAPPER_SALTED);
        assert_int_equal(result->entries, 1);
        expect_names(result, (const char *const[]){"WPLANG"}, 1);
    }
}

static void a_wrapped_scalar_has_no_entries(void **state)
{
    (void)state;
    const struct wpb_examination *result =
        examine(BYTES("a:1:{s:4:\"data\";s:5:\"hello\";}"), SIZE_MAX);
    assert_int_equal(result->wrapper, WPB_WRAPPER_LITESPEED);
    assert_int_equal(result->entries, 0);
    assert_int_equal(result->family_names, 0);
}

static void an_array_that_only_begins_like_a_wrapper_is_none(void **state)
{
    (void)state;
    const struct wpb_examination *result = examine(
        BYTES("a:2:{s:4:\"data\";a:2:{s:1:\"x\";i:1;s:1:\"y\";i:1;}s:5:\"total\";i:9;}"),
        SIZE_MAX);
    assert_int_equal(result->wrapper, WPB_WRAPPER_NONE);
    assert_string_equal(wpb_wrapper_name(result->wrapper), "");
    assert_int_equal(result->entries, 2);
    expect_names(result, (const char *const[]){"data", "total"}, 2);

    result =
        examine(BYTES("a:3:{s:7:\"content\";a:1:{s:1:\"x\";i:1;}s:11:\"key_version\";i:1;"
                      "s:5:\"other\";i:1;}"),
                SIZE_MAX);
    assert_int_equal(result->wrapper, WPB_WRAPPER_NONE);
    expect_names(result, (const char *const[]){"content", "key_version", "other"}, 3);

    result = examine(BYTES("a:3:{s:4:\"data\";a:1:{s:1:\"x\";i:1;}s:4:\"salt\";i:1;"
                           "s:5:\"other\";i:1;}"),
                     SIZE_MAX);
    assert_int_equal(result->wrapper, WPB_WRAPPER_NONE);
    expect_names(result, (const char *const[]){"data", "salt", "other"}, 3);
}

static void json_with_data_alone_is_no_wrapper(void **state)
{
    (void)state;
    const struct wpb_examination *result =
        examine(BYTES("{\"data\":{\"x\":1,\"y\":2}}"), SIZE_MAX);
    assert_int_equal(result->wrapper, WPB_WRAPPER_NONE);
    assert_int_equal(result->entries, 1);
    expect_names(result, (const char *const[]){"data"}, 1);

    result = examine(BYTES("{\"data\":{\"x\":1},\"salt\":1,\"more\":2}"), SIZE_MAX);
    assert_int_equal(result->wrapper, WPB_WRAPPER_NONE);
    assert_int_equal(result->entries, 3);
    expect_names(result, (const char *const[]){"data", "salt", "more"}, 3);
}

static void a_wrapper_is_known_before_its_end(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:2:{s:4:\"data\";a:3000:{");
    for (int i = 0; i < 3000; i++)
        wpb_buf_printf(&value, "s:8:\"tax_%04d\";b:1;", i);
    wpb_buf_text(&value, "}s:4:\"salt\";s:3:\"0.1\";}");
    const struct wpb_examination *result = examine(wpb_buf_view(&value), 40000);
    assert_false(result->is_complete);
    assert_int_equal(result->wrapper, WPB_WRAPPER_SALTED);
    assert_int_equal(result->entries, 3000);
    assert_int_equal(result->provenance, WPB_ESTIMATED);
    assert_in_range(result->family_names, 1900, 2400);
    wpb_buf_fini(&value);
}

/* Adding a name copies the wrapped array, 64 slots here, not the wrapper of 8. */
static void rewriting_copies_the_wrapped_array(void **state)
{
    (void)state;
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:1:{s:4:\"data\";a:40:{");
    for (int i = 0; i < 40; i++)
        wpb_buf_printf(&value, "s:8:\"tax_%04d\";b:1;", i);
    wpb_buf_text(&value, "}}");
    const struct wpb_examination *result = examine(wpb_buf_view(&value), SIZE_MAX);
    assert_int_equal(result->wrapper, WPB_WRAPPER_LITESPEED);
    assert_int_equal(result->cost.rewrite_peak_bytes,
                     result->cost.value_bytes + 40 * 64 + 2 * value.len);
    wpb_buf_fini(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(litespeed_wraps_in_data),
        cmocka_unit_test(w3tc_wraps_in_content_with_its_versions),
        cmocka_unit_test(core_wraps_in_data_with_salt_whatever_the_encoding),
        cmocka_unit_test(a_wrapped_scalar_has_no_entries),
        cmocka_unit_test(an_array_that_only_begins_like_a_wrapper_is_none),
        cmocka_unit_test(json_with_data_alone_is_no_wrapper),
        cmocka_unit_test(a_wrapper_is_known_before_its_end),
        cmocka_unit_test(rewriting_copies_the_wrapped_array),
    };
    return cmocka_run_group_tests(tests, new_arena, free_arena);
}
