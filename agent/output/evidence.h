/*
 * evidence.h - the facts of a finding in words a site owner knows.
 *
 * A name such as php_read_peak_bytes becomes "PHP memory to load it", its number a
 * size with what it means. Names the table does not know are shown as they are
 * spelled, by their unit. Estimated values say "about", bounds "at most". Pure.
 */
#ifndef WPB_OUTPUT_EVIDENCE_H
#define WPB_OUTPUT_EVIDENCE_H

#include "agent/base/buf.h"
#include "wpbloat/finding.h"

/* Append the label of FACT; escaped for a terminal. */
void wpb_evidence_label(const struct wpb_evidence *fact, struct wpb_buf *out);
/* Append the value of FACT, one of FINDING's, with what it means; escaped. */
void wpb_evidence_value(const struct wpb_finding *finding,
                        const struct wpb_evidence *fact, struct wpb_buf *out);

/* The fact called NAME, or NULL when FINDING has none or it is null. */
const struct wpb_evidence *wpb_evidence_find(const struct wpb_finding *finding,
                                             const char *name);
/* True when the fact NAME is a number of at least 0; then it is in *COUNT. */
bool wpb_evidence_count(const struct wpb_finding *finding, const char *name,
                        uint64_t *count);

#endif
