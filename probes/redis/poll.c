#include "probes/redis/poll.h"

static void on_event(uv_poll_t *handle, int status, int events);

static void want(struct wpb_redis_poll *poll, int events)
{
    if (events == poll->events)
        return;
    poll->events = events;
    if (events)
        uv_poll_start(&poll->handle, events, on_event);
    else
        uv_poll_stop(&poll->handle);
}

static void add_read(void *data)
{
    struct wpb_redis_poll *poll = data;
    want(poll, poll->events | UV_READABLE);
}

static void del_read(void *data)
{
    struct wpb_redis_poll *poll = data;
    want(poll, poll->events & ~UV_READABLE);
}

/* While connecting, writability is the news; later it only means "flush". */
static void add_write(void *data)
{
    struct wpb_redis_poll *poll = data;
    poll->is_unsent = true;
    if (!(poll->context->c.flags & REDIS_CONNECTED))
        want(poll, poll->events | UV_WRITABLE);
}

static void del_write(void *data)
{
    struct wpb_redis_poll *poll = data;
    poll->is_unsent = false;
    want(poll, poll->events & ~UV_WRITABLE);
}

static void on_close(uv_handle_t *handle)
{
    struct wpb_redis_poll *poll = handle->data;
    poll->closed(poll->cookie);
}

static void cleanup(void *data)
{
    struct wpb_redis_poll *poll = data;
    struct redisAsyncContext *context = poll->context;

    poll->context = NULL;
    poll->is_unsent = false;
    uv_poll_stop(&poll->handle);
    uv_close((uv_handle_t *)&poll->handle, on_close);
    poll->gone(poll->cookie, context);
}

/* Write; what the socket does not take waits until it is writable. */
static void write_out(struct wpb_redis_poll *poll)
{
    if (!poll->context || !poll->is_unsent)
        return;
    poll->in_event = true;
    redisAsyncHandleWrite(poll->context);
    poll->in_event = false;
    if (poll->context && poll->is_unsent)
        want(poll, poll->events | UV_WRITABLE);
}

static void on_event(uv_poll_t *handle, int status, int events)
{
    struct wpb_redis_poll *poll = handle->data;

    /* The socket has an error: hiredis finds out which by reading or writing. */
    if (status < 0)
        events = poll->events | UV_READABLE;
    poll->in_event = true;
    /* Reading first: a server that refuses says why before it closes. */
    if ((events & UV_READABLE) && poll->context)
        redisAsyncHandleRead(poll->context);
    if (poll->context && poll->context->c.reader->len > poll->buffer_max)
        poll->is_flooded = poll->is_dropped = true;
    if ((events & UV_WRITABLE) && poll->context)
        redisAsyncHandleWrite(poll->context);
    poll->in_event = false;
    if (poll->is_dropped)
        wpb_redis_poll_drop(poll);
    write_out(poll);
}

int wpb_redis_poll_start(struct wpb_redis_poll *poll, uv_loop_t *loop,
                         struct redisAsyncContext *context)
{
    if (uv_poll_init(loop, &poll->handle, context->c.fd) != 0)
        return -1;
    poll->handle.data = poll;
    poll->context = context;
    poll->events = 0;
    poll->in_event = poll->is_unsent = false;
    poll->is_dropped = poll->is_flooded = false;
    context->ev.data = poll;
    context->ev.addRead = add_read;
    context->ev.delRead = del_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = del_write;
    context->ev.cleanup = cleanup;
    return 0;
}

void wpb_redis_poll_flush(struct wpb_redis_poll *poll)
{
    if (!poll->in_event)
        write_out(poll);
}

void wpb_redis_poll_drop(struct wpb_redis_poll *poll)
{
    if (!poll->context)
        return;
    /* Within a reply's callback hiredis frees when it is safe; within the connect
     * callback it would go on using what was freed. */
    if (poll->in_event && !(poll->context->c.flags & REDIS_IN_CALLBACK))
        poll->is_dropped = true;
    else
        redisAsyncFree(poll->context);
}
