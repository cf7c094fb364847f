/* How much processor time a container may use, and the probe that tells what was used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/host/cpu_quota.h"
#include "probes/host/pressure.h"
#include "probes/host/probes.h"
#include "redis_run.h"

static void a_quota_is_a_share_of_its_period(void **state)
{
    static const char *const wrong[] = {
        "",           "max 100000\n", "150000\n",     "150000 100000", "150000 0\n",
        "0 100000\n", "-1 100000\n",  "1.5 100000\n", "150000  1\n"};
    struct wpb_cpu_quota quota = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(wpb_cpu_quota_parse_max(wpb_slice_cstr(wrong[i]), &quota));
    assert_true(quota.cores == 0);
    assert_true(wpb_cpu_quota_parse_max(wpb_slice_cstr("150000 100000\n"), &quota));
    assert_true(quota.cores == 1.5);
}

static void both_times_of_a_group_are_needed(void **state)
{
    static const char *const wrong[] = {
        "", "usage_usec 1\n", "throttled_usec 1\n", "usage_usec x\nthrottled_usec 1\n",
        "usage_usec 1\nthrottled_usec 99999999999999999999999\n"};
    struct wpb_cpu_quota quota = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(wpb_cpu_quota_parse_stat(wpb_slice_cstr(wrong[i]), &quota));
    assert_true(wpb_cpu_quota_parse_stat(
        wpb_slice_cstr("usage_usec 2500000\nuser_usec 1\nsystem_usec 1\nnr_periods 9\n"
                       "nr_throttled 3\nthrottled_usec 750000\n"),
        &quota));
    assert_true(quota.used_s == 2.5 && quota.throttled_s == 0.75);
}

static void put(const char *root, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/sys/fs/cgroup/%s", root, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void a_quota_binds_when_it_is_less_than_the_machine(void **state)
{
    static const char *const folders[] = {"/sys", "/sys/fs", "/sys/fs/cgroup"};
    char root[] = "/tmp/quota-XXXXXX", path[128];
    struct wpb_cpu_quota quota;

    (void)state;
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", root, folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    assert_false(wpb_cpu_quota_read(root, 4, &quota));
    put(root, "cpu.max", "200000 100000\n");
    assert_false(wpb_cpu_quota_read(root, 4, &quota)); /* nobody tells what it used */
    assert_true(quota.cores == 0);
    put(root, "cpu.stat", "usage_usec 1000000\nthrottled_usec 0\n");
    assert_true(wpb_cpu_quota_read(root, 4, &quota));
    assert_true(quota.cores == 2 && quota.used_s == 1);
    assert_false(wpb_cpu_quota_read(root, 2, &quota));
    assert_true(quota.cores == 0 && quota.used_s == 0);
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/sys/fs/cgroup/%s", root,
                 i ? "cpu.max" : "cpu.stat");
        remove(path);
    }
    for (size_t i = 3; i-- > 0;) {
        snprintf(path, sizeof(path), "%s%s", root, folders[i]);
        remove(path);
    }
    remove(root);
}

static double told(const struct test_run *run, enum wpb_metric metric)
{
    const struct test_sample *sample = test_run_find(run, WPB_SUBJECT_HOST, "", metric);

    if (!sample)
        fail_msg("nothing was posted: %s (%s)", wpb_metric_row(metric)->name,
                 run->reason);
    assert_int_equal(sample->value.type, WPB_VALUE_DOUBLE);
    return sample->value.number;
}

static void work_adds_to_the_time_in_use(void **state)
{
    struct test_plan plan = {.probe = &wpb_probe_host_cpu};
    struct wpb_pressure pressure;
    struct test_run before, after;
    volatile uint64_t sum = 0;
    double busy;

    (void)state;
    test_run_go(&before, &plan);
    busy = told(&before, WPB_M_CPU_BUSY_SECONDS);
    assert_true(busy > 0 && told(&before, WPB_M_CPU_STOLEN_SECONDS) >= 0);
    do { /* whatever else happens: until the kernel has counted some of it */
        for (uint64_t i = 0; i < 10000000; i++)
            sum += i;
        test_run_go(&after, &plan);
        double more = told(&after, WPB_M_CPU_BUSY_SECONDS) - busy;
        assert_int_equal(after.count, before.count);
        test_run_free(&after);
        if (more >= 0.05)
            break;
    } while (1);
    wpb_pressure_read("", &pressure);
    assert_int_equal(before.status, pressure.cpu_some_minute < 0 ? WPB_COVERAGE_PARTIAL
                                                                 : WPB_COVERAGE_OK);
    if (pressure.cpu_some_minute >= 0)
        assert_true(told(&before, WPB_M_CPU_WAIT_RATIO) >= 0 &&
                    told(&before, WPB_M_CPU_WAIT_RATIO) <= 1);
    test_run_free(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quota_is_a_share_of_its_period),
        cmocka_unit_test(both_times_of_a_group_are_needed),
        cmocka_unit_test(a_quota_binds_when_it_is_less_than_the_machine),
        cmocka_unit_test(work_adds_to_the_time_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
