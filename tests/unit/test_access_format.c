/* PHP-FPM's access log: formats, lines as php-fpm 8.2 wrote them, and hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/requests/access_format.h"
#include "probes/requests/line_parse.h"

/* What Debian's www.conf shows as an example. */
#define EXAMPLE "%R - %u %t \"%m %r%Q%q\" %s %f %{milli}d %{kilo}M %C%%"

static struct wpb_line_format compiled(const char *text)
{
    struct wpb_line_format format;
    struct wpb_err err;

    if (wpb_access_format(&format, wpb_slice_cstr(text), &err))
        fail_msg("%s: %s", text, err.message);
    return format;
}

static enum wpb_line_match read_line(const char *format, const char *line,
                                     struct wpb_request_line *request)
{
    struct wpb_line_format compiled_format = compiled(format);

    return wpb_line_parse(&compiled_format, wpb_slice_cstr(line), request);
}

static void expect_text(struct wpb_slice text, const char *expected)
{
    if (!wpb_slice_is(text, expected))
        fail_msg("\"%.*s\" is not \"%s\"", (int)text.len, text.data, expected);
}

/* ---- real lines ---- */

static void our_format_tells_everything(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(
        read_line(WPB_ACCESS_FORMAT,
                  "1795981455 uri 27984 POST 200 300142 69210112 33.32 20.97 3 "
                  "\"/product/blue-shirt/?colour=blue\" \"shop.example\" "
                  "\"/var/www/shop/index.php\"",
                  &line),
        WPB_LINE_READ);
    assert_int_equal(line.known, WPB_LINE_END | WPB_LINE_DURATION | WPB_LINE_CPU |
                                     WPB_LINE_MEMORY | WPB_LINE_POOL | WPB_LINE_PID |
                                     WPB_LINE_METHOD | WPB_LINE_STATUS | WPB_LINE_PATH |
                                     WPB_LINE_QUERY | WPB_LINE_SCRIPT | WPB_LINE_HOST);
    assert_int_equal(line.end_us, 1795981455 * INT64_C(1000000));
    assert_int_equal(line.end_unit_us, 1000000);
    assert_int_equal(line.duration_us, 300142);
    assert_int_equal(line.cpu_us, 162947); /* 54.29 % of it */
    assert_int_equal(line.memory_bytes, 69210112);
    assert_int_equal(line.pid, 27984);
    assert_int_equal(line.status, 200);
    assert_false(line.is_rewritten);
    assert_false(line.is_cut);
    expect_text(line.pool, "uri");
    expect_text(line.method, "POST");
    expect_text(line.path, "/product/blue-shirt/");
    expect_text(line.query, "colour=blue");
    expect_text(line.host, "shop.example");
    expect_text(line.script, "/var/www/shop/index.php");
}

static void a_request_that_php_refused_has_no_script(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(read_line(WPB_ACCESS_FORMAT,
                               "1795981454 uri 27984 GET 404 97 2097152 0.00 0.00 0 "
                               "\"/wp-cron.php\" \"shop.example\" \"-\"",
                               &line),
                     WPB_LINE_READ);
    assert_false(line.known & WPB_LINE_SCRIPT);
    assert_int_equal(line.cpu_us, 0);
    assert_true(line.known & WPB_LINE_QUERY);
    assert_int_equal(line.query.len, 0);
}

static void fpms_default_tells_little_and_no_route(void **state)
{
    struct wpb_request_line line;

    (void)state;
    /* of a unix socket: no address, no user */
    assert_int_equal(read_line(WPB_ACCESS_FORMAT_DEFAULT,
                               "- -  29/Nov/2026:19:44:13 +0000 \"GET /index.php\" 500",
                               &line),
                     WPB_LINE_READ);
    assert_int_equal(line.known,
                     WPB_LINE_END | WPB_LINE_METHOD | WPB_LINE_STATUS | WPB_LINE_PATH);
    assert_int_equal(line.end_us, 1795981453 * INT64_C(1000000));
    assert_int_equal(line.status, 500);
    assert_true(line.is_rewritten);
    expect_text(line.path, "/index.php");
}

static void the_example_of_the_pool_file_is_read(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(read_line(EXAMPLE,
                               "- -  29/Nov/2026:19:44:14 +0000 \"POST "
                               "/index.php?pool=sample&burn=1\" 200 "
                               "/tmp/rl/www/index.php 310.085 2048 25.80%",
                               &line),
                     WPB_LINE_READ);
    assert_int_equal(line.duration_us, 310085);
    assert_int_equal(line.memory_bytes, 2048 * 1024);
    assert_int_equal(line.cpu_us, 80001);
    assert_int_equal(line.status, 200);
    /* %t is when it was accepted */
    assert_int_equal(line.end_us, 1795981454 * INT64_C(1000000) + 310085);
    expect_text(line.path, "/index.php");
    expect_text(line.query, "pool=sample&burn=1");
    expect_text(line.script, "/tmp/rl/www/index.php");
}

