#include "agent/command/sites.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/address.h"
#include "agent/base/log.h"
#include "agent/base/mysql_address.h"
#include "agent/command/cli.h"
#include "agent/command/site_pool.h"
#include "wpbloat/option.h"

#define PASSWORD_MAX 4096

/* The first line of PATH, a regular file. */
static int read_password(const char *path, const char *stage, struct wpb_arena *arena,
                         const char **password, struct wpb_err *err)
{
    char text[PASSWORD_MAX];
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t len;

    if (file < 0)
        return wpb_err_errno(err, errno, stage, "cannot open the password file %s", path);
    if (fstat(file, &status) || !S_ISREG(status.st_mode)) {
        close(file);
        return wpb_err_set(err, WPB_E_ARGUMENT, stage,
                           "the password file %s is not a regular file", path);
    }
    if (status.st_mode & S_IROTH)
        wpb_log(WPB_LOG_WARNING, "everybody on this host can read %s; chmod 600 it",
                path);
    len = read(file, text, sizeof(text) - 1);
    close(file);
    if (len <= 0)
        return wpb_err_set(err, WPB_E_ARGUMENT, stage, "the password file %s is empty",
                           path);
    text[len] = '\0';
    *password = wpb_arena_cstr(arena, wpb_slice_of(text, strcspn(text, "\r\n")));
    return 0;
}

struct wpb_site wpb_site_ad_hoc(const char *name)
{
    return (struct wpb_site){.name = name,
                             .owner = "",
                             .path = "",
                             .config_file = "",
                             .content_dir = "",
                             .plugin_dir = "",
                             .mu_plugin_dir = "",
                             .theme_dir = "",
                             .wp_version = "",
                             .table_prefix = "wp_",
                             .is_table_prefix_guessed = true,
                             .db_name = "",
                             .db_host = "",
                             .db_charset = "",
                             .flavour_version = "",
                             .flavour_note = "read by shape",
                             .key_prefix = "",
                             .memory_limit_source = ""};
}

static void make_ad_hoc_site(const struct wpb_site_selection *selection,
                             struct wpb_arena *arena, struct wpb_selected_sites *selected)
{
    const char *name = selection->rdb_file    ? "rdb"
                       : selection->redis_uri ? "redis"
                                              : "mysql";

    selected->sites = wpb_arena_alloc(arena, sizeof(*selected->sites));
    selected->sites[0] = wpb_site_ad_hoc(name);
    if (!selection->rdb_file && !selection->redis_uri)
        selected->sites[0].flavour_note = "";
    selected->count = 1;
    selected->looked_in = "";
}

void wpb_selected_add_coverage(struct wpb_selected_sites *selected, const char *site,
                               enum wpb_coverage_status status, const char *reason)
{
    selected->coverage[selected->coverage_count++] =
        (struct wpb_coverage){.probe = "wordpress.config",
                              .site = site,
                              .status = status,
                              .reason = reason,
                              .unit = "sites"};
}

/* Why SITE has no Redis to look at; "" when it has one. */
static const char *without_redis(const struct wpb_site *site)
{
    if (site->has_redis || site->rdb_file || !*site->path)
        return "";
    if (site->flavour == WPB_FLAVOUR_NONE)
        return "no object-cache drop-in (wp-content/object-cache.php is absent): "
               "nothing of this site is kept in Redis";
    if (site->flavour == WPB_FLAVOUR_DOCKET)
        return "Docket Cache keeps its entries in files, not in Redis";
    /* These two have a file of their own, which may say that it is another store. */
    if ((site->flavour == WPB_FLAVOUR_LITESPEED || site->flavour == WPB_FLAVOUR_W3TC) &&
        site->flavour_note[0])
        return site->flavour_note;
    return "where its Redis is could not be read from its configuration; give --redis "
           "URI together with the path";
}

/* Why SITE has no database to look at; "" when it has one. */
static const char *without_mysql(const struct wpb_site *site)
{
    if (site->has_mysql || !*site->path)
        return "";
    return "where its database is could not be read from its configuration; give --mysql "
           "URI together with the path";
}

/* Why SITE's requests are not seen; "" when its pool is known. */
static const char *without_pool(const struct wpb_site *site)
{
    return site->pool_name && *site->pool_name ? ""
           : site->pool_reason                 ? site->pool_reason
                                               : "";
}

static int find_sites(const struct wpb_site_selection *selection, struct wpb_arena *arena,
                      struct wpb_selected_sites *selected, struct wpb_err *err)
{
    struct wpb_discovery_places places = {
        .paths = selection->path_count ? selection->paths : NULL};
    struct wpb_discovery found = {0};

    if (wpb_discover(&places, arena, &found, err))
        return -1;
    selected->looked_in = found.looked_in ? found.looked_in : "";
    selected->sites =
        wpb_arena_alloc(arena, (found.site_count + 1) * sizeof(*selected->sites));
    selected->coverage = wpb_arena_alloc(
        arena, (WPB_SITE_COVERAGE_MAX * found.site_count + found.failure_count + 1) *
                   sizeof(*selected->coverage));
    for (size_t i = 0; i < found.site_count; i++)
        selected->sites[selected->count++] = found.sites[i];
    for (size_t i = 0; i < found.failure_count; i++)
        wpb_selected_add_coverage(selected, found.failures[i].path,
                                  WPB_COVERAGE_UNAVAILABLE, found.failures[i].reason);
    return 0;
}

