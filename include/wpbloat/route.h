/*
 * route.h - the kinds of pages that a site's requests are counted by.
 *
 * Which page is of which kind: probes/requests/route.h. Static texts, pure, any thread.
 */
#ifndef WPBLOAT_ROUTE_H
#define WPBLOAT_ROUTE_H

#include <stdbool.h>

#include "wpbloat/slice.h"

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

/* "front_page", "admin_ajax"; static. */
const char *wpb_route_name(enum wpb_route route);
/* The route called NAME; false when there is none. */
bool wpb_route_find(struct wpb_slice name, enum wpb_route *route);

/* WORD as an operator names pages, PREFIX=CLASS ("produkt=product", "/en/basket=cart"):
 * *PREFIX points into WORD and has no slash at either end. False when it is no such word:
 * no '=', nothing before it, or no such class behind it. */
bool wpb_route_word(struct wpb_slice word, struct wpb_slice *prefix,
                    enum wpb_route *route);

#endif