static void headers_and_other_times_are_read(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(
        read_line(
            "%{%s}T %{X-Wp-Queries}o %{%Y-%m-%dT%H:%M:%S%z}t \"%{HTTP_USER_AGENT}e\" "
            "%{mega}M %{seconds}d %l",
            "1795981454 42 2026-11-29T19:44:14+0000 \"curl/7.88.1 (x\" y)\" 66 "
            "0.300 1024",
            &line),
        WPB_LINE_READ);
    assert_int_equal(line.queries, 42);
    assert_int_equal(line.memory_bytes, 66 << 20);
    assert_int_equal(line.duration_us, 300000);
    assert_int_equal(read_line("%{X-Wp-Queries}o %s", "- 200", &line), WPB_LINE_READ);
    assert_false(line.known & WPB_LINE_QUERIES);
}

static void units_are_spelled_as_fpm_accepts_them(void **state)
{
    static const struct {
        const char *format, *line;
        uint64_t duration_us;
    } rows[] = {
        {"%d", "1.5", 1500000},
        {"%{seconds}d", "1.500", 1500000},
        {"%{mili}d", "1500.125", 1500125},
        {"%{miliseconds}d", "1500", 1500000},
        {"%{milliseconds}d", "1500.1", 1500100},
        {"%{MICRO}d", "1500125", 1500125},
        {"%{microseconds}d", "1500125", 1500125},
        {"%{}d", "1.500", 1500000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wpb_request_line line;
        assert_int_equal(read_line(rows[i].format, rows[i].line, &line), WPB_LINE_READ);
        assert_int_equal(line.duration_us, rows[i].duration_us);
    }
}

static void cpu_of_a_request_without_duration_is_not_known(void **state)
{
    static const char *const shares[] = {"-nan", "nan", "NAN", "inf", "-INF", "-"};
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        struct wpb_request_line line;
        snprintf(text, sizeof text, "0 %s%% 200", shares[i]);
        assert_int_equal(read_line("%{micro}d %C%% %s", text, &line), WPB_LINE_READ);
        assert_false(line.known & WPB_LINE_CPU);
        assert_int_equal(line.status, 200);
    }
}

static void half_of_the_cpu_is_not_the_cpu(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(read_line("%{micro}d %{user}C", "1000000 10.00", &line),
                     WPB_LINE_READ);
    assert_false(line.known & WPB_LINE_CPU);
}

/* ---- formats ---- */

static void quotes_of_a_pool_file_lose_their_backslashes(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(read_line("%p \\\"%r\\\"", "5 \"/a\"", &line), WPB_LINE_READ);
    expect_text(line.path, "/a");
}

static void what_can_be_told_is_known_before_the_first_line(void **state)
{
    struct wpb_line_format format = compiled(WPB_ACCESS_FORMAT);

    (void)state;
    assert_true(wpb_line_format_tells(&format, WPB_LINE_TO_DURATION));
    assert_true(wpb_line_format_tells(&format, WPB_LINE_TO_URI));
    assert_false(wpb_line_format_tells(&format, WPB_LINE_TO_UPSTREAM));
    assert_int_equal(format.unit_us, 1000000);
    format = compiled(WPB_ACCESS_FORMAT_DEFAULT);
    assert_false(wpb_line_format_tells(&format, WPB_LINE_TO_DURATION));
    assert_false(wpb_line_format_tells(&format, WPB_LINE_TO_URI));
}

static void a_format_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *format, *reason;
    } rows[] = {
        {"", "the format is empty"},
        {"%", "the format ends in %"},
        {"%{micro}", "the format ends in %"},
        {"%{micro", "a brace is not closed"},
        {"%x", "PHP-FPM has no %x"},
        {"%\n", "PHP-FPM has no %?"},
        {"%{weeks}d", "PHP-FPM has no such unit of %d"},
        {"%{giga}M", "PHP-FPM has no such unit of %M"},
        {"%{x}p", "PHP-FPM takes nothing in braces before p"},
        {"%e", "%e needs a name in braces"},
        {"%{%c}T", "a time written with %c cannot be read back"},
        {"%p%s", "nothing stands between a field and the next one (part 1 of the "
                 "format), so where it ends is not known"},
        {"%s %r%f", "nothing stands between a field and the next one (part 3 of the "
                    "format), so where it ends is not known"},
        {"%{micro}d0", "a number is followed by what could be part of it (part 1 of the "
                       "format)"},
        {"%r %{HTTP_USER_AGENT}e %s",
         "a text that may hold spaces stands between spaces (part 1 of the format): put "
         "it into quotes"},
        {"%t %T %t", "the format has more than 2 times"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wpb_line_format format;
        struct wpb_err err = {0};
        if (wpb_access_format(&format, wpb_slice_cstr(rows[i].format), &err) != -1)
            fail_msg("%s was taken", rows[i].format);
        assert_string_equal(err.message, rows[i].reason);
    }
}

