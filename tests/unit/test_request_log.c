/* The probe requests.log, on logs that are there, grow, rotate, lie and cannot be read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "probes/requests/log_advice.h"
#include "pool_look.h"
#include "probes/requests/probes.h"
#include "probes/requests/request_source.h"
#include "probes/requests/route.h"

#define OURS                                                                             \
    "access.format = \"%%{%%s}T %%n %%p %%m %%s %%{micro}d %%{bytes}M %%{user}C "        \
    "%%{system}C %%l \\\"%%{REQUEST_URI}e\\\" \\\"%%{HTTP_HOST}e\\\" \\\"%%f\\\"\"\n"

#define MIB (1 << 20)
#define NOBODY 65534

static void our_pool(struct pool_look *look)
{
    pool_look_pool(look, "access.log = %s\n" OURS, look->access_log);
}

/* A request to URI that ended at UNIX_S. */
static void request_to(struct pool_look *look, const char *name, int64_t unix_s,
                       const char *uri, unsigned status, unsigned mib)
{
    pool_look_write(look, name,
                    "%lld shop 7 GET %u 200000 %u 40.00 10.00 0 \"%s\" "
                    "\"shop.example.test\" \"/srv/index.php\"\n",
                    (long long)unix_s, status, mib * MIB, uri);
}

/* COUNT requests in each of MINUTES minutes, the last of which ended AGO minutes ago. */
static int64_t minutes_of(struct pool_look *look, const char *name, int minutes, int ago,
                          int count)
{
    int64_t start_s = (look->now_s / 60 - ago - minutes) * 60;

    for (int minute = 0; minute < minutes; minute++) {
        for (int i = 0; i < count; i++)
            request_to(look, name, start_s + minute * 60 + i * 60 / count,
                       i % 2 ? "/cart/" : "/product/shirt/", i == 1 ? 500 : 200,
                       i % 2 ? 4 : 24);
    }
    return start_s;
}

static void go(struct pool_look *look)
{
    pool_look_go(look, &wpb_probe_requests_log);
}

static int64_t of_route(struct pool_look *look, const char *route, enum wpb_metric metric)
{
    return pool_look_integer(look, WPB_SUBJECT_ROUTE, route, metric);
}

static int64_t of_pool(struct pool_look *look, enum wpb_metric metric)
{
    return pool_look_integer(look, WPB_SUBJECT_POOL, "shop", metric);
}

/* ---- what is told ---- */

static void a_single_look_tells_of_what_is_there_already(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    int64_t start_s = minutes_of(look, "access", 10, 2, 6);
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_OK);
    assert_string_equal(look->coverage->reason, "");
    /* the first minute may have begun before the log */
    assert_int_equal(pool_look_rows(look), 9);
    const struct wpb_work_row *row = pool_look_row(look, 0);
    assert_int_equal(row->start_ms, (start_s + 60) * 1000);
    assert_int_equal(row->length_s, 60);
    assert_true(row->requests == 6 && row->timed == 6 && row->failed == 1);
    assert_true(fabs(row->busy_s - 1.2) < 1e-6);
    assert_true(fabs(row->busy_squared_s2 - 0.24) < 1e-6);
    assert_true(fabs(row->cpu_s - 0.6) < 1e-6);
    assert_true(isnan(row->queue_wait_s) && isnan(row->queries));
    assert_true(row->class_requests[WPB_ROUTE_PRODUCT] == 3);
    assert_true(row->class_requests[WPB_ROUTE_CART] == 3);
    assert_true(fabs((double)row->class_busy_s[WPB_ROUTE_CART] - 0.6) < 1e-6);
}

