/* What the probes leave behind, seen from outside: commands and bytes on the wire, the
 * server's data, and the LRU clocks of keys nobody examined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "probes/redis/probes.h"
#include "redis_proxy.h"
#include "redis_run.h"
#include "redis_server.h"

#define PREFIX "q7:prod_kx:"
#define NOTOPTIONS PREFIX "options:notoptions"
#define KEYS 3000

static const struct wpb_probe *const surveys[] = {
    &wpb_probe_redis_server,
    &wpb_probe_redis_watchlist,
    &wpb_probe_redis_churn,
    &wpb_probe_redis_keyspace,
};

/* The promise: these commands and no others. */
static const char *const allowed[][2] = {
    {"AUTH", NULL},
    {"SELECT", NULL},
    {"CLIENT", "SETNAME"},
    {"CLIENT", "NO-TOUCH"},
    {"INFO", NULL},
    {"DBSIZE", NULL},
    {"SCAN", NULL},
    {"MEMORY", "USAGE"},
    {"PTTL", NULL},
    {"STRLEN", NULL},
    {"GETRANGE", NULL},
    {"TYPE", NULL},
    {"ZCARD", NULL},
    {"HLEN", NULL},
    {"SCARD", NULL},
    {"LLEN", NULL},
    {"XLEN", NULL},
    {"OBJECT", "IDLETIME"},
    {"ZRANGE", NULL},
    {"CLIENT", "ID"},
    {"CLIENT", "TRACKING"},
    {"SUBSCRIBE", NULL},
    {"CLIENT", "TRACKINGINFO"},
};

static bool is_allowed(struct wpb_slice verb, struct wpb_slice sub)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (wpb_slice_is(verb, allowed[i][0]) &&
            (!allowed[i][1] || wpb_slice_is(sub, allowed[i][1])))
            return true;
    return false;
}

static struct wpb_site site_of(const struct redis_server *server)
{
    struct wpb_site site = redis_server_site(server, 0);
    site.flavour = WPB_FLAVOUR_REDIS_CACHE;
    site.has_key_prefix = true;
    site.key_prefix = PREFIX;
    site.key_prefix_len = strlen(PREFIX);
    return site;
}

static void fill(struct redis_server *server)
{
    for (int i = 0; i < KEYS - 3; i++)
        redis_server_do(
            server,
            i % 2 ? "SET " PREFIX "posts:%d v EX 9000" : "SET " PREFIX "posts:%d v", i);
    redis_server_do(server, "SET " NOTOPTIONS " %s", "a:1:{s:1:\"a\";b:1;}");
    redis_server_do(server, "ZADD " PREFIX "redis-cache:metrics 1 a 2 b");
    redis_server_do(server, "HSET " PREFIX "hash a b");
}

static void run_probe(struct test_run *run, const struct wpb_probe *probe,
                      const struct wpb_site *site, enum wpb_budget budget)
{
    static const struct wpb_subject subjects[] = {
        {.kind = WPB_SUBJECT_REDIS_KEY, .name = WPB_SLICE(NOTOPTIONS)},
        {.kind = WPB_SUBJECT_REDIS_KEY, .name = WPB_SLICE(PREFIX "redis-cache:metrics")},
    };
    const struct wpb_request requests[] = {{&subjects[0], "", 1 << 20, NULL},
                                           {&subjects[1], "", 1 << 20, NULL}};
    struct test_plan plan = {.probe = probe,
                             .sites = &site,
                             .site_count = 1,
                             .budget = budget,
                             .requests = requests,
                             .request_count = 2};
    test_run_go(run, &plan);
}

static int setup(void **state)
{
    struct redis_server *server = malloc(sizeof *server);
    redis_server_start(server, NULL, 0);
    fill(server);
    *state = server;
    return 0;
}

static int teardown(void **state)
{
    redis_server_stop(*state);
    free(*state);
    return 0;
}

/* Check every command of RECORD; the largest COUNT of a SCAN. */
static uint64_t check_commands(const struct redis_proxy *record)
{
    struct wpb_slice words[5];
    uint64_t largest = 0;
    size_t at = 0, n;

    while ((n = redis_proxy_next(record, &at, words, 5)) > 0) {
        struct wpb_slice sub = n > 1 ? words[1] : words[0];
        if (!is_allowed(words[0], sub))
            fail_msg("%.*s %.*s was sent", (int)words[0].len, words[0].data, (int)sub.len,
                     sub.data);
        if (wpb_slice_is(words[0], "SCAN")) {
            assert_int_equal(n, 4);
            uint64_t count = strtoull(words[3].data, NULL, 10);
            largest = count > largest ? count : largest;
        }
    }
    return largest;
}

/* Commands of the greeting: SELECT, CLIENT twice, INFO. */
#define GREETING 4

