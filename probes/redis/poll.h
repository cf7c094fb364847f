/*
 * poll.h - hiredis on a libuv loop: our own adapter.
 *
 * The adapter that ships with hiredis 0.14 swallows a refused TCP connect: on a
 * poll error it returns and no callback ever comes. This one passes the awaited
 * events through, so that hiredis reads SO_ERROR and tells. It also writes at the
 * end of a turn instead of waiting for the socket to be polled for writing, which
 * saves two system calls a batch. Loop thread only.
 */
#ifndef WPB_REDIS_POLL_H
#define WPB_REDIS_POLL_H

#include <hiredis/async.h>
#include <stdbool.h>
#include <uv.h>

/* Embedded in its owner, whose memory must live until `closed` was called. */
struct wpb_redis_poll {
    uv_poll_t handle;
    struct redisAsyncContext *context; /* NULL once hiredis has freed it */
    int events;                        /* asked of libuv now */
    bool in_event;                     /* inside hiredis: writing must wait */
    bool is_unsent;                    /* hiredis holds bytes to write */
    bool is_dropped;                   /* free the context after the event */
    bool is_flooded;                   /* dropped: more than buffer_max was unread */
    size_t buffer_max; /* bytes of one unfinished item, set by the owner */
    void *cookie;
    /* hiredis is about to free the context: its error is still readable, nothing
     * may be sent. Called once, also after wpb_redis_poll_drop(). */
    void (*gone)(void *cookie, const struct redisAsyncContext *context);
    /* The handle is closed; comes after gone(), from the loop. */
    void (*closed)(void *cookie);
};

/* Tie CONTEXT, whose hooks must be free, to LOOP. -1 when libuv refuses; nothing
 * was tied then and CONTEXT is still the caller's. */
int wpb_redis_poll_start(struct wpb_redis_poll *poll, uv_loop_t *loop,
                         struct redisAsyncContext *context);
/* Write what was queued: now, or after the running event. A write error ends in
 * gone() before this returns. */
void wpb_redis_poll_flush(struct wpb_redis_poll *poll);
/* Free the context, now or after the running event; gone() and closed() follow. */
void wpb_redis_poll_drop(struct wpb_redis_poll *poll);

#endif
