#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/analyse/choose.h"

#define CAPACITY 32
#define KIB 1024
#define MIB (1024 * 1024)

static const struct wpb_site site = {.name = "shop"};

struct look {
    struct wpb_window *window;
    struct wpb_choice choices[CAPACITY];
    size_t count;
};

static struct wpb_subject key_named(const char *name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_KEY,
                                .scope = wpb_slice_cstr("redis://h:6379/1"),
                                .name = wpb_slice_cstr(name)};
}

static void post(struct look *look, struct wpb_subject subject, enum wpb_metric metric,
                 struct wpb_value value)
{
    struct wpb_sample sample = {
        .subject = &subject, .metric = metric, .value = value, .time_ms = 1};
    wpb_window_post(look->window, &sample);
}

static void post_key(struct look *look, const char *name, int64_t memory,
                     const char *role)
{
    post(look, key_named(name), WPB_M_MEMORY_BYTES, wpb_value_integer(memory));
    if (role)
        post(look, key_named(name), WPB_M_KEY_ROLE, wpb_value_text(wpb_slice_cstr(role)));
}

static void post_examined(struct look *look, const char *name, int64_t bytes)
{
    post(look, key_named(name), WPB_M_EXAMINED_BYTES, wpb_value_integer(bytes));
}

static void post_family(struct look *look, const char *key, const char *name,
                        double share)
{
    struct wpb_subject parent = key_named(key);
    struct wpb_subject family = {.kind = WPB_SUBJECT_OPTION_FAMILY,
                                 .scope = parent.scope,
                                 .name = wpb_slice_cstr(name),
                                 .parent = &parent};
    post(look, family, WPB_M_SHARE_RATIO, wpb_value_double(share));
}

static struct wpb_subject in_schema(enum wpb_subject_kind kind, const char *name)
{
    return (struct wpb_subject){.kind = kind,
                                .scope = wpb_slice_cstr("mysql+unix:///run/m.sock?db=s"),
                                .name = wpb_slice_cstr(name)};
}

/* A Redis entry with all meta of a post, and the post. */
static void post_entry(struct look *look, const char *name, const char *id,
                       int64_t memory)
{
    post_key(look, name, memory, NULL);
    post(look, key_named(name), WPB_M_POST_ID, wpb_value_integer(atoi(id)));
    post(look, in_schema(WPB_SUBJECT_POST, id), WPB_M_POST_ID,
         wpb_value_integer(atoi(id)));
}

static void post_largest(struct look *look, const char *meta_key, const char *id,
                         int64_t bytes)
{
    struct wpb_subject key = in_schema(WPB_SUBJECT_META_KEY, meta_key);

    post(look, key, WPB_M_LARGEST_BYTES, wpb_value_integer(bytes));
    post(look, key, WPB_M_LARGEST_NAME, wpb_value_text(wpb_slice_cstr(id)));
}

/* A family of COUNT transients of the options table. */
static void post_transients(struct look *look, const char *name, int64_t count)
{
    struct wpb_subject table = {.kind = WPB_SUBJECT_TABLE,
                                .scope = wpb_slice_cstr("mysql://h/shop"),
                                .name = wpb_slice_cstr("wp_options")};
    struct wpb_subject family = {.kind = WPB_SUBJECT_OPTION_FAMILY,
                                 .scope = table.scope,
                                 .name = wpb_slice_cstr(name),
                                 .parent = &table};
    post(look, family, WPB_M_NAMES, wpb_value_integer(count));
    post(look, family, WPB_M_SHARE_RATIO, wpb_value_double(0.2));
}

/* A name that the notoptions KEY holds. */
static void post_name(struct look *look, const char *key, const char *name,
                      enum wpb_metric metric)
{
    struct wpb_subject parent = key_named(key);
    struct wpb_subject option = {.kind = WPB_SUBJECT_OPTION,
                                 .scope = parent.scope,
                                 .name = wpb_slice_cstr(name),
                                 .parent = &parent};
    post(look, option, metric, wpb_value_integer(1));
}

static void choose(struct look *look)
{
    look->count = wpb_choose(look->window, &wpb_choice_defaults, look->choices, CAPACITY);
}

static void assert_chosen(const struct look *look, size_t at, const char *name)
{
    assert_true(at < look->count);
    assert_true(wpb_slice_is(look->choices[at].request.subject->name, name));
}

