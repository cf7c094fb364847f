/*
 * probe.h - what a probe is, and the budget it must keep.
 *
 * A probe looks at one system, read-only, within a budget, and posts samples
 * and its coverage to the run it was started for. One descriptor per probe, one
 * line in probes/registry.c. Everything here happens on the loop's thread; a
 * probe that needs another thread (decoding, file search) uses uv_queue_work
 * and posts from the after-work callback.
 *
 * Life of a run:
 *   start(run)  returns the probe's state, or NULL with err: unavailable.
 *   step(state) is called when a delay asked for with wpb_run_step_in() is over.
 *   cancel(state) at the deadline or on interrupt: end soon, as partial.
 *   wpb_run_end(run, ...) by the probe, exactly once, from any of the above or
 *               from a callback of its own; not from within start().
 *   free(state) by the scheduler, after wpb_run_end, from a later turn of the
 *               loop. Handles must be closed (close callbacks run) before
 *               wpb_run_end is called.
 */
#ifndef WPBLOAT_PROBE_H
#define WPBLOAT_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/err.h"
#include "wpbloat/sample.h"
#include "wpbloat/site.h"
#include "wpbloat/work.h"

enum wpb_look {
    WPB_LOOK_SURVEY,  /* sees everything, cheaply */
    WPB_LOOK_EXAMINE, /* looks into the few subjects it is asked about */
};

enum wpb_cost_class {
    WPB_COST_FREE,   /* counters the system keeps anyway */
    WPB_COST_LIGHT,  /* a handful of commands */
    WPB_COST_MEDIUM, /* work that grows with the data, paced */
    WPB_COST_HEAVY,  /* only when asked: --deep */
};

/* --budget: how hard a paced probe may push. */
enum wpb_budget { WPB_BUDGET_LOW, WPB_BUDGET_NORMAL, WPB_BUDGET_FULL };

enum wpb_coverage_status {
    WPB_COVERAGE_OK,
    WPB_COVERAGE_PARTIAL,     /* what was posted stays, some is missing */
    WPB_COVERAGE_UNAVAILABLE, /* could not look */
    WPB_COVERAGE_SKIPPED,     /* did not try, and says why */
};

/* What one run cost the system it looked at. */
struct wpb_cost {
    uint64_t commands; /* requests sent */
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint64_t keyspace_hits; /* lookups the server counted because of us */
    uint64_t rows;          /* received from a database */
    uint64_t pages;         /* InnoDB pages read from disk meanwhile: ours and others' */
    uint64_t elapsed_ms;    /* filled by the scheduler */
};

struct wpb_coverage {
    const char *probe; /* "redis.keyspace" */
    const char *site;  /* site name, or several joined by ", " */
    enum wpb_coverage_status status;
    /* What was tried, on what, what came back, what to do; "". */
    const char *reason;
    const char *unit;     /* of done and total: "keys" */
    uint64_t done, total; /* total 0: unknown */
    struct wpb_cost cost;
    /* Behind the reason, what to add or to run: lines of our own making, each after a
     * newline; NULL or "" for none. Kept apart from it, in which strangers' bytes stand,
     * so that no newline of theirs becomes a line that somebody runs. */
    const char *lines;
};

/* One wish of the chooser. */
struct wpb_request {
    const struct wpb_subject *subject; /* of the window: lives as long as it */
    const char *why;
    uint64_t byte_cap; /* read no more than this of it */
    /* Whose window asked; set by the scheduler. Of several that share the subject, the
     * first; what is in a database's tables is never shared. */
    const struct wpb_site *site;
};

struct wpb_run; /* the scheduler's */
struct wpb_kept;

struct wpb_probe {
    const char *name;
    const char *help;
    const char *unit;  /* what done and total count */
    const char *needs; /* a run per: "redis" server database; "rdb" file; "mysql" server,
                          schema and user; "files" of a site; "pool" of PHP-FPM; "host":
                          one for all sites */
    const char *after; /* probe of the same target that must have looked first, or NULL */
    enum wpb_look look;
    bool is_glimpse; /* it sees what happens while it looks, for a moment: what it does
                        not say again may well go on */
    enum wpb_subject_kind examines; /* for WPB_LOOK_EXAMINE */
    enum wpb_cost_class cost;
    uint32_t deadline_ms;
    uint64_t max_items, max_bytes; /* per run; 0: bounded by the data */
    const char *grants;            /* the ACL or file permission it needs */

