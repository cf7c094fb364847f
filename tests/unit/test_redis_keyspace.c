#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "probes/redis/idle.h"
#include "probes/redis/probes.h"
#include "probes/redis/reply.h"
#include "redis_peer.h"
#include "redis_run.h"
#include "redis_server.h"

#define PREFIX "q7:prod_kx:"

static void set(struct redis_server *server, struct wpb_slice key, size_t len)
{
    char *value = malloc(len + 1);
    memset(value, 'v', len);
    redis_server_do(server, "SET %b %b", key.data, key.len, value, len);
    free(value);
}

static void set_text(struct redis_server *server, const char *key, size_t len)
{
    set(server, wpb_slice_cstr(key), len);
}

/* COUNT keys PREFIX<i> of LEN bytes each, every other one with a TTL if WITH_TTL. */
static void fill(struct redis_server *server, const char *prefix, size_t count,
                 size_t len, bool with_ttl)
{
    struct wpb_buf resp;
    char *value = malloc(len + 1);

    memset(value, 'v', len);
    wpb_buf_init(&resp, 0);
    for (size_t i = 0; i < count; i++) {
        char key[200];
        int n = snprintf(key, sizeof key, "%s%zu", prefix, i);
        struct wpb_slice words[] = {WPB_SLICE("SET"), wpb_slice_of(key, (size_t)n),
                                    wpb_slice_of(value, len), WPB_SLICE("EX"),
                                    WPB_SLICE("9000")};
        wpb_resp_command(&resp, words, with_ttl && i % 2 ? 5 : 3);
    }
    redis_server_pipe(server, resp.data, resp.len, count);
    wpb_buf_fini(&resp);
    free(value);
}

static struct wpb_site with_prefix(struct wpb_site site, const char *prefix)
{
    site.flavour = WPB_FLAVOUR_REDIS_CACHE;
    site.has_key_prefix = true;
    site.key_prefix = prefix;
    site.key_prefix_len = strlen(prefix);
    return site;
}

static struct wpb_site site_of(const struct redis_server *server)
{
    return with_prefix(redis_server_site(server, 0), PREFIX);
}

static void scan(struct test_run *run, const struct wpb_site *site,
                 enum wpb_budget budget)
{
    struct test_plan plan = {.probe = &wpb_probe_redis_keyspace,
                             .sites = &site,
                             .site_count = 1,
                             .budget = budget};
    test_run_go(run, &plan);
}

static int64_t group(const struct test_run *run, const char *name, enum wpb_metric metric)
{
    return test_run_integer(run, WPB_SUBJECT_REDIS_GROUP, name, metric);
}

static int64_t key(const struct test_run *run, const char *name, enum wpb_metric metric)
{
    return test_run_integer(run, WPB_SUBJECT_REDIS_KEY, name, metric);
}

static int64_t database(const struct test_run *run, enum wpb_metric metric)
{
    return test_run_integer(run, WPB_SUBJECT_REDIS_SERVER, "db0", metric);
}

