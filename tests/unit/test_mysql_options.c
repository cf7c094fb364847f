/* Transients, the cron option, and names that notoptions calls absent, on a real server
 * with the shipped grants. */
#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "probes/mysql/hook_count.h"
#include "probes/mysql/probes.h"
#include "probes/php/name_sample.h"

#define OPTIONS WPB_SUBJECT_TABLE, "wp_options"
#define CRON WPB_SUBJECT_OPTION, "cron"

static const struct mysql_wordpress usual = {0};

static const struct wpb_probe *const transients[] = {&wpb_probe_mysql_server,
                                                     &wpb_probe_mysql_transients, NULL};
static const struct wpb_probe *const cron[] = {&wpb_probe_mysql_server,
                                               &wpb_probe_mysql_cron, NULL};

/* Room for all of it: what the server still writes after an INSERT must not look like
 * others reading from disk. */
static const char *const server_args[] = {"--innodb-buffer-pool-size=96M", NULL};

static int start(void **state)
{
    struct mysql_server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    *state = server;
    mysql_server_start(server, server_args, false);
    return 0;
}

static int end(void **state)
{
    mysql_server_stop(*state);
    free(*state);
    return 0;
}

static void create(struct mysql_server *server, const struct mysql_wordpress *wordpress)
{
    mysql_wordpress_create(server, wordpress);
    mysql_wordpress_grant(server, wordpress);
}

static int drop(void **state)
{
    mysql_server_do(*state, "DROP DATABASE IF EXISTS wordpress");
    return 0;
}

static void assert_unknown(const struct mysql_look *seen, enum wpb_subject_kind kind,
                           const char *name, enum wpb_metric metric)
{
    if (mysql_look_sample(seen, kind, name, metric))
        fail_msg("%s of %s is known", wpb_metric_row(metric)->name, name);
}

static void put(struct mysql_server *server, const char *name, const char *value)
{
    mysql_wordpress_option(server, "wp_", wpb_slice_cstr(name), wpb_slice_cstr(value),
                           "no");
}

/* A time, SECONDS from now. */
static void put_time(struct mysql_server *server, const char *name, int seconds)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)time(NULL) + seconds);
    put(server, name, text);
}

/* --- transients --- */

static void expired_transients_are_counted_with_their_bytes(void **state)
{
    struct mysql_server *server = *state;
    create(server, &usual);
    put(server, "_transient_feed", "0123456789");
    put_time(server, "_transient_timeout_feed", -1);
    put(server, "_transient_fresh", "01234");
    put_time(server, "_transient_timeout_fresh", 600);
    put(server, "_transient_for_ever", "0");
    put(server, "_site_transient_update_core", "0123456");
    put(server, "_site_transient_timeout_update_core", "12");
    put(server, "_site_transient_theme_roots", "01");
    put(server, "transient_of_nobody", "01");
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, transients, NULL);

    mysql_look_was_whole(&seen, "mysql.transients");
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENTS), 5);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_WITHOUT_TIMEOUT), 2);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_EXPIRED), 2);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_EXPIRED_BYTES), 17);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENT_BYTES), 25);
    assert_int_equal(mysql_look_sample(&seen, OPTIONS, WPB_M_EXPIRED)->provenance,
                     WPB_EXACT);
    assert_int_equal(mysql_look_coverage(&seen, "mysql.transients")->done, 5);
    mysql_look_free(&seen);
}

static void a_site_without_transients_has_none(void **state)
{
    struct mysql_server *server = *state;
    create(server, &usual);
    put(server, "siteurl", "https://shop.example");
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, transients, NULL);

    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENTS), 0);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_EXPIRED), 0);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENT_BYTES), 0);
    mysql_look_free(&seen);
}

/* 12,000 names: three pages. 13 MB of rows: only a sample of them is read. */
static void explode(struct mysql_server *server)
{
    mysql_server_do(server,
                    "INSERT INTO wp_options (option_name, option_value, autoload) "
                    "SELECT CONCAT('_transient_wc_var_prices_', seq), REPEAT('x', 1000), "
                    "'no' FROM seq_1_to_12000");
    mysql_server_do(server,
                    "INSERT INTO wp_options (option_name, option_value, autoload) "
                    "SELECT CONCAT('_transient_timeout_wc_var_prices_', seq), "
                    "%lld + IF(seq %% 4 = 0, 600, -600), 'no' FROM seq_1_to_11900",
                    (long long)time(NULL));
}

