/* WooCommerce's and Action Scheduler's tables, on a real server with the shipped grants.
 */
#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/mysql/probes.h"

#define SESSIONS WPB_SUBJECT_TABLE, "wp_woocommerce_sessions"
#define ACTIONS WPB_SUBJECT_TABLE, "wp_actionscheduler_actions"
#define LOOKUP WPB_SUBJECT_TABLE, "wp_wc_product_meta_lookup"
#define OPTIONS WPB_SUBJECT_TABLE, "wp_options"
#define PROBE "mysql.woocommerce"
#define DAY 86400

static const struct mysql_wordpress shop = {.has_woocommerce = true};
static const struct mysql_wordpress indexed = {.has_woocommerce = true,
                                               .has_session_index = true};
static const struct mysql_wordpress blog = {.has_woocommerce = false};
static const struct wpb_probe *const probes[] = {&wpb_probe_mysql_server,
                                                 &wpb_probe_mysql_woocommerce, NULL};

/* Room for all of it: what the server still writes after an INSERT must not look like
 * others reading from disk. */
static const char *const server_args[] = {"--innodb-buffer-pool-size=96M", NULL};

static int start(void **state)
{
    struct mysql_server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    *state = server;
    mysql_server_start(server, server_args, false);
    return 0;
}

static int end(void **state)
{
    mysql_server_stop(*state);
    free(*state);
    return 0;
}

static void create(struct mysql_server *server, const struct mysql_wordpress *wordpress)
{
    mysql_wordpress_create(server, wordpress);
    mysql_wordpress_grant(server, wordpress);
}

/* The account goes too: its rights outlive a table. */
static int drop(void **state)
{
    mysql_server_do(*state, "DROP DATABASE IF EXISTS wordpress; "
                            "DROP USER IF EXISTS wpbloat@localhost, wpbloat@127.0.0.1");
    return 0;
}

static void look(struct mysql_look *seen, struct mysql_server *server,
                 const struct mysql_wordpress *wordpress)
{
    mysql_look(seen, server, wordpress, probes, NULL);
}

static void assert_unknown(const struct mysql_look *seen, enum wpb_subject_kind kind,
                           const char *name, enum wpb_metric metric)
{
    if (mysql_look_sample(seen, kind, name, metric))
        fail_msg("%s of %s is known", wpb_metric_row(metric)->name, name);
}

/* COUNT sessions of BYTES each, which end SECONDS from now. */
static void sessions(struct mysql_server *server, int count, int bytes, int seconds)
{
    mysql_server_do(server,
                    "INSERT INTO wp_woocommerce_sessions "
                    "(session_key, session_value, session_expiry) "
                    "SELECT LEFT(SHA2(RAND() + seq, 256), 32), REPEAT('x', %d), "
                    "UNIX_TIMESTAMP() + %d "
                    "FROM seq_1_to_%d",
                    bytes, seconds, count);
}

/* COUNT actions of STATUS that were due SECONDS ago, and tried then. */
static void actions(struct mysql_server *server, int count, const char *status,
                    int seconds)
{
    mysql_server_do(
        server,
        "INSERT INTO wp_actionscheduler_actions "
        "(hook, status, scheduled_date_gmt, last_attempt_gmt) SELECT 'kestrel_sync', "
        "'%s', UTC_TIMESTAMP() - INTERVAL %d SECOND, IF('%s' = 'pending', "
        "'0000-00-00 00:00:00', UTC_TIMESTAMP() - INTERVAL %d SECOND) FROM seq_1_to_%d",
        status, seconds, status, seconds, count);
}

static void sessions_are_counted_the_expired_and_the_largest(void **state)
{
    struct mysql_server *server = *state;
    create(server, &indexed);
    sessions(server, 30, 100, -60);
    sessions(server, 1, 200000, -60);
    sessions(server, 20, 50, 600);
    struct mysql_look seen;
    look(&seen, server, &indexed);

    mysql_look_was_whole(&seen, PROBE);
    assert_int_equal(mysql_look_integer(&seen, SESSIONS, WPB_M_ROWS), 51);
    assert_int_equal(mysql_look_integer(&seen, SESSIONS, WPB_M_EXPIRED), 31);
    assert_int_equal(mysql_look_integer(&seen, SESSIONS, WPB_M_EXPIRED_BYTES), 203000);
    assert_int_equal(mysql_look_integer(&seen, SESSIONS, WPB_M_LARGEST_BYTES), 200000);
    assert_int_equal(mysql_look_integer(&seen, SESSIONS, WPB_M_EXPIRY_INDEXED), 1);
    assert_int_equal(mysql_look_sample(&seen, SESSIONS, WPB_M_EXPIRED)->provenance,
                     WPB_EXACT);
    mysql_look_free(&seen);
}

