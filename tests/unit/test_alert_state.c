/* The book of alerts as bytes: a restart changes nothing, and what is not a state is
 * refused. */
#include "alert_stage.h"

#include <stdlib.h>
#include <string.h>

#define LARGE "cache.entry_large"
#define STATES_MAX 64

struct stored {
    size_t count;
    char fingerprint[STATES_MAX][WPB_FINGERPRINT_LEN + 1];
    char *state[STATES_MAX];
    size_t len[STATES_MAX];
    size_t room; /* refuse from here on */
};

static int store(void *cookie, const char *fingerprint, struct wpb_slice state)
{
    struct stored *stored = cookie;
    size_t at = stored->count;

    if (at >= stored->room)
        return -1;
    strcpy(stored->fingerprint[at], fingerprint);
    stored->state[at] = malloc(state.len + 1);
    assert_non_null(stored->state[at]);
    memcpy(stored->state[at], state.data, state.len);
    stored->len[at] = state.len;
    stored->count++;
    return 0;
}

static void forget(struct stored *stored)
{
    for (size_t i = 0; i < stored->count; i++)
        free(stored->state[i]);
    stored->count = 0;
}

static void find(struct stage *stage, const char *name, enum wpb_severity severity)
{
    stage_find(stage, SHOP, LARGE, severity, stage_key(name));
}

static size_t count_saved(struct stage *stage)
{
    struct stored stored = {.room = STATES_MAX};
    size_t count;

    assert_int_equal(wpb_alert_book_save(stage->book, store, &stored), 0);
    count = stored.count;
    forget(&stored);
    return count;
}

static void counting_goes_on_after_a_restart(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 2; i++) {
        find(stage, "a", WPB_WARNING);
        stage_judge(stage);
        stage_restart(stage);
    }
    /* The time in between does not count. */
    stage->now_ms += (int64_t)3 * 86400000;
    find(stage, "a", WPB_WARNING);
    assert_int_equal(stage_judge(stage), 1);
    for (int i = 0; i < 4; i++) {
        stage_restart(stage);
        assert_int_equal(stage_judge(stage), 0);
    }
    stage_restart(stage);
    stage_judge(stage);
    assert_int_equal(stage_change(stage)->status, WPB_ALERT_RESOLVED);
    stage_assert_says(stage_change(stage), "\"site\":\"shop\"");
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

/* Some of eight keys and of a server, seen, held, or not to be looked at. */
static void find_at_random(struct stage *stage, unsigned *seed)
{
    static const char *const codes[] = {LARGE, "cache.notoptions_bloat",
                                        "cache.entry_decode_peak"};

    for (int key = 0; key < 8; key++) {
        unsigned dice = next_random(seed) % 8;
        enum wpb_severity severity = dice % 2 ? WPB_CRITICAL : WPB_WARNING;
        const char *code = codes[next_random(seed) % 3];
        const char *name = wpb_arena_printf(stage->arena, "key %d", key);
        enum stage_site site = key % 2 ? SHOP : BLOG;
        if (dice < 4)
            stage_find(stage, site, code, severity, stage_key(name));
        else if (dice < 6)
            stage_hold(stage, site, code, severity, stage_key(name));
    }
    stage->is_blind[BLOG] = next_random(seed) % 10 == 0;
    stage->is_watched[SHOP] = next_random(seed) % 40 != 0;
    stage->is_unreadable[SHOP] = next_random(seed) % 2 == 0;
}

static void a_restart_at_any_moment_changes_nothing(void **state)
{
    struct stage *one = *state, *other;
    size_t told = 0;
    void *second;

    stage_begin(&second);
    other = second;
    /* So that some are displaced. */
    one->settings.firing_max = other->settings.firing_max = 2;
    for (unsigned round = 0; round < 400; round++) {
        unsigned seed = round * 7919 + 1, same = seed;
        find_at_random(one, &seed);
        find_at_random(other, &same);
        if (round % 3 == 1)
            stage_restart(other);
        told += stage_judge(one);
        assert_int_equal(stage_judge(other), one->changes.count);
        for (size_t i = 0; i < one->changes.count; i++) {
            struct wpb_slice body = one->changes.items[i].body;
            if (!wpb_slice_equal(body, other->changes.items[i].body))
                fail_msg("%u: %.*s\n%.*s", round, (int)body.len, body.data,
                         (int)other->changes.items[i].body.len,
                         other->changes.items[i].body.data);
        }
    }
    assert_true(told > 50);
    stage_end(&second);
}

static void what_does_not_change_is_not_written(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 12; i++) {
        find(stage, "a", WPB_WARNING);
        stage_judge(stage);
        if (i < 3)
            assert_int_equal(count_saved(stage), 1);
        else if (i > 9)
            assert_int_equal(count_saved(stage), 0);
        else
            count_saved(stage);
    }
    wpb_alert_book_unsaved(stage->book);
    assert_int_equal(count_saved(stage), 1);
    assert_int_equal(count_saved(stage), 0);
}

static void pending_entries_are_small(void **state)
{
    struct stage *stage = *state;
    struct stored stored = {.room = STATES_MAX};

    find(stage, "a", WPB_WARNING);
    stage_judge(stage);
    assert_int_equal(wpb_alert_book_save(stage->book, store, &stored), 0);
    assert_int_equal(stored.count, 1);
    assert_true(stored.len[0] < 256);
    forget(&stored);
}

