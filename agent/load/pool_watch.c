#include "agent/load/pool_watch.h"

#include <string.h>

#include "agent/base/clock.h"
#include "probes/requests/accept_queue.h"
#include "probes/requests/pool_of.h"

#define STAGE "fpm"

struct wpb_load_pool {
    struct wpb_listen_address listen;
    uint32_t workers;
    const char *label;
};

static bool is_named(const char *text)
{
    return text && *text;
}

/* FOUND is gone soon: what is kept of it is copied. */
static struct wpb_load_pool *pool_of(const struct wpb_fpm_pool *found,
                                     struct wpb_arena *arena, struct wpb_err *err)
{
    struct wpb_load_pool *pool = wpb_arena_alloc(arena, sizeof(*pool));

    if (found->listen.kind == WPB_LISTEN_NONE) {
        wpb_err_set(err, WPB_E_NOT_FOUND, STAGE, "where the pool %.60s listens: %.120s",
                    found->label, found->listen_problem);
        return NULL;
    }
    pool->listen = found->listen;
    pool->listen.path = wpb_arena_cstr(arena, wpb_slice_cstr(found->listen.path));
    pool->listen.text = wpb_arena_cstr(arena, wpb_slice_cstr(found->listen.text));
    pool->workers = found->is_lower_bound ? 0 : found->max_children;
    pool->label = wpb_arena_printf(arena, "%s (%s)", found->name, pool->listen.text);
    return pool;
}

static struct wpb_load_pool *named(const struct wpb_site *site, struct wpb_arena *arena,
                                   struct wpb_err *err)
{
    struct wpb_pool_of *of = wpb_pool_of_new(site);
    const struct wpb_fpm_pool *found =
        of ? wpb_pool_of_look(of, wpb_clock_monotonic_ms(), err) : NULL;
    struct wpb_load_pool *pool = found ? pool_of(found, arena, err) : NULL;

    wpb_pool_of_free(of);
    return pool;
}

/* No file names it: its queue can be watched all the same. */
static struct wpb_load_pool *at_address(const char *address, struct wpb_arena *arena,
                                        struct wpb_err *err)
{
    struct wpb_load_pool *pool = wpb_arena_alloc(arena, sizeof(*pool));

    pool->label = wpb_arena_cstr(arena, wpb_slice_cstr(address));
    return wpb_listen_address_parse(address, "/", arena, &pool->listen, err) ? NULL
                                                                             : pool;
}

static struct wpb_load_pool *only_one(struct wpb_arena *arena, struct wpb_err *err)
{
    struct wpb_fpm_pools *pools = wpb_arena_alloc(arena, sizeof(*pools));
    const struct wpb_fpm_pool *found = NULL;
    size_t running = 0;

    wpb_fpm_pools_read("", "/proc", arena, pools);
    for (size_t i = 0; i < pools->count; i++) {
        const struct wpb_fpm_pool *pool = &pools->items[i];
        if (!pool->masters && !pool->workers)
            continue;
        found = pool;
        running++;
    }
    if (running == 1)
        return pool_of(found, arena, err);
    if (running)
        wpb_err_set(err, WPB_E_NOT_FOUND, STAGE,
                    "%zu PHP-FPM pools run on this host; name the one that serves the "
                    "site: --fpm SOCKET",
                    running);
    else
        wpb_err_set(err, WPB_E_NOT_FOUND, STAGE,
                    "no PHP-FPM pool is seen on this host; name the one that serves the "
                    "site: --fpm SOCKET");
    return NULL;
}

struct wpb_load_pool *wpb_load_pool_find(const struct wpb_site *site,
                                         struct wpb_arena *arena, struct wpb_err *err)
{
    if (site && is_named(site->pool_name) && is_named(site->pool_file))
        return named(site, arena, err);
    if (site && is_named(site->pool_status))
        return at_address(site->pool_status, arena, err);
    return only_one(arena, err);
}

uint32_t wpb_load_pool_workers(const struct wpb_load_pool *pool)
{
    return pool->workers;
}

const char *wpb_load_pool_label(const struct wpb_load_pool *pool)
{
    return pool->label;
}

int wpb_load_pool_read(struct wpb_load_pool *pool, struct wpb_load_pool_look *look,
                       struct wpb_err *err)
{
    struct wpb_accept_look asked = {.address = &pool->listen};

    memset(look, 0, sizeof(*look));
    if (wpb_accept_queues_read(&asked, 1, err))
        return -1;
    if (!asked.queue.is_found)
        return wpb_err_set(err, WPB_E_NOT_FOUND, STAGE, "%.80s: %s", pool->label,
                           asked.queue.reason);
    look->queue = asked.queue.pending;
    look->busy = asked.queue.in_service;
    /* What a worker has closed already is seen until the web server has read it. */
    if (pool->workers && look->busy > pool->workers)
        look->busy = pool->workers;
    look->has_busy = asked.queue.has_in_service;
    return 0;
}
