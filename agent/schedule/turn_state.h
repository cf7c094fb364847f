/*
 * turn_state.h - what a turn knows while it runs. Inside turn.c (which changes it) and
 * turn_examine.c (which sends the examiners) only.
 */
#ifndef WPB_SCHEDULE_TURN_STATE_H
#define WPB_SCHEDULE_TURN_STATE_H

#include <uv.h>

#include "agent/schedule/gate.h"
#include "agent/schedule/run.h"
#include "agent/schedule/turn.h"

enum wpb_turn_phase {
    WPB_TURN_SURVEY,
    WPB_TURN_SURVEY_AGAIN,
    WPB_TURN_EXAMINE,
    WPB_TURN_DONE
};

/* One probe's coverage of one target; replaced when the probe looks again. */
struct wpb_turn_row {
    const struct wpb_target *target;
    const struct wpb_probe *probe;
    struct wpb_coverage coverage;
    int64_t started_ms; /* of the first run */
    bool is_set;
};

struct wpb_turn {
    struct wpb_turn_options options;
    struct wpb_arena *arena;
    struct wpb_site *sites;
    struct wpb_window **windows;
    size_t site_count;

    struct wpb_target *targets;
    size_t target_count;
    struct wpb_turn_row *rows; /* of the probes that can look at each target, in order */
    size_t row_count;
    struct wpb_coverage *coverage; /* the set rows, in order; made at the end */
    struct wpb_turn_look *looks;   /* the same rows */
    size_t coverage_count;

    uv_loop_t *loop;
    uv_timer_t progress_timer;
    struct wpb_worker *worker;
    struct wpb_keepsakes *keepsakes, *own_keepsakes; /* own: without later turns */
    void (*ended)(struct wpb_turn *turn, void *cookie);
    void *ended_cookie;
    uint64_t started_ms; /* on a clock that never steps */
    enum wpb_turn_phase phase;
    size_t rounds;
    struct wpb_run **active; /* room for every row at once */
    size_t active_count;
    bool was_interrupted;
    uint64_t elapsed_ms;

    struct {
        const struct wpb_subject *subject;
        size_t site;
    } * asked; /* subjects that an examiner was sent to */
    size_t asked_count, asked_capacity;
    struct wpb_gate *gate; /* before examiners: the options', or our own */
    struct wpb_gate own_gate;
    struct wpb_turn_sending *waiting; /* before it, in no order */
    struct wpb_choice *wishes;        /* of wpb_turn_ask(), by site */
    size_t *wish_sites;
    size_t wish_count;
};

/* Start PROBE on TARGET; false when it could not be, which is recorded. */
bool wpb_turn_start_run(struct wpb_turn *turn, const struct wpb_probe *probe,
                        const struct wpb_target *target,
                        const struct wpb_request *requests, size_t request_count);
void wpb_turn_record_skipped(struct wpb_turn *turn, const struct wpb_target *target,
                             const struct wpb_probe *probe, const char *reason);

/* turn_examine.c: ask the chooser, and send examiners to what was not looked into yet.
 * Nothing is active or waits afterwards when there was nothing. */
void wpb_turn_examine(struct wpb_turn *turn);
/* Those that wait are not sent any more. */
void wpb_turn_examine_no_more(struct wpb_turn *turn);

#endif
