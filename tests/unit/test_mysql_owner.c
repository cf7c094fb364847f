/* Whose option it is, by its name; and which sites a schema holds, by its tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "probes/mysql/owner_tally.h"
#include "probes/mysql/prefix.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const plugins[] = {"akismet",     "elementor",   "elementor-pro",
                                      "js_composer", "woocommerce", "wordpress-seo",
                                      "wp-mail-smtp"};
static const char *const themes[] = {"Divi", "astra", "twentytwentytwo"};
static const struct wpb_owner_folders installed = {plugins, themes, COUNT(plugins),
                                                   COUNT(themes)};

static void expect_owner(const char *option, enum wpb_owner_kind kind, const char *name)
{
    struct wpb_owner owner =
        wpb_owner_of(wpb_slice_cstr(option), wpb_slice_cstr("wp7_"), &installed);

    if (owner.kind != kind || !wpb_slice_is(owner.name, name))
        fail_msg("%s: %d %.*s", option, owner.kind, (int)owner.name.len, owner.name.data);
}

static void a_name_that_begins_with_a_folder_is_that_plugins(void **state)
{
    (void)state;
    expect_owner("woocommerce_currency", WPB_OWNER_PLUGIN, "woocommerce");
    expect_owner("woocommerce", WPB_OWNER_PLUGIN, "woocommerce");
    expect_owner("_elementor_assets_data", WPB_OWNER_PLUGIN, "elementor");
    expect_owner("elementor_pro_license", WPB_OWNER_PLUGIN, "elementor-pro");
    expect_owner("wp_mail_smtp", WPB_OWNER_PLUGIN, "wp-mail-smtp");
    expect_owner("WP-Mail-SMTP.log", WPB_OWNER_PLUGIN, "wp-mail-smtp");
    expect_owner("astra-settings", WPB_OWNER_THEME, "astra");
    expect_owner("widget_akismet_widget", WPB_OWNER_PLUGIN, "akismet");
}

static void a_longer_word_is_not_that_plugins(void **state)
{
    (void)state;
    expect_owner("woocommerces_x", WPB_OWNER_PREFIX, "woocommerces");
    expect_owner("elementorist", WPB_OWNER_PREFIX, "elementorist");
    expect_owner("astral_x", WPB_OWNER_PREFIX, "astral");
}

static void known_words_count_where_the_plugin_is_installed(void **state)
{
    static const struct wpb_owner_folders none = {0};
    struct wpb_owner owner;

    (void)state;
    expect_owner("wpseo_titles", WPB_OWNER_PLUGIN, "wordpress-seo");
    expect_owner("wpseo", WPB_OWNER_PLUGIN, "wordpress-seo");
    expect_owner("wc_admin_show", WPB_OWNER_PLUGIN, "woocommerce");
    expect_owner("wpb_js_templates", WPB_OWNER_PLUGIN, "js_composer");
    expect_owner("et_divi", WPB_OWNER_THEME, "Divi");
    expect_owner("rank_math_modules", WPB_OWNER_PREFIX, "rank");
    owner = wpb_owner_of(wpb_slice_cstr("wpseo_titles"), wpb_slice_cstr("wp_"), &none);
    assert_int_equal(owner.kind, WPB_OWNER_PREFIX);
    assert_true(wpb_slice_is(owner.name, "wpseo"));
}

static void wordpress_owns_its_own_names(void **state)
{
    (void)state;
    expect_owner("siteurl", WPB_OWNER_CORE, "core");
    expect_owner("WPLANG", WPB_OWNER_CORE, "core");
    expect_owner("_split_terms", WPB_OWNER_CORE, "core");
    expect_owner("wp_page_for_privacy_policy", WPB_OWNER_CORE, "core");
    expect_owner("wp7_user_roles", WPB_OWNER_CORE, "core");
    expect_owner("other_user_roles", WPB_OWNER_PREFIX, "other");
    expect_owner("_site_transient_update_plugins", WPB_OWNER_CORE, "core");
    expect_owner("_transient_feed_0123", WPB_OWNER_CORE, "core");
    expect_owner("cron", WPB_OWNER_CORE, "core");
    expect_owner("cronicle", WPB_OWNER_PREFIX, "cronicle");
}

static void a_transient_is_its_makers(void **state)
{
    (void)state;
    expect_owner("_transient_timeout_wc_report", WPB_OWNER_PLUGIN, "woocommerce");
    expect_owner("_transient_kestrel_tariff", WPB_OWNER_PREFIX, "kestrel");
}

static void theme_mods_are_the_themes_installed_or_not(void **state)
{
    (void)state;
    expect_owner("theme_mods_astra", WPB_OWNER_THEME, "astra");
    expect_owner("theme_mods_gone-child", WPB_OWNER_THEME, "gone-child");
}

static void any_bytes_have_an_owner(void **state)
{
    struct wpb_owner owner =
        wpb_owner_of(wpb_slice_of("\0\x1b[", 3), wpb_slice_cstr(""), &installed);

    (void)state;
    assert_int_equal(owner.kind, WPB_OWNER_PREFIX);
    assert_int_equal(owner.name.len, 3);
    expect_owner("", WPB_OWNER_PREFIX, "");
    expect_owner("_", WPB_OWNER_PREFIX, "_");
    expect_owner("__", WPB_OWNER_PREFIX, "_");
    expect_owner("_transient_", WPB_OWNER_PREFIX, "");
}

static void owners_are_summed_heaviest_first(void **state)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_owner_tally *tally =
        wpb_owner_tally_new(arena, wpb_slice_cstr("wp_"), &installed);
    const struct wpb_owner_row *rows;
    size_t count;

    (void)state;
    wpb_owner_tally_add(tally, wpb_slice_cstr("siteurl"), 20);
    wpb_owner_tally_add(tally, wpb_slice_cstr("kestrel_a"), 100);
    wpb_owner_tally_add(tally, wpb_slice_cstr("kestrel_b"), 50);
    wpb_owner_tally_add(tally, wpb_slice_cstr("woocommerce_x"), 900);
    wpb_owner_tally_add(tally, wpb_slice_cstr("theme_mods_astra"), 20);
    rows = wpb_owner_tally_sorted(tally, &count);
    assert_int_equal(count, 4);
    assert_true(wpb_slice_is(rows[0].name, "plugin:woocommerce"));
    assert_true(wpb_slice_is(rows[1].name, "kestrel*"));
    assert_int_equal(rows[1].bytes, 150);
    assert_int_equal(rows[1].options, 2);
    assert_true(wpb_slice_is(rows[2].name, "core"));
    assert_true(wpb_slice_is(rows[3].name, "theme:astra"));
    wpb_owner_tally_add(tally, wpb_slice_cstr("kestrel_c"), 1);
    rows = wpb_owner_tally_sorted(tally, &count);
    assert_int_equal(count, 4);
    assert_int_equal(rows[1].options, 3);
    wpb_arena_free(arena);
}

static void owners_without_end_are_counted_together(void **state)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_owner_tally *tally =
        wpb_owner_tally_new(arena, wpb_slice_cstr("wp_"), &installed);
    const struct wpb_owner_row *rows;
    uint64_t options = 0;
    size_t count;

    (void)state;
    for (int i = 0; i < 3 * WPB_OWNERS_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "x%d_option", i);
        wpb_owner_tally_add(tally, wpb_slice_cstr(name), 1);
    }
    rows = wpb_owner_tally_sorted(tally, &count);
    assert_int_equal(count, WPB_OWNERS_MAX + 1);
    assert_true(wpb_slice_is(rows[0].name, "*"));
    assert_int_equal(rows[0].options, 2 * WPB_OWNERS_MAX);
    for (size_t i = 0; i < count; i++)
        options += rows[i].options;
    assert_int_equal(options, 3 * WPB_OWNERS_MAX);
    wpb_arena_free(arena);
}

static void expect_prefixes(const struct wpb_slice *names, size_t count,
                            const char *const *expected, size_t expected_count)
{
    struct wpb_slice prefixes[WPB_MYSQL_PREFIXES_MAX];

    assert_int_equal(wpb_mysql_prefixes(names, count, prefixes), expected_count);
    for (size_t i = 0; i < expected_count; i++)
        assert_true(wpb_slice_is(prefixes[i], expected[i]));
}

static void a_prefix_has_an_options_and_a_postmeta_table(void **state)
{
    static const struct wpb_slice names[] = {
        WPB_SLICE("app_options"),   WPB_SLICE("blog_options"), WPB_SLICE("blog_postmeta"),
        WPB_SLICE("left_postmeta"), WPB_SLICE("options"),      WPB_SLICE("postmeta")};
    static const char *const expected[] = {"blog_", ""};

    (void)state;
    expect_prefixes(names, COUNT(names), expected, 2);
    expect_prefixes(names, 0, NULL, 0);
}

static void a_networks_further_blogs_are_no_sites(void **state)
{
    static const struct wpb_slice names[] = {
        WPB_SLICE("wp_12_options"),  WPB_SLICE("wp_12_postmeta"),
        WPB_SLICE("wp_2fa_options"), WPB_SLICE("wp_2fa_postmeta"),
        WPB_SLICE("wp_options"),     WPB_SLICE("wp_postmeta")};
    static const char *const expected[] = {"wp_2fa_", "wp_"};

    (void)state;
    expect_prefixes(names, COUNT(names), expected, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_begins_with_a_folder_is_that_plugins),
        cmocka_unit_test(a_longer_word_is_not_that_plugins),
        cmocka_unit_test(known_words_count_where_the_plugin_is_installed),
        cmocka_unit_test(wordpress_owns_its_own_names),
        cmocka_unit_test(a_transient_is_its_makers),
        cmocka_unit_test(theme_mods_are_the_themes_installed_or_not),
        cmocka_unit_test(any_bytes_have_an_owner),
        cmocka_unit_test(owners_are_summed_heaviest_first),
        cmocka_unit_test(owners_without_end_are_counted_together),
        cmocka_unit_test(a_prefix_has_an_options_and_a_postmeta_table),
        cmocka_unit_test(a_networks_further_blogs_are_no_sites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
