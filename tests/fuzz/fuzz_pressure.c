/*
 * The input is taken for each of the kernel's files. Percentages are percentages, loads
 * are finite, what was stolen is a part of all; and what is refused changes nothing.
 */
#include <stdlib.h>

#include "probes/host/cpu_quota.h"
#include "probes/host/pressure.h"
#include "tests/fuzz/fuzz.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice text = wpb_slice_of((const char *)data, size);
    struct wpb_pressure_judge judge = {0};
    struct wpb_pressure pressure;
    struct wpb_cpu_quota quota = {0};
    double some = -2, full = -2;

    wpb_pressure_init(&pressure);
    if (wpb_pressure_parse_stall(text, &some, &full)) {
        check(some >= 0 && some <= 100 && (full == -1 || (full >= 0 && full <= 100)));
        pressure.cpu_some = some;
        pressure.io_full = full;
    } else {
        check(some == -2 && full == -2);
    }
    if (wpb_pressure_parse_minute(text, &pressure.cpu_some_minute))
        check(pressure.cpu_some_minute >= 0 && pressure.cpu_some_minute <= 100);
    else
        check(pressure.cpu_some_minute == -1);
    if (wpb_pressure_parse_stat(text, &pressure))
        check(pressure.ticks_stolen + pressure.ticks_busy <= pressure.ticks_all);
    else
        check(pressure.ticks_all == 0);
    if (wpb_pressure_parse_load(text, &pressure))
        check(pressure.load1 >= 0 && pressure.load1 <= 1e6);
    if (wpb_cpu_quota_parse_max(text, &quota))
        check(quota.cores > 0);
    if (wpb_cpu_quota_parse_stat(text, &quota))
        check(quota.used_s >= 0 && quota.throttled_s >= 0);
    else
        check(quota.used_s == 0 && quota.throttled_s == 0);
    pressure.cores = 2;
    for (int i = 0; i < 4; i++)
        wpb_pressure_judge(&judge, &pressure);
    check(!judge.is_busy || judge.cause != WPB_PRESSURE_NONE);
    return 0;
}
