#include "agent/output/json.h"

#include "agent/base/address.h"
#include "agent/base/clock.h"
#include "agent/base/mysql_address.h"
#include "agent/output/database_json.h"
#include "agent/output/finding_json.h"
#include "agent/output/growth_json.h"
#include "agent/output/requests_json.h"

static void write_time(struct wpb_json *json, const char *key, int64_t unix_ms)
{
    struct wpb_buf time;
    wpb_buf_init(&time, 0);
    wpb_clock_rfc3339(&time, unix_ms);
    wpb_json_text(json, key, wpb_buf_view(&time));
    wpb_buf_fini(&time);
}

static void write_redis(struct wpb_json *json, const struct wpb_site *site)
{
    if (site->has_redis) {
        struct wpb_buf scope;
        wpb_buf_init(&scope, 0);
        wpb_redis_address_scope(&site->redis, true, &scope);
        wpb_json_text(json, "redis", wpb_buf_view(&scope));
        wpb_buf_fini(&scope);
    } else {
        wpb_json_null(json, "redis");
    }
    if (site->has_key_prefix)
        wpb_json_name(json, "key_prefix",
                      wpb_slice_of(site->key_prefix, site->key_prefix_len));
    else
        wpb_json_null(json, "key_prefix");
}

static void write_mysql(struct wpb_json *json, const struct wpb_site *site)
{
    struct wpb_buf scope;

    if (!site->has_mysql) {
        wpb_json_null(json, "mysql");
        return;
    }
    wpb_buf_init(&scope, 0);
    wpb_mysql_address_scope(&site->mysql, true, &scope);
    wpb_json_text(json, "mysql", wpb_buf_view(&scope));
    wpb_buf_fini(&scope);
}

static void write_unresolved(struct wpb_json *json, const struct wpb_site *site)
{
    wpb_json_open_array(json, "unresolved");
    for (size_t i = 0; i < site->unresolved_count; i++) {
        const struct wpb_unresolved *entry = &site->unresolved[i];
        wpb_json_open_object(json, NULL);
        wpb_json_text(json, "name", wpb_slice_cstr(entry->name));
        wpb_json_text(json, "file", wpb_slice_cstr(entry->file));
        wpb_json_count(json, "line", entry->line);
        wpb_json_text(json, "reason", wpb_slice_cstr(entry->reason));
        wpb_json_close(json);
    }
    wpb_json_close(json);
}

static void write_site(struct wpb_json *json, const struct wpb_site *site)
{
    wpb_json_open_object(json, NULL);
    wpb_json_text(json, "name", wpb_slice_cstr(site->name));
    wpb_json_known(json, "owner", site->owner);
    wpb_json_known(json, "path", site->path);
    wpb_json_known(json, "wp_version", site->wp_version);
    wpb_json_known(json, "table_prefix", site->table_prefix);
    wpb_json_bool(json, "is_multisite", site->is_multisite);
    wpb_json_open_object(json, "object_cache");
    wpb_json_known(json, "flavour", wpb_flavour_name(site->flavour));
    wpb_json_known(json, "version", site->flavour_version);
    wpb_json_known(json, "note", site->flavour_note);
    wpb_json_known(json, "shape_votes", site->shape_votes);
    wpb_json_close(json);
    write_redis(json, site);
    write_mysql(json, site);
    wpb_json_memory_limit(json, "memory_limit_bytes", site->memory_limit_bytes);
    wpb_json_known(json, "memory_limit_source", site->memory_limit_source);
    wpb_json_php_version(json, "php_version", site->php_version);
    write_unresolved(json, site);
    wpb_json_close(json);
}

/* One text: a program that reads it runs nothing of it. */
static void write_reason(struct wpb_json *json, const struct wpb_coverage *row)
{
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    wpb_buf_text(&text, row->reason);
    wpb_buf_text(&text, row->lines ? row->lines : "");
    wpb_json_text(json, "reason", wpb_buf_view(&text));
    wpb_buf_fini(&text);
}

static void write_coverage(struct wpb_json *json, const struct wpb_coverage *row)
{
    wpb_json_open_object(json, NULL);
    wpb_json_known(json, "probe", row->probe);
    wpb_json_text(json, "site", wpb_slice_cstr(row->site));
    wpb_json_known(json, "status", wpb_coverage_status_name(row->status));
    write_reason(json, row);
    wpb_json_text(json, "unit", wpb_slice_cstr(row->unit));
    wpb_json_count(json, "done", row->done);
    if (row->total)
        wpb_json_count(json, "total", row->total);
    else
        wpb_json_null(json, "total");
    wpb_json_open_object(json, "cost");
    wpb_json_count(json, "commands", row->cost.commands);
    wpb_json_count(json, "bytes_sent", row->cost.bytes_sent);
    wpb_json_count(json, "bytes_received", row->cost.bytes_received);
    wpb_json_count(json, "keyspace_hits", row->cost.keyspace_hits);
    wpb_json_count(json, "rows", row->cost.rows);
    wpb_json_count(json, "pages", row->cost.pages);
    wpb_json_count(json, "elapsed_ms", row->cost.elapsed_ms);
    wpb_json_close(json);
    wpb_json_close(json);
}

