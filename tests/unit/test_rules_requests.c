/* Where a pool breaks, what breaks first, and who does it: rules about requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "request_facts.h"

#define KNEE "requests.knee"
#define LOCKS "requests.lock_contention"
#define REPEATS "requests.n_plus_one"
#define CULPRIT "requests.culprit"
#define SATURATED "requests.pool_saturated"
#define QUEUE "requests.queue"
#define PRICES "SELECT `rate` FROM `wp_kestrel_prices` WHERE `product_id` = ?"
#define UPDATE "UPDATE `wp_harrier_index` SET `generation` = ? WHERE `name` = ?"

static void nothing_posted_is_no_finding(void **state)
{
    struct look *look = *state;

    look_evaluate(look);
    assert_int_equal(look->findings.count, 0);
}

/* --- requests.knee --- */

static void knee_warns_at_seven_tenths_of_the_capacity_in_the_busiest_window(void **state)
{
    struct look *look = *state;

    pool_post_rates(look, 3, 6.9, 10, "cpu");
    assert_int_equal(look_severity(look, KNEE), -1);
    pool_post_rates(look, 3, 7, 10, "cpu");
    assert_int_equal(look_severity(look, KNEE), WPB_WARNING);
}

static void knee_is_critical_when_it_is_reached_now(void **state)
{
    struct look *look = *state;

    pool_post_rates(look, 8.9, 12, 10, "cpu");
    assert_int_equal(look_severity(look, KNEE), WPB_WARNING);
    pool_post_rates(look, 9, 9, 10, "cpu");
    assert_int_equal(look_severity(look, KNEE), WPB_CRITICAL);
}

static void a_lock_is_told_from_three_times_as_far(void **state)
{
    struct look *look = *state;

    pool_post_rates(look, 2, 2.1, 6.5, "php_workers");
    assert_int_equal(look_severity(look, KNEE), -1);
    pool_post_rates(look, 2, 2.1, 6.5, "lock");
    assert_int_equal(look_severity(look, KNEE), -1);
    pool_post_rates(look, 2, 2.2, 6.5, "lock");
    assert_int_equal(look_severity(look, KNEE), WPB_WARNING);
}

static void waiting_that_is_felt_is_a_warning_below_seven_tenths(void **state)
{
    struct look *look = *state;

    pool_post_rates(look, 3, 5.9, 10, "php_workers");
    pool_post(look, pool_www, WPB_M_KNEE_PER_SECOND, 6);
    pool_post(look, pool_www, WPB_M_CAPACITY_WAIT_SECONDS, 0.5);
    assert_int_equal(look_severity(look, KNEE), -1);
    pool_post_rates(look, 3, 6, 10, "php_workers");
    assert_int_equal(look_severity(look, KNEE), WPB_WARNING);
    look_assert_says(look_found(look, KNEE)->summary,
                     "From about 6 a second on waiting is felt: one request in twenty "
                     "then waits 0.50 s. Beyond 10 more come than are done");
}

static void a_refused_or_unknown_capacity_is_silent(void **state)
{
    struct look *look = *state;

    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, 100);
    assert_int_equal(look_severity(look, KNEE), -1);
    pool_post_rates(look, 9, 9, 10, "cpu");
    look_post_text(look, pool_www, WPB_M_WORK_REFUSAL, "too_few_windows");
    assert_int_equal(look_severity(look, KNEE), -1);
}

static void knee_says_rate_interval_and_what_breaks_first(void **state)
{
    struct look *look = *state;

    pool_post_rates(look, 11, 11, 15, "php_workers");
    look_evaluate(look);
    assert_string_equal(look_found(look, KNEE)->title,
                        "PHP pool www breaks near 15 requests a second (14 to 17); 11 "
                        "now. First to break: its 8 PHP workers");
}

