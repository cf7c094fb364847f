#include "probes/wordpress/w3tc_settings.h"

#include <ctype.h>
#include <inttypes.h>

#include "probes/wordpress/connection.h"
#include "probes/wordpress/path.h"
#include "probes/wordpress/plugin_json.h"

#define MASTER_FILE "master.php"
/* The length of "<?php exit; ?>", which the plugin skips unseen. */
#define GUARD 14
#define ENGINE_MAX 16

/* The name of an engine, if it looks like one: it goes into a message. */
static bool is_name(struct wpb_slice engine)
{
    for (size_t i = 0; i < engine.len; i++) {
        if (!islower((unsigned char)engine.data[i]) && engine.data[i] != '_')
            return false;
    }
    return engine.len > 0 && engine.len <= ENGINE_MAX;
}

static void read_address(const struct wpb_settings_source *source,
                         const struct wpb_plugin_json *json, struct wpb_site *site)
{
    struct wpb_arena *arena = source->list->arena;
    struct wpb_config_value value;
    size_t servers;
    struct wpb_connection settings = {
        .host = wpb_plugin_json_first(json, "objectcache.redis.servers", arena, &servers),
        .database = wpb_plugin_json_value(json, "objectcache.redis.dbid", arena),
        .password = wpb_plugin_json_value(json, "objectcache.redis.password", arena),
    };
    wpb_connection_address(&settings, arena, &site->redis);
    site->has_redis = true;
    /* Several servers share the keys, by a hash of each. */
    site->redis.is_cluster =
        servers > 1 || (wpb_settings_constant(source->config, "W3TC_REDIS_CLUSTER",
                                              source->list, &value) &&
                        wpb_config_value_truth(value) == WPB_CONFIG_TRUE);
}

static void read_prefix(const struct wpb_settings_source *source,
                        const struct wpb_plugin_json *json, struct wpb_site *site)
{
    struct wpb_arena *arena = source->list->arena;
    struct wpb_config_value value;
    int64_t instance = 0;

    switch (wpb_config_constant(source->config, "W3TC_INSTANCE_ID", &value)) {
    case WPB_CONFIG_IS_ABSENT:
        value = wpb_plugin_json_value(json, "common.instance_id", arena);
        break;
    case WPB_CONFIG_IS_KNOWN:
        break;
    case WPB_CONFIG_IS_UNRESOLVED:
        wpb_settings_unresolved(source->list, "W3TC_INSTANCE_ID", value.why->file,
                                value.why->line, value.why->reason);
        site->flavour_note = "its instance is not known; its keys are read by shape";
        return;
    }
    if (value.type != WPB_CONFIG_NULL &&
        (!wpb_config_value_number(value, &instance) || instance < 0)) {
        site->flavour_note = "its instance is no number; its keys are read by shape";
        return;
    }
    site->key_prefix = wpb_arena_printf(arena, "w3tc_%" PRId64 "_", instance);
    site->key_prefix_len = strlen(site->key_prefix);
    site->has_key_prefix = true;
}

static void read_json(const struct wpb_settings_source *source,
                      const struct wpb_plugin_json *json, struct wpb_site *site)
{
    struct wpb_arena *arena = source->list->arena;
    struct wpb_config_value enabled =
        wpb_plugin_json_value(json, "objectcache.enabled", arena);
    struct wpb_config_value value =
        wpb_plugin_json_value(json, "objectcache.engine", arena);
    struct wpb_slice engine;

    if (!wpb_config_value_text(value, arena, &engine) || engine.len == 0)
        engine = wpb_slice_cstr("file"); /* the plugin's default */
    if (!wpb_slice_is(engine, "redis")) {
        site->flavour_note =
            is_name(engine)
                ? wpb_arena_printf(arena,
                                   "its entries are kept by \"%.*s\", not in Redis",
                                   (int)engine.len, engine.data)
                : "its entries are not kept in Redis";
        return;
    }
    if (wpb_plugin_json_has(json, "objectcache.enabled") &&
        wpb_config_value_truth(enabled) == WPB_CONFIG_FALSE)
        site->flavour_note = "switched off by objectcache.enabled";
    read_address(source, json, site);
    read_prefix(source, json, site);
}

/* The folder of master.php; "" when it is unresolved. */
static const char *config_dir(const struct wpb_settings_source *source,
                              const struct wpb_site *site)
{
    struct wpb_arena *arena = source->list->arena;
    struct wpb_config_value value;

    if (wpb_config_constant(source->config, "W3TC_CONFIG_DIR", &value) ==
        WPB_CONFIG_IS_ABSENT)
        return wpb_path_join(arena, site->content_dir, "w3tc-config");
    const char *path = wpb_settings_text(source->config, "W3TC_CONFIG_DIR", source->list);
    return *path ? wpb_path_rooted(arena, source->root, path) : "";
}

void wpb_w3tc_settings(const struct wpb_settings_source *source, struct wpb_site *site)
{
    struct wpb_unresolved_list *list = source->list;
    const char *folder = config_dir(source, site);
    struct wpb_config_value value;
    struct wpb_err err;

    site->flavour_note = "where its Redis is could not be read";
    if (wpb_settings_constant(source->config, "W3TC_CONFIG_DATABASE", list, &value) &&
        wpb_config_value_truth(value) == WPB_CONFIG_TRUE) {
        wpb_settings_unresolved(list, "redis address", site->config_file, 0,
                                "W3TC_CONFIG_DATABASE keeps it in the database; give "
                                "--redis URI");
        return;
    }
    if (!*folder)
        return;
    const char *path = wpb_path_join(list->arena, folder, MASTER_FILE);
    struct wpb_plugin_json *json = wpb_plugin_json_read(path, GUARD, &err);
    if (json) {
        site->flavour_note = "";
        read_json(source, json, site);
    } else if (err.code == WPB_E_NOT_FOUND) {
        site->flavour_note =
            "no w3tc-config/" MASTER_FILE ": its entries are kept in files, not in Redis";
    } else {
        wpb_settings_unresolved(list, "redis address", path, 0, err.message);
    }
    wpb_plugin_json_free(json);
}
