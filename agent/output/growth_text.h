/*
 * growth_text.h - the growth of a watch in a terminal, a table for each site.
 *
 * Pure, one thread.
 */
#ifndef WPB_OUTPUT_GROWTH_TEXT_H
#define WPB_OUTPUT_GROWTH_TEXT_H

#include "agent/output/page.h"
#include "wpbloat/report.h"

/* Nothing when REPORT is not that of a watch. Over all sites no more lines than leave
 * the verdict below in sight. */
void wpb_growth_text(struct wpb_page *page, const struct wpb_report *report);

#endif
