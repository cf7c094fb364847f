/* PHP's error log in its wrappings, as PHP 8.2, php-fpm and nginx wrote them, and the
 * counts by place and hour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/requests/php_error_tally.h"

#define PLUGIN "/var/www/shop/wp-content/plugins/kestrel-pricing/kestrel.php"
#define MEMORY                                                                           \
    "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to "      \
    "allocate 4096 bytes) in /var/www/shop/wp-content/object-cache.php on line 2846"
#define HOUR_S 3600

static struct wpb_php_error read_error(const char *line)
{
    struct wpb_php_error error;

    if (!wpb_php_errors_read(wpb_slice_cstr(line), &error))
        fail_msg("no error: %s", line);
    return error;
}

static void expect_place(const struct wpb_php_error *error, const char *file,
                         uint32_t line)
{
    if (!wpb_slice_is(error->file, file))
        fail_msg("%.*s is not %s", (int)error->file.len, error->file.data, file);
    assert_int_equal(error->line, line);
}

/* ---- lines ---- */

static void exhausted_memory_is_read_in_every_wrapping(void **state)
{
    static const char *const wrapped[] = {
        MEMORY,
        "[29-Nov-2026 19:44:13 UTC] " MEMORY,
        "[29-Nov-2026 20:44:13 Europe/Berlin] " MEMORY,
        "NOTICE: PHP message: " MEMORY,
        "[29-Nov-2026 19:44:13] WARNING: [pool def] child 27982 said into stderr: "
        "\"NOTICE: PHP message: " MEMORY "\"",
        "Nov 29 19:44:13 web-17 php-fpm[123]: " MEMORY,
        "2026-11-29T19:44:13.5+00:00 web-17 php-fpm8.2[123]: " MEMORY,
        "2026/11/29 19:44:13 [error] 73#73: *28 FastCGI sent in stderr: \"PHP message: "
        "" MEMORY "\" while reading response header from upstream, client: 10.0.0.1, "
        "server: shop.example, request: \"GET /?mem=1 HTTP/1.1\", host: \"shop.example\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrapped / sizeof *wrapped; i++) {
        struct wpb_php_error error = read_error(wrapped[i]);
        assert_int_equal(error.kind, WPB_PHP_MEMORY);
        assert_int_equal(error.limit_bytes, 134217728);
        assert_int_equal(error.tried_bytes, 4096);
        expect_place(&error, "/var/www/shop/wp-content/object-cache.php", 2846);
        assert_int_equal(error.has_time, i == 1);
    }
}

static void a_time_in_utc_is_read(void **state)
{
    struct wpb_php_error error = read_error("[29-Nov-2026 19:44:13 UTC] " MEMORY);

    (void)state;
    assert_int_equal(error.unix_s, 1795981453);
}

