/*
 * looks.h - the probes that are due, as turns on the loop.
 *
 * What is cheap and due at one moment is one turn; each dear probe is a turn of its own,
 * over the sites that live on its target, and ends with examinations of what it found. A
 * turn that has ended is taken into what is known of its sites. Loop's thread.
 */
#ifndef WPB_DAEMON_LOOKS_H
#define WPB_DAEMON_LOOKS_H

#include <uv.h>

#include "agent/daemon/fleet.h"
#include "agent/daemon/last_looks.h"
#include "agent/schedule/plan.h"
#include "agent/schedule/worker.h"

struct wpb_looks;

struct wpb_looks_options {
    uv_loop_t *loop;
    struct wpb_worker *worker; /* for calls that block */
    const struct wpb_probe *const *probes;
    const char *host;           /* what makes this host another than the others */
    struct wpb_last_looks last; /* of an earlier life; taken, when there are looks */
    /* TURN has ended and was taken: site I of it is SITES[I] of the fleet. */
    void (*looked)(void *cookie, const struct wpb_turn *turn, const size_t *sites);
    void *cookie;
};

/* NULL when memory is out. Texts of OPTIONS outlive it. */
struct wpb_looks *wpb_looks_new(const struct wpb_looks_options *options);
/* Nothing may be under way. */
void wpb_looks_free(struct wpb_looks *looks);

/* Look at FLEET, whose targets' sites are looked at as its configuration says. The first
 * time, or when the last of wpb_looks_stop() is done. -1 when memory is out. */
int wpb_looks_start(struct wpb_looks *looks, struct wpb_fleet *fleet);
/* End what is under way, start nothing more; DONE is called when nothing is left, which
 * may be at once. */
void wpb_looks_stop(struct wpb_looks *looks, void (*done)(void *cookie), void *cookie);

/* Medium and heavy probes wait while the host is busy. */
void wpb_looks_host_is_busy(struct wpb_looks *looks, bool is_busy);
/* How old what PROBE says of a site may be: a little more than two of its looks. 0 when
 * it does not look at any target of site I. */
int64_t wpb_looks_max_age_ms(const struct wpb_looks *looks, size_t site,
                             const char *probe);

/* The newest coverage of each probe and target; in ARENA. */
const struct wpb_coverage *wpb_looks_coverage(const struct wpb_looks *looks,
                                              struct wpb_arena *arena, size_t *count);

struct wpb_looks_counts {
    uint64_t turns, commands, statements, bytes_received, failed_looks, open_breakers;
};
struct wpb_looks_counts wpb_looks_counts(const struct wpb_looks *looks);

#endif
