/*
 * report_tables.h - the tables of a report in a terminal: keys, groups, sites.
 *
 * Pure, one thread.
 */
#ifndef WPB_OUTPUT_REPORT_TABLES_H
#define WPB_OUTPUT_REPORT_TABLES_H

#include "agent/output/page.h"
#include "wpbloat/report.h"

/* "Largest keys", one table for each site and database; nothing without rows. */
void wpb_report_tables_keys(struct wpb_page *page, const struct wpb_report *report);
/* "Cache groups", likewise. */
void wpb_report_tables_groups(struct wpb_page *page, const struct wpb_report *report);
/* What was looked at: each site, its versions, its cache and its Redis. */
void wpb_report_tables_sites(struct wpb_page *page, const struct wpb_report *report);

#endif