static void every_kind_has_its_words(void **state)
{
    static const struct {
        const char *line;
        enum wpb_php_error_kind kind;
        const char *file;
        uint32_t number;
    } rows[] = {
        {"PHP Fatal error:  Uncaught RuntimeException: no such product in " PLUGIN ":5",
         WPB_PHP_UNCAUGHT, PLUGIN, 5},
        {"PHP Fatal error:  Uncaught Error: in /tmp on line 9 in " PLUGIN ":7",
         WPB_PHP_UNCAUGHT, PLUGIN, 7},
        {"PHP Fatal error:  Uncaught Exception: a message of two", WPB_PHP_UNCAUGHT, "",
         0},
        {"PHP Fatal error:  Maximum execution time of 30 seconds exceeded in " PLUGIN
         " on line 7",
         WPB_PHP_TIMEOUT, PLUGIN, 7},
        {"PHP Parse error:  syntax error, unexpected end of file in " PLUGIN " on line 2",
         WPB_PHP_PARSE, PLUGIN, 2},
        {"PHP Compile error:  Cannot redeclare f() in " PLUGIN " on line 3",
         WPB_PHP_PARSE, PLUGIN, 3},
        {"PHP Fatal error:  Out of memory (allocated 2097152 bytes) (tried to allocate "
         "67112960 bytes) in " PLUGIN " on line 4",
         WPB_PHP_OUT_OF_MEMORY, PLUGIN, 4},
        {"PHP Fatal error:  Cannot redeclare acme() in " PLUGIN " on line 9",
         WPB_PHP_OTHER, PLUGIN, 9},
        {"PHP Recoverable fatal error:  Object in " PLUGIN " on line 9", WPB_PHP_OTHER,
         PLUGIN, 9},
        {"[29-Nov-2026 19:44:13 UTC] WordPress database error Deadlock found when trying "
         "to get lock; try restarting transaction for query UPDATE `wp_options` SET x "
         "made by acme_rebuild_index",
         WPB_PHP_LOCK, "", 0},
        {"NOTICE: PHP message: WordPress database error Lock wait timeout exceeded; try "
         "restarting transaction for query UPDATE x made by y",
         WPB_PHP_LOCK, "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wpb_php_error error = read_error(rows[i].line);
        if (error.kind != rows[i].kind)
            fail_msg("%s: %s", rows[i].line, wpb_php_errors_name(error.kind));
        expect_place(&error, rows[i].file, rows[i].number);
        assert_int_equal(error.tried_bytes, 0);
    }
}

static void the_fatal_message_among_others_counts(void **state)
{
    struct wpb_php_error error = read_error(
        "2026/11/29 19:44:13 [error] 73#73: *30 FastCGI sent in stderr: \"PHP message: "
        "PHP Warning:  Undefined variable $x in /a.php on line 6; PHP message: hello; "
        "PHP message: PHP Fatal error:  Maximum execution time of 1 second exceeded in "
        "/b.php on line 7; PHP message: PHP Warning:  y in /c.php on line 8\" while "
        "reading response header from upstream, request: \"GET / in /d.php on line 9\"");

    (void)state;
    assert_int_equal(error.kind, WPB_PHP_TIMEOUT);
    expect_place(&error, "/b.php", 7);
}

static void other_lines_are_none(void **state)
{
    static const char *const others[] = {
        "",
        "[",
        "[29-Nov-2026 19:44:13 UTC]",
        "[29-Nov-2026 19:44:13 UTC] PHP Warning:  Undefined variable $x in /a on line 6",
        "[29-Nov-2026 19:44:13 UTC] PHP Deprecated:  x in /a on line 6",
        "[29-Nov-2026 19:44:13 UTC] hello from plugin",
        "[29-Nov-2026 19:44:13 UTC] WordPress database error Table 'x' doesn't exist",
        "Stack trace:",
        "#0 /tmp/rl/www/index.php(3): require()",
        "  thrown in " PLUGIN " on line 5",
        "[29-Nov-2026 19:44:10] NOTICE: ready to handle connections",
        "2026/11/29 19:44:12 [error] 73#73: *3 directory index of \"/\" is forbidden",
        /* what a plugin logs, or a visitor makes it log, is not PHP's word */
        "[29-Nov-2026 19:44:13 UTC] said: " MEMORY,
        "[29-Nov-2026 19:44:13 UTC] PHP Warning:  f(): " MEMORY,
        "PHP Warning:  in php]: " MEMORY,
    };
    struct wpb_php_error error;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (wpb_php_errors_read(wpb_slice_cstr(others[i]), &error))
            fail_msg("taken: %s", others[i]);
}

static void broken_numbers_leave_the_kind_or_the_place_open(void **state)
{
    struct wpb_php_error error = read_error(
        "PHP Fatal error:  Allowed memory size of 99999999999999999999 bytes exhausted "
        "(tried to allocate 4096 bytes) in /a.php on line 99999999999");

    (void)state;
    assert_int_equal(error.kind, WPB_PHP_OTHER);
    assert_int_equal(error.limit_bytes, 0);
    assert_int_equal(error.file.len, 0);
    error = read_error("PHP Fatal error:  x in /a.php on line ");
    assert_int_equal(error.file.len, 0);
    error = read_error("PHP Fatal error:  x in /a.php:");
    assert_int_equal(error.file.len, 0);
}

/* ---- counts ---- */

static struct wpb_php_error_tally tally;

static void errors_are_counted_by_place_and_hour(void **state)
{
    int64_t now = 1795981453;
    struct wpb_php_error error = read_error(MEMORY);
    struct wpb_php_error other =
        read_error("PHP Fatal error:  Cannot redeclare acme() in " PLUGIN " on line 9");

    (void)state;
    wpb_php_error_tally_init(&tally);
    for (int i = 0; i < 5; i++)
        wpb_php_error_tally_add(&tally, &error, now);
    error.tried_bytes = 1 << 20;
    wpb_php_error_tally_add(&tally, &error, now + HOUR_S);
    error.tried_bytes = 1 << 10;
    wpb_php_error_tally_add(&tally, &error, now + HOUR_S);
    wpb_php_error_tally_add(&tally, &other, now + HOUR_S);
    assert_int_equal(tally.count, 2);
    const struct wpb_php_error_place *place = &tally.places[0];
    assert_string_equal(place->component, "");
    assert_string_equal(place->file, "/var/www/shop/wp-content/object-cache.php");
    assert_int_equal(place->line, 2846);
    assert_int_equal(place->limit_bytes, 134217728);
    assert_int_equal(place->tried_bytes, 1 << 10);
    assert_int_equal(place->tried_most_bytes, 1 << 20);
    assert_int_equal(wpb_php_error_tally_count(place, now + HOUR_S, 1), 2);
    assert_int_equal(wpb_php_error_tally_count(place, now + HOUR_S, 2), 7);
    assert_int_equal(wpb_php_error_tally_count(place, now + 2 * HOUR_S, 2), 2);
    assert_int_equal(wpb_php_error_tally_count(place, now + 30 * HOUR_S, 24), 0);
    assert_string_equal(tally.places[1].component, "plugin:kestrel-pricing");
}

static void hours_that_have_passed_are_forgotten(void **state)
{
    int64_t now = 1795981453;
    struct wpb_php_error error = read_error(MEMORY);

    (void)state;
    wpb_php_error_tally_init(&tally);
    wpb_php_error_tally_add(&tally, &error, now);
    wpb_php_error_tally_add(&tally, &error, now + 23 * HOUR_S);
    assert_int_equal(wpb_php_error_tally_count(&tally.places[0], now + 23 * HOUR_S, 24),
                     2);
    wpb_php_error_tally_add(&tally, &error, now + 24 * HOUR_S);
    assert_int_equal(wpb_php_error_tally_count(&tally.places[0], now + 24 * HOUR_S, 24),
                     2);
    wpb_php_error_tally_add(&tally, &error, now + 1000 * HOUR_S);
    assert_int_equal(wpb_php_error_tally_count(&tally.places[0], now + 1000 * HOUR_S, 24),
                     1);
}

static void a_line_counts_in_the_hour_it_tells(void **state)
{
    int64_t now = 1795981453;
    struct wpb_php_error error = read_error("[29-Nov-2026 17:44:13 UTC] " MEMORY);

    (void)state;
    wpb_php_error_tally_init(&tally);
    wpb_php_error_tally_add(&tally, &error, now);
    assert_int_equal(wpb_php_error_tally_count(&tally.places[0], now, 2), 0);
    assert_int_equal(wpb_php_error_tally_count(&tally.places[0], now, 3), 1);
    /* the future, and long ago: when it was read */
    error.unix_s = now + HOUR_S;
    wpb_php_error_tally_add(&tally, &error, now);
    error.unix_s = now - 100 * HOUR_S;
    wpb_php_error_tally_add(&tally, &error, now);
    assert_int_equal(wpb_php_error_tally_count(&tally.places[0], now, 1), 2);
}

static void a_clock_set_back_loses_no_count(void **state)
{
    int64_t now = 1795981453;
    struct wpb_php_error error = read_error(MEMORY);

    (void)state;
    wpb_php_error_tally_init(&tally);
    wpb_php_error_tally_add(&tally, &error, now);
    wpb_php_error_tally_add(&tally, &error, now - 1000 * HOUR_S);
    assert_int_equal(wpb_php_error_tally_count(&tally.places[0], now, 24), 2);
    wpb_php_error_tally_add(&tally, &error, -5);
    assert_int_equal(wpb_php_error_tally_count(&tally.places[0], now, 24), 2);
}

static void the_place_that_was_quiet_for_longest_makes_room(void **state)
{
    int64_t now = 1795981453;
    char text[128];

    (void)state;
    wpb_php_error_tally_init(&tally);
    for (int i = 0; i <= WPB_PHP_ERROR_PLACES; i++) {
        snprintf(text, sizeof text, "PHP Fatal error:  x in /a.php on line %d", i);
        struct wpb_php_error error = read_error(text);
        wpb_php_error_tally_add(&tally, &error, now + i);
        wpb_php_error_tally_add(&tally, &error, now + i);
    }
    assert_int_equal(tally.count, WPB_PHP_ERROR_PLACES);
    assert_int_equal(tally.dropped, 2);
    assert_int_equal(tally.places[0].line, WPB_PHP_ERROR_PLACES);
}

static void long_paths_are_told_apart_by_their_ends(void **state)
{
    char text[1024];

    (void)state;
    wpb_php_error_tally_init(&tally);
    for (char end = 'a'; end < 'c'; end++) {
        int len = snprintf(text, sizeof text, "PHP Fatal error:  x in /");
        memset(text + len, 'd', 600);
        snprintf(text + len + 600, sizeof text - (size_t)len - 600, "%c.php on line 1",
                 end);
        struct wpb_php_error error = read_error(text);
        wpb_php_error_tally_add(&tally, &error, 1795981453);
        wpb_php_error_tally_add(&tally, &error, 1795981453);
    }
    assert_int_equal(tally.count, 2);
    assert_int_equal(strlen(tally.places[0].file), WPB_PHP_ERROR_FILE_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exhausted_memory_is_read_in_every_wrapping),
        cmocka_unit_test(a_time_in_utc_is_read),
        cmocka_unit_test(every_kind_has_its_words),
        cmocka_unit_test(the_fatal_message_among_others_counts),
        cmocka_unit_test(other_lines_are_none),
        cmocka_unit_test(broken_numbers_leave_the_kind_or_the_place_open),
        cmocka_unit_test(errors_are_counted_by_place_and_hour),
        cmocka_unit_test(hours_that_have_passed_are_forgotten),
        cmocka_unit_test(a_line_counts_in_the_hour_it_tells),
        cmocka_unit_test(a_clock_set_back_loses_no_count),
        cmocka_unit_test(the_place_that_was_quiet_for_longest_makes_room),
        cmocka_unit_test(long_paths_are_told_apart_by_their_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
