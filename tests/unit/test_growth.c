/* What a watch says has grown between its passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/analyse/growth.h"

#define NOW 1795464000000
#define SCOPE "redis://h:6379/0"
#define NOTOPTIONS "wp:options:notoptions"

static const struct wpb_site site = {.name = "shop"};
static const struct wpb_site *const sites[] = {&site};

/* One watch of one site, pass by pass: ten seconds from one to the next. */
struct watch {
    struct wpb_growth *growth;
    struct wpb_window *window; /* of the pass that is being made */
    struct wpb_arena *arena;
    struct wpb_report report;
    uint64_t at_ms;
};

static int begin(void **state)
{
    struct watch *watch = calloc(1, sizeof(*watch));

    watch->growth = wpb_growth_new(1);
    watch->window = wpb_window_new(&site, NOW);
    watch->at_ms = 5000;
    *state = watch;
    return watch->growth && watch->window ? 0 : -1;
}

static int end(void **state)
{
    struct watch *watch = *state;

    wpb_growth_free(watch->growth);
    wpb_window_free(watch->window);
    wpb_arena_free(watch->arena);
    free(watch);
    return 0;
}

/* The pass is over; the next one is made after MS. */
static void pass_after(struct watch *watch, uint64_t ms)
{
    const struct wpb_window *windows[] = {watch->window};

    wpb_growth_note(watch->growth, windows, watch->at_ms);
    wpb_arena_free(watch->arena);
    watch->arena = wpb_arena_new();
    watch->report = (struct wpb_report){.sites = sites, .site_count = 1};
    wpb_growth_fill(watch->growth, 40, watch->arena, &watch->report);
    watch->at_ms += ms;
    wpb_window_free(watch->window);
    watch->window = wpb_window_new(&site, NOW + (int64_t)watch->at_ms - 5000);
    assert_non_null(watch->window);
}

static void pass(struct watch *watch)
{
    pass_after(watch, 10000);
}

static void post(struct watch *watch, const struct wpb_subject *subject,
                 enum wpb_metric metric, struct wpb_value value,
                 enum wpb_provenance provenance)
{
    struct wpb_sample sample = {.subject = subject,
                                .metric = metric,
                                .value = value,
                                .time_ms = wpb_window_now_ms(watch->window),
                                .provenance = provenance};
    wpb_window_post(watch->window, &sample);
}

static void count(struct watch *watch, const struct wpb_subject *subject,
                  enum wpb_metric metric, uint64_t value)
{
    post(watch, subject, metric, wpb_value_count(value), WPB_EXACT);
}

static struct wpb_subject subject_of(enum wpb_subject_kind kind, const char *name)
{
    return (struct wpb_subject){
        .kind = kind, .scope = wpb_slice_cstr(SCOPE), .name = wpb_slice_cstr(name)};
}

static void post_server(struct watch *watch, const char *run_id, uint64_t keys)
{
    struct wpb_subject server = {.kind = WPB_SUBJECT_REDIS_SERVER,
                                 .scope = WPB_SLICE("redis://h:6379")};
    struct wpb_subject database = server;

    database.name = wpb_slice_cstr("db0");
    post(watch, &server, WPB_M_RUN_ID, wpb_value_text(wpb_slice_cstr(run_id)), WPB_EXACT);
    count(watch, &server, WPB_M_USED_MEMORY_BYTES, 1000000 + keys);
    count(watch, &database, WPB_M_KEYS, keys);
}

static void post_group(struct watch *watch, const char *name, uint64_t bytes,
                       uint64_t keys)
{
    struct wpb_subject group = subject_of(WPB_SUBJECT_REDIS_GROUP, name);

    count(watch, &group, WPB_M_KEYS, keys);
    count(watch, &group, WPB_M_MEMORY_BYTES, bytes);
}

