/* One connection to a real MariaDB: harmless, bounded, and how it fails. */
#include "mysql_server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/mysql/link.h"
#include "probes/mysql/replica.h"

static const struct wpb_mysql_bounds plain = {100, 1 << 20, 5000};

static int start(void **state)
{
    struct mysql_server *server = calloc(1, sizeof *server);

    assert_non_null(server);
    *state = server;
    /* From MariaDB 11.4 on a server makes itself a certificate. */
    static const char *const no_tls[] = {"--skip-ssl", NULL};
    mysql_server_start(server, mysql_server_is_mysql() ? NULL : no_tls, true);
    mysql_server_do(server, "CREATE DATABASE shop; USE shop; "
                            "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)");
    return 0;
}

static int end(void **state)
{
    mysql_server_stop(*state);
    free(*state);
    return 0;
}

static struct wpb_mysql_address root(const struct mysql_server *server)
{
    return (struct wpb_mysql_address){.host = "",
                                      .port = 3306,
                                      .path = server->socket,
                                      .schema = "shop",
                                      .user = "root",
                                      .password = ""};
}

static struct wpb_mysql_link *open_as(const struct wpb_mysql_address *address)
{
    struct wpb_err err = {0};
    struct wpb_mysql_link *link = wpb_mysql_link_open(address, &err);

    if (!link)
        fail_msg("%s", err.message);
    return link;
}

static struct wpb_mysql_link *open_root(void **state)
{
    struct wpb_mysql_address address = root(*state);

    return open_as(&address);
}

struct answer {
    struct wpb_arena *arena;
    struct wpb_mysql_rows rows;
    struct wpb_err err;
    unsigned error;
    int status;
};

static void run(struct wpb_mysql_link *link, const char *sql,
                const struct wpb_mysql_bounds *bounds, struct answer *answer)
{
    memset(answer, 0, sizeof *answer);
    answer->arena = wpb_arena_new();
    answer->status =
        wpb_mysql_link_run(link, sql, strlen(sql), bounds ? bounds : &plain,
                           answer->arena, &answer->rows, &answer->error, &answer->err);
}

static void expect_text(struct wpb_mysql_link *link, const char *sql, const char *text)
{
    struct answer answer;

    run(link, sql, NULL, &answer);
    if (answer.status)
        fail_msg("%s: %s", sql, answer.err.message);
    assert_int_equal(answer.rows.rows, 1);
    if (!wpb_slice_is(answer.rows.cells[0], text))
        fail_msg("%s: '%.*s' instead of '%s'", sql, (int)answer.rows.cells[0].len,
                 answer.rows.cells[0].data, text);
    wpb_arena_free(answer.arena);
}

/* SQL fails with that number and code, and says WORDS. */
static void expect_failure(struct wpb_mysql_link *link, const char *sql,
                           const struct wpb_mysql_bounds *bounds, unsigned error,
                           enum wpb_err_code code, const char *words)
{
    struct answer answer;

    run(link, sql, bounds, &answer);
    if (answer.status == 0)
        fail_msg("%s succeeded", sql);
    if (answer.error != error || answer.err.code != code ||
        !strstr(answer.err.message, words))
        fail_msg("%s: %u %s: %s", sql, answer.error, wpb_err_name(answer.err.code),
                 answer.err.message);
    wpb_arena_free(answer.arena);
}

static void nothing_can_be_written_even_by_root(void **state)
{
    struct wpb_mysql_link *link = open_root(state);

    expect_failure(link, "INSERT INTO t VALUES (3)", NULL, 1792, WPB_E_PROTOCOL,
                   "READ ONLY");
    expect_failure(link, "CREATE TABLE u (id int)", NULL, 1792, WPB_E_PROTOCOL,
                   "READ ONLY");
    expect_text(link, "SELECT COUNT(*) FROM t", "2");
    expect_text(link, "SELECT @@sql_mode", "");
    if (!mysql_server_is_mysql())
        expect_text(link, "SELECT @@in_transaction", "0");
    wpb_mysql_link_close(link);
}

static void a_locked_table_is_waited_for_two_seconds_at_most(void **state)
{
    struct wpb_mysql_link *link = open_root(state);

    expect_text(link, "SELECT @@lock_wait_timeout", "2");
    mysql_server_do(*state, "LOCK TABLES shop.t WRITE");
    expect_failure(link, "SELECT COUNT(*) FROM t", NULL, 1205, WPB_E_TIMEOUT,
                   "Lock wait timeout");
    mysql_server_do(*state, "UNLOCK TABLES");
    expect_text(link, "SELECT COUNT(*) FROM t", "2");
    wpb_mysql_link_close(link);
}