static void knee_by_a_lock_names_table_statement_and_component(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    pool_post_rates(look, 4.9, 5.8, 6.5, "lock");
    pool_post(look, pool_part(WPB_SUBJECT_RESOURCE, "lock"), WPB_M_DEMAND_SECONDS, 0.153);
    pool_post_lock(look, "wp_other", 100, 1, 1);
    pool_post_lock(look, "wp_harrier_index", 100, 20, 4);
    look_post_text(look, pool_in_schema(WPB_SUBJECT_TABLE, "wp_harrier_index"),
                   WPB_M_LOCK_STATEMENT, UPDATE);
    pool_post_traces(look, "plugin:harrier-search", 18, 0.857,
                     "wp-content/plugins/h.php");
    pool_post_traces(look, "theme:plain", 2, 0.09, NULL);
    pool_post_statement(look, PRICES, "wp_kestrel_prices", 4.9 * 300, 1);
    look_evaluate(look);
    finding = look_found(look, KNEE);
    assert_non_null(finding);
    look_assert_says(finding->title, "First to break: a row lock on wp_harrier_index");
    look_assert_says(finding->summary, "takes the lock for 0.15 s (" UPDATE ")");
    look_assert_says(finding->summary, "the same about 300 times, of wp_kestrel_prices");
    look_assert_says(finding->cause.note, PRICES);
    assert_string_equal(finding->cause.confidence, "likely");
    assert_int_equal(finding->cause.component_count, 1);
    assert_true(wpb_slice_is(finding->cause.components[0].name, "plugin:harrier-search"));
    assert_true(
        wpb_slice_is(look_fact(finding, "lock_table")->value.text, "wp_harrier_index"));
    assert_true(wpb_slice_is(look_fact(finding, "culprit_component")->value.text,
                             "plugin:harrier-search"));
    look_assert_fact(finding, "culprit_line", 38);
}

static void a_lock_that_nobody_saw_has_no_name(void **state)
{
    struct look *look = *state;

    pool_post_rates(look, 4.9, 5.8, 6.5, "lock");
    look_evaluate(look);
    look_assert_says(look_found(look, KNEE)->title, "First to break: a lock in MySQL");
    look_assert_says(look_found(look, KNEE)->cause.note, "the right PROCESS");
    assert_null(look_fact(look_found(look, KNEE), "lock_table"));
}

static void a_pool_of_two_sites_is_told_once(void **state)
{
    struct look *look = *state, *other;
    void *second;

    pool_begin(&second);
    other = second;
    other->site.name = "blog";
    pool_post_rates(look, 9, 9, 10, "cpu");
    pool_post_rates(other, 9, 9, 10, "cpu");
    wpb_rules_evaluate((const struct wpb_window *const[]){look->window, other->window}, 2,
                       look->values, &look->findings);
    assert_int_equal(look_count(look, KNEE), 1);
    assert_int_equal(look_found(look, KNEE)->other_site_count, 1);
    assert_string_equal(look_found(look, KNEE)->other_sites[0]->name, "blog");
    look_end(&second);
}

/* --- requests.lock_contention --- */

static void locks_warn_at_one_look_in_twenty(void **state)
{
    struct look *look = *state;

    pool_post_lock(look, "wp_options", 100, 4, 2);
    assert_int_equal(look_severity(look, LOCKS), -1);
    pool_post_lock(look, "wp_options", 100, 5, 2);
    assert_int_equal(look_severity(look, LOCKS), WPB_WARNING);
}

static void two_looks_are_chance(void **state)
{
    struct look *look = *state;

    pool_post_lock(look, "wp_options", 2, 2, 2);
    assert_int_equal(look_severity(look, LOCKS), -1);
    pool_post_lock(look, "wp_options", 3, 3, 2);
    assert_int_equal(look_severity(look, LOCKS), WPB_WARNING);
}

static void locks_are_critical_when_they_often_hold_half_of_the_workers(void **state)
{
    struct look *look = *state;

    look_post(look, pool_www, WPB_M_MAX_CHILDREN, 8);
    pool_post_lock(look, "wp_options", 100, 25, 3);
    assert_int_equal(look_severity(look, LOCKS), WPB_WARNING);
    pool_post_lock(look, "wp_options", 100, 24, 4);
    assert_int_equal(look_severity(look, LOCKS), WPB_WARNING);
    pool_post_lock(look, "wp_options", 100, 25, 4);
    assert_int_equal(look_severity(look, LOCKS), WPB_CRITICAL);
}

