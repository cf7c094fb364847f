/* Statements without their values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/mysql/shape.h"

static const struct {
    const char *sql, *text, *table;
} shapes[] = {
    {"UPDATE `wp_options` SET `option_value` = 'it''s \\' 5', autoload = \"yes\" WHERE "
     "`option_name` = 'cron'",
     "UPDATE wp_options SET option_value = ?, autoload = ? WHERE option_name = ?",
     "wp_options"},
    {"select\n\t  option_value from wp_options where option_name = 'x' limit 1",
     "select option_value from wp_options where option_name = ? limit ?", "wp_options"},
    {"SELECT t.*, COUNT( * ) FROM wp_posts AS t WHERE t.ID IN (1,2, 3,'4') AND x IN(5)",
     "SELECT t.*, COUNT(*) FROM wp_posts AS t WHERE t.ID IN (...) AND x IN (?)",
     "wp_posts"},
    {"INSERT IGNORE INTO `wp_term_relationships` (`object_id`, `term_id`) VALUES (1, 2), "
     "(3, 4),(5,6)",
     "INSERT IGNORE INTO wp_term_relationships(object_id, term_id) VALUES (...)",
     "wp_term_relationships"},
    {"INSERT INTO a VALUES (1),(2),(3) ON DUPLICATE KEY UPDATE n = VALUES(n)",
     "INSERT INTO a VALUES (?) ON DUPLICATE KEY UPDATE n = VALUES (n)", "a"},
    {"INSERT INTO a VALUES (1, 2, 3, NOW(), -4)", "INSERT INTO a VALUES (?, ?, NOW(), ?)",
     "a"},
    {"SELECT /* secret */ 1 -- secret\n, 2 # secret\n FROM b", "SELECT ?, ? FROM b", "b"},
    {"SELECT 1--1 FROM b", "SELECT ? - - ? FROM b", "b"},
    {"SELECT 0xFF, x'1f', N'n', _utf8mb4'u', _latin1 'l', 1.5e-10, .5, 2fa, -3 FROM b",
     "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? FROM b", "b"},
    {"SELECT a<=1, b <> -2, !c FROM d", "SELECT a <= ?, b <> ?, ! c FROM d", "d"},
    {"DELETE a FROM wp_2_options a JOIN b", "DELETE a FROM wp_2_options a JOIN b",
     "wp_2_options"},
    {"SELECT EXTRACT(YEAR FROM post_date) FROM shop.wp_posts",
     "SELECT EXTRACT(YEAR FROM post_date) FROM shop.wp_posts", "wp_posts"},
    {"SELECT * FROM (SELECT ID FROM wp_posts) x",
     "SELECT * FROM (SELECT ID FROM "
     "wp_posts) x",
     "wp_posts"},
    {"SELECT GET_LOCK('wp-rebuild', 10)", "SELECT GET_LOCK(...)", ""},
    {"SELECT `odd name`, `a``b`, `1` FROM `odd table`",
     "SELECT `odd name`, `a``b`, `1` FROM `odd table`", "odd table"},
    {"SELECT @@sql_mode, @a INTO OUTFILE '/tmp/x'",
     "SELECT @@sql_mode, @a INTO OUTFILE ?", ""},
    {"CREATE TABLE IF NOT EXISTS wp_x (id int)",
     "CREATE TABLE IF NOT EXISTS wp_x(id int)", "wp_x"},
    {"SELECT 'never ended", "SELECT ?", ""},
    {"SELECT 'ends in a backslash \\", "SELECT ?", ""},
    {"SELECT `never ended", "SELECT `never ended`", ""},
    {"SELECT 1 /* never ended", "SELECT ?", ""},
    {"", "", ""},
    {"\x01\x02 \x7f", "", ""},
    /* digests: of MariaDB, and of MySQL */
    {"SELECT `option_value` FROM `wp_options` WHERE `option_name` = ? LIMIT ? ",
     "SELECT option_value FROM wp_options WHERE option_name = ? LIMIT ?", "wp_options"},
    {"INSERT INTO `shop` . `wp_a` ( `b` , `c` ) VALUES (...) /* , ... */ ",
     "INSERT INTO shop.wp_a(b, c) VALUES (...)", "wp_a"},
    {"SELECT COUNT ( * ) , `t` . `a` FROM `t` WHERE `x` IN (...) AND `y` = - ? ",
     "SELECT COUNT(*), t.a FROM t WHERE x IN (...) AND y = ?", "t"},
};

static void values_are_masked_and_names_are_kept(void **state)
{
    struct wpb_sql_shape shape;

    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        wpb_sql_shape(wpb_slice_cstr(shapes[i].sql), &shape);
        if (strcmp(shape.text, shapes[i].text) != 0 ||
            strcmp(shape.table, shapes[i].table) != 0)
            fail_msg("%s\n  is '%s' of '%s'\n  not '%s' of '%s'", shapes[i].sql,
                     shape.text, shape.table, shapes[i].text, shapes[i].table);
        assert_int_equal(shape.len, strlen(shape.text));
    }
}

static void statements_that_lock_rows_are_told(void **state)
{
    static const struct {
        const char *sql;
        bool takes_locks;
    } rows[] = {
        {"UPDATE a SET b = 1", true},
        {"REPLACE INTO a VALUES (1)", true},
        {"DELETE FROM a", true},
        {"SELECT * FROM a FOR UPDATE", true},
        {"SELECT * FROM a LOCK IN SHARE MODE", true},
        {"SELECT * FROM a FOR SHARE", true},
        {"SELECT * FROM a", false},
        {"SELECT 'UPDATE' FROM a", false},
        {"SHOW CREATE TABLE a", false},
    };
    struct wpb_sql_shape shape;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wpb_sql_shape(wpb_slice_cstr(rows[i].sql), &shape);
        assert_int_equal(shape.takes_locks, rows[i].takes_locks);
    }
}

static void a_long_one_is_cut_at_a_character_and_still_names_its_table(void **state)
{
    struct wpb_sql_shape shape;
    char sql[4096] = "SELECT ";

    (void)state;
    for (int i = 0; i < 300; i++)
        strcat(sql, "\xc3\xa9");
    strcat(sql, " FROM wp_posts");
    for (int pad = 0; pad < 4; pad++) {
        memmove(sql + 8, sql + 7, strlen(sql + 7) + 1);
        sql[7] = 'a';
        wpb_sql_shape(wpb_slice_cstr(sql), &shape);
        assert_in_range(shape.len, WPB_SHAPE_MAX - 4, WPB_SHAPE_MAX);
        assert_string_equal(shape.text + shape.len - 3, "...");
        assert_int_equal((unsigned char)shape.text[shape.len - 4], 0xa9);
        assert_string_equal(shape.table, "wp_posts");
    }
}

static void a_list_of_a_thousand_is_as_short_as_one_of_two(void **state)
{
    static char sql[16384];
    struct wpb_sql_shape shape;

    (void)state;
    strcpy(sql, "SELECT * FROM a WHERE id IN ( -1");
    for (int i = 0; i < 1000; i++)
        strcat(sql, ", 123456");
    strcat(sql, ") AND b = 'c'");
    wpb_sql_shape(wpb_slice_cstr(sql), &shape);
    assert_string_equal(shape.text, "SELECT * FROM a WHERE id IN (...) AND b = ?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_masked_and_names_are_kept),
        cmocka_unit_test(statements_that_lock_rows_are_told),
        cmocka_unit_test(a_long_one_is_cut_at_a_character_and_still_names_its_table),
        cmocka_unit_test(a_list_of_a_thousand_is_as_short_as_one_of_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
