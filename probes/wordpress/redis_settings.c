#include "probes/wordpress/redis_settings.h"

#include "probes/wordpress/connection.h"
#include "probes/wordpress/litespeed_settings.h"
#include "probes/wordpress/redis_servers.h"
#include "probes/wordpress/w3tc_settings.h"

/* What redis-cache takes off both ends of the table prefix (fast_build_key). */
static const char prefix_trim[] = "_-:$";
/* What PHP's trim() takes off. */
static const char blank_trim[] = " \t\n\r\v";

static bool is_unresolved(const struct wpb_config *config, const char *name)
{
    struct wpb_config_value value;
    return wpb_config_constant(config, name, &value) == WPB_CONFIG_IS_UNRESOLVED;
}

static bool is_defined(const struct wpb_config *config, const char *name)
{
    struct wpb_config_value value;
    return wpb_config_constant(config, name, &value) != WPB_CONFIG_IS_ABSENT;
}

/* --- redis-cache --- */

static struct wpb_config_value constant(const struct wpb_config *config, const char *name,
                                        struct wpb_unresolved_list *list)
{
    struct wpb_config_value value;
    if (!wpb_settings_constant(config, name, list, &value))
        return wpb_config_value_null();
    return value;
}

/* A cluster with nodes in a list; a name alone stands for what php.ini says, which is
 * not looked into. */
static void cluster_address(struct wpb_config_value nodes,
                            struct wpb_unresolved_list *list, struct wpb_site *site)
{
    struct wpb_redis_address *redis = &site->redis;

    redis->is_cluster = true;
    redis->database = 0;
    if (!wpb_redis_seeds(nodes, list->arena, redis))
        return;
    site->has_redis = true;
    redis->scheme = redis->seeds[0].scheme;
    redis->host = redis->seeds[0].host;
    redis->port = redis->seeds[0].port;
}

static void sentinel_address(struct wpb_config_value service,
                             struct wpb_config_value sentinels,
                             struct wpb_unresolved_list *list, struct wpb_site *site)
{
    struct wpb_redis_address *redis = &site->redis;
    struct wpb_slice name;

    redis->is_sentinel = true;
    if (!wpb_config_value_text(service, list->arena, &name) || name.len == 0 ||
        !wpb_redis_seeds(sentinels, list->arena, redis))
        return;
    redis->service = wpb_arena_cstr(list->arena, name);
    /* Only a sentinel knows. */
    redis->host = redis->path = "";
    redis->port = 0;
    if (redis->scheme == WPB_REDIS_UNIX)
        redis->scheme = WPB_REDIS_TCP;
}

static void constants_address(const struct wpb_config *config,
                              struct wpb_unresolved_list *list, struct wpb_site *site)
{
    /* Without these the address would be a guess; without a password the server
     * itself will say so. */
    static const char *const needed[] = {"WP_REDIS_SCHEME", "WP_REDIS_HOST",
                                         "WP_REDIS_PORT", "WP_REDIS_PATH",
                                         "WP_REDIS_DATABASE"};
    struct wpb_connection settings = {
        .scheme = constant(config, "WP_REDIS_SCHEME", list),
        .host = constant(config, "WP_REDIS_HOST", list),
        .port = constant(config, "WP_REDIS_PORT", list),
        .path = constant(config, "WP_REDIS_PATH", list),
        .database = constant(config, "WP_REDIS_DATABASE", list),
        .user = constant(config, "WP_REDIS_USERNAME", list),
        .password = constant(config, "WP_REDIS_PASSWORD", list),
    };

    site->has_redis = true;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        site->has_redis = site->has_redis && !is_unresolved(config, needed[i]);
    wpb_connection_address(&settings, list->arena, &site->redis);
    wpb_redis_servers(config, list, site);
    if (is_defined(config, "WP_REDIS_SHARDS"))
        site->redis.is_cluster = true;
    else if (is_defined(config, "WP_REDIS_CLUSTER"))
        cluster_address(constant(config, "WP_REDIS_CLUSTER", list), list, site);
    else if (is_defined(config, "WP_REDIS_SENTINEL"))
        sentinel_address(constant(config, "WP_REDIS_SENTINEL", list),
                         constant(config, "WP_REDIS_SERVERS", list), list, site);
}

