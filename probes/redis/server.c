#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "probes/redis/conn.h"
#include "probes/redis/info.h"
#include "probes/redis/probes.h"
#include "probes/redis/reply.h"
#include "probes/redis/scope.h"

#define INFO_COMMAND "*1\r\n$4\r\nINFO\r\n"

struct server {
    struct wpb_run *run;
    struct wpb_conn *conn;
    struct wpb_redis_scope scope;
    enum wpb_coverage_status status;
    struct wpb_err reason;
    bool is_ending, has_info;
};

static void finish(struct server *probe, enum wpb_coverage_status status)
{
    if (probe->is_ending)
        return;
    probe->is_ending = true;
    probe->status = status;
    wpb_run_progress(probe->run, probe->has_info ? 1 : 0, 1, NULL);
    wpb_conn_close(probe->conn);
}

static void on_closed(void *cookie)
{
    struct server *probe = cookie;
    probe->conn = NULL;
    wpb_run_end(probe->run, probe->status, "%s", probe->reason.message);
}

static void on_failed(void *cookie, const struct wpb_err *err)
{
    struct server *probe = cookie;
    probe->reason = *err;
    finish(probe, WPB_COVERAGE_UNAVAILABLE);
}

static void post(struct server *probe, const struct wpb_subject *subject,
                 enum wpb_metric metric, struct wpb_value value)
{
    wpb_run_post(probe->run, NULL, subject, metric, value, WPB_EXACT);
}

static void post_server(struct server *probe, const struct wpb_info *info)
{
    const struct {
        enum wpb_metric metric;
        const struct wpb_info_number *number;
    } numbers[] = {
        {WPB_M_UPTIME_SECONDS, &info->uptime_seconds},
        {WPB_M_USED_MEMORY_BYTES, &info->used_memory},
        {WPB_M_MAXMEMORY_BYTES, &info->maxmemory},
        {WPB_M_EVICTED_KEYS, &info->evicted_keys},
        {WPB_M_KEYSPACE_HITS, &info->hits},
        {WPB_M_KEYSPACE_MISSES, &info->misses},
    };
    const struct {
        enum wpb_metric metric;
        const struct wpb_slice *text;
    } texts[] = {
        {WPB_M_VERSION, &info->version},
        {WPB_M_RUN_ID, &info->run_id},
        {WPB_M_ROLE, &info->role},
        {WPB_M_MAXMEMORY_POLICY, &info->policy},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i].number->is_known)
            post(probe, &probe->scope.server, numbers[i].metric,
                 wpb_value_count(numbers[i].number->value));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].text->len)
            post(probe, &probe->scope.server, texts[i].metric,
                 wpb_value_text(*texts[i].text));
}

/* A database that INFO does not list has no keys. */
static void post_databases(struct server *probe, const struct wpb_info *info)
{
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(probe->run, &count);
    bool is_ours_listed = false;

    for (size_t i = 0; i < info->database_count; i++) {
        const struct wpb_info_database *db = &info->databases[i];
        char name[16];
        int len = snprintf(name, sizeof name, "db%u", db->number);
        struct wpb_subject subject = probe->scope.database;
        subject.name = wpb_slice_of(name, (size_t)len);
        uint64_t ttlless = db->keys > db->expires ? db->keys - db->expires : 0;
        post(probe, &subject, WPB_M_KEYS, wpb_value_count(db->keys));
        post(probe, &subject, WPB_M_TTLLESS_KEYS, wpb_value_count(ttlless));
        is_ours_listed |= db->number == sites[0]->redis.database;
    }
    if (info->has_keyspace && !is_ours_listed &&
        info->database_count < WPB_INFO_DATABASES_MAX) {
        post(probe, &probe->scope.database, WPB_M_KEYS, wpb_value_count(0));
        post(probe, &probe->scope.database, WPB_M_TTLLESS_KEYS, wpb_value_count(0));
    }
}

/* -1 when there is no plain server with its data behind this. */
static int check(const struct wpb_info *info, struct wpb_err *err)
{
    if (info->is_cluster)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, "redis",
                           "this is a node of a Redis Cluster, which is not supported "
                           "yet");
    if (info->is_sentinel)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, "redis",
                           "this is a Redis Sentinel, which is not supported yet: give "
                           "the address of the master itself");
    if (info->is_loading && info->loading_eta_seconds.is_known)
        return wpb_err_set(err, WPB_E_CONNECT, "redis",
                           "Redis is still loading its data, for about %llu s more",
                           (unsigned long long)info->loading_eta_seconds.value);
    if (info->is_loading)
        return wpb_err_set(err, WPB_E_CONNECT, "redis",
                           "Redis is still loading its data; try again later");
    return 0;
}

static void on_info(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct server *probe = cookie;
    struct wpb_info info;
    (void)tag;

    if (reply->type != REDIS_REPLY_STRING) {
        wpb_reply_unexpected(&probe->reason, "INFO", reply);
        /* A server that keeps INFO to itself may still answer about its keys. */
        finish(probe, wpb_reply_is_refusal(reply) ? WPB_COVERAGE_PARTIAL
                                                  : WPB_COVERAGE_UNAVAILABLE);
        return;
    }
    wpb_info_parse(wpb_reply_text(reply), &info);
    if (check(&info, &probe->reason) != 0) {
        finish(probe, WPB_COVERAGE_UNAVAILABLE);
        return;
    }
    probe->has_info = true;
    post_server(probe, &info);
    post_databases(probe, &info);
    if (info.version.len == 0) {
        wpb_err_set(&probe->reason, WPB_E_PROTOCOL, "redis",
                    "INFO told no redis_version: is this a proxy?");
        finish(probe, WPB_COVERAGE_PARTIAL);
        return;
    }
    finish(probe, WPB_COVERAGE_OK);
}

static void on_ready(void *cookie)
{
    struct server *probe = cookie;
    wpb_conn_send(probe->conn, on_info, 0, wpb_slice_cstr(INFO_COMMAND));
    wpb_conn_flush(probe->conn, 0);
}

static void release(void *state)
{
    struct server *probe = state;
    if (!probe)
        return;
    wpb_redis_scope_fini(&probe->scope);
    free(probe);
}

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    static const struct wpb_conn_events events = {on_ready, on_failed, on_closed};
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count);
    struct server *probe = calloc(1, sizeof *probe);

    if (!probe) {
        wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
        return NULL;
    }
    probe->run = run;
    wpb_redis_scope_init(&probe->scope, &sites[0]->redis);
    probe->conn = wpb_conn_open(wpb_run_loop(run), &sites[0]->redis, &events, probe,
                                wpb_run_cost(run), err);
    if (probe->conn)
        return probe;
    release(probe);
    return NULL;
}

static void step(void *state)
{
    (void)state;
}

static void cancel(void *state)
{
    struct server *probe = state;
    wpb_err_set(&probe->reason, WPB_E_CANCELLED, "redis", "stopped before INFO came");
    finish(probe, WPB_COVERAGE_UNAVAILABLE);
}

const struct wpb_probe wpb_probe_redis_server = {
    .name = "redis.server",
    .help = "version, memory, eviction policy and keys of a Redis server, from INFO",
    .unit = "replies",
    .needs = "redis",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_FREE,
    .deadline_ms = 5000,
    .max_items = 1,
    .grants = "+select +info",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