static void an_explosion_is_a_family_of_the_options_table(void **state)
{
    struct mysql_server *server = *state;
    create(server, &usual);
    explode(server);
    put(server, "_transient_doing_cron", "1");
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, transients, NULL);
    const struct wpb_subject *family =
        mysql_look_find(&seen, WPB_SUBJECT_OPTION_FAMILY, "_transient_wc_var_prices_<n>");

    mysql_look_was_whole(&seen, "mysql.transients");
    assert_non_null(family);
    assert_ptr_equal(family->parent,
                     mysql_look_find(&seen, WPB_SUBJECT_TABLE, "wp_options"));
    assert_int_equal(
        wpb_window_integer(wpb_turn_window(seen.turn, 0), family, WPB_M_NAMES, 0), 12000);
    assert_true(wpb_window_get(wpb_turn_window(seen.turn, 0), family, WPB_M_SHARE_RATIO)
                    ->value.number > 0.99);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENTS), 12001);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_WITHOUT_TIMEOUT), 101);
    mysql_look_free(&seen);
}

static void of_a_large_table_a_sample_says_how_much_is_expired(void **state)
{
    struct mysql_server *server = *state;
    create(server, &usual);
    explode(server);
    mysql_server_do(server, "ANALYZE TABLE wp_options");
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, transients, NULL);
    const struct wpb_sample *expired = mysql_look_sample(&seen, OPTIONS, WPB_M_EXPIRED);

    mysql_look_was_whole(&seen, "mysql.transients");
    assert_int_equal(expired->provenance, WPB_ESTIMATED);
    assert_in_range(expired->value.integer, 8925 - 1000, 8925 + 1000);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENT_BYTES), 12000000);
    assert_in_range(mysql_look_integer(&seen, OPTIONS, WPB_M_EXPIRED_BYTES), 7925000,
                    9925000);
    mysql_look_free(&seen);
}

static void of_very_many_transients_the_rest_is_guessed(void **state)
{
    static const struct wpb_turn_options low = {.budget = WPB_BUDGET_LOW, .survey = true};
    struct mysql_server *server = *state;
    create(server, &usual);
    mysql_server_do(
        server, "INSERT INTO wp_options (option_name, option_value, autoload) "
                "SELECT CONCAT('_transient_feed_', LEFT(SHA2(seq, 256), 32)), 'x', 'no' "
                "FROM seq_1_to_40000; ANALYZE TABLE wp_options");
    put(server, "_site_transient_timeout_theme_roots", "1");
    put(server, "_site_transient_theme_roots", "1");
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, transients, &low);

    assert_int_equal(mysql_look_coverage(&seen, "mysql.transients")->status,
                     WPB_COVERAGE_PARTIAL);
    assert_int_equal(mysql_look_coverage(&seen, "mysql.transients")->done, 20001);
    assert_in_range(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENTS), 30000, 80000);
    assert_in_range(mysql_look_integer(&seen, WPB_SUBJECT_OPTION_FAMILY,
                                       "_transient_feed_<hex>", WPB_M_NAMES),
                    30000, 80000);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_WITHOUT_TIMEOUT), 20000);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_EXPIRED), 1);
    mysql_look_free(&seen);
}

/* In the order of the index the times come between. */
static void transients_before_and_behind_the_times_are_all_listed(void **state)
{
    struct mysql_server *server = *state;
    create(server, &usual);
    put(server, "_transient_aaa", "1");
    put(server, "_transient_time", "1");
    put(server, "_transient_timeouts", "1");
    put(server, "_transient_zzz", "1");
    put(server, "_transient_\xf0\x9f\x98\x80", "1");
    put(server, "_transient_timeout_aaa", "1");
    put(server, "_transient_timeout_zzz", "1");
    put(server, "_transient_timeout_\xf0\x9f\x98\x80", "1");
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, transients, NULL);

    mysql_look_was_whole(&seen, "mysql.transients");
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENTS), 5);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_EXPIRED), 3);
    mysql_look_free(&seen);
}

/* --- autoload --- */

