/*
 * cause_text.h - who asks for the names, in a terminal.
 *
 * Shared by reports and explanations. Says plainly what is not known: that several
 * places match, that none does, or that nobody has looked. Pure, one thread.
 */
#ifndef WPB_OUTPUT_CAUSE_TEXT_H
#define WPB_OUTPUT_CAUSE_TEXT_H

#include "agent/output/page.h"
#include "wpbloat/finding.h"

/* The families, each with its share, its template and its source. */
void wpb_cause_text_families(struct wpb_page *page, size_t indent,
                             const struct wpb_family_cause *families, size_t count);

/* The components, each with its share, its bytes and its name. */
void wpb_cause_text_components(struct wpb_page *page, size_t indent,
                               const struct wpb_component_cause *components,
                               size_t count);

/* Append "93 %", "<1 %"; rounded down. */
void wpb_cause_text_share(double ratio, struct wpb_buf *out);
/* Append "the plugin kestrel-pricing" for "plugin:kestrel-pricing"; escaped. */
void wpb_cause_text_component(struct wpb_slice component, struct wpb_buf *out);

#endif
