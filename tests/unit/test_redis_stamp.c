#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/redis/orphans.h"
#include "probes/redis/stamp.h"

#define MD5 "0123456789abcdef0123456789abcdef"
#define UNITS 100000000u

static struct wpb_stamp parsed(const char *id)
{
    struct wpb_stamp stamp;
    if (!wpb_stamp_parse(wpb_slice_cstr(id), &stamp))
        fail_msg("\"%s\" has no stamp", id);
    return stamp;
}

static void refused(const char *id)
{
    struct wpb_stamp stamp;
    if (wpb_stamp_parse(wpb_slice_cstr(id), &stamp))
        fail_msg("\"%s\" is no stamp", id);
    assert_int_equal(stamp.kind, WPB_STAMP_NONE);
}

static void a_query_key_carries_its_last_changed(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "wp_query-" MD5 "-0.64035600 1795464061", /* redis-cache */
        "wp_query:" MD5 ":0.64035600 1795464061", /* LiteSpeed, W3TC */
        "wp_query:" MD5 ":0.640356001795464061",  /* wp-redis */
        ":0.64035600 1795464061",
    };
    for (size_t i = 0; i < 4; i++) {
        struct wpb_stamp stamp = parsed(ids[i]);
        assert_int_equal(stamp.kind, WPB_STAMP_LAST_CHANGED);
        assert_int_equal(stamp.count, 1);
        assert_int_equal(stamp.times[0], 1795464061ull * UNITS + 64035600);
    }
}

static void joined_groups_give_two_times_in_their_order(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "wp_query-" MD5 "-0.64035600 17954640610.12345600 1795464070",
        "wp_query:" MD5 ":0.6403560017954640610.123456001795464070",
    };
    for (size_t i = 0; i < 2; i++) {
        struct wpb_stamp stamp = parsed(ids[i]);
        assert_int_equal(stamp.count, 2);
        assert_int_equal(stamp.times[0], 1795464061ull * UNITS + 64035600);
        assert_int_equal(stamp.times[1], 1795464070ull * UNITS + 12345600);
    }
}

static void a_prefix_carries_its_time_and_maker(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "wc_cache_0.64035600 1795464061_product_12",
        "wc_cache_0.640356001795464061_product_12",
        "wc_cache_0.64035600_1795464061_0123456789abcdef_product_12",
    };
    for (size_t i = 0; i < 3; i++) {
        struct wpb_stamp stamp = parsed(ids[i]);
        assert_int_equal(stamp.kind, WPB_STAMP_PREFIX);
        assert_int_equal(stamp.count, 1);
        assert_int_equal(stamp.times[0], 1795464061ull * UNITS + 64035600);
        assert_true(wpb_slice_is(stamp.maker, "wc"));
    }
    assert_true(wpb_slice_is(parsed("masteriyo_cache_0.64035600 1795464061_x").maker,
                             "masteriyo"));
}

static void what_only_looks_like_a_stamp_is_none(void **state)
{
    (void)state;
    refused("");
    refused("0.64035600 1795464061");                     /* no name before it */
    refused("wp_query-" MD5);                             /* 6.9 */
    refused("wp_query-" MD5 "-0.6403560 1795464061");     /* 7 digits */
    refused("wp_query-" MD5 "-0.64035600 0795464061");    /* before 2001 */
    refused("wp_query-" MD5 "-1.64035600 1795464061");    /* no fraction */
    refused("wp_query-" MD5 "x0.64035600 1795464061");    /* no separator */
    refused("wp_query-" MD5 "-90.64035600 1795464061");   /* a longer number */
    refused("wp_query-" MD5 "-0.64035600  1795464061");   /* two blanks */
    refused("wp_query-" MD5 "-0.64035600 1795464061 ");   /* more behind */
    refused("wc_cache_1_product_12");                     /* counters of WooCommerce 3 */
    refused("wc_cache_0.64035600 1795464061");            /* nothing behind */
    refused("wc_cache_0.64035600 17954640612_product_1"); /* a longer number */
    refused("_cache_0.64035600 1795464061_product_12");   /* no maker */
}

static void three_times_are_no_stamp(void **state)
{
    (void)state;
    refused("wp_query:0.64035600 17954640610.64035600 17954640610.64035600 1795464061");
}