static void without_the_index_a_sample_says_how_many_are_expired(void **state)
{
    struct mysql_server *server = *state;
    create(server, &shop);
    for (int i = 0; i < 10; i++) {
        sessions(server, 150, 100, -60);
        sessions(server, 50, 100, 600);
    }
    struct mysql_look seen;
    look(&seen, server, &shop);

    mysql_look_was_whole(&seen, PROBE);
    assert_int_equal(mysql_look_integer(&seen, SESSIONS, WPB_M_EXPIRY_INDEXED), 0);
    assert_int_equal(mysql_look_integer(&seen, SESSIONS, WPB_M_ROWS), 2000);
    assert_in_range(mysql_look_integer(&seen, SESSIONS, WPB_M_EXPIRED), 1000, 2000);
    assert_int_equal(mysql_look_sample(&seen, SESSIONS, WPB_M_EXPIRED)->provenance,
                     WPB_ESTIMATED);
    assert_true(mysql_look_coverage(&seen, PROBE)->cost.rows < 300);
    mysql_look_free(&seen);
}

static void actions_are_counted_by_status_and_age(void **state)
{
    struct mysql_server *server = *state;
    create(server, &shop);
    actions(server, 5, "pending", -600);
    actions(server, 4, "pending", 3600);
    actions(server, 3, "pending", 3 * DAY);
    actions(server, 7, "failed", 400 * DAY);
    actions(server, 2, "complete", 40 * DAY);
    actions(server, 9, "complete", DAY);
    actions(server, 1, "canceled", DAY);
    mysql_server_do(server, "INSERT INTO wp_actionscheduler_actions (hook, status) "
                            "VALUES ('at_once', 'pending'), ('never_tried', 'complete')");
    mysql_server_do(server, "INSERT INTO wp_actionscheduler_logs (action_id, message) "
                            "SELECT seq, 'action complete' FROM seq_1_to_500; "
                            "ANALYZE TABLE wp_actionscheduler_logs");
    struct mysql_look seen;
    look(&seen, server, &shop);

    mysql_look_was_whole(&seen, PROBE);
    assert_int_equal(mysql_look_integer(&seen, ACTIONS, WPB_M_PENDING), 13);
    assert_int_equal(mysql_look_integer(&seen, ACTIONS, WPB_M_PAST_DUE), 3);
    assert_int_equal(mysql_look_integer(&seen, ACTIONS, WPB_M_FAILED), 7);
    assert_int_equal(mysql_look_integer(&seen, ACTIONS, WPB_M_COMPLETE), 12);
    assert_in_range(mysql_look_integer(&seen, ACTIONS, WPB_M_OVERDUE_SECONDS), 3 * DAY,
                    3 * DAY + 300);
    assert_in_range(mysql_look_integer(&seen, ACTIONS, WPB_M_OLDEST_ROW_SECONDS),
                    40 * DAY, 40 * DAY + 300);
    assert_in_range(mysql_look_integer(&seen, ACTIONS, WPB_M_LOG_ROWS), 400, 600);
    mysql_look_free(&seen);
}

static void actions_in_the_future_are_not_overdue(void **state)
{
    struct mysql_server *server = *state;
    create(server, &shop);
    actions(server, 2, "pending", -600);
    struct mysql_look seen;
    look(&seen, server, &shop);

    assert_int_equal(mysql_look_integer(&seen, ACTIONS, WPB_M_PAST_DUE), 0);
    assert_int_equal(mysql_look_integer(&seen, ACTIONS, WPB_M_OVERDUE_SECONDS), 0);
    assert_unknown(&seen, ACTIONS, WPB_M_OLDEST_ROW_SECONDS);
    mysql_look_free(&seen);
}

static void products_are_compared_with_their_lookup_table(void **state)
{
    struct mysql_server *server = *state;
    create(server, &shop);
    for (uint64_t id = 1; id <= 6; id++)
        mysql_wordpress_post(server, "wp_", id, "product", "publish", 0);
    mysql_wordpress_post(server, "wp_", 7, "product", "draft", 0);
    mysql_wordpress_post(server, "wp_", 8, "product_variation", "publish", 1);
    mysql_wordpress_post(server, "wp_", 9, "page", "publish", 0);
    mysql_server_do(server, "INSERT INTO wp_wc_product_meta_lookup (product_id) "
                            "VALUES (1), (2)");
    struct mysql_look seen;
    look(&seen, server, &shop);

    assert_int_equal(mysql_look_integer(&seen, LOOKUP, WPB_M_PRODUCTS), 7);
    assert_int_equal(mysql_look_integer(&seen, LOOKUP, WPB_M_LOOKUP_ROWS), 2);
    mysql_look_free(&seen);
}

