/* The stored state of an alert, from any bytes: refused, or taken, given back the same to
 * the byte, and judged without an alert that no receiver could read. */
#include <stdlib.h>
#include <string.h>

#include "agent/alert/lifecycle.h"
#include "tests/fuzz/fuzz.h"
#include "wpbloat/site.h"

#define FINGERPRINT "0123456789abcdef"

struct expected {
    struct wpb_slice state;
    size_t count;
};

static int expect_same(void *cookie, const char *fingerprint, struct wpb_slice state)
{
    struct expected *expected = cookie;

    if (strcmp(fingerprint, FINGERPRINT) != 0 || !wpb_slice_equal(state, expected->state))
        abort();
    expected->count++;
    return 0;
}

/* One state after the other: could look, could not, is gone. */
static enum wpb_alert_sight see(void *cookie, const char *code,
                                const struct wpb_site *site, const char *path,
                                const char *name)
{
    unsigned *turn = cookie;

    if (strlen(code) > 64 || site || strlen(path) > 1024 || strlen(name) > 1024)
        abort();
    return *turn == 7 ? WPB_SIGHT_GONE : *turn == 3 ? WPB_SIGHT_BLIND : WPB_SIGHT_CLEAR;
}

static void judge(struct wpb_alert_book *book, unsigned turn)
{
    static const struct wpb_alert_settings settings = {.hysteresis = {3, 5, 5, 5}};
    static const struct wpb_alert_origin origin = {"host", "0", "instance"};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_ulid_source ids = {{0}, 0, 0, {0}};
    struct wpb_alert_judgement judgement = {.now_ms = 1795464000000 + turn * 60000,
                                            .settings = &settings,
                                            .host_id = wpb_slice_cstr("host"),
                                            .origin = &origin,
                                            .ids = &ids,
                                            .sight = see,
                                            .cookie = &turn};
    struct wpb_alert_changes changes;

    if (!arena)
        abort();
    changes = wpb_alert_book_judge(book, &judgement, arena);
    for (size_t i = 0; i < changes.count; i++) {
        struct wpb_slice body = changes.items[i].body;
        if (body.len > WPB_ALERT_BYTES_MAX || memchr(body.data, '\n', body.len) ||
            changes.items[i].ends_at_ms < changes.items[i].starts_at_ms)
            abort();
    }
    wpb_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_alert_book *book = wpb_alert_book_new();
    struct expected expected = {wpb_slice_of(size ? (const char *)data : "", size), 0};
    struct wpb_err err = {0};

    if (!book)
        abort();
    if (wpb_alert_book_load(book, FINGERPRINT, expected.state, &err)) {
        if (!err.message[0] || wpb_alert_book_save(book, expect_same, &expected) ||
            expected.count)
            abort();
    } else {
        wpb_alert_book_unsaved(book);
        if (wpb_alert_book_save(book, expect_same, &expected) || expected.count != 1)
            abort();
        for (unsigned turn = 0; turn < 9; turn++)
            judge(book, turn);
    }
    wpb_alert_book_free(book);
    return 0;
}
