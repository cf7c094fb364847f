/* redis.stats: what a Redis server has done since it started, by four sections of INFO.
 *
 * Every number is the server's own and counts all its clients: other sites and this
 * program too, whose passes over the keys cost it bytes and time. After a restart or
 * CONFIG RESETSTAT numbers are smaller than before, and a reader begins anew. */
#include <stdlib.h>

#include "probes/redis/counters.h"
#include "probes/redis/link.h"
#include "probes/redis/probes.h"
#include "probes/redis/reply.h"
#include "probes/redis/scope.h"

/* Before Redis 7 INFO takes one section. They leave as one batch. */
static const char *const sections[] = {
    "*2\r\n$4\r\nINFO\r\n$12\r\ncommandstats\r\n",
    "*2\r\n$4\r\nINFO\r\n$5\r\nstats\r\n",
    "*2\r\n$4\r\nINFO\r\n$3\r\ncpu\r\n",
    "*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n",
};
#define SECTIONS (sizeof(sections) / sizeof(sections[0]))
#define NODES_MAX 512 /* of a cluster, far more than any has */

struct stats {
    struct wpb_run *run;
    struct wpb_link *link;
    struct wpb_redis_scope scope;
    struct wpb_redis_counters *nodes; /* by number of the server */
    size_t node_count, answered;      /* replies */
    enum wpb_coverage_status status;
    struct wpb_buf reason;
    bool is_ending;
};

static void finish(struct stats *probe, enum wpb_coverage_status status)
{
    if (probe->is_ending)
        return;
    probe->is_ending = true;
    probe->status = status;
    wpb_run_progress(probe->run, probe->answered, probe->node_count * SECTIONS, NULL);
    wpb_link_close(probe->link);
}

static void on_closed(void *cookie)
{
    struct stats *probe = cookie;

    probe->link = NULL;
    wpb_run_end(probe->run, probe->status, "%s", probe->reason.data);
}

static void fail(struct stats *probe, enum wpb_coverage_status status,
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
    fail(cookie, WPB_COVERAGE_UNAVAILABLE, err);
}

static void say(struct stats *probe, const char *what)
{
    wpb_buf_printf(&probe->reason, "%s%s", probe->reason.len ? "; " : "", what);
}

static void post_counter(struct stats *probe, enum wpb_metric metric,
                         const struct wpb_info_number *number, const char *if_not_known)
{
    if (number->is_known)
        wpb_run_post(probe->run, NULL, &probe->scope.server, metric,
                     wpb_value_count(number->value), WPB_EXACT);
    else
        say(probe, if_not_known);
}

static void conclude(struct stats *probe)
{
    struct wpb_redis_counters total = probe->nodes[0];

    for (size_t i = 1; i < probe->node_count; i++)
        wpb_redis_counters_add(&total, &probe->nodes[i]);
    post_counter(probe, WPB_M_CACHE_COMMANDS, &total.commands,
                 "INFO commandstats tells of no command: is this a proxy?");
    post_counter(probe, WPB_M_NET_OUTPUT_BYTES, &total.sent_bytes,
                 "INFO stats does not tell what was sent");
    post_counter(probe, WPB_M_NET_INPUT_BYTES, &total.received_bytes,
                 "INFO stats does not tell what was received");
    if (total.has_cpu)
        wpb_run_post(probe->run, NULL, &probe->scope.server, WPB_M_SERVER_CPU_SECONDS,
                     wpb_value_double(total.cpu_s),
                     total.is_main_thread ? WPB_EXACT : WPB_ESTIMATED);
    else
        say(probe, "INFO cpu tells no times");
    post_counter(probe, WPB_M_UPTIME_SECONDS, &total.uptime_seconds,
                 "INFO server tells no uptime");
    wpb_link_missing(probe->link, &probe->reason);
    finish(probe, probe->reason.len ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_OK);
}

static void on_info(void *cookie, const struct redisReply *reply, uint64_t node)
{
    struct stats *probe = cookie;
    struct wpb_err err;

    if (probe->is_ending)
        return;
    if (reply->type != REDIS_REPLY_STRING) {
        wpb_reply_unexpected(&err, "INFO", reply);
        fail(probe, WPB_COVERAGE_UNAVAILABLE, &err);
        return;
    }
    wpb_redis_counters_parse(wpb_reply_text(reply), &probe->nodes[node]);
    if (++probe->answered == probe->node_count * SECTIONS)
        conclude(probe);
}

static void on_ready(void *cookie)
{
    struct stats *probe = cookie;
    struct wpb_err err;

    probe->node_count = wpb_link_servers(probe->link);
    if (probe->node_count <= NODES_MAX)
        probe->nodes = calloc(probe->node_count, sizeof(*probe->nodes));
    if (!probe->nodes) {
        wpb_err_set(&err, WPB_E_MEMORY, "redis", "no memory for %zu servers",
                    probe->node_count);
        fail(probe, WPB_COVERAGE_UNAVAILABLE, &err);
        return;
    }
    for (size_t i = 0; i < probe->node_count; i++) {
        for (size_t section = 0; section < SECTIONS; section++)
            wpb_link_send(probe->link, i, on_info, i, wpb_slice_cstr(sections[section]));
    }
    wpb_link_flush(probe->link, 0);
}

static void release(void *state)
{
    struct stats *probe = state;

    if (!probe)
        return;
    wpb_redis_scope_fini(&probe->scope);
    wpb_buf_fini(&probe->reason);
    free(probe->nodes);
    free(probe);
}

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    static const struct wpb_conn_events events = {on_ready, on_failed, on_closed};
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count);
    struct stats *probe = calloc(1, sizeof(*probe));

    if (!probe) {
        wpb_err_set(err, WPB_E_MEMORY, "redis", "out of memory");
        return NULL;
    }
    probe->run = run;
    wpb_redis_scope_init(&probe->scope, &sites[0]->redis);
    probe->node_count = 1;
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
    struct stats *probe = state;
    struct wpb_err err;

    wpb_err_set(&err, WPB_E_CANCELLED, "redis", "stopped before INFO came");
    fail(probe, WPB_COVERAGE_UNAVAILABLE, &err);
}

const struct wpb_probe wpb_probe_redis_stats = {
    .name = "redis.stats",
    .help = "commands, bytes and processor time of a Redis server since it started, from "
            "INFO",
    .unit = "replies",
    .needs = "redis",
    .after = "redis.server", /* which tells when there is no data behind the numbers */
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_FREE,
    .deadline_ms = 20000,
    .max_items = SECTIONS,
    .grants = "+select +info; +cluster|slots in a cluster",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
