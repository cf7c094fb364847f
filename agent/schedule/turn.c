#include "agent/schedule/turn.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/base/clock.h"
#include "agent/schedule/learn.h"
#include "agent/schedule/turn_state.h"

#define PROGRESS_EVERY_MS 200
/* Keys, then the families found in them, then what those may lead to. */
#define EXAMINE_ROUNDS_MAX 4
/* As many as libuv's pool decodes at once. */
#define EXAMINERS_AT_ONCE 4

static void advance(struct wpb_turn *turn);

static struct wpb_turn_row *row_of(struct wpb_turn *turn, const struct wpb_target *target,
                                   const struct wpb_probe *probe)
{
    struct wpb_turn_row *row = turn->rows;

    while (row->target != target || row->probe != probe)
        row++;
    return row;
}

/* Several runs of one examiner on one target (round after round) make one row:
 * the worst status, the sum of the work. */
static void record(struct wpb_turn_row *row, const struct wpb_coverage *coverage)
{
    struct wpb_coverage *kept = &row->coverage;

    if (!row->is_set || row->probe->look == WPB_LOOK_SURVEY) {
        *kept = *coverage;
        row->is_set = true;
        return;
    }
    if (coverage->status > kept->status) {
        kept->status = coverage->status;
        kept->reason = coverage->reason;
        kept->lines = coverage->lines;
    }
    kept->done += coverage->done;
    kept->total += coverage->total;
    kept->cost.commands += coverage->cost.commands;
    kept->cost.bytes_sent += coverage->cost.bytes_sent;
    kept->cost.bytes_received += coverage->cost.bytes_received;
    kept->cost.keyspace_hits += coverage->cost.keyspace_hits;
    kept->cost.rows += coverage->cost.rows;
    kept->cost.pages += coverage->cost.pages;
    kept->cost.elapsed_ms += coverage->cost.elapsed_ms;
}

void wpb_turn_record_skipped(struct wpb_turn *turn, const struct wpb_target *target,
                             const struct wpb_probe *probe, const char *reason)
{
    struct wpb_coverage coverage = {.probe = probe->name,
                                    .site = target->site_names,
                                    .unit = probe->unit,
                                    .status = WPB_COVERAGE_SKIPPED,
                                    .reason = reason};

    record(row_of(turn, target, probe), &coverage);
}

static bool is_survey(const struct wpb_turn *turn, const struct wpb_target *target,
                      const struct wpb_probe *probe)
{
    if (probe->look != WPB_LOOK_SURVEY || strcmp(probe->needs, target->needs) != 0)
        return false;
    if (turn->options.is_due)
        return turn->options.is_due(turn->options.cookie, target, probe);
    return probe->cost != WPB_COST_HEAVY || turn->options.deep;
}

/* Does PROBE wait for another that looks at TARGET in this turn? */
static bool has_to_wait(const struct wpb_turn *turn, const struct wpb_target *target,
                        const struct wpb_probe *probe)
{
    for (size_t p = 0; probe->after && turn->options.probes[p]; p++) {
        if (strcmp(turn->options.probes[p]->name, probe->after) == 0)
            return is_survey(turn, target, turn->options.probes[p]);
    }
    return false;
}

static bool waits_for(const struct wpb_turn *turn, const struct wpb_probe *next,
                      const struct wpb_target *target, const struct wpb_probe *probe)
{
    return is_survey(turn, target, next) && next->after &&
           strcmp(next->after, probe->name) == 0;
}

/* What waits for PROBE, and what waits for that, does not start. */
static void skip_dependents(struct wpb_turn *turn, const struct wpb_target *target,
                            const struct wpb_probe *probe, const char *reason)
{
    for (size_t p = 0; turn->options.probes[p]; p++) {
        const struct wpb_probe *next = turn->options.probes[p];
        if (!waits_for(turn, next, target, probe))
            continue;
        wpb_turn_record_skipped(turn, target, next, reason);
        skip_dependents(turn, target, next, reason);
    }
}

/* PROBE has looked at TARGET (or could not): what waited for it starts now. */
static void start_dependents(struct wpb_turn *turn, const struct wpb_target *target,
                             const struct wpb_probe *probe)
{
    enum wpb_coverage_status status = row_of(turn, target, probe)->coverage.status;
    bool could_look = status == WPB_COVERAGE_OK || status == WPB_COVERAGE_PARTIAL;

    if (!could_look || turn->was_interrupted) {
        skip_dependents(turn, target, probe,
                        wpb_arena_printf(turn->arena, "%s could not look", probe->name));
        return;
    }
    for (size_t p = 0; turn->options.probes[p]; p++) {
        if (waits_for(turn, turn->options.probes[p], target, probe))
            wpb_turn_start_run(turn, turn->options.probes[p], target, NULL, 0);
    }
}

