#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wpbloat/window.h"

#define NOW 1795464000000

static const struct wpb_site site = {.name = "shop"};

static struct wpb_subject key_named(const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_KEY,
                                .scope = wpb_slice_cstr("redis://h:6379/1"),
                                .name = wpb_slice_cstr(name)};
}

static struct wpb_subject family_of(const struct wpb_subject *key, const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_OPTION_FAMILY,
                                .scope = key->scope,
                                .name = wpb_slice_cstr(name),
                                .parent = key};
}

static void post_at(struct wpb_window *window, const struct wpb_subject *subject,
                    enum wpb_metric metric, struct wpb_value value, int64_t time_ms)
{
    struct wpb_sample sample = {
        .subject = subject, .metric = metric, .value = value, .time_ms = time_ms};
    wpb_window_post(window, &sample);
}

static void post(struct wpb_window *window, const struct wpb_subject *subject,
                 enum wpb_metric metric, int64_t value)
{
    post_at(window, subject, metric, wpb_value_integer(value), NOW);
}

static void a_new_window_knows_nothing(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    struct wpb_subject key = key_named("a");
    size_t cursor = 0;

    (void)state;
    assert_ptr_equal(wpb_window_site(window), &site);
    assert_int_equal(wpb_window_now_ms(window), NOW);
    assert_null(wpb_window_find(window, &key));
    assert_null(wpb_window_get(window, &key, WPB_M_MEMORY_BYTES));
    assert_null(wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor));
    assert_int_equal(wpb_window_integer(window, &key, WPB_M_MEMORY_BYTES, -7), -7);
    assert_int_equal(wpb_window_text(window, &key, WPB_M_KEY_ROLE).len, 0);
    wpb_window_free(window);
}

static void a_posted_sample_is_found_by_an_equal_subject(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    struct wpb_subject key = key_named("a"), same = key_named("a");
    const struct wpb_subject *found;

    (void)state;
    post(window, &key, WPB_M_MEMORY_BYTES, 264);
    found = wpb_window_find(window, &same);
    assert_non_null(found);
    assert_ptr_not_equal(found, &key);
    assert_int_equal(wpb_window_integer(window, &same, WPB_M_MEMORY_BYTES, -1), 264);
    assert_ptr_equal(wpb_window_get(window, &same, WPB_M_MEMORY_BYTES)->subject, found);
    wpb_window_free(window);
}

static void the_window_keeps_its_own_copies(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    char name[] = "a\0b", scope[] = "redis://h:6379/1", role[] = "notoptions";
    struct wpb_subject key = {.kind = WPB_SUBJECT_REDIS_KEY,
                              .scope = wpb_slice_of(scope, sizeof(scope) - 1),
                              .name = wpb_slice_of(name, 3)};
    struct wpb_subject asked = {.kind = WPB_SUBJECT_REDIS_KEY,
                                .scope = wpb_slice_cstr("redis://h:6379/1"),
                                .name = wpb_slice_of("a\0b", 3)};

    (void)state;
    post_at(window, &key, WPB_M_KEY_ROLE, wpb_value_text(wpb_slice_of(role, 10)), NOW);
    memset(name, 'x', 3);
    memset(scope, 'x', 5);
    memset(role, 'x', 5);
    assert_non_null(wpb_window_find(window, &asked));
    assert_true(
        wpb_slice_is(wpb_window_text(window, &asked, WPB_M_KEY_ROLE), "notoptions"));
    wpb_window_free(window);
}

static void a_newer_or_equal_time_replaces_and_an_older_does_not(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    struct wpb_subject key = key_named("a");

    (void)state;
    post_at(window, &key, WPB_M_ENTRIES, wpb_value_integer(1), NOW);
    post_at(window, &key, WPB_M_ENTRIES, wpb_value_integer(2), NOW);
    assert_int_equal(wpb_window_integer(window, &key, WPB_M_ENTRIES, -1), 2);
    post_at(window, &key, WPB_M_ENTRIES, wpb_value_integer(3), NOW - 1);
    assert_int_equal(wpb_window_integer(window, &key, WPB_M_ENTRIES, -1), 2);
    post_at(window, &key, WPB_M_ENTRIES, wpb_value_integer(4), NOW + 1);
    assert_int_equal(wpb_window_integer(window, &key, WPB_M_ENTRIES, -1), 4);
    wpb_window_free(window);
}

