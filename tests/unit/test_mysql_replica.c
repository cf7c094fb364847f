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
    mysql_server_do(&pair->primary,
                    "GRANT REPLICA MONITOR ON *.* TO wpbloat@localhost; "
                    "INSERT INTO wp7_options (option_name, option_value, autoload) "
                    "VALUES ('both', 'value', 'yes'); "
                    "CREATE TABLE wp7_marker (id int)");
    mysql_server_do(&pair->replica,
                    "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%u, "
                    "MASTER_USER='repl', MASTER_PASSWORD='r'; START SLAVE",
                    pair->primary.port);
    while (!has_marker(&pair->replica))
        usleep(10000);
    mysql_server_do(&pair->replica, "INSERT INTO shop.wp7_options (option_name, "
                                    "option_value, autoload) VALUES ('replica only', "
                                    "'0123456789', 'yes')");
    return 0;
}

static int stop(void **state)
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

    mysql_server_do(&pair->replica, "REVOKE REPLICA MONITOR ON *.* FROM "
                                    "wpbloat@localhost");
    look(state, &seen);
    expect(&seen, "mysql.server", WPB_COVERAGE_PARTIAL, "how far the replica is behind");
    expect(&seen, "mysql.server", WPB_COVERAGE_PARTIAL, "packaging/grants.sql");
    assert_int_equal(autoload_bytes(&seen), 15);
    expect(&seen, "mysql.autoload", WPB_COVERAGE_OK, "");
    mysql_look_free(&seen);
    mysql_server_do(&pair->replica, "GRANT REPLICA MONITOR ON *.* TO wpbloat@localhost");
}

static void a_stopped_replica_gets_cheap_statements_only(void **state)
{
    struct pair *pair = *state;
    struct mysql_look seen;

    mysql_server_do(&pair->replica, "STOP SLAVE");
    look(state, &seen);
    expect(&seen, "mysql.server", WPB_COVERAGE_PARTIAL, "replication is stopped");
    expect(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "replication is stopped");
    assert_non_null(mysql_look_find(&seen, WPB_SUBJECT_TABLE, "wp7_options"));
    assert_null(
        mysql_look_sample(&seen, WPB_SUBJECT_TABLE, "wp7_options", WPB_M_AUTOLOAD_BYTES));
    mysql_look_free(&seen);
    mysql_server_do(&pair->replica, "START SLAVE");
}

/* An event that says it is 100 s old, and waits for an hour. */
static void a_replica_that_is_behind_is_left_alone(void **state)
{
    struct pair *pair = *state;
    struct mysql_look seen;

    mysql_server_do(&pair->replica, "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=3600; "
                                    "START SLAVE");
    mysql_server_do(&pair->primary, "SET TIMESTAMP = UNIX_TIMESTAMP() - 100; "
                                    "INSERT INTO wp7_marker VALUES (1)");
    while (mysql_server_integer(&pair->replica,
                                "SELECT COUNT(*) FROM information_schema.processlist "
                                "WHERE state LIKE 'Waiting until MASTER_DELAY%%'") == 0)
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

    mysql_server_do(&pair->replica, "STOP SLAVE; RESET SLAVE ALL");
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
    return cmocka_run_group_tests(tests, start, stop);
}
