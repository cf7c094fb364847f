/*
 * Replies as a connection takes them, and what a cluster's node, a sentinel and a node
 * that has not the key say with them. What is read of a cluster is within its bounds, and
 * each of its slots leads to a shard or to none; where a reply leads elsewhere, that is a
 * slot, and a host and a port in the reply.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/redis/cluster.h"
#include "probes/redis/conn.h"
#include "probes/redis/guard.h"
#include "probes/redis/reply.h"
#include "probes/redis/sentinel.h"
#include "tests/fuzz/fuzz.h"

#define REPLIES_MAX 64

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_cluster(const struct wpb_cluster *cluster)
{
    uint32_t orphaned = 0;

    check(cluster->count > 0 && cluster->count <= WPB_CLUSTER_SHARDS_MAX);
    for (size_t i = 0; i < WPB_CLUSTER_SLOTS; i++) {
        check(cluster->owners[i] < cluster->count ||
              cluster->owners[i] == WPB_CLUSTER_NO_SHARD);
        orphaned += cluster->owners[i] == WPB_CLUSTER_NO_SHARD;
    }
    check(orphaned == cluster->orphaned);
    for (size_t i = 0; i < cluster->count; i++) {
        const struct wpb_cluster_shard *shard = &cluster->shards[i];
        struct wpb_slice host = wpb_slice_cstr(shard->primary.host);
        check(shard->replica_count <= WPB_CLUSTER_REPLICAS_MAX);
        check(host.len == 0 || (wpb_reply_is_host(host) && shard->primary.port));
        check(wpb_cluster_find(cluster, host, shard->primary.port) == i);
    }
}

static void read_reply(const struct redisReply *reply)
{
    static const struct wpb_redis_address asked = {
        .host = "asked", .port = 1, .path = "", .user = "", .password = ""};
    struct wpb_cluster *cluster;
    struct wpb_redirection to;
    struct wpb_err err;
    const char *host;
    uint16_t port;

    cluster = wpb_cluster_read(reply, &asked, &err);
    if (cluster)
        check_cluster(cluster);
    else
        check(err.message[0]);
    wpb_cluster_free(cluster);
    if (wpb_cluster_redirects(reply, &to)) {
        check(to.slot < WPB_CLUSTER_SLOTS && to.port > 0);
        check(to.host.len == 0 || wpb_reply_is_host(to.host));
    }
    if (wpb_sentinel_read(reply, "name", &host, &port, &err) == 0)
        check(wpb_reply_is_host(wpb_slice_cstr(host)) && port > 0);
    else
        check(err.message[0]);
    check(wpb_cluster_slot(wpb_reply_text(reply)) < WPB_CLUSTER_SLOTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    redisReader *reader = redisReaderCreate();
    size_t pending = REPLIES_MAX;
    uint64_t received = 0;
    struct wpb_reply_guard guard = {
        .reply_max = WPB_CONN_REPLY_MAX, .received = &received, .pending = &pending};
    void *reply;

    if (!reader)
        return 0;
    wpb_reply_guard_install(&guard, reader);
    if (redisReaderFeed(reader, (const char *)data, size) == REDIS_OK) {
        while (pending-- > 0 && redisReaderGetReply(reader, &reply) == REDIS_OK &&
               reply) {
            read_reply(reply);
            reader->fn->freeObject(reply);
        }
    }
    redisReaderFree(reader);
    return 0;
}
