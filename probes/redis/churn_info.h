/*
 * churn_info.h - what INFO says about changes of keys that store no value.
 *
 * Tracking tells that a key was changed, not by what: a deletion, an expiry and a new
 * time to live look like a write. INFO counts such commands for the whole server: what
 * it counted within a window bounds how many of the changes of one key were none of ours
 * to call writes.
 *
 * Grammar: lines ended by CRLF, "cmdstat_NAME:calls=N,..." of `INFO commandstats` and
 * "expired_keys:N", "evicted_keys:N" of `INFO stats`. Pure.
 */
#ifndef WPB_REDIS_CHURN_INFO_H
#define WPB_REDIS_CHURN_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

struct wpb_churn_changes {
    bool has_commands, has_stats; /* both: the numbers are known */
    uint64_t removals;            /* calls that remove a key, expiries, evictions */
    uint64_t retimings;           /* calls that change a time to live only */
};

/* Add what a REPLY to INFO says. CHANGES begins as zeros. */
void wpb_churn_changes_read(struct wpb_slice reply, struct wpb_churn_changes *changes);

/* Of CHANGES of one key that were told between BEFORE and AFTER, how many were writes at
 * least. A key that is removed twice was written in between; so where nothing is known,
 * half of them were. */
uint64_t wpb_churn_writes(uint64_t changes, const struct wpb_churn_changes *before,
                          const struct wpb_churn_changes *after);

#endif
