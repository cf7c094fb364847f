/* The documents over HTTP, to readers of all kinds: real sockets, on the same loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "agent/base/clock.h"
#include "agent/serve/request.h"
#include "agent/serve/serve.h"

#define TOKEN "a-token-of-our-own"
/* Far above what anything here takes. */
#define PATIENCE_MS 60000

struct fixture {
    uv_loop_t loop;
    struct wpb_serve *serve;
    unsigned rendered[WPB_DOCUMENTS];
    size_t large_bytes; /* 0, or how long the report is */
    bool is_ill, is_empty;
    char folder[64], path[96];
};

static bool render(void *cookie, enum wpb_document which, struct wpb_buf *out)
{
    struct fixture *fixture = cookie;

    fixture->rendered[which]++;
    if (fixture->is_empty)
        return false;
    switch (which) {
    case WPB_DOCUMENT_REPORT:
        wpb_buf_text(out, "the report\n");
        wpb_buf_repeat(out, 'x', fixture->large_bytes);
        return true;
    case WPB_DOCUMENT_METRICS:
        wpb_buf_text(out, "wpbloat_up 1\n");
        return true;
    case WPB_DOCUMENT_FINDINGS:
        wpb_buf_text(out, "{\"findings\":[]}\n");
        return true;
    default:
        wpb_buf_text(out, fixture->is_ill
                              ? "{\"status\":\"degraded\",\"reasons\":[\"x\"]}\n"
                              : "{\"status\":\"ok\",\"reasons\":[]}\n");
        return !fixture->is_ill;
    }
}

static void begin_with(struct fixture *fixture, const struct wpb_serve_settings *settings)
{
    struct wpb_serve_routes routes = {render, fixture};
    struct wpb_err err = {0};

    fixture->serve = wpb_serve_open(&fixture->loop, settings, &routes, &err);
    if (!fixture->serve)
        fail_msg("%s", err.message);
}

static void begin(struct fixture *fixture)
{
    begin_with(fixture, &(struct wpb_serve_settings){.host = "127.0.0.1"});
}

/* Close, and run the loop until nothing is left on it. */
static void end(struct fixture *fixture)
{
    wpb_serve_close(fixture->serve);
    fixture->serve = NULL;
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    strcpy(fixture->folder, "/tmp/wpbloat-serve.XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof(fixture->path), "%s/http.sock", fixture->folder);
    uv_loop_init(&fixture->loop);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    end(fixture);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    unlink(fixture->path);
    rmdir(fixture->folder);
    free(fixture);
    return 0;
}

/* ---- a reader ---- */

static int reader_of(int family, const struct sockaddr *address, socklen_t len)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, address, len), 0);
    return fd;
}

static int reader(const struct fixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(wpb_serve_port(fixture->serve)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};

    return reader_of(AF_INET, (struct sockaddr *)&address, sizeof(address));
}

static int unix_reader(const struct fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, fixture->path);
    return reader_of(AF_UNIX, (struct sockaddr *)&address, sizeof(address));
}

static void turn(struct fixture *fixture)
{
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
}

/* As much of BYTES as is taken without waiting. */
static ssize_t put(int fd, const char *bytes, size_t len)
{
    return send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void put_all(struct fixture *fixture, int fd, const char *bytes, size_t len)
{
    uint64_t until_ms = wpb_clock_monotonic_ms() + PATIENCE_MS;

    while (len) {
        ssize_t sent = put(fd, bytes, len);
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        } else if (errno != EAGAIN) {
            return; /* it was closed on us */
        }
        turn(fixture);
        assert_true(wpb_clock_monotonic_ms() < until_ms);
    }
}

/* Read what comes until DONE says so, or the end of the stream; true at that end. */
static bool take(struct fixture *fixture, int fd, struct wpb_buf *answer,
                 bool (*done)(const struct wpb_buf *answer))
{
    uint64_t until_ms = wpb_clock_monotonic_ms() + PATIENCE_MS;
    char bytes[65536];

    while (!done || !done(answer)) {
        ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return true;
        if (got > 0)
            wpb_buf_add(answer, bytes, (size_t)got);
        turn(fixture);
        assert_true(wpb_clock_monotonic_ms() < until_ms);
    }
    return false;
}