static void what_is_forgotten_is_handed_over_empty(void **state)
{
    struct stage *stage = *state;
    struct stored stored = {.room = STATES_MAX};

    find(stage, "a", WPB_WARNING);
    stage_judge(stage);
    count_saved(stage);
    for (int i = 0; i < 5; i++)
        stage_judge(stage);
    assert_int_equal(wpb_alert_book_save(stage->book, store, &stored), 0);
    assert_int_equal(stored.count, 1);
    assert_int_equal(stored.len[0], 0);
    forget(&stored);
    assert_int_equal(count_saved(stage), 0);
    /* What never reached the store need not leave it. */
    find(stage, "b", WPB_WARNING);
    for (int i = 0; i < 6; i++)
        stage_judge(stage);
    assert_int_equal(count_saved(stage), 0);
}

static void what_a_store_refuses_comes_again(void **state)
{
    struct stage *stage = *state;
    struct stored stored = {.room = 1};

    find(stage, "a", WPB_WARNING);
    find(stage, "b", WPB_WARNING);
    find(stage, "c", WPB_WARNING);
    stage_judge(stage);
    assert_int_equal(wpb_alert_book_save(stage->book, store, &stored), -1);
    assert_int_equal(stored.count, 1);
    forget(&stored);
    assert_int_equal(count_saved(stage), 2);
}

/* The states of a pending and of a firing one. */
static struct stored two_states(struct stage *stage)
{
    struct stored stored = {.room = STATES_MAX};

    for (int i = 0; i < 3; i++) {
        find(stage, "a", WPB_CRITICAL);
        if (i == 2)
            find(stage, "b", WPB_WARNING);
        stage_judge(stage);
    }
    assert_int_equal(wpb_alert_book_save(stage->book, store, &stored), 0);
    assert_int_equal(stored.count, 2);
    return stored;
}

static int load(const char *fingerprint, const void *bytes, size_t len)
{
    struct wpb_alert_book *book = wpb_alert_book_new();
    struct wpb_err err = {0};
    int result;

    assert_non_null(book);
    result = wpb_alert_book_load(book, fingerprint, wpb_slice_of(bytes, len), &err);
    if (result)
        assert_int_equal(err.code, WPB_E_SYNTAX);
    wpb_alert_book_free(book);
    return result;
}

static void a_state_that_is_cut_or_too_long_is_refused(void **state)
{
    struct stored stored = two_states(*state);

    for (size_t i = 0; i < stored.count; i++) {
        /* Exactly as long as it is, so that a byte too many is a fault. */
        for (size_t len = 0; len < stored.len[i]; len++) {
            char *part = malloc(len ? len : 1);
            assert_non_null(part);
            memcpy(part, stored.state[i], len);
            assert_int_equal(load(stored.fingerprint[i], part, len), -1);
            free(part);
        }
        assert_int_equal(load(stored.fingerprint[i], stored.state[i], stored.len[i]), 0);
        stored.state[i][stored.len[i]] = '\0';
        assert_int_equal(load(stored.fingerprint[i], stored.state[i], stored.len[i] + 1),
                         -1);
    }
    forget(&stored);
}

static void a_newer_version_and_a_wrong_fingerprint_are_refused(void **state)
{
    struct stored stored = two_states(*state);

    assert_int_equal(load("0123456789ABCDEF", stored.state[0], stored.len[0]), -1);
    assert_int_equal(load("0123456789abcde", stored.state[0], stored.len[0]), -1);
    stored.state[0][0] = 2;
    assert_int_equal(load(stored.fingerprint[0], stored.state[0], stored.len[0]), -1);
    forget(&stored);
}

static void a_body_that_would_end_its_line_is_refused(void **state)
{
    struct stored stored = two_states(*state);
    size_t refused = 0;

    for (size_t i = 0; i < stored.count; i++) {
        char *body = memmem(stored.state[i], stored.len[i], "\"truncated\"", 11);
        if (!body)
            continue;
        body[40] = '\n';
        refused += load(stored.fingerprint[i], stored.state[i], stored.len[i]) == -1;
        body[40] = (char)0xff;
        refused += load(stored.fingerprint[i], stored.state[i], stored.len[i]) == -1;
    }
    assert_int_equal(refused, 2);
    forget(&stored);
}

static void an_entry_is_loaded_once(void **state)
{
    struct stage *stage = *state;
    struct stored stored = two_states(stage);
    struct wpb_err err = {0};

    assert_int_equal(wpb_alert_book_load(stage->book, stored.fingerprint[0],
                                         wpb_slice_of(stored.state[0], stored.len[0]),
                                         &err),
                     -1);
    assert_int_equal(wpb_alert_book_counts(stage->book).firing, 1);
    forget(&stored);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_begin, stage_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counting_goes_on_after_a_restart),
        TEST(a_restart_at_any_moment_changes_nothing),
        TEST(what_does_not_change_is_not_written),
        TEST(pending_entries_are_small),
        TEST(what_is_forgotten_is_handed_over_empty),
        TEST(what_a_store_refuses_comes_again),
        TEST(a_state_that_is_cut_or_too_long_is_refused),
        TEST(a_newer_version_and_a_wrong_fingerprint_are_refused),
        TEST(a_body_that_would_end_its_line_is_refused),
        TEST(an_entry_is_loaded_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
