/*
 * conn.h - one connection to one Redis server, with deadlines and a tally.
 *
 * Opening resolves, connects, authenticates, selects the database, names itself
 * and asks not to touch LRU clocks where the server offers that. Which server that is,
 * where sentinels or a cluster stand before it, link.h finds out. RESP2 only. Commands
 * are queued with send() and leave with flush(); replies come in order. Peers are not
 * trusted: a reply that nobody asked for, or that grows past WPB_CONN_REPLY_MAX, ends the
 * connection. Only after subscribe() messages may come unasked.
 *
 * hiredis writes without MSG_NOSIGNAL: the process must ignore SIGPIPE, or a server
 * that closes at the wrong moment ends it.
 *
 * Loop thread only. After failed() nothing but close() may be called; after
 * close() the only callback is closed(), from a later turn of the loop.
 */
#ifndef WPB_REDIS_CONN_H
#define WPB_REDIS_CONN_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/err.h"
#include "wpbloat/probe.h"
#include "wpbloat/site.h"

#define WPB_CONN_CONNECT_MS 1000
#define WPB_CONN_COMMAND_MS 2000
/* Most bytes of one reply: a chunk of 256 KiB or a SCAN of long names fit well. */
#define WPB_CONN_REPLY_MAX (8u << 20)

struct uv_loop_s;
struct wpb_conn;

struct wpb_conn_events {
    void (*ready)(void *cookie);
    /* Could not be opened, or is lost. At most once; may come from within flush(). */
    void (*failed)(void *cookie, const struct wpb_err *err);
    void (*closed)(void *cookie);
};

/* REPLY is valid during the call. TAG is what send() was given. COOKIE is that of open(),
 * or of answer_to(). */
typedef void wpb_conn_reply(void *cookie, const struct redisReply *reply, uint64_t tag);

/* Begin to open a connection to ADDRESS, which must outlive it; ready() or failed()
 * follows from the loop. COST is added to. NULL with err when memory is out or
 * this build cannot do what the address asks (WPB_E_UNSUPPORTED). */
struct wpb_conn *wpb_conn_open(struct uv_loop_s *loop,
                               const struct wpb_redis_address *address,
                               const struct wpb_conn_events *events, void *cookie,
                               struct wpb_cost *cost, struct wpb_err *err);

/* Before the loop turns: replies and messages are told to COOKIE rather than to that of
 * the events. */
void wpb_conn_answer_to(struct wpb_conn *conn, void *cookie);
/* Before the loop turns: connect to the first of the COUNT replicas that is one, follows
 * its master and answers, and to ADDRESS when none does. They must outlive it. */
void wpb_conn_prefer(struct wpb_conn *conn, const struct wpb_redis_address *replicas,
                     size_t count);
/* Before the loop turns: give up a server that says of itself that it is a replica. */
void wpb_conn_demand_master(struct wpb_conn *conn);
/* Of a connection that is ready: it reaches a replica that was preferred. */
bool wpb_conn_is_of_replica(const struct wpb_conn *conn);
/* Of a connection that is ready: append which replica it reaches, or why none; nothing
 * when none was preferred. */
void wpb_conn_explain(const struct wpb_conn *conn, struct wpb_buf *out);

/* Queue one command, already in RESP. */
void wpb_conn_send(struct wpb_conn *conn, wpb_conn_reply *on_reply, uint64_t tag,
                   struct wpb_slice command);
/* Let what was queued leave. The next reply must come within DEADLINE_MS (0:
 * WPB_CONN_COMMAND_MS), and so must each after it. */
void wpb_conn_flush(struct wpb_conn *conn, uint32_t deadline_ms);
/* Replies still owed by the server. */
size_t wpb_conn_pending(const struct wpb_conn *conn);

/* Of a message on the channel: its payload. Of the server's word that it is subscribed:
 * NULL. PAYLOAD is valid during the call. */
typedef void wpb_conn_message(void *cookie, const struct redisReply *payload);

/* Subscribe to CHANNEL, whose messages go to ON_MESSAGE from then on. Nothing else can
 * be sent on this connection any more, and no reply may be owed. There is no deadline:
 * the caller waits for the first call as long as it likes. */
void wpb_conn_subscribe(struct wpb_conn *conn, const char *channel,
                        wpb_conn_message *on_message);

/* After subscribe(): leave messages in the socket, or take them again. To wake this
 * process for each message costs the server more than to send it. */
void wpb_conn_rest(struct wpb_conn *conn, bool is_resting);

/* Close; frees the connection just before closed(). Replies still owed are
 * dropped. May be called from any callback, once. */
void wpb_conn_close(struct wpb_conn *conn);

#endif
