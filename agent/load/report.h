/*
 * report.h - a run of `wpbloat load` as a person reads it, and as a program does
 * (wpbloat.load/1, docs/load.schema.json). Pure; one thread.
 */
#ifndef WPB_LOAD_REPORT_H
#define WPB_LOAD_REPORT_H

#include "agent/load/capacity.h"
#include "agent/load/run.h"
#include "agent/output/text.h"

struct wpb_load_report {
    const struct wpb_load_plan *plan;
    const struct wpb_load_result *result;
    const struct wpb_load_capacity *capacity;
    const struct wpb_load_system *system;
    const char *host;                      /* as the operator named it */
    const char *pool;                      /* "" when none is seen */
    const char *missing[WPB_LOAD_SENSORS]; /* why a sensor tells nothing; "" */
    int64_t generated_at_ms;
};

void wpb_load_report_text(const struct wpb_load_report *report,
                          const struct wpb_text_style *style, struct wpb_buf *out);
void wpb_load_report_json(const struct wpb_load_report *report, struct wpb_buf *out);

#endif
