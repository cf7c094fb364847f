/*
 * tables.h - the report's tables, drawn from the windows of a cycle.
 *
 * Pure: rows borrow from the windows and the arena. Order: heaviest first, then
 * site and name, so that equal input gives equal bytes.
 */
#ifndef WPB_ANALYSE_TABLES_H
#define WPB_ANALYSE_TABLES_H

#include "wpbloat/arena.h"
#include "wpbloat/report.h"
#include "wpbloat/window.h"

/* Fill REPORT's keys, groups, servers and databases from COUNT windows. KEYS_MAX bounds
 * the keys of all of them, and each table of a database; GROUPS_MAX the groups of each.
 */
void wpb_tables_fill(const struct wpb_window *const *windows, size_t count,
                     size_t keys_max, size_t groups_max, struct wpb_arena *arena,
                     struct wpb_report *report);

#endif
