/*
 * keepsakes.h - what probes keep of their targets from one run to the next: the place in
 * a log, counters to compare with.
 *
 * One keepsake a probe and target, by the target's kind and address; whose it is decides
 * how it is destroyed. The agent has one store for all its turns, a scan one for its
 * passes. Loop's thread, while no run of the probe on the target is under way.
 */
#ifndef WPB_SCHEDULE_KEEPSAKES_H
#define WPB_SCHEDULE_KEEPSAKES_H

#include "agent/schedule/target.h"
#include "wpbloat/probe.h"

struct wpb_keepsakes;

/* Empty. NULL when memory is out. */
struct wpb_keepsakes *wpb_keepsakes_new(void);
/* Destroy all that is kept. */
void wpb_keepsakes_free(struct wpb_keepsakes *keepsakes);

/* NULL when nothing is kept. */
void *wpb_keepsakes_find(const struct wpb_keepsakes *keepsakes,
                         const struct wpb_probe *probe, const struct wpb_target *target);
/* Keep STATE in the place of what was kept, which is destroyed unless it is STATE. False
 * when memory is out. */
bool wpb_keepsakes_put(struct wpb_keepsakes *keepsakes, const struct wpb_probe *probe,
                       const struct wpb_target *target, void *state,
                       void (*destroy)(void *state));
/* Destroy what is kept of targets that are none of the COUNT TARGETS. */
void wpb_keepsakes_prune(struct wpb_keepsakes *keepsakes,
                         const struct wpb_target *targets, size_t count);

#endif
