/* PHP-FPM's slow log: who was at work. Entries as php-fpm 8.2 wrote them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/requests/slow_log.h"

#define HEADER "[29-Nov-2026 19:44:16]  [pool shop] pid 27980\n"
#define CONTENT "/var/www/shop/wp-content"
#define CORE "/var/www/shop/wp-includes"

/* Feed TEXT line by line; returns how many entries came out, the last one in ENTRY. */
static unsigned feed(const char *text, struct wpb_slow_entry *entry)
{
    struct wpb_slow_log log;
    unsigned entries = 0;

    wpb_slow_log_init(&log, 0);
    while (*text) {
        size_t len = strcspn(text, "\n");
        entries += wpb_slow_log_line(&log, wpb_slice_of(text, len), entry);
        text += len + (text[len] == '\n');
    }
    return entries + wpb_slow_log_pause(&log, entry);
}

static struct wpb_slow_entry only(const char *text)
{
    struct wpb_slow_entry entry;

    assert_int_equal(feed(text, &entry), 1);
    return entry;
}

static void a_plugin_that_sleeps_is_the_culprit(void **state)
{
    struct wpb_slow_entry entry = only(
        "\n[29-Nov-2026 19:44:16]  [pool rec] pid 27980\n"
        "script_filename = /tmp/rl/www/index.php\n"
        "[0x00007f97eda13180] sleep() /tmp/rl/www/wp-content/plugins/kestrel-pricing/"
        "kestrel.php:2\n"
        "[0x00007f97eda13110] kestrel_wait() /tmp/rl/www/wp-content/plugins/"
        "kestrel-pricing/kestrel.php:3\n"
        "[0x00007f97eda13070] [INCLUDE_OR_EVAL]() /tmp/rl/www/index.php:3\n");

    (void)state;
    assert_int_equal(entry.unix_s, 1795981456);
    assert_int_equal(entry.pid, 27980);
    assert_int_equal(entry.frames, 3);
    assert_string_equal(entry.pool, "rec");
    assert_string_equal(entry.script, "/tmp/rl/www/index.php");
    assert_string_equal(entry.doing, "sleep");
    assert_string_equal(entry.component, "plugin:kestrel-pricing");
    assert_string_equal(entry.file, "wp-content/plugins/kestrel-pricing/kestrel.php");
    assert_int_equal(entry.line, 2);
    assert_string_equal(entry.function, "kestrel_wait");
}

static void wordpress_own_frames_are_passed_over(void **state)
{
    struct wpb_slow_entry entry = only(
        HEADER "script_filename = /var/www/shop/index.php\n"
               "[0x1] mysqli_query() " CORE "/class-wpdb.php:2187\n"
               "[0x2] _do_query() " CORE "/class-wpdb.php:2077\n"
               "[0x3] query() " CONTENT "/mu-plugins/acme-shop-sync.php:10\n"
               "[0x4] acme_rebuild_index() " CONTENT "/mu-plugins/acme-shop-sync.php:12\n"
               "[0x5] {closure}() " CORE "/class-wp-hook.php:324\n"
               "[0x6] do_action() /var/www/shop/wp-settings.php:617\n");

    (void)state;
    assert_string_equal(entry.doing, "mysqli_query");
    assert_string_equal(entry.component, "mu-plugin:acme-shop-sync.php");
    assert_string_equal(entry.file, "wp-content/mu-plugins/acme-shop-sync.php");
    assert_int_equal(entry.line, 10);
    assert_string_equal(entry.function, "acme_rebuild_index");
}

