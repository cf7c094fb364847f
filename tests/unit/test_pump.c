/* The pump: order, reload, drain, what is told again, and tests of sinks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/alert/kept_settings.h"
#include "agent/alert/pump.h"
#include "agent/alert/sinks.h"
#include "agent/base/log.h"
#include "sink_bench.h"

/* ---- a sink that does as it is told, and remembers */

enum { EVENTS_MAX = 256 };

static struct {
    char text[EVENTS_MAX][64]; /* "pager 3", "pager again 3", "pager reopen" */
    size_t count;
    int fail, reject; /* the next so many */
    bool hangs;       /* until the sink is closed */
    int open, refuse;
} world;

static void note(const char *sink, const char *what, uint64_t seq)
{
    assert_true(world.count < EVENTS_MAX);
    snprintf(world.text[world.count++], sizeof(world.text[0]), "%.20s %s%llu", sink, what,
             (unsigned long long)seq);
}

struct fake {
    const struct wpb_sink_settings *settings;
    const struct wpb_alert *alert;
    wpb_sink_done *done;
    void *done_cookie;
    void (*closed)(void *cookie);
    void *closed_cookie;
    uv_timer_t timer;
};

static void *fake_open(struct uv_loop_s *loop, const struct wpb_sink_settings *settings,
                       struct wpb_err *err)
{
    struct fake *fake = calloc(1, sizeof(*fake));

    if (world.refuse > 0 && --world.refuse == 0) {
        free(fake);
        wpb_err_set(err, WPB_E_ARGUMENT, "test", "no such thing");
        return NULL;
    }
    fake->settings = settings;
    uv_timer_init(loop, &fake->timer);
    fake->timer.data = fake;
    world.open++;
    return fake;
}

static void end_delivery(struct fake *fake, enum wpb_delivery_status status)
{
    struct wpb_delivery delivery = {
        .status = status, .retry_after_ms = -1, .detail = "as told"};
    wpb_sink_done *done = fake->done;

    fake->done = NULL;
    done(fake->done_cookie, &delivery);
}

static void on_sent(uv_timer_t *timer)
{
    struct fake *fake = timer->data;
    enum wpb_delivery_status status = WPB_DELIVERED;

    if (world.fail > 0 && world.fail--)
        status = WPB_DELIVERY_FAILED;
    else if (world.reject > 0 && world.reject--)
        status = WPB_DELIVERY_REJECTED;
    if (status == WPB_DELIVERED)
        note(fake->settings->name, "", fake->alert->seq);
    end_delivery(fake, status);
}

static void fake_send(void *sink, const struct wpb_alert *alert, wpb_sink_done *done,
                      void *cookie)
{
    struct fake *fake = sink;

    assert_null(fake->done); /* one at a time */
    fake->alert = alert;
    fake->done = done;
    fake->done_cookie = cookie;
    if (!world.hangs)
        uv_timer_start(&fake->timer, on_sent, 0, 0);
}

static void fake_resend(void *sink, const struct wpb_alert *const *alerts, size_t count)
{
    struct fake *fake = sink;

    for (size_t i = 0; i < count; i++)
        note(fake->settings->name, "again ", alerts[i]->seq);
}

static void fake_reopen(void *sink)
{
    struct fake *fake = sink;

    note(fake->settings->name, "reopen ", 0);
}

static void on_fake_closed(uv_handle_t *handle)
{
    struct fake *fake = handle->data;
    void (*closed)(void *) = fake->closed;
    void *cookie = fake->closed_cookie;

    if (fake->done)
        end_delivery(fake, WPB_DELIVERY_FAILED);
    world.open--;
    free(fake);
    closed(cookie);
}

static void fake_close(void *sink, void (*closed)(void *cookie), void *cookie)
{
    struct fake *fake = sink;

    fake->closed = closed;
    fake->closed_cookie = cookie;
    uv_close((uv_handle_t *)&fake->timer, on_fake_closed);
}

static const struct wpb_sink_type plain = {.name = "plain",
                                           .open = fake_open,
                                           .send = fake_send,
                                           .reopen = fake_reopen,
                                           .close = fake_close};
static const struct wpb_sink_type forgetful = {.name = "forgetful",
                                               .open = fake_open,
                                               .send = fake_send,
                                               .resend = fake_resend,
                                               .close = fake_close};

