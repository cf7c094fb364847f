/* Who wrote the keys of a database, by their shapes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

#include "probes/wordpress/votes.h"

static struct wpb_votes *vote(const char *const *keys)
{
    struct wpb_votes *votes = wpb_votes_new();
    assert_non_null(votes);
    for (; *keys; keys++)
        wpb_votes_add(votes, wpb_slice_cstr(*keys), wpb_slice_of(NULL, 0));
    return votes;
}

#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_site(const struct wpb_votes_candidate *site, const char *prefix,
                        enum wpb_flavour flavour, bool is_multisite)
{
    if (!wpb_slice_is(site->prefix, prefix))
        fail_msg("prefix \"%.*s\", not \"%s\"", (int)site->prefix.len, site->prefix.data,
                 prefix);
    assert_string_equal(wpb_flavour_name(site->flavour), wpb_flavour_name(flavour));
    assert_int_equal(site->is_multisite, is_multisite);
}

/* KEYS show one site, and this one; frees VOTES. */
static void assert_only(struct wpb_votes *votes, const char *prefix,
                        enum wpb_flavour flavour, bool is_multisite)
{
    struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX];
    bool is_all;
    assert_int_equal(wpb_votes_candidates(votes, WPB_FLAVOUR_UNKNOWN, found, &is_all), 1);
    assert_true(is_all);
    assert_site(&found[0], prefix, flavour, is_multisite);
    wpb_votes_free(votes);
}

static void assert_none(struct wpb_votes *votes)
{
    struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX];
    bool is_all;
    assert_int_equal(wpb_votes_candidates(votes, WPB_FLAVOUR_UNKNOWN, found, &is_all), 0);
    wpb_votes_free(votes);
}

static void assert_text(struct wpb_votes *votes, const char *expected)
{
    struct wpb_buf out;
    wpb_buf_init(&out, 0);
    wpb_votes_text(votes, &out);
    assert_string_equal(out.data ? out.data : "", expected);
    wpb_buf_fini(&out);
    wpb_votes_free(votes);
}

static void each_shape_of_the_table_is_recognised(void **state)
{
    (void)state;
    assert_only(vote(KEYS("q7:prod_kx:options:notoptions")),
                "q7:prod_kx:", WPB_FLAVOUR_REDIS_CACHE, false);
    assert_only(vote(KEYS(":options:notoptions")), ":", WPB_FLAVOUR_REDIS_CACHE, false);
    assert_only(vote(KEYS("s71_wp:options:notoptions")),
                "s71_wp:", WPB_FLAVOUR_REDIS_CACHE, false);
    assert_only(vote(KEYS("salt:12:options:notoptions")),
                "salt:", WPB_FLAVOUR_REDIS_CACHE, true);
    assert_only(vote(KEYS("wp:options:alloptions")), "wp:", WPB_FLAVOUR_REDIS_CACHE,
                false);
    assert_only(vote(KEYS("options:notoptions")), "", WPB_FLAVOUR_WP_REDIS, false);
    assert_only(vote(KEYS("shop_options:notoptions")), "shop_", WPB_FLAVOUR_WP_REDIS,
                false);
    assert_only(vote(KEYS("shopoptions:notoptions")), "shop", WPB_FLAVOUR_WP_REDIS,
                false);
    assert_only(vote(KEYS("2:options:notoptions")), "", WPB_FLAVOUR_WP_REDIS, true);
    assert_only(vote(KEYS("w3tc_77_h_0_object_0optionsnotoptions")), "w3tc_77_",
                WPB_FLAVOUR_W3TC, false);
    assert_only(vote(KEYS("w3tc_77_h_2_object_2optionsalloptions")), "w3tc_77_",
                WPB_FLAVOUR_W3TC, true);
    assert_only(vote(KEYS("0a1b2options.notoptions")), "0a1b2", WPB_FLAVOUR_LITESPEED,
                false);
    assert_only(vote(KEYS("0a1b22:options.notoptions", "0a1b2users.1")), "0a1b2",
                WPB_FLAVOUR_LITESPEED, true);
}

