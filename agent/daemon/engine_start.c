/* From nothing to the first look: history, what it remembers, sites. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/alert/fingerprint.h"
#include "agent/base/log.h"
#include "agent/daemon/engine.h"
#include "agent/daemon/known_sinks.h"
#include "agent/schedule/worker.h"

#define INSTANCE_FACT "instance"

/* What the history remembers of alerts; read on its thread. */
struct remembered_state {
    struct remembered_state *next;
    const char *fingerprint;
    struct wpb_slice state;
};

struct remembered_letter {
    struct remembered_letter *next;
    const char *sink;
    struct wpb_held_alert *held;
    unsigned attempts;
    int64_t next_attempt_ms;
};

struct memory {
    struct wpb_past_job job;
    struct wpb_engine *engine;
    bool is_again; /* the disk was away when the agent started */
    struct wpb_arena *arena;
    struct remembered_state *states;
    struct remembered_letter *letters, **letters_end;
    char instance[WPB_ULID_TEXT];
    struct wpb_last_looks looks;
    struct wpb_slice sinks; /* a fact; empty when there is none */
    struct wpb_err err;
};

static void fail(struct wpb_engine *engine, const struct wpb_err *err)
{
    if (engine->result == 0) {
        engine->result = -1;
        *engine->err = *err;
    }
    wpb_engine_stop(engine, err->message);
}

/* ---- on the history's thread */

static void see_state(void *cookie, const struct wpb_store_alert *alert)
{
    struct memory *memory = cookie;
    struct remembered_state *state = wpb_arena_alloc(memory->arena, sizeof(*state));

    state->fingerprint =
        wpb_arena_cstr(memory->arena, wpb_slice_cstr(alert->fingerprint));
    state->state = wpb_arena_copy(memory->arena, alert->state);
    state->next = memory->states;
    memory->states = state;
}

static void see_letter(void *cookie, const struct wpb_store_letter *row)
{
    struct memory *memory = cookie;
    struct remembered_letter *letter;

    if (row->is_dead)
        return;
    letter = wpb_arena_alloc(memory->arena, sizeof(*letter));
    letter->sink = wpb_arena_cstr(memory->arena, wpb_slice_cstr(row->sink));
    letter->held = wpb_held_alert_new(&row->alert);
    letter->attempts = row->attempts;
    letter->next_attempt_ms = row->next_attempt_ms;
    *memory->letters_end = letter;
    memory->letters_end = &letter->next;
}

/* The name of this installation: made once. */
static void know_instance(struct memory *memory, struct wpb_store *store)
{
    struct wpb_ulid_source source = {{0}, 0, 0, {0}};
    struct wpb_err err = {0};
    size_t len = 0;

    if (wpb_store_fact(store, INSTANCE_FACT, memory->instance,
                       sizeof(memory->instance) - 1, &len, &err) == 0 &&
        len == WPB_ULID_LEN)
        return;
    if (wpb_ulid_seed(&source, &err))
        return;
    wpb_ulid_next(&source, wpb_clock_now_ms(), memory->instance);
    wpb_store_fact_put(store, INSTANCE_FACT, wpb_slice_cstr(memory->instance), &err);
}

static void know_sinks(struct memory *memory, struct wpb_store *store)
{
    char *names = wpb_arena_alloc(memory->arena, WPB_STORE_FACT_BYTES_MAX);
    struct wpb_err err = {0};
    size_t len = 0;

    if (wpb_store_fact(store, WPB_KNOWN_SINKS_FACT, names, WPB_STORE_FACT_BYTES_MAX, &len,
                       &err) == 0)
        memory->sinks = wpb_slice_of(names, len);
}

static void remember(struct wpb_past_job *job, struct wpb_store *store)
{
    struct memory *memory = (struct memory *)job;

    know_instance(memory, store);
    know_sinks(memory, store);
    if (!memory->is_again)
        wpb_last_looks_read(&memory->looks, store, memory->engine->options->probes,
                            wpb_clock_now_ms());
    if (wpb_store_alerts(store, see_state, memory, &memory->err) == 0)
        wpb_store_outbox(store, see_letter, memory, &memory->err);
}

/* ---- on the loop's */

static void on_persisted(void *cookie, uint64_t token, bool ok)
{
    struct wpb_engine *engine = cookie;

    wpb_pump_persisted(engine->pump, token, ok);
}

static void on_states_lost(void *cookie)
{
    struct wpb_engine *engine = cookie;

    if (engine->judge)
        wpb_judge_unsaved(engine->judge);
}

static bool has_outlooks(void *cookie, const struct wpb_site *site, int64_t now_ms)
{
    const struct wpb_engine *engine = cookie;

    return wpb_outlooks_are_fresh(engine->outlooks, wpb_fingerprint_site(site), now_ms);
}

