#include "probes/redis/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "probes/redis/reply.h"

#define STAGE "redis"

static bool is_port(int64_t port)
{
    return port > 0 && port <= UINT16_MAX;
}

static int fail(struct wpb_err *err, const char *what)
{
    return wpb_err_set(err, WPB_E_PROTOCOL, STAGE,
                       "the answer to CLUSTER SLOTS is of no use: %s", what);
}

/* [host, port, ...]. A node that does not say where it is ("?") has host "". */
static int read_node(struct wpb_cluster *cluster, const struct redisReply *node,
                     const struct wpb_redis_address *asked,
                     struct wpb_redis_address *address, struct wpb_err *err)
{
    if (node->type != REDIS_REPLY_ARRAY || node->elements < 2 ||
        node->element[1]->type != REDIS_REPLY_INTEGER)
        return fail(err, "a node is no host and port");
    struct wpb_slice host = wpb_reply_text(node->element[0]);
    int64_t port = wpb_reply_integer(node->element[1], 0);

    *address = *asked;
    address->seeds = NULL;
    address->seed_count = 0;
    if (wpb_slice_is(host, "?") || !is_port(port)) {
        address->host = "";
        return 0;
    }
    if (host.len && !wpb_reply_is_host(host))
        return fail(err, "a node has a host that is none");
    if (host.len)
        address->host = wpb_arena_cstr(cluster->arena, host);
    address->port = (uint16_t)port;
    return 0;
}

/* The shard of PRIMARY, begun if need be. NULL with err beyond the bound. */
static struct wpb_cluster_shard *shard_of(struct wpb_cluster *cluster,
                                          const struct wpb_redis_address *primary,
                                          struct wpb_err *err)
{
    size_t at = wpb_cluster_find(cluster, wpb_slice_cstr(primary->host), primary->port);

    if (at < cluster->count)
        return &cluster->shards[at];
    if (cluster->count == WPB_CLUSTER_SHARDS_MAX) {
        wpb_err_set(err, WPB_E_BUDGET, STAGE, "the cluster has more than %d shards",
                    WPB_CLUSTER_SHARDS_MAX);
        return NULL;
    }
    struct wpb_cluster_shard *shard = &cluster->shards[cluster->count++];
    shard->primary = *primary;
    shard->replica_count = 0;
    return shard;
}

/* [first, last, node, replica...] */
static int read_range(struct wpb_cluster *cluster, const struct redisReply *range,
                      const struct wpb_redis_address *asked, struct wpb_err *err)
{
    struct wpb_redis_address primary;

    if (range->type != REDIS_REPLY_ARRAY || range->elements < 3)
        return fail(err, "a range of slots has no node");
    int64_t first = wpb_reply_integer(range->element[0], -1);
    int64_t last = wpb_reply_integer(range->element[1], -1);
    if (first < 0 || last < first || last >= WPB_CLUSTER_SLOTS)
        return fail(err, "it names slots that there are not");
    if (read_node(cluster, range->element[2], asked, &primary, err) != 0)
        return -1;
    struct wpb_cluster_shard *shard = shard_of(cluster, &primary, err);
    if (!shard)
        return -1;
    for (int64_t slot = first; slot <= last; slot++)
        cluster->owners[slot] = (uint16_t)(shard - cluster->shards);
    /* A shard of many ranges has the same replicas in each. */
    for (size_t i = 3; i < range->elements && shard->replica_count == i - 3 &&
                       shard->replica_count < WPB_CLUSTER_REPLICAS_MAX;
         i++) {
        struct wpb_redis_address *replica = &shard->replicas[shard->replica_count];
        if (read_node(cluster, range->element[i], asked, replica, err) != 0)
            return -1;
        if (!replica->host[0])
            break;
        shard->replica_count++;
    }
    return 0;
}

static int read_ranges(struct wpb_cluster *cluster, const struct redisReply *reply,
                       const struct wpb_redis_address *asked, struct wpb_err *err)
{
    if (reply->type != REDIS_REPLY_ARRAY)
        return wpb_reply_unexpected(err, "CLUSTER SLOTS", reply);
    for (size_t i = 0; i < reply->elements; i++) {
        if (read_range(cluster, reply->element[i], asked, err) != 0)
            return -1;
    }
    if (cluster->count == 0)
        return fail(err, "no node serves any slot");
    for (size_t slot = 0; slot < WPB_CLUSTER_SLOTS; slot++)
        cluster->orphaned += cluster->owners[slot] == WPB_CLUSTER_NO_SHARD;
    return 0;
}