static bool is_whole(const struct wpb_buf *answer)
{
    const char *end = strstr(answer->data, "\r\n\r\n");
    const char *length = strcasestr(answer->data, "\r\nContent-Length: ");

    return end && length &&
           answer->len >=
               (size_t)(end + 4 - answer->data) + strtoul(length + 18, NULL, 10);
}

static bool has_head(const struct wpb_buf *answer)
{
    return strstr(answer->data, "\r\n\r\n") != NULL;
}

/* Send REQUEST over FD, which is closed then; the answer is in ANSWER. */
static void exchange(struct fixture *fixture, int fd, const char *request,
                     struct wpb_buf *answer)
{
    wpb_buf_init(answer, 0);
    put_all(fixture, fd, request, strlen(request));
    take(fixture, fd, answer, strncmp(request, "HEAD", 4) == 0 ? has_head : is_whole);
    close(fd);
}

static void expect_on(struct fixture *fixture, int fd, const char *request, int status,
                      const char *part)
{
    struct wpb_buf answer;
    char line[32];

    exchange(fixture, fd, request, &answer);
    snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
    if (strncmp(answer.data, line, strlen(line)) != 0 ||
        (part && !strstr(answer.data, part)))
        fail_msg("expected %d with '%s', got:\n%s", status, part ? part : "",
                 answer.data);
    wpb_buf_fini(&answer);
}

static void expect(struct fixture *fixture, const char *request, int status,
                   const char *part)
{
    expect_on(fixture, reader(fixture), request, status, part);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

static size_t descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* Turn the loop until every connection is closed, and no timer runs any more. */
static void settle(struct fixture *fixture, size_t wanted)
{
    uint64_t until_ms = wpb_clock_monotonic_ms() + PATIENCE_MS;

    while (descriptors() != wanted) {
        uv_run(&fixture->loop, UV_RUN_ONCE);
        assert_true(wpb_clock_monotonic_ms() < until_ms);
    }
}

/* ---- what is served ---- */

static void each_document_has_its_path(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture);
    assert_true(wpb_serve_port(fixture->serve) > 0);
    expect(fixture, GET("/"), 200, "\r\n\r\nthe report\n");
    expect(fixture, GET("/metrics"), 200, "\r\n\r\nwpbloat_up 1\n");
    expect(fixture, GET("/metrics"), 200,
           "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    expect(fixture, GET("/healthz"), 200, "\r\n\r\n{\"status\":\"ok\",\"reasons\":[]}\n");
    expect(fixture, GET("/findings.json"), 200, "Content-Type: application/json\r\n");
    expect(fixture, GET("/metrics?a=b&c"), 200, "wpbloat_up 1\n");
    assert_int_equal(wpb_serve_requests(fixture->serve), 6);
}

static void every_answer_is_safe_in_a_browser(void **state)
{
    static const char *const headers[] = {
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
        "X-Content-Type-Options: nosniff\r\n", "Cache-Control: no-store\r\n",
        "Referrer-Policy: no-referrer\r\n"};
    struct fixture *fixture = *state;

    begin(fixture);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        expect(fixture, GET("/"), 200, headers[i]);
        expect(fixture, GET("/nothing"), 404, headers[i]);
    }
}

static void head_has_no_body(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_buf answer;

    begin(fixture);
    exchange(fixture, reader(fixture), "HEAD /metrics HTTP/1.1\r\nHost: [::1]:1\r\n\r\n",
             &answer);
    assert_non_null(strstr(answer.data, "HTTP/1.1 200 "));
    assert_non_null(strstr(answer.data, "Content-Length: 13\r\n"));
    assert_null(strstr(answer.data, "wpbloat_up"));
    wpb_buf_fini(&answer);
}

static void what_is_not_here_says_what_is(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture);
    expect(fixture, GET("/metricz"), 404, "There are /, /metrics, /healthz and");
    expect(fixture, GET("/metrics/"), 404, NULL);
    expect(fixture, GET("//metrics"), 404, NULL);
    expect(fixture, GET("/../../etc/passwd"), 404, NULL);
    expect(fixture, GET("/%2e%2e/%2e%2e/etc/passwd"), 404, NULL);
    expect(fixture, GET("*"), 404, NULL);
}

