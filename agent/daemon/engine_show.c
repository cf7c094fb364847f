/* The agent's own numbers, and its documents. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/daemon/engine.h"

/* Sentences about the agent itself. */
#define TROUBLES_MAX 8
/* Evaluations that may be missed before somebody is told. */
#define LATE_INTERVALS 5

static uint64_t resident_bytes(void)
{
    unsigned long long pages_all, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (!file)
        return 0;
    if (fscanf(file, "%llu %llu", &pages_all, &pages) != 2)
        pages = 0;
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t cpu_ms(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage))
        return 0;
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* Several sinks of a type are told as one. */
static struct wpb_sink_numbers *numbers_of(struct wpb_agent_numbers *numbers,
                                           const char *type)
{
    struct wpb_sink_numbers *sink;

    for (size_t i = 0; i < numbers->sink_count; i++) {
        if (strcmp(numbers->sinks[i].type, type) == 0)
            return &numbers->sinks[i];
    }
    if (numbers->sink_count == WPB_AGENT_SINKS_MAX)
        return NULL;
    sink = &numbers->sinks[numbers->sink_count++];
    *sink = (struct wpb_sink_numbers){.type = type};
    return sink;
}

static void count_sinks(const struct wpb_engine *engine,
                        struct wpb_agent_numbers *numbers)
{
    struct wpb_pump_status status;

    for (size_t i = 0; wpb_pump_status(engine->pump, i, &status); i++) {
        struct wpb_sink_numbers *sink = numbers_of(numbers, status.type);
        if (!sink)
            continue;
        sink->delivered += status.outbox.delivered;
        sink->failed += status.outbox.failed;
        sink->dead_letters += status.outbox.rejected;
        sink->queued += status.outbox.pending;
    }
}

bool wpb_engine_sink_trouble(const struct wpb_engine *engine,
                             struct wpb_pump_status *status, uint64_t *dead_letters)
{
    struct wpb_pump_status one;
    bool has_trouble = false;

    *dead_letters = 0;
    for (size_t i = 0; wpb_pump_status(engine->pump, i, &one); i++) {
        *dead_letters += one.outbox.rejected;
        if (has_trouble || !one.last_problem[0])
            continue;
        has_trouble = true;
        *status = one;
    }
    return has_trouble;
}

static struct wpb_agent_numbers count_all(const struct wpb_engine *engine)
{
    struct wpb_looks_counts looks = wpb_looks_counts(engine->looks);
    struct wpb_alert_counts alerts = wpb_judge_counts(engine->judge);
    const struct wpb_past_numbers *past = wpb_past_numbers(engine->past);
    struct wpb_agent_numbers numbers = {
        .started_ms = engine->started_ms,
        .last_success_ms = engine->looked_ms,
        .looks = looks.turns,
        .alerts_pending = alerts.pending,
        .alerts_firing = alerts.firing,
        .alerts_suppressed = alerts.suppressed + alerts.inhibited,
        .history_bytes = past->size_bytes,
        .history_is_degraded = past->is_degraded,
        .redis_commands = looks.commands,
        .mysql_statements = looks.statements,
        .targets_paused = looks.open_breakers,
        .config_is_current = !engine->is_config_bad,
        .resident_bytes = resident_bytes(),
        .cpu_ms = cpu_ms(),
    };

    count_sinks(engine, &numbers);
    return numbers;
}

/* What is wrong with the agent; sentences in ARENA, ended by NULL. */
static const char *const *troubles(const struct wpb_engine *engine, int64_t now_ms,
                                   struct wpb_arena *arena)
{
    const char **list = wpb_arena_alloc(arena, (TROUBLES_MAX + 1) * sizeof(*list));
    const struct wpb_past_numbers *past = wpb_past_numbers(engine->past);
    struct wpb_pump_status trouble;
    uint64_t dead_letters;
    int64_t interval_ms =
        (int64_t)wpb_conf_seconds(wpb_conf_agent(engine->config->config), "interval") *
        1000;
    int64_t since_ms = engine->looked_ms ? engine->looked_ms : engine->started_ms;
    size_t count = 0;

    if (!engine->fleet)
        list[count++] = "the sites are still being looked for";
    if (now_ms - since_ms > LATE_INTERVALS * interval_ms + 60000)
        list[count++] = wpb_arena_printf(arena, "nothing could be looked at for %lld s",
                                         (long long)(now_ms - since_ms) / 1000);
    if (past->is_degraded)
        list[count++] =
            wpb_arena_printf(arena, "the history is kept in memory: %s", past->reason);
    if (wpb_engine_sink_trouble(engine, &trouble, &dead_letters))
        list[count++] = wpb_arena_printf(arena, "[sink %s] takes no alerts: %s",
                                         trouble.sink, trouble.last_problem);
    if (engine->failed_sinks)
        list[count++] = "a sink could not be opened; the log says why";
    if (engine->is_config_bad)
        list[count++] =
            "the configuration file is wrong; what was read before is in force";
    return list;
}

bool wpb_engine_render(void *cookie, enum wpb_document which, struct wpb_buf *out)
{
    struct wpb_engine *engine = cookie;
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_documents documents = {.host = engine->host,
                                      .fleet = engine->fleet,
                                      .looks = engine->looks,
                                      .judge = engine->judge,
                                      .now_ms = wpb_clock_now_ms()};
    bool is_well;

    if (!arena)
        return false;
    documents.numbers = count_all(engine);
    documents.troubles = troubles(engine, documents.now_ms, arena);
    is_well = wpb_documents_render(&documents, which, out);
    wpb_arena_free(arena);
    return is_well;
}
