#include "probes/requests/fpm_ask.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "probes/requests/fastcgi.h"

#define STAGE "php-fpm status"
/* No site has a script of this name, and PHP-FPM would not run it: it does not end in
 * .php (security.limit_extensions). */
#define NO_SCRIPT "/wpbloat-asks-for-the-status-page"
/* A late timer may only mean that this process was stopped: look once more. */
#define GRACE_MS 50
#define READ_BYTES 16384

enum phase { CONNECTING, ASKED, ANSWERING, OVER };

struct wpb_fpm_ask {
    uv_loop_t *loop;
    const struct wpb_fpm_question *question;
    const struct wpb_listen_address *address; /* that is asked */
    struct wpb_arena *arena;
    struct wpb_cost *cost;
    wpb_fpm_replied *on_reply;
    void *cookie;

    enum phase phase;
    union {
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tcp_t tcp;
    } socket;
    bool has_socket;
    uv_timer_t timer;
    bool is_late;
    int handles; /* open or closing */
    uv_connect_t connect;
    uv_write_t write;
    struct wpb_buf request;
    struct wpb_fastcgi_answer answer;
    char bytes[READ_BYTES];
    uint64_t began_ms;
    struct wpb_fpm_reply reply;
};

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct wpb_fpm_ask *ask = handle->data;

    if (--ask->handles > 0)
        return;
    ask->on_reply(ask->cookie, &ask->reply);
    wpb_buf_fini(&ask->request);
    wpb_fastcgi_answer_fini(&ask->answer);
    free(ask);
}

static void end(struct wpb_fpm_ask *ask, enum wpb_fpm_outcome outcome)
{
    if (ask->phase == OVER)
        return;
    ask->reply.outcome = outcome;
    ask->reply.is_left_behind =
        ask->phase != CONNECTING && !ask->reply.is_by_status_listen &&
        outcome != WPB_FPM_ANSWERED && outcome != WPB_FPM_NOT_STATUS;
    ask->reply.elapsed_ms = uv_now(ask->loop) - ask->began_ms;
    ask->phase = OVER;
    uv_close((uv_handle_t *)&ask->timer, on_closed);
    if (ask->has_socket)
        uv_close((uv_handle_t *)&ask->socket, on_closed);
}

static const char *where(const struct wpb_fpm_ask *ask)
{
    return ask->address->text;
}

/* The pool's workers are taken: who would answer? */
static void end_saturated(struct wpb_fpm_ask *ask, const char *how)
{
    wpb_err_set(&ask->reply.err, WPB_E_TIMEOUT, STAGE,
                "%s: the status page of pool %.60s waits behind the requests; give it a "
                "listener of its own with pm.status_listen",
                how, ask->question->pool);
    end(ask, WPB_FPM_SATURATED);
}

static void end_unreachable(struct wpb_fpm_ask *ask, int status)
{
    enum wpb_err_code code =
        status == UV_EACCES || status == UV_EPERM ? WPB_E_DENIED : WPB_E_CONNECT;
    const char *advice = "";

    if (status == UV_EAGAIN && !ask->reply.is_by_status_listen) {
        end_saturated(ask, "its accept queue is full");
        return;
    }
    if (code == WPB_E_DENIED)
        advice = "; let wpbloat's user join the pool's listen.group";
    wpb_err_set(&ask->reply.err, code, STAGE, "cannot connect to %.100s: %s%s",
                where(ask), uv_strerror(status), advice);
    end(ask, WPB_FPM_UNREACHABLE);
}

/* No whole answer in time. */
static void end_late(struct wpb_fpm_ask *ask)
{
    if (ask->phase == CONNECTING) {
        wpb_err_set(&ask->reply.err, WPB_E_TIMEOUT, STAGE,
                    "cannot connect to %.100s within %d ms: its accept queue is full, or "
                    "a firewall drops packets",
                    where(ask), WPB_FPM_CONNECT_MS);
        end(ask, WPB_FPM_UNREACHABLE);
    } else if (ask->phase == ASKED && !ask->reply.is_by_status_listen) {
        end_saturated(ask, "no answer in time");
    } else {
        wpb_err_set(&ask->reply.err, WPB_E_TIMEOUT, STAGE,
                    "%.100s %s within %d ms: does PHP-FPM hang?", where(ask),
                    ask->phase == ASKED ? "does not answer" : "does not end its answer",
                    WPB_FPM_ANSWER_MS);
        end(ask, WPB_FPM_SILENT);
    }
}

/* ---- the answer ---- */

static const char *protocol_words(enum wpb_fastcgi_protocol protocol)
{
    switch (protocol) {
    case WPB_FASTCGI_OVERLOADED:
        return "it is overloaded";
    case WPB_FASTCGI_CANNOT_MULTIPLEX:
        return "it cannot multiplex";
    case WPB_FASTCGI_UNKNOWN_ROLE:
        return "it does not know the role of responder";
    case WPB_FASTCGI_COMPLETE:
        break;
    }
    return "it gives no reason";
}