static void post_key(struct watch *watch, const char *name, const char *role,
                     uint64_t value_bytes, uint64_t entries)
{
    struct wpb_subject key = subject_of(WPB_SUBJECT_REDIS_KEY, name);

    count(watch, &key, WPB_M_PRESENT, 1);
    count(watch, &key, WPB_M_MEMORY_BYTES, value_bytes + 100);
    count(watch, &key, WPB_M_VALUE_BYTES, value_bytes);
    count(watch, &key, WPB_M_ENTRIES, entries);
    if (*role)
        post(watch, &key, WPB_M_KEY_ROLE, wpb_value_text(wpb_slice_cstr(role)),
             WPB_EXACT);
}

static void post_absent(struct watch *watch, const char *name)
{
    struct wpb_subject key = subject_of(WPB_SUBJECT_REDIS_KEY, name);

    count(watch, &key, WPB_M_PRESENT, 0);
}

static const struct wpb_growth_place *place_of(const struct watch *watch)
{
    assert_true(watch->report.is_watch);
    assert_int_equal(watch->report.growth_count, 1);
    return &watch->report.growth[0];
}

static const struct wpb_growth_row *row_of(const struct watch *watch,
                                           enum wpb_subject_kind kind, const char *name)
{
    const struct wpb_growth_place *place = place_of(watch);

    for (size_t i = 0; i < place->row_count; i++) {
        if (place->rows[i].kind == kind && wpb_slice_is(place->rows[i].name, name))
            return &place->rows[i];
    }
    return NULL;
}

static const struct wpb_growth_row *key_row(const struct watch *watch, const char *name)
{
    return row_of(watch, WPB_SUBJECT_REDIS_KEY, name);
}

static const struct wpb_growth_row *group_row(const struct watch *watch, const char *name)
{
    return row_of(watch, WPB_SUBJECT_REDIS_GROUP, name);
}

static void a_watch_without_a_pass_says_nothing(void **state)
{
    struct watch *watch = *state;

    pass(watch); /* in which nothing was seen */
    assert_int_equal(place_of(watch)->passes, 0);
    assert_int_equal(place_of(watch)->row_count, 0);
    assert_false(place_of(watch)->is_current);
}

static void a_key_is_told_then_now_and_since_the_last_pass(void **state)
{
    struct watch *watch = *state;
    const struct wpb_growth_row *row;

    post_key(watch, NOTOPTIONS, "notoptions", 1000, 10);
    pass(watch);
    post_key(watch, NOTOPTIONS, "notoptions", 3000, 30);
    pass(watch);
    post_key(watch, NOTOPTIONS, "notoptions", 5000, 45);
    pass(watch);

    assert_int_equal(place_of(watch)->passes, 3);
    assert_int_equal(place_of(watch)->span_ms, 20000);
    assert_int_equal(place_of(watch)->since_ms, NOW);
    assert_int_equal(place_of(watch)->until_ms, NOW + 20000);
    assert_true(wpb_slice_is(place_of(watch)->scope, SCOPE));
    row = key_row(watch, NOTOPTIONS);
    assert_non_null(row);
    assert_int_equal(row->status, WPB_GROWTH_THERE);
    assert_int_equal(row->bytes.metric, WPB_M_VALUE_BYTES);
    assert_int_equal(row->bytes.first, 1000);
    assert_int_equal(row->bytes.previous, 3000);
    assert_int_equal(row->bytes.now, 5000);
    assert_true(row->bytes.has_rate);
    assert_true(row->bytes.per_second > 199.9 && row->bytes.per_second < 200.1);
    assert_int_equal(row->count.metric, WPB_M_ENTRIES);
    assert_int_equal(row->count.first, 10);
    assert_int_equal(row->count.now, 45);
}

static void a_rate_needs_some_seconds(void **state)
{
    struct watch *watch = *state;

    post_key(watch, NOTOPTIONS, "notoptions", 1000, 10);
    pass_after(watch, WPB_GROWTH_RATE_MIN_MS - 1);
    post_key(watch, NOTOPTIONS, "notoptions", 3000, 30);
    pass_after(watch, 1);
    assert_false(key_row(watch, NOTOPTIONS)->bytes.has_rate);
    post_key(watch, NOTOPTIONS, "notoptions", 3000, 30);
    pass(watch);
    assert_true(key_row(watch, NOTOPTIONS)->bytes.has_rate);
}

