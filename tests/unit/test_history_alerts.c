/* Alert state and the outbox: newest states, in bounds, and never one without the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/history_look.h"

#define FIRST "fingerprint00001"

/* ---- alert state ---- */

struct seen {
    int count;
    struct wpb_store_alert last;
    char texts[4][64];
    char state[32];
};

static void see_alert(void *cookie, const struct wpb_store_alert *alert)
{
    struct seen *seen = cookie;

    seen->count++;
    seen->last = *alert;
    snprintf(seen->texts[0], 64, "%s", alert->fingerprint);
    snprintf(seen->texts[1], 64, "%.*s", (int)alert->site.len, alert->site.data);
    snprintf(seen->texts[2], 64, "%s", alert->code);
    snprintf(seen->texts[3], 64, "%s", alert->status);
    memcpy(seen->state, alert->state.data, alert->state.len);
}

static void the_state_of_an_alert_comes_back_as_it_was(void **state)
{
    struct look look = {0};
    struct seen seen = {0};
    struct wpb_store_alert alert = {.fingerprint = FIRST,
                                    .site = WPB_SLICE("/var/www/\xff"),
                                    .code = "cache.entry_large",
                                    .status = "pending",
                                    .seq = UINT64_MAX / 4,
                                    .updated_ms = LOOK_BEGIN_MS,
                                    .state = WPB_SLICE("\0\1\2\xff")};

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_alert_put(look.store, &alert, NULL), 0);
    alert.status = "firing";
    alert.seq++;
    assert_int_equal(wpb_store_alert_put(look.store, &alert, NULL), 0);
    look_reopen(&look);
    assert_int_equal(wpb_store_alerts(look.store, see_alert, &seen, NULL), 0);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.texts[0], FIRST);
    assert_string_equal(seen.texts[1], "/var/www/\xff");
    assert_string_equal(seen.texts[2], "cache.entry_large");
    assert_string_equal(seen.texts[3], "firing");
    assert_true(seen.last.seq == alert.seq);
    assert_int_equal(seen.last.updated_ms, LOOK_BEGIN_MS);
    assert_int_equal(seen.last.state.len, 4);
    assert_memory_equal(seen.state, "\0\1\2\xff", 4);
    assert_int_equal(wpb_store_alert_delete(look.store, FIRST, NULL), 0);
    assert_int_equal(wpb_store_alert_delete(look.store, FIRST, NULL), 0);
    assert_int_equal(look_alert_seq(&look, FIRST), 0);
    look_end(&look);
}

static void states_are_bounded_one_by_one_and_together(void **state)
{
    static char bytes[WPB_STORE_STATE_BYTES_MAX + 1];
    struct look look = {.max_bytes = 2 << 20};
    char fingerprint[32];
    struct wpb_store_alert alert = {
        .fingerprint = fingerprint, .code = "c", .status = "firing"};
    int kept = 0;

    (void)state;
    look_begin(&look);
    alert.state = wpb_slice_of(bytes, sizeof(bytes));
    snprintf(fingerprint, sizeof(fingerprint), FIRST);
    assert_int_equal(wpb_store_alert_put(look.store, &alert, &look.err), -1);
    assert_int_equal(look.err.code, WPB_E_BUDGET);
    alert.state.len--;
    for (int i = 0; i < 100; i++) {
        snprintf(fingerprint, sizeof(fingerprint), "fingerprint%05d", i);
        kept += wpb_store_alert_put(look.store, &alert, &look.err) == 0;
    }
    assert_in_range(kept, 14, 16);
    /* What is there already can be stored again. */
    snprintf(fingerprint, sizeof(fingerprint), "fingerprint00000");
    alert.seq = 9;
    assert_int_equal(wpb_store_alert_put(look.store, &alert, &look.err), 0);
    assert_null(wpb_store_degraded(look.store));
    look_end(&look);
}

/* ---- the outbox ---- */

struct letters {
    int count;
    struct wpb_store_letter last;
    char body[64];
    char order[64];
};

static void see_letter(void *cookie, const struct wpb_store_letter *letter)
{
    struct letters *letters = cookie;
    size_t len = strlen(letters->order);

    letters->count++;
    letters->last = *letter;
    snprintf(letters->body, sizeof(letters->body), "%.*s", (int)letter->alert.body.len,
             letter->alert.body.data);
    if (len < sizeof(letters->order) - 1)
        letters->order[len] = letter->alert.fingerprint[WPB_FINGERPRINT_LEN - 1];
}

static struct letters all_letters(struct look *look)
{
    struct letters letters = {0};

    assert_int_equal(wpb_store_outbox(look->store, see_letter, &letters, &look->err), 0);
    return letters;
}