static void locks_tell_index_statement_holder_and_how_many_get_through(void **state)
{
    struct look *look = *state;
    struct wpb_subject table = pool_in_schema(WPB_SUBJECT_TABLE, "wp_options");
    struct wpb_subject lock = pool_part(WPB_SUBJECT_RESOURCE, "lock");
    const struct wpb_finding *finding;

    look_post(look, pool_www, WPB_M_MAX_CHILDREN, 8);
    pool_post_lock(look, "wp_options", 100, 25, 4);
    look_post_text(look, table, WPB_M_LOCK_INDEX, "option_name");
    look_post_text(look, table, WPB_M_LOCK_STATEMENT, UPDATE);
    look_post_text(look, table, WPB_M_LOCK_HOLDER, "DO SLEEP ( ? )");
    look_post(look, table, WPB_M_LOCK_HELD_SECONDS, 2);
    pool_post(look, lock, WPB_M_CAPACITY_PER_SECOND, 6.5);
    pool_post(look, lock, WPB_M_DEMAND_SECONDS, 0.153);
    look_evaluate(look);
    finding = look_found(look, LOCKS);
    assert_string_equal(finding->title, "Requests wait for each other at a row lock on "
                                        "wp_options, index option_name: in 25 % of the "
                                        "looks");
    look_assert_says(finding->summary, "In 25 looks of 100 somebody waited, 4 at once");
    look_assert_says(finding->summary, UPDATE);
    look_assert_says(finding->summary, "holds it for about 0.15 s: no more than about "
                                       "6.5 requests a second");
    look_assert_says(finding->cause.note,
                     "Who held the lock was at: DO SLEEP ( ? ) (for 2.0 s at most).");
}

static void a_lock_by_name_is_no_row(void **state)
{
    struct look *look = *state;
    struct wpb_subject table = pool_in_schema(WPB_SUBJECT_TABLE, WPB_LOCK_BY_NAME);
    const struct wpb_finding *finding;

    pool_post_lock(look, WPB_LOCK_BY_NAME, 100, 25, 4);
    look_evaluate(look);
    finding = look_found(look, LOCKS);
    assert_string_equal(finding->title, "Requests wait for each other at a lock of "
                                        "GET_LOCK(): in 25 % of the looks");
    look_assert_says(finding->summary, "A lock that GET_LOCK() has given belongs to its "
                                       "connection");
    assert_null(strstr(finding->summary, "row"));
    assert_string_equal(finding->cause.note, "What the holder was doing was not seen.");
    look_assert_says(finding->remedy.summary, "GET_LOCK(name, 0)");
    look_post_text(look, table, WPB_M_LOCK_HOLDER, "SELECT SLEEP ( ? )");
    look_evaluate(look);
    look_assert_says(look_found(look, LOCKS)->cause.note,
                     "Who held the lock was at: SELECT SLEEP ( ? ).");
}

/* --- requests.n_plus_one --- */

static void twenty_times_in_each_request_is_too_often(void **state)
{
    struct look *look = *state;

    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, 2);
    pool_post_statement(look, PRICES, "wp_kestrel_prices", 39.8, 1);
    assert_int_equal(look_severity(look, REPEATS), -1);
    pool_post_statement(look, PRICES, "wp_kestrel_prices", 40, 1);
    assert_int_equal(look_severity(look, REPEATS), WPB_WARNING);
}

static void a_statement_that_reads_many_rows_is_another_problem(void **state)
{
    struct look *look = *state;

    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, 2);
    pool_post_statement(look, PRICES, "wp_kestrel_prices", 600, 11);
    assert_int_equal(look_severity(look, REPEATS), -1);
    pool_post_statement(look, PRICES, "wp_kestrel_prices", 600, 10);
    assert_int_equal(look_severity(look, REPEATS), WPB_WARNING);
}

static void without_requests_statements_are_not_put_down_to_them(void **state)
{
    struct look *look = *state;

    pool_post_statement(look, PRICES, "wp_kestrel_prices", 600, 1);
    assert_int_equal(look_severity(look, REPEATS), -1);
    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, 0.19);
    assert_int_equal(look_severity(look, REPEATS), -1);
    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, 0.2);
    assert_int_equal(look_severity(look, REPEATS), WPB_WARNING);
}

static void a_statement_is_not_asked_more_often_than_all_of_them(void **state)
{
    struct look *look = *state;
    struct wpb_subject queries = pool_part(WPB_SUBJECT_QUANTITY, "queries");

    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, 2);
    pool_post_statement(look, PRICES, "wp_kestrel_prices", 600, 1);
    pool_post(look, queries, WPB_M_PER_REQUEST, 19);
    assert_int_equal(look_severity(look, REPEATS), -1);
    pool_post(look, queries, WPB_M_PER_REQUEST, 206);
    assert_int_equal(look_severity(look, REPEATS), WPB_WARNING);
    look_assert_says(look_found(look, REPEATS)->title, "about 206 times");
}

