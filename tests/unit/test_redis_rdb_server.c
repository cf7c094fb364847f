/* RDB files that a real redis-server has written, against what that server says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "probes/redis/probes.h"
#include "probes/redis/rdb_open.h"
#include "redis_run.h"
#include "redis_server.h"

static char rdb_path[128];

static int setup(void **state)
{
    struct redis_server *server = malloc(sizeof *server);
    redis_server_start(server, NULL, 0);
    snprintf(rdb_path, sizeof rdb_path, "%s/dump.rdb", server->folder);
    *state = server;
    return 0;
}

static int teardown(void **state)
{
    redis_server_stop(*state);
    free(*state);
    return 0;
}

/* ---- key by key ---- */

static void seed_types(struct redis_server *server)
{
    redis_server_do(server, "SELECT 0");
    redis_server_do(server, "SET text hello");
    redis_server_do(server, "SET integer -12345");
    redis_server_do(server, "SET large 3000000000");
    redis_server_do(server, "SETRANGE holes 100000 x");
    redis_server_do(server, "SET expiring v PXAT 33000000000123");
    redis_server_do(server, "SET %b v", "binary\0name", (size_t)11);
    redis_server_do(server,
                    "SET a_name_long_enough_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa v");
    redis_server_do(server, "RPUSH shortlist a b c");
    redis_server_do(server, "SADD integers 1 2 3 70000");
    redis_server_do(server, "SADD words alpha beta");
    redis_server_do(server, "HSET fields f1 v1 f2 v2 f3 v3");
    redis_server_do(server, "ZADD scores 1.5 a 2 b 3 c inf d");
    redis_server_do(server, "XADD stream 5-1 f v");
    redis_server_do(server, "XADD stream 5-2 f v g w");
    redis_server_do(server, "XGROUP CREATE stream readers 0");
    redis_server_do(server, "XREADGROUP GROUP readers me COUNT 1 STREAMS stream >");
    for (int i = 0; i < 700; i++) {
        redis_server_do(server, "RPUSH longlist entry-number-%d", i);
        redis_server_do(server, "SADD manywords word-number-%d", i);
        redis_server_do(server, "HSET manyfields field-number-%d value-%d", i, i);
        redis_server_do(server, "ZADD manyscores %d.25 member-number-%d", i, i);
    }
    redis_server_do(server, "RPUSH plainlist %s",
                    "a text of more than a node's size is not made here");
    redis_server_do(server, "SELECT 3");
    redis_server_do(server, "SET elsewhere v");
    redis_server_do(server, "SELECT 0");
    redis_server_do(server, "FUNCTION LOAD %s",
                    "#!lua name=lib\nredis.register_function('f',function() end)");
}

/* Valkey 8.1 answers MEMORY USAGE without the name, which it keeps in the object: then
 * there is nothing to compare with. */
static bool server_counts_names(struct redis_server *server)
{
    static const char name[] =
        "a_name_of_one_hundred_and_twenty_bytes_aaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    redis_server_do(server, "SET %s v", name);
    long long memory = redis_server_integer(server, "MEMORY USAGE %s", name);
    redis_server_do(server, "DEL %s", name);
    return memory > (long long)strlen(name);
}

struct against {
    struct redis_server *server;
    bool has_memory; /* MEMORY USAGE tells what a key costs */
    uint64_t database;
    unsigned keys;
};

static long long count_of(struct redis_server *server, const struct wpb_rdb_key *key)
{
    static const char *const commands[] = {
        [WPB_RDB_LIST] = "LLEN", [WPB_RDB_SET] = "SCARD",   [WPB_RDB_ZSET] = "ZCARD",
        [WPB_RDB_HASH] = "HLEN", [WPB_RDB_STREAM] = "XLEN", [WPB_RDB_STRING] = "STRLEN",
    };
    return redis_server_integer(server, "%s %b", commands[key->type], key->name.data,
                                key->name.len);
}

