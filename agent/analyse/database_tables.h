/*
 * database_tables.h - the report's tables of the sites' databases, drawn from the windows
 * of a cycle.
 *
 * Pure: rows borrow from the windows and the arena. Order: heaviest first, then site and
 * name, so that equal input gives equal bytes.
 */
#ifndef WPB_ANALYSE_DATABASE_TABLES_H
#define WPB_ANALYSE_DATABASE_TABLES_H

#include "wpbloat/arena.h"
#include "wpbloat/report_database.h"
#include "wpbloat/window.h"

/* Fill DATABASE from COUNT windows; MAX bounds the rows of each table and site. */
void wpb_database_tables_fill(const struct wpb_window *const *windows, size_t count,
                              size_t max, struct wpb_arena *arena,
                              struct wpb_database_report *database);

#endif
