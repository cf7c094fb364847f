/* The status page: what PHP-FPM prints, what visitors make of it, and what others answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "probes/requests/fpm_status.h"
#include "probes/requests/fpm_status_since.h"

#define HEAD(accepted, idle, active, total)                                              \
    "{\"pool\":\"www\",\"process manager\":\"dynamic\",\"start time\":1795981354,"       \
    "\"start since\":23,\"accepted conn\":" #accepted ",\"listen queue\":0,"             \
    "\"max listen queue\":0,\"listen queue len\":0,\"idle processes\":" #idle            \
    ",\"active processes\":" #active ",\"total processes\":" #total                      \
    ",\"max active processes\":4,\"max children reached\":2,\"slow requests\":3"
#define PROCESS(pid, state, uri)                                                         \
    "{\"pid\":" #pid ",\"state\":\"" state "\",\"start time\":1795981354,"               \
    "\"start since\":23,\"requests\":2,\"request duration\":1632850,"                    \
    "\"request method\":\"GET\",\"request uri\":\"" uri                                  \
    "\",\"content length\":0,\"user\":\"-\",\"script\":\"\\/srv\\/index.php\","          \
    "\"last request cpu\":12.50,\"last request memory\":2097152}"
/* PHP 8.2 escapes the slashes. */
#define OWN "\\/fpm-status?json&full"

#define LIST ", \"processes\":["
#define AND ","
#define OF_OUR_OWN PROCESS(11, "Running", OWN)

static const char busy_page[] =
    HEAD(8, 2, 2, 4) LIST OF_OUR_OWN AND PROCESS(12, "Idle", "-")
        AND PROCESS(13, "Running", "\\/index.php?s=6") AND PROCESS(14, "Idle", "-") "]}";
static const char quiet_page[] =
    HEAD(8, 1, 1, 2) LIST OF_OUR_OWN AND PROCESS(12, "Idle", "-") "]}";
static const char miscounted_page[] = HEAD(1, 0, 1, 1)
    LIST OF_OUR_OWN AND PROCESS(12, "Running", "-") AND PROCESS(13, "Idle", "-") "]}";

struct page {
    struct wpb_arena *arena;
    struct wpb_fpm_expected expected;
    struct wpb_fpm_status status;
    struct wpb_err err;
};

static int set_up(void **state)
{
    static struct page page;
    page = (struct page){.arena = wpb_arena_new(),
                         .expected = {.pool = "www",
                                      .status_path = "/fpm-status",
                                      .is_own_counted = true}};
    *state = &page;
    return page.arena ? 0 : -1;
}

static int tear_down(void **state)
{
    struct page *page = *state;
    wpb_arena_free(page->arena);
    return 0;
}

static int parse(struct page *page, const char *text)
{
    return wpb_fpm_status_parse(wpb_slice_cstr(text), &page->expected, page->arena,
                                &page->status, &page->err);
}

static int read_answer(struct page *page, const char *text)
{
    return wpb_fpm_status_read(wpb_slice_cstr(text), &page->expected, page->arena,
                               &page->status, &page->err);
}

/* ---- what FPM prints ---- */

