#include <stdlib.h>
#include <string.h>

#include "probes/redis/link_state.h"

#define ASKING_COMMAND "*1\r\n$6\r\nASKING\r\n"

void wpb_link_send(struct wpb_link *link, size_t server, wpb_conn_reply *on_reply,
                   uint64_t tag, struct wpb_slice command)
{
    if (link->phase == WPB_LINK_READY)
        wpb_conn_send(wpb_link_conn(link, server), on_reply, tag, command);
}

static void forget(struct wpb_link_routed *routed)
{
    struct wpb_link *link = routed->link;

    if (routed->previous)
        routed->previous->next = routed->next;
    else
        link->routed = routed->next;
    if (routed->next)
        routed->next->previous = routed->previous;
    free(routed);
}

/* The node that REDIRECTION names; NULL when that is none that is reached. */
static struct wpb_link_node *redirected(struct wpb_link *link,
                                        const struct wpb_link_node *from,
                                        const struct wpb_redirection *redirection)
{
    const struct wpb_cluster *cluster = link->cluster;
    struct wpb_slice host = redirection->host;

    if (host.len == 0)
        host = wpb_slice_cstr(cluster->shards[from->shard].primary.host);
    size_t shard = wpb_cluster_find(cluster, host, redirection->port);
    if (shard == cluster->count || !link->nodes[shard].is_ready)
        return NULL;
    return &link->nodes[shard];
}

static void on_routed(void *cookie, const struct redisReply *reply, uint64_t tag);

static void on_asking(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    (void)cookie;
    (void)reply;
    (void)tag;
}

static void send_routed(struct wpb_link_routed *routed)
{
    wpb_conn_send(routed->node->conn, on_routed, (uintptr_t)routed,
                  wpb_slice_of(routed->command, routed->len));
}

/* Send it after its key, wherever that is said to be. False when it cannot be. */
static bool follow(struct wpb_link_routed *routed, const struct redisReply *reply)
{
    struct wpb_link *link = routed->link;
    struct wpb_redirection redirection;
    struct wpb_link_node *node;

    if (link->phase != WPB_LINK_READY || routed->hops == WPB_LINK_HOPS_MAX ||
        !wpb_cluster_redirects(reply, &redirection))
        return false;
    node = redirected(link, routed->node, &redirection);
    if (!node)
        return false;
    routed->hops++;
    routed->node = node;
    if (redirection.is_lasting)
        link->cluster->owners[redirection.slot] = (uint16_t)node->shard;
    else
        wpb_conn_send(node->conn, on_asking, 0, wpb_slice_cstr(ASKING_COMMAND));
    send_routed(routed);
    wpb_conn_flush(node->conn, link->deadline_ms);
    return true;
}

static void on_routed(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct wpb_link_routed *routed = (struct wpb_link_routed *)(uintptr_t)tag;

    if (follow(routed, reply))
        return;
    wpb_conn_reply *on_reply = routed->on_reply;
    tag = routed->tag;
    forget(routed);
    on_reply(cookie, reply, tag);
}

/* The node of KEY's shard. When it is not reached, any other will say where the key is,
 * which then is the answer. */
static struct wpb_link_node *node_of(struct wpb_link *link, struct wpb_slice key)
{
    uint16_t shard = link->cluster->owners[wpb_cluster_slot(key)];

    if (shard != WPB_CLUSTER_NO_SHARD && link->nodes[shard].is_ready)
        return &link->nodes[shard];
    return &link->nodes[link->servers[0]];
}

void wpb_link_send_key(struct wpb_link *link, struct wpb_slice key,
                       wpb_conn_reply *on_reply, uint64_t tag, struct wpb_slice command)
{
    struct wpb_link_routed *routed;

    if (link->phase != WPB_LINK_READY || !link->cluster) {
        wpb_link_send(link, 0, on_reply, tag, command);
        return;
    }
    routed = malloc(sizeof *routed + command.len);
    if (!routed) { /* then it does without being followed */
        wpb_conn_send(node_of(link, key)->conn, on_reply, tag, command);
        return;
    }
    *routed = (struct wpb_link_routed){.next = link->routed,
                                       .link = link,
                                       .node = node_of(link, key),
                                       .on_reply = on_reply,
                                       .tag = tag,
                                       .len = command.len};
    memcpy(routed->command, command.data, command.len);
    if (link->routed)
        link->routed->previous = routed;
    link->routed = routed;
    send_routed(routed);
}

void wpb_link_flush(struct wpb_link *link, uint32_t deadline_ms)
{
    link->deadline_ms = deadline_ms;
    for (size_t i = 0; i < link->ready_count && link->phase == WPB_LINK_READY; i++)
        wpb_conn_flush(wpb_link_conn(link, i), deadline_ms);
}

size_t wpb_link_pending(const struct wpb_link *link)
{
    size_t pending = 0;

    for (size_t i = 0; i < link->ready_count && link->phase == WPB_LINK_READY; i++)
        pending += wpb_conn_pending(link->nodes[link->servers[i]].conn);
    return pending;
}

void wpb_link_drop_routed(struct wpb_link *link)
{
    while (link->routed)
        forget(link->routed);
}
