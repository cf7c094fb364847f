/* Cache keys taken apart: each drop-in's grammar, anchored prefixes, shapes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "probes/wordpress/grammar.h"

static struct wpb_site site_of(enum wpb_flavour flavour, bool is_multisite,
                               const char *prefix)
{
    return (struct wpb_site){
        .name = "shop",
        .table_prefix = "wp_",
        .flavour = flavour,
        .flavour_version = "2.6.3",
        .is_multisite = is_multisite,
        .has_key_prefix = prefix != NULL,
        .key_prefix = prefix ? prefix : "",
        .key_prefix_len = prefix ? strlen(prefix) : 0,
    };
}

static struct wpb_key_parts parse(const struct wpb_site *site, const char *key)
{
    struct wpb_key_parts parts;
    wpb_key_parse(site, wpb_slice_cstr(key), &parts);
    return parts;
}

static void assert_slice(struct wpb_slice slice, const char *expected)
{
    assert_int_equal(slice.len, strlen(expected));
    assert_memory_equal(slice.data ? slice.data : "", expected, slice.len);
}

static void assert_parts(const struct wpb_site *site, const char *key, const char *blog,
                         const char *group, const char *id, enum wpb_key_role role)
{
    struct wpb_key_parts parts = parse(site, key);
    assert_true(parts.is_ours);
    assert_slice(parts.blog, blog);
    assert_slice(parts.group, group);
    assert_slice(parts.id, id);
    assert_int_equal(parts.role, role);
}

static void assert_foreign(const struct wpb_site *site, const char *key)
{
    struct wpb_key_parts parts = parse(site, key);
    assert_false(parts.is_ours);
    assert_int_equal(parts.group.len, 0);
    assert_slice(parts.id, key);
    assert_int_equal(parts.role, WPB_KEY_PLAIN);
}

static void redis_cache_single_site_splits_group_and_id(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_REDIS_CACHE, false, "wp:");
    assert_parts(&site, "wp:options:notoptions", "", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "wp:options:alloptions", "", "options", "alloptions",
                 WPB_KEY_ALLOPTIONS);
    assert_parts(&site, "wp:post_meta:5", "", "post_meta", "5", WPB_KEY_PLAIN);
    assert_parts(&site, "wp:redis-cache:metrics", "", "redis-cache", "metrics",
                 WPB_KEY_METRICS);
    assert_parts(&site, "wp:terms:last_changed", "", "terms", "last_changed",
                 WPB_KEY_LAST_CHANGED);
}

static void redis_cache_salt_may_hold_separators(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_REDIS_CACHE, false, "q7::a.b_-|wp:");
    assert_parts(&site, "q7::a.b_-|wp:options:notoptions", "", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_foreign(&site, "q7:options:notoptions");
    assert_foreign(&site, "q7::a.b_-|wp");
}

static void redis_cache_id_may_hold_spaces_and_any_byte_but_a_colon(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_REDIS_CACHE, false, "wp:");
    assert_parts(&site, "wp:posts:wp_query-0f-0.64035600 1795464061", "", "posts",
                 "wp_query-0f-0.64035600 1795464061", WPB_KEY_PLAIN);
    assert_parts(&site, "wp:default:\x1b[31m\xff.. ", "", "default", "\x1b[31m\xff.. ",
                 WPB_KEY_PLAIN);
    assert_parts(&site, "wp:default:", "", "default", "", WPB_KEY_PLAIN);
}

static void redis_cache_neighbour_with_a_longer_salt_is_foreign(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_REDIS_CACHE, false, "wp:");
    assert_foreign(&site, "wp:staging_wp:options:notoptions");
    assert_foreign(&site, "wp::notoptions");
    assert_foreign(&site, "laravel:cache:x");
    assert_foreign(&site, "wp:");
    assert_foreign(&site, "");
}

static void redis_cache_before_two_kept_colons_in_ids(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_REDIS_CACHE, false, "wp:");
    site.flavour_version = "1.6.3";
    assert_parts(&site, "wp:site-options:1:notoptions", "", "site-options",
                 "1:notoptions", WPB_KEY_NOTOPTIONS);
}

static void
redis_cache_network_has_blogs_and_an_empty_part_for_global_groups(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_REDIS_CACHE, true, "net.example:");
    assert_parts(&site, "net.example:2:options:notoptions", "2", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "net.example::site-options:1-notoptions", "", "site-options",
                 "1-notoptions", WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "net.example::users:1", "", "users", "1", WPB_KEY_PLAIN);
    assert_foreign(&site, "net.example:2x:options:notoptions");
    assert_foreign(&site, "net.example:2");
    struct wpb_site bare = site_of(WPB_FLAVOUR_REDIS_CACHE, true, "");
    assert_parts(&bare, "13:options:alloptions", "13", "options", "alloptions",
                 WPB_KEY_ALLOPTIONS);
    assert_foreign(&bare, "queue:jobs:9");
}

static void roles_need_an_exact_match(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_REDIS_CACHE, false, "wp:");
    assert_int_equal(parse(&site, "wp:posts:notoptions").role, WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "wp:options:notoptions2").role, WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "wp:options:Notoptions").role, WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "wp:my-options:notoptions").role, WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "wp:site-options:notoptions").role, WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "wp:site-options:-notoptions").role, WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "wp:site-options:1notoptions").role, WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "wp:site-options:1--notoptions").role, WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "wp:options:1-notoptions").role, WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "wp:posts:metrics").role, WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "wp:redis-cache:metrics2").role, WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "wp:posts:not_last_changed").role, WPB_KEY_PLAIN);
}

static void role_is_not_fooled_by_a_nul(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_REDIS_CACHE, false, "wp:");
    static const char key[] = "wp:options:notoptions\0";
    struct wpb_key_parts parts;
    wpb_key_parse(&site, wpb_slice_of(key, sizeof key - 1), &parts);
    assert_int_equal(parts.id.len, 11);
    assert_int_equal(parts.role, WPB_KEY_PLAIN);
}

static void wp_redis_keeps_colons_in_ids(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_WP_REDIS, false, "shop:");
    assert_parts(&site, "shop:options:notoptions", "", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "shop:posts:wp_query:abc:0.1234", "", "posts",
                 "wp_query:abc:0.1234", WPB_KEY_PLAIN);
    assert_parts(&site, "shop:options:", "", "options", "", WPB_KEY_PLAIN);
}

static void wp_redis_global_groups_of_a_single_site_carry_the_table_prefix(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_WP_REDIS, false, "");
    assert_parts(&site, "wp_users:1", "", "users", "1", WPB_KEY_PLAIN);
    assert_parts(&site, "wp_rest_cache:1", "", "wp_rest_cache", "1", WPB_KEY_PLAIN);
}

static void wp_redis_network_finds_both_kinds_of_notoptions(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_WP_REDIS, true, "s_");
    assert_parts(&site, "s_3:options:notoptions", "3", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "s_site-options:1:notoptions", "", "site-options", "1:notoptions",
                 WPB_KEY_NOTOPTIONS);
}

static void wp_redis_hash_groups_have_no_id(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_WP_REDIS, false, "shop:");
    assert_parts(&site, "shop:posts:", "", "posts", "", WPB_KEY_PLAIN);
    assert_parts(&site, "shop:wp_users:", "", "users", "", WPB_KEY_PLAIN);
    struct wpb_site network = site_of(WPB_FLAVOUR_WP_REDIS, true, "s_");
    assert_parts(&network, "s_2:options:", "2", "options", "", WPB_KEY_PLAIN);
    assert_parts(&network, "s_users:", "", "users", "", WPB_KEY_PLAIN);
    struct wpb_site unknown = site_of(WPB_FLAVOUR_WP_REDIS, false, NULL);
    assert_parts(&unknown, "2:options:", "2", "options", "", WPB_KEY_PLAIN);
}

static void wp_redis_writes_no_whitespace(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_WP_REDIS, false, "s:");
    assert_parts(&site, "s:terms:get_terms:0.123456781700000000", "", "terms",
                 "get_terms:0.123456781700000000", WPB_KEY_PLAIN);
    assert_foreign(&site, "s:terms:get_terms-0.12345678 1700000000");
}

static void wp_redis_neighbour_with_a_longer_salt_is_foreign(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_WP_REDIS, false, "shop:");
    assert_foreign(&site, "shop:staging:options:notoptions");
    assert_foreign(&site, "shop:staging:2:options:alloptions");
    assert_parts(&site, "shop:my_plugin:posts:5", "", "my_plugin", "posts:5",
                 WPB_KEY_PLAIN);
}

static void wp_redis_without_a_salt_leaves_other_shapes_alone(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_WP_REDIS, false, "");
    assert_parts(&site, "posts:5", "", "posts", "5", WPB_KEY_PLAIN);
    assert_parts(&site, "my_plugin:x:y", "", "my_plugin", "x:y", WPB_KEY_PLAIN);
    assert_foreign(&site, "wp:post_meta:5");
    assert_foreign(&site, "2:posts:5");
    assert_foreign(&site, "w3tc_1_h:8080_1_object_1site-options1:notoptions");
    assert_foreign(&site, "0a1b2site-options.1:notoptions");
}

static void litespeed_separates_with_a_dot(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_LITESPEED, true, "0a1b2");
    assert_parts(&site, "0a1b22:options.notoptions", "2", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "0a1b2site-options.1:notoptions", "", "site-options",
                 "1:notoptions", WPB_KEY_NOTOPTIONS);
    struct wpb_site unknown = site_of(WPB_FLAVOUR_LITESPEED, false, NULL);
    assert_parts(&unknown, "0a1b2my_plugin.x:y", "", "my_plugin", "x:y", WPB_KEY_PLAIN);
}

static void foreign_prefix_of_an_unknown_drop_in_allows_a_blog(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_UNKNOWN, false, "q7:");
    assert_parts(&site, "q7:options:notoptions", "", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "q7:4:options:notoptions", "4", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "q7::site-options:1-notoptions", "", "site-options",
                 "1-notoptions", WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "q7:7:x", "", "7", "x", WPB_KEY_PLAIN);
    assert_foreign(&site, "q7:x");
}

static void shape_reads_the_last_two_parts(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_UNKNOWN, false, NULL);
    assert_parts(&site, "q7:prod_kx:options:notoptions", "", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "q7:prod_kx:post_meta:77", "", "post_meta", "77", WPB_KEY_PLAIN);
    assert_parts(&site, "q7:prod_kx:redis-cache:metrics", "", "redis-cache", "metrics",
                 WPB_KEY_METRICS);
    assert_parts(&site, "s::site-options:1-notoptions", "", "site-options",
                 "1-notoptions", WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "users:wp:options:notoptions", "", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "a:b:posts:notoptions", "", "posts", "notoptions", WPB_KEY_PLAIN);
    assert_parts(&site, "a:b:my_options:notoptions", "", "my_options", "notoptions",
                 WPB_KEY_PLAIN);
}

static void shape_without_a_separator_says_nothing(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_UNKNOWN, false, NULL);
    assert_parts(&site, "notoptions", "", "", "notoptions", WPB_KEY_PLAIN);
    assert_parts(&site, "", "", "", "", WPB_KEY_PLAIN);
    assert_parts(&site, ":", "", "", "", WPB_KEY_PLAIN);
    assert_parts(&site, "::::", "", "", "", WPB_KEY_PLAIN);
}

static void shape_recognises_the_roles_of_wp_redis(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_UNKNOWN, false, NULL);
    assert_parts(&site, "2:options:notoptions", "2", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "options:alloptions", "", "options", "alloptions",
                 WPB_KEY_ALLOPTIONS);
    assert_parts(&site, "site-options:1:notoptions", "", "site-options", "1:notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "shop_options:notoptions", "", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "shop_site-options:1:notoptions", "", "site-options",
                 "1:notoptions", WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "posts:wp_query:0123456789abcdef0123456789abcdef:0.5", "",
                 "posts", "wp_query:0123456789abcdef0123456789abcdef:0.5", WPB_KEY_PLAIN);
}

static void shape_recognises_litespeed(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_UNKNOWN, false, NULL);
    assert_parts(&site, "0a1b22:options.notoptions", "2", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "0a1b2options.alloptions", "", "options", "alloptions",
                 WPB_KEY_ALLOPTIONS);
    /* five hex digits, and no group of WordPress behind them */
    assert_int_equal(parse(&site, "0a1b2my.options").group.len, 0);
    assert_int_equal(parse(&site, "xyzzy2:options.notoptions").role, WPB_KEY_PLAIN);
}

