#include "probes/redis/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <uv.h>

#include "agent/base/address.h"
#include "probes/redis/greeting.h"
#include "probes/redis/guard.h"
#include "probes/redis/poll.h"
#include "probes/redis/reply.h"
#include "probes/redis/tls.h"

#define STAGE "redis"
/* Addresses of one host name that are tried in turn, within the connect deadline. */
#define ADDRESSES_MAX 4
/* A late timer may only mean that this process was stopped: look once more. */
#define GRACE_MS 50

/* DETOURING: the address tried is left for the next one. */
enum phase { CONNECTING, GREETING, DETOURING, READY, LOST, CLOSING };

struct expected {
    wpb_conn_reply *on_reply;
    uint64_t tag;
};

/* Outlives the connection when a resolver is slow. */
struct resolution {
    uv_getaddrinfo_t request;
    struct wpb_conn *conn; /* NULL: nobody waits any more */
};

struct wpb_conn {
    uv_loop_t *loop;
    const struct wpb_redis_address *address; /* that is tried, or reached */
    const struct wpb_redis_address *own;     /* that was given to open() */
    const struct wpb_redis_address *replicas;
    size_t replica_count, replica; /* those tried so far */
    const struct wpb_conn_events *events;
    void *cookie, *reply_cookie;
    struct wpb_cost *cost;
    enum phase phase;
    char where[128]; /* the address, for messages */

    struct wpb_redis_poll poll;
    struct wpb_reply_guard guard;
    struct wpb_tls *tls;
    uv_timer_t timer;
    int handles; /* open or closing */
    struct resolution *resolution;
    char candidates[ADDRESSES_MAX][INET6_ADDRSTRLEN + 16];
    size_t candidate_count, candidate;

    struct expected *ring; /* replies owed, oldest at `first` */
    size_t ring_size, first, pending;
    wpb_conn_message *on_message; /* NULL: not subscribed */
    bool is_out_of_memory;
    bool demands_master; /* of the server that was given to open() */
    uint32_t deadline_ms;
    uint64_t progress_ms; /* loop time of the last sign of life */
    bool is_overdue;
    struct wpb_err error;  /* why it was lost */
    struct wpb_err missed; /* why the last replica was not used */
};

static void try_next(struct wpb_conn *conn);
static void on_begin(uv_timer_t *timer);
static bool detour(struct wpb_conn *conn);
static void greeted(struct wpb_conn *conn, const struct redisReply *reply, uint64_t step);
static void on_timer(uv_timer_t *timer);

/* ---- losing and closing ---- */

static void drop_resolution(struct wpb_conn *conn)
{
    if (!conn->resolution)
        return;
    conn->resolution->conn = NULL;
    uv_cancel((uv_req_t *)&conn->resolution->request);
    conn->resolution = NULL;
}

/* Tell the owner, once. */
static void lose(struct wpb_conn *conn)
{
    if (conn->phase == LOST || conn->phase == CLOSING || conn->phase == DETOURING ||
        detour(conn))
        return;
    conn->phase = LOST;
    conn->pending = 0;
    uv_timer_stop(&conn->timer);
    drop_resolution(conn);
    wpb_redis_poll_drop(&conn->poll);
    conn->events->failed(conn->cookie, &conn->error);
}

/* The address to try next, and what belongs to it. -1 with error when it cannot be. */
static int aim(struct wpb_conn *conn, const struct wpb_redis_address *address)
{
    struct wpb_buf where;

    conn->address = address;
    wpb_buf_init(&where, 0);
    wpb_redis_address_scope(address, false, &where);
    snprintf(conn->where, sizeof conn->where, "%s", where.data);
    wpb_buf_fini(&where);
    wpb_tls_free(conn->tls);
    conn->tls = NULL;
    if (address->scheme == WPB_REDIS_TLS)
        conn->tls = wpb_tls_new(address->host, &conn->error);
    return address->scheme == WPB_REDIS_TLS && !conn->tls ? -1 : 0;
}

static void begin_soon(struct wpb_conn *conn)
{
    conn->phase = CONNECTING;
    conn->candidate = conn->candidate_count = 0;
    conn->is_overdue = false;
    uv_timer_start(&conn->timer, on_begin, 0, 0);
}

