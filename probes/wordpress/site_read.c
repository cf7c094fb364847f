#include "probes/wordpress/site_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "agent/base/mysql_address.h"
#include "probes/wordpress/config_eval.h"
#include "probes/wordpress/dropin.h"
#include "probes/wordpress/file.h"
#include "probes/wordpress/path.h"
#include "probes/wordpress/memory_limit.h"
#include "probes/wordpress/pool_choice.h"
#include "probes/wordpress/redis_settings.h"

#define VERSION_FILE_MAX ((size_t)65536)

/* --- how the evaluation sees the file system --- */

struct outside {
    const char *root;
    uid_t owner; /* of the wp-config.php */
    const struct wpb_environment *environment;
};

static int outside_read(void *cookie, const char *path, bool is_secret,
                        struct wpb_arena *arena, struct wpb_slice *bytes,
                        struct wpb_err *err)
{
    const struct outside *outside = cookie;
    return wpb_file_read(wpb_path_rooted(arena, outside->root, path), WPB_FILE_CONFIG_MAX,
                         outside->owner, is_secret, arena, bytes, NULL, err);
}

static bool outside_exists(void *cookie, const char *path)
{
    const struct outside *outside = cookie;
    struct wpb_arena *arena = wpb_arena_new();
    if (!arena)
        return false;
    bool exists = wpb_file_exists(wpb_path_rooted(arena, outside->root, path));
    wpb_arena_free(arena);
    return exists;
}

static enum wpb_config_truth outside_environment(void *cookie, struct wpb_slice name,
                                                 struct wpb_slice *value)
{
    const struct outside *outside = cookie;
    const struct wpb_variable *variable =
        wpb_environment_find(outside->environment, name);
    if (variable) {
        *value = variable->value;
        return variable->is_known ? WPB_CONFIG_TRUE : WPB_CONFIG_UNKNOWN;
    }
    return outside->environment->is_complete ? WPB_CONFIG_FALSE : WPB_CONFIG_UNKNOWN;
}

/* --- the environment --- */

/* FOLDER/.env and what .env.local overrides. True when there is one. */
static bool read_dotenv(const char *folder, uid_t owner,
                        struct wpb_failure_list *failures,
                        struct wpb_environment *environment)
{
    struct wpb_arena *arena = environment->arena;
    const char *const names[] = {".env", ".env.local"};
    struct wpb_environment own;
    bool was_read = false;

    wpb_environment_init(&own, arena);
    for (size_t i = 0; i < 2; i++) {
        const char *path = wpb_path_join(arena, folder, names[i]);
        struct wpb_slice bytes;
        struct wpb_err err;
        if (!wpb_file_exists(path))
            continue;
        if (wpb_file_read(path, WPB_FILE_CONFIG_MAX, owner, false, arena, &bytes, NULL,
                          &err)) {
            wpb_failure_add_err(failures, path, &err);
            continue;
        }
        wpb_environment_dotenv(&own, bytes, true);
        was_read = true;
    }
    /* phpdotenv leaves alone what the process has: the pool's variables stay. */
    for (size_t i = 0; i < own.count; i++)
        wpb_environment_set(environment, own.variables[i].name, own.variables[i].value,
                            own.variables[i].is_known, false);
    environment->is_complete = environment->is_complete || was_read;
    return was_read;
}

static void read_environment(const struct wpb_place *place, uid_t owner,
                             const struct wpb_pool *const *matches, size_t match_count,
                             struct wpb_failure_list *failures,
                             struct wpb_environment *environment)
{
    struct wpb_arena *scratch = environment->arena;
    const char *folder = wpb_path_parent(scratch, place->config_file);

    if (match_count == 1) {
        const struct wpb_environment *pool = &matches[0]->environment;
        for (size_t i = 0; i < pool->count; i++)
            wpb_environment_set(environment, pool->variables[i].name,
                                pool->variables[i].value, pool->variables[i].is_known,
                                false);
    }
    if (read_dotenv(folder, owner, failures, environment))
        return;
    read_dotenv(wpb_path_parent(scratch, folder), owner, failures, environment);
}

/* --- the pool --- */

/* The name of UID in ROOT/etc/passwd, "" when it has none there. Not getpwuid(): that
 * may ask a directory over the network. */
