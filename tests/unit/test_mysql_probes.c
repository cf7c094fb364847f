/* Rungs under the real scheduler: cancelled, refused, cut off, and what the coverage says
 * of each. */
#include "mysql_look.h"

#include <arpa/inet.h>
#include <fcntl.h>
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

#include "probes/mysql/calm.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"

static const struct mysql_wordpress site = {.schema = "shop", .prefix = "wp7_"};
static const struct wpb_probe *const looks[] = {&wpb_probe_mysql_server,
                                                &wpb_probe_mysql_autoload, NULL};

static int start(void **state)
{
    struct mysql_server *server = calloc(1, sizeof *server);

    assert_non_null(server);
    *state = server;
    mysql_server_start(server, NULL, true);
    mysql_wordpress_create(server, &site);
    mysql_wordpress_grant(server, &site);
    mysql_server_do(server, "INSERT INTO wp7_options (option_name, option_value, "
                            "autoload) VALUES ('a', 'value', 'yes')");
    return 0;
}

static int end(void **state)
{
    mysql_server_stop(*state);
    free(*state);
    return 0;
}

static void expect(const struct mysql_look *seen, const char *probe,
                   enum wpb_coverage_status status, const char *words)
{
    const struct wpb_coverage *row = mysql_look_coverage(seen, probe);

    if (row->status != status || !strstr(row->reason, words))
        fail_msg("%s: %s: %s", probe, wpb_coverage_status_name(row->status), row->reason);
}

static void expect_unavailable(const struct mysql_look *seen, const char *where,
                               const char *advice)
{
    expect(seen, "mysql.server", WPB_COVERAGE_UNAVAILABLE, where);
    expect(seen, "mysql.server", WPB_COVERAGE_UNAVAILABLE, advice);
    expect(seen, "mysql.autoload", WPB_COVERAGE_SKIPPED, "mysql.server could not look");
}

/* --- probes of this test's own --- */

static bool ask_sleep(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SELECT SLEEP(600)");
    return true;
}

static bool ask_one(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SELECT 1");
    return true;
}

static enum wpb_rung_next count_rows(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    wpb_rung_count(rung, rows->rows);
    return WPB_RUNG_NEXT;
}

static const struct wpb_rung_step sleep_steps[] = {{.what = "sleep",
                                                    .bounds = {1, 100, 600000},
                                                    .pages_max = 1,
                                                    .ask = ask_sleep,
                                                    .answer = count_rows}};
static const struct wpb_rung_step one_steps[] = {
    {.what = "one", .bounds = {1, 100, 5000}, .ask = ask_one, .answer = count_rows},
    {.what = "two", .bounds = {1, 100, 5000}, .ask = ask_one, .answer = count_rows}};
static const struct wpb_rung_kind sleep_kind = {.steps = sleep_steps, .step_count = 1};
static const struct wpb_rung_kind one_kind = {.steps = one_steps, .step_count = 2};

static void *start_sleep(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &sleep_kind, err);
}

static void *start_one(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &one_kind, err);
}

#define RUNG                                                                             \
    .unit = "rows", .needs = "mysql", .look = WPB_LOOK_SURVEY, .step = wpb_rung_step,    \
    .cancel = wpb_rung_cancel, .free = wpb_rung_free

static const struct wpb_probe sleeper = {
    .name = "test.sleeper", .deadline_ms = 400, .start = start_sleep, RUNG};
static const struct wpb_probe patient = {
    .name = "test.patient", .deadline_ms = 60000, .start = start_sleep, RUNG};
static const struct wpb_probe counter = {
    .name = "test.counter", .deadline_ms = 60000, .start = start_one, RUNG};

static long long running(struct mysql_server *server)
{
    return mysql_server_integer(server,
                                "SELECT COUNT(*) FROM information_schema.processlist "
                                "WHERE info LIKE 'SELECT SLEEP%%'");
}

static void at_its_deadline_a_statement_ends_on_the_server_too(void **state)
{
    static const struct wpb_probe *const probes[] = {&sleeper, &counter, NULL};
    struct mysql_look seen;

    mysql_look(&seen, *state, &site, probes, NULL);
    assert_int_equal(running(*state), 0);
    /* On MySQL a SLEEP() that is ended answers all the same. */
    expect(&seen, "test.sleeper",
           mysql_server_is_mysql() ? WPB_COVERAGE_PARTIAL : WPB_COVERAGE_UNAVAILABLE,
           "stopped before its end");
    /* Next on the same connection, and not hit by the kill. */
    expect(&seen, "test.counter", WPB_COVERAGE_OK, "");
    assert_int_equal(mysql_look_coverage(&seen, "test.counter")->done, 2);
    mysql_look_free(&seen);
}