static void a_prefix_needs_a_key_that_every_site_has(void **state)
{
    (void)state;
    assert_none(vote(KEYS("wp:posts:1", "wp:users:1", "wp:options:home")));
    assert_none(vote(KEYS("wp:posts:notoptions", "notoptions", "options", "")));
    assert_none(vote(KEYS("0a1b2posts.1", "w3tc_77_h_0_object_0posts1")));
}

static void global_keys_tell_a_single_site(void **state)
{
    (void)state;
    assert_only(vote(KEYS("wp:options:notoptions", "wp:users:1")),
                "wp:", WPB_FLAVOUR_REDIS_CACHE, false);
    assert_only(vote(KEYS("shop:options:notoptions", "shop:wp_users:1")),
                "shop:", WPB_FLAVOUR_WP_REDIS, false);
    assert_only(vote(KEYS("options:notoptions", "wp_users:1", "wp_site-transient:x")), "",
                WPB_FLAVOUR_WP_REDIS, false);
}

static void global_keys_tell_a_network(void **state)
{
    (void)state;
    assert_only(vote(KEYS("1:options:notoptions", "2:posts:3", ":users:1")), "",
                WPB_FLAVOUR_REDIS_CACHE, true);
    assert_only(vote(KEYS("1:options:notoptions", "2:posts:3", "users:1")), "",
                WPB_FLAVOUR_WP_REDIS, true);
    assert_only(vote(KEYS("net:1:options:notoptions", "net:2:options:notoptions",
                          "net::users:1")),
                "net:", WPB_FLAVOUR_REDIS_CACHE, true);
    assert_only(
        vote(KEYS("net:1:options:notoptions", "net:2:options:notoptions", "net:users:1")),
        "net:", WPB_FLAVOUR_WP_REDIS, true);
    assert_only(vote(KEYS("net_1:options:notoptions", "net_2:options:notoptions",
                          "net_:users:1")),
                "net_", WPB_FLAVOUR_REDIS_CACHE, true);
    assert_only(
        vote(KEYS("net_1:options:notoptions", "net_2:options:notoptions", "net_users:1")),
        "net_", WPB_FLAVOUR_WP_REDIS, true);
}

static void numbered_table_prefixes_are_no_network(void **state)
{
    struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX];
    bool is_all;
    (void)state;
    struct wpb_votes *votes =
        vote(KEYS("wp1:options:notoptions", "wp1:users:1", "wp2:options:notoptions",
                  "wp2:users:1", "wp2:posts:1"));
    assert_int_equal(wpb_votes_candidates(votes, WPB_FLAVOUR_UNKNOWN, found, &is_all), 2);
    assert_site(&found[0], "wp2:", WPB_FLAVOUR_REDIS_CACHE, false);
    assert_site(&found[1], "wp1:", WPB_FLAVOUR_REDIS_CACHE, false);
    assert_int_equal(found[0].keys, 3);
    wpb_votes_free(votes);
}

static void forms_of_ids_break_ties(void **state)
{
    (void)state;
    assert_only(vote(KEYS("net:1:options:notoptions", "net:site-options:1:notoptions")),
                "net:", WPB_FLAVOUR_WP_REDIS, true);
    assert_only(vote(KEYS("net:1:options:notoptions", "net::site-options:1-notoptions")),
                "net:", WPB_FLAVOUR_REDIS_CACHE, true);
    assert_only(vote(KEYS("1:options:notoptions", "1:terms:get_terms-9-0.5 17")), "",
                WPB_FLAVOUR_REDIS_CACHE, true);
    assert_only(vote(KEYS("s:options:notoptions", "s:terms:get_terms:9:0.517")),
                "s:", WPB_FLAVOUR_WP_REDIS, false);
    assert_only(vote(KEYS("s:options:notoptions", "s:posts:")),
                "s:", WPB_FLAVOUR_WP_REDIS, false);
    assert_only(vote(KEYS("1:options:notoptions", "1:redis-cache:metrics")), "",
                WPB_FLAVOUR_REDIS_CACHE, true);
}

