#include "probes/wordpress/redis_servers.h"

#include <strings.h>

#include "probes/wordpress/connection.h"

#define REPLICAS_MAX 8

/* One entry, its parts still as they stand there. */
struct entry {
    struct wpb_connection settings;
    bool is_master; /* it says so */
};

static bool is_defined(const struct wpb_config *config, const char *name)
{
    struct wpb_config_value value;
    return wpb_config_constant(config, name, &value) != WPB_CONFIG_IS_ABSENT;
}

/* Which client PHP takes is not in the configuration when it names none; who gives no
 * host but servers means the one that reads them. */
static bool is_used(const struct wpb_config *config, struct wpb_unresolved_list *list)
{
    const char *client;

    if (!is_defined(config, "WP_REDIS_SERVERS") ||
        is_defined(config, "WP_REDIS_SENTINEL") || is_defined(config, "WP_REDIS_SHARDS"))
        return false;
    if (!is_defined(config, "WP_REDIS_CLIENT"))
        return !is_defined(config, "WP_REDIS_HOST") &&
               !is_defined(config, "WP_REDIS_PATH");
    client = wpb_settings_text(config, "WP_REDIS_CLIENT", list);
    return strcasecmp(client, "predis") == 0 || strcasecmp(client, "credis") == 0;
}

/* Take what stands before the first MARK off TEXT; all of it when there is none. */
static struct wpb_slice take(struct wpb_slice *text, char mark)
{
    const char *at = text->len ? memchr(text->data, mark, text->len) : NULL;
    struct wpb_slice head = at ? wpb_slice_head(*text, (size_t)(at - text->data)) : *text;

    *text = wpb_slice_skip(*text, head.len + (at != NULL));
    return head;
}

static void take_parameter(struct wpb_slice text, struct entry *entry)
{
    struct wpb_slice name = take(&text, '=');

    if (wpb_slice_is(name, "role") || wpb_slice_is(name, "alias"))
        entry->is_master |= wpb_slice_is(text, "master");
    else if (wpb_slice_is(name, "database"))
        entry->settings.database = wpb_config_value_string(text);
    else if (wpb_slice_is(name, "username"))
        entry->settings.user = wpb_config_value_string(text);
    else if (wpb_slice_is(name, "password"))
        entry->settings.password = wpb_config_value_string(text);
}

/* "user:password" before an '@'. */
static void take_login(struct wpb_slice *authority, struct entry *entry)
{
    struct wpb_slice rest = *authority, login;

    if (!memchr(rest.len ? rest.data : "", '@', rest.len))
        return;
    login = take(&rest, '@');
    struct wpb_slice user = take(&login, ':');
    if (user.len)
        entry->settings.user = wpb_config_value_string(user);
    if (login.len)
        entry->settings.password = wpb_config_value_string(login);
    *authority = rest;
}

static void read_uri(struct wpb_slice text, struct entry *entry)
{
    static const struct wpb_slice local = WPB_SLICE("unix:");
    struct wpb_slice place = take(&text, '?');

    while (text.len)
        take_parameter(take(&text, '&'), entry);
    if (wpb_slice_starts(place, local)) {
        entry->settings.host = wpb_config_value_string(place);
        return;
    }
    struct wpb_slice rest = place, scheme = take(&rest, ':');
    static const struct wpb_slice slashes = WPB_SLICE("//");
    if (wpb_slice_starts(rest, slashes)) {
        entry->settings.scheme = wpb_config_value_string(scheme);
        place = wpb_slice_skip(rest, slashes.len);
    }
    struct wpb_slice authority = take(&place, '/');
    if (place.len)
        entry->settings.database = wpb_config_value_string(place);
    take_login(&authority, entry);
    entry->settings.host = wpb_config_value_string(authority);
}

static struct wpb_config_value named(const struct wpb_config_array *array,
                                     const char *name)
{
    const struct wpb_config_element *found = wpb_config_value_named(array, name);
    return found ? found->value : wpb_config_value_null();
}

static void read_array(const struct wpb_config_array *array, struct wpb_arena *arena,
                       struct entry *entry)
{
    static const char *const marks[] = {"role", "alias"};
    struct wpb_slice mark;

