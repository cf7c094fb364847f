/*
 * cluster.h - which node of a Redis Cluster has which key.
 *
 * Reads the answer to CLUSTER SLOTS (every version since 3.0 and Valkey have it):
 *
 *   [[first, last, node, replica...], ...]
 *   node: [host or nil, port, id, ...]; nil and "" mean the host that was asked
 *
 * and to a command that met the wrong node:
 *
 *   MOVED slot host:port       the key is there from now on
 *   ASK slot host:port         the key is there already, others of its slot are not
 *
 * Whoever answers decides where we connect to next and send the login, as with every
 * client of a cluster: hosts and ports are checked for their form, and no more than
 * WPB_CLUSTER_SHARDS_MAX shards are taken. Pure; one thread.
 */
#ifndef WPB_REDIS_CLUSTER_H
#define WPB_REDIS_CLUSTER_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/arena.h"
#include "wpbloat/err.h"
#include "wpbloat/site.h"

#define WPB_CLUSTER_SLOTS 16384u
#define WPB_CLUSTER_SHARDS_MAX 128
#define WPB_CLUSTER_REPLICAS_MAX 4
#define WPB_CLUSTER_NO_SHARD UINT16_MAX

struct wpb_cluster_shard {
    struct wpb_redis_address primary; /* host "" when nobody says where it is */
    struct wpb_redis_address replicas[WPB_CLUSTER_REPLICAS_MAX];
    size_t replica_count;
};

struct wpb_cluster {
    struct wpb_arena *arena; /* of the hosts' names */
    struct wpb_cluster_shard *shards;
    size_t count;
    uint16_t owners[WPB_CLUSTER_SLOTS]; /* a shard's number, or WPB_CLUSTER_NO_SHARD */
    uint32_t orphaned;                  /* slots that no shard serves */
};

/* Read REPLY, which the node at ASKED has given; scheme and login are those of ASKED,
 * whose texts must outlive the cluster. NULL with err when it is none that Redis gives,
 * or names no shard. */
struct wpb_cluster *wpb_cluster_read(const struct redisReply *reply,
                                     const struct wpb_redis_address *asked,
                                     struct wpb_err *err);
void wpb_cluster_free(struct wpb_cluster *cluster);

/* The slot of KEY: of what stands between its first '{' and the next '}', if anything
 * does, else of all of it. */
uint32_t wpb_cluster_slot(struct wpb_slice key);

struct wpb_redirection {
    bool is_lasting; /* MOVED */
    uint32_t slot;
    struct wpb_slice host; /* "": the one that was asked */
    uint16_t port;
};

/* Is REPLY one? Fills REDIRECTION, which borrows from it. */
bool wpb_cluster_redirects(const struct redisReply *reply,
                           struct wpb_redirection *redirection);

/* The number of the shard whose primary is at HOST and PORT; count when there is none. */
size_t wpb_cluster_find(const struct wpb_cluster *cluster, struct wpb_slice host,
                        uint16_t port);

#endif
