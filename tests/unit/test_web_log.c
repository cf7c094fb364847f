/* The logs of nginx 1.22 and Apache 2.4: formats, lines they wrote, hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/requests/line_parse.h"
#include "probes/requests/web_log.h"

#define JSON                                                                             \
    "{\"t\":\"$msec\",\"m\":\"$request_method\",\"u\":\"$request_uri\",\"s\":$status,"   \
    "\"rt\":$request_time,\"urt\":\"$upstream_response_time\",\"uct\":"                  \
    "\"$upstream_connect_time\",\"cs\":\"$upstream_cache_status\",\"ua\":"               \
    "\"$http_user_agent\",\"h\":\"$host\"}"
#define COMBINED_TIMES WPB_NGINX_COMBINED " $request_time $upstream_response_time"

static enum wpb_line_match read_nginx(const char *text, enum wpb_nginx_escape escape,
                                      const char *line, struct wpb_request_line *request)
{
    struct wpb_line_format format;
    struct wpb_err err;

    if (wpb_web_log_nginx(&format, wpb_slice_cstr(text), escape, &err))
        fail_msg("%s: %s", text, err.message);
    return wpb_line_parse(&format, wpb_slice_cstr(line), request);
}

static enum wpb_line_match read_apache(const char *text, const char *line,
                                       struct wpb_request_line *request)
{
    struct wpb_line_format format;
    struct wpb_err err;

    if (wpb_web_log_apache(&format, wpb_slice_cstr(text), &err))
        fail_msg("%s: %s", text, err.message);
    return wpb_line_parse(&format, wpb_slice_cstr(line), request);
}

static void expect_text(struct wpb_slice text, const char *expected)
{
    if (!wpb_slice_is(text, expected))
        fail_msg("\"%.*s\" is not \"%s\"", (int)text.len, text.data, expected);
}

/* ---- nginx ---- */

static void a_line_of_json_tells_the_upstream_time(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(
        read_nginx(JSON, WPB_NGINX_JSON,
                   "{\"t\":\"1795981452.962\",\"m\":\"POST\",\"u\":\"/index.php?burn=1\","
                   "\"s\":200,\"rt\":0.316,\"urt\":\"0.315\",\"uct\":\"0.000\",\"cs\":"
                   "\"MISS\",\"ua\":\"curl/7.88.1\",\"h\":\"shop.example\"}",
                   &line),
        WPB_LINE_READ);
    assert_int_equal(line.end_us, INT64_C(1795981452962000));
    assert_int_equal(line.end_unit_us, 1000);
    assert_int_equal(line.duration_us, 316000);
    assert_true(line.is_upstream);
    assert_int_equal(line.upstream_us, 315000);
    assert_int_equal(line.upstream_tries, 1);
    assert_int_equal(line.cache, WPB_LINE_CACHE_MISS);
    assert_int_equal(line.status, 200);
    expect_text(line.method, "POST");
    expect_text(line.path, "/index.php");
    expect_text(line.query, "burn=1");
    expect_text(line.host, "shop.example");
    assert_false(line.is_rewritten);
}

static void what_php_did_not_see_has_no_upstream(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(
        read_nginx(
            JSON, WPB_NGINX_JSON,
            "{\"t\":\"1795981452.608\",\"m\":\"GET\",\"u\":\"/logo.png\",\"s\":403,"
            "\"rt\":0.000,\"urt\":\"\",\"uct\":\"\",\"cs\":\"\",\"ua\":\"\","
            "\"h\":\"shop.example\"}",
            &line),
        WPB_LINE_READ);
    assert_true(line.known & WPB_LINE_UPSTREAM);
    assert_false(line.is_upstream);
    assert_false(line.known & WPB_LINE_CACHE);
    assert_int_equal(read_nginx(COMBINED_TIMES, WPB_NGINX_DEFAULT,
                                "unix: - - [29/Nov/2026:19:44:12 +0000] \"GET /?pool=rec "
                                "HTTP/1.1\" 403 153 \"-\" \"curl/7.88.1\" 0.000 -",
                                &line),
                     WPB_LINE_READ);
    assert_true(line.known & WPB_LINE_UPSTREAM);
    assert_false(line.is_upstream);
}

