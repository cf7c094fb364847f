#include <math.h>

#include "agent/base/clock.h"
#include "agent/load/report.h"
#include "agent/output/json_write.h"

static void quantiles(struct wpb_json *json, const char *key,
                      const struct wpb_latency *latency)
{
    static const struct {
        const char *name;
        double p;
    } rows[] = {{"p50_seconds", 0.5}, {"p95_seconds", 0.95}, {"p99_seconds", 0.99}};

    wpb_json_open_object(json, key);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        wpb_json_number(json, rows[i].name,
                        latency->count
                            ? (double)wpb_latency_quantile_us(latency, rows[i].p) / 1e6
                            : NAN);
    wpb_json_number(json, "mean_seconds",
                    latency->count ? wpb_latency_mean_s(latency) : NAN);
    wpb_json_number(json, "most_seconds",
                    latency->count ? (double)latency->most_us / 1e6 : NAN);
    wpb_json_close(json);
}

static void work(struct wpb_json *json, const struct wpb_load_step *step)
{
    wpb_json_open_object(json, "per_request");
    wpb_json_number(json, "queries", step->work.queries);
    wpb_json_number(json, "rows", step->work.rows);
    wpb_json_number(json, "lock_wait_seconds", step->work.lock_wait_s);
    wpb_json_number(json, "cache_commands", step->work.cache_commands);
    wpb_json_number(json, "cache_in_bytes", step->work.cache_in_bytes);
    wpb_json_number(json, "cache_out_bytes", step->work.cache_out_bytes);
    wpb_json_number(json, "cpu_seconds", step->work.cpu_s);
    wpb_json_close(json);
    wpb_json_open_object(json, "use");
    wpb_json_number(json, "workers_busy", step->use.workers_busy);
    wpb_json_number(json, "workers_busy_most", step->use.workers_busy_most);
    wpb_json_number(json, "queue", step->use.queue);
    wpb_json_number(json, "queue_most", step->use.queue_most);
    wpb_json_number(json, "cpu_ratio", step->use.cpu_ratio);
    wpb_json_number(json, "steal_ratio", step->use.steal_ratio);
    wpb_json_number(json, "redis_ratio", step->use.redis_ratio);
    wpb_json_close(json);
}

static void step_of(struct wpb_json *json, const struct wpb_load_step *step, double slo_s)
{
    wpb_json_open_object(json, NULL);
    wpb_json_number(json, "rate_per_second", step->rate);
    wpb_json_number(json, "seconds", step->lasted_s);
    wpb_json_known(json, "verdict",
                   wpb_load_verdict_name(wpb_load_verdict_of(step, slo_s)));
    wpb_json_known(json, "stopped_by", wpb_load_stop_name(step->stop));
    wpb_json_number(json, "offered_per_second", wpb_load_step_offered(step));
    wpb_json_number(json, "achieved_per_second", wpb_load_step_achieved(step));
    wpb_json_count(json, "offered", step->offered);
    wpb_json_count(json, "dropped", step->dropped);
    wpb_json_open_object(json, "outcomes");
    for (size_t i = 0; i < WPB_LOAD_OUTCOMES; i++)
        wpb_json_count(json, wpb_load_outcome_name((enum wpb_load_outcome)i),
                       step->outcomes[i]);
    wpb_json_close(json);
    wpb_json_count(json, "body_bytes", step->body_bytes);
    quantiles(json, "response", &step->response);
    quantiles(json, "service", &step->service);
    quantiles(json, "generator_lag", &step->lag);
    work(json, step);
    wpb_json_close(json);
}

static void knee(struct wpb_json *json, const struct wpb_load_report *report)
{
    const struct wpb_load_knee *found = &report->capacity->knee;

    if (!found->broken) {
        wpb_json_null(json, "knee");
        return;
    }
    wpb_json_open_object(json, "knee");
    wpb_json_number(json, "rate_per_second", found->rate);
    wpb_json_number(json, "low_per_second", found->low);
    wpb_json_number(json, "high_per_second", found->high);
    wpb_json_known(json, "why", wpb_load_verdict_name(found->why));
    wpb_json_known(json, "first", wpb_load_first_name(report->capacity->first));
    wpb_json_close(json);
}

