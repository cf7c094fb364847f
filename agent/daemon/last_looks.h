/*
 * last_looks.h - when each probe last looked at each target, in an earlier life of the
 * agent.
 *
 * The audit knows the hour; the newest moment of that hour is taken for it, so that what
 * is looked at once an hour or once a day comes at the tick that life would have taken,
 * and not again because of a restart. Looks that come more often are not remembered:
 * after a start somebody wants to know how it is now. Plain memory, zero to begin. One
 * thread.
 */
#ifndef WPB_DAEMON_LAST_LOOKS_H
#define WPB_DAEMON_LAST_LOOKS_H

#include "agent/history/store.h"
#include "agent/schedule/target.h"
#include "wpbloat/probe.h"

struct wpb_last_look;

struct wpb_last_looks {
    struct wpb_last_look *first;
};

/* Read those of PROBES (ended by NULL) from STORE, on its thread. What cannot be read is
 * not remembered. */
void wpb_last_looks_read(struct wpb_last_looks *looks, struct wpb_store *store,
                         const struct wpb_probe *const *probes, int64_t now_ms);
/* Unix time of PROBE's last look at TARGET; 0: it is not known. */
int64_t wpb_last_looks_of(const struct wpb_last_looks *looks,
                          const struct wpb_target *target, const struct wpb_probe *probe);
void wpb_last_looks_fini(struct wpb_last_looks *looks);

#endif
