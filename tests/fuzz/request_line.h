/*
 * request_line.h - what holds for every line of a log, whatever bytes it was read from.
 */
#ifndef WPB_TESTS_FUZZ_REQUEST_LINE_H
#define WPB_TESTS_FUZZ_REQUEST_LINE_H

#include <stdlib.h>

#include "probes/requests/line_parse.h"
#include "probes/requests/route.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(const struct wpb_request_line *request, uint32_t what,
                       struct wpb_slice text, struct wpb_slice line)
{
    if (!(request->known & what)) {
        check(text.len == 0);
        return;
    }
    check(text.len <= line.len);
    if (text.len)
        check(text.data >= line.data && text.data + text.len <= line.data + line.len);
}

static void check_request(const struct wpb_request_line *request, struct wpb_slice line)
{
    check(request->duration_us <= WPB_LINE_DURATION_MAX_US);
    check(request->cpu_us <= WPB_LINE_DURATION_MAX_US);
    check(request->upstream_last_us <= request->upstream_us);
    check(request->is_upstream == (request->upstream_tries > 0));
    check(request->status <= 999);
    check(request->end_us >= 0);
    check(!(request->known & WPB_LINE_CPU) || request->known & WPB_LINE_DURATION);
    check(!(request->known & WPB_LINE_END) || request->end_unit_us > 0);
    check_text(request, WPB_LINE_POOL, request->pool, line);
    check_text(request, WPB_LINE_METHOD, request->method, line);
    check_text(request, WPB_LINE_PATH, request->path, line);
    check_text(request, WPB_LINE_QUERY, request->query, line);
    check_text(request, WPB_LINE_SCRIPT, request->script, line);
    check_text(request, WPB_LINE_HOST, request->host, line);
    check(!request->path.len || !memchr(request->path.data, '?', request->path.len));
    check(wpb_route_of(request, NULL) < WPB_ROUTES);
}

/* Read every line of TEXT with FORMAT. */
static inline void check_lines(const struct wpb_line_format *format,
                               struct wpb_slice text)
{
    while (text.len) {
        const char *end = memchr(text.data, '\n', text.len);
        struct wpb_slice line =
            end ? wpb_slice_head(text, (size_t)(end - text.data)) : text;
        struct wpb_request_line request;
        enum wpb_line_match match = wpb_line_parse(format, line, &request);

        check(match != WPB_LINE_NO_MATCH || request.known == 0);
        check(request.is_cut == (match == WPB_LINE_CUT));
        check(match != WPB_LINE_CUT || line.len >= WPB_LINE_CUT_MIN);
        check_request(&request, line);
        text = wpb_slice_skip(text, line.len + 1);
    }
}

/* Take the first line off TEXT. */
static inline struct wpb_slice take_first_line(struct wpb_slice *text)
{
    const char *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
    struct wpb_slice line =
        end ? wpb_slice_head(*text, (size_t)(end - text->data)) : *text;

    *text = wpb_slice_skip(*text, line.len + 1);
    return line;
}

#endif
