#include "agent/alert/sink_file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "agent/alert/line_file.h"

#define STAGE "sink"
#define MAGIC 0x66696c65u

struct file_sink {
    unsigned magic;
    uv_loop_t *loop;
    struct wpb_line_file *file;
    bool is_busy, must_reopen;

    uv_work_t work; /* one line; what follows is the pool's while it is busy */
    bool reopens;
    const struct wpb_alert *alert;
    struct wpb_err err;
    int result;
    wpb_sink_done *done;
    void *done_cookie;

    uv_timer_t closing; /* calls back from a later turn */
    void (*closed)(void *cookie);
    void *closed_cookie;
};

static struct file_sink *cast(void *sink)
{
    struct file_sink *file = sink;

    assert(file->magic == MAGIC);
    return file;
}

static void *open_lines(struct uv_loop_s *loop, const char *path, struct wpb_err *err)
{
    struct file_sink *sink = calloc(1, sizeof(*sink));

    if (!sink || !(sink->file = wpb_line_file_new(path))) {
        free(sink);
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for a sink");
        return NULL;
    }
    sink->magic = MAGIC;
    sink->loop = loop;
    uv_timer_init(loop, &sink->closing);
    sink->closing.data = sink;
    return sink;
}

static void *open_file(struct uv_loop_s *loop, const struct wpb_sink_settings *settings,
                       struct wpb_err *err)
{
    return open_lines(loop, settings->path, err);
}

static void *open_stdout(struct uv_loop_s *loop, const struct wpb_sink_settings *settings,
                         struct wpb_err *err)
{
    (void)settings;
    return open_lines(loop, NULL, err);
}

static void on_closed(uv_handle_t *handle)
{
    struct file_sink *sink = handle->data;
    void (*closed)(void *) = sink->closed;
    void *cookie = sink->closed_cookie;

    wpb_line_file_free(sink->file);
    free(sink);
    closed(cookie);
}

/* On the pool. */
static void write_line(uv_work_t *work)
{
    struct file_sink *sink = work->data;

    if (sink->reopens)
        wpb_line_file_reopen(sink->file);
    sink->result = wpb_line_file_append(sink->file, sink->alert->body, &sink->err);
}

static void on_written(uv_work_t *work, int status)
{
    struct file_sink *sink = work->data;
    struct wpb_delivery delivery = {.status = WPB_DELIVERED, .retry_after_ms = -1};
    bool is_closing = sink->closed != NULL;

    if (status)
        wpb_err_set(&sink->err, WPB_E_CANCELLED, STAGE, "the writing was called off");
    if (status || sink->result)
        delivery.status = WPB_DELIVERY_FAILED;
    snprintf(delivery.detail, sizeof(delivery.detail), "%s",
             delivery.status == WPB_DELIVERED ? "written" : sink->err.message);
    sink->is_busy = false;
    sink->done(sink->done_cookie, &delivery);
    /* What was under way when it was closed is finished first: that cannot be stopped. */
    if (is_closing)
        uv_close((uv_handle_t *)&sink->closing, on_closed);
}

static void send_line(void *cookie, const struct wpb_alert *alert, wpb_sink_done *done,
                      void *done_cookie)
{
    struct file_sink *sink = cast(cookie);

    assert(!sink->is_busy);
    sink->is_busy = true;
    sink->alert = alert;
    sink->done = done;
    sink->done_cookie = done_cookie;
    sink->err = (struct wpb_err){0};
    sink->reopens = sink->must_reopen;
    sink->must_reopen = false;
    sink->work.data = sink;
    uv_queue_work(sink->loop, &sink->work, write_line, on_written);
}

static void reopen(void *cookie)
{
    cast(cookie)->must_reopen = true;
}

static void close_lines(void *cookie, void (*closed)(void *cookie), void *closed_cookie)
{
    struct file_sink *sink = cast(cookie);

    sink->closed = closed;
    sink->closed_cookie = closed_cookie;
    if (sink->is_busy)
        uv_cancel((uv_req_t *)&sink->work); /* works when it has not begun */
    else
        uv_close((uv_handle_t *)&sink->closing, on_closed);
}

const struct wpb_sink_type wpb_sink_file = {.name = "file",
                                            .open = open_file,
                                            .send = send_line,
                                            .reopen = reopen,
                                            .close = close_lines};

const struct wpb_sink_type wpb_sink_stdout = {
    .name = "stdout", .open = open_stdout, .send = send_line, .close = close_lines};
