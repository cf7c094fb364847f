#include "probes/wordpress/pool_choice.h"

#include <string.h>

#include "agent/base/buf.h"
#include "probes/wordpress/file.h"
#include "probes/wordpress/path.h"

/* A reason names no more of them. */
#define NAMED_MAX 3

struct site {
    const char *root, *path, *owner;
    struct wpb_arena *arena;
};

struct candidates {
    const struct wpb_pool *items[WPB_POOLS_MAX];
    size_t count;
};

/* A port may be any pool's: only a socket that is missing tells something. */
static bool may_listen(const struct wpb_pool *pool, const struct site *site)
{
    const char *listen = pool->service.listen;

    return *listen != '/' ||
           wpb_file_exists(wpb_path_rooted(site->arena, site->root, listen));
}

static bool runs_as_owner(const struct wpb_pool *pool, const struct site *site)
{
    return *site->owner && strcmp(pool->user, site->owner) == 0;
}

static bool is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return len > 1 && strncmp(path, folder, len) == 0 && path[len] == '/';
}

static bool logs_beside(const struct wpb_pool *pool, const struct site *site)
{
    const char *above = wpb_path_parent(site->arena, site->path);
    const char *const logs[] = {pool->service.access_log, pool->service.slow_log,
                                pool->service.error_log};

    /* "/var/www" holds every site's folder. */
    if (strcmp(wpb_path_parent(site->arena, above), "/var") == 0)
        above = site->path;
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        if (is_below(logs[i], site->path) || is_below(logs[i], above))
            return true;
    }
    return false;
}

/* Keep those that PROVES is true of, unless that is nobody. */
static void narrow(struct candidates *candidates, const struct site *site,
                   bool (*proves)(const struct wpb_pool *pool, const struct site *site))
{
    struct candidates kept = {.count = 0};

    for (size_t i = 0; i < candidates->count; i++) {
        if (proves(candidates->items[i], site))
            kept.items[kept.count++] = candidates->items[i];
    }
    if (kept.count)
        *candidates = kept;
}

static const char *why_not(const struct candidates *candidates, struct wpb_arena *arena)
{
    struct wpb_buf text;

    if (candidates->count == 0)
        return "no pool of PHP-FPM was found where distributions keep them; if one "
               "serves this site, set pool_file in its [site NAME]";
    wpb_buf_init(&text, 1000);
    wpb_buf_printf(&text,
                   "%zu pools of PHP-FPM may serve this site: ", candidates->count);
    for (size_t i = 0; i < candidates->count && i < NAMED_MAX; i++)
        wpb_buf_printf(&text, "%s%.64s in %.200s", i ? ", " : "",
                       candidates->items[i]->name, candidates->items[i]->file);
    if (candidates->count > NAMED_MAX)
        wpb_buf_printf(&text, " and %zu more", candidates->count - NAMED_MAX);
    wpb_buf_text(&text, "; set pool and pool_file in its [site NAME]");
    const char *reason = wpb_arena_cstr(arena, wpb_buf_view(&text));
    wpb_buf_fini(&text);
    return reason;
}

static const char *why_not_it(const struct wpb_pool *pool, struct wpb_arena *arena)
{
    return wpb_arena_printf(arena,
                            "pool %.64s in %.200s does not run: its socket %.200s is not "
                            "there; where another serves this site, set pool_file in its "
                            "[site NAME]",
                            pool->name, pool->file, pool->service.listen);
}

const struct wpb_pool *wpb_pool_choice(const char *root,
                                       const struct wpb_pool *const *matches,
                                       size_t count, const char *path, const char *owner,
                                       struct wpb_arena *arena, const char **reason)
{
    static bool (*const proofs[])(const struct wpb_pool *, const struct site *) = {
        may_listen, runs_as_owner, logs_beside};
    struct site site = {root, path, owner, arena};
    struct candidates candidates = {.count =
                                        count < WPB_POOLS_MAX ? count : WPB_POOLS_MAX};

    *reason = "";
    if (count)
        memcpy(candidates.items, matches, candidates.count * sizeof candidates.items[0]);
    for (size_t i = 0; candidates.count > 1 && i < sizeof proofs / sizeof proofs[0]; i++)
        narrow(&candidates, &site, proofs[i]);
    if (candidates.count != 1) {
        *reason = why_not(&candidates, arena);
        return NULL;
    }
    /* The only one there is need not be this site's: what does not run serves nobody. */
    if (!may_listen(candidates.items[0], &site)) {
        *reason = why_not_it(candidates.items[0], arena);
        return NULL;
    }
    return candidates.items[0];
}
