/*
 * fpm_pools.h - the PHP-FPM pools of this host: as their files say (wordpress/pool.h) and
 * as their processes show (fpm_processes.h).
 *
 * Both are needed: pm.max_children and the sockets stand only in files; which of several
 * PHP versions runs, and where a hosting panel keeps its files, is seen only in
 * processes. A pool is one of one master file; the same name under another master
 * (PHP 8.1 and 8.3 both have a "www") is another pool. Synchronous, reads files; any
 * thread.
 */
#ifndef WPB_REQUESTS_FPM_POOLS_H
#define WPB_REQUESTS_FPM_POOLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "probes/requests/listen_address.h"
#include "wpbloat/arena.h"

#define WPB_FPM_POOLS_MAX 256

enum wpb_fpm_manager {
    WPB_FPM_MANAGER_UNKNOWN,
    WPB_FPM_STATIC,
    WPB_FPM_DYNAMIC,
    WPB_FPM_ONDEMAND,
};

/* Paths are absolute; texts are "" when not set; all live in the arena. */
struct wpb_fpm_pool {
    const char *name;     /* "www" */
    const char *label;    /* the name, and when others share it " (CONFIG)": unique */
    const char *config;   /* FPM's main file */
    const char *file;     /* the pool's; "" when only its processes are seen */
    uint32_t php_version; /* 80200 where the path tells; else 0 */
    /* Who named those paths: read on his behalf only (file.h). */
    uid_t owner;
    struct wpb_listen_address listen,
        status_listen;          /* WPB_LISTEN_NONE: not known, none */
    const char *listen_problem; /* why `listen` is not known */
    int64_t backlog; /* as written, 511 when not; -1: all the kernel allows. What it is in
                        truth, accept_queue.h tells. */
    enum wpb_fpm_manager manager;
    uint32_t max_children;           /* 0: not known */
    bool is_lower_bound;             /* the workers seen, for want of better */
    const char *max_children_source; /* "pm.max_children in FILE:LINE" */
    const char *status_path;
    const char *access_log, *access_format; /* the format as written, else FPM's own */
    const char *slow_log;
    uint64_t slow_timeout_s;   /* request_slowlog_timeout; 0: off */
    const char *error_log;     /* PHP's, if the pool sets it: a path, or "syslog" */
    const char *ini_error_log; /* the same of php.ini */
    const char *fpm_log;       /* FPM's own */
    bool catches_output;       /* what workers write to stderr goes there */
    uint32_t sections;         /* [name] stands so often in its files; they are merged and
                                  the later line counts */
    uint32_t masters;    /* that run with this config; above 1: containers, or two by
                            mistake, and the workers are of all of them */
    uint32_t workers;    /* seen now */
    const char *problem; /* why its files could not be read; "" */
};

struct wpb_fpm_pools {
    struct wpb_fpm_pool items[WPB_FPM_POOLS_MAX];
    size_t count;
    size_t left_out;
    bool has_processes; /* other users' processes are seen: `masters` 0 means not running
                         */
};

/* Read the pools of the host whose files are below ROOT and whose processes are below
 * PROC ("" and "/proc", but in tests). What cannot be read is left out or says so. */
void wpb_fpm_pools_read(const char *root, const char *proc, struct wpb_arena *arena,
                        struct wpb_fpm_pools *pools);

/* Add the pools that FILE, one pool's file or a main file with what it includes, names:
 * an operator said that it is one. -1 when it cannot be read, or names none. */
int wpb_fpm_pools_read_file(const char *file, struct wpb_arena *arena,
                            struct wpb_fpm_pools *pools, struct wpb_err *err);

/* "5s", "10m", "2h", "1d", "30": seconds, as FPM reads it; 0 for what it would refuse.
 * Pure. */
uint64_t wpb_fpm_seconds(const char *text);

#endif