/* Did all of these happen, in this order, and nothing else? Ended by NULL. */
static void expect_events(const char *first, ...)
{
    const char *expected = first;
    va_list more;
    size_t i = 0;

    va_start(more, first);
    for (; expected; expected = va_arg(more, const char *), i++) {
        if (i >= world.count)
            fail_msg("never happened: %s", expected);
        assert_string_equal(world.text[i], expected);
    }
    va_end(more);
    if (i < world.count)
        fail_msg("happened too: %s", world.text[i]);
    world.count = 0;
}

static bool has_happened(const char *event)
{
    for (size_t i = 0; i < world.count; i++) {
        if (strcmp(world.text[i], event) == 0)
            return true;
    }
    return false;
}

/* ---- the bench */

static int64_t clock_offset_ms;

static int64_t clock_ms(void)
{
    return 1800000000000 + clock_offset_ms + (int64_t)(uv_hrtime() / 1000000);
}

struct bench {
    uv_loop_t loop;
    struct wpb_pump *pump;
    bool is_closed;
};

static void bench_begin(struct bench *bench, const struct wpb_outbox_persist *persist,
                        void *cookie)
{
    struct wpb_pump_options options = {.loop = &bench->loop,
                                       .persist = persist,
                                       .persist_cookie = cookie,
                                       .seed = 1,
                                       .now_ms = clock_ms};

    memset(&world, 0, sizeof(world));
    bench->is_closed = false;
    clock_offset_ms = 0;
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    bench->pump = wpb_pump_new(&options);
    assert_non_null(bench->pump);
}

static void on_closed(void *cookie)
{
    struct bench *bench = cookie;

    bench->is_closed = true;
}

static void bench_end(struct bench *bench, uint64_t drain_ms)
{
    wpb_pump_close(bench->pump, drain_ms, on_closed, bench);
    assert_false(bench->is_closed);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_true(bench->is_closed);
    assert_int_equal(world.open, 0);
    assert_int_equal(uv_loop_close(&bench->loop), 0);
}

static struct wpb_pump_sink sink_of(const struct wpb_sink_type *type, const char *name)
{
    return (struct wpb_pump_sink){type, {.name = name}};
}

static void configure(struct bench *bench, const struct wpb_pump_sink *sinks,
                      size_t count)
{
    struct wpb_err err = {0};

    if (wpb_pump_configure(bench->pump, sinks, count, &err))
        fail_msg("%s", err.message);
}

static void configure_one(struct bench *bench, const struct wpb_sink_type *type,
                          const char *name)
{
    struct wpb_pump_sink sink = sink_of(type, name);

    configure(bench, &sink, 1);
}

static struct wpb_alert alert_of(unsigned number, uint64_t seq,
                                 enum wpb_alert_status status)
{
    struct wpb_alert alert = sink_bench_alert("{}");

    snprintf(alert.fingerprint, sizeof(alert.fingerprint), "%016x", number);
    alert.seq = seq;
    alert.status = status;
    return alert;
}

static void put(struct bench *bench, unsigned number, uint64_t seq,
                enum wpb_alert_status status)
{
    struct wpb_alert alert = alert_of(number, seq, status);

    wpb_pump_put(bench->pump, &alert);
}

static void on_moment(uv_timer_t *timer)
{
    (void)timer;
}

static void run_until(struct bench *bench, const char *event)
{
    uv_timer_t moments; /* so that no turn of the loop sleeps for long */

    uv_timer_init(&bench->loop, &moments);
    uv_timer_start(&moments, on_moment, 10, 10);
    while (!has_happened(event))
        uv_run(&bench->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&moments, NULL);
    uv_run(&bench->loop, UV_RUN_NOWAIT);
}

/* Everything that is to be done at once. */
static void run_a_little(struct bench *bench)
{
    for (int i = 0; i < 50; i++)
        uv_run(&bench->loop, UV_RUN_NOWAIT);
}

static struct wpb_pump_status status_of(struct bench *bench, size_t index)
{
    struct wpb_pump_status status;

    assert_true(wpb_pump_status(bench->pump, index, &status));
    return status;
}

/* ---- behaviours */

static void every_sink_is_sent_every_alert(void **state)
{
    struct wpb_pump_sink sinks[] = {sink_of(&plain, "a"), sink_of(&plain, "b")};
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure(&bench, sinks, 2);
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    put(&bench, 2, 2, WPB_ALERT_FIRING);
    run_a_little(&bench);
    expect_events("a 1", "b 1", "a 2", "b 2", NULL);
    assert_int_equal(status_of(&bench, 0).outbox.delivered, 2);
    assert_string_equal(status_of(&bench, 1).sink, "b");
    assert_string_equal(status_of(&bench, 1).type, "plain");
    bench_end(&bench, 1000);
}

