/*
 * baseline.h - what a request of the site needs of PHP's memory besides one cache entry.
 *
 * PHP-FPM's access log tells the peak of each request. A worker keeps the heap of an
 * earlier large request, so of each kind of page the low percentile counts, and of the
 * kinds the largest: the page that fails first. A list that every request reads
 * (notoptions, alloptions) is in that peak already, decoded; it is taken out again. Pure.
 */
#ifndef WPB_RULES_BASELINE_H
#define WPB_RULES_BASELINE_H

#include "agent/rules/context.h"

/* Requests of a kind of page, below which its peak is not taken for its own. */
#define WPB_BASELINE_REQUESTS_MIN 50

/* The kind of page with the largest peak, of any pool of the site; NULL when none has
 * enough requests that told it. */
const struct wpb_subject *wpb_baseline_route(const struct wpb_rule_context *context,
                                             uint64_t *peak_bytes);

/* What a request needs besides the cache entry KEY; false when it is not known. What the
 * operator says (cache.entry_growth's baseline_bytes) comes before what was measured. */
bool wpb_baseline_besides(const struct wpb_rule_context *context,
                          const struct wpb_subject *key, uint64_t *bytes);

/* The size at which ENTRY fails, from the size at which it would by itself (FAILS_AT)
 * and what a request needs besides: memory grows with the length. FAILS_AT itself while
 * the latter is not known; 1 when nothing is left. */
uint64_t wpb_baseline_fails_at(const struct wpb_rule_context *context,
                               const struct wpb_subject *key, uint64_t fails_at);

#endif
