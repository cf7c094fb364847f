/* Which kinds of statement run, by a real performance_schema. */
#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/schedule/keepsakes.h"
#include "probes/mysql/digest_book.h"
#include "probes/mysql/probes.h"

static const struct mysql_wordpress shop = {.schema = "shop", .prefix = "wp7_"};
static const struct wpb_probe *const probes[] = {&wpb_probe_mysql_statements, NULL};

#define LOOKUP "SELECT option_value FROM wp7_options WHERE option_name = ? LIMIT ?"
#define SCAN "SELECT SUM(LENGTH(option_value)) FROM wp7_options WHERE option_value > ?"

/* ---- the book ---- */

static void what_is_new_since_the_look_before_counts_from_nothing(void **state)
{
    static struct wpb_digest_book book;
    struct wpb_digest_sums since = {0}, sums = {10, 2000, 30};

    (void)state;
    memset(&book, 0, sizeof(book));
    assert_false(wpb_digest_book_take(&book, 1, 5000, 4000, sums, &since));
    book.looked_ms = 5000;
    sums = (struct wpb_digest_sums){15, 2500, 31};
    assert_true(wpb_digest_book_take(&book, 1, 9000, 4000, sums, &since));
    assert_true(since.executions == 5 && since.usec == 500 && since.rows == 1);
    assert_true(wpb_digest_book_take(&book, 2, 9000, 6000, sums, &since));
    assert_int_equal(since.executions, 15);
    /* It ran before, and nobody looked. */
    assert_false(wpb_digest_book_take(&book, 3, 9000, 4000, sums, &since));
    book.looked_ms = 9000;
    sums.executions = 3; /* begun anew */
    assert_false(wpb_digest_book_take(&book, 1, 9500, 4000, sums, &since));
    book.looked_ms = 9500;
    sums.executions = 4;
    assert_true(wpb_digest_book_take(&book, 1, 9900, 4000, sums, &since));
    assert_int_equal(since.executions, 1);
}

