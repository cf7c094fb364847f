/* Statements with strangers' names in them: text for text, and as a server takes them. */
#include "mysql_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/mysql/sql.h"

#define BYTES(literal) wpb_slice_of(literal, sizeof(literal) - 1)

static const struct wpb_site site = {.table_prefix = "wp_`;--", .db_charset = ""};

static void table_names_get_the_prefix_and_stay_names(void **state)
{
    struct wpb_sql sql;

    (void)state;
    wpb_sql_init(&sql, &site);
    wpb_sql_add(&sql, "SELECT 1 FROM {options} JOIN {posts} LIMIT ");
    wpb_sql_number(&sql, UINT64_MAX);
    assert_string_equal(sql.text.data, "SELECT 1 FROM `wp_``;--options` JOIN "
                                       "`wp_``;--posts` LIMIT 18446744073709551615");
    wpb_sql_begin(&sql, &site);
    wpb_sql_identifier(&sql, BYTES("a`b"));
    assert_string_equal(sql.text.data, "`a``b`");
    wpb_sql_fini(&sql);
}

static void strings_are_hexadecimal_whatever_they_hold(void **state)
{
    struct wpb_sql sql;

    (void)state;
    wpb_sql_init(&sql, &site);
    wpb_sql_string(&sql, BYTES("it's \\\0"));
    assert_string_equal(sql.text.data, "_utf8mb4 x'69742773205c00'");
    wpb_sql_begin(&sql, &site);
    wpb_sql_string(&sql, BYTES("\xff\x80"));
    assert_string_equal(sql.text.data, "CAST(x'ff80' AS BINARY)");
    wpb_sql_begin(&sql, &site);
    wpb_sql_string(&sql, BYTES(""));
    assert_string_equal(sql.text.data, "_utf8mb4 x''");
    wpb_sql_fini(&sql);
}

static void a_charset_that_is_no_word_is_not_written(void **state)
{
    static const struct wpb_site evil = {.table_prefix = "wp_",
                                         .db_charset = "x) UNION SELECT ("};
    static const struct wpb_site latin = {.table_prefix = "wp_", .db_charset = "latin1"};
    struct wpb_sql sql;

    (void)state;
    wpb_sql_init(&sql, &evil);
    wpb_sql_bytes_of(&sql, "option_value", 1, 9);
    assert_string_equal(
        sql.text.data,
        "SUBSTRING(CAST(CONVERT(LEFT(option_value, 9) USING utf8mb4) AS BINARY), 1, 9)");
    wpb_sql_begin(&sql, &latin);
    wpb_sql_bytes_of(&sql, "option_value", 1, 9);
    assert_non_null(strstr(sql.text.data, "USING latin1)"));
    wpb_sql_fini(&sql);
}

/* --- on a server --- */

static int start(void **state)
{
    struct mysql_server *server = calloc(1, sizeof *server);

    assert_non_null(server);
    *state = server;
    mysql_server_start(server, NULL, false);
    mysql_server_do(server, "CREATE DATABASE plain; USE plain; SET NAMES utf8mb4; "
                            "CREATE TABLE `wp_``;--options` (option_name varchar(191) "
                            "COLLATE utf8mb4_unicode_520_ci, KEY option_name "
                            "(option_name)) CHARACTER SET utf8mb4");
    return 0;
}

static int end(void **state)
{
    mysql_server_stop(*state);
    free(*state);
    return 0;
}

static void insert(struct mysql_server *server, struct wpb_slice name)
{
    struct wpb_sql sql;

    wpb_sql_init(&sql, &site);
    wpb_sql_add(&sql, "INSERT INTO {options} VALUES (");
    wpb_sql_string(&sql, name);
    wpb_sql_add(&sql, ")");
    mysql_server_run(server, sql.text.data, sql.text.len);
    wpb_sql_fini(&sql);
}

static long long count_like(struct mysql_server *server, struct wpb_slice prefix)
{
    struct wpb_sql sql;
    long long count;

    wpb_sql_init(&sql, &site);
    wpb_sql_add(&sql, "SELECT COUNT(*) FROM {options} WHERE option_name");
    wpb_sql_like_prefix(&sql, prefix);
    count = mysql_server_integer(server, "%s", sql.text.data);
    wpb_sql_fini(&sql);
    return count;
}

