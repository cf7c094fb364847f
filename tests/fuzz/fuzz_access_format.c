/*
 * The first line is an access.format, the rest are lines of its log. A format is refused
 * with a reason or reads any line; what a line tells lies within it and within bounds.
 */
#include "probes/requests/access_format.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/request_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice text = wpb_slice_of((const char *)data, size);
    struct wpb_slice first = take_first_line(&text);
    struct wpb_line_format format;
    struct wpb_err err = {0};

    if (wpb_access_format(&format, first, &err)) {
        check(err.code != WPB_OK && err.message[0]);
        return 0;
    }
    check_lines(&format, text);
    return 0;
}
