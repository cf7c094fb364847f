/*
 * prospect.h - an outlook as a rule about growth judges and tells it.
 *
 * An alert needs a level and a trend: it is a warning when the EARLIEST time of failure
 * lies within the rule's `warning_within` and the level is at least `level_ratio` of the
 * failure size, and critical when the median lies within `critical_within` or the target
 * is reached by growth. Every rule about growth has these three options. An outlook that
 * is old, or that the level has left downwards since (a flush), is not used; without one
 * nothing is said. Pure.
 */
#ifndef WPB_RULES_PROSPECT_H
#define WPB_RULES_PROSPECT_H

#include "agent/rules/stake.h"

struct wpb_prospect {
    struct wpb_stake stake;
    const struct wpb_outlook *outlook; /* the window's */
    enum wpb_severity severity;
};

/* Does what the history says of METRIC of SUBJECT call for a finding of the context's
 * rule? */
bool wpb_prospect_judge(const struct wpb_rule_context *context,
                        const struct wpb_subject *subject, enum wpb_metric metric,
                        struct wpb_prospect *prospect);

/* The outlook of METRIC of SUBJECT, whether it calls for a finding or not, when it is
 * still valid and tells a slope above 0; else NULL. */
const struct wpb_outlook *wpb_prospect_growth(const struct wpb_rule_context *context,
                                              const struct wpb_subject *subject,
                                              enum wpb_metric metric);

/* How soon, within a sentence: "in about 6 days (5 to 8)", "in about 30 hours", "within
 * hours"; "by now" when it is reached. */
const char *wpb_prospect_say_when(const struct wpb_rule_context *context,
                                  const struct wpb_prospect *prospect);
/* The growth: "400 KiB a day", "6,100 a day". */
const char *wpb_prospect_say_pace(const struct wpb_rule_context *context,
                                  const struct wpb_outlook *outlook);
/* VALUE in the unit of METRIC: "3.8 MiB", "6,100". */
const char *wpb_prospect_say_value(const struct wpb_rule_context *context,
                                   enum wpb_metric metric, double value);

/* The forecast of the draft, a fact NAME with the growth a day ("growth_bytes_per_day"),
 * and one TARGET_NAME with what must not be reached. */
void wpb_prospect_draft(struct wpb_draft *draft, const struct wpb_prospect *prospect,
                        const char *name, const char *target_name);

/* The same forecast for the finding of a rule about sizes, where an outlook of METRIC of
 * its subject is valid: when the time comes, or why nobody can say. */
void wpb_prospect_attach(struct wpb_draft *draft, enum wpb_metric metric);

#endif
