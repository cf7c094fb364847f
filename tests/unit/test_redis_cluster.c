#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "probes/redis/cluster.h"
#include "probes/redis/link.h"
#include "probes/redis/probes.h"
#include "probes/redis/reply.h"
#include "redis_cluster.h"
#include "redis_peer.h"
#include "redis_run.h"

#define PREFIX "q7:prod_kx:"
#define NOTOPTIONS PREFIX "options:notoptions"

/* ---- the answers ---- */

static const struct wpb_redis_address asked = {.scheme = WPB_REDIS_TCP,
                                               .host = "10.0.0.9",
                                               .port = 7009,
                                               .path = "",
                                               .user = "u",
                                               .password = "p",
                                               .is_cluster = true};

static redisReply *reply_of(const char *resp)
{
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;

    assert_int_equal(redisReaderFeed(reader, resp, strlen(resp)), REDIS_OK);
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    assert_non_null(reply);
    redisReaderFree(reader);
    return reply;
}

static struct wpb_cluster *read_slots(const char *resp, struct wpb_err *err)
{
    redisReply *reply = reply_of(resp);
    struct wpb_cluster *cluster = wpb_cluster_read(reply, &asked, err);

    freeReplyObject(reply);
    return cluster;
}

#define NODE(host, port) "*3\r\n" host ":" port "\r\n$1\r\nx\r\n"

static void shards_and_their_replicas_are_read(void **state)
{
    struct wpb_err err;
    struct wpb_cluster *cluster = read_slots(
        "*3\r\n"
        "*4\r\n:0\r\n:99\r\n" NODE("$8\r\n10.0.0.1\r\n", "7001")
            NODE("$2\r\n::\r\n", "7004") "*3\r\n:100\r\n:16382\r\n" NODE(
                "$-1\r\n", "7002") "*4\r\n:16383\r\n:16383\r\n" NODE("$8\r\n10.0.0.1\r\n",
                                                                     "7001")
                NODE("$2\r\n::\r\n", "7004"),
        &err);
    (void)state;

    assert_non_null(cluster);
    assert_int_equal(cluster->count, 2);
    assert_int_equal(cluster->owners[0], 0);
    assert_int_equal(cluster->owners[99], 0);
    assert_int_equal(cluster->owners[100], 1);
    assert_int_equal(cluster->owners[16383], 0);
    assert_int_equal(cluster->orphaned, 0);
    assert_string_equal(cluster->shards[0].primary.host, "10.0.0.1");
    assert_string_equal(cluster->shards[0].primary.user, "u");
    assert_string_equal(cluster->shards[0].primary.password, "p");
    assert_int_equal(cluster->shards[0].replica_count, 1);
    assert_string_equal(cluster->shards[0].replicas[0].host, "::");
    assert_int_equal(cluster->shards[0].replicas[0].port, 7004);
    /* No host: the one that was asked. */
    assert_string_equal(cluster->shards[1].primary.host, "10.0.0.9");
    assert_int_equal(cluster->shards[1].primary.port, 7002);
    wpb_cluster_free(cluster);
}

static void what_nobody_serves_is_counted(void **state)
{
    struct wpb_err err;
    struct wpb_cluster *cluster =
        read_slots("*1\r\n*3\r\n:0\r\n:16379\r\n" NODE("$1\r\n?\r\n", "7001"), &err);
    (void)state;

    assert_non_null(cluster);
    assert_int_equal(cluster->orphaned, 4);
    assert_int_equal(cluster->owners[16380], WPB_CLUSTER_NO_SHARD);
    assert_string_equal(cluster->shards[0].primary.host, ""); /* it does not say where */
    wpb_cluster_free(cluster);
}

