#include "probes/requests/web_log.h"

#define STAGE "requests"
#define SECONDS_OF(what)                                                                 \
    {                                                                                    \
        .kind = WPB_LINE_NUMBER, .target = (what), .decimals = 6, .unit_us = 1000        \
    }
#define TIME_OF                                                                          \
    {                                                                                    \
        .kind = WPB_LINE_TIME, .target = WPB_LINE_TO_END, .unit_us = 1000000             \
    }
#define WORD_OF(what)                                                                    \
    {                                                                                    \
        .kind = WPB_LINE_WORD, .target = (what)                                          \
    }
#define TEXT_OF(what)                                                                    \
    {                                                                                    \
        .kind = WPB_LINE_TEXT, .target = (what)                                          \
    }
#define LIST_OF(what)                                                                    \
    {                                                                                    \
        .kind = WPB_LINE_SECONDS, .target = (what), .decimals = 6                        \
    }

/* Everything else may be a header, with anything in it. */
static const struct {
    const char *name;
    const char *pattern; /* of a time */
    struct wpb_line_field field;
} variables[] = {
    {"msec", NULL, SECONDS_OF(WPB_LINE_TO_END)},
    {"time_iso8601", "%Y-%m-%dT%H:%M:%S%z", TIME_OF},
    {"time_local", WPB_TIME_FORMAT_COMMON, TIME_OF},
    {"request_time", NULL, SECONDS_OF(WPB_LINE_TO_DURATION)},
    {"request",
     NULL,
     {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_REQUEST, .has_spaces = true}},
    {"request_uri", NULL, TEXT_OF(WPB_LINE_TO_URI)},
    {"uri", NULL, TEXT_OF(WPB_LINE_TO_REWRITTEN)},
    {"document_uri", NULL, TEXT_OF(WPB_LINE_TO_REWRITTEN)},
    {"fastcgi_script_name", NULL, TEXT_OF(WPB_LINE_TO_REWRITTEN)},
    {"args", NULL, TEXT_OF(WPB_LINE_TO_QUERY)},
    {"query_string", NULL, TEXT_OF(WPB_LINE_TO_QUERY)},
    {"is_args", NULL, TEXT_OF(WPB_LINE_TO_QUERY)},
    {"request_method", NULL, WORD_OF(WPB_LINE_TO_METHOD)},
    {"request_filename", NULL, TEXT_OF(WPB_LINE_TO_SCRIPT)},
    {"status", NULL, {.kind = WPB_LINE_NUMBER, .target = WPB_LINE_TO_STATUS}},
    {"host", NULL, WORD_OF(WPB_LINE_TO_HOST)},
    {"http_host", NULL, WORD_OF(WPB_LINE_TO_HOST)},
    {"server_name", NULL, WORD_OF(WPB_LINE_TO_HOST)},
    {"http_user_agent",
     NULL,
     {.kind = WPB_LINE_TEXT, .target = WPB_LINE_TO_AGENT, .has_spaces = true}},
    {"pid", NULL, {.kind = WPB_LINE_NUMBER}}, /* nginx's own, not PHP's */
    {"upstream_response_time", NULL, LIST_OF(WPB_LINE_TO_UPSTREAM)},
    {"upstream_connect_time", NULL, LIST_OF(WPB_LINE_TO_NOTHING)},
    {"upstream_header_time", NULL, LIST_OF(WPB_LINE_TO_NOTHING)},
    {"upstream_status", NULL, LIST_OF(WPB_LINE_TO_NOTHING)},
    {"upstream_cache_status", NULL, WORD_OF(WPB_LINE_TO_CACHE)},
    {"body_bytes_sent", NULL, {.kind = WPB_LINE_NUMBER}},
    {"bytes_sent", NULL, {.kind = WPB_LINE_NUMBER}},
    {"request_length", NULL, {.kind = WPB_LINE_NUMBER}},
    {"connection", NULL, {.kind = WPB_LINE_NUMBER}},
    {"connection_requests", NULL, {.kind = WPB_LINE_NUMBER}},
    {"gzip_ratio", NULL, {.kind = WPB_LINE_NUMBER}},
    {"remote_addr", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
    {"remote_port", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
    {"realip_remote_addr", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
    {"server_addr", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
    {"server_port", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
    {"server_protocol", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
    {"scheme", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
    {"hostname", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
    {"pipe", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
    {"request_id", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
    {"ssl_protocol", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
    {"ssl_cipher", NULL, WORD_OF(WPB_LINE_TO_NOTHING)},
};

static bool is_of_name(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

/* Take "$name" or "${name}" off the front of TEXT. */
static int take_name(struct wpb_slice *text, struct wpb_slice *name, struct wpb_err *err)
{
    bool has_braces = text->len > 1 && text->data[1] == '{';
    struct wpb_slice rest = wpb_slice_skip(*text, has_braces ? 2 : 1);
    size_t len = 0;

    while (len < rest.len && is_of_name(rest.data[len]))
        len++;
    if (len == 0 || (has_braces && (len == rest.len || rest.data[len] != '}')))
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                           "a $ is not followed by the name of a variable");
    *name = wpb_slice_head(rest, len);
    *text = wpb_slice_skip(rest, len + (has_braces ? 1 : 0));
    return 0;
}

static int add_variable(struct wpb_line_format *format, struct wpb_slice name,
                        enum wpb_nginx_escape escape, struct wpb_err *err)
{
    struct wpb_line_field field = {.kind = WPB_LINE_TEXT, .has_spaces = true};
    const char *pattern = "";

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        if (!wpb_slice_is(name, variables[i].name))
            continue;
        field = variables[i].field;
        if (variables[i].pattern)
            pattern = variables[i].pattern;
    }
    field.is_escaped = escape != WPB_NGINX_NONE;
    return wpb_line_format_field(format, &field, wpb_slice_cstr(pattern), err);
}

int wpb_web_log_nginx(struct wpb_line_format *format, struct wpb_slice text,
                      enum wpb_nginx_escape escape, struct wpb_err *err)
{
    struct wpb_slice name = {NULL, 0};

    wpb_line_format_begin(format);
    while (text.len) {
        if (text.data[0] == '$') {
            if (take_name(&text, &name, err) || add_variable(format, name, escape, err))
                return -1;
            continue;
        }
        if (wpb_line_format_literal(format, wpb_slice_head(text, 1), err))
            return -1;
        text = wpb_slice_skip(text, 1);
    }
    return wpb_line_format_finish(format, err);
}
