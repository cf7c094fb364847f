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
#include "wpbloat/arena.h"
#include "wpbloat/route.h"
#include "wpbloat/site.h"

struct wpb_route_prefix {
    const char *path; /* "produkt", "en/shop/product": no slash at either end */
    enum wpb_route route;
};

/* How a site names its pages; all of it may be zero. Owns nothing. */
struct wpb_route_names {
    const char *base; /* "/shop" of a site that is not at the root of its host; NULL */
    const struct wpb_route_prefix *prefixes; /* the first that fits decides */
    size_t prefixes_count;
};

/* The route of REQUEST; `other` when it does not know its path. NAMES may be NULL. */
enum wpb_route wpb_route_of(const struct wpb_request_line *request,
                            const struct wpb_route_names *names);

/* How SITE names its pages, as its configuration says; copied into ARENA. */
struct wpb_route_names wpb_route_names_of(const struct wpb_site *site,
                                          struct wpb_arena *arena);

#endif