static void nonsense_is_refused(void **state)
{
    static const char *const answers[] = {
        "*0\r\n",
        ":1\r\n",
        "$5\r\nslots\r\n",
        "*1\r\n:1\r\n",
        "*1\r\n*0\r\n",
        "*1\r\n*2\r\n:0\r\n:1\r\n",
        "*1\r\n*3\r\n:-1\r\n:1\r\n" NODE("$1\r\na\r\n", "1"),
        "*1\r\n*3\r\n:2\r\n:1\r\n" NODE("$1\r\na\r\n", "1"),
        "*1\r\n*3\r\n:0\r\n:16384\r\n" NODE("$1\r\na\r\n", "1"),
        "*1\r\n*3\r\n:0\r\n$1\r\n1\r\n" NODE("$1\r\na\r\n", "1"),
        "*1\r\n*3\r\n:0\r\n:1\r\n$1\r\na\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n*1\r\n$1\r\na\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n" NODE("$3\r\na\nb\r\n", "1"),
        "*1\r\n*3\r\n:0\r\n:1\r\n" NODE("$3\r\na b\r\n", "1"),
        "-ERR This instance has cluster support disabled\r\n",
    };
    (void)state;

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct wpb_err err = {0};
        if (read_slots(answers[i], &err))
            fail_msg("taken for a cluster: %s", answers[i]);
        assert_true(err.message[0]);
    }
}

static void more_shards_than_the_bound_are_refused(void **state)
{
    struct wpb_buf resp;
    struct wpb_err err = {0};
    (void)state;

    wpb_buf_init(&resp, 0);
    wpb_buf_printf(&resp, "*%d\r\n", WPB_CLUSTER_SHARDS_MAX + 1);
    for (int i = 0; i <= WPB_CLUSTER_SHARDS_MAX; i++)
        wpb_buf_printf(&resp, "*3\r\n:%d\r\n:%d\r\n*2\r\n$1\r\na\r\n:%d\r\n", i, i,
                       i + 1);
    assert_null(read_slots(resp.data, &err));
    assert_non_null(strstr(err.message, "more than 128 shards"));
    wpb_buf_fini(&resp);
}

static uint32_t slot(const char *key)
{
    return wpb_cluster_slot(wpb_slice_cstr(key));
}

static void slots_are_those_of_the_specification(void **state)
{
    (void)state;
    assert_int_equal(slot("123456789"), 0x31c3);
    assert_int_equal(slot("foo"), 12182);
    assert_int_equal(slot("{user1000}.following"), slot("user1000"));
    assert_int_equal(slot("foo{{bar}}zap"), slot("{bar"));
    assert_int_equal(slot("foo{bar}{zap}"), slot("bar"));
    assert_int_not_equal(slot("foo{}{bar}"), slot("bar"));
    assert_int_equal(slot(""), 0);
    assert_int_not_equal(slot("foo{bar"), slot("bar"));
}

static void redirections_are_read(void **state)
{
    static const struct {
        const char *resp;
        bool is_one, is_lasting;
        uint32_t slot;
        const char *host;
        uint16_t port;
    } cases[] = {
        {"-MOVED 3999 127.0.0.1:6381\r\n", true, true, 3999, "127.0.0.1", 6381},
        {"-ASK 0 node.example:1\r\n", true, false, 0, "node.example", 1},
        {"-MOVED 16383 ::1:65535\r\n", true, true, 16383, "::1", 65535},
        {"-MOVED 1 :7000\r\n", true, true, 1, "", 7000},
        {"-MOVED 16384 a:1\r\n", false, false, 0, "", 0},
        {"-MOVED x a:1\r\n", false, false, 0, "", 0},
        {"-MOVED 1 a:0\r\n", false, false, 0, "", 0},
        {"-MOVED 1 a:65536\r\n", false, false, 0, "", 0},
        {"-MOVED 1 a:1x\r\n", false, false, 0, "", 0},
        {"-MOVED 1 a b:1\r\n", false, false, 0, "", 0},
        {"-MOVED 1 a\r\n", false, false, 0, "", 0},
        {"-MOVED 1 \r\n", false, false, 0, "", 0},
        {"-MOVED 1\r\n", false, false, 0, "", 0},
        {"-MOVEDX 1 a:1\r\n", false, false, 0, "", 0},
        {"+MOVED 1 a:1\r\n", false, false, 0, "", 0},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wpb_redirection at;
        redisReply *reply = reply_of(cases[i].resp);
        if (wpb_cluster_redirects(reply, &at) != cases[i].is_one)
            fail_msg("%s", cases[i].resp);
        if (cases[i].is_one) {
            assert_int_equal(at.is_lasting, cases[i].is_lasting);
            assert_int_equal(at.slot, cases[i].slot);
            assert_true(wpb_slice_is(at.host, cases[i].host));
            assert_int_equal(at.port, cases[i].port);
        }
        freeReplyObject(reply);
    }
}