static void a_rate_can_fall(void **state)
{
    struct watch *watch = *state;

    post_group(watch, "posts", 50000, 100);
    pass(watch);
    post_group(watch, "posts", 40000, 90);
    pass(watch);
    assert_true(group_row(watch, "posts")->bytes.per_second < -999);
    assert_true(group_row(watch, "posts")->bytes.per_second > -1001);
}

/* The clock of the machine may be set while a watch goes on. */
static void the_time_of_a_sample_counts_within_its_pass(void **state)
{
    struct watch *watch = *state;
    struct wpb_subject group = subject_of(WPB_SUBJECT_REDIS_GROUP, "posts");
    struct wpb_sample late = {.subject = &group,
                              .metric = WPB_M_KEYS,
                              .value = wpb_value_count(20),
                              .provenance = WPB_EXACT};

    post_group(watch, "posts", 100, 10);
    pass(watch);
    late.time_ms = wpb_window_now_ms(watch->window) + 2000;
    wpb_window_post(watch->window, &late);
    pass(watch);
    assert_int_equal(group_row(watch, "posts")->count.span_ms, 12000);
}

static void what_does_not_change_is_left_out(void **state)
{
    struct watch *watch = *state;

    for (int i = 0; i < 2; i++) {
        post_key(watch, NOTOPTIONS, "notoptions", 1000, 10);
        post_key(watch, "wp:posts:last_changed", "last_changed", 21, 0);
        post_group(watch, "posts", 500, 5);
        pass(watch);
    }
    assert_non_null(key_row(watch, NOTOPTIONS));
    assert_null(key_row(watch, "wp:posts:last_changed"));
    assert_null(group_row(watch, "posts"));
}

static void a_group_that_came_is_new(void **state)
{
    struct watch *watch = *state;

    post_group(watch, "posts", 500, 5);
    pass(watch);
    post_group(watch, "posts", 500, 5);
    post_group(watch, "evil", 300, 3);
    pass(watch);
    assert_non_null(group_row(watch, "evil"));
    assert_int_equal(group_row(watch, "evil")->status, WPB_GROWTH_NEW);
    assert_int_equal(group_row(watch, "evil")->bytes.first, 0);
    assert_int_equal(group_row(watch, "evil")->bytes.now, 300);
    assert_true(group_row(watch, "evil")->bytes.has_previous);
    assert_false(group_row(watch, "evil")->bytes.has_rate);
    assert_null(group_row(watch, "posts"));
}

/* From the time it came: before, it did not grow. */
static void a_new_group_has_the_rate_of_its_own_time(void **state)
{
    struct watch *watch = *state;

    post_group(watch, "posts", 500, 5);
    pass_after(watch, 1000000);
    for (uint64_t bytes = 1000; bytes <= 2000; bytes += 1000) {
        post_group(watch, "posts", 500, 5);
        post_group(watch, "evil", bytes, 3);
        pass(watch);
    }
    assert_int_equal(group_row(watch, "evil")->bytes.span_ms, 10000);
    assert_true(group_row(watch, "evil")->bytes.per_second > 99.9);
    assert_true(group_row(watch, "evil")->bytes.per_second < 100.1);
}

static void a_group_that_went_is_gone(void **state)
{
    struct watch *watch = *state;

    post_group(watch, "posts", 5000, 50);
    post_group(watch, "feeds", 300, 3);
    pass(watch);
    post_group(watch, "posts", 5000, 50);
    pass(watch);
    assert_non_null(group_row(watch, "feeds"));
    assert_int_equal(group_row(watch, "feeds")->status, WPB_GROWTH_GONE);
    assert_int_equal(group_row(watch, "feeds")->bytes.first, 300);
    assert_int_equal(group_row(watch, "feeds")->bytes.now, 0);
    assert_false(group_row(watch, "feeds")->bytes.has_rate);
}

