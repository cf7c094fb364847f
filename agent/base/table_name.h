/*
 * table_name.h - which table a statement is about, and what of its name a plugin chose.
 *
 *   statement: words; the table is the first name after FROM, INTO, UPDATE, JOIN or TABLE
 *   name:      [ identifier "." ] identifier, each bare or in backticks
 *
 * Pure; any thread. Results point into the argument.
 */
#ifndef WPB_BASE_TABLE_NAME_H
#define WPB_BASE_TABLE_NAME_H

#include "wpbloat/slice.h"
#include "wpbloat/subject.h"

/* The table of STATEMENT, without backticks and schema; empty when none is found. */
struct wpb_slice wpb_table_name_of(struct wpb_slice statement);

/* The part of a table's name by which somebody's code can be found: of SUBJECT, a table
 * or a statement, without PREFIX (the site's; NULL or "": unknown) and the number of a
 * blog. Empty of the tables of WordPress and WooCommerce themselves, which all code
 * names, and when nothing of at least 5 bytes is left. */
struct wpb_slice wpb_table_name_own(const struct wpb_subject *subject,
                                    const char *prefix);

#endif
