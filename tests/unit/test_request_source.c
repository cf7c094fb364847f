/* Windows of a log, while the clock steps, lines lie and the log jumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/requests/access_format.h"
#include "probes/requests/request_source.h"

/* The beginning of a minute. */
#define NOON_S INT64_C(1790000040)
#define YEAR_S INT64_C(31536000)

struct scene {
    char path[64];
    struct wpb_request_source *source;
    int64_t starts_s[64];
    uint64_t requests[64];
    size_t count; /* of windows */
};

static void on_closed(void *cookie, const struct wpb_request_window *window)
{
    struct scene *scene = cookie;

    assert_true(scene->count < 64);
    scene->starts_s[scene->count] = window->start_us / 1000000;
    scene->requests[scene->count++] = window->requests;
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct wpb_line_format format;
    int fd;

    assert_non_null(scene);
    strcpy(scene->path, "/tmp/wpbloat-source-XXXXXX");
    fd = mkstemp(scene->path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(wpb_access_format(&format, wpb_slice_cstr("%{%s}T %{micro}d"), NULL),
                     0);
    scene->source = wpb_request_source_new(scene->path, (uid_t)-1, &format, NULL, 60,
                                           on_closed, scene);
    assert_non_null(scene->source);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    wpb_request_source_free(scene->source);
    unlink(scene->path);
    free(scene);
    return 0;
}

/* A request that ended at each of MINUTES from FROM_S on. */
static void add(struct scene *scene, int64_t from_s, int minutes)
{
    FILE *file = fopen(scene->path, "a");

    assert_non_null(file);
    for (int i = 0; i < minutes; i++)
        fprintf(file, "%lld 1000\n", (long long)from_s + i * 60);
    fclose(file);
}

/* Look until all is read, at NOW_S. */
static void look(struct scene *scene, int64_t now_s)
{
    struct wpb_moment now = {.unix_ms = now_s * 1000};
    struct wpb_err err;

    while (wpb_request_source_look(scene->source, now, &err) == WPB_FOLLOW_MORE)
        ;
}

static void the_first_window_may_be_incomplete_and_is_kept_back(void **state)
{
    struct scene *scene = *state;

    add(scene, NOON_S, 3);
    look(scene, NOON_S + 300);
    assert_int_equal(scene->count, 2);
    assert_int_equal(scene->starts_s[0], NOON_S + 60);
}

static void a_clock_that_is_set_back_begins_anew(void **state)
{
    struct scene *scene = *state;

    add(scene, NOON_S + YEAR_S, 3);
    look(scene, NOON_S + YEAR_S + 300);
    assert_int_equal(scene->count, 2);
    add(scene, NOON_S, 3);
    look(scene, NOON_S + 300);
    assert_int_equal(scene->count, 4);
    assert_int_equal(scene->starts_s[2], NOON_S + 60);
}

static void a_clock_that_jumps_ahead_goes_on_there(void **state)
{
    struct scene *scene = *state;

    add(scene, NOON_S, 3);
    look(scene, NOON_S + 300);
    add(scene, NOON_S + YEAR_S, 2);
    look(scene, NOON_S + YEAR_S + 300);
    assert_int_equal(scene->count, 4);
    assert_int_equal(scene->starts_s[3], NOON_S + YEAR_S + 60);
}

static void a_line_that_lies_about_its_time_holds_nothing_up(void **state)
{
    struct scene *scene = *state;

    add(scene, NOON_S + YEAR_S, 1);
    add(scene, NOON_S, 3);
    look(scene, NOON_S + 300);
    assert_int_equal(scene->count, 2);
    assert_int_equal(scene->starts_s[0], NOON_S + 60);
}

static void behind_a_hole_the_first_window_is_kept_back_again(void **state)
{
    struct scene *scene = *state;

    add(scene, NOON_S, 3);
    look(scene, NOON_S + 300);
    assert_int_equal(scene->count, 2);
    /* written without O_APPEND after a truncation: zeros stand before the new lines */
    assert_int_equal(truncate(scene->path, 0), 0);
    assert_int_equal(truncate(scene->path, 1 << 16), 0);
    add(scene, NOON_S + 600, 3);
    look(scene, NOON_S + 900);
    assert_int_equal(scene->count, 4);
    assert_int_equal(scene->starts_s[2], NOON_S + 660);
}

static void lines_come_late_and_out_of_order(void **state)
{
    struct scene *scene = *state;

    add(scene, NOON_S, 2);
    add(scene, NOON_S + 125, 1);
    add(scene, NOON_S + 119, 1);
    add(scene, NOON_S + 180, 2);
    look(scene, NOON_S + 400);
    assert_int_equal(scene->count, 4);
    assert_int_equal(scene->starts_s[0], NOON_S + 60);
    assert_int_equal(scene->requests[0], 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_first_window_may_be_incomplete_and_is_kept_back),
        TEST(a_clock_that_is_set_back_begins_anew),
        TEST(a_clock_that_jumps_ahead_goes_on_there),
        TEST(a_line_that_lies_about_its_time_holds_nothing_up),
        TEST(behind_a_hole_the_first_window_is_kept_back_again),
        TEST(lines_come_late_and_out_of_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
