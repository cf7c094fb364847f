/*
 * workgrowth.h - does what a request costs grow with concurrency, or with data?
 *
 * A quantity per request (its time, queries, rows examined, lock wait, bytes), q = Q/n of
 * each window of n requests, is fitted on two causes at once, since traffic and data
 * often grow together:
 *     q = q0 + c (N - mean) + d (data - mean)
 * with N = busy seconds/seconds, the mean number of requests at once, and `data` the
 * rows or bytes of what the requests read or, where that is not known, the time. Long
 * requests raise N themselves, so that a plain regression on N finds growth where there
 * is none (in most of simulated histories of constant work). N is therefore looked at
 * only as far as the rate of requests moves it: the rate is its instrument
 * (block_fit.h). Windows in which nearly all workers are busy are left out, since their
 * rate is what the pool lets through. Outliers are held by Huber's weights; errors are
 * those of the block jackknife.
 *
 * A cause's effect is what it adds to q from its usual low to its usual high (mean -+
 * 1.645 standard deviations: 5 and 95 % of a normal distribution), as a share of the mean
 * of q. It grows where the 98 % interval is above WPB_WORKGROWTH_SURE_MIN and the effect
 * at least WPB_WORKGROWTH_EFFECT_MIN; it is constant where both causes were seen to vary,
 * and neither effect is as large as that nor its interval reaches
 * WPB_WORKGROWTH_EFFECT_MAX; else nothing is said.
 *
 * Pure; memory of the caller; O(windows), some eight passes.
 */
#ifndef WPB_ANALYSE_WORKGROWTH_H
#define WPB_ANALYSE_WORKGROWTH_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/analyse/work_refusal.h"

/* Three in each block of the jackknife. */
#define WPB_WORKGROWTH_WINDOWS_MIN 48
#define WPB_WORKGROWTH_REQUESTS_MIN 500
#define WPB_WORKGROWTH_CONFIDENCE 0.98
#define WPB_WORKGROWTH_SURE_MIN 0.05
#define WPB_WORKGROWTH_EFFECT_MIN 0.1
#define WPB_WORKGROWTH_EFFECT_MAX 0.25
/* A cause that varied less (standard deviation over mean) was not seen. */
#define WPB_WORKGROWTH_VARIATION_MIN 0.2
/* Squared correlation of the rate with data, and at least with N: beyond, the causes are
 * one; below, the rate says nothing of N. */
#define WPB_WORKGROWTH_COLLINEAR 0.9
#define WPB_WORKGROWTH_INSTRUMENT_MIN 0.3
/* Busy workers over all, from which on a window is full. */
#define WPB_WORKGROWTH_FULL 0.9

/* Of windows that follow each other. */
struct wpb_work_window {
    double seconds, requests;
    double busy_s;   /* of the pool's workers: N */
    double quantity; /* Q, over all requests of the window */
    double data;     /* rows, bytes; or seconds since whenever */
};

struct wpb_work_cause {
    enum wpb_work_refusal refusal; /* NARROW_RANGE, COLLINEAR, INTERVAL_TOO_WIDE, ... */
    double low, high;              /* of N, or of data: usual range */
    double per_unit;               /* c or d, with its interval */
    double per_unit_low, per_unit_high;
    double effect; /* share of the mean of q, with its interval */
    double effect_low, effect_high;
    bool grows;
};

enum wpb_work_verdict {
    WPB_WORK_REFUSED,
    WPB_WORK_IS_CONSTANT,
    WPB_WORK_GROWS_WITH_CONCURRENCY,
    WPB_WORK_GROWS_WITH_DATA,
    WPB_WORK_GROWS_WITH_BOTH,
    WPB_WORK_VERDICTS
};

/* "refused", "constant", "grows_with_concurrency", ...; they do not change. */
const char *wpb_work_verdict_name(enum wpb_work_verdict verdict);

struct wpb_workgrowth {
    enum wpb_work_verdict verdict;
    enum wpb_work_refusal refusal; /* why it is WPB_WORK_REFUSED */
    double windows, requests;      /* that were used */
    double mean;                   /* of q */
    struct wpb_work_cause concurrency, data;
};

/* What WINDOWS of a pool of WORKERS (0: not known) say. */
void wpb_workgrowth_of(const struct wpb_work_window *windows, size_t count,
                       unsigned workers, struct wpb_workgrowth *growth);
/* That it grows with data is not to be believed, for REASON: decide again without. */
void wpb_workgrowth_doubt_data(struct wpb_workgrowth *growth,
                               enum wpb_work_refusal reason);

#endif
