#include "probes/requests/request_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "probes/requests/line_parse.h"
#include "probes/requests/route.h"

#define BUFFER_BYTES ((size_t)64 * 1024)
/* Of a portion: about a tenth of a second of one processor. */
#define PORTION_BYTES ((size_t)8 << 20)
#define PORTION_LINES 20000
#define SECOND_US INT64_C(1000000)

struct wpb_request_source {
    char *path;
    uid_t owner;
    struct wpb_line_format format;
    uint32_t length_s;
    void (*closed)(void *cookie, const struct wpb_request_window *);
    void *cookie;

    struct wpb_follow *follow;
    struct wpb_follow *before; /* PATH.1 while it is read; NULL: done, or there is none */
    bool has_begun;
    struct wpb_request_tally *tally;
    struct wpb_request_source_seen seen;

    /* During a look. */
    struct wpb_follow_look look;
    uint64_t look_skipped; /* of look.skipped_bytes, what has been taken note of */
    int64_t now_us;

    bool wants_first;    /* the next line's window is incomplete */
    int64_t complete_us; /* windows that begin earlier are */
};

/* A window that began before we did tells less than was. */
static void on_closed(void *cookie, const struct wpb_request_window *window)
{
    struct wpb_request_source *source = cookie;

    if (window->start_us >= source->complete_us)
        source->closed(source->cookie, window);
}

struct wpb_request_source *
wpb_request_source_new(const char *path, uid_t owner,
                       const struct wpb_line_format *format, uint32_t length_s,
                       void (*closed)(void *cookie, const struct wpb_request_window *),
                       void *cookie)
{
    struct wpb_request_source *source = calloc(1, sizeof *source);

    if (!source)
        return NULL;
    source->owner = owner;
    source->format = *format;
    source->length_s = length_s;
    source->closed = closed;
    source->cookie = cookie;
    source->path = strdup(path);
    source->follow = wpb_follow_new(path);
    source->tally = wpb_request_tally_new(length_s, on_closed, source);
    if (source->path && source->follow && source->tally)
        return source;
    wpb_request_source_free(source);
    return NULL;
}

void wpb_request_source_free(struct wpb_request_source *source)
{
    if (!source)
        return;
    wpb_request_tally_free(source->tally);
    wpb_follow_free(source->before);
    wpb_follow_free(source->follow);
    free(source->path);
    free(source);
}

const char *wpb_request_source_path(const struct wpb_request_source *source)
{
    return source->path;
}

bool wpb_request_source_tells(const struct wpb_request_source *source,
                              enum wpb_line_target target)
{
    return wpb_line_format_tells(&source->format, target);
}

struct wpb_request_source_seen
wpb_request_source_seen(const struct wpb_request_source *source)
{
    return source->seen;
}

/* ---- lines ---- */

static bool is_dated(const struct wpb_line_format *format)
{
    return wpb_line_format_tells(format, WPB_LINE_TO_END) ||
           wpb_line_format_tells(format, WPB_LINE_TO_START);
}

/* The window of a line at END_US has begun before we have. */
static void note_beginning(struct wpb_request_source *source, int64_t end_us)
{
    int64_t length_us = source->length_s * SECOND_US;

    if (source->look.skipped_bytes > source->look_skipped) {
        source->look_skipped = source->look.skipped_bytes;
        source->wants_first = true;
    }
    if (!source->wants_first)
        return;
    source->wants_first = false;
    source->complete_us = end_us - end_us % length_us + length_us;
}

static void on_line(void *cookie, struct wpb_slice line)
{
    struct wpb_request_source *source = cookie;
    struct wpb_request_line request;

    if (wpb_line_parse(&source->format, line, &request) == WPB_LINE_NO_MATCH) {
        source->seen.unread++;
        return;
    }
    int64_t end_us = request.known & WPB_LINE_END ? request.end_us : source->now_us;
    if (end_us < source->now_us - WPB_SOURCE_BACK_S * SECOND_US)
        return;
    note_beginning(source, end_us);
    wpb_request_tally_add(source->tally, &request, wpb_route_of(&request, NULL),
                          source->now_us);
}

/* ---- looks ---- */

/* Local time minus UTC, now. */
static int32_t local_offset(int64_t unix_s)
{
    time_t at = (time_t)unix_s;
    struct tm local;

    return localtime_r(&at, &local) ? (int32_t)local.tm_gmtoff : 0;
}

/* First sight: how much of PATH.1 belongs to the last bytes that are read back. */
static void begin(struct wpb_request_source *source)
{
    struct stat status;
    char before[4096];
    uint64_t size;

    source->has_begun = source->wants_first = true;
    if (!is_dated(&source->format))
        return;
    wpb_follow_begin_back(source->follow, WPB_SOURCE_BACK_BYTES);
    size = stat(source->path, &status) == 0 ? (uint64_t)status.st_size : 0;
    snprintf(before, sizeof before, "%s.1", source->path);
    if (size >= WPB_SOURCE_BACK_BYTES || stat(before, &status) != 0 ||
        !S_ISREG(status.st_mode) ||
        source->now_us / SECOND_US - status.st_mtim.tv_sec > WPB_SOURCE_BACK_S)
        return;
    source->before = wpb_follow_new(before);
    if (!source->before)
        return;
    wpb_follow_for(source->before, source->owner);
    wpb_follow_begin_back(source->before, WPB_SOURCE_BACK_BYTES - size);
}

static enum wpb_follow_status portion(struct wpb_request_source *source,
                                      struct wpb_follow *follow, char *buffer,
                                      struct wpb_err *err)
{
    static const struct wpb_follow_budget budget = {PORTION_BYTES, PORTION_LINES,
                                                    WPB_SOURCE_BACK_BYTES};
    enum wpb_follow_status status;

    source->look_skipped = 0;
    status = wpb_follow_look(follow, &budget, buffer, BUFFER_BYTES, on_line, source,
                             &source->look, err);
    source->seen.lines += source->look.lines;
    source->seen.bytes += source->look.bytes;
    source->seen.unread += source->look.long_lines;
    source->seen.skipped_bytes += source->look.skipped_bytes;
    return status;
}

enum wpb_follow_status wpb_request_source_look(struct wpb_request_source *source,
                                               struct wpb_moment now, struct wpb_err *err)
{
    char *buffer = malloc(BUFFER_BYTES);
    enum wpb_follow_status status;

    if (!buffer) {
        wpb_err_set(err, WPB_E_MEMORY, "requests", "no memory to read %s", source->path);
        return WPB_FOLLOW_REFUSED;
    }
    source->now_us = now.unix_ms * 1000;
    source->format.local_offset_s = local_offset(now.unix_ms / 1000);
    if (!source->has_begun) {
        wpb_follow_for(source->follow, source->owner);
        begin(source);
    }
    if (source->before) {
        /* What is wrong with it is no news: the current one is what counts. */
        if (portion(source, source->before, buffer, NULL) != WPB_FOLLOW_MORE) {
            wpb_follow_free(source->before);
            source->before = NULL;
        }
        status = WPB_FOLLOW_MORE;
    } else {
        status = portion(source, source->follow, buffer, err);
        if (status == WPB_FOLLOW_CAUGHT_UP)
            wpb_request_tally_advance(source->tally, source->now_us);
    }
    free(buffer);
    return status;
}