static void a_group_that_came_back_has_what_it_had(void **state)
{
    struct watch *watch = *state;

    for (int i = 0; i < 3; i++) {
        post_group(watch, "posts", 5000, 50);
        if (i != 1)
            post_group(watch, "feeds", 300 + (uint64_t)i, 3);
        pass(watch);
    }
    assert_int_equal(group_row(watch, "feeds")->status, WPB_GROWTH_THERE);
    assert_int_equal(group_row(watch, "feeds")->bytes.first, 300);
    assert_int_equal(group_row(watch, "feeds")->bytes.previous, 0);
    assert_int_equal(group_row(watch, "feeds")->bytes.now, 302);
}

static void a_group_that_came_and_went_is_not_told(void **state)
{
    struct watch *watch = *state;

    for (int i = 0; i < 3; i++) {
        post_group(watch, "posts", 5000, 50);
        if (i == 1)
            post_group(watch, "feeds", 300, 3);
        pass(watch);
    }
    assert_null(group_row(watch, "feeds"));
}

/* A pass that saw a part of the keys knows neither what is there nor what is not. */
static void a_partial_pass_tells_nothing_of_groups(void **state)
{
    struct watch *watch = *state;
    struct wpb_subject posts = subject_of(WPB_SUBJECT_REDIS_GROUP, "posts");

    post_group(watch, "posts", 5000, 50);
    post_group(watch, "feeds", 300, 3);
    pass(watch);
    post(watch, &posts, WPB_M_KEYS, wpb_value_count(1), WPB_ESTIMATED);
    post(watch, &posts, WPB_M_MEMORY_BYTES, wpb_value_count(100), WPB_ESTIMATED);
    pass(watch);
    assert_int_equal(place_of(watch)->passes, 2);
    assert_int_equal(place_of(watch)->broken, WPB_GROWTH_UNBROKEN);
    assert_null(group_row(watch, "posts"));
    assert_null(group_row(watch, "feeds"));
    post_group(watch, "posts", 6000, 60);
    post_group(watch, "feeds", 300, 3);
    post_group(watch, "late", 10, 1);
    pass(watch);
    assert_int_equal(group_row(watch, "posts")->bytes.first, 5000);
    assert_int_equal(group_row(watch, "posts")->bytes.now, 6000);
    assert_false(group_row(watch, "posts")->bytes.has_previous);
    /* It may have been there in the second pass. */
    assert_null(group_row(watch, "late"));
}

static void beside_groups_that_were_not_told_apart_none_is_new_or_gone(void **state)
{
    struct watch *watch = *state;

    post_group(watch, "posts", 5000, 50);
    post_group(watch, "feeds", 300, 3);
    post_group(watch, "<other>", 300, 3);
    pass(watch);
    post_group(watch, "posts", 5000, 50);
    post_group(watch, "terms", 300, 3);
    post_group(watch, "<other>", 300, 3);
    pass(watch);
    assert_null(group_row(watch, "feeds"));
    assert_null(group_row(watch, "terms"));
}

static void a_watched_key_that_went_is_gone(void **state)
{
    struct watch *watch = *state;

    post_key(watch, NOTOPTIONS, "notoptions", 1000, 10);
    pass(watch);
    post_absent(watch, NOTOPTIONS);
    pass(watch);
    assert_int_equal(key_row(watch, NOTOPTIONS)->status, WPB_GROWTH_GONE);
    assert_int_equal(key_row(watch, NOTOPTIONS)->bytes.first, 1000);
    assert_int_equal(key_row(watch, NOTOPTIONS)->bytes.previous, 1000);
}

