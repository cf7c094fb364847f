/* What waits for a sink: order, bounds, waits, and that nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/alert/outbox.h"

#define NOW 1800000000000
#define SECOND 1000
#define MINUTE (60 * SECOND)
#define SINK "webhook pager"

/* ---- a store that does as it is told, later, in order */

enum { OPERATIONS_MAX = 8192, ROWS_MAX = 2048 };

struct operation {
    enum { PUT, ATTEMPT, REMOVE } kind;
    bool is_dead;
    char fingerprint[WPB_FINGERPRINT_LEN + 1];
    struct wpb_held_alert *held;
    uint64_t seq, token;
    unsigned attempts;
    int64_t next_attempt_ms;
};

struct row {
    struct wpb_held_alert *held;
    unsigned attempts;
    int64_t next_attempt_ms;
    bool is_dead;
};

struct store {
    struct operation operations[OPERATIONS_MAX];
    size_t first, end;
    struct row rows[ROWS_MAX];
    size_t row_count;
};

static void store_put(void *cookie, const char *sink, const struct wpb_alert *alert,
                      unsigned attempts, int64_t next_attempt_ms, uint64_t token)
{
    struct store *store = cookie;
    struct operation *operation = &store->operations[store->end++];

    assert_string_equal(sink, SINK);
    assert_true(store->end <= OPERATIONS_MAX);
    *operation = (struct operation){.held = wpb_held_alert_new(alert),
                                    .seq = alert->seq,
                                    .token = token,
                                    .attempts = attempts,
                                    .next_attempt_ms = next_attempt_ms};
    strcpy(operation->fingerprint, alert->fingerprint);
}

static void store_remove(void *cookie, const char *sink, const char *fingerprint,
                         uint64_t seq, uint64_t token)
{
    struct store *store = cookie;
    struct operation *operation = &store->operations[store->end++];

    assert_string_equal(sink, SINK);
    assert_true(store->end <= OPERATIONS_MAX);
    *operation = (struct operation){.kind = REMOVE, .seq = seq, .token = token};
    strcpy(operation->fingerprint, fingerprint);
}

static void store_attempt(void *cookie, const char *sink, const char *fingerprint,
                          uint64_t seq, unsigned attempts, int64_t next_attempt_ms,
                          bool is_dead)
{
    struct store *store = cookie;
    struct operation *operation = &store->operations[store->end++];

    assert_string_equal(sink, SINK);
    assert_true(store->end <= OPERATIONS_MAX);
    *operation = (struct operation){.kind = ATTEMPT,
                                    .is_dead = is_dead,
                                    .seq = seq,
                                    .attempts = attempts,
                                    .next_attempt_ms = next_attempt_ms};
    strcpy(operation->fingerprint, fingerprint);
}

static const struct wpb_outbox_persist persist = {store_put, store_attempt, store_remove};

static struct row *find_row(struct store *store, const char *fingerprint)
{
    for (size_t i = 0; i < store->row_count; i++) {
        if (strcmp(store->rows[i].held->alert.fingerprint, fingerprint) == 0)
            return &store->rows[i];
    }
    return NULL;
}

static void apply(struct store *store, struct operation *operation)
{
    struct row *row = find_row(store, operation->fingerprint);

    if (operation->kind == ATTEMPT) {
        if (row && row->held->alert.seq == operation->seq) {
            row->attempts = operation->attempts;
            row->next_attempt_ms = operation->next_attempt_ms;
            row->is_dead = operation->is_dead;
        }
        return;
    }
    if (operation->kind == REMOVE) {
        if (row && row->held->alert.seq <= operation->seq) {
            wpb_held_alert_release(row->held);
            *row = store->rows[--store->row_count];
        }
        return;
    }
    if (!row) {
        assert_true(store->row_count < ROWS_MAX);
        row = &store->rows[store->row_count++];
        row->held = NULL;
    }
    wpb_held_alert_release(row->held);
    *row = (struct row){wpb_held_alert_hold(operation->held), operation->attempts,
                        operation->next_attempt_ms, false};
}

/* Do one operation, or fail at it, and tell OUTBOX. False when there is none. */
static bool store_step(struct store *store, struct wpb_outbox *outbox, bool ok,
                       int64_t now)
{
    struct operation operation;

    if (store->first == store->end) {
        store->first = store->end = 0;
        return false;
    }
    operation = store->operations[store->first++];
    if (ok)
        apply(store, &operation);
    wpb_held_alert_release(operation.held);
    if (operation.token)
        wpb_outbox_persisted(outbox, operation.token, ok, now);
    return true;
}

static void store_settle(struct store *store, struct wpb_outbox *outbox, int64_t now)
{
    while (store_step(store, outbox, true, now)) {
    }
}

