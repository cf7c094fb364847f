/* A primary and its replica: what is read where, and when the replica is left alone. */
#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/mysql/probes.h"

static const struct mysql_wordpress site = {.schema = "shop", .prefix = "wp7_"};
static const struct wpb_probe *const probes[] = {&wpb_probe_mysql_server,
                                                 &wpb_probe_mysql_autoload, NULL};

/* How each server says it. */
static const struct words {
    const char *lag_right, *follow, *begin, *pause, *delay, *forget, *waiting;
} mariadb_words = {.lag_right = "REPLICA MONITOR",
                   .follow = "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%u, "
                             "MASTER_USER='repl', MASTER_PASSWORD='r'",
                   .begin = "START SLAVE",
                   .pause = "STOP SLAVE",
                   .delay = "CHANGE MASTER TO MASTER_DELAY=3600",
                   .forget = "RESET SLAVE ALL",
                   .waiting = "Waiting until MASTER_DELAY%"},
  mysql_words = {.lag_right = "REPLICATION CLIENT",
                 .follow = "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', "
                           "SOURCE_PORT=%u, SOURCE_USER='repl', SOURCE_PASSWORD='r', "
                           "GET_SOURCE_PUBLIC_KEY=1",
                 .begin = "START REPLICA",
                 .pause = "STOP REPLICA",
                 .delay = "CHANGE REPLICATION SOURCE TO SOURCE_DELAY=3600",
                 .forget = "RESET REPLICA ALL",
                 .waiting = "Waiting until SOURCE_DELAY%"};

static const struct words *words(void)
{
    return mysql_server_is_mysql() ? &mysql_words : &mariadb_words;
}

struct pair {
    struct mysql_server primary, replica;
};

static long long has_marker(struct mysql_server *server)
{
    return mysql_server_integer(server, "SELECT COUNT(*) FROM information_schema.tables "
                                        "WHERE table_schema = 'shop' AND table_name = "
                                        "'wp7_marker'");
}

