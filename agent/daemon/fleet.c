#include "agent/daemon/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "agent/schedule/learn.h"

struct wpb_fleet_search {
    uv_work_t work;
    wpb_find_sites *find;
    struct wpb_fleet *fleet;
    struct wpb_err err;
    bool has_failed;
    void (*done)(void *cookie, struct wpb_fleet *fleet, const struct wpb_err *err);
    void *cookie;
};

struct wpb_conf_share *wpb_conf_share_new(struct wpb_conf *config)
{
    struct wpb_conf_share *share = calloc(1, sizeof(*share));

    if (!share)
        return NULL;
    share->config = config;
    share->holders = 1;
    return share;
}

struct wpb_conf_share *wpb_conf_share_hold(struct wpb_conf_share *share)
{
    share->holders++;
    return share;
}

void wpb_conf_share_drop(struct wpb_conf_share *share)
{
    if (!share || --share->holders > 0)
        return;
    wpb_conf_free(share->config);
    free(share);
}

static void search(uv_work_t *work)
{
    struct wpb_fleet_search *task = work->data;
    struct wpb_fleet *fleet = task->fleet;

    task->has_failed =
        task->find(fleet->config->config, fleet->arena, &fleet->found, &task->err) != 0;
}

/* The sites that will be changed by what is learnt, and what they stand on. */
static int lay_out(struct wpb_fleet *fleet)
{
    size_t bytes = (fleet->found.count + 1) * sizeof(*fleet->sites);

    fleet->sites = wpb_arena_alloc(fleet->arena, bytes);
    if (fleet->found.count)
        memcpy(fleet->sites, fleet->found.sites,
               fleet->found.count * sizeof(*fleet->sites));
    fleet->knowledge = calloc(fleet->found.count + 1, sizeof(struct wpb_knowledge *));
    if (!fleet->knowledge)
        return -1;
    fleet->target_count =
        wpb_targets_find(fleet->sites, fleet->found.count, fleet->arena, &fleet->targets);
    return 0;
}

static void on_searched(uv_work_t *work, int status)
{
    struct wpb_fleet_search *task = work->data;
    struct wpb_fleet *fleet = task->fleet;

    if (status)
        wpb_err_set(&task->err, WPB_E_CANCELLED, "sites", "the search was cancelled");
    else if (!task->has_failed && lay_out(fleet))
        wpb_err_set(&task->err, WPB_E_MEMORY, "sites", "no memory for the sites");
    if (task->err.code) {
        wpb_fleet_free(fleet);
        fleet = NULL;
    }
    task->done(task->cookie, fleet, &task->err);
    free(task);
}