static void write_key(struct wpb_json *json, const struct wpb_key_row *row)
{
    wpb_json_open_object(json, NULL);
    wpb_json_text(json, "site", wpb_slice_cstr(row->site));
    wpb_json_text(json, "scope", row->scope);
    wpb_json_name(json, "key", row->key);
    wpb_json_name(json, "group", row->group);
    wpb_json_count(json, "memory_bytes", row->memory_bytes);
    if (row->has_value_bytes)
        wpb_json_count(json, "value_bytes", row->value_bytes);
    else
        wpb_json_null(json, "value_bytes");
    if (row->has_ttl)
        wpb_json_integer(json, "ttl_seconds", row->ttl_seconds);
    else
        wpb_json_null(json, "ttl_seconds");
    wpb_json_close(json);
}

static void write_group(struct wpb_json *json, const struct wpb_group_row *row)
{
    wpb_json_open_object(json, NULL);
    wpb_json_text(json, "site", wpb_slice_cstr(row->site));
    wpb_json_text(json, "scope", row->scope);
    wpb_json_name(json, "group", row->group);
    wpb_json_count(json, "keys", row->keys);
    wpb_json_count(json, "memory_bytes", row->memory_bytes);
    wpb_json_count(json, "ttlless_keys", row->ttlless_keys);
    wpb_json_count(json, "ttlless_bytes", row->ttlless_bytes);
    wpb_json_count_if(json, "keys_to_1k", row->has_sizes, row->sizes[0]);
    wpb_json_count_if(json, "keys_to_16k", row->has_sizes, row->sizes[1]);
    wpb_json_count_if(json, "keys_to_256k", row->has_sizes, row->sizes[2]);
    wpb_json_count_if(json, "keys_above_256k", row->has_sizes, row->sizes[3]);
    wpb_json_count_if(json, "idle_seconds", row->has_idle, row->idle_seconds);
    wpb_json_count_if(json, "orphan_keys", row->has_orphans, row->orphan_keys);
    wpb_json_count_if(json, "orphan_bytes", row->has_orphans, row->orphan_bytes);
    wpb_json_known(json, "provenance", wpb_provenance_name(row->provenance));
    wpb_json_close(json);
}

static void write_known_slice(struct wpb_json *json, const char *key,
                              struct wpb_slice text)
{
    if (text.len)
        wpb_json_text(json, key, text);
    else
        wpb_json_null(json, key);
}

static void write_server(struct wpb_json *json, const struct wpb_server_row *row)
{
    wpb_json_open_object(json, NULL);
    wpb_json_text(json, "site", wpb_slice_cstr(row->site));
    wpb_json_text(json, "scope", row->scope);
    write_known_slice(json, "version", row->version);
    write_known_slice(json, "role", row->role);
    write_known_slice(json, "maxmemory_policy", row->policy);
    wpb_json_count_if(json, "used_memory_bytes", row->has_memory, row->used_memory_bytes);
    wpb_json_count_if(json, "maxmemory_bytes", row->has_memory, row->maxmemory_bytes);
    wpb_json_count_if(json, "keys", row->has_keys, row->keys);
    wpb_json_count_if(json, "ttlless_keys", row->has_keys, row->ttlless_keys);
    wpb_json_close(json);
}

static void write_tables(struct wpb_json *json, const struct wpb_report *report)
{
    wpb_json_open_object(json, "tables");
    wpb_json_open_array(json, "redis_keys");
    for (size_t i = 0; i < report->key_count; i++)
        write_key(json, &report->keys[i]);
    wpb_json_close(json);
    wpb_json_open_array(json, "redis_groups");
    for (size_t i = 0; i < report->group_count; i++)
        write_group(json, &report->groups[i]);
    wpb_json_close(json);
    wpb_json_open_array(json, "redis_servers");
    for (size_t i = 0; i < report->server_count; i++)
        write_server(json, &report->servers[i]);
    wpb_json_close(json);
    wpb_database_json(json, &report->database);
    wpb_requests_json(json, &report->requests);
    wpb_growth_json(json, report);
    wpb_json_close(json);
}

static int write_report(const struct wpb_report *report, bool is_pretty,
                        struct wpb_buf *out, struct wpb_err *err)
{
    struct wpb_json json = wpb_json_of(out, is_pretty);
    wpb_json_open_object(&json, NULL);
    wpb_json_known(&json, "schema", "wpbloat.report/1");
    write_time(&json, "generated_at", report->generated_at_ms);
    wpb_json_text(&json, "host", wpb_slice_cstr(report->host));
    wpb_json_open_object(&json, "agent");
    wpb_json_text(&json, "version", wpb_slice_cstr(report->version));
    wpb_json_close(&json);

    wpb_json_open_array(&json, "sites");
    for (size_t i = 0; i < report->site_count; i++)
        write_site(&json, report->sites[i]);
    wpb_json_close(&json);
    wpb_json_open_array(&json, "coverage");
    for (size_t i = 0; i < report->coverage_count; i++)
        write_coverage(&json, &report->coverage[i]);
    wpb_json_close(&json);
    wpb_json_open_array(&json, "findings");
    for (size_t i = 0; i < report->finding_count; i++) {
        wpb_json_open_object(&json, NULL);
        wpb_finding_json(&json, &report->findings[i]);
        wpb_json_close(&json);
    }
    wpb_json_close(&json);
    write_tables(&json, report);
    wpb_json_close(&json);
    wpb_buf_char(out, '\n');
    if (wpb_buf_failed(out))
        return wpb_err_set(err, WPB_E_MEMORY, "json", "no memory for the report");
    return 0;
}

int wpb_output_json(const struct wpb_report *report, struct wpb_buf *out,
                    struct wpb_err *err)
{
    return write_report(report, true, out, err);
}

int wpb_output_json_line(const struct wpb_report *report, struct wpb_buf *out,
                         struct wpb_err *err)
{
    return write_report(report, false, out, err);
}