static void a_format_without_end_is_refused(void **state)
{
    struct wpb_line_format format;
    struct wpb_err err;
    char *text = malloc(4000);

    (void)state;
    assert_non_null(text);
    memset(text, 'x', 4000);
    assert_int_equal(wpb_access_format(&format, wpb_slice_of(text, 4000), &err), -1);
    assert_string_equal(err.message, "the format is longer than 2048 bytes");
    for (int i = 0; i < 100; i++)
        memcpy(text + 3 * i, "%s ", 3);
    assert_int_equal(wpb_access_format(&format, wpb_slice_of(text, 300), &err), -1);
    assert_string_equal(err.message,
                        "the format has more than 96 fields and texts between them");
    for (int i = 0; i < 13; i++)
        memcpy(text + 4 * i, "%f\"\"", 4);
    assert_int_equal(wpb_access_format(&format, wpb_slice_of(text, 52), &err), -1);
    assert_string_equal(
        err.message, "the format has more than 12 texts that the server does not escape");
    free(text);
}

/* ---- hostile lines ---- */

static void a_quote_in_a_uri_does_not_end_it(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(
        read_line(WPB_ACCESS_FORMAT,
                  "1795981455 uri 27984 GET 200 115 2097152 0.00 0.00 0 "
                  "\"/x\"y/?x='\"'\" \"shop.example\" \"/var/www/index.php\"",
                  &line),
        WPB_LINE_READ);
    expect_text(line.path, "/x\"y/");
    expect_text(line.query, "x='\"'");
    expect_text(line.host, "shop.example");
}

static void what_looks_like_the_rest_of_the_line_is_ambiguous(void **state)
{
    struct wpb_request_line line;

    (void)state;
    assert_int_equal(
        read_line(WPB_ACCESS_FORMAT,
                  "1795981455 uri 27984 GET 200 115 2097152 0.00 0.00 0 "
                  "\"/x\" \"bank.example\" \"/forged.php\" \"shop.example\" \"/i.php\"",
                  &line),
        WPB_LINE_AMBIGUOUS);
    assert_int_equal(line.duration_us, 115);
    assert_int_equal(line.status, 200);
    assert_false(line.known & (WPB_LINE_PATH | WPB_LINE_HOST | WPB_LINE_SCRIPT));
    /* a number that only the texts' ends have shown is not believed either */
    assert_int_equal(read_line(EXAMPLE,
                               "- -  29/Nov/2026:19:44:14 +0000 \"GET /a\" 200 /b\" 404 "
                               "- 0.084 2048 0.00%",
                               &line),
                     WPB_LINE_AMBIGUOUS);
    assert_false(line.known & (WPB_LINE_STATUS | WPB_LINE_DURATION));
}

static void a_newline_in_a_uri_makes_no_request(void **state)
{
    struct wpb_request_line line;

    (void)state;
    /* %0A, decoded by the web server, as php-fpm 8.2 wrote it */
    assert_int_equal(read_line(WPB_ACCESS_FORMAT_DEFAULT,
                               "- -  29/Nov/2026:19:44:13 +0000 \"GET /nothing\" 200",
                               &line),
                     WPB_LINE_READ);
    assert_int_equal(read_line(WPB_ACCESS_FORMAT_DEFAULT, "17.php\" 404", &line),
                     WPB_LINE_NO_MATCH);
    assert_int_equal(line.known, 0);
}

/* A line of our format that was cut at 1,024 bytes, within its URI. */
static size_t cut_line(char *text, const char *begin)
{
    memset(text, 'y', 1024);
    memcpy(text, begin, strlen(begin));
    text[1023] = '\0'; /* as FPM leaves it */
    return 1024;
}

