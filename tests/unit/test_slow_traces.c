/* The probe requests.slow, on slow logs as PHP-FPM writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "pool_look.h"
#include "probes/requests/probes.h"
#include "probes/requests/slow_tally.h"

static void slow_pool(struct pool_look *look)
{
    pool_look_pool(look, "slowlog = %s\nrequest_slowlog_timeout = 2s\n", look->slow_log);
}

/* An entry of POOL, AGO_S seconds ago: FUNCTION in FILE:LINE called DOING. */
static void entry(struct pool_look *look, const char *pool, int ago_s, const char *file,
                  unsigned line, const char *function, const char *doing)
{
    char when[64];
    time_t at = time(NULL) - ago_s;

    strftime(when, sizeof when, "%d-%b-%Y %H:%M:%S", localtime(&at));
    pool_look_write(look, "slow",
                    "\n[%s]  [pool %s] pid 77\nscript_filename = /srv/index.php\n"
                    "[0x00007f1] %s() /srv/%s:%u\n"
                    "[0x00007f2] %s() /srv/wp-includes/class-wp-hook.php:308\n",
                    when, pool, doing, file, line, function);
}

/* As if nothing had been written for a while: the last entry is whole. */
static void let_rest(struct pool_look *look)
{
    struct utimbuf times = {time(NULL) - 60, time(NULL) - 60};

    assert_int_equal(utime(look->slow_log, &times), 0);
}

static void go(struct pool_look *look)
{
    pool_look_go(look, &wpb_probe_requests_slow);
}

#define SYNC "wp-content/plugins/kestrel-sync/sync.php"
#define PRICES "wp-content/plugins/kestrel-pricing/prices.php"

static int64_t of_component(struct pool_look *look, const char *name,
                            enum wpb_metric metric)
{
    return pool_look_integer(look, WPB_SUBJECT_COMPONENT, name, metric);
}

static void components_are_told_of_with_their_share(void **state)
{
    struct pool_look *look = *state;

    slow_pool(look);
    for (int i = 0; i < 3; i++)
        entry(look, "shop", 600, SYNC, 10, "sync_run", "mysqli_query");
    entry(look, "shop", 500, SYNC, 99, "sync_other", "curl_exec");
    entry(look, "shop", 500, PRICES, 7, "prices", "usleep");
    entry(look, "shop", 400, "wp-includes/class-wpdb.php", 2187, "query", "mysqli_query");
    let_rest(look);
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_OK);
    const char *name = "plugin:kestrel-sync";
    assert_int_equal(of_component(look, name, WPB_M_SLOW_TRACES), 4);
    assert_int_equal(of_component(look, name, WPB_M_SOURCE_LINE), 10);
    assert_string_equal(
        pool_look_text(look, WPB_SUBJECT_COMPONENT, name, WPB_M_SOURCE_FILE), SYNC);
    assert_string_equal(
        pool_look_text(look, WPB_SUBJECT_COMPONENT, name, WPB_M_CODE_FUNCTION),
        "sync_run");
    assert_string_equal(
        pool_look_text(look, WPB_SUBJECT_COMPONENT, name, WPB_M_CODE_DOING),
        "mysqli_query");
    const struct wpb_subject *subject =
        pool_look_subject(look, WPB_SUBJECT_COMPONENT, name);
    const struct wpb_sample *share =
        wpb_window_get(look->window, subject, WPB_M_SHARE_RATIO);
    assert_true(share->value.number > 0.66 && share->value.number < 0.67);
    assert_true(wpb_slice_is(subject->parent->name, "shop"));
    assert_int_equal(of_component(look, "plugin:kestrel-pricing", WPB_M_SLOW_TRACES), 1);
    assert_int_equal(pool_look_integer(look, WPB_SUBJECT_POOL, "shop", WPB_M_SLOW_TRACES),
                     6);
}

