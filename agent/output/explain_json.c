#include "agent/output/explain.h"
#include "agent/output/finding_json.h"

static void write_php(struct wpb_json *json, const struct wpb_explanation *explanation)
{
    if (!explanation->has_cost) {
        wpb_json_null(json, "php");
        return;
    }
    wpb_json_open_object(json, "php");
    wpb_json_php_version(json, "version", explanation->php_version);
    wpb_json_count(json, "value_bytes", explanation->php_value_bytes);
    wpb_json_count(json, "read_peak_bytes", explanation->php_read_peak_bytes);
    wpb_json_count(json, "rewrite_peak_bytes", explanation->php_rewrite_peak_bytes);
    wpb_json_known(json, "provenance", wpb_provenance_name(explanation->provenance));
    wpb_json_close(json);
}

static void write_paths(struct wpb_json *json, const struct wpb_explanation *explanation)
{
    wpb_json_open_array(json, "paths");
    for (size_t i = 0; i < explanation->path_count; i++) {
        const struct wpb_explained_path *path = &explanation->paths[i];
        wpb_json_open_object(json, NULL);
        wpb_json_name(json, "path", path->path);
        wpb_json_text(json, "type", path->type);
        wpb_json_count(json, "bytes", path->bytes);
        wpb_json_count(json, "entries", path->entries);
        wpb_json_close(json);
    }
    wpb_json_close(json);
}

static void write_sizes(struct wpb_json *json, const struct wpb_explanation *explanation)
{
    wpb_json_text(json, "encoding", explanation->encoding);
    if (explanation->wrapper.len)
        wpb_json_text(json, "wrapper", explanation->wrapper);
    else
        wpb_json_null(json, "wrapper");
    wpb_json_count(json, "value_bytes", explanation->value_bytes);
    if (explanation->decoded_bytes)
        wpb_json_count(json, "decoded_bytes", explanation->decoded_bytes);
    else
        wpb_json_null(json, "decoded_bytes");
    wpb_json_count(json, "examined_bytes", explanation->examined_bytes);
    if (explanation->has_entries)
        wpb_json_count(json, "entries", explanation->entries);
    else
        wpb_json_null(json, "entries");
    if (explanation->has_memory_bytes)
        wpb_json_count(json, "memory_bytes", explanation->memory_bytes);
    else
        wpb_json_null(json, "memory_bytes");
    if (explanation->has_ttl)
        wpb_json_integer(json, "ttl_seconds", explanation->ttl_seconds);
    else
        wpb_json_null(json, "ttl_seconds");
}

static void write_text(struct wpb_json *json, const char *name, struct wpb_slice text)
{
    if (text.len)
        wpb_json_text(json, name, text);
    else
        wpb_json_null(json, name);
}

static void write_row(struct wpb_json *json, const struct wpb_explained_row *row)
{
    if (!row) {
        wpb_json_null(json, "row");
        return;
    }
    wpb_json_open_object(json, "row");
    wpb_json_count(json, "bytes", row->bytes);
    write_text(json, "post", row->post);
    if (row->has_autoloaded)
        wpb_json_bool(json, "autoloaded", row->is_autoloaded);
    else
        wpb_json_null(json, "autoloaded");
    write_text(json, "builder", row->builder);
    write_text(json, "role", row->role);
    if (row->has_widgets)
        wpb_json_count(json, "widgets", row->widgets);
    else
        wpb_json_null(json, "widgets");
    wpb_json_close(json);
}

int wpb_output_explain_json(const struct wpb_explanation *explanation,
                            struct wpb_buf *out, struct wpb_err *err)
{
    struct wpb_json json = wpb_json_of(out, true);
    wpb_json_open_object(&json, NULL);
    wpb_json_known(&json, "schema", "wpbloat.explanation/1");
    wpb_json_known(&json, "kind", explanation->kind);
    wpb_json_text(&json, "scope", explanation->scope);
    wpb_json_name(&json, "name", explanation->name);
    write_sizes(&json, explanation);
    write_row(&json, explanation->row);
    write_php(&json, explanation);
    wpb_json_memory_limit(&json, "memory_limit_bytes", explanation->memory_limit_bytes);
    write_paths(&json, explanation);
    wpb_finding_json_families(&json, explanation->families, explanation->family_count);
    if (explanation->flaw.len)
        wpb_json_text(&json, "flaw", explanation->flaw);
    else
        wpb_json_null(&json, "flaw");
    wpb_json_close(&json);
    wpb_buf_char(out, '\n');
    if (wpb_buf_failed(out))
        return wpb_err_set(err, WPB_E_MEMORY, "json", "no memory for the explanation");
    return 0;
}
