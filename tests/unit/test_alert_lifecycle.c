/* The life of an alert: when it fires, when it resolves, and what keeps it from either.
 */
#include "alert_stage.h"

#include <stdlib.h>
#include <string.h>

#define LARGE "cache.entry_large"
#define BLOAT "cache.notoptions_bloat"
#define LAYOUT "builder.layout_heavy"

static struct wpb_finding *find_large(struct stage *stage, enum wpb_severity severity)
{
    return stage_find(stage, SHOP, LARGE, severity, stage_key("wp:posts:1"));
}

static void hold_large(struct stage *stage, enum wpb_severity severity)
{
    stage_hold(stage, SHOP, LARGE, severity, stage_key("wp:posts:1"));
}

/* PATTERN, an evaluation a letter: W a warning, C critical, w only a warning at 90 %,
 * c the same critical, '.' nothing, '?' nobody could look. The answer has the changes:
 * F fires as a warning, X critical, R resolves, '-' nothing. */
static void expect_life(struct stage *stage, const char *pattern, const char *expected)
{
    char answer[128] = "";

    for (size_t i = 0; pattern[i]; i++) {
        char *mark = &answer[i];
        if (pattern[i] == 'W' || pattern[i] == 'C')
            find_large(stage, pattern[i] == 'C' ? WPB_CRITICAL : WPB_WARNING);
        if (pattern[i] == 'w' || pattern[i] == 'c')
            hold_large(stage, pattern[i] == 'c' ? WPB_CRITICAL : WPB_WARNING);
        stage->is_blind[SHOP] = pattern[i] == '?';
        *mark = '-';
        if (stage_judge(stage) == 0)
            continue;
        assert_int_equal(stage->changes.count, 1);
        if (stage->changes.items[0].status == WPB_ALERT_RESOLVED)
            *mark = 'R';
        else
            *mark = stage->changes.items[0].severity == WPB_CRITICAL ? 'X' : 'F';
    }
    assert_string_equal(answer, expected);
}

static void it_fires_after_three_of_five(void **state)
{
    expect_life(*state, "W.W..W.WW.", "--------F-");
}

static void it_resolves_after_five_of_five_below_ninety_percent(void **state)
{
    expect_life(*state, "WWW...ww.....", "--F---------R");
}

static void flapping_around_a_threshold_does_not_toggle(void **state)
{
    /* Never below 90 %, and as often above the threshold as not. */
    expect_life(*state, "WwWwWwWwWwWwwwwwwwWwWwwwwwwwww",
                "----F-------------------------");
}

static void a_single_appearance_is_forgotten(void **state)
{
    struct stage *stage = *state;

    expect_life(stage, "W.....", "------");
    assert_int_equal(wpb_alert_book_counts(stage->book).pending, 0);
    assert_int_equal(wpb_alert_book_counts(stage->book).over, 0);
}

static void unknown_counts_neither_way(void **state)
{
    /* The gaps are as if they had not been. */
    expect_life(*state, "W??W???????W", "-----------F");
    expect_life(*state, "....??????????.", "--------------R");
}

static void
what_is_found_by_an_old_sample_while_nobody_can_look_does_not_count(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 10; i++) {
        find_large(stage, WPB_CRITICAL);
        stage->is_blind[SHOP] = true;
        assert_int_equal(stage_judge(stage), 0);
    }
    assert_int_equal(wpb_alert_book_counts(stage->book).pending, 0);
}

static void severity_rises_after_three_of_five(void **state)
{
    expect_life(*state, "WCWCWWWCWCWC", "--F--------X");
}

static void severity_falls_after_five_of_five(void **state)
{
    expect_life(*state, "CCCWWWcWWWWW", "--X--------F");
}

static void it_fires_with_the_severity_that_it_had_often_enough(void **state)
{
    expect_life(*state, "CCWC", "--FX");
}

static void what_falls_needs_as_much_to_rise_again(void **state)
{
    expect_life(*state, "CCCWWWWWCCC", "--X----F--X");
}

static void a_critical_one_that_vanishes_resolves_at_once(void **state)
{
    expect_life(*state, "CCC.....", "--X----R");
}

