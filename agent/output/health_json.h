/*
 * health_json.h - whether the agent is well, in one line for programs: /healthz.
 *
 * {"status":"ok","reasons":[]} or {"status":"failing","reasons":["..."]}. Pure.
 */
#ifndef WPB_OUTPUT_HEALTH_JSON_H
#define WPB_OUTPUT_HEALTH_JSON_H

#include "agent/base/buf.h"

/* Append the line for COUNT REASONS, each a sentence; it is well when there is none. */
void wpb_output_health(const char *const *reasons, size_t count, struct wpb_buf *out);

#endif
