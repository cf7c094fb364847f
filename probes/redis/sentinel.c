#include "probes/redis/sentinel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/redis/reply.h"

#define STAGE "redis"

struct wpb_sentinel {
    struct uv_loop_s *loop;
    const struct wpb_redis_address *address;
    const struct wpb_sentinel_events *events;
    void *cookie;
    struct wpb_cost *cost;

    size_t at;                     /* the one that is asked */
    struct wpb_redis_address seed; /* its address, with the login that is tried */
    bool has_borrowed;             /* ... which is the master's */
    struct wpb_conn *conn;         /* to it */
    int open;                      /* connections, those that are being closed too */
    struct wpb_err error;          /* why the last one told nothing */
    bool is_settled, is_closing;
};

static int open_next(struct wpb_sentinel *sentinel);

static void settle(struct wpb_sentinel *sentinel)
{
    struct wpb_err err;

    sentinel->is_settled = true;
    if (sentinel->address->seed_count == 1)
        wpb_err_set(&err, sentinel->error.code, STAGE,
                    "the sentinel does not tell where the master %.60s is: %s",
                    sentinel->address->service, sentinel->error.message);
    else
        wpb_err_set(
            &err, sentinel->error.code, STAGE,
            "none of %zu sentinels tells where the master %.60s is; the last one: "
            "%s",
            sentinel->address->seed_count, sentinel->address->service,
            sentinel->error.message);
    sentinel->events->failed(sentinel->cookie, &err);
}

static void on_closed(void *cookie)
{
    struct wpb_sentinel *sentinel = cookie;

    if (--sentinel->open > 0 || !sentinel->is_closing)
        return;
    void (*closed)(void *) = sentinel->events->closed;
    cookie = sentinel->cookie;
    free(sentinel);
    closed(cookie);
}

/* This one tells nothing: ask it with another login, or the next. */
static void pass_on(struct wpb_sentinel *sentinel)
{
    struct wpb_conn *old = sentinel->conn;
    bool is_locked = sentinel->error.code == WPB_E_AUTH && !sentinel->seed.password[0] &&
                     sentinel->address->password[0];

    if (!is_locked)
        sentinel->at++;
    sentinel->has_borrowed = is_locked;
    if (open_next(sentinel) == 0)
        wpb_conn_close(old);
    else
        settle(sentinel); /* the owner closes */
}

static void on_failed(void *cookie, const struct wpb_err *err)
{
    struct wpb_sentinel *sentinel = cookie;

    /* Once it has answered, its connection is of no more use. */
    if (sentinel->is_settled || sentinel->is_closing)
        return;
    sentinel->error = *err;
    pass_on(sentinel);
}

int wpb_sentinel_read(const struct redisReply *reply, const char *service,
                      const char **host, uint16_t *port, struct wpb_err *err)
{
    char *end;

    if (reply->type == REDIS_REPLY_NIL)
        return wpb_err_set(err, WPB_E_NOT_FOUND, STAGE,
                           "it watches no master called %.100s", service);
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return wpb_reply_unexpected(err, "SENTINEL GET-MASTER-ADDR-BY-NAME", reply);
    struct wpb_slice name = wpb_reply_text(reply->element[0]);
    struct wpb_slice digits = wpb_reply_text(reply->element[1]);
    unsigned long number =
        digits.len && digits.len <= 5 ? strtoul(digits.data, &end, 10) : 0;
    if (!wpb_reply_is_host(name) || number == 0 || number > UINT16_MAX || *end)
        return wpb_err_set(err, WPB_E_PROTOCOL, STAGE,
                           "what it names as the master is no host and port");
    *host = name.data;
    *port = (uint16_t)number;
    return 0;
}

static void on_answer(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct wpb_sentinel *sentinel = cookie;
    const char *host;
    uint16_t port;
    (void)tag;

    if (wpb_sentinel_read(reply, sentinel->address->service, &host, &port,
                          &sentinel->error) != 0) {
        pass_on(sentinel);
        return;
    }
    sentinel->is_settled = true;
    sentinel->events->found(sentinel->cookie, host, port);
}

static void on_ready(void *cookie)
{
    struct wpb_sentinel *sentinel = cookie;
    const struct wpb_slice words[] = {WPB_SLICE("SENTINEL"),
                                      WPB_SLICE("GET-MASTER-ADDR-BY-NAME"),
                                      wpb_slice_cstr(sentinel->address->service)};
    struct wpb_buf command;

    wpb_buf_init(&command, 0);
    wpb_resp_command(&command, words, 3);
    wpb_conn_send(sentinel->conn, on_answer, 0, wpb_buf_view(&command));
    wpb_buf_fini(&command);
    wpb_conn_flush(sentinel->conn, 0);
}

/* Ask the one at hand; what cannot even be tried is passed over. -1 with the error of the
 * last when none is left. */
static int open_next(struct wpb_sentinel *sentinel)
{
    static const struct wpb_conn_events events = {on_ready, on_failed, on_closed};

    for (; sentinel->at < sentinel->address->seed_count; sentinel->at++) {
        sentinel->seed = sentinel->address->seeds[sentinel->at];
        if (sentinel->has_borrowed) {
            sentinel->seed.user = sentinel->address->user;
            sentinel->seed.password = sentinel->address->password;
        }
        struct wpb_conn *conn = wpb_conn_open(sentinel->loop, &sentinel->seed, &events,
                                              sentinel, sentinel->cost, &sentinel->error);
        if (conn) {
            sentinel->conn = conn;
            sentinel->open++;
            return 0;
        }
        sentinel->has_borrowed = false;
    }
    return -1;
}

struct wpb_sentinel *
wpb_sentinel_ask(struct uv_loop_s *loop, const struct wpb_redis_address *address,
                 size_t from, const struct wpb_sentinel_events *events, void *cookie,
                 struct wpb_cost *cost, struct wpb_err *err)
{
    struct wpb_sentinel *sentinel = calloc(1, sizeof *sentinel);

    if (!sentinel) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
        return NULL;
    }
    *sentinel = (struct wpb_sentinel){.loop = loop,
                                      .address = address,
                                      .events = events,
                                      .cookie = cookie,
                                      .cost = cost,
                                      .at = from};
    wpb_err_set(&sentinel->error, WPB_E_NOT_FOUND, STAGE, "none is left to ask");
    if (open_next(sentinel) == 0)
        return sentinel;
    *err = sentinel->error;
    free(sentinel);
    return NULL;
}

size_t wpb_sentinel_number(const struct wpb_sentinel *sentinel)
{
    return sentinel->at;
}

void wpb_sentinel_close(struct wpb_sentinel *sentinel)
{
    sentinel->is_closing = true;
    wpb_conn_close(sentinel->conn);
}
