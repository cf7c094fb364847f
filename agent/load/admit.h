/*
 * admit.h - what must hold before the first request of a load is sent.
 *
 * In this order: nobody else loads from this machine, the host of every URL is one that
 * the operator says he owns and is this machine's or proves it (owner.h), and every URL
 * answers a single request with a page. Blocking; one thread.
 */
#ifndef WPB_LOAD_ADMIT_H
#define WPB_LOAD_ADMIT_H

#include "agent/load/plan.h"

struct wpb_load_owned {
    const char *const *hosts; /* --i-own-this-site */
    size_t count;
    const char *connect; /* --connect: a numeric address, or NULL */
};

/* The name of the place for the one load that may run. */
#define WPB_LOAD_PLACE "wpbloat-load"

/* Take PLACE (at most 100 bytes) in this network namespace: a descriptor, open while the
 * load runs. -1 with err, WPB_E_DENIED when it is taken. */
int wpb_load_admit_alone(const char *place, struct wpb_err *err);

/* May PLAN's targets be loaded? Resolves them. WPB_E_DENIED says what would prove that
 * the site is the operator's. */
int wpb_load_admit_owner(struct wpb_load_plan *plan, const struct wpb_load_owned *owned,
                         struct wpb_arena *arena, struct wpb_err *err);

/* Does TARGET, which is resolved, show TOKEN at WPB_LOAD_PROOF_PATH? */
bool wpb_load_admit_proven(const struct wpb_load_plan *plan,
                           const struct wpb_load_target *target, const char *token,
                           struct wpb_arena *arena);

/* Does each answer 2xx? A redirect is not followed: WPB_E_ARGUMENT names where it leads.
 */
int wpb_load_admit_pages(const struct wpb_load_plan *plan, struct wpb_arena *arena,
                         struct wpb_err *err);

#endif
