/*
 * link.h - from a site's address to the servers that hold its keys.
 *
 * One server: a connection to it. Sentinels: they are asked who the master is, and it is
 * connected to; when it cannot be reached, or says of itself that it is none, the next
 * sentinel is asked. A cluster: one connection to each of its shards; a command about a
 * key goes where its slot is, and follows MOVED and ASK. A shard that cannot be reached
 * is missing, and the others are read.
 *
 * Servers are numbered from 0; all but clusters have one. Replies of one server come in
 * order, those of several do not. Everything else is as in conn.h, of which the events
 * are, too: ready() once, failed() at most once, and after close() closed() alone.
 */
#ifndef WPB_REDIS_LINK_H
#define WPB_REDIS_LINK_H

#include "probes/redis/conn.h"
#include "wpbloat/site.h"

/* A key that is said to be elsewhere again and again is given up. */
#define WPB_LINK_HOPS_MAX 4

struct wpb_link;

/* For what is asked of every key: where a replica is named, it is preferred, and of a
 * cluster, whose replicas need no names, each shard's own. */
enum wpb_link_reads { WPB_LINK_MASTER, WPB_LINK_REPLICA };

/* Begin to open the way to the Redis of the COUNT sites, which share it and must outlive
 * it. COST is added to. NULL with err as of wpb_conn_open(), or when the address is one
 * that cannot be followed. */
struct wpb_link *wpb_link_open(struct uv_loop_s *loop,
                               const struct wpb_site *const *sites, size_t count,
                               enum wpb_link_reads reads,
                               const struct wpb_conn_events *events, void *cookie,
                               struct wpb_cost *cost, struct wpb_err *err);

/* From ready() on: how many servers are reached, none of them missing. */
size_t wpb_link_servers(const struct wpb_link *link);
/* The connection to SERVER, for what is no command and reply. */
struct wpb_conn *wpb_link_conn(struct wpb_link *link, size_t server);

/* Queue one command, already in RESP, for SERVER. */
void wpb_link_send(struct wpb_link *link, size_t server, wpb_conn_reply *on_reply,
                   uint64_t tag, struct wpb_slice command);
/* The same for whichever server has KEY. */
void wpb_link_send_key(struct wpb_link *link, struct wpb_slice key,
                       wpb_conn_reply *on_reply, uint64_t tag, struct wpb_slice command);
/* As wpb_conn_flush() and wpb_conn_pending(), of all servers. */
void wpb_link_flush(struct wpb_link *link, uint32_t deadline_ms);
size_t wpb_link_pending(const struct wpb_link *link);

/* From ready() on: append what is missing of a cluster; nothing when nothing is. */
void wpb_link_missing(const struct wpb_link *link, struct wpb_buf *out);
/* From ready() on: append where it reads, if not where everybody would think. */
void wpb_link_explain(const struct wpb_link *link, struct wpb_buf *out);
/* From ready() on: append "host:port" of the master that sentinels named; nothing when
 * none were asked. */
void wpb_link_master(const struct wpb_link *link, struct wpb_buf *out);

/* Close; frees the link just before closed(). May be called from any callback, once. */
void wpb_link_close(struct wpb_link *link);

#endif
