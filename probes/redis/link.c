#include "probes/redis/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/redis/link_state.h"
#include "probes/redis/replica.h"

#define STAGE "redis"
#define SLOTS_COMMAND "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n"

static void ask_sentinels(struct wpb_link *link, size_t from);
static void ask_seed(struct wpb_link *link);
static void on_node_ready(void *cookie);
static void on_node_failed(void *cookie, const struct wpb_err *err);
static void on_node_closed(void *cookie);

static const struct wpb_conn_events node_events = {on_node_ready, on_node_failed,
                                                   on_node_closed};

/* ---- the end ---- */

static void lose(struct wpb_link *link, const struct wpb_err *err)
{
    if (link->phase >= WPB_LINK_LOST)
        return;
    link->phase = WPB_LINK_LOST;
    link->error = *err;
    link->events->failed(link->cookie, &link->error);
}

static void closed_one(struct wpb_link *link)
{
    if (--link->open > 0 || link->phase != WPB_LINK_CLOSING)
        return;
    void (*closed)(void *) = link->events->closed;
    void *cookie = link->cookie;
    wpb_link_drop_routed(link);
    wpb_cluster_free(link->cluster);
    free(link->servers);
    free(link->nodes);
    free(link);
    closed(cookie);
}

static void on_closer_closed(uv_handle_t *handle)
{
    closed_one(handle->data);
}

static void on_node_closed(void *cookie)
{
    struct wpb_link_node *node = cookie;
    closed_one(node->link);
}

static void give_up(struct wpb_link_node *node)
{
    struct wpb_conn *conn = node->conn;

    node->conn = NULL;
    if (conn)
        wpb_conn_close(conn);
}

void wpb_link_close(struct wpb_link *link)
{
    link->phase = WPB_LINK_CLOSING;
    if (link->sentinel)
        wpb_sentinel_close(link->sentinel);
    give_up(&link->seed);
    for (size_t i = 0; i < link->node_count; i++)
        give_up(&link->nodes[i]);
    uv_close((uv_handle_t *)&link->closer, on_closer_closed);
}

/* ---- the servers ---- */

static int make_nodes(struct wpb_link *link, size_t count)
{
    link->nodes = calloc(count, sizeof *link->nodes);
    link->servers = calloc(count, sizeof *link->servers);
    if (!link->nodes || !link->servers)
        return wpb_err_set(&link->error, WPB_E_MEMORY, STAGE, "out of memory");
    link->node_count = link->waiting = count;
    for (size_t i = 0; i < count; i++)
        link->nodes[i].link = link;
    return 0;
}

/* Open the connection of NODE. -1 with its error. */
static int open_node(struct wpb_link_node *node, const struct wpb_redis_address *address)
{
    struct wpb_link *link = node->link;

    node->conn =
        wpb_conn_open(link->loop, address, &node_events, node, link->cost, &node->error);
    if (!node->conn)
        return -1;
    wpb_conn_answer_to(node->conn, link->cookie);
    link->open++;
    return 0;
}

static bool prefers_replica(const struct wpb_link *link)
{
    for (size_t i = 0; i < link->site_count; i++) {
        if (link->reads == WPB_LINK_REPLICA && link->sites[i]->redis_replica_count)
            return true;
    }
    return false;
}

/* The one server there is, at ADDRESS. */
static int open_single(struct wpb_link *link, const struct wpb_redis_address *address,
                       bool demands_master)
{
    if (!link->nodes && make_nodes(link, 1) != 0)
        return -1;
    link->phase = WPB_LINK_OPENING;
    link->waiting = 1;
    if (open_node(&link->nodes[0], address) != 0) {
        link->error = link->nodes[0].error;
        return -1;
    }
    if (demands_master)
        wpb_conn_demand_master(link->nodes[0].conn);
    if (link->reads == WPB_LINK_REPLICA)
        wpb_redis_replica_prefer(link->nodes[0].conn, link->sites, link->site_count);
    return 0;
}

/* Every node is ready or given up. */
static void settle(struct wpb_link *link)
{
    if (link->waiting > 0 || link->phase != WPB_LINK_OPENING)
        return;
    for (size_t i = 0; i < link->node_count; i++) {
        if (link->nodes[i].is_ready)
            link->servers[link->ready_count++] = i;
    }
    if (link->ready_count == 0) {
        lose(link, &link->nodes[0].error);
        return;
    }
    link->phase = WPB_LINK_READY;
    link->events->ready(link->cookie);
}

static void on_node_ready(void *cookie)
{
    struct wpb_link_node *node = cookie;

    node->is_ready = true;
    node->link->waiting--;
    settle(node->link);
}

