/*
 * kept_coverage.h - what each probe last said of each target: seen, or not and why.
 *
 * The texts are its own; plain memory, zero to begin. Loop's thread.
 */
#ifndef WPB_DAEMON_KEPT_COVERAGE_H
#define WPB_DAEMON_KEPT_COVERAGE_H

#include "agent/daemon/plan_items.h"
#include "wpbloat/arena.h"

struct wpb_kept_coverage_row;

struct wpb_kept_coverage {
    struct wpb_kept_coverage_row *first;
};

/* Take what LOOK covered, in the place of what its probe said of its target before. */
void wpb_kept_coverage_note(struct wpb_kept_coverage *kept,
                            const struct wpb_turn_look *look);
/* Forget targets that are not among the COUNT ones at TARGETS. */
void wpb_kept_coverage_forget(struct wpb_kept_coverage *kept,
                              const struct wpb_target *targets, size_t count);
/* All rows, in the order of PROBES; in ARENA. */
const struct wpb_coverage *wpb_kept_coverage_list(const struct wpb_kept_coverage *kept,
                                                  const struct wpb_probe *const *probes,
                                                  struct wpb_arena *arena, size_t *count);
void wpb_kept_coverage_fini(struct wpb_kept_coverage *kept);

#endif
