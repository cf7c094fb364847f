/*
 * growth_json.h - the growth of a watch as a member of an open JSON object.
 *
 * "redis_growth" of docs/report.schema.json. Pure, one thread.
 */
#ifndef WPB_OUTPUT_GROWTH_JSON_H
#define WPB_OUTPUT_GROWTH_JSON_H

#include "agent/output/json_write.h"
#include "wpbloat/report.h"

/* Nothing when REPORT is not that of a watch. */
void wpb_growth_json(struct wpb_json *json, const struct wpb_report *report);

#endif
