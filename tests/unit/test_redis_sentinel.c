#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/redis/probes.h"
#include "probes/redis/sentinel.h"
#include "redis_peer.h"
#include "redis_run.h"
#include "redis_server.h"

#define PREFIX "q7:prod_kx:"
#define SERVICE "shop"

/* A master, its replica, and one sentinel that watches both. */
struct watched {
    struct redis_server master, replica, sentinel;
};

static struct wpb_redis_address loopback(uint16_t port)
{
    return (struct wpb_redis_address){.scheme = WPB_REDIS_TCP,
                                      .host = "127.0.0.1",
                                      .port = port,
                                      .path = "",
                                      .user = "",
                                      .password = "",
                                      .is_sentinel = true};
}

/* A site whose Redis is SERVICE of the COUNT sentinels. */
static struct wpb_site site_of(const struct wpb_redis_address *sentinels, size_t count)
{
    static const struct redis_server nothing;
    struct wpb_site site = redis_server_site(&nothing, 0);

    site.redis = loopback(0);
    site.redis.host = "";
    site.redis.service = SERVICE;
    site.redis.seeds = sentinels;
    site.redis.seed_count = count;
    site.flavour = WPB_FLAVOUR_REDIS_CACHE;
    site.has_key_prefix = true;
    site.key_prefix = PREFIX;
    site.key_prefix_len = strlen(PREFIX);
    return site;
}

static void run_probe(struct test_run *run, const struct wpb_probe *probe,
                      const struct wpb_site *site)
{
    struct test_plan plan = {.probe = probe, .sites = &site, .site_count = 1};
    test_run_go(run, &plan);
}

static void expect(const struct test_run *run, enum wpb_coverage_status status,
                   const char *words)
{
    if (run->status != status || !strstr(run->reason, words))
        fail_msg("%s: \"%s\"", wpb_coverage_status_name(run->status), run->reason);
}

static const char *server_text(const struct test_run *run, enum wpb_metric metric)
{
    return test_run_text(run, WPB_SUBJECT_REDIS_SERVER, "", metric);
}

static void expect_master(const struct test_run *run, uint16_t port)
{
    char where[32];

    snprintf(where, sizeof where, "127.0.0.1:%u", port);
    assert_string_equal(server_text(run, WPB_M_MASTER_ADDRESS), where);
}

static void wait_for(struct redis_server *server, const char *section, const char *words)
{
    for (int i = 0; i < 1500; i++) {
        redisReply *reply = redis_server_ask(server, "INFO %s", section);
        int found = strstr(reply->str, words) != NULL;
        freeReplyObject(reply);
        if (found)
            return;
        usleep(20000);
    }
    fail_msg("INFO %s never says %s", section, words);
}

static void watch(struct watched *watched, const char *config)
{
    char text[512];

    redis_server_start(&watched->master, NULL, 1);
    snprintf(text, sizeof text, "replicaof 127.0.0.1 %u\nrepl-diskless-sync-delay 0",
             watched->master.port);
    redis_server_start(&watched->replica, text, 1);
    wait_for(&watched->replica, "replication", "master_link_status:up");
    snprintf(text, sizeof text,
             "sentinel monitor " SERVICE " 127.0.0.1 %u 1\n"
             "sentinel down-after-milliseconds " SERVICE " 2000\n"
             "sentinel failover-timeout " SERVICE " 10000\n%s",
             watched->master.port, config ? config : "");
    redis_sentinel_start(&watched->sentinel, text);
    wait_for(&watched->sentinel, "sentinel", "slaves=1");
}

static int setup(void **state)
{
    struct watched *watched = malloc(sizeof *watched);

    watch(watched, NULL);
    redis_server_do(&watched->master, "SET " PREFIX "options:notoptions a:0:{}");
    redis_server_do(&watched->master, "SET " PREFIX "posts:1 a:0:{}");
    *state = watched;
    return 0;
}

static int teardown(void **state)
{
    struct watched *watched = *state;

    redis_server_stop(&watched->sentinel);
    redis_server_stop(&watched->replica);
    redis_server_stop(&watched->master);
    free(watched);
    return 0;
}

/* ---- who is asked, and what is read ---- */

