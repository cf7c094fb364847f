#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/redis/probes.h"
#include "redis_peer.h"
#include "redis_run.h"
#include "redis_server.h"

/* The server probe is the shortest way to a connection's fate. */
static void look(struct test_run *run, const struct wpb_site *site)
{
    struct test_plan plan = {
        .probe = &wpb_probe_redis_server, .sites = &site, .site_count = 1};
    test_run_go(run, &plan);
}

static void expect(const struct wpb_site *site, enum wpb_coverage_status status,
                   const char *words)
{
    struct test_run run;

    look(&run, site);
    if (!strstr(run.reason, words))
        fail_msg("\"%s\" does not say \"%s\"", run.reason, words);
    assert_int_equal(run.status, status);
    if (status == WPB_COVERAGE_UNAVAILABLE)
        assert_int_equal(run.count, 0);
    test_run_free(&run);
}

static void expect_blind(const struct wpb_site *site, const char *words)
{
    expect(site, WPB_COVERAGE_UNAVAILABLE, words);
}

/* What the keyspace probe says when a scripted peer plays LINES. */
static void expect_of_peer(const struct peer_line *lines, size_t count,
                           const struct wpb_probe *probe, enum wpb_coverage_status status,
                           const char *words)
{
    struct redis_peer peer;
    struct test_run run;

    redis_peer_start(&peer, lines, count, 0);
    struct wpb_site site = redis_peer_site(&peer);
    const struct wpb_site *sites = &site;
    struct test_plan plan = {.probe = probe, .sites = &sites, .site_count = 1};
    test_run_go(&run, &plan);
    redis_peer_stop(&peer);
    if (!strstr(run.reason, words))
        fail_msg("\"%s\" does not say \"%s\"", run.reason, words);
    assert_int_equal(run.status, status);
    test_run_free(&run);
}

static int setup(void **state)
{
    struct redis_server *server = malloc(sizeof *server);
    redis_server_start(server, NULL, 1);
    *state = server;
    return 0;
}

static int teardown(void **state)
{
    redis_server_stop(*state);
    free(*state);
    return 0;
}

static struct wpb_site tcp_site(const struct redis_server *server)
{
    struct wpb_site site = redis_server_site(server, 0);
    site.redis.scheme = WPB_REDIS_TCP;
    site.redis.host = "127.0.0.1";
    site.redis.port = server->port;
    site.redis.path = "";
    return site;
}

static void a_server_is_read_over_its_socket_and_over_tcp(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site sites[] = {redis_server_site(server, 3), tcp_site(server)};
    struct test_run run;

    redis_server_do(server, "SET a 1");
    for (size_t i = 0; i < 2; i++) {
        look(&run, &sites[i]);
        assert_string_equal(run.reason, "");
        assert_int_equal(run.status, WPB_COVERAGE_OK);
        assert_string_equal(test_run_text(&run, WPB_SUBJECT_REDIS_SERVER, "", WPB_M_ROLE),
                            "master");
        assert_int_equal(
            test_run_integer(&run, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_KEYS), 1);
        assert_true(run.cost.bytes_received > 1000);
        test_run_free(&run);
    }
    /* A database that INFO does not list has no keys. */
    look(&run, &sites[0]);
    assert_int_equal(test_run_integer(&run, WPB_SUBJECT_REDIS_SERVER, "db3", WPB_M_KEYS),
                     0);
    test_run_free(&run);
}

static void a_host_name_is_resolved_and_its_addresses_tried(void **state)
{
    struct wpb_site site = tcp_site(*state);
    /* Often ::1 first, where this server does not listen. */
    site.redis.host = "localhost";
    expect(&site, WPB_COVERAGE_OK, "");
}

static void a_host_name_that_does_not_exist_is_named(void **state)
{
    struct wpb_site site = tcp_site(*state);
    site.redis.host = "no-such-host.invalid";
    expect_blind(&site, "no-such-host.invalid");
}

static void a_refused_port_is_told(void **state)
{
    struct wpb_site site = tcp_site(*state);
    site.redis.port = redis_free_port();
    expect_blind(&site, "Connection refused");
}