static void a_watched_key_that_came_is_new(void **state)
{
    struct watch *watch = *state;

    post_absent(watch, NOTOPTIONS);
    pass(watch);
    assert_null(key_row(watch, NOTOPTIONS));
    post_key(watch, NOTOPTIONS, "notoptions", 1000, 10);
    pass(watch);
    assert_int_equal(key_row(watch, NOTOPTIONS)->status, WPB_GROWTH_NEW);
    assert_int_equal(key_row(watch, NOTOPTIONS)->bytes.now, 1000);
    assert_int_equal(key_row(watch, NOTOPTIONS)->count.now, 10);
}

/* Below the largest of a pass there are others: neither came, nor went. */
static void a_key_that_leaves_the_largest_is_unknown_not_gone(void **state)
{
    struct watch *watch = *state;
    struct wpb_subject feed = subject_of(WPB_SUBJECT_REDIS_KEY, "wp:feed");

    post_group(watch, "posts", 5000, 50);
    pass(watch);
    post_group(watch, "posts", 5000, 50);
    count(watch, &feed, WPB_M_MEMORY_BYTES, 500000);
    pass(watch);
    assert_null(key_row(watch, "wp:feed"));
    post_group(watch, "posts", 5000, 50);
    pass(watch);
    assert_null(key_row(watch, "wp:feed"));
    post_group(watch, "posts", 5000, 50);
    count(watch, &feed, WPB_M_MEMORY_BYTES, 600000);
    pass(watch);
    assert_int_equal(key_row(watch, "wp:feed")->bytes.metric, WPB_M_MEMORY_BYTES);
    assert_int_equal(key_row(watch, "wp:feed")->bytes.first, 500000);
    assert_int_equal(key_row(watch, "wp:feed")->bytes.span_ms, 20000);
}

/* An examination tells the length of a value in one pass and not in the next. */
static void an_ordinary_key_keeps_to_its_memory(void **state)
{
    struct watch *watch = *state;
    struct wpb_subject meta = subject_of(WPB_SUBJECT_REDIS_KEY, "wp:post_meta:7");

    post_key(watch, "wp:post_meta:7", "", 9000, 3);
    pass(watch);
    count(watch, &meta, WPB_M_MEMORY_BYTES, 9600);
    pass(watch);
    assert_int_equal(key_row(watch, "wp:post_meta:7")->bytes.metric, WPB_M_MEMORY_BYTES);
    assert_int_equal(key_row(watch, "wp:post_meta:7")->bytes.first, 9100);
    assert_int_equal(key_row(watch, "wp:post_meta:7")->bytes.now, 9600);
}

static void a_family_of_names_is_counted(void **state)
{
    struct watch *watch = *state;
    struct wpb_subject key = subject_of(WPB_SUBJECT_REDIS_KEY, NOTOPTIONS);
    struct wpb_subject family = subject_of(WPB_SUBJECT_OPTION_FAMILY, "kestrel_<hex>");
    const struct wpb_growth_row *row;

    family.parent = &key;
    for (uint64_t names = 100; names <= 300; names += 100) {
        post_key(watch, NOTOPTIONS, "notoptions", names * 40, names);
        count(watch, &family, WPB_M_NAMES, names);
        pass(watch);
    }
    row = row_of(watch, WPB_SUBJECT_OPTION_FAMILY, "kestrel_<hex>");
    assert_non_null(row);
    assert_true(wpb_slice_is(row->parent, NOTOPTIONS));
    assert_false(row->bytes.is_known);
    assert_int_equal(row->count.metric, WPB_M_NAMES);
    assert_int_equal(row->count.first, 100);
    assert_int_equal(row->count.previous, 200);
    assert_int_equal(row->count.now, 300);
}

static void the_server_comes_first_with_its_keys(void **state)
{
    struct watch *watch = *state;
    const struct wpb_growth_row *row;

    post_server(watch, "r1", 100);
    post_group(watch, "posts", 5000, 100);
    pass(watch);
    post_server(watch, "r1", 120);
    post_group(watch, "posts", 500000, 120);
    pass(watch);
    row = &place_of(watch)->rows[0];
    assert_int_equal(row->kind, WPB_SUBJECT_REDIS_SERVER);
    assert_int_equal(row->bytes.metric, WPB_M_USED_MEMORY_BYTES);
    assert_int_equal(row->bytes.now - row->bytes.first, 20);
    assert_int_equal(row->count.now - row->count.first, 20);
}

