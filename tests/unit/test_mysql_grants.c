/* What packaging/grants.sql allows, and what it does not, on a real server. */
#include "mysql_wordpress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errmsg.h>
#include <mysqld_error.h>

static const struct mysql_wordpress shop = {
    .schema = "shop", .prefix = "wp7_", .has_woocommerce = true};

static int start(void **state)
{
    struct mysql_server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    *state = server;
    mysql_server_start(server, NULL, true);
    mysql_wordpress_create(server, &shop);
    mysql_wordpress_grant(server, &shop);
    mysql_server_do(server, "CREATE TABLE wp7_users (user_pass varchar(255))");
    return 0;
}

static int end(void **state)
{
    mysql_server_stop(*state);
    free(*state);
    return 0;
}

static MYSQL *connect_as_wpbloat(const struct mysql_server *server, bool over_tcp)
{
    MYSQL *mysql = mysql_init(NULL);
    assert_non_null(mysql);
    if (!mysql_real_connect(mysql, over_tcp ? "127.0.0.1" : "localhost",
                            MYSQL_WORDPRESS_USER, MYSQL_WORDPRESS_PASSWORD, "shop",
                            over_tcp ? server->port : 0, over_tcp ? NULL : server->socket,
                            0))
        fail_msg("%s", mysql_error(mysql));
    return mysql;
}

/* The error number of SQL, 0 when it is allowed; *ROWS, when not NULL, its rows. */
static unsigned ask(MYSQL *mysql, const char *sql, unsigned long long *rows)
{
    if (mysql_query(mysql, sql) != 0)
        return mysql_errno(mysql);
    MYSQL_RES *result = mysql_store_result(mysql);
    if (rows)
        *rows = result ? mysql_num_rows(result) : 0;
    if (result)
        mysql_free_result(result);
    return 0;
}

static void what_the_probes_read_is_allowed(void **state)
{
    static const char *const statements[] = {
        "SELECT option_name, LENGTH(option_value), autoload FROM wp7_options",
        "SELECT meta_key, COUNT(*) FROM wp7_postmeta GROUP BY meta_key",
        "SELECT post_type, post_status, post_parent FROM wp7_posts",
        "SELECT COUNT(*) FROM wp7_woocommerce_sessions",
        "SELECT status, COUNT(*) FROM wp7_actionscheduler_actions GROUP BY status",
        "SELECT COUNT(*) FROM wp7_wc_product_meta_lookup",
        "SET SESSION TRANSACTION READ ONLY",
        "SET SESSION lock_wait_timeout = 2",
        "SHOW GLOBAL STATUS LIKE 'Threads_running'",
        "SHOW VARIABLES LIKE 'version%'",
        "EXPLAIN SELECT * FROM wp7_postmeta",
    };
    MYSQL *mysql = connect_as_wpbloat(*state, false);

    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        if (ask(mysql, statements[i], NULL) != 0)
            fail_msg("%s: %s", statements[i], mysql_error(mysql));
    mysql_close(mysql);
}

static void sizes_and_indexes_are_seen_of_the_granted_tables(void **state)
{
    unsigned long long tables = 0, indexes = 0, pages = 0;
    MYSQL *mysql = connect_as_wpbloat(*state, true);

    mysql_server_do(*state, "ANALYZE TABLE wp7_postmeta");
    assert_int_equal(
        ask(mysql, "SELECT 1 FROM information_schema.tables WHERE table_schema = 'shop'",
            &tables),
        0);
    assert_int_equal(tables, 7);
    assert_int_equal(
        ask(mysql,
            "SELECT 1 FROM information_schema.statistics WHERE table_schema = 'shop' "
            "AND table_name = 'wp7_options'",
            &indexes),
        0);
    assert_int_equal(indexes, 3);
    assert_int_equal(ask(mysql,
                         "SELECT 1 FROM mysql.innodb_index_stats WHERE "
                         "database_name = 'shop' AND table_name = 'wp7_postmeta' AND "
                         "stat_name = 'n_leaf_pages'",
                         &pages),
                     0);
    assert_int_equal(pages, 3);
    mysql_close(mysql);
}

static void nothing_else_is_read_and_nothing_is_written(void **state)
{
    static const char *const statements[] = {
        "SELECT user_pass FROM wp7_users",
        "SELECT * FROM mysql.global_priv",
        "SELECT * FROM mysql.innodb_table_stats",
        "INSERT INTO wp7_options (option_name, option_value) VALUES ('a', 'b')",
        "UPDATE wp7_postmeta SET meta_value = ''",
        "DELETE FROM wp7_posts",
        "LOCK TABLES wp7_options READ",
        "CREATE TABLE wp7_more (id int)",
        "CREATE TEMPORARY TABLE wp7_more (id int)",
        "DROP TABLE wp7_options",
        "ANALYZE TABLE wp7_options",
        "FLUSH TABLES",
        "SELECT LOAD_FILE('/etc/passwd') FROM wp7_options INTO OUTFILE '/tmp/never'",
        "SET GLOBAL innodb_stats_on_metadata = 1",
    };
    MYSQL *mysql = connect_as_wpbloat(*state, false);

    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        unsigned number = ask(mysql, statements[i], NULL);
        if (number != ER_TABLEACCESS_DENIED_ERROR && number != ER_DBACCESS_DENIED_ERROR &&
            number != ER_SPECIFIC_ACCESS_DENIED_ERROR && number != ER_ACCESS_DENIED_ERROR)
            fail_msg("%s: %u %s", statements[i], number, mysql_error(mysql));
    }
    mysql_close(mysql);
}

