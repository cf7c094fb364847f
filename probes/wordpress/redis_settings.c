#include "probes/wordpress/redis_settings.h"

#include <stdlib.h>
#include <strings.h>

#define DEFAULT_HOST "127.0.0.1"
#define DEFAULT_PORT 6379

/* What redis-cache takes off both ends of the table prefix (fast_build_key). */
static const char prefix_trim[] = "_-:$";
/* What PHP's trim() takes off. */
static const char blank_trim[] = " \t\n\r\v";

static const char by_shape[] = "recognised; its keys are read by shape in this version";

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

/* --- an address out of loose settings --- */

/* The settings of one connection, as the plugin finds them; each may be null. */
struct settings {
    struct wpb_config_value scheme, host, port, path, database, user, password;
};

static const char *text_of(struct wpb_config_value value, struct wpb_arena *arena)
{
    struct wpb_slice text;
    if (!wpb_config_value_text(value, arena, &text))
        return "";
    return wpb_arena_cstr(arena, text);
}

static bool has_scheme(const char *text, const char *scheme)
{
    return strncasecmp(text, scheme, strlen(scheme)) == 0;
}

/* A number in [0, MAX] or FALLBACK. */
static uint32_t number_of(struct wpb_config_value value, uint32_t max, uint32_t fallback)
{
    int64_t number;
    if (!wpb_config_value_number(value, &number) || number < 0 || number > max)
        return fallback;
    return (uint32_t)number;
}

/* A string, or [user, password]. */
static void set_password(struct wpb_config_value value, struct wpb_arena *arena,
                         struct wpb_redis_address *address)
{
    if (value.type != WPB_CONFIG_ARRAY) {
        address->password = text_of(value, arena);
        return;
    }
    const struct wpb_config_array *pair = value.array;
    if (pair->count > 0)
        address->password = text_of(pair->elements[pair->count - 1].value, arena);
    if (pair->count > 1)
        address->user = text_of(pair->elements[0].value, arena);
}

/* "h:p" without brackets, which only some plugins understand. */
static void split_port(const char **host, uint16_t *port, struct wpb_arena *arena)
{
    const char *colon = strrchr(*host, ':');
    char *end;
    if (!colon || strchr(*host, ':') != colon || !colon[1])
        return;
    unsigned long number = strtoul(colon + 1, &end, 10);
    if (*end || number == 0 || number > UINT16_MAX)
        return;
    *port = (uint16_t)number;
    *host = wpb_arena_cstr(arena, wpb_slice_of(*host, (size_t)(colon - *host)));
}

static const char *without_brackets(const char *host, struct wpb_arena *arena)
{
    size_t len = strlen(host);
    if (len < 2 || host[0] != '[' || host[len - 1] != ']')
        return host;
    return wpb_arena_cstr(arena, wpb_slice_of(host + 1, len - 2));
}

static void make_unix(struct wpb_redis_address *address, const char *path)
{
    address->scheme = WPB_REDIS_UNIX;
    address->path = path;
    address->host = "";
    address->port = 0;
}

static void make_address(const struct settings *settings, struct wpb_arena *arena,
                         struct wpb_redis_address *address)
{
    const char *scheme = text_of(settings->scheme, arena);
    const char *host = text_of(settings->host, arena);
    const char *path = text_of(settings->path, arena);

    *address = (struct wpb_redis_address){
        .scheme = WPB_REDIS_TCP, .path = "", .user = "", .password = ""};
    address->port = (uint16_t)number_of(settings->port, UINT16_MAX, DEFAULT_PORT);
    address->database = number_of(settings->database, UINT32_MAX, 0);
    address->user = text_of(settings->user, arena);
    set_password(settings->password, arena, address);

    if (has_scheme(host, "tls://") || has_scheme(host, "rediss://"))
        scheme = "tls";
    if (has_scheme(host, "unix://"))
        host += strlen("unix://");
    else if (strstr(host, "://"))
        host = strstr(host, "://") + 3;
    if (strcasecmp(scheme, "unix") == 0) {
        make_unix(address, *path ? path : host);
        return;
    }
    if (host[0] == '/') {
        make_unix(address, host);
        return;
    }
    if (strcasecmp(scheme, "tls") == 0 || strcasecmp(scheme, "rediss") == 0)
        address->scheme = WPB_REDIS_TLS;
    split_port(&host, &address->port, arena);
    address->host = *host ? without_brackets(host, arena) : DEFAULT_HOST;
    if (address->port == 0)
        address->port = DEFAULT_PORT;
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

static void constants_address(const struct wpb_config *config,
                              struct wpb_unresolved_list *list, struct wpb_site *site)
{
    /* Without these the address would be a guess; without a password the server
     * itself will say so. */
    static const char *const needed[] = {"WP_REDIS_SCHEME", "WP_REDIS_HOST",
                                         "WP_REDIS_PORT", "WP_REDIS_PATH",
                                         "WP_REDIS_DATABASE"};
    struct settings settings = {
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
    make_address(&settings, list->arena, &site->redis);
    site->redis.is_cluster = is_defined(config, "WP_REDIS_CLUSTER") ||
                             is_defined(config, "WP_REDIS_SHARDS") ||
                             (is_defined(config, "WP_REDIS_SERVERS") &&
                              !is_defined(config, "WP_REDIS_SENTINEL"));
    site->redis.is_sentinel = is_defined(config, "WP_REDIS_SENTINEL");
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

static void redis_cache(const struct wpb_config *config,
                        const struct wpb_environment *environment,
                        struct wpb_unresolved_list *list, struct wpb_site *site)
{
    struct wpb_config_value value;

