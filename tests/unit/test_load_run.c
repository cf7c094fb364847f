/* Requests and whole runs against a server that behaves well or badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/alert/host_id.h"
#include "agent/load/admit.h"
#include "agent/load/clients.h"
#include "agent/load/judge.h"
#include "agent/load/owner.h"
#include "agent/load/run.h"
#include "load_server.h"
#include "near.h"

struct stage {
    struct load_server server;
    struct wpb_arena *arena;
    struct wpb_load_plan plan;
    struct wpb_load_result *result;
    struct wpb_err err;
};

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    signal(SIGPIPE, SIG_IGN);
    stage->arena = wpb_arena_new();
    stage->result = calloc(1, sizeof(*stage->result));
    load_server_start(&stage->server, LOAD_SERVER_PAGE);
    stage->plan = (struct wpb_load_plan){.rates = {20},
                                         .step_count = 1,
                                         .step_s = 1,
                                         .arrivals = WPB_LOAD_CONSTANT,
                                         .seed = 1,
                                         .slo_s = 1,
                                         .timeout_ms = 10000,
                                         .stop = {.slow_us = 8000000, .queue = 64}};
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;

    load_server_stop(&stage->server);
    wpb_arena_free(stage->arena);
    free(stage->result);
    free(stage);
    return 0;
}

static void aim(struct stage *stage)
{
    struct wpb_load_target *target = &stage->plan.targets[0];
    const char *url =
        wpb_arena_printf(stage->arena, "http://127.0.0.1:%u/shop/", stage->server.port);

    assert_int_equal(wpb_load_target_parse(url, stage->arena, target, &stage->err), 0);
    assert_int_equal(wpb_load_target_resolve(target, NULL, stage->arena, &stage->err), 0);
    stage->plan.target_count = 1;
    wpb_load_plan_name(&stage->plan, "127.0.0.1");
}

static int admit_page(struct stage *stage, enum load_server_manner manner)
{
    stage->server.manner = manner;
    stage->err = (struct wpb_err){0};
    return wpb_load_admit_pages(&stage->plan, stage->arena, &stage->err);
}

static void on_begins(void *cookie, size_t step, double rate)
{
    (void)cookie;
    (void)step;
    (void)rate;
}

/* Run the plan; the pool named does not exist. */
static struct wpb_load_step *run(struct stage *stage)
{
    struct wpb_site nowhere = {.pool_status = "/nonexistent/wpbloat-pool.sock"};
    const struct wpb_load_sources sources = {.site = &nowhere};
    struct wpb_load_sensors *sensors = wpb_load_sensors_new(&sources, stage->arena);

    aim(stage);
    assert_non_null(sensors);
    assert_int_equal(
        wpb_load_run(&stage->plan, sensors, on_begins, NULL, stage->result, &stage->err),
        0);
    wpb_load_sensors_free(sensors);
    return &stage->result->steps[0];
}

/* ---- admission */

static void a_page_is_admitted_and_the_request_says_who_asks(void **state)
{
    struct stage *stage = *state;

    aim(stage);
    assert_int_equal(admit_page(stage, LOAD_SERVER_PAGE), 0);
    assert_non_null(strstr(stage->server.last, "GET /shop/ HTTP/1.1\r\n"));
    assert_non_null(strstr(stage->server.last,
                           "User-Agent: wpbloat-load/" WPB_VERSION " (+127.0.0.1)\r\n"));
    assert_null(strstr(stage->server.last, "Cookie"));
}

static void a_redirect_is_told_and_not_followed(void **state)
{
    struct stage *stage = *state;
    struct load_server other;

    load_server_start(&other, LOAD_SERVER_PAGE);
    stage->server.elsewhere = other.port;
    aim(stage);
    assert_int_equal(admit_page(stage, LOAD_SERVER_REDIRECT), -1);
    assert_int_equal(stage->err.code, WPB_E_ARGUMENT);
    assert_non_null(strstr(stage->err.message, "/there"));
    assert_int_equal(other.requests, 0);
    load_server_stop(&other);
}