/* One that fills sun_path whole reaches hiredis's neighbours. */
static void a_socket_path_too_long_is_refused(void **state)
{
    struct wpb_site site = redis_server_site(*state, 0);
    char path[] = "/tmp/wpbloat-no-such-"
                  "0123456789012345678901234567890123456789012345678901234567890123456789"
                  "0123456789abcdef";

    assert_int_equal(strlen(path), 107);
    site.redis.path = path;
    expect_blind(&site, "longer than 106 bytes");
    path[106] = '\0';
    expect_blind(&site, "no such Redis socket");
}

static void a_missing_socket_is_named(void **state)
{
    struct wpb_site site = redis_server_site(*state, 0);
    site.redis.path = "/tmp/wpbloat-no-such.sock";
    expect_blind(&site, "no such Redis socket: /tmp/wpbloat-no-such.sock");
}

static void a_path_too_long_for_a_socket_is_refused(void **state)
{
    struct wpb_site site = redis_server_site(*state, 0);
    char path[300];
    memset(path, 'x', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    site.redis.path = path;
    expect_blind(&site, "longer than");
}

static void a_socket_nobody_listens_on_is_told(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = redis_server_site(server, 0);
    redis_server_kill(server);
    expect_blind(&site, "Connection refused");
}

static void a_password_is_demanded_and_checked(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = redis_server_site(server, 0);

    site.redis.password = "s3cret";
    expect_blind(&site, "the server has no password");
    redis_server_do(server, "CONFIG SET requirepass s3cret");
    expect(&site, WPB_COVERAGE_OK, "");
    site.redis.password = "wrong";
    expect_blind(&site, "user or password are wrong");
    site.redis.password = "";
    expect_blind(&site, "asks for a password");
}

static void an_acl_user_gets_in_and_what_it_lacks_is_named(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = redis_server_site(server, 0);

    redis_server_do(server, "ACL SETUSER noinfo on >pw ~* +@all -info");
    site.redis.user = "noinfo";
    site.redis.password = "pw";
    expect(&site, WPB_COVERAGE_PARTIAL, "INFO");
    site.redis.user = "nobody";
    expect_blind(&site, "user or password are wrong");
}

static void a_database_out_of_range_is_told(void **state)
{
    struct wpb_site site = redis_server_site(*state, 99);
    expect_blind(&site, "no such database");
}

static void too_many_clients_is_told(void **state)
{
    struct redis_server *server = *state;
    struct wpb_site site = redis_server_site(server, 0), tcp = tcp_site(server);
    redis_server_do(server, "CONFIG SET maxclients 1");
    expect_blind(&site, "no further client");
    expect_blind(&tcp, "no further client");
}

static void a_cluster_node_is_refused(void **state)
{
    struct redis_server server;
    (void)state;
    char config[64];
    /* Its bus would be at port + 10000, which may be past the last port. */
    snprintf(config, sizeof config, "cluster-enabled yes\ncluster-port %u\n",
             redis_free_port());
    redis_server_start(&server, config, 1);
    struct wpb_site site = redis_server_site(&server, 0);
    expect_blind(&site, "Redis Cluster");
    redis_server_stop(&server);
}

static void what_cannot_be_followed_is_not_even_tried(void **state)
{
    struct wpb_site site = redis_server_site(*state, 0);
    site.redis.is_cluster =
        true; /* nodes are not named: the client shares out the keys */
    expect_blind(&site, "spreads its keys over several servers");
    site.redis.is_cluster = false;
    site.redis.is_sentinel = true;
    expect_blind(&site, "redis-sentinel://HOST:PORT/NAME");
}

static struct wpb_redis_address loopback(uint16_t port)
{
    return (struct wpb_redis_address){.scheme = WPB_REDIS_TCP,
                                      .host = "127.0.0.1",
                                      .port = port,
                                      .path = "",
                                      .user = "",
                                      .password = ""};
}

/* Each way in which a replica can be of no use, and at last the server itself. */
static void replicas_of_no_use_are_left_for_their_master(void **state)
{
    static const struct peer_line lines[] = {{NULL, PEER_CLOSE, 0}};
    struct redis_server *server = *state;
    struct redis_peer closing;
    struct wpb_site site = redis_server_site(server, 0);
    const struct wpb_site *sites = &site;
    struct test_plan plan = {
        .probe = &wpb_probe_redis_keyspace, .sites = &sites, .site_count = 1};
    struct test_run run;

    redis_server_do(server, "SET a 1");
    redis_peer_start(&closing, lines, 1, 1);
    struct wpb_redis_address replicas[] = {loopback(redis_free_port()),
                                           loopback(closing.port),
                                           {.scheme = WPB_REDIS_UNIX,
                                            .host = "",
                                            .path = "/nowhere/redis.sock",
                                            .user = "",
                                            .password = ""},
                                           loopback(1),
                                           loopback(server->port)};
    replicas[3].host = "no-such-host.invalid";
    site.redis_replicas = replicas;
    site.redis_replica_count = 5;
    test_run_go(&run, &plan);
    redis_peer_stop(&closing);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_int_equal(run.done, 1);
    assert_non_null(strstr(run.reason, "could not be: "));
    assert_non_null(strstr(run.reason, "is no replica"));
    test_run_free(&run);

    site.redis_replica_count = 4; /* the last that was tried is the one that is told */
    test_run_go(&run, &plan);
    assert_int_equal(run.status, WPB_COVERAGE_OK);
    assert_non_null(strstr(run.reason, "does not resolve"));
    test_run_free(&run);
}

static void without_replica_and_master_the_master_is_told(void **state)
{
    struct wpb_redis_address replica = loopback(redis_free_port());
    struct wpb_site site = redis_server_site(*state, 0);
    const struct wpb_site *sites = &site;
    struct test_plan plan = {
        .probe = &wpb_probe_redis_keyspace, .sites = &sites, .site_count = 1};
    struct test_run run;

    site.redis.path = "/nowhere/master.sock";
    site.redis_replicas = &replica;
    site.redis_replica_count = 1;
    test_run_go(&run, &plan);
    assert_int_equal(run.status, WPB_COVERAGE_UNAVAILABLE);
    assert_non_null(strstr(run.reason, "no such Redis socket: /nowhere/master.sock"));
    test_run_free(&run);
}

#ifndef WPB_HAVE_HIREDIS_SSL
static void tls_without_hiredis_ssl_says_why_and_what_to_do(void **state)
{
    struct wpb_site site = tcp_site(*state);
    site.redis.scheme = WPB_REDIS_TLS;
    expect_blind(&site, "hiredis_ssl");
}
#endif

#define SERVER &wpb_probe_redis_server
#define KEYSPACE &wpb_probe_redis_keyspace
#define BLIND WPB_COVERAGE_UNAVAILABLE

/* A peer that greets and says INFO. */
static void expect_of_mode(const char *info, const char *words)
{
    struct peer_line lines[] = {{"+OK\r\n", PEER_GO_ON, 0},
                                {"+OK\r\n", PEER_GO_ON, 0},
                                {"+OK\r\n", PEER_GO_ON, 0},
                                {info, PEER_GO_ON, 0}};
    struct redis_peer peer;

    redis_peer_start(&peer, lines, 4, 1);
    struct wpb_site site = redis_peer_site(&peer);
    expect_blind(&site, words);
    redis_peer_stop(&peer);
}

static void what_is_no_plain_server_is_refused(void **state)
{
    (void)state;
    expect_of_mode("$23\r\n\r\nredis_mode:sentinel\r\n\r\n", "Redis Sentinel");
    expect_of_mode("$22\r\n\r\nredis_mode:cluster\r\n\r\n", "Redis Cluster");
    /* As Valkey says it. */
    expect_of_mode("$24\r\n\r\nserver_mode:sentinel\r\n\r\n", "Redis Sentinel");
    expect_of_mode("$23\r\n\r\nserver_mode:cluster\r\n\r\n", "Redis Cluster");
}

static void a_peer_that_accepts_and_says_nothing_is_left(void **state)
{
    struct peer_line lines[] = {{NULL, PEER_HANG, 0}};
    struct redis_peer peer;
    (void)state;
    redis_peer_start(&peer, lines, 1, 1);
    struct wpb_site site = redis_peer_site(&peer);
    expect_blind(&site, "did not answer");
    redis_peer_stop(&peer);
}

static void a_peer_that_hangs_in_a_reply_is_left(void **state)
{
    struct peer_line lines[] = {{"$100\r\nhalf", PEER_HANG, 0}};
    (void)state;
    expect_of_peer(lines, 1, SERVER, BLIND, "middle of a reply");
}

static void a_peer_that_closes_in_a_reply_is_told(void **state)
{
    struct peer_line lines[] = {{"$100\r\nhalf", PEER_CLOSE, 0}};
    (void)state;
    expect_of_peer(lines, 1, SERVER, BLIND, "Server closed the connection");
}

static void what_is_not_redis_is_told(void **state)
{
    struct peer_line lines[] = {{"HTTP/1.1 400 Bad Request\r\n\r\n", PEER_CLOSE, 0}};
    (void)state;
    expect_of_peer(lines, 1, SERVER, BLIND, "does not speak Redis' protocol");
}

static void a_reply_nobody_asked_for_ends_the_connection(void **state)
{
    static const char name[] = "$1\r\nk\r\n";
    struct peer_line lines[128];
    size_t n = 0;
    (void)state;
    /* DBSIZE and a SCAN of fifty names, which are more than low's bucket holds: once
     * they are measured (two of them are asked when they were last read, too) the probe
     * rests, and a reply comes that nobody asked for. */
    lines[n++] = (struct peer_line){":50\r\n", PEER_GO_ON, 0};
    lines[n++] = (struct peer_line){"*2\r\n$1\r\n5\r\n*50\r\n", PEER_MORE, 0};
    lines[n++] = (struct peer_line){name, PEER_GO_ON, 50};
    for (int i = 0; i < 51; i++)
        lines[n++] = (struct peer_line){":1\r\n", PEER_GO_ON, 0};
    lines[n++] = (struct peer_line){"*2\r\n$1\r\n6\r\n*10\r\n", PEER_MORE, 0};
    lines[n++] = (struct peer_line){name, PEER_GO_ON, 10};
    for (int i = 0; i < 50; i++)
        lines[n++] = (struct peer_line){":1\r\n", PEER_GO_ON, 0};
    lines[n++] = (struct peer_line){":1\r\n:99\r\n", PEER_HANG, 0};
    expect_of_peer(lines, n, KEYSPACE, WPB_COVERAGE_PARTIAL, "nobody had asked for");
}

static void a_lying_bulk_length_allocates_nothing(void **state)
{
    struct peer_line lines[] = {{"$536870912\r\n", PEER_HANG, 0}};
    struct rusage before, after;
    (void)state;
    getrusage(RUSAGE_SELF, &before);
    expect_of_peer(lines, 1, SERVER, BLIND, "middle of a reply");
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024);
}