static void lesser_findings_are_no_alerts(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 6; i++) {
        find_large(stage, WPB_INFO);
        assert_int_equal(stage_judge(stage), 0);
    }
    stage->settings.least = WPB_INFO;
    for (int i = 0; i < 3; i++) {
        find_large(stage, WPB_INFO);
        stage_judge(stage);
    }
    assert_int_equal(stage_change(stage)->severity, WPB_INFO);
}

static void what_a_change_says(void **state)
{
    struct stage *stage = *state;
    struct wpb_alert first, second;

    expect_life(stage, "WWW", "--F");
    first = *stage_change(stage);
    assert_int_equal(first.starts_at_ms, STAGE_NOW_MS + 3 * 60000);
    assert_int_equal(first.updated_at_ms, first.starts_at_ms);
    assert_int_equal(first.ends_at_ms, 0);
    assert_int_equal(strlen(first.id), WPB_ULID_LEN);
    stage_assert_says(&first, "\"severity\":\"warning\"");
    stage_assert_says(&first, "\"resolution\":null");

    expect_life(stage, "CCC", "--X");
    second = *stage_change(stage);
    assert_string_equal(second.fingerprint, first.fingerprint);
    assert_string_not_equal(second.id, first.id);
    assert_int_equal(second.seq, first.seq + 1);
    assert_int_equal(second.starts_at_ms, first.starts_at_ms);
    assert_int_equal(second.updated_at_ms, STAGE_NOW_MS + 6 * 60000);
    stage_assert_says(&second, "\"severity\":\"critical\"");

    expect_life(stage, ".....", "----R");
    assert_string_equal(stage_change(stage)->fingerprint, first.fingerprint);
    assert_int_equal(stage_change(stage)->seq, first.seq + 2);
    assert_int_equal(stage_change(stage)->starts_at_ms, first.starts_at_ms);
    assert_int_equal(stage_change(stage)->ends_at_ms, STAGE_NOW_MS + 11 * 60000);
    stage_assert_says(stage_change(stage), "\"resolution\":{\"reason\":\"gone\"");
    stage_assert_says(stage_change(stage), "\"severity\":\"critical\"");
}

static void a_new_life_goes_on_counting_its_states(void **state)
{
    struct stage *stage = *state;
    struct wpb_alert first;

    expect_life(stage, "WWW.....", "--F----R");
    first = *stage_change(stage);
    stage->now_ms += 6 * (int64_t)86400000;
    expect_life(stage, ".WWW", "---F");
    assert_string_equal(stage_change(stage)->fingerprint, first.fingerprint);
    assert_int_equal(stage_change(stage)->seq, first.seq + 1);
    assert_true(stage_change(stage)->starts_at_ms > first.ends_at_ms);
}

static void after_seven_days_numbers_begin_above_the_old_ones(void **state)
{
    struct stage *stage = *state;
    uint64_t before;

    expect_life(stage, "WWW.....", "--F----R");
    before = stage_change(stage)->seq;
    stage->now_ms += 8 * (int64_t)86400000;
    stage_judge(stage);
    assert_int_equal(wpb_alert_book_counts(stage->book).over, 0);
    expect_life(stage, "WWW", "--F");
    assert_true(stage_change(stage)->seq > before + 1);
}

static void numbers_never_fall_when_the_clock_does(void **state)
{
    struct stage *stage = *state;
    uint64_t before;

    expect_life(stage, "WWW.....", "--F----R");
    before = stage_change(stage)->seq;
    stage->now_ms -= 30 * (int64_t)86400000;
    expect_life(stage, "WWW", "--F");
    assert_true(stage_change(stage)->seq > before);
    stage->now_ms -= 30 * (int64_t)86400000;
    expect_life(stage, ".....", "----R");
    assert_true(stage_change(stage)->ends_at_ms >= stage_change(stage)->starts_at_ms);
}

/* --- sites --- */

static void a_site_that_is_no_longer_watched_resolves_its_alerts(void **state)
{
    struct stage *stage = *state;

    expect_life(stage, "WWW", "--F");
    stage->is_watched[SHOP] = false;
    stage_judge(stage);
    assert_int_equal(stage_change(stage)->status, WPB_ALERT_RESOLVED);
    stage_assert_says(stage_change(stage), "\"reason\":\"unwatched\"");
}

