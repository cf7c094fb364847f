/* Requests counted minute by minute: which window, which sums, and a clock that steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "probes/requests/access_format.h"
#include "probes/requests/line_parse.h"
#include "probes/requests/request_tally.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define BEGIN (INT64_C(1795981440) * SECOND) /* a whole minute */
#define MIB (UINT64_C(1) << 20)
#define EXPECT_NEAR(value, expected)                                                     \
    assert_true((value) - (expected) < 1e-6 && (expected) - (value) < 1e-6)
#define WINDOWS_MAX 16

struct scene {
    struct wpb_request_tally *tally;
    struct wpb_request_window *windows; /* that were closed */
    size_t count;
};

static void take_window(void *cookie, const struct wpb_request_window *window)
{
    struct scene *scene = cookie;

    assert_true(scene->count < WINDOWS_MAX);
    scene->windows[scene->count++] = *window;
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    scene->windows = calloc(WINDOWS_MAX, sizeof *scene->windows);
    scene->tally = wpb_request_tally_new(0, take_window, scene);
    *state = scene;
    return scene->tally ? 0 : -1;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    wpb_request_tally_free(scene->tally);
    free(scene->windows);
    free(scene);
    return 0;
}

static struct wpb_request_line request_at(int64_t end_us, uint64_t duration_us)
{
    return (struct wpb_request_line){.known = WPB_LINE_END | WPB_LINE_DURATION,
                                     .end_us = end_us,
                                     .end_unit_us = 1,
                                     .duration_us = duration_us};
}

static void add(struct scene *scene, int64_t end_us, uint64_t duration_us)
{
    struct wpb_request_line line = request_at(end_us, duration_us);

    wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_OTHER, end_us);
}

/* ---- windows ---- */

static void a_window_closes_when_nothing_can_come_for_it(void **state)
{
    struct scene *scene = *state;

    add(scene, BEGIN + 5 * SECOND, 100000);
    add(scene, BEGIN + 59 * SECOND, 100000);
    add(scene, BEGIN + MINUTE + 9 * SECOND, 100000);
    assert_int_equal(scene->count, 0);
    add(scene, BEGIN + 58 * SECOND, 100000); /* a little late, from another pool's log */
    add(scene, BEGIN + MINUTE + 10 * SECOND, 100000);
    assert_int_equal(scene->count, 1);
    assert_int_equal(scene->windows[0].start_us, BEGIN);
    assert_int_equal(scene->windows[0].length_s, 60);
    assert_int_equal(scene->windows[0].requests, 3);
    add(scene, BEGIN + 58 * SECOND, 100000);
    assert_int_equal(wpb_request_tally_left(scene->tally).late, 1);
    wpb_request_tally_advance(scene->tally, BEGIN + 2 * MINUTE + 9 * SECOND);
    assert_int_equal(scene->count, 1);
    wpb_request_tally_advance(scene->tally, BEGIN + 2 * MINUTE + 10 * SECOND);
    assert_int_equal(scene->count, 2);
    assert_int_equal(scene->windows[1].start_us, BEGIN + MINUTE);
    assert_int_equal(scene->windows[1].requests, 2);
    wpb_request_tally_advance(scene->tally, BEGIN + 100 * MINUTE);
    assert_int_equal(scene->count, 2);
}

static void hours_without_requests_are_no_windows(void **state)
{
    struct scene *scene = *state;

    add(scene, BEGIN + SECOND, 1);
    add(scene, BEGIN + 300 * MINUTE, 1);
    add(scene, BEGIN + 9000 * MINUTE, 1);
    wpb_request_tally_finish(scene->tally);
    assert_int_equal(scene->count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(scene->windows[i].requests, 1);
    assert_int_equal(scene->windows[2].start_us, BEGIN + 9000 * MINUTE);
}

static void a_log_read_at_once_gives_the_same_windows(void **state)
{
    struct scene *scene = *state;

    for (int minute = 0; minute < 5; minute++)
        for (int i = 0; i < 10; i++) {
            struct wpb_request_line line =
                request_at(BEGIN + minute * MINUTE + i * 6 * SECOND, 500000);
            wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_CART,
                                  BEGIN + 100 * MINUTE);
        }
    wpb_request_tally_advance(scene->tally, BEGIN + 100 * MINUTE);
    assert_int_equal(scene->count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(scene->windows[i].classes[WPB_ROUTE_CART].requests, 10);
        EXPECT_NEAR(scene->windows[i].busy_s, 5);
        EXPECT_NEAR(scene->windows[i].seen, 1);
    }
}