static void on_node_failed(void *cookie, const struct wpb_err *err)
{
    struct wpb_link_node *node = cookie;
    struct wpb_link *link = node->link;

    node->error = *err;
    if (link->phase != WPB_LINK_OPENING) {
        lose(link, err);
        return;
    }
    give_up(node);
    if (link->sentinel_number + 1 < link->address->seed_count && !link->cluster) {
        link->error = *err;
        ask_sentinels(link, link->sentinel_number + 1);
        return;
    }
    link->waiting--;
    settle(link);
}

/* ---- sentinels ---- */

static void on_sentinel_closed(void *cookie)
{
    closed_one(cookie);
}

static void leave_sentinel(struct wpb_link *link)
{
    struct wpb_sentinel *sentinel = link->sentinel;

    link->sentinel = NULL;
    wpb_sentinel_close(sentinel);
}

static void on_master_found(void *cookie, const char *host, uint16_t port)
{
    struct wpb_link *link = cookie;

    link->sentinel_number = wpb_sentinel_number(link->sentinel);
    snprintf(link->master_host, sizeof link->master_host, "%s", host);
    link->target = *link->address;
    link->target.is_sentinel = false;
    link->target.service = NULL;
    link->target.host = link->master_host;
    link->target.port = port;
    leave_sentinel(link);
    if (open_single(link, &link->target, true) != 0)
        lose(link, &link->error);
}

/* When a master was named before, why that one is of no use says more. */
static void on_sentinels_failed(void *cookie, const struct wpb_err *err)
{
    struct wpb_link *link = cookie;

    leave_sentinel(link);
    lose(link, link->master_host[0] ? &link->error : err);
}

/* -1 with ERR when none is left. */
static int open_sentinel(struct wpb_link *link, size_t from, struct wpb_err *err)
{
    static const struct wpb_sentinel_events events = {
        on_master_found, on_sentinels_failed, on_sentinel_closed};

    link->phase = WPB_LINK_FINDING;
    link->sentinel =
        wpb_sentinel_ask(link->loop, link->address, from, &events, link, link->cost, err);
    if (!link->sentinel)
        return -1;
    link->open++;
    return 0;
}

static void ask_sentinels(struct wpb_link *link, size_t from)
{
    struct wpb_err err;

    if (open_sentinel(link, from, &err) != 0)
        lose(link, &link->error);
}

/* ---- a cluster ---- */

/* The node to ask next, with the cluster's login where it has none of its own. */
static void aim_at_seed(struct wpb_link *link)
{
    const struct wpb_redis_address *address = link->address;

    link->target = address->seeds[link->seed_number];
    link->target.is_cluster = true;
    if (!link->target.password[0] && !link->target.user[0]) {
        link->target.user = address->user;
        link->target.password = address->password;
    }
}

static void open_shards(struct wpb_link *link)
{
    size_t count = link->cluster->count;
    struct wpb_err unknown;

    wpb_err_set(&unknown, WPB_E_NOT_FOUND, STAGE, "nobody says where its primary is");
    if (make_nodes(link, count) != 0) {
        lose(link, &link->error);
        return;
    }
    link->phase = WPB_LINK_OPENING;
    for (size_t i = 0; i < count; i++) {
        const struct wpb_cluster_shard *shard = &link->cluster->shards[i];
        struct wpb_link_node *node = &link->nodes[i];
        node->shard = i;
        if (!shard->primary.host[0])
            node->error = unknown;
        if (!shard->primary.host[0] || open_node(node, &shard->primary) != 0)
            link->waiting--;
        else if (prefers_replica(link))
            wpb_conn_prefer(node->conn, shard->replicas, shard->replica_count);
    }
    settle(link);
}

static void next_seed(struct wpb_link *link, const struct wpb_err *err)
{
    link->error = *err;
    link->seed_number++;
    give_up(&link->seed);
    ask_seed(link);
}

static void on_slots(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct wpb_link_node *seed = cookie;
    struct wpb_link *link = seed->link;
    struct wpb_err err;
    (void)tag;

    link->cluster = wpb_cluster_read(reply, &link->target, &err);
    if (!link->cluster) {
        next_seed(link, &err);
        return;
    }
    give_up(seed);
    open_shards(link);
}

static void on_seed_ready(void *cookie)
{
    struct wpb_link_node *seed = cookie;

    wpb_conn_send(seed->conn, on_slots, 0, wpb_slice_cstr(SLOTS_COMMAND));
    wpb_conn_flush(seed->conn, 0);
}