static const char *user_name(const char *root, uid_t uid, struct wpb_arena *arena)
{
    struct wpb_slice bytes, line;
    const char *path = wpb_arena_printf(arena, "%s/etc/passwd", root);

    if (wpb_file_read(path, WPB_FILE_CONFIG_MAX, WPB_FILE_ANY_OWNER, false, arena, &bytes,
                      NULL, NULL))
        return "";
    while (bytes.len) {
        const char *end = memchr(bytes.data, '\n', bytes.len);
        line = end ? wpb_slice_head(bytes, (size_t)(end - bytes.data)) : bytes;
        bytes = wpb_slice_skip(bytes, line.len + 1);
        char name[64];
        unsigned long number;
        const char *text = wpb_arena_cstr(arena, wpb_slice_head(line, 200));
        if (sscanf(text, "%63[^:]:%*[^:]:%lu:", name, &number) == 2 && number == uid)
            return wpb_arena_printf(arena, "%s", name);
    }
    return "";
}

/* --- the site --- */

static int read_config(const struct wpb_place *place, struct wpb_arena *scratch,
                       struct wpb_failure_list *failures, struct wpb_slice *bytes,
                       uid_t *owner)
{
    struct stat link;
    struct wpb_err err;
    uid_t asker = WPB_FILE_ANY_OWNER;

    /* Who made a link does not own what it leads to. */
    if (lstat(place->config_file, &link) == 0 && S_ISLNK(link.st_mode))
        asker = link.st_uid;
    if (wpb_file_read(place->config_file, WPB_FILE_CONFIG_MAX, asker, false, scratch,
                      bytes, owner, &err) == 0)
        return 0;
    wpb_failure_add_err(failures, place->config_file, &err);
    return -1;
}

static const char *read_version(const struct wpb_place *place, struct wpb_arena *arena,
                                struct wpb_arena *scratch)
{
    struct wpb_environment nothing = {.is_complete = false};
    struct outside outside = {"", WPB_FILE_ANY_OWNER, &nothing};
    struct wpb_config_reader reader = {&outside, outside_read, outside_exists,
                                       outside_environment};
    const char *path = wpb_path_join(arena, place->code_dir, "wp-includes/version.php");
    const char *version = "";
    struct wpb_config_value value;
    struct wpb_slice bytes;

    if (wpb_file_read(path, VERSION_FILE_MAX, WPB_FILE_ANY_OWNER, false, scratch, &bytes,
                      NULL, NULL))
        return "";
    struct wpb_config *config = wpb_config_new(&reader);
    if (!config)
        return "";
    wpb_config_eval(config, path, bytes);
    if (wpb_config_variable(config, "wp_version", &value) == WPB_CONFIG_IS_KNOWN &&
        value.type == WPB_CONFIG_STRING && value.text.len < 32)
        version = wpb_arena_cstr(arena, value.text);
    wpb_config_free(config);
    return version;
}

/* The folder that constant NAME gives, else BASE/FALLBACK; "" when it is unresolved. */
static const char *folder(const struct wpb_config *config, const char *root,
                          const char *name, const char *base, const char *fallback,
                          struct wpb_unresolved_list *list)
{
    struct wpb_config_value value;
    if (wpb_config_constant(config, name, &value) == WPB_CONFIG_IS_ABSENT)
        return *base ? wpb_path_join(list->arena, base, fallback) : "";
    const char *path = wpb_settings_text(config, name, list);
    if (!*path)
        return "";
    return wpb_path_clean(list->arena, wpb_path_rooted(list->arena, root, path));
}

static const char *if_directory(const char *path)
{
    return *path && wpb_file_is_directory(path) ? path : "";
}

static void read_folders(const struct wpb_config *config, const char *root,
                         struct wpb_unresolved_list *list, struct wpb_site *site)
{
    site->content_dir =
        folder(config, root, "WP_CONTENT_DIR", site->path, "wp-content", list);
    site->plugin_dir = if_directory(
        folder(config, root, "WP_PLUGIN_DIR", site->content_dir, "plugins", list));
    site->mu_plugin_dir = if_directory(
        folder(config, root, "WPMU_PLUGIN_DIR", site->content_dir, "mu-plugins", list));
    site->theme_dir =
        *site->content_dir
            ? if_directory(wpb_path_join(list->arena, site->content_dir, "themes"))
            : "";
}

/* As is_multisite() of WordPress. */
static bool read_multisite(const struct wpb_config *config,
                           struct wpb_unresolved_list *list)
{
    static const char *const others[] = {"SUBDOMAIN_INSTALL", "VHOST", "SUNRISE"};
    struct wpb_config_value value;

