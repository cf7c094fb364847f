#include "probes/host/cpu_quota.h"

#include "probes/host/kernel_text.h"

#define USEC 1e6

bool wpb_cpu_quota_parse_max(struct wpb_slice text, struct wpb_cpu_quota *quota)
{
    uint64_t usec, period_usec;

    if (!wpb_kernel_take_whole(&text, &usec) || !wpb_kernel_take_word(&text, " ") ||
        !wpb_kernel_take_whole(&text, &period_usec) ||
        !wpb_kernel_take_word(&text, "\n") || usec == 0 || period_usec == 0)
        return false;
    quota->cores = (double)usec / (double)period_usec;
    return true;
}

bool wpb_cpu_quota_parse_stat(struct wpb_slice text, struct wpb_cpu_quota *quota)
{
    bool has_used = false, has_throttled = false;
    uint64_t used_usec = 0, throttled_usec = 0;

    for (; text.len; wpb_kernel_take_line(&text)) {
        if (wpb_kernel_take_word(&text, "usage_usec "))
            has_used = wpb_kernel_take_whole(&text, &used_usec);
        else if (wpb_kernel_take_word(&text, "throttled_usec "))
            has_throttled = wpb_kernel_take_whole(&text, &throttled_usec);
    }
    if (!has_used || !has_throttled)
        return false;
    quota->used_s = (double)used_usec / USEC;
    quota->throttled_s = (double)throttled_usec / USEC;
    return true;
}

bool wpb_cpu_quota_read(const char *root, long online, struct wpb_cpu_quota *quota)
{
    char bytes[WPB_KERNEL_FILE_MAX];

    *quota = (struct wpb_cpu_quota){0};
    if (wpb_cpu_quota_parse_max(wpb_kernel_read(root, "/sys/fs/cgroup/cpu.max", bytes),
                                quota) &&
        quota->cores < (double)online &&
        wpb_cpu_quota_parse_stat(wpb_kernel_read(root, "/sys/fs/cgroup/cpu.stat", bytes),
                                 quota))
        return true;
    *quota = (struct wpb_cpu_quota){0};
    return false;
}
