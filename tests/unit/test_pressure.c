/* Is the host busy: the kernel's words, hostile ones, and the judgement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/host/pressure.h"

#define EXPECT_NEAR(value, expected)                                                     \
    assert_true((value) - (expected) < 1e-9 && (expected) - (value) < 1e-9)

static bool stall(const char *text, double *some, double *full)
{
    return wpb_pressure_parse_stall(wpb_slice_cstr(text), some, full);
}

static void a_stall_is_read_as_the_kernel_writes_it(void **state)
{
    double some, full;

    (void)state;
    assert_true(stall("some avg10=26.96 avg60=37.29 avg300=23.10 total=358564764\n"
                      "full avg10=4.05 avg60=0.00 avg300=0.00 total=0\n",
                      &some, &full));
    EXPECT_NEAR(some, 26.96);
    EXPECT_NEAR(full, 4.05);
    /* of processors, kernels before 5.13 say no more */
    assert_true(
        stall("some avg10=100.00 avg60=0.00 avg300=0.00 total=1\n", &some, &full));
    EXPECT_NEAR(some, 100);
    EXPECT_NEAR(full, -1);
}

static void the_minute_of_a_stall_stands_behind_its_ten_seconds(void **state)
{
    static const char *const wrong[] = {"some avg10=1.00", "some avg10=1.00 avg60=x ",
                                        "some avg10=1.00 avg60=100.5 avg300=0.00",
                                        "full avg10=1.00 avg60=2.00 avg300=0.00"};
    double some = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(wpb_pressure_parse_minute(wpb_slice_cstr(wrong[i]), &some));
    EXPECT_NEAR(some, 7);
    assert_true(wpb_pressure_parse_minute(
        wpb_slice_cstr("some avg10=26.96 avg60=37.29 avg300=23.10 total=358564764\n"),
        &some));
    EXPECT_NEAR(some, 37.29);
}

static void what_is_no_stall_changes_nothing(void **state)
{
    static const char *const wrong[] = {
        "",
        "some",
        "some avg10=",
        "some avg10=1.5",
        "some avg10=nan avg60=0",
        "some avg10=-1.00 avg60=0",
        "some avg10=1e3 avg60=0",
        "some avg10=1. avg60=0",
        "some avg10=.5 avg60=0",
        "some avg10=100.01 avg60=0",
        "some avg10=99999999999999999999999 avg60=0",
        "full avg10=1.00 avg60=0",
        "some avg10=1.00 avg60=0\nfull avg10=x avg60=0",
        "some avg10=1.00 avg60=0\nfull avg10=101.0 avg60=0",
    };
    double some = 7, full = 8;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(stall(wrong[i], &some, &full));
    EXPECT_NEAR(some, 7);
    EXPECT_NEAR(full, 8);
}

static void ticks_are_summed_without_those_of_guests(void **state)
{
    struct wpb_pressure pressure;

    (void)state;
    wpb_pressure_init(&pressure);
    assert_true(wpb_pressure_parse_stat(
        wpb_slice_cstr("cpu  1 2 3 4 5 6 7 80 900 1000\ncpu0 1 2 3 4 5 6 7 8 9 10\n"),
        &pressure));
    assert_int_equal(pressure.ticks_all, 108);
    assert_int_equal(pressure.ticks_stolen, 80);
    assert_int_equal(pressure.ticks_busy, 1 + 2 + 3 + 6 + 7);
}

static void what_is_no_statistic_changes_nothing(void **state)
{
    static const char *const wrong[] = {
        "",
        "cpu",
        "cpu  ",
        "cpu0 1 2 3 4 5 6 7 8",
        "cpu  1 2 3 4 5 6 7",
        "cpu  1 2 3 4 5 6 7 -8",
        "cpu  1 2 3 4 5 6 7 8x",
        "cpu  1 2 3 4 5 6 7 99999999999999999999",
        "cpu  18446744073709551615 1 0 0 0 0 0 0\n",
    };
    struct wpb_pressure pressure;

    (void)state;
    wpb_pressure_init(&pressure);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(wpb_pressure_parse_stat(wpb_slice_cstr(wrong[i]), &pressure));
    assert_int_equal(pressure.ticks_all, 0);
}