static void demands(struct wpb_json *json, const struct wpb_load_capacity *capacity)
{
    wpb_json_open_array(json, "demands");
    for (size_t i = 0; i < 2; i++) {
        const struct wpb_demand *demand = &capacity->demands[i];
        bool is_told = demand->refusal == WPB_WORK_NOT_REFUSED;
        wpb_json_open_object(json, NULL);
        wpb_json_known(json, "resource", wpb_resource_name(demand->resource));
        wpb_json_known(json, "refused", wpb_work_refusal_name(demand->refusal));
        wpb_json_number(json, "per_request_seconds",
                        is_told ? demand->per_request_s : NAN);
        wpb_json_number(json, "capacity_per_second", is_told ? demand->capacity : NAN);
        wpb_json_number(json, "capacity_low_per_second",
                        is_told ? demand->capacity_low : NAN);
        wpb_json_number(json, "capacity_high_per_second",
                        is_told ? demand->capacity_high : NAN);
        wpb_json_close(json);
    }
    wpb_json_close(json);
}

static void models(struct wpb_json *json, const struct wpb_load_capacity *capacity)
{
    bool is_erlang = capacity->erlang_refusal == WPB_WORK_NOT_REFUSED;
    bool is_usl = capacity->usl.refusal == WPB_WORK_NOT_REFUSED;

    wpb_json_open_object(json, "models");
    demands(json, capacity);
    wpb_json_open_object(json, "erlang");
    wpb_json_known(json, "refused", wpb_work_refusal_name(capacity->erlang_refusal));
    wpb_json_number(json, "service_seconds", is_erlang ? capacity->service_s : NAN);
    wpb_json_number(json, "knee_per_second", is_erlang ? capacity->erlang.rate : NAN);
    wpb_json_close(json);
    wpb_json_open_object(json, "usl");
    wpb_json_known(json, "refused", wpb_work_refusal_name(capacity->usl.refusal));
    wpb_json_number(json, "rate_per_second", is_usl ? capacity->usl.rate : NAN);
    wpb_json_number(json, "rate_low_per_second", is_usl ? capacity->usl.rate_low : NAN);
    wpb_json_number(json, "rate_high_per_second", is_usl ? capacity->usl.rate_high : NAN);
    wpb_json_close(json);
    wpb_json_close(json);
}

void wpb_load_report_json(const struct wpb_load_report *report, struct wpb_buf *out)
{
    struct wpb_json json = wpb_json_of(out, true);
    const struct wpb_load_plan *plan = report->plan;
    struct wpb_buf at;

    wpb_buf_init(&at, 0);
    wpb_clock_rfc3339(&at, report->generated_at_ms);
    wpb_json_open_object(&json, NULL);
    wpb_json_known(&json, "schema", "wpbloat.load/1");
    wpb_json_text(&json, "generated_at", wpb_buf_view(&at));
    wpb_buf_fini(&at);
    wpb_json_known(&json, "version", WPB_VERSION);
    wpb_json_text(&json, "host", wpb_slice_cstr(report->host));
    wpb_json_open_array(&json, "urls");
    for (size_t i = 0; i < plan->target_count; i++)
        wpb_json_text(&json, NULL, wpb_slice_cstr(plan->targets[i].url));
    wpb_json_close(&json);
    wpb_json_known(&json, "arrivals",
                   plan->arrivals == WPB_LOAD_CONSTANT ? "constant" : "exponential");
    wpb_json_number(&json, "slo_seconds", plan->slo_s);
    wpb_json_known(&json, "pool", report->pool);
    if (report->system->workers)
        wpb_json_count(&json, "workers", report->system->workers);
    else
        wpb_json_null(&json, "workers");
    wpb_json_bool(&json, "pool_idle", report->capacity->is_pool_idle);
    wpb_json_bool(&json, "interrupted", report->result->is_interrupted);
    wpb_json_open_array(&json, "steps");
    for (size_t i = 0; i < report->result->step_count; i++)
        step_of(&json, &report->result->steps[i], plan->slo_s);
    wpb_json_close(&json);
    knee(&json, report);
    models(&json, report->capacity);
    wpb_json_open_object(&json, "not_measured");
    for (size_t i = 0; i < WPB_LOAD_SENSORS; i++)
        wpb_json_known(&json, wpb_load_sensor_name((enum wpb_load_sensor)i),
                       report->missing[i]);
    wpb_json_close(&json);
    wpb_json_close(&json);
    wpb_buf_char(out, '\n');
}