static void routes_and_the_pool_are_told_of(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    minutes_of(look, "access", 10, 2, 6);
    go(look);
    assert_int_equal(of_route(look, "cart", WPB_M_REQUESTS), 27);
    assert_int_equal(of_route(look, "cart", WPB_M_FAILED_REQUESTS), 9);
    assert_int_equal(of_route(look, "cart", WPB_M_REQUEST_PEAK_BYTES), 4 * MIB);
    assert_int_equal(of_route(look, "product", WPB_M_REQUEST_PEAK_MOST_BYTES), 24 * MIB);
    assert_null(pool_look_subject(look, WPB_SUBJECT_ROUTE, "checkout"));
    assert_int_equal(of_pool(look, WPB_M_REQUESTS), 54);
    assert_int_equal(of_pool(look, WPB_M_FAILED_REQUESTS), 9);
    assert_int_equal(of_pool(look, WPB_M_MAX_CHILDREN), 8);
    assert_string_equal(
        pool_look_text(look, WPB_SUBJECT_POOL, "shop", WPB_M_POOL_MANAGER), "static");
    assert_non_null(
        strstr(pool_look_text(look, WPB_SUBJECT_POOL, "shop", WPB_M_REQUEST_SOURCE),
               "PHP-FPM, "));
    const struct wpb_subject *route = pool_look_subject(look, WPB_SUBJECT_ROUTE, "cart");
    assert_true(wpb_slice_is(route->parent->name, "shop"));
    assert_true(wpb_slice_is(route->scope, look->pool_file));
}

static void the_next_look_tells_of_what_has_been_added(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    int64_t minute_s = look->now_s / 60 * 60;
    request_to(look, "access", minute_s - 240, "/", 200, 4);
    request_to(look, "access", minute_s - 180, "/", 200, 4);
    go(look);
    assert_int_equal(pool_look_rows(look), 1);
    request_to(look, "access", minute_s - 120, "/", 200, 4);
    go(look);
    assert_int_equal(pool_look_rows(look), 1);
    assert_int_equal(pool_look_row(look, 0)->start_ms, (minute_s - 120) * 1000);
    assert_int_equal(of_route(look, "front_page", WPB_M_REQUESTS), 2);
}

static void a_rotated_log_is_read_back_too(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    minutes_of(look, "access.1", 5, 7, 4);
    minutes_of(look, "access", 5, 2, 4);
    go(look);
    assert_int_equal(pool_look_rows(look), 9);
}

static void no_row_is_lost_or_told_twice_by_a_rotation(void **state)
{
    struct pool_look *look = *state;
    char rotated[128];

    our_pool(look);
    int64_t minute_s = look->now_s / 60 * 60;
    request_to(look, "access", minute_s - 300, "/", 200, 4);
    request_to(look, "access", minute_s - 240, "/", 200, 4);
    go(look);
    request_to(look, "access", minute_s - 180, "/", 200, 4);
    snprintf(rotated, sizeof rotated, "%s.1", look->access_log);
    assert_int_equal(rename(look->access_log, rotated), 0);
    request_to(look, "access", minute_s - 120, "/", 200, 4);
    go(look);
    assert_int_equal(pool_look_rows(look), 2);
    assert_int_equal(pool_look_row(look, 0)->start_ms, (minute_s - 180) * 1000);
    assert_int_equal(pool_look_row(look, 1)->start_ms, (minute_s - 120) * 1000);
}

static void what_is_older_than_a_day_is_left_alone(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    minutes_of(look, "access", 5, 25 * 60, 4);
    minutes_of(look, "access", 3, 2, 4);
    go(look);
    assert_int_equal(pool_look_rows(look), 2);
}

static void there_is_room_for_all_short_windows(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    look->site.request_window_s = 10;
    minutes_of(look, "access", 10 * 60, 2, 6);
    go(look);
    assert_in_range(pool_look_rows(look), 2700, WPB_SOURCE_BACK_WINDOWS);
    assert_int_equal(wpb_window_dropped(look->window), 0);
}

static void windows_are_as_long_as_the_site_says(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    look->site.request_window_s = 10;
    minutes_of(look, "access", 2, 2, 6);
    go(look);
    assert_int_equal(pool_look_rows(look), 11);
    assert_int_equal(pool_look_row(look, 0)->length_s, 10);
}

static void our_own_requests_are_not_counted(void **state)
{
    struct pool_look *look = *state;
    int64_t minute_s = look->now_s / 60 * 60;

    pool_look_pool(look,
                   "access.log = %s\naccess.format = \"%%{%%s}T %%{micro}d "
                   "\\\"%%{HTTP_USER_AGENT}e\\\"\"\n",
                   look->access_log);
    for (int ago = 4; ago > 1; ago--) {
        pool_look_write(look, "access", "%lld 5000 \"wpbloat/0.1 (load)\"\n",
                        (long long)minute_s - ago * 60);
        pool_look_write(look, "access", "%lld 5000 \"not wpbloat/0.1\"\n",
                        (long long)minute_s - ago * 60);
    }
    go(look);
    assert_int_equal(pool_look_rows(look), 2);
    assert_true(pool_look_row(look, 0)->requests == 1);
}

