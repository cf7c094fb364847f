/*
 * engine.h - the parts of the running agent, for the files that start, turn, show and
 * stop them. Inside agent/daemon only. Loop's thread.
 */
#ifndef WPB_DAEMON_ENGINE_H
#define WPB_DAEMON_ENGINE_H

#include <uv.h>

#include "agent/alert/pump.h"
#include "agent/analyse/work_books.h"
#include "agent/base/notify.h"
#include "agent/daemon/chronicle.h"
#include "agent/daemon/daemon.h"
#include "agent/daemon/documents.h"
#include "agent/daemon/judge.h"
#include "agent/daemon/ledger.h"
#include "agent/daemon/outlooks.h"
#include "agent/daemon/sink_settings.h"
#include "probes/host/pressure.h"

enum wpb_engine_phase { WPB_ENGINE_STARTS, WPB_ENGINE_RUNS, WPB_ENGINE_STOPS };

struct wpb_engine {
    const struct wpb_daemon_options *options;
    enum wpb_engine_phase phase;
    struct wpb_err *err; /* why it could not start */
    int result;
    char host[256], instance[WPB_ULID_TEXT];
    struct wpb_notify notify;

    uv_loop_t loop;
    uv_signal_t hangup, terminate, interrupt;
    uv_timer_t evaluation, upkeep, search, watchdog;

    struct wpb_conf_share *config;  /* in force */
    struct wpb_fleet *fleet;        /* NULL: not found yet */
    struct wpb_fleet *next;         /* takes its place when nothing is under way */
    bool is_searching, must_search; /* again, since the configuration changed meanwhile */
    bool is_config_bad;             /* the file, as it was last read */

    struct wpb_worker *databases; /* the thread that asks them */
    struct wpb_past *past;
    struct wpb_ledger *ledger;
    struct wpb_pump *pump;
    size_t failed_sinks; /* that could not be configured */
    struct wpb_chronicle *chronicle;
    struct wpb_outlooks *outlooks;
    struct wpb_work_books *books;
    struct wpb_judge *judge;
    struct wpb_looks *looks;
    struct wpb_serve *serve;
    char *listener; /* how it listens; NULL: not yet */

    struct wpb_clock_watch clock;
    struct wpb_pressure_judge pressure;
    int64_t started_ms, looked_ms; /* Unix time */
};

/* start.c: all up to the first look; on_failed is by wpb_engine_stop(). */
void wpb_engine_start(struct wpb_engine *engine);
/* Look for the sites of the configuration in force. */
void wpb_engine_search(struct wpb_engine *engine);

/* stop.c: end everything in its order; the loop ends when the last part has. */
void wpb_engine_stop(struct wpb_engine *engine, const char *why);

/* turn.c: one evaluation, and what is done beside it. */
void wpb_engine_turn(struct wpb_engine *engine);
/* A turn of the probes has ended. */
void wpb_engine_looked(void *cookie, const struct wpb_turn *turn, const size_t *sites);
/* The window of a site, by its identity. */
struct wpb_window *wpb_engine_window(void *cookie, uint64_t site);

/* reload.c */
void wpb_engine_reload(struct wpb_engine *engine);
/* Put the parts of the configuration in force that can change: sinks, rules, listener. */
int wpb_engine_apply(struct wpb_engine *engine, struct wpb_err *err);

/* show.c */
bool wpb_engine_render(void *cookie, enum wpb_document which, struct wpb_buf *out);
/* The first sink that takes no alerts; false when all do. *DEAD_LETTERS of all sinks. */
bool wpb_engine_sink_trouble(const struct wpb_engine *engine,
                             struct wpb_pump_status *status, uint64_t *dead_letters);

#endif