static void sessions_kept_as_options_are_counted_once_each(void **state)
{
    static const char *const names[] = {
        "_wc_session_1",          "_wc_session_expires_1", "_wp_session_ab",
        "_wp_session_expires_ab", "_wc_session_2",         "_wcXsession_3",
        "_wx_session_4",
    };
    struct mysql_server *server = *state;
    create(server, &blog);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        mysql_wordpress_option(server, "wp_", wpb_slice_cstr(names[i]),
                               wpb_slice_cstr("1"), "no");
    struct mysql_look seen;
    look(&seen, server, &blog);

    mysql_look_was_whole(&seen, PROBE);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_LEGACY_SESSIONS), 3);
    mysql_look_free(&seen);
}

static void a_site_without_woocommerce_is_no_failure(void **state)
{
    struct mysql_server *server = *state;
    create(server, &blog);
    struct mysql_look seen;
    look(&seen, server, &blog);

    mysql_look_was_whole(&seen, PROBE);
    assert_null(mysql_look_find(&seen, SESSIONS));
    assert_null(mysql_look_find(&seen, ACTIONS));
    assert_null(mysql_look_find(&seen, LOOKUP));
    mysql_look_free(&seen);
}

static void tables_without_a_grant_are_a_blind_spot_that_is_named(void **state)
{
    struct mysql_server *server = *state;
    mysql_wordpress_create(server, &shop);
    mysql_wordpress_grant(server, &blog);
    mysql_wordpress_option(server, "wp_", wpb_slice_cstr("woocommerce_version"),
                           wpb_slice_cstr("10.0.2"), "yes");
    struct mysql_look seen;
    look(&seen, server, &shop);

    assert_int_equal(mysql_look_coverage(&seen, PROBE)->status, WPB_COVERAGE_PARTIAL);
    assert_non_null(
        strstr(mysql_look_coverage(&seen, PROBE)->reason, "wp_woocommerce_sessions"));
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_LEGACY_SESSIONS), 0);
    mysql_look_free(&seen);
}

static void one_table_that_cannot_be_read_leaves_the_others(void **state)
{
    struct mysql_server *server = *state;
    create(server, &shop);
    mysql_server_do(server,
                    "REVOKE SELECT ON wp_actionscheduler_actions FROM wpbloat@localhost; "
                    "GRANT INSERT ON wp_actionscheduler_actions TO wpbloat@localhost");
    sessions(server, 3, 10, -60);
    struct mysql_look seen;
    look(&seen, server, &shop);

    assert_int_equal(mysql_look_coverage(&seen, PROBE)->status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(mysql_look_coverage(&seen, PROBE)->reason, "pending actions"));
    assert_int_equal(mysql_look_integer(&seen, SESSIONS, WPB_M_EXPIRED), 3);
    assert_int_equal(mysql_look_integer(&seen, LOOKUP, WPB_M_LOOKUP_ROWS), 0);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_LEGACY_SESSIONS), 0);
    assert_unknown(&seen, ACTIONS, WPB_M_PENDING);
    mysql_look_free(&seen);
}

static void of_very_many_rows_at_least_so_many_are_counted(void **state)
{
    struct mysql_server *server = *state;
    create(server, &shop);
    actions(server, 200001, "complete", DAY);
    struct mysql_look seen;
    look(&seen, server, &shop);

    mysql_look_was_whole(&seen, PROBE);
    assert_int_equal(mysql_look_integer(&seen, ACTIONS, WPB_M_COMPLETE), 200000);
    assert_int_equal(mysql_look_sample(&seen, ACTIONS, WPB_M_COMPLETE)->provenance,
                     WPB_ESTIMATED);
    mysql_look_free(&seen);
}

#define ON_SERVER(test) cmocka_unit_test_teardown(test, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SERVER(sessions_are_counted_the_expired_and_the_largest),
        ON_SERVER(without_the_index_a_sample_says_how_many_are_expired),
        ON_SERVER(actions_are_counted_by_status_and_age),
        ON_SERVER(actions_in_the_future_are_not_overdue),
        ON_SERVER(products_are_compared_with_their_lookup_table),
        ON_SERVER(sessions_kept_as_options_are_counted_once_each),
        ON_SERVER(a_site_without_woocommerce_is_no_failure),
        ON_SERVER(tables_without_a_grant_are_a_blind_spot_that_is_named),
        ON_SERVER(one_table_that_cannot_be_read_leaves_the_others),
        ON_SERVER(of_very_many_rows_at_least_so_many_are_counted),
    };
    return cmocka_run_group_tests(tests, start, end);
}
