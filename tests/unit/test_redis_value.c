#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/buf.h"
#include "probes/redis/probes.h"
#include "redis_peer.h"
#include "redis_run.h"
#include "redis_server.h"

#define PREFIX "q7:prod_kx:"
#define NOTOPTIONS PREFIX "options:notoptions"

static struct wpb_site site_of(const struct redis_server *server)
{
    struct wpb_site site = redis_server_site(server, 0);
    site.flavour = WPB_FLAVOUR_REDIS_CACHE;
    site.has_key_prefix = true;
    site.key_prefix = PREFIX;
    site.key_prefix_len = strlen(PREFIX);
    site.php_version = 80200;
    site.memory_limit_bytes = 128u << 20;
    return site;
}

/* Examine KEY, reading at most CAP bytes. */
static void examine_slice(struct test_run *run, const struct wpb_site *site,
                          struct wpb_slice key, uint64_t cap)
{
    struct wpb_subject subject = {
        .kind = WPB_SUBJECT_REDIS_KEY, .scope = {"x", 1}, .name = key};
    struct wpb_request request = {&subject, "a test", cap, NULL};
    struct test_plan plan = {.probe = &wpb_probe_redis_value,
                             .sites = &site,
                             .site_count = 1,
                             .requests = &request,
                             .request_count = 1};
    test_run_go(run, &plan);
}

static void examine(struct test_run *run, const struct wpb_site *site, const char *key,
                    uint64_t cap)
{
    examine_slice(run, site, wpb_slice_cstr(key), cap);
}

static int64_t integer(const struct test_run *run, const char *key,
                       enum wpb_metric metric)
{
    return test_run_integer(run, WPB_SUBJECT_REDIS_KEY, key, metric);
}

static const char *text(const struct test_run *run, const char *key,
                        enum wpb_metric metric)
{
    return test_run_text(run, WPB_SUBJECT_REDIS_KEY, key, metric);
}

static void set(struct redis_server *server, const char *key, struct wpb_slice value)
{
    redis_server_do(server, "SET %s %b", key, value.data, value.len);
}

/* COUNT names, nine in ten of them of one family. */
static void add_notoptions(struct wpb_buf *out, int count)
{
    wpb_buf_printf(out, "a:%d:{", count);
    for (int i = 0; i < count; i++) {
        char name[64];
        int len = i % 10 == 0
                      ? snprintf(name, sizeof name, "plain_option_%d", i)
                      : snprintf(name, sizeof name, "kestrel_tariff_v2_%08x%08x",
                                 (unsigned)i * 2654435761u, (unsigned)i * 40503u + 77u);
        wpb_buf_printf(out, "s:%d:\"%s\";b:1;", len, name);
    }
    wpb_buf_char(out, '}');
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

static void notoptions_is_read_whole_and_its_families_named(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;
    struct wpb_buf value;

    wpb_buf_init(&value, 0);
    add_notoptions(&value, 30000); /* above 1 MB: several chunks, decoded on a thread */
    set(server, NOTOPTIONS, wpb_buf_view(&value));
    examine(&run, &site, NOTOPTIONS, 16 << 20);
    assert_string_equal(run.reason, "");
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(run.done, 1);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_PRESENT), 1);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_VALUE_BYTES), value.len);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_EXAMINED_BYTES), value.len);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_ENTRIES), 30000);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_TTL_SECONDS), -1);
    assert_string_equal(text(&run, NOTOPTIONS, WPB_M_ENCODING), "serialize");
    assert_string_equal(text(&run, NOTOPTIONS, WPB_M_KEY_ROLE), "notoptions");
    assert_string_equal(text(&run, NOTOPTIONS, WPB_M_GROUP), "options");
    assert_true(integer(&run, NOTOPTIONS, WPB_M_PHP_READ_PEAK_BYTES) >
                integer(&run, NOTOPTIONS, WPB_M_PHP_VALUE_BYTES));
    assert_true(integer(&run, NOTOPTIONS, WPB_M_FAILS_AT_BYTES) > (int64_t)value.len);
    const struct test_sample *names = test_run_find(
        &run, WPB_SUBJECT_OPTION_FAMILY, "kestrel_tariff_v2_<hex>", WPB_M_NAMES);
    assert_non_null(names);
    assert_true(names->value.integer > 26000);
    assert_string_equal(names->parent, NOTOPTIONS);
    const struct test_sample *share = test_run_find(
        &run, WPB_SUBJECT_OPTION_FAMILY, "kestrel_tariff_v2_<hex>", WPB_M_SHARE_RATIO);
    assert_true(share->value.number > 0.85 && share->value.number < 0.95);
    test_run_free(&run);
    wpb_buf_fini(&value);
}

