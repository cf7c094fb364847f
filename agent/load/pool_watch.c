#include "agent/load/pool_watch.h"

#include <string.h>

#include "probes/requests/accept_queue.h"
#include "probes/requests/fpm_pools.h"

#define STAGE "fpm"

struct wpb_load_pool {
    struct wpb_listen_address listen;
    uint32_t workers;
    const char *label;
};

static bool is_running(const struct wpb_fpm_pool *pool)
{
    return pool->listen.kind != WPB_LISTEN_NONE && (pool->masters || pool->workers);
}

/* Of POOLS the one that listens at WANTED, or, without it, the only one that runs. */
static const struct wpb_fpm_pool *pick(const struct wpb_fpm_pools *pools,
                                       const char *wanted, size_t *running)
{
    const struct wpb_fpm_pool *picked = NULL;

    *running = 0;
    for (size_t i = 0; i < pools->count; i++) {
        const struct wpb_fpm_pool *pool = &pools->items[i];
        if (wanted && strcmp(pool->listen.text, wanted) == 0)
            return pool;
        if (!is_running(pool))
            continue;
        (*running)++;
        picked = pool;
    }
    return wanted || *running != 1 ? NULL : picked;
}

static struct wpb_load_pool *pool_of(const struct wpb_fpm_pool *found,
                                     struct wpb_arena *arena)
{
    struct wpb_load_pool *pool = wpb_arena_alloc(arena, sizeof(*pool));

    pool->listen = found->listen;
    pool->workers = found->is_lower_bound ? 0 : found->max_children;
    pool->label = wpb_arena_printf(arena, "%s (%s)", found->label, found->listen.text);
    return pool;
}

struct wpb_load_pool *wpb_load_pool_find(const char *fpm, struct wpb_arena *arena,
                                         struct wpb_err *err)
{
    struct wpb_fpm_pools *pools = wpb_arena_alloc(arena, sizeof(*pools));
    const struct wpb_fpm_pool *found;
    struct wpb_load_pool *pool;
    size_t running;

    wpb_fpm_pools_read("", "/proc", arena, pools);
    found = pick(pools, fpm, &running);
    if (found)
        return pool_of(found, arena);
    if (!fpm && running == 0)
        wpb_err_set(err, WPB_E_NOT_FOUND, STAGE,
                    "no PHP-FPM pool is seen on this host; name the one that serves the "
                    "site: --fpm SOCKET");
    else if (!fpm)
        wpb_err_set(err, WPB_E_NOT_FOUND, STAGE,
                    "%zu PHP-FPM pools run on this host; name the one that serves the "
                    "site: --fpm SOCKET",
                    running);
    if (!fpm)
        return NULL;
    /* Its files cannot be found or read: its queue can be watched all the same. */
    pool = wpb_arena_alloc(arena, sizeof(*pool));
    if (wpb_listen_address_parse(fpm, "/", arena, &pool->listen, err))
        return NULL;
    pool->label = wpb_arena_cstr(arena, wpb_slice_cstr(fpm));
    return pool;
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
    look->has_busy = asked.queue.has_in_service;
    return 0;
}