static void a_route_that_goes_quiet_says_so(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    minutes_of(look, "access", 5, 3 * 60, 4);
    go(look);
    assert_int_equal(pool_look_rows(look), 4);
    assert_int_equal(of_pool(look, WPB_M_REQUESTS), 0);
    assert_null(pool_look_subject(look, WPB_SUBJECT_ROUTE, "cart"));
}

/* ---- what is in the way ---- */

static void without_a_log_the_lines_to_add_are_told(void **state)
{
    struct pool_look *look = *state;

    pool_look_pool(look, "%s", "");
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_SKIPPED);
    assert_non_null(strstr(look->coverage->reason, "writes no access log"));
    assert_non_null(strstr(look->coverage->reason, look->pool_file));
    assert_non_null(strstr(look->coverage->lines, "\naccess.log = /var/log/"));
    assert_non_null(
        strstr(look->coverage->lines, "\naccess.format = \"%{%s}T %n %p %m %s"));
    assert_non_null(strstr(look->coverage->lines, "\\\"%{REQUEST_URI}e\\\""));
    assert_int_equal(of_pool(look, WPB_M_MAX_CHILDREN), 8);
    assert_null(pool_look_row(look, 0));
}

static void fpms_own_format_is_counted_and_the_lines_to_add_are_told(void **state)
{
    struct pool_look *look = *state;
    char when[64];

    pool_look_pool(look, "access.log = %s\n", look->access_log);
    for (int ago = 5; ago > 1; ago--) {
        time_t at = look->now_s / 60 * 60 - ago * 60;
        strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", gmtime(&at));
        pool_look_write(look, "access", "127.0.0.1 -  %s \"GET /index.php\" 200\n", when);
    }
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(look->coverage->reason, "how long a request takes"));
    assert_non_null(strstr(look->coverage->lines, "\naccess.format = "));
    assert_null(strstr(look->coverage->lines, "\naccess.log"));
    assert_int_equal(pool_look_rows(look), 3);
    assert_true(pool_look_row(look, 0)->requests == 1);
    assert_true(pool_look_row(look, 0)->timed == 0);
}

static void a_format_that_cannot_be_read_back_is_refused(void **state)
{
    struct pool_look *look = *state;

    pool_look_pool(look, "access.log = %s\naccess.format = \"%%r%%r%%Q\"\n",
                   look->access_log);
    pool_look_write(look, "access", "x\n");
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_UNAVAILABLE);
    assert_non_null(strstr(look->coverage->reason, "cannot be read back"));
    assert_non_null(strstr(look->coverage->lines, "\naccess.format = "));
}

static void a_log_that_is_not_there_yet_is_told_and_read_when_it_comes(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_UNAVAILABLE);
    assert_non_null(strstr(look->coverage->reason, "is not there"));
    minutes_of(look, "access", 3, 2, 4);
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_OK);
    assert_int_equal(pool_look_rows(look), 2);
}

static void a_log_closed_to_us_tells_the_permission_to_give(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    minutes_of(look, "access", 3, 2, 4);
    assert_int_equal(chmod(look->access_log, 0), 0);
    assert_int_equal(chmod(look->folder, 0755), 0);
    bool is_root = getuid() == 0;
    assert_int_equal(is_root ? seteuid(NOBODY) : 0, 0);
    go(look);
    assert_int_equal(is_root ? seteuid(0) : 0, 0);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_UNAVAILABLE);
    assert_non_null(strstr(look->coverage->lines, "\nchgrp adm "));
}

/* Somebody who may write a pool's file says where its log is, and root runs the line. */
static void a_path_in_a_line_to_run_is_one_word(void **state)
{
    struct wpb_buf line;

    (void)state;
    wpb_buf_init(&line, 0);
    wpb_log_advice_permission("/var/log/a b;$(reboot)\nreboot", &line);
    assert_string_equal(line.data,
                        "\nchgrp adm $'/var/log/a b;$(reboot)\\012reboot' && chmod 640 "
                        "$'/var/log/a b;$(reboot)\\012reboot'");
    wpb_buf_fini(&line);
}

