#include "redis_cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/redis/cluster.h"

#define SLOTS_EACH (WPB_CLUSTER_SLOTS / CLUSTER_PRIMARIES + 1)

static void start_node(struct redis_server *node, const char *config)
{
    char text[512];

    snprintf(text, sizeof text,
             "cluster-enabled yes\ncluster-port %u\ncluster-node-timeout 2000\n"
             "cluster-require-full-coverage no\n%s",
             redis_free_port(), config ? config : "");
    redis_server_start(node, text, 1);
}

static void deal(struct redis_cluster *cluster)
{
    for (size_t i = 0; i < CLUSTER_PRIMARIES; i++) {
        unsigned first = (unsigned)i * SLOTS_EACH, last = first + SLOTS_EACH - 1;
        if (last >= WPB_CLUSTER_SLOTS)
            last = WPB_CLUSTER_SLOTS - 1;
        redis_server_do(&cluster->nodes[i], "CLUSTER ADDSLOTSRANGE %u %u", first, last);
    }
}

/* Every node introduces itself to the first: of its own bus port no one else knows. */
static void introduce(struct redis_cluster *cluster)
{
    char bus[16];
    redisReply *reply;

    reply = redis_server_ask(&cluster->nodes[0], "CONFIG GET cluster-port");
    snprintf(bus, sizeof bus, "%s", reply->element[1]->str);
    freeReplyObject(reply);
    for (size_t i = 0; i < cluster->count; i++) {
        redis_server_do(&cluster->nodes[i], "CLUSTER SET-CONFIG-EPOCH %u",
                        (unsigned)i + 1);
        if (i > 0)
            redis_server_do(&cluster->nodes[i], "CLUSTER MEET 127.0.0.1 %u %s",
                            cluster->nodes[0].port, bus);
    }
}

static int says(struct redis_server *node, const char *command, const char *words)
{
    redisReply *reply = redis_server_ask(node, command);
    int found = strstr(reply->str, words) != NULL;

    freeReplyObject(reply);
    return found;
}

static void wait_for(struct redis_server *node, const char *command, const char *words)
{
    for (int i = 0; i < 1500; i++) {
        if (says(node, command, words))
            return;
        usleep(20000);
    }
    fail_msg("%s never says %s", command, words);
}

/* Until NODE tells of a replica where it is asked for slots. */
static void wait_for_replica(struct redis_server *node)
{
    for (int i = 0; i < 1500; i++) {
        redisReply *reply = redis_server_ask(node, "CLUSTER SLOTS");
        size_t replicas = 0;
        for (size_t at = 0; at < reply->elements; at++)
            replicas += reply->element[at]->elements - 3;
        freeReplyObject(reply);
        if (replicas)
            return;
        usleep(20000);
    }
    fail_msg("no replica is told of");
}

static void replicate(struct redis_cluster *cluster)
{
    struct redis_server *replica = &cluster->nodes[CLUSTER_PRIMARIES];
    redisReply *id = redis_server_ask(&cluster->nodes[0], "CLUSTER MYID");

    redis_server_do(replica, "CLUSTER REPLICATE %s", id->str);
    wait_for(replica, "INFO replication", "master_link_status:up");
    freeReplyObject(id);
    /* A replica that has received nothing yet is told to nobody. */
    redis_server_do(&cluster->nodes[0], "FLUSHALL");
    for (size_t i = 0; i < CLUSTER_PRIMARIES; i++)
        wait_for_replica(&cluster->nodes[i]);
}

void redis_cluster_start(struct redis_cluster *cluster, const char *config,
                         int has_replica)
{
    memset(cluster, 0, sizeof *cluster);
    cluster->count = CLUSTER_PRIMARIES + (has_replica != 0);
    for (size_t i = 0; i < cluster->count; i++)
        start_node(&cluster->nodes[i], config);
    introduce(cluster);
    deal(cluster);
    char known[32];
    snprintf(known, sizeof known, "cluster_known_nodes:%zu", cluster->count);
    for (size_t i = 0; i < cluster->count; i++) {
        wait_for(&cluster->nodes[i], "CLUSTER INFO", known);
        wait_for(&cluster->nodes[i], "CLUSTER INFO", "cluster_slots_ok:16384");
        wait_for(&cluster->nodes[i], "CLUSTER INFO", "cluster_state:ok");
    }
    if (has_replica)
        replicate(cluster);
}

void redis_cluster_stop(struct redis_cluster *cluster)
{
    for (size_t i = 0; i < cluster->count; i++)
        redis_server_stop(&cluster->nodes[i]);
}

size_t redis_cluster_node(const char *key)
{
    return wpb_cluster_slot(wpb_slice_cstr(key)) / SLOTS_EACH;
}

void redis_cluster_set(struct redis_cluster *cluster, const char *key, const char *value)
{
    redis_server_do(&cluster->nodes[redis_cluster_node(key)], "SET %s %s", key, value);
}

struct wpb_site redis_cluster_site(struct redis_cluster *cluster)
{
    struct wpb_site site = redis_server_site(&cluster->nodes[0], 0);

    for (size_t i = 0; i < CLUSTER_PRIMARIES; i++)
        cluster->seeds[i] = (struct wpb_redis_address){.scheme = WPB_REDIS_TCP,
                                                       .host = "127.0.0.1",
                                                       .port = cluster->nodes[i].port,
                                                       .path = "",
                                                       .user = "",
                                                       .password = "",
                                                       .is_cluster = true};
    site.redis = cluster->seeds[0];
    site.redis.seeds = cluster->seeds;
    site.redis.seed_count = CLUSTER_PRIMARIES;
    return site;
}
