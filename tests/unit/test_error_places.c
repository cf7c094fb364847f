/* The probe requests.errors, on the logs that PHP and PHP-FPM write errors to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pool_look.h"
#include "probes/requests/probes.h"

#define NOBODY 65534
#define CACHE "wp-content/object-cache.php"

static void logging_pool(struct pool_look *look)
{
    pool_look_pool(look, "php_admin_value[error_log] = %s\n", look->error_log);
}

/* "29-Nov-2026 10:00:00", UTC or local, AGO_S seconds ago. */
static const char *when(int ago_s, bool is_local)
{
    static char text[64];
    time_t at = time(NULL) - ago_s;

    strftime(text, sizeof text, "%d-%b-%Y %H:%M:%S",
             is_local ? localtime(&at) : gmtime(&at));
    return text;
}

static void exhausted(struct pool_look *look, int ago_s, unsigned tried)
{
    pool_look_write(look, "errors",
                    "[%s UTC] PHP Fatal error:  Allowed memory size of 134217728 bytes "
                    "exhausted (tried to allocate %u bytes) in /srv/www/" CACHE
                    " on line 2846\n",
                    when(ago_s, false), tried);
}

static void uncaught(struct pool_look *look, int ago_s)
{
    pool_look_write(look, "errors",
                    "[%s UTC] PHP Fatal error:  Uncaught RuntimeException: no such "
                    "product in /srv/www/wp-content/plugins/kestrel/k.php:13\nStack "
                    "trace:\n#0 {main}\n  thrown in "
                    "/srv/www/wp-content/plugins/kestrel/k.php on line 13\n",
                    when(ago_s, false));
}

static void go(struct pool_look *look)
{
    pool_look_go(look, &wpb_probe_requests_errors);
}

#define MEMORY_PLACE "memory_exhausted " CACHE ":2846"

static int64_t of_memory(struct pool_look *look, enum wpb_metric metric)
{
    return pool_look_integer(look, WPB_SUBJECT_PLACE, MEMORY_PLACE, metric);
}

static void places_are_told_of_with_their_counts(void **state)
{
    struct pool_look *look = *state;

    logging_pool(look);
    exhausted(look, 7 * 3600, 9000000);
    exhausted(look, 2, 4000000);
    uncaught(look, 3 * 3600);
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_OK);
    assert_int_equal(of_memory(look, WPB_M_ERRORS_DAY), 2);
    assert_in_range(of_memory(look, WPB_M_ERRORS_HOUR), 0,
                    1); /* an hour may just begin */
    assert_int_equal(of_memory(look, WPB_M_LIMIT_BYTES), 134217728);
    assert_int_equal(of_memory(look, WPB_M_TRIED_BYTES), 9000000);
    assert_int_equal(of_memory(look, WPB_M_SOURCE_LINE), 2846);
    assert_in_range(of_memory(look, WPB_M_LAST_SECONDS), 2, 100);
    assert_string_equal(
        pool_look_text(look, WPB_SUBJECT_PLACE, MEMORY_PLACE, WPB_M_SOURCE_FILE), CACHE);
    assert_string_equal(
        pool_look_text(look, WPB_SUBJECT_PLACE, MEMORY_PLACE, WPB_M_ERROR_KIND),
        "memory_exhausted");
    const char *thrown = "uncaught wp-content/plugins/kestrel/k.php:13";
    assert_int_equal(pool_look_integer(look, WPB_SUBJECT_PLACE, thrown, WPB_M_ERRORS_DAY),
                     1);
    assert_string_equal(
        pool_look_text(look, WPB_SUBJECT_PLACE, thrown, WPB_M_SOURCE_COMPONENT),
        "plugin:kestrel");
    const struct wpb_subject *subject =
        pool_look_subject(look, WPB_SUBJECT_PLACE, thrown);
    assert_true(wpb_slice_is(subject->parent->name, "shop"));
    assert_null(wpb_window_get(look->window, subject, WPB_M_LIMIT_BYTES));
}

static void the_next_look_adds_what_came_also_over_a_rotation(void **state)
{
    struct pool_look *look = *state;
    char rotated[128];

    logging_pool(look);
    exhausted(look, 600, 1);
    go(look);
    exhausted(look, 1, 1);
    snprintf(rotated, sizeof rotated, "%s.1", look->error_log);
    assert_int_equal(rename(look->error_log, rotated), 0);
    exhausted(look, 0, 1);
    go(look);
    assert_int_equal(of_memory(look, WPB_M_ERRORS_DAY), 3);
}