static void the_next_look_adds_what_came(void **state)
{
    struct pool_look *look = *state;

    slow_pool(look);
    entry(look, "shop", 600, SYNC, 10, "sync_run", "mysqli_query");
    let_rest(look);
    go(look);
    entry(look, "shop", 5, SYNC, 10, "sync_run", "mysqli_query");
    let_rest(look);
    go(look);
    assert_int_equal(of_component(look, "plugin:kestrel-sync", WPB_M_SLOW_TRACES), 2);
}

static void an_entry_that_is_being_written_waits_for_its_rest(void **state)
{
    struct pool_look *look = *state;
    char when[64];
    time_t at = time(NULL);

    slow_pool(look);
    strftime(when, sizeof when, "%d-%b-%Y %H:%M:%S", localtime(&at));
    pool_look_write(look, "slow",
                    "\n[%s]  [pool shop] pid 7\nscript_filename = /srv/index.php\n"
                    "[0x00007f1] mysqli_query() /srv/wp-includes/class-wpdb.php:2187\n",
                    when);
    go(look);
    pool_look_write(look, "slow", "[0x00007f1] query() /srv/" SYNC ":10\n");
    let_rest(look);
    go(look);
    assert_int_equal(of_component(look, "plugin:kestrel-sync", WPB_M_SLOW_TRACES), 1);
}

static void what_is_of_another_pool_or_day_is_left_out(void **state)
{
    struct pool_look *look = *state;

    slow_pool(look);
    entry(look, "shop", 30 * 3600, SYNC, 10, "sync_run", "mysqli_query");
    entry(look, "other", 600, SYNC, 10, "sync_run", "mysqli_query");
    let_rest(look);
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_OK);
    assert_null(pool_look_subject(look, WPB_SUBJECT_COMPONENT, "plugin:kestrel-sync"));
    assert_int_equal(pool_look_integer(look, WPB_SUBJECT_POOL, "shop", WPB_M_SLOW_TRACES),
                     0);
}

static void without_a_slow_log_the_lines_to_add_are_told(void **state)
{
    struct pool_look *look = *state;

    pool_look_pool(look, "%s", "");
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_SKIPPED);
    assert_non_null(strstr(look->coverage->lines, "\nslowlog = "));
    assert_non_null(strstr(look->coverage->lines, "\nrequest_slowlog_timeout = 2s"));
    pool_look_pool(look, "slowlog = %s\n", look->slow_log);
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_SKIPPED);
    assert_null(strstr(look->coverage->lines, "\nslowlog"));
    assert_non_null(strstr(look->coverage->lines, "\nrequest_slowlog_timeout = 2s"));
}

static void a_slow_log_that_is_not_there_is_told(void **state)
{
    struct pool_look *look = *state;

    slow_pool(look);
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_UNAVAILABLE);
    assert_non_null(strstr(look->coverage->reason, "is not there"));
}

static void noise_is_no_trace(void **state)
{
    struct pool_look *look = *state;

    slow_pool(look);
    char *noise = malloc((1 << 20) + 1);
    assert_non_null(noise);
    memset(noise, '[', 1 << 20);
    noise[1 << 20] = '\0';
    pool_look_write(look, "slow", "%s\n\x01\xff[0x\n", noise);
    free(noise);
    entry(look, "shop", 600, SYNC, 10, "sync_run", "mysqli_query");
    let_rest(look);
    go(look);
    assert_int_equal(of_component(look, "plugin:kestrel-sync", WPB_M_SLOW_TRACES), 1);
}

/* ---- counting ---- */

static struct wpb_slow_entry entry_of(const char *component, uint32_t line)
{
    struct wpb_slow_entry made = {.line = line, .doing = "sleep", .function = "f"};

    snprintf(made.component, sizeof made.component, "%s", component);
    snprintf(made.file, sizeof made.file, "wp-content/plugins/x/x.php");
    return made;
}

#define NOW_S INT64_C(1790000000)