static void a_text_is_replaced_by_a_shorter_and_a_longer_one(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    struct wpb_subject key = key_named("a");
    const char *texts[] = {"serialize", "raw", "a much longer text than before", ""};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        post_at(window, &key, WPB_M_ENCODING, wpb_value_text(wpb_slice_cstr(texts[i])),
                NOW);
        assert_true(
            wpb_slice_is(wpb_window_text(window, &key, WPB_M_ENCODING), texts[i]));
    }
    wpb_window_free(window);
}

static void a_sample_of_the_window_may_be_posted_again(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    struct wpb_subject key = key_named("a");
    struct wpb_sample again;

    (void)state;
    post_at(window, &key, WPB_M_ENCODING, wpb_value_text(wpb_slice_cstr("serialize")),
            NOW);
    again = *wpb_window_get(window, &key, WPB_M_ENCODING);
    wpb_window_post(window, &again);
    assert_true(wpb_slice_is(wpb_window_text(window, &key, WPB_M_ENCODING), "serialize"));
    wpb_window_free(window);
}

static void shorthands_fall_back_on_another_type(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    struct wpb_subject key = key_named("a");

    (void)state;
    post_at(window, &key, WPB_M_ENTRIES, wpb_value_double(2.5), NOW);
    post_at(window, &key, WPB_M_ENCODING, wpb_value_integer(3), NOW);
    assert_int_equal(wpb_window_integer(window, &key, WPB_M_ENTRIES, -1), -1);
    assert_int_equal(wpb_window_text(window, &key, WPB_M_ENCODING).len, 0);
    wpb_window_free(window);
}

static void subjects_come_in_order_of_first_posting(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    const char *names[] = {"z", "a", "m"};
    size_t cursor = 0;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct wpb_subject key = key_named(names[i]);
        post(window, &key, WPB_M_MEMORY_BYTES, 1);
    }
    struct wpb_subject again = key_named("m");
    post(window, &again, WPB_M_TTL_SECONDS, -1);
    for (size_t i = 0; i < 3; i++) {
        const struct wpb_subject *key =
            wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor);
        assert_non_null(key);
        assert_true(wpb_slice_is(key->name, names[i]));
    }
    assert_null(wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor));
    wpb_window_free(window);
}

static void children_are_found_by_their_parent_and_point_to_the_windows_own(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    struct wpb_subject one = key_named("one"), two = key_named("two");
    struct wpb_subject of_one = family_of(&one, "x_<n>");
    struct wpb_subject of_two = family_of(&two, "x_<n>");
    size_t cursor = 0;

    (void)state;
    post(window, &one, WPB_M_ENTRIES, 1);
    post(window, &of_one, WPB_M_NAMES, 10);
    post(window, &of_two, WPB_M_NAMES, 20);
    const struct wpb_subject *child =
        wpb_window_next(window, WPB_SUBJECT_OPTION_FAMILY, &one, &cursor);
    assert_non_null(child);
    assert_int_equal(wpb_window_integer(window, child, WPB_M_NAMES, -1), 10);
    assert_ptr_equal(child->parent, wpb_window_find(window, &one));
    assert_null(wpb_window_next(window, WPB_SUBJECT_OPTION_FAMILY, &one, &cursor));
    wpb_window_free(window);
}

static void a_parent_nobody_posted_about_is_not_a_subject(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    struct wpb_subject key = key_named("a"), family = family_of(&key, "x_<n>");
    size_t cursor = 0;

    (void)state;
    post(window, &family, WPB_M_NAMES, 10);
    assert_null(wpb_window_find(window, &key));
    assert_null(wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor));
    cursor = 0;
    assert_non_null(wpb_window_next(window, WPB_SUBJECT_OPTION_FAMILY, &key, &cursor));
    post(window, &key, WPB_M_ENTRIES, 1);
    cursor = 0;
    assert_ptr_equal(wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor),
                     wpb_window_find(window, &key));
    wpb_window_free(window);
}

static void names_above_64_kib_are_refused_and_counted(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    char *name = malloc(65537);
    struct wpb_subject key = key_named("");

    (void)state;
    memset(name, 'n', 65537);
    key.name = wpb_slice_of(name, 65536);
    post(window, &key, WPB_M_MEMORY_BYTES, 1);
    assert_non_null(wpb_window_find(window, &key));
    assert_int_equal(wpb_window_dropped(window), 0);
    key.name = wpb_slice_of(name, 65537);
    post(window, &key, WPB_M_MEMORY_BYTES, 1);
    assert_null(wpb_window_find(window, &key));
    assert_int_equal(wpb_window_dropped(window), 1);
    free(name);
    wpb_window_free(window);
}