static void every_probe_reaches_the_master_that_a_sentinel_names(void **state)
{
    struct watched *watched = *state;
    struct wpb_redis_address sentinel = loopback(watched->sentinel.port);
    struct wpb_site site = site_of(&sentinel, 1);
    struct test_run run;
    char scope[64];

    run_probe(&run, &wpb_probe_redis_server, &site);
    expect(&run, WPB_COVERAGE_OK, "");
    expect_master(&run, watched->master.port);
    assert_string_equal(server_text(&run, WPB_M_ROLE), "master");
    /* The subject is what the sentinels watch, wherever that is now. */
    snprintf(scope, sizeof scope, "redis-sentinel://127.0.0.1:%u/" SERVICE,
             watched->sentinel.port);
    assert_string_equal(run.samples[0].scope, scope);
    test_run_free(&run);

    run_probe(&run, &wpb_probe_redis_keyspace, &site);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_int_equal(test_run_integer(&run, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_KEYS),
                     1);
    test_run_free(&run);
    run_probe(&run, &wpb_probe_redis_watchlist, &site);
    expect(&run, WPB_COVERAGE_OK, "");
    test_run_free(&run);
    run_probe(&run, &wpb_probe_redis_churn, &site);
    expect(&run, WPB_COVERAGE_OK, "");
    test_run_free(&run);
    run_probe(&run, &wpb_probe_redis_rights, &site);
    expect(&run, WPB_COVERAGE_OK, "");
    test_run_free(&run);
}

static void sentinels_that_do_not_answer_are_passed_over(void **state)
{
    static const struct peer_line silent[] = {{NULL, PEER_CLOSE, 0}};
    struct watched *watched = *state;
    struct wpb_redis_address sentinels[4] = {0};
    struct redis_peer peer;
    struct wpb_site site = site_of(sentinels, 4);
    struct test_run run;

    redis_peer_start(&peer, silent, 1, 1);
    sentinels[0] = loopback(redis_free_port()); /* nobody is there */
    sentinels[1] = loopback(peer.port);
    sentinels[2] = loopback(watched->replica.port); /* no sentinel */
    sentinels[3] = loopback(watched->sentinel.port);
    run_probe(&run, &wpb_probe_redis_server, &site);
    expect(&run, WPB_COVERAGE_OK, "");
    expect_master(&run, watched->master.port);
    test_run_free(&run);
    redis_peer_stop(&peer);

    site.redis.seed_count = 1;
    run_probe(&run, &wpb_probe_redis_keyspace, &site);
    expect(&run, WPB_COVERAGE_UNAVAILABLE,
           "the sentinel does not tell where the master shop is");
    test_run_free(&run);
    site.redis.seed_count = 2;
    sentinels[1] = loopback(watched->replica.port);
    run_probe(&run, &wpb_probe_redis_keyspace, &site);
    expect(&run, WPB_COVERAGE_UNAVAILABLE,
           "none of 2 sentinels tells where the master shop is");
    if (!strstr(run.reason, "is no Redis Sentinel"))
        fail_msg("%s", run.reason);
    test_run_free(&run);
}

static void a_name_that_no_sentinel_knows_is_told(void **state)
{
    struct watched *watched = *state;
    struct wpb_redis_address sentinel = loopback(watched->sentinel.port);
    struct wpb_site site = site_of(&sentinel, 1);
    struct test_run run;

    site.redis.service = "other";
    run_probe(&run, &wpb_probe_redis_keyspace, &site);
    expect(&run, WPB_COVERAGE_UNAVAILABLE, "it watches no master called other");
    test_run_free(&run);
}

static void a_sentinel_given_as_a_server_is_refused(void **state)
{
    struct watched *watched = *state;
    struct wpb_site site = redis_server_site(&watched->sentinel, 0);
    struct test_run run;

    run_probe(&run, &wpb_probe_redis_keyspace, &site);
    expect(&run, WPB_COVERAGE_UNAVAILABLE, "redis-sentinel://HOST:PORT/NAME");
    test_run_free(&run);
}

static void a_replica_is_read_where_the_site_names_one(void **state)
{
    struct watched *watched = *state;
    struct wpb_redis_address sentinel = loopback(watched->sentinel.port);
    struct wpb_redis_address replica = loopback(watched->replica.port);
    struct wpb_site site = site_of(&sentinel, 1);
    struct test_run run;

    replica.is_sentinel = false;
    site.redis_replicas = &replica;
    site.redis_replica_count = 1;
    redis_server_do(&watched->master, "WAIT 1 5000");
    run_probe(&run, &wpb_probe_redis_keyspace, &site);
    expect(&run, WPB_COVERAGE_OK, "read from the replica");
    test_run_free(&run);
}

