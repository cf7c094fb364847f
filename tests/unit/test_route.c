/* Which kind of page a request asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "probes/requests/route.h"

/* The route of "/path?query". */
static enum wpb_route route_of(const char *uri, const struct wpb_route_names *names)
{
    const char *mark = strchr(uri, '?');
    struct wpb_request_line line = {.known = WPB_LINE_PATH | WPB_LINE_QUERY};

    line.path = mark ? wpb_slice_of(uri, (size_t)(mark - uri)) : wpb_slice_cstr(uri);
    line.query = wpb_slice_cstr(mark ? mark + 1 : "");
    return wpb_route_of(&line, names);
}

struct row {
    const char *uri;
    enum wpb_route route;
};

static void expect_rows(const struct row *rows, size_t count,
                        const struct wpb_route_names *names)
{
    for (size_t i = 0; i < count; i++) {
        enum wpb_route route = route_of(rows[i].uri, names);
        if (route != rows[i].route)
            fail_msg("%s: %s, not %s", rows[i].uri, wpb_route_name(route),
                     wpb_route_name(rows[i].route));
    }
}

#define EXPECT_ROWS(rows, names) expect_rows(rows, sizeof(rows) / sizeof *(rows), names)

static void wordpress_and_woocommerce_have_their_routes(void **state)
{
    static const struct row rows[] = {
        {"/", WPB_ROUTE_FRONT_PAGE},
        {"", WPB_ROUTE_FRONT_PAGE},
        {"/index.php", WPB_ROUTE_FRONT_PAGE},
        {"/?utm_source=mail", WPB_ROUTE_FRONT_PAGE},
        {"/product/blue-shirt/", WPB_ROUTE_PRODUCT},
        {"/?product=blue-shirt", WPB_ROUTE_PRODUCT},
        {"/products/", WPB_ROUTE_OTHER},
        {"/product-category/shirts/", WPB_ROUTE_OTHER},
        {"/cart/", WPB_ROUTE_CART},
        {"/cart", WPB_ROUTE_CART},
        {"/carton/", WPB_ROUTE_OTHER},
        {"/checkout/order-received/71/?key=wc_order_x", WPB_ROUTE_CHECKOUT},
        {"/wp-admin/admin-ajax.php?action=heartbeat", WPB_ROUTE_ADMIN_AJAX},
        {"/?wc-ajax=get_refreshed_fragments", WPB_ROUTE_WC_AJAX},
        {"/checkout/?x=1&wc-ajax=checkout", WPB_ROUTE_WC_AJAX},
        {"/checkout/?xwc-ajax=checkout", WPB_ROUTE_CHECKOUT},
        {"/wp-json/wc/store/v1/cart", WPB_ROUTE_REST},
        {"/?rest_route=/wp/v2/posts", WPB_ROUTE_REST},
        {"/index.php?rest_route=/wp/v2/posts", WPB_ROUTE_REST},
        {"/wp-cron.php?doing_wp_cron=1", WPB_ROUTE_CRON},
        {"/wp-login.php", WPB_ROUTE_LOGIN},
        {"/wp-admin/", WPB_ROUTE_ADMIN},
        {"/wp-admin/admin.php?page=wc-orders", WPB_ROUTE_ADMIN},
        {"/wp-administration/", WPB_ROUTE_OTHER},
        {"/?p=5", WPB_ROUTE_OTHER},
        {"/?s=shirt", WPB_ROUTE_OTHER},
        {"/2026/11/a-post/", WPB_ROUTE_OTHER},
        {"//product/x/", WPB_ROUTE_PRODUCT},
        {"*", WPB_ROUTE_OTHER},
    };

    (void)state;
    EXPECT_ROWS(rows, NULL);
}

static void a_language_in_front_is_skipped(void **state)
{
    static const struct row rows[] = {
        {"/de/", WPB_ROUTE_FRONT_PAGE},          {"/de", WPB_ROUTE_FRONT_PAGE},
        {"/de/cart/", WPB_ROUTE_CART},           {"/pt-br/product/x", WPB_ROUTE_PRODUCT},
        {"/zh_CN/checkout", WPB_ROUTE_CHECKOUT}, {"/deu/cart/", WPB_ROUTE_OTHER},
        {"/d1/cart/", WPB_ROUTE_OTHER},
    };

    (void)state;
    EXPECT_ROWS(rows, NULL);
}

