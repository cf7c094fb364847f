#include "agent/serve/serve.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "agent/base/log.h"
#include "agent/serve/answer.h"
#include "agent/serve/listen.h"

#define STAGE "serve"
#define MAGIC 0x5e7e
#define HANDLES 3
#define TICK_MS 1000
/* libmicrohttpd reads into half of a connection's memory, and gives it more until all of
 * it is used. */
#define CONNECTION_BYTES (2 * WPB_SERVE_HEADER_BYTES)
#define PEM_BYTES_MAX 65536
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct connection {
    struct MHD_Connection *connection; /* NULL: the slot is free */
    int fd;
    uint64_t due_ms; /* when its answer must have gone */
    unsigned requests;
    bool is_shut;
};

struct wpb_serve {
    unsigned magic;
    uv_loop_t *loop;
    struct MHD_Daemon *daemon; /* NULL: closed */
    struct wpb_serve_listener listener;
    uv_poll_t poll;    /* of the daemon's epoll descriptor */
    uv_timer_t resume; /* it has work left that no descriptor will announce */
    uv_timer_t tick;   /* while there are connections or documents: what is overdue */
    unsigned closed_handles;
    struct connection connections[WPB_SERVE_CONNECTIONS_MAX];
    size_t connection_count;
    struct wpb_serve_answers answers;
    char *token; /* or NULL */
    uint32_t request_ms;
    uint64_t requests;
    char last_log[200]; /* what libmicrohttpd said last */
};

/* ---- the daemon on the loop ---- */

static void on_resume(uv_timer_t *timer);

static void run(struct wpb_serve *serve)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;

    MHD_run(serve->daemon);
    if (MHD_get_timeout(serve->daemon, &timeout_ms) == MHD_YES)
        uv_timer_start(&serve->resume, on_resume, timeout_ms, 0);
    else
        uv_timer_stop(&serve->resume);
}

static void on_resume(uv_timer_t *timer)
{
    run(timer->data);
}

/* An error of the descriptor is for the daemon to find. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    run(poll->data);
}

/* The daemon sees the end of the stream, and closes. */
static void shut(struct connection *slot)
{
    if (!slot->is_shut)
        shutdown(slot->fd, SHUT_RDWR);
    slot->is_shut = true;
}

static void on_tick(uv_timer_t *timer)
{
    struct wpb_serve *serve = timer->data;
    uint64_t now_ms = uv_now(serve->loop);

    for (size_t i = 0; i < WPB_SERVE_CONNECTIONS_MAX; i++) {
        struct connection *slot = &serve->connections[i];
        if (slot->connection && now_ms >= slot->due_ms)
            shut(slot);
    }
    /* Also for the listening socket, which the daemon leaves alone when all connections
     * are taken, and takes up again when it runs after one was closed. */
    run(serve);
    if (!wpb_serve_answers_expire(&serve->answers, now_ms) && !serve->connection_count)
        uv_timer_stop(timer);
}

static void tick(struct wpb_serve *serve)
{
    uint64_t every_ms = serve->request_ms < TICK_MS ? serve->request_ms : TICK_MS;

    if (!uv_is_active((uv_handle_t *)&serve->tick))
        uv_timer_start(&serve->tick, on_tick, every_ms, every_ms);
}

/* ---- what the daemon calls ---- */

static void on_connection(void *cookie, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct wpb_serve *serve = cookie;
    struct connection *slot = *context;
    const union MHD_ConnectionInfo *info;

    assert(serve->magic == MAGIC);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (slot) {
            *slot = (struct connection){0};
            serve->connection_count--;
        }
        return;
    }
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    for (size_t i = 0; i < WPB_SERVE_CONNECTIONS_MAX && !*context; i++) {
        if (!serve->connections[i].connection)
            *context = &serve->connections[i];
    }
    slot = *context;
    assert(slot && info); /* the daemon keeps the limit */
    *slot = (struct connection){.connection = connection,
                                .fd = info->connect_fd,
                                .due_ms = uv_now(serve->loop) + serve->request_ms};
    serve->connection_count++;
    tick(serve);
}

/* Has the reader ended its side? The daemon waits for a descriptor to change, and does
 * not notice an end that came together with the request. */