static void many_cancelled_runs_leave_the_others_whole(void **state)
{
    static const struct wpb_probe *const probes[] = {
        &sleeper, &counter, &sleeper, &counter, &sleeper, &counter, NULL};
    struct mysql_look seen;
    size_t count;
    const struct wpb_coverage *rows;

    mysql_look(&seen, *state, &site, probes, NULL);
    rows = wpb_turn_coverage(seen.turn, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].probe, "test.counter") == 0)
            assert_int_equal(rows[i].done, 2);
    }
    assert_int_equal(running(*state), 0);
    mysql_look_free(&seen);
}

/* What another thread does to the server while a probe's statement runs. */
struct event {
    struct mysql_server *server;
    void (*act)(struct mysql_server *server);
};

static void *when_it_sleeps(void *data)
{
    struct event *event = data;

    while (running(event->server) == 0)
        usleep(1000);
    event->act(event->server);
    return NULL;
}

static void look_while(struct mysql_server *server,
                       void (*act)(struct mysql_server *server),
                       const struct wpb_probe *const *probes, struct mysql_look *seen)
{
    struct event event = {server, act};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, when_it_sleeps, &event), 0);
    mysql_look(seen, server, &site, probes, NULL);
    pthread_join(thread, NULL);
}

static void a_server_frozen_in_a_statement_is_let_go_at_the_deadline(void **state)
{
    static const struct wpb_probe *const probes[] = {&sleeper, &counter, NULL};
    struct mysql_look seen;

    look_while(*state, mysql_server_freeze, probes, &seen);
    expect(&seen, "test.sleeper", WPB_COVERAGE_UNAVAILABLE, "stopped before its end");
    expect(&seen, "test.counter", WPB_COVERAGE_UNAVAILABLE, "cannot connect");
    mysql_look_free(&seen);
    mysql_server_thaw(*state);
    mysql_server_dismiss(*state, "wpbloat");
}

static void a_server_gone_in_a_statement_is_said_to_be_gone(void **state)
{
    static const struct wpb_probe *const probes[] = {&patient, &counter, NULL};
    struct mysql_server own = {0};
    struct mysql_look seen;

    (void)state;
    mysql_server_start(&own, NULL, false);
    mysql_wordpress_create(&own, &site);
    mysql_wordpress_grant(&own, &site);
    look_while(&own, mysql_server_kill, probes, &seen);
    expect(&seen, "test.patient", WPB_COVERAGE_UNAVAILABLE, "has it stopped");
    expect(&seen, "test.counter", WPB_COVERAGE_UNAVAILABLE, "cannot connect");
    mysql_look_free(&seen);
    mysql_server_stop(&own);
}

/* --- not getting in --- */

static void what_waits_for_what_could_not_look_is_told_too(void **state)
{
    static const struct wpb_probe *const chain[] = {&wpb_probe_mysql_server,
                                                    &wpb_probe_mysql_builders,
                                                    &wpb_probe_mysql_postmeta, NULL};
    struct mysql_look seen;

    mysql_look_prepare(&seen, *state, &site);
    seen.site.mysql.password = "wrong";
    mysql_look_turn(&seen, chain, NULL);
    expect(&seen, "mysql.builders", WPB_COVERAGE_SKIPPED, "mysql.server could not look");
    expect(&seen, "mysql.postmeta", WPB_COVERAGE_SKIPPED, "mysql.server could not look");
    mysql_look_free(&seen);
}

static void a_wrong_password_is_told_with_what_to_do(void **state)
{
    struct mysql_look seen;

    mysql_look_prepare(&seen, *state, &site);
    seen.site.mysql.password = "wrong";
    mysql_look_turn(&seen, looks, NULL);
    expect_unavailable(&seen, "mysql.sock", "--mysql-password-file");
    assert_null(strstr(mysql_look_coverage(&seen, "mysql.server")->reason, "wrong"));
    mysql_look_free(&seen);
}