static void expect_reason(const struct test_run *run, enum wpb_coverage_status status,
                          const char *words)
{
    if (!strstr(run->reason, words))
        fail_msg("\"%s\" does not say \"%s\"", run->reason, words);
    assert_int_equal(run->status, status);
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

/* ---- what is counted ---- */

static void a_pass_counts_every_key_in_its_group(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    fill(server, PREFIX "posts:", 700, 40, false);
    set_text(server, PREFIX "product_12:meta", 10);
    set_text(server, PREFIX "product_13:meta", 10);
    redis_server_do(server, "SET " PREFIX "transient:feed_1 x EX 3000");
    set_text(server, "other:posts:1", 5);
    for (enum wpb_budget b = WPB_BUDGET_LOW; b <= WPB_BUDGET_FULL; b++) {
        scan(&run, &site, b);
        assert_string_equal(run.reason, "");
        assert_int_equal(run.status, WPB_COVERAGE_OK);
        assert_int_equal(run.done, 704);
        assert_int_equal(run.total, 704);
        assert_int_equal(group(&run, "posts", WPB_M_KEYS), 700);
        assert_int_equal(group(&run, "posts", WPB_M_TTLLESS_KEYS), 700);
        assert_int_equal(group(&run, "product_<n>", WPB_M_KEYS), 2);
        assert_int_equal(group(&run, "transient", WPB_M_TTLLESS_KEYS), 0);
        assert_int_equal(group(&run, "<not this site>", WPB_M_KEYS), 1);
        assert_int_equal(database(&run, WPB_M_TTLLESS_KEYS), 703);
        assert_int_equal(database(&run, WPB_M_KEYS), 704);
        /* Each by PTTL, one in twenty by OBJECT IDLETIME. */
        assert_int_equal(database(&run, WPB_M_OWN_HITS), 704 + 704 / 20);
        test_run_free(&run);
    }
}

static void sums_agree_with_the_server(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;
    int64_t bytes = 0, ttlless = 0, names = 0;

    fill(server, PREFIX "posts:", 50, 300, true);
    for (int i = 0; i < 50; i++) {
        int64_t n = redis_server_integer(server, "MEMORY USAGE " PREFIX "posts:%d", i);
        bytes += n;
        ttlless += i % 2 ? 0 : n;
        names += (int64_t)strlen(PREFIX "posts:") + (i < 10 ? 1 : 2);
    }
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_int_equal(group(&run, "posts", WPB_M_MEMORY_BYTES), bytes);
    assert_int_equal(group(&run, "posts", WPB_M_TTLLESS_BYTES), ttlless);
    assert_int_equal(database(&run, WPB_M_MEMORY_BYTES), bytes);
    assert_int_equal(database(&run, WPB_M_NAME_BYTES), names);
    test_run_free(&run);
}

static void an_empty_database_is_read(void **state)
{
    struct wpb_site site = site_of(*state);
    struct test_run run;

    scan(&run, &site, WPB_BUDGET_NORMAL);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(run.done, 0);
    assert_int_equal(database(&run, WPB_M_KEYS), 0);
    test_run_free(&run);
}

static void the_largest_keys_are_posted_with_ttl_and_group(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    const struct wpb_site *sites = &site;
    struct test_plan plan = {.probe = &wpb_probe_redis_keyspace,
                             .sites = &sites,
                             .site_count = 1,
                             .budget = WPB_BUDGET_FULL,
                             .top = 2};
    struct test_run run;

    fill(server, PREFIX "posts:", 300, 50, false);
    set_text(server, PREFIX "post_meta:1", 200000);
    set_text(server, PREFIX "post_meta:2", 100000);
    redis_server_do(server, "EXPIRE " PREFIX "post_meta:2 5000");
    set_text(server, PREFIX "post_meta:3", 50000);
    test_run_go(&run, &plan);
    assert_true(key(&run, PREFIX "post_meta:1", WPB_M_MEMORY_BYTES) > 200000);
    assert_int_equal(key(&run, PREFIX "post_meta:1", WPB_M_TTL_SECONDS), -1);
    assert_in_range(key(&run, PREFIX "post_meta:2", WPB_M_TTL_SECONDS), 4990, 5000);
    assert_string_equal(
        test_run_text(&run, WPB_SUBJECT_REDIS_KEY, PREFIX "post_meta:2", WPB_M_GROUP),
        "post_meta");
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_KEY, PREFIX "post_meta:3",
                              WPB_M_MEMORY_BYTES));
    test_run_free(&run);
}