    if (wpb_settings_constant(config, "MULTISITE", list, &value))
        return wpb_config_value_truth(value) == WPB_CONFIG_TRUE;
    if (wpb_config_constant(config, "MULTISITE", &value) != WPB_CONFIG_IS_ABSENT)
        return false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (wpb_config_constant(config, others[i], &value) == WPB_CONFIG_IS_KNOWN)
            return true;
    }
    return false;
}

/* MYSQL_CLIENT_FLAGS & MYSQLI_CLIENT_SSL (2048). */
static bool asks_for_tls(const struct wpb_config *config,
                         struct wpb_unresolved_list *list)
{
    struct wpb_config_value value;
    struct wpb_slice text;

    if (!wpb_settings_constant(config, "MYSQL_CLIENT_FLAGS", list, &value) ||
        !wpb_config_value_text(value, list->arena, &text))
        return false;
    return (strtoull(wpb_arena_cstr(list->arena, text), NULL, 10) & 2048) != 0;
}

static void read_database(const struct wpb_config *config,
                          struct wpb_unresolved_list *list, struct wpb_site *site)
{
    struct wpb_config_value value;
    struct wpb_slice text;

    site->db_name = wpb_settings_text(config, "DB_NAME", list);
    site->db_host = wpb_settings_text(config, "DB_HOST", list);
    wpb_mysql_address_of_wpdb(site->db_host, list->arena, &site->mysql);
    site->mysql.schema = site->db_name;
    site->mysql.user = wpb_settings_text(config, "DB_USER", list);
    site->mysql.password = wpb_settings_text(config, "DB_PASSWORD", list);
    site->mysql.is_encrypted = asks_for_tls(config, list);
    site->has_mysql = *site->db_host && *site->db_name && *site->mysql.user;
    site->db_charset = wpb_settings_text(config, "DB_CHARSET", list);
    if (wpb_settings_variable(config, "table_prefix", list, &value) &&
        wpb_config_value_text(value, list->arena, &text))
        site->table_prefix = wpb_arena_cstr(list->arena, text);
}

static void read_dropin(const struct wpb_settings_source *source,
                        struct wpb_failure_list *failures, struct wpb_site *site)
{
    struct wpb_unresolved_list *list = source->list;
    struct wpb_dropin dropin = {WPB_FLAVOUR_UNKNOWN, ""};
    struct wpb_err err;

    if (*site->content_dir &&
        wpb_dropin_read(site->content_dir, list->arena, &dropin, &err))
        wpb_failure_add_err(
            failures, wpb_path_join(list->arena, site->content_dir, "object-cache.php"),
            &err);
    site->flavour = dropin.flavour;
    site->flavour_version = dropin.version;
    wpb_redis_settings(source, site);
}

/* What the evaluation could not follow: a broken file is a failure, the rest is
 * unresolved. */
static void report_problems(const struct wpb_config *config,
                            struct wpb_unresolved_list *list,
                            struct wpb_failure_list *failures)
{
    static const char *const names[] = {
        [WPB_CONFIG_SYNTAX] = "(what follows)",
        [WPB_CONFIG_INCLUDE] = "(include)",
        [WPB_CONFIG_DYNAMIC] = "(computed names)",
        [WPB_CONFIG_OVERBUDGET] = "(what follows)",
    };
    size_t count;
    const struct wpb_config_problem *problems = wpb_config_problems(config, &count);

    for (size_t i = 0; i < count; i++) {
        const struct wpb_config_problem *problem = &problems[i];
        wpb_settings_unresolved(list, names[problem->type], problem->file, problem->line,
                                problem->what);
        if (problem->type == WPB_CONFIG_SYNTAX || problem->type == WPB_CONFIG_OVERBUDGET)
            wpb_failure_add(failures, problem->file,
                            wpb_arena_printf(list->arena,
                                             "%s:%u: %s; what stands before it is used, "
                                             "run php -l on the file",
                                             problem->file, problem->line,
                                             problem->what));
    }
}

static struct wpb_config *evaluate(const struct wpb_place *place, struct wpb_slice bytes,
                                   const char *root, struct outside *outside,
                                   struct wpb_arena *arena)
{
    struct wpb_config_reader reader = {outside, outside_read, outside_exists,
                                       outside_environment};
    struct wpb_config *config = wpb_config_new(&reader);
    size_t root_len = strlen(root);