    entry->settings = (struct wpb_connection){
        .scheme = named(array, "scheme"),
        .host = named(array, "host"),
        .port = named(array, "port"),
        .path = named(array, "path"),
        .database = named(array, "database"),
        .user = named(array, "username"),
        .password = named(array, "password"),
    };
    for (size_t i = 0; i < 2; i++)
        entry->is_master |= wpb_config_value_text(named(array, marks[i]), arena, &mark) &&
                            wpb_slice_is(mark, "master");
}

/* What the entry leaves out is as the other constants say. */
static bool read_entry(struct wpb_config_value value,
                       const struct wpb_redis_address *rest, struct wpb_arena *arena,
                       struct wpb_redis_address *address, bool *is_master)
{
    struct entry entry = {.is_master = false};
    struct wpb_slice text;

    if (value.type == WPB_CONFIG_ARRAY)
        read_array(value.array, arena, &entry);
    else if (wpb_config_value_text(value, arena, &text))
        read_uri(text, &entry);
    else
        return false;
    wpb_connection_address(&entry.settings, arena, address);
    if (entry.settings.database.type == WPB_CONFIG_NULL)
        address->database = rest->database;
    if (entry.settings.user.type == WPB_CONFIG_NULL && !address->user[0])
        address->user = rest->user;
    if (entry.settings.password.type == WPB_CONFIG_NULL)
        address->password = rest->password;
    *is_master = entry.is_master;
    return true;
}

static bool read_all(const struct wpb_config_array *array, struct wpb_arena *arena,
                     struct wpb_site *site)
{
    struct wpb_redis_address *all =
        wpb_arena_alloc(arena, (REPLICAS_MAX + 1) * sizeof(*all));
    size_t count = 0, master = 0;
    bool has_master = false, is_master;

    for (size_t i = 0; i < array->count && count <= REPLICAS_MAX; i++) {
        if (!read_entry(array->elements[i].value, &site->redis, arena, &all[count],
                        &is_master))
            return false;
        if (is_master && !has_master)
            master = count;
        has_master |= is_master;
        count++;
    }
    if (count == 0)
        return false;
    site->redis = all[master];
    all[master] = all[0]; /* its place is taken by the first */
    site->redis_replicas = all + 1;
    site->redis_replica_count = count - 1;
    return true;
}

bool wpb_redis_replication(struct wpb_config_value value, struct wpb_arena *arena,
                           struct wpb_site *site)
{
    return value.type == WPB_CONFIG_ARRAY && read_all(value.array, arena, site);
}

void wpb_redis_servers(const struct wpb_config *config, struct wpb_unresolved_list *list,
                       struct wpb_site *site)
{
    struct wpb_config_value value;

    if (!is_used(config, list))
        return;
    site->has_redis = wpb_settings_constant(config, "WP_REDIS_SERVERS", list, &value) &&
                      wpb_redis_replication(value, list->arena, site);
}

bool wpb_redis_seeds(struct wpb_config_value value, struct wpb_arena *arena,
                     struct wpb_redis_address *rest)
{
    struct wpb_redis_address *seeds =
        wpb_arena_alloc(arena, WPB_REDIS_SEEDS_MAX * sizeof(*seeds));
    struct wpb_redis_address none = *rest;
    size_t count = 0;
    bool is_master;

    if (value.type != WPB_CONFIG_ARRAY)
        return false;
    none.user = none.password = "";
    for (; count < value.array->count && count < WPB_REDIS_SEEDS_MAX; count++) {
        if (!read_entry(value.array->elements[count].value, &none, arena, &seeds[count],
                        &is_master))
            return false;
        if (seeds[count].scheme == WPB_REDIS_TCP && rest->scheme == WPB_REDIS_TLS)
            seeds[count].scheme = WPB_REDIS_TLS;
        seeds[count].is_cluster = rest->is_cluster;
        seeds[count].is_sentinel = rest->is_sentinel;
    }
    rest->seeds = seeds;
    rest->seed_count = count;
    return count > 0;
}