/* The choices of KIND, in order. */
static void assert_names(const struct look *look, enum wpb_subject_kind kind,
                         const char *const *names)
{
    for (size_t i = 0; i < look->count; i++) {
        if (look->choices[i].examines != kind)
            continue;
        assert_non_null(*names);
        assert_true(wpb_slice_is(look->choices[i].request.subject->name, *names));
        assert_ptr_equal(look->choices[i].request.subject,
                         wpb_window_find(look->window, look->choices[i].request.subject));
        names++;
    }
    assert_null(*names);
}

static int begin_with_mysql(void **state)
{
    static const struct wpb_site with_mysql = {
        .name = "shop",
        .has_mysql = true,
        .mysql = {.host = "", .path = "/run/m.sock", .schema = "s", .user = "u"}};
    static struct look look;

    look.window = wpb_window_new(&with_mysql, 1);
    look.count = 0;
    *state = &look;
    return look.window ? 0 : -1;
}

static int begin(void **state)
{
    static struct look look;
    look.window = wpb_window_new(&site, 1);
    look.count = 0;
    *state = &look;
    return look.window ? 0 : -1;
}

static int end(void **state)
{
    wpb_window_free(((struct look *)*state)->window);
    return 0;
}

static void nothing_is_chosen_from_an_empty_window(void **state)
{
    struct look *look = *state;

    choose(look);
    assert_int_equal(look->count, 0);
}

static void the_largest_keys_are_chosen_largest_first(void **state)
{
    struct look *look = *state;

    post_key(look, "b", 100 * KIB, NULL);
    post_key(look, "a", 300 * KIB, NULL);
    post_key(look, "c", 200 * KIB, NULL);
    choose(look);
    assert_int_equal(look->count, 3);
    assert_chosen(look, 0, "a");
    assert_chosen(look, 1, "c");
    assert_chosen(look, 2, "b");
    assert_int_equal(look->choices[0].examines, WPB_SUBJECT_REDIS_KEY);
    assert_non_null(look->choices[0].request.why);
    assert_ptr_equal(look->choices[0].request.subject,
                     wpb_window_find(look->window, look->choices[0].request.subject));
}

static void equal_keys_are_chosen_in_name_order_whatever_came_first(void **state)
{
    struct look *look = *state;

    post_key(look, "b", 100 * KIB, NULL);
    post_key(look, "a", 100 * KIB, NULL);
    choose(look);
    assert_chosen(look, 0, "a");
    assert_chosen(look, 1, "b");
}

static void notoptions_goes_before_an_entry_up_to_four_times_as_large(void **state)
{
    struct look *look = *state;

    post_key(look, "not", 100 * KIB, "notoptions");
    post_key(look, "blob", 399 * KIB, NULL);
    post_key(look, "huge", 401 * KIB, NULL);
    choose(look);
    assert_chosen(look, 0, "huge");
    assert_chosen(look, 1, "not");
    assert_chosen(look, 2, "blob");
}

static void an_entry_below_64_kib_is_not_worth_a_look(void **state)
{
    struct look *look = *state;

    post_key(look, "below", 64 * KIB - 1, NULL);
    post_key(look, "at", 64 * KIB, NULL);
    choose(look);
    assert_int_equal(look->count, 1);
    assert_chosen(look, 0, "at");
}

static void the_exact_length_outranks_what_redis_spends(void **state)
{
    struct look *look = *state;

    post_key(look, "a", 70 * KIB, NULL);
    post(look, key_named("a"), WPB_M_VALUE_BYTES, wpb_value_integer(60 * KIB));
    choose(look);
    assert_int_equal(look->count, 0);
}

static void an_examined_key_is_not_chosen_again(void **state)
{
    struct look *look = *state;

    post_key(look, "a", MIB, NULL);
    post_examined(look, "a", MIB);
    choose(look);
    assert_int_equal(look->count, 0);
}

static void a_key_that_is_gone_is_not_chosen(void **state)
{
    struct look *look = *state;

    post_key(look, "a", MIB, NULL);
    post(look, key_named("a"), WPB_M_PRESENT, wpb_value_integer(0));
    choose(look);
    assert_int_equal(look->count, 0);
}

