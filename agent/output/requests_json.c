#include "agent/output/requests_json.h"

static void open_row(struct wpb_json *json, const char *site, struct wpb_slice scope,
                     struct wpb_slice pool)
{
    wpb_json_open_object(json, NULL);
    wpb_json_text(json, "site", wpb_slice_cstr(site));
    wpb_json_text(json, "scope", scope);
    wpb_json_name(json, "pool", pool);
}

/* A word of our own; "" is null. */
static void write_word(struct wpb_json *json, const char *key, struct wpb_slice word)
{
    if (word.len)
        wpb_json_text(json, key, word);
    else
        wpb_json_null(json, key);
}

static void write_pool(struct wpb_json *json, const struct wpb_pool_row *row)
{
    open_row(json, row->site, row->scope, row->pool);
    write_word(json, "request_source", row->source);
    wpb_json_count_if(json, "max_children", row->has_workers, row->workers);
    wpb_json_count_if(json, "workers_busy", row->has_busy, row->workers_busy);
    wpb_json_count_if(json, "accept_queue", row->has_queue, row->accept_queue);
    wpb_json_count_if(json, "work_windows", row->has_windows, row->windows);
    wpb_json_number(json, "requests_per_second", row->requests_per_second);
    wpb_json_number(json, "busiest_per_second", row->busiest_per_second);
    wpb_json_number(json, "service_seconds", row->service_seconds);
    wpb_json_number(json, "queue_wait_seconds", row->queue_wait_seconds);
    wpb_json_number(json, "capacity_per_second", row->capacity_per_second);
    wpb_json_number(json, "capacity_low_per_second", row->capacity_low_per_second);
    wpb_json_number(json, "capacity_high_per_second", row->capacity_high_per_second);
    wpb_json_number(json, "knee_per_second", row->knee_per_second);
    write_word(json, "bottleneck", row->bottleneck);
    write_word(json, "work_refusal", row->refusal);
    wpb_json_close(json);
}

static void write_route(struct wpb_json *json, const struct wpb_route_row *row)
{
    open_row(json, row->site, row->scope, row->pool);
    wpb_json_text(json, "route", row->route);
    wpb_json_number(json, "share_ratio", row->share_ratio);
    wpb_json_number(json, "service_seconds", row->service_seconds);
    wpb_json_count_if(json, "request_peak_bytes", row->has_peak, row->peak_bytes);
    wpb_json_number(json, "queries", row->queries);
    wpb_json_close(json);
}

static void write_resource(struct wpb_json *json, const struct wpb_resource_row *row)
{
    open_row(json, row->site, row->scope, row->pool);
    wpb_json_text(json, "resource", row->resource);
    wpb_json_number(json, "demand_seconds", row->demand_seconds);
    wpb_json_number(json, "capacity_per_second", row->capacity_per_second);
    wpb_json_number(json, "utilization_ratio", row->utilization_ratio);
    write_word(json, "work_refusal", row->refusal);
    wpb_json_close(json);
}

void wpb_requests_json(struct wpb_json *json, const struct wpb_requests_report *requests)
{
    wpb_json_open_array(json, "fpm_pools");
    for (size_t i = 0; i < requests->pool_count; i++)
        write_pool(json, &requests->pools[i]);
    wpb_json_close(json);
    wpb_json_open_array(json, "routes");
    for (size_t i = 0; i < requests->route_count; i++)
        write_route(json, &requests->routes[i]);
    wpb_json_close(json);
    wpb_json_open_array(json, "resources");
    for (size_t i = 0; i < requests->resource_count; i++)
        write_resource(json, &requests->resources[i]);
    wpb_json_close(json);
}
