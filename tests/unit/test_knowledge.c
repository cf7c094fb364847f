/* What is known of a site from turn to turn, with probes made for the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/daemon/knowledge.h"

#define HOUR INT64_C(3600000)

static const struct wpb_subject server = {WPB_SUBJECT_REDIS_SERVER, WPB_SLICE("scope"),
                                          WPB_SLICE(""), NULL};
static const struct wpb_subject big = {WPB_SUBJECT_REDIS_KEY, WPB_SLICE("scope"),
                                       WPB_SLICE("p:options:alloptions"), NULL};
static const struct wpb_subject passing = {WPB_SUBJECT_REDIS_KEY, WPB_SLICE("scope"),
                                           WPB_SLICE("p:post_meta:5"), NULL};

/* What the probes of this test see, and how their look ends. */
static struct {
    int64_t big_bytes, passing_bytes; /* 0: not there */
    enum wpb_coverage_status pass;
    bool is_server_there;
    int examinations;
    const char *family;
    double writes; /* of the big key a second; 0: the glimpse does not meet it */
    enum wpb_coverage_status glimpse;
} world;

struct looker {
    struct wpb_run *run;
};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    struct looker *looker = calloc(1, sizeof(*looker));

    (void)err;
    looker->run = run;
    wpb_run_step_in(run, 0);
    return looker;
}

static void *start_server(struct wpb_run *run, struct wpb_err *err)
{
    if (world.is_server_there)
        return start(run, err);
    wpb_err_set(err, WPB_E_CONNECT, "redis", "connection refused");
    return NULL;
}

static void step_server(void *state)
{
    struct looker *looker = state;

    wpb_run_post(looker->run, NULL, &server, WPB_M_VERSION,
                 wpb_value_text(wpb_slice_cstr("7.0.15")), WPB_EXACT);
    wpb_run_end(looker->run, WPB_COVERAGE_OK, "%s", "");
}

static void post_key(struct wpb_run *run, const struct wpb_subject *key, int64_t bytes)
{
    if (bytes)
        wpb_run_post(run, NULL, key, WPB_M_MEMORY_BYTES, wpb_value_integer(bytes),
                     WPB_EXACT);
}

static void step_pass(void *state)
{
    struct looker *looker = state;

    post_key(looker->run, &big, world.big_bytes);
    post_key(looker->run, &passing, world.passing_bytes);
    wpb_run_end(looker->run, world.pass, "%s", "");
}

static void step_value(void *state)
{
    struct looker *looker = state;
    size_t count;
    const struct wpb_request *requests = wpb_run_requests(looker->run, &count);
    struct wpb_subject family = {WPB_SUBJECT_OPTION_FAMILY, WPB_SLICE("scope"),
                                 wpb_slice_cstr(world.family), NULL};

    for (size_t i = 0; i < count; i++) {
        world.examinations++;
        family.parent = requests[i].subject;
        wpb_run_post(looker->run, NULL, requests[i].subject, WPB_M_EXAMINED_BYTES,
                     wpb_value_count(10), WPB_EXACT);
        wpb_run_post(looker->run, NULL, &family, WPB_M_NAMES, wpb_value_count(7),
                     WPB_EXACT);
    }
    wpb_run_end(looker->run, WPB_COVERAGE_OK, "%s", "");
}

static void step_glimpse(void *state)
{
    struct looker *looker = state;

    if (world.writes > 0)
        wpb_run_post(looker->run, NULL, &big, WPB_M_WRITES_PER_SECOND,
                     wpb_value_double(world.writes), WPB_ESTIMATED);
    wpb_run_end(looker->run, world.glimpse, "%s", "");
}

static void cancel(void *state)
{
    struct looker *looker = state;

    wpb_run_end(looker->run, WPB_COVERAGE_PARTIAL, "cancelled");
}

static const struct wpb_probe server_probe = {.name = "redis.server",
                                              .needs = "redis",
                                              .look = WPB_LOOK_SURVEY,
                                              .deadline_ms = 5000,
                                              .start = start_server,
                                              .step = step_server,
                                              .cancel = cancel,
                                              .free = free};
static const struct wpb_probe pass_probe = {.name = "redis.keyspace",
                                            .needs = "redis",
                                            .look = WPB_LOOK_SURVEY,
                                            .deadline_ms = 5000,
                                            .start = start,
                                            .step = step_pass,
                                            .cancel = cancel,
                                            .free = free};
static const struct wpb_probe value_probe = {.name = "redis.value",
                                             .needs = "redis",
                                             .look = WPB_LOOK_EXAMINE,
                                             .examines = WPB_SUBJECT_REDIS_KEY,
                                             .deadline_ms = 5000,
                                             .start = start,
                                             .step = step_value,
                                             .cancel = cancel,
                                             .free = free};
static const struct wpb_probe glimpse_probe = {.name = "redis.churn",
                                               .needs = "redis",
                                               .look = WPB_LOOK_SURVEY,
                                               .is_glimpse = true,
                                               .deadline_ms = 5000,
                                               .start = start,
                                               .step = step_glimpse,
                                               .cancel = cancel,
                                               .free = free};
