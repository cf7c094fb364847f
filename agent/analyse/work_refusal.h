/*
 * work_refusal.h - why nothing is said about work per request or about a capacity.
 *
 * A number that is wrong is worse than none, so each estimator of this room (nnls.h,
 * usl_outlook.h, demand.h, lock_station.h, workgrowth.h) ends in a number with an
 * interval or in one of these codes. Names are stored, alerted and shown: they do not
 * change. Pure tables.
 */
#ifndef WPB_ANALYSE_WORK_REFUSAL_H
#define WPB_ANALYSE_WORK_REFUSAL_H

enum wpb_work_refusal {
    WPB_WORK_NOT_REFUSED,
    WPB_WORK_TOO_FEW_WINDOWS,
    WPB_WORK_TOO_FEW_REQUESTS,
    WPB_WORK_NARROW_RANGE,     /* what should explain hardly varied */
    WPB_WORK_NOISY_WINDOWS,    /* chance moves a window more than traffic does */
    WPB_WORK_EPOCH_CHANGE,     /* a deploy, a restart, a setting: too little since */
    WPB_WORK_MIX_SHIFT,        /* busy times have other routes than quiet ones */
    WPB_WORK_CACHE_REGIME,     /* or another hit ratio */
    WPB_WORK_ERROR_RATIO,      /* failed requests cost something else */
    WPB_WORK_THROTTLED,        /* the host was slowed from outside */
    WPB_WORK_SUPERLINEAR,      /* faster the fuller: the data is wrong */
    WPB_WORK_BETA_UNKNOWN,     /* whether throughput turns down is not to be seen */
    WPB_WORK_EXTRAPOLATES,     /* asked for beyond what was seen twice over */
    WPB_WORK_CAPACITY_UNKNOWN, /* of the pool: no max_children */
    WPB_WORK_COLLINEAR,        /* two causes moved together */
    WPB_WORK_CONSTANT,         /* a route class whose share of windows never varied */
    WPB_WORK_POOR_FIT,         /* the model explains less than half */
    WPB_WORK_INTERVAL_TOO_WIDE,
    WPB_WORK_NO_WAITING, /* nobody waits for the lock: no limit in sight */
    WPB_WORK_NOT_MEASURED,
    WPB_WORK_REFUSALS
};

/* "too_few_windows", ...; "" of WPB_WORK_NOT_REFUSED. Static. */
const char *wpb_work_refusal_name(enum wpb_work_refusal refusal);

/* The same as a sentence for a reader: what is missing and what would help. Static. */
const char *wpb_work_refusal_text(enum wpb_work_refusal refusal);

#endif