/* ---- logins ---- */

static void a_sentinel_gets_its_own_login_or_the_masters(void **state)
{
    struct watched *watched = *state;
    struct wpb_redis_address sentinel = loopback(watched->sentinel.port);
    struct wpb_site site = site_of(&sentinel, 1);
    struct test_run run;

    redis_server_do(&watched->sentinel, "ACL SETUSER default resetpass >watcher");
    run_probe(&run, &wpb_probe_redis_server, &site);
    expect(&run, WPB_COVERAGE_UNAVAILABLE, "NOAUTH");
    test_run_free(&run);
    sentinel.password = "watcher";
    run_probe(&run, &wpb_probe_redis_server, &site);
    expect(&run, WPB_COVERAGE_OK, "");
    test_run_free(&run);

    redis_server_do(&watched->master, "CONFIG SET requirepass watcher");
    sentinel.password = "";
    site.redis.password = "watcher";
    run_probe(&run, &wpb_probe_redis_server, &site);
    expect(&run, WPB_COVERAGE_OK, "");
    expect_master(&run, watched->master.port);
    test_run_free(&run);
    redis_server_do(&watched->sentinel, "ACL SETUSER default nopass");
    redis_server_do(&watched->master, "CONFIG SET requirepass %s", "");
}

/* ---- failovers ---- */

/* A sentinel that has just met the replica does not know yet that it is a good one. */
static void fail_over(struct watched *watched)
{
    for (int i = 0; i < 300; i++) {
        redisReply *reply =
            redisCommand(watched->sentinel.admin, "SENTINEL FAILOVER " SERVICE);
        int is_done = reply && reply->type == REDIS_REPLY_STATUS;
        freeReplyObject(reply);
        if (is_done)
            return;
        usleep(100000);
    }
    fail_msg("the sentinel promotes nobody");
}

static void a_failover_is_followed_and_seen_as_another_process(void **state)
{
    struct watched *watched = *state;
    struct wpb_redis_address sentinel = loopback(watched->sentinel.port);
    struct wpb_site site = site_of(&sentinel, 1);
    struct test_run before, after;

    run_probe(&before, &wpb_probe_redis_server, &site);
    expect_master(&before, watched->master.port);
    redis_server_do(&watched->master, "WAIT 1 5000");
    fail_over(watched);
    char where[32]; /* the connection to the replica itself is cut meanwhile */
    snprintf(where, sizeof where, "address=127.0.0.1:%u", watched->replica.port);
    wait_for(&watched->sentinel, "sentinel", where);

    run_probe(&after, &wpb_probe_redis_server, &site);
    expect(&after, WPB_COVERAGE_OK, "");
    expect_master(&after, watched->replica.port);
    assert_string_equal(before.samples[0].scope, after.samples[0].scope);
    assert_string_not_equal(server_text(&before, WPB_M_RUN_ID),
                            server_text(&after, WPB_M_RUN_ID));
    test_run_free(&before);
    test_run_free(&after);
    run_probe(&after, &wpb_probe_redis_keyspace, &site);
    expect(&after, WPB_COVERAGE_OK, "");
    assert_int_equal(
        test_run_integer(&after, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_KEYS), 1);
    test_run_free(&after);
}

/* A peer that greets as a sentinel and says ANSWER. */
static void play_sentinel(struct redis_peer *peer, struct peer_line lines[4],
                          const char *answer)
{
    lines[0] = lines[1] = (struct peer_line){"+OK\r\n", PEER_GO_ON, 0};
    lines[2] =
        (struct peer_line){"$23\r\n\r\nredis_mode:sentinel\r\n\r\n", PEER_GO_ON, 0};
    lines[3] = (struct peer_line){answer, PEER_HANG, 0};
    redis_peer_start(peer, lines, 4, 1);
}

