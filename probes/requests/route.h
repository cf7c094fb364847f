/*
 * route.h - which kind of page a request asked for.
 *
 * By the path, the query and nothing else: no name of a visitor, product or order is
 * kept. What WordPress and WooCommerce themselves decide by comes first (wc-ajax=,
 * rest_route=, their own files), then prefixes: a site's own ones, then the defaults of
 * WooCommerce. A language in front ("/de/cart/") is skipped.
 *
 *   path: [base] [ "/" 2 letters [ "-" 2 letters ] ] prefix ( "/" | end )
 *
 * A log that writes the script in place of what was asked for says /index.php for every
 * page of a site with permalinks: that is `other`, not the front page. Pure; any thread.
 */
#ifndef WPB_REQUESTS_ROUTE_H
#define WPB_REQUESTS_ROUTE_H

#include "probes/requests/request_line.h"

/* Stored and told by name; new ones go before `other`. */
enum wpb_route {
    WPB_ROUTE_FRONT_PAGE,
    WPB_ROUTE_PRODUCT,
    WPB_ROUTE_CART,
    WPB_ROUTE_CHECKOUT,
    WPB_ROUTE_ADMIN_AJAX,
    WPB_ROUTE_WC_AJAX,
    WPB_ROUTE_REST,
    WPB_ROUTE_CRON,
    WPB_ROUTE_LOGIN,
    WPB_ROUTE_ADMIN,
    WPB_ROUTE_OTHER,
    WPB_ROUTES
};

struct wpb_route_prefix {
    const char *path; /* "produkt", "en/shop/product": no slash at either end */
    enum wpb_route route;
};

/* How a site names its pages; all of it may be zero. Owned by the caller. */
struct wpb_route_names {
    const char *base; /* "/shop" of a site that is not at the root of its host; NULL */
    const struct wpb_route_prefix *prefixes; /* the first that fits decides */
    size_t prefixes_count;
};

/* The route of REQUEST; `other` when it does not know its path. NAMES may be NULL. */
enum wpb_route wpb_route_of(const struct wpb_request_line *request,
                            const struct wpb_route_names *names);

/* "front_page", "admin_ajax"; static. */
const char *wpb_route_name(enum wpb_route route);

#endif