static bool is_named(const struct wpb_site_selection *selection, const char *name)
{
    for (size_t i = 0; i < selection->name_count; i++) {
        if (strcmp(selection->names[i], name) == 0)
            return true;
    }
    return selection->name_count == 0;
}

static int refuse_name(const struct wpb_selected_sites *selected, struct wpb_slice name,
                       struct wpb_err *err)
{
    char found[160] = "";

    for (size_t i = 0; i < selected->count; i++)
        snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s",
                 i ? ", " : "", selected->sites[i].name);
    return wpb_err_set(
        err, WPB_E_ARGUMENT, "sites", "no site is called '%.*s'; found: %s",
        (int)(name.len < 60 ? name.len : 60), name.data, found[0] ? found : "none");
}

/* Keep the sites that --site names; each name must be there. */
static int keep_named(const struct wpb_site_selection *selection,
                      struct wpb_selected_sites *selected, struct wpb_err *err)
{
    size_t kept = 0;

    for (size_t n = 0; n < selection->name_count; n++) {
        bool is_there = false;
        for (size_t i = 0; i < selected->count; i++)
            is_there |= strcmp(selected->sites[i].name, selection->names[n]) == 0;
        if (!is_there)
            return refuse_name(selected, wpb_slice_cstr(selection->names[n]), err);
    }
    for (size_t i = 0; i < selected->count; i++) {
        if (is_named(selection, selected->sites[i].name))
            selected->sites[kept++] = selected->sites[i];
    }
    selected->count = kept;
    return 0;
}

/* What the command line says of the database of SITE. */
static int apply_mysql(const struct wpb_site_selection *selection, const char *password,
                       struct wpb_arena *arena, struct wpb_site *site,
                       struct wpb_err *err)
{
    if (selection->mysql_uri) {
        if (wpb_mysql_address_parse(selection->mysql_uri, arena, &site->mysql, err))
            return -1;
        site->has_mysql = true;
    }
    if (password)
        site->mysql.password = password;
    if (selection->table_prefix)
        site->table_prefix = selection->table_prefix;
    site->is_table_prefix_guessed &= !selection->table_prefix;
    if (selection->mysql_replica_uri && site->has_mysql) {
        if (wpb_mysql_address_parse(selection->mysql_replica_uri, arena,
                                    &site->mysql_replica, err))
            return -1;
        site->has_mysql_replica = true;
        site->mysql_replica.is_replica = true;
        site->mysql_replica.schema = site->mysql.schema;
        site->mysql_replica.password = site->mysql.password;
        if (!*site->mysql_replica.user)
            site->mysql_replica.user = site->mysql.user;
    }
    return 0;
}

/* Its replica holds the same databases, and mostly asks for the same password. */
static int apply_redis_replica(const char *uri, struct wpb_arena *arena,
                               struct wpb_site *site, struct wpb_err *err)
{
    struct wpb_redis_address *replica = wpb_arena_alloc(arena, sizeof(*replica));

    if (wpb_redis_address_parse(uri, arena, replica, err))
        return -1;
    if (replica->is_sentinel || replica->is_cluster)
        return wpb_err_set(err, WPB_E_ARGUMENT, "redis",
                           "a replica is one server: write redis://HOST:PORT");
    replica->database = site->redis.database;
    replica->password = site->redis.password;
    if (!replica->user[0])
        replica->user = site->redis.user;
    site->redis_replicas = replica;
    site->redis_replica_count = 1;
    return 0;
}

static void set_memory_limit(struct wpb_site *site, uint64_t bytes)
{
    site->memory_limit_bytes = bytes;
    site->memory_limit_source = "--memory-limit";
}

int wpb_site_apply(const struct wpb_site_selection *selection, const char *redis_password,
                   const char *mysql_password, struct wpb_arena *arena,
                   struct wpb_site *site, struct wpb_err *err)
{
    if (selection->redis_uri) {
        if (wpb_redis_address_parse(selection->redis_uri, arena, &site->redis, err))
            return -1;
        site->has_redis = true;
        site->redis_replica_count = 0;
    }
    if (apply_mysql(selection, mysql_password, arena, site, err))
        return -1;
    if (selection->fpm && wpb_site_pool_at(site, selection->fpm, arena, err))
        return -1;
    site->rdb_file = selection->rdb_file;
    if (redis_password)
        site->redis.password = redis_password;
    if (selection->redis_replica_uri && site->has_redis &&
        apply_redis_replica(selection->redis_replica_uri, arena, site, err))
        return -1;
    if (selection->key_prefix) {
        site->key_prefix = selection->key_prefix;
        site->key_prefix_len = strlen(selection->key_prefix);
        site->has_key_prefix = true;
    }
    if (selection->memory_limit_bytes) {
        set_memory_limit(site, selection->memory_limit_bytes);
        if (selection->memory_limit_source)
            site->memory_limit_source = selection->memory_limit_source;
    }
    return 0;
}