static void a_line_that_fpm_has_cut_keeps_what_came_first(void **state)
{
    struct wpb_line_format format = compiled(WPB_ACCESS_FORMAT);
    struct wpb_request_line line;
    char text[1024];

    (void)state;
    size_t len = cut_line(text, "1795981471 uri 27984 GET 200 121 2097152 0.00 0.00 0 "
                                "\"/index.php?long=yyyy");
    assert_int_equal(wpb_line_parse(&format, wpb_slice_of(text, len), &line),
                     WPB_LINE_CUT);
    assert_true(line.is_cut);
    assert_int_equal(line.duration_us, 121);
    expect_text(line.path, "/index.php");
    assert_false(line.known & (WPB_LINE_HOST | WPB_LINE_SCRIPT));
    /* the same without its NUL, which some versions leave out */
    assert_int_equal(wpb_line_parse(&format, wpb_slice_of(text, len - 1), &line),
                     WPB_LINE_CUT);
    /* a short line was never cut: it is another's */
    assert_int_equal(wpb_line_parse(&format, wpb_slice_of(text, 200), &line),
                     WPB_LINE_NO_MATCH);
}

static void numbers_behind_the_cut_are_not_taken_from_the_uri(void **state)
{
    struct wpb_line_format format = compiled(EXAMPLE);
    struct wpb_request_line line;
    char text[1024];

    (void)state;
    size_t len = cut_line(text, "- -  29/Nov/2026:19:44:14 +0000 \"GET "
                                "/x\" 200 /b 99.0 1 1.00%");
    assert_int_equal(wpb_line_parse(&format, wpb_slice_of(text, len), &line),
                     WPB_LINE_CUT);
    assert_int_equal(line.known, 0);
}

static void impossible_numbers_are_no_request(void **state)
{
    static const struct {
        const char *format, *line;
    } rows[] = {
        {"%{micro}d", "86400000001"},
        {"%{micro}d", "99999999999999999999999999"},
        {"%{micro}d", "9999999999999999999"},
        {"%d", "1000000000000000"},
        {"%{mega}M", "18014398509481984"},
        {"%{bytes}M", "9007199254740993000"},
        {"%p", "4294967296"},
        {"%s", "1000"},
        {"%s", "-5"},
        {"%s", "2x"},
        {"%s", "\xff\xfe"},
        {"%{%s}T", "99999999999999"},
        {"%C", "12,5"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wpb_request_line line;
        if (read_line(rows[i].format, rows[i].line, &line) != WPB_LINE_NO_MATCH)
            fail_msg("%s: %s was taken", rows[i].format, rows[i].line);
        assert_int_equal(line.known, 0);
    }
}

static void binary_bytes_and_endless_lines_are_lines_like_others(void **state)
{
    struct wpb_line_format format = compiled(EXAMPLE);
    struct wpb_request_line line;
    size_t len = 1 << 20;
    char *text = malloc(len);

    (void)state;
    assert_non_null(text);
    for (int byte = 0; byte < 256; byte++) {
        memset(text, byte, len);
        wpb_line_parse(&format, wpb_slice_of(text, len), &line);
    }
    for (size_t i = 0; i < len; i++)
        text[i] = "\" 200 /b 9.0 1 1.00% "[i % 21];
    assert_int_equal(wpb_line_parse(&format, wpb_slice_of(text, len), &line),
                     WPB_LINE_NO_MATCH);
    memcpy(text, "- -  29/Nov/2026:19:44:14 +0000 \"GET ", 37);
    assert_int_equal(wpb_line_parse(&format, wpb_slice_of(text, len), &line),
                     WPB_LINE_CUT);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_format_tells_everything),
        cmocka_unit_test(a_request_that_php_refused_has_no_script),
        cmocka_unit_test(fpms_default_tells_little_and_no_route),
        cmocka_unit_test(the_example_of_the_pool_file_is_read),
        cmocka_unit_test(headers_and_other_times_are_read),
        cmocka_unit_test(units_are_spelled_as_fpm_accepts_them),
        cmocka_unit_test(cpu_of_a_request_without_duration_is_not_known),
        cmocka_unit_test(half_of_the_cpu_is_not_the_cpu),
        cmocka_unit_test(quotes_of_a_pool_file_lose_their_backslashes),
        cmocka_unit_test(what_can_be_told_is_known_before_the_first_line),
        cmocka_unit_test(a_format_is_refused_with_a_reason),
        cmocka_unit_test(a_format_without_end_is_refused),
        cmocka_unit_test(a_quote_in_a_uri_does_not_end_it),
        cmocka_unit_test(what_looks_like_the_rest_of_the_line_is_ambiguous),
        cmocka_unit_test(a_newline_in_a_uri_makes_no_request),
        cmocka_unit_test(a_line_that_fpm_has_cut_keeps_what_came_first),
        cmocka_unit_test(numbers_behind_the_cut_are_not_taken_from_the_uri),
        cmocka_unit_test(impossible_numbers_are_no_request),
        cmocka_unit_test(binary_bytes_and_endless_lines_are_lines_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