static void a_bulk_that_does_not_end_is_dropped(void **state)
{
    static char block[65537];
    struct peer_line lines[] = {{"$536870912\r\n", PEER_MORE, 0},
                                {block, PEER_HANG, 200}};
    (void)state;
    memset(block, 'x', sizeof block - 1);
    expect_of_peer(lines, 2, SERVER, BLIND, "more than 8388608 bytes");
}

static void an_array_of_two_billion_is_refused(void **state)
{
    struct peer_line lines[] = {{"*2147483647\r\n", PEER_HANG, 0}};
    (void)state;
    expect_of_peer(lines, 1, SERVER, BLIND, "announced an array of 2147483647");
}

static void an_array_of_long_names_is_bounded_as_a_whole(void **state)
{
    static char name[1000032];
    /* DBSIZE, then SCAN's 50 names of a megabyte. */
    struct peer_line lines[] = {{":50\r\n", PEER_GO_ON, 0},
                                {"*2\r\n$1\r\n0\r\n*50\r\n", PEER_MORE, 0},
                                {name, PEER_HANG, 50}};
    int head = sprintf(name, "$1000000\r\n");
    (void)state;
    memset(name + head, 'x', 1000000);
    strcpy(name + head + 1000000, "\r\n");
    expect_of_peer(lines, 3, KEYSPACE, BLIND, "one reply passed 8388608 bytes");
}

