#include "agent/command/watched.h"

#include <stdlib.h>
#include <string.h>

#include "agent/command/site_pool.h"

#define DAY_S 86400u

/* More sites on one host are not watched. */
#define SITES_MAX 1024

/* What is gathered on the way. */
struct gathering {
    const struct wpb_conf *config;
    struct wpb_arena *arena;
    struct wpb_selected_sites *selected;
    size_t capacity, row_capacity; /* of sites, and of their coverage */
};

static bool is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    while (len > 1 && folder[len - 1] == '/')
        len--;
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static bool is_excluded(const struct wpb_conf *config, const char *path)
{
    size_t count;
    const char *const *folders = wpb_conf_list(wpb_conf_agent(config), "exclude", &count);

    for (size_t i = 0; i < count; i++) {
        if (is_below(path, folders[i]))
            return true;
    }
    return false;
}

static struct wpb_site *find_path(const struct wpb_selected_sites *selected,
                                  const char *path)
{
    for (size_t i = 0; i < selected->count; i++) {
        if (*path && strcmp(selected->sites[i].path, path) == 0)
            return &selected->sites[i];
    }
    return NULL;
}

/* Room for so many more sites, and for the rows that may come later of all sites. What
 * was there stays in the arena, so that there is room for twice as many at once. */
static void grow(struct gathering *gathering, size_t sites, size_t failures)
{
    struct wpb_selected_sites *selected = gathering->selected;
    size_t capacity = selected->count + sites;
    size_t rows = selected->coverage_count + failures + capacity * WPB_SITE_COVERAGE_MAX;
    struct wpb_site *grown;
    struct wpb_coverage *coverage;

    if (selected->sites && capacity <= gathering->capacity &&
        rows <= gathering->row_capacity)
        return;
    gathering->capacity = capacity * 2 + 1;
    gathering->row_capacity = rows * 2 + 1;
    grown = wpb_arena_alloc(gathering->arena, gathering->capacity * sizeof(*grown));
    coverage =
        wpb_arena_alloc(gathering->arena, gathering->row_capacity * sizeof(*coverage));
    if (selected->count)
        memcpy(grown, selected->sites, selected->count * sizeof(*grown));
    if (selected->coverage_count)
        memcpy(coverage, selected->coverage,
               selected->coverage_count * sizeof(*coverage));
    selected->sites = grown;
    selected->coverage = coverage;
}

/* Look in PATHS (NULL: the usual places), and keep what is new and not excluded. */
static int discover(struct gathering *gathering, const char *const *paths,
                    struct wpb_err *err)
{
    struct wpb_selected_sites *selected = gathering->selected;
    struct wpb_discovery_places places = {.paths = paths};
    struct wpb_discovery found = {0};

    if (wpb_discover(&places, gathering->arena, &found, err))
        return -1;
    if (!paths && found.looked_in)
        selected->looked_in = found.looked_in;
    grow(gathering, found.site_count, found.failure_count);
    for (size_t i = 0; i < found.site_count && selected->count < SITES_MAX; i++) {
        if (!is_excluded(gathering->config, found.sites[i].path) &&
            !find_path(selected, found.sites[i].path))
            selected->sites[selected->count++] = found.sites[i];
    }
    for (size_t i = 0; i < found.failure_count; i++) {
        if (!is_excluded(gathering->config, found.failures[i].path))
            wpb_selected_add_coverage(selected, found.failures[i].path,
                                      WPB_COVERAGE_UNAVAILABLE, found.failures[i].reason);
    }
    return 0;
}

static void refuse(struct gathering *gathering, const struct wpb_conf_section *section,
                   const char *reason)
{
    wpb_selected_add_coverage(gathering->selected, section->name,
                              WPB_COVERAGE_UNAVAILABLE,
                              wpb_arena_cstr(gathering->arena, wpb_slice_cstr(reason)));
}

/* The site in the folder of SECTION, looked for when it was not found before. */
static struct wpb_site *site_of(struct gathering *gathering,
                                const struct wpb_conf_section *section,
                                struct wpb_err *err)
{
    struct wpb_selected_sites *selected = gathering->selected;
    const char *path = wpb_conf_text(section, "path"), *paths[2] = {NULL, NULL};
    struct wpb_site *site;
    size_t before;
    char *real;

    grow(gathering, 1, 1);
    if (!path) {
        selected->sites[selected->count] = wpb_site_ad_hoc(section->name);
        return &selected->sites[selected->count++];
    }
    real = realpath(path, NULL);
    if (real)
        path = wpb_arena_cstr(gathering->arena, wpb_slice_cstr(real));
    free(real);
    site = find_path(selected, path);
    if (site)
        return site;
    before = selected->count;
    paths[0] = path;
    if (discover(gathering, paths, err))
        return NULL;
    site = find_path(selected, path);
    if (!site && selected->count == before + 1)
        site = &selected->sites[before]; /* its code is in a folder below */
    if (!site) {
        refuse(gathering, section,
               selected->count > before
                   ? "there are several sites in its path; give the folder of one"
                   : "no WordPress was found in its path");
        selected->count = before;
    }
    return site;
}