/* ---- a real cluster ---- */

static struct wpb_site site_of(struct redis_cluster *cluster)
{
    struct wpb_site site = redis_cluster_site(cluster);

    site.flavour = WPB_FLAVOUR_REDIS_CACHE;
    site.has_key_prefix = true;
    site.key_prefix = PREFIX;
    site.key_prefix_len = strlen(PREFIX);
    return site;
}

static void run_probe(struct test_run *run, const struct wpb_probe *probe,
                      const struct wpb_site *site, enum wpb_budget budget)
{
    struct test_plan plan = {
        .probe = probe, .sites = &site, .site_count = 1, .budget = budget};
    test_run_go(run, &plan);
}

static int64_t group(const struct test_run *run, const char *name, enum wpb_metric metric)
{
    return test_run_integer(run, WPB_SUBJECT_REDIS_GROUP, name, metric);
}

static int64_t database(const struct test_run *run, enum wpb_metric metric)
{
    return test_run_integer(run, WPB_SUBJECT_REDIS_SERVER, "db0", metric);
}

static void expect(const struct test_run *run, enum wpb_coverage_status status,
                   const char *words)
{
    if (run->status != status || !strstr(run->reason, words))
        fail_msg("%s: \"%s\"", wpb_coverage_status_name(run->status), run->reason);
}

/* POSTS entries of one group and OPTIONS of another, all over the cluster. */
static void fill(struct redis_cluster *cluster, int posts, int options)
{
    char key[64];

    for (int i = 0; i < posts; i++) {
        snprintf(key, sizeof key, PREFIX "posts:%d", i);
        redis_cluster_set(cluster, key, "a:0:{}");
    }
    for (int i = 0; i < options; i++) {
        snprintf(key, sizeof key, PREFIX "options:option_%d", i);
        redis_cluster_set(cluster, key, "a:0:{}");
    }
}

static int start(void **state)
{
    struct redis_cluster *cluster = malloc(sizeof *cluster);

    redis_cluster_start(cluster, NULL, 0);
    *state = cluster;
    return 0;
}

static int stop(void **state)
{
    redis_cluster_stop(*state);
    free(*state);
    return 0;
}

static int clean(void **state)
{
    struct redis_cluster *cluster = *state;

    for (size_t i = 0; i < CLUSTER_PRIMARIES; i++)
        redis_server_do(&cluster->nodes[i], "FLUSHALL");
    return 0;
}

static int64_t memory_by_server(struct redis_cluster *cluster, int posts)
{
    int64_t bytes = 0;
    char key[64];

    for (int i = 0; i < posts; i++) {
        snprintf(key, sizeof key, PREFIX "posts:%d", i);
        bytes += redis_server_integer(&cluster->nodes[redis_cluster_node(key)],
                                      "MEMORY USAGE %s", key);
    }
    return bytes;
}

static void every_shard_is_scanned_and_groups_are_summed(void **state)
{
    static const enum wpb_budget budgets[] = {WPB_BUDGET_NORMAL, WPB_BUDGET_FULL,
                                              WPB_BUDGET_LOW};
    struct redis_cluster *cluster = *state;
    struct wpb_site site = site_of(cluster);

    fill(cluster, 1500, 400);
    for (size_t i = 0; i < sizeof budgets / sizeof budgets[0]; i++) {
        struct test_run run;
        run_probe(&run, &wpb_probe_redis_keyspace, &site, budgets[i]);
        expect(&run, WPB_COVERAGE_OK, "");
        assert_int_equal(run.done, 1900);
        assert_int_equal(run.total, 1900);
        assert_int_equal(group(&run, "posts", WPB_M_KEYS), 1500);
        assert_int_equal(group(&run, "posts", WPB_M_TTLLESS_KEYS), 1500);
        assert_int_equal(group(&run, "posts", WPB_M_MEMORY_BYTES),
                         memory_by_server(cluster, 1500));
        assert_int_equal(group(&run, "options", WPB_M_KEYS), 400);
        test_run_free(&run);
    }
}

