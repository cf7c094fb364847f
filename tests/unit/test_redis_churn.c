/* Write churn as a real server tells it, while somebody writes. No test depends on how
 * much is written in a window, but that it is more than three times. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/redis/probes.h"
#include "redis_peer.h"
#include "redis_run.h"
#include "redis_server.h"

#define PREFIX "q7:prod_kx:"
#define ALLOPTIONS PREFIX "options:alloptions"
#define VALUE_BYTES 100000

/* Somebody else's client: acts again and again, or once when tracking has begun. */
struct actor {
    const char *socket;
    void (*act)(struct actor *actor, redisContext *client);
    bool acts_once;
    uint32_t database;
    atomic_bool is_over;
    long writes; /* by act() */
    pthread_t thread;
};

static void run_command(redisContext *client, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(client, format, args);
    va_end(args);
    if (reply)
        freeReplyObject(reply);
}

static bool is_tracking(redisContext *client)
{
    redisReply *reply = redisCommand(client, "INFO clients");
    bool is_on = reply && strstr(reply->str, "tracking_clients:1");
    if (reply)
        freeReplyObject(reply);
    return is_on;
}

static void *play(void *cookie)
{
    struct actor *actor = cookie;
    redisContext *client = redisConnectUnix(actor->socket);

    run_command(client, "SELECT %u", actor->database);
    while (!atomic_load(&actor->is_over)) {
        if (!actor->acts_once || is_tracking(client))
            actor->act(actor, client);
        if (actor->acts_once && actor->writes)
            break;
        usleep(1000);
    }
    redisFree(client);
    return NULL;
}

static void actor_start(struct actor *actor, const struct redis_server *server)
{
    actor->socket = server->socket;
    assert_int_equal(pthread_create(&actor->thread, NULL, play, actor), 0);
}

static void actor_stop(struct actor *actor)
{
    atomic_store(&actor->is_over, true);
    pthread_join(actor->thread, NULL);
}

static int setup(void **state)
{
    struct redis_server *server = malloc(sizeof *server);
    redis_server_start(server, NULL, 0);
    *state = server;
    return 0;
}

static int teardown(void **state)
{
    redis_server_stop(*state);
    free(*state);
    return 0;
}

static struct wpb_site site_of(const struct redis_server *server, const char *prefix)
{
    struct wpb_site site = redis_server_site(server, 0);
    site.flavour = WPB_FLAVOUR_REDIS_CACHE;
    site.has_key_prefix = prefix != NULL;
    site.key_prefix = prefix ? prefix : "";
    site.key_prefix_len = strlen(site.key_prefix);
    return site;
}

/* Look at SITE while ACTOR, if any, acts. */
static void look_once(struct test_run *run, const struct redis_server *server,
                      const struct wpb_site *site, struct actor *actor)
{
    struct test_plan plan = {
        .probe = &wpb_probe_redis_churn, .sites = &site, .site_count = 1};

    if (actor) {
        actor->writes = 0;
        atomic_store(&actor->is_over, false);
        actor_start(actor, server);
    }
    test_run_go(run, &plan);
    if (actor)
        actor_stop(actor);
}

/* The same, again while the machine is so busy that Redis is left alone. */
static void look(struct test_run *run, const struct redis_server *server,
                 const struct wpb_site *site, struct actor *actor)
{
    for (int i = 0; i < 10; i++) {
        look_once(run, server, site, actor);
        if (!strstr(run->reason, "stopped: Redis"))
            return;
        test_run_free(run);
    }
    fail_msg("this machine is too busy");
}

static void expect(const struct test_run *run, enum wpb_coverage_status status,
                   const char *words)
{
    if (!strstr(run->reason, words))
        fail_msg("\"%s\" does not say \"%s\"", run->reason, words);
    if (run->status != status)
        fail_msg("status %d: %s", (int)run->status, run->reason);
}

static double rate(const struct test_run *run, enum wpb_subject_kind kind,
                   const char *name, enum wpb_metric metric)
{
    const struct test_sample *sample = test_run_find(run, kind, name, metric);
    if (!sample)
        fail_msg("no rate of \"%s\"; run: %s", name, run->reason);
    assert_int_equal(sample->value.type, WPB_VALUE_DOUBLE);
    assert_int_equal(sample->provenance, WPB_ESTIMATED);
    return sample->value.number;
}

