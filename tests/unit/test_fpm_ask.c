/* PHP-FPM asked for its status: a real one, saturated, and servers that misbehave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "fpm_server.h"
#include "probes/requests/fastcgi.h"
#include "probes/requests/fpm_ask.h"
#include "probes/requests/fpm_pools.h"
#include "probes/requests/fpm_status_since.h"

#define CLIENTS 12

struct stage {
    struct fpm_server server;
    struct wpb_arena *arena;
    uv_loop_t loop;
    struct wpb_listen_address listen, status_listen;
    struct wpb_fpm_question question;
    struct wpb_cost cost;
    /* of the last ask */
    struct wpb_fpm_reply reply;
    int replies;
};

static void parse(struct stage *stage, const char *text,
                  struct wpb_listen_address *address)
{
    assert_int_equal(wpb_listen_address_parse(text, "/", stage->arena, address, NULL), 0);
}

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);

    assert_non_null(stage);
    stage->arena = wpb_arena_new();
    assert_non_null(stage->arena);
    assert_int_equal(uv_loop_init(&stage->loop), 0);
    stage->question = (struct wpb_fpm_question){.pool = "www",
                                                .listen = &stage->listen,
                                                .status_listen = &stage->status_listen,
                                                .status_path = "/fpm-status"};
    *state = stage;
    return 0;
}

static int set_up_fpm(void **state)
{
    set_up(state);
    struct stage *stage = *state;
    fpm_server_start(&stage->server);
    parse(stage, stage->server.socket, &stage->listen);
    parse(stage, stage->server.status_socket, &stage->status_listen);
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;

    if (stage->server.pid)
        fpm_server_stop(&stage->server);
    /* an ask has left nothing behind */
    assert_int_equal(uv_loop_close(&stage->loop), 0);
    wpb_arena_free(stage->arena);
    free(stage);
    return 0;
}

static void on_reply(void *cookie, const struct wpb_fpm_reply *reply)
{
    struct stage *stage = cookie;
    stage->reply = *reply;
    stage->replies++;
}

static struct wpb_fpm_ask *begin(struct stage *stage)
{
    struct wpb_err err;
    struct wpb_fpm_ask *ask;

    stage->replies = 0;
    ask = wpb_fpm_ask(&stage->loop, &stage->question, stage->arena, &stage->cost,
                      on_reply, stage, &err);
    if (!ask)
        fail_msg("%s", err.message);
    return ask;
}

static enum wpb_fpm_outcome ask(struct stage *stage)
{
    begin(stage);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_int_equal(stage->replies, 1);
    return stage->reply.outcome;
}

static void expect_answer(struct stage *stage)
{
    if (ask(stage) != WPB_FPM_ANSWERED)
        fail_msg("%s", stage->reply.err.message);
}

/* ---- a real one ---- */

/* Ask until IDLE workers are idle and none is busy: one that is forked, or has answered,
 * takes a moment to say so. */
static void settle(struct stage *stage, uint32_t idle)
{
    for (int i = 0; i < 3000; i++) {
        expect_answer(stage);
        if (stage->reply.status.active == 0 && stage->reply.status.idle == idle)
            return;
        usleep(10000);
    }
    fail_msg("the pool does not come to rest");
}

static void an_idle_pool_answers_over_either_socket(void **state)
{
    struct stage *stage = *state;
    struct wpb_fpm_counters before;

    settle(stage, FPM_SERVER_WORKERS);
    assert_true(stage->reply.is_by_status_listen);
    assert_true(wpb_slice_is(stage->reply.status.pool, "www"));
    assert_true(wpb_slice_is(stage->reply.status.manager, "static"));
    assert_true(stage->reply.status.is_counted);
    assert_false(stage->reply.status.is_miscounting);
    assert_int_equal(stage->reply.status.process_count, FPM_SERVER_WORKERS);
    before = stage->reply.status.counters;
    assert_int_equal(before.accepted, 0);

    stage->question.status_listen = NULL;
    expect_answer(stage);
    assert_false(stage->reply.is_by_status_listen);
    assert_int_equal(stage->reply.status.active, 0);
    assert_int_equal(stage->reply.status.process_count, FPM_SERVER_WORKERS - 1);
    struct wpb_fpm_advance advance =
        wpb_fpm_status_since(&before, &stage->reply.status.counters, 1);
    assert_int_equal(advance.since, WPB_FPM_ADVANCED);
    assert_int_equal(advance.accepted, 0); /* nobody's but ours */
    assert_int_equal(stage->reply.status.counters.accepted, 1);
}