/* One that was cut off from the others still tells of the master that was. */
static void a_stale_word_is_not_the_last(void **state)
{
    struct watched *watched = *state;
    uint16_t stale[] = {watched->replica.port, redis_free_port()};

    for (size_t i = 0; i < 2; i++) {
        struct wpb_redis_address sentinels[2] = {0};
        struct wpb_site site = site_of(sentinels, 2);
        struct peer_line lines[4];
        struct redis_peer peer;
        struct test_run run;
        char answer[64], port[8];
        int len = snprintf(port, sizeof port, "%u", stale[i]);

        snprintf(answer, sizeof answer, "*2\r\n$9\r\n127.0.0.1\r\n$%d\r\n%s\r\n", len,
                 port);
        play_sentinel(&peer, lines, answer);
        sentinels[0] = loopback(peer.port);
        sentinels[1] = loopback(watched->sentinel.port);
        run_probe(&run, &wpb_probe_redis_server, &site);
        expect(&run, WPB_COVERAGE_OK, "");
        expect_master(&run, watched->master.port);
        test_run_free(&run);
        redis_peer_stop(&peer);

        /* When it is the only one, why its master is of no use is what counts. */
        play_sentinel(&peer, lines, answer);
        sentinels[0] = loopback(peer.port);
        site.redis.seed_count = 1;
        run_probe(&run, &wpb_probe_redis_server, &site);
        expect(&run, WPB_COVERAGE_UNAVAILABLE,
               i == 0 ? "is not the master" : "cannot connect");
        test_run_free(&run);
        redis_peer_stop(&peer);
    }
}

/* ---- hostile answers ---- */

static void what_is_no_address_is_refused(void **state)
{
    static const struct {
        const char *answer, *words;
    } cases[] = {
        {"*-1\r\n", "watches no master"},
        {"*0\r\n", "of a type"},
        {"*2\r\n$1\r\na\r\n$1\r\n0\r\n", "no host and port"},
        {"*2\r\n$1\r\na\r\n$5\r\n65536\r\n", "no host and port"},
        {"*2\r\n$1\r\na\r\n$6\r\n000001\r\n", "no host and port"},
        {"*2\r\n$1\r\na\r\n$2\r\n1x\r\n", "no host and port"},
        {"*2\r\n$1\r\na\r\n:1\r\n", "no host and port"},
        {"*2\r\n$0\r\n\r\n$1\r\n1\r\n", "no host and port"},
        {"*2\r\n$3\r\na\nb\r\n$1\r\n1\r\n", "no host and port"},
        {"*2\r\n*0\r\n$1\r\n1\r\n", "no host and port"},
        {"$1\r\na\r\n", "of a type"},
        {"-NOPERM this user has no permissions\r\n", "ACL"},
        {"-IDONTKNOW \x1b[31m\r\n", "IDONTKNOW"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct peer_line lines[4];
        struct redis_peer peer;
        struct test_run run;

        play_sentinel(&peer, lines, cases[i].answer);
        struct wpb_redis_address sentinel = loopback(peer.port);
        struct wpb_site site = site_of(&sentinel, 1);
        run_probe(&run, &wpb_probe_redis_server, &site);
        expect(&run, WPB_COVERAGE_UNAVAILABLE, cases[i].words);
        test_run_free(&run);
        redis_peer_stop(&peer);
    }
}

static void a_silent_sentinel_costs_one_deadline(void **state)
{
    static const struct peer_line silent[] = {{NULL, PEER_HANG, 0}};
    struct watched *watched = *state;
    struct wpb_redis_address sentinels[2] = {0};
    struct redis_peer peer;
    struct wpb_site site = site_of(sentinels, 2);
    struct test_run run;

    redis_peer_start(&peer, silent, 1, 1);
    sentinels[0] = loopback(peer.port);
    sentinels[1] = loopback(watched->sentinel.port);
    run_probe(&run, &wpb_probe_redis_server, &site);
    expect(&run, WPB_COVERAGE_OK, "");
    test_run_free(&run);
    redis_peer_stop(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(every_probe_reaches_the_master_that_a_sentinel_names),
        cmocka_unit_test(sentinels_that_do_not_answer_are_passed_over),
        cmocka_unit_test(a_name_that_no_sentinel_knows_is_told),
        cmocka_unit_test(a_sentinel_given_as_a_server_is_refused),
        cmocka_unit_test(a_replica_is_read_where_the_site_names_one),
        cmocka_unit_test(a_stale_word_is_not_the_last),
        cmocka_unit_test(a_silent_sentinel_costs_one_deadline),
        cmocka_unit_test(a_sentinel_gets_its_own_login_or_the_masters),
        /* Master and replica are the other way round from here on. */
        cmocka_unit_test(a_failover_is_followed_and_seen_as_another_process),
    };
    /* A sentinel takes seconds to get to know whom it watches: one for all. */
    return cmocka_run_group_tests(tests, setup, teardown);
}
