/*
 * request_source.h - a log of requests, followed and counted: lines in, windows out.
 *
 * Reads the log's lines by the format, tells the route and counts (request_tally.h). At
 * first sight it reads back a day (log_reader.h); where lines have no time, only what
 * comes. The first window after a beginning or a gap is incomplete and is not handed out.
 * Our own requests, as far as lines tell the user agent, are not counted.
 *
 * Reads from disk: a pool's thread, one look at a time.
 */
#ifndef WPB_REQUESTS_REQUEST_SOURCE_H
#define WPB_REQUESTS_REQUEST_SOURCE_H

#include "probes/requests/line_format.h"
#include "probes/requests/log_reader.h"
#include "probes/requests/request_tally.h"
#include "probes/requests/route.h"

/* How far back it begins: no more than this, WPB_LOG_BACK_S, and WPB_SOURCE_BACK_WINDOWS,
 * since who asks has no room for more (wpbloat/window.h). */
#define WPB_SOURCE_BACK_WINDOWS 2800
#define WPB_SOURCE_BACK_BYTES (UINT64_C(64) << 20)

struct wpb_request_source;

/* Since the source was made. */
struct wpb_request_source_seen {
    uint64_t lines, bytes;
    uint64_t unread; /* lines that the format does not fit, or that are too long */
    uint64_t own;    /* our own requests: not counted */
};

/* Read PATH, which OWNER has named (follow.h), by FORMAT, which is copied. NAMES, which
 * has to outlive the source or is NULL, tells its routes. CLOSED is called from
 * wpb_request_source_look() with each window of LENGTH_S seconds that is complete. NULL
 * when memory is out. */
struct wpb_request_source *wpb_request_source_new(
    const char *path, uid_t owner, const struct wpb_line_format *format,
    const struct wpb_route_names *names, uint32_t length_s,
    void (*closed)(void *cookie, const struct wpb_request_window *), void *cookie);
void wpb_request_source_free(struct wpb_request_source *source);

/* Read one portion. WPB_FOLLOW_MORE: look again soon. */
enum wpb_follow_status wpb_request_source_look(struct wpb_request_source *source,
                                               struct wpb_moment now,
                                               struct wpb_err *err);

const char *wpb_request_source_path(const struct wpb_request_source *source);
bool wpb_request_source_tells(const struct wpb_request_source *source,
                              enum wpb_line_target target);
struct wpb_request_source_seen
wpb_request_source_seen(const struct wpb_request_source *source);

#endif