static void a_prefix_is_matched_literally(void **state)
{
    static const char *const names[] = {"a_b1",  "aXb2", "a%b3",  "a|b4",
                                        "a\\b5", "a'b6", "a|_b7", "\xc3\xa9t\xc3\xa9"};

    mysql_server_do(*state, "TRUNCATE TABLE `wp_``;--options`");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        insert(*state, wpb_slice_cstr(names[i]));
    assert_int_equal(count_like(*state, BYTES("a_b")), 1);
    assert_int_equal(count_like(*state, BYTES("a%b")), 1);
    assert_int_equal(count_like(*state, BYTES("a|b")), 1);
    assert_int_equal(count_like(*state, BYTES("a|_b")), 1);
    assert_int_equal(count_like(*state, BYTES("a\\b")), 1);
    assert_int_equal(count_like(*state, BYTES("a'b")), 1);
    assert_int_equal(count_like(*state, BYTES("\xc3\xa9t")), 1);
    assert_int_equal(count_like(*state, BYTES("")), 8);
    assert_int_equal(count_like(*state, BYTES("\xff")), 0);
}

static void bytes_that_are_not_utf8_equal_themselves_only(void **state)
{
    struct wpb_sql sql;

    mysql_server_do(*state, "CREATE TABLE latin (option_name varchar(191)) "
                            "CHARACTER SET latin1; "
                            "INSERT INTO latin VALUES (x'ff80'), (x'ff81'), ('a')");
    wpb_sql_init(&sql, &site);
    wpb_sql_add(&sql, "SELECT COUNT(*) FROM latin WHERE option_name = ");
    wpb_sql_string(&sql, BYTES("\xff\x80"));
    assert_int_equal(mysql_server_integer(*state, "%s", sql.text.data), 1);
    wpb_sql_begin(&sql, &site);
    wpb_sql_add(&sql, "SELECT COUNT(*) FROM {options} WHERE option_name = ");
    wpb_sql_string(&sql, BYTES("\xff\x80"));
    assert_int_equal(mysql_server_integer(*state, "%s", sql.text.data), 0);
    wpb_sql_fini(&sql);
}

static void a_string_is_compared_through_the_columns_index(void **state)
{
    struct wpb_sql sql;
    char *type;

    mysql_server_do(*state, "TRUNCATE TABLE `wp_``;--options`");
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "name%d", i);
        insert(*state, wpb_slice_cstr(name));
    }
    wpb_sql_init(&sql, &site);
    wpb_sql_add(&sql, "SELECT COUNT(*) FROM {options} WHERE option_name = ");
    wpb_sql_string(&sql, BYTES("name42"));
    assert_int_equal(mysql_server_integer(*state, "%s", sql.text.data), 1);
    if (mysql_server_is_mysql()) { /* which counts the look at the counter, too */
        wpb_sql_fini(&sql);
        skip();
    }
    mysql_server_do(*state, "FLUSH STATUS");
    mysql_server_integer(*state, "%s", sql.text.data);
    type = mysql_server_text(*state, "SELECT VARIABLE_VALUE FROM "
                                     "information_schema.SESSION_STATUS WHERE "
                                     "VARIABLE_NAME = 'Handler_read_key'");
    assert_string_equal(type, "1");
    free(type);
    wpb_sql_fini(&sql);
}

int main(void)
{
    const struct CMUnitTest pure[] = {
        cmocka_unit_test(table_names_get_the_prefix_and_stay_names),
        cmocka_unit_test(strings_are_hexadecimal_whatever_they_hold),
        cmocka_unit_test(a_charset_that_is_no_word_is_not_written),
    };
    const struct CMUnitTest served[] = {
        cmocka_unit_test(a_prefix_is_matched_literally),
        cmocka_unit_test(bytes_that_are_not_utf8_equal_themselves_only),
        cmocka_unit_test(a_string_is_compared_through_the_columns_index),
    };
    return cmocka_run_group_tests(pure, NULL, NULL) +
           cmocka_run_group_tests(served, start, end);
}