static void of_a_large_table_only_what_is_loaded_is_measured(void **state)
{
    static const struct wpb_probe *const autoload[] = {&wpb_probe_mysql_server,
                                                       &wpb_probe_mysql_autoload, NULL};
    struct mysql_server *server = *state;
    create(server, &usual);
    mysql_wordpress_option(server, "wp_", wpb_slice_cstr("loaded"),
                           wpb_slice_cstr("0123456789"), "on");
    mysql_server_do(server,
                    "INSERT INTO wp_options (option_name, option_value, autoload) "
                    "SELECT CONCAT('stored_', seq), REPEAT('x', 60000), 'no' "
                    "FROM seq_1_to_800; ANALYZE TABLE wp_options");
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, autoload, NULL);

    assert_int_equal(mysql_look_coverage(&seen, "mysql.autoload")->status,
                     WPB_COVERAGE_PARTIAL);
    assert_non_null(
        strstr(mysql_look_coverage(&seen, "mysql.autoload")->reason, "not autoloaded"));
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_AUTOLOAD_BYTES), 10);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_AUTOLOAD_INDEXED), 1);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_OPTION, "loaded", WPB_M_ROW_BYTES), 10);
    assert_null(mysql_look_find(&seen, WPB_SUBJECT_OPTION, "stored_1"));
    mysql_look_free(&seen);
}

static void of_a_small_table_every_option_is_measured(void **state)
{
    static const struct wpb_probe *const autoload[] = {&wpb_probe_mysql_server,
                                                       &wpb_probe_mysql_autoload, NULL};
    static const struct mysql_wordpress old = {.has_old_autoload = true,
                                               .lacks_autoload_index = true};
    struct mysql_server *server = *state;
    create(server, &old);
    mysql_wordpress_option(server, "wp_", wpb_slice_cstr("loaded"),
                           wpb_slice_cstr("0123456789"), "yes");
    put(server, "stored", "01234567890123456789");
    struct mysql_look seen;
    mysql_look(&seen, server, &old, autoload, NULL);

    mysql_look_was_whole(&seen, "mysql.autoload");
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_AUTOLOAD_INDEXED), 0);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_OPTIONS), 1);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_OPTION, "loaded", WPB_M_AUTOLOADED), 1);
    assert_int_equal(
        mysql_look_integer(&seen, WPB_SUBJECT_OPTION, "stored", WPB_M_AUTOLOADED), 0);
    mysql_look_free(&seen);
}

static void hostile_names_of_transients_are_folded_as_bytes(void **state)
{
    char longest[192];
    struct mysql_server *server = *state;
    create(server, &(struct mysql_wordpress){.has_old_autoload = true});
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "_transient_", 11);
    longest[191] = '\0';
    put(server, longest, "1");
    put(server, "_transient_a\nb", "12");
    put(server, "_transient_\033[2J", "123");
    put(server, "_transient_'; DROP TABLE wp_options; -- ", "1234");
    put(server, "_transient_%_|\\", "12345");
    put(server, "_transient_", "123456");
    put(server, "_transient_timeout_", "1");
    put(server, "_transient_not_a_time", "");
    put(server, "_transient_timeout_not_a_time", "tomorrow");
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, transients, NULL);

    mysql_look_was_whole(&seen, "mysql.transients");
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENTS), 7);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENT_BYTES), 21);
    /* What is no time is 0 to MySQL, as to WordPress's own clean-up. */
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_EXPIRED), 2);
    assert_non_null(
        mysql_look_find(&seen, WPB_SUBJECT_OPTION_FAMILY, "_transient_<bytes>"));
    mysql_look_free(&seen);
}

static void names_of_a_latin1_table_are_paged_without_end_or_gap(void **state)
{
    static const struct mysql_wordpress latin1 = {.charset = "latin1"};
    struct mysql_server *server = *state;
    create(server, &latin1);
    mysql_server_do(server,
                    "INSERT INTO wp_options (option_name, option_value, autoload) "
                    "SELECT CONCAT('_transient_', x'e9', '_', seq), 'x', 'no' "
                    "FROM seq_1_to_10001");
    struct mysql_look seen;
    mysql_look(&seen, server, &latin1, transients, NULL);

    mysql_look_was_whole(&seen, "mysql.transients");
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENTS), 10001);
    assert_int_equal(mysql_look_integer(&seen, OPTIONS, WPB_M_TRANSIENT_BYTES), 10001);
    mysql_look_free(&seen);
}