static void rows_are_ordered_by_what_changed_most(void **state)
{
    struct watch *watch = *state;

    for (uint64_t i = 1; i <= 2; i++) {
        post_server(watch, "r1", 100);
        post_group(watch, "little", 1000 + 10 * i, 5);
        post_group(watch, "shrinks", 9000 - 3000 * i, 50);
        post_group(watch, "grows", 1000 * i, 5);
        pass(watch);
    }
    assert_int_equal(place_of(watch)->row_count, 4);
    assert_true(wpb_slice_is(place_of(watch)->rows[1].name, "shrinks"));
    assert_true(wpb_slice_is(place_of(watch)->rows[2].name, "grows"));
    assert_true(wpb_slice_is(place_of(watch)->rows[3].name, "little"));
}

/* The names that make notoptions grow stand beside it, before what is small. */
static void a_family_stands_where_its_names_would(void **state)
{
    struct watch *watch = *state;
    struct wpb_subject key = subject_of(WPB_SUBJECT_REDIS_KEY, NOTOPTIONS);
    struct wpb_subject family = subject_of(WPB_SUBJECT_OPTION_FAMILY, "kestrel_<hex>");

    family.parent = &key;
    for (uint64_t names = 100; names <= 200; names += 100) {
        post_key(watch, NOTOPTIONS, "notoptions", names * 50, names);
        post_group(watch, "posts", 1000 + names, 10);
        count(watch, &family, WPB_M_NAMES, names);
        pass(watch);
    }
    assert_int_equal(place_of(watch)->row_count, 3);
    assert_int_equal(place_of(watch)->rows[0].kind, WPB_SUBJECT_REDIS_KEY);
    assert_int_equal(place_of(watch)->rows[1].kind, WPB_SUBJECT_OPTION_FAMILY);
    assert_int_equal(place_of(watch)->rows[2].kind, WPB_SUBJECT_REDIS_GROUP);
}

static void another_server_process_begins_anew(void **state)
{
    struct watch *watch = *state;

    for (int i = 0; i < 3; i++) {
        post_server(watch, i < 2 ? "r1" : "r2", 100);
        post_key(watch, NOTOPTIONS, "notoptions", 1000 + 100 * (uint64_t)i, 10);
        pass(watch);
    }
    assert_int_equal(place_of(watch)->broken, WPB_GROWTH_RESTARTED);
    assert_int_equal(place_of(watch)->discarded_passes, 2);
    assert_int_equal(place_of(watch)->passes, 1);
    assert_int_equal(place_of(watch)->since_ms, NOW + 20000);
    assert_int_equal(key_row(watch, NOTOPTIONS)->bytes.first, 1200);
    /* It stays said. */
    post_server(watch, "r2", 100);
    post_key(watch, NOTOPTIONS, "notoptions", 1500, 10);
    pass(watch);
    assert_int_equal(place_of(watch)->broken, WPB_GROWTH_RESTARTED);
    assert_int_equal(place_of(watch)->passes, 2);
    assert_int_equal(key_row(watch, NOTOPTIONS)->bytes.first, 1200);
}

static void a_flush_begins_anew(void **state)
{
    struct watch *watch = *state;

    post_server(watch, "r1", 1000);
    post_group(watch, "posts", 50000, 1000);
    pass(watch);
    post_server(watch, "r1", 0);
    pass(watch);
    assert_int_equal(place_of(watch)->broken, WPB_GROWTH_KEYS_LOST);
    assert_int_equal(place_of(watch)->keys_before, 1000);
    assert_int_equal(place_of(watch)->keys_after, 0);
    assert_int_equal(place_of(watch)->passes, 1);
    assert_null(group_row(watch, "posts"));
    post_server(watch, "r1", 5);
    post_group(watch, "posts", 250, 5);
    pass(watch);
    assert_int_equal(group_row(watch, "posts")->status, WPB_GROWTH_NEW);
}