static void a_full_book_forgets_what_was_seen_longest_ago(void **state)
{
    static struct wpb_digest_book book;
    struct wpb_digest_sums since, sums = {1, 1, 1};

    (void)state;
    memset(&book, 0, sizeof(book));
    book.looked_ms = 1;
    for (uint64_t key = 0; key <= WPB_DIGESTS_MAX; key++)
        wpb_digest_book_take(&book, key, 100 + (int64_t)key, 0, sums, &since);
    assert_int_equal(book.count, WPB_DIGESTS_MAX);
    assert_false(wpb_digest_book_take(&book, 0, 5000, 0, sums, &since));
    assert_true(wpb_digest_book_take(&book, 2, 5000, 0, sums, &since));
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
    mysql_server_do(server, "INSERT INTO wp7_options (option_name, option_value) "
                            "SELECT seq, 'x' FROM seq_1_to_500");
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

static const struct wpb_sample *sample(const struct mysql_look *seen, const char *name,
                                       enum wpb_metric metric)
{
    return mysql_look_sample(seen, WPB_SUBJECT_STATEMENT, name, metric);
}

static void request(struct mysql_server *server)
{
    for (int i = 0; i < 30; i++)
        mysql_server_do(server,
                        "SELECT option_value FROM wp7_options WHERE option_name = '%d' "
                        "LIMIT 1",
                        i);
    mysql_server_do(server, "SELECT SUM(LENGTH(option_value)) FROM wp7_options WHERE "
                            "option_value > ''");
}

static void what_ran_since_the_look_before_is_told(void **state)
{
    struct wpb_keepsakes *keepsakes = wpb_keepsakes_new();
    struct mysql_look before, after;
    const struct wpb_sample *lookups, *scans;

    request(*state);
    look(&before, *state, keepsakes);
    mysql_look_was_whole(&before, "mysql.statements");
    for (int i = 0; i < 10; i++)
        request(*state);
    look(&after, *state, keepsakes);
    mysql_look_was_whole(&after, "mysql.statements");
    lookups = sample(&after, LOOKUP, WPB_M_EXECUTIONS_PER_SECOND);
    scans = sample(&after, SCAN, WPB_M_EXECUTIONS_PER_SECOND);
    assert_true(lookups && scans && lookups->provenance == WPB_EXACT);
    assert_true(lookups->value.number / scans->value.number > 29.9 &&
                lookups->value.number / scans->value.number < 30.1);
    assert_true(sample(&after, SCAN, WPB_M_EXECUTION_ROWS)->value.number >= 500);
    assert_true(sample(&after, LOOKUP, WPB_M_EXECUTION_ROWS)->value.number <= 1);
    assert_true(sample(&after, SCAN, WPB_M_EXECUTION_SECONDS)->value.number > 0);
    mysql_look_text_is(&after, WPB_SUBJECT_STATEMENT, LOOKUP, WPB_M_TABLE_NAME,
                       "wp7_options");
    mysql_look_free(&before);
    mysql_look_free(&after);
    wpb_keepsakes_free(keepsakes);
}

static void without_a_look_before_it_looks_twice(void **state)
{
    struct mysql_look seen;
    size_t cursor = 0;
    const struct wpb_subject *subject;

    request(*state);
    look(&seen, *state, NULL);
    mysql_look_was_whole(&seen, "mysql.statements");
    /* Nothing runs meanwhile but our own look at the dictionary, which is not told. */
    subject = wpb_window_next(wpb_turn_window(seen.turn, 0), WPB_SUBJECT_STATEMENT, NULL,
                              &cursor);
    if (subject)
        fail_msg("%.*s", (int)subject->name.len, subject->name.data);
    mysql_look_free(&seen);
}

static void without_the_grant_the_line_for_it_is_told(void **state)
{
    static const char *const table =
        "performance_schema.events_statements_summary_by_digest";
    const struct wpb_coverage *row;
    struct mysql_look seen;

    mysql_server_do(*state, "REVOKE SELECT ON %s FROM wpbloat@localhost", table);
    look(&seen, *state, NULL);
    row = mysql_look_coverage(&seen, "mysql.statements");
    assert_int_equal(row->status, WPB_COVERAGE_SKIPPED);
    assert_non_null(strstr(row->lines, "\nGRANT SELECT ON performance_schema."
                                       "events_statements_summary_by_digest TO "
                                       "'wpbloat'@'localhost';"));
    mysql_look_free(&seen);
    mysql_server_do(*state, "GRANT SELECT ON %s TO wpbloat@localhost", table);
}

static void what_is_not_counted_is_told_with_the_lines_that_count_it(void **state)
{
    const struct wpb_coverage *row;
    struct mysql_look seen;

    mysql_server_do(*state,
                    "UPDATE performance_schema.setup_consumers SET ENABLED = 'NO' "
                    "WHERE NAME = 'statements_digest'");
    mysql_server_do(*state,
                    "TRUNCATE performance_schema.events_statements_summary_by_digest");
    look(&seen, *state, NULL);
    row = mysql_look_coverage(&seen, "mysql.statements");
    assert_int_equal(row->status, WPB_COVERAGE_SKIPPED);
    assert_non_null(strstr(row->reason, "does not count statements by kind"));
    /* what is told to be run helps */
    for (const char *line = row->lines; (line = strchr(line, '\n')); line++)
        mysql_server_do(*state, "%.*s", (int)strcspn(line + 1, ";"), line + 1);
    mysql_look_free(&seen);
    look(&seen, *state, NULL);
    mysql_look_was_whole(&seen, "mysql.statements");
    mysql_look_free(&seen);
}

static void without_performance_schema_the_line_for_it_is_told(void **state)
{
    static const char *const lines =
        "\n[mysqld]\nperformance_schema = ON\nperformance_schema_instrument = '%=OFF'\n"
        "performance_schema_instrument = 'statement/%=ON'";
    static const char *const args[] = {
        "--performance-schema=on", "--performance-schema-instrument=%=OFF",
        "--performance-schema-instrument=statement/%=ON", NULL};
    const struct wpb_coverage *row;
    struct mysql_server plain;
    struct mysql_look seen;

    (void)state;
    mysql_server_start(&plain, NULL, false);
    mysql_wordpress_create(&plain, &shop);
    mysql_wordpress_grant(&plain, &shop);
    look(&seen, &plain, NULL);
    row = mysql_look_coverage(&seen, "mysql.statements");
    assert_int_equal(row->status, WPB_COVERAGE_SKIPPED);
    assert_string_equal(row->lines, lines);
    mysql_look_free(&seen);
    mysql_server_stop(&plain);
    /* and with these the statements are counted */
    mysql_server_start(&plain, args, false);
    mysql_wordpress_create(&plain, &shop);
    mysql_wordpress_grant(&plain, &shop);
    look(&seen, &plain, NULL);
    mysql_look_was_whole(&seen, "mysql.statements");
    mysql_look_free(&seen);
    mysql_server_stop(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_new_since_the_look_before_counts_from_nothing),
        cmocka_unit_test(a_full_book_forgets_what_was_seen_longest_ago),
        cmocka_unit_test(what_ran_since_the_look_before_is_told),
        cmocka_unit_test(without_a_look_before_it_looks_twice),
        cmocka_unit_test(without_the_grant_the_line_for_it_is_told),
        cmocka_unit_test(what_is_not_counted_is_told_with_the_lines_that_count_it),
        cmocka_unit_test(without_performance_schema_the_line_for_it_is_told),
    };

    return cmocka_run_group_tests(tests, start, end);
}
