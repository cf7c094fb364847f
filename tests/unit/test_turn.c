/* One turn of the wheel, with probes made for the test on a real loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "agent/schedule/gate.h"
#include "agent/schedule/turn.h"

static const struct wpb_subject server = {WPB_SUBJECT_REDIS_SERVER, WPB_SLICE("scope"),
                                          WPB_SLICE(""), NULL};
static const struct wpb_subject key = {WPB_SUBJECT_REDIS_KEY, WPB_SLICE("scope"),
                                       WPB_SLICE("p:options:notoptions"), NULL};

/* What a probe of the test does, by its name. */
struct looker {
    struct wpb_run *run;
    int steps;
};

static void *start_looking(struct wpb_run *run, struct wpb_err *err)
{
    struct looker *looker = calloc(1, sizeof(*looker));

    (void)err;
    looker->run = run;
    wpb_run_step_in(run, 0);
    return looker;
}

static void end_partial(void *state)
{
    struct looker *looker = state;

    wpb_run_end(looker->run, WPB_COVERAGE_PARTIAL, "ended early");
}

static void *refuse_to_start(struct wpb_run *run, struct wpb_err *err)
{
    (void)run;
    wpb_err_set(err, WPB_E_CONNECT, "redis", "connection refused by %s", "scope");
    return NULL;
}

static void step_server(void *state)
{
    struct looker *looker = state;

    wpb_run_post(looker->run, NULL, &server, WPB_M_VERSION,
                 wpb_value_text(wpb_slice_cstr("7.0.15")), WPB_EXACT);
    wpb_run_progress(looker->run, 1, 1, NULL);
    wpb_run_end(looker->run, WPB_COVERAGE_OK, "%s", "");
}

static void step_keyspace(void *state)
{
    struct looker *looker = state;
    struct wpb_subject database = server;

    if (looker->steps++ < 3) {
        wpb_run_cost(looker->run)->commands++;
        wpb_run_step_in(looker->run, 1);
        return;
    }
    database.name = wpb_slice_cstr("db0");
    wpb_run_post(looker->run, NULL, &database, WPB_M_KEY_PREFIX,
                 wpb_value_text(wpb_slice_cstr("p:")), WPB_EXACT);
    wpb_run_post(looker->run, NULL, &database, WPB_M_FLAVOUR,
                 wpb_value_text(wpb_slice_cstr("litespeed-cache")), WPB_EXACT);
    wpb_run_post(looker->run, NULL, &database, WPB_M_MULTISITE, wpb_value_integer(1),
                 WPB_EXACT);
    wpb_run_post(looker->run, NULL, &database, WPB_M_SHAPE_VOTES,
                 wpb_value_text(wpb_slice_cstr("7 keys vote litespeed-cache")),
                 WPB_EXACT);
    wpb_run_post(looker->run, NULL, &key, WPB_M_KEY_ROLE,
                 wpb_value_text(wpb_slice_cstr("notoptions")), WPB_EXACT);
    wpb_run_post(looker->run, NULL, &key, WPB_M_MEMORY_BYTES, wpb_value_count(4000000),
                 WPB_EXACT);
    wpb_run_end(looker->run, WPB_COVERAGE_OK, "%s", "");
}

static void step_watchlist(void *state)
{
    struct looker *looker = state;
    size_t count;
    const struct wpb_site *site = wpb_run_sites(looker->run, &count)[0];

    if (!site->has_key_prefix) {
        wpb_run_end(looker->run, WPB_COVERAGE_SKIPPED, "the key prefix is not known");
        return;
    }
    wpb_run_post(looker->run, NULL, &key, WPB_M_VALUE_BYTES, wpb_value_count(3971911),
                 WPB_EXACT);
    wpb_run_end(looker->run, WPB_COVERAGE_OK, "%s", "");
}

static void step_value(void *state)
{
    struct looker *looker = state;
    size_t count;
    const struct wpb_request *requests = wpb_run_requests(looker->run, &count);
    struct wpb_subject family = {WPB_SUBJECT_OPTION_FAMILY, WPB_SLICE("scope"),
                                 WPB_SLICE("kestrel_<hex>"), NULL};

    for (size_t i = 0; i < count; i++) {
        family.parent = requests[i].subject;
        wpb_run_post(looker->run, NULL, requests[i].subject, WPB_M_EXAMINED_BYTES,
                     wpb_value_count(10), WPB_EXACT);
        wpb_run_post(looker->run, NULL, &family, WPB_M_NAMES, wpb_value_count(60000),
                     WPB_EXACT);
        wpb_run_post(looker->run, NULL, &family, WPB_M_SHARE_RATIO, wpb_value_double(0.9),
                     WPB_EXACT);
    }
    wpb_run_progress(looker->run, count, count, NULL);
    wpb_run_end(looker->run, WPB_COVERAGE_OK, "%s", "");
}