static void a_missing_socket_and_a_missing_host_are_told(void **state)
{
    struct mysql_look seen;

    mysql_look_prepare(&seen, *state, &site);
    seen.site.mysql.path = "/nonexistent/mysql.sock";
    mysql_look_turn(&seen, looks, NULL);
    expect_unavailable(&seen, "/nonexistent/mysql.sock", "is the server running");
    mysql_look_free(&seen);
    mysql_look_prepare(&seen, *state, &site);
    seen.site.mysql.path = "";
    seen.site.mysql.host = "no-such-host.invalid";
    seen.site.mysql.port = 3306;
    mysql_look_turn(&seen, looks, NULL);
    expect_unavailable(&seen, "no-such-host.invalid", "is DB_HOST right");
    mysql_look_free(&seen);
}

static void a_schema_the_account_may_not_use_is_told(void **state)
{
    struct mysql_look seen;

    mysql_look_prepare(&seen, *state, &site);
    seen.site.mysql.schema = "nowhere";
    mysql_look_turn(&seen, looks, NULL);
    expect_unavailable(&seen, "db=nowhere", "grants.sql");
    mysql_look_free(&seen);
}

static void a_frozen_server_and_a_silent_port_are_given_up(void **state)
{
    struct sockaddr_in any = {.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct mysql_look seen;

    mysql_server_freeze(*state);
    mysql_look(&seen, *state, &site, looks, NULL);
    mysql_server_thaw(*state);
    expect_unavailable(&seen, "mysql.sock", "overloaded");
    mysql_look_free(&seen);

    assert_int_equal(bind(fd, (struct sockaddr *)&any, len), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    mysql_look_prepare(&seen, *state, &site);
    seen.site.mysql.path = "";
    seen.site.mysql.host = "127.0.0.1";
    seen.site.mysql.port = ntohs(any.sin_port);
    mysql_look_turn(&seen, looks, NULL);
    expect_unavailable(&seen, "mysql://127.0.0.1:", "overloaded");
    mysql_look_free(&seen);
    close(fd);
}

/* --- tables --- */

static void a_wrong_prefix_is_told_with_the_schema(void **state)
{
    struct mysql_look seen;

    mysql_look_prepare(&seen, *state, &site);
    seen.site.table_prefix = "wrong_";
    mysql_look_turn(&seen, looks, NULL);
    expect(&seen, "mysql.server", WPB_COVERAGE_PARTIAL, "begins with 'wrong_'");
    expect(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "wrong_options");
    mysql_look_free(&seen);
}

static void without_one_table_the_rest_stands(void **state)
{
    static const struct wpb_probe *const all[] = {
        &wpb_probe_mysql_server,   &wpb_probe_mysql_autoload, &wpb_probe_mysql_builders,
        &wpb_probe_mysql_postmeta, &wpb_probe_mysql_orphans,  NULL};
    struct mysql_look seen;

    mysql_server_do(*state, "RENAME TABLE wp7_postmeta TO gone");
    mysql_look(&seen, *state, &site, all, NULL);
    expect(&seen, "mysql.server", WPB_COVERAGE_OK, "");
    expect(&seen, "mysql.autoload", WPB_COVERAGE_OK, "");
    expect(&seen, "mysql.builders", WPB_COVERAGE_PARTIAL, "wp7_postmeta");
    expect(&seen, "mysql.builders", WPB_COVERAGE_PARTIAL, "--table-prefix");
    expect(&seen, "mysql.postmeta", WPB_COVERAGE_PARTIAL, "wp7_postmeta");
    expect(&seen, "mysql.orphans", WPB_COVERAGE_PARTIAL, "wp7_postmeta");
    mysql_look_free(&seen);
    mysql_server_do(*state, "RENAME TABLE gone TO wp7_postmeta");
}

static void without_a_grant_on_one_table_the_rest_stands(void **state)
{
    struct mysql_look seen;

    mysql_server_do(*state, "REVOKE SELECT ON shop.wp7_options FROM wpbloat@localhost");
    mysql_look(&seen, *state, &site, looks, NULL);
    expect(&seen, "mysql.server", WPB_COVERAGE_OK, "");
    assert_non_null(mysql_look_find(&seen, WPB_SUBJECT_TABLE, "wp7_postmeta"));
    expect(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "wp7_options");
    expect(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "packaging/grants.sql");
    mysql_look_free(&seen);
    mysql_server_do(*state, "GRANT SELECT ON shop.wp7_options TO wpbloat@localhost");
}

static void a_view_in_the_place_of_a_table_is_read(void **state)
{
    struct mysql_look seen;

    mysql_server_do(*state, "RENAME TABLE wp7_options TO real_options; "
                            "CREATE VIEW wp7_options AS SELECT * FROM real_options");
    mysql_look(&seen, *state, &site, looks, NULL);
    mysql_look_text_is(&seen, WPB_SUBJECT_TABLE, "wp7_options", WPB_M_ENGINE, "VIEW");
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_TABLE, "wp7_options", WPB_M_AUTOLOAD_BYTES),
        5);
    expect(&seen, "mysql.autoload", WPB_COVERAGE_OK, "");
    mysql_look_free(&seen);
    mysql_server_do(*state, "ALTER TABLE real_options RENAME TO gone");
    mysql_look(&seen, *state, &site, looks, NULL);
    expect(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "the view is broken");
    mysql_look_free(&seen);
    mysql_server_do(*state, "DROP VIEW wp7_options; RENAME TABLE gone TO wp7_options");
}