static void a_page_is_read_without_our_own_request(void **state)
{
    struct page *page = *state;
    struct wpb_fpm_status *status = &page->status;

    assert_int_equal(parse(page, busy_page), 0);
    assert_true(wpb_slice_is(status->pool, "www"));
    assert_true(wpb_slice_is(status->manager, "dynamic"));
    assert_int_equal(status->counters.accepted, 8);
    assert_int_equal(status->counters.start_time_s, 1795981354);
    assert_int_equal(status->counters.start_since_s, 23);
    assert_int_equal(status->counters.slow_requests, 3);
    assert_int_equal(status->counters.children_reached, 2);
    assert_int_equal(status->max_active, 4);
    assert_int_equal(status->told_active, 1);
    assert_int_equal(status->told_total, 3);
    assert_int_equal(status->active, 1);
    assert_int_equal(status->idle, 2);
    assert_true(status->is_counted);
    assert_false(status->is_miscounting);
    assert_false(status->has_memory_peak);
    assert_int_equal(status->list, WPB_FPM_LIST_WHOLE);
    assert_int_equal(status->process_count, 3);
    assert_int_equal(status->processes[1].pid, 13);
    assert_int_equal(status->processes[1].state, WPB_FPM_RUNNING);
    assert_int_equal(status->processes[1].duration_us, 1632850);
    assert_true(wpb_slice_is(status->processes[1].uri, "/index.php?s=6"));
    assert_true(wpb_slice_is(status->processes[1].method, "GET"));
    assert_true(wpb_slice_is(status->processes[1].script, "/srv/index.php"));
    assert_int_equal(status->processes[0].last_memory_bytes, 2097152);
    assert_true(status->processes[0].last_cpu_percent == 12.5);
}

static void by_status_listen_nothing_of_ours_is_counted(void **state)
{
    struct page *page = *state;

    page->expected.is_own_counted = false;
    /* somebody else's look at the status page is work */
    assert_int_equal(parse(page, quiet_page), 0);
    assert_int_equal(page->status.told_active, 1);
    assert_int_equal(page->status.active, 1);
    assert_int_equal(page->status.process_count, 2);
}

static void without_a_list_what_is_told_counts(void **state)
{
    struct page *page = *state;

    assert_int_equal(parse(page, HEAD(8, 1, 3, 4) ",\"memory peak\":73400320}\n"), 0);
    assert_int_equal(page->status.list, WPB_FPM_LIST_NONE);
    assert_false(page->status.is_counted);
    assert_int_equal(page->status.active, 2);
    assert_int_equal(page->status.idle, 1);
    assert_true(page->status.has_memory_peak);
    assert_int_equal(page->status.memory_peak_bytes, 73400320);
}

static void every_state_of_a_process_is_known_to_be_busy_or_not(void **state)
{
    static const struct {
        const char *text;
        enum wpb_fpm_state state;
    } cases[] = {{"Idle", WPB_FPM_IDLE},
                 {"Creating", WPB_FPM_CREATING},
                 {"(null)", WPB_FPM_CREATING},
                 {"Reading headers", WPB_FPM_READING},
                 {"Getting request information", WPB_FPM_READING},
                 {"Getting request informations", WPB_FPM_READING},
                 {"Running", WPB_FPM_RUNNING},
                 {"Ending", WPB_FPM_ENDING},
                 {"Finishing", WPB_FPM_ENDING},
                 {"Dreaming", WPB_FPM_UNKNOWN}};
    struct page *page = *state;
    char text[2048];

    page->expected.is_own_counted = false;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text,
                 HEAD(8, 0, 1, 1) ",\"processes\":[{\"pid\":5,\"state\":\"%s\"}]}",
                 cases[i].text);
        assert_int_equal(parse(page, text), 0);
        assert_int_equal(page->status.processes[0].state, cases[i].state);
        assert_int_equal(page->status.active, cases[i].state != WPB_FPM_IDLE &&
                                                  cases[i].state != WPB_FPM_CREATING);
        assert_int_equal(page->status.idle, cases[i].state == WPB_FPM_IDLE);
    }
}

/* php-src#16932, #18956: fifteen processes run, the page tells of one. */
static void the_list_is_believed_more_than_the_counts(void **state)
{
    struct page *page = *state;

    assert_int_equal(parse(page, miscounted_page), 0);
    assert_int_equal(page->status.told_active, 0);
    assert_int_equal(page->status.active, 1);
    assert_int_equal(page->status.idle, 1);
    assert_true(page->status.is_miscounting);
}

static void our_own_request_is_taken_off_when_it_cannot_be_found(void **state)
{
    struct page *page = *state;

    page->expected.status_path = "/other";
    assert_int_equal(parse(page, quiet_page), 0);
    assert_int_equal(page->status.active, 0);
    assert_int_equal(page->status.idle, 1);
    assert_false(page->status.is_miscounting);
}