/* Nothing holds the address that was tried any more. */
static void begin_detour(struct wpb_conn *conn)
{
    const struct wpb_redis_address *next = conn->replica < conn->replica_count
                                               ? &conn->replicas[conn->replica++]
                                               : conn->own;

    begin_soon(conn);
    if (aim(conn, next) != 0)
        lose(conn);
}

/* A replica that does not serve is left for the next, and at last for the server whose
 * replica it is. */
static bool detour(struct wpb_conn *conn)
{
    if (conn->phase > GREETING || conn->address == conn->own)
        return false;
    conn->missed = conn->error;
    conn->phase = DETOURING;
    conn->pending = 0;
    uv_timer_stop(&conn->timer);
    drop_resolution(conn);
    wpb_redis_poll_drop(&conn->poll);
    if (conn->handles == 1) /* the timer: no socket has to close first */
        begin_detour(conn);
    return true;
}

static void handle_closed(struct wpb_conn *conn)
{
    if (--conn->handles > 0 || conn->phase != CLOSING)
        return;
    void (*closed)(void *) = conn->events->closed;
    void *cookie = conn->cookie;
    wpb_tls_free(conn->tls);
    free(conn->ring);
    free(conn);
    closed(cookie);
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

void wpb_conn_close(struct wpb_conn *conn)
{
    conn->phase = CLOSING;
    conn->pending = 0;
    drop_resolution(conn);
    wpb_redis_poll_drop(&conn->poll);
    uv_close((uv_handle_t *)&conn->timer, on_timer_closed);
}

/* ---- sending and receiving ---- */

static bool grow_ring(struct wpb_conn *conn)
{
    size_t size = conn->ring_size ? conn->ring_size * 2 : 64;
    struct expected *ring = malloc(size * sizeof *ring);
    if (!ring)
        return false;
    for (size_t i = 0; i < conn->pending; i++)
        ring[i] = conn->ring[(conn->first + i) & (conn->ring_size - 1)];
    free(conn->ring);
    conn->ring = ring;
    conn->ring_size = size;
    conn->first = 0;
    return true;
}

static void on_reply(struct redisAsyncContext *context, void *reply, void *data)
{
    struct wpb_conn *conn = data;
    struct expected expected;
    (void)context;

    if (!reply || conn->pending == 0)
        return;
    expected = conn->ring[conn->first];
    conn->first = (conn->first + 1) & (conn->ring_size - 1);
    conn->pending--;
    conn->progress_ms = uv_now(conn->loop);
    conn->is_overdue = false;
    if (conn->phase == GREETING)
        greeted(conn, reply, expected.tag);
    else
        expected.on_reply(conn->reply_cookie, reply, expected.tag);
}

static void enqueue(struct wpb_conn *conn, wpb_conn_reply *fn, uint64_t tag,
                    struct wpb_slice command)
{
    if (!conn->poll.context || conn->is_out_of_memory)
        return;
    if ((conn->pending == conn->ring_size && !grow_ring(conn)) ||
        redisAsyncFormattedCommand(conn->poll.context, on_reply, conn, command.data,
                                   command.len) != REDIS_OK) {
        conn->is_out_of_memory = true;
        return;
    }
    conn->ring[(conn->first + conn->pending) & (conn->ring_size - 1)] =
        (struct expected){fn, tag};
    conn->pending++;
    conn->cost->commands++;
    conn->cost->bytes_sent += command.len;
}

static void flush(struct wpb_conn *conn, uint32_t deadline_ms)
{
    if (conn->is_out_of_memory) {
        wpb_err_set(&conn->error, WPB_E_MEMORY, STAGE, "out of memory");
        lose(conn);
        return;
    }
    if (conn->pending == 0)
        return;
    conn->deadline_ms = deadline_ms;
    conn->progress_ms = uv_now(conn->loop);
    conn->is_overdue = false;
    uv_timer_start(&conn->timer, on_timer, deadline_ms, 0);
    wpb_redis_poll_flush(&conn->poll);
}

void wpb_conn_send(struct wpb_conn *conn, wpb_conn_reply *fn, uint64_t tag,
                   struct wpb_slice command)
{
    if (conn->phase == READY)
        enqueue(conn, fn, tag, command);
}

void wpb_conn_flush(struct wpb_conn *conn, uint32_t deadline_ms)
{
    if (conn->phase == READY)
        flush(conn, deadline_ms ? deadline_ms : WPB_CONN_COMMAND_MS);
}

/* The guard has seen to it that only messages and the word about a subscription come,
 * three elements each. */
static void on_push(struct redisAsyncContext *context, void *reply, void *data)
{
    struct wpb_conn *conn = data;
    const struct redisReply *message = reply;
    (void)context;

    if (!message || conn->phase != READY || message->type != REDIS_REPLY_ARRAY ||
        message->elements != 3)
        return;
    bool is_word = wpb_slice_is(wpb_reply_text(message->element[0]), "subscribe");
    conn->on_message(conn->reply_cookie, is_word ? NULL : message->element[2]);
}

void wpb_conn_subscribe(struct wpb_conn *conn, const char *channel,
                        wpb_conn_message *on_message)
{
    const struct wpb_slice words[] = {WPB_SLICE("SUBSCRIBE"), wpb_slice_cstr(channel)};
    struct wpb_buf command;

    if (conn->phase != READY || !conn->poll.context)
        return;
    wpb_buf_init(&command, 0);
    wpb_resp_command(&command, words, 2);
    conn->on_message = on_message;
    conn->guard.takes_messages = true;
    if (wpb_buf_failed(&command) ||
        redisAsyncFormattedCommand(conn->poll.context, on_push, conn, command.data,
                                   command.len) != REDIS_OK) {
        wpb_err_set(&conn->error, WPB_E_MEMORY, STAGE, "out of memory");
        lose(conn);
    } else {
        conn->cost->commands++;
        conn->cost->bytes_sent += command.len;
        wpb_redis_poll_flush(&conn->poll);
    }
    wpb_buf_fini(&command);
}

void wpb_conn_rest(struct wpb_conn *conn, bool is_resting)
{
    redisAsyncContext *context = conn->poll.context;

    if (conn->phase != READY || !context)
        return;
    if (is_resting)
        context->ev.delRead(context->ev.data);
    else
        context->ev.addRead(context->ev.data);
}

size_t wpb_conn_pending(const struct wpb_conn *conn)
{
    return conn->pending;
}

static void time_out(struct wpb_conn *conn)
{
    const redisReader *reader = conn->poll.context ? conn->poll.context->c.reader : NULL;
    double seconds = conn->deadline_ms / 1000.0;

    if (conn->phase == CONNECTING)
        wpb_err_set(&conn->error, WPB_E_TIMEOUT, STAGE,
                    "no connection to %s within %.1f s: nothing answers there, or a "
                    "firewall drops the packets",
                    conn->where, seconds);
    else if (reader && (reader->len > reader->pos || reader->ridx > 0))
        wpb_err_set(&conn->error, WPB_E_TIMEOUT, STAGE,
                    "Redis at %s stopped in the middle of a reply for %.1f s",
                    conn->where, seconds);
    else
        wpb_err_set(&conn->error, WPB_E_TIMEOUT, STAGE,
                    "Redis at %s did not answer within %.1f s: it is blocked or "
                    "overloaded%s",
                    conn->where, seconds,
                    conn->tls && conn->phase == GREETING ? ", or does not speak TLS"
                                                         : "");
    lose(conn);
}

/* One timer serves all deadlines: it looks how long ago the last reply came. */
static void on_timer(uv_timer_t *timer)
{
    struct wpb_conn *conn = timer->data;
    uint64_t waited = uv_now(conn->loop) - conn->progress_ms;

    if (conn->phase != CONNECTING && conn->pending == 0)
        return;
    if (waited < conn->deadline_ms) {
        uv_timer_start(timer, on_timer, conn->deadline_ms - waited, 0);
    } else if (!conn->is_overdue) {
        conn->is_overdue = true;
        uv_timer_start(timer, on_timer, GRACE_MS, 0);
    } else {
        time_out(conn);
    }
}

/* ---- greeting ---- */

static enum wpb_greeting_role role_of(const struct wpb_conn *conn)
{
    if (conn->address != conn->own)
        return WPB_ROLE_REPLICA;
    return conn->demands_master ? WPB_ROLE_MASTER : WPB_ROLE_ANY;
}

static void greet(struct wpb_conn *conn)
{
    struct wpb_buf command;

    conn->phase = GREETING;
    wpb_buf_init(&command, 0);
    for (int step = 0; step < WPB_GREETINGS; step++) {
        wpb_buf_clear(&command);
        if (!wpb_greeting_build(conn->address, role_of(conn), step, &command))
            continue;
        if (wpb_buf_failed(&command))
            conn->is_out_of_memory = true;
        else
            enqueue(conn, NULL, (uint64_t)step, wpb_buf_view(&command));
        explicit_bzero(command.data, command.len);
    }
    wpb_buf_fini(&command);
    flush(conn, WPB_CONN_COMMAND_MS);
}

static void greeted(struct wpb_conn *conn, const struct redisReply *reply, uint64_t step)
{
    if (wpb_greeting_check(conn->address, role_of(conn), conn->where,
                           (enum wpb_greeting)step, reply, &conn->error) != 0) {
        lose(conn);
    } else if (conn->pending == 0) {
        conn->phase = READY;
        conn->events->ready(conn->cookie);
    }
}

/* ---- connecting ---- */

static void on_connect(const struct redisAsyncContext *context, int status)
{
    struct wpb_conn *conn = context->data;
    if (status == REDIS_OK && conn->phase == CONNECTING)
        greet(conn);
}

/* A server that turns a client away says why and closes; when our own write meets the
 * closed socket first, the reason is still there to be read. */
static bool explain_by_last_words(struct wpb_conn *conn, const redisContext *context)
{
    char text[256];
    ssize_t len;

    if (conn->tls || context->err != REDIS_ERR_IO ||
        context->reader->len > context->reader->pos)
        return false;
    len = recv(context->fd, text, sizeof text - 1, MSG_DONTWAIT);
    if (len <= 1 || text[0] != '-')
        return false;
    text[len] = '\0';
    struct redisReply reply = {.type = REDIS_REPLY_ERROR, .str = text + 1};
    reply.len = strcspn(reply.str, "\r\n");
    wpb_reply_fail(&conn->error, "the connection", &reply);
    return true;
}

/* hiredis drops a connection whose SUBSCRIBE is refused, and keeps the words. */
static bool explain_refusal(struct wpb_conn *conn, const redisContext *context)
{
    struct redisReply reply = {.type = REDIS_REPLY_ERROR};

    if (!conn->on_message || context->err != REDIS_ERR_OTHER)
        return false;
    reply.str = (char *)(uintptr_t)context->errstr;
    reply.len = strlen(context->errstr);
    wpb_reply_fail(&conn->error, "SUBSCRIBE", &reply);
    return true;
}

/* hiredis 0.14 knows the text of a failed connect but leaves its error code 0. */
static void explain_loss(struct wpb_conn *conn, const redisContext *context)
{
    const char *text = context->errstr[0] ? context->errstr : "connection failed";

    if (wpb_tls_explain(conn->tls, conn->where, conn->phase == READY, &conn->error))
        return;
    if (conn->phase == CONNECTING)
        wpb_err_set(&conn->error, WPB_E_CONNECT, STAGE,
                    "cannot connect to Redis at %s: %s", conn->where, text);
    else if (conn->poll.is_flooded)
        wpb_err_set(&conn->error, WPB_E_PROTOCOL, STAGE,
                    "dropped Redis at %s: it sent more than %u bytes of one value",
                    conn->where, WPB_CONN_REPLY_MAX);
    else if (conn->guard.violation[0])
        wpb_err_set(&conn->error, WPB_E_PROTOCOL, STAGE, "dropped Redis at %s: %s",
                    conn->where, conn->guard.violation);
    else if (explain_refusal(conn, context) || explain_by_last_words(conn, context))
        return;
    else if (context->err == REDIS_ERR_PROTOCOL)
        wpb_err_set(&conn->error, WPB_E_PROTOCOL, STAGE,
                    "what answers at %s does not speak Redis' protocol: %s", conn->where,
                    text);
    else
        wpb_err_set(&conn->error, WPB_E_CLOSED, STAGE,
                    "the connection to Redis at %s broke%s: %s", conn->where,
                    conn->pending ? " while an answer was awaited" : "", text);
}

static void on_gone(void *cookie, const struct redisAsyncContext *context)
{
    struct wpb_conn *conn = cookie;

    if (conn->phase == LOST || conn->phase == CLOSING || conn->phase == DETOURING)
        return;
    explain_loss(conn, &context->c);
    if (conn->phase != CONNECTING || conn->candidate >= conn->candidate_count)
        lose(conn);
}

static void on_poll_closed(void *cookie)
{
    struct wpb_conn *conn = cookie;

    if (conn->phase == DETOURING) {
        conn->handles--;
        begin_detour(conn);
    } else if (conn->phase == CONNECTING && conn->candidate < conn->candidate_count) {
        conn->handles--;
        try_next(conn);
    } else {
        handle_closed(conn);
    }
}

static int connect_error(struct wpb_conn *conn, int errnum, const char *text)
{
    const char *path = conn->address->path;

    if (conn->address->scheme == WPB_REDIS_UNIX && errnum == ENOENT)
        return wpb_err_set(&conn->error, WPB_E_NOT_FOUND, STAGE,
                           "no such Redis socket: %.180s", path);
    if (conn->address->scheme == WPB_REDIS_UNIX && errnum == EACCES)
        return wpb_err_set(&conn->error, WPB_E_DENIED, STAGE,
                           "no permission for the Redis socket %.120s: run as root or as "
                           "a member of the socket's group",
                           path);
    if (conn->address->scheme == WPB_REDIS_UNIX && errnum == EAGAIN)
        return wpb_err_set(&conn->error, WPB_E_CONNECT, STAGE,
                           "the accept queue of %.140s is full: Redis is blocked", path);
    return wpb_err_set(&conn->error, WPB_E_CONNECT, STAGE,
                       "cannot connect to Redis at %s: %s", conn->where,
                       errnum ? strerror(errnum) : text);
}

/* Hand a connecting CONTEXT to the loop. */
static int attach(struct wpb_conn *conn, redisAsyncContext *context)
{
    context->data = conn;
    if (conn->tls &&
        wpb_tls_start(conn->tls, &context->c, conn->where, &conn->error) != 0)
        return -1;
    if (wpb_redis_poll_start(&conn->poll, conn->loop, context) != 0)
        return wpb_err_set(&conn->error, WPB_E_IO, STAGE, "the loop takes no socket");
    conn->handles++;
    wpb_reply_guard_install(&conn->guard, context->c.reader);
    redisAsyncSetConnectCallback(context, on_connect);
    return 0;
}

/* Begin with the next address; a loss is told when none is left. */
static void try_next(struct wpb_conn *conn)
{
    const struct wpb_redis_address *address = conn->address;

    while (conn->candidate < conn->candidate_count) {
        const char *host = conn->candidates[conn->candidate++];
        redisAsyncContext *context;

        errno = 0;
        context = address->scheme == WPB_REDIS_UNIX
                      ? redisAsyncConnectUnix(address->path)
                      : redisAsyncConnect(host, address->port);
        if (!context) {
            wpb_err_set(&conn->error, WPB_E_MEMORY, STAGE, "out of memory");
            break;
        }
        if (context->err)
            connect_error(conn, context->err == REDIS_ERR_IO ? errno : 0,
                          context->errstr);
        else if (attach(conn, context) == 0)
            return;
        redisAsyncFree(context);
    }
    lose(conn);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct resolution *resolution = request->data;
    struct wpb_conn *conn = resolution->conn;

    free(resolution);
    if (conn) {
        conn->resolution = NULL;
        for (struct addrinfo *at = list; at && conn->candidate_count < ADDRESSES_MAX;
             at = at->ai_next) {
            char *text = conn->candidates[conn->candidate_count];
            if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof conn->candidates[0],
                            NULL, 0, NI_NUMERICHOST) == 0)
                conn->candidate_count++;
        }
        wpb_err_set(&conn->error, WPB_E_NOT_FOUND, STAGE,
                    "the host name of %s does not resolve: %s", conn->where,
                    status ? uv_strerror(status) : "no address");
        try_next(conn);
    }
    uv_freeaddrinfo(list);
}

