/* One turn on a loop of its own: what `scan` does. */
#include <signal.h>
#include <uv.h>

#include "agent/schedule/turn.h"
#include "agent/schedule/worker.h"

struct blocking {
    uv_loop_t loop;
    uv_signal_t interrupt, terminate;
    struct wpb_worker *worker;
    struct wpb_turn *turn;
};

static void on_signal(uv_signal_t *handle, int signum)
{
    struct blocking *blocking = handle->data;

    /* A second one ends the process at once. */
    uv_signal_stop(handle);
    signal(signum, SIG_DFL);
    wpb_turn_cancel(blocking->turn);
}

static void on_ended(struct wpb_turn *turn, void *cookie)
{
    struct blocking *blocking = cookie;

    (void)turn;
    uv_close((uv_handle_t *)&blocking->interrupt, NULL);
    uv_close((uv_handle_t *)&blocking->terminate, NULL);
    wpb_worker_close(blocking->worker);
}

int wpb_turn_run(struct wpb_turn *turn, struct wpb_err *err)
{
    struct blocking blocking = {.turn = turn};
    int status = uv_loop_init(&blocking.loop);

    if (status)
        return wpb_err_set(err, WPB_E_IO, "schedule", "cannot make an event loop: %s",
                           uv_strerror(status));
    blocking.worker = wpb_worker_new(&blocking.loop);
    if (!blocking.worker) {
        uv_loop_close(&blocking.loop);
        return wpb_err_set(err, WPB_E_MEMORY, "schedule", "cannot make a worker");
    }
    uv_signal_init(&blocking.loop, &blocking.interrupt);
    uv_signal_init(&blocking.loop, &blocking.terminate);
    blocking.interrupt.data = blocking.terminate.data = &blocking;
    uv_signal_start(&blocking.interrupt, on_signal, SIGINT);
    uv_signal_start(&blocking.terminate, on_signal, SIGTERM);
    wpb_turn_start(turn, &blocking.loop, blocking.worker, on_ended, &blocking);
    uv_run(&blocking.loop, UV_RUN_DEFAULT);
    uv_loop_close(&blocking.loop);
    return 0;
}