static void every_try_of_an_upstream_counts(void **state)
{
    static const struct {
        const char *list;
        unsigned tries;
        uint64_t sum_us, last_us;
    } rows[] = {
        {"0.316", 1, 316000, 316000},
        {"0.000, 0.250", 2, 250000, 250000},
        {"0.100, 0.200 : 0.300", 3, 600000, 300000},
        {"-, 0.004", 1, 4000, 4000},
        {"1.000, -", 1, 1000000, 0},
        {"-", 0, 0, 0},
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wpb_request_line line;
        snprintf(text, sizeof text,
                 "1795981452.962 0.9 200 GET \"/a\" \"h\" \"%s\" \"-\"", rows[i].list);
        assert_int_equal(read_nginx(WPB_NGINX_FORMAT, WPB_NGINX_DEFAULT, text, &line),
                         WPB_LINE_READ);
        assert_int_equal(line.upstream_tries, rows[i].tries);
        assert_int_equal(line.upstream_us, rows[i].sum_us);
        assert_int_equal(line.upstream_last_us, rows[i].last_us);
        assert_int_equal(line.is_upstream, rows[i].tries > 0);
    }
}

static void escaped_quotes_do_not_end_a_text(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(
        read_nginx(
            JSON, WPB_NGINX_JSON,
            "{\"t\":\"1795981453.146\",\"m\":\"GET\",\"u\":\"/x\\\"y/?x='\\\"'\","
            "\"s\":200,\"rt\":0.002,\"urt\":\"0.002\",\"uct\":\"0.000\",\"cs\":"
            "\"\",\"ua\":\"\\\",\\\"h\\\":\\\"bank.example\\\\\",\"h\":\"shop.example\"}",
            &line),
        WPB_LINE_READ);
    expect_text(line.path, "/x\\\"y/");
    expect_text(line.host, "shop.example");
    assert_int_equal(
        read_nginx(COMBINED_TIMES, WPB_NGINX_DEFAULT,
                   "unix: - - [29/Nov/2026:19:44:13 +0000] \"GET /x\\x22y/?x='\\x22' "
                   "HTTP/1.1\" 200 13 \"-\" \"ua \\x22 \\x5C \\xC3\\xA9\" 0.002 0.002",
                   &line),
        WPB_LINE_READ);
    expect_text(line.path, "/x\\x22y/");
    assert_int_equal(line.upstream_us, 2000);
    assert_int_equal(line.end_us, INT64_C(1795981453000000));
}

static void a_users_name_cannot_forge_the_rest(void **state)
{
    struct wpb_request_line line;

    (void)state;
    /* nginx does not escape spaces and brackets of the name in an Authorization header */
    assert_int_equal(
        read_nginx(WPB_NGINX_COMBINED, WPB_NGINX_DEFAULT,
                   "10.0.0.1 - mallory [29/Nov/2026:19:44:13 +0000] "
                   "[29/Nov/2027:00:00:00 +0000] \"GET / HTTP/1.1\" 200 13 \"-\" \"-\"",
                   &line),
        WPB_LINE_READ);
    assert_int_equal(line.end_us / 1000000, 1827446400); /* nginx's own, the last one */
}

static void unescaped_texts_are_taken_apart_where_that_is_certain(void **state)
{
    static const char format[] = "$status $request_time \"$uri$is_args$args\" \"$host\"";
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(read_nginx(format, WPB_NGINX_NONE,
                                "200 0.5 \"/a\"b/?c=d\" \"shop.example\"", &line),
                     WPB_LINE_READ);
    expect_text(line.path, "/a\"b/");
    expect_text(line.query, "c=d");
    assert_true(line.is_rewritten);
    /* a host holds no quote, so this one is the path's */
    assert_int_equal(read_nginx(format, WPB_NGINX_NONE,
                                "200 0.5 \"/a\" \"b\" \"shop.example\"", &line),
                     WPB_LINE_READ);
    expect_text(line.path, "/a\" \"b");
    assert_int_equal(read_nginx("$status $request_time \"$uri\" \"$request_filename\"",
                                WPB_NGINX_NONE, "200 0.5 \"/a\" \"b\" \"/var/www/a\"",
                                &line),
                     WPB_LINE_AMBIGUOUS);
    assert_int_equal(line.duration_us, 500000);
    assert_false(line.known & WPB_LINE_PATH);
}