/* ---- what visitors make of it ---- */

static void a_list_that_a_visitor_broke_leaves_the_counts(void **state)
{
    static const char *const lists[] = {
        /* old versions print URIs and names as they come */
        PROCESS(12, "Running", "/x?q=\"hello\""),
        PROCESS(12, "Running", "/x\\q"),
        PROCESS(12, "Running", "/x\",\"state\":\"Idle\",\"y\":\""),
        PROCESS(12, "Running", "/x\"}]}"),
        PROCESS(12, "Running", "/x\"}],\"accepted conn\":0,\"y\":[{\"z\":\""),
        /* one that is made up; one that is there twice; what is no process */
        "{\"pid\":0,\"state\":\"Idle\"}",
        "{\"pid\":-5,\"state\":\"Idle\"}",
        "{\"pid\":1e300,\"state\":\"Idle\"}",
        "{\"pid\":\"12\",\"state\":\"Idle\"}",
        "{\"pid\":12,\"state\":7}",
        "{\"pid\":12,\"state\":\"Idle\"},{\"pid\":12,\"state\":\"Idle\"}",
        "{\"state\":\"Idle\"}",
        "7",
        "null",
        "[[[[[[",
    };
    struct page *page = *state;
    char text[4096];

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        snprintf(text, sizeof text, HEAD(8, 1, 3, 4) ", \"processes\":[%s]}", lists[i]);
        assert_int_equal(parse(page, text), 0);
        assert_int_equal(page->status.list, WPB_FPM_LIST_UNREADABLE);
        assert_int_equal(page->status.process_count, 0);
        assert_false(page->status.is_counted);
        assert_int_equal(page->status.active, 2);
        assert_int_equal(page->status.counters.accepted, 8);
    }
}

/* Valid JSON, of an old version and a visitor who knows it: but FPM has no more slots. */
static void a_list_longer_than_the_pool_is_forged(void **state)
{
    static const char text[] = HEAD(8, 1, 1, 2) LIST PROCESS(11, "Idle", "-")
        AND PROCESS(12, "Idle", "-") AND PROCESS(13, "Idle", "-")
            AND PROCESS(14, "Idle", "-") AND PROCESS(15, "Idle", "-") "]}";
    struct page *page = *state;

    page->expected.workers = 4;
    assert_int_equal(parse(page, text), 0);
    assert_int_equal(page->status.list, WPB_FPM_LIST_UNREADABLE);
    assert_int_equal(page->status.active, 0);
    page->expected.workers = 5;
    assert_int_equal(parse(page, text), 0);
    assert_int_equal(page->status.list, WPB_FPM_LIST_WHOLE);
}

static void a_list_is_cut_and_then_the_counts_are_as_told(void **state)
{
    struct page *page = *state;
    struct wpb_buf text;

    page->expected.is_own_counted = false;
    wpb_buf_init(&text, 0);
    wpb_buf_text(&text, HEAD(8, 597, 3, 600) ",\"processes\":[");
    for (int i = 0; i < 600; i++)
        wpb_buf_printf(&text, "%s{\"pid\":%d,\"state\":\"Idle\"}", i ? "," : "", i + 1);
    wpb_buf_text(&text, "]}");
    assert_int_equal(parse(page, text.data), 0);
    assert_int_equal(page->status.list, WPB_FPM_LIST_CUT);
    assert_int_equal(page->status.process_count, WPB_FPM_PROCESSES_MAX);
    assert_int_equal(page->status.active, 3);
    assert_false(page->status.is_miscounting);
    wpb_buf_fini(&text);
}

