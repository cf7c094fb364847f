/*
 * The input is a reply to INFO. Times are finite, and the nodes of a cluster that all say
 * the same add up, or are not known.
 */
#include <math.h>
#include <stdlib.h>

#include "probes/redis/counters.h"
#include "tests/fuzz/fuzz.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_redis_counters node = {0}, total;
    struct wpb_info info;
    struct wpb_slice reply = wpb_slice_of((const char *)data, size);

    wpb_info_parse(reply, &info);
    check(info.database_count <= WPB_INFO_DATABASES_MAX);
    wpb_redis_counters_parse(reply, &node);
    check(isfinite(node.cpu_s) && node.cpu_s >= 0);
    check(node.has_cpu || node.cpu_s == 0);
    total = node;
    wpb_redis_counters_add(&total, &node);
    check(total.commands.is_known == node.commands.is_known);
    check(total.commands.value == 2 * node.commands.value);
    check(total.uptime_seconds.value == node.uptime_seconds.value);
    check(total.has_cpu == node.has_cpu);
    return 0;
}