static struct wpb_slice trimmed(struct wpb_slice text, const char *set, size_t set_len)
{
    while (text.len && memchr(set, text.data[0], set_len))
        text = wpb_slice_skip(text, 1);
    while (text.len && memchr(set, text.data[text.len - 1], set_len))
        text.len--;
    return text;
}

/* WP_REDIS_PREFIX, from the environment when it is not defined, else
 * WP_CACHE_KEY_SALT. False when it is unresolved. */
static bool salt_of(const struct wpb_config *config,
                    const struct wpb_environment *environment,
                    struct wpb_unresolved_list *list, struct wpb_slice *salt)
{
    static const char *const names[] = {"WP_REDIS_PREFIX", "WP_CACHE_KEY_SALT"};
    const struct wpb_variable *variable =
        wpb_environment_find(environment, wpb_slice_cstr("WP_REDIS_PREFIX"));
    struct wpb_config_value value;

    *salt = wpb_slice_cstr("");
    for (size_t i = 0; i < 2; i++) {
        if (wpb_settings_constant(config, names[i], list, &value)) {
            if (!wpb_config_value_text(value, list->arena, salt))
                return false;
            /* Also takes off NUL, as PHP does: the set's own terminator. */
            *salt = trimmed(*salt, blank_trim, sizeof blank_trim);
            return true;
        }
        if (is_defined(config, names[i]))
            return false;
        if (i == 0 && variable && variable->value.len) {
            *salt = trimmed(variable->value, blank_trim, sizeof blank_trim);
            return variable->is_known;
        }
    }
    return true;
}

static void redis_cache_prefix(const struct wpb_config *config,
                               const struct wpb_environment *environment,
                               struct wpb_unresolved_list *list, struct wpb_site *site)
{
    struct wpb_config_value value;
    struct wpb_slice salt;
    bool is_known = salt_of(config, environment, list, &salt);

    if (is_unresolved(config, "MULTISITE") || !is_known)
        return;
    struct wpb_slice table = {"", 0};
    if (!site->is_multisite) {
        if (!wpb_settings_variable(config, "table_prefix", list, &value) ||
            !wpb_config_value_text(value, list->arena, &table))
            return;
        table = trimmed(table, prefix_trim, sizeof prefix_trim - 1);
    }
    size_t len = salt.len + table.len + (site->is_multisite ? 0 : 1);
    char *prefix = wpb_arena_alloc(list->arena, len + 1);
    if (salt.len)
        memcpy(prefix, salt.data, salt.len);
    if (table.len)
        memcpy(prefix + salt.len, table.data, table.len);
    if (!site->is_multisite)
        prefix[len - 1] = ':';
    site->has_key_prefix = true;
    site->key_prefix = prefix;
    site->key_prefix_len = len;
}

static void redis_cache(const struct wpb_settings_source *source, struct wpb_site *site)
{
    struct wpb_config_value value;

    constants_address(source->config, source->list, site);
    redis_cache_prefix(source->config, source->environment, source->list, site);
    if (wpb_settings_constant(source->config, "WP_REDIS_DISABLED", source->list,
                              &value) &&
        wpb_config_value_truth(value) == WPB_CONFIG_TRUE)
        site->flavour_note = "switched off by WP_REDIS_DISABLED";
}

/* --- settings in arrays --- */

/* The value under NAME; an unresolved one is listed as LABEL[NAME]. */
static struct wpb_config_value element(const struct wpb_config_array *array,
                                       const char *label, const char *name,
                                       struct wpb_unresolved_list *list, bool *is_known)
{
    const struct wpb_config_element *found = wpb_config_value_named(array, name);
    if (!found)
        return wpb_config_value_null();
    if (found->value.type == WPB_CONFIG_UNRESOLVED) {
        const struct wpb_config_why *why = found->value.why;
        wpb_settings_unresolved(list,
                                wpb_arena_printf(list->arena, "%s['%s']", label, name),
                                why->file, why->line, why->reason);
        *is_known = false;
        return wpb_config_value_null();
    }
    return found->value;
}

