/* The end, in its order: nothing new is looked at, what is in hand is stored, alerts are
 * delivered as far as that is quick, and each part ends before what it stands on. */
#include "agent/base/log.h"
#include "agent/daemon/engine.h"
#include "agent/schedule/worker.h"

/* How long receivers may take for what is still to be delivered. */
#define DRAIN_MS 3000

static void on_past_closed(void *cookie)
{
    struct wpb_engine *engine = cookie;

    wpb_worker_close(engine->databases);
}

static void close_past(void *cookie)
{
    struct wpb_engine *engine = cookie;

    wpb_chronicle_free(engine->chronicle);
    wpb_outlooks_free(engine->outlooks);
    wpb_work_books_free(engine->books);
    wpb_looks_free(engine->looks);
    wpb_judge_free(engine->judge);
    wpb_fleet_free(engine->fleet);
    wpb_fleet_free(engine->next);
    if (engine->past)
        wpb_past_close(engine->past, on_past_closed, engine);
    else
        on_past_closed(engine);
}

static void close_ledger(void *cookie)
{
    struct wpb_engine *engine = cookie;

    if (engine->ledger)
        wpb_ledger_close(engine->ledger, close_past, engine);
    else
        close_past(engine);
}

static void close_pump(void *cookie)
{
    struct wpb_engine *engine = cookie;

    if (engine->pump)
        wpb_pump_close(engine->pump, DRAIN_MS, close_ledger, engine);
    else
        close_ledger(engine);
}

void wpb_engine_stop(struct wpb_engine *engine, const char *why)
{
    if (engine->phase == WPB_ENGINE_STOPS)
        return;
    engine->phase = WPB_ENGINE_STOPS;
    wpb_log(WPB_LOG_INFO, "ends: %s", why);
    wpb_notify_stopping(&engine->notify, why);
    uv_close((uv_handle_t *)&engine->hangup, NULL);
    uv_close((uv_handle_t *)&engine->terminate, NULL);
    uv_close((uv_handle_t *)&engine->interrupt, NULL);
    uv_close((uv_handle_t *)&engine->evaluation, NULL);
    uv_close((uv_handle_t *)&engine->upkeep, NULL);
    uv_close((uv_handle_t *)&engine->search, NULL);
    uv_close((uv_handle_t *)&engine->watchdog, NULL);
    wpb_serve_close(engine->serve);
    engine->serve = NULL;
    if (engine->looks)
        wpb_looks_stop(engine->looks, close_pump, engine);
    else
        close_pump(engine);
}
