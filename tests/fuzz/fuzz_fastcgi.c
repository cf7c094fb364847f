/*
 * The first byte is the size of pieces, the rest an answer. In any pieces it means the
 * same, and its budgets hold.
 */
#include <stdlib.h>

#include "probes/requests/fastcgi.h"
#include "tests/fuzz/fuzz.h"

#define OUT_MAX 4096

static void check(bool holds)
{
    if (!holds)
        abort();
}

static int feed(struct wpb_fastcgi_answer *answer, struct wpb_slice bytes, size_t piece)
{
    struct wpb_err err;

    wpb_fastcgi_answer_init(answer, OUT_MAX);
    for (; bytes.len; bytes = wpb_slice_skip(bytes, piece)) {
        if (wpb_fastcgi_answer_feed(answer, wpb_slice_head(bytes, piece), &err) != 0)
            return -1;
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_fastcgi_answer whole, pieces;
    struct wpb_slice bytes = wpb_slice_of(data, size);
    size_t piece = size && data[0] ? data[0] : 1;

    bytes = wpb_slice_skip(bytes, 1);
    int result = feed(&whole, bytes, bytes.len ? bytes.len : 1);
    check(whole.out.len <= OUT_MAX && whole.errors.len <= WPB_FASTCGI_ERRORS_MAX);
    /* in pieces the end may come before too many bytes are seen */
    int in_pieces = feed(&pieces, bytes, piece);
    check(pieces.out.len <= OUT_MAX && pieces.errors.len <= WPB_FASTCGI_ERRORS_MAX);
    if (result == 0) {
        check(in_pieces == 0 && whole.is_ended == pieces.is_ended);
        check(wpb_slice_equal(wpb_buf_view(&whole.out), wpb_buf_view(&pieces.out)));
        check(wpb_slice_equal(wpb_buf_view(&whole.errors), wpb_buf_view(&pieces.errors)));
    }
    wpb_fastcgi_answer_fini(&pieces);
    wpb_fastcgi_answer_fini(&whole);
    return 0;
}