static void a_pool_on_tcp_answers_too(void **state)
{
    struct stage *stage = *state;
    char text[32];

    snprintf(text, sizeof text, "127.0.0.1:%u", stage->server.port);
    parse(stage, text, &stage->listen);
    stage->question.status_listen = NULL;
    stage->question.pool = "tcp";
    settle(stage, 1); /* the other one answers */
    assert_true(wpb_slice_is(stage->reply.status.pool, "tcp"));

    /* whose socket is another pool's learns it */
    stage->question.pool = "www";
    assert_int_equal(ask(stage), WPB_FPM_NOT_STATUS);
    assert_non_null(strstr(stage->reply.err.message, "another pool's"));
}

static void a_wrong_status_path_executes_nothing(void **state)
{
    struct stage *stage = *state;
    char path[160];

    /* even that of a script: it would wait for its release */
    snprintf(path, sizeof path, "%s/hold.php", stage->server.folder);
    stage->question.status_listen = NULL;
    stage->question.status_path = path;
    assert_int_equal(ask(stage), WPB_FPM_NOT_STATUS);
    assert_int_equal(stage->reply.err.code, WPB_E_NOT_FOUND);
    assert_non_null(strstr(stage->reply.err.message, "set pm.status_path"));
}

static struct wpb_accept_queue queue_of(struct stage *stage)
{
    struct wpb_accept_look looks[1] = {{.address = &stage->listen}};
    struct wpb_err err;

    if (wpb_accept_queues_read(looks, 1, &err) != 0)
        fail_msg("%s", err.message);
    return looks[0].queue;
}

/* Each of CLIENTS has asked for a script that does not end; returns when the workers have
 * taken theirs. */
static struct wpb_accept_queue saturate(struct stage *stage, int clients[CLIENTS])
{
    struct wpb_accept_queue queue = {0};

    for (int i = 0; i < CLIENTS; i++)
        clients[i] = fpm_server_hold(&stage->server, stage->server.socket);
    for (int i = 0; i < 3000 && queue.in_service < FPM_SERVER_WORKERS; i++) {
        usleep(10000);
        queue = queue_of(stage);
    }
    return queue;
}