static const struct wpb_probe *const probes[] = {&server_probe, &pass_probe, &value_probe,
                                                 &glimpse_probe, NULL};

static const struct wpb_site site = {
    .name = "shop",
    .path = "",
    .has_redis = true,
    .redis =
        {.scheme = WPB_REDIS_UNIX, .host = "", .path = "/r", .user = "", .password = ""},
    .has_key_prefix = true,
    .key_prefix = "p:",
    .key_prefix_len = 2,
};

static void set_clock(int64_t now_ms)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)now_ms);
    setenv("WPB_FAKE_TIME_MS", text, 1);
}

static int begin(void **state)
{
    memset(&world, 0, sizeof(world));
    world.big_bytes = 4000000;
    world.passing_bytes = 900000;
    world.pass = world.glimpse = WPB_COVERAGE_OK;
    world.is_server_there = true;
    world.family = "kestrel_<hex>";
    set_clock(HOUR);
    *state = wpb_knowledge_new(&site, probes, HOUR);
    return *state ? 0 : -1;
}

static int end(void **state)
{
    wpb_knowledge_free(*state);
    unsetenv("WPB_FAKE_TIME_MS");
    return 0;
}

/* One turn of all probes at NOW_MS, and what it saw taken. */
static void look(struct wpb_knowledge *knowledge, int64_t now_ms)
{
    struct wpb_window *known = wpb_knowledge_for_turn(knowledge, now_ms);
    const struct wpb_window *windows[] = {known};
    struct wpb_turn_options options = {.probes = probes,
                                       .survey = true,
                                       .examine = true,
                                       .now_ms = now_ms,
                                       .limits = wpb_choice_defaults,
                                       .known = windows};
    struct wpb_turn *turn;
    struct wpb_err err = {0};

    set_clock(now_ms);
    turn = wpb_turn_new(&site, 1, &options);
    wpb_window_free(known);
    assert_int_equal(wpb_turn_run(turn, &err), 0);
    wpb_knowledge_take(knowledge, turn, 0, now_ms);
    wpb_turn_free(turn);
}

static int64_t memory_of(struct wpb_knowledge *knowledge, const struct wpb_subject *key)
{
    return wpb_window_integer(wpb_knowledge_window(knowledge), key, WPB_M_MEMORY_BYTES,
                              -1);
}

static int64_t names_of(struct wpb_knowledge *knowledge, const char *name)
{
    struct wpb_subject family = {WPB_SUBJECT_OPTION_FAMILY, WPB_SLICE("scope"),
                                 wpb_slice_cstr(name), &big};

    return wpb_window_integer(wpb_knowledge_window(knowledge), &family, WPB_M_NAMES, -1);
}

static void what_a_complete_pass_does_not_see_again_is_gone(void **state)
{
    struct wpb_knowledge *knowledge = *state;

    look(knowledge, HOUR);
    assert_int_equal(memory_of(knowledge, &passing), 900000);
    world.passing_bytes = 0;
    look(knowledge, 2 * HOUR);
    assert_int_equal(memory_of(knowledge, &passing), -1);
    assert_null(wpb_window_find(wpb_knowledge_window(knowledge), &passing));
    assert_int_equal(memory_of(knowledge, &big), 4000000);
}

static void what_a_part_of_a_pass_does_not_see_is_not_known_to_be_gone(void **state)
{
    struct wpb_knowledge *knowledge = *state;

    look(knowledge, HOUR);
    world.passing_bytes = 0;
    world.pass = WPB_COVERAGE_PARTIAL;
    look(knowledge, 2 * HOUR);
    assert_int_equal(memory_of(knowledge, &passing), 900000);
}

static void a_probe_that_cannot_look_leaves_what_it_said_and_is_not_fresh(void **state)
{
    struct wpb_knowledge *knowledge = *state;

    look(knowledge, HOUR);
    assert_true(wpb_knowledge_is_fresh(knowledge, "redis.server", HOUR, HOUR));
    assert_false(wpb_knowledge_is_fresh(knowledge, "redis.server", HOUR, 3 * HOUR));
    world.is_server_there = false;
    look(knowledge, 2 * HOUR);
    assert_int_equal(
        wpb_window_text(wpb_knowledge_window(knowledge), &server, WPB_M_VERSION).len, 6);
    assert_false(wpb_knowledge_is_fresh(knowledge, "redis.server", HOUR, 2 * HOUR));
    assert_true(wpb_knowledge_is_fresh(knowledge, "redis.keyspace", HOUR, 2 * HOUR));
    assert_false(wpb_knowledge_is_fresh(knowledge, "mysql.server", HOUR, 2 * HOUR));
}