static void only_reading_is_allowed(void **state)
{
    static const char *const methods[] = {"POST",  "PUT",     "DELETE", "PATCH",
                                          "TRACE", "OPTIONS", "get",    "GETT"};
    struct fixture *fixture = *state;
    char request[128];

    begin(fixture);
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        snprintf(request, sizeof(request), "%s /metrics HTTP/1.1\r\nHost: ::\r\n\r\n",
                 methods[i]);
        expect(fixture, request, 405, "Allow: GET, HEAD\r\n");
    }
    expect(
        fixture,
        "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nsome of it",
        405, NULL);
}

static void a_body_is_refused_and_never_taken_for_a_request(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_buf answer;
    int fd;

    begin(fixture);
    expect(fixture,
           "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
           "0\r\n\r\n",
           400, "without a body");
    fd = reader(fixture);
    wpb_buf_init(&answer, 0);
    put_all(fixture, fd,
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 48\r\n\r\n"
            "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            98);
    assert_true(take(fixture, fd, &answer, NULL));
    assert_non_null(strstr(answer.data, "HTTP/1.1 400 "));
    assert_null(strstr(answer.data, "wpbloat_up"));
    wpb_buf_fini(&answer);
    close(fd);
}

static void forms_of_a_request(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture);
    expect(fixture, "GET http://127.0.0.1/metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
           200, "wpbloat_up 1\n");
    expect(fixture, "GET http://127.0.0.1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404,
           NULL);
    /* HTTP/1.1 wants a Host, and 1.0 does not. */
    expect(fixture, "GET /metrics HTTP/1.1\r\n\r\n", 400, NULL);
    expect(fixture, "GET /metrics HTTP/1.0\r\n\r\n", 200, "wpbloat_up 1\n");
}

static void a_sick_agent_says_so(void **state)
{
    struct fixture *fixture = *state;

    fixture->is_ill = true;
    begin(fixture);
    expect(fixture, GET("/healthz"), 503, "\"reasons\":[\"x\"]");
    fixture->is_empty = true;
    expect(fixture, GET("/metrics"), 503, "nothing was looked at yet");
}

static void a_document_is_made_once_a_second(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture);
    for (int i = 0; i < 50; i++) {
        uint64_t before_ms = uv_now(&fixture->loop);
        expect(fixture, GET("/metrics"), 200, "wpbloat_up 1\n");
        if (uv_now(&fixture->loop) - before_ms >= WPB_SERVE_CACHE_MS)
            return; /* this machine is too slow to tell */
    }
    assert_in_range(fixture->rendered[WPB_DOCUMENT_METRICS], 1, 49);
    wpb_serve_forget(fixture->serve);
    fixture->rendered[WPB_DOCUMENT_METRICS] = 0;
    expect(fixture, GET("/metrics"), 200, "wpbloat_up 1\n");
    assert_int_equal(fixture->rendered[WPB_DOCUMENT_METRICS], 1);
}

/* ---- who may read ---- */

static void a_token_is_asked_for(void **state)
{
    struct fixture *fixture = *state;

    begin_with(fixture,
               &(struct wpb_serve_settings){.host = "127.0.0.1", .token = TOKEN});
    expect(fixture, GET("/metrics"), 401, "WWW-Authenticate: Bearer");
    expect(fixture, GET("/nothing"), 401, NULL);
#define WITH(path, header)                                                               \
    "GET " path " HTTP/1.1\r\nHost: web-17.example\r\nAuthorization: " header "\r\n\r\n"
    expect(fixture, WITH("/metrics", "Bearer " TOKEN), 200, "wpbloat_up 1\n");
    expect(fixture, WITH("/metrics", "bearer  " TOKEN), 200, NULL);
    expect(fixture, WITH("/metrics", "Bearer " TOKEN "x"), 401, NULL);
    expect(fixture, WITH("/metrics", "Bearer a-token-of-our-owm"), 401, NULL);
    expect(fixture, WITH("/metrics", "Bearer"), 401, NULL);
    expect(fixture, WITH("/metrics", "Basic " TOKEN), 401, NULL);
    expect(fixture, WITH("/nothing", "Bearer " TOKEN), 404, NULL);
}