static void what_is_older_than_a_day_or_undated_and_old_is_left_out(void **state)
{
    struct pool_look *look = *state;

    logging_pool(look);
    exhausted(look, 30 * 3600, 1);
    pool_look_write(look, "errors",
                    "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted "
                    "(tried to allocate 7 bytes) in /srv/www/" CACHE " on line 2846\n");
    go(look);
    assert_null(pool_look_subject(look, WPB_SUBJECT_PLACE, MEMORY_PLACE));
    pool_look_write(look, "errors",
                    "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted "
                    "(tried to allocate 7 bytes) in /srv/www/" CACHE " on line 2846\n");
    go(look);
    assert_int_equal(of_memory(look, WPB_M_ERRORS_DAY), 1);
}

static void in_fpms_own_log_lines_of_the_pool_count(void **state)
{
    struct pool_look *look = *state;

    pool_look_pool(look, "catch_workers_output = yes\n[global]\nerror_log = %s\n",
                   look->error_log);
    for (int i = 0; i < 2; i++) {
        pool_look_write(
            look, "errors",
            "[%s] WARNING: [pool %s] child 7 said into stderr: \"PHP message: "
            "PHP Fatal error:  Allowed memory size of 134217728 bytes "
            "exhausted (tried to allocate 9 bytes) in /srv/www/" CACHE
            " on line 2846\"\n",
            when(7200, true), i ? "shop" : "other");
    }
    go(look);
    assert_int_equal(of_memory(look, WPB_M_ERRORS_DAY), 1);
    assert_in_range(of_memory(look, WPB_M_LAST_SECONDS), 7200, 7300);
}

static void without_a_log_the_lines_to_add_are_told(void **state)
{
    struct pool_look *look = *state;

    pool_look_pool(look, "%s", "");
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_SKIPPED);
    assert_non_null(strstr(look->coverage->reason, "the web server"));
    assert_non_null(strstr(look->coverage->lines, "\ncatch_workers_output = yes"));
    pool_look_pool(look, "php_admin_value[error_log] = syslog\n");
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_SKIPPED);
    assert_non_null(strstr(look->coverage->reason, "go to syslog"));
}

static void a_log_that_no_error_has_made_yet_is_no_trouble(void **state)
{
    struct pool_look *look = *state;

    logging_pool(look);
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_OK);
    exhausted(look, 0, 1);
    go(look);
    assert_int_equal(of_memory(look, WPB_M_ERRORS_DAY), 1);
}

static void a_log_closed_to_us_tells_the_permission_to_give(void **state)
{
    struct pool_look *look = *state;
    bool is_root = getuid() == 0;

    logging_pool(look);
    exhausted(look, 0, 1);
    assert_int_equal(chmod(look->error_log, 0), 0);
    assert_int_equal(chmod(look->folder, 0755), 0);
    assert_int_equal(is_root ? seteuid(NOBODY) : 0, 0);
    go(look);
    assert_int_equal(is_root ? seteuid(0) : 0, 0);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_UNAVAILABLE);
    assert_non_null(strstr(look->coverage->lines, "\nchgrp adm "));
}

static void noise_is_no_error(void **state)
{
    struct pool_look *look = *state;

    logging_pool(look);
    char *noise = malloc((1 << 20) + 1);
    assert_non_null(noise);
    memset(noise, 'P', 1 << 20);
    noise[1 << 20] = '\0';
    pool_look_write(look, "errors", "%s\n\xff\x01\x02PHP Fatal error: \n", noise);
    free(noise);
    exhausted(look, 1, 1);
    go(look);
    assert_int_equal(of_memory(look, WPB_M_ERRORS_DAY), 1);
}

int main(void)
{
#define LOOK(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, pool_look_set_up, pool_look_tear_down)
    const struct CMUnitTest tests[] = {
        LOOK(places_are_told_of_with_their_counts),
        LOOK(the_next_look_adds_what_came_also_over_a_rotation),
        LOOK(what_is_older_than_a_day_or_undated_and_old_is_left_out),
        LOOK(in_fpms_own_log_lines_of_the_pool_count),
        LOOK(without_a_log_the_lines_to_add_are_told),
        LOOK(a_log_that_no_error_has_made_yet_is_no_trouble),
        LOOK(a_log_closed_to_us_tells_the_permission_to_give),
        LOOK(noise_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
