/*
 * work_post.h - what a book says, and how a window holds it. Inside agent/analyse.
 *
 *   pool                         rates, capacity, knee, bottleneck
 *     resource "php_workers"     its capacity and demand, or why not
 *     quantity "queries"         per request, and whether it grows
 *       route "checkout"         of one route class, where they can be told apart
 *     route "checkout"           its share and service time, as the log tells
 *
 * Metrics are those of the catalogue from work_windows on; of what is refused the code is
 * posted, and no number. Pure.
 */
#ifndef WPB_ANALYSE_WORK_POST_H
#define WPB_ANALYSE_WORK_POST_H

#include "agent/analyse/work_routes.h"
#include "agent/analyse/work_verdict.h"

struct wpb_work_said {
    struct wpb_verdict verdict;
    struct wpb_route_costs routes[WPB_QUANTITIES];
};

/* False when memory is out. */
bool wpb_work_say(const struct wpb_work_book *book, const struct wpb_verdict_pool *pool,
                  int64_t now_ms, struct wpb_work_said *said);

void wpb_work_post(const struct wpb_work_book *book, const struct wpb_work_said *said,
                   struct wpb_window *window, int64_t now_ms);

#endif