static void health_without_the_token_is_one_word(void **state)
{
    struct fixture *fixture = *state;

    begin_with(fixture,
               &(struct wpb_serve_settings){.host = "127.0.0.1", .token = TOKEN});
    expect(fixture, GET("/healthz"), 200, "\r\n\r\n{\"status\":\"ok\"}\n");
    expect(fixture, WITH("/healthz", "Bearer " TOKEN), 200, "\"reasons\":[]");
    fixture->is_ill = true;
    wpb_serve_forget(fixture->serve);
    expect(fixture, GET("/healthz"), 503, "\r\n\r\n{\"status\":\"degraded\"}\n");
    expect(fixture, WITH("/healthz", "Bearer " TOKEN), 503, "\"reasons\":[\"x\"]");
}

static void a_name_that_a_browser_was_given_is_refused(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture);
#define HOST(host) "GET /metrics HTTP/1.1\r\nHost: " host "\r\n\r\n"
    expect(fixture, HOST("rebound.example:9847"), 403, "ask by address");
    expect(fixture, HOST("127.0.0.1.rebound.example"), 403, NULL);
    expect(fixture, HOST("localhost.rebound.example"), 403, NULL);
    expect(fixture, HOST("[rebound.example]"), 403, NULL);
    expect(fixture, HOST("localhost:9847"), 200, NULL);
    expect(fixture, HOST("[::1]:9847"), 200, NULL);
}

static void settings_that_cannot_be(void **state)
{
    struct wpb_serve_settings wrong[] = {
        {.host = "127.0.0.1", .token = "two words"},
        {.host = "127.0.0.1", .token = ""},
        {.host = "127.0.0.1", .token = "caf\xc3\xa9"},
        {.host = "127.0.0.1", .cert_file = "/tmp/x"},
        {.host = "example.test"},
        {.host = ""},
    };
    struct fixture *fixture = *state;
    struct wpb_serve_routes routes = {render, fixture};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct wpb_err err = {0};
        assert_null(wpb_serve_open(&fixture->loop, &wrong[i], &routes, &err));
        assert_int_equal(err.code, WPB_E_ARGUMENT);
        assert_true(err.message[0]);
    }
}

/* ---- where it listens ---- */

static void ipv6(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has_ipv6 =
        probe >= 0 && bind(probe, (struct sockaddr *)&address, sizeof(address)) == 0;

    if (probe >= 0)
        close(probe);
    if (!has_ipv6)
        return; /* this machine has none: there is nothing to serve it on */
    begin_with(fixture, &(struct wpb_serve_settings){.host = "::1"});
    address.sin6_port = htons(wpb_serve_port(fixture->serve));
    expect_on(fixture, reader_of(AF_INET6, (struct sockaddr *)&address, sizeof(address)),
              GET("/metrics"), 200, "wpbloat_up 1\n");
}

static void a_port_that_is_taken_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_serve_routes routes = {render, fixture};
    struct wpb_serve_settings same = {.host = "localhost"};
    struct wpb_err err = {0};

    begin(fixture);
    same.port = wpb_serve_port(fixture->serve);
    assert_null(wpb_serve_open(&fixture->loop, &same, &routes, &err));
    assert_int_equal(err.code, WPB_E_CONNECT);
    /* And free again as soon as it is closed. */
    end(fixture);
    begin_with(fixture, &same);
    expect(fixture, GET("/metrics"), 200, NULL);
}

static void a_unix_socket_is_for_its_group(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    mode_t mask = umask(0077);

    begin_with(fixture, &(struct wpb_serve_settings){.path = fixture->path});
    umask(mask);
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0660);
    assert_int_equal(wpb_serve_port(fixture->serve), 0);
    expect_on(fixture, unix_reader(fixture), GET("/metrics"), 200, "wpbloat_up 1\n");
    expect_on(fixture, unix_reader(fixture), HOST("any.name.example"), 200, NULL);
    end(fixture);
    assert_int_equal(stat(fixture->path, &status), -1);
}

static void a_stale_socket_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, fixture->path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    begin_with(fixture, &(struct wpb_serve_settings){.path = fixture->path});
    expect_on(fixture, unix_reader(fixture), GET("/metrics"), 200, NULL);
}

