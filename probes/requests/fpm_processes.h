/*
 * fpm_processes.h - the PHP-FPM that runs on this host: its masters and how many workers
 * of which pool each has.
 *
 * Reads /proc/PID/cmdline of every process and /proc/PID/stat of PHP-FPM's, which needs
 * no right unless /proc is mounted with hidepid. Synchronous; measured: 8 us a process
 * of the host. Any thread.
 */
#ifndef WPB_REQUESTS_FPM_PROCESSES_H
#define WPB_REQUESTS_FPM_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wpbloat/arena.h"
#include "wpbloat/err.h"

#define WPB_FPM_MASTERS_MAX 64
#define WPB_FPM_CREWS_MAX 1024

/* A worker bears its master's title from the fork until it has given itself its own: it
 * is no master. */
struct wpb_fpm_master {
    uint32_t pid, parent;
    uid_t owner;        /* who runs it, and so named its configuration */
    const char *config; /* its main file, as it sees the file system */
};

/* The workers of one pool of one master. */
struct wpb_fpm_crew {
    uint32_t master; /* process id of the parent; no master of ours: init or a stranger */
    const char *pool;
    uint32_t workers;
};

struct wpb_fpm_processes {
    struct wpb_fpm_master masters[WPB_FPM_MASTERS_MAX];
    size_t master_count;
    struct wpb_fpm_crew crews[WPB_FPM_CREWS_MAX];
    size_t crew_count;
    size_t left_out;  /* masters and workers beyond the limits */
    bool is_complete; /* other users' processes are seen: PID 1 was */
};

/* Look below PROC ("/proc", or a folder that stands for it). Texts live in ARENA. -1 when
 * PROC cannot be read. */
int wpb_fpm_processes_read(const char *proc, struct wpb_arena *arena,
                           struct wpb_fpm_processes *processes, struct wpb_err *err);

#endif
