/*
 * turn.h - one turn of the wheel: survey, choose, examine.
 *
 * Starts the probes on every target (one run per server database or site),
 * keeps their deadlines, carries what they post to the windows of the sites,
 * asks the chooser what deserves a deep look, and collects the coverage. `scan`
 * is one turn, on a loop of its own; the agent has several under way on its loop. Runs on
 * the thread of its loop.
 */
#ifndef WPB_SCHEDULE_TURN_H
#define WPB_SCHEDULE_TURN_H

#include <stdbool.h>

#include "agent/analyse/choose.h"
#include "agent/schedule/keepsakes.h"
#include "agent/schedule/target.h"
#include "wpbloat/probe.h"
#include "wpbloat/window.h"

struct wpb_gate;
struct wpb_turn;
struct wpb_worker;

struct wpb_progress {
    const char *probe, *unit;
    const char *pace;     /* current throttle, or NULL */
    uint64_t done, total; /* total 0: unknown */
    uint64_t elapsed_ms;
};

struct wpb_turn_options {
    const struct wpb_probe *const *probes; /* ended by NULL */
    enum wpb_budget budget;
    size_t top;   /* largest things to post */
    bool survey;  /* false: only what wpb_turn_ask() asked for */
    bool examine; /* false: survey only */
    bool deep;    /* true: also the probes of WPB_COST_HEAVY, from `deep_from` on */
    uint64_t deep_from;
    int64_t now_ms; /* what the windows take as now */
    struct wpb_choice_limits limits;
    /* Called every 200 ms with the run that is farthest from its end; may be NULL. */
    void (*progress)(void *cookie, const struct wpb_progress *progress);
    /* Does PROBE, a survey, look at TARGET in this turn? NULL: all do, but those of
     * WPB_COST_HEAVY without `deep`. One whose `after` does not look starts at once. */
    bool (*is_due)(void *cookie, const struct wpb_target *target,
                   const struct wpb_probe *probe);
    void *cookie;
    /* What is known already, a window a site (NULL: nothing): the turn's windows begin
     * with it, so that what was examined is not examined again. Only read by
     * wpb_turn_new(). */
    const struct wpb_window *const *known;
    /* Where probes keep what they keep for later turns, which outlives the turn. NULL:
     * there is no later turn. */
    struct wpb_keepsakes *keepsakes;
    /* How many examiners may be under way at once, of all turns that share it: each takes
     * a megabyte or two. NULL: the turn has one of its own. Outlives the turn. */
    struct wpb_gate *gate;
};

/* What one probe did on one target. */
struct wpb_turn_look {
    const struct wpb_target *target;
    const struct wpb_probe *probe;
    const struct wpb_coverage *coverage;
    int64_t started_ms; /* Unix time of its first run; 0: it had none */
};

/* A turn over SITES (copied; their texts must outlive the turn). NULL when memory
 * is out. Free with wpb_turn_free(). */
struct wpb_turn *wpb_turn_new(const struct wpb_site *sites, size_t count,
                              const struct wpb_turn_options *options);
void wpb_turn_free(struct wpb_turn *turn);

/* Run it to its end; SIGINT and SIGTERM end it early, as partial. Returns 0, or
 * -1 when the loop could not be made. */
int wpb_turn_run(struct wpb_turn *turn, struct wpb_err *err);

/* The same on LOOP, which goes on, with the WORKER of all turns there. ENDED is called
 * from a later turn of the loop, and may free the turn. */
void wpb_turn_start(struct wpb_turn *turn, struct uv_loop_s *loop,
                    struct wpb_worker *worker,
                    void (*ended)(struct wpb_turn *turn, void *cookie), void *cookie);
/* End it early, as partial. */
void wpb_turn_cancel(struct wpb_turn *turn);

/* How long it took. */
uint64_t wpb_turn_elapsed_ms(const struct wpb_turn *turn);

/* Was it ended by a signal, or cancelled? */
bool wpb_turn_was_interrupted(const struct wpb_turn *turn);

/* The sites as the turn knows them (a key prefix may have been learnt), each with
 * its window, in the order given. Valid until wpb_turn_free(). */
size_t wpb_turn_sites(const struct wpb_turn *turn);
const struct wpb_site *wpb_turn_site(const struct wpb_turn *turn, size_t i);
struct wpb_window *wpb_turn_window(const struct wpb_turn *turn, size_t i);

/* What was looked at and what was not, by target and probe. */
const struct wpb_coverage *wpb_turn_coverage(const struct wpb_turn *turn, size_t *count);
/* The same with who looked at what; row for row. */
const struct wpb_turn_look *wpb_turn_looks(const struct wpb_turn *turn, size_t *count);

/* Ask for one examination beside the chooser's (for `explain`): SUBJECT of site I
 * must live as long as the turn. Call before wpb_turn_run(). */
void wpb_turn_ask(struct wpb_turn *turn, size_t i, const struct wpb_request *request);

#endif