static bool is_told(const struct test_run *run, enum wpb_subject_kind kind,
                    const char *name)
{
    return test_run_find(run, kind, name, WPB_M_WRITES_PER_SECOND) != NULL;
}

/* The window is 0.4 s and never less, so that a rate times it is at most what came. */
#define WINDOW 0.4

static void rewrite_alloptions(struct actor *actor, redisContext *client)
{
    static char value[VALUE_BYTES];
    memset(value, 'x', sizeof value);
    run_command(client, "SET " ALLOPTIONS " %b", value, sizeof value);
    run_command(client, "SET q7:other:options:alloptions v");
    actor->writes++;
}

static void a_rewritten_key_is_told_with_writes_and_bytes(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = rewrite_alloptions};
    struct test_run run;

    look(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_OK, "");
    double writes =
        rate(&run, WPB_SUBJECT_REDIS_KEY, ALLOPTIONS, WPB_M_WRITES_PER_SECOND);
    double bytes =
        rate(&run, WPB_SUBJECT_REDIS_KEY, ALLOPTIONS, WPB_M_WRITTEN_BYTES_PER_SECOND);
    assert_true(writes > 3 && writes * WINDOW <= (double)actor.writes);
    assert_true(bytes <= writes * VALUE_BYTES);
    assert_true(bytes >= writes * VALUE_BYTES * 0.7);
    assert_true(bytes <= rate(&run, WPB_SUBJECT_REDIS_GROUP, "options",
                              WPB_M_WRITTEN_BYTES_PER_SECOND) *
                             1.001);
    assert_string_equal(
        test_run_text(&run, WPB_SUBJECT_REDIS_KEY, ALLOPTIONS, WPB_M_KEY_ROLE),
        "alloptions");
    assert_string_equal(
        test_run_text(&run, WPB_SUBJECT_REDIS_KEY, ALLOPTIONS, WPB_M_GROUP), "options");
    assert_false(is_told(&run, WPB_SUBJECT_REDIS_KEY, "q7:other:options:alloptions"));
    test_run_free(&run);
}

static void nothing_written_is_nothing_told(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct test_run run;

    look(&run, server, &site, NULL);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_string_equal(run.reason, "");
    assert_int_equal(run.count, 0);
    assert_int_equal(run.done, 0);
    test_run_free(&run);
}

static void write_one_of_many(struct actor *actor, redisContext *client)
{
    run_command(client, "SET " PREFIX "transient:k%ld v", actor->writes++);
}

static void keys_written_once_are_no_rate_but_their_group_is(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = write_one_of_many};
    struct test_run run;

    look(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_OK, "needs --watch or the agent");
    assert_true(
        rate(&run, WPB_SUBJECT_REDIS_GROUP, "transient", WPB_M_WRITES_PER_SECOND) *
            WINDOW <=
        (double)actor.writes);
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "transient",
                              WPB_M_WRITTEN_BYTES_PER_SECOND));
    for (size_t i = 0; i < run.count; i++)
        assert_int_not_equal(run.samples[i].kind, WPB_SUBJECT_REDIS_KEY);
    test_run_free(&run);
}

static void delete_and_write(struct actor *actor, redisContext *client)
{
    run_command(client, "DEL " PREFIX "post_meta:1");
    run_command(client, "SET " PREFIX "post_meta:1 v");
    actor->writes++;
}

static void a_deletion_is_no_write(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = delete_and_write};
    struct test_run run;

    look(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_true(
        rate(&run, WPB_SUBJECT_REDIS_GROUP, "post_meta", WPB_M_WRITES_PER_SECOND) *
            WINDOW <=
        (double)actor.writes);
    test_run_free(&run);
}

static void expire_again(struct actor *actor, redisContext *client)
{
    run_command(client, "EXPIRE " PREFIX "users:1 %ld", 1000 + actor->writes++);
}

static void a_new_time_to_live_is_no_write(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = expire_again};
    struct test_run run;

    redis_server_do(server, "SET " PREFIX "users:1 v");
    look(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_OK, "too seldom");
    assert_int_equal(run.count, 0);
    test_run_free(&run);
}

