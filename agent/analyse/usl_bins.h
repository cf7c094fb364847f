/*
 * usl_bins.h - what a pool did at each concurrency, in the memory of sixteen bins.
 *
 * Each window (a minute of a pool) says how many requests were done and how long they
 * were in a worker. Which N of usl.h is that? A request that runs beside n - 1 others
 * sees n. Over a window in which N~ workers were busy on average, a request sees more
 * than that, since more requests run when it is crowded: E[n^2]/E[n]. Measured from
 * begin and end of each request it is `seen`; else it is taken as if each of c workers
 * were busy independently of the others, 1 + N~ (c - 1)/c, which is 1 of an idle pool and
 * c of a full one. N~ is at most c: what waits in the accept queue is not at work. So N
 * is 1 to c, and X of usl.h is N/R with R the mean time of a request: what would be done
 * if it were so crowded all the time.
 *
 * Bins are spaced by equal ratios from 1 to c. Of a bin that has seen many windows the
 * older half is forgotten again and again. What ended (a deploy, a restart) is cut off.
 *
 * Pure; memory of the caller; O(1) a window.
 */
#ifndef WPB_ANALYSE_USL_BINS_H
#define WPB_ANALYSE_USL_BINS_H

#include <stdbool.h>
#include <stddef.h>

#define WPB_USL_BINS 16
/* Room for the route classes of a log. */
#define WPB_USL_CLASSES 12
/* Windows with fewer requests say nothing of the time of one. */
#define WPB_USL_WINDOW_REQUESTS_MIN 10
/* A day of minutes in one bin: then it is halved. */
#define WPB_USL_BIN_WINDOWS_MAX 1440

struct wpb_usl_window {
    double seconds;
    double requests; /* that ended in it */
    double busy_s;   /* sum of their times in a worker, without the accept queue */
    double seen;     /* E[n^2]/E[n], 1 or more; 0: not measured */
    double errors;   /* of the requests, those that failed */
    double cache_hits, cache_lookups; /* 0 and 0: not measured */
    bool is_throttled;                /* the cgroup was, or more than 5 % was stolen */
    double class_requests[WPB_USL_CLASSES]; /* by route class; all 0: not measured */
};

/* Sums over the windows of a bin. */
struct wpb_usl_bin {
    double windows, requests, busy_s, errors, cache_hits, cache_lookups;
    double seen;               /* of their N */
    double busy, busy_squared; /* of N~ and its square */
    double busy_by_chance;     /* of N~^2/requests: its variance where Cs2 = 1 */
    double throttled;          /* windows */
    double class_requests[WPB_USL_CLASSES];
};

struct wpb_usl_bins {
    unsigned workers; /* pm.max_children; 0: not known */
    bool has_cut;     /* something was forgotten by wpb_usl_bins_cut() */
    struct wpb_usl_bin bins[WPB_USL_BINS];
};

/* Empty, of a pool of WORKERS; 0 when that is not known, and then nothing is kept. */
void wpb_usl_bins_begin(struct wpb_usl_bins *bins, unsigned workers);

/* What was seen says nothing of what comes: forget it. WORKERS is the pool's size now. */
void wpb_usl_bins_cut(struct wpb_usl_bins *bins, unsigned workers);

/* False, and nothing is kept, of a window with too few requests or with numbers that
 * cannot be (not finite, negative, no time). */
bool wpb_usl_bins_add(struct wpb_usl_bins *bins, const struct wpb_usl_window *window);

/* How much the route classes of BUSY differ from those of QUIET (sums of bins): half the
 * sum of |share - share|, 0..1; 0 where either was not measured. */
double wpb_usl_mix_distance(const struct wpb_usl_bin *quiet,
                            const struct wpb_usl_bin *busy);

#endif
