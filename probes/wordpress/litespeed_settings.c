#include "probes/wordpress/litespeed_settings.h"

#include <stdlib.h>

#include "probes/wordpress/connection.h"
#include "probes/wordpress/file.h"
#include "probes/wordpress/md5.h"
#include "probes/wordpress/path.h"
#include "probes/wordpress/plugin_json.h"

#define CONF_FILE ".litespeed_conf.dat"
#define PLUGIN "litespeed-cache"
/* Of a source file of the plugin. */
#define SOURCE_MAX ((size_t)256 << 10)
#define PREFIX_DIGITS 5

/* Where versions since 3.0 define LSOC_PREFIX, the newest first. */
static const char *const class_files[] = {"src/object-cache-wp.cls.php",
                                          "src/object.lib.php"};

static bool holds(struct wpb_slice bytes, const char *text)
{
    return bytes.len && memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
}

/* Does PATH make its prefix of its own path? */
static bool makes_prefix(const char *path, struct wpb_arena *scratch)
{
    struct wpb_slice bytes;
    return wpb_file_head(path, SOURCE_MAX, scratch, &bytes, NULL) == 0 &&
           holds(bytes, "LSOC_PREFIX") &&
           (holds(bytes, "md5( __FILE__ )") || holds(bytes, "md5(__FILE__)"));
}

/* PATH as PHP's __FILE__ has it: links followed, seen from that root. NULL when it is
 * not there. */
static const char *php_path(const char *root, const char *path, struct wpb_arena *arena)
{
    char *real = realpath(path, NULL), *real_root = *root ? realpath(root, NULL) : NULL;
    const char *seen = NULL;

    if (real) {
        size_t len = real_root ? strlen(real_root) : 0;
        if (len && strncmp(real, real_root, len) == 0 && real[len] == '/')
            seen = wpb_arena_printf(arena, "%s", real + len);
        else
            seen = wpb_arena_printf(arena, "%s", real);
    }
    free(real_root);
    free(real);
    return seen;
}

/* The class file below FOLDER, a folder of plugins; NULL when it is not found there
 * or not the one that is expected. */
static const char *class_file(const char *folder, struct wpb_arena *scratch)
{
    const char *plugin = wpb_path_join(scratch, folder, PLUGIN);
    const char *main_file = wpb_path_join(scratch, plugin, PLUGIN ".php");

    if (!wpb_file_exists(main_file))
        return NULL;
    for (size_t i = 0; i < sizeof class_files / sizeof class_files[0]; i++) {
        const char *path = wpb_path_join(scratch, plugin, class_files[i]);
        if (makes_prefix(path, scratch))
            return path;
    }
    return NULL;
}

static void set_prefix(struct wpb_slice prefix, struct wpb_arena *arena,
                       struct wpb_site *site)
{
    site->key_prefix = wpb_arena_cstr(arena, prefix);
    site->key_prefix_len = prefix.len;
    site->has_key_prefix = true;
}

static void path_prefix(const struct wpb_settings_source *source, struct wpb_site *site)
{
    const char *const folders[] = {site->plugin_dir, site->mu_plugin_dir};
    struct wpb_arena *scratch = wpb_arena_new();
    const char *path = NULL;
    char digits[WPB_MD5_DIGITS + 1];

    if (!scratch)
        return;
    for (size_t i = 0; i < 2 && !path; i++)
        path = *folders[i] ? class_file(folders[i], scratch) : NULL;
    if (path)
        path = php_path(source->root, path, scratch);
    if (path) {
        wpb_md5_hex(wpb_slice_cstr(path), digits);
        set_prefix(wpb_slice_of(digits + WPB_MD5_DIGITS - PREFIX_DIGITS, PREFIX_DIGITS),
                   source->list->arena, site);
    }
    wpb_arena_free(scratch);
}

static void read_prefix(const struct wpb_settings_source *source, struct wpb_site *site)
{
    struct wpb_config_value value;
    struct wpb_slice text;

    switch (wpb_config_constant(source->config, "LSOC_PREFIX", &value)) {
    case WPB_CONFIG_IS_ABSENT:
        path_prefix(source, site);
        break;
    case WPB_CONFIG_IS_KNOWN:
        if (wpb_config_value_text(value, source->list->arena, &text))
            set_prefix(text, source->list->arena, site);
        break;
    case WPB_CONFIG_IS_UNRESOLVED:
        wpb_settings_unresolved(source->list, "LSOC_PREFIX", value.why->file,
                                value.why->line, value.why->reason);
        break;
    }
    if (!site->has_key_prefix)
        site->flavour_note = "how its keys begin is not known; they are read by shape";
}

static void read_address(const struct wpb_plugin_json *json, struct wpb_arena *arena,
                         struct wpb_site *site)
{
    struct wpb_connection settings = {
        .host = wpb_plugin_json_value(json, "object-host", arena),
        .port = wpb_plugin_json_value(json, "object-port", arena),
        .database = wpb_plugin_json_value(json, "object-db_id", arena),
        .user = wpb_plugin_json_value(json, "object-user", arena),
        .password = wpb_plugin_json_value(json, "object-pswd", arena),
    };
    wpb_connection_address(&settings, arena, &site->redis);
    site->has_redis = true;
}

/* As the drop-in: no host, no cache; kind is "is it Redis". */
static void read_json(const struct wpb_settings_source *source,
                      const struct wpb_plugin_json *json, struct wpb_site *site)
{
    struct wpb_arena *arena = source->list->arena;
    struct wpb_config_value host = wpb_plugin_json_value(json, "object-host", arena);
    struct wpb_config_value kind = wpb_plugin_json_value(json, "object-kind", arena);

    if (wpb_config_value_truth(host) != WPB_CONFIG_TRUE) {
        site->flavour_note = "its object cache has no host (" CONF_FILE
                             "): nothing is cached between requests";
    } else if (wpb_config_value_truth(kind) != WPB_CONFIG_TRUE) {
        site->flavour_note = "its object cache is memcached, not Redis";
    } else {
        read_address(json, arena, site);
        read_prefix(source, site);
    }
}

void wpb_litespeed_settings(const struct wpb_settings_source *source,
                            struct wpb_site *site)
{
    struct wpb_unresolved_list *list = source->list;
    const char *path = wpb_path_join(list->arena, site->content_dir, CONF_FILE);
    struct wpb_config_value value;
    struct wpb_err err;

    struct wpb_plugin_json *json = wpb_plugin_json_read(path, 0, &err);
    if (json) {
        read_json(source, json, site);
    } else if (err.code == WPB_E_NOT_FOUND) {
        site->flavour_note = "no " CONF_FILE ": nothing is cached between requests";
    } else {
        site->flavour_note =
            "where its Redis is stands in " CONF_FILE ", which could not be read";
        wpb_settings_unresolved(list, "redis address", path, 0, err.message);
    }
    wpb_plugin_json_free(json);
    if (wpb_settings_constant(source->config, "LSCWP_OBJECT_CACHE", list, &value) &&
        wpb_config_value_truth(value) == WPB_CONFIG_FALSE)
        site->flavour_note = "switched off by LSCWP_OBJECT_CACHE";
}