static void repeats_say_how_often_how_long_and_the_statement(void **state)
{
    struct look *look = *state;
    const struct wpb_finding *finding;

    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, 2);
    pool_post_statement(look, PRICES, "wp_kestrel_prices", 600, 1);
    look_evaluate(look);
    finding = look_found(look, REPEATS);
    assert_string_equal(finding->title, "Each request asks the database the same about "
                                        "300 times, of wp_kestrel_prices");
    look_assert_says(finding->summary, "each time for about 1 row");
    look_assert_says(finding->summary, PRICES);
    look_assert_says(finding->summary, "One takes 0.07 ms");
    look_assert_says(finding->summary, "all of them take 21 ms of each request");
    look_assert_says(finding->cause.note, "does not know which code asks");
}

static const char *note_of_repeats(struct look *look)
{
    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, 2);
    pool_post_statement(look, PRICES, "wp_kestrel_prices", 600, 1);
    look_evaluate(look);
    return look_found(look, REPEATS)->cause.note;
}

static void a_table_called_after_a_plugin_is_its_own(void **state)
{
    struct look *look = *state;

    pool_post_traces(look, "plugin:kestrel-prices", 1, 0.1, "wp-content/plugins/k.php");
    look_assert_says(note_of_repeats(look),
                     "The table is called after the plugin kestrel-prices, "
                     "wp-content/plugins/k.php:38.");
    assert_string_equal(look_found(look, REPEATS)->cause.confidence, "likely");
}

static void a_table_with_the_first_word_of_a_plugin_may_be_its_own(void **state)
{
    struct look *look = *state;

    pool_post_traces(look, "plugin:woocommerce-kestrel", 4, 0.4, NULL);
    pool_post_traces(look, "plugin:kestrel-currency", 1, 0.1, NULL);
    look_assert_says(note_of_repeats(look),
                     "the table may belong to the plugin kestrel-currency.");
    assert_string_equal(look_found(look, REPEATS)->cause.confidence, "possible");
}

static void code_that_names_the_table_comes_before_names(void **state)
{
    struct look *look = *state;
    struct wpb_subject statement = pool_in_schema(WPB_SUBJECT_STATEMENT, PRICES);

    pool_post_traces(look, "plugin:kestrel-prices", 1, 0.1, NULL);
    look_post_text(look, statement, WPB_M_SOURCE_COMPONENT, "plugin:kestrel-currency");
    look_post_text(look, statement, WPB_M_SOURCE_FILE, "wp-content/plugins/k/p.php");
    look_post(look, statement, WPB_M_SOURCE_LINE, 12);
    look_assert_says(note_of_repeats(look),
                     "The table is named in the code of the plugin kestrel-currency, "
                     "wp-content/plugins/k/p.php:12.");
}

static void what_was_asking_the_database_is_the_last_guess(void **state)
{
    struct look *look = *state;

    pool_post_traces(look, "plugin:petrel-loyalty", 3, 0.3, NULL);
    look_post_text(look, pool_part(WPB_SUBJECT_COMPONENT, "plugin:petrel-loyalty"),
                   WPB_M_CODE_DOING, "mysqli_query");
    look_assert_says(note_of_repeats(look), "asking the database mostly in the plugin "
                                            "petrel-loyalty.");
    assert_string_equal(look_found(look, REPEATS)->cause.confidence, "possible");
}

/* --- requests.culprit --- */

static void a_culprit_needs_a_quarter_of_the_slow_requests(void **state)
{
    struct look *look = *state;

    look_post(look, pool_www, WPB_M_SLOW_TRACES, 100);
    pool_post_traces(look, "plugin:kestrel", 24, 0.24, NULL);
    assert_int_equal(look_severity(look, CULPRIT), -1);
    pool_post_traces(look, "plugin:kestrel", 25, 0.25, NULL);
    assert_int_equal(look_severity(look, CULPRIT), WPB_WARNING);
}

