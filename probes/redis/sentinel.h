/*
 * sentinel.h - where the master is, asked of the sentinels that watch it.
 *
 * One after the other is asked, each within the deadlines of a connection, until one
 * names the master. Its word is a stranger's: it is checked for its form, and who comes
 * next decides whether the server that it leads to is the master (a sentinel that was
 * cut off from the others may tell of the one before).
 *
 * A sentinel that has a login of its own gets that. One that asks for a password and has
 * none gets the master's, as those who share one among all of them expect.
 *
 * Loop thread only. After found() or failed() nothing but close() may be called; after
 * close() the only callback is closed(), from a later turn of the loop.
 */
#ifndef WPB_REDIS_SENTINEL_H
#define WPB_REDIS_SENTINEL_H

#include "probes/redis/conn.h"

struct wpb_sentinel;

struct wpb_sentinel_events {
    /* HOST is valid during the call. */
    void (*found)(void *cookie, const char *host, uint16_t port);
    void (*failed)(void *cookie, const struct wpb_err *err);
    void (*closed)(void *cookie);
};

/* Begin to ask the sentinels of ADDRESS from the one of number FROM on; ADDRESS must
 * outlive this. COST is added to. NULL with err when memory is out, none is left, or this
 * build cannot do what the first asks. */
struct wpb_sentinel *
wpb_sentinel_ask(struct uv_loop_s *loop, const struct wpb_redis_address *address,
                 size_t from, const struct wpb_sentinel_events *events, void *cookie,
                 struct wpb_cost *cost, struct wpb_err *err);
/* After found(): the number of the sentinel that answered. */
size_t wpb_sentinel_number(const struct wpb_sentinel *sentinel);
void wpb_sentinel_close(struct wpb_sentinel *sentinel);

/* Read the answer to SENTINEL GET-MASTER-ADDR-BY-NAME: 0 with *HOST, which borrows from
 * REPLY, and *PORT; -1 with err. SERVICE is for the message. Pure. */
int wpb_sentinel_read(const struct redisReply *reply, const char *service,
                      const char **host, uint16_t *port, struct wpb_err *err);

#endif