static void a_saturated_pool_is_seen_from_outside(void **state)
{
    struct stage *stage = *state;
    int clients[CLIENTS];

    settle(stage, FPM_SERVER_WORKERS);
    struct wpb_accept_queue queue = saturate(stage, clients);

    assert_int_equal(queue.in_service, FPM_SERVER_WORKERS);
    assert_int_equal(queue.pending, CLIENTS - FPM_SERVER_WORKERS);
    assert_int_equal(queue.backlog, 64);

    /* a listener of its own answers; who has accepted may still read what is asked */
    for (int i = 0; i < 3000; i++) {
        expect_answer(stage);
        if (stage->reply.status.processes[0].state == WPB_FPM_RUNNING)
            break;
        usleep(10000);
    }
    assert_int_equal(stage->reply.status.active, FPM_SERVER_WORKERS);
    assert_int_equal(stage->reply.status.idle, 0);
    assert_int_equal(stage->reply.status.listen_queue, 0); /* as it always says */
    assert_int_equal(stage->reply.status.processes[0].state, WPB_FPM_RUNNING);
    assert_true(
        wpb_slice_is(stage->reply.status.processes[0].uri, "/hold.php?who=\"me\""));

    /* who knows the queue does not join it */
    stage->question.status_listen = NULL;
    stage->question.queue = &queue;
    stage->question.workers = FPM_SERVER_WORKERS;
    assert_int_equal(ask(stage), WPB_FPM_SATURATED);
    assert_false(stage->reply.is_left_behind);
    assert_non_null(strstr(stage->reply.err.message, "workers are all taken"));
    stage->question.workers = 0;
    assert_int_equal(ask(stage), WPB_FPM_SATURATED);
    assert_int_equal(queue_of(stage).pending, CLIENTS - FPM_SERVER_WORKERS);

    /* who does not know it gives up in time, and leaves a request behind */
    stage->question.queue = NULL;
    assert_int_equal(ask(stage), WPB_FPM_SATURATED);
    assert_true(stage->reply.is_left_behind);
    assert_int_equal(stage->reply.err.code, WPB_E_TIMEOUT);
    assert_non_null(strstr(stage->reply.err.message, "pm.status_listen"));
    assert_int_equal(queue_of(stage).pending, CLIENTS - FPM_SERVER_WORKERS + 1);

    fpm_server_release(&stage->server);
    for (int i = 0; i < CLIENTS; i++)
        fpm_server_finish(clients[i]);
    /* theirs, and the one left behind, which is answered to nobody */
    stage->question.status_listen = &stage->status_listen;
    for (int i = 0; i < 3000 && queue_of(stage).pending; i++)
        usleep(10000);
    settle(stage, FPM_SERVER_WORKERS);
    assert_int_equal(stage->reply.status.counters.accepted, CLIENTS + 1);
}

static void a_free_worker_is_asked_though_others_are_taken(void **state)
{
    struct stage *stage = *state;
    struct wpb_accept_queue queue = {0};

    settle(stage, FPM_SERVER_WORKERS);
    int client = fpm_server_hold(&stage->server, stage->server.socket);
    for (int i = 0; i < 3000 && queue.in_service < 1; i++) {
        usleep(10000);
        queue = queue_of(stage);
    }
    assert_int_equal(queue.in_service, 1);
    stage->question.status_listen = NULL;
    stage->question.queue = &queue;
    stage->question.workers = FPM_SERVER_WORKERS;
    expect_answer(stage);
    assert_int_equal(stage->reply.status.active, 1);
    fpm_server_release(&stage->server);
    fpm_server_finish(client);
}

static void a_running_fpm_is_found_by_its_processes(void **state)
{
    struct stage *stage = *state;
    struct wpb_fpm_pools *pools = calloc(1, sizeof *pools);
    const struct wpb_fpm_pool *www = NULL;

    assert_non_null(pools);
    settle(stage, FPM_SERVER_WORKERS); /* and www_status has a worker as well */
    wpb_fpm_pools_read("", "/proc", stage->arena, pools);
    for (size_t i = 0; i < pools->count; i++) {
        if (strcmp(pools->items[i].config, stage->server.config) != 0)
            continue;
        assert_int_not_equal(strcmp(pools->items[i].name, "www_status"), 0);
        if (strcmp(pools->items[i].name, "www") == 0)
            www = &pools->items[i];
    }
    assert_non_null(www);
    assert_int_equal(www->masters, 1);
    assert_int_equal(www->workers, FPM_SERVER_WORKERS);
    assert_int_equal(www->max_children, FPM_SERVER_WORKERS);
    assert_int_equal(www->manager, WPB_FPM_STATIC);
    assert_string_equal(www->listen.path, stage->server.socket);
    assert_string_equal(www->status_listen.path, stage->server.status_socket);
    assert_int_equal(www->slow_timeout_s, 300);
    free(pools);
}

/* ---- others ---- */

/* Answers one connection on a unix socket with BYTES, then closes it or waits. */
struct peer {
    char folder[64], path[96];
    int listener;
    pthread_t thread;
    struct wpb_buf bytes;
    bool is_closing;
};

