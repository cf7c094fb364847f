#include "agent/schedule/target.h"

#include "agent/base/address.h"
#include "agent/base/mysql_address.h"

struct finder {
    const struct wpb_site *sites;
    size_t site_count;
    struct wpb_arena *arena;
    struct wpb_target *targets;
    size_t count;
};

static struct wpb_target *target_at(struct finder *finder, const char *needs,
                                    const char *address, const char *server)
{
    struct wpb_target *target;

    for (size_t i = 0; i < finder->count; i++) {
        target = &finder->targets[i];
        if (strcmp(target->needs, needs) == 0 && strcmp(target->address, address) == 0)
            return target;
    }
    target = &finder->targets[finder->count++];
    *target = (struct wpb_target){
        .needs = needs, .address = address, .server = server, .site_names = ""};
    target->members =
        wpb_arena_alloc(finder->arena, finder->site_count * sizeof(*target->members));
    target->sites =
        wpb_arena_alloc(finder->arena, finder->site_count * sizeof(*target->sites));
    return target;
}

static void join(struct finder *finder, size_t site, const char *needs,
                 const char *address, const char *server)
{
    struct wpb_target *target = target_at(finder, needs, address, server);

    target->members[target->count] = site;
    target->sites[target->count] = &finder->sites[site];
    target->site_names =
        wpb_arena_printf(finder->arena, "%s%s%s", target->site_names,
                         target->count ? ", " : "", finder->sites[site].name);
    target->count++;
}

static const char *redis_identity(struct wpb_arena *arena,
                                  const struct wpb_redis_address *redis)
{
    struct wpb_buf scope;
    const char *identity;

    wpb_buf_init(&scope, 0);
    wpb_redis_address_scope(redis, true, &scope);
    identity =
        wpb_arena_printf(arena, "%s %s %s", scope.data, redis->user, redis->password);
    wpb_buf_fini(&scope);
    return identity;
}

static const char *rdb_identity(struct wpb_arena *arena, const struct wpb_site *site)
{
    if (!site->has_redis)
        return site->rdb_file;
    return wpb_arena_printf(arena, "%s %u", site->rdb_file, site->redis.database);
}

static const char *mysql_identity(struct wpb_arena *arena,
                                  const struct wpb_mysql_address *mysql)
{
    struct wpb_buf scope;
    const char *identity;

    wpb_buf_init(&scope, 0);
    wpb_mysql_address_scope(mysql, true, &scope);
    identity =
        wpb_arena_printf(arena, "%s %s %s", scope.data, mysql->user, mysql->password);
    wpb_buf_fini(&scope);
    return identity;
}

static const char *redis_server(struct wpb_arena *arena,
                                const struct wpb_redis_address *redis)
{
    struct wpb_buf scope;
    const char *server;

    wpb_buf_init(&scope, 0);
    wpb_redis_address_scope(redis, false, &scope);
    server = wpb_arena_cstr(arena, wpb_buf_view(&scope));
    wpb_buf_fini(&scope);
    return server;
}

static const char *mysql_server(struct wpb_arena *arena,
                                const struct wpb_mysql_address *mysql)
{
    struct wpb_buf scope;
    const char *server;

    wpb_buf_init(&scope, 0);
    wpb_mysql_address_scope(mysql, false, &scope);
    server = wpb_arena_cstr(arena, wpb_buf_view(&scope));
    wpb_buf_fini(&scope);
    return server;
}

/* Two files may hold a pool "www": of two versions of PHP. */
static const char *pool_identity(struct wpb_arena *arena, const struct wpb_site *site)
{
    return wpb_arena_printf(arena, "%s %s", site->pool_name,
                            site->pool_file ? site->pool_file : "");
}

size_t wpb_targets_find(const struct wpb_site *sites, size_t count,
                        struct wpb_arena *arena, struct wpb_target **targets)
{
    struct finder finder = {.sites = sites, .site_count = count, .arena = arena};

    finder.targets = wpb_arena_alloc(arena, (WPB_SITE_TARGETS_MAX * count + 1) *
                                                sizeof(*finder.targets));
    for (size_t i = 0; i < count; i++) {
        const struct wpb_site *site = &sites[i];
        if (site->rdb_file && site->rdb_file[0])
            join(&finder, i, "rdb", rdb_identity(arena, site), "host");
        else if (site->has_redis)
            join(&finder, i, "redis", redis_identity(arena, &site->redis),
                 redis_server(arena, &site->redis));
        if (site->has_mysql)
            join(&finder, i, "mysql", mysql_identity(arena, &site->mysql),
                 mysql_server(arena, &site->mysql));
        if (site->path[0])
            join(&finder, i, "files", wpb_arena_printf(arena, "%zu", i), "host");
        if (site->pool_name && site->pool_name[0])
            join(&finder, i, "pool", pool_identity(arena, site), "host");
        join(&finder, i, "host", "", "host");
    }
    *targets = finder.targets;
    return finder.count;
}