static void resolve(struct wpb_conn *conn)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct resolution *resolution = calloc(1, sizeof *resolution);

    if (!resolution) {
        wpb_err_set(&conn->error, WPB_E_MEMORY, STAGE, "out of memory");
        lose(conn);
        return;
    }
    resolution->conn = conn;
    resolution->request.data = resolution;
    conn->resolution = resolution;
    int status = uv_getaddrinfo(conn->loop, &resolution->request, on_resolved,
                                conn->address->host, NULL, &hints);
    if (status != 0) {
        conn->resolution = NULL;
        free(resolution);
        wpb_err_set(&conn->error, WPB_E_NOT_FOUND, STAGE,
                    "the host name of %s does not resolve: %s", conn->where,
                    uv_strerror(status));
        lose(conn);
    }
}

/* The first turn of the loop: nothing is told from within open(). */
static void on_begin(uv_timer_t *timer)
{
    struct wpb_conn *conn = timer->data;
    const struct wpb_redis_address *address = conn->address;
    unsigned char binary[sizeof(struct in6_addr)];
    bool is_literal;

    conn->deadline_ms = WPB_CONN_CONNECT_MS;
    conn->progress_ms = uv_now(conn->loop);
    uv_timer_start(&conn->timer, on_timer, conn->deadline_ms, 0);
    is_literal = address->scheme == WPB_REDIS_UNIX ||
                 inet_pton(AF_INET, address->host, binary) == 1 ||
                 inet_pton(AF_INET6, address->host, binary) == 1;
    if (!is_literal) {
        resolve(conn);
        return;
    }
    snprintf(conn->candidates[0], sizeof conn->candidates[0], "%s", address->host);
    conn->candidate_count = 1;
    try_next(conn);
}

