/*
 * cadence.h - how often each probe looks, and what a server may be asked on average.
 *
 * One table, with the reason beside each row. Const, pure.
 */
#ifndef WPB_SCHEDULE_CADENCE_H
#define WPB_SCHEDULE_CADENCE_H

#include "wpbloat/probe.h"

struct wpb_cadence {
    const char *probe;
    uint32_t seconds; /* 0: each interval of the site */
    const char *reason;
};

/* All rows, ended by a NULL probe. */
extern const struct wpb_cadence wpb_cadences[];

/* How often PROBE looks at a target whose sites are looked at each INTERVAL_MS (the
 * shortest of theirs): the row's time, but never more often than that. A probe without a
 * row has a time by its cost. KEYS (0: not known) are those of the target's database, for
 * a pass over them. 0: never by plan; examiners follow a pass, and what is HEAVY and has
 * no row is done when asked only. */
uint64_t wpb_cadence_ms(const struct wpb_probe *probe, uint64_t interval_ms,
                        uint64_t keys);

/* CADENCE_MS of PROBE where it looks at so many DATABASES of one server: what is cheap
 * does not wait for the server's budget, and with many sites on one server it is much. */
uint64_t wpb_cadence_shared_ms(const struct wpb_probe *probe, uint64_t cadence_ms,
                               size_t databases);

/* Does PROBE keep a pace of its own, so that its commands are none of the server's
 * budget? */
bool wpb_cadence_is_self_paced(const struct wpb_probe *probe);

/* What a server that serves NEEDS ("redis", "mysql") may be asked a second on average;
 * 0: no limit. */
double wpb_cadence_commands_per_s(const char *needs);

#endif