static void without_an_options_table_the_coverage_says_so(void **state)
{
    struct mysql_server *server = *state;
    create(server, &usual);
    mysql_server_do(server, "DROP TABLE wp_options");
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, transients, NULL);

    assert_int_equal(mysql_look_coverage(&seen, "mysql.transients")->status,
                     WPB_COVERAGE_PARTIAL);
    assert_non_null(
        strstr(mysql_look_coverage(&seen, "mysql.transients")->reason, "wp_options"));
    assert_unknown(&seen, OPTIONS, WPB_M_TRANSIENTS);
    mysql_look_free(&seen);
}

static void a_sample_of_names_depends_on_the_names_alone(void **state)
{
    char name[32], longest[WPB_NAME_SAMPLE_BYTES + 1];
    struct wpb_topk *forwards = wpb_topk_new(10), *backwards = wpb_topk_new(10);
    const struct wpb_topk_item *a, *b;
    size_t count, same, late = 0;
    (void)state;

    memset(longest, 'x', sizeof longest);
    wpb_name_sample_offer(forwards, wpb_slice_of("", 0));
    wpb_name_sample_offer(forwards, wpb_slice_of(longest, sizeof longest));
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "kestrel_%04d", i % 1000);
        wpb_name_sample_offer(forwards, wpb_slice_cstr(name));
        snprintf(name, sizeof name, "kestrel_%04d", 999 - i % 1000);
        wpb_name_sample_offer(backwards, wpb_slice_cstr(name));
    }
    a = wpb_topk_sorted(forwards, &count);
    b = wpb_topk_sorted(backwards, &same);
    assert_int_equal(count, 10);
    assert_int_equal(same, 10);
    for (size_t i = 0; i < count; i++) {
        assert_true(wpb_slice_equal(a[i].name, b[i].name));
        late += a[i].name.data[9] >= '5';
    }
    assert_in_range(late, 1, 9);
    wpb_topk_free(forwards);
    wpb_topk_free(backwards);
}

/* --- cron --- */

static void events_of_cron_are_counted_the_overdue_and_the_duplicate(void **state)
{
    static const char form[] =
        "a:4:{"
        "i:%lld;a:1:{s:7:\"feed_it\";a:2:{s:32:"
        "\"40cd750bba9870f18aada2478b24840a\";"
        "a:3:{s:8:\"schedule\";b:0;s:4:\"args\";a:0:{}s:8:\"interval\";i:60;}"
        "s:32:\"41cd750bba9870f18aada2478b24840a\";a:2:{s:8:\"schedule\";b:0;s:4:"
        "\"args\";"
        "a:1:{i:0;i:7;}}}}"
        "i:%lld;a:1:{s:5:\"limit\";a:1:{s:32:\"42cd750bba9870f18aada2478b24840a\";"
        "a:2:{s:8:\"schedule\";b:0;s:4:\"args\";a:0:{}}}}"
        "i:%lld;a:2:{s:7:\"feed_it\";a:1:{s:32:"
        "\"40cd750bba9870f18aada2478b24840a\";"
        "a:2:{s:8:\"schedule\";b:0;s:4:\"args\";a:0:{}}}i:77;a:1:{i:1;a:0:{}}}"
        "s:7:\"version\";i:2;}";
    char value[sizeof form + 64];
    long long now = time(NULL), late;
    struct mysql_server *server = *state;
    create(server, &usual);
    snprintf(value, sizeof value, form, now - 10000, now - 300, now + 3600);
    put(server, "cron", value);
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, cron, NULL);

    mysql_look_was_whole(&seen, "mysql.cron");
    assert_unknown(&seen, CRON, WPB_M_FLAW);
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_PRESENT), 1);
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_ROW_BYTES), strlen(value));
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_EVENTS), 5);
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_EVENTS_OVERDUE), 2);
    late = mysql_look_integer(&seen, CRON, WPB_M_OVERDUE_SECONDS);
    assert_in_range(late, 10000, 10000 + (time(NULL) - now));
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_EVENTS_DUPLICATE), 2);
    mysql_look_text_is(&seen, CRON, WPB_M_DUPLICATE_HOOK, "feed_it");
    assert_int_equal(mysql_look_sample(&seen, CRON, WPB_M_EVENTS)->provenance, WPB_EXACT);
    assert_int_equal(mysql_look_coverage(&seen, "mysql.cron")->done, 5);
    mysql_look_free(&seen);
}

