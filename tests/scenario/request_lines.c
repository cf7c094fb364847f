/*
 * request_lines.c - what the readers of logs make of real ones, in words that a scenario
 * can look for.
 *
 *   request_lines format                            our access.format, for a pool file
 *   request_lines fpm|nginx|json|apache FORMAT      <access log     one line a request
 *   request_lines slow                              <slow log       one line an entry
 *   request_lines errors                            <error log      one line an error
 *   request_lines follow PATH PLACE                 one look at PATH; its place is kept
 * in the file PLACE between two of them
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"
#include "probes/requests/access_format.h"
#include "probes/requests/component.h"
#include "probes/requests/follow.h"
#include "probes/requests/line_parse.h"
#include "probes/requests/php_errors.h"
#include "probes/requests/route.h"
#include "probes/requests/slow_log.h"
#include "probes/requests/web_log.h"

static void show_text(const char *name, struct wpb_slice text)
{
    struct wpb_buf escaped;

    wpb_buf_init(&escaped, 0);
    wpb_text_log(&escaped, text);
    printf(" %s=\"%s\"", name, escaped.data);
    wpb_buf_fini(&escaped);
}

static void show_number(const struct wpb_request_line *request, uint32_t what,
                        const char *name, uint64_t value)
{
    if (request->known & what)
        printf(" %s=%llu", name, (unsigned long long)value);
}

static void show_request(const struct wpb_line_format *format, struct wpb_slice line)
{
    static const char *const matches[] = {"read", "ambiguous", "cut", "no-match"};
    struct wpb_request_line request;
    enum wpb_line_match match = wpb_line_parse(format, line, &request);

    printf("%s route=%s%s", matches[match], wpb_route_name(wpb_route_of(&request, NULL)),
           request.is_rewritten ? " rewritten" : "");
    show_number(&request, WPB_LINE_END, "end_us", (uint64_t)request.end_us);
    show_number(&request, WPB_LINE_DURATION, "duration_us", request.duration_us);
    show_number(&request, WPB_LINE_CPU, "cpu_us", request.cpu_us);
    show_number(&request, WPB_LINE_MEMORY, "memory", request.memory_bytes);
    show_number(&request, WPB_LINE_STATUS, "status", request.status);
    show_number(&request, WPB_LINE_PID, "pid", request.pid);
    show_number(&request, WPB_LINE_QUERIES, "queries", request.queries);
    show_number(&request, WPB_LINE_UPSTREAM, "tries", request.upstream_tries);
    show_text("pool", request.pool);
    show_text("method", request.method);
    show_text("path", request.path);
    show_text("query", request.query);
    show_text("host", request.host);
    show_text("script", request.script);
    printf("\n");
}

static void show_error(struct wpb_slice line)
{
    struct wpb_php_error error;
    char component[WPB_COMPONENT_MAX];

    if (!wpb_php_errors_read(line, &error))
        return;
    wpb_component_of(error.file, component, NULL);
    printf("%s%s line=%u limit=%llu tried=%llu component=%s",
           wpb_php_errors_name(error.kind), error.has_time ? " dated" : "", error.line,
           (unsigned long long)error.limit_bytes, (unsigned long long)error.tried_bytes,
           component);
    show_text("file", error.file);
    printf("\n");
}

static void show_entry(const struct wpb_slow_entry *entry)
{
    printf("pool=%s pid=%u frames=%u doing=%s component=%s file=%s line=%u function=%s "
           "script=%s\n",
           entry->pool, entry->pid, entry->frames, entry->doing, entry->component,
           entry->file, entry->line, entry->function, entry->script);
}

/* Each line of stdin. */
static bool next_line(struct wpb_slice *line)
{
    static char *text;
    static size_t room;
    ssize_t len = getline(&text, &room, stdin);

    if (len < 0) {
        free(text);
        return false;
    }
    *line = wpb_slice_of(text, (size_t)len - (text[len - 1] == '\n'));
    return true;
}

static int show_slow_log(void)
{
    struct wpb_slow_log log;
    struct wpb_slow_entry entry;
    struct wpb_slice line;

    wpb_slow_log_init(&log, 0);
    while (next_line(&line))
        if (wpb_slow_log_line(&log, line, &entry))
            show_entry(&entry);
    if (wpb_slow_log_pause(&log, &entry))
        show_entry(&entry);
    return 0;
}

static int show_requests(const char *dialect, const char *text)
{
    struct wpb_line_format format;
    struct wpb_slice line, bytes = wpb_slice_cstr(text);
    struct wpb_err err;
    int refused;

    if (strcmp(dialect, "fpm") == 0)
        refused = wpb_access_format(&format, bytes, &err);
    else if (strcmp(dialect, "apache") == 0)
        refused = wpb_web_log_apache(&format, bytes, &err);
    else
        refused = wpb_web_log_nginx(
            &format, bytes,
            strcmp(dialect, "json") == 0 ? WPB_NGINX_JSON : WPB_NGINX_DEFAULT, &err);
    if (refused) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    while (next_line(&line))
        show_request(&format, line);
    return 0;
}

static void show_line(void *cookie, struct wpb_slice line)
{
    (void)cookie;
    printf("line");
    show_text("text", line);
    printf("\n");
}

static int look(const char *path, const char *place_path)
{
    static const char *const statuses[] = {"caught-up", "more", "absent", "refused"};
    static const struct wpb_follow_budget budget = {1 << 20, 10000, 0};
    static char buffer[65536];
    struct wpb_follow *follow = wpb_follow_new(path);
    struct wpb_follow_place place;
    struct wpb_follow_look seen;
    struct wpb_err err = {0};
    FILE *file = fopen(place_path, "rb");

    if (file && fread(&place, sizeof place, 1, file) == 1)
        wpb_follow_resume(follow, &place);
    if (file)
        fclose(file);
    enum wpb_follow_status status = wpb_follow_look(
        follow, &budget, buffer, sizeof buffer, show_line, NULL, &seen, &err);
    printf("%s lines=%llu rotations=%u truncations=%u %s\n", statuses[status],
           (unsigned long long)seen.lines, seen.rotations, seen.truncations, err.message);
    file = fopen(place_path, "wb");
    if (!file || fwrite(wpb_follow_place(follow), sizeof place, 1, file) != 1)
        return 1;
    fclose(file);
    wpb_follow_free(follow);
    return 0;
}

static int show_format(void)
{
    for (const char *at = WPB_ACCESS_FORMAT; *at; at++)
        printf("%s%c", *at == '"' ? "\\" : "", *at);
    printf("\n");
    return 0;
}

int main(int argc, char **argv)
{
    struct wpb_slice line;

    if (argc == 2 && strcmp(argv[1], "format") == 0)
        return show_format();
    if (argc == 2 && strcmp(argv[1], "slow") == 0)
        return show_slow_log();
    if (argc == 4 && strcmp(argv[1], "follow") == 0)
        return look(argv[2], argv[3]);
    if (argc == 3)
        return show_requests(argv[1], argv[2]);
    if (argc != 2 || strcmp(argv[1], "errors") != 0) {
        fprintf(stderr, "usage: request_lines format|slow|errors|DIALECT FORMAT|follow "
                        "PATH PLACE\n");
        return 64;
    }
    while (next_line(&line))
        show_error(line);
    return 0;
}