/* The address in an array with the keys host, port, ...; AUTH is the password's. */
static void array_address(const struct wpb_config_array *array, const char *label,
                          const char *auth, struct wpb_unresolved_list *list,
                          struct wpb_site *site)
{
    bool is_known = true, auth_known = true;
    struct wpb_connection settings = {
        .scheme = element(array, label, "scheme", list, &is_known),
        .host = element(array, label, "host", list, &is_known),
        .port = element(array, label, "port", list, &is_known),
        .path = element(array, label, "path", list, &is_known),
        .database = element(array, label, "database", list, &is_known),
        .user = element(array, label, "username", list, &auth_known),
        .password = element(array, label, auth, list, &auth_known),
    };
    site->has_redis = is_known;
    wpb_connection_address(&settings, list->arena, &site->redis);
}

/* --- wp-redis --- */

/* $_SERVER[NAME]: what the configuration itself has set there, else the environment. */
static struct wpb_config_value server_value(const struct wpb_settings_source *source,
                                            const char *name, bool *is_known)
{
    struct wpb_config_value value;
    const struct wpb_variable *variable =
        wpb_environment_find(source->environment, wpb_slice_cstr(name));

    if (wpb_config_variable(source->config, "_SERVER", &value) == WPB_CONFIG_IS_KNOWN &&
        value.type == WPB_CONFIG_ARRAY && wpb_config_value_named(value.array, name))
        return element(value.array, "$_SERVER", name, source->list, is_known);
    if (!variable)
        return wpb_config_value_null();
    if (variable->is_known)
        return wpb_config_value_string(variable->value);
    wpb_settings_unresolved(source->list, name, "the environment", 0,
                            "it is set to what only its reader computes");
    *is_known = false;
    return wpb_config_value_null();
}

static void wp_redis_address(const struct wpb_settings_source *source,
                             struct wpb_site *site)
{
    struct wpb_unresolved_list *list = source->list;
    struct wpb_config_value value;
    enum wpb_config_presence_of presence =
        wpb_config_variable(source->config, "redis_server", &value);
    bool is_known = true, auth_known = true;

    if (presence == WPB_CONFIG_IS_UNRESOLVED) {
        wpb_settings_unresolved(list, "redis_server", value.why->file, value.why->line,
                                value.why->reason);
        return;
    }
    if (presence == WPB_CONFIG_IS_KNOWN && value.type == WPB_CONFIG_ARRAY &&
        value.array->count > 0) {
        array_address(value.array, "$redis_server", "auth", list, site);
        return;
    }
    struct wpb_connection settings = {
        .host = server_value(source, "CACHE_HOST", &is_known),
        .port = server_value(source, "CACHE_PORT", &is_known),
        .database = server_value(source, "CACHE_DB", &is_known),
        .password = server_value(source, "CACHE_PASSWORD", &auth_known),
    };
    site->has_redis = is_known;
    wpb_connection_address(&settings, list->arena, &site->redis);
}

/* WP_CACHE_KEY_SALT without whitespace, as the drop-in takes it out of whole keys. */
static void wp_redis_prefix(const struct wpb_settings_source *source,
                            struct wpb_site *site)
{
    struct wpb_unresolved_list *list = source->list;
    struct wpb_slice salt = wpb_slice_cstr("");
    struct wpb_config_value value;
    size_t len = 0;

    if (wpb_settings_constant(source->config, "WP_CACHE_KEY_SALT", list, &value)) {
        if (!wpb_config_value_text(value, list->arena, &salt))
            return;
    } else if (is_defined(source->config, "WP_CACHE_KEY_SALT")) {
        return;
    }
    if (is_unresolved(source->config, "MULTISITE"))
        return;
    char *prefix = wpb_arena_alloc(list->arena, salt.len + 1);
    for (size_t i = 0; i < salt.len; i++) {
        if (salt.data[i] != ' ' && (salt.data[i] < '\t' || salt.data[i] > '\r'))
            prefix[len++] = salt.data[i];
    }
    site->key_prefix = prefix;
    site->key_prefix_len = len;
    site->has_key_prefix = true;
}