static void a_letter_comes_back_as_it_was(void **state)
{
    struct look look = {0};
    struct wpb_store_letter letter = {.sink = "webhook pager",
                                      .alert = {.fingerprint = FIRST,
                                                .id = "01JABCDEFGHJKMNPQRSTVWXYZ0",
                                                .seq = 42,
                                                .status = WPB_ALERT_RESOLVED,
                                                .severity = WPB_CRITICAL,
                                                .starts_at_ms = 1,
                                                .updated_at_ms = 2,
                                                .ends_at_ms = 3,
                                                .body = WPB_SLICE("{\"a\":1}")},
                                      .attempts = 4,
                                      .next_attempt_ms = 5,
                                      .is_dead = true};
    struct letters letters;

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_outbox_put(look.store, &letter, NULL), 0);
    look_reopen(&look);
    letters = all_letters(&look);
    assert_int_equal(letters.count, 1);
    assert_string_equal(letters.last.alert.fingerprint, FIRST);
    assert_string_equal(letters.last.alert.id, letter.alert.id);
    assert_int_equal(letters.last.alert.seq, 42);
    assert_int_equal(letters.last.alert.status, WPB_ALERT_RESOLVED);
    assert_int_equal(letters.last.alert.severity, WPB_CRITICAL);
    assert_int_equal(letters.last.alert.starts_at_ms, 1);
    assert_int_equal(letters.last.alert.updated_at_ms, 2);
    assert_int_equal(letters.last.alert.ends_at_ms, 3);
    assert_string_equal(letters.body, "{\"a\":1}");
    assert_int_equal(letters.last.attempts, 4);
    assert_int_equal(letters.last.next_attempt_ms, 5);
    assert_true(letters.last.is_dead);
    look_end(&look);
}

static void of_a_fingerprint_only_the_newest_state_waits(void **state)
{
    struct look look = {0};

    (void)state;
    look_begin(&look);
    look_put_letter(look.store, "a", FIRST, 5, 100, NULL);
    look_put_letter(look.store, "b", FIRST, 3, 100, NULL);
    look_put_letter(look.store, "a", FIRST, 4, 200, NULL);
    look_put_letter(look.store, "b", FIRST, 4, 200, NULL);
    assert_int_equal(look_letter_seq(&look, "a", FIRST), 5);
    assert_int_equal(look_letter_seq(&look, "b", FIRST), 4);
    assert_int_equal(all_letters(&look).count, 2);
    look_end(&look);
}

static void delivery_of_an_old_state_removes_no_newer_one(void **state)
{
    struct look look = {0};
    struct letters letters;

    (void)state;
    look_begin(&look);
    look_put_letter(look.store, "a", FIRST, 5, 100, NULL);
    look_put_letter(look.store, "a", FIRST, 6, 200, NULL);
    assert_int_equal(wpb_store_outbox_remove(look.store, "a", FIRST, 5, NULL), 0);
    assert_int_equal(look_letter_seq(&look, "a", FIRST), 6);
    /* Nor does its failure count for the newer one. */
    assert_int_equal(
        wpb_store_outbox_attempt(look.store, "a", FIRST, 5, 9, 900, true, NULL), 0);
    letters = all_letters(&look);
    assert_int_equal(letters.last.attempts, 0);
    assert_false(letters.last.is_dead);
    assert_int_equal(
        wpb_store_outbox_attempt(look.store, "a", FIRST, 6, 2, 300, true, NULL), 0);
    letters = all_letters(&look);
    assert_int_equal(letters.last.attempts, 2);
    assert_int_equal(letters.last.next_attempt_ms, 300);
    assert_true(letters.last.is_dead);
    /* A newer state is alive again. */
    look_put_letter(look.store, "a", FIRST, 7, 300, NULL);
    letters = all_letters(&look);
    assert_int_equal(letters.last.attempts, 0);
    assert_false(letters.last.is_dead);
    assert_int_equal(wpb_store_outbox_remove(look.store, "a", FIRST, 7, NULL), 0);
    assert_int_equal(all_letters(&look).count, 0);
    look_end(&look);
}

static void delivery_of_a_state_that_was_not_stored_removes_the_older_one(void **state)
{
    struct look look = {0};

    (void)state;
    look_begin(&look);
    look_put_letter(look.store, "a", FIRST, 5, 100, NULL);
    look_put_letter(look.store, "b", FIRST, 5, 100, NULL);
    assert_int_equal(wpb_store_outbox_remove(look.store, "a", FIRST, 6, NULL), 0);
    assert_int_equal(all_letters(&look).count, 1);
    assert_int_equal(look_letter_seq(&look, "b", FIRST), 5);
    look_end(&look);
}

static void letters_come_by_sink_in_the_order_of_their_update(void **state)
{
    struct look look = {0};

    (void)state;
    look_begin(&look);
    look_put_letter(look.store, "b", "fingerprint00001", 1, 300, NULL);
    look_put_letter(look.store, "b", "fingerprint00002", 1, 100, NULL);
    look_put_letter(look.store, "a", "fingerprint00003", 1, 400, NULL);
    look_put_letter(look.store, "b", "fingerprint00004", 1, 200, NULL);
    assert_string_equal(all_letters(&look).order, "3241");
    look_end(&look);
}

