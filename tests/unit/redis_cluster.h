/*
 * redis_cluster.h - a private Redis Cluster on loopback for a test: three primaries, and
 * replicas where asked for. Each node is a redis_server, ended by its process id.
 */
#ifndef TESTS_REDIS_CLUSTER_H
#define TESTS_REDIS_CLUSTER_H

#include "redis_server.h"

#define CLUSTER_PRIMARIES 3

struct redis_cluster {
    struct redis_server nodes[CLUSTER_PRIMARIES + 1]; /* the last may be a replica */
    size_t count;
    struct wpb_redis_address seeds[CLUSTER_PRIMARIES];
};

/* Start it; with HAS_REPLICA the first primary has one. CONFIG: further lines of each
 * node's redis.conf, or NULL. Slots are dealt in three equal parts. */
void redis_cluster_start(struct redis_cluster *cluster, const char *config,
                         int has_replica);
void redis_cluster_stop(struct redis_cluster *cluster);

/* The number of the primary that got the slot of KEY. */
size_t redis_cluster_node(const char *key);
/* SET KEY where it belongs. */
void redis_cluster_set(struct redis_cluster *cluster, const char *key, const char *value);
/* A site on it, whose seeds are its primaries. */
struct wpb_site redis_cluster_site(struct redis_cluster *cluster);

#endif