static void write_into_a_hash(struct actor *actor, redisContext *client)
{
    run_command(client, "HSET " PREFIX "options:hash f%ld v", actor->writes++);
}

static void what_is_written_into_a_hash_is_not_its_whole_size(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = write_into_a_hash};
    struct test_run run;

    look(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_false(is_told(&run, WPB_SUBJECT_REDIS_KEY, PREFIX "options:hash"));
    assert_true(is_told(&run, WPB_SUBJECT_REDIS_GROUP, "options"));
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "options",
                              WPB_M_WRITTEN_BYTES_PER_SECOND));
    test_run_free(&run);
}

static void write_two(struct actor *actor, redisContext *client)
{
    run_command(client, "SET " PREFIX "options:only v");
    run_command(client, "SET " PREFIX "options:both v");
    actor->writes++;
}

static void a_key_of_two_databases_is_told_of_neither(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site here = site_of(server, PREFIX), there = here;
    struct actor actor = {.act = write_two};
    struct test_run run;

    there.redis.database = 5;
    redis_server_do(server, "SELECT 5");
    redis_server_do(server, "SET " PREFIX "options:both v");
    look(&run, server, &here, &actor);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_true(is_told(&run, WPB_SUBJECT_REDIS_KEY, PREFIX "options:only"));
    assert_false(is_told(&run, WPB_SUBJECT_REDIS_KEY, PREFIX "options:both"));
    test_run_free(&run);
    struct actor again = {.act = write_two};
    look(&run, server, &there, &again);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_int_equal(run.count, 0);
    test_run_free(&run);
}

static void sites_of_one_prefix_are_both_told(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site sites[] = {site_of(server, PREFIX), site_of(server, PREFIX),
                               site_of(server, "q8:")};
    const struct wpb_site *list[] = {&sites[0], &sites[1], &sites[2]};
    struct actor actor = {.act = rewrite_alloptions};
    struct test_plan plan = {
        .probe = &wpb_probe_redis_churn, .sites = list, .site_count = 3};
    struct test_run run;

    actor_start(&actor, server);
    test_run_go(&run, &plan);
    actor_stop(&actor);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(i < 2,
                         test_run_find_site(&run, list[i], WPB_SUBJECT_REDIS_KEY,
                                            ALLOPTIONS, WPB_M_WRITES_PER_SECOND) != NULL);
    test_run_free(&run);
}

static void sites_beyond_the_bound_are_said_to_be_left_out(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site sites[18];
    const struct wpb_site *list[18];
    char names[18][8];
    struct test_plan plan = {
        .probe = &wpb_probe_redis_churn, .sites = list, .site_count = 18};
    struct test_run run;

    for (int i = 0; i < 18; i++) {
        snprintf(names[i], sizeof names[i], "s%02d:", i);
        sites[i] = site_of(server, names[i]);
        list[i] = &sites[i];
    }
    test_run_go(&run, &plan);
    expect(&run, WPB_COVERAGE_PARTIAL, "2 more sites were left out");
    test_run_free(&run);
}

#define HOSTILE "\n\x1b]0;own\a\r\n\xff\"%s%n"

static void write_hostile(struct actor *actor, redisContext *client)
{
    run_command(client, "SET %s %s", PREFIX "a" HOSTILE ":b" HOSTILE, "v");
    actor->writes++;
}

static void hostile_names_are_carried_as_they_are(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = write_hostile};
    struct test_run run;

    look(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_true(is_told(&run, WPB_SUBJECT_REDIS_KEY, PREFIX "a" HOSTILE ":b" HOSTILE));
    assert_null(strchr(run.reason, '\x1b'));
    test_run_free(&run);
}

static void write_and_flush(struct actor *actor, redisContext *client)
{
    run_command(client, "SET " PREFIX "posts:1 v");
    run_command(client, "FLUSHALL");
    actor->writes++;
}

static void a_flush_is_told(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = write_and_flush};
    struct test_run run;

    look(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_OK, "flushed meanwhile");
    test_run_free(&run);
}

/* ---- troubles ---- */