static void *serve(void *cookie)
{
    struct peer *peer = cookie;
    char request[4096];
    int fd = accept(peer->listener, NULL, NULL);
    ssize_t sent = 0;

    if (fd < 0 || read(fd, request, sizeof request) <= 0)
        goto out;
    for (size_t at = 0; at < peer->bytes.len && sent >= 0; at += (size_t)sent)
        sent = send(fd, peer->bytes.data + at, peer->bytes.len - at, MSG_NOSIGNAL);
    while (!peer->is_closing && read(fd, request, sizeof request) > 0)
        ;
out:
    close(fd);
    return NULL;
}

static void add_record(struct wpb_buf *bytes, int type, const char *content, size_t len)
{
    const unsigned char header[8] = {
        1, (unsigned char)type, 0, 1, (unsigned char)(len >> 8), (unsigned char)len, 0,
        0};
    wpb_buf_add(bytes, header, sizeof header);
    wpb_buf_add(bytes, content, len);
}

static void add_page(struct wpb_buf *bytes, const char *page)
{
    add_record(bytes, 6, page, strlen(page));
    add_record(bytes, 3, "\0\0\0\0\0\0\0\0", 8);
}

static void listen_as(struct peer *peer, struct stage *stage)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    strcpy(peer->folder, "/tmp/wpbloat-test-XXXXXX");
    assert_non_null(mkdtemp(peer->folder));
    snprintf(peer->path, sizeof peer->path, "%s/peer.sock", peer->folder);
    memcpy(at.sun_path, peer->path, strlen(peer->path));
    peer->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(peer->listener >= 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(peer->listener, 0), 0);
    parse(stage, peer->path, &stage->listen);
    stage->question.status_listen = NULL;
    wpb_buf_init(&peer->bytes, 0);
}

static void forget(struct peer *peer)
{
    close(peer->listener);
    unlink(peer->path);
    rmdir(peer->folder);
    wpb_buf_fini(&peer->bytes);
}

static enum wpb_fpm_outcome ask_peer(struct stage *stage, struct peer *peer)
{
    assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
    enum wpb_fpm_outcome outcome = ask(stage);
    pthread_join(peer->thread, NULL);
    return outcome;
}

static void an_answer_that_is_no_status_says_what_it_is(void **state)
{
    static const struct {
        const char *page, *words;
    } cases[] = {
        {"Content-Type: text/html\r\n\r\n<html>hello</html>", "an HTML page came"},
        {"Content-Type: application/json\r\n\r\n{\"pool\":\"www\"}", "not believed"},
        {"Content-Type: application/json\r\n\r\n{\"pool\":\"www\",\"accepted conn\":1,"
         "\"idle processes\":1,\"active processes\":1,\"total processes\":9}",
         "not believed"},
        {"Content-Type: application/json\r\n\r\npool: www", "no JSON"},
        {"Status: 500 Oh\r\n\r\n", "status 500"},
    };
    struct stage *stage = *state;
    struct peer peer = {.is_closing = true};

    listen_as(&peer, stage);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wpb_buf_clear(&peer.bytes);
        add_page(&peer.bytes, cases[i].page);
        assert_int_equal(ask_peer(stage, &peer), WPB_FPM_NOT_STATUS);
        assert_non_null(strstr(stage->reply.err.message, cases[i].words));
    }
    forget(&peer);
}

static void an_endless_answer_is_cut(void **state)
{
    struct stage *stage = *state;
    struct peer peer = {.is_closing = false};
    char content[60000];

    listen_as(&peer, stage);
    memset(content, 'x', sizeof content);
    for (int i = 0; i < 20; i++)
        add_record(&peer.bytes, 6, content, sizeof content);
    assert_int_equal(ask_peer(stage, &peer), WPB_FPM_NOT_STATUS);
    assert_int_equal(stage->reply.err.code, WPB_E_BUDGET);
    assert_true(stage->cost.bytes_received < 2 * WPB_FPM_STATUS_MAX);
    forget(&peer);
}