static void few_slow_requests_are_a_note_and_fewer_nothing(void **state)
{
    struct look *look = *state;

    look_post(look, pool_www, WPB_M_SLOW_TRACES, 20);
    pool_post_traces(look, "plugin:kestrel", 4, 0.9, NULL);
    assert_int_equal(look_severity(look, CULPRIT), -1);
    pool_post_traces(look, "plugin:kestrel", 5, 0.9, NULL);
    assert_int_equal(look_severity(look, CULPRIT), WPB_INFO);
    pool_post_traces(look, "plugin:kestrel", 20, 0.9, NULL);
    assert_int_equal(look_severity(look, CULPRIT), WPB_WARNING);
}

static void a_culprit_is_told_with_what_it_was_at_and_who_stands_beside_it(void **state)
{
    struct look *look = *state;
    struct wpb_subject component = pool_part(WPB_SUBJECT_COMPONENT, "plugin:kestrel");
    const struct wpb_finding *finding;

    look_post(look, pool_www, WPB_M_SLOW_TRACES, 100);
    pool_post_traces(look, "plugin:kestrel", 60, 0.6, "wp-content/plugins/kestrel/k.php");
    look_post_text(look, component, WPB_M_CODE_FUNCTION, "Kestrel::sync");
    look_post_text(look, component, WPB_M_CODE_DOING, "curl_exec");
    pool_post_traces(look, "theme:plain", 20, 0.2, NULL);
    look_evaluate(look);
    assert_int_equal(look_count(look, CULPRIT), 1);
    finding = look_found(look, CULPRIT);
    assert_string_equal(finding->title,
                        "60 % of the slow requests were in the plugin kestrel");
    look_assert_says(finding->summary, "its function Kestrel::sync, mostly at curl_exec");
    look_assert_says(finding->cause.note, "Beside it: the theme plain (20 %).");
    assert_true(look_has_line(finding->remedy.for_good,
                              "wp --path=/var/www/shop plugin deactivate kestrel"));
}

/* --- requests.pool_saturated, requests.queue --- */

static void post_looks(struct look *look, int64_t looks, int64_t full)
{
    look_post(look, pool_www, WPB_M_MAX_CHILDREN, 8);
    look_post(look, pool_www, WPB_M_POOL_LOOKS, looks);
    look_post(look, pool_www, WPB_M_FULL_LOOKS, full);
}

static void a_pool_that_is_full_in_a_tenth_of_the_looks_is_a_warning(void **state)
{
    struct look *look = *state;

    post_looks(look, 15, 1);
    assert_int_equal(look_severity(look, SATURATED), -1);
    post_looks(look, 15, 2);
    assert_int_equal(look_severity(look, SATURATED), WPB_WARNING);
    post_looks(look, 15, 7);
    assert_int_equal(look_severity(look, SATURATED), WPB_WARNING);
    post_looks(look, 15, 8);
    assert_int_equal(look_severity(look, SATURATED), WPB_CRITICAL);
}

static void one_look_of_a_scan_is_not_critical(void **state)
{
    struct look *look = *state;

    post_looks(look, 1, 1);
    assert_int_equal(look_severity(look, SATURATED), WPB_WARNING);
    look_assert_says(look_found(look, SATURATED)->title,
                     "PHP pool www: all 8 workers were busy in 1 of 1 looks");
}

static void workers_that_wait_for_something_else_are_not_too_few(void **state)
{
    struct look *look = *state;

    post_looks(look, 15, 9);
    look_post_text(look, pool_www, WPB_M_BOTTLENECK, "lock");
    look_evaluate(look);
    look_assert_says(look_found(look, SATURATED)->cause.note,
                     "not the workers but this: lock");
    look_post_text(look, pool_www, WPB_M_BOTTLENECK, "php_workers");
    look_evaluate(look);
    look_assert_says(look_found(look, SATURATED)->cause.note, "more of them would help");
}

static void five_connections_that_wait_are_a_warning(void **state)
{
    struct look *look = *state;

    look_post(look, pool_www, WPB_M_ACCEPT_QUEUE, 4);
    assert_int_equal(look_severity(look, QUEUE), -1);
    look_post(look, pool_www, WPB_M_ACCEPT_QUEUE, 5);
    assert_int_equal(look_severity(look, QUEUE), WPB_WARNING);
    assert_string_equal(look_found(look, QUEUE)->title,
                        "5 connections wait for a worker of PHP pool www");
}

