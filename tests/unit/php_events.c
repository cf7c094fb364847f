#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "php_events.h"

static void print_key(struct wpb_buf *out, const struct wpb_php_event *event)
{
    if (event->has_key && event->key_is_int)
        wpb_buf_printf(out, " [%lld]", (long long)event->key_int);
    else if (event->has_key) {
        wpb_buf_text(out, " [");
        wpb_buf_slice(out, event->key);
        wpb_buf_printf(out, "]/%llu", (unsigned long long)event->key_len);
    }
}

static int print_event(void *cookie, const struct wpb_php_event *event)
{
    static const char *const phases[] = {"leaf", "enter", "leave"};
    static const char *const types[] = {"null",  "bool",   "int",    "float", "string",
                                        "array", "object", "custom", "enum",  "ref"};
    struct wpb_buf *out = cookie;
    wpb_buf_printf(out, "%u %s %s", event->depth, phases[event->phase],
                   types[event->type]);
    print_key(out, event);
    if (event->class_name.len) {
        wpb_buf_text(out, " ");
        wpb_buf_slice(out, event->class_name);
    }
    if (event->is_property)
        wpb_buf_text(out, " property");
    if (event->type == WPB_PHP_REFERENCE)
        wpb_buf_printf(out, " to %llu", (unsigned long long)event->target);
    if (event->is_hard)
        wpb_buf_text(out, " hard");
    if (event->is_shared)
        wpb_buf_text(out, " shared");
    if (event->key_is_shared)
        wpb_buf_text(out, " key-shared");
    if (event->table_to.slots)
        wpb_buf_printf(out, " %s%u", event->table_to.is_packed ? "packed" : "hash",
                       event->table_to.slots);
    wpb_buf_printf(out, " len=%llu n=%llu @%llu+%llu\n",
                   (unsigned long long)event->length, (unsigned long long)event->count,
                   (unsigned long long)event->offset, (unsigned long long)event->bytes);
    return 0;
}

static int feed_copy(struct wpb_decoder *decoder, struct wpb_slice part,
                     struct wpb_err *err)
{
    char *copy = malloc(part.len);
    assert_non_null(copy);
    memcpy(copy, part.data, part.len);
    int result = wpb_decoder_feed(decoder, wpb_slice_of(copy, part.len), err);
    free(copy);
    return result;
}

static void finish(struct wpb_decoder *decoder, int result, struct wpb_err *err,
                   struct wpb_buf *out)
{
    if (result == 0)
        result = wpb_decoder_finish(decoder, err);
    wpb_buf_printf(out, "%llu elements, %llu bytes: %s\n",
                   (unsigned long long)wpb_decoder_elements(decoder),
                   (unsigned long long)wpb_decoder_bytes(decoder),
                   result ? err->message : "ok");
    wpb_decoder_free(decoder);
}

void php_events(enum wpb_php_decoder kind, struct wpb_slice value, size_t chunk,
                const struct wpb_php_limits *limits, struct wpb_buf *out)
{
    struct wpb_err err = {0};
    int result = 0;
    wpb_buf_init(out, 0);
    struct wpb_decoder *decoder = wpb_decoder_new(kind, limits, print_event, out);
    assert_non_null(decoder);
    while (value.len > 0 && result == 0) {
        struct wpb_slice part = wpb_slice_head(value, chunk);
        result = feed_copy(decoder, part, &err);
        value = wpb_slice_skip(value, part.len);
    }
    finish(decoder, result, &err, out);
}

void php_events_expect(enum wpb_php_decoder kind, struct wpb_slice value,
                       const char *expected)
{
    static const size_t chunks[] = {SIZE_MAX, 1, 3};
    for (size_t i = 0; i < sizeof(chunks) / sizeof(*chunks); i++) {
        struct wpb_buf out;
        php_events(kind, value, chunks[i], NULL, &out);
        assert_string_equal(out.data, expected);
        wpb_buf_fini(&out);
    }
}

void php_events_expect_end(enum wpb_php_decoder kind, struct wpb_slice value,
                           const char *message)
{
    static const size_t chunks[] = {SIZE_MAX, 1, 3};
    for (size_t i = 0; i < sizeof(chunks) / sizeof(*chunks); i++) {
        struct wpb_buf out;
        php_events(kind, value, chunks[i], NULL, &out);
        char end[300];
        snprintf(end, sizeof(end), " bytes: %s\n", message);
        if (!wpb_slice_ends(wpb_buf_view(&out), wpb_slice_cstr(end)))
            fail_msg("not \"%s\" but %s", message, out.data);
        wpb_buf_fini(&out);
    }
}

static void expect_cut_in_two(enum wpb_php_decoder kind, struct wpb_slice value,
                              size_t at, const char *expected)
{
    struct wpb_buf out;
    struct wpb_err err = {0};
    wpb_buf_init(&out, 0);
    struct wpb_decoder *decoder = wpb_decoder_new(kind, NULL, print_event, &out);
    assert_non_null(decoder);
    int result = feed_copy(decoder, wpb_slice_head(value, at), &err);
    if (result == 0)
        result = feed_copy(decoder, wpb_slice_skip(value, at), &err);
    finish(decoder, result, &err, &out);
    assert_string_equal(out.data, expected);
    wpb_buf_fini(&out);
}

void php_events_expect_fed(enum wpb_php_decoder kind, struct wpb_slice value)
{
    struct wpb_buf whole, part;
    php_events(kind, value, SIZE_MAX, NULL, &whole);
    assert_non_null(strstr(whole.data, " bytes: ok\n"));
    php_events(kind, value, 1, NULL, &part);
    assert_string_equal(part.data, whole.data);
    wpb_buf_fini(&part);
    for (size_t len = 1; len < value.len; len++) {
        expect_cut_in_two(kind, value, len, whole.data);
        php_events(kind, wpb_slice_head(value, len), SIZE_MAX, NULL, &part);
        char end[300];
        snprintf(end, sizeof(end), " %zu bytes: invalid at byte %zu: expected ", len,
                 len);
        if (!strstr(part.data, end) || !strstr(part.data, ", and the value ends"))
            fail_msg("cut at %zu: %s", len, part.data);
        wpb_buf_fini(&part);
    }
    wpb_buf_fini(&whole);
}
