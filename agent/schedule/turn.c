#include "agent/schedule/turn.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/base/clock.h"
#include "agent/schedule/run.h"

#define PROGRESS_EVERY_MS 200
/* Keys, then the families found in them, then what those may lead to. */
#define EXAMINE_ROUNDS_MAX 4
#define CHOICES_MAX 128

enum phase { SURVEY, SURVEY_AGAIN, EXAMINE, DONE };

/* One probe's coverage of one target; replaced when the probe looks again. */
struct row {
    const struct wpb_target *target;
    const struct wpb_probe *probe;
    struct wpb_coverage coverage;
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
    struct row *rows; /* target by target, probe by probe */
    size_t probe_count;
    struct wpb_coverage *coverage; /* the set rows, in order; made at the end */
    size_t coverage_count;

    uv_loop_t loop;
    uv_timer_t progress_timer;
    uv_signal_t interrupt, terminate;
    struct wpb_worker *worker;
    enum phase phase;
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
    struct wpb_choice *wishes; /* of wpb_turn_ask(), by site */
    size_t *wish_sites;
    size_t wish_count;
};

static void advance(struct wpb_turn *turn);

static struct row *row_of(struct wpb_turn *turn, const struct wpb_target *target,
                          const struct wpb_probe *probe)
{
    size_t p = 0;

    while (turn->options.probes[p] != probe)
        p++;
    return &turn->rows[(size_t)(target - turn->targets) * turn->probe_count + p];
}

/* Several runs of one examiner on one target (round after round) make one row:
 * the worst status, the sum of the work. */
static void record(struct row *row, const struct wpb_coverage *coverage)
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

static void start_run(struct wpb_turn *turn, const struct wpb_probe *probe,
                      const struct wpb_target *target, const struct wpb_request *requests,
                      size_t request_count);

static void record_skipped(struct wpb_turn *turn, const struct wpb_target *target,
                           const struct wpb_probe *probe, const char *reason)
{
    struct wpb_coverage coverage = {.probe = probe->name,
                                    .site = target->site_names,
                                    .unit = probe->unit,
                                    .status = WPB_COVERAGE_SKIPPED,
                                    .reason = reason};

    record(row_of(turn, target, probe), &coverage);
}

static bool is_survey(const struct wpb_turn *turn, const struct wpb_probe *probe)
{
    return probe->look == WPB_LOOK_SURVEY &&
           (probe->cost != WPB_COST_HEAVY || turn->options.deep);
}

/* PROBE has looked at TARGET (or could not): what waited for it starts now. */
static void start_dependents(struct wpb_turn *turn, const struct wpb_target *target,
                             const struct wpb_probe *probe)
{
    enum wpb_coverage_status status = row_of(turn, target, probe)->coverage.status;
    bool could_look = status == WPB_COVERAGE_OK || status == WPB_COVERAGE_PARTIAL;

    for (size_t p = 0; turn->options.probes[p]; p++) {
        const struct wpb_probe *next = turn->options.probes[p];
        if (!is_survey(turn, next) || !next->after ||
            strcmp(next->after, probe->name) != 0 ||
            strcmp(next->needs, target->needs) != 0)
            continue;
        if (could_look && !turn->was_interrupted)
            start_run(turn, next, target, NULL, 0);
        else
            record_skipped(
                turn, target, next,
                wpb_arena_printf(turn->arena, "%s could not look", probe->name));
    }
}

/* A database may have shown how the tables of a site are called, for which that was a
 * guess; those who look at them come after it. */
static void learn_table_prefix(struct wpb_turn *turn, const struct wpb_target *target)
{
    for (size_t i = 0; i < target->count; i++) {
        struct wpb_site *site = &turn->sites[target->members[i]];
        const struct wpb_window *window = turn->windows[target->members[i]];
        const struct wpb_subject *server;
        size_t cursor = 0;

        while (
            site->is_table_prefix_guessed &&
            (server = wpb_window_next(window, WPB_SUBJECT_MYSQL_SERVER, NULL, &cursor))) {
            struct wpb_slice prefix = wpb_window_text(window, server, WPB_M_TABLE_PREFIX);
            if (!prefix.len)
                continue;
            site->table_prefix = wpb_arena_cstr(turn->arena, prefix);
            site->is_table_prefix_guessed = false;
        }
    }
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
        learn_table_prefix(turn, target);
    if (probe->look == WPB_LOOK_SURVEY && turn->phase == SURVEY)
        start_dependents(turn, target, probe);
    if (turn->active_count == 0)
        advance(turn);
}

