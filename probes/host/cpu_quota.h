/*
 * cpu_quota.h - the processor time that a container may use, and has used.
 *
 * In a container of its own cgroup (version 2) the kernel shows that one as the root:
 *
 *   /sys/fs/cgroup/cpu.max    "150000 100000\n", microseconds in a period; "max 100000"
 *   /sys/fs/cgroup/cpu.stat   "usage_usec 123\n...throttled_usec 45\n..."
 *
 * /proc/stat tells of the machine around it, whose other work is none of the site's. On
 * a machine of its own neither file has a quota. Pure but for wpb_cpu_quota_read().
 */
#ifndef WPB_HOST_CPU_QUOTA_H
#define WPB_HOST_CPU_QUOTA_H

#include <stdbool.h>

#include "wpbloat/slice.h"

struct wpb_cpu_quota {
    double cores;       /* that it amounts to; 0: there is none */
    double used_s;      /* since the container was made */
    double throttled_s; /* that its tasks were kept waiting for the next period */
};

/* Take what TEXT, the content of one of the files, says; what is no such text changes
 * nothing. Return whether it tells of a quota, or of both times. */
bool wpb_cpu_quota_parse_max(struct wpb_slice text, struct wpb_cpu_quota *quota);
bool wpb_cpu_quota_parse_stat(struct wpb_slice text, struct wpb_cpu_quota *quota);

/* True when a quota binds: it is less than the ONLINE processors. Else QUOTA is all
 * zeros. ROOT is put before the files' names: "" but in tests. */
bool wpb_cpu_quota_read(const char *root, long online, struct wpb_cpu_quota *quota);

#endif