/* What SECTION says of the pool of its SITE, of who logs its requests, and of pages. */
static void apply_requests(const struct wpb_conf_section *section,
                           struct wpb_arena *arena, struct wpb_site *site)
{
    size_t routes;

    wpb_site_pool_named(site, wpb_conf_text(section, "pool"),
                        wpb_conf_text(section, "pool_file"), arena);
    site->pool_status = wpb_conf_text(section, "fpm_status");
    site->web_log = wpb_conf_text(section, "web_log");
    site->web_log_format = wpb_conf_text(section, "web_log_format");
    site->url_path = wpb_conf_text(section, "url_path");
    site->routes = wpb_conf_list(section, "routes", &routes);
}

/* What SECTION says of its SITE. */
static int apply(struct gathering *gathering, const struct wpb_conf_section *section,
                 struct wpb_site *site, struct wpb_err *err)
{
    const char *redis_password, *mysql_password, *prefix;
    struct wpb_site_selection selection = {
        .redis_uri = wpb_conf_text(section, "redis"),
        .redis_replica_uri = wpb_conf_text(section, "redis_replica"),
        .mysql_uri = wpb_conf_text(section, "mysql"),
        .mysql_replica_uri = wpb_conf_text(section, "mysql_replica"),
        .table_prefix = wpb_conf_text(section, "table_prefix"),
        .memory_limit_bytes = wpb_conf_bytes(section, "memory_limit"),
    };
    const struct wpb_conf_value *limit = wpb_conf_value(section, "memory_limit");

    prefix = wpb_conf_text(section, "redis_prefix");
    selection.key_prefix = prefix;
    if (limit->file)
        selection.memory_limit_source = wpb_arena_printf(
            gathering->arena, "memory_limit in %s:%u", limit->file, limit->line);
    site->name = section->name;
    apply_requests(section, gathering->arena, site);
    if (wpb_conf_is_set(section, "owner"))
        site->owner = wpb_conf_text(section, "owner");
    if (wpb_conf_secret(section, "redis_password_file", gathering->arena, &redis_password,
                        err) ||
        wpb_conf_secret(section, "mysql_password_file", gathering->arena, &mysql_password,
                        err))
        return -1;
    return wpb_site_apply(&selection, redis_password, mysql_password, gathering->arena,
                          site, err);
}

static int add_named(struct gathering *gathering, const struct wpb_conf_section *section,
                     struct wpb_err *err)
{
    struct wpb_selected_sites *selected = gathering->selected;
    struct wpb_err why = {0};
    struct wpb_site *site = site_of(gathering, section, &why);

    if (!site && why.code) {
        *err = why;
        return -1;
    }
    if (site && apply(gathering, section, site, &why)) {
        refuse(gathering, section, why.message);
        memmove(site, site + 1,
                (size_t)(selected->sites + --selected->count - site) * sizeof(*site));
    }
    return 0;
}

/* Counters of servers are read once an interval: what they did in less is not known. The
 * next length that divides a day. */
static uint32_t window_of(const struct wpb_conf_section *agent)
{
    uint32_t window_s = (uint32_t)wpb_conf_seconds(agent, "request_window");
    uint32_t interval_s = (uint32_t)wpb_conf_seconds(agent, "interval");

    if (window_s >= interval_s)
        return window_s;
    while (interval_s < DAY_S && DAY_S % interval_s != 0)
        interval_s++;
    return interval_s;
}

int wpb_watched_sites(const struct wpb_conf *config, struct wpb_arena *arena,
                      struct wpb_selected_sites *selected, struct wpb_err *err)
{
    struct gathering gathering = {.config = config, .arena = arena, .selected = selected};
    const struct wpb_conf_section *agent = wpb_conf_agent(config);
    const struct wpb_conf_section *site = wpb_conf_sections(config, WPB_SECTION_SITE);
    size_t count;
    const char *const *paths = wpb_conf_list(agent, "paths", &count);

    *selected = (struct wpb_selected_sites){.looked_in = ""};
    if (wpb_conf_choice(agent, "sites") == 0) {
        if (discover(&gathering, NULL, err) ||
            (count && discover(&gathering, paths, err)))
            return -1;
    }
    for (; site; site = site->next) {
        if (add_named(&gathering, site, err))
            return -1;
    }
    for (size_t i = 0; i < selected->count; i++)
        selected->sites[i].request_window_s = window_of(agent);
    wpb_selected_say_blind(selected, arena);
    return 0;
}