/* Those who look at the tables come after the one who saw how they are called. */
static void learn_table_prefixes(struct wpb_turn *turn, const struct wpb_target *target)
{
    for (size_t i = 0; i < target->count; i++)
        wpb_learn_table_prefix(&turn->sites[target->members[i]],
                               turn->windows[target->members[i]], turn->arena);
}

/* Examiners and the rules come after the one who asked the sentinels. */
static void learn_masters(struct wpb_turn *turn, const struct wpb_target *target)
{
    for (size_t i = 0; i < target->count; i++)
        wpb_learn_master(&turn->sites[target->members[i]],
                         turn->windows[target->members[i]], turn->arena);
}

static bool is_idle(const struct wpb_turn *turn)
{
    return turn->active_count == 0 && !turn->waiting;
}

static void on_run_ended(struct wpb_run *run)
{
    struct wpb_turn *turn = run->owner;
    const struct wpb_probe *probe = run->probe;
    const struct wpb_target *target = run->target;

    record(row_of(turn, target, probe), &run->coverage);
    for (size_t i = 0; i < turn->active_count; i++) {
        if (turn->active[i] == run)
            turn->active[i] = turn->active[--turn->active_count];
    }
    free(run);
    if (strcmp(target->needs, "mysql") == 0)
        learn_table_prefixes(turn, target);
    if (strcmp(target->needs, "redis") == 0)
        learn_masters(turn, target);
    if (probe->look == WPB_LOOK_SURVEY && turn->phase == WPB_TURN_SURVEY)
        start_dependents(turn, target, probe);
    if (probe->look == WPB_LOOK_EXAMINE)
        wpb_gate_leave(turn->gate);
    if (is_idle(turn))
        advance(turn);
}

bool wpb_turn_start_run(struct wpb_turn *turn, const struct wpb_probe *probe,
                        const struct wpb_target *target,
                        const struct wpb_request *requests, size_t request_count)
{
    struct wpb_turn_row *row = row_of(turn, target, probe);
    struct wpb_run *run = calloc(1, sizeof(*run));

    if (!run) {
        wpb_turn_record_skipped(turn, target, probe, "no memory to start it");
        return false;
    }
    run->probe = probe;
    run->target = target;
    run->loop = turn->loop;
    run->budget = turn->options.budget;
    run->top = turn->options.top;
    run->deep_from = turn->options.deep_from;
    run->requests = requests;
    run->request_count = request_count;
    run->windows = turn->windows;
    run->arena = turn->arena;
    run->worker = turn->worker;
    run->keepsakes = turn->keepsakes;
    run->ended = on_run_ended;
    run->owner = turn;
    if (!row->started_ms)
        row->started_ms = wpb_clock_now_ms();
    turn->active[turn->active_count++] = run;
    wpb_run_start(run);
    return true;
}

static void start_survey(struct wpb_turn *turn)
{
    for (size_t t = 0; t < turn->target_count; t++) {
        for (size_t p = 0; turn->options.probes[p]; p++) {
            const struct wpb_probe *probe = turn->options.probes[p];
            if (is_survey(turn, &turn->targets[t], probe) &&
                !has_to_wait(turn, &turn->targets[t], probe))
                wpb_turn_start_run(turn, probe, &turn->targets[t], NULL, 0);
        }
    }
}

/* True when a site of TARGET is known better now. */
static bool learn_sites(struct wpb_turn *turn, const struct wpb_target *target)
{
    bool has_learnt = false;

    for (size_t i = 0; i < target->count; i++)
        has_learnt |= wpb_learn_keys(&turn->sites[target->members[i]],
                                     turn->windows[target->members[i]], turn->arena);
    return has_learnt;
}

/* What a probe skipped for want of a key prefix, it can do now. */
static void start_survey_again(struct wpb_turn *turn)
{
    for (size_t t = 0; t < turn->target_count; t++) {
        const struct wpb_target *target = &turn->targets[t];
        if (!learn_sites(turn, target))
            continue;
        for (size_t i = 0; i < turn->row_count; i++) {
            const struct wpb_turn_row *row = &turn->rows[i];
            if (row->target == target && row->is_set &&
                row->probe->look == WPB_LOOK_SURVEY &&
                row->coverage.status == WPB_COVERAGE_SKIPPED)
                wpb_turn_start_run(turn, row->probe, target, NULL, 0);
        }
    }
}