static void step_source(void *state)
{
    struct looker *looker = state;
    size_t count;
    const struct wpb_request *requests = wpb_run_requests(looker->run, &count);

    for (size_t i = 0; i < count; i++)
        wpb_run_post(looker->run, NULL, requests[i].subject, WPB_M_SOURCE_MATCHES,
                     wpb_value_count(1), WPB_EXACT);
    wpb_run_progress(looker->run, count, count, NULL);
    wpb_run_end(looker->run, WPB_COVERAGE_OK, "%s", "");
}

/* An examiner that learns nothing must not be asked again for ever. */
static void step_nothing(void *state)
{
    struct looker *looker = state;

    wpb_run_end(looker->run, WPB_COVERAGE_OK, "%s", "");
}

static void step_stall(void *state)
{
    (void)state; /* never ends by itself */
}

static void step_interrupt(void *state)
{
    (void)state;
    kill(getpid(), SIGINT);
}

static const struct wpb_probe probe_server = {.name = "t.server",
                                              .unit = "servers",
                                              .needs = "redis",
                                              .deadline_ms = 5000,
                                              .start = start_looking,
                                              .step = step_server,
                                              .cancel = end_partial,
                                              .free = free};
static const struct wpb_probe probe_keyspace = {.name = "t.keyspace",
                                                .unit = "keys",
                                                .needs = "redis",
                                                .after = "t.server",
                                                .deadline_ms = 5000,
                                                .start = start_looking,
                                                .step = step_keyspace,
                                                .cancel = end_partial,
                                                .free = free};
static const struct wpb_probe probe_watchlist = {.name = "t.watchlist",
                                                 .unit = "keys",
                                                 .needs = "redis",
                                                 .after = "t.server",
                                                 .deadline_ms = 5000,
                                                 .start = start_looking,
                                                 .step = step_watchlist,
                                                 .cancel = end_partial,
                                                 .free = free};
static const struct wpb_probe probe_value = {.name = "t.value",
                                             .unit = "values",
                                             .needs = "redis",
                                             .look = WPB_LOOK_EXAMINE,
                                             .examines = WPB_SUBJECT_REDIS_KEY,
                                             .deadline_ms = 5000,
                                             .start = start_looking,
                                             .step = step_value,
                                             .cancel = end_partial,
                                             .free = free};
static const struct wpb_probe probe_source = {.name = "t.source",
                                              .unit = "families",
                                              .needs = "files",
                                              .look = WPB_LOOK_EXAMINE,
                                              .examines = WPB_SUBJECT_OPTION_FAMILY,
                                              .deadline_ms = 5000,
                                              .start = start_looking,
                                              .step = step_source,
                                              .cancel = end_partial,
                                              .free = free};

static struct wpb_site site_of(const char *name)
{
    return (struct wpb_site){
        .name = name,
        .owner = "",
        .path = "/srv/x",
        .has_redis = true,
        .redis = {.host = "h", .port = 6379, .path = "", .user = "", .password = ""},
        .key_prefix = ""};
}

static struct wpb_turn *turned(const struct wpb_probe *const *probes,
                               const struct wpb_site *sites, size_t count)
{
    struct wpb_turn_options options = {.probes = probes,
                                       .top = 10,
                                       .survey = true,
                                       .examine = true,
                                       .limits = wpb_choice_defaults};
    struct wpb_turn *turn = wpb_turn_new(sites, count, &options);
    struct wpb_err err;

    assert_non_null(turn);
    assert_int_equal(wpb_turn_run(turn, &err), 0);
    return turn;
}

static const struct wpb_coverage *coverage_of(const struct wpb_turn *turn,
                                              const char *probe)
{
    size_t count;
    const struct wpb_coverage *coverage = wpb_turn_coverage(turn, &count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(coverage[i].probe, probe) == 0)
            return &coverage[i];
    }
    return NULL;
}

