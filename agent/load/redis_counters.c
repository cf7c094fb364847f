#include "agent/load/redis_counters.h"

#include <stdlib.h>
#include <uv.h>

#include "probes/redis/conn.h"
#include "probes/redis/reply.h"

#define STAGE "redis"

struct wpb_load_redis {
    uv_loop_t loop;
    struct wpb_conn *conn;
    struct wpb_cost cost;
    bool is_ready, is_answered, is_failed, is_closed;
    struct wpb_load_counters *counters; /* while one is asked for */
    struct wpb_err err;
};

static void on_ready(void *cookie)
{
    struct wpb_load_redis *redis = cookie;

    redis->is_ready = true;
}

static void on_failed(void *cookie, const struct wpb_err *err)
{
    struct wpb_load_redis *redis = cookie;

    redis->is_failed = true;
    redis->err = *err;
}

static void on_closed(void *cookie)
{
    struct wpb_load_redis *redis = cookie;

    redis->is_closed = true;
}

static void on_info(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct wpb_load_redis *redis = cookie;

    (void)tag;
    redis->is_answered = true;
    if (wpb_reply_is_error(reply))
        wpb_reply_fail(&redis->err, "INFO", reply);
    else
        wpb_load_counters_of_info(redis->counters, wpb_reply_text(reply));
}

/* Until *IS_OVER, or there is nothing to wait for. */
static void wait_for(struct wpb_load_redis *redis, const bool *is_over)
{
    while (!*is_over && !redis->is_failed && uv_run(&redis->loop, UV_RUN_ONCE))
        continue;
}

void wpb_load_redis_close(struct wpb_load_redis *redis)
{
    if (!redis)
        return;
    if (redis->conn) {
        wpb_conn_close(redis->conn);
        while (!redis->is_closed && uv_run(&redis->loop, UV_RUN_ONCE))
            continue;
    }
    uv_run(&redis->loop, UV_RUN_DEFAULT);
    uv_loop_close(&redis->loop);
    free(redis);
}

struct wpb_load_redis *wpb_load_redis_open(const struct wpb_redis_address *address,
                                           struct wpb_err *err)
{
    static const struct wpb_conn_events events = {on_ready, on_failed, on_closed};
    struct wpb_load_redis *redis;

    if (address->is_cluster || address->is_sentinel || address->service) {
        wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                    "counters are read of one server: name the one that serves the site");
        return NULL;
    }
    redis = calloc(1, sizeof(*redis));
    if (!redis || uv_loop_init(&redis->loop)) {
        free(redis);
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
        return NULL;
    }
    redis->conn =
        wpb_conn_open(&redis->loop, address, &events, redis, &redis->cost, &redis->err);
    if (redis->conn)
        wait_for(redis, &redis->is_ready);
    if (redis->is_ready)
        return redis;
    *err = redis->err;
    wpb_load_redis_close(redis);
    return NULL;
}

int wpb_load_redis_read(struct wpb_load_redis *redis, struct wpb_load_counters *counters,
                        struct wpb_err *err)
{
    const struct wpb_slice words[] = {WPB_SLICE("INFO")};
    struct wpb_buf command;

    if (!redis->is_failed) {
        redis->err = (struct wpb_err){0};
        /* The loop has stood still since the last reading; deadlines begin now. */
        uv_update_time(&redis->loop);
        wpb_buf_init(&command, 0);
        wpb_resp_command(&command, words, 1);
        redis->is_answered = false;
        redis->counters = counters;
        wpb_conn_send(redis->conn, on_info, 0, wpb_buf_view(&command));
        wpb_conn_flush(redis->conn, 0);
        wait_for(redis, &redis->is_answered);
        wpb_buf_fini(&command);
    }
    if (!redis->is_failed && redis->is_answered && !redis->err.code)
        return 0;
    *err = redis->err;
    return -1;
}