static int make_parts(struct wpb_engine *engine, struct memory *memory,
                      struct wpb_err *err)
{
    struct wpb_ledger_answers answers = {
        .persisted = on_persisted, .states_lost = on_states_lost, .cookie = engine};
    struct wpb_looks_options looks = {.loop = &engine->loop,
                                      .worker = engine->databases,
                                      .probes = engine->options->probes,
                                      .host = engine->host,
                                      .last = memory->looks,
                                      .looked = wpb_engine_looked,
                                      .cookie = engine};
    struct wpb_pump_options pump = {.loop = &engine->loop,
                                    .persist = &wpb_ledger_persist,
                                    .seed = (uint64_t)engine->started_ms ^
                                            (uint64_t)getpid()};
    struct wpb_judge_options judge;

    engine->ledger = wpb_ledger_new(&engine->loop, engine->past, &answers);
    pump.persist_cookie = engine->ledger;
    engine->pump = engine->ledger ? wpb_pump_new(&pump) : NULL;
    engine->chronicle = wpb_chronicle_new(engine->past);
    engine->outlooks = wpb_outlooks_new(engine->past, wpb_engine_window, engine);
    engine->books = wpb_work_books_new();
    engine->looks = wpb_looks_new(&looks);
    if (engine->looks)
        memory->looks = (struct wpb_last_looks){NULL}; /* they are its own now */
    if (!engine->pump || !engine->chronicle || !engine->outlooks || !engine->books ||
        !engine->looks)
        return wpb_err_set(err, WPB_E_MEMORY, "agent", "no memory to start");
    judge = (struct wpb_judge_options){.ledger = engine->ledger,
                                       .pump = engine->pump,
                                       .host = engine->host,
                                       .version = WPB_VERSION,
                                       .instance = engine->instance,
                                       .has_outlooks = has_outlooks,
                                       .cookie = engine};
    engine->judge = wpb_judge_new(&judge, err);
    return engine->judge ? 0 : -1;
}

static void take_back(struct wpb_engine *engine, struct memory *memory)
{
    struct wpb_alert_changes firing;

    for (struct remembered_state *s = memory->states; s; s = s->next)
        wpb_judge_load(engine->judge, s->fingerprint, s->state);
    for (struct remembered_letter *l = memory->letters; l; l = l->next) {
        if (l->held)
            wpb_pump_restore(engine->pump, l->sink, &l->held->alert, l->attempts,
                             l->next_attempt_ms);
    }
    firing = wpb_judge_firing(engine->judge, memory->arena);
    for (size_t i = 0; i < firing.count; i++)
        wpb_pump_firing(engine->pump, &firing.items[i]);
}

static void free_memory(struct memory *memory)
{
    for (struct remembered_letter *l = memory->letters; l; l = l->next)
        wpb_held_alert_release(l->held);
    wpb_last_looks_fini(&memory->looks);
    wpb_arena_free(memory->arena);
    free(memory);
}

static void on_remembered(struct wpb_past_job *job)
{
    struct memory *memory = (struct memory *)job;
    struct wpb_engine *engine = memory->engine;
    struct wpb_err err = {0};

    if (engine->phase == WPB_ENGINE_STOPS) {
        free_memory(memory);
        return;
    }
    if (memory->err.code)
        wpb_log(WPB_LOG_ERROR, "what fired before is not remembered: %s",
                memory->err.message);
    if (memory->is_again) {
        take_back(engine, memory);
        free_memory(memory);
        return;
    }
    memcpy(engine->instance, memory->instance, sizeof(engine->instance));
    if (make_parts(engine, memory, &err) || wpb_engine_apply(engine, &err)) {
        free_memory(memory);
        fail(engine, &err);
        return;
    }
    take_back(engine, memory);
    wpb_known_sinks_welcome(memory->sinks, engine->pump);
    free_memory(memory);
    wpb_engine_search(engine);
}

static int start_remembering(struct wpb_engine *engine, bool is_again,
                             struct wpb_err *err)
{
    struct memory *memory = calloc(1, sizeof(*memory));

    if (!memory || !(memory->arena = wpb_arena_new())) {
        free(memory);
        return wpb_err_set(err, WPB_E_MEMORY, "agent", "no memory to start");
    }
    memory->job.work = remember;
    memory->job.done = on_remembered;
    memory->engine = engine;
    memory->is_again = is_again;
    memory->letters_end = &memory->letters;
    wpb_past_submit(engine->past, &memory->job);
    return 0;
}