static void the_server_ends_a_statement_at_its_time_limit(void **state)
{
    static const struct wpb_mysql_bounds brief = {1, 100, 250};
    /* Work, since MySQL lets SLEEP() return early and succeed. */
    static const char work[] = "SELECT COUNT(*) FROM information_schema.collations AS a, "
                               "information_schema.collations AS b, "
                               "information_schema.collations AS c, "
                               "information_schema.collations AS d";
    struct wpb_mysql_link *link = open_root(state);

    if (mysql_server_is_mysql()) {
        expect_failure(link, work, &brief, 3024, WPB_E_TIMEOUT, "maximum statement");
        expect_text(link, "SELECT @@max_execution_time", "5000");
    } else {
        expect_failure(link, work, &brief, 1969, WPB_E_TIMEOUT,
                       "max_statement_time exceeded");
        expect_text(link, "SELECT @@max_statement_time", "5.000000");
    }
    assert_false(wpb_mysql_link_is_lost(link));
    wpb_mysql_link_close(link);
}

static void rows_above_the_bounds_are_not_kept(void **state)
{
    static const struct wpb_mysql_bounds few = {2, 1000, 5000};
    static const struct wpb_mysql_bounds small = {100, 25, 5000};
    struct wpb_mysql_link *link = open_root(state);
    struct answer answer;

    run(link, "SELECT 'a' UNION ALL SELECT 'b' UNION ALL SELECT 'c'", &few, &answer);
    assert_int_equal(answer.status, 0);
    assert_int_equal(answer.rows.rows, 2);
    assert_true(answer.rows.is_cut);
    wpb_arena_free(answer.arena);
    run(link, "SELECT REPEAT('a', 20) UNION ALL SELECT REPEAT('b', 20)", &small, &answer);
    assert_int_equal(answer.rows.rows, 1);
    assert_true(answer.rows.is_cut);
    assert_int_equal(answer.rows.bytes, 40);
    wpb_arena_free(answer.arena);
    run(link, "SELECT 'a' UNION ALL SELECT 'b'", &few, &answer);
    assert_false(answer.rows.is_cut);
    wpb_arena_free(answer.arena);
    wpb_mysql_link_close(link);
}

static void cells_keep_their_bytes_their_null_and_their_names(void **state)
{
    struct wpb_mysql_link *link = open_root(state);
    struct answer answer;

    run(link, "SELECT x'00ff61' AS one, NULL AS two, '' AS three", NULL, &answer);
    assert_int_equal(answer.rows.columns, 3);
    assert_int_equal(answer.rows.cells[0].len, 3);
    assert_memory_equal(answer.rows.cells[0].data,
                        "\0\xff"
                        "a",
                        3);
    assert_null(answer.rows.cells[1].data);
    assert_non_null(answer.rows.cells[2].data);
    assert_true(wpb_slice_is(answer.rows.names[1], "two"));
    wpb_arena_free(answer.arena);
    wpb_mysql_link_close(link);
}

static void a_row_larger_than_the_packet_costs_the_connection_only(void **state)
{
    struct wpb_mysql_link *link = open_root(state);

    mysql_server_do(*state, "CREATE TABLE shop.big (v longtext); "
                            "INSERT INTO shop.big VALUES (REPEAT('x', 3000000))");
    expect_failure(link, "SELECT v FROM big", NULL, mysql_server_is_mysql() ? 2020 : 2013,
                   WPB_E_UNSUPPORTED, "larger than 2 MB");
    assert_true(wpb_mysql_link_is_lost(link));
    wpb_mysql_link_close(link);
    link = open_root(state);
    expect_text(link, "SELECT LENGTH(v) FROM big", "3000000");
    wpb_mysql_link_close(link);
}

static void a_server_that_answers_too_many_columns_is_left(void **state)
{
    struct wpb_mysql_link *link = open_root(state);
    char sql[2048] = "SELECT 1";

    for (int i = 1; i < 300; i++)
        strcat(sql, ",1");
    expect_failure(link, sql, NULL, 0, WPB_E_PROTOCOL, "300 columns");
    assert_true(wpb_mysql_link_is_lost(link));
    wpb_mysql_link_close(link);
}

/* --- stopping --- */

struct sleeper {
    struct wpb_mysql_link *link;
    struct answer answer;
};

static void *sleep_long(void *data)
{
    static const struct wpb_mysql_bounds long_time = {1, 100, 600000};
    struct sleeper *sleeper = data;

    run(sleeper->link, "SELECT SLEEP(600)", &long_time, &sleeper->answer);
    return NULL;
}