static int check_address(const struct wpb_redis_address *address, struct wpb_err *err)
{
    /* Of a path that fills sun_path up to its last byte hiredis leaves that byte as it
     * finds it, and so asks another socket. */
    size_t longest = sizeof((struct sockaddr_un *)0)->sun_path - 2;

    if (address->scheme == WPB_REDIS_UNIX && strlen(address->path) > longest)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "the path of the Redis socket is longer than %zu bytes",
                           longest);
    return 0;
}

struct wpb_conn *wpb_conn_open(struct uv_loop_s *loop,
                               const struct wpb_redis_address *address,
                               const struct wpb_conn_events *events, void *cookie,
                               struct wpb_cost *cost, struct wpb_err *err)
{
    struct wpb_conn *conn;

    if (check_address(address, err) != 0)
        return NULL;
    conn = calloc(1, sizeof *conn);
    if (!conn) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
        return NULL;
    }
    *conn = (struct wpb_conn){.loop = loop,
                              .own = address,
                              .events = events,
                              .cookie = cookie,
                              .reply_cookie = cookie,
                              .cost = cost,
                              .phase = CONNECTING};
    if (aim(conn, address) != 0) {
        *err = conn->error;
        free(conn);
        return NULL;
    }
    conn->poll = (struct wpb_redis_poll){.cookie = conn,
                                         .gone = on_gone,
                                         .closed = on_poll_closed,
                                         .buffer_max = WPB_CONN_REPLY_MAX};
    conn->guard = (struct wpb_reply_guard){.reply_max = WPB_CONN_REPLY_MAX,
                                           .received = &cost->bytes_received,
                                           .pending = &conn->pending};
    uv_timer_init(loop, &conn->timer);
    conn->timer.data = conn;
    conn->handles = 1;
    begin_soon(conn);
    return conn;
}

void wpb_conn_prefer(struct wpb_conn *conn, const struct wpb_redis_address *replicas,
                     size_t count)
{
    conn->replicas = replicas;
    conn->replica_count = count;
    if (count > 0)
        begin_detour(conn);
}

void wpb_conn_answer_to(struct wpb_conn *conn, void *cookie)
{
    conn->reply_cookie = cookie;
}

void wpb_conn_demand_master(struct wpb_conn *conn)
{
    conn->demands_master = true;
}

bool wpb_conn_is_of_replica(const struct wpb_conn *conn)
{
    return conn->address != conn->own;
}

void wpb_conn_explain(const struct wpb_conn *conn, struct wpb_buf *out)
{
    if (conn->address != conn->own)
        wpb_buf_printf(out, "read from the replica %s", conn->where);
    else if (conn->missed.code)
        wpb_buf_printf(out, "read from %s itself, since its replica could not be: %s",
                       conn->where, conn->missed.message);
}