static void orphans_are_judged_by_what_another_node_holds(void **state)
{
    struct redis_cluster *cluster = *state;
    struct wpb_site site = site_of(cluster);
    struct test_run run;
    char key[128];

    site.wp_version = "6.8.1";
    redis_cluster_set(cluster, PREFIX "posts:last_changed", "0.50000000 1795464100");
    for (int i = 0; i < 60; i++) {
        snprintf(key, sizeof key,
                 PREFIX "post-queries:wp_query-%032x-0.50000000 17954641%02d", i,
                 i % 2 ? 0 : 1);
        if (i % 2 == 0)
            snprintf(key, sizeof key,
                     PREFIX "post-queries:wp_query-%032x-0.50000000 1795464000", i);
        redisReply *reply = redis_server_ask(&cluster->nodes[redis_cluster_node(key)],
                                             "SET %b %s", key, strlen(key), "a:0:{}");
        freeReplyObject(reply);
    }
    run_probe(&run, &wpb_probe_redis_keyspace, &site, WPB_BUDGET_FULL);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_int_equal(group(&run, "post-queries", WPB_M_KEYS), 60);
    assert_int_equal(group(&run, "post-queries", WPB_M_ORPHAN_KEYS), 30);
    test_run_free(&run);
}

static void what_the_nodes_say_is_summed(void **state)
{
    struct redis_cluster *cluster = *state;
    struct wpb_site site = site_of(cluster);
    struct test_run run, again;

    fill(cluster, 90, 10);
    redis_cluster_set(cluster, PREFIX "users:1", "x");
    redis_server_do(&cluster->nodes[redis_cluster_node(PREFIX "users:1")],
                    "EXPIRE " PREFIX "users:1 100");
    run_probe(&run, &wpb_probe_redis_server, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_int_equal(run.done, CLUSTER_PRIMARIES);
    assert_int_equal(database(&run, WPB_M_KEYS), 101);
    assert_int_equal(database(&run, WPB_M_TTLLESS_KEYS), 100);
    const char *scope = run.samples[0].scope;
    assert_memory_equal(scope, "redis-cluster://127.0.0.1:", 26);
    /* It is the same cluster, whichever node answers first. */
    run_probe(&again, &wpb_probe_redis_server, &site, WPB_BUDGET_NORMAL);
    assert_string_equal(
        test_run_text(&run, WPB_SUBJECT_REDIS_SERVER, "", WPB_M_RUN_ID),
        test_run_text(&again, WPB_SUBJECT_REDIS_SERVER, "", WPB_M_RUN_ID));
    test_run_free(&run);
    test_run_free(&again);
}

static void known_keys_and_values_are_found_wherever_they_are(void **state)
{
    struct redis_cluster *cluster = *state;
    struct wpb_site site = site_of(cluster);
    struct wpb_subject subjects[2] = {
        {.kind = WPB_SUBJECT_REDIS_KEY, .scope = {"x", 1}, .name = WPB_SLICE("{b}:1")},
        {.kind = WPB_SUBJECT_REDIS_KEY, .scope = {"x", 1}, .name = WPB_SLICE("{c}:1")}};
    struct wpb_request requests[2] = {{&subjects[0], "a test", 1 << 20, NULL},
                                      {&subjects[1], "a test", 1 << 20, NULL}};
    const struct wpb_site *sites = &site;
    struct test_plan plan = {.probe = &wpb_probe_redis_value,
                             .sites = &sites,
                             .site_count = 1,
                             .requests = requests,
                             .request_count = 2};
    struct test_run run;

    assert_int_not_equal(redis_cluster_node("{b}:1"), redis_cluster_node("{c}:1"));
    redis_cluster_set(cluster, NOTOPTIONS, "a:1:{s:1:\"x\";b:1;}");
    run_probe(&run, &wpb_probe_redis_watchlist, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_int_equal(
        test_run_integer(&run, WPB_SUBJECT_REDIS_KEY, NOTOPTIONS, WPB_M_VALUE_BYTES), 18);
    test_run_free(&run);

    redis_cluster_set(cluster, "{b}:1", "a:1:{i:0;i:1;}");
    redis_cluster_set(cluster, "{c}:1", "a:2:{i:0;i:1;i:1;i:2;}");
    test_run_go(&run, &plan);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_int_equal(
        test_run_integer(&run, WPB_SUBJECT_REDIS_KEY, "{b}:1", WPB_M_ENTRIES), 1);
    assert_int_equal(
        test_run_integer(&run, WPB_SUBJECT_REDIS_KEY, "{c}:1", WPB_M_ENTRIES), 2);
    test_run_free(&run);
}

static void the_first_seed_that_answers_tells_of_the_others(void **state)
{
    struct redis_cluster *cluster = *state;
    struct wpb_site site = site_of(cluster);
    struct test_run run;

    fill(cluster, 30, 0);
    cluster->seeds[0].port = redis_free_port(); /* nobody is there */
    cluster->seeds[1].host = "no-such-host.invalid";
    run_probe(&run, &wpb_probe_redis_keyspace, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 30);
    test_run_free(&run);
    site.redis.seed_count = 2;
    run_probe(&run, &wpb_probe_redis_keyspace, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_UNAVAILABLE, "no-such-host.invalid");
    test_run_free(&run);
}

static void churn_is_not_looked_at_in_a_cluster(void **state)
{
    struct wpb_site site = site_of(*state);
    struct test_run run;

    run_probe(&run, &wpb_probe_redis_churn, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_SKIPPED, "each node of a cluster");
    test_run_free(&run);
}

static void one_node_given_as_a_server_is_refused(void **state)
{
    struct wpb_site site = site_of(*state);
    struct test_run run;

    site.redis.seeds = NULL;
    site.redis.seed_count = 0;
    site.redis.is_cluster = false;
    run_probe(&run, &wpb_probe_redis_keyspace, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_UNAVAILABLE, "redis-cluster://HOST:PORT");
    test_run_free(&run);
}

/* ---- peers that play a node ---- */

/* What a node answers to the greeting. */
#define GREETED                                                                          \
    {"+OK\r\n", PEER_GO_ON, 0},                                                          \
    {                                                                                    \
        "$22\r\n\r\nredis_mode:cluster\r\n\r\n", PEER_GO_ON, 0                           \
    }

static struct wpb_site peer_site(const struct redis_peer *peer,
                                 struct wpb_redis_address *seed)
{
    struct wpb_site site = redis_peer_site(peer);

    site.redis.is_cluster = true;
    *seed = site.redis;
    site.redis.seeds = seed;
    site.redis.seed_count = 1;
    return site;
}

/* ---- keys that move ---- */

/* A link, and what a command about one key brought. */
struct asker {
    uv_loop_t loop;
    struct wpb_link *link;
    const char *key;
    void (*before)(struct redis_cluster *cluster, const char *key);
    struct redis_cluster *cluster;
    char answer[300];
};

static void on_answer(void *cookie, const struct redisReply *reply, uint64_t tag)
{
    struct asker *asker = cookie;
    struct wpb_slice text = wpb_reply_text(reply);

    assert_int_equal(tag, 7);
    snprintf(asker->answer, sizeof asker->answer, "%.*s", (int)text.len, text.data);
    wpb_link_close(asker->link);
}

static void on_ready(void *cookie)
{
    struct asker *asker = cookie;
    const struct wpb_slice words[] = {WPB_SLICE("GETRANGE"), wpb_slice_cstr(asker->key),
                                      WPB_SLICE("0"), WPB_SLICE("9")};
    struct wpb_buf command;

    asker->before(asker->cluster, asker->key);
    wpb_buf_init(&command, 0);
    wpb_resp_command(&command, words, 4);
    wpb_link_send_key(asker->link, wpb_slice_cstr(asker->key), on_answer, 7,
                      wpb_buf_view(&command));
    wpb_link_flush(asker->link, 0);
    wpb_buf_fini(&command);
}

static void on_failed(void *cookie, const struct wpb_err *err)
{
    struct asker *asker = cookie;

    snprintf(asker->answer, sizeof asker->answer, "failed: %s", err->message);
    wpb_link_close(asker->link);
}

static void on_closed(void *cookie)
{
    (void)cookie;
}

/* Ask for KEY when BEFORE has happened after the cluster was looked at. */
static void ask_after(struct redis_cluster *cluster, const char *key,
                      void (*before)(struct redis_cluster *cluster, const char *key),
                      const char *expected)
{
    static const struct wpb_conn_events events = {on_ready, on_failed, on_closed};
    struct wpb_site site = site_of(cluster);
    const struct wpb_site *sites = &site;
    struct asker asker = {.key = key, .before = before, .cluster = cluster};
    struct wpb_cost cost = {0};
    struct wpb_err err;

    uv_loop_init(&asker.loop);
    asker.link = wpb_link_open(&asker.loop, &sites, 1, WPB_LINK_MASTER, &events, &asker,
                               &cost, &err);
    assert_non_null(asker.link);
    uv_run(&asker.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&asker.loop), 0);
    if (!strstr(asker.answer, expected))
        fail_msg("\"%s\" is not \"%s\"", asker.answer, expected);
}

static void id_of(struct redis_server *node, char id[48])
{
    redisReply *reply = redis_server_ask(node, "CLUSTER MYID");
    snprintf(id, 48, "%s", reply->str);
    freeReplyObject(reply);
}

/* The slot of KEY to the next node; only those two are told. */
static void give_away(struct redis_cluster *cluster, const char *key)
{
    size_t from = redis_cluster_node(key), to = (from + 1) % CLUSTER_PRIMARIES;
    char id[48];

    id_of(&cluster->nodes[to], id);
    redis_server_do(&cluster->nodes[to], "CLUSTER SETSLOT %u NODE %s", slot(key), id);
    redis_server_do(&cluster->nodes[from], "CLUSTER SETSLOT %u NODE %s", slot(key), id);
    redis_server_do(&cluster->nodes[to], "SET %s moved", key);
}

static void take_back(struct redis_cluster *cluster, const char *key)
{
    size_t from = redis_cluster_node(key), to = (from + 1) % CLUSTER_PRIMARIES;
    char id[48];

    redis_server_do(&cluster->nodes[to], "DEL %s", key);
    id_of(&cluster->nodes[from], id);
    redis_server_do(&cluster->nodes[from], "CLUSTER SETSLOT %u NODE %s", slot(key), id);
    redis_server_do(&cluster->nodes[to], "CLUSTER SETSLOT %u NODE %s", slot(key), id);
}

static void a_key_that_has_moved_is_followed(void **state)
{
    ask_after(*state, "wanderer", give_away, "moved");
    take_back(*state, "wanderer");
}

/* On its way: the key is at the next node already, its slot not yet. */
static void begin_move(struct redis_cluster *cluster, const char *key)
{
    size_t from = redis_cluster_node(key), to = (from + 1) % CLUSTER_PRIMARIES;
    char id[48], other[48];

    id_of(&cluster->nodes[from], id);
    id_of(&cluster->nodes[to], other);
    redis_server_do(&cluster->nodes[to], "CLUSTER SETSLOT %u IMPORTING %s", slot(key),
                    id);
    redis_server_do(&cluster->nodes[from], "CLUSTER SETSLOT %u MIGRATING %s", slot(key),
                    other);
    redis_server_do(&cluster->nodes[to], "ASKING");
    redis_server_do(&cluster->nodes[to], "SET %s ahead", key);
}

static void end_move(struct redis_cluster *cluster, const char *key)
{
    size_t from = redis_cluster_node(key), to = (from + 1) % CLUSTER_PRIMARIES;

    redis_server_do(&cluster->nodes[to], "ASKING");
    redis_server_do(&cluster->nodes[to], "DEL %s", key);
    redis_server_do(&cluster->nodes[to], "CLUSTER SETSLOT %u STABLE", slot(key));
    redis_server_do(&cluster->nodes[from], "CLUSTER SETSLOT %u STABLE", slot(key));
}

static void a_key_that_is_on_its_way_is_asked_for_there(void **state)
{
    ask_after(*state, "wanderer", begin_move, "ahead");
    end_move(*state, "wanderer");
}

/* Keys that SCAN still tells of where their slot no longer is: a moment that no real
 * cluster holds. One peer tells of the slots, the other is the node. */
static void keys_that_move_during_a_pass_are_said_to(void **state)
{
    char slots[96];
    const struct peer_line seed_lines[] = {GREETED, {slots, PEER_HANG, 0}};
    static const struct peer_line node_lines[] = {
        GREETED,
        {":2\r\n", PEER_GO_ON, 0},
        {"*2\r\n$1\r\n0\r\n*2\r\n$1\r\nk\r\n$1\r\nl\r\n", PEER_GO_ON, 0},
        {"-MOVED 1 10.0.0.1:1\r\n", PEER_GO_ON, 0},
        {"-MOVED 1 10.0.0.1:1\r\n", PEER_GO_ON, 0},
        {":64\r\n", PEER_GO_ON, 0},
        {"-ASK 2 10.0.0.1:1\r\n", PEER_GO_ON, 0},
        {":2\r\n", PEER_GO_ON, 0}};
    struct redis_peer seed, node;
    struct test_run run;
    (void)state;

    redis_peer_start(&node, node_lines, 9, 1);
    snprintf(slots, sizeof slots,
             "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n", node.port);
    redis_peer_start(&seed, seed_lines, 3, 1);
    struct wpb_redis_address seeds;
    struct wpb_site site = peer_site(&seed, &seeds);
    run_probe(&run, &wpb_probe_redis_keyspace, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_PARTIAL, "2 keys were on their way to another node");
    test_run_free(&run);
    redis_peer_stop(&seed);
    redis_peer_stop(&node);
}

/* ---- nodes that are missing ---- */

static void without_a_shard_the_others_are_read(void **state)
{
    struct redis_cluster cluster;
    struct test_run run;
    (void)state;

    redis_cluster_start(&cluster, NULL, 0);
    struct wpb_site site = site_of(&cluster);
    fill(&cluster, 300, 0);
    int64_t left = redis_server_integer(&cluster.nodes[1], "DBSIZE") +
                   redis_server_integer(&cluster.nodes[2], "DBSIZE");
    redis_server_kill(&cluster.nodes[0]);
    run_probe(&run, &wpb_probe_redis_keyspace, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_PARTIAL, "1 of the cluster's 3 shards could not be read");
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), left);
    test_run_free(&run);
    run_probe(&run, &wpb_probe_redis_server, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_PARTIAL, "1 of the cluster's 3 shards could not be read");
    assert_int_equal(database(&run, WPB_M_KEYS), left);
    test_run_free(&run);
    redis_cluster_stop(&cluster);
}

