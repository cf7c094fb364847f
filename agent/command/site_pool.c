#include "agent/command/site_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "probes/requests/fpm_pools.h"

static void set_pool(struct wpb_site *site, const char *name, const char *file)
{
    site->pool_name = name;
    site->pool_file = file;
    site->pool_reason = "";
}

static void refuse(struct wpb_site *site, const char *reason)
{
    set_pool(site, "", "");
    site->pool_reason = reason;
}

/* The names of POOLS, joined. */
static const char *names_of(const struct wpb_fpm_pools *pools, struct wpb_arena *arena)
{
    const char *names = "";

    for (size_t i = 0; i < pools->count && i < 8; i++)
        names = wpb_arena_printf(arena, "%s%s%.64s", names, i ? ", " : "",
                                 pools->items[i].name);
    return names;
}

/* FILE names one pool: that is meant. */
static void by_file(struct wpb_site *site, const char *file, struct wpb_arena *arena)
{
    struct wpb_fpm_pools *pools = calloc(1, sizeof *pools);
    struct wpb_err err = {.message = "out of memory"};

    if (!pools || wpb_fpm_pools_read_file(file, arena, pools, &err) != 0)
        refuse(site, wpb_arena_printf(arena, "its pool is not known: %s", err.message));
    else if (pools->count > 1)
        refuse(site, wpb_arena_printf(
                         arena, "%s names %zu pools of PHP-FPM (%s); set pool to one",
                         file, pools->count, names_of(pools, arena)));
    else
        set_pool(site, pools->items[0].name, file);
    free(pools);
}

void wpb_site_pool_named(struct wpb_site *site, const char *name, const char *file,
                         struct wpb_arena *arena)
{
    if (name)
        set_pool(site, name, file ? file : "");
    else if (file)
        by_file(site, file, arena);
}

static bool is_same_address(const struct wpb_listen_address *a,
                            const struct wpb_listen_address *b)
{
    if (a->kind == WPB_LISTEN_NONE || b->kind == WPB_LISTEN_NONE)
        return false;
    if (a->kind == WPB_LISTEN_UNIX || b->kind == WPB_LISTEN_UNIX)
        return a->kind == b->kind && strcmp(a->path, b->path) == 0;
    return a->port == b->port;
}

/* A pool of this host that listens at ADDRESS, itself or with its status page. */
static bool find_listener(struct wpb_site *site, const struct wpb_listen_address *address,
                          struct wpb_arena *arena)
{
    struct wpb_fpm_pools *pools = calloc(1, sizeof *pools);
    bool is_found = false;

    if (!pools)
        return false;
    wpb_fpm_pools_read("", "/proc", arena, pools);
    for (size_t i = 0; !is_found && i < pools->count; i++) {
        const struct wpb_fpm_pool *pool = &pools->items[i];
        is_found = is_same_address(address, &pool->listen) ||
                   is_same_address(address, &pool->status_listen);
        if (is_found)
            set_pool(site, pool->name, *pool->file ? pool->file : pool->config);
    }
    free(pools);
    return is_found;
}

int wpb_site_pool_at(struct wpb_site *site, const char *where, struct wpb_arena *arena,
                     struct wpb_err *err)
{
    struct wpb_listen_address address;
    struct stat status;

    if (stat(where, &status) == 0 && S_ISREG(status.st_mode)) {
        by_file(site, where, arena);
        return *site->pool_reason ? wpb_err_set(err, WPB_E_ARGUMENT, "pool", "--fpm: %s",
                                                site->pool_reason)
                                  : 0;
    }
    if (*where == '/' && stat(where, &status) != 0)
        return wpb_err_errno(err, errno, "pool", "--fpm %s", where);
    if (wpb_listen_address_parse(where, "", arena, &address, err) != 0)
        return -1;
    if (!find_listener(site, &address, arena)) {
        set_pool(site, where, "");
        site->pool_status = where;
    }
    return 0;
}
