/*
 * requests_json.h - the tables "fpm_pools", "routes" and "resources" of a report.
 *
 * Pure, one thread.
 */
#ifndef WPB_OUTPUT_REQUESTS_JSON_H
#define WPB_OUTPUT_REQUESTS_JSON_H

#include "agent/output/json_write.h"
#include "wpbloat/report_requests.h"

/* The three members, inside the object "tables". */
void wpb_requests_json(struct wpb_json *json, const struct wpb_requests_report *requests);

#endif