/* ---- clocks ---- */

static void a_line_of_the_future_is_not_believed(void **state)
{
    struct scene *scene = *state;
    struct wpb_request_line line = request_at(BEGIN + 6 * SECOND, 1);

    wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_OTHER, BEGIN);
    line.end_us = INT64_MIN;
    wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_OTHER, BEGIN);
    assert_int_equal(wpb_request_tally_left(scene->tally).misdated, 2);
    wpb_request_tally_finish(scene->tally);
    assert_int_equal(scene->count, 0);
}

static void a_clock_set_back_begins_anew(void **state)
{
    struct scene *scene = *state;

    add(scene, BEGIN + 60 * MINUTE, 1);
    add(scene, BEGIN + 61 * MINUTE + 30 * SECOND, 1);
    add(scene, BEGIN + SECOND, 1); /* now is an hour earlier */
    assert_int_equal(scene->count, 2);
    add(scene, BEGIN + 2 * SECOND, 1);
    wpb_request_tally_advance(scene->tally, BEGIN + 2 * MINUTE);
    assert_int_equal(scene->count, 3);
    assert_int_equal(scene->windows[2].start_us, BEGIN);
    assert_int_equal(scene->windows[2].requests, 2);
    assert_int_equal(wpb_request_tally_left(scene->tally).late, 0);
}

static void a_line_without_a_time_counts_when_it_is_read(void **state)
{
    struct scene *scene = *state;
    struct wpb_request_line line = request_at(0, 250000);

    line.known = WPB_LINE_DURATION;
    wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_OTHER, BEGIN + 3 * SECOND);
    wpb_request_tally_finish(scene->tally);
    assert_int_equal(scene->windows[0].requests, 1);
    EXPECT_NEAR(scene->windows[0].busy_s, 0.25);
    EXPECT_NEAR(scene->windows[0].seen, 0);
}

/* ---- sums ---- */

static void sums_are_kept_for_each_route(void **state)
{
    struct scene *scene = *state;
    struct wpb_request_line line = request_at(BEGIN + SECOND, 200000);

    line.known |= WPB_LINE_CPU | WPB_LINE_STATUS | WPB_LINE_QUERIES;
    line.cpu_us = 50000;
    line.queries = 300;
    line.status = 200;
    wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_PRODUCT, BEGIN + SECOND);
    line.duration_us = 400000;
    line.status = 502;
    line.known &= ~(uint32_t)WPB_LINE_CPU;
    wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_PRODUCT, BEGIN + SECOND);
    line.status = 999;
    line.known &= ~(uint32_t)WPB_LINE_DURATION;
    wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_CART, BEGIN + SECOND);
    wpb_request_tally_finish(scene->tally);

    const struct wpb_request_window *window = &scene->windows[0];
    const struct wpb_request_class *product = &window->classes[WPB_ROUTE_PRODUCT];
    assert_int_equal(window->requests, 3);
    assert_int_equal(window->timed, 2);
    EXPECT_NEAR(window->busy_s, 0.6);
    assert_int_equal(window->statuses[2], 1);
    assert_int_equal(window->statuses[5], 1);
    assert_int_equal(window->statuses[0], 1);
    assert_int_equal(product->requests, 2);
    assert_int_equal(product->failed, 1);
    EXPECT_NEAR(product->busy_s, 0.6);
    EXPECT_NEAR(product->busy_squared_s2, 0.04 + 0.16);
    assert_int_equal(product->with_cpu, 1);
    EXPECT_NEAR(product->cpu_s, 0.05);
    EXPECT_NEAR(product->cpu_busy_s, 0.2);
    assert_int_equal(product->queries, 600);
    assert_int_equal(window->classes[WPB_ROUTE_CART].requests, 1);
    assert_int_equal(window->classes[WPB_ROUTE_CART].timed, 0);
}

