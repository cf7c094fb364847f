/*
 * link_state.h - what a link holds, shared by link.c, which opens it, and link_route.c,
 * which sends commands on it.
 */
#ifndef WPB_REDIS_LINK_STATE_H
#define WPB_REDIS_LINK_STATE_H

#include <uv.h>

#include "probes/redis/cluster.h"
#include "probes/redis/link.h"
#include "probes/redis/sentinel.h"

enum wpb_link_phase {
    WPB_LINK_FINDING,
    WPB_LINK_OPENING,
    WPB_LINK_READY,
    WPB_LINK_LOST,
    WPB_LINK_CLOSING
};

/* One server, or one that was to become one. */
struct wpb_link_node {
    struct wpb_link *link;
    struct wpb_conn *conn; /* NULL once it was given up */
    size_t shard;          /* its number in the cluster */
    bool is_ready;
    struct wpb_err error; /* why not */
};

/* A command about a key of a cluster, until it was answered. */
struct wpb_link_routed {
    struct wpb_link_routed *previous, *next;
    struct wpb_link *link;
    struct wpb_link_node *node; /* that is asked */
    wpb_conn_reply *on_reply;
    uint64_t tag;
    int hops;
    size_t len;
    char command[];
};

struct wpb_link {
    uv_loop_t *loop;
    const struct wpb_site *const *sites;
    size_t site_count;
    const struct wpb_redis_address *address; /* the sites' own */
    enum wpb_link_reads reads;
    const struct wpb_conn_events *events;
    void *cookie;
    struct wpb_cost *cost;
    enum wpb_link_phase phase;

    struct wpb_link_node *nodes;
    size_t node_count, ready_count;
    size_t *servers; /* the nodes that are ready, by number */
    size_t waiting;  /* nodes that are neither ready nor given up */
    struct wpb_err error;

    struct wpb_sentinel *sentinel;
    size_t sentinel_number;          /* who named the master */
    struct wpb_redis_address target; /* the master, or the seed that is asked */
    char master_host[256];

    struct wpb_link_node seed; /* the cluster's node that is asked for the others */
    size_t seed_number;
    struct wpb_cluster *cluster;
    struct wpb_link_routed *routed;
    uint32_t deadline_ms;

    uv_timer_t closer; /* so that closed() is told from a later turn in any case */
    int open;          /* what must close: connections, the sentinel, the timer */
};

/* Forget the commands that were not answered; for the end. */
void wpb_link_drop_routed(struct wpb_link *link);

#endif
