/*
 * request_line.h - one request, as a line of a log tells it.
 *
 * What a log says depends on its format: `known` tells which fields hold something. The
 * texts are slices of the line, as the server wrote them (escapes included): they hold
 * what visitors sent, live as long as the line, and reach an output only through
 * agent/base/text.h. Plain memory; any thread.
 */
#ifndef WPB_REQUESTS_REQUEST_LINE_H
#define WPB_REQUESTS_REQUEST_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

enum wpb_line_knows {
    WPB_LINE_END = 1 << 0,
    WPB_LINE_DURATION = 1 << 1,
    WPB_LINE_CPU = 1 << 2, /* user and system */
    WPB_LINE_MEMORY = 1 << 3,
    WPB_LINE_POOL = 1 << 4,
    WPB_LINE_PID = 1 << 5,
    WPB_LINE_METHOD = 1 << 6,
    WPB_LINE_STATUS = 1 << 7,
    WPB_LINE_PATH = 1 << 8,
    WPB_LINE_QUERY = 1 << 9, /* "" is known: there was none */
    WPB_LINE_SCRIPT = 1 << 10,
    WPB_LINE_HOST = 1 << 11,
    WPB_LINE_UPSTREAM = 1 << 12, /* whether it went to PHP, and for how long */
    WPB_LINE_CACHE = 1 << 13,
    WPB_LINE_QUERIES = 1 << 14,
    WPB_LINE_AGENT = 1 << 15,
};

/* What the web server's own cache did ($upstream_cache_status). */
enum wpb_line_cache {
    WPB_LINE_CACHE_HIT,   /* HIT, STALE, UPDATING, REVALIDATED: PHP did not work for it */
    WPB_LINE_CACHE_MISS,  /* MISS, EXPIRED */
    WPB_LINE_CACHE_BYPASS /* BYPASS, or a word nobody knows */
};

struct wpb_request_line {
    uint32_t known; /* of enum wpb_line_knows */
    bool is_cut; /* the server's line buffer was full: what stood behind is not known */
    /* The path is the script's or a rewritten one, which with WordPress' permalinks is
     * /index.php for every page: it does not tell the route. */
    bool is_rewritten;

    int64_t end_us;       /* Unix time at which it was done */
    uint32_t end_unit_us; /* ... or up to so much later: what the log's clock resolves */
    /* FPM: in a worker, without the accept queue. Web server: until the last byte left.
     */
    uint64_t duration_us;
    uint64_t cpu_us;       /* in steps of the kernel's tick, 10 ms: true in sums only */
    uint64_t memory_bytes; /* peak; of a reused worker maybe that of an earlier request */
    uint32_t pid;
    unsigned status;
    uint64_t queries; /* a header that the site sends, such as X-Queries */

    bool is_upstream; /* it went to PHP */
    enum wpb_line_cache cache;
    unsigned upstream_tries;   /* servers asked */
    uint64_t upstream_us;      /* all tries, with the wait in the accept queue */
    uint64_t upstream_last_us; /* the last try */

    struct wpb_slice pool, method, path, query, script, host, agent;
};

#endif
