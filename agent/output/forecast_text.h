/*
 * forecast_text.h - when it fails, how sure that is, or why no time is said.
 *
 * Pure, one thread.
 */
#ifndef WPB_OUTPUT_FORECAST_TEXT_H
#define WPB_OUTPUT_FORECAST_TEXT_H

#include "agent/output/page.h"
#include "wpbloat/finding.h"

/* Two or three sentences at INDENT, wrapped. */
void wpb_forecast_text(struct wpb_page *page, size_t indent,
                       const struct wpb_finding_forecast *forecast);

#endif
