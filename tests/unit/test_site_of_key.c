/* Keys of several sites in one database, told apart. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "probes/wordpress/site_of_key.h"

static struct wpb_site site_of(const char *name, enum wpb_flavour flavour,
                               bool is_multisite, const char *table, const char *prefix)
{
    return (struct wpb_site){
        .name = name,
        .table_prefix = table,
        .flavour = flavour,
        .flavour_version = "2.6.3",
        .is_multisite = is_multisite,
        .has_key_prefix = prefix != NULL,
        .key_prefix = prefix ? prefix : "",
        .key_prefix_len = prefix ? strlen(prefix) : 0,
    };
}

/* KEY is of the site OWNER ("" for nobody) and in GROUP. */
static void assert_owner(const struct wpb_site *const *sites, size_t count,
                         const char *key, const char *owner, const char *blog,
                         const char *group)
{
    struct wpb_key_parts parts;
    const struct wpb_site *site =
        wpb_site_of_key(sites, count, wpb_slice_cstr(key), &parts);

    if (strcmp(site ? site->name : "", owner) != 0)
        fail_msg("%s: of \"%s\", not \"%s\"", key, site ? site->name : "", owner);
    assert_int_equal(parts.is_ours, site != NULL);
    if (!wpb_slice_is(parts.group, group) || !wpb_slice_is(parts.blog, blog))
        fail_msg("%s: blog \"%.*s\", group \"%.*s\"", key, (int)parts.blog.len,
                 parts.blog.data, (int)parts.group.len, parts.group.data);
}