static void a_socket_that_answers_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_serve_routes routes = {render, fixture};
    struct wpb_serve_settings same = {.path = fixture->path};
    struct wpb_err err = {0};

    begin_with(fixture, &same);
    assert_null(wpb_serve_open(&fixture->loop, &same, &routes, &err));
    assert_int_equal(err.code, WPB_E_CONNECT);
    expect_on(fixture, unix_reader(fixture), GET("/metrics"), 200, NULL);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_serve_routes routes = {render, fixture};
    struct wpb_err err = {0};
    FILE *file = fopen(fixture->path, "w");

    fputs("precious", file);
    fclose(file);
    assert_null(wpb_serve_open(&fixture->loop,
                               &(struct wpb_serve_settings){.path = fixture->path},
                               &routes, &err));
    assert_int_equal(err.code, WPB_E_ARGUMENT);
    assert_int_equal(access(fixture->path, F_OK), 0);
}

static void the_socket_of_a_successor_stays(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    begin_with(fixture, &(struct wpb_serve_settings){.path = fixture->path});
    strcpy(address.sun_path, fixture->path);
    unlink(fixture->path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    end(fixture);
    assert_int_equal(access(fixture->path, F_OK), 0);
    close(fd);
}

static void a_path_that_is_too_long_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_serve_routes routes = {render, fixture};
    struct wpb_err err = {0};
    char path[200];

    memset(path, 'p', sizeof(path));
    path[0] = '/';
    path[199] = '\0';
    assert_null(wpb_serve_open(&fixture->loop, &(struct wpb_serve_settings){.path = path},
                               &routes, &err));
    assert_int_equal(err.code, WPB_E_ARGUMENT);
}

/* ---- readers that mean harm ---- */

static void headers_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_buf request;

    begin(fixture);
    for (size_t size = WPB_SERVE_HEADER_BYTES; size <= 64 * WPB_SERVE_HEADER_BYTES;
         size *= 2) {
        bool is_allowed = size == WPB_SERVE_HEADER_BYTES;
        struct wpb_buf answer;
        int fd = reader(fixture);

        wpb_buf_init(&request, 0);
        wpb_buf_text(&request, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ");
        wpb_buf_repeat(&request, 'x', size - request.len - 4);
        wpb_buf_text(&request, "\r\n\r\n");
        wpb_buf_init(&answer, 0);
        put_all(fixture, fd, request.data, request.len);
        take(fixture, fd, &answer, is_allowed ? is_whole : NULL);
        /* What is refused may be so in the middle: no answer then, but a reset. */
        if (is_allowed)
            assert_non_null(strstr(answer.data, " 200 OK"));
        else if (size > 2 * WPB_SERVE_HEADER_BYTES)
            assert_null(strstr(answer.data, " 200 OK"));
        close(fd);
        wpb_buf_fini(&answer);
        wpb_buf_fini(&request);
    }
    expect(fixture, GET("/metrics"), 200, NULL);
}

