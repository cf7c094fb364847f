/*
 * route_counts.h - requests by kind of page in the last hour or two: how many, how many
 * failed, and the memory that they peaked at.
 *
 * Two generations of an hour: what is told covers the current hour and the one before it,
 * so that a route whose memory was cured forgets what it needed. Hours are those of the
 * windows; time is an argument and may step. Plain memory of the caller (27 KiB), zeros
 * is empty; pure.
 */
#ifndef WPB_REQUESTS_ROUTE_COUNTS_H
#define WPB_REQUESTS_ROUTE_COUNTS_H

#include "probes/requests/request_tally.h"

struct wpb_route_hour {
    int64_t hour; /* since 1970 */
    struct {
        uint64_t requests, failed;
        struct wpb_memory_histogram memory;
    } routes[WPB_ROUTES];
};

struct wpb_route_counts {
    struct wpb_route_hour hours[2]; /* of hour % 2 */
};

struct wpb_route_count {
    uint64_t requests, failed;
    struct wpb_memory_histogram memory;
};

/* Count a window that is over. */
void wpb_route_counts_add(struct wpb_route_counts *counts,
                          const struct wpb_request_window *window);
/* What is known of ROUTE at NOW_S (Unix time). */
void wpb_route_counts_of(const struct wpb_route_counts *counts, enum wpb_route route,
                         int64_t now_s, struct wpb_route_count *count);

#endif