static void a_chain_of_five_is_refused(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    struct wpb_subject chain[5];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        chain[i] = key_named("link");
        chain[i].kind = WPB_SUBJECT_PATH;
        chain[i].parent = i ? &chain[i - 1] : NULL;
    }
    post(window, &chain[3], WPB_M_ENTRIES, 1);
    assert_int_equal(wpb_window_dropped(window), 0);
    assert_non_null(wpb_window_find(window, &chain[3]));
    post(window, &chain[4], WPB_M_ENTRIES, 1);
    assert_int_equal(wpb_window_dropped(window), 1);
    wpb_window_free(window);
}

static void
subjects_past_the_limit_are_dropped_and_known_ones_still_take_samples(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    char name[32];
    struct wpb_subject key;
    size_t cursor = 0, count = 0;

    (void)state;
    for (int i = 0; i < WPB_WINDOW_SUBJECTS_MAX + 5; i++) {
        snprintf(name, sizeof(name), "key:%d", i);
        key = key_named(name);
        post(window, &key, WPB_M_MEMORY_BYTES, i);
    }
    assert_int_equal(wpb_window_dropped(window), 5);
    while (wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor))
        count++;
    assert_int_equal(count, WPB_WINDOW_SUBJECTS_MAX);
    key = key_named("key:19999");
    assert_int_equal(wpb_window_integer(window, &key, WPB_M_MEMORY_BYTES, -1), 19999);
    key = key_named("key:0");
    post(window, &key, WPB_M_TTL_SECONDS, 60);
    assert_int_equal(wpb_window_integer(window, &key, WPB_M_TTL_SECONDS, -1), 60);
    assert_int_equal(wpb_window_dropped(window), 5);
    wpb_window_free(window);
}

static bool is_of_watchlist(void *cookie, const struct wpb_sample *sample)
{
    (void)cookie;
    return sample->probe && strcmp(sample->probe, "redis.watchlist") == 0;
}

static void post_as(struct wpb_window *window, const struct wpb_subject *subject,
                    int64_t value, int64_t time_ms, const char *probe)
{
    struct wpb_sample sample = {.subject = subject,
                                .metric = WPB_M_MEMORY_BYTES,
                                .value = wpb_value_integer(value),
                                .time_ms = time_ms,
                                .probe = probe};
    wpb_window_post(window, &sample);
}

static void
what_is_carried_is_what_was_asked_for_and_never_older_than_what_is_there(void **state)
{
    struct wpb_window *from = wpb_window_new(&site, NOW), *to;
    struct wpb_subject a = key_named("a"), b = key_named("b"), c = key_named("c");

    (void)state;
    to = wpb_window_new(&site, NOW);
    post_as(from, &a, 1, NOW, "redis.watchlist");
    post_as(from, &b, 2, NOW, "redis.keyspace");
    post_as(from, &c, 3, NOW, "redis.watchlist");
    post_as(to, &c, 4, NOW + 1, "redis.watchlist");
    wpb_window_carry(to, from, is_of_watchlist, NULL);
    wpb_window_free(from);
    assert_int_equal(wpb_window_integer(to, &a, WPB_M_MEMORY_BYTES, -1), 1);
    assert_null(wpb_window_find(to, &b));
    assert_int_equal(wpb_window_integer(to, &c, WPB_M_MEMORY_BYTES, -1), 4);
    wpb_window_free(to);
}

static void an_outlook_is_found_by_its_metric_and_travels_with_its_subject(void **state)
{
    struct wpb_window *from = wpb_window_new(&site, NOW), *to;
    struct wpb_subject a = key_named("a");
    struct wpb_outlook outlook = {.metric = WPB_M_MEMORY_BYTES, .target = 7};

    (void)state;
    to = wpb_window_new(&site, NOW);
    post_as(from, &a, 1, NOW, "redis.watchlist");
    wpb_window_post_outlook(from, &a, &outlook);
    outlook.target = 8;
    outlook.made_ms = 2;
    wpb_window_post_outlook(from, &a, &outlook);
    outlook.target = 9;
    outlook.made_ms = 1;
    wpb_window_post_outlook(from, &a, &outlook);
    assert_null(wpb_window_outlook(from, &a, WPB_M_VALUE_BYTES));
    wpb_window_carry(to, from, NULL, NULL);
    wpb_window_free(from);
    assert_non_null(wpb_window_outlook(to, &a, WPB_M_MEMORY_BYTES));
    assert_true(wpb_window_outlook(to, &a, WPB_M_MEMORY_BYTES)->target == 8);
    wpb_window_free(to);
}

