/* Times in logs, read back by the pattern that wrote them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probes/requests/time_format.h"

#define NOON 1795953600 /* 2026-11-29T12:00:00Z */

/* The time in TEXT, all of which PATTERN must read; -1 when it does not. */
static int64_t read_time(const char *pattern, const char *text, int32_t local_offset_s)
{
    struct wpb_time_format format;
    struct wpb_err err;
    int64_t unix_s;

    if (wpb_time_format(&format, wpb_slice_cstr(pattern), &err))
        fail_msg("%s: %s", pattern, err.message);
    size_t used =
        wpb_time_format_take(&format, wpb_slice_cstr(text), local_offset_s, &unix_s);
    return used && used == strlen(text) ? unix_s : -1;
}

static void what_servers_write_is_read(void **state)
{
    static const struct {
        const char *pattern, *text;
    } rows[] = {
        {"%s", "1795953600"},
        {WPB_TIME_FORMAT_COMMON, "29/Nov/2026:12:00:00 +0000"},
        {WPB_TIME_FORMAT_COMMON, "29/Nov/2026:07:30:00 -0430"},
        {"%Y-%m-%dT%H:%M:%S%z", "2026-11-29T13:00:00+01:00"},
        {"%FT%T%z", "2026-11-29T12:00:00Z"},
        {"%d-%b-%Y %H:%M:%S %Z", "29-Nov-2026 12:00:00 UTC"},
        {"%a, %d %B %y %l:%M:%S %p %z", "Sun, 29 November 26 12:00:00 PM +0000"},
        {"%e/%m/%Y %I:%M:%S%p%z", "29/11/2026 01:00:00PM+0100"},
        {"%Y.%j %R:%S%%%z", "2026.333 12:00:00%+0000"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (read_time(rows[i].pattern, rows[i].text, 0) != NOON)
            fail_msg("%s: %s", rows[i].pattern, rows[i].text);
}

static void a_time_without_a_zone_is_local(void **state)
{
    (void)state;
    assert_int_equal(read_time("%Y-%m-%d %H:%M:%S", "2026-11-29 13:00:00", 3600), NOON);
    assert_int_equal(read_time("%Y-%m-%d %H:%M:%S", "2026-11-29 04:00:00", -28800), NOON);
    assert_int_equal(read_time("%Y-%m-%d %H:%M:%S %Z", "2026-11-29 13:00:00 CET", 3600),
                     NOON);
    /* one that tells its zone is not */
    assert_int_equal(read_time("%Y-%m-%d %H:%M:%S %Z", "2026-11-29 12:00:00 GMT", 3600),
                     NOON);
}

static void leap_days_and_ends_of_years_are_where_they_are(void **state)
{
    static const char pattern[] = "%Y-%m-%d %H:%M:%S";

    (void)state;
    assert_int_equal(read_time(pattern, "1970-01-01 00:00:00", 0), 0);
    assert_int_equal(read_time(pattern, "2000-02-29 00:00:00", 0), 951782400);
    assert_int_equal(read_time(pattern, "2100-03-01 00:00:00", 0), 4107542400);
    assert_int_equal(read_time(pattern, "2028-12-31 23:59:59", 0), 1861919999);
}

static void every_day_of_two_centuries_is_what_the_c_library_says(void **state)
{
    struct wpb_time_format format;
    char text[64];
    int64_t read;

    (void)state;
    assert_int_equal(wpb_time_format(&format, wpb_slice_cstr("%FT%T %z"), NULL), 0);
    for (time_t at = 1; at < 6311433600; at += 86399) {
        struct tm parts;
        gmtime_r(&at, &parts);
        size_t len = strftime(text, sizeof text, "%FT%T %z", &parts);
        assert_int_equal(wpb_time_format_take(&format, wpb_slice_of(text, len), 0, &read),
                         len);
        assert_int_equal(read, at);
    }
}

static void what_cannot_be_read_back_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *pattern, *reason;
    } rows[] = {
        {"%c", "a time written with %c cannot be read back"},
        {"%U", "a time written with %U cannot be read back"},
        {"%", "a time written with %? cannot be read back"},
        {"%\x01", "a time written with %? cannot be read back"},
        {"", "the time does not tell the day and the second; %s does"},
        {"%H:%M:%S", "the time does not tell the day and the second; %s does"},
        {"%d/%b/%Y:%H:%M", "the time does not tell the day and the second; %s does"},
        {"%s%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"
         "%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
         "the pattern of the time is longer than 96 bytes"},
    };
    struct wpb_time_format format;
    struct wpb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(wpb_time_format(&format, wpb_slice_cstr(rows[i].pattern), &err),
                         -1);
        assert_string_equal(err.message, rows[i].reason);
    }
}

static void what_is_no_time_is_none(void **state)
{
    static const char *const wrong[] = {
        "",
        "29/Nov/2026:12:00:00",
        "29/Nov/2026:12:00:00 ",
        "29/Nov/2026:12:00:00 +",
        "29/Nov/2026:12:00:00 +00",
        "29/Nov/2026:12:00:00 0000",
        "29/Nov/2026:24:00:00 +0000",
        "29/Nov/2026:12:60:00 +0000",
        "29/Nov/1969:12:00:00 +0000",
        "29/Nov/9999:12:00:00 +0000",
        "29/nov/2026:12:00:00 +0000",
        "29/Nxv/2026:12:00:00 +0000",
        "32/Nov/2026:12:00:00 +0000",
        "00/Nov/2026:12:00:00 +0000",
        "-1/Nov/2026:12:00:00 +0000",
        "01/Jan/1970:00:00:00 +0100",
        "29/Nov/2026:12:00:00 +1600",
    };
    struct wpb_time_format format;
    int64_t unix_s = 7;

    (void)state;
    assert_int_equal(
        wpb_time_format(&format, wpb_slice_cstr(WPB_TIME_FORMAT_COMMON), NULL), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(
            wpb_time_format_take(&format, wpb_slice_cstr(wrong[i]), 0, &unix_s), 0);
    assert_int_equal(unix_s, 7);
    assert_int_equal(read_time("%s", "99999999999", 0), -1);
    assert_int_equal(read_time("%s", "-5", 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_servers_write_is_read),
        cmocka_unit_test(a_time_without_a_zone_is_local),
        cmocka_unit_test(leap_days_and_ends_of_years_are_where_they_are),
        cmocka_unit_test(every_day_of_two_centuries_is_what_the_c_library_says),
        cmocka_unit_test(what_cannot_be_read_back_is_refused_with_a_reason),
        cmocka_unit_test(what_is_no_time_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