static int check_key(void *cookie, const struct wpb_rdb_key *key)
{
    struct against *against = cookie;
    struct redis_server *server = against->server;

    if (key->database != against->database)
        redis_server_do(server, "SELECT %d", (int)key->database);
    against->database = key->database;
    against->keys++;
    redisReply *type = redis_server_ask(server, "TYPE %b", key->name.data, key->name.len);
    assert_string_equal(wpb_rdb_type_name(key->type), type->str);
    freeReplyObject(type);
    if (key->type == WPB_RDB_STRING)
        assert_int_equal(key->length, count_of(server, key));
    else
        assert_true(key->has_elements);
    if (key->type != WPB_RDB_STRING)
        assert_int_equal(key->elements, count_of(server, key));
    long long expires =
        redis_server_integer(server, "PEXPIRETIME %b", key->name.data, key->name.len);
    assert_int_equal(key->has_expiry ? key->expires_ms : -1, expires);
    long long memory = redis_server_integer(server, "MEMORY USAGE %b SAMPLES 0",
                                            key->name.data, key->name.len);
    long long off = (long long)key->memory_bytes - memory;
    /* A quarter, or the few bytes by which small things differ. */
    if (against->has_memory && llabs(off) > memory / 4 + 32)
        fail_msg("%.*s: %lld bytes estimated, %lld spent", (int)key->name.len,
                 key->name.data, (long long)key->memory_bytes, memory);
    return 0;
}

