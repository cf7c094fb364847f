/*
 * database_json.h - what a report lists of the sites' databases, as members of `tables`.
 *
 * Pure, one thread.
 */
#ifndef WPB_OUTPUT_DATABASE_JSON_H
#define WPB_OUTPUT_DATABASE_JSON_H

#include "agent/output/json_write.h"
#include "wpbloat/report_database.h"

/* The five arrays, also without rows. */
void wpb_database_json(struct wpb_json *json, const struct wpb_database_report *database);

#endif
