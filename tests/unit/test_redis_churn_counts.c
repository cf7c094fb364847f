/* What is counted of the names that Redis tells, and how many of them were writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/redis/churn_info.h"
#include "probes/redis/churn_watch.h"
#include "probes/redis/frequency.h"

static void names_are_counted_and_sorted_by_how_often_they_came(void **state)
{
    static const char *const names[] = {"b", "a", "c", "a", "b", "a", "d"};
    struct wpb_frequency *frequency = wpb_frequency_new();
    size_t count;
    (void)state;

    for (size_t i = 0; i < 7; i++)
        wpb_frequency_add(frequency, wpb_slice_cstr(names[i]), 1);
    wpb_frequency_add(frequency, wpb_slice_of("a\0b", 3), 2);
    const struct wpb_frequency_item *items = wpb_frequency_sorted(frequency, &count);
    assert_int_equal(count, 5);
    assert_true(wpb_slice_is(items[0].name, "a"));
    assert_int_equal(items[0].count, 3);
    assert_true(wpb_slice_equal(items[1].name, wpb_slice_of("a\0b", 3)));
    assert_true(wpb_slice_is(items[2].name, "b"));
    assert_true(wpb_slice_is(items[3].name, "c"));
    wpb_frequency_free(frequency);
}

static void names_beyond_the_bound_leave_the_counts_of_the_others(void **state)
{
    struct wpb_frequency *frequency = wpb_frequency_new();
    char name[32], longest[WPB_FREQUENCY_NAME_LEN_MAX + 1];
    size_t count;
    (void)state;

    memset(longest, 'x', sizeof longest);
    wpb_frequency_add(frequency, wpb_slice_of(longest, sizeof longest), 9);
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < WPB_FREQUENCY_NAMES_MAX + 500; i++) {
            snprintf(name, sizeof name, "wp:posts:%d", i);
            wpb_frequency_add(frequency, wpb_slice_cstr(name), 1);
        }
    const struct wpb_frequency_item *items = wpb_frequency_sorted(frequency, &count);
    assert_true(count > WPB_FREQUENCY_NAMES_MAX / 2);
    assert_true(count <= WPB_FREQUENCY_NAMES_MAX);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(items[i].count, 2);
    wpb_frequency_free(frequency);
}

static void nothing_counted_is_an_empty_list(void **state)
{
    struct wpb_frequency *frequency = wpb_frequency_new();
    size_t count = 1;
    (void)state;
    wpb_frequency_sorted(frequency, &count);
    assert_int_equal(count, 0);
    wpb_frequency_free(frequency);
    wpb_frequency_free(NULL);
}

static struct wpb_churn_changes changes_of(const char *text)
{
    struct wpb_churn_changes changes = {.has_stats = false};
    wpb_churn_changes_read(wpb_slice_cstr(text), &changes);
    return changes;
}

static void removals_and_new_times_to_live_are_summed_up(void **state)
{
    struct wpb_churn_changes changes = changes_of(
        "# Stats\r\nexpired_keys:7\r\nexpired_stale_perc:99.00\r\nevicted_keys:5\r\n"
        "evicted_clients:1000\r\n# Commandstats\r\ncmdstat_del:calls=3,usec=1,x=9\r\n"
        "cmdstat_delete:calls=1000\r\ncmdstat_unlink:calls=20,usec=1\r\n"
        "cmdstat_set:calls=5000\r\ncmdstat_expire:calls=11\r\n"
        "cmdstat_getex:calls=2\r\n"
        "cmdstat_persist:calls=18446744073709551615000\r\ncmdstat_rename");
    (void)state;
    assert_true(changes.has_stats && changes.has_commands);
    assert_int_equal(changes.removals, 7 + 5 + 3 + 20);
    assert_true(changes.retimings == UINT64_MAX);
}

static void writes_are_what_the_removals_of_the_window_leave(void **state)
{
    struct wpb_churn_changes before = {true, true, 100, 50}, after = before;
    (void)state;

    assert_int_equal(wpb_churn_writes(9, &before, &after), 9);
    after.removals += 2;
    assert_int_equal(wpb_churn_writes(9, &before, &after), 7);
    /* A key removed n times was written n - 1 times in between. */
    after.removals += 1000;
    assert_int_equal(wpb_churn_writes(9, &before, &after), 4);
    after.retimings += 5;
    assert_int_equal(wpb_churn_writes(9, &before, &after), 2);
    after.retimings += 1000;
    assert_int_equal(wpb_churn_writes(9, &before, &after), 0);
}