static void a_shard_is_read_from_its_replica_where_one_is_preferred(void **state)
{
    struct redis_cluster cluster;
    struct test_run run;
    (void)state;

    redis_cluster_start(&cluster, NULL, 1);
    struct wpb_site site = site_of(&cluster);
    struct wpb_redis_address any = cluster.seeds[0];
    site.redis_replicas = &any;
    site.redis_replica_count = 1;
    fill(&cluster, 90, 0);
    redis_server_do(&cluster.nodes[CLUSTER_PRIMARIES], "CONFIG RESETSTAT");
    run_probe(&run, &wpb_probe_redis_keyspace, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_OK, "1 of the cluster's 3 shards were read from a replica");
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 90);
    test_run_free(&run);
    redisReply *stats =
        redis_server_ask(&cluster.nodes[CLUSTER_PRIMARIES], "INFO commandstats");
    assert_non_null(strstr(stats->str, "cmdstat_scan:"));
    freeReplyObject(stats);
    redis_cluster_stop(&cluster);
}

static void a_password_is_given_to_every_node(void **state)
{
    struct redis_cluster cluster;
    struct test_run run;
    (void)state;

    redis_cluster_start(&cluster, NULL, 0);
    struct wpb_site site = site_of(&cluster);
    fill(&cluster, 60, 0);
    for (size_t i = 0; i < CLUSTER_PRIMARIES; i++)
        redis_server_do(&cluster.nodes[i], "CONFIG SET requirepass hush");
    run_probe(&run, &wpb_probe_redis_keyspace, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_UNAVAILABLE, "asks for a password");
    test_run_free(&run);
    site.redis.password = "hush";
    run_probe(&run, &wpb_probe_redis_keyspace, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_OK, "");
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 60);
    test_run_free(&run);
    redis_cluster_stop(&cluster);
}