static size_t count_drawn(const struct test_run *run, const char *parent)
{
    size_t drawn = 0;

    for (size_t i = 0; i < run->count; i++) {
        const struct test_sample *sample = &run->samples[i];
        if (sample->kind != WPB_SUBJECT_OPTION)
            continue;
        assert_int_equal(sample->metric, WPB_M_IN_NOTOPTIONS);
        assert_int_equal(sample->value.integer, 1);
        assert_string_equal(sample->parent, parent);
        drawn++;
    }
    return drawn;
}

static void of_a_notoptions_some_names_are_drawn_for_the_database(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    const char *keys[] = {NOTOPTIONS, PREFIX "site-options:1-notoptions",
                          PREFIX "options:alloptions"};
    struct test_run run;
    struct wpb_buf value;

    wpb_buf_init(&value, 0);
    add_notoptions(&value, 5000);
    for (size_t i = 0; i < 3; i++)
        set(server, keys[i], wpb_buf_view(&value));
    examine(&run, &site, NOTOPTIONS, 16 << 20);
    assert_int_equal(count_drawn(&run, NOTOPTIONS), 0); /* there is no database */
    test_run_free(&run);
    site.has_mysql = true;
    for (size_t i = 0; i < 3; i++) {
        examine(&run, &site, keys[i], 16 << 20);
        assert_int_equal(count_drawn(&run, keys[i]), i == 0 ? 60 : 0);
        test_run_free(&run);
    }
    wpb_buf_fini(&value);
}

static void other_values_have_paths_but_no_option_families(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;
    struct wpb_buf value;
    const char *key = PREFIX "post_meta:7";

    wpb_buf_init(&value, 0);
    wpb_buf_text(&value, "a:1:{s:15:\"_elementor_data\";a:1:{i:0;s:90000:\"");
    wpb_buf_repeat(&value, 'x', 90000);
    wpb_buf_text(&value, "\";}}");
    set(server, key, wpb_buf_view(&value));
    redis_server_do(server, "EXPIRE %s 5000", key);
    examine(&run, &site, key, 16 << 20);
    assert_in_range(integer(&run, key, WPB_M_TTL_SECONDS), 4990, 5000);
    const struct test_sample *path = NULL;
    for (size_t i = 0; i < run.count; i++) {
        assert_int_not_equal(run.samples[i].kind, WPB_SUBJECT_OPTION_FAMILY);
        if (run.samples[i].kind == WPB_SUBJECT_PATH &&
            run.samples[i].metric == WPB_M_VALUE_BYTES && !path)
            path = &run.samples[i];
    }
    assert_non_null(path);
    assert_non_null(strstr(path->name, "_elementor_data"));
    assert_true(path->value.integer > 90000);
    assert_string_equal(path->parent, key);
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_KEY, key, WPB_M_FAILS_AT_BYTES));
    test_run_free(&run);
    wpb_buf_fini(&value);
}

static void a_byte_cap_is_kept_and_the_rest_estimated(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;
    struct wpb_buf value;

    wpb_buf_init(&value, 0);
    add_notoptions(&value, 30000);
    set(server, NOTOPTIONS, wpb_buf_view(&value));
    examine(&run, &site, NOTOPTIONS, 300000);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_EXAMINED_BYTES), 300000);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_VALUE_BYTES), value.len);
    assert_true(run.cost.bytes_received < 310000);
    const struct test_sample *cost =
        test_run_find(&run, WPB_SUBJECT_REDIS_KEY, NOTOPTIONS, WPB_M_PHP_VALUE_BYTES);
    assert_non_null(cost);
    assert_int_equal(cost->provenance, WPB_ESTIMATED);
    test_run_free(&run);
    wpb_buf_fini(&value);
}