static int start(void **state)
{
    static const char *const primary[] = {"--log-bin=bin", "--server-id=1", NULL};
    static const char *const replica[] = {"--server-id=2", "--relay-log=relay", NULL};
    struct pair *pair = calloc(1, sizeof *pair);

    assert_non_null(pair);
    *state = pair;
    mysql_server_start(&pair->primary, primary, true);
    mysql_server_start(&pair->replica, replica, false);
    mysql_server_do(&pair->primary, "CREATE USER repl@127.0.0.1 IDENTIFIED BY 'r'; "
                                    "GRANT REPLICATION SLAVE ON *.* TO repl@127.0.0.1");
    mysql_wordpress_create(&pair->primary, &site);
    mysql_wordpress_grant(&pair->primary, &site);
    mysql_server_do(&pair->primary, "GRANT %s ON *.* TO wpbloat@localhost",
                    words()->lag_right);
    mysql_server_do(&pair->primary,
                    "INSERT INTO wp7_options (option_name, option_value, autoload) "
                    "VALUES ('both', 'value', 'yes'); "
                    "CREATE TABLE wp7_marker (id int)");
    /* The words are ours. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    mysql_server_do(&pair->replica, words()->follow, pair->primary.port);
#pragma GCC diagnostic pop
    mysql_server_do(&pair->replica, "%s", words()->begin);
    while (!has_marker(&pair->replica))
        usleep(10000);
    mysql_server_do(&pair->replica, "INSERT INTO shop.wp7_options (option_name, "
                                    "option_value, autoload) VALUES ('replica only', "
                                    "'0123456789', 'yes')");
    return 0;
}

static int end(void **state)
{
    struct pair *pair = *state;

    mysql_server_stop(&pair->replica);
    mysql_server_stop(&pair->primary);
    free(pair);
    return 0;
}

static void look(void **state, struct mysql_look *seen)
{
    struct pair *pair = *state;

    mysql_look_prepare(seen, &pair->primary, &site);
    seen->site.has_mysql_replica = true;
    seen->site.mysql_replica = seen->site.mysql;
    seen->site.mysql_replica.path = pair->replica.socket;
    seen->site.mysql_replica.is_replica = true;
    mysql_look_turn(seen, probes, NULL);
}

static void expect(const struct mysql_look *seen, const char *probe,
                   enum wpb_coverage_status status, const char *words)
{
    const struct wpb_coverage *row = mysql_look_coverage(seen, probe);

    if (row->status != status || !strstr(row->reason, words))
        fail_msg("%s: %s: %s", probe, wpb_coverage_status_name(row->status), row->reason);
}

static long long autoload_bytes(const struct mysql_look *seen)
{
    return mysql_look_integer(seen, WPB_SUBJECT_TABLE, "wp7_options",
                              WPB_M_AUTOLOAD_BYTES);
}

static void a_replica_is_read_under_the_name_of_the_primary(void **state)
{
    struct pair *pair = *state;
    struct mysql_look seen;
    const struct wpb_subject *table;

    look(state, &seen);
    assert_int_equal(autoload_bytes(&seen), 15);
    table = mysql_look_find(&seen, WPB_SUBJECT_TABLE, "wp7_options");
    assert_non_null(memmem(table->scope.data, table->scope.len, pair->primary.socket,
                           strlen(pair->primary.socket)));
    assert_in_range(mysql_look_integer(&seen, WPB_SUBJECT_MYSQL_SERVER, "",
                                       WPB_M_REPLICA_LAG_SECONDS),
                    0, 10);
    expect(&seen, "mysql.server", WPB_COVERAGE_OK, "");
    expect(&seen, "mysql.autoload", WPB_COVERAGE_OK, "");
    mysql_look_free(&seen);
}

static void without_the_grant_the_lag_is_not_seen_and_the_rest_goes_on(void **state)
{
    struct pair *pair = *state;
    struct mysql_look seen;

    mysql_server_do(&pair->replica, "REVOKE %s ON *.* FROM wpbloat@localhost",
                    words()->lag_right);
    look(state, &seen);
    expect(&seen, "mysql.server", WPB_COVERAGE_PARTIAL, "how far the replica is behind");
    expect(&seen, "mysql.server", WPB_COVERAGE_PARTIAL, "packaging/grants.sql");
    assert_int_equal(autoload_bytes(&seen), 15);
    expect(&seen, "mysql.autoload", WPB_COVERAGE_OK, "");
    mysql_look_free(&seen);
    mysql_server_do(&pair->replica, "GRANT %s ON *.* TO wpbloat@localhost",
                    words()->lag_right);
}

static void a_stopped_replica_gets_cheap_statements_only(void **state)
{
    struct pair *pair = *state;
    struct mysql_look seen;

    mysql_server_do(&pair->replica, "%s", words()->pause);
    look(state, &seen);
    expect(&seen, "mysql.server", WPB_COVERAGE_PARTIAL, "replication is stopped");
    expect(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "replication is stopped");
    assert_non_null(mysql_look_find(&seen, WPB_SUBJECT_TABLE, "wp7_options"));
    assert_null(
        mysql_look_sample(&seen, WPB_SUBJECT_TABLE, "wp7_options", WPB_M_AUTOLOAD_BYTES));
    mysql_look_free(&seen);
    mysql_server_do(&pair->replica, "%s", words()->begin);
}

/* An event that says it is 100 s old, and waits for an hour. */
static void a_replica_that_is_behind_is_left_alone(void **state)
{
    struct pair *pair = *state;
    struct mysql_look seen;

    mysql_server_do(&pair->replica, "%s; %s; %s", words()->pause, words()->delay,
                    words()->begin);
    mysql_server_do(&pair->primary, "SET TIMESTAMP = UNIX_TIMESTAMP() - 100; "
                                    "INSERT INTO wp7_marker VALUES (1)");
    while (mysql_server_integer(&pair->replica,
                                "SELECT COUNT(*) FROM information_schema.processlist "
                                "WHERE state LIKE '%s'",
                                words()->waiting) == 0)
        usleep(10000);
    look(state, &seen);
    assert_in_range(mysql_look_integer(&seen, WPB_SUBJECT_MYSQL_SERVER, "",
                                       WPB_M_REPLICA_LAG_SECONDS),
                    100, 3600);
    expect(&seen, "mysql.server", WPB_COVERAGE_PARTIAL, "s behind");
    expect(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "s behind");
    mysql_look_free(&seen);
}

static void a_server_that_replicates_from_nobody_is_said_to_be_none(void **state)
{
    struct pair *pair = *state;
    struct mysql_look seen;

    mysql_server_do(&pair->replica, "%s; %s", words()->pause, words()->forget);
    look(state, &seen);
    expect(&seen, "mysql.server", WPB_COVERAGE_PARTIAL, "replicates from nobody");
    assert_int_equal(autoload_bytes(&seen), 15);
    mysql_look_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replica_is_read_under_the_name_of_the_primary),
        cmocka_unit_test(without_the_grant_the_lag_is_not_seen_and_the_rest_goes_on),
        cmocka_unit_test(a_stopped_replica_gets_cheap_statements_only),
        cmocka_unit_test(a_replica_that_is_behind_is_left_alone),
        cmocka_unit_test(a_server_that_replicates_from_nobody_is_said_to_be_none),
    };
    return cmocka_run_group_tests(tests, start, end);
}