static void half_of_the_keys_may_expire(void **state)
{
    struct watch *watch = *state;

    post_group(watch, "posts", 50000, 1000);
    pass(watch);
    post_group(watch, "posts", 25000, 500);
    pass(watch);
    assert_int_equal(place_of(watch)->broken, WPB_GROWTH_UNBROKEN);
    assert_int_equal(group_row(watch, "posts")->count.now, 500);
}

static void a_handful_of_keys_may_go(void **state)
{
    struct watch *watch = *state;

    post_group(watch, "posts", 500, 7);
    pass(watch);
    post_group(watch, "posts", 60, 1);
    pass(watch);
    assert_int_equal(place_of(watch)->broken, WPB_GROWTH_UNBROKEN);
}

/* Another site of the same database was flushed: that one's keys are not ours. */
static void a_flush_of_a_neighbour_is_not_ours(void **state)
{
    struct watch *watch = *state;

    post_server(watch, "r1", 10000);
    post_group(watch, "posts", 5000, 100);
    post_group(watch, "<not this site>", 500000, 9900);
    pass(watch);
    post_server(watch, "r1", 110);
    post_group(watch, "posts", 5500, 110);
    pass(watch);
    assert_int_equal(place_of(watch)->broken, WPB_GROWTH_UNBROKEN);
    assert_int_equal(group_row(watch, "posts")->bytes.first, 5000);
}

static void a_pass_that_saw_nothing_does_not_count(void **state)
{
    struct watch *watch = *state;

    post_key(watch, NOTOPTIONS, "notoptions", 1000, 10);
    pass(watch);
    post_key(watch, NOTOPTIONS, "notoptions", 2000, 10);
    pass(watch);
    pass(watch);
    assert_int_equal(place_of(watch)->passes, 2);
    assert_false(place_of(watch)->is_current);
    assert_int_equal(place_of(watch)->until_ms, NOW + 10000);
    assert_int_equal(key_row(watch, NOTOPTIONS)->bytes.now, 2000);
    post_key(watch, NOTOPTIONS, "notoptions", 4000, 10);
    pass(watch);
    assert_true(place_of(watch)->is_current);
    assert_int_equal(key_row(watch, NOTOPTIONS)->bytes.first, 1000);
    assert_int_equal(key_row(watch, NOTOPTIONS)->bytes.previous, 2000);
    assert_int_equal(place_of(watch)->span_ms, 30000);
}

/* What is kept is the heaviest; notoptions never gives way. */
static void the_largest_groups_and_keys_are_kept(void **state)
{
    struct watch *watch = *state;
    char name[32];

    for (uint64_t i = 0; i < 2; i++) {
        post_key(watch, NOTOPTIONS, "notoptions", 10, 1);
        for (uint64_t k = 0; k < 3 * WPB_GROWTH_KEYS_MAX; k++) {
            snprintf(name, sizeof(name), "wp:k:%llu", (unsigned long long)k);
            post_key(watch, name, "", 1000 + k + i, 0);
        }
        for (uint64_t g = 0; g < 3 * WPB_GROWTH_GROUPS_MAX; g++) {
            snprintf(name, sizeof(name), "g%llu", (unsigned long long)g);
            post_group(watch, name, 1000 + g + i, 5);
        }
        pass(watch);
    }
    snprintf(name, sizeof(name), "g%d", 3 * WPB_GROWTH_GROUPS_MAX - 1);
    assert_int_equal(place_of(watch)->row_count, 40);
    wpb_growth_fill(watch->growth, 10000, watch->arena, &watch->report);
    assert_non_null(key_row(watch, NOTOPTIONS));
    assert_non_null(group_row(watch, name));
    assert_int_equal(group_row(watch, name)->status, WPB_GROWTH_THERE);
    assert_null(group_row(watch, "g0"));
    assert_int_equal(place_of(watch)->row_count,
                     WPB_GROWTH_KEYS_MAX + WPB_GROWTH_GROUPS_MAX);
}