static void who_asked_the_cache_is_the_culprit_not_the_cache(void **state)
{
    struct wpb_slow_entry entry =
        only(HEADER "[0x1] stream_get_contents() " CONTENT
                    "/plugins/redis-cache/dependencies/predis/predis/src/Connection/"
                    "StreamConnection.php:310\n"
                    "[0x2] read() " CONTENT "/object-cache.php:1990\n"
                    "[0x3] get() " CORE "/cache.php:127\n"
                    "[0x4] get_option() " CONTENT "/themes/storefront/functions.php:40\n"
                    "[0x5] storefront_header() " CORE "/class-wp-hook.php:324\n");

    (void)state;
    assert_string_equal(entry.component, "theme:storefront");
    assert_string_equal(entry.function, "storefront_header");
    /* a query monitor's db.php lies in its plugin, to which WordPress has a link */
    entry = only(HEADER "[0x1] mysqli_query() " CORE "/class-wpdb.php:2187\n"
                        "[0x2] query() " CONTENT
                        "/plugins/query-monitor/wp-content/db.php:30\n"
                        "[0x3] query() " CONTENT "/plugins/shop-search/index.php:7\n"
                        "[0x4] [INCLUDE_OR_EVAL]() /var/www/shop/wp-settings.php:5\n");
    assert_string_equal(entry.component, "plugin:shop-search");
    assert_string_equal(entry.function, ""); /* at the top level of the file */
}

static void wordpress_alone_is_nobodys_fault(void **state)
{
    struct wpb_slow_entry entry =
        only(HEADER "[0x1] mysqli_query() " CORE "/class-wpdb.php:2187\n"
                    "[0x2] wp_cron() /var/www/shop/wp-cron.php:12\n");

    (void)state;
    assert_string_equal(entry.component, "");
    assert_string_equal(entry.file, "");
    assert_string_equal(entry.doing, "mysqli_query");
}

static void other_layouts_and_single_files_are_named(void **state)
{
    static const struct {
        const char *path, *component, *file;
    } rows[] = {
        {"/srv/site/web/app/plugins/acf/acf.php", "plugin:acf",
         "app/plugins/acf/acf.php"},
        {"/srv/app/site/wp-content/plugins/acf/acf.php", "plugin:acf",
         "wp-content/plugins/acf/acf.php"},
        {CONTENT "/plugins/hello.php", "plugin:hello", "wp-content/plugins/hello.php"},
        {CONTENT "/mu-plugins/kit/x.php", "mu-plugin:kit",
         "wp-content/mu-plugins/kit/x.php"},
        {CONTENT "/themes/child/functions.php", "theme:child",
         "wp-content/themes/child/functions.php"},
        {"/a/wp-content/uploads/wp-content/plugins/x/y.php", "plugin:x",
         "wp-content/plugins/x/y.php"},
        {CONTENT "/plugins/", "", ""},
        {CONTENT "/languages/x.php", "", ""},
        {"/plugins/x/y.php", "", ""},
        {"unknown", "", ""},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, HEADER "[0x1] f() %s:5\n", rows[i].path);
        struct wpb_slow_entry entry = only(text);
        assert_string_equal(entry.component, rows[i].component);
        assert_string_equal(entry.file, rows[i].file);
    }
}

static void entries_follow_each_other(void **state)
{
    struct wpb_slow_entry entry;

    (void)state;
    assert_int_equal(feed("garbage before\n\n" HEADER "[0x1] a() " CONTENT
                          "/plugins/x/x.php:1\n\n" HEADER "[0x1] b() " CONTENT
                          "/plugins/y/y.php:2\n" HEADER "[0x1] c() " CONTENT
                          "/plugins/z/z.php:3\n",
                          &entry),
                     3);
    assert_string_equal(entry.component, "plugin:z");
}

static void an_entry_that_fpm_could_not_finish_counts_as_far_as_it_goes(void **state)
{
    struct wpb_slow_entry entry;

    (void)state;
    assert_int_equal(feed(HEADER "+++ dump failed\n", &entry), 0);
    assert_int_equal(feed(HEADER "[0x1] a() " CONTENT "/plugins/x/x.php:1\n"
                                 "+++ dump failed\n"
                                 "[0x2] b() " CONTENT "/plugins/y/y.php:1\n",
                          &entry),
                     1);
    assert_string_equal(entry.component, "plugin:x");
    assert_int_equal(entry.frames, 1);
}