static void of_a_web_server_only_what_went_to_php_counts(void **state)
{
    struct scene *scene = *state;
    struct wpb_request_line line = request_at(BEGIN + SECOND, 9000000); /* a slow phone */

    line.known |= WPB_LINE_UPSTREAM;
    wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_OTHER, BEGIN + SECOND);
    line.is_upstream = true;
    line.upstream_us = 300000;
    wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_OTHER, BEGIN + SECOND);
    wpb_request_tally_finish(scene->tally);
    assert_int_equal(wpb_request_tally_left(scene->tally).not_php, 1);
    assert_int_equal(scene->windows[0].requests, 1);
    EXPECT_NEAR(scene->windows[0].busy_s, 0.3);
}

static void the_low_percentile_of_memory_is_not_that_of_a_reused_worker(void **state)
{
    struct scene *scene = *state;
    struct wpb_request_line line = request_at(BEGIN + SECOND, 1000);

    line.known |= WPB_LINE_MEMORY;
    /* the lab's trap: a huge request, then cheap ones that tell its heap */
    for (int i = 0; i < 20; i++) {
        line.memory_bytes = (i < 17 ? 64 : 12) * MIB;
        wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_FRONT_PAGE, BEGIN + SECOND);
    }
    wpb_request_tally_finish(scene->tally);
    const struct wpb_memory_histogram *memory =
        &scene->windows[0].classes[WPB_ROUTE_FRONT_PAGE].memory;
    assert_int_equal(wpb_memory_histogram_quantile(memory, WPB_TALLY_MEMORY_LOW),
                     12 * MIB);
    assert_int_equal(wpb_memory_histogram_quantile(memory, 0.5), 64 * MIB);
    assert_int_equal(memory->most_bytes, 64 * MIB);
    assert_int_equal(memory->count, 20);
}

static void concurrency_is_counted_from_begin_and_end(void **state)
{
    struct scene *scene = *state;

    /* two at a time, each half a second long, ten times; and one that is alone */
    for (int i = 0; i < 10; i++) {
        add(scene, BEGIN + i * SECOND + 500000, 500000);
        add(scene, BEGIN + i * SECOND + 500000, 500000);
    }
    add(scene, BEGIN + 40 * SECOND, 10 * SECOND);
    wpb_request_tally_finish(scene->tally);
    const struct wpb_request_window *window = &scene->windows[0];
    EXPECT_NEAR(window->busy_s, 20);
    EXPECT_NEAR(window->overlap.busy_s, 20); /* Little's N is a third */
    EXPECT_NEAR(window->seen, 1.5);          /* half of the work had company */
    assert_int_equal(window->overlap.most, 2);
    assert_int_equal(window->overlap.levels[0], 11);
    assert_int_equal(window->overlap.levels[1], 10);
}

static void a_clock_of_seconds_cannot_tell_the_concurrency_of_short_requests(void **state)
{
    struct scene *scene = *state;
    struct wpb_request_line line = request_at(BEGIN + SECOND, 50000);

    line.end_unit_us = 1000000;
    for (int i = 0; i < 100; i++)
        wpb_request_tally_add(scene->tally, &line, WPB_ROUTE_OTHER, BEGIN + SECOND);
    wpb_request_tally_finish(scene->tally);
    EXPECT_NEAR(scene->windows[0].busy_s, 5);
    EXPECT_NEAR(scene->windows[0].seen, 0);
    assert_int_equal(scene->windows[0].end_unit_us, 1000000);
}

static void a_request_that_crosses_a_minute_is_at_work_in_both(void **state)
{
    struct scene *scene = *state;

    add(scene, BEGIN + 30 * SECOND, 1 * SECOND);
    add(scene, BEGIN + MINUTE + 5 * SECOND, 15 * SECOND);
    wpb_request_tally_finish(scene->tally);
    assert_int_equal(scene->count, 2);
    EXPECT_NEAR(scene->windows[0].busy_s, 1); /* that ended in it */
    EXPECT_NEAR(scene->windows[0].overlap.busy_s, 11);
    EXPECT_NEAR(scene->windows[1].busy_s, 15);
    EXPECT_NEAR(scene->windows[1].overlap.busy_s, 5);
}

