/*
 * self.h - what is wrong with the agent itself, as findings: it cannot warn of what it
 * cannot remember or tell.
 *
 * They are judged like any others, and belong to a site of their own, "wpbloat". Pure.
 */
#ifndef WPB_DAEMON_SELF_H
#define WPB_DAEMON_SELF_H

#include "wpbloat/rule.h"

struct wpb_self {
    bool is_history_degraded;
    const char *history_reason, *state_folder;
    uint64_t history_bytes;
    /* Sinks that gave up letters, or cannot be reached; of the first such. */
    uint64_t dead_letters;
    const char *rejecting_sink; /* NULL: none */
    const char *rejection;      /* what it answered */
};

/* Is CODE of a finding of this file? */
bool wpb_self_is_code(const char *code);

/* Append what is wrong to FINDINGS, in its arena, where order is by severity. */
void wpb_self_findings(const struct wpb_self *self, struct wpb_findings *findings);
/* Append the finding of a test alert of HOST. */
void wpb_self_test_finding(const char *host, struct wpb_findings *findings);

#endif