static void collect_looks(struct wpb_turn *turn)
{
    turn->coverage =
        wpb_arena_alloc(turn->arena, (turn->row_count + 1) * sizeof(*turn->coverage));
    turn->looks =
        wpb_arena_alloc(turn->arena, (turn->row_count + 1) * sizeof(*turn->looks));
    for (size_t i = 0; i < turn->row_count; i++) {
        const struct wpb_turn_row *row = &turn->rows[i];
        if (!row->is_set)
            continue;
        turn->coverage[turn->coverage_count] = row->coverage;
        turn->looks[turn->coverage_count] =
            (struct wpb_turn_look){.target = row->target,
                                   .probe = row->probe,
                                   .coverage = &turn->coverage[turn->coverage_count],
                                   .started_ms = row->started_ms};
        turn->coverage_count++;
    }
}

static void on_last_handle_closed(uv_handle_t *handle)
{
    struct wpb_turn *turn = handle->data;

    collect_looks(turn);
    turn->elapsed_ms = wpb_clock_monotonic_ms() - turn->started_ms;
    turn->ended(turn, turn->ended_cookie);
}

/* Nothing is active: the next phase that has something to do begins. */
static void advance(struct wpb_turn *turn)
{
    while (is_idle(turn) && turn->phase != WPB_TURN_DONE) {
        if (turn->was_interrupted) {
            turn->phase = WPB_TURN_DONE;
        } else if (turn->phase == WPB_TURN_SURVEY) {
            turn->phase = WPB_TURN_SURVEY_AGAIN;
            start_survey_again(turn);
        } else if (turn->phase == WPB_TURN_SURVEY_AGAIN) {
            turn->phase = WPB_TURN_EXAMINE;
        } else if (turn->rounds++ < EXAMINE_ROUNDS_MAX) {
            wpb_turn_examine(turn);
            if (is_idle(turn))
                turn->phase = WPB_TURN_DONE;
        } else {
            turn->phase = WPB_TURN_DONE;
        }
    }
    if (turn->phase == WPB_TURN_DONE)
        uv_close((uv_handle_t *)&turn->progress_timer, on_last_handle_closed);
}

void wpb_turn_cancel(struct wpb_turn *turn)
{
    turn->was_interrupted = true;
    for (size_t i = 0; i < turn->active_count; i++)
        wpb_run_cancel(turn->active[i]);
    if (!turn->waiting)
        return;
    wpb_turn_examine_no_more(turn);
    if (is_idle(turn)) /* else the last one that is under way goes on */
        advance(turn);
}

static void on_progress(uv_timer_t *timer)
{
    struct wpb_turn *turn = timer->data;
    const struct wpb_run *shown = NULL;

    for (size_t i = 0; i < turn->active_count; i++) {
        const struct wpb_run *run = turn->active[i];
        if (!shown || run->coverage.total - run->coverage.done >
                          shown->coverage.total - shown->coverage.done)
            shown = run;
    }
    if (!shown)
        return;
    struct wpb_progress progress = {.probe = shown->probe->name,
                                    .unit = shown->probe->unit,
                                    .pace = shown->pace,
                                    .done = shown->coverage.done,
                                    .total = shown->coverage.total,
                                    .elapsed_ms =
                                        wpb_clock_monotonic_ms() - shown->started_ms};
    turn->options.progress(turn->options.cookie, &progress);
}

static bool can_look(const struct wpb_target *target, const struct wpb_probe *probe)
{
    return strcmp(probe->needs, target->needs) == 0;
}

static void make_rows(struct wpb_turn *turn)
{
    const struct wpb_probe *const *probes = turn->options.probes;
    size_t count = 0;

    for (size_t t = 0; t < turn->target_count; t++) {
        for (size_t p = 0; probes[p]; p++)
            count += can_look(&turn->targets[t], probes[p]);
    }
    turn->rows = wpb_arena_alloc(turn->arena, (count + 1) * sizeof(*turn->rows));
    turn->active = wpb_arena_alloc(turn->arena, (count + 1) * sizeof(*turn->active));
    for (size_t t = 0; t < turn->target_count; t++) {
        for (size_t p = 0; probes[p]; p++) {
            if (can_look(&turn->targets[t], probes[p]))
                turn->rows[turn->row_count++] = (struct wpb_turn_row){
                    .target = &turn->targets[t], .probe = probes[p]};
        }
    }
}