static void heads_of_scalars_break_ties(void **state)
{
    static const struct {
        const char *head;
        enum wpb_flavour flavour;
    } rows[] = {
        {"s:5:\"hello\";", WPB_FLAVOUR_WP_REDIS},
        {"b:1;", WPB_FLAVOUR_WP_REDIS},
        {"d:0.5;", WPB_FLAVOUR_WP_REDIS},
        /* Neither writes these otherwise than the other. */
        {"s:6:\"a:0:{}\";", WPB_FLAVOUR_REDIS_CACHE},
        {"a:1:{i:0;i:1;}", WPB_FLAVOUR_REDIS_CACHE},
        {"42", WPB_FLAVOUR_REDIS_CACHE},
        {"", WPB_FLAVOUR_REDIS_CACHE},
        {"s:", WPB_FLAVOUR_REDIS_CACHE},
        {"s:5:\"", WPB_FLAVOUR_REDIS_CACHE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wpb_votes *votes = vote(KEYS("s:options:notoptions"));
        wpb_votes_add(votes, wpb_slice_cstr("s:options:home"),
                      wpb_slice_cstr(rows[i].head));
        assert_only(votes, "s:", rows[i].flavour, false);
    }
    struct wpb_votes *votes = vote(KEYS("2:options:notoptions"));
    wpb_votes_add(votes, wpb_slice_cstr("2:options:home"), wpb_slice_cstr("hello"));
    assert_only(votes, "", WPB_FLAVOUR_REDIS_CACHE, true);
}

static void the_head_of_the_drop_in_outranks_shapes(void **state)
{
    struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX];
    bool is_all;
    (void)state;
    struct wpb_votes *votes =
        vote(KEYS("s:options:notoptions", "s:users:1", "0a1b2options.notoptions"));
    assert_int_equal(wpb_votes_candidates(votes, WPB_FLAVOUR_WP_REDIS, found, &is_all),
                     1);
    assert_site(&found[0], "s:", WPB_FLAVOUR_WP_REDIS, false);
    assert_int_equal(
        wpb_votes_candidates(votes, WPB_FLAVOUR_OBJECT_CACHE_PRO, found, &is_all), 1);
    assert_site(&found[0], "s:", WPB_FLAVOUR_OBJECT_CACHE_PRO, false);
    assert_int_equal(wpb_votes_candidates(votes, WPB_FLAVOUR_LITESPEED, found, &is_all),
                     1);
    assert_site(&found[0], "0a1b2", WPB_FLAVOUR_LITESPEED, false);
    assert_int_equal(wpb_votes_candidates(votes, WPB_FLAVOUR_W3TC, found, &is_all), 0);
    assert_int_equal(wpb_votes_candidates(votes, WPB_FLAVOUR_DOCKET, found, &is_all), 0);
    wpb_votes_free(votes);
}

static void the_reader_sees_who_voted_for_whom(void **state)
{
    (void)state;
    assert_text(vote(KEYS("wp:options:notoptions", "wp:posts:1", "wp:users:1",
                          "options:alloptions", "wp:my_plugin:1", "cache:x")),
                "3 keys vote redis-cache, 1 wp-redis");
    assert_text(vote(KEYS("0a1b2options.notoptions")), "1 key votes litespeed-cache");
    assert_text(vote(KEYS("cache:x")), "");
    assert_text(vote(KEYS("1:options:notoptions", "1:posts:1", ":users:1")),
                "3 keys vote redis-cache");
}

