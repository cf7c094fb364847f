#include "wpbloat/route.h"

const char *wpb_route_name(enum wpb_route route)
{
    static const char *const names[WPB_ROUTES] = {
        [WPB_ROUTE_FRONT_PAGE] = "front_page",
        [WPB_ROUTE_PRODUCT] = "product",
        [WPB_ROUTE_CART] = "cart",
        [WPB_ROUTE_CHECKOUT] = "checkout",
        [WPB_ROUTE_ADMIN_AJAX] = "admin_ajax",
        [WPB_ROUTE_WC_AJAX] = "wc_ajax",
        [WPB_ROUTE_REST] = "rest",
        [WPB_ROUTE_CRON] = "cron",
        [WPB_ROUTE_LOGIN] = "login",
        [WPB_ROUTE_ADMIN] = "admin",
        [WPB_ROUTE_OTHER] = "other",
    };

    return route < WPB_ROUTES ? names[route] : "other";
}

bool wpb_route_find(struct wpb_slice name, enum wpb_route *route)
{
    for (int i = 0; i < WPB_ROUTES; i++) {
        if (!wpb_slice_is(name, wpb_route_name((enum wpb_route)i)))
            continue;
        *route = (enum wpb_route)i;
        return true;
    }
    return false;
}

bool wpb_route_word(struct wpb_slice word, struct wpb_slice *prefix,
                    enum wpb_route *route)
{
    size_t len = word.len;

    while (len && word.data[len - 1] != '=')
        len--;
    if (!len || !wpb_route_find(wpb_slice_skip(word, len), route))
        return false;
    *prefix = wpb_slice_head(word, len - 1);
    while (prefix->len && prefix->data[0] == '/')
        *prefix = wpb_slice_skip(*prefix, 1);
    while (prefix->len && prefix->data[prefix->len - 1] == '/')
        prefix->len--;
    return prefix->len > 0;
}
