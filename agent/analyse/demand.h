/*
 * demand.h - how much of each resource a request takes, and which resource ends first.
 *
 * A request takes D_k seconds of resource k, which has m_k servers of which other work
 * keeps b_k busy: no more than X_k = (m_k - b_k)/D_k requests a second can be done, and
 * the smallest X_k is the bound of the whole (the utilization law; Denning & Buzen 1978,
 * Lazowska et al. 1984, chapter 5). That resource is the bottleneck: another server of
 * anything else changes nothing.
 *
 * Of processors, MySQL and Redis, busy_k(w) = b_k s(w) + D_k n(w) is fitted over windows
 * of s seconds and n requests, with b_k not negative. Where n hardly varies, D_k is the
 * ratio of the sums, in which background work is included: too small a capacity rather
 * than too large a one. Of PHP workers it is the ratio over the quietest third of the
 * windows, since waiting for others (a lock, a processor) makes a request longer and is
 * no demand of its own; what it waits for is a resource too. Of a lock it is inferred
 * (lock_station.h). Errors are those of block_fit.h.
 *
 * Route classes apart: nnls.h, and wpb_demand_of_mix().
 *
 * Pure; memory of the caller; O(windows).
 */
#ifndef WPB_ANALYSE_DEMAND_H
#define WPB_ANALYSE_DEMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/analyse/lock_station.h"
#include "agent/analyse/nnls.h"
#include "agent/analyse/work_refusal.h"

#define WPB_DEMAND_WINDOWS_MIN 20
#define WPB_DEMAND_REQUESTS_MIN 500
#define WPB_DEMAND_CONFIDENCE 0.9
/* Standard deviation of the rate over its mean, below which background work cannot be
 * told from requests. */
#define WPB_DEMAND_VARIATION_MIN 0.2

enum wpb_resource {
    WPB_RESOURCE_WORKERS, /* pm.max_children */
    WPB_RESOURCE_CPU,     /* processors, or the quota of the cgroup */
    WPB_RESOURCE_MYSQL,   /* what runs at once there */
    WPB_RESOURCE_REDIS,   /* one thread: 1 */
    WPB_RESOURCE_LOCK,    /* one at a time */
    WPB_RESOURCES
};

/* "php_workers", "cpu", "mysql", "redis", "lock"; they do not change. */
const char *wpb_resource_name(enum wpb_resource resource);

/* Of windows that follow each other. */
struct wpb_demand_window {
    double seconds, requests;
    double busy_s[WPB_RESOURCES]; /* servers times seconds; NAN: not measured */
};

/* Intervals are of WPB_DEMAND_CONFIDENCE. */
struct wpb_demand {
    enum wpb_resource resource;
    enum wpb_work_refusal refusal;
    double servers;
    double background;    /* servers that other work keeps busy */
    double per_request_s; /* D, with its interval */
    double per_request_low_s, per_request_high_s;
    double capacity; /* requests a second, with its interval */
    double capacity_low, capacity_high;
    double utilization; /* of all servers, in the mean of the windows */
    bool is_ratio;      /* background work is in D */
};

/* Of RESOURCE (not WPB_RESOURCE_LOCK) with SERVERS from WINDOWS. False when refused:
 * CAPACITY_UNKNOWN (SERVERS not above 0), NOT_MEASURED, TOO_FEW_WINDOWS,
 * TOO_FEW_REQUESTS, INTERVAL_TOO_WIDE. */
bool wpb_demand_measure(const struct wpb_demand_window *windows, size_t count,
                        enum wpb_resource resource, double servers,
                        struct wpb_demand *demand);

/* What was inferred of a lock. False when that was refused. */
bool wpb_demand_of_lock(const struct wpb_lock_station *station,
                        struct wpb_demand *demand);

/* Of a mix of route classes: SHARES (of `columns`; the first is not used) of what NNLS
 * found each to take of RESOURCE, with background work in its column 0 (of seconds).
 * False when it was refused. */
bool wpb_demand_of_mix(const struct wpb_nnls *nnls, const double *shares,
                       enum wpb_resource resource, double servers,
                       struct wpb_demand *demand);

struct wpb_demand_bound {
    enum wpb_work_refusal refusal;    /* NOT_MEASURED: all were refused */
    double rate, rate_low, rate_high; /* the smallest capacity */
    const struct wpb_demand *first;   /* the bottleneck; */
    const struct wpb_demand *second;  /* the next one, or NULL */
    bool is_clear;                    /* their intervals do not overlap */
};

/* Of COUNT DEMANDS, those that are not refused. Borrows from them. */
void wpb_demand_bound_of(const struct wpb_demand *demands, size_t count,
                         struct wpb_demand_bound *bound);

#endif