static void cut_short(struct mysql_server *server, const char *file)
{
    char path[192];

    snprintf(path, sizeof path, "%s/data/shop/%s", server->folder, file);
    assert_int_equal(truncate(path, 1024), 0);
}

static void crash_table(void **state, const char *engine, const char *file)
{
    struct mysql_look seen;

    mysql_server_do(*state,
                    "CREATE TABLE kept LIKE wp7_options; "
                    "INSERT INTO kept SELECT * FROM wp7_options; "
                    "ALTER TABLE wp7_options ENGINE=%s; "
                    "INSERT INTO wp7_options (option_name, option_value, "
                    "autoload) SELECT seq, REPEAT('x', 100), 'yes' FROM "
                    "seq_1_to_500; FLUSH TABLES wp7_options",
                    engine);
    cut_short(*state, file);
    mysql_look(&seen, *state, &site, looks, NULL);
    expect(&seen, "mysql.server", WPB_COVERAGE_OK, "");
    expect(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "repair the table");
    mysql_look_free(&seen);
    mysql_server_do(*state, "DROP TABLE wp7_options; RENAME TABLE kept TO wp7_options");
}

static void a_crashed_table_is_told_with_how_to_repair_it(void **state)
{
    crash_table(state, "MyISAM", "wp7_options.MYD");
    if (!mysql_server_is_mysql())
        crash_table(state, "Aria", "wp7_options.MAD");
}

static void a_locked_table_is_given_up(void **state)
{
    struct mysql_look seen;

    mysql_server_do(*state, "LOCK TABLES wp7_options WRITE");
    mysql_look(&seen, *state, &site, looks, NULL);
    mysql_server_do(*state, "UNLOCK TABLES");
    expect(&seen, "mysql.autoload", WPB_COVERAGE_PARTIAL, "Lock wait timeout");
    mysql_look_free(&seen);
}

/* --- a server at work --- */

static void *sleep_at(void *data)
{
    const struct mysql_server *server = data;
    MYSQL *mysql = mysql_init(NULL);

    if (mysql_real_connect(mysql, "localhost", "crowd", "", NULL, 0, server->socket, 0))
        mysql_query(mysql, "SELECT SLEEP(600)");
    mysql_close(mysql);
    mysql_thread_end();
    return NULL;
}

static void a_busy_server_is_left_alone(void **state)
{
    static const struct wpb_probe *const probes[] = {&sleeper, &counter, NULL};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = 2 * (size_t)cores + 2;
    pthread_t *threads = calloc(count, sizeof *threads);
    struct mysql_look seen;

    mysql_server_do(*state, "CREATE USER crowd@localhost");
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sleep_at, *state), 0);
    while (running(*state) < (long long)count)
        usleep(1000);
    mysql_look(&seen, *state, &site, probes, NULL);
    expect(&seen, "test.sleeper", WPB_COVERAGE_SKIPPED, "the server is busy");
    expect(&seen, "test.counter", WPB_COVERAGE_OK, "");
    mysql_look_free(&seen);
    mysql_server_dismiss(*state, "crowd");
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

static int is_calm(struct wpb_mysql_calm *calm, struct wpb_mysql_link *link,
                   struct wpb_err *err)
{
    struct wpb_mysql_pages pages = {0};

    usleep(1100000); /* sooner than after a second nothing is judged */
    return wpb_mysql_calm_before(calm, &pages, link, WPB_BUDGET_NORMAL, err);
}

/* A table of 40 MB, and a pool of 8. */
static void read_much(struct mysql_server *server)
{
    for (int i = 0; i < 3; i++)
        mysql_server_integer(server, "SELECT SUM(LENGTH(v)) FROM shop.large");
}