static void the_metrics_zset_has_no_value_to_read(void **state)
{
    struct look *look = *state;

    post_key(look, "m", MIB, "metrics");
    choose(look);
    assert_int_equal(look->count, 0);
}

static void at_most_six_values_are_read_in_all(void **state)
{
    struct look *look = *state;
    char name[8];

    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof(name), "k%d", i);
        post_key(look, name, MIB - i, NULL);
    }
    post_examined(look, "k0", MIB);
    post_examined(look, "k1", MIB);
    choose(look);
    assert_int_equal(look->count, 4);
    assert_chosen(look, 0, "k2");
}

static void bytes_are_capped_by_value_and_in_all(void **state)
{
    struct look *look = *state;

    post_key(look, "k0", 512LL * MIB, NULL);
    post_key(look, "k1", 40 * MIB, NULL);
    post_key(look, "k2", 12 * MIB, NULL);
    post_key(look, "k3", 10 * MIB, NULL);
    post_key(look, "k4", 9 * MIB, NULL);
    choose(look);
    assert_int_equal(look->count, 4); /* 16 + 16 + 12 + what is left of 48 */
    assert_int_equal(look->choices[0].request.byte_cap, 16 * MIB);
    assert_int_equal(look->choices[2].request.byte_cap, 16 * MIB);
    assert_int_equal(look->choices[3].request.byte_cap, 4 * MIB);
}

static void the_room_given_is_kept(void **state)
{
    struct look *look = *state;

    post_key(look, "a", 2 * MIB, NULL);
    post_key(look, "b", MIB, NULL);
    assert_int_equal(wpb_choose(look->window, &wpb_choice_defaults, look->choices, 1), 1);
    assert_true(wpb_slice_is(look->choices[0].request.subject->name, "a"));
    assert_int_equal(wpb_choose(look->window, &wpb_choice_defaults, look->choices, 0), 0);
}

static void families_wait_until_their_key_was_examined(void **state)
{
    struct look *look = *state;

    post_key(look, "not", MIB, "notoptions");
    post_family(look, "not", "kestrel_<hex>", 0.9);
    choose(look);
    assert_int_equal(look->count, 1);
    assert_int_equal(look->choices[0].examines, WPB_SUBJECT_REDIS_KEY);
    post_examined(look, "not", MIB);
    choose(look);
    assert_int_equal(look->count, 1);
    assert_int_equal(look->choices[0].examines, WPB_SUBJECT_OPTION_FAMILY);
    assert_chosen(look, 0, "kestrel_<hex>");
    assert_true(look->choices[0].request.byte_cap > 0);
}

static void families_come_largest_share_first_and_those_of_notoptions_before(void **state)
{
    struct look *look = *state;

    post_key(look, "all", MIB, "alloptions");
    post_key(look, "not", MIB, "notoptions");
    post_examined(look, "all", MIB);
    post_examined(look, "not", MIB);
    post_family(look, "all", "widget_<n>", 0.95);
    post_family(look, "not", "small_<n>", 0.01);
    post_family(look, "not", "large_<n>", 0.5);
    choose(look);
    assert_int_equal(look->count, 3);
    assert_chosen(look, 0, "large_<n>");
    assert_chosen(look, 1, "small_<n>");
    assert_chosen(look, 2, "widget_<n>");
}

static void a_tiny_family_or_one_without_a_literal_is_not_searched(void **state)
{
    struct look *look = *state;

    post_key(look, "not", MIB, "notoptions");
    post_examined(look, "not", MIB);
    post_family(look, "not", "small_<n>", 0.0019);
    post_family(look, "not", "<hex>_<n>", 0.5);
    post_family(look, "not", "abc<n>_x<*>", 0.3);
    post_family(look, "not", "<other>", 0.2);
    choose(look);
    assert_int_equal(look->count, 0);
    post_family(look, "not", "<n>abcd", 0.5);
    choose(look);
    assert_int_equal(look->count, 1);
}

static void families_of_a_value_that_is_no_list_of_options_are_not_searched(void **state)
{
    struct look *look = *state;

    post_key(look, "feed", MIB, NULL);
    post_examined(look, "feed", MIB);
    post_family(look, "feed", "item_<n>", 0.9);
    choose(look);
    assert_int_equal(look->count, 0);
}

