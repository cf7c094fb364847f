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

/* Take the place of the one load that may run in this network namespace: a descriptor,
 * open while it runs. -1 with err, WPB_E_DENIED when there is one. */
int wpb_load_admit_alone(struct wpb_err *err);

/* May PLAN's targets be loaded? Resolves them. WPB_E_DENIED says what would prove that
 * the site is the operator's. */
int wpb_load_admit_owner(struct wpb_load_plan *plan, const struct wpb_load_owned *owned,
                         struct wpb_arena *arena, struct wpb_err *err);

/* Does each answer 2xx? A redirect is not followed: WPB_E_ARGUMENT names where it leads.
 */
int wpb_load_admit_pages(const struct wpb_load_plan *plan, struct wpb_arena *arena,
                         struct wpb_err *err);

#endif