static void load_is_the_first_number(void **state)
{
    static const char *const wrong[] = {"",         "x",       "1.5",
                                        "-1.0 0 0", "inf 0 0", "9999999 0"};
    struct wpb_pressure pressure;

    (void)state;
    wpb_pressure_init(&pressure);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(wpb_pressure_parse_load(wpb_slice_cstr(wrong[i]), &pressure));
    assert_true(pressure.load1 < 0);
    assert_true(wpb_pressure_parse_load(wpb_slice_cstr("3.98 2.50 1.73 2/169 1775\n"),
                                        &pressure));
    EXPECT_NEAR(pressure.load1, 3.98);
}

/* ---- files ---- */

static void put(const char *root, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s%s", root, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *root, const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "%s%s", root, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void all_five_files_are_read_and_none_is_needed(void **state)
{
    static const char *const names[] = {"/proc/pressure/cpu",
                                        "/proc/pressure/io",
                                        "/proc/pressure/memory",
                                        "/proc/stat",
                                        "/proc/loadavg",
                                        "/proc/pressure",
                                        "/proc",
                                        ""};
    char root[] = "/tmp/pressure-XXXXXX", path[128], longest[4000];
    struct wpb_pressure pressure;

    (void)state;
    assert_non_null(mkdtemp(root));
    wpb_pressure_read(root, &pressure);
    assert_true(pressure.cpu_some < 0 && pressure.io_full < 0 &&
                pressure.memory_full < 0);
    assert_true(pressure.load1 < 0 && pressure.ticks_all == 0 && pressure.cores > 0);

    make_folder(root, "/proc");
    make_folder(root, "/proc/pressure");
    put(root, names[0], "some avg10=1.25 avg60=0\nfull avg10=0.00 avg60=0\n");
    put(root, names[1], "some avg10=9.00 avg60=0\nfull avg10=2.50 avg60=0\n");
    put(root, names[2], "some avg10=9.00 avg60=0\nfull avg10=3.75 avg60=0\n");
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    memcpy(longest, "cpu  0 0 0 500 0 0 0 7 0 0\n", 27);
    put(root, names[3], longest);
    put(root, names[4], "0.50 0 0 1/2 3\n");
    wpb_pressure_read(root, &pressure);
    EXPECT_NEAR(pressure.cpu_some, 1.25);
    EXPECT_NEAR(pressure.io_full, 2.5);
    EXPECT_NEAR(pressure.memory_full, 3.75);
    EXPECT_NEAR(pressure.load1, 0.5);
    assert_int_equal(pressure.ticks_all, 507);
    assert_int_equal(pressure.ticks_stolen, 7);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(path, sizeof(path), "%s%s", root, names[i]);
        remove(path);
    }
}

static void this_machine_tells_its_load(void **state)
{
    struct wpb_pressure pressure;

    (void)state;
    wpb_pressure_read("", &pressure);
    assert_true(pressure.load1 >= 0);
    assert_true(pressure.ticks_all > 0);
}

/* ---- judging ---- */

static struct wpb_pressure calm_host(void)
{
    struct wpb_pressure pressure;

    wpb_pressure_init(&pressure);
    pressure.cores = 4;
    pressure.load1 = 1;
    pressure.cpu_some = pressure.io_full = pressure.memory_full = 0;
    return pressure;
}

static void expect_cause(const struct wpb_pressure *pressure, const char *expected)
{
    struct wpb_pressure_judge judge = {0};
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    assert_int_equal(wpb_pressure_judge(&judge, pressure), expected[0] != '\0');
    wpb_pressure_say(&judge, &text);
    assert_string_equal(text.data, expected);
    wpb_buf_fini(&text);
}

static void each_limit_makes_it_busy_and_is_named(void **state)
{
    struct wpb_pressure pressure = calm_host();

    (void)state;
    expect_cause(&pressure, "");
    pressure.cpu_some = 20;
    expect_cause(&pressure, "");
    pressure.cpu_some = 21;
    expect_cause(&pressure, "tasks waited for a processor 21 % of the time");
    pressure = calm_host();
    pressure.load1 = 8;
    expect_cause(&pressure, "");
    pressure.load1 = 9.2;
    expect_cause(&pressure, "load 9.2 on 4 cores");
    pressure = calm_host();
    pressure.io_full = 55;
    expect_cause(&pressure, "everything waited for disks 55 % of the time");
    pressure = calm_host();
    pressure.memory_full = 12;
    expect_cause(&pressure, "everything waited for memory 12 % of the time");
    /* the one that is farthest above its limit is told */
    pressure.load1 = 100;
    expect_cause(&pressure, "load 100.0 on 4 cores");
}