static void a_host_may_stand_right_before_a_path(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(read_nginx("$status ${scheme}://$host$request_uri $request_time",
                                WPB_NGINX_DEFAULT,
                                "200 https://shop.example/cart/?x=1 0.25", &line),
                     WPB_LINE_READ);
    expect_text(line.host, "shop.example");
    expect_text(line.path, "/cart/");
    assert_int_equal(line.duration_us, 250000);
}

static void a_request_to_a_proxy_loses_its_host(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(read_nginx("\"$request\" $status", WPB_NGINX_DEFAULT,
                                "\"GET http://shop.example/a/b?c HTTP/1.1\" 200", &line),
                     WPB_LINE_READ);
    expect_text(line.path, "/a/b");
    expect_text(line.query, "c");
}

static void what_is_no_request_has_no_path(void **state)
{
    struct wpb_request_line line;

    (void)state;
    /* TLS spoken to a plain port, and nothing spoken at all */
    assert_int_equal(read_nginx("\"$request\" $status", WPB_NGINX_DEFAULT,
                                "\"\\x16\\x03\\x01\" 400", &line),
                     WPB_LINE_READ);
    assert_int_equal(line.known, WPB_LINE_STATUS);
    assert_int_equal(
        read_nginx("\"$request\" $status", WPB_NGINX_DEFAULT, "\"\" 408", &line),
        WPB_LINE_READ);
    assert_int_equal(line.known, WPB_LINE_STATUS);
    assert_int_equal(line.status, 408);
}

static void nginx_formats_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *format, *reason;
    } rows[] = {
        {"$", "a $ is not followed by the name of a variable"},
        {"a ${status b", "a $ is not followed by the name of a variable"},
        {"$status$request_time",
         "nothing stands between a field and the next one (part 1 "
         "of the format), so where it ends is not known"},
        {"$upstream_response_time, $status",
         "a number is followed by what could be part of it (part 1 of the format)"},
        {"$request $http_user_agent",
         "a text that may hold spaces stands between spaces (part 1 of the format): put "
         "it into quotes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wpb_line_format format;
        struct wpb_err err = {0};
        assert_int_equal(wpb_web_log_nginx(&format, wpb_slice_cstr(rows[i].format),
                                           WPB_NGINX_DEFAULT, &err),
                         -1);
        assert_string_equal(err.message, rows[i].reason);
    }
}

/* ---- Apache ---- */

static void apaches_combined_format_with_a_duration_is_read(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(
        read_apache(WPB_APACHE_FORMAT,
                    "127.0.0.1 - - [29/Nov/2026:19:44:57 +0000] \"GET "
                    "/product/blue/?a=1&burn=1 HTTP/1.1\" 200 184 \"-\" \"ua \\\" \\\\ "
                    "\\xc3\\xa9\" 301596",
                    &line),
        WPB_LINE_READ);
    assert_int_equal(line.duration_us, 301596);
    /* %t is when it came in */
    assert_int_equal(line.end_us, INT64_C(1795981497000000) + 301596);
    assert_int_equal(line.end_unit_us, 1000000);
    assert_false(line.known & WPB_LINE_UPSTREAM);
    expect_text(line.path, "/product/blue/");
    expect_text(line.query, "a=1&burn=1");
    assert_int_equal(
        read_apache(WPB_APACHE_FORMAT,
                    "127.0.0.1 - - [29/Nov/2026:19:44:57 +0000] \"POST "
                    "/x\\\"y/?wc-ajax=checkout HTTP/1.1\" 200 184 \"-\" \"-\" 385",
                    &line),
        WPB_LINE_READ);
    expect_text(line.path, "/x\\\"y/");
    expect_text(line.method, "POST");
}

