#include "probes/requests/pool_of.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define STAGE "pool"
#define FRESH_MS (60u * 60 * 1000)
#define RETRY_MS (60u * 1000)
/* What Debian's pool file suggests. */
#define STATUS_PATH "/status"

/* What tells that a file was written or replaced; zeros: there is none. */
struct file_mark {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};

struct wpb_pool_of {
    char *name, *file, *status; /* as the site says; "" when it does not */
    struct wpb_arena *arena;    /* of `pool` */
    struct wpb_fpm_pool pool;
    bool is_known;
    bool has_looked;
    uint64_t looked_ms;
    struct file_mark pool_mark, config_mark;
    struct wpb_err err;
};

static char *copy_of(const char *text)
{
    return strdup(text ? text : "");
}

struct wpb_pool_of *wpb_pool_of_new(const struct wpb_site *site)
{
    struct wpb_pool_of *of = calloc(1, sizeof *of);

    if (!of)
        return NULL;
    of->name = copy_of(site->pool_name);
    of->file = copy_of(site->pool_file);
    of->status = copy_of(site->pool_status);
    if (!of->name || !of->file || !of->status) {
        wpb_pool_of_free(of);
        return NULL;
    }
    return of;
}

void wpb_pool_of_free(struct wpb_pool_of *of)
{
    if (!of)
        return;
    wpb_arena_free(of->arena);
    free(of->name);
    free(of->file);
    free(of->status);
    free(of);
}

/* ---- has something changed? ---- */

static struct file_mark mark_of(const char *path)
{
    struct stat status;
    struct file_mark mark = {.size = 0};

    if (!path || !*path || stat(path, &status) != 0)
        return mark;
    mark.device = status.st_dev;
    mark.inode = status.st_ino;
    mark.size = status.st_size;
    mark.modified = status.st_mtim;
    mark.changed = status.st_ctim;
    return mark;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same(struct file_mark a, struct file_mark b)
{
    return a.device == b.device && a.inode == b.inode && a.size == b.size &&
           is_same_time(a.modified, b.modified) && is_same_time(a.changed, b.changed);
}

static bool is_fresh(const struct wpb_pool_of *of, uint64_t now_ms)
{
    /* Of a pool whose files are closed only its workers are known, which come and go. */
    bool is_sure = of->is_known && !of->pool.is_lower_bound;

    if (!of->has_looked || now_ms - of->looked_ms >= (is_sure ? FRESH_MS : RETRY_MS))
        return false;
    return !of->is_known || (is_same(of->pool_mark, mark_of(of->pool.file)) &&
                             is_same(of->config_mark, mark_of(of->pool.config)));
}

/* ---- which of the host's pools is it? ---- */

/* The one pool of POOLS that has the site's name and file; of several the one that runs.
 * COUNT is how many there are. */
static const struct wpb_fpm_pool *find(const struct wpb_pool_of *of,
                                       const struct wpb_fpm_pools *pools, size_t *count)
{
    const struct wpb_fpm_pool *found = NULL, *running = NULL;
    size_t running_count = 0;

    *count = 0;
    for (size_t i = 0; i < pools->count; i++) {
        const struct wpb_fpm_pool *pool = &pools->items[i];
        if (strcmp(pool->name, of->name) != 0 ||
            (*of->file && strcmp(pool->file, of->file) != 0 &&
             strcmp(pool->config, of->file) != 0))
            continue;
        found = pool;
        (*count)++;
        if (pool->masters) {
            running = pool;
            running_count++;
        }
    }
    if (*count > 1 && running_count == 1) {
        *count = 1;
        return running;
    }
    return found;
}

static void copy_address(struct wpb_arena *arena, struct wpb_listen_address *address)
{
    if (address->kind == WPB_LISTEN_NONE)
        return;
    address->text = wpb_arena_cstr(arena, wpb_slice_cstr(address->text));
    address->path = wpb_arena_cstr(arena, wpb_slice_cstr(address->path));
}

/* POOL lives in an arena with all pools of the host: keep this one only. */
static struct wpb_fpm_pool copy_pool(struct wpb_arena *arena,
                                     const struct wpb_fpm_pool *pool)
{
    static const size_t texts[] = {
        offsetof(struct wpb_fpm_pool, name),
        offsetof(struct wpb_fpm_pool, label),
        offsetof(struct wpb_fpm_pool, config),
        offsetof(struct wpb_fpm_pool, file),
        offsetof(struct wpb_fpm_pool, listen_problem),
        offsetof(struct wpb_fpm_pool, max_children_source),
        offsetof(struct wpb_fpm_pool, status_path),
        offsetof(struct wpb_fpm_pool, access_log),
        offsetof(struct wpb_fpm_pool, access_format),
        offsetof(struct wpb_fpm_pool, slow_log),
        offsetof(struct wpb_fpm_pool, error_log),
        offsetof(struct wpb_fpm_pool, ini_error_log),
        offsetof(struct wpb_fpm_pool, fpm_log),
        offsetof(struct wpb_fpm_pool, problem),
    };
    struct wpb_fpm_pool copy = *pool;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char **text = (const char **)((char *)&copy + texts[i]);
        *text = wpb_arena_cstr(arena, wpb_slice_cstr(*text));
    }
    copy_address(arena, &copy.listen);
    copy_address(arena, &copy.status_listen);
    return copy;
}