static void a_site_that_cannot_be_read_is_unknown(void **state)
{
    struct stage *stage = *state;

    expect_life(stage, "WWW", "--F");
    stage->is_watched[SHOP] = false;
    stage->is_unreadable[SHOP] = true;
    for (int i = 0; i < 10; i++)
        assert_int_equal(stage_judge(stage), 0);
    stage->is_unreadable[SHOP] = false;
    assert_int_equal(stage_judge(stage), 1);
}

static void a_rule_that_is_gone_resolves_its_alerts(void **state)
{
    struct stage *stage = *state;

    expect_life(stage, "WWW", "--F");
    stage->gone_code = LARGE;
    find_large(stage, WPB_WARNING);
    stage_judge(stage);
    stage_assert_says(stage_change(stage), "\"reason\":\"unwatched\"");
    find_large(stage, WPB_WARNING);
    assert_int_equal(stage_judge(stage), 0);
}

static void naming_a_site_changes_nothing(void **state)
{
    struct stage *stage = *state;

    expect_life(stage, "WWW", "--F");
    stage->sites[SHOP].name = "checkout";
    stage->sites[SHOP].owner = "somebody else";
    expect_life(stage, "WWWWWWWWWW", "----------");
    expect_life(stage, ".....", "----R");
    /* What is told is what was told while it fired. */
    stage_assert_says(stage_change(stage), "\"site\":\"shop\"");
}

static struct wpb_finding *find_shared(struct stage *stage)
{
    static const struct wpb_site *others[1];
    struct wpb_finding *finding =
        stage_find(stage, SHOP, "cache.eviction_pressure", WPB_WARNING, stage_server());

    others[0] = &stage->sites[BLOG];
    finding->other_sites = others;
    finding->other_site_count = 1;
    return finding;
}

static void a_server_that_two_sites_share_is_one_alert(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 3; i++) {
        find_shared(stage);
        stage_judge(stage);
    }
    stage_assert_says(stage_change(stage), "\"other_sites\":[\"blog\"]");
    /* The shop is gone; the blog finds the same. */
    stage->is_watched[SHOP] = false;
    for (int i = 0; i < 6; i++) {
        stage_find(stage, BLOG, "cache.eviction_pressure", WPB_WARNING, stage_server());
        assert_int_equal(stage_judge(stage), 0);
    }
}

static void what_sites_share_is_known_when_all_of_them_could_be_looked_at(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 3; i++) {
        find_shared(stage);
        stage_judge(stage);
    }
    stage->is_blind[BLOG] = true;
    for (int i = 0; i < 10; i++)
        assert_int_equal(stage_judge(stage), 0);
    stage->is_blind[BLOG] = false;
    for (int i = 0; i < 4; i++)
        assert_int_equal(stage_judge(stage), 0);
    assert_int_equal(stage_judge(stage), 1);
}

/* --- beside each other --- */

static void find_layouts(struct stage *stage, size_t from, size_t to,
                         enum wpb_severity severity)
{
    for (size_t i = from; i < to; i++)
        stage_find(stage, SHOP, LAYOUT, severity,
                   stage_key(wpb_arena_printf(stage->arena, "layout %zu", i)));
}

static size_t count_status(const struct stage *stage, enum wpb_alert_status status)
{
    size_t count = 0;

    for (size_t i = 0; i < stage->changes.count; i++)
        count += stage->changes.items[i].status == status;
    return count;
}

static void at_most_five_of_a_site_fire(void **state)
{
    struct stage *stage = *state;
    size_t fired = 0;

    for (int i = 0; i < 10; i++) {
        find_layouts(stage, 0, 8, WPB_WARNING);
        stage_find(stage, BLOG, LAYOUT, WPB_WARNING, stage_key("of another site"));
        fired += stage_judge(stage);
    }
    assert_int_equal(fired, 6);
    assert_int_equal(wpb_alert_book_counts(stage->book).firing, 6);
    assert_int_equal(wpb_alert_book_counts(stage->book).suppressed, 3);
}