static void what_failed_is_tried_again_within_a_second(void **state)
{
    struct bench bench;
    uint64_t before;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure_one(&bench, &plain, "a");
    world.fail = 1;
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    run_a_little(&bench);
    before = uv_hrtime();
    if (!has_happened("a 1")) {
        assert_string_equal(status_of(&bench, 0).last_problem, "as told");
        run_until(&bench, "a 1");
        assert_true((uv_hrtime() - before) / 1000000 < 60000);
    }
    assert_string_equal(status_of(&bench, 0).last_problem, "");
    assert_int_equal(status_of(&bench, 0).outbox.failed, 1);
    bench_end(&bench, 0);
}

static void a_rejected_alert_is_a_problem_that_is_told(void **state)
{
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure_one(&bench, &plain, "a");
    world.reject = 1;
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    run_a_little(&bench);
    expect_events(NULL);
    assert_int_equal(status_of(&bench, 0).outbox.rejected, 1);
    assert_int_equal(status_of(&bench, 0).outbox.pending, 0);
    assert_string_equal(status_of(&bench, 0).last_problem, "as told");
    assert_true(status_of(&bench, 0).last_problem_ms > 0);
    bench_end(&bench, 0);
}

/* ---- with a store */

struct store {
    char log[2048];
    uint64_t tokens[64];
    size_t first, count;
};

static void store_put(void *cookie, const char *sink, const struct wpb_alert *alert,
                      unsigned attempts, int64_t next_attempt_ms, uint64_t token)
{
    struct store *store = cookie;
    char line[80];

    (void)attempts;
    (void)next_attempt_ms;
    snprintf(line, sizeof(line), "+%s %llu\n", sink, (unsigned long long)alert->seq);
    strcat(store->log, line);
    store->tokens[store->count++] = token;
}

static void store_attempt(void *cookie, const char *sink, const char *fingerprint,
                          uint64_t seq, unsigned attempts, int64_t next_attempt_ms,
                          bool is_dead)
{
    struct store *store = cookie;
    char line[80];

    (void)fingerprint;
    (void)next_attempt_ms;
    snprintf(line, sizeof(line), "%c%s %llu %u\n", is_dead ? '!' : '~', sink,
             (unsigned long long)seq, attempts);
    strcat(store->log, line);
}

static void store_remove(void *cookie, const char *sink, const char *fingerprint,
                         uint64_t seq, uint64_t token)
{
    struct store *store = cookie;
    char line[80];

    (void)fingerprint;
    snprintf(line, sizeof(line), "-%s %llu\n", sink, (unsigned long long)seq);
    strcat(store->log, line);
    store->tokens[store->count++] = token;
}

static const struct wpb_outbox_persist persist = {store_put, store_attempt, store_remove};

static void confirm(struct bench *bench, struct store *store)
{
    while (store->first < store->count) {
        uint64_t token = store->tokens[store->first++];
        if (token)
            wpb_pump_persisted(bench->pump, token, true);
    }
}

static void nothing_is_sent_before_it_is_stored(void **state)
{
    struct store store = {.count = 0};
    struct bench bench;

    (void)state;
    bench_begin(&bench, &persist, &store);
    configure_one(&bench, &plain, "a");
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    run_a_little(&bench);
    expect_events(NULL);
    confirm(&bench, &store);
    run_a_little(&bench);
    expect_events("a 1", NULL);
    confirm(&bench, &store);
    assert_string_equal(store.log, "+a 1\n-a 1\n");
    bench_end(&bench, 0);
}

static void what_was_stored_is_sent_after_a_restart(void **state)
{
    struct wpb_alert alert = alert_of(1, 7, WPB_ALERT_RESOLVED);
    struct store store = {.count = 0};
    struct bench bench;

    (void)state;
    bench_begin(&bench, &persist, &store);
    configure_one(&bench, &plain, "a");
    assert_true(wpb_pump_restore(bench.pump, "a", &alert, 3, clock_ms() - 5));
    assert_false(wpb_pump_restore(bench.pump, "gone", &alert, 3, 0));
    run_a_little(&bench);
    expect_events("a 7", NULL);
    assert_string_equal(store.log, "-gone 7\n-a 7\n");
    bench_end(&bench, 0);
}