static void what_is_not_known_is_not_busy(void **state)
{
    struct wpb_pressure_judge judge = {0};
    struct wpb_pressure nothing;

    (void)state;
    wpb_pressure_init(&nothing);
    nothing.load1 = 1000; /* on an unknown number of cores */
    for (int i = 0; i < 5; i++)
        assert_false(wpb_pressure_judge(&judge, &nothing));
}

static void steal_is_a_share_between_two_readings(void **state)
{
    struct wpb_pressure_judge judge = {0};
    struct wpb_pressure pressure = calm_host();
    struct wpb_buf text;

    (void)state;
    pressure.ticks_all = 1000000;
    pressure.ticks_stolen = 900000; /* long ago */
    assert_false(wpb_pressure_judge(&judge, &pressure));
    pressure.ticks_all += 1000;
    pressure.ticks_stolen += 50;
    assert_false(wpb_pressure_judge(&judge, &pressure)); /* 5 % */
    pressure.ticks_all += 99;                            /* too short to tell */
    pressure.ticks_stolen += 99;
    assert_false(wpb_pressure_judge(&judge, &pressure));
    pressure.ticks_all += 901;
    assert_true(wpb_pressure_judge(&judge, &pressure)); /* 99 of 1,000 */
    wpb_buf_init(&text, 0);
    wpb_pressure_say(&judge, &text);
    assert_string_equal(text.data, "other machines took 10 % of the processors");
    wpb_buf_fini(&text);
    /* counters that go back, as in a container that moved, say nothing */
    pressure.ticks_all = 500;
    pressure.ticks_stolen = 400;
    wpb_pressure_judge(&judge, &pressure);
    for (int i = 0; i < 4; i++) {
        pressure.ticks_all += 1000;
        pressure.ticks_stolen -= 10;
        wpb_pressure_judge(&judge, &pressure);
    }
    assert_false(judge.is_busy);
}

static void a_host_at_its_limit_does_not_flap(void **state)
{
    struct wpb_pressure_judge judge = {0};
    struct wpb_pressure pressure = calm_host();
    unsigned changes = 0;
    bool was_busy = false;

    (void)state;
    for (int i = 0; i < 200; i++) {
        pressure.cpu_some = i % 2 ? 21 : 16;
        bool is_busy = wpb_pressure_judge(&judge, &pressure);
        changes += is_busy != was_busy;
        was_busy = is_busy;
        assert_true(!is_busy || judge.cause == WPB_PRESSURE_CPU);
    }
    assert_int_equal(changes, 1);
    pressure.cpu_some = 14;
    assert_true(wpb_pressure_judge(&judge, &pressure));
    assert_true(wpb_pressure_judge(&judge, &pressure));
    assert_int_equal(judge.cause, WPB_PRESSURE_CPU); /* why it still waits */
    assert_false(wpb_pressure_judge(&judge, &pressure));
    assert_int_equal(judge.cause, WPB_PRESSURE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stall_is_read_as_the_kernel_writes_it),
        cmocka_unit_test(the_minute_of_a_stall_stands_behind_its_ten_seconds),
        cmocka_unit_test(what_is_no_stall_changes_nothing),
        cmocka_unit_test(ticks_are_summed_without_those_of_guests),
        cmocka_unit_test(what_is_no_statistic_changes_nothing),
        cmocka_unit_test(load_is_the_first_number),
        cmocka_unit_test(all_five_files_are_read_and_none_is_needed),
        cmocka_unit_test(this_machine_tells_its_load),
        cmocka_unit_test(each_limit_makes_it_busy_and_is_named),
        cmocka_unit_test(what_is_not_known_is_not_busy),
        cmocka_unit_test(steal_is_a_share_between_two_readings),
        cmocka_unit_test(a_host_at_its_limit_does_not_flap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