static void without_both_counters_half_of_the_changes_are_writes(void **state)
{
    struct wpb_churn_changes known = {true, true, 1, 1}, blind = known;
    struct wpb_churn_changes reset = {true, true, 0, 0};
    (void)state;

    blind.has_commands = false;
    assert_int_equal(wpb_churn_writes(9, &blind, &known), 4);
    assert_int_equal(wpb_churn_writes(9, &known, &blind), 4);
    assert_int_equal(wpb_churn_writes(9, &known, &reset), 4);
}

static struct wpb_site site_of(const char *prefix)
{
    return (struct wpb_site){.has_key_prefix = prefix != NULL,
                             .key_prefix = prefix,
                             .key_prefix_len = prefix ? strlen(prefix) : 0};
}

static void a_prefix_within_another_is_not_named_twice(void **state)
{
    struct wpb_site sites[] = {site_of("five_net:"), site_of(NULL), site_of("five_"),
                               site_of("five_"), site_of("w3tc_")};
    const struct wpb_site *list[] = {&sites[0], &sites[1], &sites[2], &sites[3],
                                     &sites[4]};
    struct wpb_churn_prefixes prefixes;
    struct wpb_buf command;
    (void)state;

    wpb_churn_prefixes_of(list, 5, &prefixes);
    assert_int_equal(prefixes.count, 2);
    assert_int_equal(prefixes.unknown, 1);
    assert_int_equal(prefixes.beyond, 0);
    wpb_buf_init(&command, 0);
    wpb_churn_tracking_on(&prefixes, 77, &command);
    assert_string_equal(command.data,
                        "*10\r\n$6\r\nCLIENT\r\n$8\r\nTRACKING\r\n$2\r\nON\r\n"
                        "$8\r\nREDIRECT\r\n$2\r\n77\r\n$5\r\nBCAST\r\n"
                        "$6\r\nPREFIX\r\n$5\r\nfive_\r\n"
                        "$6\r\nPREFIX\r\n$5\r\nw3tc_\r\n");
    wpb_buf_fini(&command);
}

static void sites_beyond_the_bound_are_counted(void **state)
{
    struct wpb_site sites[WPB_CHURN_PREFIXES_MAX + 3];
    const struct wpb_site *list[WPB_CHURN_PREFIXES_MAX + 3];
    char names[WPB_CHURN_PREFIXES_MAX + 3][8];
    struct wpb_churn_prefixes prefixes;
    (void)state;

    for (size_t i = 0; i < WPB_CHURN_PREFIXES_MAX + 3; i++) {
        snprintf(names[i], sizeof names[i], "s%02zu:", i);
        sites[i] = site_of(names[i]);
        list[i] = &sites[i];
    }
    wpb_churn_prefixes_of(list, WPB_CHURN_PREFIXES_MAX + 3, &prefixes);
    assert_int_equal(prefixes.count, WPB_CHURN_PREFIXES_MAX);
    assert_int_equal(prefixes.beyond, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_counted_and_sorted_by_how_often_they_came),
        cmocka_unit_test(names_beyond_the_bound_leave_the_counts_of_the_others),
        cmocka_unit_test(nothing_counted_is_an_empty_list),
        cmocka_unit_test(removals_and_new_times_to_live_are_summed_up),
        cmocka_unit_test(writes_are_what_the_removals_of_the_window_leave),
        cmocka_unit_test(without_both_counters_half_of_the_changes_are_writes),
        cmocka_unit_test(a_prefix_within_another_is_not_named_twice),
        cmocka_unit_test(sites_beyond_the_bound_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