struct wpb_cluster *wpb_cluster_read(const struct redisReply *reply,
                                     const struct wpb_redis_address *asked,
                                     struct wpb_err *err)
{
    struct wpb_cluster *cluster = calloc(1, sizeof *cluster);

    if (cluster) {
        cluster->arena = wpb_arena_new();
        cluster->shards = calloc(WPB_CLUSTER_SHARDS_MAX, sizeof *cluster->shards);
        memset(cluster->owners, 0xff, sizeof cluster->owners);
    }
    if (!cluster || !cluster->arena || !cluster->shards) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
    } else if (read_ranges(cluster, reply, asked, err) == 0) {
        return cluster;
    }
    wpb_cluster_free(cluster);
    return NULL;
}

void wpb_cluster_free(struct wpb_cluster *cluster)
{
    if (!cluster)
        return;
    wpb_arena_free(cluster->arena);
    free(cluster->shards);
    free(cluster);
}

/* CRC-16/XMODEM, as the cluster specification wants it. */
static uint16_t crc16(struct wpb_slice bytes)
{
    uint16_t crc = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        crc = (uint16_t)(crc ^ (uint16_t)((uint8_t)bytes.data[i] << 8));
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

uint32_t wpb_cluster_slot(struct wpb_slice key)
{
    const char *open = key.len ? memchr(key.data, '{', key.len) : NULL;

    if (open) {
        struct wpb_slice rest = wpb_slice_skip(key, (size_t)(open - key.data) + 1);
        const char *close = rest.len ? memchr(rest.data, '}', rest.len) : NULL;
        if (close && close > rest.data)
            key = wpb_slice_head(rest, (size_t)(close - rest.data));
    }
    return crc16(key) % WPB_CLUSTER_SLOTS;
}

/* The decimal number that TEXT begins with, up to MAX; its digits are taken off. */
static bool take_number(struct wpb_slice *text, uint32_t max, uint32_t *number)
{
    size_t digits = 0;
    uint32_t value = 0;

    while (digits < text->len && digits < 6 && text->data[digits] >= '0' &&
           text->data[digits] <= '9')
        value = value * 10 + (uint32_t)(text->data[digits++] - '0');
    *text = wpb_slice_skip(*text, digits);
    *number = value;
    return digits > 0 && value <= max;
}

bool wpb_cluster_redirects(const struct redisReply *reply,
                           struct wpb_redirection *redirection)
{
    static const struct wpb_slice moved = WPB_SLICE("MOVED "), ask = WPB_SLICE("ASK ");
    struct wpb_slice text = wpb_reply_text(reply);
    uint32_t port;

    if (!wpb_reply_is_error(reply))
        return false;
    redirection->is_lasting = wpb_slice_starts(text, moved);
    if (!redirection->is_lasting && !wpb_slice_starts(text, ask))
        return false;
    text = wpb_slice_skip(text, redirection->is_lasting ? moved.len : ask.len);
    if (!take_number(&text, WPB_CLUSTER_SLOTS - 1, &redirection->slot) || text.len < 3 ||
        text.data[0] != ' ')
        return false;
    text = wpb_slice_skip(text, 1);
    /* The last colon: a host may be an IPv6 address. */
    const char *colon = memrchr(text.data, ':', text.len);
    if (!colon)
        return false;
    redirection->host = wpb_slice_head(text, (size_t)(colon - text.data));
    struct wpb_slice digits = wpb_slice_skip(text, redirection->host.len + 1);
    if (!take_number(&digits, UINT16_MAX, &port) || digits.len || port == 0 ||
        (redirection->host.len && !wpb_reply_is_host(redirection->host)))
        return false;
    redirection->port = (uint16_t)port;
    return true;
}

size_t wpb_cluster_find(const struct wpb_cluster *cluster, struct wpb_slice host,
                        uint16_t port)
{
    size_t at = 0;

    while (at < cluster->count && (cluster->shards[at].primary.port != port ||
                                   !wpb_slice_is(host, cluster->shards[at].primary.host)))
        at++;
    return at;
}