static void shape_recognises_w3tc(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_W3TC, false, NULL);
    assert_parts(&site, "w3tc_123_shop.example_1_object_1optionsnotoptions", "1",
                 "options", "notoptions", WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "w3tc_123_shop.example_0_object_0site-options1:notoptions", "0",
                 "site-options", "1:notoptions", WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "w3tc_1_h_1_object_1post_meta9", "1", "post_meta", "9",
                 WPB_KEY_PLAIN);
    assert_parts(&site, "w3tc_1_h_1_object_1my_plugin_x", "1", "", "my_plugin_x",
                 WPB_KEY_PLAIN);
    assert_int_equal(parse(&site, "w3tc_1_h_1_object_optionsnotoptions").role,
                     WPB_KEY_PLAIN);
}

static void w3tc_groups_are_matched_longest_first(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_W3TC, false, "w3tc_77_");
    assert_parts(&site, "w3tc_77_h_0_object_0user_meta1", "0", "user_meta", "1",
                 WPB_KEY_PLAIN);
    assert_parts(&site, "w3tc_77_h_0_object_0users1", "0", "users", "1", WPB_KEY_PLAIN);
    assert_parts(&site, "w3tc_77_h_0_object_0post-querieswp_query:9", "0", "post-queries",
                 "wp_query:9", WPB_KEY_PLAIN);
    assert_parts(&site, "w3tc_77_h_0_object_0product_123wc_cache_0.1 2_x", "0",
                 "product_123", "wc_cache_0.1 2_x", WPB_KEY_PLAIN);
    assert_parts(&site, "w3tc_77_h_0_object_0product_cat_relationships45", "0",
                 "product_cat_relationships", "45", WPB_KEY_PLAIN);
    assert_parts(&site, "w3tc_77_h_0_object_0post_tag_relationships45", "0",
                 "post_tag_relationships", "45", WPB_KEY_PLAIN);
    assert_parts(&site, "w3tc_77_h_0_object_0_relationships45", "0", "",
                 "_relationships45", WPB_KEY_PLAIN);
}