int wpb_fleet_search(uv_loop_t *loop, struct wpb_conf_share *config, wpb_find_sites *find,
                     const struct wpb_probe *const *probes,
                     void (*done)(void *cookie, struct wpb_fleet *fleet,
                                  const struct wpb_err *err),
                     void *cookie, struct wpb_err *err)
{
    struct wpb_fleet_search *task = calloc(1, sizeof(*task));
    struct wpb_fleet *fleet = calloc(1, sizeof(*fleet));
    int status;

    if (!task || !fleet || !(fleet->arena = wpb_arena_new())) {
        free(task);
        free(fleet);
        return wpb_err_set(err, WPB_E_MEMORY, "sites", "no memory to look for sites");
    }
    fleet->config = wpb_conf_share_hold(config);
    fleet->probes = probes;
    task->work.data = task;
    task->find = find;
    task->fleet = fleet;
    task->done = done;
    task->cookie = cookie;
    status = uv_queue_work(loop, &task->work, search, on_searched);
    if (!status)
        return 0;
    wpb_fleet_free(fleet);
    free(task);
    return wpb_err_set(err, WPB_E_IO, "sites", "cannot look for sites: %s",
                       uv_strerror(status));
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_server(const struct wpb_redis_address *a,
                        const struct wpb_redis_address *b)
{
    return a->scheme == b->scheme && same_text(a->host, b->host) && a->port == b->port &&
           same_text(a->path, b->path) && a->database == b->database &&
           same_text(a->user, b->user) && same_text(a->password, b->password) &&
           a->is_cluster == b->is_cluster && a->is_sentinel == b->is_sentinel;
}

static bool same_redis(const struct wpb_redis_address *a,
                       const struct wpb_redis_address *b)
{
    if (!same_server(a, b) || !same_text(a->service, b->service) ||
        a->seed_count != b->seed_count)
        return false;
    for (size_t i = 0; i < a->seed_count; i++) {
        if (!same_server(&a->seeds[i], &b->seeds[i]))
            return false;
    }
    return true;
}

static bool same_mysql(const struct wpb_mysql_address *a,
                       const struct wpb_mysql_address *b)
{
    return same_text(a->host, b->host) && a->port == b->port &&
           same_text(a->path, b->path) && same_text(a->schema, b->schema) &&
           same_text(a->user, b->user) && same_text(a->password, b->password) &&
           a->is_encrypted == b->is_encrypted && a->is_replica == b->is_replica;
}

static bool same_replicas(const struct wpb_site *a, const struct wpb_site *b)
{
    if (a->redis_replica_count != b->redis_replica_count)
        return false;
    for (size_t i = 0; i < a->redis_replica_count; i++) {
        if (!same_redis(&a->redis_replicas[i], &b->redis_replicas[i]))
            return false;
    }
    return a->has_mysql_replica == b->has_mysql_replica &&
           (!a->has_mysql_replica || same_mysql(&a->mysql_replica, &b->mysql_replica));
}

static bool same_prefix(const struct wpb_site *a, const struct wpb_site *b)
{
    return a->has_key_prefix == b->has_key_prefix &&
           (!a->has_key_prefix ||
            wpb_slice_equal(wpb_slice_of(a->key_prefix, a->key_prefix_len),
                            wpb_slice_of(b->key_prefix, b->key_prefix_len)));
}

static bool same_code(const struct wpb_site *a, const struct wpb_site *b)
{
    return same_text(a->name, b->name) && same_text(a->owner, b->owner) &&
           same_text(a->path, b->path) && same_text(a->wp_version, b->wp_version) &&
           same_text(a->plugin_dir, b->plugin_dir) &&
           same_text(a->mu_plugin_dir, b->mu_plugin_dir) &&
           same_text(a->theme_dir, b->theme_dir) &&
           same_text(a->table_prefix, b->table_prefix) &&
           a->is_multisite == b->is_multisite && a->flavour == b->flavour &&
           same_text(a->flavour_version, b->flavour_version) &&
           same_text(a->db_name, b->db_name) && same_text(a->db_charset, b->db_charset) &&
           a->memory_limit_bytes == b->memory_limit_bytes &&
           same_text(a->memory_limit_source, b->memory_limit_source) &&
           a->php_version == b->php_version && a->unresolved_count == b->unresolved_count;
}

/* Lists ended by NULL; no list is an empty one. */
static bool same_words(const char *const *a, const char *const *b)
{
    static const char *const none[] = {NULL};

    for (a = a ? a : none, b = b ? b : none; *a && *b; a++, b++) {
        if (strcmp(*a, *b) != 0)
            return false;
    }
    return !*a && !*b;
}

static bool same_pool(const struct wpb_site *a, const struct wpb_site *b)
{
    return same_text(a->pool_name, b->pool_name) &&
           same_text(a->pool_file, b->pool_file) &&
           same_text(a->pool_reason, b->pool_reason) &&
           same_text(a->pool_status, b->pool_status) &&
           same_text(a->web_log, b->web_log) &&
           same_text(a->web_log_format, b->web_log_format) &&
           same_text(a->url_path, b->url_path) && same_words(a->routes, b->routes) &&
           a->request_window_s == b->request_window_s;
}

static bool same_site(const struct wpb_site *a, const struct wpb_site *b)
{
    return same_code(a, b) && same_pool(a, b) && same_prefix(a, b) &&
           same_replicas(a, b) && a->has_redis == b->has_redis &&
           (!a->has_redis || same_redis(&a->redis, &b->redis)) &&
           a->has_mysql == b->has_mysql &&
           (!a->has_mysql || same_mysql(&a->mysql, &b->mysql));
}

bool wpb_fleet_equal(const struct wpb_fleet *a, const struct wpb_fleet *b)
{
    if (a->config != b->config || a->found.count != b->found.count ||
        a->found.coverage_count != b->found.coverage_count)
        return false;
    for (size_t i = 0; i < a->found.count; i++) {
        if (!same_site(&a->found.sites[i], &b->found.sites[i]))
            return false;
    }
    for (size_t i = 0; i < a->found.coverage_count; i++) {
        if (!same_text(a->found.coverage[i].site, b->found.coverage[i].site) ||
            !same_text(a->found.coverage[i].reason, b->found.coverage[i].reason))
            return false;
    }
    return true;
}

/* The same WordPress, whatever it is called and wherever its servers are now. */
static bool is_same_place(const struct wpb_site *a, const struct wpb_site *b)
{
    if (!a->path[0] && !b->path[0])
        return same_text(a->name, b->name);
    return same_text(a->path, b->path) && same_text(a->db_name, b->db_name) &&
           same_text(a->table_prefix, b->table_prefix);
}

/* Take what BEFORE knows of SITE out of it; NULL when it knows nothing. */
static struct wpb_knowledge *inherit(struct wpb_fleet *before,
                                     const struct wpb_site *site)
{
    for (size_t i = 0; before && i < before->found.count; i++) {
        struct wpb_knowledge *knowledge = before->knowledge[i];
        if (!knowledge || !is_same_place(&before->found.sites[i], site))
            continue;
        before->knowledge[i] = NULL;
        return knowledge;
    }
    return NULL;
}

void wpb_fleet_succeed(struct wpb_fleet *fleet, struct wpb_fleet *before, int64_t now_ms)
{
    for (size_t i = 0; i < fleet->found.count; i++) {
        fleet->knowledge[i] = inherit(before, &fleet->found.sites[i]);
        if (fleet->knowledge[i])
            wpb_knowledge_bind(fleet->knowledge[i], &fleet->sites[i], now_ms);
        else
            fleet->knowledge[i] =
                wpb_knowledge_new(&fleet->sites[i], fleet->probes, now_ms);
        wpb_fleet_learn(fleet, i);
    }
    wpb_fleet_free(before);
}

bool wpb_fleet_learn(struct wpb_fleet *fleet, size_t i)
{
    struct wpb_site *site = &fleet->sites[i];
    const struct wpb_window *window;
    bool was_guessed = site->is_table_prefix_guessed, has_learnt;

    if (!fleet->knowledge[i])
        return false;
    window = wpb_knowledge_window(fleet->knowledge[i]);
    wpb_learn_table_prefix(site, window, fleet->arena);
    wpb_learn_master(site, window, fleet->arena);
    has_learnt = wpb_learn_keys(site, window, fleet->arena);
    return has_learnt || was_guessed != site->is_table_prefix_guessed;
}

void wpb_fleet_free(struct wpb_fleet *fleet)
{
    if (!fleet)
        return;
    for (size_t i = 0; fleet->knowledge && i < fleet->found.count; i++)
        wpb_knowledge_free(fleet->knowledge[i]);
    free(fleet->knowledge);
    wpb_arena_free(fleet->arena);
    wpb_conf_share_drop(fleet->config);
    free(fleet);
}