static void judge_answer(struct wpb_fpm_ask *ask)
{
    const struct wpb_fpm_expected expected = {.pool = ask->question->pool,
                                              .status_path = ask->question->status_path,
                                              .workers = ask->question->workers,
                                              .is_own_counted =
                                                  !ask->reply.is_by_status_listen};

    if (ask->answer.protocol != WPB_FASTCGI_COMPLETE) {
        wpb_err_set(&ask->reply.err, WPB_E_PROTOCOL, STAGE,
                    "%.100s refuses the request: %s", where(ask),
                    protocol_words(ask->answer.protocol));
        end(ask, WPB_FPM_NOT_STATUS);
        return;
    }
    int result = wpb_fpm_status_read(wpb_buf_view(&ask->answer.out), &expected,
                                     ask->arena, &ask->reply.status, &ask->reply.err);
    end(ask, result == 0 ? WPB_FPM_ANSWERED : WPB_FPM_NOT_STATUS);
}

static void on_end_of_stream(struct wpb_fpm_ask *ask, ssize_t status)
{
    if (ask->phase == ASKED && (status == UV_EOF || status == UV_ECONNRESET))
        wpb_err_set(&ask->reply.err, WPB_E_CLOSED, STAGE,
                    "%.100s closed the connection without an answer: does "
                    "listen.allowed_clients allow this host?",
                    where(ask));
    else
        wpb_err_set(&ask->reply.err, WPB_E_CLOSED, STAGE,
                    "%.100s closed the connection in the middle of its answer (%s)",
                    where(ask), uv_strerror((int)status));
    end(ask, WPB_FPM_NOT_STATUS);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct wpb_fpm_ask *ask = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(ask->bytes, sizeof ask->bytes);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct wpb_fpm_ask *ask = stream->data;

    if (ask->phase == OVER || len == 0)
        return;
    if (len < 0) {
        on_end_of_stream(ask, len);
        return;
    }
    ask->phase = ANSWERING;
    ask->cost->bytes_received += (uint64_t)len;
    if (wpb_fastcgi_answer_feed(&ask->answer, wpb_slice_of(buffer->base, (size_t)len),
                                &ask->reply.err) != 0)
        end(ask, WPB_FPM_NOT_STATUS);
    else if (ask->answer.is_ended)
        judge_answer(ask);
}

/* ---- the question ---- */

static void build_request(struct wpb_fpm_ask *ask)
{
    static const struct wpb_slice get = WPB_SLICE("GET"),
                                  query = WPB_SLICE(WPB_FPM_STATUS_QUERY),
                                  protocol = WPB_SLICE("HTTP/1.1"),
                                  script = WPB_SLICE(NO_SCRIPT),
                                  address = WPB_SLICE("127.0.0.1"),
                                  agent = WPB_SLICE("wpbloat/" WPB_VERSION);
    struct wpb_slice path = wpb_slice_cstr(ask->question->status_path);
    const struct wpb_fastcgi_param params[] = {
        {"SCRIPT_NAME", path},        {"SCRIPT_FILENAME", script},
        {"REQUEST_URI", path},        {"QUERY_STRING", query},
        {"REQUEST_METHOD", get},      {"SERVER_PROTOCOL", protocol},
        {"REMOTE_ADDR", address},     {"HTTP_USER_AGENT", agent},
        {"CONTENT_LENGTH", {"0", 1}},
    };

    wpb_fastcgi_request(params, sizeof params / sizeof params[0], &ask->request);
}

static void on_written(uv_write_t *write, int status)
{
    struct wpb_fpm_ask *ask = write->data;

    /* Who refuses a connection may say why before it closes: reading tells. */
    if (status != 0 && status != UV_ECANCELED && status != UV_EPIPE &&
        status != UV_ECONNRESET)
        end_unreachable(ask, status);
}

static void on_timer(uv_timer_t *timer);

