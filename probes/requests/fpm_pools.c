#include "probes/requests/fpm_pools.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probes/requests/fpm_processes.h"
#include "probes/wordpress/file.h"
#include "probes/wordpress/path.h"
#include "probes/wordpress/pool.h"

/* FPM_BACKLOG_DEFAULT, sapi/fpm/fpm/fpm_sockets.h. */
#define BACKLOG_DEFAULT 511
/* sapi/fpm/fpm/fpm_conf.c. */
#define ACCESS_FORMAT_DEFAULT "%R - %u %t \"%m %r\" %s"

uint64_t wpb_fpm_seconds(const char *text)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;

    if (*text < '0' || *text > '9' || strlen(text) > 9)
        return 0;
    uint64_t number = strtoul(text, &end, 10);
    if (*end == '\0')
        return number;
    for (size_t i = 0; end[1] == '\0' && i < sizeof units / sizeof units[0]; i++) {
        if (*end == units[i].unit)
            return number * units[i].seconds;
    }
    return 0;
}

/* As PHP's ini scanner reads a switch. */
static bool is_on(const char *text)
{
    return strcasecmp(text, "yes") == 0 || strcasecmp(text, "on") == 0 ||
           strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

/* ---- from files ---- */

static enum wpb_fpm_manager manager_of(const char *word)
{
    if (strcmp(word, "static") == 0)
        return WPB_FPM_STATIC;
    if (strcmp(word, "dynamic") == 0)
        return WPB_FPM_DYNAMIC;
    return strcmp(word, "ondemand") == 0 ? WPB_FPM_ONDEMAND : WPB_FPM_MANAGER_UNKNOWN;
}

/* What FPM's relative paths of a pool are below. */
static const char *prefix_of(const struct wpb_pool *pool, struct wpb_arena *arena)
{
    if (*pool->prefix == '/')
        return pool->prefix;
    return *pool->prefix ? wpb_path_join(arena, pool->fpm_prefix, pool->prefix)
                         : pool->fpm_prefix;
}

static const char *absolute(const char *path, const char *prefix, struct wpb_arena *arena)
{
    return *path == '\0' || *path == '/' ? path : wpb_path_join(arena, prefix, path);
}

static void set_max_children(const struct wpb_pool_service *service,
                             struct wpb_arena *arena, struct wpb_fpm_pool *pool)
{
    char *end;
    unsigned long number = strtoul(service->max_children, &end, 10);

    if (*service->max_children < '0' || *service->max_children > '9' || *end ||
        number > INT32_MAX || number == 0)
        return;
    pool->max_children = (uint32_t)number;
    pool->max_children_source =
        wpb_arena_printf(arena, "pm.max_children in %s:%u", service->max_children_file,
                         service->max_children_line);
}

static int64_t backlog_of(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (*text == '\0' || *end || number < -1 || number > INT32_MAX)
        return BACKLOG_DEFAULT;
    return number;
}

static void set_addresses(const struct wpb_pool_service *service, const char *prefix,
                          struct wpb_arena *arena, struct wpb_fpm_pool *pool)
{
    struct wpb_err err;

    if (wpb_listen_address_parse(service->listen, prefix, arena, &pool->listen, &err) !=
        0)
        pool->listen_problem = wpb_arena_printf(arena, "%s", err.message);
    if (*service->status_listen)
        wpb_listen_address_parse(service->status_listen, prefix, arena,
                                 &pool->status_listen, NULL);
}

static const char *error_log_of(const char *text, const char *prefix,
                                struct wpb_arena *arena)
{
    return strcmp(text, "syslog") == 0 ? text : absolute(text, prefix, arena);
}

static const char *fpm_log_of(const struct wpb_pool *from, struct wpb_arena *arena)
{
    const char *prefix = from->fpm_prefix;

    if (strcmp(from->fpm_log, "syslog") == 0)
        return from->fpm_log;
    /* FPM's default, and what its relative path is below: localstatedir. */
    if (strcmp(prefix, "/usr") == 0)
        prefix = "/var";
    else
        prefix = wpb_path_join(arena, prefix, "var");
    return absolute(*from->fpm_log ? from->fpm_log : "log/php-fpm.log", prefix, arena);
}

static void add_from_file(const struct wpb_pool *from, uid_t owner,
                          struct wpb_arena *arena, struct wpb_fpm_pools *pools)
{
    const struct wpb_pool_service *service = &from->service;
    const char *prefix = prefix_of(from, arena);

    if (pools->count == WPB_FPM_POOLS_MAX) {
        pools->left_out++;
        return;
    }
    struct wpb_fpm_pool *pool = &pools->items[pools->count++];
    *pool = (struct wpb_fpm_pool){
        .name = from->name,
        .label = from->name,
        .config = from->master,
        .file = from->file,
        .php_version = from->php_version,
        .owner = owner,
        .listen_problem = "",
        .backlog = backlog_of(service->backlog),
        .manager = manager_of(service->manager),
        .max_children_source = "",
        .status_path = service->status_path,
        .access_log = absolute(service->access_log, prefix, arena),
        .access_format =
            *service->access_format ? service->access_format : ACCESS_FORMAT_DEFAULT,
        .slow_log = absolute(service->slow_log, prefix, arena),
        .slow_timeout_s = wpb_fpm_seconds(service->slow_timeout),
        .error_log = error_log_of(service->error_log, prefix, arena),
        .ini_error_log = error_log_of(from->ini_error_log, prefix, arena),
        .fpm_log = fpm_log_of(from, arena),
        .catches_output = is_on(service->catches_output),
        .sections = from->sections,
        .problem = ""};
    set_addresses(service, prefix, arena, pool);
    set_max_children(service, arena, pool);
}

/* ---- from processes ---- */

static bool has_config(const struct wpb_fpm_pools *pools, const char *config)
{
    for (size_t i = 0; i < pools->count; i++) {
        if (strcmp(pools->items[i].config, config) == 0)
            return true;
    }
    return false;
}

static struct wpb_fpm_pool *pool_of(struct wpb_fpm_pools *pools, const char *config,
                                    const char *name)
{
    for (size_t i = 0; i < pools->count; i++) {
        struct wpb_fpm_pool *pool = &pools->items[i];
        if (strcmp(pool->config, config) == 0 && strcmp(pool->name, name) == 0)
            return pool;
    }
    return NULL;
}

/* FPM serves pm.status_listen from a pool of its own, NAME_status. */
static bool is_status_crew(struct wpb_fpm_pools *pools, const char *config,
                           const char *name, struct wpb_arena *arena)
{
    static const struct wpb_slice suffix = WPB_SLICE("_status");
    struct wpb_slice base = wpb_slice_cstr(name);

    if (base.len <= suffix.len || !wpb_slice_ends(base, suffix))
        return false;
    base.len -= suffix.len;
    struct wpb_fpm_pool *pool = pool_of(pools, config, wpb_arena_cstr(arena, base));
    return pool && pool->status_listen.kind != WPB_LISTEN_NONE;
}

/* A pool of which only workers are seen. */
static struct wpb_fpm_pool *add_unread(const struct wpb_fpm_master *master,
                                       const char *name, const char *problem,
                                       struct wpb_fpm_pools *pools)
{
    if (pools->count == WPB_FPM_POOLS_MAX) {
        pools->left_out++;
        return NULL;
    }
    struct wpb_fpm_pool *pool = &pools->items[pools->count++];
    *pool = (struct wpb_fpm_pool){.name = name,
                                  .label = name,
                                  .config = master->config,
                                  .file = "",
                                  .owner = master->owner,
                                  .listen_problem = problem,
                                  .max_children_source = "",
                                  .status_path = "",
                                  .access_log = "",
                                  .access_format = "",
                                  .slow_log = "",
                                  .error_log = "",
                                  .ini_error_log = "",
                                  .fpm_log = "",
                                  .masters = 1,
                                  .problem = problem};
    return pool;
}

/* The files of MASTER, unless they are known from where distributions keep them. */
static const char *read_master(const char *root, const struct wpb_fpm_master *master,
                               struct wpb_arena *arena, struct wpb_pools *files,
                               struct wpb_fpm_pools *pools)
{
    struct wpb_err err;

    if (has_config(pools, master->config))
        return "";
    files->count = 0;
    if (wpb_pools_read_master(root, master->config, master->owner, arena, files, &err) !=
        0)
        return wpb_arena_printf(arena, "%s", err.message);
    for (size_t i = 0; i < files->count; i++)
        add_from_file(&files->items[i], master->owner, arena, pools);
    return files->count ? "" : "its file names no pool that could be read";
}

static void count_workers(const struct wpb_fpm_master *master, const char *problem,
                          const struct wpb_fpm_processes *processes,
                          struct wpb_arena *arena, struct wpb_fpm_pools *pools)
{
    for (size_t i = 0; i < pools->count; i++)
        pools->items[i].masters += strcmp(pools->items[i].config, master->config) == 0;
    for (size_t i = 0; i < processes->crew_count; i++) {
        const struct wpb_fpm_crew *crew = &processes->crews[i];
        struct wpb_fpm_pool *pool;
        if (crew->master != master->pid ||
            is_status_crew(pools, master->config, crew->pool, arena))
            continue;
        pool = pool_of(pools, master->config, crew->pool);
        if (!pool)
            pool = add_unread(master, crew->pool,
                              *problem ? problem : "no file that could be read names it",
                              pools);
        if (pool)
            pool->workers += crew->workers;
    }
}

/* ---- both ---- */

static void settle(struct wpb_arena *arena, struct wpb_fpm_pools *pools)
{
    for (size_t i = 0; i < pools->count; i++) {
        struct wpb_fpm_pool *pool = &pools->items[i];
        for (size_t j = 0; j < pools->count; j++) {
            if (i != j && strcmp(pool->name, pools->items[j].name) == 0)
                pool->label =
                    wpb_arena_printf(arena, "%s (%s)", pool->name, pool->config);
        }
        if (pool->max_children || !pool->workers)
            continue;
        pool->max_children = pool->workers;
        pool->is_lower_bound = true;
        pool->max_children_source =
            wpb_arena_printf(arena, "%u workers are seen now", pool->workers);
    }
}

void wpb_fpm_pools_read(const char *root, const char *proc, struct wpb_arena *arena,
                        struct wpb_fpm_pools *pools)
{
    struct wpb_pools *files = calloc(1, sizeof *files);
    struct wpb_fpm_processes *processes = calloc(1, sizeof *processes);

    *pools = (struct wpb_fpm_pools){.count = 0};
    if (!files || !processes)
        goto out;
    wpb_pools_read(root, arena, files);
    for (size_t i = 0; i < files->count; i++)
        add_from_file(&files->items[i], WPB_FILE_ANY_OWNER, arena, pools);
    if (wpb_fpm_processes_read(proc, arena, processes, NULL) == 0) {
        pools->has_processes = processes->is_complete;
        for (size_t i = 0; i < processes->master_count; i++) {
            const struct wpb_fpm_master *master = &processes->masters[i];
            const char *problem = read_master(root, master, arena, files, pools);
            count_workers(master, problem, processes, arena, pools);
        }
    }
    settle(arena, pools);
out:
    free(processes);
    free(files);
}

int wpb_fpm_pools_read_file(const char *file, struct wpb_arena *arena,
                            struct wpb_fpm_pools *pools, struct wpb_err *err)
{
    struct wpb_pools *files = calloc(1, sizeof *files);
    int result;

    if (!files)
        return wpb_err_set(err, WPB_E_MEMORY, "pool files", "no memory to read %s", file);
    result = wpb_pools_read_master("", file, WPB_FILE_ANY_OWNER, arena, files, err);
    if (result == 0 && files->count == 0)
        result = wpb_err_set(err, WPB_E_NOT_FOUND, "pool files",
                             "%s names no pool of PHP-FPM: it has no [section]", file);
    for (size_t i = 0; i < files->count; i++)
        add_from_file(&files->items[i], WPB_FILE_ANY_OWNER, arena, pools);
    settle(arena, pools);
    free(files);
    return result;
}