static int apply_memory_limits(const struct wpb_site_selection *selection,
                               struct wpb_arena *arena,
                               struct wpb_selected_sites *selected, struct wpb_err *err)
{
    for (size_t n = 0; n < selection->memory_limit_count; n++) {
        const struct wpb_site_limit *limit = &selection->memory_limits[n];
        const char *name = wpb_arena_cstr(arena, limit->site);
        char *folder = realpath(name, NULL);
        bool is_there = false;
        for (size_t i = 0; i < selected->count; i++) {
            struct wpb_site *site = &selected->sites[i];
            if (strcmp(site->name, name) != 0 && strcmp(site->path, name) != 0 &&
                (!folder || strcmp(site->path, folder) != 0))
                continue;
            is_there = true;
            set_memory_limit(site, limit->bytes);
        }
        free(folder);
        if (!is_there)
            return refuse_name(selected, limit->site, err);
    }
    return 0;
}

static int apply_options(const struct wpb_site_selection *selection,
                         struct wpb_arena *arena, struct wpb_selected_sites *selected,
                         struct wpb_err *err)
{
    const char *password = NULL, *mysql_password = NULL;

    if (selection->redis_password_file &&
        read_password(selection->redis_password_file, "redis", arena, &password, err))
        return -1;
    if (selection->mysql_password_file &&
        read_password(selection->mysql_password_file, "mysql", arena, &mysql_password,
                      err))
        return -1;
    for (size_t i = 0; i < selected->count; i++) {
        if (wpb_site_apply(selection, password, mysql_password, arena,
                           &selected->sites[i], err))
            return -1;
    }
    return apply_memory_limits(selection, arena, selected, err);
}

int wpb_select_memory_limit(struct wpb_site_selection *selection, const char *argument)
{
    const char *equals = strrchr(argument, '=');
    struct wpb_site_limit *limit =
        &selection->memory_limits[selection->memory_limit_count];
    uint64_t bytes;
    struct wpb_err err = {0};

    if (wpb_option_bytes(wpb_slice_cstr(equals ? equals + 1 : argument), &bytes, &err) ||
        bytes == 0)
        return wpb_cli_error(
            "--memory-limit takes a size such as 128M, or SITE=128M, not '%s'", argument);
    if (!equals) {
        selection->memory_limit_bytes = bytes;
        return 0;
    }
    if (selection->memory_limit_count == WPB_PATHS_MAX)
        return wpb_cli_error("at most %d sites", WPB_PATHS_MAX);
    *limit = (struct wpb_site_limit){
        .site = wpb_slice_of(argument, (size_t)(equals - argument)), .bytes = bytes};
    selection->memory_limit_count++;
    return 0;
}

void wpb_selected_say_blind(struct wpb_selected_sites *selected, struct wpb_arena *arena)
{
    for (size_t i = 0; selected->coverage && i < selected->count; i++) {
        const struct wpb_site *site = &selected->sites[i];
        if (site->unresolved_count)
            wpb_selected_add_coverage(
                selected, site->name, WPB_COVERAGE_PARTIAL,
                wpb_arena_printf(arena,
                                 "%zu entries of its configuration could not "
                                 "be followed to a value; see unresolved",
                                 site->unresolved_count));
        if (*without_redis(site))
            wpb_selected_add_coverage(selected, site->name,
                                      site->flavour == WPB_FLAVOUR_NONE ||
                                              site->flavour == WPB_FLAVOUR_DOCKET
                                          ? WPB_COVERAGE_SKIPPED
                                          : WPB_COVERAGE_UNAVAILABLE,
                                      without_redis(site));
        if (*without_mysql(site))
            wpb_selected_add_coverage(selected, site->name, WPB_COVERAGE_UNAVAILABLE,
                                      without_mysql(site));
        if (*without_pool(site))
            wpb_selected_add_coverage(selected, site->name, WPB_COVERAGE_SKIPPED,
                                      without_pool(site));
    }
}

int wpb_select_named(struct wpb_site_selection *selection, const char *site)
{
    if (selection->name_count == WPB_PATHS_MAX || selection->path_count == WPB_PATHS_MAX)
        return wpb_cli_error("at most %d sites", WPB_PATHS_MAX);
    if (strchr(site, '/'))
        selection->paths[selection->path_count++] = site;
    else
        selection->names[selection->name_count++] = site;
    return 0;
}

int wpb_select_sites(const struct wpb_site_selection *selection, struct wpb_arena *arena,
                     struct wpb_selected_sites *selected, struct wpb_err *err)
{
    bool is_elsewhere =
        selection->redis_uri || selection->rdb_file || selection->mysql_uri;

    *selected = (struct wpb_selected_sites){.looked_in = ""};
    if (is_elsewhere && !selection->path_count && !selection->name_count)
        make_ad_hoc_site(selection, arena, selected);
    else if (find_sites(selection, arena, selected, err))
        return -1;
    if (keep_named(selection, selected, err) ||
        apply_options(selection, arena, selected, err))
        return -1;
    wpb_selected_say_blind(selected, arena);
    return 0;
}