static void others_who_begin_to_read_from_disk_are_made_way_for(void **state)
{
    struct mysql_server *server = *state;
    struct wpb_mysql_address address = {.host = "",
                                        .path = server->socket,
                                        .schema = "shop",
                                        .user = MYSQL_WORDPRESS_USER,
                                        .password = MYSQL_WORDPRESS_PASSWORD};
    struct wpb_err err = {0};
    struct wpb_mysql_link *link = wpb_mysql_link_open(&address, &err);
    struct wpb_mysql_pages pages = {0};
    struct wpb_mysql_calm calm;

    assert_non_null(link);
    mysql_server_do(server, "CREATE TABLE large (id int PRIMARY KEY, v longtext); "
                            "INSERT INTO large SELECT seq, REPEAT('v', 400000) FROM "
                            "seq_1_to_100");
    wpb_mysql_calm_init(&calm, true, false);
    assert_int_equal(is_calm(&calm, link, &err), 0);
    assert_int_equal(is_calm(&calm, link, &err), 0);
    /* What we read ourselves is no sign of others. */
    read_much(server);
    assert_true(wpb_mysql_calm_after(&calm, &pages, link, 100000) > 2000);
    assert_int_equal(is_calm(&calm, link, &err), 0);
    read_much(server);
    assert_int_equal(is_calm(&calm, link, &err), -1);
    assert_int_equal(err.code, WPB_E_BUDGET);
    assert_non_null(strstr(err.message, "began to read from disk"));
    wpb_mysql_link_close(link);
    mysql_server_do(server, "DROP TABLE large");
}

static void what_a_look_costs_is_told(void **state)
{
    struct mysql_look seen;
    const struct wpb_coverage *row;

    mysql_server_restart(*state);
    mysql_server_do(*state, "USE shop; SET NAMES binary");
    mysql_look(&seen, *state, &site, looks, NULL);
    row = mysql_look_coverage(&seen, "mysql.autoload");
    assert_true(row->cost.commands >= 5);
    assert_true(row->cost.rows >= 3);
    assert_true(row->cost.pages >= 1);
    assert_true(row->cost.bytes_received > 0);
    mysql_look_free(&seen);
}

/* The looks at its counters too, and what sets limits. */
static void every_statement_is_counted(void **state)
{
    struct mysql_look seen;
    long long counted = 0;
    size_t count;

    mysql_server_do(*state,
                    "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1");
    mysql_look(&seen, *state, &site, looks, NULL);
    mysql_server_do(*state, "SET GLOBAL general_log = 0");
    const struct wpb_coverage *rows = wpb_turn_coverage(seen.turn, &count);
    for (size_t i = 0; i < count; i++)
        counted += (long long)rows[i].cost.commands;
    assert_int_equal(counted, mysql_server_integer(
                                  *state, "SELECT COUNT(*) FROM mysql.general_log WHERE "
                                          "command_type = 'Query' AND user_host LIKE "
                                          "'wpbloat%%'"));
    mysql_look_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_its_deadline_a_statement_ends_on_the_server_too),
        cmocka_unit_test(many_cancelled_runs_leave_the_others_whole),
        cmocka_unit_test(a_server_frozen_in_a_statement_is_let_go_at_the_deadline),
        cmocka_unit_test(a_server_gone_in_a_statement_is_said_to_be_gone),
        cmocka_unit_test(what_waits_for_what_could_not_look_is_told_too),
        cmocka_unit_test(a_wrong_password_is_told_with_what_to_do),
        cmocka_unit_test(a_missing_socket_and_a_missing_host_are_told),
        cmocka_unit_test(a_schema_the_account_may_not_use_is_told),
        cmocka_unit_test(a_frozen_server_and_a_silent_port_are_given_up),
        cmocka_unit_test(a_wrong_prefix_is_told_with_the_schema),
        cmocka_unit_test(without_one_table_the_rest_stands),
        cmocka_unit_test(without_a_grant_on_one_table_the_rest_stands),
        cmocka_unit_test(a_view_in_the_place_of_a_table_is_read),
        cmocka_unit_test(a_crashed_table_is_told_with_how_to_repair_it),
        cmocka_unit_test(a_locked_table_is_given_up),
        cmocka_unit_test(a_busy_server_is_left_alone),
        cmocka_unit_test(others_who_begin_to_read_from_disk_are_made_way_for),
        cmocka_unit_test(what_a_look_costs_is_told),
        cmocka_unit_test(every_statement_is_counted),
    };
    return cmocka_run_group_tests(tests, start, end);
}