static void on_seed_failed(void *cookie, const struct wpb_err *err)
{
    struct wpb_link_node *seed = cookie;

    if (seed->conn)
        next_seed(seed->link, err);
}

/* -1 with the error of the last one when none is left. */
static int open_seed(struct wpb_link *link)
{
    static const struct wpb_conn_events events = {on_seed_ready, on_seed_failed,
                                                  on_node_closed};

    for (; link->seed_number < link->address->seed_count; link->seed_number++) {
        aim_at_seed(link);
        link->seed.conn = wpb_conn_open(link->loop, &link->target, &events, &link->seed,
                                        link->cost, &link->error);
        if (link->seed.conn) {
            link->open++;
            return 0;
        }
    }
    return -1;
}

static void ask_seed(struct wpb_link *link)
{
    if (open_seed(link) != 0)
        lose(link, &link->error);
}

/* ---- what it is ---- */

size_t wpb_link_servers(const struct wpb_link *link)
{
    return link->ready_count;
}

struct wpb_conn *wpb_link_conn(struct wpb_link *link, size_t server)
{
    return link->nodes[link->servers[server]].conn;
}

void wpb_link_missing(const struct wpb_link *link, struct wpb_buf *out)
{
    const struct wpb_link_node *missing = NULL;

    if (!link->cluster)
        return;
    for (size_t i = link->node_count; i-- > 0;) {
        if (!link->nodes[i].is_ready)
            missing = &link->nodes[i];
    }
    if (missing)
        wpb_buf_printf(out, "%zu of the cluster's %zu shards could not be read: %s",
                       link->node_count - link->ready_count, link->node_count,
                       missing->error.message);
    if (link->cluster->orphaned)
        wpb_buf_printf(out, "%s%u of the cluster's %u slots are served by no node",
                       missing ? "; " : "", link->cluster->orphaned, WPB_CLUSTER_SLOTS);
}

void wpb_link_explain(const struct wpb_link *link, struct wpb_buf *out)
{
    size_t replicas = 0;

    if (!link->cluster) {
        wpb_conn_explain(link->nodes[0].conn, out);
        return;
    }
    for (size_t i = 0; i < link->node_count; i++)
        replicas +=
            link->nodes[i].is_ready && wpb_conn_is_of_replica(link->nodes[i].conn);
    if (prefers_replica(link))
        wpb_buf_printf(out, "%zu of the cluster's %zu shards were read from a replica",
                       replicas, link->node_count);
}

void wpb_link_master(const struct wpb_link *link, struct wpb_buf *out)
{
    bool is_ipv6 = strchr(link->master_host, ':') != NULL;

    if (link->master_host[0])
        wpb_buf_printf(out, "%s%s%s:%u", is_ipv6 ? "[" : "", link->master_host,
                       is_ipv6 ? "]" : "", link->target.port);
}

/* ---- the beginning ---- */

static int check_address(const struct wpb_redis_address *address, struct wpb_err *err)
{
    if (address->is_cluster && !address->seed_count)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                           "the site spreads its keys over several servers by itself, "
                           "which cannot be followed: give one of them with --redis");
    if (address->is_sentinel && (!address->service || !address->seed_count))
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                           "the configuration names Redis Sentinels, but not where they "
                           "are or how they call the master: give "
                           "--redis redis-sentinel://HOST:PORT/NAME");
    return 0;
}

/* -1 with the link's error when nothing could be begun. */
static int begin(struct wpb_link *link)
{
    if (link->address->is_cluster)
        return open_seed(link);
    if (!link->address->is_sentinel)
        return open_single(link, link->address, false);
    return open_sentinel(link, 0, &link->error);
}

struct wpb_link *wpb_link_open(struct uv_loop_s *loop,
                               const struct wpb_site *const *sites, size_t count,
                               enum wpb_link_reads reads,
                               const struct wpb_conn_events *events, void *cookie,
                               struct wpb_cost *cost, struct wpb_err *err)
{
    struct wpb_link *link;

    if (check_address(&sites[0]->redis, err) != 0)
        return NULL;
    link = calloc(1, sizeof *link);
    if (!link) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
        return NULL;
    }
    *link = (struct wpb_link){.loop = loop,
                              .sites = sites,
                              .site_count = count,
                              .address = &sites[0]->redis,
                              .reads = reads,
                              .events = events,
                              .cookie = cookie,
                              .cost = cost,
                              .seed.link = link};
    if (begin(link) == 0) {
        uv_timer_init(loop, &link->closer);
        link->closer.data = link;
        link->open++;
        return link;
    }
    *err = link->error;
    free(link->servers);
    free(link->nodes);
    free(link);
    return NULL;
}