/* ---- rows of work ---- */

static struct wpb_work_row row_at(int64_t start_ms)
{
    return (struct wpb_work_row){.start_ms = start_ms, .length_s = 60, .requests = 7};
}

static void rows_of_work_stay_in_order_and_behind(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    struct wpb_window *next = wpb_window_new(&site, NOW);
    struct wpb_subject pool = {
        .kind = WPB_SUBJECT_POOL, .scope = WPB_SLICE("/etc/a"), .name = WPB_SLICE("www")};
    const struct wpb_subject *of = NULL;
    const struct wpb_work_row *found;
    size_t cursor = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        struct wpb_work_row row = row_at(NOW + i * 60000);
        wpb_window_post_work(window, &pool, &row);
    }
    for (int i = 0; i < 100; i++) {
        found = wpb_window_next_work(window, &cursor, &of);
        assert_non_null(found);
        assert_int_equal(found->start_ms, NOW + i * 60000);
        assert_true(wpb_subject_equal(of, &pool));
    }
    assert_null(wpb_window_next_work(window, &cursor, &of));
    wpb_window_carry(next, window, NULL, NULL);
    cursor = 0;
    assert_null(wpb_window_next_work(next, &cursor, &of));
    wpb_window_free(window);
    wpb_window_free(next);
}

static void rows_of_work_are_bounded(void **state)
{
    struct wpb_window *window = wpb_window_new(&site, NOW);
    struct wpb_subject pool = {.kind = WPB_SUBJECT_POOL, .name = WPB_SLICE("www")};
    const struct wpb_work_row *row;
    const struct wpb_subject *of;
    size_t cursor = 0, count = 0;
    int64_t newest_ms = 0;

    (void)state;
    for (int64_t i = 0; i < WPB_WINDOW_WORK_MAX + 3; i++) {
        struct wpb_work_row added = row_at(NOW + i * 60000);
        wpb_window_post_work(window, &pool, &added);
    }
    while ((row = wpb_window_next_work(window, &cursor, &of))) {
        newest_ms = row->start_ms;
        count++;
    }
    assert_int_equal(count + wpb_window_dropped(window), WPB_WINDOW_WORK_MAX + 3);
    assert_in_range(count, WPB_WINDOW_WORK_MAX / 2, WPB_WINDOW_WORK_MAX);
    assert_int_equal(newest_ms, NOW + (WPB_WINDOW_WORK_MAX + 2) * INT64_C(60000));
    wpb_window_free(window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_window_knows_nothing),
        cmocka_unit_test(a_posted_sample_is_found_by_an_equal_subject),
        cmocka_unit_test(the_window_keeps_its_own_copies),
        cmocka_unit_test(a_newer_or_equal_time_replaces_and_an_older_does_not),
        cmocka_unit_test(a_text_is_replaced_by_a_shorter_and_a_longer_one),
        cmocka_unit_test(a_sample_of_the_window_may_be_posted_again),
        cmocka_unit_test(shorthands_fall_back_on_another_type),
        cmocka_unit_test(subjects_come_in_order_of_first_posting),
        cmocka_unit_test(children_are_found_by_their_parent_and_point_to_the_windows_own),
        cmocka_unit_test(a_parent_nobody_posted_about_is_not_a_subject),
        cmocka_unit_test(names_above_64_kib_are_refused_and_counted),
        cmocka_unit_test(a_chain_of_five_is_refused),
        cmocka_unit_test(
            subjects_past_the_limit_are_dropped_and_known_ones_still_take_samples),
        cmocka_unit_test(
            what_is_carried_is_what_was_asked_for_and_never_older_than_what_is_there),
        cmocka_unit_test(an_outlook_is_found_by_its_metric_and_travels_with_its_subject),
        cmocka_unit_test(rows_of_work_stay_in_order_and_behind),
        cmocka_unit_test(rows_of_work_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
