#include "agent/alert/curl_loop.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

struct wpb_curl_loop {
    uv_loop_t *loop;
    CURLM *multi;             /* NULL: nothing has run for a while */
    uv_timer_t timeout, idle; /* libcurl's; ours */
    uint64_t idle_ms;
    size_t running;
    size_t handles; /* of the loop, not closed yet */
    void (*closed)(void *cookie);
    void *closed_cookie;
};

/* A socket of libcurl's that the loop polls. */
struct watch {
    uv_poll_t poll;
    struct wpb_curl_loop *curl;
    curl_socket_t socket;
};

/* ---- what is over */

/* Tell of each transfer that has ended. Nothing of CURL is touched after the last one is
 * told, which may close it. */
static void tell_ended(struct wpb_curl_loop *curl)
{
    CURLM *multi = curl->multi;
    CURLMsg *message;
    int left;

    while (!curl->closed && curl->multi == multi &&
           (message = curl_multi_info_read(multi, &left))) {
        struct wpb_curl_transfer *transfer = NULL;
        CURLcode result = message->data.result;
        CURL *easy = message->easy_handle;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
        curl_multi_remove_handle(multi, easy);
        if (--curl->running == 0)
            uv_timer_again(&curl->idle);
        transfer->done(transfer, result);
    }
}

static void act(struct wpb_curl_loop *curl, curl_socket_t socket, int events)
{
    int running;

    curl_multi_socket_action(curl->multi, socket, events, &running);
    tell_ended(curl);
}

/* ---- what libcurl asks for */

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;

    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(watch->curl, watch->socket, flags);
}

static void on_timeout(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* One handle of the loop less; after the last, CURL is gone. */
static void count_down(struct wpb_curl_loop *curl)
{
    void (*closed)(void *) = curl->closed;
    void *cookie = curl->closed_cookie;

    if (--curl->handles)
        return;
    free(curl);
    closed(cookie);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    struct wpb_curl_loop *curl = watch->curl;

    free(watch);
    count_down(curl);
}

static struct watch *watch_new(struct wpb_curl_loop *curl, curl_socket_t socket)
{
    struct watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    if (uv_poll_init_socket(curl->loop, &watch->poll, socket)) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    watch->curl = curl;
    watch->socket = socket;
    curl->handles++;
    return watch;
}

/* A socket that cannot be watched is not an error here: its transfer runs into its
 * timeout. */
static int on_socket(CURL *easy, curl_socket_t socket, int action, void *cookie,
                     void *assigned)
{
    struct wpb_curl_loop *curl = cookie;
    struct watch *watch = assigned;
    int events = 0;

    (void)easy;
    if (action == CURL_POLL_REMOVE) {
        if (watch) {
            curl_multi_assign(curl->multi, socket, NULL);
            uv_poll_stop(&watch->poll);
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        return 0;
    }
    if (!watch) {
        watch = watch_new(curl, socket);
        if (!watch)
            return 0;
        curl_multi_assign(curl->multi, socket, watch);
    }
    if (action & CURL_POLL_IN)
        events |= UV_READABLE;
    if (action & CURL_POLL_OUT)
        events |= UV_WRITABLE;
    uv_poll_start(&watch->poll, events, on_ready);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *cookie)
{
    struct wpb_curl_loop *curl = cookie;

    (void)multi;
    if (timeout_ms < 0) {
        uv_timer_stop(&curl->timeout);
        return 0;
    }
    uv_update_time(curl->loop);
    uv_timer_start(&curl->timeout, on_timeout, (uint64_t)timeout_ms, 0);
    return 0;
}

/* ---- life */

/* Closes the connections that are kept. */
static void drop_multi(struct wpb_curl_loop *curl)
{
    CURLM *multi = curl->multi;

    if (multi)
        curl_multi_cleanup(multi);
    curl->multi = NULL;
    uv_timer_stop(&curl->timeout);
    uv_timer_stop(&curl->idle);
}

static void on_idle(uv_timer_t *timer)
{
    struct wpb_curl_loop *curl = timer->data;

    if (curl->running == 0)
        drop_multi(curl);
}

struct wpb_curl_loop *wpb_curl_loop_new(uv_loop_t *loop, uint64_t idle_ms)
{
    struct wpb_curl_loop *curl = calloc(1, sizeof(*curl));

    if (!curl)
        return NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
        free(curl);
        return NULL;
    }
    curl->loop = loop;
    curl->idle_ms = idle_ms;
    uv_timer_init(loop, &curl->timeout);
    uv_timer_init(loop, &curl->idle);
    curl->timeout.data = curl;
    curl->idle.data = curl;
    curl->handles = 2;
    return curl;
}

static void on_timer_closed(uv_handle_t *handle)
{
    count_down(handle->data);
}

void wpb_curl_loop_close(struct wpb_curl_loop *curl, void (*closed)(void *cookie),
                         void *cookie)
{
    assert(curl->running == 0 && !curl->closed);
    curl->closed = closed;
    curl->closed_cookie = cookie;
    drop_multi(curl);
    curl_global_cleanup();
    uv_close((uv_handle_t *)&curl->timeout, on_timer_closed);
    uv_close((uv_handle_t *)&curl->idle, on_timer_closed);
}

static int make_multi(struct wpb_curl_loop *curl)
{
    if (curl->multi)
        return 0;
    curl->multi = curl_multi_init();
    if (!curl->multi)
        return -1;
    curl_multi_setopt(curl->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(curl->multi, CURLMOPT_SOCKETDATA, curl);
    curl_multi_setopt(curl->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(curl->multi, CURLMOPT_TIMERDATA, curl);
    uv_timer_start(&curl->idle, on_idle, curl->idle_ms, curl->idle_ms);
    return 0;
}

int wpb_curl_loop_start(struct wpb_curl_loop *curl, struct wpb_curl_transfer *transfer)
{
    if (make_multi(curl))
        return -1;
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    /* Nothing happens here but that libcurl asks for its timer. */
    if (curl_multi_add_handle(curl->multi, transfer->easy))
        return -1;
    curl->running++;
    return 0;
}

void wpb_curl_loop_cancel(struct wpb_curl_loop *curl, struct wpb_curl_transfer *transfer)
{
    curl_multi_remove_handle(curl->multi, transfer->easy);
    curl->running--;
}