static void wait_for_sleep(struct mysql_server *server)
{
    while (mysql_server_integer(server,
                                "SELECT COUNT(*) FROM information_schema.processlist "
                                "WHERE state = 'User sleep'") == 0)
        usleep(1000);
}

static void a_kill_ends_the_statement_and_spares_the_connection(void **state)
{
    struct wpb_mysql_address address = root(*state);
    struct sleeper sleeper = {.link = open_as(&address)};
    struct wpb_err err;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, sleep_long, &sleeper), 0);
    wait_for_sleep(*state);
    assert_int_equal(wpb_mysql_kill(&address, wpb_mysql_link_id(sleeper.link), &err), 0);
    pthread_join(thread, NULL);
    assert_false(wpb_mysql_link_is_lost(sleeper.link));
    expect_text(sleeper.link, "SELECT 1", "1");
    wpb_arena_free(sleeper.answer.arena);
    wpb_mysql_link_close(sleeper.link);
}

static void a_broken_connection_returns_from_a_frozen_server(void **state)
{
    struct wpb_mysql_address address = root(*state);
    struct sleeper sleeper = {.link = open_as(&address)};
    struct wpb_err err;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, sleep_long, &sleeper), 0);
    wait_for_sleep(*state);
    mysql_server_freeze(*state);
    assert_int_equal(wpb_mysql_kill(&address, wpb_mysql_link_id(sleeper.link), &err), -1);
    wpb_mysql_break(wpb_mysql_link_socket(sleeper.link));
    pthread_join(thread, NULL);
    assert_int_equal(sleeper.answer.err.code, WPB_E_CLOSED);
    assert_true(wpb_mysql_link_is_lost(sleeper.link));
    mysql_server_thaw(*state);
    wpb_arena_free(sleeper.answer.arena);
    wpb_mysql_link_close(sleeper.link);
}

/* --- not getting in --- */

static void expect_no_link(const struct wpb_mysql_address *address,
                           enum wpb_err_code code, const char *where, const char *words)
{
    struct wpb_err err = {0};
    struct wpb_mysql_link *link = wpb_mysql_link_open(address, &err);

    assert_null(link);
    if (err.code != code || !strstr(err.message, where) || !strstr(err.message, words))
        fail_msg("%s: %s", wpb_err_name(err.code), err.message);
}

static void each_way_to_fail_says_where_and_what_to_do(void **state)
{
    const struct mysql_server *server = *state;
    struct wpb_mysql_address address = root(server);

    address.password = "wrong";
    expect_no_link(&address, WPB_E_AUTH, server->socket, "--mysql-password-file");
    address = root(server);
    address.schema = "nowhere";
    expect_no_link(&address, WPB_E_NOT_FOUND, "db=nowhere", "DB_NAME");
    address = root(server);
    address.path = "/nonexistent/mysql.sock";
    expect_no_link(&address, WPB_E_CONNECT, "/nonexistent/mysql.sock", "DB_HOST");
    address = (struct wpb_mysql_address){.host = "no-such-host.invalid",
                                         .port = 3306,
                                         .path = "",
                                         .schema = "shop",
                                         .user = "root",
                                         .password = ""};
    expect_no_link(&address, WPB_E_CONNECT, "mysql://no-such-host.invalid:3306/shop",
                   "DB_HOST");
    address.host = "127.0.0.1";
    address.port = mysql_free_port();
    expect_no_link(&address, WPB_E_CONNECT, "mysql://127.0.0.1:", "DB_HOST");
}

/* The library reads "a;plugin-dir=b" as a list of its own options. */
static void a_host_that_carries_options_is_refused(void **state)
{
    static const char *const hosts[] = {"127.0.0.1;plugin-dir=/tmp",
                                        "host=127.0.0.1;init-command=DROP TABLE t",
                                        "evil://127.0.0.1",
                                        "127.0.0.1,10.0.0.1",
                                        "a b",
                                        "\x1b[31m"};
    struct wpb_mysql_address address = root(*state);

    address.path = "";
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        address.host = hosts[i];
        expect_no_link(&address, WPB_E_ARGUMENT, "mysql://", "no host name");
    }
}

