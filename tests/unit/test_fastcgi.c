/* The bytes of FastCGI: what we ask, and what answers in any pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "probes/requests/cgi_head.h"
#include "probes/requests/fastcgi.h"

/* ---- the request ---- */

static void a_request_is_what_the_specification_says(void **state)
{
    static const unsigned char expected[] = {
        1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0,   0,   0,   0,   0,
        0, /* BEGIN: responder, close */
        1, 4, 0, 1, 0, 7, 0, 0, 1, 4, 'N', 'v', 'a', 'l', 'u', /* PARAMS */
        1, 4, 0, 1, 0, 0, 0, 0,                                /* no more of them */
        1, 5, 0, 1, 0, 0, 0, 0};                               /* no body */
    const struct wpb_fastcgi_param params[] = {{"N", wpb_slice_cstr("valu")}};
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    wpb_fastcgi_request(params, 1, &out);
    assert_int_equal(out.len, sizeof expected);
    assert_memory_equal(out.data, expected, sizeof expected);
    wpb_buf_fini(&out);
}

/* The PARAMS stream of REQUEST, joined. */
static void join_params(struct wpb_slice request, struct wpb_buf *stream)
{
    while (request.len) {
        const unsigned char *head = (const unsigned char *)request.data;
        size_t len = (size_t)head[4] << 8 | head[5];
        assert_true(request.len >= 8 + len);
        if (head[1] == 4)
            wpb_buf_add(stream, request.data + 8, len);
        request = wpb_slice_skip(request, 8 + len);
    }
}

static void long_values_have_long_lengths_and_many_records(void **state)
{
    static const size_t lengths[] = {0, 127, 128, 65535, 200000};
    struct wpb_buf out, stream;

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        char *value = malloc(lengths[i] + 1);
        assert_non_null(value);
        memset(value, 'v', lengths[i] + 1);
        const struct wpb_fastcgi_param params[] = {{"N", {value, lengths[i]}}};
        wpb_buf_init(&out, 0);
        wpb_buf_init(&stream, 0);
        wpb_fastcgi_request(params, 1, &out);
        join_params(wpb_buf_view(&out), &stream);
        const unsigned char *at = (const unsigned char *)stream.data;
        size_t head = lengths[i] < 128 ? 2 : 5;
        size_t len = head == 2 ? at[1]
                               : (size_t)(at[1] & 0x7f) << 24 | (size_t)at[2] << 16 |
                                     (size_t)at[3] << 8 | at[4];
        assert_int_equal(len, lengths[i]);
        assert_int_equal(stream.len, head + 1 + len);
        assert_int_equal(stream.data[head], 'N');
        wpb_buf_fini(&stream);
        wpb_buf_fini(&out);
        free(value);
    }
}

/* ---- the answer ---- */

static void add_record(struct wpb_buf *out, int type, int id, const char *content,
                       size_t len, int padding)
{
    const unsigned char header[8] = {1,
                                     (unsigned char)type,
                                     0,
                                     (unsigned char)id,
                                     (unsigned char)(len >> 8),
                                     (unsigned char)len,
                                     (unsigned char)padding,
                                     0xee};
    wpb_buf_add(out, header, sizeof header);
    wpb_buf_add(out, content, len);
    wpb_buf_repeat(out, (char)0xcc, (size_t)padding);
}

static void add_text(struct wpb_buf *out, int type, const char *text, int padding)
{
    add_record(out, type, 1, text, strlen(text), padding);
}

static void add_end(struct wpb_buf *out, int protocol)
{
    /* What is reserved may be anything: PHP-FPM leaves its stack there. */
    const char content[8] = {0, 0, 0, 0, (char)protocol, 'h', 'e', ','};
    add_record(out, 3, 1, content, sizeof content, 0);
}

static void an_answer_is_the_same_in_pieces_of_any_size(void **state)
{
    struct wpb_fastcgi_answer answer;
    struct wpb_buf bytes;
    struct wpb_err err;

    (void)state;
    wpb_buf_init(&bytes, 0);
    add_text(&bytes, 7, "a warning", 3);
    add_text(&bytes, 6, "Content-Type: x\r\n\r\n", 0);
    add_record(&bytes, 10, 0, "management", 10, 1);
    add_record(&bytes, 6, 2, "another's", 9, 0);
    add_text(&bytes, 6, "", 7);
    add_text(&bytes, 6, "body", 255);
    add_end(&bytes, 0);
    add_text(&bytes, 6, "after the end", 0);
    for (size_t size = 1; size <= bytes.len; size++) {
        wpb_fastcgi_answer_init(&answer, 100);
        for (size_t at = 0; at < bytes.len; at += size) {
            struct wpb_slice piece =
                wpb_slice_head(wpb_slice_skip(wpb_buf_view(&bytes), at), size);
            assert_int_equal(wpb_fastcgi_answer_feed(&answer, piece, &err), 0);
        }
        assert_true(answer.is_ended);
        assert_int_equal(answer.protocol, WPB_FASTCGI_COMPLETE);
        assert_string_equal(answer.out.data, "Content-Type: x\r\n\r\nbody");
        assert_string_equal(answer.errors.data, "a warning");
        wpb_fastcgi_answer_fini(&answer);
    }
    wpb_buf_fini(&bytes);
}