static void who_was_there_first_fires_first(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 2; i++) {
        find_layouts(stage, 4, 9, WPB_WARNING);
        stage_judge(stage);
    }
    for (int i = 0; i < 6; i++) {
        find_layouts(stage, 0, 9, WPB_WARNING);
        stage_judge(stage);
        if (i == 0)
            assert_int_equal(stage->changes.count, 5);
        else
            assert_int_equal(stage->changes.count, 0);
    }
    /* One goes; its place is taken. */
    for (int i = 0; i < 5; i++) {
        find_layouts(stage, 0, 8, WPB_WARNING);
        stage_judge(stage);
    }
    assert_int_equal(count_status(stage, WPB_ALERT_RESOLVED), 1);
    assert_int_equal(count_status(stage, WPB_ALERT_FIRING), 1);
}

static void a_worse_one_takes_the_place_of_a_lesser_one(void **state)
{
    struct stage *stage = *state;
    const struct wpb_alert *resolved;

    for (int i = 0; i < 3; i++) {
        find_layouts(stage, 0, 6, WPB_WARNING);
        stage_judge(stage);
    }
    for (int i = 0; i < 3; i++) {
        find_layouts(stage, 0, 6, WPB_WARNING);
        find_large(stage, WPB_CRITICAL);
        stage_judge(stage);
    }
    assert_int_equal(count_status(stage, WPB_ALERT_FIRING), 1);
    assert_int_equal(count_status(stage, WPB_ALERT_RESOLVED), 1);
    resolved = stage->changes.items[0].status == WPB_ALERT_RESOLVED
                   ? &stage->changes.items[0]
                   : &stage->changes.items[1];
    stage_assert_says(resolved, "\"reason\":\"displaced\"");
    assert_int_equal(wpb_alert_book_counts(stage->book).suppressed, 2);
    /* The worse one goes: one of the others is told again. */
    for (int i = 0; i < 5; i++) {
        find_layouts(stage, 0, 6, WPB_WARNING);
        stage_judge(stage);
    }
    assert_int_equal(count_status(stage, WPB_ALERT_FIRING), 1);
    assert_int_equal(wpb_alert_book_counts(stage->book).suppressed, 1);
}

static struct wpb_subject list_key(void)
{
    return stage_key("wp:options:notoptions");
}

static void what_its_root_explains_does_not_fire(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 10; i++) {
        stage_find(stage, SHOP, BLOAT, WPB_WARNING, list_key());
        stage_find(stage, SHOP, LARGE, WPB_WARNING, list_key());
        if (stage_judge(stage))
            stage_assert_says(stage_change(stage), BLOAT);
    }
    assert_int_equal(wpb_alert_book_counts(stage->book).inhibited, 1);
    /* The same of another key is no part of it. */
    for (int i = 0; i < 3; i++) {
        stage_find(stage, SHOP, BLOAT, WPB_WARNING, list_key());
        find_large(stage, WPB_WARNING);
        stage_judge(stage);
    }
    stage_assert_says(stage_change(stage), "wp:posts:1");
}

static void a_root_that_comes_later_resolves_what_it_explains(void **state)
{
    struct stage *stage = *state;
    size_t resolved = 0;

    for (int i = 0; i < 3; i++) {
        stage_find(stage, SHOP, LARGE, WPB_WARNING, list_key());
        stage_judge(stage);
    }
    assert_int_equal(stage->changes.count, 1);
    for (int i = 0; i < 3; i++) {
        stage_find(stage, SHOP, LARGE, WPB_WARNING, list_key());
        stage_find(stage, SHOP, BLOAT, WPB_WARNING, list_key());
        stage_judge(stage);
    }
    assert_int_equal(stage->changes.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct wpb_alert *alert = &stage->changes.items[i];
        if (alert->status != WPB_ALERT_RESOLVED)
            continue;
        resolved++;
        stage_assert_says(
            alert, "\"resolution\":{\"reason\":\"inhibited\",\"root\":\"" BLOAT "\"}");
    }
    assert_int_equal(resolved, 1);
    /* When the root is gone and the other is not, it is told again. */
    for (int i = 0; i < 5; i++) {
        stage_find(stage, SHOP, LARGE, WPB_WARNING, list_key());
        stage_judge(stage);
    }
    assert_int_equal(count_status(stage, WPB_ALERT_RESOLVED), 1);
    assert_int_equal(count_status(stage, WPB_ALERT_FIRING), 1);
}