static void an_http_server_is_not_fpm(void **state)
{
    struct stage *stage = *state;
    struct peer peer = {.is_closing = true};

    listen_as(&peer, stage);
    wpb_buf_text(&peer.bytes, "HTTP/1.1 400 Bad Request\r\n\r\n");
    assert_int_equal(ask_peer(stage, &peer), WPB_FPM_NOT_STATUS);
    assert_non_null(strstr(stage->reply.err.message, "no FastCGI"));
    forget(&peer);
}

static void a_connection_that_is_closed_is_told(void **state)
{
    struct stage *stage = *state;
    struct peer peer = {.is_closing = true};

    listen_as(&peer, stage);
    assert_int_equal(ask_peer(stage, &peer), WPB_FPM_NOT_STATUS);
    assert_int_equal(stage->reply.err.code, WPB_E_CLOSED);
    assert_non_null(strstr(stage->reply.err.message, "without an answer"));
    add_record(&peer.bytes, 6, "Content-Type: x\r\n", 17);
    assert_int_equal(ask_peer(stage, &peer), WPB_FPM_NOT_STATUS);
    assert_int_equal(stage->reply.err.code, WPB_E_CLOSED);
    assert_non_null(strstr(stage->reply.err.message, "in the middle"));
    forget(&peer);
}

static void a_server_that_hangs_is_left(void **state)
{
    struct stage *stage = *state;
    struct peer peer = {.is_closing = false};

    /* within its answer */
    listen_as(&peer, stage);
    add_record(&peer.bytes, 6, "Content-Type: x\r\n", 17);
    assert_int_equal(ask_peer(stage, &peer), WPB_FPM_SILENT);
    assert_non_null(strstr(stage->reply.err.message, "does not end its answer"));
    /* without one, on a listener of its own: that does not wait behind work */
    wpb_buf_clear(&peer.bytes);
    parse(stage, peer.path, &stage->status_listen);
    stage->question.status_listen = &stage->status_listen;
    assert_int_equal(ask_peer(stage, &peer), WPB_FPM_SILENT);
    assert_false(stage->reply.is_left_behind);
    assert_non_null(strstr(stage->reply.err.message, "does not answer"));
    forget(&peer);
}

/* A process that was stopped, or kept busy, beyond the deadline finds the answer. */
static void an_answer_that_came_in_time_is_taken_late(void **state)
{
    struct stage *stage = *state;
    struct peer peer = {.is_closing = true};

    listen_as(&peer, stage);
    add_page(&peer.bytes, "Content-Type: application/json\r\n\r\n{\"pool\":\"www\","
                          "\"accepted conn\":1,\"idle processes\":1,"
                          "\"active processes\":1,\"total processes\":2}");
    assert_int_equal(pthread_create(&peer.thread, NULL, serve, &peer), 0);
    begin(stage);
    for (int i = 0; i < 3; i++)
        uv_run(&stage->loop, UV_RUN_NOWAIT); /* connected, and asked */
    pthread_join(peer.thread, NULL);
    usleep((WPB_FPM_ANSWER_MS + 200) * 1000);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_int_equal(stage->replies, 1);
    assert_int_equal(stage->reply.outcome, WPB_FPM_ANSWERED);
    forget(&peer);
}

static void a_full_accept_queue_is_saturation(void **state)
{
    struct stage *stage = *state;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct peer peer = {.is_closing = true};

    listen_as(&peer, stage);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(to.sun_path, peer.path, strlen(peer.path));
    assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(ask(stage), WPB_FPM_SATURATED);
    assert_non_null(strstr(stage->reply.err.message, "accept queue is full"));
    assert_false(stage->reply.is_left_behind);
    close(client);
    forget(&peer);
}