struct wpb_turn *wpb_turn_new(const struct wpb_site *sites, size_t count,
                              const struct wpb_turn_options *options)
{
    struct wpb_turn *turn = calloc(1, sizeof(*turn));

    if (!turn || !(turn->arena = wpb_arena_new())) {
        free(turn);
        return NULL;
    }
    turn->options = *options;
    turn->own_gate.room = EXAMINERS_AT_ONCE;
    turn->gate = options->gate ? options->gate : &turn->own_gate;
    turn->site_count = count;
    turn->sites = wpb_arena_alloc(turn->arena, (count + 1) * sizeof(*turn->sites));
    if (count)
        memcpy(turn->sites, sites, count * sizeof(*turn->sites));
    turn->windows = wpb_arena_alloc(turn->arena, (count + 1) * sizeof(*turn->windows));
    turn->keepsakes = options->keepsakes;
    if (!turn->keepsakes)
        turn->keepsakes = turn->own_keepsakes = wpb_keepsakes_new();
    if (!turn->keepsakes) {
        wpb_turn_free(turn);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        turn->windows[i] = wpb_window_new(&turn->sites[i], options->now_ms);
        if (!turn->windows[i]) {
            wpb_turn_free(turn);
            return NULL;
        }
        if (options->known && options->known[i])
            wpb_window_carry(turn->windows[i], options->known[i], NULL, NULL);
    }
    turn->target_count =
        wpb_targets_find(turn->sites, count, turn->arena, &turn->targets);
    make_rows(turn);
    return turn;
}

void wpb_turn_free(struct wpb_turn *turn)
{
    if (!turn)
        return;
    for (size_t i = 0; i < turn->site_count && turn->windows[i]; i++)
        wpb_window_free(turn->windows[i]);
    free(turn->asked);
    free(turn->wishes);
    free(turn->wish_sites);
    wpb_keepsakes_free(turn->own_keepsakes);
    wpb_arena_free(turn->arena);
    free(turn);
}

void wpb_turn_ask(struct wpb_turn *turn, size_t i, const struct wpb_request *request)
{
    size_t count = turn->wish_count + 1;
    struct wpb_choice *wishes = realloc(turn->wishes, count * sizeof(*wishes));
    size_t *sites = realloc(turn->wish_sites, count * sizeof(*sites));

    if (wishes)
        turn->wishes = wishes;
    if (sites)
        turn->wish_sites = sites;
    if (!wishes || !sites)
        return;
    wishes[turn->wish_count].examines = request->subject->kind;
    wishes[turn->wish_count].request = *request;
    sites[turn->wish_count++] = i;
}

void wpb_turn_start(struct wpb_turn *turn, struct uv_loop_s *loop,
                    struct wpb_worker *worker,
                    void (*ended)(struct wpb_turn *turn, void *cookie), void *cookie)
{
    turn->loop = loop;
    turn->worker = worker;
    turn->ended = ended;
    turn->ended_cookie = cookie;
    turn->started_ms = wpb_clock_monotonic_ms();
    uv_timer_init(turn->loop, &turn->progress_timer);
    turn->progress_timer.data = turn;
    if (turn->options.progress)
        uv_timer_start(&turn->progress_timer, on_progress, PROGRESS_EVERY_MS,
                       PROGRESS_EVERY_MS);
    turn->phase = turn->options.survey ? WPB_TURN_SURVEY : WPB_TURN_SURVEY_AGAIN;
    if (turn->options.survey)
        start_survey(turn);
    if (turn->active_count == 0)
        advance(turn);
}

uint64_t wpb_turn_elapsed_ms(const struct wpb_turn *turn)
{
    return turn->elapsed_ms;
}

bool wpb_turn_was_interrupted(const struct wpb_turn *turn)
{
    return turn->was_interrupted;
}

size_t wpb_turn_sites(const struct wpb_turn *turn)
{
    return turn->site_count;
}

const struct wpb_site *wpb_turn_site(const struct wpb_turn *turn, size_t i)
{
    return &turn->sites[i];
}

struct wpb_window *wpb_turn_window(const struct wpb_turn *turn, size_t i)
{
    return turn->windows[i];
}

const struct wpb_coverage *wpb_turn_coverage(const struct wpb_turn *turn, size_t *count)
{
    *count = turn->coverage_count;
    return turn->coverage;
}

const struct wpb_turn_look *wpb_turn_looks(const struct wpb_turn *turn, size_t *count)
{
    *count = turn->coverage_count;
    return turn->looks;
}
