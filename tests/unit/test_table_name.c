#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/base/table_name.h"

static void expect(const char *statement, const char *table)
{
    struct wpb_slice name = wpb_table_name_of(wpb_slice_cstr(statement));

    if (!wpb_slice_is(name, table))
        fail_msg("%s: \"%.*s\" instead of \"%s\"", statement, (int)name.len,
                 name.len ? name.data : "", table);
}

static void the_table_follows_the_word_that_announces_it(void **state)
{
    (void)state;
    expect("SELECT `amount` * `rate` FROM `hq_kestrel_prices` WHERE `id` = ?",
           "hq_kestrel_prices");
    expect("UPDATE `hq_harrier_index` SET `generation` = `generation` + ?",
           "hq_harrier_index");
    expect("insert into wp_log (a, b) values (?, ?)", "wp_log");
    expect("DELETE FROM wp_log WHERE a = ?", "wp_log");
    expect("SELECT * FROM `shop` . `wp_log` AS `l`", "wp_log");
    expect("SELECT * FROM shop.wp_log", "wp_log");
    expect("TRUNCATE TABLE wp_log", "wp_log");
}

static void words_between_are_passed_over(void **state)
{
    (void)state;
    expect("UPDATE IGNORE wp_log SET a = ?", "wp_log");
    expect("SELECT ? FROM ( SELECT a FROM wp_log ) AS x", "wp_log");
    expect("SELECT `from` FROM wp_log", "wp_log");
    expect("REPLACE INTO wp_log VALUES (...)", "wp_log");
}

static void a_statement_without_a_table_has_none(void **state)
{
    (void)state;
    expect("", "");
    expect("COMMIT", "");
    expect("SELECT ?", "");
    expect("SELECT a FROM", "");
    expect("SELECT a FROM `unclosed", "");
    expect("`", "");
    expect("FROM FROM FROM", "");
    expect("(((((", "");
}

static struct wpb_slice own(enum wpb_subject_kind kind, const char *name,
                            const char *prefix)
{
    struct wpb_subject subject = {.kind = kind, .name = wpb_slice_cstr(name)};

    return wpb_table_name_own(&subject, prefix);
}

static void the_own_part_is_without_prefix_and_blog(void **state)
{
    (void)state;
    assert_true(wpb_slice_is(own(WPB_SUBJECT_TABLE, "hq_kestrel_prices", "hq_"),
                             "kestrel_prices"));
    assert_true(wpb_slice_is(own(WPB_SUBJECT_TABLE, "wp_12_kestrel_prices", "wp_"),
                             "kestrel_prices"));
    assert_true(wpb_slice_is(
        own(WPB_SUBJECT_STATEMENT, "SELECT a FROM `wp_harrier`", "wp_"), "harrier"));
    assert_true(
        wpb_slice_is(own(WPB_SUBJECT_TABLE, "other_harrier", NULL), "other_harrier"));
}

static void tables_that_all_code_names_have_no_own_part(void **state)
{
    (void)state;
    assert_int_equal(own(WPB_SUBJECT_TABLE, "wp_options", "wp_").len, 0);
    assert_int_equal(own(WPB_SUBJECT_TABLE, "wp_2_postmeta", "wp_").len, 0);
    assert_int_equal(own(WPB_SUBJECT_TABLE, "wp_wc_orders", "wp_").len, 0);
    assert_int_equal(own(WPB_SUBJECT_TABLE, "wp_logs", "wp_").len, 0);
    assert_int_equal(own(WPB_SUBJECT_STATEMENT, "COMMIT", "wp_").len, 0);
    assert_int_equal(own(WPB_SUBJECT_TABLE, "wp_", "wp_").len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_follows_the_word_that_announces_it),
        cmocka_unit_test(words_between_are_passed_over),
        cmocka_unit_test(a_statement_without_a_table_has_none),
        cmocka_unit_test(the_own_part_is_without_prefix_and_blog),
        cmocka_unit_test(tables_that_all_code_names_have_no_own_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
