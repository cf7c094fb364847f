/* A pool's workers and queue: the watch of a quarter of an hour, and a real PHP-FPM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "agent/schedule/keepsakes.h"
#include "agent/schedule/turn.h"
#include "agent/schedule/worker.h"
#include "fpm_server.h"
#include "probes/requests/pool_watch.h"
#include "probes/requests/probes.h"

#define MINUTE UINT64_C(60000)

/* ---- the watch ---- */

static void a_quarter_of_an_hour_is_watched(void **state)
{
    struct wpb_pool_watch watch = {0};
    uint64_t looks, full;

    (void)state;
    for (uint64_t minute = 100; minute < 130; minute++) {
        for (int i = 0; i < 3; i++)
            wpb_pool_watch_add(&watch, minute * MINUTE + 1, minute >= 120);
    }
    wpb_pool_watch_read(&watch, 129 * MINUTE, &looks, &full);
    assert_int_equal(looks, 45);
    assert_int_equal(full, 30);
    wpb_pool_watch_read(&watch, 143 * MINUTE, &looks, &full);
    assert_int_equal(looks, 3);
    wpb_pool_watch_read(&watch, 1000000 * MINUTE, &looks, &full);
    assert_int_equal(looks, 0);
    assert_int_equal(full, 0);
}

static void full_is_when_all_that_there_may_be_are_busy(void **state)
{
    struct wpb_accept_queue queue = {.has_in_service = true, .in_service = 4};

    (void)state;
    assert_true(wpb_pool_watch_is_full(&queue, 4));
    assert_false(wpb_pool_watch_is_full(&queue, 5));
    queue.pending = 1; /* of a pool that will start another */
    assert_false(wpb_pool_watch_is_full(&queue, 5));
    assert_true(wpb_pool_watch_is_full(&queue, 0));
    queue.has_in_service = false;
    assert_true(wpb_pool_watch_is_full(&queue, 5));
}

/* ---- a real one ---- */

struct stage {
    struct fpm_server server;
    struct wpb_site site;
    struct wpb_keepsakes *keepsakes;
    struct wpb_turn *turn; /* the last look */
    const struct wpb_coverage *coverage;
};

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);

    assert_non_null(stage);
    fpm_server_start(&stage->server);
    stage->site = (struct wpb_site){.name = "shop",
                                    .path = "",
                                    .pool_name = "www",
                                    .pool_file = stage->server.config,
                                    .pool_reason = ""};
    stage->keepsakes = wpb_keepsakes_new();
    *state = stage;
    return stage->keepsakes ? 0 : -1;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;

    wpb_turn_free(stage->turn);
    wpb_keepsakes_free(stage->keepsakes);
    fpm_server_stop(&stage->server);
    free(stage);
    return 0;
}

static void begin_look(struct stage *stage)
{
    static const struct wpb_probe *const probes[] = {&wpb_probe_requests_pool, NULL};
    const struct wpb_turn_options options = {.probes = probes,
                                             .budget = WPB_BUDGET_LOW,
                                             .survey = true,
                                             .now_ms = 1790000000000,
                                             .keepsakes = stage->keepsakes};

    wpb_turn_free(stage->turn);
    stage->turn = wpb_turn_new(&stage->site, 1, &options);
    assert_non_null(stage->turn);
}

static void end_look(struct stage *stage)
{
    size_t count;

    stage->coverage = wpb_turn_coverage(stage->turn, &count);
    assert_int_equal(count, 1);
}

static void look(struct stage *stage)
{
    struct wpb_err err = {0};

    begin_look(stage);
    assert_int_equal(wpb_turn_run(stage->turn, &err), 0);
    end_look(stage);
}

static void was(const struct stage *stage, enum wpb_coverage_status status,
                const char *words)
{
    if (stage->coverage->status != status || !strstr(stage->coverage->reason, words))
        fail_msg("%s: %s", wpb_coverage_status_name(stage->coverage->status),
                 stage->coverage->reason);
}

static const struct wpb_subject *pool_of(const struct stage *stage)
{
    size_t cursor = 0;

    return wpb_window_next(wpb_turn_window(stage->turn, 0), WPB_SUBJECT_POOL, NULL,
                           &cursor);
}

