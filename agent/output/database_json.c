#include "agent/output/database_json.h"

static void write_place(struct wpb_json *json, const char *site, struct wpb_slice scope)
{
    wpb_json_open_object(json, NULL);
    wpb_json_text(json, "site", wpb_slice_cstr(site));
    wpb_json_text(json, "scope", scope);
}

/* "" is null: nobody said it. */
static void write_name_if(struct wpb_json *json, const char *key, struct wpb_slice name)
{
    if (name.len)
        wpb_json_name(json, key, name);
    else
        wpb_json_null(json, key);
}

static void write_database(struct wpb_json *json, const struct wpb_database_row *row)
{
    write_place(json, row->site, row->scope);
    write_name_if(json, "version", row->version);
    wpb_json_count_if(json, "tables", row->has_tables, row->tables);
    wpb_json_count_if(json, "data_bytes", row->has_tables, row->data_bytes);
    wpb_json_count_if(json, "index_bytes", row->has_tables, row->index_bytes);
    wpb_json_count_if(json, "autoload_options", row->has_autoload, row->autoload_options);
    wpb_json_count_if(json, "autoload_bytes", row->has_autoload, row->autoload_bytes);
    wpb_json_close(json);
}

static void write_table(struct wpb_json *json, const struct wpb_table_row *row)
{
    write_place(json, row->site, row->scope);
    wpb_json_name(json, "table", row->table);
    write_name_if(json, "engine", row->engine);
    wpb_json_count_if(json, "rows", row->has_rows, row->rows);
    wpb_json_count(json, "data_bytes", row->data_bytes);
    wpb_json_count(json, "index_bytes", row->index_bytes);
    wpb_json_count_if(json, "orphan_rows", row->has_orphans, row->orphan_rows);
    wpb_json_count_if(json, "lookup_rows", row->has_products, row->lookup_rows);
    wpb_json_count_if(json, "products", row->has_products, row->products);
    wpb_json_close(json);
}

static void write_option(struct wpb_json *json, const struct wpb_option_row *row)
{
    write_place(json, row->site, row->scope);
    wpb_json_name(json, "option", row->option);
    wpb_json_count(json, "row_bytes", row->row_bytes);
    if (row->has_autoloaded)
        wpb_json_bool(json, "autoloaded", row->is_autoloaded);
    else
        wpb_json_null(json, "autoloaded");
    wpb_json_close(json);
}

static void write_meta_key(struct wpb_json *json, const struct wpb_meta_key_row *row)
{
    write_place(json, row->site, row->scope);
    wpb_json_name(json, "meta_key", row->meta_key);
    write_name_if(json, "builder", row->builder);
    write_name_if(json, "role", row->role);
    wpb_json_count_if(json, "rows", row->has_rows, row->rows);
    wpb_json_count_if(json, "row_bytes", row->has_bytes, row->row_bytes);
    wpb_json_count_if(json, "row_bytes_low", row->has_interval, row->row_bytes_low);
    wpb_json_count_if(json, "row_bytes_high", row->has_interval, row->row_bytes_high);
    wpb_json_known(json, "provenance",
                   row->has_bytes ? wpb_provenance_name(row->provenance) : NULL);
    wpb_json_close(json);
}

static void write_post(struct wpb_json *json, const struct wpb_post_row *row)
{
    write_place(json, row->site, row->scope);
    wpb_json_name(json, "post_id", row->post_id);
    write_name_if(json, "type", row->type);
    write_name_if(json, "status", row->status);
    write_name_if(json, "path", row->path);
    wpb_json_count_if(json, "row_bytes", row->has_row_bytes, row->row_bytes);
    wpb_json_count_if(json, "entry_bytes", row->has_entry_bytes, row->entry_bytes);
    write_name_if(json, "largest_meta_key", row->largest_meta_key);
    wpb_json_close(json);
}

void wpb_database_json(struct wpb_json *json, const struct wpb_database_report *database)
{
    wpb_json_open_array(json, "mysql_databases");
    for (size_t i = 0; i < database->database_count; i++)
        write_database(json, &database->databases[i]);
    wpb_json_close(json);
    wpb_json_open_array(json, "mysql_tables");
    for (size_t i = 0; i < database->table_count; i++)
        write_table(json, &database->tables[i]);
    wpb_json_close(json);
    wpb_json_open_array(json, "options");
    for (size_t i = 0; i < database->option_count; i++)
        write_option(json, &database->options[i]);
    wpb_json_close(json);
    wpb_json_open_array(json, "meta_keys");
    for (size_t i = 0; i < database->meta_key_count; i++)
        write_meta_key(json, &database->meta_keys[i]);
    wpb_json_close(json);
    wpb_json_open_array(json, "posts");
    for (size_t i = 0; i < database->post_count; i++)
        write_post(json, &database->posts[i]);
    wpb_json_close(json);
}