static void a_pass_sends_what_its_budget_declares(void **state)
{
    static const uint64_t counts[] = {20, 50, 500};
    struct redis_server *server = *state;

    for (enum wpb_budget b = WPB_BUDGET_LOW; b <= WPB_BUDGET_FULL; b++) {
        struct redis_proxy record;
        struct test_run run;
        redis_proxy_start(&record, server->folder, server->socket);
        struct wpb_site site = site_of(server);
        site.redis.path = record.socket;
        run_probe(&run, &wpb_probe_redis_keyspace, &site, b);
        redis_proxy_stop(&record);
        assert_int_equal(run.status, WPB_COVERAGE_OK);
        assert_int_equal(check_commands(&record), counts[b]);
        assert_int_equal(redis_proxy_count(&record, "MEMORY", "USAGE"), KEYS);
        assert_int_equal(redis_proxy_count(&record, "PTTL", NULL), KEYS);
        assert_int_equal(redis_proxy_count(&record, "DBSIZE", NULL), 2);
        /* Two commands a key and one a batch; SCAN may return fewer than COUNT. */
        uint64_t all = redis_proxy_count(&record, NULL, NULL);
        assert_true(all <= 2 * KEYS + 2 * KEYS / 10 + GREETING + 2);
        /* The tally says what was really on the wire. */
        assert_int_equal(run.cost.commands, all);
        assert_int_equal(run.cost.bytes_sent, record.sent.len);
        assert_int_equal(run.cost.bytes_received, record.received);
        test_run_free(&run);
        redis_proxy_free(&record);
    }
}

static void the_other_probes_send_a_handful(void **state)
{
    struct redis_server *server = *state;
    static const struct {
        const struct wpb_probe *probe;
        uint64_t commands;
    } cases[] = {
        {&wpb_probe_redis_server, GREETING + 1},
        {&wpb_probe_redis_watchlist, GREETING + 2 * 4 + 5},
        {&wpb_probe_redis_value, GREETING + 5 + 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct redis_proxy record;
        struct test_run run;
        redis_proxy_start(&record, server->folder, server->socket);
        struct wpb_site site = site_of(server);
        site.redis.path = record.socket;
        run_probe(&run, cases[i].probe, &site, WPB_BUDGET_NORMAL);
        redis_proxy_stop(&record);
        assert_int_equal(run.status, WPB_COVERAGE_OK);
        check_commands(&record);
        assert_int_equal(redis_proxy_count(&record, NULL, NULL), cases[i].commands);
        assert_int_equal(run.cost.bytes_sent, record.sent.len);
        assert_int_equal(run.cost.bytes_received, record.received);
        test_run_free(&run);
        redis_proxy_free(&record);
    }
}

/* How long the window is decides how many heartbeats there are, 40 ms apart. */
static void a_look_at_churn_sends_little_more_than_heartbeats(void **state)
{
    struct redis_server *server = *state;
    struct redis_proxy record;
    struct test_run run;

    redis_proxy_start(&record, server->folder, server->socket);
    struct wpb_site site = site_of(server);
    site.redis.path = record.socket;
    run_probe(&run, &wpb_probe_redis_churn, &site, WPB_BUDGET_NORMAL);
    redis_proxy_stop(&record);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    check_commands(&record);
    uint64_t heartbeats = redis_proxy_count(&record, "CLIENT", "TRACKINGINFO");
    assert_true(heartbeats > 0 && heartbeats <= 11);
    assert_int_equal(redis_proxy_count(&record, "CLIENT", "TRACKING"), 2);
    /* INFO twice before and after, the listener's id and its subscription. */
    assert_int_equal(redis_proxy_count(&record, NULL, NULL),
                     2 * GREETING + heartbeats + 2 + 4 + 2);
    assert_int_equal(run.cost.commands, redis_proxy_count(&record, NULL, NULL));
    assert_int_equal(run.cost.bytes_sent, record.sent.len);
    assert_int_equal(run.cost.bytes_received, record.received);
    test_run_free(&run);
    redis_proxy_free(&record);
}

/* DEBUG DIGEST of the test's own server: every key, value and TTL. */
static void digest(struct redis_server *server, char text[64])
{
    redisReply *reply = redis_server_ask(server, "DEBUG DIGEST");
    snprintf(text, 64, "%s", reply->str);
    freeReplyObject(reply);
}

static void the_data_is_the_same_before_and_after(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    char before[64], after[64];

    digest(server, before);
    for (size_t i = 0; i < sizeof surveys / sizeof surveys[0]; i++) {
        struct test_run run;
        run_probe(&run, surveys[i], &site, WPB_BUDGET_FULL);
        assert_int_equal(run.status, WPB_COVERAGE_OK);
        test_run_free(&run);
    }
    struct test_run run;
    run_probe(&run, &wpb_probe_redis_value, &site, WPB_BUDGET_FULL);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    test_run_free(&run);
    digest(server, after);
    assert_string_equal(before, after);
}

static void a_key_nobody_examined_stays_idle(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct timespec pause = {2, 200000000};

    nanosleep(&pause, NULL);
    for (size_t i = 0; i < sizeof surveys / sizeof surveys[0]; i++) {
        struct test_run run;
        run_probe(&run, surveys[i], &site, WPB_BUDGET_FULL);
        test_run_free(&run);
    }
    for (int i = 0; i < KEYS - 3; i++)
        assert_true(
            redis_server_integer(server, "OBJECT IDLETIME " PREFIX "posts:%d", i) >= 2);
    assert_true(redis_server_integer(server, "OBJECT IDLETIME " PREFIX "hash") >= 2);
}

static long long hits(struct redis_server *server)
{
    redisReply *reply = redis_server_ask(server, "INFO stats");
    long long value = atoll(strstr(reply->str, "keyspace_hits:") + 14);
    freeReplyObject(reply);
    return value;
}

static void our_own_hits_are_counted_as_the_server_counts_them(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    static const struct wpb_probe *const all[] = {
        &wpb_probe_redis_server, &wpb_probe_redis_watchlist, &wpb_probe_redis_churn,
        &wpb_probe_redis_keyspace, &wpb_probe_redis_value};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct test_run run;
        long long before = hits(server);
        run_probe(&run, all[i], &site, WPB_BUDGET_FULL);
        if (hits(server) - before != (long long)run.cost.keyspace_hits)
            fail_msg("%s: %lld hits, %llu counted", all[i]->name, hits(server) - before,
                     (unsigned long long)run.cost.keyspace_hits);
        test_run_free(&run);
    }
}