static int64_t integer(const struct stage *stage, enum wpb_metric metric)
{
    const struct wpb_subject *pool = pool_of(stage);

    assert_non_null(pool);
    return wpb_window_integer(wpb_turn_window(stage->turn, 0), pool, metric, -1);
}

static void an_idle_pool_is_told(void **state)
{
    struct stage *stage = *state;
    const struct wpb_subject *pool;

    look(stage);
    was(stage, WPB_COVERAGE_OK, "");
    pool = pool_of(stage);
    assert_true(wpb_slice_is(pool->name, "www"));
    assert_true(wpb_slice_is(pool->scope, stage->server.config));
    assert_int_equal(integer(stage, WPB_M_MAX_CHILDREN), FPM_SERVER_WORKERS);
    assert_true(wpb_slice_is(
        wpb_window_text(wpb_turn_window(stage->turn, 0), pool, WPB_M_POOL_MANAGER),
        "static"));
    assert_int_equal(integer(stage, WPB_M_WORKERS_BUSY), 0);
    assert_int_equal(integer(stage, WPB_M_WORKERS_IDLE), FPM_SERVER_WORKERS);
    assert_int_equal(integer(stage, WPB_M_ACCEPT_QUEUE), 0);
    assert_int_equal(integer(stage, WPB_M_ACCEPT_BACKLOG), 64);
    assert_int_equal(integer(stage, WPB_M_ACCEPTED), 0);
    assert_int_equal(integer(stage, WPB_M_SLOW_REQUESTS), 0);
    assert_int_equal(integer(stage, WPB_M_CHILDREN_REACHED), 0);
    assert_int_equal(integer(stage, WPB_M_POOL_LOOKS), 3);
    assert_int_equal(integer(stage, WPB_M_FULL_LOOKS), 0);
}

static void a_full_pool_and_its_queue_are_told(void **state)
{
    struct stage *stage = *state;
    int held[FPM_SERVER_WORKERS + 2];

    for (int i = 0; i < FPM_SERVER_WORKERS + 2; i++)
        held[i] = fpm_server_hold(&stage->server, stage->server.socket);
    do { /* until all workers have taken one */
        look(stage);
    } while (integer(stage, WPB_M_WORKERS_BUSY) < FPM_SERVER_WORKERS);
    look(stage);
    was(stage, WPB_COVERAGE_OK, ""); /* the page has a listener of its own */
    assert_int_equal(integer(stage, WPB_M_WORKERS_BUSY), FPM_SERVER_WORKERS);
    assert_int_equal(integer(stage, WPB_M_WORKERS_IDLE), 0);
    assert_int_equal(integer(stage, WPB_M_ACCEPT_QUEUE), 2);
    assert_int_equal(integer(stage, WPB_M_ACCEPTED), FPM_SERVER_WORKERS);
    assert_true(integer(stage, WPB_M_FULL_LOOKS) >= 3);
    fpm_server_release(&stage->server);
    for (int i = 0; i < FPM_SERVER_WORKERS + 2; i++)
        fpm_server_finish(held[i]);
    look(stage);
    assert_int_equal(integer(stage, WPB_M_ACCEPTED), FPM_SERVER_WORKERS + 2);
    assert_int_equal(integer(stage, WPB_M_ACCEPT_QUEUE), 0);
}

