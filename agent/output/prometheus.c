#include "agent/output/prometheus.h"

#include "agent/output/prometheus_pools.h"
#include "agent/output/prometheus_servers.h"
#include "agent/output/prometheus_sites.h"
#include "agent/output/prometheus_write.h"
#include "agent/output/verdict.h"

#define COVERAGE_STATUSES (WPB_COVERAGE_SKIPPED + 1)
#define SEVERITIES (WPB_CRITICAL + 1)

/* ---- of the last look ---- */

static void write_look(struct wpb_exposition *to, const struct wpb_report *report,
                       const struct wpb_agent_numbers *agent)
{
    bool is_up = wpb_verdict_measured(report) > 0;
    int64_t success_ms =
        agent ? agent->last_success_ms : (is_up ? report->generated_at_ms : 0);

    wpb_exposition_count(
        to, WPB_X_BUILD_INFO,
        wpb_exposition_label(to, "version", wpb_slice_cstr(report->version)), 1);
    wpb_exposition_count(to, WPB_X_UP, "", is_up);
    if (success_ms > 0)
        wpb_exposition_milli(to, WPB_X_LAST_SUCCESS, "", (uint64_t)success_ms);
    wpb_exposition_count(to, WPB_X_SITES, "", report->site_count);
}

static void write_probes(struct wpb_exposition *to, const struct wpb_report *report)
{
    uint64_t counts[COVERAGE_STATUSES] = {0};

    for (size_t i = 0; i < report->coverage_count; i++)
        counts[report->coverage[i].status]++;
    for (size_t i = 0; i < COVERAGE_STATUSES; i++)
        wpb_exposition_count(
            to, WPB_X_PROBES,
            wpb_arena_printf(to->arena, "status=\"%s\"",
                             wpb_coverage_status_name((enum wpb_coverage_status)i)),
            counts[i]);
}

static void write_findings(struct wpb_exposition *to, const struct wpb_report *report)
{
    uint64_t counts[SEVERITIES] = {0};

    for (size_t i = 0; i < report->finding_count; i++)
        counts[report->findings[i].severity]++;
    for (size_t i = 0; i < SEVERITIES; i++)
        wpb_exposition_count(to, WPB_X_FINDINGS,
                             wpb_arena_printf(to->arena, "severity=\"%s\"",
                                              wpb_severity_name((enum wpb_severity)i)),
                             counts[i]);
}

/* ---- of the agent ---- */

static void write_sinks(struct wpb_exposition *to, const struct wpb_agent_numbers *agent)
{
    static const struct {
        enum wpb_exported which;
        size_t offset;
    } figures[] = {
        {WPB_X_SINK_DELIVERED, offsetof(struct wpb_sink_numbers, delivered)},
        {WPB_X_SINK_FAILED, offsetof(struct wpb_sink_numbers, failed)},
        {WPB_X_SINK_DEAD, offsetof(struct wpb_sink_numbers, dead_letters)},
        {WPB_X_SINK_QUEUED, offsetof(struct wpb_sink_numbers, queued)},
    };
    size_t count =
        agent->sink_count < WPB_AGENT_SINKS_MAX ? agent->sink_count : WPB_AGENT_SINKS_MAX;

    for (size_t f = 0; f < sizeof(figures) / sizeof(figures[0]); f++) {
        for (size_t i = 0; i < count; i++) {
            const struct wpb_sink_numbers *sink = &agent->sinks[i];
            wpb_exposition_count(to, figures[f].which,
                                 wpb_arena_printf(to->arena, "sink=\"%s\"", sink->type),
                                 *(const uint64_t *)(const void *)((const char *)sink +
                                                                   figures[f].offset));
        }
    }
}

static void write_agent(struct wpb_exposition *to, const struct wpb_agent_numbers *agent)
{
    if (agent->started_ms > 0)
        wpb_exposition_milli(to, WPB_X_START_TIME, "", (uint64_t)agent->started_ms);
    wpb_exposition_count(to, WPB_X_LOOKS, "", agent->looks);
    wpb_exposition_count(to, WPB_X_LOOKS_SKIPPED, "", agent->looks_skipped);
    wpb_exposition_count(to, WPB_X_ALERTS, "state=\"pending\"", agent->alerts_pending);
    wpb_exposition_count(to, WPB_X_ALERTS, "state=\"firing\"", agent->alerts_firing);
    wpb_exposition_count(to, WPB_X_ALERTS, "state=\"suppressed\"",
                         agent->alerts_suppressed);
    write_sinks(to, agent);
    wpb_exposition_count(to, WPB_X_HISTORY_BYTES, "", agent->history_bytes);
    wpb_exposition_count(to, WPB_X_HISTORY_DEGRADED, "", agent->history_is_degraded);
    wpb_exposition_count(to, WPB_X_REDIS_COMMANDS, "", agent->redis_commands);
    wpb_exposition_count(to, WPB_X_MYSQL_STATEMENTS, "", agent->mysql_statements);
    wpb_exposition_count(to, WPB_X_TARGETS_PAUSED, "", agent->targets_paused);
    wpb_exposition_count(to, WPB_X_CONFIG_CURRENT, "", agent->config_is_current);
    wpb_exposition_count(to, WPB_X_RESIDENT_BYTES, "", agent->resident_bytes);
    wpb_exposition_milli(to, WPB_X_CPU_SECONDS, "", agent->cpu_ms);
}

void wpb_output_prometheus(const struct wpb_report *report,
                           const struct wpb_window *const *windows, size_t window_count,
                           const struct wpb_agent_numbers *agent, struct wpb_buf *out)
{
    struct wpb_exposition to = {.out = out, .arena = wpb_arena_new()};

    if (!to.arena) {
        out->failed = true;
        return;
    }
    write_look(&to, report, agent);
    write_probes(&to, report);
    write_findings(&to, report);
    wpb_exposition_servers(&to, windows, window_count);
    wpb_exposition_pools(&to, &report->requests);
    if (agent)
        write_agent(&to, agent);
    wpb_exposition_sites(&to, report, windows, window_count);
    wpb_exposition_count(&to, WPB_X_SERIES_EMITTED, "", to.series + 1);
    wpb_arena_free(to.arena);
}
