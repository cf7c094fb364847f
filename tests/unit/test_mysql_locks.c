/* Who waits for whom: the tally of a day, and real waits on a real server. */
#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/schedule/keepsakes.h"
#include "probes/mysql/lock_rows.h"
#include "probes/mysql/lock_tally.h"
#include "probes/mysql/probes.h"

#define HOUR INT64_C(3600000)
#define WAITERS 3
#define UPDATE "UPDATE wp7_options SET option_value = ? WHERE option_name = ?"

static const struct mysql_wordpress shop = {.schema = "shop", .prefix = "wp7_"};
static const struct wpb_probe *const probes[] = {&wpb_probe_mysql_locks, NULL};

/* ---- the tally ---- */

static struct wpb_lock_wait wait_for(const char *table, unsigned waiters)
{
    struct wpb_lock_wait wait = {
        .source = WPB_LOCK_BY_ROWS, .looks = 1, .waiters = waiters};

    strcpy(wait.table, table);
    snprintf(wait.statement, sizeof(wait.statement), "of %u", waiters);
    return wait;
}

static void a_day_of_looks_is_counted_and_older_ones_go(void **state)
{
    static struct wpb_lock_tally tally;
    struct wpb_lock_wait wait = wait_for("wp_options", 2);

    (void)state;
    memset(&tally, 0, sizeof(tally));
    for (int hour = 0; hour < 48; hour++) {
        for (int i = 0; i < 10; i++)
            wpb_lock_tally_look(&tally, hour * HOUR + i, WPB_LOCK_BY_ROWS);
        wpb_lock_tally_look(&tally, hour * HOUR, WPB_LOCK_BY_STATES);
        if (hour < 30)
            wpb_lock_tally_wait(&tally, hour * HOUR + 20, &wait);
    }
    assert_int_equal(tally.count, 1);
    assert_int_equal(wpb_lock_tally_looks(&tally, &tally.entries[0]), 240);
    assert_int_equal(wpb_lock_tally_wait_looks(&tally.entries[0]), 6);
    wpb_lock_tally_age(&tally, 52 * HOUR);
    assert_int_equal(wpb_lock_tally_wait_looks(&tally.entries[0]), 1);
    wpb_lock_tally_age(&tally, 53 * HOUR);
    assert_int_equal(tally.count, 0);
}

static void the_look_with_most_waiters_is_described_for_a_day(void **state)
{
    static struct wpb_lock_tally tally;
    struct wpb_lock_wait few = wait_for("a", 1), many = wait_for("a", 5);
    struct wpb_lock_wait guess = wait_for("a", 9);

    (void)state;
    memset(&tally, 0, sizeof(tally));
    many.held_s = 2;
    few.held_s = 3;
    guess.is_estimated = true;
    wpb_lock_tally_wait(&tally, HOUR, &many);
    wpb_lock_tally_wait(&tally, 2 * HOUR, &few);
    wpb_lock_tally_wait(&tally, 2 * HOUR, &guess);
    assert_string_equal(tally.entries[0].worst.statement, "of 5");
    assert_true(tally.entries[0].worst.held_s == 3);
    few.held_s = 1;
    wpb_lock_tally_wait(&tally, 25 * HOUR, &few);
    assert_string_equal(tally.entries[0].worst.statement, "of 1");
    assert_true(tally.entries[0].worst.held_s == 1);
}

static void parts_of_looks_add_up(void **state)
{
    static struct wpb_lock_tally tally;
    struct wpb_lock_wait wait = wait_for("a", 0);

    (void)state;
    memset(&tally, 0, sizeof(tally));
    wait.looks = 0.75;
    for (int i = 0; i < 4; i++)
        wpb_lock_tally_wait(&tally, HOUR, &wait);
    wait.looks = 2.5;
    wpb_lock_tally_wait(&tally, HOUR, &wait);
    assert_int_equal(wpb_lock_tally_wait_looks(&tally.entries[0]), 5);
}