static bool is_at_end(const struct connection *slot)
{
    char byte;

    return recv(slot->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void on_completed(void *cookie, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    struct wpb_serve *serve = cookie;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct connection *slot = info ? info->socket_context : NULL;

    (void)context, (void)how;
    if (!slot)
        return;
    slot->due_ms = uv_now(serve->loop) + serve->request_ms;
    if (++slot->requests >= WPB_SERVE_REQUESTS_MAX || is_at_end(slot))
        shut(slot);
}

static bool has_body(struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                     MHD_HTTP_HEADER_CONTENT_LENGTH);

    return (length && strcmp(length, "0") != 0) ||
           MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                       MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

static enum MHD_Result on_request(void *cookie, struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_len, void **context)
{
    struct wpb_serve *serve = cookie;
    struct wpb_serve_request request = {.method = method, .url = url};
    enum wpb_document which = WPB_DOCUMENT_REPORT;
    enum wpb_serve_answer answer;

    (void)version, (void)upload, (void)upload_len;
    assert(serve->magic == MAGIC);
    request.host =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    request.authorization = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                        MHD_HTTP_HEADER_AUTHORIZATION);
    request.has_body = has_body(connection);
    /* An answer to the headers alone means that the rest is not read, and the connection
     * is closed after it: just right for a body. All others are answered when the daemon
     * calls again, at the end of the request. */
    if (!*context && !request.has_body) {
        *context = serve;
        return MHD_YES;
    }
    answer = wpb_serve_judge(&request, serve->token, serve->listener.port != 0, &which);
    serve->requests++;
    tick(serve);
    return wpb_serve_reply(&serve->answers, connection, answer, which,
                           uv_now(serve->loop))
               ? MHD_NO
               : MHD_YES;
}

__attribute__((format(printf, 2, 0))) static void on_log(void *cookie, const char *format,
                                                         va_list args)
{
    struct wpb_serve *serve = cookie;

    vsnprintf(serve->last_log, sizeof(serve->last_log), format, args);
    serve->last_log[strcspn(serve->last_log, "\n")] = '\0';
    wpb_log(WPB_LOG_DEBUG, "%s: %s", STAGE, serve->last_log);
}

/* ---- TLS ---- */

/* All of PATH as a text; to be wiped and freed. */
static char *read_pem(const char *path, struct wpb_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *text = fd < 0 ? NULL : calloc(1, PEM_BYTES_MAX + 1);
    size_t len = 0;
    ssize_t got = 1;

    while (text && len < PEM_BYTES_MAX && got > 0) {
        got = read(fd, text + len, PEM_BYTES_MAX - len);
        len += got > 0 ? (size_t)got : 0;
    }
    if (!text || got != 0) {
        wpb_err_errno(err, fd >= 0 && got > 0 ? EFBIG : errno, STAGE, "cannot read %s",
                      path);
        free(text);
        text = NULL;
    }
    if (fd >= 0)
        close(fd);
    return text;
}

static void wipe(char *text)
{
    if (!text)
        return;
    explicit_bzero(text, strlen(text));
    free(text);
}

/* ---- opening ---- */

static int check(const struct wpb_serve_settings *settings, struct wpb_err *err)
{
    if (!settings->cert_file != !settings->key_file)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "TLS needs a certificate and its key: set both of "
                           "listen_cert_file and listen_key_file, or none");
    if (settings->cert_file && MHD_is_feature_supported(MHD_FEATURE_SSL) != MHD_YES)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                           "the libmicrohttpd of this host was built without TLS");
    if (settings->token && !wpb_serve_is_token(settings->token))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "the token of listen_token_file must be one word of printable "
                           "ASCII: no header could show it");
    return 0;
}

static struct MHD_Daemon *start_daemon(struct wpb_serve *serve, const char *cert,
                                       const char *key)
{
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL | MHD_USE_ERROR_LOG | (cert ? MHD_USE_TLS : 0U);

    /* Its own time-out is one of inactivity, which a byte now and then defeats: ours is
     * on_tick()'s. */
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, serve, MHD_OPTION_EXTERNAL_LOGGER, on_log,
        serve, MHD_OPTION_LISTEN_SOCKET, serve->listener.fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)WPB_SERVE_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)WPB_SERVE_CONNECTIONS_OF_ADDRESS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, 0U, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, serve, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, serve, MHD_OPTION_ARRAY, cert ? tls : tls + 3, MHD_OPTION_END);
}