static void half_a_gigabyte_is_never_fetched_whole(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;
    const char *key = PREFIX "transient:huge";

    /* Sparse for the kernel: zero pages until they are read. */
    redis_server_do(server, "SETRANGE %s 536870911 x", key);
    examine(&run, &site, key, 1 << 20);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(integer(&run, key, WPB_M_VALUE_BYTES), 536870912);
    assert_true(integer(&run, key, WPB_M_EXAMINED_BYTES) <= 1 << 20);
    assert_true(run.cost.bytes_received < (1 << 20) + 4096);
    test_run_free(&run);
}

static void what_is_malformed_is_named_with_its_byte(void **state)
{
    struct wpb_site site = site_of(*state);
    struct test_run run;

    set(*state, NOTOPTIONS, wpb_slice_cstr("a:2:{s:1:\"a\";b:1;s:1:\"b\";X}"));
    examine(&run, &site, NOTOPTIONS, 1 << 20);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_non_null(strstr(text(&run, NOTOPTIONS, WPB_M_FLAW), "byte"));
    test_run_free(&run);
}

static void two_billion_claimed_entries_cost_nothing(void **state)
{
    struct wpb_site site = site_of(*state);
    struct test_run run;

    set(*state, NOTOPTIONS, wpb_slice_cstr("a:2147483647:{s:1:\"a\";b:1;"));
    examine(&run, &site, NOTOPTIONS, 1 << 20);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_non_null(test_run_find(&run, WPB_SUBJECT_REDIS_KEY, NOTOPTIONS, WPB_M_FLAW));
    test_run_free(&run);
}

static void an_absent_key_is_a_fact(void **state)
{
    struct wpb_site site = site_of(*state);
    struct test_run run;

    examine(&run, &site, NOTOPTIONS, 1 << 20);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(run.count, 1);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_PRESENT), 0);
    test_run_free(&run);
}

static void an_empty_value_is_examined(void **state)
{
    struct wpb_site site = site_of(*state);
    struct test_run run;

    set(*state, NOTOPTIONS, wpb_slice_of("", 0));
    examine(&run, &site, NOTOPTIONS, 1 << 20);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_PRESENT), 1);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_VALUE_BYTES), 0);
    assert_int_equal(integer(&run, NOTOPTIONS, WPB_M_EXAMINED_BYTES), 0);
    test_run_free(&run);
}

static void other_types_are_counted(void **state)
{
    static const struct {
        const char *command, *type;
        int64_t entries;
    } cases[] = {
        {"ZADD k 1 a 2 b", "zset", 2}, {"HSET k a 1", "hash", 1},
        {"SADD k a b c", "set", 3},    {"RPUSH k a b c d", "list", 4},
        {"XADD k * a b", "stream", 1},
    };
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct test_run run;
        redis_server_do(server, "DEL k");
        redis_server_do(server, cases[i].command);
        examine(&run, &site, "k", 1 << 20);
        assert_int_equal(run.status, WPB_COVERAGE_OK);
        assert_string_equal(text(&run, "k", WPB_M_ENCODING), cases[i].type);
        assert_int_equal(integer(&run, "k", WPB_M_ENTRIES), cases[i].entries);
        assert_int_equal(integer(&run, "k", WPB_M_EXAMINED_BYTES), 0);
        test_run_free(&run);
    }
}

static void hostile_names_are_asked_for_as_they_are(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;
    static char name[65536];

    memset(name, '\xff', sizeof name);
    memcpy(name, "a\r\nDEL b\r\n\x1b[2J\0", 16);
    redis_server_do(server, "SET b 1");
    redis_server_do(server, "SET %b i:5;", name, sizeof name);
    examine_slice(&run, &site, wpb_slice_of(name, sizeof name), 1 << 20);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(run.samples[0].name_len, sizeof name);
    assert_int_equal(run.samples[0].value.integer, 1);
    assert_int_equal(redis_server_integer(server, "EXISTS b"), 1);
    test_run_free(&run);
}