static void keys_with_a_role_are_posted_however_small(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    const struct wpb_site *sites = &site;
    struct test_plan plan = {.probe = &wpb_probe_redis_keyspace,
                             .sites = &sites,
                             .site_count = 1,
                             .budget = WPB_BUDGET_FULL,
                             .top = 1};
    struct test_run run;

    fill(server, PREFIX "posts:", 100, 5000, false);
    set_text(server, PREFIX "options:notoptions", 20);
    set_text(server, PREFIX "options:alloptions", 30);
    redis_server_do(server, "ZADD " PREFIX "redis-cache:metrics 1 a");
    test_run_go(&run, &plan);
    assert_string_equal(test_run_text(&run, WPB_SUBJECT_REDIS_KEY,
                                      PREFIX "options:notoptions", WPB_M_KEY_ROLE),
                        "notoptions");
    assert_int_equal(key(&run, PREFIX "options:notoptions", WPB_M_TTL_SECONDS), -1);
    assert_true(key(&run, PREFIX "options:alloptions", WPB_M_MEMORY_BYTES) > 0);
    assert_string_equal(test_run_text(&run, WPB_SUBJECT_REDIS_KEY,
                                      PREFIX "redis-cache:metrics", WPB_M_KEY_ROLE),
                        "metrics");
    test_run_free(&run);
}

static void a_ttl_beyond_32_bits_is_whole(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    redis_server_do(server, "SET " PREFIX "transient:long x EX 20000000000");
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_true(key(&run, PREFIX "transient:long", WPB_M_TTL_SECONDS) > 19999999000);
    test_run_free(&run);
}

static void groups_beyond_the_bound_go_to_other(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;
    int64_t keys = 0;
    size_t groups = 0;

    for (int i = 0; i < 1500; i++) {
        char name[96];
        /* Letters only: digits would be folded into one group. */
        snprintf(name, sizeof name, PREFIX "g%c%c%c:x", 'a' + i % 26, 'a' + i / 26 % 26,
                 'a' + i / 676);
        set_text(server, name, 5);
    }
    scan(&run, &site, WPB_BUDGET_FULL);
    for (size_t i = 0; i < run.count; i++) {
        if (run.samples[i].kind == WPB_SUBJECT_REDIS_GROUP &&
            run.samples[i].metric == WPB_M_KEYS) {
            keys += run.samples[i].value.integer;
            groups++;
        }
    }
    assert_int_equal(groups, 1025);
    assert_int_equal(keys, 1500);
    assert_int_equal(group(&run, "<other>", WPB_M_KEYS), 1500 - 1024);
    test_run_free(&run);
}

/* ---- prefixes ---- */

static void a_prefix_is_learnt_from_the_shape(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = redis_server_site(server, 0);
    struct test_run run;

    set_text(server, PREFIX "options:notoptions", 20);
    set_text(server, PREFIX "options:alloptions", 20);
    fill(server, PREFIX "posts:", 30, 20, false);
    fill(server, "session:abc:", 7, 20, false);
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_string_equal(run.reason, "");
    assert_string_equal(
        test_run_text(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_KEY_PREFIX), PREFIX);
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 30);
    assert_int_equal(group(&run, "options", WPB_M_KEYS), 2);
    assert_int_equal(group(&run, "<not this site>", WPB_M_KEYS), 7);
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_KEY, "session:abc:1", WPB_M_MEMORY_BYTES));
    test_run_free(&run);
}

static void two_candidates_are_named_and_none_is_chosen(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = redis_server_site(server, 0);
    struct test_run run;

    set_text(server, "one:options:notoptions", 20);
    set_text(server, "two:options:alloptions", 20);
    fill(server, "one:posts:", 3, 20, false);
    fill(server, "two:posts:", 4, 20, false);
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_non_null(strstr(run.reason, "\"one:\""));
    assert_non_null(strstr(run.reason, "\"two:\""));
    assert_non_null(strstr(run.reason, "--prefix"));
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_KEY_PREFIX));
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 7);
    test_run_free(&run);
}

