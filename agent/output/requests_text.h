/*
 * requests_text.h - pools and routes of a report, in a terminal.
 *
 * Pure, one thread.
 */
#ifndef WPB_OUTPUT_REQUESTS_TEXT_H
#define WPB_OUTPUT_REQUESTS_TEXT_H

#include "agent/output/page.h"
#include "wpbloat/report.h"

/* "Requests", a table of pools and one of routes for each pool; nothing without rows. */
void wpb_requests_text(struct wpb_page *page, const struct wpb_report *report);

#endif
