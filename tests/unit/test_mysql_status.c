/* What a server has done since it started, as the difference of two looks. */
#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/schedule/keepsakes.h"
#include "agent/schedule/worker.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"

static const struct mysql_wordpress shop = {.schema = "shop", .prefix = "wp7_"};
static const struct wpb_probe *const probes[] = {&wpb_probe_mysql_status, NULL};
static int start(void **state)
{
    static const char *const args[] = {"--performance-schema=on", NULL};
    struct mysql_server *server = calloc(1, sizeof *server);

    assert_non_null(server);
    *state = server;
    mysql_server_start(server, args, false);
    mysql_wordpress_create(server, &shop);
    mysql_wordpress_grant(server, &shop);
    mysql_server_do(server, "CREATE TABLE wp7_many (id int PRIMARY KEY); "
                            "INSERT INTO wp7_many SELECT seq FROM seq_1_to_1000");
    return 0;
}

static int end(void **state)
{
    mysql_server_stop(*state);
    free(*state);
    return 0;
}

static void look(struct mysql_look *seen, struct mysql_server *server,
                 struct wpb_keepsakes *keepsakes)
{
    const struct wpb_turn_options options = {.budget = WPB_BUDGET_LOW,
                                             .survey = true,
                                             .now_ms = 1790000000000,
                                             .keepsakes = keepsakes};

    mysql_look(seen, server, &shop, probes, &options);
}

static const struct wpb_sample *sample(const struct mysql_look *seen,
                                       enum wpb_metric metric)
{
    return mysql_look_sample(seen, WPB_SUBJECT_MYSQL_SERVER, "", metric);
}

static long long integer(const struct mysql_look *seen, enum wpb_metric metric)
{
    return mysql_look_integer(seen, WPB_SUBJECT_MYSQL_SERVER, "", metric);
}

/* ---- turns that share a connection, as those of the agent do ---- */

static bool ask_scan(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SELECT COUNT(*) FROM {options} WHERE option_value <> ''");
    return true;
}

static enum wpb_rung_next scan_again(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    unsigned *times = wpb_rung_state(rung);

    (void)rows;
    return ++*times < 30 ? WPB_RUNG_AGAIN : WPB_RUNG_NEXT;
}

static const struct wpb_rung_step scan_steps[] = {
    {.what = "scan", .bounds = {1, 100, 2000}, .ask = ask_scan, .answer = scan_again}};
static const struct wpb_rung_kind scan_kind = {
    .steps = scan_steps, .step_count = 1, .state_size = sizeof(unsigned)};

static void *start_scan(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &scan_kind, err);
}

static const struct wpb_probe busy_probe = {.name = "test.busy",
                                            .unit = "rows",
                                            .needs = "mysql",
                                            .look = WPB_LOOK_SURVEY,
                                            .deadline_ms = 60000,
                                            .start = start_scan,
                                            .step = wpb_rung_step,
                                            .cancel = wpb_rung_cancel,
                                            .free = wpb_rung_free};
static const struct wpb_probe *const busy[] = {&busy_probe, NULL};

struct agent {
    uv_loop_t loop;
    struct wpb_worker *worker;
    struct wpb_keepsakes *keepsakes;
};

static void agent_start(struct agent *agent)
{
    assert_int_equal(uv_loop_init(&agent->loop), 0);
    agent->worker = wpb_worker_new(&agent->loop);
    agent->keepsakes = wpb_keepsakes_new();
    assert_non_null(agent->worker);
}

static void agent_stop(struct agent *agent)
{
    wpb_worker_close(agent->worker);
    uv_run(&agent->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&agent->loop), 0);
    wpb_keepsakes_free(agent->keepsakes);
}

static void ignore_end(struct wpb_turn *turn, void *cookie)
{
    (void)turn;
    (void)cookie;
}

static void agent_turn(struct agent *agent, struct mysql_look *seen,
                       struct mysql_server *server, const struct wpb_probe *const *which)
{
    const struct wpb_turn_options options = {.probes = which,
                                             .budget = WPB_BUDGET_FULL,
                                             .survey = true,
                                             .now_ms = 1790000000000,
                                             .keepsakes = agent->keepsakes};

    mysql_look_prepare(seen, server, &shop);
    seen->turn = wpb_turn_new(&seen->site, 1, &options);
    assert_non_null(seen->turn);
    wpb_turn_start(seen->turn, &agent->loop, agent->worker, ignore_end, NULL);
    uv_run(&agent->loop, UV_RUN_DEFAULT);
}

static void others_work_is_counted_and_ours_is_not(void **state)
{
    struct mysql_look before, between, after;
    struct agent agent;

    mysql_server_do(*state, "INSERT INTO wp7_options (option_name, option_value) "
                            "SELECT seq, 'x' FROM seq_1_to_1000");
    agent_start(&agent);
    agent_turn(&agent, &before, *state, probes);
    mysql_look_was_whole(&before, "mysql.status");
    for (int i = 0; i < 40; i++)
        mysql_server_do(*state, "SELECT SUM(id + %d) FROM wp7_many", i);
    agent_turn(&agent, &between, *state, busy);
    mysql_look_was_whole(&between, "test.busy");
    agent_turn(&agent, &after, *state, probes);
    assert_int_equal(integer(&after, WPB_M_QUESTIONS) - integer(&before, WPB_M_QUESTIONS),
                     40);
    assert_in_range(integer(&after, WPB_M_ROWS_EXAMINED) -
                        integer(&before, WPB_M_ROWS_EXAMINED),
                    40 * 1000, 40 * 1000 + 2500);
    assert_true(integer(&after, WPB_M_THREADS_RUNNING) >= 1);
    assert_true(integer(&after, WPB_M_UPTIME_SECONDS) >= 0);
    mysql_look_free(&before);
    mysql_look_free(&between);
    mysql_look_free(&after);
    agent_stop(&agent);
}

