/*
 * The first byte is the length of the literal, which follows; the rest is code.
 * Whatever they are, each match lies within the code, on a later line than the last,
 * and holds the part of the literal it claims.
 */
#include <stdlib.h>

#include "probes/wordpress/source_match.h"
#include "tests/fuzz/fuzz.h"

struct expectation {
    struct wpb_slice code;
    struct wpb_source_literal literal;
    uint64_t line;
    bool has_no_blank; /* which an excerpt may lose at its ends */
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void visit(void *cookie, const struct wpb_source_match *match)
{
    struct expectation *expected = cookie;
    struct wpb_slice code = expected->code, shown = match->excerpt;
    check(match->line > expected->line);
    expected->line = match->line;
    check(match->len >= expected->literal.shortest);
    check(match->len <= expected->literal.text.len);
    check(shown.len <= WPB_SOURCE_EXCERPT_MAX);
    check(shown.data >= code.data && shown.data + shown.len <= code.data + code.len);
    if (expected->has_no_blank && match->len <= WPB_SOURCE_EXCERPT_MAX)
        check(memmem(shown.data, shown.len, expected->literal.text.data, match->len) !=
              NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct wpb_slice rest = wpb_slice_skip(wpb_slice_of(data, size), 1);
    struct expectation expected = {.code = wpb_slice_skip(rest, data[0])};
    struct wpb_slice text = wpb_slice_head(rest, data[0]);
    expected.has_no_blank = true;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ')
            expected.has_no_blank = false;
    }
    if (wpb_source_literal_init(&expected.literal, text))
        wpb_source_scan(expected.code, &expected.literal, visit, &expected);
    return 0;
}
