/* What must not be lost, written to a real history: in order, together, or said to be
 * lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/daemon/ledger.h"

#define PRINT "0123456789abcdef"

struct world {
    char folder[64];
    uv_loop_t loop;
    struct wpb_past *past;
    struct wpb_ledger *ledger;
    uint64_t tokens[8];
    bool oks[8];
    size_t answered, lost;
    int opened;
};

static void on_opened(void *cookie, int result, const struct wpb_err *err)
{
    struct world *world = cookie;

    (void)err;
    world->opened = result == 0 ? 1 : -1;
}

static void on_found_again(void *cookie)
{
    (void)cookie;
    fail_msg("nothing was lost, and so nothing is found again");
}

static void on_persisted(void *cookie, uint64_t token, bool ok)
{
    struct world *world = cookie;

    world->tokens[world->answered] = token;
    world->oks[world->answered++] = ok;
}

static void on_lost(void *cookie)
{
    struct world *world = cookie;

    world->lost++;
}

static void on_closed(void *cookie)
{
    (void)cookie;
}

static void close_past(void *cookie)
{
    struct world *world = cookie;

    wpb_past_close(world->past, on_closed, NULL);
}

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct wpb_ledger_answers answers = {
        .persisted = on_persisted, .states_lost = on_lost, .cookie = world};
    struct wpb_past_events events;
    struct wpb_store_options options;

    snprintf(world->folder, sizeof(world->folder), "/tmp/wpbloat-ledger.XXXXXX");
    if (!mkdtemp(world->folder))
        return -1;
    events = (struct wpb_past_events){
        .opened = on_opened, .found_again = on_found_again, .cookie = world};
    options = (struct wpb_store_options){.folder = world->folder, .now_ms = 1000};
    uv_loop_init(&world->loop);
    world->past = wpb_past_open(&world->loop, &options, &events);
    world->ledger = wpb_ledger_new(&world->loop, world->past, &answers);
    *state = world;
    return world->past && world->ledger ? 0 : -1;
}

static int end(void **state)
{
    struct world *world = *state;
    char command[96];

    uv_loop_close(&world->loop);
    snprintf(command, sizeof(command), "rm -rf %s", world->folder);
    free(world);
    return system(command);
}

/* End the ledger and the history, and run what is left. */
static void finish(struct world *world)
{
    wpb_ledger_close(world->ledger, close_past, world);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(world->opened, 1);
}

/* What the history holds when it is opened again. */
struct found {
    size_t states, letters;
    char state[32], body[32];
    uint64_t seq;
    uint32_t attempts;
};

static void see_state(void *cookie, const struct wpb_store_alert *alert)
{
    struct found *found = cookie;

    found->states++;
    snprintf(found->state, sizeof(found->state), "%.*s", (int)alert->state.len,
             alert->state.data);
}

static void see_letter(void *cookie, const struct wpb_store_letter *letter)
{
    struct found *found = cookie;

    found->letters++;
    found->seq = letter->alert.seq;
    found->attempts = letter->attempts;
    snprintf(found->body, sizeof(found->body), "%.*s", (int)letter->alert.body.len,
             letter->alert.body.data);
}

static struct found read_back(const struct world *world)
{
    struct wpb_store_options options = {.folder = world->folder, .now_ms = 2000};
    struct wpb_store *store;
    struct wpb_err err = {0};
    struct found found = {0};

    assert_int_equal(wpb_store_open(&options, &store, &err), 0);
    assert_int_equal(wpb_store_alerts(store, see_state, &found, &err), 0);
    assert_int_equal(wpb_store_outbox(store, see_letter, &found, &err), 0);
    wpb_store_close(store);
    return found;
}

static struct wpb_alert alert_of(uint64_t seq, const char *body)
{
    struct wpb_alert alert = {.fingerprint = PRINT,
                              .id = "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                              .seq = seq,
                              .severity = WPB_WARNING,
                              .starts_at_ms = 1000,
                              .updated_at_ms = 1000,
                              .body = wpb_slice_cstr(body)};
    return alert;
}

static void put_state(struct world *world, const char *text)
{
    struct wpb_store_alert state = {.fingerprint = PRINT,
                                    .code = "",
                                    .status = "",
                                    .updated_ms = 1000,
                                    .state = wpb_slice_cstr(text)};
    wpb_ledger_state(world->ledger, &state);
}

static void what_happens_in_one_turn_is_on_the_disk_when_it_is_said_to_be(void **state)
{
    struct world *world = *state;
    struct wpb_alert alert = alert_of(7, "{\"a\":1}");
    struct found found;

    put_state(world, "firing");
    wpb_ledger_persist.put(world->ledger, "file", &alert, 0, 0, 42);
    assert_int_equal(world->answered, 0);
    finish(world);
    assert_int_equal(world->answered, 1);
    assert_int_equal(world->tokens[0], 42);
    assert_true(world->oks[0]);
    found = read_back(world);
    assert_int_equal(found.states, 1);
    assert_string_equal(found.state, "firing");
    assert_int_equal(found.letters, 1);
    assert_int_equal(found.seq, 7);
    assert_string_equal(found.body, "{\"a\":1}");
}

static void what_comes_later_is_written_later(void **state)
{
    struct world *world = *state;
    struct wpb_alert first = alert_of(7, "1"), second = alert_of(8, "2");
    struct found found;

    wpb_ledger_persist.put(world->ledger, "file", &first, 0, 0, 1);
    wpb_ledger_persist.attempt(world->ledger, "file", PRINT, 7, 3, 5000, false);
    wpb_ledger_persist.put(world->ledger, "file", &second, 0, 0, 2);
    wpb_ledger_persist.remove(world->ledger, "file", PRINT, 7, 3);
    wpb_ledger_persist.attempt(world->ledger, "file", PRINT, 8, 1, 6000, false);
    put_state(world, "firing");
    put_state(world, "");
    finish(world);
    assert_int_equal(world->answered, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(world->tokens[i], i + 1);
    found = read_back(world);
    assert_int_equal(found.letters, 1);
    assert_int_equal(found.seq, 8);
    assert_int_equal(found.attempts, 1);
    assert_int_equal(found.states, 0);
}

static void what_is_too_large_is_refused_alone(void **state)
{
    struct world *world = *state;
    char *huge = calloc(1, WPB_ALERT_BYTES_MAX + 2);
    struct wpb_alert good = alert_of(7, "good"), bad;

    memset(huge, 'x', WPB_ALERT_BYTES_MAX + 1);
    bad = alert_of(8, huge);
    wpb_ledger_persist.put(world->ledger, "webhook", &bad, 0, 0, 1);
    wpb_ledger_persist.put(world->ledger, "file", &good, 0, 0, 2);
    finish(world);
    free(huge);
    assert_int_equal(world->answered, 2);
    assert_false(world->oks[0]);
    assert_true(world->oks[1]);
    assert_int_equal(read_back(world).seq, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_happens_in_one_turn_is_on_the_disk_when_it_is_said_to_be),
        TEST(what_comes_later_is_written_later),
        TEST(what_is_too_large_is_refused_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