static void store_lose_unwritten(struct store *store)
{
    for (; store->first < store->end; store->first++)
        wpb_held_alert_release(store->operations[store->first].held);
    store->first = store->end = 0;
}

static void store_fini(struct store *store)
{
    store_lose_unwritten(store);
    for (size_t i = 0; i < store->row_count; i++)
        wpb_held_alert_release(store->rows[i].held);
}

/* ---- alerts */

static struct wpb_held_alert *alert_of(unsigned number, uint64_t seq,
                                       enum wpb_alert_status status)
{
    static char body[256];
    struct wpb_alert alert = {
        .seq = seq, .status = status, .updated_at_ms = NOW + (int64_t)seq};

    snprintf(alert.fingerprint, sizeof(alert.fingerprint), "%016x", number);
    snprintf(alert.id, sizeof(alert.id), "01J%023llu", (unsigned long long)seq);
    snprintf(body, sizeof(body), "{\"fingerprint\":\"%s\",\"seq\":%llu}",
             alert.fingerprint, (unsigned long long)seq);
    alert.body = wpb_slice_cstr(body);
    return wpb_held_alert_new(&alert);
}

struct bench {
    struct store store;
    struct wpb_outbox *outbox;
    struct wpb_outbox_queue *queue;
};

static struct bench *bench_new(bool is_stored, uint64_t seed)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    bench->outbox = wpb_outbox_new(is_stored ? &persist : NULL, &bench->store, seed);
    bench->queue = wpb_outbox_queue(bench->outbox, SINK);
    assert_non_null(bench->queue);
    return bench;
}

static void bench_free(struct bench *bench)
{
    wpb_outbox_free(bench->outbox);
    store_fini(&bench->store);
    free(bench);
}

static void put(struct bench *bench, unsigned number, uint64_t seq,
                enum wpb_alert_status status, int64_t now)
{
    struct wpb_held_alert *held = alert_of(number, seq, status);

    wpb_outbox_put(bench->outbox, held, now);
    wpb_held_alert_release(held);
}

/* The next one is that of NUMBER, in its state SEQ. */
static void expect_next(struct bench *bench, unsigned number, uint64_t seq, int64_t now)
{
    struct wpb_held_alert *next = wpb_outbox_next(bench->queue, now);
    char fingerprint[WPB_FINGERPRINT_LEN + 1];

    snprintf(fingerprint, sizeof(fingerprint), "%016x", number);
    assert_non_null(next);
    assert_string_equal(next->alert.fingerprint, fingerprint);
    assert_int_equal(next->alert.seq, seq);
}

static struct wpb_outbox_status status_of(struct bench *bench, int64_t now)
{
    return wpb_outbox_status(bench->queue, now);
}

/* ---- behaviours */

static void an_alert_is_sent_once_it_is_stored_and_forgotten_once_delivered(void **state)
{
    struct bench *bench = bench_new(true, 1);

    (void)state;
    put(bench, 1, 1, WPB_ALERT_FIRING, NOW);
    assert_null(wpb_outbox_next(bench->queue, NOW));
    assert_int_equal(wpb_outbox_wait_ms(bench->queue, NOW), WPB_OUTBOX_STORE_MS);
    store_settle(&bench->store, bench->outbox, NOW);
    assert_int_equal(wpb_outbox_wait_ms(bench->queue, NOW), 0);
    expect_next(bench, 1, 1, NOW);
    assert_null(wpb_outbox_next(bench->queue, NOW));
    assert_int_equal(wpb_outbox_wait_ms(bench->queue, NOW), -1);
    wpb_outbox_delivered(bench->queue, NOW);
    assert_int_equal(bench->store.row_count, 1);
    assert_int_equal(status_of(bench, NOW).pending, 0);
    store_settle(&bench->store, bench->outbox, NOW);
    assert_int_equal(bench->store.row_count, 0);
    assert_int_equal(wpb_outbox_wait_ms(bench->queue, NOW), -1);
    bench_free(bench);
}

static void a_newer_state_takes_the_place_of_an_older_one(void **state)
{
    struct bench *bench = bench_new(false, 1);

    (void)state;
    put(bench, 1, 1, WPB_ALERT_FIRING, NOW);
    put(bench, 2, 2, WPB_ALERT_FIRING, NOW);
    put(bench, 1, 3, WPB_ALERT_RESOLVED, NOW);
    put(bench, 1, 1, WPB_ALERT_FIRING, NOW);
    expect_next(bench, 1, 3, NOW);
    wpb_outbox_delivered(bench->queue, NOW);
    expect_next(bench, 2, 2, NOW);
    wpb_outbox_delivered(bench->queue, NOW);
    assert_null(wpb_outbox_next(bench->queue, NOW));
    bench_free(bench);
}