static void a_queue_is_judged_by_how_long_its_last_waits(void **state)
{
    struct look *look = *state;

    look_post(look, pool_www, WPB_M_MAX_CHILDREN, 8);
    pool_post(look, pool_www, WPB_M_SERVICE_SECONDS, 0.99);
    look_post(look, pool_www, WPB_M_ACCEPT_QUEUE, 4);
    assert_int_equal(look_severity(look, QUEUE), -1);
    pool_post(look, pool_www, WPB_M_SERVICE_SECONDS, 1);
    assert_int_equal(look_severity(look, QUEUE), WPB_WARNING);
    look_post(look, pool_www, WPB_M_ACCEPT_QUEUE, 40);
    assert_int_equal(look_severity(look, QUEUE), WPB_CRITICAL);
    look_assert_says(look_found(look, QUEUE)->title, "about 5.0 s each");
}

static void a_queue_half_full_is_critical(void **state)
{
    struct look *look = *state;

    look_post(look, pool_www, WPB_M_ACCEPT_BACKLOG, 511);
    look_post(look, pool_www, WPB_M_ACCEPT_QUEUE, 255);
    assert_int_equal(look_severity(look, QUEUE), WPB_WARNING);
    look_post(look, pool_www, WPB_M_ACCEPT_QUEUE, 256);
    assert_int_equal(look_severity(look, QUEUE), WPB_CRITICAL);
}

static void a_measured_wait_counts_without_a_queue(void **state)
{
    struct look *look = *state;

    pool_post(look, pool_www, WPB_M_QUEUE_WAIT_SECONDS, 0.49);
    assert_int_equal(look_severity(look, QUEUE), -1);
    pool_post(look, pool_www, WPB_M_QUEUE_WAIT_SECONDS, 0.5);
    assert_int_equal(look_severity(look, QUEUE), WPB_WARNING);
    assert_string_equal(look_found(look, QUEUE)->title,
                        "Requests to PHP pool www waited 0.50 s for a worker, on "
                        "average");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pool_begin, look_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_posted_is_no_finding),
        TEST(knee_warns_at_seven_tenths_of_the_capacity_in_the_busiest_window),
        TEST(knee_is_critical_when_it_is_reached_now),
        TEST(a_lock_is_told_from_three_times_as_far),
        TEST(waiting_that_is_felt_is_a_warning_below_seven_tenths),
        TEST(a_refused_or_unknown_capacity_is_silent),
        TEST(knee_says_rate_interval_and_what_breaks_first),
        TEST(knee_by_a_lock_names_table_statement_and_component),
        TEST(a_lock_that_nobody_saw_has_no_name),
        TEST(a_pool_of_two_sites_is_told_once),
        TEST(locks_warn_at_one_look_in_twenty),
        TEST(two_looks_are_chance),
        TEST(locks_are_critical_when_they_often_hold_half_of_the_workers),
        TEST(locks_tell_index_statement_holder_and_how_many_get_through),
        TEST(a_lock_by_name_is_no_row),
        TEST(twenty_times_in_each_request_is_too_often),
        TEST(a_statement_that_reads_many_rows_is_another_problem),
        TEST(without_requests_statements_are_not_put_down_to_them),
        TEST(a_statement_is_not_asked_more_often_than_all_of_them),
        TEST(repeats_say_how_often_how_long_and_the_statement),
        TEST(a_table_called_after_a_plugin_is_its_own),
        TEST(a_table_with_the_first_word_of_a_plugin_may_be_its_own),
        TEST(code_that_names_the_table_comes_before_names),
        TEST(what_was_asking_the_database_is_the_last_guess),
        TEST(a_culprit_needs_a_quarter_of_the_slow_requests),
        TEST(few_slow_requests_are_a_note_and_fewer_nothing),
        TEST(a_culprit_is_told_with_what_it_was_at_and_who_stands_beside_it),
        TEST(a_pool_that_is_full_in_a_tenth_of_the_looks_is_a_warning),
        TEST(one_look_of_a_scan_is_not_critical),
        TEST(workers_that_wait_for_something_else_are_not_too_few),
        TEST(five_connections_that_wait_are_a_warning),
        TEST(a_queue_is_judged_by_how_long_its_last_waits),
        TEST(a_queue_half_full_is_critical),
        TEST(a_measured_wait_counts_without_a_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