static void a_tree_of_many_elements_is_not_built(void **state)
{
    struct page *page = *state;
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    wpb_buf_text(&text, HEAD(8, 1, 3, 4) ",\"processes\":[0");
    for (int i = 0; i < 60000; i++)
        wpb_buf_text(&text, ",0");
    wpb_buf_text(&text, "]}");
    assert_int_equal(parse(page, text.data), 0);
    assert_int_equal(page->status.list, WPB_FPM_LIST_UNREADABLE);
    /* and a page that is too long is not looked at */
    wpb_buf_repeat(&text, ' ', WPB_FPM_STATUS_MAX);
    assert_int_equal(parse(page, text.data), -1);
    assert_int_equal(page->err.code, WPB_E_BUDGET);
    wpb_buf_fini(&text);
}

static void a_long_uri_is_cut(void **state)
{
    struct page *page = *state;
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    wpb_buf_text(&text,
                 HEAD(8, 0, 1, 1) ",\"processes\":[{\"pid\":5,\"state\":\"Running\","
                                  "\"request uri\":\"/");
    wpb_buf_repeat(&text, 'x', 5000);
    wpb_buf_text(&text, "\"}]}");
    assert_int_equal(parse(page, text.data), 0);
    assert_int_equal(page->status.processes[0].uri.len, WPB_FPM_URI_MAX);
    wpb_buf_fini(&text);
}

/* ---- lies ---- */

static void a_page_that_contradicts_itself_is_not_believed(void **state)
{
    static const char *const pages[] = {
        HEAD(8, 1, 3, 5) "}",
        HEAD(8, -1, 5, 4) "}",
        HEAD(-8, 1, 3, 4) "}",
        HEAD(8.5, 1, 3, 4) "}",
        HEAD(1e300, 1, 3, 4) "}",
        HEAD(8, 1, 2000000, 2000001) "}",
        HEAD(8, "1", 3, 4) "}",
        HEAD(null, 1, 3, 4) "}",
        "{}",
        "{\"pool\":\"www\",\"accepted conn\":1}",
    };
    struct page *page = *state;

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        assert_int_equal(parse(page, pages[i]), -1);
        assert_int_equal(page->err.code, WPB_E_PROTOCOL);
        assert_non_null(strstr(page->err.message, "not believed"));
    }
}

static void another_pools_page_is_not_taken_for_ours(void **state)
{
    struct page *page = *state;

    page->expected.pool = "shop";
    assert_int_equal(parse(page, HEAD(8, 1, 3, 4) "}"), -1);
    assert_int_equal(page->err.code, WPB_E_PROTOCOL);
    assert_non_null(strstr(page->err.message, "another pool's"));
}

static void what_is_no_json_is_no_page(void **state)
{
    static const char *const pages[] = {
        "",
        "x",
        "[]",
        "7",
        "\"pool\"",
        "{\"pool\":",
        HEAD(8, 1, 3, 4),
        HEAD(8, 1, 3, 4) "} and more",
        HEAD(8, 1, 3, 4) "}}",
        "pool:                 www\nprocess manager:      static\n"};
    struct page *page = *state;

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        assert_int_equal(parse(page, pages[i]), -1);
        assert_int_equal(page->err.code, WPB_E_SYNTAX);
    }
}

static void another_answer_says_what_to_do(void **state)
{
    static const struct {
        const char *answer;
        enum wpb_err_code code;
        const char *words;
    } cases[] = {
        {"Status: 404 Not Found\r\nContent-type: text/html\r\n\r\nFile not found.\n",
         WPB_E_NOT_FOUND, "set pm.status_path"},
        {"Status: 403 Forbidden\r\n\r\nAccess denied.\n", WPB_E_DENIED, "pm.status_path"},
        {"Status: 503 Service Unavailable\r\n\r\nServer busy.", WPB_E_TIMEOUT,
         "too busy"},
        {"Status: 500 Oh\r\n\r\n", WPB_E_PROTOCOL, "status 500"},
        {"Content-Type: text/html\r\n\r\n{}", WPB_E_PROTOCOL, "HTML"},
        {"X: y\r\n\r\n \n<!DOCTYPE html><html>", WPB_E_PROTOCOL, "HTML"},
        {"no head", WPB_E_SYNTAX, "head"},
        {"X: y\r\n\r\n", WPB_E_SYNTAX, "no JSON"},
    };
    struct page *page = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(read_answer(page, cases[i].answer), -1);
        assert_int_equal(page->err.code, cases[i].code);
        assert_non_null(strstr(page->err.message, cases[i].words));
    }
    assert_int_equal(
        read_answer(page, "Content-Type: application/json\r\n\r\n" HEAD(8, 1, 3, 4) "}"),
        0);
}

