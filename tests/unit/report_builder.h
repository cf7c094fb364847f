/*
 * report_builder.h - reports and explanations made by hand, for the outputs' tests.
 *
 * Data of the program; nothing to free.
 */
#ifndef WPB_TESTS_REPORT_BUILDER_H
#define WPB_TESTS_REPORT_BUILDER_H

#include "agent/output/explanation.h"
#include "wpbloat/report.h"

/* The incident: 65,768 names in notoptions, and what comes with it. */
const struct wpb_report *report_incident(void);
/* One site, all seen, nothing found. */
const struct wpb_report *report_healthy(void);
/* No site at all. */
const struct wpb_report *report_no_site(void);
/* One site of which nothing could be seen. */
const struct wpb_report *report_blind(void);
/* A site in which nothing was found, but a probe could not look. */
const struct wpb_report *report_half_blind(void);
/* Everything a stranger names is meant to do harm; numbers are as large as they
 * get. */
const struct wpb_report *report_hostile(void);

/* Two sites on one Redis, what is wrong with that, and many groups. */
const struct wpb_report *report_shared(void);

/* A site whose Redis and whose database were looked at, the latter not as a whole. */
const struct wpb_report *report_database(void);
/* A database alone, without a configuration. */
const struct wpb_report *report_database_alone(void);

const struct wpb_explanation *explanation_incident(void);
/* A file that is cut off: no PHP figures, a flaw. */
const struct wpb_explanation *explanation_flawed(void);
/* Compressed, and wrapped by the object cache. */
const struct wpb_explanation *explanation_wrapped(void);
const struct wpb_explanation *explanation_meta(void);
const struct wpb_explanation *explanation_option(void);
const struct wpb_explanation *explanation_hostile(void);

#endif