static void the_votes_of_the_keys_are_told(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = redis_server_site(server, 0);
    struct test_run run;

    set_text(server, PREFIX "options:notoptions", 20);
    fill(server, PREFIX "posts:", 30, 20, false);
    fill(server, PREFIX "users:", 5, 20, false);
    fill(server, "posts:", 2, 20, false);
    fill(server, "laravel_cache:", 7, 20, false);
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_string_equal(
        test_run_text(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_SHAPE_VOTES),
        "36 keys vote redis-cache, 2 wp-redis");
    test_run_free(&run);
}

static void w3tc_and_litespeed_show_their_prefix(void **state)
{
    static const struct {
        const char *proof, *posts, *prefix, *votes;
    } rows[] = {
        {"w3tc_77_h_0_object_0optionsnotoptions", "w3tc_77_h_0_object_0posts", "w3tc_77_",
         "5 keys vote w3-total-cache"},
        {"0a1b2options.notoptions", "0a1b2posts.", "0a1b2",
         "5 keys vote litespeed-cache"},
    };
    struct redis_server *server = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wpb_site site = redis_server_site(server, 0);
        struct test_run run;

        redis_server_do(server, "FLUSHALL");
        set_text(server, rows[i].proof, 20);
        fill(server, rows[i].posts, 4, 20, false);
        fill(server, "laravel:cache:", 7, 20, false);
        scan(&run, &site, WPB_BUDGET_FULL);
        assert_string_equal(run.reason, "");
        assert_string_equal(
            test_run_text(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_KEY_PREFIX),
            rows[i].prefix);
        assert_string_equal(
            test_run_text(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_SHAPE_VOTES),
            rows[i].votes);
        assert_int_equal(group(&run, "posts", WPB_M_KEYS), 4);
        assert_int_equal(group(&run, "<not this site>", WPB_M_KEYS), 7);
        test_run_free(&run);
    }
}

static void a_known_neighbour_does_not_vote(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site known = with_prefix(redis_server_site(server, 0), "one:");
    struct wpb_site unknown = redis_server_site(server, 0);
    const struct wpb_site *sites[] = {&known, &unknown};
    struct test_plan plan = {.probe = &wpb_probe_redis_keyspace,
                             .sites = sites,
                             .site_count = 2,
                             .budget = WPB_BUDGET_FULL};
    struct test_run run;

    unknown.name = "unknown";
    set_text(server, "one:options:notoptions", 20);
    set_text(server, "two:options:notoptions", 20);
    fill(server, "one:posts:", 3, 20, false);
    fill(server, "two:posts:", 4, 20, false);
    test_run_go(&run, &plan);
    assert_string_equal(run.reason, "");
    assert_string_equal(
        test_run_text(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_KEY_PREFIX), "two:");
    assert_int_equal(
        test_run_find_site(&run, &known, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_KEYS)
            ->value.integer,
        3);
    assert_int_equal(
        test_run_find_site(&run, &unknown, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_KEYS)
            ->value.integer,
        4);
    assert_int_equal(test_run_find_site(&run, &known, WPB_SUBJECT_REDIS_GROUP,
                                        "<not this site>", WPB_M_KEYS)
                         ->value.integer,
                     5);
    test_run_free(&run);
}

static void a_prefix_that_no_key_carries_is_told(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = with_prefix(redis_server_site(server, 0), "wrong:");
    struct test_run run;

    set_text(server, PREFIX "posts:1", 20);
    scan(&run, &site, WPB_BUDGET_FULL);
    expect_reason(&run, WPB_COVERAGE_OK, "no key carries the prefix");
    test_run_free(&run);
}

/* ---- hostile names ---- */