static void what_an_earlier_connection_did_stays_taken_off(void **state)
{
    struct wpb_keepsakes *keepsakes = wpb_keepsakes_new();
    struct mysql_look before, after;

    look(&before, *state, keepsakes);
    look(&after, *state, keepsakes);
    /* All but the statement of the first that nobody has told of, and how it left. */
    assert_in_range(integer(&after, WPB_M_QUESTIONS) - integer(&before, WPB_M_QUESTIONS),
                    0, 3);
    mysql_look_free(&before);
    mysql_look_free(&after);
    wpb_keepsakes_free(keepsakes);
}

static void waits_for_rows_are_told_in_seconds(void **state)
{
    struct mysql_server *server = *state;
    MYSQL *other = mysql_init(NULL);
    struct mysql_look seen;

    assert_non_null(
        mysql_real_connect(other, "localhost", "root", "", "shop", 0, server->socket, 0));
    mysql_server_do(server, "BEGIN; UPDATE wp7_many SET id = 5000 WHERE id = 1");
    assert_int_equal(mysql_query(other, "SET innodb_lock_wait_timeout = 1"), 0);
    assert_int_not_equal(mysql_query(other, "UPDATE wp7_many SET id = 5001 WHERE id = 1"),
                         0);
    mysql_server_do(server, "ROLLBACK");
    mysql_close(other);
    look(&seen, server, NULL);
    assert_true(integer(&seen, WPB_M_ROW_LOCK_WAITS) >= 1);
    assert_true(sample(&seen, WPB_M_ROW_LOCK_SECONDS)->value.number > 0.5);
    mysql_look_free(&seen);
}

static void time_in_statements_needs_a_grant_and_is_left_out_without(void **state)
{
    static const char *const table =
        "performance_schema.events_statements_summary_global_by_event_name";
    struct mysql_look seen;

    mysql_server_do(*state, "SELECT SLEEP(0.3)");
    look(&seen, *state, NULL);
    mysql_look_was_whole(&seen, "mysql.status");
    assert_non_null(sample(&seen, WPB_M_STATEMENT_SECONDS));
    assert_true(sample(&seen, WPB_M_STATEMENT_SECONDS)->value.number >= 0.3);
    mysql_look_free(&seen);
    mysql_server_do(*state, "REVOKE SELECT ON %s FROM wpbloat@localhost", table);
    look(&seen, *state, NULL);
    mysql_look_was_whole(&seen, "mysql.status");
    assert_null(sample(&seen, WPB_M_STATEMENT_SECONDS));
    mysql_look_free(&seen);
    mysql_server_do(*state, "GRANT SELECT ON %s TO wpbloat@localhost", table);
}

static void a_restart_is_seen_by_numbers_that_fall(void **state)
{
    struct wpb_keepsakes *keepsakes = wpb_keepsakes_new();
    struct mysql_look before, after;

    for (int i = 0; i < 100; i++)
        mysql_server_do(*state, "SELECT %d", i);
    look(&before, *state, keepsakes);
    mysql_server_restart(*state);
    mysql_server_do(*state, "USE shop");
    look(&after, *state, keepsakes);
    assert_true(integer(&after, WPB_M_QUESTIONS) < integer(&before, WPB_M_QUESTIONS));
    mysql_look_free(&before);
    mysql_look_free(&after);
    wpb_keepsakes_free(keepsakes);
}

static void each_number_is_told_once_to_every_site_of_the_server(void **state)
{
    struct mysql_look seen;
    struct wpb_site sites[2];
    struct wpb_turn_options options = {.probes = probes,
                                       .budget = WPB_BUDGET_LOW,
                                       .survey = true,
                                       .now_ms = 1790000000000};
    struct wpb_err err = {0};
    long long questions[2];

    mysql_look_prepare(&seen, *state, &shop);
    sites[0] = sites[1] = seen.site;
    sites[1].name = "second";
    sites[1].table_prefix = "wp8_";
    seen.turn = wpb_turn_new(sites, 2, &options);
    assert_int_equal(wpb_turn_run(seen.turn, &err), 0);
    for (size_t i = 0; i < 2; i++) {
        const struct wpb_window *window = wpb_turn_window(seen.turn, i);
        size_t cursor = 0;
        const struct wpb_subject *server =
            wpb_window_next(window, WPB_SUBJECT_MYSQL_SERVER, NULL, &cursor);
        assert_non_null(server);
        questions[i] = wpb_window_integer(window, server, WPB_M_QUESTIONS, -1);
    }
    assert_true(questions[0] > 0 && questions[0] == questions[1]);
    mysql_look_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_work_is_counted_and_ours_is_not),
        cmocka_unit_test(what_an_earlier_connection_did_stays_taken_off),
        cmocka_unit_test(waits_for_rows_are_told_in_seconds),
        cmocka_unit_test(time_in_statements_needs_a_grant_and_is_left_out_without),
        cmocka_unit_test(each_number_is_told_once_to_every_site_of_the_server),
        cmocka_unit_test(a_restart_is_seen_by_numbers_that_fall),
    };

    return cmocka_run_group_tests(tests, start, end);
}