static void at_most_eight_families_are_searched_in_all(void **state)
{
    struct look *look = *state;
    char name[16];

    post_key(look, "not", MIB, "notoptions");
    post_examined(look, "not", MIB);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof(name), "family%02d_<n>", i);
        post_family(look, "not", name, 0.08);
    }
    struct wpb_subject parent = key_named("not");
    struct wpb_subject family = {.kind = WPB_SUBJECT_OPTION_FAMILY,
                                 .scope = parent.scope,
                                 .name = wpb_slice_cstr("family00_<n>"),
                                 .parent = &parent};
    post(look, family, WPB_M_SOURCE_MATCHES, wpb_value_integer(0));
    choose(look);
    assert_int_equal(look->count, 7);
    assert_chosen(look, 0, "family01_<n>");
}

static void large_families_of_transients_are_searched_without_a_cache(void **state)
{
    struct look *look = *state;

    post_transients(look, "_transient_few_<n>", 499);
    post_transients(look, "_transient_some_<n>", 500);
    post_transients(look, "_transient_many_<n>", 40000);
    post_transients(look, "_transient_<hex>", 90000);
    choose(look);
    assert_int_equal(look->count, 3);
    assert_chosen(look, 0, "_transient_<hex>");
    assert_chosen(look, 1, "_transient_many_<n>");
    assert_chosen(look, 2, "_transient_some_<n>");
    assert_int_equal(look->choices[0].examines, WPB_SUBJECT_OPTION_FAMILY);
}

static void transients_wait_for_a_notoptions_and_keep_three_places(void **state)
{
    struct look *look = *state;
    char name[24];

    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof(name), "_transient_t%02d_<n>", i);
        post_transients(look, name, 1000);
    }
    post_key(look, "not", MIB, "notoptions");
    choose(look);
    assert_int_equal(look->count, 1);
    assert_int_equal(look->choices[0].examines, WPB_SUBJECT_REDIS_KEY);
    post_examined(look, "not", MIB);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof(name), "family%02d_<n>", i);
        post_family(look, "not", name, 0.08);
    }
    choose(look);
    assert_int_equal(look->count, 8);
    assert_chosen(look, 4, "family04_<n>");
    assert_chosen(look, 5, "_transient_t00_<n>");
    assert_chosen(look, 7, "_transient_t02_<n>");
}

static void names_of_a_notoptions_are_looked_up_once_and_not_all(void **state)
{
    struct look *look = *state;
    struct wpb_choice_limits limits = wpb_choice_defaults;

    limits.names = 2;
    post_name(look, "not", "one", WPB_M_IN_NOTOPTIONS);
    post_name(look, "not", "two", WPB_M_IN_NOTOPTIONS);
    post_name(look, "not", "three", WPB_M_IN_NOTOPTIONS);
    look->count = wpb_choose(look->window, &limits, look->choices, CAPACITY);
    assert_int_equal(look->count, 2);
    assert_chosen(look, 0, "one");
    assert_int_equal(look->choices[0].examines, WPB_SUBJECT_OPTION);
    post_name(look, "not", "one", WPB_M_IN_DATABASE);
    post_name(look, "not", "two", WPB_M_IN_DATABASE);
    look->count = wpb_choose(look->window, &limits, look->choices, CAPACITY);
    assert_int_equal(look->count, 0);
    choose(look);
    assert_int_equal(look->count, 1);
    assert_chosen(look, 0, "three");
}

static void an_option_that_no_notoptions_names_is_not_looked_up(void **state)
{
    struct look *look = *state;

    post_name(look, "not", "siteurl", WPB_M_ROW_BYTES);
    choose(look);
    assert_int_equal(look->count, 0);
}