static void hostile_names_are_counted_and_kept_whole(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    static char large[65536];
    static const struct wpb_slice names[] = {
        WPB_SLICE(PREFIX "posts:new\r\nline"),
        WPB_SLICE(PREFIX "posts:\x1b[2J\x1b]0;x\a"),
        WPB_SLICE(PREFIX "posts:nul\0nul"),
        WPB_SLICE(PREFIX "posts:\xff\xfe\xc0"),
        WPB_SLICE(PREFIX "useremail:a@example.test"),
        WPB_SLICE("*3\r\n$3\r\nSET\r\n"),
        WPB_SLICE(""),
    };
    struct test_run run;

    memset(large, 'L', sizeof large);
    memcpy(large, PREFIX "posts:", strlen(PREFIX "posts:"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        set(server, names[i], 20000);
    set(server, wpb_slice_of(large, sizeof large), 300000);
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(run.done, 8);
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 5);
    size_t with_nul = 0, whole = 0;
    for (size_t i = 0; i < run.count; i++) {
        const struct test_sample *s = &run.samples[i];
        if (s->kind != WPB_SUBJECT_REDIS_KEY || s->metric != WPB_M_MEMORY_BYTES)
            continue;
        with_nul += s->name_len == names[2].len &&
                    memcmp(s->name, names[2].data, s->name_len) == 0;
        whole += s->name_len == sizeof large;
    }
    assert_int_equal(with_nul, 1);
    assert_int_equal(whole, 1);
    test_run_free(&run);
}

static void a_database_of_long_names_fits_the_reply_bound(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    static char name[65536];
    struct test_run run;

    memset(name, 'n', sizeof name);
    for (int i = 0; i < 300; i++) {
        snprintf(name, 16, "%d", i);
        set(server, wpb_slice_of(name, sizeof name), 5);
    }
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(run.done, 300);
    test_run_free(&run);
}

/* ---- what is denied or lost ---- */

static void use(struct wpb_site *site, struct redis_server *server, const char *rules)
{
    redis_server_do(server, "ACL SETUSER limited reset");
    redisReply *reply = NULL;
    char command[256];
    snprintf(command, sizeof command, "ACL SETUSER limited on >pw %s", rules);
    reply = redis_server_ask(server, command);
    freeReplyObject(reply);
    site->redis.user = "limited";
    site->redis.password = "pw";
}

static void a_denied_scan_is_unavailable(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    set_text(server, PREFIX "posts:1", 20);
    use(&site, server, "~* +@all -scan");
    scan(&run, &site, WPB_BUDGET_NORMAL);
    expect_reason(&run, WPB_COVERAGE_UNAVAILABLE, "SCAN");
    assert_int_equal(run.count, 0);
    test_run_free(&run);
}

static void without_memory_keys_are_still_counted(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    fill(server, PREFIX "posts:", 500, 20, true);
    set_text(server, PREFIX "options:notoptions", 20);
    use(&site, server, "~* +@all -memory");
    scan(&run, &site, WPB_BUDGET_FULL);
    expect_reason(&run, WPB_COVERAGE_PARTIAL, "+memory|usage");
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 500);
    assert_int_equal(group(&run, "posts", WPB_M_TTLLESS_KEYS), 250);
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_MEMORY_BYTES));
    assert_int_equal(key(&run, PREFIX "options:notoptions", WPB_M_TTL_SECONDS), -1);
    test_run_free(&run);
}

static void without_pttl_sizes_are_still_known(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    fill(server, PREFIX "posts:", 500, 20, true);
    use(&site, server, "~* +@all -pttl");
    scan(&run, &site, WPB_BUDGET_FULL);
    expect_reason(&run, WPB_COVERAGE_PARTIAL, "+pttl");
    assert_int_equal(run.done, 500);
    assert_true(group(&run, "posts", WPB_M_MEMORY_BYTES) > 500 * 20);
    assert_null(
        test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_TTLLESS_KEYS));
    assert_int_equal(run.cost.keyspace_hits, 500 / 20);
    test_run_free(&run);
}