/* EVENTS of the hook NAME, one for each second from now on. */
static char *many_events(size_t events, const char *name)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    assert_non_null(stream);
    fprintf(stream, "a:%zu:{", events + 1);
    for (size_t i = 0; i < events; i++)
        fprintf(stream,
                "i:%zu;a:1:{s:%zu:\"%s\";a:1:{s:32:\"%032zu\";a:2:{s:8:\"schedule\";b:0;"
                "s:4:\"args\";a:1:{i:0;i:%zu;}}}}",
                (size_t)time(NULL) + i, strlen(name), name, i, i);
    fputs("s:7:\"version\";i:2;}", stream);
    assert_int_equal(fclose(stream), 0);
    return text;
}

/* Without a bound on page reads, of which each chunk of a large value is charged some. */
static void look_at_large_cron(struct mysql_look *seen, struct mysql_server *server)
{
    struct wpb_turn_options options = {.budget = WPB_BUDGET_FULL, .survey = true};

    mysql_look(seen, server, &usual, cron, &options);
}

static void a_cron_of_several_chunks_is_walked_whole(void **state)
{
    char *value = many_events(9000, "kestrel_sync");
    struct mysql_server *server = *state;
    create(server, &usual);
    put(server, "cron", value);
    assert_in_range(strlen(value), 1024 * 1024, 4 * 1024 * 1024);
    struct mysql_look seen;
    look_at_large_cron(&seen, server);

    mysql_look_was_whole(&seen, "mysql.cron");
    assert_unknown(&seen, CRON, WPB_M_FLAW);
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_EVENTS), 9000);
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_EVENTS_OVERDUE), 0);
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_OVERDUE_SECONDS), 0);
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_EVENTS_DUPLICATE), 8999);
    mysql_look_free(&seen);
    free(value);
}

static void of_a_cron_above_4_mib_the_beginning_is_walked(void **state)
{
    char *value = many_events(36000, "kestrel_sync");
    struct mysql_server *server = *state;
    create(server, &usual);
    put(server, "cron", value);
    struct mysql_look seen;
    look_at_large_cron(&seen, server);
    const struct wpb_sample *events = mysql_look_sample(&seen, CRON, WPB_M_EVENTS);

    assert_true(strlen(value) > 4 * 1024 * 1024);
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_ROW_BYTES), strlen(value));
    assert_int_equal(events->provenance, WPB_ESTIMATED);
    assert_in_range(events->value.integer, 30000, 35999);
    assert_non_null(strstr(mysql_look_sample(&seen, CRON, WPB_M_FLAW)->value.text.data,
                           "only the first 4194304 of"));
    assert_true(mysql_look_coverage(&seen, "mysql.cron")->cost.rows < 40);
    mysql_look_free(&seen);
    free(value);
}

static void a_cron_that_is_cut_or_lies_is_a_flaw(void **state)
{
    static const char *const values[] = {
        "a:1:{i:1700000000;a:1:{s:4:\"hook\";a:1:{s:32:\"40cd",
        "a:9000000:{i:1;a:1:{s:1:\"h\";a:1:{s:1:\"m\";a:0:{}}}}",
        "a:1:{i:1;a:1:{s:100:\"short\";a:0:{}}}",
        "b:0;",
        "O:8:\"stdClass\":0:{}",
        "\033[2J not PHP",
        "",
    };
    struct mysql_server *server = *state;

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        create(server, &usual);
        put(server, "cron", values[i]);
        struct mysql_look seen;
        mysql_look(&seen, server, &usual, cron, NULL);
        mysql_look_was_whole(&seen, "mysql.cron");
        assert_true(mysql_look_sample(&seen, CRON, WPB_M_FLAW)->value.text.len > 0);
        if (i != 1)
            assert_unknown(&seen, CRON, WPB_M_EVENTS);
        mysql_look_free(&seen);
        drop(state);
    }
}

static void times_out_of_every_range_do_no_harm(void **state)
{
    struct mysql_server *server = *state;
    create(server, &usual);
    put(server, "cron",
        "a:3:{i:-9223372036854775808;a:1:{s:1:\"h\";a:1:{s:1:\"m\";a:0:{}}}"
        "i:9223372036854775807;a:1:{s:1:\"h\";a:1:{s:1:\"m\";a:0:{}}}"
        "s:4:\"when\";a:1:{s:1:\"h\";a:1:{s:1:\"m\";a:0:{}}}}");
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, cron, NULL);

    mysql_look_was_whole(&seen, "mysql.cron");
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_EVENTS), 2);
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_EVENTS_OVERDUE), 1);
    assert_in_range(mysql_look_integer(&seen, CRON, WPB_M_OVERDUE_SECONDS),
                    time(NULL) - 60, time(NULL));
    mysql_look_free(&seen);
}