static void a_site_names_its_own_pages(void **state)
{
    static const struct wpb_route_prefix prefixes[] = {
        {"produkt", WPB_ROUTE_PRODUCT},
        {"warenkorb", WPB_ROUTE_CART},
        {"en/basket", WPB_ROUTE_CART},
        {"cart", WPB_ROUTE_OTHER},
    };
    static const struct wpb_route_names names = {"/shop/", prefixes, 4};
    static const struct row rows[] = {
        {"/shop/produkt/hemd/", WPB_ROUTE_PRODUCT},
        {"/shop/de/warenkorb/", WPB_ROUTE_CART},
        {"/shop/en/basket", WPB_ROUTE_CART},
        {"/shop/cart/", WPB_ROUTE_OTHER},
        {"/shop/product/x/", WPB_ROUTE_PRODUCT},
        {"/shop/", WPB_ROUTE_FRONT_PAGE},
        {"/shop", WPB_ROUTE_FRONT_PAGE},
        {"/shop/wp-login.php", WPB_ROUTE_LOGIN},
        {"/shopping/", WPB_ROUTE_OTHER},
    };

    (void)state;
    EXPECT_ROWS(rows, &names);
}

static void what_a_configuration_says_is_taken_over(void **state)
{
    static const char *const routes[] = {"/produkt/=product", "en/basket=cart",
                                         "a=b=login", "cart=other", NULL};
    const struct wpb_site site = {.url_path = "/shop", .routes = routes};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_route_names names = wpb_route_names_of(&site, arena);
    static const struct row rows[] = {
        {"/shop/produkt/hemd/", WPB_ROUTE_PRODUCT},
        {"/shop/en/basket", WPB_ROUTE_CART},
        {"/shop/a=b/", WPB_ROUTE_LOGIN},
        {"/shop/cart/", WPB_ROUTE_OTHER},
        {"/shop/checkout/", WPB_ROUTE_CHECKOUT},
        {"/shop/", WPB_ROUTE_FRONT_PAGE},
    };

    (void)state;
    EXPECT_ROWS(rows, &names);
    names = wpb_route_names_of(&(struct wpb_site){.name = "plain"}, arena);
    assert_int_equal(names.prefixes_count, 0);
    assert_int_equal(route_of("/", &names), WPB_ROUTE_FRONT_PAGE);
    wpb_arena_free(arena);
}

static void what_is_no_word_for_pages_is_told(void **state)
{
    static const char *const bad[] = {"",        "=",         "=cart",   "/=cart",
                                      "//=cart", "warenkorb", "x=",      "x=Cart",
                                      "x=car",   "x=cart ",   "x=cart=", "cart"};
    struct wpb_slice prefix;
    enum wpb_route route;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wpb_route_word(wpb_slice_cstr(bad[i]), &prefix, &route));
    for (int i = 0; i < WPB_ROUTES; i++) {
        assert_true(
            wpb_route_find(wpb_slice_cstr(wpb_route_name((enum wpb_route)i)), &route));
        assert_int_equal(route, i);
    }
}

static void the_script_in_place_of_the_page_is_no_front_page(void **state)
{
    struct wpb_request_line line = {.known = WPB_LINE_PATH,
                                    .is_rewritten = true,
                                    .path = wpb_slice_cstr("/index.php")};

    (void)state;
    assert_int_equal(wpb_route_of(&line, NULL), WPB_ROUTE_OTHER);
    line.path = wpb_slice_cstr("/wp-cron.php");
    assert_int_equal(wpb_route_of(&line, NULL), WPB_ROUTE_CRON);
}

static void without_a_path_it_is_another(void **state)
{
    struct wpb_request_line line = {0};

    (void)state;
    assert_int_equal(wpb_route_of(&line, NULL), WPB_ROUTE_OTHER);
}

static void every_route_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < WPB_ROUTES; i++) {
        assert_non_null(wpb_route_name((enum wpb_route)i));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(wpb_route_name((enum wpb_route)i),
                                    wpb_route_name((enum wpb_route)j));
    }
    assert_string_equal(wpb_route_name(WPB_ROUTES), "other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wordpress_and_woocommerce_have_their_routes),
        cmocka_unit_test(a_language_in_front_is_skipped),
        cmocka_unit_test(a_site_names_its_own_pages),
        cmocka_unit_test(what_a_configuration_says_is_taken_over),
        cmocka_unit_test(what_is_no_word_for_pages_is_told),
        cmocka_unit_test(the_script_in_place_of_the_page_is_no_front_page),
        cmocka_unit_test(without_a_path_it_is_another),
        cmocka_unit_test(every_route_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