    void *(*start)(struct wpb_run *run, struct wpb_err *err);
    void (*step)(void *state);
    void (*cancel)(void *state);
    void (*free)(void *state);
};

/* What a probe may ask of its run. Results live as long as the run. */
struct uv_loop_s *wpb_run_loop(const struct wpb_run *run);
enum wpb_budget wpb_run_budget(const struct wpb_run *run);
/* The sites served by this run: one or more that share the server database (or
 * one, for "files"). */
const struct wpb_site *const *wpb_run_sites(const struct wpb_run *run, size_t *count);
/* For examiners: what to look into. */
const struct wpb_request *wpb_run_requests(const struct wpb_run *run, size_t *count);
/* How many of the largest things to post (--top). */
size_t wpb_run_top(const struct wpb_run *run);
/* For what is done only when asked (--deep): where to go on, as an earlier run of the
 * same probe said; 0: from the beginning. */
uint64_t wpb_run_deep_from(const struct wpb_run *run);
/* Unix time in ms, as the scheduler sees it. */
int64_t wpb_run_now_ms(const struct wpb_run *run);

/* Post one fact to SITE's window, or to those of all the run's sites when SITE
 * is NULL. Everything is copied. */
void wpb_run_post(struct wpb_run *run, const struct wpb_site *site,
                  const struct wpb_subject *subject, enum wpb_metric metric,
                  struct wpb_value value, enum wpb_provenance provenance);
/* The same with what is known from SAMPLED observations. */
void wpb_run_post_sampled(struct wpb_run *run, const struct wpb_site *site,
                          const struct wpb_subject *subject, enum wpb_metric metric,
                          struct wpb_value value, uint64_t sampled);
/* Post what requests of POOL did in one stretch of time, likewise. Each stretch once, in
 * order. */
void wpb_run_post_work(struct wpb_run *run, const struct wpb_site *site,
                       const struct wpb_subject *pool, const struct wpb_work_row *row);
/* What an earlier run of this probe on this target has kept; NULL: nothing. */
void *wpb_run_kept(const struct wpb_run *run);
/* Keep STATE from now on for the runs that follow, such as the place in a log. DESTROY is
 * called when the target goes, or at the end, while no run is under way. False when
 * memory is out: then it is not kept, and the caller frees it. */
bool wpb_run_keep(struct wpb_run *run, void *state, void (*destroy)(void *state));
/* Tell how far it is; shown on a terminal. TOTAL 0: unknown. PACE is a short
 * static text for the current throttle, or NULL. */
void wpb_run_progress(struct wpb_run *run, uint64_t done, uint64_t total,
                      const char *pace);
/* The run's tally, for the probe to add to. */
struct wpb_cost *wpb_run_cost(struct wpb_run *run);
/* Have step() called after DELAY_MS (0: next turn). One at a time. */
void wpb_run_step_in(struct wpb_run *run, uint32_t delay_ms);
/* One call that may block, made on the thread kept for such calls. Lives in the probe's
 * state until `done`. */
struct wpb_job {
    /* On that thread. KEPT is what the jobs of all runs keep there from one to the next,
     * such as connections: set it once, with its destructor. */
    void (*work)(struct wpb_job *job, struct wpb_kept *kept);
    void (*done)(struct wpb_job *job); /* on the loop's thread, in a later turn of it */
    struct wpb_job *next;              /* the queue's */
};

struct wpb_kept {
    void *state;
    void (*free)(void *state); /* on that thread, at its end */
};

/* Have JOB's work done after all jobs submitted before it, by any run. A run may not end
 * while a job of its own is not done. When the thread cannot be made, `done` is called
 * without `work`. */
void wpb_run_submit(struct wpb_run *run, struct wpb_job *job);

/* Say what to add or to run (wpb_coverage.lines); before the run's end. */
void wpb_run_advise(struct wpb_run *run, const char *lines);
/* The run is over. REASON is "" or a sentence; done and total are those of the
 * last wpb_run_progress(). */
void wpb_run_end(struct wpb_run *run, enum wpb_coverage_status status,
                 const char *reason_format, ...) __attribute__((format(printf, 3, 4)));

/* All probes, ended by NULL; the one hand-written list (probes/registry.c). */
extern const struct wpb_probe *const wpb_probes[];

/* Is ROW of this machine (a probe "host.*")? Nobody asked for that: it is no look at a
 * site. */
bool wpb_coverage_is_of_host(const struct wpb_coverage *row);

/* "ok", "partial", "unavailable", "skipped"; static. */
const char *wpb_coverage_status_name(enum wpb_coverage_status status);

#endif