    constants_address(config, list, site);
    redis_cache_prefix(config, environment, list, site);
    if (wpb_settings_constant(config, "WP_REDIS_DISABLED", list, &value) &&
        wpb_config_value_truth(value) == WPB_CONFIG_TRUE)
        site->flavour_note = "switched off by WP_REDIS_DISABLED";
}

/* --- the others --- */

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
    struct settings settings = {
        .scheme = element(array, label, "scheme", list, &is_known),
        .host = element(array, label, "host", list, &is_known),
        .port = element(array, label, "port", list, &is_known),
        .path = element(array, label, "path", list, &is_known),
        .database = element(array, label, "database", list, &is_known),
        .user = element(array, label, "username", list, &auth_known),
        .password = element(array, label, auth, list, &auth_known),
    };
    site->has_redis = is_known;
    make_address(&settings, list->arena, &site->redis);
}

static struct wpb_config_value variable_value(const struct wpb_environment *environment,
                                              const char *name)
{
    const struct wpb_variable *variable =
        wpb_environment_find(environment, wpb_slice_cstr(name));
    return variable && variable->is_known ? wpb_config_value_string(variable->value)
                                          : wpb_config_value_null();
}

static void wp_redis(const struct wpb_config *config,
                     const struct wpb_environment *environment,
                     struct wpb_unresolved_list *list, struct wpb_site *site)
{
    struct wpb_config_value value;
    enum wpb_config_presence_of presence =
        wpb_config_variable(config, "redis_server", &value);

    site->flavour_note = by_shape;
    if (presence == WPB_CONFIG_IS_UNRESOLVED) {
        wpb_settings_unresolved(list, "redis_server", value.why->file, value.why->line,
                                value.why->reason);
        return;
    }
    if (presence == WPB_CONFIG_IS_KNOWN && value.type == WPB_CONFIG_ARRAY) {
        array_address(value.array, "$redis_server", "auth", list, site);
        return;
    }
    struct settings settings = {
        .host = variable_value(environment, "CACHE_HOST"),
        .port = variable_value(environment, "CACHE_PORT"),
        .database = variable_value(environment, "CACHE_DB"),
        .password = variable_value(environment, "CACHE_PASSWORD"),
    };
    site->has_redis = true;
    make_address(&settings, list->arena, &site->redis);
}

static void object_cache_pro(const struct wpb_config *config,
                             struct wpb_unresolved_list *list, struct wpb_site *site)
{
    struct wpb_config_value value;

    site->flavour_note = by_shape;
    if (!wpb_settings_constant(config, "WP_REDIS_CONFIG", list, &value) ||
        value.type != WPB_CONFIG_ARRAY)
        return;
    array_address(value.array, "WP_REDIS_CONFIG", "password", list, site);
    site->redis.is_cluster = wpb_config_value_named(value.array, "cluster") != NULL ||
                             wpb_config_value_named(value.array, "servers") != NULL;
    site->redis.is_sentinel = wpb_config_value_named(value.array, "sentinels") != NULL;
}

static void kept_elsewhere(const char *file, struct wpb_unresolved_list *list,
                           struct wpb_site *site)
{
    site->flavour_note = by_shape;
    wpb_settings_unresolved(
        list, "redis address",
        wpb_arena_printf(list->arena, "%s/%s", site->content_dir, file), 0,
        "this version does not read that file; give --redis URI");
}

void wpb_redis_settings(const struct wpb_config *config,
                        const struct wpb_environment *environment,
                        struct wpb_unresolved_list *list, struct wpb_site *site)
{
    switch (site->flavour) {
    case WPB_FLAVOUR_REDIS_CACHE:
        redis_cache(config, environment, list, site);
        break;
    case WPB_FLAVOUR_WP_REDIS:
        wp_redis(config, environment, list, site);
        break;
    case WPB_FLAVOUR_OBJECT_CACHE_PRO:
        object_cache_pro(config, list, site);
        break;
    case WPB_FLAVOUR_LITESPEED:
        kept_elsewhere(".litespeed_conf.dat", list, site);
        break;
    case WPB_FLAVOUR_W3TC:
        kept_elsewhere("w3tc-config/master.php", list, site);
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
        if (is_defined(config, "WP_REDIS_HOST") || is_defined(config, "WP_REDIS_PATH"))
            constants_address(config, list, site);
        break;
    }
}