/* ---- hostile topology ---- */

/* A peer that says it is a cluster's node, and answers CLUSTER SLOTS with TEXT. */
static void expect_of_slots(const char *text, const char *words)
{
    struct peer_line lines[] = {GREETED, {text, PEER_HANG, 0}};
    struct redis_peer peer;
    struct wpb_redis_address seed;
    struct test_run run;

    redis_peer_start(&peer, lines, 3, 1);
    struct wpb_site site = peer_site(&peer, &seed);
    run_probe(&run, &wpb_probe_redis_keyspace, &site, WPB_BUDGET_NORMAL);
    expect(&run, WPB_COVERAGE_UNAVAILABLE, words);
    test_run_free(&run);
    redis_peer_stop(&peer);
}

static void a_hostile_topology_is_told(void **state)
{
    (void)state;
    expect_of_slots("*1\r\n*3\r\n:0\r\n:99999\r\n*2\r\n$1\r\na\r\n:1\r\n", "of no use");
    expect_of_slots("*2000000000\r\n", "announced an array");
    expect_of_slots("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:1\r\n",
                    "127.0.0.1:1");
    expect_of_slots("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$1\r\n?\r\n:1\r\n",
                    "nobody says where");
    expect_of_slots("-ERR unknown command 'CLUSTER'\r\n", "renamed");
}

