#include "probes/redis/counters.h"

#include <strings.h>

/* As commandstats names them, in lower case; a subcommand counts as its command. */
static const char *const not_of_sites[] = {
    /* opening and managing connections */
    "auth", "hello", "select", "client", "ping", "echo", "quit", "reset", "command",
    /* replicas, clusters, sentinels */
    "replconf", "psync", "sync", "replicaof", "slaveof", "role", "wait", "cluster",
    "readonly", "readwrite", "asking", "sentinel", "failover", "subscribe", "psubscribe",
    "unsubscribe", "punsubscribe", "publish",
    /* administrators and their tools */
    "info", "config", "acl", "monitor", "slowlog", "latency", "debug", "save", "bgsave",
    "bgrewriteaof", "lastsave", "module", "shutdown", "time", "keys", "randomkey",
    /* this program */
    "scan", "dbsize", "memory", "pttl", "strlen", "getrange", "object", "type", "zcard",
    "hlen", "scard", "llen", "xlen"};

static bool is_of_sites(struct wpb_slice command)
{
    const char *bar = memchr(command.data, '|', command.len);
    size_t len = bar ? (size_t)(bar - command.data) : command.len;

    for (size_t i = 0; i < sizeof(not_of_sites) / sizeof(not_of_sites[0]); i++) {
        if (strlen(not_of_sites[i]) == len &&
            strncasecmp(not_of_sites[i], command.data, len) == 0)
            return false;
    }
    return len > 0;
}

/* "12.345678", as the server writes a time in any locale. */
static bool seconds(struct wpb_slice text, double *value)
{
    const char *point = text.len ? memchr(text.data, '.', text.len) : NULL;
    size_t len = point ? (size_t)(point - text.data) : text.len;
    struct wpb_info_number whole = wpb_info_whole(wpb_slice_head(text, len));
    struct wpb_slice digits = wpb_slice_skip(text, len + 1);
    double share = 1, sum = (double)whole.value;

    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        share /= 10;
        sum += share * (digits.data[i] - '0');
    }
    *value = sum;
    return whole.is_known;
}

static void add_command(struct wpb_redis_counters *counters, struct wpb_slice command,
                        struct wpb_slice value)
{
    static const struct wpb_slice calls = WPB_SLICE("calls=");
    struct wpb_info_number count = wpb_info_part(value, calls);

    if (!count.is_known)
        return;
    counters->commands.is_known = true;
    if (is_of_sites(command))
        counters->commands.value += count.value;
}

/* Older servers tell only of all threads together. */
struct cpu_times {
    bool has_user, has_system, has_main_user, has_main_system;
    double user, system, main_user, main_system;
};

static void take_cpu(struct cpu_times *times, struct wpb_slice name,
                     struct wpb_slice value)
{
    if (wpb_slice_is(name, "used_cpu_user"))
        times->has_user = seconds(value, &times->user);
    else if (wpb_slice_is(name, "used_cpu_sys"))
        times->has_system = seconds(value, &times->system);
    else if (wpb_slice_is(name, "used_cpu_user_main_thread"))
        times->has_main_user = seconds(value, &times->main_user);
    else if (wpb_slice_is(name, "used_cpu_sys_main_thread"))
        times->has_main_system = seconds(value, &times->main_system);
}

static void add_cpu(struct wpb_redis_counters *counters, const struct cpu_times *times)
{
    if (times->has_main_user && times->has_main_system) {
        counters->has_cpu = counters->is_main_thread = true;
        counters->cpu_s = times->main_user + times->main_system;
    } else if (times->has_user && times->has_system) {
        counters->has_cpu = true;
        counters->cpu_s = times->user + times->system;
    }
}

void wpb_redis_counters_parse(struct wpb_slice reply, struct wpb_redis_counters *counters)
{
    static const struct wpb_slice of_command = WPB_SLICE("cmdstat_");
    struct cpu_times times = {0};
    struct wpb_slice name, value;

    while (wpb_info_next(&reply, &name, &value)) {
        if (wpb_slice_starts(name, of_command))
            add_command(counters, wpb_slice_skip(name, of_command.len), value);
        else if (wpb_slice_is(name, "uptime_in_seconds"))
            counters->uptime_seconds = wpb_info_whole(value);
        else if (wpb_slice_is(name, "total_net_output_bytes"))
            counters->sent_bytes = wpb_info_whole(value);
        else if (wpb_slice_is(name, "total_net_input_bytes"))
            counters->received_bytes = wpb_info_whole(value);
        else
            take_cpu(&times, name, value);
    }
    add_cpu(counters, &times);
}

static void add(struct wpb_info_number *total, const struct wpb_info_number *node)
{
    total->is_known &= node->is_known;
    total->value += node->value;
}

void wpb_redis_counters_add(struct wpb_redis_counters *total,
                            const struct wpb_redis_counters *node)
{
    total->uptime_seconds.is_known &= node->uptime_seconds.is_known;
    if (node->uptime_seconds.value < total->uptime_seconds.value)
        total->uptime_seconds.value = node->uptime_seconds.value;
    add(&total->sent_bytes, &node->sent_bytes);
    add(&total->received_bytes, &node->received_bytes);
    add(&total->commands, &node->commands);
    total->has_cpu &= node->has_cpu && total->is_main_thread == node->is_main_thread;
    total->cpu_s += node->cpu_s;
}
