/*
 * stake.h - which size of what grows must not be reached, and what happens there.
 *
 * One function says so for every fact of which the future is of interest, both to those
 * who ask for outlooks and to the rules that tell of them, so that they speak of the same
 * target. Estimates: they rest on a memory model, or on everything else staying as it is.
 * Pure.
 */
#ifndef WPB_RULES_STAKE_H
#define WPB_RULES_STAKE_H

#include "agent/rules/context.h"

enum wpb_stake_kind {
    WPB_STAKE_REQUEST,  /* PHP's memory_limit: requests end in an HTTP 500 */
    WPB_STAKE_REDIS,    /* maxmemory: Redis refuses writes */
    WPB_STAKE_MACHINE,  /* the part of the machine's memory that is granted to it */
    WPB_STAKE_POOL,     /* the table alone fills InnoDB's buffer pool */
    WPB_STAKE_TOO_MUCH, /* what a threshold of a rule calls critical */
};

struct wpb_stake {
    const struct wpb_subject *subject;
    enum wpb_metric metric;
    enum wpb_stake_kind kind;
    double level;  /* now, in the metric's unit */
    double target; /* above 0 */
};

/* What is at stake with METRIC of SUBJECT; false when nothing is, or a part of it is
 * unknown. Of a part (a family of names in a list, a component's options) the target is
 * what it reaches when it alone grows until the whole is at its own. */
bool wpb_stake_of(const struct wpb_rule_context *context,
                  const struct wpb_subject *subject, enum wpb_metric metric,
                  struct wpb_stake *stake);

#endif