static void survey_leads_to_values_and_values_to_sources(void **state)
{
    const struct wpb_probe *const probes[] = {&probe_server, &probe_keyspace,
                                              &probe_value, &probe_source, NULL};
    struct wpb_site site = site_of("shop");
    struct wpb_turn *turn = turned(probes, &site, 1);
    struct wpb_window *window = wpb_turn_window(turn, 0);
    struct wpb_subject family = {WPB_SUBJECT_OPTION_FAMILY, WPB_SLICE("scope"),
                                 WPB_SLICE("kestrel_<hex>"), &key};

    (void)state;
    assert_int_equal(wpb_window_integer(window, &key, WPB_M_EXAMINED_BYTES, -1), 10);
    assert_int_equal(wpb_window_integer(window, &family, WPB_M_SOURCE_MATCHES, -1), 1);
    assert_int_equal(coverage_of(turn, "t.keyspace")->cost.commands, 3);
    assert_int_equal(coverage_of(turn, "t.source")->done, 1);
    wpb_turn_free(turn);
}

static void a_learnt_prefix_lets_the_skipped_probe_look(void **state)
{
    const struct wpb_probe *const probes[] = {&probe_server, &probe_keyspace,
                                              &probe_watchlist, NULL};
    struct wpb_site site = site_of("shop");
    struct wpb_turn *turn = turned(probes, &site, 1);

    (void)state;
    assert_string_equal(wpb_turn_site(turn, 0)->key_prefix, "p:");
    assert_int_equal(coverage_of(turn, "t.watchlist")->status, WPB_COVERAGE_OK);
    assert_int_equal(
        wpb_window_integer(wpb_turn_window(turn, 0), &key, WPB_M_VALUE_BYTES, -1),
        3971911);
    wpb_turn_free(turn);
}

static void an_unknown_drop_in_is_learnt_with_the_prefix(void **state)
{
    const struct wpb_probe *const probes[] = {&probe_server, &probe_keyspace, NULL};
    struct wpb_site sites[] = {site_of("unknown"), site_of("known")};
    struct wpb_turn *turn;

    (void)state;
    sites[1].flavour = WPB_FLAVOUR_WP_REDIS; /* its drop-in says so */
    turn = turned(probes, sites, 2);
    assert_int_equal(wpb_turn_site(turn, 0)->flavour, WPB_FLAVOUR_LITESPEED);
    assert_true(wpb_turn_site(turn, 0)->is_multisite);
    assert_string_equal(wpb_turn_site(turn, 0)->shape_votes,
                        "7 keys vote litespeed-cache");
    assert_int_equal(wpb_turn_site(turn, 1)->flavour, WPB_FLAVOUR_WP_REDIS);
    assert_false(wpb_turn_site(turn, 1)->is_multisite);
    assert_string_equal(wpb_turn_site(turn, 1)->key_prefix, "p:");
    wpb_turn_free(turn);
}

static void sites_of_one_database_share_a_run(void **state)
{
    const struct wpb_probe *const probes[] = {&probe_server, NULL};
    struct wpb_site sites[3] = {site_of("one"), site_of("two"), site_of("three")};
    struct wpb_turn *turn;
    size_t count;

    (void)state;
    sites[2].redis.database = 1;
    turn = turned(probes, sites, 3);
    wpb_turn_coverage(turn, &count);
    assert_int_equal(count, 2);
    assert_string_equal(coverage_of(turn, "t.server")->site, "one, two");
    for (size_t i = 0; i < 3; i++)
        assert_true(wpb_slice_is(
            wpb_window_text(wpb_turn_window(turn, i), &server, WPB_M_VERSION), "7.0.15"));
    wpb_turn_free(turn);
}

static void what_waited_for_an_unavailable_probe_is_skipped(void **state)
{
    struct wpb_probe refused = probe_server;
    const struct wpb_probe *const probes[] = {&refused, &probe_keyspace, NULL};
    struct wpb_site site = site_of("shop");
    struct wpb_turn *turn;

    (void)state;
    refused.start = refuse_to_start;
    turn = turned(probes, &site, 1);
    assert_int_equal(coverage_of(turn, "t.server")->status, WPB_COVERAGE_UNAVAILABLE);
    assert_string_equal(coverage_of(turn, "t.server")->reason,
                        "connection refused by scope");
    assert_int_equal(coverage_of(turn, "t.keyspace")->status, WPB_COVERAGE_SKIPPED);
    assert_string_equal(coverage_of(turn, "t.keyspace")->reason,
                        "t.server could not look");
    wpb_turn_free(turn);
}