static void w3tc_instance_owns_what_its_other_modules_cache(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_W3TC, false, "w3tc_77_");
    assert_parts(&site, "w3tc_77_h_0_pgcache_h/_index.html", "", "pgcache",
                 "h/_index.html", WPB_KEY_PLAIN);
    assert_parts(&site, "w3tc_77_0_object_options_key_version", "", "options",
                 "key_version", WPB_KEY_PLAIN);
    assert_parts(&site, "w3tc_77_0_object__key_version", "", "", "key_version",
                 WPB_KEY_PLAIN);
    assert_parts(&site, "w3tc_77_what", "", "", "_what", WPB_KEY_PLAIN);
    assert_foreign(&site, "w3tc_77_h_0_object_");
    assert_foreign(&site, "w3tc_78_h_0_object_0options1");
    assert_foreign(&site, "w3tc_7");
}

static void learnt_prefixes_of_w3tc_and_litespeed_bring_their_grammar(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_UNKNOWN, false, "w3tc_77_");
    assert_parts(&site, "w3tc_77_h_1_object_1optionsnotoptions", "1", "options",
                 "notoptions", WPB_KEY_NOTOPTIONS);
    site = site_of(WPB_FLAVOUR_UNKNOWN, false, "0a1b2");
    assert_parts(&site, "0a1b2options.notoptions", "", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "0a1b2options:notoptions", "", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
}