static int open_daemon(struct wpb_serve *serve, const struct wpb_serve_settings *settings,
                       struct wpb_err *err)
{
    char *cert = NULL, *key = NULL;
    int result = -1;

    if (settings->cert_file && (!(cert = read_pem(settings->cert_file, err)) ||
                                !(key = read_pem(settings->key_file, err))))
        goto out_pem;
    if (wpb_serve_listen(settings, &serve->listener, err))
        goto out_pem;
    serve->daemon = start_daemon(serve, cert, key);
    if (!serve->daemon) {
        wpb_err_set(err, cert ? WPB_E_ARGUMENT : WPB_E_IO, STAGE,
                    "the HTTP server does not start%s%s%s",
                    cert ? " with this certificate and key" : "",
                    serve->last_log[0] ? ": " : "", serve->last_log);
        wpb_serve_listener_remove(&serve->listener);
        close(serve->listener.fd);
        goto out_pem;
    }
    result = 0;
out_pem:
    free(cert);
    wipe(key);
    return result;
}

static void free_serve(struct wpb_serve *serve)
{
    wpb_serve_answers_fini(&serve->answers);
    wipe(serve->token);
    serve->magic = 0;
    free(serve);
}

static void stop_daemon(struct wpb_serve *serve)
{
    /* In this order: a successor may make its file as soon as ours is gone. */
    wpb_serve_listener_remove(&serve->listener);
    MHD_stop_daemon(serve->daemon);
    serve->daemon = NULL;
}

static int watch_daemon(struct wpb_serve *serve, struct wpb_err *err)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(serve->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int status =
        info ? uv_poll_init(serve->loop, &serve->poll, info->epoll_fd) : UV_EBADF;

    if (status)
        return wpb_err_set(err, WPB_E_IO, STAGE,
                           "the loop cannot watch the HTTP server: %s",
                           uv_strerror(status));
    uv_timer_init(serve->loop, &serve->resume);
    uv_timer_init(serve->loop, &serve->tick);
    serve->poll.data = serve->resume.data = serve->tick.data = serve;
    uv_poll_start(&serve->poll, UV_READABLE, on_poll);
    return 0;
}

struct wpb_serve *wpb_serve_open(struct uv_loop_s *loop,
                                 const struct wpb_serve_settings *settings,
                                 const struct wpb_serve_routes *routes,
                                 struct wpb_err *err)
{
    struct wpb_serve *serve;

    if (check(settings, err))
        return NULL;
    serve = calloc(1, sizeof(*serve));
    if (!serve || (settings->token && !(serve->token = strdup(settings->token)))) {
        free(serve);
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
        return NULL;
    }
    serve->magic = MAGIC;
    serve->loop = loop;
    serve->answers.routes = *routes;
    serve->request_ms =
        settings->request_ms ? settings->request_ms : WPB_SERVE_REQUEST_MS;
    if (open_daemon(serve, settings, err))
        goto out_serve;
    if (watch_daemon(serve, err))
        goto out_daemon;
    return serve;
out_daemon:
    stop_daemon(serve);
out_serve:
    free_serve(serve);
    return NULL;
}

uint16_t wpb_serve_port(const struct wpb_serve *serve)
{
    return serve->listener.port;
}

uint64_t wpb_serve_requests(const struct wpb_serve *serve)
{
    return serve->requests;
}

void wpb_serve_forget(struct wpb_serve *serve)
{
    wpb_serve_answers_forget(&serve->answers);
}

static void on_closed(uv_handle_t *handle)
{
    struct wpb_serve *serve = handle->data;

    if (++serve->closed_handles == HANDLES)
        free_serve(serve);
}

void wpb_serve_close(struct wpb_serve *serve)
{
    if (!serve)
        return;
    assert(serve->magic == MAGIC && serve->daemon);
    /* Before its descriptor goes. */
    uv_close((uv_handle_t *)&serve->poll, on_closed);
    uv_close((uv_handle_t *)&serve->resume, on_closed);
    uv_close((uv_handle_t *)&serve->tick, on_closed);
    stop_daemon(serve);
}