static void a_lesser_root_does_not_hide_what_is_worse(void **state)
{
    struct stage *stage = *state;
    size_t fired = 0;

    for (int i = 0; i < 5; i++) {
        stage_find(stage, SHOP, BLOAT, WPB_WARNING, list_key());
        stage_find(stage, SHOP, LARGE, WPB_CRITICAL, list_key());
        fired += stage_judge(stage);
    }
    assert_int_equal(fired, 2);
}

static void growth_of_memory_is_hidden_by_a_worse_state_of_it_alone(void **state)
{
    struct stage *stage = *state;
    size_t fired = 0;

    for (int i = 0; i < 5; i++) {
        stage_find(stage, SHOP, "cache.ttlless_share", WPB_WARNING, stage_server());
        stage_find(stage, SHOP, "cache.memory_forecast", WPB_WARNING, stage_server());
        fired += stage_judge(stage);
    }
    assert_int_equal(fired, 2);
    for (int i = 0; i < 3; i++) {
        stage_find(stage, SHOP, "cache.ttlless_share", WPB_CRITICAL, stage_server());
        stage_find(stage, SHOP, "cache.memory_forecast", WPB_WARNING, stage_server());
        stage_judge(stage);
    }
    assert_int_equal(count_status(stage, WPB_ALERT_RESOLVED), 1);
}

/* When it fails is news, however large it is already. */
static void a_large_list_does_not_hide_when_it_fails(void **state)
{
    struct stage *stage = *state;
    size_t fired = 0;

    for (int i = 0; i < 5; i++) {
        stage_find(stage, SHOP, BLOAT, WPB_CRITICAL, list_key());
        stage_find(stage, SHOP, "cache.entry_growth", WPB_WARNING, list_key());
        fired += stage_judge(stage);
    }
    assert_int_equal(fired, 2);
}

static void a_part_is_explained_by_its_whole(void **state)
{
    struct stage *stage = *state;
    static const struct wpb_subject post = {.kind = WPB_SUBJECT_POST,
                                            .scope = WPB_SLICE("mysql://localhost/shop"),
                                            .name = WPB_SLICE("4711")};
    struct wpb_subject layout = {.kind = WPB_SUBJECT_META_KEY,
                                 .scope = WPB_SLICE("mysql://localhost/shop"),
                                 .name = WPB_SLICE("_elementor_data"),
                                 .parent = &post};

    for (int i = 0; i < 5; i++) {
        stage_find(stage, SHOP, LAYOUT, WPB_WARNING, layout);
        stage_find(stage, SHOP, "builder.post_meta_entry", WPB_WARNING, post);
        if (stage_judge(stage))
            stage_assert_says(stage_change(stage), "builder.post_meta_entry");
    }
    assert_int_equal(wpb_alert_book_counts(stage->book).inhibited, 1);
}

/* --- bounds --- */

static void the_same_twice_in_one_evaluation_is_one_alert(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 3; i++) {
        find_large(stage, WPB_WARNING);
        find_large(stage, WPB_CRITICAL);
        find_large(stage, WPB_WARNING);
        stage_judge(stage);
    }
    assert_int_equal(stage_change(stage)->severity, WPB_CRITICAL);
}

static void the_book_is_bounded_and_keeps_the_worst(void **state)
{
    struct stage *stage = *state;
    struct wpb_alert_counts counts;

    for (int i = 0; i < 2; i++) {
        find_layouts(stage, 0, 5000, WPB_WARNING);
        stage_judge(stage);
    }
    counts = wpb_alert_book_counts(stage->book);
    assert_int_equal(counts.pending, WPB_ALERT_ENTRIES_MAX);
    assert_int_equal(counts.dropped, (uint64_t)2 * (5000 - WPB_ALERT_ENTRIES_MAX));
    find_layouts(stage, 5000, 5200, WPB_CRITICAL);
    stage_judge(stage);
    find_layouts(stage, 5000, 5200, WPB_CRITICAL);
    stage_judge(stage);
    find_layouts(stage, 5000, 5200, WPB_CRITICAL);
    assert_int_equal(stage_judge(stage), 5);
    assert_int_equal(stage->changes.items[0].severity, WPB_CRITICAL);
}

