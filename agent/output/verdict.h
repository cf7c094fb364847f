/*
 * verdict.h - the first lines of a report: for somebody woken at three.
 *
 * What is wrong, what fails first and at which size, who causes it, what to type;
 * or that nothing was found, in what could be seen; or that nothing could be seen.
 * Pure, one thread.
 */
#ifndef WPB_OUTPUT_VERDICT_H
#define WPB_OUTPUT_VERDICT_H

#include "agent/output/page.h"
#include "wpbloat/report.h"

void wpb_verdict_text(struct wpb_page *page, const struct wpb_report *report);

/* Rows of coverage that measured something: ok and partial. */
size_t wpb_verdict_measured(const struct wpb_report *report);
/* Rows that could not look or saw only a part. */
size_t wpb_verdict_blind(const struct wpb_report *report);

#endif