static void a_listener_that_says_nothing_is_given_up(void **state)
{
    struct sockaddr_in any = {.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct wpb_mysql_address address = root(*state);

    assert_int_equal(bind(fd, (struct sockaddr *)&any, len), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    address.path = "";
    address.host = "127.0.0.1";
    address.port = ntohs(any.sin_port);
    expect_no_link(&address, WPB_E_CONNECT, "mysql://127.0.0.1:", "overloaded");
    close(fd);
}

static void a_frozen_server_is_given_up(void **state)
{
    struct wpb_mysql_address address = root(*state);

    mysql_server_freeze(*state);
    expect_no_link(&address, WPB_E_CONNECT, "mysql.sock", "overloaded");
    mysql_server_thaw(*state);
}

static void an_account_with_all_its_connections_in_use_is_said_to_be_full(void **state)
{
    struct wpb_mysql_address address = root(*state);
    struct wpb_mysql_link *link;

    mysql_server_do(*state, "CREATE USER one@localhost IDENTIFIED BY 'p' "
                            "WITH MAX_USER_CONNECTIONS 1; GRANT SELECT ON shop.* TO "
                            "one@localhost");
    address.user = "one";
    address.password = "p";
    link = open_as(&address);
    expect_no_link(&address, WPB_E_CONNECT, "mysql.sock", "MAX_USER_CONNECTIONS");
    wpb_mysql_link_close(link);
}

/* --- TLS --- */

static void make_certificate(const char *folder)
{
    char command[512];

    snprintf(command, sizeof command,
             "cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out "
             "cert.pem -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 "
             ">/dev/null 2>&1",
             folder);
    if (system(command) != 0)
        fail_msg("openssl cannot make a certificate; is it installed?");
}

/* MySQL's own library encrypts wherever the server can, whatever it then proves. */
#ifdef MARIADB_PACKAGE_VERSION_ID
static const bool prefers_encryption = false;
/* From Connector/C 3.4 on nothing is proven of 127.0.0.1, which nobody else can be. */
static const bool proves_loopback = MARIADB_PACKAGE_VERSION_ID < 30400;
#else
static const bool prefers_encryption = true;
static const bool proves_loopback = true;
#endif

static void expect_encryption(struct wpb_mysql_link *link, bool is_there)
{
    char sql[160];

    snprintf(sql, sizeof sql,
             "SELECT VARIABLE_VALUE <> '' FROM %s.session_status "
             "WHERE VARIABLE_NAME = 'Ssl_cipher'",
             mysql_server_is_mysql() ? "performance_schema" : "information_schema");
    expect_text(link, sql, is_there ? "1" : "0");
}

static void tls_is_refused_unless_trusted_and_left_out_unless_asked_for(void **state)
{
    char folder[] = "/tmp/wpbloat-tls-XXXXXX", cert[64], key[64], path[64], command[64];
    const char *args[] = {cert, key, NULL};
    struct mysql_server server = {0};
    struct wpb_mysql_address address;
    struct wpb_mysql_link *link;

    (void)state;
    assert_non_null(mkdtemp(folder));
    make_certificate(folder);
    snprintf(cert, sizeof cert, "--ssl-cert=%s/cert.pem", folder);
    snprintf(key, sizeof key, "--ssl-key=%s/key.pem", folder);
    snprintf(path, sizeof path, "%s/cert.pem", folder);
    mysql_server_start(&server, args, true);
    mysql_server_do(&server, "CREATE DATABASE shop; CREATE USER tls@127.0.0.1 IDENTIFIED "
                             "BY 'p'; GRANT SELECT ON shop.* TO tls@127.0.0.1");
    address = root(&server);
    address.path = "";
    address.host = "127.0.0.1";
    address.port = server.port;
    address.user = "tls";
    address.password = "p";
    link = open_as(&address);
    expect_encryption(link, prefers_encryption);
    wpb_mysql_link_close(link);
    address.is_encrypted = true;
    if (proves_loopback)
        expect_no_link(&address, WPB_E_CONNECT,
                       "mysqls://127.0.0.1:", "update-ca-certificates");
    setenv("SSL_CERT_FILE", path, 1);
    link = open_as(&address);
    expect_encryption(link, true);
    wpb_mysql_link_close(link);
    unsetenv("SSL_CERT_FILE");
    mysql_server_stop(&server);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

static void tls_that_the_server_does_not_speak_is_no_reason_to_go_on_without(void **state)
{
    struct wpb_mysql_address address = root(*state);

    if (mysql_server_is_mysql()) /* which always speaks it */
        skip();
    address.path = "";
    address.host = "127.0.0.1";
    address.port = ((struct mysql_server *)*state)->port;
    address.is_encrypted = true;
    expect_no_link(&address, WPB_E_CONNECT, "mysqls://127.0.0.1:", "SSL");
}

/* --- dialects --- */

static void the_server_is_known_by_what_it_takes(void **state)
{
    static const char *const args[] = {"--version=8.0.36", NULL};
    struct mysql_server claims = {0};
    struct wpb_mysql_address address;
    struct wpb_mysql_link *link = open_root(state);

    if (mysql_server_is_mysql()) {
        assert_int_equal(wpb_mysql_link_dialect(link), WPB_MYSQL);
        wpb_mysql_link_close(link);
        return;
    }
    assert_int_equal(wpb_mysql_link_dialect(link), WPB_MARIADB);
    wpb_mysql_link_close(link);
    mysql_server_start(&claims, args, false);
    mysql_server_do(&claims, "CREATE DATABASE shop");
    address = root(&claims);
    link = open_as(&address);
    assert_string_equal(wpb_mysql_link_version(link), "8.0.36");
    assert_int_equal(wpb_mysql_link_dialect(link), WPB_MYSQL);
    expect_text(link, "SELECT @@max_statement_time", "5.000000");
    assert_int_equal(wpb_mysql_link_dialect(link), WPB_MARIADB);
    wpb_mysql_link_close(link);
    mysql_server_stop(&claims);
}

static void lag_is_asked_for_in_the_words_of_the_version(void **state)
{
    (void)state;
    assert_string_equal(wpb_mysql_lag_sql(WPB_MARIADB, "10.11.19-MariaDB"),
                        "SHOW ALL SLAVES STATUS");
    assert_string_equal(wpb_mysql_lag_sql(WPB_MYSQL, "8.0.21-log"), "SHOW SLAVE STATUS");
    assert_string_equal(wpb_mysql_lag_sql(WPB_MYSQL, "8.0.22"), "SHOW REPLICA STATUS");
    assert_string_equal(wpb_mysql_lag_sql(WPB_MYSQL, "9.7.4"), "SHOW REPLICA STATUS");
    assert_string_equal(wpb_mysql_lag_sql(WPB_MYSQL, "?"), "SHOW REPLICA STATUS");
}

static void lag_is_read_by_the_columns_name_and_the_worst_source_counts(void **state)
{
    static const struct wpb_slice names[] = {WPB_SLICE("Channel_Name"),
                                             WPB_SLICE("Seconds_Behind_Source")};
    struct wpb_slice cells[] = {WPB_SLICE("a"), WPB_SLICE("3"), WPB_SLICE("b"),
                                WPB_SLICE("17")};
    struct wpb_mysql_rows rows = {
        .rows = 2, .columns = 2, .names = names, .cells = cells};
    uint64_t seconds;

    (void)state;
    assert_int_equal(wpb_mysql_lag_read(&rows, &seconds), WPB_MYSQL_LAG_KNOWN);
    assert_int_equal(seconds, 17);
    cells[1] = wpb_slice_of(NULL, 0);
    assert_int_equal(wpb_mysql_lag_read(&rows, &seconds), WPB_MYSQL_LAG_STOPPED);
    rows.rows = 0;
    assert_int_equal(wpb_mysql_lag_read(&rows, &seconds), WPB_MYSQL_LAG_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_can_be_written_even_by_root),
        cmocka_unit_test(a_locked_table_is_waited_for_two_seconds_at_most),
        cmocka_unit_test(the_server_ends_a_statement_at_its_time_limit),
        cmocka_unit_test(rows_above_the_bounds_are_not_kept),
        cmocka_unit_test(cells_keep_their_bytes_their_null_and_their_names),
        cmocka_unit_test(a_row_larger_than_the_packet_costs_the_connection_only),
        cmocka_unit_test(a_server_that_answers_too_many_columns_is_left),
        cmocka_unit_test(a_kill_ends_the_statement_and_spares_the_connection),
        cmocka_unit_test(a_broken_connection_returns_from_a_frozen_server),
        cmocka_unit_test(each_way_to_fail_says_where_and_what_to_do),
        cmocka_unit_test(a_host_that_carries_options_is_refused),
        cmocka_unit_test(a_listener_that_says_nothing_is_given_up),
        cmocka_unit_test(a_frozen_server_is_given_up),
        cmocka_unit_test(an_account_with_all_its_connections_in_use_is_said_to_be_full),
        cmocka_unit_test(tls_is_refused_unless_trusted_and_left_out_unless_asked_for),
        cmocka_unit_test(
            tls_that_the_server_does_not_speak_is_no_reason_to_go_on_without),
        cmocka_unit_test(the_server_is_known_by_what_it_takes),
        cmocka_unit_test(lag_is_asked_for_in_the_words_of_the_version),
        cmocka_unit_test(lag_is_read_by_the_columns_name_and_the_worst_source_counts),
    };
    return cmocka_run_group_tests(tests, start, end);
}