static void wp_redis(const struct wpb_settings_source *source, struct wpb_site *site)
{
    wp_redis_address(source, site);
    wp_redis_prefix(source, site);
    if (!site->has_key_prefix)
        site->flavour_note = "how its keys begin is not known; they are read by shape";
}

/* --- Object Cache Pro --- */

static void object_cache_pro_prefix(const struct wpb_config_array *array,
                                    struct wpb_unresolved_list *list,
                                    struct wpb_site *site)
{
    bool is_known = true;
    struct wpb_slice prefix;
    struct wpb_config_value value =
        element(array, "WP_REDIS_CONFIG", "prefix", list, &is_known);

    site->flavour_note = "its key format is not published; its keys are read by shape";
    if (!is_known || !wpb_config_value_text(value, list->arena, &prefix) ||
        prefix.len == 0)
        return;
    struct wpb_slice colon = wpb_slice_cstr(":");
    site->key_prefix =
        wpb_arena_printf(list->arena, "%.*s%s", (int)prefix.len, prefix.data,
                         wpb_slice_ends(prefix, colon) ? "" : ":");
    site->key_prefix_len = strlen(site->key_prefix);
    site->has_key_prefix = true;
    site->flavour_note =
        "its key format is not published; its keys are read as prefix:blog:group:id";
}

static struct wpb_config_value part(const struct wpb_config_array *array,
                                    const char *name)
{
    const struct wpb_config_element *found = wpb_config_value_named(array, name);
    return found ? found->value : wpb_config_value_null();
}

static void object_cache_pro(const struct wpb_settings_source *source,
                             struct wpb_site *site)
{
    struct wpb_unresolved_list *list = source->list;
    struct wpb_config_value value;

    if (!wpb_settings_constant(source->config, "WP_REDIS_CONFIG", list, &value) ||
        value.type != WPB_CONFIG_ARRAY) {
        site->flavour_note = "where its Redis is stands in WP_REDIS_CONFIG, which is "
                             "not an array of known values";
        return;
    }
    array_address(value.array, "WP_REDIS_CONFIG", "password", list, site);
    if (wpb_config_value_named(value.array, "url") &&
        !wpb_config_value_named(value.array, "host")) {
        wpb_settings_unresolved(list, "WP_REDIS_CONFIG['url']", site->config_file, 0,
                                "URLs are not read; give --redis URI");
        site->has_redis = false;
    }
    if (wpb_config_value_named(value.array, "cluster"))
        cluster_address(part(value.array, "cluster"), list, site);
    else if (wpb_config_value_named(value.array, "sentinels"))
        sentinel_address(part(value.array, "service"), part(value.array, "sentinels"),
                         list, site);
    else if (wpb_config_value_named(value.array, "servers"))
        site->has_redis =
            wpb_redis_replication(part(value.array, "servers"), list->arena, site);
    object_cache_pro_prefix(value.array, list, site);
}

void wpb_redis_settings(const struct wpb_settings_source *source, struct wpb_site *site)
{
    switch (site->flavour) {
    case WPB_FLAVOUR_REDIS_CACHE:
        redis_cache(source, site);
        break;
    case WPB_FLAVOUR_WP_REDIS:
        wp_redis(source, site);
        break;
    case WPB_FLAVOUR_OBJECT_CACHE_PRO:
        object_cache_pro(source, site);
        break;
    case WPB_FLAVOUR_LITESPEED:
        wpb_litespeed_settings(source, site);
        break;
    case WPB_FLAVOUR_W3TC:
        wpb_w3tc_settings(source, site);
        break;
    case WPB_FLAVOUR_DOCKET:
        site->flavour_note = "it keeps its entries in files, not in Redis";
        break;
    case WPB_FLAVOUR_NONE:
        site->flavour_note = "no object-cache.php: nothing is cached between requests";
        break;
    case WPB_FLAVOUR_UNKNOWN:
        site->flavour_note = "object-cache.php is none that is known here; its keys are "
                             "read by shape";
        if (is_defined(source->config, "WP_REDIS_HOST") ||
            is_defined(source->config, "WP_REDIS_PATH"))
            constants_address(source->config, source->list, site);
        break;
    }
}