static void object_cache_pro_is_read_with_and_without_a_blog(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_OBJECT_CACHE_PRO, false, "p:");
    assert_parts(&site, "p:options:notoptions", "", "options", "notoptions",
                 WPB_KEY_NOTOPTIONS);
    assert_parts(&site, "p:3:options:alloptions", "3", "options", "alloptions",
                 WPB_KEY_ALLOPTIONS);
    assert_foreign(&site, "p:x");
}

static void a_key_that_is_not_wholly_known_is_not_built(void **state)
{
    (void)state;
    static const struct {
        enum wpb_flavour flavour;
        const char *prefix;
    } cases[] = {
        {WPB_FLAVOUR_W3TC, "w3tc_77_"},
        {WPB_FLAVOUR_UNKNOWN, "w3tc_77_"},
        {WPB_FLAVOUR_UNKNOWN, "0a1b2"},
        {WPB_FLAVOUR_OBJECT_CACHE_PRO, "p:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wpb_site site = site_of(cases[i].flavour, false, cases[i].prefix);
        struct wpb_buf key;
        wpb_buf_init(&key, 0);
        assert_false(wpb_key_build(&site, "options", "notoptions", &key));
        assert_int_equal(key.len, 0);
        wpb_buf_fini(&key);
    }
}

static void assert_built(const struct wpb_site *site, const char *group, const char *id,
                         const char *expected)
{
    struct wpb_buf key;
    wpb_buf_init(&key, 0);
    assert_true(wpb_key_build(site, group, id, &key));
    assert_string_equal(key.data, expected);
    struct wpb_key_parts parts;
    wpb_key_parse(site, wpb_buf_view(&key), &parts);
    assert_true(parts.is_ours);
    assert_slice(parts.group, group);
    wpb_buf_fini(&key);
}

static void built_keys_follow_the_grammar_and_parse_back(void **state)
{
    (void)state;
    struct wpb_site site = site_of(WPB_FLAVOUR_REDIS_CACHE, false, "s:wp:");
    assert_built(&site, "options", "notoptions", "s:wp:options:notoptions");
    assert_built(&site, "site-options", "1:notoptions", "s:wp:site-options:1-notoptions");
    site = site_of(WPB_FLAVOUR_REDIS_CACHE, true, "s:");
    assert_built(&site, "options", "notoptions", "s:1:options:notoptions");
    assert_built(&site, "site-options", "1:notoptions", "s::site-options:1-notoptions");
    assert_built(&site, "redis-cache", "metrics", "s::redis-cache:metrics");
    site = site_of(WPB_FLAVOUR_WP_REDIS, false, "s:");
    assert_built(&site, "users", "a b", "s:wp_users:ab");
    assert_built(&site, "options", "notoptions", "s:options:notoptions");
    site = site_of(WPB_FLAVOUR_WP_REDIS, true, "s:");
    assert_built(&site, "options", "notoptions", "s:1:options:notoptions");
    assert_built(&site, "site-options", "1:notoptions", "s:site-options:1:notoptions");
    site = site_of(WPB_FLAVOUR_LITESPEED, false, "0a1b2");
    assert_built(&site, "options", "notoptions", "0a1b2options.notoptions");
    site = site_of(WPB_FLAVOUR_W3TC, true, "w3tc_1_h_1_object_");
    assert_built(&site, "options", "notoptions", "w3tc_1_h_1_object_1optionsnotoptions");
    site = site_of(WPB_FLAVOUR_UNKNOWN, false, "q7:");
    assert_built(&site, "options", "notoptions", "q7:options:notoptions");
}

static void assert_folded(const char *group, const char *expected)
{
    struct wpb_buf out;
    wpb_buf_init(&out, 0);
    wpb_group_fold(wpb_slice_cstr(group), &out);
    assert_string_equal(out.data, expected);
    wpb_buf_fini(&out);
}

static void groups_of_one_object_each_fold_into_one(void **state)
{
    (void)state;
    assert_folded("product_123", "product_<n>");
    assert_folded("product_4567", "product_<n>");
    assert_folded("site-transient", "site-transient");
    assert_folded("", "");
}

static uint64_t post_of(const struct wpb_site *site, const char *key)
{
    struct wpb_key_parts parts = parse(site, key);
    uint64_t post = 0;
    return wpb_key_post(&parts, &post) ? post : 0;
}

static void an_entry_with_all_meta_of_a_post_names_the_post(void **state)
{
    struct wpb_site single = site_of(WPB_FLAVOUR_REDIS_CACHE, false, "wp:");
    struct wpb_site network = site_of(WPB_FLAVOUR_REDIS_CACHE, true, "wp");
    struct wpb_site w3tc = site_of(WPB_FLAVOUR_W3TC, false, NULL);
    (void)state;

    assert_int_equal(post_of(&single, "wp:post_meta:318"), 318);
    assert_int_equal(post_of(&single, "wp:posts:318"), 0);
    assert_int_equal(post_of(&single, "wp:post_meta:0318"), 0);
    assert_int_equal(post_of(&single, "wp:post_meta:"), 0);
    assert_int_equal(post_of(&single, "wp:post_meta:12a"), 0);
    assert_int_equal(post_of(&single, "wp:post_meta:99999999999999999999"), 0);
    assert_int_equal(post_of(&w3tc, "w3tc_123_a.example_1_object_1post_meta318"), 318);
    /* The posts of another blog lie in another table. */
    assert_int_equal(post_of(&network, "wp1:post_meta:318"), 318);
    assert_int_equal(post_of(&network, "wp2:post_meta:318"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redis_cache_single_site_splits_group_and_id),
        cmocka_unit_test(redis_cache_salt_may_hold_separators),
        cmocka_unit_test(redis_cache_id_may_hold_spaces_and_any_byte_but_a_colon),
        cmocka_unit_test(redis_cache_neighbour_with_a_longer_salt_is_foreign),
        cmocka_unit_test(redis_cache_before_two_kept_colons_in_ids),
        cmocka_unit_test(
            redis_cache_network_has_blogs_and_an_empty_part_for_global_groups),
        cmocka_unit_test(roles_need_an_exact_match),
        cmocka_unit_test(role_is_not_fooled_by_a_nul),
        cmocka_unit_test(wp_redis_keeps_colons_in_ids),
        cmocka_unit_test(wp_redis_global_groups_of_a_single_site_carry_the_table_prefix),
        cmocka_unit_test(wp_redis_network_finds_both_kinds_of_notoptions),
        cmocka_unit_test(wp_redis_hash_groups_have_no_id),
        cmocka_unit_test(wp_redis_writes_no_whitespace),
        cmocka_unit_test(wp_redis_neighbour_with_a_longer_salt_is_foreign),
        cmocka_unit_test(wp_redis_without_a_salt_leaves_other_shapes_alone),
        cmocka_unit_test(litespeed_separates_with_a_dot),
        cmocka_unit_test(foreign_prefix_of_an_unknown_drop_in_allows_a_blog),
        cmocka_unit_test(shape_reads_the_last_two_parts),
        cmocka_unit_test(shape_without_a_separator_says_nothing),
        cmocka_unit_test(shape_recognises_the_roles_of_wp_redis),
        cmocka_unit_test(shape_recognises_litespeed),
        cmocka_unit_test(shape_recognises_w3tc),
        cmocka_unit_test(w3tc_groups_are_matched_longest_first),
        cmocka_unit_test(w3tc_instance_owns_what_its_other_modules_cache),
        cmocka_unit_test(learnt_prefixes_of_w3tc_and_litespeed_bring_their_grammar),
        cmocka_unit_test(object_cache_pro_is_read_with_and_without_a_blog),
        cmocka_unit_test(a_key_that_is_not_wholly_known_is_not_built),
        cmocka_unit_test(built_keys_follow_the_grammar_and_parse_back),
        cmocka_unit_test(groups_of_one_object_each_fold_into_one),
        cmocka_unit_test(an_entry_with_all_meta_of_a_post_names_the_post),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