static void on_opened(void *cookie, int result, const struct wpb_err *err)
{
    struct wpb_engine *engine = cookie;
    struct wpb_err why = {0};

    if (engine->phase == WPB_ENGINE_STOPS)
        return;
    if (result)
        fail(engine, err);
    else if (start_remembering(engine, false, &why))
        fail(engine, &why);
}

static void on_found_again(void *cookie)
{
    struct wpb_engine *engine = cookie;
    struct wpb_err err = {0};

    if (engine->phase == WPB_ENGINE_STOPS || !engine->judge)
        return;
    wpb_log(WPB_LOG_INFO, "the disk is well again: alerts from before are taken up");
    if (start_remembering(engine, true, &err))
        wpb_log(WPB_LOG_ERROR, "%s", err.message);
}

void wpb_engine_start(struct wpb_engine *engine)
{
    const struct wpb_conf_section *agent = wpb_conf_agent(engine->config->config);
    struct wpb_store_options options = {
        .folder = wpb_conf_text(agent, "state"),
        .max_bytes = wpb_conf_bytes(agent, "history_max"),
        .retention_ms = (int64_t)wpb_conf_seconds(agent, "retention") * 1000,
        .now_ms = wpb_clock_now_ms(),
    };
    struct wpb_past_events events = {
        .opened = on_opened, .found_again = on_found_again, .cookie = engine};
    struct wpb_err err = {0};

    engine->databases = wpb_worker_new(&engine->loop);
    if (engine->databases)
        engine->past = wpb_past_open(&engine->loop, &options, &events);
    if (engine->past)
        return;
    wpb_err_set(&err, WPB_E_MEMORY, "agent", "no memory to start");
    fail(engine, &err);
}

/* ---- sites */

static void say_sites(const struct wpb_engine *engine)
{
    const struct wpb_found_sites *found = &engine->fleet->found;

    wpb_log(WPB_LOG_INFO, "watching %zu site%s", found->count,
            found->count == 1 ? "" : "s");
    for (size_t i = 0; i < found->count; i++)
        wpb_log(WPB_LOG_INFO, "site %s: %s", found->sites[i].name,
                found->sites[i].path[0] ? found->sites[i].path : "no folder");
    for (size_t i = 0; i < found->coverage_count; i++) {
        const struct wpb_coverage *row = &found->coverage[i];
        wpb_log(row->status == WPB_COVERAGE_SKIPPED ? WPB_LOG_INFO : WPB_LOG_WARNING,
                "%s: %s", row->site, row->reason);
    }
}

static void become_ready(struct wpb_engine *engine)
{
    char status[64];

    if (engine->phase == WPB_ENGINE_STARTS)
        engine->phase = WPB_ENGINE_RUNS;
    snprintf(status, sizeof(status), "watching %zu site%s", engine->fleet->found.count,
             engine->fleet->found.count == 1 ? "" : "s");
    wpb_notify_ready(&engine->notify, status);
}

/* Nothing is under way: the new fleet takes the place of the old one. */
static void on_looks_stopped(void *cookie)
{
    struct wpb_engine *engine = cookie;

    if (engine->phase == WPB_ENGINE_STOPS)
        return;
    wpb_fleet_succeed(engine->next, engine->fleet, wpb_clock_now_ms());
    engine->fleet = engine->next;
    engine->next = NULL;
    say_sites(engine);
    if (wpb_looks_start(engine->looks, engine->fleet))
        wpb_log(WPB_LOG_ERROR, "no memory to plan the looks");
    become_ready(engine);
}

static void on_found(void *cookie, struct wpb_fleet *fleet, const struct wpb_err *err)
{
    struct wpb_engine *engine = cookie;

    engine->is_searching = false;
    if (engine->phase == WPB_ENGINE_STOPS) {
        wpb_fleet_free(fleet);
        return;
    }
    if (engine->must_search) {
        engine->must_search = false;
        wpb_fleet_free(fleet);
        wpb_engine_search(engine);
        return;
    }
    if (!fleet) {
        wpb_log(WPB_LOG_ERROR, "sites could not be looked for: %s", err->message);
        return;
    }
    if (engine->next || (engine->fleet && wpb_fleet_equal(engine->fleet, fleet))) {
        wpb_fleet_free(fleet);
        return;
    }
    engine->next = fleet;
    wpb_looks_stop(engine->looks, on_looks_stopped, engine);
}

void wpb_engine_search(struct wpb_engine *engine)
{
    struct wpb_err err = {0};

    if (engine->is_searching) {
        engine->must_search = true;
        return;
    }
    engine->is_searching = true;
    if (wpb_fleet_search(&engine->loop, engine->config, engine->options->find_sites,
                         engine->options->probes, on_found, engine, &err)) {
        engine->is_searching = false;
        wpb_log(WPB_LOG_ERROR, "sites could not be looked for: %s", err.message);
    }
}