static void of_too_many_tables_the_one_met_least_goes(void **state)
{
    static struct wpb_lock_tally tally;
    struct wpb_lock_wait wait;
    char name[16];

    (void)state;
    memset(&tally, 0, sizeof(tally));
    for (int i = 0; i < WPB_LOCK_TABLES_MAX + 1; i++) {
        snprintf(name, sizeof(name), "t%d", i);
        wait = wait_for(name, 1);
        for (int times = 0; times < (i == 7 ? 1 : 2); times++)
            wpb_lock_tally_wait(&tally, HOUR, &wait);
    }
    assert_int_equal(tally.count, WPB_LOCK_TABLES_MAX);
    for (size_t i = 0; i < tally.count; i++)
        assert_string_not_equal(tally.entries[i].worst.table, "t7");
}

/* ---- a server ---- */

static int start(void **state)
{
    static const char *const args[] = {"--performance-schema=on", NULL};
    struct mysql_server *server = calloc(1, sizeof *server);

    assert_non_null(server);
    *state = server;
    mysql_server_start(server, args, false);
    mysql_wordpress_create(server, &shop);
    mysql_wordpress_grant(server, &shop);
    mysql_server_do(server, "INSERT INTO wp7_options (option_name, option_value) VALUES "
                            "('acme_price_index', 'x'), ('other', 'y')");
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

static const struct wpb_sample *sample(const struct mysql_look *seen, const char *table,
                                       enum wpb_metric metric)
{
    return mysql_look_sample(seen, WPB_SUBJECT_TABLE, table, metric);
}

static long long integer(const struct mysql_look *seen, const char *table,
                         enum wpb_metric metric)
{
    return mysql_look_integer(seen, WPB_SUBJECT_TABLE, table, metric);
}

static void text_is(const struct mysql_look *seen, const char *table,
                    enum wpb_metric metric, const char *expected)
{
    mysql_look_text_is(seen, WPB_SUBJECT_TABLE, table, metric, expected);
}

static MYSQL *connect_as(const struct mysql_server *server, const char *user)
{
    bool is_root = strcmp(user, "root") == 0;
    MYSQL *mysql = mysql_init(NULL);

    assert_non_null(mysql);
    if (!mysql_real_connect(mysql, "localhost", user,
                            is_root ? "" : MYSQL_WORDPRESS_PASSWORD, "shop", 0,
                            server->socket, 0))
        fail_msg("%s", mysql_error(mysql));
    return mysql;
}

static void send(MYSQL *mysql, const char *sql)
{
    assert_int_equal(mysql_send_query(mysql, sql, strlen(sql)), 0);
}

/* Take what was sent to its end, whatever came of it, and leave. */
static void leave(MYSQL *mysql)
{
    mysql_read_query_result(mysql);
    mysql_free_result(mysql_store_result(mysql));
    mysql_close(mysql);
}

/* Until COUNT statements wait for a row. */
static void until_they_wait(struct mysql_server *server, int count)
{
    for (;;) {
        char *text = NULL;
        MYSQL_ROW row;
        MYSQL_RES *result;

        assert_int_equal(mysql_query(server->admin, "SHOW GLOBAL STATUS LIKE "
                                                    "'Innodb_row_lock_current_waits'"),
                         0);
        result = mysql_store_result(server->admin);
        row = mysql_fetch_row(result);
        text = row[1];
        bool is_enough = atoi(text) >= count;
        mysql_free_result(result);
        if (is_enough)
            return;
        usleep(1000);
    }
}

struct queue {
    MYSQL *waiters[WAITERS];
};

/* A plugin rebuilds its index in a transaction, and others come to do the same. */
static void begin_queue(struct queue *queue, struct mysql_server *server,
                        const char *user)
{
    mysql_server_do(server, "BEGIN; UPDATE wp7_options SET option_value = 'mine' WHERE "
                            "option_name = 'acme_price_index'");
    for (int i = 0; i < WAITERS; i++) {
        queue->waiters[i] = connect_as(server, user);
        send(queue->waiters[i], "UPDATE wp7_options SET option_value = 'it\\'s secret' "
                                "WHERE option_name = 'acme_price_index'");
    }
    until_they_wait(server, WAITERS);
}

static void end_queue(struct queue *queue, struct mysql_server *server)
{
    mysql_server_do(server, "ROLLBACK");
    for (int i = 0; i < WAITERS; i++)
        leave(queue->waiters[i]);
}

static void grant(struct mysql_server *server, bool is_granted)
{
    static const char *const rights[] = {"PROCESS ON *.*",
                                         "SELECT ON performance_schema.data_locks",
                                         "SELECT ON performance_schema.data_lock_waits"};
    size_t count = mysql_server_is_mysql() ? 3 : 1;

    for (size_t i = 0; i < count; i++)
        mysql_server_do(server, "%s %s %s wpbloat@localhost",
                        is_granted ? "GRANT" : "REVOKE", rights[i],
                        is_granted ? "TO" : "FROM");
}

static void who_waits_for_a_row_and_who_holds_it_is_told(void **state)
{
    static const char sleeps[] = "Sleep inside a transaction of ";
    struct mysql_look seen;
    struct queue queue;

    grant(*state, true);
    begin_queue(&queue, *state, "root");
    sleep(1); /* InnoDB knows a transaction's age by the second */
    look(&seen, *state, NULL);
    end_queue(&queue, *state);
    grant(*state, false);
    mysql_look_was_whole(&seen, "mysql.locks");
    assert_int_equal(integer(&seen, "wp7_options", WPB_M_LOCK_LOOKS), 5);
    assert_int_equal(integer(&seen, "wp7_options", WPB_M_LOCK_WAIT_LOOKS), 5);
    assert_int_equal(integer(&seen, "wp7_options", WPB_M_LOCK_WAITERS), WAITERS);
    text_is(&seen, "wp7_options", WPB_M_LOCK_INDEX, "option_name");
    text_is(&seen, "wp7_options", WPB_M_LOCK_STATEMENT, UPDATE);
    assert_true(
        wpb_slice_starts(sample(&seen, "wp7_options", WPB_M_LOCK_HOLDER)->value.text,
                         wpb_slice_cstr(sleeps)));
    assert_true(sample(&seen, "wp7_options", WPB_M_LOCK_HELD_SECONDS)->value.number > 0);
    assert_int_equal(sample(&seen, "wp7_options", WPB_M_LOCK_WAITERS)->provenance,
                     WPB_EXACT);
    mysql_look_free(&seen);
}

static void one_who_holds_it_while_he_works_is_told_by_his_statement(void **state)
{
    MYSQL *holder = connect_as(*state, "root"), *waiter = connect_as(*state, "root");
    struct mysql_look seen;

    grant(*state, true);
    assert_int_equal(mysql_query(holder, "BEGIN"), 0);
    assert_int_equal(mysql_query(holder, "UPDATE wp7_options SET option_value = 'mine' "
                                         "WHERE option_name = 'acme_price_index'"),
                     0);
    send(holder, "SELECT SLEEP(600) FROM wp7_options WHERE option_name = 'other'");
    send(waiter, "SELECT * FROM wp7_options WHERE option_name = 'acme_price_index' FOR "
                 "UPDATE");
    until_they_wait(*state, 1);
    look(&seen, *state, NULL);
    mysql_server_do(*state, "KILL %lu", mysql_thread_id(holder));
    leave(waiter);
    leave(holder);
    grant(*state, false);
    text_is(&seen, "wp7_options", WPB_M_LOCK_HOLDER,
            "SELECT SLEEP(?) FROM wp7_options WHERE option_name = ?");
    text_is(&seen, "wp7_options", WPB_M_LOCK_STATEMENT,
            "SELECT * FROM wp7_options WHERE option_name = ? FOR UPDATE");
    mysql_look_free(&seen);
}

static void without_the_grant_others_waits_are_counted_and_the_line_is_told(void **state)
{
    const struct wpb_coverage *row;
    struct mysql_look seen;
    struct queue queue;

    look(&seen, *state, NULL);
    mysql_look_was_whole(&seen, "mysql.locks"); /* nobody waits, that is seen */
    mysql_look_free(&seen);
    begin_queue(&queue, *state, "root");
    look(&seen, *state, NULL);
    end_queue(&queue, *state);
    row = mysql_look_coverage(&seen, "mysql.locks");
    assert_int_equal(row->status, WPB_COVERAGE_PARTIAL);
    assert_non_null(
        strstr(row->lines, "\nGRANT PROCESS ON *.* TO 'wpbloat'@'localhost';"));
    assert_null(sample(&seen, "wp7_options", WPB_M_LOCK_LOOKS));
    mysql_look_free(&seen);
}

static void without_the_grant_waits_of_its_own_account_are_concluded(void **state)
{
    struct mysql_look seen;
    struct queue queue;

    mysql_server_do(*state, "GRANT UPDATE ON shop.wp7_options TO wpbloat@localhost");
    begin_queue(&queue, *state, MYSQL_WORDPRESS_USER);
    look(&seen, *state, NULL);
    end_queue(&queue, *state);
    mysql_server_do(*state, "REVOKE UPDATE ON shop.wp7_options FROM wpbloat@localhost");
    mysql_look_was_whole(&seen, "mysql.locks");
    assert_int_equal(integer(&seen, "wp7_options", WPB_M_LOCK_WAIT_LOOKS), 5);
    assert_int_equal(integer(&seen, "wp7_options", WPB_M_LOCK_WAITERS), WAITERS);
    assert_int_equal(sample(&seen, "wp7_options", WPB_M_LOCK_WAITERS)->provenance,
                     WPB_ESTIMATED);
    text_is(&seen, "wp7_options", WPB_M_LOCK_STATEMENT, UPDATE);
    assert_null(sample(&seen, "wp7_options", WPB_M_LOCK_INDEX));
    mysql_look_free(&seen);
}

static void do_as(MYSQL *mysql, const char *sql)
{
    if (mysql_real_query(mysql, sql, strlen(sql)))
        fail_msg("%s", mysql_error(mysql));
}

static void waits_for_a_lock_by_name_and_for_a_table_are_told(void **state)
{
    MYSQL *holder = connect_as(*state, MYSQL_WORDPRESS_USER);
    MYSQL *named = connect_as(*state, MYSQL_WORDPRESS_USER);
    MYSQL *table = connect_as(*state, MYSQL_WORDPRESS_USER);
    static const char sleeps[] = "Sleep between two statements for ";
    struct mysql_look seen;

    do_as(holder, "DO GET_LOCK('acme-rebuild', 0)");
    mysql_server_do(*state, "LOCK TABLES wp7_posts WRITE");
    send(named, "SELECT GET_LOCK('acme-rebuild', 600)");
    send(table, "SELECT post_title FROM wp7_posts WHERE ID = 7");
    for (int waiting = 0; waiting < 2; usleep(1000))
        waiting = (int)mysql_server_integer(
            *state, "SELECT COUNT(*) FROM information_schema.processlist WHERE state = "
                    "'User lock' OR state = 'Waiting for table metadata lock'");
    look(&seen, *state, NULL);
    mysql_server_do(*state, "UNLOCK TABLES");
    do_as(holder, "DO RELEASE_LOCK('acme-rebuild')");
    mysql_close(holder);
    leave(named);
    leave(table);
    mysql_look_was_whole(&seen, "mysql.locks");
    assert_int_equal(integer(&seen, WPB_LOCK_BY_NAME, WPB_M_LOCK_LOOKS), 3);
    assert_int_equal(integer(&seen, WPB_LOCK_BY_NAME, WPB_M_LOCK_WAIT_LOOKS), 3);
    text_is(&seen, WPB_LOCK_BY_NAME, WPB_M_LOCK_STATEMENT, "SELECT GET_LOCK(...)");
    assert_true(
        wpb_slice_starts(sample(&seen, WPB_LOCK_BY_NAME, WPB_M_LOCK_HOLDER)->value.text,
                         wpb_slice_cstr(sleeps)));
    assert_int_equal(integer(&seen, "wp7_posts", WPB_M_LOCK_WAIT_LOOKS), 3);
    text_is(&seen, "wp7_posts", WPB_M_LOCK_STATEMENT,
            "SELECT post_title FROM wp7_posts WHERE ID = ?");
    mysql_look_free(&seen);
}

/* What is found to be waited for in SQL; the state is that of a lock by name. */
static struct wpb_slice name_in(const char *sql)
{
    const struct wpb_slice cells[] = {WPB_SLICE("1"), wpb_slice_cstr(sql)};
    const struct wpb_mysql_rows rows = {.rows = 1, .columns = 2, .cells = cells};

    return wpb_lock_states_name(&rows);
}

static void of_a_lock_the_name_is_known_when_it_is_a_plain_text(void **state)
{
    static const char *const unknown[] = {
        "",
        "SELECT GET_LOCK",
        "SELECT GET_LOCK(",
        "SELECT GET_LOCK('",
        "SELECT GET_LOCK('')",
        "SELECT GET_LOCK('it''s', 1)",
        "SELECT GET_LOCK('it\\'s', 1)",
        "SELECT GET_LOCK('a\\\\', 1)",
        "SELECT GET_LOCK('a\"b', 1)",
        "SELECT GET_LOCK(CONCAT('a', 'b'), 1)",
        "SELECT GET_LOCK(7, 1)",
        "SELECT GET_LOCK(@name, 1)",
        "SELECT 'GET_LOCK(\\'a\\')'",
        "SELECT RELEASE_LOCK('a')",
        "SELECT GET_LOCK('0123456789012345678901234567890123456789012345678901234567890"
        "1234', 1)",
    };

    (void)state;
    assert_true(
        wpb_slice_is(name_in("SELECT GET_LOCK('acme-rebuild', 600)"), "acme-rebuild"));
    assert_true(wpb_slice_is(name_in("do get_lock ( \"a b\" , 1 )"), "a b"));
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_int_equal(name_in(unknown[i]).len, 0);
}

/* Two seconds of it, over before anybody looks. */
static void wait_unseen(struct mysql_server *server)
{
    for (int i = 0; i < 2; i++) {
        MYSQL *waiter = connect_as(server, "root");

        mysql_server_do(server, "BEGIN; UPDATE wp7_options SET option_value = 'mine' "
                                "WHERE option_name = 'acme_price_index'");
        send(waiter, "UPDATE wp7_options SET option_value = 'x' WHERE option_name = "
                     "'acme_price_index'");
        until_they_wait(server, 1);
        sleep(1);
        mysql_server_do(server, "ROLLBACK");
        leave(waiter);
    }
}

static void waits_that_nobody_met_are_concluded_from_time(void **state)
{
    struct wpb_keepsakes *keepsakes = wpb_keepsakes_new();
    struct mysql_look seen[3];

    look(&seen[0], *state, keepsakes);
    wait_unseen(*state);
    look(&seen[1], *state, keepsakes);
    assert_null(sample(&seen[1], "wp7_options", WPB_M_LOCK_LOOKS));
    wait_unseen(*state);
    look(&seen[2], *state, keepsakes);
    /* As many of the fifteen looks as would have met it, had they been spread. */
    assert_in_range(integer(&seen[2], "wp7_options", WPB_M_LOCK_WAIT_LOOKS), 1, 5);
    assert_int_equal(integer(&seen[2], "wp7_options", WPB_M_LOCK_LOOKS), 15);
    assert_int_equal(sample(&seen[2], "wp7_options", WPB_M_LOCK_STATEMENT)->provenance,
                     WPB_ESTIMATED);
    text_is(&seen[2], "wp7_options", WPB_M_LOCK_STATEMENT, UPDATE);
    for (size_t i = 0; i < 3; i++)
        mysql_look_free(&seen[i]);
    wpb_keepsakes_free(keepsakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_of_looks_is_counted_and_older_ones_go),
        cmocka_unit_test(the_look_with_most_waiters_is_described_for_a_day),
        cmocka_unit_test(parts_of_looks_add_up),
        cmocka_unit_test(of_a_lock_the_name_is_known_when_it_is_a_plain_text),
        cmocka_unit_test(of_too_many_tables_the_one_met_least_goes),
        cmocka_unit_test(who_waits_for_a_row_and_who_holds_it_is_told),
        cmocka_unit_test(one_who_holds_it_while_he_works_is_told_by_his_statement),
        cmocka_unit_test(without_the_grant_others_waits_are_counted_and_the_line_is_told),
        cmocka_unit_test(without_the_grant_waits_of_its_own_account_are_concluded),
        cmocka_unit_test(waits_for_a_lock_by_name_and_for_a_table_are_told),
        cmocka_unit_test(waits_that_nobody_met_are_concluded_from_time),
    };

    return cmocka_run_group_tests(tests, start, end);
}
