/*
 * report_requests.h - what a report lists of the requests of the sites' PHP-FPM pools.
 *
 * Rows of report.h, borrowed as it says there. Numbers that nobody has measured are NAN,
 * counts then have a `has_` that is false.
 */
#ifndef WPBLOAT_REPORT_REQUESTS_H
#define WPBLOAT_REPORT_REQUESTS_H

#include "wpbloat/sample.h"

/* A row of the "fpm_pools" table. */
struct wpb_pool_row {
    const char *site; /* of the sites that it serves, the first */
    struct wpb_slice scope, pool;
    struct wpb_slice source; /* where requests are counted; "" */
    bool has_workers, has_busy, has_queue, has_windows;
    uint64_t workers, workers_busy, accept_queue, windows;
    double requests_per_second, busiest_per_second;
    double service_seconds, queue_wait_seconds;
    double capacity_per_second, capacity_low_per_second, capacity_high_per_second;
    double knee_per_second;
    struct wpb_slice bottleneck, refusal; /* "" */
};

/* A row of the "routes" table: kinds of pages, the most asked for first. */
struct wpb_route_row {
    const char *site;
    struct wpb_slice scope, pool, route;
    double share_ratio, service_seconds;
    bool has_peak;
    uint64_t peak_bytes; /* PHP memory that nine in ten requests reach */
    double queries;      /* per request, where it can be told apart */
};

/* A row of the "resources" table: what a request takes of each. */
struct wpb_resource_row {
    const char *site;
    struct wpb_slice scope, pool, resource;
    double demand_seconds, capacity_per_second, utilization_ratio;
    struct wpb_slice refusal; /* "" */
};

struct wpb_requests_report {
    const struct wpb_pool_row *pools;
    size_t pool_count;
    const struct wpb_route_row *routes;
    size_t route_count;
    const struct wpb_resource_row *resources;
    size_t resource_count;
};

#endif