static void pages_that_fail_alone_are_not_loaded(void **state)
{
    struct stage *stage = *state;

    aim(stage);
    assert_int_equal(admit_page(stage, LOAD_SERVER_ERROR), -1);
    assert_non_null(strstr(stage->err.message, "500"));
    assert_int_equal(admit_page(stage, LOAD_SERVER_MISSING), -1);
    assert_non_null(strstr(stage->err.message, "404"));
}

static void answers_that_would_do_harm_end(void **state)
{
    struct stage *stage = *state;

    stage->plan.timeout_ms = 2000;
    aim(stage);
    assert_int_equal(admit_page(stage, LOAD_SERVER_ENDLESS), -1);
    assert_int_equal(stage->err.code, WPB_E_BUDGET);
    assert_int_equal(admit_page(stage, LOAD_SERVER_HEADERS), -1);
    assert_int_equal(stage->err.code, WPB_E_BUDGET);
    assert_int_equal(admit_page(stage, LOAD_SERVER_LINE), -1);
    assert_int_equal(admit_page(stage, LOAD_SERVER_TRICKLE), -1);
    assert_int_equal(stage->err.code, WPB_E_TIMEOUT);
    assert_int_equal(admit_page(stage, LOAD_SERVER_SILENT), -1);
    assert_int_equal(stage->err.code, WPB_E_TIMEOUT);
    assert_int_equal(admit_page(stage, LOAD_SERVER_BINARY), -1);
    assert_int_equal(stage->err.code, WPB_E_PROTOCOL);
    assert_int_equal(admit_page(stage, LOAD_SERVER_HANGS_UP), -1);
    assert_int_equal(stage->err.code, WPB_E_CONNECT);
    assert_int_equal(admit_page(stage, LOAD_SERVER_CUT_SHORT), -1);
    assert_int_equal(stage->err.code, WPB_E_PROTOCOL);
}

static void no_socket_is_opened_to_another_address(void **state)
{
    struct stage *stage = *state;

    aim(stage);
    ((struct sockaddr_in *)&stage->plan.targets[0].addresses[0])->sin_port ^= 1;
    assert_int_equal(admit_page(stage, LOAD_SERVER_PAGE), -1);
    assert_int_equal(stage->err.code, WPB_E_CONNECT);
    assert_int_equal(stage->server.requests, 0);
}

static void a_host_that_nobody_says_he_owns_is_refused_unasked(void **state)
{
    const char *const others[] = {"shop.example"}, *const ours[] = {"127.0.0.1"};
    struct wpb_load_owned owned = {others, 1, NULL};
    struct stage *stage = *state;

    aim(stage);
    assert_int_equal(
        wpb_load_admit_owner(&stage->plan, &owned, stage->arena, &stage->err), -1);
    assert_int_equal(stage->err.code, WPB_E_DENIED);
    assert_non_null(strstr(stage->err.message, "--i-own-this-site 127.0.0.1"));
    owned.hosts = ours;
    assert_int_equal(
        wpb_load_admit_owner(&stage->plan, &owned, stage->arena, &stage->err), 0);
    assert_int_equal(stage->server.requests, 0);
}

static void a_site_proves_its_owner_by_a_file_and_by_nothing_else(void **state)
{
    const char *token = "00112233445566778899aabbccddeeff";
    struct stage *stage = *state;

    aim(stage);
    stage->server.text = "00112233445566778899aabbccddeeff\n";
    stage->server.manner = LOAD_SERVER_PROOF;
    assert_true(wpb_load_admit_proven(&stage->plan, &stage->plan.targets[0], token,
                                      stage->arena));
    assert_non_null(
        strstr(stage->server.last, "GET /.well-known/wpbloat-load.txt HTTP/1.1\r\n"));
    stage->server.text = "ffeeddccbbaa99887766554433221100\n";
    assert_false(wpb_load_admit_proven(&stage->plan, &stage->plan.targets[0], token,
                                       stage->arena));
    stage->server.manner = LOAD_SERVER_REDIRECT;
    assert_false(wpb_load_admit_proven(&stage->plan, &stage->plan.targets[0], token,
                                       stage->arena));
    stage->server.manner = LOAD_SERVER_ENDLESS;
    assert_false(wpb_load_admit_proven(&stage->plan, &stage->plan.targets[0], token,
                                       stage->arena));
}