static int connect_tcp(const struct stage *stage)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(stage->server.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Pool "tcp" tells its status over the socket of its work. */
static void our_own_questions_are_taken_off(void **state)
{
    struct stage *stage = *state;

    stage->site.pool_name = "tcp";
    for (int i = 0; i < 3; i++) {
        look(stage);
        was(stage, WPB_COVERAGE_OK, "");
        assert_int_equal(integer(stage, WPB_M_ACCEPTED), 0);
        assert_int_equal(integer(stage, WPB_M_WORKERS_IDLE), 2);
    }
    assert_int_equal(integer(stage, WPB_M_POOL_LOOKS), 9);
}

static void a_full_pool_is_not_asked_over_its_own_socket(void **state)
{
    struct stage *stage = *state;
    int held[3]; /* who is connected and says nothing has a worker all the same */

    stage->site.pool_name = "tcp";
    for (int i = 0; i < 3; i++)
        held[i] = connect_tcp(stage);
    do {
        look(stage);
    } while (integer(stage, WPB_M_WORKERS_BUSY) < 2);
    look(stage);
    was(stage, WPB_COVERAGE_PARTIAL, "pm.status_listen");
    assert_int_equal(integer(stage, WPB_M_WORKERS_BUSY), 2);
    assert_int_equal(integer(stage, WPB_M_WORKERS_IDLE), 0);
    assert_int_equal(integer(stage, WPB_M_ACCEPT_QUEUE), 1);
    assert_true(integer(stage, WPB_M_FULL_LOOKS) >= 3);
    assert_int_equal(integer(stage, WPB_M_ACCEPTED), -1);
    for (int i = 0; i < 3; i++)
        close(held[i]);
}

static void a_pool_without_a_status_page_is_told_the_line_for_it(void **state)
{
    struct stage *stage = *state;
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/other.conf", stage->server.folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "[other]\nlisten = %s\npm = ondemand\npm.max_children = 9\n",
            stage->server.socket);
    fclose(file);
    stage->site.pool_name = "other";
    stage->site.pool_file = path;
    look(stage);
    unlink(path);
    was(stage, WPB_COVERAGE_PARTIAL, "pm.status_path");
    assert_int_equal(integer(stage, WPB_M_MAX_CHILDREN), 9);
    assert_int_equal(integer(stage, WPB_M_WORKERS_BUSY), 0);
    assert_int_equal(integer(stage, WPB_M_ACCEPT_QUEUE), 0);
}

static void a_pool_that_does_not_run_is_told_by_its_file_alone(void **state)
{
    struct stage *stage = *state;

    kill(stage->server.pid, SIGTERM);
    waitpid(stage->server.pid, NULL, 0);
    stage->server.pid = 0;
    look(stage);
    was(stage, WPB_COVERAGE_PARTIAL, stage->server.socket);
    assert_int_equal(stage->coverage->done, 0);
    assert_int_equal(integer(stage, WPB_M_MAX_CHILDREN), FPM_SERVER_WORKERS);
    assert_int_equal(integer(stage, WPB_M_ACCEPT_QUEUE), -1);
    assert_int_equal(integer(stage, WPB_M_POOL_LOOKS), -1);
}

static void a_pool_that_nobody_knows_is_unavailable(void **state)
{
    struct stage *stage = *state;

    stage->site.pool_name = "nobody";
    look(stage);
    was(stage, WPB_COVERAGE_UNAVAILABLE, "nobody");
    assert_null(pool_of(stage));
}

static void ignore_end(struct wpb_turn *turn, void *cookie)
{
    (void)turn;
    (void)cookie;
}

static void it_ends_when_it_is_told_to(void **state)
{
    struct stage *stage = *state;

    for (int turns = 0; turns < 40; turns++) {
        uv_loop_t loop;
        struct wpb_worker *worker;

        begin_look(stage);
        assert_int_equal(uv_loop_init(&loop), 0);
        worker = wpb_worker_new(&loop);
        wpb_turn_start(stage->turn, &loop, worker, ignore_end, NULL);
        for (int i = 0; i < turns; i++) /* somewhere on its way */
            uv_run(&loop, UV_RUN_ONCE);
        wpb_turn_cancel(stage->turn);
        uv_run(&loop, UV_RUN_DEFAULT);
        wpb_worker_close(worker);
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&loop), 0);
        end_look(stage);
    }
    look(stage);
    was(stage, WPB_COVERAGE_OK, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quarter_of_an_hour_is_watched),
        cmocka_unit_test(full_is_when_all_that_there_may_be_are_busy),
        TEST(an_idle_pool_is_told),
        TEST(a_full_pool_and_its_queue_are_told),
        TEST(our_own_questions_are_taken_off),
        TEST(a_full_pool_is_not_asked_over_its_own_socket),
        TEST(a_pool_without_a_status_page_is_told_the_line_for_it),
        TEST(a_pool_that_does_not_run_is_told_by_its_file_alone),
        TEST(a_pool_that_nobody_knows_is_unavailable),
        TEST(it_ends_when_it_is_told_to),
    };

    signal(SIGPIPE, SIG_IGN); /* as the program does: fpm_ask.h asks for it */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
