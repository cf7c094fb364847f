/*
 * fpm_status.h - what PHP-FPM's status page says of a pool, as JSON (`?json&full`).
 *
 *   page = {"pool":T, "process manager":T, "start time":N, "start since":N,
 *           "accepted conn":N, "listen queue":N, "max listen queue":N,
 *           "listen queue len":N, "idle processes":N, "active processes":N,
 *           "total processes":N, "max active processes":N, "max children reached":N,
 *           "slow requests":N [, "memory peak":N] [, "processes":[process...]]}
 *   process = {"pid":N, "state":T, "start time":N, "start since":N, "requests":N,
 *           "request duration":N, "request method":T, "request uri":T,
 *           "content length":N, "user":T, "script":T, "last request cpu":N,
 *           "last request memory":N}
 *
 * Source: sapi/fpm/fpm/fpm_status.c, and pages of PHP 8.2. What it says is not taken for
 * truth:
 * - "listen queue" is 0 of unix sockets whatever waits (php-src#9943): see
 * accept_queue.h.
 * - "active processes" miscounts while requests overlap (php-src#14212, #18956) and is
 *   another process's in 8.4.0 and 8.4.1 (#16932). The list of processes is counted
 *   instead when it is whole.
 * - Older versions print URIs and user names without escaping, so that a visitor can
 * break the list, or forge it. The numbers before it stay; of equal keys the first
 * counts.
 * - pm.max_children is not told. "max children reached" is 0 with pm = static.
 * - CPU and memory of a process are those of its last request, and 0 unless it is idle.
 *
 * Pure but for memory; any thread.
 */
#ifndef WPB_REQUESTS_FPM_STATUS_H
#define WPB_REQUESTS_FPM_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/arena.h"
#include "wpbloat/err.h"

/* Asks for JSON, with the list of processes. */
#define WPB_FPM_STATUS_QUERY "json&full"
/* Bytes of a page: enough for WPB_FPM_PROCESSES_MAX of 500 bytes each. */
#define WPB_FPM_STATUS_MAX ((size_t)256 << 10)
/* Processes that are kept of a page. */
#define WPB_FPM_PROCESSES_MAX 512
/* Bytes of a request's URI that are kept. */
#define WPB_FPM_URI_MAX 512

enum wpb_fpm_state {
    WPB_FPM_IDLE,
    WPB_FPM_CREATING, /* forked, and not ready yet: neither idle nor busy */
    WPB_FPM_READING,  /* its headers, or who asks */
    WPB_FPM_RUNNING,
    WPB_FPM_ENDING,
    WPB_FPM_UNKNOWN, /* a word we do not know: not idle */
};

struct wpb_fpm_process {
    uint32_t pid;
    enum wpb_fpm_state state;
    uint64_t age_seconds;            /* of the process */
    uint64_t requests;               /* accepted since its start */
    uint64_t duration_us;            /* of its request until now; idle: of the last one */
    double last_cpu_percent;         /* of the last request; 0 unless idle */
    uint64_t last_memory_bytes;      /* its peak; 0 unless idle */
    struct wpb_slice method, script; /* "-" before the first request */
    /* SCRIPT_NAME and query, cut, raw: it may hold names, addresses and tokens of
     * visitors, and is for the classification of routes, never to be shown. */
    struct wpb_slice uri;
};

enum wpb_fpm_list {
    WPB_FPM_LIST_NONE,       /* not asked for */
    WPB_FPM_LIST_WHOLE,      /* all of the pool's processes */
    WPB_FPM_LIST_CUT,        /* more than WPB_FPM_PROCESSES_MAX */
    WPB_FPM_LIST_UNREADABLE, /* no JSON, or what no FPM would say: nothing is taken of it
                              */
};

/* What grows until FPM is started anew; plain memory, to compare with later. */
struct wpb_fpm_counters {
    int64_t start_time_s;      /* Unix time of FPM's start; -1: not told */
    uint64_t start_since_s;    /* seconds since then, by its clock */
    uint64_t accepted;         /* connections; our own too, unless by pm.status_listen */
    uint64_t slow_requests;    /* longer than request_slowlog_timeout */
    uint64_t children_reached; /* times that pm.max_children was reached, see above */
};

struct wpb_fpm_status {
    struct wpb_slice pool, manager; /* "www", "dynamic" */
    struct wpb_fpm_counters counters;
    /* Of the page; our own request is taken off `active` and `total`... */
    uint32_t told_active, told_idle, told_total;
    /* ...and the best we know: counted in the list when it is whole, else as told. */
    uint32_t active, idle;
    bool is_counted;            /* from the list */
    bool is_miscounting;        /* the list and the told total disagree */
    uint32_t max_active;        /* since the start */
    uint64_t listen_queue;      /* see above */
    uint64_t memory_peak_bytes; /* of any request since the start; since PHP 8.4 */
    bool has_memory_peak;
    enum wpb_fpm_list list;
    struct wpb_fpm_process *processes; /* without the one that answered us */
    size_t process_count;
};

struct wpb_fpm_expected {
    const char *pool;        /* the name it must tell; "": any */
    const char *status_path; /* how our own request looks in the list; "" */
    bool is_own_counted;     /* asked over the pool's own socket, not pm.status_listen */
    uint32_t workers;        /* pm.max_children: a longer list is forged; 0: not known */
};

/* Parse the PAGE into STATUS, whose texts live in ARENA. WPB_E_SYNTAX when it is no such
 * JSON, WPB_E_PROTOCOL when it contradicts itself or is another pool's, WPB_E_BUDGET. */
int wpb_fpm_status_parse(struct wpb_slice page, const struct wpb_fpm_expected *expected,
                         struct wpb_arena *arena, struct wpb_fpm_status *status,
                         struct wpb_err *err);

/* The same of a whole ANSWER: a CGI head and a page. A head that says something else
 * is an error that tells what to do: WPB_E_NOT_FOUND (no such pm.status_path),
 * WPB_E_DENIED, WPB_E_PROTOCOL (HTML, another status). */
int wpb_fpm_status_read(struct wpb_slice answer, const struct wpb_fpm_expected *expected,
                        struct wpb_arena *arena, struct wpb_fpm_status *status,
                        struct wpb_err *err);

#endif