static void where_nobody_listens_nothing_is_reached(void **state)
{
    struct stage *stage = *state;
    struct peer peer = {.is_closing = true};

    listen_as(&peer, stage);
    forget(&peer);
    assert_int_equal(ask(stage), WPB_FPM_UNREACHABLE);
    assert_int_equal(stage->reply.err.code, WPB_E_CONNECT);
    parse(stage, "127.0.0.1:1", &stage->listen);
    assert_int_equal(ask(stage), WPB_FPM_UNREACHABLE);
    assert_int_equal(stage->reply.err.code, WPB_E_CONNECT);
}

static void what_cannot_be_asked_says_which_line_to_add(void **state)
{
    struct stage *stage = *state;
    struct wpb_err err;

    stage->question.status_path = "";
    assert_null(wpb_fpm_ask(&stage->loop, &stage->question, stage->arena, &stage->cost,
                            on_reply, stage, &err));
    assert_int_equal(err.code, WPB_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "pm.status_path = /fpm-status"));
    stage->question.status_path = "/fpm-status";
    stage->question.status_listen = NULL;
    assert_null(wpb_fpm_ask(&stage->loop, &stage->question, stage->arena, &stage->cost,
                            on_reply, stage, &err));
    assert_non_null(strstr(err.message, "where pool www listens"));
    assert_int_equal(stage->replies, 0);
}

static void an_ask_can_be_cancelled_at_any_time(void **state)
{
    struct stage *stage = *state;
    struct peer peer = {.is_closing = true};

    listen_as(&peer, stage);
    fcntl(peer.listener, F_SETFL, O_NONBLOCK);
    for (int turns = 0; turns < 4; turns++) {
        struct wpb_fpm_ask *asked = begin(stage);
        for (int i = 0; i < turns; i++)
            uv_run(&stage->loop, UV_RUN_NOWAIT);
        assert_int_equal(stage->replies, 0);
        wpb_fpm_ask_cancel(asked);
        wpb_fpm_ask_cancel(asked);
        assert_int_equal(stage->replies, 0); /* not from within the call */
        uv_run(&stage->loop, UV_RUN_DEFAULT);
        assert_int_equal(stage->replies, 1);
        assert_int_equal(stage->reply.outcome, WPB_FPM_CANCELLED);
        int left = accept(peer.listener, NULL, NULL); /* room for the next */
        if (left >= 0)
            close(left);
    }
    forget(&peer);
}

static void an_ask_leaves_no_descriptor(void **state)
{
    struct stage *stage = *state;

    expect_answer(stage);
    int before = fcntl(0, F_DUPFD_CLOEXEC, 0);
    close(before);
    for (int i = 0; i < 20; i++)
        expect_answer(stage);
    int after = fcntl(0, F_DUPFD_CLOEXEC, 0);
    close(after);
    assert_int_equal(after, before);
}

#define WITH_FPM(name) cmocka_unit_test_setup_teardown(name, set_up_fpm, tear_down)
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FPM(an_idle_pool_answers_over_either_socket),
        WITH_FPM(a_pool_on_tcp_answers_too),
        WITH_FPM(a_wrong_status_path_executes_nothing),
        WITH_FPM(a_saturated_pool_is_seen_from_outside),
        WITH_FPM(a_free_worker_is_asked_though_others_are_taken),
        WITH_FPM(a_running_fpm_is_found_by_its_processes),
        WITH_FPM(an_ask_leaves_no_descriptor),
        TEST(an_answer_that_is_no_status_says_what_it_is),
        TEST(an_endless_answer_is_cut),
        TEST(an_http_server_is_not_fpm),
        TEST(a_connection_that_is_closed_is_told),
        TEST(a_server_that_hangs_is_left),
        TEST(an_answer_that_came_in_time_is_taken_late),
        TEST(a_full_accept_queue_is_saturation),
        TEST(where_nobody_listens_nothing_is_reached),
        TEST(what_cannot_be_asked_says_which_line_to_add),
        TEST(an_ask_can_be_cancelled_at_any_time),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