static void a_current_value_is_found_in_every_frame(void **state)
{
    (void)state;
    static const char *const values[] = {
        "0.64035600 1795464061",
        "s:21:\"0.64035600 1795464061\";",
        "a:1:{s:4:\"data\";s:21:\"0.64035600 1795464061\";}",
        "a:3:{s:7:\"content\";s:21:\"0.64035600 1795464061\";s:15:\"key_vers",
        "\x01\x02\x11\x15"
        "0.64035600 1795464061",
        "0.64035600_1795464061_0123456789abcdef",
        "\"0.64035600 1795464061\"",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_int_equal(wpb_stamp_current(wpb_slice_cstr(values[i])),
                         1795464061ull * UNITS + 64035600);
}

static void other_values_tell_no_current_time(void **state)
{
    (void)state;
    static const char *const values[] = {
        "",
        "1",
        "0.64035600 179546406",
        "10.64035600 1795464061",
        "0.64035600 17954640611",
        "(\xb5/\xfd compressed beyond reading",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_int_equal(wpb_stamp_current(wpb_slice_cstr(values[i])), 0);
}

static void from_6_9_on_core_writes_no_stamps(void **state)
{
    (void)state;
    assert_true(wpb_stamp_is_written_by(""));
    assert_true(wpb_stamp_is_written_by("6.8.3"));
    assert_true(wpb_stamp_is_written_by("5.9"));
    assert_true(wpb_stamp_is_written_by("trunk"));
    assert_false(wpb_stamp_is_written_by("6.9"));
    assert_false(wpb_stamp_is_written_by("6.10-alpha"));
    assert_false(wpb_stamp_is_written_by("7.1"));
}

/* ---- judging ---- */

#define OLD "0.10000000 1795464000"
#define NOW "0.20000000 1795464061"
#define LATER "0.30000000 1795464099"

struct pass {
    struct wpb_orphans *orphans;
    struct wpb_orphan_counts counts;
    struct wpb_site site;
};

static struct pass pass_of(const char *wp_version)
{
    return (struct pass){.orphans = wpb_orphans_new(),
                         .site = {.flavour = WPB_FLAVOUR_REDIS_CACHE,
                                  .flavour_version = "2.6.3",
                                  .wp_version = wp_version,
                                  .table_prefix = "wp_",
                                  .has_key_prefix = true,
                                  .key_prefix = "wp:",
                                  .key_prefix_len = 3}};
}

static void meet(struct pass *pass, const char *name)
{
    struct wpb_slice key = wpb_slice_cstr(name);
    struct wpb_key_parts parts;
    wpb_key_parse(&pass->site, key, &parts);
    assert_true(parts.is_ours);
    wpb_orphans_add(pass->orphans, key, &parts, &pass->site, 100, &pass->counts);
}

/* The next wanted key is NAME; it holds VALUE. */
static void answer(struct pass *pass, const char *name, const char *value)
{
    struct wpb_slice key;
    uint32_t id;
    assert_true(wpb_orphans_next(pass->orphans, &key, &id));
    if (!wpb_slice_is(key, name))
        fail_msg("%.*s is wanted, not %s", (int)key.len, key.data, name);
    wpb_orphans_current(pass->orphans, id, wpb_slice_cstr(value));
}

static void only_an_older_stamp_makes_an_orphan(void **state)
{
    (void)state;
    struct pass pass = pass_of("6.8");
    meet(&pass, "wp:post-queries:wp_query-a-" OLD); /* before the answer */
    assert_int_equal(pass.counts.judged_keys, 0);
    answer(&pass, "wp:posts:last_changed", NOW);
    meet(&pass, "wp:post-queries:wp_query-b-" OLD); /* after it */
    meet(&pass, "wp:post-queries:wp_query-c-" NOW);
    meet(&pass, "wp:post-queries:wp_query-d-" LATER);
    meet(&pass, "wp:post-queries:last_changed");
    assert_int_equal(pass.counts.stamped_keys, 4);
    assert_int_equal(pass.counts.judged_keys, 4);
    assert_int_equal(pass.counts.orphan_keys, 2);
    assert_int_equal(pass.counts.orphan_bytes, 200);
    assert_int_equal(wpb_orphans_wanted(pass.orphans), 0);
    wpb_orphans_free(pass.orphans);
}

static void either_of_two_joined_stamps_can_be_old(void **state)
{
    (void)state;
    struct pass pass = pass_of("6.1");
    meet(&pass, "wp:posts:wp_query-a-" NOW NOW);
    answer(&pass, "wp:posts:last_changed", NOW);
    answer(&pass, "wp:terms:last_changed", NOW);
    meet(&pass, "wp:posts:wp_query-b-" NOW OLD);
    meet(&pass, "wp:posts:wp_query-c-" OLD NOW);
    meet(&pass, "wp:posts:wp_query-d-" NOW LATER);
    assert_int_equal(pass.counts.judged_keys, 4);
    assert_int_equal(pass.counts.orphan_keys, 2);
    wpb_orphans_free(pass.orphans);
}

static void each_group_of_woocommerce_has_its_own_prefix(void **state)
{
    (void)state;
    struct pass pass = pass_of("7.1");
    meet(&pass, "wp:products:wc_cache_" OLD "_x");
    meet(&pass, "wp:product_12:wc_cache_" OLD "_x");
    answer(&pass, "wp:products:wc_products_cache_prefix", NOW);
    answer(&pass, "wp:product_12:wc_product_12_cache_prefix", OLD);
    assert_int_equal(pass.counts.judged_keys, 2);
    assert_int_equal(pass.counts.orphan_keys, 1);
    wpb_orphans_free(pass.orphans);
}

static void core_groups_of_6_9_are_not_judged_but_plugins_are(void **state)
{
    (void)state;
    struct pass pass = pass_of("6.9.1");
    meet(&pass, "wp:post-queries:wp_query-a-" OLD);
    assert_int_equal(pass.counts.stamped_keys, 0);
    meet(&pass, "wp:wpr_used_css:get_items-a-" OLD);
    answer(&pass, "wp:wpr_used_css:last_changed", NOW);
    assert_int_equal(pass.counts.orphan_keys, 1);
    wpb_orphans_free(pass.orphans);
}

static void without_a_current_value_nothing_is_an_orphan(void **state)
{
    (void)state;
    struct pass pass = pass_of("6.8");
    meet(&pass, "wp:terms:get_terms-a-" OLD);
    answer(&pass, "wp:terms:last_changed", "");
    meet(&pass, "wp:terms:get_terms-b-" OLD);
    assert_int_equal(pass.counts.stamped_keys, 2);
    assert_int_equal(pass.counts.judged_keys, 0);
    assert_int_equal(pass.counts.orphan_keys, 0);
    wpb_orphans_free(pass.orphans);
}

static void no_more_values_are_wanted_than_the_bound(void **state)
{
    (void)state;
    struct pass pass = pass_of("7.1");
    struct wpb_slice key;
    uint32_t id;
    size_t asked = 0;
    for (int i = 0; i < 3 * WPB_ORPHANS_WANTED_MAX; i++) {
        char name[80];
        snprintf(name, sizeof name, "wp:product_%d:wc_cache_" OLD "_x", i);
        meet(&pass, name);
    }
    while (wpb_orphans_next(pass.orphans, &key, &id)) {
        wpb_orphans_current(pass.orphans, id, wpb_slice_cstr(NOW));
        asked++;
    }
    assert_int_equal(asked, WPB_ORPHANS_WANTED_MAX);
    assert_int_equal(pass.counts.stamped_keys, 3 * WPB_ORPHANS_WANTED_MAX);
    assert_int_equal(pass.counts.judged_keys, WPB_ORPHANS_WANTED_MAX);
    assert_int_equal(pass.counts.orphan_keys, WPB_ORPHANS_WANTED_MAX);
    wpb_orphans_free(pass.orphans);
}

static void more_waiting_keys_than_the_bound_go_unjudged(void **state)
{
    (void)state;
    struct pass pass = pass_of("6.8");
    for (int i = 0; i < WPB_ORPHANS_WAITING_MAX + 10; i++)
        meet(&pass, "wp:terms:get_terms-a-" OLD);
    answer(&pass, "wp:terms:last_changed", NOW);
    assert_int_equal(pass.counts.stamped_keys, WPB_ORPHANS_WAITING_MAX + 10);
    assert_int_equal(pass.counts.judged_keys, WPB_ORPHANS_WAITING_MAX);
    wpb_orphans_free(pass.orphans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_key_carries_its_last_changed),
        cmocka_unit_test(joined_groups_give_two_times_in_their_order),
        cmocka_unit_test(a_prefix_carries_its_time_and_maker),
        cmocka_unit_test(what_only_looks_like_a_stamp_is_none),
        cmocka_unit_test(three_times_are_no_stamp),
        cmocka_unit_test(a_current_value_is_found_in_every_frame),
        cmocka_unit_test(other_values_tell_no_current_time),
        cmocka_unit_test(from_6_9_on_core_writes_no_stamps),
        cmocka_unit_test(only_an_older_stamp_makes_an_orphan),
        cmocka_unit_test(either_of_two_joined_stamps_can_be_old),
        cmocka_unit_test(each_group_of_woocommerce_has_its_own_prefix),
        cmocka_unit_test(core_groups_of_6_9_are_not_judged_but_plugins_are),
        cmocka_unit_test(without_a_current_value_nothing_is_an_orphan),
        cmocka_unit_test(no_more_values_are_wanted_than_the_bound),
        cmocka_unit_test(more_waiting_keys_than_the_bound_go_unjudged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
