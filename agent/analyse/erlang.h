/*
 * erlang.h - how long requests wait for a PHP worker at a given rate, and which rate is
 * too much.
 *
 * A pool of c workers with Poisson arrivals at rate lambda and mean service time S has
 * the offered load a = lambda S, in workers, and the utilization rho = a/c.
 *   Erlang B  B_0 = 1, B_j = a B_(j-1) / (j + a B_(j-1)): refused where none may wait
 *   Erlang C  C = B_c / (1 - rho (1 - B_c)): the probability that a request waits
 *   mean wait W = C S/(c (1 - rho)) * v, with v = (Ca2 + Cs2)/2 (Allen & Cunneen; Allen
 *             1990, 5.2.6): Ca2 and Cs2 are the squared coefficients of variation of the
 *             times between arrivals (1: Poisson) and of the service times
 *   its tail  P(wait > t) = C exp(-t C/W), exact for v = 1
 * One worker with Ca2 = 1 is Pollaczek and Khinchine's exact M/G/1. Where rho >= 1 there
 * is no steady state: the wait is infinite, and what counts is the time until the accept
 * queue is full.
 *
 * S is the time in a worker, without what was waited before. Where S itself grows with
 * the load (usl.h, lock_station.h) these are lower bounds of the wait.
 *
 * Pure. O(c) an evaluation; seconds and requests a second.
 */
#ifndef WPB_ANALYSE_ERLANG_H
#define WPB_ANALYSE_ERLANG_H

#include <stdbool.h>

/* More workers than any pool has; more are taken for so many. */
#define WPB_ERLANG_WORKERS_MAX 65536
/* The knee's defaults: an answer that a visitor notices, and what is left for bursts. */
#define WPB_ERLANG_WAIT_MAX_S 0.5
#define WPB_ERLANG_WAIT_QUANTILE 0.95
#define WPB_ERLANG_UTILIZATION_MAX 0.85
/* What the kernel and PHP-FPM (listen.backlog) keep before they refuse. */
#define WPB_ERLANG_BACKLOG 511

/* The probabilities, of SERVERS at least 1 and OFFERED at least 0 (else NAN). Where
 * OFFERED >= SERVERS all wait: 1. */
double wpb_erlang_b(unsigned servers, double offered);
double wpb_erlang_c(unsigned servers, double offered);

struct wpb_erlang_pool {
    unsigned workers;
    double service_s;   /* mean; above 0 */
    double arrival_cv2; /* Ca2; not measured: 1 */
    double service_cv2; /* Cs2; not measured: 1 */
};

/* All three: NAN of a pool or a rate that cannot be (not above 0, not finite). */
double wpb_erlang_wait_mean(const struct wpb_erlang_pool *pool, double rate);
double wpb_erlang_wait_tail(const struct wpb_erlang_pool *pool, double rate,
                            double over_s);
/* The wait that a share P of all requests does not exceed; 0 where so many do not wait.
 */
double wpb_erlang_wait_quantile(const struct wpb_erlang_pool *pool, double rate,
                                double p);

struct wpb_erlang_knee {
    double rate;          /* the largest that keeps both bounds */
    double wait_s;        /* the quantile of the wait at it, */
    double utilization;   /* and the utilization: */
    bool is_wait_reached; /* which of the two ends it */
};

/* Where the quantile P of the wait reaches WAIT_MAX_S or the utilization
 * UTILIZATION_MAX (0..1), whichever is first, by bisection to 1e-9 of it. False of a pool
 * that cannot be. The knee is a stated bound, not a bend of a curve. */
bool wpb_erlang_knee_of(const struct wpb_erlang_pool *pool, double wait_max_s, double p,
                        double utilization_max, struct wpb_erlang_knee *knee);

/* Seconds until a queue that has QUEUED of BACKLOG is full at RATE; INFINITY where the
 * pool keeps up. NAN as above. */
double wpb_erlang_full_s(const struct wpb_erlang_pool *pool, double rate, double queued,
                         double backlog);

#endif