static void put_many(struct look *look, int from, int to, enum wpb_alert_status status,
                     bool is_dead, struct wpb_slice body)
{
    assert_int_equal(wpb_store_begin(look->store, NULL), 0);
    for (int i = from; i < to; i++) {
        struct wpb_store_letter letter = {
            .sink = "a",
            .alert = {.seq = 1, .status = status, .updated_at_ms = i, .body = body},
            .is_dead = is_dead};

        snprintf(letter.alert.fingerprint, sizeof(letter.alert.fingerprint), "%016d", i);
        assert_int_equal(wpb_store_outbox_put(look->store, &letter, &look->err), 0);
    }
    assert_int_equal(wpb_store_commit(look->store, NULL), 0);
}

static uint64_t dropped(struct look *look, const char *sink)
{
    uint64_t count;

    assert_int_equal(wpb_store_outbox_dropped(look->store, sink, &count, NULL), 0);
    return count;
}

static void the_dead_go_first_then_the_resolved_then_the_oldest(void **state)
{
    struct look look = {0};
    struct wpb_slice body = WPB_SLICE("{}");

    (void)state;
    look_begin(&look);
    /* Firing 0..., resolved 400..., dead 600... */
    put_many(&look, 0, 400, WPB_ALERT_FIRING, false, body);
    put_many(&look, 400, 600, WPB_ALERT_RESOLVED, false, body);
    put_many(&look, 600, WPB_STORE_OUTBOX_ROWS_MAX, WPB_ALERT_FIRING, true, body);
    assert_int_equal(dropped(&look, NULL), 0);
    put_many(&look, 2000, 2400, WPB_ALERT_FIRING, false, body);
    assert_int_equal(look_ask(&look, "SELECT count(*) FROM outbox WHERE is_dead"), 0);
    assert_int_equal(dropped(&look, "a"), 400);
    put_many(&look, 2400, 2500, WPB_ALERT_FIRING, false, body);
    assert_int_equal(look_letter_seq(&look, "a", "0000000000000400"), 0);
    assert_int_equal(look_letter_seq(&look, "a", "0000000000000500"), 1);
    put_many(&look, 2500, 2601, WPB_ALERT_FIRING, false, body);
    assert_int_equal(look_letter_seq(&look, "a", "0000000000000599"), 0);
    assert_int_equal(look_letter_seq(&look, "a", "0000000000000000"), 0);
    assert_int_equal(look_letter_seq(&look, "a", "0000000000000001"), 1);
    assert_int_equal(dropped(&look, "a"), 601);
    assert_int_equal(dropped(&look, "b"), 0);
    assert_int_equal(dropped(&look, NULL), 601);
    assert_int_equal(all_letters(&look).count, WPB_STORE_OUTBOX_ROWS_MAX);
    look_end(&look);
}

static void a_sink_has_its_bytes_and_no_more(void **state)
{
    static char bytes[WPB_ALERT_BYTES_MAX + 1];
    struct look look = {0};
    struct wpb_store_letter letter = {.sink = "a", .alert = {.seq = 1}};
    int64_t held;

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    look_begin(&look);
    letter.alert.body = wpb_slice_of(bytes, sizeof(bytes));
    assert_int_equal(wpb_store_outbox_put(look.store, &letter, &look.err), -1);
    assert_int_equal(look.err.code, WPB_E_BUDGET);
    put_many(&look, 0, 900, WPB_ALERT_FIRING, false,
             wpb_slice_of(bytes, WPB_ALERT_BYTES_MAX));
    held = look_ask(&look, "SELECT sum(length(body)) FROM outbox");
    assert_in_range(held, WPB_STORE_OUTBOX_BYTES_MAX * 9 / 10,
                    WPB_STORE_OUTBOX_BYTES_MAX);
    assert_int_equal(dropped(&look, "a"),
                     900 - look_ask(&look, "SELECT count(*) FROM outbox"));
    /* The newest are those that stay. */
    assert_int_equal(look_letter_seq(&look, "a", "0000000000000899"), 1);
    assert_int_equal(look_letter_seq(&look, "a", "0000000000000000"), 0);
    look_end(&look);
}

static void state_and_letters_are_committed_together_or_not_at_all(void **state)
{
    struct look look = {0};

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_begin(look.store, NULL), 0);
    look_put_alert(look.store, FIRST, 1, 1, NULL);
    look_put_letter(look.store, "a", FIRST, 1, 1, NULL);
    look_close(&look);
    look_open(&look);
    assert_int_equal(look_alert_seq(&look, FIRST), 0);
    assert_int_equal(look_letter_seq(&look, "a", FIRST), 0);
    look_end(&look);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_of_an_alert_comes_back_as_it_was),
        cmocka_unit_test(states_are_bounded_one_by_one_and_together),
        cmocka_unit_test(a_letter_comes_back_as_it_was),
        cmocka_unit_test(of_a_fingerprint_only_the_newest_state_waits),
        cmocka_unit_test(delivery_of_an_old_state_removes_no_newer_one),
        cmocka_unit_test(delivery_of_a_state_that_was_not_stored_removes_the_older_one),
        cmocka_unit_test(letters_come_by_sink_in_the_order_of_their_update),
        cmocka_unit_test(the_dead_go_first_then_the_resolved_then_the_oldest),
        cmocka_unit_test(a_sink_has_its_bytes_and_no_more),
        cmocka_unit_test(state_and_letters_are_committed_together_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