static void on_connected(uv_connect_t *connect, int status)
{
    struct wpb_fpm_ask *ask = connect->data;
    uv_buf_t buffer;

    if (ask->phase == OVER)
        return;
    if (status == 0) {
        buffer = uv_buf_init(ask->request.data, (unsigned)ask->request.len);
        status = uv_write(&ask->write, &ask->socket.stream, &buffer, 1, on_written);
    }
    if (status == 0)
        status = uv_read_start(&ask->socket.stream, on_alloc, on_read);
    if (status != 0) {
        end_unreachable(ask, status);
        return;
    }
    uint64_t spent = uv_now(ask->loop) - ask->began_ms;
    ask->phase = ASKED;
    ask->is_late = false;
    ask->cost->commands++;
    ask->cost->bytes_sent += ask->request.len;
    uv_timer_start(&ask->timer, on_timer,
                   spent < WPB_FPM_ANSWER_MS ? WPB_FPM_ANSWER_MS - spent : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct wpb_fpm_ask *ask = timer->data;

    if (ask->phase == OVER)
        return;
    if (ask->is_late) {
        end_late(ask);
        return;
    }
    ask->is_late = true;
    uv_timer_start(&ask->timer, on_timer, GRACE_MS, 0);
}

static void connect_unix(struct wpb_fpm_ask *ask)
{
    uv_pipe_init(ask->loop, &ask->socket.pipe, 0);
    uv_pipe_connect(&ask->connect, &ask->socket.pipe, ask->address->path, on_connected);
}

static int connect_tcp(struct wpb_fpm_ask *ask)
{
    struct sockaddr_storage target;

    wpb_listen_address_target(ask->address, &target);
    uv_tcp_init(ask->loop, &ask->socket.tcp);
    return uv_tcp_connect(&ask->connect, &ask->socket.tcp, (struct sockaddr *)&target,
                          on_connected);
}

/* Its workers are taken, or something waits for them: to ask would only lengthen the
 * queue. */
static bool would_wait(const struct wpb_fpm_question *question)
{
    const struct wpb_accept_queue *queue = question->queue;

    if (!queue || !queue->is_found)
        return false;
    if (question->workers && queue->has_in_service)
        return queue->in_service >= question->workers;
    return queue->pending > 0;
}

/* From the loop, so that no callback comes from within wpb_fpm_ask(). */
static void on_begin(uv_timer_t *timer)
{
    struct wpb_fpm_ask *ask = timer->data;
    int status = 0;

    if (ask->phase == OVER)
        return;
    if (!ask->reply.is_by_status_listen && would_wait(ask->question)) {
        end_saturated(ask, "its workers are all taken");
        return;
    }
    uv_timer_start(&ask->timer, on_timer, WPB_FPM_CONNECT_MS, 0);
    ask->has_socket = true;
    ask->handles++;
    if (ask->address->kind == WPB_LISTEN_UNIX)
        connect_unix(ask);
    else
        status = connect_tcp(ask);
    ask->socket.stream.data = ask;
    if (status != 0)
        end_unreachable(ask, status);
}

static bool is_set(const struct wpb_listen_address *address)
{
    return address && address->kind != WPB_LISTEN_NONE;
}

static int check(const struct wpb_fpm_question *question, struct wpb_err *err)
{
    if (*question->status_path == '\0')
        return wpb_err_set(err, WPB_E_NOT_FOUND, STAGE,
                           "pool %.60s has no status page: add pm.status_path = "
                           "/fpm-status and pm.status_listen to its file, and reload "
                           "PHP-FPM",
                           question->pool);
    if (!is_set(question->status_listen) && !is_set(question->listen))
        return wpb_err_set(err, WPB_E_NOT_FOUND, STAGE,
                           "it is not known where pool %.60s listens", question->pool);
    return 0;
}

struct wpb_fpm_ask *wpb_fpm_ask(struct uv_loop_s *loop,
                                const struct wpb_fpm_question *question,
                                struct wpb_arena *arena, struct wpb_cost *cost,
                                wpb_fpm_replied *on_reply, void *cookie,
                                struct wpb_err *err)
{
    struct wpb_fpm_ask *ask;

    if (check(question, err) != 0)
        return NULL;
    ask = calloc(1, sizeof *ask);
    if (!ask) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory to ask pool %.60s",
                    question->pool);
        return NULL;
    }
    ask->loop = loop;
    ask->question = question;
    ask->reply.is_by_status_listen = is_set(question->status_listen);
    ask->address =
        ask->reply.is_by_status_listen ? question->status_listen : question->listen;
    ask->arena = arena;
    ask->cost = cost;
    ask->on_reply = on_reply;
    ask->cookie = cookie;
    wpb_buf_init(&ask->request, 0);
    wpb_fastcgi_answer_init(&ask->answer, WPB_FPM_STATUS_MAX);
    build_request(ask);
    uv_timer_init(loop, &ask->timer);
    ask->timer.data = ask->connect.data = ask->write.data = ask;
    ask->handles = 1;
    ask->began_ms = uv_now(loop);
    uv_timer_start(&ask->timer, on_begin, 0, 0);
    return ask;
}

void wpb_fpm_ask_cancel(struct wpb_fpm_ask *ask)
{
    if (ask->phase == OVER)
        return;
    wpb_err_set(&ask->reply.err, WPB_E_CANCELLED, STAGE, "stopped before %.100s answered",
                where(ask));
    end(ask, WPB_FPM_CANCELLED);
}