    if (!config)
        return NULL;
    wpb_config_define(config, "ABSPATH", wpb_arena_printf(arena, "%s/", place->code_dir));
    wpb_config_define(config, "MYSQLI_CLIENT_SSL", "2048");
    /* Debian picks this file by the request's host: each host is a site of its own. */
    if (*place->host_file)
        wpb_config_pin(config, "debian_file", place->host_file + root_len);
    wpb_config_eval(config, place->config_file, bytes);
    return config;
}

/* All that comes out of the evaluated configuration. */
static void fill_site(const struct wpb_config *config, const char *root,
                      const struct wpb_environment *environment,
                      const struct wpb_pool *const *matches, size_t match_count,
                      struct wpb_failure_list *failures, struct wpb_site *site)
{
    struct wpb_unresolved_list list = {.arena = failures->arena};
    struct wpb_settings_source source = {config, environment, root, &list};

    site->is_multisite = read_multisite(config, &list);
    read_database(config, &list, site);
    read_folders(config, root, &list, site);
    read_dropin(&source, failures, site);
    wpb_memory_limit_read(config, matches, match_count, &list, site);
    report_problems(config, &list, failures);
    site->unresolved = list.items;
    site->unresolved_count = list.count;
}

static struct wpb_site empty_site(const struct wpb_place *place)
{
    return (struct wpb_site){
        .name = "",
        .owner = "",
        .path = place->code_dir,
        .config_file = *place->host_file ? place->host_file : place->config_file,
        .content_dir = "",
        .plugin_dir = "",
        .mu_plugin_dir = "",
        .theme_dir = "",
        .wp_version = "",
        .table_prefix = "",
        .db_name = "",
        .db_host = "",
        .db_charset = "",
        .mysql = {.host = "", .path = "", .schema = "", .user = "", .password = ""},
        .flavour_version = "",
        .flavour_note = "",
        .key_prefix = "",
        .memory_limit_source = "",
        .pool_name = "",
        .pool_file = "",
        .pool_reason = "",
        .redis = {.host = "", .path = "", .user = "", .password = ""}};
}

/* The pools that may serve the site: only the one that does, when that is known. */
static size_t find_pool(const char *root, const char *path, const char *owner,
                        const struct wpb_pools *pools, struct wpb_arena *arena,
                        const struct wpb_pool **matches, struct wpb_site *site)
{
    size_t count = wpb_pools_match(pools, path, owner, matches);
    const struct wpb_pool *pool =
        wpb_pool_choice(root, matches, count, path, owner, arena, &site->pool_reason);

    if (!pool)
        return count;
    site->pool_name = pool->name;
    site->pool_file = pool->file;
    matches[0] = pool;
    return 1;
}

/* PATH as PHP on that root names it. */
static const char *visible_path(const char *root, const char *path)
{
    size_t len = strlen(root);
    return strncmp(path, root, len) == 0 ? path + len : path;
}

int wpb_site_read(const char *root, const struct wpb_place *place,
                  const struct wpb_pools *pools, struct wpb_arena *arena,
                  struct wpb_failure_list *failures, struct wpb_site *site)
{
    const struct wpb_pool *matches[WPB_POOLS_MAX];
    struct wpb_arena *scratch = wpb_arena_new();
    struct wpb_environment environment;
    struct outside outside = {root, 0, &environment};
    struct wpb_config *config = NULL;
    struct wpb_slice bytes;
    int status = -1;

    *site = empty_site(place);
    if (!scratch) {
        wpb_failure_add(failures, place->config_file, "no memory to read it");
        return -1;
    }
    if (read_config(place, scratch, failures, &bytes, &outside.owner))
        goto out_scratch;
    size_t match_count =
        find_pool(root, visible_path(root, place->code_dir),
                  user_name(root, outside.owner, scratch), pools, arena, matches, site);
    wpb_environment_init(&environment, scratch);
    read_environment(place, outside.owner, matches, match_count, failures, &environment);

    config = evaluate(place, bytes, root, &outside, scratch);
    if (!config) {
        wpb_failure_add(failures, place->config_file, "no memory to evaluate it");
        goto out_scratch;
    }
    site->wp_version = read_version(place, arena, scratch);
    fill_site(config, root, &environment, matches, match_count, failures, site);
    status = 0;
    wpb_config_free(config);
out_scratch:
    wpb_arena_free(scratch);
    return status;
}
