/*
 * finding_json.h - a finding as members of a JSON object that is already open.
 *
 * The same members in reports and in lines of findings; names and order are
 * those of docs/report.schema.json. Pure, one thread.
 */
#ifndef WPB_OUTPUT_FINDING_JSON_H
#define WPB_OUTPUT_FINDING_JSON_H

#include "agent/output/json_write.h"
#include "wpbloat/finding.h"

void wpb_finding_json(struct wpb_json *json, const struct wpb_finding *finding);
/* "families": [...], as causes and explanations have it. */
void wpb_finding_json_families(struct wpb_json *json,
                               const struct wpb_family_cause *families, size_t count);

#endif