int main(void)
{
    const struct CMUnitTest pure[] = {
        cmocka_unit_test(shards_and_their_replicas_are_read),
        cmocka_unit_test(what_nobody_serves_is_counted),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(more_shards_than_the_bound_are_refused),
        cmocka_unit_test(slots_are_those_of_the_specification),
        cmocka_unit_test(redirections_are_read),
        cmocka_unit_test(keys_that_move_during_a_pass_are_said_to),
        cmocka_unit_test(a_hostile_topology_is_told),
    };
#define REAL(test) cmocka_unit_test_setup(test, clean)
    const struct CMUnitTest real[] = {
        REAL(every_shard_is_scanned_and_groups_are_summed),
        REAL(orphans_are_judged_by_what_another_node_holds),
        REAL(what_the_nodes_say_is_summed),
        REAL(known_keys_and_values_are_found_wherever_they_are),
        REAL(the_first_seed_that_answers_tells_of_the_others),
        REAL(churn_is_not_looked_at_in_a_cluster),
        REAL(one_node_given_as_a_server_is_refused),
        REAL(a_key_that_has_moved_is_followed),
        REAL(a_key_that_is_on_its_way_is_asked_for_there),
    };
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(without_a_shard_the_others_are_read),
        cmocka_unit_test(a_shard_is_read_from_its_replica_where_one_is_preferred),
        cmocka_unit_test(a_password_is_given_to_every_node),
    };
    return cmocka_run_group_tests(pure, NULL, NULL) +
           cmocka_run_group_tests(real, start, stop) +
           cmocka_run_group_tests(alone, NULL, NULL);
}
