/*
 * judge.h - did the site hold a step, and between which rates does it break?
 *
 * The knee is a stated bound and no bend of a curve: the rate from which on the 95th
 * percentile of response times is above the SLO, or fewer requests are done than arrive,
 * or requests fail. Pure.
 */
#ifndef WPB_LOAD_JUDGE_H
#define WPB_LOAD_JUDGE_H

#include "agent/load/step.h"

/* Percentiles of fewer answers say nothing. */
#define WPB_LOAD_ANSWERS_MIN 5
#define WPB_LOAD_FAILING_SHARE 0.01

enum wpb_load_verdict {
    WPB_LOAD_HELD,
    WPB_LOAD_SLOW,    /* the 95th percentile is above the SLO */
    WPB_LOAD_BEHIND,  /* ever more were in flight, or some were dropped */
    WPB_LOAD_FAILING, /* of what ended, more than WPB_LOAD_FAILING_SHARE failed */
    WPB_LOAD_STOPPED, /* by a rule of stop.h */
    /* Not used for the knee: */
    WPB_LOAD_INVALID, /* the generator itself was late */
    WPB_LOAD_TOO_FEW, /* answers */
    WPB_LOAD_VERDICTS
};

/* "held", "slow", ...; they do not change. */
const char *wpb_load_verdict_name(enum wpb_load_verdict verdict);

enum wpb_load_verdict wpb_load_verdict_of(const struct wpb_load_step *step, double slo_s);
/* Is that beyond the knee? */
bool wpb_load_verdict_is_broken(enum wpb_load_verdict verdict);

struct wpb_load_knee {
    const struct wpb_load_step *held;   /* the fastest that was, before `broken`; NULL */
    const struct wpb_load_step *broken; /* the first that was; NULL: none */
    enum wpb_load_verdict why;
    /* Requests a second: held at least up to, broken from. */
    double low, high;
    /* The best guess between the two: what a step that fell behind achieved, or where the
     * 95th percentile, between two steps, meets the SLO; else NAN. */
    double rate;
};

/* Of COUNT STEPS in order of rates. Borrows from them. */
struct wpb_load_knee wpb_load_knee_of(const struct wpb_load_step *steps, size_t count,
                                      double slo_s);

#endif
