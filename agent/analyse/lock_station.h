/*
 * lock_station.h - the capacity of what only one request at a time may have, from how
 * long the others wait for it.
 *
 * A row lock, GET_LOCK() or a table lock is a station with one server. How long it is
 * held is not measured, but how long others wait is: InnoDB counts waits and their time
 * (Innodb_row_lock_waits, Innodb_row_lock_time). With rate lambda of requests, wait W a
 * request, and D the seconds for which a request holds the lock (hold times the number of
 * times), the utilization is rho = lambda D, the capacity C = 1/D = lambda/rho, and the
 * mean number of requests that wait is, by Little, L = lambda W. Of a queue M/G/1
 * (Pollaczek & Khinchine; Kingman 1961 for other arrivals), whose requests come in small
 * batches (Burke 1975), in a pool of c workers of which at most c - 1 can wait,
 *     L(rho) = (v rho^2 + b rho)/(1 - rho) * (1 - exp(-(c - 1)(1 - rho)/(v + b)))
 * with v = (Ca2 + Cs2)/2, 1/2 where all holds are alike and 1 where they are
 * exponential, and b = (E[X^2]/E[X] - 1)/2 for batches of X, 0 of single requests. So
 * the waiting at each rate tells a C for given v and b, and all rates are to tell the
 * same one: ln C_i(v, b) = ln C + noise. v and b are begun at 1/sqrt(2) and 0, with
 * standard deviations of e^+-0.5 and 0.2, as rows of the same least squares (Theil &
 * Goldberger 1961), which is solved again and again on its tangent. A busy lock tells its
 * capacity whatever v and b are, since rho is near 1 then; quiet windows beside busy ones
 * tell v and b.
 *
 * Assumed: one station (what waits for other locks is added to it, which tells too small
 * a capacity); the hold does not depend on the rate; arrivals are about Poisson, or in
 * batches, within a window (of requests that come at a pace, as from a benchmark, too
 * large a capacity is told); how many of the requests need the lock, and how often, is
 * the same in all windows, and is in D. The order in which waiters are served does not
 * matter. No interval is narrower than what simulated stations were wrong by.
 *
 * Pure; memory of the caller; O(windows) and some 40,000 evaluations of L. Seconds,
 * requests a second.
 */
#ifndef WPB_ANALYSE_LOCK_STATION_H
#define WPB_ANALYSE_LOCK_STATION_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/analyse/work_refusal.h"

#define WPB_LOCK_WINDOWS_MIN 20
#define WPB_LOCK_REQUESTS_MIN 500
#define WPB_LOCK_WAITS_MIN 20
/* The largest rate seen over the capacity, below which no limit is in sight. */
#define WPB_LOCK_UTILIZATION_MIN 0.1
#define WPB_LOCK_CONFIDENCE 0.9
/* High over low, beyond which the interval says nothing. */
#define WPB_LOCK_INTERVAL_MAX 4.0

/* Of windows that follow each other. */
struct wpb_lock_window {
    double seconds;
    double requests; /* of the site, or of the routes that take the lock */
    double waits;    /* how often one waited */
    double wait_s;   /* how long, in all */
};

struct wpb_lock_model {
    double variability; /* v; above 0 */
    double batch;       /* b; 0 or more */
    double workers;     /* c; 0: any number may wait */
};

struct wpb_lock_station {
    enum wpb_work_refusal refusal;
    double windows, requests, waits, wait_s; /* that were used */
    /* Requests a second at which the lock is always taken, with its interval. */
    double capacity, capacity_low, capacity_high;
    double held_s;               /* D = 1/capacity */
    double utilization;          /* at the mean rate of the windows; 0..1 */
    double most_rate;            /* the largest at which it was seen */
    struct wpb_lock_model model; /* that fits */
    /* Where requests take the lock at most once and come singly, they wait with
     * probability rho at most, so that the capacity is at most lambda/(share that waits).
     * INFINITY where nobody waits. */
    double capacity_at_most;
};

/* What WINDOWS of a pool of WORKERS (0: not known) say. False when refused:
 * TOO_FEW_WINDOWS, TOO_FEW_REQUESTS, NO_WAITING or INTERVAL_TOO_WIDE; before the latter
 * two the estimate is there all the same, for those who want to see it. */
bool wpb_lock_station_of(const struct wpb_lock_window *windows, size_t count,
                         unsigned workers, struct wpb_lock_station *station);

/* The rho (0..1) with L(rho) = WAITING. */
double wpb_lock_utilization(double waiting, const struct wpb_lock_model *model);

#endif