static void nesting_is_refused(void **state)
{
    struct peer_line lines[] = {{"*1\r\n", PEER_HANG, 1000}};
    (void)state;
    expect_of_peer(lines, 1, SERVER, BLIND, "nested arrays");
}

static void error_replies_are_explained(void **state)
{
    static const struct {
        const char *reply, *words;
    } cases[] = {
        {"-LOADING Redis is loading the dataset in memory\r\n", "still loading"},
        {"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to "
         "'no'.\r\n",
         "lost its master"},
        {"-BUSY Redis is busy running a script.\r\n", "a script blocks it"},
        {"-MOVED 3999 127.0.0.1:6381\r\n", "Redis Cluster"},
        {"-READONLY You can't write against a read only replica.\r\n", "for a write"},
        {"-WEIRD \x1b[31mred\r\n", "WEIRD"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct peer_line lines[] = {{cases[i].reply, PEER_HANG, 0}};
        expect_of_peer(lines, 1, KEYSPACE, BLIND, cases[i].words);
    }
}

static void info_of_a_loading_server_gives_the_time_left(void **state)
{
    struct peer_line lines[] = {
        {"$57\r\nredis_version:7.0.15\r\nloading:1\r\nloading_eta_seconds:17\r\n\r\n",
         PEER_HANG, 0}};
    (void)state;
    expect_of_peer(lines, 1, SERVER, BLIND, "about 17 s");
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        REAL(a_server_is_read_over_its_socket_and_over_tcp),
        REAL(a_host_name_is_resolved_and_its_addresses_tried),
        REAL(a_host_name_that_does_not_exist_is_named),
        REAL(a_refused_port_is_told),
        REAL(a_socket_path_too_long_is_refused),
        REAL(a_missing_socket_is_named),
        REAL(a_path_too_long_for_a_socket_is_refused),
        REAL(a_socket_nobody_listens_on_is_told),
        REAL(a_password_is_demanded_and_checked),
        REAL(an_acl_user_gets_in_and_what_it_lacks_is_named),
        REAL(a_database_out_of_range_is_told),
        REAL(too_many_clients_is_told),
        REAL(what_cannot_be_followed_is_not_even_tried),
#ifndef WPB_HAVE_HIREDIS_SSL
        REAL(tls_without_hiredis_ssl_says_why_and_what_to_do),
#endif
        REAL(replicas_of_no_use_are_left_for_their_master),
        REAL(without_replica_and_master_the_master_is_told),
        cmocka_unit_test(a_cluster_node_is_refused),
        cmocka_unit_test(what_is_no_plain_server_is_refused),
        cmocka_unit_test(a_peer_that_accepts_and_says_nothing_is_left),
        cmocka_unit_test(a_peer_that_hangs_in_a_reply_is_left),
        cmocka_unit_test(a_peer_that_closes_in_a_reply_is_told),
        cmocka_unit_test(what_is_not_redis_is_told),
        cmocka_unit_test(a_reply_nobody_asked_for_ends_the_connection),
        cmocka_unit_test(a_lying_bulk_length_allocates_nothing),
        cmocka_unit_test(a_bulk_that_does_not_end_is_dropped),
        cmocka_unit_test(an_array_of_two_billion_is_refused),
        cmocka_unit_test(an_array_of_long_names_is_bounded_as_a_whole),
        cmocka_unit_test(nesting_is_refused),
        cmocka_unit_test(error_replies_are_explained),
        cmocka_unit_test(info_of_a_loading_server_gives_the_time_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