static void a_state_that_comes_while_another_is_under_way_is_sent_after_it(void **state)
{
    struct bench *bench = bench_new(true, 1);

    (void)state;
    put(bench, 1, 1, WPB_ALERT_FIRING, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    expect_next(bench, 1, 1, NOW);
    put(bench, 1, 2, WPB_ALERT_RESOLVED, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    wpb_outbox_delivered(bench->queue, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    assert_int_equal(bench->store.row_count, 1);
    expect_next(bench, 1, 2, NOW);
    wpb_outbox_delivered(bench->queue, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    assert_int_equal(bench->store.row_count, 0);
    bench_free(bench);
}

static void
waits_after_failures_double_on_average_up_to_a_quarter_of_an_hour(void **state)
{
    int64_t total[14] = {0}, now = NOW;
    enum { SEEDS = 400 };

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct bench *bench = bench_new(true, seed);
        put(bench, 1, 1, WPB_ALERT_FIRING, now);
        store_settle(&bench->store, bench->outbox, now);
        for (int i = 0; i < 14; i++) {
            struct operation *stored;
            /* Without the breaker, whose waits are its own. */
            put(bench, 2, 100 + (uint64_t)i, WPB_ALERT_FIRING, now);
            store_settle(&bench->store, bench->outbox, now);
            now += WPB_OUTBOX_WAIT_MAX_MS;
            expect_next(bench, 1, 1, now);
            wpb_outbox_failed(bench->queue, -1, now);
            stored = &bench->store.operations[bench->store.first];
            assert_int_equal(stored->attempts, i + 1);
            assert_in_range(stored->next_attempt_ms - now, 0, WPB_OUTBOX_WAIT_MAX_MS);
            if (i == 0)
                assert_in_range(stored->next_attempt_ms - now, 0, SECOND);
            total[i] += stored->next_attempt_ms - now;
            store_settle(&bench->store, bench->outbox, now);
            if (!wpb_outbox_wait_ms(bench->queue, now)) {
                struct wpb_held_alert *other = wpb_outbox_next(bench->queue, now);
                if (other && other->alert.seq == 1)
                    wpb_outbox_put_back(bench->queue);
                else if (other)
                    wpb_outbox_delivered(bench->queue, now);
            }
            store_settle(&bench->store, bench->outbox, now);
        }
        bench_free(bench);
    }
    for (int i = 0; i < 14; i++) {
        int64_t limit = (int64_t)SECOND << i, mean = total[i] / SEEDS;
        if (limit > WPB_OUTBOX_WAIT_MAX_MS)
            limit = WPB_OUTBOX_WAIT_MAX_MS;
        assert_in_range(mean, limit * 42 / 100, limit * 58 / 100);
    }
}

static void a_receiver_that_asks_for_time_gets_it_but_not_more_than_an_hour(void **state)
{
    struct bench *bench = bench_new(false, 1);

    (void)state;
    put(bench, 1, 1, WPB_ALERT_FIRING, NOW);
    expect_next(bench, 1, 1, NOW);
    wpb_outbox_failed(bench->queue, 90 * SECOND, NOW);
    put(bench, 2, 1, WPB_ALERT_FIRING, NOW);
    assert_int_equal(wpb_outbox_wait_ms(bench->queue, NOW), 90 * SECOND);
    assert_null(wpb_outbox_next(bench->queue, NOW + 89 * SECOND));
    expect_next(bench, 1, 1, NOW + 90 * SECOND);
    wpb_outbox_failed(bench->queue, INT64_MAX, NOW);
    assert_int_equal(wpb_outbox_wait_ms(bench->queue, NOW), 60 * MINUTE);
    bench_free(bench);
}

/* Fail at whatever is next until the breaker opens; returns when. */
static int64_t open_breaker(struct bench *bench, int64_t now)
{
    while (!status_of(bench, now).is_open) {
        if (wpb_outbox_next(bench->queue, now))
            wpb_outbox_failed(bench->queue, -1, now);
        now += SECOND;
    }
    return now - SECOND;
}

static void after_five_failures_one_alert_every_five_minutes_probes(void **state)
{
    struct bench *bench = bench_new(false, 7);
    int64_t now, wait;
    int probes = 0;

    (void)state;
    for (unsigned i = 0; i < 20; i++)
        put(bench, i, 1, WPB_ALERT_FIRING, NOW);
    now = open_breaker(bench, NOW);
    assert_int_equal(status_of(bench, now).failures_in_row, WPB_OUTBOX_BREAKER);
    for (int64_t end = now + 60 * MINUTE; now < end; now += wait) {
        wait = wpb_outbox_wait_ms(bench->queue, now);
        assert_in_range(wait, 5 * MINUTE, 5 * MINUTE + 30 * SECOND);
        assert_null(wpb_outbox_next(bench->queue, now + wait - 1));
        assert_non_null(wpb_outbox_next(bench->queue, now + wait));
        wpb_outbox_failed(bench->queue, -1, now + wait);
        probes++;
    }
    assert_in_range(probes, 10, 12);
    bench_free(bench);
}

static void a_receiver_that_is_back_gets_everything_at_once_in_order(void **state)
{
    struct bench *bench = bench_new(false, 7);
    int64_t now;
    unsigned seen = 0;

    (void)state;
    for (unsigned i = 0; i < 20; i++)
        put(bench, i, 1 + i, WPB_ALERT_FIRING, NOW);
    now = open_breaker(bench, NOW) + 6 * MINUTE;
    while (wpb_outbox_next(bench->queue, now)) {
        wpb_outbox_delivered(bench->queue, now);
        seen++;
    }
    assert_int_equal(seen, 20);
    assert_false(status_of(bench, now).is_open);
    bench_free(bench);
}

static void a_probe_is_the_alert_that_has_failed_least(void **state)
{
    struct bench *bench = bench_new(false, 7);
    int64_t now;

    (void)state;
    put(bench, 1, 1, WPB_ALERT_FIRING, NOW);
    now = open_breaker(bench, NOW);
    put(bench, 2, 2, WPB_ALERT_FIRING, now);
    expect_next(bench, 2, 2, now + 6 * MINUTE);
    bench_free(bench);
}

static void a_rejected_alert_is_a_dead_letter_and_counted(void **state)
{
    struct bench *bench = bench_new(true, 1);

    (void)state;
    put(bench, 1, 1, WPB_ALERT_FIRING, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    expect_next(bench, 1, 1, NOW);
    wpb_outbox_rejected(bench->queue, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    assert_true(bench->store.rows[0].is_dead);
    assert_int_equal(status_of(bench, NOW).rejected, 1);
    assert_int_equal(status_of(bench, NOW).pending, 0);
    bench_free(bench);
}

static void a_rejected_alert_leaves_no_older_state_in_the_store(void **state)
{
    struct bench *bench = bench_new(true, 1);
    int64_t now = NOW + WPB_OUTBOX_STORE_MS;

    (void)state;
    put(bench, 1, 1, WPB_ALERT_FIRING, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    put(bench, 1, 2, WPB_ALERT_FIRING, NOW);
    store_step(&bench->store, bench->outbox, false, NOW);
    assert_int_equal(bench->store.row_count, 1);
    expect_next(bench, 1, 2, now);
    wpb_outbox_rejected(bench->queue, now);
    assert_int_equal(status_of(bench, now).pending, 0);
    /* Not even when its removal fails at first. */
    store_step(&bench->store, bench->outbox, false, now);
    now += wpb_outbox_wait_ms(bench->queue, now);
    assert_null(wpb_outbox_next(bench->queue, now));
    store_settle(&bench->store, bench->outbox, now);
    assert_int_equal(bench->store.row_count, 0);
    bench_free(bench);
}

static void a_store_that_fails_or_is_silent_does_not_hold_an_alert_back(void **state)
{
    struct bench *bench = bench_new(true, 1);

    (void)state;
    put(bench, 1, 1, WPB_ALERT_FIRING, NOW);
    put(bench, 2, 2, WPB_ALERT_FIRING, NOW);
    assert_true(store_step(&bench->store, bench->outbox, false, NOW));
    assert_null(wpb_outbox_next(bench->queue, NOW + WPB_OUTBOX_STORE_MS - 1));
    while (
        store_step(&bench->store, bench->outbox, false, NOW + WPB_OUTBOX_STORE_MS - 1)) {
    }
    expect_next(bench, 1, 1, NOW + WPB_OUTBOX_STORE_MS);
    wpb_outbox_delivered(bench->queue, NOW + WPB_OUTBOX_STORE_MS);
    expect_next(bench, 2, 2, NOW + WPB_OUTBOX_STORE_MS);
    wpb_outbox_failed(bench->queue, -1, NOW + WPB_OUTBOX_STORE_MS);
    assert_true(status_of(bench, NOW).unstored > 0);
    bench_free(bench);
}

static void states_that_follow_fast_are_not_held_back_for_longer(void **state)
{
    struct bench *bench = bench_new(true, 1);
    int64_t now = NOW;

    (void)state;
    for (uint64_t seq = 1; now < NOW + WPB_OUTBOX_STORE_MS; seq++, now += SECOND) {
        put(bench, 1, seq, WPB_ALERT_FIRING, now);
        while (store_step(&bench->store, bench->outbox, false, now)) {
        }
        assert_null(wpb_outbox_next(bench->queue, now));
    }
    expect_next(bench, 1, 10, now);
    wpb_outbox_delivered(bench->queue, now);
    bench_free(bench);
}

/* As a row, it would be sent after the newer one by whoever starts after a crash. */
static void nothing_is_sent_while_an_older_state_may_lie_in_a_failing_store(void **state)
{
    struct bench *bench = bench_new(true, 1);

    (void)state;
    put(bench, 1, 309, WPB_ALERT_FIRING, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    put(bench, 1, 310, WPB_ALERT_RESOLVED, NOW);
    store_step(&bench->store, bench->outbox, false, NOW);
    assert_int_equal(bench->store.rows[0].held->alert.seq, 309);
    assert_null(wpb_outbox_next(bench->queue, NOW));
    assert_int_equal(wpb_outbox_wait_ms(bench->queue, NOW), SECOND);
    assert_null(wpb_outbox_next(bench->queue, NOW + SECOND));
    store_settle(&bench->store, bench->outbox, NOW + SECOND);
    assert_int_equal(bench->store.rows[0].held->alert.seq, 310);
    expect_next(bench, 1, 310, NOW + SECOND);
    wpb_outbox_delivered(bench->queue, NOW + SECOND);
    bench_free(bench);
}

static void what_could_not_be_stored_is_stored_when_the_store_works_again(void **state)
{
    struct bench *bench = bench_new(true, 1);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        put(bench, i, 1, WPB_ALERT_FIRING, NOW);
        store_step(&bench->store, bench->outbox, false, NOW);
    }
    assert_int_equal(bench->store.row_count, 0);
    put(bench, 3, 1, WPB_ALERT_FIRING, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    assert_int_equal(bench->store.row_count, 4);
    bench_free(bench);
}

static void a_removal_that_failed_is_asked_for_again_and_nothing_sent_again(void **state)
{
    struct bench *bench = bench_new(true, 1);
    int64_t wait;

    (void)state;
    put(bench, 1, 1, WPB_ALERT_FIRING, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    expect_next(bench, 1, 1, NOW);
    wpb_outbox_delivered(bench->queue, NOW);
    store_step(&bench->store, bench->outbox, false, NOW);
    assert_int_equal(bench->store.row_count, 1);
    wait = wpb_outbox_wait_ms(bench->queue, NOW);
    assert_true(wait > 0);
    assert_null(wpb_outbox_next(bench->queue, NOW + wait));
    store_settle(&bench->store, bench->outbox, NOW + wait);
    assert_int_equal(bench->store.row_count, 0);
    assert_int_equal(wpb_outbox_wait_ms(bench->queue, NOW + wait), -1);
    bench_free(bench);
}

static void an_overflow_drops_the_oldest_resolved_then_the_oldest(void **state)
{
    struct bench *bench = bench_new(true, 1);
    unsigned last = WPB_OUTBOX_ALERTS - 1;

    (void)state;
    for (unsigned i = 0; i <= last; i++)
        put(bench, i, 10 + i,
            i == 500 || i == 700 ? WPB_ALERT_RESOLVED : WPB_ALERT_FIRING, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    assert_int_equal(status_of(bench, NOW).dropped, 0);
    for (unsigned i = 0; i < 3; i++)
        put(bench, 5000 + i, 5000 + i, WPB_ALERT_RESOLVED, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    assert_int_equal(status_of(bench, NOW).dropped, 3);
    assert_int_equal(status_of(bench, NOW).pending, WPB_OUTBOX_ALERTS);
    assert_int_equal(bench->store.row_count, WPB_OUTBOX_ALERTS);
    assert_null(find_row(&bench->store, "00000000000001f4"));
    assert_null(find_row(&bench->store, "00000000000002bc"));
    assert_null(find_row(&bench->store, "0000000000001388"));
    assert_non_null(find_row(&bench->store, "000000000000138a"));
    put(bench, 6000, 6000, WPB_ALERT_FIRING, NOW);
    put(bench, 6001, 6001, WPB_ALERT_FIRING, NOW);
    put(bench, 6002, 6002, WPB_ALERT_FIRING, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    assert_null(find_row(&bench->store, "0000000000000000"));
    assert_non_null(find_row(&bench->store, "0000000000000001"));
    bench_free(bench);
}

static void bodies_are_bounded_by_their_bytes(void **state)
{
    static char body[WPB_ALERT_BYTES_MAX + 1];
    struct bench *bench = bench_new(false, 1);
    struct wpb_alert alert = {.status = WPB_ALERT_FIRING};

    (void)state;
    memset(body, 'x', sizeof(body));
    alert.body = wpb_slice_of(body, sizeof(body));
    assert_null(wpb_held_alert_new(&alert));
    alert.body.len--;
    for (unsigned i = 0; i < 600; i++) {
        struct wpb_held_alert *held;
        snprintf(alert.fingerprint, sizeof(alert.fingerprint), "%016x", i);
        alert.seq = i + 1;
        held = wpb_held_alert_new(&alert);
        wpb_outbox_put(bench->outbox, held, NOW);
        wpb_held_alert_release(held);
    }
    assert_int_equal(status_of(bench, NOW).pending, 512);
    assert_int_equal(status_of(bench, NOW).bytes, WPB_OUTBOX_BYTES);
    assert_int_equal(status_of(bench, NOW).dropped, 88);
    bench_free(bench);
}

static void a_clock_that_is_set_back_makes_everything_due(void **state)
{
    struct bench *bench = bench_new(false, 1);

    (void)state;
    put(bench, 1, 1, WPB_ALERT_FIRING, NOW);
    expect_next(bench, 1, 1, NOW);
    wpb_outbox_failed(bench->queue, 30 * MINUTE, NOW);
    assert_null(wpb_outbox_next(bench->queue, NOW + MINUTE));
    expect_next(bench, 1, 1, NOW - 60 * MINUTE);
    wpb_outbox_delivered(bench->queue, NOW - 60 * MINUTE);
    bench_free(bench);
}

static void what_is_restored_keeps_its_wait_but_none_that_makes_no_sense(void **state)
{
    struct bench *bench = bench_new(true, 1);
    struct wpb_held_alert *one = alert_of(1, 1, WPB_ALERT_FIRING);
    struct wpb_held_alert *two = alert_of(2, 1, WPB_ALERT_FIRING);

    (void)state;
    assert_true(wpb_outbox_restore(bench->outbox, SINK, one, 4, NOW + 8 * SECOND, NOW));
    assert_true(wpb_outbox_restore(bench->outbox, SINK, two, 4, INT64_MAX, NOW));
    assert_int_equal(bench->store.end, 0);
    expect_next(bench, 2, 1, NOW);
    wpb_outbox_delivered(bench->queue, NOW);
    assert_null(wpb_outbox_next(bench->queue, NOW + 7 * SECOND));
    expect_next(bench, 1, 1, NOW + 8 * SECOND);
    wpb_held_alert_release(one);
    wpb_held_alert_release(two);
    bench_free(bench);
}

static int removed_for_nobody;

static void remove_for_nobody(void *cookie, const char *sink, const char *fingerprint,
                              uint64_t seq, uint64_t token)
{
    (void)cookie;
    assert_string_equal(sink, "webhook gone");
    assert_string_equal(fingerprint, "0000000000000001");
    assert_int_equal(seq, 1);
    assert_int_equal(token, 0);
    removed_for_nobody++;
}

static void rows_of_a_sink_that_is_no_more_are_removed(void **state)
{
    static const struct wpb_outbox_persist no_put = {NULL, NULL, remove_for_nobody};
    struct wpb_outbox *outbox = wpb_outbox_new(&no_put, NULL, 1);
    struct wpb_held_alert *held = alert_of(1, 1, WPB_ALERT_FIRING);

    (void)state;
    assert_false(wpb_outbox_restore(outbox, "webhook gone", held, 0, 0, NOW));
    assert_int_equal(removed_for_nobody, 1);
    wpb_held_alert_release(held);
    wpb_outbox_free(outbox);
}

static void a_forgotten_queue_leaves_nothing_in_the_store(void **state)
{
    struct bench *bench = bench_new(true, 1);

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        put(bench, i, 1, WPB_ALERT_FIRING, NOW);
    store_settle(&bench->store, bench->outbox, NOW);
    assert_int_equal(wpb_outbox_forget(bench->queue), 3);
    store_settle(&bench->store, bench->outbox, NOW);
    assert_int_equal(bench->store.row_count, 0);
    bench_free(bench);
}

/* ---- whatever happens, the last state of each fingerprint arrives, in order */

enum { FINGERPRINTS = 12, STEPS = 3000 };

struct world {
    struct bench *bench;
    uint64_t random, seq;
    uint64_t newest[FINGERPRINTS];   /* what the lifecycle said last */
    uint64_t received[FINGERPRINTS]; /* what the receiver heard last */
    unsigned duplicates, restarts, unheard;
    int64_t now;
    bool may_crash, may_fail; /* the process; the store, for a moment */
};

static uint64_t pick(struct world *world, uint64_t limit)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return (world->random >> 11) % limit;
}

static void new_state(struct world *world, unsigned number)
{
    world->newest[number] = ++world->seq;
    put(world->bench, number, world->seq,
        pick(world, 2) ? WPB_ALERT_FIRING : WPB_ALERT_RESOLVED, world->now);
}

static void receive(struct world *world, const struct wpb_alert *alert)
{
    unsigned number = (unsigned)strtoul(alert->fingerprint, NULL, 16);

    assert_true(number < FINGERPRINTS);
    assert_true(alert->seq >= world->received[number]);
    if (alert->seq == world->received[number])
        world->duplicates++;
    world->received[number] = alert->seq;
}

static void attempt(struct world *world, unsigned luck)
{
    struct wpb_outbox_queue *queue = world->bench->queue;
    struct wpb_held_alert *next = wpb_outbox_next(queue, world->now);
    uint64_t fate = pick(world, 100);

    if (!next)
        return;
    if (pick(world, 3) == 0) /* the world goes on meanwhile */
        new_state(world, (unsigned)pick(world, FINGERPRINTS));
    if (fate < luck) {
        receive(world, &next->alert);
        wpb_outbox_delivered(queue, world->now);
    } else if (fate < luck + 5) { /* its acknowledgement is lost */
        receive(world, &next->alert);
        world->unheard++;
        wpb_outbox_failed(queue, -1, world->now);
    } else {
        wpb_outbox_failed(queue, fate % 2 ? (int64_t)pick(world, 120000) : -1,
                          world->now);
    }
}

/* Killed: what the store had not written is gone, and the receiver may or may not have
 * heard what was under way. */
static void crash(struct world *world)
{
    struct bench *bench = world->bench;
    struct wpb_held_alert *next = wpb_outbox_next(bench->queue, world->now);

    if (next && pick(world, 2)) {
        receive(world, &next->alert);
        world->unheard++;
    }
    wpb_outbox_free(bench->outbox);
    store_lose_unwritten(&bench->store);
    bench->outbox = wpb_outbox_new(&persist, &bench->store, pick(world, 1000));
    bench->queue = wpb_outbox_queue(bench->outbox, SINK);
    for (size_t i = 0; i < bench->store.row_count; i++) {
        struct row *row = &bench->store.rows[i];
        assert_true(wpb_outbox_restore(bench->outbox, SINK, row->held, row->attempts,
                                       row->next_attempt_ms, world->now));
    }
    world->restarts++;
    /* The lifecycle's own store knows as little, so that it says again what was lost. */
    for (unsigned i = 0; i < FINGERPRINTS; i++) {
        char fingerprint[WPB_FINGERPRINT_LEN + 1];
        struct row *row;
        snprintf(fingerprint, sizeof(fingerprint), "%016x", i);
        row = find_row(&bench->store, fingerprint);
        if (world->newest[i] && world->received[i] != world->newest[i] &&
            (!row || row->held->alert.seq != world->newest[i]))
            new_state(world, i);
    }
}

static void live(struct world *world)
{
    struct bench *bench = world->bench;

    for (int step = 0; step < STEPS; step++) {
        switch (pick(world, 8)) {
        case 0:
            new_state(world, (unsigned)pick(world, FINGERPRINTS));
            break;
        case 1:
            /* With both, the store is well again before it is given up. */
            world->now +=
                (int64_t)pick(world, world->may_crash && world->may_fail ? 400 : 4000);
            break;
        case 2:
            if (world->may_crash && pick(world, 10) == 0)
                crash(world);
            else if (!world->may_crash && pick(world, 20) == 0)
                world->now += (int64_t)pick(world, 20 * MINUTE) - 5 * MINUTE;
            break;
        case 3:
        case 4:
            attempt(world, 30);
            break;
        default:
            store_step(&bench->store, bench->outbox,
                       !world->may_fail || pick(world, 4) != 0, world->now);
            break;
        }
        /* A store that is silent for long lets alerts out that it does not have. */
        while (world->may_crash && bench->store.end - bench->store.first > 4)
            store_step(&bench->store, bench->outbox,
                       !world->may_fail || pick(world, 4) != 0, world->now);
    }
}

static void drain(struct world *world)
{
    struct bench *bench = world->bench;

    for (int step = 0; step < 10 * STEPS; step++) {
        struct wpb_held_alert *next;
        int64_t wait;
        store_settle(&bench->store, bench->outbox, world->now);
        wait = wpb_outbox_wait_ms(bench->queue, world->now);
        if (wait < 0)
            return;
        world->now += wait;
        next = wpb_outbox_next(bench->queue, world->now);
        if (next) {
            receive(world, &next->alert);
            wpb_outbox_delivered(bench->queue, world->now);
        }
    }
    fail_msg("never empty");
}

static void live_and_judge(uint64_t seed, bool may_crash, bool may_fail,
                           struct world *world)
{
    *world = (struct world){.bench = bench_new(true, seed),
                            .random = seed,
                            .now = NOW,
                            .may_crash = may_crash,
                            .may_fail = may_fail};
    live(world);
    drain(world);
    for (unsigned i = 0; i < FINGERPRINTS; i++)
        assert_int_equal(world->received[i], world->newest[i]);
    assert_int_equal(world->bench->store.row_count, 0);
    bench_free(world->bench);
}

static void the_last_state_of_each_fingerprint_arrives_in_order(void **state)
{
    struct world world;

    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        live_and_judge(seed * 7919, false, true, &world);
        /* Only a lost acknowledgement makes one be sent twice. */
        assert_true(world.duplicates <= world.unheard);
    }
}

static void the_last_state_arrives_whenever_the_process_is_killed(void **state)
{
    unsigned restarts = 0;
    struct world world;

    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        live_and_judge(seed * 104729, true, false, &world);
        restarts += world.restarts;
    }
    assert_true(restarts > 1000);
}

static void it_arrives_in_order_when_the_store_fails_for_moments_too(void **state)
{
    unsigned restarts = 0;
    struct world world;

    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        live_and_judge(seed * 15485863, true, true, &world);
        restarts += world.restarts;
    }
    assert_true(restarts > 1000);
}

static void
after_three_days_without_a_receiver_it_hears_the_newest_states_only(void **state)
{
    struct bench *bench = bench_new(true, 5);
    int64_t now = NOW, end = NOW + 72 * 60 * MINUTE;
    uint64_t seq = 0, newest[40] = {0};
    unsigned heard = 0, attempts = 0;

    (void)state;
    for (; now < end; now += MINUTE) {
        unsigned number = (unsigned)((now / MINUTE * 7) % 40);
        newest[number] = ++seq;
        put(bench, number, seq, seq % 3 ? WPB_ALERT_FIRING : WPB_ALERT_RESOLVED, now);
        store_settle(&bench->store, bench->outbox, now);
        if (wpb_outbox_next(bench->queue, now)) {
            wpb_outbox_failed(bench->queue, -1, now);
            attempts++;
        }
        store_settle(&bench->store, bench->outbox, now);
    }
    assert_int_equal(status_of(bench, now).pending, 40);
    assert_true(attempts < 72 * 12 + WPB_OUTBOX_BREAKER);
    now += 6 * MINUTE;
    for (struct wpb_held_alert *next; (next = wpb_outbox_next(bench->queue, now));) {
        unsigned number = (unsigned)strtoul(next->alert.fingerprint, NULL, 16);
        assert_int_equal(next->alert.seq, newest[number]);
        heard++;
        wpb_outbox_delivered(bench->queue, now);
    }
    assert_int_equal(heard, 40);
    store_settle(&bench->store, bench->outbox, now);
    assert_int_equal(bench->store.row_count, 0);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alert_is_sent_once_it_is_stored_and_forgotten_once_delivered),
        cmocka_unit_test(a_newer_state_takes_the_place_of_an_older_one),
        cmocka_unit_test(a_state_that_comes_while_another_is_under_way_is_sent_after_it),
        cmocka_unit_test(
            waits_after_failures_double_on_average_up_to_a_quarter_of_an_hour),
        cmocka_unit_test(a_receiver_that_asks_for_time_gets_it_but_not_more_than_an_hour),
        cmocka_unit_test(after_five_failures_one_alert_every_five_minutes_probes),
        cmocka_unit_test(a_receiver_that_is_back_gets_everything_at_once_in_order),
        cmocka_unit_test(a_probe_is_the_alert_that_has_failed_least),
        cmocka_unit_test(a_rejected_alert_is_a_dead_letter_and_counted),
        cmocka_unit_test(a_rejected_alert_leaves_no_older_state_in_the_store),
        cmocka_unit_test(a_store_that_fails_or_is_silent_does_not_hold_an_alert_back),
        cmocka_unit_test(states_that_follow_fast_are_not_held_back_for_longer),
        cmocka_unit_test(nothing_is_sent_while_an_older_state_may_lie_in_a_failing_store),
        cmocka_unit_test(what_could_not_be_stored_is_stored_when_the_store_works_again),
        cmocka_unit_test(a_removal_that_failed_is_asked_for_again_and_nothing_sent_again),
        cmocka_unit_test(an_overflow_drops_the_oldest_resolved_then_the_oldest),
        cmocka_unit_test(bodies_are_bounded_by_their_bytes),
        cmocka_unit_test(a_clock_that_is_set_back_makes_everything_due),
        cmocka_unit_test(what_is_restored_keeps_its_wait_but_none_that_makes_no_sense),
        cmocka_unit_test(rows_of_a_sink_that_is_no_more_are_removed),
        cmocka_unit_test(a_forgotten_queue_leaves_nothing_in_the_store),
        cmocka_unit_test(the_last_state_of_each_fingerprint_arrives_in_order),
        cmocka_unit_test(the_last_state_arrives_whenever_the_process_is_killed),
        cmocka_unit_test(it_arrives_in_order_when_the_store_fails_for_moments_too),
        cmocka_unit_test(
            after_three_days_without_a_receiver_it_hears_the_newest_states_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