static void thousands_of_headers_are_too_many(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_buf request, answer;
    int fd;

    begin(fixture);
    wpb_buf_init(&request, 0);
    wpb_buf_init(&answer, 0);
    wpb_buf_text(&request, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    for (int i = 0; i < 10000; i++)
        wpb_buf_text(&request, "a:b\r\n");
    wpb_buf_text(&request, "\r\n");
    fd = reader(fixture);
    put_all(fixture, fd, request.data, request.len);
    assert_true(take(fixture, fd, &answer, NULL));
    assert_null(strstr(answer.data, " 200 OK"));
    close(fd);
    wpb_buf_fini(&answer);
    wpb_buf_fini(&request);
    expect(fixture, GET("/metrics"), 200, NULL);
}

static void a_slow_request_is_cut_off(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_buf answer;
    uint64_t until_ms = wpb_clock_monotonic_ms() + PATIENCE_MS;
    int fd;

    begin_with(fixture,
               &(struct wpb_serve_settings){.host = "127.0.0.1", .request_ms = 200});
    wpb_buf_init(&answer, 0);
    fd = reader(fixture);
    put_all(fixture, fd, "GET / HTTP/1.1\r\n", 16);
    /* A byte whenever the server would let it: a time-out of inactivity never comes. */
    while (put(fd, "x", 1) == 1) {
        turn(fixture);
        usleep(1000);
        assert_true(wpb_clock_monotonic_ms() < until_ms);
    }
    assert_true(take(fixture, fd, &answer, NULL));
    assert_null(strstr(answer.data, " 200 "));
    close(fd);
    wpb_buf_fini(&answer);
    expect(fixture, GET("/metrics"), 200, NULL);
}

static void a_silent_connection_is_cut_off(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_buf answer;
    int fd;

    begin_with(fixture,
               &(struct wpb_serve_settings){.host = "127.0.0.1", .request_ms = 200});
    wpb_buf_init(&answer, 0);
    fd = reader(fixture);
    assert_true(take(fixture, fd, &answer, NULL));
    close(fd);
    /* Also between two requests. */
    fd = reader(fixture);
    put_all(fixture, fd, GET("/metrics"), strlen(GET("/metrics")));
    assert_true(take(fixture, fd, &answer, NULL));
    assert_non_null(strstr(answer.data, "wpbloat_up 1\n"));
    close(fd);
    wpb_buf_fini(&answer);
}

static void a_reader_that_does_not_read_is_cut_off(void **state)
{
    struct fixture *fixture = *state;
    size_t before = descriptors();
    int fd, small = 4096;

    fixture->large_bytes = 6 * 1024 * 1024;
    begin_with(fixture,
               &(struct wpb_serve_settings){.host = "127.0.0.1", .request_ms = 300});
    before = descriptors();
    fd = reader(fixture);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    put_all(fixture, fd, GET("/"), strlen(GET("/")));
    settle(fixture, before + 1);
    close(fd);
    expect(fixture, GET("/metrics"), 200, NULL);
}

static void a_large_document_arrives_whole(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_buf answer;

    fixture->large_bytes = 3 * 1024 * 1024;
    begin(fixture);
    exchange(fixture, reader(fixture), GET("/"), &answer);
    assert_true(is_whole(&answer));
    assert_true(answer.len > fixture->large_bytes);
    wpb_buf_fini(&answer);
}

static void a_document_above_its_limit_is_none(void **state)
{
    struct fixture *fixture = *state;

    fixture->large_bytes = 9 * 1024 * 1024;
    begin(fixture);
    expect(fixture, GET("/"), 503, NULL);
}

static void pipelined_requests_are_answered_up_to_a_number(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_buf request, answer;
    size_t answers = 0;
    int fd;

    begin(fixture);
    wpb_buf_init(&request, 0);
    wpb_buf_init(&answer, 0);
    for (int i = 0; i < 10000; i++)
        wpb_buf_text(&request, GET("/metrics"));
    fd = reader(fixture);
    /* Read while writing: else both sides would wait for the other. */
    for (size_t sent = 0; sent < request.len;) {
        char bytes[65536];
        ssize_t len = put(fd, request.data + sent, request.len - sent), got;
        sent += len > 0 ? (size_t)len : 0;
        while ((got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
            wpb_buf_add(&answer, bytes, (size_t)got);
        turn(fixture);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
    }
    assert_true(take(fixture, fd, &answer, NULL));
    for (char *at = answer.data; (at = strstr(at, "HTTP/1.1 200")); at++)
        answers++;
    assert_in_range(answers, 1, WPB_SERVE_REQUESTS_MAX);
    assert_true(wpb_serve_requests(fixture->serve) < 4 * WPB_SERVE_REQUESTS_MAX);
    close(fd);
    wpb_buf_fini(&answer);
    wpb_buf_fini(&request);
    expect(fixture, GET("/metrics"), 200, NULL);
}

static void a_connection_serves_many_requests(void **state)
{
    struct fixture *fixture = *state;
    int fd;

    begin(fixture);
    fd = reader(fixture);
    for (int i = 0; i < WPB_SERVE_REQUESTS_MAX; i++) {
        struct wpb_buf answer;
        wpb_buf_init(&answer, 0);
        put_all(fixture, fd, GET("/metrics"), strlen(GET("/metrics")));
        take(fixture, fd, &answer, is_whole);
        assert_non_null(strstr(answer.data, "HTTP/1.1 200"));
        wpb_buf_fini(&answer);
    }
    close(fd);
}

static void half_closed_readers_get_their_answer(void **state)
{
    struct fixture *fixture = *state;
    struct wpb_buf answer;
    int fd;

    begin(fixture);
    wpb_buf_init(&answer, 0);
    fd = reader(fixture);
    put_all(fixture, fd, GET("/metrics"), strlen(GET("/metrics")));
    shutdown(fd, SHUT_WR);
    assert_true(take(fixture, fd, &answer, NULL));
    assert_non_null(strstr(answer.data, "wpbloat_up 1\n"));
    close(fd);
    wpb_buf_fini(&answer);
}

static void more_readers_than_places_all_get_an_answer(void **state)
{
    struct fixture *fixture = *state;
    int idle[WPB_SERVE_CONNECTIONS_MAX], late;
    size_t before;

    begin_with(fixture, &(struct wpb_serve_settings){.path = fixture->path});
    before = descriptors();
    for (int i = 0; i < WPB_SERVE_CONNECTIONS_MAX; i++) {
        idle[i] = unix_reader(fixture);
        turn(fixture);
    }
    settle(fixture, before + 2 * WPB_SERVE_CONNECTIONS_MAX);
    /* Connected by the kernel, but not taken up. */
    late = unix_reader(fixture);
    put_all(fixture, late, GET("/metrics"), strlen(GET("/metrics")));
    for (int i = 0; i < 100; i++)
        turn(fixture);
    assert_int_equal(descriptors(), before + 2 * WPB_SERVE_CONNECTIONS_MAX + 1);
    assert_int_equal(wpb_serve_requests(fixture->serve), 0);
    for (int i = 0; i < WPB_SERVE_CONNECTIONS_MAX; i++)
        close(idle[i]);
    expect_on(fixture, late, GET("/metrics"), 200, "wpbloat_up 1\n");
}

static void one_address_cannot_take_all_places(void **state)
{
    struct fixture *fixture = *state;
    int idle[WPB_SERVE_CONNECTIONS_OF_ADDRESS_MAX + 1];
    struct wpb_buf answer;

    begin(fixture);
    for (int i = 0; i <= WPB_SERVE_CONNECTIONS_OF_ADDRESS_MAX; i++) {
        idle[i] = reader(fixture);
        turn(fixture);
    }
    wpb_buf_init(&answer, 0);
    assert_true(take(fixture, idle[WPB_SERVE_CONNECTIONS_OF_ADDRESS_MAX], &answer, NULL));
    for (int i = 0; i <= WPB_SERVE_CONNECTIONS_OF_ADDRESS_MAX; i++)
        close(idle[i]);
    wpb_buf_fini(&answer);
}

static void garbage_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } garbage[] = {
#define BYTES(literal) {literal, sizeof(literal) - 1}
        BYTES("\r\n\r\n\r\n"),
        BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        BYTES("GET\r\n\r\n"),
        BYTES("GET / HTTP/9.9\r\nHost: ::\r\n\r\n"),
        BYTES("GET /\x00metrics HTTP/1.1\r\nHost: a\x00b\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: "
              "99999999999999999999999\r\n\r\n"),
        BYTES("GET / HTTP/1.1\r\n Host: folded\r\n\r\n"),
        BYTES("GET %s%n%x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
        BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    };
    struct fixture *fixture = *state;
    size_t before;

    begin_with(fixture,
               &(struct wpb_serve_settings){.host = "127.0.0.1", .request_ms = 300});
    before = descriptors();
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        struct wpb_buf answer;
        int fd = reader(fixture);

        wpb_buf_init(&answer, 0);
        put_all(fixture, fd, garbage[i].bytes, garbage[i].len);
        shutdown(fd, SHUT_WR);
        assert_true(take(fixture, fd, &answer, NULL));
        assert_null(strstr(answer.data, "wpbloat_up"));
        close(fd);
        wpb_buf_fini(&answer);
    }
    settle(fixture, before);
    expect(fixture, GET("/metrics"), 200, NULL);
}

static void readers_that_vanish_leave_nothing(void **state)
{
    static const struct linger at_once = {.l_onoff = 1};
    struct fixture *fixture = *state;
    size_t before;

    fixture->large_bytes = 1024 * 1024;
    begin_with(fixture,
               &(struct wpb_serve_settings){.host = "127.0.0.1", .request_ms = 300});
    before = descriptors();
    for (int i = 0; i < 300; i++) {
        int fd = reader(fixture);
        put_all(fixture, fd, GET("/"), (size_t)(i % (int)sizeof(GET("/"))));
        if (i % 3 == 0) /* a reset instead of an end */
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        close(fd);
        turn(fixture);
    }
    settle(fixture, before);
    expect(fixture, GET("/metrics"), 200, NULL);
}

static void closing_in_the_middle_is_clean(void **state)
{
    struct fixture *fixture = *state;
    size_t before = descriptors();
    int slow, silent;

    fixture->large_bytes = 6 * 1024 * 1024;
    begin(fixture);
    slow = reader(fixture);
    silent = reader(fixture);
    put_all(fixture, slow, GET("/"), strlen(GET("/")));
    for (int i = 0; i < 20; i++)
        turn(fixture);
    end(fixture);
    close(slow);
    close(silent);
    assert_int_equal(descriptors(), before);
}

static void an_idle_server_sleeps(void **state)
{
    struct fixture *fixture = *state;
    uint64_t until_ms = wpb_clock_monotonic_ms() + PATIENCE_MS;

    begin(fixture);
    expect(fixture, GET("/metrics"), 200, NULL);
    /* The timers run out, and the loop has nothing to wake for. */
    while (uv_backend_timeout(&fixture->loop) >= 0) {
        uv_run(&fixture->loop, UV_RUN_ONCE);
        assert_true(wpb_clock_monotonic_ms() < until_ms);
    }
}

static void a_url_is_compared_whole(void **state)
{
    struct wpb_serve_request request = {.method = "GET"};
    enum wpb_document which;
    static const struct {
        const char *url;
        enum wpb_serve_answer answer;
    } urls[] = {
        {"/metrics", WPB_ANSWER_DOCUMENT}, {"https://x/healthz", WPB_ANSWER_DOCUMENT},
        {"https://x", WPB_ANSWER_PATH},    {"", WPB_ANSWER_PATH},
        {"/Metrics", WPB_ANSWER_PATH},     {"metrics", WPB_ANSWER_PATH},
        {"://", WPB_ANSWER_PATH},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        request.url = urls[i].url;
        assert_int_equal(wpb_serve_judge(&request, NULL, true, &which), urls[i].answer);
    }
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        SERVED(each_document_has_its_path),
        SERVED(every_answer_is_safe_in_a_browser),
        SERVED(head_has_no_body),
        SERVED(what_is_not_here_says_what_is),
        SERVED(only_reading_is_allowed),
        SERVED(a_body_is_refused_and_never_taken_for_a_request),
        SERVED(forms_of_a_request),
        SERVED(a_sick_agent_says_so),
        SERVED(a_document_is_made_once_a_second),
        SERVED(a_token_is_asked_for),
        SERVED(health_without_the_token_is_one_word),
        SERVED(a_name_that_a_browser_was_given_is_refused),
        SERVED(settings_that_cannot_be),
        SERVED(ipv6),
        SERVED(a_port_that_is_taken_is_told),
        SERVED(a_unix_socket_is_for_its_group),
        SERVED(a_stale_socket_is_replaced),
        SERVED(a_socket_that_answers_is_left_alone),
        SERVED(a_file_that_is_no_socket_is_left_alone),
        SERVED(the_socket_of_a_successor_stays),
        SERVED(a_path_that_is_too_long_is_told),
        SERVED(headers_are_bounded),
        SERVED(thousands_of_headers_are_too_many),
        SERVED(a_slow_request_is_cut_off),
        SERVED(a_silent_connection_is_cut_off),
        SERVED(a_reader_that_does_not_read_is_cut_off),
        SERVED(a_large_document_arrives_whole),
        SERVED(a_document_above_its_limit_is_none),
        SERVED(pipelined_requests_are_answered_up_to_a_number),
        SERVED(a_connection_serves_many_requests),
        SERVED(half_closed_readers_get_their_answer),
        SERVED(more_readers_than_places_all_get_an_answer),
        SERVED(one_address_cannot_take_all_places),
        SERVED(garbage_is_refused),
        SERVED(readers_that_vanish_leave_nothing),
        SERVED(closing_in_the_middle_is_clean),
        SERVED(an_idle_server_sleeps),
        cmocka_unit_test(a_url_is_compared_whole),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
