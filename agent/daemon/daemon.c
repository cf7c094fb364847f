#include "agent/daemon/daemon.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/heap.h"
#include "agent/base/log.h"
#include "agent/daemon/engine.h"

#define UPKEEP_EVERY_MS 60000
/* New sites are noticed so often. */
#define SEARCH_EVERY_MS 600000

static void on_hangup(uv_signal_t *handle, int signum)
{
    (void)signum;
    wpb_engine_reload(handle->data);
}

static void on_end(uv_signal_t *handle, int signum)
{
    struct wpb_engine *engine = handle->data;

    wpb_engine_stop(engine, signum == SIGTERM ? "it was told to (SIGTERM)"
                                              : "it was told to (SIGINT)");
}

static void on_evaluation(uv_timer_t *timer)
{
    wpb_engine_turn(timer->data);
}

static void on_upkeep(uv_timer_t *timer)
{
    struct wpb_engine *engine = timer->data;

    wpb_past_upkeep(engine->past, wpb_clock_now_ms());
}

static void on_search(uv_timer_t *timer)
{
    struct wpb_engine *engine = timer->data;

    if (engine->phase == WPB_ENGINE_RUNS)
        wpb_engine_search(engine);
}

static void on_watchdog(uv_timer_t *timer)
{
    struct wpb_engine *engine = timer->data;

    wpb_notify_watchdog(&engine->notify);
}

static void start_timer(struct wpb_engine *engine, uv_timer_t *timer, uv_timer_cb ring,
                        uint64_t every_ms)
{
    uv_timer_init(&engine->loop, timer);
    timer->data = engine;
    if (every_ms)
        uv_timer_start(timer, ring, every_ms, every_ms);
}

static void start_signal(struct wpb_engine *engine, uv_signal_t *handle,
                         uv_signal_cb heard, int signum)
{
    uv_signal_init(&engine->loop, handle);
    handle->data = engine;
    uv_signal_start(handle, heard, signum);
}

static void open_handles(struct wpb_engine *engine)
{
    const struct wpb_conf_section *agent = wpb_conf_agent(engine->config->config);

    start_signal(engine, &engine->hangup, on_hangup, SIGHUP);
    start_signal(engine, &engine->terminate, on_end, SIGTERM);
    start_signal(engine, &engine->interrupt, on_end, SIGINT);
    start_timer(engine, &engine->evaluation, on_evaluation,
                wpb_clock_real_ms(wpb_conf_seconds(agent, "interval") * 1000));
    start_timer(engine, &engine->upkeep, on_upkeep, wpb_clock_real_ms(UPKEEP_EVERY_MS));
    start_timer(engine, &engine->search, on_search, wpb_clock_real_ms(SEARCH_EVERY_MS));
    start_timer(engine, &engine->watchdog, on_watchdog, engine->notify.watchdog_ms);
}

int wpb_daemon_run(const struct wpb_daemon_options *options, struct wpb_conf *config,
                   struct wpb_err *err)
{
    struct wpb_engine *engine;
    int result;

    wpb_heap_be_lean();
    engine = calloc(1, sizeof(*engine));
    if (engine)
        engine->config = wpb_conf_share_new(config);
    if (!engine || !engine->config) {
        wpb_conf_free(config);
        free(engine);
        return wpb_err_set(err, WPB_E_MEMORY, "agent", "no memory to start");
    }
    engine->options = options;
    engine->err = err;
    engine->started_ms = wpb_clock_now_ms();
    gethostname(engine->host, sizeof(engine->host) - 1);
    wpb_log_level(
        (enum wpb_log_level)wpb_conf_choice(wpb_conf_agent(config), "log_level"));
    if (wpb_notify_init(&engine->notify, err))
        wpb_log(WPB_LOG_WARNING, "%s", err->message);
    *err = (struct wpb_err){0};
    if (uv_loop_init(&engine->loop)) {
        wpb_conf_share_drop(engine->config);
        free(engine);
        return wpb_err_set(err, WPB_E_IO, "agent", "cannot make an event loop");
    }
    open_handles(engine);
    wpb_engine_start(engine);
    uv_run(&engine->loop, UV_RUN_DEFAULT);
    uv_loop_close(&engine->loop);
    wpb_notify_fini(&engine->notify);
    wpb_conf_share_drop(engine->config);
    free(engine->listener);
    result = engine->result;
    free(engine);
    if (result == 0)
        wpb_log(WPB_LOG_INFO, "ended; what was seen is stored");
    return result;
}
