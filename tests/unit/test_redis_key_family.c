#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/redis/idle.h"
#include "probes/redis/key_family.h"

static void add(struct wpb_key_families *families, uint32_t group, const char *id,
                uint64_t bytes)
{
    wpb_key_families_add(families, group, wpb_slice_cstr(id), bytes, true, 1);
}

static void ids_that_vary_alike_are_one_family(void **state)
{
    (void)state;
    struct wpb_key_families *families = wpb_key_families_new(4);
    size_t count;

    add(families, 1, "feed_d117b5738fbd35bd8c0391cda1f2b5d9", 500000);
    add(families, 1, "feed_0123456789abcdef0123456789abcdef", 400000);
    add(families, 2, "feed_0123456789abcdef0123456789abcdef", 10);
    add(families, 1, "update_core", 70);
    wpb_key_families_ttlless(families, 1, wpb_slice_cstr("update_core"));
    const struct wpb_key_family *found = wpb_key_families_sorted(families, &count);
    assert_int_equal(count, 3);
    assert_true(wpb_slice_is(found[0].template_name, "feed_<hex>"));
    assert_int_equal(found[0].group, 1);
    assert_int_equal(found[0].keys, 2);
    assert_int_equal(found[0].bytes, 900000);
    assert_int_equal(found[0].ttlless_keys, 2);
    assert_true(wpb_slice_is(found[1].template_name, "update_core"));
    assert_int_equal(found[1].ttlless_keys, 2);
    assert_int_equal(found[2].group, 2);
    assert_true(wpb_key_families_are_whole(families));
    wpb_key_families_free(families);
}

static void a_weight_stands_for_so_many_keys(void **state)
{
    (void)state;
    struct wpb_key_families *families = wpb_key_families_new(1);
    size_t count;

    wpb_key_families_add(families, 0, wpb_slice_cstr("12"), 100, false, 16);
    const struct wpb_key_family *found = wpb_key_families_sorted(families, &count);
    assert_int_equal(found[0].keys, 16);
    assert_int_equal(found[0].bytes, 1600);
    assert_int_equal(found[0].ttlless_keys, 0);
    wpb_key_families_free(families);
}

/* 5 MB of ids that fold to nothing in common: the heavy stay, the sum is kept. */
static void beyond_the_bound_the_heaviest_stay_and_nothing_is_lost(void **state)
{
    (void)state;
    struct wpb_key_families *families = wpb_key_families_new(2);
    uint64_t keys = 0, bytes = 0;
    size_t count;
    bool has_heavy = false;

    for (unsigned i = 0; i < 100000; i++) {
        char id[64];
        int at = snprintf(id, sizeof id, "a_rather_long_name_of_a_key_that_ends_in_");
        for (unsigned rest = i; rest; rest /= 20)
            at += snprintf(id + at, sizeof id - (size_t)at, "%c", 'g' + rest % 20);
        add(families, 0, id, 50);
        if (i % 1000 == 0)
            add(families, 1, "blob_12", 4000);
    }
    const struct wpb_key_family *found = wpb_key_families_sorted(families, &count);
    assert_true(count <= WPB_KEY_FAMILIES_MAX + 2);
    for (size_t i = 0; i < count; i++) {
        keys += found[i].keys;
        bytes += found[i].bytes;
        has_heavy |= found[i].group == 1 && found[i].keys == 100 &&
                     wpb_slice_is(found[i].template_name, "blob_<n>");
    }
    assert_true(has_heavy);
    assert_true(wpb_slice_is(found[0].template_name, "<other>"));
    assert_int_equal(keys, 100100);
    assert_int_equal(bytes, 100000 * 50 + 100 * 4000);
    assert_false(wpb_key_families_are_whole(families));
    wpb_key_families_free(families);
}

static bool is_group(const void *cookie, uint32_t group)
{
    return group == *(const uint32_t *)cookie;
}

static void the_median_is_of_one_group(void **state)
{
    (void)state;
    static struct wpb_idle idle;
    uint32_t group = 7, few = 8;
    uint64_t seconds = 0;

    for (uint64_t i = 0; i < 9; i++)
        wpb_idle_add(&idle, 7, (i * 5) % 9 * 10);
    for (uint64_t i = 0; i < 4; i++)
        wpb_idle_add(&idle, 8, 100000);
    assert_true(wpb_idle_median(&idle, is_group, &group, &seconds));
    assert_int_equal(seconds, 40);
    assert_false(wpb_idle_median(&idle, is_group, &few, &seconds));
}

static void no_more_idle_times_are_kept_than_the_bound(void **state)
{
    (void)state;
    static struct wpb_idle idle;
    for (size_t i = 0; i < WPB_IDLE_SAMPLES_MAX + 10; i++)
        wpb_idle_add(&idle, 1, UINT64_MAX);
    assert_int_equal(idle.count, WPB_IDLE_SAMPLES_MAX);
    assert_int_equal(idle.samples[0].seconds, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_that_vary_alike_are_one_family),
        cmocka_unit_test(a_weight_stands_for_so_many_keys),
        cmocka_unit_test(beyond_the_bound_the_heaviest_stay_and_nothing_is_lost),
        cmocka_unit_test(the_median_is_of_one_group),
        cmocka_unit_test(no_more_idle_times_are_kept_than_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