/* Names that never come again must not keep out those that stay. */
static void what_was_not_seen_for_long_makes_room(void **state)
{
    struct watch *watch = *state;
    char name[32];

    for (int i = 0; i < 20; i++) {
        struct wpb_subject key = subject_of(WPB_SUBJECT_REDIS_KEY, name);
        for (int k = 0; k < WPB_GROWTH_KEYS_MAX; k++) {
            snprintf(name, sizeof(name), "wp:k:%d:%d", i, k);
            key.name = wpb_slice_cstr(name);
            count(watch, &key, WPB_M_MEMORY_BYTES, 1000000);
        }
        if (i >= 18)
            post_key(watch, NOTOPTIONS, "notoptions", 10 + (uint64_t)i, 1);
        pass(watch);
    }
    assert_int_equal(key_row(watch, NOTOPTIONS)->bytes.first, 28);
}

static void names_of_any_bytes_are_copied(void **state)
{
    struct watch *watch = *state;
    static const char bytes[] = "\0\x1b[2J\xff";
    struct wpb_subject group = subject_of(WPB_SUBJECT_REDIS_GROUP, "");
    const struct wpb_growth_place *place;

    group.name = wpb_slice_of(bytes, sizeof(bytes));
    for (uint64_t i = 1; i <= 2; i++) {
        count(watch, &group, WPB_M_KEYS, 9 + i);
        count(watch, &group, WPB_M_MEMORY_BYTES, i * 100);
        pass(watch);
    }
    place = place_of(watch);
    assert_int_equal(place->row_count, 1);
    assert_true(wpb_slice_equal(place->rows[0].name, group.name));
}

static void names_too_long_are_passed_over(void **state)
{
    struct watch *watch = *state;
    char name[WPB_GROWTH_NAME_MAX + 2];
    const struct wpb_growth_place *place;

    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    for (uint64_t i = 1; i <= 2; i++) {
        post_group(watch, name, i * 1000, 10);
        post_group(watch, name + 1, i * 1000, 10);
        pass(watch);
    }
    place = place_of(watch);
    assert_int_equal(place->row_count, 1);
    assert_int_equal(place->rows[0].name.len, WPB_GROWTH_NAME_MAX);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_watch_without_a_pass_says_nothing),
        test(a_key_is_told_then_now_and_since_the_last_pass),
        test(a_rate_needs_some_seconds),
        test(a_rate_can_fall),
        test(the_time_of_a_sample_counts_within_its_pass),
        test(what_does_not_change_is_left_out),
        test(a_group_that_came_is_new),
        test(a_new_group_has_the_rate_of_its_own_time),
        test(a_group_that_went_is_gone),
        test(a_group_that_came_back_has_what_it_had),
        test(a_group_that_came_and_went_is_not_told),
        test(a_partial_pass_tells_nothing_of_groups),
        test(beside_groups_that_were_not_told_apart_none_is_new_or_gone),
        test(a_watched_key_that_went_is_gone),
        test(a_watched_key_that_came_is_new),
        test(a_key_that_leaves_the_largest_is_unknown_not_gone),
        test(an_ordinary_key_keeps_to_its_memory),
        test(a_family_of_names_is_counted),
        test(the_server_comes_first_with_its_keys),
        test(rows_are_ordered_by_what_changed_most),
        test(a_family_stands_where_its_names_would),
        test(another_server_process_begins_anew),
        test(a_flush_begins_anew),
        test(half_of_the_keys_may_expire),
        test(a_handful_of_keys_may_go),
        test(a_flush_of_a_neighbour_is_not_ours),
        test(a_pass_that_saw_nothing_does_not_count),
        test(the_largest_groups_and_keys_are_kept),
        test(what_was_not_seen_for_long_makes_room),
        test(names_of_any_bytes_are_copied),
        test(names_too_long_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