static void lines_of_fpm_become_windows(void **state)
{
    struct scene *scene = *state;
    static const char *const lines[] = {
        "1795981445 www 7 GET 200 250000 8388608 40.00 4.00 0 \"/\" \"h\" \"/i.php\"",
        "1795981446 www 8 GET 200 750000 8388608 40.00 4.00 0 \"/cart/\" \"h\" "
        "\"/i.php\"",
        "1795981446 www 8 POST 500 1000000 69206016 40.00 4.00 9 \"/?wc-ajax=x\" \"h\" "
        "\"/i.php\"",
    };
    struct wpb_line_format format;

    assert_int_equal(wpb_access_format(&format, wpb_slice_cstr(WPB_ACCESS_FORMAT), NULL),
                     0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct wpb_request_line line;
        assert_int_equal(wpb_line_parse(&format, wpb_slice_cstr(lines[i]), &line),
                         WPB_LINE_READ);
        wpb_request_tally_add(scene->tally, &line, wpb_route_of(&line, NULL),
                              line.end_us);
    }
    wpb_request_tally_advance(scene->tally, BEGIN + 5 * MINUTE);
    const struct wpb_request_window *window = &scene->windows[0];
    assert_int_equal(window->requests, 3);
    EXPECT_NEAR(window->busy_s, 2);
    assert_int_equal(window->classes[WPB_ROUTE_FRONT_PAGE].requests, 1);
    assert_int_equal(window->classes[WPB_ROUTE_CART].requests, 1);
    assert_int_equal(window->classes[WPB_ROUTE_WC_AJAX].failed, 1);
    EXPECT_NEAR(window->classes[WPB_ROUTE_CART].cpu_s, 0.33);
}

/* ---- memory ---- */

static void memory_is_told_at_most_a_sixteenth_too_small(void **state)
{
    (void)state;
    for (uint64_t bytes = 1; bytes < UINT64_C(1) << 36; bytes += bytes / 7 + 1) {
        struct wpb_memory_histogram histogram = {0};
        wpb_memory_histogram_add(&histogram, bytes);
        uint64_t told = wpb_memory_histogram_quantile(&histogram, 0.1);
        if (bytes >= 256 * 1024) {
            assert_true(told <= bytes);
            assert_true(told >= bytes - bytes / 16);
        } else {
            assert_int_equal(told, 0);
        }
        assert_int_equal(histogram.most_bytes, bytes);
    }
    for (uint64_t mib = 2; mib <= 64; mib += 2) {
        struct wpb_memory_histogram histogram = {0};
        wpb_memory_histogram_add(&histogram, mib * MIB);
        assert_int_equal(wpb_memory_histogram_quantile(&histogram, 1), mib * MIB);
    }
}

static void histograms_of_windows_can_be_summed(void **state)
{
    struct wpb_memory_histogram sum = {0}, more = {0}, huge = {0};

    (void)state;
    assert_int_equal(wpb_memory_histogram_quantile(&sum, 0.1), 0);
    wpb_memory_histogram_add(&sum, 8 * MIB);
    wpb_memory_histogram_add(&more, 16 * MIB);
    wpb_memory_histogram_add(&more, 16 * MIB);
    wpb_memory_histogram_add(&huge, UINT64_MAX);
    wpb_memory_histogram_merge(&sum, &more);
    wpb_memory_histogram_merge(&sum, &huge);
    assert_int_equal(sum.count, 4);
    assert_int_equal(wpb_memory_histogram_quantile(&sum, 0.25), 8 * MIB);
    assert_int_equal(wpb_memory_histogram_quantile(&sum, 0.5), 16 * MIB);
    assert_true(sum.most_bytes == UINT64_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_window_closes_when_nothing_can_come_for_it),
        TEST(hours_without_requests_are_no_windows),
        TEST(a_log_read_at_once_gives_the_same_windows),
        TEST(a_line_of_the_future_is_not_believed),
        TEST(a_clock_set_back_begins_anew),
        TEST(a_line_without_a_time_counts_when_it_is_read),
        TEST(sums_are_kept_for_each_route),
        TEST(of_a_web_server_only_what_went_to_php_counts),
        TEST(the_low_percentile_of_memory_is_not_that_of_a_reused_worker),
        TEST(concurrency_is_counted_from_begin_and_end),
        TEST(a_clock_of_seconds_cannot_tell_the_concurrency_of_short_requests),
        TEST(a_request_that_crosses_a_minute_is_at_work_in_both),
        TEST(lines_of_fpm_become_windows),
        TEST(memory_is_told_at_most_a_sixteenth_too_small),
        TEST(histograms_of_windows_can_be_summed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