static void
what_is_examined_is_examined_again_when_it_has_moved_and_an_hour_later(void **state)
{
    struct wpb_knowledge *knowledge = *state;

    world.passing_bytes = 0;
    look(knowledge, HOUR);
    assert_int_equal(world.examinations, 1);
    world.big_bytes = 4800000;
    look(knowledge, HOUR + HOUR / 2);
    assert_int_equal(world.examinations, 1);
    look(knowledge, 3 * HOUR);
    assert_int_equal(world.examinations, 2);
    look(knowledge, 5 * HOUR);
    assert_int_equal(world.examinations, 2);
    look(knowledge, 3 * HOUR + WPB_EXAMINED_AT_MOST_MS);
    assert_int_equal(world.examinations, 3);
}

static void a_new_examination_takes_the_place_of_all_the_old_one_said(void **state)
{
    struct wpb_knowledge *knowledge = *state;

    look(knowledge, HOUR);
    assert_int_equal(names_of(knowledge, "kestrel_<hex>"), 7);
    world.family = "lumen_<n>";
    world.big_bytes = 8000000;
    look(knowledge, 3 * HOUR);
    look(knowledge, 5 * HOUR);
    assert_int_equal(names_of(knowledge, "lumen_<n>"), 7);
    assert_int_equal(names_of(knowledge, "kestrel_<hex>"), -1);
}

static void a_key_that_a_pass_does_not_meet_takes_its_examination_along(void **state)
{
    struct wpb_knowledge *knowledge = *state;

    look(knowledge, HOUR);
    assert_int_equal(names_of(knowledge, "kestrel_<hex>"), 7);
    world.big_bytes = 0;
    look(knowledge, HOUR + HOUR / 2);
    assert_int_equal(names_of(knowledge, "kestrel_<hex>"), -1);
    assert_null(wpb_window_find(wpb_knowledge_window(knowledge), &big));
}

static void after_a_clock_that_was_set_back_all_is_learnt_anew(void **state)
{
    struct wpb_knowledge *knowledge = *state;

    look(knowledge, 10 * HOUR);
    wpb_knowledge_forget(knowledge, HOUR);
    assert_int_equal(memory_of(knowledge, &big), -1);
    assert_false(wpb_knowledge_is_fresh(knowledge, "redis.server", 100 * HOUR, HOUR));
    world.big_bytes = 5000000;
    look(knowledge, HOUR);
    assert_int_equal(memory_of(knowledge, &big), 5000000);
}

static double writes_of_big(struct wpb_knowledge *knowledge)
{
    const struct wpb_sample *sample =
        wpb_window_get(wpb_knowledge_window(knowledge), &big, WPB_M_WRITES_PER_SECOND);

    return sample ? sample->value.number : -1;
}

static void what_a_glimpse_does_not_meet_is_known_for_an_hour(void **state)
{
    struct wpb_knowledge *knowledge = *state;

    world.writes = 12;
    look(knowledge, HOUR);
    world.writes = 0;
    look(knowledge, HOUR + HOUR / 4);
    assert_true(writes_of_big(knowledge) == 12);
    look(knowledge, HOUR + 3 * HOUR / 4);
    assert_true(writes_of_big(knowledge) == 12);
    look(knowledge, 2 * HOUR);
    assert_true(writes_of_big(knowledge) == -1);
}

static void a_newer_glimpse_takes_the_place_of_the_older(void **state)
{
    struct wpb_knowledge *knowledge = *state;

    world.writes = 12;
    look(knowledge, HOUR);
    world.writes = 3;
    look(knowledge, HOUR + HOUR / 4);
    assert_true(writes_of_big(knowledge) == 3);
    world.writes = 0;
    look(knowledge, 2 * HOUR);
    assert_true(writes_of_big(knowledge) == 3);
}

/* Glimpses that are always cut short would keep it for ever. */
static void a_glimpse_that_was_cut_short_counts_as_one(void **state)
{
    struct wpb_knowledge *knowledge = *state;

    world.writes = 12;
    look(knowledge, HOUR);
    world.writes = 0;
    world.glimpse = WPB_COVERAGE_UNAVAILABLE;
    look(knowledge, 2 * HOUR);
    assert_true(writes_of_big(knowledge) == 12);
    world.glimpse = WPB_COVERAGE_PARTIAL;
    look(knowledge, 2 * HOUR + HOUR / 4);
    assert_true(writes_of_big(knowledge) == -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_complete_pass_does_not_see_again_is_gone),
        TEST(what_a_part_of_a_pass_does_not_see_is_not_known_to_be_gone),
        TEST(a_probe_that_cannot_look_leaves_what_it_said_and_is_not_fresh),
        TEST(what_is_examined_is_examined_again_when_it_has_moved_and_an_hour_later),
        TEST(a_new_examination_takes_the_place_of_all_the_old_one_said),
        TEST(a_key_that_a_pass_does_not_meet_takes_its_examination_along),
        TEST(what_a_glimpse_does_not_meet_is_known_for_an_hour),
        TEST(a_newer_glimpse_takes_the_place_of_the_older),
        TEST(a_glimpse_that_was_cut_short_counts_as_one),
        TEST(after_a_clock_that_was_set_back_all_is_learnt_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