static void without_both_names_are_still_counted(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    fill(server, PREFIX "posts:", 500, 20, true);
    use(&site, server, "~* +@all -pttl -memory -dbsize");
    scan(&run, &site, WPB_BUDGET_NORMAL);
    expect_reason(&run, WPB_COVERAGE_PARTIAL, "+pttl");
    expect_reason(&run, WPB_COVERAGE_PARTIAL, "+memory|usage");
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 500);
    test_run_free(&run);
}

static void keys_outside_the_acl_are_told(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    fill(server, PREFIX "posts:", 20, 20, false);
    fill(server, "secret:posts:", 5, 20, false);
    use(&site, server, "~" PREFIX "* +@all");
    scan(&run, &site, WPB_BUDGET_FULL);
    expect_reason(&run, WPB_COVERAGE_PARTIAL,
                  "5 keys are outside the ACL's key patterns");
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 20);
    test_run_free(&run);
}

static void a_renamed_command_is_told(void **state)
{
    struct redis_server server;
    struct test_run run;
    (void)state;

    redis_server_start(&server, "rename-command MEMORY \"\"\n", 0);
    struct wpb_site site = site_of(&server);
    fill(&server, PREFIX "posts:", 20, 20, false);
    scan(&run, &site, WPB_BUDGET_FULL);
    expect_reason(&run, WPB_COVERAGE_PARTIAL, "unknown command");
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 20);
    test_run_free(&run);
    redis_server_stop(&server);
    redis_server_start(&server, "rename-command SCAN hidden\n", 0);
    site = site_of(&server);
    scan(&run, &site, WPB_BUDGET_FULL);
    expect_reason(&run, WPB_COVERAGE_UNAVAILABLE, "renamed, disabled, or unknown");
    test_run_free(&run);
    redis_server_stop(&server);
}

static void kill_it(void *cookie)
{
    redis_server_kill(cookie);
}

static void flush_it(void *cookie)
{
    redis_server_do(cookie, "FLUSHALL");
}

static void pass_with(struct test_run *run, struct redis_server *server,
                      void (*then)(void *cookie))
{
    struct wpb_site site = site_of(server);
    const struct wpb_site *sites = &site;
    struct test_plan plan = {.probe = &wpb_probe_redis_keyspace,
                             .sites = &sites,
                             .site_count = 1,
                             .budget = WPB_BUDGET_NORMAL,
                             .when_done = 500,
                             .then = then,
                             .cookie = server};
    fill(server, PREFIX "posts:", 5000, 20, false);
    test_run_go(run, &plan);
}

static void a_server_killed_in_the_pass_leaves_what_was_counted(void **state)
{
    struct test_run run;

    pass_with(&run, *state, kill_it);
    assert_int_equal(run.status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(run.reason, "broke"));
    assert_true(group(&run, "posts", WPB_M_KEYS) >= 500);
    assert_int_equal(
        test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_KEYS)->provenance,
        WPB_ESTIMATED);
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_KEYS));
    test_run_free(&run);
}

static void a_flush_in_the_pass_is_noticed(void **state)
{
    struct test_run run;

    pass_with(&run, *state, flush_it);
    expect_reason(&run, WPB_COVERAGE_PARTIAL, "(a flush?)");
    assert_true(group(&run, "posts", WPB_M_KEYS) >= 500);
    test_run_free(&run);
}

static void a_cancelled_pass_keeps_what_it_counted(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    const struct wpb_site *sites = &site;
    struct test_plan plan = {.probe = &wpb_probe_redis_keyspace,
                             .sites = &sites,
                             .site_count = 1,
                             .budget = WPB_BUDGET_LOW,
                             .cancel_after_ms = 300};
    struct test_run run;

    fill(server, PREFIX "posts:", 5000, 20, false);
    test_run_go(&run, &plan);
    expect_reason(&run, WPB_COVERAGE_PARTIAL, "stopped before its end");
    assert_true(run.done > 0 && run.done < 5000);
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), run.done);
    test_run_free(&run);
}

