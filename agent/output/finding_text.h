/*
 * finding_text.h - one finding in a terminal: what, how much, who, what to do.
 *
 * Pure, one thread.
 */
#ifndef WPB_OUTPUT_FINDING_TEXT_H
#define WPB_OUTPUT_FINDING_TEXT_H

#include "agent/output/page.h"
#include "wpbloat/finding.h"

void wpb_finding_text(struct wpb_page *page, const struct wpb_finding *finding);

/* The word for SEVERITY, such as "CRITICAL"; static. And its colour. */
const char *wpb_finding_text_severity(enum wpb_severity severity);
enum wpb_ink wpb_finding_text_ink(enum wpb_severity severity);

/* The sites that FINDING concerns: "shop", "shop and blog", "shop, blog, mag and 2
 * more". */
void wpb_finding_text_sites(const struct wpb_finding *finding, struct wpb_buf *out);

#endif