static void one_load_at_a_time(void **state)
{
    struct stage *stage = *state;
    const char *place = wpb_arena_printf(stage->arena, "wpbloat-test-%d", (int)getpid());
    int first = wpb_load_admit_alone(place, &stage->err), second;

    assert_true(first >= 0);
    assert_int_equal(wpb_load_admit_alone(place, &stage->err), -1);
    assert_int_equal(stage->err.code, WPB_E_DENIED);
    close(first);
    second = wpb_load_admit_alone(place, &stage->err);
    assert_true(second >= 0);
    close(second);
}

/* ---- runs */

static void a_server_that_keeps_up_is_held_and_every_request_is_counted(void **state)
{
    struct stage *stage = *state;
    struct wpb_load_step *step = run(stage);

    assert_int_equal(stage->result->step_count, 1);
    assert_int_equal(step->stop, WPB_LOAD_NOT_STOPPED);
    assert_int_equal(step->offered, 19); /* at 50, 100, ... 950 ms */
    assert_int_equal(step->outcomes[WPB_LOAD_ANSWERED] + step->dropped, 19);
    assert_int_equal(stage->server.requests + step->dropped, 19);
    assert_int_equal(step->response.count, step->outcomes[WPB_LOAD_ANSWERED]);
    assert_int_equal(step->lag.count, 19);
    assert_near(step->lasted_s, 1, 1e-9);
    assert_true(isnan(step->use.workers_busy));
}

static void errors_stop_a_step_and_nothing_faster_is_tried(void **state)
{
    struct stage *stage = *state;
    struct wpb_load_step *step;

    stage->server.manner = LOAD_SERVER_ERROR;
    stage->plan.step_s = 20;
    stage->plan.rates[1] = 40;
    stage->plan.step_count = 2;
    step = run(stage);
    assert_int_equal(stage->result->step_count, 1);
    assert_int_equal(step->stop, WPB_LOAD_STOP_SERVER_ERRORS);
    assert_int_equal(wpb_load_verdict_of(step, 1), WPB_LOAD_STOPPED);
    assert_true(step->lasted_s < 20);
    assert_true(stage->server.requests < 20 * 20);
}

static void a_server_that_falls_silent_stops_a_step_by_those_still_in_flight(void **state)
{
    struct stage *stage = *state;
    struct wpb_load_step *step;

    stage->server.manner = LOAD_SERVER_SILENT;
    stage->plan.step_s = 20;
    stage->plan.stop.slow_us = 500000;
    step = run(stage);
    assert_int_equal(step->stop, WPB_LOAD_STOP_SLOW);
    assert_int_equal(step->outcomes[WPB_LOAD_ANSWERED], 0);
    assert_true(step->outcomes[WPB_LOAD_CUT_OFF] >= WPB_LOAD_WITNESSES);
    /* What they waited at least counts. */
    assert_int_equal(step->response.count, step->outcomes[WPB_LOAD_CUT_OFF]);
    assert_true(step->response.most_us >= 500000);
}

static void timeouts_and_lost_connections_are_failures(void **state)
{
    struct stage *stage = *state;
    struct wpb_load_step *step;

    stage->server.manner = LOAD_SERVER_SILENT;
    stage->plan.timeout_ms = 200;
    stage->plan.step_s = 20;
    step = run(stage);
    assert_int_equal(step->stop, WPB_LOAD_STOP_TIMEOUTS);
    stage->server.manner = LOAD_SERVER_HANGS_UP;
    step = run(stage);
    assert_int_equal(step->stop, WPB_LOAD_STOP_FAILURES);
    assert_true(step->outcomes[WPB_LOAD_NOT_CONNECTED] >= WPB_LOAD_WITNESSES);
}