/* ---- reload */

static void a_sink_that_changes_keeps_what_waits_for_it(void **state)
{
    struct wpb_pump_sink changed = sink_of(&plain, "a");
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure_one(&bench, &plain, "a");
    world.hangs = true;
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    put(&bench, 2, 2, WPB_ALERT_FIRING);
    run_a_little(&bench);
    world.hangs = false;
    changed.settings.timeout_ms = 5000;
    configure(&bench, &changed, 1);
    run_a_little(&bench);
    expect_events("a 1", "a 2", NULL);
    assert_int_equal(world.open, 1);
    assert_int_equal(status_of(&bench, 0).outbox.failed, 0);
    bench_end(&bench, 0);
}

static void the_same_settings_leave_a_sink_alone(void **state)
{
    static const char *const urls[] = {"http://am-1/", "http://am-2/"};
    const char *const *lists[2];
    char *copies[2] = {strdup(urls[0]), strdup(urls[1])};
    struct wpb_pump_sink sink = sink_of(&plain, "a");
    struct bench bench;

    (void)state;
    lists[0] = urls;
    lists[1] = (const char *const *)copies;
    bench_begin(&bench, NULL, NULL);
    sink.settings.url_count = 2;
    for (int i = 0; i < 2; i++) {
        sink.settings.urls = lists[i];
        configure(&bench, &sink, 1);
        world.hangs = true;
        put(&bench, 1, 1 + (uint64_t)i, WPB_ALERT_FIRING);
    }
    run_a_little(&bench);
    assert_int_equal(world.open, 1);
    copies[1][0] = 'H';
    configure(&bench, &sink, 1);
    assert_int_equal(world.open, 2); /* and one is closing */
    free(copies[0]);
    free(copies[1]);
    bench_end(&bench, 0);
}

static void a_sink_that_goes_leaves_nothing_behind(void **state)
{
    struct wpb_pump_sink sinks[] = {sink_of(&plain, "a"), sink_of(&plain, "b")};
    struct store store = {.count = 0};
    struct bench bench;

    (void)state;
    bench_begin(&bench, &persist, &store);
    configure(&bench, sinks, 2);
    world.hangs = true;
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    confirm(&bench, &store);
    run_a_little(&bench);
    configure(&bench, sinks, 1);
    run_a_little(&bench);
    assert_int_equal(world.open, 1);
    assert_non_null(strstr(store.log, "-b 1\n"));
    assert_null(strstr(store.log, "-a 1\n"));
    bench_end(&bench, 0);
}

static void a_configuration_that_cannot_be_opened_changes_nothing(void **state)
{
    struct wpb_pump_sink sinks[] = {sink_of(&plain, "a"), sink_of(&plain, "b"),
                                    sink_of(&plain, "c")};
    struct wpb_err err = {0};
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure(&bench, sinks, 1);
    sinks[0].settings.timeout_ms = 1;
    for (int at = 1; at <= 3; at++) {
        world.refuse = at;
        assert_int_equal(wpb_pump_configure(bench.pump, sinks, 3, &err), -1);
        assert_string_equal(err.message, "no such thing");
    }
    sinks[2].settings.name = "b";
    assert_int_equal(wpb_pump_configure(bench.pump, sinks, 3, &err), -1);
    run_a_little(&bench);
    assert_int_equal(world.open, 1);
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    run_a_little(&bench);
    expect_events("a 1", NULL);
    bench_end(&bench, 0);
}

static void a_new_sink_is_told_what_fires(void **state)
{
    struct wpb_pump_sink sinks[] = {sink_of(&plain, "a"), sink_of(&plain, "b")};
    struct wpb_alert before = alert_of(9, 1, WPB_ALERT_FIRING);
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure(&bench, sinks, 1);
    wpb_pump_firing(bench.pump, &before);
    put(&bench, 1, 2, WPB_ALERT_FIRING);
    put(&bench, 2, 3, WPB_ALERT_FIRING);
    put(&bench, 2, 4, WPB_ALERT_RESOLVED);
    run_a_little(&bench);
    world.count = 0;
    configure(&bench, sinks, 2);
    run_a_little(&bench);
    expect_events("b 1", "b 2", NULL);
    bench_end(&bench, 0);
}