static void check_file(struct redis_server *server, unsigned keys)
{
    struct against against = {.server = server,
                              .has_memory = server_counts_names(server)};
    struct wpb_rdb_events events = {check_key, NULL, &against};
    struct wpb_rdb_file file;
    struct wpb_rdb_result result;
    struct wpb_err err;

    redis_server_do(server, "SAVE");
    assert_int_equal(wpb_rdb_file_open(&file, rdb_path, &err), 0);
    if (wpb_rdb_walk(&file.source, true, &events, &result, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(result.checksum, WPB_RDB_GOOD);
    assert_int_equal(result.bytes, file.source.size);
    assert_int_equal(against.keys, keys);
    assert_false(wpb_rdb_file_has_changed(&file));
    wpb_rdb_file_close(&file);
    redis_server_do(server, "SELECT 0");
}

static void every_key_is_as_the_server_says(void **state)
{
    struct redis_server *server = *state;
    seed_types(server);
    check_file(server, 19);
    redis_server_do(server, "CONFIG SET rdbcompression no");
    check_file(server, 19);
    redis_server_do(server, "CONFIG SET maxmemory-policy allkeys-lfu");
    check_file(server, 19);
    redis_server_do(server, "CONFIG SET maxmemory-policy allkeys-lru");
    check_file(server, 19);
}

static int note_key(void *cookie, const struct wpb_rdb_key *key)
{
    uint64_t *sums = cookie;
    sums[0]++;
    sums[1] += key->has_idle;
    sums[2] += key->has_freq;
    return 0;
}

static void idle_and_freq_are_there_when_the_policy_keeps_them(void **state)
{
    static const char *const policies[] = {"noeviction", "allkeys-lru", "allkeys-lfu"};
    struct redis_server *server = *state;
    redis_server_do(server, "SET one 1");
    redis_server_do(server, "SET two 2");
    for (size_t i = 0; i < 3; i++) {
        uint64_t sums[3] = {0};
        struct wpb_rdb_events events = {note_key, NULL, sums};
        struct wpb_rdb_file file;
        struct wpb_rdb_result result;
        struct wpb_err err;
        redis_server_do(server, "CONFIG SET maxmemory-policy %s", policies[i]);
        redis_server_do(server, "SAVE");
        assert_int_equal(wpb_rdb_file_open(&file, rdb_path, &err), 0);
        assert_int_equal(wpb_rdb_walk(&file.source, true, &events, &result, &err), 0);
        assert_int_equal(sums[0], 2);
        assert_int_equal(sums[1], i == 1 ? 2 : 0);
        assert_int_equal(sums[2], i == 2 ? 2 : 0);
        wpb_rdb_file_close(&file);
    }
}

static int ignore_key(void *cookie, const struct wpb_rdb_key *key)
{
    (void)cookie;
    (void)key;
    return 0;
}

static void a_file_without_checksum_is_read(void **state)
{
    struct redis_server server;
    struct wpb_rdb_events events = {ignore_key, NULL, NULL};
    struct wpb_rdb_file file;
    struct wpb_rdb_result result;
    struct wpb_err err;
    (void)state;
    redis_server_start(&server, "rdbchecksum no", 0);
    snprintf(rdb_path, sizeof rdb_path, "%s/dump.rdb", server.folder);
    redis_server_do(&server, "SET one 1");
    redis_server_do(&server, "SAVE");
    assert_int_equal(wpb_rdb_file_open(&file, rdb_path, &err), 0);
    assert_int_equal(wpb_rdb_walk(&file.source, true, &events, &result, &err), 0);
    assert_int_equal(result.checksum, WPB_RDB_NONE);
    wpb_rdb_file_close(&file);
    redis_server_stop(&server);
}

/* ---- the probes ---- */

static void put_text(struct redis_server *server, const char *key, size_t len,
                     const char *options)
{
    char *value = malloc(len + 1);
    memset(value, 'v', len);
    value[len] = 0;
    if (*options)
        redis_server_do(server, "SET %s %s EX %s", key, value, options);
    else
        redis_server_do(server, "SET %s %s", key, value);
    free(value);
}

static void put_notoptions(struct redis_server *server, const char *key, unsigned names)
{
    struct wpb_buf value;
    wpb_buf_init(&value, 0);
    wpb_buf_printf(&value, "a:%u:{", names);
    for (unsigned i = 0; i < names; i++)
        wpb_buf_printf(&value, "s:21:\"kestrel_tariff_%06u\";b:1;", i);
    wpb_buf_text(&value, "}");
    redis_server_do(server, "SET %s %b", key, value.data, value.len);
    wpb_buf_fini(&value);
}

static void seed_site(struct redis_server *server, const char *prefix)
{
    static const char *const groups[] = {"posts", "post_meta", "transient", "product_12"};
    char key[96];
    for (int i = 0; i < 400; i++) {
        snprintf(key, sizeof key, "%s%s:%d", prefix, groups[i % 4], i);
        put_text(server, key, (size_t)(i * 37 % 900), i % 3 ? "" : "3000");
    }
    snprintf(key, sizeof key, "%soptions:notoptions", prefix);
    put_notoptions(server, key, 3000);
    snprintf(key, sizeof key, "%soptions:alloptions", prefix);
    put_text(server, key, 30000, "");
    snprintf(key, sizeof key, "%stransient:feed", prefix);
    put_text(server, key, 150000, "7000");
}

static struct wpb_site file_site(const struct redis_server *server)
{
    struct wpb_site site = redis_server_site(server, 0);
    site.rdb_file = rdb_path;
    return site;
}

static void run_probe(struct test_run *run, const struct wpb_probe *probe,
                      const struct wpb_site *site)
{
    struct test_plan plan = {
        .probe = probe, .sites = &site, .site_count = 1, .budget = WPB_BUDGET_FULL};
    test_run_go(run, &plan);
}

/* Each fact that LIVE has about keys and groups, FILE has too, and as many of them. */
static void assert_same(const struct test_run *live, const struct test_run *file,
                        bool has_memory)
{
    size_t compared = 0;
    for (size_t i = 0; i < live->count; i++) {
        const struct test_sample *fact = &live->samples[i];
        if (fact->metric == WPB_M_OWN_HITS || fact->metric == WPB_M_IDLE_SECONDS)
            continue;
        const struct test_sample *same =
            test_run_find(file, fact->kind, fact->name, fact->metric);
        if (!same)
            fail_msg("%s: metric %u is missing", fact->name, fact->metric);
        compared++;
        if (fact->metric == WPB_M_MEMORY_BYTES || fact->metric == WPB_M_TTLLESS_BYTES) {
            long long off = llabs(same->value.integer - fact->value.integer);
            assert_true(!has_memory || off <= fact->value.integer / 20 + 32);
            assert_int_equal(same->provenance, WPB_ESTIMATED);
        } else if (fact->metric >= WPB_M_KEYS_TO_1K &&
                   fact->metric <= WPB_M_KEYS_ABOVE_256K) {
            /* By the model's bytes, a key near a limit may fall on its other side. */
            assert_true(!has_memory ||
                        llabs(same->value.integer - fact->value.integer) <= 5);
            assert_int_equal(same->provenance, WPB_ESTIMATED);
        } else if (fact->metric == WPB_M_TTL_SECONDS) {
            assert_true(llabs(same->value.integer - fact->value.integer) <= 5);
        } else if (fact->value.type == WPB_VALUE_TEXT) {
            assert_true(wpb_slice_equal(same->value.text, fact->value.text));
        } else {
            assert_int_equal(same->value.integer, fact->value.integer);
            assert_int_equal(same->provenance, WPB_EXACT);
        }
    }
    assert_true(compared > 40);
}

static void the_file_tells_what_the_live_pass_tells(void **state)
{
    struct redis_server *server = *state;
    struct test_run live, file;

    seed_site(server, "q7:prod_kx:");
    redis_server_do(server, "SET other:posts:1 v");
    redis_server_do(server, "SELECT 5");
    redis_server_do(server, "SET somebody v EX 1000");
    redis_server_do(server, "SET else v");
    redis_server_do(server, "SELECT 0");
    redis_server_do(server, "SAVE");
    bool has_memory = server_counts_names(server);
    struct wpb_site site = redis_server_site(server, 0), saved = file_site(server);
    for (int has_prefix = 0; has_prefix < 2; has_prefix++) {
        site.has_key_prefix = saved.has_key_prefix = has_prefix;
        site.key_prefix = saved.key_prefix = "q7:prod_kx:";
        site.key_prefix_len = saved.key_prefix_len = strlen(site.key_prefix);
        run_probe(&live, &wpb_probe_redis_keyspace, &site);
        run_probe(&file, &wpb_probe_redis_rdb, &saved);
        assert_int_equal(file.status, WPB_COVERAGE_OK);
        assert_string_equal(file.reason, "");
        assert_int_equal(file.done, 406);
        assert_int_equal(file.total, 406);
        assert_same(&live, &file, has_memory);
        assert_int_equal(
            test_run_integer(&file, WPB_SUBJECT_REDIS_SERVER, "db5", WPB_M_TTLLESS_KEYS),
            1);
        assert_int_equal(
            test_run_integer(&file, WPB_SUBJECT_REDIS_SERVER, "db5", WPB_M_KEYS), 2);
        assert_true(file.cost.bytes_received > 0);
        test_run_free(&live);
        test_run_free(&file);
    }
}

static void the_first_database_with_keys_is_read_when_none_was_named(void **state)
{
    struct redis_server *server = *state;
    struct test_run run;

    redis_server_do(server, "SELECT 2");
    redis_server_do(server, "SET wp:posts:1 v");
    redis_server_do(server, "SAVE");
    struct wpb_site site = file_site(server);
    run_probe(&run, &wpb_probe_redis_rdb, &site);
    assert_string_equal(run.reason,
                        "database 0 of the file has no keys, database 2 has 1");
    test_run_free(&run);
    site.has_redis = false;
    run_probe(&run, &wpb_probe_redis_rdb, &site);
    assert_string_equal(run.reason, "");
    assert_int_equal(test_run_integer(&run, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_KEYS),
                     1);
    test_run_free(&run);
}

static void look_into(struct test_run *run, const struct wpb_probe *probe,
                      const struct wpb_site *site, const char *scope, const char *name,
                      uint64_t byte_cap)
{
    struct wpb_subject subject = {.kind = WPB_SUBJECT_REDIS_KEY,
                                  .scope = wpb_slice_cstr(scope),
                                  .name = wpb_slice_cstr(name)};
    struct wpb_request request = {&subject, "a test", byte_cap, NULL};
    struct test_plan plan = {.probe = probe,
                             .sites = &site,
                             .site_count = 1,
                             .requests = &request,
                             .request_count = 1};
    test_run_go(run, &plan);
}

static void a_value_of_the_file_is_examined_as_the_live_one(void **state)
{
    static const char key[] = "q7:prod_kx:options:notoptions";
    struct redis_server *server = *state;
    struct wpb_site site = redis_server_site(server, 0), saved = file_site(server);
    struct test_run live, file;
    char scope[200];

    seed_site(server, "q7:prod_kx:");
    redis_server_do(server, "SAVE");
    snprintf(scope, sizeof scope, "rdb://%s?db=0", rdb_path);
    look_into(&live, &wpb_probe_redis_value, &site, "", key, UINT64_MAX);
    look_into(&file, &wpb_probe_redis_rdb_value, &saved, scope, key, UINT64_MAX);
    assert_int_equal(file.status, WPB_COVERAGE_OK);
    assert_int_equal(file.done, 1);
    assert_true(live.count > 8);
    assert_int_equal(live.count, file.count);
    for (size_t i = 0; i < live.count; i++) {
        const struct test_sample *a = &live.samples[i], *b = &file.samples[i];
        assert_int_equal(a->metric, b->metric);
        assert_string_equal(a->name, b->name);
        if (a->metric != WPB_M_MEMORY_BYTES)
            assert_int_equal(a->value.integer, b->value.integer);
        assert_int_equal(b->provenance,
                         a->metric == WPB_M_MEMORY_BYTES ? WPB_ESTIMATED : a->provenance);
    }
    assert_string_equal(file.samples[0].scope, scope);
    test_run_free(&live);
    test_run_free(&file);

    look_into(&file, &wpb_probe_redis_rdb_value, &saved, scope, key, 5000);
    assert_int_equal(test_run_integer(&file, WPB_SUBJECT_REDIS_KEY, key,
                                      WPB_M_EXAMINED_BYTES) < 100000,
                     1);
    assert_non_null(test_run_find(&file, WPB_SUBJECT_REDIS_KEY, key, WPB_M_FLAW));
    test_run_free(&file);
}

static void a_key_that_the_file_has_not_is_absent(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = file_site(server);
    struct test_run run;
    char scope[200];

    redis_server_do(server, "SET here v");
    redis_server_do(server, "RPUSH list a b c");
    redis_server_do(server, "SAVE");
    snprintf(scope, sizeof scope, "rdb://%s?db=0", rdb_path);
    look_into(&run, &wpb_probe_redis_rdb_value, &site, scope, "gone", 1000);
    assert_int_equal(test_run_integer(&run, WPB_SUBJECT_REDIS_KEY, "gone", WPB_M_PRESENT),
                     0);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    test_run_free(&run);
    snprintf(scope, sizeof scope, "rdb://%s?db=7", rdb_path);
    look_into(&run, &wpb_probe_redis_rdb_value, &site, scope, "here", 1000);
    assert_int_equal(test_run_integer(&run, WPB_SUBJECT_REDIS_KEY, "here", WPB_M_PRESENT),
                     0);
    test_run_free(&run);
    snprintf(scope, sizeof scope, "rdb://%s?db=0", rdb_path);
    look_into(&run, &wpb_probe_redis_rdb_value, &site, scope, "list", 1000);
    assert_string_equal(
        test_run_text(&run, WPB_SUBJECT_REDIS_KEY, "list", WPB_M_ENCODING), "list");
    assert_int_equal(test_run_integer(&run, WPB_SUBJECT_REDIS_KEY, "list", WPB_M_ENTRIES),
                     3);
    test_run_free(&run);
}

static void a_damaged_file_keeps_what_was_counted(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = file_site(server);
    struct test_run run;
    struct wpb_rdb_file file;
    struct wpb_err err;

    seed_site(server, "wp:");
    redis_server_do(server, "SAVE");
    assert_int_equal(wpb_rdb_file_open(&file, rdb_path, &err), 0);
    assert_int_equal(truncate(rdb_path, (off_t)file.source.size - 100), 0);
    wpb_rdb_file_close(&file);
    run_probe(&run, &wpb_probe_redis_rdb, &site);
    assert_int_equal(run.status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(run.reason, "at byte "));
    assert_true(run.done > 0);
    assert_int_equal(
        test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_KEYS)->provenance,
        WPB_ESTIMATED);
    test_run_free(&run);

    assert_int_equal(truncate(rdb_path, 20), 0);
    run_probe(&run, &wpb_probe_redis_rdb, &site);
    assert_int_equal(run.status, WPB_COVERAGE_UNAVAILABLE);
    assert_int_equal(run.count, 0);
    test_run_free(&run);
}

static void a_file_that_cannot_be_opened_is_named(void **state)
{
    struct wpb_rdb_file file;
    struct wpb_err err;
    (void)state;
    assert_int_equal(wpb_rdb_file_open(&file, "/nowhere/dump.rdb", &err), -1);
    assert_int_equal(err.code, WPB_E_NOT_FOUND);
    assert_string_equal(err.message,
                        "cannot open /nowhere/dump.rdb: No such file or directory");
    assert_int_equal(wpb_rdb_file_open(&file, "/dev/zero", &err), -1);
    assert_string_equal(err.message, "/dev/zero is no regular file");
    wpb_rdb_file_close(&file);
}

#define SERVER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(every_key_is_as_the_server_says),
        SERVER_TEST(idle_and_freq_are_there_when_the_policy_keeps_them),
        cmocka_unit_test(a_file_without_checksum_is_read),
        SERVER_TEST(the_file_tells_what_the_live_pass_tells),
        SERVER_TEST(the_first_database_with_keys_is_read_when_none_was_named),
        SERVER_TEST(a_value_of_the_file_is_examined_as_the_live_one),
        SERVER_TEST(a_key_that_the_file_has_not_is_absent),
        SERVER_TEST(a_damaged_file_keeps_what_was_counted),
        cmocka_unit_test(a_file_that_cannot_be_opened_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