/* ---- between two looks ---- */

static void counters_advance(void **state)
{
    const struct wpb_fpm_counters before = {100, 50, 1000, 3, 1},
                                  now = {100, 110, 1061, 5, 1};
    struct wpb_fpm_advance advance = wpb_fpm_status_since(&before, &now, 1);

    (void)state;
    assert_int_equal(advance.since, WPB_FPM_ADVANCED);
    assert_int_equal(advance.accepted, 60); /* one was ours */
    assert_int_equal(advance.slow_requests, 2);
    assert_int_equal(advance.children_reached, 0);
    assert_string_equal(wpb_fpm_since_reason(advance.since), "");
    /* an ask that gave up may not have been accepted yet */
    assert_int_equal(wpb_fpm_status_since(&before, &now, 100).accepted, 0);
}

static void a_restart_is_no_difference(void **state)
{
    const struct wpb_fpm_counters before = {100, 50, 1000, 3, 1},
                                  reloaded = {140, 10, 2, 0, 0},
                                  old = {-1, 50, 1000, 3, 1},
                                  young = {-1, 10, 2000, 9, 9};

    (void)state;
    assert_int_equal(wpb_fpm_status_since(&before, &reloaded, 0).since,
                     WPB_FPM_RESTARTED);
    assert_int_equal(wpb_fpm_status_since(&old, &young, 0).since, WPB_FPM_RESTARTED);
    assert_int_equal(wpb_fpm_status_since(&old, &young, 0).accepted, 0);
}

/* php-src#16932: "accepted conn" goes back while "start since" goes on. */
static void the_counters_of_php_8_4_0_are_refused(void **state)
{
    const struct wpb_fpm_counters before = {100, 50, 3, 0, 0}, now = {100, 60, 1, 0, 0};
    struct wpb_fpm_advance advance = wpb_fpm_status_since(&before, &now, 0);

    (void)state;
    assert_int_equal(advance.since, WPB_FPM_BROKEN);
    assert_int_equal(advance.accepted, 0);
    assert_non_null(strstr(wpb_fpm_since_reason(advance.since), "8.4.1"));
}

static void a_clock_that_is_set_back_is_no_restart(void **state)
{
    const struct wpb_fpm_counters before = {100, 50, 1000, 3, 1},
                                  now = {100, 10, 1060, 3, 1};

    (void)state;
    assert_int_equal(wpb_fpm_status_since(&before, &now, 0).since, WPB_FPM_ADVANCED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_is_read_without_our_own_request),
        TEST(by_status_listen_nothing_of_ours_is_counted),
        TEST(without_a_list_what_is_told_counts),
        TEST(every_state_of_a_process_is_known_to_be_busy_or_not),
        TEST(the_list_is_believed_more_than_the_counts),
        TEST(our_own_request_is_taken_off_when_it_cannot_be_found),
        TEST(a_list_that_a_visitor_broke_leaves_the_counts),
        TEST(a_list_longer_than_the_pool_is_forged),
        TEST(a_list_is_cut_and_then_the_counts_are_as_told),
        TEST(a_tree_of_many_elements_is_not_built),
        TEST(a_long_uri_is_cut),
        TEST(a_page_that_contradicts_itself_is_not_believed),
        TEST(another_pools_page_is_not_taken_for_ours),
        TEST(what_is_no_json_is_no_page),
        TEST(another_answer_says_what_to_do),
        TEST(counters_advance),
        TEST(a_restart_is_no_difference),
        TEST(the_counters_of_php_8_4_0_are_refused),
        TEST(a_clock_that_is_set_back_is_no_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