static void a_warm_up_is_not_counted_unless_it_is_stopped(void **state)
{
    struct stage *stage = *state;

    stage->plan.warmup_s = 1;
    run(stage);
    assert_int_equal(stage->result->step_count, 1);
    assert_int_equal(stage->result->steps[0].offered, 19);
    assert_false(stage->result->is_stopped_warming);
    stage->server.manner = LOAD_SERVER_ERROR;
    run(stage);
    assert_int_equal(stage->result->step_count, 1);
    assert_true(stage->result->is_stopped_warming);
}

static void on_begins_interrupt(void *cookie, size_t step, double rate)
{
    (void)cookie;
    (void)rate;
    if (step == 1)
        raise(SIGINT);
}

static void an_interrupt_ends_the_step_and_keeps_what_was_seen(void **state)
{
    struct stage *stage = *state;
    struct wpb_site nowhere = {.pool_status = "/nonexistent/wpbloat-pool.sock"};
    const struct wpb_load_sources sources = {.site = &nowhere};
    struct wpb_load_sensors *sensors = wpb_load_sensors_new(&sources, stage->arena);

    stage->plan.step_s = 20;
    stage->plan.rates[1] = 40;
    stage->plan.step_count = 2;
    aim(stage);
    assert_int_equal(wpb_load_run(&stage->plan, sensors, on_begins_interrupt, NULL,
                                  stage->result, &stage->err),
                     0);
    wpb_load_sensors_free(sensors);
    assert_true(stage->result->is_interrupted);
    assert_int_equal(stage->result->step_count, 1);
    assert_int_equal(stage->result->steps[0].stop, WPB_LOAD_STOP_INTERRUPTED);
    assert_true(stage->result->steps[0].lasted_s < 20);
}

static void a_station_that_cannot_keep_up_is_found(void **state)
{
    struct stage *stage = *state;
    struct wpb_load_knee knee;

    stage->server.manner = LOAD_SERVER_STATION; /* 40 a second at most */
    stage->plan.rates[0] = 10;
    stage->plan.rates[1] = 120;
    stage->plan.step_count = 2;
    stage->plan.step_s = 3;
    run(stage);
    knee = wpb_load_knee_of(stage->result->steps, stage->result->step_count, 1);
    assert_non_null(knee.broken);
    assert_near(knee.high, 120, 0);
    /* No more than it can; how much less depends on the machine. */
    assert_true(wpb_load_step_achieved(knee.broken) <= 45);
}

static void more_than_may_be_in_flight_is_dropped_and_counted(void **state)
{
    struct stage *stage = *state;
    struct wpb_load_step *step;

    stage->server.manner = LOAD_SERVER_SILENT;
    stage->plan.rates[0] = 200;
    stage->plan.step_s = 20;
    step = run(stage);
    assert_int_equal(step->stop, WPB_LOAD_STOP_FULL);
    assert_true(step->dropped >= WPB_LOAD_WITNESSES);
    assert_true(step->outcomes[WPB_LOAD_CUT_OFF] <= WPB_LOAD_IN_FLIGHT_MAX);
    assert_int_equal(step->offered, step->dropped + step->outcomes[WPB_LOAD_CUT_OFF]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_is_admitted_and_the_request_says_who_asks),
        TEST(a_redirect_is_told_and_not_followed),
        TEST(pages_that_fail_alone_are_not_loaded),
        TEST(answers_that_would_do_harm_end),
        TEST(no_socket_is_opened_to_another_address),
        TEST(a_host_that_nobody_says_he_owns_is_refused_unasked),
        TEST(a_site_proves_its_owner_by_a_file_and_by_nothing_else),
        TEST(one_load_at_a_time),
        TEST(a_server_that_keeps_up_is_held_and_every_request_is_counted),
        TEST(errors_stop_a_step_and_nothing_faster_is_tried),
        TEST(a_server_that_falls_silent_stops_a_step_by_those_still_in_flight),
        TEST(timeouts_and_lost_connections_are_failures),
        TEST(a_warm_up_is_not_counted_unless_it_is_stopped),
        TEST(an_interrupt_ends_the_step_and_keeps_what_was_seen),
        TEST(a_station_that_cannot_keep_up_is_found),
        TEST(more_than_may_be_in_flight_is_dropped_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