static void start_run(struct wpb_turn *turn, const struct wpb_probe *probe,
                      const struct wpb_target *target, const struct wpb_request *requests,
                      size_t request_count)
{
    struct wpb_run *run = calloc(1, sizeof(*run));

    if (!run) {
        record_skipped(turn, target, probe, "no memory to start it");
        return;
    }
    run->probe = probe;
    run->target = target;
    run->loop = &turn->loop;
    run->budget = turn->options.budget;
    run->top = turn->options.top;
    run->deep_from = turn->options.deep_from;
    run->requests = requests;
    run->request_count = request_count;
    run->windows = turn->windows;
    run->arena = turn->arena;
    run->worker = turn->worker;
    run->ended = on_run_ended;
    run->owner = turn;
    turn->active[turn->active_count++] = run;
    wpb_run_start(run);
}

static void start_survey(struct wpb_turn *turn)
{
    for (size_t t = 0; t < turn->target_count; t++) {
        for (size_t p = 0; turn->options.probes[p]; p++) {
            const struct wpb_probe *probe = turn->options.probes[p];
            if (is_survey(turn, probe) && !probe->after &&
                strcmp(probe->needs, turn->targets[t].needs) == 0)
                start_run(turn, probe, &turn->targets[t], NULL, 0);
        }
    }
}

/* What the drop-in's own head says, and the configuration of the site with it, is not
 * changed by what its keys look like. */
static void learn_flavour(struct wpb_site *site, const struct wpb_window *window,
                          const struct wpb_subject *database)
{
    struct wpb_slice name = wpb_window_text(window, database, WPB_M_FLAVOUR);

    if (site->flavour != WPB_FLAVOUR_UNKNOWN)
        return;
    for (int f = WPB_FLAVOUR_UNKNOWN; f <= WPB_FLAVOUR_OBJECT_CACHE_PRO; f++) {
        if (wpb_slice_is(name, wpb_flavour_name((enum wpb_flavour)f)))
            site->flavour = (enum wpb_flavour)f;
    }
    site->is_multisite |= wpb_window_integer(window, database, WPB_M_MULTISITE, 0) == 1;
}

/* True when DATABASE has shown the prefix of SITE's keys, which had none. */
static bool learn_from(struct wpb_turn *turn, struct wpb_site *site,
                       const struct wpb_window *window,
                       const struct wpb_subject *database)
{
    const struct wpb_sample *prefix = wpb_window_get(window, database, WPB_M_KEY_PREFIX);
    struct wpb_slice votes = wpb_window_text(window, database, WPB_M_SHAPE_VOTES);

    if (votes.len)
        site->shape_votes = wpb_arena_cstr(turn->arena, votes);
    if (site->has_key_prefix || !prefix || prefix->value.type != WPB_VALUE_TEXT)
        return false;
    site->key_prefix = wpb_arena_cstr(turn->arena, prefix->value.text);
    site->key_prefix_len = prefix->value.text.len;
    site->has_key_prefix = true;
    learn_flavour(site, window, database);
    return true;
}

/* The keyspace may have shown who writes a site's keys, and how they begin. True when
 * it did for a site of TARGET of which that was not known. */
static bool learn_sites(struct wpb_turn *turn, const struct wpb_target *target)
{
    bool has_learnt = false;

    for (size_t i = 0; i < target->count; i++) {
        struct wpb_site *site = &turn->sites[target->members[i]];
        const struct wpb_window *window = turn->windows[target->members[i]];
        const struct wpb_subject *subject;
        size_t cursor = 0;

        while (
            (subject = wpb_window_next(window, WPB_SUBJECT_REDIS_SERVER, NULL, &cursor)))
            has_learnt |= learn_from(turn, site, window, subject);
    }
    return has_learnt;
}

/* What a probe skipped for want of a key prefix, it can do now. */
static void start_survey_again(struct wpb_turn *turn)
{
    for (size_t t = 0; t < turn->target_count; t++) {
        const struct wpb_target *target = &turn->targets[t];
        if (!learn_sites(turn, target))
            continue;
        for (size_t p = 0; turn->options.probes[p]; p++) {
            const struct wpb_probe *probe = turn->options.probes[p];
            const struct row *row = row_of(turn, target, probe);
            if (row->is_set && probe->look == WPB_LOOK_SURVEY &&
                row->coverage.status == WPB_COVERAGE_SKIPPED)
                start_run(turn, probe, target, NULL, 0);
        }
    }
}

static bool is_asked(const struct wpb_turn *turn, size_t site,
                     const struct wpb_subject *subject)
{
    for (size_t i = 0; i < turn->asked_count; i++) {
        if (turn->asked[i].site == site &&
            wpb_subject_equal(turn->asked[i].subject, subject))
            return true;
    }
    return false;
}