static void bytes_that_are_no_lines_do_no_harm(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    minutes_of(look, "access", 3, 4, 4);
    char *noise = malloc(MIB + 1);
    assert_non_null(noise);
    for (int i = 0; i < MIB; i++)
        noise[i] = (char)(1 + i % 9);
    noise[MIB] = '\0';
    pool_look_write(look, "access", "%s\n\xff\xfe\x01 7 \"\"\"\n", noise);
    free(noise);
    minutes_of(look, "access", 2, 2, 4);
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_OK);
    assert_int_equal(pool_look_rows(look), 4);
}

static void lines_of_another_format_are_told(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    for (int i = 0; i < 100; i++)
        pool_look_write(look, "access", "127.0.0.1 - \"GET /index.php\" 200\n");
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(look->coverage->reason, "are not in the format of"));
}

static void a_pool_that_nobody_knows_is_told(void **state)
{
    struct pool_look *look = *state;

    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_UNAVAILABLE);
    assert_int_equal(pool_look_rows(look), 0);
}

static void a_log_that_moves_is_followed_to_its_new_place(void **state)
{
    struct pool_look *look = *state;

    our_pool(look);
    minutes_of(look, "access", 3, 2, 4);
    go(look);
    pool_look_pool(look, "access.log = %s/elsewhere\n" OURS, look->folder);
    minutes_of(look, "elsewhere", 4, 2, 4);
    go(look);
    assert_int_equal(pool_look_rows(look), 3);
    assert_non_null(
        strstr(pool_look_text(look, WPB_SUBJECT_POOL, "shop", WPB_M_REQUEST_SOURCE),
               "/elsewhere"));
}

/* ---- the web server's log ---- */

/* The same requests as minutes_of() of "access", as nginx tells them: WAIT_MS longer. */
static void web_minutes_of(struct pool_look *look, int minutes, int ago, int count,
                           int wait_ms)
{
    int64_t start_s = (look->now_s / 60 - ago - minutes) * 60;

    for (int minute = 0; minute < minutes; minute++) {
        for (int i = 0; i < count; i++) {
            pool_look_write(look, "web",
                            "%lld.100 0.400 200 GET \"/cart/\" \"shop.example.test\" "
                            "\"0.%03d\" \"-\"\n",
                            (long long)(start_s + minute * 60 + i * 60 / count),
                            200 + wait_ms);
            pool_look_write(look, "web",
                            "%lld.100 0.001 200 GET \"/logo.png\" \"shop.example.test\" "
                            "\"-\" \"-\"\n",
                            (long long)(start_s + minute * 60 + i * 60 / count));
        }
    }
}

static void with_both_logs_the_wait_for_a_worker_is_known(void **state)
{
    struct pool_look *look = *state;
    char web[128];

    our_pool(look);
    snprintf(web, sizeof web, "%s/web", look->folder);
    look->site.web_log = web;
    look->site.web_log_format = "nginx-recommended";
    minutes_of(look, "access", 4, 2, 6);
    web_minutes_of(look, 4, 2, 6, 150);
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_OK);
    assert_int_equal(pool_look_rows(look), 3);
    const struct wpb_work_row *row = pool_look_row(look, 0);
    assert_true(row->requests == 6 && row->queued == 6);
    assert_true(fabs(row->queue_wait_s - 0.9) < 1e-6);
    assert_true(fabs(row->busy_s - 1.2) < 1e-6);
}

static void logs_that_tell_of_other_requests_tell_no_wait(void **state)
{
    struct pool_look *look = *state;
    char web[128];

    our_pool(look);
    snprintf(web, sizeof web, "%s/web", look->folder);
    look->site.web_log = web;
    look->site.web_log_format = "nginx-recommended";
    minutes_of(look, "access", 4, 2, 6);
    web_minutes_of(look, 4, 2, 12, 150);
    go(look);
    assert_int_equal(pool_look_rows(look), 3);
    assert_true(isnan(pool_look_row(look, 0)->queue_wait_s));
}

static void pages_are_counted_as_the_site_names_them(void **state)
{
    struct pool_look *look = *state;
    static const char *const routes[] = {"cart=checkout", NULL};

    our_pool(look);
    look->site.routes = routes;
    minutes_of(look, "access", 4, 2, 6);
    go(look);
    assert_int_equal(of_route(look, "checkout", WPB_M_REQUESTS), 9);
    assert_null(pool_look_subject(look, WPB_SUBJECT_ROUTE, "cart"));
    /* named otherwise, the log is counted anew */
    look->site.routes = NULL;
    go(look);
    assert_int_equal(of_route(look, "cart", WPB_M_REQUESTS), 9);
}