static void several_requests_are_served_in_turn(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    const struct wpb_site *sites = &site;
    struct wpb_subject subjects[3];
    struct wpb_request requests[3];
    const char *names[] = {"one", "missing", "two"};
    struct test_run run;

    redis_server_do(server, "SET one i:1;");
    redis_server_do(server, "SET two i:2;");
    for (int i = 0; i < 3; i++) {
        subjects[i] = (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_KEY,
                                           .scope = {"", 0},
                                           .name = wpb_slice_cstr(names[i])};
        requests[i] = (struct wpb_request){&subjects[i], "", 1 << 20, NULL};
    }
    struct test_plan plan = {.probe = &wpb_probe_redis_value,
                             .sites = &sites,
                             .site_count = 1,
                             .requests = requests,
                             .request_count = 3};
    test_run_go(&run, &plan);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(run.done, 3);
    assert_int_equal(integer(&run, "one", WPB_M_PRESENT), 1);
    assert_int_equal(integer(&run, "missing", WPB_M_PRESENT), 0);
    assert_int_equal(integer(&run, "two", WPB_M_VALUE_BYTES), 4);
    test_run_free(&run);
}

static void a_key_belongs_to_the_site_with_the_longest_prefix(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site outer = site_of(server), inner = site_of(server);
    const struct wpb_site *sites[] = {&outer, &inner};
    struct wpb_subject subject = {.kind = WPB_SUBJECT_REDIS_KEY,
                                  .scope = {"", 0},
                                  .name = WPB_SLICE("q7:prod_kx:options:notoptions")};
    struct wpb_request request = {&subject, "", 1 << 20, NULL};
    struct test_run run;

    outer.name = "outer";
    outer.key_prefix = "other:";
    outer.key_prefix_len = 6;
    set(server, NOTOPTIONS, wpb_slice_cstr("a:1:{s:1:\"a\";b:1;}"));
    struct test_plan plan = {.probe = &wpb_probe_redis_value,
                             .sites = sites,
                             .site_count = 2,
                             .requests = &request,
                             .request_count = 1};
    test_run_go(&run, &plan);
    for (size_t i = 0; i < run.count; i++)
        assert_ptr_equal(run.samples[i].site, &inner);
    test_run_free(&run);
}

static void a_denied_getrange_is_named(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = site_of(server);
    struct test_run run;

    set(server, NOTOPTIONS, wpb_slice_cstr("a:0:{}"));
    redis_server_do(server, "ACL SETUSER blind on >pw ~* +@all -getrange");
    site.redis.user = "blind";
    site.redis.password = "pw";
    examine(&run, &site, NOTOPTIONS, 1 << 20);
    assert_int_equal(run.status, WPB_COVERAGE_UNAVAILABLE);
    assert_non_null(strstr(run.reason, "GETRANGE"));
    assert_non_null(strstr(run.reason, "redis-acl.txt"));
    test_run_free(&run);
}

/* A value of 300,000 bytes whose last chunk is not there any more. */
static void a_value_that_shrinks_while_it_is_read_is_estimated(void **state)
{
    static char chunk[262144 + 32], head[64];
    struct peer_line lines[] = {
        {":-1\r\n", PEER_GO_ON, 0},     /* PTTL */
        {":300100\r\n", PEER_GO_ON, 0}, /* MEMORY USAGE */
        {":300000\r\n", PEER_GO_ON, 0}, /* STRLEN */
        {chunk, PEER_GO_ON, 0},         /* GETRANGE */
        {"$0\r\n\r\n", PEER_GO_ON, 0},  /* GETRANGE */
        {":20\r\n", PEER_HANG, 0},      /* STRLEN */
    };
    struct redis_peer peer;
    struct test_run run;
    (void)state;
    int n = snprintf(head, sizeof head, "$262144\r\ns:299990:\"");
    memcpy(chunk, head, (size_t)n);
    memset(chunk + n, 'x', 9 + 262144 - (size_t)n);
    memcpy(chunk + 9 + 262144, "\r\n", 3);
    redis_peer_start(&peer, lines, 6, 0);
    struct wpb_site site = redis_peer_site(&peer);
    examine(&run, &site, "k", 16 << 20);
    redis_peer_stop(&peer);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    const struct test_sample *length =
        test_run_find(&run, WPB_SUBJECT_REDIS_KEY, "k", WPB_M_VALUE_BYTES);
    assert_int_equal(length->provenance, WPB_ESTIMATED);
    assert_int_equal(length->value.integer, 20);
    assert_int_equal(integer(&run, "k", WPB_M_EXAMINED_BYTES), 262144);
    assert_null(test_run_find(&run, WPB_SUBJECT_REDIS_KEY, "k", WPB_M_FLAW));
    test_run_free(&run);
}

