/* What is done each interval, and after each turn of the probes. */
#include <stdlib.h>

#include "agent/alert/fingerprint.h"
#include "agent/base/log.h"
#include "agent/daemon/engine.h"

static void feel_pressure(struct wpb_engine *engine)
{
    bool was_busy = engine->pressure.is_busy, is_busy;
    struct wpb_pressure pressure;
    struct wpb_buf why;

    wpb_pressure_init(&pressure);
    wpb_pressure_read("", &pressure);
    is_busy = wpb_pressure_judge(&engine->pressure, &pressure);
    wpb_looks_host_is_busy(engine->looks, is_busy);
    if (was_busy && !is_busy)
        wpb_log(WPB_LOG_INFO, "this host is calm again");
    if (was_busy || !is_busy)
        return;
    wpb_buf_init(&why, 0);
    wpb_pressure_say(&engine->pressure, &why);
    wpb_log(WPB_LOG_INFO, "this host is busy (%s): dear looks wait", why.data);
    wpb_buf_fini(&why);
}

/* Somebody set the clock back: what is known looks newer than what comes now. */
static void mind_the_clock(struct wpb_engine *engine)
{
    struct wpb_moment now = wpb_clock_moment();
    struct wpb_clock_change change = wpb_clock_watch_note(&engine->clock, now);

    if (change.stepped_by_ms)
        wpb_log(WPB_LOG_WARNING, "the clock was set %s by %lld s",
                change.stepped_by_ms > 0 ? "forward" : "back",
                (long long)llabs(change.stepped_by_ms) / 1000);
    if (change.stepped_by_ms >= 0 || !engine->fleet)
        return;
    wpb_chronicle_forget_times(engine->chronicle);
    wpb_work_books_set_back(engine->books, now.unix_ms);
    for (size_t i = 0; i < engine->fleet->found.count; i++) {
        if (engine->fleet->knowledge[i])
            wpb_knowledge_forget(engine->fleet->knowledge[i], now.unix_ms);
    }
}

struct wpb_window *wpb_engine_window(void *cookie, uint64_t site)
{
    struct wpb_engine *engine = cookie;

    for (size_t i = 0; engine->fleet && i < engine->fleet->found.count; i++) {
        if (engine->fleet->knowledge[i] &&
            wpb_fingerprint_site(&engine->fleet->sites[i]) == site)
            return wpb_knowledge_window(engine->fleet->knowledge[i]);
    }
    return NULL;
}

/* What is wrong with the agent itself; TROUBLE keeps the texts. */
static struct wpb_self look_at_self(const struct wpb_engine *engine,
                                    struct wpb_pump_status *trouble)
{
    const struct wpb_past_numbers *past = wpb_past_numbers(engine->past);
    struct wpb_self self = {
        .is_history_degraded = past->is_degraded,
        .history_reason = past->reason,
        .history_bytes = past->size_bytes,
        .state_folder = wpb_conf_text(wpb_conf_agent(engine->config->config), "state"),
    };

    if (wpb_engine_sink_trouble(engine, trouble, &self.dead_letters) &&
        trouble->outbox.rejected) {
        self.rejecting_sink = trouble->sink;
        self.rejection = trouble->last_problem;
    }
    return self;
}

void wpb_engine_turn(struct wpb_engine *engine)
{
    int64_t now_ms = wpb_clock_now_ms();
    struct wpb_pump_status trouble;
    struct wpb_self self;

    mind_the_clock(engine);
    if (!engine->fleet)
        return;
    feel_pressure(engine);
    self = look_at_self(engine, &trouble);
    wpb_judge_evaluate(engine->judge, engine->fleet, engine->looks, &self, now_ms);
    for (size_t i = 0; i < engine->fleet->found.count; i++) {
        if (engine->fleet->knowledge[i])
            wpb_outlooks_refresh(engine->outlooks,
                                 wpb_knowledge_window(engine->fleet->knowledge[i]),
                                 wpb_judge_values(engine->judge), now_ms);
    }
}

void wpb_engine_looked(void *cookie, const struct wpb_turn *turn, const size_t *sites)
{
    struct wpb_engine *engine = cookie;
    int64_t now_ms = wpb_clock_now_ms();
    size_t count;
    const struct wpb_turn_look *looks = wpb_turn_looks(turn, &count);

    for (size_t i = 0; i < wpb_turn_sites(turn); i++) {
        struct wpb_knowledge *knowledge = engine->fleet->knowledge[sites[i]];
        if (!knowledge)
            continue;
        wpb_work_books_note(engine->books, wpb_turn_window((struct wpb_turn *)turn, i),
                            wpb_knowledge_window(knowledge), now_ms);
        wpb_chronicle_note(engine->chronicle, wpb_knowledge_window(knowledge));
    }
    for (size_t i = 0; i < count; i++) {
        if (looks[i].coverage->status <= WPB_COVERAGE_PARTIAL)
            engine->looked_ms = now_ms;
        wpb_chronicle_audit(engine->chronicle, looks[i].coverage, now_ms);
    }
    wpb_chronicle_flush(engine->chronicle);
}
