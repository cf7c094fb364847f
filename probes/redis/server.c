#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "probes/redis/info.h"
#include "probes/redis/link.h"
#include "probes/redis/probes.h"
#include "probes/redis/reply.h"
#include "probes/redis/scope.h"

#define INFO_COMMAND "*1\r\n$4\r\nINFO\r\n"
/* Longer texts are none that Redis gives. */
#define TEXT_MAX 64

struct server {
    struct wpb_run *run;
    struct wpb_link *link;
    struct wpb_redis_scope scope;
    size_t nodes, answered;
    struct wpb_info info; /* of all that answered; its texts are these: */
    char version[TEXT_MAX], run_id[TEXT_MAX], role[TEXT_MAX], policy[TEXT_MAX];
    enum wpb_coverage_status status;
    struct wpb_buf reason;
    bool is_ending;
};

static void finish(struct server *probe, enum wpb_coverage_status status)
{
    if (probe->is_ending)
        return;
    probe->is_ending = true;
    probe->status = status;
    wpb_run_progress(probe->run, probe->answered, probe->nodes, NULL);
    wpb_link_close(probe->link);
}

static void on_closed(void *cookie)
{
    struct server *probe = cookie;
    probe->link = NULL;
    wpb_run_end(probe->run, probe->status, "%s", probe->reason.data);
}

static void fail(struct server *probe, enum wpb_coverage_status status,
                 const struct wpb_err *err)
{
    if (probe->is_ending)
        return;
    wpb_buf_clear(&probe->reason);
    wpb_buf_text(&probe->reason, err->message);
    finish(probe, status);
}

static void on_failed(void *cookie, const struct wpb_err *err)
{
    struct server *probe = cookie;
    fail(probe, WPB_COVERAGE_UNAVAILABLE, err);
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
    if (info->saves.is_known && info->rewrites.is_known)
        post(probe, &probe->scope.server, WPB_M_PERSISTING,
             wpb_value_integer(info->saves.value || info->rewrites.value));
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

/* -1 when there is no data behind this. */
static int check(const struct wpb_info *info, struct wpb_err *err)
{
    if (info->is_loading && info->loading_eta_seconds.is_known)
        return wpb_err_set(err, WPB_E_CONNECT, "redis",
                           "Redis is still loading its data, for about %llu s more",
                           (unsigned long long)info->loading_eta_seconds.value);
    if (info->is_loading)
        return wpb_err_set(err, WPB_E_CONNECT, "redis",
                           "Redis is still loading its data; try again later");
    return 0;
}

static void keep(char text[TEXT_MAX], struct wpb_slice *field)
{
    struct wpb_slice kept = wpb_slice_head(*field, TEXT_MAX - 1);

    memcpy(text, kept.len ? kept.data : "", kept.len);
    text[kept.len] = '\0';
    *field = wpb_slice_of(text, kept.len);
}

static unsigned hex(char digit)
{
    const char *digits = "0123456789abcdef";
    const char *at = digit ? strchr(digits, digit) : NULL;
    return at ? (unsigned)(at - digits) : 0;
}

/* A name for all processes of a cluster, in whatever order they answer: another one when
 * any of them is another. */
static void join_run_id(char text[TEXT_MAX], struct wpb_slice run_id)
{
    for (size_t i = 0; text[i] && i < run_id.len; i++)
        text[i] = "0123456789abcdef"[hex(text[i]) ^ hex(run_id.data[i])];
}

static void take(struct server *probe, const struct wpb_info *info)
{
    if (probe->answered++ > 0) {
        wpb_info_add(&probe->info, info);
        join_run_id(probe->run_id, info->run_id);
        return;
    }
    probe->info = *info;
    keep(probe->version, &probe->info.version);
    keep(probe->run_id, &probe->info.run_id);
    keep(probe->role, &probe->info.role);
    keep(probe->policy, &probe->info.policy);
}

static void post_master(struct server *probe)
{
    struct wpb_buf master;

    wpb_buf_init(&master, 0);
    wpb_link_master(probe->link, &master);
    if (master.len && !wpb_buf_failed(&master))
        post(probe, &probe->scope.server, WPB_M_MASTER_ADDRESS,
             wpb_value_text(wpb_buf_view(&master)));
    wpb_buf_fini(&master);
}

static void conclude(struct server *probe)
{
    post_server(probe, &probe->info);
    post_databases(probe, &probe->info);
    post_master(probe);
    wpb_link_missing(probe->link, &probe->reason);
    if (probe->info.version.len == 0)
        wpb_buf_printf(&probe->reason, "%sINFO told no redis_version: is this a proxy?",
                       probe->reason.len ? "; " : "");
    finish(probe, probe->reason.len ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_OK);
}

static void on_info(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct server *probe = cookie;
    struct wpb_info info;
    struct wpb_err err;
    (void)tag;

    if (probe->is_ending)
        return;
    if (reply->type != REDIS_REPLY_STRING) {
        wpb_reply_unexpected(&err, "INFO", reply);
        /* A server that keeps INFO to itself may still answer about its keys. */
        fail(probe,
             wpb_reply_is_refusal(reply) ? WPB_COVERAGE_PARTIAL
                                         : WPB_COVERAGE_UNAVAILABLE,
             &err);
        return;
    }
    wpb_info_parse(wpb_reply_text(reply), &info);
    if (check(&info, &err) != 0) {
        fail(probe, WPB_COVERAGE_UNAVAILABLE, &err);
        return;
    }
    take(probe, &info);
    if (probe->answered == probe->nodes)
        conclude(probe);
}

static void on_ready(void *cookie)
{
    struct server *probe = cookie;

    probe->nodes = wpb_link_servers(probe->link);
    for (size_t i = 0; i < probe->nodes; i++)
        wpb_link_send(probe->link, i, on_info, 0, wpb_slice_cstr(INFO_COMMAND));
    wpb_link_flush(probe->link, 0);
}

static void release(void *state)
{
    struct server *probe = state;
    if (!probe)
        return;
    wpb_redis_scope_fini(&probe->scope);
    wpb_buf_fini(&probe->reason);
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
    probe->nodes = 1;
    wpb_buf_init(&probe->reason, 0);
    probe->link = wpb_link_open(wpb_run_loop(run), sites, count, WPB_LINK_MASTER, &events,
                                probe, wpb_run_cost(run), err);
    if (probe->link)
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
    struct wpb_err err;

    wpb_err_set(&err, WPB_E_CANCELLED, "redis", "stopped before INFO came");
    fail(probe, WPB_COVERAGE_UNAVAILABLE, &err);
}

const struct wpb_probe wpb_probe_redis_server = {
    .name = "redis.server",
    .help = "version, memory, eviction policy and keys of a Redis server, from INFO",
    .unit = "replies",
    .needs = "redis",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_FREE,
    .deadline_ms = 20000,
    .max_items = 1,
    .grants = "+select +info; +cluster|slots in a cluster",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