/* A restart: all sinks are new to the pump, and only one is new. */
static void a_sink_that_is_new_after_a_restart_is_told_what_fires_once(void **state)
{
    struct wpb_pump_sink sinks[] = {sink_of(&plain, "a"), sink_of(&plain, "b")};
    struct wpb_alert fires = alert_of(1, 1, WPB_ALERT_FIRING);
    struct wpb_alert waits = alert_of(2, 2, WPB_ALERT_FIRING);
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure(&bench, sinks, 2);
    wpb_pump_restore(bench.pump, "b", &waits, 0, 0);
    wpb_pump_firing(bench.pump, &fires);
    wpb_pump_firing(bench.pump, &waits);
    wpb_pump_welcome(bench.pump, "b");
    wpb_pump_welcome(bench.pump, "nobody");
    run_a_little(&bench);
    expect_events("b 2", "b 1", NULL);
    bench_end(&bench, 0);
}

static void a_sink_that_was_mended_is_told_what_it_has_rejected(void **state)
{
    struct wpb_pump_sink sink = sink_of(&plain, "a");
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure(&bench, &sink, 1);
    world.reject = 1;
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    run_a_little(&bench);
    expect_events(NULL);
    sink.settings.secret = "the right one";
    configure(&bench, &sink, 1);
    run_a_little(&bench);
    expect_events("a 1", NULL);
    bench_end(&bench, 0);
}

static void a_mended_sink_does_not_wait_for_the_breaker(void **state)
{
    struct wpb_pump_sink sink = sink_of(&plain, "a");
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure(&bench, &sink, 1);
    world.fail = 5;
    for (uint64_t i = 1; i <= 5; i++)
        put(&bench, (unsigned)i, i, WPB_ALERT_FIRING);
    run_a_little(&bench);
    assert_true(status_of(&bench, 0).outbox.is_open);
    sink.settings.timeout_ms = 1;
    configure(&bench, &sink, 1);
    run_a_little(&bench);
    expect_events("a 1", "a 2", "a 3", "a 4", "a 5", NULL);
    assert_false(status_of(&bench, 0).outbox.is_open);
    bench_end(&bench, 0);
}

static void files_are_opened_again_when_told(void **state)
{
    struct wpb_pump_sink sinks[] = {sink_of(&plain, "a"), sink_of(&forgetful, "b")};
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure(&bench, sinks, 2);
    wpb_pump_reopen(bench.pump);
    expect_events("a reopen 0", NULL);
    bench_end(&bench, 0);
}

/* ---- told again */

static void what_fires_is_told_again_and_what_was_resolved_for_five_minutes(void **state)
{
    struct wpb_pump_sink sink = sink_of(&forgetful, "am");
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    sink.settings.resend_ms = 30;
    configure(&bench, &sink, 1);
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    put(&bench, 2, 2, WPB_ALERT_FIRING);
    put(&bench, 2, 3, WPB_ALERT_RESOLVED);
    run_until(&bench, "am again 3");
    assert_true(has_happened("am again 1"));
    assert_false(has_happened("am again 2"));
    clock_offset_ms = 6 * 60 * 1000;
    world.count = 0;
    run_until(&bench, "am again 1");
    assert_false(has_happened("am again 3"));
    bench_end(&bench, 0);
}

/* ---- the end */

static void at_the_end_what_can_be_sent_is_sent(void **state)
{
    struct store store = {.count = 0};
    struct bench bench;

    (void)state;
    bench_begin(&bench, &persist, &store);
    configure_one(&bench, &plain, "a");
    for (uint64_t i = 1; i <= 20; i++)
        put(&bench, (unsigned)i, i, WPB_ALERT_FIRING);
    confirm(&bench, &store);
    bench_end(&bench, 60000);
    assert_int_equal(world.count, 20);
    assert_non_null(strstr(store.log, "-a 20\n"));
}

static void a_sink_that_hangs_does_not_hold_up_the_end(void **state)
{
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure_one(&bench, &plain, "a");
    world.hangs = true;
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    bench_end(&bench, 50);
    expect_events(NULL);
}

static void a_pump_without_sinks_ends_too(void **state)
{
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    bench_end(&bench, 60000);
}

/* ---- tests of sinks */

struct answers {
    char text[512];
    bool is_over;
};