/* A pool of which only the address of its status page is known, as one on another host.
 */
static int by_address(struct wpb_pool_of *of, struct wpb_err *err)
{
    of->pool = (struct wpb_fpm_pool){.name = of->name,
                                     .label = of->name,
                                     .config = "",
                                     .file = "",
                                     .owner = (uid_t)-1,
                                     .listen_problem =
                                         "only the address of its status page is known",
                                     .max_children_source = "",
                                     .status_path = STATUS_PATH,
                                     .access_log = "",
                                     .access_format = "",
                                     .slow_log = "",
                                     .error_log = "",
                                     .ini_error_log = "",
                                     .fpm_log = "",
                                     .problem = "no file of this host names it"};
    return wpb_listen_address_parse(of->status, "", of->arena, &of->pool.status_listen,
                                    err);
}

static int not_found(const struct wpb_pool_of *of, size_t count, struct wpb_err *err)
{
    if (count > 1)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "%zu pools of PHP-FPM are named %s here; set pool_file in the "
                           "site's section to the file of the right one",
                           count, of->name);
    return wpb_err_set(err, WPB_E_NOT_FOUND, STAGE,
                       "no pool %s of PHP-FPM%s%s is seen; if its files are elsewhere, "
                       "set pool_file in the site's section",
                       of->name, *of->file ? " in " : "", of->file);
}

static int settle(struct wpb_pool_of *of, struct wpb_fpm_pools *pools,
                  struct wpb_arena *scratch, struct wpb_err *err)
{
    size_t count;
    const struct wpb_fpm_pool *found;

    wpb_fpm_pools_read("", "/proc", scratch, pools);
    found = find(of, pools, &count);
    if (!found && *of->file) {
        if (wpb_fpm_pools_read_file(of->file, scratch, pools, err) != 0)
            return -1;
        found = find(of, pools, &count);
    }
    if (!found && *of->status)
        return by_address(of, err);
    if (!found || count > 1)
        return not_found(of, count, err);
    of->pool = copy_pool(of->arena, found);
    if (*of->status)
        return wpb_listen_address_parse(of->status, "", of->arena,
                                        &of->pool.status_listen, err);
    return 0;
}

static int read_again(struct wpb_pool_of *of, struct wpb_err *err)
{
    struct wpb_arena *scratch = wpb_arena_new();
    struct wpb_fpm_pools *pools = calloc(1, sizeof *pools);
    int status = -1;

    wpb_arena_free(of->arena);
    of->arena = wpb_arena_new();
    if (scratch && pools && of->arena)
        status = settle(of, pools, scratch, err);
    else
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory to read the pools of PHP-FPM");
    free(pools);
    wpb_arena_free(scratch);
    return status;
}

const struct wpb_fpm_pool *wpb_pool_of_look(struct wpb_pool_of *of, uint64_t now_ms,
                                            struct wpb_err *err)
{
    if (!is_fresh(of, now_ms)) {
        of->is_known = read_again(of, &of->err) == 0;
        of->has_looked = true;
        of->looked_ms = now_ms;
        of->pool_mark = mark_of(of->is_known ? of->pool.file : "");
        of->config_mark = mark_of(of->is_known ? of->pool.config : "");
    }
    if (of->is_known)
        return &of->pool;
    if (err)
        *err = of->err;
    return NULL;
}

struct wpb_subject wpb_pool_of_subject(const struct wpb_fpm_pool *pool)
{
    bool is_remote = *pool->config == '\0' && *pool->file == '\0';

    return (struct wpb_subject){.kind = WPB_SUBJECT_POOL,
                                .scope =
                                    wpb_slice_cstr(is_remote ? pool->status_listen.text
                                                   : *pool->config ? pool->config
                                                                   : pool->file),
                                .name = wpb_slice_cstr(pool->name)};
}