static void without_a_database_no_name_is_looked_up(void **state)
{
    struct look *look = *state;

    post_name(look, "not", "one", WPB_M_IN_NOTOPTIONS);
    choose(look);
    assert_int_equal(look->count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static void posts_are_ranked_by_their_entry_and_by_the_largest_value_seen(void **state)
{
    static const char *const expected[] = {"30", "10", "20", NULL};
    struct look *look = *state;

    post_entry(look, "wp:post_meta:10", "10", 300 * KIB);
    post_entry(look, "wp:post_meta:20", "20", 200 * KIB);
    post_entry(look, "wp:post_meta:5", "5", 63 * KIB);
    post(look, in_schema(WPB_SUBJECT_POST, "30"), WPB_M_POST_ID, wpb_value_integer(30));
    post_largest(look, "_elementor_data", "30", 400 * KIB);
    post_largest(look, "_elementor_css", "10", 100 * KIB);
    choose(look);
    assert_names(look, WPB_SUBJECT_POST, expected);
}

static void
the_post_of_a_large_revision_is_chosen_and_the_revision_does_not_count(void **state)
{
    static const char *const expected[] = {"10", "9", "8", "7", NULL};
    struct look *look = *state;
    struct wpb_subject revision = in_schema(WPB_SUBJECT_POST, "50");
    struct wpb_subject original = in_schema(WPB_SUBJECT_POST, "10");

    for (int i = 5; i < 10; i++) {
        char name[32], id[8];
        snprintf(id, sizeof id, "%d", i);
        snprintf(name, sizeof name, "wp:post_meta:%d", i);
        post_entry(look, name, id, (100 + i) * KIB);
    }
    post_largest(look, "_elementor_data", "50", 400 * KIB);
    post(look, revision, WPB_M_POST_ID, wpb_value_integer(50));
    post(look, revision, WPB_M_ROW_BYTES, wpb_value_integer(400 * KIB));
    post(look, revision, WPB_M_PRESENT, wpb_value_integer(1));
    post(look, revision, WPB_M_POST_TYPE, wpb_value_text(wpb_slice_cstr("revision")));
    post(look, original, WPB_M_POST_ID, wpb_value_integer(10));
    post(look, original, WPB_M_LARGEST_BYTES, wpb_value_integer(400 * KIB));
    choose(look);
    assert_names(look, WPB_SUBJECT_POST, expected);
}

static void a_post_is_asked_for_once_by_its_heaviest_reason(void **state)
{
    static const char *const expected[] = {"10", "20", NULL};
    struct look *look = *state;

    post_entry(look, "wp:post_meta:10", "10", 100 * KIB);
    post_entry(look, "wp:post_meta:20", "20", 200 * KIB);
    post_largest(look, "_elementor_data", "10", 300 * KIB);
    choose(look);
    assert_names(look, WPB_SUBJECT_POST, expected);
}

static void posts_beyond_the_limit_wait_for_no_one(void **state)
{
    static const char *const expected[] = {"9", "8", "7", "6", NULL};
    struct look *look = *state;

    for (int i = 1; i < 10; i++) {
        char name[32], id[8];
        snprintf(id, sizeof id, "%d", i);
        snprintf(name, sizeof name, "wp:post_meta:%d", i);
        post_entry(look, name, id, (100 + i) * KIB);
    }
    choose(look);
    assert_names(look, WPB_SUBJECT_POST, expected);
    for (size_t i = 0; i < look->count; i++)
        if (look->choices[i].examines == WPB_SUBJECT_POST)
            post(look, *look->choices[i].request.subject, WPB_M_PRESENT,
                 wpb_value_integer(1));
    choose(look);
    assert_names(look, WPB_SUBJECT_POST, &expected[4]);
}

/* As --deep does. */
static void a_post_whose_weight_alone_is_known_is_chosen_too(void **state)
{
    static const char *const expected[] = {"10", "20", NULL};
    static const char *const none[] = {NULL};
    struct look *look = *state;

    post_entry(look, "wp:post_meta:10", "10", 300 * KIB);
    post(look, in_schema(WPB_SUBJECT_POST, "10"), WPB_M_ROW_BYTES,
         wpb_value_integer(290 * KIB));
    post(look, in_schema(WPB_SUBJECT_POST, "20"), WPB_M_ROW_BYTES,
         wpb_value_integer(200 * KIB));
    post(look, in_schema(WPB_SUBJECT_POST, "5"), WPB_M_ROW_BYTES,
         wpb_value_integer(5 * KIB));
    choose(look);
    assert_names(look, WPB_SUBJECT_POST, expected);
    post(look, in_schema(WPB_SUBJECT_POST, "10"), WPB_M_LARGEST_META_KEY,
         wpb_value_text(wpb_slice_cstr("_elementor_data")));
    post(look, in_schema(WPB_SUBJECT_POST, "20"), WPB_M_PRESENT, wpb_value_integer(1));
    choose(look);
    assert_names(look, WPB_SUBJECT_POST, none);
}

static void a_post_nobody_posted_about_is_not_chosen(void **state)
{
    static const char *const none[] = {NULL};
    struct look *look = *state;

    post_largest(look, "_elementor_data", "30", 400 * KIB);
    post_largest(look, "_hostile", "30; DROP TABLE", 500 * KIB);
    post(look, in_schema(WPB_SUBJECT_POST, "40"), WPB_M_POST_ID, wpb_value_integer(40));
    post(look, in_schema(WPB_SUBJECT_POST, "40"), WPB_M_PRESENT, wpb_value_integer(0));
    post_largest(look, "_gone", "40", 400 * KIB);
    choose(look);
    assert_names(look, WPB_SUBJECT_POST, none);
}

static void
options_that_grow_with_the_pages_and_large_loaded_ones_are_chosen(void **state)
{
    static const char *const expected[] = {"loaded", "grows", NULL};
    struct look *look = *state;
    struct wpb_subject grows = in_schema(WPB_SUBJECT_OPTION, "grows");
    struct wpb_subject small = in_schema(WPB_SUBJECT_OPTION, "small");
    struct wpb_subject loaded = in_schema(WPB_SUBJECT_OPTION, "loaded");
    struct wpb_subject light = in_schema(WPB_SUBJECT_OPTION, "light");
    struct wpb_subject key = key_named("wp:options:notoptions");
    struct wpb_subject hidden = {WPB_SUBJECT_OPTION, key.scope, WPB_SLICE("hidden"),
                                 &key};

    post(look, grows, WPB_M_ROW_BYTES, wpb_value_integer(64 * KIB));
    post(look, grows, WPB_M_META_ROLE, wpb_value_text(wpb_slice_cstr("per page")));
    post(look, small, WPB_M_ROW_BYTES, wpb_value_integer(64 * KIB - 1));
    post(look, small, WPB_M_META_ROLE, wpb_value_text(wpb_slice_cstr("per page")));
    post(look, loaded, WPB_M_ROW_BYTES, wpb_value_integer(1000000));
    post(look, loaded, WPB_M_AUTOLOADED, wpb_value_integer(1));
    post(look, light, WPB_M_ROW_BYTES, wpb_value_integer(999999));
    post(look, light, WPB_M_AUTOLOADED, wpb_value_integer(1));
    post(look, hidden, WPB_M_ROW_BYTES, wpb_value_integer(2000000));
    post(look, hidden, WPB_M_AUTOLOADED, wpb_value_integer(1));
    choose(look);
    assert_names(look, WPB_SUBJECT_OPTION, expected);
    post(look, loaded, WPB_M_EXAMINED_BYTES, wpb_value_integer(1000000));
    choose(look);
    assert_names(look, WPB_SUBJECT_OPTION, &expected[1]);
}

static void without_a_database_no_post_is_chosen(void **state)
{
    static const char *const none[] = {NULL};
    struct look *look = *state;

    post_entry(look, "wp:post_meta:10", "10", 300 * KIB);
    choose(look);
    assert_names(look, WPB_SUBJECT_POST, none);
}

static void post_work(struct look *look, const char *statement, double per_second,
                      double rows)
{
    struct wpb_subject subject = {.kind = WPB_SUBJECT_STATEMENT,
                                  .scope = wpb_slice_cstr("mysql://h/shop"),
                                  .name = wpb_slice_cstr(statement)};

    post(look, subject, WPB_M_EXECUTIONS_PER_SECOND, wpb_value_double(per_second));
    post(look, subject, WPB_M_EXECUTION_ROWS, wpb_value_double(rows));
}

static void
statements_of_a_plugins_table_are_searched_for_by_the_work_they_are(void **state)
{
    struct look *look = *state;

    post_work(look, "SELECT `a` FROM `wp_osprey_events`", 1, 90000);
    post_work(look, "SELECT `a` FROM `wp_kestrel_prices`", 1500, 1);
    post_work(look, "SELECT `a` FROM `wp_quiet_table`", 10, 3);
    post_work(look, "SELECT `a` FROM `postmeta`", 9000, 9);
    choose(look);
    assert_int_equal(look->count, 2);
    assert_true(wpb_slice_is(look->choices[0].request.subject->name,
                             "SELECT `a` FROM `wp_osprey_events`"));
    assert_int_equal(look->choices[0].examines, WPB_SUBJECT_OPTION_FAMILY);
    assert_true(wpb_slice_is(look->choices[1].request.subject->name,
                             "SELECT `a` FROM `wp_kestrel_prices`"));
}

static void a_table_that_is_waited_for_comes_before_statements_and_once(void **state)
{
    struct look *look = *state;
    struct wpb_subject table = {.kind = WPB_SUBJECT_TABLE,
                                .scope = wpb_slice_cstr("mysql://h/shop"),
                                .name = wpb_slice_cstr("wp_harrier_index")};

    post_work(look, "SELECT `a` FROM `wp_osprey_events`", 1, 90000);
    post(look, table, WPB_M_LOCK_WAIT_LOOKS, wpb_value_integer(3));
    choose(look);
    assert_int_equal(look->count, 2);
    assert_true(wpb_slice_is(look->choices[0].request.subject->name, "wp_harrier_index"));
    post(look, table, WPB_M_SOURCE_MATCHES, wpb_value_integer(0));
    choose(look);
    assert_int_equal(look->count, 1);
    assert_int_equal(look->choices[0].request.subject->kind, WPB_SUBJECT_STATEMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_chosen_from_an_empty_window),
        TEST(the_largest_keys_are_chosen_largest_first),
        TEST(equal_keys_are_chosen_in_name_order_whatever_came_first),
        TEST(notoptions_goes_before_an_entry_up_to_four_times_as_large),
        TEST(an_entry_below_64_kib_is_not_worth_a_look),
        TEST(the_exact_length_outranks_what_redis_spends),
        TEST(an_examined_key_is_not_chosen_again),
        TEST(a_key_that_is_gone_is_not_chosen),
        TEST(the_metrics_zset_has_no_value_to_read),
        TEST(at_most_six_values_are_read_in_all),
        TEST(bytes_are_capped_by_value_and_in_all),
        TEST(the_room_given_is_kept),
        TEST(families_wait_until_their_key_was_examined),
        TEST(families_come_largest_share_first_and_those_of_notoptions_before),
        TEST(a_tiny_family_or_one_without_a_literal_is_not_searched),
        TEST(families_of_a_value_that_is_no_list_of_options_are_not_searched),
        TEST(at_most_eight_families_are_searched_in_all),
        cmocka_unit_test_setup_teardown(
            posts_are_ranked_by_their_entry_and_by_the_largest_value_seen,
            begin_with_mysql, end),
        cmocka_unit_test_setup_teardown(
            the_post_of_a_large_revision_is_chosen_and_the_revision_does_not_count,
            begin_with_mysql, end),
        cmocka_unit_test_setup_teardown(a_post_is_asked_for_once_by_its_heaviest_reason,
                                        begin_with_mysql, end),
        cmocka_unit_test_setup_teardown(posts_beyond_the_limit_wait_for_no_one,
                                        begin_with_mysql, end),
        cmocka_unit_test_setup_teardown(a_post_whose_weight_alone_is_known_is_chosen_too,
                                        begin_with_mysql, end),
        cmocka_unit_test_setup_teardown(a_post_nobody_posted_about_is_not_chosen,
                                        begin_with_mysql, end),
        cmocka_unit_test_setup_teardown(
            options_that_grow_with_the_pages_and_large_loaded_ones_are_chosen,
            begin_with_mysql, end),
        cmocka_unit_test_setup_teardown(without_a_database_no_post_is_chosen, begin, end),
        TEST(large_families_of_transients_are_searched_without_a_cache),
        TEST(transients_wait_for_a_notoptions_and_keep_three_places),
        cmocka_unit_test_setup_teardown(
            names_of_a_notoptions_are_looked_up_once_and_not_all, begin_with_mysql, end),
        cmocka_unit_test_setup_teardown(
            an_option_that_no_notoptions_names_is_not_looked_up, begin_with_mysql, end),
        TEST(without_a_database_no_name_is_looked_up),
        cmocka_unit_test_setup_teardown(
            statements_of_a_plugins_table_are_searched_for_by_the_work_they_are, begin,
            end),
        cmocka_unit_test_setup_teardown(
            a_table_that_is_waited_for_comes_before_statements_and_once, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