static void traces_are_forgotten_after_a_day(void **state)
{
    struct wpb_slow_tally *tally = calloc(1, sizeof *tally);
    struct wpb_slow_entry met = entry_of("plugin:x", 1);

    (void)state;
    assert_non_null(tally);
    wpb_slow_tally_add(tally, &met, NOW_S);
    wpb_slow_tally_add(tally, &met, NOW_S + 20 * 3600);
    assert_int_equal(wpb_slow_day_count(&tally->all, NOW_S + 20 * 3600), 2);
    assert_int_equal(wpb_slow_day_count(&tally->all, NOW_S + 30 * 3600), 1);
    assert_int_equal(wpb_slow_day_count(&tally->all, NOW_S + 50 * 3600), 0);
    free(tally);
}

static void a_place_met_lately_outweighs_one_met_long_ago(void **state)
{
    struct wpb_slow_tally *tally = calloc(1, sizeof *tally);
    struct wpb_slow_entry before = entry_of("plugin:x", 1),
                          lately = entry_of("plugin:x", 2);

    (void)state;
    assert_non_null(tally);
    for (int i = 0; i < 8; i++)
        wpb_slow_tally_add(tally, &before, NOW_S);
    for (int i = 0; i < 3; i++)
        wpb_slow_tally_add(tally, &lately, NOW_S);
    assert_int_equal(wpb_slow_component_place(&tally->components[0])->line, 1);
    wpb_slow_tally_add(tally, &lately, NOW_S + 3 * 86400);
    assert_int_equal(wpb_slow_component_place(&tally->components[0])->line, 2);
    free(tally);
}

static void of_many_components_those_met_most_stay(void **state)
{
    struct wpb_slow_tally *tally = calloc(1, sizeof *tally);
    struct wpb_slow_entry often = entry_of("plugin:often", 1);
    bool is_there = false;

    (void)state;
    assert_non_null(tally);
    for (int i = 0; i < 500; i++) {
        char name[32];
        snprintf(name, sizeof name, "plugin:p%d", i);
        struct wpb_slow_entry rare = entry_of(name, 1);
        wpb_slow_tally_add(tally, &rare, NOW_S);
        if (i < 2 || i % 10 == 0)
            wpb_slow_tally_add(tally, &often, NOW_S);
    }
    assert_int_equal(tally->count, WPB_SLOW_COMPONENTS);
    for (size_t i = 0; i < tally->count; i++)
        is_there |= strcmp(tally->components[i].name, "plugin:often") == 0;
    assert_true(is_there);
    assert_int_equal(tally->dropped, 500 - (WPB_SLOW_COMPONENTS - 1));
    free(tally);
}

static void a_clock_that_is_set_back_loses_nothing(void **state)
{
    struct wpb_slow_tally *tally = calloc(1, sizeof *tally);
    struct wpb_slow_entry met = entry_of("plugin:x", 1);

    (void)state;
    assert_non_null(tally);
    wpb_slow_tally_add(tally, &met, NOW_S);
    wpb_slow_tally_add(tally, &met, NOW_S - 90 * 86400);
    wpb_slow_tally_add(tally, &met, -1);
    assert_int_equal(wpb_slow_day_count(&tally->all, NOW_S), 2);
    assert_true(wpb_slow_component_place(&tally->components[0])->weight > 1.9);
    free(tally);
}

int main(void)
{
#define LOOK(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, pool_look_set_up, pool_look_tear_down)
    const struct CMUnitTest tests[] = {
        LOOK(components_are_told_of_with_their_share),
        LOOK(the_next_look_adds_what_came),
        LOOK(an_entry_that_is_being_written_waits_for_its_rest),
        LOOK(what_is_of_another_pool_or_day_is_left_out),
        LOOK(without_a_slow_log_the_lines_to_add_are_told),
        LOOK(a_slow_log_that_is_not_there_is_told),
        LOOK(noise_is_no_trace),
        cmocka_unit_test(traces_are_forgotten_after_a_day),
        cmocka_unit_test(a_place_met_lately_outweighs_one_met_long_ago),
        cmocka_unit_test(of_many_components_those_met_most_stay),
        cmocka_unit_test(a_clock_that_is_set_back_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