/* Load the user line that is shipped. */
static void add_shipped_user(struct redis_server *server)
{
    FILE *file = fopen("../packaging/redis-acl.txt", "r");
    char line[1024], *words[64], *save = NULL;
    const char *command[66] = {"ACL", "SETUSER"};
    int count = 0;

    assert_non_null(file);
    while (fgets(line, sizeof line, file) && strncmp(line, "user ", 5) != 0)
        ;
    fclose(file);
    for (char *word = strtok_r(line + 5, " \n", &save); word && count < 64;
         word = strtok_r(NULL, " \n", &save))
        words[count++] = word;
    assert_true(count > 10);
    for (int i = 0; i < count; i++)
        command[2 + i] = words[i];
    redisReply *reply = redisCommandArgv(server->admin, count + 2, command, NULL);
    assert_non_null(reply);
    if (reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s", reply->str);
    freeReplyObject(reply);
}

static void the_shipped_acl_is_enough_for_every_probe(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    static const struct wpb_probe *const all[] = {
        &wpb_probe_redis_server, &wpb_probe_redis_watchlist, &wpb_probe_redis_churn,
        &wpb_probe_redis_keyspace, &wpb_probe_redis_value};

    add_shipped_user(server);
    site.redis.user = "wpbloat";
    site.redis.password = "CHOOSE-A-PASSWORD";
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct test_run run;
        run_probe(&run, all[i], &site, WPB_BUDGET_FULL);
        if (run.status != WPB_COVERAGE_OK)
            fail_msg("%s: %s", all[i]->name, run.reason);
        test_run_free(&run);
    }
}

static void the_shipped_acl_allows_no_write(void **state)
{
    static const char *const forbidden[] = {
        "SET x 1",       "DEL x",    "FLUSHALL",   "EVAL return 0", "CONFIG GET *",
        "KEYS *",        "MONITOR",  "EXPIRE x 1", "DEBUG SLEEP 0", "CLIENT LIST",
        "MEMORY DOCTOR", "ACL LIST", "GET x",
    };
    struct redis_server *server = *state;

    add_shipped_user(server);
    redisContext *client = redisConnectUnix(server->socket);
    freeReplyObject(redisCommand(client, "AUTH wpbloat CHOOSE-A-PASSWORD"));
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        redisReply *reply = redisCommand(client, forbidden[i]);
        assert_non_null(reply);
        if (reply->type != REDIS_REPLY_ERROR || strncmp(reply->str, "NOPERM", 6) != 0)
            fail_msg("%s is allowed", forbidden[i]);
        freeReplyObject(reply);
    }
    redisFree(client);
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        REAL(a_pass_sends_what_its_budget_declares),
        REAL(a_look_at_churn_sends_little_more_than_heartbeats),
        REAL(the_other_probes_send_a_handful),
        REAL(the_data_is_the_same_before_and_after),
        REAL(a_key_nobody_examined_stays_idle),
        REAL(our_own_hits_are_counted_as_the_server_counts_them),
        REAL(the_shipped_acl_is_enough_for_every_probe),
        REAL(the_shipped_acl_allows_no_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