static void local_times_are_shifted(void **state)
{
    struct wpb_slow_log log;
    struct wpb_slow_entry entry;

    (void)state;
    wpb_slow_log_init(&log, 3600);
    wpb_slow_log_line(
        &log, wpb_slice_cstr("[29-Nov-2026 20:44:16.123456]  [pool a b] pid 1"), &entry);
    wpb_slow_log_line(&log, wpb_slice_cstr("[0x1] f() unknown:0"), &entry);
    assert_true(wpb_slow_log_pause(&log, &entry));
    assert_int_equal(entry.unix_s, 1795981456);
    assert_string_equal(entry.pool, "a b");
    assert_false(wpb_slow_log_pause(&log, &entry));
}

static void what_is_no_entry_is_none(void **state)
{
    static const char *const wrong[] = {
        "",
        "[0x1] f() /a/wp-content/plugins/x/y.php:1\n",
        "[29-Nov-2026 19:44:16]  [pool shop] pid x\n[0x1] f() a:1\n",
        "[29-Nov-2026 19:44:16]  [pool shop]\n[0x1] f() a:1\n",
        "[29-Nov-2026 19:44:16]  pool shop] pid 5\n[0x1] f() a:1\n",
        "[99-Nov-2026 19:44:16]  [pool shop] pid 5\n[0x1] f() a:1\n",
        "[29-Nov-2026 19:44:16]  [pool shop] pid 99999999999\n[0x1] f() a:1\n",
        HEADER "[0x1] f() a:x\n",
        HEADER "[0x1 f() a:1\n",
        HEADER "[0x1] f( a:1\n",
        HEADER "[0x1] f() a\n",
        HEADER "[0x1] f() a:99999999999\n",
        HEADER "script_filename = /x\n",
    };
    struct wpb_slow_entry entry;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (feed(wrong[i], &entry) != 0)
            fail_msg("%s was taken", wrong[i]);
}

static void endless_entries_and_names_are_bounded(void **state)
{
    struct wpb_slow_log log;
    struct wpb_slow_entry entry;
    char *text = malloc(100000);

    (void)state;
    assert_non_null(text);
    memset(text, 'f', 100000);
    wpb_slow_log_init(&log, 0);
    wpb_slow_log_line(&log, wpb_slice_cstr("[29-Nov-2026 19:44:16]  [pool shop] pid 1"),
                      &entry);
    memcpy(text, "[0x1] ", 6);
    memcpy(text + 99000, "() /wp-content/plugins/", 23);
    memcpy(text + 99998, ":1", 2);
    for (int i = 0; i < 1000; i++)
        wpb_slow_log_line(&log, wpb_slice_of(text, 100000), &entry);
    assert_true(wpb_slow_log_pause(&log, &entry));
    assert_int_equal(entry.frames, WPB_SLOW_FRAMES_MAX);
    assert_int_equal(strlen(entry.doing), WPB_SLOW_FUNCTION_MAX - 1);
    assert_string_equal(entry.component, ""); /* no plugin has such a name */
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plugin_that_sleeps_is_the_culprit),
        cmocka_unit_test(wordpress_own_frames_are_passed_over),
        cmocka_unit_test(who_asked_the_cache_is_the_culprit_not_the_cache),
        cmocka_unit_test(wordpress_alone_is_nobodys_fault),
        cmocka_unit_test(other_layouts_and_single_files_are_named),
        cmocka_unit_test(entries_follow_each_other),
        cmocka_unit_test(an_entry_that_fpm_could_not_finish_counts_as_far_as_it_goes),
        cmocka_unit_test(local_times_are_shifted),
        cmocka_unit_test(what_is_no_entry_is_none),
        cmocka_unit_test(endless_entries_and_names_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
