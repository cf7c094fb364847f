#include "agent/command/watch.h"

#include <signal.h>
#include <stdio.h>
#include <uv.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/command/cli.h"
#include "agent/command/command.h"
#include "agent/command/terminal.h"
#include "agent/output/screen.h"

struct state {
    const struct wpb_watch *watch;
    uv_loop_t loop;
    uv_timer_t timer;
    uv_signal_t interrupt, terminate;
    bool is_asked_to_end, is_redrawn;
    uint64_t passes;
    struct wpb_buf last; /* the newest complete report */
    int code;            /* and what it stands for */
};

static void on_signal(uv_signal_t *handle, int signum)
{
    struct state *state = handle->data;

    (void)signum;
    state->is_asked_to_end = true;
    uv_stop(&state->loop);
}

static void on_time(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

/* These handles stay open from the first pass to the last: a signal that comes between
 * two passes finds them, one that comes during a pass ends that too. */
static int open_handles(struct state *state)
{
    int status = uv_loop_init(&state->loop);

    if (status)
        return wpb_cli_error("cannot make an event loop: %s", uv_strerror(status));
    uv_timer_init(&state->loop, &state->timer);
    uv_signal_init(&state->loop, &state->interrupt);
    uv_signal_init(&state->loop, &state->terminate);
    state->interrupt.data = state->terminate.data = state;
    uv_signal_start(&state->interrupt, on_signal, SIGINT);
    uv_signal_start(&state->terminate, on_signal, SIGTERM);
    return 0;
}

static void close_handles(struct state *state)
{
    uv_close((uv_handle_t *)&state->timer, NULL);
    uv_close((uv_handle_t *)&state->interrupt, NULL);
    uv_close((uv_handle_t *)&state->terminate, NULL);
    uv_run(&state->loop, UV_RUN_DEFAULT);
    uv_loop_close(&state->loop);
}

static void sleep_until(struct state *state, uint64_t due_ms)
{
    uint64_t now_ms = wpb_clock_monotonic_ms();

    uv_update_time(&state->loop);
    uv_timer_start(&state->timer, on_time, due_ms > now_ms ? due_ms - now_ms : 0, 0);
    uv_run(&state->loop, UV_RUN_DEFAULT);
    uv_timer_stop(&state->timer);
}

static int put(const char *file, const struct wpb_buf *bytes)
{
    struct wpb_err err = {0};

    if (wpb_buf_failed(bytes))
        return wpb_cli_error("out of memory while writing the report");
    if (file ? wpb_terminal_replace(file, wpb_buf_view(bytes), &err)
             : wpb_terminal_write(NULL, wpb_buf_view(bytes), &err))
        return wpb_cli_error("%s", err.message);
    return 0;
}

static int redraw(const struct state *state)
{
    struct wpb_buf status, out;
    size_t columns, rows;
    int result;

    wpb_terminal_size(&columns, &rows);
    wpb_buf_init(&status, 0);
    wpb_buf_init(&out, 0);
    wpb_buf_printf(&status,
                   "Pass %llu, every %u s. Ctrl-C ends it with the whole report.",
                   (unsigned long long)state->passes, state->watch->seconds);
    wpb_screen_draw(wpb_buf_view(&state->last), wpb_buf_view(&status), columns, rows,
                    &out);
    result = put(NULL, &out);
    wpb_buf_fini(&status);
    wpb_buf_fini(&out);
    return result;
}

static int show(struct state *state)
{
    const struct wpb_watch *watch = state->watch;

    if (watch->output)
        return put(watch->output, &state->last);
    if (state->is_redrawn)
        return redraw(state);
    if (watch->is_text && state->passes > 1 &&
        (fputs("\n", stdout) == EOF || fflush(stdout) == EOF))
        return wpb_cli_error("the report did not reach stdout");
    return put(NULL, &state->last);
}

/* What was redrawn leaves the last report on the terminal, all of it. */
static int show_last(struct state *state)
{
    struct wpb_buf wipe;
    int result;

    if (!state->is_redrawn || state->passes == 0)
        return 0;
    wpb_buf_init(&wipe, 0);
    wpb_screen_wipe(&wipe);
    wpb_buf_slice(&wipe, wpb_buf_view(&state->last));
    result = put(NULL, &wipe);
    wpb_buf_fini(&wipe);
    return result;
}

/* 1 to go on, 0 at the end, -1 when something failed and was said. */
static int make_pass(struct state *state)
{
    bool was_interrupted = false;
    struct wpb_buf text, previous = state->last;
    int code;

    wpb_buf_init(&text, 0);
    code = state->watch->pass(state->watch->cookie, &text, &was_interrupted);
    /* A part of a pass is worth showing only where there is nothing better. */
    if (code < 0 || (was_interrupted && state->passes > 0)) {
        wpb_buf_fini(&text);
        return code < 0 ? -1 : 0;
    }
    state->passes++;
    state->last = text;
    state->code = code;
    wpb_buf_fini(&previous);
    if (was_interrupted)
        wpb_log(WPB_LOG_WARNING, "interrupted: the report holds what was seen so far");
    if (was_interrupted && state->is_redrawn)
        return 0;
    if (show(state))
        return -1;
    return was_interrupted ? 0 : 1;
}

int wpb_watch_run(const struct wpb_watch *watch)
{
    struct state state = {.watch = watch, .code = WPB_EXIT_UNMEASURED};
    int went;

    if (open_handles(&state))
        return WPB_EXIT_UNMEASURED;
    wpb_buf_init(&state.last, 0);
    state.is_redrawn = watch->is_text && !watch->output && wpb_terminal_can_redraw();
    do {
        uint64_t due_ms = wpb_clock_monotonic_ms() + (uint64_t)watch->seconds * 1000;
        went = make_pass(&state);
        if (went > 0)
            sleep_until(&state, due_ms);
    } while (went > 0 && !state.is_asked_to_end);
    if (went >= 0)
        went = show_last(&state);
    wpb_buf_fini(&state.last);
    close_handles(&state);
    return went < 0 ? WPB_EXIT_UNMEASURED : state.code;
}