static void kill_listener(struct actor *actor, redisContext *client)
{
    run_command(client, "SET " PREFIX "posts:1 v");
    run_command(client, "CLIENT KILL TYPE pubsub");
    actor->writes++;
}

static void the_death_of_the_listener_is_noticed(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = kill_listener, .acts_once = true};
    struct test_run run;

    look(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_PARTIAL, "the listener");
    test_run_free(&run);
}

static void kill_commander(struct actor *actor, redisContext *client)
{
    run_command(client, "CLIENT KILL TYPE normal");
    actor->writes++;
}

static void the_death_of_the_other_connection_is_noticed(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = kill_commander, .acts_once = true};
    struct test_run run;

    look(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_PARTIAL, "broke");
    test_run_free(&run);
    redisReconnect(server->admin); /* it was killed, too */
}

static void write_long_names(struct actor *actor, redisContext *client)
{
    run_command(client, "EVAL %s 0",
                "local long = 'q7:prod_kx:posts:' .. string.rep('x', 5000) "
                "for i = 1, 450 do redis.call('SET', long .. i, 'v') end");
    actor->writes++;
}

static void more_than_the_budget_ends_the_look(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = write_long_names, .acts_once = true};
    struct test_run run;

    look(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_PARTIAL, "more keys changed than");
    if (run.done <= 400 || run.done >= 450)
        fail_msg("%llu names: %s", (unsigned long long)run.done, run.reason);
    assert_true(run.cost.bytes_received < 3u << 20);
    test_run_free(&run);
    /* Nothing is left behind. */
    assert_false(is_tracking(server->admin));
}

static void sleep_long(struct actor *actor, redisContext *client)
{
    run_command(client, "DEBUG SLEEP 0.7");
    actor->writes++;
}

static void a_server_that_stalls_is_left_alone(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = sleep_long, .acts_once = true};
    struct test_run run;

    look_once(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_PARTIAL, "did not answer for 0.2 s");
    test_run_free(&run);
}

static void a_cancelled_look_ends(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    const struct wpb_site *sites = &site;

    for (uint32_t ms = 1; ms < 300; ms *= 6) {
        struct test_plan plan = {.probe = &wpb_probe_redis_churn,
                                 .sites = &sites,
                                 .site_count = 1,
                                 .cancel_after_ms = ms};
        struct test_run run;
        test_run_go(&run, &plan);
        assert_int_not_equal(run.status, WPB_COVERAGE_OK);
        assert_non_null(strstr(run.reason, "stopped before"));
        test_run_free(&run);
    }
}

static void without_a_known_prefix_nothing_is_watched(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, NULL);
    struct test_run run;

    look(&run, server, &site, NULL);
    expect(&run, WPB_COVERAGE_SKIPPED, "prefix is not known yet");
    assert_int_equal(run.cost.commands, 0);
    test_run_free(&run);
}

static void a_right_that_is_missing_is_named(void **state)
{
    static const struct {
        const char *rights, *words;
    } cases[] = {
        {"+@all allchannels -client|id", "CLIENT ID"},
        {"+@all allchannels -subscribe", "SUBSCRIBE"},
        {"+@all resetchannels", "SUBSCRIBE"},
        {"+@all allchannels -client|tracking", "CLIENT TRACKING"},
    };
    struct redis_server *server = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wpb_site site = site_of(server, PREFIX);
        struct test_run run;
        char command[160];
        snprintf(command, sizeof command, "ACL SETUSER less reset on >pw ~* %s",
                 cases[i].rights);
        redis_server_do(server, command);
        site.redis.user = "less";
        site.redis.password = "pw";
        look(&run, server, &site, NULL);
        expect(&run, WPB_COVERAGE_UNAVAILABLE, cases[i].words);
        expect(&run, WPB_COVERAGE_UNAVAILABLE, "redis-acl.txt");
        assert_int_equal(run.count, 0);
        test_run_free(&run);
    }
}