static bool note_asked(struct wpb_turn *turn, size_t site,
                       const struct wpb_subject *subject)
{
    if (turn->asked_count == turn->asked_capacity) {
        size_t capacity = turn->asked_capacity ? turn->asked_capacity * 2 : 32;
        void *grown = realloc(turn->asked, capacity * sizeof(*turn->asked));
        if (!grown)
            return false;
        turn->asked = grown;
        turn->asked_capacity = capacity;
    }
    turn->asked[turn->asked_count].site = site;
    turn->asked[turn->asked_count++].subject = subject;
    return true;
}

/* The wishes for one site in this round: first what was asked for by hand. */
static size_t wishes_of(struct wpb_turn *turn, size_t site, struct wpb_choice *choices)
{
    size_t count = 0, kept = 0;

    if (turn->rounds == 1) {
        for (size_t i = 0; i < turn->wish_count && count < CHOICES_MAX; i++) {
            if (turn->wish_sites[i] == site)
                choices[count++] = turn->wishes[i];
        }
    }
    if (count < CHOICES_MAX && turn->options.examine)
        count += wpb_choose(turn->windows[site], &turn->options.limits, choices + count,
                            CHOICES_MAX - count);
    for (size_t i = 0; i < count; i++) {
        if (!is_asked(turn, site, choices[i].request.subject) &&
            note_asked(turn, site, choices[i].request.subject))
            choices[kept++] = choices[i];
    }
    return kept;
}

/* A post or an option is one site's, also where several have their tables in one
 * schema. */
static bool has_request(const struct wpb_request *requests, size_t count,
                        const struct wpb_request *request, bool is_shared)
{
    for (size_t i = 0; i < count; i++) {
        if (wpb_subject_equal(requests[i].subject, request->subject) &&
            (is_shared || requests[i].site == request->site))
            return true;
    }
    return false;
}

/* Send PROBE to the members' choices of its kind on TARGET; two sites that share a
 * key ask for it once. */
static void send_examiner(struct wpb_turn *turn, const struct wpb_probe *probe,
                          const struct wpb_target *target,
                          struct wpb_choice choices[][CHOICES_MAX], const size_t *counts)
{
    struct wpb_request *requests =
        wpb_arena_alloc(turn->arena, target->count * CHOICES_MAX * sizeof(*requests));
    bool is_shared = strcmp(probe->needs, "mysql") != 0;
    size_t count = 0;

    for (size_t m = 0; m < target->count; m++) {
        size_t site = target->members[m];
        for (size_t i = 0; i < counts[site]; i++) {
            struct wpb_choice *choice = &choices[site][i];
            choice->request.site = &turn->sites[site];
            if (choice->examines == probe->examines &&
                !has_request(requests, count, &choice->request, is_shared))
                requests[count++] = choice->request;
        }
    }
    if (count)
        start_run(turn, probe, target, requests, count);
}

static void start_examination(struct wpb_turn *turn)
{
    struct wpb_choice(*choices)[CHOICES_MAX] = calloc(turn->site_count, sizeof(*choices));
    size_t *counts = calloc(turn->site_count, sizeof(*counts));

    for (size_t s = 0; choices && counts && s < turn->site_count; s++)
        counts[s] = wishes_of(turn, s, choices[s]);
    for (size_t t = 0; choices && counts && t < turn->target_count; t++) {
        for (size_t p = 0; turn->options.probes[p]; p++) {
            const struct wpb_probe *probe = turn->options.probes[p];
            if (probe->look == WPB_LOOK_EXAMINE &&
                strcmp(probe->needs, turn->targets[t].needs) == 0)
                send_examiner(turn, probe, &turn->targets[t], choices, counts);
        }
    }
    free(choices);
    free(counts);
}