static void odd_settings_are_brought_within_bounds(void **state)
{
    struct stage *stage = *state;

    stage->settings.hysteresis = (struct wpb_hysteresis_rule){0, 0, 1000, 900};
    expect_life(stage, "W", "F");
    for (int i = 0; i < 63; i++)
        assert_int_equal(stage_judge(stage), 0);
    assert_int_equal(stage_judge(stage), 1);
}

struct seen {
    size_t count;
    struct wpb_alert_view last;
};

static void see_view(void *cookie, const struct wpb_alert_view *view)
{
    struct seen *seen = cookie;

    seen->count++;
    seen->last = *view;
}

static void the_book_can_be_looked_into(void **state)
{
    struct stage *stage = *state;
    struct seen seen = {0};
    struct wpb_alert_changes firing;

    expect_life(stage, "WC", "--");
    wpb_alert_book_each(stage->book, see_view, &seen);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.phase, WPB_ALERT_IS_PENDING);
    assert_int_equal(seen.last.severity, WPB_CRITICAL);
    assert_int_equal(seen.last.since_ms, STAGE_NOW_MS + 60000);
    assert_string_equal(seen.last.code, LARGE);
    assert_string_equal(seen.last.path, "/var/www/shop");
    assert_int_equal(
        wpb_alert_book_firing(stage->book, &stage->origin, stage->arena).count, 0);
    expect_life(stage, "W", "F");
    firing = wpb_alert_book_firing(stage->book, &stage->origin, stage->arena);
    assert_int_equal(firing.count, 1);
    assert_true(wpb_slice_equal(firing.items[0].body, stage_change(stage)->body));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_begin, stage_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_fires_after_three_of_five),
        TEST(it_resolves_after_five_of_five_below_ninety_percent),
        TEST(flapping_around_a_threshold_does_not_toggle),
        TEST(a_single_appearance_is_forgotten),
        TEST(unknown_counts_neither_way),
        TEST(what_is_found_by_an_old_sample_while_nobody_can_look_does_not_count),
        TEST(severity_rises_after_three_of_five),
        TEST(severity_falls_after_five_of_five),
        TEST(it_fires_with_the_severity_that_it_had_often_enough),
        TEST(what_falls_needs_as_much_to_rise_again),
        TEST(a_critical_one_that_vanishes_resolves_at_once),
        TEST(lesser_findings_are_no_alerts),
        TEST(what_a_change_says),
        TEST(a_new_life_goes_on_counting_its_states),
        TEST(after_seven_days_numbers_begin_above_the_old_ones),
        TEST(numbers_never_fall_when_the_clock_does),
        TEST(a_site_that_is_no_longer_watched_resolves_its_alerts),
        TEST(a_site_that_cannot_be_read_is_unknown),
        TEST(a_rule_that_is_gone_resolves_its_alerts),
        TEST(naming_a_site_changes_nothing),
        TEST(a_server_that_two_sites_share_is_one_alert),
        TEST(what_sites_share_is_known_when_all_of_them_could_be_looked_at),
        TEST(at_most_five_of_a_site_fire),
        TEST(who_was_there_first_fires_first),
        TEST(a_worse_one_takes_the_place_of_a_lesser_one),
        TEST(what_its_root_explains_does_not_fire),
        TEST(a_root_that_comes_later_resolves_what_it_explains),
        TEST(a_lesser_root_does_not_hide_what_is_worse),
        TEST(growth_of_memory_is_hidden_by_a_worse_state_of_it_alone),
        TEST(a_large_list_does_not_hide_when_it_fails),
        TEST(a_part_is_explained_by_its_whole),
        TEST(the_same_twice_in_one_evaluation_is_one_alert),
        TEST(the_book_is_bounded_and_keeps_the_worst),
        TEST(odd_settings_are_brought_within_bounds),
        TEST(the_book_can_be_looked_into),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