static void on_answer(void *cookie, const char *sink, const struct wpb_delivery *delivery)
{
    struct answers *answers = cookie;
    char line[128];

    assert_false(answers->is_over);
    if (!sink) {
        answers->is_over = true;
        return;
    }
    snprintf(line, sizeof(line), "%.20s %d %.80s\n", sink, delivery->status,
             delivery->detail);
    strcat(answers->text, line);
}

static void a_test_goes_through_every_sink_whatever_waits_there(void **state)
{
    struct wpb_pump_sink sinks[] = {sink_of(&plain, "a"), sink_of(&plain, "b")};
    struct wpb_alert alert = alert_of(99, 99, WPB_ALERT_FIRING);
    struct store store = {.count = 0};
    struct answers answers = {.text = ""};
    struct bench bench;

    (void)state;
    bench_begin(&bench, &persist, &store);
    assert_int_equal(wpb_pump_test(bench.pump, &alert, on_answer, &answers), 0);
    configure(&bench, sinks, 2);
    world.fail = 1;
    put(&bench, 1, 1, WPB_ALERT_FIRING);
    assert_int_equal(wpb_pump_test(bench.pump, &alert, on_answer, &answers), 2);
    run_a_little(&bench);
    assert_true(answers.is_over);
    assert_string_equal(answers.text, "a 1 as told\nb 0 as told\n");
    expect_events("b 99", NULL);
    assert_string_equal(store.log, "+a 1\n+b 1\n");
    confirm(&bench, &store);
    run_a_little(&bench);
    expect_events("a 1", "b 1", NULL);
    assert_int_equal(status_of(&bench, 0).outbox.failed, 0);
    bench_end(&bench, 0);
}

static void a_test_whose_sink_goes_is_answered_all_the_same(void **state)
{
    struct wpb_pump_sink sinks[] = {sink_of(&plain, "a"), sink_of(&plain, "b")};
    struct wpb_alert alert = alert_of(99, 99, WPB_ALERT_FIRING);
    struct answers answers = {.text = ""};
    struct bench bench;

    (void)state;
    bench_begin(&bench, NULL, NULL);
    configure(&bench, sinks, 2);
    world.hangs = true;
    put(&bench, 1, 1, WPB_ALERT_FIRING); /* under way in both */
    assert_int_equal(wpb_pump_test(bench.pump, &alert, on_answer, &answers), 2);
    configure(&bench, NULL, 0);
    run_a_little(&bench);
    assert_true(answers.is_over);
    assert_int_equal(world.open, 0);
    bench_end(&bench, 0);
}

static void types_are_found_by_their_names(void **state)
{
    (void)state;
    assert_ptr_equal(wpb_sink_type_find("file"), wpb_sink_types[0]);
    assert_non_null(wpb_sink_type_find("webhook"));
    assert_null(wpb_sink_type_find("carrier pigeon"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sink_is_sent_every_alert),
        cmocka_unit_test(what_failed_is_tried_again_within_a_second),
        cmocka_unit_test(a_rejected_alert_is_a_problem_that_is_told),
        cmocka_unit_test(nothing_is_sent_before_it_is_stored),
        cmocka_unit_test(what_was_stored_is_sent_after_a_restart),
        cmocka_unit_test(a_sink_that_changes_keeps_what_waits_for_it),
        cmocka_unit_test(the_same_settings_leave_a_sink_alone),
        cmocka_unit_test(a_sink_that_goes_leaves_nothing_behind),
        cmocka_unit_test(a_configuration_that_cannot_be_opened_changes_nothing),
        cmocka_unit_test(a_new_sink_is_told_what_fires),
        cmocka_unit_test(a_sink_that_is_new_after_a_restart_is_told_what_fires_once),
        cmocka_unit_test(a_sink_that_was_mended_is_told_what_it_has_rejected),
        cmocka_unit_test(a_mended_sink_does_not_wait_for_the_breaker),
        cmocka_unit_test(files_are_opened_again_when_told),
        cmocka_unit_test(what_fires_is_told_again_and_what_was_resolved_for_five_minutes),
        cmocka_unit_test(at_the_end_what_can_be_sent_is_sent),
        cmocka_unit_test(a_sink_that_hangs_does_not_hold_up_the_end),
        cmocka_unit_test(a_pump_without_sinks_ends_too),
        cmocka_unit_test(a_test_goes_through_every_sink_whatever_waits_there),
        cmocka_unit_test(a_test_whose_sink_goes_is_answered_all_the_same),
        cmocka_unit_test(types_are_found_by_their_names),
    };

    wpb_log_level(WPB_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