/* Nothing is active: the next phase that has something to do begins. */
static void advance(struct wpb_turn *turn)
{
    while (turn->active_count == 0 && turn->phase != DONE) {
        if (turn->was_interrupted) {
            turn->phase = DONE;
        } else if (turn->phase == SURVEY) {
            turn->phase = SURVEY_AGAIN;
            start_survey_again(turn);
        } else if (turn->phase == SURVEY_AGAIN) {
            turn->phase = EXAMINE;
        } else if (turn->rounds++ < EXAMINE_ROUNDS_MAX) {
            start_examination(turn);
            if (turn->active_count == 0)
                turn->phase = DONE;
        } else {
            turn->phase = DONE;
        }
    }
    if (turn->phase == DONE) {
        uv_close((uv_handle_t *)&turn->progress_timer, NULL);
        uv_close((uv_handle_t *)&turn->interrupt, NULL);
        uv_close((uv_handle_t *)&turn->terminate, NULL);
        wpb_worker_close(turn->worker);
    }
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct wpb_turn *turn = handle->data;

    /* A second one ends the process at once. */
    uv_signal_stop(handle);
    signal(signum, SIG_DFL);
    turn->was_interrupted = true;
    for (size_t i = 0; i < turn->active_count; i++)
        wpb_run_cancel(turn->active[i]);
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

static void name_rows(struct wpb_turn *turn)
{
    for (size_t t = 0; t < turn->target_count; t++) {
        for (size_t p = 0; p < turn->probe_count; p++) {
            struct row *row = &turn->rows[t * turn->probe_count + p];
            row->target = &turn->targets[t];
            row->probe = turn->options.probes[p];
        }
    }
}

struct wpb_turn *wpb_turn_new(const struct wpb_site *sites, size_t count,
                              const struct wpb_turn_options *options)
{
    struct wpb_turn *turn = calloc(1, sizeof(*turn));
    size_t cells;

    if (!turn || !(turn->arena = wpb_arena_new())) {
        free(turn);
        return NULL;
    }
    turn->options = *options;
    while (options->probes[turn->probe_count])
        turn->probe_count++;
    turn->site_count = count;
    cells = (WPB_SITE_TARGETS_MAX * count + 1) * turn->probe_count + 1;
    turn->sites = wpb_arena_alloc(turn->arena, (count + 1) * sizeof(*turn->sites));
    if (count)
        memcpy(turn->sites, sites, count * sizeof(*turn->sites));
    turn->windows = wpb_arena_alloc(turn->arena, (count + 1) * sizeof(*turn->windows));
    turn->rows = wpb_arena_alloc(turn->arena, cells * sizeof(*turn->rows));
    turn->coverage = wpb_arena_alloc(turn->arena, cells * sizeof(*turn->coverage));
    turn->active = wpb_arena_alloc(turn->arena, cells * sizeof(*turn->active));
    for (size_t i = 0; i < count; i++) {
        turn->windows[i] = wpb_window_new(&turn->sites[i], options->now_ms);
        if (!turn->windows[i]) {
            wpb_turn_free(turn);
            return NULL;
        }
    }
    turn->target_count =
        wpb_targets_find(turn->sites, count, turn->arena, &turn->targets);
    name_rows(turn);
    return turn;
}

void wpb_turn_free(struct wpb_turn *turn)
{
    if (!turn)
        return;
    for (size_t i = 0; i < turn->site_count; i++)
        wpb_window_free(turn->windows[i]);
    free(turn->asked);
    free(turn->wishes);
    free(turn->wish_sites);
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

static void collect_coverage(struct wpb_turn *turn)
{
    for (size_t i = 0; i < turn->target_count * turn->probe_count; i++) {
        if (turn->rows[i].is_set)
            turn->coverage[turn->coverage_count++] = turn->rows[i].coverage;
    }
}

int wpb_turn_run(struct wpb_turn *turn, struct wpb_err *err)
{
    uint64_t started_ms = wpb_clock_monotonic_ms();
    int status = uv_loop_init(&turn->loop);

    if (status)
        return wpb_err_set(err, WPB_E_IO, "schedule", "cannot make an event loop: %s",
                           uv_strerror(status));
    turn->worker = wpb_worker_new(&turn->loop);
    if (!turn->worker) {
        uv_loop_close(&turn->loop);
        return wpb_err_set(err, WPB_E_MEMORY, "schedule", "cannot make a worker");
    }
    uv_timer_init(&turn->loop, &turn->progress_timer);
    turn->progress_timer.data = turn;
    if (turn->options.progress)
        uv_timer_start(&turn->progress_timer, on_progress, PROGRESS_EVERY_MS,
                       PROGRESS_EVERY_MS);
    uv_signal_init(&turn->loop, &turn->interrupt);
    uv_signal_init(&turn->loop, &turn->terminate);
    turn->interrupt.data = turn->terminate.data = turn;
    uv_signal_start(&turn->interrupt, on_signal, SIGINT);
    uv_signal_start(&turn->terminate, on_signal, SIGTERM);
    turn->phase = turn->options.survey ? SURVEY : SURVEY_AGAIN;
    if (turn->options.survey)
        start_survey(turn);
    if (turn->active_count == 0)
        advance(turn);
    uv_run(&turn->loop, UV_RUN_DEFAULT);
    uv_loop_close(&turn->loop);
    collect_coverage(turn);
    turn->elapsed_ms = wpb_clock_monotonic_ms() - started_ms;
    return 0;
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