static void a_scan_without_a_cursor_is_refused(void **state)
{
    struct peer_line lines[] = {
        {":1\r\n", PEER_GO_ON, 0},
        {"*2\r\n$2\r\n-1\r\n*1\r\n$1\r\nk\r\n", PEER_HANG, 0},
    };
    struct redis_peer peer;
    struct test_run run;
    (void)state;
    redis_peer_start(&peer, lines, 2, 0);
    struct wpb_site site = redis_peer_site(&peer);
    scan(&run, &site, WPB_BUDGET_FULL);
    redis_peer_stop(&peer);
    expect_reason(&run, WPB_COVERAGE_UNAVAILABLE, "no usable cursor");
    test_run_free(&run);
}

/* ---- large databases: one TTL in sixteen ---- */

static void above_the_bound_ttls_are_sampled_and_heavy_keys_asked(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    fill(server, PREFIX "posts:", 240000, 20, true);
    fill(server, PREFIX "transient:", 10, 20000, true);
    set_text(server, PREFIX "options:notoptions", 20);
    scan(&run, &site, WPB_BUDGET_FULL);
    assert_string_equal(run.reason, "");
    assert_int_equal(run.done, 240011);
    assert_int_equal(group(&run, "posts", WPB_M_KEYS), 240000);
    const struct test_sample *ttlless =
        test_run_find(&run, WPB_SUBJECT_REDIS_GROUP, "posts", WPB_M_TTLLESS_KEYS);
    assert_int_equal(ttlless->provenance, WPB_ESTIMATED);
    /* 15,000 asked, half of them without: five standard errors are 2 %. */
    assert_in_range(ttlless->value.integer, 117500, 122500);
    assert_int_equal(group(&run, "transient", WPB_M_TTLLESS_KEYS), 5);
    assert_int_equal(key(&run, PREFIX "transient:0", WPB_M_TTL_SECONDS), -1);
    assert_true(key(&run, PREFIX "transient:1", WPB_M_TTL_SECONDS) > 8000);
    assert_int_equal(key(&run, PREFIX "options:notoptions", WPB_M_TTL_SECONDS), -1);
    /* INFO counts those exactly: no estimate beside it. */
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_TTLLESS_KEYS));
    assert_true(run.cost.keyspace_hits < 240011 / 15 + WPB_IDLE_SAMPLES_MAX);
    test_run_free(&run);
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        REAL(a_pass_counts_every_key_in_its_group),
        REAL(sums_agree_with_the_server),
        REAL(an_empty_database_is_read),
        REAL(the_largest_keys_are_posted_with_ttl_and_group),
        REAL(keys_with_a_role_are_posted_however_small),
        REAL(a_ttl_beyond_32_bits_is_whole),
        REAL(groups_beyond_the_bound_go_to_other),
        REAL(a_prefix_is_learnt_from_the_shape),
        REAL(two_candidates_are_named_and_none_is_chosen),
        REAL(the_votes_of_the_keys_are_told),
        REAL(w3tc_and_litespeed_show_their_prefix),
        REAL(a_known_neighbour_does_not_vote),
        REAL(a_prefix_that_no_key_carries_is_told),
        REAL(hostile_names_are_counted_and_kept_whole),
        REAL(a_database_of_long_names_fits_the_reply_bound),
        REAL(a_denied_scan_is_unavailable),
        REAL(without_memory_keys_are_still_counted),
        REAL(without_pttl_sizes_are_still_known),
        REAL(without_both_names_are_still_counted),
        REAL(keys_outside_the_acl_are_told),
        cmocka_unit_test(a_renamed_command_is_told),
        REAL(a_server_killed_in_the_pass_leaves_what_was_counted),
        REAL(a_flush_in_the_pass_is_noticed),
        REAL(a_cancelled_pass_keeps_what_it_counted),
        cmocka_unit_test(a_scan_without_a_cursor_is_refused),
        REAL(above_the_bound_ttls_are_sampled_and_heavy_keys_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
