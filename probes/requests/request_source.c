#include "probes/requests/request_source.h"

#include <stdlib.h>

#include "probes/requests/line_parse.h"

/* How this program names itself when it asks a site for pages. */
#define OWN_AGENT "wpbloat/"
#define SECOND_US INT64_C(1000000)

struct wpb_request_source {
    struct wpb_log_reader *reader;
    struct wpb_line_format format;
    const struct wpb_route_names *names;
    uint32_t length_s;
    int64_t back_s; /* older lines are passed over */
    void (*closed)(void *cookie, const struct wpb_request_window *);
    void *cookie;
    struct wpb_request_tally *tally;
    uint64_t unread, own;

    int64_t now_us; /* of the look */
    /* The next line's window is incomplete, and has these bytes passed over before it. */
    bool wants_first;
    uint64_t skipped_bytes;
    int64_t complete_us; /* windows that begin earlier are incomplete */
};

static bool is_dated(const struct wpb_line_format *format)
{
    return wpb_line_format_tells(format, WPB_LINE_TO_END) ||
           wpb_line_format_tells(format, WPB_LINE_TO_START);
}

/* A window that began before we did tells less than was. */
static void on_closed(void *cookie, const struct wpb_request_window *window)
{
    struct wpb_request_source *source = cookie;

    if (window->start_us >= source->complete_us)
        source->closed(source->cookie, window);
}

struct wpb_request_source *wpb_request_source_new(
    const char *path, uid_t owner, const struct wpb_line_format *format,
    const struct wpb_route_names *names, uint32_t length_s,
    void (*closed)(void *cookie, const struct wpb_request_window *), void *cookie)
{
    struct wpb_request_source *source = calloc(1, sizeof *source);

    if (!source)
        return NULL;
    source->format = *format;
    source->names = names;
    source->length_s = length_s;
    source->back_s = (int64_t)length_s * WPB_SOURCE_BACK_WINDOWS;
    if (source->back_s > WPB_LOG_BACK_S)
        source->back_s = WPB_LOG_BACK_S;
    source->closed = closed;
    source->cookie = cookie;
    source->wants_first = true;
    source->reader =
        wpb_log_reader_new(path, owner, is_dated(format) ? WPB_SOURCE_BACK_BYTES : 0);
    source->tally = wpb_request_tally_new(length_s, on_closed, source);
    if (source->reader && source->tally)
        return source;
    wpb_request_source_free(source);
    return NULL;
}

void wpb_request_source_free(struct wpb_request_source *source)
{
    if (!source)
        return;
    wpb_request_tally_free(source->tally);
    wpb_log_reader_free(source->reader);
    free(source);
}

const char *wpb_request_source_path(const struct wpb_request_source *source)
{
    return wpb_log_reader_path(source->reader);
}

bool wpb_request_source_tells(const struct wpb_request_source *source,
                              enum wpb_line_target target)
{
    return wpb_line_format_tells(&source->format, target);
}

struct wpb_request_source_seen
wpb_request_source_seen(const struct wpb_request_source *source)
{
    struct wpb_log_seen seen = wpb_log_reader_seen(source->reader);

    return (struct wpb_request_source_seen){.lines = seen.lines,
                                            .bytes = seen.bytes,
                                            .unread = source->unread + seen.long_lines,
                                            .own = source->own};
}

/* ---- lines ---- */

/* The window of a line at END_US has begun before we have. */
static void note_beginning(struct wpb_request_source *source, int64_t end_us)
{
    int64_t length_us = source->length_s * SECOND_US;
    uint64_t skipped_bytes = wpb_log_reader_seen(source->reader).skipped_bytes;

    source->wants_first |= skipped_bytes != source->skipped_bytes;
    source->skipped_bytes = skipped_bytes;
    /* A time that lies ahead tells nothing of when this log begins. */
    if (!source->wants_first || end_us > source->now_us)
        return;
    source->wants_first = false;
    source->complete_us = end_us - end_us % length_us + length_us;
}

static void on_line(void *cookie, struct wpb_slice line)
{
    struct wpb_request_source *source = cookie;
    struct wpb_request_line request;

    if (wpb_line_parse(&source->format, line, &request) == WPB_LINE_NO_MATCH) {
        source->unread++;
        return;
    }
    if (request.known & WPB_LINE_AGENT &&
        wpb_slice_starts(request.agent, wpb_slice_cstr(OWN_AGENT))) {
        source->own++;
        return;
    }
    int64_t end_us = request.known & WPB_LINE_END ? request.end_us : source->now_us;
    if (end_us < source->now_us - source->back_s * SECOND_US)
        return;
    note_beginning(source, end_us);
    wpb_request_tally_add(source->tally, &request, wpb_route_of(&request, source->names),
                          source->now_us);
}

/* ---- looks ---- */

enum wpb_follow_status wpb_request_source_look(struct wpb_request_source *source,
                                               struct wpb_moment now, struct wpb_err *err)
{
    enum wpb_follow_status status;

    source->now_us = now.unix_ms * 1000;
    /* The clock has been set back: time begins anew. */
    source->wants_first |=
        source->complete_us > source->now_us + source->length_s * SECOND_US;
    source->format.local_offset_s = wpb_log_local_offset(now.unix_ms);
    status = wpb_log_reader_look(source->reader, now, on_line, source, err);
    if (status == WPB_FOLLOW_CAUGHT_UP)
        wpb_request_tally_advance(source->tally, source->now_us);
    return status;
}