static void a_site_without_cron_says_that_it_is_absent(void **state)
{
    struct mysql_server *server = *state;
    create(server, &usual);
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, cron, NULL);

    mysql_look_was_whole(&seen, "mysql.cron");
    assert_int_equal(mysql_look_integer(&seen, CRON, WPB_M_PRESENT), 0);
    assert_unknown(&seen, CRON, WPB_M_EVENTS);
    mysql_look_free(&seen);
}

static void the_most_frequent_hook_is_found_among_more_than_are_held(void **state)
{
    struct wpb_hook_count *hooks = calloc(1, sizeof *hooks);
    char name[32];
    uint64_t most;
    (void)state;

    assert_int_equal(wpb_hook_count_most(hooks, &most).len, 0);
    for (int i = 0; i < 4000; i++) {
        snprintf(name, sizeof name, "once_%d", i);
        wpb_hook_count_add(hooks, wpb_slice_cstr(name));
        if (i >= 2000)
            wpb_hook_count_add(hooks, wpb_slice_cstr("often"));
    }
    assert_true(wpb_slice_is(wpb_hook_count_most(hooks, &most), "often"));
    assert_in_range(most, 2000 - 6000 / WPB_HOOKS_HELD, 2000);
    assert_true(hooks->is_low);
    free(hooks);
}

/* --- names that a notoptions calls absent --- */

/* In the place of the examiner of Redis: what it posts of a notoptions. */
static const struct {
    const char *key, *name;
} absent[] = {
    {"p:options:notoptions", "kestrel_tariff"},
    {"p:options:notoptions", "siteurl"},
    {"p:options:notoptions", "BLOGNAME"},
    {"p:options:notoptions", "caf\xc3\xa9"},
    {"p:options:notoptions", "a'; DROP TABLE wp_options; --\n\033[2J"},
    {"p:options:notoptions", "\xff\xfe"},
    {"other:options:notoptions", "blogname"},
};

static void *start_posting(struct wpb_run *run, struct wpb_err *err)
{
    (void)err;
    wpb_run_step_in(run, 0);
    return run;
}

static void post_absent(void *state)
{
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        struct wpb_subject key = {WPB_SUBJECT_REDIS_KEY, WPB_SLICE("redis://h/0"),
                                  wpb_slice_cstr(absent[i].key), NULL};
        struct wpb_subject option = {WPB_SUBJECT_OPTION, key.scope,
                                     wpb_slice_cstr(absent[i].name), &key};
        wpb_run_post(state, NULL, &option, WPB_M_IN_NOTOPTIONS, wpb_value_integer(1),
                     WPB_EXACT);
    }
    wpb_run_end(state, WPB_COVERAGE_OK, "%s", "");
}

static void end_posting(void *state)
{
    wpb_run_end(state, WPB_COVERAGE_PARTIAL, "%s", "");
}

static void leave_it(void *state)
{
    (void)state;
}

static const struct wpb_probe value_of_redis = {.name = "t.value",
                                                .unit = "values",
                                                .needs = "mysql",
                                                .deadline_ms = 5000,
                                                .start = start_posting,
                                                .step = post_absent,
                                                .cancel = end_posting,
                                                .free = leave_it};
static const struct wpb_probe *const stale[] = {&value_of_redis,
                                                &wpb_probe_mysql_stale_notoptions, NULL};

static const struct wpb_turn_options examining = {.budget = WPB_BUDGET_NORMAL,
                                                  .survey = true,
                                                  .examine = true,
                                                  .limits = {.names = 60}};

static long long in_database(const struct mysql_look *seen, const char *name)
{
    return mysql_look_integer(seen, WPB_SUBJECT_OPTION, name, WPB_M_IN_DATABASE);
}