static void sites_of_five_flavours_are_all_shown(void **state)
{
    struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX];
    bool is_all;
    (void)state;
    struct wpb_votes *votes =
        vote(KEYS("shop_wp:options:notoptions", "shop_wp:users:1", "shop_wp:posts:1",
                  "shop_wp:posts:2", "shop_wp:posts:3", "net:1:options:notoptions",
                  "net:2:options:alloptions", "net::users:1", "net:2:posts:1",
                  "blog:options:alloptions", "blog:wp_users:1", "blog:posts:1",
                  "w3tc_77_h_0_object_0optionsnotoptions", "w3tc_77_h_0_object_0posts1",
                  "0a1b2options.notoptions"));
    assert_int_equal(wpb_votes_candidates(votes, WPB_FLAVOUR_UNKNOWN, found, &is_all), 5);
    assert_true(is_all);
    assert_site(&found[0], "shop_wp:", WPB_FLAVOUR_REDIS_CACHE, false);
    assert_site(&found[1], "net:", WPB_FLAVOUR_REDIS_CACHE, true);
    assert_site(&found[2], "blog:", WPB_FLAVOUR_WP_REDIS, false);
    assert_site(&found[3], "w3tc_77_", WPB_FLAVOUR_W3TC, false);
    assert_site(&found[4], "0a1b2", WPB_FLAVOUR_LITESPEED, false);
    assert_text(votes, "9 keys vote redis-cache, 3 wp-redis, 2 w3-total-cache, 1 "
                       "litespeed-cache");
}

static void more_sites_than_fit_are_not_all(void **state)
{
    struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX];
    bool is_all;
    char key[64];
    (void)state;
    struct wpb_votes *votes = wpb_votes_new();
    for (int i = 0; i < 2 * WPB_VOTES_LEADS_MAX; i++) {
        snprintf(key, sizeof key, "site%c%d:options:notoptions", 'a' + i % 26, i);
        wpb_votes_add(votes, wpb_slice_cstr(key), wpb_slice_of(NULL, 0));
    }
    assert_int_equal(wpb_votes_candidates(votes, WPB_FLAVOUR_UNKNOWN, found, &is_all),
                     WPB_VOTES_CANDIDATES_MAX);
    assert_false(is_all);
    wpb_votes_free(votes);
}

static void a_proof_is_seen_behind_many_keys_of_others(void **state)
{
    char key[64];
    (void)state;
    struct wpb_votes *votes = wpb_votes_new();
    for (int i = 0; i < 2 * WPB_VOTES_KEYS_MAX; i++) {
        snprintf(key, sizeof key, "app%d:posts:%d", i % 200, i);
        wpb_votes_add(votes, wpb_slice_cstr(key), wpb_slice_of(NULL, 0));
    }
    wpb_votes_add(votes, wpb_slice_cstr("wp:options:notoptions"), wpb_slice_of(NULL, 0));
    assert_only(votes, "wp:", WPB_FLAVOUR_REDIS_CACHE, false);
}

static void long_keys_and_salts_do_not_vote(void **state)
{
    char key[2000];
    (void)state;
    struct wpb_votes *votes = wpb_votes_new();
    memset(key, 'x', sizeof key);
    memcpy(key + sizeof key - 19, ":options:notoptions", 19);
    wpb_votes_add(votes, wpb_slice_of(key, sizeof key), wpb_slice_of(NULL, 0));
    wpb_votes_add(votes, wpb_slice_of(key + 1600, sizeof key - 1600),
                  wpb_slice_of(NULL, 0));
    assert_none(votes);
    wpb_votes_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_shape_of_the_table_is_recognised),
        cmocka_unit_test(a_prefix_needs_a_key_that_every_site_has),
        cmocka_unit_test(global_keys_tell_a_single_site),
        cmocka_unit_test(global_keys_tell_a_network),
        cmocka_unit_test(numbered_table_prefixes_are_no_network),
        cmocka_unit_test(forms_of_ids_break_ties),
        cmocka_unit_test(heads_of_scalars_break_ties),
        cmocka_unit_test(the_head_of_the_drop_in_outranks_shapes),
        cmocka_unit_test(the_reader_sees_who_voted_for_whom),
        cmocka_unit_test(sites_of_five_flavours_are_all_shown),
        cmocka_unit_test(more_sites_than_fit_are_not_all),
        cmocka_unit_test(a_proof_is_seen_behind_many_keys_of_others),
        cmocka_unit_test(long_keys_and_salts_do_not_vote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
