/* When the agent looks, with probes made for the test; its clock runs 150 times as fast.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "agent/daemon/looks.h"

static const struct wpb_subject server = {WPB_SUBJECT_REDIS_SERVER, WPB_SLICE("scope"),
                                          WPB_SLICE(""), NULL};

static struct {
    bool is_persisting;
    size_t server_looks, passes;
    size_t server_looks_at_pass; /* how many there had been when the first pass began */
} world;

static void *start_server(struct wpb_run *run, struct wpb_err *err)
{
    (void)err;
    world.server_looks++;
    wpb_run_post(run, NULL, &server, WPB_M_PERSISTING,
                 wpb_value_integer(world.is_persisting), WPB_EXACT);
    wpb_run_step_in(run, 0);
    return run;
}

static void *start_pass(struct wpb_run *run, struct wpb_err *err)
{
    (void)err;
    if (world.passes++ == 0)
        world.server_looks_at_pass = world.server_looks;
    wpb_run_step_in(run, 0);
    return run;
}

static void end_look(void *state)
{
    wpb_run_end(state, WPB_COVERAGE_OK, "%s", "");
}

static const struct wpb_probe probe_server = {.name = "redis.server",
                                              .needs = "redis",
                                              .look = WPB_LOOK_SURVEY,
                                              .cost = WPB_COST_FREE,
                                              .deadline_ms = 60000,
                                              .start = start_server,
                                              .step = end_look,
                                              .cancel = end_look};
static const struct wpb_probe probe_pass = {.name = "redis.keyspace",
                                            .needs = "redis",
                                            .after = "redis.server",
                                            .look = WPB_LOOK_SURVEY,
                                            .cost = WPB_COST_MEDIUM,
                                            .deadline_ms = 60000,
                                            .start = start_pass,
                                            .step = end_look,
                                            .cancel = end_look};
static const struct wpb_probe *const probes[] = {&probe_server, &probe_pass, NULL};

static int find(const struct wpb_conf *config, struct wpb_arena *arena,
                struct wpb_found_sites *found, struct wpb_err *err)
{
    (void)config;
    (void)err;
    found->sites = wpb_arena_alloc(arena, sizeof(*found->sites));
    found->sites[found->count++] = (struct wpb_site){
        .name = "shop",
        .owner = "",
        .path = "/srv/shop",
        .has_redis = true,
        .redis = {.host = "h", .port = 6379, .path = "", .user = "", .password = ""}};
    return 0;
}

struct bench {
    uv_loop_t loop;
    struct wpb_fleet *fleet;
    struct wpb_looks *looks;
};

static void on_found(void *cookie, struct wpb_fleet *fleet, const struct wpb_err *err)
{
    struct bench *bench = cookie;

    (void)err;
    bench->fleet = fleet;
}

static void on_looked(void *cookie, const struct wpb_turn *turn, const size_t *sites)
{
    (void)cookie;
    (void)turn;
    (void)sites;
}

static void on_stopped(void *cookie)
{
    (void)cookie;
}

static void begin(struct bench *bench)
{
    struct wpb_conf_problems *problems = wpb_conf_problems_new();
    struct wpb_conf_share *share =
        wpb_conf_share_new(wpb_conf_of_bytes(wpb_slice_cstr(""), "test", problems));
    struct wpb_looks_options options = {
        .loop = &bench->loop, .probes = probes, .host = "host", .looked = on_looked};
    struct wpb_err err;

    wpb_conf_problems_free(problems);
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    assert_int_equal(
        wpb_fleet_search(&bench->loop, share, find, probes, on_found, bench, &err), 0);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_non_null(bench->fleet);
    wpb_conf_share_drop(share);
    wpb_fleet_succeed(bench->fleet, NULL, wpb_clock_now_ms());
    bench->looks = wpb_looks_new(&options);
    assert_non_null(bench->looks);
    assert_int_equal(wpb_looks_start(bench->looks, bench->fleet), 0);
}

static void end(struct bench *bench)
{
    wpb_looks_stop(bench->looks, on_stopped, NULL);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    wpb_looks_free(bench->looks);
    wpb_fleet_free(bench->fleet);
    assert_int_equal(uv_loop_close(&bench->loop), 0);
}

/* The first pass is due within five minutes of a start: within six looks at the server.
 */
static void a_server_that_has_forked_is_left_alone_until_it_is_done(void **state)
{
    struct bench bench = {.fleet = NULL};

    (void)state;
    world.is_persisting = true;
    world.server_looks = world.passes = 0;
    begin(&bench);
    while (world.server_looks < 9)
        uv_run(&bench.loop, UV_RUN_ONCE);
    assert_int_equal(world.passes, 0);
    world.is_persisting = false;
    while (world.passes == 0)
        uv_run(&bench.loop, UV_RUN_ONCE);
    assert_int_equal(world.server_looks_at_pass, 10);
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_has_forked_is_left_alone_until_it_is_done),
    };

    setenv("WPB_FAKE_TIME_MS", "1790000000000", 1);
    setenv("WPB_FAKE_TIME_RATE", "150", 1);
    return cmocka_run_group_tests_name("looks", tests, NULL, NULL);
}