static void options_that_exist_although_notoptions_denies_them_are_found(void **state)
{
    struct mysql_server *server = *state;
    create(server, &usual);
    put(server, "siteurl", "https://shop.example");
    put(server, "blogname", "Shop"); /* the same as BLOGNAME to the server alone */
    put(server, "caf\xc3\xa9", "1");
    struct mysql_look seen;
    mysql_server_do(server,
                    "TRUNCATE TABLE mysql.general_log; "
                    "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1");
    mysql_look(&seen, server, &usual, stale, &examining);
    mysql_server_do(server, "SET GLOBAL general_log = 0");

    mysql_look_was_whole(&seen, "mysql.stale_notoptions");
    assert_int_equal(in_database(&seen, "siteurl"), 1);
    assert_int_equal(in_database(&seen, "caf\xc3\xa9"), 1);
    assert_int_equal(in_database(&seen, "kestrel_tariff"), 0);
    assert_int_equal(in_database(&seen, "BLOGNAME"), 0);
    assert_int_equal(in_database(&seen, absent[4].name), 0);
    assert_int_equal(in_database(&seen, "\xff\xfe"), 0);
    /* One statement for each notoptions. */
    assert_int_equal(mysql_server_integer(server,
                                          "SELECT COUNT(*) FROM mysql.general_log WHERE "
                                          "user_host LIKE 'wpbloat%%' AND argument LIKE "
                                          "'%%FROM%%options%%'"),
                     2);
    assert_int_equal(mysql_look_coverage(&seen, "mysql.stale_notoptions")->done, 7);
    mysql_look_free(&seen);
}

static void names_of_a_latin1_site_are_compared_as_php_reads_them(void **state)
{
    static const struct mysql_wordpress latin1 = {.charset = "latin1"};
    struct mysql_server *server = *state;
    create(server, &latin1);
    put(server, "\xff\xfe", "1");
    put(server, "siteurl", "https://shop.example");
    struct mysql_look seen;
    mysql_look(&seen, server, &latin1, stale, &examining);

    mysql_look_was_whole(&seen, "mysql.stale_notoptions");
    assert_int_equal(in_database(&seen, "\xff\xfe"), 1);
    assert_int_equal(in_database(&seen, "siteurl"), 1);
    assert_int_equal(in_database(&seen, "kestrel_tariff"), 0);
    mysql_look_free(&seen);
}

static void without_the_options_table_no_name_is_called_absent(void **state)
{
    struct mysql_server *server = *state;
    create(server, &usual);
    mysql_server_do(server, "DROP TABLE wp_options");
    struct mysql_look seen;
    mysql_look(&seen, server, &usual, stale, &examining);

    assert_int_equal(mysql_look_coverage(&seen, "mysql.stale_notoptions")->status,
                     WPB_COVERAGE_UNAVAILABLE);
    assert_unknown(&seen, WPB_SUBJECT_OPTION, "siteurl", WPB_M_IN_DATABASE);
    mysql_look_free(&seen);
}

#define ON_SERVER(test) cmocka_unit_test_teardown(test, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SERVER(expired_transients_are_counted_with_their_bytes),
        ON_SERVER(a_site_without_transients_has_none),
        ON_SERVER(an_explosion_is_a_family_of_the_options_table),
        ON_SERVER(of_a_large_table_a_sample_says_how_much_is_expired),
        ON_SERVER(of_very_many_transients_the_rest_is_guessed),
        ON_SERVER(transients_before_and_behind_the_times_are_all_listed),
        ON_SERVER(of_a_large_table_only_what_is_loaded_is_measured),
        ON_SERVER(of_a_small_table_every_option_is_measured),
        ON_SERVER(hostile_names_of_transients_are_folded_as_bytes),
        ON_SERVER(names_of_a_latin1_table_are_paged_without_end_or_gap),
        ON_SERVER(without_an_options_table_the_coverage_says_so),
        cmocka_unit_test(a_sample_of_names_depends_on_the_names_alone),
        ON_SERVER(events_of_cron_are_counted_the_overdue_and_the_duplicate),
        ON_SERVER(a_cron_of_several_chunks_is_walked_whole),
        ON_SERVER(of_a_cron_above_4_mib_the_beginning_is_walked),
        ON_SERVER(a_cron_that_is_cut_or_lies_is_a_flaw),
        ON_SERVER(times_out_of_every_range_do_no_harm),
        ON_SERVER(a_site_without_cron_says_that_it_is_absent),
        ON_SERVER(options_that_exist_although_notoptions_denies_them_are_found),
        ON_SERVER(names_of_a_latin1_site_are_compared_as_php_reads_them),
        ON_SERVER(without_the_options_table_no_name_is_called_absent),
        cmocka_unit_test(the_most_frequent_hook_is_found_among_more_than_are_held),
    };
    return cmocka_run_group_tests(tests, start, end);
}