static void a_server_that_dies_between_chunks_leaves_a_reason(void **state)
{
    static char chunk[262144 + 32];
    struct peer_line lines[] = {
        {":-1\r\n", PEER_GO_ON, 0},
        {":300100\r\n", PEER_GO_ON, 0},
        {":300000\r\n", PEER_GO_ON, 0},
        {chunk, PEER_CLOSE, 0},
    };
    struct redis_peer peer;
    struct test_run run;
    (void)state;
    int n = sprintf(chunk, "$262144\r\n");
    memset(chunk + n, 'x', 262144);
    memcpy(chunk + n + 262144, "\r\n", 3);
    redis_peer_start(&peer, lines, 4, 0);
    struct wpb_site site = redis_peer_site(&peer);
    examine(&run, &site, "k", 16 << 20);
    redis_peer_stop(&peer);
    assert_int_equal(run.status, WPB_COVERAGE_UNAVAILABLE);
    assert_non_null(strstr(run.reason, "closed"));
    test_run_free(&run);
}

static void a_cancelled_examination_ends_soon(void **state)
{
    struct peer_line lines[] = {{":-1\r\n", PEER_HANG, 0}};
    struct wpb_subject subject = {
        .kind = WPB_SUBJECT_REDIS_KEY, .scope = {"", 0}, .name = WPB_SLICE("k")};
    struct wpb_request request = {&subject, "", 1 << 20, NULL};
    struct redis_peer peer;
    struct test_run run;
    (void)state;
    redis_peer_start(&peer, lines, 1, 0);
    struct wpb_site site = redis_peer_site(&peer);
    const struct wpb_site *sites = &site;
    struct test_plan plan = {.probe = &wpb_probe_redis_value,
                             .sites = &sites,
                             .site_count = 1,
                             .requests = &request,
                             .request_count = 1,
                             .cancel_after_ms = 100};
    test_run_go(&run, &plan);
    redis_peer_stop(&peer);
    assert_int_equal(run.status, WPB_COVERAGE_UNAVAILABLE);
    assert_non_null(strstr(run.reason, "0 of 1"));
    test_run_free(&run);
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        REAL(notoptions_is_read_whole_and_its_families_named),
        REAL(of_a_notoptions_some_names_are_drawn_for_the_database),
        REAL(other_values_have_paths_but_no_option_families),
        REAL(a_byte_cap_is_kept_and_the_rest_estimated),
        REAL(half_a_gigabyte_is_never_fetched_whole),
        REAL(what_is_malformed_is_named_with_its_byte),
        REAL(two_billion_claimed_entries_cost_nothing),
        REAL(an_absent_key_is_a_fact),
        REAL(an_empty_value_is_examined),
        REAL(other_types_are_counted),
        REAL(hostile_names_are_asked_for_as_they_are),
        REAL(several_requests_are_served_in_turn),
        REAL(a_key_belongs_to_the_site_with_the_longest_prefix),
        REAL(a_denied_getrange_is_named),
        cmocka_unit_test(a_value_that_shrinks_while_it_is_read_is_estimated),
        cmocka_unit_test(a_server_that_dies_between_chunks_leaves_a_reason),
        cmocka_unit_test(a_cancelled_examination_ends_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