static void of_sites_that_share_a_pool_the_one_that_names_pages_counts(void **state)
{
    struct pool_look *look = *state;
    static const char *const routes[] = {"cart=checkout", NULL};

    our_pool(look);
    look->is_shared = true;
    look->site.routes = routes;
    minutes_of(look, "access", 4, 2, 6);
    go(look);
    assert_int_equal(of_route(look, "checkout", WPB_M_REQUESTS), 9);
}

static void without_fpms_log_the_web_servers_is_counted(void **state)
{
    struct pool_look *look = *state;
    char web[128];

    pool_look_pool(look, "%s", "");
    snprintf(web, sizeof web, "%s/web", look->folder);
    look->site.web_log = web;
    look->site.web_log_format = "";
    web_minutes_of(look, 4, 2, 6, 0);
    go(look);
    /* and PHP-FPM's would tell more */
    assert_int_equal(look->coverage->status, WPB_COVERAGE_PARTIAL);
    assert_non_null(strstr(look->coverage->lines, "\naccess.log = "));
    assert_int_equal(pool_look_rows(look), 3);
    assert_true(pool_look_row(look, 0)->requests == 6);
    assert_true(isnan(pool_look_row(look, 0)->queue_wait_s));
    assert_true(isnan(pool_look_row(look, 0)->cpu_s));
    assert_non_null(
        strstr(pool_look_text(look, WPB_SUBJECT_POOL, "shop", WPB_M_REQUEST_SOURCE),
               "web server, "));
}

static void combined_does_not_tell_which_requests_went_to_php(void **state)
{
    struct pool_look *look = *state;
    char web[128];

    pool_look_pool(look, "%s", "");
    snprintf(web, sizeof web, "%s/web", look->folder);
    look->site.web_log = web;
    look->site.web_log_format = "combined";
    pool_look_write(look, "web", "x\n");
    go(look);
    assert_int_equal(look->coverage->status, WPB_COVERAGE_UNAVAILABLE);
    assert_non_null(strstr(look->coverage->reason, "$upstream_response_time"));
    assert_non_null(strstr(look->coverage->lines, "\nlog_format wpbloat '"));
    assert_non_null(strstr(look->coverage->lines, "\naccess.log = "));
}

int main(void)
{
#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, pool_look_set_up, pool_look_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_single_look_tells_of_what_is_there_already),
        TEST(routes_and_the_pool_are_told_of),
        TEST(the_next_look_tells_of_what_has_been_added),
        TEST(a_rotated_log_is_read_back_too),
        TEST(no_row_is_lost_or_told_twice_by_a_rotation),
        TEST(what_is_older_than_a_day_is_left_alone),
        TEST(there_is_room_for_all_short_windows),
        TEST(windows_are_as_long_as_the_site_says),
        TEST(our_own_requests_are_not_counted),
        TEST(a_route_that_goes_quiet_says_so),
        TEST(without_a_log_the_lines_to_add_are_told),
        TEST(fpms_own_format_is_counted_and_the_lines_to_add_are_told),
        TEST(a_format_that_cannot_be_read_back_is_refused),
        TEST(a_log_that_is_not_there_yet_is_told_and_read_when_it_comes),
        TEST(a_log_closed_to_us_tells_the_permission_to_give),
        TEST(a_path_in_a_line_to_run_is_one_word),
        TEST(bytes_that_are_no_lines_do_no_harm),
        TEST(lines_of_another_format_are_told),
        TEST(a_pool_that_nobody_knows_is_told),
        TEST(a_log_that_moves_is_followed_to_its_new_place),
        TEST(with_both_logs_the_wait_for_a_worker_is_known),
        TEST(logs_that_tell_of_other_requests_tell_no_wait),
        TEST(pages_are_counted_as_the_site_names_them),
        TEST(of_sites_that_share_a_pool_the_one_that_names_pages_counts),
        TEST(without_fpms_log_the_web_servers_is_counted),
        TEST(combined_does_not_tell_which_requests_went_to_php),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