static void a_stalled_probe_ends_at_its_deadline_and_the_rest_stands(void **state)
{
    struct wpb_probe stalled = probe_watchlist;
    const struct wpb_probe *const probes[] = {&probe_server, &stalled, NULL};
    struct wpb_site site = site_of("shop");
    struct wpb_turn *turn;

    (void)state;
    stalled.step = step_stall;
    stalled.deadline_ms = 20;
    turn = turned(probes, &site, 1);
    assert_int_equal(coverage_of(turn, "t.watchlist")->status, WPB_COVERAGE_PARTIAL);
    assert_int_equal(coverage_of(turn, "t.server")->status, WPB_COVERAGE_OK);
    wpb_turn_free(turn);
}

static void an_interrupt_ends_the_turn_with_what_was_seen(void **state)
{
    struct wpb_probe interrupter = probe_keyspace;
    const struct wpb_probe *const probes[] = {&probe_server, &interrupter, &probe_value,
                                              NULL};
    struct wpb_site site = site_of("shop");
    struct wpb_turn *turn;

    (void)state;
    interrupter.step = step_interrupt;
    turn = turned(probes, &site, 1);
    assert_true(wpb_turn_was_interrupted(turn));
    assert_int_equal(coverage_of(turn, "t.keyspace")->status, WPB_COVERAGE_PARTIAL);
    assert_null(coverage_of(turn, "t.value"));
    wpb_turn_free(turn);
}

static void an_examiner_that_learns_nothing_is_asked_once(void **state)
{
    struct wpb_probe blind = probe_value;
    const struct wpb_probe *const probes[] = {&probe_server, &probe_keyspace, &blind,
                                              NULL};
    struct wpb_site site = site_of("shop");
    struct wpb_turn *turn;

    (void)state;
    blind.step = step_nothing;
    turn = turned(probes, &site, 1);
    assert_int_equal(coverage_of(turn, "t.value")->status, WPB_COVERAGE_OK);
    wpb_turn_free(turn);
}

static void no_site_is_an_empty_turn(void **state)
{
    const struct wpb_probe *const probes[] = {&probe_server, NULL};
    struct wpb_turn *turn = turned(probes, NULL, 0);
    size_t count;

    (void)state;
    wpb_turn_coverage(turn, &count);
    assert_int_equal(count, 0);
    wpb_turn_free(turn);
}

static void what_is_asked_for_by_hand_is_examined_without_a_survey(void **state)
{
    const struct wpb_probe *const probes[] = {&probe_server, &probe_value, NULL};
    struct wpb_turn_options options = {
        .probes = probes, .top = 1, .examine = true, .limits = wpb_choice_defaults};
    struct wpb_site site = site_of("shop");
    struct wpb_turn *turn = wpb_turn_new(&site, 1, &options);
    struct wpb_request request = {.subject = &key, .why = "test", .byte_cap = 1};
    struct wpb_err err;

    (void)state;
    wpb_turn_ask(turn, 0, &request);
    assert_int_equal(wpb_turn_run(turn, &err), 0);
    assert_null(coverage_of(turn, "t.server"));
    assert_int_equal(
        wpb_window_integer(wpb_turn_window(turn, 0), &key, WPB_M_EXAMINED_BYTES, -1), 10);
    wpb_turn_free(turn);
}

/* ---- how many look into things at once */

static size_t inside, most_inside;

static void step_slow_value(void *state)
{
    struct looker *looker = state;

    if (looker->steps++ == 0) {
        inside++;
        most_inside = inside > most_inside ? inside : most_inside;
        wpb_run_step_in(looker->run, 2);
        return;
    }
    inside--;
    step_value(state);
}

/* Each site has a database of its own, with something to look into. */
static size_t examined_of(const struct wpb_turn *turn)
{
    size_t count = 0;

    for (size_t i = 0; i < wpb_turn_sites(turn); i++)
        count += wpb_window_integer(wpb_turn_window(turn, i), &key, WPB_M_EXAMINED_BYTES,
                                    0) == 10;
    return count;
}

static void examiners_wait_for_each_other_and_all_look(void **state)
{
    struct wpb_probe slow = probe_value;
    const struct wpb_probe *const probes[] = {&probe_server, &probe_keyspace, &slow,
                                              NULL};
    struct wpb_site sites[7];
    struct wpb_turn *turn;

    (void)state;
    slow.step = step_slow_value;
    for (size_t i = 0; i < 7; i++) {
        sites[i] = site_of("shop");
        sites[i].redis.database = (unsigned)i;
    }
    inside = most_inside = 0;
    turn = turned(probes, sites, 7);
    assert_int_equal(examined_of(turn), 7);
    assert_int_equal(most_inside, 4);
    wpb_turn_free(turn);
}