static void five_flavours_in_one_database_are_told_apart(void **state)
{
    (void)state;
    struct wpb_site shop =
        site_of("shop", WPB_FLAVOUR_REDIS_CACHE, false, "wp_", "shop_wp:");
    struct wpb_site net = site_of("net", WPB_FLAVOUR_REDIS_CACHE, true, "wp_", "net.eu:");
    struct wpb_site blog = site_of("blog", WPB_FLAVOUR_WP_REDIS, false, "wp_", "blog:");
    struct wpb_site mag = site_of("mag", WPB_FLAVOUR_W3TC, false, "wp_", "w3tc_77_");
    struct wpb_site lite = site_of("lite", WPB_FLAVOUR_LITESPEED, false, "wp_", "0a1b2");
    const struct wpb_site *const sites[] = {&shop, &net, &blog, &mag, &lite};
    static const struct {
        const char *key, *owner, *blog, *group;
    } rows[] = {
        {"shop_wp:options:notoptions", "shop", "", "options"},
        {"shop_wp:users:1", "shop", "", "users"},
        {"shop_wp:site-options:1-notoptions", "shop", "", "site-options"},
        {"shop_wp:terms:get_terms-9-0.5 17", "shop", "", "terms"},
        {"net.eu:1:options:notoptions", "net", "1", "options"},
        {"net.eu:12:posts:9", "net", "12", "posts"},
        {"net.eu::site-options:1-notoptions", "net", "", "site-options"},
        {"net.eu::users:1", "net", "", "users"},
        {"blog:options:alloptions", "blog", "", "options"},
        {"blog:wp_users:1", "blog", "", "users"},
        {"blog:post-queries:wp_query:9:0.517", "blog", "", "post-queries"},
        {"blog:transient:", "blog", "", "transient"},
        {"w3tc_77_mag.example_0_object_0optionsnotoptions", "mag", "0", "options"},
        {"w3tc_77_0_object_options_key_version", "mag", "", "options"},
        {"w3tc_77_mag.example_0_pgcache_index", "mag", "", "pgcache"},
        {"0a1b2options.notoptions", "lite", "", "options"},
        {"0a1b2users.1", "lite", "", "users"},
        /* Nobody's. */
        {"shop_wp2:options:notoptions", "", "", ""},
        {"net.eu:x:options:notoptions", "", "", ""},
        {"w3tc_78_mag.example_0_object_0optionsnotoptions", "", "", ""},
        {"ffffeoptions.notoptions", "", "", ""},
        {"laravel_cache:foo", "", "", ""},
        {"", "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_owner(sites, 5, rows[i].key, rows[i].owner, rows[i].blog, rows[i].group);
}

static void the_longest_prefix_that_fits_wins(void **state)
{
    (void)state;
    struct wpb_site shop = site_of("shop", WPB_FLAVOUR_WP_REDIS, false, "wp_", "shop:");
    struct wpb_site two = site_of("two", WPB_FLAVOUR_WP_REDIS, false, "wp_", "shop:2:");
    struct wpb_site wp = site_of("wp", WPB_FLAVOUR_REDIS_CACHE, false, "wp_", "shop:wp:");
    const struct wpb_site *const sites[] = {&shop, &two, &wp};
    assert_owner(sites, 3, "shop:2:options:notoptions", "two", "", "options");
    assert_owner(sites, 3, "shop:options:notoptions", "shop", "", "options");
    assert_owner(sites, 3, "shop:wp:posts:1", "wp", "", "posts");
    /* Not a key of redis-cache, whose ids hold no ':'. */
    assert_owner(sites, 3, "shop:wp:x:1:2", "shop", "", "wp");
}

static void one_salt_and_two_table_prefixes(void **state)
{
    (void)state;
    struct wpb_site a = site_of("a", WPB_FLAVOUR_WP_REDIS, false, "wp_", "");
    struct wpb_site b = site_of("b", WPB_FLAVOUR_WP_REDIS, false, "wp_2_", "");
    const struct wpb_site *const sites[] = {&a, &b};
    assert_owner(sites, 2, "wp_users:1", "a", "", "users");
    assert_owner(sites, 2, "wp_2_users:1", "b", "", "users");
    /* Both write this very key: it kills both. */
    assert_owner(sites, 2, "options:notoptions", "a", "", "options");
}

static void a_network_without_a_salt_beside_a_single_site_without_one(void **state)
{
    (void)state;
    struct wpb_site single = site_of("single", WPB_FLAVOUR_WP_REDIS, false, "wp_", "");
    struct wpb_site net = site_of("net", WPB_FLAVOUR_REDIS_CACHE, true, "wp_", "");
    const struct wpb_site *const sites[] = {&single, &net};
    assert_owner(sites, 2, "2:options:notoptions", "net", "2", "options");
    assert_owner(sites, 2, ":users:1", "net", "", "users");
    assert_owner(sites, 2, "options:notoptions", "single", "", "options");
    assert_owner(sites, 2, "wp_users:1", "single", "", "users");
}

static void a_site_of_unknown_prefix_gets_what_is_left_and_fits(void **state)
{
    (void)state;
    struct wpb_site shop = site_of("shop", WPB_FLAVOUR_REDIS_CACHE, false, "wp_", "wp:");
    struct wpb_site mag = site_of("mag", WPB_FLAVOUR_W3TC, false, "wp_", NULL);
    struct wpb_site lite = site_of("lite", WPB_FLAVOUR_LITESPEED, false, "wp_", NULL);
    struct wpb_site pro =
        site_of("pro", WPB_FLAVOUR_OBJECT_CACHE_PRO, false, "wp_", NULL);
    const struct wpb_site *const sites[] = {&shop, &mag, &lite, &pro};
    assert_owner(sites, 4, "wp:posts:1", "shop", "", "posts");
    assert_owner(sites, 4, "w3tc_1_h_0_object_0posts1", "mag", "0", "posts");
    assert_owner(sites, 4, "0a1b2posts.1", "lite", "", "posts");
    assert_owner(sites, 4, "p:posts:1", "pro", "", "posts");
    struct wpb_site too = site_of("too", WPB_FLAVOUR_WP_REDIS, false, "wp_", NULL);
    const struct wpb_site *const both[] = {&pro, &too};
    assert_owner(both, 2, "p:posts:1", "", "", "");
    assert_owner(both, 0, "p:posts:1", "", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_flavours_in_one_database_are_told_apart),
        cmocka_unit_test(the_longest_prefix_that_fits_wins),
        cmocka_unit_test(one_salt_and_two_table_prefixes),
        cmocka_unit_test(a_network_without_a_salt_beside_a_single_site_without_one),
        cmocka_unit_test(a_site_of_unknown_prefix_gets_what_is_left_and_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
