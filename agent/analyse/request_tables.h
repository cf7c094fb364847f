/*
 * request_tables.h - the report's tables of pools, routes and resources, drawn from the
 * windows of a cycle.
 *
 * A pool that serves several sites is told once, of the first. Pure: rows borrow from the
 * windows and the arena; the order is that of the windows, then of share and name, so
 * that equal input gives equal bytes.
 */
#ifndef WPB_ANALYSE_REQUEST_TABLES_H
#define WPB_ANALYSE_REQUEST_TABLES_H

#include "wpbloat/arena.h"
#include "wpbloat/report_requests.h"
#include "wpbloat/window.h"

void wpb_request_tables_fill(const struct wpb_window *const *windows, size_t count,
                             struct wpb_arena *arena,
                             struct wpb_requests_report *requests);

#endif