struct pair {
    struct wpb_turn *turns[2];
    size_t ended;
};

static void on_pair_ended(struct wpb_turn *turn, void *cookie)
{
    struct pair *pair = cookie;

    (void)turn;
    pair->ended++;
}

/* Starts both turns over COUNT sites each on one loop, behind a gate for one. */
static void start_pair(struct pair *pair, uv_loop_t *loop, const struct wpb_site *sites,
                       size_t count, const struct wpb_probe *const *probes,
                       struct wpb_gate *gate)
{
    struct wpb_turn_options options = {.probes = probes,
                                       .top = 10,
                                       .survey = true,
                                       .examine = true,
                                       .limits = wpb_choice_defaults,
                                       .gate = gate};

    uv_loop_init(loop);
    for (size_t i = 0; i < 2; i++) {
        pair->turns[i] = wpb_turn_new(sites, count, &options);
        assert_non_null(pair->turns[i]);
        wpb_turn_start(pair->turns[i], loop, NULL, on_pair_ended, pair);
    }
}

static void turns_that_share_a_gate_pass_it_one_by_one(void **state)
{
    struct wpb_probe slow = probe_value;
    const struct wpb_probe *const probes[] = {&probe_server, &probe_keyspace, &slow,
                                              NULL};
    struct wpb_site sites[2] = {site_of("one"), site_of("two")};
    struct wpb_gate gate = {.room = 1};
    struct pair pair = {.ended = 0};
    uv_loop_t loop;

    (void)state;
    slow.step = step_slow_value;
    sites[1].redis.database = 1;
    inside = most_inside = 0;
    start_pair(&pair, &loop, sites, 2, probes, &gate);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(pair.ended, 2);
    assert_int_equal(most_inside, 1);
    assert_int_equal(gate.room, 1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(examined_of(pair.turns[i]), 2);
        wpb_turn_free(pair.turns[i]);
    }
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* Its only examiner waits before a gate that nobody opens. */
static void a_turn_that_waits_can_be_ended(void **state)
{
    const struct wpb_probe *const probes[] = {&probe_server, &probe_keyspace,
                                              &probe_value, NULL};
    struct wpb_site site = site_of("shop");
    struct wpb_gate gate = {.room = 0};
    struct pair pair = {.ended = 0};
    uv_loop_t loop;

    (void)state;
    start_pair(&pair, &loop, &site, 1, probes, &gate);
    while (!(gate.first && gate.first->next))
        uv_run(&loop, UV_RUN_ONCE);
    wpb_turn_cancel(pair.turns[0]);
    wpb_gate_leave(&gate); /* of somebody else: the other turn passes */
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(pair.ended, 2);
    assert_int_equal(coverage_of(pair.turns[0], "t.value")->status, WPB_COVERAGE_SKIPPED);
    assert_int_equal(examined_of(pair.turns[0]), 0);
    assert_int_equal(examined_of(pair.turns[1]), 1);
    wpb_turn_free(pair.turns[0]);
    wpb_turn_free(pair.turns[1]);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survey_leads_to_values_and_values_to_sources),
        cmocka_unit_test(an_unknown_drop_in_is_learnt_with_the_prefix),
        cmocka_unit_test(a_learnt_prefix_lets_the_skipped_probe_look),
        cmocka_unit_test(sites_of_one_database_share_a_run),
        cmocka_unit_test(what_waited_for_an_unavailable_probe_is_skipped),
        cmocka_unit_test(a_stalled_probe_ends_at_its_deadline_and_the_rest_stands),
        cmocka_unit_test(an_interrupt_ends_the_turn_with_what_was_seen),
        cmocka_unit_test(an_examiner_that_learns_nothing_is_asked_once),
        cmocka_unit_test(no_site_is_an_empty_turn),
        cmocka_unit_test(what_is_asked_for_by_hand_is_examined_without_a_survey),
        cmocka_unit_test(examiners_wait_for_each_other_and_all_look),
        cmocka_unit_test(turns_that_share_a_gate_pass_it_one_by_one),
        cmocka_unit_test(a_turn_that_waits_can_be_ended),
    };
    return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