static enum wpb_err_code fed(const struct wpb_buf *bytes, size_t out_max)
{
    struct wpb_fastcgi_answer answer;
    struct wpb_err err = {.code = WPB_OK};

    wpb_fastcgi_answer_init(&answer, out_max);
    int result = wpb_fastcgi_answer_feed(&answer, wpb_buf_view(bytes), &err);
    assert_int_equal(result, err.code == WPB_OK ? 0 : -1);
    assert_true(answer.out.len <= out_max);
    assert_true(answer.errors.len <= WPB_FASTCGI_ERRORS_MAX);
    wpb_fastcgi_answer_fini(&answer);
    return err.code;
}

static void an_http_server_is_no_fastcgi(void **state)
{
    struct wpb_buf bytes;

    (void)state;
    wpb_buf_init(&bytes, 0);
    wpb_buf_text(&bytes, "HTTP/1.1 400 Bad Request\r\n\r\n");
    assert_int_equal(fed(&bytes, 100), WPB_E_PROTOCOL);
    wpb_buf_fini(&bytes);
}

static void an_end_that_is_cut_is_no_end(void **state)
{
    struct wpb_buf bytes;

    (void)state;
    wpb_buf_init(&bytes, 0);
    add_record(&bytes, 3, 1, "", 0, 0);
    assert_int_equal(fed(&bytes, 100), WPB_E_PROTOCOL);
    wpb_buf_clear(&bytes);
    add_record(&bytes, 3, 1, "1234567", 7, 0);
    assert_int_equal(fed(&bytes, 100), WPB_E_PROTOCOL);
    wpb_buf_fini(&bytes);
}

static void an_answer_beyond_its_budget_ends(void **state)
{
    struct wpb_buf bytes;
    char content[101] = {0};

    (void)state;
    wpb_buf_init(&bytes, 0);
    add_record(&bytes, 6, 1, content, 100, 0);
    assert_int_equal(fed(&bytes, 100), WPB_OK);
    add_record(&bytes, 6, 1, content, 1, 0);
    assert_int_equal(fed(&bytes, 100), WPB_E_BUDGET);
    /* STDERR is kept in part, records without content are nothing: neither for ever */
    wpb_buf_clear(&bytes);
    for (int i = 0; i < 1000; i++)
        add_record(&bytes, i % 2 ? 7 : 6, 1, content, i % 2 ? 100 : 0, 200);
    assert_int_equal(fed(&bytes, 100), WPB_E_BUDGET);
    wpb_buf_fini(&bytes);
}

static void a_refusal_is_told(void **state)
{
    struct wpb_fastcgi_answer answer;
    struct wpb_buf bytes;
    struct wpb_err err;

    (void)state;
    wpb_buf_init(&bytes, 0);
    add_end(&bytes, 2);
    wpb_fastcgi_answer_init(&answer, 100);
    assert_int_equal(wpb_fastcgi_answer_feed(&answer, wpb_buf_view(&bytes), &err), 0);
    assert_true(answer.is_ended);
    assert_int_equal(answer.protocol, WPB_FASTCGI_OVERLOADED);
    wpb_fastcgi_answer_fini(&answer);
    wpb_buf_fini(&bytes);
}

/* ---- the head ---- */

static void a_head_ends_at_an_empty_line(void **state)
{
    struct wpb_cgi_head head;
    struct wpb_err err;

    (void)state;
    assert_int_equal(
        wpb_cgi_head_parse(wpb_slice_cstr("Status: 404 Not Found\r\nX: y\r\n"
                                          "content-type:  text/html; charset=UTF-8\r\n"
                                          "\r\nFile not found.\n"),
                           &head, &err),
        0);
    assert_int_equal(head.status, 404);
    assert_true(wpb_slice_is(head.content_type, "text/html"));
    assert_true(wpb_slice_is(head.body, "File not found.\n"));

    assert_int_equal(wpb_cgi_head_parse(wpb_slice_cstr("X: y\n\n"), &head, &err), 0);
    assert_int_equal(head.status, 200);
    assert_int_equal(head.content_type.len, 0);
    assert_int_equal(head.body.len, 0);

    assert_int_equal(wpb_cgi_head_parse(wpb_slice_cstr("Status: zzz\n\n"), &head, &err),
                     0);
    assert_int_equal(head.status, 0);
}

static void a_head_without_end_is_an_error(void **state)
{
    static const char *const texts[] = {"", "X", "X: y\r\n", "{\"pool\":\"www\"}"};
    struct wpb_cgi_head head;
    struct wpb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(wpb_cgi_head_parse(wpb_slice_cstr(texts[i]), &head, &err), -1);
        assert_int_equal(err.code, WPB_E_SYNTAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_what_the_specification_says),
        cmocka_unit_test(long_values_have_long_lengths_and_many_records),
        cmocka_unit_test(an_answer_is_the_same_in_pieces_of_any_size),
        cmocka_unit_test(an_http_server_is_no_fastcgi),
        cmocka_unit_test(an_end_that_is_cut_is_no_end),
        cmocka_unit_test(an_answer_beyond_its_budget_ends),
        cmocka_unit_test(a_refusal_is_told),
        cmocka_unit_test(a_head_ends_at_an_empty_line),
        cmocka_unit_test(a_head_without_end_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
