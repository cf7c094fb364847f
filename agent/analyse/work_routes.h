/*
 * work_routes.h - what one request of each route class takes of MySQL and of the cache.
 *
 * A log tells of each request its own time and processor time, but queries and bytes are
 * counted by servers for all together. Where the mix of classes differs from window to
 * window they are told apart by non-negative least squares (nnls.h):
 *     Q(w) = D_0 seconds(w) + sum over classes of D_c n_c(w), weighted by 1/n(w)
 * At most WPB_ROUTE_COSTS_MAX classes: the largest, and all others as one. A class whose
 * share hardly varied, or varied only together with others, is refused. Pure.
 */
#ifndef WPB_ANALYSE_WORK_ROUTES_H
#define WPB_ANALYSE_WORK_ROUTES_H

#include "agent/analyse/nnls.h"
#include "agent/analyse/work_verdict.h"

/* Beside the seconds. */
#define WPB_ROUTE_COSTS_MAX (WPB_LEAST_SQUARES_MAX - 1)
/* A class with a smaller share of the requests is one of the others. */
#define WPB_ROUTE_COSTS_SHARE_MIN 0.02

struct wpb_route_cost {
    unsigned class_index; /* WPB_WORK_CLASSES: all others */
    enum wpb_work_refusal refusal;
    double per_request, error; /* standard error; NAN at 0 */
};

struct wpb_route_costs {
    enum wpb_work_refusal refusal; /* of all of them */
    size_t count;
    struct wpb_route_cost costs[WPB_ROUTE_COSTS_MAX];
};

/* Of QUANTITY, one that MySQL or Redis counts, in BOOK. */
void wpb_route_costs_of(const struct wpb_work_book *book, enum wpb_quantity quantity,
                        struct wpb_route_costs *costs);

#endif