static void its_own_statement_can_be_ended_from_a_second_connection(void **state)
{
    char sql[64];
    MYSQL *first = connect_as_wpbloat(*state, false);
    MYSQL *second = connect_as_wpbloat(*state, false);

    assert_int_equal(mysql_send_query(first, "SELECT SLEEP(600)", 17), 0);
    snprintf(sql, sizeof sql, "KILL QUERY %lu", mysql_thread_id(first));
    /* Until the statement has begun there is nothing to end. */
    while (mysql_server_integer(*state,
                                "SELECT COUNT(*) FROM information_schema.processlist "
                                "WHERE id = %lu AND state = 'User sleep'",
                                mysql_thread_id(first)) == 0)
        ;
    assert_int_equal(ask(second, sql, NULL), 0);
    int failed = mysql_read_query_result(first);
    if (!failed) { /* SLEEP() says 1 where it was interrupted */
        MYSQL_RES *result = mysql_store_result(first);
        MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
        assert_true(!row || strcmp(row[0], "1") == 0);
        mysql_free_result(result);
    }
    mysql_close(first);
    mysql_close(second);
}

static void a_replicas_lag_is_seen_with_the_line_for_it_only(void **state)
{
    const char *right =
        mysql_server_is_mysql() ? "REPLICATION CLIENT" : "REPLICA MONITOR";
    MYSQL *mysql = connect_as_wpbloat(*state, false);
    assert_int_equal(ask(mysql, "SHOW REPLICA STATUS", NULL),
                     ER_SPECIFIC_ACCESS_DENIED_ERROR);
    mysql_close(mysql);
    mysql_server_do(*state, "GRANT %s ON *.* TO 'wpbloat'@'localhost'", right);
    mysql = connect_as_wpbloat(*state, false);
    assert_int_equal(ask(mysql, "SHOW REPLICA STATUS", NULL), 0);
    mysql_close(mysql);
    mysql_server_do(*state, "REVOKE %s ON *.* FROM 'wpbloat'@'localhost'", right);
}

static void the_fixture_keeps_the_bytes_it_is_given(void **state)
{
    static const char value[] = "a\0'\"\\%s\n\xf0\x9f\x98\x80";
    struct mysql_server *server = *state;
    uint64_t post = mysql_wordpress_post(server, "wp7_", 0, "page", "publish", 0);

    mysql_wordpress_meta(server, "wp7_", post, wpb_slice_cstr("_elementor_data"),
                         wpb_slice_of(value, sizeof value - 1));
    mysql_wordpress_option(server, "wp7_", wpb_slice_cstr("it's"),
                           wpb_slice_of(value, sizeof value - 1), "auto-on");
    char *meta = mysql_server_text(server, "SELECT HEX(meta_value) FROM wp7_postmeta "
                                           "JOIN wp7_posts ON ID = post_id "
                                           "WHERE post_type = 'page'");
    char *option = mysql_server_text(server, "SELECT HEX(option_value) FROM wp7_options "
                                             "WHERE option_name = 'it\\'s'");
    assert_string_equal(meta, "610027225C25730AF09F9880");
    assert_string_equal(option, meta);
    free(meta);
    free(option);
}

static void a_restart_keeps_the_data(void **state)
{
    struct mysql_server *server = *state;

    mysql_server_do(server, "CREATE TABLE shop.kept (id int); "
                            "INSERT INTO shop.kept VALUES (42)");
    mysql_server_restart(server);
    assert_int_equal(mysql_server_integer(server, "SELECT id FROM shop.kept"), 42);
}

static void old_tables_are_made_when_asked_for(void **state)
{
    static const struct mysql_wordpress old = {.schema = "old",
                                               .charset = "latin1",
                                               .has_old_autoload = true,
                                               .lacks_autoload_index = true};
    struct mysql_server *server = *state;

    mysql_wordpress_create(server, &old);
    char *type = mysql_server_text(
        server, "SELECT column_type FROM information_schema.columns WHERE "
                "table_schema = 'old' AND column_name = 'autoload'");
    char *charset = mysql_server_text(
        server, "SELECT character_set_name FROM information_schema.columns WHERE "
                "table_schema = 'old' AND column_name = 'meta_value'");
    assert_string_equal(type, "enum('yes','no')");
    assert_string_equal(charset, "latin1");
    assert_int_equal(
        mysql_server_integer(server, "SELECT COUNT(*) FROM information_schema.statistics "
                                     "WHERE table_schema = 'old' AND "
                                     "index_name = 'autoload'"),
        0);
    free(type);
    free(charset);
    mysql_server_do(server, "USE shop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_probes_read_is_allowed),
        cmocka_unit_test(sizes_and_indexes_are_seen_of_the_granted_tables),
        cmocka_unit_test(nothing_else_is_read_and_nothing_is_written),
        cmocka_unit_test(its_own_statement_can_be_ended_from_a_second_connection),
        cmocka_unit_test(a_replicas_lag_is_seen_with_the_line_for_it_only),
        cmocka_unit_test(the_fixture_keeps_the_bytes_it_is_given),
        cmocka_unit_test(old_tables_are_made_when_asked_for),
        cmocka_unit_test(a_restart_keeps_the_data),
    };
    return cmocka_run_group_tests(tests, start, end);
}