static void apaches_other_times_and_directives_are_read(void **state)
{
    static const char format[] =
        "%{%s}t.%{usec_frac}t %{end:usec}t %{ms}T %T %m \\\"%U\\\" \\\"%q\\\" %>s %v %P "
        "%X %k %I \\\"%f\\\"";
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(read_apache(format,
                                 "1795981497.386161 1795981497386546 1 0 POST "
                                 "\"/index.php\" \"?wc-ajax=checkout\" 200 shop.example "
                                 "31764 + 0 172 \"/var/www/index.php\"",
                                 &line),
                     WPB_LINE_READ);
    assert_int_equal(line.end_us, INT64_C(1795981497386546));
    assert_int_equal(line.end_unit_us, 1);
    expect_text(line.query, "wc-ajax=checkout");
    expect_text(line.host, "shop.example");
    assert_true(line.is_rewritten);

    assert_int_equal(read_apache("%{%s}t.%{msec_frac}t %D", "1795981497.386 2000", &line),
                     WPB_LINE_READ);
    assert_int_equal(line.end_us, INT64_C(1795981497388000));
    assert_int_equal(line.end_unit_us, 1000);
    assert_int_equal(read_apache("%{msec}t\\t%!200,304{Referer}i\\t%{us}T",
                                 "1795981497386\t-\t2000", &line),
                     WPB_LINE_READ);
    assert_int_equal(line.end_us, INT64_C(1795981497388000));
    assert_int_equal(
        read_apache("%<s %{Host}i %{X-Trailer}^to%%", "200 shop.example a b%", &line),
        WPB_LINE_READ);
    expect_text(line.host, "shop.example");
}

static void apache_formats_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *format, *reason;
    } rows[] = {
        {"%", "the format ends in %"},
        {"%>", "the format ends in %"},
        {"%{Referer", "a brace is not closed"},
        {"%{hours}T", "Apache has no such unit of %T: s, ms or us"},
        {"%{%H:%M}t", "the time does not tell the day and the second; %s does"},
        {"%D%s", "nothing stands between a field and the next one (part 1 of the "
                 "format), so where it ends is not known"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wpb_line_format format;
        struct wpb_err err = {0};
        assert_int_equal(
            wpb_web_log_apache(&format, wpb_slice_cstr(rows[i].format), &err), -1);
        assert_string_equal(err.message, rows[i].reason);
    }
}

static void what_was_not_written_in_the_format_is_no_line(void **state)
{
    static const char *const lines[] = {
        "",
        "\n",
        "{",
        "{}",
        "{\"t\":\"x\",\"m\":\"GET\"}",
        "{\"t\":\"1795981453.146\",\"m\":\"GET\",\"u\":\"/x",
        "1795981453.146 0.1 200 GET \"/a\" \"h\" \"0.1,0.2\" \"-\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct wpb_request_line line;
        assert_int_equal(read_nginx(JSON, WPB_NGINX_JSON, lines[i], &line),
                         WPB_LINE_NO_MATCH);
        assert_int_equal(read_nginx(WPB_NGINX_FORMAT, WPB_NGINX_DEFAULT, lines[i], &line),
                         WPB_LINE_NO_MATCH);
        assert_int_equal(read_apache(WPB_APACHE_FORMAT, lines[i], &line),
                         WPB_LINE_NO_MATCH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_json_tells_the_upstream_time),
        cmocka_unit_test(what_php_did_not_see_has_no_upstream),
        cmocka_unit_test(every_try_of_an_upstream_counts),
        cmocka_unit_test(escaped_quotes_do_not_end_a_text),
        cmocka_unit_test(a_users_name_cannot_forge_the_rest),
        cmocka_unit_test(unescaped_texts_are_taken_apart_where_that_is_certain),
        cmocka_unit_test(a_host_may_stand_right_before_a_path),
        cmocka_unit_test(a_request_to_a_proxy_loses_its_host),
        cmocka_unit_test(what_is_no_request_has_no_path),
        cmocka_unit_test(nginx_formats_are_refused_with_a_reason),
        cmocka_unit_test(apaches_combined_format_with_a_duration_is_read),
        cmocka_unit_test(apaches_other_times_and_directives_are_read),
        cmocka_unit_test(apache_formats_are_refused_with_a_reason),
        cmocka_unit_test(what_was_not_written_in_the_format_is_no_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
