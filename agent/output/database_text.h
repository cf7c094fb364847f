/*
 * database_text.h - what a report lists of the sites' databases, in a terminal.
 *
 * Pure, one thread.
 */
#ifndef WPB_OUTPUT_DATABASE_TEXT_H
#define WPB_OUTPUT_DATABASE_TEXT_H

#include "agent/output/page.h"
#include "wpbloat/report.h"

/* Heaviest posts, builders' meta keys, options and tables: a table for each site and
 * database; nothing without rows. */
void wpb_database_text(struct wpb_page *page, const struct wpb_report *report);

/* A line on the database of the site SITE, INDENT from the left; nothing when it has
 * none. */
void wpb_database_text_site(struct wpb_page *page, size_t indent,
                            const struct wpb_report *report, const struct wpb_site *site);

#endif