static void without_a_heartbeat_the_look_goes_on(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server, PREFIX);
    struct actor actor = {.act = rewrite_alloptions};
    struct test_run run;

    redis_server_do(server, "ACL SETUSER less reset on >pw ~* allchannels +@all "
                            "-client|trackinginfo -memory -type");
    site.redis.user = "less";
    site.redis.password = "pw";
    look(&run, server, &site, &actor);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_true(is_told(&run, WPB_SUBJECT_REDIS_GROUP, "options"));
    test_run_free(&run);
}

/* What the probe says of a peer that greets like Redis and then plays LINES. */
static void expect_of_peer(const struct peer_line *lines, size_t count,
                           enum wpb_coverage_status status, const char *words)
{
    struct redis_peer peer;
    struct test_run run;

    redis_peer_start(&peer, lines, count, 0);
    struct wpb_site site = redis_peer_site(&peer);
    site.has_key_prefix = true;
    site.key_prefix = PREFIX;
    site.key_prefix_len = strlen(PREFIX);
    look(&run, NULL, &site, NULL);
    redis_peer_stop(&peer);
    expect(&run, status, words);
    test_run_free(&run);
}

static void a_server_that_is_too_old_is_skipped(void **state)
{
    static const struct peer_line lines[] = {
        {"-ERR Syntax error, try CLIENT (LIST | KILL | GETNAME | SETNAME)\r\n",
         PEER_GO_ON, 0}};
    (void)state;
    expect_of_peer(lines, 1, WPB_COVERAGE_SKIPPED, "needs Redis 6");
}

static void a_subscription_that_is_not_confirmed_ends_the_look(void **state)
{
    static const struct peer_line lines[] = {{":5\r\n", PEER_GO_ON, 0},
                                             {NULL, PEER_HANG, 0}};
    (void)state;
    expect_of_peer(lines, 2, WPB_COVERAGE_UNAVAILABLE, "not confirmed");
}

static void what_is_no_message_ends_the_connection(void **state)
{
    static const char *const answers[] = {
        "+OK\r\n",
        ":1\r\n",
        "$-1\r\n",
        "*-1\r\n",
        "*0\r\n",
        "*2\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n",
        "*3\r\n:1\r\n$1\r\nx\r\n:1\r\n",
        "*3\r\n$9\r\nsubscribe\r\n:1\r\n:1\r\n",
        "*3\r\n$-1\r\n$1\r\nx\r\n:1\r\n",
        "*3\r\n*1\r\n:1\r\n$1\r\nx\r\n:1\r\n",
        "*3\r\n$11\r\nunsubscribe\r\n$1\r\nx\r\n:0\r\n",
        "*4\r\n$8\r\npmessage\r\n$1\r\nx\r\n$1\r\nx\r\n$1\r\nx\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct peer_line lines[] = {{":5\r\n", PEER_GO_ON, 0},
                                          {answers[i], PEER_HANG, 0}};
        expect_of_peer(lines, 2, WPB_COVERAGE_UNAVAILABLE, "no message to a subscriber");
    }
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        REAL(a_rewritten_key_is_told_with_writes_and_bytes),
        REAL(nothing_written_is_nothing_told),
        REAL(keys_written_once_are_no_rate_but_their_group_is),
        REAL(a_deletion_is_no_write),
        REAL(a_new_time_to_live_is_no_write),
        REAL(what_is_written_into_a_hash_is_not_its_whole_size),
        REAL(a_key_of_two_databases_is_told_of_neither),
        REAL(sites_of_one_prefix_are_both_told),
        REAL(sites_beyond_the_bound_are_said_to_be_left_out),
        REAL(hostile_names_are_carried_as_they_are),
        REAL(a_flush_is_told),
        REAL(the_death_of_the_listener_is_noticed),
        REAL(the_death_of_the_other_connection_is_noticed),
        REAL(more_than_the_budget_ends_the_look),
        REAL(a_server_that_stalls_is_left_alone),
        REAL(a_cancelled_look_ends),
        REAL(without_a_known_prefix_nothing_is_watched),
        REAL(a_right_that_is_missing_is_named),
        REAL(without_a_heartbeat_the_look_goes_on),
        cmocka_unit_test(a_server_that_is_too_old_is_skipped),
        cmocka_unit_test(a_subscription_that_is_not_confirmed_ends_the_look),
        cmocka_unit_test(what_is_no_message_ends_the_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
